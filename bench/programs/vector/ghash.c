/* SPDX-License-Identifier: BSD-2-Clause */
/* ghash - a message's sum by products in GF(2^128), as GCM has it, but for the order of bits. */
#include "../bench.h"
#ifdef __ARM_FEATURE_AES
#include <arm_neon.h>
#endif

#define BLOCKS  4096
#define MODULUS 0x87 /* x^128 is x^7 + x^2 + x + 1 */

const unsigned bench_count = 900;

static uint64_t message[BLOCKS][2] __attribute__((aligned(16)));

#ifdef __ARM_FEATURE_AES
static uint64x2_t low_product(uint64x2_t a, uint64x2_t b)
{
    return vreinterpretq_u64_p128(
        vmull_p64((poly64_t)vgetq_lane_u64(a, 0), (poly64_t)vgetq_lane_u64(b, 0)));
}

static uint64x2_t high_product(uint64x2_t a, uint64x2_t b)
{
    return vreinterpretq_u64_p128(
        vmull_high_p64(vreinterpretq_p64_u64(a), vreinterpretq_p64_u64(b)));
}

static uint64x2_t times(uint64x2_t a, uint64x2_t b)
{
    const uint64x2_t zero = vdupq_n_u64(0), modulus = vdupq_n_u64(MODULUS);
    uint64x2_t low = low_product(a, b), high = high_product(a, b), other = vextq_u64(b, b, 1);
    uint64x2_t middle = veorq_u64(low_product(a, other), high_product(a, other));
    low = veorq_u64(low, vextq_u64(zero, middle, 1));
    high = veorq_u64(high, vextq_u64(middle, zero, 1));
    middle = high_product(high, modulus);
    low = veorq_u64(low, vextq_u64(zero, middle, 1));
    high = veorq_u64(high, vextq_u64(middle, zero, 1));
    return veorq_u64(low, low_product(high, modulus));
}

static void hash(uint64_t sum[2], const uint64_t key[2])
{
    uint64x2_t y = vld1q_u64(sum), h = vld1q_u64(key);
    for (unsigned i = 0; i < BLOCKS; i++)
        y = times(veorq_u64(y, vld1q_u64(message[i])), h);
    vst1q_u64(sum, y);
}
#else
static void times(uint64_t y[2], const uint64_t h[2])
{
    uint64_t a[2] = {y[0], y[1]}, low = 0, high = 0;
    for (unsigned i = 0; i < 128; i++) {
        uint64_t mask = -(h[i / 64] >> i % 64 & 1), over = -(a[1] >> 63);
        low ^= a[0] & mask;
        high ^= a[1] & mask;
        a[1] = a[1] << 1 | a[0] >> 63;
        a[0] = a[0] << 1 ^ (over & MODULUS);
    }
    y[0] = low;
    y[1] = high;
}

static void hash(uint64_t sum[2], const uint64_t key[2])
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        sum[0] ^= message[i][0];
        sum[1] ^= message[i][1];
        times(sum, key);
    }
}
#endif

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 17;
    uint64_t key[2], y[2] = {0, 0}, sum = 0;
    for (unsigned i = 0; i < 2; i++)
        key[i] = (uint64_t)bench_random(&seed) << 32 | bench_random(&seed);
    for (unsigned i = 0; i < 2 * BLOCKS; i++)
        message[i / 2][i % 2] = (uint64_t)bench_random(&seed) << 32 | bench_random(&seed);
    for (unsigned round = 0; round < count; round++) {
        hash(y, key);
        message[round % BLOCKS][0] ^= y[1];
        sum = bench_mix(sum, y[0]);
    }
    return sum;
}
