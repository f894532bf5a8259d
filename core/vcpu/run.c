/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - the one run loop: asks the translation cache for work, lets the engine do it, and answers its exits. */
#include "core/vcpu/internal.h"

static void trace_fault(const struct vcpu *v)
{
    const struct vm_fault *f = &v->cpu->fault;
    static const char *const kinds[] = { "none", "translate", "bus", "align", "trap" };
    trace_line("exceptions", "vcpu%u pc 0x%llx %s code 0x%llx value 0x%llx va 0x%llx access %u", v->cpu->index,
               (unsigned long long)v->cpu->pc, f->kind < 5 ? kinds[f->kind] : "?", (unsigned long long)f->code,
               (unsigned long long)f->value, (unsigned long long)f->va, f->access);
}

/*
 * A trap retires nothing but costs one tick, so that a guest whose trap handler itself traps for ever still uses up its slice: the
 * loop always comes back to the scheduler.
 */
static void take_fault(struct vcpu *v)
{
    v->stats.faults++;
    if (trace_mask & VM_TRACE_EXCEPTIONS)
        trace_fault(v);
    v->sched->config.arch_ops->deliver_fault(v->cpu);
    v->ticks++;
    atomic_fetch_sub(&v->cpu->countdown, 1);
}

/* What a vCPU does between units when it was asked to look up: others' work, then interrupts. */
static void attend(struct vcpu *v)
{
    work_drain(v);
    atomic_store_explicit(&v->epoch, tcache_epoch(v->sched->tcache), memory_order_release);
    if (v->sched->config.arch_ops->deliver_interrupt(v->cpu)) {
        v->stats.interrupts++;
        if (trace_mask & VM_TRACE_INTERRUPTS)
            trace_line("interrupts", "vcpu%u taken, pc 0x%llx", v->cpu->index, (unsigned long long)v->cpu->pc);
    }
    vcpu_refresh_mode(v);
}

/* Takes back a kick, so that the count is exact again; true if there was one. */
static bool take_kick(struct vcpu *v)
{
    bool kicked = atomic_exchange(&v->kicked, false);
    if (atomic_load(&v->cpu->countdown) < -(VM_KICK / 2)) {
        atomic_fetch_add(&v->cpu->countdown, VM_KICK);
        kicked = true;
    }
    return kicked;
}

/* Runs the last `left` instructions of an exact slice, fewer than the next unit has. */
static void run_short(struct vcpu *v, uint32_t left)
{
    struct unit *u = tcache_short_unit(v, left);
    if (!u) {
        if (v->cpu->fault.kind)
            take_fault(v);
        return;
    }
    v->cpu->exit_unit = NULL;
    enum vm_exit exit = v->sched->config.engine_ops->enter(v->sched->config.engine, v->cpu, &u->u);
    v->cpu->exit_unit = NULL;
    tcache_drop_short(v, u);
    v->stats.exits[exit]++;
    if (exit == VM_EXIT_TRAP)
        take_fault(v);
    if (exit == VM_EXIT_WAIT)
        v->waiting = true;
}

void run_slice(struct vcpu *v, int32_t n, bool exact)
{
    struct sched *s = v->sched;
    struct vm_cpu *cpu = v->cpu;
    struct unit *from = NULL;
    uint32_t from_exit = 0;
    vcpu_refill(v, n);
    atomic_store(&v->quiescent, false); /* before looking at the queue, see work_sync_others */
    v->stats.slices++;
    v->recut = false;
    attend(v);
    while (!v->waiting && !atomic_load_explicit(&s->stop, memory_order_relaxed)) {
        cpu->fault.kind = VM_FAULT_NONE;
        struct unit *u = tcache_find(v);
        enum vm_exit exit = VM_EXIT_TRAP;
        if (u) {
            if (from)
                tcache_link(v, from, from_exit, u);
            exit = s->config.engine_ops->enter(s->config.engine, cpu, &u->u);
            v->stats.exits[exit]++;
        } else if (cpu->fault.kind == VM_FAULT_NONE) {
            break; /* stopping */
        }
        from = NULL;
        if (exit == VM_EXIT_NEXT) {
            from = (struct unit *)cpu->exit_unit;
            from_exit = cpu->exit_index;
            if (atomic_load_explicit(&v->work.pushed, memory_order_relaxed) ==
                atomic_load_explicit(&v->work.done, memory_order_relaxed))
                continue;
            from = NULL; /* draining may end its life */
        } else if (exit == VM_EXIT_TRAP) {
            take_fault(v);
            if (!take_kick(v) && atomic_load_explicit(&cpu->countdown, memory_order_relaxed) <= 0)
                break;
        } else if (exit == VM_EXIT_WAIT) {
            v->waiting = true;
        } else if (exit == VM_EXIT_POLL && !take_kick(v)) {
            int32_t left = atomic_load(&cpu->countdown);
            if (!exact || left <= 0)
                break;
            run_short(v, (uint32_t)left);
        }
        if (v->recut)
            break;
        attend(v);
    }
    v->stats.waits += v->waiting;
    atomic_store(&v->quiescent, true);
}
