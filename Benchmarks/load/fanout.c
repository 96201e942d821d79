// Members 0 to publishers-1 publish and receive; the others, the subscribers, only receive.
//
// With a window each publisher keeps so many messages in flight: it sends the next when one of its messages has reached
// everybody. With a rate the messages have fixed times, whatever the server does, and a latency counts from the time
// intended (no coordinated omission). With neither, the publishers send as fast as the server reads.
//
// With resumers the measured phase lasts until all of them have come back; latencies are those of the subscribers.
#include "clock.h"
#include "failure.h"
#include "flooder.h"
#include "histogram.h"
#include "inflate_cache.h"
#include "modes.h"
#include "opening.h"
#include "publisher.h"
#include "resumers.h"
#include "server_process.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#define EVENTS_AT_ONCE 512
#define LINGER_NANOSECONDS 50000000u       // after the last delivery, for what comes twice
#define READ_TICK_NANOSECONDS 5000000u     // of subscribers that read at a limited rate
#define MAXIMUM_OUTSTANDING (1u << 22)      // messages of one publisher
#define UNSENT_BYTES (1 << 20)             // that a publisher without window or rate keeps ready

static const struct options *options;
static struct connection *members;
static struct publisher *publishers;
static int poll, member_count, reader_count;  // readers are the members that do not stand still
static uint64_t outstanding, deliveries, published, time_of_read, last_delivery;
static struct histogram *latencies, *pauses;  // pauses: in which subscribers are not read, for the sake of resumers

static void arrive(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    int member = (int)(connection - members);
    if (options->flooders && is_flood(bytes, length)) return;
    struct arrival arrival = first & RSV1 ? identify_deflated(connection, bytes, length) : identify(bytes, length);
    if (arrival.publisher == member && !options->echo) fail("publisher %d got its own message", member);
    strike_off(member, &arrival);
    record(latencies, time_of_read > arrival.sent_at ? time_of_read - arrival.sent_at : 0);
    deliveries++;
    if (arrival.is_complete) {
        outstanding--;
        publishers[arrival.publisher].in_flight--;
    }
}

// Who speaks JSON is told of members, and is sent nothing of what it has said.
static void ignore(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)connection, (void)first, (void)bytes, (void)length;
}

static bool is_flooder(int member) { return member >= member_count; }

static bool speaks_json(int member) { return options->json && member < options->publishers; }

static void read_member(int member, size_t limit) {
    uint64_t before = deliveries;
    ssize_t count = receive_messages(&members[member], limit, speaks_json(member) || is_flooder(member) ? ignore : arrive);
    if (count < 0) {
        struct connection *connection = &members[member];
        fail("the server closed the connection of member %d: %d %s", member,
             connection->close_code ? connection->close_code : 1006, connection->close_reason);
    }
    if (deliveries != before) last_delivery = time_of_read;
}

static bool is_slow(int member) { return options->read_rate > 0 && member >= options->publishers; }

static void watch(int operation, int member, uint32_t events) {
    struct epoll_event event = {.events = events, .data.u32 = (uint32_t)member};
    if (epoll_ctl(poll, operation, members[member].transport.fd, &event)) fail_with_errno("epoll_ctl");
}

static void send_all(struct publisher *publisher) {
    bool was_blocked = publisher->is_blocked;
    send_published(publisher);
    if (publisher->is_blocked != was_blocked)
        watch(EPOLL_CTL_MOD, publisher->number, EPOLLIN | (publisher->is_blocked ? EPOLLOUT : 0));
}

// MARK: Publishing

static void publish_next(struct publisher *publisher, uint64_t time) {
    uint32_t receivers = (uint32_t)(reader_count - (options->echo ? 0 : 1));
    publish_message(publisher, options->bytes, receivers, time);
    outstanding++;
    published++;
}

static uint64_t intended_time(uint64_t start) {
    return start + (uint64_t)((double)published * 1e9 / options->rate);
}

