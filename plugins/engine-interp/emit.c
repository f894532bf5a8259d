/* SPDX-License-Identifier: BSD-2-Clause */
/* Second half of lowering: chooses an operation for each live IR instruction. */
#include <string.h>
#include "cells.h"
#include "select.h"

static bool fits(int64_t v)
{
    return v == (int32_t)v;
}

static bool const_of(struct emitter *e, vm_ir_value v, int64_t *c)
{
    *c = low_root(e->l, v)->ir.imm;
    return low_is_const(e->l, v);
}

/* ---- operands ---- */

/* The operands as an operation takes them; a cell that the form does not name is ignored. */
struct operands {
    enum form form;
    uint16_t a, b;
};

static bool in_acc(const struct emitter *e, vm_ir_value v)
{
    return e->acc != VM_NO_VALUE && e->l->insns[v].root == e->acc;
}

static struct operands operands_rr(struct emitter *e, vm_ir_value va, vm_ir_value vb,
                                   bool commutative)
{
    struct operands o = {.a = cell_of(e, va), .b = cell_of(e, vb)};

    if (in_acc(e, va)) {
        o.form = FORM_AR;
    } else if (in_acc(e, vb) && commutative) {
        o.form = FORM_AR;
        o.b = o.a;
    } else {
        o.form = in_acc(e, vb) ? FORM_RA : FORM_RR;
    }
    return o;
}

static struct operands operands_ri(struct emitter *e, vm_ir_value va)
{
    return (struct operands){.form = in_acc(e, va) ? FORM_AI : FORM_RI, .a = cell_of(e, va)};
}

/* The result of instruction i, just emitted, is in the accumulator. */
static void result_in_acc(struct emitter *e, uint32_t i)
{
    e->acc = i;
}

/* ---- arithmetic ---- */

static void emit_unary(struct emitter *e, uint32_t i, vm_ir_value v, enum interp_op from_cell,
                       enum interp_op from_acc, int64_t imm)
{
    enum interp_op op = in_acc(e, v) ? from_acc : from_cell;
    uint16_t a = cell_of(e, v);

    cell_release(e, v);
    uint16_t d = cell_for_result(e, i);
    emit(e, op, d, a, 0, imm);
    result_in_acc(e, i);
}

/* Of one of INTERP_MOVE. */
#define EMIT_MOVE(e, i, v, N, imm) emit_unary(e, i, v, I_##N##_R, I_##N##_A, imm)

static bool is_commutative(uint32_t op)
{
    return op == VM_OP_ADD || op == VM_OP_MUL || op == VM_OP_AND || op == VM_OP_OR ||
           op == VM_OP_XOR;
}

static void emit_binary_rr(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    struct operands o = operands_rr(e, ir->arg[0], ir->arg[1], is_commutative(ir->op));

    cell_release(e, ir->arg[0]);
    cell_release(e, ir->arg[1]);
    uint16_t d = cell_for_result(e, i);
    emit(e, select_binary(ir->op, o.form, ir->type), d, o.a, o.b, 0);
    result_in_acc(e, i);
}

/* The second operand is a constant that is now part of the operation. */
static void emit_binary_ri(struct emitter *e, uint32_t i, uint32_t op, int64_t imm)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    struct operands o = operands_ri(e, ir->arg[0]);

    cell_release(e, ir->arg[0]);
    cell_release(e, ir->arg[1]);
    uint16_t d = cell_for_result(e, i);
    emit(e, select_binary(op, o.form, ir->type), d, o.a, 0, imm);
    result_in_acc(e, i);
}

/* An operation with a constant second operand as one that has an immediate form. */
static uint32_t immediate_form(uint32_t op, uint32_t type, int64_t *c)
{
    switch (op) {
    case VM_OP_SUB:
        if (*c == INT64_MIN)
            return op;
        *c = low_is_wide(type) ? -*c : (int32_t) - *c;
        return VM_OP_ADD;
    case VM_OP_ANDN:
        *c = ~*c;
        return VM_OP_AND;
    case VM_OP_ROTL:
        *c = (int64_t)(0 - (uint64_t)*c) & (low_is_wide(type) ? 63 : 31);
        return VM_OP_ROTR;
    case VM_OP_SHL:
    case VM_OP_SHR:
    case VM_OP_SAR:
    case VM_OP_ROTR:
        *c &= low_is_wide(type) ? 63 : 31;
        return op;
    default:
        return op;
    }
}

