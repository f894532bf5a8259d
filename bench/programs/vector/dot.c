/* SPDX-License-Identifier: BSD-2-Clause */
/* dot - scalar products of bytes with sums of 32 bits, as neural networks use them. */
#include "../bench.h"
#ifdef __ARM_FEATURE_DOTPROD
#include <arm_neon.h>
#endif

#define INPUTS  1024
#define OUTPUTS 64

const unsigned bench_count = 12000;

static int8_t input[INPUTS] __attribute__((aligned(16)));
static int8_t weight[OUTPUTS][INPUTS] __attribute__((aligned(16)));

#ifdef __ARM_FEATURE_DOTPROD
static int32_t product(const int8_t *a, const int8_t *b)
{
    int32x4_t even = vdupq_n_s32(0), odd = vdupq_n_s32(0);
    for (unsigned i = 0; i < INPUTS; i += 32) {
        even = vdotq_s32(even, vld1q_s8(a + i), vld1q_s8(b + i));
        odd = vdotq_s32(odd, vld1q_s8(a + i + 16), vld1q_s8(b + i + 16));
    }
    return vaddvq_s32(vaddq_s32(even, odd));
}
#else
static int32_t product(const int8_t *a, const int8_t *b)
{
    int32_t sum = 0;
    for (unsigned i = 0; i < INPUTS; i++)
        sum += a[i] * b[i];
    return sum;
}
#endif

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 5;
    uint64_t sum = 0;
    for (unsigned i = 0; i < INPUTS; i++) {
        input[i] = (int8_t)bench_random(&seed);
        for (unsigned k = 0; k < OUTPUTS; k++)
            weight[k][i] = (int8_t)bench_random(&seed);
    }
    for (unsigned round = 0; round < count; round++) {
        for (unsigned k = 0; k < OUTPUTS; k++) {
            int32_t p = product(input, weight[k]);
            input[(round + k) % INPUTS] = (int8_t)(p >> 8);
            sum = bench_mix(sum, (uint32_t)p);
        }
    }
    return sum;
}
