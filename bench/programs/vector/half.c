/* SPDX-License-Identifier: BSD-2-Clause */
/* half - half precision: layers of a small neural network, of products, a bias and x / (1 + |x|).
 */
#include "../bench.h"

#define SIZE   64
#define LAYERS 8

const unsigned bench_count = 2500;

static _Float16 weight[LAYERS][SIZE][SIZE], bias[LAYERS][SIZE], value[2][SIZE];

static void layer(unsigned n, _Float16 *restrict out, const _Float16 *restrict in)
{
    for (unsigned i = 0; i < SIZE; i++)
        out[i] = bias[n][i];
    for (unsigned k = 0; k < SIZE; k++)
        for (unsigned i = 0; i < SIZE; i++)
            out[i] += weight[n][k][i] * in[k];
    for (unsigned i = 0; i < SIZE; i++)
        out[i] = out[i] / ((_Float16)1 + (out[i] < 0 ? -out[i] : out[i]));
}

static _Float16 random_value(uint32_t *seed)
{
    return (_Float16)((int)(bench_random(seed) % 512) - 256) / (_Float16)512;
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 29;
    double sum = 0;

    for (unsigned n = 0; n < LAYERS; n++)
        for (unsigned i = 0; i < SIZE; i++) {
            bias[n][i] = random_value(&seed);
            for (unsigned k = 0; k < SIZE; k++)
                weight[n][k][i] = random_value(&seed);
        }
    for (unsigned round = 0; round < count; round++) {
        for (unsigned i = 0; i < SIZE; i++)
            value[0][i] = random_value(&seed);
        for (unsigned n = 0; n < LAYERS; n++)
            layer(n, value[~n & 1], value[n & 1]);
        sum += (double)value[0][round % SIZE];
    }
    bench_value(sum);
    return 0;
}
