/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpu.c - gpu-cpu: a "GPU" that is this computer's processor and has three kernels built in: fill,
 * vector_add and matrix_multiply. It compiles nothing. What it takes as a binary is a text with the
 * names of kernels, and a module has those.
 *
 * One thread does all requests in the order of their submission, so streams are mere numbers.
 * Addresses are those of the host's memory; a kernel may only touch what ALLOC has given.
 */
#define _POSIX_C_SOURCE 200809L /* posix_memalign */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vmrun/gpu.h>

struct memory {
    struct memory *next;
    unsigned char *bytes;
    uint64_t length;
};

struct module {
    struct module *next;
    uint64_t number;
    uint32_t kernels; /* a bit for each in `kernels` */
};

struct gpu {
    const struct vm_gpu_host *host;
    struct vm_gpu_ctx *ctx;
    uint64_t limit; /* of memory */

    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t some;
    struct vm_gpu_request *first, *last; /* linked by backend[0] */
    int over;
    uint64_t used;

    /* of the thread's, all below */
    struct memory *memories;
    struct module *modules;
    uint64_t number; /* of the newest module or stream */
};

/* Says why a request fails, and returns the error. */
static uint32_t fail(struct vm_gpu_request *r, uint32_t error, const char *fmt, ...)
{
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(r->text, r->text ? r->text_size : 0, fmt, args);
    va_end(args);
    r->text_length = n > 0 ? (uint32_t)n : 0;
    return error;
}

/* ---- Memory ---- */

/* Of which allocation n bytes are; NULL: of none, or not all of one. */
static struct memory **find(struct gpu *g, uint64_t address, uint64_t n)
{
    struct memory **m = &g->memories;

    for (; *m; m = &(*m)->next) {
        uint64_t offset = address - (uintptr_t)(*m)->bytes;
        if (offset <= (*m)->length && n <= (*m)->length - offset)
            break;
    }
    return m;
}

static void *bytes_at(struct gpu *g, uint64_t address, uint64_t n)
{
    return *find(g, address, n) ? (void *)(uintptr_t)address : NULL;
}

static uint32_t allocate(struct gpu *g, struct vm_gpu_request *r)
{
    uint64_t length = r->u.memory.length;
    struct memory *m;
    void *bytes;

    if (length > g->limit - g->used)
        return fail(r, VM_GPU_NO_MEMORY, "%llu bytes are free",
                    (unsigned long long)(g->limit - g->used));
    m = malloc(sizeof(*m));
    if (!m || posix_memalign(&bytes, 256, length)) {
        free(m);
        return fail(r, VM_GPU_NO_MEMORY, "the host is out of memory");
    }
    memset(bytes, 0, length); /* nothing of this process shows through */
    m->next = g->memories;
    m->bytes = bytes;
    m->length = length;
    g->memories = m;
    pthread_mutex_lock(&g->lock);
    g->used += length;
    pthread_mutex_unlock(&g->lock);
    r->u.memory.address = (uintptr_t)bytes;
    return VM_GPU_OK;
}

static void release(struct gpu *g, struct memory **m)
{
    struct memory *gone = *m;

    *m = gone->next;
    pthread_mutex_lock(&g->lock);
    g->used -= gone->length;
    pthread_mutex_unlock(&g->lock);
    free(gone->bytes);
    free(gone);
}

static uint32_t free_memory(struct gpu *g, struct vm_gpu_request *r)
{
    struct memory **m = &g->memories;

    while (*m && (uintptr_t)(*m)->bytes != r->u.memory.address)
        m = &(*m)->next;
    if (!*m)
        return fail(r, VM_GPU_NOT_FOUND, "there is no memory at that address");
    release(g, m);
    return VM_GPU_OK;
}

