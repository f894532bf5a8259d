/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * emit.h - what the files that choose x86-64 instructions share.
 *
 * rbp is the vCPU, which makes slots and the frame memory operands. rax, rcx, rdx, xmm0 and xmm1
 * are scratch inside the code of one IR instruction. Pins and temporaries are in registers.c here.
 */
#ifndef ENGINE_JIT_X86_EMIT_H
#define ENGINE_JIT_X86_EMIT_H

#include "../jit.h"
#include "asm.h"

#define XMM(reg)      ((reg)-JIT_FLOAT)
#define CPU_AT(field) x86_at(RBP, (int32_t)offsetof(struct vm_cpu, field))
#define FRAME_AT(u, field) \
    x86_at(RBP, (u)->engine->frame + (int32_t)offsetof(struct jit_frame, field))

/* Host features that code can do without. */
enum { FEATURE_BMI2 = 1, FEATURE_BITS = 2, FEATURE_FMA = 4 };

/* Out-of-line parts, emitted behind the body. */
enum tail_kind {
    TAIL_POLL,
    TAIL_EDGE,
    TAIL_UNLINKED,
    TAIL_LOAD,
    TAIL_STORE,
    TAIL_PENDING,
    TAIL_CALL_EXIT,
    TAIL_TRAP,
    TAIL_FP,
};

struct tail {
    uint8_t kind;
    bool floats; /* floating-point temporaries are live */
    bool may_leave;
    bool last;        /* JIT_LAST */
    uint8_t type;     /* of a loaded or stored value */
    int8_t va;        /* register */
    int8_t reg;       /* result, or the value stored; -1: constant `imm` */
    int8_t fp[3];     /* operands */
    uint32_t from[3]; /* displacements that lead here */
    uint32_t back;    /* where it goes on */
    uint32_t aux;     /* memop, function code, exit index */
    uint32_t insn;    /* number of the guest instruction */
    int64_t delta;    /* its address, or the exit's */
    int64_t next;     /* address to leave to when the guest instruction is done */
    uint32_t next_refund;
    int64_t imm;
};

struct emitter {
    struct jit_unit *u;
    struct x86 a;
    struct tail *tails;
    uint32_t n_tails, cap_tails;
    uint32_t *relocations;
    uint32_t n_relocations, cap_relocations;
    struct jit_exit *exits; /* u->unit->n_exits */
};

static inline struct emitter *emitter_of(struct jit_unit *u)
{
    return u->host;
}

/* emit.c */
struct tail *x86_tail(struct emitter *e, enum tail_kind kind);
/* The displacement at `place` leads to a stub. */
void x86_to_stub(struct emitter *e, uint32_t place, enum jit_stub stub);
void x86_jmp_stub(struct emitter *e, enum jit_stub stub);
/* Calls a C function by its index; its arguments are in the frame. Result in rax; temporaries keep.
 */
void x86_call_function(struct emitter *e, uint32_t index, bool floats);
/* Moves between registers and memory of either kind. */
void x86_move(struct emitter *e, int to, int from);
/* Value into a scratch register, whatever it is now. */
void x86_value(struct emitter *e, int reg, uint32_t v);
/* Stores a value into argument n of a call. */
void x86_argument(struct emitter *e, uint32_t n, uint32_t v, bool sign_extend);

/* integer.c, memory.c, float.c, control.c: one IR instruction; false: not theirs. */
bool x86_emit_integer(struct emitter *e, const struct jit_insn *insn);
bool x86_emit_memory(struct emitter *e, const struct jit_insn *insn);
bool x86_emit_float(struct emitter *e, const struct jit_insn *insn);
bool x86_emit_control(struct emitter *e, const struct jit_insn *insn);
void x86_compare(struct emitter *e, const struct jit_insn *insn);
int x86_condition(uint32_t op);
void x86_emit_entry(struct emitter *e);
void x86_emit_tail(struct emitter *e, uint32_t index);
void x86_tail_memory(struct emitter *e, const struct tail *t);
void x86_tail_fp(struct emitter *e, const struct tail *t);
/* Ends the guest instruction in progress with a trap; pc and count as before it. */
void x86_leave_trap(struct emitter *e, const struct tail *t);
/* Leaves when the guest instruction in progress is done. */
void x86_leave_after(struct emitter *e, const struct tail *t);

#endif
