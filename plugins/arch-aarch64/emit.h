/* SPDX-License-Identifier: BSD-2-Clause */
/* emit.h - what the semantics functions share: the translation in progress, register access, short
 * names for IR. */
#ifndef AARCH64_EMIT_H
#define AARCH64_EMIT_H

#include "decode.h"
#include "flags.h"
#include "helpers.h"

/* What is known about the condition flags at this point of the unit. */
struct a64_known_flags {
    bool known; /* else only the slots have them */
    enum a64_cc kind;
    vm_ir_value a, b;  /* as in the slots: i64 */
    vm_ir_value carry; /* of a sum: i64, 0 or 1, added to it; or VM_NO_VALUE */
    vm_ir_value f[2];  /* FCMP: the operands, of that FP type */
    /* A conditional compare: if this is not VM_NO_VALUE and is 0, NZCV is `otherwise`. */
    vm_ir_value guard;
    uint32_t otherwise;
};

/* What RBIT just did, for a CLZ behind it. */
struct a64_reversed {
    vm_ir_value value; /* before */
    uint32_t next;     /* delta of the instruction behind it */
    uint8_t reg;       /* where the result is */
    bool sf;
};

/* One unit being translated. */
struct a64_translation {
    struct vm_ir_unit *ir;
    const struct a64_arch *arch;
    uint64_t key[2];      /* the mode key: A64_KEY_*() of state.h take it apart */
    uint32_t delta;       /* of the current instruction from the unit's first */
    uint32_t page_offset; /* of the unit's first instruction */
    struct a64_known_flags flags;
    struct a64_reversed reversed;
    bool sp_aligned;   /* SP was found to be a multiple of 16, or need not be one */
    uint32_t branches; /* conditional ones behind which it may still go on */
    bool branched;     /* the instruction before was one, */
    bool on_flags;     /* and looked at the flags */
    bool ended;        /* the unit's last operation is there */
};

/* ---- values ---- */

static inline vm_ir_value ir_const(struct a64_translation *t, int64_t value)
{
    return vm_ir_const(t->ir, VM_I64, value);
}

static inline vm_ir_value ir_const_w(struct a64_translation *t, int32_t value)
{
    return vm_ir_const(t->ir, VM_I32, value);
}

static inline vm_ir_value get_slot(struct a64_translation *t, enum vm_ir_type type, uint32_t slot)
{
    return vm_ir_0(t->ir, VM_OP_GET, type, slot, 0);
}

static inline void put_slot(struct a64_translation *t, enum vm_ir_type type, uint32_t slot,
                            vm_ir_value value)
{
    vm_ir_1(t->ir, VM_OP_PUT, type, slot, 0, value);
}

/* x register; 31 is the zero register. */
static inline vm_ir_value get_x(struct a64_translation *t, uint32_t reg)
{
    return reg == 31 ? ir_const(t, 0) : get_slot(t, VM_I64, A64_SLOT_X + reg);
}

static inline void put_x(struct a64_translation *t, uint32_t reg, vm_ir_value value)
{
    if (reg != 31)
        put_slot(t, VM_I64, A64_SLOT_X + reg, value);
}

/* x register; 31 is the stack pointer. After put_xsp(31) sp_aligned must be right again. */
static inline vm_ir_value get_xsp(struct a64_translation *t, uint32_t reg)
{
    return get_slot(t, VM_I64, A64_SLOT_X + reg);
}

static inline void put_xsp(struct a64_translation *t, uint32_t reg, vm_ir_value value)
{
    put_slot(t, VM_I64, A64_SLOT_X + reg, value);
}

/* The low half of an x register, as i32. */
static inline vm_ir_value get_w(struct a64_translation *t, uint32_t reg)
{
    if (reg == 31)
        return ir_const_w(t, 0);
    return vm_ir_1(t->ir, VM_OP_TRUNC, VM_I32, 0, 0, get_x(t, reg));
}

/* i64 from an i32, zero-extended. */
static inline vm_ir_value extend_w(struct a64_translation *t, vm_ir_value value)
{
    return vm_ir_1(t->ir, VM_OP_EXTU, VM_I32, 0, 0, value);
}

/* The low half of an i64. */
static inline vm_ir_value narrow(struct a64_translation *t, vm_ir_value value)
{
    return vm_ir_1(t->ir, VM_OP_TRUNC, VM_I32, 0, 0, value);
}

/* A W instruction's result, an i32: the upper half becomes zero. */
static inline void put_w(struct a64_translation *t, uint32_t reg, vm_ir_value value)
{
    if (reg != 31)
        put_x(t, reg, extend_w(t, value));
}

/* Operands and results of an instruction by its width: i64 or i32. */
static inline enum vm_ir_type type_of(bool sf)
{
    return sf ? VM_I64 : VM_I32;
}

static inline vm_ir_value get_r(struct a64_translation *t, bool sf, uint32_t reg)
{
    return sf ? get_x(t, reg) : get_w(t, reg);
}

