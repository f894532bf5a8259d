/* SPDX-License-Identifier: BSD-2-Clause */
/* cpu.c - one vCPU: creation, kick, mode, instruction count, and the services that arch and engine see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/vcpu/internal.h"

struct tlb *vcpu_tlb(const struct vm_cpu *cpu)
{
    return vcpu_of(cpu)->tlb;
}

uint32_t sched_frame_offset(const struct vm_arch_ops *arch)
{
    return (arch->state_size + 15u) & ~15u;
}

/* ---- kick and wake ---- */

/* Sequentially consistent against vcpu_refill: see VM_KICK in vmrun/cpu.h. */
void vcpu_kick(struct vcpu *v)
{
    if (!atomic_exchange(&v->kicked, true))
        atomic_fetch_sub(&v->cpu->countdown, VM_KICK);
}

static void wake_thread(struct vcpu *v)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&v->thread->sleeping))
        host_event_signal(&v->thread->wake);
}

void vcpu_set_line(struct vm_cpu *cpu, uint32_t line, int level)
{
    struct vcpu *v = vcpu_of(cpu);
    uint64_t bit = UINT64_C(1) << (line & 63);
    uint64_t old = level ? atomic_fetch_or(&cpu->lines, bit) : atomic_fetch_and(&cpu->lines, ~bit);
    if (!!(old & bit) == !!level)
        return;
    if (trace_mask & VM_TRACE_INTERRUPTS)
        trace_line("interrupts", "vcpu%u line %u %s", cpu->index, line, level ? "high" : "low");
    if (level) {
        vcpu_kick(v);
        wake_thread(v);
    }
}

/* ---- instruction count ---- */

static int32_t slice_left(const struct vcpu *v)
{
    int32_t left = atomic_load_explicit(&v->cpu->countdown, memory_order_relaxed);
    return left < -(VM_KICK / 2) ? left + VM_KICK : left;
}

uint64_t vcpu_retired(const struct vcpu *v)
{
    return v->retired + (uint64_t)(v->slice - slice_left(v)) - v->ticks;
}

uint64_t vcpu_refill(struct vcpu *v, int32_t n)
{
    uint64_t took = (uint64_t)(v->slice - slice_left(v));
    v->retired += took - v->ticks;
    v->ticks = 0;
    v->slice = n;
    atomic_store(&v->kicked, false);
    atomic_store(&v->cpu->countdown, n);
    return took;
}

/* ---- mode ---- */

void vcpu_jump_cache_clear(struct vcpu *v)
{
    memset(v->cpu->jump_cache, 0xff, VM_JUMP_CACHE_SIZE * sizeof(struct vm_jump_entry));
}

void vcpu_refresh_mode(struct vcpu *v)
{
    struct vm_cpu *cpu = v->cpu;
    struct vm_cpu_mode mode;
    memset(&mode, 0, sizeof(mode));
    v->sched->config.arch_ops->mode(cpu, &mode);
    if (!v->mode_valid || memcmp(mode.key, v->mode.key, sizeof(mode.key)) != 0)
        v->key_id = tcache_key_id(v, mode.key);
    for (uint32_t i = 0; i < VM_MMU_COUNT; i++)
        if (!v->mode_valid || mode.context[i] != v->mode.context[i])
            tlb_select(v->tlb, i, mode.context[i]);
    v->mode = mode;
    v->mode_valid = true;
    cpu->jump_tag = (uint64_t)tlb_fetch_generation(v->tlb) << 32 | v->key_id;
}

/* ---- compare timers ---- */

/* Line = (counter >= deadline); re-armed for the instant at which that changes. Called with t->lock held. */
static void compare_update(struct compare_timer *t)
{
    struct sched *s = t->v->sched;
    bool high = t->deadline != UINT64_MAX && clock_counter(s->config.clock) >= t->deadline;
    vcpu_set_line(t->v->cpu, t->line, high);
    int64_t at = high || t->deadline == UINT64_MAX ? INT64_MAX : clock_counter_deadline(s->config.clock, t->deadline);
    timer_arm(t->timer, at);
}

static void compare_fired(void *opaque)
{
    struct compare_timer *t = opaque;
    pthread_mutex_lock(&t->lock);
    compare_update(t);
    pthread_mutex_unlock(&t->lock);
}

static void host_counter_compare(struct vm_cpu *cpu, uint32_t line, uint64_t deadline)
{
    struct vcpu *v = vcpu_of(cpu);
    struct compare_timer *t = &v->compares[line & 63];
    sched_sync_clock(v->sched);
    pthread_mutex_lock(&t->lock);
    if (!t->timer) {
        t->v = v;
        t->line = line & 63;
        t->timer = timer_new(v->sched->config.timers, compare_fired, t);
    }
    t->deadline = deadline;
    if (t->timer)
        compare_update(t);
    pthread_mutex_unlock(&t->lock);
    if (!t->timer)
        sched_fail(v->sched, "out of memory for a timer of vCPU %u", cpu->index);
    if (v->sched->config.deterministic) {
        v->recut = true; /* the slice was cut for the old deadline */
        vcpu_kick(v);
    }
}

/* ---- services ---- */

static uint64_t host_counter_read(struct vm_cpu *cpu)
{
    struct sched *s = vcpu_of(cpu)->sched;
    sched_sync_clock(s);
    return clock_counter(s->config.clock);
}

