/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * virtio.h - virtio devices (Virtio 1.2), written once for both transports. STABLE tier.
 *
 * What is declared here is in the SDK's archive and becomes part of the plugin; the rings
 * themselves are read by the host (virtqueue.h). A device embeds a struct vm_virtio, describes
 * itself by a struct vm_virtio_class, and gets the transport by where its INI puts it: virtio-mmio
 * (4.2, version 2) at an `address` with one `irq`, virtio over PCI (4.1, modern) on a `bus`.
 *
 *     struct foo { struct vm_virtio virtio; ... };      first: the instance begins with it
 *     create():          vm_virtio_create(&f->virtio, host, ctx, props, &setup, err)
 *     reset():           vm_virtio_reset(&f->virtio), then its own
 *     state table:       VM_VIRTIO_STATE(struct foo, virtio), its own fields
 *     state_saving():    vm_virtio_state_saving(&f->virtio)
 *     state_loaded():    check its own, return vm_virtio_state_loaded(&f->virtio, err)
 *     property table:    VM_VIRTIO_PROPERTIES("256"), its own
 *     get_interface():   VM_DEVICE_FDT_INTERFACE gives &vm_virtio_fdt
 *
 * All functions are for locked callbacks of the device; callbacks of the class are such. The
 * structs are between the plugin and its own copy of the archive: no host sees them, and another
 * SDK may have others (the names of saved fields stay).
 */
#ifndef VMRUN_VIRTIO_H
#define VMRUN_VIRTIO_H

#include <vmrun/pci.h>
#include <vmrun/virtqueue.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_VIRTIO_MAX_QUEUES 64u

/* Feature bits of all devices (chapter 6). The archive offers those that it and the user want. */
#define VM_VIRTIO_F_INDIRECT_DESC   (UINT64_C(1) << 28)
#define VM_VIRTIO_F_EVENT_IDX       (UINT64_C(1) << 29)
#define VM_VIRTIO_F_VERSION_1       (UINT64_C(1) << 32)
#define VM_VIRTIO_F_ACCESS_PLATFORM (UINT64_C(1) << 33)
#define VM_VIRTIO_F_RING_PACKED     (UINT64_C(1) << 34)
#define VM_VIRTIO_F_RING_RESET      (UINT64_C(1) << 40)

struct vm_virtio_class {
    uint32_t device_id;     /* chapter 5: 2 is a block device */
    uint32_t pci_class;     /* base class << 16 | subclass << 8 | interface */
    uint32_t config_length; /* bytes of the device's configuration space */
    /*
     * The driver wrote configuration space: size 1, 2 or 4. The device changes what it accepts.
     * NULL: nothing is writable.
     */
    void (*config_write)(void *dev, uint32_t offset, uint32_t size, uint64_t value);
    /* The driver is ready (DRIVER_OK): features are final. May be NULL. */
    void (*start)(void *dev);
    /* The driver notified queue `queue`, or there may be something in it. */
    void (*notify)(void *dev, uint32_t queue);
    /*
     * The queue goes away (device or queue reset): forget all elements of it. Non-zero: their
     * memory is still in use; the device calls vm_virtio_queue_stopped() when it is no more, and
     * the driver waits. NULL: no element is kept from one callback to the next.
     */
    int (*queue_stop)(void *dev, uint32_t queue);
    /* All queues have stopped: the rest of a reset by the driver. May be NULL. */
    void (*reset)(void *dev);
};

struct vm_virtio_queue {
    struct vm_virtq *ring;
    uint8_t stopping;
};

struct vm_virtio_transport;

struct vm_virtio {
    struct vm_pci pci; /* first; unused without a bus */

    /* --- for the device to read --- */
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    uint64_t offered;  /* features */
    uint64_t features; /* the driver's choice; final once it is ready */
    uint32_t n_queues;

    /* --- the archive's --- */
    const struct vm_virtio_class *class_;
    const struct vm_virtio_transport *transport;
    const struct vm_virtq_api *rings;
    const uint8_t *config;
    uint32_t queue_size;
    struct vm_timer *timer; /* to go on with queues on the event thread */
    uint64_t again;         /* which */
    uint32_t budget;        /* chains that one notification may still take */
    uint32_t window;        /* PCI: the capability that is a window on the registers */
    uint8_t resetting;
    struct vm_virtio_queue queues[VM_VIRTIO_MAX_QUEUES];

    /* --- saved --- */
    uint32_t status, isr, generation;
    uint32_t feature_select, driver_select, queue_select;
    uint32_t queue_length[VM_VIRTIO_MAX_QUEUES];
    uint64_t queue_descriptors[VM_VIRTIO_MAX_QUEUES];
    uint64_t queue_driver[VM_VIRTIO_MAX_QUEUES];
    uint64_t queue_device[VM_VIRTIO_MAX_QUEUES];
    uint8_t queue_enabled[VM_VIRTIO_MAX_QUEUES];
    uint32_t queue_position[2 * VM_VIRTIO_MAX_QUEUES];
    uint16_t queue_vector[VM_VIRTIO_MAX_QUEUES], config_vector; /* PCI */
};

struct vm_virtio_setup {
    const struct vm_virtio_class *class_;
    uint64_t features;  /* the device's own ones, offered */
    const void *config; /* config_length bytes, little-endian: what the driver reads */
    uint32_t n_queues;
};

/* ---- making and keeping ---------------------------------------------------------------------- */

/* Declares regions, interrupts and queues. -1 with err set. [in create()] */
int vm_virtio_create(struct vm_virtio *v, const struct vm_device_host *host,
                     struct vm_device_ctx *ctx, const struct vm_props *props,
                     const struct vm_virtio_setup *setup, struct vm_error *err);