static inline void put_r(struct a64_translation *t, bool sf, uint32_t reg, vm_ir_value value)
{
    if (sf)
        put_x(t, reg, value);
    else
        put_w(t, reg, value);
}

static inline vm_ir_value unary(struct a64_translation *t, enum vm_ir_op op, vm_ir_value a)
{
    return vm_ir_1(t->ir, op, VM_I64, 0, 0, a);
}

static inline vm_ir_value binary(struct a64_translation *t, enum vm_ir_op op, vm_ir_value a,
                                 vm_ir_value b)
{
    return vm_ir_2(t->ir, op, VM_I64, 0, 0, a, b);
}

static inline vm_ir_value binary_w(struct a64_translation *t, enum vm_ir_op op, vm_ir_value a,
                                   vm_ir_value b)
{
    return vm_ir_2(t->ir, op, VM_I32, 0, 0, a, b);
}

static inline vm_ir_value select_r(struct a64_translation *t, enum vm_ir_type type,
                                   vm_ir_value cond, vm_ir_value yes, vm_ir_value no)
{
    return vm_ir_3(t->ir, VM_OP_SELECT, type, 0, 0, cond, yes, no);
}

static inline vm_ir_value bitcast(struct a64_translation *t, enum vm_ir_type to,
                                  enum vm_ir_type from, vm_ir_value value)
{
    return vm_ir_1(t->ir, VM_OP_BITCAST, to, VM_AUX(from, 0, 0), 0, value);
}

/* Calls a helper; index and number of arguments are checked by the IR verifier. */
#define CALL(t, helper, ...)                                                                  \
    vm_ir_call((t)->ir, (helper), sizeof((vm_ir_value[]){__VA_ARGS__}) / sizeof(vm_ir_value), \
               (vm_ir_value[]){__VA_ARGS__})

/* ---- condition flags (emit_flags.c) ---- */

/* The flags become those of a + b or a - b (i64 operands; 32-bit kinds use their low halves). */
void set_flags_add(struct a64_translation *t, bool sf, vm_ir_value a, vm_ir_value b);
/* Of a + b + carry, which is 0 or 1. */
void set_flags_adc(struct a64_translation *t, bool sf, vm_ir_value a, vm_ir_value b,
                   vm_ir_value carry);
void set_flags_sub(struct a64_translation *t, bool sf, vm_ir_value a, vm_ir_value b);
/* N and Z of an i64 result (32-bit: of its low half); C and V become 0. */
void set_flags_logic(struct a64_translation *t, bool sf, vm_ir_value result);
/* NZCV in bits 31..28 of an i64; other bits must be 0. */
void set_flags_literal(struct a64_translation *t, vm_ir_value nzcv);
/*
 * As FCMP of two f64 or f32 that are not subject to flushing. The caller has raised the exceptions
 * (IR FEQ for FCMP, FLE for FCMPE); what is emitted later for conditions is quiet.
 */
void set_flags_fcmp(struct a64_translation *t, enum vm_ir_type type, vm_ir_value a, vm_ir_value b);
/* Of SUB or ADD if `guard` (0 or 1) is 1, else NZCV is `otherwise`. */
void set_flags_conditional(struct a64_translation *t, vm_ir_value guard, enum a64_cc kind,
                           vm_ir_value a, vm_ir_value b, uint32_t otherwise);
/* The same of a comparison, as set_flags_fcmp(). */
void set_flags_fcmp_conditional(struct a64_translation *t, vm_ir_value guard, enum vm_ir_type type,
                                vm_ir_value a, vm_ir_value b, uint32_t otherwise);
/* What was known is not so any more: a helper has changed the slots. */
void forget_flags(struct a64_translation *t);
/* i64 that is 1 if the condition holds, else 0. AL and NV: the constant 1. */
vm_ir_value condition(struct a64_translation *t, uint32_t cond);
/* NZCV in bits 31..28 of an i64. */
vm_ir_value get_nzcv(struct a64_translation *t);

/* ---- operands (emit_int.c) ---- */

/* x register, extended as `option` says (UXTB to SXTX), times 1 << shift. */
vm_ir_value extended_register(struct a64_translation *t, uint32_t reg, uint32_t option,
                              uint32_t shift);

/* ---- addresses (emit_mem.c) ---- */

/* The base register of a load or store, 31 being SP, whose alignment is checked where it must be.
 */
vm_ir_value get_base(struct a64_translation *t, uint32_t reg);
/* Writes a base register back: base + offset. */
void put_base(struct a64_translation *t, uint32_t reg, vm_ir_value base, int64_t offset);
/* SP may not be a multiple of 16 any more. */
static inline void sp_changed(struct a64_translation *t)
{
    t->sp_aligned = !(t->key[0] & A64_KEY_SP_ALIGN);
}
/* To be called before each access to memory, for watchpoints: emits nothing unless there are some.
 */
