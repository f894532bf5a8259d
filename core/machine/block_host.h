/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block_host.h - block backends and the devices that they serve.
 *
 * Backends' descriptors are watched on a loop of their own, m->block_loop. Its thread never waits
 * for a lock that is held by somebody who waits for a backend: see block_drain().
 */
#ifndef CORE_MACHINE_BLOCK_HOST_H
#define CORE_MACHINE_BLOCK_HOST_H

#include <pthread.h>
#include "core/machine/internal.h"

struct vm_block {
    struct vm_block_ctx *ctx;
};

struct block_queue {
    struct vm_block_request *first, *last;
};

struct block_watch;

struct vm_block_ctx {
    struct context context; /* first */
    const struct instance *instance;
    struct vm_block_ops ops;
    void *be;
    struct vm_block handle; /* what the device gets */

    struct vm_device_ctx *device; /* whose backend it is */
    struct vm_block_client client;
    void *client_opaque;

    /* Under the device's lock. */
    struct vm_block_info info; /* as the device has been told */
    uint32_t active;           /* submitted by the device, which does not know them done */
    bool delivering, failing;
    uint64_t requests[VM_BLOCK_OP_WRITE_ZEROES + 1], bytes[VM_BLOCK_OP_WRITE_ZEROES + 1];
    uint64_t errors;

    pthread_mutex_t lock; /* innermost */
    pthread_cond_t progress;
    /* Parallel mode: what the backend completed. Deterministic mode: all that are under way, in
     * the order in which they were submitted. */
    struct block_queue queue;
    bool told;                            /* a delivery is posted */
    bool changed;                         /* the device must look at info again */
    bool wrote;                           /* since the last flush */
    const struct vm_block_request *final; /* the machine's own flush at the end */

    struct timer *timer; /* deterministic mode: when the first of the queue is due */
};

extern const struct vm_block_host block_host;

int block_create(struct machine *m, struct vm_block_ctx *ctx, const struct instance *instance,
                 struct vm_error *err);
/* Finishes what the device has submitted, what it submits on hearing of that, and so on.
 * [vCPUs stopped, gate held, m->block_loop running] */
void block_settle(struct vm_block_ctx *ctx);
/* Puts everything on stable storage. [settled, m->block_loop running] */
void block_flush(struct vm_block_ctx *ctx);
/* Destroys the backend. [after stop] */
void block_close(struct vm_block_ctx *ctx);
void block_destroy(struct vm_block_ctx *ctx);
void block_stats(const struct vm_block_ctx *ctx, struct stats *stats);

/* For devices: the members of struct vm_device_host. */
struct vm_block *block_attach(struct vm_device_ctx *device, const char *name,
                              const struct vm_block_client *client, void *opaque,
                              struct vm_error *err);
void block_info(struct vm_block *blk, struct vm_block_info *info);
void block_submit(struct vm_block *blk, struct vm_block_request *request);
void block_commit(struct vm_block *blk);
void block_drain(struct vm_block *blk);

#endif
