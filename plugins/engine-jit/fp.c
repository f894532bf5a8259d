/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating point that the host does not do as the guest wants it: by the SDK's soft float. */
#include "../engine-common/fp_ops.h"
#include "jit.h"

typedef uint64_t (*fp_fn)(struct vm_fp_env *env, uint64_t a, uint64_t b, uint64_t c);

#define UNUSED(x) ((void)(x))
#define FN(name, KIND, call)                                                        \
    static uint64_t name(struct vm_fp_env *env, uint64_t a, uint64_t b, uint64_t c) \
    {                                                                               \
        UNUSED(b);                                                                  \
        UNUSED(c);                                                                  \
        return (uint64_t)(call);                                                    \
    }

FP_OPS(FN)

static const fp_fn table[FP_ROW_COUNT][FP_COLUMN_COUNT] = FP_TABLE;

/* Modes, format, what an FMA negates, and the table's row, a byte each. */
uint32_t jit_fp_code(const struct jit_insn *insn)
{
    uint32_t negations = insn->op == VM_OP_FMA ? VM_AUX_VARIANT(insn->aux) : 0;

    return fp_mode_of(insn->aux) | fp_column_of(insn->op, insn->type, insn->aux) << 8 |
           negations << 16 | fp_row_of(insn->op, insn->type, insn->aux) << 24;
}

uint64_t jit_fp(struct vm_cpu *cpu, uint64_t code, uint64_t a, uint64_t b, uint64_t c,
                uint64_t unused1, uint64_t unused2)
{
    const struct jit_engine *engine = cpu->engine;
    struct vm_fp_env env = engine->fp;
    uint32_t *slot = (uint32_t *)(void *)((char *)cpu + jit_slot_at(engine, engine->flags_slot));
    uint32_t column = code >> 8 & 0xff, negations = code >> 16 & 0xff;
    uint64_t sign = (uint64_t)1 << (column == FP_COLUMN_F64 ? 63 : 31); /* no half is negated */

    UNUSED(unused1);
    UNUSED(unused2);
    fp_set_mode(&env, code & 0xff);
    env.flags = (uint8_t)*slot;
    uint64_t result = table[code >> 24][column](&env, negations & JIT_FMA_PRODUCT ? a ^ sign : a, b,
                                                negations & JIT_FMA_ADDEND ? c ^ sign : c);
    *slot |= env.flags;
    return result;
}
