#include "websocket.h"

#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIN 0x80
#define MASK 0x80
#define CLOSE 0x8
#define PING 0x9
#define PONG 0xA
#define READ_BYTES (256 << 10)
#define MAXIMUM_FRAME_BYTES (4 << 20)
#define HANDSHAKES_AT_ONCE 64

static const char request[] =
    "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s\r\n";
// What RFC 6455, 1.3 has for that key.
static const char accept_value[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
// What browsers offer, but for the server's context: with it no two connections would get the same bytes.
static const char deflate_offer[] =
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits\r\n";

static const char *subprotocol;

// MARK: Opening

void offer_subprotocol(const char *name) { subprotocol = name; }

static void keep(struct connection *connection, const unsigned char *bytes, size_t length) {
    if (length > connection->held_capacity) {
        free(connection->held);
        connection->held = malloc(length);
        if (!connection->held) fail("out of memory");
        connection->held_capacity = length;
    }
    if (length) memcpy(connection->held, bytes, length);
    connection->held_length = length;
}

static void ask(struct connection *connection, const char *path, bool offers_deflate) {
    char bytes[512], offer[128] = "";
    if (subprotocol) snprintf(offer, sizeof(offer), "Sec-WebSocket-Protocol: %s\r\n", subprotocol);
    int length = snprintf(bytes, sizeof(bytes), request, path, offers_deflate ? deflate_offer : "", offer);
    if (transport_write(&connection->transport, bytes, (size_t)length) != length) fail("the request was not taken");
}

static void await_answer(struct connection *connection, bool offers_deflate) {
    char answer[4096];
    size_t length = 0;
    char *end = NULL;
    while (!end) {
        ssize_t count = transport_read(&connection->transport, answer + length, sizeof(answer) - 1 - length);
        if (count <= 0) fail("the opening handshake was not answered");
        length += (size_t)count;
        answer[length] = 0;
        end = strstr(answer, "\r\n\r\n");
    }
    if (strncmp(answer, "HTTP/1.1 101", 12)) fail("the opening handshake was refused: %s", answer);
    keep(connection, (unsigned char *)end + 4, length - (size_t)(end + 4 - answer));
    *end = 0;
    if (!strstr(answer, accept_value)) fail("the opening handshake's answer is not that to our key");
    connection->deflates = strcasestr(answer, "permessage-deflate");
    connection->keeps_context = !strcasestr(answer, "server_no_context_takeover");
    if (subprotocol && !strstr(answer, subprotocol)) fail("the server declined the subprotocol %s", subprotocol);
    if (offers_deflate && !connection->deflates) fail("the server declined permessage-deflate");
}

void open_connections(struct connection *connections, int count, int number, const char *path, bool offers_deflate) {
    for (int start = 0; start < count; start += HANDSHAKES_AT_ONCE) {
        int end = start + HANDSHAKES_AT_ONCE < count ? start + HANDSHAKES_AT_ONCE : count;
        for (int i = start; i < end; i++) {
            connections[i].transport = open_transport(number + i);
            ask(&connections[i], path, offers_deflate);
        }
        for (int i = start; i < end; i++) {
            await_answer(&connections[i], offers_deflate);
            make_nonblocking(&connections[i].transport);
        }
    }
}

void close_connection(struct connection *connection) {
    close_transport(&connection->transport);
    free(connection->held);
    free(connection->fragments);
    memset(connection, 0, sizeof(*connection));
}

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

// Hands over whole frames; how many bytes they were.
static size_t parse(struct connection *connection, const unsigned char *bytes, size_t length, message_handler *handler) {
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
            if (payload > MAXIMUM_FRAME_BYTES) fail("a frame of %zu bytes", payload);
        }
        if (available < header + payload) break;
        used += header + payload;
        handle_frame(connection, frame[0], frame + header, payload, handler);
    }
    return used;
}

ssize_t receive_messages(struct connection *connection, size_t limit, message_handler *handler) {
    static unsigned char buffer[MAXIMUM_FRAME_BYTES + 10 + READ_BYTES];
    size_t held = connection->held_length;
    if (held) memcpy(buffer, connection->held, held);
    ssize_t count = transport_read(&connection->transport, buffer + held, limit < READ_BYTES ? limit : READ_BYTES);
    if (count <= 0) return count ? 0 : -1;
    size_t length = held + (size_t)count, used = parse(connection, buffer, length, handler);
    keep(connection, buffer + used, length - used);
    return count;
}
