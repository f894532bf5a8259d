/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.h - what a benchmark program offers to bench.c, which has main(), or to
 * guests/riscv64/bare.c.
 *
 * A program does the same work on each machine and returns a sum of all that it computed, so that a
 * wrong result is seen and the compiler cannot leave anything out. Its sums depend on nothing but
 * `count`.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

/* How much work is measured: 1 to 3 seconds under QEMU. A part of it is done before, to warm up. */
extern const unsigned bench_count;

uint64_t bench_run(unsigned count);

/*
 * Before what a program for the bare machine keeps outside of its functions: where several harts
 * run it at the same time, each has its own. Zero at the beginning.
 */
#ifdef BENCH_HARTS
#define BENCH_OWN _Thread_local
#else
#define BENCH_OWN
#endif

/*
 * A floating-point program calls this with its result, in place of a sum. It is printed with all
 * its digits: machines of one architecture must agree on them; others need not, since compilers
 * fuse multiplications with additions where there is an instruction for it.
 */
void bench_value(double value);

/* Ends the program: something that it needs is not there, or did what it must not. */
_Noreturn void bench_fail(const char *what);

/* Mixes a value into a sum, order counting. */
static inline uint64_t bench_mix(uint64_t sum, uint64_t value)
{
    sum = (sum ^ value) * 0x9e3779b97f4a7c15u;
    return sum ^ sum >> 29;
}

/* The next of a sequence of pseudo-random numbers (xorshift); *state must not be 0. */
static inline uint32_t bench_random(uint32_t *state)
{
    uint32_t x = *state;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    return *state = x;
}

#endif
