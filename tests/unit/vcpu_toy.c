/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine around the made-up instruction set: building, running, looking inside. */
#include "vcpu_toy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/plugin/registry.h"

#define TICKS_PER_SECOND 1000000000u

/* ---- the device ---- */

static int dev_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    (void)dev, (void)offset, (void)size;
    *value = 0;
    return VM_ACCESS_OK;
}

static int dev_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct toy *t = dev;
    (void)size;
    sched_sync_clock(t->sched);
    switch (offset) {
    case TOY_DEV_COUNTER:
        clock_counter_set(t->clock, value);
        return VM_ACCESS_OK;
    case TOY_DEV_TIMER:
        timer_arm(t->timer, (int64_t)value);
        return VM_ACCESS_OK;
    case TOY_DEV_RAISE:
    case TOY_DEV_LOWER:
        toy_set_line(t, (uint32_t)value, TOY_LINE, offset == TOY_DEV_RAISE);
        return VM_ACCESS_OK;
    case TOY_DEV_EDGE:
        toy_set_line(t, (uint32_t)value, TOY_LINE_DEVICE, 1);
        return VM_ACCESS_OK;
    case TOY_DEV_STOP:
        sched_request_stop(t->sched, STOP_POWEROFF, (int)value);
        return VM_ACCESS_OK;
    default:
        return VM_ACCESS_ERROR;
    }
}

static const struct vm_region_ops dev_ops = {
    .size = sizeof(dev_ops),
    .read = dev_read,
    .write = dev_write,
};

static void timer_fired(void *opaque)
{
    toy_set_line(opaque, 0, TOY_LINE_DEVICE, 1);
}

/* ---- building ---- */

static void load_interpreter(struct toy *t, struct vm_error *err)
{
    const char *build = getenv("VMRUN_BUILDDIR");
    char path[4096];
    snprintf(path, sizeof(path), "%s/plugins.uninstalled", build ? build : ".");
    setenv("VMRUN_PLUGIN_PATH", path, 1);
    t->registry = registry_new(err);
    cr_assert(t->registry, "%s", err->text);
    const struct vm_plugin *p = registry_load(t->registry, "engine-interp", VM_KIND_ENGINE, err);
    cr_assert(p, "%s", err->text);
    struct vm_engine_ops *ops = &t->engine_ops[t->n_engines];
    cr_assert_eq(plugin_interface(p, VM_ENGINE_INTERFACE, ops, sizeof(*ops), sizeof(*ops), err), 0,
                 "%s", err->text);
}

/* The one behind those that there are; ops NULL: engine-interp. */
static void add_engine(struct toy *t, const struct vm_engine_ops *ops)
{
    struct vm_error err = VM_ERROR_INIT;
    struct sched_engine *e = &t->engines[t->n_engines];
    if (ops)
        t->engine_ops[t->n_engines] = *ops;
    else
        load_interpreter(t, &err);
    e->name = "toy";
    e->ops = &t->engine_ops[t->n_engines];
    e->self = e->ops->create(NULL, &toy_arch,
                             sched_frame_offset(&toy_arch, t->engines, t->n_engines), NULL, &err);
    cr_assert(e->self, "%s", err.text);
    t->n_engines++;
}

static void make_space(struct toy *t, struct vm_error *err)
{
    struct ram_options ram = {.numa_node = -1};
    struct mmio_target target = {.dev = t, .name = "toy"};
    t->space = space_new();
    cr_assert(t->space);
    cr_assert_eq(space_add_ram(t->space, TOY_RAM, TOY_PAGE(TOY_PAGES), &ram, err), 0);
    target.region =
        (struct vm_region){.size = sizeof(target.region), .length = VM_PAGE_SIZE, .ops = &dev_ops};
    cr_assert_eq(space_add_mmio(t->space, TOY_MMIO, &target, err), 0, "%s", err->text);
    for (uint32_t i = 0; i < TOY_PAGES; i++)
        atomic_store(&t->map[i], TOY_MAP_RAM(i));
    atomic_store(&t->map[TOY_MMIO_PAGE], TOY_MMIO + TOY_PRESENT);
}

