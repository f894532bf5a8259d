/* SPDX-License-Identifier: BSD-2-Clause */
/* The made-up instruction set of the tests of core/vcpu. */
#include <string.h>
#include "vcpu_toy.h"

#define SLOT(n)                                    \
    {                                              \
        "r" #n, 8 * (n), VM_I64, VM_SLOT_HOT, 0, 0 \
    }

static const struct vm_slot slots[] = {
    SLOT(0), SLOT(1), SLOT(2),  SLOT(3),  SLOT(4),  SLOT(5),  SLOT(6),  SLOT(7),
    SLOT(8), SLOT(9), SLOT(10), SLOT(11), SLOT(12), SLOT(13), SLOT(14), SLOT(15),
};

#define ARGS        uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e, uint64_t f
#define UNUSED(...) unused(cpu, a, b, c, d, e, f)

static void unused(const struct vm_cpu *cpu, ARGS)
{
    (void)cpu, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
}

static struct toy_state *state_of(struct vm_cpu *cpu)
{
    return (struct toy_state *)cpu->state;
}

/* ---- helpers ---- */

static uint64_t do_wait(struct vm_cpu *cpu, ARGS)
{
    UNUSED();
    cpu->pending_exit = VM_EXIT_WAIT;
    return 0;
}

static uint64_t do_halt(struct vm_cpu *cpu, ARGS)
{
    struct toy *t = cpu->arch;
    UNUSED();
    state_of(cpu)->halted = 1;
    cpu->pending_exit = VM_EXIT_WAIT;
    if (atomic_fetch_add(&t->halted, 1) + 1 == t->cpus)
        sched_request_stop(t->sched, STOP_POWEROFF, 0);
    return 0;
}

static uint64_t do_timer(struct vm_cpu *cpu, ARGS)
{
    UNUSED();
    cpu->host->counter_compare(cpu, TOY_LINE_TIMER, a);
    return 0;
}

static uint64_t do_icount(struct vm_cpu *cpu, ARGS)
{
    UNUSED();
    return cpu->host->instructions(cpu);
}

static uint64_t do_time(struct vm_cpu *cpu, ARGS)
{
    UNUSED();
    return cpu->host->counter_read(cpu);
}

static uint64_t do_map(struct vm_cpu *cpu, ARGS)
{
    struct toy *t = cpu->arch;
    UNUSED();
    atomic_store(&t->map[(b >> VM_PAGE_BITS) % TOY_PAGES], a);
    return 0;
}

static uint64_t do_flush(struct vm_cpu *cpu, ARGS)
{
    UNUSED();
    cpu->host->tlb_flush(cpu, 0, 0, b & VM_PAGE_MASK, VM_PAGE_SIZE, false);
    cpu->pending_exit = VM_EXIT_STATE;
    return 0;
}

static uint64_t do_flush_all(struct vm_cpu *cpu, ARGS)
{
    UNUSED();
    cpu->host->tlb_flush_all_cpus(cpu, 0, 0, b & VM_PAGE_MASK, VM_PAGE_SIZE, false);
    cpu->pending_exit = VM_EXIT_STATE;
    return 0;
}

static uint64_t do_key(struct vm_cpu *cpu, ARGS)
{
    UNUSED();
    state_of(cpu)->key = a;
    cpu->pending_exit = VM_EXIT_STATE;
    return 0;
}

static uint64_t do_ien(struct vm_cpu *cpu, ARGS)
{
    UNUSED();
    state_of(cpu)->ienable = c;
    cpu->pending_exit = VM_EXIT_STATE;
    return 0;
}

static uint64_t do_iret(struct vm_cpu *cpu, ARGS)
{
    struct toy_state *s = state_of(cpu);
    UNUSED();
    s->ienable = c;
    cpu->pc = s->epc;
    return 0;
}

