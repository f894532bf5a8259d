/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point: conversions to integers as of JavaScript, and between formats. */
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