// Publishes what is due; false once the phase has no more to publish.
static bool publish_due(uint64_t start, uint64_t end, uint64_t messages) {
    uint64_t time = now();
    if (options->rate > 0) {
        uint64_t intended;
        while (published < messages && (intended = intended_time(start)) < end && intended <= time)
            publish_next(&publishers[published % (uint64_t)options->publishers], intended);
        for (int i = 0; i < options->publishers; i++)
            if (unsent_bytes(&publishers[i]) && !publishers[i].is_blocked) send_all(&publishers[i]);
        return published < messages && intended_time(start) < end;
    }
    if (time >= end) return false;
    for (int i = 0; i < options->publishers; i++) {
        struct publisher *publisher = &publishers[i];
        while (published < messages && (options->window ? publisher->in_flight < (unsigned)options->window
                                                        : unsent_bytes(publisher) < UNSENT_BYTES))
            publish_next(publisher, time);
        if (unsent_bytes(publisher) && !publisher->is_blocked) send_all(publisher);
    }
    return published < messages;
}

// MARK: Receiving

// Nanoseconds in which there was something to receive.
static uint64_t busy;

// Never sleeps: it would have to be woken by what the server sends, on a virtual machine by an interrupt to another
// processor, and the server's process would pay for that. Clients elsewhere cost a server nothing of the kind.
static void handle_events(void) {
    for (int i = 0; i < options->flooders; i++) flood(&members[member_count + options->idle + i]);
    struct epoll_event events[EVENTS_AT_ONCE];
    int ready = epoll_wait(poll, events, EVENTS_AT_ONCE, 0);
    if (ready < 0) fail_with_errno("epoll_wait");
    if (!ready) return;
    uint64_t begin = now();
    for (int i = 0; i < ready; i++) {
        int member = (int)events[i].data.u32;
        if (events[i].events & EPOLLOUT) send_all(&publishers[member]);
        if (events[i].events & ~(uint32_t)EPOLLOUT) {
            time_of_read = now();
            read_member(member, SIZE_MAX);
        }
    }
    busy += now() - begin;
}

static void read_slowly(uint64_t *last_tick) {
    uint64_t time = now();
    if (time - *last_tick < READ_TICK_NANOSECONDS) return;
    size_t share = (size_t)(options->read_rate * (double)(time - *last_tick) / 1e9);
    *last_tick = time_of_read = time;
    for (int member = options->publishers; member < reader_count; member++) read_member(member, share);
}

static void complain(void) {
    for (int member = reader_count - 1; member >= 0; member--)
        require_complete(member, !options->echo && member < options->publishers ? member : -1);
    fail("nothing arrives any more");
}

// MARK: Phases

static void run_phase(double seconds, uint64_t messages, bool is_resuming) {
    uint64_t start = now(), last_tick = start;
    uint64_t end = seconds < HUGE_VAL && !is_resuming ? start + (uint64_t)(seconds * 1e9) : UINT64_MAX;
    deliveries = published = 0;
    last_delivery = start;
    memset(latencies, 0, sizeof(*latencies));
    for (bool is_publishing = true;;) {
        if (is_resuming && !(is_resuming = step_resumers(pauses))) end = now();
        if (is_publishing) is_publishing = publish_due(start, end, messages);
        if (!is_publishing && !outstanding) return;
        handle_events();
        if (options->read_rate > 0) read_slowly(&last_tick);
        if (outstanding && (double)(now() - last_delivery) > options->patience * 1e9) complain();
    }
}

// Whether what came last comes again, and whether all saw one order.
static void check_afterwards(void) {
    uint64_t end = now() + LINGER_NANOSECONDS;
    while (now() < end) handle_events();
    for (int member = 0; member < reader_count; member++) {
        if (is_slow(member)) read_member(member, SIZE_MAX);
        require_complete(member, !options->echo && member < options->publishers ? member : -1);
        if (member > options->publishers && order_of(member) != order_of(options->publishers))
            fail("members %d and %d saw different orders", options->publishers, member);
    }
}

