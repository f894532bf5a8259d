/* SPDX-License-Identifier: BSD-2-Clause */
/* stride - loads and stores at strides from a word to 64 KiB through a 8 MiB array: few or many of
 * them to a page. */
#include "../bench.h"

#define WORDS   (1u << 20)
#define TOUCHES (1u << 16)

const unsigned bench_count = 30;

static uint64_t array[WORDS] __attribute__((aligned(2 << 20)));

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < WORDS; i++)
        array[i] = i;
    for (unsigned round = 0; round < count; round++)
        for (unsigned stride = 1; stride <= 8192; stride *= 4) {
            for (unsigned i = 0, at = round; i < TOUCHES; i++, at = (at + stride) % WORDS)
                sum += array[at];
            for (unsigned i = 0, at = round; i < TOUCHES; i++, at = (at + stride) % WORDS)
                array[at] += sum + i;
        }
    return sum;
}