void watch_access(struct a64_translation *t, vm_ir_value address, int64_t offset, uint32_t bytes,
                  bool write);
/* aux of a normal access of 1 << log2_size bytes: checks alignment if SCTLR.A says so. */
uint32_t plain_memop(const struct a64_translation *t, uint32_t log2_size);

/* ---- control ---- */

/* Address of the current instruction plus `offset`. */
static inline vm_ir_value ir_pc(struct a64_translation *t, int64_t offset)
{
    return vm_ir_0(t->ir, VM_OP_PC, VM_NONE, 0, (int64_t)t->delta + offset);
}

/* Ends the unit: goes on at the current instruction plus `offset`. */
static inline void end_exit(struct a64_translation *t, int64_t offset)
{
    vm_ir_0(t->ir, VM_OP_EXIT, VM_NONE, 0, (int64_t)t->delta + offset);
    t->ended = true;
}

/* The same, but what selects code, translation or interrupts may have changed. */
static inline void end_state(struct a64_translation *t, int64_t offset)
{
    vm_ir_0(t->ir, VM_OP_EXIT_STATE, VM_NONE, 0, (int64_t)t->delta + offset);
    t->ended = true;
}

/* Ends in an exception: A64_ESR() and A64_TRAP_*; `value`: FAR_ELx, where it has one. */
static inline void end_trap(struct a64_translation *t, uint64_t syndrome, vm_ir_value value)
{
    vm_ir_1(t->ir, VM_OP_TRAP, VM_NONE, 0, (int64_t)syndrome, value);
    t->ended = true;
}

/* Ends in an indirect jump, VM_JUMP_*: writes the link register and BTYPE. (emit_branch.c) */
void end_jump(struct a64_translation *t, const struct a64_insn *in, vm_ir_value target,
              uint32_t hint);

/* Unallocated or not allowed here: an exception of unknown reason. */
void emit_undefined(struct a64_translation *t, const struct a64_insn *in);

/* ---- FP and SIMD ---- */

/* False, and the unit has ended in a trap: FP and SIMD registers may not be used. (emit_system.c)
 */
bool fp_enabled(struct a64_translation *t, const struct a64_insn *in);

/* A V register as a whole. */
static inline vm_ir_value get_v(struct a64_translation *t, uint32_t reg)
{
    return get_slot(t, VM_V128, A64_SLOT_V + reg);
}

static inline void put_v(struct a64_translation *t, uint32_t reg, vm_ir_value value)
{
    put_slot(t, VM_V128, A64_SLOT_V + reg, value);
}

/* A lane of 1 << size bytes: as i64, or what a number of that size is. */
static inline vm_ir_value get_lane(struct a64_translation *t, enum vm_ir_type type, uint32_t size,
                                   uint32_t lane, vm_ir_value v)
{
    return vm_ir_1(t->ir, VM_OP_V_GET, type, VM_LANES(size, lane), 0, v);
}

static inline vm_ir_value set_lane(struct a64_translation *t, uint32_t size, uint32_t lane,
                                   vm_ir_value v, vm_ir_value value)
{
    return vm_ir_2(t->ir, VM_OP_V_SET, VM_V128, VM_LANES(size, lane), 0, v, value);
}

/* A vector of one value, with zeros above. */
static inline vm_ir_value low_of(struct a64_translation *t, enum vm_ir_type type, vm_ir_value value)
{
    return vm_ir_1(t->ir, VM_OP_V_LOW, VM_V128, VM_AUX(type, 0, 0), 0, value);
}

/* Halves of a V register. */
static inline vm_ir_value get_d(struct a64_translation *t, uint32_t reg)
{
    return get_lane(t, VM_F64, 3, 0, get_v(t, reg));
}

static inline vm_ir_value get_low(struct a64_translation *t, uint32_t reg)
{
    return get_lane(t, VM_I64, 3, 0, get_v(t, reg));
}

static inline vm_ir_value get_high(struct a64_translation *t, uint32_t reg)
{
    return get_lane(t, VM_I64, 3, 1, get_v(t, reg));
}

/* A 64-bit result: the high half becomes zero. */
static inline void put_d(struct a64_translation *t, uint32_t reg, vm_ir_value value)
{
    put_v(t, reg, low_of(t, VM_F64, value));
}

static inline void put_low(struct a64_translation *t, uint32_t reg, vm_ir_value value)
{
    put_v(t, reg, low_of(t, VM_I64, value));
}

static inline void put_q(struct a64_translation *t, uint32_t reg, vm_ir_value low, vm_ir_value high)
{
    put_v(t, reg, vm_ir_2(t->ir, VM_OP_V_PAIR, VM_V128, 0, 0, low, high));
}

/* One half, beside the other. */
static inline void put_half(struct a64_translation *t, uint32_t reg, uint32_t half, vm_ir_value v)
{
    put_v(t, reg, set_lane(t, 3, half, get_v(t, reg), v));
}

#endif
