/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guest accesses on x86-64. The fast path looks the page up in the TLB inline; all else (a miss, a
 * misaligned or big-endian access, read-modify-write that is not done inline) calls runtime.c.
 * Loads and stores of this host are acquire and release by themselves.
 */
#include "emit.h"

static bool is_sequential(uint32_t memop)
{
    return (~memop & (VM_MEMOP_ACQUIRE | VM_MEMOP_RELEASE)) == 0;
}

/* The register that holds arg0 + imm: rax, or arg0's own. */
static int address(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int64_t imm = insn->imm;

    if (jit_is_const(u, insn->arg[0])) {
        x86_mov_imm(&e->a, RAX, (uint64_t)u->insns[insn->arg[0]].imm + (uint64_t)imm);
        return RAX;
    }
    int base = jit_use(u, insn->arg[0]);
    if (imm == 0)
        return base;
    if (imm == (int32_t)imm) {
        x86_rm(&e->a, X86_LEA, true, RAX, x86_at(base, (int32_t)imm));
    } else {
        x86_mov_imm(&e->a, RAX, (uint64_t)imm);
        x86_rr(&e->a, X86_ADD, true, RAX, base);
    }
    return RAX;
}

static void shifted(struct emitter *e, int to, int from, uint32_t n)
{
    if (e->u->engine->features & FEATURE_BMI2) {
        x86_rorx(&e->a, true, to, from, n);
    } else {
        x86_rr(&e->a, X86_MOV_LOAD, true, to, from);
        x86_shift(&e->a, SHIFT_SHR, true, to, n);
    }
}

_Static_assert(sizeof(struct vm_tlb_entry) == 32, "an entry's place is found by a shift");

/*
 * Looks va up: rcx becomes host address - va. Returns the displacement of the jump taken on a miss.
 * The same index as vm_tlb_index; a rotation serves as the shift because the mask cuts what comes
 * in at the top.
 */
static uint32_t probe(struct emitter *e, int va, uint32_t memop, enum vm_access access)
{
    struct x86 *a = &e->a;
    int32_t view =
        (int32_t)(offsetof(struct vm_cpu, tlb) + VM_MEMOP_MMU(memop) * sizeof(struct vm_tlb_view));
    uint32_t size = VM_MEMOP_SIZE(memop);

    shifted(e, RCX, va, 12);
    shifted(e, RDX, va, 21);
    x86_rr(a, X86_XOR, false, RCX, RDX);
    x86_rm(a, X86_AND, false, RCX, x86_at(RBP, view + (int32_t)offsetof(struct vm_tlb_view, mask)));
    x86_shift(a, SHIFT_SHL, true, RCX, 5);
    x86_rm(a, X86_ADD, true, RCX,
           x86_at(RBP, view + (int32_t)offsetof(struct vm_tlb_view, entries)));
    x86_rr(a, X86_MOV_LOAD, true, RDX, va);
    x86_alu_imm(a, ALU_AND, true, RDX, (int32_t)(VM_PAGE_MASK | (size - 1)));
    x86_rm(a, X86_CMP, true, RDX,
           x86_at(RCX, (int32_t)(offsetof(struct vm_tlb_entry, tag) + 8 * (uint32_t)access)));
    uint32_t miss = x86_jcc(a, CC_NE);
    x86_rm(a, X86_MOV_LOAD, true, RCX, x86_at(RCX, offsetof(struct vm_tlb_entry, addend)));
    return miss;
}

/* ---- loads ---- */

static void load_from(struct x86 *a, int d, uint32_t memop, uint32_t type, struct x86_mem m)
{
    bool is_signed = memop & VM_MEMOP_SIGNED, wide = is_signed && type == VM_I64;

    if (jit_is_float(type)) {
        x86_rm(a, type == VM_F64 ? X86_MOVSD_LOAD : X86_MOVSS_LOAD, false, XMM(d), m);
        return;
    }
    switch (VM_MEMOP_SIZE(memop)) {
    case 1:
        x86_rm(a, is_signed ? X86_MOVSX8 : X86_MOVZX8, wide, d, m);
        break;
    case 2:
        x86_rm(a, is_signed ? X86_MOVSX16 : X86_MOVZX16, wide, d, m);
        break;
    case 4:
        x86_rm(a, wide ? X86_MOVSXD : X86_MOV_LOAD, wide, d, m);
        break;
    default:
        x86_rm(a, X86_MOV_LOAD, true, d, m);
    }
}

static void argument_reg(struct emitter *e, uint32_t n, int reg)
{
    struct x86_mem m = FRAME_AT(e->u, arg);

    m.disp += (int32_t)(8 * n);
    if (reg < JIT_FLOAT)
        x86_rm(&e->a, X86_MOV_STORE, true, reg, m);
    else
        x86_rm(&e->a, X86_MOVSD_STORE, false, XMM(reg), m);
}