static uint64_t host_instructions(struct vm_cpu *cpu)
{
    return vcpu_retired(vcpu_of(cpu));
}

static void host_kick(struct vm_cpu *cpu)
{
    vcpu_kick(vcpu_of(cpu));
    wake_thread(vcpu_of(cpu));
}

static void host_tlb_flush(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va, uint64_t length, bool keep_global)
{
    tlb_flush(vcpu_of(cpu)->tlb, match, mask, va, length, keep_global);
}

static void flush_work(struct vcpu *v, const struct work *w)
{
    tlb_flush(v->tlb, w->a, w->b, w->c, w->d, w->flag);
}

static void host_tlb_flush_all(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va, uint64_t length, bool keep_global)
{
    struct vcpu *v = vcpu_of(cpu);
    struct work w = { .fn = flush_work, .a = match, .b = mask, .c = va, .d = length, .flag = keep_global };
    tlb_flush(v->tlb, match, mask, va, length, keep_global);
    work_sync_others(v, &w);
}

static uint32_t host_trace_mask(void)
{
    return trace_mask;
}

static void host_trace(struct vm_cpu *cpu, uint32_t category, const char *fmt, ...)
{
    if (!(trace_mask & category))
        return;
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    static const char *const names[] = { "units", "ir", "exceptions", "devices", "interrupts" };
    unsigned bit = category ? (unsigned)__builtin_ctz(category) : 0;
    trace_line(bit < 5 ? names[bit] : "other", "vcpu%u %s", cpu->index, text);
}

void cpu_host_fill(struct vm_cpu_host *h, const struct vm_host *base)
{
    *h = (struct vm_cpu_host){
        .size = sizeof(*h),
        .base = base,
        .load = tlb_load,
        .store = tlb_store,
        .amo = tlb_amo,
        .cas = tlb_cas,
        .probe = tlb_probe_block,
        .wrote = tlb_wrote,
        .phys_load = tlb_phys_load,
        .phys_cas = tlb_phys_cas,
        .tlb_flush = host_tlb_flush,
        .tlb_flush_all_cpus = host_tlb_flush_all,
        .counter_read = host_counter_read,
        .counter_compare = host_counter_compare,
        .set_line = vcpu_set_line,
        .instructions = host_instructions,
        .kick = host_kick,
        .trace_mask = host_trace_mask,
        .trace = host_trace,
    };
}

/* ---- life ---- */

int vcpu_init(struct vcpu *v, struct sched *s, uint32_t index, struct vm_error *err)
{
    const struct sched_config *c = &s->config;
    size_t bytes = (s->cpu_bytes + 63u) & ~(size_t)63;
    v->sched = s;
    v->thread = &s->threads[index % s->n_threads];
    work_init(&v->work);
    vm_ir_init(&v->ir);
    atomic_store(&v->quiescent, true);
    for (unsigned i = 0; i < 64; i++) {
        pthread_mutex_init(&v->compares[i].lock, NULL);
        v->compares[i].deadline = UINT64_MAX;
    }
    v->cpu = aligned_alloc(64, bytes);
    if (!v->cpu)
        return vm_error_set(err, "out of memory for vCPU %u", index);
    memset(v->cpu, 0, bytes);
    v->cpu->index = index;
    v->cpu->host = &s->cpu_host;
    v->cpu->core = v;
    v->cpu->arch = c->arch;
    v->cpu->jump_cache = aligned_alloc(64, VM_JUMP_CACHE_SIZE * sizeof(struct vm_jump_entry));
    v->tlb = tlb_new(v->cpu, c->arch_ops, c->space);
    if (!v->cpu->jump_cache || !v->tlb)
        return vm_error_set(err, "out of memory for the TLB of vCPU %u", index);
    vcpu_jump_cache_clear(v);
    if (c->arch_ops->cpu_init(c->arch, v->cpu, err))
        return vm_error_prefix(err, "vCPU %u: ", index);
    if (c->engine_ops->cpu_init && c->engine_ops->cpu_init(c->engine, v->cpu, err)) {
        if (c->arch_ops->cpu_exit)
            c->arch_ops->cpu_exit(c->arch, v->cpu);
        v->cpu->arch = NULL;
        return vm_error_prefix(err, "vCPU %u: ", index);
    }
    return 0;
}

/* Also for one whose vcpu_init failed half-way. */
void vcpu_exit(struct vcpu *v)
{
    if (!v->sched)
        return;
    const struct sched_config *c = &v->sched->config;
    for (unsigned i = 0; i < 64; i++) {
        if (v->compares[i].timer)
            timer_free(v->compares[i].timer);
        pthread_mutex_destroy(&v->compares[i].lock);
    }
    if (v->cpu) {
        if (v->tlb && v->cpu->arch) {
            if (c->engine_ops->cpu_exit)
                c->engine_ops->cpu_exit(c->engine, v->cpu);
            if (c->arch_ops->cpu_exit)
                c->arch_ops->cpu_exit(c->arch, v->cpu);
        }
        if (v->tlb)
            tlb_free(v->tlb);
        free(v->cpu->jump_cache);
        free(v->cpu);
    }
    vm_ir_free(&v->ir);
    work_free(&v->work);
}
