/* SPDX-License-Identifier: BSD-2-Clause */
/* The plugin's descriptor. */
#include <string.h>
#include <vmrun/abi-hash.h>
#include "state.h"

static const void *interface(const char *id)
{
    return strcmp(id, VM_ARCH_INTERFACE) == 0 ? &rv_arch_ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_ARCH, .name = "arch-riscv64", .version = "0.1.0",
          .licence = "BSD-2-Clause",
          .summary = "RISC-V, 64 bits: RV64GC with Zba, Zbb, Zbs, Zicond, Sstc, Sv39 to Sv57",
          .description = "RV64 with machine, supervisor and user mode. Every extension that it has "
                         "can be switched off; an instruction "
                         "of one that is off is illegal, and the device tree tells what is on.",
          VM_PLUGIN_PROPERTIES(rv_properties), .matched_abi = VM_MATCHED_ABI_HASH,
          .get_interface = interface);
