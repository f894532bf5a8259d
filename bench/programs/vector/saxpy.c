/* SPDX-License-Identifier: BSD-2-Clause */
/* saxpy - single-precision vectors: a multiple of one added to another, and their scalar product.
 */
#include "../bench.h"

#define SIZE  4096
#define LANES 16

const unsigned bench_count = 25000;

static float x[SIZE], y[SIZE];

static void add_multiple(float a)
{
    for (unsigned i = 0; i < SIZE; i++)
        y[i] += a * x[i];
}

/* The order of the additions is the program's, so that they may be done side by side. */
static float scalar_product(void)
{
    float part[LANES] = {0}, sum = 0;
    for (unsigned i = 0; i < SIZE; i += LANES)
        for (unsigned k = 0; k < LANES; k++)
            part[k] += x[i + k] * y[i + k];
    for (unsigned k = 0; k < LANES; k++)
        sum += part[k];
    return sum;
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 11;
    double sum = 0;
    for (unsigned i = 0; i < SIZE; i++) {
        x[i] = (float)(bench_random(&seed) % 1000) / 1000;
        y[i] = 0;
    }
    for (unsigned round = 0; round < count; round++) {
        add_multiple(round & 1 ? 0.5f : -0.25f);
        if (round % 4 == 3)
            sum += scalar_product();
    }
    bench_value(sum);
    return 0;
}
