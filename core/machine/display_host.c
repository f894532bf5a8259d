/* SPDX-License-Identifier: BSD-2-Clause */
/* display_host.c - display backends and the devices that they serve: see display_host.h. */
#include "core/machine/display_host.h"
#include <stdlib.h>
#include <string.h>
#include "core/host/clock.h"

#define SECOND_NS INT64_C(1000000000)

static void run_turn(void *opaque);

/* With ctx->lock held. */
static void post_turn(struct vm_display_ctx *ctx)
{
    if (!ctx->posted)
        loop_post(ctx->context.m->loop, run_turn, ctx);
    ctx->posted = true;
}

/* ---- what a device calls ---- */

int display_mode(struct vm_display *display, const struct vm_display_mode *mode)
{
    struct vm_display_ctx *ctx = display->ctx;
    struct vm_display_mode known = {0};
    bool off = !mode;
    bool good = !off &&
                copy_sized(&known, mode, sizeof(known), END_OF(struct vm_display_mode, rate)) &&
                !display_mode_wrong(&known);
    ctx->refreshing = false; /* its pixels would be of this mode, and there is no room for them */
    pthread_mutex_lock(&ctx->lock);
    ctx->mode = good ? known : (struct vm_display_mode){0};
    ctx->serial++;
    post_turn(ctx);
    pthread_mutex_unlock(&ctx->lock);
    return off || good ? 0 : -1;
}

void display_frame(struct vm_display *display, const void *pixels, uint64_t length,
                   const struct vm_display_rect *rects, uint32_t n)
{
    struct vm_display_ctx *ctx = display->ctx;
    struct display_picture *picture = &ctx->picture;
    if (!ctx->refreshing) {
        log_line(VM_LOG_ERROR, ctx->device->context.name,
                 "plugin bug: display_frame() outside of refresh(), or after another mode was set");
        return;
    }
    if (length < display_length(&ctx->mode)) {
        log_line(VM_LOG_ERROR, ctx->device->context.name,
                 "plugin bug: a frame of %llu bytes, and its mode has %llu",
                 (unsigned long long)length, (unsigned long long)display_length(&ctx->mode));
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        struct vm_display_rect rect = rects[i];
        if (!display_clip(&ctx->mode, &rect))
            continue;
        display_convert(picture->pixels, &ctx->mode, pixels, &rect);
        display_damage_add(&picture->damage, &rect);
    }
}

void display_input_ready(struct vm_display *display)
{
    struct vm_display_ctx *ctx = display->ctx;
    pthread_mutex_lock(&ctx->lock);
    if (ctx->n_reports) {
        ctx->offer = true;
        post_turn(ctx);
    }
    pthread_mutex_unlock(&ctx->lock);
}

/* ---- input ---- */

/* The first report, copied; it stays there. */
static bool first_report(struct vm_display_ctx *ctx, struct display_report *report)
{
    pthread_mutex_lock(&ctx->lock);
    ctx->offered = false;
    bool some = ctx->n_reports != 0;
    if (some)
        *report = ctx->reports[ctx->first_report];
    pthread_mutex_unlock(&ctx->lock);
    return some;
}

static void drop_report(struct vm_display_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    ctx->first_report = (ctx->first_report + 1) % DISPLAY_REPORTS;
    ctx->n_reports--;
    if (ctx->refused) {
        ctx->refused = false;
        ctx->tell_ready = true;
        post_turn(ctx);
    }
    pthread_mutex_unlock(&ctx->lock);
}

/* [where device_enter may be called, one thread at a time] */
static void deliver(void *opaque)
{
    struct vm_display_ctx *ctx = opaque;
    struct display_report report;
    if (!ctx->started || !device_enter(ctx->device))
        return; /* closed meanwhile */
    while (first_report(ctx, &report)) {
        if (!ctx->client.input(ctx->client_opaque, report.events, report.n))
            break;
        drop_report(ctx);
    }
    device_leave(ctx->device);
}

/* [event thread] */
static void offer_reports(struct vm_display_ctx *ctx)
{
    pthread_mutex_lock(&ctx->lock);
    bool offer = ctx->n_reports && !ctx->offered;
    ctx->offered |= offer;
    pthread_mutex_unlock(&ctx->lock);
    if (offer)
        sched_inject(ctx->context.m->sched, deliver, ctx);
}

