// The events of a channel (WHATWG HTML, 9.2) in the form that the server has for members of plain text.
#pragma once
#include "connection.h"

#define MAXIMUM_EVENT_BYTES (1 << 20)

// Hands over the data of publications, which have an id and no name and are of one line here; how many bytes of events
// have been used. What has a name, such as `joined`, and comments are passed over.
size_t parse_events(struct connection *connection, const unsigned char *bytes, size_t length,
                    message_handler *handler);
