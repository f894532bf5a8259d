/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio.c - virtio devices whatever the transport: negotiation, status, reset, configuration space
 * (Virtio 1.2, chapters 2 and 3). Queues are in virtio_queue.c.
 */
#include <stdio.h>
#include <string.h>
#include "virtio_internal.h"

/* ---- interrupts ------------------------------------------------------------------------------ */

static void config_interrupt(struct vm_virtio *v)
{
    if (!(v->status & STATUS_DRIVER_OK))
        return;
    v->isr |= ISR_CONFIG;
    v->transport->interrupt(v, VIRTIO_CONFIG_VECTOR);
}

void vm_virtio_config_changed(struct vm_virtio *v)
{
    v->generation++;
    config_interrupt(v);
}

void vm_virtio_fail(struct vm_virtio *v, const char *fmt, ...)
{
    char text[256];
    va_list args;

    if (v->status & STATUS_NEEDS_RESET)
        return;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    v->host->base->log(v->ctx, VM_LOG_WARNING, "the guest's driver: %s; the device needs a reset",
                       text);
    v->status |= STATUS_NEEDS_RESET;
    config_interrupt(v);
}

/* ---- features -------------------------------------------------------------------------------- */

static uint32_t half(uint64_t features, uint32_t select)
{
    return select == 0 ? (uint32_t)features : select == 1 ? (uint32_t)(features >> 32) : 0;
}

uint32_t virtio_offered_features(const struct vm_virtio *v, uint32_t select)
{
    return half(v->offered, select);
}

uint32_t virtio_driver_features(const struct vm_virtio *v, uint32_t select)
{
    return half(v->features, select);
}

void virtio_write_features(struct vm_virtio *v, uint32_t select, uint32_t value)
{
    unsigned shift = select * 32;

    if (select > 1 || v->resetting || (v->status & STATUS_FEATURES_OK))
        return;
    v->features = (v->features & ~(UINT64_C(0xffffffff) << shift)) | (uint64_t)value << shift;
}

/* ---- reset ----------------------------------------------------------------------------------- */

static void finish_reset(struct vm_virtio *v)
{
    v->resetting = 0;
    v->status = 0;
    v->isr = 0;
    v->features = 0;
    v->feature_select = v->driver_select = v->queue_select = 0;
    v->again = 0;
    for (uint32_t i = 0; i < v->n_queues; i++)
        virtio_queue_forget(v, i);
    v->transport->reset(v);
    if (v->class_->reset)
        v->class_->reset(v);
}

static void go_on_with_reset(struct vm_virtio *v)
{
    for (uint32_t i = 0; i < v->n_queues; i++)
        if (v->queues[i].stopping)
            return;
    finish_reset(v);
}

static void begin_reset(struct vm_virtio *v)
{
    v->resetting = 1;
    for (uint32_t i = 0; i < v->n_queues; i++)
        if (v->queue_enabled[i] && !v->queues[i].stopping)
            virtio_queue_stop(v, i);
    go_on_with_reset(v);
}

void vm_virtio_queue_stopped(struct vm_virtio *v, uint32_t queue)
{
    if (queue >= v->n_queues || !v->queues[queue].stopping)
        return;
    v->queues[queue].stopping = 0;
    virtio_queue_forget(v, queue);
    if (v->resetting)
        go_on_with_reset(v);
}

void vm_virtio_reset(struct vm_virtio *v)
{
    begin_reset(v);
    if (v->resetting) {
        /* The host finished all that was under way before: nobody uses these any more. */
        for (uint32_t i = 0; i < v->n_queues; i++)
            v->queues[i].stopping = 0;
        finish_reset(v);
    }
    v->generation = 0;
    if (v->transport->cold_reset)
        v->transport->cold_reset(v);
}

/* ---- status (2.1, 3.1) ----------------------------------------------------------------------- */

static int features_acceptable(struct vm_virtio *v)
{
    uint64_t unknown = v->features & ~v->offered;

    return !unknown && vm_virtio_has(v, VM_VIRTIO_F_VERSION_1);
}

