#include "ledger.h"

#include "failure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEQUENCE_DIGITS 10
#define PUBLISHER_AT (sizeof("{\"from\":\"") - 1)
#define PUBLISHER_DIGITS 3
#define SEQUENCE_AT (sizeof("{\"from\":\"000\",\"sequence\":\"") - 1)
#define FILLER_AT (SEQUENCE_AT + SEQUENCE_DIGITS)

struct slot {
    uint64_t sent_at;
    uint32_t waiting;  // receivers that have not got it
};

struct publisher {
    uint32_t next;
    char envelope[32];        // learnt from the first message that arrives
    size_t envelope_length;
    unsigned char *payload;   // of the message last published
    struct slot *slots;       // a ring
};

static struct ledger_options options;
static struct publisher *publishers;
static uint32_t *expected;  // for each receiver and publisher
static uint64_t *orders;
static uint32_t slot_mask;

static void write_digits(unsigned char *out, int digits, uint32_t value) {
    for (int i = digits - 1; i >= 0; i--, value /= 10) out[i] = (unsigned char)('0' + value % 10);
}

// Without a call and a table look-up, which isdigit is.
static bool is_digit(unsigned char byte) { return (unsigned)byte - '0' < 10; }

static uint32_t read_digits(const unsigned char *bytes, int digits) {
    uint32_t value = 0;
    for (int i = 0; i < digits; i++) {
        if (!is_digit(bytes[i])) fail("a message was altered: no digit where one belongs");
        value = value * 10 + (bytes[i] - '0');
    }
    return value;
}

// The same for eight digits at once: neighbours become pairs, pairs fours, and fours the number. What is no digit is left
// to read_digits, which fails.
static uint32_t read_eight_digits(const unsigned char *bytes) {
    uint64_t digits;
    memcpy(&digits, bytes, 8);
    const uint64_t high = 0xF0F0F0F0F0F0F0F0, digit = 0x3030303030303030;
    // Digits are 0x30 to 0x39, and those alone keep the upper 0x3 when six is added.
    if ((digits & high) != digit || ((digits + 0x0606060606060606) & high) != digit) read_digits(bytes, 8);
    digits = (digits & 0x0F0F0F0F0F0F0F0F) * (1 + (10 << 8)) >> 8;
    digits = (digits & 0x00FF00FF00FF00FF) * (1 + (100 << 16)) >> 16;
    return (uint32_t)((digits & 0x0000FFFF0000FFFF) * (1 + (10000ull << 32)) >> 32);
}

// Fills with records as a program might send them: what compresses like JSON, neither noise nor all the same.
static void write_filler(char *out, size_t length) {
    static const char *const names[] = {"Olga", "Piet", "Wanjiru", "Haruto", "Inés", "Zoë", "Amir", "Lakshmi"};
    uint32_t state = 12345;
    size_t used = 0;
    while (used < length) {
        char record[128];
        state = state * 1664525 + 1013904223;
        int count = snprintf(record, sizeof(record),
                             "{\"id\":%u,\"name\":\"%s\",\"online\":%s,\"score\":%u.%02u,\"room\":\"lobby\"},",
                             state >> 16, names[state >> 29], state >> 28 & 1 ? "true" : "false", state >> 8 & 0xFF,
                             (state >> 4) % 100);
        size_t part = (size_t)count < length - used ? (size_t)count : length - used;
        memcpy(out + used, record, part);
        used += part;
    }
    // A character of several bytes must not be cut.
    for (size_t i = length; i > 0 && i + 2 > length; i--)
        if ((unsigned char)out[i - 1] >= 0x80) out[i - 1] = ' ';
}

void open_ledger(struct ledger_options wanted) {
    options = wanted;
    uint32_t slots = 1;
    while (slots < options.outstanding) slots *= 2;
    slot_mask = slots - 1;
    publishers = calloc((size_t)options.publishers, sizeof(*publishers));
    expected = calloc((size_t)options.publishers * (size_t)options.receivers, sizeof(*expected));
    orders = calloc((size_t)options.receivers, sizeof(*orders));
    for (int i = 0; i < options.publishers; i++) {
        struct publisher *publisher = &publishers[i];
        publisher->slots = calloc(slots, sizeof(*publisher->slots));
        publisher->payload = malloc(options.bytes + 1);
        if (!publisher->slots || !publisher->payload) fail("out of memory");
        char head[FILLER_AT + sizeof("\",\"items\":[")];
        int length = snprintf(head, sizeof(head), "{\"from\":\"%03d\",\"sequence\":\"0000000000\",\"items\":[", i);
        memcpy(publisher->payload, head, (size_t)length);
        write_filler((char *)publisher->payload + length, options.bytes - (size_t)length);
    }
}

