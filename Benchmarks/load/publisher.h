// A connection that publishes: encodes messages and sends as fast as its socket takes them.
#pragma once
#include "connection.h"

struct publisher {
    struct connection *connection;
    int number;
    unsigned in_flight;
    unsigned char *out;  // encoded; what lies before out_start has been taken by the socket
    size_t out_start, out_end, out_capacity;
    bool is_blocked;     // the socket is full
    bool speaks_json;    // each message is the text of a JSON object
};

// Enters a message in the ledger and encodes it behind what is still to be sent.
void publish_message(struct publisher *publisher, size_t bytes, uint32_t deliveries, uint64_t time);

// Sends what the socket takes.
void send_published(struct publisher *publisher);

static inline size_t unsent_bytes(const struct publisher *publisher) { return publisher->out_end - publisher->out_start; }
