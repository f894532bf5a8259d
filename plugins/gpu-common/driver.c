/* SPDX-License-Identifier: BSD-2-Clause */
/* driver.c - a backend on a CUDA-like driver: its life, its errors, and the requests that need no
 * list of their own: memory, copies, launches. */
#include "driver.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

enum {
    SPIN_NS = 100 * 1000, /* so long after the last event poll() does not sleep */
    SLEEP_NS = 50 * 1000,
    SHARED_WITHOUT_ASKING = 49152 /* bytes of shared memory that CUDA gives every kernel */
};

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- Calls and their errors ------------------------------------------------------------------ */

const char *gpu_driver_call_name(const struct gpu_driver *d, size_t call)
{
    for (uint32_t i = 0; i < d->kind->n_calls; i++)
        if (d->kind->calls[i].at == call)
            return d->kind->calls[i].name;
    return d->kind->what;
}

void gpu_driver_result_name(struct gpu_driver *d, int result, char *text, size_t size)
{
    const char *name = NULL;

    if (d->call.error_name && d->call.error_name(result, &name) != GPU_SUCCESS)
        name = NULL;
    if (d->call.error_name_of)
        name = d->call.error_name_of(result);
    snprintf(text, size, "%s (%d)", name ? name : "error", result);
}

int gpu_driver_check(struct gpu_driver *d, int result, size_t call, struct vm_error *err)
{
    char name[128];

    if (result == GPU_SUCCESS)
        return 0;
    d->result = result;
    gpu_driver_result_name(d, result, name, sizeof(name));
    return vm_error_set(err, "%s: %s", gpu_driver_call_name(d, call), name);
}

int gpu_driver_use(struct gpu_driver *d, uint32_t gpu, struct vm_error *err)
{
    if (d->call.context_set)
        return GPU_CALL(d, err, context_set, d->gpus[gpu].context);
    return GPU_CALL(d, err, device_set, d->gpus[gpu].device);
}

/* After these the context is of no use: whatever is called fails alike. */
static int is_lost(int result)
{
    return result == GPU_ERROR_ECC || result == GPU_ERROR_NVLINK ||
           result == GPU_ERROR_ILLEGAL_ADDRESS || result == GPU_ERROR_LAUNCH_TIMEOUT ||
           result == GPU_ERROR_CONTEXT_DESTROYED || result == GPU_ERROR_ASSERT ||
           (result >= GPU_ERROR_HARDWARE_STACK && result <= GPU_ERROR_LAUNCH_FAILED) ||
           result == GPU_ERROR_UNKNOWN;
}

static uint32_t error_of(int result)
{
    static const struct {
        int result;
        uint32_t error;
    } table[] = {
        {GPU_ERROR_OUT_OF_MEMORY, VM_GPU_NO_MEMORY},  {GPU_ERROR_INVALID_VALUE, VM_GPU_INVALID},
        {GPU_ERROR_INVALID_IMAGE, VM_GPU_INVALID},    {GPU_ERROR_NO_BINARY, VM_GPU_INVALID},
        {GPU_ERROR_INVALID_PTX, VM_GPU_INVALID},      {GPU_ERROR_PTX_VERSION, VM_GPU_INVALID},
        {GPU_ERROR_LAUNCH_RESOURCES, VM_GPU_INVALID}, {GPU_ERROR_NOT_FOUND, VM_GPU_NOT_FOUND},
    };

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        if (table[i].result == result)
            return table[i].error;
    return VM_GPU_FAILED;
}

/* ---- The end of a request -------------------------------------------------------------------- */

void gpu_driver_done(struct gpu_driver *d, struct vm_gpu_request *r, uint32_t error)
{
    d->completed++;
    d->active_ns = now_ns();
    d->host->complete(d->ctx, r, error);
}

void gpu_driver_failed(struct gpu_driver *d, struct vm_gpu_request *r, uint32_t error,
                       const struct vm_error *err)
{
    text_put(r, err->text, strlen(err->text));
    gpu_driver_done(d, r, error);
}

void gpu_driver_call_failed(struct gpu_driver *d, struct vm_gpu_request *r, struct vm_error *err)
{
    struct gpu_device *g = &d->gpus[r->gpu];

    if (is_lost(d->result) && !g->lost) {
        g->lost = 1;
        snprintf(g->why_lost, sizeof(g->why_lost), "%.*s", (int)sizeof(g->why_lost) - 1, err->text);
        d->host->base->log(d->ctx, VM_LOG_WARNING, "GPU %d is lost: %s", g->ordinal, g->why_lost);
    }
    gpu_driver_failed(d, r, error_of(d->result), err);
}

