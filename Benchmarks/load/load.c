// A load client for WebSocket servers on one epoll loop: small, so that the server is what is measured.
//
//   load PORT PID echo CONNECTIONS WINDOW BYTES MESSAGES IDLE
//   load PORT PID churn CONNECTIONS ROUNDS
//
// echo:  every connection keeps WINDOW messages of BYTES in flight until MESSAGES have come back in all; each answer is
//        compared with what was sent. IDLE further connections are open and say nothing.
// churn: opens CONNECTIONS, closes them all, ROUNDS times, and tells what the server holds after each.
//
// PID is the server's: its CPU time, resident memory, descriptors and threads are read from /proc. One JSON object goes
// to standard output.
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int port, pid;

struct connection {
    int fd;
    unsigned char *in;
    size_t in_length;
    unsigned in_flight;
    uint64_t sent, received;
    double *sent_at;  // a ring of WINDOW times
};

static void fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double server_cpu(void) {
    char path[64], line[1024];
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof(line), file)) fail("the server has gone");
    fclose(file);
    unsigned long user, system;
    char *fields = strrchr(line, ')') + 2;
    if (sscanf(fields, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2) fail("stat");
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static long server_rss(void) {
    char path[64], line[256];
    long kilobytes = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    FILE *file = fopen(path, "r");
    if (!file) fail("the server has gone");
    while (fgets(line, sizeof(line), file)) sscanf(line, "VmRSS: %ld", &kilobytes);
    fclose(file);
    return kilobytes;
}

static int entries(const char *what) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
    DIR *folder = opendir(path);
    if (!folder) fail("the server has gone");
    while (readdir(folder)) count++;
    closedir(folder);
    return count - 2;
}

static int open_connection(void) {
    static const char request[] =
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) fail("socket");
    if (connect(fd, (struct sockaddr *)&address, sizeof(address))) fail("connect");
    int yes = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    if (write(fd, request, sizeof(request) - 1) != (ssize_t)sizeof(request) - 1) fail("write");
    return fd;
}

static void await_answer(int fd) {
    char answer[1024];
    size_t length = 0;
    while (length < sizeof(answer) - 1) {
        ssize_t count = read(fd, answer + length, 1);
        if (count <= 0) fail("the handshake was not answered");
        length += (size_t)count;
        if (length >= 4 && !memcmp(answer + length - 4, "\r\n\r\n", 4)) break;
    }
    if (memcmp(answer, "HTTP/1.1 101", 12)) {
        answer[length] = 0;
        fprintf(stderr, "load: the handshake was refused: %s\n", answer);
        exit(1);
    }
}

static void open_all(int *fds, int count) {
    for (int start = 0; start < count; start += 64) {
        int end = start + 64 < count ? start + 64 : count;
        for (int i = start; i < end; i++) fds[i] = open_connection();
        for (int i = start; i < end; i++) await_answer(fds[i]);
    }
}

static size_t frame(unsigned char *out, const unsigned char *payload, size_t length) {
    static const unsigned char key[4] = {0x12, 0x34, 0x56, 0x78};
    size_t header = 2;
    out[0] = 0x82;
    if (length < 126) {
        out[1] = 0x80 | (unsigned char)length;
    } else if (length < 65536) {
        out[1] = 0x80 | 126;
        out[2] = (unsigned char)(length >> 8);
        out[3] = (unsigned char)length;
        header = 4;
    } else {
        out[1] = 0x80 | 127;
        for (int i = 0; i < 8; i++) out[2 + i] = (unsigned char)(length >> (56 - 8 * i));
        header = 10;
    }
    memcpy(out + header, key, 4);
    for (size_t i = 0; i < length; i++) out[header + 4 + i] = payload[i] ^ key[i & 3];
    return header + 4 + length;
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return a < b ? -1 : a > b;
}

