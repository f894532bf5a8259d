/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Engine a's vm_cpu_host: every access and call is done for real and recorded. What the core calls
 * by itself meanwhile (a page-table walk) is part of the call that it serves.
 */
#include <stdlib.h>
#include <string.h>
#include "check.h"

struct vm_jump_entry check_no_jumps[VM_JUMP_CACHE_SIZE];

void check_empty_views(struct vm_cpu *cpu)
{
    static struct vm_tlb_entry nothing = {.tag = {VM_TLB_INVALID, VM_TLB_INVALID, VM_TLB_INVALID}};

    for (uint32_t i = 0; i < VM_MMU_COUNT; i++)
        cpu->tlb[i] = (struct vm_tlb_view){.entries = &nothing, .mask = 0};
}

/* ---- the way into the core and back ---- */

/* The core finds its own TLB and jump cache in the vCPU. */
static void enter_core(struct check_cpu *c)
{
    memcpy(c->cpu->tlb, c->views, sizeof(c->views));
    c->cpu->jump_cache = c->jump_cache;
    c->depth++;
}

static void leave_core(struct check_cpu *c)
{
    c->depth--;
    memcpy(c->views, c->cpu->tlb, sizeof(c->views));
    check_empty_views(c->cpu);
    c->cpu->jump_cache = check_no_jumps;
}

/* ---- the record ---- */

/* A new event, or where nobody looks at it. */
static struct check_event *add_event(struct check_cpu *c, enum check_kind kind)
{
    static _Thread_local struct check_event lost;
    struct check_event *e = &lost;

    if (c->n_events == c->event_room && !c->no_memory) {
        uint32_t room = c->event_room ? 2 * c->event_room : 256;
        struct check_event *events = realloc(c->events, room * sizeof(*events));
        c->no_memory = !events;
        if (events) {
            c->events = events;
            c->event_room = room;
        }
    }
    if (!c->no_memory)
        e = &c->events[c->n_events++];
    *e = (struct check_event){.kind = kind, .bytes = CHECK_NONE};
    return e;
}

/* Aligned as memory is that helpers compare and swap in. */
static void keep_bytes(struct check_cpu *c, struct check_event *e, const uint8_t *from, uint32_t n)
{
    c->n_bytes = (c->n_bytes + 15u) & ~15u;
    if (c->n_bytes + n > c->byte_room) {
        uint32_t room = 2 * (c->n_bytes + n);
        uint8_t *bytes = realloc(c->bytes, room);
        c->no_memory |= !bytes;
        if (!bytes)
            return;
        c->bytes = bytes;
        c->byte_room = room;
    }
    e->bytes = c->n_bytes;
    c->n_bytes += n;
    for (uint32_t i = 0; i < n; i++)
        c->bytes[e->bytes + i] = (uint8_t)vm_ram_load(from + i, 1);
}

/* The call is done; an access went through the core if it was not to RAM that the TLB maps. */
static void end_event(struct check_cpu *c, struct check_event *e)
{
    if (e->kind <= CHECK_PROBE && e->result == VM_MEM_FAULT)
        e->fault = c->cpu->fault;
    e->lines = atomic_load_explicit(&c->cpu->lines, memory_order_relaxed);
    c->ram_only &= e->ram || e->kind == CHECK_COUNTER_READ;
}

/* ---- RAM that the TLB maps ---- */

static void *look_up(const struct vm_tlb_view *view, uint64_t va, uint32_t size,
                     enum vm_access access)
{
    const struct vm_tlb_entry *e = &view->entries[vm_tlb_index(va, view->mask)];
    return e->tag[access] == ((va + size - 1) & VM_PAGE_MASK) ? (void *)(uintptr_t)(va + e->addend)
                                                              : NULL;
}

/* Host address of an access that the TLB serves, once it knows the page; else NULL. */
static void *plain_ram(struct check_cpu *c, uint64_t va, uint32_t memop, enum vm_access access)
{
    uint32_t size = VM_MEMOP_SIZE(memop), mmu = VM_MEMOP_MMU(memop);
    void *p = look_up(&c->views[mmu], va, size, access);

    if (p || size > VM_PAGE_SIZE - (va & ~VM_PAGE_MASK))
        return p;
    struct vm_fault before = c->cpu->fault;
    enter_core(c);
    c->real->probe(c->cpu, va, size, access, mmu);
    leave_core(c);
    c->cpu->fault = before;
    return look_up(&c->views[mmu], va, size, access);
}

