/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dev-door.c - a device from outside the tree, built by the install test against the installed SDK:
 * a guest that writes N to its one register ends the machine with status N plus `extra`.
 */
#include <stdlib.h>
#include <string.h>
#include <vmrun/device.h>

struct door {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    int extra;
};

static int door_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    (void)dev;
    (void)offset;
    (void)size;
    *value = 0;
    return VM_ACCESS_OK;
}

static int door_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct door *d = dev;

    (void)offset;
    (void)size;
    d->host->request(d->ctx, VM_REQUEST_POWEROFF, (int)(value & 0x3f) + d->extra);
    return VM_ACCESS_OK;
}

static void door_reset(void *dev, int kind)
{
    (void)dev;
    (void)kind;
}

static void *door_create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    static const struct vm_region_ops ops = {
        .size = sizeof(ops), .read = door_read, .write = door_write};
    const struct vm_region region = {
        .size = sizeof(region),
        .kind = VM_REGION_MMIO,
        .name = "regs",
        .length = 0x1000,
        .ops = &ops,
        .valid_min = 4,
        .valid_max = 4,
        .impl_min = 4,
        .impl_max = 4,
    };
    struct door *d = calloc(1, sizeof(*d));

    if (!d) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    d->host = host;
    d->ctx = ctx;
    d->extra = (int)host->base->prop_uint(props, "extra");
    if (host->add_region(ctx, &region, err) < 0) {
        vm_error_prefix(err, "dev-door");
        free(d);
        return NULL;
    }
    return d;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "extra",
     .default_value = "0",
     .max = 63,
     .help = "added to the exit status"},
};

static const void *get_interface(const char *id)
{
    static const struct vm_device_ops ops = {
        .size = sizeof(ops), .create = door_create, .destroy = free, .reset = door_reset};

    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-door", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "the way out", VM_PLUGIN_PROPERTIES(properties),
          .get_interface = get_interface);
