// The members that get the frames of one log: each is sent everything new in one write at the end of a turn.
#pragma once
#include "frame_log.h"

#include <libwebsockets.h>

struct range {
    uint64_t start, end;
};

// A member has no cursor while it is current: its place is the group's. It gets one of its own when its socket is full.
struct member {
    struct lws *wsi;
    int *index;             // where the session keeps this member's place in the group
    struct slab *slab;      // where it stands, or NULL: current
    uint32_t offset;
    uint32_t own_count, own_capacity;
    struct range *own;      // what it sent itself and has not come past yet, in order
};

struct group {
    struct frame_log log;
    struct cursor sent;     // what lies behind has been offered to every member
    struct member *members;
    int count, capacity, lagging;
};

void open_group(struct group *group);

// `*index` is kept up to date until the member leaves, and is -1 then.
void join_group(struct group *group, struct lws *wsi, int *index);
void leave_group(struct group *group, int index);

// To be called after a message from the member has been appended, with the position before it.
void exclude_since(struct group *group, int index, uint64_t start);

// Offers what was appended to all who are current. A member that lags more than `maximum_backlog` is cut off.
void flush_group(struct group *group, size_t maximum_backlog);

// LWS_CALLBACK_SERVER_WRITEABLE: the member goes on where it stands. -1 when its connection is broken.
int resume_member(struct group *group, int index);

static inline bool has_unsent(const struct group *group) {
    return position(group->sent) != position(end_of(&group->log));
}