static int host_input(struct vm_display_ctx *ctx, const struct vm_display_event *events, uint32_t n)
{
    const char *wrong = display_report_wrong(events, n);
    if (wrong)
        log_line(VM_LOG_ERROR, ctx->context.name, "plugin bug: a report of input: %s", wrong);
    if (wrong || !ctx->device || !ctx->started || !ctx->client.input)
        return 1;
    pthread_mutex_lock(&ctx->lock);
    bool fits = ctx->n_reports < DISPLAY_REPORTS;
    ctx->refused |= !fits;
    if (fits) {
        struct display_report *r =
            &ctx->reports[(ctx->first_report + ctx->n_reports++) % DISPLAY_REPORTS];
        r->n = n;
        memcpy(r->events, events, n * sizeof(*events));
    }
    pthread_mutex_unlock(&ctx->lock);
    if (fits)
        offer_reports(ctx);
    return fits;
}

/* ---- frames: asking the device [where device_enter may be called] ---- */

/* Makes the picture one of the device's mode, black where its size is new. False: no memory. */
static bool fit_picture(struct vm_display_ctx *ctx)
{
    struct display_picture *p = &ctx->picture;
    struct vm_display_mode shown = display_shown(&ctx->mode);
    if (!p->pixels || shown.width != p->mode.width || shown.height != p->mode.height) {
        free(p->pixels);
        *p = (struct display_picture){0};
        p->pixels = calloc((size_t)shown.width * shown.height, sizeof(*p->pixels));
    }
    p->filled &= p->serial == ctx->serial;
    p->serial = ctx->serial;
    p->mode = shown;
    return p->pixels != NULL;
}

/* Has the device fill the picture. The mode stays, for setting it takes the device's lock. */
static void refresh(struct vm_display_ctx *ctx)
{
    struct display_picture *p = &ctx->picture;
    if (!device_enter(ctx->device))
        return;
    if (ctx->mode.size && fit_picture(ctx)) {
        ctx->refreshing = true;
        ctx->client.refresh(ctx->client_opaque, !p->filled);
        ctx->refreshing = false;
        p->filled |= p->damage.n != 0;
    } else if (ctx->mode.size) {
        log_line(VM_LOG_ERROR, ctx->context.name, "no memory for a picture of %u x %u: it is off",
                 ctx->mode.width, ctx->mode.height);
        display_mode(&ctx->handle, NULL);
    }
    device_leave(ctx->device);
}

static void answered(void *opaque);

static void ask(void *opaque)
{
    struct vm_display_ctx *ctx = opaque;
    if (!ctx->started)
        return; /* closed meanwhile */
    refresh(ctx);
    if (loop_is_current(ctx->context.m->loop))
        answered(ctx);
    else
        loop_post(ctx->context.m->loop, answered, ctx);
}

/* ---- frames: telling the backend [event thread] ---- */

static void tell_mode(struct vm_display_ctx *ctx)
{
    struct vm_display_mode mode = {0};
    pthread_mutex_lock(&ctx->lock);
    if (ctx->mode.size)
        mode = display_shown(&ctx->mode);
    pthread_mutex_unlock(&ctx->lock);
    if (memcmp(&mode, &ctx->told, sizeof(mode)) == 0)
        return;
    ctx->told = mode;
    ctx->fresh = true;
    ctx->ops.mode(ctx->be, mode.size ? &mode : NULL);
}

/* Whether what the device has filled is to be shown: the request is answered then. */
static bool take_request(struct vm_display_ctx *ctx)
{
    struct display_picture *p = &ctx->picture;
    pthread_mutex_lock(&ctx->lock);
    bool take = ctx->wanted && ctx->mode.size && p->filled && p->serial == ctx->serial &&
                (p->damage.n || ctx->whole);
    if (take && (ctx->whole || ctx->fresh))
        display_damage_all(&p->damage, &p->mode);
    if (take)
        ctx->wanted = ctx->whole = false;
    pthread_mutex_unlock(&ctx->lock);
    return take;
}

