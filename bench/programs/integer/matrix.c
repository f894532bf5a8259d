/* SPDX-License-Identifier: BSD-2-Clause */
/* matrix - products of matrices of 32-bit integers, row by column: multiply-add and strided loads.
 */
#include "../bench.h"

#define N 160

const unsigned bench_count = 80;

static int32_t a[N][N], b[N][N], c[N][N];

static void multiply(void)
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            uint32_t v = 0;
            for (int k = 0; k < N; k++)
                v += (uint32_t)a[i][k] * (uint32_t)b[k][j];
            c[i][j] = (int32_t)v;
        }
}

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    uint32_t seed = 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (int32_t)bench_random(&seed) >> 8;
            b[i][j] = (int32_t)bench_random(&seed) >> 8;
        }
    for (unsigned round = 0; round < count; round++) {
        a[round % N][round / N % N] ^= (int32_t)round;
        multiply();
        for (int i = 0; i < N; i++)
            sum = bench_mix(sum, (uint32_t)c[i][(i * 7 + (int)round) % N]);
    }
    return sum;
}
