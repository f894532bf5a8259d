/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point on the lanes of vectors, on AVX. As float.c does it for Arm's rules: vectors with
 * a lane that the host may have got wrong are made again out of line, and all by C where the host
 * has nothing for it, among that ties away from zero.
 */
#include "vector.h"

/* Out of line, on operands that still have their registers. */
struct tail *x86_vector_tail(struct emitter *e, const struct jit_insn *insn, uint32_t place,
                             const int *operands, int reg)
{
    struct tail *t = x86_tail(e, TAIL_VECTOR);

    t->from[0] = place;
    for (uint32_t k = 0; k < insn->n_args; k++)
        t->fp[k] = (int8_t)operands[k];
    t->reg = (int8_t)reg;
    t->name = insn->op;
    t->aux = insn->aux;
    t->back = e->a.n;
    return t;
}

/* By VM_OP_V_FADD and on, single and double. */
static const uint8_t float_forms[][2] = {
    {X86_ADDPS, X86_ADDPD},
    {X86_SUBPS, X86_SUBPD},
    {X86_MULPS, X86_MULPD},
    {X86_DIVPS, X86_DIVPD},
    {X86_SQRTPS, X86_SQRTPD},
    {X86_ROUNDPS, X86_ROUNDPD},
    {X86_VFMADD231PS, X86_VFMADD231PD},
    {X86_MINPS, X86_MINPD},
    {X86_MAXPS, X86_MAXPD},
};

static bool is_double(const struct jit_insn *insn)
{
    return VM_AUX_SRC(insn->aux) == VM_F64;
}

/* All bits of the lanes but their signs. */
static struct x86_mem magnitudes(struct emitter *e, bool wide)
{
    return wide ? FRAME_AT(e->u, magnitudes64) : FRAME_AT(e->u, magnitudes32);
}

/* to = a comparison of lanes; quiet but for LESS and LESS_OR_EQUAL. */
static void compare_lanes(struct emitter *e, bool wide, int to, int first, int second,
                          uint32_t predicate)
{
    three_imm(e, wide ? X86_CMPPD : X86_CMPPS, to, first, second, predicate);
}

/* The place of a jump that is taken if some bit of a register is set. */
static uint32_t unless_zero(struct emitter *e, int reg)
{
    x86_rr(&e->a, X86_PTEST, false, XMM(reg), XMM(reg));
    return x86_jcc(&e->a, CC_NE);
}

/* The lanes of `work`, a result, that are NaNs or may have been tiny before rounding. */
static uint32_t unless_right(struct emitter *e, const struct jit_insn *insn, int work, int spare)
{
    struct jit_unit *u = e->u;
    bool wide = is_double(insn), flushes = insn->aux & VM_AUX_FLUSH;

    if (!flushes && (insn->op <= VM_OP_V_FSUB || insn->op == VM_OP_V_FSQRT)) {
        compare_lanes(e, wide, spare, work, work, UNORDERED);
    } else {
        x86_rrm(&e->a, X86_ANDPS, false, XMM(spare), XMM(work), magnitudes(e, wide));
        x86_rrm(&e->a, wide ? X86_CMPPD : X86_CMPPS, false, XMM(spare), XMM(spare),
                wide ? FRAME_AT(u, smallest64) : FRAME_AT(u, smallest32));
        x86_byte(&e->a, flushes ? NOT_GREATER_OR_UNORDERED : EQUAL_OR_UNORDERED);
    }
    return unless_zero(e, spare);
}

static void float_arithmetic(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    enum x86_form form = (enum x86_form)float_forms[insn->op - VM_OP_V_FADD][is_double(insn)];
    uint32_t rm = VM_AUX_RM(insn->aux), whole = x86_unless_inexact(e, insn);

    x86_set_rounding(e, rm);
    if (insn->op == VM_OP_V_FMA) {
        x86_move(e, WORK, r[2]);
        three(e, form, WORK, r[0], r[1]);
    } else if (insn->op == VM_OP_V_FSQRT) {
        x86_rr(&e->a, form, false, XMM(WORK), XMM(r[0]));
    } else {
        three(e, form, WORK, r[0], r[1]);
    }
    x86_reset_rounding(e, rm);
    uint32_t place = unless_right(e, insn, WORK, WORK_2), passed = e->a.n;
    x86_move(e, d, WORK);
    struct tail *t = x86_vector_tail(e, insn, place, r, d);
    t->flushes = insn->aux & VM_AUX_FLUSH;
    t->type = (uint8_t)VM_AUX_SRC(insn->aux);
    t->check = passed;
    t->whole = whole;
}

