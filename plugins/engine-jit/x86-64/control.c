/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries, markers, exits, traps and calls of helpers on x86-64, and the out-of-line parts of all
 * of them. */
#include "emit.h"

/* What is given back of what was counted, if `insn` instructions have run. */
static uint32_t refund_at(const struct jit_unit *u, uint32_t insn)
{
    return u->guest_insns - insn;
}

void x86_emit_entry(struct emitter *e)
{
    e->u->guest_insns = e->u->unit->guest_insns;
    x86_alu_mem_imm(&e->a, ALU_SUB, false, CPU_AT(countdown), (int32_t)e->u->guest_insns);
    uint32_t poll = x86_jcc(&e->a, CC_S);
    x86_tail(e, TAIL_POLL)->from[0] = poll;
}

/* ---- ways out ---- */

static void leave(struct emitter *e, enum jit_stub stub, int64_t delta, uint32_t refund)
{
    x86_mov_imm(&e->a, RCX, (uint64_t)(e->u->unit->page_offset + delta));
    x86_mov_imm(&e->a, RDX, refund);
    x86_leave_by(e, stub);
}

void x86_leave_trap(struct emitter *e, const struct tail *t)
{
    leave(e, JIT_STUB_TRAP, t->delta, t->refund);
}

void x86_leave_after(struct emitter *e, const struct tail *t)
{
    leave(e, JIT_STUB_LEAVE, t->next, t->next_refund);
}

/* cpu->pc, of which only the page counts, and rax become the address at `delta`. */
static void set_pc(struct emitter *e, int64_t delta)
{
    struct x86 *a = &e->a;
    int64_t offset = e->u->unit->page_offset + delta;

    x86_mov_imm(a, RAX, VM_PAGE_MASK);
    x86_rm(a, X86_AND, true, RAX, CPU_AT(pc));
    if (offset == (int32_t)offset) {
        if (offset)
            x86_alu_imm(a, ALU_ADD, true, RAX, (int32_t)offset);
    } else {
        x86_mov_imm(a, RCX, (uint64_t)offset);
        x86_rr(a, X86_ADD, true, RAX, RCX);
    }
    x86_rm(a, X86_MOV_STORE, true, RAX, CPU_AT(pc));
}

#define JUMP_ENTRY_BITS 5
_Static_assert(sizeof(struct vm_jump_entry) == 1 << JUMP_ENTRY_BITS, "found by a shift");

/* rax is cpu->pc: goes to its unit if the jump cache knows it. Returns two displacements for when
 * it does not. */
static void jump_cache(struct emitter *e, uint32_t miss[2])
{
    struct x86 *a = &e->a;

    x86_imul_imm(a, false, RCX, RAX, (int32_t)VM_JUMP_HASH);
    x86_shift(a, SHIFT_SHR, false, RCX, 32 - VM_JUMP_CACHE_BITS - JUMP_ENTRY_BITS);
    x86_alu_imm(a, ALU_AND, false, RCX, -(1 << JUMP_ENTRY_BITS));
    x86_rm(a, X86_ADD, true, RCX, CPU_AT(jump_cache));
    x86_rm(a, X86_CMP, true, RAX, x86_at(RCX, offsetof(struct vm_jump_entry, pc)));
    miss[0] = x86_jcc(a, CC_NE);
    x86_rm(a, X86_MOV_LOAD, true, RDX, CPU_AT(jump_tag));
    x86_rm(a, X86_CMP, true, RDX, x86_at(RCX, offsetof(struct vm_jump_entry, tag)));
    miss[1] = x86_jcc(a, CC_NE);
    x86_jmp_mem(a, x86_at(RCX, offsetof(struct vm_jump_entry, entry)));
}

static bool on_this_page(const struct jit_unit *u, int64_t delta)
{
    return (uint64_t)(u->unit->page_offset + delta) < VM_PAGE_SIZE;
}

/* Gives instructions back that were counted but do not run. */
static void give_back(struct emitter *e, uint32_t refund)
{
    if (!refund)
        return;
    if (e->u->region)
        x86_alu_imm(&e->a, ALU_SUB, false, host_count_reg, (int32_t)refund);
    else
        x86_alu_mem_imm(&e->a, ALU_ADD, false, CPU_AT(countdown), (int32_t)refund);
}

