/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uring.c - requests through io_uring.
 *
 * Those that commit() hands to the kernel and that are done at once, as reads of cached data are,
 * are completed there, without a word to another thread. The others make an eventfd readable.
 *
 * The kernel drops what a thread submitted and has not begun when that thread ends, as vCPU threads
 * do: such requests, and any other that the ring would not do, go to the thread pool.
 */
#include "file.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define ENTRIES 128
#define BATCH   64

struct uring {
    struct file *file;
    struct io_uring ring;
    int event_fd;
    struct vm_fd_watch *watch;
    pthread_mutex_t submit_lock, reap_lock;
    _Atomic uint64_t submissions; /* orders what went into the ring before what comes out */
};

/* ---- completion ---- */

static void finish(struct uring *u, struct vm_block_request *r, int error)
{
    u->file->host->complete(u->file->ctx, r, io_end(u->file, r, error));
}

/* True: some is still to be done, and was submitted again. */
static bool go_on(struct uring *u, struct vm_block_request *r, int result)
{
    if (result == -ECANCELED || result == -EINTR || result == -EAGAIN || result == -EINVAL ||
        result == -EOPNOTSUPP) {
        threads_submit(u->file->threads, r);
        return true;
    }
    if (result < 0 || r->op == VM_BLOCK_OP_FLUSH || io_advance(r, (uint64_t)result) ||
        work_of(r)->done == r->length)
        return false;
    threads_submit(u->file->threads, r);
    return true;
}

static void on_result(struct uring *u, struct vm_block_request *r, int result)
{
    if (go_on(u, r, result))
        return;
    if (result < 0)
        finish(u, r, -result);
    else
        finish(u, r, r->op != VM_BLOCK_OP_FLUSH && work_of(r)->done != r->length ? EIO : 0);
}

static void reap(struct uring *u)
{
    struct {
        struct vm_block_request *request;
        int result;
    } done[BATCH];
    unsigned n;

    do {
        struct io_uring_cqe *cqe;
        n = 0;
        pthread_mutex_lock(&u->reap_lock);
        while (n < BATCH && io_uring_peek_cqe(&u->ring, &cqe) == 0) {
            done[n].request = io_uring_cqe_get_data(cqe);
            done[n++].result = cqe->res;
            io_uring_cqe_seen(&u->ring, cqe);
        }
        pthread_mutex_unlock(&u->reap_lock);
        atomic_load_explicit(&u->submissions, memory_order_acquire);
        for (unsigned i = 0; i < n; i++)
            on_result(u, done[i].request, done[i].result);
    } while (n == BATCH);
}

static void on_event(void *opaque, int fd, uint32_t events)
{
    struct uring *u = opaque;
    uint64_t count;

    (void)events;
    if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
        reap(u);
}

/* ---- submission ---- */

/* With the lock held. */
static int hand_over(struct uring *u)
{
    atomic_fetch_add_explicit(&u->submissions, 1, memory_order_release);
    return io_uring_submit(&u->ring);
}

/* With the lock held. */
static struct io_uring_sqe *get_entry(struct uring *u)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&u->ring);

    if (!sqe) {
        hand_over(u);
        sqe = io_uring_get_sqe(&u->ring);
    }
    return sqe;
}

static void prepare(const struct file *f, struct io_uring_sqe *sqe, struct vm_block_request *r)
{
    const struct iovec *pieces = NULL;
    unsigned n;

    switch (r->op) {
    case VM_BLOCK_OP_READ:
        n = io_pieces(r, &pieces);
        io_uring_prep_readv(sqe, f->fd, pieces, n, r->offset);
        break;
    case VM_BLOCK_OP_WRITE:
        n = io_pieces(r, &pieces);
        io_uring_prep_writev2(sqe, f->fd, pieces, n, r->offset,
                              r->flags & VM_BLOCK_FUA ? RWF_DSYNC : 0);
        break;
    default:
        io_uring_prep_fsync(sqe, f->fd, IORING_FSYNC_DATASYNC);
        break;
    }
    io_uring_sqe_set_data(sqe, r);
}

bool uring_submit(struct uring *u, struct vm_block_request *r)
{
    if (r->op != VM_BLOCK_OP_READ && r->op != VM_BLOCK_OP_WRITE && r->op != VM_BLOCK_OP_FLUSH)
        return false;
    pthread_mutex_lock(&u->submit_lock);
    struct io_uring_sqe *sqe = get_entry(u);
    if (sqe)
        prepare(u->file, sqe, r);
    pthread_mutex_unlock(&u->submit_lock);
    return sqe != NULL;
}

/* The kernel takes what it has memory for; results that are taken from it make room. */
void uring_commit(struct uring *u)
{
    unsigned left;

    do {
        pthread_mutex_lock(&u->submit_lock);
        bool some = io_uring_sq_ready(&u->ring) != 0;
        if (some) {
            io_uring_cq_eventfd_toggle(&u->ring, false);
            hand_over(u);
            io_uring_cq_eventfd_toggle(&u->ring, true);
        }
        left = io_uring_sq_ready(&u->ring);
        pthread_mutex_unlock(&u->submit_lock);
        if (some)
            reap(u);
        if (left)
            usleep(100);
    } while (left);
}

/* ---- life ---- */

struct uring *uring_new(struct file *f, struct vm_error *err)
{
    struct uring *u = calloc(1, sizeof(*u));

    if (!u) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    u->file = f;
    u->event_fd = -1;
    pthread_mutex_init(&u->submit_lock, NULL);
    pthread_mutex_init(&u->reap_lock, NULL);
    int result = io_uring_queue_init(ENTRIES, &u->ring, 0);
    if (result < 0) {
        vm_error_set(err, "io_uring cannot be used: %s; use aio = threads", strerror(-result));
        free(u);
        return NULL;
    }
    u->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    result = u->event_fd < 0 ? -errno : io_uring_register_eventfd(&u->ring, u->event_fd);
    if (result < 0)
        vm_error_set(err, "io_uring cannot be used: %s; use aio = threads", strerror(-result));
    else
        u->watch = f->host->watch_fd(f->ctx, u->event_fd, VM_FD_READ, on_event, u, err);
    if (u->watch)
        return u;
    uring_free(u);
    return NULL;
}

void uring_free(struct uring *u)
{
    if (!u)
        return;
    if (u->watch)
        u->file->host->watch_remove(u->watch);
    io_uring_queue_exit(&u->ring);
    if (u->event_fd >= 0)
        close(u->event_fd);
    pthread_mutex_destroy(&u->submit_lock);
    pthread_mutex_destroy(&u->reap_lock);
    free(u);
}
