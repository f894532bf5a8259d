/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First half of lowering: a forward pass that finds copies and constants, and a backward pass that
 * finds what is dead. Both are linear. Nothing is moved: an instruction stays where it was, becomes
 * a copy of another value, or is dropped.
 */
#include "alu.h"
#include "lower.h"

/* The FLAGS column of ir-opcodes.def, by the letters used there. */
enum {
    C = 0,
    K = 0,
    X = 0,
    F = EFFECT_FAULT,
    E = EFFECT_END,
    S = EFFECT_SIDE,
    M = 0,
    P = EFFECT_FP,
    V = 0,
    W = EFFECT_KEEP
};

static const uint8_t effects[VM_OP_COUNT] = {
#define VM_OP(NAME, name, result, operands, types, flags) [VM_OP_##NAME] = flags,
#include <vmrun/ir-opcodes.def>
#undef VM_OP
};

uint32_t low_effects(uint32_t op)
{
    return effects[op];
}

bool low_leaves_after(const struct lowering *l, const struct vm_ir_insn *insn)
{
    switch (insn->op) {
    case VM_OP_STORE:
    case VM_OP_AMO:
    case VM_OP_CAS:
    case VM_OP_SC:
        return true;
    case VM_OP_CALL:
        return (l->arch->helpers[insn->aux].flags & VM_HELPER_MAY_EXIT) != 0;
    default:
        return false;
    }
}

/* ---- constants ---- */

static bool fold2(uint32_t op, bool wide, uint64_t a, uint64_t b, uint64_t *r)
{
    switch (op) {
#define FOLD(N)                                                                                    \
    case VM_OP_##N:                                                                                \
        *r =                                                                                       \
            wide ? alu_##N##_64(a, b) : (uint64_t)(int32_t)alu_##N##_32((uint32_t)a, (uint32_t)b); \
        return true;
        INTERP_BINARY(FOLD)
        INTERP_COMPARE(FOLD)
#undef FOLD
    default:
        return false;
    }
}

static bool fold1(const struct vm_ir_insn *insn, uint64_t a, uint64_t *r)
{
    bool wide = low_is_wide(insn->type);

    switch (insn->op) {
#define FOLD(N)                                                                     \
    case VM_OP_##N:                                                                 \
        *r = wide ? alu_##N##_64(a) : (uint64_t)(int32_t)alu_##N##_32((uint32_t)a); \
        return true;
        INTERP_UNARY(FOLD)
#undef FOLD
    case VM_OP_SEXT:
        *r = alu_sbits(a, (64 - (uint32_t)insn->imm) * 0x101);
        return true;
    case VM_OP_ZEXT:
        *r = alu_bits(a, (64 - (uint32_t)insn->imm) * 0x101);
        if (!wide)
            *r = (uint64_t)(int32_t)*r;
        return true;
    case VM_OP_BITCAST:
    case VM_OP_EXTS:
        *r = a;
        return true;
    case VM_OP_TRUNC:
        *r = (uint64_t)(int32_t)a;
        return true;
    case VM_OP_EXTU:
        *r = (uint32_t)a;
        return true;
    case VM_OP_F32_BOX:
        *r = VM_AUX_VARIANT(insn->aux) ? (uint32_t)a : alu_f32_box(a);
        return true;
    case VM_OP_F32_UNBOX:
        *r = VM_AUX_VARIANT(insn->aux) ? (uint64_t)(int32_t)a : alu_f32_unbox(a);
        return true;
    default:
        return false;
    }
}

static void make_const(struct lowering *l, uint32_t i, uint64_t value)
{
    struct low_insn *insn = &l->insns[i];

    if (insn->ir.op != VM_OP_CONST)
        l->stats[STAT_CONSTS_FOLDED]++;
    insn->flags |= LOW_CONST;
    insn->ir.op = VM_OP_CONST;
    insn->ir.n_args = 0;
    insn->ir.imm = (int64_t)value;
}

static void make_copy(struct lowering *l, uint32_t i, vm_ir_value of)
{
    l->insns[i].root = l->insns[of].root;
    l->insns[i].flags |= l->insns[of].flags & LOW_DIRTY;
}

