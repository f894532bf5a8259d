/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu_thread.c - the thread of a GPU backend: begins requests in the order of their submission,
 * notices their end, tells the device.
 *
 * A launch may take a few microseconds, and the guest often waits for each: so the thread stays
 * awake for a moment after anything has happened, gives the processor to whoever wants it in that
 * time, and sleeps when nothing more comes. While a backend that must be asked has requests under
 * way, it is asked more and more seldom. One that has told of an end from a thread of its own is
 * asked, too, for it may not tell of all; but its threads may want this one's processor.
 */
#include <sched.h>
#include <stdlib.h>
#include "core/host/clock.h"
#include "core/machine/gpu_host.h"
#include "core/plugin/gpu_rules.h"

#define AWAKE_NS       50000  /* after the last event, with nothing under way */
#define AWAKE_BUSY_NS  200000 /* and with something */
#define AWAKE_TOLD_NS  30000  /* whose end others will tell */
#define POLL_NS        10000  /* how long a backend may look for an end while the thread is awake */
#define SLEEP_NS       500000 /* at most, between two polls */
#define BEGIN_NS       50000  /* spent beginning requests while others wait to be told done */
#define DELIVERY_LIMIT 256    /* requests told of in one go, so that others get the locks, too */
#define TRY_MS         1

_Static_assert(sizeof(struct gpu_under_way) <= sizeof(((struct vm_gpu_request *)0)->host),
               "it fits into the request");

/* The backend whose thread this is. */
static _Thread_local const struct vm_gpu_ctx *own;

/* ---- queues ---- */

void gpu_queue_push(struct gpu_queue *queue, struct vm_gpu_request *r)
{
    gpu_under_way(r)->next = NULL;
    if (queue->first)
        gpu_under_way(queue->last)->next = r;
    else
        queue->first = r;
    queue->last = r;
}

struct vm_gpu_request *gpu_queue_pop(struct gpu_queue *queue)
{
    struct vm_gpu_request *r = queue->first;
    if (r)
        queue->first = gpu_under_way(r)->next;
    return r;
}

void gpu_kick(struct vm_gpu_ctx *ctx)
{
    atomic_fetch_add(&ctx->news, 1);
    if (own != ctx)
        host_event_signal(&ctx->wake);
}

/* ---- the end of a request; with ctx->lock held ---- */

static void finish(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r, uint32_t error)
{
    r->error = error;
    if (r->text && r->text_size)
        r->text[r->text_size - 1] = '\0';
    ctx->stats.errors += error != VM_GPU_OK;
    gpu_under_way(r)->state = GPU_DONE;
    gpu_queue_push(&ctx->completed, r);
    pthread_cond_broadcast(&ctx->progress);
}

void gpu_refuse(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r, uint32_t error, const char *text)
{
    gpu_request_text(r, text);
    finish(ctx, r, error);
}

/* A backend is a stranger's code: what it hands out must be what gpu.h promises to a device. */
static void complete_begun(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r, uint32_t error)
{
    const char *bug = error == VM_GPU_OK ? gpu_result_unsound(r) : NULL;
    if (error > VM_GPU_LOST) {
        log_line(VM_LOG_ERROR, ctx->context.name, "plugin bug: the unknown error %u", error);
        error = VM_GPU_FAILED;
    }
    if (bug) {
        log_line(VM_LOG_ERROR, ctx->context.name, "plugin bug: it gives out %s", bug);
        error = VM_GPU_FAILED;
    }
    if (error == VM_GPU_OK)
        gpu_stats_count(&ctx->stats, r, (uint64_t)(host_clock_ns() - gpu_under_way(r)->begun_ns));
    ctx->begun--;
    ctx->compiling -= r->op == VM_GPU_OP_COMPILE;
    finish(ctx, r, error);
}

/* Kicks before it lets go of the lock: whoever then hears that all is done may free the context. */
static void host_complete(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r, uint32_t error)
{
    pthread_mutex_lock(&ctx->lock);
    if (!ctx->given_up) {
        if (gpu_under_way(r)->state == GPU_BEGUN)
            complete_begun(ctx, r, error);
        else
            log_line(VM_LOG_ERROR, ctx->context.name, "plugin bug: a request is completed twice");
        ctx->tells |= own != ctx;
        gpu_kick(ctx);
    }
    pthread_mutex_unlock(&ctx->lock);
}

const struct vm_gpu_host gpu_host = {
    .size = sizeof(struct vm_gpu_host),
    .base = &vm_host_table,
    .complete = host_complete,
};

/* ---- telling the device ---- */

void gpu_tell(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r)
{
    ctx->active--;
    ctx->client.done(ctx->client_opaque, r);
}

void gpu_tell_all(struct vm_gpu_ctx *ctx)
{
    if (ctx->client.all_told)
        ctx->client.all_told(ctx->client_opaque);
}

static bool some_completed(struct vm_gpu_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    bool some = ctx->completed.first && !ctx->over;
    ctx->calling = false;
    pthread_mutex_unlock(&ctx->lock);
    return some;
}

