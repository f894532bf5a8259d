/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point on SSE2, and on AVX, FMA and SSE4.1 where the host has them. Inline is what the
 * host does as the guest wants it, for two guests' rules:
 * - tininess after rounding, and one canonical NaN, which a result that is a NaN is replaced by out
 *   of line; the host's flags are right even then;
 * - Arm's: NaNs come through, but others than the host's, and tininess is seen before rounding. A
 *   result that is a NaN or the smallest normal number, which a tiny one may have been rounded to,
 *   is made again by soft float; all other results and flags are the host's. With VM_AUX_FLUSH so
 *   are all tiny ones but zeros. The host calls these inexact, the guest does not: before it has
 *   seen anything inexact, soft float does it all.
 * To nearest is the way MXCSR always stands; for the other modes that the host has it is changed
 * around an operation. Ties away from zero, but of whole numbers, other guests' rules and rare
 * operands go to soft float.
 */
#include "emit.h"

static void argument(struct emitter *e, uint32_t n, int reg)
{
    struct x86_mem m = FRAME_AT(e->u, arg);

    m.disp += (int32_t)(8 * n);
    if (reg < JIT_FLOAT)
        x86_rm(&e->a, X86_MOV_STORE, true, reg, m);
    else
        x86_rm(&e->a, X86_MOVSD_STORE, false, XMM(reg), m);
}

static void call_soft(struct emitter *e, uint32_t code, bool floats)
{
    x86_mov_mem_imm(&e->a, 8, FRAME_AT(e->u, arg), (int32_t)code);
    x86_call_function(e, e->u->engine->arch->n_helpers + JIT_FN_FP, floats);
}

/* The whole operation by soft float. */
static void soft(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;

    for (uint32_t i = 0; i < insn->n_args; i++) {
        argument(e, i + 1, jit_use(u, insn->arg[i]));
        jit_unlock(u);
    }
    jit_consume(u);
    call_soft(e, jit_fp_code(insn), jit_floats_live(u));
    if (insn->uses)
        x86_move(e, jit_define(u), RAX);
}

/* ---- out of line ---- */

/* By soft float on the operands, which are still in their registers; the result goes to `reg`. */
static struct tail *soft_tail(struct emitter *e, const struct jit_insn *insn, uint32_t place,
                              const int *operands, int reg)
{
    struct tail *t = x86_tail(e, TAIL_FP);

    t->from[0] = place;
    t->floats = true;
    for (uint32_t i = 0; i < insn->n_args; i++)
        t->fp[i] = (int8_t)operands[i];
    t->reg = (int8_t)reg;
    t->aux = jit_fp_code(insn);
    t->back = e->a.n;
    return t;
}

static int64_t canonical_nan(bool wide)
{
    return wide ? 0x7ff8000000000000 : 0x7fc00000;
}

/* The result is the canonical NaN. */
static void nan_tail(struct emitter *e, bool wide, uint32_t place, int reg)
{
    struct tail *t = x86_tail(e, TAIL_FP_CONST);

    t->from[0] = place;
    t->reg = (int8_t)reg;
    t->imm = canonical_nan(wide);
    t->back = e->a.n;
}

/* Half of an unsigned number, its lowest bit kept for the rounding, converted and doubled. */
static void tail_half(struct emitter *e, const struct tail *t)
{
    struct x86 *a = &e->a;
    bool wide = t->type == VM_F64;
    int d = XMM(t->reg);

    x86_rr(a, X86_MOV_LOAD, true, RCX, t->fp[0]);
    x86_rr(a, X86_MOV_LOAD, true, RAX, RCX);
    x86_shift(a, SHIFT_SHR, true, RAX, 1);
    x86_alu_imm(a, ALU_AND, false, RCX, 1);
    x86_rr(a, X86_OR, true, RAX, RCX);
    x86_rr(a, wide ? X86_CVTSI2SD : X86_CVTSI2SS, true, d, RAX);
    x86_rr(a, wide ? X86_ADDSD : X86_ADDSS, false, d, d);
}

/* A result that is not above the smallest normal number, and so far in fp[3], is right if it is 0.
 */
