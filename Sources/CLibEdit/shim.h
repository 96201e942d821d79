// What Swift cannot import of libedit, one sentence each; no logic lives here.
#pragma once

#if !__has_include(<histedit.h>)
#error "libedit is not installed: run `apt-get install libedit-dev` (Debian, Ubuntu), then build again"
#endif

#include <histedit.h>
#include <stdio.h>
#include <wchar.h>

// el_set and history are variadic, and each operation takes arguments of its own (editline(3)).

static inline int cedit_set_client_data(EditLine *editor, void *data) {
    return el_set(editor, EL_CLIENTDATA, data);
}

static inline void *cedit_client_data(EditLine *editor) {
    void *data = NULL;
    el_get(editor, EL_CLIENTDATA, &data);
    return data;
}

static inline int cedit_set_prompt(EditLine *editor, char *(*prompt)(EditLine *)) {
    return el_set(editor, EL_PROMPT, prompt);
}

static inline int cedit_set_reader(EditLine *editor, el_rfunc_t read) {
    return el_set(editor, EL_GETCFN, read);
}

static inline int cedit_set_key_map(EditLine *editor, const char *name) {
    return el_set(editor, EL_EDITOR, name);
}

static inline int cedit_set_history(EditLine *editor, History *events) {
    return el_set(editor, EL_HIST, history, events);
}

static inline int cedit_add_function(EditLine *editor, const char *name, const char *help,
                                     unsigned char (*function)(EditLine *, int)) {
    return el_set(editor, EL_ADDFN, name, help, function);
}

static inline int cedit_bind(EditLine *editor, const char *key, const char *function) {
    return el_set(editor, EL_BIND, key, function, NULL);
}

/// A setting of the terminal that holds while a line is edited.
static inline int cedit_set_terminal(EditLine *editor, const char *setting) {
    return el_set(editor, EL_SETTY, "-d", setting, NULL);
}

/// Puts the terminal into the mode for editing, or back into the one before.
static inline int cedit_prepare_terminal(EditLine *editor, int is_editing) {
    return el_set(editor, EL_PREP_TERM, is_editing);
}

/// Draws prompt and line anew, from the cursor's position on.
static inline int cedit_refresh(EditLine *editor) {
    return el_set(editor, EL_REFRESH);
}

static inline int cedit_set_history_size(History *events, int count) {
    HistEvent event;
    return history(events, &event, H_SETSIZE, count);
}

static inline int cedit_set_history_unique(History *events, int is_unique) {
    HistEvent event;
    return history(events, &event, H_SETUNIQUE, is_unique);
}

static inline int cedit_add_to_history(History *events, const char *line) {
    HistEvent event;
    return history(events, &event, H_ENTER, line);
}

/// wcwidth is an XSI extension that the Glibc module leaves out.
extern int wcwidth(wchar_t character);
