/* SPDX-License-Identifier: BSD-2-Clause */
/* cpu.c - one vCPU: creation, kick, mode, instruction count, and the services that arch and engine
 * see. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/vcpu/internal.h"

struct tlb *vcpu_tlb(const struct vm_cpu *cpu)
{
    return vcpu_of(cpu)->tlb;
}

uint32_t sched_frame_offset(const struct vm_arch_ops *arch, const struct sched_engine *engines,
                            uint32_t n)
{
    uint32_t offset = (arch->state_size + 15u) & ~15u;
    for (uint32_t i = 0; i < n; i++)
        offset += (engines[i].ops->frame_size + 15u) & ~15u;
    return offset;
}

/* ---- kick and wake ---- */

/*
 * A kick is in the countdown or it is not, so that the count can always be recovered. It is a
 * read-modify-write even when one is there already: whoever takes it back, by another, sees what
 * was asked for before.
 */
void vcpu_kick(struct vcpu *v)
{
    _Atomic int32_t *countdown = &v->cpu->countdown;
    int32_t now = atomic_load_explicit(countdown, memory_order_relaxed);
    while (!atomic_compare_exchange_weak(countdown, &now, is_kicked(now) ? now : now - VM_KICK)) {
    }
}

/*
 * Against thread_sleep, which raises `sleeping` and then looks for something to do: of two
 * read-modify-writes one comes first. If it is this one, the other sees what was done before it;
 * else `sleeping` is seen here.
 */
void vcpu_wake(struct vcpu *v)
{
    if (atomic_fetch_or(&v->thread->sleeping, 0))
        host_event_signal(&v->thread->wake);
}

bool vcpu_runnable(struct vcpu *v)
{
    if (!vcpu_powered(v))
        return false;
    if (v->waiting && v->sched->config.arch_ops->wake(v->cpu))
        v->waiting = false;
    return !v->waiting;
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
    if (v->sched->outputs & bit) {
        if (v->sched->config.output_changed)
            v->sched->config.output_changed(v->sched->config.machine, cpu->index, line & 63);
        return;
    }
    if (level) {
        vcpu_kick(v);
        vcpu_wake(v);
    }
}

void vcpu_fail(struct vm_cpu *cpu, const char *why)
{
    sched_fail(vcpu_of(cpu)->sched, "%s", why);
}

/* ---- instruction count ---- */

static int32_t without_kick(int32_t countdown)
{
    return is_kicked(countdown) ? countdown + VM_KICK : countdown;
}

int32_t vcpu_slice_left(const struct vcpu *v)
{
    return without_kick(atomic_load_explicit(&v->cpu->countdown, memory_order_relaxed));
}

uint64_t vcpu_slice_used(const struct vcpu *v)
{
    return (uint64_t)(v->slice - vcpu_slice_left(v));
}

uint64_t vcpu_retired(const struct vcpu *v)
{
    return v->retired + vcpu_slice_used(v) - v->ticks;
}

/* The exchange, unlike a store, sees what was asked for by a kick that it wipes out. */
uint64_t vcpu_refill(struct vcpu *v, int32_t n)
{
    int32_t left = without_kick(atomic_exchange(&v->cpu->countdown, n));
    uint64_t used = (uint64_t)(v->slice - left);
    v->retired += used - v->ticks;
    v->ticks = 0;
    v->slice = n;
    return used;
}

/* ---- mode ---- */

static void update_jump_tag(struct vcpu *v)
{
    v->cpu->jump_tag = (uint64_t)tlb_fetch_generation(v->tlb) << 32 |
                       (uint64_t)v->key_id << TAG_ENGINE_BITS | v->engine;
}

void vcpu_use_engine(struct vcpu *v, uint32_t engine)
{
    v->engine = engine;
    v->cpu->engine = v->engine_part[engine];
    v->cpu->jump_tag = (v->cpu->jump_tag & ~TAG_ENGINE_MASK) | engine;
}

void vcpu_tlb_flush(struct vcpu *v, const struct tlb_work *w)
{
    uint32_t before = tlb_fetch_generation(v->tlb);
    tlb_flush(v->tlb, w->id_match, w->id_mask, w->va, w->length, w->keep_global);
    if (tlb_fetch_generation(v->tlb) != before) {
        update_jump_tag(v);
        jumps_renew(v);
    }
}

static void fetch_changed(void *opaque, bool wrapped)
{
    struct vcpu *v = opaque;
    if (wrapped)
        vcpu_jump_cache_clear(v);
    update_jump_tag(v);
    jumps_select(v);
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
    update_jump_tag(v);
    jumps_select(v);
}

/* ---- compare timers ---- */

/* Line = (counter >= deadline); re-armed for the instant at which that changes. Called with t->lock
 * held. */
static void compare_update(struct compare_timer *t)
{
    struct sched *s = t->v->sched;
    bool high = t->deadline != UINT64_MAX && clock_counter(s->config.clock) >= t->deadline;
    vcpu_set_line(t->v->cpu, t->line, high);
    int64_t at = high || t->deadline == UINT64_MAX
                     ? INT64_MAX
                     : clock_counter_deadline(s->config.clock, t->deadline);
    timer_arm(t->timer, at);
}

static void compare_fired(void *opaque)
{
    struct compare_timer *t = opaque;
    pthread_mutex_lock(&t->lock);
    if (t->timer)
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
}

void vcpu_compare_renew(struct vcpu *v)
{
    for (unsigned i = 0; i < 64; i++)
        compare_fired(&v->compares[i]);
}

