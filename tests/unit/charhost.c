/* SPDX-License-Identifier: BSD-2-Clause */
/* charhost.c - a host for one character backend under test, with an event loop that the test turns
 * by hand. */
#include "charhost.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "plughost.h"

#define MAX_WATCHES 16
#define MAX_TURNS   20000

struct vm_fd_watch {
    struct charhost *host;
    int fd;
    uint32_t events;
    vm_fd_callback callback;
    void *opaque;
};

struct charhost {
    const struct vm_chardev_ops *ops;
    void *backend;
    struct vm_props props;
    uint32_t watch_calls, fail_watch;
    struct vm_fd_watch *watches[MAX_WATCHES]; /* NULL: free */

    size_t input_room;
    struct plughost_buffer input, events;
    uint32_t writable_calls;
    bool quit;
};

static struct charhost *of(struct vm_chardev_ctx *ctx)
{
    return (struct charhost *)ctx;
}

/* ---- What the backend calls ------------------------------------------------------------------ */

static size_t receive(struct vm_chardev_ctx *ctx, const uint8_t *bytes, size_t n)
{
    struct charhost *h = of(ctx);
    size_t taken = n < h->input_room ? n : h->input_room;

    if (n == 0)
        plughost_broken("receive() of nothing");
    h->input_room -= h->input_room == SIZE_MAX ? 0 : taken;
    plughost_bytes(&h->input, bytes, taken);
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

    plughost_text(&of(ctx)->events, "%s ", names[what]);
}

static void request_quit(struct vm_chardev_ctx *ctx)
{
    of(ctx)->quit = true;
}

static struct vm_fd_watch *watch_fd(struct vm_chardev_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err)
{
    struct charhost *h = of(ctx);
    struct vm_fd_watch *watch;
    int slot = 0;

    if (++h->watch_calls == h->fail_watch) {
        vm_error_set(err, "watch_fd call %u was made to fail", h->watch_calls);
        return NULL;
    }
    while (slot < MAX_WATCHES && h->watches[slot])
        slot++;
    if (slot == MAX_WATCHES || fd < 0)
        plughost_broken("watch_fd");
    watch = malloc(sizeof(*watch));
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
    plughost_broken("watch_remove of a watch that is not there");
}

static const struct vm_chardev_host chardev_host = {
    .size = sizeof(struct vm_chardev_host),
    .base = &plughost_base,
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

int charhost_turn(struct charhost *h, int ms)
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
            plughost_broken("a closed descriptor is watched");
        /* A callback may have removed this watch, or put another in its place. */
        if (seen[i] && h->watches[i] == seen[i] && seen[i]->fd == fds[i].fd && fds[i].revents) {
            seen[i]->callback(seen[i]->opaque, seen[i]->fd, happened(fds[i].revents));
            callbacks++;
        }
    }
    return callbacks;
}

void charhost_settle(struct charhost *h)
{
    for (int i = 0; i < MAX_TURNS; i++) {
        if (charhost_turn(h, 20) == 0)
            return;
    }
    plughost_broken("the event loop never comes to rest");
}

uint32_t charhost_watches(const struct charhost *h)
{
    uint32_t n = 0;

    for (int i = 0; i < MAX_WATCHES; i++)
        n += h->watches[i] != NULL;
    return n;
}

/* ---- The device's side ----------------------------------------------------------------------- */

size_t charhost_write(struct charhost *h, const void *bytes, size_t n)
{
    size_t taken = h->ops->write(h->backend, bytes, n);

    if (taken > n)
        plughost_broken("write() took more than there was");
    return taken;
}

void charhost_input_room(struct charhost *h, size_t n)
{
    h->input_room = n;
    if (n > 0)
        h->ops->input_ready(h->backend);
}

const char *charhost_input(struct charhost *h, size_t *n)
{
    if (n)
        *n = h->input.size;
    return h->input.text ? h->input.text : "";
}

const char *charhost_events(const struct charhost *h)
{
    return h->events.text ? h->events.text : "";
}

uint32_t charhost_writable_calls(const struct charhost *h)
{
    return h->writable_calls;
}

bool charhost_quit(const struct charhost *h)
{
    return h->quit;
}

/* ---- Life ------------------------------------------------------------------------------------ */

struct charhost *charhost_new(const struct vm_plugin *plugin)
{
    struct charhost *h = calloc(1, sizeof(*h));

    if (plugin->magic != VM_PLUGIN_MAGIC || plugin->kind != VM_KIND_CHARDEV)
        plughost_broken("not the descriptor of a character backend");
    h->ops = plugin->get_interface(VM_CHARDEV_INTERFACE);
    if (!h->ops || plugin->get_interface("no.such.interface/1"))
        plughost_broken("get_interface");
    h->props.plugin = plugin;
    h->input_room = SIZE_MAX;
    return h;
}

void charhost_set(struct charhost *h, const char *property, const char *value)
{
    plughost_set(&h->props, property, value);
}

void charhost_fail_watch(struct charhost *h, uint32_t nth)
{
    h->fail_watch = nth;
}

int charhost_create(struct charhost *h, struct vm_error *err)
{
    plughost_log = (struct plughost_log){0};
    h->backend = h->ops->create(&chardev_host, (struct vm_chardev_ctx *)h, &h->props, err);
    if (!h->backend && err && !err->set)
        plughost_broken("create() failed without a message");
    if (!h->backend && charhost_watches(h) > 0)
        plughost_broken("create() failed and left a watch");
    return h->backend ? 0 : -1;
}

void charhost_destroy(struct charhost *h)
{
    if (h->backend)
        h->ops->destroy(h->backend);
    h->backend = NULL;
    if (charhost_watches(h) > 0)
        plughost_broken("destroy() left a watch");
}

const struct vm_chardev_ops *charhost_ops(const struct charhost *h)
{
    return h->ops;
}

void *charhost_backend(const struct charhost *h)
{
    return h->backend;
}

void charhost_free(struct charhost *h)
{
    charhost_destroy(h);
    free(h->input.text);
    free(h->events.text);
    free(h);
}
