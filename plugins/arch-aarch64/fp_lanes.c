/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point, one half of a vector at a time: formats, FPCR and FPSR, and the loop over lanes.
 */
#include "fp.h"
#include "helpers.h"

#define UNUSED(x) ((void)(x))

/* ---- formats ---- */

#define BINARY(F, T, name)                                                    \
    static uint64_t F##_##name(struct vm_fp_env *env, uint64_t a, uint64_t b) \
    {                                                                         \
        return vm_##F##_##name(env, (T)a, (T)b);                              \
    }
#define UNARY(F, T, name)                                         \
    static uint64_t F##_##name(struct vm_fp_env *env, uint64_t a) \
    {                                                             \
        return vm_##F##_##name(env, (T)a);                        \
    }
#define OPERATIONS(F, T)                                                               \
    BINARY(F, T, add)                                                                  \
    BINARY(F, T, sub)                                                                  \
    BINARY(F, T, mul)                                                                  \
    BINARY(F, T, div)                                                                  \
    BINARY(F, T, max)                                                                  \
    BINARY(F, T, min)                                                                  \
    UNARY(F, T, sqrt)                                                                  \
    UNARY(F, T, rint)                                                                  \
    UNARY(F, T, nearbyint)                                                             \
    static uint64_t F##_fma(struct vm_fp_env *env, uint64_t a, uint64_t b, uint64_t c) \
    {                                                                                  \
        return vm_##F##_fma(env, (T)a, (T)b, (T)c);                                    \
    }                                                                                  \
    static int F##_compare(struct vm_fp_env *env, uint64_t a, uint64_t b, int quiet)   \
    {                                                                                  \
        return vm_##F##_compare_soft(env, (T)a, (T)b, quiet);                          \
    }

OPERATIONS(f16, uint16_t)
OPERATIONS(f32, uint32_t)
OPERATIONS(f64, uint64_t)
UNARY(f16, uint16_t, to_f64)
UNARY(f32, uint32_t, to_f64)
UNARY(f64, uint64_t, to_f16)
UNARY(f64, uint64_t, to_f32)

static uint64_t same(struct vm_fp_env *env, uint64_t a)
{
    UNUSED(env);
    return a;
}

#define FORMAT(F, BITS, EXPONENT, TO, FROM)                                                \
    {                                                                                      \
        .bits = BITS, .exponent_bits = EXPONENT, .fraction_bits = BITS - 1 - EXPONENT,     \
        .add = F##_add, .sub = F##_sub, .mul = F##_mul, .div = F##_div, .max = F##_max,    \
        .min = F##_min, .fma = F##_fma, .sqrt = F##_sqrt, .rint = F##_rint,                \
        .nearbyint = F##_nearbyint, .compare = F##_compare, .to_f64 = TO, .from_f64 = FROM \
    }

const struct a64_fp_format a64_fp_formats[4] = {
    [A64_FP_H] = FORMAT(f16, 16, 5, f16_to_f64, f64_to_f16),
    [A64_FP_S] = FORMAT(f32, 32, 8, f32_to_f64, f64_to_f32),
    [A64_FP_D] = FORMAT(f64, 64, 11, same, same),
};

/* ---- FPCR and FPSR ---- */

/* FZ16 flushes halves without a word, FZ the others with FPSR.IDC. */
void a64_fp_begin(struct a64_fp *fp, const struct vm_cpu *cpu, uint64_t code)
{
    uint32_t size = A64_FP_SIZE_OF(code);
    bool flushes = code & (size == A64_FP_H ? A64_FPCR_FZ16 : A64_FPCR_FZ);

    *fp = (struct a64_fp){
        .env = {.rm = (uint8_t)a64_fp_rounding((uint32_t)(code >> A64_FPCR_RMODE)),
                .flags = (uint8_t)((const struct a64_state *)(const void *)cpu->state)->fpflags,
                .nan_rule = VM_FP_NAN_ARM,
                .tiny_before = 1,
                .ftz = flushes ? VM_FP_FTZ_UF : VM_FP_FTZ_OFF,
                .default_nan = (code & A64_FPCR_DN) != 0},
        .code = code,
        .format = &a64_fp_formats[size],
        .flushes = flushes,
        .tells = size != A64_FP_H,
    };
}

