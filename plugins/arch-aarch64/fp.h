/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fp.h - floating point as the helpers do it: what a call's code says, formats, lane operations.
 *
 * Helpers are called for what the IR's own operations do not do, or not faster: estimates, rounding
 * to odd, alternative half precision. A code is a constant of the unit: the operation, the format,
 * and the bits of FPCR, which are in the mode key.
 */
#ifndef AARCH64_FP_H
#define AARCH64_FP_H

#include "state.h"

/* Formats by the size field of instructions: 1, 2, 3 for half, single, double. */
enum a64_fp_size { A64_FP_H = 1, A64_FP_S = 2, A64_FP_D = 3 };

/*
 * bits 0-7    operation: enum a64_fp1
 *      8-9    format; of a conversion, what it comes from
 *      10     one lane only: the rest of the half is not looked at and becomes 0
 *      11-12  format of a conversion's result
 *      19-26  the bits of FPCR, where they are there
 */
#define A64_FP_SIZE(size)    ((uint64_t)(size) << 8)
#define A64_FP_ONE_LANE      (1ull << 10)
#define A64_FP_TO(size)      ((uint64_t)(size) << 11)
#define A64_FP_SIZE_OF(code) ((uint32_t)((code) >> 8) & 3)
#define A64_FP_TO_OF(code)   ((uint32_t)((code) >> 11) & 3)

#define A64_FPCR_FZ16  (1u << 19)
#define A64_FPCR_RMODE 22
#define A64_FPCR_FZ    (1u << 24)
#define A64_FPCR_DN    (1u << 25)
#define A64_FPCR_AHP   (1u << 26)

/* FPCR.RMode as VM_FP_*. */
static inline uint32_t a64_fp_rounding(uint32_t rmode)
{
    static const uint8_t modes[4] = {VM_FP_RNE, VM_FP_RUP, VM_FP_RDN, VM_FP_RTZ};

    return modes[rmode & 3];
}

enum a64_fp1 { A64_FP_RECPE, A64_FP_RSQRTE, A64_FP1_COUNT };

/* ---- what the helpers' files share ---- */

/* A format: its soft float, on raw bits. */
struct a64_fp_format {
    uint8_t bits, exponent_bits, fraction_bits;
    uint64_t (*add)(struct vm_fp_env *env, uint64_t a, uint64_t b);
    uint64_t (*sqrt)(struct vm_fp_env *env, uint64_t a);
    uint64_t (*to_f64)(struct vm_fp_env *env, uint64_t a);
    uint64_t (*from_f64)(struct vm_fp_env *env, uint64_t a);
};

/* By enum a64_fp_size; [0] is not there. */
extern const struct a64_fp_format a64_fp_formats[4];

/* One call: its code, and the environment made of it. */
struct a64_fp {
    struct vm_fp_env env;
    uint64_t code;
    const struct a64_fp_format *format; /* of the operands */
    bool flushes;                       /* denormal operands become zeros ... */
    bool tells;                         /* ... and set FPSR.IDC */
};

typedef uint64_t (*a64_fp_fn)(struct a64_fp *fp, uint64_t a);

void a64_fp_begin(struct a64_fp *fp, const struct vm_cpu *cpu, uint64_t code);
void a64_fp_end(const struct a64_fp *fp, struct vm_cpu *cpu);
/* An operand as it goes in: a denormal number may become zero. */
uint64_t a64_fp_flushed(struct a64_fp *fp, uint64_t a);

/* fp_estimate.c: of an operand that was flushed */
uint64_t a64_fp_recpe(struct a64_fp *fp, uint64_t a);
uint64_t a64_fp_rsqrte(struct a64_fp *fp, uint64_t a);

/* ---- raw bits ---- */

static inline uint64_t fp_sign_bit(const struct a64_fp_format *f)
{
    return (uint64_t)1 << (f->bits - 1);
}

static inline uint64_t fp_infinity(const struct a64_fp_format *f)
{
    return (((uint64_t)1 << f->exponent_bits) - 1) << f->fraction_bits;
}

static inline uint64_t fp_magnitude(const struct a64_fp_format *f, uint64_t a)
{
    return a & (fp_sign_bit(f) - 1);
}

static inline bool fp_is_nan(const struct a64_fp_format *f, uint64_t a)
{
    return fp_magnitude(f, a) > fp_infinity(f);
}

static inline bool fp_is_infinity(const struct a64_fp_format *f, uint64_t a)
{
    return fp_magnitude(f, a) == fp_infinity(f);
}

static inline bool fp_is_zero(const struct a64_fp_format *f, uint64_t a)
{
    return fp_magnitude(f, a) == 0;
}

/* A number 2^n, or 1.5 * 2^n. */
static inline uint64_t fp_power(const struct a64_fp_format *f, int n)
{
    return (uint64_t)((1 << (f->exponent_bits - 1)) - 1 + n) << f->fraction_bits;
}

#endif
