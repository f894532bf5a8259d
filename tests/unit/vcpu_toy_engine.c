/* SPDX-License-Identifier: BSD-2-Clause */
/* A plain engine for the tests of core/vcpu: walks the IR that the made-up instruction set emits.
 */
#include <stdlib.h>
#include <string.h>
#include "vcpu_toy.h"

#define MAX_VALUES 1024

struct code {
    struct vm_unit *unit;
    uint32_t n;
    _Atomic(struct vm_unit *) links[VM_UNIT_MAX_EXITS];
    struct vm_ir_insn insns[];
};

/* One unit being run. */
struct walk {
    struct vm_cpu *cpu;
    const struct code *code;
    uint64_t *values;
    uint32_t insns; /* guest instructions begun */
    int64_t delta;  /* of the one in progress */
    uint32_t exits; /* seen */
    uint32_t leave; /* after this guest instruction, or VM_EXIT_NONE */
};

static void *create(const struct vm_host *host, const struct vm_arch_ops *arch, uint32_t state_size,
                    const struct vm_props *props, struct vm_error *err)
{
    (void)host, (void)arch, (void)state_size, (void)props, (void)err;
    return malloc(1);
}

static int compile(void *engine, const struct vm_ir_unit *ir, struct vm_unit *unit,
                   struct vm_error *err)
{
    size_t bytes = sizeof(struct code) + ir->n_insns * sizeof(ir->insns[0]);
    struct code *code = calloc(1, bytes);
    (void)engine;
    if (!code || ir->n_insns > MAX_VALUES) {
        free(code);
        return vm_error_set(err, "out of memory or room");
    }
    code->unit = unit;
    code->n = ir->n_insns;
    memcpy(code->insns, ir->insns, ir->n_insns * sizeof(ir->insns[0]));
    unit->entry = unit->code = code;
    unit->code_bytes = bytes;
    return 0;
}

static void release(void *engine, struct vm_unit *unit)
{
    (void)engine;
    free(unit->code);
}

static void set_link(void *engine, struct vm_unit *from, uint32_t index, struct vm_unit *to)
{
    struct code *code = from->code;
    (void)engine;
    atomic_store(&code->links[index], to);
}

static void unlink_exit(void *engine, struct vm_unit *from, uint32_t index)
{
    set_link(engine, from, index, NULL);
}

static void give_back(struct vm_cpu *cpu, uint32_t n)
{
    int32_t now = atomic_load_explicit(&cpu->countdown, memory_order_relaxed);
    atomic_store_explicit(&cpu->countdown, now + (int32_t)n, memory_order_relaxed);
}

/* Takes linkable exit `index`: true if *next is where to go on. */
static bool take_exit(struct walk *w, uint32_t index, int64_t delta, struct vm_unit **next)
{
    struct vm_cpu *cpu = w->cpu;
    give_back(cpu, w->code->unit->guest_insns - w->insns);
    cpu->pc += (uint64_t)delta;
    *next = atomic_load(&((struct code *)w->code)->links[index]);
    const struct vm_jump_entry *e = &cpu->jump_cache[vm_jump_index(cpu->pc)];
    bool in_page = w->code->unit->page_offset + (uint64_t)delta < VM_PAGE_SIZE;
    if (!*next && !in_page && e->pc == cpu->pc && e->tag == cpu->jump_tag)
        *next = e->unit;
    cpu->exit_unit = w->code->unit;
    cpu->exit_index = index;
    return *next != NULL;
}

static enum vm_exit leave_at(struct walk *w, int64_t delta, enum vm_exit exit)
{
    give_back(w->cpu, w->code->unit->guest_insns - w->insns);
    w->cpu->pc += (uint64_t)delta;
    w->cpu->exit_unit = NULL;
    w->cpu->pending_exit = VM_EXIT_NONE;
    return exit;
}

/* The instruction in progress has not happened. */
static enum vm_exit leave_trap(struct walk *w)
{
    w->insns--;
    return leave_at(w, w->delta, VM_EXIT_TRAP);
}

/* Memory operations; false: fault. */
static bool access_memory(struct walk *w, const struct vm_ir_insn *i, uint64_t *result)
{
    struct vm_cpu *cpu = w->cpu;
    uint64_t va = w->values[i->arg[0]] + (uint64_t)i->imm;
    uint32_t size = VM_MEMOP_SIZE(i->aux);
    enum vm_access access = i->op == VM_OP_LOAD ? VM_ACCESS_READ : VM_ACCESS_WRITE;
    void *p = i->op == VM_OP_AMO ? NULL : vm_tlb_probe(cpu, VM_MEMOP_MMU(i->aux), va, size, access);
    int status = VM_MEM_OK;
    if (i->op == VM_OP_LOAD && p)
        *result = vm_ram_load(p, size);
    else if (i->op == VM_OP_LOAD)
        status = cpu->host->load(cpu, va, i->aux, result);
    else if (i->op == VM_OP_AMO)
        status = cpu->host->amo(cpu, va, i->aux, w->values[i->arg[1]], result);
    else if (p)
        vm_ram_store(p, size, w->values[i->arg[1]]);
    else
        status = cpu->host->store(cpu, va, i->aux, w->values[i->arg[1]]);
    if (status == VM_MEM_CODE)
        w->leave = VM_EXIT_NEXT;
    return status != VM_MEM_FAULT;
}