void a64_fp_end(const struct a64_fp *fp, struct vm_cpu *cpu)
{
    a64_state(cpu)->fpflags |= fp->env.flags;
}

uint64_t a64_fp_flushed(struct a64_fp *fp, uint64_t a)
{
    const struct a64_fp_format *f = fp->format;

    if (!fp->flushes || a & fp_infinity(f) || fp_is_zero(f, a))
        return a;
    if (fp->tells)
        fp->env.flags |= VM_FP_ID;
    return a & fp_sign_bit(f);
}

/* ---- lanes ---- */

static unsigned n_lanes(const struct a64_fp *fp)
{
    return fp->code & A64_FP_ONE_LANE ? 1 : 64u / fp->format->bits;
}

static uint64_t lane(const struct a64_fp *fp, uint64_t v, unsigned i)
{
    return v >> (i * fp->format->bits) & (UINT64_MAX >> (64 - fp->format->bits));
}

uint64_t a64_fp1(A64_HELPER_ARGS)
{
    const a64_fp_fn op = a64_fp1_ops[b & 0xff];
    /* What comes from integers has nothing to flush. */
    const bool integers = (b & 0xff) == A64_FP_LANE_FROM_INT;
    struct a64_fp fp;
    uint64_t r = 0;

    a64_fp_begin(&fp, cpu, b);
    for (unsigned i = 0; i < n_lanes(&fp); i++) {
        uint64_t x = lane(&fp, a, i);
        r |= op(&fp, integers ? x : a64_fp_flushed(&fp, x), 0) << (i * fp.format->bits);
    }
    a64_fp_end(&fp, cpu);
    UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return r;
}

uint64_t a64_fp2(A64_HELPER_ARGS)
{
    const a64_fp_fn op = a64_fp2_ops[c & 0xff];
    struct a64_fp fp;
    uint64_t r = 0;

    a64_fp_begin(&fp, cpu, c);
    for (unsigned i = 0; i < n_lanes(&fp); i++) {
        uint64_t x = a64_fp_flushed(&fp, lane(&fp, a, i));
        r |= op(&fp, x, a64_fp_flushed(&fp, lane(&fp, b, i))) << (i * fp.format->bits);
    }
    a64_fp_end(&fp, cpu);
    UNUSED(d), UNUSED(e), UNUSED(f);
    return r;
}

/* a * b + c */
uint64_t a64_fp3(A64_HELPER_ARGS)
{
    struct a64_fp fp;
    uint64_t r = 0;

    a64_fp_begin(&fp, cpu, d);
    const struct a64_fp_format *format = fp.format;
    const uint64_t sign = fp_sign_bit(format);
    for (unsigned i = 0; i < n_lanes(&fp); i++) {
        uint64_t x = a64_fp_flushed(&fp, lane(&fp, a, i)), y = a64_fp_flushed(&fp, lane(&fp, b, i));
        uint64_t z = a64_fp_flushed(&fp, lane(&fp, c, i));
        x ^= d & A64_FP_NEG_PRODUCT ? sign : 0;
        z ^= d & A64_FP_NEG_ADDEND ? sign : 0;
        r |= format->fma(&fp.env, x, y, z) << (i * format->bits);
    }
    a64_fp_end(&fp, cpu);
    UNUSED(e), UNUSED(f);
    return r;
}

/* NZCV of a comparison, in bits 31..28. */
uint64_t a64_fp_compare(A64_HELPER_ARGS)
{
    static const uint32_t nzcv[] = {0x80000000, 0x60000000, 0x20000000, 0x30000000};
    struct a64_fp fp;

    a64_fp_begin(&fp, cpu, c);
    a = a64_fp_flushed(&fp, lane(&fp, a, 0));
    b = a64_fp_flushed(&fp, lane(&fp, b, 0));
    int order = fp.format->compare(&fp.env, a, b, !(c & A64_FP_SIGNALS));
    a64_fp_end(&fp, cpu);
    UNUSED(d), UNUSED(e), UNUSED(f);
    return nzcv[order - VM_FP_LESS];
}
