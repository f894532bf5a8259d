/* SPDX-License-Identifier: BSD-2-Clause */
/* psci.h - the firmware calls that the board answers. */
#ifndef BOARD_ARM_VIRT_PSCI_H
#define BOARD_ARM_VIRT_PSCI_H

#include <vmrun/arch.h>

/* vm_board_ops.firmware_call. */
bool psci_call(void *board, struct vm_cpu *cpu, uint32_t conduit, uint64_t *regs);
/* The /psci node, and how each of `cpus` vCPUs is brought up. */
void psci_fdt(const struct vm_fdt_api *fdt, struct vm_fdt_node *root, uint32_t conduit,
              uint32_t cpus);

#endif
