/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Half precision on F16C, to single precision and from it. The host's flags are right but for what
 * is tiny before it is rounded: a result that is the smallest normal number is made again out of
 * line, as are NaNs where there is only one.
 */
#include "vector.h"

#define UNORDERED 3 /* predicate of the host's comparison */

/* The place of a jump that is taken if some bit of WORK_2 is set. */
static uint32_t unless_zero(struct emitter *e)
{
    x86_rr(&e->a, X86_PTEST, false, XMM(WORK_2), XMM(WORK_2));
    return x86_jcc(&e->a, CC_NE);
}

/* As many of the jumps that a tail is reached by as there are. */
struct places {
    uint32_t at[2], n;
};

static void unless_number(struct emitter *e, const struct jit_insn *insn, int reg, struct places *p)
{
    if (!(insn->aux & VM_AUX_DEFAULT_NAN))
        return;
    three(e, X86_CMPPS, WORK_2, reg, reg);
    x86_byte(&e->a, UNORDERED);
    p->at[p->n++] = unless_zero(e);
}

static void unless_smallest(struct emitter *e, struct places *p)
{
    three_mem(e, X86_PAND, WORK_2, WORK, FRAME_AT(e->u, magnitudes16));
    three_mem(e, X86_PCMPEQW, WORK_2, WORK_2, FRAME_AT(e->u, smallest16));
    p->at[p->n++] = unless_zero(e);
}

static bool is_native(const struct emitter *e, const struct jit_insn *insn)
{
    const struct vm_fp_env *fp = &e->u->engine->fp;

    return has(e, FEATURE_AVX) && has(e, FEATURE_F16C) && fp->tiny_before &&
           fp->nan_rule == VM_FP_NAN_ARM && VM_AUX_RM(insn->aux) <= VM_FP_RUP;
}

void x86_emit_vector_half(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct places p = {.n = 0};
    int from[3] = {-1, -1, -1};

    if (!is_native(e, insn)) {
        x86_vector_soft(e, insn);
        return;
    }
    from[0] = jit_use(u, insn->arg[0]);
    jit_consume(u);
    int d = insn->uses ? jit_define(u) : WORK;
    if (insn->op == VM_OP_V_FCVTL) {
        x86_rr(&e->a, X86_VCVTPH2PS, false, XMM(WORK), XMM(from[0]));
        unless_number(e, insn, WORK, &p);
    } else {
        x86_rr(&e->a, X86_VCVTPS2PH, false, XMM(from[0]), XMM(WORK));
        x86_byte(&e->a, x86_round_mode(VM_AUX_RM(insn->aux), false));
        unless_number(e, insn, from[0], &p);
        unless_smallest(e, &p);
    }
    x86_move(e, d, WORK);
    if (p.n > 0)
        x86_vector_tail(e, insn, p.at[0], from, d)->from[1] = p.n > 1 ? p.at[1] : JIT_NONE;
}
