/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio_queue.c - queues of a virtio device: set up by the driver, used by the device, saved. */
#include <string.h>
#include "virtio_internal.h"

#define ROUNDS 4 /* chains for one notification, in lengths of the queue */

/* ---- what the driver does -------------------------------------------------------------------- */

struct vm_virtio_queue *virtio_selected(struct vm_virtio *v)
{
    return v->queue_select < v->n_queues ? &v->queues[v->queue_select] : NULL;
}

/* Whether the driver may change the selected queue now. */
static int may_set_up(struct vm_virtio *v)
{
    struct vm_virtio_queue *q = virtio_selected(v);

    return q && !v->queue_enabled[v->queue_select] && !q->stopping && !v->resetting;
}

void virtio_write_queue_length(struct vm_virtio *v, uint32_t value)
{
    if (may_set_up(v))
        v->queue_length[v->queue_select] = value <= v->queue_size ? value : 0;
}

void virtio_write_address(struct vm_virtio *v, uint64_t *address, uint64_t value, uint64_t mask)
{
    if (may_set_up(v))
        *address = (*address & ~mask) | (value & mask);
}

static int enable(struct vm_virtio *v, uint32_t queue, struct vm_error *err)
{
    const struct vm_virtq_setup setup = {
        .size = sizeof(setup),
        .flags = (vm_virtio_has(v, VM_VIRTIO_F_RING_PACKED) ? VM_VIRTQ_PACKED : 0) |
                 (vm_virtio_has(v, VM_VIRTIO_F_EVENT_IDX) ? VM_VIRTQ_EVENT_IDX : 0) |
                 (vm_virtio_has(v, VM_VIRTIO_F_INDIRECT_DESC) ? VM_VIRTQ_INDIRECT : 0),
        .length = v->queue_length[queue],
        .descriptors = v->queue_descriptors[queue],
        .driver = v->queue_driver[queue],
        .device = v->queue_device[queue],
    };

    return v->rings->enable(v->queues[queue].ring, &setup, err);
}

void virtio_queue_enable(struct vm_virtio *v)
{
    struct vm_error err = VM_ERROR_INIT;
    uint32_t queue = v->queue_select;

    if (!may_set_up(v))
        return;
    if (!(v->status & STATUS_FEATURES_OK))
        vm_virtio_fail(v, "queue %u is enabled before features are", queue);
    else if (enable(v, queue, &err))
        vm_virtio_fail(v, "queue %u: %s", queue, err.text);
    else
        v->queue_enabled[queue] = 1;
}

void virtio_queue_forget(struct vm_virtio *v, uint32_t queue)
{
    v->rings->reset(v->queues[queue].ring);
    v->queue_enabled[queue] = 0;
    v->queue_length[queue] = v->queue_size;
    v->queue_descriptors[queue] = v->queue_driver[queue] = v->queue_device[queue] = 0;
    v->again &= ~(UINT64_C(1) << queue);
}

void virtio_queue_stop(struct vm_virtio *v, uint32_t queue)
{
    if (v->class_->queue_stop && v->class_->queue_stop(v, queue))
        v->queues[queue].stopping = 1;
    else
        virtio_queue_forget(v, queue);
}

void virtio_queue_disable(struct vm_virtio *v)
{
    if (virtio_selected(v) && v->queue_enabled[v->queue_select] && !v->resetting &&
        !v->queues[v->queue_select].stopping)
        virtio_queue_stop(v, v->queue_select);
}

static int usable(const struct vm_virtio *v, uint32_t queue)
{
    return v->queue_enabled[queue] && !v->queues[queue].stopping && vm_virtio_running(v) &&
           (!v->transport->may_dma || v->transport->may_dma(v));
}

/* ---- notification ---------------------------------------------------------------------------- */

void virtio_notify(struct vm_virtio *v, uint32_t queue)
{
    if (queue >= v->n_queues || !usable(v, queue))
        return;
    v->budget = ROUNDS * v->queue_length[queue];
    v->class_->notify(v, queue);
    v->budget = UINT32_MAX;
}

void vm_virtio_again(struct vm_virtio *v, uint32_t queue)
{
    if (!v->again)
        v->host->timer_arm(v->timer, v->host->clock_ns(v->ctx));
    v->again |= UINT64_C(1) << queue;
}

void virtio_notify_all(struct vm_virtio *v)
{
    for (uint32_t i = 0; i < v->n_queues; i++)
        if (v->queue_enabled[i])
            vm_virtio_again(v, i);
}