void virtio_write_status(struct vm_virtio *v, uint32_t value)
{
    const uint32_t writable =
        STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK | STATUS_FEATURES_OK | STATUS_FAILED;
    uint32_t added = value & writable & ~v->status;

    if (v->resetting)
        return;
    if (value == 0) {
        begin_reset(v);
        return;
    }
    if ((added & STATUS_FEATURES_OK) && !features_acceptable(v))
        added &= ~(uint32_t)STATUS_FEATURES_OK;
    if ((added & STATUS_DRIVER_OK) && !((v->status | added) & STATUS_FEATURES_OK))
        added &= ~(uint32_t)STATUS_DRIVER_OK;
    v->status |= added; /* bits are cleared by a reset alone */
    if (!(added & STATUS_DRIVER_OK))
        return;
    if (v->status & STATUS_NEEDS_RESET)
        config_interrupt(v); /* a queue could not be enabled, and nobody could be told */
    else if (v->class_->start)
        v->class_->start(v);
}

int vm_virtio_running(const struct vm_virtio *v)
{
    const uint32_t mask = STATUS_DRIVER_OK | STATUS_NEEDS_RESET;

    return (v->status & mask) == STATUS_DRIVER_OK && !v->resetting;
}

/* ---- configuration space (2.5) --------------------------------------------------------------- */

uint64_t virtio_config_read(const struct vm_virtio *v, uint64_t offset, uint32_t size)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < size; i++)
        if (offset + i < v->class_->config_length)
            value |= (uint64_t)v->config[offset + i] << 8 * i;
    return value;
}

void virtio_config_write(struct vm_virtio *v, uint64_t offset, uint32_t size, uint64_t value)
{
    if (v->class_->config_write && !v->resetting && offset + size <= v->class_->config_length)
        v->class_->config_write(v, (uint32_t)offset, size, value);
}

/* ---- making and saving ----------------------------------------------------------------------- */

static uint64_t common_features(const struct vm_virtio *v, const struct vm_props *props)
{
    static const struct {
        const char *property;
        uint64_t feature;
    } optional[] = {
        {"packed", VM_VIRTIO_F_RING_PACKED},
        {"event-idx", VM_VIRTIO_F_EVENT_IDX},
        {"indirect", VM_VIRTIO_F_INDIRECT_DESC},
        {"access-platform", VM_VIRTIO_F_ACCESS_PLATFORM},
    };
    uint64_t features = VM_VIRTIO_F_VERSION_1 | VM_VIRTIO_F_RING_RESET;

    for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++)
        if (v->host->base->prop_uint(props, optional[i].property))
            features |= optional[i].feature;
    return features;
}

int vm_virtio_create(struct vm_virtio *v, const struct vm_device_host *host,
                     struct vm_device_ctx *ctx, const struct vm_props *props,
                     const struct vm_virtio_setup *setup, struct vm_error *err)
{
    const char *bus = VM_HAS(host, bus_protocol) ? host->bus_protocol(ctx) : NULL;

    if (!VM_HAS(host, dma_map) || !VM_HAS(host, dma_unmap) ||
        !(v->rings = host->base->get_interface(VM_HOST_VIRTQUEUE)))
        return vm_error_set(err, "this vmrun is too old for virtio devices");
    if (bus && strcmp(bus, VM_PCI_PROTOCOL) != 0)
        return vm_error_set(err, "bus: a virtio device cannot sit on a bus of protocol '%s'", bus);
    v->transport = bus ? &virtio_pci : &virtio_mmio;
    v->host = host;
    v->ctx = ctx;
    v->class_ = setup->class_;
    v->config = setup->config;
    v->offered = setup->features | common_features(v, props);
    if (virtio_queues_create(v, props, setup->n_queues, err))
        return -1;
    return v->transport->create(v, err);
}

void vm_virtio_state_saving(struct vm_virtio *v)
{
    virtio_queues_save(v);
}

int vm_virtio_state_loaded(struct vm_virtio *v, struct vm_error *err)
{
    const uint32_t known = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_DRIVER_OK |
                           STATUS_FEATURES_OK | STATUS_NEEDS_RESET | STATUS_FAILED;
    const uint32_t ready = STATUS_FEATURES_OK | STATUS_DRIVER_OK;

    if ((v->status & ~known) || (v->status & ready) == STATUS_DRIVER_OK ||
        (v->isr & ~(uint32_t)(ISR_QUEUE | ISR_CONFIG)))
        return vm_error_set(err, "saved virtio state: the status 0x%x or 0x%x cannot be", v->status,
                            v->isr);
    if ((v->status & STATUS_FEATURES_OK) && !features_acceptable(v))
        return vm_error_set(err, "saved virtio state: features that this device does not have");
    if (virtio_queues_load(v, err) || v->transport->loaded(v, err))
        return -1;
    return 0;
}