static void tail_unless_zero(struct emitter *e, const struct tail *t)
{
    struct x86 *a = &e->a;
    bool wide = t->type == VM_F64;

    x86_rr(a, X86_MOVQ_FROM_XMM, wide, XMM(t->fp[3]), RAX);
    x86_rr(a, X86_ADD, wide, RAX, RAX);
    x86_aim(a, x86_jcc(a, CC_E), t->check);
    if (t->whole != JIT_NONE)
        x86_aim(a, t->whole, a->n);
}

void x86_tail_fp(struct emitter *e, const struct tail *t)
{
    if (t->flushes)
        tail_unless_zero(e, t);
    switch (t->kind) {
    case TAIL_FP_CONST:
        host_constant(e->u, t->reg, (uint64_t)t->imm);
        break;
    case TAIL_FP_HALF:
        tail_half(e, t);
        break;
    default:
        for (uint32_t i = 0; i < 3 && t->fp[i] >= 0; i++)
            argument(e, i + 1, t->fp[i]);
        call_soft(e, t->aux, t->floats);
        x86_move(e, t->reg, RAX);
    }
    x86_aim(&e->a, x86_jmp(&e->a), t->back);
}

/* ---- what this host does as the guest wants it ---- */

static bool has(const struct emitter *e, uint32_t feature)
{
    return (e->u->engine->features & feature) != 0;
}

/* The guest's rules are the host's but for the NaN that comes out. */
static bool is_alike(const struct jit_unit *u)
{
    return !u->engine->fp.tiny_before && u->engine->fp.nan_rule == VM_FP_NAN_CANONICAL;
}

/* ... but for NaNs and the smallest normal number. */
static bool is_arm(const struct jit_unit *u)
{
    return u->engine->fp.tiny_before && u->engine->fp.nan_rule == VM_FP_NAN_ARM;
}

/* The host has the rounding mode too; tiny results are flushed as Arm does. */
static bool is_native(const struct jit_unit *u, const struct jit_insn *insn)
{
    return (is_arm(u) || (is_alike(u) && !(insn->aux & VM_AUX_FLUSH))) &&
           VM_AUX_RM(insn->aux) <= VM_FP_RUP;
}

#define MXCSR_ROUNDING 0x6000

void x86_set_rounding(struct emitter *e, uint32_t rm)
{
    static const uint16_t modes[] = {
        [VM_FP_RNE] = 0, [VM_FP_RDN] = 0x2000, [VM_FP_RUP] = 0x4000, [VM_FP_RTZ] = 0x6000};

    if (rm == VM_FP_RNE)
        return;
    x86_stmxcsr(&e->a, FRAME_AT(e->u, fp_status));
    x86_alu_mem_imm(&e->a, ALU_OR, false, FRAME_AT(e->u, fp_status), modes[rm]);
    x86_ldmxcsr(&e->a, FRAME_AT(e->u, fp_status));
}

void x86_reset_rounding(struct emitter *e, uint32_t rm)
{
    if (rm == VM_FP_RNE)
        return;
    x86_stmxcsr(&e->a, FRAME_AT(e->u, fp_status));
    x86_alu_mem_imm(&e->a, ALU_AND, false, FRAME_AT(e->u, fp_status), ~MXCSR_ROUNDING);
    x86_ldmxcsr(&e->a, FRAME_AT(e->u, fp_status));
}

/* ---- three operands, with AVX or without ---- */

/* to = first op second */
static void operate(struct emitter *e, enum x86_form form, int to, int first, int second)
{
    struct x86 *a = &e->a;

    if (has(e, FEATURE_AVX)) {
        x86_rrr(a, form, false, XMM(to), XMM(first), XMM(second));
    } else if (to == second && to != first) {
        int work = second == JIT_FLOAT ? JIT_FLOAT + 1 : JIT_FLOAT;
        x86_move(e, work, first);
        x86_rr(a, form, false, XMM(work), XMM(second));
        x86_move(e, to, work);
    } else {
        x86_move(e, to, first);
        x86_rr(a, form, false, XMM(to), XMM(second));
    }
}

static void operate_mem(struct emitter *e, enum x86_form form, int to, int first, struct x86_mem m)
{
    if (has(e, FEATURE_AVX)) {
        x86_rrm(&e->a, form, false, XMM(to), XMM(first), m);
    } else {
        x86_move(e, to, first);
        x86_rm(&e->a, form, false, XMM(to), m);
    }
}