static void echo(int count, unsigned window, size_t bytes, uint64_t messages, int idle) {
    int *idle_fds = calloc((size_t)idle + 1, sizeof(int));
    open_all(idle_fds, idle);
    int *fds = calloc((size_t)count, sizeof(int));
    open_all(fds, count);

    unsigned char *payload = malloc(bytes), *one = malloc(bytes + 14);
    for (size_t i = 0; i < bytes; i++) payload[i] = (unsigned char)(i * 31 + 7);
    size_t frame_length = frame(one, payload, bytes);
    unsigned char *burst = malloc(frame_length * window);
    for (unsigned i = 0; i < window; i++) memcpy(burst + i * frame_length, one, frame_length);
    size_t header = bytes < 126 ? 2 : bytes < 65536 ? 4 : 10, answer_length = header + bytes;
    size_t capacity = answer_length * window + 65536;

    int poll = epoll_create1(0);
    struct connection *connections = calloc((size_t)count, sizeof(*connections));
    for (int i = 0; i < count; i++) {
        connections[i].fd = fds[i];
        connections[i].in = malloc(capacity);
        connections[i].sent_at = calloc(window, sizeof(double));
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fds[i], &event)) fail("epoll_ctl");
    }
    size_t sample_capacity = 1 << 20, samples = 0;
    double *latency = malloc(sample_capacity * sizeof(double));

    double cpu = server_cpu(), start = now();
    uint64_t sent = 0, received = 0;
    for (int i = 0; i < count; i++) {
        struct connection *connection = &connections[i];
        if (write(connection->fd, burst, frame_length * window) != (ssize_t)(frame_length * window)) fail("write");
        for (unsigned j = 0; j < window; j++) connection->sent_at[j] = now();
        connection->sent = connection->in_flight = window;
        sent += window;
    }
    struct epoll_event events[256];
    while (received < sent) {
        int ready = epoll_wait(poll, events, 256, 10000);
        if (ready <= 0) {
            errno = ready ? errno : ETIMEDOUT;
            fail("no answer");
        }
        double time = now();
        for (int e = 0; e < ready; e++) {
            struct connection *connection = &connections[events[e].data.u32];
            ssize_t read_count =
                read(connection->fd, connection->in + connection->in_length, capacity - connection->in_length);
            if (read_count <= 0) fail("the server closed");
            connection->in_length += (size_t)read_count;
            size_t used = 0;
            unsigned complete = 0;
            while (connection->in_length - used >= answer_length) {
                if (memcmp(connection->in + used + header, payload, bytes)) {
                    errno = EBADMSG;
                    fail("an answer differs from what was sent");
                }
                used += answer_length;
                complete++;
                if (samples < sample_capacity)
                    latency[samples++] = time - connection->sent_at[connection->received % window];
                connection->received++;
            }
            memmove(connection->in, connection->in + used, connection->in_length - used);
            connection->in_length -= used;
            received += complete;
            unsigned again = sent < messages ? complete : 0;
            if (again && write(connection->fd, burst, frame_length * again) != (ssize_t)(frame_length * again))
                fail("write");
            for (unsigned j = 0; j < again; j++) connection->sent_at[connection->sent++ % window] = time;
            sent += again;
        }
    }
    double seconds = now() - start, used_cpu = server_cpu() - cpu;
    qsort(latency, samples, sizeof(double), by_value);
    printf("{\"messages\": %llu, \"seconds\": %.4f, \"server_cpu_seconds\": %.2f, \"cpu_us_per_message\": %.4f, "
           "\"server_utilization\": %.3f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"rss_kib\": %ld}\n",
           (unsigned long long)received, seconds, used_cpu, used_cpu * 1e6 / (double)received, used_cpu / seconds,
           latency[samples / 2] * 1e6, latency[samples * 99 / 100] * 1e6, server_rss());
}

static void churn(int count, int rounds) {
    int *fds = calloc((size_t)count, sizeof(int));
    long rss = server_rss();
    int descriptors = entries("fd"), threads = entries("task");
    printf("{\"connections\": %d, \"rss_before_kib\": %ld, \"rounds\": [", count, rss);
    for (int round = 0; round < rounds; round++) {
        double start = now();
        open_all(fds, count);
        double seconds = now() - start;
        long open_rss = server_rss();
        for (int i = 0; i < count; i++) close(fds[i]);
        for (int wait = 0; entries("fd") > descriptors && wait < 1000; wait++) usleep(20000);
        printf("%s{\"connect_us\": %.1f, \"bytes_per_connection\": %.0f, \"rss_after_kib\": %ld, "
               "\"descriptors_left\": %d, \"threads_left\": %d}",
               round ? ", " : "", seconds * 1e6 / count, (double)(open_rss - rss) * 1024 / count, server_rss(),
               entries("fd") - descriptors, entries("task") - threads);
    }
    printf("]}\n");
}

int main(int argc, char **argv) {
    if (argc > 3) {
        port = atoi(argv[1]);
        pid = atoi(argv[2]);
    }
    if (argc == 9 && !strcmp(argv[3], "echo")) {
        echo(atoi(argv[4]), (unsigned)atoi(argv[5]), (size_t)atol(argv[6]), (uint64_t)atoll(argv[7]), atoi(argv[8]));
    } else if (argc == 6 && !strcmp(argv[3], "churn")) {
        churn(atoi(argv[4]), atoi(argv[5]));
    } else {
        fprintf(stderr, "usage: load PORT PID echo CONNECTIONS WINDOW BYTES MESSAGES IDLE\n"
                        "       load PORT PID churn CONNECTIONS ROUNDS\n");
        return 64;
    }
    return 0;
}
