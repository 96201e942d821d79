#include "flooder.h"

#include "transport.h"

#include <string.h>

#define MESSAGE_BYTES 64
#define FRAME_BYTES (2 + 4 + MESSAGE_BYTES)
#define FRAMES 128

static const char ending[] = "a flood";

static unsigned char frames[FRAMES * FRAME_BYTES];

// Text in one frame each, with a mask of zeros (RFC 6455, 5.2).
static void make_frames(void) {
    for (int i = 0; i < FRAMES; i++) {
        unsigned char *frame = frames + i * FRAME_BYTES;
        frame[0] = 0x81, frame[1] = 0x80 | MESSAGE_BYTES;
        memset(frame + 6, '.', MESSAGE_BYTES);
        memcpy(frame + FRAME_BYTES - strlen(ending), ending, strlen(ending));
    }
}

void flood(struct connection *connection) {
    static size_t offset;
    if (!frames[0]) make_frames();
    ssize_t count = transport_write(&connection->transport, frames + offset, sizeof(frames) - offset);
    if (count > 0) offset = (offset + (size_t)count) % sizeof(frames);
}

bool is_flood(const unsigned char *bytes, size_t length) {
    return length >= strlen(ending) && !memcmp(bytes + length - strlen(ending), ending, strlen(ending));
}
