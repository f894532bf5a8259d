/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disk.c - a host for one device under test: a disk in memory as its block backend. It
 * checks requests as vmrun does, and keeps to what block.h says about when done() is called.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct vm_block {
    struct vm_devtest *host;
    struct vm_block_client client;
    void *opaque;
    struct vm_block_info info;
    uint8_t *bytes;
    struct vm_block_request *first, *last;
    uint32_t counts[VM_BLOCK_OP_WRITE_ZEROES + 1], flags;
    int error;
    bool hold, telling;
};

static struct vm_block *disk(const struct vm_devtest *h)
{
    if (!h->disk)
        vm_test_broken("the device has no disk");
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
    b->bytes = vm_test_alloc(length + 1);
}

struct vm_block *vm_devtest_block_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                         const char *prop, const struct vm_block_client *client,
                                         void *opaque, struct vm_error *err)
{
    struct vm_devtest *h = (struct vm_devtest *)ctx;
    const char *text = vm_test_prop_string(props, prop);

    if (vm_devtest_wiring_fails(h, err) || !text)
        return NULL;
    if (h->disk || client->size < offsetof(struct vm_block_client, changed) || !client->done)
        vm_test_broken("block_attach");
    h->disk = vm_test_alloc(sizeof(*h->disk));
    h->disk->host = h;
    vm_test_copy(&h->disk->client, sizeof(*client), client);
    h->disk->opaque = opaque;
    set_up(h->disk, text);
    return h->disk;
}

void vm_devtest_block_info(struct vm_block *b, struct vm_block_info *info)
{
    if (info->size != sizeof(*info))
        vm_test_broken("block_info");
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
        vm_test_broken("pieces of a block request do not add up");
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

void vm_devtest_block_submit(struct vm_block *b, struct vm_block_request *r)
{
    if (r->size != sizeof(*r) || r->op < VM_BLOCK_OP_READ || r->op > VM_BLOCK_OP_WRITE_ZEROES)
        vm_test_broken("block_submit");
    vm_devtest_expect_locked(b->host, "block_submit");
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
    vm_devtest_enter(b->host);
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
    vm_devtest_leave(b->host);
}

void vm_devtest_block_commit(struct vm_block *b)
{
    vm_devtest_expect_locked(b->host, "block_commit");
    if (!b->hold)
        tell(b);
}

void vm_devtest_block_drain(struct vm_block *b)
{
    vm_devtest_expect_locked(b->host, "block_drain");
    tell(b);
}

void vm_devtest_block_settle(struct vm_devtest *h)
{
    if (h->disk && h->device) /* nobody is told whose create() failed */
        tell(h->disk);
}

void vm_devtest_block_free(struct vm_devtest *h)
{
    if (h->disk && h->disk->first)
        vm_test_broken("a device was destroyed with requests under way");
    if (h->disk)
        free(h->disk->bytes);
    free(h->disk);
}

/* ---- The test's side ------------------------------------------------------------------------- */

bool vm_devtest_has_disk(const struct vm_devtest *h)
{
    return h->disk != NULL;
}

uint8_t *vm_devtest_disk(struct vm_devtest *h)
{
    return disk(h)->bytes;
}

uint32_t vm_devtest_disk_requests(const struct vm_devtest *h, uint32_t op)
{
    return disk(h)->counts[op];
}

uint32_t vm_devtest_disk_flags(const struct vm_devtest *h)
{
    return disk(h)->flags;
}

void vm_devtest_disk_fail(struct vm_devtest *h, int error)
{
    disk(h)->error = error;
}

void vm_devtest_disk_hold(struct vm_devtest *h, bool hold)
{
    disk(h)->hold = hold;
    if (!hold)
        tell(disk(h));
}

void vm_devtest_disk_resize(struct vm_devtest *h, uint64_t length)
{
    struct vm_block *b = disk(h);

    b->bytes = realloc(b->bytes, length + 1);
    if (!b->bytes)
        vm_test_broken("out of memory");
    if (length > b->info.length)
        memset(b->bytes + b->info.length, 0, length - b->info.length);
    b->info.length = length;
    vm_devtest_enter(h);
    if (b->client.changed)
        b->client.changed(b->opaque);
    vm_devtest_leave(h);
}
