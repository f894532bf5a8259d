/* SPDX-License-Identifier: BSD-2-Clause */
/* pci.c - one PCI function: configuration space, BARs, reset, saved state. */
#include <string.h>

#include "pci_internal.h"

#define STATUS_CAPABILITIES 0x0010u
#define COMMAND_WRITABLE    0x0547u /* decoding, bus master, error reporting, INTx off */
#define CAPABILITY_POINTER  0x34u
#define FIRST_CAPABILITY    0x40u
#define EXPRESS_BYTES       4096u

/* ---- Registers ------------------------------------------------------------------------------- */

static uint32_t get_le(const uint8_t *bytes, uint32_t size)
{
    uint32_t value = 0;

    for (uint32_t i = 0; i < size; i++)
        value |= (uint32_t)bytes[i] << i * 8;
    return value;
}

static void put_le(uint8_t *bytes, uint32_t size, uint32_t value)
{
    for (uint32_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(value >> i * 8);
}

uint32_t vm_pci_get(const struct vm_pci *p, uint32_t offset, uint32_t size)
{
    return get_le(p->config + offset, size);
}

void vm_pci_set(struct vm_pci *p, uint32_t offset, uint32_t size, uint32_t value)
{
    put_le(p->config + offset, size, value);
}

void vm_pci_define(struct vm_pci *p, uint32_t offset, uint32_t size, uint32_t value,
                   uint32_t writable)
{
    put_le(p->initial + offset, size, value);
    put_le(p->config + offset, size, value);
    put_le(p->writable + offset, size, writable);
}

int vm_pci_is_awake(const struct vm_pci *p)
{
    return !p->power || (p->config[p->power + 4u] & 3) == 0;
}

int vm_pci_is_master(const struct vm_pci *p)
{
    return (p->config[VM_PCI_COMMAND] & VM_PCI_COMMAND_MASTER) && vm_pci_is_awake(p);
}

/* ---- BARs ------------------------------------------------------------------------------------ */

static uint32_t bar_offset(const struct vm_pci *p, uint32_t index)
{
    if (index < VM_PCI_ROM)
        return VM_PCI_BAR0 + index * 4;
    return p->is_bridge ? 0x38 : 0x30;
}

/* Whether BAR `index` is decoded, and where. */
static int bar_place(const struct vm_pci *p, uint32_t index, uint64_t *address)
{
    const struct vm_pci_bar *bar = &p->bars[index];
    uint32_t offset = bar_offset(p, index), low = vm_pci_get(p, offset, 4);
    uint8_t enable = bar->flags & VM_PCI_BAR_IO ? VM_PCI_COMMAND_IO : VM_PCI_COMMAND_MEMORY;

    *address = low & ~(bar->length - 1);
    if (bar->flags & VM_PCI_BAR_64)
        *address |= (uint64_t)vm_pci_get(p, offset + 4, 4) << 32;
    return (p->config[VM_PCI_COMMAND] & enable) && vm_pci_is_awake(p) &&
           (index != VM_PCI_ROM || (low & 1));
}

static void update_bars(struct vm_pci *p)
{
    for (uint32_t i = 0; i <= VM_PCI_ROM; i++) {
        struct vm_pci_bar *bar = &p->bars[i];
        uint64_t address;

        if (!bar->length)
            continue;
        int placed = bar_place(p, i, &address);
        if (placed == bar->placed && (!placed || address == bar->address))
            continue;
        bar->placed = placed;
        bar->address = address;
        p->host->region_place(p->ctx, (uint32_t)bar->region, placed, address);
        if (p->hooks && p->hooks->bar_moved)
            p->hooks->bar_moved(p, i, placed, address);
    }
}

static int check_bar(const struct vm_pci *p, uint32_t index, uint32_t flags, uint64_t length,
                     struct vm_error *err)
{
    uint32_t n = p->is_bridge ? 2 : 6, is_64 = (flags & VM_PCI_BAR_64) != 0;
    uint64_t least = flags & VM_PCI_BAR_IO ? 4 : index == VM_PCI_ROM ? 2048 : 16;
    uint64_t most = flags & VM_PCI_BAR_IO ? 256 : is_64 ? UINT64_C(1) << 40 : UINT64_C(1) << 30;

    if (p->is_attached || (index != VM_PCI_ROM && index + is_64 >= n) || index > VM_PCI_ROM ||
        (index == VM_PCI_ROM && flags) || (is_64 && (flags & VM_PCI_BAR_IO)) ||
        p->bars[index].length || (is_64 && p->bars[index + 1].length) ||
        (index > 0 && index < VM_PCI_ROM && (p->bars[index - 1].flags & VM_PCI_BAR_64)))
        return vm_error_set(err, "plugin bug: there is no room for BAR %u", index);
    if (length < least || length > most || (length & (length - 1)))
        return vm_error_set(err, "plugin bug: BAR %u has a length of 0x%llx bytes", index,
                            (unsigned long long)length);
    return 0;
}

int vm_pci_add_bar(struct vm_pci *p, uint32_t index, uint32_t flags, const struct vm_region *region,
                   struct vm_error *err)
{
    struct vm_region r = *region;
    uint32_t low = flags & VM_PCI_BAR_IO ? 1
                                         : (flags & VM_PCI_BAR_64 ? 4u : 0u) |
                                               (flags & VM_PCI_BAR_PREFETCH ? 8u : 0u);
    uint32_t offset = bar_offset(p, index);
    uint64_t mask = ~(region->length - 1);

    if (check_bar(p, index, flags, region->length, err))
        return -1;
    r.kind = flags & VM_PCI_BAR_IO ? VM_REGION_PIO : VM_REGION_MMIO;
    r.movable = 1;
    int number = p->host->add_region(p->ctx, &r, err);
    if (number < 0)
        return -1;
    p->bars[index] =
        (struct vm_pci_bar){.length = region->length, .flags = flags, .region = number};
    vm_pci_define(p, offset, 4, low, (uint32_t)mask | (index == VM_PCI_ROM));
    if (flags & VM_PCI_BAR_64)
        vm_pci_define(p, offset + 4, 4, 0, (uint32_t)(mask >> 32));
    return number;
}

/* ---- The configuration space as a region ----------------------------------------------------- */

static int config_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct vm_pci *p = dev;

    *value = 0;
    if (offset + size > VM_PCI_CONFIG_BYTES)
        return VM_ACCESS_OK;
    if (p->hooks && p->hooks->config_reading)
        p->hooks->config_reading(p, (uint32_t)offset, size);
    for (uint32_t i = 0; i < size; i++) {
        uint32_t at = (uint32_t)offset + i;
        *value |= (uint64_t)(p->config[at] | vm_pci_live_bits(p, at)) << i * 8;
    }
    return VM_ACCESS_OK;
}

