/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * net_host.c - network backends and the devices that they serve.
 *
 * In parallel mode frames go straight through, with the device's lock held. In deterministic mode
 * the device must not see when the host was ready: what comes in waits in a queue until the vCPU
 * thread looks, what goes out is always taken, and lost where the backend has no room, as on a
 * wire.
 */
#include <stdlib.h>
#include <string.h>
#include "core/host/clock.h"
#include "core/machine/internal.h"

#define INPUT_LIMIT                                                              \
    ((size_t)1 << 20) /* deterministic mode: bytes that wait for the vCPU thread \
                       */

#define HEADER_BYTES sizeof(struct vm_net_header)

struct net_frame {
    struct net_frame *next;
    size_t length;
    uint8_t bytes[];
};

static bool deterministic(const struct vm_net_ctx *ctx)
{
    return ctx->context.m->info.deterministic;
}

/* Bytes of a header and a frame, 0 if that is too short or too long for one. */
static size_t frame_length(const struct vm_iovec *iov, uint32_t n)
{
    uint64_t length = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (iov[i].length > HEADER_BYTES + VM_NET_MAX_FRAME)
            return 0;
        length += iov[i].length;
    }
    bool fits =
        length >= HEADER_BYTES + VM_NET_MIN_FRAME && length <= HEADER_BYTES + VM_NET_MAX_FRAME;
    return fits ? (size_t)length : 0;
}

static void backend_ready(struct vm_net_ctx *ctx)
{
    if (atomic_load(&ctx->refused) && atomic_exchange(&ctx->refused, false) && ctx->be)
        ctx->ops.receive_ready(ctx->be);
}

/* ---- frames for the guest, deterministic ---- */

static void deliver_frames(void *opaque);

/* With ctx->lock held. */
static void schedule_delivery(struct vm_net_ctx *ctx)
{
    if (ctx->deliver_pending || !ctx->frames)
        return;
    ctx->deliver_pending = true;
    sched_inject(ctx->context.m->sched, deliver_frames, ctx);
}

/* The first frame in the queue; it stays there. */
static struct net_frame *first_frame(struct vm_net_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    ctx->deliver_pending = false;
    struct net_frame *f = ctx->frames;
    pthread_mutex_unlock(&ctx->lock);
    return f;
}

static void drop_first(struct vm_net_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    struct net_frame *f = ctx->frames;
    ctx->frames = f->next;
    if (!ctx->frames)
        ctx->last_frame = &ctx->frames;
    ctx->n_bytes -= f->length;
    pthread_mutex_unlock(&ctx->lock);
    free(f);
}

/* [vCPU thread, which alone takes frames out] */
static void deliver_frames(void *opaque)
{
    struct vm_net_ctx *ctx = opaque;
    struct net_frame *f;
    if (!ctx->started || !device_enter(ctx->device))
        return; /* closed meanwhile */
    while ((f = first_frame(ctx))) {
        struct vm_iovec iov = {f->bytes, f->length};
        if (!ctx->client.receive(ctx->client_opaque, &iov, 1))
            break;
        drop_first(ctx);
    }
    device_leave(ctx->device);
    if (!f)
        backend_ready(ctx);
}

static int buffer_frame(struct vm_net_ctx *ctx, const struct vm_iovec *iov, uint32_t n,
                        size_t length)
{
    struct net_frame *f = malloc(sizeof(*f) + length);
    if (!f)
        return 1; /* lost, as on a wire */
    f->next = NULL;
    f->length = 0;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(f->bytes + f->length, iov[i].base, iov[i].length);
        f->length += iov[i].length;
    }
    pthread_mutex_lock(&ctx->lock);
    bool fits = ctx->n_bytes + length <= INPUT_LIMIT;
    if (fits) {
        *ctx->last_frame = f;
        ctx->last_frame = &f->next;
        ctx->n_bytes += length;
    } else {
        atomic_store(&ctx->refused, true);
    }
    schedule_delivery(ctx);
    pthread_mutex_unlock(&ctx->lock);
    if (!fits)
        free(f);
    return fits;
}

/* ---- for backends ---- */

