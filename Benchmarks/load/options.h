// The command line.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options {
    int connections, rounds;             // echo, churn, connect, resume, http
    const char *path;                    // http
    int subscribers, publishers;         // fanout
    int window;                          // messages in flight for each sender
    double rate;                         // or messages a second in all, at fixed times
    double seconds, warmup;
    double patience;                     // seconds without any delivery until what is missing counts as lost
    uint64_t messages;                   // at most so many; http: requests
    size_t bytes;
    int idle;
    int stalled;
    double read_rate;                    // bytes a second that each subscriber reads; 0: as fast as it can
    bool echo, envelope, deflate;
    bool json;                           // fanout: the publisher speaks the JSON of docs/protocol.md
    bool events;                         // fanout: the subscribers, connect, replay: all have event streams
};
