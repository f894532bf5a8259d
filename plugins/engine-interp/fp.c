/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating-point operations that round or raise flags, by the SDK's soft float. */
#include "interp.h"

/* An f32 result goes into its cell sign-extended, as every 32-bit value. */
#define CELL_F32(x)  ((uint64_t)(int32_t)(x))
#define CELL_F64(x)  ((uint64_t)(x))
#define CELL_BOOL(x) ((uint64_t)(x))
#define CELL_I32(x)  ((uint64_t)(int32_t)(x))
#define CELL_I64(x)  ((uint64_t)(x))

/* One operation; `call` computes it from a, b, c under `env`. */
#define FN(name, CELL, call)                                                                  \
    static uint64_t name(struct vm_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t rm) \
    {                                                                                         \
        struct vm_fp_env environment, *env = &environment;                                    \
        uint8_t *flags = interp_fp_begin(cpu, rm, env);                                       \
        (void)b;                                                                              \
        (void)c;                                                                              \
        uint64_t result = CELL(call);                                                         \
        *flags |= env->flags;                                                                 \
        return result;                                                                        \
    }

/* All operations of format F, whose raw bits are a T. */
#define FORMAT(F, T, CELL)                                          \
    FN(F##_add, CELL, vm_##F##_add(env, (T)a, (T)b))                \
    FN(F##_sub, CELL, vm_##F##_sub(env, (T)a, (T)b))                \
    FN(F##_mul, CELL, vm_##F##_mul(env, (T)a, (T)b))                \
    FN(F##_div, CELL, vm_##F##_div(env, (T)a, (T)b))                \
    FN(F##_sqrt, CELL, vm_##F##_sqrt(env, (T)a))                    \
    FN(F##_fma, CELL, vm_##F##_fma(env, (T)a, (T)b, (T)c))          \
    FN(F##_min, CELL, vm_##F##_min(env, (T)a, (T)b))                \
    FN(F##_max, CELL, vm_##F##_max(env, (T)a, (T)b))                \
    FN(F##_eq, CELL_BOOL, vm_##F##_eq(env, (T)a, (T)b))             \
    FN(F##_lt, CELL_BOOL, vm_##F##_lt(env, (T)a, (T)b))             \
    FN(F##_lt_quiet, CELL_BOOL, vm_##F##_lt_quiet(env, (T)a, (T)b)) \
    FN(F##_le, CELL_BOOL, vm_##F##_le(env, (T)a, (T)b))             \
    FN(F##_le_quiet, CELL_BOOL, vm_##F##_le_quiet(env, (T)a, (T)b)) \
    FN(F##_to_i32, CELL_I32, vm_##F##_to_i32(env, (T)a))            \
    FN(F##_to_u32, CELL_I32, vm_##F##_to_u32(env, (T)a))            \
    FN(F##_to_i64, CELL_I64, vm_##F##_to_i64(env, (T)a))            \
    FN(F##_to_u64, CELL_I64, vm_##F##_to_u64(env, (T)a))            \
    FN(F##_from_i32, CELL, vm_##F##_from_i32(env, (int32_t)a))      \
    FN(F##_from_u32, CELL, vm_##F##_from_u32(env, (uint32_t)a))     \
    FN(F##_from_i64, CELL, vm_##F##_from_i64(env, (int64_t)a))      \
    FN(F##_from_u64, CELL, vm_##F##_from_u64(env, a))

FORMAT(f32, uint32_t, CELL_F32)
FORMAT(f64, uint64_t, CELL_F64)
FN(f32_to_f64, CELL_F64, vm_f32_to_f64(env, (uint32_t)a))
FN(f64_to_f32, CELL_F32, vm_f64_to_f32(env, a))

/* Columns: f32, f64. */
enum fp_row {
    ROW_ADD,
    ROW_SUB,
    ROW_MUL,
    ROW_DIV,
    ROW_SQRT,
    ROW_FMA,
    ROW_MIN,
    ROW_MAX,
    ROW_EQ,
    ROW_LT,
    ROW_LT_QUIET,
    ROW_LE,
    ROW_LE_QUIET,
    ROW_TO_I32,
    ROW_TO_U32,
    ROW_TO_I64,
    ROW_TO_U64,
    ROW_FROM_I32,
    ROW_FROM_U32,
    ROW_FROM_I64,
    ROW_FROM_U64,
    ROW_CONVERT, /* to the column's format from the other */
    ROW_COUNT
};

#define ROW(name)              \
    {                          \
        f32_##name, f64_##name \
    }

static const interp_fp_fn table[ROW_COUNT][2] = {
    [ROW_ADD] = ROW(add),
    [ROW_SUB] = ROW(sub),
    [ROW_MUL] = ROW(mul),
    [ROW_DIV] = ROW(div),
    [ROW_SQRT] = ROW(sqrt),
    [ROW_FMA] = ROW(fma),
    [ROW_MIN] = ROW(min),
    [ROW_MAX] = ROW(max),
    [ROW_EQ] = ROW(eq),
    [ROW_LT] = ROW(lt),
    [ROW_LT_QUIET] = ROW(lt_quiet),
    [ROW_LE] = ROW(le),
    [ROW_LE_QUIET] = ROW(le_quiet),
    [ROW_TO_I32] = ROW(to_i32),
    [ROW_TO_U32] = ROW(to_u32),
    [ROW_TO_I64] = ROW(to_i64),
    [ROW_TO_U64] = ROW(to_u64),
    [ROW_FROM_I32] = ROW(from_i32),
    [ROW_FROM_U32] = ROW(from_u32),
    [ROW_FROM_I64] = ROW(from_i64),
    [ROW_FROM_U64] = ROW(from_u64),
    [ROW_CONVERT] = {f64_to_f32, f32_to_f64},
};

static uint32_t row_of(const struct vm_ir_insn *insn)
{
    uint32_t variant = VM_AUX_VARIANT(insn->aux);

    switch (insn->op) {
    case VM_OP_FADD:
        return ROW_ADD;
    case VM_OP_FSUB:
        return ROW_SUB;
    case VM_OP_FMUL:
        return ROW_MUL;
    case VM_OP_FDIV:
        return ROW_DIV;
    case VM_OP_FSQRT:
        return ROW_SQRT;
    case VM_OP_FMA:
        return ROW_FMA;
    case VM_OP_FMIN:
        return ROW_MIN;
    case VM_OP_FMAX:
        return ROW_MAX;
    case VM_OP_FEQ:
        return ROW_EQ;
    case VM_OP_FLT:
        return variant ? ROW_LT_QUIET : ROW_LT;
    case VM_OP_FLE:
        return variant ? ROW_LE_QUIET : ROW_LE;
    case VM_OP_FTOI:
        return (insn->type == VM_I32 ? ROW_TO_I32 : ROW_TO_I64) + variant;
    case VM_OP_ITOF:
        return (VM_AUX_SRC(insn->aux) == VM_I32 ? ROW_FROM_I32 : ROW_FROM_I64) + variant;
    default:
        return ROW_CONVERT;
    }
}

interp_fp_fn interp_fp_select(const struct vm_ir_insn *insn)
{
    uint32_t format = insn->op == VM_OP_FTOI ? VM_AUX_SRC(insn->aux) : insn->type,
             row = row_of(insn);
    interp_fp_fn host = row == ROW_FMA ? interp_fp_host_fma(format == VM_F64) : NULL;

    return host ? host : table[row][format == VM_F64];
}