static void notify_again(void *opaque)
{
    struct vm_virtio *v = opaque;
    uint64_t queues = v->again;

    v->again = 0;
    for (uint32_t i = 0; i < v->n_queues; i++)
        if (queues & UINT64_C(1) << i)
            virtio_notify(v, i);
}

/* ---- use ------------------------------------------------------------------------------------- */

struct vm_virtq_element *vm_virtio_pop(struct vm_virtio *v, uint32_t queue)
{
    struct vm_virtq_element *e;
    struct vm_error err = VM_ERROR_INIT;
    int error = 0;

    if (!usable(v, queue))
        return NULL;
    if (v->budget == 0) {
        vm_virtio_again(v, queue);
        return NULL;
    }
    e = v->rings->pop(v->queues[queue].ring, &error, &err);
    if (error)
        vm_virtio_fail(v, "queue %u: %s", queue, err.text);
    else if (e && v->budget != UINT32_MAX)
        v->budget--;
    return e;
}

void vm_virtio_unpop(struct vm_virtio *v, uint32_t queue, struct vm_virtq_element *e)
{
    v->rings->unpop(v->queues[queue].ring, e);
}

void vm_virtio_push(struct vm_virtio *v, uint32_t queue, struct vm_virtq_element *e,
                    uint64_t written)
{
    v->rings->push(v->queues[queue].ring, e, written);
}

void vm_virtio_flush(struct vm_virtio *v, uint32_t queue)
{
    if (!usable(v, queue) || !v->rings->wants_interrupt(v->queues[queue].ring))
        return;
    v->isr |= ISR_QUEUE;
    v->transport->interrupt(v, queue);
}

int vm_virtio_set_notify(struct vm_virtio *v, uint32_t queue, int on)
{
    return usable(v, queue) ? v->rings->set_notify(v->queues[queue].ring, on) : 0;
}

/* ---- making and saving ----------------------------------------------------------------------- */

int virtio_queues_create(struct vm_virtio *v, const struct vm_props *props, uint32_t n,
                         struct vm_error *err)
{
    v->queue_size = (uint32_t)v->host->base->prop_uint(props, "queue-size");
    if (v->queue_size & (v->queue_size - 1))
        return vm_error_set(err, "queue-size: %u is no power of 2", v->queue_size);
    if (n > VM_VIRTIO_MAX_QUEUES)
        return vm_error_set(err, "plugin bug: %u virtqueues", n);
    v->n_queues = n;
    v->budget = UINT32_MAX;
    v->timer = v->host->timer_new(v->ctx, notify_again, v);
    if (!v->timer)
        return vm_error_set(err, "no timer could be made");
    for (uint32_t i = 0; i < n; i++) {
        v->queue_length[i] = v->queue_size;
        v->queues[i].ring = v->rings->create(v->ctx);
        if (!v->queues[i].ring)
            return vm_error_set(err, "out of memory for a virtqueue");
    }
    return 0;
}

void virtio_queues_save(struct vm_virtio *v)
{
    memset(v->queue_position, 0, sizeof(v->queue_position));
    for (uint32_t i = 0; i < v->n_queues; i++)
        if (v->queue_enabled[i])
            v->rings->state_get(v->queues[i].ring, &v->queue_position[2 * i]);
}

static int load_queue(struct vm_virtio *v, uint32_t queue, struct vm_error *err)
{
    uint8_t enabled = v->queue_enabled[queue];

    v->rings->reset(v->queues[queue].ring);
    v->queues[queue].stopping = 0;
    if (enabled > 1 || v->queue_length[queue] > v->queue_size ||
        (enabled && !(v->status & STATUS_FEATURES_OK)))
        return vm_error_set(err, "saved virtio state: queue %u cannot be so", queue);
    if (!enabled)
        return 0;
    if (enable(v, queue, err) ||
        v->rings->state_set(v->queues[queue].ring, &v->queue_position[2 * queue], err))
        return vm_error_prefix(err, "saved virtio state: queue %u", queue);
    v->again |= UINT64_C(1) << queue;
    return 0;
}

int virtio_queues_load(struct vm_virtio *v, struct vm_error *err)
{
    v->again = 0;
    v->resetting = 0;
    v->budget = UINT32_MAX;
    for (uint32_t i = 0; i < v->n_queues; i++)
        if (load_queue(v, i, err))
            return -1;
    v->host->timer_arm(v->timer, v->again ? v->host->clock_ns(v->ctx) : INT64_MAX);
    return 0;
}
