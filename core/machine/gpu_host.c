/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu_host.c - GPU backends and the devices that they serve: the device's side, and their life. */
#include "core/machine/gpu_host.h"
#include <stdlib.h>
#include <string.h>
#include "core/host/clock.h"
#include "core/plugin/gpu_rules.h"

#define MAX_GPUS 64

struct gpu_patience gpu_patience = {
    .idle_ns = INT64_C(5000000000),
    .compile_ns = INT64_C(120000000000),
    .all_ns = INT64_C(300000000000),
};

/* ---- what a device asks ---- */

uint32_t gpu_count(struct vm_gpu *gpu, struct vm_error *why)
{
    if (!gpu->ctx->n_gpus)
        vm_error_set(why, "%s", gpu->ctx->why.text);
    return gpu->ctx->n_gpus;
}

/* Whether the backend may be called. */
static bool is_there(struct vm_gpu_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    bool there = ctx->be && !ctx->closed && !ctx->given_up;
    pthread_mutex_unlock(&ctx->lock);
    return there;
}

static struct vm_gpu_info ask_info(struct vm_gpu_ctx *ctx, uint32_t index)
{
    struct vm_gpu_info info = {.size = sizeof(info)};
    ctx->ops.info(ctx->be, index, &info);
    gpu_info_end_texts(&info);
    return info;
}

/* Copies of what the caller knows of it; *to begins with its size. */
static void copy_known(void *to, void *from, uint32_t from_size)
{
    uint32_t size;
    memcpy(&size, to, sizeof(size));
    memcpy(from, &size, sizeof(size));
    memcpy(to, from, size < from_size ? size : from_size);
}

void gpu_info(struct vm_gpu *gpu, uint32_t index, struct vm_gpu_info *info)
{
    struct vm_gpu_ctx *ctx = gpu->ctx;
    struct vm_gpu_info known = {0};
    if (index < ctx->n_gpus)
        known = is_there(ctx) ? ask_info(ctx, index) : ctx->infos[index];
    copy_known(info, &known, sizeof(known));
}

void gpu_stats(struct vm_gpu *gpu, struct vm_gpu_stats *stats)
{
    struct vm_gpu_ctx *ctx = gpu->ctx;
    pthread_mutex_lock(&ctx->lock);
    struct vm_gpu_stats known = ctx->stats;
    pthread_mutex_unlock(&ctx->lock);
    copy_known(stats, &known, sizeof(known));
}

/* ---- requests ---- */

/* Whether it gives something back, which is to be done although its guest is gone. */
static bool gives_back(const struct vm_gpu_request *r)
{
    return r->op == VM_GPU_OP_FREE || r->op == VM_GPU_OP_UNLOAD || r->op == VM_GPU_OP_STREAM_FREE ||
           r->op == GPU_OP_HOST_MEMORY;
}

/* With ctx->lock held: what was not begun of a guest that is gone. */
static void drop_useless(struct vm_gpu_ctx *ctx)
{
    struct gpu_queue all = ctx->submitted;
    struct vm_gpu_request *r;
    ctx->submitted = (struct gpu_queue){0};
    while ((r = gpu_queue_pop(&all))) {
        if (gives_back(r))
            gpu_queue_push(&ctx->submitted, r);
        else
            gpu_refuse(ctx, r, VM_GPU_FAILED, "the machine was reset before this was begun");
    }
}

/* With ctx->lock held: queues it, or refuses what the backend must not see. */
static void take(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r)
{
    uint32_t error;
    const char *wrong = gpu_request_wrong(r, ctx->n_gpus, &error);
    if (ctx->given_up || ctx->closed)
        gpu_refuse(ctx, r, VM_GPU_LOST, "the GPU does not answer any more");
    else if (wrong)
        gpu_refuse(ctx, r, error, wrong);
    else if (ctx->settling && !gives_back(r))
        gpu_refuse(ctx, r, VM_GPU_FAILED, "the machine is being reset");
    else
        gpu_queue_push(&ctx->submitted, r);
}

/* The event thread stands in for one that has been given up. */
static void deliver_posted(void *opaque)
{
    struct vm_gpu_ctx *ctx = opaque;
    struct vm_gpu_request *r;
    if (!device_enter(ctx->device))
        return;
    pthread_mutex_lock(&ctx->lock);
    ctx->posted = false;
    while ((r = gpu_queue_pop(&ctx->completed))) {
        pthread_mutex_unlock(&ctx->lock);
        gpu_tell(ctx, r);
        pthread_mutex_lock(&ctx->lock);
    }
    pthread_mutex_unlock(&ctx->lock);
    gpu_tell_all(ctx);
    device_leave(ctx->device);
}

