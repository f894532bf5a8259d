/* SPDX-License-Identifier: BSD-2-Clause */
/* devhost_bus.c - a host for one device under test: the bus that it sits on, and the devices that
 * sit on it. */
#include <inttypes.h>
#include <string.h>

#include "devhost_internal.h"

static struct devhost *of(struct vm_device_ctx *ctx)
{
    return (struct devhost *)ctx;
}

/* ---- The device on a bus --------------------------------------------------------------------- */

const char *devhost_bus_protocol(struct vm_device_ctx *ctx)
{
    return of(ctx)->bus_protocol;
}

int devhost_bus_attach(struct vm_device_ctx *ctx, uint32_t *address, struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (devhost_wiring_fails(h, err))
        return -1;
    if (h->bus_attached)
        plughost_broken("bus_attach twice");
    if (!h->bus_protocol)
        return vm_error_set(err, "it sits on a bus only");
    h->bus_attached = true;
    *address = h->bus_address;
    return 0;
}

void devhost_region_place(struct vm_device_ctx *ctx, uint32_t region, int enabled, uint64_t address)
{
    struct devhost *h = of(ctx);

    if (region >= h->n_regions || !h->regions[region].movable)
        plughost_broken("region_place of a region that does not move");
    h->placed[region] = enabled != 0;
    h->places[region] = address;
}

void devhost_set_bus(struct devhost *h, const char *protocol, uint32_t address)
{
    h->bus_protocol = protocol;
    h->bus_address = address;
}

bool devhost_placed(const struct devhost *h, uint32_t region, uint64_t *address)
{
    if (address)
        *address = h->places[region];
    return h->placed[region];
}

int devhost_config_region(const struct devhost *h)
{
    for (uint32_t i = 0; i < h->n_regions; i++)
        if (h->regions[i].kind == VM_REGION_CONFIG)
            return (int)i;
    return -1;
}

static uint32_t config_region(const struct devhost *h)
{
    int region = devhost_config_region(h);

    if (region < 0)
        plughost_broken("a test asks for a configuration space that is not there");
    return (uint32_t)region;
}

uint32_t devhost_config_read(struct devhost *h, uint32_t offset, uint32_t size)
{
    uint64_t value;

    if (devhost_access_read(h, config_region(h), offset, size, &value) != VM_ACCESS_OK)
        plughost_broken("a read of configuration space that must succeed did not");
    return (uint32_t)value;
}

void devhost_config_write(struct devhost *h, uint32_t offset, uint32_t size, uint32_t value)
{
    if (devhost_access_write(h, config_region(h), offset, size, value) != VM_ACCESS_OK)
        plughost_broken("a write of configuration space that must succeed did not");
}

/* ---- The device as a bus --------------------------------------------------------------------- */

int devhost_claim_window(struct vm_device_ctx *ctx, const char *name, uint64_t base,
                         uint64_t length, struct vm_error *err)
{
    struct devhost *h = of(ctx);

    if (devhost_wiring_fails(h, err))
        return -1;
    plughost_text(&h->windows, "%s:0x%" PRIx64 "+0x%" PRIx64 " ", name, base, length);
    return 0;
}

int devhost_child_access(struct vm_bus_child *child, uint64_t offset, uint32_t size,
                         uint64_t *value, int write)
{
    if (offset >= sizeof(child->config) || size > 4 || offset % size != 0)
        return VM_ACCESS_ERROR;
    if (write) {
        memcpy(child->config + offset, value, size);
    } else {
        *value = 0;
        memcpy(value, child->config + offset, size);
    }
    return VM_ACCESS_OK;
}

int devhost_child_forward(struct vm_bus_child *child, uint64_t address, uint32_t size,
                          uint64_t *value, int write)
{
    uint32_t bus = address >> 20 & 0xff;

    (void)size;
    if (!child->secondary || bus < child->secondary || bus > child->subordinate)
        return VM_ACCESS_ERROR;
    if (!write)
        *value = bus;
    return VM_ACCESS_OK;
}

void devhost_bus_changed(struct vm_device_ctx *ctx)
{
    of(ctx)->bus_changes++;
}

const struct vm_device_bus *devhost_bus(struct devhost *h)
{
    return h->props.plugin->get_interface(VM_DEVICE_BUS_INTERFACE);
}

struct vm_bus_child *devhost_child(struct devhost *h, uint32_t n)
{
    if (n >= DEVHOST_MAX_CHILDREN)
        plughost_broken("too many devices on a bus for this host");
    return &h->children[n];
}

uint32_t devhost_bus_changes(const struct devhost *h)
{
    return h->bus_changes;
}

const char *devhost_windows(const struct devhost *h)
{
    return h->windows.text ? h->windows.text : "";
}
