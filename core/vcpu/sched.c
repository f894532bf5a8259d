/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.c - maps vCPUs to host threads, in parallel or deterministic mode; stop, reset, statistics,
 * state hash.
 *
 * Deterministic mode runs all vCPUs in turn on the caller's thread. Machine time counts
 * instructions: a round gives each vCPU that is awake the same number of them, cut at the next
 * timer deadline; when all sleep, time jumps to that deadline.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/host/clock.h"
#include "core/vcpu/internal.h"

#define NS_PER_S            1000000000u
#define DETERMINISTIC_SLICE 10000 /* instructions: how late a vCPU may see another's doing */

/* ---- stop ---- */

static void kick_all(struct sched *s)
{
    for (uint32_t i = 0; i < s->config.cpus; i++)
        if (s->vcpus[i].cpu)
            vcpu_kick(&s->vcpus[i]);
    for (uint32_t i = 0; i < s->n_threads; i++)
        host_event_signal(&s->threads[i].wake);
}

void sched_request_stop(struct sched *s, enum stop_reason reason, int status)
{
    pthread_mutex_lock(&s->stop_lock);
    int before = atomic_load(&s->stop);
    if (before == STOP_NONE || before == STOP_RESET) {
        s->stop_status = status;
        atomic_store(&s->stop, reason);
    }
    pthread_mutex_unlock(&s->stop_lock);
    kick_all(s);
}

void sched_request(struct sched *s, int request, int status)
{
    if (request == VM_REQUEST_POWEROFF)
        sched_request_stop(s, STOP_POWEROFF, status & 0xff);
    else if (request == VM_REQUEST_RESET)
        sched_request_stop(s, STOP_RESET, status & 0xff);
    else
        log_line(VM_LOG_ERROR, "machine", "unknown request %d", request);
}

void sched_fail(struct sched *s, const char *fmt, ...)
{
    char text[VM_ERROR_TEXT / 2];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    pthread_mutex_lock(&s->stop_lock);
    if (!s->stop_error.set)
        vm_error_set(&s->stop_error, "%s", text);
    pthread_mutex_unlock(&s->stop_lock);
    sched_request_stop(s, STOP_ERROR, 1);
}

/* ---- parallel mode ---- */

static bool any_runnable(struct run_thread *t)
{
    bool any = false;
    for (uint32_t i = t->number; i < t->sched->config.cpus; i += t->sched->n_threads)
        any |= vcpu_runnable(&t->sched->vcpus[i]);
    return any;
}

/* Sleeps until a line of one of the thread's vCPUs rises or the machine stops. The other side is
 * vcpu_wake. */
static void thread_sleep(struct run_thread *t)
{
    atomic_exchange(&t->sleeping, 1);
    if (!any_runnable(t) && !atomic_load(&t->sched->stop))
        host_event_wait(&t->wake, INT64_MAX);
    atomic_exchange(&t->sleeping, 0);
}

static bool limit_reached(struct sched *s)
{
    return s->config.max_instructions && vcpu_retired(&s->vcpus[0]) >= s->config.max_instructions;
}

static void thread_main(void *opaque)
{
    struct run_thread *t = opaque;
    struct sched *s = t->sched;
    while (!atomic_load(&s->stop)) {
        bool ran = false;
        for (uint32_t i = t->number; i < s->config.cpus && !atomic_load(&s->stop);
             i += s->n_threads) {
            if (!vcpu_runnable(&s->vcpus[i]))
                continue;
            run_slice(&s->vcpus[i], VM_SLICE_MAX, false);
            ran = true;
            if (i == 0 && limit_reached(s))
                sched_request_stop(s, STOP_LIMIT, 3);
        }
        if (!ran)
            thread_sleep(t);
    }
}

static void run_parallel(struct sched *s)
{
    clock_start(s->config.clock);
    for (uint32_t i = 0; i < s->n_threads; i++) {
        struct vm_error err = VM_ERROR_INIT;
        char name[16];
        snprintf(name, sizeof(name), "vcpu%u", i);
        s->threads[i].thread = host_thread_start(name, thread_main, &s->threads[i], &err);
        if (!s->threads[i].thread)
            sched_fail(s, "%s", err.text);
    }
    for (uint32_t i = 0; i < s->n_threads; i++) {
        if (s->threads[i].thread)
            host_thread_join(s->threads[i].thread);
        s->threads[i].thread = NULL;
    }
    clock_stop(s->config.clock);
}

