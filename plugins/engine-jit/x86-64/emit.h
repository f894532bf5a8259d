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
enum {
    FEATURE_BMI2 = 1,
    FEATURE_BITS = 2, /* LZCNT, TZCNT, POPCNT */
    FEATURE_FMA = 4,
    FEATURE_AVX = 8,
    FEATURE_SSE4_1 = 16,
    FEATURE_AVX2 = 32, /* beside AVX */
    FEATURE_AES = 64,
    FEATURE_CLMUL = 128,
    FEATURE_SHA = 256,
    FEATURE_F16C = 512, /* beside AVX */
};

/* Out-of-line parts, emitted behind the body. */
enum tail_kind {
    TAIL_POLL,
    TAIL_EDGE,
    TAIL_UNLINKED,
    TAIL_LOAD,
    TAIL_STORE,
    TAIL_GROUP,
    TAIL_ATOMIC,
    TAIL_PENDING,
    TAIL_CALL_EXIT,
    TAIL_TRAP,
    TAIL_FP,       /* by soft float */
    TAIL_FP_CONST, /* the result is imm */
    TAIL_FP_HALF,  /* from an unsigned integer of 64 bits */
    TAIL_VECTOR,   /* on lanes, by soft float */
    TAIL_FLUSH,    /* a denormal number, perhaps */
    TAIL_FLUSH_LANES,
};

struct tail {
    uint8_t kind;
    bool floats; /* floating-point temporaries are live */
    bool may_leave;
    bool last;    /* JIT_LAST */
    bool flushes; /* a result that is tiny */
    uint8_t type; /* of a loaded or stored value */
    int8_t va;    /* register; if grouped, `offset` is added to it */
    bool grouped;
    uint32_t group; /* if it is the one that checks its group's line */
    int32_t offset;
    int8_t reg;       /* result, or the value stored; -1: constant `imm` (of a trap: `next`) */
    int8_t fp[4];     /* operands, and a result that may be wrong */
    uint32_t from[3]; /* displacements that lead here */
    uint32_t whole;   /* of floating point that flushes: leads to soft float at once */
    uint32_t back;    /* where it goes on, */
    uint32_t check;   /* of an access: where its line is checked, */
    uint32_t site;    /* by an instruction there that may become a jump, */
    uint32_t done;    /* and where it has been made */
    uint32_t aux;     /* memop, function code, exit index */
    int64_t delta;    /* its address, or the exit's */
    uint32_t refund;  /* instructions that a trap gives back */
    uint32_t zone;    /* whose pins count where it is reached from */
    uint32_t line;    /* JIT_NONE: none */
    uint32_t name;    /* jit_line_name */
    uint32_t empty;   /* of an access with a window: displacement that leads to what fills it */
    uint32_t block;   /* 1 + the region's block that an edge leads to, or 0 */
    int64_t next;     /* address to leave to when the guest instruction is done */
    uint32_t next_refund;
    int64_t imm;
    int8_t base; /* of a store: register to which `step` is added for `base_slot` before leaving, or
                    -1 */
    uint16_t base_slot;
    int32_t step;
};

struct emitter {
    struct jit_unit *u;
    struct x86 a;
    struct tail *tails;
    uint32_t n_tails, cap_tails;
    uint32_t *relocations;
    uint32_t n_relocations, cap_relocations;
    struct jit_exit *exits; /* u->unit->n_exits */
    uint32_t *jumps;        /* displacements that lead to a block, and the block: pairs */
    uint32_t n_jumps, cap_jumps;
    uint32_t *targets; /* those that lead to what targets.c makes for a zone, and what that is */
    uint32_t n_targets, cap_targets;
};

static inline struct emitter *emitter_of(struct jit_unit *u)
{
    return u->host;
}

