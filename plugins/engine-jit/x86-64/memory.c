/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads and stores on x86-64. The fast path looks the page up in the TLB inline; all else (a miss,
 * a big-endian access, one that crosses into another page) calls runtime.c. Loads and stores of
 * this host are acquire and release by themselves.
 */
#include "emit.h"

/* The register that holds arg0 + imm: rax, or arg0's own. */
int x86_address(struct emitter *e, const struct jit_insn *insn)
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

/* The same index as vm_tlb_index; a rotation serves as the shift because the mask cuts what comes
 * in at the top. */
void x86_tlb_entry(struct emitter *e, int va, uint32_t mmu)
{
    struct x86 *a = &e->a;
    int32_t view = (int32_t)(offsetof(struct vm_cpu, tlb) + mmu * sizeof(struct vm_tlb_view));

    shifted(e, RCX, va, 12);
    shifted(e, RDX, va, 21);
    x86_rr(a, X86_ADD, false, RCX, RDX);
    x86_rm(a, X86_AND, false, RCX, x86_at(RBP, view + (int32_t)offsetof(struct vm_tlb_view, mask)));
    x86_shift(a, SHIFT_SHL, true, RCX, 5);
    x86_rm(a, X86_ADD, true, RCX,
           x86_at(RBP, view + (int32_t)offsetof(struct vm_tlb_view, entries)));
}

uint32_t x86_probe(struct emitter *e, int va, uint32_t memop, enum vm_access access)
{
    struct x86 *a = &e->a;
    uint32_t size = VM_MEMOP_SIZE(memop);

    x86_tlb_entry(e, va, VM_MEMOP_MMU(memop));
    if (size > 1 && !(memop & VM_MEMOP_ALIGN)) {
        /* Where it ends must be on the page whose entry this is. */
        x86_rm(a, X86_LEA, true, RDX, x86_at(va, (int32_t)size - 1));
        x86_alu_imm(a, ALU_AND, true, RDX, (int32_t)VM_PAGE_MASK);
    } else {
        x86_rr(a, X86_MOV_LOAD, true, RDX, va);
        x86_alu_imm(a, ALU_AND, true, RDX, (int32_t)(VM_PAGE_MASK | (size - 1)));
    }
    x86_rm(a, X86_CMP, true, RDX,
           x86_at(RCX, (int32_t)(offsetof(struct vm_tlb_entry, tag) + 8 * (uint32_t)access)));
    uint32_t miss = x86_jcc(a, CC_NE);
    x86_rm(a, X86_MOV_LOAD, true, RCX, x86_at(RCX, offsetof(struct vm_tlb_entry, addend)));
    return miss;
}

/* ---- how one access finds its place ---- */

struct access {
    enum vm_access kind;
    bool inlined, grouped;
    int va;               /* register: the address, or the base that insn->imm is added to */
    uint32_t line;        /* JIT_NONE: none */
    uint32_t group;       /* whose line that is, if grouped */
    uint32_t check, site; /* where it is looked up, and which instruction may become a jump */
    uint32_t other[2];    /* the jumps taken where it is not found here */
    struct x86_mem place;
};

/* Takes the operand; the code that looks it up comes later. */
static struct access begin_access(struct emitter *e, const struct jit_insn *insn,
                                  enum vm_access kind)
{
    struct access x = {.kind = kind, .line = JIT_NONE, .other = {JIT_NONE, JIT_NONE}};

    x.inlined =
        !(insn->aux & VM_MEMOP_BIG) && (kind == VM_ACCESS_WRITE || !x86_is_sequential(insn->aux));
    x.grouped = x.inlined && x86_is_grouped(e, insn);
    x.va = x.grouped ? jit_use(e->u, insn->arg[0]) : x86_address(e, insn);
    if (x.inlined && !x.grouped)
        x.line = x86_line(e, insn, kind);
    return x;
}

/* Afterwards rcx is such that x->place is where the access goes. */
static void find_place(struct emitter *e, const struct jit_insn *insn, struct access *x)
{
    x->check = e->a.n;
    x->place = x86_at_index(x->va, RCX);
    if (!x->inlined) {
        x->other[0] = x86_jmp(&e->a);
    } else if (x->grouped) {
        struct group_use use;
        x->other[0] = x86_group_check(e, x->va, &use);
        x->line = use.line;
        x->group = use.number;
        x->site = use.site;
        x->place.disp = (int32_t)insn->imm;
    } else if (x->line != JIT_NONE) {
        x->site = x86_line_check(e, x->line, x->va, insn->aux, x->other);
    } else {
        x->other[0] = x86_probe(e, x->va, insn->aux, x->kind);
    }
}

