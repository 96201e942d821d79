// The frames of RFC 6455 as a client sees them, as much of it as a load needs.
#pragma once
#include "connection.h"

#define FRAME_HEADER_BYTES 14  // of a masked frame, at most
#define MAXIMUM_FRAME_BYTES ((4 << 20) + FRAME_HEADER_BYTES)

// One masked frame, FIN set, with `first` for the other bits of its first byte. The length of the frame.
size_t encode_frame(unsigned char *out, unsigned char first, const unsigned char *payload, size_t length);

// Hands over the messages that are whole; how many bytes of frames have been used.
size_t parse_frames(struct connection *connection, const unsigned char *bytes, size_t length,
                    message_handler *handler);
