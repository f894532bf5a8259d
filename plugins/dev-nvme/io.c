/* SPDX-License-Identifier: BSD-2-Clause */
/* io.c - commands of the NVM command set (chapter 6) as requests of the backend. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "nvme.h"

enum opcode { FLUSH = 0x00, WRITE = 0x01, READ = 0x02, WRITE_ZEROES = 0x08, DATASET = 0x09 };

#define FORCE_UNIT_ACCESS (1u << 30) /* of the twelfth word */
#define DEALLOCATE_ZEROES (1u << 25)
#define DATASET_DISCARD   4u /* of the eleventh */

/* ---- requests -------------------------------------------------------------------------------- */

struct request *request_take(struct nvme *n)
{
    struct request *r = n->free;

    if (r)
        n->free = r->next;
    else
        r = malloc(sizeof(*r));
    if (r) {
        r->block = (struct vm_block_request){.size = sizeof(r->block)};
        r->n_mapped = r->n_pieces = r->n_ranges = r->range = 0;
        r->is_own = 0;
    }
    return r;
}

void request_give(struct nvme *n, struct request *r)
{
    r->next = n->free;
    n->free = r;
}

void requests_free(struct nvme *n)
{
    while (n->free) {
        struct request *r = n->free;
        n->free = r->next;
        free(r);
    }
}

/* ---- the end of one -------------------------------------------------------------------------- */

static uint32_t status_of(const struct vm_block_request *b)
{
    switch (b->error) {
    case 0:
        return OK;
    case ENOSPC:
        return CAPACITY_EXCEEDED;
    case EROFS:
        return READ_ONLY | NO_RETRY;
    case EOPNOTSUPP:
        return INVALID_OPCODE | NO_RETRY;
    default:
        return b->op == VM_BLOCK_OP_READ ? READ_ERROR : WRITE_FAULT;
    }
}

static void submit_range(struct nvme *n, struct request *r)
{
    r->block.offset = r->ranges[r->range].offset;
    r->block.length = r->ranges[r->range].length;
    r->range++;
    n->pci.host->block_submit(n->backend, &r->block);
}

void io_done(void *dev, struct vm_block_request *block)
{
    struct nvme *n = dev;
    struct request *r = (struct request *)block;

    if (!block->error && r->range < r->n_ranges) {
        submit_range(n, r);
        n->pci.host->block_commit(n->backend);
        return;
    }
    prp_unmap(n, r, 1);
    if (!r->is_own)
        queue_complete(n, r->queue, r->id, 0, status_of(block));
    request_give(n, r);
}

void io_flush_all(struct nvme *n)
{
    struct request *r = request_take(n);

    if (r) {
        r->is_own = 1;
        r->block.op = VM_BLOCK_OP_FLUSH;
        n->pci.host->block_drain(n->backend);
        n->pci.host->block_submit(n->backend, &r->block);
    }
    n->pci.host->block_drain(n->backend);
    queues_tell(n);
}

/* ---- commands -------------------------------------------------------------------------------- */

static uint32_t take_range(const struct nvme *n, uint64_t block, uint64_t count, struct range *out)
{
    uint64_t capacity = n->info.length / n->info.block_size;

    if (block > capacity || count > capacity - block)
        return LBA_OUT_OF_RANGE | NO_RETRY;
    *out = (struct range){block * n->info.block_size, count * n->info.block_size};
    return OK;
}

static uint32_t take_lba(const struct nvme *n, const struct command *c, struct range *out)
{
    return take_range(n, c->dw[10] | (uint64_t)c->dw[11] << 32, (c->dw[12] & 0xffff) + 1ull, out);
}

static uint32_t stable(const struct nvme *n, const struct command *c)
{
    return c->dw[12] & FORCE_UNIT_ACCESS || !n->features[FEATURE_WRITE_CACHE] ? VM_BLOCK_FUA : 0;
}

static uint32_t transfer(struct nvme *n, struct request *r, const struct command *c)
{
    int in = c->opcode == READ;
    uint32_t status = take_lba(n, c, &r->ranges[0]);

    if (status)
        return status;
    if (r->ranges[0].length > TRANSFER_MAX)
        return INVALID_FIELD | NO_RETRY;
    status = prp_map(n, r, c, r->ranges[0].length, in);
    if (status)
        return status;
    r->block.op = in ? VM_BLOCK_OP_READ : VM_BLOCK_OP_WRITE;
    r->block.flags = in ? 0 : stable(n, c);
    r->block.iov = r->pieces;
    r->block.n_iov = r->n_pieces;
    r->n_ranges = 1;
    return PENDING;
}

static uint32_t write_zeroes(struct nvme *n, struct request *r, const struct command *c)
{
    uint32_t status = take_lba(n, c, &r->ranges[0]);

    r->block.op = VM_BLOCK_OP_WRITE_ZEROES;
    r->block.flags = stable(n, c) | (c->dw[12] & DEALLOCATE_ZEROES ? VM_BLOCK_UNMAP : 0);
    r->n_ranges = 1;
    return status ? status : PENDING;
}

static uint32_t dataset(struct nvme *n, struct request *r, const struct command *c)
{
    uint32_t count = (c->dw[10] & 0xff) + 1, status;
    uint8_t bytes[MAX_RANGES * 16];

    status = prp_copy(n, c, bytes, count * 16ull, 0);
    if (status || !(c->dw[11] & DATASET_DISCARD))
        return status; /* the other attributes are hints */
    for (uint32_t i = 0; i < count && !status; i++)
        status = take_range(n, get_le(bytes + 16 * i + 8, 8), get_le(bytes + 16 * i + 4, 4),
                            &r->ranges[i]);
    r->block.op = VM_BLOCK_OP_DISCARD;
    r->n_ranges = count;
    return status ? status : PENDING;
}

static uint32_t begin(struct nvme *n, struct request *r, const struct command *c)
{
    if (c->namespace != 1 && !(c->opcode == FLUSH && c->namespace == UINT32_MAX))
        return INVALID_NAMESPACE | NO_RETRY;
    switch (c->opcode) {
    case FLUSH:
        r->block.op = VM_BLOCK_OP_FLUSH;
        r->ranges[0] = (struct range){0, 0};
        r->n_ranges = 1;
        return PENDING;
    case WRITE:
    case READ:
        return transfer(n, r, c);
    case WRITE_ZEROES:
        return write_zeroes(n, r, c);
    case DATASET:
        return dataset(n, r, c);
    default:
        return INVALID_OPCODE | NO_RETRY;
    }
}

uint32_t io_command(struct nvme *n, uint32_t queue, const struct command *c)
{
    struct request *r = request_take(n);
    uint32_t status = r ? begin(n, r, c) : INTERNAL_ERROR;

    if (status == PENDING) {
        r->queue = queue;
        r->id = c->id;
        submit_range(n, r);
    } else if (r) {
        request_give(n, r);
    }
    return status;
}