static bool is_right_shift(const struct vm_ir_insn *ir)
{
    return (ir->op == VM_OP_SHR || ir->op == VM_OP_SAR) && ir->type == VM_I64;
}

/* A left shift by a constant of which only a right shift by a constant is wanted: the two extract a
 * field. */
static bool defer_shift(struct emitter *e, struct low_insn *insn)
{
    if (insn->ir.op != VM_OP_SHL || insn->ir.type != VM_I64 || insn->uses != 1 ||
        !low_is_const(e->l, insn->ir.arg[1]))
        return false;
    const struct vm_ir_insn *user = &e->l->insns[insn->user].ir;
    if (!is_right_shift(user) || low_root(e->l, user->arg[0]) != insn ||
        !low_is_const(e->l, user->arg[1]))
        return false;
    insn->flags |= LOW_DEFER;
    return true;
}

/* The shift `i` of a deferred one. */
static void emit_field(struct emitter *e, uint32_t i, const struct vm_ir_insn *left)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint32_t by = low_root(e->l, left->arg[1])->ir.imm & 63,
             back = low_root(e->l, ir->arg[1])->ir.imm & 63;
    bool word = by == 32 && back == 32;

    cell_release(e, left->arg[1]);
    cell_release(e, ir->arg[1]);
    if (ir->op == VM_OP_SHR && word)
        EMIT_MOVE(e, i, left->arg[0], ZEXT32, 0);
    else if (ir->op == VM_OP_SHR)
        EMIT_MOVE(e, i, left->arg[0], BITS, by | back << 8);
    else if (word)
        EMIT_MOVE(e, i, left->arg[0], SEXT32, 0);
    else
        EMIT_MOVE(e, i, left->arg[0], SBITS, by | back << 8);
}

static void emit_binary(struct emitter *e, uint32_t i)
{
    struct low_insn *insn = &e->l->insns[i], *first = low_root(e->l, insn->ir.arg[0]);
    int64_t c;

    if (defer_shift(e, insn))
        return;
    if (first->flags & LOW_DEFER) {
        emit_field(e, i, &first->ir);
        return;
    }
    if (const_of(e, insn->ir.arg[1], &c)) {
        uint32_t op = immediate_form(insn->ir.op, insn->ir.type, &c);
        if (select_has_immediate(op) && fits(c)) {
            emit_binary_ri(e, i, op, c);
            return;
        }
    }
    emit_binary_rr(e, i);
}

static void emit_extend(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    int64_t shifts = (64 - ir->imm) * 0x101;

    if (ir->op == VM_OP_SEXT && ir->imm == 32)
        EMIT_MOVE(e, i, ir->arg[0], SEXT32, 0);
    else if (ir->op == VM_OP_SEXT)
        EMIT_MOVE(e, i, ir->arg[0], SBITS, shifts);
    else if (ir->imm < 32)
        emit_unary(e, i, ir->arg[0], I_AND_RI64, I_AND_AI64, (int64_t)((1u << ir->imm) - 1));
    else if (ir->imm == 32)
        EMIT_MOVE(e, i, ir->arg[0], ZEXT32, 0);
    else
        EMIT_MOVE(e, i, ir->arg[0], BITS, shifts);
}

static void emit_three(struct emitter *e, uint32_t i, uint32_t op)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint16_t a = cell_of(e, ir->arg[0]), b = cell_of(e, ir->arg[1]), x = cell_of(e, ir->arg[2]);

    for (uint32_t k = 0; k < 3; k++)
        cell_release(e, ir->arg[k]);
    uint16_t d = cell_for_result(e, i);
    emit(e, op, d, a, b, 0)->x = x;
    result_in_acc(e, i);
}

