/* SPDX-License-Identifier: BSD-2-Clause */
/* sha256 - SHA-256 of a message, block by block. */
#include "../bench.h"
#ifdef __ARM_FEATURE_SHA2
#include <arm_neon.h>
#endif

#define BLOCKS 256

const unsigned bench_count = 10000;

static uint32_t message[BLOCKS][16] __attribute__((aligned(16)));

static const uint32_t constants[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

#ifdef __ARM_FEATURE_SHA2
static void hash(uint32_t state[8], const uint32_t *words)
{
    uint32x4_t x = vld1q_u32(state), y = vld1q_u32(state + 4), w[4];
    uint32x4_t first_x = x, first_y = y;
    for (unsigned i = 0; i < 4; i++)
        w[i] = vld1q_u32(words + 4 * i);
    for (unsigned i = 0; i < 16; i++) {
        uint32x4_t sums = vaddq_u32(w[0], vld1q_u32(constants + 4 * i)), old = x;
        x = vsha256hq_u32(x, y, sums);
        y = vsha256h2q_u32(y, old, sums);
        uint32x4_t next = vsha256su1q_u32(vsha256su0q_u32(w[0], w[1]), w[2], w[3]);
        w[0] = w[1];
        w[1] = w[2];
        w[2] = w[3];
        w[3] = next;
    }
    vst1q_u32(state, vaddq_u32(x, first_x));
    vst1q_u32(state + 4, vaddq_u32(y, first_y));
}
#else
static uint32_t right(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static void hash(uint32_t state[8], const uint32_t *words)
{
    uint32_t s[8], w[64];
    for (unsigned i = 0; i < 8; i++)
        s[i] = state[i];
    for (unsigned i = 0; i < 64; i++) {
        if (i < 16) {
            w[i] = words[i];
        } else {
            uint32_t a = w[i - 15], b = w[i - 2];
            w[i] = (right(a, 7) ^ right(a, 18) ^ a >> 3) + (right(b, 17) ^ right(b, 19) ^ b >> 10) +
                   w[i - 16] + w[i - 7];
        }
        uint32_t a = s[0], e = s[4];
        uint32_t t = s[7] + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) +
                     ((e & s[5]) ^ (~e & s[6])) + constants[i] + w[i];
        uint32_t u =
            (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + ((a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]));
        for (unsigned k = 7; k > 0; k--)
            s[k] = s[k - 1];
        s[4] += t;
        s[0] = t + u;
    }
    for (unsigned i = 0; i < 8; i++)
        state[i] += s[i];
}
#endif

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 23, state[8] __attribute__((aligned(16)));
    uint64_t sum = 0;
    for (unsigned i = 0; i < 8; i++)
        state[i] = bench_random(&seed);
    for (unsigned i = 0; i < 16 * BLOCKS; i++)
        message[i / 16][i % 16] = bench_random(&seed);
    for (unsigned round = 0; round < count; round++) {
        for (unsigned i = 0; i < BLOCKS; i++)
            hash(state, message[i]);
        message[round % BLOCKS][round % 16] ^= state[0];
        sum = bench_mix(sum, state[round % 8]);
    }
    return sum;
}
