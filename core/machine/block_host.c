/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * block_host.c - block backends and the devices that they serve.
 *
 * Parallel mode: what a backend completes is queued, and its device hears of it in one go, on the
 * thread of the backends' loop or, if it was done at once, from inside block_commit().
 *
 * Deterministic mode: block_commit() waits for the backend, so that the guest's memory never
 * changes at a moment that the host chose; the device hears of it at a fixed virtual time after it
 * submitted.
 */
#include "core/machine/block_host.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "core/host/clock.h"

#define LATENCY_NS     100000 /* deterministic mode: of every request */
#define DELIVERY_LIMIT 1024   /* requests told of in one go, so that others get the locks, too */
#define TRY_MS         1

/* What is in vm_block_request.host. */
struct under_way {
    struct vm_block_request *next;
    int64_t due; /* deterministic mode: virtual time */
    uint32_t complete;
};

_Static_assert(sizeof(struct under_way) <= sizeof(((struct vm_block_request *)0)->host),
               "it fits into the request");

static struct under_way *under_way(struct vm_block_request *r)
{
    return (struct under_way *)r->host;
}

/* The backend that this thread calls: it delivers itself, nobody must be woken. */
static _Thread_local const struct vm_block_ctx *inside;

static bool deterministic(const struct vm_block_ctx *ctx)
{
    return ctx->context.m->info.deterministic;
}

/* ---- the queue; with ctx->lock held ---- */

static void push(struct vm_block_ctx *ctx, struct vm_block_request *r)
{
    under_way(r)->next = NULL;
    if (ctx->queue.first)
        under_way(ctx->queue.last)->next = r;
    else
        ctx->queue.first = r;
    ctx->queue.last = r;
}

static struct vm_block_request *pop(struct vm_block_ctx *ctx)
{
    struct vm_block_request *r = ctx->queue.first;
    if (r && under_way(r)->complete)
        ctx->queue.first = under_way(r)->next;
    else
        r = NULL;
    return r;
}

/* ---- delivery ---- */

static const char *const op_names[] = {
    [VM_BLOCK_OP_READ] = "read",
    [VM_BLOCK_OP_WRITE] = "write",
    [VM_BLOCK_OP_FLUSH] = "flush",
    [VM_BLOCK_OP_DISCARD] = "discard",
    [VM_BLOCK_OP_WRITE_ZEROES] = "write of zeroes",
};

/* The guest gets an error code; its user gets the reason in words. */
static void tell_user(struct vm_block_ctx *ctx, const struct vm_block_request *r)
{
    ctx->errors++;
    if (r->op == VM_BLOCK_OP_FLUSH)
        log_line(VM_LOG_WARNING, ctx->context.name, "flush failed: %s", strerror(r->error));
    else if (r->error != EOPNOTSUPP)
        log_line(VM_LOG_WARNING, ctx->context.name, "%s of %llu bytes at %llu failed: %s",
                 op_names[r->op], (unsigned long long)r->length, (unsigned long long)r->offset,
                 strerror(r->error));
}

/* With the device's lock held. */
static void tell_device(struct vm_block_ctx *ctx, struct vm_block_request *r)
{
    ctx->active--;
    if (r->error && r->op < sizeof(op_names) / sizeof(op_names[0]) && op_names[r->op])
        tell_user(ctx, r);
    ctx->client.done(ctx->client_opaque, r);
}

static void tell_all(struct vm_block_ctx *ctx)
{
    if (ctx->client.all_told)
        ctx->client.all_told(ctx->client_opaque);
}

static void tell_changed(struct vm_block_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    bool changed = ctx->changed;
    ctx->changed = false;
    pthread_mutex_unlock(&ctx->lock);
    if (!changed)
        return;
    block_info(&ctx->handle, &ctx->info);
    if (ctx->client.changed)
        ctx->client.changed(ctx->client_opaque);
}

static void deliver_posted(void *opaque);

static void wake(struct vm_block_ctx *ctx)
{
    if (deterministic(ctx))
        sched_inject(ctx->context.m->sched, deliver_posted, ctx);
    else
        loop_post(ctx->context.m->block_loop, deliver_posted, ctx);
}

