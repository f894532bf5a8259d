/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point: conversions to and from integers and fixed point, and between formats. */
#include "fp.h"
#include "helpers.h"

#define UNUSED(x) ((void)(x))

static const struct a64_fp_format *const doubles = &a64_fp_formats[A64_FP_D];

/* a * 2^by, of doubles, if that is exact; a number too large or too small for it keeps being so. */
static uint64_t scaled(uint64_t a, int by)
{
    int exponent = (int)(a >> 52 & 0x7ff);

    if (exponent == 0 || exponent == 0x7ff)
        return a;
    if (exponent + by >= 0x7ff)
        return (a & fp_sign_bit(doubles)) | (fp_infinity(doubles) - 1);
    return a + ((uint64_t)(int64_t)by << 52);
}

/* ---- to integers ---- */

/* 16 bits: what does not fit is invalid, and then not inexact. */
static uint64_t to_16(struct vm_fp_env *env, uint64_t a, bool is_unsigned)
{
    struct vm_fp_env own = *env;
    const int64_t low = is_unsigned ? 0 : INT16_MIN, high = is_unsigned ? UINT16_MAX : INT16_MAX;

    own.flags = 0;
    int64_t r = vm_f64_to_i32(&own, a), fits = r < low ? low : r > high ? high : r;
    env->flags |= fits == r ? own.flags : VM_FP_NV;
    return (uint16_t)fits;
}

/* Of a value in fp's format; width by A64_FP_TO. A NaN becomes 0. */
static uint64_t to_int(struct a64_fp *fp, uint64_t a, uint32_t width)
{
    const bool is_unsigned = (fp->code & A64_FP_UNSIGNED) != 0;
    struct vm_fp_env *env = &fp->env;

    if (fp_is_nan(fp->format, a)) {
        env->flags |= VM_FP_NV;
        return 0;
    }
    a = scaled(fp->format->to_f64(env, a), (int)A64_FP_FRACTION_OF(fp->code));
    env->rm = (uint8_t)A64_FP_MODE_OF(fp->code);
    switch (width) {
    case 1:
        return to_16(env, a, is_unsigned);
    case 2:
        return is_unsigned ? vm_f64_to_u32(env, a) : (uint32_t)vm_f64_to_i32(env, a);
    default:
        return is_unsigned ? vm_f64_to_u64(env, a) : (uint64_t)vm_f64_to_i64(env, a);
    }
}

uint64_t a64_fp_lane_to_int(struct a64_fp *fp, uint64_t a, uint64_t unused)
{
    UNUSED(unused);
    return to_int(fp, a, A64_FP_SIZE_OF(fp->code));
}

uint64_t a64_fp_to_int(A64_HELPER_ARGS)
{
    struct a64_fp fp;

    a64_fp_begin(&fp, cpu, b);
    a &= UINT64_MAX >> (64 - fp.format->bits);
    uint64_t r = to_int(&fp, a64_fp_flushed(&fp, a), A64_FP_TO_OF(b));
    a64_fp_end(&fp, cpu);
    UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return r;
}

/*
 * FJCVTZS: modulo 2^32, towards zero. Bit 62 of the result, which is Z when it is shifted down,
 * says that the double was that integer.
 */
uint64_t a64_fp_to_js(A64_HELPER_ARGS)
{
    struct a64_fp fp;
    uint64_t whole = 0;
    bool exact = false;

    a64_fp_begin(&fp, cpu, b);
    uint64_t value = a64_fp_flushed(&fp, a), sign = value >> 63;
    int exponent = (int)(value >> 52 & 0x7ff), shift = (exponent ? exponent : 1) - 1075;
    uint64_t digits = (value & (((uint64_t)1 << 52) - 1)) | (uint64_t)(exponent != 0) << 52;
    if (exponent == 0x7ff || shift >= 0) {
        whole = exponent == 0x7ff || shift > 31 ? 0 : digits << shift;
        fp.env.flags |= VM_FP_NV;
    } else {
        whole = shift > -64 ? digits >> -shift : 0;
        uint64_t rest = shift > -64 ? digits << (64 + shift) : digits;
        bool fits = whole <= (uint64_t)INT32_MAX + sign;
        fp.env.flags |= !fits ? VM_FP_NV : rest ? VM_FP_NX : 0;
        /* Neither -0 nor a denormal that was flushed is the integer 0. */
        exact = fits && !rest && (whole || a == 0);
    }
    a64_fp_end(&fp, cpu);
    UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return (uint32_t)(sign ? -whole : whole) | (exact ? (uint64_t)1 << 62 : 0);
}