static uint64_t do_power(struct vm_cpu *cpu, ARGS)
{
    const struct vm_cpu_start start = {.pc = b, .arg = {a, 77}};
    UNUSED();
    if (c == TOY_POWER_ON)
        return (uint64_t)(int64_t)cpu->host->cpu_on(cpu, (uint32_t)a, &start);
    if (c == TOY_POWER_QUERY)
        return (uint64_t)(int64_t)cpu->host->cpu_power(cpu, (uint32_t)a);
    cpu->host->cpu_off(cpu);
    return 0;
}

enum {
    H_WAIT,
    H_HALT,
    H_TIMER,
    H_ICOUNT,
    H_TIME,
    H_MAP,
    H_FLUSH,
    H_FLUSH_ALL,
    H_KEY,
    H_IEN,
    H_IRET,
    H_POWER
};

#define HELPER(n, flags_)                                      \
    {                                                          \
        .name = #n, .fn = do_##n, .n_args = 3, .flags = flags_ \
    }

static const struct vm_helper helpers[] = {
    [H_WAIT] = HELPER(wait, VM_HELPER_MAY_EXIT),
    [H_HALT] = HELPER(halt, VM_HELPER_MAY_EXIT),
    [H_TIMER] = HELPER(timer, 0),
    [H_ICOUNT] = HELPER(icount, 0),
    [H_TIME] = HELPER(time, 0),
    [H_MAP] = HELPER(map, 0),
    [H_FLUSH] = HELPER(flush, VM_HELPER_MAY_EXIT),
    [H_FLUSH_ALL] = HELPER(flush_all, VM_HELPER_MAY_EXIT),
    [H_KEY] = HELPER(key, VM_HELPER_MAY_EXIT),
    [H_IEN] = HELPER(ien, VM_HELPER_MAY_EXIT),
    [H_IRET] = HELPER(iret, VM_HELPER_MAY_EXIT),
    [H_POWER] = HELPER(power, VM_HELPER_MAY_EXIT),
};

/* ---- translation ---- */

struct insn {
    uint32_t op, a, b;
    int64_t imm;
};

static struct insn decode(const uint8_t *p)
{
    uint32_t w = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return (struct insn){w >> 24, w >> 20 & 15, w >> 16 & 15, (int16_t)w};
}

static vm_ir_value get(struct vm_ir_unit *ir, uint32_t r)
{
    return r ? vm_ir_0(ir, VM_OP_GET, VM_I64, r, 0) : vm_ir_const(ir, VM_I64, 0);
}

static void put(struct vm_ir_unit *ir, uint32_t r, vm_ir_value v)
{
    if (r)
        vm_ir_1(ir, VM_OP_PUT, VM_NONE + VM_I64, r, 0, v);
}

static vm_ir_value call(struct vm_ir_unit *ir, uint32_t helper, const struct insn *i)
{
    vm_ir_value args[3] = {get(ir, i->a), get(ir, i->b), vm_ir_const(ir, VM_I64, i->imm)};
    return vm_ir_call(ir, helper, 3, args);
}

#define DATA(size_log2) ((uint32_t)(size_log2) | VM_MMU_DATA << VM_MEMOP_MMU_SHIFT)

/* False: it is none of these. */
static bool emit_plain(struct vm_ir_unit *ir, const struct insn *i, const uint64_t key[2])
{
    switch (i->op) {
    case OP_ADDI:
        put(ir, i->a,
            vm_ir_2(ir, VM_OP_ADD, VM_I64, 0, 0, get(ir, i->b), vm_ir_const(ir, VM_I64, i->imm)));
        return true;
    case OP_ADD:
        put(ir, i->a, vm_ir_2(ir, VM_OP_ADD, VM_I64, 0, 0, get(ir, i->a), get(ir, i->b)));
        return true;
    case OP_LD:
        put(ir, i->a, vm_ir_1(ir, VM_OP_LOAD, VM_I64, DATA(3), i->imm, get(ir, i->b)));
        return true;
    case OP_ST:
    case OP_STW: {
        vm_ir_value to = get(ir, i->b);
        vm_ir_2(ir, VM_OP_STORE, VM_I64, DATA(i->op == OP_ST ? 3 : 2), i->imm, to, get(ir, i->a));
        return true;
    }
    case OP_AADD: {
        uint32_t memop = DATA(3) | VM_MEMOP_ALIGN | (uint32_t)VM_AMO_ADD << VM_MEMOP_AMO_SHIFT;
        vm_ir_value to = get(ir, i->b);
        vm_ir_2(ir, VM_OP_AMO, VM_I64, memop, i->imm, to, get(ir, i->a));
        return true;
    }
    case OP_GETKEY:
        put(ir, i->a, vm_ir_const(ir, VM_I64, (int64_t)key[0]));
        return true;
    case OP_MAP:
        call(ir, H_MAP, i);
        return true;
    default:
        return false;
    }
}