/* Gate and device's lock. Whoever drains holds the lock, and tells the device himself. */
static bool enter(struct vm_gpu_ctx *ctx)
{
    while (!device_try_enter(ctx->device, TRY_MS)) {
        if (atomic_load(&ctx->draining) || !some_completed(ctx))
            return false;
    }
    return true;
}

static bool deliver(struct vm_gpu_ctx *ctx)
{
    int n = 0;
    if (!some_completed(ctx) || !enter(ctx))
        return false;
    for (; n < DELIVERY_LIMIT; n++) {
        pthread_mutex_lock(&ctx->lock);
        struct vm_gpu_request *r = ctx->given_up ? NULL : gpu_queue_pop(&ctx->completed);
        pthread_mutex_unlock(&ctx->lock);
        if (!r)
            break;
        gpu_tell(ctx, r);
    }
    if (n)
        gpu_tell_all(ctx);
    device_leave(ctx->device);
    return n > 0;
}

/* ---- the backend's work ---- */

/* The next one to begin; NULL: there is none. */
static struct vm_gpu_request *next(struct vm_gpu_ctx *ctx, bool *tell)
{
    pthread_mutex_lock(&ctx->lock);
    struct vm_gpu_request *r = ctx->over ? NULL : gpu_queue_pop(&ctx->submitted);
    *tell = ctx->completed.first != NULL;
    ctx->calling = r != NULL;
    if (r && r->op != GPU_OP_HOST_MEMORY) {
        ctx->begun++;
        ctx->compiling += r->op == VM_GPU_OP_COMPILE;
        gpu_under_way(r)->state = GPU_BEGUN;
        gpu_under_way(r)->begun_ns = host_clock_ns();
    }
    pthread_mutex_unlock(&ctx->lock);
    return r;
}

static void begin(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r)
{
    if (r->op != GPU_OP_HOST_MEMORY) {
        ctx->ops.submit(ctx->be, r);
        return;
    }
    if (ctx->ops.host_memory)
        ctx->ops.host_memory(ctx->be, r->u.copy.host, r->u.copy.length, (int)r->gpu);
    free(r);
}

/* False: there was nothing to begin. */
static bool begin_submitted(struct vm_gpu_ctx *ctx)
{
    int64_t until = 0;
    struct vm_gpu_request *r;
    bool some = false, tell;
    while ((r = next(ctx, &tell))) {
        some = true;
        begin(ctx, r);
        if (!tell)
            continue;
        if (!until)
            until = host_clock_ns() + BEGIN_NS;
        else if (host_clock_ns() > until)
            return true;
    }
    return some;
}

/* Whether to call poll(), which is to come next; and whether ends are told without it. */
static bool must_poll(struct vm_gpu_ctx *ctx, bool *tells)
{
    pthread_mutex_lock(&ctx->lock);
    bool some = ctx->ops.poll && ctx->begun && !ctx->submitted.first && !ctx->over;
    ctx->calling = some;
    *tells = ctx->tells;
    pthread_mutex_unlock(&ctx->lock);
    return some;
}

static bool is_over(struct vm_gpu_ctx *ctx, bool *busy)
{
    pthread_mutex_lock(&ctx->lock);
    bool over = ctx->over;
    *busy = ctx->begun > 0;
    ctx->calling = false;
    ctx->ended = over;
    if (over)
        pthread_cond_broadcast(&ctx->progress);
    pthread_mutex_unlock(&ctx->lock);
    return over;
}

/* Stays awake or sleeps until there is something new, or the backend must be asked again. `quiet`:
 * for how long there has been nothing. */
static void rest(struct vm_gpu_ctx *ctx, uint32_t seen, int64_t quiet, bool busy)
{
    bool tells, polls = must_poll(ctx, &tells);
    if (quiet < (!busy ? AWAKE_NS : tells ? AWAKE_TOLD_NS : AWAKE_BUSY_NS)) {
        if (polls)
            ctx->ops.poll(ctx->be, tells ? 0 : POLL_NS);
        if (!polls || tells)
            for (int i = 0; i < 8 && atomic_load(&ctx->news) == seen; i++)
                sched_yield();
        return;
    }
    if (!polls) {
        host_event_wait(&ctx->wake, INT64_MAX);
        return;
    }
    ctx->ops.poll(ctx->be, 0);
    if (atomic_load(&ctx->news) == seen)
        host_event_wait(&ctx->wake,
                        host_clock_ns() + (tells || quiet / 8 > SLEEP_NS ? SLEEP_NS : quiet / 8));
}

void gpu_thread(void *opaque)
{
    struct vm_gpu_ctx *ctx = opaque;
    int64_t last = host_clock_ns(); /* when anything happened */
    uint32_t before = 0;
    bool busy, tells;
    own = ctx;
    host_thread_prompt();
    for (;;) {
        uint32_t seen = atomic_load(&ctx->news); /* first: what comes from here on is seen again */
        bool begun = begin_submitted(ctx);
        if (begun && must_poll(ctx, &tells))
            ctx->ops.poll(ctx->be, 0); /* to begin what it has gathered */
        bool told = deliver(ctx);
        if (is_over(ctx, &busy))
            return;
        if (begun || told || seen != before)
            last = host_clock_ns();
        else
            rest(ctx, seen, host_clock_ns() - last, busy);
        before = seen;
    }
}
