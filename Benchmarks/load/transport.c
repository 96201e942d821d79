#include "transport.h"

#include "failure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_PER_ADDRESS 5000

static int port;
static SSL_CTX *tls_context;
static SSL_SESSION *newest_ticket;
static bool offers_ticket;

static int keep_ticket(SSL *tls, SSL_SESSION *ticket) {
    (void)tls;
    SSL_SESSION_free(newest_ticket);
    newest_ticket = ticket;
    return 1;
}

void use_server(int server_port, bool tls) {
    port = server_port;
    if (!tls) return;
    tls_context = SSL_CTX_new(TLS_client_method());
    if (!tls_context) fail("OpenSSL gives no context");
    // The certificate is a throw-away one: what is measured is encryption, not trust.
    SSL_CTX_set_verify(tls_context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_read_ahead(tls_context, 1);
    SSL_CTX_set_mode(tls_context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(tls_context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(tls_context, keep_ticket);
}

// With a copy: OpenSSL uses each ticket but once, a server in a benchmark need not see a new one for each connect.
static void resume(SSL *tls) {
    SSL_SESSION *copy = SSL_SESSION_dup(newest_ticket);
    if (!copy || !SSL_set_session(tls, copy)) fail("OpenSSL does not take the ticket");
    SSL_SESSION_free(copy);
}

struct transport open_transport(int number) {
    struct transport transport = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (transport.fd < 0) fail_with_errno("socket");
    int yes = 1;
    setsockopt(transport.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof(yes));
    setsockopt(transport.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    struct sockaddr_in own = {.sin_family = AF_INET}, server = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (uint32_t)(number / CONNECTIONS_PER_ADDRESS));
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(transport.fd, (struct sockaddr *)&own, sizeof(own))) fail_with_errno("bind");
    if (connect(transport.fd, (struct sockaddr *)&server, sizeof(server))) fail_with_errno("connect");
    if (tls_context) {
        transport.tls = SSL_new(tls_context);
        if (!transport.tls || !SSL_set_fd(transport.tls, transport.fd)) fail("OpenSSL gives no connection");
        if (offers_ticket) resume(transport.tls);
        if (SSL_connect(transport.tls) != 1) fail("the TLS handshake failed");
    }
    return transport;
}

void offer_ticket(bool offers) { offers_ticket = offers; }
bool has_ticket(void) { return newest_ticket && SSL_SESSION_is_resumable(newest_ticket); }
bool is_resumed(const struct transport *transport) { return transport->tls && SSL_session_reused(transport->tls); }

void make_nonblocking(struct transport *transport) {
    if (fcntl(transport->fd, F_SETFL, O_NONBLOCK)) fail_with_errno("fcntl");
}

void close_transport(struct transport *transport) {
    if (transport->tls) {
        // As if it had been closed in order: OpenSSL takes a ticket for spent when its connection breaks off.
        SSL_set_shutdown(transport->tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(transport->tls);
    }
    close(transport->fd);
    *transport = (struct transport){.fd = -1};
}

// What a call of OpenSSL or the kernel that moved nothing means.
static ssize_t outcome(struct transport *transport, int result, const char *what) {
    if (transport->tls) {
        switch (SSL_get_error(transport->tls, result)) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return -1;
        case SSL_ERROR_ZERO_RETURN:
        case SSL_ERROR_SYSCALL: return 0;
        default: fail("%s: a TLS failure", what);
        }
    }
    if (result == 0 || errno == ECONNRESET || errno == EPIPE) return 0;
    if (errno == EAGAIN) return -1;
    fail_with_errno(what);
}

ssize_t transport_read(struct transport *transport, void *bytes, size_t length) {
    if (!transport->tls) {
        ssize_t count = recv(transport->fd, bytes, length, 0);
        return count > 0 ? count : outcome(transport, (int)count, "recv");
    }
    // OpenSSL gives a record at a time and may hold more, which epoll does not know of.
    size_t total = 0;
    while (total < length) {
        int count = SSL_read(transport->tls, (char *)bytes + total, (int)(length - total));
        if (count <= 0) {
            ssize_t result = outcome(transport, count, "SSL_read");
            return total ? (ssize_t)total : result;
        }
        total += (size_t)count;
        if (!SSL_has_pending(transport->tls)) break;
    }
    return (ssize_t)total;
}

ssize_t transport_write(struct transport *transport, const void *bytes, size_t length) {
    if (!transport->tls) {
        ssize_t count = send(transport->fd, bytes, length, MSG_NOSIGNAL);
        return count > 0 ? count : outcome(transport, (int)count, "send");
    }
    int count = SSL_write(transport->tls, bytes, (int)length);
    return count > 0 ? count : outcome(transport, count, "SSL_write");
}
