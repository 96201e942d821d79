#include "inflate_cache.h"

#include "failure.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES 4096
#define MAXIMUM_MESSAGE_BYTES (4 << 20)

struct entry {
    unsigned char *bytes;
    size_t length, capacity;
    struct arrival arrival;
};

static struct entry entries[ENTRIES];

// RFC 7692, section 7.2.2: the four bytes that the sender took off belong at the end.
static struct arrival inflate_message(z_stream *stream, const unsigned char *bytes, size_t length) {
    static unsigned char tail[] = {0x00, 0x00, 0xFF, 0xFF};
    static unsigned char out[MAXIMUM_MESSAGE_BYTES];
    stream->next_out = out;
    stream->avail_out = sizeof(out);
    stream->next_in = (unsigned char *)bytes;
    stream->avail_in = (unsigned)length;
    int result = inflate(stream, Z_SYNC_FLUSH);
    if (result == Z_OK && !stream->avail_in) {
        stream->next_in = tail;
        stream->avail_in = sizeof(tail);
        result = inflate(stream, Z_SYNC_FLUSH);
    }
    if ((result != Z_OK && result != Z_BUF_ERROR) || stream->avail_in) fail("a compressed message that does not inflate");
    return identify(out, sizeof(out) - stream->avail_out);
}

struct arrival identify_deflated(struct connection *connection, const unsigned char *bytes, size_t length) {
    if (!connection->deflates) fail("a compressed message where none was agreed on");
    if (connection->keeps_context) {
        if (!connection->inflater) {
            connection->inflater = calloc(1, sizeof(z_stream));
            if (!connection->inflater || inflateInit2(connection->inflater, -15) != Z_OK) fail("zlib gives no inflater");
        }
        return inflate_message(connection->inflater, bytes, length);
    }
    static z_stream shared;
    if (!shared.state && inflateInit2(&shared, -15) != Z_OK) fail("zlib gives no inflater");
    struct entry *entry = &entries[crc32(0, bytes, (unsigned)length) % ENTRIES];
    if (entry->length == length && !memcmp(entry->bytes, bytes, length)) return entry->arrival;
    if (inflateReset(&shared) != Z_OK) fail("zlib does not reset");
    entry->arrival = inflate_message(&shared, bytes, length);
    if (length > entry->capacity) {
        entry->bytes = realloc(entry->bytes, length);
        if (!entry->bytes) fail("out of memory");
        entry->capacity = length;
    }
    memcpy(entry->bytes, bytes, length);
    entry->length = length;
    return entry->arrival;
}
