/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Floating point on SSE2 and FMA. Inline is what the host does as the guest wants it: to nearest,
 * tininess after rounding, results that are no NaN. A NaN result is computed again by soft float
 * out of line, which makes the guest's NaN; other rounding modes go there at once. MXCSR is the
 * C default all the time and gathers the guest's flags.
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

/* The operands are in fp[], none of which has changed; the result goes to `reg`. */
static void make_tail(struct emitter *e, const struct jit_insn *insn, uint32_t place,
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
}

void x86_tail_fp(struct emitter *e, const struct tail *t)
{
    for (uint32_t i = 0; i < 3 && t->fp[i] >= 0; i++)
        argument(e, i + 1, t->fp[i]);
    call_soft(e, t->aux, t->floats);
    x86_move(e, t->reg, RAX);
    x86_aim(&e->a, x86_jmp(&e->a), t->back);
}

/* Whether the host's own arithmetic may do it at all. */
static bool is_native(const struct jit_unit *u, const struct jit_insn *insn)
{
    return VM_AUX_RM(insn->aux) == VM_FP_RNE && !u->engine->fp.tiny_before;
}

/* ---- arithmetic ---- */

static const uint8_t forms[][2] = {
    {X86_ADDSS, X86_ADDSD}, {X86_SUBSS, X86_SUBSD},   {X86_MULSS, X86_MULSD},
    {X86_DIVSS, X86_DIVSD}, {X86_SQRTSS, X86_SQRTSD}, {X86_VFMADD231SS, X86_VFMADD231SD},
};

/*
 * The result is made in xmm0 unless its register is no operand's, and is moved at the end; so the
 * operands are still there for the tail. The result's register is found first: making it free may
 * emit code.
 */
static void arithmetic(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_F64;
    int r[3] = {-1, -1, -1};
    bool shared = false;

    for (uint32_t i = 0; i < insn->n_args; i++)
        r[i] = jit_use(u, insn->arg[i]);
    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    for (uint32_t i = 0; i < insn->n_args; i++)
        shared |= r[i] == d;
    int work = shared ? JIT_FLOAT : d;
    enum x86_form form =
        (enum x86_form)forms[insn->op == VM_OP_FMA ? 5 : insn->op - VM_OP_FADD][wide];
    if (insn->op == VM_OP_FMA) {
        x86_move(e, work, r[2]);
        x86_rrr(a, form, wide, XMM(work), XMM(r[0]), XMM(r[1]));
    } else if (insn->op == VM_OP_FSQRT) {
        x86_rr(a, form, false, XMM(work), XMM(r[0]));
    } else {
        x86_move(e, work, r[0]);
        x86_rr(a, form, false, XMM(work), XMM(r[1]));
    }
    x86_rr(a, wide ? X86_UCOMISD : X86_UCOMISS, false, XMM(work), XMM(work));
    uint32_t nan = x86_jcc(a, CC_P);
    x86_move(e, d, work);
    make_tail(e, insn, nan, r, d);
}

_Static_assert(VM_OP_FSQRT == VM_OP_FADD + 4, "the table of forms is in the order of the opcodes");

/* ---- comparisons ---- */

static void compare(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_F64, quiet = insn->op == VM_OP_FEQ || VM_AUX_VARIANT(insn->aux);
    int first = jit_use(u, insn->arg[0]), second = jit_use(u, insn->arg[1]);
    enum x86_form form = quiet  ? (wide ? X86_UCOMISD : X86_UCOMISS)
                         : wide ? X86_COMISD
                                : X86_COMISS;

    if (insn->op == VM_OP_FEQ) {
        x86_rr(a, form, false, XMM(first), XMM(second));
        x86_setcc(a, CC_NP, RAX);
        x86_setcc(a, CC_E, RCX);
        x86_rr(a, X86_AND, false, RAX, RCX);
    } else {
        x86_rr(a, form, false, XMM(second),
               XMM(first)); /* the other way round: a NaN reads as below */
        x86_setcc(a, insn->op == VM_OP_FLT ? CC_A : CC_AE, RAX);
    }
    x86_rr(a, X86_MOVZX8, false, RAX, RAX);
    jit_consume(u);
    if (insn->uses)
        x86_move(e, jit_define(u), RAX);
}

/* ---- conversions ---- */

/* Out of range, or a NaN: the host answers with the smallest integer, which soft float then
 * replaces. */
static void to_integer(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_I64, from64 = VM_AUX_SRC(insn->aux) == VM_F64;
    int from[1] = {jit_use(u, insn->arg[0])};

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : RAX;
    x86_rr(a, from64 ? X86_CVTTSD2SI : X86_CVTTSS2SI, wide, RAX, XMM(from[0]));
    x86_rr(a, X86_MOV_LOAD, wide, RCX, RAX);
    x86_alu_imm(a, ALU_SUB, wide, RCX, 1); /* overflows for the smallest integer only */
    uint32_t place = x86_jcc(a, CC_O);
    x86_move(e, d, RAX);
    make_tail(e, insn, place, from, d);
}

/* Unsigned ones only where they are signed ones of the next width. */
static bool from_is_native(const struct jit_unit *u, const struct jit_insn *insn)
{
    bool wide = VM_AUX_SRC(insn->aux) == VM_I64;

    if (VM_AUX_VARIANT(insn->aux) && wide)
        return false;
    return is_native(u, insn) || (!wide && insn->type == VM_F64);
}

