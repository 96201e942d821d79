// Connections that come and go, all of them, several times: what is left behind in the server.
#include "clock.h"
#include "failure.h"
#include "modes.h"
#include "opening.h"
#include "server_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define POLL_NANOSECONDS 20000000
#define MOST_POLLS 1000

// Until the server has closed its side, for 20 seconds at most.
static void await_descriptors(int count) {
    for (int poll = 0; server_descriptors() > count; poll++) {
        if (poll == MOST_POLLS)
            fail("the server keeps %d descriptors of connections closed", server_descriptors() - count);
        nanosleep(&(struct timespec){.tv_nsec = POLL_NANOSECONDS}, NULL);
    }
}

void run_churn(const struct options *options) {
    int count = options->connections;
    struct connection *connections = calloc((size_t)count, sizeof(*connections));
    if (!connections) fail("out of memory");
    long rss = server_rss_kib(), first_open = 0, first_after = 0, last_after = 0;
    int descriptors = server_descriptors(), threads = server_threads();
    double microseconds = 0;
    for (int round = 0; round < options->rounds; round++) {
        uint64_t start = now();
        open_connections(connections, count, 0, (struct opening){.path = "/", .offers_deflate = options->deflate});
        microseconds += (double)(now() - start) / 1e3;
        if (!round) first_open = server_rss_kib();
        for (int i = 0; i < count; i++) close_connection(&connections[i]);
        await_descriptors(descriptors);
        last_after = server_rss_kib();
        if (!round) first_after = last_after;
    }
    printf("{\"connections\": %d, \"connect_us\": %.1f, \"bytes_per_connection\": %.0f, \"rss_growth\": %.4f, "
           "\"threads_left\": %d}\n",
           count, microseconds / count / options->rounds, (double)(first_open - rss) * 1024 / count,
           (double)last_after / (double)first_after - 1, server_threads() - threads);
}