/* ---- deterministic mode ---- */

static int64_t insns_to_ns(const struct sched *s, uint64_t n)
{
    return (int64_t)((unsigned __int128)n * NS_PER_S / s->config.ips);
}

static uint64_t ns_to_insns(const struct sched *s, int64_t ns)
{
    return (uint64_t)(((unsigned __int128)(uint64_t)ns * s->config.ips + NS_PER_S - 1) / NS_PER_S);
}

/* The vCPU whose slice this thread is running in deterministic mode. */
static _Thread_local struct vcpu *running;

void sched_sync_clock(struct sched *s)
{
    if (running && running->sched == s)
        clock_advance(s->config.clock,
                      insns_to_ns(s, s->slice_start_insn + vcpu_slice_used(running)));
}

/* The slice that is running was cut for a later deadline. */
static void deadline_nearer(void *opaque)
{
    if (!running || running->sched != opaque)
        return;
    running->recut = true;
    vcpu_kick(running);
}

void sched_inject(struct sched *s, void (*fn)(void *), void *opaque)
{
    if (!s->config.deterministic) {
        fn(opaque);
        return;
    }
    struct injected *in = malloc(sizeof(*in));
    if (!in) {
        sched_fail(s, "out of memory for a host event");
        return;
    }
    *in = (struct injected){.fn = fn, .opaque = opaque};
    pthread_mutex_lock(&s->inject_lock);
    *s->inject_tail = in;
    s->inject_tail = &in->next;
    atomic_store(&s->injected, true);
    pthread_mutex_unlock(&s->inject_lock);
    host_event_signal(&s->threads[0].wake);
}

static void run_injected(struct sched *s)
{
    if (!atomic_exchange(&s->injected, false))
        return;
    pthread_mutex_lock(&s->inject_lock);
    struct injected *in = s->inject_head;
    s->inject_head = NULL;
    s->inject_tail = &s->inject_head;
    pthread_mutex_unlock(&s->inject_lock);
    while (in) {
        struct injected *next = in->next;
        in->fn(in->opaque);
        free(in);
        in = next;
    }
}

/* How many instructions from time_insns on may run before the next deadline; at least 1. */
static uint64_t room_to_deadline(const struct sched *s)
{
    int64_t next = timers_next(s->config.timers);
    if (next == INT64_MAX)
        return UINT64_MAX;
    uint64_t at = next > 0 ? ns_to_insns(s, next) : 0;
    return at > s->time_insns ? at - s->time_insns : 1;
}

static uint64_t room_to_limit(struct sched *s)
{
    uint64_t done = vcpu_retired(&s->vcpus[0]), limit = s->config.max_instructions;
    if (!limit)
        return UINT64_MAX;
    return done < limit ? limit - done : 1;
}

static uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/*
 * Up to *n instructions of v, beginning at time_insns; returns how many ticks they took. When a
 * deadline comes up meanwhile *n becomes less, for v and for those whose turn is after it.
 */
static uint64_t run_turn(struct sched *s, struct vcpu *v, uint64_t *n)
{
    uint64_t took = 0;
    bool again = true;
    running = v;
    while (again && took < *n && vcpu_runnable(v) && !atomic_load(&s->stop)) {
        s->slice_start_insn = s->time_insns + took;
        run_slice(v, (int32_t)(*n - took), true);
        took += vcpu_refill(v, 0);
        again = v->recut;
        if (v->recut)
            *n = min_u64(*n, room_to_deadline(s));
    }
    running = NULL;
    return took;
}

/* One turn for every vCPU that is awake; returns how many ticks the longest took. */
static uint64_t run_round(struct sched *s)
{
    uint64_t longest = 0;
    uint64_t n = min_u64(DETERMINISTIC_SLICE, min_u64(room_to_deadline(s), room_to_limit(s)));
    for (uint32_t i = 0; i < s->config.cpus; i++) {
        uint64_t took = run_turn(s, &s->vcpus[i], &n);
        longest = took > longest ? took : longest;
    }
    return longest;
}

