/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point conversions: between formats, to and from integers, to integral values.
 */
#include "softfp_internal.h"

static uint64_t convert(const struct vm_fp_format *from, const struct vm_fp_format *to,
                        struct vm_fp_env *env, uint64_t a)
{
    struct fp_parts p = vm_fp_unpack(from, env, a);

    switch (p.kind) {
    case FP_ZERO:
        return pack_zero(to, p.sign);
    case FP_FINITE:
        return vm_fp_round_pack(to, env, p.sign, p.exp, (fp_wide)p.sig << 64);
    case FP_INF:
        return pack_inf(to, p.sign);
    default:
        return vm_fp_pick_nan(to, env, &p, 1);
    }
}

/*
 * The magnitude of a finite value below 2^64, rounded to an integer. The result can be 2^64 itself,
 * hence the type. *inexact says whether rounding changed the value.
 */
static fp_wide to_integer(const struct vm_fp_env *env, const struct fp_parts *p, int *inexact)
{
    /* Fixed point with 64 bits behind the point. */
    fp_wide fixed =
        p->exp >= -1 ? (fp_wide)p->sig << (p->exp + 1) : shift_right_sticky(p->sig, -1 - p->exp);
    uint64_t whole = (uint64_t)(fixed >> 64);
    fp_wide rest = fixed << 64;

    *inexact = rest != 0;
    return (fp_wide)whole + (fp_wide)rounds_up(env, p->sign, whole & 1, rest);
}

/* To an integer of `bits` bits, in two's complement and sign extended when it has a sign. */
static uint64_t to_int(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a, int bits,
                       int has_sign)
{
    struct fp_parts p = vm_fp_unpack(f, env, a);
    uint64_t limit = has_sign ? (UINT64_C(1) << (bits - 1)) - 1 : UINT64_MAX >> (64 - bits);
    fp_wide magnitude = 0;
    int inexact = 0;

    if (is_nan(&p)) {
        env->flags |= VM_FP_NV;
        return limit;
    }
    if (p.sign) {
        limit = has_sign ? limit + 1 : 0;
    }
    if (p.kind == FP_FINITE && p.exp < 64) {
        magnitude = to_integer(env, &p, &inexact);
    } else if (p.kind != FP_ZERO) {
        magnitude = (fp_wide)1 << 64;
    }
    if (magnitude > limit) {
        env->flags |= VM_FP_NV;
        magnitude = limit;
    } else if (inexact) {
        env->flags |= VM_FP_NX;
    }
    return p.sign ? -(uint64_t)magnitude : (uint64_t)magnitude;
}

static uint64_t from_magnitude(const struct vm_fp_format *f, struct vm_fp_env *env, unsigned sign,
                               uint64_t magnitude)
{
    return magnitude ? vm_fp_round_pack(f, env, sign, 63, (fp_wide)magnitude << 64) : 0;
}

static uint64_t from_signed(const struct vm_fp_format *f, struct vm_fp_env *env, int64_t i)
{
    return from_magnitude(f, env, i < 0, i < 0 ? -(uint64_t)i : (uint64_t)i);
}

static uint64_t to_integral(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a,
                            unsigned inexact_flag)
{
    struct fp_parts p = vm_fp_unpack(f, env, a);
    fp_wide magnitude;
    int inexact;

    if (is_nan(&p)) {
        return vm_fp_pick_nan(f, env, &p, 1);
    }
    if (p.kind == FP_ZERO) {
        return pack_zero(f, p.sign);
    }
    if (p.kind == FP_INF || p.exp >= f->frac_bits) {
        return a;
    }
    magnitude = to_integer(env, &p, &inexact);
    if (inexact) {
        env->flags |= (uint8_t)inexact_flag;
    }
    if (magnitude == 0) {
        return pack_zero(f, p.sign);
    }
    return from_magnitude(f, env, p.sign, (uint64_t)magnitude);
}

#define DEFINE_CONVERT(F, FT, G, GT, SUFFIX)                              \
    GT vm_##F##_to_##G##SUFFIX(struct vm_fp_env *env, FT a)               \
    {                                                                     \
        return (GT)convert(&vm_fp_format_##F, &vm_fp_format_##G, env, a); \
    }

DEFINE_CONVERT(f16, uint16_t, f32, uint32_t, _soft)
DEFINE_CONVERT(f16, uint16_t, f64, uint64_t, _soft)
DEFINE_CONVERT(f32, uint32_t, f16, uint16_t, _soft)
DEFINE_CONVERT(f32, uint32_t, f64, uint64_t, _soft)
DEFINE_CONVERT(f64, uint64_t, f16, uint16_t, _soft)
DEFINE_CONVERT(f64, uint64_t, f32, uint32_t, _soft)

#define DEFINE_INT(F, T, NAME, I, BITS, HAS_SIGN, FROM)              \
    I vm_##F##_to_##NAME##_soft(struct vm_fp_env *env, T a)          \
    {                                                                \
        return (I)to_int(&vm_fp_format_##F, env, a, BITS, HAS_SIGN); \
    }                                                                \
    T vm_##F##_from_##NAME##_soft(struct vm_fp_env *env, I i)        \
    {                                                                \
        return (T)FROM;                                              \
    }

#define DEFINE_INTEGRAL(F, T, NAME, FLAG)                       \
    T vm_##F##_##NAME(struct vm_fp_env *env, T a)               \
    {                                                           \
        return (T)to_integral(&vm_fp_format_##F, env, a, FLAG); \
    }

#define DEFINE_INTS(F, T)                                                                \
    DEFINE_INT(F, T, i32, int32_t, 32, 1, from_signed(&vm_fp_format_##F, env, i))        \
    DEFINE_INT(F, T, u32, uint32_t, 32, 0, from_magnitude(&vm_fp_format_##F, env, 0, i)) \
    DEFINE_INT(F, T, i64, int64_t, 64, 1, from_signed(&vm_fp_format_##F, env, i))        \
    DEFINE_INT(F, T, u64, uint64_t, 64, 0, from_magnitude(&vm_fp_format_##F, env, 0, i)) \
    DEFINE_INTEGRAL(F, T, rint, VM_FP_NX)                                                \
    DEFINE_INTEGRAL(F, T, nearbyint, 0)

DEFINE_INTS(f16, uint16_t)
DEFINE_INTS(f32, uint32_t)
DEFINE_INTS(f64, uint64_t)