/* Goes on in a block of the region; emits nothing where that comes next. */
static void inner_edge(struct emitter *e, int64_t delta, uint32_t block, uint32_t refund,
                       bool may_leave, bool is_last)
{
    struct x86 *a = &e->a;

    give_back(e, refund);
    if (may_leave) {
        x86_alu_mem_imm(a, ALU_CMP, false, CPU_AT(pending_exit), 0);
        uint32_t place = x86_jcc(a, CC_NE);
        struct tail *t = x86_tail(e, TAIL_PENDING);
        t->from[0] = place;
        t->next = delta;
    }
    x86_change_pins(e, e->u->pins, &e->u->region->zones[e->u->region->blocks[block].zone]);
    if (!is_last || block != e->u->n_block)
        x86_to_block(e, x86_jmp(a), block);
}

/* Leaves by exit `index`. The core links only inside a page; other targets go through the jump
 * cache, and so do copies of exits. */
static void edge(struct emitter *e, int64_t delta, uint32_t index, uint32_t refund, bool may_leave)
{
    struct x86 *a = &e->a;
    bool can_link = on_this_page(e->u, delta) && !(index & JIT_EXIT_COPY);
    uint32_t from[2] = {JIT_NONE, JIT_NONE};

    give_back(e, refund);
    if (e->u->region)
        x86_region_out(e);
    if (may_leave) {
        set_pc(e, delta);
        x86_alu_mem_imm(a, ALU_CMP, false, CPU_AT(pending_exit), 0);
        x86_to_stub(e, x86_jcc(a, CC_NE), JIT_STUB_LEAVE_HERE);
    }
    if (can_link) {
        x86_align4(a, 3);
        from[0] = e->exits[index].site = x86_jmp(a);
    } else {
        if (!may_leave) /* else done, and the page may be another one already */
            set_pc(e, delta);
        jump_cache(e, from);
    }
    struct tail *t = x86_tail(e, TAIL_UNLINKED);
    t->aux = index;
    t->delta = delta;
    t->last = from[1] != JIT_NONE;
    t->from[0] = from[0];
    t->from[1] = from[1];
}

static void tail_unlinked(struct emitter *e, const struct tail *t)
{
    struct x86 *a = &e->a;

    uint32_t index = t->aux & ~JIT_EXIT_COPY;
    if (index == t->aux)
        e->exits[index].unlinked = a->n;
    if (!t->last) /* a way through the jump cache has set it */
        set_pc(e, t->delta);
    x86_mov_imm(a, RAX, (uint64_t)(uintptr_t)e->u->unit);
    x86_rm(a, X86_MOV_STORE, true, RAX, CPU_AT(exit_unit));
    x86_mov_mem_imm(a, 4, CPU_AT(exit_index), (int32_t)index);
    x86_to_stub(e, x86_jmp(a), JIT_STUB_NEXT);
}

/* Number of this way out, as the core counts them. */
static uint32_t exit_number(struct jit_unit *u)
{
    return u->region ? u->ir->insns[u->index].reserved : u->n_exit++;
}

static void exit_if(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    const struct jit_insn *cond = &u->insns[insn->arg[0]];
    uint32_t refund = refund_at(u, u->guest_insn), index = insn->aux ? 0 : exit_number(u);
    int cc = CC_NE;

    if (cond->flags & JIT_FUSED) {
        cc = x86_condition(cond->op); /* the comparison stands right before */
    } else if (jit_is_const(u, insn->arg[0])) {
        x86_mov_imm(&e->a, RAX, cond->imm != 0);
        x86_rr(&e->a, X86_TEST, false, RAX, RAX);
    } else {
        int reg = jit_use(u, insn->arg[0]);
        x86_rr(&e->a, X86_TEST, true, reg, reg);
    }
    jit_consume(u);
    bool direct = !refund && !u->may_leave && !u->region && on_this_page(u, insn->imm);
    if (direct)
        x86_align4(&e->a, 2);
    uint32_t place = x86_jcc(&e->a, cc);
    if (insn->aux && !refund && !u->may_leave && u->region->blocks[insn->aux - 1].zone == u->zone) {
        x86_to_block(e, place, insn->aux - 1);
        return;
    }
    struct tail *t = x86_tail(e, direct ? TAIL_UNLINKED : TAIL_EDGE);
    t->from[0] = place;
    t->aux = index;
    t->block = insn->aux;
    t->delta = insn->imm;
    t->next_refund = refund;
    t->may_leave = u->may_leave;
    if (direct)
        e->exits[index].site = place;
}

