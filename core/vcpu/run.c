/* SPDX-License-Identifier: BSD-2-Clause */
/* run.c - the one run loop: asks the translation cache for work, lets the engine do it, and answers
 * its exits. */
#include "core/vcpu/internal.h"

static void trace_fault(const struct vcpu *v)
{
    const struct vm_fault *f = &v->cpu->fault;
    static const char *const kinds[] = {"none", "translate", "bus", "align", "trap"};
    trace_line("exceptions", "vcpu%u pc 0x%llx %s code 0x%llx value 0x%llx va 0x%llx access %u",
               v->cpu->index, (unsigned long long)v->cpu->pc, f->kind < 5 ? kinds[f->kind] : "?",
               (unsigned long long)f->code, (unsigned long long)f->value, (unsigned long long)f->va,
               f->access);
}

/*
 * A trap retires nothing but costs one tick, so that a guest whose trap handler itself traps for
 * ever still uses up its slice: the loop always comes back to the scheduler.
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

/*
 * What a vCPU does between units when it was asked to look up: others' work, then interrupts. The
 * epoch is read before the queue is drained: what died up to it is in the queue.
 */
static void attend(struct vcpu *v)
{
    uint64_t epoch = tcache_epoch(v->sched->tcache);
    work_drain(v);
    atomic_store(&v->epoch, epoch);
    if (v->sched->config.arch_ops->deliver_interrupt(v->cpu)) {
        v->waiting = false;
        v->stats.interrupts++;
        if (trace_mask & VM_TRACE_INTERRUPTS)
            trace_line("interrupts", "vcpu%u taken, pc 0x%llx", v->cpu->index,
                       (unsigned long long)v->cpu->pc);
    }
    vcpu_refresh_mode(v);
}

/* Takes back a kick, so that what was asked for from here on kicks again; true if there was one. */
static bool take_kick(struct vcpu *v)
{
    if (!is_kicked(atomic_load_explicit(&v->cpu->countdown, memory_order_relaxed)))
        return false;
    atomic_fetch_add(&v->cpu->countdown, VM_KICK);
    return true;
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
    enum vm_exit exit = v->sched->config.engine_ops->enter(v->sched->config.engine, v->cpu, &u->u);
    v->cpu->exit_unit = NULL;
    v->stats.exits[exit]++;
    if (exit == VM_EXIT_TRAP)
        take_fault(v);
    if (exit == VM_EXIT_WAIT)
        v->waiting = true;
}

/*
 * Answers an exit other than NEXT; false: the slice is over. A slice that is not exact ends where
 * the next unit does not fit any more.
 */
static bool answer(struct vcpu *v, enum vm_exit exit, bool exact)
{
    if (exit == VM_EXIT_WAIT)
        v->waiting = true;
    if (exit == VM_EXIT_TRAP) {
        take_fault(v);
        if (!take_kick(v) && vcpu_slice_left(v) <= 0)
            return false;
    }
    if (exit == VM_EXIT_POLL && !take_kick(v)) {
        int32_t left = vcpu_slice_left(v);
        if (!exact || left <= 0)
            return false;
        run_short(v, (uint32_t)left);
    }
    return !v->recut;
}

void run_slice(struct vcpu *v, int32_t n, bool exact)
{
    struct sched *s = v->sched;
    struct vm_cpu *cpu = v->cpu;
    struct unit *from = NULL; /* left by exit `from_exit` just now */
    uint32_t from_exit = 0;
    vcpu_refill(v, n);
    atomic_store(&v->quiescent, false); /* before looking at the queue, see work_sync_others */
    v->stats.slices++;
    v->recut = false;
    attend(v);
    while (vcpu_runnable(v) && !atomic_load_explicit(&s->stop, memory_order_relaxed)) {
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
        if (exit == VM_EXIT_NEXT && !work_pending(v)) {
            from = (struct unit *)cpu->exit_unit;
            from_exit = cpu->exit_index;
        } else if (answer(v, exit, exact)) {
            attend(v);
        } else {
            break;
        }
    }
    v->stats.waits += v->waiting;
    atomic_store(&v->quiescent, true);
}
