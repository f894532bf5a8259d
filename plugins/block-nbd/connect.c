/* SPDX-License-Identifier: BSD-2-Clause */
/* connect.c - reaches the server and learns what it exports. */
#include "nbd.h"

#include <string.h>
#include <time.h>

#define SECTOR       512u
#define MAX_BLOCK    65536u
#define MAX_COMMAND  (32u << 20) /* what every server takes, says the protocol */
#define POLL_STEP_MS 100

int64_t nbd_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int failed(const struct nbd *n, struct vm_error *err)
{
    const char *why = nbd_get_error();

    return vm_error_set(err, "cannot connect to %s: %s", n->uri, why ? why : "unknown error");
}

/* In steps, so that the end of the machine need not wait for it. */
static int wait_until_ready(const struct nbd *n, struct nbd_handle *h, struct vm_error *err)
{
    int64_t end = nbd_now() + n->timeout;

    while (nbd_aio_is_connecting(h) == 1 && !atomic_load(&n->stopping)) {
        if (nbd_now() >= end)
            return vm_error_set(err, "cannot connect to %s: no answer within %lld seconds", n->uri,
                                (long long)(n->timeout / 1000000000));
        if (nbd_poll(h, POLL_STEP_MS) < 0)
            return failed(n, err);
    }
    if (nbd_aio_is_ready(h) == 1)
        return 0;
    return vm_error_set(err, "cannot connect to %s: the server ended the connection", n->uri);
}

struct nbd_handle *nbd_open(const struct nbd *n, struct vm_error *err)
{
    struct nbd_handle *h = nbd_create();

    if (!h) {
        failed(n, err);
        return NULL;
    }
    if (nbd_aio_connect_uri(h, n->uri) < 0) {
        failed(n, err);
    } else if (wait_until_ready(n, h, err) == 0) {
        return h;
    }
    nbd_close(h);
    return NULL;
}

static uint32_t block_size(struct nbd_handle *h, int which)
{
    int64_t size = nbd_get_block_size(h, which);

    return size > 0 && size <= UINT32_MAX && !(size & (size - 1)) ? (uint32_t)size : 0;
}

static int measure_size(struct nbd *n, struct nbd_handle *h, struct vm_error *err)
{
    int64_t length = nbd_get_size(h);
    uint32_t block = block_size(h, LIBNBD_SIZE_MINIMUM);

    if (block < SECTOR)
        block = SECTOR;
    if (length < 0)
        return failed(n, err);
    if (block > MAX_BLOCK)
        return vm_error_set(err, "%s has blocks of %u bytes, more than %u", n->uri, block,
                            MAX_BLOCK);
    if (length == 0 || length % block)
        return vm_error_set(err, "%s has %lld bytes, which is no disk: it must be a multiple of %u",
                            n->uri, (long long)length, block);
    if (n->info.length && (n->info.length != (uint64_t)length || n->info.block_size != block))
        return vm_error_set(err, "%s is not the same disk any more: its size has changed", n->uri);
    n->info.length = (uint64_t)length;
    n->info.block_size = block;
    n->info.physical_size = block_size(h, LIBNBD_SIZE_PREFERRED);
    if (n->info.physical_size < block || n->info.physical_size > 1u << 20)
        n->info.physical_size = block;
    return 0;
}

int nbd_measure(struct nbd *n, struct nbd_handle *h, struct vm_error *err)
{
    int64_t most = nbd_get_block_size(h, LIBNBD_SIZE_MAXIMUM);
    bool read_only = n->read_only || nbd_is_read_only(h) == 1;
    uint32_t flags = VM_BLOCK_READ_ONLY;

    if (measure_size(n, h, err))
        return -1;
    if (n->info.flags && (n->info.flags & VM_BLOCK_READ_ONLY) == 0 && read_only)
        return vm_error_set(err, "%s has become read-only", n->uri);
    n->can_flush = nbd_can_flush(h) == 1;
    n->can_fua = nbd_can_fua(h) == 1;
    n->chunk = most > 0 && most < MAX_COMMAND ? (uint32_t)most : MAX_COMMAND;
    n->chunk -= n->chunk % n->info.block_size;
    if (!read_only)
        flags = (n->can_flush ? VM_BLOCK_VOLATILE : 0) |
                (nbd_can_trim(h) == 1 ? VM_BLOCK_DISCARD : 0) |
                (nbd_can_zero(h) == 1 ? VM_BLOCK_WRITE_ZEROES : 0);
    /* A server that came back with less would break what the guest was promised. */
    if (n->info.length && n->has_thread && n->info.flags & ~flags)
        return vm_error_set(err, "%s can do less than before", n->uri);
    n->info.flags = n->has_thread ? n->info.flags : flags;
    return 0;
}
