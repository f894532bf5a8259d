/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_bus.c - a PCI bus: slots, configuration accesses, windows of the bridge above it. */
#include <stdlib.h>

#include "pci_internal.h"

#define MULTIFUNCTION 0x80u /* in the header type */

/* ---- Slots ----------------------------------------------------------------------------------- */

/* Decimal, or hexadecimal behind 0x. */
static int parse_number(const char **at, unsigned long *value)
{
    char *end;

    if (**at < '0' || **at > '9')
        return -1;
    *value = strtoul(*at, &end, (*at)[0] == '0' && (*at)[1] == 'x' ? 16 : 10);
    *at = end;
    return 0;
}

/* "SLOT" or "SLOT.FUNCTION". */
static int parse_place(const char *where, unsigned long *slot, unsigned long *function)
{
    *function = 0;
    if (parse_number(&where, slot))
        return -1;
    if (*where == '.') {
        where++;
        if (parse_number(&where, function))
            return -1;
    }
    return *where ? -1 : 0;
}

static int free_slot(const struct vm_pci_bus *bus, uint32_t n_slots)
{
    for (uint32_t slot = 0; slot < n_slots; slot++)
        if (!bus->children[slot << 3])
            return (int)slot;
    return -1;
}

static int choose_place(const struct vm_pci_bus *bus, const char *where, unsigned long *slot,
                        unsigned long *function, struct vm_error *err)
{
    uint32_t n_slots = bus->is_port ? 1 : 32;

    if (!where) {
        int found = free_slot(bus, n_slots);
        if (found < 0)
            return vm_error_set(err, bus->is_port ? "its one slot is taken"
                                                  : "all of its 32 slots are taken");
        *slot = (unsigned long)found;
        *function = 0;
        return 0;
    }
    if (parse_place(where, slot, function))
        return vm_error_set(err, "'%.40s' is no place on a PCI bus; write SLOT or SLOT.FUNCTION",
                            where);
    if (*slot >= n_slots || *function > 7)
        return vm_error_set(err, "'%.40s' is out of range; slots are from 0 to %u, functions to 7",
                            where, n_slots - 1);
    return 0;
}

int vm_pci_bus_attach(struct vm_pci_bus *bus, struct vm_bus_child *child, const char *where,
                      uint32_t *address, struct vm_error *err)
{
    unsigned long slot = 0, function = 0;

    if (choose_place(bus, where, &slot, &function, err))
        return -1;
    uint32_t devfn = (uint32_t)(slot << 3 | function);
    if (bus->children[devfn])
        return vm_error_set(err, "slot %lu.%lu is taken", slot, function);
    if (function > 0 && !bus->children[slot << 3])
        return vm_error_set(err, "function 0 of slot %lu has to come first", slot);
    bus->children[devfn] = child;
    *address = devfn | (bus->is_port ? VM_PCI_BELOW_PORT : 0);
    return 0;
}

/* PCI-to-PCI Bridge Architecture 1.2, table 9-1. */
int vm_pci_bus_route(uint32_t address, uint32_t output)
{
    return (int)((output + (address >> 3)) & 3);
}

/* ---- Configuration --------------------------------------------------------------------------- */

static int has_functions(const struct vm_pci_bus *bus, uint32_t devfn)
{
    for (uint32_t function = 1; function < 8; function++)
        if (bus->children[(devfn & ~7u) | function])
            return 1;
    return 0;
}

static int access_child(struct vm_pci_bus *bus, uint64_t address, uint32_t size, uint64_t *value,
                        int write)
{
    uint32_t devfn = address >> 12 & 0xff, offset = address & 0xfff;
    struct vm_bus_child *child = bus->children[devfn];

    if (!child || bus->host->child_access(child, offset, size, value, write) != VM_ACCESS_OK)
        return VM_ACCESS_ERROR;
    if (!write && offset <= VM_PCI_HEADER_TYPE && offset + size > VM_PCI_HEADER_TYPE &&
        has_functions(bus, devfn))
        *value |= (uint64_t)MULTIFUNCTION << (VM_PCI_HEADER_TYPE - offset) * 8;
    return VM_ACCESS_OK;
}

static int forward(struct vm_pci_bus *bus, uint64_t address, uint32_t size, uint64_t *value,
                   int write)
{
    for (uint32_t i = 0; i < 256; i++)
        if (bus->children[i] &&
            bus->host->child_forward(bus->children[i], address, size, value, write) == VM_ACCESS_OK)
            return VM_ACCESS_OK;
    return VM_ACCESS_ERROR;
}

