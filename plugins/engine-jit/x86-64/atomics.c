/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read-modify-write of guest memory, and reservations, on x86-64. What is aligned, little-endian
 * and in the TLB is done inline; all else by a call of runtime.c. A locked instruction is a full
 * fence, which is as strong as any order asked for.
 *
 * A machine's only vCPU shares no word that it modifies: others load and store guest memory, but do
 * not modify it. Its instructions are locked only where both orders are asked for, since a later
 * load would pass the store otherwise; the host keeps all other orders by itself.
 *
 * The address may be in rax (x86_address), which cmpxchg wants for itself: once nothing can miss
 * any more, it goes into rcx. Results are in rdx when both ways meet again.
 */
#include "emit.h"

static bool is_inlined(const struct jit_insn *insn)
{
    return !(insn->aux & VM_MEMOP_BIG) && VM_MEMOP_SIZE(insn->aux) <= 8;
}

static bool is_locked(const struct emitter *e, const struct jit_insn *insn)
{
    return e->u->engine->n_cpus > 1 || x86_is_sequential(insn->aux);
}

/* ---- by a call ---- */

/* Of runtime.c; the result comes back in the frame. */
static void by_call(struct emitter *e, const struct jit_insn *insn, enum jit_function fn)
{
    struct jit_unit *u = e->u;
    struct x86 *a = &e->a;
    int va = x86_address(e, insn);

    x86_argument_reg(e, 0, va);
    x86_argument_imm(e, 1, (int32_t)insn->aux);
    for (uint32_t i = 1; i < insn->n_args; i++)
        x86_argument(e, i + 1, insn->arg[i], false);
    jit_consume(u);
    x86_call_function(e, u->engine->arch->n_helpers + fn, jit_floats_live(u));
    x86_rr(a, X86_TEST, false, RAX, RAX);
    uint32_t special = x86_jcc(a, CC_NE);
    struct tail *t = x86_tail(e, TAIL_ATOMIC);
    t->from[0] = special;
    t->va = -1; /* the call has been made */
    t->done = a->n;
    u->may_leave |= fn != JIT_FN_LL;
    if (insn->uses)
        host_load(u, 8, jit_define(u), FRAME_AT(u, result).disp);
}

/* ---- inline ---- */

/* What the way out of line needs: the address and the last operand (-1: none) are in registers, and
 * these displacements lead there. */
struct ways {
    int va, value;
    uint32_t other[3];
};

/* Ends the inline way. The other one calls fn and comes back here. */
static void finish(struct emitter *e, const struct jit_insn *insn, const struct ways *w,
                   enum jit_function fn)
{
    struct jit_unit *u = e->u;
    struct tail *t = x86_tail(e, TAIL_ATOMIC);

    for (uint32_t i = 0; i < 3; i++)
        t->from[i] = w->other[i];
    t->aux = insn->aux;
    t->va = (int8_t)w->va;
    t->reg = (int8_t)w->value;
    t->imm = fn;
    t->done = e->a.n;
    u->may_leave |= fn != JIT_FN_LL;
    jit_consume(u);
    if (insn->uses)
        x86_move(e, jit_define(u), RDX);
}

void x86_tail_atomic(struct emitter *e, const struct tail *t)
{
    if (t->va >= 0) {
        x86_argument_reg(e, 0, t->va);
        x86_argument_imm(e, 1, (int32_t)t->aux);
        if (t->reg >= 0)
            x86_argument_reg(e, t->imm == JIT_FN_CAS ? 3 : 2, t->reg);
        x86_call_function(e, e->u->engine->arch->n_helpers + (uint32_t)t->imm, t->floats);
        host_load(e->u, 8, RDX, FRAME_AT(e->u, result).disp);
    }
    x86_after_write(e, t);
}

static struct ways probe(struct emitter *e, const struct jit_insn *insn, int va, int value,
                         enum vm_access access)
{
    uint32_t memop = insn->aux | VM_MEMOP_ALIGN; /* inline only where one access does it */

    return (struct ways){va, value, {x86_probe(e, va, memop, access), JIT_NONE, JIT_NONE}};
}

/* What has been probed for; rax is free from now on. */
static struct x86_mem host_memory(struct emitter *e, int va)
{
    if (va != RAX)
        return x86_at_index(va, RCX);
    x86_rr(&e->a, X86_ADD, true, RCX, RAX);
    return x86_at(RCX, 0);
}

/* rdx becomes what was in memory, which reg has with zeros above. */
static void old_value(struct emitter *e, const struct jit_insn *insn, int reg)
{
    static const uint8_t extend[] = {X86_MOVSX8, X86_MOVSX16, X86_MOVSXD};
    bool wide = insn->type == VM_I64;
    uint32_t log2 = insn->aux & 7;

    if (!insn->uses)
        return;
    if (insn->aux & VM_MEMOP_SIGNED && log2 < 2u + wide)
        x86_rr(&e->a, (enum x86_form)extend[log2], wide, RDX, reg);
    else if (reg != RDX)
        x86_rr(&e->a, X86_MOV_LOAD, log2 == 3, RDX, reg);
}

