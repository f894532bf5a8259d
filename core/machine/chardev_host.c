/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chardev_host.c - character backends and the devices that they serve.
 *
 * In parallel mode bytes go straight through, with the device's lock held. In deterministic mode
 * the device must not see when the host was ready: what comes in waits in a buffer until the vCPU
 * thread looks, what goes out is always taken whole.
 */
#include <stdlib.h>
#include <string.h>
#include "core/host/clock.h"
#include "core/host/signals.h"
#include "core/machine/internal.h"

#define OUTPUT_LIMIT \
    ((size_t)16 << 20) /* deterministic mode: bytes that may wait for a slow peer */
#define CLOSE_NS 1000000000

static bool deterministic(const struct vm_chardev_ctx *ctx)
{
    return ctx->context.m->info.deterministic;
}

/* ---- input, deterministic [vCPU thread] ---- */

static void deliver_input(void *opaque);

/* With ctx->lock held. */
static void schedule_delivery(struct vm_chardev_ctx *ctx)
{
    if (ctx->deliver_pending)
        return;
    ctx->deliver_pending = true;
    sched_inject(ctx->context.m->sched, deliver_input, ctx);
}

static void deliver_input(void *opaque)
{
    struct vm_chardev_ctx *ctx = opaque;
    uint8_t bytes[CHARDEV_INPUT_BYTES];
    if (!ctx->started)
        return; /* closed meanwhile */
    pthread_mutex_lock(&ctx->lock);
    uint32_t n = ctx->n_input;
    memcpy(bytes, ctx->input, n);
    ctx->deliver_pending = false;
    pthread_mutex_unlock(&ctx->lock);
    if (!n || !device_enter(ctx->device))
        return;
    size_t took = ctx->client.receive(ctx->client_opaque, bytes, n);
    device_leave(ctx->device);
    took = took < n ? took : n;

    pthread_mutex_lock(&ctx->lock);
    ctx->n_input -= (uint32_t)took;
    memmove(ctx->input, ctx->input + took, ctx->n_input);
    bool tell = took && ctx->input_refused;
    if (tell)
        ctx->input_refused = false;
    pthread_mutex_unlock(&ctx->lock);
    if (tell && ctx->be)
        ctx->ops.input_ready(ctx->be);
}

static size_t buffer_input(struct vm_chardev_ctx *ctx, const uint8_t *bytes, size_t n)
{
    pthread_mutex_lock(&ctx->lock);
    size_t room = CHARDEV_INPUT_BYTES - ctx->n_input;
    size_t took = n < room ? n : room;
    memcpy(ctx->input + ctx->n_input, bytes, took);
    ctx->n_input += (uint32_t)took;
    ctx->input_refused |= took < n;
    if (took)
        schedule_delivery(ctx);
    pthread_mutex_unlock(&ctx->lock);
    return took;
}

/* ---- output, deterministic ---- */

/* With ctx->lock held, which also keeps calls of write() apart. */
static void flush_output(struct vm_chardev_ctx *ctx)
{
    size_t done = 0;
    while (done < ctx->n_output) {
        size_t took = ctx->ops.write(ctx->be, ctx->output + done, ctx->n_output - done);
        if (took == 0)
            break;
        done += took;
    }
    ctx->n_output -= done;
    if (done)
        memmove(ctx->output, ctx->output + done, ctx->n_output);
}

static bool output_fits(struct vm_chardev_ctx *ctx, size_t n)
{
    size_t needed = ctx->n_output + n;
    if (needed <= ctx->output_room)
        return true;
    if (needed > OUTPUT_LIMIT)
        return false;
    size_t room = needed < 4096 ? 4096 : needed * 2;
    uint8_t *bigger = realloc(ctx->output, room);
    if (!bigger)
        return false;
    ctx->output = bigger;
    ctx->output_room = room;
    return true;
}

