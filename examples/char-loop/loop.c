/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loop.c - char-loop: a character backend that gives back what it gets, as a plug that joins both
 * wires of a serial line does.
 *
 * write() and input_ready() may come on any thread, receive() and writable() may be called on the
 * event thread alone. So bytes wait in a ring with a lock, and a pipe is the bell that brings the
 * event thread here.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vmrun/chardev.h>

struct loop {
    const struct vm_chardev_host *host;
    struct vm_chardev_ctx *ctx;
    int pipe[2]; /* read end, write end */
    struct vm_fd_watch *watch;

    pthread_mutex_t lock; /* around what follows; never held while the host is called */
    uint8_t ring[4096];
    size_t first, n;
    int wants_room; /* write() took less than all */
};

/* Where the pipe is full the bell is ringing already. */
static void ring_bell(struct loop *l)
{
    while (write(l->pipe[1], "", 1) < 0 && errno == EINTR)
        ;
}

static void quiet_bell(struct loop *l)
{
    char bytes[64];

    while (read(l->pipe[0], bytes, sizeof(bytes)) > 0)
        ;
}

/* Copies the ring's oldest bytes, at most n of them. */
static size_t peek(struct loop *l, uint8_t *to, size_t n)
{
    pthread_mutex_lock(&l->lock);
    if (n > l->n)
        n = l->n;
    for (size_t i = 0; i < n; i++)
        to[i] = l->ring[(l->first + i) % sizeof(l->ring)];
    pthread_mutex_unlock(&l->lock);
    return n;
}

/* Says whether somebody waits for the room. */
static int drop(struct loop *l, size_t n)
{
    int tell;

    pthread_mutex_lock(&l->lock);
    l->first = (l->first + n) % sizeof(l->ring);
    l->n -= n;
    tell = n > 0 && l->wants_room;
    if (tell)
        l->wants_room = 0;
    pthread_mutex_unlock(&l->lock);
    return tell;
}

/* The bell rang. [event thread] */
static void rang(void *opaque, int fd, uint32_t events)
{
    struct loop *l = opaque;
    uint8_t bytes[256];
    size_t n, taken;
    int tell = 0;

    (void)fd;
    (void)events;
    quiet_bell(l);
    do {
        n = peek(l, bytes, sizeof(bytes));
        taken = n > 0 ? l->host->receive(l->ctx, bytes, n) : 0;
        tell |= drop(l, taken);
    } while (taken > 0 && taken == n);
    if (tell)
        l->host->writable(l->ctx);
}

static size_t loop_write(void *be, const uint8_t *bytes, size_t n)
{
    struct loop *l = be;
    size_t taken = 0;

    pthread_mutex_lock(&l->lock);
    while (taken < n && l->n < sizeof(l->ring))
        l->ring[(l->first + l->n++) % sizeof(l->ring)] = bytes[taken++];
    l->wants_room = taken < n;
    pthread_mutex_unlock(&l->lock);
    ring_bell(l);
    return taken;
}

static void loop_input_ready(void *be)
{
    ring_bell(be);
}

static void loop_drain(void *be)
{
    (void)be; /* what is in the ring has nowhere else to go */
}

static void loop_destroy(void *be)
{
    struct loop *l = be;

    if (l->watch)
        l->host->watch_remove(l->watch);
    close(l->pipe[0]);
    close(l->pipe[1]);
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static int open_pipe(struct loop *l, struct vm_error *err)
{
    if (pipe(l->pipe) < 0)
        return vm_error_set(err, "cannot make a pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++)
        if (fcntl(l->pipe[i], F_SETFL, O_NONBLOCK) < 0 ||
            fcntl(l->pipe[i], F_SETFD, FD_CLOEXEC) < 0) {
            vm_error_set(err, "cannot set up a pipe: %s", strerror(errno));
            close(l->pipe[0]);
            close(l->pipe[1]);
            return -1;
        }
    return 0;
}

static void *loop_create(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    struct loop *l = calloc(1, sizeof(*l));

    (void)props;
    if (!l) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    l->host = host;
    l->ctx = ctx;
    if (open_pipe(l, err)) {
        free(l);
        return NULL;
    }
    pthread_mutex_init(&l->lock, NULL);
    l->watch = host->watch_fd(ctx, l->pipe[0], VM_FD_READ, rang, l, err);
    if (!l->watch) {
        loop_destroy(l);
        return NULL;
    }
    return l;
}

static const void *get_interface(const char *id)
{
    static const struct vm_chardev_ops ops = {
        .size = sizeof(ops),
        .create = loop_create,
        .destroy = loop_destroy,
        .write = loop_write,
        .input_ready = loop_input_ready,
        .drain = loop_drain,
    };

    return strcmp(id, VM_CHARDEV_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_CHARDEV, .name = "char-loop", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "gives back what it gets",
          .description = "An example of the SDK: output of the guest's serial port is its input.",
          .get_interface = get_interface);