/* ---- from integers ---- */

/* For a format with fewer digits than doubles: what they lose still tells how to round. */
static uint64_t sticky(uint64_t magnitude)
{
    return magnitude >> 53 ? (magnitude >> 11 | ((magnitude & 0x7ff) != 0)) << 11 : magnitude;
}

/* x has `width` (A64_FP_TO) and a sign or not; the result is in fp's format. */
static uint64_t from_int(struct a64_fp *fp, uint64_t x, uint32_t width)
{
    const uint32_t shift = 64 - (8u << width), fraction = A64_FP_FRACTION_OF(fp->code);
    const bool negative = !(fp->code & A64_FP_UNSIGNED) && x << shift >> 63;
    struct vm_fp_env *env = &fp->env;

    if (negative)
        x = (uint64_t)((int64_t)(x << shift) >> shift);
    else
        x = x << shift >> shift;
    if (x == 0)
        return 0;
    if (fp->format->bits == 16) {
        uint64_t value = scaled(vm_f64_from_u64(env, sticky(negative ? -x : x)), -(int)fraction);
        return vm_f64_to_f16(env, negative ? value | fp_sign_bit(doubles) : value);
    }
    /* Singles and doubles go nowhere near their limits: they may be scaled when they are rounded.
     */
    uint64_t r;
    if (fp->format->bits == 32)
        r = negative ? vm_f32_from_i64(env, (int64_t)x) : vm_f32_from_u64(env, x);
    else
        r = negative ? vm_f64_from_i64(env, (int64_t)x) : vm_f64_from_u64(env, x);
    return r - ((uint64_t)fraction << fp->format->fraction_bits);
}

uint64_t a64_fp_lane_from_int(struct a64_fp *fp, uint64_t a, uint64_t unused)
{
    UNUSED(unused);
    return from_int(fp, a, A64_FP_SIZE_OF(fp->code));
}

/* The format is the result's. */
uint64_t a64_fp_from_int(A64_HELPER_ARGS)
{
    struct a64_fp fp;

    a64_fp_begin(&fp, cpu, b);
    uint64_t r = from_int(&fp, a, A64_FP_TO_OF(b));
    a64_fp_end(&fp, cpu);
    UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return r;
}

/* ---- Arm's alternative half precision: no infinities, no NaNs, one exponent more ---- */

#define AHP_LARGEST 0x7fffu

static uint64_t from_alternative(struct vm_fp_env *env, uint64_t a)
{
    if ((a & 0x7c00) != 0x7c00)
        return vm_f16_to_f64(env, (uint16_t)a);
    return scaled(vm_f16_to_f64(env, (uint16_t)(a - 0x400)), 1);
}

/* Not of a NaN. Large numbers are rounded at half their size, where the usual format has all
 * digits. */
static uint64_t to_alternative(struct vm_fp_env *env, uint64_t a)
{
    const uint64_t sign = a >> 48 & 0x8000;
    struct vm_fp_env own = *env;

    if (fp_magnitude(doubles, a) < fp_power(doubles, 15))
        return vm_f64_to_f16(env, a);
    own.flags = 0;
    uint64_t r = vm_f64_to_f16(&own, scaled(a, -1));
    if (fp_is_infinity(doubles, a) || own.flags & VM_FP_OF) {
        env->flags |= VM_FP_NV;
        return sign | AHP_LARGEST;
    }
    env->flags |= own.flags;
    return r + 0x400;
}

/* ---- between formats ---- */

/* By way of doubles, which hold the others exactly. */
static uint64_t via_double(struct a64_fp *fp, uint64_t a, uint32_t from, uint32_t to)
{
    const bool alternative = (fp->code & A64_FPCR_AHP) != 0;
    struct vm_fp_env *env = &fp->env;

    if (to == A64_FP_H && alternative && fp_is_nan(fp->format, a)) {
        env->flags |= VM_FP_NV;
        return a & fp_sign_bit(fp->format) ? 0x8000 : 0;
    }
    a = from == A64_FP_H && alternative ? from_alternative(env, a)
                                        : a64_fp_formats[from].to_f64(env, a);
    return to == A64_FP_H && alternative ? to_alternative(env, a)
                                         : a64_fp_formats[to].from_f64(env, a);
}

/*
 * FZ16 is not for conversions: halves are not flushed, neither as operands nor as results; other
 * formats as FZ says.
 */