/* The result is in WORK, the lanes' mask in WORK_2. */
void x86_tail_vector_flushes(struct emitter *e, const struct tail *t)
{
    three(e, X86_PAND, WORK_2, WORK_2, WORK);
    three(e, t->type == VM_F64 ? X86_PADDQ : X86_PADDD, WORK_2, WORK_2, WORK_2);
    x86_rr(&e->a, X86_PTEST, false, XMM(WORK_2), XMM(WORK_2));
    x86_aim(&e->a, x86_jcc(&e->a, CC_E), t->check);
    if (t->whole != JIT_NONE)
        x86_aim(&e->a, t->whole, e->a.n);
}

static void round_lanes(struct emitter *e, const struct jit_insn *insn, int to, int from,
                        uint32_t mode)
{
    x86_rr(&e->a, is_double(insn) ? X86_ROUNDPD : X86_ROUNDPS, false, XMM(to), XMM(from));
    x86_byte(&e->a, mode);
}

/* Ties away from zero, into WORK: as scalar ones. */
static uint32_t round_lanes_away(struct emitter *e, const struct jit_insn *insn, int from,
                                 bool silent)
{
    bool wide = is_double(insn);
    enum x86_form add = wide ? X86_ADDPD : X86_ADDPS;
    uint64_t whole_from = wide ? (uint64_t)(1023 + 52) << 52 : 0x100000001u * ((127u + 23) << 23);

    x86_rrm(&e->a, X86_ANDPS, false, XMM(WORK), XMM(from), magnitudes(e, wide));
    x86_vector_constant(e, WORK_2, whole_from);
    compare_lanes(e, wide, WORK, WORK, WORK_2, NOT_LESS | QUIET);
    uint32_t place = unless_zero(e, WORK);
    round_lanes(e, insn, WORK, from, x86_round_mode(VM_FP_RTZ, silent));
    three(e, wide ? X86_SUBPD : X86_SUBPS, WORK_2, from, WORK);
    three(e, add, WORK_2, WORK_2, WORK_2);
    round_lanes(e, insn, WORK_2, WORK_2, x86_round_mode(VM_FP_RTZ, true));
    three(e, add, WORK, WORK, WORK_2);
    return place;
}

/* In a mode that the host has; its NaNs are Arm's unless there is only one. */
static void float_integral_host(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t mode = x86_round_mode(VM_AUX_RM(insn->aux), !VM_AUX_VARIANT(insn->aux));

    if (!(insn->aux & VM_AUX_DEFAULT_NAN)) {
        round_lanes(e, insn, d, r[0], mode);
        return;
    }
    round_lanes(e, insn, WORK, r[0], mode);
    compare_lanes(e, is_double(insn), WORK_2, WORK, WORK, UNORDERED);
    uint32_t place = unless_zero(e, WORK_2);
    x86_move(e, d, WORK);
    x86_vector_tail(e, insn, place, r, d);
}

static void float_integral(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    bool silent = !VM_AUX_VARIANT(insn->aux);

    if (VM_AUX_RM(insn->aux) <= VM_FP_RUP) {
        float_integral_host(e, insn, r, d);
        return;
    }
    uint32_t place = round_lanes_away(e, insn, r[0], silent);
    x86_rm(&e->a, X86_MOVAPS, false, XMM(WORK_2), magnitudes(e, is_double(insn)));
    three(e, X86_PANDN, WORK_2, WORK_2, r[0]); /* the sign, which a zero has lost */
    three(e, X86_POR, d, WORK, WORK_2);
    x86_vector_tail(e, insn, place, r, d);
}

/* As scalar ones: NaNs out of line, and both orders because of zeros. */
static void float_min_max(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    enum x86_form form = (enum x86_form)float_forms[insn->op - VM_OP_V_FADD][is_double(insn)];

    compare_lanes(e, is_double(insn), WORK, r[0], r[1], UNORDERED);
    uint32_t place = unless_zero(e, WORK);
    three(e, form, WORK, r[0], r[1]);
    three(e, form, WORK_2, r[1], r[0]);
    three(e, insn->op == VM_OP_V_FMIN ? X86_POR : X86_PAND, d, WORK, WORK_2);
    x86_vector_tail(e, insn, place, r, d);
}

/* The place of a jump for lanes that are negative, as large as half of an integer's range, or NaNs.
 */
