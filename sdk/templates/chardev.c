/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * char-sample.c - a character backend for vmrun: what the guest sends comes back to it, in capitals
 * if so asked.
 *
 * write() may come from any thread, receive() may be called on the event thread only: a pipe leads
 * from one to the other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vmrun/chardev.h>

struct sample {
    const struct vm_chardev_host *host;
    struct vm_chardev_ctx *ctx;
    int pipe[2], capitals;
    int refused; /* write() took less than all: set on any thread */
    struct vm_fd_watch *readable, *writable;
    uint8_t kept[256]; /* what the device had no room for */
    size_t n_kept;
};

/* ---- On the event thread --------------------------------------------------------------------- */

static void give(struct sample *s)
{
    size_t taken = s->n_kept ? s->host->receive(s->ctx, s->kept, s->n_kept) : 0;

    s->n_kept -= taken;
    memmove(s->kept, s->kept + taken, s->n_kept);
    s->host->watch_change(s->readable, s->n_kept ? 0 : VM_FD_READ);
}

static void can_read(void *opaque, int fd, uint32_t events)
{
    struct sample *s = opaque;
    ssize_t n = s->n_kept ? 0 : read(fd, s->kept, sizeof(s->kept));

    (void)events;
    for (ssize_t i = 0; i < n && s->capitals; i++)
        if (s->kept[i] >= 'a' && s->kept[i] <= 'z')
            s->kept[i] = (uint8_t)(s->kept[i] - 'a' + 'A');
    if (n > 0)
        s->n_kept = (size_t)n;
    give(s);
}

static void can_write(void *opaque, int fd, uint32_t events)
{
    struct sample *s = opaque;

    (void)fd;
    (void)events;
    s->host->watch_change(s->writable, 0);
    if (__atomic_exchange_n(&s->refused, 0, __ATOMIC_SEQ_CST))
        s->host->writable(s->ctx);
    give(s);
}

/* ---- On any thread --------------------------------------------------------------------------- */

static size_t output(void *be, const uint8_t *bytes, size_t n)
{
    struct sample *s = be;
    ssize_t wrote = write(s->pipe[1], bytes, n);
    size_t taken = wrote > 0 ? (size_t)wrote : 0;

    if (taken < n) {
        __atomic_store_n(&s->refused, 1, __ATOMIC_SEQ_CST);
        s->host->watch_change(s->writable, VM_FD_WRITE);
    }
    return taken;
}

/* What is kept is offered again on the event thread, as soon as it comes by. */
static void input_ready(void *be)
{
    struct sample *s = be;

    s->host->watch_change(s->writable, VM_FD_WRITE);
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void destroy(void *be)
{
    struct sample *s = be;

    if (s->readable)
        s->host->watch_remove(s->readable);
    if (s->writable)
        s->host->watch_remove(s->writable);
    close(s->pipe[0]);
    close(s->pipe[1]);
    free(s);
}

static int watch(struct sample *s, struct vm_error *err)
{
    s->readable = s->host->watch_fd(s->ctx, s->pipe[0], VM_FD_READ, can_read, s, err);
    if (!s->readable)
        return -1;
    s->writable = s->host->watch_fd(s->ctx, s->pipe[1], 0, can_write, s, err);
    return s->writable ? 0 : -1;
}

static void *create(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct sample *s = calloc(1, sizeof(*s));

    if (!s || pipe2(s->pipe, O_CLOEXEC | O_NONBLOCK)) {
        vm_error_set(err, "cannot make a pipe: %s", strerror(errno));
        free(s);
        return NULL;
    }
    s->host = host;
    s->ctx = ctx;
    s->capitals = (int)host->base->prop_uint(props, "capitals");
    if (watch(s, err) < 0) {
        destroy(s);
        return NULL;
    }
    return s;
}

/* Nobody waits for what is still on its way back. */
static void drain(void *be)
{
    (void)be;
}

/* ---- The plugin ------------------------------------------------------------------------------ */

static const void *get_interface(const char *id)
{
    static const struct vm_chardev_ops ops = {.size = sizeof(struct vm_chardev_ops),
                                              .create = create,
                                              .destroy = destroy,
                                              .write = output,
                                              .input_ready = input_ready,
                                              .drain = drain};

    return strcmp(id, VM_CHARDEV_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "capitals",
     .default_value = "no",
     .help = "small letters come back as capitals"},
};

VM_PLUGIN(.kind = VM_KIND_CHARDEV, .name = "char-sample", .version = "0.1",
          .licence = "BSD-2-Clause", .summary = "echo", VM_PLUGIN_PROPERTIES(properties),
          .get_interface = get_interface);
