/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio_mmio.c - virtio over memory-mapped registers, version 2 (Virtio 1.2, 4.2), and its node in
 * the device tree (Documentation/devicetree/bindings/virtio/mmio.yaml of the Linux kernel).
 */
#include "virtio_internal.h"

enum mmio_register {
    MMIO_MAGIC = 0x000,
    MMIO_VERSION = 0x004,
    MMIO_DEVICE_ID = 0x008,
    MMIO_VENDOR_ID = 0x00c,
    MMIO_DEVICE_FEATURES = 0x010,
    MMIO_DEVICE_FEATURES_SELECT = 0x014,
    MMIO_DRIVER_FEATURES = 0x020,
    MMIO_DRIVER_FEATURES_SELECT = 0x024,
    MMIO_QUEUE_SELECT = 0x030,
    MMIO_QUEUE_LENGTH_MAX = 0x034,
    MMIO_QUEUE_LENGTH = 0x038,
    MMIO_QUEUE_READY = 0x044,
    MMIO_QUEUE_NOTIFY = 0x050,
    MMIO_INTERRUPT_STATUS = 0x060,
    MMIO_INTERRUPT_ACK = 0x064,
    MMIO_STATUS = 0x070,
    MMIO_QUEUE_DESCRIPTORS = 0x080, /* low half, high half */
    MMIO_QUEUE_DRIVER = 0x090,
    MMIO_QUEUE_DEVICE = 0x0a0,
    MMIO_SHM_LENGTH = 0x0b0, /* no shared memory: all ones */
    MMIO_SHM_END = 0x0c0,
    MMIO_QUEUE_RESET = 0x0c0,
    MMIO_CONFIG_GENERATION = 0x0fc,
    MMIO_CONFIG = 0x100,
    MMIO_LENGTH = 0x1000,
};

#define MAGIC     0x74726976u /* "virt" */
#define VENDOR_ID 0x4e524d56u /* "VMRN": any number will do here */

static uint64_t *queue_address(struct vm_virtio *v, uint64_t offset)
{
    uint32_t queue = v->queue_select;

    if (!virtio_selected(v))
        return NULL;
    switch (offset & ~UINT64_C(7)) {
    case MMIO_QUEUE_DESCRIPTORS:
        return &v->queue_descriptors[queue];
    case MMIO_QUEUE_DRIVER:
        return &v->queue_driver[queue];
    case MMIO_QUEUE_DEVICE:
        return &v->queue_device[queue];
    default:
        return NULL;
    }
}

static uint32_t read_queue(struct vm_virtio *v, uint64_t offset)
{
    uint32_t queue = v->queue_select;
    const uint64_t *address = queue_address(v, offset);

    if (address)
        return (uint32_t)(offset & 4 ? *address >> 32 : *address);
    if (!virtio_selected(v))
        return 0;
    switch (offset) {
    case MMIO_QUEUE_LENGTH_MAX:
        return v->queue_size;
    case MMIO_QUEUE_LENGTH:
        return v->queue_length[queue];
    case MMIO_QUEUE_READY:
        return v->queue_enabled[queue];
    case MMIO_QUEUE_RESET:
        return v->queues[queue].stopping;
    default:
        return 0;
    }
}

static uint32_t read_register(struct vm_virtio *v, uint64_t offset)
{
    switch (offset) {
    case MMIO_MAGIC:
        return MAGIC;
    case MMIO_VERSION:
        return 2;
    case MMIO_DEVICE_ID:
        return v->class_->device_id;
    case MMIO_VENDOR_ID:
        return VENDOR_ID;
    case MMIO_DEVICE_FEATURES:
        return virtio_offered_features(v, v->feature_select);
    case MMIO_INTERRUPT_STATUS:
        return v->isr;
    case MMIO_STATUS:
        return v->status;
    case MMIO_SHM_LENGTH ... MMIO_SHM_END - 1:
        return UINT32_MAX;
    case MMIO_CONFIG_GENERATION:
        return v->generation;
    default:
        return read_queue(v, offset);
    }
}

static void write_queue(struct vm_virtio *v, uint64_t offset, uint32_t value)
{
    uint64_t *address = queue_address(v, offset);
    unsigned shift = offset & 4 ? 32 : 0;

    if (address) {
        virtio_write_address(v, address, (uint64_t)value << shift, UINT64_C(0xffffffff) << shift);
        return;
    }
    switch (offset) {
    case MMIO_QUEUE_LENGTH:
        virtio_write_queue_length(v, value);
        break;
    case MMIO_QUEUE_READY:
        if (value & 1)
            virtio_queue_enable(v);
        else
            virtio_queue_disable(v);
        break;
    case MMIO_QUEUE_RESET:
        if ((value & 1) && vm_virtio_has(v, VM_VIRTIO_F_RING_RESET))
            virtio_queue_disable(v);
        break;
    default:
        break;
    }
}

static void write_register(struct vm_virtio *v, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case MMIO_QUEUE_NOTIFY:
        virtio_notify(v, value);
        break;
    case MMIO_INTERRUPT_ACK:
        v->isr &= ~value;
        v->host->set_irq(v->ctx, 0, v->isr != 0);
        break;
    case MMIO_DEVICE_FEATURES_SELECT:
        v->feature_select = value;
        break;
    case MMIO_DRIVER_FEATURES_SELECT:
        v->driver_select = value;
        break;
    case MMIO_DRIVER_FEATURES:
        virtio_write_features(v, v->driver_select, value);
        break;
    case MMIO_QUEUE_SELECT:
        v->queue_select = value;
        break;
    case MMIO_STATUS:
        virtio_write_status(v, value);
        break;
    default:
        write_queue(v, offset, value);
        break;
    }
}

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct vm_virtio *v = dev;

    if (offset >= MMIO_CONFIG)
        *value = virtio_config_read(v, offset - MMIO_CONFIG, size);
    else if (size == 4)
        *value = read_register(v, offset);
    else
        return VM_ACCESS_ERROR; /* 4.2.2.2: 32 bits at a time */
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct vm_virtio *v = dev;

    if (offset >= MMIO_CONFIG)
        virtio_config_write(v, offset - MMIO_CONFIG, size, value);
    else if (size == 4)
        write_register(v, offset, (uint32_t)value);
    else
        return VM_ACCESS_ERROR;
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

static int create(struct vm_virtio *v, struct vm_error *err)
{
    const struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = MMIO_LENGTH,
        .ops = &region_ops,
        .byte_order = VM_LITTLE_ENDIAN,
        .valid_min = 1,
        .valid_max = 8,
        .impl_min = 1,
        .impl_max = 4,
    };

    if (v->host->add_region(v->ctx, &region, err) < 0)
        return -1;
    return v->host->add_irq_outputs(v->ctx, 1, err);
}

static void interrupt(struct vm_virtio *v, uint32_t queue)
{
    (void)queue;
    v->host->set_irq(v->ctx, 0, 1);
}

static void reset(struct vm_virtio *v)
{
    v->host->set_irq(v->ctx, 0, 0);
}

static int loaded(struct vm_virtio *v, struct vm_error *err)
{
    (void)err;
    v->host->set_irq(v->ctx, 0, v->isr != 0);
    return 0;
}

const struct vm_virtio_transport virtio_mmio = {
    .create = create,
    .interrupt = interrupt,
    .reset = reset,
    .loaded = loaded,
};

static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    (void)dev;
    (void)err;
    fdt->string(node, "compatible", "virtio,mmio");
    fdt->empty(node, "dma-coherent");
    return 0;
}

const struct vm_device_fdt vm_virtio_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "virtio_mmio",
    .describe = describe,
};
