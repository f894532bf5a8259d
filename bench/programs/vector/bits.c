/* SPDX-License-Identifier: BSD-2-Clause */
/* bits - sets as bits: how many are in two sets and in one of them, and the distance of two words.
 */
#include "../bench.h"

#define WORDS 1024

const unsigned bench_count = 40000;

static uint64_t a[WORDS], b[WORDS];

static uint64_t common(void)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < WORDS; i++)
        n += (uint64_t)__builtin_popcountll(a[i] & b[i]);
    return n;
}

/* The word that differs least from `wanted`. */
static unsigned nearest(uint64_t wanted)
{
    unsigned best = 0;
    int least = 65;
    for (unsigned i = 0; i < WORDS; i++) {
        int distance = __builtin_popcountll(a[i] ^ wanted);
        if (distance < least) {
            least = distance;
            best = i;
        }
    }
    return best;
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 11;
    uint64_t sum = 0;
    for (unsigned i = 0; i < WORDS; i++) {
        a[i] = (uint64_t)bench_random(&seed) << 32 | bench_random(&seed);
        b[i] = (uint64_t)bench_random(&seed) << 32 | bench_random(&seed);
    }
    for (unsigned round = 0; round < count; round++) {
        unsigned i = nearest(b[round % WORDS]);
        sum = bench_mix(sum, common() + i);
        a[i] = sum;
    }
    return sum;
}
