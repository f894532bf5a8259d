/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fp_ops.h - the floating-point operations of the IR that round, raise flags or classify, as calls
 * of the SDK's soft float. An engine says what a function looks like and gets one for each.
 */
#ifndef ENGINE_COMMON_FP_OPS_H
#define ENGINE_COMMON_FP_OPS_H

#include <vmrun/ir.h>
#include <vmrun/softfp.h>

/* Each with one function per format, by the format of FTOI's operand and of the others' result. */
enum fp_row {
    FP_ADD,
    FP_SUB,
    FP_MUL,
    FP_DIV,
    FP_SQRT,
    FP_NEARBYINT, /* and its variant */
    FP_RINT,
    FP_FMA,
    FP_MIN, /* and its variants */
    FP_MIN_NAN,
    FP_MIN_2008,
    FP_MAX,
    FP_MAX_NAN,
    FP_MAX_2008,
    FP_EQ,
    FP_LT,
    FP_LT_QUIET,
    FP_LE,
    FP_LE_QUIET,
    FP_FLUSH,
    FP_TO_I32, /* and its variants; so is the next */
    FP_TO_U32,
    FP_TO_I32_ZERO,
    FP_TO_U32_ZERO,
    FP_TO_I64,
    FP_TO_U64,
    FP_TO_I64_ZERO,
    FP_TO_U64_ZERO,
    FP_FROM_I32,
    FP_FROM_U32,
    FP_FROM_I64,
    FP_FROM_U64,
    FP_CLASS,
    FP_CONVERT,   /* from the other format */
    FP_FROM_HALF, /* and its variant */
    FP_FROM_HALF_AS_IS,
    FP_TO_HALF,
    FP_TO_I16, /* of halves alone, and its variants; so is the next */
    FP_TO_U16,
    FP_TO_I16_ZERO,
    FP_TO_U16_ZERO,
    FP_FROM_I16,
    FP_FROM_U16,
    FP_ROW_COUNT
};

/* As a single, in which a signalling NaN still is one, although it has been raised. */
static inline uint32_t fp_half_as_is(struct vm_fp_env *env, uint16_t a)
{
    uint32_t r = vm_f16_to_f32(env, a);

    return vm_f16_classify(a) & VM_FP_CLASS_SNAN && !env->default_nan ? r & ~((uint32_t)1 << 22)
                                                                      : r;
}

/* To 16 bits: what does not fit is invalid, and then not inexact. */
static inline uint16_t fp_half_to_16(struct vm_fp_env *env, uint16_t a, bool is_unsigned)
{
    const int32_t low = is_unsigned ? 0 : INT16_MIN, high = is_unsigned ? UINT16_MAX : INT16_MAX;
    struct vm_fp_env own = *env;

    own.flags = 0;
    int32_t r = vm_f16_to_i32(&own, a), fits = r < low ? low : r > high ? high : r;
    env->flags |= fits == r ? own.flags : VM_FP_NV;
    return (uint16_t)fits;
}

