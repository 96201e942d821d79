// What the client can do; each prints one JSON object.
#pragma once
#include "options.h"

// Every connection keeps a window of messages in flight; each answer is compared with what was sent.
void run_echo(const struct options *options);

// Opens connections, closes them all, so many rounds, and tells what the server holds after each.
void run_churn(const struct options *options);

// Publishers send, subscribers receive, everything is entered in the ledger.
void run_fanout(const struct options *options);
