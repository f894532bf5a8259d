/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio_driver.h - a driver for one virtio device under test (devtest.h), over virtio-mmio: what a
 * guest does to bring it up, and queues to talk to it.
 */
#ifndef TESTS_UNIT_VIRTIO_DRIVER_H
#define TESTS_UNIT_VIRTIO_DRIVER_H

#include <vmrun/virtio.h>

#include <vmrun/devtest.h>
#include "vring.h"

#define DRIVER_RAM       0x80000000u
#define DRIVER_RAM_BYTES (4u << 20)
#define DRIVER_QUEUES    16u

enum driver_register {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SELECT = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SELECT = 0x024,
    REG_QUEUE_SELECT = 0x030,
    REG_QUEUE_MAX = 0x034,
    REG_QUEUE_LENGTH = 0x038,
    REG_QUEUE_READY = 0x044,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_QUEUE_DESCRIPTORS = 0x080,
    REG_QUEUE_DRIVER = 0x090,
    REG_QUEUE_DEVICE = 0x0a0,
    REG_QUEUE_RESET = 0x0c0,
    REG_GENERATION = 0x0fc,
    REG_CONFIG = 0x100,
};

enum driver_status {
    ACKNOWLEDGE = 1,
    DRIVER = 2,
    DRIVER_OK = 4,
    FEATURES_OK = 8,
    NEEDS_RESET = 64
};

struct driver {
    struct vm_devtest *h;
    uint64_t features; /* negotiated */
    uint32_t n_queues;
    struct vring queues[DRIVER_QUEUES];
    uint64_t next; /* free RAM from here on */
};

/* All-in-one: RAM, properties (pairs, NULL-terminated; may be NULL), create(). Aborts if it fails.
 */
struct vm_devtest *driver_device(const struct vm_plugin *plugin, const char *const *properties);

/* Reset to FEATURES_OK with those of `wanted` that are offered, and VERSION_1. */
void driver_negotiate(struct driver *d, struct vm_devtest *h, uint64_t wanted);
/* Sets up queues 0..n-1, each of at most `length` descriptors. */
void driver_queues(struct driver *d, uint32_t n, uint32_t length);
/* Both, and DRIVER_OK. */
void driver_start(struct driver *d, struct vm_devtest *h, uint64_t wanted, uint32_t n_queues);

uint32_t driver_read(struct driver *d, uint32_t offset);
void driver_write(struct driver *d, uint32_t offset, uint32_t value);
uint64_t driver_offered(struct driver *d);

/* RAM of the guest: zeroed, 16-byte aligned. */
uint64_t driver_alloc(struct driver *d, uint64_t n);
void *driver_memory(struct driver *d, uint64_t addr);

/* Adds a chain and notifies if the device wants that. */
uint16_t driver_add(struct driver *d, uint32_t queue, const struct vring_buffer *buffers,
                    uint32_t n);
/* One used chain. */
bool driver_get(struct driver *d, uint32_t queue, uint16_t *id, uint32_t *written);
/* Whether the interrupt is up; acknowledges it. Returns the status bits. */
uint32_t driver_interrupt(struct driver *d);

#endif
