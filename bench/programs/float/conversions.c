/* SPDX-License-Identifier: BSD-2-Clause */
/* conversions - between integers of both signs and sizes and single and double precision, with min,
 * max and sign moves. */
#include <math.h>

#include "../bench.h"

#define N 1024

const unsigned bench_count = 5000;

static int32_t ints[N];
static uint64_t longs[N];
static double doubles[N];
static float floats[N];

/* All products and sums here are exact, so that the sum is the same whether or not a compiler fuses
 * them. */
static void spread(void)
{
    for (int i = 0; i < N; i++) {
        doubles[i] = (double)ints[i] * 0.75 + (double)(longs[i] >> 20);
        floats[i] = (float)ints[i] / 3.0f;
    }
}

static void gather(void)
{
    for (int i = 0; i < N; i++) {
        double d = copysign(doubles[i], (double)floats[i]);
        ints[i] = (int32_t)(floats[i] * 1.5f) ^ (int32_t)(uint32_t)(uint64_t)fabs(d);
        longs[i] = (uint64_t)(int64_t)d * 3 + (uint64_t)(fabs(d) * 4096.0);
        floats[i] = (float)d;
        doubles[i] = fabs((double)floats[i]) < 1e9 ? d : (double)floats[i] * 0.5;
    }
}

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    uint32_t seed = 3;
    for (int i = 0; i < N; i++) {
        ints[i] = (int32_t)bench_random(&seed);
        longs[i] = (uint64_t)bench_random(&seed) << 32 | bench_random(&seed);
    }
    for (unsigned round = 0; round < count; round++) {
        spread();
        gather();
        sum += (uint64_t)(int64_t)doubles[round % N] + (uint64_t)ints[round % N];
    }
    return sum;
}
