/* SPDX-License-Identifier: BSD-2-Clause */
/* char_backend.c - a host for one character backend under test, with an event loop that the test
 * turns by hand. */
#include <vmrun/backendtest.h>

#include <stdlib.h>
#include <string.h>

#include "common.h"

#define MAX_TURNS 20000

struct vm_chartest {
    struct vm_chardev_ops ops;
    void *backend;
    struct vm_test_plugin test;
    uint32_t watch_calls, fail_watch;
    struct vm_test_watches watches;

    size_t input_room;
    struct vm_test_buffer input, events;
    uint32_t writable_calls;
    bool quit;
};

static struct vm_chartest *of(struct vm_chardev_ctx *ctx)
{
    return (struct vm_chartest *)ctx;
}

/* ---- What the backend calls ------------------------------------------------------------------ */

static size_t receive(struct vm_chardev_ctx *ctx, const uint8_t *bytes, size_t n)
{
    struct vm_chartest *h = of(ctx);
    size_t taken = n < h->input_room ? n : h->input_room;

    if (n == 0)
        vm_test_broken("receive() of nothing");
    h->input_room -= h->input_room == SIZE_MAX ? 0 : taken;
    vm_test_bytes(&h->input, bytes, taken);
    return taken;
}

static void writable(struct vm_chardev_ctx *ctx)
{
    of(ctx)->writable_calls++;
}

static void event(struct vm_chardev_ctx *ctx, int what)
{
    static const char *const names[] = {[VM_CHARDEV_OPENED] = "opened",
                                        [VM_CHARDEV_CLOSED] = "closed",
                                        [VM_CHARDEV_BREAK] = "break"};

    vm_test_text(&of(ctx)->events, "%s ", names[what]);
}

static void request_quit(struct vm_chardev_ctx *ctx)
{
    of(ctx)->quit = true;
}

static struct vm_fd_watch *watch_fd(struct vm_chardev_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    struct vm_chartest *h = of(ctx);

    if (++h->watch_calls == h->fail_watch) {
        vm_error_set(err, "watch_fd call %u was made to fail", h->watch_calls);
        return NULL;
    }
    return vm_test_watch(&h->watches, fd, events, cb, opaque);
}

static const struct vm_chardev_host chardev_host = {
    .size = sizeof(struct vm_chardev_host),
    .base = &vm_test_base,
    .receive = receive,
    .writable = writable,
    .event = event,
    .request_quit = request_quit,
    .watch_fd = watch_fd,
    .watch_change = vm_test_watch_change,
    .watch_remove = vm_test_watch_remove,
};

/* ---- The event loop -------------------------------------------------------------------------- */

int vm_chartest_turn(struct vm_chartest *h, int ms)
{
    return vm_test_watch_poll(&h->watches, ms);
}

void vm_chartest_settle(struct vm_chartest *h)
{
    for (int i = 0; i < MAX_TURNS; i++) {
        if (vm_chartest_turn(h, 20) == 0)
            return;
    }
    vm_test_broken("the event loop never comes to rest");
}

uint32_t vm_chartest_watches(const struct vm_chartest *h)
{
    return vm_test_watch_count(&h->watches);
}

/* ---- The device's side ----------------------------------------------------------------------- */

size_t vm_chartest_write(struct vm_chartest *h, const void *bytes, size_t n)
{
    size_t taken = h->ops.write(h->backend, bytes, n);

    if (taken > n)
        vm_test_broken("write() took more than there was");
    return taken;
}

void vm_chartest_input_room(struct vm_chartest *h, size_t n)
{
    h->input_room = n;
    if (n > 0)
        h->ops.input_ready(h->backend);
}

const char *vm_chartest_input(struct vm_chartest *h, size_t *n)
{
    if (n)
        *n = h->input.size;
    return h->input.text ? h->input.text : "";
}

const char *vm_chartest_events(const struct vm_chartest *h)
{
    return h->events.text ? h->events.text : "";
}

uint32_t vm_chartest_writable_calls(const struct vm_chartest *h)
{
    return h->writable_calls;
}

bool vm_chartest_quit(const struct vm_chartest *h)
{
    return h->quit;
}

/* ---- Life ------------------------------------------------------------------------------------ */

struct vm_chartest *vm_chartest_new(const struct vm_plugin *plugin)
{
    struct vm_chartest *h = vm_test_alloc(sizeof(*h));

    vm_test_open(&h->test, plugin, VM_KIND_CHARDEV, VM_CHARDEV_INTERFACE, &h->ops, sizeof(h->ops),
                 offsetof(struct vm_chardev_ops, emergency_restore));
    if (!h->ops.create || !h->ops.destroy || !h->ops.write || !h->ops.input_ready || !h->ops.drain)
        vm_test_broken("create, destroy, write, input_ready or drain is missing");
    h->input_room = SIZE_MAX;
    return h;
}

void vm_chartest_set(struct vm_chartest *h, const char *property, const char *value)
{
    vm_test_set(&h->test, property, value);
}

void vm_chartest_fail_watch(struct vm_chartest *h, uint32_t nth)
{
    h->fail_watch = nth;
}

int vm_chartest_create(struct vm_chartest *h, struct vm_error *err)
{
    struct vm_error own = VM_ERROR_INIT, *e = err ? err : &own;

    if (vm_test_ready(&h->test, e))
        return -1;
    h->backend = h->ops.create(&chardev_host, (struct vm_chardev_ctx *)h, h->test.props, e);
    if (!h->backend && !e->set)
        vm_test_broken("create() failed without a message");
    if (!h->backend && vm_chartest_watches(h) > 0)
        vm_test_broken("create() failed and left a watch");
    return h->backend ? 0 : -1;
}

void vm_chartest_destroy(struct vm_chartest *h)
{
    if (h->backend)
        h->ops.destroy(h->backend);
    h->backend = NULL;
    if (vm_chartest_watches(h) > 0)
        vm_test_broken("destroy() left a watch");
}

const struct vm_chardev_ops *vm_chartest_ops(const struct vm_chartest *h)
{
    return &h->ops;
}

void *vm_chartest_backend(const struct vm_chartest *h)
{
    return h->backend;
}

void vm_chartest_free(struct vm_chartest *h)
{
    vm_chartest_destroy(h);
    vm_test_close(&h->test);
    free(h->input.text);
    free(h->events.text);
    free(h);
}
