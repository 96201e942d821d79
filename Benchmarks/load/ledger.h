// What was published and who has received it: finds every message lost, repeated, out of order or altered.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MINIMUM_MESSAGE_BYTES 64

struct ledger_options {
    int publishers, receivers;
    size_t bytes;           // of each message
    uint32_t outstanding;   // messages of one publisher that may be under way at once
    bool envelope;          // messages arrive as "Client <id>: <message>"
};

void open_ledger(struct ledger_options options);

// Enters a publisher's next message, which so many receivers are to get, and gives its payload.
const unsigned char *publish(int publisher, uint32_t deliveries, uint64_t time);

struct arrival {
    int publisher;
    uint32_t sequence;
    uint64_t sent_at;
    bool is_complete;  // this was the last receiver
};

// Checks the content of a message: who sent it, and as which of its messages. Ends the program when it was altered.
struct arrival identify(const unsigned char *bytes, size_t length);

// Strikes an identified message off: it has to be the next of its publisher for this receiver.
void strike_off(int receiver, struct arrival *arrival);

// A number that is the same for two receivers only if they got the same messages in the same order.
uint64_t order_of(int receiver);

// Ends the program, naming the messages, if this receiver lacks any but those of one publisher (-1: of none).
void require_complete(int receiver, int except);