/* ---- forms by the logarithm of the size ---- */

enum { OF_LOAD, OF_STORE, OF_COMPARE, OF_EXCHANGE };

static const uint8_t forms[][4] = {
    [OF_LOAD] = {X86_MOVZX8, X86_MOVZX16, X86_MOV_LOAD, X86_MOV_LOAD},
    [OF_STORE] = {X86_MOV_STORE8, X86_MOV_STORE16, X86_MOV_STORE, X86_MOV_STORE},
    [OF_COMPARE] = {X86_CMP8, X86_CMP16, X86_CMP, X86_CMP},
    [OF_EXCHANGE] = {X86_CMPXCHG8, X86_CMPXCHG16, X86_CMPXCHG, X86_CMPXCHG},
};

static enum x86_form form_of(uint32_t kind, const struct jit_insn *insn)
{
    return (enum x86_form)forms[kind][insn->aux & 7];
}

static bool is_wide(const struct jit_insn *insn)
{
    return VM_MEMOP_SIZE(insn->aux) == 8;
}

/* Stores reg if rax is what is in memory, which it becomes, and says so by the host's flags. */
static void compare_and_exchange(struct emitter *e, const struct jit_insn *insn, int reg,
                                 struct x86_mem m)
{
    struct x86 *a = &e->a;
    bool wide = is_wide(insn);

    if (is_locked(e, insn)) {
        x86_lock(a);
        x86_rm(a, form_of(OF_EXCHANGE, insn), wide, reg, m);
        return;
    }
    x86_rm(a, form_of(OF_LOAD, insn), wide, RDX, m);
    x86_rr(a, form_of(OF_COMPARE, insn), wide, RDX, RAX);
    uint32_t differs = x86_jcc(a, CC_NE);
    x86_rm(a, form_of(OF_STORE, insn), wide, reg, m);
    x86_aim(a, differs, a->n);
    x86_rr(a, X86_MOV_LOAD, wide, RAX, RDX);
}

/* ---- amo ---- */

#define NONE X86_FORM_COUNT

static const struct amo {
    enum x86_form exchange; /* leaves the old value in the operand's register */
    enum x86_form modify;   /* for when nobody wants the old value */
    /* rdx, which is the old value, becomes the new one by this operation with the operand, */
    enum x86_form operation;
    enum x86_form move; /* or by this move, after it was compared with the operand */
} amos[VM_AMO_COUNT] = {
    [VM_AMO_SWAP] = {X86_XCHG, NONE, X86_MOV_LOAD, NONE},
    [VM_AMO_ADD] = {X86_XADD, X86_ADD_STORE, X86_ADD, NONE},
    [VM_AMO_AND] = {NONE, X86_AND_STORE, X86_AND, NONE},
    [VM_AMO_OR] = {NONE, X86_OR_STORE, X86_OR, NONE},
    [VM_AMO_XOR] = {NONE, X86_XOR_STORE, X86_XOR, NONE},
    [VM_AMO_SMIN] = {NONE, NONE, NONE, X86_CMOVG},
    [VM_AMO_SMAX] = {NONE, NONE, NONE, X86_CMOVL},
    [VM_AMO_UMIN] = {NONE, NONE, NONE, X86_CMOVA},
    [VM_AMO_UMAX] = {NONE, NONE, NONE, X86_CMOVB},
};

/* rdx becomes the new value for the old one in rax. */
static void new_value(struct x86 *a, const struct jit_insn *insn, int operand)
{
    const struct amo *amo = &amos[VM_MEMOP_AMO(insn->aux)];
    bool wide = is_wide(insn);

    if (amo->operation != X86_MOV_LOAD)
        x86_rr(a, X86_MOV_LOAD, wide, RDX, RAX);
    if (amo->operation != NONE) {
        x86_rr(a, amo->operation, wide, RDX, operand);
    } else {
        x86_rr(a, form_of(OF_COMPARE, insn), wide, RDX, operand);
        x86_rr(a, amo->move, wide, RDX, operand);
    }
}

/* By instructions of their own; if locked, until nobody else has written in between. The old value
 * is in rax then. */
static void modify(struct emitter *e, const struct jit_insn *insn, int operand, struct x86_mem m)
{
    struct x86 *a = &e->a;

    x86_rm(a, form_of(OF_LOAD, insn), is_wide(insn), RAX, m);
    uint32_t again = a->n;
    new_value(a, insn, operand);
    if (is_locked(e, insn)) {
        compare_and_exchange(e, insn, RDX, m);
        x86_aim(a, x86_jcc(a, CC_NE), again);
    } else {
        x86_rm(a, form_of(OF_STORE, insn), is_wide(insn), RDX, m);
    }
}

