/* SPDX-License-Identifier: BSD-2-Clause */
/* file.c - a file as a character backend: output only. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vmrun/chardev.h>

struct file {
    const struct vm_chardev_host *host;
    struct vm_chardev_ctx *ctx;
    int fd;
    bool made;   /* by us, so that an empty one can go again */
    bool failed; /* a write failed and that was logged */
    char *path;
};

static int open_file(struct file *f, const char *path, bool append, struct vm_error *err)
{
    int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
                (append ? O_APPEND : 0); /* a FIFO must not block */
    struct stat st;

    f->fd = open(path, flags | O_CREAT | O_EXCL, 0666);
    f->made = f->fd >= 0;
    if (f->fd < 0 && errno == EEXIST)
        f->fd = open(path, flags);
    if (f->fd < 0)
        return vm_error_set(err, "cannot open %s for writing: %s", path, strerror(errno));
    if (fstat(f->fd, &st) < 0 || !S_ISREG(st.st_mode))
        return vm_error_set(err, "%s is not a regular file", path);
    if (!append && ftruncate(f->fd, 0) < 0)
        return vm_error_set(err, "cannot empty %s: %s", path, strerror(errno));
    return 0;
}

static void destroy(void *be)
{
    struct file *f = be;
    struct stat st;

    if (f->fd >= 0) {
        if (f->made && fstat(f->fd, &st) == 0 && st.st_size == 0)
            unlink(f->path);
        close(f->fd);
    }
    free(f->path);
    free(f);
}

static void *create(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct file *f = calloc(1, sizeof(*f));
    const char *path = host->base->prop_string(props, "path");

    if (!f) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    f->host = host;
    f->ctx = ctx;
    f->fd = -1;
    f->path = strdup(path);
    if (!f->path) {
        vm_error_set(err, "out of memory");
        destroy(f);
        return NULL;
    }
    if (open_file(f, path, host->base->prop_uint(props, "append") != 0, err) < 0) {
        destroy(f);
        return NULL;
    }
    return f;
}

/* All is taken: what cannot be written (disk full) is lost, and said once until a write works
 * again. */
static size_t write_output(void *be, const uint8_t *bytes, size_t n)
{
    struct file *f = be;
    size_t done = 0;

    while (done < n) {
        ssize_t written = write(f->fd, bytes + done, n - done);

        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            if (!f->failed)
                f->host->base->log(f->ctx, VM_LOG_ERROR, "cannot write to %s: %s; output is lost",
                                   f->path, strerror(errno));
            f->failed = true;
            return n;
        }
        done += (size_t)written;
    }
    f->failed = false;
    return n;
}

static void input_ready(void *be)
{
    (void)be;
}

static void drain(void *be)
{
    (void)be;
}

static const struct vm_chardev_ops ops = {
    .size = sizeof(struct vm_chardev_ops),
    .create = create,
    .destroy = destroy,
    .write = write_output,
    .input_ready = input_ready,
    .drain = drain,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_CHARDEV_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_PATH,
     .name = "path",
     .flags = VM_PROP_REQUIRED,
     .help = "the file; made if it is not there"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "append",
     .default_value = "off",
     .help = "keep what is in the file and write after it"},
};

VM_PLUGIN(.kind = VM_KIND_CHARDEV, .name = "char-file", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a file that takes the output",
          .description = "Output only. If the disk is full, output is lost and the machine goes "
                         "on. A file that was "
                         "made for it and stayed empty is removed at the end.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
