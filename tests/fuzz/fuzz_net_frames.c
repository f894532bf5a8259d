/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_net_frames.c - libFuzzer target for what net-user does to frames before libslirp sees them,
 * and to those that it gets back: headers of the guest's, lengths that lie, cutting; through the
 * ring, as frames come.
 */
#include <stdlib.h>
#include <string.h>

#include "../../plugins/net-user/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct ring ring;

static void from_guest(const struct vm_net_header *header, const uint8_t *frame, uint32_t n)
{
    struct vm_iovec iov[2] = {{(void *)(uintptr_t)header, sizeof(*header)},
                              {(void *)(uintptr_t)frame, n}};
    uint32_t length;

    if (!ring_put(&ring, iov, 2))
        abort();
    uint8_t *bytes = ring_first(&ring, &length);
    if (!bytes || length != n + sizeof(*header))
        abort();
    /* In a piece of memory of its own, so that what is beside it is watched. */
    uint8_t *copy = malloc(n);
    memcpy(copy, bytes + sizeof(*header), n);
    if (frame_complete(header, copy, n)) {
        frame_opens_socket(copy, n);
        frame_set_mss(copy, n, 65481);
    }
    free(copy);
    ring_done(&ring);
}

static void to_guest(const uint8_t *frame, uint32_t n, uint32_t mtu, uint32_t offloads)
{
    struct vm_net_header header;
    uint8_t *copy = malloc(n), *out = malloc(mtu + VM_NET_MIN_FRAME);
    uint32_t offset = 0, length, before = 0;

    memcpy(copy, frame, n);
    if (!frame_describe(copy, n, mtu, offloads, &header)) {
        while ((length = frame_cut(copy, n, mtu, &offset, out))) {
            if (length > mtu + VM_NET_MIN_FRAME || offset <= before)
                abort(); /* it would not end, or not fit */
            before = offset;
        }
    }
    free(copy);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vm_net_header header;
    uint8_t orders[4];

    if (size < sizeof(header) + sizeof(orders) + VM_NET_MIN_FRAME)
        return 0;
    if (!ring.bytes && ring_init(&ring))
        return 0;
    memcpy(&header, data, sizeof(header));
    memcpy(orders, data + sizeof(header), sizeof(orders));
    data += sizeof(header) + sizeof(orders);
    size -= sizeof(header) + sizeof(orders);
    from_guest(&header, data, (uint32_t)size);
    to_guest(data, (uint32_t)size, 576 + orders[0], orders[1]);
    return 0;
}
