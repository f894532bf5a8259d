/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - a raw image file or a block device of the host as a disk. */
#include "file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INLINE_READ 65536 /* bytes; a longer copy is better made by another thread */

enum aio { AIO_AUTO, AIO_URING, AIO_THREADS };
enum read_only { READ_ONLY_AUTO, READ_ONLY_NO, READ_ONLY_YES };
enum cache { CACHE_WRITEBACK, CACHE_DIRECT };

/* Anything but a URI may be a file's name. */
static int wants(const char *text, const char **property)
{
    *property = "file";
    return strstr(text, "://") ? 0 : 1;
}

static void destroy(void *be)
{
    struct file *f = be;

    uring_free(f->uring);
    threads_free(f->threads);
    if (f->fd >= 0)
        close(f->fd);
    free(f);
}

static int start(struct file *f, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host *base = f->host->base;
    struct vm_error why = VM_ERROR_INIT;
    uint64_t aio = base->prop_uint(props, "aio");

    f->threads = threads_new(f, (uint32_t)base->prop_uint(props, "threads"), err);
    if (!f->threads)
        return -1;
    if (aio == AIO_THREADS)
        return 0;
    f->uring = uring_new(f, &why);
    return f->uring || aio == AIO_AUTO ? 0 : vm_error_set(err, "%s", why.text);
}

static void *create(const struct vm_block_host *host, struct vm_block_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct file *f = calloc(1, sizeof(*f));

    if (!f) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    f->host = host;
    f->ctx = ctx;
    f->fd = -1;
    f->info.size = sizeof(f->info);
    f->read_only = host->base->prop_uint(props, "read-only") == READ_ONLY_YES;
    f->may_be_read_only = host->base->prop_uint(props, "read-only") == READ_ONLY_AUTO;
    f->direct = host->base->prop_uint(props, "cache") == CACHE_DIRECT;
    if (file_open(f, host->base->prop_string(props, "file"), err) || start(f, props, err)) {
        destroy(f);
        return NULL;
    }
    return f;
}

static void info(void *be, struct vm_block_info *out)
{
    const struct file *f = be;
    uint32_t size = out->size < sizeof(f->info) ? out->size : sizeof(f->info);

    memcpy(out, &f->info, size);
    out->size = size;
}

static void submit(void *be, struct vm_block_request *r)
{
    struct file *f = be;
    int error = io_begin(f, r);

    if (error) {
        f->host->complete(f->ctx, r, error);
        return;
    }
    if (f->uring && uring_submit(f->uring, r))
        return;
    if (!f->uring && !f->direct && r->op == VM_BLOCK_OP_READ && r->length <= INLINE_READ &&
        io_read_cached(f, r) == 0)
        f->host->complete(f->ctx, r, io_end(f, r, 0));
    else
        threads_submit(f->threads, r);
}

static void commit(void *be)
{
    struct file *f = be;

    if (f->uring)
        uring_commit(f->uring);
}

static const struct vm_block_ops ops = {
    .size = sizeof(struct vm_block_ops),
    .wants = wants,
    .create = create,
    .destroy = destroy,
    .info = info,
    .submit = submit,
    .commit = commit,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_BLOCK_INTERFACE) == 0 ? &ops : NULL;
}

static const char *const aio_choices[] = {"auto", "io_uring", "threads", NULL};
static const char *const read_only_choices[] = {"auto", "no", "yes", NULL};
static const char *const cache_choices[] = {"writeback", "direct", NULL};

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_PATH,
     .name = "file",
     .flags = VM_PROP_REQUIRED,
     .help = "raw image or block device; its length is the disk's"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "read-only",
     .choices = read_only_choices,
     .default_value = "auto",
     .help =
         "yes: the guest cannot write, and several machines may share the file; auto: so if the "
         "file's permissions do not let us write"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "cache",
     .choices = cache_choices,
     .default_value = "writeback",
     .help = "writeback: through the host's page cache; direct: past it (O_DIRECT)"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "aio",
     .choices = aio_choices,
     .default_value = "auto",
     .help = "how requests run beside the guest; auto: io_uring where the kernel lets us"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "threads",
     .default_value = "8",
     .min = 1,
     .max = 64,
     .help = "most threads for what io_uring does not do"},
};

VM_PLUGIN(.kind = VM_KIND_BLOCK, .name = "block-file", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a raw image file or block device",
          .description =
              "A flush of the guest reaches stable storage (fdatasync). The file is locked against "
              "a second writer. Discarded ranges of a file become holes. Once a flush has failed "
              "all later ones fail, since the host may have dropped data.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
