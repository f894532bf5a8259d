/* SPDX-License-Identifier: BSD-2-Clause */
/* block-sample.c - a block backend for vmrun: a disk in the host's memory, gone with the machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <vmrun/block.h>

enum { BLOCK_BYTES = 512 };

struct sample {
    const struct vm_block_host *host;
    struct vm_block_ctx *ctx;
    uint8_t *bytes;
    uint64_t length;
    uint32_t flags;
};

/* ---- Requests: the host has checked them against info() ---------------------------------------
 */

static void transfer(struct sample *s, const struct vm_block_request *r)
{
    uint8_t *at = s->bytes + r->offset;

    for (uint32_t i = 0; i < r->n_iov; i++) {
        if (r->op == VM_BLOCK_OP_READ)
            memcpy(r->iov[i].base, at, r->iov[i].length);
        else
            memcpy(at, r->iov[i].base, r->iov[i].length);
        at += r->iov[i].length;
    }
}

static void submit(void *be, struct vm_block_request *r)
{
    struct sample *s = be;
    int error = 0;

    switch (r->op) {
    case VM_BLOCK_OP_READ:
    case VM_BLOCK_OP_WRITE:
        if (r->op == VM_BLOCK_OP_WRITE && s->flags & VM_BLOCK_READ_ONLY)
            error = EROFS;
        else
            transfer(s, r);
        break;
    case VM_BLOCK_OP_FLUSH: /* no more stable than it is */
        break;
    default:
        error = EOPNOTSUPP;
        break;
    }
    s->host->complete(s->ctx, r, error);
}

static void info(void *be, struct vm_block_info *out)
{
    const struct sample *s = be;

    out->flags = s->flags;
    out->length = s->length;
    out->block_size = BLOCK_BYTES;
    out->physical_size = BLOCK_BYTES;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void *create(const struct vm_block_host *host, struct vm_block_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct sample *s = calloc(1, sizeof(*s));

    if (!s) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    s->host = host;
    s->ctx = ctx;
    s->length = host->base->prop_uint(props, "size") & ~(uint64_t)(BLOCK_BYTES - 1);
    s->flags = host->base->prop_uint(props, "readonly") ? VM_BLOCK_READ_ONLY : 0;
    s->bytes = mmap(NULL, s->length, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (s->bytes == MAP_FAILED) {
        vm_error_set(err, "size: there is no memory for %llu bytes: %s",
                     (unsigned long long)s->length, strerror(errno));
        free(s);
        return NULL;
    }
    return s;
}

static void destroy(void *be)
{
    struct sample *s = be;

    munmap(s->bytes, s->length);
    free(s);
}

/* ---- The plugin ------------------------------------------------------------------------------ */

static const void *get_interface(const char *id)
{
    static const struct vm_block_ops ops = {.size = sizeof(struct vm_block_ops),
                                            .create = create,
                                            .destroy = destroy,
                                            .info = info,
                                            .submit = submit};

    return strcmp(id, VM_BLOCK_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "size",
     .unit = "bytes",
     .default_value = "64M",
     .min = 65536,
     .max = UINT64_C(1) << 40,
     .help = "of the disk"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_BOOL,
     .name = "readonly",
     .default_value = "no",
     .help = "writes fail"},
};

VM_PLUGIN(.kind = VM_KIND_BLOCK, .name = "block-sample", .version = "0.1",
          .licence = "BSD-2-Clause", .summary = "disk in memory", VM_PLUGIN_PROPERTIES(properties),
          .get_interface = get_interface);
