/* SPDX-License-Identifier: BSD-2-Clause */
/* traffic.c - frames between the queues and the backend (Virtio 1.2, 5.1.6). */
#include <string.h>

#include "net.h"

/* ---- From the guest -------------------------------------------------------------------------- */

/* Only what was agreed on gets to the backend, whatever the guest writes. */
static void clean_header(const struct net *d, struct vm_net_header *h)
{
    uint8_t gso = h->gso_type & (uint8_t)~VM_NET_GSO_ECN;
    bool takes = (gso == VM_NET_GSO_TCPV4 && vm_virtio_has(&d->virtio, F_HOST_TSO4)) ||
                 (gso == VM_NET_GSO_TCPV6 && vm_virtio_has(&d->virtio, F_HOST_TSO6));

    if (!vm_virtio_has(&d->virtio, F_CSUM) || !(h->flags & VM_NET_NEEDS_CSUM)) {
        *h = (struct vm_net_header){0};
        return;
    }
    h->flags = VM_NET_NEEDS_CSUM;
    h->gso_type = takes ? gso : VM_NET_GSO_NONE;
    h->buffers = 0;
}

/* False: the backend has no room. */
static bool send_chain(struct net *d, const struct vm_virtq_element *e)
{
    struct vm_net_header header;

    if (!d->backend || vm_virtio_read(e, 0, &header, sizeof(header)) != sizeof(header))
        return true; /* lost */
    clean_header(d, &header);
    d->pieces[0] = (struct vm_iovec){&header, sizeof(header)};
    uint32_t n = vm_iovec_slice(e->out, e->n_out, sizeof(header), UINT64_MAX, d->pieces + 1,
                                MOST_PIECES - 1);
    return d->virtio.host->net_send(d->backend, d->pieces, n + 1) != 0;
}

void net_transmit(struct net *d)
{
    struct vm_virtq_element *e;

    while (!d->blocked && (e = vm_virtio_pop(&d->virtio, QUEUE_TX))) {
        if (send_chain(d, e)) {
            vm_virtio_push(&d->virtio, QUEUE_TX, e, 0);
        } else {
            vm_virtio_unpop(&d->virtio, QUEUE_TX, e);
            d->blocked = true;
        }
    }
    vm_virtio_flush(&d->virtio, QUEUE_TX);
}

/* ---- To the guest ---------------------------------------------------------------------------- */

/* Copies bytes [offset, offset + n) of the pieces. */
static void copy_from(const struct vm_iovec *iov, uint32_t n_iov, uint64_t offset, void *to,
                      uint64_t n)
{
    uint64_t done = 0;

    for (uint32_t i = 0; i < n_iov && done < n; i++) {
        if (offset >= iov[i].length) {
            offset -= iov[i].length;
            continue;
        }
        uint64_t part = iov[i].length - offset < n - done ? iov[i].length - offset : n - done;
        memcpy((uint8_t *)to + done, (const uint8_t *)iov[i].base + offset, part);
        done += part;
        offset = 0;
    }
}

/* Whether the guest takes such a frame at all; and its header as the guest may see it. */
static bool acceptable(const struct net *d, const struct vm_iovec *iov, uint32_t n,
                       struct vm_net_header *header)
{
    uint8_t mac[MAC_BYTES];

    copy_from(iov, n, 0, header, sizeof(*header));
    copy_from(iov, n, FRAME_START, mac, sizeof(mac));
    if (!(d->config[CONFIG_STATUS] & STATUS_LINK) || !net_wants(d, mac))
        return false;
    uint64_t needed = header->gso_type == VM_NET_GSO_TCPV4   ? F_GUEST_TSO4
                      : header->gso_type == VM_NET_GSO_TCPV6 ? F_GUEST_TSO6
                                                             : 0;
    if (!(d->guest_offloads & F_GUEST_CSUM)) {
        if (header->flags & VM_NET_NEEDS_CSUM)
            return false; /* was on its way when the guest changed its mind */
        header->flags = 0;
    }
    return (d->guest_offloads & needed) == needed;
}

static uint64_t length_of(const struct vm_iovec *iov, uint32_t n)
{
    uint64_t length = 0;

    for (uint32_t i = 0; i < n; i++)
        length += iov[i].length;
    return length;
}

/*
 * Takes chains until they have room for `length` bytes; how many. 0: there are not enough, and all
 * are back in the queue. What fits into no chain that there may be is for the caller to drop:
 * *hopeless.
 */
static uint32_t gather(struct net *d, uint64_t length, struct vm_virtq_element **chains,
                       bool *hopeless)
{
    uint32_t most = vm_virtio_has(&d->virtio, F_MRG_RXBUF) ? MOST_MERGED : 1, n = 0;
    uint64_t room = 0;

    *hopeless = false;
    while (n < most && room < length && (chains[n] = vm_virtio_pop(&d->virtio, QUEUE_RX)))
        room += chains[n++]->in_length;
    if (room >= length)
        return n;
    *hopeless = n == most;
    while (n > 0)
        vm_virtio_unpop(&d->virtio, QUEUE_RX, chains[--n]);
    return 0;
}

/* Fills the chains one after another. */
static void scatter(struct net *d, const struct vm_iovec *iov, uint32_t n_iov,
                    const struct vm_net_header *header, uint64_t length,
                    struct vm_virtq_element **chains, uint32_t n)
{
    uint64_t at = 0; /* in the pieces */

    for (uint32_t i = 0; i < n; i++) {
        struct vm_virtq_element *e = chains[i];
        uint64_t wanted = length - at < e->in_length ? length - at : e->in_length, done = 0;
        if (i == 0)
            done = vm_virtio_write(e, 0, header, sizeof(*header));
        uint32_t count =
            vm_iovec_slice(iov, n_iov, at + done, wanted - done, d->pieces, MOST_PIECES);
        for (uint32_t j = 0; j < count; j++)
            done += vm_virtio_write(e, done, d->pieces[j].base, d->pieces[j].length);
        at += done;
        vm_virtio_push(&d->virtio, QUEUE_RX, e, done);
    }
}

int net_receive(struct net *d, const struct vm_iovec *iov, uint32_t n)
{
    struct vm_virtq_element *chains[MOST_MERGED];
    struct vm_net_header header;
    uint64_t length = length_of(iov, n);
    bool hopeless;

    if (!vm_virtio_running(&d->virtio) || !acceptable(d, iov, n, &header))
        return 1;
    uint32_t count = gather(d, length, chains, &hopeless);
    /* The driver notifies for new buffers only while somebody waits for them. */
    if (!count && !hopeless && vm_virtio_set_notify(&d->virtio, QUEUE_RX, 1))
        count = gather(d, length, chains, &hopeless);
    if (!count)
        return hopeless || !vm_virtio_running(&d->virtio);
    if (chains[0]->in_length < sizeof(header)) {
        vm_virtio_fail(&d->virtio, "a receive buffer of %llu bytes has no room for a header",
                       (unsigned long long)chains[0]->in_length);
        count = 0;
    }
    header.buffers = (uint16_t)count;
    scatter(d, iov, n, &header, length, chains, count);
    vm_virtio_flush(&d->virtio, QUEUE_RX);
    return 1;
}

void net_start_traffic(struct net *d)
{
    d->blocked = false;
    vm_virtio_set_notify(&d->virtio, QUEUE_RX, 0);
}
