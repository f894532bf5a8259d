/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * request.c - chains to requests of the backend, and back (Virtio 1.2, 5.2.6).
 *
 * A chain is a header to read, then data to read or to write, then a byte of status to write. It is
 * copied before it is looked at; data goes between the guest's memory and the backend directly.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "blk.h"

#define HEADER_BYTES  16u
#define SEGMENT_BYTES 16u

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_WRITE_ZEROES = 13 };
enum { S_OK = 0, S_IOERR = 1, S_UNSUPP = 2 };

#define SEGMENT_UNMAP 1u

struct header {
    uint32_t type;
    uint64_t sector;
};

static uint64_t get(const uint8_t *bytes, uint32_t n)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < n; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

/* ---- requests ---- */

static struct request *take_request(struct blk *b)
{
    struct request *r = b->free;

    if (r)
        b->free = r->next;
    else
        r = calloc(1, sizeof(*r));
    return r;
}

static void give_request(struct blk *b, struct request *r)
{
    r->next = b->free;
    b->free = r;
}

void blk_free_requests(struct blk *b)
{
    while (b->free) {
        struct request *r = b->free;
        b->free = r->next;
        free(r->pieces);
        free(r);
    }
}

/* ---- the end of a chain ---- */

static void give_back(struct blk *b, uint32_t queue, struct vm_virtq_element *e, uint8_t status,
                      uint64_t written)
{
    const struct vm_iovec *last = &e->in[e->n_in - 1];

    if (last->length)
        __atomic_store_n((uint8_t *)last->base + last->length - 1, status, __ATOMIC_RELAXED);
    else
        vm_virtio_write(e, e->in_length - 1, &status, 1);
    /* All up to the status counts as written, or a driver would not look at it. */
    vm_virtio_push(&b->virtio, queue, e, status == S_OK ? written + 1 : e->in_length);
    b->dirty |= 1u << queue;
}

static void end_request(struct blk *b, struct request *r, uint8_t status)
{
    uint32_t queue = r->queue;

    give_back(b, queue, r->element, status, r->written);
    give_request(b, r);
    if (--b->under_way[queue] == 0 && b->stopping[queue]) {
        b->stopping[queue] = 0;
        vm_virtio_queue_stopped(&b->virtio, queue);
    }
}

void blk_told(void *dev)
{
    struct blk *b = dev;

    while (b->dirty) {
        uint32_t queue = (uint32_t)__builtin_ctz(b->dirty);
        b->dirty &= b->dirty - 1;
        vm_virtio_flush(&b->virtio, queue);
    }
}

/* ---- to the backend ---- */

static void submit(struct blk *b, struct request *r)
{
    b->virtio.host->block_submit(b->backend, &r->block);
}

/* The next range of a DISCARD or WRITE_ZEROES. */
static void submit_segment(struct blk *b, struct request *r)
{
    const struct segment *s = &r->segments[r->segment++];

    r->block.offset = s->offset;
    r->block.length = s->length;
    r->block.flags = (r->block.flags & VM_BLOCK_FUA) | s->flags;
    submit(b, r);
}

void blk_done(void *dev, struct vm_block_request *block)
{
    struct blk *b = dev;
    struct request *r = (struct request *)block;

    if (!r->element) /* config_write()'s */
        return;
    if (block->error == 0 && r->segment < r->n_segments) {
        submit_segment(b, r);
        b->virtio.host->block_commit(b->backend);
        return;
    }
    end_request(b, r, block->error == 0 ? S_OK : block->error == EOPNOTSUPP ? S_UNSUPP : S_IOERR);
}

/* Without a cache that the driver may switch and knows how to flush, done means stable. */
static uint32_t write_flags(const struct blk *b)
{
    if (!vm_virtio_has(&b->virtio, BLK_F_FLUSH))
        return VM_BLOCK_FUA;
    return vm_virtio_has(&b->virtio, BLK_F_CONFIG_WCE) && !b->writeback ? VM_BLOCK_FUA : 0;
}

/* How many pieces from the first on make up exactly `length` bytes; 0: they do not. */
static uint32_t whole_pieces(const struct vm_iovec *pieces, uint32_t n, uint64_t length)
{
    uint64_t sum = 0;
    uint32_t i = 0;

    while (i < n && sum < length)
        sum += pieces[i++].length;
    return sum == length ? i : 0;
}

/*
 * Has the backend transfer `length` bytes of the pieces, from `offset` on. The usual chain has
 * header and status in pieces of their own, so that its others are what is wanted.
 */
static int take_pieces(struct request *r, const struct vm_iovec *from, uint32_t n, uint64_t offset,
                       uint64_t length)
{
    uint32_t skip = whole_pieces(from, n, offset);

    r->block.iov = from + skip;
    r->block.n_iov = whole_pieces(from + skip, n - skip, length);
    if ((skip || !offset) && (r->block.n_iov || !length))
        return 0;
    if (n > r->room) {
        struct vm_iovec *more = realloc(r->pieces, n * sizeof(*more));
        if (!more)
            return -1;
        r->pieces = more;
        r->room = n;
    }
    r->block.iov = r->pieces;
    r->block.n_iov = vm_iovec_slice(from, n, offset, length, r->pieces, n);
    return 0;
}