static void argument_imm(struct emitter *e, uint32_t n, int32_t imm)
{
    struct x86_mem m = FRAME_AT(e->u, arg);

    m.disp += (int32_t)(8 * n);
    x86_mov_mem_imm(&e->a, 8, m, imm);
}

static void load(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int va = address(e, insn);
    bool inlined = !(insn->aux & VM_MEMOP_BIG) && !is_sequential(insn->aux);

    /* The result's register comes first: making it free may emit code, which both ways must run. */
    jit_consume(u);
    bool floats = jit_floats_live(u);
    int d = insn->uses ? jit_define(u) : jit_is_float(insn->type) ? JIT_FLOAT : RDX;
    uint32_t miss = inlined ? probe(e, va, insn->aux, VM_ACCESS_READ) : x86_jmp(&e->a);
    if (inlined)
        load_from(&e->a, d, insn->aux, insn->type, x86_at_index(va, RCX));
    struct tail *t = x86_tail(e, TAIL_LOAD);
    t->floats = floats;
    t->from[0] = miss;
    t->va = (int8_t)va;
    t->reg = (int8_t)d;
    t->type = insn->type;
    t->aux = insn->aux;
    t->back = e->a.n;
}

static void tail_load(struct emitter *e, const struct tail *t)
{
    struct x86 *a = &e->a;

    argument_reg(e, 0, t->va);
    argument_imm(e, 1, (int32_t)t->aux);
    x86_call_function(e, e->u->engine->arch->n_helpers + JIT_FN_LOAD, t->floats);
    x86_rr(a, X86_TEST, false, RAX, RAX);
    uint32_t fault = x86_jcc(a, CC_NE);
    host_load(e->u, true, t->reg, FRAME_AT(e->u, result).disp);
    x86_aim(a, x86_jmp(a), t->back);
    x86_aim(a, fault, a->n);
    x86_leave_trap(e, t);
}

/* ---- stores ---- */

static void store_to(struct x86 *a, int reg, int32_t imm, uint32_t size, struct x86_mem m)
{
    if (reg < 0) {
        x86_mov_mem_imm(a, size, m, imm);
        return;
    }
    if (reg >= JIT_FLOAT) {
        x86_rm(a, size == 8 ? X86_MOVSD_STORE : X86_MOVSS_STORE, false, XMM(reg), m);
        return;
    }
    switch (size) {
    case 1:
        x86_rm(a, X86_MOV_STORE8, false, reg, m);
        break;
    case 2:
        x86_rm(a, X86_MOV_STORE16, false, reg, m);
        break;
    default:
        x86_rm(a, X86_MOV_STORE, size == 8, reg, m);
    }
}

/* Where the guest instruction in progress, whose last operation this is, goes on. */
static void set_next(struct emitter *e, struct tail *t)
{
    const struct jit_unit *u = e->u;

    t->next = u->insns[jit_next(u, u->index)].imm;
    t->next_refund = u->unit->guest_insns - u->guest_insn;
    t->last = true;
}

static void store(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int32_t imm = 0;
    bool constant = jit_where(u, insn->arg[1]) < 0 && jit_small_const(u, insn->arg[1], true, &imm);
    int reg = constant ? -1 : jit_use(u, insn->arg[1]);
    int va = address(e, insn);
    bool inlined = !(insn->aux & VM_MEMOP_BIG) && !is_sequential(insn->aux);
    uint32_t miss = inlined ? probe(e, va, insn->aux, VM_ACCESS_WRITE) : x86_jmp(&e->a);

    if (inlined)
        store_to(&e->a, reg, imm, VM_MEMOP_SIZE(insn->aux), x86_at_index(va, RCX));
    struct tail *t = x86_tail(e, TAIL_STORE);
    t->from[0] = miss;
    t->va = (int8_t)va;
    t->reg = (int8_t)reg;
    t->imm = imm;
    t->aux = insn->aux;
    t->back = e->a.n;
    if (insn->flags & JIT_LAST && !u->may_leave)
        set_next(e, t);
    else
        u->may_leave = true;
    jit_consume(u);
}

/* eax is enum vm_mem_result of something that may have written: goes on, faults, or sees to it that
 * the guest instruction is the last. */
static void after_write(struct emitter *e, const struct tail *t)
{
    struct x86 *a = &e->a;

    x86_rr(a, X86_TEST, false, RAX, RAX);
    x86_aim(a, x86_jcc(a, CC_E), t->back);
    x86_alu_imm(a, ALU_CMP, false, RAX, VM_MEM_FAULT);
    uint32_t fault = x86_jcc(a, CC_E);
    if (t->last) {
        x86_leave_after(e, t);
    } else {
        x86_alu_mem_imm(a, ALU_CMP, false, CPU_AT(pending_exit), VM_EXIT_NONE);
        x86_aim(a, x86_jcc(a, CC_NE), t->back);
        x86_mov_mem_imm(a, 4, CPU_AT(pending_exit), VM_EXIT_NEXT);
        x86_aim(a, x86_jmp(a), t->back);
    }
    x86_aim(a, fault, a->n);
    x86_leave_trap(e, t);
}