static uint64_t ordered(uint64_t raw, uint32_t memop)
{
    return memop & VM_MEMOP_BIG ? __builtin_bswap64(raw) >> (64 - 8 * VM_MEMOP_SIZE(memop)) : raw;
}

/* ---- accesses ---- */

static int rec_load(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t *value)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth || check_misaligned(va, memop))
        return c->real->load(cpu, va, memop, value);
    struct check_event *e = add_event(c, CHECK_LOAD);
    e->arg[0] = va;
    e->arg[1] = check_memop(CHECK_LOAD, memop);
    e->ram = plain_ram(c, va, memop, VM_ACCESS_READ);
    if (e->ram) {
        e->before = e->after = vm_ram_load(e->ram, VM_MEMOP_SIZE(memop));
        e->value = ordered(e->before, memop);
    } else {
        enter_core(c);
        e->result = c->real->load(cpu, va, memop, &e->value);
        leave_core(c);
    }
    if (e->result != VM_MEM_FAULT)
        *value = e->value;
    end_event(c, e);
    return e->result;
}

static int rec_store(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t value)
{
    struct check_cpu *c = check_of_recorder(cpu);
    uint32_t size = VM_MEMOP_SIZE(memop);

    if (c->depth || check_misaligned(va, memop))
        return c->real->store(cpu, va, memop, value);
    struct check_event *e = add_event(c, CHECK_STORE);
    e->arg[0] = va;
    e->arg[1] = check_memop(CHECK_STORE, memop);
    e->arg[2] = check_low(value, memop);
    e->ram = plain_ram(c, va, memop, VM_ACCESS_WRITE);
    if (e->ram) {
        e->before = vm_ram_load(e->ram, size);
        e->after = ordered(e->arg[2], memop);
        vm_ram_store(e->ram, size, e->after);
    } else {
        enter_core(c);
        e->result = c->real->store(cpu, va, memop, value);
        leave_core(c);
    }
    end_event(c, e);
    return e->result;
}

/* AMO, and CAS with `desired`. */
static int read_modify_write(struct check_cpu *c, struct check_event *e, uint32_t memop,
                             uint64_t *old)
{
    uint32_t size = VM_MEMOP_SIZE(memop);
    uint64_t va = e->arg[0];

    e->ram = va & (size - 1) ? NULL : plain_ram(c, va, memop, VM_ACCESS_WRITE);
    if (e->ram)
        e->before = vm_ram_load(e->ram, size);
    enter_core(c);
    e->result = e->kind == CHECK_AMO
                    ? c->real->amo(c->cpu, va, memop, e->arg[2], &e->value)
                    : c->real->cas(c->cpu, va, memop, e->arg[2], e->arg[3], &e->value);
    leave_core(c);
    if (e->ram)
        e->after = vm_ram_load(e->ram, size);
    if (e->result != VM_MEM_FAULT)
        *old = e->value;
    end_event(c, e);
    return e->result;
}

static int rec_amo(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t operand, uint64_t *old)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth || check_misaligned(va, memop))
        return c->real->amo(cpu, va, memop, operand, old);
    struct check_event *e = add_event(c, CHECK_AMO);
    e->arg[0] = va;
    e->arg[1] = check_memop(CHECK_AMO, memop);
    e->arg[2] = check_low(operand, memop);
    return read_modify_write(c, e, memop, old);
}

static int rec_cas(struct vm_cpu *cpu, uint64_t va, uint32_t memop, uint64_t expected,
                   uint64_t desired, uint64_t *old)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth || check_misaligned(va, memop))
        return c->real->cas(cpu, va, memop, expected, desired, old);
    struct check_event *e = add_event(c, CHECK_CAS);
    e->arg[0] = va;
    e->arg[1] = check_memop(CHECK_CAS, memop);
    e->arg[2] = check_low(expected, memop);
    e->arg[3] = check_low(desired, memop);
    return read_modify_write(c, e, memop, old);
}