/* The last instruction of a unit. `at`: its offset in the unit. */
static void emit_last(struct vm_ir_unit *ir, const struct insn *i, int64_t at)
{
    static const uint8_t helper_of[] = {
        [OP_WAIT] = H_WAIT,   [OP_HALT] = H_HALT,     [OP_TIMER] = H_TIMER,
        [OP_FLUSH] = H_FLUSH, [OP_KEY] = H_KEY,       [OP_FLUSH_ALL] = H_FLUSH_ALL,
        [OP_IEN] = H_IEN,     [OP_ICOUNT] = H_ICOUNT, [OP_TIME] = H_TIME,
    };
    switch (i->op) {
    case OP_JMP:
        vm_ir_0(ir, VM_OP_EXIT, VM_NONE, 0, at + i->imm);
        break;
    case OP_JR:
        vm_ir_1(ir, VM_OP_EXIT_TO, VM_NONE, VM_JUMP_PLAIN, 0, get(ir, i->b));
        break;
    case OP_ICOUNT:
    case OP_TIME:
        put(ir, i->a, call(ir, helper_of[i->op], i));
        vm_ir_0(ir, VM_OP_EXIT, VM_NONE, 0, at + 4);
        break;
    case OP_POWER:
        put(ir, 15, call(ir, H_POWER, i));
        vm_ir_0(ir, VM_OP_EXIT_STATE, VM_NONE, 0, at + 4);
        break;
    case OP_IRET:
        call(ir, H_IRET, i);
        vm_ir_0(ir, VM_OP_EXIT_PC, VM_NONE, 0, 0);
        break;
    case OP_WAIT:
    case OP_HALT:
    case OP_TIMER:
    case OP_FLUSH:
    case OP_FLUSH_ALL:
    case OP_KEY:
    case OP_IEN:
        call(ir, helper_of[i->op], i);
        vm_ir_0(ir, VM_OP_EXIT_STATE, VM_NONE, 0, at + 4);
        break;
    default: /* OP_TRAP, and what there is not */
        vm_ir_1(ir, VM_OP_TRAP, VM_NONE, 0, i->op == OP_TRAP ? i->imm : -1, get(ir, 0));
    }
}

static int translate(void *arch, struct vm_code *code, struct vm_ir_unit *ir)
{
    uint32_t at = 0, n = code->n_bytes;
    (void)arch;
    for (uint32_t done = 0; done < code->max_insns && done < VM_UNIT_MAX_EXITS - 1;
         done++, at += 4) {
        bool straddles = at + 4 > n;
        if (straddles && at > 0)
            break;
        if (straddles && (n = code->more(code)) == 0)
            return VM_TRANSLATE_FAULT;
        struct insn i = decode(code->bytes + at);
        if ((i.op == OP_ICOUNT || i.op == OP_TIME) && at > 0)
            break;
        vm_ir_0(ir, VM_OP_INSN, VM_NONE, 4, at);
        if (i.op == OP_BNE) {
            vm_ir_value differ = vm_ir_2(ir, VM_OP_NE, VM_I64, 0, 0, get(ir, i.a), get(ir, i.b));
            vm_ir_1(ir, VM_OP_EXIT_IF, VM_NONE, 0, at + i.imm, differ);
        } else if (!emit_plain(ir, &i, code->key)) {
            emit_last(ir, &i, at);
            return VM_TRANSLATE_OK;
        }
        if (straddles) {
            at += 4;
            break;
        }
    }
    vm_ir_0(ir, VM_OP_EXIT, VM_NONE, 0, at);
    return VM_TRANSLATE_OK;
}

