/* SPDX-License-Identifier: BSD-2-Clause */
/* linpack - systems of linear equations by elimination with pivoting: long rows of multiply-add in
 * double precision. */
#include <math.h>

#include "../bench.h"

#define N 120

const unsigned bench_count = 110;

static double a[N][N + 1], x[N];

static void make(uint32_t seed)
{
    for (int i = 0; i < N; i++) {
        a[i][N] = 0;
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)(int32_t)bench_random(&seed) / 2147483648.0;
            a[i][N] += a[i][j];
        }
    }
}

static void solve(void)
{
    for (int k = 0; k < N; k++) {
        int pivot = k;
        for (int i = k + 1; i < N; i++)
            if (fabs(a[i][k]) > fabs(a[pivot][k]))
                pivot = i;
        for (int j = k; j <= N; j++) {
            double t = a[k][j];
            a[k][j] = a[pivot][j];
            a[pivot][j] = t;
        }
        for (int i = k + 1; i < N; i++) {
            double factor = a[i][k] / a[k][k];
            for (int j = k; j <= N; j++)
                a[i][j] -= factor * a[k][j];
        }
    }
    for (int i = N - 1; i >= 0; i--) {
        double v = a[i][N];
        for (int j = i + 1; j < N; j++)
            v -= a[i][j] * x[j];
        x[i] = v / a[i][i];
    }
}

uint64_t bench_run(unsigned count)
{
    double sum = 0;
    for (unsigned round = 0; round < count; round++) {
        make(round + 1);
        solve();
        /* Each unknown is 1, but for rounding. */
        for (int i = 0; i < N; i++)
            sum += x[i];
    }
    bench_value(sum);
    return 0;
}