static bool try_fold(struct lowering *l, uint32_t i)
{
    struct vm_ir_insn *insn = &l->insns[i].ir;
    uint64_t arg[2] = {0, 0}, r;

    if (insn->n_args == 0 || insn->n_args > 2 || effects[insn->op])
        return false;
    for (uint32_t k = 0; k < insn->n_args; k++) {
        if (!low_is_const(l, insn->arg[k]))
            return false;
        arg[k] = (uint64_t)low_root(l, insn->arg[k])->ir.imm;
    }
    if (insn->n_args == 1 ? !fold1(insn, arg[0], &r)
                          : !fold2(insn->op, low_is_wide(insn->type), arg[0], arg[1], &r))
        return false;
    make_const(l, i, r);
    return true;
}

/* ---- one operand is a constant ---- */

/* op(x, c) is x again. */
static bool is_identity(uint32_t op, int64_t c)
{
    switch (op) {
    case VM_OP_ADD:
    case VM_OP_SUB:
    case VM_OP_OR:
    case VM_OP_XOR:
    case VM_OP_ANDN:
    case VM_OP_SHL:
    case VM_OP_SHR:
    case VM_OP_SAR:
    case VM_OP_ROTL:
    case VM_OP_ROTR:
        return c == 0;
    case VM_OP_AND:
        return c == -1;
    case VM_OP_MUL:
    case VM_OP_DIVU:
    case VM_OP_DIVS:
        return c == 1;
    default:
        return false;
    }
}

static bool is_commutative(uint32_t op)
{
    switch (op) {
    case VM_OP_ADD:
    case VM_OP_MUL:
    case VM_OP_AND:
    case VM_OP_OR:
    case VM_OP_XOR:
    case VM_OP_EQ:
    case VM_OP_NE:
        return true;
    default:
        return false;
    }
}

static void simplify_binary(struct lowering *l, uint32_t i)
{
    struct vm_ir_insn *insn = &l->insns[i].ir;

    if (low_is_const(l, insn->arg[0]) && is_commutative(insn->op)) {
        vm_ir_value first = insn->arg[0];
        insn->arg[0] = insn->arg[1];
        insn->arg[1] = first;
    }
    if (!low_is_const(l, insn->arg[1]))
        return;
    int64_t c = low_root(l, insn->arg[1])->ir.imm;
    if (is_identity(insn->op, c)) {
        make_copy(l, i, insn->arg[0]);
        return;
    }
    struct low_insn *x = low_root(l, insn->arg[0]);
    if (insn->op == VM_OP_ADD && insn->type == VM_I64 && x->ir.op == VM_OP_PC) {
        insn->op = VM_OP_PC;
        insn->type = VM_NONE;
        insn->n_args = 0;
        insn->imm = (int64_t)((uint64_t)x->ir.imm + (uint64_t)c);
    }
}

/* ---- forward pass ---- */

/* Calls `f` for the slot and for each that shares bytes with it. */
#define FOR_OVERLAPPING(l, first, s)                             \
    for (uint32_t s = (first), once_ = 1; once_ || s != (first); \
         s = (l)->engine->overlap[s], once_ = 0)

static void forget_slot(struct lowering *l, uint32_t slot)
{
    FOR_OVERLAPPING(l, slot, s)
    l->slot_value[s] = VM_NO_VALUE;
}

static void forget_all(struct lowering *l)
{
    for (uint32_t s = 0; s < l->n_slots; s++)
        l->slot_value[s] = VM_NO_VALUE;
}

static void simplify_get(struct lowering *l, uint32_t i)
{
    uint32_t slot = l->insns[i].ir.aux, known = l->slot_value[slot];

    if (l->arch->slots[slot].constant_zero) {
        make_const(l, i, 0);
    } else if (known != VM_NO_VALUE) {
        l->stats[STAT_GETS_FORWARDED]++;
        make_copy(l, i, known);
    } else {
        l->slot_value[slot] = i;
    }
}

static void simplify_put(struct lowering *l, uint32_t i)
{
    struct low_insn *insn = &l->insns[i];
    uint32_t slot = insn->ir.aux, known = l->slot_value[slot];
    vm_ir_value v = insn->ir.arg[0];

    if (known != VM_NO_VALUE && l->insns[known].root == l->insns[v].root) {
        insn->flags &= ~(uint32_t)LOW_LIVE;
        return;
    }
    forget_slot(l, slot);
    l->slot_value[slot] = v;
}

