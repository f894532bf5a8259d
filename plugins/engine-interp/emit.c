/* SPDX-License-Identifier: BSD-2-Clause */
/* Second half of lowering: chooses an operation for each live IR instruction, then packs the code. */
#include <stdlib.h>
#include <string.h>
#include "cells.h"

/* ---- tables: IR operation to handlers, 64-bit and 32-bit form; I_COUNT: none ---- */

struct forms {
    uint16_t wide, narrow;
};

static const struct forms forms_rr[VM_OP_COUNT] = {
#define RR(N) [VM_OP_##N] = { I_##N##_RR64, I_##N##_RR32 },
    INTERP_BINARY(RR) INTERP_COMPARE(RR)
#undef RR
};

/* ADD_RI64 is never 0, so that 0 means "none" here. */
static const struct forms forms_ri[VM_OP_COUNT] = {
#define RI(N) [VM_OP_##N] = { I_##N##_RI64, I_##N##_RI32 },
    INTERP_BINARY_IMM(RI)
#undef RI
};

static const struct forms forms_one[VM_OP_COUNT] = {
#define ONE(N) [VM_OP_##N] = { I_##N##_64, I_##N##_32 },
    INTERP_UNARY(ONE)
#undef ONE
};

/* Comparisons that the handlers make; the first four have both forms. */
enum condition { EQ, NE, SLT, ULT, SLE, ULE, SGT, UGT };

struct compare_ops {
    struct forms set, exit, branch;
};

