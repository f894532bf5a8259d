/* SPDX-License-Identifier: BSD-2-Clause */
/* net_backend.c - a host for one network backend under test, with an event loop that the test turns
 * by hand. */
#include <vmrun/backendtest.h>

#include <stdlib.h>
#include <string.h>

#include "common.h"

struct frame {
    struct frame *next;
    size_t n;
    uint8_t bytes[];
};

struct vm_nettest {
    struct vm_net_ops ops;
    void *backend;
    struct vm_test_plugin test;
    struct vm_test_watches watches;
    struct vm_test_timers timers;
    bool woken;

    uint32_t room;
    struct frame *frames, **last, *shown;
    uint32_t writable_calls;
};

static struct vm_nettest *of(struct vm_net_ctx *ctx)
{
    return (struct vm_nettest *)ctx;
}

/* ---- What the backend calls ------------------------------------------------------------------ */

static int receive(struct vm_net_ctx *ctx, const struct vm_iovec *iov, uint32_t n)
{
    struct vm_nettest *h = of(ctx);
    size_t length = 0;

    for (uint32_t i = 0; i < n; i++)
        length += iov[i].length;
    if (length <= sizeof(struct vm_net_header) ||
        length > sizeof(struct vm_net_header) + VM_NET_MAX_FRAME)
        vm_test_broken("receive() of no frame");
    if (h->room == 0)
        return 0;
    h->room -= h->room != UINT32_MAX;
    struct frame *f = vm_test_alloc(sizeof(*f) + length);
    f->next = NULL;
    f->n = 0;
    for (uint32_t i = 0; i < n; i++) {
        memcpy(f->bytes + f->n, iov[i].base, iov[i].length);
        f->n += iov[i].length;
    }
    *h->last = f;
    h->last = &f->next;
    return 1;
}

static void writable(struct vm_net_ctx *ctx)
{
    of(ctx)->writable_calls++;
}

static void link_state(struct vm_net_ctx *ctx, int up)
{
    (void)ctx;
    (void)up;
}

static void wake(struct vm_net_ctx *ctx)
{
    of(ctx)->woken = true;
}

static struct vm_fd_watch *watch_fd(struct vm_net_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    (void)err;
    return vm_test_watch(&of(ctx)->watches, fd, events, cb, opaque);
}

static int64_t clock_ns(struct vm_net_ctx *ctx)
{
    (void)ctx;
    return vm_test_clock_ns();
}

static struct vm_net_timer *timer_new(struct vm_net_ctx *ctx, void (*cb)(void *opaque),
                                      void *opaque)
{
    return (struct vm_net_timer *)vm_test_timer_new(&of(ctx)->timers, cb, opaque);
}

static void timer_arm(struct vm_net_timer *timer, int64_t deadline_ns)
{
    vm_test_timer_arm((struct vm_test_timer *)timer, deadline_ns);
}

static void timer_free(struct vm_net_timer *timer)
{
    vm_test_timer_free((struct vm_test_timer *)timer);
}

static const struct vm_net_host net_host = {
    .size = sizeof(struct vm_net_host),
    .base = &vm_test_base,
    .receive = receive,
    .writable = writable,
    .link = link_state,
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

int vm_nettest_turn(struct vm_nettest *h, int ms)
{
    int callbacks = 0;

    if (h->woken) {
        h->woken = false;
        h->ops.poll(h->backend);
        callbacks++;
    }
    callbacks += vm_test_timer_run(&h->timers);
    return callbacks + vm_test_watch_poll(&h->watches, callbacks || h->woken ? 0 : ms);
}

/* ---- The device's side ----------------------------------------------------------------------- */

size_t vm_nettest_send(struct vm_nettest *h, const struct vm_net_header *header, const void *frame,
                       size_t n)
{
    static const struct vm_net_header zeroes;
    struct vm_iovec iov[2] = {{(void *)(uintptr_t)(header ? header : &zeroes), sizeof(zeroes)},
                              {(void *)(uintptr_t)frame, n}};

    return h->ops.send(h->backend, iov, 2);
}

void vm_nettest_room(struct vm_nettest *h, uint32_t frames)
{
    h->room = frames;
    if (frames)
        h->ops.receive_ready(h->backend);
}

const uint8_t *vm_nettest_frame(struct vm_nettest *h, int ms, size_t *n,
                                struct vm_net_header *header)
{
    int64_t end = clock_ns(NULL) + ms * INT64_C(1000000);

    while (!h->frames && clock_ns(NULL) < end)
        vm_nettest_turn(h, 5);
    free(h->shown);
    h->shown = h->frames;
    if (!h->shown)
        return NULL;
    h->frames = h->shown->next;
    if (!h->frames)
        h->last = &h->frames;
    *n = h->shown->n - sizeof(*header);
    if (header)
        memcpy(header, h->shown->bytes, sizeof(*header));
    return h->shown->bytes + sizeof(*header);
}

uint32_t vm_nettest_writable_calls(const struct vm_nettest *h)
{
    return h->writable_calls;
}

/* ---- Life ------------------------------------------------------------------------------------ */

struct vm_nettest *vm_nettest_new(const struct vm_plugin *plugin)
{
    struct vm_nettest *h = vm_test_alloc(sizeof(*h));

    vm_test_open(&h->test, plugin, VM_KIND_NET, VM_NET_INTERFACE, &h->ops, sizeof(h->ops),
                 offsetof(struct vm_net_ops, set_offloads));
    if (!h->ops.create || !h->ops.destroy || !h->ops.info || !h->ops.send || !h->ops.receive_ready)
        vm_test_broken("create, destroy, info, send or receive_ready is missing");
    h->room = UINT32_MAX;
    h->last = &h->frames;
    return h;
}

void vm_nettest_set(struct vm_nettest *h, const char *property, const char *value)
{
    vm_test_set(&h->test, property, value);
}

static void expect_nothing_left(const struct vm_nettest *h, const char *what)
{
    if (vm_test_watch_count(&h->watches) > 0 || vm_test_timer_count(&h->timers) > 0)
        vm_test_broken(what);
}

int vm_nettest_create(struct vm_nettest *h, struct vm_error *err)
{
    struct vm_error own = VM_ERROR_INIT, *e = err ? err : &own;

    if (vm_test_ready(&h->test, e))
        return -1;
    h->backend = h->ops.create(&net_host, (struct vm_net_ctx *)h, h->test.props, e);
    if (!h->backend && !e->set)
        vm_test_broken("create() failed without a message");
    if (!h->backend)
        expect_nothing_left(h, "create() failed and left a watch or timer");
    return h->backend ? 0 : -1;
}

void vm_nettest_destroy(struct vm_nettest *h)
{
    if (h->backend)
        h->ops.destroy(h->backend);
    h->backend = NULL;
    expect_nothing_left(h, "destroy() left a watch or timer");
}

const struct vm_net_ops *vm_nettest_ops(const struct vm_nettest *h)
{
    return &h->ops;
}

void *vm_nettest_backend(const struct vm_nettest *h)
{
    return h->backend;
}

void vm_nettest_free(struct vm_nettest *h)
{
    vm_nettest_destroy(h);
    vm_test_close(&h->test);
    while (h->frames) {
        struct frame *f = h->frames;
        h->frames = f->next;
        free(f);
    }
    free(h->shown);
    free(h);
}