/* One operation that is not an exit; false: fault. */
static bool step(struct walk *w, const struct vm_ir_insn *i, uint64_t *result)
{
    struct vm_cpu *cpu = w->cpu;
    uint64_t *slots = (uint64_t *)cpu->state, a[3] = {0};
    for (uint32_t k = 0; k < i->n_args && k < 3; k++)
        a[k] = w->values[i->arg[k]];
    switch (i->op) {
    case VM_OP_CONST:
        *result = (uint64_t)i->imm;
        return true;
    case VM_OP_GET:
        *result = slots[i->aux];
        return true;
    case VM_OP_PUT:
        slots[i->aux] = a[0];
        return true;
    case VM_OP_ADD:
        *result = a[0] + a[1];
        return true;
    case VM_OP_NE:
        *result = a[0] != a[1];
        return true;
    case VM_OP_LOAD:
    case VM_OP_STORE:
    case VM_OP_AMO:
        return access_memory(w, i, result);
    case VM_OP_CALL:
        *result = toy_arch.helpers[i->aux].fn(cpu, a[0], a[1], a[2], 0, 0, 0);
        w->leave = cpu->pending_exit;
        return true;
    default:
        abort();
    }
}

/* Runs one unit. *next: the one to go on with, or NULL: leave with the result. */
static enum vm_exit run_unit(struct vm_cpu *cpu, const struct code *code, struct vm_unit **next)
{
    uint64_t values[MAX_VALUES];
    struct walk w = {.cpu = cpu, .code = code, .values = values};
    *next = NULL;
    for (uint32_t k = 0; k < code->n; k++) {
        const struct vm_ir_insn *i = &code->insns[k];
        bool ends = i->op == VM_OP_INSN || i->op == VM_OP_EXIT;
        if (ends && w.leave != VM_EXIT_NONE)
            return leave_at(&w, i->imm, (enum vm_exit)w.leave);
        switch (i->op) {
        case VM_OP_INSN:
            w.insns++;
            w.delta = i->imm;
            break;
        case VM_OP_EXIT_IF:
            if (values[i->arg[0]] && take_exit(&w, w.exits, i->imm, next))
                return VM_EXIT_NEXT;
            if (values[i->arg[0]])
                return VM_EXIT_NEXT;
            w.exits++;
            break;
        case VM_OP_EXIT:
            take_exit(&w, w.exits, i->imm, next);
            return VM_EXIT_NEXT;
        case VM_OP_EXIT_TO: {
            cpu->pc = values[i->arg[0]];
            cpu->exit_unit = NULL;
            const struct vm_jump_entry *e = &cpu->jump_cache[vm_jump_index(cpu->pc)];
            *next = e->pc == cpu->pc && e->tag == cpu->jump_tag ? e->unit : NULL;
            return VM_EXIT_NEXT;
        }
        case VM_OP_EXIT_STATE:
            return leave_at(&w, i->imm, w.leave ? (enum vm_exit)w.leave : VM_EXIT_STATE);
        case VM_OP_EXIT_PC:
            return leave_at(&w, 0, w.leave ? (enum vm_exit)w.leave : VM_EXIT_STATE);
        case VM_OP_TRAP:
            cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRAP, .code = (uint64_t)i->imm};
            return leave_trap(&w);
        default:
            if (!step(&w, i, &values[k]))
                return leave_trap(&w);
        }
    }
    abort();
}

static enum vm_exit enter(void *engine, struct vm_cpu *cpu, struct vm_unit *unit)
{
    (void)engine;
    for (;;) {
        int32_t left = atomic_load_explicit(&cpu->countdown, memory_order_relaxed);
        struct vm_unit *next;
        if (left < (int32_t)unit->guest_insns) {
            cpu->exit_unit = NULL;
            return VM_EXIT_POLL;
        }
        atomic_store_explicit(&cpu->countdown, left - (int32_t)unit->guest_insns,
                              memory_order_relaxed);
        enum vm_exit exit = run_unit(cpu, unit->entry, &next);
        if (!next)
            return exit;
        unit = next;
    }
}

const struct vm_engine_ops toy_direct_engine = {
    .size = sizeof(struct vm_engine_ops),
    .create = create,
    .destroy = free,
    .compile = compile,
    .release = release,
    .enter = enter,
    .link = set_link,
    .unlink = unlink_exit,
};
