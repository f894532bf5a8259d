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
    uint64_t lane = vector_lane(v, which & 15, which >> 8);

    return which & 16 ? (uint64_t)(int32_t)lane : lane;
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
    return INTERP_LANES(vector_taken(insn->op, insn->aux), vector_given(insn->op, insn->aux),
                        vector_compares(insn->op));
}

void interp_vector_fp(struct vm_cpu *cpu, interp_fp_fn fn, uint32_t lanes, uint32_t mode, void *d,
                      const void *a, const void *b, const void *c)
{
    const union vector *x = a, *y = b, *z = c;
    uint32_t taken = lanes & 15, given = lanes >> 4 & 15, n = 16 / (taken > given ? taken : given);
    uint64_t sign = lanes & INTERP_LANES_COMPARE ? UINT64_MAX : 1; /* true is all ones */
    union vector r = {0};

    for (uint32_t i = 0; i < n; i++)
        vector_set_lane(&r, given, i,
                        sign * fn(cpu, vector_lane(x, taken, i), vector_lane(y, taken, i),
                                  vector_lane(z, taken, i), mode));
    memcpy(d, &r, sizeof(r));
}
