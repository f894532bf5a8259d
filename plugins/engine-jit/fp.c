/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point that the host does not do as the guest wants it: by the SDK's soft float. */
#include "jit.h"

typedef uint64_t (*fp_fn)(struct vm_fp_env *env, uint64_t a, uint64_t b, uint64_t c);

#define UNUSED(x) ((void)(x))
#define FN(name, call)                                                              \
    static uint64_t name(struct vm_fp_env *env, uint64_t a, uint64_t b, uint64_t c) \
    {                                                                               \
        UNUSED(env);                                                                \
        UNUSED(b);                                                                  \
        UNUSED(c);                                                                  \
        return (uint64_t)(call);                                                    \
    }

#define FORMAT(F, T)                                      \
    FN(F##_add, vm_##F##_add(env, (T)a, (T)b))            \
    FN(F##_sub, vm_##F##_sub(env, (T)a, (T)b))            \
    FN(F##_mul, vm_##F##_mul(env, (T)a, (T)b))            \
    FN(F##_div, vm_##F##_div(env, (T)a, (T)b))            \
    FN(F##_sqrt, vm_##F##_sqrt(env, (T)a))                \
    FN(F##_fma, vm_##F##_fma(env, (T)a, (T)b, (T)c))      \
    FN(F##_min, vm_##F##_min(env, (T)a, (T)b))            \
    FN(F##_max, vm_##F##_max(env, (T)a, (T)b))            \
    FN(F##_eq, vm_##F##_eq(env, (T)a, (T)b))              \
    FN(F##_lt, vm_##F##_lt(env, (T)a, (T)b))              \
    FN(F##_lt_quiet, vm_##F##_lt_quiet(env, (T)a, (T)b))  \
    FN(F##_le, vm_##F##_le(env, (T)a, (T)b))              \
    FN(F##_le_quiet, vm_##F##_le_quiet(env, (T)a, (T)b))  \
    FN(F##_to_i32, vm_##F##_to_i32(env, (T)a))            \
    FN(F##_to_u32, vm_##F##_to_u32(env, (T)a))            \
    FN(F##_to_i64, vm_##F##_to_i64(env, (T)a))            \
    FN(F##_to_u64, vm_##F##_to_u64(env, (T)a))            \
    FN(F##_from_i32, vm_##F##_from_i32(env, (int32_t)a))  \
    FN(F##_from_u32, vm_##F##_from_u32(env, (uint32_t)a)) \
    FN(F##_from_i64, vm_##F##_from_i64(env, (int64_t)a))  \
    FN(F##_from_u64, vm_##F##_from_u64(env, a))           \
    FN(F##_class, vm_##F##_classify((T)a))

FORMAT(f32, uint32_t)
FORMAT(f64, uint64_t)
FN(f32_to_f64, vm_f32_to_f64(env, (uint32_t)a))
FN(f64_to_f32, vm_f64_to_f32(env, a))

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
    ROW_CLASS,
    ROW_CONVERT, /* to the column's format from the other */
    ROW_COUNT
};

#define ROW(name)              \
    {                          \
        f32_##name, f64_##name \
    }

static const fp_fn table[ROW_COUNT][2] = {
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
    [ROW_CLASS] = ROW(class),
    [ROW_CONVERT] = {f64_to_f32, f32_to_f64},
};

static uint32_t row_of(const struct jit_insn *insn)
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
    case VM_OP_FCLASS:
        return ROW_CLASS;
    default:
        return ROW_CONVERT;
    }
}

uint32_t jit_fp_code(const struct jit_insn *insn)
{
    uint32_t format = insn->op == VM_OP_FTOI ? VM_AUX_SRC(insn->aux) : insn->type;

    return VM_AUX_RM(insn->aux) | (format == VM_F64) << 8 | row_of(insn) << 16;
}

uint64_t jit_fp(struct vm_cpu *cpu, uint64_t code, uint64_t a, uint64_t b, uint64_t c,
                uint64_t unused1, uint64_t unused2)
{
    const struct jit_engine *engine = cpu->engine;
    struct vm_fp_env env = engine->fp;
    uint32_t *slot = (uint32_t *)(void *)((char *)cpu + jit_slot_at(engine, engine->flags_slot));

    UNUSED(unused1);
    UNUSED(unused2);
    env.rm = (uint8_t)code;
    env.flags = (uint8_t)*slot;
    uint64_t result = table[code >> 16][code >> 8 & 1](&env, a, b, c);
    *slot |= env.flags;
    return result;
}