static uint64_t convert(struct a64_fp *fp, uint64_t a, uint32_t from, uint32_t to)
{
    const bool flushes = (fp->code & A64_FPCR_FZ) != 0;

    fp->format = &a64_fp_formats[from];
    fp->flushes = flushes && from != A64_FP_H;
    fp->env.ftz = flushes && to != A64_FP_H ? VM_FP_FTZ_UF : VM_FP_FTZ_OFF;
    return via_double(fp, a64_fp_flushed(fp, a), from, to);
}

uint64_t a64_fp_convert(A64_HELPER_ARGS)
{
    const uint32_t from = A64_FP_SIZE_OF(b);
    struct a64_fp fp;

    a64_fp_begin(&fp, cpu, b);
    a &= UINT64_MAX >> (64 - fp.format->bits);
    uint64_t r = convert(&fp, a, from, A64_FP_TO_OF(b));
    a64_fp_end(&fp, cpu);
    UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return r;
}

/* FCVTL: the low 32 bits' lanes, each twice as wide. */
uint64_t a64_fp_long(A64_HELPER_ARGS)
{
    const uint32_t from = A64_FP_SIZE_OF(b), bits = 8u << from;
    struct a64_fp fp;
    uint64_t r = 0;

    a64_fp_begin(&fp, cpu, b);
    for (unsigned i = 0; i < 32 / bits; i++)
        r |= convert(&fp, a >> i * bits & (UINT64_MAX >> (64 - bits)), from, from + 1)
             << (2 * i * bits);
    a64_fp_end(&fp, cpu);
    UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return r;
}

/* Towards zero, and odd where that is inexact: rounded again later, it cannot go wrong. */
static uint64_t to_odd(struct a64_fp *fp, uint64_t a)
{
    uint8_t before = fp->env.flags;

    fp->env.rm = VM_FP_RTZ;
    fp->env.flags = 0;
    uint64_t r = convert(fp, a, A64_FP_D, A64_FP_S);
    r |= fp->env.flags & VM_FP_NX ? 1 : 0;
    fp->env.flags |= before;
    return r;
}

/* FCVTN, FCVTXN: (low half, high half, code); operation 1 rounds to odd. */
uint64_t a64_fp_narrow(A64_HELPER_ARGS)
{
    const uint32_t from = A64_FP_SIZE_OF(c), bits = 8u << from;
    const bool odd = (c & 0xff) != 0;
    struct a64_fp fp;
    uint64_t r = 0;

    a64_fp_begin(&fp, cpu, c);
    for (unsigned i = 0; i < (c & A64_FP_ONE_LANE ? 1 : 128 / bits); i++) {
        uint64_t x = (i < 64 / bits ? a : b) >> (i * bits & 63) & (UINT64_MAX >> (64 - bits));
        r |= (odd ? to_odd(&fp, x) : convert(&fp, x, from, from - 1)) << (i * bits / 2);
    }
    a64_fp_end(&fp, cpu);
    UNUSED(d), UNUSED(e), UNUSED(f);
    return r;
}

/* A half as a single, NaNs as they are. */
static uint32_t widened(struct vm_fp_env *env, uint64_t a)
{
    if (fp_is_nan(&a64_fp_formats[A64_FP_H], a))
        return (uint32_t)(a & 0x8000) << 16 | 0x7f800000 | (uint32_t)(a & 0x3ff) << 13;
    return vm_f16_to_f32(env, (uint16_t)a);
}

/*
 * FMLAL, FMLSL: singles d plus products of the halves in the low 32 bits of a and b, (a, b, d,
 * code). Products are exact; FZ flushes singles, FZ16 halves.
 */
uint64_t a64_fp_fmlal(A64_HELPER_ARGS)
{
    struct a64_fp fp, halves;
    uint64_t r = 0;

    a64_fp_begin(&fp, cpu, (d & ~A64_FP_SIZE(3)) | A64_FP_SIZE(A64_FP_S));
    a64_fp_begin(&halves, cpu, (d & ~A64_FP_SIZE(3)) | A64_FP_SIZE(A64_FP_H));
    for (unsigned i = 0; i < 2; i++) {
        uint64_t x = a64_fp_flushed(&halves, a >> 16 * i & 0xffff);
        uint64_t y = a64_fp_flushed(&halves, b >> 16 * i & 0xffff);
        uint64_t z = a64_fp_flushed(&fp, c >> 32 * i & UINT32_MAX);
        if (d & A64_FP_NEG_PRODUCT)
            x ^= 0x8000;
        r |= (uint64_t)vm_f32_fma(&fp.env, widened(&fp.env, x), widened(&fp.env, y), (uint32_t)z)
             << (32 * i);
    }
    a64_fp_end(&fp, cpu);
    UNUSED(e), UNUSED(f);
    return r;
}