static void refuse(struct gpu_driver *d, struct vm_gpu_request *r, uint32_t error, const char *why)
{
    text_put(r, why, strlen(why));
    gpu_driver_done(d, r, error);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

static int compare_memory(const void *a, const void *b)
{
    const struct gpu_memory *x = a, *y = b;

    return x->address < y->address ? -1 : x->address > y->address;
}

static void do_alloc(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct gpu_memory *m = malloc(sizeof(*m));
    struct vm_error err = VM_ERROR_INIT;

    if (!m) {
        refuse(d, r, VM_GPU_NO_MEMORY, "out of memory of the host's");
        return;
    }
    m->gpu = r->gpu;
    m->address = 0;
    if (GPU_CALL(d, &err, alloc, &m->address, r->u.memory.length)) {
        free(m);
        gpu_driver_call_failed(d, r, &err);
        return;
    }
    if (!tsearch(m, &d->memory, compare_memory)) {
        d->call.release(m->address);
        free(m);
        refuse(d, r, VM_GPU_NO_MEMORY, "out of memory of the host's");
        return;
    }
    r->u.memory.address = m->address;
    gpu_driver_done(d, r, VM_GPU_OK);
}

static void do_free(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct gpu_memory key = {r->u.memory.address, r->gpu, 0}, **found, *m;
    struct vm_error err = VM_ERROR_INIT;

    found = tfind(&key, &d->memory, compare_memory);
    if (!found || (*found)->gpu != r->gpu) {
        refuse(d, r, VM_GPU_INVALID, "no memory of this GPU begins at this address");
        return;
    }
    m = *found;
    tdelete(&key, &d->memory, compare_memory);
    free(m);
    if (GPU_CALL(d, &err, release, key.address))
        gpu_driver_call_failed(d, r, &err);
    else
        gpu_driver_done(d, r, VM_GPU_OK);
}

static void free_memory(struct gpu_driver *d)
{
    while (d->memory) {
        struct gpu_memory *m = *(struct gpu_memory **)d->memory;
        if (gpu_driver_use(d, m->gpu, NULL) == 0)
            d->call.release(m->address);
        tdelete(m, &d->memory, compare_memory);
        free(m);
    }
}

/* ---- What goes into a stream ----------------------------------------------------------------- */

/* NULL: it is not there, and the request is done with that. */
static struct gpu_stream *stream_of(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct gpu_stream *s = gpu_stream_find(d, r->gpu, r->stream);

    if (!s)
        refuse(d, r, VM_GPU_NOT_FOUND, "this GPU has no such stream");
    return s;
}

static int begin_copy(struct gpu_driver *d, const struct vm_gpu_request *r, struct gpu_stream *s,
                      struct vm_error *err)
{
    const struct vm_gpu_copy *c = &r->u.copy;

    switch (r->op) {
    case VM_GPU_OP_COPY_IN:
        return GPU_CALL(d, err, copy_in, c->address, c->host, c->length, s->stream);
    case VM_GPU_OP_COPY_OUT:
        return GPU_CALL(d, err, copy_out, c->host, c->address, c->length, s->stream);
    default:
        return GPU_CALL(d, err, copy, c->address, c->from, c->length, s->stream);
    }
}

/*
 * What was begun but has no event behind it may still be at the caller's memory: wait for it. It
 * fails with what went wrong before.
 */
static void fail_begun(struct gpu_driver *d, struct vm_gpu_request *r, struct gpu_stream *s,
                       struct vm_error *err)
{
    d->call.stream_wait(s->stream);
    gpu_driver_call_failed(d, r, err);
}

static void do_copy(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct gpu_stream *s = stream_of(d, r);
    struct vm_error err = VM_ERROR_INIT;

    if (!s)
        return;
    if (begin_copy(d, r, s, &err) || gpu_stream_add(d, s, r, NULL, NULL, &err))
        fail_begun(d, r, s, &err);
}

static void do_sync(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct gpu_stream *s = stream_of(d, r);
    struct vm_error err = VM_ERROR_INIT;

    if (!s)
        return;
    if (!s->first)
        gpu_driver_done(d, r, VM_GPU_OK);
    else if (gpu_stream_add(d, s, r, NULL, NULL, &err))
        fail_begun(d, r, s, &err);
}

static void do_stream_new(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct vm_error err = VM_ERROR_INIT;
    struct gpu_stream *s = gpu_stream_new(d, r->gpu, ++d->last_number, &err);

    if (!s) {
        gpu_driver_call_failed(d, r, &err);
        return;
    }
    r->stream = s->number;
    gpu_driver_done(d, r, VM_GPU_OK);
}

static void do_stream_free(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct gpu_stream *s = stream_of(d, r);
    struct vm_error err = VM_ERROR_INIT;

    if (!s)
        return;
    if (s->number == 0) {
        refuse(d, r, VM_GPU_INVALID, "stream 0 is always there");
        return;
    }
    if (gpu_stream_add(d, s, r, NULL, NULL, &err))
        fail_begun(d, r, s, &err);
    else
        s->dying = 1;
}

/* ---- Launches -------------------------------------------------------------------------------- */

static int check_launch(const struct vm_gpu_info *info, const struct gpu_kernel *k,
                        const struct vm_gpu_launch *l, struct vm_error *err)
{
    static const char axes[] = "xyz";
    uint64_t threads = 1;
    uint64_t shared =
        l->shared + (uint64_t)(k->static_shared == VM_GPU_UNKNOWN ? 0 : k->static_shared);

    for (int i = 0; i < 3; i++) {
        if (l->grid[i] == 0 || l->grid[i] > info->max_grid[i])
            return vm_error_set(err, "the grid's %c is %u, not 1 to %u", axes[i], l->grid[i],
                                info->max_grid[i]);
        if (l->block[i] == 0 || l->block[i] > info->max_block[i])
            return vm_error_set(err, "the block's %c is %u, not 1 to %u", axes[i], l->block[i],
                                info->max_block[i]);
        threads *= l->block[i];
    }
    if (threads > info->max_block_threads || threads > k->max_threads)
        return vm_error_set(err, "a block of %llu threads: this kernel takes %u, this GPU %u",
                            (unsigned long long)threads, k->max_threads, info->max_block_threads);
    if (shared > info->shared_size)
        return vm_error_set(err,
                            "%llu bytes of shared memory, static and dynamic: a block has %llu",
                            (unsigned long long)shared, (unsigned long long)info->shared_size);
    if (l->arguments_size < k->arguments_size || l->arguments_size > info->argument_size)
        return vm_error_set(err, "%u bytes of arguments: kernel %s takes %u", l->arguments_size,
                            k->name, k->arguments_size);
    return 0;
}

/* CUDA gives more shared memory than all have had only to kernels that say so before. */
static int ask_for_shared(struct gpu_driver *d, const struct gpu_function *f, uint32_t shared,
                          struct vm_error *err)
{
    uint32_t own = f->kernel.static_shared == VM_GPU_UNKNOWN ? 0 : f->kernel.static_shared;

    if (!d->call.function_set || (uint64_t)shared + own <= SHARED_WITHOUT_ASKING)
        return 0;
    return GPU_CALL(d, err, function_set, f->function, GPU_FUNCTION_MAX_DYNAMIC_SHARED,
                    (int)shared);
}

static int begin_launch(struct gpu_driver *d, const struct vm_gpu_launch *l, struct gpu_function *f,
                        struct gpu_stream *s, struct vm_error *err)
{
    size_t size = f->kernel.arguments_size;
    void *extra[] = {(void *)(uintptr_t)GPU_LAUNCH_POINTER, (void *)l->arguments,
                     (void *)(uintptr_t)GPU_LAUNCH_SIZE, &size, (void *)d->kind->launch_end};

    if (ask_for_shared(d, f, l->shared, err))
        return -1;
    return GPU_CALL(d, err, launch, f->function, l->grid[0], l->grid[1], l->grid[2], l->block[0],
                    l->block[1], l->block[2], l->shared, s->stream, NULL, size > 0 ? extra : NULL);
}

static void do_launch(struct gpu_driver *d, struct vm_gpu_request *r)
{
    struct gpu_function *f = gpu_function_find(d, r->gpu, r->u.launch.function);
    struct gpu_stream *s = stream_of(d, r);
    struct vm_error err = VM_ERROR_INIT;
    void *begin;

    if (!s)
        return;
    if (!f) {
        refuse(d, r, VM_GPU_NOT_FOUND, "this GPU has no such function");
        return;
    }
    if (check_launch(&d->gpus[r->gpu].info, &f->kernel, &r->u.launch, &err)) {
        gpu_driver_failed(d, r, VM_GPU_INVALID, &err);
        return;
    }
    begin = gpu_event_get(d, r->gpu, &err);
    if (!begin) {
        gpu_driver_call_failed(d, r, &err);
        return;
    }
    if (GPU_CALL(d, &err, event_record, begin, s->stream) ||
        begin_launch(d, &r->u.launch, f, s, &err) || gpu_stream_add(d, s, r, begin, f, &err)) {
        gpu_event_put(d, r->gpu, begin);
        fail_begun(d, r, s, &err);
    }
}

/* ---- Life ------------------------------------------------------------------------------------ */

static const struct {
    void (*begin)(struct gpu_driver *d, struct vm_gpu_request *r);
    int without_gpu; /* also where there is a compiler only */
} operations[] = {
    [VM_GPU_OP_ALLOC] = {do_alloc, 0},
    [VM_GPU_OP_FREE] = {do_free, 0},
    [VM_GPU_OP_COPY_IN] = {do_copy, 0},
    [VM_GPU_OP_COPY_OUT] = {do_copy, 0},
    [VM_GPU_OP_COPY] = {do_copy, 0},
    [VM_GPU_OP_COMPILE] = {gpu_module_compile, 1},
    [VM_GPU_OP_LOAD] = {gpu_module_load, 1},
    [VM_GPU_OP_UNLOAD] = {gpu_module_unload, 1},
    [VM_GPU_OP_FUNCTION] = {gpu_module_function, 1},
    [VM_GPU_OP_LAUNCH] = {do_launch, 0},
    [VM_GPU_OP_SYNC] = {do_sync, 0},
    [VM_GPU_OP_STREAM_NEW] = {do_stream_new, 0},
    [VM_GPU_OP_STREAM_FREE] = {do_stream_free, 0},
};

void gpu_driver_submit(void *be, struct vm_gpu_request *r)
{
    struct gpu_driver *d = be;
    struct vm_error err = VM_ERROR_INIT;

    d->active_ns = now_ns();
    r->gpu_ns = 0;
    text_put(r, "", 0);
    if (r->gpu >= d->n_gpus)
        refuse(d, r, VM_GPU_INVALID, "there is no such GPU");
    else if (r->op >= sizeof(operations) / sizeof(operations[0]) || !operations[r->op].begin)
        refuse(d, r, VM_GPU_UNSUPPORTED, "this backend does not know the operation");
    else if (d->compile_only && !operations[r->op].without_gpu)
        refuse(d, r, VM_GPU_UNSUPPORTED, "there is a compiler only, no GPU: compile-for is given");
    else if (d->gpus[r->gpu].lost) {
        vm_error_set(&err, "the GPU is lost: %s", d->gpus[r->gpu].why_lost);
        gpu_driver_failed(d, r, VM_GPU_LOST, &err);
    } else if (!d->compile_only && gpu_driver_use(d, r->gpu, &err))
        gpu_driver_call_failed(d, r, &err);
    else
        operations[r->op].begin(d, r);
}

/* One look at everything; waits for a compiler at most so long. */
static void look(struct gpu_driver *d, uint64_t wait_ns)
{
    struct gpu_compile_job *job;

    gpu_streams_look(d);
    job = gpu_compiler_ended(d->compiler, d->under_way > 0 ? 0 : wait_ns);
    if (job) {
        gpu_module_compiled(d, job);
        gpu_compile_job_free(job);
    }
}

void gpu_driver_poll(void *be, uint64_t wait_ns)
{
    struct gpu_driver *d = be;
    uint32_t before = d->completed;
    uint64_t now = now_ns(), until = now + wait_ns;

    for (;;) {
        look(d, until > now ? until - now : 0);
        now = now_ns();
        if (d->completed != before || now >= until ||
            (d->under_way == 0 && !gpu_compiler_busy(d->compiler)))
            return;
        if (d->under_way > 0 && now - d->active_ns > SPIN_NS)
            nanosleep(&(struct timespec){.tv_nsec = SLEEP_NS}, NULL);
    }
}

/* It is no error if it cannot be pinned: copies take the longer way then. */
void gpu_driver_host_memory(void *be, void *base, uint64_t length, int there)
{
    struct gpu_driver *d = be;
    struct gpu_pinned **at = &d->pinned, *p;

    if (d->n_gpus == 0 || d->compile_only || gpu_driver_use(d, 0, NULL))
        return;
    if (there) {
        p = malloc(sizeof(*p));
        if (!p || d->call.host_register(base, length, GPU_REGISTER_PORTABLE)) {
            free(p);
            return;
        }
        *p = (struct gpu_pinned){base, length, d->pinned};
        d->pinned = p;
        return;
    }
    while (*at && ((*at)->base != base || (*at)->length != length))
        at = &(*at)->next;
    p = *at;
    if (p) {
        *at = p->next;
        d->call.host_unregister(base);
        free(p);
    }
}

uint32_t gpu_driver_n_gpus(void *be, struct vm_error *why)
{
    struct gpu_driver *d = be;

    if (d->n_gpus == 0)
        vm_error_set(why, "%s", d->why.text);
    return d->n_gpus;
}

void gpu_driver_info(void *be, uint32_t gpu, struct vm_gpu_info *info)
{
    struct gpu_driver *d = be;
    const struct gpu_device *g = &d->gpus[gpu];
    size_t unused = 0, total = 0;
    uint32_t size = info->size < sizeof(*info) && info->size ? info->size : sizeof(*info);

    memcpy(info, &g->info, size);
    info->size = size;
    info->memory_free = g->info.memory_total;
    if (d->compile_only)
        return;
    /* The calling thread is anybody's: the context is its own only for as long as this takes. */
    if ((d->call.context_set ? d->call.context_set(g->context) : d->call.device_set(g->device)) ==
            GPU_SUCCESS &&
        d->call.memory_info(&unused, &total) == GPU_SUCCESS)
        info->memory_free = unused;
    if (d->call.context_set)
        d->call.context_set(NULL);
}

void gpu_driver_destroy(void *be)
{
    struct gpu_driver *d = be;

    gpu_compiler_free(d->compiler);
    while (d->pinned)
        gpu_driver_host_memory(d, d->pinned->base, d->pinned->length, 0);
    gpu_modules_free(d);
    free_memory(d);
    gpu_driver_close(d);
    free(d);
}

/* Of the kind's; the rest (gfx90a:xnack+) is the compiler's to know. */
static int is_architecture(const struct gpu_driver_kind *kind, const char *name)
{
    static const char digits[] = "0123456789";
    size_t n = strcspn(kind->architecture_like, digits);

    return strncmp(name, kind->architecture_like, n) == 0 && strspn(name + n, digits) > 0 &&
           name[n + strspn(name + n, "0123456789abcdefghijklmnopqrstuvwxyz:+-")] == 0;
}

void *gpu_driver_create(const struct gpu_driver_kind *kind, const struct vm_gpu_host *host,
                        struct vm_gpu_ctx *ctx, const struct vm_props *props, struct vm_error *err)
{
    const struct vm_host *base = host->base;
    const char *architecture = base->prop_string(props, "compile-for");
    struct gpu_compile_limits limits = {base->prop_uint(props, "compile-time"),
                                        base->prop_uint(props, "compile-memory"),
                                        (int)base->prop_uint(props, "compile-unfenced"),
                                        /* Without a GPU nobody could say what is in PTX. */
                                        !architecture && kind->binaries & VM_GPU_BINARY_PTX};
    struct gpu_driver *d = calloc(1, sizeof(*d));

    if (!d) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (architecture && !is_architecture(kind, architecture)) {
        vm_error_set(err, "compile-for: an architecture as in %s, not \"%.100s\"",
                     kind->architecture_like, architecture);
        free(d);
        return NULL;
    }
    d->kind = kind;
    d->host = host;
    d->ctx = ctx;
    d->why.size = sizeof(d->why);
    d->compiler =
        gpu_compiler_new(kind->helper, base->prop_string(props, "compiler-library"), &limits, err);
    if (!d->compiler) {
        free(d);
        return NULL;
    }
    if (architecture ? gpu_driver_compile_only(d, architecture, &d->why)
                     : gpu_driver_open(d, base->prop_string(props, "library"),
                                       base->prop_string(props, "devices"), &d->why))
        gpu_driver_close(d);
    return d;
}