static void show(struct vm_display_ctx *ctx)
{
    struct display_picture *p = &ctx->picture;
    if (!take_request(ctx))
        return;
    struct vm_display_frame frame = {
        .size = sizeof(frame),
        .n_rects = p->damage.n,
        .mode = &p->mode,
        .pixels = p->pixels,
        .rects = p->damage.rects,
    };
    ctx->fresh = false;
    ctx->ops.frame(ctx->be, &frame);
    p->damage.n = 0;
}

/* When the device may be asked; INT64_MAX: nobody wants a frame, or there is none. */
static int64_t due(struct vm_display_ctx *ctx)
{
    int64_t soonest = ctx->told.size ? ctx->asked_ns + SECOND_NS / ctx->told.rate : INT64_MAX;
    pthread_mutex_lock(&ctx->lock);
    int64_t wanted = ctx->wanted ? ctx->not_before : INT64_MAX;
    pthread_mutex_unlock(&ctx->lock);
    return wanted > soonest ? wanted : soonest;
}

static void ask_when_due(struct vm_display_ctx *ctx)
{
    int64_t at = due(ctx), now = host_clock_ns();
    if (!ctx->device || ctx->asking)
        return;
    if (at > now) {
        loop_timer_arm(ctx->timer, at);
        return;
    }
    loop_timer_arm(ctx->timer, INT64_MAX);
    ctx->asking = true;
    ctx->asked_ns = now;
    sched_inject(ctx->context.m->sched, ask, ctx);
}

static void answered(void *opaque)
{
    struct vm_display_ctx *ctx = opaque;
    if (!ctx->be)
        return;
    ctx->asking = false;
    tell_mode(ctx); /* that of the picture, if it is the newest */
    show(ctx);
    ask_when_due(ctx);
}

static void run_turn(void *opaque)
{
    struct vm_display_ctx *ctx = opaque;
    pthread_mutex_lock(&ctx->lock);
    bool ready = ctx->tell_ready, offer = ctx->offer;
    ctx->posted = ctx->tell_ready = ctx->offer = false; /* first: who posts now is heard again */
    pthread_mutex_unlock(&ctx->lock);
    if (!ctx->be || !ctx->started)
        return;
    tell_mode(ctx);
    if (ready && ctx->ops.input_ready)
        ctx->ops.input_ready(ctx->be);
    if (offer)
        offer_reports(ctx);
    ask_when_due(ctx);
}

static void on_timer(void *opaque)
{
    ask_when_due(opaque);
}

/* ---- what a backend calls ---- */

static void host_request(struct vm_display_ctx *ctx, uint32_t flags, int64_t not_before_ns)
{
    pthread_mutex_lock(&ctx->lock);
    if (!ctx->wanted || not_before_ns < ctx->not_before)
        ctx->not_before = not_before_ns;
    ctx->wanted = true;
    ctx->whole |= (flags & VM_DISPLAY_WHOLE) != 0;
    post_turn(ctx);
    pthread_mutex_unlock(&ctx->lock);
}

static void run_poll(void *opaque)
{
    struct vm_display_ctx *ctx = opaque;
    atomic_store(&ctx->woken, false); /* first: a request from here on is one more call */
    if (ctx->be && ctx->ops.poll)
        ctx->ops.poll(ctx->be);
}

static void host_wake(struct vm_display_ctx *ctx)
{
    if (!atomic_exchange(&ctx->woken, true))
        loop_post(ctx->context.m->loop, run_poll, ctx);
}

static struct vm_fd_watch *host_watch_fd(struct vm_display_ctx *ctx, int fd, uint32_t events,
                                         vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    return loop_watch(ctx->context.m->loop, fd, events, cb, opaque, err);
}

static int64_t display_clock_ns(struct vm_display_ctx *ctx)
{
    (void)ctx;
    return host_clock_ns();
}

static struct vm_display_timer *host_timer_new(struct vm_display_ctx *ctx, void (*cb)(void *opaque),
                                               void *opaque)
{
    return (struct vm_display_timer *)loop_timer_new(ctx->context.m->loop, cb, opaque);
}

static void host_timer_arm(struct vm_display_timer *timer, int64_t deadline_ns)
{
    loop_timer_arm((struct loop_timer *)timer, deadline_ns);
}

