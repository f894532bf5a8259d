/* SPDX-License-Identifier: BSD-2-Clause */
/* virtqueue.c - life of a queue, its mapped rings, and the interface that devices have. */
#include "core/virtqueue/virtqueue.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct virtq_format *format_of(const struct vm_virtq *q)
{
    return q->flags & VM_VIRTQ_PACKED ? &virtq_packed : &virtq_split;
}

/* ---- rings ---- */

static void unmap_area(struct vm_virtq *q, struct virtq_area *a)
{
    for (uint32_t i = 0; i < a->n; i++) {
        const struct virtq_piece *p = &a->pieces[i];
        q->host->dma_unmap(q->ctx, p->host, p->length, a->writable ? p->length : 0);
    }
    memset(a, 0, offsetof(struct virtq_area, pieces));
}

static int map_area(struct vm_virtq *q, struct virtq_area *a, const char *what, uint64_t addr,
                    uint64_t length, bool writable, struct vm_error *err)
{
    uint64_t done = 0;
    a->writable = writable;
    if (addr + length < addr)
        return vm_error_set(err, "the %s at 0x%" PRIx64 " wraps around", what, addr);
    while (done < length) {
        uint64_t n = length - done;
        if (a->n == VIRTQ_MAX_AREA_PIECES)
            return vm_error_set(err, "the %s at 0x%" PRIx64 " is in too many pieces", what, addr);
        void *host = q->host->dma_map(q->ctx, addr + done, &n, writable);
        if (!host)
            return vm_error_set(err, "the %s at 0x%" PRIx64 " (%" PRIu64 " bytes) is not in RAM",
                                what, addr, length);
        a->pieces[a->n++] = (struct virtq_piece){host, done, n};
        if ((((uintptr_t)host ^ (addr + done)) & (VIRTQ_DESCRIPTOR_BYTES - 1)) ||
            ((addr + done + n) % VIRTQ_DESCRIPTOR_BYTES && done + n < length))
            return vm_error_set(err, "the %s at 0x%" PRIx64 " is cut at odd places", what, addr);
        done += n;
    }
    a->host = a->n == 1 ? a->pieces[0].host : NULL;
    return 0;
}

struct part {
    const char *what;
    struct virtq_area *area;
    uint64_t addr, length, align;
    bool writable;
};

static int map_rings(struct vm_virtq *q, const struct vm_virtq_setup *s, struct vm_error *err)
{
    uint64_t n = s->length;
    const struct part split[] = {
        {"descriptor table", &q->descriptors, s->descriptors, 16 * n, 16, false},
        {"available ring", &q->driver, s->driver, 6 + 2 * n, 2, false},
        {"used ring", &q->device, s->device, 6 + 8 * n, 4, true},
    };
    const struct part packed[] = {
        {"descriptor ring", &q->descriptors, s->descriptors, 16 * n, 16, true},
        {"driver's event area", &q->driver, s->driver, 4, 4, false},
        {"device's event area", &q->device, s->device, 4, 4, true},
    };
    const struct part *parts = s->flags & VM_VIRTQ_PACKED ? packed : split;
    for (int i = 0; i < 3; i++) {
        const struct part *p = &parts[i];
        if (p->addr % p->align)
            return vm_error_set(err, "the %s at 0x%" PRIx64 " is not a multiple of %" PRIu64,
                                p->what, p->addr, p->align);
        if (map_area(q, p->area, p->what, p->addr, p->length, p->writable, err))
            return -1;
    }
    return 0;
}

static void unmap_rings(struct vm_virtq *q)
{
    unmap_area(q, &q->descriptors);
    unmap_area(q, &q->driver);
    unmap_area(q, &q->device);
}

/* ---- life ---- */

struct vm_virtq *virtq_new(const struct vm_device_host *host, struct vm_device_ctx *ctx)
{
    struct vm_virtq *q = calloc(1, sizeof(*q));
    if (!q)
        return NULL;
    q->host = host;
    q->ctx = ctx;
    return q;
}

void virtq_reset(struct vm_virtq *q)
{
    for (struct virtq_element *el = q->elements; el; el = el->next)
        if (el->taken)
            virtq_release(q, el, 0);
    unmap_rings(q);
    q->enabled = q->broken = false;
    q->ring_taken = 0;
    q->popped = 0;
}

void virtq_free(struct vm_virtq *q)
{
    if (!q)
        return;
    virtq_reset(q);
    while (q->elements) {
        struct virtq_element *el = q->elements;
        q->elements = el->next;
        free(el->iov);
        free(el);
    }
    free(q);
}

static int check_setup(const struct vm_virtq_setup *s, struct vm_error *err)
{
    const uint32_t known = VM_VIRTQ_PACKED | VM_VIRTQ_EVENT_IDX | VM_VIRTQ_INDIRECT;
    bool power = s->length && !(s->length & (s->length - 1));
    if (s->flags & ~known)
        return vm_error_set(err, "plugin bug: unknown flags 0x%x of a virtqueue",
                            s->flags & ~known);
    if (s->length == 0 || s->length > VM_VIRTQ_MAX_SIZE)
        return vm_error_set(err, "a queue of %u descriptors; 1 to %u are possible", s->length,
                            VM_VIRTQ_MAX_SIZE);
    if (!power && !(s->flags & VM_VIRTQ_PACKED))
        return vm_error_set(err, "a split queue of %u descriptors, which is no power of 2",
                            s->length);
    return 0;
}