/* to = op from. Forms of one operand keep the upper part: a clean register waits for nothing. */
static void operate_one(struct emitter *e, enum x86_form form, int to, int from)
{
    if (has(e, FEATURE_AVX)) {
        x86_rrr(&e->a, form, false, XMM(to), XMM(from), XMM(from));
        return;
    }
    if (to != from)
        x86_rr(&e->a, X86_XORPS, false, XMM(to), XMM(to));
    x86_rr(&e->a, form, false, XMM(to), XMM(from));
}

static void compare_forms(struct emitter *e, bool wide, int first, int second)
{
    x86_rr(&e->a, wide ? X86_UCOMISD : X86_UCOMISS, false, XMM(first), XMM(second));
}

/* The result may be a NaN, which it matters to somebody to be the canonical one. */
static void fix_nan(struct emitter *e, const struct jit_insn *insn, int reg)
{
    bool wide = insn->type == VM_F64;

    if (!(insn->flags & JIT_SEEN))
        return;
    compare_forms(e, wide, reg, reg);
    nan_tail(e, wide, x86_jcc(&e->a, CC_P), reg);
}

/* Arm's rules: the right NaN, but for the mode in which there is only one. */
static void fix_default_nan(struct emitter *e, const struct jit_insn *insn, int reg)
{
    bool wide = insn->type == VM_F64;

    if (!(insn->aux & VM_AUX_DEFAULT_NAN))
        return;
    compare_forms(e, wide, reg, reg);
    nan_tail(e, wide, x86_jcc(&e->a, CC_P), reg);
}

/* Tiny sums are exact on the host as well. */
uint32_t x86_unless_inexact(struct emitter *e, const struct jit_insn *insn)
{
    const struct jit_engine *engine = e->u->engine;
    bool sum = insn->op == VM_OP_FADD || insn->op == VM_OP_FSUB || insn->op == VM_OP_V_FADD ||
               insn->op == VM_OP_V_FSUB;

    if (sum || !(insn->aux & VM_AUX_FLUSH))
        return JIT_NONE;
    x86_test_mem_imm(&e->a, x86_at(RBP, jit_slot_at(engine, engine->flags_slot)), VM_FP_NX);
    return x86_jcc(&e->a, CC_E);
}

/*
 * Arm's rules: the result in `work` moves to d, or is made again of the operands, which still have
 * their registers. A comparison with the smallest normal number also reads as equal for a NaN, and
 * as below. `whole` is from x86_unless_inexact.
 */
static void fix_arm(struct emitter *e, const struct jit_insn *insn, const int *operands, int work,
                    int d, uint32_t whole)
{
    struct jit_unit *u = e->u;
    bool wide = insn->type == VM_F64, flushes = insn->aux & VM_AUX_FLUSH;
    uint32_t place;

    if (!flushes && (insn->op <= VM_OP_FSUB || insn->op == VM_OP_FSQRT)) { /* exact if tiny */
        compare_forms(e, wide, work, work);
        place = x86_jcc(&e->a, CC_P);
    } else {
        int magnitude = work == JIT_FLOAT ? JIT_FLOAT + 1 : JIT_FLOAT;
        operate_mem(e, X86_ANDPS, magnitude, work,
                    wide ? FRAME_AT(u, magnitude64) : FRAME_AT(u, magnitude32));
        x86_rm(&e->a, wide ? X86_UCOMISD : X86_UCOMISS, false, XMM(magnitude),
               wide ? FRAME_AT(u, smallest64) : FRAME_AT(u, smallest32));
        place = x86_jcc(&e->a, flushes ? CC_BE : CC_E);
    }
    uint32_t passed = e->a.n;
    x86_move(e, d, work);
    struct tail *t = soft_tail(e, insn, place, operands, d);
    t->flushes = flushes;
    t->type = insn->type;
    t->fp[3] = (int8_t)work;
    t->check = passed;
    t->whole = whole;
}

/* ---- arithmetic ---- */