static void simplify_call(struct lowering *l, const struct vm_ir_insn *insn)
{
    const struct vm_helper *helper = &l->arch->helpers[insn->aux];

    if (helper->flags & VM_HELPER_ALL_SLOTS)
        forget_all(l);
    else
        for (const uint16_t *s = helper->writes; s && *s != 0xffff; s++)
            forget_slot(l, *s);
    if (helper->flags & VM_HELPER_FP && l->arch->fp.flags_slot < l->n_slots)
        forget_slot(l, l->arch->fp.flags_slot);
}

static void simplify_select(struct lowering *l, uint32_t i)
{
    const struct vm_ir_insn *insn = &l->insns[i].ir;

    if (low_is_const(l, insn->arg[0]))
        make_copy(l, i, low_root(l, insn->arg[0])->ir.imm ? insn->arg[1] : insn->arg[2]);
    else
        l->insns[i].flags |=
            (l->insns[insn->arg[1]].flags | l->insns[insn->arg[2]].flags) & LOW_DIRTY;
}

/* A lane of what was made of single values, or the first one, is a copy. */
static void simplify_lane(struct lowering *l, uint32_t i)
{
    const struct vm_ir_insn *insn = &l->insns[i].ir, *of = &low_root(l, insn->arg[0])->ir;
    uint32_t lane = VM_LANE_NUMBER(insn->aux), bits = 8u << VM_LANE_SIZE(insn->aux);
    bool narrow = insn->type == VM_F32;

    if (bits == 64 && of->op == VM_OP_V_PAIR)
        make_copy(l, i, of->arg[lane]);
    else if (lane > 0 && of->op == VM_OP_V_LOW && lane * bits >= 64)
        make_const(l, i, 0);
    else if (lane == 0 && of->op == VM_OP_V_LOW && (VM_AUX_SRC(of->aux) == VM_F32) == narrow &&
             (narrow || bits == 64))
        make_copy(l, i, of->arg[0]);
    else if (lane == 0 && (bits == 64 || narrow)) {
        make_copy(l, i, insn->arg[0]);
        l->insns[i].flags |= narrow ? LOW_DIRTY : 0;
    }
}

static void simplify_insn(struct lowering *l, uint32_t i)
{
    struct low_insn *insn = &l->insns[i];

    if (try_fold(l, i))
        return;
    switch (insn->ir.op) {
    case VM_OP_CONST:
        make_const(l, i,
                   insn->ir.type == VM_I32 || insn->ir.type == VM_F32
                       ? (uint64_t)(int32_t)insn->ir.imm
                       : (uint64_t)insn->ir.imm);
        break;
    case VM_OP_GET:
        simplify_get(l, i);
        break;
    case VM_OP_PUT:
        simplify_put(l, i);
        break;
    case VM_OP_CALL:
        simplify_call(l, &insn->ir);
        break;
    case VM_OP_SELECT:
        simplify_select(l, i);
        break;
    case VM_OP_V_GET:
        simplify_lane(l, i);
        break;
    case VM_OP_BITCAST:
        make_copy(l, i, insn->ir.arg[0]);
        break;
    case VM_OP_TRUNC:
        make_copy(l, i, insn->ir.arg[0]);
        insn->flags |= LOW_DIRTY;
        break;
    case VM_OP_EXTS:
        if (!(l->insns[insn->ir.arg[0]].flags & LOW_DIRTY))
            make_copy(l, i, insn->ir.arg[0]);
        break;
    case VM_OP_ZEXT:
    case VM_OP_SEXT:
        if (insn->ir.imm == (low_is_wide(insn->ir.type) ? 64 : 32))
            make_copy(l, i, insn->ir.arg[0]);
        break;
    default:
        if (effects[insn->ir.op] & EFFECT_FP)
            forget_slot(l, l->arch->fp.flags_slot);
        else if (insn->ir.n_args == 2 && !effects[insn->ir.op])
            simplify_binary(l, i);
    }
}