static void emit_pc(struct emitter *e, uint32_t i)
{
    int64_t imm = e->l->insns[i].ir.imm;
    uint16_t d = cell_for_result(e, i);

    if (fits(imm))
        emit(e, I_PC, d, 0, 0, imm);
    else
        emit_wide(e, I_PC64, d, imm);
    result_in_acc(e, i);
}

static void emit_fp(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint16_t zero = (uint16_t)(e->l->engine->frame + INTERP_CELL_ZERO),
             cell[3] = {zero, zero, zero};

    for (uint32_t k = 0; k < ir->n_args; k++)
        cell[k] = cell_of(e, ir->arg[k]);
    for (uint32_t k = 0; k < ir->n_args; k++)
        cell_release(e, ir->arg[k]);
    cell_clobber(e, e->l->arch->fp.flags_slot);
    uint16_t d = cell_for_result(e, i);
    struct interp_insn *place = emit_places(e, I_FP, 2);
    place->d = d;
    place->a = cell[0];
    place->b = cell[1];
    place->x = cell[2];
    place->imm = (int32_t)fp_mode_of(ir->aux);
    ((struct interp_word *)(void *)(place + 1))->value = (uintptr_t)interp_fp_select(ir);
    e->l->stats[STAT_OPS]++;
    result_in_acc(e, i);
}

/* ---- vectors ---- */

static void emit_vector(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    bool is_fp = interp_vector_is_fp(ir->op);
    uint16_t cell[3] = {0, 0, 0};
    uint32_t number = fp_mode_of(ir->aux);

    for (uint32_t k = 0; k < ir->n_args; k++)
        cell[k] = cell_of(e, ir->arg[k]);
    for (uint32_t k = 0; k < ir->n_args; k++)
        cell_release(e, ir->arg[k]);
    if (is_fp)
        cell_clobber(e, e->l->arch->fp.flags_slot);
    uint16_t d = cell_for_result(e, i);
    struct interp_insn *place = emit_places(e, is_fp ? I_FVEC : I_VEC, 2);
    struct interp_word *word = (struct interp_word *)(void *)(place + 1);
    if (is_fp) {
        struct vm_ir_insn scalar = interp_vector_scalar(ir);
        word->value = (uintptr_t)interp_fp_select(&scalar);
        word->lanes = interp_vector_fp_lanes(ir);
    } else {
        word->value = (uintptr_t)interp_vector_select(ir, &number);
    }
    place->d = d;
    place->a = cell[0];
    place->b = cell[1];
    place->x = cell[2];
    place->imm = (int32_t)number;
    e->l->stats[STAT_OPS]++;
}

static void emit_lane(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint16_t a = cell_of(e, ir->arg[0]);

    cell_release(e, ir->arg[0]);
    uint16_t d = cell_for_result(e, i);
    emit(e, I_VGET, d, a, 0,
         INTERP_LANE(1u << VM_LANE_SIZE(ir->aux), VM_LANE_NUMBER(ir->aux), ir->type == VM_F32));
    result_in_acc(e, i);
}

/* ---- comparisons ---- */

struct compare {
    enum condition condition;
    vm_ir_value a, b;
    bool immediate; /* `b` is the constant c */
    int64_t c;
};

/*
 * a <= c is a < c + 1 where that does not wrap, and c < b is b > c; c <= b is b > c - 1. What has
 * no such form compares two cells.
 */
static bool immediate_compare(struct emitter *e, const struct vm_ir_insn *ir, struct compare *out)
{
    bool wide = low_is_wide(ir->type), is_signed = ir->op == VM_OP_SLT || ir->op == VM_OP_SLE;
    bool or_equal = ir->op == VM_OP_SLE || ir->op == VM_OP_ULE;
    int64_t c, highest = is_signed ? (wide ? INT64_MAX : INT32_MAX) : -1;
    int64_t lowest = is_signed ? (wide ? INT64_MIN : INT32_MIN) : 0;

    if (const_of(e, ir->arg[1], &c)) {
        if (or_equal && c == highest)
            return false;
        out->condition = ir->op == VM_OP_EQ ? EQ : ir->op == VM_OP_NE ? NE : is_signed ? SLT : ULT;
        out->c = (int64_t)((uint64_t)c + or_equal);
        out->a = ir->arg[0];
        out->b = ir->arg[1];
    } else if (const_of(e, ir->arg[0], &c)) {
        if (or_equal && c == lowest)
            return false;
        out->condition = is_signed ? SGT : UGT;
        out->c = (int64_t)((uint64_t)c - or_equal);
        out->a = ir->arg[1];
        out->b = ir->arg[0];
    } else {
        return false;
    }
    return fits(out->c);
}

