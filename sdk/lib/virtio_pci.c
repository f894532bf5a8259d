/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio_pci.c - virtio over PCI, modern devices alone (Virtio 1.2, 4.1).
 *
 * All registers are in one BAR, its parts found by capabilities; vectors in another. Interrupts are
 * MSI-X vectors of the driver's choice, or INTA together with the ISR register.
 */
#include "virtio_internal.h"

enum pci_ids { VENDOR = 0x1af4, DEVICE_BASE = 0x1040, SUBSYSTEM = 0x1100, REVISION = 1 };

enum pci_bars { BAR_MSIX = 1, BAR_REGISTERS = 4 };

/* The parts of the BAR. */
enum pci_layout {
    COMMON = 0x0000,
    ISR = 0x1000,
    CONFIG = 0x2000,
    NOTIFY = 0x3000,
    REGISTERS_LENGTH = 0x4000,
    PART_LENGTH = 0x1000,
    NOTIFY_STRIDE = 4,
};

enum common_register {
    DEVICE_FEATURE_SELECT = 0x00,
    DEVICE_FEATURE = 0x04,
    DRIVER_FEATURE_SELECT = 0x08,
    DRIVER_FEATURE = 0x0c,
    CONFIG_VECTOR = 0x10,
    N_QUEUES = 0x12,
    DEVICE_STATUS = 0x14,
    CONFIG_GENERATION = 0x15,
    QUEUE_SELECT = 0x16,
    QUEUE_SIZE = 0x18,
    QUEUE_VECTOR = 0x1a,
    QUEUE_ENABLE = 0x1c,
    QUEUE_NOTIFY_OFFSET = 0x1e,
    QUEUE_DESCRIPTORS = 0x20, /* low half, high half */
    QUEUE_DRIVER = 0x28,
    QUEUE_DEVICE = 0x30,
    QUEUE_NOTIFY_DATA = 0x38,
    QUEUE_RESET = 0x3a,
    COMMON_LENGTH = 0x3c,
};

#define NO_VECTOR 0xffffu

/* ---- common configuration -------------------------------------------------------------------- */

static uint64_t *queue_address(struct vm_virtio *v, uint64_t offset)
{
    uint32_t queue = v->queue_select;

    if (!virtio_selected(v))
        return NULL;
    switch (offset & ~UINT64_C(7)) {
    case QUEUE_DESCRIPTORS:
        return &v->queue_descriptors[queue];
    case QUEUE_DRIVER:
        return &v->queue_driver[queue];
    case QUEUE_DEVICE:
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
        return (uint32_t)(*address >> 8 * (offset & 7));
    if (!virtio_selected(v))
        return offset == QUEUE_VECTOR ? NO_VECTOR : 0;
    switch (offset) {
    case QUEUE_SIZE:
        return v->queue_length[queue];
    case QUEUE_VECTOR:
        return v->queue_vector[queue];
    case QUEUE_ENABLE:
        return v->queue_enabled[queue];
    case QUEUE_NOTIFY_OFFSET:
    case QUEUE_NOTIFY_DATA:
        return queue;
    case QUEUE_RESET:
        return v->queues[queue].stopping;
    default:
        return 0;
    }
}

static uint32_t read_common(struct vm_virtio *v, uint64_t offset)
{
    switch (offset) {
    case DEVICE_FEATURE_SELECT:
        return v->feature_select;
    case DEVICE_FEATURE:
        return virtio_offered_features(v, v->feature_select);
    case DRIVER_FEATURE_SELECT:
        return v->driver_select;
    case DRIVER_FEATURE:
        return virtio_driver_features(v, v->driver_select);
    case CONFIG_VECTOR:
        return v->config_vector;
    case N_QUEUES:
        return v->n_queues;
    case DEVICE_STATUS:
        return v->status;
    case CONFIG_GENERATION:
        return v->generation;
    case QUEUE_SELECT:
        return v->queue_select;
    default:
        return read_queue(v, offset);
    }
}

/* What the device cannot do reads back as no vector (4.1.5.1.2). */
static uint16_t vector(const struct vm_virtio *v, uint32_t value)
{
    return value < v->pci.n_msix ? (uint16_t)value : NO_VECTOR;
}

static void write_queue(struct vm_virtio *v, uint64_t offset, uint32_t size, uint32_t value)
{
    uint64_t *address = queue_address(v, offset);
    unsigned shift = 8 * (offset & 7);

    if (address) {
        uint64_t mask = ((UINT64_C(1) << 8 * size) - 1) << shift;

        virtio_write_address(v, address, (uint64_t)value << shift, mask);
        return;
    }
    switch (offset) {
    case QUEUE_SIZE:
        virtio_write_queue_length(v, value);
        break;
    case QUEUE_VECTOR:
        if (virtio_selected(v))
            v->queue_vector[v->queue_select] = vector(v, value);
        break;
    case QUEUE_ENABLE:
        if (value == 1) /* 4.1.4.3.2: it is not disabled by 0 */
            virtio_queue_enable(v);
        break;
    case QUEUE_RESET:
        if (value == 1 && vm_virtio_has(v, VM_VIRTIO_F_RING_RESET))
            virtio_queue_disable(v);
        break;
    default:
        break;
    }
}

static void write_common(struct vm_virtio *v, uint64_t offset, uint32_t size, uint32_t value)
{
    switch (offset) {
    case DEVICE_FEATURE_SELECT:
        v->feature_select = value;
        break;
    case DRIVER_FEATURE_SELECT:
        v->driver_select = value;
        break;
    case DRIVER_FEATURE:
        virtio_write_features(v, v->driver_select, value);
        break;
    case CONFIG_VECTOR:
        v->config_vector = vector(v, value);
        break;
    case DEVICE_STATUS:
        virtio_write_status(v, value & 0xff);
        break;
    case QUEUE_SELECT:
        v->queue_select = value;
        break;
    default:
        write_queue(v, offset, size, value);
        break;
    }
}

/* ---- the BAR --------------------------------------------------------------------------------- */

/* 4.1.4.5: reading it acknowledges. */
static uint32_t read_isr(struct vm_virtio *v)
{
    uint32_t isr = v->isr;

    v->isr = 0;
    vm_pci_lower(&v->pci);
    return isr;
}

static uint64_t truncated(uint64_t value, uint32_t size)
{
    return value & (UINT64_MAX >> (64 - 8 * size));
}

static int region_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct vm_virtio *v = dev;

    *value = 0;
    if (offset >= NOTIFY)
        return VM_ACCESS_OK;
    if (offset >= CONFIG)
        *value = virtio_config_read(v, offset - CONFIG, size);
    else if (offset == ISR)
        *value = read_isr(v);
    else if (offset < COMMON_LENGTH)
        *value = truncated(read_common(v, offset), size);
    return VM_ACCESS_OK;
}

