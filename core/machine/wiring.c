/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wiring.c - puts regions at their addresses, leads interrupt outputs to controllers, ranks locks.
 *
 * Outputs that share an input are OR-ed: the input is high while any of them is.
 *
 * Ranks are such that each lock that may be taken while a device is locked is above it: a bus is
 * below what sits on it; above a device are the IOMMU that translates for it and the controllers
 * that its interrupts lead to; what takes messages is above all that cannot be reached from it.
 * Rings are refused.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/machine/internal.h"

/* ---- levels ---- */

/* Level of one output under its controller's lock: counts it in or out and passes a change of the
 * sum on. */
static void count_output(struct device_output *out, bool high)
{
    struct vm_device_ctx *to = out->target;
    struct device_input *in = &to->inputs[out->line];
    if (out->counted == high)
        return;
    out->counted = high;
    in->high += high ? 1u : -1u;
    if (in->high == (high ? 1u : 0u))
        to->ops.irq_input(to->dev, out->line, high);
}

void wiring_set_output(struct vm_device_ctx *ctx, uint32_t output, int level)
{
    if (output >= ctx->n_outputs)
        return;
    struct device_output *out = &ctx->outputs[output];
    int high = level != 0;
    if (atomic_exchange(&out->level, high) == high || !out->target)
        return;
    if (!device_lock(out->target))
        return; /* its own controller: wiring_connect refuses that */
    /* Not `high`: two threads may come here in either order, and the last must find the latest
     * level. */
    count_output(out, atomic_load(&out->level));
    if (trace_mask & VM_TRACE_INTERRUPTS)
        trace_line("interrupts", "%s output %u -> %s:%u %s", ctx->context.name, output,
                   out->target->context.name, out->line, high ? "high" : "low");
    device_unlock(out->target);
}

/* As above, with the vCPU's own word in place of `level`. */
static void follow_cpu_output(struct machine *m, uint32_t cpu, uint32_t line)
{
    struct device_output *out = &m->cpu_outputs[cpu * 64 + line];
    struct vm_device_ctx *to = out->target;
    if (!to || !device_lock(to))
        return; /* the controller itself, which drives no such line */
    bool high = atomic_load(&sched_cpu(m->sched, cpu)->lines) >> line & 1;
    count_output(out, high);
    if (trace_mask & VM_TRACE_INTERRUPTS)
        trace_line("interrupts", "vcpu%u line %u -> %s:%u %s", cpu, line, to->context.name,
                   out->line, high ? "high" : "low");
    device_unlock(to);
}

void wiring_cpu_output_changed(void *machine, uint32_t cpu, uint32_t line)
{
    follow_cpu_output(machine, cpu, line);
}

void wiring_replay_inputs(struct vm_device_ctx *ctx)
{
    if (!ctx->n_inputs || !device_lock(ctx))
        return;
    for (uint32_t i = 0; i < ctx->n_inputs; i++)
        if (ctx->inputs[i].high)
            ctx->ops.irq_input(ctx->dev, i, 1);
    device_unlock(ctx);
}

/* ---- interrupts ---- */

static int connect_output(struct machine *m, struct vm_device_ctx *ctx, uint32_t index,
                          struct vm_error *err)
{
    const struct irq_target *t = &ctx->instance->irqs[index];
    struct vm_device_ctx *to = machine_device(m, t->controller);
    if (!to)
        return vm_error_set(err, "irq: there is no device '%s'", t->controller);
    if (!to->n_inputs)
        return vm_error_set(err, "irq: %s (%s) is not an interrupt controller", t->controller,
                            to->instance->plugin->name);
    if (t->line >= to->n_inputs)
        return vm_error_set(err, "irq: %s has no line %u; its lines are 0 to %u", t->controller,
                            t->line, to->n_inputs - 1);
    ctx->outputs[index].target = to;
    ctx->outputs[index].line = t->line;
    return 0;
}

static int connect_outputs(struct machine *m, struct vm_device_ctx *ctx, struct vm_error *err)
{
    const struct instance *d = ctx->instance;
    for (uint32_t i = 0; i < d->n_irqs; i++) {
        if (i >= ctx->n_outputs) {
            vm_error_set(err, "irq: %s has %u interrupt output%s, but %u are connected",
                         ctx->context.name, ctx->n_outputs, ctx->n_outputs == 1 ? "" : "s",
                         d->n_irqs);
            return error_at(err, &d->irqs[i].where);
        }
        if (connect_output(m, ctx, i, err))
            return error_at(err, &d->irqs[i].where);
    }
    return 0;
}

/* The output of a device on a bus leads where that of the bus does. */
static void route_outputs(struct vm_device_ctx *ctx)
{
    for (uint32_t i = 0; i < ctx->n_outputs; i++) {
        const struct device_output *way = bus_route(ctx, i);
        if (!way)
            continue;
        ctx->outputs[i].target = way->target;
        ctx->outputs[i].line = way->line;
    }
}

/* ---- ranks ---- */

static int rank_above(struct machine *m, struct vm_device_ctx *ctx, uint32_t depth,
                      struct vm_error *err);

/* Puts `to` above ctx, and all that is above `to` above that. `depth` bounds the recursion: more
 * steps than devices means a ring. */
static int put_above(struct machine *m, struct vm_device_ctx *ctx, struct vm_device_ctx *to,
                     uint32_t depth, const struct location *where, const char *what,
                     struct vm_error *err)
{
    if (!to || to->rank > ctx->rank)
        return 0;
    if (depth >= m->n_devices) {
        vm_error_set(err, "%s of %s lead round in a ring", what, to->context.name);
        return error_at(err, where);
    }
    to->rank = ctx->rank + 1;
    return rank_above(m, to, depth + 1, err);
}

