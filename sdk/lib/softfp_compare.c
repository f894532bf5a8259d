/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point order: comparisons, minimum and maximum, classification.
 */
#include "softfp_internal.h"

/*
 * A number's place on the line, as an integer that orders as the numbers do; zeros of both signs
 * share one place. Formats of up to 64 bits with a sign leave the magnitude below 2^63.
 */
static int64_t place(const struct vm_fp_format *f, const struct vm_fp_env *env, uint64_t a)
{
    int64_t magnitude = (int64_t)(a & ~sign_bit(f));

    if (env->daz && (uint64_t)magnitude <= frac_mask(f)) {
        return 0;
    }
    return a & sign_bit(f) ? -magnitude : magnitude;
}

static int is_nan_of(const struct vm_fp_format *f, uint64_t a)
{
    return (a & ~sign_bit(f)) > pack_inf(f, 0);
}

static int unordered(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a, uint64_t b,
                     int quiet)
{
    struct fp_parts p = vm_fp_unpack(f, env, a), q = vm_fp_unpack(f, env, b);

    if (!quiet || p.kind == FP_SNAN || q.kind == FP_SNAN) {
        env->flags |= VM_FP_NV;
    }
    return VM_FP_UNORDERED;
}

static int compare(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a, uint64_t b,
                   int quiet)
{
    int64_t x, y;

    if (is_nan_of(f, a) || is_nan_of(f, b)) {
        return unordered(f, env, a, b, quiet);
    }
    x = place(f, env, a);
    y = place(f, env, b);
    return x < y ? VM_FP_LESS : x > y ? VM_FP_GREATER : VM_FP_EQUAL;
}

/* A number as it goes out: a subnormal that counts as zero becomes one. */
static uint64_t flushed(const struct vm_fp_format *f, const struct vm_fp_env *env, uint64_t a)
{
    return place(f, env, a) ? a : a & sign_bit(f);
}

/* The least kind of NaN that comes through even if the other operand is a number. */
enum fp_stubborn {
    STUBBORN_NONE = FP_SNAN + 1,
    STUBBORN_SIGNALLING = FP_SNAN,
    STUBBORN_ALL = FP_QNAN
};

static uint64_t extreme(const struct vm_fp_format *f, struct vm_fp_env *env, uint64_t a, uint64_t b,
                        int want, enum fp_stubborn stubborn)
{
    struct fp_parts p[2] = {vm_fp_unpack(f, env, a), vm_fp_unpack(f, env, b)};
    int order;

    if ((is_nan(&p[0]) && is_nan(&p[1])) || p[0].kind >= (int)stubborn ||
        p[1].kind >= (int)stubborn) {
        return vm_fp_pick_nan(f, env, p, 2);
    }
    if (p[0].kind == FP_SNAN || p[1].kind == FP_SNAN) {
        env->flags |= VM_FP_NV;
    }
    if (is_nan(&p[0]) || is_nan(&p[1])) {
        return flushed(f, env, is_nan(&p[0]) ? b : a);
    }
    order = compare(f, env, a, b, 1);
    if (order == VM_FP_EQUAL) { /* apart from the signs of zeros: minus is the lesser */
        order = p[0].sign ? VM_FP_LESS : VM_FP_GREATER;
    }
    return flushed(f, env, order == want ? a : b);
}

static unsigned classify(const struct vm_fp_format *f, uint64_t a)
{
    static const uint16_t classes[][2] = {
        [FP_ZERO] = {VM_FP_CLASS_POS_ZERO, VM_FP_CLASS_NEG_ZERO},
        [FP_FINITE] = {VM_FP_CLASS_POS_NORMAL, VM_FP_CLASS_NEG_NORMAL},
        [FP_INF] = {VM_FP_CLASS_POS_INF, VM_FP_CLASS_NEG_INF},
        [FP_QNAN] = {VM_FP_CLASS_QNAN, VM_FP_CLASS_QNAN},
        [FP_SNAN] = {VM_FP_CLASS_SNAN, VM_FP_CLASS_SNAN},
    };
    struct vm_fp_env env = {.daz = 0};
    struct fp_parts p = vm_fp_unpack(f, &env, a);

    if (p.kind == FP_FINITE && p.exp <= -exp_bias(f)) {
        return p.sign ? VM_FP_CLASS_NEG_SUBNORMAL : VM_FP_CLASS_POS_SUBNORMAL;
    }
    return classes[p.kind][p.sign];
}

#define DEFINE_EXTREME(F, T, NAME, WANT, STUBBORN)                       \
    T vm_##F##_##NAME(struct vm_fp_env *env, T a, T b)                   \
    {                                                                    \
        return (T)extreme(&vm_fp_format_##F, env, a, b, WANT, STUBBORN); \
    }

#define DEFINE_ORDER(F, T)                                                \
    int vm_##F##_compare_soft(struct vm_fp_env *env, T a, T b, int quiet) \
    {                                                                     \
        return compare(&vm_fp_format_##F, env, a, b, quiet);              \
    }                                                                     \
    DEFINE_EXTREME(F, T, min, VM_FP_LESS, STUBBORN_NONE)                  \
    DEFINE_EXTREME(F, T, max, VM_FP_GREATER, STUBBORN_NONE)               \
    DEFINE_EXTREME(F, T, minimum, VM_FP_LESS, STUBBORN_ALL)               \
    DEFINE_EXTREME(F, T, maximum, VM_FP_GREATER, STUBBORN_ALL)            \
    DEFINE_EXTREME(F, T, min_2008, VM_FP_LESS, STUBBORN_SIGNALLING)       \
    DEFINE_EXTREME(F, T, max_2008, VM_FP_GREATER, STUBBORN_SIGNALLING)    \
    unsigned vm_##F##_classify(T a)                                       \
    {                                                                     \
        return classify(&vm_fp_format_##F, a);                            \
    }

DEFINE_ORDER(f16, uint16_t)
DEFINE_ORDER(f32, uint32_t)
DEFINE_ORDER(f64, uint64_t)