static void tail_store(struct emitter *e, const struct tail *t)
{
    argument_reg(e, 0, t->va);
    argument_imm(e, 1, (int32_t)t->aux);
    if (t->reg < 0)
        argument_imm(e, 2, (int32_t)t->imm);
    else
        argument_reg(e, 2, t->reg);
    x86_call_function(e, e->u->engine->arch->n_helpers + JIT_FN_STORE, t->floats);
    after_write(e, t);
}

/* ---- atomics ---- */

/* By a call of runtime.c; the result comes back in the frame. */
static void atomic(struct emitter *e, const struct jit_insn *insn, enum jit_function fn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    int va = address(e, insn);

    argument_reg(e, 0, va);
    argument_imm(e, 1, (int32_t)insn->aux);
    for (uint32_t i = 1; i < insn->n_args; i++)
        x86_argument(e, i + 1, insn->arg[i], false);
    jit_consume(u);
    x86_call_function(e, u->engine->arch->n_helpers + fn, jit_floats_live(u));
    x86_rr(a, X86_TEST, false, RAX, RAX);
    uint32_t special = x86_jcc(a, CC_NE);
    struct tail *t = x86_tail(e, TAIL_STORE);
    t->from[0] = special;
    t->reg = 0;
    t->va = -1; /* the call has been made */
    t->back = a->n;
    u->may_leave |= fn != JIT_FN_LL;
    if (insn->uses)
        host_load(u, true, jit_define(u), FRAME_AT(u, result).disp);
}

static bool amo_is_inlined(const struct jit_insn *insn)
{
    uint32_t op = VM_MEMOP_AMO(insn->aux);

    return !(insn->aux & VM_MEMOP_BIG) && VM_MEMOP_SIZE(insn->aux) >= 4 &&
           (op == VM_AMO_SWAP || op == VM_AMO_ADD);
}

/* swap and add are one instruction of the host. */
static void amo(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    uint32_t memop = insn->aux;
    bool is_swap = VM_MEMOP_AMO(memop) == VM_AMO_SWAP, wide = VM_MEMOP_SIZE(memop) == 8;
    int operand = jit_use(u, insn->arg[1]), va = address(e, insn);
    uint32_t miss = probe(e, va, memop, VM_ACCESS_WRITE);

    x86_move(e, RDX, operand);
    x86_rm(a, is_swap ? X86_XCHG : X86_LOCK_XADD, wide, RDX, x86_at_index(va, RCX));
    struct tail *t = x86_tail(e, TAIL_STORE);
    t->from[0] = miss;
    t->aux = memop;
    t->va = (int8_t)va;
    t->reg = (int8_t)operand;
    t->type = VM_I64; /* a result is wanted: into rdx */
    t->back = a->n;
    u->may_leave = true;
    jit_consume(u);
    if (!insn->uses)
        return;
    if (!wide && memop & VM_MEMOP_SIGNED && insn->type == VM_I64)
        x86_rr(a, X86_MOVSXD, true, jit_define(u), RDX);
    else
        x86_move(e, jit_define(u), RDX);
}

static void tail_amo(struct emitter *e, const struct tail *t)
{
    argument_reg(e, 0, t->va);
    argument_imm(e, 1, (int32_t)t->aux);
    argument_reg(e, 2, t->reg);
    x86_call_function(e, e->u->engine->arch->n_helpers + JIT_FN_AMO, t->floats);
    host_load(e->u, true, RDX, FRAME_AT(e->u, result).disp);
    after_write(e, t);
}

/* ---- dispatch ---- */

bool x86_emit_memory(struct emitter *e, const struct jit_insn *insn)
{
    switch (insn->op) {
    case VM_OP_LOAD:
        load(e, insn);
        return true;
    case VM_OP_STORE:
        store(e, insn);
        return true;
    case VM_OP_AMO:
        if (amo_is_inlined(insn))
            amo(e, insn);
        else
            atomic(e, insn, JIT_FN_AMO);
        return true;
    case VM_OP_CAS:
        atomic(e, insn, JIT_FN_CAS);
        return true;
    case VM_OP_LL:
        atomic(e, insn, JIT_FN_LL);
        return true;
    case VM_OP_SC:
        atomic(e, insn, JIT_FN_SC);
        return true;
    case VM_OP_FENCE:
        if (insn->imm & VM_FENCE_SL)
            x86_lock_or_stack(&e->a);
        return true;
    default:
        return false;
    }
}

void x86_tail_memory(struct emitter *e, const struct tail *t)
{
    if (t->kind == TAIL_LOAD)
        tail_load(e, t);
    else if (t->va < 0)
        after_write(e, t);
    else if (t->type == VM_I64)
        tail_amo(e, t);
    else
        tail_store(e, t);
}
