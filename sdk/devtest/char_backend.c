/* SPDX-License-Identifier: BSD-2-Clause */
/* char_backend.c - a host for one character backend under test, with an event loop that the test
 * turns by hand. */
#include <vmrun/backendtest.h>

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

#define MAX_WATCHES 16
#define MAX_TURNS   20000

struct vm_fd_watch {
    struct vm_chartest *host;
    int fd;
    uint32_t events;
    vm_fd_callback callback;
    void *opaque;
};

struct vm_chartest {
    struct vm_chardev_ops ops;
    void *backend;
    struct vm_test_plugin test;
    uint32_t watch_calls, fail_watch;
    struct vm_fd_watch *watches[MAX_WATCHES]; /* NULL: free */

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
    struct vm_fd_watch *watch;
    int slot = 0;

    if (++h->watch_calls == h->fail_watch) {
        vm_error_set(err, "watch_fd call %u was made to fail", h->watch_calls);
        return NULL;
    }
    while (slot < MAX_WATCHES && h->watches[slot])
        slot++;
    if (slot == MAX_WATCHES || fd < 0)
        vm_test_broken("watch_fd");
    watch = vm_test_alloc(sizeof(*watch));
    *watch = (struct vm_fd_watch){
        .host = h, .fd = fd, .events = events, .callback = cb, .opaque = opaque};
    h->watches[slot] = watch;
    return watch;
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
    vm_test_broken("watch_remove of a watch that is not there");
}

static const struct vm_chardev_host chardev_host = {
    .size = sizeof(struct vm_chardev_host),
    .base = &vm_test_base,
    .receive = receive,
    .writable = writable,
    .event = event,
    .request_quit = request_quit,
    .watch_fd = watch_fd,
    .watch_change = watch_change,
    .watch_remove = watch_remove,
};

/* ---- The event loop -------------------------------------------------------------------------- */

static uint32_t happened(short revents)
{
    return (revents & POLLIN ? VM_FD_READ : 0) | (revents & POLLOUT ? VM_FD_WRITE : 0) |
           (revents & (POLLHUP | POLLERR) ? VM_FD_HANGUP : 0);
}

int vm_chartest_turn(struct vm_chartest *h, int ms)
{
    struct pollfd fds[MAX_WATCHES];
    struct vm_fd_watch *seen[MAX_WATCHES];
    int callbacks = 0;

    for (int i = 0; i < MAX_WATCHES; i++) {
        const struct vm_fd_watch *w = h->watches[i];

        seen[i] = h->watches[i];
        fds[i] = (struct pollfd){.fd = w ? w->fd : -1};
        if (w)
            fds[i].events = (short)((w->events & VM_FD_READ ? POLLIN : 0) |
                                    (w->events & VM_FD_WRITE ? POLLOUT : 0));
    }
    if (poll(fds, MAX_WATCHES, ms) <= 0)
        return 0;
    for (int i = 0; i < MAX_WATCHES; i++) {
        if (fds[i].revents & POLLNVAL)
            vm_test_broken("a closed descriptor is watched");
        /* A callback may have removed this watch, or put another in its place. */
        if (seen[i] && h->watches[i] == seen[i] && seen[i]->fd == fds[i].fd && fds[i].revents) {
            seen[i]->callback(seen[i]->opaque, seen[i]->fd, happened(fds[i].revents));
            callbacks++;
        }
    }
    return callbacks;
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
    uint32_t n = 0;

    for (int i = 0; i < MAX_WATCHES; i++)
        n += h->watches[i] != NULL;
    return n;
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
