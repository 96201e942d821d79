// Members that ask for what was said before, all at once: what a message of the history costs the server beside one that
// is sent to the same members as it comes. What it costs to connect is measured first, and taken off; what a member has
// cost with its connect is told as well.
#include "clock.h"
#include "failure.h"
#include "modes.h"
#include "opening.h"
#include "server_process.h"
#include "websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIVE_AT_ONCE 64
#define LIVE_BATCHES 20
// As many as the server takes in at once, before what they were sent is read, as members on machines of their own would.
#define CONNECTS_AT_ONCE 64

static uint64_t received;

static void count_message(struct connection *connection, unsigned char first, const unsigned char *bytes,
                          size_t length) {
    (void)connection, (void)first, (void)bytes, (void)length;
    received++;
}

static void publish(struct connection *publisher, uint64_t count, size_t bytes) {
    unsigned char *payload = malloc(bytes), *frame = malloc(bytes + FRAME_HEADER_BYTES);
    if (!payload || !frame) fail("out of memory");
    memset(payload, 'x', bytes);
    size_t length = encode_frame(frame, TEXT, payload, bytes);
    for (uint64_t i = 0; i < count; i++) {
        for (size_t sent = 0; sent < length;) {
            ssize_t part = transport_write(&publisher->transport, frame + sent, length - sent);
            if (part > 0) sent += (size_t)part;
        }
    }
    free(payload);
    free(frame);
}

// Reads what is there.
static void read_messages(struct connection *members, int count) {
    for (int i = 0; i < count; i++)
        if (receive_messages(&members[i], SIZE_MAX, count_message) < 0) fail("the server closed member %d", i);
}

// Reads until so many messages have come to all members together.
static void await_messages(struct connection *members, int count, uint64_t expected, double patience) {
    uint64_t deadline = now() + (uint64_t)(patience * 1e9), before = received;
    while (received < expected) {
        read_messages(members, count);
        if (received != before) deadline = now() + (uint64_t)(patience * 1e9);
        before = received;
        if (now() > deadline)
            fail("%llu of %llu messages have come", (unsigned long long)received, (unsigned long long)expected);
    }
}

// How members ask for so many messages: event streams as EventSource does when it comes back, with where it was.
static struct opening asking_for(uint64_t messages, const char *position, const struct options *options) {
    static char path[64];
    struct opening opening = {
        .path = path, .offers_deflate = options->deflate, .asks_for_events = options->events,
        .position = options->events && messages ? position : NULL,
    };
    if (options->events) snprintf(path, sizeof(path), "/");
    else snprintf(path, sizeof(path), "/?last=%llu", (unsigned long long)messages);
    return opening;
}

// Where the channel is, as a stream of events begins.
static void find_position(char *position, const struct options *options) {
    struct connection stream = {0};
    open_connections(&stream, 1, options->connections, (struct opening){.path = "/", .asks_for_events = true});
    memcpy(position, stream.position, sizeof(stream.position));
    close_connection(&stream);
}

// Connects all; the server's CPU time in nanoseconds until they have had so many messages each.
static uint64_t join(struct connection *members, const struct options *options, uint64_t messages,
                     struct opening opening) {
    await_rest();
    uint64_t cpu = server_cpu();
    received = 0;
    for (int i = 0; i < options->connections; i += CONNECTS_AT_ONCE) {
        int rest = options->connections - i;
        open_connections(&members[i], rest < CONNECTS_AT_ONCE ? rest : CONNECTS_AT_ONCE, i, opening);
        // Whoever came before last has read it all by now, unless it is much.
        int first = i < CONNECTS_AT_ONCE ? 0 : i - CONNECTS_AT_ONCE;
        read_messages(&members[first], i + (rest < CONNECTS_AT_ONCE ? rest : CONNECTS_AT_ONCE) - first);
    }
    await_messages(members, options->connections, messages * (uint64_t)options->connections, options->patience);
    await_rest();
    return server_cpu() - cpu;
}

void run_replay(const struct options *options) {
    int count = options->connections;
    struct connection *members = calloc((size_t)count, sizeof(*members)), publisher = {0};
    if (!members) fail("out of memory");
    char position[POSITION_BYTES + 1] = "";
    if (options->events) find_position(position, options);
    open_connections(&publisher, 1, count, (struct opening){.path = "/"});
    publish(&publisher, options->messages, options->bytes);
    // The first time pays for memory that the later ones find.
    uint64_t plain = 0;
    for (int i = 0; i < 2; i++) {
        plain = join(members, options, 0, asking_for(0, position, options));
        for (int j = 0; j < count; j++) close_connection(&members[j]);
    }
    await_rest();
    long rss = server_peak_rss_kib();
    uint64_t replay = join(members, options, options->messages, asking_for(options->messages, position, options));
    long growth = server_peak_rss_kib() - rss;
    uint64_t cpu = server_cpu();
    received = 0;
    for (int i = 1; i <= LIVE_BATCHES; i++) {
        publish(&publisher, LIVE_AT_ONCE, options->bytes);
        await_messages(members, count, (uint64_t)i * LIVE_AT_ONCE * (uint64_t)count, options->patience);
    }
    await_rest();
    double live = (double)(server_cpu() - cpu) / ((double)count * LIVE_AT_ONCE * LIVE_BATCHES);
    double replayed = (replay > plain ? (double)(replay - plain) : 0) / ((double)count * (double)options->messages);
    printf("{\"connections\": %d, \"cpu_us_per_member\": %.3f, \"replay_ns\": %.1f, \"live_ns\": %.1f, "
           "\"replay_over_live\": %.4f, \"rss_growth_mib\": %.1f}\n",
           count, (double)replay / 1e3 / count, replayed, live, replayed / live, (double)growth / 1024);
}
