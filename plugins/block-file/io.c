/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io.c - one request, whoever carries it out: its pieces as it proceeds, aligned copies for
 * cache = direct, and all of it with plain system calls.
 */
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ZERO_BYTES (1u << 20) /* written at a time, where zeroes must be written */

static bool transfers(const struct vm_block_request *r)
{
    return r->op == VM_BLOCK_OP_READ || r->op == VM_BLOCK_OP_WRITE;
}

/* ---- aligned copies ---- */

static bool misaligned(const struct file *f, const struct vm_block_request *r)
{
    uintptr_t bits = 0;

    for (uint32_t i = 0; i < r->n_iov; i++)
        bits |= (uintptr_t)r->iov[i].base | r->iov[i].length;
    return (bits & (f->memory_alignment - 1)) != 0;
}

/* A guest may look at its memory meanwhile; the thread sanitizer sees relaxed atomics. */
static void copy_bytes(char *to, const char *from, size_t n)
{
#ifdef __SANITIZE_THREAD__
    for (size_t i = 0; i < n; i++)
        __atomic_store_n(to + i, __atomic_load_n(from + i, __ATOMIC_RELAXED), __ATOMIC_RELAXED);
#else
    memcpy(to, from, n);
#endif
}

static void copy(struct vm_block_request *r, bool out)
{
    char *bounce = work_of(r)->bounce;

    for (uint32_t i = 0; i < r->n_iov; i++) {
        char *piece = r->iov[i].base;
        size_t n = (size_t)r->iov[i].length;
        copy_bytes(out ? bounce : piece, out ? piece : bounce, n);
        bounce += n;
    }
}

int io_begin(struct file *f, struct vm_block_request *r)
{
    struct work *w = work_of(r);
    size_t alignment = f->memory_alignment > sizeof(void *) ? f->memory_alignment : sizeof(void *);

    *w = (struct work){0};
    if (!f->direct || !transfers(r) || !misaligned(f, r))
        return 0;
    if (posix_memalign(&w->bounce, alignment, (size_t)r->length)) {
        w->bounce = NULL;
        return ENOMEM;
    }
    if (r->op == VM_BLOCK_OP_WRITE)
        copy(r, true);
    return 0;
}

int io_end(struct file *f, struct vm_block_request *r, int error)
{
    struct work *w = work_of(r);

    if (w->bounce && r->op == VM_BLOCK_OP_READ && !error)
        copy(r, false);
    free(w->bounce);
    w->bounce = NULL;
    if (r->op == VM_BLOCK_OP_FLUSH) {
        if (error)
            atomic_store(&f->flush_failed, true);
        else if (atomic_load(&f->flush_failed))
            error = EIO;
    }
    return error;
}

/* ---- pieces ---- */

unsigned io_pieces(struct vm_block_request *r, const struct iovec **pieces)
{
    struct work *w = work_of(r);
    uint64_t skip = w->done;

    if (w->done == r->length)
        return 0;
    *pieces = &w->rest;
    if (w->bounce) {
        w->rest = (struct iovec){(char *)w->bounce + skip, (size_t)(r->length - skip)};
        return 1;
    }
    uint32_t i = 0;
    while (skip >= r->iov[i].length)
        skip -= r->iov[i++].length;
    if (skip) {
        w->rest = (struct iovec){(char *)r->iov[i].base + skip, (size_t)(r->iov[i].length - skip)};
        return 1;
    }
    *pieces = (const struct iovec *)&r->iov[i];
    return r->n_iov - i < MAX_PIECES ? r->n_iov - i : MAX_PIECES;
}

int io_advance(struct vm_block_request *r, uint64_t n)
{
    work_of(r)->done += n;
    return n ? 0 : EIO; /* the end of the file: somebody truncated it */
}

/* ---- system calls ---- */

/* Past the C library, where the thread sanitizer would take the kernel's accesses to memory that a
 * guest polls for races: the order is in the guest's fences, which it does not see. */
static ssize_t move(const struct file *f, const struct vm_block_request *r,
                    const struct iovec *pieces, unsigned n, uint64_t at, int flags)
{
    long call = r->op == VM_BLOCK_OP_READ ? SYS_preadv2 : SYS_pwritev2;

    return syscall(call, f->fd, pieces, (unsigned long)n, (unsigned long)at,
                   (unsigned long)(sizeof(long) == 4 ? at >> 32 : 0), flags);
}

