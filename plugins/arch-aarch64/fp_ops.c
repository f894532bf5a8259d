/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point: the operations on one lane of any format, but for estimates and conversions. */
#include "fp.h"

#define UNUSED(x) ((void)(x))

/* The NaN that comes of two operands with one among them: as any operation chooses it. */
static uint64_t process_nans(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    return fp->format->add(&fp->env, a, b);
}

static bool is_nan(const struct a64_fp *fp, uint64_t a)
{
    return fp_is_nan(fp->format, a);
}

static uint64_t negated(const struct a64_fp *fp, uint64_t a)
{
    return a ^ fp_sign_bit(fp->format);
}

/* ---- one operand ---- */

static uint64_t op_sqrt(struct a64_fp *fp, uint64_t a, uint64_t unused)
{
    UNUSED(unused);
    return fp->format->sqrt(&fp->env, a);
}

static uint64_t op_rint(struct a64_fp *fp, uint64_t a, uint64_t unused)
{
    UNUSED(unused);
    fp->env.rm = (uint8_t)A64_FP_MODE_OF(fp->code);
    return fp->format->rint(&fp->env, a);
}

static uint64_t op_round(struct a64_fp *fp, uint64_t a, uint64_t unused)
{
    UNUSED(unused);
    fp->env.rm = (uint8_t)A64_FP_MODE_OF(fp->code);
    return fp->format->nearbyint(&fp->env, a);
}

/* What does not fit, and NaNs, become the smallest integer. */
static uint64_t op_round_n(struct a64_fp *fp, uint64_t a, uint64_t unused)
{
    const struct a64_fp_format *f = fp->format;
    const uint64_t limit = fp_power(f, (int)A64_FP_FRACTION_OF(fp->code) - 1);
    const uint64_t smallest = limit | fp_sign_bit(f);
    const uint8_t before = fp->env.flags;

    if (!fp_is_nan(f, a)) {
        uint64_t r = op_rint(fp, a, unused);
        if (fp_magnitude(f, r) < limit || r == smallest)
            return r;
    }
    fp->env.flags = before | VM_FP_NV;
    return smallest;
}

const a64_fp_fn a64_fp1_ops[A64_FP1_COUNT] = {
    [A64_FP_SQRT] = op_sqrt,
    [A64_FP_RINT] = op_rint,
    [A64_FP_ROUND] = op_round,
    [A64_FP_ROUND_N] = op_round_n,
    [A64_FP_RECPE] = a64_fp_recpe,
    [A64_FP_RSQRTE] = a64_fp_rsqrte,
    [A64_FP_RECPX] = a64_fp_recpx,
    [A64_FP_LANE_TO_INT] = a64_fp_lane_to_int,
    [A64_FP_LANE_FROM_INT] = a64_fp_lane_from_int,
};

/* ---- arithmetic ---- */

#define PLAIN(name)                                                      \
    static uint64_t op_##name(struct a64_fp *fp, uint64_t a, uint64_t b) \
    {                                                                    \
        return fp->format->name(&fp->env, a, b);                         \
    }

PLAIN(add)
PLAIN(sub)
PLAIN(mul)
PLAIN(div)

static uint64_t op_nmul(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    return negated(fp, fp->format->mul(&fp->env, a, b));
}

static bool is_zero_times_infinity(const struct a64_fp *fp, uint64_t a, uint64_t b)
{
    const struct a64_fp_format *f = fp->format;

    return (fp_is_zero(f, a) && fp_is_infinity(f, b)) || (fp_is_infinity(f, a) && fp_is_zero(f, b));
}

static uint64_t op_mulx(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    if (is_zero_times_infinity(fp, a, b))
        return fp_power(fp->format, 1) | ((a ^ b) & fp_sign_bit(fp->format));
    return fp->format->mul(&fp->env, a, b);
}

static uint64_t op_abd(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    return fp_magnitude(fp->format, fp->format->sub(&fp->env, a, b));
}

/* ---- steps of Newton's method ---- */

/* 2 - a * b */
static uint64_t op_recps(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    uint64_t two = fp_power(fp->format, 1);

    a = negated(fp, a);
    if (is_zero_times_infinity(fp, a, b))
        return two;
    return fp->format->fma(&fp->env, a, b, two);
}

