/* SPDX-License-Identifier: BSD-2-Clause */
/* The reference evaluator's cryptography, step by step as the standards have it: FIPS 197. */
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

/* ---- */

union test_vector ir_reference_crypto(const struct vm_ir_insn *insn, const union test_vector *arg)
{
    union test_vector r;

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
    default:
        abort();
    }
}
