// Bursts of connects over TLS, in turn with full handshakes and with the newest ticket that the server has given.
#include "failure.h"
#include "modes.h"
#include "opening.h"
#include "server_process.h"

#include <stdio.h>
#include <stdlib.h>

struct burst {
    double cpu;  // microseconds of the server
    int resumed;
};

static struct burst connect_all(struct connection *connections, int count, bool offers_ticket) {
    struct burst burst = {0};
    offer_ticket(offers_ticket);
    await_rest();
    uint64_t cpu = server_cpu();
    open_connections(connections, count, 0, (struct opening){.path = "/"});
    await_rest();
    burst.cpu = (double)(server_cpu() - cpu) / 1e3;
    for (int i = 0; i < count; i++) {
        burst.resumed += is_resumed(&connections[i].transport);
        close_connection(&connections[i]);
    }
    return burst;
}

void run_resume(const struct options *options) {
    int count = options->connections;
    struct connection *connections = calloc((size_t)count, sizeof(*connections));
    if (!connections) fail("out of memory");
    // The first burst pays for memory that the later ones find; it brings the first ticket, too.
    connect_all(connections, count, false);
    if (!has_ticket()) fail("the server gave no ticket");
    double full = 0, resumed = 0;
    long taken = 0;
    for (int round = 0; round < options->rounds; round++) {
        full += connect_all(connections, count, false).cpu;
        struct burst burst = connect_all(connections, count, true);
        resumed += burst.cpu;
        taken += burst.resumed;
    }
    double connects = (double)count * options->rounds;
    printf("{\"connections\": %d, \"cpu_us_full\": %.2f, \"cpu_us_resumed\": %.2f, \"resumed_over_full\": %.4f, "
           "\"resumed_part\": %.4f}\n",
           count, full / connects, resumed / connects, resumed / full, (double)taken / connects);
}
