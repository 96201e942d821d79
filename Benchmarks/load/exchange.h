// Requests on kept connections, one at a time on each: the next goes out when the whole answer to the last has come.
#pragma once
#include "histogram.h"

#include <stddef.h>
#include <stdint.h>

struct exchange_work {
    // Writes the next request, which has room; its length.
    size_t (*write_request)(char *bytes, size_t capacity);
    // Ends the program when the body of an answer is not what it should be.
    void (*check_body)(const char *body, size_t length);
    void (*meanwhile)(void);  // in each turn of the loop; NULL for nothing
    double patience;          // seconds without any answer until the server counts as silent
};

void open_exchanges(int count);

// So many requests in all; how long each took is recorded. Ends the program when an answer's status is none of success.
void run_exchanges(uint64_t requests, const struct exchange_work *work, struct histogram *latencies);
