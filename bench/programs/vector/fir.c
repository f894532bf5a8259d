/* SPDX-License-Identifier: BSD-2-Clause */
/* fir - a filter of 16-bit samples: products summed in 32 bits, rounded, and cut to 16 bits again.
 */
#include "../bench.h"

#define SAMPLES 4096
#define TAPS    16
#define SHIFT   14

const unsigned bench_count = 4500;

static int16_t in[SAMPLES + TAPS], out[SAMPLES];
static int16_t tap[TAPS];

static int16_t clamp(int32_t v)
{
    return (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

static void filter(void)
{
    static int32_t sum[SAMPLES];
    for (unsigned i = 0; i < SAMPLES; i++)
        sum[i] = 1 << (SHIFT - 1);
    for (unsigned k = 0; k < TAPS; k++) {
        int16_t c = tap[k];
        for (unsigned i = 0; i < SAMPLES; i++)
            sum[i] += in[i + k] * c;
    }
    for (unsigned i = 0; i < SAMPLES; i++)
        out[i] = clamp(sum[i] >> SHIFT);
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 3;
    uint64_t total = 0;
    for (unsigned i = 0; i < SAMPLES + TAPS; i++)
        in[i] = (int16_t)bench_random(&seed);
    for (unsigned k = 0; k < TAPS; k++)
        tap[k] = (int16_t)(bench_random(&seed) % 4096 - 2048);
    for (unsigned round = 0; round < count; round++) {
        filter();
        in[round % SAMPLES] = out[(round * 7) % SAMPLES];
        total = bench_mix(total, (uint16_t)out[round % SAMPLES]);
    }
    return total;
}
