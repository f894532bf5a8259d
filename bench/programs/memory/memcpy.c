/* SPDX-License-Identifier: BSD-2-Clause */
/* memcpy - copies, moves and fills of many sizes and alignments by the C library. */
#include <string.h>

#include "../bench.h"

#define SIZE (1 << 20)

const unsigned bench_count = 1000;

static uint8_t a[SIZE + 64], b[SIZE + 64];

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    uint32_t seed = 17;
    for (unsigned i = 0; i < SIZE; i++)
        a[i] = (uint8_t)bench_random(&seed);
    for (unsigned round = 0; round < count; round++) {
        size_t big = 4096u << round % 8;
        memcpy(b, a, big);
        memcpy(a + 3, b + (round & 7), big / 2);
        memmove(b + 5, b, big / 4);
        memset(a + big / 2, (int)round, big / 4);
        for (unsigned i = 0; i < 200; i++) {
            size_t size = 1 + bench_random(&seed) % 250, from = bench_random(&seed) % 4096;
            memcpy(b + i * 256, a + from, size);
        }
        sum = bench_mix(sum, b[bench_random(&seed) % big]);
    }
    return sum;
}