static void from_integer(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = VM_AUX_SRC(insn->aux) == VM_I64;
    int from = jit_use(u, insn->arg[0]);

    if (VM_AUX_VARIANT(insn->aux)) {
        x86_rr(a, X86_MOV_LOAD, false, RAX, from);
        from = RAX;
        wide = true;
    }
    x86_rr(a, X86_XORPS, false, 0, 0); /* the conversion keeps the upper part: wait for nothing */
    x86_rr(a, insn->type == VM_F64 ? X86_CVTSI2SD : X86_CVTSI2SS, wide, 0, from);
    jit_consume(u);
    if (insn->uses)
        x86_move(e, jit_define(u), JIT_FLOAT);
}

static void convert(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_F64;
    int from[1] = {jit_use(u, insn->arg[0])};

    jit_consume(u);
    int d = insn->uses ? jit_define(u) : JIT_FLOAT;
    x86_rr(a, wide ? X86_CVTSS2SD : X86_CVTSD2SS, false, 0, XMM(from[0]));
    x86_rr(a, wide ? X86_UCOMISD : X86_UCOMISS, false, 0, 0);
    uint32_t nan = x86_jcc(a, CC_P);
    x86_move(e, d, JIT_FLOAT);
    make_tail(e, insn, nan, from, d);
}

/* ---- bits ---- */

static void result_from(struct emitter *e, int reg)
{
    jit_consume(e->u);
    x86_move(e, jit_define(e->u), reg);
}

static void sign(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    bool wide = insn->type == VM_F64;
    struct x86_mem top = wide ? FRAME_AT(u, sign64) : FRAME_AT(u, sign32);
    struct x86_mem rest = wide ? FRAME_AT(u, magnitude64) : FRAME_AT(u, magnitude32);

    x86_move(e, JIT_FLOAT, jit_use(u, insn->arg[0]));
    switch (insn->op) {
    case VM_OP_FNEG:
        x86_rm(a, X86_XORPS, false, 0, top);
        break;
    case VM_OP_FABS:
        x86_rm(a, X86_ANDPS, false, 0, rest);
        break;
    default: /* the difference of the signs, if there is one, is put on */
        x86_move(e, JIT_FLOAT + 1, jit_use(u, insn->arg[1]));
        x86_rr(a, X86_XORPS, false, 1, 0);
        x86_rm(a, X86_ANDPS, false, 1, top);
        x86_rr(a, X86_XORPS, false, 0, 1);
    }
    result_from(e, JIT_FLOAT);
}

static void box(struct emitter *e, const struct jit_insn *insn)
{
    x86_value(e, RAX, insn->arg[0]);
    x86_rr(&e->a, X86_MOV_LOAD, false, RAX, RAX);
    x86_mov_imm(&e->a, RCX, 0xffffffff00000000);
    x86_rr(&e->a, X86_OR, true, RAX, RCX);
    result_from(e, RAX);
}

static void unbox(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;

    x86_value(e, RAX, insn->arg[0]);
    x86_rr(a, X86_MOV_LOAD, true, RCX, RAX);
    x86_shift(a, SHIFT_SAR, true, RCX, 32);
    x86_alu_imm(a, ALU_CMP, false, RCX, -1);
    x86_mov_imm(a, RCX, 0x7fc00000);
    x86_rr(a, X86_CMOVNE, true, RAX, RCX);
    result_from(e, RAX);
}

/* Between the two kinds of registers; the widths are equal. */
static void bitcast(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int from = jit_use(u, insn->arg[0]);

    jit_consume(u);
    x86_move(e, jit_define(u), from);
}

static bool emit_rounding(struct emitter *e, const struct jit_insn *insn)
{
    bool native = is_native(e->u, insn);

    switch (insn->op) {
    case VM_OP_FADD ... VM_OP_FSQRT:
        break;
    case VM_OP_FMA:
        native &= (e->u->engine->features & FEATURE_FMA) != 0;
        break;
    case VM_OP_FMIN:
    case VM_OP_FMAX:
        native = false;
        break;
    default:
        return false;
    }
    if (native)
        arithmetic(e, insn);
    else
        soft(e, insn);
    return true;
}

bool x86_emit_float(struct emitter *e, const struct jit_insn *insn)
{
    bool native;

    if (emit_rounding(e, insn))
        return true;
    switch (insn->op) {
    case VM_OP_FEQ ... VM_OP_FLE:
        compare(e, insn);
        return true;
    case VM_OP_FTOI:
        native = VM_AUX_RM(insn->aux) == VM_FP_RTZ && !VM_AUX_VARIANT(insn->aux);
        (native ? to_integer : soft)(e, insn);
        return true;
    case VM_OP_ITOF:
        (from_is_native(e->u, insn) ? from_integer : soft)(e, insn);
        return true;
    case VM_OP_FCVT:
        (is_native(e->u, insn) || (insn->type == VM_F64 && !e->u->engine->fp.tiny_before)
             ? convert
             : soft)(e, insn);
        return true;
    case VM_OP_FCLASS:
        soft(e, insn);
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
