// One publisher of JSON (docs/protocol.md) whose messages all have a key: the next goes out when one of its window was
// acknowledged. How many are acknowledged in a second, and what each costs.
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

#define OBJECT_BYTES 8192

static const struct options *options;
static struct connection publisher;
static char *text;
static uint64_t *sent_at;  // of each message; 0 once it is acknowledged
static uint64_t sent, acknowledged;
static struct histogram latencies;

static bool holds(const unsigned char *bytes, size_t length, const char *what) {
    return memmem(bytes, length, what, strlen(what)) != NULL;
}

static void send_message(void) {
    static char object[OBJECT_BYTES];
    static unsigned char frame[OBJECT_BYTES + FRAME_HEADER_BYTES];
    int length = snprintf(object, sizeof(object), "{\"type\":\"message\",\"text\":\"%s\",\"key\":\"%llu\"%s%s%s}", text,
                          (unsigned long long)sent, options->stored ? ",\"stored\":\"" : "",
                          options->stored ? options->stored : "", options->stored ? "\"" : "");
    if (length >= (int)sizeof(object)) fail("a message of %zu bytes", options->bytes);
    size_t frame_length = encode_frame(frame, TEXT, (unsigned char *)object, (size_t)length);
    sent_at[sent++] = now();
    if (transport_write(&publisher.transport, frame, frame_length) != (ssize_t)frame_length)
        fail("the message was not taken");
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

// Never sleeps, like the fan-out's loop, for the same reason.
static void run_phase(uint64_t messages) {
    uint64_t end = sent + messages, last = now(), before = acknowledged;
    while (acknowledged < end) {
        while (sent < end && sent - acknowledged < (uint64_t)options->window) send_message();
        if (receive_messages(&publisher, SIZE_MAX, arrive) < 0)
            fail("the server closed the connection: %d %s", publisher.close_code, publisher.close_reason);
        if (acknowledged != before) last = now();
        before = acknowledged;
        if ((double)(now() - last) > options->patience * 1e9)
            fail("%llu of %llu messages are acknowledged", (unsigned long long)acknowledged, (unsigned long long)sent);
    }
}

void run_acknowledged(const struct options *wanted) {
    options = wanted;
    uint64_t warmup = options->messages / 10;
    text = calloc(1, options->bytes + 1);
    sent_at = calloc(options->messages + warmup, sizeof(*sent_at));
    if (!text || !sent_at) fail("out of memory");
    memset(text, 'x', options->bytes);
    open_connections(&publisher, 1, 0, (struct opening){.path = "/", .subprotocol = "broadcast.v1.json"});
    run_phase(warmup);
    await_rest();
    memset(&latencies, 0, sizeof(latencies));
    uint64_t cpu = server_cpu(), start = now();
    run_phase(options->messages);
    double seconds = (double)(now() - start) / 1e9;
    // What a server puts off until after its answer belongs to the message, too.
    await_rest();
    double used_cpu = (double)(server_cpu() - cpu) / 1e9;
    printf("{\"messages\": %llu, \"seconds\": %.4f, \"messages_per_second\": %.1f, \"cpu_us_per_message\": %.4f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
           (unsigned long long)options->messages, seconds, (double)options->messages / seconds,
           used_cpu * 1e6 / (double)options->messages, percentile(&latencies, 0.5), percentile(&latencies, 0.99));
}
