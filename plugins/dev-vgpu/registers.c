/* SPDX-License-Identifier: BSD-2-Clause */
/* registers.c - registers, interrupts, enabling and disabling. */
#include <string.h>

#include "vgpu.h"

/* ---- Interrupts ------------------------------------------------------------------------------ */

void tell(struct vgpu *v, uint32_t events)
{
    v->events = 0;
    v->irq_status |= events;
    if (events & v->irq_mask)
        vm_pci_raise(&v->pci, 0);
}

static void write_irq(struct vgpu *v, uint32_t status, uint32_t mask)
{
    uint32_t before = v->irq_status & v->irq_mask;

    v->irq_status = status;
    v->irq_mask = mask & (VGPU_IRQ_COMPLETION | VGPU_IRQ_FAILED);
    if (!(v->irq_status & v->irq_mask))
        vm_pci_lower(&v->pci);
    else if (v->irq_status & v->irq_mask & ~before)
        vm_pci_raise(&v->pci, 0);
}

/* ---- Enabling -------------------------------------------------------------------------------- */

int rings_are_sound(const struct vgpu *v)
{
    uint64_t bytes = (uint64_t)v->entries * VGPU_ENTRY_BYTES;
    uint64_t a = v->submit_offset, b = v->complete_offset;

    return v->entries >= 2 && v->entries <= VGPU_MAX_ENTRIES &&
           (v->entries & (v->entries - 1)) == 0 && (a | b) % VGPU_OFFSET_ALIGN == 0 &&
           window_has(v, a, bytes) && window_has(v, b, bytes) && (a + bytes <= b || b + bytes <= a);
}

static void fail(struct vgpu *v, const char *why)
{
    v->pci.host->base->log(v->pci.ctx, VM_LOG_WARNING,
                           "the guest's driver: %s; it has to enable the device anew", why);
    v->status |= VGPU_STATUS_FAILED;
    tell(v, VGPU_IRQ_FAILED);
}

void stop(struct vgpu *v)
{
    v->stopping = 1;
    objects_free_all(v);
    v->stopping = 0;
    v->status = v->is_lost ? VGPU_STATUS_LOST : 0;
    v->submit_head = v->submit_tail = v->complete_tail = 0;
    v->events = 0;
    write_irq(v, 0, v->irq_mask);
}

static void enable(struct vgpu *v)
{
    static const uint64_t zero;

    if (v->status & (VGPU_STATUS_ENABLED | VGPU_STATUS_FAILED))
        return;
    if (!rings_are_sound(v)) {
        fail(v, "its rings cannot be so");
        return;
    }
    for (uint32_t i = 0; i < v->entries; i++)
        window_write(v, v->complete_offset + i * VGPU_ENTRY_BYTES, &zero, sizeof(zero));
    if (!v->is_lost)
        v->pci.host->gpu_host_memory(v->backend, v->window, v->window_size, 1);
    v->is_pinned = !v->is_lost;
    v->status |= VGPU_STATUS_ENABLED;
}

static void doorbell(struct vgpu *v, uint32_t tail)
{
    if (!(v->status & VGPU_STATUS_ENABLED) || (v->status & VGPU_STATUS_FAILED))
        return;
    if (tail - v->submit_head > v->entries) {
        fail(v, "more commands than the ring holds");
        return;
    }
    v->submit_tail = tail;
    rings_run(v);
    tell(v, v->events);
}

/* ---- Accesses -------------------------------------------------------------------------------- */

static int read_register(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct vgpu *v = dev;
    const uint32_t registers[VGPU_REG_END / 4] = {
        [VGPU_REG_MAGIC / 4] = VGPU_MAGIC,
        [VGPU_REG_VERSION / 4] = VGPU_VERSION,
        [VGPU_REG_GPUS / 4] = v->n_gpus,
        [VGPU_REG_STATUS / 4] = v->status,
        [VGPU_REG_CONTROL / 4] = v->status & VGPU_STATUS_ENABLED ? VGPU_CONTROL_ENABLE : 0,
        [VGPU_REG_ENTRIES / 4] = v->entries,
        [VGPU_REG_SUBMIT_OFFSET / 4] = v->submit_offset,
        [VGPU_REG_COMPLETE_OFFSET / 4] = v->complete_offset,
        [VGPU_REG_SUBMIT_TAIL / 4] = v->submit_tail,
        [VGPU_REG_SUBMIT_HEAD / 4] = v->submit_head,
        [VGPU_REG_COMPLETE_TAIL / 4] = v->complete_tail,
        [VGPU_REG_IRQ_STATUS / 4] = v->irq_status,
        [VGPU_REG_IRQ_MASK / 4] = v->irq_mask,
        [VGPU_REG_WINDOW_SIZE / 4] = (uint32_t)v->window_size,
        [VGPU_REG_WINDOW_SIZE / 4 + 1] = (uint32_t)(v->window_size >> 32),
        [VGPU_REG_QUOTA / 4] = (uint32_t)v->quota,
        [VGPU_REG_QUOTA / 4 + 1] = (uint32_t)(v->quota >> 32),
    };

    (void)size;
    *value = offset < VGPU_REG_END ? registers[offset / 4] : 0;
    return VM_ACCESS_OK;
}

static int write_register(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct vgpu *v = dev;
    uint32_t word = (uint32_t)value;
    int is_off = !(v->status & VGPU_STATUS_ENABLED);

    (void)size;
    if (offset == VGPU_REG_SUBMIT_TAIL)
        doorbell(v, word);
    else if (offset == VGPU_REG_CONTROL && word & VGPU_CONTROL_ENABLE)
        enable(v);
    else if (offset == VGPU_REG_CONTROL)
        stop(v);
    else if (offset == VGPU_REG_IRQ_STATUS)
        write_irq(v, v->irq_status & ~word, v->irq_mask);
    else if (offset == VGPU_REG_IRQ_MASK)
        write_irq(v, v->irq_status, word);
    else if (offset == VGPU_REG_ENTRIES && is_off)
        v->entries = word;
    else if (offset == VGPU_REG_SUBMIT_OFFSET && is_off)
        v->submit_offset = word;
    else if (offset == VGPU_REG_COMPLETE_OFFSET && is_off)
        v->complete_offset = word;
    return VM_ACCESS_OK;
}

const struct vm_region_ops registers_ops = {
    .size = sizeof(struct vm_region_ops),
    .read = read_register,
    .write = write_register,
};
