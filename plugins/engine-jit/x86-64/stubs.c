/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shared code at the start of the cache: the way in, the ways out, calls of C.
 *
 * ENTER   (cpu, entry): loads the pins and jumps to `entry`.
 * CALL    eax = 8 * index of a C function whose arguments are in the frame. The result is in rax,
 *         temporaries are as before, pins are read back from their slots. CALL_FLOAT saves
 *         the floating-point temporaries too.
 * FOLD    the host's floating-point flags into the arch's slot; changes rcx.
 * NEXT    exit_unit and exit_index are set: VM_EXIT_NEXT.
 * POLL    VM_EXIT_POLL.
 * LEAVE   the pc becomes its page + rcx and edx is added to the countdown, then as LEAVE_HERE: the
 * pending exit, or VM_EXIT_NEXT without a linkable exit. TRAP    the same two registers:
 * VM_EXIT_TRAP. STATE   the pending exit, or VM_EXIT_STATE.
 */
#include <stdlib.h>
#include <string.h>
#include "emit.h"

static const uint8_t callee_saved[] = {RBX, RBP, R12, R13, R14, R15};

struct stubs {
    const struct jit_engine *engine;
    const struct jit_pins *pins;
    const struct jit_unit
        *unit; /* a region, which counts instructions in host_count_reg; or NULL */
    struct x86 a;
    uint32_t exit; /* eax is the exit: the common end */
};

#define FRAME(s, field) x86_at(RBP, (s)->engine->frame + (int32_t)offsetof(struct jit_frame, field))

void x86_pin(struct x86 *a, const struct jit_engine *e, const struct jit_pins *pins, uint32_t pin,
             bool store)
{
    int reg = pins->reg[pin];
    struct x86_mem m = x86_at(RBP, jit_slot_at(e, pins->slot[pin]));

    if (jit_is_vector(e->arch->slots[pins->slot[pin]].type))
        x86_rm(a, store ? X86_MOVUPS_STORE : X86_MOVUPS_LOAD, false, XMM(reg), m);
    else if (reg >= JIT_FLOAT)
        x86_rm(a, store ? X86_MOVSD_STORE : X86_MOVSD_LOAD, false, XMM(reg), m);
    else
        x86_rm(a, store ? X86_MOV_STORE : X86_MOV_LOAD, true, reg, m);
}

static void move_pins(struct stubs *s, bool store)
{
    for (uint32_t i = 0; i < s->pins->n; i++)
        x86_pin(&s->a, s->engine, s->pins, i, store);
}

static void move_temporaries(struct stubs *s, bool store, bool floats)
{
    for (uint32_t i = 0; i < s->pins->n_temps; i++) {
        int reg = s->pins->temp[i];
        struct x86_mem m =
            x86_at(RBP, s->engine->frame + (int32_t)(offsetof(struct jit_frame, save) + 16 * i));
        if (reg < JIT_FLOAT)
            x86_rm(&s->a, store ? X86_MOV_STORE : X86_MOV_LOAD, true, reg, m);
        else if (floats)
            x86_rm(&s->a, store ? X86_MOVUPS_STORE : X86_MOVUPS_LOAD, false, XMM(reg), m);
    }
}

/* Flags that have gathered go into the slot; changes rcx. clean: they are cleared where there were
 * any. */
static void fold(struct stubs *s, bool clean)
{
    const struct jit_engine *e = s->engine;

    if (e->flags_slot == 0xffff)
        return;
    x86_stmxcsr(&s->a, FRAME(s, fp_status));
    x86_rm(&s->a, X86_MOV_LOAD, false, RCX, FRAME(s, fp_status));
    x86_alu_imm(&s->a, ALU_AND, false, RCX, 0x3f);
    uint32_t none = x86_jcc(&s->a, CC_E);
    struct x86_mem table = FRAME(s, fp_flags);
    table.index = RCX;
    x86_rm(&s->a, X86_MOVZX8, false, RCX, table);
    x86_rm(&s->a, X86_OR_STORE, false, RCX, x86_at(RBP, jit_slot_at(e, e->flags_slot)));
    if (clean)
        x86_ldmxcsr(&s->a, FRAME(s, fp_default));
    x86_aim(&s->a, none, s->a.n);
}

