// Messages that are published with POST on kept connections, one at a time on each, to one subscriber on a WebSocket,
// which has to get each of them once. Whatever name a server puts before a message is passed over.
#include "clock.h"
#include "exchange.h"
#include "failure.h"
#include "modes.h"
#include "opening.h"
#include "server_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBER_DIGITS 10

static const struct options *options;
static struct connection subscriber;
static char *body;        // of the message published last: its number, then filler
static bool *has_come;    // each message
static uint64_t published, received;

static size_t write_request(char *bytes, size_t capacity) {
    char number[NUMBER_DIGITS + 1];
    snprintf(number, sizeof(number), "%0*llu", NUMBER_DIGITS, (unsigned long long)published++);
    memcpy(body, number, NUMBER_DIGITS);
    int head = snprintf(bytes, capacity,
                        "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        options->path, options->bytes);
    if ((size_t)head + options->bytes > capacity) fail("a message of %zu bytes", options->bytes);
    memcpy(bytes + head, body, options->bytes);
    return (size_t)head + options->bytes;
}

// What the answer says is the server's own; that it was published is seen where it comes.
static void accept_body(const char *bytes, size_t length) { (void)bytes, (void)length; }

static void arrive(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)connection, (void)first;
    if (length < options->bytes) fail("a message of %zu bytes, not %zu", length, options->bytes);
    const unsigned char *message = bytes + (length - options->bytes);
    if (memcmp(message + NUMBER_DIGITS, body + NUMBER_DIGITS, options->bytes - NUMBER_DIGITS))
        fail("a message was altered");
    uint64_t number = 0;
    for (int i = 0; i < NUMBER_DIGITS; i++) {
        if (message[i] < '0' || message[i] > '9') fail("a message was altered: no digit where one belongs");
        number = number * 10 + (message[i] - '0');
    }
    if (number >= published) fail("a message that was never sent");
    if (has_come[number]) fail("message %llu came again", (unsigned long long)number);
    has_come[number] = true;
    received++;
}

static void read_subscriber(void) {
    if (receive_messages(&subscriber, SIZE_MAX, arrive) < 0) fail("the server closed the subscriber's connection");
}

static void await_all(void) {
    uint64_t last = now(), before = received;
    while (received < published) {
        read_subscriber();
        if (received != before) last = now();
        before = received;
        if ((double)(now() - last) > options->patience * 1e9)
            fail("%llu of %llu messages have come", (unsigned long long)received, (unsigned long long)published);
    }
}

void run_publish(const struct options *wanted) {
    static struct histogram latencies;
    options = wanted;
    const struct exchange_work work = {write_request, accept_body, read_subscriber, options->patience};
    uint64_t warmup = (uint64_t)options->connections + options->messages / 10;
    body = malloc(options->bytes);
    has_come = calloc(warmup + options->messages, sizeof(*has_come));
    if (!body || !has_come) fail("out of memory");
    memset(body, 'x', options->bytes);
    open_connections(&subscriber, 1, options->connections, (struct opening){.path = options->path});
    open_exchanges(options->connections);
    run_exchanges(warmup, &work, &latencies);
    await_all();
    memset(&latencies, 0, sizeof(latencies));
    uint64_t cpu = server_cpu(), start = now();
    run_exchanges(options->messages, &work, &latencies);
    await_all();
    double seconds = (double)(now() - start) / 1e9, used_cpu = (double)(server_cpu() - cpu) / 1e9;
    printf("{\"messages\": %llu, \"seconds\": %.4f, \"cpu_us_per_message\": %.4f, \"server_utilization\": %.3f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
           (unsigned long long)options->messages, seconds, used_cpu * 1e6 / (double)options->messages,
           used_cpu / seconds, percentile(&latencies, 0.5), percentile(&latencies, 0.99));
}