void gpu_submit(struct vm_gpu *gpu, struct vm_gpu_request *r)
{
    struct vm_gpu_ctx *ctx = gpu->ctx;
    gpu_request_clear(r);
    gpu_under_way(r)->state = GPU_SUBMITTED;
    ctx->active++;
    pthread_mutex_lock(&ctx->lock);
    take(ctx, r);
    bool post = ctx->given_up && !ctx->posted;
    ctx->posted |= post;
    pthread_mutex_unlock(&ctx->lock);
    if (post)
        loop_post(ctx->context.m->loop, deliver_posted, ctx);
    else
        gpu_kick(ctx);
}

void gpu_host_memory(struct vm_gpu *gpu, void *base, uint64_t length, int there)
{
    struct vm_gpu_ctx *ctx = gpu->ctx;
    /* Without memory for it nothing is pinned, which is slower and nothing else. */
    struct vm_gpu_request *r = ctx->ops.host_memory ? calloc(1, sizeof(*r)) : NULL;
    if (!r)
        return;
    r->op = GPU_OP_HOST_MEMORY;
    r->gpu = there != 0;
    r->u.copy.host = base;
    r->u.copy.length = length;
    pthread_mutex_lock(&ctx->lock);
    bool taken = !ctx->given_up && !ctx->closed;
    if (taken)
        gpu_queue_push(&ctx->submitted, r);
    pthread_mutex_unlock(&ctx->lock);
    if (taken)
        gpu_kick(ctx);
    else
        free(r);
}

/* ---- the end of all requests ---- */

/* With ctx->lock held. */
static void drop_submitted(struct vm_gpu_ctx *ctx, bool refuse)
{
    struct vm_gpu_request *r;
    while ((r = gpu_queue_pop(&ctx->submitted))) {
        if (r->op == GPU_OP_HOST_MEMORY)
            free(r);
        else if (refuse)
            gpu_refuse(ctx, r, VM_GPU_LOST, "the machine is at its end");
    }
}

/* Those that are given up, so that memory checkers see what is kept. */
static pthread_mutex_t kept_lock = PTHREAD_MUTEX_INITIALIZER;
static struct vm_gpu_ctx *kept;

bool machine_threads_hang(void)
{
    pthread_mutex_lock(&kept_lock);
    bool some = kept != NULL;
    pthread_mutex_unlock(&kept_lock);
    return some;
}

/* With ctx->lock and the device's held. */
static void give_up(struct vm_gpu_ctx *ctx, int64_t idle_ns)
{
    log_line(VM_LOG_ERROR, ctx->context.name,
             "the GPU does not come to an end: nothing for %d seconds; it is not used any more",
             (int)(idle_ns / 1000000000));
    drop_submitted(ctx, false);
    ctx->completed.first = NULL; /* what a device has submitted from inside done() to the end */
    ctx->given_up = ctx->over = ctx->untold = true;
    ctx->active = 0;
    pthread_mutex_lock(&kept_lock);
    ctx->next_kept = kept;
    kept = ctx;
    pthread_mutex_unlock(&kept_lock);
}

/* With ctx->lock held: until when there must be some progress, by host time. A compiler may be
 * silent for long; backends end it by a limit of their own. */
static int64_t deadline(const struct vm_gpu_ctx *ctx, int64_t last, int64_t end)
{
    int64_t next = last + (ctx->compiling ? gpu_patience.compile_ns : gpu_patience.idle_ns);
    return next < end ? next : end;
}

/* The next one that is done, in all before host time `end`; NULL: it was given up. */
static struct vm_gpu_request *next_done(struct vm_gpu_ctx *ctx, int64_t end)
{
    int64_t last = host_clock_ns(), until;
    struct vm_gpu_request *r;
    pthread_mutex_lock(&ctx->lock);
    if (!ctx->thread)
        drop_submitted(ctx, true);
    while (!ctx->completed.first && host_clock_ns() < (until = deadline(ctx, last, end))) {
        const struct timespec t = {.tv_sec = until / 1000000000, .tv_nsec = until % 1000000000};
        pthread_cond_timedwait(&ctx->progress, &ctx->lock, &t);
    }
    r = host_clock_ns() < end ? gpu_queue_pop(&ctx->completed) : NULL;
    if (!r)
        give_up(ctx, host_clock_ns() - last);
    pthread_mutex_unlock(&ctx->lock);
    return r;
}