/* `back`: the access itself, behind what finds its place. */
static struct tail *access_tail(struct emitter *e, const struct jit_insn *insn,
                                const struct access *x, enum tail_kind kind, uint32_t back)
{
    struct tail *t = x86_tail(e, kind);

    t->from[0] = x->other[0];
    t->empty = x->other[1];
    t->va = (int8_t)x->va;
    t->aux = insn->aux;
    t->line = x->line;
    t->name = x->line == JIT_NONE ? 0 : jit_line_name(e->u);
    t->check = x->check;
    t->site = x->site;
    t->grouped = x->grouped;
    t->group = x->group;
    t->offset = (int32_t)insn->imm;
    t->back = back;
    t->done = e->a.n;
    return t;
}

/*
 * Out of line: looks an access up that its line or group did not find. Falls through where the TLB
 * does not know it either; returns the register of the address.
 */
static int look_further(struct emitter *e, const struct tail *t, enum vm_access kind)
{
    struct x86 *a = &e->a;
    uint32_t miss[2];

    if (t->grouped) {
        if (t->line != JIT_NONE)
            x86_group_line_fill(e, t);
        x86_rm(a, X86_LEA, true, RAX, x86_at(t->va, t->offset));
        miss[0] = x86_probe(e, RAX, t->aux, kind);
        x86_aim(a, x86_jmp(a), t->back);
        x86_aim(a, miss[0], a->n);
        return RAX;
    }
    if (t->line != JIT_NONE) {
        x86_line_fill(e, t, kind, miss);
        x86_aim(a, miss[0], a->n);
        x86_aim(a, miss[1], a->n);
    }
    return t->va;
}

/* ---- loads ---- */