/* Halves one factor, if that is exact. */
static bool halve(const struct a64_fp_format *f, uint64_t *a)
{
    uint64_t one = (uint64_t)1 << f->fraction_bits;

    if (fp_magnitude(f, *a) < 2 * one || fp_magnitude(f, *a) >= fp_infinity(f))
        return false;
    *a -= one;
    return true;
}

/*
 * (3 - a * b) / 2, rounded once: with half of the product and 1.5. Where no factor can be halved,
 * the product is a zero or infinite, or both are so small that it does not matter.
 */
static uint64_t op_rsqrts(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    const struct a64_fp_format *f = fp->format;
    uint64_t half_of_three = fp_power(f, 0) | (uint64_t)1 << (f->fraction_bits - 1);

    a = negated(fp, a);
    if (is_zero_times_infinity(fp, a, b))
        return half_of_three;
    if (!halve(f, &a))
        halve(f, &b);
    return f->fma(&fp->env, a, b, half_of_three);
}

/* ---- order ---- */

static uint64_t op_max(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    if (is_nan(fp, a) || is_nan(fp, b))
        return process_nans(fp, a, b);
    return fp->format->max(&fp->env, a, b);
}

static uint64_t op_min(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    if (is_nan(fp, a) || is_nan(fp, b))
        return process_nans(fp, a, b);
    return fp->format->min(&fp->env, a, b);
}

/* A quiet NaN loses against anything else. */
static uint64_t op_maxnm(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    const struct a64_fp_format *f = fp->format;
    bool first = fp_is_quiet_nan(f, a), second = fp_is_quiet_nan(f, b);
    uint64_t least = fp_infinity(f) | fp_sign_bit(f);

    return op_max(fp, first && !second ? least : a, second && !first ? least : b);
}

static uint64_t op_minnm(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    const struct a64_fp_format *f = fp->format;
    bool first = fp_is_quiet_nan(f, a), second = fp_is_quiet_nan(f, b);

    return op_min(fp, first && !second ? fp_infinity(f) : a, second && !first ? fp_infinity(f) : b);
}

/* All ones or none. */
static uint64_t truth(const struct a64_fp *fp, bool is)
{
    return is ? UINT64_MAX >> (64 - fp->format->bits) : 0;
}

static uint64_t op_cmeq(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    return truth(fp, fp->format->compare(&fp->env, a, b, 1) == VM_FP_EQUAL);
}

static uint64_t op_cmge(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    return truth(fp, fp->format->compare(&fp->env, b, a, 0) <= VM_FP_EQUAL);
}

static uint64_t op_cmgt(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    return truth(fp, fp->format->compare(&fp->env, b, a, 0) == VM_FP_LESS);
}

static uint64_t op_acge(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    return op_cmge(fp, fp_magnitude(fp->format, a), fp_magnitude(fp->format, b));
}

static uint64_t op_acgt(struct a64_fp *fp, uint64_t a, uint64_t b)
{
    return op_cmgt(fp, fp_magnitude(fp->format, a), fp_magnitude(fp->format, b));
}

const a64_fp_fn a64_fp2_ops[A64_FP2_COUNT] = {
    [A64_FP_ADD] = op_add,       [A64_FP_SUB] = op_sub,     [A64_FP_MUL] = op_mul,
    [A64_FP_DIV] = op_div,       [A64_FP_MAX] = op_max,     [A64_FP_MIN] = op_min,
    [A64_FP_MAXNM] = op_maxnm,   [A64_FP_MINNM] = op_minnm, [A64_FP_NMUL] = op_nmul,
    [A64_FP_MULX] = op_mulx,     [A64_FP_ABD] = op_abd,     [A64_FP_RECPS] = op_recps,
    [A64_FP_RSQRTS] = op_rsqrts, [A64_FP_CMEQ] = op_cmeq,   [A64_FP_CMGE] = op_cmge,
    [A64_FP_CMGT] = op_cmgt,     [A64_FP_ACGE] = op_acge,   [A64_FP_ACGT] = op_acgt,
};
