#include "event_stream.h"

#include "failure.h"

#include <string.h>

struct event {
    const unsigned char *id, *data;
    size_t id_length, data_length;
    bool has_name;
};

// The value of a line that begins with the field's name; ends the program if it is another field.
static const unsigned char *value_of(const char *name, const unsigned char *line, size_t *length) {
    size_t head = strlen(name);
    if (*length < head || memcmp(line, name, head)) fail("no line of an event: %.*s", (int)*length, (const char *)line);
    *length -= head;
    return line + head;
}

static void read_line(struct event *event, const unsigned char *line, size_t length) {
    switch (line[0]) {
    case 'i':
        if (event->id) fail("an event with two ids");
        event->id = value_of("id: ", line, &length);
        event->id_length = length;
        break;
    case 'd':
        // All that is sent here is one line; with its name, a further line would be another message.
        if (event->data) fail("an event of several lines");
        event->data = value_of("data: ", line, &length);
        event->data_length = length;
        break;
    case 'e':
        value_of("event: ", line, &length);
        event->has_name = true;
        break;
    case 'r': value_of("retry: ", line, &length); break;
    case ':': break;
    default: fail("no line of an event: %.*s", (int)length, (const char *)line);
    }
}

static void keep_position(struct connection *connection, const struct event *event) {
    if (event->id_length > POSITION_BYTES) fail("a position of %zu bytes", event->id_length);
    memcpy(connection->position, event->id, event->id_length);
}

static void handle_event(struct connection *connection, const struct event *event, message_handler *handler) {
    if (event->id && !connection->position[0]) keep_position(connection, event);
    if (!event->data || event->has_name) return;
    if (!event->id) fail("a publication without an id");
    handler(connection, TEXT, event->data, event->data_length);
}

size_t parse_events(struct connection *connection, const unsigned char *bytes, size_t length,
                    message_handler *handler) {
    size_t used = 0, next = 0;
    struct event event = {0};
    const unsigned char *end;
    while ((end = memchr(bytes + next, '\n', length - next))) {
        const unsigned char *line = bytes + next;
        next = (size_t)(end + 1 - bytes);
        if (end > line) {
            read_line(&event, line, (size_t)(end - line));
        } else {
            handle_event(connection, &event, handler);
            event = (struct event){0};
            used = next;
        }
    }
    if (length - used > MAXIMUM_EVENT_BYTES) fail("an event of more than %d bytes", MAXIMUM_EVENT_BYTES);
    return used;
}