static void host_timer_free(struct vm_display_timer *timer)
{
    loop_timer_free((struct loop_timer *)timer);
}

const struct vm_display_host display_host = {
    .size = sizeof(struct vm_display_host),
    .base = &vm_host_table,
    .request = host_request,
    .input = host_input,
    .wake = host_wake,
    .watch_fd = host_watch_fd,
    .watch_change = loop_watch_change,
    .watch_remove = loop_watch_remove,
    .clock_ns = display_clock_ns,
    .timer_new = host_timer_new,
    .timer_arm = host_timer_arm,
    .timer_free = host_timer_free,
};

/* ---- for devices: attaching ---- */

static struct vm_display_ctx *find_display(const struct vm_device_ctx *device, const char *name)
{
    const struct machine *m = device->context.m;
    const struct instance *wanted =
        description_backend(m->d, device->instance, VM_KIND_DISPLAY, name);
    for (uint32_t i = 0; i < m->n_displays; i++)
        if (m->displays[i]->instance == wanted)
            return m->displays[i];
    return NULL;
}

struct vm_display *display_attach(struct vm_device_ctx *device, const char *name,
                                  const struct vm_display_client *client, void *opaque,
                                  struct vm_error *err)
{
    struct vm_display_ctx *ctx = find_display(device, name);
    if (!ctx) {
        vm_error_set(err, "there is no display backend '%s'", name);
        return NULL;
    }
    if (ctx->device) {
        vm_error_set(err, "display backend '%s' serves %s already; one serves one device", name,
                     ctx->device->context.name);
        return NULL;
    }
    if (!copy_sized(&ctx->client, client, sizeof(ctx->client),
                    offsetof(struct vm_display_client, input)) ||
        !ctx->client.refresh) {
        vm_error_set(err, "plugin bug: a backend's client without its functions");
        return NULL;
    }
    ctx->device = device;
    ctx->client_opaque = opaque;
    return &ctx->handle;
}

/* ---- life ---- */

static int take_ops(struct vm_display_ctx *ctx, struct vm_error *err)
{
    const struct vm_plugin *plugin = ctx->instance->plugin;
    if (plugin_interface(plugin, VM_DISPLAY_INTERFACE, &ctx->ops, sizeof(ctx->ops),
                         offsetof(struct vm_display_ops, input_ready), err))
        return -1;
    if (!ctx->ops.create || !ctx->ops.destroy || !ctx->ops.mode || !ctx->ops.frame)
        return vm_error_set(err, "plugin '%s' lacks a mandatory function", plugin->name);
    return 0;
}

int display_create(struct machine *m, struct vm_display_ctx *ctx, const struct instance *instance,
                   struct vm_error *err)
{
    ctx->context = (struct context){instance->name, m};
    ctx->instance = instance;
    ctx->handle.ctx = ctx;
    pthread_mutex_init(&ctx->lock, NULL);
    ctx->timer = loop_timer_new(m->loop, on_timer, ctx);
    if (!ctx->timer)
        return vm_error_set(err, "out of memory for a timer");
    if (take_ops(ctx, err))
        return -1;
    ctx->be = ctx->ops.create(&display_host, ctx, instance->props, err);
    if (!ctx->be && !err->set)
        vm_error_set(err, "plugin '%s' made no instance and did not say why",
                     instance->plugin->name);
    return ctx->be ? 0 : -1;
}

void display_start(struct vm_display_ctx *ctx)
{
    ctx->started = true;
}

void display_finish(struct vm_display_ctx *ctx)
{
    if (!ctx->be || !ctx->device)
        return;
    refresh(ctx);
    tell_mode(ctx);
    show(ctx);
}

void display_close(struct vm_display_ctx *ctx)
{
    if (!ctx->be)
        return;
    ctx->ops.destroy(ctx->be);
    ctx->be = NULL;
    ctx->started = false;
}

void display_destroy(struct vm_display_ctx *ctx)
{
    display_close(ctx);
    if (ctx->timer)
        loop_timer_free(ctx->timer);
    free(ctx->picture.pixels);
    pthread_mutex_destroy(&ctx->lock);
    free(ctx);
}
