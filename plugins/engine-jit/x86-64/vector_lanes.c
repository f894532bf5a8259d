/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic on lanes that takes AVX more than one instruction. */
#include "vector.h"

/* Of lanes of sizes 2 and 3. */
static const struct {
    uint8_t add, sub, greater, blend;
} forms[] = {
    {X86_PADDD, X86_PSUBD, X86_PCMPGTD, X86_VBLENDVPS},
    {X86_PADDQ, X86_PSUBQ, X86_PCMPGTQ, X86_VBLENDVPD},
};

/* Lanes of `second` where `mask` is negative, else of `first`. */
static void blend_long(struct emitter *e, int to, int first, int second, int mask)
{
    three_imm(e, X86_VBLENDVPD, to, first, second, (uint32_t)XMM(mask) << 4);
}

/* ---- comparison ---- */

/* WORK becomes all ones in lanes of 8 bytes that are greater than `second`, or than its complement.
 */
static void greater_long(struct emitter *e, int first, int second, bool complement)
{
    three_mem(e, X86_PXOR, WORK, first, FRAME_AT(e->u, signs64));
    three_mem(e, X86_PXOR, WORK_2, second,
              complement ? FRAME_AT(e->u, magnitudes64) : FRAME_AT(e->u, signs64));
    three(e, X86_PCMPGTQ, WORK, WORK, WORK_2);
}

void x86_greater_unsigned(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    static const uint8_t least[] = {X86_PMINUB, X86_PMINUW, X86_PMINUD};
    static const uint8_t equal[] = {X86_PCMPEQB, X86_PCMPEQW, X86_PCMPEQD};
    uint32_t size = VM_LANE_SIZE(insn->aux);

    if (size == 3) {
        greater_long(e, r[0], r[1], false);
        x86_move(e, d, WORK);
        return;
    }
    three(e, (enum x86_form)least[size], WORK, r[0], r[1]);
    three(e, (enum x86_form)equal[size], WORK, WORK, r[0]);
    x86_vector_constant(e, WORK_2, UINT64_MAX);
    three(e, X86_PXOR, d, WORK, WORK_2);
}

/* Of lanes of 8 bytes. */
void x86_min_max(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    bool most = insn->op == VM_OP_V_SMAX || insn->op == VM_OP_V_UMAX;

    if (insn->op == VM_OP_V_SMIN || insn->op == VM_OP_V_SMAX)
        three(e, X86_PCMPGTQ, WORK, r[0], r[1]);
    else
        greater_long(e, r[0], r[1], false);
    blend_long(e, d, r[most], r[!most], WORK);
}

/* ---- saturating sums, of lanes of 4 and 8 bytes ---- */

/*
 * Signed: a sum is out of range if it is less than arg0 although arg1 is not negative, or the other
 * way round. What takes its place has arg0's sign.
 */
void x86_saturate(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    bool wide = VM_LANE_SIZE(insn->aux) == 3, subtract = insn->op == VM_OP_V_SQSUB;
    enum x86_form greater = (enum x86_form)forms[wide].greater;

    x86_vector_constant(e, WORK, 0);
    three(e, greater, WORK, WORK, r[0]);
    three_mem(e, X86_PXOR, WORK, WORK,
              wide ? FRAME_AT(e->u, magnitudes64) : FRAME_AT(e->u, magnitudes32));
    host_store(e->u, 16, WORK, WORK_AT(e, 0).disp);
    three(e, (enum x86_form)(subtract ? forms[wide].sub : forms[wide].add), WORK, r[0], r[1]);
    three(e, greater, WORK_2, subtract ? WORK : r[0], subtract ? r[0] : WORK);
    three(e, X86_PXOR, WORK_2, WORK_2, r[1]);
    three_mem(e, (enum x86_form)forms[wide].blend, d, WORK, WORK_AT(e, 0));
    x86_byte(&e->a, (uint32_t)XMM(WORK_2) << 4);
}

/* A sum is out of range if arg0 is greater than what arg1 leaves room for. */
static void saturate_sum(struct emitter *e, bool wide, const int *r, int d)
{
    if (wide) {
        greater_long(e, r[0], r[1], true);
        three(e, X86_PADDQ, WORK_2, r[0], r[1]);
        three(e, X86_POR, d, WORK, WORK_2);
    } else {
        x86_vector_constant(e, WORK, UINT64_MAX);
        three(e, X86_PXOR, WORK, WORK, r[1]);
        three(e, X86_PMINUD, WORK, WORK, r[0]);
        three(e, X86_PADDD, d, WORK, r[1]);
    }
}

void x86_saturate_unsigned(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    bool wide = VM_LANE_SIZE(insn->aux) == 3;

    if (insn->op == VM_OP_V_UQADD) {
        saturate_sum(e, wide, r, d);
    } else if (wide) {
        greater_long(e, r[0], r[1], false);
        three(e, X86_PSUBQ, WORK_2, r[0], r[1]);
        three(e, X86_PAND, d, WORK, WORK_2);
    } else {
        three(e, X86_PMAXUD, WORK, r[0], r[1]);
        three(e, X86_PSUBD, d, WORK, r[1]);
    }
}

/* ---- others ---- */

/* Of lanes of 4 and 8 bytes: what they have in common and half of what not, rounded up. */
void x86_average(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t size = VM_LANE_SIZE(insn->aux);

    three(e, X86_PXOR, WORK, r[0], r[1]);
    shift(e, VECTOR_SHR, size, WORK, WORK, 1);
    three(e, X86_POR, WORK_2, r[0], r[1]);
    three(e, (enum x86_form)forms[size == 3].sub, d, WORK_2, WORK);
}

/* Of lanes of 8 bytes. */
void x86_absolute(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    (void)insn;
    x86_vector_constant(e, WORK, 0);
    three(e, X86_PSUBQ, WORK, WORK, r[0]);
    blend_long(e, d, r[0], WORK, r[0]);
}