static int config_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct vm_pci *p = dev;
    uint8_t state = p->power ? p->config[p->power + 4u] : 0;

    if (offset + size > VM_PCI_CONFIG_BYTES)
        return VM_ACCESS_OK;
    for (uint32_t i = 0; i < size; i++) {
        uint8_t *byte = &p->config[offset + i], mask = p->writable[offset + i];
        *byte = (uint8_t)((*byte & ~mask) | (value >> i * 8 & mask));
    }
    if (p->power && (p->config[p->power + 4u] & 3) % 3 != 0)
        p->config[p->power + 4u] = state; /* D1 and D2: there are none */
    update_bars(p);
    vm_pci_update_interrupts(p);
    if (p->hooks && p->hooks->config_written)
        p->hooks->config_written(p, (uint32_t)offset, size);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops config_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = config_read,
    .write = config_write,
};

/* ---- Making one ------------------------------------------------------------------------------ */

static void define_bridge(struct vm_pci *p)
{
    vm_pci_define(p, VM_PCI_HEADER_TYPE, 1, 1, 0);
    vm_pci_define(p, VM_PCI_PRIMARY_BUS, 4, 0, 0x00ffffff);
    vm_pci_define(p, 0x1c, 2, 0, 0xf0f0);              /* I/O base and limit: 16 bits */
    vm_pci_define(p, 0x20, 4, 0, 0xfff0fff0);          /* memory */
    vm_pci_define(p, 0x24, 4, 0x00010001, 0xfff0fff0); /* prefetchable memory: 64 bits */
    vm_pci_define(p, 0x28, 4, 0, 0xffffffff);
    vm_pci_define(p, 0x2c, 4, 0, 0xffffffff);
    vm_pci_define(p, 0x3e, 2, 0, 0x0003); /* bridge control: error forwarding only */
}

