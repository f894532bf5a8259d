/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * power.c - which vCPUs are powered on. One that is off runs nothing and takes no interrupt; it
 * starts anew, on its own thread, when another one powers it on.
 */
#include "core/vcpu/internal.h"

void vcpu_restart(struct vcpu *v, const struct vm_cpu_start *start)
{
    vcpu_compare_reset(v);
    v->cpu->reserve_size = 0;
    v->cpu->pending_exit = VM_EXIT_NONE;
    v->waiting = false;
    v->from = NULL;
    v->sched->config.arch_ops->cpu_reset(v->cpu, start);
    vcpu_tlb_flush(v, &(struct tlb_work){.length = 0});
    vcpu_jump_cache_clear(v);
    vcpu_refresh_mode(v);
}

void vcpu_power_reset(struct vcpu *v, bool on)
{
    atomic_store(&v->power, on ? VM_CPU_ON : VM_CPU_OFF);
}

bool vcpu_powered(struct vcpu *v)
{
    if (atomic_load(&v->power) != VM_CPU_GOING_ON)
        return atomic_load_explicit(&v->power, memory_order_relaxed) == VM_CPU_ON;
    pthread_mutex_lock(&v->power_lock);
    struct vm_cpu_start start = v->start;
    pthread_mutex_unlock(&v->power_lock);
    vcpu_restart(v, &start);
    atomic_store(&v->power, VM_CPU_ON);
    return true;
}

static struct vcpu *find(const struct vm_cpu *cpu, uint32_t index)
{
    struct sched *s = vcpu_of(cpu)->sched;
    return index < s->config.cpus ? &s->vcpus[index] : NULL;
}

int vcpu_power_on(struct vm_cpu *cpu, uint32_t index, const struct vm_cpu_start *start)
{
    struct vcpu *to = find(cpu, index);
    if (!to)
        return -1;
    pthread_mutex_lock(&to->power_lock);
    bool off = atomic_load(&to->power) == VM_CPU_OFF;
    if (off) {
        to->start = *start;
        atomic_store(&to->power, VM_CPU_GOING_ON);
    }
    pthread_mutex_unlock(&to->power_lock);
    if (off)
        vcpu_wake(to);
    return off ? 0 : -1;
}

/* The exit is all that is needed: run_slice() goes on with none that is off. */
void vcpu_power_off(struct vm_cpu *cpu)
{
    cpu->pending_exit = VM_EXIT_WAIT;
    atomic_store(&vcpu_of(cpu)->power, VM_CPU_OFF);
}

int vcpu_power(struct vm_cpu *cpu, uint32_t index)
{
    const struct vcpu *of = find(cpu, index);
    return of ? atomic_load(&of->power) : -1;
}