static void load_from(struct x86 *a, int d, uint32_t memop, uint32_t type, struct x86_mem m)
{
    bool is_signed = memop & VM_MEMOP_SIGNED, wide = is_signed && type == VM_I64;

    if (jit_is_vector(type)) {
        x86_rm(a, X86_MOVUPS_LOAD, false, XMM(d), m);
        return;
    }
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

void x86_argument_reg(struct emitter *e, uint32_t n, int reg)
{
    struct x86_mem m = FRAME_AT(e->u, arg);

    m.disp += (int32_t)(8 * n);
    if (reg < JIT_FLOAT)
        x86_rm(&e->a, X86_MOV_STORE, true, reg, m);
    else
        x86_rm(&e->a, X86_MOVSD_STORE, false, XMM(reg), m);
}

void x86_argument_imm(struct emitter *e, uint32_t n, int32_t imm)
{
    struct x86_mem m = FRAME_AT(e->u, arg);

    m.disp += (int32_t)(8 * n);
    x86_mov_mem_imm(&e->a, 8, m, imm);
}

static void load(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct access x = begin_access(e, insn, VM_ACCESS_READ);

    /* The result's register comes first: making it free may emit code, which both ways must run. */
    jit_consume(u);
    bool floats = jit_floats_live(u);
    int d = insn->uses ? jit_define(u) : jit_is_float(insn->type) ? JIT_FLOAT : RDX;
    find_place(e, insn, &x);
    uint32_t back = e->a.n;
    if (x.inlined)
        load_from(&e->a, d, insn->aux, insn->type, x.place);
    struct tail *t = access_tail(e, insn, &x, TAIL_LOAD, back);
    t->floats = floats;
    t->reg = (int8_t)d;
    t->type = insn->type;
}

static void tail_load(struct emitter *e, const struct tail *t)
{
    struct x86 *a = &e->a;

    x86_argument_reg(e, 0, look_further(e, t, VM_ACCESS_READ));
    x86_argument_imm(e, 1, (int32_t)t->aux);
    x86_call_function(e,
                      e->u->engine->arch->n_helpers +
                          (jit_is_vector(t->type) ? JIT_FN_LOAD_VECTOR : JIT_FN_LOAD),
                      t->floats);
    x86_rr(a, X86_TEST, false, RAX, RAX);
    uint32_t fault = x86_jcc(a, CC_NE);
    host_load(e->u, jit_is_vector(t->type) ? 16 : 8, t->reg, FRAME_AT(e->u, result).disp);
    x86_aim(a, x86_jmp(a), t->done);
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
    if (size == 16) {
        x86_rm(a, X86_MOVUPS_STORE, false, XMM(reg), m);
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

static bool ends_guest_insn(const struct jit_insn *insn)
{
    return insn->op == VM_OP_INSN || insn->op == VM_OP_EXIT;
}

/*
 * Whether nothing more happens in the guest instruction than that its base register moves on, which
 * code out of line can do too: x + constant is put, or what there is. Returns what is behind that.
 */
static uint32_t behind_base(const struct jit_unit *u, struct tail *t)
{
    uint32_t i = jit_next(u, u->index), v = i;
    const struct jit_insn *insn = &u->insns[i];
    int32_t step = 0;

    if (insn->op == VM_OP_ADD && insn->type == VM_I64 && !(insn->flags & JIT_SCALED) &&
        jit_small_const(u, insn->arg[1], true, &step)) {
        i = jit_next(u, i);
        t->base = (int8_t)jit_where(u, insn->arg[0]);
    } else {
        v = insn->op == VM_OP_PUT ? insn->arg[0] : v;
        t->base = (int8_t)jit_where(u, v);
    }
    insn = &u->insns[i];
    i = jit_next(u, i);
    if (insn->op == VM_OP_PUT && insn->arg[0] == v && insn->type == VM_I64 && t->base >= 0 &&
        t->base < JIT_FLOAT && insn->aux != u->engine->flags_slot &&
        ends_guest_insn(&u->insns[i])) {
        t->base_slot = (uint16_t)insn->aux;
        t->step = step;
        return i;
    }
    t->base = -1;
    return JIT_NONE;
}

/* Where the guest instruction in progress goes on, if this is its last operation that matters. */
static bool set_next(struct emitter *e, struct tail *t, const struct jit_insn *insn)
{
    const struct jit_unit *u = e->u;
    uint32_t next = insn->flags & JIT_LAST ? jit_next(u, u->index) : behind_base(u, t);

    if (u->may_leave || next == JIT_NONE)
        return false;
    t->next = u->insns[next].imm;
    t->next_refund = u->guest_insns - u->guest_insn;
    t->last = true;
    return true;
}

static void move_base(struct emitter *e, const struct tail *t)
{
    int pin = e->u->pins->of[t->base_slot];

    x86_rm(&e->a, X86_LEA, true, RAX, x86_at(t->base, t->step));
    if (pin >= 0)
        x86_move(e, e->u->pins->reg[pin], RAX);
    else
        host_store(e->u, 8, RAX, jit_slot_at(e->u->engine, t->base_slot));
}

static void store(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    int32_t imm = 0;
    bool constant = jit_where(u, insn->arg[1]) < 0 && jit_small_const(u, insn->arg[1], true, &imm);
    int reg = constant ? -1 : jit_use(u, insn->arg[1]);
    struct access x = begin_access(e, insn, VM_ACCESS_WRITE);

    find_place(e, insn, &x);
    uint32_t back = e->a.n;
    if (x.inlined)
        store_to(&e->a, reg, imm, VM_MEMOP_SIZE(insn->aux), x.place);
    if (x.inlined && x86_is_sequential(insn->aux))
        x86_lock_or_stack(&e->a);
    struct tail *t = access_tail(e, insn, &x, TAIL_STORE, back);
    t->reg = (int8_t)reg;
    t->imm = imm;
    if (!set_next(e, t, insn))
        u->may_leave = true;
    jit_consume(u);
}

void x86_after_write(struct emitter *e, const struct tail *t)
{
    struct x86 *a = &e->a;

    x86_rr(a, X86_TEST, false, RAX, RAX);
    x86_aim(a, x86_jcc(a, CC_E), t->done);
    x86_alu_imm(a, ALU_CMP, false, RAX, VM_MEM_FAULT);
    uint32_t fault = x86_jcc(a, CC_E);
    if (t->last) {
        if (t->base >= 0)
            move_base(e, t);
        x86_leave_after(e, t);
    } else {
        x86_alu_mem_imm(a, ALU_CMP, false, CPU_AT(pending_exit), VM_EXIT_NONE);
        x86_aim(a, x86_jcc(a, CC_NE), t->done);
        x86_mov_mem_imm(a, 4, CPU_AT(pending_exit), VM_EXIT_NEXT);
        x86_aim(a, x86_jmp(a), t->done);
    }
    x86_aim(a, fault, a->n);
    x86_leave_trap(e, t);
}

static void tail_store(struct emitter *e, const struct tail *t)
{
    x86_argument_reg(e, 0, look_further(e, t, VM_ACCESS_WRITE));
    x86_argument_imm(e, 1, (int32_t)t->aux);
    bool vector = VM_MEMOP_SIZE(t->aux) == 16;
    if (t->reg < 0)
        x86_argument_imm(e, 2, (int32_t)t->imm);
    else if (vector)
        host_store(e->u, 16, t->reg, FRAME_AT(e->u, arg).disp + 16);
    else
        x86_argument_reg(e, 2, t->reg);
    x86_call_function(e,
                      e->u->engine->arch->n_helpers + (vector ? JIT_FN_STORE_VECTOR : JIT_FN_STORE),
                      t->floats);
    x86_after_write(e, t);
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
    case VM_OP_FENCE:
        if (insn->imm & VM_FENCE_SL)
            x86_lock_or_stack(&e->a);
        return true;
    default:
        return x86_emit_atomic(e, insn);
    }
}

void x86_tail_memory(struct emitter *e, const struct tail *t)
{
    if (t->kind == TAIL_LOAD)
        tail_load(e, t);
    else if (t->kind == TAIL_ATOMIC)
        x86_tail_atomic(e, t);
    else
        tail_store(e, t);
}
