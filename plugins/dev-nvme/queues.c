/* SPDX-License-Identifier: BSD-2-Clause */
/* queues.c - submission and completion queues (chapter 4), interrupts (7.5). */
#include <stdatomic.h>
#include <string.h>

#include "nvme.h"

/* ---- completion ------------------------------------------------------------------------------ */

void queues_update_intx(struct nvme *n)
{
    int level = 0;

    for (uint32_t i = 0; i < N_QUEUES; i++)
        level |= n->cq_size[i] && n->cq_interrupts[i] && n->cq_head[i] != n->cq_tail[i] &&
                 !(n->masked & 1);
    vm_pci_set_intx(&n->pci, level);
}

void queues_tell(struct nvme *n)
{
    int pin = 0;

    while (n->dirty) {
        uint32_t queue = (uint32_t)__builtin_ctz(n->dirty);
        n->dirty &= n->dirty - 1;
        if (n->cq_interrupts[queue] && !vm_pci_message(&n->pci, n->cq_vector[queue]))
            pin = 1;
    }
    if (pin)
        queues_update_intx(n);
}

/* The place was reserved when the command was fetched. */
void queue_complete(struct nvme *n, uint32_t queue, uint16_t id, uint32_t result, uint32_t status)
{
    const struct vm_device_host *host = n->pci.host;
    uint32_t cq = n->sq_cq[queue];
    uint64_t at = n->cq_base[cq] + (uint64_t)n->cq_tail[cq] * ENTRY_BYTES;
    uint8_t entry[ENTRY_BYTES] = {0};

    put_le(entry, 4, result);
    put_le(entry + 8, 2, n->sq_head[queue]);
    put_le(entry + 10, 2, queue);
    put_le(entry + 12, 2, id);
    put_le(entry + 14, 2, (status & 0x7fff) << 1 | n->cq_phase[cq]);
    n->reserved[cq]--;
    /* The driver may look for the phase without an interrupt: it changes last. */
    if (host->dma_write(n->pci.ctx, at, entry, 14) != VM_ACCESS_OK) {
        nvme_fatal(n, "a completion queue is not in RAM");
        return;
    }
    atomic_thread_fence(memory_order_release);
    host->dma_write(n->pci.ctx, at + 14, entry + 14, 2);
    if (++n->cq_tail[cq] == n->cq_size[cq]) {
        n->cq_tail[cq] = 0;
        n->cq_phase[cq] ^= 1;
    }
    n->dirty |= 1u << cq;
}

/* ---- submission ------------------------------------------------------------------------------ */

static int has_room(const struct nvme *n, uint32_t cq)
{
    uint32_t used = (n->cq_tail[cq] + n->cq_size[cq] - n->cq_head[cq]) % n->cq_size[cq];

    return used + n->reserved[cq] < n->cq_size[cq] - 1;
}

static int fetch(struct nvme *n, uint32_t queue, struct command *c)
{
    uint64_t at = n->sq_base[queue] + (uint64_t)n->sq_head[queue] * COMMAND_BYTES;
    uint8_t bytes[COMMAND_BYTES];

    if (!vm_pci_is_master(&n->pci) ||
        n->pci.host->dma_read(n->pci.ctx, at, bytes, sizeof(bytes)) != VM_ACCESS_OK) {
        nvme_fatal(n, "a submission queue is not in RAM");
        return -1;
    }
    for (uint32_t i = 0; i < 16; i++)
        c->dw[i] = (uint32_t)get_le(bytes + 4 * i, 4);
    c->opcode = bytes[0];
    c->flags = bytes[1];
    c->id = (uint16_t)get_le(bytes + 2, 2);
    c->namespace = c->dw[1];
    c->prp1 = get_le(bytes + 24, 8);
    c->prp2 = get_le(bytes + 32, 8);
    n->sq_head[queue] = (n->sq_head[queue] + 1) % n->sq_size[queue];
    n->reserved[n->sq_cq[queue]]++;
    return 0;
}

void queue_run(struct nvme *n, uint32_t queue)
{
    struct command c;

    while (n->sq_size[queue] && n->sq_head[queue] != n->sq_tail[queue] &&
           has_room(n, n->sq_cq[queue])) {
        uint32_t result = 0, status;
        if (fetch(n, queue, &c))
            break;
        if (c.flags) /* fused operations, SGLs */
            status = INVALID_FIELD | NO_RETRY;
        else if (queue == 0)
            status = admin_command(n, &c, &result);
        else
            status = io_command(n, queue, &c);
        if (status != PENDING)
            queue_complete(n, queue, c.id, result, status);
    }
    n->pci.host->block_commit(n->backend);
    queues_tell(n);
}

void queues_run_all(struct nvme *n)
{
    for (uint32_t i = 0; i < N_QUEUES; i++)
        queue_run(n, i);
}

/* ---- doorbells ------------------------------------------------------------------------------- */

static void completion_doorbell(struct nvme *n, uint32_t queue, uint32_t value)
{
    n->cq_head[queue] = value;
    queues_update_intx(n);
    /* What had no room may have some now. */
    for (uint32_t i = 0; i < N_QUEUES; i++)
        if (n->sq_size[i] && n->sq_cq[i] == queue && n->sq_head[i] != n->sq_tail[i])
            queue_run(n, i);
}

void queue_doorbell(struct nvme *n, uint32_t queue, int completion, uint32_t value)
{
    uint32_t size = completion ? n->cq_size[queue] : n->sq_size[queue];

    if (size == 0 || value >= size) {
        admin_event(n, 0, size ? 1 : 0, 1); /* an error: invalid value, or no such queue */
        queues_tell(n);
    } else if (completion) {
        completion_doorbell(n, queue, value);
    } else {
        n->sq_tail[queue] = value;
        queue_run(n, queue);
    }
}
