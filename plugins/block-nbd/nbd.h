/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nbd.h - a disk that an NBD server exports: what the files of this plugin share.
 *
 * One thread has the connection to itself. submit() only queues; whatever happens to the server,
 * each request is completed within `timeout` or `reconnect`.
 */
#ifndef BLOCK_NBD_NBD_H
#define BLOCK_NBD_NBD_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <libnbd.h>
#include <vmrun/block.h>

struct list {
    struct vm_block_request *first, *last;
};

struct nbd {
    const struct vm_block_host *host;
    struct vm_block_ctx *ctx;
    char *uri;
    bool read_only;
    int64_t timeout, reconnect; /* ns; reconnect 0: never */

    /* Of the export, as it was at first; a server that comes back must have the same. */
    struct vm_block_info info;
    bool can_flush, can_fua;
    uint32_t chunk; /* most bytes of one command with data */

    pthread_t thread;
    int wake_fd; /* an eventfd, -1: none */
    bool has_thread;
    pthread_mutex_t lock;
    struct list submitted; /* under the lock */
    _Atomic bool stopping;

    /* The thread's own. */
    struct nbd_handle *h;        /* NULL: not connected */
    struct list waiting;         /* to be issued */
    struct list issued;          /* oldest first */
    int64_t lost_at, next_try;   /* host time of the loss and of the next attempt */
    bool unflushed, lost_writes; /* writes done since a flush; such as a lost server may not have */
};

/* What is in vm_block_request.backend. */
struct work {
    struct vm_block_request *next;
    uint64_t done;    /* bytes */
    char *bounce;     /* the data in one piece, NULL: it is */
    int64_t issued;   /* host time of the last command, or of submit() */
    struct nbd *nbd;  /* for the library's callback */
    uint32_t command; /* bytes under way */
    bool flushing;    /* it is written; the flush that stands for FUA is under way */
};

_Static_assert(sizeof(struct work) <= sizeof(((struct vm_block_request *)0)->backend),
               "it fits into the request");

static inline struct work *work_of(struct vm_block_request *r)
{
    return (struct work *)r->backend;
}

int64_t nbd_now(void); /* ns, monotonic */

/* ---- connect.c ---- */

/* Connects, in at most `timeout`. NULL with err set. */
struct nbd_handle *nbd_open(const struct nbd *n, struct vm_error *err);
/* What the server says of the export. -1 with err set: it does not make a disk. */
int nbd_measure(struct nbd *n, struct nbd_handle *h, struct vm_error *err);

/* ---- requests.c ---- */

void list_push(struct list *list, struct vm_block_request *r);
/* Sends what waits; if there is no connection, fails what has waited too long. */
void requests_issue(struct nbd *n);
/* The connection is gone: what was issued waits again, or fails. */
void requests_lost(struct nbd *n);
void requests_begin(struct nbd *n, struct vm_block_request *r);

/* ---- thread.c ---- */

void *nbd_thread(void *nbd);

#endif
