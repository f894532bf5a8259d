/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * requests.c - the guest's requests as NBD commands.
 *
 * A long request is several commands, one after the other. When the connection is lost, what was
 * under way is sent again to the server that comes back: to write twice does no harm. But what the
 * lost server had acknowledged and not flushed may be gone with it, so that the next flush fails.
 */
#include "nbd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ZERO_CHUNK (1u << 30) /* bytes of one command without data */

/* ---- lists ---- */

void list_push(struct list *list, struct vm_block_request *r)
{
    work_of(r)->next = NULL;
    if (list->first)
        work_of(list->last)->next = r;
    else
        list->first = r;
    list->last = r;
}

static void list_remove(struct list *list, struct vm_block_request *r)
{
    struct vm_block_request *before = NULL, *at = list->first;

    while (at && at != r) {
        before = at;
        at = work_of(at)->next;
    }
    if (!at)
        return;
    if (before)
        work_of(before)->next = work_of(r)->next;
    else
        list->first = work_of(r)->next;
    if (list->last == r)
        list->last = before;
}

static struct vm_block_request *list_pop(struct list *list)
{
    struct vm_block_request *r = list->first;

    if (r)
        list->first = work_of(r)->next;
    return r;
}

/* ---- begin and end ---- */

static bool has_data(const struct vm_block_request *r)
{
    return r->op == VM_BLOCK_OP_READ || r->op == VM_BLOCK_OP_WRITE;
}

static char *data(struct vm_block_request *r)
{
    return work_of(r)->bounce ? work_of(r)->bounce : r->iov[0].base;
}

/*
 * A guest may look at its memory meanwhile, and knows by its own fences when it may rely on it. The
 * thread sanitizer, which sees no such fences, sees relaxed atomics, and never the library at it.
 */
