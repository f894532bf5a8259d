/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bare.c - main() of a benchmark program on the bare machine, with no library below it: warms up,
 * lets BENCH_HARTS harts do the work at the same time, all of it each, and prints what bench.c
 * does, without a processor time: "bench: NANOSECONDS 0 RESULT" by the machine's timer.
 */
#include "../../programs/bench.h"

#define UART        ((volatile uint8_t *)0x10000000)
#define MTIME       (*(volatile uint64_t *)0x0200bff8)
#define NS_PER_TICK 100

static uint64_t sums[BENCH_HARTS];
static unsigned arrived;

static void put(const char *s)
{
    while (*s)
        *UART = (uint8_t)*s++;
}

static void put_number(uint64_t v, unsigned base)
{
    char buf[24];
    int i = sizeof(buf) - 1;
    buf[i] = 0;
    do {
        buf[--i] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v);
    put(buf + i);
}

/* Waits until all harts have come here for the `time`th time, counted from 1. */
static void meet(unsigned time)
{
    __atomic_fetch_add(&arrived, 1, __ATOMIC_ACQ_REL);
    while (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE) < time * BENCH_HARTS)
        ;
}

int main(unsigned long hart)
{
    uint64_t begin = 0;
    bench_run(bench_count / 4);
    meet(1);
    if (hart == 0) {
        put("bench: start\n");
        begin = MTIME;
    }
    meet(2);
    sums[hart] = bench_run(bench_count);
    meet(3);
    if (hart != 0)
        return 0;
    uint64_t ticks = MTIME - begin;
    for (unsigned i = 1; i < BENCH_HARTS; i++)
        if (sums[i] != sums[0]) {
            put("bench: failed: the harts disagree\n");
            return 0;
        }
    put("bench: ");
    put_number(ticks * NS_PER_TICK, 10);
    put(" 0 ");
    put_number(sums[0], 16);
    put("\n");
    return 0;
}
