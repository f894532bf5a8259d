/* SPDX-License-Identifier: BSD-2-Clause */
/* fixed - sound of 16 bits: an echo and a gain in fixed point, rounded and saturated. */
#include "../bench.h"
#ifdef __ARM_NEON
#include <arm_neon.h>
#endif

#define SAMPLES 8192
#define DELAY   256

const unsigned bench_count = 12000;

static int16_t sound[SAMPLES + DELAY];

#ifdef __ARM_NEON
static void echo(int16_t gain, int16_t decay)
{
    for (unsigned i = DELAY; i < SAMPLES + DELAY; i += 8) {
        int16x8_t now = vqrdmulhq_n_s16(vld1q_s16(&sound[i]), gain);
        int16x8_t then = vqdmulhq_n_s16(vld1q_s16(&sound[i - DELAY]), decay);
        vst1q_s16(&sound[i], vqaddq_s16(vqshlq_n_s16(now, 1), then));
    }
}
#else
static int16_t saturated(int32_t v)
{
    return (int16_t)(v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : v);
}

static void echo(int16_t gain, int16_t decay)
{
    for (unsigned i = DELAY; i < SAMPLES + DELAY; i++) {
        int16_t now = saturated((sound[i] * gain + 0x4000) >> 15);
        int16_t then = saturated((sound[i - DELAY] * decay) >> 15);
        sound[i] = saturated(saturated(now * 2) + then);
    }
}
#endif

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 3;
    uint64_t sum = 0;
    for (unsigned i = 0; i < SAMPLES + DELAY; i++)
        sound[i] = (int16_t)bench_random(&seed);
    for (unsigned round = 0; round < count; round++) {
        int16_t gain = (int16_t)(15000 + bench_random(&seed) % 4096);
        echo(gain, (int16_t)(bench_random(&seed) % 16384));
        sum = bench_mix(sum, (uint16_t)sound[round % (SAMPLES + DELAY)]);
    }
    return sum;
}
