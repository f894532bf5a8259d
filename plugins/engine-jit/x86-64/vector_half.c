/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Half precision on F16C: conversions, and arithmetic on singles, of which one that is made of
 * halves tells how to round it to a half. The host's flags are right but for what is tiny before it
 * is rounded: a result that is the smallest normal number is made again out of line, as are NaNs
 * where the host may choose another one.
 */
#include "vector.h"

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

/* Singles are numbers, or NaNs that are only converted and may stay. */
static void unless_number(struct emitter *e, const struct jit_insn *insn, int reg, struct places *p)
{
    if (!(insn->aux & VM_AUX_DEFAULT_NAN) && VM_AUX_VARIANT(insn->aux) == 0)
        return;
    three_imm(e, X86_CMPPS, WORK_2, reg, reg, UNORDERED);
    p->at[p->n++] = unless_zero(e);
}

/* Of halves in WORK. */
static void unless_nan(struct emitter *e, struct places *p)
{
    three_mem(e, X86_PAND, WORK_2, WORK, FRAME_AT(e->u, magnitudes16));
    three_mem(e, X86_PCMPGTW, WORK_2, WORK_2, FRAME_AT(e->u, infinities16));
    p->at[p->n++] = unless_zero(e);
}

/* Halves in WORK may have been tiny. */
static void unless_smallest(struct emitter *e, struct places *p)
{
    three_mem(e, X86_PAND, WORK_2, WORK, FRAME_AT(e->u, magnitudes16));
    three_mem(e, X86_PCMPEQW, WORK_2, WORK_2, FRAME_AT(e->u, smallest16));
    p->at[p->n++] = unless_zero(e);
}

/* ---- conversions ---- */