/* b gets the bytes as they are now, in memory of its own. */
static void *rec_probe(struct vm_cpu *cpu, uint64_t va, uint32_t n, int access, uint32_t mmu)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth)
        return c->real->probe(cpu, va, n, access, mmu);
    struct check_event *e = add_event(c, CHECK_PROBE);
    e->arg[0] = va;
    e->arg[1] = n;
    e->arg[2] = (uint64_t)access;
    e->arg[3] = mmu;
    enter_core(c);
    uint8_t *p = c->real->probe(cpu, va, n, access, mmu);
    leave_core(c);
    e->result = p ? VM_MEM_OK : VM_MEM_FAULT;
    e->value = (uint64_t)(uintptr_t)p;
    if (p)
        keep_bytes(c, e, p, n);
    end_event(c, e);
    return p;
}

/* Where the last probe for writing led that covers va. */
static const uint8_t *probed(const struct check_cpu *c, uint64_t va, uint32_t n)
{
    for (uint32_t i = c->n_events; i-- > 0;) {
        const struct check_event *e = &c->events[i];
        if (e->kind == CHECK_PROBE && e->value && e->arg[2] == VM_ACCESS_WRITE && va >= e->arg[0] &&
            va + n <= e->arg[0] + e->arg[1])
            return (const uint8_t *)(uintptr_t)e->value + (va - e->arg[0]);
    }
    return NULL;
}

static int rec_wrote(struct vm_cpu *cpu, uint64_t va, uint32_t n)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth)
        return c->real->wrote(cpu, va, n);
    const uint8_t *from = probed(c, va, n);
    struct check_event *e = add_event(c, CHECK_WROTE);
    e->arg[0] = va;
    e->arg[1] = n;
    if (from)
        keep_bytes(c, e, from, n);
    enter_core(c);
    e->result = c->real->wrote(cpu, va, n);
    leave_core(c);
    end_event(c, e);
    return e->result;
}

/* A walk that sets bits in a page table cannot be undone for b. */
static int rec_phys_cas(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t expected,
                        uint64_t desired, uint64_t *old)
{
    struct check_cpu *c = check_of_recorder(cpu);

    c->ram_only = false;
    if (c->depth)
        return c->real->phys_cas(cpu, pa, size, expected, desired, old);
    struct check_event *e = add_event(c, CHECK_PHYS_CAS);
    e->arg[0] = pa;
    e->arg[1] = size;
    e->arg[2] = expected;
    e->arg[3] = desired;
    enter_core(c);
    e->result = c->real->phys_cas(cpu, pa, size, expected, desired, &e->value);
    leave_core(c);
    *old = e->value;
    end_event(c, e);
    return e->result;
}

static int rec_phys_load(struct vm_cpu *cpu, uint64_t pa, uint32_t size, uint64_t *value)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth)
        return c->real->phys_load(cpu, pa, size, value);
    struct check_event *e = add_event(c, CHECK_PHYS_LOAD);
    e->arg[0] = pa;
    e->arg[1] = size;
    enter_core(c);
    e->result = c->real->phys_load(cpu, pa, size, &e->value);
    leave_core(c);
    *value = e->value;
    end_event(c, e);
    return e->result;
}

/* ---- calls ---- */

typedef void (*flush_fn)(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                         uint64_t length, bool keep_global);

static void flush(struct vm_cpu *cpu, enum check_kind kind, flush_fn fn,
                  const uint64_t arg[CHECK_ARGS])
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth) {
        fn(cpu, arg[0], arg[1], arg[2], arg[3], arg[4] != 0);
        return;
    }
    struct check_event *e = add_event(c, kind);
    memcpy(e->arg, arg, sizeof(e->arg));
    enter_core(c);
    fn(cpu, arg[0], arg[1], arg[2], arg[3], arg[4] != 0);
    leave_core(c);
    end_event(c, e);
}

static void rec_tlb_flush(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                          uint64_t length, bool keep_global)
{
    flush(cpu, CHECK_TLB_FLUSH, check_of_recorder(cpu)->real->tlb_flush,
          (const uint64_t[CHECK_ARGS]){match, mask, va, length, keep_global});
}

static void rec_tlb_flush_all(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                              uint64_t length, bool keep_global)
{
    flush(cpu, CHECK_TLB_FLUSH_ALL, check_of_recorder(cpu)->real->tlb_flush_all_cpus,
          (const uint64_t[CHECK_ARGS]){match, mask, va, length, keep_global});
}