/* Or 0 if a is a NaN, which the call finds out as well. */
#define FP_OR_ZERO(F, T, call) \
    (vm_##F##_classify((T)a) & (VM_FP_CLASS_SNAN | VM_FP_CLASS_QNAN) ? (call)&0 : (call))

/*
 * FN(name, KIND, call) for each operation: `call` computes it from the raw bits a, b, c under the
 * environment `env`; KIND is what comes out: F32, F64, I32, I64 or BOOL.
 */
#define FP_FORMAT(FN, F, T, KIND)                                          \
    FN(F##_add, KIND, vm_##F##_add(env, (T)a, (T)b))                       \
    FN(F##_sub, KIND, vm_##F##_sub(env, (T)a, (T)b))                       \
    FN(F##_mul, KIND, vm_##F##_mul(env, (T)a, (T)b))                       \
    FN(F##_div, KIND, vm_##F##_div(env, (T)a, (T)b))                       \
    FN(F##_sqrt, KIND, vm_##F##_sqrt(env, (T)a))                           \
    FN(F##_nearbyint, KIND, vm_##F##_nearbyint(env, (T)a))                 \
    FN(F##_rint, KIND, vm_##F##_rint(env, (T)a))                           \
    FN(F##_fma, KIND, vm_##F##_fma(env, (T)a, (T)b, (T)c))                 \
    FN(F##_min, KIND, vm_##F##_min(env, (T)a, (T)b))                       \
    FN(F##_max, KIND, vm_##F##_max(env, (T)a, (T)b))                       \
    FN(F##_min_nan, KIND, vm_##F##_minimum(env, (T)a, (T)b))               \
    FN(F##_max_nan, KIND, vm_##F##_maximum(env, (T)a, (T)b))               \
    FN(F##_min_2008, KIND, vm_##F##_min_2008(env, (T)a, (T)b))             \
    FN(F##_max_2008, KIND, vm_##F##_max_2008(env, (T)a, (T)b))             \
    FN(F##_eq, BOOL, vm_##F##_eq(env, (T)a, (T)b))                         \
    FN(F##_lt, BOOL, vm_##F##_lt(env, (T)a, (T)b))                         \
    FN(F##_lt_quiet, BOOL, vm_##F##_lt_quiet(env, (T)a, (T)b))             \
    FN(F##_le, BOOL, vm_##F##_le(env, (T)a, (T)b))                         \
    FN(F##_le_quiet, BOOL, vm_##F##_le_quiet(env, (T)a, (T)b))             \
    FN(F##_to_i32, I32, vm_##F##_to_i32(env, (T)a))                        \
    FN(F##_to_u32, I32, vm_##F##_to_u32(env, (T)a))                        \
    FN(F##_to_i64, I64, vm_##F##_to_i64(env, (T)a))                        \
    FN(F##_to_u64, I64, vm_##F##_to_u64(env, (T)a))                        \
    FN(F##_to_i32_zero, I32, FP_OR_ZERO(F, T, vm_##F##_to_i32(env, (T)a))) \
    FN(F##_to_u32_zero, I32, FP_OR_ZERO(F, T, vm_##F##_to_u32(env, (T)a))) \
    FN(F##_to_i64_zero, I64, FP_OR_ZERO(F, T, vm_##F##_to_i64(env, (T)a))) \
    FN(F##_to_u64_zero, I64, FP_OR_ZERO(F, T, vm_##F##_to_u64(env, (T)a))) \
    FN(F##_from_i32, KIND, vm_##F##_from_i32(env, (int32_t)a))             \
    FN(F##_from_u32, KIND, vm_##F##_from_u32(env, (uint32_t)a))            \
    FN(F##_from_i64, KIND, vm_##F##_from_i64(env, (int64_t)a))             \
    FN(F##_from_u64, KIND, vm_##F##_from_u64(env, a))                      \
    FN(F##_class, I64, ((void)env, vm_##F##_classify((T)a)))

#define FP_OPS(FN)                                                                              \
    FP_FORMAT(FN, f16, uint16_t, I32)                                                           \
    FP_FORMAT(FN, f32, uint32_t, F32)                                                           \
    FP_FORMAT(FN, f64, uint64_t, F64)                                                           \
    FN(f32_flush, F32, vm_f32_flush(env, (uint32_t)a))                                          \
    FN(f64_flush, F64, vm_f64_flush(env, a))                                                    \
    FN(f32_to_f64, F64, vm_f32_to_f64(env, (uint32_t)a))                                        \
    FN(f64_to_f32, F32, vm_f64_to_f32(env, a))                                                  \
    FN(f16_to_f32, F32, vm_f16_to_f32(env, (uint16_t)a))                                        \
    FN(f16_as_f32, F32, fp_half_as_is(env, (uint16_t)a))                                        \
    FN(f32_to_f16, I32, vm_f32_to_f16(env, (uint32_t)a))                                        \
    FN(f16_to_i16, I32, fp_half_to_16(env, (uint16_t)a, false))                                 \
    FN(f16_to_u16, I32, fp_half_to_16(env, (uint16_t)a, true))                                  \
    FN(f16_to_i16_zero, I32, FP_OR_ZERO(f16, uint16_t, fp_half_to_16(env, (uint16_t)a, false))) \
    FN(f16_to_u16_zero, I32, FP_OR_ZERO(f16, uint16_t, fp_half_to_16(env, (uint16_t)a, true)))  \
    FN(f16_from_i16, I32, vm_f16_from_i32(env, (int16_t)a))                                     \
    FN(f16_from_u16, I32, vm_f16_from_u32(env, (uint16_t)a))

enum fp_column { FP_COLUMN_F32, FP_COLUMN_F64, FP_COLUMN_F16, FP_COLUMN_COUNT };

#define FP_ROW(row, name) [row] = {f32_##name, f64_##name, f16_##name}
#define FP_HALF(row, fn)  [row] = {[FP_COLUMN_F16] = fn}
/* Initialises an array [FP_ROW_COUNT][FP_COLUMN_COUNT] of the functions. */
#define FP_TABLE                                                                                   \
    {                                                                                              \
        FP_ROW(FP_ADD, add), FP_ROW(FP_SUB, sub), FP_ROW(FP_MUL, mul), FP_ROW(FP_DIV, div),        \
            FP_ROW(FP_SQRT, sqrt), FP_ROW(FP_NEARBYINT, nearbyint), FP_ROW(FP_RINT, rint),         \
            FP_ROW(FP_FMA, fma), FP_ROW(FP_MIN, min), FP_ROW(FP_MAX, max),                         \
            FP_ROW(FP_MIN_NAN, min_nan), FP_ROW(FP_MAX_NAN, max_nan),                              \
            FP_ROW(FP_MIN_2008, min_2008), FP_ROW(FP_MAX_2008, max_2008), FP_ROW(FP_EQ, eq),       \
            FP_ROW(FP_LT, lt), FP_ROW(FP_LT_QUIET, lt_quiet), FP_ROW(FP_LE, le),                   \
            FP_ROW(FP_LE_QUIET, le_quiet),                                                         \
            [FP_FLUSH] = {f32_flush, f64_flush}, FP_ROW(FP_TO_I32, to_i32),                        \
            FP_ROW(FP_TO_U32, to_u32), FP_ROW(FP_TO_I64, to_i64), FP_ROW(FP_TO_U64, to_u64),       \
            FP_ROW(FP_TO_I32_ZERO, to_i32_zero), FP_ROW(FP_TO_U32_ZERO, to_u32_zero),              \
            FP_ROW(FP_TO_I64_ZERO, to_i64_zero), FP_ROW(FP_TO_U64_ZERO, to_u64_zero),              \
            FP_ROW(FP_FROM_I32, from_i32), FP_ROW(FP_FROM_U32, from_u32),                          \
            FP_ROW(FP_FROM_I64, from_i64), FP_ROW(FP_FROM_U64, from_u64), FP_ROW(FP_CLASS, class), \
            [FP_CONVERT] = {f64_to_f32, f32_to_f64}, [FP_FROM_HALF] = {f16_to_f32},                \
            [FP_FROM_HALF_AS_IS] = {f16_as_f32}, [FP_TO_HALF] = {f32_to_f16},                      \
            FP_HALF(FP_TO_I16, f16_to_i16), FP_HALF(FP_TO_U16, f16_to_u16),                        \
            FP_HALF(FP_TO_I16_ZERO, f16_to_i16_zero), FP_HALF(FP_TO_U16_ZERO, f16_to_u16_zero),    \
            FP_HALF(FP_FROM_I16, f16_from_i16), FP_HALF(FP_FROM_U16, f16_from_u16),                \
    }

/* The row of an operation of flag P, or FCLASS. */
static inline uint32_t fp_row_of(uint32_t op, uint32_t type, uint32_t aux)
{
    uint32_t variant = VM_AUX_VARIANT(aux);

    switch (op) {
    case VM_OP_FADD:
        return FP_ADD;
    case VM_OP_FSUB:
        return FP_SUB;
    case VM_OP_FMUL:
        return FP_MUL;
    case VM_OP_FDIV:
        return FP_DIV;
    case VM_OP_FSQRT:
        return FP_SQRT;
    case VM_OP_FRINT:
        return FP_NEARBYINT + variant;
    case VM_OP_FMA:
        return FP_FMA;
    case VM_OP_FMIN:
        return FP_MIN + variant;
    case VM_OP_FMAX:
        return FP_MAX + variant;
    case VM_OP_FEQ:
        return FP_EQ;
    case VM_OP_FLT:
        return variant ? FP_LT_QUIET : FP_LT;
    case VM_OP_FLE:
        return variant ? FP_LE_QUIET : FP_LE;
    case VM_OP_FFLUSH:
        return FP_FLUSH;
    case VM_OP_FTOI:
        return (VM_AUX_SRC(aux) == VM_F16 ? FP_TO_I16
                : type == VM_I32          ? FP_TO_I32
                                          : FP_TO_I64) +
               variant;
    case VM_OP_ITOF:
        return (type == VM_F16              ? FP_FROM_I16
                : VM_AUX_SRC(aux) == VM_I32 ? FP_FROM_I32
                                            : FP_FROM_I64) +
               variant;
    case VM_OP_V_FCVTL:
        return FP_FROM_HALF + variant;
    case VM_OP_V_FCVTN:
        return FP_TO_HALF;
    case VM_OP_FCLASS:
        return FP_CLASS;
    default:
        return FP_CONVERT;
    }
}

/* What `aux` says of the environment, as a byte; and what that makes of one. */
static inline uint32_t fp_mode_of(uint32_t aux)
{
    return VM_AUX_RM(aux) | (aux & (VM_AUX_DEFAULT_NAN | VM_AUX_FLUSH)) >> 20;
}

static inline void fp_set_mode(struct vm_fp_env *env, uint32_t mode)
{
    env->rm = mode & 7;
    env->default_nan = mode & VM_AUX_DEFAULT_NAN >> 20 ? 1 : 0;
    env->ftz = mode & VM_AUX_FLUSH >> 20 ? VM_FP_FTZ_UF : VM_FP_FTZ_OFF;
}

static inline uint32_t fp_column_of(uint32_t op, uint32_t type, uint32_t aux)
{
    uint32_t format = op == VM_OP_FTOI ? VM_AUX_SRC(aux) : type;

    return format == VM_F64 ? FP_COLUMN_F64 : format == VM_F16 ? FP_COLUMN_F16 : FP_COLUMN_F32;
}

#endif