/* All vCPUs sleep: time jumps to the next deadline, or the host has to bring something. */
static void skip_idle_time(struct sched *s)
{
    int64_t next = timers_next(s->config.timers);
    if (next != INT64_MAX) {
        uint64_t at = next > 0 ? ns_to_insns(s, next) : 0;
        s->time_insns = at > s->time_insns ? at : s->time_insns;
    } else if (!atomic_load(&s->injected)) {
        host_event_wait(&s->threads[0].wake, INT64_MAX);
    }
}

static void run_deterministic(struct sched *s)
{
    while (!atomic_load(&s->stop)) {
        run_injected(s);
        clock_advance(s->config.clock, insns_to_ns(s, s->time_insns));
        timers_run(s->config.timers);
        uint64_t took = run_round(s);
        s->time_insns += took;
        if (limit_reached(s))
            sched_request_stop(s, STOP_LIMIT, 3);
        if (!atomic_load(&s->stop) && !any_runnable(&s->threads[0]))
            skip_idle_time(s);
    }
}

/* ---- running ---- */

enum stop_reason sched_run(struct sched *s, int *status, struct vm_error *err)
{
    if (s->config.deterministic)
        run_deterministic(s);
    else
        run_parallel(s);
    for (uint32_t i = 0; i < s->config.cpus; i++)
        vcpu_refill(&s->vcpus[i], 0);
    pthread_mutex_lock(&s->stop_lock);
    enum stop_reason reason = atomic_exchange(&s->stop, STOP_NONE);
    *status = s->stop_status;
    if (reason == STOP_ERROR && s->stop_error.set)
        vm_error_set(err, "%s", s->stop_error.text);
    s->stop_error = (struct vm_error)VM_ERROR_INIT;
    pthread_mutex_unlock(&s->stop_lock);
    return reason;
}

void sched_reset(struct sched *s, const struct vm_cpu_start *starts)
{
    workers_settle(s->workers);
    tcache_flush(s->tcache);
    for (uint32_t i = 0; i < s->config.cpus; i++) {
        struct vcpu *v = &s->vcpus[i];
        rise_drop(v);
        work_drain(v);
        vcpu_restart(v, &starts[i]);
        vcpu_power_reset(v, !starts[i].off);
    }
}

/* ---- statistics and state ---- */

static void cpu_stats(struct vcpu *v, struct stats *stats)
{
    static const char *const exits[] = {"exits-none",  "exits-next", "exits-poll", "exits-trap",
                                        "exits-state", "exits-wait", "exits-hot"};
    char group[16];
    snprintf(group, sizeof(group), "vcpu%u", v->cpu->index);
    stats_add(stats, group, "instructions", vcpu_retired(v), "");
    for (unsigned i = VM_EXIT_NEXT; i <= VM_EXIT_HOT; i++)
        stats_add(stats, group, exits[i], v->stats.exits[i], "");
    stats_add(stats, group, "faults", v->stats.faults, "");
    stats_add(stats, group, "interrupts", v->stats.interrupts, "");
    stats_add(stats, group, "waits", v->stats.waits, "");
    stats_add(stats, group, "slices", v->stats.slices, "");
    stats_add(stats, group, "short-units", v->stats.short_units, "");
    stats_add(stats, group, "engine-switches", v->stats.switches, "");
    stats_add(stats, group, "jump-cache-misses", v->stats.jump_misses, "");
    stats_add(stats, group, "unit-look-ups", v->stats.lookups, "");
    const struct tlb_stats *t = tlb_stats(v->tlb);
    stats_add(stats, group, "tlb-fills", t->fills, "");
    stats_add(stats, group, "tlb-victim-hits", t->victim_hits, "");
    stats_add(stats, group, "tlb-walks", t->walks, "");
    stats_add(stats, group, "tlb-flushes", t->flushes, "");
    stats_add(stats, group, "slow-loads", t->slow_loads, "");
    stats_add(stats, group, "slow-stores", t->slow_stores, "");
    stats_add(stats, group, "mmio-reads", t->mmio_reads, "");
    stats_add(stats, group, "mmio-writes", t->mmio_writes, "");
}

