/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point, one half of a vector at a time: formats, FPCR and FPSR, and the loop over lanes.
 */
#include "fp.h"
#include "helpers.h"

#define UNUSED(x) ((void)(x))

/* ---- formats ---- */

#define UNARY(F, T, name)                                         \
    static uint64_t F##_##name(struct vm_fp_env *env, uint64_t a) \
    {                                                             \
        return vm_##F##_##name(env, (T)a);                        \
    }
#define OPERATIONS(F, T)                                                   \
    static uint64_t F##_add(struct vm_fp_env *env, uint64_t a, uint64_t b) \
    {                                                                      \
        return vm_##F##_add(env, (T)a, (T)b);                              \
    }                                                                      \
    UNARY(F, T, sqrt)

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

#define FORMAT(F, BITS, EXPONENT, TO, FROM)                                            \
    {                                                                                  \
        .bits = BITS, .exponent_bits = EXPONENT, .fraction_bits = BITS - 1 - EXPONENT, \
        .add = F##_add, .sqrt = F##_sqrt, .to_f64 = TO, .from_f64 = FROM               \
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

static const a64_fp_fn operations[A64_FP1_COUNT] = {
    [A64_FP_RECPE] = a64_fp_recpe,
    [A64_FP_RSQRTE] = a64_fp_rsqrte,
};

uint64_t a64_fp1(A64_HELPER_ARGS)
{
    struct a64_fp fp;
    uint64_t r = 0;

    a64_fp_begin(&fp, cpu, b);
    for (unsigned i = 0; i < n_lanes(&fp); i++)
        r |= operations[b & 0xff](&fp, a64_fp_flushed(&fp, lane(&fp, a, i)))
             << (i * fp.format->bits);
    a64_fp_end(&fp, cpu);
    UNUSED(c), UNUSED(d), UNUSED(e), UNUSED(f);
    return r;
}