static const uint8_t forms[][2] = {
    {X86_ADDSS, X86_ADDSD}, {X86_SUBSS, X86_SUBSD},   {X86_MULSS, X86_MULSD},
    {X86_DIVSS, X86_DIVSD}, {X86_SQRTSS, X86_SQRTSD},
};

_Static_assert(VM_OP_FSQRT == VM_OP_FADD + 4, "the table of forms is in the order of the opcodes");

static void arithmetic(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    bool wide = insn->type == VM_F64;
    uint32_t rm = VM_AUX_RM(insn->aux);
    enum x86_form form = (enum x86_form)forms[insn->op - VM_OP_FADD][wide];
    int r[2] = {-1, -1};

    for (uint32_t i = 0; i < insn->n_args; i++)
        r[i] = jit_use(u, insn->arg[i]);
    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    int work = is_arm(u) && (d == r[0] || d == r[1]) ? JIT_FLOAT : d;
    uint32_t whole = x86_unless_inexact(e, insn);
    x86_set_rounding(e, rm);
    if (insn->op == VM_OP_FSQRT)
        operate_one(e, form, work, r[0]);
    else
        operate(e, form, work, r[0], r[1]);
    x86_reset_rounding(e, rm);
    if (is_arm(u))
        fix_arm(e, insn, r, work, d, whole);
    else
        fix_nan(e, insn, d);
}

/* Each by VM_AUX_VARIANT: JIT_FMA_*. */
static const uint8_t fma_forms[][2] = {
    {X86_VFMADD231SS, X86_VFMADD231SD},
    {X86_VFNMADD231SS, X86_VFNMADD231SD},
    {X86_VFMSUB231SS, X86_VFMSUB231SD},
    {X86_VFNMSUB231SS, X86_VFNMSUB231SD},
};

/*
 * The host does not call 0 * inf + qNaN invalid, the guest does: a NaN is made again from the
 * factors, which therefore keep their registers. The addend does not matter then: the host has seen
 * whether it signals, so that itself, changed or not, will do.
 */
static void multiply_add(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    bool wide = insn->type == VM_F64;
    uint32_t rm = VM_AUX_RM(insn->aux);
    int r[3];

    for (uint32_t i = 0; i < 3; i++)
        r[i] = jit_use(u, insn->arg[i]);
    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    int work = d == r[0] || d == r[1] || (is_arm(u) && d == r[2]) ? JIT_FLOAT : d;
    uint32_t whole = x86_unless_inexact(e, insn);
    x86_move(e, work, r[2]);
    x86_set_rounding(e, rm);
    x86_rrr(&e->a, (enum x86_form)fma_forms[VM_AUX_VARIANT(insn->aux)][wide], wide, XMM(work),
            XMM(r[0]), XMM(r[1]));
    x86_reset_rounding(e, rm);
    if (is_arm(u)) {
        fix_arm(e, insn, r, work, d, whole);
        return;
    }
    compare_forms(e, wide, work, work);
    uint32_t nan = x86_jcc(&e->a, CC_P);
    x86_move(e, d, work);
    r[2] = work;
    soft_tail(e, insn, nan, r, d);
}

/* NaNs out of line; the host's answer for two zeros is the second one, so both orders are asked. */
static void min_max(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    bool wide = insn->type == VM_F64, min = insn->op == VM_OP_FMIN;
    enum x86_form form = min ? (wide ? X86_MINSD : X86_MINSS) : (wide ? X86_MAXSD : X86_MAXSS);
    int r[2] = {jit_use(u, insn->arg[0]), jit_use(u, insn->arg[1])};

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    compare_forms(e, wide, r[0], r[1]);
    uint32_t nan = x86_jcc(&e->a, CC_P);
    operate(e, form, JIT_FLOAT, r[0], r[1]);
    operate(e, form, JIT_FLOAT + 1, r[1], r[0]);
    operate(e, min ? X86_ORPS : X86_ANDPS, d, JIT_FLOAT, JIT_FLOAT + 1);
    soft_tail(e, insn, nan, r, d);
}

/* ---- comparisons ---- */

