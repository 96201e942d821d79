#include "exchange.h"

#include "clock.h"
#include "failure.h"
#include "transport.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define EVENTS_AT_ONCE 256
#define REQUEST_BYTES 8192
#define ANSWER_BYTES 8192

struct exchange {
    struct transport transport;
    uint64_t sent_at;
    size_t length;
    char answer[ANSWER_BYTES + 1];
};

static struct exchange *exchanges;
static int exchange_count, poll;

void open_exchanges(int count) {
    exchange_count = count;
    exchanges = calloc((size_t)count, sizeof(*exchanges));
    if (!exchanges) fail("out of memory");
    poll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < count; i++) {
        exchanges[i].transport = open_transport(i);
        make_nonblocking(&exchanges[i].transport);
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, exchanges[i].transport.fd, &event)) fail_with_errno("epoll_ctl");
    }
}

static void send_request(struct exchange *exchange, const struct exchange_work *work) {
    static char request[REQUEST_BYTES];
    size_t length = work->write_request(request, sizeof(request));
    exchange->length = 0;
    exchange->sent_at = now();
    if (transport_write(&exchange->transport, request, length) != (ssize_t)length) fail("the request was not taken");
}

// The length of the body, where it begins in `head_length`; false until the head is whole.
static bool read_head(const struct exchange *exchange, size_t *head_length, size_t *body_length) {
    const char *end = strstr(exchange->answer, "\r\n\r\n");
    if (!end) return false;
    if (strncmp(exchange->answer, "HTTP/1.1 2", 10))
        fail("the request was refused: %.*s", (int)strcspn(exchange->answer, "\r\n"), exchange->answer);
    const char *field = strcasestr(exchange->answer, "\r\nContent-Length:");
    if (!field || field > end) fail("an answer without Content-Length");
    *head_length = (size_t)(end + 4 - exchange->answer);
    *body_length = strtoul(field + strlen("\r\nContent-Length:"), NULL, 10);
    return true;
}

// Reads once; whether the answer is complete.
static bool receive_answer(struct exchange *exchange, const struct exchange_work *work) {
    size_t space = ANSWER_BYTES - exchange->length, head = 0, body = 0;
    ssize_t count = transport_read(&exchange->transport, exchange->answer + exchange->length, space);
    if (count < 0) return false;
    if (!count) fail("the server closed a kept connection");
    exchange->length += (size_t)count;
    exchange->answer[exchange->length] = 0;
    bool has_head = read_head(exchange, &head, &body);
    if (has_head ? body > ANSWER_BYTES - head : exchange->length == ANSWER_BYTES) fail("an answer of more than 8 KiB");
    if (!has_head || exchange->length < head + body) return false;
    if (exchange->length > head + body) fail("more than the answer to one request");
    work->check_body(exchange->answer + head, body);
    return true;
}

// Never sleeps, like the fan-out's loop, for the same reason.
void run_exchanges(uint64_t requests, const struct exchange_work *work, struct histogram *latencies) {
    uint64_t sent = 0, received = 0, last = now();
    for (; sent < requests && sent < (uint64_t)exchange_count; sent++) send_request(&exchanges[sent], work);
    while (received < sent) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int ready = epoll_wait(poll, events, EVENTS_AT_ONCE, 0);
        if (ready < 0) fail_with_errno("epoll_wait");
        uint64_t time = now();
        if (ready) last = time;
        if ((double)(time - last) > work->patience * 1e9) fail("no answer, or only a part of it");
        if (work->meanwhile) work->meanwhile();
        for (int i = 0; i < ready; i++) {
            struct exchange *exchange = &exchanges[events[i].data.u32];
            if (!receive_answer(exchange, work)) continue;
            record(latencies, time - exchange->sent_at);
            received++;
            if (sent == requests) continue;
            send_request(exchange, work);
            sent++;
        }
    }
}
