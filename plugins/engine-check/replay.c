/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Engine b's vm_cpu_host. Whatever b asks for must be what a did, and is answered from the record.
 * After the first difference every access faults, so that b comes back soon.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "check.h"

void check_differ(struct check_cpu *c, uint32_t event, const char *fmt, ...)
{
    struct check_difference *d = &c->difference;
    va_list args;

    if (d->found)
        return;
    d->found = true;
    d->event = event;
    va_start(args, fmt);
    vsnprintf(d->text, sizeof(d->text), fmt, args);
    va_end(args);
}

/* ---- finding what was asked for ---- */

static bool same_request(const struct check_event *a, const struct check_event *b)
{
    return a->kind == b->kind && memcmp(a->arg, b->arg, sizeof(a->arg)) == 0;
}

static void differ_from_next(struct check_cpu *c, const struct check_event *wanted)
{
    char there[100] = "nothing more", here[100];

    check_event_text(wanted, here, sizeof(here));
    if (c->next < c->n_events)
        check_event_text(&c->events[c->next], there, sizeof(there));
    check_differ(c, c->next, "%s does: %s; %s does: %s", c->checker->b.name, here,
                 c->checker->a.name, there);
}

/* b finds in RAM what a found there. */
static bool finds(const struct check_cpu *c, const struct check_event *e)
{
    return !c->on_ram || !e->ram || e->kind == CHECK_STORE ||
           vm_ram_load(e->ram, check_size(e)) == e->before;
}

/*
 * The place in the record of what answers `wanted`, or of what stands there instead. On RAM, b has
 * by itself done what it does not ask for, and of that the same address may have been part, if its
 * TLB has lost the page since: then the first one is meant that found what is there now.
 */
static uint32_t find(const struct check_cpu *c, const struct check_event *wanted)
{
    uint32_t i = c->next, first = c->n_events;

    while (c->on_ram && i < c->n_events && c->events[i].ram) {
        if (same_request(&c->events[i], wanted)) {
            if (finds(c, &c->events[i]))
                return i;
            first = i < first ? i : first;
        }
        i++;
    }
    return first < i ? first : i;
}

/* The recorded event that answers `wanted`, or NULL: they differ. */
static const struct check_event *answer(struct check_cpu *c, const struct check_event *wanted)
{
    if (c->difference.found)
        return NULL;
    uint32_t i = find(c, wanted);
    if (i == c->n_events || !same_request(&c->events[i], wanted)) {
        differ_from_next(c, wanted);
        return NULL;
    }
    c->next = i + 1;
    atomic_store_explicit(&c->shadow->lines, c->events[i].lines, memory_order_relaxed);
    return &c->events[i];
}

/* ---- accesses ---- */

static int fault(struct vm_cpu *cpu, uint32_t kind, enum vm_access access, uint64_t va)
{
    cpu->fault = (struct vm_fault){.kind = kind, .access = access, .va = va};
    return VM_MEM_FAULT;
}

static int result_of(struct vm_cpu *cpu, const struct check_event *e, uint64_t va)
{
    if (!e)
        return fault(cpu, VM_FAULT_BUS, VM_ACCESS_READ, va);
    if (e->result == VM_MEM_FAULT)
        cpu->fault = e->fault;
    return e->result;
}

static void differ_in_ram(struct check_cpu *c, const struct check_event *e)
{
    check_differ(c, c->next - 1, "%s has stored 0x%llx at va 0x%llx, where %s has 0x%llx",
                 c->checker->b.name, (unsigned long long)vm_ram_load(e->ram, check_size(e)),
                 (unsigned long long)e->arg[0], c->checker->a.name, (unsigned long long)e->before);
}

/* b's TLB learns a page that it did not know, as the core's own would. */
static void fill_tlb(struct check_cpu *c, uint64_t va, uint32_t mmu)
{
    const struct vm_tlb_view *from = &c->cpu->tlb[mmu];
    const struct vm_tlb_entry *e = &from->entries[vm_tlb_index(va, from->mask)];

    if ((e->tag[VM_ACCESS_READ] & VM_PAGE_MASK) == (va & VM_PAGE_MASK))
        c->own[mmu][vm_tlb_index(va, CHECK_TLB - 1)] = *e;
}

