/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * IEEE 754 binary floating point for guests: every rounding mode, every flag, each guest's NaNs.
 *
 * Values are raw bits (uint16_t, uint32_t, uint64_t). Each operation F of format T is there twice:
 *
 * - vm_T_F_soft: integer arithmetic only, so it neither depends on nor changes the host's floating
 *   point environment. Call it where the host's rounding mode, flush-to-zero or denormals-are-zero
 *   may differ from the C default.
 * - vm_T_F: the same result, by the host's own arithmetic where that is proven equal: round to
 *   nearest even with the inexact flag already raised (so that the only flag of the common case
 *   need not be computed), operands zero or normal, and a result clear of overflow and of
 *   everything near the smallest normal number. It needs the host's default environment.
 *
 * No function keeps state, so all may be called on any thread; the environment belongs to the
 * caller. Flags accumulate in env->flags and are never cleared here. Rounding is always env->rm:
 * an instruction with a rounding mode of its own sets it before the call.
 */
#ifndef VMRUN_SOFTFP_H
#define VMRUN_SOFTFP_H

#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "guest floating point needs IEEE semantics: build without -ffast-math"
#endif

/* Numbered as RISC-V's frm. Any other value rounds as VM_FP_RTZ. */
enum vm_fp_round {
    VM_FP_RNE = 0, /* to nearest, ties to even */
    VM_FP_RTZ = 1, /* towards zero */
    VM_FP_RDN = 2, /* towards minus infinity */
    VM_FP_RUP = 3, /* towards plus infinity */
    VM_FP_RMM = 4, /* to nearest, ties away from zero */
};

/* Numbered as RISC-V's fflags; what comes behind these, it has not. */
enum vm_fp_flag {
    VM_FP_NX = 1,  /* inexact */
    VM_FP_UF = 2,  /* underflow: tiny and inexact */
    VM_FP_OF = 4,  /* overflow */
    VM_FP_DZ = 8,  /* division of a finite non-zero number by zero */
    VM_FP_NV = 16, /* invalid operation */
    VM_FP_ID = 32, /* a denormal operand was flushed; by vm_T_flush only */
};

/* Which NaN an operation delivers. An input NaN that is delivered is quieted first. */
enum vm_fp_nan_rule {
    VM_FP_NAN_CANONICAL = 0, /* RISC-V: always the positive quiet NaN with no payload */
    VM_FP_NAN_ARM = 1,       /* first signalling, else first quiet; fma looks at the addend first */
    VM_FP_NAN_X86 = 2,       /* SSE: first NaN; generated NaNs are negative; fma(0, inf, qNaN)
                              * is not invalid */
    VM_FP_NAN_PPC = 3,       /* first NaN; fma looks at a, the addend, then b */
};

/* Results that are tiny become zeros of their sign, raising UF and, for some guests, NX. */
enum vm_fp_ftz {
    VM_FP_FTZ_OFF = 0,
    VM_FP_FTZ_UF_NX = 1, /* as SSE */
    VM_FP_FTZ_UF = 2,    /* as Arm */
};

struct vm_fp_env {
    uint8_t rm;          /* enum vm_fp_round */
    uint8_t flags;       /* enum vm_fp_flag, ORed in */
    uint8_t nan_rule;    /* enum vm_fp_nan_rule */
    uint8_t tiny_before; /* non-zero: tininess is judged before rounding (Arm, Power) */
    uint8_t ftz;         /* enum vm_fp_ftz */
    uint8_t daz;         /* non-zero: subnormal operands count as zeros, without a flag */
    uint8_t default_nan; /* non-zero: input NaNs never come through, whatever the rule */
    uint8_t reserved;    /* zero */
};

/* What compare returns. */
enum vm_fp_order {
    VM_FP_LESS = -1,
    VM_FP_EQUAL = 0,
    VM_FP_GREATER = 1,
    VM_FP_UNORDERED = 2,
};

