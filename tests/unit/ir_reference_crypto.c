/* SPDX-License-Identifier: BSD-2-Clause */
/* The reference evaluator's cryptography, step by step as the standards have it: FIPS 197, FIPS
 * 180-4. */
#include <stdlib.h>
#include "ir_machine.h"

/* ---- polynomials over bits ---- */

static union test_vector product(uint64_t x, uint64_t y)
{
    union test_vector r = {0};

    for (uint32_t i = 0; i < 64; i++)
        for (uint32_t k = 0; k < 64; k++)
            r.half[(i + k) / 64] ^= (x >> i & y >> k & 1) << (i + k) % 64;
    return r;
}

/* ---- AES: numbers are of the standard's sections ---- */

/* 4.2: modulo x^8 + x^4 + x^3 + x + 1 */
static uint8_t times(uint32_t a, uint32_t b)
{
    uint32_t r = 0;

    for (uint32_t i = 0; i < 8; i++)
        r ^= b >> i & 1 ? a << i : 0;
    for (uint32_t i = 15; i-- > 8;)
        r ^= r >> i & 1 ? 0x11bu << (i - 8) : 0;
    return (uint8_t)r;
}

/* 5.1.1: the multiplicative inverse, or 0, through an affine transformation */
static uint8_t transformed(uint8_t x)
{
    uint32_t inverse = 0, r = 0;

    while (x && times(x, ++inverse) != 1)
        ;
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t bit = 0x63 >> i ^ inverse >> i;
        for (uint32_t k = 4; k < 8; k++)
            bit ^= inverse >> (i + k) % 8;
        r |= (bit & 1) << i;
    }
    return (uint8_t)r;
}

static uint8_t substituted(uint8_t x, bool inverse)
{
    static uint8_t boxes[2][256];

    if (!boxes[0][0])
        for (uint32_t i = 0; i < 256; i++) {
            boxes[0][i] = transformed((uint8_t)i);
            boxes[1][boxes[0][i]] = (uint8_t)i;
        }
    return boxes[inverse][x];
}

/* 5.1.1 and 5.1.2, 5.3.1 and 5.3.2: s'[r][c] = s[r][c + r], and back */
static union test_vector shift_rows(const union test_vector *s, bool inverse)
{
    union test_vector r;

    for (uint32_t row = 0; row < 4; row++)
        for (uint32_t column = 0; column < 4; column++) {
            uint32_t other = (column + row) % 4, from = inverse ? column : other;
            r.byte[4 * (inverse ? other : column) + row] =
                substituted(s->byte[4 * from + row], inverse);
        }
    return r;
}

/* 5.1.3, 5.3.3: columns times a polynomial, modulo x^4 + 1 */
static union test_vector mix_columns(const union test_vector *s, bool inverse)
{
    static const uint8_t factors[2][4] = {{2, 1, 1, 3}, {14, 9, 13, 11}}; /* of x^0 and on */
    union test_vector r = {0};

    for (uint32_t column = 0; column < 4; column++)
        for (uint32_t i = 0; i < 4; i++)
            for (uint32_t k = 0; k < 4; k++)
                r.byte[4 * column + (i + k) % 4] ^=
                    times(s->byte[4 * column + i], factors[inverse][k]);
    return r;
}

/* ---- SHA-1 and SHA-256 ---- */

struct words {
    uint32_t w[8];
};

/* A vector's words, and then another one's. */
static struct words words_of(const union test_vector *x, const union test_vector *y)
{
    struct words r = {{0}};

    for (uint32_t i = 0; i < 32; i++)
        r.w[i / 4] |= (uint32_t)(i < 16 ? x : y)->byte[i % 16] << i % 4 * 8;
    return r;
}

static union test_vector vector_of(const uint32_t *w)
{
    union test_vector r;

    for (uint32_t i = 0; i < 16; i++)
        r.byte[i] = (uint8_t)(w[i / 4] >> i % 4 * 8);
    return r;
}

static uint32_t rotr(uint32_t n, uint32_t x)
{
    return (uint32_t)(((uint64_t)x << 32 | x) >> n);
}

