// A broadcast server on libwebsockets as good as C makes it: the measure for the Swift one.
//
// A message is encoded once, into a log of frames. At the end of each turn of the loop every member is sent everything
// new in one lws_write(…, LWS_WRITE_RAW); what a member sent itself is skipped by position, and the pieces around it are
// put together. A member whose socket is full keeps its place in the log and goes on when it is writable: nothing is
// queued for it, nothing is allocated for a delivery.
//
// While input keeps coming, further turns without waiting are taken before the flush, for as long as the oldest unsent
// message has waited no longer than the last flush took, and for 100 µs in any case: larger ranges, fewer writes
// (--absorb off: a flush after every turn).
//
// Members that negotiated permessage-deflate have a log of their own, into which each message goes compressed, once.
#include "deflate.h"
#include "group.h"
#include "message.h"
#include "server.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SHORTEST_ABSORPTION 100000  // nanoseconds
#define LONGEST_ABSORPTION 1000000
#define TEXT 0x01
#define BINARY 0x02

struct session {
    struct assembler assembler;
    struct group *group;
    int id, member;  // member is -1 for who is not, or no longer, in the group
    bool deflates, is_in_room;
    char prefix[24];  // stands before its texts
    size_t prefix_length;
};

static struct group plain, deflated;
static int last_id;
static uint64_t oldest_unsent;  // when the message was appended
static uint64_t absorption = SHORTEST_ABSORPTION;
static bool has_received;

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static bool has_anything_unsent(void) { return has_unsent(&plain) || has_unsent(&deflated); }

static void append(struct group *group, struct session *session, unsigned char first, const void *prefix,
                   size_t prefix_length, const struct message *message) {
    uint64_t start = position(end_of(&group->log));
    append_message(&group->log, first, prefix, prefix_length, message->bytes, message->length);
    if (!options.echo && session->group == group && session->member >= 0)
        exclude_since(group, session->member, start);
}

static void broadcast(struct session *session, const struct message *message) {
    const char *prefix = session->prefix;
    size_t prefix_length = message->is_text ? session->prefix_length : 0;
    if (options.absorb && !has_anything_unsent()) oldest_unsent = now();
    unsigned char first = message->is_text ? TEXT : BINARY;
    struct message compressed;
    if (plain.count) append(&plain, session, first, prefix, prefix_length, message);
    if (!deflated.count) return;
    if (deflate_message(prefix, prefix_length, message, &compressed))
        append(&deflated, session, first | RSV1, NULL, 0, &compressed);
    else
        append(&deflated, session, first, prefix, prefix_length, message);
}

static int refuse(struct lws *wsi) {
    lws_close_reason(wsi, LWS_CLOSE_STATUS_INVALID_PAYLOAD, NULL, 0);
    return -1;
}

static int receive(struct lws *wsi, struct session *session, void *in, size_t length) {
    has_received = true;
    struct message message;
    switch (assemble(wsi, &session->assembler, in, length, &message)) {
    case ASSEMBLY_UNFINISHED: return 0;
    case ASSEMBLY_FAILED: return -1;
    case ASSEMBLY_DONE: break;
    }
    if (message.is_compressed && (!session->deflates || !inflate_message(&message))) return refuse(wsi);
    if (message.is_text && !is_valid_utf8(message.bytes, message.length)) return refuse(wsi);
    broadcast(session, &message);
    release_message(&session->assembler);
    return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_ADD_HEADERS:
        session->deflates = options.compression && answer_offer(in);
        session->is_in_room = asks_for_room(wsi);
        return 0;
    case LWS_CALLBACK_ESTABLISHED:
        session->id = ++last_id;
        if (options.envelope)
            session->prefix_length =
                (size_t)snprintf(session->prefix, sizeof(session->prefix), "Client %d: ", session->id);
        session->group = session->deflates ? &deflated : &plain;
        session->member = -1;
        if (session->is_in_room) join_group(session->group, wsi, &session->member);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return receive(wsi, session, in, length);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return session->member < 0 ? 0 : resume_member(session->group, session->member);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLOSED:
        if (session->id && session->member >= 0) leave_group(session->group, session->member);
        release_message(&session->assembler);
        return 0;
    default:
        return 0;
    }
}

int main(int argc, char **argv) {
    parse_options(argc, argv);
    open_group(&plain);
    open_group(&deflated);
    start_server(callback, sizeof(struct session), options.compression ? deflate_extensions : NULL);
    while (run_turn(true)) {
        while (options.absorb && has_received && has_anything_unsent() && now() - oldest_unsent < absorption) {
            has_received = false;
            run_turn(false);
        }
        has_received = false;
        if (!has_anything_unsent()) continue;
        uint64_t begin = now();
        flush_group(&plain, options.maximum_backlog);
        flush_group(&deflated, options.maximum_backlog);
        absorption = now() - begin;
        if (absorption < SHORTEST_ABSORPTION) absorption = SHORTEST_ABSORPTION;
        if (absorption > LONGEST_ABSORPTION) absorption = LONGEST_ABSORPTION;
    }
    return 0;
}
