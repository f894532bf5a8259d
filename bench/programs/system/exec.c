/* SPDX-License-Identifier: BSD-2-Clause */
/* exec - this program started anew, again and again: loading, the C library's start, the end. */
#define _GNU_SOURCE
#include <errno.h>
#include <spawn.h>
#include <sys/wait.h>

#include "../bench.h"

const unsigned bench_count = 70;

uint64_t bench_run(unsigned count)
{
    /* main() ends at once when it is given an argument. */
    char *arguments[] = {"exec", "end", 0}, *environment[] = {0};
    uint64_t sum = 0;
    for (unsigned i = 0; i < count; i++) {
        pid_t pid;
        int status;
        errno = posix_spawn(&pid, "/proc/self/exe", 0, 0, arguments, environment);
        if (errno)
            bench_fail("posix_spawn");
        if (waitpid(pid, &status, 0) != pid || status)
            bench_fail("the started program");
        sum = bench_mix(sum, i);
    }
    return sum;
}
