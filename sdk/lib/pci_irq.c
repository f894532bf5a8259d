/* SPDX-License-Identifier: BSD-2-Clause */
/* pci_irq.c - interrupts of a PCI function: INTA, MSI with masks, MSI-X. */
#include "pci_internal.h"

#define MSI_ENABLE   0x0001u
#define MSI_CONTROL  2u /* offsets in the capability */
#define MSI_ADDRESS  4u
#define MSI_DATA     12u
#define MSI_MASK     16u
#define MSI_PENDING  20u
#define MSI_LENGTH   24u
#define MSIX_ENABLE  0x8000u
#define MSIX_MASK    0x4000u
#define MSIX_CONTROL 2u
#define MSIX_LENGTH  12u
#define MSIX_PBA     2048u /* in its BAR */
#define MSIX_BYTES   4096u

static uint32_t msi_control(const struct vm_pci *p)
{
    return p->msi ? vm_pci_get(p, p->msi + MSI_CONTROL, 2) : 0;
}

static uint32_t msix_control(const struct vm_pci *p)
{
    return p->msix ? vm_pci_get(p, p->msix + MSIX_CONTROL, 2) : 0;
}

int vm_pci_has_messages(const struct vm_pci *p)
{
    return (msix_control(p) & MSIX_ENABLE) || (msi_control(p) & MSI_ENABLE);
}

static void send(struct vm_pci *p, uint64_t address, uint32_t data)
{
    if (vm_pci_is_master(p))
        p->host->send_message(p->ctx, address, data);
}

/* ---- MSI ------------------------------------------------------------------------------------- */

static void msi_send(struct vm_pci *p, uint32_t vector)
{
    uint32_t enabled = 1u << (msi_control(p) >> 4 & 7);

    if (enabled > p->n_msi)
        enabled = p->n_msi;
    vector &= enabled - 1; /* the guest gave fewer: they share */
    if (vm_pci_get(p, p->msi + MSI_MASK, 4) >> vector & 1) {
        p->msi_pending |= 1u << vector;
        return;
    }
    p->msi_pending &= ~(1u << vector);
    send(p,
         vm_pci_get(p, p->msi + MSI_ADDRESS, 4) |
             (uint64_t)vm_pci_get(p, p->msi + MSI_ADDRESS + 4, 4) << 32,
         (vm_pci_get(p, p->msi + MSI_DATA, 2) & ~(enabled - 1)) | vector);
}

static void msi_send_pending(struct vm_pci *p)
{
    uint32_t ready = p->msi_pending & ~vm_pci_get(p, p->msi + MSI_MASK, 4);

    for (uint32_t i = 0; i < p->n_msi; i++)
        if (ready >> i & 1)
            msi_send(p, i);
}

int vm_pci_add_msi(struct vm_pci *p, uint32_t n, struct vm_error *err)
{
    uint32_t log = 0;

    while (1u << log < n)
        log++;
    if (n == 0 || n > VM_PCI_MAX_MSI || 1u << log != n)
        return vm_error_set(err, "plugin bug: %u MSI vectors", n);
    int at = vm_pci_add_capability(p, VM_PCI_CAP_MSI, MSI_LENGTH, err);
    if (at < 0)
        return -1;
    p->msi = (uint8_t)at;
    p->n_msi = n;
    vm_pci_define(p, p->msi + MSI_CONTROL, 2, 0x0180 | log << 1, 0x0071);
    vm_pci_define(p, p->msi + MSI_ADDRESS, 4, 0, 0xfffffffc);
    vm_pci_define(p, p->msi + MSI_ADDRESS + 4, 4, 0, 0xffffffff);
    vm_pci_define(p, p->msi + MSI_DATA, 2, 0, 0xffff);
    vm_pci_define(p, p->msi + MSI_MASK, 4, 0, n == 32 ? 0xffffffff : (1u << n) - 1);
    return at;
}

/* ---- MSI-X ----------------------------------------------------------------------------------- */

static int msix_is_masked(const struct vm_pci *p, uint32_t vector)
{
    return (msix_control(p) & MSIX_MASK) || (p->msix_table[vector * 4 + 3] & 1);
}

static void msix_send(struct vm_pci *p, uint32_t vector)
{
    if (vector >= p->n_msix)
        return;
    const uint32_t *entry = &p->msix_table[vector * 4];
    uint32_t *pending = &p->msix_pending[vector / 32], bit = 1u << vector % 32;

    if (msix_is_masked(p, vector)) {
        *pending |= bit;
        return;
    }
    *pending &= ~bit;
    send(p, entry[0] | (uint64_t)entry[1] << 32, entry[2]);
}