int virtq_enable(struct vm_virtq *q, const struct vm_virtq_setup *theirs, struct vm_error *err)
{
    struct vm_virtq_setup s = {0};
    if (theirs->size < offsetof(struct vm_virtq_setup, device) + sizeof(s.device))
        return vm_error_set(err, "plugin bug: a virtqueue's setup of %u bytes", theirs->size);
    memcpy(&s, theirs, theirs->size < sizeof(s) ? theirs->size : sizeof(s));
    virtq_reset(q);
    if (check_setup(&s, err))
        return -1;
    if (map_rings(q, &s, err)) {
        unmap_rings(q);
        return -1;
    }
    q->flags = s.flags;
    q->length = s.length;
    q->avail = q->used = 0;
    q->avail_wrap = q->used_wrap = true;
    q->pushed = 0;
    q->force = false;
    q->notify = true;
    q->told = UINT32_MAX;
    q->enabled = true;
    return 0;
}

int virtq_enabled(const struct vm_virtq *q)
{
    return q->enabled;
}

/* ---- use ---- */

static uint32_t position(const struct vm_virtq *q)
{
    return q->avail | (uint32_t)q->avail_wrap << 16;
}

/* Has the driver notify for what comes after what we have seen. True: something came meanwhile. */
static bool ask_for_notification(struct vm_virtq *q)
{
    format_of(q)->tell_notify(q);
    q->told = position(q);
    virtq_full_fence();
    return format_of(q)->has_more(q);
}

static bool has_more(struct vm_virtq *q)
{
    if (format_of(q)->has_more(q))
        return true;
    /* Each position is asked for once; while there is more nothing is asked, so that the driver
     * does not notify for what we will see anyway. */
    if (!q->notify || !(q->flags & VM_VIRTQ_EVENT_IDX) || q->told == position(q))
        return false;
    return ask_for_notification(q);
}

struct vm_virtq_element *virtq_pop(struct vm_virtq *q, int *error, struct vm_error *err)
{
    *error = 0;
    if (!q->enabled || q->broken) {
        *error = q->broken ? vm_error_set(err, "the queue is broken") : 0;
        return NULL;
    }
    if (!has_more(q))
        return NULL;
    struct virtq_element *el = NULL;
    if (q->in_flight == q->length)
        vm_error_set(err, "more chains than the queue's %u descriptors", q->length);
    else
        el = format_of(q)->pop(q, err);
    if (!el) {
        q->broken = true;
        *error = -1;
        return NULL;
    }
    return virtq_finish(q, el);
}

static struct virtq_element *taken_element(struct vm_virtq_element *e)
{
    struct virtq_element *el = (struct virtq_element *)e;
    return el->taken ? el : NULL;
}

void virtq_push(struct vm_virtq *q, struct vm_virtq_element *e, uint64_t written)
{
    struct virtq_element *el = taken_element(e);
    if (!el)
        return;
    if (written > e->in_length)
        written = e->in_length;
    if (!q->broken)
        format_of(q)->push(q, el, (uint32_t)written);
    virtq_release(q, el, written);
}

void virtq_unpop(struct vm_virtq *q, struct vm_virtq_element *e)
{
    struct virtq_element *el = taken_element(e);
    if (!el)
        return;
    if (el->number == q->popped && !q->broken) {
        format_of(q)->unpop(q, el);
        q->popped--;
    }
    virtq_release(q, el, 0);
}

int virtq_wants_interrupt(struct vm_virtq *q)
{
    bool wants = q->force;
    if (!q->enabled || q->broken || (!q->pushed && !q->force))
        return 0;
    virtq_full_fence();
    wants |= format_of(q)->wants_interrupt(q);
    q->pushed = 0;
    q->force = false;
    return wants;
}

int virtq_set_notify(struct vm_virtq *q, int on)
{
    if (!q->enabled || q->broken)
        return 0;
    q->notify = on != 0;
    bool more = ask_for_notification(q);
    return on && more;
}

/* ---- saved state ---- */

#define WRAP 0x8000u

void virtq_state_get(struct vm_virtq *q, uint32_t words[2])
{
    bool packed = q->flags & VM_VIRTQ_PACKED;
    words[0] = q->avail | (packed && q->avail_wrap ? WRAP : 0);
    words[1] = q->used | (packed && q->used_wrap ? WRAP : 0);
}

int virtq_state_set(struct vm_virtq *q, const uint32_t words[2], struct vm_error *err)
{
    bool packed = q->flags & VM_VIRTQ_PACKED;
    uint32_t limit = packed ? q->length : 0x10000u, mask = packed ? ~WRAP : ~0u;
    if (!q->enabled || words[0] > 0xffff || words[1] > 0xffff || (words[0] & mask) >= limit ||
        (words[1] & mask) >= limit)
        return vm_error_set(err, "the position of a virtqueue (0x%x, 0x%x) cannot be", words[0],
                            words[1]);
    q->avail = (uint16_t)(words[0] & mask);
    q->used = (uint16_t)(words[1] & mask);
    q->avail_wrap = words[0] & WRAP;
    q->used_wrap = words[1] & WRAP;
    q->force = true;
    return 0;
}
