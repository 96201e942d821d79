// Compressed messages that were inflated and checked already: a server that compresses once sends all the same bytes, and
// to inflate them for each receiver would measure this client.
#pragma once
#include "connection.h"
#include "ledger.h"

// Who sent the compressed message and as which of its messages.
struct arrival identify_deflated(struct connection *connection, const unsigned char *bytes, size_t length);
