/* SPDX-License-Identifier: BSD-2-Clause */
/* syscall - the shortest system calls, and reads and writes of a few bytes. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../bench.h"

const unsigned bench_count = 20000;

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY);
    if (zero < 0 || null < 0)
        bench_fail("/dev/zero or /dev/null");
    for (unsigned i = 0; i < count; i++) {
        uint64_t word = i;
        sum += (uint64_t)(syscall(SYS_getppid) > 0);
        sum += (uint64_t)read(zero, &word, sizeof(word));
        sum += word + (uint64_t)write(null, &word, sizeof(word));
    }
    close(zero);
    close(null);
    return sum;
}