static void make_enter(struct stubs *s)
{
    struct x86 *a = &s->a;

    for (uint32_t i = 0; i < sizeof(callee_saved); i++)
        x86_push(a, callee_saved[i]);
    x86_alu_imm(a, ALU_SUB, true, RSP, 8); /* 16-byte alignment in compiled code */
    x86_rr(a, X86_MOV_LOAD, true, RBP, RDI);
    x86_rr(a, X86_MOV_LOAD, true, RAX, RSI);
    if (s->engine->flags_slot != 0xffff)
        x86_ldmxcsr(a, FRAME(s, fp_default));
    move_pins(s, false);
    x86_jmp_reg(a, RAX);
}

static void make_exit(struct stubs *s)
{
    struct x86 *a = &s->a;

    s->exit = a->n;
    move_pins(s, true);
    fold(s, false);
    x86_alu_imm(a, ALU_ADD, true, RSP, 8);
    for (uint32_t i = sizeof(callee_saved); i-- > 0;)
        x86_pop(a, callee_saved[i]);
    x86_ret(a);
}

static void make_call(struct stubs *s, enum jit_stub stub)
{
    bool floats = stub == JIT_STUB_CALL_FLOAT || stub == JIT_STUB_CALL_PURE_FLOAT;
    bool pure = stub == JIT_STUB_CALL_PURE || stub == JIT_STUB_CALL_PURE_FLOAT;
    static const uint8_t args[] = {RSI, RDX, RCX, R8, R9};
    struct x86 *a = &s->a;

    if (s->unit)
        x86_count_out(a, s->unit);
    move_pins(s, true);
    move_temporaries(s, true, floats);
    if (!pure)
        fold(s, false);
    x86_alu_imm(a, ALU_SUB, true, RSP, 24);
    struct x86_mem arg = FRAME(s, arg);
    arg.disp += 40;
    x86_rm(a, X86_MOV_LOAD, true, RCX, arg);
    x86_rm(a, X86_MOV_STORE, true, RCX, x86_at(RSP, 0));
    x86_rm(a, X86_ADD, true, RAX, FRAME(s, functions));
    x86_rr(a, X86_MOV_LOAD, true, RDI, RBP);
    for (uint32_t i = 0; i < sizeof(args); i++) {
        arg = FRAME(s, arg);
        arg.disp += (int32_t)(8 * i);
        x86_rm(a, X86_MOV_LOAD, true, args[i], arg);
    }
    x86_call_mem(a, x86_at(RAX, 0));
    x86_alu_imm(a, ALU_ADD, true, RSP, 24);
    if (!pure && s->engine->flags_slot != 0xffff)
        x86_ldmxcsr(a, FRAME(s, fp_default));
    move_temporaries(s, false, floats);
    move_pins(s, false);
    if (s->unit) {
        x86_mov_imm(a, host_count_reg, s->unit->region->bias);
        x86_lines_renew(a, s->unit, false);
    }
    x86_ret(a);
}

static void to_exit(struct stubs *s)
{
    uint32_t place = x86_jmp(&s->a);
    x86_aim(&s->a, place, s->exit);
}

static void adjust(struct stubs *s)
{
    x86_mov_imm(&s->a, RAX, VM_PAGE_MASK);
    x86_rm(&s->a, X86_AND, true, RAX, CPU_AT(pc));
    x86_rr(&s->a, X86_ADD, true, RAX, RCX);
    x86_rm(&s->a, X86_MOV_STORE, true, RAX, CPU_AT(pc));
    x86_rm(&s->a, X86_ADD_STORE, false, RDX, CPU_AT(countdown));
}

/* eax = the pending exit, which is no longer pending, or `otherwise`; `state`: NEXT does not count
 * as one. */
static void take_pending(struct stubs *s, uint32_t otherwise, bool state)
{
    struct x86 *a = &s->a;

    x86_mov_mem_imm(a, 8, CPU_AT(exit_unit), 0);
    x86_rm(a, X86_MOV_LOAD, false, RAX, CPU_AT(pending_exit));
    x86_mov_mem_imm(a, 4, CPU_AT(pending_exit), 0);
    x86_mov_imm(a, RCX, otherwise);
    x86_alu_imm(a, ALU_CMP, false, RAX, state ? VM_EXIT_POLL : VM_EXIT_NEXT);
    x86_rr(a, X86_CMOVB, false, RAX, RCX);
    to_exit(s);
}

