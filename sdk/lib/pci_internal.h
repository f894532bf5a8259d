/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_internal.h - what the files of the PCI archive share. */
#ifndef SDK_LIB_PCI_INTERNAL_H
#define SDK_LIB_PCI_INTERNAL_H

#include <vmrun/pci.h>

/* Whether it is in D0: in D3hot it answers configuration accesses only. */
int vm_pci_is_awake(const struct vm_pci *p);
/* MSI or MSI-X is enabled. */
int vm_pci_has_messages(const struct vm_pci *p);
/* After registers changed: INTA, and messages that waited for a mask to be cleared. */
void vm_pci_update_interrupts(struct vm_pci *p);
/* Bits of byte `offset` that are no memory but what is the case now. */
uint8_t vm_pci_live_bits(const struct vm_pci *p, uint32_t offset);

#endif
