/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu-sample.c - a GPU backend for vmrun, whose "GPU" is the host's processor: it has memory, and
 * one kernel, "fill", which a module of its own form of binary has.
 *
 * It does all that is asked in submit(), on the host's thread for it. A backend for a real GPU
 * begins the request there, and calls complete() when it is done, from any thread or from poll().
 */
#include <stdlib.h>
#include <string.h>
#include <vmrun/gpu.h>

enum { ALIGNMENT = 256, FILL = 1 };

struct area {
    struct area *next;
    char *block;    /* of malloc() */
    uint64_t begin; /* within it: the address */
    uint64_t length;
};

struct sample {
    const struct vm_gpu_host *host;
    struct vm_gpu_ctx *ctx;
    uint64_t memory, used;
    struct area *areas;
    uint64_t number; /* of the newest module or stream */
};

/* ---- Memory ---------------------------------------------------------------------------------- */

/* n bytes at an address; NULL: they are not all of one area. */
static char *bytes_at(const struct sample *s, uint64_t address, uint64_t n)
{
    for (const struct area *a = s->areas; a; a = a->next) {
        uint64_t offset = address - a->begin;
        if (address >= a->begin && offset <= a->length && n <= a->length - offset)
            return (char *)(uintptr_t)address;
    }
    return NULL;
}