void vm_virtio_reset(struct vm_virtio *v);
void vm_virtio_state_saving(struct vm_virtio *v);
/* Notifies all queues soon, since nobody knows what was pending. */
int vm_virtio_state_loaded(struct vm_virtio *v, struct vm_error *err);
extern const struct vm_device_fdt vm_virtio_fdt;

/* ---- use ------------------------------------------------------------------------------------- */

/* Whether the driver has accepted this feature, by its bit as a mask. */
static inline int vm_virtio_has(const struct vm_virtio *v, uint64_t feature)
{
    return (v->features & feature) != 0;
}

/* Whether the device may use its queues: the driver is ready and nothing is broken. */
int vm_virtio_running(const struct vm_virtio *v);
/*
 * The next chain of a queue, or NULL: none, not running, or not now. A ring that is broken is dealt
 * with here. One notification gives as many chains as a queue holds a few times over; what a guest
 * adds in between that is notified again, on the event thread, so that it cannot hold a vCPU.
 */
struct vm_virtq_element *vm_virtio_pop(struct vm_virtio *v, uint32_t queue);
void vm_virtio_unpop(struct vm_virtio *v, uint32_t queue, struct vm_virtq_element *e);
/* Gives it back; the driver is told by vm_virtio_flush(), once for many. */
void vm_virtio_push(struct vm_virtio *v, uint32_t queue, struct vm_virtq_element *e,
                    uint64_t written);
void vm_virtio_flush(struct vm_virtio *v, uint32_t queue);
/* See virtqueue.h. Notifications are on at first, and with the event index off by themselves while
 * there is work. */
int vm_virtio_set_notify(struct vm_virtio *v, uint32_t queue, int on);
/* The class' notify() for this queue, soon, on the event thread. */
void vm_virtio_again(struct vm_virtio *v, uint32_t queue);
/* See queue_stop(). */
void vm_virtio_queue_stopped(struct vm_virtio *v, uint32_t queue);
/* Configuration space has changed: the driver is told. */
void vm_virtio_config_changed(struct vm_virtio *v);
/* The driver did what it must not: the device stops until it is reset. The message is logged. */
void vm_virtio_fail(struct vm_virtio *v, const char *fmt, ...) VM_PRINTF(2, 3);

/* ---- buffers, which the guest may change at any time ----------------------------------------- */

/* Copies from the part to read, or to the part to write, from `offset` on; returns how much. */
uint64_t vm_virtio_read(const struct vm_virtq_element *e, uint64_t offset, void *to, uint64_t n);
uint64_t vm_virtio_write(const struct vm_virtq_element *e, uint64_t offset, const void *from,
                         uint64_t n);
/*
 * Bytes [offset, offset + length) of the n pieces at `from`, as pieces. Returns their number; they
 * are fewer bytes if `from` or `room` ends before.
 */
uint32_t vm_iovec_slice(const struct vm_iovec *from, uint32_t n, uint64_t offset, uint64_t length,
                        struct vm_iovec *to, uint32_t room);

/* ---- tables ---------------------------------------------------------------------------------- */

/* clang-format off */
#define VM_VIRTIO_FLAG(name_, default_, help_) \
    { sizeof(struct vm_property), VM_PROP_BOOL, name_, NULL, default_, 0, 0, NULL, help_, 0, 0 }

/* Properties of every virtio device; queue_size is a text: "256". */
#define VM_VIRTIO_PROPERTIES(queue_size_) \
    { sizeof(struct vm_property), VM_PROP_UINT, "queue-size", NULL, queue_size_, 2, \
      VM_VIRTQ_MAX_SIZE, NULL, \
      "descriptors of each queue, a power of 2; the driver may take fewer", 0, 0 }, \
    VM_VIRTIO_FLAG("packed", "no", "offer packed virtqueues"), \
    VM_VIRTIO_FLAG("event-idx", "yes", "offer interrupt and notification by event index"), \
    VM_VIRTIO_FLAG("indirect", "yes", "offer indirect descriptors"), \
    VM_VIRTIO_FLAG("access-platform", "no", \
                   "have the driver use the addresses of the IOMMU that is in front of the device")

#define VM_VIRTIO_STATE(s, m) \
    VM_STATE(s, m.features, VM_STATE_U64), \
    VM_STATE(s, m.status, VM_STATE_U32), \
    VM_STATE(s, m.isr, VM_STATE_U32), \
    VM_STATE(s, m.generation, VM_STATE_U32), \
    VM_STATE(s, m.feature_select, VM_STATE_U32), \
    VM_STATE(s, m.driver_select, VM_STATE_U32), \
    VM_STATE(s, m.queue_select, VM_STATE_U32), \
    VM_STATE_ARRAY(s, m.queue_length, VM_STATE_U32, VM_VIRTIO_MAX_QUEUES), \
    VM_STATE_ARRAY(s, m.queue_descriptors, VM_STATE_U64, VM_VIRTIO_MAX_QUEUES), \
    VM_STATE_ARRAY(s, m.queue_driver, VM_STATE_U64, VM_VIRTIO_MAX_QUEUES), \
    VM_STATE_ARRAY(s, m.queue_device, VM_STATE_U64, VM_VIRTIO_MAX_QUEUES), \
    VM_STATE_ARRAY(s, m.queue_enabled, VM_STATE_U8, VM_VIRTIO_MAX_QUEUES), \
    VM_STATE_ARRAY(s, m.queue_position, VM_STATE_U32, 2 * VM_VIRTIO_MAX_QUEUES), \
    VM_STATE_ARRAY(s, m.queue_vector, VM_STATE_U16, VM_VIRTIO_MAX_QUEUES), \
    VM_STATE(s, m.config_vector, VM_STATE_U16), \
    VM_PCI_STATE(s, m.pci)
/* clang-format on */

#ifdef __cplusplus
}
#endif
#endif
