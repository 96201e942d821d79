// What only some versions of libwebsockets have and Swift, which knows no version of a C library, cannot ask for.
#pragma once

/// Where lws keeps how a context and its vhosts log. In 4.2 and older there is one for the process, without a count.
///
/// From 4.3 on contexts that are given none share one, and count in it who uses it, without a lock: loops that begin and
/// end at the same time make it wrong, and a build with assertions aborts (lib/core/logs.c, lwsl_refcount_cx).
#if (LWS_LIBRARY_VERSION_NUMBER) >= 4003000
typedef lws_log_cx_t clws_log;

static inline void clws_log_begin(clws_log *log, int levels, void (*emit)(int level, const char *line)) {
    memset(log, 0, sizeof(*log));
    log->u.emit = emit;
    log->lll_flags = (uint32_t)levels;
}

static inline void clws_set_log(struct lws_context_creation_info *info, clws_log *log) { info->log_cx = log; }
#else
typedef struct {
    char unused;
} clws_log;

static inline void clws_log_begin(clws_log *log, int levels, void (*emit)(int level, const char *line)) {
    (void)log, (void)levels, (void)emit;
}

static inline void clws_set_log(struct lws_context_creation_info *info, clws_log *log) { (void)info, (void)log; }
#endif
