/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net.h - network backends: where Ethernet frames go. STABLE tier.
 *
 * A backend is a plugin named net-NAME. An INI names it as a section,
 *     [net lan]
 *     type = net-user
 *     forward = tcp:2222:22
 * and a device refers to it by `net = lan`; or without a section by its short name, `net = user`.
 * A backend serves at most one device.
 *
 * What goes both ways is a struct vm_net_header and then the frame: destination address first, no
 * frame check sequence. The header is all zero unless offloads were agreed on.
 */
#ifndef VMRUN_NET_H
#define VMRUN_NET_H

#include <vmrun/chardev.h>
#include <vmrun/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_NET_INTERFACE "vm.net/1"

struct vm_net_ctx; /* the host's handle of one backend instance */
struct vm_net;     /* an attached backend, as the device sees it */
struct vm_net_timer;

#define VM_NET_MIN_FRAME 14u    /* Ethernet header; shorter ones do not get through the host */
#define VM_NET_MAX_FRAME 65562u /* Ethernet header with VLAN tag, largest IP packet, rounded */

/* Offloads, from the device's side. */
#define VM_NET_TX_CSUM 1u  /* sent frames may lack their TCP/UDP checksum */
#define VM_NET_TX_TSO4 2u  /* sent frames may be TCP/IPv4 segments yet to be cut */
#define VM_NET_TX_TSO6 4u  /* the same with IPv6 */
#define VM_NET_RX_CSUM 8u  /* received frames may lack it */
#define VM_NET_RX_TSO4 16u /* received frames may be uncut */
#define VM_NET_RX_TSO6 32u

/*
 * Layout of struct virtio_net_hdr_mrg_rxbuf, little-endian (Virtio 1.2, 5.1.6); `buffers` is the
 * device's, zero here. What a guest wrote in it is hostile: a backend checks it.
 */
struct vm_net_header {
    uint8_t flags;    /* VM_NET_NEEDS_CSUM, VM_NET_DATA_VALID */
    uint8_t gso_type; /* VM_NET_GSO_* */
    uint16_t header_length;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint16_t buffers;
};

#define VM_NET_NEEDS_CSUM 1u /* the checksum at csum_start + csum_offset is yet to be completed */
#define VM_NET_DATA_VALID 2u /* the checksum was found right (to the guest only) */

#define VM_NET_GSO_NONE  0u
#define VM_NET_GSO_TCPV4 1u
#define VM_NET_GSO_TCPV6 4u
#define VM_NET_GSO_ECN   0x80u /* flag beside one of them */

struct vm_net_info {
    uint32_t size;
    uint32_t offloads; /* VM_NET_TX_*, VM_NET_RX_* that it can do */
    uint32_t mtu;      /* bytes of IP packets; 0: not known */
    uint32_t link_up;
};

/* A device's side. All [event thread, locked; deterministic mode: vCPU thread, locked]. */
struct vm_net_client {
    uint32_t size;
    uint32_t reserved;
    /*
     * A frame came in, the header in front; returns 1 if it was taken or dropped, 0 for no room:
     * it is offered again after net_receive_ready.
     */
    int (*receive)(void *opaque, const struct vm_iovec *iov, uint32_t n);
    void (*writable)(void *opaque);     /* net_send has room again */
    void (*link)(void *opaque, int up); /* may be NULL */
};

/*
 * What the host gives a backend. [event thread] unless said otherwise; there before the machine
 * starts too, when nobody listens.
 */
struct vm_net_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;
    /*
     * A frame for the guest, the header in front. 1: taken (or nobody wants it); 0: no room, keep
     * or drop it and wait for receive_ready().
     */
    int (*receive)(struct vm_net_ctx *ctx, const struct vm_iovec *iov, uint32_t n);
    void (*writable)(struct vm_net_ctx *ctx);
    void (*link)(struct vm_net_ctx *ctx, int up);
    /*
     * Has poll(opaque) called on the event thread as soon as possible; several requests may become
     * one call. For backends whose library is not thread-safe. [any thread]
     */
    void (*wake)(struct vm_net_ctx *ctx);
    /* As struct vm_chardev_host has them. */
    struct vm_fd_watch *(*watch_fd)(struct vm_net_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err);
    void (*watch_change)(struct vm_fd_watch *watch, uint32_t events); /* [any thread] */
    void (*watch_remove)(struct vm_fd_watch *watch);
    /*
     * The host's monotonic clock, and timers of about a millisecond's grain on it: what is at the
     * other end of a network lives in the host's time. A timer fires once, on the event thread;
     * INT64_MAX disarms.
     */
    int64_t (*clock_ns)(struct vm_net_ctx *ctx); /* [any thread] */
    struct vm_net_timer *(*timer_new)(struct vm_net_ctx *ctx, void (*cb)(void *opaque),
                                      void *opaque); /* NULL: no memory */
    void (*timer_arm)(struct vm_net_timer *timer, int64_t deadline_ns);
    void (*timer_free)(struct vm_net_timer *timer); /* [also after stop] */
};

/* What a backend gives the host. The interface VM_NET_INTERFACE. */
struct vm_net_ops {
    uint32_t size;
    uint32_t reserved;
    /* Opens what it needs. Leaves nothing behind on failure. [before start] */
    void *(*create)(const struct vm_net_host *host, struct vm_net_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err);
    void (*destroy)(void *be);                        /* [after stop] */
    void (*info)(void *be, struct vm_net_info *info); /* [any thread] */
    /*
     * Takes a header and one whole frame without blocking: the length of both, or 0 if there is no
     * room: then host->writable is called later. A frame that can never go out is taken and
     * dropped. The memory may be the guest's, which changes it meanwhile: what is looked at is
     * copied first. Calls of one instance never overlap. [any thread]
     */
    size_t (*send)(void *be, const struct vm_iovec *iov, uint32_t n);
    void (*receive_ready)(void *be); /* the device has room again. [any thread] */
    /*
     * The guest's driver agreed on these offloads, or 0: on none (any more). Frames on their way
     * may still be of the old kind. 0 or -1. NULL: it has none. [any thread]
     */
    int (*set_offloads)(void *be, uint32_t offloads);
    void (*poll)(void *be); /* see wake; may be NULL */
};

#ifdef __cplusplus
}
#endif
#endif