#define COMPARE(N, FORM)                                                                           \
    [N] = { { I_##N##_##FORM##64, I_##N##_##FORM##32 },                                            \
            { I_EXIF_##N##_##FORM##64, I_EXIF_##N##_##FORM##32 },                                  \
            { I_BR_##N##_##FORM##64, I_BR_##N##_##FORM##32 } },
static const struct compare_ops compare_rr[] = {
#define RR(N) COMPARE(N, RR)
    INTERP_COMPARE(RR)
#undef RR
};
static const struct compare_ops compare_ri[] = {
#define RI(N) COMPARE(N, RI)
    INTERP_COMPARE_IMM(RI)
#undef RI
};

static enum interp_op pick(struct forms f, uint32_t type)
{
    return (enum interp_op)(low_is_wide(type) ? f.wide : f.narrow);
}

static bool fits(int64_t v)
{
    return v == (int32_t)v;
}

static bool const_of(struct emitter *e, vm_ir_value v, int64_t *c)
{
    *c = low_root(e->l, v)->ir.imm;
    return low_is_const(e->l, v);
}

/* ---- arithmetic ---- */

static void emit_unary(struct emitter *e, uint32_t i, enum interp_op op, int64_t imm)
{
    vm_ir_value v = e->l->insns[i].ir.arg[0];
    uint16_t a = cell_of(e, v);

    cell_release(e, v);
    uint16_t d = cell_for_result(e, i);
    emit(e, op, d, a, 0, imm);
}

static void emit_binary_rr(struct emitter *e, uint32_t i, enum interp_op op, vm_ir_value va, vm_ir_value vb)
{
    uint16_t a = cell_of(e, va), b = cell_of(e, vb);

    cell_release(e, va);
    cell_release(e, vb);
    uint16_t d = cell_for_result(e, i);
    emit(e, op, d, a, b, 0);
}

/* The other operand is a constant that is now part of the operation. */
static void emit_binary_ri(struct emitter *e, uint32_t i, enum interp_op op, vm_ir_value va, vm_ir_value vc, int64_t imm)
{
    uint16_t a = cell_of(e, va);

    cell_release(e, va);
    cell_release(e, vc);
    uint16_t d = cell_for_result(e, i);
    emit(e, op, d, a, 0, imm);
}

/* An operation with a constant second operand as one that has an RI form. */
static uint32_t immediate_form(uint32_t op, uint32_t type, int64_t *c)
{
    switch (op) {
    case VM_OP_SUB:
        if (*c == INT64_MIN)
            return op;
        *c = low_is_wide(type) ? -*c : (int32_t)-*c;
        return VM_OP_ADD;
    case VM_OP_ANDN: *c = ~*c; return VM_OP_AND;
    case VM_OP_ROTL: *c = -*c & (low_is_wide(type) ? 63 : 31); return VM_OP_ROTR;
    case VM_OP_SHL:
    case VM_OP_SHR:
    case VM_OP_SAR:
    case VM_OP_ROTR: *c &= low_is_wide(type) ? 63 : 31; return op;
    default: return op;
    }
}

static void emit_binary(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    int64_t c;

    if (const_of(e, ir->arg[1], &c)) {
        uint32_t op = immediate_form(ir->op, ir->type, &c);
        if (forms_ri[op].wide && fits(c)) {
            emit_binary_ri(e, i, pick(forms_ri[op], ir->type), ir->arg[0], ir->arg[1], c);
            return;
        }
    }
    emit_binary_rr(e, i, pick(forms_rr[ir->op], ir->type), ir->arg[0], ir->arg[1]);
}

static void emit_extend(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;

    if (ir->op == VM_OP_SEXT)
        emit_unary(e, i, ir->imm == 32 ? I_SEXT32 : I_SEXT, 64 - ir->imm);
    else if (ir->imm < 32)
        emit_unary(e, i, I_AND_RI64, (int64_t)((1u << ir->imm) - 1));
    else
        emit_unary(e, i, ir->imm == 32 ? I_ZEXT32 : I_ZEXT, 64 - ir->imm);
}

static void emit_select(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint16_t a = cell_of(e, ir->arg[0]), b = cell_of(e, ir->arg[1]), x = cell_of(e, ir->arg[2]);

    for (uint32_t k = 0; k < 3; k++)
        cell_release(e, ir->arg[k]);
    uint16_t d = cell_for_result(e, i);
    emit(e, I_SELECT, d, a, b, 0)->x = x;
}

static void emit_pc(struct emitter *e, uint32_t i)
{
    int64_t imm = e->l->insns[i].ir.imm;
    uint16_t d = cell_for_result(e, i);

    if (fits(imm))
        emit(e, I_PC, d, 0, 0, imm);
    else
        emit_wide(e, I_PC64, d, imm);
}

static void emit_fp(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint16_t zero = (uint16_t)(e->l->engine->frame + INTERP_CELL_ZERO), cell[3] = { zero, zero, zero };

    for (uint32_t k = 0; k < ir->n_args; k++)
        cell[k] = cell_of(e, ir->arg[k]);
    for (uint32_t k = 0; k < ir->n_args; k++)
        cell_release(e, ir->arg[k]);
    cell_clobber(e, e->l->arch->fp.flags_slot);
    uint16_t d = cell_for_result(e, i);
    emit(e, I_FP, d, cell[0], cell[1], interp_fp_imm(ir))->x = cell[2];
}

/* ---- comparisons ---- */

struct compare {
    enum condition condition;
    vm_ir_value a, b;
    bool immediate; /* `b` is the constant c */
    int64_t c;
};

/*
 * a <= c is a < c + 1 where that does not wrap, and c < b is b > c; c <= b is b > c - 1. What has no
 * such form compares two cells.
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
        out->c = or_equal ? c + 1 : c;
        out->a = ir->arg[0];
        out->b = ir->arg[1];
    } else if (const_of(e, ir->arg[0], &c)) {
        if (or_equal && c == lowest)
            return false;
        out->condition = is_signed ? SGT : UGT;
        out->c = or_equal ? c - 1 : c;
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
        [VM_OP_EQ] = EQ, [VM_OP_NE] = NE, [VM_OP_SLT] = SLT, [VM_OP_SLE] = SLE, [VM_OP_ULT] = ULT, [VM_OP_ULE] = ULE,
    };
    struct compare c = { .immediate = true };

    if (!immediate_compare(e, ir, &c))
        c = (struct compare){ .condition = conditions[ir->op], .a = ir->arg[0], .b = ir->arg[1] };
    return c;
}

static void emit_compare(struct emitter *e, uint32_t i)
{
    struct low_insn *insn = &e->l->insns[i];

    if (insn->uses == 1 && e->l->insns[insn->user].ir.op == VM_OP_EXIT_IF) {
        insn->flags |= LOW_DEFER;
        return;
    }
    struct compare c = compare_of(e, &insn->ir);
    if (c.immediate)
        emit_binary_ri(e, i, pick(compare_ri[c.condition].set, insn->ir.type), c.a, c.b, c.c);
    else
        emit_binary_rr(e, i, pick(compare_rr[c.condition].set, insn->ir.type), c.a, c.b);
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

/* The handler for a plain access, or I_COUNT. */
static enum interp_op fast_access(const struct vm_ir_insn *ir)
{
    static const uint16_t loads[4][2] = { { I_LOAD_U8, I_LOAD_S8 }, { I_LOAD_U16, I_LOAD_S16 },
                                          { I_LOAD_U32, I_LOAD_S32 }, { I_LOAD_64, I_LOAD_64 } };
    static const uint16_t stores[4] = { I_STORE_8, I_STORE_16, I_STORE_32, I_STORE_64 };
    uint32_t memop = cell_memop(ir), size = memop & 7;

    if ((memop & ~(7u | VM_MEMOP_SIGNED)) != VM_MMU_DATA << VM_MEMOP_MMU_SHIFT)
        return I_COUNT;
    if (ir->op == VM_OP_STORE)
        return (enum interp_op)stores[size];
    return (enum interp_op)loads[size][(memop & VM_MEMOP_SIGNED) != 0];
}

static enum interp_op general_access(uint32_t op)
{
    switch (op) {
    case VM_OP_LOAD: return I_LOADX;
    case VM_OP_STORE: return I_STOREX;
    case VM_OP_AMO: return I_AMO;
    case VM_OP_CAS: return I_CAS;
    case VM_OP_LL: return I_LL;
    default: return I_SC;
    }
}

static void emit_memory(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    enum interp_op op = ir->op == VM_OP_LOAD || ir->op == VM_OP_STORE ? fast_access(ir) : I_COUNT;
    uint16_t cell[3] = { 0, 0, 0 };
    int32_t offset;

    cell[0] = address_of(e, ir, &offset);
    for (uint32_t k = 1; k < ir->n_args; k++)
        cell[k] = cell_of(e, ir->arg[k]);
    for (uint32_t k = 0; k < ir->n_args; k++)
        cell_release(e, ir->arg[k]);
    uint16_t d = cell_for_result(e, i);
    struct interp_insn *place = emit_places(e, op == I_COUNT ? general_access(ir->op) : op, op == I_COUNT ? 2 : 1);
    place->d = d;
    place->a = cell[0];
    place->b = cell[1];
    place->x = cell[2];
    place->imm = offset;
    if (op == I_COUNT)
        ((struct interp_word *)(void *)(place + 1))->value = cell_memop(ir);
    e->l->stats[STAT_OPS]++;
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
    uint16_t arg[6] = { zero, zero, zero, zero, zero, zero };

    for (uint32_t k = 0; k < ir->n_args; k++)
        arg[k] = cell_of_clean(e, vm_ir_arg(ir, k));
    for (uint32_t k = 0; k < ir->n_args; k++)
        cell_release(e, vm_ir_arg(ir, k));
    clobber_by_helper(e, helper);
    uint16_t d = cell_for_result(e, i);
    struct interp_call *call = (struct interp_call *)(void *)emit_places(e, check ? I_CALL_CHECK : I_CALL, 2);
    call->d = d;
    memcpy(call->arg, arg, sizeof(arg));
    call->fn = helper->fn;
    e->l->stats[STAT_OPS]++;
}

/* ---- exits ---- */

/* Guest instructions of the unit that have not run when the one in progress is the last. */
static uint16_t not_run(const struct emitter *e)
{
    return (uint16_t)(e->guest_insns - e->n_marks);
}

/* A write or a helper earlier in this guest instruction may want to leave now. `cell`: of CHECK_IF and CHECK_TO. */
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
    return (struct compare){ .condition = NE, .a = v, .b = VM_NO_VALUE, .immediate = true };
}

/* A write earlier in the guest instruction may want to leave by this exit: CHECK_IF needs the condition as a value. */
static void check_exit_if(struct emitter *e, struct compare *c, uint32_t *type, uint16_t *a, uint16_t *b, int64_t delta)
{
    const struct compare_ops *ops = c->immediate ? &compare_ri[c->condition] : &compare_rr[c->condition];
    uint16_t cell = cell_scratch(e);

    emit(e, pick(ops->set, *type), cell, *a, *b, c->c);
    emit_check(e, I_CHECK_IF, cell, delta);
    *c = (struct compare){ .condition = NE, .immediate = true };
    *type = VM_I64;
    *a = cell;
    *b = 0;
}

static void emit_exit_if(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;
    uint32_t type;
    struct compare c = exit_condition(e, ir->arg[0], &type);
    uint16_t a = cell_of(e, c.a), b = c.immediate ? 0 : cell_of(e, c.b);

    cell_release(e, c.a);
    if (c.b != VM_NO_VALUE)
        cell_release(e, c.b);
    if (e->check)
        check_exit_if(e, &c, &type, &a, &b, ir->imm);
    cell_flush(e);
    const struct compare_ops *ops = c.immediate ? &compare_ri[c.condition] : &compare_rr[c.condition];
    bool branch = !e->check && exit_follows(e->l, i);
    struct interp_insn *place = emit_places(e, pick(branch ? ops->branch : ops->exit, type), 2);
    place->a = a;
    place->b = b;
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
    default: emit(e, I_EXIT_PC, 0, 0, 0, 0);
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
    e->marks[e->n_marks++] = (struct interp_mark){ .first = (uint16_t)e->n_places, .delta = (uint16_t)ir->imm };
}

static void emit_value(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;

    switch (ir->op) {
    case VM_OP_CONST: return; /* made where it is needed */
    case VM_OP_PC: emit_pc(e, i); return;
    case VM_OP_GET: cell_get(e, i); return;
    case VM_OP_SEXT:
    case VM_OP_ZEXT: emit_extend(e, i); return;
    case VM_OP_EXTS: emit_unary(e, i, I_SEXT32, 0); return;
    case VM_OP_EXTU: emit_unary(e, i, I_ZEXT32, 0); return;
    case VM_OP_F32_BOX: emit_unary(e, i, I_BOX, 0); return;
    case VM_OP_F32_UNBOX: emit_unary(e, i, I_UNBOX, 0); return;
    case VM_OP_SELECT: emit_select(e, i); return;
    case VM_OP_EQ:
    case VM_OP_NE:
    case VM_OP_SLT:
    case VM_OP_SLE:
    case VM_OP_ULT:
    case VM_OP_ULE: emit_compare(e, i); return;
    default:
        if (ir->n_args == 1)
            emit_unary(e, i, pick(forms_one[ir->op], ir->type), 0);
        else
            emit_binary(e, i);
    }
}

static void emit_insn(struct emitter *e, uint32_t i)
{
    const struct vm_ir_insn *ir = &e->l->insns[i].ir;

    switch (ir->op) {
    case VM_OP_INSN: emit_marker(e, ir); return;
    case VM_OP_PUT: cell_put(e, i); return;
    case VM_OP_LOAD:
    case VM_OP_STORE:
    case VM_OP_AMO:
    case VM_OP_CAS:
    case VM_OP_LL:
    case VM_OP_SC: emit_memory(e, i); break;
    case VM_OP_FENCE: emit(e, ir->imm & VM_FENCE_SL ? I_FENCE_FULL : I_FENCE, 0, 0, 0, 0); return;
    case VM_OP_CALL: emit_call(e, i); break;
    case VM_OP_EXIT_IF: emit_exit_if(e, i); return;
    case VM_OP_EXIT:
    case VM_OP_EXIT_TO:
    case VM_OP_EXIT_STATE:
    case VM_OP_EXIT_PC: emit_exit(e, i); return;
    case VM_OP_TRAP_IF:
    case VM_OP_TRAP: emit_trap(e, i); return;
    default:
        if (low_effects(ir->op) & EFFECT_FP)
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

static void emit_all(struct emitter *e)
{
    struct lowering *l = e->l;

    for (uint32_t c = INTERP_FRAME_CELLS; c-- > INTERP_CELL_FIRST;)
        e->free_cells[e->n_free++] = (uint16_t)(l->engine->frame + c);
    for (uint32_t s = 0; s < l->n_slots; s++)
        l->slot_value[s] = VM_NO_VALUE;
    for (uint32_t i = 0; i < l->n_insns && !e->failed; i++) {
        if (l->insns[i].root == i && l->insns[i].flags & LOW_LIVE)
            emit_insn(e, i);
    }
}

/* ---- packing ---- */

static struct interp_code *pack(const struct emitter *e, uint64_t *bytes)
{
    size_t code_bytes = e->n_places * sizeof(*e->code), mark_bytes = e->n_marks * sizeof(*e->marks);
    size_t exit_bytes = e->n_exits * sizeof(*e->exits);
    size_t size = sizeof(struct interp_code) + code_bytes + mark_bytes + exit_bytes;
    struct interp_code *code = malloc(size);

    if (!code)
        return NULL;
    struct interp_mark *marks = (struct interp_mark *)(void *)&code->code[e->n_places];
    uint16_t *exits = (uint16_t *)(void *)&marks[e->n_marks];
    *code = (struct interp_code){
        .unit = e->unit, .guest_insns = (int32_t)e->n_marks, .n_places = e->n_places, .marks = marks, .exits = exits,
        .n_exits = e->n_exits,
    };
    memcpy(code->code, e->code, code_bytes);
    memcpy(marks, e->marks, mark_bytes);
    memcpy(exits, e->exits, exit_bytes);
    *bytes = size;
    return code;
}

static void account(struct lowering *l, uint64_t bytes)
{
    l->stats[STAT_UNITS] = 1;
    l->stats[STAT_IR_INSNS] = l->n_insns;
    l->stats[STAT_CODE_BYTES] = bytes;
    for (uint32_t i = 0; i < STAT_COUNT; i++)
        atomic_fetch_add_explicit(&l->engine->stats[i], l->stats[i], memory_order_relaxed);
}

/* One allocation for all that lowering needs by instruction and by slot. */
static struct interp_code *lower_in(struct interp_engine *engine, const struct vm_ir_unit *ir, struct emitter *e,
                                    uint64_t *bytes)
{
    struct lowering *l = e->l;
    uint32_t n = ir->n_insns, n_slots = engine->arch->n_slots;
    size_t slot_bytes = n_slots * sizeof(uint32_t);
    char *memory = malloc(n * sizeof(*l->insns) + 2 * slot_bytes + ir->guest_insns * sizeof(*e->marks) +
                          VM_UNIT_MAX_EXITS * sizeof(*e->exits));

    if (!memory) {
        e->failed = "out of memory";
        return NULL;
    }
    l->insns = (struct low_insn *)(void *)memory;
    l->slot_value = (uint32_t *)(void *)&l->insns[n];
    l->slot_mark = l->slot_value + n_slots;
    e->marks = (struct interp_mark *)(void *)(l->slot_mark + n_slots);
    e->exits = (uint16_t *)(void *)(e->marks + ir->guest_insns);
    for (uint32_t i = 0; i < n; i++)
        l->insns[i].ir = ir->insns[i];
    low_simplify(l);
    emit_all(e);
    struct interp_code *code = e->failed ? NULL : pack(e, bytes);
    if (!e->failed && !code)
        e->failed = "out of memory";
    free(memory);
    free(e->code);
    return code;
}

struct interp_code *interp_lower(struct interp_engine *engine, const struct vm_ir_unit *ir, struct vm_unit *unit,
                                 uint64_t *bytes, struct vm_error *err)
{
    struct lowering l = { .engine = engine, .arch = engine->arch, .n_insns = ir->n_insns, .n_slots = engine->arch->n_slots };
    struct emitter e = { .l = &l, .unit = unit, .guest_insns = ir->guest_insns };

    if (ir->guest_insns > UINT16_MAX || ir->guest_bytes > UINT16_MAX) {
        vm_error_set(err, "engine-interp: unit of %u guest instructions is too long", ir->guest_insns);
        return NULL;
    }
    struct interp_code *code = lower_in(engine, ir, &e, bytes);
    if (code)
        account(&l, *bytes);
    else
        vm_error_set(err, "engine-interp: cannot compile a unit of %u guest instructions: %s", ir->guest_insns, e.failed);
    return code;
}