/* Posts a delivery if there is something to deliver and none is posted. */
static void wake_if_needed(struct vm_block_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    bool needed = !ctx->told && (ctx->changed || (ctx->queue.first && !deterministic(ctx)));
    ctx->told |= needed;
    pthread_mutex_unlock(&ctx->lock);
    if (needed)
        wake(ctx);
}

/*
 * Parallel mode, with the device's lock held. What the device submits from inside done() is told
 * here too, not one level deeper.
 */
static void deliver(struct vm_block_ctx *ctx)
{
    if (ctx->delivering)
        return;
    ctx->delivering = true;
    int n = 0;
    for (; n < DELIVERY_LIMIT; n++) {
        pthread_mutex_lock(&ctx->lock);
        struct vm_block_request *r = pop(ctx);
        pthread_mutex_unlock(&ctx->lock);
        if (!r)
            break;
        tell_device(ctx, r);
    }
    if (n)
        tell_all(ctx);
    tell_changed(ctx);
    ctx->delivering = false;
}

/* On the loop's thread, without locks. If somebody drains a backend, he may wait for this thread:
 * then it comes back later. */
static void deliver_from_loop(struct vm_block_ctx *ctx)
{
    while (!device_try_enter(ctx->device, TRY_MS)) {
        if (atomic_load(&ctx->context.m->draining)) {
            wake_if_needed(ctx);
            return;
        }
    }
    deliver(ctx);
    device_leave(ctx->device);
    wake_if_needed(ctx);
}

static void deliver_posted(void *opaque)
{
    struct vm_block_ctx *ctx = opaque;
    pthread_mutex_lock(&ctx->lock);
    ctx->told = false;
    pthread_mutex_unlock(&ctx->lock);
    if (!ctx->device || !ctx->be)
        return;
    if (!deterministic(ctx)) {
        deliver_from_loop(ctx);
    } else if (device_enter(ctx->device)) {
        tell_changed(ctx);
        device_leave(ctx->device);
    }
}

/* ---- deterministic mode ---- */

static void wait_for(struct vm_block_ctx *ctx, const struct vm_block_request *r)
{
    const struct under_way *u = (const struct under_way *)r->host;
    pthread_mutex_lock(&ctx->lock);
    while (!u->complete)
        pthread_cond_wait(&ctx->progress, &ctx->lock);
    pthread_mutex_unlock(&ctx->lock);
}

static struct vm_block_request *first_under_way(struct vm_block_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    struct vm_block_request *r = ctx->queue.first;
    pthread_mutex_unlock(&ctx->lock);
    return r;
}

/* With the device's lock held: tells of what is due at `now`. */
static void deliver_due(struct vm_block_ctx *ctx, int64_t now)
{
    struct vm_block_request *r;
    while ((r = first_under_way(ctx)) && under_way(r)->due <= now) {
        wait_for(ctx, r);
        pthread_mutex_lock(&ctx->lock);
        pop(ctx);
        pthread_mutex_unlock(&ctx->lock);
        tell_device(ctx, r);
    }
    tell_all(ctx);
    timer_arm(ctx->timer, r ? under_way(r)->due : INT64_MAX);
}

/* [vCPU thread] */
static void on_due(void *opaque)
{
    struct vm_block_ctx *ctx = opaque;
    if (!device_enter(ctx->device))
        return;
    deliver_due(ctx, clock_now(ctx->context.m->clock));
    device_leave(ctx->device);
}

/* ---- for backends ---- */

static void host_complete(struct vm_block_ctx *ctx, struct vm_block_request *r, int error)
{
    bool tell = false;
    pthread_mutex_lock(&ctx->lock);
    if (under_way(r)->complete) {
        log_line(VM_LOG_ERROR, ctx->context.name, "plugin bug: a request is completed twice");
    } else {
        r->error = error < 0 ? EIO : error;
        under_way(r)->complete = 1;
        if (!deterministic(ctx) && r != ctx->final) {
            push(ctx, r);
            tell = inside != ctx && !ctx->told;
            ctx->told |= tell;
        }
        pthread_cond_broadcast(&ctx->progress);
    }
    pthread_mutex_unlock(&ctx->lock);
    if (tell)
        wake(ctx);
}

static void host_changed(struct vm_block_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    ctx->changed = ctx->device != NULL;
    pthread_mutex_unlock(&ctx->lock);
    wake_if_needed(ctx);
}