static struct compare compare_of(struct emitter *e, const struct vm_ir_insn *ir)
{
    static const uint8_t conditions[VM_OP_COUNT] = {
        [VM_OP_EQ] = EQ,   [VM_OP_NE] = NE,   [VM_OP_SLT] = SLT,
        [VM_OP_SLE] = SLE, [VM_OP_ULT] = ULT, [VM_OP_ULE] = ULE,
    };
    struct compare c = {.immediate = true};

    if (!immediate_compare(e, ir, &c))
        c = (struct compare){.condition = conditions[ir->op], .a = ir->arg[0], .b = ir->arg[1]};
    return c;
}

/* Their cells, released. */
static struct operands compare_operands(struct emitter *e, const struct compare *c)
{
    struct operands o = c->immediate
                            ? operands_ri(e, c->a)
                            : operands_rr(e, c->a, c->b, c->condition == EQ || c->condition == NE);

    cell_release(e, c->a);
    if (c->b != VM_NO_VALUE)
        cell_release(e, c->b);
    return o;
}

static void emit_compare(struct emitter *e, uint32_t i)
{
    struct low_insn *insn = &e->l->insns[i];

    if (insn->uses == 1 && e->l->insns[insn->user].ir.op == VM_OP_EXIT_IF) {
        insn->flags |= LOW_DEFER;
        return;
    }
    struct compare c = compare_of(e, &insn->ir);
    struct operands o = compare_operands(e, &c);
    uint16_t d = cell_for_result(e, i);
    emit(e, select_compare(OUTCOME_VALUE, c.condition, o.form, insn->ir.type), d, o.a, o.b, c.c);
    result_in_acc(e, i);
}

/* ---- memory ---- */

/* Base cell and offset of an access; an offset that does not fit is added first. */
static uint16_t address_of(struct emitter *e, const struct vm_ir_insn *ir, int32_t *offset)
{
    uint16_t base = cell_of(e, ir->arg[0]);

    if (fits(ir->imm)) {
        *offset = (int32_t)ir->imm;
        return base;
    }
    *offset = 0;
    uint16_t sum = cell_scratch(e);
    emit_const(e, sum, ir->imm);
    emit(e, I_ADD_RR64, sum, base, sum, 0);
    return sum;
}

/* The memop with the extension that the cell's form wants: 32-bit values are kept sign-extended. */
static uint32_t cell_memop(const struct vm_ir_insn *ir)
{
    return !low_is_wide(ir->type) && (ir->aux & 7) == 2 ? ir->aux | VM_MEMOP_SIGNED : ir->aux;
}

static void emit_general_access(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint16_t cell[3] = {0, 0, 0};
    int32_t offset;

    cell[0] = address_of(e, ir, &offset);
    for (uint32_t k = 1; k < ir->n_args; k++)
        cell[k] = cell_of(e, ir->arg[k]);
    for (uint32_t k = 0; k < ir->n_args; k++)
        cell_release(e, ir->arg[k]);
    uint16_t d = cell_for_result(e, i);
    enum interp_op op = ir->type != VM_V128    ? select_general_access(ir->op)
                        : ir->op == VM_OP_LOAD ? I_LOADV
                                               : I_STOREV;
    struct interp_insn *place = emit_places(e, op, 2);
    place->d = d;
    place->a = cell[0];
    place->b = cell[1];
    place->x = cell[2];
    place->imm = offset;
    ((struct interp_word *)(void *)(place + 1))->value = cell_memop(ir);
    e->l->stats[STAT_OPS]++;
}