static int access_memory(struct vm_cpu *cpu, struct check_event *wanted, uint32_t memop,
                         uint64_t *value)
{
    struct check_cpu *c = check_of_player(cpu);
    uint64_t va = wanted->arg[0];

    if (check_misaligned(va, memop))
        return fault(cpu, VM_FAULT_ALIGN,
                     wanted->kind == CHECK_LOAD ? VM_ACCESS_READ : VM_ACCESS_WRITE, va);
    wanted->arg[1] = check_memop(wanted->kind, memop);
    const struct check_event *e = answer(c, wanted);
    if (e && !finds(c, e))
        differ_in_ram(c, e);
    if (!e || c->difference.found)
        return fault(cpu, VM_FAULT_BUS, VM_ACCESS_READ, va);
    if (c->on_ram && check_writes(e))
        vm_ram_store(e->ram, check_size(e), e->after);
    if (c->on_ram && e->ram)
        fill_tlb(c, va, VM_MEMOP_MMU(memop));
    if (value && e->result != VM_MEM_FAULT)
        *value = e->value;
    return result_of(cpu, e, va);
}

static int play_load(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value)
{
    struct check_event wanted = {.kind = CHECK_LOAD, .arg = {va}};
    return access_memory(cpu, &wanted, memop, value);
}

static int play_store(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value)
{
    struct check_event wanted = {.kind = CHECK_STORE, .arg = {va, 0, check_low(value, memop)}};
    return access_memory(cpu, &wanted, memop, NULL);
}

static int play_amo(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t operand,
                    uint64_t *old)
{
    struct check_event wanted = {.kind = CHECK_AMO, .arg = {va, 0, check_low(operand, memop)}};
    return access_memory(cpu, &wanted, memop, old);
}

static int play_cas(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected,
                    uint64_t desired, uint64_t *old)
{
    struct check_event wanted = {
        .kind = CHECK_CAS, .arg = {va, 0, check_low(expected, memop), check_low(desired, memop)}};
    return access_memory(cpu, &wanted, memop, old);
}

static void *play_probe(struct vm_cpu *cpu, uint64_t va, uint32_t n, int access, uint32_t mmu)
{
    struct check_cpu *c = check_of_player(cpu);
    const struct check_event wanted = {.kind = CHECK_PROBE, .arg = {va, n, (uint64_t)access, mmu}};
    const struct check_event *e = answer(c, &wanted);

    if (result_of(cpu, e, va) == VM_MEM_FAULT || e->bytes == CHECK_NONE)
        return NULL;
    return c->bytes + e->bytes;
}

/* What b has written into its copy must be what a wrote. */
static int play_wrote(struct vm_cpu *cpu, uint64_t va, uint32_t n)
{
    struct check_cpu *c = check_of_player(cpu);
    const struct check_event wanted = {.kind = CHECK_WROTE, .arg = {va, n}};
    const struct check_event *e = answer(c, &wanted);
    uint32_t i = e ? c->next - 1 : 0;

    while (i-- > 0) {
        const struct check_event *p = &c->events[i];
        if (p->kind != CHECK_PROBE || p->bytes == CHECK_NONE || p->arg[2] != VM_ACCESS_WRITE ||
            va < p->arg[0] || va + n > p->arg[0] + p->arg[1])
            continue;
        if (e->bytes != CHECK_NONE &&
            memcmp(c->bytes + p->bytes + (va - p->arg[0]), c->bytes + e->bytes, n) != 0)
            check_differ(c, c->next - 1, "other bytes are written by a helper at va 0x%llx",
                         (unsigned long long)va);
        break;
    }
    return result_of(cpu, e, va);
}

static int play_phys_load(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t *value)
{
    const struct check_event wanted = {.kind = CHECK_PHYS_LOAD, .arg = {pa, size}};
    const struct check_event *e = answer(check_of_player(cpu), &wanted);

    *value = e ? e->value : 0;
    return e ? e->result : VM_ACCESS_ERROR;
}

static int play_phys_cas(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t expected,
                         uint64_t desired, uint64_t *old)
{
    const struct check_event wanted = {.kind = CHECK_PHYS_CAS,
                                       .arg = {pa, size, expected, desired}};
    const struct check_event *e = answer(check_of_player(cpu), &wanted);

    *old = e ? e->value : 0;
    return e ? e->result : VM_ACCESS_ERROR;
}