int vm_pci_init(struct vm_pci *p, const struct vm_device_host *host, struct vm_device_ctx *ctx,
                const struct vm_pci_info *info, struct vm_error *err)
{
    memset(p, 0, sizeof(*p));
    if (!VM_HAS(host, bus_attach) || !VM_HAS(host, region_place) || !VM_HAS(host, send_message))
        return vm_error_set(err, "this vmrun has no PCI; it is too old for the plugin");
    p->host = host;
    p->ctx = ctx;
    p->hooks = info->hooks;
    p->is_bridge = info->is_bridge != 0;
    p->has_intx = info->has_intx != 0;
    p->next_capability = FIRST_CAPABILITY;
    vm_pci_define(p, 0x00, 4, info->vendor | (uint32_t)info->device << 16, 0);
    vm_pci_define(p, VM_PCI_COMMAND, 2, 0, COMMAND_WRITABLE);
    vm_pci_define(p, 0x08, 4, info->revision | info->class_code << 8, 0);
    vm_pci_define(p, 0x0c, 1, 0, 0xff); /* cache line size */
    if (p->is_bridge)
        define_bridge(p);
    else
        vm_pci_define(p, 0x2c, 4, info->subsystem_vendor | (uint32_t)info->subsystem << 16, 0);
    vm_pci_define(p, VM_PCI_INTERRUPT_LINE, 2, (uint32_t)p->has_intx << 8, 0x00ff);
    return 0;
}

int vm_pci_add_capability(struct vm_pci *p, uint8_t id, uint32_t length, struct vm_error *err)
{
    uint32_t at = p->next_capability;

    if (p->is_attached || length < 2 || length > VM_PCI_CONFIG_BYTES - at)
        return vm_error_set(err, "plugin bug: no room for capability 0x%x of %u bytes", id, length);
    vm_pci_define(p, at, 1, id, 0);
    vm_pci_define(p, at + 1, 1, 0, 0);
    vm_pci_define(p, p->last_capability ? p->last_capability + 1u : CAPABILITY_POINTER, 1, at, 0);
    vm_pci_define(p, VM_PCI_STATUS, 2, STATUS_CAPABILITIES, 0);
    p->last_capability = (uint8_t)at;
    p->next_capability = (at + length + 3) & ~3u;
    return (int)at;
}

int vm_pci_attach(struct vm_pci *p, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .kind = VM_REGION_CONFIG,
        .name = "config",
        .length = p->express ? EXPRESS_BYTES : VM_PCI_CONFIG_BYTES,
        .ops = &config_ops,
        .valid_min = 1,
        .valid_max = 8,
        .impl_min = 1,
        .impl_max = 4,
    };
    uint32_t n_outputs = p->is_bridge ? 4 : p->has_intx;

    if (p->host->add_region(p->ctx, &region, err) < 0 ||
        (n_outputs && p->host->add_irq_outputs(p->ctx, n_outputs, err) < 0) ||
        p->host->bus_attach(p->ctx, &p->address, err) < 0)
        return -1;
    /* What is not below a port is part of the root complex. */
    if (p->express && !p->is_bridge && !(p->address & VM_PCI_BELOW_PORT))
        vm_pci_define(p, p->express + 2u, 2, 0x0092, 0);
    p->is_attached = 1;
    return 0;
}

/* ---- Life ------------------------------------------------------------------------------------ */

void vm_pci_reset(struct vm_pci *p)
{
    memcpy(p->config, p->initial, sizeof(p->config));
    for (uint32_t i = 0; i < VM_PCI_MAX_MSIX; i++) {
        memset(&p->msix_table[i * 4], 0, 3 * sizeof(p->msix_table[0]));
        p->msix_table[i * 4 + 3] = 1; /* masked */
    }
    memset(p->msix_pending, 0, sizeof(p->msix_pending));
    p->msi_pending = 0;
    p->intx = 0;
    update_bars(p);
    vm_pci_update_interrupts(p);
}

int vm_pci_loaded(struct vm_pci *p, struct vm_error *err)
{
    for (uint32_t i = 0; i < VM_PCI_CONFIG_BYTES; i++)
        if ((p->config[i] ^ p->initial[i]) & ~p->writable[i])
            return vm_error_set(err,
                                "saved PCI state: byte 0x%x of the configuration space is 0x%x, "
                                "which this device never has",
                                i, p->config[i]);
    for (uint32_t i = 0; i < VM_PCI_MAX_MSIX; i++)
        if ((p->msix_table[i * 4] & 3) || p->msix_table[i * 4 + 3] > 1)
            return vm_error_set(err, "saved PCI state: MSI-X vector %u has bits that do not exist",
                                i);
    if (p->intx > 1)
        return vm_error_set(err, "saved PCI state: the level of INTA is %u", p->intx);
    if (p->power && (p->config[p->power + 4u] & 3) % 3 != 0)
        return vm_error_set(err, "saved PCI state: a power state that does not exist");
    update_bars(p);
    vm_pci_update_interrupts(p);
    return 0;
}
