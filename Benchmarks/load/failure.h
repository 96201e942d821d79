// How every part of the client gives up: a sentence on standard error and exit code 1.
#pragma once

// A printf-style sentence about what is wrong.
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

// The same with the text of errno.
_Noreturn void fail_with_errno(const char *what);
