/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pass 1 over a unit: forwards what is known of slots, folds constants and copies, then backwards
 * drops what nobody sees and counts uses. Instructions stay where they were.
 */
#include "jit.h"

/* The FLAGS column of ir-opcodes.def. */
enum { C = 0, K = 0, X = 0, M = 0, V = 0, F = 1, E = 2, S = 4, P = 8, W = 16 };

static const uint8_t effects[VM_OP_COUNT] = {
#define VM_OP(NAME, name, result, operands, types, flags) [VM_OP_##NAME] = flags,
#include <vmrun/ir-opcodes.def>
#undef VM_OP
};

static const char results[VM_OP_COUNT + 1] = {
#define VM_OP(NAME, name, result, operands, types, flags) [VM_OP_##NAME] = #result[0],
#include <vmrun/ir-opcodes.def>
#undef VM_OP
};

static void make_const(struct jit_insn *insn, uint64_t value)
{
    insn->op = VM_OP_CONST;
    insn->n_args = 0;
    insn->flags |= JIT_CONST;
    insn->imm = (int64_t)value;
}

static void make_copy(struct jit_unit *u, uint32_t i, uint32_t of)
{
    u->insns[i].root = u->insns[of].root;
}

/* ---- constants ---- */

static bool fold_binary(uint32_t op, bool wide, uint64_t a, uint64_t b, uint64_t *r)
{
    uint32_t n = (uint32_t)b & (wide ? 63 : 31);

    switch (op) {
    case VM_OP_ADD:
        *r = a + b;
        return true;
    case VM_OP_SUB:
        *r = a - b;
        return true;
    case VM_OP_MUL:
        *r = a * b;
        return true;
    case VM_OP_AND:
        *r = a & b;
        return true;
    case VM_OP_OR:
        *r = a | b;
        return true;
    case VM_OP_XOR:
        *r = a ^ b;
        return true;
    case VM_OP_SHL:
        *r = a << n;
        return true;
    case VM_OP_SHR:
        *r = wide ? a >> n : (uint32_t)a >> n;
        return true;
    case VM_OP_SAR:
        *r = wide ? (uint64_t)((int64_t)a >> n) : (uint64_t)((int32_t)a >> n);
        return true;
    default:
        return false;
    }
}

static bool is_commutative(uint32_t op)
{
    return op == VM_OP_ADD || op == VM_OP_MUL || op == VM_OP_AND || op == VM_OP_OR ||
           op == VM_OP_XOR || op == VM_OP_EQ || op == VM_OP_NE;
}

/* op(x, c) is x again. */
static bool is_identity(uint32_t op, int64_t c)
{
    switch (op) {
    case VM_OP_ADD:
    case VM_OP_SUB:
    case VM_OP_OR:
    case VM_OP_XOR:
    case VM_OP_SHL:
    case VM_OP_SHR:
    case VM_OP_SAR:
        return c == 0;
    case VM_OP_AND:
        return c == -1;
    case VM_OP_MUL:
        return c == 1;
    default:
        return false;
    }
}

/* A comparison's operands may be narrow although its result is not. */
static void binary(struct jit_unit *u, uint32_t i)
{
    struct jit_insn *insn = &u->insns[i];
    bool wide = jit_is_wide(insn->type);
    uint64_t r;

    if (jit_is_const(u, insn->arg[0]) && jit_is_const(u, insn->arg[1]) &&
        fold_binary(insn->op, wide, (uint64_t)u->insns[insn->arg[0]].imm,
                    (uint64_t)u->insns[insn->arg[1]].imm, &r)) {
        make_const(insn, wide ? r : (uint64_t)(int32_t)r);
        return;
    }
    if (is_commutative(insn->op) && jit_is_const(u, insn->arg[0])) {
        uint32_t first = insn->arg[0];
        insn->arg[0] = insn->arg[1];
        insn->arg[1] = first;
    }
    if (!jit_is_const(u, insn->arg[1]))
        return;
    int64_t c = u->insns[insn->arg[1]].imm;
    if (is_identity(insn->op, c)) {
        make_copy(u, i, insn->arg[0]);
    } else if (insn->op == VM_OP_ADD && wide && u->insns[insn->arg[0]].op == VM_OP_PC) {
        insn->op = VM_OP_PC;
        insn->n_args = 0;
        insn->imm = (int64_t)((uint64_t)u->insns[insn->arg[0]].imm + (uint64_t)c);
    }
}