static uint32_t unless_positive(struct emitter *e, const struct jit_insn *insn, int from)
{
    bool wide = is_double(insn);

    x86_vector_constant(e, WORK,
                        wide ? ((uint64_t)(1023 + 63) << 52) - 1
                             : 0x100000001u * (((127u + 31) << 23) - 1));
    three(e, wide ? X86_PSUBQ : X86_PSUBD, WORK, WORK, from);
    three(e, X86_POR, WORK, WORK, from);
    shift(e, VECTOR_SHR, wide ? 3 : 2, WORK, WORK, wide ? 63 : 31);
    return unless_zero(e, WORK);
}

/* How lanes become integers: what is to be converted, and jumps if the host would not do it right.
 */
struct conversion {
    int from;
    bool nearest, in_range;
    uint32_t place[2];
};

/*
 * Modes that the conversion has not come first, into WORK. They may say that they are inexact: that
 * no number is which is too large, and what else is out of range is found before.
 */
static struct conversion prepare(struct emitter *e, const struct jit_insn *insn, int from)
{
    uint32_t rm = VM_AUX_RM(insn->aux);
    struct conversion c = {.from = from,
                           .nearest = rm == VM_FP_RNE,
                           .in_range = VM_AUX_VARIANT(insn->aux) & 1,
                           .place = {JIT_NONE, JIT_NONE}};

    if (c.in_range)
        c.place[0] = unless_positive(e, insn, from);
    if (rm == VM_FP_RNE || rm == VM_FP_RTZ)
        return c;
    c.from = WORK;
    if (rm <= VM_FP_RUP) {
        round_lanes(e, insn, WORK, from, x86_round_mode(rm, false));
        return c;
    }
    c.place[1] = round_lanes_away(e, insn, from, false);
    c.in_range = true;
    return c;
}

/* What the host cannot convert gives the smallest integer. */
static void to_integers(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    struct conversion c = prepare(e, insn, r[0]);

    x86_rr(&e->a, c.nearest ? X86_CVTPS2DQ : X86_CVTTPS2DQ, false, XMM(WORK), XMM(c.from));
    if (!c.in_range) {
        x86_vector_constant(e, WORK_2, 0x8000000080000000);
        three(e, X86_PCMPEQD, WORK_2, WORK_2, WORK);
        c.place[0] = unless_zero(e, WORK_2);
    }
    x86_move(e, d, WORK);
    x86_vector_tail(e, insn, c.place[0], r, d)->from[1] = c.place[1];
}

/* Doubles and integers of 64 bits, one after the other. */
static void to_long_integers(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    struct conversion c = prepare(e, insn, r[0]);
    struct x86 *a = &e->a;

    shuffle(e, X86_PSHUFD, WORK_2, c.from, 0xee);
    for (int i = 0; i < 2; i++) {
        x86_rr(a, c.nearest ? X86_CVTSD2SI : X86_CVTTSD2SI, true, i ? RCX : RAX,
               XMM(i ? WORK_2 : c.from));
        if (c.in_range)
            continue;
        x86_alu_imm(a, ALU_CMP, true, i ? RCX : RAX, 1); /* overflows for the smallest one only */
        c.place[i] = x86_jcc(a, CC_O);
    }
    x86_move(e, d, RAX);
    x86_move(e, WORK_2, RCX);
    three(e, X86_PUNPCKLQDQ, d, d, WORK_2);
    x86_vector_tail(e, insn, c.place[0], r, d)->from[1] = c.place[1];
}

static void from_long_integers(struct emitter *e, const int *r, int d)
{
    struct x86 *a = &e->a;

    x86_rr(a, X86_MOVQ_FROM_XMM, true, XMM(r[0]), RAX);
    x86_rr(a, X86_PEXTRQ, true, XMM(r[0]), RCX);
    x86_byte(a, 1);
    for (int i = 0; i < 2; i++) {
        int to = i ? WORK_2 : WORK;
        x86_rr(a, X86_XORPS, false, XMM(to),
               XMM(to)); /* the upper part is kept: wait for nothing */
        x86_rr(a, X86_CVTSI2SD, true, XMM(to), i ? RCX : RAX);
    }
    three(e, X86_PUNPCKLQDQ, d, WORK, WORK_2);
}

/*
 * Unsigned: the halves of each as the digits of 2^84 and 2^52, and these taken off again. Only the
 * last addition rounds.
 */