void x86_leave_to(struct emitter *e)
{
    uint32_t miss[2];

    x86_rm(&e->a, X86_MOV_STORE, true, RAX, CPU_AT(pc));
    if (e->u->region)
        x86_region_out(e);
    if (e->u->may_leave) {
        x86_alu_mem_imm(&e->a, ALU_CMP, false, CPU_AT(pending_exit), 0);
        x86_to_stub(e, x86_jcc(&e->a, CC_NE), JIT_STUB_LEAVE_HERE);
    }
    jump_cache(e, miss);
    x86_to_stub(e, miss[0], JIT_STUB_LEAVE_HERE);
    x86_to_stub(e, miss[1], JIT_STUB_LEAVE_HERE);
}

static void exit_to(struct emitter *e, const struct jit_insn *insn)
{
    bool stays = e->u->region && insn->aux == VM_JUMP_PLAIN;

    x86_value(e, RAX, insn->arg[0]);
    jit_consume(e->u);
    if (!stays || !x86_jump_in_region(e))
        x86_leave_to(e);
}

/* ---- traps ---- */

/* Fills cpu->fault but for the value, which is in rax. */
static void trap_with_rax(struct emitter *e, int64_t code)
{
    struct x86 *a = &e->a;

    x86_rm(a, X86_MOV_STORE, true, RAX, CPU_AT(fault.value));
    x86_mov_imm(a, RCX, (uint64_t)code);
    x86_rm(a, X86_MOV_STORE, true, RCX, CPU_AT(fault.code));
    x86_mov_mem_imm(a, 4, CPU_AT(fault.kind), VM_FAULT_TRAP);
    x86_mov_mem_imm(a, 4, CPU_AT(fault.access), 0);
    x86_mov_mem_imm(a, 8, CPU_AT(fault.va), 0);
}

static void trap(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;

    x86_value(e, RAX, insn->arg[0]);
    jit_consume(u);
    trap_with_rax(e, insn->imm);
    leave(e, JIT_STUB_TRAP, u->delta, refund_at(u, u->guest_insn - 1));
}

static void trap_if(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    const struct jit_insn *cond = &u->insns[insn->arg[0]];
    int32_t constant = 0;
    bool in_code =
        jit_where(u, insn->arg[1]) < 0 && jit_small_const(u, insn->arg[1], true, &constant);
    int value = in_code ? -1 : jit_use(u, insn->arg[1]), cc = CC_NE;

    if (cond->flags & JIT_FUSED) {
        cc = x86_condition(cond->op); /* loading a value does not change the host's flags */
    } else {
        int reg = jit_use(u, insn->arg[0]);
        x86_rr(&e->a, X86_TEST, true, reg, reg);
    }
    uint32_t place = x86_jcc(&e->a, cc);
    struct tail *t = x86_tail(e, TAIL_TRAP);
    t->from[0] = place;
    t->reg = (int8_t)value;
    t->next = constant;
    t->imm = insn->imm;
    jit_consume(u);
}

/* ---- helpers ---- */

static bool is_narrow_argument(const struct jit_unit *u, vm_ir_value v)
{
    const struct jit_insn *def = &u->insns[v];
    return def->result == VM_I32 || def->result == VM_F32;
}

/* Whether the guest instruction in progress ends where a call has set cpu->pc to. */
static bool leaves_to_pc(const struct jit_unit *u)
{
    for (uint32_t i = jit_next(u, u->index);; i = jit_next(u, i)) {
        switch (u->insns[i].op) {
        case VM_OP_EXIT_PC:
            return true;
        case VM_OP_INSN:
        case VM_OP_LABEL:
        case VM_OP_EXIT:
        case VM_OP_EXIT_TO:
        case VM_OP_EXIT_STATE:
        case VM_OP_TRAP:
            return false;
        default:
            break;
        }
    }
}

static void call(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    const struct vm_helper *helper = &u->engine->arch->helpers[insn->aux];
    const struct vm_ir_insn *ir = &u->ir->insns[u->index];

    for (uint32_t i = 0; i < insn->n_args; i++)
        x86_argument(e, i, insn->arg[i], is_narrow_argument(u, vm_ir_arg(ir, i)));
    for (uint32_t i = insn->n_args; i < 6; i++) {
        struct x86_mem arg = FRAME_AT(u, arg);
        arg.disp += (int32_t)(8 * i);
        x86_mov_mem_imm(&e->a, 8, arg, 0);
    }
    jit_consume(u);
    jit_clobber_for(u, helper);
    if (helper->flags & VM_HELPER_PURE) {
        x86_call_pure(e, insn->aux, jit_floats_live(u));
    } else {
        set_pc(e, u->first_delta);
        x86_call_function(e, insn->aux, jit_floats_live(u));
    }
    if (helper->flags & (VM_HELPER_MAY_TRAP | VM_HELPER_MAY_EXIT)) {
        x86_alu_mem_imm(&e->a, ALU_CMP, false, CPU_AT(pending_exit), VM_EXIT_TRAP);
        uint32_t place = x86_jcc(&e->a, CC_E);
        x86_tail(e, TAIL_CALL_EXIT)->from[0] = place;
    }
    if (!(helper->flags & VM_HELPER_PURE) && !leaves_to_pc(u))
        x86_only_page_of_pc(e);
    u->may_leave |= (helper->flags & VM_HELPER_MAY_EXIT) != 0;
    if (insn->uses)
        x86_move(e, jit_define(u), RAX);
}

