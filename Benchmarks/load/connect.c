// A burst of clients that connect and stay: what a connect costs the server, and what it keeps for each.
#include "clock.h"
#include "failure.h"
#include "modes.h"
#include "opening.h"
#include "server_process.h"

#include <stdio.h>
#include <stdlib.h>

static void refuse(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)connection, (void)first, (void)bytes;
    fail("a message of %zu bytes that nobody has sent", length);
}

static void require_open(struct connection *connections, int count) {
    for (int i = 0; i < count; i++) {
        if (receive_messages(&connections[i], SIZE_MAX, refuse) < 0)
            fail("the server closed connection %d of %d that should stay", i + 1, count);
        // What came with the handshake's answer, or a part of a frame.
        if (connections[i].held_length) fail("%zu bytes that nobody has sent", connections[i].held_length);
    }
}

void run_connect(const struct options *options) {
    int count = options->connections;
    struct connection *connections = calloc((size_t)count, sizeof(*connections));
    if (!connections) fail("out of memory");
    await_rest();
    long rss = server_rss_kib();
    uint64_t cpu = server_cpu(), start = now();
    struct opening opening = {.path = "/", .offers_deflate = options->deflate, .asks_for_events = options->events};
    open_connections(connections, count, 0, opening);
    double microseconds = (double)(now() - start) / 1e3;
    // What a server puts off until after its answer belongs to the connect, too.
    await_rest();
    double used_cpu = (double)(server_cpu() - cpu) / 1e3;
    long open_rss = server_rss_kib();
    require_open(connections, count);
    printf("{\"connections\": %d, \"connect_us\": %.1f, \"cpu_us_per_connect\": %.3f, "
           "\"bytes_per_connection\": %.0f}\n",
           count, microseconds / count, used_cpu / count, (double)(open_rss - rss) * 1024 / count);
}