/* emit.c */
struct tail *x86_tail(struct emitter *e, enum tail_kind kind);
/* The displacement at `place` leads to a stub. */
void x86_to_stub(struct emitter *e, uint32_t place, enum jit_stub stub);
/* The displacement at `place` leads to a block of the region. */
void x86_to_block(struct emitter *e, uint32_t place, uint32_t block);
/* The displacement at `place` leads to what x86_emit_targets makes. */
void x86_to_targets(struct emitter *e, uint32_t place, uint32_t what);
/* Leaves compiled code from inside of a unit or region: pins are where all units have them, then.
 */
void x86_leave_by(struct emitter *e, enum jit_stub stub);
/* Calls a C function by its index; its arguments are in the frame. Result in rax; temporaries keep.
 */
void x86_call_function(struct emitter *e, uint32_t index, bool floats);
/* The same of one that does not touch the host's floating point. */
void x86_call_pure(struct emitter *e, uint32_t index, bool floats);
/* Moves between registers and memory of either kind. */
void x86_move(struct emitter *e, int to, int from);
/* Value into a scratch register, whatever it is now. */
void x86_value(struct emitter *e, int reg, uint32_t v);
/* Stores a value into argument n of a call. */
void x86_argument(struct emitter *e, uint32_t n, uint32_t v, bool sign_extend);

/*
 * memory.c: looks va up: rcx becomes host address - va, rdx the page. Returns the displacement of
 * the jump taken on a miss.
 */
uint32_t x86_probe(struct emitter *e, int va, uint32_t memop, enum vm_access access);
/* integer.c: the page of cpu->pc. In the body of a region that wants it nothing else is in there,
 * which its entry and calls that were told the address see to. */
void x86_page_of_pc(struct emitter *e, int d);
void x86_only_page_of_pc(struct emitter *e);
/* The register that holds the instruction's address: rax, or arg0's own. */
int x86_address(struct emitter *e, const struct jit_insn *insn);
/* Argument n of a call becomes a register's value, or a constant. */
void x86_argument_reg(struct emitter *e, uint32_t n, int reg);
void x86_argument_imm(struct emitter *e, uint32_t n, int32_t imm);
/* eax is enum vm_mem_result of something that may have written: goes on, faults, or sees to it that
 * the guest instruction is the last. Keeps rdx where it goes on. */
void x86_after_write(struct emitter *e, const struct tail *t);
/* rcx becomes the address of va's TLB entry; changes rdx. */
void x86_tlb_entry(struct emitter *e, int va, uint32_t mmu);
/* groups.c: whether the access of the current instruction is one of a group; its check, after which
 * rcx is the addend, and which returns the displacement of the jump taken if there is none. */
struct group_use {
    uint32_t line;   /* that has been checked, or JIT_NONE */
    uint32_t number; /* whose it is */
    uint32_t site;   /* instruction of the check that may become a jump */
};
bool x86_is_grouped(const struct emitter *e, const struct jit_insn *insn);
uint32_t x86_group_check(struct emitter *e, int base, struct group_use *use);
/* Looks [base + min, base + max) up: rcx becomes the addend, rax the address. Returns how many
 * displacements of jumps are in `fail`, taken where there is none for all of it. */
uint32_t x86_group_probe(struct emitter *e, const struct jit_probe_group *g, int base,
                         uint32_t fail[3]);
void x86_tail_group(struct emitter *e, const struct tail *t);
void x86_groups_invalid(struct x86 *a, const struct jit_unit *u);
/* lines.c: the line or window of an access, or JIT_NONE; its check, which returns the
 * instruction that may become a jump and fills in the displacements of the jumps taken if rcx does
 * not become the addend: for where the address is elsewhere, and for where a window lacks the page;
 * what is out of line. */
uint32_t x86_line(struct emitter *e, const struct jit_insn *insn, enum vm_access access);
uint32_t x86_line_check(struct emitter *e, uint32_t line, int va, uint32_t memop,
                        uint32_t other[2]);
void x86_line_fill(struct emitter *e, const struct tail *t, enum vm_access access,
                   uint32_t miss[2]);
/* The same of a group: its line or JIT_NONE; the check of [base + min, base + max); what is out of
 * line; and where the other accesses find the addend. */
