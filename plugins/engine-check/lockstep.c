/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of a unit: engine a for real, engine b on the shadow, and the comparison of both. */
#include <stdlib.h>
#include <string.h>
#include "check.h"

#define RAM_RUNS 4

/* ---- counts and points ---- */

static bool is_kicked(int32_t countdown)
{
    return countdown < -(VM_KICK / 2);
}

/* Instructions left, without the kick that may be in the countdown. */
static int32_t left(struct vm_cpu *cpu)
{
    int32_t now = atomic_load_explicit(&cpu->countdown, memory_order_relaxed);
    return is_kicked(now) ? now + VM_KICK : now;
}

static void count(struct check_cpu *c, enum check_stat stat, uint64_t n)
{
    atomic_fetch_add_explicit(&c->checker->stats[stat], n, memory_order_relaxed);
}

static struct check_point *last_point(struct check_cpu *c)
{
    return &c->points[c->n_points - 1];
}

static void add_point(struct check_cpu *c, uint32_t insns, enum vm_exit exit)
{
    struct vm_cpu *cpu = c->cpu;
    struct check_point *p = &c->points[c->n_points++];

    *p = (struct check_point){
        .insns = insns,
        .n_events = c->n_events,
        .exit = exit,
        .pc = cpu->pc,
        .reserve_va = cpu->reserve_va,
        .reserve_value = cpu->reserve_value,
        .reserve_size = cpu->reserve_size,
        .fault = exit == VM_EXIT_TRAP ? cpu->fault : (struct vm_fault){0},
    };
    memcpy(check_state(c, p), cpu->state, c->checker->arch->state_size);
}

/* ---- the host's floating-point environment ---- */

/* Rounding mode and the like, as C code expects them, which compiled code must leave as they were.
 */
static uint32_t fp_control(void)
{
#ifdef __SSE__
    return __builtin_ia32_stmxcsr() & ~0x3fu;
#else
    return 0;
#endif
}

static void check_fp_control(struct check_cpu *c, const struct check_engine *e, uint32_t before)
{
    if (fp_control() != before)
        check_differ(c, CHECK_NONE, "%s leaves the host's floating-point control word changed",
                     e->name);
}

/* ---- engine a ---- */

static enum vm_exit enter_a(struct check_cpu *c, struct check_block *block)
{
    const struct check_engine *a = &c->checker->a;
    struct vm_cpu *cpu = c->cpu;
    uint32_t control = fp_control();

    memcpy(c->views, cpu->tlb, sizeof(c->views));
    c->jump_cache = cpu->jump_cache;
    check_empty_views(cpu);
    cpu->jump_cache = check_no_jumps;
    cpu->host = &c->recorder;
    cpu->engine = c->a_part;
    atomic_store_explicit(&block->unit.heat, INT32_MAX, memory_order_relaxed);
    enum vm_exit exit = a->ops.enter(a->self, cpu, &block->unit);
    cpu->engine = c;
    cpu->host = c->real;
    cpu->jump_cache = c->jump_cache;
    memcpy(cpu->tlb, c->views, sizeof(c->views));
    check_fp_control(c, a, control);
    return exit;
}

/* How a's run ended: an exit of the unit's, or in the middle of a region. */
struct outcome {
    enum vm_exit exit;
    bool cut; /* the budget is used up; `exit` is VM_EXIT_NEXT */
    struct check_block *block;
};

/* The block to which a goes on, or NULL. */
static struct check_block *next_block(const struct check_cpu *c, const struct check_code *code,
                                      const struct outcome *o)
{
    const struct vm_cpu *cpu = c->cpu;

    if (o->exit != VM_EXIT_NEXT || cpu->exit_unit != &o->block->unit ||
        cpu->exit_index >= o->block->unit.n_exits)
        return NULL;
    uint32_t target = o->block->target[cpu->exit_index];
    return target < code->n_blocks ? &code->blocks[target] : NULL;
}

