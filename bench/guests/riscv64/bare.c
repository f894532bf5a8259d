/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bare.c - main() of a benchmark program on the bare machine, with no library below it: prints the
 * time that the program took by the machine's timer, and its sum, as bench.c does.
 */
#include "../../programs/bench.h"

#define UART        ((volatile uint8_t *)0x10000000)
#define MTIME       (*(volatile uint64_t *)0x0200bff8)
#define NS_PER_TICK 100

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

int main(void)
{
    uint64_t begin = MTIME;
    uint64_t sum = bench_run(bench_count);
    uint64_t ticks = MTIME - begin;
    put("bench: ");
    put_number(ticks * NS_PER_TICK, 10);
    put(" ");
    put_number(sum, 16);
    put("\n");
    return 0;
}
