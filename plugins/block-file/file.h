/* SPDX-License-Identifier: BSD-2-Clause */
/* file.h - a file or block device as a disk: what the files of this plugin share. */
#ifndef BLOCK_FILE_FILE_H
#define BLOCK_FILE_FILE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/uio.h>

#include <vmrun/block.h>

#define MAX_PIECES 1024 /* IOV_MAX of Linux */

struct threads;
struct uring;

struct file {
    const struct vm_block_host *host;
    struct vm_block_ctx *ctx;
    int fd;
    bool read_only, direct, device; /* device: not a regular file */
    bool may_be_read_only;          /* if it cannot be written */
    struct vm_block_info info;
    uint32_t memory_alignment; /* direct: of buffers */
    _Atomic bool no_punch;     /* the file system cannot give space back */
    _Atomic bool no_zero_range;
    /* A flush failed: the kernel may have dropped what it could not write, and would call a later
     * flush a success. */
    _Atomic bool flush_failed;
    struct threads *threads;
    struct uring *uring; /* NULL: threads do all */
};

/* What is in vm_block_request.backend. */
struct work {
    struct vm_block_request *next; /* in the threads' queue */
    uint64_t done;                 /* bytes */
    void *bounce;                  /* direct: an aligned copy of the data, or NULL */
    struct iovec rest;             /* of a piece that was cut in two */
};

_Static_assert(sizeof(struct work) <= sizeof(((struct vm_block_request *)0)->backend),
               "it fits into the request");
_Static_assert(sizeof(struct iovec) == sizeof(struct vm_iovec) &&
                   offsetof(struct iovec, iov_len) == offsetof(struct vm_iovec, length),
               "pieces go to the kernel as they are");

static inline struct work *work_of(struct vm_block_request *r)
{
    return (struct work *)r->backend;
}

/* ---- open.c ---- */

/* Opens and locks the file; fills fd, device, info. Leaves fd to its caller in any case. */
int file_open(struct file *f, const char *path, struct vm_error *err);

/* ---- io.c ---- */

/* Begins a request; an errno value. After it, io_end(). */
int io_begin(struct file *f, struct vm_block_request *r);
/* What is still to be transferred of a READ or WRITE; returns how many pieces, 0: nothing. */
unsigned io_pieces(struct vm_block_request *r, const struct iovec **pieces);
/* `n` bytes more were transferred. An errno value: the file is too short. */
int io_advance(struct vm_block_request *r, uint64_t n);
/* Copies and frees what io_begin() made; returns the errno value to complete with. */
int io_end(struct file *f, struct vm_block_request *r, int error);
/* The whole request, blocking; without io_begin() and io_end(). */
int io_run(struct file *f, struct vm_block_request *r);
/* A READ of what the kernel has in memory. EAGAIN: it has not all of it. */
int io_read_cached(struct file *f, struct vm_block_request *r);

/* ---- threads.c ---- */

/* A pool that grows to `n` as there is work. At least one thread is there. NULL with err set. */
struct threads *threads_new(struct file *f, uint32_t n, struct vm_error *err);
void threads_free(struct threads *t); /* nothing is queued */
/* Takes a request that has begun; ends and completes it. */
void threads_submit(struct threads *t, struct vm_block_request *r);

/* ---- uring.c ---- */

/* NULL with err set, if this kernel or its settings have none for us. */
struct uring *uring_new(struct file *f, struct vm_error *err);
void uring_free(struct uring *u);
/* Takes a request that has begun. False: it cannot, and the threads have to. */
bool uring_submit(struct uring *u, struct vm_block_request *r);
void uring_commit(struct uring *u);

#endif
