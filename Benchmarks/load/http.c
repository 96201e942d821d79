// Plain requests on kept connections, one at a time on each.
#include "clock.h"
#include "failure.h"
#include "histogram.h"
#include "modes.h"
#include "server_process.h"
#include "transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define EVENTS_AT_ONCE 256
#define ANSWER_BYTES 8192

struct exchange {
    struct transport transport;
    uint64_t sent_at;
    size_t length;
    char answer[ANSWER_BYTES + 1];
};

static char request[512], body[ANSWER_BYTES];
static size_t request_length, body_length;
static bool knows_body;
static struct histogram latencies;

static void send_request(struct exchange *exchange) {
    exchange->length = 0;
    exchange->sent_at = now();
    if (transport_write(&exchange->transport, request, request_length) != (ssize_t)request_length)
        fail("the request was not taken");
}

// The length of head and body; 0 until the head is whole.
static size_t expected_length(const struct exchange *exchange) {
    const char *end = strstr(exchange->answer, "\r\n\r\n");
    if (!end) return 0;
    if (strncmp(exchange->answer, "HTTP/1.1 200 ", 13))
        fail("the request was refused: %.*s", (int)strcspn(exchange->answer, "\r\n"), exchange->answer);
    const char *field = strcasestr(exchange->answer, "\r\nContent-Length:");
    if (!field || field > end) fail("an answer without Content-Length");
    return (size_t)(end + 4 - exchange->answer) + strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
}

static void compare_body(const struct exchange *exchange) {
    const char *own = strstr(exchange->answer, "\r\n\r\n") + 4;
    size_t length = exchange->length - (size_t)(own - exchange->answer);
    if (!knows_body) {
        memcpy(body, own, length);
        body_length = length;
        knows_body = true;
    }
    if (length != body_length || memcmp(own, body, length)) fail("an answer differs from the first one");
}

// Reads once; whether the answer is complete.
static bool receive_answer(struct exchange *exchange) {
    size_t space = ANSWER_BYTES - exchange->length;
    ssize_t count = transport_read(&exchange->transport, exchange->answer + exchange->length, space);
    if (count < 0) return false;
    if (!count) fail("the server closed a kept connection");
    exchange->length += (size_t)count;
    exchange->answer[exchange->length] = 0;
    size_t expected = expected_length(exchange);
    if (expected > ANSWER_BYTES || (!expected && exchange->length == ANSWER_BYTES))
        fail("an answer of more than 8 KiB");
    if (!expected || exchange->length < expected) return false;
    if (exchange->length > expected) fail("more than the answer to one request");
    compare_body(exchange);
    return true;
}

// Never sleeps, like the fan-out's loop, for the same reason.
static void exchange_all(struct exchange *exchanges, int count, int poll, uint64_t requests, double patience) {
    uint64_t sent = 0, received = 0, last = now();
    for (; sent < requests && sent < (uint64_t)count; sent++) send_request(&exchanges[sent]);
    while (received < sent) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int ready = epoll_wait(poll, events, EVENTS_AT_ONCE, 0);
        if (ready < 0) fail_with_errno("epoll_wait");
        uint64_t time = now();
        if (ready) last = time;
        if ((double)(time - last) > patience * 1e9) fail("no answer, or only a part of it");
        for (int i = 0; i < ready; i++) {
            struct exchange *exchange = &exchanges[events[i].data.u32];
            if (!receive_answer(exchange)) continue;
            record(&latencies, time - exchange->sent_at);
            received++;
            if (sent == requests) continue;
            send_request(exchange);
            sent++;
        }
    }
}

void run_http(const struct options *options) {
    int count = options->connections, poll = epoll_create1(EPOLL_CLOEXEC);
    struct exchange *exchanges = calloc((size_t)count, sizeof(*exchanges));
    if (!exchanges) fail("out of memory");
    int length = snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
                          options->path);
    if (length >= (int)sizeof(request)) fail("a path of %zu bytes", strlen(options->path));
    request_length = (size_t)length;
    for (int i = 0; i < count; i++) {
        exchanges[i].transport = open_transport(i);
        make_nonblocking(&exchanges[i].transport);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, exchanges[i].transport.fd, &event)) fail_with_errno("epoll_ctl");
    }
    // One on each: what a connection costs is not what a request costs.
    exchange_all(exchanges, count, poll, (uint64_t)count, options->patience);
    memset(&latencies, 0, sizeof(latencies));
    uint64_t cpu = server_cpu(), start = now();
    exchange_all(exchanges, count, poll, options->messages, options->patience);
    double seconds = (double)(now() - start) / 1e9, used_cpu = (double)(server_cpu() - cpu) / 1e9;
    printf("{\"requests\": %llu, \"seconds\": %.4f, \"cpu_us_per_request\": %.4f, \"server_utilization\": %.3f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
           (unsigned long long)options->messages, seconds, used_cpu * 1e6 / (double)options->messages,
           used_cpu / seconds, percentile(&latencies, 0.5), percentile(&latencies, 0.99));
}