struct toy *toy_new(const struct toy_options *o)
{
    struct toy *t = calloc(1, sizeof(*t));
    struct vm_error err = VM_ERROR_INIT;
    cr_assert(t);
    t->cpus = o->cpus ? o->cpus : 1;
    make_space(t, &err);
    t->clock = clock_new(o->deterministic, TICKS_PER_SECOND);
    t->timers = timers_new(t->clock);
    t->loop = loop_new(t->timers, o->deterministic, &err);
    cr_assert(t->loop, "%s", err.text);
    t->timer = timer_new(t->timers, timer_fired, t);
    cr_assert(t->timer);
    if (!o->direct)
        add_engine(t, NULL);
    else if (!o->engines[0])
        add_engine(t, &toy_direct_engine);
    for (uint32_t i = 0; i < SCHED_ENGINES && o->engines[i]; i++)
        add_engine(t, o->engines[i]);
    struct sched_config config = {
        .cpus = t->cpus,
        .threads = o->threads,
        .deterministic = o->deterministic,
        .ips = TICKS_PER_SECOND,
        .max_instructions = o->limit,
        .arch_ops = &toy_arch,
        .arch = t,
        .n_engines = t->n_engines,
        .tier1_threshold = o->tier1_threshold,
        .tier2_threshold = o->regions ? o->tier2_threshold : UINT32_MAX,
        .workers = o->workers,
        .space = t->space,
        .clock = t->clock,
        .timers = t->timers,
        .loop = t->loop,
        .verify_ir = true,
        .code_cache_bytes = o->code_cache_bytes,
    };
    memcpy(config.engines, t->engines, sizeof(config.engines));
    t->sched = sched_new(&config, &err);
    cr_assert(t->sched, "%s", err.text);
    if (!o->deterministic) {
        cr_assert_eq(loop_start(t->loop, &err), 0, "%s", err.text);
        t->running_loop = true;
    }
    return t;
}

void toy_free(struct toy *t)
{
    if (t->running_loop)
        loop_stop(t->loop);
    sched_free(t->sched);
    timer_free(t->timer);
    while (t->n_engines) {
        struct sched_engine *e = &t->engines[--t->n_engines];
        e->ops->destroy(e->self);
    }
    loop_free(t->loop);
    timers_free(t->timers);
    clock_free(t->clock);
    space_free(t->space);
    if (t->registry)
        registry_free(t->registry);
    free(t);
}

/* ---- running ---- */

void toy_code(struct toy *t, uint64_t va, const uint32_t *code, size_t n)
{
    cr_assert_eq(space_write(t->space, TOY_RAM + va, code, n * sizeof(*code), false), VM_ACCESS_OK);
}

void toy_reset(struct toy *t)
{
    atomic_store(&t->halted, 0);
    sched_reset(t->sched, t->starts);
}

struct vcpu *toy_vcpu(struct toy *t, uint32_t index)
{
    return &t->sched->vcpus[index];
}

struct toy_state *toy_cpu(struct toy *t, uint32_t index)
{
    return (struct toy_state *)sched_cpu(t->sched, index)->state;
}

int toy_run(struct toy *t, enum stop_reason reason)
{
    struct vm_error err = VM_ERROR_INIT;
    int status = -1;
    enum stop_reason got = sched_run(t->sched, &status, &err);
    cr_assert_eq(got, reason, "stopped for %d: %s", got, err.set ? err.text : "");
    return status;
}

uint64_t toy_load(struct toy *t, uint64_t va)
{
    return vm_ram_load(space_ram(t->space, TOY_RAM + va, 8), 8);
}

void toy_store(struct toy *t, uint64_t va, uint64_t value)
{
    cr_assert_eq(space_write(t->space, TOY_RAM + va, &value, 8, false), VM_ACCESS_OK);
}

void toy_set_line(struct toy *t, uint32_t cpu, uint32_t line, int level)
{
    vcpu_set_line(sched_cpu(t->sched, cpu), line, level);
}

struct tcache_stats toy_stats(struct toy *t)
{
    struct tcache_stats stats;
    tcache_get_stats(t->sched->tcache, &stats);
    return stats;
}

uint32_t toy_rounds(uint32_t n)
{
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    return n / 10;
#else
    return n;
#endif
}
