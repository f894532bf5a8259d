/* SPDX-License-Identifier: BSD-2-Clause */
/* stream - copy, scale, add and triad over three arrays of integers, 4 MiB each, that begin on 2
 * MiB: huge pages side by side. */
#include "../bench.h"

#define N (1u << 19)

const unsigned bench_count = 20;

static uint64_t a[N] __attribute__((aligned(2 << 20)));
static uint64_t b[N] __attribute__((aligned(2 << 20)));
static uint64_t c[N] __attribute__((aligned(2 << 20)));

/* Out of line, so that the compiler does not merge the passes. */
static __attribute__((noinline)) void copy(uint64_t *x, const uint64_t *y)
{
    for (unsigned i = 0; i < N; i++)
        x[i] = y[i] ^ i;
}

static __attribute__((noinline)) void scale(uint64_t *x, const uint64_t *y, uint64_t f)
{
    for (unsigned i = 0; i < N; i++)
        x[i] = y[i] * f;
}

static __attribute__((noinline)) void add(uint64_t *x, const uint64_t *y, const uint64_t *z)
{
    for (unsigned i = 0; i < N; i++)
        x[i] = y[i] + z[i];
}

static __attribute__((noinline)) void triad(uint64_t *x, const uint64_t *y, const uint64_t *z,
                                            uint64_t f)
{
    for (unsigned i = 0; i < N; i++)
        x[i] = y[i] + f * z[i];
}

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < N; i++) {
        a[i] = i + 1;
        b[i] = 2 * i;
        c[i] = 0;
    }
    for (unsigned round = 0; round < count; round++) {
        copy(c, a);
        scale(b, c, 3);
        add(c, a, b);
        triad(a, b, c, 5);
        sum = bench_mix(sum, a[round * 4099 % N]);
    }
    return sum;
}
