// An echo server written straight on libwebsockets in C: what the Swift wrapper is measured against.
//
//   echo PORT example|direct [poll]
//
// example: as lws' own examples do it: whole messages are queued, lws_callback_on_writable is asked for, and each
//          WRITEABLE callback writes one message with lws_write.
// direct:  the least that C can do: the answer is framed here and written at once from the receive callback, with
//          LWS_WRITE_RAW.
//
// Both run on libuv through lws' plugin, or with `poll` on lws' own loop, with the buffer sizes of the Swift server.
#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define RECEIVE_BYTES 1024
#define WRITE_BYTES 65536

struct message {
    struct message *next;
    size_t length;
    int is_binary;
    unsigned char bytes[];  // LWS_PRE of headroom, then the payload
};

struct session {
    struct message *first, *last;
    unsigned char *buffer;  // LWS_PRE of headroom, then the message under way
    size_t length, capacity;
};

static int is_direct;
static struct lws_context *context;
static volatile sig_atomic_t is_stopping;

static int append(struct session *session, const void *in, size_t length) {
    if (!session->buffer || session->length + length > session->capacity) {
        size_t capacity = session->capacity ? session->capacity * 2 : 1024;
        while (capacity < session->length + length) capacity *= 2;
        unsigned char *buffer = realloc(session->buffer, LWS_PRE + capacity);
        if (!buffer) return -1;
        session->buffer = buffer;
        session->capacity = capacity;
    }
    if (length) memcpy(session->buffer + LWS_PRE + session->length, in, length);
    session->length += length;
    return 0;
}

static int write_direct(struct lws *wsi, struct session *session, int is_binary) {
    unsigned char *payload = session->buffer + LWS_PRE, *start = payload;
    size_t length = session->length;
    if (length < 126) {
        start -= 2;
        start[1] = (unsigned char)length;
    } else if (length < 65536) {
        start -= 4;
        start[1] = 126;
        start[2] = (unsigned char)(length >> 8);
        start[3] = (unsigned char)length;
    } else {
        start -= 10;
        start[1] = 127;
        for (int i = 0; i < 8; i++) start[2 + i] = (unsigned char)(length >> (56 - 8 * i));
    }
    start[0] = is_binary ? 0x82 : 0x81;
    return lws_write(wsi, start, (size_t)(payload - start) + length, LWS_WRITE_RAW) < 0 ? -1 : 0;
}

static int enqueue(struct lws *wsi, struct session *session, int is_binary) {
    struct message *message = malloc(sizeof(*message) + LWS_PRE + session->length);
    if (!message) return -1;
    message->next = NULL;
    message->length = session->length;
    message->is_binary = is_binary;
    memcpy(message->bytes + LWS_PRE, session->buffer + LWS_PRE, session->length);
    if (session->last) session->last->next = message;
    else session->first = message;
    session->last = message;
    lws_callback_on_writable(wsi);
    return 0;
}

static int callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
    struct session *session = user;
    switch (reason) {
    case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
        return 0;
    case LWS_CALLBACK_ESTABLISHED:
        memset(session, 0, sizeof(*session));
        return 0;
    case LWS_CALLBACK_RECEIVE: {
        if (append(session, in, length)) return -1;
        if (!lws_is_final_fragment(wsi)) return 0;
        int is_binary = lws_frame_is_binary(wsi);
        int result = is_direct ? write_direct(wsi, session, is_binary) : enqueue(wsi, session, is_binary);
        session->length = 0;
        return result;
    }
    case LWS_CALLBACK_SERVER_WRITEABLE: {
        struct message *message = session->first;
        if (!message) return 0;
        enum lws_write_protocol protocol = message->is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
        int written = lws_write(wsi, message->bytes + LWS_PRE, message->length, protocol);
        session->first = message->next;
        if (!session->first) session->last = NULL;
        free(message);
        if (written < 0) return -1;
        if (session->first) lws_callback_on_writable(wsi);
        return 0;
    }
    case LWS_CALLBACK_CLOSED:
        while (session->first) {
            struct message *next = session->first->next;
            free(session->first);
            session->first = next;
        }
        free(session->buffer);
        return 0;
    default:
        return 0;
    }
}

static void stop(int signal) {
    (void)signal;
    is_stopping = 1;
    lws_cancel_service(context);
}

int main(int argc, char **argv) {
    if (argc < 3) {
        fprintf(stderr, "usage: echo PORT example|direct [poll]\n");
        return 64;
    }
    is_direct = !strcmp(argv[2], "direct");
    int is_poll = argc > 3 && !strcmp(argv[3], "poll");
    static const lws_retry_bo_t no_keepalive;
    struct lws_protocols protocols[] = {
        {"echo", callback, sizeof(struct session), RECEIVE_BYTES, 0, NULL, WRITE_BYTES},
        {NULL, NULL, 0, 0, 0, NULL, 0},
    };
    uv_loop_t loop;
    void *loops[] = {&loop};
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof(info));
    info.port = atoi(argv[1]);
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.pt_serv_buf_size = 32768;
    info.alpn = "http/1.1";
    info.gid = -1;
    info.uid = -1;
    info.retry_and_idle_policy = &no_keepalive;
    lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
    if (!is_poll) {
        uv_loop_init(&loop);
        info.options |= LWS_SERVER_OPTION_LIBUV;
        info.foreign_loops = loops;
    }
    context = lws_create_context(&info);
    if (!context) return 1;
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
    printf("listening on ws://127.0.0.1:%s\n", argv[1]);
    fflush(stdout);
    while (!is_stopping) {
        if (is_poll) {
            if (lws_service(context, 0) < 0) break;
        } else {
            uv_run(&loop, UV_RUN_ONCE);
        }
    }
    return 0;
}
