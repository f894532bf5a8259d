/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on vectors: which function does which, and floating point lane by lane. */
#include "../engine-common/vector_ops.h"
#include <string.h>
#include "interp.h"

interp_vector_fn interp_vector_select(const struct vm_ir_insn *insn, uint32_t *number)
{
    *number = vector_number(insn->op, insn->aux, insn->imm);
    return vector_function(insn->op, insn->aux);
}

uint64_t interp_vector_lane(const void *cells, uint32_t which)
{
    const union vector *v = cells;
    uint32_t n = which >> 8;

    switch (which & 15) {
    case 1:
        return v->u8[n];
    case 2:
        return v->u16[n];
    case 4:
        return which & 16 ? (uint64_t)v->s32[n] : v->u32[n];
    default:
        return v->u64[n];
    }
}

bool interp_vector_is_fp(uint32_t op)
{
    return vector_is_float(op);
}

struct vm_ir_insn interp_vector_scalar(const struct vm_ir_insn *insn)
{
    return vector_scalar(insn->op, insn->aux);
}

uint64_t interp_vector_fp_lanes(const struct vm_ir_insn *insn)
{
    return (VM_AUX_SRC(insn->aux) == VM_F64 ? INTERP_LANES_WIDE : 0) |
           (vector_compares(insn->op) ? INTERP_LANES_COMPARE : 0);
}

void interp_vector_fp(struct vm_cpu *cpu, interp_fp_fn fn, uint32_t lanes, uint32_t mode, void *d,
                      const void *a, const void *b, const void *c)
{
    const union vector *x = a, *y = b, *z = c;
    uint64_t sign = lanes & INTERP_LANES_COMPARE ? UINT64_MAX : 1; /* true is all ones */
    union vector r;

    if (lanes & INTERP_LANES_WIDE)
        for (uint32_t i = 0; i < 2; i++)
            r.u64[i] = sign * fn(cpu, x->u64[i], y->u64[i], z->u64[i], mode);
    else
        for (uint32_t i = 0; i < 4; i++)
            r.u32[i] = (uint32_t)(sign * fn(cpu, x->u32[i], y->u32[i], z->u32[i], mode));
    memcpy(d, &r, sizeof(r));
}
