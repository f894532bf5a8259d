/* SPDX-License-Identifier: BSD-2-Clause */
/* blockhost.c - a host for one block backend under test. */
#include "blockhost.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plughost.h"

#define MAX_REQUESTS 256
#define MAX_WATCHES  4
#define PATIENCE_MS  20000

struct slot {
    struct vm_block_request request; /* first */
    bool used, done;
    struct vm_iovec *iov;
};

struct vm_fd_watch {
    struct blockhost *host;
    int fd;
    uint32_t events;
    vm_fd_callback callback;
    void *opaque;
};

struct blockhost {
    struct vm_props props;
    const struct vm_block_ops *ops;
    void *backend;
    pthread_mutex_t lock;
    pthread_cond_t completed;
    struct slot slots[MAX_REQUESTS];
    struct vm_fd_watch *watches[MAX_WATCHES];
};

static struct blockhost *of(struct vm_block_ctx *ctx)
{
    return (struct blockhost *)ctx;
}

/* ---- What the backend calls ------------------------------------------------------------------ */

static void complete(struct vm_block_ctx *ctx, struct vm_block_request *r, int error)
{
    struct blockhost *h = of(ctx);
    struct slot *s = (struct slot *)r;

    pthread_mutex_lock(&h->lock);
    if (s < h->slots || s >= h->slots + MAX_REQUESTS || !s->used || s->done)
        plughost_broken("completion of a request that is not under way");
    if (error < 0)
        plughost_broken("a negative error");
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
    struct blockhost *h = of(ctx);
    int slot = 0;

    while (slot < MAX_WATCHES && h->watches[slot])
        slot++;
    if (slot == MAX_WATCHES || fd < 0)
        plughost_broken("watch_fd");
    (void)err;
    h->watches[slot] = malloc(sizeof(*h->watches[slot]));
    *h->watches[slot] = (struct vm_fd_watch){h, fd, events, cb, opaque};
    return h->watches[slot];
}

static void watch_change(struct vm_fd_watch *watch, uint32_t events)
{
    watch->events = events;
}

static void watch_remove(struct vm_fd_watch *watch)
{
    for (int i = 0; i < MAX_WATCHES; i++) {
        if (watch->host->watches[i] == watch) {
            watch->host->watches[i] = NULL;
            free(watch);
            return;
        }
    }
    plughost_broken("watch_remove of a watch that is not there");
}

static const struct vm_block_host block_host = {
    .size = sizeof(struct vm_block_host),
    .base = &plughost_base,
    .complete = complete,
    .changed = changed,
    .watch_fd = watch_fd,
    .watch_change = watch_change,
    .watch_remove = watch_remove,
};

/* ---- Life ------------------------------------------------------------------------------------ */

struct blockhost *blockhost_new(const struct vm_plugin *plugin)
{
    struct blockhost *h = calloc(1, sizeof(*h));

    if (plugin->magic != VM_PLUGIN_MAGIC || plugin->kind != VM_KIND_BLOCK)
        plughost_broken("no block plugin");
    h->props.plugin = plugin;
    h->ops = plugin->get_interface(VM_BLOCK_INTERFACE);
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->completed, NULL);
    return h;
}

void blockhost_set(struct blockhost *h, const char *property, const char *value)
{
    plughost_set(&h->props, property, value);
}

int blockhost_create(struct blockhost *h, struct vm_error *err)
{
    struct vm_error own = VM_ERROR_INIT, *e = err ? err : &own;

    h->backend = h->ops->create(&block_host, (struct vm_block_ctx *)h, &h->props, e);
    if (!h->backend && !e->set)
        plughost_broken("create() failed and did not say why");
    return h->backend ? 0 : -1;
}

void blockhost_destroy(struct blockhost *h)
{
    for (int i = 0; i < MAX_REQUESTS; i++)
        if (h->slots[i].used && !h->slots[i].done)
            plughost_broken("destroy() with a request under way: the test must wait");
    if (h->backend)
        h->ops->destroy(h->backend);
    h->backend = NULL;
    for (int i = 0; i < MAX_WATCHES; i++)
        if (h->watches[i])
            plughost_broken("a watch is left behind");
}

void blockhost_free(struct blockhost *h)
{
    blockhost_destroy(h);
    for (int i = 0; i < MAX_REQUESTS; i++)
        free(h->slots[i].iov);
    pthread_cond_destroy(&h->completed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

const struct vm_block_ops *blockhost_ops(const struct blockhost *h)
{
    return h->ops;
}

struct vm_block_info blockhost_info(struct blockhost *h)
{
    struct vm_block_info info = {.size = sizeof(info)};

    h->ops->info(h->backend, &info);
    return info;
}

/* ---- Requests -------------------------------------------------------------------------------- */

struct vm_block_request *blockhost_submit(struct blockhost *h, uint32_t op, uint64_t offset,
                                          const struct vm_iovec *iov, uint32_t n_iov,
                                          uint32_t flags)
{
    struct slot *s = h->slots;

    while (s < h->slots + MAX_REQUESTS && s->used)
        s++;
    if (s == h->slots + MAX_REQUESTS)
        plughost_broken("too many requests");
    s->used = true;
    s->done = false;
    free(s->iov);
    s->iov = malloc((n_iov + 1) * sizeof(*iov));
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
    h->ops->submit(h->backend, &s->request);
    return &s->request;
}

void blockhost_commit(struct blockhost *h)
{
    if (h->ops->commit)
        h->ops->commit(h->backend);
}

static void turn(struct blockhost *h)
{
    for (int i = 0; i < MAX_WATCHES; i++) {
        struct vm_fd_watch *w = h->watches[i];
        struct pollfd p;
        if (!w)
            continue;
        p = (struct pollfd){.fd = w->fd, .events = POLLIN};
        if (w->events & VM_FD_READ && poll(&p, 1, 0) == 1)
            w->callback(w->opaque, w->fd, VM_FD_READ);
    }
}

bool blockhost_done(struct blockhost *h, struct vm_block_request *r)
{
    turn(h);
    pthread_mutex_lock(&h->lock);
    bool done = ((struct slot *)r)->done;
    pthread_mutex_unlock(&h->lock);
    return done;
}

int blockhost_wait(struct blockhost *h, struct vm_block_request *r)
{
    const struct timespec a_bit = {.tv_nsec = 200000};

    for (int i = 0; !blockhost_done(h, r); i++) {
        if (i == PATIENCE_MS * 5)
            plughost_broken("a request is never completed");
        nanosleep(&a_bit, NULL);
    }
    ((struct slot *)r)->used = false;
    return r->error;
}

int blockhost_do(struct blockhost *h, uint32_t op, uint64_t offset, void *data, uint64_t length,
                 uint32_t flags)
{
    struct vm_iovec iov = {data, length};
    struct vm_block_request *r = blockhost_submit(h, op, offset, &iov, 1, flags);

    blockhost_commit(h);
    return blockhost_wait(h, r);
}
