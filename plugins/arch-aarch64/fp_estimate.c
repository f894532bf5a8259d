/* SPDX-License-Identifier: BSD-2-Clause */
/* Estimates of reciprocals and reciprocal square roots, bit for bit as the manual computes them. */
#include "fp.h"
#include "helpers.h"

#define UNUSED(x) ((void)(x))

/* Of a number in [256, 512), which stands for [0.5, 1): a number of the same kind for [1, 2). */
static uint32_t reciprocal(uint32_t a)
{
    uint32_t b = (1u << 19) / (a * 2 + 1);

    return (b + 1) / 2;
}

/* The same of [128, 512), which stands for [0.25, 1). */
static uint32_t reciprocal_root(uint32_t a)
{
    uint32_t b = 512;

    a = a < 256 ? a * 2 + 1 : (a / 2 * 2 + 1) * 2;
    while ((uint64_t)a * (b + 1) * (b + 1) < 1u << 28)
        b++;
    return (b + 1) / 2;
}

static int exponent_of(const struct a64_fp_format *f, uint64_t a)
{
    return (int)(fp_magnitude(f, a) >> f->fraction_bits);
}

/* The fraction, as if it had 52 bits. */
static uint64_t fraction_of(const struct a64_fp_format *f, uint64_t a)
{
    return (a & (((uint64_t)1 << f->fraction_bits) - 1)) << (52 - f->fraction_bits);
}

static uint64_t pack(const struct a64_fp_format *f, uint64_t sign, int exponent, uint64_t fraction)
{
    return sign | (uint64_t)exponent << f->fraction_bits | fraction >> (52 - f->fraction_bits);
}

#define FRACTION_MASK (((uint64_t)1 << 52) - 1)

/* The result is too large for the format. */
static uint64_t overflow(struct a64_fp *fp, uint64_t sign)
{
    uint32_t rm = fp->env.rm;
    bool infinite = rm == VM_FP_RNE || rm == (sign ? VM_FP_RDN : VM_FP_RUP);

    fp->env.flags |= VM_FP_OF | VM_FP_NX;
    return sign | (fp_infinity(fp->format) - !infinite);
}

/* Of a finite number that is not zero, whose reciprocal is not too large. */
static uint64_t finite_recpe(const struct a64_fp_format *f, uint64_t a, uint64_t sign)
{
    const int bias = (1 << (f->exponent_bits - 1)) - 1;
    uint64_t fraction = fraction_of(f, a);
    int exponent = exponent_of(f, a);

    if (exponent == 0) {
        exponent = fraction >> 51 ? 0 : -1;
        fraction = fraction << (fraction >> 51 ? 1 : 2) & FRACTION_MASK;
    }
    exponent = 2 * bias - 1 - exponent;
    fraction = (uint64_t)(reciprocal(256 + (uint32_t)(fraction >> 44)) & 255) << 44;
    if (exponent == 0)
        fraction = (uint64_t)1 << 51 | fraction >> 1;
    else if (exponent < 0)
        fraction = (uint64_t)1 << 50 | fraction >> 2;
    return pack(f, sign, exponent < 0 ? 0 : exponent, fraction);
}

uint64_t a64_fp_recpe(struct a64_fp *fp, uint64_t a)
{
    const struct a64_fp_format *f = fp->format;
    const int bias = (1 << (f->exponent_bits - 1)) - 1;
    uint64_t sign = a & fp_sign_bit(f);

    if (fp_is_nan(f, a))
        return f->add(&fp->env, a, a);
    if (fp_is_infinity(f, a))
        return sign;
    if (fp_is_zero(f, a)) {
        fp->env.flags |= VM_FP_DZ;
        return sign | fp_infinity(f);
    }
    /* Below 2^-(bias + 1): a quarter of the smallest normal number. */
    if (fp_magnitude(f, a) < (uint64_t)1 << (f->fraction_bits - 2))
        return overflow(fp, sign);
    if (fp->flushes && exponent_of(f, a) >= 2 * bias - 1) {
        fp->env.flags |= VM_FP_UF;
        return sign;
    }
    return finite_recpe(f, a, sign);
}

uint64_t a64_fp_rsqrte(struct a64_fp *fp, uint64_t a)
{
    const struct a64_fp_format *f = fp->format;
    const int bias = (1 << (f->exponent_bits - 1)) - 1;
    uint64_t sign = a & fp_sign_bit(f), fraction = fraction_of(f, a);
    int exponent = exponent_of(f, a);

    if (fp_is_nan(f, a))
        return f->add(&fp->env, a, a);
    if (fp_is_zero(f, a)) {
        fp->env.flags |= VM_FP_DZ;
        return sign | fp_infinity(f);
    }
    if (sign) /* invalid, as the root itself */
        return f->sqrt(&fp->env, a);
    if (fp_is_infinity(f, a))
        return 0;
    if (exponent == 0) {
        for (; !(fraction >> 51); fraction <<= 1)
            exponent--;
        fraction = fraction << 1 & FRACTION_MASK;
    }
    uint32_t scaled =
        exponent & 1 ? 128 + (uint32_t)(fraction >> 45) : 256 + (uint32_t)(fraction >> 44);
    return pack(f, 0, (3 * bias - 1 - exponent) / 2,
                (uint64_t)(reciprocal_root(scaled) & 255) << 44);
}

/* ---- fixed point ---- */

static uint32_t estimate_root(uint32_t a)
{
    return a >> 30 ? reciprocal_root(a >> 23) << 23 : UINT32_MAX;
}

static uint32_t estimate(uint32_t a)
{
    return a >> 31 ? reciprocal(a >> 23) << 23 : UINT32_MAX;
}

uint64_t a64_urecpe(A64_HELPER_ARGS)
{
    UNUSED(cpu), UNUSED(b), UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return estimate((uint32_t)a) | (uint64_t)estimate((uint32_t)(a >> 32)) << 32;
}

uint64_t a64_ursqrte(A64_HELPER_ARGS)
{
    UNUSED(cpu), UNUSED(b), UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return estimate_root((uint32_t)a) | (uint64_t)estimate_root((uint32_t)(a >> 32)) << 32;
}
