// Plain requests on kept connections, one at a time on each; all answers must be the same.
#include "clock.h"
#include "exchange.h"
#include "failure.h"
#include "modes.h"
#include "server_process.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path;
static char *first_body;
static size_t first_length;

static size_t write_request(char *bytes, size_t capacity) {
    int length = snprintf(bytes, capacity, "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n", path);
    if ((size_t)length >= capacity) fail("a path of %zu bytes", strlen(path));
    return (size_t)length;
}

static void compare_body(const char *body, size_t length) {
    if (!first_body) {
        first_body = malloc(length + 1);
        if (!first_body) fail("out of memory");
        memcpy(first_body, body, length);
        first_length = length;
    }
    if (length != first_length || memcmp(body, first_body, length)) fail("an answer differs from the first one");
}

void run_http(const struct options *options) {
    static struct histogram latencies;
    const struct exchange_work work = {write_request, compare_body, NULL, options->patience};
    path = options->path;
    open_exchanges(options->connections);
    // One on each: what a connection costs is not what a request costs.
    run_exchanges((uint64_t)options->connections, &work, &latencies);
    memset(&latencies, 0, sizeof(latencies));
    uint64_t cpu = server_cpu(), start = now();
    run_exchanges(options->messages, &work, &latencies);
    double seconds = (double)(now() - start) / 1e9, used_cpu = (double)(server_cpu() - cpu) / 1e9;
    printf("{\"requests\": %llu, \"seconds\": %.4f, \"cpu_us_per_request\": %.4f, \"server_utilization\": %.3f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f}\n",
           (unsigned long long)options->messages, seconds, used_cpu * 1e6 / (double)options->messages,
           used_cpu / seconds, percentile(&latencies, 0.5), percentile(&latencies, 0.99));
}
