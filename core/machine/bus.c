/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus.c - devices that sit on other devices: their places, their regions that move, accesses to
 * their configuration space, and where their interrupts go.
 *
 * Where a region is visible is decided under the machine's bus_lock by asking the buses above it
 * from below up. window() takes no locks, so a device may move its region, and a bridge change its
 * windows, while they are locked themselves. Whoever comes last sees what the other one changed.
 */
#include <stdio.h>
#include <string.h>
#include "core/machine/internal.h"

/* ---- places ---- */

void bus_find_provider(struct machine *m, struct vm_device_ctx *ctx)
{
    ctx->child.device = ctx;
    if (ctx->instance->bus)
        ctx->child.provider = machine_device(m, ctx->instance->bus);
}

const char *bus_protocol(struct vm_device_ctx *ctx)
{
    return ctx->child.provider ? ctx->child.provider->bus.protocol : NULL;
}

int bus_attach(struct vm_device_ctx *ctx, uint32_t *address, struct vm_error *err)
{
    struct vm_bus_child *child = &ctx->child;
    struct vm_device_ctx *to = child->provider;
    if (!ctx->creating || child->attached)
        return vm_error_set(err, "plugin bug: a place on a bus is taken once, in create()");
    if (!to)
        return vm_error_set(err, "it sits on a bus only; add the key 'bus'");
    /* Without the bus' lock, which is below ours: nothing else runs yet. */
    if (to->bus.attach(to->dev, child, ctx->instance->bus_place, &child->address, err)) {
        if (!err->set)
            vm_error_set(err, "there is no place for it");
        vm_error_prefix(err, "bus %s", to->context.name);
        return -1;
    }
    child->attached = true;
    *address = child->address;
    return 0;
}

static bool needs_bus(const struct device_region *r)
{
    return r->region.kind == VM_REGION_CONFIG || r->region.movable;
}

int bus_check_device(struct vm_device_ctx *ctx, struct vm_error *err)
{
    const char *plugin = ctx->instance->plugin->name;
    const struct vm_bus_child *child = &ctx->child;
    if (child->provider && !child->attached)
        return vm_error_set(err, "%s cannot sit on a bus of %s; give it an address instead", plugin,
                            child->provider->instance->plugin->name);
    for (uint32_t i = 0; i < ctx->n_regions; i++) {
        const struct device_region *r = &ctx->regions[i];
        if (!child->provider && needs_bus(r))
            return vm_error_set(err, "%s sits on a bus only; add the key 'bus'", plugin);
        if (child->provider && !needs_bus(r))
            return vm_error_set(err, "plugin bug: '%s' of %s does not move, but is on a bus",
                                r->region.name, plugin);
    }
    return 0;
}

/* ---- regions ---- */

int bus_add_regions(struct machine *m, struct vm_device_ctx *ctx, struct vm_error *err)
{
    for (uint32_t i = 0; i < ctx->n_regions; i++) {
        struct device_region *r = &ctx->regions[i];
        struct mmio_target target = region_target(ctx, r);
        if (r->region.kind == VM_REGION_CONFIG)
            ctx->child.config = target;
        else if (r->region.movable &&
                 !(r->movable = space_add_movable(m->space, &target, r->memory, err)))
            return -1;
    }
    return 0;
}

/* Where `addr` of the bus that ctx sits on appears in the address space; false: it does not. */
static bool to_space(const struct vm_device_ctx *ctx, const struct device_region *r, uint64_t *addr)
{
    *addr = r->bus_address;
    for (const struct vm_device_ctx *p = ctx->child.provider; p; p = p->child.provider) {
        uint64_t above = 0;
        if (p->bus.window(p->dev, r->region.kind, *addr, r->region.length, &above) != VM_ACCESS_OK)
            return false;
        *addr = above;
    }
    return true;
}

/* [bus_lock] True: TLBs are to be flushed. */
static bool show_region(struct vm_device_ctx *ctx, struct device_region *r)
{
    uint64_t addr = 0;
    bool visible = r->placed && to_space(ctx, r, &addr);
    return space_place(ctx->context.m->space, r->movable, visible, addr);
}

void bus_region_place(struct vm_device_ctx *ctx, uint32_t region, int enabled, uint64_t address)
{
    struct machine *m = ctx->context.m;
    struct device_region *r = region < ctx->n_regions ? &ctx->regions[region] : NULL;
    if (!r || !r->movable)
        return;
    pthread_mutex_lock(&m->bus_lock);
    r->placed = enabled != 0;
    r->bus_address = address;
    bool flush = show_region(ctx, r);
    pthread_mutex_unlock(&m->bus_lock);
    if (flush)
        sched_flush_tlbs(m->sched);
}

void bus_unplace(struct vm_device_ctx *ctx)
{
    for (uint32_t i = 0; i < ctx->n_regions; i++)
        bus_region_place(ctx, i, 0, 0);
}

static bool is_below(const struct vm_device_ctx *ctx, const struct vm_device_ctx *bus)
{
    while (ctx && ctx != bus)
        ctx = ctx->child.provider;
    return ctx != NULL;
}

void bus_windows_changed(struct vm_device_ctx *ctx)
{
    struct machine *m = ctx->context.m;
    bool flush = false;
    pthread_mutex_lock(&m->bus_lock);
    for (uint32_t i = 0; i < m->n_devices; i++) {
        struct vm_device_ctx *dev = m->devices[i];
        if (dev == ctx || !is_below(dev, ctx))
            continue;
        for (uint32_t k = 0; k < dev->n_regions; k++)
            if (dev->regions[k].movable && dev->regions[k].placed)
                flush |= show_region(dev, &dev->regions[k]);
    }
    pthread_mutex_unlock(&m->bus_lock);
    if (flush)
        sched_flush_tlbs(m->sched);
}

int bus_claim_window(struct vm_device_ctx *ctx, const char *name, uint64_t base, uint64_t length,
                     struct vm_error *err)
{
    char full[128];
    if (!ctx->creating)
        return vm_error_set(err, "plugin bug: a window is claimed in create() only");
    snprintf(full, sizeof(full), "%s.%s", ctx->context.name, name);
    return space_reserve(ctx->context.m->space, base, length, full, err);
}

/* ---- configuration ---- */

int bus_child_access(struct vm_bus_child *child, uint64_t offset, uint32_t size, uint64_t *value,
                     int write)
{
    struct space_range range = {.mmio = &child->config};
    if (!range.mmio->dev || offset >= range.mmio->region.length)
        return VM_ACCESS_ERROR;
    return write ? mmio_write(&range, offset, size, *value)
                 : mmio_read(&range, offset, size, value);
}

int bus_child_forward(struct vm_bus_child *child, uint64_t address, uint32_t size, uint64_t *value,
                      int write)
{
    struct vm_device_ctx *to = child->device;
    if (!to->bus.size || !to->bus.forward || !device_lock_upward(to))
        return VM_ACCESS_ERROR;
    int result = to->bus.forward(to->dev, address, size, value, write);
    device_unlock(to);
    return result;
}

/* ---- interrupts ---- */

const struct device_output *bus_route(struct vm_device_ctx *ctx, uint32_t output)
{
    while (ctx->child.provider) {
        struct vm_device_ctx *p = ctx->child.provider;
        int up = p->bus.route_irq ? p->bus.route_irq(p->dev, ctx->child.address, output) : -1;
        if (up < 0 || (uint32_t)up >= p->n_outputs)
            return NULL;
        ctx = p;
        output = (uint32_t)up;
    }
    return &ctx->outputs[output];
}
