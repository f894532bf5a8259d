/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors for cryptography, on AVX and what the host has for it besides. */
#include "vector.h"

/* How the host's instruction takes the operands. */
enum shape {
    PRODUCT, /* of halves: the low ones */
    KEYED,   /* with a key that is XORed into the result: zero */
    ALONE,
    MIX, /* of columns: the inverse of what is before that in the last round, then a whole round */
};

static const struct host_op {
    uint16_t op;
    uint8_t shape, form;
    uint16_t feature;
} host_ops[] = {
    {VM_OP_V_CLMUL, PRODUCT, X86_PCLMULQDQ, FEATURE_CLMUL},
    {VM_OP_V_AESSUB, KEYED, X86_AESENCLAST, FEATURE_AES},
    {VM_OP_V_AESMIX, MIX, X86_AESENC, FEATURE_AES},
    {VM_OP_V_AESROUND, KEYED, X86_AESENC, FEATURE_AES},
    {VM_OP_V_AESISUB, KEYED, X86_AESDECLAST, FEATURE_AES},
    {VM_OP_V_AESIMIX, ALONE, X86_AESIMC, FEATURE_AES},
    {VM_OP_V_AESIROUND, KEYED, X86_AESDEC, FEATURE_AES},
};

static void emit(struct emitter *e, const struct host_op *op, const int *r, int d)
{
    enum x86_form form = (enum x86_form)op->form;

    switch ((enum shape)op->shape) {
    case PRODUCT:
        three_imm(e, form, d, r[0], r[1], 0);
        break;
    case KEYED:
        x86_vector_constant(e, WORK, 0);
        three(e, form, d, r[0], WORK);
        break;
    case ALONE:
        x86_rr(&e->a, form, false, XMM(d), XMM(r[0]));
        break;
    case MIX:
        x86_vector_constant(e, WORK, 0);
        three(e, X86_AESDECLAST, WORK_2, r[0], WORK);
        three(e, form, d, WORK_2, WORK);
        break;
    }
}

bool x86_emit_vector_crypto(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    const struct host_op *op = NULL;
    int r[3] = {-1, -1, -1};

    for (uint32_t i = 0; i < sizeof(host_ops) / sizeof(host_ops[0]); i++)
        if (host_ops[i].op == insn->op && has(e, host_ops[i].feature))
            op = &host_ops[i];
    if (!op)
        return false;
    for (uint32_t k = 0; k < insn->n_args; k++)
        r[k] = jit_use(u, insn->arg[k]);
    jit_consume(u);
    emit(e, op, r, jit_define(u));
    return true;
}
