// A load client for WebSocket servers on one epoll loop: small, so that the server is what is measured.
#include "ledger.h"
#include "modes.h"
#include "opening.h"
#include "server_process.h"
#include "transport.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void explain(void) {
    fprintf(stderr,
            "usage: load echo    --port N --pid N --connections N --window N --bytes N --messages N [--idle N]\n"
            "       load churn   --port N --pid N --connections N --rounds N [--tls] [--deflate]\n"
            "       load connect --port N --pid N --connections N [--tls] [--deflate | --events]\n"
            "       load resume  --port N --pid N --connections N --rounds N --tls\n"
            "       load replay  --port N --pid N --connections N --messages N [--bytes N] [--tls]\n"
            "                    [--deflate | --events]\n"
            "       load http    --port N --pid N --connections N --messages N [--path PATH] [--tls] [--patience S]\n"
            "       load publish --port N --pid N --connections N --messages N [--bytes N] [--path PATH]\n"
            "                    [--patience S]\n"
            "       load acknowledged --port N --pid N --window N --messages N [--bytes N] [--stored disk]\n"
            "                    [--listen-port N]\n"
            "                    [--patience S]\n"
            "       load fanout  --port N --pid N --subscribers N [--publishers N] [--bytes N]\n"
            "                    [--window N | --rate MESSAGES_PER_SECOND] [--seconds S] [--messages N] [--warmup S]\n"
            "                    [--idle N] [--stalled N] [--read-rate BYTES_PER_SECOND] [--patience S]\n"
            "                    [--resumers N --resume MESSAGES] [--settle] [--flooders 1]\n"
            "                    [--echo | --json] [--envelope text|none] [--deflate | --events] [--tls]\n"
            "       all of them: [--bearer TOKEN], which each connection shows\n");
    exit(64);
}

enum { ECHO = 1, ENVELOPE, DEFLATE, TLS, PORT, PID, CONNECTIONS, ROUNDS, SUBSCRIBERS, PUBLISHERS, WINDOW, RATE, SECONDS,
       WARMUP, MESSAGES, BYTES, IDLE, STALLED, READ_RATE, PATIENCE, PATH, JSON, EVENTS, STORED, RESUMERS,
       RESUME, SETTLE, LISTEN_PORT, BEARER, FLOODERS };