/* What classify returns: one bit, numbered as RISC-V's fclass. */
enum vm_fp_class {
    VM_FP_CLASS_NEG_INF = 1 << 0,
    VM_FP_CLASS_NEG_NORMAL = 1 << 1,
    VM_FP_CLASS_NEG_SUBNORMAL = 1 << 2,
    VM_FP_CLASS_NEG_ZERO = 1 << 3,
    VM_FP_CLASS_POS_ZERO = 1 << 4,
    VM_FP_CLASS_POS_SUBNORMAL = 1 << 5,
    VM_FP_CLASS_POS_NORMAL = 1 << 6,
    VM_FP_CLASS_POS_INF = 1 << 7,
    VM_FP_CLASS_SNAN = 1 << 8,
    VM_FP_CLASS_QNAN = 1 << 9,
};

/*
 * The operations of one format, in integer arithmetic. What is not plain from the name:
 * fma          a * b + c with one rounding
 * min, max     IEEE 754-2019 minimumNumber and maximumNumber: a number beats a NaN, -0 < +0,
 *              a signalling NaN raises NV
 * minimum, maximum  the same, but NaNs come through
 * min_2008, max_2008  IEEE 754-2008 minNum and maxNum: only a quiet NaN gives way to a number
 * compare      quiet: only a signalling NaN raises NV; otherwise any NaN does
 * rint         to an integral value, raising NX when that changes it; nearbyint never raises NX
 * to_<int>     saturates: NaN gives the largest integer; NV, and then no NX, when the rounded
 *              value does not fit
 */
#define VM_FP_DECLARE_SOFT(F, T)                                           \
    T vm_##F##_add_soft(struct vm_fp_env *env, T a, T b);                  \
    T vm_##F##_sub_soft(struct vm_fp_env *env, T a, T b);                  \
    T vm_##F##_mul_soft(struct vm_fp_env *env, T a, T b);                  \
    T vm_##F##_div_soft(struct vm_fp_env *env, T a, T b);                  \
    T vm_##F##_sqrt_soft(struct vm_fp_env *env, T a);                      \
    T vm_##F##_fma_soft(struct vm_fp_env *env, T a, T b, T c);             \
    T vm_##F##_min(struct vm_fp_env *env, T a, T b);                       \
    T vm_##F##_max(struct vm_fp_env *env, T a, T b);                       \
    T vm_##F##_minimum(struct vm_fp_env *env, T a, T b);                   \
    T vm_##F##_maximum(struct vm_fp_env *env, T a, T b);                   \
    T vm_##F##_min_2008(struct vm_fp_env *env, T a, T b);                  \
    T vm_##F##_max_2008(struct vm_fp_env *env, T a, T b);                  \
    T vm_##F##_rint(struct vm_fp_env *env, T a);                           \
    T vm_##F##_nearbyint(struct vm_fp_env *env, T a);                      \
    int vm_##F##_compare_soft(struct vm_fp_env *env, T a, T b, int quiet); \
    unsigned vm_##F##_classify(T a);                                       \
    int32_t vm_##F##_to_i32_soft(struct vm_fp_env *env, T a);              \
    uint32_t vm_##F##_to_u32_soft(struct vm_fp_env *env, T a);             \
    int64_t vm_##F##_to_i64_soft(struct vm_fp_env *env, T a);              \
    uint64_t vm_##F##_to_u64_soft(struct vm_fp_env *env, T a);             \
    T vm_##F##_from_i32_soft(struct vm_fp_env *env, int32_t i);            \
    T vm_##F##_from_u32_soft(struct vm_fp_env *env, uint32_t i);           \
    T vm_##F##_from_i64_soft(struct vm_fp_env *env, int64_t i);            \
    T vm_##F##_from_u64_soft(struct vm_fp_env *env, uint64_t i);

VM_FP_DECLARE_SOFT(f16, uint16_t)
VM_FP_DECLARE_SOFT(f32, uint32_t)
VM_FP_DECLARE_SOFT(f64, uint64_t)

uint32_t vm_f16_to_f32_soft(struct vm_fp_env *env, uint16_t a);
uint64_t vm_f16_to_f64_soft(struct vm_fp_env *env, uint16_t a);
uint16_t vm_f32_to_f16_soft(struct vm_fp_env *env, uint32_t a);
uint16_t vm_f64_to_f16_soft(struct vm_fp_env *env, uint64_t a);
uint64_t vm_f32_to_f64_soft(struct vm_fp_env *env, uint32_t a);
uint32_t vm_f64_to_f32_soft(struct vm_fp_env *env, uint64_t a);