int vm_pci_bus_config(struct vm_pci_bus *bus, uint32_t number, uint64_t address, uint32_t size,
                      uint64_t *value, int write)
{
    int result = (address >> 20 & 0xff) == number ? access_child(bus, address, size, value, write)
                                                  : forward(bus, address, size, value, write);

    if (result != VM_ACCESS_OK && !write)
        *value = size >= 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1;
    return VM_ACCESS_OK;
}

/* ---- Windows --------------------------------------------------------------------------------- */

/* Where a register pair says that a window is; closed unless the command bit is set. */
static void window(const struct vm_pci *p, uint8_t enable, uint64_t base, uint64_t last,
                   uint64_t out[2])
{
    int open = (p->config[VM_PCI_COMMAND] & enable) != 0;

    out[0] = open ? base : 1;
    out[1] = open ? last : 0;
}

static int store(uint64_t *to, uint64_t value)
{
    if (__atomic_load_n(to, __ATOMIC_RELAXED) == value)
        return 0;
    __atomic_store_n(to, value, __ATOMIC_RELAXED);
    return 1;
}

static int store32(uint32_t *to, uint32_t value)
{
    if (__atomic_load_n(to, __ATOMIC_RELAXED) == value)
        return 0;
    __atomic_store_n(to, value, __ATOMIC_RELAXED);
    return 1;
}

int vm_pci_windows_update(struct vm_pci_windows *w, const struct vm_pci *p)
{
    uint64_t memory[2], prefetch[2], io[2];

    window(p, VM_PCI_COMMAND_MEMORY, (uint64_t)(vm_pci_get(p, 0x20, 2) & 0xfff0) << 16,
           (uint64_t)vm_pci_get(p, 0x22, 2) << 16 | 0xfffff, memory);
    window(p, VM_PCI_COMMAND_MEMORY,
           (uint64_t)(vm_pci_get(p, 0x24, 2) & 0xfff0) << 16 | (uint64_t)vm_pci_get(p, 0x28, 4)
                                                                   << 32,
           (uint64_t)(vm_pci_get(p, 0x26, 2) & 0xfff0) << 16 | 0xfffff |
               (uint64_t)vm_pci_get(p, 0x2c, 4) << 32,
           prefetch);
    window(p, VM_PCI_COMMAND_IO, (uint64_t)(vm_pci_get(p, 0x1c, 1) & 0xf0) << 8,
           (uint64_t)(vm_pci_get(p, 0x1d, 1) & 0xf0) << 8 | 0xfff, io);
    return store(&w->memory.base, memory[0]) | store(&w->memory.last, memory[1]) |
           store(&w->prefetch.base, prefetch[0]) | store(&w->prefetch.last, prefetch[1]) |
           store(&w->io.base, io[0]) | store(&w->io.last, io[1]) |
           store32(&w->secondary, p->config[VM_PCI_SECONDARY_BUS]) |
           store32(&w->subordinate, p->config[VM_PCI_SUBORDINATE_BUS]);
}

static int lies_in(const uint64_t *base, const uint64_t *last, uint64_t addr, uint64_t length)
{
    return addr >= __atomic_load_n(base, __ATOMIC_RELAXED) && addr + (length - 1) >= addr &&
           addr + (length - 1) <= __atomic_load_n(last, __ATOMIC_RELAXED);
}

int vm_pci_windows_pass(const struct vm_pci_windows *w, uint32_t kind, uint64_t addr,
                        uint64_t length)
{
    int inside = kind == VM_REGION_PIO
                     ? lies_in(&w->io.base, &w->io.last, addr, length)
                     : lies_in(&w->memory.base, &w->memory.last, addr, length) ||
                           lies_in(&w->prefetch.base, &w->prefetch.last, addr, length);

    return inside ? VM_ACCESS_OK : VM_ACCESS_ERROR;
}

uint32_t vm_pci_windows_secondary(const struct vm_pci_windows *w)
{
    return __atomic_load_n(&w->secondary, __ATOMIC_RELAXED);
}

int vm_pci_windows_forward(const struct vm_pci_windows *w, uint32_t bus)
{
    uint32_t secondary = vm_pci_windows_secondary(w);

    return secondary != 0 && bus >= secondary &&
           bus <= __atomic_load_n(&w->subordinate, __ATOMIC_RELAXED);
}