/* Operations of 32 bits whose code on any host with registers of 64 clears the upper half. */
static bool clears_above(const struct jit_insn *insn)
{
    switch (insn->op) {
    case VM_OP_ADD:
    case VM_OP_SUB:
    case VM_OP_MUL:
    case VM_OP_DIVS ... VM_OP_BSWAP:
    case VM_OP_SEXT:
    case VM_OP_ZEXT:
    case VM_OP_SELECT:
        return insn->type == VM_I32;
    default:
        return false;
    }
}

/* A narrow logical shift to the right leaves the host's register with zeros above, and its value
 * without a sign. */
static void shift_right(struct jit_unit *u, struct jit_insn *insn)
{
    if (insn->op == VM_OP_SHR && insn->type == VM_I32 && jit_is_const(u, insn->arg[1]) &&
        u->insns[insn->arg[1]].imm & 31)
        insn->flags |= JIT_SIGNED;
}

/* EXTS, EXTU, TRUNC, SEXT, ZEXT */
static void extension(struct jit_unit *u, uint32_t i)
{
    struct jit_insn *insn = &u->insns[i], *a = &u->insns[insn->arg[0]];
    uint32_t bits = insn->op == VM_OP_SEXT || insn->op == VM_OP_ZEXT ? (uint32_t)insn->imm : 32;
    bool is_signed = insn->op != VM_OP_EXTU && insn->op != VM_OP_ZEXT;

    if (a->flags & JIT_CONST) {
        uint32_t shift = 64 - bits;
        uint64_t v = (uint64_t)a->imm << shift;
        v = is_signed ? (uint64_t)((int64_t)v >> shift) : v >> shift;
        make_const(insn, jit_is_wide(insn->result) ? v : (uint64_t)(int32_t)v);
    } else if (insn->op == VM_OP_TRUNC || (bits == 64 || (bits == 32 && insn->result == VM_I32)) ||
               (is_signed && bits == 32 && a->flags & JIT_SIGNED) ||
               (!is_signed && bits == 32 && a->flags & JIT_ZEROED)) {
        make_copy(u, i, insn->arg[0]);
    } else if (is_signed && bits <= 32 && insn->result == VM_I64) {
        insn->flags |= JIT_SIGNED;
    }
}

/* A single that was taken out of the same register a little before need not be looked at again. */
static void unbox(struct jit_unit *u, uint32_t i)
{
    const struct jit_insn *insn = &u->insns[i], *box = &u->insns[insn->arg[0]];

    if (box->op == VM_OP_F32_BOX && (VM_AUX_VARIANT(insn->aux) || !VM_AUX_VARIANT(box->aux))) {
        make_copy(u, i, box->arg[0]);
        return;
    }
    for (uint32_t k = i; k-- > insn->arg[0] && i - k < 32;)
        if (u->insns[k].op == VM_OP_F32_UNBOX && u->insns[k].arg[0] == insn->arg[0] &&
            u->insns[k].aux == insn->aux) {
            make_copy(u, i, k);
            return;
        }
}

/*
 * Negated operands of a multiply-add become its variant: the host has instructions for these. A
 * negated product has its first factor negated, which a NaN in the other one would show.
 */
static void multiply_add(struct jit_unit *u, struct jit_insn *insn)
{
    bool seen = u->engine->fp.nan_rule != VM_FP_NAN_CANONICAL;

    for (uint32_t k = 0; k < 3; k += seen ? 2 : 1) {
        for (const struct jit_insn *a = &u->insns[insn->arg[k]]; a->op == VM_OP_FNEG;
             a = &u->insns[insn->arg[k]]) {
            insn->arg[k] = a->arg[0];
            insn->aux ^= VM_AUX(0, 0, k < 2 ? JIT_FMA_PRODUCT : JIT_FMA_ADDEND);
        }
    }
}

