/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu.c - the GPU that a device under test computes on. */
#include <stdlib.h>
#include <string.h>

#include "core/plugin/gpu_rules.h"
#include "internal.h"

#define GPU_MEMORY (16u << 20)
#define GPU_BASE   UINT64_C(0x700000000000)
#define ANY_GPU    UINT32_MAX

struct allocation {
    struct allocation *next;
    uint64_t address, length;
    uint32_t gpu;
    uint8_t *bytes;
};

struct vm_gpu {
    struct vm_devtest *host;
    struct vm_gpu_client client;
    void *opaque;
    uint32_t n_gpus;
    struct vm_gpu_request *first, *last; /* linked by host[0] */
    uint32_t waiting;
    bool hangs, given_up;
    bool untold; /* given up, and no gpu_drain() has said so yet */
    struct vm_gpu_stats stats;
    uint64_t shared;

    /* the host's own */
    struct allocation *allocations;
    uint64_t allocated, next_address, next_handle;
};

static struct vm_gpu *gpu_of(const struct vm_devtest *h)
{
    if (!h->gpu)
        vm_test_broken("the device has no GPU");
    return h->gpu;
}

/* ---- The host's own GPU ---------------------------------------------------------------------- */

static bool has(const struct allocation *a, uint32_t gpu, uint64_t address, uint64_t n)
{
    return (gpu == a->gpu || gpu == ANY_GPU) && address >= a->address &&
           address - a->address <= a->length && n <= a->length - (address - a->address);
}

static struct allocation **find(struct vm_gpu *g, uint32_t gpu, uint64_t address, uint64_t n)
{
    struct allocation **a = &g->allocations;

    while (*a && !has(*a, gpu, address, n))
        a = &(*a)->next;
    return a;
}

static uint8_t *bytes_at(struct vm_gpu *g, uint32_t gpu, uint64_t address, uint64_t n)
{
    struct allocation *a = *find(g, gpu, address, n);

    return a ? a->bytes + (address - a->address) : NULL;
}

static uint32_t allocate(struct vm_gpu *g, uint32_t gpu, struct vm_gpu_memory *m)
{
    struct allocation *a;

    if (m->length > GPU_MEMORY - g->allocated)
        return VM_GPU_NO_MEMORY;
    a = vm_test_alloc(sizeof(*a));
    *a = (struct allocation){g->allocations, GPU_BASE + g->next_address, m->length, gpu,
                             vm_test_alloc(m->length)};
    g->allocations = a;
    g->allocated += m->length;
    g->next_address += (m->length + 511) & ~UINT64_C(255);
    m->address = a->address;
    return VM_GPU_OK;
}

static void release(struct vm_gpu *g, struct allocation **a)
{
    struct allocation *gone = *a;

    *a = gone->next;
    g->allocated -= gone->length;
    free(gone->bytes);
    free(gone);
}

static uint32_t free_memory(struct vm_gpu *g, uint32_t gpu, const struct vm_gpu_memory *m)
{
    struct allocation **a = find(g, gpu, m->address, 0);

    if (!*a || (*a)->address != m->address)
        vm_test_broken("FREE of an address that ALLOC has not given");
    release(g, a);
    return VM_GPU_OK;
}

static uint32_t copy(struct vm_gpu *g, const struct vm_gpu_request *r)
{
    const struct vm_gpu_copy *c = &r->u.copy;
    uint8_t *to = bytes_at(g, r->gpu, c->address, c->length);
    const uint8_t *from =
        r->op == VM_GPU_OP_COPY ? bytes_at(g, r->gpu, c->from, c->length) : c->host;

    if (!to || !from)
        vm_test_broken("a copy that is not within one allocation of its GPU");
    if (r->op == VM_GPU_OP_COPY_OUT)
        memcpy(c->host, to, c->length);
    else
        memcpy(to, from, c->length);
    return VM_GPU_OK;
}

static uint32_t translate(struct vm_gpu *g, struct vm_gpu_request *r)
{
    if (r->u.code.bytes[r->u.code.length])
        vm_test_broken("code without a zero behind it");
    if (strstr(r->u.code.bytes, "error")) {
        gpu_request_text(r, r->u.code.bytes);
        return VM_GPU_COMPILE;
    }
    r->u.code.module = ++g->next_handle;
    return VM_GPU_OK;
}

static uint32_t describe(struct vm_gpu *g, struct vm_gpu_function *f)
{
    f->function = ++g->next_handle;
    f->n_parameters = 2;
    f->parameters[0] = (struct vm_gpu_parameter){0, 8};
    f->parameters[1] = (struct vm_gpu_parameter){8, 4};
    f->max_threads = 1024;
    f->static_shared = 0;
    f->registers = VM_GPU_UNKNOWN;
    f->local_size = 0;
    return VM_GPU_OK;
}

