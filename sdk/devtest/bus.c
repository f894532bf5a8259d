/* SPDX-License-Identifier: BSD-2-Clause */
/* bus.c - a host for one device under test: the bus that it sits on, and the devices that
 * sit on it. */
#include <inttypes.h>
#include <string.h>

#include "internal.h"

static struct vm_devtest *of(struct vm_device_ctx *ctx)
{
    return (struct vm_devtest *)ctx;
}

/* ---- The device on a bus --------------------------------------------------------------------- */

const char *vm_devtest_bus_protocol(struct vm_device_ctx *ctx)
{
    return of(ctx)->bus_protocol;
}

int vm_devtest_bus_attach(struct vm_device_ctx *ctx, uint32_t *address, struct vm_error *err)
{
    struct vm_devtest *h = of(ctx);

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    if (h->bus_attached)
        vm_test_broken("bus_attach twice");
    if (!h->bus_protocol)
        return vm_error_set(err, "it sits on a bus only");
    h->bus_attached = true;
    *address = h->bus_address;
    return 0;
}

void vm_devtest_region_place(struct vm_device_ctx *ctx, uint32_t region, int enabled,
                             uint64_t address)
{
    struct vm_devtest *h = of(ctx);

    vm_devtest_expect_locked(h, "region_place");
    if (region >= h->n_regions || !h->regions[region].movable)
        vm_test_broken("region_place of a region that does not move");
    h->placed[region] = enabled != 0;
    h->places[region] = address;
}

void vm_devtest_set_bus(struct vm_devtest *h, const char *protocol, uint32_t address)
{
    h->bus_protocol = protocol;
    h->bus_address = address;
}

bool vm_devtest_on_bus(const struct vm_devtest *h)
{
    return h->bus_attached;
}

bool vm_devtest_placed(const struct vm_devtest *h, uint32_t region, uint64_t *address)
{
    if (address)
        *address = h->places[region];
    return h->placed[region];
}

int vm_devtest_config_region(const struct vm_devtest *h)
{
    for (uint32_t i = 0; i < h->n_regions; i++)
        if (h->regions[i].kind == VM_REGION_CONFIG)
            return (int)i;
    return -1;
}

static uint32_t config_region(const struct vm_devtest *h)
{
    int region = vm_devtest_config_region(h);

    if (region < 0)
        vm_test_broken("a test asks for a configuration space that is not there");
    return (uint32_t)region;
}

uint32_t vm_devtest_config_read(struct vm_devtest *h, uint32_t offset, uint32_t size)
{
    uint64_t value;

    if (vm_devtest_access_read(h, config_region(h), offset, size, &value) != VM_ACCESS_OK)
        vm_test_broken("a read of configuration space that must succeed did not");
    return (uint32_t)value;
}

void vm_devtest_config_write(struct vm_devtest *h, uint32_t offset, uint32_t size, uint32_t value)
{
    if (vm_devtest_access_write(h, config_region(h), offset, size, value) != VM_ACCESS_OK)
        vm_test_broken("a write of configuration space that must succeed did not");
}

uint32_t vm_devtest_pci_capability(struct vm_devtest *h, uint8_t id)
{
    uint32_t at = vm_devtest_config_read(h, 0x34, 1);

    for (int steps = 0; at >= 0x40 && steps < 48; steps++) { /* no more fit: a ring is no list */
        if (vm_devtest_config_read(h, at, 1) == id)
            return at;
        at = vm_devtest_config_read(h, at + 1, 1) & 0xfc;
    }
    return 0;
}

/* ---- The device as a bus --------------------------------------------------------------------- */

int vm_devtest_claim_window(struct vm_device_ctx *ctx, const char *name, uint64_t base,
                            uint64_t length, struct vm_error *err)
{
    struct vm_devtest *h = of(ctx);

    if (vm_devtest_wiring_fails(h, err))
        return -1;
    vm_test_text(&h->windows, "%s:0x%" PRIx64 "+0x%" PRIx64 " ", name, base, length);
    return 0;
}

int vm_devtest_child_access(struct vm_bus_child *child, uint64_t offset, uint32_t size,
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

int vm_devtest_child_forward(struct vm_bus_child *child, uint64_t address, uint32_t size,
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

void vm_devtest_bus_changed(struct vm_device_ctx *ctx)
{
    of(ctx)->bus_changes++;
}

const struct vm_device_bus *vm_devtest_bus(struct vm_devtest *h)
{
    return h->test.plugin->get_interface(VM_DEVICE_BUS_INTERFACE);
}

struct vm_bus_child *vm_devtest_child(struct vm_devtest *h, uint32_t n)
{
    if (n >= VM_DEVTEST_MAX_CHILDREN)
        vm_test_broken("too many devices on a bus for this host");
    return &h->children[n];
}

uint32_t vm_devtest_bus_changes(const struct vm_devtest *h)
{
    return h->bus_changes;
}

const char *vm_devtest_windows(const struct vm_devtest *h)
{
    return h->windows.text ? h->windows.text : "";
}
