/* SPDX-License-Identifier: BSD-2-Clause */
/* virtq_host.c - the reader of virtqueues as devices get it (host interface VM_HOST_VIRTQUEUE). */
#include "core/machine/internal.h"
#include "core/virtqueue/virtqueue.h"

static struct vm_virtq *create(struct vm_device_ctx *ctx)
{
    struct vm_virtq *q = ctx->creating ? virtq_new(&device_host, ctx) : NULL;
    if (q) {
        q->next = ctx->queues;
        ctx->queues = q;
    }
    return q;
}

void virtqs_free(struct vm_device_ctx *ctx)
{
    while (ctx->queues) {
        struct vm_virtq *q = ctx->queues;
        ctx->queues = q->next;
        virtq_free(q);
    }
}

const struct vm_virtq_api host_virtqueue = {VIRTQ_API_MEMBERS, .create = create};
