/* SPDX-License-Identifier: BSD-2-Clause */
/* control.c - the control queue (Virtio 1.2, 5.1.6.5) and the filter that it sets. */
#include <string.h>

#include "net.h"

enum { CLASS_RX = 0, CLASS_MAC = 1, CLASS_OFFLOADS = 5 };
enum { MAC_TABLE_SET = 0, MAC_ADDR_SET = 1 };
enum { ANSWER_OK = 0, ANSWER_ERROR = 1 };

#define HEAD_BYTES 2u

/* ---- Filter ---------------------------------------------------------------------------------- */

void net_filter_reset(struct net *d)
{
    memset(d->modes, 0, sizeof(d->modes));
    d->modes[MODE_PROMISC] = 1; /* until a driver that knows better says so */
    memset(&d->unicast, 0, sizeof(d->unicast));
    memset(&d->multicast, 0, sizeof(d->multicast));
    memcpy(d->mac, d->own_mac, MAC_BYTES);
    memcpy(d->config + CONFIG_MAC, d->mac, MAC_BYTES);
}

static bool in_table(const struct mac_table *table, const uint8_t mac[MAC_BYTES])
{
    if (table->n > MAC_ENTRIES)
        return true;
    for (uint32_t i = 0; i < table->n; i++) {
        if (memcmp(table->macs + i * MAC_BYTES, mac, MAC_BYTES) == 0)
            return true;
    }
    return false;
}

bool net_wants(const struct net *d, const uint8_t mac[MAC_BYTES])
{
    static const uint8_t broadcast[MAC_BYTES] = {255, 255, 255, 255, 255, 255};

    if (d->modes[MODE_PROMISC])
        return true;
    if (memcmp(mac, broadcast, MAC_BYTES) == 0)
        return !d->modes[MODE_NOBCAST];
    if (mac[0] & 1)
        return !d->modes[MODE_NOMULTI] && (d->modes[MODE_ALLMULTI] || in_table(&d->multicast, mac));
    return !d->modes[MODE_NOUNI] && (d->modes[MODE_ALLUNI] || memcmp(mac, d->mac, MAC_BYTES) == 0 ||
                                     in_table(&d->unicast, mac));
}

/* ---- Offloads -------------------------------------------------------------------------------- */

void net_apply_offloads(struct net *d)
{
    static const struct {
        uint64_t feature;
        uint32_t offload;
    } map[] = {
        {F_CSUM, VM_NET_TX_CSUM},       {F_HOST_TSO4, VM_NET_TX_TSO4},
        {F_HOST_TSO6, VM_NET_TX_TSO6},  {F_GUEST_CSUM, VM_NET_RX_CSUM},
        {F_GUEST_TSO4, VM_NET_RX_TSO4}, {F_GUEST_TSO6, VM_NET_RX_TSO6},
    };
    uint64_t on = (d->virtio.features & ~F_GUEST_OFFLOADS) | d->guest_offloads;
    uint32_t offloads = 0;

    if (!vm_virtio_running(&d->virtio)) /* not final, and perhaps none that were offered */
        on = 0;
    for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++) {
        if (on & map[i].feature)
            offloads |= map[i].offload;
    }
    if (d->backend && d->virtio.host->net_set_offloads(d->backend, offloads) < 0)
        d->virtio.host->base->log(d->virtio.ctx, VM_LOG_WARNING,
                                  "the backend refuses the offloads 0x%x that it offered",
                                  offloads);
}

/* ---- Commands -------------------------------------------------------------------------------- */

static uint32_t little32(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool set_mode(struct net *d, const struct vm_virtq_element *e, uint32_t mode)
{
    uint64_t needed = mode <= MODE_ALLMULTI ? F_CTRL_RX : F_CTRL_RX_EXTRA;
    uint8_t on;

    if (mode >= N_MODES || !vm_virtio_has(&d->virtio, needed) ||
        vm_virtio_read(e, HEAD_BYTES, &on, 1) != 1)
        return false;
    d->modes[mode] = on != 0;
    return true;
}

/* Reads a table from *offset on, which moves behind it. */
static bool read_table(const struct vm_virtq_element *e, uint64_t *offset, struct mac_table *table)
{
    uint8_t count[4];

    if (vm_virtio_read(e, *offset, count, sizeof(count)) != sizeof(count))
        return false;
    uint64_t n = little32(count), bytes = n * MAC_BYTES;
    *offset += sizeof(count);
    if (e->out_length - *offset < bytes)
        return false;
    table->n = n > MAC_ENTRIES ? MAC_ENTRIES + 1 : (uint32_t)n;
    vm_virtio_read(e, *offset, table->macs, n > MAC_ENTRIES ? 0 : bytes);
    *offset += bytes;
    return true;
}

static bool set_tables(struct net *d, const struct vm_virtq_element *e)
{
    struct mac_table unicast = {0}, multicast = {0};
    uint64_t offset = HEAD_BYTES;

    if (!vm_virtio_has(&d->virtio, F_CTRL_RX) || !read_table(e, &offset, &unicast) ||
        !read_table(e, &offset, &multicast))
        return false;
    d->unicast = unicast;
    d->multicast = multicast;
    return true;
}

static bool set_mac(struct net *d, const struct vm_virtq_element *e)
{
    uint8_t mac[MAC_BYTES];

    if (!vm_virtio_has(&d->virtio, F_CTRL_MAC_ADDR) ||
        vm_virtio_read(e, HEAD_BYTES, mac, sizeof(mac)) != sizeof(mac))
        return false;
    memcpy(d->mac, mac, sizeof(mac));
    memcpy(d->config + CONFIG_MAC, mac, sizeof(mac));
    return true;
}

static bool set_guest_offloads(struct net *d, const struct vm_virtq_element *e)
{
    uint8_t bytes[8];

    if (!vm_virtio_has(&d->virtio, F_CTRL_GUEST_OFFLOADS) ||
        vm_virtio_read(e, HEAD_BYTES, bytes, sizeof(bytes)) != sizeof(bytes))
        return false;
    uint64_t wanted = little32(bytes) | (uint64_t)little32(bytes + 4) << 32;
    if (wanted & ~(d->virtio.features & F_GUEST_OFFLOADS))
        return false;
    d->guest_offloads = wanted;
    net_apply_offloads(d);
    return true;
}

static bool command(struct net *d, const struct vm_virtq_element *e)
{
    uint8_t head[HEAD_BYTES];

    if (vm_virtio_read(e, 0, head, sizeof(head)) != sizeof(head))
        return false;
    switch (head[0]) {
    case CLASS_RX:
        return set_mode(d, e, head[1]);
    case CLASS_MAC:
        return head[1] == MAC_TABLE_SET ? set_tables(d, e)
                                        : head[1] == MAC_ADDR_SET && set_mac(d, e);
    case CLASS_OFFLOADS:
        return head[1] == 0 && set_guest_offloads(d, e);
    default:
        return false;
    }
}

void net_control(struct net *d)
{
    struct vm_virtq_element *e;

    while ((e = vm_virtio_pop(&d->virtio, QUEUE_CONTROL))) {
        uint8_t answer = command(d, e) ? ANSWER_OK : ANSWER_ERROR;
        vm_virtio_push(&d->virtio, QUEUE_CONTROL, e, vm_virtio_write(e, 0, &answer, 1));
    }
    vm_virtio_flush(&d->virtio, QUEUE_CONTROL);
}