struct block_watch {
    struct vm_block_ctx *ctx;
    struct vm_fd_watch *watch;
    vm_fd_callback callback;
    void *opaque;
};

static void on_watch(void *opaque, int fd, uint32_t events)
{
    struct block_watch *w = opaque;
    struct vm_block_ctx *ctx = w->ctx;
    inside = ctx;
    w->callback(w->opaque, fd, events); /* may remove the watch */
    inside = NULL;
    if (deterministic(ctx) || !ctx->device)
        return;
    pthread_mutex_lock(&ctx->lock);
    bool some = ctx->queue.first != NULL && !ctx->told;
    pthread_mutex_unlock(&ctx->lock);
    if (some)
        deliver_from_loop(ctx);
}

static struct vm_fd_watch *host_watch_fd(struct vm_block_ctx *ctx, int fd, uint32_t events,
                                         vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    struct block_watch *w = malloc(sizeof(*w));
    if (!w) {
        vm_error_set(err, "out of memory while watching descriptor %d", fd);
        return NULL;
    }
    *w = (struct block_watch){.ctx = ctx, .callback = cb, .opaque = opaque};
    w->watch = loop_watch(ctx->context.m->block_loop, fd, events, on_watch, w, err);
    if (!w->watch) {
        free(w);
        return NULL;
    }
    return (struct vm_fd_watch *)w;
}

static void host_watch_change(struct vm_fd_watch *watch, uint32_t events)
{
    loop_watch_change(((struct block_watch *)watch)->watch, events);
}

static void host_watch_remove(struct vm_fd_watch *watch)
{
    struct block_watch *w = (struct block_watch *)watch;
    loop_watch_remove(w->watch);
    free(w);
}

const struct vm_block_host block_host = {
    .size = sizeof(struct vm_block_host),
    .base = &vm_host_table,
    .complete = host_complete,
    .changed = host_changed,
    .watch_fd = host_watch_fd,
    .watch_change = host_watch_change,
    .watch_remove = host_watch_remove,
};

/* ---- for devices ---- */

static bool aligned(const struct vm_block_info *info, const struct vm_block_request *r)
{
    return ((r->offset | r->length) & (info->block_size - 1)) == 0;
}

static bool in_bounds(const struct vm_block_info *info, const struct vm_block_request *r)
{
    return r->offset <= info->length && r->length <= info->length - r->offset;
}

static bool pieces_fit(const struct vm_block_request *r)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < r->n_iov; i++)
        if (__builtin_add_overflow(sum, r->iov[i].length, &sum))
            return false;
    return sum == r->length;
}

/* An errno value for what the backend must not see. */
static int check(const struct vm_block_info *info, const struct vm_block_request *r)
{
    static const uint32_t needs[] = {
        [VM_BLOCK_OP_DISCARD] = VM_BLOCK_DISCARD,
        [VM_BLOCK_OP_WRITE_ZEROES] = VM_BLOCK_WRITE_ZEROES,
    };
    if (r->op == VM_BLOCK_OP_FLUSH)
        return 0;
    if (r->op < VM_BLOCK_OP_READ || r->op > VM_BLOCK_OP_WRITE_ZEROES)
        return EOPNOTSUPP;
    if (r->op != VM_BLOCK_OP_READ && info->flags & VM_BLOCK_READ_ONLY)
        return EROFS;
    if (needs[r->op] && !(info->flags & needs[r->op]))
        return EOPNOTSUPP;
    if (!aligned(info, r) || !in_bounds(info, r))
        return EIO;
    if (r->op > VM_BLOCK_OP_WRITE)
        return 0;
    if (info->max_transfer && r->length > info->max_transfer)
        return EIO;
    return pieces_fit(r) ? 0 : EIO;
}

static void note(struct vm_block_ctx *ctx, const struct vm_block_request *r)
{
    ctx->requests[r->op]++;
    if (r->op == VM_BLOCK_OP_FLUSH)
        return;
    ctx->bytes[r->op] += r->length;
    ctx->wrote |= r->op != VM_BLOCK_OP_READ;
}

