/* SPDX-License-Identifier: BSD-2-Clause */
/* sieve - the primes below a million by Eratosthenes: byte stores with a growing stride. */
#include <string.h>

#include "../bench.h"

#define LIMIT 1000000

const unsigned bench_count = 9;

static uint8_t composite[LIMIT];

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    for (unsigned round = 0; round < count; round++) {
        memset(composite, 0, sizeof(composite));
        unsigned primes = 0;
        for (unsigned i = 2; i < LIMIT; i++) {
            if (composite[i])
                continue;
            primes++;
            for (unsigned j = 2 * i; j < LIMIT; j += i)
                composite[j] = 1;
        }
        sum = bench_mix(sum, primes + round);
    }
    return sum;
}
