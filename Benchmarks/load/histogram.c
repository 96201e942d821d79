#include "histogram.h"

double percentile(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->count), seen = 0;
    for (unsigned bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
        seen += histogram->buckets[bucket];
        if (seen <= wanted || !histogram->buckets[bucket]) continue;
        // From the second power of two on, a bucket's number holds the shift plus one in its upper bits.
        unsigned shift = bucket >> (HISTOGRAM_BITS + 1) ? (bucket >> HISTOGRAM_BITS) - 1 : 0;
        uint64_t value = ((uint64_t)bucket - ((uint64_t)shift << HISTOGRAM_BITS)) << shift;
        return (double)value / 1000;
    }
    return (double)histogram->greatest / 1000;
}
