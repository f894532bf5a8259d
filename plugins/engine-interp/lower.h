/* SPDX-License-Identifier: BSD-2-Clause */
/* What the two halves of lowering share: simplify.c prepares the values, emit.c chooses operations
 * and places them in cells. */
#ifndef ENGINE_INTERP_LOWER_H
#define ENGINE_INTERP_LOWER_H

#include "interp.h"

#define NO_CELL 0xffffu
#define NO_SLOT 0xffffu

/* Properties of one IR instruction and of the value that it defines. */
enum {
    LOW_CONST = 1,   /* imm is its value */
    LOW_DIRTY = 2,   /* i32 or f32 whose cell's upper half is not its sign (a trunc of an i64) */
    LOW_LIVE = 4,    /* emits code */
    LOW_DEFER = 8,   /* a comparison that its only user, an exit_if, makes itself */
    LOW_FRAME = 16,  /* its cell is one of the frame, and free again after the last use */
    LOW_AFTER = 32,  /* of a marker: the guest instruction before it may leave at its end */
    LOW_PLACED = 64, /* of a put: the defining operation writes the slot itself */
};

struct low_insn {
    struct vm_ir_insn ir; /* simplified copy */
    uint32_t root;        /* the value that this one is a copy of; itself if none */
    /* Of roots: */
    uint32_t uses;  /* consumers that are still to come */
    uint32_t user;  /* one of them */
    uint32_t put;   /* its first put to a 64-bit slot, or VM_NO_VALUE */
    uint16_t cell;  /* where the value is, or NO_CELL */
    uint16_t alt;   /* a slot to which it has also been put, or NO_SLOT */
    uint32_t flags; /* LOW_* */
};

struct lowering {
    struct interp_engine *engine;
    const struct vm_arch_ops *arch;
    struct low_insn *insns;
    uint32_t n_insns;
    uint32_t n_slots;
    /* By slot: in simplify.c the value last seen in it and the mark of a put that hides earlier
     * ones; in emit.c the root in its cell. */
    uint32_t *slot_value, *slot_mark;
    uint64_t stats[STAT_COUNT];
};

static inline struct low_insn *low_root(struct lowering *l, vm_ir_value v)
{
    return &l->insns[l->insns[v].root];
}

static inline bool low_is_const(struct lowering *l, vm_ir_value v)
{
    return (low_root(l, v)->flags & LOW_CONST) != 0;
}

static inline bool low_is_wide(uint32_t type)
{
    return type == VM_I64 || type == VM_F64;
}

/* Of the value that a root defines. */
static inline bool low_is_vector(const struct low_insn *root)
{
    return root->ir.type == VM_V128;
}

/* May the guest instruction have to be left at its end because of this operation? */
bool low_leaves_after(const struct lowering *l, const struct vm_ir_insn *insn);

/* Effect flags of the opcode, as in ir-opcodes.def. */
enum {
    EFFECT_FAULT = 1,
    EFFECT_END = 2,
    EFFECT_SIDE = 4,
    EFFECT_FP = 8,
    EFFECT_KEEP = 16,
};
uint32_t low_effects(uint32_t op);

/* Folds constants, forwards slots, removes what is dead, counts uses. `l->insns` holds copies of
 * the IR. */
void low_simplify(struct lowering *l);

#endif
