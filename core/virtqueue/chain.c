/* SPDX-License-Identifier: BSD-2-Clause */
/* chain.c - descriptors to mapped buffers: the elements that a device gets. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "core/virtqueue/virtqueue.h"

#define KEEP_PIECES 256u /* room that an element keeps while it is free */

/* ---- elements ---- */

static struct virtq_element *new_element(struct vm_virtq *q)
{
    struct virtq_element *el = calloc(1, sizeof(*el));
    if (!el)
        return NULL;
    el->e.size = sizeof(el->e);
    el->next = q->elements;
    q->elements = el;
    return el;
}

struct virtq_element *virtq_take(struct vm_virtq *q, struct vm_error *err)
{
    struct virtq_element *el = q->free;
    if (el)
        q->free = el->next_free;
    else if (!(el = new_element(q))) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    el->e.n_out = el->e.n_in = 0;
    el->e.out_length = el->e.in_length = 0;
    el->e.opaque = NULL;
    el->n_iov = 0;
    el->ring_descriptors = 0;
    el->taken = true;
    q->in_flight++;
    return el;
}

void virtq_release(struct vm_virtq *q, struct virtq_element *el, uint64_t written)
{
    for (uint32_t i = 0; i < el->n_iov; i++) {
        const struct vm_iovec *v = &el->iov[i];
        uint64_t part = i < el->e.n_out ? 0 : written < v->length ? written : v->length;
        q->host->dma_unmap(q->ctx, v->base, v->length, part);
        written -= part;
    }
    q->pieces -= el->n_iov;
    q->in_flight--;
    el->taken = false;
    el->n_iov = 0;
    if (el->room > KEEP_PIECES) {
        free(el->iov);
        el->iov = NULL;
        el->room = 0;
    }
    el->next_free = q->free;
    q->free = el;
}

static int room_for_piece(struct vm_virtq *q, struct virtq_element *el, struct vm_error *err)
{
    if (el->n_iov == VIRTQ_MAX_CHAIN_PIECES)
        return vm_error_set(err, "a chain has more than %u pieces", VIRTQ_MAX_CHAIN_PIECES);
    if (q->pieces == VIRTQ_MAX_PIECES)
        return vm_error_set(err, "chains of more than %u pieces are under way", VIRTQ_MAX_PIECES);
    if (el->n_iov < el->room)
        return 0;
    uint32_t room = el->room ? 4 * el->room : 16;
    struct vm_iovec *bigger = realloc(el->iov, room * sizeof(*bigger));
    if (!bigger)
        return vm_error_set(err, "out of memory");
    el->iov = bigger;
    el->room = room;
    return 0;
}

/* ---- descriptors ---- */

/* The guest may write it meanwhile: each field is read once. Tables that are not aligned, which an
 * indirect one may be, are read as a copy of ours. */
struct virtq_descriptor virtq_read_descriptor(const uint8_t *p)
{
    uint64_t addr = __atomic_load_n((const uint64_t *)p, __ATOMIC_RELAXED);
    uint64_t rest = __atomic_load_n((const uint64_t *)(p + 8), __ATOMIC_RELAXED);
    return (struct virtq_descriptor){
        .addr = addr,
        .length = (uint32_t)rest,
        .flags = (uint16_t)(rest >> 32), /* split: length, flags, next */
        .next = (uint16_t)(rest >> 48),
        .id = (uint16_t)(rest >> 32), /* packed: length, id, flags */
    };
}

static int add_buffer(struct vm_virtq *q, struct virtq_element *el,
                      const struct virtq_descriptor *d, struct vm_error *err)
{
    int write = (d->flags & VIRTQ_WRITE) != 0;
    uint64_t addr = d->addr, left = d->length;
    if (left == 0)
        return vm_error_set(err, "a descriptor has no length");
    if (!write && el->e.n_in)
        return vm_error_set(err, "a descriptor to read follows one to write");
    if (el->e.out_length + el->e.in_length + left > UINT32_MAX)
        return vm_error_set(err, "a chain is longer than 4 GiB");
    while (left > 0) {
        uint64_t n = left;
        if (room_for_piece(q, el, err))
            return -1;
        void *host = q->host->dma_map(q->ctx, addr, &n, write);
        if (!host)
            return vm_error_set(err, "a buffer at 0x%" PRIx64 " (%u bytes) is not in RAM", d->addr,
                                d->length);
        el->iov[el->n_iov++] = (struct vm_iovec){host, n};
        q->pieces++;
        if (write)
            el->e.n_in++;
        else
            el->e.n_out++;
        addr += n;
        left -= n;
        if (left && addr < d->addr)
            return vm_error_set(err, "a buffer at 0x%" PRIx64 " wraps around", d->addr);
    }
    if (write)
        el->e.in_length += d->length;
    else
        el->e.out_length += d->length;
    return 0;
}

