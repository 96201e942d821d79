// The client side of RFC 6455, as much of it as a load needs.
#pragma once
#include "transport.h"

#include <stdint.h>
#include <zlib.h>

#define FRAME_HEADER_BYTES 14  // of a masked frame, at most
#define TEXT 0x1
#define BINARY 0x2
#define RSV1 0x40

struct connection {
    struct transport transport;
    bool deflates;          // permessage-deflate was agreed on
    bool keeps_context;     // and the server's compressor may refer to earlier messages
    unsigned char *held;    // the beginning of a frame whose end has not come
    size_t held_length, held_capacity;
    unsigned char *fragments;
    size_t fragments_length, fragments_capacity;
    unsigned char fragments_first;  // the first byte of the message's first frame; 0 between messages
    int close_code;         // from the server's close frame
    char close_reason[124];
    z_stream *inflater;     // while the server keeps its context
};

// Connects and shakes hands with so many in parallel as a listen queue takes; the sockets are nonblocking then.
// `number` is that of the first among all connections of the process; the path names the room.
void open_connections(struct connection *connections, int count, int number, const char *path, bool offers_deflate);
// Further connections offer this subprotocol; the server has to agree. NULL for none.
void offer_subprotocol(const char *name);
void close_connection(struct connection *connection);

// A whole message; `first` is the first byte of its first frame. The bytes are valid during the call.
typedef void message_handler(struct connection *connection, unsigned char first, const unsigned char *bytes,
                             size_t length);

// Reads once, at most `limit` bytes, and hands over the messages completed. -1 when the connection has ended, otherwise
// the number of bytes read.
ssize_t receive_messages(struct connection *connection, size_t limit, message_handler *handler);

// One masked frame, FIN set, with `first` for the other bits of its first byte. The length of the frame.
size_t encode_frame(unsigned char *out, unsigned char first, const unsigned char *payload, size_t length);
