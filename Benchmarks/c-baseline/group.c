#include "group.h"

#include <stdlib.h>
#include <string.h>

// A piece of this size is written from where it is: it fills half of a write by itself.
#define DIRECT_BYTES (32 << 10)

void open_group(struct group *group) {
    open_log(&group->log);
    group->sent = end_of(&group->log);
}

void join_group(struct group *group, struct lws *wsi, int *index) {
    if (group->count == group->capacity) {
        int capacity = group->capacity ? group->capacity * 2 : 64;
        struct member *members = realloc(group->members, (size_t)capacity * sizeof(*members));
        if (!members) abort();
        group->members = members;
        group->capacity = capacity;
    }
    // What is in the log but not sent was there before this member.
    uint64_t sent = position(group->sent), end = position(end_of(&group->log));
    struct member *member = &group->members[group->count];
    memset(member, 0, sizeof(*member));
    member->wsi = wsi;
    member->index = index;
    *index = group->count++;
    if (sent != end) exclude_since(group, *index, sent);
}

static void stand_at(struct group *group, struct member *member, struct cursor cursor) {
    if (member->slab) member->slab->holders--;
    else group->lagging++;
    member->slab = cursor.slab;
    member->offset = cursor.offset;
    cursor.slab->holders++;
}

static void become_current(struct group *group, struct member *member) {
    if (!member->slab) return;
    member->slab->holders--;
    member->slab = NULL;
    group->lagging--;
}

void leave_group(struct group *group, int index) {
    struct member *member = &group->members[index];
    become_current(group, member);
    free(member->own);
    *member->index = -1;
    if (index != --group->count) {
        *member = group->members[group->count];
        *member->index = index;
    }
    trim_log(&group->log, group->sent.slab);
}

void exclude_since(struct group *group, int index, uint64_t start) {
    struct member *member = &group->members[index];
    uint64_t end = position(end_of(&group->log));
    if (member->own_count && member->own[member->own_count - 1].end == start) {
        member->own[member->own_count - 1].end = end;
        return;
    }
    if (member->own_count == member->own_capacity) {
        uint32_t capacity = member->own_capacity ? member->own_capacity * 2 : 4;
        struct range *own = realloc(member->own, capacity * sizeof(*own));
        if (!own) abort();
        member->own = own;
        member->own_capacity = capacity;
    }
    member->own[member->own_count++] = (struct range){start, end};
}

static void forget_passed(struct member *member, uint64_t place) {
    uint32_t passed = 0;
    while (passed < member->own_count && member->own[passed].end <= place) passed++;
    member->own_count -= passed;
    memmove(member->own, member->own + passed, member->own_count * sizeof(*member->own));
}

// Pieces that go out in one write, put together.
static unsigned char gathered[SLAB_BYTES];
static size_t gathered_count;

static int write_bytes(struct member *member, unsigned char *bytes, size_t count, bool *is_full) {
    if (lws_write(member->wsi, bytes, count, LWS_WRITE_RAW) < 0) return -1;
    *is_full = lws_partial_buffered(member->wsi);
    return 0;
}

static int write_gathered(struct member *member, bool *is_full) {
    size_t count = gathered_count;
    gathered_count = 0;
    return count ? write_bytes(member, gathered, count, is_full) : 0;
}

// Writes a piece now, or with those that follow. When that filled the socket before, the piece is not taken.
static int write_piece(struct member *member, unsigned char *bytes, size_t count, bool is_last, bool *is_full,
                       bool *is_taken) {
    bool is_alone = count >= DIRECT_BYTES || (is_last && !gathered_count);
    if ((is_alone || gathered_count + count > sizeof(gathered)) && write_gathered(member, is_full)) return -1;
    *is_taken = !*is_full;
    if (*is_full) return 0;
    if (is_alone) return write_bytes(member, bytes, count, is_full);
    memcpy(gathered + gathered_count, bytes, count);
    gathered_count += count;
    return 0;
}

// Writes all from the cursor up to the limit but the member's own, until its socket is full. -1: the connection broke.
static int deliver(struct group *group, struct member *member, struct cursor cursor, uint64_t limit) {
    uint32_t own = 0;
    uint64_t place = position(cursor);
    bool is_full = false, is_taken;
    while (place < limit && !is_full) {
        if (cursor.offset == cursor.slab->used) cursor = (struct cursor){cursor.slab->next, 0};
        struct slab *slab = cursor.slab;
        uint64_t end = slab->start + slab->used;
        if (end > limit) end = limit;
        while (own < member->own_count && member->own[own].end <= place) own++;
        if (own < member->own_count && member->own[own].start <= place) {
            if (end > member->own[own].end) end = member->own[own].end;
        } else {
            if (own < member->own_count && end > member->own[own].start) end = member->own[own].start;
            unsigned char *bytes = slab->bytes + cursor.offset;
            if (write_piece(member, bytes, end - place, end == limit, &is_full, &is_taken)) return -1;
            if (!is_taken) break;
        }
        cursor.offset += (uint32_t)(end - place);
        place = end;
    }
    if (write_gathered(member, &is_full)) return -1;
    if (member->own_count) forget_passed(member, place);
    if (is_full) {
        stand_at(group, member, cursor);
        lws_callback_on_writable(member->wsi);
    } else {
        become_current(group, member);
    }
    return 0;
}

static void cut_off(struct group *group, int index) {
    lws_set_timeout(group->members[index].wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    leave_group(group, index);
}

// Offers the members what the slab they stand in holds. All get one slab before the next is touched, so that it is read
// from the cache, and a socket has time to empty.
static void offer_slab(struct group *group) {
    struct cursor from = group->sent;
    if (from.offset == from.slab->used) from = (struct cursor){from.slab->next, 0};
    struct cursor end = {from.slab, from.slab->used};
    // Backwards, because whoever leaves is replaced by the last.
    for (int i = group->count - 1; i >= 0; i--) {
        struct member *member = &group->members[i];
        if (!member->slab && deliver(group, member, from, position(end))) cut_off(group, i);
    }
    group->sent = end;
}

static void cut_off_laggards(struct group *group, size_t maximum_backlog) {
    uint64_t end = position(group->sent);
    for (int i = group->count - 1; i >= 0; i--) {
        struct member *member = &group->members[i];
        if (member->slab && end - position((struct cursor){member->slab, member->offset}) > maximum_backlog)
            cut_off(group, i);
    }
}

void flush_group(struct group *group, size_t maximum_backlog) {
    if (!has_unsent(group)) return;
    while (has_unsent(group)) offer_slab(group);
    if (group->lagging) cut_off_laggards(group, maximum_backlog);
    trim_log(&group->log, group->sent.slab);
    if (!group->lagging) {
        rewind_log(&group->log);
        group->sent = end_of(&group->log);
    }
}

int resume_member(struct group *group, int index) {
    struct member *member = &group->members[index];
    if (!member->slab) return 0;
    int result = deliver(group, member, (struct cursor){member->slab, member->offset}, position(group->sent));
    trim_log(&group->log, group->sent.slab);
    return result;
}
