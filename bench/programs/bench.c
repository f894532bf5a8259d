/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.c - main() of a benchmark program: warms up, measures, and prints "bench: NANOSECONDS
 * CPU-NANOSECONDS RESULT" on one line; the processor time is that of the program and the processes
 * that it waited for. A line "bench: start" goes before, so that the one who runs it can hold the
 * guest's clock against the host's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench.h"

static double result_value;
static int has_value;

void bench_value(double value)
{
    result_value = value;
    has_value = 1;
}

_Noreturn void bench_fail(const char *what)
{
    printf("bench: failed: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t processor_time(void)
{
    int64_t us = 0;
    for (int i = 0; i < 2; i++) {
        struct rusage u;
        getrusage(i ? RUSAGE_CHILDREN : RUSAGE_SELF, &u);
        us += (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 + u.ru_utime.tv_usec +
              u.ru_stime.tv_usec;
    }
    return us * 1000;
}

int main(int argc, char **argv)
{
    (void)argv;
    /* system/exec starts its own program anew with an argument; what is measured is the start and
     * the end. */
    if (argc > 1)
        return 0;
    bench_run(bench_count / 4 ? bench_count / 4 : 1);
    puts("bench: start");
    fflush(stdout);
    int64_t used = processor_time(), begin = now();
    uint64_t sum = bench_run(bench_count);
    int64_t elapsed = now() - begin;
    used = processor_time() - used;
    if (has_value)
        printf("bench: %lld %lld %.17g\n", (long long)elapsed, (long long)used, result_value);
    else
        printf("bench: %lld %lld %016llx\n", (long long)elapsed, (long long)used,
               (unsigned long long)sum);
    return 0;
}