static uint32_t launch(struct vm_gpu *g, uint32_t gpu, const struct vm_gpu_launch *l)
{
    uint64_t n = 1, address;
    uint8_t *bytes;
    uint32_t value;

    for (int i = 0; i < 3; i++)
        n *= (uint64_t)l->grid[i] * l->block[i];
    if (l->arguments_size != 12)
        return VM_GPU_INVALID;
    memcpy(&address, l->arguments, sizeof(address));
    memcpy(&value, (const uint8_t *)l->arguments + 8, sizeof(value));
    bytes = bytes_at(g, gpu, address, n);
    if (!bytes)
        return VM_GPU_FAILED;
    memset(bytes, (int)(value & 255), n);
    return VM_GPU_OK;
}

uint32_t vm_devtest_gpu_carry_out(struct vm_devtest *h, struct vm_gpu_request *r)
{
    struct vm_gpu *g = gpu_of(h);

    switch (r->op) {
    case VM_GPU_OP_ALLOC:
        return allocate(g, r->gpu, &r->u.memory);
    case VM_GPU_OP_FREE:
        return free_memory(g, r->gpu, &r->u.memory);
    case VM_GPU_OP_COPY_IN:
    case VM_GPU_OP_COPY_OUT:
    case VM_GPU_OP_COPY:
        return copy(g, r);
    case VM_GPU_OP_COMPILE:
    case VM_GPU_OP_LOAD:
        return translate(g, r);
    case VM_GPU_OP_FUNCTION:
        return describe(g, &r->u.function);
    case VM_GPU_OP_LAUNCH:
        return launch(g, r->gpu, &r->u.launch);
    case VM_GPU_OP_STREAM_NEW:
        r->stream = ++g->next_handle;
        return VM_GPU_OK;
    default:
        return VM_GPU_OK;
    }
}

static void own_info(const struct vm_gpu *g, struct vm_gpu_info *info)
{
    *info = (struct vm_gpu_info){
        .size = sizeof(*info),
        .sources = VM_GPU_SOURCE_CUDA | VM_GPU_SOURCE_HIP | VM_GPU_SOURCE_OPENCL_C,
        .binaries = VM_GPU_BINARY_PTX,
        .name = "test GPU",
        .vendor = "test",
        .driver = "test 1",
        .architecture = "test",
        .memory_total = GPU_MEMORY,
        .memory_free = GPU_MEMORY - g->allocated,
        .max_alloc = GPU_MEMORY,
        .clock_hz = 1000000000,
        .l2_size = 1 << 20,
        .shared_size = 48 << 10,
        .compute_units = 4,
        .subgroup = 32,
        .max_block_threads = 1024,
        .max_block = {1024, 1024, 64},
        .max_grid = {INT32_MAX, 65535, 65535},
        .argument_size = 4096,
    };
}

/* ---- What the device calls ------------------------------------------------------------------- */

struct vm_gpu *vm_devtest_gpu_attach(struct vm_device_ctx *ctx, const struct vm_props *props,
                                     const char *prop, const struct vm_gpu_client *client,
                                     void *opaque, struct vm_error *err)
{
    struct vm_devtest *h = (struct vm_devtest *)ctx;

    if (vm_devtest_wiring_fails(h, err) || !vm_test_prop_given(props, prop))
        return NULL;
    if (h->deterministic) {
        vm_error_set(err, "a machine with mode = deterministic can have no GPU");
        return NULL;
    }
    if (h->gpu || client->size < offsetof(struct vm_gpu_client, all_told) || !client->done)
        vm_test_broken("gpu_attach");
    h->gpu = vm_test_alloc(sizeof(*h->gpu));
    h->gpu->host = h;
    vm_test_copy(&h->gpu->client, sizeof(*client), client);
    h->gpu->opaque = opaque;
    h->gpu->n_gpus = h->gpu_given ? h->gpu_given->n_gpus : 1;
    return h->gpu;
}

uint32_t vm_devtest_gpu_count(struct vm_gpu *g, struct vm_error *why)
{
    if (!g->n_gpus)
        vm_error_set(why, "%s", g->host->gpu_given->why ? g->host->gpu_given->why : "no GPU");
    return g->n_gpus;
}

void vm_devtest_gpu_info(struct vm_gpu *g, uint32_t index, struct vm_gpu_info *info)
{
    const struct vm_devtest_gpu *given = g->host->gpu_given;

    if (info->size != sizeof(*info))
        vm_test_broken("gpu_info");
    own_info(g, info);
    if (index >= g->n_gpus)
        *info = (struct vm_gpu_info){.size = sizeof(*info)};
    else if (given && given->info)
        given->info(given->opaque, index, info);
}

void vm_devtest_gpu_stats(struct vm_gpu *g, struct vm_gpu_stats *stats)
{
    if (stats->size != sizeof(*stats))
        vm_test_broken("gpu_stats");
    *stats = g->stats;
    stats->size = sizeof(*stats);
}