static void emit_memory(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    bool load = ir->op == VM_OP_LOAD;
    struct operands o;

    if ((!load && ir->op != VM_OP_STORE) || !fits(ir->imm) || ir->type == VM_V128 ||
        select_load(cell_memop(ir), FORM_RR) == I_COUNT) {
        emit_general_access(e, i);
        return;
    }
    if (load) {
        o = (struct operands){.form = in_acc(e, ir->arg[0]) ? FORM_AR : FORM_RR,
                              .a = cell_of(e, ir->arg[0])};
    } else {
        o = operands_rr(e, ir->arg[0], ir->arg[1], false);
        cell_release(e, ir->arg[1]);
    }
    cell_release(e, ir->arg[0]);
    uint16_t d = cell_for_result(e, i);
    emit(e, (load ? select_load : select_store)(cell_memop(ir), o.form), d, o.a, o.b, ir->imm);
    if (load)
        result_in_acc(e, i);
}

/* ---- helpers ---- */

static void clobber_by_helper(struct emitter *e, const struct vm_helper *helper)
{
    uint32_t flags_slot = e->l->arch->fp.flags_slot;

    if (helper->flags & VM_HELPER_ALL_SLOTS) {
        cell_clobber_all(e);
        return;
    }
    for (const uint16_t *s = helper->writes; s && *s != 0xffff; s++)
        cell_clobber(e, *s);
    if (helper->flags & VM_HELPER_FP && flags_slot < e->l->n_slots)
        cell_clobber(e, flags_slot);
}

static void emit_call(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    const struct vm_helper *helper = &e->l->arch->helpers[ir->aux];
    bool check = (helper->flags & (VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT)) != 0;
    uint16_t zero = (uint16_t)(e->l->engine->frame + INTERP_CELL_ZERO);
    uint16_t arg[6] = {zero, zero, zero, zero, zero, zero};

    for (uint32_t k = 0; k < ir->n_args; k++)
        arg[k] = cell_of_clean(e, vm_ir_arg(ir, k));
    for (uint32_t k = 0; k < ir->n_args; k++)
        cell_release(e, vm_ir_arg(ir, k));
    clobber_by_helper(e, helper);
    uint16_t d = cell_for_result(e, i);
    struct interp_call *call =
        (struct interp_call *)(void *)emit_places(e, check ? I_CALL_CHECK : I_CALL, 2);
    call->d = d;
    memcpy(call->arg, arg, sizeof(arg));
    call->fn = helper->fn;
    e->l->stats[STAT_OPS]++;
    /* A pending exit that has to wait costs the accumulator. */
    if (!check)
        result_in_acc(e, i);
}

/* ---- exits ---- */

/* Guest instructions of the unit that have not run when the one in progress is the last. */
static uint16_t not_run(const struct emitter *e)
{
    return (uint16_t)(e->guest_insns - e->n_marks);
}

/* A write or a helper earlier in this guest instruction may want to leave now. `cell`: of CHECK_IF
 * and CHECK_TO. */
static void emit_check(struct emitter *e, enum interp_op op, uint16_t cell, int64_t delta)
{
    if (e->check && (op != I_CHECK || e->n_places != e->check_place))
        emit(e, op, 0, cell, 0, delta)->x = not_run(e);
}

/* The record of an exit goes into `place`. */
static void record_exit(struct emitter *e, struct interp_insn *place, int64_t delta)
{
    if (!fits(delta))
        e->failed = "an exit leads too far";
    place->delta = (int32_t)delta;
    atomic_init(&place->link, NULL);
    if (!e->failed)
        e->exits[e->n_exits++] = (uint16_t)(place - e->code);
}

/* The EXIT that follows with nothing to do in between, if so. */
static bool exit_follows(const struct lowering *l, uint32_t i)
{
    for (i++; i < l->n_insns; i++) {
        const struct low_insn *insn = &l->insns[i];
        if (insn->ir.op == VM_OP_EXIT)
            return true;
        if (insn->root == i && insn->flags & LOW_LIVE && insn->ir.op != VM_OP_CONST)
            return false;
    }
    return false;
}

