// A member that sends as fast as the server reads: what it says is nobody's concern here but the others' who get it.
#pragma once
#include "connection.h"

#include <stdbool.h>
#include <stddef.h>

// Sends as much as the socket takes.
void flood(struct connection *connection);

// Whether a message, whatever stands before it, is one of a flooder.
bool is_flood(const unsigned char *bytes, size_t length);
