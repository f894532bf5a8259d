/* SPDX-License-Identifier: BSD-2-Clause */
/* virtio_internal.h - what the parts of the virtio archive share: device logic and transports. */
#ifndef SDK_LIB_VIRTIO_INTERNAL_H
#define SDK_LIB_VIRTIO_INTERNAL_H

#include <vmrun/virtio.h>

/* Device status (Virtio 1.2, 2.1). */
enum virtio_status {
    STATUS_ACKNOWLEDGE = 1,
    STATUS_DRIVER = 2,
    STATUS_DRIVER_OK = 4,
    STATUS_FEATURES_OK = 8,
    STATUS_NEEDS_RESET = 64,
    STATUS_FAILED = 128,
};

enum virtio_isr { ISR_QUEUE = 1, ISR_CONFIG = 2 };

#define VIRTIO_CONFIG_VECTOR UINT32_MAX /* instead of a queue, for interrupt() */

struct vm_virtio_transport {
    int (*create)(struct vm_virtio *v, struct vm_error *err);
    /* Interrupts the driver for a queue, or VIRTIO_CONFIG_VECTOR. isr is up to date. */
    void (*interrupt)(struct vm_virtio *v, uint32_t queue);
    /* Device reset: the transport's own registers; interrupts are lowered. */
    void (*reset)(struct vm_virtio *v);
    void (*cold_reset)(struct vm_virtio *v); /* of the machine, after reset(); may be NULL */
    /* After the state was loaded. -1 with err set: it cannot be. */
    int (*loaded)(struct vm_virtio *v, struct vm_error *err);
    int (*may_dma)(const struct vm_virtio *v); /* NULL: always */
};

extern const struct vm_virtio_transport virtio_mmio, virtio_pci;

/* ---- queues (virtio_queue.c) ---- */

int virtio_queues_create(struct vm_virtio *v, const struct vm_props *props, uint32_t n,
                         struct vm_error *err);
void virtio_queues_save(struct vm_virtio *v);
int virtio_queues_load(struct vm_virtio *v, struct vm_error *err);
/* Begins to stop it; what is left to do is done in vm_virtio_queue_stopped(). */
void virtio_queue_stop(struct vm_virtio *v, uint32_t queue);
/* To its reset state: nothing uses it any more. */
void virtio_queue_forget(struct vm_virtio *v, uint32_t queue);

/* ---- what registers do, the same in both transports ---- */

void virtio_write_status(struct vm_virtio *v, uint32_t value);
/* The half of the features that `select` says. */
uint32_t virtio_offered_features(const struct vm_virtio *v, uint32_t select);
uint32_t virtio_driver_features(const struct vm_virtio *v, uint32_t select);
void virtio_write_features(struct vm_virtio *v, uint32_t select, uint32_t value);
/* The selected queue, or NULL: there is none of this number. */
struct vm_virtio_queue *virtio_selected(struct vm_virtio *v);
void virtio_write_queue_length(struct vm_virtio *v, uint32_t value);
void virtio_write_address(struct vm_virtio *v, uint64_t *address, uint64_t value, uint64_t mask);
void virtio_queue_enable(struct vm_virtio *v);
void virtio_queue_disable(struct vm_virtio *v); /* and reset */
void virtio_notify(struct vm_virtio *v, uint32_t queue);
void virtio_notify_all(struct vm_virtio *v); /* soon, on the event thread */
uint64_t virtio_config_read(const struct vm_virtio *v, uint64_t offset, uint32_t size);
void virtio_config_write(struct vm_virtio *v, uint64_t offset, uint32_t size, uint64_t value);

#endif
