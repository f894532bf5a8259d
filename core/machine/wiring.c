/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wiring.c - puts regions at their addresses and leads interrupt outputs to controllers.
 *
 * Outputs that share an input are OR-ed: the input is high while any of them is. A controller's
 * rank is above those of all that lead to it, so that locks are taken in the order in which
 * interrupts flow; a ring of controllers is refused.
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

/* Longest way to `ctx` from any device; `depth` bounds the recursion: more steps than devices means
 * a ring. */
static int rank_downstream(struct machine *m, struct vm_device_ctx *ctx, uint32_t depth,
                           struct vm_error *err)
{
    for (uint32_t i = 0; i < ctx->n_outputs; i++) {
        struct vm_device_ctx *to = ctx->outputs[i].target;
        if (!to || to->rank > ctx->rank)
            continue;
        if (depth >= m->n_devices) {
            vm_error_set(err, "irq: the interrupts of %s lead round in a ring", to->context.name);
            return error_at(err, &ctx->instance->irqs[i].where);
        }
        to->rank = ctx->rank + 1;
        if (rank_downstream(m, to, depth + 1, err))
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

static int place_region(struct machine *m, struct vm_device_ctx *ctx, struct device_region *r,
                        struct vm_error *err)
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
    return space_add_mmio(m->space, r->address, &target, err);
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

static int place_regions(struct machine *m, struct vm_device_ctx *ctx, struct vm_error *err)
{
    const struct instance *d = ctx->instance;
    const struct location *where = d->n_addresses ? &d->address_where : &d->where;
    if (d->n_addresses != ctx->n_regions) {
        vm_error_set(
            err,
            "address: %s has %u region%s of registers and needs as many addresses, but %u %s given",
            ctx->context.name, ctx->n_regions, ctx->n_regions == 1 ? "" : "s", d->n_addresses,
            d->n_addresses == 1 ? "is" : "are");
        return error_at(err, where);
    }
    for (uint32_t i = 0; i < ctx->n_regions; i++) {
        struct device_region *r = &ctx->regions[i];
        r->address = d->addresses[i];
        if (name_region(ctx, r, err))
            return -1;
        if (place_region(m, ctx, r, err))
            return error_at(err, where);
    }
    return 0;
}

int wiring_connect(struct machine *m, struct vm_error *err)
{
    for (uint32_t i = 0; i < m->n_devices; i++)
        if (place_regions(m, m->devices[i], err) || connect_outputs(m, m->devices[i], err))
            return -1;
    for (uint32_t i = 0; i < m->n_devices; i++)
        if (rank_downstream(m, m->devices[i], 1, err))
            return -1;
    for (uint32_t i = 0; i < m->n_devices; i++)
        settle_outputs(m->devices[i]);
    return 0;
}
