/* SPDX-License-Identifier: BSD-2-Clause */
/* Floating-point operations that round or raise flags, by the SDK's soft float. */
#include "interp.h"

/* An f32 result goes into its cell sign-extended, as every 32-bit value. */
#define CELL_F32(x)  ((uint64_t)(int32_t)(x))
#define CELL_F64(x)  ((uint64_t)(x))
#define CELL_BOOL(x) ((uint64_t)(x))
#define CELL_I32(x)  ((uint64_t)(int32_t)(x))
#define CELL_I64(x)  ((uint64_t)(x))

#define FN(name, KIND, call)                                                                    \
    static uint64_t name(struct vm_cpu *cpu, uint64_t a, uint64_t b, uint64_t c, uint32_t mode) \
    {                                                                                           \
        struct vm_fp_env environment, *env = &environment;                                      \
        uint8_t *flags = interp_fp_begin(cpu, mode, env);                                       \
        (void)b;                                                                                \
        (void)c;                                                                                \
        uint64_t result = CELL_##KIND(call);                                                    \
        *flags |= env->flags;                                                                   \
        return result;                                                                          \
    }

FP_OPS(FN)

static const interp_fp_fn table[FP_ROW_COUNT][FP_COLUMN_COUNT] = FP_TABLE;

interp_fp_fn interp_fp_select(const struct vm_ir_insn *insn)
{
    uint32_t row = fp_row_of(insn->op, insn->type, insn->aux),
             column = fp_column_of(insn->op, insn->type, insn->aux);
    interp_fp_fn host = row == FP_FMA ? interp_fp_host_fma(column) : NULL;

    return host ? host : table[row][column];
}