/* Hosts have both halves of a round of AES as one. */
static void aes_mix(struct jit_unit *u, struct jit_insn *insn)
{
    bool inverse = insn->op == VM_OP_V_AESIMIX;
    const struct jit_insn *a = &u->insns[insn->arg[0]];

    if (a->op == (inverse ? VM_OP_V_AESISUB : VM_OP_V_AESSUB)) {
        insn->op = inverse ? VM_OP_V_AESIROUND : VM_OP_V_AESROUND;
        insn->arg[0] = a->arg[0];
    }
}

/* Takes the value that `of` is, in the other kind of register. */
static void make_bitcast(struct jit_unit *u, uint32_t i, uint32_t of)
{
    struct jit_insn *insn = &u->insns[i];

    insn->op = VM_OP_BITCAST;
    insn->arg[0] = of;
    insn->aux = u->insns[of].result;
}

/*
 * A lane of what was made of single values is one of these. Lane 0 as a floating-point number is
 * the vector's register as it is, since nobody looks at what is above a number.
 */
static void lane(struct jit_unit *u, uint32_t i)
{
    const struct jit_insn *insn = &u->insns[i], *of = &u->insns[insn->arg[0]];
    uint32_t number = VM_LANE_NUMBER(insn->aux), bits = 8u << VM_LANE_SIZE(insn->aux);
    bool is_float = jit_is_float(insn->type), narrow = insn->type == VM_F32;

    if (of->op == VM_OP_V_LOW && number * bits >= 64) {
        make_const(&u->insns[i], 0);
    } else if ((of->op == VM_OP_V_PAIR && bits == 64) ||
               (of->op == VM_OP_V_LOW && number == 0 && (VM_AUX_SRC(of->aux) == VM_F32) == narrow &&
                (narrow || bits == 64))) {
        uint32_t from = of->arg[number];
        if (jit_is_const(u, from)) /* in this one's kind of register, then */
            make_const(&u->insns[i], (uint64_t)u->insns[from].imm);
        else if (jit_is_float(u->insns[from].result) == is_float)
            make_copy(u, i, from);
        else
            make_bitcast(u, i, from);
    } else if (number == 0 && is_float) {
        make_copy(u, i, insn->arg[0]);
    }
}

/* ---- slots ---- */

#define FOR_OVERLAPPING(u, first, s)                             \
    for (uint32_t s = (first), once_ = 1; once_ || s != (first); \
         s = (u)->engine->overlap[s], once_ = 0)

static void forget(struct jit_unit *u, uint32_t slot)
{
    if (slot < u->engine->arch->n_slots)
        FOR_OVERLAPPING(u, slot, s)
    u->slot_value[s] = JIT_NONE;
}

static void forget_for(struct jit_unit *u, const struct vm_helper *helper)
{
    if (helper->flags & VM_HELPER_ALL_SLOTS)
        for (uint32_t s = 0; s < u->engine->arch->n_slots; s++)
            u->slot_value[s] = JIT_NONE;
    for (const uint16_t *s = helper->writes; s && *s != 0xffff; s++)
        forget(u, *s);
    if (helper->flags & VM_HELPER_FP)
        forget(u, u->engine->flags_slot);
}

static void get(struct jit_unit *u, uint32_t i)
{
    uint32_t slot = u->insns[i].aux;

    if (u->engine->arch->slots[slot].constant_zero)
        make_const(&u->insns[i], 0);
    else if (u->slot_value[slot] != JIT_NONE)
        make_copy(u, i, u->slot_value[slot]);
    else
        u->slot_value[slot] = i;
}