void block_submit(struct vm_block *blk, struct vm_block_request *r)
{
    struct vm_block_ctx *ctx = blk->ctx;
    int error = ctx->be && !ctx->device->creating ? check(&ctx->info, r) : EIO;
    *under_way(r) = (struct under_way){0};
    r->error = 0;
    ctx->active++;
    if (deterministic(ctx)) {
        sched_sync_clock(ctx->context.m->sched);
        under_way(r)->due = clock_now(ctx->context.m->clock) + LATENCY_NS;
        pthread_mutex_lock(&ctx->lock);
        bool first = !ctx->queue.first;
        push(ctx, r);
        pthread_mutex_unlock(&ctx->lock);
        if (first)
            timer_arm(ctx->timer, under_way(r)->due);
    }
    const struct vm_block_ctx *outer = inside;
    inside = ctx;
    if (error) {
        host_complete(ctx, r, error);
    } else {
        note(ctx, r);
        if (!r->length && r->op != VM_BLOCK_OP_FLUSH)
            host_complete(ctx, r, 0);
        else
            ctx->ops.submit(ctx->be, r);
    }
    inside = outer;
}

static void start_gathered(struct vm_block_ctx *ctx)
{
    const struct vm_block_ctx *outer = inside;
    inside = ctx;
    if (ctx->be && ctx->ops.commit)
        ctx->ops.commit(ctx->be);
    inside = outer;
}

void block_commit(struct vm_block *blk)
{
    struct vm_block_ctx *ctx = blk->ctx;
    start_gathered(ctx);
    if (deterministic(ctx)) {
        for (struct vm_block_request *r = first_under_way(ctx); r; r = under_way(r)->next)
            wait_for(ctx, r);
        return;
    }
    if (ctx->delivering)
        return; /* from inside done(): told there */
    deliver(ctx);
    wake_if_needed(ctx);
}

void block_drain(struct vm_block *blk)
{
    struct vm_block_ctx *ctx = blk->ctx;
    struct machine *m = ctx->context.m;
    atomic_fetch_add(&m->draining, 1);
    start_gathered(ctx);
    while (ctx->active) {
        pthread_mutex_lock(&ctx->lock);
        struct vm_block_request *r;
        while (!(r = pop(ctx)))
            pthread_cond_wait(&ctx->progress, &ctx->lock);
        pthread_mutex_unlock(&ctx->lock);
        tell_device(ctx, r);
        start_gathered(ctx);
    }
    tell_all(ctx);
    atomic_fetch_sub(&m->draining, 1);
    if (ctx->timer)
        timer_arm(ctx->timer, INT64_MAX);
}

/* A backend is a stranger's code: what it says of itself must make sense to a device. */
static bool info_is_sound(const struct vm_block_info *info)
{
    uint32_t block = info->block_size;
    return block >= 512 && block <= 65536 && !(block & (block - 1)) && info->length % block == 0 &&
           info->length <= INT64_MAX && info->physical_size >= block &&
           !(info->physical_size & (info->physical_size - 1));
}

void block_info(struct vm_block *blk, struct vm_block_info *info)
{
    struct vm_block_ctx *ctx = blk->ctx;
    struct vm_block_info theirs = {.size = sizeof(theirs)};
    uint32_t size = info->size;
    if (ctx->be)
        ctx->ops.info(ctx->be, &theirs);
    if (!info_is_sound(&theirs))
        theirs = (struct vm_block_info){
            .flags = VM_BLOCK_READ_ONLY, .block_size = 512, .physical_size = 512};
    if (!theirs.discard_granularity)
        theirs.discard_granularity = theirs.block_size;
    if (size > sizeof(theirs))
        size = sizeof(theirs);
    theirs.size = size;
    memcpy(info, &theirs, size);
}

static struct vm_block_ctx *find_block(const struct vm_device_ctx *device, const char *name)
{
    const struct machine *m = device->context.m;
    const struct instance *wanted =
        description_backend(m->d, device->instance, VM_KIND_BLOCK, name);
    for (uint32_t i = 0; i < m->n_blocks; i++)
        if (m->blocks[i]->instance == wanted)
            return m->blocks[i];
    return NULL;
}