void vm_devtest_gpu_submit(struct vm_gpu *g, struct vm_gpu_request *r)
{
    vm_devtest_expect_locked(g->host, "gpu_submit");
    if (r->size != sizeof(*r))
        vm_test_broken("gpu_submit");
    for (const struct vm_gpu_request *w = g->first; w; w = w->host[0])
        if (w == r)
            vm_test_broken("gpu_submit of a request that is under way");
    gpu_request_clear(r);
    if (g->first)
        g->last->host[0] = r;
    else
        g->first = r;
    g->last = r;
    g->waiting++;
}

void vm_devtest_gpu_host_memory(struct vm_gpu *g, void *base, uint64_t length, int there)
{
    vm_devtest_expect_locked(g->host, "gpu_host_memory");
    if (!base || (!there && length > g->shared))
        vm_test_broken("gpu_host_memory");
    g->shared += there ? length : -length;
}

/* ---- Requests that end ----------------------------------------------------------------------- */

static uint32_t carry_out(struct vm_gpu *g, struct vm_gpu_request *r)
{
    const struct vm_devtest_gpu *given = g->host->gpu_given;
    uint32_t error;
    const char *wrong = gpu_request_wrong(r, g->n_gpus, &error);

    if (g->given_up)
        return VM_GPU_LOST;
    if (wrong) {
        gpu_request_text(r, wrong);
        return error;
    }
    return given && given->carry_out ? given->carry_out(given->opaque, r)
                                     : vm_devtest_gpu_carry_out(g->host, r);
}

/* With the device's lock. */
static uint32_t run(struct vm_gpu *g, uint32_t n)
{
    uint32_t told = 0;

    for (; told < n && g->first && (!g->hangs || g->given_up); told++) {
        struct vm_gpu_request *r = g->first;

        g->first = r->host[0];
        g->waiting--;
        r->error = carry_out(g, r);
        g->stats.errors += r->error != VM_GPU_OK;
        if (!r->error)
            gpu_stats_count(&g->stats, r, 1000);
        g->client.done(g->opaque, r);
    }
    if (told && g->client.all_told)
        g->client.all_told(g->opaque);
    return told;
}

/* Requests that are given up, linked by host[0]: they stay for ever, and leak checkers see them. */
static struct vm_gpu_request *kept;

static void drain(struct vm_gpu *g)
{
    run(g, UINT32_MAX);
    if (!g->first)
        return;
    g->given_up = g->untold = true;
    g->last->host[0] = kept;
    kept = g->first;
    g->first = NULL;
    g->waiting = 0;
}

/* What a reset gave up is told here, as the real host does. */
int vm_devtest_gpu_drain(struct vm_gpu *g)
{
    bool lost;

    vm_devtest_expect_locked(g->host, "gpu_drain");
    drain(g);
    lost = g->untold;
    g->untold = false;
    return lost ? -1 : 0;
}

void vm_devtest_gpu_settle(struct vm_devtest *h)
{
    if (!h->gpu || !h->device)
        return;
    vm_devtest_enter(h);
    drain(h->gpu);
    vm_devtest_leave(h);
}

void vm_devtest_gpu_free(struct vm_devtest *h)
{
    if (!h->gpu)
        return;
    while (h->gpu->allocations)
        release(h->gpu, &h->gpu->allocations);
    free(h->gpu);
}

/* ---- The test's side ------------------------------------------------------------------------- */

void vm_devtest_set_gpu(struct vm_devtest *h, const struct vm_devtest_gpu *gpu)
{
    h->gpu_given = gpu;
}

bool vm_devtest_has_gpu(const struct vm_devtest *h)
{
    return h->gpu != NULL;
}

uint32_t vm_devtest_gpu_waiting(const struct vm_devtest *h)
{
    return gpu_of(h)->waiting;
}

struct vm_gpu_request *vm_devtest_gpu_request(struct vm_devtest *h, uint32_t n)
{
    struct vm_gpu_request *r = gpu_of(h)->first;

    for (; r && n; n--)
        r = r->host[0];
    return r;
}

uint32_t vm_devtest_gpu_run(struct vm_devtest *h, uint32_t n)
{
    uint32_t told;

    vm_devtest_enter(h);
    told = run(gpu_of(h), n);
    vm_devtest_leave(h);
    return told;
}

void vm_devtest_gpu_hang(struct vm_devtest *h)
{
    gpu_of(h)->hangs = true;
}

uint8_t *vm_devtest_gpu_bytes(struct vm_devtest *h, uint64_t address, uint64_t n)
{
    return bytes_at(gpu_of(h), ANY_GPU, address, n);
}

uint64_t vm_devtest_gpu_allocated(const struct vm_devtest *h)
{
    return gpu_of(h)->allocated;
}

uint64_t vm_devtest_gpu_shared(const struct vm_devtest *h)
{
    return gpu_of(h)->shared;
}
