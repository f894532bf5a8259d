/* SPDX-License-Identifier: BSD-2-Clause */
/* A plain engine for the tests of core/vcpu: walks the IR that the made-up instruction set emits.
 */
#include <stdlib.h>
#include <string.h>
#include "vcpu_toy.h"

#define MAX_VALUES 8192
#define MAX_BLOCKS 64

#define FRAME_MAGIC 0x0123456789abcdefu

/* Each has a frame and a part of its own in each vCPU, and finds them as it left them. */
struct engine {
    uint32_t frame;
    uint64_t limit; /* of code; 0: none */
    _Atomic uint64_t used, released;
    _Atomic uint32_t regions; /* compiled so far */
};

struct code;

/* What vm_unit.entry points to. */
struct entry {
    struct code *code;
    uint32_t first; /* instruction */
};

struct region {
    uint32_t n_blocks;
    uint32_t blocks[MAX_BLOCKS]; /* the LABELs */
    struct entry entries[MAX_BLOCKS];
};

struct code {
    struct engine *engine;
    struct vm_unit *unit;
    bool counts;
    uint32_t n;
    struct entry entry;
    struct region *region; /* or NULL */
    _Atomic(struct vm_unit *) links[VM_UNIT_MAX_EXITS];
    struct vm_ir_insn insns[]; /* arg[1] of an exit that leaves: its index */
};

/* One unit being run. */
struct walk {
    struct vm_cpu *cpu;
    const struct code *code;
    uint64_t *values;
    uint64_t base;    /* that deltas count from */
    uint32_t charged; /* guest instructions taken off the countdown */
    uint32_t insns;   /* begun */
    int64_t delta;    /* of the one in progress */
    uint32_t leave;   /* after this guest instruction, or VM_EXIT_NONE */
};

static void *create(const struct vm_host *host, const struct vm_arch_ops *arch, uint32_t state_size,
                    const struct vm_props *props, struct vm_error *err)
{
    struct engine *e = calloc(1, sizeof(*e));
    (void)host, (void)arch, (void)props, (void)err;
    e->frame = state_size;
    return e;
}

static void *create_bounded(const struct vm_host *host, const struct vm_arch_ops *arch,
                            uint32_t state_size, const struct vm_props *props, struct vm_error *err)
{
    struct engine *e = create(host, arch, state_size, props, err);
    e->limit = TOY_BOUND;
    return e;
}

/* Where the part of this vCPU would be, if it had one. */
static uint64_t part_of(const struct engine *e, const struct vm_cpu *cpu)
{
    return FRAME_MAGIC + e->frame + cpu->index * UINT64_C(65536);
}

static int cpu_init(void *self, struct vm_cpu *cpu, struct vm_error *err)
{
    struct engine *e = self;
    (void)err;
    cpu->engine = (void *)(uintptr_t)part_of(e, cpu);
    *(uint64_t *)(cpu->state + e->frame) = part_of(e, cpu);
    return 0;
}

static void check_part(const struct engine *e, const struct vm_cpu *cpu)
{
    if (cpu->engine != (void *)(uintptr_t)part_of(e, cpu) ||
        *(const uint64_t *)(cpu->state + e->frame) != part_of(e, cpu))
        abort();
}

static void cpu_exit(void *self, struct vm_cpu *cpu)
{
    check_part(self, cpu);
}

static void find_exits(struct code *code)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < code->n; i++) {
        struct vm_ir_insn *insn = &code->insns[i];
        if ((insn->op == VM_OP_EXIT || insn->op == VM_OP_EXIT_IF) && !insn->aux)
            insn->arg[1] = n++;
    }
}

