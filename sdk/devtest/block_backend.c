/* SPDX-License-Identifier: BSD-2-Clause */
/* block_backend.c - a host for one block backend under test. */
#include <vmrun/backendtest.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"

#define MAX_REQUESTS 256
#define PATIENCE_MS  20000

struct slot {
    struct vm_block_request request; /* first */
    bool used, done;
    struct vm_iovec *iov;
};

struct vm_blocktest {
    struct vm_test_plugin test;
    struct vm_block_ops ops;
    void *backend;
    pthread_mutex_t lock;
    pthread_cond_t completed;
    struct slot slots[MAX_REQUESTS];
    struct vm_test_watches watches;
};

static struct vm_blocktest *of(struct vm_block_ctx *ctx)
{
    return (struct vm_blocktest *)ctx;
}

/* ---- What the backend calls ------------------------------------------------------------------ */

static void complete(struct vm_block_ctx *ctx, struct vm_block_request *r, int error)
{
    struct vm_blocktest *h = of(ctx);
    struct slot *s = (struct slot *)r;

    pthread_mutex_lock(&h->lock);
    if (s < h->slots || s >= h->slots + MAX_REQUESTS || !s->used || s->done)
        vm_test_broken("completion of a request that is not under way");
    if (error < 0)
        vm_test_broken("a negative error");
    r->error = error;
    s->done = true;
    pthread_cond_broadcast(&h->completed);
    pthread_mutex_unlock(&h->lock);
}

static void changed(struct vm_block_ctx *ctx)
{
    (void)ctx;
}

static struct vm_fd_watch *watch_fd(struct vm_block_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    (void)err;
    return vm_test_watch(&of(ctx)->watches, fd, events, cb, opaque);
}

static const struct vm_block_host block_host = {
    .size = sizeof(struct vm_block_host),
    .base = &vm_test_base,
    .complete = complete,
    .changed = changed,
    .watch_fd = watch_fd,
    .watch_change = vm_test_watch_change,
    .watch_remove = vm_test_watch_remove,
};

/* ---- Life ------------------------------------------------------------------------------------ */

struct vm_blocktest *vm_blocktest_new(const struct vm_plugin *plugin)
{
    struct vm_blocktest *h = vm_test_alloc(sizeof(*h));

    vm_test_open(&h->test, plugin, VM_KIND_BLOCK, VM_BLOCK_INTERFACE, &h->ops, sizeof(h->ops),
                 offsetof(struct vm_block_ops, commit));
    if (!h->ops.create || !h->ops.destroy || !h->ops.info || !h->ops.submit)
        vm_test_broken("create, destroy, info or submit is missing");
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->completed, NULL);
    return h;
}

void vm_blocktest_set(struct vm_blocktest *h, const char *property, const char *value)
{
    vm_test_set(&h->test, property, value);
}

int vm_blocktest_create(struct vm_blocktest *h, struct vm_error *err)
{
    struct vm_error own = VM_ERROR_INIT, *e = err ? err : &own;

    if (vm_test_ready(&h->test, e))
        return -1;
    h->backend = h->ops.create(&block_host, (struct vm_block_ctx *)h, h->test.props, e);
    if (!h->backend && !e->set)
        vm_test_broken("create() failed and did not say why");
    return h->backend ? 0 : -1;
}

void vm_blocktest_destroy(struct vm_blocktest *h)
{
    for (int i = 0; i < MAX_REQUESTS; i++)
        if (h->slots[i].used && !h->slots[i].done)
            vm_test_broken("destroy() with a request under way: the test must wait");
    if (h->backend)
        h->ops.destroy(h->backend);
    h->backend = NULL;
    if (vm_test_watch_count(&h->watches) > 0)
        vm_test_broken("a watch is left behind");
}

void vm_blocktest_free(struct vm_blocktest *h)
{
    vm_blocktest_destroy(h);
    for (int i = 0; i < MAX_REQUESTS; i++)
        free(h->slots[i].iov);
    vm_test_close(&h->test);
    pthread_cond_destroy(&h->completed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

const struct vm_block_ops *vm_blocktest_ops(const struct vm_blocktest *h)
{
    return &h->ops;
}

struct vm_block_info vm_blocktest_info(struct vm_blocktest *h)
{
    struct vm_block_info info = {.size = sizeof(info)};

    h->ops.info(h->backend, &info);
    return info;
}

/* ---- Requests -------------------------------------------------------------------------------- */

struct vm_block_request *vm_blocktest_submit(struct vm_blocktest *h, uint32_t op, uint64_t offset,
                                             const struct vm_iovec *iov, uint32_t n_iov,
                                             uint32_t flags)
{
    struct slot *s = h->slots;

    while (s < h->slots + MAX_REQUESTS && s->used)
        s++;
    if (s == h->slots + MAX_REQUESTS)
        vm_test_broken("too many requests");
    s->used = true;
    s->done = false;
    free(s->iov);
    s->iov = vm_test_alloc((n_iov + 1) * sizeof(*iov));
    memcpy(s->iov, iov, n_iov * sizeof(*iov));
    s->request = (struct vm_block_request){.size = sizeof(s->request),
                                           .op = op,
                                           .flags = flags,
                                           .offset = offset,
                                           .iov = s->iov,
                                           .n_iov = n_iov};
    for (uint32_t i = 0; i < n_iov; i++)
        s->request.length += iov[i].length;
    if (op != VM_BLOCK_OP_READ && op != VM_BLOCK_OP_WRITE) {
        s->request.iov = NULL; /* only the length counts */
        s->request.n_iov = 0;
    }
    h->ops.submit(h->backend, &s->request);
    return &s->request;
}

void vm_blocktest_commit(struct vm_blocktest *h)
{
    if (h->ops.commit)
        h->ops.commit(h->backend);
}

bool vm_blocktest_done(struct vm_blocktest *h, struct vm_block_request *r)
{
    vm_test_watch_poll(&h->watches, 0);
    pthread_mutex_lock(&h->lock);
    bool done = ((struct slot *)r)->done;
    pthread_mutex_unlock(&h->lock);
    return done;
}

int vm_blocktest_wait(struct vm_blocktest *h, struct vm_block_request *r)
{
    const struct timespec a_bit = {.tv_nsec = 200000};

    for (int i = 0; !vm_blocktest_done(h, r); i++) {
        if (i == PATIENCE_MS * 5)
            vm_test_broken("a request is never completed");
        nanosleep(&a_bit, NULL);
    }
    ((struct slot *)r)->used = false;
    return r->error;
}

int vm_blocktest_do(struct vm_blocktest *h, uint32_t op, uint64_t offset, void *data,
                    uint64_t length, uint32_t flags)
{
    struct vm_iovec iov = {data, length};
    struct vm_block_request *r = vm_blocktest_submit(h, op, offset, &iov, 1, flags);

    vm_blocktest_commit(h);
    return vm_blocktest_wait(h, r);
}
