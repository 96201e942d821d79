#include "opening.h"

#include "event_stream.h"
#include "failure.h"

#include <stdio.h>
#include <string.h>

#define HANDSHAKES_AT_ONCE 64

static const char upgrade[] =
    "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s\r\n";
// What RFC 6455, 1.3 has for that key.
static const char accept_value[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
// What browsers offer, but for the server's context: with it no two connections would get the same bytes.
static const char deflate_offer[] =
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits\r\n";
// What EventSource sends.
static const char events[] = "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                             "Cache-Control: no-cache\r\n%s\r\n";

static int write_request(char *bytes, size_t capacity, const struct opening *opening) {
    char field[128] = "";
    if (opening->asks_for_events) {
        if (opening->position) snprintf(field, sizeof(field), "Last-Event-ID: %s\r\n", opening->position);
        return snprintf(bytes, capacity, events, opening->path, field);
    }
    if (opening->subprotocol)
        snprintf(field, sizeof(field), "Sec-WebSocket-Protocol: %s\r\n", opening->subprotocol);
    return snprintf(bytes, capacity, upgrade, opening->path, opening->offers_deflate ? deflate_offer : "", field);
}

void begin_opening(struct connection *connection, int number, const struct opening *opening) {
    char bytes[512];
    int length = write_request(bytes, sizeof(bytes), opening);
    if (length >= (int)sizeof(bytes)) fail("a request of %d bytes", length);
    connection->transport = open_transport(number);
    if (transport_write(&connection->transport, bytes, (size_t)length) != length) fail("the request was not taken");
}

static void check_handshake(struct connection *connection, const char *answer, const struct opening *opening) {
    if (strncmp(answer, "HTTP/1.1 101", 12)) fail("the opening handshake was refused: %s", answer);
    if (!strstr(answer, accept_value)) fail("the opening handshake's answer is not that to our key");
    connection->deflates = strcasestr(answer, "permessage-deflate");
    connection->keeps_context = !strcasestr(answer, "server_no_context_takeover");
    if (opening->subprotocol && !strstr(answer, opening->subprotocol))
        fail("the server declined the subprotocol %s", opening->subprotocol);
    if (opening->offers_deflate && !connection->deflates) fail("the server declined permessage-deflate");
}

static void refuse(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)connection, (void)first;
    fail("a stream that does not begin with its position: %.*s", (int)length, (const char *)bytes);
}

static void check_stream(struct connection *connection, const char *answer, const char *event, size_t length) {
    if (strncmp(answer, "HTTP/1.1 200", 12)) fail("the request for events was refused: %s", answer);
    if (!strcasestr(answer, "\r\nContent-Type: text/event-stream")) fail("the answer is no stream of events");
    if (strcasestr(answer, "\r\nTransfer-Encoding:")) fail("events in chunks, which this client does not read");
    connection->is_event_stream = true;
    parse_events(connection, (const unsigned char *)event, length, refuse);
    if (!connection->position[0]) fail("a stream that does not begin with its position");
}

// The end of what is the answer: of the head; of a stream also of its first event, which tells where it begins.
static char *end_of_answer(char *answer, const struct opening *opening) {
    char *end = strstr(answer, "\r\n\r\n");
    if (!end || !opening->asks_for_events) return end ? end + 4 : NULL;
    char *end_of_event = strstr(end + 4, "\n\n");
    return end_of_event ? end_of_event + 2 : NULL;
}

void finish_opening(struct connection *connection, const struct opening *opening) {
    char answer[4096];
    size_t length = 0;
    char *end = NULL;
    while (!end) {
        ssize_t count = transport_read(&connection->transport, answer + length, sizeof(answer) - 1 - length);
        if (count <= 0) fail("the opening handshake was not answered");
        length += (size_t)count;
        answer[length] = 0;
        // An answer that is none has no event.
        end = end_of_answer(answer, strncmp(answer, "HTTP/1.1 200", 12) ? &(struct opening){0} : opening);
    }
    hold_bytes(connection, (unsigned char *)end, length - (size_t)(end - answer));
    char *head = strstr(answer, "\r\n\r\n");
    *head = 0;
    if (opening->asks_for_events) check_stream(connection, answer, head + 4, (size_t)(end - head - 4));
    else check_handshake(connection, answer, opening);
    make_nonblocking(&connection->transport);
}

void open_connections(struct connection *connections, int count, int number, struct opening opening) {
    for (int start = 0; start < count; start += HANDSHAKES_AT_ONCE) {
        int end = start + HANDSHAKES_AT_ONCE < count ? start + HANDSHAKES_AT_ONCE : count;
        for (int i = start; i < end; i++) begin_opening(&connections[i], number + i, &opening);
        for (int i = start; i < end; i++) finish_opening(&connections[i], &opening);
    }
}
