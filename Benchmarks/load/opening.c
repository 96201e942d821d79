#include "opening.h"

#include "event_stream.h"
#include "failure.h"

#include <stdio.h>
#include <string.h>

#define HANDSHAKES_AT_ONCE 64

static const char upgrade[] =
    "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s%s%s\r\n";
// What RFC 6455, 1.3 has for that key.
static const char accept_value[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
// What browsers offer, but for the server's context: with it no two connections would get the same bytes.
static const char deflate_offer[] =
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_max_window_bits\r\n";
// What EventSource sends.
static const char events[] = "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n"
                             "Cache-Control: no-cache\r\n%s%s\r\n";
static char authorization[1024];

void show_token(const char *token) {
    int length = snprintf(authorization, sizeof(authorization), "Authorization: Bearer %s\r\n", token);
    if (length >= (int)sizeof(authorization)) fail("a token of %zu bytes", strlen(token));
}

static int write_request(char *bytes, size_t capacity, const struct opening *opening) {
    char field[128] = "";
    if (opening->asks_for_events) {
        if (opening->position) snprintf(field, sizeof(field), "Last-Event-ID: %s\r\n", opening->position);
        return snprintf(bytes, capacity, events, opening->path, authorization, field);
    }
    if (opening->subprotocol)
        snprintf(field, sizeof(field), "Sec-WebSocket-Protocol: %s\r\n", opening->subprotocol);
    return snprintf(bytes, capacity, upgrade, opening->path, opening->offers_deflate ? deflate_offer : "", authorization,
                    field);
}

void begin_opening(struct connection *connection, int number, const struct opening *opening) {
    char bytes[2048];
    int length = write_request(bytes, sizeof(bytes), opening);
    if (length >= (int)sizeof(bytes)) fail("a request of %d bytes", length);
    connection->transport = open_transport(number);
    if (transport_write(&connection->transport, bytes, (size_t)length) != length) fail("the request was not taken");
}

// What a server answers, as far as it has come.
struct answer {
    char bytes[4096];
    size_t length;
};

// Reads until these characters are in it, from `start` on; where they end.
static char *read_until(struct connection *connection, struct answer *answer, char *start, const char *end) {
    char *found;
    while (!(found = strstr(start, end))) {
        size_t space = sizeof(answer->bytes) - 1 - answer->length;
        ssize_t count = transport_read(&connection->transport, answer->bytes + answer->length, space);
        if (count <= 0) fail("the opening handshake was not answered");
        answer->length += (size_t)count;
        answer->bytes[answer->length] = 0;
    }
    return found + strlen(end);
}

static void check_handshake(struct connection *connection, const char *head, const struct opening *opening) {
    if (strncmp(head, "HTTP/1.1 101", 12)) fail("the opening handshake was refused: %s", head);
    if (!strstr(head, accept_value)) fail("the opening handshake's answer is not that to our key");
    connection->deflates = strcasestr(head, "permessage-deflate");
    connection->keeps_context = !strcasestr(head, "server_no_context_takeover");
    if (opening->subprotocol && !strstr(head, opening->subprotocol))
        fail("the server declined the subprotocol %s", opening->subprotocol);
    if (opening->offers_deflate && !connection->deflates) fail("the server declined permessage-deflate");
}

static void check_stream(struct connection *connection, const char *head) {
    if (strncmp(head, "HTTP/1.1 200", 12)) fail("the request for events was refused: %s", head);
    if (!strcasestr(head, "\r\nContent-Type: text/event-stream")) fail("the answer is no stream of events: %s", head);
    if (strcasestr(head, "\r\nTransfer-Encoding:")) fail("events in chunks, which this client does not read");
    connection->is_event_stream = true;
}

static void refuse(struct connection *connection, unsigned char first, const unsigned char *bytes, size_t length) {
    (void)connection, (void)first;
    fail("a stream that does not begin with its position: %.*s", (int)length, (const char *)bytes);
}

static char *read_position(struct connection *connection, struct answer *answer, char *start) {
    char *end = read_until(connection, answer, start, "\n\n");
    parse_events(connection, (unsigned char *)start, (size_t)(end - start), refuse);
    if (!connection->position[0]) fail("a stream that does not begin with its position");
    return end;
}

void finish_opening(struct connection *connection, const struct opening *opening) {
    struct answer answer = {0};
    char *end = read_until(connection, &answer, answer.bytes, "\r\n\r\n");
    end[-2] = 0;
    if (opening->asks_for_events) {
        check_stream(connection, answer.bytes);
        end = read_position(connection, &answer, end);
    } else {
        check_handshake(connection, answer.bytes, opening);
    }
    hold_bytes(connection, (unsigned char *)end, answer.length - (size_t)(end - answer.bytes));
    make_nonblocking(&connection->transport);
}

void open_connections(struct connection *connections, int count, int number, struct opening opening) {
    for (int start = 0; start < count; start += HANDSHAKES_AT_ONCE) {
        int end = start + HANDSHAKES_AT_ONCE < count ? start + HANDSHAKES_AT_ONCE : count;
        for (int i = start; i < end; i++) begin_opening(&connections[i], number + i, &opening);
        for (int i = start; i < end; i++) finish_opening(&connections[i], &opening);
    }
}