const unsigned char *publish(int number, uint32_t deliveries, uint64_t time) {
    struct publisher *publisher = &publishers[number];
    struct slot *slot = &publisher->slots[publisher->next & slot_mask];
    if (slot->waiting) fail("more messages are under way than there is room for");
    *slot = (struct slot){.sent_at = time, .waiting = deliveries};
    write_digits(publisher->payload + SEQUENCE_AT, SEQUENCE_DIGITS, publisher->next++);
    return publisher->payload;
}

// The length of "Client <id>: ".
static size_t envelope_length(const unsigned char *bytes, size_t length) {
    static const char name[] = "Client ";
    size_t i = sizeof(name) - 1;
    if (length < i || memcmp(bytes, name, i)) fail("a message without its envelope");
    while (i < length && is_digit(bytes[i])) i++;
    if (i + 2 > length || bytes[i] != ':' || bytes[i + 1] != ' ') fail("a message with a malformed envelope");
    return i + 2;
}

static void check_envelope(struct publisher *publisher, const unsigned char *bytes, size_t length) {
    if (!publisher->envelope_length) {
        if (length > sizeof(publisher->envelope)) fail("a message with a malformed envelope");
        memcpy(publisher->envelope, bytes, length);
        publisher->envelope_length = length;
    } else if (length != publisher->envelope_length || memcmp(bytes, publisher->envelope, length)) {
        fail("a sender's messages come under different names");
    }
}

struct arrival identify(const unsigned char *bytes, size_t length) {
    size_t envelope = options.envelope ? envelope_length(bytes, length) : 0;
    const unsigned char *payload = bytes + envelope;
    if (length - envelope != options.bytes)
        fail("a message of %zu bytes, not %zu", length - envelope, options.bytes);
    uint32_t number = read_digits(payload + PUBLISHER_AT, PUBLISHER_DIGITS);
    if (number >= (uint32_t)options.publishers) fail("a message from nobody");
    struct publisher *publisher = &publishers[number];
    if (options.envelope) check_envelope(publisher, bytes, envelope);
    if (memcmp(payload, publisher->payload, SEQUENCE_AT) ||
        memcmp(payload + FILLER_AT, publisher->payload + FILLER_AT, options.bytes - FILLER_AT))
        fail("a message was altered");
    uint32_t sequence = read_digits(payload + SEQUENCE_AT, SEQUENCE_DIGITS - 8) * 100000000 +
                        read_eight_digits(payload + FILLER_AT - 8);
    return (struct arrival){.publisher = (int)number, .sequence = sequence};
}

void strike_off(int receiver, struct arrival *arrival) {
    uint32_t *next = &expected[(size_t)receiver * (size_t)options.publishers + (size_t)arrival->publisher];
    if (arrival->sequence != *next) {
        fail("receiver %d got message %u of publisher %d %s: the next was %u", receiver, arrival->sequence,
             arrival->publisher, arrival->sequence < *next ? "again" : "too early, or lost one", *next);
    }
    if (arrival->sequence >= publishers[arrival->publisher].next) fail("a message that was never sent");
    (*next)++;
    orders[receiver] = (orders[receiver] ^ ((uint64_t)arrival->publisher << 32 | arrival->sequence)) * 0x100000001B3;
    struct slot *slot = &publishers[arrival->publisher].slots[arrival->sequence & slot_mask];
    if (!slot->waiting) fail("message %u of publisher %d went to one too many", arrival->sequence, arrival->publisher);
    arrival->sent_at = slot->sent_at;
    arrival->is_complete = --slot->waiting == 0;
}

uint64_t order_of(int receiver) { return orders[receiver]; }

void require_complete(int receiver, int except) {
    for (int i = 0; i < options.publishers; i++) {
        uint32_t next = expected[(size_t)receiver * (size_t)options.publishers + (size_t)i];
        if (i == except || next == publishers[i].next) continue;
        fail("receiver %d lacks messages %u to %u of publisher %d", receiver, next, publishers[i].next - 1, i);
    }
}