static void compare(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_F64;
    int first = jit_use(u, insn->arg[0]), second = jit_use(u, insn->arg[1]);

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : RAX;
    if (insn->op == VM_OP_FEQ) {
        /* All ones or nothing; predicate 0 is "equal", and quiet. */
        operate(e, wide ? X86_CMPEQSD : X86_CMPEQSS, JIT_FLOAT, first, second);
        x86_byte(a, 0);
        x86_rr(a, X86_MOVQ_FROM_XMM, false, XMM(JIT_FLOAT), d);
        x86_alu_imm(a, ALU_AND, false, d, 1);
        return;
    }
    /* The other way round: a NaN reads as below. */
    if (VM_AUX_VARIANT(insn->aux))
        compare_forms(e, wide, second, first);
    else
        x86_rr(a, wide ? X86_COMISD : X86_COMISS, false, XMM(second), XMM(first));
    x86_setcc(a, insn->op == VM_OP_FLT ? CC_A : CC_AE, RAX);
    x86_rr(a, X86_MOVZX8, false, d, RAX);
}

/* ---- to integral numbers ---- */

uint32_t x86_round_mode(uint32_t rm, bool silent)
{
    return (rm == VM_FP_RDN   ? 1u
            : rm == VM_FP_RUP ? 2u
            : rm == VM_FP_RTZ ? 3u
                              : 0u) |
           (silent ? 8u : 0u);
}

static void round_to_integral(struct emitter *e, bool wide, int to, int from, uint32_t mode)
{
    operate_one(e, wide ? X86_ROUNDSD : X86_ROUNDSS, to, from);
    x86_byte(&e->a, mode);
}

/*
 * Ties away from zero, into the first scratch register: what truncation takes away is exact, and so
 * is twice that, the whole part of which is then put back. A zero has lost its sign. The place is
 * of a jump that is taken for numbers of 2^bits and more, of which there must be none without
 * digits behind the point, for infinities and NaNs, and, if they are not wanted, for negative ones.
 */
static uint32_t round_away(struct emitter *e, bool wide, bool negative, uint32_t bits, bool silent,
                           int from)
{
    struct x86 *a = &e->a;
    enum x86_form add = wide ? X86_ADDSD : X86_ADDSS;
    const int whole = JIT_FLOAT, rest = JIT_FLOAT + 1;

    x86_rr(a, X86_MOVQ_FROM_XMM, wide, XMM(from), RAX);
    x86_shift(a, SHIFT_SHR, wide, RAX, wide ? 52 : 23);
    if (negative)
        x86_alu_imm(a, ALU_AND, false, RAX, wide ? 0x7ff : 0xff);
    x86_alu_imm(a, ALU_CMP, false, RAX, (int32_t)bits + (wide ? 1023 : 127));
    uint32_t place = x86_jcc(a, CC_AE);
    round_to_integral(e, wide, whole, from, x86_round_mode(VM_FP_RTZ, silent));
    operate(e, wide ? X86_SUBSD : X86_SUBSS, rest, from, whole);
    operate(e, add, rest, rest, rest);
    round_to_integral(e, wide, rest, rest, x86_round_mode(VM_FP_RTZ, true));
    operate(e, add, whole, whole, rest);
    return place;
}

static void integral_away(struct emitter *e, const struct jit_insn *insn, const int *from, int d)
{
    bool wide = insn->type == VM_F64;
    uint32_t place = round_away(e, wide, true, wide ? 52 : 23, !VM_AUX_VARIANT(insn->aux), from[0]);

    operate_mem(e, X86_ANDPS, JIT_FLOAT + 1, from[0],
                wide ? FRAME_AT(e->u, sign64) : FRAME_AT(e->u, sign32));
    operate(e, X86_ORPS, d, JIT_FLOAT, JIT_FLOAT + 1);
    soft_tail(e, insn, place, from, d);
}

static void integral(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    uint32_t rm = VM_AUX_RM(insn->aux);

    if (!(is_alike(u) || is_arm(u)) || !has(e, FEATURE_SSE4_1)) {
        soft(e, insn);
        return;
    }
    int from[1] = {jit_use(u, insn->arg[0])};
    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    if (rm > VM_FP_RUP) {
        integral_away(e, insn, from, d);
        return;
    }
    round_to_integral(e, insn->type == VM_F64, d, from[0],
                      x86_round_mode(rm, !VM_AUX_VARIANT(insn->aux)));
    (is_alike(u) ? fix_nan : fix_default_nan)(e, insn, d);
}

