// Latencies in nanoseconds, counted in buckets at most 1.6 % wide.
#pragma once
#include <stdint.h>

#define HISTOGRAM_BITS 6
#define HISTOGRAM_BUCKETS ((64 - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

struct histogram {
    uint64_t count, greatest;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

static inline void record(struct histogram *histogram, uint64_t value) {
    unsigned shift = value >> HISTOGRAM_BITS ? 63 - (unsigned)__builtin_clzll(value) - HISTOGRAM_BITS : 0;
    unsigned bucket = (shift << HISTOGRAM_BITS) + (unsigned)(value >> shift);
    histogram->buckets[bucket]++;
    histogram->count++;
    if (value > histogram->greatest) histogram->greatest = value;
}

// The value that a share of all values does not exceed, in microseconds.
double percentile(const struct histogram *histogram, double share);
