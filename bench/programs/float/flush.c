/* SPDX-License-Identifier: BSD-2-Clause */
/* flush - sound in single precision, computed as by programs built with -ffast-math, with denormal
 * numbers flushed to zero: resonators that ring after a burst until nothing is left, and a mixer.
 */
#include "../bench.h"
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define SAMPLES 2048
#define VOICES  4

const unsigned bench_count = 1200;

static float sound[SAMPLES], mix[SAMPLES];

/* What -ffast-math puts in front of main(). */
static void flush_to_zero(void)
{
#if defined(__aarch64__)
    uint64_t fpcr;
    __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
    __asm__ volatile("msr fpcr, %0" : : "r"(fpcr | 1u << 24));
#elif defined(__x86_64__)
    _mm_setcsr(_mm_getcsr() | 0x8040);
#endif
}

static void burst(uint32_t *seed)
{
    for (unsigned i = 0; i < SAMPLES; i++)
        sound[i] = i < 64 ? (float)(int32_t)bench_random(seed) / 2147483648.0f : 0;
}

/* y = x + a y' - b y'' */
static void resonate(float a, float b)
{
    float last = 0, before = 0;

    for (unsigned i = 0; i < SAMPLES; i++) {
        float y = sound[i] + a * last - b * before;
        before = last;
        sound[i] = last = y;
    }
}

static void add(float gain)
{
    for (unsigned i = 0; i < SAMPLES; i++)
        mix[i] = mix[i] * 0.5f + gain * sound[i];
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 5;
    double sum = 0;

    flush_to_zero();
    for (unsigned round = 0; round < count; round++) {
        for (unsigned voice = 0; voice < VOICES; voice++) {
            burst(&seed);
            resonate(1.5f, 0.8f + 0.02f * (float)voice);
            resonate(0.5f, 0.9f);
            add(0.25f);
        }
        sum += mix[round % 256];
    }
    bench_value(sum);
    return 0;
}
