// How connections come about: the opening handshake of RFC 6455, or a request for a stream of events.
#pragma once
#include "connection.h"

struct opening {
    const char *path;         // names the room
    bool offers_deflate;
    const char *subprotocol;  // which the server has to agree to; NULL for none
    bool asks_for_events;     // and no WebSocket
    const char *position;     // what a stream of events begins behind, as Last-Event-ID; NULL for now
};

// Has every connection show a token from now on.
void show_token(const char *token);

// Connects and shakes hands with so many in parallel as a listen queue takes; the sockets are nonblocking then.
// `number` is that of the first among all connections of the process.
void open_connections(struct connection *connections, int count, int number, struct opening opening);

// The same for one, in two steps: connects and asks; and takes the answer, for which it waits.
void begin_opening(struct connection *connection, int number, const struct opening *opening);
void finish_opening(struct connection *connection, const struct opening *opening);
