/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dma.c - what devices do in the address space by themselves: DMA and message-signalled interrupts,
 * both by way of an IOMMU where there is one.
 *
 * DMA reaches RAM only: one device's DMA into another's registers would take locks of one rank. A
 * message takes the lock of the controller that it goes to, whose rank is above those of all that
 * send any (wiring.c).
 */
#include "core/event/event.h"
#include "core/machine/internal.h"

int dma_connect(struct machine *m, struct vm_device_ctx *ctx, struct vm_error *err)
{
    const struct vm_device_ctx *at = ctx;
    while (at && !at->instance->iommu)
        at = at->child.provider;
    if (!at)
        return 0;
    ctx->iommu = machine_device(m, at->instance->iommu);
    if (ctx->iommu == ctx)
        ctx->iommu = NULL; /* its own DMA reads its own tables */
    else if (!ctx->iommu->iommu_ops.size)
        return vm_error_set(err, "iommu: %s is no IOMMU", at->instance->iommu);
    return 0;
}

static uint32_t requester(const struct vm_device_ctx *ctx)
{
    const struct vm_device_ctx *p = ctx->child.provider;
    return p ? p->bus.requester(p->dev, ctx->child.address) : 0;
}

/* Where `addr` leads, and for how many bytes, at most n. */
static int translate(struct vm_device_ctx *ctx, uint64_t addr, uint64_t n, int write,
                     struct vm_iommu_mapping *out)
{
    struct vm_device_ctx *iommu = ctx->iommu;
    *out = (struct vm_iommu_mapping){.address = addr, .length = n};
    if (!iommu)
        return VM_ACCESS_OK;
    if (!device_lock_upward(iommu))
        return VM_ACCESS_ERROR;
    int result = iommu->iommu_ops.translate(iommu->dev, requester(ctx), addr, write, out);
    device_unlock(iommu);
    if (result != VM_ACCESS_OK || out->length == 0)
        return VM_ACCESS_ERROR;
    if (out->length > n)
        out->length = n;
    return VM_ACCESS_OK;
}

static int transfer(struct vm_device_ctx *ctx, uint64_t addr, uint8_t *buf, uint64_t n, int write)
{
    struct space *space = ctx->context.m->space;
    while (n > 0) {
        struct vm_iommu_mapping to;
        if (translate(ctx, addr, n, write, &to) != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
        int result = write ? space_write(space, to.address, buf, to.length, false)
                           : space_read(space, to.address, buf, to.length, false);
        if (result != VM_ACCESS_OK)
            return VM_ACCESS_ERROR;
        addr += to.length;
        buf += to.length;
        n -= to.length;
        if (addr == 0 && n > 0)
            return VM_ACCESS_ERROR; /* beyond the end of the bus */
    }
    return VM_ACCESS_OK;
}

int dma_read(struct vm_device_ctx *ctx, uint64_t addr, void *buf, uint64_t n)
{
    return transfer(ctx, addr, buf, n, 0);
}

int dma_write(struct vm_device_ctx *ctx, uint64_t addr, const void *buf, uint64_t n)
{
    return transfer(ctx, addr, (uint8_t *)buf, n, 1); /* a write only reads it */
}

void *dma_map(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write)
{
    struct vm_iommu_mapping to;
    if (*n == 0 || translate(ctx, addr, *n, write, &to) != VM_ACCESS_OK)
        return NULL;
    const struct ram_block *ram = space_ram_block(ctx->context.m->space, to.address);
    if (!ram || (ram->of_device && (write || !atomic_load(&ram->direct))))
        return NULL;
    uint64_t offset = to.address - ram->base;
    *n = to.length < ram->length - offset ? to.length : ram->length - offset;
    return ram->host + offset;
}

void dma_unmap(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written)
{
    struct space *space = ctx->context.m->space;
    struct ram_block *ram = space_host_block(space, host);
    if (!ram || written == 0)
        return;
    uint64_t offset = (uint64_t)((uint8_t *)host - ram->host), room = ram->length - offset;
    if (written > n)
        written = n;
    space_ram_written(space, ram, ram->base + offset, written < room ? written : room);
}

/* ---- messages ---- */

bool dma_takes_messages(const struct vm_device_ctx *ctx)
{
    for (uint32_t i = 0; i < ctx->n_regions; i++)
        if (ctx->regions[i].ops.message)
            return true;
    return false;
}

static int deliver(struct vm_device_ctx *from, const struct space_range *r, uint64_t addr,
                   uint32_t data)
{
    const struct mmio_target *t = r->mmio;
    uint64_t offset = addr - r->base;
    int result = VM_ACCESS_ERROR;
    if (t->region.ops->message && !(offset & 3) && r->length - offset >= 4 &&
        device_lock_upward(t->lock_arg)) {
        result = t->region.ops->message(t->dev, offset, requester(from), data);
        device_unlock(t->lock_arg);
    }
    if (trace_mask & VM_TRACE_INTERRUPTS)
        trace_line("interrupts", "%s message 0x%x -> %s%s", from->context.name, data, t->name,
                   result == VM_ACCESS_OK ? "" : ": bus error");
    return result;
}

int dma_send_message(struct vm_device_ctx *ctx, uint64_t addr, uint32_t data)
{
    struct space *space = ctx->context.m->space;
    struct vm_iommu_mapping to;
    struct space_range r;
    if (translate(ctx, addr, 4, 1, &to) != VM_ACCESS_OK || to.length < 4 ||
        !space_find(space, to.address, &r))
        return VM_ACCESS_ERROR;
    if (r.mmio)
        return deliver(ctx, &r, to.address, data);
    uint8_t bytes[4] = {(uint8_t)data, (uint8_t)(data >> 8), (uint8_t)(data >> 16),
                        (uint8_t)(data >> 24)};
    return space_write(space, to.address, bytes, sizeof(bytes), false);
}
