/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FFLUSH and V_FFLUSH. MXCSR's own modes are of no use: they flush without a word, and all operands
 * and results alike. Denormal numbers are rare where they are flushed, and so are out of line.
 */
#include "vector.h"

static void raise_flag(struct emitter *e)
{
    const struct jit_engine *engine = e->u->engine;

    x86_alu_mem_imm(&e->a, ALU_OR, false, x86_at(RBP, jit_slot_at(engine, engine->flags_slot)),
                    VM_FP_ID);
}

static struct tail *flush_tail(struct emitter *e, enum tail_kind kind, uint32_t type,
                               uint32_t place, int from, int d)
{
    struct tail *t = x86_tail(e, kind);

    t->from[0] = place;
    t->type = (uint8_t)type;
    t->fp[0] = (int8_t)from;
    t->reg = (int8_t)d;
    t->back = e->a.n;
    return t;
}

/* ---- one number ---- */

/* rax becomes the exponent of twice the magnitude less `less` of its last places. */
static void exponent(struct emitter *e, bool wide, int from, int32_t less)
{
    struct x86_mem twice = x86_at_index(RAX, RAX);

    twice.disp = -less;
    x86_rr(&e->a, X86_MOVQ_FROM_XMM, wide, XMM(from), RAX);
    x86_rm(&e->a, X86_LEA, wide, RAX, twice);
    x86_shift(&e->a, SHIFT_SHR, wide, RAX, wide ? 53 : 24);
}

/* A zero wraps around; the smallest normal number is told from the denormal ones out of line. */
static void number(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int from = jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    exponent(e, insn->type == VM_F64, from, 1);
    uint32_t place = x86_jcc(&e->a, CC_E);
    x86_move(e, d, from);
    flush_tail(e, TAIL_FLUSH, insn->type, place, from, d);
}

void x86_tail_flush(struct emitter *e, const struct tail *t)
{
    struct x86 *a = &e->a;
    bool wide = t->type == VM_F64;

    x86_move(e, t->reg, t->fp[0]);
    exponent(e, wide, t->reg, 0);
    x86_aim(a, x86_jcc(a, CC_NE), t->back);
    raise_flag(e);
    x86_rm(a, X86_ANDPS, false, XMM(t->reg),
           wide ? FRAME_AT(e->u, sign64) : FRAME_AT(e->u, sign32));
    x86_aim(a, x86_jmp(a), t->back);
}

/* ---- lanes ---- */

/*
 * Twice the magnitude less 1, and the sign bit inverted, so that the comparison of signed integers
 * is one of unsigned ones: a zero is the largest, and all denormal numbers are below the limit.
 */
static void lanes(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    bool wide = VM_AUX_SRC(insn->aux) == VM_F64;
    int from = jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : WORK;
    three(e, wide ? X86_PADDQ : X86_PADDD, WORK, from, from);
    three_mem(e, wide ? X86_PADDQ : X86_PADDD, WORK, WORK,
              wide ? FRAME_AT(u, magnitudes64) : FRAME_AT(u, magnitudes32));
    x86_rm(&e->a, X86_MOVAPS, false, XMM(WORK_2),
           wide ? FRAME_AT(u, denormals64) : FRAME_AT(u, denormals32));
    three(e, wide ? X86_PCMPGTQ : X86_PCMPGTD, WORK_2, WORK_2, WORK);
    x86_rr(&e->a, X86_PTEST, false, XMM(WORK_2), XMM(WORK_2));
    uint32_t place = x86_jcc(&e->a, CC_NE);
    x86_move(e, d, from);
    flush_tail(e, TAIL_FLUSH_LANES, VM_AUX_SRC(insn->aux), place, from, d);
}

void x86_tail_flush_lanes(struct emitter *e, const struct tail *t)
{
    bool wide = t->type == VM_F64;

    raise_flag(e);
    three_mem(e, X86_PAND, WORK_2, WORK_2,
              wide ? FRAME_AT(e->u, magnitudes64) : FRAME_AT(e->u, magnitudes32));
    three(e, X86_PANDN, t->reg, WORK_2, t->fp[0]);
    x86_aim(&e->a, x86_jmp(&e->a), t->back);
}

void x86_emit_flush(struct emitter *e, const struct jit_insn *insn)
{
    if (insn->op == VM_OP_FFLUSH)
        number(e, insn);
    else
        (has(e, FEATURE_AVX) ? lanes : x86_vector_soft)(e, insn);
}