static uint32_t copy(struct gpu *g, struct vm_gpu_request *r)
{
    struct vm_gpu_copy *c = &r->u.copy;
    void *ours = bytes_at(g, c->address, c->length);
    void *other = r->op == VM_GPU_OP_COPY ? bytes_at(g, c->from, c->length) : c->host;

    if (!ours || !other)
        return fail(r, VM_GPU_INVALID, "these bytes are not all of one allocation");
    if (r->op == VM_GPU_OP_COPY_OUT)
        memcpy(other, ours, c->length);
    else
        memcpy(ours, other, c->length);
    return VM_GPU_OK;
}

/* ---- Kernels: they are given all threads of a grid at once ---- */

struct fill_arguments {
    uint64_t to;
    uint32_t value, n;
};

static uint32_t fill(struct gpu *g, const void *arguments)
{
    const struct fill_arguments *a = arguments;
    unsigned char *to = bytes_at(g, a->to, a->n);

    if (to)
        memset(to, (int)(a->value & 255), a->n);
    return to ? VM_GPU_OK : VM_GPU_FAILED;
}

struct float_arguments {
    uint64_t a, b, c;
    uint32_t n;
};

static uint32_t vector_add(struct gpu *g, const void *arguments)
{
    const struct float_arguments *v = arguments;
    uint64_t bytes = (uint64_t)v->n * sizeof(float);
    const float *a = bytes_at(g, v->a, bytes), *b = bytes_at(g, v->b, bytes);
    float *c = bytes_at(g, v->c, bytes);

    if (!a || !b || !c)
        return VM_GPU_FAILED;
    for (uint32_t i = 0; i < v->n; i++)
        c[i] = a[i] + b[i];
    return VM_GPU_OK;
}

/* Of n rows and n columns each. */
static uint32_t matrix_multiply(struct gpu *g, const void *arguments)
{
    const struct float_arguments *v = arguments;
    uint64_t n = v->n, bytes = n * n * sizeof(float);
    const float *a, *b;
    float *c;

    if (n > 65536)
        return VM_GPU_INVALID;
    a = bytes_at(g, v->a, bytes);
    b = bytes_at(g, v->b, bytes);
    c = bytes_at(g, v->c, bytes);
    if (!a || !b || !c)
        return VM_GPU_FAILED;
    for (uint64_t i = 0; i < n; i++)
        for (uint64_t j = 0; j < n; j++) {
            float sum = 0;
            for (uint64_t k = 0; k < n; k++)
                sum += a[i * n + k] * b[k * n + j];
            c[i * n + j] = sum;
        }
    return VM_GPU_OK;
}

static const struct kernel {
    const char *name;
    uint32_t (*run)(struct gpu *g, const void *arguments);
    uint32_t size; /* of all arguments, without what the struct has behind the last one */
    uint32_t n_parameters;
    struct vm_gpu_parameter parameters[4];
} kernels[] = {
    {"fill", fill, 16, 3, {{0, 8}, {8, 4}, {12, 4}}},
    {"vector_add", vector_add, 28, 4, {{0, 8}, {8, 8}, {16, 8}, {24, 4}}},
    {"matrix_multiply", matrix_multiply, 28, 4, {{0, 8}, {8, 8}, {16, 8}, {24, 4}}},
};

enum { KERNELS = sizeof(kernels) / sizeof(kernels[0]) };

static uint32_t launch(struct gpu *g, struct vm_gpu_request *r)
{
    const struct vm_gpu_launch *l = &r->u.launch;
    uint64_t which = l->function - 1;
    struct float_arguments arguments; /* the largest */
    struct timespec begin, end;
    uint32_t error;

    if (which >= KERNELS)
        return fail(r, VM_GPU_NOT_FOUND, "there is no such function");
    if (l->arguments_size < kernels[which].size)
        return fail(r, VM_GPU_INVALID, "%s has %u bytes of arguments", kernels[which].name,
                    kernels[which].size);
    memset(&arguments, 0, sizeof(arguments));
    memcpy(&arguments, l->arguments, kernels[which].size);
    clock_gettime(CLOCK_MONOTONIC, &begin);
    error = kernels[which].run(g, &arguments);
    clock_gettime(CLOCK_MONOTONIC, &end);
    r->gpu_ns = (uint64_t)((end.tv_sec - begin.tv_sec) * 1000000000 + end.tv_nsec - begin.tv_nsec);
    return error ? fail(r, error, "%s: its arguments are not within memory", kernels[which].name)
                 : VM_GPU_OK;
}