static void open_members(void) {
    members = calloc((size_t)(member_count + options->idle + options->flooders), sizeof(*members));
    publishers = calloc((size_t)options->publishers, sizeof(*publishers));
    latencies = malloc(sizeof(*latencies));
    pauses = calloc(1, sizeof(*pauses));
    if (!members || !publishers || !latencies || !pauses) fail("out of memory");
    struct opening opening = {.path = "/idle", .offers_deflate = options->deflate};
    open_connections(members + member_count, options->idle, 0, opening);
    opening.path = "/";
    opening.subprotocol = options->json ? "broadcast.v1.json" : NULL;
    open_connections(members, options->publishers, options->idle, opening);
    opening.subprotocol = NULL;
    opening.asks_for_events = options->events;
    open_connections(members + options->publishers, options->subscribers, options->idle + options->publishers, opening);
    opening.asks_for_events = false;
    int others = options->idle + member_count;
    open_connections(members + others, options->flooders, others, opening);
    poll = epoll_create1(EPOLL_CLOEXEC);
    for (int i = 0; i < options->flooders; i++) watch(EPOLL_CTL_ADD, others + i, EPOLLIN);
    for (int member = 0; member < reader_count; member++)
        if (!is_slow(member)) watch(EPOLL_CTL_ADD, member, EPOLLIN);
    for (int i = 0; i < options->publishers; i++)
        publishers[i] = (struct publisher){.connection = &members[i], .number = i, .speaks_json = options->json};
}

static uint32_t greatest_outstanding(void) {
    if (options->window) return (uint32_t)options->window;
    // How long those who come back take is the server's.
    if (options->resumers) return MAXIMUM_OUTSTANDING;
    double expected = options->rate > 0 ? options->rate * (options->seconds + options->warmup) : (double)options->messages;
    return expected < MAXIMUM_OUTSTANDING ? (uint32_t)expected + 1 : MAXIMUM_OUTSTANDING;
}

void run_fanout(const struct options *wanted) {
    options = wanted;
    member_count = options->publishers + options->subscribers;
    reader_count = member_count - options->stalled;
    open_ledger((struct ledger_options){
        .publishers = options->publishers,
        .receivers = member_count,
        .bytes = options->bytes,
        .outstanding = greatest_outstanding(),
        .envelope = options->envelope,
    });
    open_members();
    if (options->resumers)
        prepare_resumers(options->resumers, options->resume, options->idle + member_count);
    if (options->warmup > 0) run_phase(options->warmup, options->messages, false);
    if (options->settle) await_rest();

    uint64_t cpu = server_cpu(), load = busy, start = now();
    run_phase(options->seconds, options->messages, options->resumers > 0);
    double load_seconds = (double)(busy - load) / 1e9, seconds = (double)(now() - start) / 1e9;
    if (options->settle) await_rest();
    double server_seconds = (double)(server_cpu() - cpu) / 1e9;
    long rss = server_rss_kib();
    check_afterwards();
    printf("{\"messages\": %llu, \"deliveries\": %llu, \"seconds\": %.6f, \"server_cpu_seconds\": %.6f, "
           "\"cpu_us_per_delivery\": %.5f, \"server_utilization\": %.3f, \"load_utilization\": %.3f, "
           "\"p50_us\": %.1f, \"p90_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f, "
           "\"pause_p99_us\": %.1f, \"rss_kib\": %ld, \"peak_rss_kib\": %ld}\n",
           (unsigned long long)published, (unsigned long long)deliveries, seconds, server_seconds,
           server_seconds * 1e6 / (double)deliveries, server_seconds / seconds, load_seconds / seconds,
           percentile(latencies, 0.5), percentile(latencies, 0.9), percentile(latencies, 0.99),
           percentile(latencies, 0.999), (double)latencies->greatest / 1000,
           percentile(pauses, 0.99), rss, server_peak_rss_kib());
}
