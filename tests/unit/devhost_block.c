/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * devhost_block.c - a host for one device under test: a disk in memory as its block backend. It
 * checks requests as vmrun does, and keeps to what block.h says about when done() is called.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "devhost_internal.h"

struct vm_block {
    struct vm_block_client client;
    void *opaque;
    struct vm_block_info info;
    uint8_t *bytes;
    struct vm_block_request *first, *last;
    uint32_t counts[VM_BLOCK_OP_WRITE_ZEROES + 1], flags;
    int error;
    bool hold, telling;
};

static struct vm_block *disk(const struct devhost *h)
{
    if (!h->disk)
        plughost_broken("the device has no disk");
    return h->disk;
}

/* "1M": as many bytes; letters behind it: r read-only, p without discard and zeroes, c no cache,
 * b blocks of 4096 bytes. */
static void set_up(struct vm_block *b, const char *text)
{
    char *end;
    uint64_t length = strtoull(text, &end, 0) << (strchr(text, 'M') ? 20 : 10);
    uint32_t block = strchr(end, 'b') ? 4096 : 512;

    b->info = (struct vm_block_info){.size = sizeof(b->info),
                                     .length = length,
                                     .block_size = block,
                                     .physical_size = 4096,
                                     .discard_granularity = 4096};
    b->info.flags = (strchr(end, 'c') ? 0 : VM_BLOCK_VOLATILE) |
                    (strchr(end, 'p') ? 0 : VM_BLOCK_DISCARD | VM_BLOCK_WRITE_ZEROES);
    if (strchr(end, 'r'))
        b->info.flags = VM_BLOCK_READ_ONLY;
    b->bytes = calloc(1, length + 1);
}

struct vm_block *devhost_block_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                      const char *prop, const struct vm_block_client *client,
                                      void *opaque, struct vm_error *err)
{
    struct devhost *h = (struct devhost *)ctx;
    const char *text = plughost_prop_string(props, prop);

    if (devhost_wiring_fails(h, err) || !text)
        return NULL;
    if (h->disk || client->size < sizeof(*client) || !client->done)
        plughost_broken("block_attach");
    h->disk = calloc(1, sizeof(*h->disk));
    h->disk->client = *client;
    h->disk->opaque = opaque;
    set_up(h->disk, text);
    return h->disk;
}

void devhost_block_info(struct vm_block *b, struct vm_block_info *info)
{
    if (info->size != sizeof(*info))
        plughost_broken("block_info");
    *info = b->info;
}

/* ---- Requests -------------------------------------------------------------------------------- */

static int check(const struct vm_block *b, const struct vm_block_request *r)
{
    uint64_t sum = 0;

    if (b->error)
        return b->error;
    if (r->op == VM_BLOCK_OP_FLUSH)
        return 0;
    if (r->op != VM_BLOCK_OP_READ && b->info.flags & VM_BLOCK_READ_ONLY)
        return EROFS;
    if (r->op == VM_BLOCK_OP_DISCARD && !(b->info.flags & VM_BLOCK_DISCARD))
        return EOPNOTSUPP;
    if (r->op == VM_BLOCK_OP_WRITE_ZEROES && !(b->info.flags & VM_BLOCK_WRITE_ZEROES))
        return EOPNOTSUPP;
    if ((r->offset | r->length) & (b->info.block_size - 1) || r->offset > b->info.length ||
        r->length > b->info.length - r->offset)
        return EIO;
    for (uint32_t i = 0; i < r->n_iov && r->op <= VM_BLOCK_OP_WRITE; i++)
        sum += r->iov[i].length;
    if (sum != r->length && r->op <= VM_BLOCK_OP_WRITE)
        plughost_broken("pieces of a block request do not add up");
    return 0;
}

static void carry_out(const struct vm_block *b, const struct vm_block_request *r)
{
    uint8_t *at = b->bytes + r->offset;

    if (r->op == VM_BLOCK_OP_WRITE_ZEROES)
        memset(at, 0, r->length);
    else if (r->op == VM_BLOCK_OP_DISCARD)
        memset(at, 0xdd, r->length);
    for (uint32_t i = 0; i < r->n_iov && r->op <= VM_BLOCK_OP_WRITE; i++) {
        if (r->op == VM_BLOCK_OP_READ)
            memcpy(r->iov[i].base, at, r->iov[i].length);
        else
            memcpy(at, r->iov[i].base, r->iov[i].length);
        at += r->iov[i].length;
    }
}

void devhost_block_submit(struct vm_block *b, struct vm_block_request *r)
{
    if (r->size != sizeof(*r) || r->op < VM_BLOCK_OP_READ || r->op > VM_BLOCK_OP_WRITE_ZEROES)
        plughost_broken("block_submit");
    b->counts[r->op]++;
    b->flags = r->flags;
    r->error = check(b, r);
    r->host[0] = NULL;
    if (b->first)
        b->last->host[0] = r;
    else
        b->first = r;
    b->last = r;
}

static void tell(struct vm_block *b)
{
    if (b->telling)
        return;
    b->telling = true;
    while (b->first) {
        struct vm_block_request *r = b->first;
        b->first = r->host[0];
        if (!r->error)
            carry_out(b, r);
        b->client.done(b->opaque, r);
    }
    b->telling = false;
    if (b->client.all_told)
        b->client.all_told(b->opaque);
}

void devhost_block_commit(struct vm_block *b)
{
    if (!b->hold)
        tell(b);
}

void devhost_block_drain(struct vm_block *b)
{
    tell(b);
}

void devhost_block_settle(struct devhost *h)
{
    if (h->disk)
        tell(h->disk);
}

void devhost_block_free(struct devhost *h)
{
    if (h->disk && h->disk->first)
        plughost_broken("a device was destroyed with requests under way");
    if (h->disk)
        free(h->disk->bytes);
    free(h->disk);
}

/* ---- The test's side ------------------------------------------------------------------------- */

bool devhost_has_disk(const struct devhost *h)
{
    return h->disk != NULL;
}

uint8_t *devhost_disk(struct devhost *h)
{
    return disk(h)->bytes;
}

uint32_t devhost_disk_requests(const struct devhost *h, uint32_t op)
{
    return disk(h)->counts[op];
}

uint32_t devhost_disk_flags(const struct devhost *h)
{
    return disk(h)->flags;
}

void devhost_disk_fail(struct devhost *h, int error)
{
    disk(h)->error = error;
}

void devhost_disk_hold(struct devhost *h, bool hold)
{
    disk(h)->hold = hold;
    if (!hold)
        tell(disk(h));
}

void devhost_disk_resize(struct devhost *h, uint64_t length)
{
    struct vm_block *b = disk(h);

    b->bytes = realloc(b->bytes, length + 1);
    if (length > b->info.length)
        memset(b->bytes + b->info.length, 0, length - b->info.length);
    b->info.length = length;
    if (b->client.changed)
        b->client.changed(b->opaque);
}
