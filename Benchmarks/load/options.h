// The command line.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
    int connections, rounds;             // echo, churn, connect, resume, replay, http, publish
    const char *path;                    // http, publish
    int listen_port;                     // acknowledged: of another node, where a member listens; 0: nobody does
    const char *stored;                  // acknowledged: where messages are to be stored; NULL: wherever
    int subscribers, publishers;         // fanout
    int window;                          // messages in flight for each sender
    double rate;                         // or messages a second in all, at fixed times
    double seconds, warmup;
    double patience;                     // seconds without any delivery until what is missing counts as lost
    uint64_t messages;                   // at most so many
    size_t bytes;
    int idle;
    int stalled;
    int flooders;                        // fanout: one more member, which sends as fast as it can
    int resumers, resume;                // fanout: members that come back meanwhile, and how many messages each missed
    bool settle;                         // fanout: what the server puts off counts, too
    double read_rate;                    // bytes a second that each subscriber reads; 0: as fast as it can
    bool echo, envelope, deflate;
    bool json;                           // fanout: the publisher speaks the JSON of docs/protocol.md
    bool events;                         // fanout: the subscribers, connect, replay: all have event streams
};