static void forward(struct lowering *l)
{
    bool leaves_after = false;

    forget_all(l);
    for (uint32_t i = 0; i < l->n_insns; i++) {
        struct low_insn *insn = &l->insns[i];
        insn->root = i;
        insn->uses = 0;
        insn->user = insn->put = VM_NO_VALUE;
        insn->cell = NO_CELL;
        insn->alt = NO_SLOT;
        insn->flags = effects[insn->ir.op] & EFFECT_KEEP ? LOW_LIVE : 0;
        if (insn->ir.op == VM_OP_INSN) {
            insn->flags |= leaves_after ? LOW_AFTER : 0;
            leaves_after = false;
            continue;
        }
        leaves_after |= low_leaves_after(l, &insn->ir);
        simplify_insn(l, i);
    }
}

/* ---- backward pass ---- */

/*
 * slot_mark[s] == epoch: further on the slot is written again before anything can see it. A new
 * epoch forgets all marks.
 */
static void reads_slot(struct lowering *l, uint32_t slot)
{
    FOR_OVERLAPPING(l, slot, s)
    l->slot_mark[s] = 0;
}

static uint32_t call_effect(struct lowering *l, const struct vm_helper *helper, uint32_t epoch)
{
    const uint32_t visible =
        VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT | VM_HELPER_ALL_SLOTS | VM_HELPER_MEMORY;

    if (helper->flags & visible)
        return epoch + 1;
    for (const uint16_t *s = helper->reads; s && *s != 0xffff; s++)
        reads_slot(l, *s);
    if (helper->flags & VM_HELPER_FP && l->arch->fp.flags_slot < l->n_slots)
        reads_slot(l, l->arch->fp.flags_slot);
    return epoch;
}

static void count_uses(struct lowering *l, uint32_t i)
{
    const struct vm_ir_insn *insn = &l->insns[i].ir;

    for (uint32_t k = 0; k < insn->n_args; k++) {
        struct low_insn *root = low_root(l, vm_ir_arg(insn, k));
        root->uses++;
        root->user = i;
    }
}

static bool is_dead_call(struct lowering *l, const struct low_insn *insn)
{
    return insn->ir.op == VM_OP_CALL && insn->uses == 0 &&
           l->arch->helpers[insn->ir.aux].flags & VM_HELPER_PURE;
}

/* Slots as this instruction sees and changes them; returns the epoch for what comes before it. */
static uint32_t backward_insn(struct lowering *l, uint32_t i, uint32_t epoch)
{
    struct low_insn *insn = &l->insns[i];
    uint32_t effect = effects[insn->ir.op];

    switch (insn->ir.op) {
    case VM_OP_GET:
        reads_slot(l, insn->ir.aux);
        return epoch;
    case VM_OP_INSN:
        return insn->flags & LOW_AFTER ? epoch + 1 : epoch;
    case VM_OP_CALL:
        return call_effect(l, &l->arch->helpers[insn->ir.aux], epoch);
    case VM_OP_PUT:
        l->slot_mark[insn->ir.aux] = epoch;
        if (low_is_wide(insn->ir.type) ? !low_is_vector(low_root(l, insn->ir.arg[0]))
                                       : insn->ir.type == VM_V128)
            low_root(l, insn->ir.arg[0])->put = i;
        return epoch;
    default:
        if (effect & EFFECT_FP)
            reads_slot(l, l->arch->fp.flags_slot);
        return effect & (EFFECT_FAULT | EFFECT_SIDE | EFFECT_END) ? epoch + 1 : epoch;
    }
}

static void backward(struct lowering *l)
{
    uint32_t epoch = 1;

    for (uint32_t s = 0; s < l->n_slots; s++)
        l->slot_mark[s] = 0;
    for (uint32_t i = l->n_insns; i-- > 0;) {
        struct low_insn *insn = &l->insns[i];
        if (insn->root != i)
            continue;
        if (insn->uses)
            insn->flags |= LOW_LIVE;
        if (is_dead_call(l, insn))
            insn->flags &= ~(uint32_t)LOW_LIVE;
        if (insn->ir.op == VM_OP_PUT && insn->flags & LOW_LIVE &&
            l->slot_mark[insn->ir.aux] == epoch) {
            insn->flags &= ~(uint32_t)LOW_LIVE;
            l->stats[STAT_PUTS_DEAD]++;
        }
        if (!(insn->flags & LOW_LIVE))
            continue;
        epoch = backward_insn(l, i, epoch);
        count_uses(l, i);
    }
}

void low_simplify(struct lowering *l)
{
    forward(l);
    backward(l);
}
