// A broadcast server as the examples of libwebsockets build it: whoever follows them gets this.
//
// Messages go into an lws_ring that all sessions share, each with a tail of its own; lws_callback_on_writable is asked
// for, and each WRITEABLE callback writes one message with lws_write. A session that falls a whole ring behind is
// disconnected.
#include "message.h"
#include "server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RING_MESSAGES 4096

struct entry {
    unsigned char *bytes;  // LWS_PRE of headroom, then the payload
    size_t length;
    bool is_text;
    int sender;
};

struct session {
    struct session *next;
    struct lws *wsi;
    struct assembler assembler;
    uint32_t tail;
    int id;
    bool is_listed;
};

static struct lws_ring *ring;
static struct session *sessions;
static int last_id;

static void free_entry(void *entry) { free(((struct entry *)entry)->bytes); }

// A tail with nothing before it.
static uint32_t newest_tail(void) {
    uint32_t tail = lws_ring_get_oldest_tail(ring);
    lws_ring_consume(ring, &tail, NULL, lws_ring_get_count_waiting_elements(ring, &tail));
    return tail;
}

static void unlist(struct session *session) {
    if (!session->is_listed) return;
    session->is_listed = false;
    lws_ll_fwd_remove(struct session, next, session, sessions);
    uint32_t oldest = newest_tail();
    size_t most = 0;
    lws_start_foreach_ll(struct session *, each, sessions) {
        size_t waiting = lws_ring_get_count_waiting_elements(ring, &each->tail);
        if (waiting > most) {
            most = waiting;
            oldest = each->tail;
        }
    } lws_end_foreach_ll(each, next);
    lws_ring_update_oldest_tail(ring, oldest);
}

static void cut_off_the_slowest(void) {
    uint32_t oldest = lws_ring_get_oldest_tail(ring);
    struct session *each = sessions;
    while (each) {
        struct session *next = each->next;
        if (each->tail == oldest) {
            lws_set_timeout(each->wsi, PENDING_TIMEOUT_LAGGING, LWS_TO_KILL_ASYNC);
            unlist(each);
        }
        each = next;
    }
}

static int broadcast(struct session *session, const struct message *message) {
    char prefix[32];
    size_t prefix_length = 0;
    if (options.envelope && message->is_text)
        prefix_length = (size_t)snprintf(prefix, sizeof(prefix), "Client %d: ", session->id);
    struct entry entry = {
        .bytes = malloc(LWS_PRE + prefix_length + message->length),
        .length = prefix_length + message->length,
        .is_text = message->is_text,
        .sender = session->id,
    };
    if (!entry.bytes) return -1;
    memcpy(entry.bytes + LWS_PRE, prefix, prefix_length);
    if (message->length) memcpy(entry.bytes + LWS_PRE + prefix_length, message->bytes, message->length);
    if (!lws_ring_get_count_free_elements(ring)) cut_off_the_slowest();
    if (lws_ring_insert(ring, &entry, 1) != 1) {
        free_entry(&entry);
        return -1;
    }
    lws_start_foreach_ll(struct session *, each, sessions) {
        lws_callback_on_writable(each->wsi);
    } lws_end_foreach_ll(each, next);
    return 0;
}

static int receive(struct lws *wsi, struct session *session, void *in, size_t length) {
    struct message message;
    switch (assemble(wsi, &session->assembler, in, length, &message)) {
    case ASSEMBLY_UNFINISHED: return 0;
    case ASSEMBLY_FAILED: return -1;
    case ASSEMBLY_DONE: break;
    }
    if (message.is_text && !is_valid_utf8(message.bytes, message.length)) {
        lws_close_reason(wsi, LWS_CLOSE_STATUS_INVALID_PAYLOAD, NULL, 0);
        return -1;
    }
    int result = broadcast(session, &message);
    release_message(&session->assembler);
    return result;
}

static int write_one(struct lws *wsi, struct session *session) {
    if (!session->is_listed) return 0;
    const struct entry *entry = lws_ring_get_element(ring, &session->tail);
    if (!entry) return 0;
    if (options.echo || entry->sender != session->id) {
        enum lws_write_protocol protocol = entry->is_text ? LWS_WRITE_TEXT : LWS_WRITE_BINARY;
        if (lws_write(wsi, entry->bytes + LWS_PRE, entry->length, protocol) < (int)entry->length) return -1;
    }
    lws_ring_consume_and_update_oldest_tail(ring, struct session, &session->tail, 1, sessions, tail, next);
    if (lws_ring_get_element(ring, &session->tail)) lws_callback_on_writable(wsi);
    return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_ESTABLISHED:
        session->wsi = wsi;
        session->id = ++last_id;
        session->tail = newest_tail();
        session->is_listed = true;
        lws_ll_fwd_insert(session, next, sessions);
        return 0;
    case LWS_CALLBACK_RECEIVE:
        return receive(wsi, session, in, length);
    case LWS_CALLBACK_SERVER_WRITEABLE:
        return write_one(wsi, session);
    case LWS_CALLBACK_CLOSED:
        unlist(session);
        release_message(&session->assembler);
        return 0;
    default:
        return 0;
    }
}

int main(int argc, char **argv) {
    parse_options(argc, argv);
    ring = lws_ring_create(sizeof(struct entry), RING_MESSAGES, free_entry);
    if (!ring) return 1;
    start_server(callback, sizeof(struct session), NULL);
    while (run_turn(true)) continue;
    return 0;
}