/* ---- to integers ---- */

/* `from` is in range, or will be found out to be out of it; to nearest and towards zero only. */
static void convert_to_integer(struct emitter *e, bool from64, bool nearest, bool wide, int to,
                               int from)
{
    static const uint8_t by_mode[2][2] = {{X86_CVTTSS2SI, X86_CVTTSD2SI},
                                          {X86_CVTSS2SI, X86_CVTSD2SI}};

    x86_rr(&e->a, (enum x86_form)by_mode[nearest][from64], wide, to, XMM(from));
}

/*
 * Out of range, or a NaN: the host's answer is the smallest integer, which soft float then
 * replaces. That is never inexact, so a rounding of its own says so only when the range is known.
 */
static void to_signed(struct emitter *e, const struct jit_insn *insn, const int *from, int d)
{
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_I64, from64 = VM_AUX_SRC(insn->aux) == VM_F64;
    uint32_t rm = VM_AUX_RM(insn->aux);
    bool directed = rm == VM_FP_RDN || rm == VM_FP_RUP;

    if (directed)
        round_to_integral(e, from64, JIT_FLOAT, from[0], x86_round_mode(rm, true));
    convert_to_integer(e, from64, rm == VM_FP_RNE, wide, d, directed ? JIT_FLOAT : from[0]);
    x86_alu_imm(a, ALU_CMP, wide, d, 1); /* overflows for the smallest integer only */
    uint32_t place = x86_jcc(a, CC_O);
    if (directed)
        round_to_integral(e, from64, JIT_FLOAT, from[0], x86_round_mode(rm, false));
    soft_tail(e, insn, place, from, d);
}

/*
 * Sign and exponent say whether a number is so small that the conversion to a signed 64-bit integer
 * does; all others, the negative ones among them, go to soft float. Rounded up to a whole number it
 * still has to fit: only a double has digits behind the point there.
 */
static void to_unsigned(struct emitter *e, const struct jit_insn *insn, const int *from, int d)
{
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_I64, from64 = VM_AUX_SRC(insn->aux) == VM_F64;
    uint32_t rm = VM_AUX_RM(insn->aux);
    int32_t bits = wide ? 63 : from64 && rm != VM_FP_RTZ ? 31 : 32;

    x86_rr(a, X86_MOVQ_FROM_XMM, from64, XMM(from[0]), RAX);
    x86_shift(a, SHIFT_SHR, from64, RAX, from64 ? 52 : 23);
    x86_alu_imm(a, ALU_CMP, false, RAX, bits + (from64 ? 1023 : 127));
    uint32_t place = x86_jcc(a, CC_AE);
    if (rm == VM_FP_RDN || rm == VM_FP_RUP) {
        round_to_integral(e, from64, JIT_FLOAT, from[0], x86_round_mode(rm, false));
        convert_to_integer(e, from64, false, true, d, JIT_FLOAT);
    } else {
        convert_to_integer(e, from64, rm == VM_FP_RNE, true, d, from[0]);
    }
    soft_tail(e, insn, place, from, d);
}

/* Ties away from zero. What may be out of range when it is rounded is out of line as well. */
static void to_integer_away(struct emitter *e, const struct jit_insn *insn, const int *from, int d)
{
    bool wide = insn->type == VM_I64, from64 = VM_AUX_SRC(insn->aux) == VM_F64;
    bool is_unsigned = VM_AUX_VARIANT(insn->aux) & 1;
    uint32_t bits = !from64 ? 23 : wide ? 52 : is_unsigned ? 31 : 30;
    uint32_t place = round_away(e, from64, !is_unsigned, bits, false, from[0]);

    convert_to_integer(e, from64, false, wide || is_unsigned, d, JIT_FLOAT);
    soft_tail(e, insn, place, from, d);
}

static void to_integer(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    uint32_t rm = VM_AUX_RM(insn->aux);
    bool in_mxcsr = rm == VM_FP_RNE || rm == VM_FP_RTZ;

    if (!(in_mxcsr || has(e, FEATURE_SSE4_1))) {
        soft(e, insn);
        return;
    }
    int from[1] = {jit_use(u, insn->arg[0])};
    jit_consume(u);
    int d = insn->uses ? jit_define(u) : RAX;
    if (rm > VM_FP_RUP)
        to_integer_away(e, insn, from, d);
    else
        (VM_AUX_VARIANT(insn->aux) & 1 ? to_unsigned : to_signed)(e, insn, from, d);
}

