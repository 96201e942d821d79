// What JetStream alone does with the batches of a cluster: they are published to a stream with an id each, so many of
// them under way at once, and come back from it at another server. How long it takes until a batch is acknowledged, and
// until it is there, and how many there are in a second.
//   jetstream URL URL-OF-THE-OTHER REPLICAS LEADER BATCHES BYTES WINDOW
//   jetstream URL STREAM LEADER     only has that server lead a stream
#include "clock.h"
#include "histogram.h"

#include <nats/nats.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STREAM "BENCH"
#define SUBJECT "bench.batches"
#define INBOX "_INBOX.bench."
#define DELIVERIES "_INBOX.bench-deliveries"
#define PATIENCE_SECONDS 30
#define REQUEST_MILLISECONDS 5000
#define ELECTION_MILLISECONDS 500
#define MOST_ELECTIONS 100
#define HEARTBEAT_NANOSECONDS 1000000000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static uint64_t *sent_at;
static uint64_t acknowledged, delivered;
static struct histogram acknowledgements, deliveries;

static _Noreturn void fail(const char *what, natsStatus status) {
    fprintf(stderr, "jetstream: %s: %s\n", what, natsStatus_GetText(status));
    exit(1);
}

static void check(const char *what, natsStatus status) {
    if (status != NATS_OK) fail(what, status);
}

static void count(struct histogram *histogram, uint64_t *counter, uint64_t began) {
    uint64_t time = now();
    pthread_mutex_lock(&lock);
    record(histogram, time - began);
    (*counter)++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}

static void acknowledge(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    (void)connection, (void)subscription, (void)closure;
    if (!memmem(natsMsg_GetData(message), (size_t)natsMsg_GetDataLength(message), "\"seq\":", 6)) {
        fprintf(stderr, "jetstream: not stored: %.*s\n", natsMsg_GetDataLength(message), natsMsg_GetData(message));
        exit(1);
    }
    count(&acknowledgements, &acknowledged, sent_at[strtoull(natsMsg_GetSubject(message) + strlen(INBOX), NULL, 10)]);
    natsMsg_Destroy(message);
}

static void deliver(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    (void)subscription, (void)closure;
    const char *stalled = NULL;
    if (natsMsg_GetDataLength(message) > 0) {
        count(&deliveries, &delivered, sent_at[delivered]);
    } else if (natsMsg_GetReply(message)) {
        natsConnection_Publish(connection, natsMsg_GetReply(message), NULL, 0);
    } else if (natsMsgHeader_Get(message, "Nats-Consumer-Stalled", &stalled) == NATS_OK) {
        natsConnection_Publish(connection, stalled, NULL, 0);
    }
    natsMsg_Destroy(message);
}

static natsConnection *connect_to(const char *url) {
    natsOptions *options;
    natsConnection *connection;
    check("options", natsOptions_Create(&options));
    check("url", natsOptions_SetURL(options, url));
    check("options", natsOptions_SetSendAsap(options, true));
    check(url, natsConnection_Connect(&connection, options));
    natsOptions_Destroy(options);
    return connection;
}

// Has the servers choose until this one leads.
static void have_lead(natsConnection *connection, jsCtx *context, const char *stream, const char *leader) {
    char subject[128];
    snprintf(subject, sizeof(subject), "$JS.API.STREAM.LEADER.STEPDOWN.%s", stream);
    for (int tries = 0; tries < MOST_ELECTIONS; tries++) {
        jsStreamInfo *info = NULL;
        natsMsg *answer = NULL;
        if (js_GetStreamInfo(&info, context, stream, NULL, NULL) == NATS_OK) {
            bool leads = !info->Cluster || (info->Cluster->Leader && !strcmp(info->Cluster->Leader, leader));
            jsStreamInfo_Destroy(info);
            if (leads) return;
            if (natsConnection_RequestString(&answer, connection, subject, "", REQUEST_MILLISECONDS) == NATS_OK)
                natsMsg_Destroy(answer);
        }
        nats_Sleep(ELECTION_MILLISECONDS);
    }
    fail("the leader that was asked for", NATS_TIMEOUT);
}