/* The guest must not see a slow peer: beyond the limit its output is lost, not held up. */
static void buffer_output(struct vm_chardev_ctx *ctx, const uint8_t *bytes, size_t n)
{
    pthread_mutex_lock(&ctx->lock);
    if (output_fits(ctx, n)) {
        memcpy(ctx->output + ctx->n_output, bytes, n);
        ctx->n_output += n;
        flush_output(ctx);
    } else if (!ctx->output_lost) {
        ctx->output_lost = true;
        log_line(VM_LOG_WARNING, ctx->context.name, "the peer does not keep up; output is lost");
    }
    pthread_mutex_unlock(&ctx->lock);
}

/* ---- for backends ---- */

static size_t host_receive(struct vm_chardev_ctx *ctx, const uint8_t *bytes, size_t n)
{
    if (!ctx->device || !ctx->started)
        return n; /* nobody listens */
    if (deterministic(ctx))
        return buffer_input(ctx, bytes, n);
    if (!device_enter(ctx->device))
        return 0;
    size_t took = ctx->client.receive(ctx->client_opaque, bytes, n);
    device_leave(ctx->device);
    return took < n ? took : n;
}

static void host_writable(struct vm_chardev_ctx *ctx)
{
    if (!ctx->device || !ctx->started)
        return;
    if (deterministic(ctx)) {
        pthread_mutex_lock(&ctx->lock);
        flush_output(ctx);
        pthread_mutex_unlock(&ctx->lock);
    } else if (device_enter(ctx->device)) {
        ctx->client.writable(ctx->client_opaque);
        device_leave(ctx->device);
    }
}

struct event_note {
    struct vm_chardev_ctx *ctx;
    int event;
};

static void deliver_event(void *opaque)
{
    struct event_note *note = opaque;
    struct vm_chardev_ctx *ctx = note->ctx;
    int event = note->event;
    free(note);
    if (!ctx->started || !device_enter(ctx->device))
        return;
    ctx->client.event(ctx->client_opaque, event);
    device_leave(ctx->device);
}

static void host_event(struct vm_chardev_ctx *ctx, int event)
{
    if (!ctx->started) {
        ctx->early_event = event;
        return;
    }
    struct event_note *note = ctx->device && ctx->client.event ? malloc(sizeof(*note)) : NULL;
    if (!note)
        return;
    *note = (struct event_note){ctx, event};
    sched_inject(ctx->context.m->sched, deliver_event, note);
}

static void host_request_quit(struct vm_chardev_ctx *ctx)
{
    sched_request_stop(ctx->context.m->sched, STOP_QUIT, 0);
}

static struct vm_fd_watch *host_watch_fd(struct vm_chardev_ctx *ctx, int fd, uint32_t events,
                                         vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    return loop_watch(ctx->context.m->loop, fd, events, cb, opaque, err);
}

const struct vm_chardev_host chardev_host = {
    .size = sizeof(struct vm_chardev_host),
    .base = &vm_host_table,
    .receive = host_receive,
    .writable = host_writable,
    .event = host_event,
    .request_quit = host_request_quit,
    .watch_fd = host_watch_fd,
    .watch_change = loop_watch_change,
    .watch_remove = loop_watch_remove,
};

/* ---- for devices ---- */

static struct vm_chardev_ctx *find_chardev(const struct vm_device_ctx *device, const char *name)
{
    const struct machine *m = device->context.m;
    const struct instance *wanted =
        description_backend(m->d, device->instance, VM_KIND_CHARDEV, name);
    for (uint32_t i = 0; i < m->n_chardevs; i++)
        if (m->chardevs[i]->instance == wanted)
            return m->chardevs[i];
    return NULL;
}