int main(int argc, char **argv) {
    static const struct option names[] = {
        {"echo", no_argument, NULL, ECHO},
        {"envelope", required_argument, NULL, ENVELOPE},
        {"deflate", no_argument, NULL, DEFLATE},
        {"tls", no_argument, NULL, TLS},
        {"port", required_argument, NULL, PORT},
        {"pid", required_argument, NULL, PID},
        {"connections", required_argument, NULL, CONNECTIONS},
        {"rounds", required_argument, NULL, ROUNDS},
        {"subscribers", required_argument, NULL, SUBSCRIBERS},
        {"publishers", required_argument, NULL, PUBLISHERS},
        {"window", required_argument, NULL, WINDOW},
        {"rate", required_argument, NULL, RATE},
        {"seconds", required_argument, NULL, SECONDS},
        {"warmup", required_argument, NULL, WARMUP},
        {"messages", required_argument, NULL, MESSAGES},
        {"bytes", required_argument, NULL, BYTES},
        {"idle", required_argument, NULL, IDLE},
        {"stalled", required_argument, NULL, STALLED},
        {"read-rate", required_argument, NULL, READ_RATE},
        {"patience", required_argument, NULL, PATIENCE},
        {"path", required_argument, NULL, PATH},
        {"json", no_argument, NULL, JSON},
        {"listen-port", required_argument, NULL, LISTEN_PORT},
        {"stored", required_argument, NULL, STORED},
        {"resumers", required_argument, NULL, RESUMERS},
        {"resume", required_argument, NULL, RESUME},
        {"settle", no_argument, NULL, SETTLE},
        {"events", no_argument, NULL, EVENTS},
        {"bearer", required_argument, NULL, BEARER},
        {"flooders", required_argument, NULL, FLOODERS},
        {NULL, 0, NULL, 0},
    };
    struct options options = {
        .publishers = 1, .bytes = 64, .seconds = HUGE_VAL, .messages = UINT64_MAX, .envelope = true,
        .patience = 20,
    };
    int port = 0, pid = 0, name;
    bool tls = false;
    if (argc < 2) explain();
    const char *mode = argv[1];
    optind = 2;
    while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (name) {
        case ECHO: options.echo = true; break;
        case ENVELOPE:
            options.envelope = !strcmp(optarg, "text");
            if (!options.envelope && strcmp(optarg, "none")) explain();
            break;
        case DEFLATE: options.deflate = true; break;
        case TLS: tls = true; break;
        case PORT: port = atoi(optarg); break;
        case PID: pid = atoi(optarg); break;
        case CONNECTIONS: options.connections = atoi(optarg); break;
        case ROUNDS: options.rounds = atoi(optarg); break;
        case SUBSCRIBERS: options.subscribers = atoi(optarg); break;
        case PUBLISHERS: options.publishers = atoi(optarg); break;
        case WINDOW: options.window = atoi(optarg); break;
        case RATE: options.rate = atof(optarg); break;
        case SECONDS: options.seconds = atof(optarg); break;
        case WARMUP: options.warmup = atof(optarg); break;
        case MESSAGES: options.messages = strtoull(optarg, NULL, 10); break;
        case BYTES: options.bytes = strtoul(optarg, NULL, 10); break;
        case IDLE: options.idle = atoi(optarg); break;
        case STALLED: options.stalled = atoi(optarg); break;
        case FLOODERS: options.flooders = atoi(optarg) > 0; break;
        case READ_RATE: options.read_rate = atof(optarg); break;
        case PATIENCE: options.patience = atof(optarg); break;
        case PATH: options.path = optarg; break;
        case BEARER: show_token(optarg); break;
        case JSON: options.json = true; break;
        case LISTEN_PORT: options.listen_port = atoi(optarg); break;
        case STORED: options.stored = optarg; break;
        case RESUMERS: options.resumers = atoi(optarg); break;
        case RESUME: options.resume = atoi(optarg); break;
        case SETTLE: options.settle = true; break;
        case EVENTS: options.events = true; break;
        default: explain();
        }
    }
    if (optind < argc || port <= 0 || pid <= 0 || (options.events && options.deflate)) explain();
    use_server(port, tls);
    watch_process(pid);
    bool is_bounded = options.messages != UINT64_MAX;
    if (!strcmp(mode, "echo") && options.connections > 0 && options.window > 0 && is_bounded) {
        run_echo(&options);
    } else if (!strcmp(mode, "churn") && options.connections > 0 && options.rounds > 0) {
        run_churn(&options);
    } else if (!strcmp(mode, "connect") && options.connections > 0) {
        run_connect(&options);
    } else if (!strcmp(mode, "resume") && options.connections > 0 && options.rounds > 0 && tls) {
        run_resume(&options);
    } else if (!strcmp(mode, "replay") && options.connections > 0 && is_bounded) {
        run_replay(&options);
    } else if (!strcmp(mode, "http") && options.connections > 0 && is_bounded) {
        options.path = options.path ? options.path : "/healthz";
        run_http(&options);
    } else if (!strcmp(mode, "publish") && options.connections > 0 && is_bounded &&
               options.bytes >= MINIMUM_MESSAGE_BYTES) {
        options.path = options.path ? options.path : "/";
        run_publish(&options);
    } else if (!strcmp(mode, "acknowledged") && options.window > 0 && is_bounded) {
        run_acknowledged(&options);
    } else if (!strcmp(mode, "fanout") && options.publishers > 0 && options.publishers < 1000 &&
               options.subscribers > options.stalled && options.bytes >= MINIMUM_MESSAGE_BYTES &&
               !(options.json && (options.echo || options.publishers > 1)) &&
               (options.resumers ? options.resume > 0 && options.publishers == 1
                                 : is_bounded || options.seconds < HUGE_VAL)) {
        run_fanout(&options);
    } else {
        explain();
    }
    return 0;
}
