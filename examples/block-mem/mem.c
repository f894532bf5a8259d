/* SPDX-License-Identifier: BSD-2-Clause */
/* mem.c - block-mem: a disk in memory, zeroed at first and gone at the end. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/block.h>

struct mem {
    const struct vm_block_host *host;
    struct vm_block_ctx *ctx;
    uint64_t length;
    uint8_t *bytes;
};

static void *mem_create(const struct vm_block_host *host, struct vm_block_ctx *ctx,
                        const struct vm_props *props, struct vm_error *err)
{
    uint64_t length = host->base->prop_uint(props, "size");
    struct mem *m = calloc(1, sizeof(*m));

    if (length % 512) {
        vm_error_set(err, "size: %llu is no multiple of 512", (unsigned long long)length);
        free(m);
        return NULL;
    }
    if (m)
        m->bytes = calloc(1, length);
    if (!m || !m->bytes) {
        vm_error_set(err, "no memory for a disk of %llu bytes", (unsigned long long)length);
        free(m);
        return NULL;
    }
    m->host = host;
    m->ctx = ctx;
    m->length = length;
    return m;
}

static void mem_destroy(void *be)
{
    struct mem *m = be;

    free(m->bytes);
    free(m);
}

/* There is no cache: what is done is as safe as it will ever be, so FLUSH has nothing to do. */
static void mem_info(void *be, struct vm_block_info *info)
{
    const struct mem *m = be;

    info->flags = VM_BLOCK_WRITE_ZEROES;
    info->length = m->length;
    info->block_size = 512;
    info->physical_size = 512;
}

/* The host has checked that offset and length lie in the disk. Pieces may be the guest's memory. */
static void transfer(struct mem *m, const struct vm_block_request *r)
{
    uint8_t *at = m->bytes + r->offset;

    for (uint32_t i = 0; i < r->n_iov; i++) {
        if (r->op == VM_BLOCK_OP_READ)
            memcpy(r->iov[i].base, at, r->iov[i].length);
        else
            memcpy(at, r->iov[i].base, r->iov[i].length);
        at += r->iov[i].length;
    }
}

static void mem_submit(void *be, struct vm_block_request *request)
{
    struct mem *m = be;
    int error = 0;

    switch (request->op) {
    case VM_BLOCK_OP_READ:
    case VM_BLOCK_OP_WRITE:
        transfer(m, request);
        break;
    case VM_BLOCK_OP_WRITE_ZEROES:
        memset(m->bytes + request->offset, 0, request->length);
        break;
    case VM_BLOCK_OP_FLUSH:
        break;
    default:
        error = EOPNOTSUPP;
        break;
    }
    m->host->complete(m->ctx, request, error); /* at once; later and from any thread will do, too */
}

/* "mem:" in place of a path is for this backend. */
static int mem_wants(const char *text, const char **property)
{
    *property = "name";
    return strncmp(text, "mem:", 4) == 0 ? 100 : 0;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "size",
     .unit = "bytes",
     .default_value = "1M",
     .min = 512,
     .max = UINT64_C(1) << 40,
     .help = "size of the disk"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "name",
     .help = "what the short form mem:NAME gives; it has no meaning"},
};

static const void *get_interface(const char *id)
{
    static const struct vm_block_ops ops = {
        .size = sizeof(ops),
        .wants = mem_wants,
        .create = mem_create,
        .destroy = mem_destroy,
        .info = mem_info,
        .submit = mem_submit,
    };

    return strcmp(id, VM_BLOCK_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_BLOCK, .name = "block-mem", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a disk in memory",
          .description = "An example of the SDK: a disk that forgets everything.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