static void run_a(struct check_cpu *c, const struct check_entry *entry, struct outcome *o)
{
    int32_t begin = left(c->cpu);

    o->cut = false;
    o->block = &entry->code->blocks[entry->block];
    add_point(c, 0, VM_EXIT_NONE);
    for (;;) {
        o->exit = enter_a(c, o->block);
        if (o->exit == VM_EXIT_POLL) /* nothing has run */
            return;
        uint32_t insns = (uint32_t)(begin - left(c->cpu));
        struct check_block *next = next_block(c, entry->code, o);
        add_point(c, insns, next ? VM_EXIT_NONE : o->exit);
        if (!next || c->difference.found)
            return;
        o->cut = insns + next->unit.guest_insns > CHECK_BUDGET;
        if (o->cut)
            return;
        o->block = next;
    }
}

/* ---- RAM ---- */

static void undo_stores(struct check_cpu *c)
{
    for (uint32_t i = c->n_events; i-- > 0;)
        if (check_writes(&c->events[i]))
            vm_ram_store(c->events[i].ram, check_size(&c->events[i]), c->events[i].before);
}

static void do_stores(struct check_cpu *c, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        if (check_writes(&c->events[i]))
            vm_ram_store(c->events[i].ram, check_size(&c->events[i]), c->events[i].after);
}

/* b has stored what a had up to `p`? Leaves RAM as a did. */
static void compare_ram(struct check_cpu *c, const struct check_point *p)
{
    for (uint32_t i = 0; i < p->n_events; i++)
        if (check_writes(&c->events[i]))
            c->events[i].seen = vm_ram_load(c->events[i].ram, check_size(&c->events[i]));
    undo_stores(c);
    do_stores(c, 0, p->n_events);
    for (uint32_t i = p->n_events; i-- > 0;) {
        const struct check_event *e = &c->events[i];
        uint64_t should = check_writes(e) ? vm_ram_load(e->ram, check_size(e)) : 0;
        if (check_writes(e) && e->seen != should)
            check_differ(c, i, "memory at va 0x%llx, %u bytes: %s leaves 0x%llx there, %s 0x%llx",
                         (unsigned long long)e->arg[0], check_size(e), c->checker->a.name,
                         (unsigned long long)should, c->checker->b.name,
                         (unsigned long long)e->seen);
    }
    do_stores(c, p->n_events, c->n_events);
}

/* ---- engine b ---- */

/* b's own TLB, and with it what b remembers of it, stays right as long as the machine's does. */
static void give_tlb(struct check_cpu *c)
{
    if (c->own_epoch != c->cpu->tlb_epoch)
        memset(c->own, 0xff, sizeof(c->own));
    c->own_epoch = c->cpu->tlb_epoch;
    c->shadow->tlb_epoch = 2 * c->own_epoch;
    for (uint32_t i = 0; i < VM_MMU_COUNT; i++)
        c->shadow->tlb[i] = (struct vm_tlb_view){.entries = c->own[i], .mask = CHECK_TLB - 1};
}

/* The shadow as the vCPU was before a ran. */
static void set_shadow(struct check_cpu *c, uint64_t lines)
{
    const struct check_point *start = &c->points[0];
    struct vm_cpu *cpu = c->cpu, *shadow = c->shadow;

    shadow->index = cpu->index;
    shadow->pc = start->pc;
    shadow->jump_cache = check_no_jumps;
    shadow->jump_tag = cpu->jump_tag;
    shadow->pending_exit = VM_EXIT_NONE;
    shadow->exit_unit = NULL;
    shadow->fault = (struct vm_fault){0};
    shadow->reserve_va = start->reserve_va;
    shadow->reserve_value = start->reserve_value;
    shadow->reserve_size = start->reserve_size;
    shadow->core = cpu->core;
    shadow->arch = cpu->arch;
    shadow->host = &c->player;
    atomic_store_explicit(&shadow->lines, lines, memory_order_relaxed);
    atomic_store_explicit(&shadow->countdown, c->room, memory_order_relaxed);
    memcpy(shadow->state, check_state(c, start), c->checker->arch->state_size);
    if (c->on_ram) {
        give_tlb(c);
    } else {
        check_empty_views(shadow);
        shadow->tlb_epoch = 2 * c->played++ + 1;
    }
}

