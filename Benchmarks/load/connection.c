#include "connection.h"

#include "event_stream.h"
#include "failure.h"
#include "websocket.h"

#include <stdlib.h>
#include <string.h>

#define READ_BYTES (256 << 10)
#define GREATEST (MAXIMUM_FRAME_BYTES > MAXIMUM_EVENT_BYTES ? MAXIMUM_FRAME_BYTES : MAXIMUM_EVENT_BYTES)

void hold_bytes(struct connection *connection, const unsigned char *bytes, size_t length) {
    if (length > connection->held_capacity) {
        free(connection->held);
        connection->held = malloc(length);
        if (!connection->held) fail("out of memory");
        connection->held_capacity = length;
    }
    if (length) memcpy(connection->held, bytes, length);
    connection->held_length = length;
}

ssize_t receive_messages(struct connection *connection, size_t limit, message_handler *handler) {
    static unsigned char buffer[GREATEST + READ_BYTES];
    size_t held = connection->held_length;
    if (held) memcpy(buffer, connection->held, held);
    ssize_t count = transport_read(&connection->transport, buffer + held, limit < READ_BYTES ? limit : READ_BYTES);
    if (!count) return -1;
    // Also when nothing has come: what is held may be whole messages that came with the answer.
    if (count < 0) count = 0;
    size_t length = held + (size_t)count;
    if (!length) return 0;
    size_t used = connection->is_event_stream ? parse_events(connection, buffer, length, handler)
                                              : parse_frames(connection, buffer, length, handler);
    hold_bytes(connection, buffer + used, length - used);
    return count;
}

void close_connection(struct connection *connection) {
    close_transport(&connection->transport);
    free(connection->held);
    free(connection->fragments);
    memset(connection, 0, sizeof(*connection));
}
