/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * split.c - split virtqueues (Virtio 1.2, 2.7).
 *
 * Available ring: flags, idx, ring[length], used_event. Used ring: flags, idx, ring[length] of
 * {id, length}, avail_event.
 */
#include "core/virtqueue/virtqueue.h"

#define RING_INDEX      2u
#define RING_ENTRIES    4u
#define NO_INTERRUPT    1u /* flags of the available ring */
#define NO_NOTIFICATION 1u /* flags of the used ring */

static uint16_t driver_index(const struct vm_virtq *q)
{
    return virtq_load16_acquire(virtq_area_at(&q->driver, RING_INDEX));
}

static bool has_more(struct vm_virtq *q)
{
    return driver_index(q) != q->avail;
}

static int walk(struct vm_virtq *q, struct virtq_element *el, uint32_t at, struct vm_error *err)
{
    for (uint32_t count = 0; count < q->length; count++) {
        struct virtq_descriptor d = virtq_read_descriptor(
            virtq_area_at(&q->descriptors, (uint64_t)at * VIRTQ_DESCRIPTOR_BYTES));
        if (virtq_add(q, el, &d, err))
            return -1;
        if (!(d.flags & VIRTQ_NEXT))
            return 0;
        at = d.next;
        if (at >= q->length)
            return vm_error_set(err, "descriptor %u is not one of the %u", at, q->length);
    }
    return vm_error_set(err, "the descriptors are a loop");
}

static struct virtq_element *pop(struct vm_virtq *q, struct vm_error *err)
{
    uint16_t available = (uint16_t)(driver_index(q) - q->avail);
    uint64_t slot = RING_ENTRIES + 2u * (q->avail & (q->length - 1));
    uint32_t head = virtq_load16(virtq_area_at(&q->driver, slot));
    if (available > q->length) {
        vm_error_set(err, "the available index jumps by %u in a queue of %u", available, q->length);
        return NULL;
    }
    if (head >= q->length) {
        vm_error_set(err, "descriptor %u is not one of the %u", head, q->length);
        return NULL;
    }
    struct virtq_element *el = virtq_take(q, err);
    if (!el)
        return NULL;
    el->e.id = head;
    if (walk(q, el, head, err)) {
        virtq_release(q, el, 0);
        return NULL;
    }
    q->avail++;
    return el;
}

static void push(struct vm_virtq *q, struct virtq_element *el, uint32_t written)
{
    uint64_t slot = RING_ENTRIES + 8u * (q->used & (q->length - 1));
    virtq_store32(virtq_area_at(&q->device, slot), el->e.id);
    virtq_store32(virtq_area_at(&q->device, slot + 4), written);
    virtq_store16_release(virtq_area_at(&q->device, RING_INDEX), ++q->used);
    q->pushed++;
}

static void unpop(struct vm_virtq *q, struct virtq_element *el)
{
    (void)el;
    q->avail--;
}

static bool wants_interrupt(struct vm_virtq *q)
{
    if (!(q->flags & VM_VIRTQ_EVENT_IDX))
        return !(virtq_load16(virtq_area_at(&q->driver, 0)) & NO_INTERRUPT);
    uint16_t event = virtq_load16(virtq_area_at(&q->driver, RING_ENTRIES + 2u * q->length));
    return virtq_passed(event, q->used, q->pushed);
}

static void tell_notify(struct vm_virtq *q)
{
    if (!(q->flags & VM_VIRTQ_EVENT_IDX))
        virtq_store16(virtq_area_at(&q->device, 0), q->notify ? 0 : NO_NOTIFICATION);
    else if (q->notify) /* an index that lies behind is as good as off */
        virtq_store16(virtq_area_at(&q->device, RING_ENTRIES + 8u * q->length), q->avail);
}

const struct virtq_format virtq_split = {
    .has_more = has_more,
    .pop = pop,
    .push = push,
    .unpop = unpop,
    .wants_interrupt = wants_interrupt,
    .tell_notify = tell_notify,
};