static void drain(struct vm_gpu_ctx *ctx, int64_t limit_ns)
{
    int64_t end = host_clock_ns() + limit_ns;
    struct vm_gpu_request *r = NULL;
    if (!ctx->active)
        return;
    atomic_fetch_add(&ctx->draining, 1);
    while (ctx->active && (r = next_done(ctx, end)))
        gpu_tell(ctx, r);
    gpu_tell_all(ctx);
    atomic_fetch_sub(&ctx->draining, 1);
    if (!r)
        gpu_kick(ctx); /* for the thread to end, if it can */
}

/* What gpu_settle() gave up its device hears of here, once. */
int gpu_drain(struct vm_gpu *gpu)
{
    struct vm_gpu_ctx *ctx = gpu->ctx;
    if (ctx->thread && host_thread_is_current(ctx->thread)) {
        log_line(VM_LOG_ERROR, ctx->device->context.name, "plugin bug: gpu_drain() inside done()");
        return 0;
    }
    drain(ctx, gpu_patience.all_ns);
    bool lost = ctx->untold;
    ctx->untold = false;
    return lost ? -1 : 0;
}

/* ---- for devices: attaching ---- */

static struct vm_gpu_ctx *find_gpu(const struct vm_device_ctx *device, const char *name)
{
    const struct machine *m = device->context.m;
    const struct instance *wanted = description_backend(m->d, device->instance, VM_KIND_GPU, name);
    for (uint32_t i = 0; i < m->n_gpus; i++)
        if (m->gpus[i]->instance == wanted)
            return m->gpus[i];
    return NULL;
}

struct vm_gpu *gpu_attach(struct vm_device_ctx *device, const char *name,
                          const struct vm_gpu_client *client, void *opaque, struct vm_error *err)
{
    struct vm_gpu_ctx *ctx = find_gpu(device, name);
    if (!ctx) {
        vm_error_set(err, "there is no GPU backend '%s'", name);
        return NULL;
    }
    if (ctx->device) {
        vm_error_set(err, "GPU backend '%s' serves %s already; one serves one device", name,
                     ctx->device->context.name);
        return NULL;
    }
    if (!copy_sized(&ctx->client, client, sizeof(ctx->client),
                    offsetof(struct vm_gpu_client, all_told)) ||
        !ctx->client.done) {
        vm_error_set(err, "plugin bug: a backend's client without its functions");
        return NULL;
    }
    ctx->device = device;
    ctx->client_opaque = opaque;
    return &ctx->handle;
}

/* ---- life ---- */

