// A byte stream to the server: TCP, with TLS if asked for.
#pragma once
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct transport {
    int fd;
    SSL *tls;
};

void use_server(int port, bool tls);

// Connects, blocking. The number chooses among the addresses 127.0.0.x, so that ports do not run out.
struct transport open_transport(int number);
// Of TLS: whether further connections resume with the newest ticket, whether there is one, and what became of it.
void offer_ticket(bool offers);
bool has_ticket(void);
bool is_resumed(const struct transport *transport);

void make_nonblocking(struct transport *transport);
void close_transport(struct transport *transport);

// Bytes moved; 0 when the peer has closed; -1 when it would block. Other failures end the program, but for a reset,
// which counts as closed.
ssize_t transport_read(struct transport *transport, void *bytes, size_t length);
ssize_t transport_write(struct transport *transport, const void *bytes, size_t length);
