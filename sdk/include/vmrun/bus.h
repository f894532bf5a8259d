/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bus.h - devices that other devices sit on: PCI host bridges, PCI-PCI bridges. STABLE tier.
 *
 * An INI puts a device on a bus with `bus = NAME` or `bus = NAME:WHERE`, where NAME is a device
 * whose plugin has the interface below and WHERE is in the bus' own terms (PCI: SLOT or
 * SLOT.FUNCTION). The host makes providers before those that sit on them.
 *
 * Configuration accesses go down: guest -> region of the host bridge -> child_access() of the
 * device that is meant, or child_forward() to the bridge behind which it lies. Locks are taken in
 * that order: a provider's rank is below those of its children. Register accesses of the guest do
 * not pass the bus: the host puts movable regions into the address space where window() says.
 */
#ifndef VMRUN_BUS_H
#define VMRUN_BUS_H

#include <vmrun/device.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_DEVICE_BUS_INTERFACE "vm.device.bus/1"

/* What a provider of a bus gives the host. */
struct vm_device_bus {
    uint32_t size;
    uint32_t reserved;
    const char *protocol; /* what sits here: "pci" */

    /*
     * A device takes a place: `where` is what the INI says, NULL: choose one. Fills *address, which
     * names it from now on. Keep `child` for child_access. -1 with err set: taken, no such place.
     * A host calls it while the machine runs only for a provider that can tell the guest (hot-plug:
     * detaching and telling are members of a later ABI). [before start]
     */
    int (*attach)(void *dev, struct vm_bus_child *child, const char *where, uint32_t *address,
                  struct vm_error *err);
    /*
     * Which of the provider's own interrupt outputs the child's output is wired to (PCI: INTA..INTD
     * swizzled by slot), or -1. Wiring is fixed: asked once, and the provider's own set_irq is
     * OR-ed with it. NULL: interrupts lead nowhere. The device tree says nothing of the outputs of
     * a provider: it describes them itself (output_cells). [before start]
     */
    int (*route_irq)(void *dev, uint32_t address, uint32_t output);
    /*
     * Requester ID of the child's DMA and messages (PCI: bus << 8 | devfn). Called without the
     * provider's lock, while others may write what it depends on: use relaxed atomics. [any thread]
     */
    uint32_t (*requester)(void *dev, uint32_t address);
    /*
     * Where [addr, addr + length) of this bus, of an enum vm_region_kind, appears on the bus above
     * (for a host bridge: in the guest-physical address space, where it has claimed its windows).
     * VM_ACCESS_ERROR: it does not. May not call the host. Threads as requester(). After a change
     * call host->bus_changed().
     */
    int (*window)(void *dev, uint32_t kind, uint64_t addr, uint64_t length, uint64_t *above);
    /*
     * A configuration access that a bridge above forwards: address as the host bridge's region has
     * it (PCI: ECAM, bus << 20 | devfn << 12 | register). Where nothing is, reads give all ones.
     * NULL for a host bridge. enum vm_access_result. [locked]
     */
    int (*forward)(void *dev, uint64_t address, uint32_t size, uint64_t *value, int write);
};

/*
 * The host's side is in struct vm_device_host:
 *
 * child_access: an access to the child's VM_REGION_CONFIG, under its size rules and lock. Returns
 *     VM_ACCESS_ERROR if the child has none.
 * child_forward: calls the child's own forward(); VM_ACCESS_ERROR if the child is no bus.
 * bus_changed: the windows changed; the host asks window() again for all that lie below.
 */

#ifdef __cplusplus
}
#endif
#endif
