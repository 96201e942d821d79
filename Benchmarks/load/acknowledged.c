// One publisher of JSON (docs/protocol.md) whose messages all have a key: the next goes out when one of its window was
// acknowledged. How many are acknowledged in a second, and what each costs; and, of a cluster, when a member on another
// node has them.
#include "clock.h"
#include "failure.h"
#include "histogram.h"
#include "modes.h"
#include "opening.h"
#include "server_process.h"
#include "transport.h"
#include "websocket.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECT_BYTES 8192
#define POLL_MILLISECONDS 100

static const struct options *options;
static struct connection publisher, listener;
static char *text;
static uint64_t *sent_at;    // of each message; 0 once it is acknowledged
static uint64_t *begun_at;   // the same, for the listener
static uint64_t sent, acknowledged, delivered;
static bool is_listening;
static struct histogram latencies, deliveries;

static bool holds(const unsigned char *bytes, size_t length, const char *what) {
    return memmem(bytes, length, what, strlen(what)) != NULL;
}

// Of a large window more is sent than the system takes at once.
static void write_all(const unsigned char *bytes, size_t length) {
    while (length) {
        ssize_t count = transport_write(&publisher.transport, bytes, length);
        if (!count) fail("the server closed the connection");
        struct pollfd room = {.fd = publisher.transport.fd, .events = POLLOUT};
        if (count < 0 && poll(&room, 1, (int)(options->patience * 1e3)) != 1) fail("the message was not taken");
        bytes += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
}

static void send_message(void) {
    static char object[OBJECT_BYTES];
    static unsigned char frame[OBJECT_BYTES + FRAME_HEADER_BYTES];
    int length = snprintf(object, sizeof(object), "{\"type\":\"message\",\"text\":\"%s\",\"key\":\"%llu\"%s%s%s}", text,
                          (unsigned long long)sent, options->stored ? ",\"stored\":\"" : "",
                          options->stored ? options->stored : "", options->stored ? "\"" : "");
    if (length >= (int)sizeof(object)) fail("a message of %zu bytes", options->bytes);
    size_t frame_length = encode_frame(frame, TEXT, (unsigned char *)object, (size_t)length);
    sent_at[sent] = begun_at[sent] = now();
    sent++;
    write_all(frame, frame_length);
}

static uint64_t key_of(const unsigned char *object, size_t length) {
    static const char name[] = "\"key\":\"";
    const unsigned char *value = memmem(object, length, name, sizeof(name) - 1);
    if (!value) fail("an object without the key of a message: %.*s", (int)length, (const char *)object);
    return strtoull((const char *)value + sizeof(name) - 1, NULL, 10);
}

static void arrive(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)connection, (void)first;
    if (holds(bytes, length, "\"type\":\"error\""))
        fail("a message was refused: %.*s", (int)length, (const char *)bytes);
    if (!holds(bytes, length, "\"type\":\"ack\"")) return;
    uint64_t key = key_of(bytes, length);
    if (key >= sent) fail("message %llu was acknowledged and never sent", (unsigned long long)key);
    if (!sent_at[key]) fail("message %llu was acknowledged again", (unsigned long long)key);
    if (options->stored) {
        char stored[64];
        snprintf(stored, sizeof(stored), "\"stored\":\"%s\"", options->stored);
        if (!holds(bytes, length, stored)) fail("not stored as asked: %.*s", (int)length, (const char *)bytes);
    }
    record(&latencies, now() - sent_at[key]);
    sent_at[key] = 0;
    acknowledged++;
}

// They come in the order in which they were sent.
static void hear(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)connection, (void)first;
    if (holds(bytes, length, "\"type\":\"welcome\"")) is_listening = true;
    if (!holds(bytes, length, "\"type\":\"message\"")) return;
    if (delivered == sent) fail("message %llu was heard and never sent", (unsigned long long)delivered);
    record(&deliveries, now() - begun_at[delivered++]);
}

static bool is_done(uint64_t end) { return acknowledged == end && (!options->listen_port || delivered == end); }

// Waits for either node: those of a cluster, and what is between them, need all processors.
static void listen_once(int milliseconds) {
    if (!options->listen_port) return;
    struct pollfd both[] = {
        {.fd = publisher.transport.fd, .events = POLLIN},
        {.fd = listener.transport.fd, .events = POLLIN},
    };
    if (poll(both, 2, milliseconds) < 0) fail_with_errno("poll");
    if (receive_messages(&listener, SIZE_MAX, hear) < 0)
        fail("the other node closed the connection: %d %s", listener.close_code, listener.close_reason);
}

// A connection to a cluster is a member only when its coming has its place.
static void await_welcome(void) {
    uint64_t start = now();
    while (options->listen_port && !is_listening) {
        listen_once(POLL_MILLISECONDS);
        if ((double)(now() - start) > options->patience * 1e9) fail("the listener is not welcomed");
    }
}

// Never sleeps without a listener, like the fan-out's loop, for the same reason.
static void run_phase(uint64_t messages) {
    uint64_t end = sent + messages, last = now(), before = acknowledged + delivered;
    while (!is_done(end)) {
        while (sent < end && sent - acknowledged < (uint64_t)options->window) send_message();
        if (receive_messages(&publisher, SIZE_MAX, arrive) < 0)
            fail("the server closed the connection: %d %s", publisher.close_code, publisher.close_reason);
        // Not while there is something to send: the next may go out at once.
        bool may_send = sent < end && sent - acknowledged < (uint64_t)options->window;
        listen_once(may_send ? 0 : POLL_MILLISECONDS);
        if (acknowledged + delivered != before) last = now();
        before = acknowledged + delivered;
        if ((double)(now() - last) > options->patience * 1e9)
            fail("%llu of %llu messages are acknowledged, %llu were heard", (unsigned long long)acknowledged,
                 (unsigned long long)sent, (unsigned long long)delivered);
    }
}

void run_acknowledged(const struct options *wanted) {
    options = wanted;
    uint64_t warmup = options->messages / 10;
    text = calloc(1, options->bytes + 1);
    sent_at = calloc(options->messages + warmup, sizeof(*sent_at));
    begun_at = calloc(options->messages + warmup, sizeof(*begun_at));
    if (!text || !sent_at || !begun_at) fail("out of memory");
    memset(text, 'x', options->bytes);
    struct opening opening = {.path = "/", .subprotocol = "broadcast.v1.json"};
    open_connections(&publisher, 1, 0, opening);
    if (options->listen_port) {
        use_server(options->listen_port, false);
        open_connections(&listener, 1, 1, opening);
    }
    await_welcome();
    run_phase(warmup);
    await_rest();
    memset(&latencies, 0, sizeof(latencies));
    memset(&deliveries, 0, sizeof(deliveries));
    uint64_t cpu = server_cpu(), start = now();
    run_phase(options->messages);
    double seconds = (double)(now() - start) / 1e9;
    // What a server puts off until after its answer belongs to the message, too.
    await_rest();
    double used_cpu = (double)(server_cpu() - cpu) / 1e9;
    printf("{\"messages\": %llu, \"seconds\": %.4f, \"messages_per_second\": %.1f, \"cpu_us_per_message\": %.4f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f",
           (unsigned long long)options->messages, seconds, (double)options->messages / seconds,
           used_cpu * 1e6 / (double)options->messages, percentile(&latencies, 0.5), percentile(&latencies, 0.99));
    if (options->listen_port)
        printf(", \"delivery_p50_us\": %.1f, \"delivery_p99_us\": %.1f", percentile(&deliveries, 0.5),
               percentile(&deliveries, 0.99));
    printf("}\n");
}