/* ---- from integers ---- */

static bool is_exact(const struct jit_insn *insn)
{
    return VM_AUX_SRC(insn->aux) == VM_I32 && insn->type == VM_F64;
}

/* An unsigned 32-bit one is a signed 64-bit one; of 64 bits it is in half of all cases. */
static void from_integer(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = VM_AUX_SRC(insn->aux) == VM_I64, is_unsigned = VM_AUX_VARIANT(insn->aux) != 0;
    uint32_t rm = is_exact(insn) ? VM_FP_RNE : VM_AUX_RM(insn->aux);
    int from = jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    if (is_unsigned && !wide) {
        x86_rr(a, X86_MOV_LOAD, false, RAX, from);
        from = RAX;
    }
    x86_set_rounding(e, rm);
    x86_rr(a, X86_XORPS, false, XMM(d), XMM(d)); /* the upper part is kept: wait for nothing */
    uint32_t place = JIT_NONE;
    if (is_unsigned && wide) {
        x86_rr(a, X86_TEST, true, from, from);
        place = x86_jcc(a, CC_S);
    }
    x86_rr(a, insn->type == VM_F64 ? X86_CVTSI2SD : X86_CVTSI2SS, wide || is_unsigned, XMM(d),
           from);
    if (place != JIT_NONE) {
        struct tail *t = soft_tail(e, insn, place, &from, d);
        t->kind = TAIL_FP_HALF;
        t->type = insn->type;
    }
    x86_reset_rounding(e, rm);
}

/* ---- between formats ---- */

static void convert(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    bool wide = insn->type == VM_F64;
    uint32_t rm = wide ? VM_FP_RNE : VM_AUX_RM(insn->aux);
    int from = jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    int work = is_arm(u) && d == from ? JIT_FLOAT : d;
    uint32_t whole = wide ? JIT_NONE : x86_unless_inexact(e, insn);
    x86_set_rounding(e, rm);
    operate_one(e, wide ? X86_CVTSS2SD : X86_CVTSD2SS, work, from);
    x86_reset_rounding(e, rm);
    if (is_arm(u) && !wide) {
        fix_arm(e, insn, &from, work, d, whole);
        return;
    }
    x86_move(e, d, work); /* exact if it is wide */
    (is_alike(u) ? fix_nan : fix_default_nan)(e, insn, d);
}

/* ---- bits ---- */

/* Normal numbers, which are bit 6 or, negative, bit 1 of the result; all others out of line. */
static void classify(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_F64;
    int from[1] = {jit_use(u, insn->arg[0])};

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : RAX;
    x86_rr(a, X86_MOVQ_FROM_XMM, wide, XMM(from[0]), RAX);
    x86_shift(a, SHIFT_SHR, wide, RAX, wide ? 52 : 23);
    x86_rr(a, X86_MOV_LOAD, false, RCX, RAX);
    x86_alu_imm(a, ALU_ADD, false, RCX, 1); /* the exponents of all ones and of none become 0, 1 */
    x86_alu_imm(a, ALU_AND, false, RCX, wide ? 0x7fe : 0xfe);
    uint32_t place = x86_jcc(a, CC_E);
    x86_shift(a, SHIFT_SHR, false, RAX, wide ? 11 : 8);
    x86_one(a, ONE_NEG, false, RAX);
    x86_alu_imm(a, ALU_AND, false, RAX, 0x40 ^ 0x02);
    x86_alu_imm(a, ALU_XOR, false, RAX, 0x40);
    x86_move(e, d, RAX);
    soft_tail(e, insn, place, from, d);
}

