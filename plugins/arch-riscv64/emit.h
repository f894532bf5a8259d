/* SPDX-License-Identifier: BSD-2-Clause */
/* emit.h - what the semantics functions share: the translation in progress, register access, short
 * names for IR. */
#ifndef RISCV64_EMIT_H
#define RISCV64_EMIT_H

#include "decode.h"
#include "helpers.h"

/* One unit being translated. */
struct rv_translation {
    struct vm_ir_unit *ir;
    const struct rv_arch *arch;
    uint32_t delta;     /* of the current instruction from the unit's first */
    uint32_t privilege; /* from the mode key, as are the next two */
    uint32_t fs;        /* RV_FS_* */
    uint32_t frm;       /* 0..4, RV_FRM_INVALID */
    uint32_t branches;  /* conditional ones behind which it may still go on */
    bool dirties_fp; /* the current instruction changes FP state, and FS does not say dirty yet */
    bool alone;      /* no other instruction may be in this one's unit */
    bool ended;      /* the unit's last operation is there */
};

/* ---- values ---- */

static inline vm_ir_value ir_const(struct rv_translation *t, int64_t value)
{
    return vm_ir_const(t->ir, VM_I64, value);
}

static inline vm_ir_value get_slot(struct rv_translation *t, enum vm_ir_type type, uint32_t slot)
{
    return vm_ir_0(t->ir, VM_OP_GET, type, slot, 0);
}

static inline void put_slot(struct rv_translation *t, enum vm_ir_type type, uint32_t slot,
                            vm_ir_value value)
{
    vm_ir_1(t->ir, VM_OP_PUT, type, slot, 0, value);
}

/* x register; x0 is the constant 0. */
static inline vm_ir_value get_x(struct rv_translation *t, uint32_t reg)
{
    return reg == 0 ? ir_const(t, 0) : get_slot(t, VM_I64, RV_SLOT_X + reg - 1);
}

static inline void put_x(struct rv_translation *t, uint32_t reg, vm_ir_value value)
{
    if (reg != 0)
        put_slot(t, VM_I64, RV_SLOT_X + reg - 1, value);
}

/* The low half of an x register. */
static inline vm_ir_value get_w(struct rv_translation *t, uint32_t reg)
{
    if (reg == 0)
        return vm_ir_const(t->ir, VM_I32, 0);
    return vm_ir_1(t->ir, VM_OP_TRUNC, VM_I32, 0, 0, get_x(t, reg));
}

/* A W instruction's result: sign-extended from 32 bits. */
static inline void put_w(struct rv_translation *t, uint32_t reg, vm_ir_value value)
{
    if (reg != 0)
        put_x(t, reg, vm_ir_1(t->ir, VM_OP_EXTS, VM_I32, 0, 0, value));
}

static inline vm_ir_value unary(struct rv_translation *t, enum vm_ir_op op, vm_ir_value a)
{
    return vm_ir_1(t->ir, op, VM_I64, 0, 0, a);
}

static inline vm_ir_value binary(struct rv_translation *t, enum vm_ir_op op, vm_ir_value a,
                                 vm_ir_value b)
{
    return vm_ir_2(t->ir, op, VM_I64, 0, 0, a, b);
}

static inline vm_ir_value binary_w(struct rv_translation *t, enum vm_ir_op op, vm_ir_value a,
                                   vm_ir_value b)
{
    return vm_ir_2(t->ir, op, VM_I32, 0, 0, a, b);
}

static inline vm_ir_value select_i64(struct rv_translation *t, vm_ir_value cond, vm_ir_value yes,
                                     vm_ir_value no)
{
    return vm_ir_3(t->ir, VM_OP_SELECT, VM_I64, 0, 0, cond, yes, no);
}

/* ---- control ---- */

/* Address of the current instruction plus `offset`. */
static inline vm_ir_value ir_pc(struct rv_translation *t, int64_t offset)
{
    return vm_ir_0(t->ir, VM_OP_PC, VM_NONE, 0, (int64_t)t->delta + offset);
}

/* Ends the unit: goes on at the current instruction plus `offset`. */
static inline void end_exit(struct rv_translation *t, int64_t offset)
{
    vm_ir_0(t->ir, VM_OP_EXIT, VM_NONE, 0, (int64_t)t->delta + offset);
    t->ended = true;
}

/* The same, but what selects code, translation or interrupts may have changed. */
static inline void end_state(struct rv_translation *t, int64_t offset)
{
    vm_ir_0(t->ir, VM_OP_EXIT_STATE, VM_NONE, 0, (int64_t)t->delta + offset);
    t->ended = true;
}

static inline void end_trap(struct rv_translation *t, enum rv_cause cause, vm_ir_value tval)
{
    vm_ir_1(t->ir, VM_OP_TRAP, VM_NONE, 0, cause, tval);
    t->ended = true;
}

void emit_illegal(struct rv_translation *t, const struct rv_insn *in);

/* Calls a helper; index and number of arguments are checked by the IR verifier. */
#define CALL(t, helper, ...)                                                                  \
    vm_ir_call((t)->ir, (helper), sizeof((vm_ir_value[]){__VA_ARGS__}) / sizeof(vm_ir_value), \
               (vm_ir_value[]){__VA_ARGS__})

/* ---- floating point ---- */

/* False, and the unit has ended in a trap: FS is off. */
bool fp_enabled(struct rv_translation *t, const struct rv_insn *in);
/* The current instruction changes f registers or fflags. */
static inline void fp_changes(struct rv_translation *t)
{
    if (t->fs != RV_FS_DIRTY)
        t->dirties_fp = true;
}

static inline vm_ir_value get_f(struct rv_translation *t, uint32_t reg)
{
    return get_slot(t, VM_F64, RV_SLOT_F + reg);
}

static inline void put_f(struct rv_translation *t, uint32_t reg, vm_ir_value value)
{
    put_slot(t, VM_F64, RV_SLOT_F + reg, value);
    fp_changes(t);
}

/* Single precision: boxed in an f register. */
static inline vm_ir_value get_s(struct rv_translation *t, uint32_t reg)
{
    return vm_ir_1(t->ir, VM_OP_F32_UNBOX, VM_F32, VM_AUX(VM_F64, 0, 0), 0, get_f(t, reg));
}

static inline void put_s(struct rv_translation *t, uint32_t reg, vm_ir_value value)
{
    put_f(t, reg, vm_ir_1(t->ir, VM_OP_F32_BOX, VM_F64, VM_AUX(VM_F32, 0, 0), 0, value));
}

static inline vm_ir_value bitcast(struct rv_translation *t, enum vm_ir_type to,
                                  enum vm_ir_type from, vm_ir_value value)
{
    return vm_ir_1(t->ir, VM_OP_BITCAST, to, VM_AUX(from, 0, 0), 0, value);
}

/* emit_system.c: whether an instruction must be its unit's only one (it reads or writes a counter).
 */
bool rv_insn_alone(const struct rv_arch *arch, const struct rv_insn *in);

#endif