static void find_entries(struct code *code, struct vm_unit *unit)
{
    struct region *r = code->region;
    uint32_t n = 0;
    code->entry = (struct entry){code, 0};
    unit->entry = &code->entry;
    for (uint32_t i = 0; i < code->n; i++) {
        if (code->insns[i].op != VM_OP_LABEL)
            continue;
        r->blocks[r->n_blocks++] = i;
        if (!(code->insns[i].aux & VM_LABEL_ENTRY))
            continue;
        r->entries[n] = (struct entry){code, i};
        unit->entries[n]->entry = &r->entries[n];
        n++;
    }
    if (n != unit->n_entries || (n && unit->entries[0] != unit))
        abort();
}

static int compile(void *engine, const struct vm_ir_unit *ir, struct vm_unit *unit,
                   struct vm_error *err)
{
    size_t bytes = sizeof(struct code) + ir->n_insns * sizeof(ir->insns[0]);
    struct engine *e = engine;
    if (atomic_fetch_add(&e->used, bytes) + bytes > e->limit && e->limit) {
        atomic_fetch_sub(&e->used, bytes);
        return VM_COMPILE_FULL;
    }
    struct code *code = calloc(1, bytes);
    struct region *region = unit->n_entries ? calloc(1, sizeof(*region)) : NULL;
    if (!code || ir->n_insns > MAX_VALUES || (unit->n_entries && !region)) {
        free(code);
        free(region);
        return vm_error_set(err, "out of memory or room");
    }
    code->engine = e;
    code->unit = unit;
    code->counts = atomic_load_explicit(&unit->heat, memory_order_relaxed) > 0;
    code->region = region;
    code->n = ir->n_insns;
    memcpy(code->insns, ir->insns, ir->n_insns * sizeof(ir->insns[0]));
    find_exits(code);
    find_entries(code, unit);
    unit->code = code;
    unit->code_bytes = bytes;
    return VM_COMPILE_OK;
}

/* The first regions are no sooner made than it knows better. */
static int compile_outdated(void *engine, const struct vm_ir_unit *ir, struct vm_unit *unit,
                            struct vm_error *err)
{
    struct engine *e = engine;
    int result = compile(engine, ir, unit, err);
    if (result == VM_COMPILE_OK && unit->n_entries &&
        atomic_fetch_add(&e->regions, 1) < TOY_OUTDATED)
        atomic_store(&unit->outdated, true);
    return result;
}

