/* SPDX-License-Identifier: BSD-2-Clause */
/* aes - AES-128 in counter mode, four blocks at a time. */
#include <string.h>

#include "../bench.h"
#ifdef __ARM_FEATURE_AES
#include <arm_neon.h>
#endif

#define BLOCKS 1024
#define ROUNDS 10

const unsigned bench_count = 5000;

static uint8_t data[16 * BLOCKS] __attribute__((aligned(16)));
static uint8_t keys[16 * (ROUNDS + 1)] __attribute__((aligned(16)));
static uint8_t box[256];

static uint8_t twice(uint8_t x)
{
    return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0));
}

/* Powers of 3, and their inverses, which are powers of its inverse. */
static void make_box(void)
{
    uint8_t p = 1, q = 1;
    do {
        p ^= twice(p);
        q ^= (uint8_t)(q << 1);
        q ^= (uint8_t)(q << 2);
        q ^= (uint8_t)(q << 4);
        q ^= q & 0x80 ? 0x09 : 0;
        unsigned both = q * 0x101u;
        box[p] = (uint8_t)(q ^ both >> 7 ^ both >> 6 ^ both >> 5 ^ both >> 4 ^ 0x63);
    } while (p != 1);
    box[0] = 0x63;
}

static void make_keys(uint32_t seed)
{
    uint8_t constant = 1;
    for (unsigned i = 0; i < 16; i++)
        keys[i] = (uint8_t)bench_random(&seed);
    for (unsigned i = 16; i < sizeof(keys); i++) {
        uint8_t *k = &keys[i], t = k[-4];
        if (i % 16 < 4) {
            t = box[i % 4 == 3 ? k[-7] : k[-3]];
            t ^= i % 16 == 0 ? constant : 0;
        }
        *k = k[-16] ^ t;
        if (i % 16 == 15)
            constant = twice(constant);
    }
}

#ifdef __ARM_FEATURE_AES
static void encrypt(uint8_t blocks[64])
{
    uint8x16_t b[4];
    for (unsigned k = 0; k < 4; k++)
        b[k] = vld1q_u8(blocks + 16 * k);
    for (unsigned i = 0; i < ROUNDS - 1; i++) {
        uint8x16_t key = vld1q_u8(keys + 16 * i);
        for (unsigned k = 0; k < 4; k++)
            b[k] = vaesmcq_u8(vaeseq_u8(b[k], key));
    }
    for (unsigned k = 0; k < 4; k++) {
        b[k] = vaeseq_u8(b[k], vld1q_u8(keys + 16 * (ROUNDS - 1)));
        vst1q_u8(blocks + 16 * k, veorq_u8(b[k], vld1q_u8(keys + 16 * ROUNDS)));
    }
}
#else
static void substitute(uint8_t to[16], const uint8_t from[16])
{
    for (unsigned i = 0; i < 16; i++)
        to[i] = box[from[(i + i % 4 * 4) % 16]];
}

static void mix(uint8_t b[16])
{
    for (unsigned i = 0; i < 16; i += 4) {
        uint8_t all = b[i] ^ b[i + 1] ^ b[i + 2] ^ b[i + 3], first = b[i];
        for (unsigned k = 0; k < 4; k++)
            b[i + k] ^= all ^ twice(b[i + k] ^ (k < 3 ? b[i + k + 1] : first));
    }
}

static void add_key(uint8_t b[16], const uint8_t key[16])
{
    for (unsigned i = 0; i < 16; i++)
        b[i] ^= key[i];
}

static void encrypt(uint8_t blocks[64])
{
    uint8_t t[16];
    for (uint8_t *block = blocks; block < blocks + 64; block += 16) {
        add_key(block, keys);
        for (unsigned i = 1; i <= ROUNDS; i++) {
            substitute(t, block);
            if (i < ROUNDS)
                mix(t);
            add_key(t, keys + 16 * i);
            memcpy(block, t, sizeof(t));
        }
    }
}
#endif

static void counter_mode(uint64_t counter)
{
    uint8_t stream[64] __attribute__((aligned(16)));
    for (uint8_t *to = data; to < data + sizeof(data); to += sizeof(stream)) {
        memset(stream, 0, sizeof(stream));
        for (unsigned k = 0; k < sizeof(stream); k += 16, counter++)
            memcpy(stream + k, &counter, sizeof(counter));
        encrypt(stream);
        for (unsigned k = 0; k < sizeof(stream); k++)
            to[k] ^= stream[k];
    }
}

uint64_t bench_run(unsigned count)
{
    uint64_t sum = 0, first;
    make_box();
    make_keys(41);
    memset(data, 0, sizeof(data));
    for (unsigned round = 0; round < count; round++) {
        counter_mode((uint64_t)round * BLOCKS);
        memcpy(&first, data + 16 * (round % BLOCKS), sizeof(first));
        sum = bench_mix(sum, first);
    }
    return sum;
}