/* The comparison that decides; a value that is no deferred comparison is compared with zero. */
static struct compare exit_condition(struct emitter *e, vm_ir_value v, uint32_t *type)
{
    struct low_insn *root = low_root(e->l, v);

    if (root->flags & LOW_DEFER) {
        *type = root->ir.type;
        e->l->stats[STAT_COMPARES_FUSED]++;
        return compare_of(e, &root->ir);
    }
    *type = VM_I64;
    return (struct compare){.condition = NE, .a = v, .b = VM_NO_VALUE, .immediate = true};
}

/* A write earlier in the guest instruction may want to leave by this exit: CHECK_IF needs the
 * condition as a value. */
static void check_exit_if(struct emitter *e, struct compare *c, struct operands *o, uint32_t *type,
                          int64_t delta)
{
    uint16_t cell = cell_scratch(e);

    emit(e, select_compare(OUTCOME_VALUE, c->condition, o->form, *type), cell, o->a, o->b, c->c);
    emit_check(e, I_CHECK_IF, cell, delta);
    *c = (struct compare){.condition = NE, .immediate = true};
    *o = (struct operands){.form = FORM_RI, .a = cell};
    *type = VM_I64;
}

static void emit_exit_if(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint32_t type;
    struct compare c = exit_condition(e, ir->arg[0], &type);
    struct operands o = compare_operands(e, &c);

    if (e->check)
        check_exit_if(e, &c, &o, &type, ir->imm);
    cell_flush(e);
    enum outcome outcome = !e->check && exit_follows(e->l, i) ? OUTCOME_BRANCH : OUTCOME_EXIT;
    struct interp_insn *place =
        emit_places(e, select_compare(outcome, c.condition, o.form, type), 2);
    place->a = o.a;
    place->b = o.b;
    place->imm = (int32_t)c.c;
    place->x = not_run(e);
    record_exit(e, place + 1, ir->imm);
    e->l->stats[STAT_OPS]++;
}

static void emit_exit(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint16_t cell;

    switch (ir->op) {
    case VM_OP_EXIT:
        emit_check(e, I_CHECK, 0, ir->imm);
        record_exit(e, emit(e, I_EXIT, 0, 0, 0, 0), ir->imm);
        break;
    case VM_OP_EXIT_TO:
        cell = cell_of(e, ir->arg[0]);
        emit_check(e, I_CHECK_TO, cell, 0);
        emit(e, I_EXIT_TO, 0, cell, 0, 0);
        break;
    case VM_OP_EXIT_STATE:
        if (!fits(ir->imm))
            e->failed = "an exit leads too far";
        emit(e, I_EXIT_STATE, 0, 0, 0, ir->imm);
        break;
    default:
        emit(e, I_EXIT_PC, 0, 0, 0, 0);
    }
}

static void emit_trap(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    bool conditional = ir->op == VM_OP_TRAP_IF;
    uint16_t a = conditional ? cell_of(e, ir->arg[0]) : 0, b = cell_of(e, ir->arg[conditional]);

    for (uint32_t k = 0; k < ir->n_args; k++)
        cell_release(e, ir->arg[k]);
    cell_flush(e);
    struct interp_insn *place = emit_places(e, conditional ? I_TRAP_IF : I_TRAP, 2);
    place->a = a;
    place->b = b;
    ((struct interp_word *)(void *)(place + 1))->value = (uint64_t)ir->imm;
    e->l->stats[STAT_OPS]++;
}

/* ---- one instruction after the other ---- */

static void emit_marker(struct emitter *e, const struct vm_ir_insn *ir)
{
    if (e->n_marks)
        emit_check(e, I_CHECK, 0, ir->imm);
    e->check = false;
    e->marks[e->n_marks++] =
        (struct interp_mark){.first = (uint16_t)e->n_places, .delta = (uint16_t)ir->imm};
}