static void put(struct jit_unit *u, uint32_t i)
{
    struct jit_insn *insn = &u->insns[i];

    if (u->slot_value[insn->aux] == insn->arg[0]) {
        insn->flags &= ~(uint32_t)JIT_LIVE;
        return;
    }
    forget(u, insn->aux);
    /* A wide root that was cut must not come back as the whole of a narrow slot. */
    if (jit_fits_slot(u, insn->arg[0], insn->type))
        u->slot_value[insn->aux] = insn->arg[0];
}

static void flush(struct jit_unit *u, uint32_t i)
{
    uint32_t v = jit_flushed(u, i);

    forget(u, u->engine->flags_slot);
    if (v == i)
        return;
    make_copy(u, i, v);
    u->insns[i].flags &= ~(uint32_t)JIT_LIVE;
}

static void forward_insn(struct jit_unit *u, uint32_t i)
{
    struct jit_insn *insn = &u->insns[i];

    switch (insn->op) {
    case VM_OP_CONST:
        make_const(insn,
                   jit_is_wide(insn->type) ? (uint64_t)insn->imm : (uint64_t)(int32_t)insn->imm);
        break;
    case VM_OP_LABEL:
        for (uint32_t s = 0; !(insn->aux & VM_LABEL_INNER) && s < u->engine->arch->n_slots; s++)
            u->slot_value[s] = JIT_NONE;
        break;
    case VM_OP_GET:
        get(u, i);
        break;
    case VM_OP_PUT:
        put(u, i);
        break;
    case VM_OP_CALL:
        forget_for(u, &u->engine->arch->helpers[insn->aux]);
        break;
    case VM_OP_EXTS:
    case VM_OP_EXTU:
    case VM_OP_TRUNC:
    case VM_OP_SEXT:
    case VM_OP_ZEXT:
        extension(u, i);
        break;
    case VM_OP_FMA:
        multiply_add(u, insn);
        forget(u, u->engine->flags_slot);
        break;
    case VM_OP_FFLUSH:
    case VM_OP_V_FFLUSH:
        flush(u, i);
        break;
    case VM_OP_F32_UNBOX:
        unbox(u, i);
        break;
    case VM_OP_V_GET:
        lane(u, i);
        break;
    case VM_OP_V_AESMIX:
    case VM_OP_V_AESIMIX:
        aes_mix(u, insn);
        break;
    case VM_OP_LOAD:
        if (insn->aux & VM_MEMOP_SIGNED && VM_MEMOP_SIZE(insn->aux) <= 4 && insn->type == VM_I64)
            insn->flags |= JIT_SIGNED;
        break;
    default:
        if (effects[insn->op] & P)
            forget(u, u->engine->flags_slot);
        else if (insn->n_args == 2 && !effects[insn->op] && !jit_is_float(insn->type))
            binary(u, i);
        shift_right(u, insn);
    }
    if (insn->root == i && clears_above(insn))
        insn->flags |= JIT_ZEROED;
}

static void take_insn(struct jit_unit *u, uint32_t i)
{
    const struct vm_ir_insn *ir = &u->ir->insns[i];
    char result = results[ir->op];

    u->insns[i] = (struct jit_insn){
        .op = ir->op,
        .type = ir->type,
        .n_args = ir->n_args,
        .aux = ir->aux,
        .imm = ir->imm,
        .root = i,
        .reg = -1,
        .result = result == '-'   ? VM_NONE
                  : result == 'T' ? ir->type
                                  : VM_I64,
        .flags = effects[ir->op] & W ? JIT_LIVE : 0,
        .slot = JIT_NONE,
    };
    for (uint32_t k = 0; k < ir->n_args; k++)
        u->insns[i].arg[k] = u->insns[vm_ir_arg(ir, k)].root;
}

/* ---- backward ---- */

static void reads(struct jit_unit *u, uint32_t slot)
{
    if (slot < u->engine->arch->n_slots)
        FOR_OVERLAPPING(u, slot, s)
    u->slot_mark[s] = 0;
}

