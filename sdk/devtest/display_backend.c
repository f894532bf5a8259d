/* SPDX-License-Identifier: BSD-2-Clause */
/* display_backend.c - a host for one display backend under test, with an event loop that the test
 * turns by hand. */
#include <vmrun/backendtest.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"
#include "core/plugin/display_rules.h"

struct report {
    struct report *next;
    uint32_t n;
    struct vm_display_event events[VM_DISPLAY_MAX_EVENTS];
};

struct vm_displaytest {
    pthread_t thread; /* all but what is said to be for any thread comes from there */
    struct vm_display_ops ops;
    void *backend;
    struct vm_test_plugin test;
    struct vm_test_watches watches;
    uint32_t watch_calls, fail_watch;
    struct vm_test_timers timers;
    _Atomic int woken;

    pthread_mutex_t lock; /* of what was asked for */
    bool wanted;
    uint32_t flags;
    int64_t not_before;
    struct vm_display_mode mode; /* size 0: nothing is shown */
    uint32_t *picture;           /* at the end of `area`, behind which nothing can be read */
    uint8_t *area;
    size_t area_bytes;
    bool fresh;

    uint32_t room, n_reports;
    bool refused;
    struct report *reports, **last, *shown;
};

static struct vm_displaytest *of(struct vm_display_ctx *ctx)
{
    return (struct vm_displaytest *)ctx;
}

static void expect_thread(const struct vm_displaytest *h, const char *function)
{
    char text[200];

    if (pthread_equal(h->thread, pthread_self()))
        return;
    snprintf(text, sizeof(text), "%s is called on a thread of the backend's own", function);
    vm_test_broken(text);
}

/* ---- What the backend calls ------------------------------------------------------------------ */

static void request(struct vm_display_ctx *ctx, uint32_t flags, int64_t not_before_ns)
{
    struct vm_displaytest *h = of(ctx);

    if (flags & ~VM_DISPLAY_WHOLE)
        vm_test_broken("request() with flags that are not known");
    pthread_mutex_lock(&h->lock);
    if (!h->wanted || not_before_ns < h->not_before)
        h->not_before = not_before_ns;
    h->flags |= flags;
    h->wanted = true;
    pthread_mutex_unlock(&h->lock);
}

static int input(struct vm_display_ctx *ctx, const struct vm_display_event *events, uint32_t n)
{
    struct vm_displaytest *h = of(ctx);
    const char *wrong = display_report_wrong(events, n);
    struct report *r;

    expect_thread(h, "input");
    if (wrong)
        vm_test_broken(wrong);
    if (h->room == 0) {
        h->refused = true;
        return 0;
    }
    h->room -= h->room != UINT32_MAX;
    r = vm_test_alloc(sizeof(*r));
    r->n = n;
    memcpy(r->events, events, n * sizeof(*events));
    *h->last = r;
    h->last = &r->next;
    h->n_reports++;
    return 1;
}

static void wake(struct vm_display_ctx *ctx)
{
    of(ctx)->woken = 1;
}

static struct vm_fd_watch *watch_fd(struct vm_display_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    struct vm_displaytest *h = of(ctx);

    expect_thread(h, "watch_fd");
    if (++h->watch_calls == h->fail_watch) {
        vm_error_set(err, "watch %u was made to fail", h->watch_calls);
        return NULL;
    }
    return vm_test_watch(&h->watches, fd, events, cb, opaque);
}

static int64_t clock_ns(struct vm_display_ctx *ctx)
{
    (void)ctx;
    return vm_test_clock_ns();
}

static struct vm_display_timer *timer_new(struct vm_display_ctx *ctx, void (*cb)(void *opaque),
                                          void *opaque)
{
    struct vm_displaytest *h = of(ctx);

    expect_thread(h, "timer_new");
    return (struct vm_display_timer *)vm_test_timer_new(&h->timers, cb, opaque);
}

static const struct vm_displaytest *host_of(struct vm_display_timer *timer)
{
    const char *timers = (const char *)vm_test_timer_of((struct vm_test_timer *)timer);

    return (const void *)(timers - offsetof(struct vm_displaytest, timers));
}

static void timer_arm(struct vm_display_timer *timer, int64_t deadline_ns)
{
    expect_thread(host_of(timer), "timer_arm");
    vm_test_timer_arm((struct vm_test_timer *)timer, deadline_ns);
}

