// permessage-deflate (RFC 7692) without context takeover in either direction: each message stands for itself, so that it
// is compressed once for all who take it, and an idle connection holds nothing of zlib.
//
// lws' own implementation cannot be used for that: it keeps its state with each connection, and aborts the process on some
// messages. Here lws only lets frames with RSV1 through.
#pragma once
#include "message.h"

#define RSV1 0x40

// What lws has to be told.
extern const struct lws_extension deflate_extensions[];

// LWS_CALLBACK_ADD_HEADERS: completes the answer to an offer that lws has accepted; whether there was one.
bool answer_offer(struct lws_process_html_args *arguments);

// The message inflated; valid until the next call. False when it is not a compressed message or becomes too large.
bool inflate_message(struct message *message);

// Prefix and message as one compressed payload, valid until the next call; false when that saves nothing.
bool deflate_message(const void *prefix, size_t prefix_length, const struct message *message, struct message *deflated);