static void from_long_unsigned(struct emitter *e, uint32_t rm, const int *r, int d)
{
    x86_vector_constant(e, WORK_2, (uint64_t)(1023 + 84) << 52);
    shift(e, VECTOR_SHR, 3, WORK, r[0], 32);
    three(e, X86_POR, WORK, WORK, WORK_2);
    x86_vector_constant(e, WORK_2, (uint64_t)(1023 + 84) << 52 | 1u << 20); /* 2^84 + 2^52 */
    three(e, X86_SUBPD, WORK, WORK, WORK_2);
    x86_vector_constant(e, WORK_2, (uint64_t)(1023 + 52) << 52);
    three_imm(e, X86_PBLENDW, WORK_2, r[0], WORK_2, 0xcc);
    three(e, X86_ADDPD, d, WORK, WORK_2);
    if (rm == VM_FP_RDN) /* 0 is a difference there, and negative */
        three_mem(e, X86_PAND, d, d, magnitudes(e, true));
}

/* The upper halves as numbers times 2^16, and the lower ones: only their sum is rounded. */
static void from_unsigned(struct emitter *e, const int *r, int d)
{
    struct x86 *a = &e->a;

    shift(e, VECTOR_SHR, 2, WORK, r[0], 16);
    x86_rr(a, X86_CVTDQ2PS, false, XMM(WORK), XMM(WORK));
    x86_vector_constant(e, WORK_2, 0x100000001u * ((127u + 16) << 23));
    three(e, X86_MULPS, WORK, WORK, WORK_2);
    x86_vector_constant(e, WORK_2, 0);
    three_imm(e, X86_PBLENDW, WORK_2, WORK_2, r[0], 0x55);
    x86_rr(a, X86_CVTDQ2PS, false, XMM(WORK_2), XMM(WORK_2));
    three(e, X86_ADDPS, d, WORK, WORK_2);
}

static void from_integers(struct emitter *e, const struct jit_insn *insn, const int *r, int d)
{
    uint32_t rm = VM_AUX_RM(insn->aux);

    x86_set_rounding(e, rm);
    if (!is_double(insn) && VM_AUX_VARIANT(insn->aux))
        from_unsigned(e, r, d);
    else if (!is_double(insn))
        x86_rr(&e->a, X86_CVTDQ2PS, false, XMM(d), XMM(r[0]));
    else if (VM_AUX_VARIANT(insn->aux))
        from_long_unsigned(e, rm, r, d);
    else
        from_long_integers(e, r, d);
    x86_reset_rounding(e, rm);
}

/* The host does it, and as Arm wants it but for what is made again. */
static bool is_native_float(const struct emitter *e, const struct jit_insn *insn)
{
    const struct vm_fp_env *fp = &e->u->engine->fp;
    uint32_t rm = VM_AUX_RM(insn->aux);

    if (!has(e, FEATURE_AVX) || !fp->tiny_before || fp->nan_rule != VM_FP_NAN_ARM)
        return false;
    switch (insn->op) {
    case VM_OP_V_FADD ... VM_OP_V_FSQRT:
    case VM_OP_V_ITOF:
        return rm <= VM_FP_RUP;
    case VM_OP_V_FMA:
        return rm <= VM_FP_RUP && has(e, FEATURE_FMA) && !VM_AUX_VARIANT(insn->aux);
    default:
        return true;
    }
}

void x86_emit_vector_float(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    uint32_t quiet = VM_AUX_VARIANT(insn->aux) ? QUIET : 0;
    int r[3] = {-1, -1, -1};

    if (VM_AUX_SRC(insn->aux) == VM_F16) {
        x86_emit_half_lanes(e, insn);
        return;
    }
    if (!is_native_float(e, insn)) {
        x86_vector_soft(e, insn);
        return;
    }
    for (uint32_t k = 0; k < insn->n_args; k++)
        r[k] = jit_use(u, insn->arg[k]);
    jit_consume(u);
    int d = insn->uses ? jit_define(u) : WORK;
    switch (insn->op) {
    case VM_OP_V_FEQ:
        compare_lanes(e, is_double(insn), d, r[0], r[1], 0);
        return;
    case VM_OP_V_FLT:
        compare_lanes(e, is_double(insn), d, r[0], r[1], LESS | quiet);
        return;
    case VM_OP_V_FLE:
        compare_lanes(e, is_double(insn), d, r[0], r[1], LESS_OR_EQUAL | quiet);
        return;
    case VM_OP_V_ITOF:
        from_integers(e, insn, r, d);
        return;
    case VM_OP_V_FTOI:
        (is_double(insn) ? to_long_integers : to_integers)(e, insn, r, d);
        return;
    case VM_OP_V_FRINT:
        float_integral(e, insn, r, d);
        return;
    case VM_OP_V_FMIN:
    case VM_OP_V_FMAX:
        float_min_max(e, insn, r, d);
        return;
    default:
        float_arithmetic(e, insn, r, d);
    }
}