static int transfer(struct blk *b, struct request *r, const struct header *h)
{
    const struct vm_virtq_element *e = r->element;
    int in = h->type == T_IN;
    uint64_t length = in ? e->in_length - 1 : e->out_length - HEADER_BYTES;

    if (length % SECTOR || h->sector > b->info.length / SECTOR)
        return S_IOERR;
    if (take_pieces(r, in ? e->in : e->out, in ? e->n_in : e->n_out, in ? 0 : HEADER_BYTES, length))
        return S_IOERR;
    r->block.op = in ? VM_BLOCK_OP_READ : VM_BLOCK_OP_WRITE;
    r->block.flags = in ? 0 : write_flags(b);
    r->block.offset = h->sector * SECTOR;
    r->block.length = length;
    r->written = in ? length : 0;
    submit(b, r);
    return -1;
}

static int flush(struct blk *b, struct request *r)
{
    r->block.op = VM_BLOCK_OP_FLUSH;
    r->block.flags = 0;
    r->block.offset = r->block.length = 0;
    submit(b, r);
    return -1;
}

/* A status, or -1: the segment is one. */
static int take_segment(struct blk *b, const uint8_t *bytes, int zeroes, struct segment *s)
{
    uint64_t sector = get(bytes, 8), sectors = get(bytes + 8, 4), flags = get(bytes + 12, 4);
    uint64_t capacity = b->info.length / SECTOR;

    if (flags & ~(uint64_t)SEGMENT_UNMAP || (flags && !zeroes))
        return S_UNSUPP;
    if (sectors > MAX_ERASE || sector > capacity || sectors > capacity - sector)
        return S_IOERR;
    *s = (struct segment){sector * SECTOR, sectors * SECTOR, flags ? VM_BLOCK_UNMAP : 0};
    return -1;
}

static int erase(struct blk *b, struct request *r, const struct header *h)
{
    const struct vm_virtq_element *e = r->element;
    uint64_t length = e->out_length - HEADER_BYTES;
    uint8_t bytes[MAX_SEGMENTS * SEGMENT_BYTES];
    int zeroes = h->type == T_WRITE_ZEROES, status = -1;

    if (!vm_virtio_has(&b->virtio, zeroes ? BLK_F_WRITE_ZEROES : BLK_F_DISCARD))
        return S_UNSUPP;
    if (length == 0 || length % SEGMENT_BYTES || length > sizeof(bytes))
        return S_IOERR;
    vm_virtio_read(e, HEADER_BYTES, bytes, length);
    r->n_segments = (uint32_t)(length / SEGMENT_BYTES);
    for (uint32_t i = 0; i < r->n_segments && status < 0; i++)
        status = take_segment(b, bytes + i * SEGMENT_BYTES, zeroes, &r->segments[i]);
    if (status >= 0)
        return status;
    r->block.op = zeroes ? VM_BLOCK_OP_WRITE_ZEROES : VM_BLOCK_OP_DISCARD;
    r->block.flags = zeroes ? write_flags(b) : 0;
    submit_segment(b, r);
    return -1;
}

static int get_id(struct blk *b, struct request *r)
{
    uint64_t room = r->element->in_length - 1;

    if (room < SERIAL_BYTES)
        return S_IOERR;
    r->written = vm_virtio_write(r->element, 0, b->serial, SERIAL_BYTES);
    return S_OK;
}

/* A status, or -1: the backend has it. */
static int begin(struct blk *b, struct request *r, const struct header *h)
{
    switch (h->type) {
    case T_IN:
    case T_OUT:
        return transfer(b, r, h);
    case T_FLUSH:
        return flush(b, r);
    case T_GET_ID:
        return get_id(b, r);
    case T_DISCARD:
    case T_WRITE_ZEROES:
        return erase(b, r, h);
    default:
        return S_UNSUPP;
    }
}

static void take_chain(struct blk *b, uint32_t queue, struct vm_virtq_element *e)
{
    uint8_t bytes[HEADER_BYTES];
    struct header h;
    struct request *r;

    if (e->in_length == 0 || vm_virtio_read(e, 0, bytes, HEADER_BYTES) < HEADER_BYTES) {
        vm_virtio_fail(&b->virtio, "a request without header or status");
        return;
    }
    h = (struct header){(uint32_t)get(bytes, 4), get(bytes + 8, 8)};
    r = take_request(b);
    if (!r) {
        give_back(b, queue, e, S_IOERR, 0);
        return;
    }
    r->block = (struct vm_block_request){.size = sizeof(r->block)};
    r->element = e;
    r->queue = queue;
    r->written = 0;
    r->n_segments = r->segment = 0;
    b->under_way[queue]++;
    int status = begin(b, r, &h);
    if (status >= 0)
        end_request(b, r, (uint8_t)status);
}

void blk_notify(void *dev, uint32_t queue)
{
    struct blk *b = dev;
    struct vm_virtq_element *e;

    while ((e = vm_virtio_pop(&b->virtio, queue)))
        take_chain(b, queue, e);
    b->virtio.host->block_commit(b->backend);
    blk_told(b);
}