static uint32_t allocate(struct sample *s, struct vm_gpu_memory *m)
{
    struct area *a;

    if (m->length > s->memory - s->used)
        return VM_GPU_NO_MEMORY;
    a = calloc(1, sizeof(*a));
    if (a)
        a->block = calloc(1, m->length + ALIGNMENT);
    if (!a || !a->block) {
        free(a);
        return VM_GPU_NO_MEMORY;
    }
    a->begin = ((uintptr_t)a->block + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
    a->length = m->length;
    a->next = s->areas;
    s->areas = a;
    s->used += a->length;
    m->address = a->begin;
    return VM_GPU_OK;
}

static uint32_t release(struct sample *s, uint64_t address)
{
    struct area **at = &s->areas, *a;

    while (*at && (*at)->begin != address)
        at = &(*at)->next;
    a = *at;
    if (!a)
        return VM_GPU_NOT_FOUND;
    *at = a->next;
    s->used -= a->length;
    free(a->block);
    free(a);
    return VM_GPU_OK;
}

static uint32_t copy(const struct sample *s, uint32_t op, const struct vm_gpu_copy *c)
{
    char *ours = bytes_at(s, c->address, c->length);
    void *other = op == VM_GPU_OP_COPY ? bytes_at(s, c->from, c->length) : c->host;

    if (!ours || !other)
        return VM_GPU_INVALID;
    if (op == VM_GPU_OP_COPY_OUT)
        memcpy(other, ours, c->length);
    else
        memcpy(ours, other, c->length);
    return VM_GPU_OK;
}

/* ---- Code ------------------------------------------------------------------------------------ */

struct fill_arguments {
    uint64_t to;
    uint32_t value, n;
};

static uint32_t load(struct sample *s, struct vm_gpu_code *code)
{
    if (code->format != VM_GPU_BINARY_OWN || strcmp(code->bytes, "fill") != 0)
        return VM_GPU_UNSUPPORTED;
    code->module = ++s->number;
    return VM_GPU_OK;
}

static uint32_t describe(struct vm_gpu_function *f)
{
    static const struct vm_gpu_parameter parameters[] = {{0, 8}, {8, 4}, {12, 4}};

    if (strcmp(f->name, "fill") != 0)
        return VM_GPU_NOT_FOUND;
    f->function = FILL;
    f->n_parameters = 3;
    memcpy(f->parameters, parameters, sizeof(parameters));
    f->max_threads = 1;
    f->static_shared = 0;
    f->registers = VM_GPU_UNKNOWN;
    f->local_size = VM_GPU_UNKNOWN;
    return VM_GPU_OK;
}

static uint32_t launch(const struct sample *s, const struct vm_gpu_launch *l)
{
    struct fill_arguments a;
    char *to;

    if (l->function != FILL || l->arguments_size != sizeof(a))
        return VM_GPU_INVALID;
    memcpy(&a, l->arguments, sizeof(a));
    to = bytes_at(s, a.to, a.n);
    if (to)
        memset(to, (int)(a.value & 255), a.n);
    return to ? VM_GPU_OK : VM_GPU_FAILED;
}

/* ---- On the host's thread for this backend --------------------------------------------------- */

static uint32_t carry_out(struct sample *s, struct vm_gpu_request *r)
{
    switch (r->op) {
    case VM_GPU_OP_ALLOC:
        return allocate(s, &r->u.memory);
    case VM_GPU_OP_FREE:
        return release(s, r->u.memory.address);
    case VM_GPU_OP_COPY_IN:
    case VM_GPU_OP_COPY_OUT:
    case VM_GPU_OP_COPY:
        return copy(s, r->op, &r->u.copy);
    case VM_GPU_OP_LOAD:
        return load(s, &r->u.code);
    case VM_GPU_OP_FUNCTION:
        return describe(&r->u.function);
    case VM_GPU_OP_LAUNCH:
        return launch(s, &r->u.launch);
    case VM_GPU_OP_STREAM_NEW:
        r->stream = ++s->number;
        return VM_GPU_OK;
    case VM_GPU_OP_UNLOAD:
    case VM_GPU_OP_SYNC:
    case VM_GPU_OP_STREAM_FREE:
        return VM_GPU_OK; /* what was before is done already */
    default:
        return VM_GPU_UNSUPPORTED;
    }
}

static void submit(void *be, struct vm_gpu_request *r)
{
    struct sample *s = be;

    s->host->complete(s->ctx, r, carry_out(s, r));
}

/* ---- On any thread --------------------------------------------------------------------------- */

/* Where a driver is missing this returns 0, with err set to what is missing. */
static uint32_t n_gpus(void *be, struct vm_error *why)
{
    (void)be;
    (void)why;
    return 1;
}

static void info(void *be, uint32_t gpu, struct vm_gpu_info *info)
{
    const struct sample *s = be;

    (void)gpu;
    info->binaries = VM_GPU_BINARY_OWN;
    strcpy(info->name, "sample");
    strcpy(info->vendor, "example");
    strcpy(info->driver, "sample 0.1");
    strcpy(info->architecture, "cpu");
    info->memory_total = info->max_alloc = s->memory;
    info->memory_free = s->memory; /* `used` is the other thread's */
    info->compute_units = 1;
    info->subgroup = 1;
    info->max_block_threads = 1;
    for (int i = 0; i < 3; i++)
        info->max_block[i] = info->max_grid[i] = 1;
    info->argument_size = sizeof(struct fill_arguments);
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void *create(const struct vm_gpu_host *host, struct vm_gpu_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct sample *s = calloc(1, sizeof(*s));

    if (!s) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    s->host = host;
    s->ctx = ctx;
    s->memory = host->base->prop_uint(props, "memory");
    return s;
}

static void destroy(void *be)
{
    struct sample *s = be;

    while (s->areas)
        release(s, s->areas->begin);
    free(s);
}

/* ---- What the host finds --------------------------------------------------------------------- */

static const void *get_interface(const char *id)
{
    static const struct vm_gpu_ops ops = {.size = sizeof(struct vm_gpu_ops),
                                          .create = create,
                                          .destroy = destroy,
                                          .n_gpus = n_gpus,
                                          .info = info,
                                          .submit = submit};

    return strcmp(id, VM_GPU_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "memory",
     .default_value = "64M",
     .min = 1 << 20,
     .max = UINT64_C(1) << 40,
     .help = "what a guest may allocate of it"},
};

VM_PLUGIN(.kind = VM_KIND_GPU, .name = "gpu-sample", .version = "0.1", .licence = "BSD-2-Clause",
          .summary = "fills memory", VM_PLUGIN_PROPERTIES(properties),
          .get_interface = get_interface);
