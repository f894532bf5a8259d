/* SPDX-License-Identifier: BSD-2-Clause */
/* mprotect - rights taken from pages and given back, with a fault caught by a signal handler now
 * and then. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>

#include "../bench.h"

#define PAGES 64
#define PAGE  4096

const unsigned bench_count = 4000;

static uint8_t *memory;
static volatile unsigned faults;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1);
    faults++;
    if (mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE))
        bench_fail("mprotect in the handler");
}

uint64_t bench_run(unsigned count)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    uint64_t sum = 0;
    sigaction(SIGSEGV, &action, 0);
    memory = mmap(0, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        bench_fail("mmap");
    faults = 0;
    for (unsigned i = 0; i < count; i++) {
        volatile uint8_t *p = memory + (size_t)(i * 7 % PAGES) * PAGE;
        *p = (uint8_t)(*p + 1);
        if (mprotect((void *)p, PAGE, PROT_READ))
            bench_fail("mprotect");
        sum += *p;
        if (i % 4 && mprotect((void *)p, PAGE, PROT_READ | PROT_WRITE))
            bench_fail("mprotect");
    }
    munmap(memory, PAGES * PAGE);
    return bench_mix(sum, faults);
}
