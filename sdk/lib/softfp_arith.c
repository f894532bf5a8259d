/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point arithmetic: add, subtract, multiply, divide, square root, fused multiply-add.
 */
#include "softfp_internal.h"

/* The sum of two numbers that is zero although exact: of like signs that sign, else by rounding. */
static uint64_t zero_sum(const struct vm_fp_format *f, const struct vm_fp_env *env, unsigned sign_a,
                         unsigned sign_b)
{
    return pack_zero(f, sign_a == sign_b ? sign_a : env->rm == VM_FP_RDN);
}

/*
 * The sum of two finite values given as sig * 2^(exp - 127) with bit 127 set. One bit is dropped
 * from each to make room for the carry; no format here has a product that reaches down to it.
 */
static uint64_t add_finite(const struct vm_fp_format *f, struct vm_fp_env *env, unsigned sign_a,
                           int exp_a, fp_wide sig_a, unsigned sign_b, int exp_b, fp_wide sig_b)
{
    fp_wide big = sig_a >> 1, small = sig_b >> 1;
    unsigned sign = sign_a;
    int exp = exp_a, distance = exp_a - exp_b;

    if (distance < 0 || (distance == 0 && big < small)) {
        fp_wide swap = big;

        big = small;
        small = swap;
        sign = sign_b;
        exp = exp_b;
        distance = -distance;
    }
    small = shift_right_sticky(small, distance);
    big = sign_a == sign_b ? big + small : big - small;
    if (big == 0) {
        return zero_sum(f, env, sign_a, sign_b);
    }
    return vm_fp_round_pack(f, env, sign, exp + 1, big);
}

static uint64_t repack(const struct vm_fp_format *f, struct vm_fp_env *env,
                       const struct fp_parts *p)
{
    return vm_fp_round_pack(f, env, p->sign, p->exp, (fp_wide)p->sig << 64);
}

static uint64_t add(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a, uint64_t b,
                    int subtract)
{
    struct fp_parts p[2] = {vm_fp_unpack(f, env, a), vm_fp_unpack(f, env, b)};

    if (is_nan(&p[0]) || is_nan(&p[1])) {
        return vm_fp_pick_nan(f, env, p, 2);
    }
    p[1].sign ^= (uint8_t)subtract;
    if (p[0].kind == FP_INF || p[1].kind == FP_INF) {
        if (p[0].kind == p[1].kind && p[0].sign != p[1].sign) {
            return vm_fp_invalid(f, env);
        }
        return pack_inf(f, p[0].kind == FP_INF ? p[0].sign : p[1].sign);
    }
    if (p[0].kind == FP_ZERO && p[1].kind == FP_ZERO) {
        return zero_sum(f, env, p[0].sign, p[1].sign);
    }
    if (p[0].kind == FP_ZERO || p[1].kind == FP_ZERO) {
        return repack(f, env, &p[p[0].kind == FP_ZERO]);
    }
    return add_finite(f, env, p[0].sign, p[0].exp, (fp_wide)p[0].sig << 64, p[1].sign, p[1].exp,
                      (fp_wide)p[1].sig << 64);
}

static uint64_t mul(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a, uint64_t b)
{
    struct fp_parts p[2] = {vm_fp_unpack(f, env, a), vm_fp_unpack(f, env, b)};
    unsigned sign = p[0].sign ^ p[1].sign;

    if (is_nan(&p[0]) || is_nan(&p[1])) {
        return vm_fp_pick_nan(f, env, p, 2);
    }
    if (p[0].kind == FP_INF || p[1].kind == FP_INF) {
        if (p[0].kind == FP_ZERO || p[1].kind == FP_ZERO) {
            return vm_fp_invalid(f, env);
        }
        return pack_inf(f, sign);
    }
    if (p[0].kind == FP_ZERO || p[1].kind == FP_ZERO) {
        return pack_zero(f, sign);
    }
    return vm_fp_round_pack(f, env, sign, p[0].exp + p[1].exp + 1, (fp_wide)p[0].sig * p[1].sig);
}

static uint64_t div(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a, uint64_t b)
{
    struct fp_parts p[2] = {vm_fp_unpack(f, env, a), vm_fp_unpack(f, env, b)};
    unsigned sign = p[0].sign ^ p[1].sign;
    fp_wide dividend, quotient;

    if (is_nan(&p[0]) || is_nan(&p[1])) {
        return vm_fp_pick_nan(f, env, p, 2);
    }
    if (p[0].kind == p[1].kind && p[0].kind != FP_FINITE) {
        return vm_fp_invalid(f, env); /* 0 / 0 and inf / inf */
    }
    if (p[0].kind == FP_INF) {
        return pack_inf(f, sign);
    }
    if (p[0].kind == FP_ZERO || p[1].kind == FP_INF) {
        return pack_zero(f, sign);
    }
    if (p[1].kind == FP_ZERO) {
        env->flags |= VM_FP_DZ;
        return pack_inf(f, sign);
    }
    /* At least 63 bits of quotient; the remainder only matters as zero or not. */
    dividend = (fp_wide)p[0].sig << 63;
    quotient = dividend / p[1].sig;
    quotient = quotient << 1 | (quotient * p[1].sig != dividend);
    return vm_fp_round_pack(f, env, sign, p[0].exp - p[1].exp + 63, quotient);
}