static uint64_t rec_counter_read(struct vm_cpu *cpu)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth)
        return c->real->counter_read(cpu);
    struct check_event *e = add_event(c, CHECK_COUNTER_READ);
    enter_core(c);
    uint64_t value = e->value = c->real->counter_read(cpu);
    leave_core(c);
    end_event(c, e);
    return value;
}

static void rec_counter_compare(struct vm_cpu *cpu, uint32_t line, uint64_t deadline)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth) {
        c->real->counter_compare(cpu, line, deadline);
        return;
    }
    struct check_event *e = add_event(c, CHECK_COUNTER_COMPARE);
    e->arg[0] = line;
    e->arg[1] = deadline;
    enter_core(c);
    c->real->counter_compare(cpu, line, deadline);
    leave_core(c);
    end_event(c, e);
}

/* Device code may drive a line of any vCPU: only what compiled code does to its own is recorded. */
static void rec_set_line(struct vm_cpu *cpu, uint32_t line, int level)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth) {
        c->real->set_line(cpu, line, level);
        return;
    }
    struct check_event *e = add_event(c, CHECK_SET_LINE);
    e->arg[0] = line;
    e->arg[1] = level != 0;
    enter_core(c);
    c->real->set_line(cpu, line, level);
    leave_core(c);
    end_event(c, e);
}

static int rec_port_access(struct vm_cpu *cpu, uint32_t port, uint32_t reg, bool write,
                           uint64_t bits, uint64_t mask, uint64_t *value)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth)
        return c->real->port_access(cpu, port, reg, write, bits, mask, value);
    struct check_event *e = add_event(c, CHECK_PORT);
    const uint64_t arg[CHECK_ARGS] = {port, reg, write, bits, mask};
    memcpy(e->arg, arg, sizeof(e->arg));
    enter_core(c);
    e->result = c->real->port_access(cpu, port, reg, write, bits, mask, &e->value);
    leave_core(c);
    *value = e->value;
    int result = e->result;
    end_event(c, e);
    return result;
}

/* What the firmware leaves in the registers is kept as bytes; `value` is the exit that it wants. It
 * switches vCPUs on and off by services that are no business of this one's. */
static bool rec_firmware_call(struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs)
{
    struct check_cpu *c = check_of_recorder(cpu);

    struct check_event *e = add_event(c, CHECK_FIRMWARE);
    const uint64_t arg[CHECK_ARGS] = {conduit, regs[0], regs[1], regs[2], regs[3]};
    memcpy(e->arg, arg, sizeof(e->arg));
    enter_core(c);
    cpu->host = c->real;
    bool known = VM_HAS(c->real, firmware_call) && c->real->firmware_call(cpu, conduit, regs);
    cpu->host = &c->recorder;
    leave_core(c);
    e->result = known;
    e->value = cpu->pending_exit;
    keep_bytes(c, e, (const uint8_t *)regs, VM_FIRMWARE_REGS * sizeof(*regs));
    end_event(c, e);
    return known;
}

static void rec_kick(struct vm_cpu *cpu)
{
    struct check_cpu *c = check_of_recorder(cpu);

    if (c->depth) {
        c->real->kick(cpu);
        return;
    }
    struct check_event *e = add_event(c, CHECK_KICK);
    enter_core(c);
    c->real->kick(cpu);
    leave_core(c);
    end_event(c, e);
}

void check_recorder_init(struct check_cpu *c)
{
    const struct vm_cpu_host *real = c->real;

    memset(check_no_jumps, 0xff, sizeof(check_no_jumps));
    c->recorder = (struct vm_cpu_host){
        .size = sizeof(c->recorder),
        .base = real->base,
        .load = rec_load,
        .store = rec_store,
        .amo = rec_amo,
        .cas = rec_cas,
        .probe = rec_probe,
        .wrote = rec_wrote,
        .phys_load = rec_phys_load,
        .phys_cas = rec_phys_cas,
        .tlb_flush = rec_tlb_flush,
        .tlb_flush_all_cpus = rec_tlb_flush_all,
        .counter_read = rec_counter_read,
        .counter_compare = rec_counter_compare,
        .set_line = rec_set_line,
        .port_access = rec_port_access,
        .instructions = real->instructions,
        .kick = rec_kick,
        .trace_mask = real->trace_mask,
        .trace = real->trace,
        .firmware_call = rec_firmware_call,
    };
}
