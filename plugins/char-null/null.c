/* SPDX-License-Identifier: BSD-2-Clause */
/* null.c - a character backend that drops all output and has no input. */
#include <string.h>

#include <vmrun/chardev.h>

static void *create(const struct vm_chardev_host *host, struct vm_chardev_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    static char instance; /* all are alike; it only must not be NULL */

    (void)host;
    (void)ctx;
    (void)props;
    (void)err;
    return &instance;
}

static void nothing(void *be)
{
    (void)be;
}

static size_t write_output(void *be, const uint8_t *bytes, size_t n)
{
    (void)be;
    (void)bytes;
    return n;
}

static const struct vm_chardev_ops ops = {
    .size = sizeof(struct vm_chardev_ops),
    .create = create,
    .destroy = nothing,
    .write = write_output,
    .input_ready = nothing,
    .drain = nothing,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_CHARDEV_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_CHARDEV, .name = "char-null", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "drops all output, has no input", .get_interface = get_interface);