static int rank_above(struct machine *m, struct vm_device_ctx *ctx, uint32_t depth,
                      struct vm_error *err)
{
    const struct instance *d = ctx->instance;
    for (uint32_t i = 0; i < ctx->n_outputs; i++)
        if (put_above(m, ctx, ctx->outputs[i].target, depth,
                      i < d->n_irqs ? &d->irqs[i].where : &d->where, "irq: the interrupts", err))
            return -1;
    for (uint32_t i = 0; ctx->bus.size && i < m->n_devices; i++)
        if (m->devices[i]->child.provider == ctx &&
            put_above(m, ctx, m->devices[i], depth, &d->where, "bus: the buses", err))
            return -1;
    return put_above(m, ctx, ctx->iommu, depth, &d->where, "iommu: the translations", err);
}

static int rank_devices(struct machine *m, struct vm_error *err)
{
    uint32_t highest = 0;
    for (uint32_t i = 0; i < m->n_devices; i++)
        m->devices[i]->rank = 1;
    for (uint32_t i = 0; i < m->n_devices; i++)
        if (rank_above(m, m->devices[i], 1, err))
            return -1;
    for (uint32_t i = 0; i < m->n_devices; i++)
        if (m->devices[i]->rank > highest)
            highest = m->devices[i]->rank;
    for (uint32_t i = 0; i < m->n_devices; i++) {
        struct vm_device_ctx *ctx = m->devices[i];
        if (!dma_takes_messages(ctx))
            continue;
        ctx->rank += highest;
        if (rank_above(m, ctx, 1, err))
            return -1;
    }
    return 0;
}

/* What was raised in create(), before there was anyone to tell. */
static void settle_outputs(struct vm_device_ctx *ctx)
{
    for (uint32_t i = 0; i < ctx->n_outputs; i++) {
        struct device_output *out = &ctx->outputs[i];
        if (!out->target || !atomic_load(&out->level) || !device_lock(out->target))
            continue;
        count_output(out, true);
        device_unlock(out->target);
    }
}

/* ---- addresses ---- */

struct mmio_target region_target(struct vm_device_ctx *ctx, struct device_region *r)
{
    struct mmio_target target = {
        .region = r->region,
        .dev = ctx->dev,
        .lock_arg = ctx,
        .lock = device_lock,
        .unlock = device_unlock,
        .name = r->name,
    };
    target.region.ops = &r->ops;
    return target;
}

static int name_region(struct vm_device_ctx *ctx, struct device_region *r, struct vm_error *err)
{
    char name[128];
    if (ctx->n_regions == 1)
        snprintf(name, sizeof(name), "%s", ctx->context.name);
    else
        snprintf(name, sizeof(name), "%s.%s", ctx->context.name, r->name);
    char *copy = strdup(name);
    if (!copy)
        return vm_error_set(err, "out of memory");
    free(r->name);
    r->name = copy;
    return 0;
}

bool region_is_fixed(const struct device_region *r)
{
    return r->region.kind == VM_REGION_MMIO && !r->region.movable;
}

static int check_addresses(struct vm_device_ctx *ctx, struct vm_error *err)
{
    const struct instance *d = ctx->instance;
    uint32_t n = 0;
    for (uint32_t i = 0; i < ctx->n_regions; i++)
        n += region_is_fixed(&ctx->regions[i]);
    if (d->n_addresses == n)
        return 0;
    vm_error_set(
        err,
        "address: %s has %u region%s of registers and needs as many addresses, but %u %s given",
        ctx->context.name, n, n == 1 ? "" : "s", d->n_addresses,
        d->n_addresses == 1 ? "is" : "are");
    return error_at(err, d->n_addresses ? &d->address_where : &d->where);
}

static int place_regions(struct machine *m, struct vm_device_ctx *ctx, struct vm_error *err)
{
    const struct instance *d = ctx->instance;
    uint32_t n = 0;
    if (check_addresses(ctx, err))
        return -1;
    for (uint32_t i = 0; i < ctx->n_regions; i++) {
        struct device_region *r = &ctx->regions[i];
        if (name_region(ctx, r, err))
            return -1;
        if (!region_is_fixed(r))
            continue;
        r->address = d->addresses[n++];
        struct mmio_target target = region_target(ctx, r);
        if (r->memory ? space_add_memory(m->space, r->address, &target, r->memory, err)
                      : space_add_mmio(m->space, r->address, &target, err))
            return error_at(err, &d->address_where);
    }
    return bus_add_regions(m, ctx, err);
}

int wiring_connect(struct machine *m, struct vm_error *err)
{
    for (uint32_t i = 0; i < m->n_devices; i++) {
        struct vm_device_ctx *ctx = m->devices[i];
        if (place_regions(m, ctx, err) || connect_outputs(m, ctx, err) || dma_connect(m, ctx, err))
            return -1;
    }
    for (uint32_t i = 0; i < m->n_devices; i++)
        if (m->devices[i]->child.provider)
            route_outputs(m->devices[i]);
    if (rank_devices(m, err))
        return -1;
    for (uint32_t i = 0; i < m->n_devices; i++)
        settle_outputs(m->devices[i]);
    for (uint32_t i = 0; i < m->info.cpus * 64; i++)
        follow_cpu_output(m, i / 64, i % 64);
    return 0;
}
