/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flags.h - the condition flags, which are lazy: the slots CC_KIND, CC_A and CC_B keep what the
 * last instruction that set them made them of.
 *
 * While translating a unit, the translator also remembers the values, so that a condition in the
 * same unit becomes one comparison of the operands.
 */
#ifndef AARCH64_FLAGS_H
#define AARCH64_FLAGS_H

#include "state.h"

/* CC_KIND: what N, Z, C and V come from. 32-bit kinds look at the low halves only. */
enum a64_cc {
    A64_CC_LITERAL, /* a: NZCV in bits 31..28 */
    A64_CC_ADD64,   /* a + b */
    A64_CC_ADD32,
    A64_CC_SUB64, /* a - b */
    A64_CC_SUB32,
    A64_CC_LOGIC64, /* the result a; C and V are clear */
    A64_CC_LOGIC32,
    A64_CC_FCMP64, /* comparison of the f64 or f32 with bits a and b; no denormal is flushed */
    A64_CC_FCMP32,
    A64_CC_ADC64, /* a + b + 1: the kind of a sum without carry, and A64_CC_CARRY more */
    A64_CC_ADC32,
};
#define A64_CC_CARRY (A64_CC_ADC64 - A64_CC_ADD64)
_Static_assert(A64_CC_ADC32 == A64_CC_ADD32 + A64_CC_CARRY, "one distance for both");

#define A64_NZCV_N 0x80000000u
#define A64_NZCV_Z 0x40000000u
#define A64_NZCV_C 0x20000000u
#define A64_NZCV_V 0x10000000u

/* Conditions as instructions encode them; bit 0 inverts all but AL. */
enum a64_cond {
    A64_COND_EQ,
    A64_COND_NE,
    A64_COND_CS,
    A64_COND_CC,
    A64_COND_MI,
    A64_COND_PL,
    A64_COND_VS,
    A64_COND_VC,
    A64_COND_HI,
    A64_COND_LS,
    A64_COND_GE,
    A64_COND_LT,
    A64_COND_GT,
    A64_COND_LE,
    A64_COND_AL,
    A64_COND_NV, /* as AL */
};

/* NZCV in bits 31..28. */
uint32_t a64_nzcv(uint64_t kind, uint64_t a, uint64_t b);
/* Whether a condition holds for NZCV in bits 31..28. */
bool a64_cond_holds(uint32_t cond, uint32_t nzcv);

static inline uint32_t a64_get_nzcv(const struct a64_state *s)
{
    return a64_nzcv(s->cc_kind, s->cc_a, s->cc_b);
}

static inline void a64_set_nzcv(struct a64_state *s, uint64_t nzcv)
{
    s->cc_kind = A64_CC_LITERAL;
    s->cc_a = nzcv & 0xf0000000u;
}

#endif