/* ---- calls ---- */

static uint64_t play_call(struct vm_cpu *cpu, enum check_kind kind, uint64_t a, uint64_t b)
{
    const struct check_event wanted = {.kind = kind, .arg = {a, b}};
    const struct check_event *e = answer(check_of_player(cpu), &wanted);

    return e ? e->value : 0;
}

static void play_tlb_flush(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                           uint64_t length, bool keep_global)
{
    const struct check_event wanted = {.kind = CHECK_TLB_FLUSH,
                                       .arg = {match, mask, va, length, keep_global}};
    answer(check_of_player(cpu), &wanted);
}

static void play_tlb_flush_all(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                               uint64_t length, bool keep_global)
{
    const struct check_event wanted = {.kind = CHECK_TLB_FLUSH_ALL,
                                       .arg = {match, mask, va, length, keep_global}};
    answer(check_of_player(cpu), &wanted);
}

static uint64_t play_counter_read(struct vm_cpu *cpu)
{
    return play_call(cpu, CHECK_COUNTER_READ, 0, 0);
}

/* Engines may ask for it for themselves: it is what b's own countdown says. */
static uint64_t play_instructions(struct vm_cpu *cpu)
{
    const struct check_cpu *c = check_of_player(cpu);
    int32_t left = atomic_load_explicit(&cpu->countdown, memory_order_relaxed);

    return c->insns_base + (uint64_t)(int64_t)(c->room - left);
}

static void play_counter_compare(struct vm_cpu *cpu, uint32_t line, uint64_t deadline)
{
    play_call(cpu, CHECK_COUNTER_COMPARE, line, deadline);
}

static void play_set_line(struct vm_cpu *cpu, uint32_t line, int level)
{
    play_call(cpu, CHECK_SET_LINE, line, level != 0);
}

static int play_port_access(struct vm_cpu *cpu, uint32_t port, uint32_t reg, bool write,
                            uint64_t bits, uint64_t mask, uint64_t *value)
{
    const struct check_event wanted = {.kind = CHECK_PORT, .arg = {port, reg, write, bits, mask}};
    const struct check_event *e = answer(check_of_player(cpu), &wanted);

    *value = e ? e->value : 0;
    return e ? e->result : -1;
}

static bool play_firmware_call(struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs)
{
    struct check_cpu *c = check_of_player(cpu);
    const struct check_event wanted = {.kind = CHECK_FIRMWARE,
                                       .arg = {conduit, regs[0], regs[1], regs[2], regs[3]}};
    const struct check_event *e = answer(c, &wanted);

    if (!e || e->bytes == CHECK_NONE)
        return false;
    memcpy(regs, c->bytes + e->bytes, VM_FIRMWARE_REGS * sizeof(*regs));
    cpu->pending_exit = (uint32_t)e->value;
    return e->result != 0;
}

static void play_kick(struct vm_cpu *cpu)
{
    play_call(cpu, CHECK_KICK, 0, 0);
}

/* It has been traced once, when a did it. */
static uint32_t play_trace_mask(void)
{
    return 0;
}

static VM_PRINTF(3, 4) void play_trace(struct vm_cpu *cpu, uint32_t category, const char *fmt, ...)
{
    (void)cpu;
    (void)category;
    (void)fmt;
}

void check_player_init(struct check_cpu *c)
{
    c->player = (struct vm_cpu_host){
        .size = sizeof(c->player),
        .base = c->real->base,
        .load = play_load,
        .store = play_store,
        .amo = play_amo,
        .cas = play_cas,
        .probe = play_probe,
        .wrote = play_wrote,
        .phys_load = play_phys_load,
        .phys_cas = play_phys_cas,
        .tlb_flush = play_tlb_flush,
        .tlb_flush_all_cpus = play_tlb_flush_all,
        .counter_read = play_counter_read,
        .counter_compare = play_counter_compare,
        .set_line = play_set_line,
        .port_access = play_port_access,
        .instructions = play_instructions,
        .kick = play_kick,
        .trace_mask = play_trace_mask,
        .trace = play_trace,
        .firmware_call = play_firmware_call,
    };
}