/* ---- indirect tables ---- */

static void copy_racing(uint8_t *to, const uint8_t *from, uint64_t n)
{
    if (((uintptr_t)from | (uintptr_t)to | n) & 7) {
        for (uint64_t i = 0; i < n; i++)
            to[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
        return;
    }
    for (uint64_t i = 0; i < n; i += 8) {
        uint64_t v = __atomic_load_n((const uint64_t *)(from + i), __ATOMIC_RELAXED);
        memcpy(to + i, &v, 8);
    }
}

static int copy_table(struct vm_virtq *q, const struct virtq_descriptor *d, struct vm_error *err)
{
    uint64_t done = 0;
    if (d->length == 0 || d->length % VIRTQ_DESCRIPTOR_BYTES || d->length > sizeof(q->table))
        return vm_error_set(err, "an indirect table has %u bytes, which is not 1 to %u descriptors",
                            d->length, VM_VIRTQ_MAX_SIZE);
    while (done < d->length) {
        uint64_t n = d->length - done;
        void *host =
            d->addr + done < d->addr ? NULL : q->host->dma_map(q->ctx, d->addr + done, &n, 0);
        if (!host)
            return vm_error_set(err, "an indirect table at 0x%" PRIx64 " is not in RAM", d->addr);
        copy_racing(q->table + done, host, n);
        q->host->dma_unmap(q->ctx, host, n, 0);
        done += n;
    }
    return 0;
}

/* Split: linked by `next` from the first one on. Packed: all of it, in order. */
static int add_table(struct vm_virtq *q, struct virtq_element *el, uint32_t n, struct vm_error *err)
{
    bool packed = q->flags & VM_VIRTQ_PACKED;
    uint32_t at = 0;
    for (uint32_t count = 0; count < n; count++) {
        const uint8_t *p = q->table + at * VIRTQ_DESCRIPTOR_BYTES;
        struct virtq_descriptor d = virtq_read_descriptor(p);
        if (packed)
            d.flags = virtq_load16(p + 14);
        if (d.flags & VIRTQ_INDIRECT)
            return vm_error_set(err, "an indirect table names another one");
        if (add_buffer(q, el, &d, err))
            return -1;
        if (!packed && !(d.flags & VIRTQ_NEXT))
            return 0;
        at = packed ? at + 1 : d.next;
        if (at >= n && !packed)
            return vm_error_set(err, "descriptor %u is not one of the %u of an indirect table", at,
                                n);
    }
    return packed ? 0 : vm_error_set(err, "the descriptors of an indirect table are a loop");
}

int virtq_add(struct vm_virtq *q, struct virtq_element *el, const struct virtq_descriptor *d,
              struct vm_error *err)
{
    if (!(d->flags & VIRTQ_INDIRECT))
        return add_buffer(q, el, d, err);
    if (!(q->flags & VM_VIRTQ_INDIRECT))
        return vm_error_set(err, "an indirect descriptor, which was not negotiated");
    if (d->flags & VIRTQ_NEXT)
        return vm_error_set(err, "an indirect descriptor has a next one");
    if (copy_table(q, d, err))
        return -1;
    return add_table(q, el, d->length / VIRTQ_DESCRIPTOR_BYTES, err);
}

struct vm_virtq_element *virtq_finish(struct vm_virtq *q, struct virtq_element *el)
{
    el->e.out = el->iov;
    el->e.in = el->iov + el->e.n_out;
    el->number = ++q->popped;
    return &el->e;
}