/* The forms below that use the host's arithmetic need float and double to be what they say. */
#if defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ == 0 && __FLT_MANT_DIG__ == 24 && \
    __DBL_MANT_DIG__ == 53
#define VM_FP_HOST 1
#else
#define VM_FP_HOST 0
#endif

/*
 * Hides where a value came from, so that the compiler cannot contract a guest's multiplication and
 * a following addition into one fma. -ffp-contract=off does the same, but nothing can check that a
 * plugin was built with it.
 */
#if defined(__x86_64__)
#define VM_FP_OPAQUE(x) __asm__("" : "+x"(x))
#elif defined(__aarch64__)
#define VM_FP_OPAQUE(x) __asm__("" : "+w"(x))
#else
#define VM_FP_OPAQUE(x) __asm__("" : "+m"(x))
#endif

/*
 * Host arithmetic may do: it rounds to nearest even, and inexact is raised already. Flushing needs
 * no look, since neither operands nor results near the subnormals are taken. Two loads of a byte
 * each, because one wider load would wait for a store to env->rm just before.
 */
static inline int vm_fp_env_is_fast(const struct vm_fp_env *env)
{
    return VM_FP_HOST && env->rm == VM_FP_RNE && (env->flags & VM_FP_NX);
}

static inline float vm_f32_host(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof(x));
    VM_FP_OPAQUE(x);
    return x;
}

static inline uint32_t vm_f32_bits(float x)
{
    uint32_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

static inline double vm_f64_host(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof(x));
    VM_FP_OPAQUE(x);
    return x;
}

static inline uint64_t vm_f64_bits(double x)
{
    uint64_t bits;

    memcpy(&bits, &x, sizeof(bits));
    return bits;
}

/*
 * vm_T_is_plain: zero or normal.
 * vm_T_is_clear: finite and above the smallest normal number, which itself is left out because a
 * tiny exact value may have been rounded up to it.
 * Both look at the bits without the sign.
 */
#define VM_FP_DEFINE_RANGES(F, T, FRAC, MASK)                           \
    static inline int vm_##F##_is_zero(T a)                             \
    {                                                                   \
        return (T)(a << 1) == 0;                                        \
    }                                                                   \
    static inline int vm_##F##_is_plain(T a)                            \
    {                                                                   \
        return (((a >> FRAC) + 1) & MASK) > 1 || vm_##F##_is_zero(a);   \
    }                                                                   \
    static inline int vm_##F##_is_clear(T a)                            \
    {                                                                   \
        const T low = (T)1 << (FRAC + 1), high = (T)MASK << (FRAC + 1); \
        return (T)((T)(a << 1) - low - 1) < (T)(high - low - 1);        \
    }

VM_FP_DEFINE_RANGES(f32, uint32_t, 23, 0xff)
VM_FP_DEFINE_RANGES(f64, uint64_t, 52, 0x7ff)

/* An operand in Arm's flush-to-zero mode: a denormal number becomes a zero of its sign. */
#define VM_FP_DEFINE_FLUSH(F, T, FRAC)                                       \
    static inline T vm_##F##_flush(struct vm_fp_env *env, T a)               \
    {                                                                        \
        const T sign = (T)1 << (8 * sizeof(T) - 1), smallest = (T)1 << FRAC; \
        if ((a & ~sign) - 1 >= smallest - 1) {                               \
            return a;                                                        \
        }                                                                    \
        env->flags |= VM_FP_ID;                                              \
        return a & sign;                                                     \
    }

VM_FP_DEFINE_FLUSH(f32, uint32_t, 23)
VM_FP_DEFINE_FLUSH(f64, uint64_t, 52)

