/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of the floating point library share: formats, decomposed values, rounding.
 *
 * An operation unpacks its operands, computes a significand of up to 128 bits whose lowest bit is
 * ORed with everything that did not fit (so that it still tells exact, below half, half and above
 * half apart), and has it rounded and packed by the one vm_fp_round_pack().
 */
#ifndef VMRUN_SOFTFP_INTERNAL_H
#define VMRUN_SOFTFP_INTERNAL_H

#include <stdint.h>
#include <vmrun/softfp.h>

/* An interchange format: sign, exp_bits of biased exponent, frac_bits of fraction. */
struct vm_fp_format {
    uint8_t exp_bits, frac_bits;
};

extern const struct vm_fp_format vm_fp_format_f16, vm_fp_format_f32, vm_fp_format_f64;

/* The NaNs are last, the signalling one above the quiet one: see is_nan(). */
enum fp_kind { FP_ZERO, FP_FINITE, FP_INF, FP_QNAN, FP_SNAN };

/*
 * A decomposed value. Finite: sig * 2^(exp - 63) with bit 63 of sig set, whatever the format and
 * also for subnormals. NaN: sig is the fraction with its highest bit, the quiet bit, in bit 62.
 */
struct fp_parts {
    uint8_t kind; /* enum fp_kind */
    uint8_t sign;
    int32_t exp;
    uint64_t sig;
};

__extension__ typedef unsigned __int128 fp_wide;

static inline int is_nan(const struct fp_parts *p)
{
    return p->kind >= FP_QNAN;
}

static inline uint64_t sign_bit(const struct vm_fp_format *f)
{
    return UINT64_C(1) << (f->exp_bits + f->frac_bits);
}

static inline uint64_t frac_mask(const struct vm_fp_format *f)
{
    return (UINT64_C(1) << f->frac_bits) - 1;
}

/* The biased exponent of infinities and NaNs. */
static inline int exp_max(const struct vm_fp_format *f)
{
    return (1 << f->exp_bits) - 1;
}

static inline int exp_bias(const struct vm_fp_format *f)
{
    return exp_max(f) >> 1;
}

static inline uint64_t pack_zero(const struct vm_fp_format *f, unsigned sign)
{
    return sign ? sign_bit(f) : 0;
}

static inline uint64_t pack_inf(const struct vm_fp_format *f, unsigned sign)
{
    return pack_zero(f, sign) | (uint64_t)exp_max(f) << f->frac_bits;
}

static inline int leading_zeros(fp_wide x)
{
    uint64_t high = (uint64_t)(x >> 64);

    return high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)x);
}

/* x >> n for any n >= 0, where bits shifted out are ORed into the lowest one that stays. */
static inline fp_wide shift_right_sticky(fp_wide x, int n)
{
    if (n == 0) {
        return x;
    }
    if (n > 127) {
        return x != 0;
    }
    return x >> n | ((x << (128 - n)) != 0);
}

/*
 * Whether rounding in env->rm moves the magnitude up to the next value: odd is the lowest bit kept,
 * rest what is dropped, as a fraction of 2^128 of that bit's weight.
 */
static inline int rounds_up(const struct vm_fp_env *env, unsigned sign, unsigned odd, fp_wide rest)
{
    const fp_wide half = (fp_wide)1 << 127;

    switch (env->rm) {
    case VM_FP_RNE:
        return rest > half || (rest == half && odd);
    case VM_FP_RDN:
        return sign && rest != 0;
    case VM_FP_RUP:
        return !sign && rest != 0;
    case VM_FP_RMM:
        return rest >= half;
    default:
        return 0;
    }
}

struct fp_parts vm_fp_unpack(const struct vm_fp_format *f, const struct vm_fp_env *env,
                             uint64_t bits);

/* Rounds sig * 2^(exp - 127), where sig is not zero but need not be normalised. */
uint64_t vm_fp_round_pack(const struct vm_fp_format *f, struct vm_fp_env *env, unsigned sign,
                          int exp, fp_wide sig);

/* The NaN of an operation without a NaN operand that is invalid; raises NV. */
uint64_t vm_fp_invalid(const struct vm_fp_format *f, struct vm_fp_env *env);

/* The NaN of an operation with at least one among its n operands; raises NV when one signals. */
uint64_t vm_fp_pick_nan(const struct vm_fp_format *f, struct vm_fp_env *env,
                        const struct fp_parts *operands, int n);

/* The same for fma, a * b + c, where 0 * inf + NaN has rules of its own. */
uint64_t vm_fp_pick_nan_fma(const struct vm_fp_format *f, struct vm_fp_env *env,
                            const struct fp_parts *operands);

#endif
