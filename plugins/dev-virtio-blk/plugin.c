/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - virtio block device (Virtio 1.2, 5.2): its life, its saved state, its properties. */
#include <stdlib.h>
#include <string.h>

#include "blk.h"

/* ---- the driver ---- */

/* What was acknowledged as cached is put on stable storage before the cache counts as off. */
static void set_writeback(struct blk *b, uint8_t on)
{
    struct request flush = {.block = {.size = sizeof(flush.block), .op = VM_BLOCK_OP_FLUSH}};

    if (b->writeback && !on) {
        b->virtio.host->block_submit(b->backend, &flush.block);
        b->virtio.host->block_drain(b->backend);
        blk_told(b);
    }
    b->writeback = on;
    blk_fill_config(b);
}

static void config_write(void *dev, uint32_t offset, uint32_t size, uint64_t value)
{
    struct blk *b = dev;

    if (offset == CONFIG_WRITEBACK && size == 1 && value <= 1 &&
        vm_virtio_has(&b->virtio, BLK_F_CONFIG_WCE))
        set_writeback(b, (uint8_t)value);
}

static int queue_stop(void *dev, uint32_t queue)
{
    struct blk *b = dev;

    b->stopping[queue] = b->under_way[queue] != 0;
    return b->stopping[queue];
}

static void driver_reset(void *dev)
{
    struct blk *b = dev;

    b->writeback = 1;
    b->dirty = 0;
    blk_fill_config(b);
}

static const struct vm_virtio_class virtio_class = {
    .device_id = 2,
    .pci_class = 0x010000, /* mass storage */
    .config_length = CONFIG_BYTES,
    .config_write = config_write,
    .notify = blk_notify,
    .queue_stop = queue_stop,
    .reset = driver_reset,
};

/* ---- the backend ---- */

static void changed(void *dev)
{
    struct blk *b = dev;

    b->virtio.host->block_info(b->backend, &b->info);
    blk_fill_config(b);
    vm_virtio_config_changed(&b->virtio);
}

static const struct vm_block_client client = {
    .size = sizeof(struct vm_block_client),
    .done = blk_done,
    .changed = changed,
    .all_told = blk_told,
};

/* ---- life ---- */

static void destroy(void *dev)
{
    struct blk *b = dev;

    blk_free_requests(b);
    free(b);
}

static uint32_t queue_count(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                            const struct vm_props *props)
{
    uint64_t n = host->base->prop_uint(props, "queues");

    if (n == 0)
        n = host->cpu_count(ctx);
    return n < MAX_QUEUES ? (uint32_t)n : MAX_QUEUES;
}

static int make(struct blk *b, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                const struct vm_props *props, struct vm_error *err)
{
    const char *serial = host->base->prop_string(props, "serial");

    if (!VM_HAS(host, block_attach) || !VM_HAS(host, block_drain))
        return vm_error_set(err, "this vmrun is too old for disks");
    if (serial && strlen(serial) > SERIAL_BYTES)
        return vm_error_set(err, "serial: '%s' has more than %d characters", serial, SERIAL_BYTES);
    if (serial)
        memcpy(b->serial, serial, strlen(serial));
    b->backend = host->block_attach(ctx, props, "file", &client, b, err);
    if (!b->backend)
        return -1;
    b->info.size = sizeof(b->info);
    host->block_info(b->backend, &b->info);
    b->n_queues = queue_count(host, ctx, props);
    b->writeback = 1;
    const struct vm_virtio_setup setup = {
        .class_ = &virtio_class,
        .features = blk_features(b),
        .config = b->config,
        .n_queues = b->n_queues,
    };
    if (vm_virtio_create(&b->virtio, host, ctx, props, &setup, err))
        return -1;
    blk_fill_config(b);
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct blk *b = calloc(1, sizeof(*b));

    if (!b) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (make(b, host, ctx, props, err)) {
        free(b);
        return NULL;
    }
    return b;
}

static void reset(void *dev, int kind)
{
    struct blk *b = dev;

    (void)kind;
    vm_virtio_reset(&b->virtio);
}

static const struct vm_state_field state_fields[] = {
    VM_VIRTIO_STATE(struct blk, virtio),
    VM_STATE(struct blk, writeback, VM_STATE_U8),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static void state_saving(void *dev)
{
    struct blk *b = dev;

    vm_virtio_state_saving(&b->virtio);
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct blk *b = dev;

    if (b->writeback > 1)
        return vm_error_set(err, "saved state: the write cache is %u", b->writeback);
    blk_fill_config(b);
    return vm_virtio_state_loaded(&b->virtio, err);
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
    .state_saving = state_saving,
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &vm_virtio_fdt;
    return NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BLOCK,
     .name = "file",
     .flags = VM_PROP_REQUIRED,
     .help = "the disk: an image file, a URI, or the name of a [block] section"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "serial",
     .help = "serial number that the guest sees, at most 20 characters"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "queues",
     .default_value = "0",
     .max = MAX_QUEUES,
     .help = "request queues; 0: one for each vCPU, at most 16"},
    VM_VIRTIO_PROPERTIES("256"),
};

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-virtio-blk", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "disk (virtio block device)",
          .description =
              "A disk of 512-byte sectors over a block backend. What the guest flushes is "
              "on stable storage. Sits at an address (virtio-mmio) or on a PCI bus.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