static void make_stream(natsConnection *connection, jsCtx *context, int replicas, const char *leader) {
    const char *subject = SUBJECT;
    jsStreamConfig stream;
    jsConsumerConfig consumer;
    check("stream", jsStreamConfig_Init(&stream));
    stream.Name = STREAM;
    stream.Subjects = &subject;
    stream.SubjectsLen = 1;
    stream.Replicas = replicas;
    js_DeleteStream(context, STREAM, NULL, NULL);
    check("stream", js_AddStream(NULL, context, &stream, NULL, NULL));
    have_lead(connection, context, STREAM, leader);
    check("consumer", jsConsumerConfig_Init(&consumer));
    consumer.DeliverSubject = DELIVERIES;
    consumer.AckPolicy = js_AckNone;
    consumer.MaxDeliver = 1;
    consumer.FlowControl = true;
    consumer.Heartbeat = HEARTBEAT_NANOSECONDS;
    check("consumer", js_AddConsumer(NULL, context, STREAM, &consumer, NULL, NULL));
}

static void publish(natsConnection *connection, uint64_t number, const char *bytes, size_t length) {
    char reply[64], id[32];
    natsMsg *message;
    snprintf(reply, sizeof(reply), INBOX "%llu", (unsigned long long)number);
    snprintf(id, sizeof(id), "%llu", (unsigned long long)number);
    sent_at[number] = now();
    check("message", natsMsg_Create(&message, SUBJECT, reply, bytes, (int)length));
    check("message", natsMsgHeader_Set(message, "Nats-Msg-Id", id));
    check("publish", natsConnection_PublishMsg(connection, message));
    natsMsg_Destroy(message);
}

static void await(bool (*is_done)(uint64_t), uint64_t wanted) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += PATIENCE_SECONDS;
    pthread_mutex_lock(&lock);
    while (!is_done(wanted))
        if (pthread_cond_timedwait(&changed, &lock, &deadline)) fail("waiting for JetStream", NATS_TIMEOUT);
    pthread_mutex_unlock(&lock);
}

static bool has_acknowledged(uint64_t wanted) { return acknowledged >= wanted; }
static bool is_at_rest(uint64_t wanted) { return acknowledged >= wanted && delivered >= wanted; }

static _Noreturn void explain(void) {
    fprintf(stderr, "usage: jetstream URL URL-OF-THE-OTHER REPLICAS LEADER BATCHES BYTES WINDOW\n"
                    "       jetstream URL STREAM LEADER\n");
    exit(64);
}

static void listen_to(natsConnection *connection, natsConnection *other) {
    natsSubscription *replies, *messages;
    check("subscription", natsConnection_Subscribe(&replies, connection, INBOX "*", acknowledge, NULL));
    check("subscription", natsConnection_Subscribe(&messages, other, DELIVERIES, deliver, NULL));
    check("subscription", natsConnection_FlushTimeout(other, REQUEST_MILLISECONDS));
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 8) explain();
    natsConnection *connection = connect_to(argv[1]);
    jsOptions options;
    jsCtx *context;
    check("options", jsOptions_Init(&options));
    options.Wait = REQUEST_MILLISECONDS;
    check("JetStream", natsConnection_JetStream(&context, connection, &options));
    if (argc == 4) {
        have_lead(connection, context, argv[2], argv[3]);
        exit(0);
    }
    uint64_t batches = strtoull(argv[5], NULL, 10), warmup = batches / 10;
    size_t length = strtoul(argv[6], NULL, 10);
    uint64_t window = strtoull(argv[7], NULL, 10);
    char *bytes = malloc(length);
    sent_at = calloc(batches + warmup, sizeof(*sent_at));
    if (!batches || !length || !window || !bytes || !sent_at) explain();
    memset(bytes, 'x', length);
    listen_to(connection, connect_to(argv[2]));
    make_stream(connection, context, atoi(argv[3]), argv[4]);
    uint64_t start = 0;
    for (uint64_t number = 0; number < batches + warmup; number++) {
        if (number == warmup) {
            await(is_at_rest, warmup);
            memset(&acknowledgements, 0, sizeof(acknowledgements));
            memset(&deliveries, 0, sizeof(deliveries));
            start = now();
        }
        if (number >= window) await(has_acknowledged, number - window + 1);
        publish(connection, number, bytes, length);
    }
    await(has_acknowledged, batches + warmup);
    double seconds = (double)(now() - start) / 1e9;
    await(is_at_rest, batches + warmup);
    printf("{\"batches_per_second\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"delivery_p50_us\": %.1f, "
           "\"delivery_p99_us\": %.1f}\n",
           (double)batches / seconds, percentile(&acknowledgements, 0.5), percentile(&acknowledgements, 0.99),
           percentile(&deliveries, 0.5), percentile(&deliveries, 0.99));
    js_DeleteStream(context, STREAM, NULL, NULL);
    exit(0);
}
