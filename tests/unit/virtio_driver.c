/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio_driver.c - a driver for one virtio device under test, over virtio-mmio. */
#include "virtio_driver.h"

#include <string.h>

#include <vmrun/test.h>

struct vm_devtest *driver_device(const struct vm_plugin *plugin, const char *const *properties)
{
    struct vm_devtest *h = vm_devtest_new(plugin);
    struct vm_error err = VM_ERROR_INIT;

    vm_devtest_set_ram(h, DRIVER_RAM, DRIVER_RAM_BYTES);
    for (; properties && properties[0]; properties += 2)
        vm_devtest_set(h, properties[0], properties[1]);
    if (vm_devtest_create(h, &err) < 0)
        vm_test_broken(err.text);
    vm_devtest_reset(h);
    return h;
}

uint32_t driver_read(struct driver *d, uint32_t offset)
{
    return (uint32_t)vm_devtest_read(d->h, offset, 4);
}

void driver_write(struct driver *d, uint32_t offset, uint32_t value)
{
    vm_devtest_write(d->h, offset, 4, value);
}

uint64_t driver_offered(struct driver *d)
{
    uint64_t features;

    driver_write(d, REG_DEVICE_FEATURES_SELECT, 1);
    features = (uint64_t)driver_read(d, REG_DEVICE_FEATURES) << 32;
    driver_write(d, REG_DEVICE_FEATURES_SELECT, 0);
    return features | driver_read(d, REG_DEVICE_FEATURES);
}

void driver_negotiate(struct driver *d, struct vm_devtest *h, uint64_t wanted)
{
    memset(d, 0, offsetof(struct driver, queues));
    d->h = h;
    d->next = DRIVER_RAM + 0x1000;
    driver_write(d, REG_STATUS, 0);
    driver_write(d, REG_STATUS, ACKNOWLEDGE);
    driver_write(d, REG_STATUS, ACKNOWLEDGE | DRIVER);
    d->features = driver_offered(d) & (wanted | VM_VIRTIO_F_VERSION_1);
    for (uint32_t i = 0; i < 2; i++) {
        driver_write(d, REG_DRIVER_FEATURES_SELECT, i);
        driver_write(d, REG_DRIVER_FEATURES, (uint32_t)(d->features >> 32 * i));
    }
    driver_write(d, REG_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    if (!(driver_read(d, REG_STATUS) & FEATURES_OK))
        vm_test_broken("a device does not take features that it offers");
}

static void write64(struct driver *d, uint32_t offset, uint64_t value)
{
    driver_write(d, offset, (uint32_t)value);
    driver_write(d, offset + 4, (uint32_t)(value >> 32));
}

void driver_queues(struct driver *d, uint32_t n, uint32_t length)
{
    if (n > DRIVER_QUEUES)
        vm_test_broken("too many queues for this driver");
    d->n_queues = n;
    for (uint32_t i = 0; i < n; i++) {
        struct vring *r = &d->queues[i];
        uint32_t max;

        driver_write(d, REG_QUEUE_SELECT, i);
        max = driver_read(d, REG_QUEUE_MAX);
        if (length < max)
            max = length;
        d->next = vring_init(r, vm_devtest_ram(d->h, DRIVER_RAM, DRIVER_RAM_BYTES), DRIVER_RAM,
                             d->next, max, (d->features & VM_VIRTIO_F_RING_PACKED) != 0,
                             (d->features & VM_VIRTIO_F_EVENT_IDX) != 0);
        driver_write(d, REG_QUEUE_LENGTH, max);
        write64(d, REG_QUEUE_DESCRIPTORS, r->descriptors);
        write64(d, REG_QUEUE_DRIVER, r->driver);
        write64(d, REG_QUEUE_DEVICE, r->device);
        driver_write(d, REG_QUEUE_READY, 1);
    }
}

void driver_start(struct driver *d, struct vm_devtest *h, uint64_t wanted, uint32_t n_queues)
{
    driver_negotiate(d, h, wanted);
    driver_queues(d, n_queues, 64);
    driver_write(d, REG_STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK);
}

uint64_t driver_alloc(struct driver *d, uint64_t n)
{
    uint64_t addr = (d->next + 15) & ~UINT64_C(15);

    if (addr + n > DRIVER_RAM + DRIVER_RAM_BYTES)
        vm_test_broken("this driver has no more RAM");
    d->next = addr + n;
    memset(driver_memory(d, addr), 0, n);
    return addr;
}

void *driver_memory(struct driver *d, uint64_t addr)
{
    return vm_devtest_ram(d->h, addr, 1);
}

uint16_t driver_add(struct driver *d, uint32_t queue, const struct vring_buffer *buffers,
                    uint32_t n)
{
    uint16_t id = vring_add(&d->queues[queue], buffers, n);

    if (vring_must_notify(&d->queues[queue]))
        driver_write(d, REG_QUEUE_NOTIFY, queue);
    return id;
}

bool driver_get(struct driver *d, uint32_t queue, uint16_t *id, uint32_t *written)
{
    return vring_get(&d->queues[queue], id, written);
}

uint32_t driver_interrupt(struct driver *d)
{
    uint32_t bits = driver_read(d, REG_INTERRUPT_STATUS);

    if ((bits != 0) != (vm_devtest_irq(d->h, 0) != 0))
        vm_test_broken("interrupt status and line disagree");
    driver_write(d, REG_INTERRUPT_ACK, bits);
    for (uint32_t i = 0; i < d->n_queues; i++)
        vring_want_interrupt(&d->queues[i], true, 0);
    return bits;
}
