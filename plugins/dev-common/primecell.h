/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * primecell.h - what Arm's PrimeCell peripherals have in common: identification registers at the
 * end of their 4K of registers, and how a device tree describes them.
 */
#ifndef DEV_COMMON_PRIMECELL_H
#define DEV_COMMON_PRIMECELL_H

#include <vmrun/device.h>

#define PRIMECELL_LENGTH 0x1000u
#define PRIMECELL_ID     0xfe0u /* PeriphID0 to 3, PCellID0 to 3: a byte each */

/* Part number, and configuration and revision as in the upper bytes of PeriphID. */
static inline uint32_t primecell_id(uint32_t part, uint32_t revision, uint64_t offset)
{
    uint64_t id = (uint64_t)0xb105f00d << 32 | (uint64_t)revision << 20 | 0x41000u | part;

    return offset >= PRIMECELL_ID && offset < PRIMECELL_LENGTH
               ? (uint32_t)(id >> (offset - PRIMECELL_ID) * 2 & 0xff)
               : 0;
}

/*
 * Bindings: arm,primecell.yaml of the Linux kernel, whose drivers want a clock: all share one of
 * 24 MHz. clock_names: of the device's own inputs, in order, the bus' one last.
 */
static inline void primecell_describe(const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                                      const char *name, const char *const *clock_names,
                                      uint32_t n_clocks)
{
    const char *const compatible[] = {name, "arm,primecell"};
    const uint32_t none = 0, hz = 24000000;
    struct vm_fdt_node *clock = fdt->child(fdt->root(node), "apb-pclk");
    uint32_t clocks[4];

    fdt->string(clock, "compatible", "fixed-clock");
    fdt->u32(clock, "#clock-cells", &none, 1);
    fdt->u32(clock, "clock-frequency", &hz, 1);
    fdt->string(clock, "clock-output-names", "clk24mhz");
    for (uint32_t i = 0; i < n_clocks; i++)
        clocks[i] = fdt->phandle(clock);
    fdt->strings(node, "compatible", compatible, 2);
    fdt->u32(node, "clocks", clocks, n_clocks);
    fdt->strings(node, "clock-names", clock_names, n_clocks);
}

#endif
