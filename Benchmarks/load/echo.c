#include "clock.h"
#include "failure.h"
#include "histogram.h"
#include "modes.h"
#include "opening.h"
#include "server_process.h"
#include "websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define EVENTS_AT_ONCE 256
#define PATIENCE_MILLISECONDS 10000

// The times at which the messages in flight on a connection were sent: a ring as long as the window.
struct flight {
    uint64_t sent, received;
    uint64_t *sent_at;
};

static size_t payload_length;
static unsigned window;
static unsigned char *payload;
static struct connection *connections;
static struct flight *flights;
static struct histogram latencies;
static uint64_t time_of_read;

static void arrive(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)first;
    if (length != payload_length || memcmp(bytes, payload, length)) fail("an answer differs from what was sent");
    struct flight *flight = &flights[connection - connections];
    record(&latencies, time_of_read - flight->sent_at[flight->received++ % window]);
}

static void send_messages(int number, const unsigned char *burst, size_t frame_length, uint64_t count) {
    struct flight *flight = &flights[number];
    uint64_t time = now();
    size_t length = frame_length * count;
    if (transport_write(&connections[number].transport, burst, length) != (ssize_t)length)
        fail("the socket's buffer does not take a whole window");
    for (uint64_t i = 0; i < count; i++) flight->sent_at[flight->sent++ % window] = time;
}

void run_echo(const struct options *options) {
    int count = options->connections;
    window = (unsigned)options->window;
    payload_length = options->bytes;
    connections = calloc((size_t)(count + options->idle), sizeof(*connections));
    flights = calloc((size_t)count, sizeof(*flights));
    payload = malloc(payload_length);
    unsigned char *burst = malloc((payload_length + FRAME_HEADER_BYTES) * window);
    if (!connections || !flights || !payload || !burst) fail("out of memory");
    for (size_t i = 0; i < payload_length; i++) payload[i] = (unsigned char)(i * 31 + 7);
    size_t frame_length = encode_frame(burst, BINARY, payload, payload_length);
    for (unsigned i = 1; i < window; i++) memcpy(burst + i * frame_length, burst, frame_length);

    open_connections(connections + count, options->idle, 0, (struct opening){.path = "/idle"});
    open_connections(connections, count, options->idle, (struct opening){.path = "/"});
    int poll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        flights[i].sent_at = calloc(window, sizeof(uint64_t));
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].transport.fd, &event)) fail_with_errno("epoll_ctl");
    }

    uint64_t cpu = server_cpu(), start = now(), sent = 0, received = 0;
    for (int i = 0; i < count; i++, sent += window) send_messages(i, burst, frame_length, window);
    while (received < sent) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int ready = epoll_wait(poll, events, EVENTS_AT_ONCE, PATIENCE_MILLISECONDS);
        if (ready <= 0) fail("no answer");
        time_of_read = now();
        for (int i = 0; i < ready; i++) {
            int number = (int)events[i].data.u32;
            uint64_t before = flights[number].received;
            if (receive_messages(&connections[number], SIZE_MAX, arrive) < 0) fail("the server closed a connection");
            uint64_t complete = flights[number].received - before;
            received += complete;
            if (!complete || sent >= options->messages) continue;
            send_messages(number, burst, frame_length, complete);
            sent += complete;
        }
    }
    double seconds = (double)(now() - start) / 1e9, used_cpu = (double)(server_cpu() - cpu) / 1e9;
    printf("{\"messages\": %llu, \"seconds\": %.4f, \"server_cpu_seconds\": %.4f, \"cpu_us_per_message\": %.4f, "
           "\"server_utilization\": %.3f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"rss_kib\": %ld}\n",
           (unsigned long long)received, seconds, used_cpu, used_cpu * 1e6 / (double)received, used_cpu / seconds,
           percentile(&latencies, 0.5), percentile(&latencies, 0.99), server_rss_kib());
}
