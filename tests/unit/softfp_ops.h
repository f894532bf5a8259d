/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The SDK's floating point operations as tables, one per format, so that tests can go through them.
 */
#ifndef SOFTFP_OPS_H
#define SOFTFP_OPS_H

#include <stdint.h>
#include <vmrun/softfp.h>
#include "mpfr_oracle.h"

/* All operations of one format take and return 64 bits here. */
typedef uint64_t (*op_fn)(struct vm_fp_env *env, uint64_t a, uint64_t b, uint64_t c);

struct op {
    const char *name;
    int arity;
    op_fn fast, soft;
};

#define UNUSED __attribute__((unused))
#define WRAP(F, NAME, CALL)                                                                        \
    static uint64_t F##_##NAME(struct vm_fp_env *env UNUSED, uint64_t a UNUSED, uint64_t b UNUSED, \
                               uint64_t c UNUSED)                                                  \
    {                                                                                              \
        return (uint64_t)(CALL);                                                                   \
    }
#define WRAP_BOTH(F, NAME, ...)                 \
    WRAP(F, NAME, vm_##F##_##NAME(__VA_ARGS__)) \
    WRAP(F, NAME##_soft, vm_##F##_##NAME##_soft(__VA_ARGS__))
#define WRAP_ONE(F, NAME, ...) WRAP(F, NAME, vm_##F##_##NAME(__VA_ARGS__))
#define WRAP_ORDER(F, T, NAME, QUIET, TEST)         \
    WRAP(F, NAME, vm_##F##_##NAME(env, (T)a, (T)b)) \
    WRAP(F, NAME##_soft, vm_##F##_compare_soft(env, (T)a, (T)b, QUIET) TEST)
#define WRAP_INT(F, T, NAME, I)        \
    WRAP_BOTH(F, to_##NAME, env, (T)a) \
    WRAP_BOTH(F, from_##NAME, env, (I)a)
#define BOTH(F, NAME, ARITY)                               \
    {                                                      \
#F "_" #NAME, ARITY, F##_##NAME, F##_##NAME##_soft \
    }
#define ONE(F, NAME, ARITY)                         \
    {                                               \
#F "_" #NAME, ARITY, F##_##NAME, F##_##NAME \
    }

#define DEFINE_OPS(F, T, ...)                                                      \
    WRAP_BOTH(F, add, env, (T)a, (T)b)                                             \
    WRAP_BOTH(F, sub, env, (T)a, (T)b)                                             \
    WRAP_BOTH(F, mul, env, (T)a, (T)b)                                             \
    WRAP_BOTH(F, div, env, (T)a, (T)b)                                             \
    WRAP_BOTH(F, sqrt, env, (T)a)                                                  \
    WRAP_BOTH(F, fma, env, (T)a, (T)b, (T)c)                                       \
    WRAP_ONE(F, min, env, (T)a, (T)b)                                              \
    WRAP_ONE(F, max, env, (T)a, (T)b)                                              \
    WRAP_ONE(F, rint, env, (T)a)                                                   \
    WRAP_ONE(F, nearbyint, env, (T)a)                                              \
    WRAP_ONE(F, classify, (T)a)                                                    \
    WRAP_ORDER(F, T, eq, 1, == 0)                                                  \
    WRAP_ORDER(F, T, lt, 0, < 0)                                                   \
    WRAP_ORDER(F, T, le, 0, <= 0)                                                  \
    WRAP_ORDER(F, T, lt_quiet, 1, < 0)                                             \
    WRAP_ORDER(F, T, le_quiet, 1, <= 0)                                            \
    WRAP_INT(F, T, i32, int32_t)                                                   \
    WRAP_INT(F, T, u32, uint32_t)                                                  \
    WRAP_INT(F, T, i64, int64_t)                                                   \
    WRAP_INT(F, T, u64, uint64_t)                                                  \
    static const struct op F##_ops[NUM_OPS] = {[ADD] = BOTH(F, add, 2),            \
                                               [SUB] = BOTH(F, sub, 2),            \
                                               [MUL] = BOTH(F, mul, 2),            \
                                               [DIV] = BOTH(F, div, 2),            \
                                               [SQRT] = BOTH(F, sqrt, 1),          \
                                               [FMA] = BOTH(F, fma, 3),            \
                                               [MIN] = ONE(F, min, 2),             \
                                               [MAX] = ONE(F, max, 2),             \
                                               [RINT] = ONE(F, rint, 1),           \
                                               [NEARBYINT] = ONE(F, nearbyint, 1), \
                                               [CLASSIFY] = ONE(F, classify, 1),   \
                                               [EQ] = BOTH(F, eq, 2),              \
                                               [LT] = BOTH(F, lt, 2),              \
                                               [LE] = BOTH(F, le, 2),              \
                                               [LT_QUIET] = BOTH(F, lt_quiet, 2),  \
                                               [LE_QUIET] = BOTH(F, le_quiet, 2),  \
                                               [TO_I32] = BOTH(F, to_i32, 1),      \
                                               [TO_U32] = BOTH(F, to_u32, 1),      \
                                               [TO_I64] = BOTH(F, to_i64, 1),      \
                                               [TO_U64] = BOTH(F, to_u64, 1),      \
                                               [FROM_I32] = BOTH(F, from_i32, 1),  \
                                               [FROM_U32] = BOTH(F, from_u32, 1),  \
                                               [FROM_I64] = BOTH(F, from_i64, 1),  \
                                               [FROM_U64] = BOTH(F, from_u64, 1),  \
                                               __VA_ARGS__};

WRAP_BOTH(f16, to_f32, env, (uint16_t)a)
WRAP_BOTH(f16, to_f64, env, (uint16_t)a)
WRAP_BOTH(f32, to_f16, env, (uint32_t)a)
WRAP_BOTH(f32, to_f64, env, (uint32_t)a)
WRAP_BOTH(f64, to_f16, env, a)
WRAP_BOTH(f64, to_f32, env, a)
DEFINE_OPS(f16, uint16_t, [TO_F32] = BOTH(f16, to_f32, 1), [TO_F64] = BOTH(f16, to_f64, 1))
DEFINE_OPS(f32, uint32_t, [TO_F16] = BOTH(f32, to_f16, 1), [TO_F64] = BOTH(f32, to_f64, 1))
DEFINE_OPS(f64, uint64_t, [TO_F16] = BOTH(f64, to_f16, 1), [TO_F32] = BOTH(f64, to_f32, 1))

/* By format, as formats[] of mpfr_oracle.h. */
static const struct op *const format_ops[] = {f16_ops, f32_ops, f64_ops};

static const struct op *ops_of(const struct format *f)
{
    return format_ops[f - formats];
}

#endif
