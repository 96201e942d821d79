#include "server_process.h"

#include "clock.h"
#include "failure.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#define POLL_NANOSECONDS 100000000u
#define REST_NANOSECONDS 1000000u  // in one poll, of a server at rest: 1 % of the time, for timers and the like
#define MOST_POLLS 200

static pid_t server;
static clockid_t cpu_clock;

void watch_process(pid_t pid) {
    server = pid;
    // The clock of another process, to the nanosecond: /proc/PID/stat counts in hundredths of a second.
    if (clock_getcpuclockid(pid, &cpu_clock)) fail("process %d does not exist", pid);
}

uint64_t server_cpu(void) { return nanoseconds_of(cpu_clock); }

void await_rest(void) {
    for (int poll = 0; poll < MOST_POLLS; poll++) {
        uint64_t cpu = server_cpu();
        nanosleep(&(struct timespec){.tv_nsec = POLL_NANOSECONDS}, NULL);
        if (server_cpu() - cpu < REST_NANOSECONDS) return;
    }
    fail("the server does not come to rest");
}

static long status(const char *format) {
    char path[64], line[256];
    long kibibytes = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", server);
    FILE *file = fopen(path, "r");
    if (!file) fail("the server has gone");
    while (fgets(line, sizeof(line), file)) sscanf(line, format, &kibibytes);
    fclose(file);
    return kibibytes;
}

long server_rss_kib(void) { return status("VmRSS: %ld"); }
long server_peak_rss_kib(void) { return status("VmHWM: %ld"); }

static int entries(const char *folder) {
    char path[64];
    int count = 0;
    snprintf(path, sizeof(path), "/proc/%d/%s", server, folder);
    DIR *directory = opendir(path);
    if (!directory) fail("the server has gone");
    struct dirent *entry;
    while ((entry = readdir(directory))) count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

int server_descriptors(void) { return entries("fd"); }
int server_threads(void) { return entries("task"); }
