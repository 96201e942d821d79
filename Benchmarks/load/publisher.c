#include "publisher.h"

#include "failure.h"
#include "ledger.h"
#include "websocket.h"

#include <stdlib.h>
#include <string.h>

// RFC 7692, section 7.2.1, with a fresh context for each message, which every server can read.
static size_t deflate_payload(const unsigned char *payload, size_t length, unsigned char **deflated) {
    static z_stream stream;
    static unsigned char *out;
    static size_t capacity;
    if (!stream.state &&
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        fail("zlib gives no deflater");
    if (deflateReset(&stream) != Z_OK) fail("zlib does not reset");
    size_t bound = deflateBound(&stream, length) + 16;
    if (bound > capacity) {
        out = realloc(out, capacity = bound);
        if (!out) fail("out of memory");
    }
    stream.next_in = (unsigned char *)payload;
    stream.avail_in = (unsigned)length;
    stream.next_out = out;
    stream.avail_out = (unsigned)capacity;
    if (deflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_in) fail("a message that does not deflate");
    *deflated = out;
    return capacity - stream.avail_out - 4;
}

// The message as the text of an object, with what JSON asks to be escaped in it (RFC 8259, 7).
static size_t wrap_in_json(const unsigned char *payload, size_t length, unsigned char **object) {
    static unsigned char *out;
    static size_t capacity;
    static const char head[] = "{\"type\":\"message\",\"text\":\"", tail[] = "\"}";
    size_t bound = sizeof(head) + 2 * length + sizeof(tail), used = sizeof(head) - 1;
    if (bound > capacity) {
        out = realloc(out, capacity = bound);
        if (!out) fail("out of memory");
    }
    memcpy(out, head, used);
    for (size_t i = 0; i < length; i++) {
        if (payload[i] == '"' || payload[i] == '\\') out[used++] = '\\';
        out[used++] = payload[i];
    }
    memcpy(out + used, tail, sizeof(tail) - 1);
    *object = out;
    return used + sizeof(tail) - 1;
}

// Makes room for so many bytes behind what is still to be sent.
static void reserve(struct publisher *publisher, size_t bytes) {
    if (publisher->out_start > publisher->out_capacity / 2) {
        memmove(publisher->out, publisher->out + publisher->out_start, unsent_bytes(publisher));
        publisher->out_end -= publisher->out_start;
        publisher->out_start = 0;
    }
    size_t needed = publisher->out_end + bytes;
    if (needed <= publisher->out_capacity) return;
    publisher->out = realloc(publisher->out, needed * 2);
    if (!publisher->out) fail("out of memory");
    publisher->out_capacity = needed * 2;
}

void publish_message(struct publisher *publisher, size_t bytes, uint32_t deliveries, uint64_t time) {
    const unsigned char *payload = publish(publisher->number, deliveries, time);
    unsigned char first = TEXT, *object, *deflated;
    if (publisher->speaks_json) {
        bytes = wrap_in_json(payload, bytes, &object);
        payload = object;
    }
    if (publisher->connection->deflates) {
        bytes = deflate_payload(payload, bytes, &deflated);
        payload = deflated;
        first |= RSV1;
    }
    reserve(publisher, FRAME_HEADER_BYTES + bytes);
    publisher->out_end += encode_frame(publisher->out + publisher->out_end, first, payload, bytes);
    publisher->in_flight++;
}

void send_published(struct publisher *publisher) {
    publisher->is_blocked = false;
    while (unsent_bytes(publisher)) {
        ssize_t count = transport_write(&publisher->connection->transport, publisher->out + publisher->out_start,
                                        unsent_bytes(publisher));
        if (count == 0) fail("the server closed the connection of publisher %d", publisher->number);
        if (count < 0) {
            publisher->is_blocked = true;
            return;
        }
        publisher->out_start += (size_t)count;
    }
    publisher->out_start = publisher->out_end = 0;
}
