/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devhost_ram.c - a host for one device under test: guest RAM for its DMA, virtqueues in it, and
 * work off the vCPU threads.
 *
 * RAM is one piece unless a test cuts it, as an IOMMU would. Every mapping is counted: the device
 * must have given all of them back by the time that it is reset or destroyed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/virtqueue/virtqueue.h"
#include "devhost_internal.h"

#define RAM_GUARD 65536u

static struct devhost *of(struct vm_device_ctx *ctx)
{
    return (struct devhost *)ctx;
}

/* ---- RAM ------------------------------------------------------------------------------------- */

void devhost_set_ram(struct devhost *h, uint64_t base, uint64_t length)
{
    /* Not from the heap: it costs only the pages that are used. Behind it nothing can be touched.
     */
    h->ram =
        mmap(NULL, length + RAM_GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (h->ram == MAP_FAILED || mprotect(h->ram + length, RAM_GUARD, PROT_NONE))
        plughost_broken("no memory for the guest");
    h->ram_base = base;
    h->ram_length = length;
}

void devhost_cut_ram(struct devhost *h, uint64_t piece)
{
    h->ram_piece = piece;
}

uint8_t *devhost_ram(struct devhost *h, uint64_t addr, uint64_t n)
{
    uint64_t offset = addr - h->ram_base;

    if (offset >= h->ram_length || n > h->ram_length - offset)
        return NULL;
    return h->ram + offset;
}

uint32_t devhost_mappings(const struct devhost *h)
{
    return h->n_mappings;
}

int devhost_dma_read(struct vm_device_ctx *ctx, uint64_t addr, void *buf, uint64_t n)
{
    const uint8_t *p = devhost_ram(of(ctx), addr, n);

    memset(buf, 0, n);
    if (!p)
        return VM_ACCESS_ERROR;
    memcpy(buf, p, n);
    return VM_ACCESS_OK;
}

int devhost_dma_write(struct vm_device_ctx *ctx, uint64_t addr, const void *buf, uint64_t n)
{
    uint8_t *p = devhost_ram(of(ctx), addr, n);

    if (!p)
        return VM_ACCESS_ERROR;
    memcpy(p, buf, n);
    return VM_ACCESS_OK;
}

void *devhost_dma_map(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write)
{
    struct devhost *h = of(ctx);
    uint8_t *p = devhost_ram(h, addr, 1);
    uint64_t room = h->ram_length - (addr - h->ram_base);

    (void)write;
    if (!p || *n == 0)
        return NULL;
    if (h->ram_piece && room > h->ram_piece - addr % h->ram_piece)
        room = h->ram_piece - addr % h->ram_piece;
    if (*n > room)
        *n = room;
    h->n_mappings++;
    h->mapped_bytes += *n;
    return p;
}

void devhost_dma_unmap(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written)
{
    struct devhost *h = of(ctx);
    uint64_t offset = (uint64_t)((uintptr_t)host - (uintptr_t)h->ram);

    if (offset >= h->ram_length || n > h->ram_length - offset || written > n ||
        h->n_mappings == 0 || n > h->mapped_bytes)
        plughost_broken("dma_unmap of what was not mapped");
    h->n_mappings--;
    h->mapped_bytes -= n;
}

/* ---- virtqueues ------------------------------------------------------------------------------ */

static struct vm_virtq *virtq_create(struct vm_device_ctx *ctx)
{
    struct devhost *h = of(ctx);
    struct vm_virtq *q = virtq_new(&devhost_template, ctx);

    if (!h->creating)
        plughost_broken("a virtqueue outside create()");
    q->next = h->queues;
    h->queues = q;
    return q;
}

static const struct vm_virtq_api virtqueue_api = {VIRTQ_API_MEMBERS, .create = virtq_create};

const void *devhost_interface(const char *id)
{
    if (strcmp(id, VM_HOST_BOOT_FILES) == 0)
        return &devhost_boot_files;
    return strcmp(id, VM_HOST_VIRTQUEUE) == 0 ? &virtqueue_api : NULL;
}

/* ---- work ------------------------------------------------------------------------------------ */

struct devhost_work {
    struct devhost_work *next;
    void (*work)(void *opaque);
    void (*done)(void *opaque);
    void *opaque;
};

int devhost_submit_work(struct vm_device_ctx *ctx, void (*work)(void *opaque),
                        void (*done)(void *opaque), void *opaque)
{
    struct devhost *h = of(ctx);
    struct devhost_work *w = malloc(sizeof(*w)), **last = &h->works;

    *w = (struct devhost_work){.work = work, .done = done, .opaque = opaque};
    while (*last)
        last = &(*last)->next;
    *last = w;
    return 0;
}

uint32_t devhost_run_work(struct devhost *h)
{
    uint32_t n = 0;

    while (h->works) {
        struct devhost_work *w = h->works;

        h->works = w->next;
        w->work(w->opaque);
        w->done(w->opaque);
        free(w);
        n++;
    }
    return n;
}

/* ---- life ------------------------------------------------------------------------------------ */

void devhost_free_ram(struct devhost *h)
{
    while (h->queues) {
        struct vm_virtq *q = h->queues;

        h->queues = q->next;
        virtq_free(q);
    }
    if (h->n_mappings)
        plughost_broken("memory is still mapped when the device is gone");
    if (h->ram)
        munmap(h->ram, h->ram_length + RAM_GUARD);
}