/* The integer square root of x, of which at least `bits` leading bits are exact. The lowest bit is
 * ORed with whether anything is missing. */
static uint64_t root(fp_wide x, int bits)
{
    uint64_t r = 0;
    fp_wide rest = x;

    /* Digit by digit: rest is x - r * r, and r gains `bit` when (r + bit)^2 still fits. */
    for (int i = 63; i >= 64 - bits; i--) {
        fp_wide step = ((fp_wide)r << (i + 1)) + ((fp_wide)1 << (2 * i));

        if (rest >= step) {
            rest -= step;
            r |= UINT64_C(1) << i;
        }
    }
    return r | (rest != 0);
}

static uint64_t square_root(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a)
{
    struct fp_parts p = vm_fp_unpack(f, env, a);
    int odd = p.exp & 1;

    if (is_nan(&p)) {
        return vm_fp_pick_nan(f, env, &p, 1);
    }
    if (p.kind == FP_ZERO) {
        return pack_zero(f, p.sign);
    }
    if (p.sign) {
        return vm_fp_invalid(f, env);
    }
    if (p.kind == FP_INF) {
        return pack_inf(f, 0);
    }
    /* With an even exponent the radicand is in [2^126, 2^128) and its root in [2^63, 2^64). */
    return vm_fp_round_pack(f, env, 0, (p.exp - odd) / 2,
                            (fp_wide)root((fp_wide)p.sig << (63 + odd), f->frac_bits + 3) << 64);
}

static uint64_t fma_finite(const struct vm_fp_format *f, struct vm_fp_env *env,
                           const struct fp_parts *p, unsigned sign)
{
    fp_wide product = (fp_wide)p[0].sig * p[1].sig;
    int exp = p[0].exp + p[1].exp + 1, shift;

    if (p[2].kind == FP_ZERO) {
        return vm_fp_round_pack(f, env, sign, exp, product);
    }
    shift = leading_zeros(product);
    return add_finite(f, env, sign, exp - shift, product << shift, p[2].sign, p[2].exp,
                      (fp_wide)p[2].sig << 64);
}

static uint64_t fused(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a, uint64_t b,
                      uint64_t c)
{
    struct fp_parts p[3] = {vm_fp_unpack(f, env, a), vm_fp_unpack(f, env, b),
                            vm_fp_unpack(f, env, c)};
    unsigned sign = p[0].sign ^ p[1].sign;
    int inf = p[0].kind == FP_INF || p[1].kind == FP_INF;
    int zero = p[0].kind == FP_ZERO || p[1].kind == FP_ZERO;

    if (is_nan(&p[0]) || is_nan(&p[1]) || is_nan(&p[2])) {
        return vm_fp_pick_nan_fma(f, env, p);
    }
    if (inf && (zero || (p[2].kind == FP_INF && p[2].sign != sign))) {
        return vm_fp_invalid(f, env);
    }
    if (inf || p[2].kind == FP_INF) {
        return pack_inf(f, inf ? sign : p[2].sign);
    }
    if (zero && p[2].kind == FP_ZERO) {
        return zero_sum(f, env, sign, p[2].sign);
    }
    return zero ? repack(f, env, &p[2]) : fma_finite(f, env, p, sign);
}

#define DEFINE_ARITH(F, T)                                    \
    T vm_##F##_add_soft(struct vm_fp_env *env, T a, T b)      \
    {                                                         \
        return (T)add(&vm_fp_format_##F, env, a, b, 0);       \
    }                                                         \
    T vm_##F##_sub_soft(struct vm_fp_env *env, T a, T b)      \
    {                                                         \
        return (T)add(&vm_fp_format_##F, env, a, b, 1);       \
    }                                                         \
    T vm_##F##_mul_soft(struct vm_fp_env *env, T a, T b)      \
    {                                                         \
        return (T)mul(&vm_fp_format_##F, env, a, b);          \
    }                                                         \
    T vm_##F##_div_soft(struct vm_fp_env *env, T a, T b)      \
    {                                                         \
        return (T)div(&vm_fp_format_##F, env, a, b);          \
    }                                                         \
    T vm_##F##_sqrt_soft(struct vm_fp_env *env, T a)          \
    {                                                         \
        return (T)square_root(&vm_fp_format_##F, env, a);     \
    }                                                         \
    T vm_##F##_fma_soft(struct vm_fp_env *env, T a, T b, T c) \
    {                                                         \
        return (T)fused(&vm_fp_format_##F, env, a, b, c);     \
    }

DEFINE_ARITH(f16, uint16_t)
DEFINE_ARITH(f32, uint32_t)
DEFINE_ARITH(f64, uint64_t)
