// A connection that messages come on: a WebSocket, or the answer to a request that is a stream of events.
#pragma once
#include "transport.h"

#include <stdint.h>
#include <zlib.h>

#define TEXT 0x1
#define BINARY 0x2
#define RSV1 0x40
#define POSITION_BYTES 34  // docs/protocol.md: at most

struct connection {
    struct transport transport;
    bool is_event_stream;
    char position[POSITION_BYTES + 1];  // of an event stream: where it began
    bool deflates;          // permessage-deflate was agreed on
    bool keeps_context;     // and the server's compressor may refer to earlier messages
    unsigned char *held;    // the beginning of a frame or an event whose end has not come
    size_t held_length, held_capacity;
    unsigned char *fragments;
    size_t fragments_length, fragments_capacity;
    unsigned char fragments_first;  // the first byte of the message's first frame; 0 between messages
    int close_code;         // from the server's close frame
    char close_reason[124];
    z_stream *inflater;     // while the server keeps its context
};

void close_connection(struct connection *connection);

// A whole message; `first` is the first byte of its first frame, TEXT for the text of an event. The bytes are valid
// during the call.
typedef void message_handler(struct connection *connection, unsigned char first, const unsigned char *bytes,
                             size_t length);

// Reads once, at most `limit` bytes, and hands over the messages completed, and those that came with the answer to its
// request. -1 when the connection has ended, otherwise the number of bytes read.
ssize_t receive_messages(struct connection *connection, size_t limit, message_handler *handler);

// Keeps what came and is not whole yet, in the place of what was kept before.
void hold_bytes(struct connection *connection, const unsigned char *bytes, size_t length);
