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
 * Frames start with the destination address and have no frame check sequence. With offloads agreed
 * on, each has a struct vm_net_header in front.
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
struct vm_timer;

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
    uint8_t flags;
    uint8_t gso_type;
    uint16_t header_length;
    uint16_t gso_size;
    uint16_t csum_start;
    uint16_t csum_offset;
    uint16_t buffers;
};

struct vm_net_info {
    uint32_t size;
    uint32_t offloads; /* VM_NET_TX_*, VM_NET_RX_* that it can do */
    uint32_t mtu;      /* bytes of IP packets; 0: not known */
    uint32_t link_up;
};

/* A device's side. All [event thread, locked]. */
struct vm_net_client {
    uint32_t size;
    uint32_t reserved;
    /* A frame came in; returns 1 if it was taken, 0 for no room: offered again after receive_ready.
     */
    int (*receive)(void *opaque, const struct vm_iovec *iov, uint32_t n);
    void (*writable)(void *opaque);     /* net_send has room again */
    void (*link)(void *opaque, int up); /* may be NULL */
};

/* What the host gives a backend. [event thread] unless said otherwise. */
struct vm_net_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;
    /* A frame for the guest. 1: taken; 0: no room, keep or drop it and wait for receive_ready(). */
    int (*receive)(struct vm_net_ctx *ctx, const struct vm_iovec *iov, uint32_t n);
    void (*writable)(struct vm_net_ctx *ctx);
    void (*link)(struct vm_net_ctx *ctx, int up);
    /*
     * Has poll(opaque) called on the event thread as soon as possible; several requests may become
     * one call. For backends whose library is not thread-safe. [any thread]
     */
    void (*wake)(struct vm_net_ctx *ctx);
    struct vm_fd_watch *(*watch_fd)(struct vm_net_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err);
    void (*watch_change)(struct vm_fd_watch *watch, uint32_t events);
    void (*watch_remove)(struct vm_fd_watch *watch);
    /* Virtual time and timers, as struct vm_device_host has them, without a device's lock. */
    int64_t (*clock_ns)(struct vm_net_ctx *ctx); /* [any thread] */
    struct vm_timer *(*timer_new)(struct vm_net_ctx *ctx, void (*cb)(void *opaque), void *opaque);
    void (*timer_arm)(struct vm_timer *timer, int64_t deadline_ns); /* [any thread] */
    void (*timer_free)(struct vm_timer *timer);
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
     * Takes one whole frame without blocking: its length, or 0 if there is no room: then
     * host->writable is called later. A frame that can never go out is taken and dropped. Calls of
     * one instance never overlap. [any thread]
     */
    size_t (*send)(void *be, const struct vm_iovec *iov, uint32_t n);
    void (*receive_ready)(void *be); /* the device has room again. [any thread] */
    /*
     * The guest's driver agreed on these offloads; with any, or 0 and back, whether frames carry a
     * header: they do from here on if `offloads` is not 0. 0 or -1. NULL: it has none. [any thread]
     */
    int (*set_offloads)(void *be, uint32_t offloads);
    void (*poll)(void *be); /* see wake; may be NULL */
};

#ifdef __cplusplus
}
#endif
#endif
