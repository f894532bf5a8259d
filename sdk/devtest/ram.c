/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ram.c - a host for one device under test: guest RAM for its DMA, virtqueues in it, and
 * work off the vCPU threads.
 *
 * RAM is one piece unless a test cuts it, as an IOMMU would. Every mapping is counted: the device
 * must have given all of them back by the time that it is reset or destroyed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/virtqueue/virtqueue.h"
#include "internal.h"

#define RAM_GUARD 65536u

static struct vm_devtest *of(struct vm_device_ctx *ctx)
{
    return (struct vm_devtest *)ctx;
}

/* ---- RAM ------------------------------------------------------------------------------------- */

void vm_devtest_set_ram(struct vm_devtest *h, uint64_t base, uint64_t length)
{
    /* Not from the heap: it costs only the pages that are used. Behind it nothing can be touched.
     */
    h->ram =
        mmap(NULL, length + RAM_GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (h->ram == MAP_FAILED || mprotect(h->ram + length, RAM_GUARD, PROT_NONE))
        vm_test_broken("no memory for the guest");
    h->ram_base = base;
    h->ram_length = length;
}

void vm_devtest_cut_ram(struct vm_devtest *h, uint64_t piece)
{
    h->ram_piece = piece;
}

uint8_t *vm_devtest_ram(struct vm_devtest *h, uint64_t addr, uint64_t n)
{
    uint64_t offset = addr - h->ram_base;

    if (offset >= h->ram_length || n > h->ram_length - offset)
        return NULL;
    return h->ram + offset;
}

uint32_t vm_devtest_mappings(const struct vm_devtest *h)
{
    return h->n_mappings;
}

int vm_devtest_dma_read(struct vm_device_ctx *ctx, uint64_t addr, void *buf, uint64_t n)
{
    const uint8_t *p = vm_devtest_ram(of(ctx), addr, n);

    vm_devtest_expect_locked(of(ctx), "dma_read");
    memset(buf, 0, n);
    if (!p)
        return VM_ACCESS_ERROR;
    memcpy(buf, p, n);
    return VM_ACCESS_OK;
}

int vm_devtest_dma_write(struct vm_device_ctx *ctx, uint64_t addr, const void *buf, uint64_t n)
{
    uint8_t *p = vm_devtest_ram(of(ctx), addr, n);

    vm_devtest_expect_locked(of(ctx), "dma_write");
    if (!p)
        return VM_ACCESS_ERROR;
    memcpy(p, buf, n);
    return VM_ACCESS_OK;
}

void *vm_devtest_dma_map(struct vm_device_ctx *ctx, uint64_t addr, uint64_t *n, int write)
{
    struct vm_devtest *h = of(ctx);
    uint8_t *p = vm_devtest_ram(h, addr, 1);
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

void vm_devtest_dma_unmap(struct vm_device_ctx *ctx, void *host, uint64_t n, uint64_t written)
{
    struct vm_devtest *h = of(ctx);
    uint64_t offset = (uint64_t)((uintptr_t)host - (uintptr_t)h->ram);

    if (offset >= h->ram_length || n > h->ram_length - offset || written > n ||
        h->n_mappings == 0 || n > h->mapped_bytes)
        vm_test_broken("dma_unmap of what was not mapped");
    h->n_mappings--;
    h->mapped_bytes -= n;
}

/* ---- virtqueues ------------------------------------------------------------------------------ */

static struct vm_virtq *virtq_create(struct vm_device_ctx *ctx)
{
    struct vm_devtest *h = of(ctx);
    struct vm_virtq *q = virtq_new(&vm_devtest_template, ctx);

    if (!h->creating)
        vm_test_broken("a virtqueue outside create()");
    q->next = h->queues;
    h->queues = q;
    return q;
}

static const struct vm_virtq_api virtqueue_api = {VIRTQ_API_MEMBERS, .create = virtq_create};

static const void *interface(const char *id)
{
    if (strcmp(id, VM_HOST_BOOT_FILES) == 0)
        return &vm_devtest_boot_files;
    return strcmp(id, VM_HOST_VIRTQUEUE) == 0 ? &virtqueue_api : NULL;
}

/* As those of all hosts, with these interfaces. */
const struct vm_host vm_devtest_base = {
    .size = sizeof(struct vm_host),
    .abi_minor = VM_ABI_MINOR,
    .log = vm_test_log,
    .get_interface = interface,
    .prop_given = vm_test_prop_given,
    .prop_uint = vm_test_prop_uint,
    .prop_string = vm_test_prop_string,
};

/* ---- work ------------------------------------------------------------------------------------ */

struct vm_devtest_work {
    struct vm_devtest_work *next;
    void (*work)(void *opaque);
    void (*done)(void *opaque);
    void *opaque;
};

int vm_devtest_submit_work(struct vm_device_ctx *ctx, void (*work)(void *opaque),
                           void (*done)(void *opaque), void *opaque)
{
    struct vm_devtest *h = of(ctx);
    struct vm_devtest_work *w = vm_test_alloc(sizeof(*w)), **last = &h->works;

    vm_devtest_expect_locked(h, "submit_work");
    *w = (struct vm_devtest_work){.work = work, .done = done, .opaque = opaque};
    while (*last)
        last = &(*last)->next;
    *last = w;
    return 0;
}

uint32_t vm_devtest_run_work(struct vm_devtest *h)
{
    uint32_t n = 0;

    while (h->works) {
        struct vm_devtest_work *w = h->works;

        h->works = w->next;
        h->working = true;
        w->work(w->opaque);
        h->working = false;
        vm_devtest_enter(h);
        w->done(w->opaque);
        vm_devtest_leave(h);
        free(w);
        n++;
    }
    return n;
}

/* ---- life ------------------------------------------------------------------------------------ */

void vm_devtest_free_ram(struct vm_devtest *h)
{
    while (h->queues) {
        struct vm_virtq *q = h->queues;

        h->queues = q->next;
        virtq_free(q);
    }
    if (h->n_mappings)
        vm_test_broken("memory is still mapped when the device is gone");
    if (h->ram)
        munmap(h->ram, h->ram_length + RAM_GUARD);
}
