/* SPDX-License-Identifier: BSD-2-Clause */
/* recursion - Fibonacci, Ackermann and Hanoi by their definitions: direct calls, returns and stack
 * frames. */
#include "../bench.h"

const unsigned bench_count = 9;

static __attribute__((noinline)) uint32_t fibonacci(uint32_t n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static __attribute__((noinline)) uint32_t ackermann(uint32_t m, uint32_t n)
{
    if (!m)
        return n + 1;
    if (!n)
        return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

static __attribute__((noinline)) uint32_t hanoi(unsigned n, unsigned from, unsigned to)
{
    if (!n)
        return 0;
    unsigned other = 6 - from - to;
    return hanoi(n - 1, from, other) * 3 + from * to + hanoi(n - 1, other, to);
}

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    for (unsigned round = 0; round < count; round++) {
        sum = bench_mix(sum, fibonacci(30));
        sum = bench_mix(sum, ackermann(2, 1500 + round));
        sum = bench_mix(sum, hanoi(20, 1, 2 + round % 2));
    }
    return sum;
}
