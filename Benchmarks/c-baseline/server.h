// What the two broadcast servers have in common: the command line, and an lws context on a libuv loop run turn by turn.
#pragma once
#include <libwebsockets.h>
#include <stdbool.h>
#include <stddef.h>

struct options {
    int port;
    bool echo;              // the sender gets its message too
    bool envelope;          // a text message goes out as "Client <id>: <text>"
    bool absorb;            // reference only: takes in more input before it sends
    bool compression;       // reference only: permessage-deflate for those who offer it
    size_t receive_bytes;   // lws' receive buffer of each connection
    size_t maximum_backlog; // bytes a member may lag behind before it is cut off
    const char *certificate, *key;
};

extern struct options options;

// Reads the command line into `options`; explains it and exits with 64 when it makes no sense.
void parse_options(int argc, char **argv);

// Makes the context that `callback` serves, with `session_bytes` of zeroed memory for each connection, and listens.
// `extensions` may be NULL. Exits with 1 when that fails.
void start_server(lws_callback_function *callback, size_t session_bytes, const struct lws_extension *extensions);

// Runs one turn of the loop: handles what is ready, after waiting for it if `wait`. False once the server is to stop.
bool run_turn(bool wait);
