#include "frame_log.h"

#include <stdlib.h>
#include <string.h>

#define FIN 0x80
#define MAXIMUM_HEADER_BYTES 4  // a frame that fits a slab needs no 64-bit length
#define MAXIMUM_SPARE_SLABS 16

static struct slab *take_slab(struct frame_log *log, uint64_t start) {
    struct slab *slab = log->spare;
    if (slab) {
        log->spare = slab->next;
        log->spare_count--;
    } else if (!(slab = malloc(sizeof(*slab)))) {
        abort();
    }
    slab->next = NULL;
    slab->start = start;
    slab->used = 0;
    slab->holders = 0;
    return slab;
}

static void give_back(struct frame_log *log, struct slab *slab) {
    if (log->spare_count == MAXIMUM_SPARE_SLABS) {
        free(slab);
        return;
    }
    slab->next = log->spare;
    log->spare = slab;
    log->spare_count++;
}

void open_log(struct frame_log *log) { log->first = log->last = take_slab(log, 0); }

// Room for a frame of so many bytes, in the last slab or a new one.
static unsigned char *reserve(struct frame_log *log, size_t bytes) {
    struct slab *last = log->last;
    if (last->used + bytes > SLAB_BYTES) {
        last = last->next = take_slab(log, last->start + last->used);
        log->last = last;
    }
    unsigned char *room = last->bytes + last->used;
    last->used += (uint32_t)bytes;
    return room;
}

void append_message(struct frame_log *log, unsigned char first, const void *prefix, size_t prefix_length,
                    const void *payload, size_t length) {
    do {
        size_t total = prefix_length + length;
        bool is_whole = total <= SLAB_BYTES - MAXIMUM_HEADER_BYTES;
        if (!is_whole) total = SLAB_BYTES - MAXIMUM_HEADER_BYTES;
        unsigned char *out = reserve(log, (total < 126 ? 2 : 4) + total);
        *out++ = first | (is_whole ? FIN : 0);
        if (total < 126) {
            *out++ = (unsigned char)total;
        } else {
            *out++ = 126;
            *out++ = (unsigned char)(total >> 8);
            *out++ = (unsigned char)total;
        }
        if (prefix_length) memcpy(out, prefix, prefix_length);
        if (total > prefix_length) memcpy(out + prefix_length, payload, total - prefix_length);
        if (is_whole) return;
        payload = (const unsigned char *)payload + (total - prefix_length);
        length -= total - prefix_length;
        prefix_length = 0;
        first = 0;  // the rest are continuation frames
    } while (true);
}

void trim_log(struct frame_log *log, const struct slab *needed) {
    while (log->first != needed && !log->first->holders) {
        struct slab *next = log->first->next;
        give_back(log, log->first);
        log->first = next;
    }
}

void rewind_log(struct frame_log *log) {
    log->last->start += log->last->used;
    log->last->used = 0;
}