static int region_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct vm_virtio *v = dev;

    if (offset >= NOTIFY)
        virtio_notify(v, (uint32_t)(offset - NOTIFY) / NOTIFY_STRIDE);
    else if (offset >= CONFIG)
        virtio_config_write(v, offset - CONFIG, size, value);
    else if (offset < COMMON_LENGTH)
        write_common(v, offset, size, (uint32_t)value);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops region_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = region_read,
    .write = region_write,
};

static const struct vm_region region = {
    .size = sizeof(struct vm_region),
    .name = "registers",
    .length = REGISTERS_LENGTH,
    .ops = &region_ops,
    .byte_order = VM_LITTLE_ENDIAN,
    .valid_min = 1,
    .valid_max = 8,
    .impl_min = 1,
    .impl_max = 4,
};

/* ---- capabilities (4.1.4) -------------------------------------------------------------------- */

enum virtio_capability {
    CAP_COMMON = 1,
    CAP_NOTIFY = 2,
    CAP_ISR = 3,
    CAP_DEVICE = 4,
    CAP_PCI_CONFIG = 5,

    CAP_LENGTH = 2, /* offsets in one */
    CAP_TYPE = 3,
    CAP_BAR = 4,
    CAP_OFFSET = 8,
    CAP_BYTES = 12,
    CAP_EXTRA = 16, /* multiplier, or window */
};

/* Returns where it is, or -1. */
static int add_capability(struct vm_virtio *v, uint32_t type, uint32_t offset, uint32_t bytes,
                          uint32_t length, struct vm_error *err)
{
    struct vm_pci *p = &v->pci;
    int at = vm_pci_add_capability(p, VM_PCI_CAP_VENDOR, length, err);
    uint32_t c = (uint32_t)at;

    if (at < 0)
        return -1;
    vm_pci_define(p, c + CAP_LENGTH, 1, length, 0);
    vm_pci_define(p, c + CAP_TYPE, 1, type, 0);
    vm_pci_define(p, c + CAP_BAR, 1, BAR_REGISTERS, 0);
    vm_pci_define(p, c + CAP_OFFSET, 4, offset, 0);
    vm_pci_define(p, c + CAP_BYTES, 4, bytes, 0);
    return at;
}

static int add_capabilities(struct vm_virtio *v, struct vm_error *err)
{
    struct vm_pci *p = &v->pci;
    uint32_t config = v->class_->config_length;
    int notify, window;

    if (add_capability(v, CAP_COMMON, COMMON, COMMON_LENGTH, 16, err) < 0 ||
        add_capability(v, CAP_ISR, ISR, 1, 16, err) < 0 ||
        (config && add_capability(v, CAP_DEVICE, CONFIG, config, 16, err) < 0))
        return -1;
    notify = add_capability(v, CAP_NOTIFY, NOTIFY, NOTIFY_STRIDE * v->n_queues, 20, err);
    if (notify < 0)
        return -1;
    vm_pci_define(p, (uint32_t)notify + CAP_EXTRA, 4, NOTIFY_STRIDE, 0);
    window = add_capability(v, CAP_PCI_CONFIG, 0, 0, 20, err);
    if (window < 0)
        return -1;
    v->window = (uint32_t)window;
    vm_pci_define(p, v->window + CAP_BAR, 1, 0, 0xff);
    vm_pci_define(p, v->window + CAP_OFFSET, 4, 0, UINT32_MAX);
    vm_pci_define(p, v->window + CAP_BYTES, 4, 0, UINT32_MAX);
    vm_pci_define(p, v->window + CAP_EXTRA, 4, 0, UINT32_MAX);
    return 0;
}

