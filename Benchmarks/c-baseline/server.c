#include "server.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <uv.h>

// The settings of the Swift server: whoever measures one against the other wants the same of both.
#define PLAIN_RECEIVE_BYTES 1024
#define TLS_RECEIVE_BYTES 16384
#define SERVICE_BUFFER_BYTES 32768
#define WRITE_BYTES 65536

struct options options = {.envelope = true, .absorb = true, .compression = true, .maximum_backlog = 64 << 20};

static struct lws_context *context;
static uv_loop_t loop;
static volatile sig_atomic_t is_stopping;

static void explain(const char *program) {
    fprintf(stderr,
            "usage: %s --port PORT [--echo] [--envelope text|none] [--absorb on|off] [--compression on|off]\n"
            "       [--receive-bytes N] [--max-backlog BYTES] [--cert FILE --key FILE]\n",
            program);
    exit(64);
}

static bool choice(const char *value, const char *yes, const char *no, const char *program) {
    if (!strcmp(value, yes)) return true;
    if (strcmp(value, no)) explain(program);
    return false;
}

void parse_options(int argc, char **argv) {
    static const struct option names[] = {
        {"port", required_argument, NULL, 'p'},          {"echo", no_argument, NULL, 'e'},
        {"envelope", required_argument, NULL, 'v'},      {"absorb", required_argument, NULL, 'a'},
        {"compression", required_argument, NULL, 'z'},   {"receive-bytes", required_argument, NULL, 'r'},
        {"max-backlog", required_argument, NULL, 'b'},   {"cert", required_argument, NULL, 'c'},
        {"key", required_argument, NULL, 'k'},           {NULL, 0, NULL, 0},
    };
    int name;
    while ((name = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (name) {
        case 'p': options.port = atoi(optarg); break;
        case 'e': options.echo = true; break;
        case 'v': options.envelope = choice(optarg, "text", "none", argv[0]); break;
        case 'a': options.absorb = choice(optarg, "on", "off", argv[0]); break;
        case 'z': options.compression = choice(optarg, "on", "off", argv[0]); break;
        case 'r': options.receive_bytes = (size_t)atol(optarg); break;
        case 'b': options.maximum_backlog = (size_t)atol(optarg); break;
        case 'c': options.certificate = optarg; break;
        case 'k': options.key = optarg; break;
        default: explain(argv[0]);
        }
    }
    if (optind < argc || options.port <= 0 || !options.certificate != !options.key) explain(argv[0]);
    if (!options.receive_bytes) options.receive_bytes = options.certificate ? TLS_RECEIVE_BYTES : PLAIN_RECEIVE_BYTES;
}

static void stop(int signal) {
    (void)signal;
    is_stopping = 1;
    lws_cancel_service(context);
}

void start_server(lws_callback_function *callback, size_t session_bytes, const struct lws_extension *extensions) {
    // lws sizes its tables by the limit at creation.
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);

    static const lws_retry_bo_t no_keepalive;
    static struct lws_protocols protocols[2];
    protocols[0].name = "broadcast";
    protocols[0].callback = callback;
    protocols[0].per_session_data_size = session_bytes;
    protocols[0].rx_buffer_size = options.receive_bytes;
    protocols[0].tx_packet_size = WRITE_BYTES;

    uv_loop_init(&loop);
    static void *loops[] = {&loop};
    struct lws_context_creation_info info;
    memset(&info, 0, sizeof(info));
    info.options = LWS_SERVER_OPTION_LIBUV;
    info.foreign_loops = loops;
    info.port = options.port;
    info.iface = "127.0.0.1";
    info.protocols = protocols;
    info.extensions = extensions;
    info.pt_serv_buf_size = SERVICE_BUFFER_BYTES;
    info.alpn = "http/1.1";
    info.gid = -1;
    info.uid = -1;
    info.retry_and_idle_policy = &no_keepalive;
    if (options.certificate) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.ssl_cert_filepath = options.certificate;
        info.ssl_private_key_filepath = options.key;
    }
    lws_set_log_level(LLL_ERR | LLL_WARN, NULL);
    context = lws_create_context(&info);
    if (!context) exit(1);
    signal(SIGTERM, stop);
    signal(SIGINT, stop);
}

bool run_turn(bool wait) {
    uv_run(&loop, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
    return !is_stopping;
}