/* ZERO_OK: when a result that compares equal to zero is known to be exact. */
#define VM_FP_DEFINE_OP2(F, T, H, NAME, OP, ZERO_OK)                                  \
    static inline T vm_##F##_##NAME(struct vm_fp_env *env, T a, T b)                  \
    {                                                                                 \
        if (vm_fp_env_is_fast(env) && vm_##F##_is_plain(a) && vm_##F##_is_plain(b)) { \
            H x = vm_##F##_host(a) OP vm_##F##_host(b);                               \
            T r;                                                                      \
            VM_FP_OPAQUE(x);                                                          \
            r = vm_##F##_bits(x);                                                     \
            if (vm_##F##_is_clear(r) || (vm_##F##_is_zero(r) && (ZERO_OK))) {         \
                return r;                                                             \
            }                                                                         \
        }                                                                             \
        return vm_##F##_##NAME##_soft(env, a, b);                                     \
    }

#define VM_FP_DEFINE_ARITH(F, T, H)                                               \
    VM_FP_DEFINE_OP2(F, T, H, add, +, 1)                                          \
    VM_FP_DEFINE_OP2(F, T, H, sub, -, 1)                                          \
    VM_FP_DEFINE_OP2(F, T, H, mul, *, vm_##F##_is_zero(a) || vm_##F##_is_zero(b)) \
    VM_FP_DEFINE_OP2(F, T, H, div, /, vm_##F##_is_zero(a) && !vm_##F##_is_zero(b))

VM_FP_DEFINE_ARITH(f32, uint32_t, float)
VM_FP_DEFINE_ARITH(f64, uint64_t, double)

/* The instruction by name, because the C library's function would need <math.h> and errno. */
#if defined(__x86_64__)
#define VM_FP_HOST_SQRT_F32(x) __asm__("sqrtss %0, %0" : "+x"(x))
#define VM_FP_HOST_SQRT_F64(x) __asm__("sqrtsd %0, %0" : "+x"(x))
#elif defined(__aarch64__)
#define VM_FP_HOST_SQRT_F32(x) __asm__("fsqrt %s0, %s0" : "+w"(x))
#define VM_FP_HOST_SQRT_F64(x) __asm__("fsqrt %d0, %d0" : "+w"(x))
#endif

static inline uint32_t vm_f32_sqrt(struct vm_fp_env *env, uint32_t a)
{
#ifdef VM_FP_HOST_SQRT_F32
    /* A sign bit that is set makes the value too large for the last comparison. */
    if (vm_fp_env_is_fast(env) && vm_f32_is_plain(a) && a < 0x7f800000) {
        float x = vm_f32_host(a);

        VM_FP_HOST_SQRT_F32(x);
        return vm_f32_bits(x);
    }
#endif
    return vm_f32_sqrt_soft(env, a);
}

static inline uint64_t vm_f64_sqrt(struct vm_fp_env *env, uint64_t a)
{
#ifdef VM_FP_HOST_SQRT_F64
    if (vm_fp_env_is_fast(env) && vm_f64_is_plain(a) && a < 0x7ff0000000000000) {
        double x = vm_f64_host(a);

        VM_FP_HOST_SQRT_F64(x);
        return vm_f64_bits(x);
    }
#endif
    return vm_f64_sqrt_soft(env, a);
}

/* Only where the compiler may use the host's instruction: the C library's emulation is slower. */
#if defined(__FMA__) || defined(__aarch64__)
#define VM_FP_DEFINE_FMA(F, T, H, HOST_FMA)                                           \
    static inline T vm_##F##_fma(struct vm_fp_env *env, T a, T b, T c)                \
    {                                                                                 \
        if (vm_fp_env_is_fast(env) && vm_##F##_is_plain(a) && vm_##F##_is_plain(b) && \
            vm_##F##_is_plain(c)) {                                                   \
            H x = HOST_FMA(vm_##F##_host(a), vm_##F##_host(b), vm_##F##_host(c));     \
            T r;                                                                      \
            VM_FP_OPAQUE(x);                                                          \
            r = vm_##F##_bits(x);                                                     \
            if (vm_##F##_is_clear(r)) {                                               \
                return r;                                                             \
            }                                                                         \
        }                                                                             \
        return vm_##F##_fma_soft(env, a, b, c);                                       \
    }
#else
#define VM_FP_DEFINE_FMA(F, T, H, HOST_FMA)                            \
    static inline T vm_##F##_fma(struct vm_fp_env *env, T a, T b, T c) \
    {                                                                  \
        return vm_##F##_fma_soft(env, a, b, c);                        \
    }
#endif

VM_FP_DEFINE_FMA(f32, uint32_t, float, __builtin_fmaf)
VM_FP_DEFINE_FMA(f64, uint64_t, double, __builtin_fma)

/* Two numbers in order: the host's comparison is exact; NaNs and daz go the long way. */
#define VM_FP_DEFINE_COMPARE(F, T, H, NAME, OP, QUIET, SOFT)           \
    static inline int vm_##F##_##NAME(struct vm_fp_env *env, T a, T b) \
    {                                                                  \
        int order;                                                     \
        if (VM_FP_HOST && !env->daz) {                                 \
            H x = vm_##F##_host(a), y = vm_##F##_host(b);              \
            if (!__builtin_isunordered(x, y)) {                        \
                return x OP y;                                         \
            }                                                          \
        }                                                              \
        order = vm_##F##_compare_soft(env, a, b, QUIET);               \
        return SOFT;                                                   \
    }

#define VM_FP_DEFINE_COMPARES(F, T, H)                                 \
    VM_FP_DEFINE_COMPARE(F, T, H, eq, ==, 1, order == VM_FP_EQUAL)     \
    VM_FP_DEFINE_COMPARE(F, T, H, lt, <, 0, order == VM_FP_LESS)       \
    VM_FP_DEFINE_COMPARE(F, T, H, le, <=, 0, order <= VM_FP_EQUAL)     \
    VM_FP_DEFINE_COMPARE(F, T, H, lt_quiet, <, 1, order == VM_FP_LESS) \
    VM_FP_DEFINE_COMPARE(F, T, H, le_quiet, <=, 1, order <= VM_FP_EQUAL)

VM_FP_DEFINE_COMPARES(f32, uint32_t, float)
VM_FP_DEFINE_COMPARES(f64, uint64_t, double)

/*
 * To an integer, towards zero: the host's conversion when the value is inside the exclusive bounds
 * LOW and HIGH, where truncation is in range and its exactness can be seen by converting back.
 */
#define VM_FP_DEFINE_TO_INT(F, T, NAME, I, WIDE, LOW, HIGH)        \
    static inline I vm_##F##_to_##NAME(struct vm_fp_env *env, T a) \
    {                                                              \
        if (VM_FP_HOST && env->rm == VM_FP_RTZ && !env->daz) {     \
            double x = (double)vm_##F##_host(a);                   \
            if (x > LOW && x < HIGH) {                             \
                WIDE i = (WIDE)x;                                  \
                env->flags |= (double)i != x ? VM_FP_NX : 0;       \
                return (I)i;                                       \
            }                                                      \
        }                                                          \
        return vm_##F##_to_##NAME##_soft(env, a);                  \
    }

#define VM_FP_DEFINE_TO_INTS(F, T)                                          \
    VM_FP_DEFINE_TO_INT(F, T, i32, int32_t, int32_t, -2147483649.0, 0x1p31) \
    VM_FP_DEFINE_TO_INT(F, T, u32, uint32_t, int64_t, -1.0, 0x1p32)         \
    VM_FP_DEFINE_TO_INT(F, T, i64, int64_t, int64_t, -0x1p63, 0x1p63)       \
    VM_FP_DEFINE_TO_INT(F, T, u64, uint64_t, int64_t, -1.0, 0x1p63)

VM_FP_DEFINE_TO_INTS(f32, uint32_t)
VM_FP_DEFINE_TO_INTS(f64, uint64_t)

/* From an integer: EXACT says when no rounding can happen, so that no mode and no flag matters. */
#define VM_FP_DEFINE_FROM_INT(F, T, H, NAME, I, EXACT)               \
    static inline T vm_##F##_from_##NAME(struct vm_fp_env *env, I i) \
    {                                                                \
        if (VM_FP_HOST && ((EXACT) || vm_fp_env_is_fast(env))) {     \
            return vm_##F##_bits((H)i);                              \
        }                                                            \
        return vm_##F##_from_##NAME##_soft(env, i);                  \
    }

VM_FP_DEFINE_FROM_INT(f32, uint32_t, float, i32, int32_t, i >= -(1 << 24) && i <= 1 << 24)
VM_FP_DEFINE_FROM_INT(f32, uint32_t, float, u32, uint32_t, i <= 1u << 24)
VM_FP_DEFINE_FROM_INT(f32, uint32_t, float, i64, int64_t, i >= -(1 << 24) && i <= 1 << 24)
VM_FP_DEFINE_FROM_INT(f32, uint32_t, float, u64, uint64_t, i <= 1u << 24)
VM_FP_DEFINE_FROM_INT(f64, uint64_t, double, i32, int32_t, 1)
VM_FP_DEFINE_FROM_INT(f64, uint64_t, double, u32, uint32_t, 1)
VM_FP_DEFINE_FROM_INT(f64, uint64_t, double, i64, int64_t,
                      i >= -(INT64_C(1) << 53) && i <= INT64_C(1) << 53)
VM_FP_DEFINE_FROM_INT(f64, uint64_t, double, u64, uint64_t, i <= UINT64_C(1) << 53)

/* Widening a zero or a normal number is exact. */
static inline uint64_t vm_f32_to_f64(struct vm_fp_env *env, uint32_t a)
{
    if (VM_FP_HOST && vm_f32_is_plain(a)) {
        return vm_f64_bits((double)vm_f32_host(a));
    }
    return vm_f32_to_f64_soft(env, a);
}

static inline uint32_t vm_f64_to_f32(struct vm_fp_env *env, uint64_t a)
{
    if (vm_fp_env_is_fast(env) && vm_f64_is_plain(a)) {
        float x = (float)vm_f64_host(a);
        uint32_t r;

        VM_FP_OPAQUE(x);
        r = vm_f32_bits(x);
        if (vm_f32_is_clear(r) || vm_f64_is_zero(a)) {
            return r;
        }
    }
    return vm_f64_to_f32_soft(env, a);
}

/*
 * Half precision by the host's doubles, in which sums and products of two halves are exact: what is
 * not exact is rounded once, by integers.
 */
VM_FP_DEFINE_RANGES(f16, uint16_t, 10, 0x1f)

/* A zero or normal number. */
static inline uint64_t vm_f16_widened(uint16_t a)
{
    uint64_t magnitude = a & 0x7fffu;

    return (uint64_t)(a & 0x8000u) << 48 |
           (magnitude ? (magnitude << 42) + ((uint64_t)(1023 - 15) << 52) : 0);
}

static inline double vm_f16_host(uint16_t a)
{
    return vm_f64_host(vm_f16_widened(a));
}

/*
 * Rounds a number to nearest even: a zero, or one whose magnitude is from the smallest normal half
 * up to 2^15, so that the result is normal. Others are left to soft float. Returns whether it was
 * done.
 */
static inline int vm_f16_rounded(struct vm_fp_env *env, double x, uint16_t *result)
{
    uint64_t bits = vm_f64_bits(x), rest = bits << 22, half = UINT64_C(1) << 63, magnitude;

    if (!VM_FP_HOST || env->rm != VM_FP_RNE) {
        return 0;
    }
    if (bits << 1 == 0) {
        *result = (uint16_t)(bits >> 48);
        return 1;
    }
    if ((bits >> 52 & 0x7ff) - (1023 - 14) >= 29) {
        return 0;
    }
    magnitude = (bits << 1 >> 43) - ((1023 - 15) << 10);
    magnitude += rest > half || (rest == half && (magnitude & 1));
    env->flags |= rest ? VM_FP_NX : 0;
    *result = (uint16_t)(bits >> 63 << 15 | magnitude);
    return 1;
}

#define VM_FP_DEFINE_HALF2(NAME, OP, WHEN)                                              \
    static inline uint16_t vm_f16_##NAME(struct vm_fp_env *env, uint16_t a, uint16_t b) \
    {                                                                                   \
        uint16_t r;                                                                     \
        if ((WHEN) && vm_f16_is_plain(a) && vm_f16_is_plain(b) &&                       \
            vm_f16_rounded(env, vm_f16_host(a) OP vm_f16_host(b), &r)) {                \
            return r;                                                                   \
        }                                                                               \
        return vm_f16_##NAME##_soft(env, a, b);                                         \
    }

/* Quotients and roots of halves are never so near to the middle between two that a double does not
 * tell. */
VM_FP_DEFINE_HALF2(add, +, VM_FP_HOST)
VM_FP_DEFINE_HALF2(sub, -, VM_FP_HOST)
VM_FP_DEFINE_HALF2(mul, *, VM_FP_HOST)
VM_FP_DEFINE_HALF2(div, /, vm_fp_env_is_fast(env) && !vm_f16_is_zero(b))

static inline uint16_t vm_f16_sqrt(struct vm_fp_env *env, uint16_t a)
{
    uint16_t r;

    if (vm_fp_env_is_fast(env) && vm_f16_is_plain(a) && !(a & 0x8000u)) {
        uint64_t root = vm_f64_sqrt(env, vm_f16_widened(a));

        if (vm_f16_rounded(env, vm_f64_host(root), &r)) {
            return r;
        }
    }
    return vm_f16_sqrt_soft(env, a);
}

/* The product is exact. So is the sum, or the product is too small to matter beside c. */
static inline uint16_t vm_f16_fma(struct vm_fp_env *env, uint16_t a, uint16_t b, uint16_t c)
{
    uint16_t r;

    if (vm_fp_env_is_fast(env) && vm_f16_is_plain(a) && vm_f16_is_plain(b) && vm_f16_is_plain(c)) {
        double product = vm_f16_host(a) * vm_f16_host(b);

        if (vm_f16_rounded(env, product + vm_f16_host(c), &r)) {
            return r;
        }
    }
    return vm_f16_fma_soft(env, a, b, c);
}

static inline uint64_t vm_f16_to_f64(struct vm_fp_env *env, uint16_t a)
{
    return VM_FP_HOST && vm_f16_is_plain(a) ? vm_f16_widened(a) : vm_f16_to_f64_soft(env, a);
}

static inline uint32_t vm_f16_to_f32(struct vm_fp_env *env, uint16_t a)
{
    return VM_FP_HOST && vm_f16_is_plain(a) ? vm_f32_bits((float)vm_f16_host(a))
                                            : vm_f16_to_f32_soft(env, a);
}

static inline uint16_t vm_f64_to_f16(struct vm_fp_env *env, uint64_t a)
{
    uint16_t r;

    return vm_f16_rounded(env, vm_f64_host(a), &r) ? r : vm_f64_to_f16_soft(env, a);
}

static inline uint16_t vm_f32_to_f16(struct vm_fp_env *env, uint32_t a)
{
    uint16_t r;

    return vm_f32_is_plain(a) && vm_f16_rounded(env, (double)vm_f32_host(a), &r)
               ? r
               : vm_f32_to_f16_soft(env, a);
}

#define vm_f16_to_i32   vm_f16_to_i32_soft
#define vm_f16_to_u32   vm_f16_to_u32_soft
#define vm_f16_to_i64   vm_f16_to_i64_soft
#define vm_f16_to_u64   vm_f16_to_u64_soft
#define vm_f16_from_i32 vm_f16_from_i32_soft
#define vm_f16_from_u32 vm_f16_from_u32_soft
#define vm_f16_from_i64 vm_f16_from_i64_soft
#define vm_f16_from_u64 vm_f16_from_u64_soft

static inline int vm_f16_eq(struct vm_fp_env *env, uint16_t a, uint16_t b)
{
    return vm_f16_compare_soft(env, a, b, 1) == VM_FP_EQUAL;
}

static inline int vm_f16_lt(struct vm_fp_env *env, uint16_t a, uint16_t b)
{
    return vm_f16_compare_soft(env, a, b, 0) == VM_FP_LESS;
}

static inline int vm_f16_le(struct vm_fp_env *env, uint16_t a, uint16_t b)
{
    return vm_f16_compare_soft(env, a, b, 0) <= VM_FP_EQUAL;
}

static inline int vm_f16_lt_quiet(struct vm_fp_env *env, uint16_t a, uint16_t b)
{
    return vm_f16_compare_soft(env, a, b, 1) == VM_FP_LESS;
}

static inline int vm_f16_le_quiet(struct vm_fp_env *env, uint16_t a, uint16_t b)
{
    return vm_f16_compare_soft(env, a, b, 1) <= VM_FP_EQUAL;
}

#ifdef __cplusplus
}
#endif
#endif
