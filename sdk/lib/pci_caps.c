/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_caps.c - capabilities without behaviour of their own: power management, PCI Express. */
#include "pci_internal.h"

int vm_pci_add_power(struct vm_pci *p, struct vm_error *err)
{
    int at = vm_pci_add_capability(p, VM_PCI_CAP_POWER, 8, err);

    if (at < 0)
        return -1;
    p->power = (uint8_t)at;
    vm_pci_define(p, p->power + 2u, 2, 0x0003, 0);      /* version 3; no D1, D2, PME */
    vm_pci_define(p, p->power + 4u, 2, 0x0008, 0x0003); /* nothing is lost in D3hot */
    return at;
}

int vm_pci_add_express(struct vm_pci *p, int is_root_port, struct vm_error *err)
{
    static const uint32_t link_2_5_gt_x1 = 0x11;
    int at = vm_pci_add_capability(p, VM_PCI_CAP_EXPRESS, 0x3c, err);

    if (at < 0)
        return -1;
    uint32_t cap = (uint32_t)at;
    p->express = (uint8_t)at;
    vm_pci_define(p, cap + 0x02, 2, is_root_port ? 0x0042 : 0x0002, 0); /* version 2; the type */
    vm_pci_define(p, cap + 0x04, 4, 0x00008000, 0); /* role-based error reporting */
    vm_pci_define(p, cap + 0x08, 2, 0x2810, 0x78ff);
    vm_pci_define(p, cap + 0x0c, 4, link_2_5_gt_x1, 0);
    vm_pci_define(p, cap + 0x10, 2, 0, 0x01c3);
    vm_pci_define(p, cap + 0x12, 2, link_2_5_gt_x1, 0);
    return at;
}
