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
 * What a vCPU does between units when it was asked to look up: others' work, then interrupts.
 */
static void attend(struct vcpu *v)
{
    vcpu_pass_epoch(v);
    tier_adopt(v);
    if (vcpu_powered(v) && v->sched->config.arch_ops->deliver_interrupt(v->cpu)) {
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

static enum vm_exit enter(struct vcpu *v, struct unit *u)
{
    const struct sched_engine *e = engine_of(v->sched, u);
    if (v->engine != u->engine)
        vcpu_use_engine(v, u->engine);
    enum vm_exit exit = e->ops->enter(e->self, v->cpu, &u->u);
    v->stats.exits[exit]++;
    return exit;
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
    enum vm_exit exit = enter(v, u);
    v->cpu->exit_unit = NULL;
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
    if (exit == VM_EXIT_HOT)
        tier_hot(v, (struct unit *)v->cpu->exit_unit);
    if (exit == VM_EXIT_TRAP) {
        take_fault(v);
        if (!take_kick(v) && vcpu_slice_left(v) <= 0)
            return false;
    }
    if (exit == VM_EXIT_POLL && !take_kick(v)) {
        int32_t left = vcpu_slice_left(v);
        region_sample(v);
        if (!exact || left <= 0)
            return false;
        run_short(v, (uint32_t)left);
    }
    return !v->recut;
}

static _Thread_local struct vcpu *in_slice;

struct vcpu *vcpu_in_slice(void)
{
    return in_slice;
}

void run_slice(struct vcpu *v, int32_t n, bool exact)
{
    struct sched *s = v->sched;
    struct vm_cpu *cpu = v->cpu;
    vcpu_refill(v, n);
    atomic_store(&v->quiescent, false); /* before looking at the queue, see work_sync_others */
    v->stats.slices++;
    atomic_fetch_add_explicit(&s->slices, 1, memory_order_relaxed);
    v->recut = false;
    in_slice = v;
    attend(v);
    while (vcpu_runnable(v) && !atomic_load_explicit(&s->stop, memory_order_relaxed)) {
        cpu->fault.kind = VM_FAULT_NONE;
        struct unit *u = tcache_find(v);
        enum vm_exit exit = VM_EXIT_TRAP;
        if (u) {
            if (v->from)
                tcache_link(v, v->from, v->from_exit, u);
            exit = enter(v, u);
        } else if (cpu->fault.kind == VM_FAULT_NONE) {
            break; /* stopping */
        }
        v->from = NULL;
        if (exit == VM_EXIT_NEXT && !work_pending(v)) {
            v->from = (struct unit *)cpu->exit_unit;
            v->from_exit = cpu->exit_index;
        } else if (answer(v, exit, exact)) {
            attend(v);
        } else {
            break;
        }
    }
    in_slice = NULL;
    rise_look(v);
    v->stats.waits += v->waiting;
    atomic_store(&v->quiescent, true);
}