static int host_receive(struct vm_net_ctx *ctx, const struct vm_iovec *iov, uint32_t n)
{
    size_t length = frame_length(iov, n);
    if (!ctx->device || !ctx->started || !length)
        return 1;
    if (deterministic(ctx))
        return buffer_frame(ctx, iov, n, length);
    if (!device_enter(ctx->device))
        return 0;
    int took = ctx->client.receive(ctx->client_opaque, iov, n);
    if (!took)
        atomic_store(&ctx->refused, true); /* locked: net_receive_ready comes after it */
    device_leave(ctx->device);
    return took != 0;
}

static void host_writable(struct vm_net_ctx *ctx)
{
    if (!ctx->device || !ctx->started || deterministic(ctx) || !device_enter(ctx->device))
        return;
    ctx->client.writable(ctx->client_opaque);
    device_leave(ctx->device);
}

struct link_note {
    struct vm_net_ctx *ctx;
    int up;
};

static void deliver_link(void *opaque)
{
    struct link_note *note = opaque;
    struct vm_net_ctx *ctx = note->ctx;
    int up = note->up;
    free(note);
    if (!ctx->started || !device_enter(ctx->device))
        return;
    ctx->client.link(ctx->client_opaque, up);
    device_leave(ctx->device);
}

/* Before the start nothing is told: the device asks for the state itself. */
static void host_link(struct vm_net_ctx *ctx, int up)
{
    if (!ctx->started || !ctx->device || !ctx->client.link)
        return;
    struct link_note *note = malloc(sizeof(*note));
    if (!note)
        return;
    *note = (struct link_note){ctx, up != 0};
    sched_inject(ctx->context.m->sched, deliver_link, note);
}

static void run_poll(void *opaque)
{
    struct vm_net_ctx *ctx = opaque;
    atomic_store(&ctx->woken, false); /* first: a request from here on is one more call */
    if (ctx->be && ctx->ops.poll)
        ctx->ops.poll(ctx->be);
}

static void host_wake(struct vm_net_ctx *ctx)
{
    if (!atomic_exchange(&ctx->woken, true))
        loop_post(ctx->context.m->loop, run_poll, ctx);
}

static struct vm_fd_watch *host_watch_fd(struct vm_net_ctx *ctx, int fd, uint32_t events,
                                         vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    return loop_watch(ctx->context.m->loop, fd, events, cb, opaque, err);
}

static int64_t net_clock_ns(struct vm_net_ctx *ctx)
{
    (void)ctx;
    return host_clock_ns();
}

static struct vm_net_timer *host_timer_new(struct vm_net_ctx *ctx, void (*cb)(void *opaque),
                                           void *opaque)
{
    return (struct vm_net_timer *)loop_timer_new(ctx->context.m->loop, cb, opaque);
}

static void host_timer_arm(struct vm_net_timer *timer, int64_t deadline_ns)
{
    loop_timer_arm((struct loop_timer *)timer, deadline_ns);
}

static void host_timer_free(struct vm_net_timer *timer)
{
    loop_timer_free((struct loop_timer *)timer);
}

const struct vm_net_host net_host = {
    .size = sizeof(struct vm_net_host),
    .base = &vm_host_table,
    .receive = host_receive,
    .writable = host_writable,
    .link = host_link,
    .wake = host_wake,
    .watch_fd = host_watch_fd,
    .watch_change = loop_watch_change,
    .watch_remove = loop_watch_remove,
    .clock_ns = net_clock_ns,
    .timer_new = host_timer_new,
    .timer_arm = host_timer_arm,
    .timer_free = host_timer_free,
};

/* ---- for devices ---- */

static struct vm_net_ctx *find_net(const struct vm_device_ctx *device, const char *name)
{
    const struct machine *m = device->context.m;
    const struct instance *wanted = description_backend(m->d, device->instance, VM_KIND_NET, name);
    for (uint32_t i = 0; i < m->n_nets; i++)
        if (m->nets[i]->instance == wanted)
            return m->nets[i];
    return NULL;
}

