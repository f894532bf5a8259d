/* SPDX-License-Identifier: BSD-2-Clause */
/* search - a word in a text: 16 places at a time are compared with its first and its last byte. */
#include <string.h>

#include "../bench.h"
#ifdef __ARM_NEON
#include <arm_neon.h>
#else
#include <emmintrin.h>
#endif

#define TEXT    32768
#define LANES   16
#define LONGEST 12

const unsigned bench_count = 15000;

static char text[TEXT + LANES + LONGEST];

/* Bits of each of the 16 places where both bytes are right, and the next place out of them. */
#ifdef __ARM_NEON
#define BITS_OF_A_PLACE 4
static uint64_t places(const char *at, char first, char last, unsigned n)
{
    uint8x16_t a = vceqq_u8(vld1q_u8((const uint8_t *)at), vdupq_n_u8((uint8_t)first));
    uint8x16_t b = vceqq_u8(vld1q_u8((const uint8_t *)at + n - 1), vdupq_n_u8((uint8_t)last));
    uint8x8_t both = vshrn_n_u16(vreinterpretq_u16_u8(vandq_u8(a, b)), 4);
    return vget_lane_u64(vreinterpret_u64_u8(both), 0);
}
#else
#define BITS_OF_A_PLACE 1
static uint64_t places(const char *at, char first, char last, unsigned n)
{
    __m128i a = _mm_cmpeq_epi8(_mm_loadu_si128((const void *)at), _mm_set1_epi8(first));
    __m128i b = _mm_cmpeq_epi8(_mm_loadu_si128((const void *)(at + n - 1)), _mm_set1_epi8(last));
    return (uint64_t)_mm_movemask_epi8(_mm_and_si128(a, b));
}
#endif

/* How often the word is there, and where: a sum of both. */
static uint64_t search(const char *word, unsigned n)
{
    uint64_t found = 0;
    for (unsigned i = 0; i + n <= TEXT; i += LANES) {
        uint64_t bits = places(text + i, word[0], word[n - 1], n);
        while (bits) {
            unsigned k = (unsigned)__builtin_ctzll(bits) / BITS_OF_A_PLACE;
            bits &= ~(((1ull << BITS_OF_A_PLACE) - 1) << k * BITS_OF_A_PLACE);
            if (i + k + n <= TEXT && memcmp(text + i + k, word, n) == 0)
                found += 1 + ((uint64_t)(i + k) << 32);
        }
    }
    return found;
}

uint64_t bench_run(unsigned count)
{
    uint32_t seed = 17;
    uint64_t sum = 0;
    for (unsigned i = 0; i < TEXT; i++)
        text[i] = (char)('a' + bench_random(&seed) % 20);
    for (unsigned round = 0; round < count; round++) {
        unsigned n = 4 + round % (LONGEST - 4);
        char word[LONGEST];
        memcpy(word, text + round * 13 % (TEXT - LONGEST), n);
        sum = bench_mix(sum, search(word, n));
    }
    return sum;
}
