/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtqueue.h - the host's reader of virtqueues, split and packed. STABLE tier.
 *
 * What parses rings that a guest wrote is in the host, so that a fix of it reaches devices built
 * long ago. Virtio 1.2: 2.6 (virtqueues), 2.7 (split), 2.8 (packed). Whatever the guest writes,
 * pop() gives well-formed elements or says that the queue is broken; a broken queue stays so until
 * reset.
 *
 * A queue belongs to one device. All functions [locked callbacks of it].
 */
#ifndef VMRUN_VIRTQUEUE_H
#define VMRUN_VIRTQUEUE_H

#include <vmrun/device.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_HOST_VIRTQUEUE "vm.host.virtqueue/1" /* through vm_host.get_interface */

#define VM_VIRTQ_MAX_SIZE 1024u /* descriptors of one queue, and of one chain */

struct vm_virtq;

#define VM_VIRTQ_PACKED    1u /* VIRTIO_F_RING_PACKED */
#define VM_VIRTQ_EVENT_IDX 2u /* VIRTIO_F_EVENT_IDX */
#define VM_VIRTQ_INDIRECT  4u /* VIRTIO_F_INDIRECT_DESC */

/* What the driver set up. Addresses are the device's bus addresses. */
struct vm_virtq_setup {
    uint32_t size;
    uint32_t flags;  /* VM_VIRTQ_* */
    uint32_t length; /* descriptors; split: a power of 2 */
    uint32_t reserved;
    uint64_t descriptors; /* descriptor table, or ring */
    uint64_t driver;      /* available ring, or driver event suppression */
    uint64_t device;      /* used ring, or device event suppression */
};

/*
 * One chain that the driver made available: first `n_out` pieces to read, then `n_in` to write, all
 * mapped guest RAM (dma_map): mind that guests race, so copy what is looked at more than once. The
 * host's until push().
 */
struct vm_virtq_element {
    uint32_t size;
    uint32_t id; /* of the buffer, for messages */
    uint32_t n_out, n_in;
    uint64_t out_length, in_length; /* bytes */
    const struct vm_iovec *out, *in;
    void *opaque; /* the device's own */
};

struct vm_virtq_api {
    uint32_t size;
    uint32_t reserved;
    /* NULL: no memory. Freed with the device. [in create()] */
    struct vm_virtq *(*create)(struct vm_device_ctx *ctx);
    /* The driver enabled it. -1 with err set: length, alignment or address do not do. */
    int (*enable)(struct vm_virtq *vq, const struct vm_virtq_setup *setup, struct vm_error *err);
    /* Off, as after device reset. Elements not pushed are given back unwritten. */
    void (*reset)(struct vm_virtq *vq);
    int (*enabled)(const struct vm_virtq *vq);
    /*
     * The next chain, or NULL with *error 0: there is none now; or NULL with *error -1 and err set:
     * the queue is broken, the device has to say DEVICE_NEEDS_RESET.
     */
    struct vm_virtq_element *(*pop)(struct vm_virtq *vq, int *error, struct vm_error *err);
    /* Gives a chain back with `written` bytes of its in-part filled from the start. */
    void (*push)(struct vm_virtq *vq, struct vm_virtq_element *element, uint64_t written);
    /*
     * Puts the chain popped last back, to be popped again: nothing was done for it. Several go back
     * the last one first.
     */
    void (*unpop)(struct vm_virtq *vq, struct vm_virtq_element *element);
    /* Whether what was pushed since the last call wants an interrupt. */
    int (*wants_interrupt)(struct vm_virtq *vq);
    /*
     * Whether the driver has to notify for new chains. Turning it on returns 1 if there are some
     * already (look again: no notification will come for them).
     */
    int (*set_notify)(struct vm_virtq *vq, int on);
    /*
     * For saved state: the position, two words; state_set after enable(). No element is out.
     */
    void (*state_get)(struct vm_virtq *vq, uint32_t words[2]);
    int (*state_set)(struct vm_virtq *vq, const uint32_t words[2], struct vm_error *err);
};

#ifdef __cplusplus
}
#endif
#endif