/* Only the end of the block before leads to it. */
static bool is_inner(const struct jit_insn *label)
{
    return label && label->op == VM_OP_LABEL && label->aux & VM_LABEL_INNER;
}

/* Slots as this instruction sees them, with the live one behind it; returns the epoch for what is
 * before it. A put is dead if its slot bears the epoch's mark. */
static uint32_t backward_insn(struct jit_unit *u, struct jit_insn *insn,
                              const struct jit_insn *behind, uint32_t epoch)
{
    const struct vm_helper *helper;

    switch (insn->op) {
    case VM_OP_GET:
        reads(u, insn->aux);
        return epoch;
    case VM_OP_PUT:
        u->slot_mark[insn->aux] = epoch;
        return epoch;
    case VM_OP_INSN:
        return insn->flags & JIT_AFTER ? epoch + 1 : epoch;
    case VM_OP_EXIT:
        return is_inner(behind) && !(insn->flags & JIT_AFTER) ? epoch : epoch + 1;
    case VM_OP_LABEL:
        return is_inner(insn) ? epoch : epoch + 1;
    case VM_OP_CALL:
        helper = &u->engine->arch->helpers[insn->aux];
        for (const uint16_t *s = helper->reads; s && *s != 0xffff; s++)
            reads(u, *s);
        if (helper->flags & VM_HELPER_FP)
            reads(u, u->engine->flags_slot);
        return helper->flags & (VM_HELPER_MAY_TRAP | VM_HELPER_ALL_SLOTS | VM_HELPER_MEMORY)
                   ? epoch + 1
                   : epoch;
    default:
        if (effects[insn->op] & P)
            reads(u, u->engine->flags_slot);
        return effects[insn->op] & (F | E | S) ? epoch + 1 : epoch;
    }
}

/* Does the same with any quiet NaN. */
static bool is_blind(uint32_t op)
{
    return (op >= VM_OP_FADD && op <= VM_OP_FLE) || op == VM_OP_FCLASS || op == VM_OP_FCVT ||
           op == VM_OP_FTOI;
}

static bool may_leave_after(const struct jit_unit *u, const struct jit_insn *insn)
{
    return insn->op == VM_OP_STORE || insn->op == VM_OP_AMO || insn->op == VM_OP_CAS ||
           insn->op == VM_OP_SC ||
           (insn->op == VM_OP_CALL &&
            u->engine->arch->helpers[insn->aux].flags & VM_HELPER_MAY_EXIT);
}

static bool is_compare(uint32_t op)
{
    return op >= VM_OP_EQ && op <= VM_OP_ULE;
}

/* An address in a region, which only the live instruction behind it compares with. */
static bool is_compared_place(const struct jit_unit *u, uint32_t i, uint32_t behind)
{
    const struct jit_insn *insn = &u->insns[i], *next = &u->insns[behind];

    return u->region && insn->op == VM_OP_PC && next->arg[0] != i && next->arg[1] == i &&
           (next->op == VM_OP_EQ || next->op == VM_OP_NE) && insn->imm >= -JIT_FAR &&
           insn->imm <= JIT_FAR;
}

/* Instruction i leaves nothing but the host's flags, or nothing at all, to the live one behind it,
 * which alone wants it. */
static bool is_fused(const struct jit_unit *u, uint32_t i, uint32_t behind)
{
    const struct jit_insn *insn = &u->insns[i], *next = &u->insns[behind];

    if (insn->uses != 1 || behind == JIT_NONE || !next->n_args)
        return false;
    if (is_compared_place(u, i, behind))
        return true;
    if (next->arg[0] != i)
        return false;
    if (next->op == VM_OP_EXIT_IF || next->op == VM_OP_SELECT || next->op == VM_OP_TRAP_IF)
        return is_compare(insn->op) || (insn->op == VM_OP_AND && insn->type == VM_I64);
    return insn->op == VM_OP_AND && next->flags & JIT_FUSED && next->type == insn->type &&
           (next->op == VM_OP_EQ || next->op == VM_OP_NE) && jit_is_const(u, next->arg[1]) &&
           u->insns[next->arg[1]].imm == 0;
}

