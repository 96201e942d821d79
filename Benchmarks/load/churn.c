#include "clock.h"
#include "failure.h"
#include "modes.h"
#include "server_process.h"
#include "websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define POLL_NANOSECONDS 20000000
#define MOST_POLLS 1000

// Until the server has closed its side, or for 20 seconds.
static void await_descriptors(int count) {
    for (int poll = 0; server_descriptors() > count && poll < MOST_POLLS; poll++)
        nanosleep(&(struct timespec){.tv_nsec = POLL_NANOSECONDS}, NULL);
}

void run_churn(const struct options *options) {
    int count = options->connections;
    struct connection *connections = calloc((size_t)count, sizeof(*connections));
    if (!connections) fail("out of memory");
    long rss = server_rss_kib();
    int descriptors = server_descriptors(), threads = server_threads();
    printf("{\"connections\": %d, \"rss_before_kib\": %ld, \"rounds\": [", count, rss);
    for (int round = 0; round < options->rounds; round++) {
        uint64_t start = now(), cpu = server_cpu();
        open_connections(connections, count, 0, options->deflate);
        double microseconds = (double)(now() - start) / 1e3, used_cpu = (double)(server_cpu() - cpu) / 1e3;
        long open_rss = server_rss_kib();
        for (int i = 0; i < count; i++) close_connection(&connections[i]);
        await_descriptors(descriptors);
        printf("%s{\"connect_us\": %.1f, \"cpu_us_per_connect\": %.2f, \"bytes_per_connection\": %.0f, "
               "\"rss_after_kib\": %ld, \"descriptors_left\": %d, \"threads_left\": %d}",
               round ? ", " : "", microseconds / count, used_cpu / count, (double)(open_rss - rss) * 1024 / count,
               server_rss_kib(), server_descriptors() - descriptors, server_threads() - threads);
    }
    printf("]}\n");
}