static void sign(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    bool wide = insn->type == VM_F64, two = insn->op == VM_OP_FCOPYSIGN;
    struct x86_mem top = wide ? FRAME_AT(u, sign64) : FRAME_AT(u, sign32);
    struct x86_mem rest = wide ? FRAME_AT(u, magnitude64) : FRAME_AT(u, magnitude32);
    int from = jit_use(u, insn->arg[0]), other = two ? jit_use(u, insn->arg[1]) : -1;

    jit_consume(u);
    int d = jit_define(u);
    if (two) {
        operate_mem(e, X86_ANDPS, JIT_FLOAT, other, top);
        operate_mem(e, X86_ANDPS, d, from, rest);
        operate(e, X86_ORPS, d, d, JIT_FLOAT);
    } else if (insn->op == VM_OP_FNEG) {
        operate_mem(e, X86_XORPS, d, from, top);
    } else {
        operate_mem(e, X86_ANDPS, d, from, rest);
    }
}

static void box(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int from = jit_use(u, insn->arg[0]);

    jit_consume(u);
    if (VM_AUX_VARIANT(insn->aux))
        operate_mem(e, X86_ANDPS, jit_define(u), from, FRAME_AT(u, low32));
    else
        operate_mem(e, X86_ORPS, jit_define(u), from, FRAME_AT(u, box));
}

/* The single is where it is; only what stands above it has to be looked at. */
static void unbox(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    int32_t at;
    bool in_memory = jit_in_memory(u, insn->arg[0], &at);
    int from = in_memory ? -1 : jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = jit_define(u);
    if (VM_AUX_VARIANT(insn->aux)) {
        if (in_memory)
            host_load(u, 4, d, at);
        else
            x86_move(e, d, from);
        return;
    }
    if (in_memory) {
        host_load(u, 4, d, at);
        x86_alu_mem_imm(a, ALU_CMP, false, x86_at(RBP, at + 4), -1);
    } else {
        x86_rr(a, X86_MOVQ_FROM_XMM, true, XMM(from), RAX);
        x86_move(e, d, from);
        x86_shift(a, SHIFT_SHR, true, RAX, 32);
        x86_alu_imm(a, ALU_CMP, false, RAX, -1);
    }
    nan_tail(e, false, x86_jcc(a, CC_NE), d);
}

/* Between the two kinds of registers; the widths are equal. */
static void bitcast(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int32_t at;
    bool in_memory = jit_in_memory(u, insn->arg[0], &at);
    int from = in_memory ? -1 : jit_use(u, insn->arg[0]);

    jit_consume(u);
    int d = jit_define(u);
    if (in_memory)
        host_load(u, jit_size(insn->type), d, at);
    else
        x86_move(e, d, from);
}

/* ---- */

static bool emit_rounding(struct emitter *e, const struct jit_insn *insn)
{
    bool native = is_native(e->u, insn);

    switch (insn->op) {
    case VM_OP_FADD ... VM_OP_FSQRT:
        (native ? arithmetic : soft)(e, insn);
        return true;
    case VM_OP_FRINT:
        integral(e, insn);
        return true;
    case VM_OP_FMA:
        (native && has(e, FEATURE_FMA) ? multiply_add : soft)(e, insn);
        return true;
    case VM_OP_FMIN:
    case VM_OP_FMAX:
        min_max(e, insn);
        return true;
    case VM_OP_FTOI:
        to_integer(e, insn);
        return true;
    case VM_OP_ITOF:
        (native || is_exact(insn) ? from_integer : soft)(e, insn);
        return true;
    case VM_OP_FCVT:
        (native || ((is_alike(e->u) || is_arm(e->u)) && insn->type == VM_F64) ? convert
                                                                              : soft)(e, insn);
        return true;
    default:
        return false;
    }
}

bool x86_emit_float(struct emitter *e, const struct jit_insn *insn)
{
    if (emit_rounding(e, insn))
        return true;
    switch (insn->op) {
    case VM_OP_FEQ ... VM_OP_FLE:
        compare(e, insn);
        return true;
    case VM_OP_FFLUSH:
        x86_emit_flush(e, insn);
        return true;
    case VM_OP_FCLASS:
        classify(e, insn);
        return true;
    case VM_OP_FNEG ... VM_OP_FCOPYSIGN:
        sign(e, insn);
        return true;
    case VM_OP_F32_BOX:
        box(e, insn);
        return true;
    case VM_OP_F32_UNBOX:
        unbox(e, insn);
        return true;
    case VM_OP_BITCAST:
        bitcast(e, insn);
        return true;
    default:
        return false;
    }
}
