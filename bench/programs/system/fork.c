/* SPDX-License-Identifier: BSD-2-Clause */
/* fork - processes that write to some of their parent's pages and end: copied page tables, copy on
 * write, address spaces. */
#define _GNU_SOURCE
#include <sys/wait.h>
#include <unistd.h>

#include "../bench.h"

#define PAGES 64
#define PAGE  4096

const unsigned bench_count = 200;

static volatile uint8_t data[PAGES * PAGE];

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PAGES; i++)
        data[i * PAGE] = (uint8_t)i;
    for (unsigned i = 0; i < count; i++) {
        pid_t pid = fork();
        if (pid < 0)
            bench_fail("fork");
        if (!pid) {
            for (unsigned k = 0; k < PAGES; k += 4)
                data[k * PAGE]++;
            _exit(data[i % PAGES * PAGE] & 127);
        }
        int status;
        if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
            bench_fail("waitpid");
        sum = bench_mix(sum, (uint64_t)WEXITSTATUS(status));
    }
    return sum;
}