uint32_t x86_group_line(struct jit_region *r);
uint32_t x86_group_line_check(struct emitter *e, uint32_t line, int base, int32_t min,
                              uint32_t *site);
void x86_group_line_fill(struct emitter *e, const struct tail *t);
struct x86_mem x86_line_addend(const struct jit_unit *u, uint32_t line);
void x86_lines_renew(struct x86 *a, const struct jit_unit *u, bool entry);
/* stubs.c: loads or stores the slot of a pin. */
void x86_pin(struct x86 *a, const struct jit_engine *e, const struct jit_pins *pins, uint32_t pin,
             bool store);
/* What a region has of its own, behind its body: the way in, the way out, calls of C (stubs.c). */
void x86_region_entry(struct emitter *e, struct jit_block *block);
void x86_region_out(struct emitter *e);
/* What the region has counted comes off the countdown. */
void x86_count_out(struct x86 *a, const struct jit_unit *u);
/* From the pins of one zone to another's, or to those of all units; keeps rax, rcx and rdx. */
void x86_change_pins(struct emitter *e, const struct jit_pins *from, const struct jit_pins *to);
void x86_set_zone(struct emitter *e, uint32_t zone);
/* targets.c: goes on at the block of the region whose address is in rax, or leaves for it; false:
 * the region has no targets. What a zone's jumps share, behind the code of all blocks. */
bool x86_jump_in_region(struct emitter *e);
void x86_emit_targets(struct emitter *e);
/* control.c: leaves for the address in rax. */
void x86_leave_to(struct emitter *e);
void x86_region_stubs(struct emitter *e);

static inline bool x86_is_sequential(uint32_t memop)
{
    return (~memop & (VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE)) == 0;
}

/* integer.c, memory.c, atomics.c, float.c, control.c: one IR instruction; false: not theirs. */
bool x86_emit_integer(struct emitter *e, const struct jit_insn *insn);
bool x86_emit_memory(struct emitter *e, const struct jit_insn *insn);
bool x86_emit_atomic(struct emitter *e, const struct jit_insn *insn);
bool x86_emit_float(struct emitter *e, const struct jit_insn *insn);
bool x86_emit_vector(struct emitter *e, const struct jit_insn *insn);
bool x86_emit_control(struct emitter *e, const struct jit_insn *insn);
void x86_compare(struct emitter *e, const struct jit_insn *insn);
int x86_condition(uint32_t op);
void x86_emit_entry(struct emitter *e);
void x86_emit_tail(struct emitter *e, uint32_t index);
void x86_tail_memory(struct emitter *e, const struct tail *t);
void x86_tail_atomic(struct emitter *e, const struct tail *t);
void x86_tail_fp(struct emitter *e, const struct tail *t);
/* flush.c: FFLUSH and V_FFLUSH. */
void x86_emit_flush(struct emitter *e, const struct jit_insn *insn);
void x86_tail_flush(struct emitter *e, const struct tail *t);
void x86_tail_flush_lanes(struct emitter *e, const struct tail *t);
/* float.c: MXCSR's rounding for an operation, and back to nearest behind it. */
void x86_set_rounding(struct emitter *e, uint32_t rm);
void x86_reset_rounding(struct emitter *e, uint32_t rm);
/* The place of a jump that is taken unless the guest's flags say that something was inexact, for
 * operations that flush results: the host says so of these, the guest does not. Else JIT_NONE. */
uint32_t x86_unless_inexact(struct emitter *e, const struct jit_insn *insn);
/* float.c: the host's byte behind ROUNDSD for a mode that it has; silent: never inexact. */
uint32_t x86_round_mode(uint32_t rm, bool silent);
void x86_tail_vector(struct emitter *e, const struct tail *t);
/* Ends the guest instruction in progress with a trap; pc and count as before it. */
void x86_leave_trap(struct emitter *e, const struct tail *t);
/* Leaves when the guest instruction in progress is done. */
void x86_leave_after(struct emitter *e, const struct tail *t);

#endif