/* ---- markers ---- */

/* A guest instruction that may have to be left at its end is over. */
static void marker(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;

    if (u->may_leave) {
        x86_alu_mem_imm(&e->a, ALU_CMP, false, CPU_AT(pending_exit), 0);
        uint32_t place = x86_jcc(&e->a, CC_NE);
        struct tail *t = x86_tail(e, TAIL_PENDING);
        t->from[0] = place;
        t->next = insn->imm;
        t->next_refund = refund_at(u, u->guest_insn);
    }
    u->may_leave = false;
    u->guest_insn++;
    u->delta = insn->imm;
}

static void count_block(struct emitter *e, uint32_t insns)
{
    x86_alu_imm(&e->a, ALU_ADD, false, host_count_reg, (int32_t)insns);
}

/* Looks whether the countdown reaches to the next poll, and counts the block: first, if the count's
 * bias makes up for that. */
static void poll_here(struct emitter *e, const struct jit_block *b)
{
    struct x86 *a = &e->a;
    uint32_t bias = e->u->region->bias;
    bool first = b->longest - b->insns <= bias;
    int counted = host_count_reg;

    if (first) {
        count_block(e, b->insns);
    } else {
        counted = RAX;
        x86_rm(a, X86_LEA, false, RAX, x86_at(host_count_reg, (int32_t)(b->longest - bias)));
    }
    x86_rm(a, X86_CMP, false, counted, CPU_AT(countdown));
    uint32_t place = x86_jcc(a, CC_G);
    struct tail *t = x86_tail(e, TAIL_POLL);
    t->from[0] = place;
    t->next_refund = first ? b->insns : 0;
    if (!first)
        count_block(e, b->insns);
}

/* A block of a region begins. */
static void label(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;
    struct jit_block *b = &u->region->blocks[u->n_block++];
    struct x86 *a = &e->a;

    u->guest_insn = 0;
    u->guest_insns = b->insns;
    u->delta = u->first_delta = b->delta;
    if (!(insn->aux & VM_LABEL_INNER)) {
        u->may_leave = false;
        x86_set_zone(e, b->zone);
        jit_registers_init(u);
        if (b->polls)
            x86_align16(a);
    }
    b->place = a->n;
    if (b->polls) {
        poll_here(e, b);
        return;
    }
    if (u->unit->poll_blocks) {
        x86_alu_mem_imm(a, ALU_CMP, false, CPU_AT(countdown), 0);
        uint32_t poll = x86_jcc(a, CC_L);
        x86_tail(e, TAIL_POLL)->from[0] = poll;
    }
    count_block(e, b->insns);
}

void x86_region_entry(struct emitter *e, struct jit_block *b)
{
    const struct jit_unit *u = e->u;
    struct x86 *a = &e->a;

    x86_align16(a);
    b->stub = a->n;
    x86_set_zone(e, b->zone);
    x86_change_pins(e, &u->engine->pins, u->pins);
    x86_mov_imm(a, host_count_reg, u->region->bias);
    x86_only_page_of_pc(e);
    x86_lines_renew(a, u, true);
    if (!b->polls) {
        x86_alu_mem_imm(a, ALU_CMP, false, CPU_AT(countdown), (int32_t)b->longest);
        uint32_t poll = x86_jcc(a, CC_L);
        struct tail *t = x86_tail(e, TAIL_POLL);
        t->from[0] = poll;
        t->delta = b->delta;
    }
    x86_aim(a, x86_jmp(a), b->place);
}

void x86_set_zone(struct emitter *e, uint32_t zone)
{
    e->u->zone = zone;
    e->u->pins = &e->u->region->zones[zone];
}

/* Whether slot s is in the same register in both. */
static bool stays(const struct jit_pins *from, const struct jit_pins *to, uint32_t s)
{
    return from->of[s] >= 0 && to->of[s] >= 0 && from->reg[from->of[s]] == to->reg[to->of[s]];
}

