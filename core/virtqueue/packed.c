/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * packed.c - packed virtqueues (Virtio 1.2, 2.8).
 *
 * One ring of descriptors, {addr, length, id, flags}, which the device overwrites with used ones;
 * the flags AVAIL and USED against a wrap counter tell whose one is. Event suppression: {position
 * with the wrap counter on top, flags}.
 */
#include "core/virtqueue/virtqueue.h"

#define DESCRIPTOR_LENGTH 8u
#define DESCRIPTOR_ID     12u
#define DESCRIPTOR_FLAGS  14u
#define EVENT_POSITION    0u
#define EVENT_FLAGS       2u
#define EVENT_WRAP        0x8000u

enum event_flags { EVENT_ENABLE = 0, EVENT_DISABLE = 1, EVENT_AT_POSITION = 2 };

static uint8_t *ring_at(const struct vm_virtq *q, uint32_t at)
{
    return virtq_area_at(&q->descriptors, (uint64_t)at * VIRTQ_DESCRIPTOR_BYTES);
}

/* Fields are at most 8 bytes, and pieces of an area are whole descriptors. */
static uint16_t flags_at(const struct vm_virtq *q, uint32_t at)
{
    return virtq_load16_acquire(ring_at(q, at) + DESCRIPTOR_FLAGS);
}

static bool has_more(struct vm_virtq *q)
{
    uint16_t flags = flags_at(q, q->avail);
    bool available = flags & VIRTQ_AVAIL, used = flags & VIRTQ_USED;
    return available == q->avail_wrap && used != q->avail_wrap;
}

static int walk(struct vm_virtq *q, struct virtq_element *el, struct vm_error *err)
{
    uint32_t at = q->avail;
    for (;;) {
        uint16_t flags = flags_at(q, at);
        struct virtq_descriptor d = virtq_read_descriptor(ring_at(q, at));
        d.flags = flags;
        if (el->ring_descriptors == q->length - q->ring_taken)
            return vm_error_set(err, "a chain runs into descriptors that are in use, or itself");
        if (virtq_add(q, el, &d, err))
            return -1;
        el->ring_descriptors++;
        el->e.id = d.id;
        if (!(flags & VIRTQ_NEXT))
            return 0;
        at = at + 1 < q->length ? at + 1 : 0;
    }
}

/* Moves a position by n descriptors, at most a whole ring. */
static void advance(const struct vm_virtq *q, uint16_t *at, bool *wrap, uint32_t n)
{
    uint32_t to = *at + n;
    if (to >= q->length) {
        to -= q->length;
        *wrap = !*wrap;
    }
    *at = (uint16_t)to;
}

static struct virtq_element *pop(struct vm_virtq *q, struct vm_error *err)
{
    struct virtq_element *el = virtq_take(q, err);
    if (!el)
        return NULL;
    if (walk(q, el, err)) {
        virtq_release(q, el, 0);
        return NULL;
    }
    advance(q, &q->avail, &q->avail_wrap, el->ring_descriptors);
    q->ring_taken += el->ring_descriptors;
    return el;
}

static void push(struct vm_virtq *q, struct virtq_element *el, uint32_t written)
{
    uint8_t *d = ring_at(q, q->used);
    uint16_t flags = q->used_wrap ? VIRTQ_AVAIL | VIRTQ_USED : 0;
    if (el->e.n_in)
        flags |= VIRTQ_WRITE;
    virtq_store32(d + DESCRIPTOR_LENGTH, written);
    virtq_store16(d + DESCRIPTOR_ID, (uint16_t)el->e.id);
    virtq_store16_release(d + DESCRIPTOR_FLAGS, flags);
    advance(q, &q->used, &q->used_wrap, el->ring_descriptors);
    q->ring_taken -= el->ring_descriptors;
    q->pushed += el->ring_descriptors;
}

static void unpop(struct vm_virtq *q, struct virtq_element *el)
{
    if (q->avail < el->ring_descriptors) {
        q->avail = (uint16_t)(q->avail + q->length - el->ring_descriptors);
        q->avail_wrap = !q->avail_wrap;
    } else {
        q->avail = (uint16_t)(q->avail - el->ring_descriptors);
    }
    q->ring_taken -= el->ring_descriptors;
}

static bool wants_interrupt(struct vm_virtq *q)
{
    uint16_t flags = virtq_load16_acquire(virtq_area_at(&q->driver, EVENT_FLAGS)) & 3;
    if (flags != EVENT_AT_POSITION || !(q->flags & VM_VIRTQ_EVENT_IDX))
        return flags != EVENT_DISABLE;
    uint16_t position = virtq_load16(virtq_area_at(&q->driver, EVENT_POSITION));
    uint16_t event = position & (uint16_t)~EVENT_WRAP;
    if (((position & EVENT_WRAP) != 0) != q->used_wrap)
        event = (uint16_t)(event - q->length); /* it lies in the round before */
    return q->pushed >= q->length || virtq_passed(event, q->used, q->pushed);
}

static void tell_notify(struct vm_virtq *q)
{
    uint16_t flags = q->notify ? EVENT_ENABLE : EVENT_DISABLE;
    if (q->notify && (q->flags & VM_VIRTQ_EVENT_IDX)) {
        flags = EVENT_AT_POSITION;
        virtq_store16(virtq_area_at(&q->device, EVENT_POSITION),
                      (uint16_t)(q->avail | (q->avail_wrap ? EVENT_WRAP : 0)));
    }
    virtq_store16_release(virtq_area_at(&q->device, EVENT_FLAGS), flags);
}

const struct virtq_format virtq_packed = {
    .has_more = has_more,
    .pop = pop,
    .push = push,
    .unpop = unpop,
    .wants_interrupt = wants_interrupt,
    .tell_notify = tell_notify,
};
