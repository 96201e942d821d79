// What the kernel knows about the server's process.
#pragma once
#include <stdint.h>
#include <sys/types.h>

void watch_process(pid_t pid);
uint64_t server_cpu(void);      // nanoseconds that all its threads have run, those that ended included
void await_rest(void);          // until it has nothing to do any more; ends the program when that takes 20 seconds
long server_rss_kib(void);      // resident now
long server_peak_rss_kib(void); // resident at most
int server_descriptors(void);
int server_threads(void);