static void init(struct machine *m, struct vm_gpu_ctx *ctx, const struct instance *instance)
{
    pthread_condattr_t monotonic;
    ctx->context = (struct context){strdup(instance->name), m};
    ctx->instance = instance;
    ctx->handle.ctx = ctx;
    ctx->stats.size = sizeof(ctx->stats);
    ctx->why = (struct vm_error)VM_ERROR_INIT;
    pthread_mutex_init(&ctx->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&ctx->progress, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static int take_ops(struct vm_gpu_ctx *ctx, struct vm_error *err)
{
    const struct vm_plugin *plugin = ctx->instance->plugin;
    if (plugin_interface(plugin, VM_GPU_INTERFACE, &ctx->ops, sizeof(ctx->ops),
                         offsetof(struct vm_gpu_ops, poll), err))
        return -1;
    if (!ctx->ops.create || !ctx->ops.destroy || !ctx->ops.n_gpus || !ctx->ops.info ||
        !ctx->ops.submit)
        return vm_error_set(err, "plugin '%s' lacks a mandatory function", plugin->name);
    return 0;
}

/* How many GPUs there are, and what they are. */
static int look_at_gpus(struct vm_gpu_ctx *ctx, struct vm_error *err)
{
    uint32_t n = ctx->ops.n_gpus(ctx->be, &ctx->why);
    if (n > MAX_GPUS)
        return vm_error_set(err, "plugin bug: it has %u GPUs, and at most %d can be", n, MAX_GPUS);
    if (!n && !ctx->why.set)
        vm_error_set(&ctx->why, "plugin '%s' has no GPU and does not say why",
                     ctx->instance->plugin->name);
    ctx->infos = calloc(n + 1, sizeof(*ctx->infos));
    if (!ctx->infos)
        return vm_error_set(err, "out of memory");
    ctx->n_gpus = n;
    for (uint32_t i = 0; i < n; i++)
        ctx->infos[i] = ask_info(ctx, i);
    return 0;
}

int gpu_create(struct machine *m, struct vm_gpu_ctx *ctx, const struct instance *instance,
               struct vm_error *err)
{
    init(m, ctx, instance);
    if (!ctx->context.name)
        return vm_error_set(err, "out of memory");
    if (m->info.deterministic)
        return vm_error_set(err, "a machine with mode = deterministic can have no GPU: how long a "
                                 "GPU takes is its own");
    if (take_ops(ctx, err))
        return -1;
    ctx->be = ctx->ops.create(&gpu_host, ctx, instance->props, err);
    if (!ctx->be)
        return err->set ? -1
                        : vm_error_set(err, "plugin '%s' made no instance and did not say why",
                                       instance->plugin->name);
    return look_at_gpus(ctx, err);
}

int gpu_start(struct vm_gpu_ctx *ctx, struct vm_error *err)
{
    if (!ctx->device)
        return 0; /* nobody will submit anything */
    ctx->thread = host_thread_start("vmrun-gpu", gpu_thread, ctx, err);
    return ctx->thread ? 0 : -1;
}

static void settle(struct vm_gpu_ctx *ctx, int64_t limit_ns)
{
    if (!ctx->device || !device_lock(ctx->device))
        return;
    pthread_mutex_lock(&ctx->lock);
    ctx->settling = true;
    drop_useless(ctx);
    pthread_mutex_unlock(&ctx->lock);
    drain(ctx, limit_ns);
    pthread_mutex_lock(&ctx->lock);
    ctx->settling = false;
    pthread_mutex_unlock(&ctx->lock);
    device_unlock(ctx->device);
}

void gpu_settle(struct vm_gpu_ctx *ctx)
{
    settle(ctx, gpu_patience.all_ns);
}

/* Joins it, or leaves it alone if it may never come back from the backend. */
static void end_thread(struct vm_gpu_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    ctx->over = true;
    gpu_kick(ctx);
    while (!ctx->ended && !(ctx->calling && ctx->given_up))
        pthread_cond_wait(&ctx->progress, &ctx->lock);
    bool ended = ctx->ended;
    pthread_mutex_unlock(&ctx->lock);
    if (ended) {
        host_thread_join(ctx->thread);
        ctx->thread = NULL;
    } else {
        host_thread_leave(ctx->thread);
    }
}

void gpu_close(struct vm_gpu_ctx *ctx)
{
    if (!ctx->be || ctx->closed)
        return;
    settle(ctx, gpu_patience.idle_ns); /* somebody waits for the process to end */
    if (ctx->thread)
        end_thread(ctx);
    if (!ctx->given_up)
        ctx->ops.destroy(ctx->be);
    pthread_mutex_lock(&ctx->lock);
    ctx->closed = true;
    pthread_mutex_unlock(&ctx->lock);
}

bool gpu_keeps(struct vm_gpu_ctx *ctx, struct space *space)
{
    if (ctx->given_up)
        ctx->kept_space = space;
    return ctx->given_up;
}

void gpu_destroy(struct vm_gpu_ctx *ctx)
{
    gpu_close(ctx);
    if (ctx->given_up)
        return;
    pthread_mutex_lock(&ctx->lock); /* whoever completed the last one is out of it */
    drop_submitted(ctx, false);
    pthread_mutex_unlock(&ctx->lock);
    pthread_cond_destroy(&ctx->progress);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx->infos);
    free((char *)(uintptr_t)ctx->context.name);
    free(ctx);
}

void gpu_report(struct vm_gpu_ctx *ctx, struct stats *stats)
{
    struct vm_gpu_stats s = {.size = sizeof(s)};
    gpu_stats(&ctx->handle, &s);
    const struct {
        const char *name;
        uint64_t value;
        const char *unit;
    } rows[] = {
        {"copied in", s.bytes_in, "bytes"},
        {"copied out", s.bytes_out, "bytes"},
        {"copied within", s.bytes_within, "bytes"},
        {"copy-time", s.copy_ns / 1000, "us"},
        {"launches", s.launches, NULL},
        {"launch-time", s.launch_ns / 1000, "us"},
        {"launch-gpu-time", s.launch_gpu_ns / 1000, "us"},
        {"compilations", s.compilations, NULL},
        {"compile-time", s.compile_ns / 1000, "us"},
        {"errors", s.errors, NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        stats_add(stats, ctx->context.name, rows[i].name, rows[i].value, rows[i].unit);
}
