/* SPDX-License-Identifier: BSD-2-Clause */
/* net.h - what the parts of the virtio network device share. */
#ifndef DEV_VIRTIO_NET_NET_H
#define DEV_VIRTIO_NET_NET_H

#include <stdbool.h>

#include <vmrun/virtio.h>

/* Feature bits (Virtio 1.2, 5.1.3). */
#define F_CSUM                (UINT64_C(1) << 0)
#define F_GUEST_CSUM          (UINT64_C(1) << 1)
#define F_CTRL_GUEST_OFFLOADS (UINT64_C(1) << 2)
#define F_MTU                 (UINT64_C(1) << 3)
#define F_MAC                 (UINT64_C(1) << 5)
#define F_GUEST_TSO4          (UINT64_C(1) << 7)
#define F_GUEST_TSO6          (UINT64_C(1) << 8)
#define F_HOST_TSO4           (UINT64_C(1) << 11)
#define F_HOST_TSO6           (UINT64_C(1) << 12)
#define F_MRG_RXBUF           (UINT64_C(1) << 15)
#define F_STATUS              (UINT64_C(1) << 16)
#define F_CTRL_VQ             (UINT64_C(1) << 17)
#define F_CTRL_RX             (UINT64_C(1) << 18)
#define F_CTRL_RX_EXTRA       (UINT64_C(1) << 20)
#define F_CTRL_MAC_ADDR       (UINT64_C(1) << 23)

/* Those that CTRL_GUEST_OFFLOADS switches. */
#define F_GUEST_OFFLOADS (F_GUEST_CSUM | F_GUEST_TSO4 | F_GUEST_TSO6)

enum { QUEUE_RX = 0, QUEUE_TX = 1, QUEUE_CONTROL = 2, N_QUEUES = 3 };

/* Configuration space (5.1.4). */
#define CONFIG_MAC    0
#define CONFIG_STATUS 6
#define CONFIG_PAIRS  8
#define CONFIG_MTU    10
#define CONFIG_BYTES  12
#define STATUS_LINK   1u

/* Receive modes, as the commands of the class RX number them (5.1.6.5.1). */
enum {
    MODE_PROMISC = 0,
    MODE_ALLMULTI = 1,
    MODE_ALLUNI = 2,
    MODE_NOMULTI = 3,
    MODE_NOUNI = 4,
    MODE_NOBCAST = 5,
    N_MODES = 6,
};

#define MAC_BYTES   6u
#define MAC_ENTRIES 64u   /* of each table; one that is longer lets all of its kind through */
#define MOST_PIECES 1026u /* of a frame: header, and what a chain can have */
#define MOST_MERGED 64u   /* buffers of one received frame */
#define FRAME_START sizeof(struct vm_net_header)

struct mac_table {
    uint32_t n; /* more than MAC_ENTRIES: it did not fit */
    uint8_t macs[MAC_ENTRIES * MAC_BYTES];
};

struct net {
    struct vm_virtio virtio; /* first */
    struct vm_net *backend;  /* NULL: nothing is plugged in */
    uint8_t config[CONFIG_BYTES];
    uint8_t own_mac[MAC_BYTES]; /* at reset */
    bool blocked;               /* the backend has no room: writable() goes on */
    struct vm_iovec pieces[MOST_PIECES];

    /* Saved state. */
    uint8_t modes[N_MODES];
    uint8_t mac[MAC_BYTES]; /* the driver may change it */
    struct mac_table unicast, multicast;
    uint64_t guest_offloads; /* of F_GUEST_OFFLOADS, those that are on */
};

/* ---- control.c ------------------------------------------------------------------------------- */

void net_filter_reset(struct net *d);
/* What the driver agreed on, to the backend. */
void net_apply_offloads(struct net *d);
/* Whether the guest wants a frame to this address. */
bool net_wants(const struct net *d, const uint8_t mac[MAC_BYTES]);
void net_control(struct net *d);

/* ---- traffic.c ------------------------------------------------------------------------------- */

void net_transmit(struct net *d);
int net_receive(struct net *d, const struct vm_iovec *iov, uint32_t n);
/* Which notifications the driver has to make, when it starts or was restored. */
void net_start_traffic(struct net *d);

#endif