static void engine_stats(const struct sched_engine *e, struct stats *stats)
{
    const char *names[64];
    uint64_t values[64];
    uint32_t n = e->ops->stats ? e->ops->stats(e->self, names, values, 64) : 0;
    for (uint32_t i = 0; i < n; i++)
        stats_add(stats, e->name, names[i], values[i], "");
}

/* What an engine made at each of its tiers: "jit-tier1". */
static void tiers_stats(const struct sched *s, uint32_t engine, const struct tcache_stats *t,
                        struct stats *stats)
{
    const struct sched_engine *e = &s->config.engines[engine];
    for (uint32_t i = 0; i < TIERS && i < e->ops->tiers; i++) {
        const struct tier_stats *of = &t->tiers[engine][i];
        char group[48];
        snprintf(group, sizeof(group), "%s-tier%u", e->name, i + 1);
        stats_add(stats, group, "units", of->units, "");
        stats_add(stats, group, "guest-instructions", of->guest_insns, "");
        stats_add(stats, group, "code-bytes", of->code_bytes, "bytes");
        stats_add(stats, group, "compile-time", of->compile_ns / 1000, "us");
        stats_add(stats, group, "compile-time-per-instruction",
                  of->guest_insns ? of->compile_ns / of->guest_insns : 0, "ns");
        stats_add(stats, group, "links", of->links, "");
        stats_add(stats, group, "unlinked", of->unlinked, "");
        stats_add(stats, group, "evicted", of->evicted, "");
        stats_add(stats, group, "invalidated", of->invalidated, "");
    }
}

void sched_stats(struct sched *s, struct stats *stats)
{
    struct tcache_stats t;
    tcache_get_stats(s->tcache, &t);
    for (uint32_t i = 0; i < s->config.cpus; i++)
        cpu_stats(&s->vcpus[i], stats);
    stats_add(stats, "units", "translated", t.translated, "");
    stats_add(stats, "units", "guest-instructions", t.guest_insns, "");
    stats_add(stats, "units", "code-bytes", t.code_bytes, "bytes");
    stats_add(stats, "units", "live", t.live, "");
    stats_add(stats, "units", "live-bytes", t.live_bytes, "bytes");
    stats_add(stats, "units", "invalidated", t.invalidated, "");
    stats_add(stats, "units", "evicted", t.evicted, "");
    stats_add(stats, "units", "discarded", t.discarded, "");
    stats_add(stats, "units", "risen", t.risen, "");
    stats_add(stats, "units", "improved", t.improved, "");
    stats_add(stats, "units", "links", t.links, "");
    for (uint32_t i = 0; i < s->config.n_engines; i++)
        tiers_stats(s, i, &t, stats);
    for (uint32_t i = 0; i < s->config.n_engines; i++)
        engine_stats(&s->config.engines[i], stats);
}

void sched_hash(struct sched *s, void (*update)(void *ctx, const void *data, size_t n), void *ctx)
{
    const struct vm_arch_ops *ops = s->config.arch_ops;
    for (uint32_t i = 0; i < s->config.cpus; i++) {
        struct vm_cpu *cpu = s->vcpus[i].cpu;
        uint64_t counts[] = {cpu->pc, vcpu_retired(&s->vcpus[i]), atomic_load(&cpu->lines)};
        update(ctx, counts, sizeof(counts));
        for (uint32_t k = 0; k < ops->n_slots; k++) {
            uint32_t type = ops->slots[k].type, bytes = type == VM_V128 ? 16 : 8;
            if (type == VM_I32 || type == VM_F32)
                bytes = 4;
            update(ctx, cpu->state + ops->slots[k].offset, bytes);
        }
        for (uint32_t k = 0; k < ops->n_sysregs; k++) {
            uint64_t value = ops->sysregs[k].get(cpu);
            update(ctx, &value, sizeof(value));
        }
    }
}

/* ---- life ---- */

struct vm_cpu *sched_cpu(struct sched *s, uint32_t index)
{
    return s->vcpus[index].cpu;
}