static void emit_value(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;

    switch (ir->op) {
    case VM_OP_CONST:
        return; /* made where it is needed */
    case VM_OP_PC:
        emit_pc(e, i);
        return;
    case VM_OP_GET:
        cell_get(e, i);
        return;
    case VM_OP_SEXT:
    case VM_OP_ZEXT:
        emit_extend(e, i);
        return;
    case VM_OP_EXTS:
        EMIT_MOVE(e, i, ir->arg[0], SEXT32, 0);
        return;
    case VM_OP_EXTU:
        EMIT_MOVE(e, i, ir->arg[0], ZEXT32, 0);
        return;
    case VM_OP_F32_BOX:
        if (VM_AUX_VARIANT(ir->aux))
            EMIT_MOVE(e, i, ir->arg[0], ZEXT32, 0);
        else
            EMIT_MOVE(e, i, ir->arg[0], BOX, 0);
        return;
    case VM_OP_F32_UNBOX:
        if (VM_AUX_VARIANT(ir->aux))
            EMIT_MOVE(e, i, ir->arg[0], SEXT32, 0);
        else
            EMIT_MOVE(e, i, ir->arg[0], UNBOX, 0);
        return;
    case VM_OP_SELECT:
        emit_three(e, i, I_SELECT);
        return;
    case VM_OP_CARRY:
        emit_three(e, i, I_CARRY);
        return;
    case VM_OP_EQ:
    case VM_OP_NE:
    case VM_OP_SLT:
    case VM_OP_SLE:
    case VM_OP_ULT:
    case VM_OP_ULE:
        emit_compare(e, i);
        return;
    case VM_OP_V_GET:
        emit_lane(e, i);
        return;
    default:
        if (ir->type == VM_V128)
            emit_vector(e, i);
        else if (ir->n_args == 1)
            emit_unary(e, i, ir->arg[0], select_unary(ir->op, false, ir->type),
                       select_unary(ir->op, true, ir->type), 0);
        else
            emit_binary(e, i);
    }
}

static void emit_insn(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;

    switch (ir->op) {
    case VM_OP_INSN:
        emit_marker(e, ir);
        return;
    case VM_OP_PUT:
        cell_put(e, i);
        return;
    case VM_OP_LOAD:
    case VM_OP_STORE:
    case VM_OP_AMO:
    case VM_OP_CAS:
    case VM_OP_LL:
    case VM_OP_SC:
        emit_memory(e, i);
        break;
    case VM_OP_FENCE:
        emit(e, ir->imm & VM_FENCE_SL ? I_FENCE_FULL : I_FENCE, 0, 0, 0, 0);
        return;
    case VM_OP_CALL:
        emit_call(e, i);
        break;
    case VM_OP_EXIT_IF:
        emit_exit_if(e, i);
        return;
    case VM_OP_EXIT:
    case VM_OP_EXIT_TO:
    case VM_OP_EXIT_STATE:
    case VM_OP_EXIT_PC:
        emit_exit(e, i);
        return;
    case VM_OP_TRAP_IF:
    case VM_OP_TRAP:
        emit_trap(e, i);
        return;
    default:
        if (low_effects(ir->op) & EFFECT_FP && ir->type != VM_V128)
            emit_fp(e, i);
        else
            emit_value(e, i);
        return;
    }
    if (low_leaves_after(e->l, ir)) {
        /* The first of several does not end the guest instruction. */
        e->check_place = e->check ? 0 : e->n_places;
        e->check = true;
    }
}

void emit_all(struct emitter *e)
{
    struct lowering *l = e->l;

    for (uint32_t s = 0; s < l->n_slots; s++)
        l->slot_value[s] = VM_NO_VALUE;
    if (atomic_load_explicit(&e->unit->heat, memory_order_relaxed) > 0) {
        emit(e, I_HEAT, 0, 0, 0, 0);
        e->last_op = I_COUNT;
    }
    for (uint32_t i = 0; i < l->n_insns && !e->failed; i++) {
        if (l->insns[i].root == i && l->insns[i].flags & LOW_LIVE)
            emit_insn(e, i);
    }
}