static void backward(struct jit_unit *u)
{
    uint32_t epoch = 1, behind = JIT_NONE; /* the next live instruction */

    for (uint32_t i = u->n; i-- > 0;) {
        struct jit_insn *insn = &u->insns[i];
        if (insn->root != i || insn->op == VM_OP_CONST)
            continue;
        if (insn->uses)
            insn->flags |= JIT_LIVE;
        else if (insn->op == VM_OP_CALL &&
                 u->engine->arch->helpers[insn->aux].flags & VM_HELPER_PURE)
            insn->flags &= ~(uint32_t)JIT_LIVE;
        if (insn->op == VM_OP_PUT && u->slot_mark[insn->aux] == epoch)
            insn->flags &= ~(uint32_t)JIT_LIVE;
        if (!(insn->flags & JIT_LIVE))
            continue;
        epoch = backward_insn(u, insn, behind == JIT_NONE ? NULL : &u->insns[behind], epoch);
        for (uint32_t k = 0; k < insn->n_args; k++) {
            u->insns[insn->arg[k]].uses++;
            u->insns[insn->arg[k]].flags |= is_blind(insn->op) ? 0 : JIT_SEEN;
        }
        if (is_fused(u, i, behind))
            insn->flags |= JIT_FUSED;
        if (insn->op == VM_OP_STORE && behind != JIT_NONE &&
            (u->insns[behind].op == VM_OP_INSN || u->insns[behind].op == VM_OP_EXIT))
            insn->flags |= JIT_LAST;
        behind = i;
    }
}

#define MOST_SCALE 3 /* hosts have addressing modes for so much */

/* Operand k of the addition is a shift that is for it alone: it does that itself. */
static bool scale(struct jit_unit *u, struct jit_insn *add, uint32_t k)
{
    struct jit_insn *shl = &u->insns[add->arg[k]];
    uint32_t other = add->arg[1 - k];

    if (shl->op != VM_OP_SHL || shl->type != VM_I64 || shl->uses != 1 ||
        !jit_is_const(u, shl->arg[1]) || jit_is_const(u, other))
        return false;
    uint64_t n = (uint64_t)u->insns[shl->arg[1]].imm & 63;
    if (n > MOST_SCALE)
        return false;
    u->insns[shl->arg[1]].uses--;
    shl->flags &= ~(uint32_t)JIT_LIVE;
    shl->uses = 0;
    add->flags |= JIT_SCALED;
    add->arg[0] = other;
    add->arg[1] = shl->arg[0];
    add->imm = (int64_t)n;
    return true;
}

static void scale_operands(struct jit_unit *u)
{
    for (uint32_t i = 0; i < u->n; i++) {
        struct jit_insn *insn = &u->insns[i];
        if (insn->op == VM_OP_ADD && insn->type == VM_I64 && insn->flags & JIT_LIVE &&
            !scale(u, insn, 1))
            scale(u, insn, 0);
    }
}

uint32_t jit_next(const struct jit_unit *u, uint32_t i)
{
    do
        i++;
    while (i + 1 < u->n && !(u->insns[i].flags & JIT_LIVE));
    return i;
}

void jit_simplify(struct jit_unit *u)
{
    uint32_t n_slots = u->engine->arch->n_slots;
    bool leaves = false;

    for (uint32_t s = 0; s < n_slots; s++) {
        u->slot_value[s] = JIT_NONE;
        u->slot_mark[s] = 0;
    }
    for (uint32_t i = 0; i < u->n; i++) {
        take_insn(u, i);
        forward_insn(u, i);
        leaves |= may_leave_after(u, &u->insns[i]);
        if (u->insns[i].op == VM_OP_INSN || u->insns[i].op == VM_OP_EXIT) {
            u->insns[i].flags |= leaves ? JIT_AFTER : 0;
            leaves = false;
        }
    }
    backward(u);
    scale_operands(u);
}
