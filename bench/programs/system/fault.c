/* SPDX-License-Identifier: BSD-2-Clause */
/* fault - first touches of fresh anonymous memory, page by page, then its return: page faults,
 * clearing, TLB flushes. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "../bench.h"

#define PAGES 512
#define PAGE  4096

const unsigned bench_count = 18;

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    for (unsigned round = 0; round < count; round++) {
        uint8_t *p =
            mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED)
            bench_fail("mmap");
        /* Small pages only: a huge one would leave nothing to measure. A kernel that has none
         * refuses, and may. */
        madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE);
        for (unsigned i = 0; i < PAGES; i++) {
            sum += p[i * PAGE];
            p[i * PAGE + 8] = (uint8_t)i;
        }
        for (unsigned i = 0; i < PAGES; i++)
            sum += p[i * PAGE + 8];
        munmap(p, PAGES * PAGE);
    }
    return sum;
}