/* A slot that all units have in a register is not in memory; any other is, unless it was written.
 */
void x86_change_pins(struct emitter *e, const struct jit_pins *from, const struct jit_pins *to)
{
    const struct jit_unit *u = e->u;

    for (uint32_t i = 0; i < from->n; i++) {
        uint32_t s = from->slot[i];
        if (!stays(from, to, s) && (u->engine->pins.of[s] >= 0 || u->region->written[s]))
            x86_pin(&e->a, u->engine, from, i, true);
    }
    for (uint32_t i = 0; i < to->n; i++)
        if (!stays(from, to, to->slot[i]))
            x86_pin(&e->a, u->engine, to, i, false);
}

/* All as other units want it: pins, countdown. Keeps rax, rcx and rdx. */
void x86_region_out(struct emitter *e)
{
    x86_change_pins(e, e->u->pins, &e->u->engine->pins);
    x86_count_out(&e->a, e->u);
}

void x86_count_out(struct x86 *a, const struct jit_unit *u)
{
    if (u->region->bias)
        x86_alu_imm(a, ALU_SUB, false, host_count_reg, (int32_t)u->region->bias);
    x86_rm(a, X86_SUB_STORE, false, host_count_reg, CPU_AT(countdown));
}

bool x86_emit_control(struct emitter *e, const struct jit_insn *insn)
{
    struct jit_unit *u = e->u;

    switch (insn->op) {
    case VM_OP_INSN:
        marker(e, insn);
        return true;
    case VM_OP_CALL:
        call(e, insn);
        return true;
    case VM_OP_EXIT_IF:
        exit_if(e, insn);
        return true;
    case VM_OP_LABEL:
        label(e, insn);
        return true;
    case VM_OP_EXIT:
        if (insn->aux)
            inner_edge(e, insn->imm, insn->aux - 1, 0, u->may_leave, true);
        else
            edge(e, insn->imm, exit_number(u), 0, u->may_leave);
        return true;
    case VM_OP_EXIT_TO:
        exit_to(e, insn);
        return true;
    case VM_OP_EXIT_STATE:
        set_pc(e, insn->imm);
        x86_leave_by(e, JIT_STUB_STATE);
        return true;
    case VM_OP_EXIT_PC:
        x86_leave_by(e, JIT_STUB_STATE);
        return true;
    case VM_OP_TRAP:
        trap(e, insn);
        return true;
    case VM_OP_TRAP_IF:
        trap_if(e, insn);
        return true;
    default:
        return false;
    }
}

/* ---- out-of-line parts ---- */

void x86_emit_tail(struct emitter *e, uint32_t index)
{
    struct tail t = e->tails[index]; /* the array may move meanwhile */

    for (uint32_t i = 0; i < 3; i++)
        if (t.from[i] != JIT_NONE)
            x86_aim(&e->a, t.from[i], e->a.n);
    switch (t.kind) {
    case TAIL_POLL:
        give_back(e, e->u->region ? t.next_refund : e->u->guest_insns);
        set_pc(e, t.delta);
        x86_leave_by(e, JIT_STUB_POLL);
        break;
    case TAIL_EDGE:
        if (t.block)
            inner_edge(e, t.delta, t.block - 1, t.next_refund, t.may_leave, false);
        else
            edge(e, t.delta, t.aux, t.next_refund, t.may_leave);
        break;
    case TAIL_GROUP:
        x86_tail_group(e, &t);
        break;
    case TAIL_UNLINKED:
        tail_unlinked(e, &t);
        break;
    case TAIL_PENDING:
        x86_leave_after(e, &t);
        break;
    case TAIL_CALL_EXIT:
        x86_leave_trap(e, &t);
        break;
    case TAIL_TRAP:
        if (t.reg < 0)
            x86_mov_imm(&e->a, RAX, (uint64_t)t.next);
        else
            x86_move(e, RAX, t.reg);
        trap_with_rax(e, t.imm);
        x86_leave_trap(e, &t);
        break;
    case TAIL_VECTOR:
        x86_tail_vector(e, &t);
        break;
    case TAIL_FLUSH:
        x86_tail_flush(e, &t);
        break;
    case TAIL_FLUSH_LANES:
        x86_tail_flush_lanes(e, &t);
        break;
    case TAIL_FP:
    case TAIL_FP_CONST:
    case TAIL_FP_HALF:
        x86_tail_fp(e, &t);
        break;
    default:
        x86_tail_memory(e, &t);
    }
}