static int transfer(struct file *f, struct vm_block_request *r)
{
    const struct iovec *pieces;
    int flags = r->op == VM_BLOCK_OP_WRITE && r->flags & VM_BLOCK_FUA ? RWF_DSYNC : 0;
    unsigned n;

    while ((n = io_pieces(r, &pieces)) > 0) {
        ssize_t done = move(f, r, pieces, n, r->offset + work_of(r)->done, flags);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return errno;
        int error = io_advance(r, (uint64_t)done);
        if (error)
            return error;
    }
    return 0;
}

int io_read_cached(struct file *f, struct vm_block_request *r)
{
    const struct iovec *pieces;
    unsigned n;

    while ((n = io_pieces(r, &pieces)) > 0) {
        ssize_t done = move(f, r, pieces, n, r->offset + work_of(r)->done, RWF_NOWAIT);
        if (done <= 0)
            return EAGAIN;
        io_advance(r, (uint64_t)done);
    }
    return 0;
}

static int write_zeroes(struct file *f, const struct vm_block_request *r)
{
    uint64_t at = r->offset, end = r->offset + r->length;
    size_t size = r->length < ZERO_BYTES ? (size_t)r->length : ZERO_BYTES;
    void *zeroes;
    int error = 0;

    if (posix_memalign(&zeroes, 4096, size))
        return ENOMEM;
    memset(zeroes, 0, size);
    while (at < end && !error) {
        ssize_t n = pwrite(f->fd, zeroes, end - at < size ? (size_t)(end - at) : size, (off_t)at);
        if (n > 0)
            at += (uint64_t)n;
        else if (n == 0 || errno != EINTR)
            error = n == 0 ? EIO : errno;
    }
    free(zeroes);
    return error;
}

static bool unsupported(int error)
{
    return error == EOPNOTSUPP || error == ENOSYS || error == ENODEV || error == EINVAL ||
           error == ENOTTY;
}

static int allocate(const struct file *f, const struct vm_block_request *r, int mode)
{
    int failed;

    do
        failed = fallocate(f->fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)r->offset, (off_t)r->length);
    while (failed && errno == EINTR);
    return failed ? errno : 0;
}

static int zero(struct file *f, const struct vm_block_request *r)
{
    int error = EOPNOTSUPP;

    if (r->flags & VM_BLOCK_UNMAP && !atomic_load(&f->no_punch)) {
        error = allocate(f, r, FALLOC_FL_PUNCH_HOLE);
        if (unsupported(error))
            atomic_store(&f->no_punch, true);
    }
    if (unsupported(error) && !atomic_load(&f->no_zero_range)) {
        error = allocate(f, r, FALLOC_FL_ZERO_RANGE);
        if (unsupported(error))
            atomic_store(&f->no_zero_range, true);
    }
    return unsupported(error) ? write_zeroes(f, r) : error;
}

/* A hint: where it cannot be done, the contents stay, which is allowed. */
static int discard(struct file *f, const struct vm_block_request *r)
{
    uint64_t range[2] = {r->offset, r->length};
    int error = 0;

    if (atomic_load(&f->no_punch))
        return 0;
    if (f->device)
        error = ioctl(f->fd, BLKDISCARD, range) < 0 ? errno : 0;
    else
        error = allocate(f, r, FALLOC_FL_PUNCH_HOLE);
    if (!unsupported(error))
        return error;
    atomic_store(&f->no_punch, true);
    return 0;
}

static int flush(const struct file *f)
{
    return !f->read_only && fdatasync(f->fd) < 0 ? errno : 0;
}

int io_run(struct file *f, struct vm_block_request *r)
{
    int error;

    switch (r->op) {
    case VM_BLOCK_OP_READ:
    case VM_BLOCK_OP_WRITE:
        return transfer(f, r);
    case VM_BLOCK_OP_FLUSH:
        return flush(f);
    case VM_BLOCK_OP_DISCARD:
        return discard(f, r);
    default:
        error = zero(f, r);
        return !error && r->flags & VM_BLOCK_FUA ? flush(f) : error;
    }
}