static enum vm_exit run_b(struct check_cpu *c, const struct check_entry *entry)
{
    const struct check_engine *b = &c->checker->b;
    uint32_t control = fp_control();

    c->next = 0;
    atomic_store_explicit(&entry->unit->heat, INT32_MAX, memory_order_relaxed);
    enum vm_exit exit = b->ops.enter(b->self, c->shadow, entry->unit);
    check_fp_control(c, b, control);
    return exit;
}

/* ---- comparing ---- */

static const char *exit_name(enum vm_exit exit)
{
    static const char *const names[] = {"none", "next", "poll", "trap", "state", "wait", "hot"};
    return (unsigned)exit < sizeof(names) / sizeof(names[0]) ? names[exit] : "unknown";
}

/* Where a was when it had run as much as b. */
static const struct check_point *meeting_point(struct check_cpu *c, enum vm_exit b_exit,
                                               uint32_t insns)
{
    bool between = b_exit == VM_EXIT_POLL || (b_exit == VM_EXIT_NEXT && !c->shadow->exit_unit);

    for (uint32_t i = 0; between && i < c->n_points; i++)
        if (c->points[i].exit == VM_EXIT_NONE && c->points[i].insns == insns)
            return &c->points[i];
    return last_point(c);
}

static void compare_exits(struct check_cpu *c, const struct check_point *p, const struct outcome *o,
                          enum vm_exit b_exit, uint32_t insns)
{
    const struct checker *k = c->checker;
    bool goes_on = p->exit == VM_EXIT_NONE; /* there is no exit of a's at p */
    bool fits = goes_on ? b_exit == VM_EXIT_POLL || (b_exit == VM_EXIT_NEXT && p != c->points)
                        : b_exit == p->exit;

    if (!fits)
        check_differ(c, CHECK_NONE, "exit: %s leaves with %s, %s with %s", k->a.name,
                     exit_name(o->exit), k->b.name, exit_name(b_exit));
    if (insns != p->insns)
        check_differ(c, CHECK_NONE, "count: %s has run %u instructions, %s %d", k->a.name, p->insns,
                     k->b.name, (int32_t)insns);
}

/* A linkable exit that b names must lead to the pc. */
static void check_link(struct check_cpu *c, const struct check_code *code, enum vm_exit b_exit)
{
    const struct vm_cpu *s = c->shadow;
    const struct vm_unit *unit = &code->b_units[0];

    if (b_exit != VM_EXIT_NEXT || !s->exit_unit)
        return;
    uint64_t base = (c->points[0].pc & VM_PAGE_MASK) + unit->page_offset;
    if (s->exit_unit != unit || s->exit_index >= unit->n_exits ||
        base + (uint64_t)unit->exits[s->exit_index].delta != s->pc)
        check_differ(c, CHECK_NONE,
                     "exit: %s names linkable exit %u, which does not lead to 0x%llx",
                     c->checker->b.name, s->exit_index, (unsigned long long)s->pc);
}

static void compare_number(struct check_cpu *c, const char *what, uint64_t a, uint64_t b)
{
    if (a != b)
        check_differ(c, CHECK_NONE, "%s: %s has 0x%llx, %s 0x%llx", what, c->checker->a.name,
                     (unsigned long long)a, c->checker->b.name, (unsigned long long)b);
}

