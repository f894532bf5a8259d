/* SPDX-License-Identifier: BSD-2-Clause */
/* Products of the lanes of vectors that take more than one instruction. The result is written last.
 */
#include "vector.h"

/* Bytes: the odd ones and the even ones apart. */
static void multiply_bytes(struct emitter *e, const int *r, int d)
{
    shift(e, VECTOR_SHR, 1, WORK, r[0], 8);
    shift(e, VECTOR_SHR, 1, WORK_2, r[1], 8);
    three(e, X86_PMULLW, WORK, WORK, WORK_2);
    shift(e, VECTOR_SHL, 1, WORK, WORK, 8);
    three(e, X86_PMULLW, WORK_2, r[0], r[1]);
    shift(e, VECTOR_SHL, 1, WORK_2, WORK_2, 8);
    shift(e, VECTOR_SHR, 1, WORK_2, WORK_2, 8);
    three(e, X86_POR, d, WORK, WORK_2);
}

/* Both products of a high half and a low one, moved up, and that of the low ones. */
static void multiply_long(struct emitter *e, const int *r, int d)
{
    shift(e, VECTOR_SHR, 3, WORK, r[0], 32);
    three(e, X86_PMULUDQ, WORK, WORK, r[1]);
    shift(e, VECTOR_SHR, 3, WORK_2, r[1], 32);
    three(e, X86_PMULUDQ, WORK_2, WORK_2, r[0]);
    three(e, X86_PADDQ, WORK, WORK, WORK_2);
    shift(e, VECTOR_SHL, 3, WORK, WORK, 32);
    three(e, X86_PMULUDQ, WORK_2, r[0], r[1]);
    three(e, X86_PADDQ, d, WORK, WORK_2);
}

void x86_multiply(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    (VM_LANE_SIZE(insn->aux) ? multiply_long : multiply_bytes)(e, r, d);
}

/* The high halves of doubled products of words: in WORK. */
static void doubled_words(struct emitter *e, const int *r, bool rounds)
{
    if (rounds) {
        three(e, X86_PMULHRSW, WORK, r[0], r[1]);
        return;
    }
    three(e, X86_PMULHW, WORK, r[0], r[1]);
    three(e, X86_PMULLW, WORK_2, r[0], r[1]);
    three(e, X86_PADDW, WORK, WORK, WORK);
    shift(e, VECTOR_SHR, 1, WORK_2, WORK_2, 15);
    three(e, X86_POR, WORK, WORK, WORK_2);
}

/* The same of doublewords: those at odd places, whose results are where they belong, and the
 * others. */
static void doubled_doublewords(struct emitter *e, const int *r, bool rounds)
{
    shuffle(e, X86_PSHUFD, WORK, r[0], 0xf5);
    shuffle(e, X86_PSHUFD, WORK_2, r[1], 0xf5);
    three(e, X86_PMULDQ, WORK, WORK, WORK_2);
    three(e, X86_PMULDQ, WORK_2, r[0], r[1]);
    for (int k = WORK; k <= WORK_2; k++) {
        three(e, X86_PADDQ, k, k, k);
        if (rounds)
            x86_rrm(&e->a, X86_PADDQ, false, XMM(k), XMM(k), FRAME_AT(e->u, half32));
    }
    shift(e, VECTOR_SHR, 3, WORK_2, WORK_2, 32);
    three_imm(e, X86_PBLENDW, WORK, WORK_2, WORK, 0xcc);
}

/* Of all products only that of the smallest number by itself is too large, and comes out as the
 * smallest number: its bits are turned around. */
void x86_multiply_doubled(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    bool words = VM_LANE_SIZE(insn->aux) == 1;

    (words ? doubled_words : doubled_doublewords)(e, r, insn->op == VM_OP_V_SQRDMULH);
    x86_vector_constant(e, WORK_2, words ? 0x8000800080008000 : 0x8000000080000000);
    three(e, words ? X86_PCMPEQW : X86_PCMPEQD, WORK_2, WORK_2, WORK);
    three(e, X86_PXOR, d, WORK, WORK_2);
}

/* Polynomials of eight bits, from the highest one on: doubled, and the first operand added where
 * the second one has a bit. */
void x86_multiply_polynomials(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    (void)insn;
    for (uint32_t bit = 8; bit-- > 0;) {
        shift(e, VECTOR_SHL, 1, WORK_2, r[1], 15 - bit);
        shift(e, VECTOR_SAR, 1, WORK_2, WORK_2, 15);
        shift(e, VECTOR_SHR, 1, WORK_2, WORK_2, 8);
        three(e, X86_PAND, WORK_2, WORK_2, r[0]);
        if (bit == 7) {
            x86_move(e, WORK, WORK_2);
            continue;
        }
        three(e, X86_PADDW, WORK, WORK, WORK);
        three(e, X86_PXOR, bit ? WORK : d, WORK, WORK_2);
    }
}