struct vm_block *block_attach(struct vm_device_ctx *device, const char *name,
                              const struct vm_block_client *client, void *opaque,
                              struct vm_error *err)
{
    struct vm_block_ctx *ctx = find_block(device, name);
    if (!ctx) {
        vm_error_set(err, "there is no block backend '%s'", name);
        return NULL;
    }
    if (ctx->device) {
        vm_error_set(err, "block backend '%s' serves %s already; one serves one device", name,
                     ctx->device->context.name);
        return NULL;
    }
    if (!copy_sized(&ctx->client, client, sizeof(ctx->client),
                    offsetof(struct vm_block_client, changed)) ||
        !ctx->client.done) {
        vm_error_set(err, "plugin bug: a backend's client without its functions");
        return NULL;
    }
    pthread_mutex_lock(&ctx->lock);
    ctx->device = device;
    ctx->client_opaque = opaque;
    pthread_mutex_unlock(&ctx->lock);
    return &ctx->handle;
}

/* ---- life ---- */

int block_create(struct machine *m, struct vm_block_ctx *ctx, const struct instance *instance,
                 struct vm_error *err)
{
    const uint32_t mandatory = offsetof(struct vm_block_ops, commit);
    ctx->context = (struct context){instance->name, m};
    ctx->instance = instance;
    ctx->handle.ctx = ctx;
    pthread_mutex_init(&ctx->lock, NULL);
    pthread_cond_init(&ctx->progress, NULL);
    if (m->info.deterministic && !(ctx->timer = timer_new(m->timers, on_due, ctx)))
        return vm_error_set(err, "out of memory");
    if (plugin_interface(instance->plugin, VM_BLOCK_INTERFACE, &ctx->ops, sizeof(ctx->ops),
                         mandatory, err))
        return -1;
    if (!ctx->ops.create || !ctx->ops.destroy || !ctx->ops.info || !ctx->ops.submit)
        return vm_error_set(err, "plugin '%s' lacks a mandatory function", instance->plugin->name);
    ctx->be = ctx->ops.create(&block_host, ctx, instance->props, err);
    if (!ctx->be)
        return err->set ? -1
                        : vm_error_set(err, "plugin '%s' made no instance and did not say why",
                                       instance->plugin->name);
    struct vm_block_info theirs = {.size = sizeof(theirs)};
    ctx->ops.info(ctx->be, &theirs);
    if (!info_is_sound(&theirs))
        return vm_error_set(err, "plugin '%s' tells a size or unit that no disk can have",
                            instance->plugin->name);
    ctx->info.size = sizeof(ctx->info);
    block_info(&ctx->handle, &ctx->info);
    return 0;
}

void block_settle(struct vm_block_ctx *ctx)
{
    if (!ctx->device || !device_lock(ctx->device))
        return;
    block_drain(&ctx->handle);
    device_unlock(ctx->device);
}

void block_flush(struct vm_block_ctx *ctx)
{
    struct vm_block_request r = {.size = sizeof(r), .op = VM_BLOCK_OP_FLUSH};
    if (!ctx->wrote || !(ctx->info.flags & VM_BLOCK_VOLATILE))
        return;
    ctx->final = &r;
    ctx->ops.submit(ctx->be, &r);
    start_gathered(ctx);
    wait_for(ctx, &r);
    ctx->final = NULL;
    if (r.error)
        log_line(VM_LOG_ERROR, ctx->context.name, "what was written may be lost: %s",
                 strerror(r.error));
    ctx->wrote = false;
}

void block_close(struct vm_block_ctx *ctx)
{
    if (ctx->be)
        ctx->ops.destroy(ctx->be);
    ctx->be = NULL;
}

void block_destroy(struct vm_block_ctx *ctx)
{
    block_close(ctx);
    timer_free(ctx->timer);
    pthread_cond_destroy(&ctx->progress);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx);
}

void block_stats(const struct vm_block_ctx *ctx, struct stats *stats)
{
    static const struct {
        uint32_t op;
        const char *count, *bytes;
    } rows[] = {
        {VM_BLOCK_OP_READ, "reads", "read"},
        {VM_BLOCK_OP_WRITE, "writes", "written"},
        {VM_BLOCK_OP_FLUSH, "flushes", NULL},
        {VM_BLOCK_OP_DISCARD, "discards", "discarded"},
        {VM_BLOCK_OP_WRITE_ZEROES, "writes of zeroes", "zeroed"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stats_add(stats, ctx->context.name, rows[i].count, ctx->requests[rows[i].op], NULL);
        if (rows[i].bytes)
            stats_add(stats, ctx->context.name, rows[i].bytes, ctx->bytes[rows[i].op], "bytes");
    }
    stats_add(stats, ctx->context.name, "errors", ctx->errors, NULL);
}