static void emit_amo(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;
    const struct amo *amo = &amos[VM_MEMOP_AMO(insn->aux)];
    bool locked = is_locked(e, insn), narrow = VM_MEMOP_SIZE(insn->aux) < 4;
    int operand = jit_use(e->u, insn->arg[1]), va = x86_address(e, insn);
    struct ways w = probe(e, insn, va, operand, VM_ACCESS_WRITE);
    struct x86_mem m = host_memory(e, va);

    if (!insn->uses && amo->modify != NONE && !narrow) {
        if (locked)
            x86_lock(a);
        x86_rm(a, amo->modify, is_wide(insn), operand, m);
    } else if (locked && amo->exchange != NONE && !narrow) {
        x86_move(e, RDX, operand);
        if (amo->exchange != X86_XCHG) /* which is always locked */
            x86_lock(a);
        x86_rm(a, amo->exchange, is_wide(insn), RDX, m);
        old_value(e, insn, RDX);
    } else {
        modify(e, insn, operand, m);
        old_value(e, insn, RAX);
    }
    finish(e, insn, &w, JIT_FN_AMO);
}

/* ---- compare and swap, reservations ---- */

/* What is expected takes the way over the call's argument, as there may be two temporaries only. */
static void emit_cas(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct x86_mem expected = FRAME_AT(u, arg);

    expected.disp += 2 * 8;
    x86_argument(e, 2, insn->arg[1], false);
    int desired = jit_use(u, insn->arg[2]), va = x86_address(e, insn);
    struct ways w = probe(e, insn, va, desired, VM_ACCESS_WRITE);
    struct x86_mem m = host_memory(e, va);
    x86_rm(&e->a, form_of(OF_LOAD, insn), is_wide(insn), RAX, expected);
    compare_and_exchange(e, insn, desired, m);
    old_value(e, insn, RAX);
    finish(e, insn, &w, JIT_FN_CAS);
}

static void emit_ll(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;
    uint32_t size = VM_MEMOP_SIZE(insn->aux);
    int va = x86_address(e, insn);

    if (x86_is_sequential(insn->aux))
        x86_lock_or_stack(a);
    struct ways w = probe(e, insn, va, -1, VM_ACCESS_READ);
    x86_rm(a, form_of(OF_LOAD, insn), size == 8, RDX, x86_at_index(va, RCX));
    x86_rm(a, X86_MOV_STORE, true, va, CPU_AT(reserve_va));
    x86_rm(a, X86_MOV_STORE, true, RDX, CPU_AT(reserve_value));
    x86_mov_mem_imm(a, 4, CPU_AT(reserve_size), (int32_t)size);
    old_value(e, insn, RDX);
    finish(e, insn, &w, JIT_FN_LL);
}

/* Where the reservation is another one, C says what comes first: its failure, or a fault. */
static void emit_sc(struct emitter *e, const struct jit_insn *insn)
{
    struct x86 *a = &e->a;
    uint32_t size = VM_MEMOP_SIZE(insn->aux);
    int value = jit_use(e->u, insn->arg[1]), va = x86_address(e, insn);

    x86_rm(a, X86_CMP, true, va, CPU_AT(reserve_va));
    uint32_t elsewhere = x86_jcc(a, CC_NE);
    x86_alu_mem_imm(a, ALU_CMP, false, CPU_AT(reserve_size), (int32_t)size);
    uint32_t resized = x86_jcc(a, CC_NE);
    struct ways w = probe(e, insn, va, value, VM_ACCESS_WRITE);
    w.other[1] = elsewhere;
    w.other[2] = resized;
    struct x86_mem m = host_memory(e, va);
    x86_rm(a, X86_MOV_LOAD, size == 8, RAX, CPU_AT(reserve_value));
    x86_mov_mem_imm(a, 4, CPU_AT(reserve_size), 0);
    compare_and_exchange(e, insn, value, m);
    x86_setcc(a, CC_NE, RDX);
    x86_rr(a, X86_MOVZX8, false, RDX, RDX);
    finish(e, insn, &w, JIT_FN_SC);
}

/* ---- dispatch ---- */

static const struct atomic {
    void (*emit)(struct emitter *e, const struct jit_insn *insn);
    enum jit_function fn; /* where it is not inline */
} atomics[] = {
    [VM_OP_AMO] = {emit_amo, JIT_FN_AMO},
    [VM_OP_CAS] = {emit_cas, JIT_FN_CAS},
    [VM_OP_LL] = {emit_ll, JIT_FN_LL},
    [VM_OP_SC] = {emit_sc, JIT_FN_SC},
};

bool x86_emit_atomic(struct emitter *e, const struct jit_insn *insn)
{
    uint32_t n = sizeof(atomics) / sizeof(atomics[0]);

    if (insn->op >= n || !atomics[insn->op].emit)
        return false;
    if (is_inlined(insn))
        atomics[insn->op].emit(e, insn);
    else
        by_call(e, insn, atomics[insn->op].fn);
    return true;
}
