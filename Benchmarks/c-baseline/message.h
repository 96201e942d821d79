// From lws' pieces to a whole, valid message.
#pragma once
#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>

#define MAXIMUM_MESSAGE_BYTES (1 << 20)

// Holds the beginning of a message that comes in pieces, for only as long as it is under way.
struct assembler {
    unsigned char *bytes;
    size_t length, capacity;
    bool is_compressed;
};

struct message {
    const unsigned char *bytes;
    size_t length;
    bool is_text, is_compressed;
};

enum assembly { ASSEMBLY_UNFINISHED, ASSEMBLY_DONE, ASSEMBLY_FAILED };

// Takes a piece from LWS_CALLBACK_RECEIVE. When the message is done it is valid until `release_message`; when it failed,
// the close reason has been set.
enum assembly assemble(struct lws *wsi, struct assembler *assembler, void *in, size_t length, struct message *message);
void release_message(struct assembler *assembler);

bool is_valid_utf8(const unsigned char *bytes, size_t length);
