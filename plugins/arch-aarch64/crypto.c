/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SHA-1, SHA-256 and SHA-512, as the manual and FIPS 180-4 say. Results of 128 bits come in two
 * halves, from a helper each.
 */
#include "helpers.h"

#define UNUSED(x) ((void)(x))

struct quad {
    uint64_t low, high;
};

/* Defines the helpers of both halves of `CALL`, a struct quad. */
#define HALVES(name, CALL)                                       \
    uint64_t a64_##name##_low(A64_HELPER_ARGS)                   \
    {                                                            \
        UNUSED(cpu), UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f); \
        return (CALL).low;                                       \
    }                                                            \
    uint64_t a64_##name##_high(A64_HELPER_ARGS)                  \
    {                                                            \
        UNUSED(cpu), UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f); \
        return (CALL).high;                                      \
    }

static uint32_t rotate(uint32_t x, unsigned by)
{
    return x << by | x >> (32 - by);
}

static uint64_t rotate_right(uint64_t x, unsigned by)
{
    return x >> by | x << (64 - by);
}

#define QUAD(l, h) ((struct quad){(l), (h)})

/* ---- words ---- */

struct words {
    uint32_t w[4];
};

static struct words words_of(uint64_t low, uint64_t high)
{
    return (struct words){
        {(uint32_t)low, (uint32_t)(low >> 32), (uint32_t)high, (uint32_t)(high >> 32)}};
}

static struct quad quad_of(const struct words *v)
{
    return QUAD(v->w[0] | (uint64_t)v->w[1] << 32, v->w[2] | (uint64_t)v->w[3] << 32);
}

#define WORDS(l, h) words_of(l, h)

/* ---- SHA-1 ---- */

static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return ((y ^ z) & x) ^ z;
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) | ((x | y) & z);
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}

/* Four rounds on x (a, b, c, d) and y (e) with the sums of message and constant in w. */
static struct quad sha1_rounds(struct words x, uint32_t y, struct words w,
                               uint32_t (*mix)(uint32_t, uint32_t, uint32_t))
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t t = y + rotate(x.w[0], 5) + mix(x.w[1], x.w[2], x.w[3]) + w.w[i];
        y = x.w[3];
        x = (struct words){{t, x.w[0], rotate(x.w[1], 30), x.w[2]}};
    }
    return quad_of(&x);
}

static struct quad sha1_schedule(struct words x, struct words w)
{
    struct words t;

    for (unsigned i = 0; i < 4; i++)
        t.w[i] = rotate(x.w[i] ^ (i < 3 ? w.w[i + 1] : 0), 1);
    t.w[3] ^= rotate(t.w[0], 1);
    return quad_of(&t);
}

HALVES(sha1c, sha1_rounds(WORDS(a, b), (uint32_t)c, WORDS(d, e), choose))
HALVES(sha1p, sha1_rounds(WORDS(a, b), (uint32_t)c, WORDS(d, e), parity))
HALVES(sha1m, sha1_rounds(WORDS(a, b), (uint32_t)c, WORDS(d, e), majority))
HALVES(sha1su0, QUAD(b ^ a ^ e, c ^ b ^ f))
HALVES(sha1su1, sha1_schedule(WORDS(a, b), WORDS(c, d)))

/* ---- SHA-256 ---- */

static uint32_t right(uint32_t x, unsigned by)
{
    return rotate(x, 32 - by);
}

/* Four rounds on x (a..d) and y (e..h); half 0 or 1 of the new state. */
static struct quad sha256_rounds(struct words x, struct words y, struct words w, unsigned half)
{
    for (unsigned i = 0; i < 4; i++) {
        uint32_t e = y.w[0], a = x.w[0];
        uint32_t t = y.w[3] + (right(e, 6) ^ right(e, 11) ^ right(e, 25)) +
                     choose(e, y.w[1], y.w[2]) + w.w[i];
        uint32_t u = t + (right(a, 2) ^ right(a, 13) ^ right(a, 22)) + majority(a, x.w[1], x.w[2]);
        y = (struct words){{t + x.w[3], y.w[0], y.w[1], y.w[2]}};
        x = (struct words){{u, x.w[0], x.w[1], x.w[2]}};
    }
    return quad_of(half ? &y : &x);
}

static struct quad sha256_schedule0(struct words x, struct words y)
{
    struct words r;

    for (unsigned i = 0; i < 4; i++) {
        uint32_t t = i < 3 ? x.w[i + 1] : y.w[0];
        r.w[i] = x.w[i] + (right(t, 7) ^ right(t, 18) ^ t >> 3);
    }
    return quad_of(&r);
}

static uint32_t sha256_sigma1(uint32_t t)
{
    return right(t, 17) ^ right(t, 19) ^ t >> 10;
}

static struct quad sha256_schedule1(struct words x, struct words y, struct words z)
{
    struct words r;

    for (unsigned i = 0; i < 4; i++) {
        uint32_t t = i < 2 ? z.w[i + 2] : r.w[i - 2];
        r.w[i] = x.w[i] + (i < 3 ? y.w[i + 1] : z.w[0]) + sha256_sigma1(t);
    }
    return quad_of(&r);
}

HALVES(sha256h, sha256_rounds(WORDS(a, b), WORDS(c, d), WORDS(e, f), 0))
HALVES(sha256h2, sha256_rounds(WORDS(c, d), WORDS(a, b), WORDS(e, f), 1))
HALVES(sha256su0, sha256_schedule0(WORDS(a, b), WORDS(c, d)))
HALVES(sha256su1, sha256_schedule1(WORDS(a, b), WORDS(c, d), WORDS(e, f)))

/* ---- SHA-512: x is the destination's old value ---- */

static uint64_t choose64(uint64_t x, uint64_t y, uint64_t z)
{
    return ((y ^ z) & x) ^ z;
}

static uint64_t majority64(uint64_t x, uint64_t y, uint64_t z)
{
    return (x & y) | ((x | y) & z);
}

static uint64_t sum1(uint64_t x)
{
    return rotate_right(x, 14) ^ rotate_right(x, 18) ^ rotate_right(x, 41);
}

static uint64_t sum0(uint64_t x)
{
    return rotate_right(x, 28) ^ rotate_right(x, 34) ^ rotate_right(x, 39);
}

static struct quad sha512_hash(struct quad w, struct quad x, struct quad y)
{
    struct quad r;

    r.high = choose64(y.high, x.low, x.high) + sum1(y.high) + w.high;
    uint64_t t = r.high + y.low;
    r.low = choose64(t, y.high, x.low) + sum1(t) + w.low;
    return r;
}

static struct quad sha512_hash2(struct quad w, struct quad x, struct quad y)
{
    struct quad r;

    r.high = majority64(x.low, y.high, y.low) + sum0(y.low) + w.high;
    r.low = majority64(r.high, y.low, y.high) + sum0(r.high) + w.low;
    return r;
}

static uint64_t sigma0(uint64_t x)
{
    return rotate_right(x, 1) ^ rotate_right(x, 8) ^ x >> 7;
}

static uint64_t sigma1(uint64_t x)
{
    return rotate_right(x, 19) ^ rotate_right(x, 61) ^ x >> 6;
}

HALVES(sha512h, sha512_hash(QUAD(a, b), QUAD(c, d), QUAD(e, f)))
HALVES(sha512h2, sha512_hash2(QUAD(a, b), QUAD(c, d), QUAD(e, f)))
HALVES(sha512su0, QUAD(a + sigma0(b), b + sigma0(c)))
HALVES(sha512su1, QUAD(a + sigma1(c) + e, b + sigma1(d) + f))