/* ---- the rest ---- */

static int cpu_init(void *arch, struct vm_cpu *cpu, struct vm_error *err)
{
    (void)arch, (void)cpu, (void)err;
    return 0;
}

static void cpu_reset(struct vm_cpu *cpu, const struct vm_cpu_start *start)
{
    memset(cpu->state, 0, sizeof(struct toy_state));
    cpu->pc = start->pc;
    for (int i = 0; i < 4; i++)
        state_of(cpu)->r[1 + i] = start->arg[i];
}

static void mode(struct vm_cpu *cpu, struct vm_cpu_mode *mode)
{
    mode->key[0] = (uint32_t)state_of(cpu)->key;
    for (int i = 0; i < VM_MMU_COUNT; i++)
        mode->context[i] = 1 + (state_of(cpu)->key >> 32);
}

static int mmu_translate(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
                         uint32_t mmu, struct vm_translation *out, struct vm_fault *fault)
{
    struct toy *t = cpu->arch;
    uint64_t entry = va >> VM_PAGE_BITS < TOY_PAGES ? atomic_load(&t->map[va >> VM_PAGE_BITS]) : 0;
    (void)context, (void)mmu;
    bool forbidden =
        (entry & TOY_NO_CACHE) && access == VM_ACCESS_EXEC && (va & (VM_PAGE_SIZE / 2));
    if (!(entry & TOY_PRESENT) || forbidden) {
        fault->code = 1000;
        return -1;
    }
    *out = (struct vm_translation){
        .pa = (entry & VM_PAGE_MASK) | (va & ~VM_PAGE_MASK),
        .page_bits = VM_PAGE_BITS,
        .prot = VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC,
        .no_cache = entry & TOY_NO_CACHE,
    };
    return 0;
}

static void deliver_fault(struct vm_cpu *cpu)
{
    struct toy_state *s = state_of(cpu);
    s->cause = cpu->fault.code;
    s->epc = cpu->pc;
    s->ienable = 0;
    if (s->vector)
        cpu->pc = s->vector;
    else
        sched_request_stop(((struct toy *)cpu->arch)->sched, STOP_POWEROFF, 99);
}

static bool deliver_interrupt(struct vm_cpu *cpu)
{
    struct toy_state *s = state_of(cpu);
    uint64_t lines = atomic_load_explicit(&cpu->lines, memory_order_acquire);
    if (!s->ienable || !lines)
        return false;
    s->cause = 2000 + (uint64_t)__builtin_ctzll(lines);
    if (s->cause == 2000 + TOY_LINE_DEVICE)
        cpu->host->set_line(cpu, TOY_LINE_DEVICE, 0);
    s->epc = cpu->pc;
    s->ienable = 0;
    cpu->pc = s->vector;
    return true;
}

static bool wake(struct vm_cpu *cpu)
{
    return !state_of(cpu)->halted && atomic_load_explicit(&cpu->lines, memory_order_acquire);
}

const struct vm_arch_ops toy_arch = {
    .size = sizeof(struct vm_arch_ops),
    .slots = slots,
    .n_slots = 16,
    .helpers = helpers,
    .n_helpers = sizeof(helpers) / sizeof(helpers[0]),
    .fp = {.flags_slot = 0xffff},
    .state_size = sizeof(struct toy_state),
    .min_insn_bytes = 4,
    .max_insn_bytes = 4,
    .cpu_init = cpu_init,
    .cpu_reset = cpu_reset,
    .mode = mode,
    .translate = translate,
    .mmu_translate = mmu_translate,
    .deliver_fault = deliver_fault,
    .deliver_interrupt = deliver_interrupt,
    .wake = wake,
};
