/* SPDX-License-Identifier: BSD-2-Clause */
/* gemm - product of matrices in single precision, a row of the result at a time. */
#include "../bench.h"

#define SIZE 96

const unsigned bench_count = 120;

static float a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

static void multiply(void)
{
    for (unsigned i = 0; i < SIZE; i++) {
        float row[SIZE] = {0};
        for (unsigned k = 0; k < SIZE; k++) {
            float factor = a[i][k];
            for (unsigned j = 0; j < SIZE; j++)
                row[j] += factor * b[k][j];
        }
        for (unsigned j = 0; j < SIZE; j++)
            c[i][j] = row[j];
    }
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 29;
    double sum = 0;
    for (unsigned i = 0; i < SIZE; i++)
        for (unsigned j = 0; j < SIZE; j++) {
            a[i][j] = (float)(bench_random(&seed) % 100) / 1000;
            b[i][j] = (float)(bench_random(&seed) % 100) / 1000;
        }
    for (unsigned round = 0; round < count; round++) {
        multiply();
        a[round % SIZE][round * 7 % SIZE] = c[round * 3 % SIZE][round % SIZE] / 8;
        sum += (double)c[round % SIZE][round * 5 % SIZE];
    }
    bench_value(sum);
    return 0;
}