/* 4.1.1 */
static uint32_t f(uint32_t op, uint32_t x, uint32_t y, uint32_t z)
{
    switch (op) {
    case VM_OP_V_SHA1C:
        return (x & y) ^ (~x & z);
    case VM_OP_V_SHA1P:
        return x ^ y ^ z;
    default:
        return (x & y) ^ (x & z) ^ (y & z);
    }
}

/* 6.1.2, step 3: a to e in s, W and K added in sums */
static union test_vector sha1_rounds(uint32_t op, struct words s, struct words sums)
{
    for (uint32_t t = 0; t < 4; t++) {
        uint32_t a = rotr(27, s.w[0]) + f(op, s.w[1], s.w[2], s.w[3]) + s.w[4] + sums.w[t];
        s = (struct words){{a, s.w[0], rotr(2, s.w[1]), s.w[2], s.w[3]}};
    }
    return vector_of(s.w);
}

/* 6.2.2, step 3 */
static struct words sha256_rounds(struct words s, struct words sums)
{
    for (uint32_t t = 0; t < 4; t++) {
        uint32_t a = s.w[0], b = s.w[1], c = s.w[2], e = s.w[4], g = s.w[6];
        uint32_t t1 = s.w[7] + (rotr(6, e) ^ rotr(11, e) ^ rotr(25, e)) +
                      ((e & s.w[5]) ^ (~e & g)) + sums.w[t];
        uint32_t t2 = (rotr(2, a) ^ rotr(13, a) ^ rotr(22, a)) + ((a & b) ^ (a & c) ^ (b & c));
        s = (struct words){{t1 + t2, a, b, c, s.w[3] + t1, e, s.w[5], g}};
    }
    return s;
}

/* 6.1.2 and 6.2.2, step 1: words 12 on of a message are in w; the next ones of what depends on
 * words before these, in x, and on w */
static union test_vector schedule(uint32_t op, struct words x, struct words w)
{
    for (uint32_t t = 4; t < 8; t++) {
        uint32_t y = w.w[t - 2];
        if (op == VM_OP_V_SHA1W)
            w.w[t] = rotr(31, w.w[t - 3] ^ x.w[t - 4]);
        else
            w.w[t] = (rotr(17, y) ^ rotr(19, y) ^ y >> 10) + x.w[t - 4];
    }
    return vector_of(w.w + 4);
}

static union test_vector sha256_first_words(struct words w)
{
    for (uint32_t t = 0; t < 4; t++)
        w.w[t] += rotr(7, w.w[t + 1]) ^ rotr(18, w.w[t + 1]) ^ w.w[t + 1] >> 3;
    return vector_of(w.w);
}

/* ---- */

union test_vector ir_reference_crypto(const struct vm_ir_insn *insn, const union test_vector *arg)
{
    union test_vector r;
    struct words s;

    switch (insn->op) {
    case VM_OP_V_CLMUL:
        return product(arg[0].half[0], arg[1].half[0]);
    case VM_OP_V_AESSUB:
    case VM_OP_V_AESISUB:
        return shift_rows(&arg[0], insn->op == VM_OP_V_AESISUB);
    case VM_OP_V_AESMIX:
    case VM_OP_V_AESIMIX:
        return mix_columns(&arg[0], insn->op == VM_OP_V_AESIMIX);
    case VM_OP_V_AESROUND:
    case VM_OP_V_AESIROUND:
        r = shift_rows(&arg[0], insn->op == VM_OP_V_AESIROUND);
        return mix_columns(&r, insn->op == VM_OP_V_AESIROUND);
    case VM_OP_V_SHA1C ... VM_OP_V_SHA1M:
        return sha1_rounds(insn->op, words_of(&arg[0], &arg[1]), words_of(&arg[2], &arg[2]));
    case VM_OP_V_SHA256A:
    case VM_OP_V_SHA256E:
        s = sha256_rounds(words_of(&arg[0], &arg[1]), words_of(&arg[2], &arg[2]));
        return vector_of(s.w + (insn->op == VM_OP_V_SHA256E ? 4 : 0));
    case VM_OP_V_SHA256W0:
        return sha256_first_words(words_of(&arg[0], &arg[1]));
    case VM_OP_V_SHA1W:
    case VM_OP_V_SHA256W1:
        return schedule(insn->op, words_of(&arg[0], &arg[0]), words_of(&arg[1], &arg[1]));
    default:
        abort();
    }
}
