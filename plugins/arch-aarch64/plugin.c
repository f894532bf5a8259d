/* SPDX-License-Identifier: BSD-2-Clause */
/* The plugin's descriptor. */
#include <string.h>
#include <vmrun/abi-hash.h>
#include "state.h"

static const void *interface(const char *id)
{
    return strcmp(id, VM_ARCH_INTERFACE) == 0 ? &a64_arch_ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_ARCH, .name = "arch-aarch64", .version = "0.1.0",
          .licence = "BSD-2-Clause",
          .summary = "Arm, 64 bits: A64 of ARMv8.2 with Advanced SIMD and the cryptographic "
                     "extensions",
          .description = "AArch64 from EL0 to EL1, and EL2 and EL3 if asked for. The CPU model "
                         "chooses the features; the ID registers tell exactly what is there. "
                         "There is no AArch32.",
          VM_PLUGIN_PROPERTIES(a64_properties), .matched_abi = VM_MATCHED_ABI_HASH,
          .get_interface = interface);