/*
 * The window on the BAR in configuration space (4.1.4.9), for firmware that cannot reach the BAR.
 * Returns the size of the access that it stands for, 0: none.
 */
static uint32_t window_access(const struct vm_virtio *v, uint32_t offset, uint32_t size,
                              uint32_t *where)
{
    uint32_t data = v->window + CAP_EXTRA, bytes;

    if (offset + size <= data || offset >= data + 4)
        return 0;
    *where = vm_pci_get(&v->pci, v->window + CAP_OFFSET, 4);
    bytes = vm_pci_get(&v->pci, v->window + CAP_BYTES, 4);
    if ((bytes != 1 && bytes != 2 && bytes != 4) || *where % bytes ||
        *where > REGISTERS_LENGTH - bytes ||
        vm_pci_get(&v->pci, v->window + CAP_BAR, 1) != BAR_REGISTERS)
        return 0;
    return bytes;
}

static void config_reading(struct vm_pci *p, uint32_t offset, uint32_t size)
{
    struct vm_virtio *v = (struct vm_virtio *)p;
    uint32_t where, bytes = window_access(v, offset, size, &where);
    uint64_t value = 0;

    if (bytes && region_read(v, where, bytes, &value) == VM_ACCESS_OK)
        vm_pci_set(p, v->window + CAP_EXTRA, 4, (uint32_t)value);
}

static void config_written(struct vm_pci *p, uint32_t offset, uint32_t size)
{
    struct vm_virtio *v = (struct vm_virtio *)p;
    uint32_t where, bytes = window_access(v, offset, size, &where);

    if (bytes)
        region_write(v, where, bytes, vm_pci_get(p, v->window + CAP_EXTRA, bytes));
    if (offset <= VM_PCI_COMMAND && offset + size > VM_PCI_COMMAND && vm_pci_is_master(p))
        virtio_notify_all(v); /* what was notified before it could do DMA */
}

static const struct vm_pci_hooks hooks = {
    .config_reading = config_reading,
    .config_written = config_written,
};

/* ---- the transport --------------------------------------------------------------------------- */

static void forget_vectors(struct vm_virtio *v)
{
    v->config_vector = NO_VECTOR;
    for (uint32_t i = 0; i < VM_VIRTIO_MAX_QUEUES; i++)
        v->queue_vector[i] = NO_VECTOR;
}

static int create(struct vm_virtio *v, struct vm_error *err)
{
    const struct vm_pci_info info = {
        .vendor = VENDOR,
        .device = (uint16_t)(DEVICE_BASE + v->class_->device_id),
        .subsystem_vendor = VENDOR,
        .subsystem = SUBSYSTEM,
        .class_code = v->class_->pci_class,
        .revision = REVISION,
        .has_intx = 1,
        .hooks = &hooks,
    };
    struct vm_pci *p = &v->pci;

    forget_vectors(v);
    if (vm_pci_init(p, v->host, v->ctx, &info, err) < 0 ||
        vm_pci_add_bar(p, BAR_REGISTERS, VM_PCI_BAR_64 | VM_PCI_BAR_PREFETCH, &region, err) < 0 ||
        vm_pci_add_msix(p, v->n_queues + 1, BAR_MSIX, err) < 0 || add_capabilities(v, err) < 0)
        return -1;
    return vm_pci_attach(p, err);
}

static void interrupt(struct vm_virtio *v, uint32_t queue)
{
    uint16_t to = queue == VIRTIO_CONFIG_VECTOR ? v->config_vector : v->queue_vector[queue];

    if (!vm_pci_message(&v->pci, to))
        vm_pci_set_intx(&v->pci, 1);
}

static void reset(struct vm_virtio *v)
{
    forget_vectors(v);
    vm_pci_lower(&v->pci);
}

static void cold_reset(struct vm_virtio *v)
{
    vm_pci_reset(&v->pci);
}

static int loaded(struct vm_virtio *v, struct vm_error *err)
{
    for (uint32_t i = 0; i < VM_VIRTIO_MAX_QUEUES; i++)
        v->queue_vector[i] = vector(v, v->queue_vector[i]);
    v->config_vector = vector(v, v->config_vector);
    return vm_pci_loaded(&v->pci, err);
}

static int may_dma(const struct vm_virtio *v)
{
    return vm_pci_is_master(&v->pci);
}

const struct vm_virtio_transport virtio_pci = {
    .create = create,
    .interrupt = interrupt,
    .reset = reset,
    .cold_reset = cold_reset,
    .loaded = loaded,
    .may_dma = may_dma,
};
