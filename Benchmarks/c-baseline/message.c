#include "message.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RSV1 0x40  // of a frame that begins a compressed message

static enum assembly fail(struct lws *wsi, enum lws_close_status status) {
    lws_close_reason(wsi, status, NULL, 0);
    return ASSEMBLY_FAILED;
}

enum assembly assemble(struct lws *wsi, struct assembler *assembler, void *in, size_t length, struct message *message) {
    size_t expected = assembler->length + length + lws_remaining_packet_payload(wsi);
    if (expected > MAXIMUM_MESSAGE_BYTES) return fail(wsi, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE);
    if (lws_is_first_fragment(wsi)) assembler->is_compressed = lws_get_reserved_bits(wsi) & RSV1;
    bool is_final = lws_is_final_fragment(wsi);
    if (is_final && !assembler->length) {
        // The whole message is in lws' buffer: no need to copy it.
        message->bytes = in;
        message->length = length;
    } else {
        if (expected > assembler->capacity) {
            unsigned char *bytes = realloc(assembler->bytes, expected);
            if (!bytes) return fail(wsi, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION);
            assembler->bytes = bytes;
            assembler->capacity = expected;
        }
        if (length) memcpy(assembler->bytes + assembler->length, in, length);
        assembler->length += length;
        if (!is_final) return ASSEMBLY_UNFINISHED;
        message->bytes = assembler->bytes;
        message->length = assembler->length;
    }
    message->is_text = !lws_frame_is_binary(wsi);
    message->is_compressed = assembler->is_compressed;
    return ASSEMBLY_DONE;
}

void release_message(struct assembler *assembler) {
    free(assembler->bytes);
    memset(assembler, 0, sizeof(*assembler));
}

// The least code point that a sequence of so many bytes may stand for.
static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

bool is_valid_utf8(const unsigned char *bytes, size_t length) {
    size_t i = 0;
    while (i < length) {
        uint64_t eight;
        while (i + 8 <= length && (memcpy(&eight, bytes + i, 8), !(eight & 0x8080808080808080))) i += 8;
        if (i == length) break;
        unsigned char lead = bytes[i];
        if (lead < 0x80) {
            i++;
            continue;
        }
        size_t count = lead >= 0xF8 ? 0 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
        if (!count || i + count > length) return false;
        uint32_t point = lead & (0x7F >> count);
        for (size_t j = 1; j < count; j++) {
            if ((bytes[i + j] & 0xC0) != 0x80) return false;
            point = point << 6 | (bytes[i + j] & 0x3F);
        }
        if (point < least[count] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
        i += count;
    }
    return true;
}
