#include "deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// The settings of the Swift server.
#define LEVEL 1
#define MEMORY_LEVEL 5
#define MINIMUM_BYTES 256
#define WINDOW_BITS 15

static const unsigned char tail[] = {0x00, 0x00, 0xFF, 0xFF};  // taken off by the sender, RFC 7692 section 7.2.1

static int let_through(struct lws_context *context, const struct lws_extension *extension, struct lws *wsi,
                       enum lws_extension_callback_reasons reason, void *user, void *in, size_t length) {
    (void)context, (void)extension, (void)wsi, (void)user, (void)length;
    static const struct lws_ext_options no_options[] = {{NULL, 0}};
    if (reason == LWS_EXT_CB_CONSTRUCT) *(const struct lws_ext_options **)in = no_options;
    return 0;
}

const struct lws_extension deflate_extensions[] = {
    {"permessage-deflate", let_through, "permessage-deflate"},
    {NULL, NULL, NULL},
};

bool answer_offer(struct lws_process_html_args *arguments) {
    static const char accepted[] = "permessage-deflate\r\n";
    static const char parameters[] = "; server_no_context_takeover; client_no_context_takeover\r\n";
    size_t length = sizeof(accepted) - 1;
    if (memcmp(arguments->p - length, accepted, length) || arguments->max_len < (int)sizeof(parameters)) return false;
    memcpy(arguments->p - 2, parameters, sizeof(parameters) - 1);
    arguments->p += sizeof(parameters) - 1 - 2;
    return true;
}

bool inflate_message(struct message *message) {
    static z_stream stream;
    static unsigned char out[MAXIMUM_MESSAGE_BYTES];
    if (stream.state ? inflateReset(&stream) != Z_OK : inflateInit2(&stream, -WINDOW_BITS) != Z_OK) return false;
    stream.next_out = out;
    stream.avail_out = sizeof(out);
    stream.next_in = (unsigned char *)message->bytes;
    stream.avail_in = (unsigned)message->length;
    if (inflate(&stream, Z_SYNC_FLUSH) != Z_OK || stream.avail_in) return false;
    stream.next_in = (unsigned char *)tail;
    stream.avail_in = sizeof(tail);
    int result = inflate(&stream, Z_SYNC_FLUSH);
    if ((result != Z_OK && result != Z_BUF_ERROR) || stream.avail_in) return false;
    message->bytes = out;
    message->length = sizeof(out) - stream.avail_out;
    return true;
}

static bool add(z_stream *stream, const void *bytes, size_t length, int flush) {
    stream->next_in = (unsigned char *)bytes;
    stream->avail_in = (unsigned)length;
    // A flush is complete when it leaves room.
    return deflate(stream, flush) == Z_OK && stream->avail_out > 0;
}

bool deflate_message(const void *prefix, size_t prefix_length, const struct message *message, struct message *deflated) {
    static z_stream stream;
    static unsigned char out[MAXIMUM_MESSAGE_BYTES];
    size_t length = prefix_length + message->length;
    if (length < MINIMUM_BYTES || length > sizeof(out)) return false;
    int result = stream.state
                     ? deflateReset(&stream)
                     : deflateInit2(&stream, LEVEL, Z_DEFLATED, -WINDOW_BITS, MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    if (result != Z_OK) return false;
    stream.next_out = out;
    stream.avail_out = (unsigned)length;
    if (prefix_length && !add(&stream, prefix, prefix_length, Z_NO_FLUSH)) return false;
    if (!add(&stream, message->bytes, message->length, Z_SYNC_FLUSH)) return false;
    *deflated = *message;
    deflated->bytes = out;
    deflated->length = length - stream.avail_out - sizeof(tail);
    return true;
}