static bool is_native(const struct emitter *e, const struct jit_insn *insn)
{
    const struct vm_fp_env *fp = &e->u->engine->fp;

    return has(e, FEATURE_AVX) && has(e, FEATURE_F16C) && fp->tiny_before &&
           fp->nan_rule == VM_FP_NAN_ARM && VM_AUX_RM(insn->aux) <= VM_FP_RUP &&
           !(insn->aux & VM_AUX_FLUSH);
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

/* ---- arithmetic: the eight halves of a vector as singles, in 256 bits ---- */

static void convert(struct emitter *e, enum x86_form form, int to, int from)
{
    x86_rr(&e->a, form, false, XMM(to), XMM(from));
}

static void convert_imm(struct emitter *e, enum x86_form form, int to, int from, uint32_t imm)
{
    convert(e, form, to, from);
    x86_byte(&e->a, imm);
}

static void widen(struct emitter *e, int to, int from)
{
    convert(e, X86_VCVTPH2PS_256, to, from);
}

/* WORK's singles; SSE may follow. */
static void narrow(struct emitter *e, uint32_t rm)
{
    convert_imm(e, X86_VCVTPS2PH_256, WORK, WORK, x86_round_mode(rm, false)); /* writes its r/m */
    x86_vzeroupper(&e->a);
}

/*
 * Quotients and roots of halves are never so near to the middle between two that a single does not
 * tell; sums and products are exact or as far from it. Sums and roots that are tiny are exact.
 */
static void arithmetic(struct emitter *e, const struct jit_insn *insn, const int *r,
                       struct places *p)
{
    static const uint8_t forms[] = {X86_VADDPS_256, X86_VSUBPS_256, X86_VMULPS_256, X86_VDIVPS_256,
                                    X86_VSQRTPS_256};
    enum x86_form form = (enum x86_form)forms[insn->op - VM_OP_V_FADD];
    uint32_t rm = VM_AUX_RM(insn->aux);

    widen(e, WORK, r[0]);
    if (insn->op != VM_OP_V_FSQRT)
        widen(e, WORK_2, r[1]);
    x86_set_rounding(e, rm);
    if (insn->op == VM_OP_V_FSQRT)
        convert(e, form, WORK, WORK);
    else
        three(e, form, WORK, WORK, WORK_2);
    x86_reset_rounding(e, rm);
    narrow(e, rm);
    unless_nan(e, p);
    if (insn->op == VM_OP_V_FMUL || insn->op == VM_OP_V_FDIV)
        unless_smallest(e, p);
}

/* One half of a vector as doubles. */
static void widen_twice(struct emitter *e, int to, int from, bool high)
{
    if (high) {
        shuffle(e, X86_PSHUFD, to, from, 0xee);
        from = to;
    }
    convert(e, X86_VCVTPH2PS, to, from);
    convert(e, X86_VCVTPS2PD_256, to, to);
}

/*
 * The products are exact; so are the sums, or the product is too small to matter beside the addend.
 * They become singles whose last bit tells whether there was more, and these are rounded.
 */
static void multiply_add(struct emitter *e, const int *r, bool high, uint32_t rm)
{
    widen_twice(e, WORK, r[0], high);
    widen_twice(e, WORK_2, r[1], high);
    three(e, X86_VMULPD_256, WORK, WORK, WORK_2);
    widen_twice(e, WORK_2, r[2], high);
    x86_set_rounding(e, rm);
    three(e, X86_VADDPD_256, WORK, WORK, WORK_2);
    x86_reset_rounding(e, rm);
    three_mem(e, X86_VPAND_256, WORK_2, WORK, FRAME_AT(e->u, below_single));
    three_mem(e, X86_VPADDQ_256, WORK_2, WORK_2, FRAME_AT(e->u, below_single));
    three(e, X86_VPOR_256, WORK, WORK, WORK_2);
    three_mem(e, X86_VPAND_256, WORK, WORK, FRAME_AT(e->u, in_single));
    convert(e, X86_VCVTPD2PS_256, WORK, WORK);
    convert_imm(e, X86_VCVTPS2PH, WORK, WORK, x86_round_mode(rm, false));
}

/* A vector whose halves are the same: that of a scalar. */
static bool is_uniform(const struct jit_unit *u, uint32_t v, uint32_t depth)
{
    const struct jit_insn *insn = &u->insns[v];
    const uint32_t a = insn->arg[0], b = insn->arg[1];

    if (insn->op == VM_OP_V_SPREAD || insn->op == VM_OP_V_DUP)
        return true;
    if (insn->op == VM_OP_V_PAIR)
        return jit_is_const(u, a) && jit_is_const(u, b) && u->insns[a].imm == u->insns[b].imm;
    return insn->op >= VM_OP_V_AND && insn->op <= VM_OP_V_ANDN && depth > 0 &&
           is_uniform(u, a, depth - 1) && is_uniform(u, b, depth - 1);
}

static void fused(struct emitter *e, const struct jit_insn *insn, const int *r, struct places *p)
{
    uint32_t rm = VM_AUX_RM(insn->aux);
    bool uniform = true;

    for (uint32_t k = 0; k < 3; k++)
        uniform &= is_uniform(e->u, insn->arg[k], 2);
    if (!uniform) {
        multiply_add(e, r, true, rm);
        x86_rm(&e->a, X86_MOVSD_STORE, false, XMM(WORK), WORK_AT(e, 0));
    }
    multiply_add(e, r, false, rm);
    x86_vzeroupper(&e->a);
    if (!uniform)
        x86_rm(&e->a, X86_MOVSD_LOAD, false, XMM(WORK_2), WORK_AT(e, 0));
    three(e, X86_PUNPCKLQDQ, WORK, WORK, uniform ? WORK : WORK_2);
    unless_nan(e, p);
    unless_smallest(e, p);
}

/* to = numbers as integers of the same order, or these back: negative ones are inverted. */
static void in_order(struct emitter *e, int to, int spare, int from)
{
    shift(e, VECTOR_SAR, 1, spare, from, 15);
    shift(e, VECTOR_SHR, 1, spare, spare, 1);
    three(e, X86_PXOR, to, spare, from);
}

static void min_max(struct emitter *e, const struct jit_insn *insn, const int *r, struct places *p)
{
    three_mem(e, X86_PAND, WORK, r[0], FRAME_AT(e->u, magnitudes16));
    three_mem(e, X86_PAND, WORK_2, r[1], FRAME_AT(e->u, magnitudes16));
    three(e, X86_PMAXSW, WORK, WORK, WORK_2);
    unless_nan(e, p);
    in_order(e, WORK, WORK, r[0]);
    in_order(e, WORK_2, WORK_2, r[1]);
    three(e, insn->op == VM_OP_V_FMIN ? X86_PMINSW : X86_PMAXSW, WORK, WORK, WORK_2);
    in_order(e, WORK, WORK_2, WORK);
}

/* WORK and WORK_2, in 256 bits, become the low and the high half of one vector in 128. */
static void halve(struct emitter *e)
{
    convert_imm(e, X86_VEXTRACTF128, WORK, WORK_2, 1); /* writes its r/m */
    x86_vzeroupper(&e->a);
}

static void compare(struct emitter *e, const struct jit_insn *insn, const int *r)
{
    uint32_t quiet = VM_AUX_VARIANT(insn->aux) ? QUIET : 0;
    uint32_t predicate = insn->op == VM_OP_V_FEQ   ? EQUAL
                         : insn->op == VM_OP_V_FLT ? LESS | quiet
                                                   : LESS_OR_EQUAL | quiet;

    widen(e, WORK, r[0]);
    widen(e, WORK_2, r[1]);
    three_imm(e, X86_VCMPPS_256, WORK, WORK, WORK_2, predicate);
    halve(e);
    three(e, X86_PACKSSDW, WORK, WORK, WORK_2);
}

/*
 * WORK becomes the integral singles next to the halves in `from`. Ties away from zero: one half is
 * added, of the number's sign, which is exact, and the rest cut off.
 */
static void make_integral(struct emitter *e, int from, uint32_t rm, bool silent)
{
    if (rm <= VM_FP_RUP) {
        widen(e, WORK, from);
        convert_imm(e, X86_VROUNDPS_256, WORK, WORK, x86_round_mode(rm, silent));
        return;
    }
    x86_rm(&e->a, X86_MOVAPS, false, XMM(WORK), FRAME_AT(e->u, magnitudes16));
    three(e, X86_PANDN, WORK, WORK, from);
    x86_vector_constant(e, WORK_2, 0x3800380038003800);
    three(e, X86_POR, WORK_2, WORK_2, WORK);
    widen(e, WORK_2, WORK_2);
    widen(e, WORK, from);
    three(e, X86_VADDPS_256, WORK_2, WORK_2, WORK);
    if (!silent) /* for the flag */
        convert_imm(e, X86_VROUNDPS_256, WORK, WORK, x86_round_mode(VM_FP_RTZ, false));
    convert_imm(e, X86_VROUNDPS_256, WORK, WORK_2, x86_round_mode(VM_FP_RTZ, true));
}

static void integral(struct emitter *e, const struct jit_insn *insn, const int *r, struct places *p)
{
    make_integral(e, r[0], VM_AUX_RM(insn->aux), !VM_AUX_VARIANT(insn->aux));
    narrow(e, VM_FP_RNE);
    if (insn->aux & VM_AUX_DEFAULT_NAN)
        unless_nan(e, p);
}

/* What is not below 2^15 is left to C, and what is negative if that is out of range. */
static void to_integers(struct emitter *e, const struct jit_insn *insn, const int *r,
                        struct places *p)
{
    bool is_unsigned = VM_AUX_VARIANT(insn->aux) & 1;
    uint32_t rm = VM_AUX_RM(insn->aux);

    x86_vector_constant(e, WORK_2, 0x77ff77ff77ff77ff);
    if (is_unsigned) {
        three(e, X86_PSUBUSW, WORK_2, r[0], WORK_2);
    } else {
        three_mem(e, X86_PAND, WORK, r[0], FRAME_AT(e->u, magnitudes16));
        three(e, X86_PSUBUSW, WORK_2, WORK, WORK_2);
    }
    p->at[p->n++] = unless_zero(e);
    if (rm == VM_FP_RNE || rm == VM_FP_RTZ)
        widen(e, WORK, r[0]);
    else
        make_integral(e, r[0], rm, false);
    convert(e, rm == VM_FP_RNE ? X86_VCVTPS2DQ_256 : X86_VCVTTPS2DQ_256, WORK, WORK);
    halve(e);
    three(e, X86_PACKSSDW, WORK, WORK, WORK_2);
}

static void from_integers(struct emitter *e, const struct jit_insn *insn, const int *r)
{
    convert(e, VM_AUX_VARIANT(insn->aux) ? X86_VPMOVZXWD_256 : X86_VPMOVSXWD_256, WORK, r[0]);
    convert(e, X86_VCVTDQ2PS_256, WORK, WORK);
    narrow(e, VM_AUX_RM(insn->aux));
}

static bool is_native_lanes(const struct emitter *e, const struct jit_insn *insn)
{
    const struct vm_fp_env *fp = &e->u->engine->fp;

    if (!has(e, FEATURE_AVX) || !has(e, FEATURE_AVX2) || !has(e, FEATURE_F16C) ||
        !fp->tiny_before || fp->nan_rule != VM_FP_NAN_ARM || insn->aux & VM_AUX_FLUSH)
        return false;
    if (insn->op <= VM_OP_V_FSQRT || insn->op == VM_OP_V_FMA || insn->op == VM_OP_V_ITOF)
        return VM_AUX_RM(insn->aux) <= VM_FP_RUP;
    return true;
}

/* Into WORK. */
static void half_lanes(struct emitter *e, const struct jit_insn *insn, const int *r,
                       struct places *p)
{
    switch (insn->op) {
    case VM_OP_V_FMA:
        fused(e, insn, r, p);
        return;
    case VM_OP_V_FMIN:
    case VM_OP_V_FMAX:
        min_max(e, insn, r, p);
        return;
    case VM_OP_V_FEQ:
    case VM_OP_V_FLT:
    case VM_OP_V_FLE:
        compare(e, insn, r);
        return;
    case VM_OP_V_FRINT:
        integral(e, insn, r, p);
        return;
    case VM_OP_V_FTOI:
        to_integers(e, insn, r, p);
        return;
    case VM_OP_V_ITOF:
        from_integers(e, insn, r);
        return;
    default:
        arithmetic(e, insn, r, p);
    }
}

void x86_emit_half_lanes(struct emitter *e, const struct jit_insn *insn)
{
    struct places p = {.n = 0};
    int r[3] = {-1, -1, -1};

    if (!is_native_lanes(e, insn)) {
        x86_vector_soft(e, insn);
        return;
    }
    for (uint32_t k = 0; k < insn->n_args; k++)
        r[k] = jit_use(e->u, insn->arg[k]);
    jit_consume(e->u);
    int d = insn->uses ? jit_define(e->u) : WORK;
    half_lanes(e, insn, r, &p);
    x86_move(e, d, WORK);
    if (p.n > 0)
        x86_vector_tail(e, insn, p.at[0], r, d)->from[1] = p.n > 1 ? p.at[1] : JIT_NONE;
}