struct vm_chardev *chardev_attach(struct vm_device_ctx *device, const char *name,
                                  const struct vm_chardev_client *client, void *opaque,
                                  struct vm_error *err)
{
    struct vm_chardev_ctx *ctx = find_chardev(device, name);
    if (!ctx) {
        vm_error_set(err, "there is no character backend '%s'", name);
        return NULL;
    }
    if (ctx->device) {
        vm_error_set(err, "character backend '%s' serves %s already; one serves one device", name,
                     ctx->device->context.name);
        return NULL;
    }
    if (!copy_sized(&ctx->client, client, sizeof(ctx->client),
                    offsetof(struct vm_chardev_client, event)) ||
        !ctx->client.receive || !ctx->client.writable) {
        vm_error_set(err, "plugin bug: a backend's client without its functions");
        return NULL;
    }
    ctx->device = device;
    ctx->client_opaque = opaque;
    return &ctx->handle;
}

size_t chardev_write(struct vm_chardev *chr, const uint8_t *bytes, size_t n)
{
    struct vm_chardev_ctx *ctx = chr->ctx;
    if (!ctx->be)
        return n;
    if (!deterministic(ctx)) {
        size_t took = ctx->ops.write(ctx->be, bytes, n);
        return took < n ? took : n;
    }
    buffer_output(ctx, bytes, n);
    return n;
}

void chardev_input_ready(struct vm_chardev *chr)
{
    struct vm_chardev_ctx *ctx = chr->ctx;
    if (!ctx->be)
        return;
    if (!deterministic(ctx)) {
        ctx->ops.input_ready(ctx->be);
        return;
    }
    pthread_mutex_lock(&ctx->lock);
    if (ctx->n_input)
        schedule_delivery(ctx);
    pthread_mutex_unlock(&ctx->lock);
}

/* ---- life ---- */

int chardev_create(struct machine *m, struct vm_chardev_ctx *ctx, const struct instance *instance,
                   struct vm_error *err)
{
    const uint32_t mandatory = offsetof(struct vm_chardev_ops, emergency_restore);
    ctx->context = (struct context){instance->name, m};
    ctx->instance = instance;
    ctx->handle.ctx = ctx;
    pthread_mutex_init(&ctx->lock, NULL);
    if (plugin_interface(instance->plugin, VM_CHARDEV_INTERFACE, &ctx->ops, sizeof(ctx->ops),
                         mandatory, err))
        return -1;
    if (!ctx->ops.create || !ctx->ops.destroy || !ctx->ops.write || !ctx->ops.input_ready ||
        !ctx->ops.drain)
        return vm_error_set(err, "plugin '%s' lacks a mandatory function", instance->plugin->name);
    ctx->be = ctx->ops.create(&chardev_host, ctx, instance->props, err);
    if (!ctx->be)
        return err->set ? -1
                        : vm_error_set(err, "plugin '%s' made no instance and did not say why",
                                       instance->plugin->name);
    if (ctx->ops.emergency_restore) {
        if (host_on_fatal(ctx->ops.emergency_restore, ctx->be, err))
            return -1;
        ctx->on_fatal = true;
    }
    return 0;
}

void chardev_start(struct vm_chardev_ctx *ctx)
{
    int event = ctx->early_event;
    ctx->started = true;
    ctx->early_event = 0;
    if (event)
        host_event(ctx, event);
}

/* What waits in our buffer, then what waits in the backend's. */
static void drain(struct vm_chardev_ctx *ctx)
{
    int64_t end = host_clock_ns() + CLOSE_NS;
    do {
        pthread_mutex_lock(&ctx->lock);
        flush_output(ctx);
        pthread_mutex_unlock(&ctx->lock);
        ctx->ops.drain(ctx->be);
    } while (ctx->n_output && host_clock_ns() < end);
}

void chardev_close(struct vm_chardev_ctx *ctx)
{
    if (!ctx->be)
        return;
    if (ctx->started)
        drain(ctx);
    if (ctx->on_fatal)
        host_off_fatal(ctx->ops.emergency_restore, ctx->be);
    ctx->ops.destroy(ctx->be);
    ctx->be = NULL;
    ctx->started = false;
}

void chardev_destroy(struct vm_chardev_ctx *ctx)
{
    chardev_close(ctx);
    free(ctx->output);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx);
}