static void timer_free(struct vm_display_timer *timer)
{
    expect_thread(host_of(timer), "timer_free");
    vm_test_timer_free((struct vm_test_timer *)timer);
}

static const struct vm_display_host display_host = {
    .size = sizeof(struct vm_display_host),
    .base = &vm_test_base,
    .request = request,
    .input = input,
    .wake = wake,
    .watch_fd = watch_fd,
    .watch_change = vm_test_watch_change,
    .watch_remove = vm_test_watch_remove,
    .clock_ns = clock_ns,
    .timer_new = timer_new,
    .timer_arm = timer_arm,
    .timer_free = timer_free,
};

/* ---- The event loop -------------------------------------------------------------------------- */

int vm_displaytest_turn(struct vm_displaytest *h, int ms)
{
    int callbacks = 0;

    if (h->woken) {
        h->woken = 0;
        if (!h->ops.poll)
            vm_test_broken("wake() of a backend without poll()");
        h->ops.poll(h->backend);
        callbacks++;
    }
    callbacks += vm_test_timer_run(&h->timers);
    return callbacks + vm_test_watch_poll(&h->watches, callbacks || h->woken ? 0 : ms);
}

uint32_t vm_displaytest_watches(const struct vm_displaytest *h)
{
    return vm_test_watch_count(&h->watches);
}

/* ---- The device's side: pictures ------------------------------------------------------------- */

static void drop_picture(struct vm_displaytest *h)
{
    if (h->picture)
        munmap(h->area, h->area_bytes);
    h->picture = NULL;
}

static void new_picture(struct vm_displaytest *h)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = (size_t)h->mode.stride * h->mode.height;
    size_t usable = (n + page - 1) & ~(page - 1);

    h->area_bytes = usable + page;
    h->area = mmap(NULL, h->area_bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (h->area == MAP_FAILED || mprotect(h->area + usable, page, PROT_NONE))
        vm_test_broken("out of memory");
    h->picture = (uint32_t *)(void *)(h->area + usable - n);
}

static void protect_picture(struct vm_displaytest *h, int protection)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (mprotect(h->area, h->area_bytes - page, protection))
        vm_test_broken("mprotect");
}

void vm_displaytest_mode(struct vm_displaytest *h, uint32_t width, uint32_t height)
{
    struct vm_display_mode told;

    drop_picture(h);
    memset(&h->mode, 0, sizeof(h->mode));
    if (width && height) {
        h->mode = display_shown(&(struct vm_display_mode){.width = width, .height = height});
        new_picture(h);
    }
    h->fresh = true;
    told = h->mode; /* gone when mode() returns */
    h->ops.mode(h->backend, told.size ? &told : NULL);
    memset(&told, 0xff, sizeof(told));
}

uint32_t *vm_displaytest_picture(struct vm_displaytest *h)
{
    return h->picture;
}

bool vm_displaytest_wants(const struct vm_displaytest *h, uint32_t *flags, int64_t *not_before_ns)
{
    struct vm_displaytest *locked = (struct vm_displaytest *)(uintptr_t)h;
    bool wanted;

    pthread_mutex_lock(&locked->lock);
    if (flags)
        *flags = h->flags;
    if (not_before_ns)
        *not_before_ns = h->not_before;
    wanted = h->wanted;
    pthread_mutex_unlock(&locked->lock);
    return wanted;
}

bool vm_displaytest_frame(struct vm_displaytest *h, const struct vm_display_rect *rects, uint32_t n)
{
    struct display_damage damage = {0};
    struct vm_display_mode mode = h->mode;
    uint32_t flags;
    struct vm_display_frame frame = {
        .size = sizeof(frame), .mode = &mode, .pixels = h->picture, .rects = damage.rects};

    if (!h->picture || !vm_displaytest_wants(h, &flags, NULL))
        return false;
    for (uint32_t i = 0; i < n; i++) {
        struct vm_display_rect rect = rects[i];

        if (!display_clip(&h->mode, &rect))
            vm_test_broken("a test gives a rectangle that is not in the picture");
        display_damage_add(&damage, &rect);
    }
    if (n == 0 || h->fresh || flags & VM_DISPLAY_WHOLE)
        display_damage_all(&damage, &h->mode);
    frame.n_rects = damage.n;
    pthread_mutex_lock(&h->lock);
    h->wanted = false;
    h->flags = 0;
    pthread_mutex_unlock(&h->lock);
    h->fresh = false;
    protect_picture(h, PROT_READ);
    h->ops.frame(h->backend, &frame);
    protect_picture(h, PROT_READ | PROT_WRITE);
    memset(&frame, 0xff, sizeof(frame)); /* gone, as all that it points to but the picture */
    memset(&damage, 0xff, sizeof(damage));
    memset(&mode, 0xff, sizeof(mode));
    return true;
}