static void compare_state(struct check_cpu *c, const struct check_point *p)
{
    const struct vm_arch_ops *arch = c->checker->arch;
    const uint8_t *a = check_state(c, p), *b = c->shadow->state;

    if (memcmp(a, b, arch->state_size) == 0)
        return;
    for (uint32_t i = 0; i < arch->n_slots; i++)
        for (uint32_t half = 0; half < check_halves(&arch->slots[i]); half++)
            compare_number(c, arch->slots[i].name, check_slot(&arch->slots[i], a, half),
                           check_slot(&arch->slots[i], b, half));
    for (uint32_t i = 0; p == last_point(c) && i < arch->n_sysregs; i++)
        compare_number(c, arch->sysregs[i].name, arch->sysregs[i].get(c->cpu),
                       arch->sysregs[i].get(c->shadow));
    for (uint32_t i = 0; i < arch->state_size; i++)
        if (a[i] != b[i])
            check_differ(c, CHECK_NONE, "byte %u of the state: %s has 0x%02x, %s 0x%02x", i,
                         c->checker->a.name, a[i], c->checker->b.name, b[i]);
}

static void compare_fault(struct check_cpu *c, const struct check_point *p)
{
    const struct vm_fault *b = &c->shadow->fault;

    if (p->exit != VM_EXIT_TRAP)
        return;
    compare_number(c, "kind of fault", p->fault.kind, b->kind);
    compare_number(c, "access of the fault", p->fault.access, b->access);
    compare_number(c, "address of the fault", p->fault.va, b->va);
    compare_number(c, "code of the fault", p->fault.code, b->code);
    compare_number(c, "value of the fault", p->fault.value, b->value);
}

/* What b has left out. On RAM, that it has accessed memory by itself is seen by what is there. */
static void compare_events(struct check_cpu *c, const struct check_point *p)
{
    char text[100];
    uint32_t i = c->next;

    while (c->on_ram && i < p->n_events && c->events[i].ram)
        i++;
    if (i >= p->n_events)
        return;
    check_event_text(&c->events[i], text, sizeof(text));
    check_differ(c, i, "%s leaves out what %s does: %s", c->checker->b.name, c->checker->a.name,
                 text);
}

static const struct check_point *compare(struct check_cpu *c, const struct check_entry *entry,
                                         const struct outcome *o, enum vm_exit b_exit,
                                         uint32_t insns)
{
    const struct check_point *p = meeting_point(c, b_exit, insns);
    const struct vm_cpu *s = c->shadow;

    c->shadow->host = c->real; /* for system registers */
    compare_exits(c, p, o, b_exit, insns);
    compare_number(c, "pc", p->pc, s->pc);
    compare_fault(c, p);
    compare_events(c, p);
    if (c->on_ram)
        compare_ram(c, p);
    compare_state(c, p);
    compare_number(c, "size of the reservation", p->reserve_size, s->reserve_size);
    if (p->reserve_size) {
        compare_number(c, "address of the reservation", p->reserve_va, s->reserve_va);
        compare_number(c, "value of the reservation", p->reserve_value, s->reserve_value);
    }
    compare_number(c, "pending exit", VM_EXIT_NONE, s->pending_exit);
    compare_number(c, "pending exit", c->cpu->pending_exit, VM_EXIT_NONE);
    check_link(c, entry->code, b_exit);
    return p;
}

/* ---- the whole ---- */

/* What the core is told: a's exit, as one of the whole unit. */
static enum vm_exit leave(struct check_cpu *c, const struct check_code *code,
                          const struct outcome *o)
{
    struct vm_cpu *cpu = c->cpu;
    bool linkable = o->exit == VM_EXIT_NEXT && !o->cut && cpu->exit_unit == &o->block->unit &&
                    o->block->leaves[cpu->exit_index] != CHECK_NONE;

    if (linkable)
        cpu->exit_index = o->block->leaves[cpu->exit_index];
    cpu->exit_unit = linkable ? code->unit : NULL;
    return o->exit;
}