struct vm_net *net_attach(struct vm_device_ctx *device, const char *name,
                          const struct vm_net_client *client, void *opaque, struct vm_error *err)
{
    struct vm_net_ctx *ctx = find_net(device, name);
    if (!ctx) {
        vm_error_set(err, "there is no network backend '%s'", name);
        return NULL;
    }
    if (ctx->device) {
        vm_error_set(err, "network backend '%s' serves %s already; one serves one device", name,
                     ctx->device->context.name);
        return NULL;
    }
    if (!copy_sized(&ctx->client, client, sizeof(ctx->client),
                    offsetof(struct vm_net_client, link)) ||
        !ctx->client.receive || !ctx->client.writable) {
        vm_error_set(err, "plugin bug: a backend's client without its functions");
        return NULL;
    }
    ctx->device = device;
    ctx->client_opaque = opaque;
    return &ctx->handle;
}

size_t net_send(struct vm_net *net, const struct vm_iovec *iov, uint32_t n)
{
    struct vm_net_ctx *ctx = net->ctx;
    size_t length = frame_length(iov, n);
    if (!length || !ctx->be)
        return 1; /* dropped; anything but 0 */
    if (ctx->ops.send(ctx->be, iov, n))
        return length;
    if (!deterministic(ctx))
        return 0;
    if (!ctx->lost)
        log_line(VM_LOG_WARNING, ctx->context.name, "it does not keep up; frames are lost");
    ctx->lost = true;
    return length;
}

void net_receive_ready(struct vm_net *net)
{
    struct vm_net_ctx *ctx = net->ctx;
    if (!deterministic(ctx)) {
        backend_ready(ctx);
        return;
    }
    pthread_mutex_lock(&ctx->lock);
    schedule_delivery(ctx);
    pthread_mutex_unlock(&ctx->lock);
}

void net_info(struct vm_net *net, struct vm_net_info *info)
{
    struct vm_net_ctx *ctx = net->ctx;
    struct vm_net_info full = {.size = sizeof(full)};
    uint32_t room = info->size < sizeof(full) ? info->size : (uint32_t)sizeof(full);
    if (ctx->be)
        ctx->ops.info(ctx->be, &full);
    if (!ctx->ops.set_offloads)
        full.offloads = 0;
    full.size = info->size;
    memcpy(info, &full, room);
}

int net_set_offloads(struct vm_net *net, uint32_t offloads)
{
    struct vm_net_ctx *ctx = net->ctx;
    if (!ctx->be || !ctx->ops.set_offloads)
        return offloads ? -1 : 0;
    return ctx->ops.set_offloads(ctx->be, offloads);
}

/* ---- life ---- */

int net_create(struct machine *m, struct vm_net_ctx *ctx, const struct instance *instance,
               struct vm_error *err)
{
    const uint32_t mandatory = offsetof(struct vm_net_ops, set_offloads);
    ctx->context = (struct context){instance->name, m};
    ctx->instance = instance;
    ctx->handle.ctx = ctx;
    ctx->last_frame = &ctx->frames;
    pthread_mutex_init(&ctx->lock, NULL);
    if (plugin_interface(instance->plugin, VM_NET_INTERFACE, &ctx->ops, sizeof(ctx->ops), mandatory,
                         err))
        return -1;
    if (!ctx->ops.create || !ctx->ops.destroy || !ctx->ops.info || !ctx->ops.send ||
        !ctx->ops.receive_ready)
        return vm_error_set(err, "plugin '%s' lacks a mandatory function", instance->plugin->name);
    ctx->be = ctx->ops.create(&net_host, ctx, instance->props, err);
    if (!ctx->be && !err->set)
        vm_error_set(err, "plugin '%s' made no instance and did not say why",
                     instance->plugin->name);
    return ctx->be ? 0 : -1;
}

void net_start(struct vm_net_ctx *ctx)
{
    ctx->started = true;
}

void net_close(struct vm_net_ctx *ctx)
{
    if (!ctx->be)
        return;
    ctx->ops.destroy(ctx->be);
    ctx->be = NULL;
    ctx->started = false;
}

void net_destroy(struct vm_net_ctx *ctx)
{
    net_close(ctx);
    while (ctx->frames)
        drop_first(ctx);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx);
}