/* ---- The device's side: input ---------------------------------------------------------------- */

void vm_displaytest_room(struct vm_displaytest *h, uint32_t reports)
{
    h->room = reports;
    if (!reports || !h->refused)
        return;
    h->refused = false;
    if (h->ops.input_ready)
        h->ops.input_ready(h->backend);
}

uint32_t vm_displaytest_reports(const struct vm_displaytest *h)
{
    return h->n_reports;
}

const struct vm_display_event *vm_displaytest_report(struct vm_displaytest *h, int ms, uint32_t *n)
{
    int64_t end = clock_ns(NULL) + ms * INT64_C(1000000);

    while (!h->reports && clock_ns(NULL) < end)
        vm_displaytest_turn(h, 5);
    free(h->shown);
    h->shown = h->reports;
    if (!h->shown)
        return NULL;
    h->reports = h->shown->next;
    if (!h->reports)
        h->last = &h->reports;
    *n = h->shown->n;
    return h->shown->events;
}

/* ---- Life ------------------------------------------------------------------------------------ */

struct vm_displaytest *vm_displaytest_new(const struct vm_plugin *plugin)
{
    struct vm_displaytest *h = vm_test_alloc(sizeof(*h));

    vm_test_open(&h->test, plugin, VM_KIND_DISPLAY, VM_DISPLAY_INTERFACE, &h->ops, sizeof(h->ops),
                 offsetof(struct vm_display_ops, input_ready));
    if (!h->ops.create || !h->ops.destroy || !h->ops.mode || !h->ops.frame)
        vm_test_broken("create, destroy, mode or frame is missing");
    pthread_mutex_init(&h->lock, NULL);
    h->thread = pthread_self();
    h->room = UINT32_MAX;
    h->last = &h->reports;
    return h;
}

void vm_displaytest_set(struct vm_displaytest *h, const char *property, const char *value)
{
    vm_test_set(&h->test, property, value);
}

void vm_displaytest_fail_watch(struct vm_displaytest *h, uint32_t nth)
{
    h->fail_watch = nth;
}

static void expect_nothing_left(const struct vm_displaytest *h, const char *what)
{
    if (vm_test_watch_count(&h->watches) > 0 || vm_test_timer_count(&h->timers) > 0)
        vm_test_broken(what);
}

int vm_displaytest_create(struct vm_displaytest *h, struct vm_error *err)
{
    struct vm_error own = VM_ERROR_INIT, *e = err ? err : &own;

    if (vm_test_ready(&h->test, e))
        return -1;
    h->backend = h->ops.create(&display_host, (struct vm_display_ctx *)h, h->test.props, e);
    if (!h->backend && !e->set)
        vm_test_broken("create() failed without a message");
    if (!h->backend)
        expect_nothing_left(h, "create() failed and left a watch or timer");
    return h->backend ? 0 : -1;
}

void vm_displaytest_destroy(struct vm_displaytest *h)
{
    if (h->backend)
        h->ops.destroy(h->backend);
    h->backend = NULL;
    expect_nothing_left(h, "destroy() left a watch or timer");
}

const struct vm_display_ops *vm_displaytest_ops(const struct vm_displaytest *h)
{
    return &h->ops;
}

void *vm_displaytest_backend(const struct vm_displaytest *h)
{
    return h->backend;
}

void vm_displaytest_free(struct vm_displaytest *h)
{
    vm_displaytest_destroy(h);
    vm_test_close(&h->test);
    drop_picture(h);
    while (h->reports) {
        struct report *r = h->reports;
        h->reports = r->next;
        free(r);
    }
    free(h->shown);
    pthread_mutex_destroy(&h->lock);
    free(h);
}
