/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on vectors that the host does not do as the guest wants them, by C. */
#include "../engine-common/vector_ops.h"
#include "jit.h"

/* Lane by lane, by soft float. */
static void by_lanes(struct vm_cpu *cpu, uint32_t op, uint32_t aux, union vector *d,
                     const union vector *a, const union vector *b, const union vector *c)
{
    struct vm_ir_insn scalar = vector_scalar(op, aux);
    const struct jit_insn insn = {.op = scalar.op, .type = scalar.type, .aux = scalar.aux};
    uint64_t code = jit_fp_code(&insn), sign = vector_compares(op) ? UINT64_MAX : 1;
    uint32_t taken = vector_taken(op, aux), given = vector_given(op, aux);
    union vector r = {0};

    for (uint32_t i = 0; i < 16 / (taken > given ? taken : given); i++)
        vector_set_lane(&r, given, i,
                        sign * jit_fp(cpu, code, vector_lane(a, taken, i), vector_lane(b, taken, i),
                                      vector_lane(c, taken, i), 0, 0));
    *d = r;
}

uint64_t jit_vector(struct vm_cpu *cpu, uint64_t op, uint64_t aux, uint64_t imm, uint64_t unused1,
                    uint64_t unused2, uint64_t unused3)
{
    struct jit_frame *frame = jit_frame(cpu);
    union vector *v = (union vector *)(void *)frame->vector;

    (void)unused1, (void)unused2, (void)unused3;
    if (vector_is_float((uint32_t)op))
        by_lanes(cpu, (uint32_t)op, (uint32_t)aux, &v[3], &v[0], &v[1], &v[2]);
    else
        vector_function((uint32_t)op, (uint32_t)aux)(
            &v[3], &v[0], &v[1], &v[2], vector_number((uint32_t)op, (uint32_t)aux, (int64_t)imm));
    return 0;
}
