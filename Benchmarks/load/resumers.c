#include "resumers.h"

#include "clock.h"
#include "failure.h"
#include "ledger.h"
#include "opening.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>

// As many as a listen queue takes.
#define HANDSHAKES_AT_ONCE 64
// A read takes some ten microseconds then, which is what it adds to others' latencies.
#define READ_BYTES (64 << 10)

struct resumer {
    struct connection connection;  // first: handlers get this alone
    bool is_open;
    int missing;
    uint32_t last;  // the number of the message that came last
};

static struct resumer *resumers;
static int count, message_count, first_number, poll, begun, opened, finished;
static char path[64];
static struct opening opening = {.path = path};

void prepare_resumers(int resumer_count, int messages, int number) {
    count = resumer_count;
    message_count = messages;
    first_number = number;
    resumers = calloc((size_t)count, sizeof(*resumers));
    if (!resumers) fail("out of memory");
    snprintf(path, sizeof(path), "/?last=%d", messages);
    poll = epoll_create1(EPOLL_CLOEXEC);
}

static void begin(int index) {
    struct resumer *resumer = &resumers[index];
    resumer->missing = message_count;
    begin_opening(&resumer->connection, first_number + index, &opening);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    if (epoll_ctl(poll, EPOLL_CTL_ADD, resumer->connection.transport.fd, &event)) fail_with_errno("epoll_ctl");
}

static void arrive(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)first;
    struct resumer *resumer = (struct resumer *)connection;
    struct arrival arrival = identify(bytes, length);
    if (resumer->missing < message_count && arrival.sequence != resumer->last + 1)
        fail("who came back got message %u behind %u", arrival.sequence, resumer->last);
    resumer->last = arrival.sequence;
    // What comes behind those it has missed is for members that stay: below 0, too.
    resumer->missing--;
}

static void advance(int index) {
    struct resumer *resumer = &resumers[index];
    if (!resumer->is_open) {
        finish_opening(&resumer->connection, &opening);
        resumer->is_open = true;
        opened++;
        return;
    }
    if (receive_messages(&resumer->connection, READ_BYTES, arrive) < 0)
        fail("the server closed member %d, which lacked %d messages", index, resumer->missing);
    if (resumer->missing > 0) return;
    close_connection(&resumer->connection);
    finished++;
}

bool step_resumers(struct histogram *pauses) {
    uint64_t start = now();
    bool begins = begun < count && begun - opened < HANDSHAKES_AT_ONCE;
    if (begins) begin(begun++);
    struct epoll_event event;
    int ready = epoll_wait(poll, &event, 1, 0);
    if (ready < 0) fail_with_errno("epoll_wait");
    if (ready) advance((int)event.data.u32);
    if (begins || ready) record(pauses, now() - start);
    return finished < count;
}