/* ---- Modules ---- */

static uint32_t which_kernel(const char *name, size_t n)
{
    uint32_t i = 0;

    while (i < KERNELS && (strlen(kernels[i].name) != n || memcmp(kernels[i].name, name, n) != 0))
        i++;
    return i;
}

static uint32_t load(struct gpu *g, struct vm_gpu_request *r)
{
    const char *at = r->u.code.bytes;
    uint32_t found = 0;
    struct module *m;

    if (r->u.code.format != VM_GPU_BINARY_OWN)
        return fail(r, VM_GPU_UNSUPPORTED, "gpu-cpu loads the names of its own kernels only");
    for (;;) {
        size_t n;
        uint32_t i;

        at += strspn(at, " \t\n");
        n = strcspn(at, " \t\n");
        if (n == 0)
            break;
        i = which_kernel(at, n);
        if (i == KERNELS)
            return fail(r, VM_GPU_COMPILE, "there is no kernel '%.*s'", n > 60 ? 60 : (int)n, at);
        found |= 1u << i;
        at += n;
    }
    m = malloc(sizeof(*m));
    if (!m)
        return fail(r, VM_GPU_NO_MEMORY, "the host is out of memory");
    m->next = g->modules;
    m->number = ++g->number;
    m->kernels = found;
    g->modules = m;
    r->u.code.module = m->number;
    return VM_GPU_OK;
}

static struct module **find_module(struct gpu *g, uint64_t number)
{
    struct module **m = &g->modules;

    while (*m && (*m)->number != number)
        m = &(*m)->next;
    return m;
}

static uint32_t unload(struct gpu *g, struct vm_gpu_request *r)
{
    struct module **m = find_module(g, r->u.code.module), *gone = *m;

    if (!gone)
        return fail(r, VM_GPU_NOT_FOUND, "there is no such module");
    *m = gone->next;
    free(gone);
    return VM_GPU_OK;
}

static uint32_t describe(struct gpu *g, struct vm_gpu_request *r)
{
    struct vm_gpu_function *f = &r->u.function;
    const struct module *m = *find_module(g, f->module);
    uint32_t i = which_kernel(f->name, strlen(f->name));

    if (!m || i == KERNELS || !(m->kernels >> i & 1))
        return fail(r, VM_GPU_NOT_FOUND, "the module has no function '%.60s'", f->name);
    f->function = i + 1;
    f->n_parameters = kernels[i].n_parameters;
    memcpy(f->parameters, kernels[i].parameters, f->n_parameters * sizeof(struct vm_gpu_parameter));
    f->max_threads = 1024;
    f->static_shared = 0;
    f->registers = VM_GPU_UNKNOWN;
    f->local_size = VM_GPU_UNKNOWN;
    return VM_GPU_OK;
}

/* ---- The thread ---- */

static uint32_t carry_out(struct gpu *g, struct vm_gpu_request *r)
{
    switch (r->op) {
    case VM_GPU_OP_ALLOC:
        return allocate(g, r);
    case VM_GPU_OP_FREE:
        return free_memory(g, r);
    case VM_GPU_OP_COPY_IN:
    case VM_GPU_OP_COPY_OUT:
    case VM_GPU_OP_COPY:
        return copy(g, r);
    case VM_GPU_OP_COMPILE:
        return fail(r, VM_GPU_UNSUPPORTED, "gpu-cpu has no compiler");
    case VM_GPU_OP_LOAD:
        return load(g, r);
    case VM_GPU_OP_UNLOAD:
        return unload(g, r);
    case VM_GPU_OP_FUNCTION:
        return describe(g, r);
    case VM_GPU_OP_LAUNCH:
        return launch(g, r);
    case VM_GPU_OP_STREAM_NEW:
        r->stream = ++g->number;
        return VM_GPU_OK;
    default:
        return VM_GPU_OK; /* SYNC, STREAM_FREE: what was before is done */
    }
}