static void release(void *engine, struct vm_unit *unit)
{
    struct engine *e = engine;
    atomic_fetch_sub(&e->used, unit->code_bytes);
    atomic_fetch_add(&e->released, 1);
    free(((struct code *)unit->code)->region);
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
    give_back(cpu, w->charged - w->insns);
    cpu->pc = w->base + (uint64_t)delta;
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
    give_back(w->cpu, w->charged - w->insns);
    w->cpu->pc = w->base + (uint64_t)delta;
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

/* As many instructions as follow instruction `first`, up to the next block, come off the countdown;
 * false: there are not so many left. */
static bool charge(struct walk *w, uint32_t first)
{
    int32_t left = atomic_load_explicit(&w->cpu->countdown, memory_order_relaxed);
    uint32_t n = 0;
    for (uint32_t i = first; i < w->code->n && w->code->insns[i].op != VM_OP_LABEL; i++)
        n += w->code->insns[i].op == VM_OP_INSN;
    if (left < (int32_t)n)
        return false;
    atomic_store_explicit(&w->cpu->countdown, left - (int32_t)n, memory_order_relaxed);
    w->charged = n;
    w->insns = 0;
    return true;
}

static enum vm_exit leave_poll(struct walk *w, int64_t delta)
{
    w->cpu->pc = w->base + (uint64_t)delta;
    w->cpu->exit_unit = NULL;
    return VM_EXIT_POLL;
}

/* An exit is taken: to *k in the region, or away (true). */
static bool leave_or_go(struct walk *w, uint32_t *k, struct vm_unit **next)
{
    const struct vm_ir_insn *i = &w->code->insns[*k];
    if (!i->aux) {
        take_exit(w, i->arg[1], i->imm, next);
        return true;
    }
    give_back(w->cpu, w->charged - w->insns);
    *k = w->code->region->blocks[i->aux - 1] - 1;
    return false;
}

/* Runs from instruction `first` of a unit. *next: the one to go on with, or NULL: leave with the
 * result. */
static enum vm_exit run_unit(struct vm_cpu *cpu, const struct entry *at, struct vm_unit **next)
{
    uint64_t values[MAX_VALUES];
    const struct code *code = at->code;
    struct walk w = {.cpu = cpu, .code = code, .values = values, .base = cpu->pc};
    if (code->region)
        w.base &= VM_PAGE_MASK;
    *next = NULL;
    if (!code->region && !charge(&w, 0))
        return leave_poll(&w, 0);
    for (uint32_t k = at->first; k < code->n; k++) {
        const struct vm_ir_insn *i = &code->insns[k];
        bool ends = i->op == VM_OP_INSN || i->op == VM_OP_EXIT;
        if (ends && w.leave != VM_EXIT_NONE)
            return leave_at(&w, i->imm, (enum vm_exit)w.leave);
        switch (i->op) {
        case VM_OP_LABEL:
            if (!charge(&w, k + 1))
                return leave_poll(&w, i->imm);
            break;
        case VM_OP_INSN:
            w.insns++;
            w.delta = i->imm;
            break;
        case VM_OP_EXIT_IF:
            if (values[i->arg[0]] && leave_or_go(&w, &k, next))
                return VM_EXIT_NEXT;
            break;
        case VM_OP_EXIT:
            if (leave_or_go(&w, &k, next))
                return VM_EXIT_NEXT;
            break;
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
            w.base = cpu->pc; /* as the helper has set it */
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

static bool is_hot(struct vm_unit *unit)
{
    int32_t heat = atomic_load_explicit(&unit->heat, memory_order_relaxed);
    const struct entry *at = unit->entry;
    if (!at->code->counts)
        return false;
    atomic_store_explicit(&unit->heat, heat - 1, memory_order_relaxed);
    return heat <= 0;
}

static enum vm_exit enter(void *engine, struct vm_cpu *cpu, struct vm_unit *unit)
{
    check_part(engine, cpu);
    for (;;) {
        const struct entry *at = unit->entry;
        struct vm_unit *next;
        if (at->code->engine != engine)
            abort(); /* another engine's code */
        if (is_hot(unit)) {
            cpu->exit_unit = unit;
            return VM_EXIT_HOT;
        }
        enum vm_exit exit = run_unit(cpu, at, &next);
        if (!next)
            return exit;
        unit = next;
    }
}

#define OPS_BUT_COMPILE                                                                  \
    .size = sizeof(struct vm_engine_ops), .frame_size = 40, .tiers = 2, .destroy = free, \
    .cpu_init = cpu_init, .cpu_exit = cpu_exit, .release = release, .enter = enter,      \
    .link = set_link, .unlink = unlink_exit
#define OPS OPS_BUT_COMPILE, .compile = compile

const struct vm_engine_ops toy_direct_engine = {OPS, .create = create};
const struct vm_engine_ops toy_counting_engine = {OPS, .create = create, .flags = VM_ENGINE_COUNTS};
const struct vm_engine_ops toy_bounded_engine = {OPS, .create = create_bounded,
                                                 .flags = VM_ENGINE_BOUNDED};
const struct vm_engine_ops toy_region_engine = {OPS, .create = create, .flags = VM_ENGINE_REGIONS};
const struct vm_engine_ops toy_bounded_region_engine = {
    OPS, .create = create_bounded, .flags = VM_ENGINE_REGIONS | VM_ENGINE_BOUNDED};
const struct vm_engine_ops toy_outdated_region_engine = {
    OPS_BUT_COMPILE, .create = create, .compile = compile_outdated, .flags = VM_ENGINE_REGIONS};