void vcpu_compare_reset(struct vcpu *v)
{
    for (unsigned i = 0; i < 64; i++) {
        struct compare_timer *t = &v->compares[i];
        pthread_mutex_lock(&t->lock);
        t->deadline = UINT64_MAX;
        if (t->timer)
            compare_update(t);
        pthread_mutex_unlock(&t->lock);
    }
}

/* ---- services ---- */

static uint64_t host_counter_read(struct vm_cpu *cpu)
{
    struct sched *s = vcpu_of(cpu)->sched;
    sched_sync_clock(s);
    return clock_counter(s->config.clock);
}

static int host_port_access(struct vm_cpu *cpu, uint32_t port, uint32_t reg, bool write,
                            uint64_t bits, uint64_t mask, uint64_t *value)
{
    const struct sched_config *c = &vcpu_of(cpu)->sched->config;
    const struct sched_port_access access = {reg, write, bits, mask};
    *value = 0;
    return c->port_access ? c->port_access(c->machine, cpu->index, port, &access, value) : -1;
}

static void host_request(struct vm_cpu *cpu, int request, int status)
{
    sched_request(vcpu_of(cpu)->sched, request, status);
}

static bool host_firmware_call(struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs)
{
    const struct sched_config *c = &vcpu_of(cpu)->sched->config;
    return c->firmware_call && c->firmware_call(c->machine, cpu, conduit, regs);
}

static uint64_t host_instructions(struct vm_cpu *cpu)
{
    return vcpu_retired(vcpu_of(cpu));
}

static void host_kick(struct vm_cpu *cpu)
{
    vcpu_kick(vcpu_of(cpu));
    vcpu_wake(vcpu_of(cpu));
}

static void host_tlb_flush(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                           uint64_t length, bool keep_global)
{
    struct tlb_work w = {
        .keep_global = keep_global, .id_match = match, .id_mask = mask, .va = va, .length = length};
    vcpu_tlb_flush(vcpu_of(cpu), &w);
}

static void host_tlb_flush_all(struct vm_cpu *cpu, uint64_t match, uint64_t mask, uint64_t va,
                               uint64_t length, bool keep_global)
{
    struct tlb_work w = {
        .keep_global = keep_global, .id_match = match, .id_mask = mask, .va = va, .length = length};
    vcpu_tlb_flush(vcpu_of(cpu), &w);
    work_sync_others(vcpu_of(cpu), &w);
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
    static const char *const names[] = {"units", "ir", "exceptions", "devices", "interrupts"};
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
        .port_access = host_port_access,
        .instructions = host_instructions,
        .kick = host_kick,
        .trace_mask = host_trace_mask,
        .trace = host_trace,
        .cpu_on = vcpu_power_on,
        .cpu_off = vcpu_power_off,
        .cpu_power = vcpu_power,
        .request = host_request,
        .firmware_call = host_firmware_call,
    };
}

/* ---- life ---- */

/* Each engine makes its part of the vCPU and leaves it in cpu->engine. */
static int init_engines(struct vcpu *v, struct vm_error *err)
{
    const struct sched_config *c = &v->sched->config;
    for (uint32_t i = 0; i < c->n_engines; i++) {
        const struct sched_engine *e = &c->engines[i];
        v->cpu->engine = NULL;
        if (e->ops->cpu_init && e->ops->cpu_init(e->self, v->cpu, err))
            return -1;
        v->engine_part[i] = v->cpu->engine;
        v->engines_ready++;
    }
    vcpu_use_engine(v, 0);
    return 0;
}

static void exit_engines(struct vcpu *v)
{
    const struct sched_config *c = &v->sched->config;
    while (v->engines_ready > 0) {
        const struct sched_engine *e = &c->engines[--v->engines_ready];
        v->cpu->engine = v->engine_part[v->engines_ready];
        if (e->ops->cpu_exit)
            e->ops->cpu_exit(e->self, v->cpu);
    }
}

int vcpu_init(struct vcpu *v, struct sched *s, uint32_t index, struct vm_error *err)
{
    const struct sched_config *c = &s->config;
    size_t bytes = (s->cpu_bytes + 63u) & ~(size_t)63;
    v->sched = s;
    v->policy = SCHED_AUTO;
    v->thread = &s->threads[index % s->n_threads];
    work_init(&v->work);
    vm_ir_init(&v->ir);
    atomic_store(&v->quiescent, true);
    pthread_mutex_init(&v->power_lock, NULL);
    vcpu_power_reset(v, true);
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
    v->tlb = tlb_new(v->cpu, c->arch_ops, c->space);
    if (!v->tlb || !jumps_init(v))
        return vm_error_set(err, "out of memory for the TLB of vCPU %u", index);
    tlb_on_fetch_change(v->tlb, fetch_changed, v);
    v->arch_ready = c->arch_ops->cpu_init(c->arch, v->cpu, err) == 0;
    if (!v->arch_ready || init_engines(v, err))
        return vm_error_prefix(err, "vCPU %u", index);
    return 0;
}

/* Also for one whose vcpu_init failed half-way. */
void vcpu_exit(struct vcpu *v)
{
    if (!v->sched)
        return;
    const struct sched_config *c = &v->sched->config;
    for (unsigned i = 0; i < 64; i++) {
        timer_free(v->compares[i].timer);
        pthread_mutex_destroy(&v->compares[i].lock);
    }
    pthread_mutex_destroy(&v->power_lock);
    rise_drop(v);
    exit_engines(v);
    if (v->arch_ready && c->arch_ops->cpu_exit)
        c->arch_ops->cpu_exit(c->arch, v->cpu);
    tlb_free(v->tlb);
    jumps_exit(v);
    free(v->cpu);
    vm_ir_free(&v->ir);
    work_free(&v->work);
}