#ifdef __SANITIZE_THREAD__
#define MOST_PIECES 0
static void copy_bytes(char *to, const char *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        __atomic_store_n(to + i, __atomic_load_n(from + i, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
}
#else
#define MOST_PIECES 1 /* that the library takes as they are */
static void copy_bytes(char *to, const char *from, size_t n)
{
    memcpy(to, from, n);
}
#endif

static void copy(struct vm_block_request *r, bool out)
{
    char *at = work_of(r)->bounce;

    for (uint32_t i = 0; i < r->n_iov; i++) {
        char *piece = r->iov[i].base;
        size_t n = (size_t)r->iov[i].length;
        copy_bytes(out ? at : piece, out ? piece : at, n);
        at += n;
    }
}

static void finish(struct nbd *n, struct vm_block_request *r, int error)
{
    struct work *w = work_of(r);

    if (w->bounce && r->op == VM_BLOCK_OP_READ && !error)
        copy(r, false);
    free(w->bounce);
    n->host->complete(n->ctx, r, error);
}

/* The library's handle wants data in one piece. */
void requests_begin(struct nbd *n, struct vm_block_request *r)
{
    struct work *w = work_of(r);

    if (has_data(r) && r->n_iov > MOST_PIECES) {
        w->bounce = malloc((size_t)r->length);
        if (!w->bounce) {
            finish(n, r, ENOMEM);
            return;
        }
        if (r->op == VM_BLOCK_OP_WRITE)
            copy(r, true);
    }
    list_push(&n->waiting, r);
}

/* ---- commands ---- */

static bool connection_error(int error)
{
    return error == ENOTCONN || error == ESHUTDOWN || error == EPIPE || error == ECONNRESET;
}

static void command_done(struct nbd *n, struct vm_block_request *r)
{
    struct work *w = work_of(r);

    w->done += w->command;
    if (r->op == VM_BLOCK_OP_FLUSH || w->flushing) {
        n->unflushed = false;
        finish(n, r, 0);
        return;
    }
    if (r->op != VM_BLOCK_OP_READ && n->can_flush)
        n->unflushed = true;
    if (w->done < r->length) {
        list_push(&n->waiting, r);
    } else if (r->op != VM_BLOCK_OP_READ && r->flags & VM_BLOCK_FUA && !n->can_fua &&
               n->can_flush) {
        w->flushing = true;
        list_push(&n->waiting, r);
    } else {
        finish(n, r, 0);
    }
}

/* From within the library: it must not be called. 1: it may forget the command. */
static int on_completion(void *opaque, int *error)
{
    struct vm_block_request *r = opaque;
    struct nbd *n = work_of(r)->nbd;

    list_remove(&n->issued, r);
    if (*error && connection_error(*error))
        list_push(&n->waiting, r);
    else if (*error)
        finish(n, r, *error);
    else
        command_done(n, r);
    return 1;
}

static int64_t send_command(struct nbd *n, struct vm_block_request *r)
{
    struct work *w = work_of(r);
    nbd_completion_callback done = {.callback = on_completion, .user_data = r};
    uint64_t left = r->length - w->done, at = r->offset + w->done;
    uint32_t fua = r->flags & VM_BLOCK_FUA && n->can_fua ? LIBNBD_CMD_FLAG_FUA : 0;
    uint32_t hole = r->flags & VM_BLOCK_UNMAP ? 0 : LIBNBD_CMD_FLAG_NO_HOLE;
    uint32_t most = has_data(r) ? n->chunk : ZERO_CHUNK;

    w->command = left < most ? (uint32_t)left : most;
    if (r->op == VM_BLOCK_OP_FLUSH || w->flushing) {
        w->command = 0;
        return nbd_aio_flush(n->h, done, 0);
    }
    switch (r->op) {
    case VM_BLOCK_OP_READ:
        return nbd_aio_pread(n->h, data(r) + w->done, w->command, at, done, 0);
    case VM_BLOCK_OP_WRITE:
        return nbd_aio_pwrite(n->h, data(r) + w->done, w->command, at, done, fua);
    case VM_BLOCK_OP_DISCARD:
        return nbd_aio_trim(n->h, w->command, at, done, 0);
    default:
        return nbd_aio_zero(n->h, w->command, at, done, fua | hole);
    }
}

/* It may be completed before this returns. */
static void issue(struct nbd *n, struct vm_block_request *r)
{
    if (r->op == VM_BLOCK_OP_FLUSH && n->lost_writes) {
        n->lost_writes = false;
        finish(n, r, EIO);
        return;
    }
    if (r->op == VM_BLOCK_OP_FLUSH && !n->can_flush) {
        finish(n, r, 0);
        return;
    }
    work_of(r)->nbd = n;
    work_of(r)->issued = nbd_now();
    list_push(&n->issued, r);
    if (send_command(n, r) >= 0)
        return;
    /* Refused, without a callback: no memory, or the connection has just gone. */
    int error = nbd_get_errno();
    if (n->issued.first && n->issued.last == r) {
        list_remove(&n->issued, r);
        if (nbd_aio_is_ready(n->h) == 1 || nbd_aio_is_processing(n->h) == 1)
            finish(n, r, error ? error : EIO);
        else
            list_push(&n->waiting, r);
    }
}

/* How long a request may wait for the server to come back. */
static void fail_old(struct nbd *n)
{
    struct list kept = {0};
    int64_t now = nbd_now();
    struct vm_block_request *r;

    while ((r = list_pop(&n->waiting))) {
        if (now - work_of(r)->issued >= n->reconnect || now - n->lost_at >= n->reconnect)
            finish(n, r, EIO);
        else
            list_push(&kept, r);
    }
    n->waiting = kept;
}

void requests_issue(struct nbd *n)
{
    struct list now = n->waiting;
    struct vm_block_request *r;

    n->waiting = (struct list){0};
    while (n->h && (r = list_pop(&now)))
        issue(n, r);
    while ((r = list_pop(&now)))
        list_push(&n->waiting, r);
    if (!n->h)
        fail_old(n);
}

void requests_lost(struct nbd *n)
{
    struct vm_block_request *r;

    while ((r = list_pop(&n->issued))) {
        work_of(r)->flushing = false;
        list_push(&n->waiting, r);
    }
    n->lost_writes |= n->unflushed;
    n->unflushed = false;
}
