/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - what an NBD server exports as a disk: images of any format that it can serve. */
#define _GNU_SOURCE
#include "nbd.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int wants(const char *text, const char **property)
{
    static const char *const schemes[] = {"nbd://",       "nbds://",      "nbd+unix://",
                                          "nbds+unix://", "nbd+vsock://", "nbds+vsock://"};

    *property = "uri";
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
            return 100;
    return 0;
}

static void wake(const struct nbd *n)
{
    uint64_t one = 1;

    /* It fails only when the counter is full, and then the thread is awake. */
    if (write(n->wake_fd, &one, sizeof(one)) < 0)
        return;
}

static void destroy(void *be)
{
    struct nbd *n = be;

    atomic_store(&n->stopping, true);
    if (n->has_thread) {
        wake(n);
        pthread_join(n->thread, NULL);
    } else if (n->h) {
        nbd_close(n->h);
    }
    if (n->wake_fd >= 0)
        close(n->wake_fd);
    pthread_mutex_destroy(&n->lock);
    free(n->uri);
    free(n);
}

/* Signals are for others. */
static int start_thread(struct nbd *n, struct vm_error *err)
{
    sigset_t all, before;

    n->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (n->wake_fd < 0)
        return vm_error_set(err, "cannot make an eventfd: %s", strerror(errno));
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    n->has_thread = true; /* the thread itself looks at it */
    int error = pthread_create(&n->thread, NULL, nbd_thread, n);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error)
        return 0;
    n->has_thread = false;
    return vm_error_set(err, "cannot start a thread: %s", strerror(error));
}

static void *create(const struct vm_block_host *host, struct vm_block_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct nbd *n = calloc(1, sizeof(*n));

    if (!n) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    n->host = host;
    n->ctx = ctx;
    n->wake_fd = -1;
    n->info.size = sizeof(n->info);
    n->read_only = host->base->prop_uint(props, "read-only") != 0;
    n->timeout = (int64_t)host->base->prop_uint(props, "timeout");
    n->reconnect = (int64_t)host->base->prop_uint(props, "reconnect");
    n->uri = strdup(host->base->prop_string(props, "uri"));
    pthread_mutex_init(&n->lock, NULL);
    if (!n->uri)
        vm_error_set(err, "out of memory");
    else if ((n->h = nbd_open(n, err)) && !nbd_measure(n, n->h, err) && !start_thread(n, err))
        return n;
    destroy(n);
    return NULL;
}

static void info(void *be, struct vm_block_info *out)
{
    const struct nbd *n = be;
    uint32_t size = out->size < sizeof(n->info) ? out->size : sizeof(n->info);

    memcpy(out, &n->info, size);
    out->size = size;
}

static void submit(void *be, struct vm_block_request *r)
{
    struct nbd *n = be;

    memset(r->backend, 0, sizeof(r->backend));
    pthread_mutex_lock(&n->lock);
    bool first = !n->submitted.first;
    list_push(&n->submitted, r);
    pthread_mutex_unlock(&n->lock);
    if (first)
        wake(n);
}

static const struct vm_block_ops ops = {
    .size = sizeof(struct vm_block_ops),
    .wants = wants,
    .create = create,
    .destroy = destroy,
    .info = info,
    .submit = submit,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_BLOCK_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "uri",
     .flags = VM_PROP_REQUIRED,
     .help = "nbd://HOST:PORT/EXPORT or nbd+unix:///EXPORT?socket=PATH"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "read-only",
     .default_value = "no",
     .help = "the guest cannot write"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DURATION,
     .name = "timeout",
     .default_value = "30s",
     .min = UINT64_C(100000000),
     .max = UINT64_C(3600000000000),
     .help = "a server that does not answer for so long counts as gone"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DURATION,
     .name = "reconnect",
     .default_value = "0s",
     .max = UINT64_C(3600000000000),
     .help = "how long requests wait for a lost server to come back before they fail; 0s: not at "
             "all, and it is not looked for"},
};

VM_PLUGIN(.kind = VM_KIND_BLOCK, .name = "block-nbd", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a disk that an NBD server exports",
          .description =
              "For images of other formats than raw, and for disks elsewhere: nbdkit or qemu-nbd "
              "serve them. When the server is lost, requests fail; if `reconnect` lets it come "
              "back, the next flush fails once if writes may be gone with it.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