static void msix_send_pending(struct vm_pci *p)
{
    for (uint32_t i = 0; i < p->n_msix; i++)
        if ((p->msix_pending[i / 32] >> i % 32 & 1) && !msix_is_masked(p, i))
            msix_send(p, i);
}

static int msix_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct vm_pci *p = dev;
    uint64_t at = offset / 4, pba = (offset - MSIX_PBA) / 4;

    (void)size;
    if (at < p->n_msix * 4)
        *value = p->msix_table[at];
    else if (offset >= MSIX_PBA && pba < VM_PCI_MAX_MSIX / 32)
        *value = p->msix_pending[pba];
    else
        *value = 0;
    return VM_ACCESS_OK;
}

static int msix_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    static const uint32_t writable[4] = {0xfffffffc, 0xffffffff, 0xffffffff, 1};
    struct vm_pci *p = dev;
    uint64_t at = offset / 4;

    (void)size;
    if (at >= p->n_msix * 4)
        return VM_ACCESS_OK;
    p->msix_table[at] = (uint32_t)value & writable[at % 4];
    vm_pci_update_interrupts(p);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops msix_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = msix_read,
    .write = msix_write,
};

int vm_pci_add_msix(struct vm_pci *p, uint32_t n, uint32_t bar, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(struct vm_region),
        .name = "msix",
        .length = MSIX_BYTES,
        .ops = &msix_ops,
        .valid_min = 4,
        .valid_max = 8,
        .impl_min = 4,
        .impl_max = 4,
    };

    if (n == 0 || n > VM_PCI_MAX_MSIX)
        return vm_error_set(err, "plugin bug: %u MSI-X vectors", n);
    if (vm_pci_add_bar(p, bar, 0, &region, err) < 0)
        return -1;
    int at = vm_pci_add_capability(p, VM_PCI_CAP_MSIX, MSIX_LENGTH, err);
    if (at < 0)
        return -1;
    p->msix = (uint8_t)at;
    p->n_msix = n;
    vm_pci_define(p, p->msix + MSIX_CONTROL, 2, n - 1, MSIX_ENABLE | MSIX_MASK);
    vm_pci_define(p, p->msix + 4u, 4, bar, 0);
    vm_pci_define(p, p->msix + 8u, 4, MSIX_PBA | bar, 0);
    for (uint32_t i = 0; i < VM_PCI_MAX_MSIX; i++)
        p->msix_table[i * 4 + 3] = 1;
    return at;
}

/* ---- Both, and INTA -------------------------------------------------------------------------- */

int vm_pci_message(struct vm_pci *p, uint32_t vector)
{
    if (msix_control(p) & MSIX_ENABLE)
        msix_send(p, vector);
    else if (msi_control(p) & MSI_ENABLE)
        msi_send(p, vector);
    else
        return 0;
    return 1;
}

void vm_pci_update_interrupts(struct vm_pci *p)
{
    int disabled = (vm_pci_get(p, VM_PCI_COMMAND, 2) & VM_PCI_COMMAND_NO_INTX) != 0;

    if (p->has_intx)
        p->host->set_irq(p->ctx, 0,
                         p->intx && !disabled && !vm_pci_has_messages(p) && vm_pci_is_awake(p));
    if (msix_control(p) & MSIX_ENABLE)
        msix_send_pending(p);
    else if (msi_control(p) & MSI_ENABLE)
        msi_send_pending(p);
}

void vm_pci_set_intx(struct vm_pci *p, int level)
{
    p->intx = level != 0;
    vm_pci_update_interrupts(p);
}

void vm_pci_raise(struct vm_pci *p, uint32_t vector)
{
    if (!vm_pci_message(p, vector))
        vm_pci_set_intx(p, 1);
}

void vm_pci_lower(struct vm_pci *p)
{
    if (p->intx)
        vm_pci_set_intx(p, 0);
}

uint8_t vm_pci_live_bits(const struct vm_pci *p, uint32_t offset)
{
    uint32_t pending = p->msi + MSI_PENDING;

    if (offset == VM_PCI_STATUS)
        return (uint8_t)(p->intx << 3);
    if (p->msi && offset >= pending && offset < pending + 4)
        return (uint8_t)(p->msi_pending >> (offset - pending) * 8);
    return 0;
}