int sched_running_cpu(const struct sched *s)
{
    const struct vcpu *v = vcpu_in_slice();
    return v && v->sched == s ? (int)v->cpu->index : -1;
}

void sched_flush_tlbs(struct sched *s)
{
    static const struct tlb_work everything = {.length = 0};
    for (uint32_t i = 0; i < s->config.cpus; i++)
        if (&s->vcpus[i] == vcpu_in_slice())
            vcpu_tlb_flush(&s->vcpus[i], &everything);
        else
            work_post_tlb(&s->vcpus[i], &everything);
}

static bool code_written(void *opaque, uint64_t pa, uint64_t n)
{
    return tcache_code_written(opaque, pa, n);
}

static void counter_set(void *opaque)
{
    struct sched *s = opaque;
    for (uint32_t i = 0; i < s->config.cpus; i++)
        vcpu_compare_renew(&s->vcpus[i]);
}

static void set_hooks(struct sched *s)
{
    space_set_code_hook(s->config.space, code_written, s->tcache);
    clock_on_counter_set(s->config.clock, counter_set, s);
    if (s->config.deterministic)
        timers_on_nearer(s->config.timers, deadline_nearer, s);
    s->hooked = true;
}

static void clear_hooks(struct sched *s)
{
    if (!s->hooked)
        return;
    space_set_code_hook(s->config.space, NULL, NULL);
    clock_on_counter_set(s->config.clock, NULL, NULL);
    timers_on_nearer(s->config.timers, NULL, NULL);
}

struct sched *sched_new(const struct sched_config *config, struct vm_error *err)
{
    struct sched *s = calloc(1, sizeof(*s));
    if (!s) {
        vm_error_set(err, "out of memory for the scheduler");
        return NULL;
    }
    s->config = *config;
    s->policy = SCHED_AUTO;
    s->stop_error = (struct vm_error)VM_ERROR_INIT;
    pthread_mutex_init(&s->stop_lock, NULL);
    pthread_mutex_init(&s->inject_lock, NULL);
    s->inject_tail = &s->inject_head;
    s->n_threads = config->deterministic                               ? 1
                   : config->threads && config->threads < config->cpus ? config->threads
                                                                       : config->cpus;
    for (uint32_t i = 0; i < config->arch_ops->n_lines; i++)
        if (config->arch_ops->lines[i].output)
            s->outputs |= UINT64_C(1) << (config->arch_ops->lines[i].number & 63);
    s->cpu_bytes = (uint32_t)sizeof(struct vm_cpu) +
                   sched_frame_offset(config->arch_ops, config->engines, config->n_engines);
    cpu_host_fill(&s->cpu_host, config->host);
    s->threads = calloc(s->n_threads, sizeof(*s->threads));
    s->vcpus = calloc(config->cpus, sizeof(*s->vcpus));
    s->tcache = tcache_new(s, err);
    bool beside = config->workers > 0 && !config->deterministic;
    if (beside)
        s->workers = workers_new(config->workers);
    bool ok = s->threads && s->vcpus && s->tcache && (s->workers || !beside);
    for (uint32_t i = 0; ok && i < s->n_threads; i++) {
        s->threads[i].sched = s;
        s->threads[i].number = i;
        host_event_init(&s->threads[i].wake);
    }
    for (uint32_t i = 0; ok && i < config->cpus; i++)
        ok = vcpu_init(&s->vcpus[i], s, i, err) == 0;
    if (!ok) {
        if (!err->set)
            vm_error_set(err, "out of memory for %u vCPUs", config->cpus);
        sched_free(s);
        return NULL;
    }
    set_hooks(s);
    return s;
}

void sched_free(struct sched *s)
{
    if (!s)
        return;
    workers_free(s->workers);
    clear_hooks(s);
    run_injected(s);
    for (uint32_t i = 0; s->vcpus && i < s->config.cpus; i++)
        vcpu_exit(&s->vcpus[i]);
    s->config.cpus = 0;
    tcache_free(s->tcache);
    free(s->vcpus);
    free(s->threads);
    pthread_mutex_destroy(&s->stop_lock);
    pthread_mutex_destroy(&s->inject_lock);
    free(s);
}
