// An append-only log of encoded WebSocket frames, in slabs that go when the last reader has passed them.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What one lws_write carries at most: lws hands a write of up to tx_packet_size to the kernel in one go.
#define SLAB_BYTES 65536

struct slab {
    struct slab *next;
    uint64_t start;    // position in the log of the first byte
    uint32_t used;     // whole frames only: none lies in two slabs
    uint32_t holders;  // cursors that stand here
    unsigned char bytes[SLAB_BYTES];
};

struct cursor {
    struct slab *slab;
    uint32_t offset;
};

struct frame_log {
    struct slab *first, *last;
    struct slab *spare;  // emptied slabs, for use again
    unsigned spare_count;
};

static inline uint64_t position(struct cursor cursor) { return cursor.slab->start + cursor.offset; }
static inline struct cursor end_of(const struct frame_log *log) {
    return (struct cursor){log->last, log->last->used};
}

void open_log(struct frame_log *log);

// A prefix and a payload as one message: one frame, or several if it would not fit a slab. `first` is the first byte of
// the first frame but for FIN.
void append_message(struct frame_log *log, unsigned char first, const void *prefix, size_t prefix_length,
                    const void *payload, size_t length);

// Frees the slabs before `needed` that no cursor stands in.
void trim_log(struct frame_log *log, const struct slab *needed);

// Begins again at the start of the memory, keeping the position; nobody may stand anywhere but at the end.
void rewind_log(struct frame_log *log);