static void *work(void *opaque)
{
    struct gpu *g = opaque;

    for (;;) {
        struct vm_gpu_request *r;

        pthread_mutex_lock(&g->lock);
        while (!g->first && !g->over)
            pthread_cond_wait(&g->some, &g->lock);
        r = g->first;
        if (r)
            g->first = r->backend[0];
        pthread_mutex_unlock(&g->lock);
        if (!r)
            return NULL;
        g->host->complete(g->ctx, r, carry_out(g, r));
    }
}

/* ---- What the host calls ---- */

static void submit(void *be, struct vm_gpu_request *r)
{
    struct gpu *g = be;

    r->backend[0] = NULL;
    pthread_mutex_lock(&g->lock);
    if (g->first)
        g->last->backend[0] = r;
    else
        g->first = r;
    g->last = r;
    pthread_cond_signal(&g->some);
    pthread_mutex_unlock(&g->lock);
}

static uint32_t n_gpus(void *be, struct vm_error *why)
{
    (void)be;
    (void)why;
    return 1;
}

static void info(void *be, uint32_t gpu, struct vm_gpu_info *info)
{
    struct gpu *g = be;

    (void)gpu;
    info->binaries = VM_GPU_BINARY_OWN;
    snprintf(info->name, sizeof(info->name), "this computer's processor");
    snprintf(info->vendor, sizeof(info->vendor), "none");
    snprintf(info->driver, sizeof(info->driver), "gpu-cpu 1.0");
    snprintf(info->architecture, sizeof(info->architecture), "cpu");
    info->memory_total = info->max_alloc = g->limit;
    pthread_mutex_lock(&g->lock);
    info->memory_free = g->limit - g->used;
    pthread_mutex_unlock(&g->lock);
    info->compute_units = 1;
    info->subgroup = 1;
    info->max_block_threads = 1024;
    for (int i = 0; i < 3; i++) {
        info->max_block[i] = 1024;
        info->max_grid[i] = INT32_MAX;
    }
    info->argument_size = sizeof(struct float_arguments);
}

static void *create(const struct vm_gpu_host *host, struct vm_gpu_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct gpu *g = calloc(1, sizeof(*g));

    if (!g) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    g->host = host;
    g->ctx = ctx;
    g->limit = host->base->prop_uint(props, "memory");
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->some, NULL);
    if (pthread_create(&g->thread, NULL, work, g) == 0)
        return g;
    vm_error_set(err, "a thread cannot be started");
    pthread_cond_destroy(&g->some);
    pthread_mutex_destroy(&g->lock);
    free(g);
    return NULL;
}

static void destroy(void *be)
{
    struct gpu *g = be;

    pthread_mutex_lock(&g->lock);
    g->over = 1;
    pthread_cond_signal(&g->some);
    pthread_mutex_unlock(&g->lock);
    pthread_join(g->thread, NULL);
    while (g->memories)
        release(g, &g->memories);
    while (g->modules) {
        struct module *m = g->modules;

        g->modules = m->next;
        free(m);
    }
    pthread_cond_destroy(&g->some);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

static const struct vm_gpu_ops ops = {
    .size = sizeof(ops),
    .create = create,
    .destroy = destroy,
    .n_gpus = n_gpus,
    .info = info,
    .submit = submit,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_GPU_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_SIZE,
     .name = "memory",
     .default_value = "256M",
     .min = 1 << 16,
     .max = UINT64_C(1) << 40,
     .help = "what it may allocate of the host's memory"},
};

VM_PLUGIN(.kind = VM_KIND_GPU, .name = "gpu-cpu", .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "three kernels on the host's processor, as an example",
          .properties = properties, .n_properties = 1, .property_size = sizeof(struct vm_property),
          .get_interface = get_interface);
