// What the client can do; each prints one JSON object.
#pragma once
#include "options.h"

// Every connection keeps a window of messages in flight; each answer is compared with what was sent.
void run_echo(const struct options *options);

// Opens connections, closes them all, so many rounds, and tells what the server keeps; descriptors it may not.
void run_churn(const struct options *options);

// Opens connections that stay, and tells what each has cost the server in time and costs it in memory.
void run_connect(const struct options *options);

// Opens connections over TLS, with full handshakes and with resumed ones, so many rounds.
void run_resume(const struct options *options);

// Members that ask for the history, all at once, and what a message of it costs beside one that is sent as it comes.
void run_replay(const struct options *options);

// Requests on kept connections, one at a time on each; all answers must be the same.
void run_http(const struct options *options);

// Messages published with POST, for one subscriber on a WebSocket.
void run_publish(const struct options *options);

// One publisher of JSON with a window of messages that wait to be acknowledged.
void run_acknowledged(const struct options *options);

// Publishers send, subscribers receive, everything is entered in the ledger.
void run_fanout(const struct options *options);