static void begin(struct check_cpu *c)
{
    c->n_events = c->n_bytes = c->n_points = 0;
    c->ram_only = true;
    c->on_ram = false;
    c->difference.found = false;
}

/* Instructions that b may run: where a stopped inside of a region, b must, too. */
static int32_t room_for_b(struct check_cpu *c, const struct outcome *o, int32_t room)
{
    uint32_t insns = last_point(c)->insns;
    return insns > 0 && (o->cut || o->exit == VM_EXIT_POLL) ? (int32_t)insns : room;
}

/* Runs b and compares; the point at which both were compared. */
static const struct check_point *run_and_compare(struct check_cpu *c,
                                                 const struct check_entry *entry,
                                                 const struct outcome *o, uint64_t lines,
                                                 bool on_ram)
{
    c->on_ram = on_ram;
    set_shadow(c, lines);
    if (on_ram)
        undo_stores(c);
    enum vm_exit exit = run_b(c, entry);
    count(c, CHECK_STAT_RUNS, 1);
    count(c, CHECK_STAT_RAM, on_ram);
    return compare(c, entry, o, exit, (uint32_t)(c->room - left(c->shadow)));
}

/*
 * b's two ways where both can be: the first time by the record, and only then on RAM, where b would
 * spoil the machine's memory if it were wrong; later the one for RAM_RUNS of the other.
 */
static const struct check_point *check_b(struct check_cpu *c, const struct check_entry *entry,
                                         const struct outcome *o, uint64_t lines)
{
    struct check_code *code = entry->code;
    bool ram = c->ram_only && c->n_events > 0, first = code->ram_runs == 0;
    bool played = !ram || code->ram_runs % RAM_RUNS == 0;
    const struct check_point *p = NULL;

    code->runs++;
    code->ram_runs += ram;
    if (played)
        p = run_and_compare(c, entry, o, lines, false);
    if (ram && (!played || first) && !c->difference.found)
        p = run_and_compare(c, entry, o, lines, true);
    return p;
}

enum vm_exit check_enter(void *self, struct vm_cpu *cpu, struct vm_unit *unit)
{
    struct check_cpu *c = cpu->engine;
    const struct check_entry *entry = unit->entry;
    uint64_t lines = atomic_load_explicit(&cpu->lines, memory_order_relaxed);
    int32_t room = left(cpu);
    struct outcome o;

    (void)self;
    begin(c);
    c->insns_base = c->real->instructions(cpu);
    run_a(c, entry, &o);
    if (c->no_memory) {
        c->checker->host->stop(cpu, "engine-check: out of memory", NULL);
        return VM_EXIT_POLL;
    }
    if (c->n_points == 1 && o.exit == VM_EXIT_POLL &&
        is_kicked(atomic_load_explicit(&cpu->countdown, memory_order_relaxed))) {
        count(c, CHECK_STAT_SKIPPED, 1);
        return leave(c, entry->code, &o);
    }
    c->room = room_for_b(c, &o, room);
    const struct check_point *p = check_b(c, entry, &o, lines);
    count(c, CHECK_STAT_EVENTS, c->n_events);
    if (c->difference.found) {
        check_report(c, entry, p);
        cpu->exit_unit = NULL;
        return VM_EXIT_POLL;
    }
    return leave(c, entry->code, &o);
}

/* ---- life ---- */

int check_run_init(struct check_cpu *c, struct vm_error *err)
{
    size_t n = CHECK_BUDGET + 2, state = c->checker->arch->state_size;

    memset(c->own, 0xff, sizeof(c->own));
    c->points = calloc(n, sizeof(*c->points));
    c->states = malloc(n * state);
    return c->points && c->states ? 0 : vm_error_set(err, "engine-check: out of memory");
}

void check_run_free(struct check_cpu *c)
{
    free(c->points);
    free(c->states);
    free(c->events);
    free(c->bytes);
}
