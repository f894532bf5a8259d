/* SPDX-License-Identifier: BSD-2-Clause */
/* sort - quicksort and heapsort of random integers: compares and branches that cannot be foreseen.
 */
#include <stddef.h>
#include <string.h>

#include "../bench.h"

#define N 50000

const unsigned bench_count = 50;

static uint32_t source[N], work[N];

static void swap(uint32_t *x, uint32_t *y)
{
    uint32_t t = *x;
    *x = *y;
    *y = t;
}

static void quicksort(uint32_t *v, ptrdiff_t n)
{
    while (n > 12) {
        uint32_t pivot = v[n / 2];
        ptrdiff_t i = 0, j = n - 1;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i <= j)
                swap(&v[i++], &v[j--]);
        }
        quicksort(v, j + 1);
        v += i;
        n -= i;
    }
    for (ptrdiff_t i = 1; i < n; i++) {
        uint32_t x = v[i];
        ptrdiff_t j = i;
        for (; j > 0 && v[j - 1] > x; j--)
            v[j] = v[j - 1];
        v[j] = x;
    }
}

static void sift(uint32_t *v, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && v[child] < v[child + 1])
            child++;
        if (v[root] >= v[child])
            return;
        swap(&v[root], &v[child]);
    }
}

static void heapsort(uint32_t *v, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift(v, i, n);
    while (n-- > 1) {
        swap(&v[0], &v[n]);
        sift(v, 0, n);
    }
}

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    uint32_t seed = 99;
    for (unsigned round = 0; round < count; round++) {
        for (unsigned i = 0; i < N; i++)
            source[i] = bench_random(&seed);
        memcpy(work, source, sizeof(work));
        quicksort(work, N);
        sum = bench_mix(sum, work[N / 3]);
        memcpy(work, source, sizeof(work));
        heapsort(work, N);
        sum = bench_mix(sum, work[N / 5]);
    }
    return sum;
}