static void make(struct stubs *s, struct jit_engine *e, enum jit_stub stub)
{
    struct x86 *a = &s->a;

    while (a->n % 16)
        x86_byte(a, 0xcc);
    e->stub[stub] = a->n;
    switch (stub) {
    case JIT_STUB_ENTER:
        make_enter(s);
        break;
    case JIT_STUB_CALL ... JIT_STUB_CALL_PURE_FLOAT:
        make_call(s, stub);
        break;
    case JIT_STUB_FOLD:
        fold(s, true);
        x86_ret(a);
        break;
    case JIT_STUB_NEXT:
        x86_mov_imm(a, RAX, VM_EXIT_NEXT);
        to_exit(s);
        break;
    case JIT_STUB_POLL:
        x86_mov_mem_imm(a, 8, CPU_AT(exit_unit), 0);
        x86_mov_imm(a, RAX, VM_EXIT_POLL);
        to_exit(s);
        break;
    case JIT_STUB_LEAVE:
        adjust(s);
        e->stub[JIT_STUB_LEAVE_HERE] = a->n;
        take_pending(s, VM_EXIT_NEXT, false);
        break;
    case JIT_STUB_TRAP:
        adjust(s);
        x86_mov_mem_imm(a, 8, CPU_AT(exit_unit), 0);
        x86_mov_mem_imm(a, 4, CPU_AT(pending_exit), 0);
        x86_mov_imm(a, RAX, VM_EXIT_TRAP);
        to_exit(s);
        break;
    case JIT_STUB_STATE:
        take_pending(s, VM_EXIT_STATE, true);
        break;
    case JIT_STUB_LEAVE_HERE:
    case JIT_STUB_OUT:
    case JIT_STUB_COUNT:
        break;
    }
}

int host_make_stubs(struct jit_engine *e, struct vm_error *err)
{
    struct stubs s = {.engine = e, .pins = &e->pins};

    make_exit(&s);
    for (uint32_t i = 0; i < JIT_STUB_COUNT; i++)
        if (i != JIT_STUB_LEAVE_HERE)
            make(&s, e, (enum jit_stub)i);
    uint32_t at = s.a.failed ? JIT_NONE : jit_cache_alloc(&e->cache, s.a.n);
    if (at != JIT_NONE)
        memcpy(e->cache.memory.write + at, s.a.bytes, s.a.n);
    for (uint32_t i = 0; i < JIT_STUB_COUNT; i++)
        e->stub[i] += at;
    if (at != JIT_NONE)
        jit_perf_name(e, at, s.a.n, "stubs", 0);
    free(s.a.bytes);
    return at == JIT_NONE ? vm_error_set(err, "no room for the shared code") : 0;
}

/* Where the region's current zone calls `stub`, it calls what follows here; true if it does at all.
 */
static bool aim_here(struct emitter *e, enum jit_stub stub)
{
    bool any = false;
    uint32_t kept = 0, wanted = stub | e->u->zone << 8;

    for (uint32_t i = 0; i < e->n_relocations; i++) {
        uint32_t place = e->relocations[2 * i], target = e->relocations[2 * i + 1];
        if (target == wanted) {
            x86_aim(&e->a, place, e->a.n);
            any = true;
            continue;
        }
        e->relocations[2 * kept] = place;
        e->relocations[2 * kept++ + 1] = target;
    }
    e->n_relocations = kept;
    return any;
}

static void zone_stubs(struct emitter *e)
{
    struct stubs s = {.engine = e->u->engine, .pins = e->u->pins, .unit = e->u, .a = e->a};

    for (uint32_t stub = JIT_STUB_CALL; stub <= JIT_STUB_CALL_PURE_FLOAT; stub++) {
        if (aim_here(e, (enum jit_stub)stub))
            make_call(&s, (enum jit_stub)stub);
        e->a = s.a;
    }
    if (aim_here(e, JIT_STUB_OUT)) {
        x86_region_out(e);
        x86_ret(&e->a);
    }
}

void x86_region_stubs(struct emitter *e)
{
    for (uint32_t zone = 0; zone < e->u->region->n_zones; zone++) {
        x86_set_zone(e, zone);
        zone_stubs(e);
    }
}
