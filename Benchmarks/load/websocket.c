#include "websocket.h"

#include "failure.h"

#include <stdlib.h>
#include <string.h>

#define FIN 0x80
#define MASK 0x80
#define CLOSE 0x8
#define PING 0x9
#define PONG 0xA

// MARK: Sending

static uint32_t next_mask(void) {
    static uint32_t state = 0x9E3779B9;  // xorshift: a server must not be able to know the mask beforehand, a load need not
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

size_t encode_frame(unsigned char *out, unsigned char first, const unsigned char *payload, size_t length) {
    unsigned char *next = out;
    *next++ = FIN | first;
    if (length < 126) {
        *next++ = MASK | (unsigned char)length;
    } else if (length < 65536) {
        *next++ = MASK | 126;
        *next++ = (unsigned char)(length >> 8);
        *next++ = (unsigned char)length;
    } else {
        *next++ = MASK | 127;
        for (int shift = 56; shift >= 0; shift -= 8) *next++ = (unsigned char)((uint64_t)length >> shift);
    }
    uint32_t mask = next_mask();
    memcpy(next, &mask, 4);
    next += 4;
    uint64_t wide = mask | (uint64_t)mask << 32, eight;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        memcpy(&eight, payload + i, 8);
        eight ^= wide;
        memcpy(next + i, &eight, 8);
    }
    for (; i < length; i++) next[i] = payload[i] ^ (unsigned char)(wide >> 8 * (i & 7));
    return (size_t)(next - out) + length;
}

// MARK: Receiving

static void handle_control(struct connection *connection, unsigned char opcode, const unsigned char *bytes,
                           size_t length) {
    if (opcode == PING) {
        unsigned char pong[FRAME_HEADER_BYTES + 125];
        size_t pong_length = encode_frame(pong, PONG, bytes, length);
        // A pong that does not fit the socket's buffer at once would have to be split: the next ping gets its answer.
        (void)transport_write(&connection->transport, pong, pong_length);
    } else if (opcode == CLOSE) {
        connection->close_code = length < 2 ? 1005 : bytes[0] << 8 | bytes[1];
        if (length > 2) memcpy(connection->close_reason, bytes + 2, length - 2);
    }
}

static void add_fragment(struct connection *connection, const unsigned char *bytes, size_t length) {
    size_t total = connection->fragments_length + length;
    if (total > connection->fragments_capacity) {
        connection->fragments = realloc(connection->fragments, total);
        if (!connection->fragments) fail("out of memory");
        connection->fragments_capacity = total;
    }
    memcpy(connection->fragments + connection->fragments_length, bytes, length);
    connection->fragments_length = total;
}

static void handle_frame(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length,
                         message_handler *handler) {
    unsigned char opcode = first & 0xF;
    if (opcode >= CLOSE) {
        if (length > 125 || !(first & FIN)) fail("a malformed control frame");
        handle_control(connection, opcode, bytes, length);
    } else if (opcode && (first & FIN) && !connection->fragments_first) {
        handler(connection, first, bytes, length);
    } else {
        if (!opcode == !connection->fragments_first) fail("a fragment where none belongs");
        if (opcode) connection->fragments_first = first;
        add_fragment(connection, bytes, length);
        if (!(first & FIN)) return;
        handler(connection, connection->fragments_first, connection->fragments, connection->fragments_length);
        connection->fragments_first = 0;
        connection->fragments_length = 0;
    }
}

size_t parse_frames(struct connection *connection, const unsigned char *bytes, size_t length,
                    message_handler *handler) {
    size_t used = 0;
    while (length - used >= 2) {
        const unsigned char *frame = bytes + used;
        size_t available = length - used, header = 2, payload = frame[1];
        if (payload & MASK) fail("a masked frame from the server");
        if (payload == 126) {
            header = 4;
            if (available < header) break;
            payload = (size_t)frame[2] << 8 | frame[3];
        } else if (payload == 127) {
            header = 10;
            if (available < header) break;
            payload = 0;
            for (int i = 2; i < 10; i++) payload = payload << 8 | frame[i];
            if (payload > MAXIMUM_FRAME_BYTES - FRAME_HEADER_BYTES) fail("a frame of %zu bytes", payload);
        }
        if (available < header + payload) break;
        used += header + payload;
        handle_frame(connection, frame[0], frame + header, payload, handler);
    }
    return used;
}
