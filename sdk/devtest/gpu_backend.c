/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu_backend.c - a host for one GPU backend under test. */
#include <vmrun/backendtest.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common.h"
#include "core/plugin/gpu_rules.h"

#define PATIENCE_NS INT64_C(120000000000)
#define TURN_NS     1000000 /* one wait for an end */

struct vm_gputest {
    struct vm_test_plugin test;
    struct vm_gpu_ops ops;
    void *backend;
    uint32_t n_gpus;
    pthread_mutex_t lock;
    pthread_cond_t completed;
    uint32_t under_way;
};

/* What is in vm_gpu_request.host[0]. */
static char submitted, done;

static struct vm_gputest *of(struct vm_gpu_ctx *ctx)
{
    return (struct vm_gputest *)ctx;
}

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* ---- What the backend calls ------------------------------------------------------------------ */

static void complete(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r, uint32_t error)
{
    struct vm_gputest *h = of(ctx);

    pthread_mutex_lock(&h->lock);
    if (r->host[0] != &submitted)
        vm_test_broken("completion of a request that is not under way");
    if (error > VM_GPU_LOST)
        vm_test_broken("completion with an error that gpu.h does not have");
    if (error == VM_GPU_OK && gpu_result_unsound(r))
        vm_test_broken(gpu_result_unsound(r));
    if (r->text && r->text_size && !memchr(r->text, 0, r->text_size))
        vm_test_broken("a request's text is not ended by zero");
    r->error = error;
    r->host[0] = &done;
    h->under_way--;
    pthread_cond_broadcast(&h->completed);
    pthread_mutex_unlock(&h->lock);
}

static const struct vm_gpu_host gpu_host = {
    .size = sizeof(struct vm_gpu_host),
    .base = &vm_test_base,
    .complete = complete,
};

/* ---- Life ------------------------------------------------------------------------------------ */

struct vm_gputest *vm_gputest_new(const struct vm_plugin *plugin)
{
    struct vm_gputest *h = vm_test_alloc(sizeof(*h));
    pthread_condattr_t monotonic;

    vm_test_open(&h->test, plugin, VM_KIND_GPU, VM_GPU_INTERFACE, &h->ops, sizeof(h->ops),
                 offsetof(struct vm_gpu_ops, poll));
    if (!h->ops.create || !h->ops.destroy || !h->ops.n_gpus || !h->ops.info || !h->ops.submit)
        vm_test_broken("create, destroy, n_gpus, info or submit is missing");
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&h->completed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return h;
}

void vm_gputest_set(struct vm_gputest *h, const char *property, const char *value)
{
    vm_test_set(&h->test, property, value);
}

int vm_gputest_create(struct vm_gputest *h, struct vm_error *err)
{
    struct vm_error own = VM_ERROR_INIT, *e = err ? err : &own;

    if (vm_test_ready(&h->test, e))
        return -1;
    h->backend = h->ops.create(&gpu_host, (struct vm_gpu_ctx *)h, h->test.props, e);
    if (!h->backend && !e->set)
        vm_test_broken("create() failed and did not say why");
    if (h->backend)
        h->n_gpus = vm_gputest_count(h, NULL);
    return h->backend ? 0 : -1;
}

void vm_gputest_destroy(struct vm_gputest *h)
{
    pthread_mutex_lock(&h->lock);
    if (h->under_way)
        vm_test_broken("destroy() with a request under way: the test must wait");
    pthread_mutex_unlock(&h->lock);
    if (h->backend)
        h->ops.destroy(h->backend);
    h->backend = NULL;
}

void vm_gputest_free(struct vm_gputest *h)
{
    vm_gputest_destroy(h);
    vm_test_close(&h->test);
    pthread_cond_destroy(&h->completed);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

const struct vm_gpu_ops *vm_gputest_ops(const struct vm_gputest *h)
{
    return &h->ops;
}

void *vm_gputest_backend(const struct vm_gputest *h)
{
    return h->backend;
}

uint32_t vm_gputest_count(struct vm_gputest *h, struct vm_error *why)
{
    struct vm_error own = VM_ERROR_INIT, *e = why ? why : &own;
    uint32_t n = h->ops.n_gpus(h->backend, e);

    if (!n && (!e->set || !e->text[0]))
        vm_test_broken("n_gpus() is 0 and it does not say why");
    return n;
}

struct vm_gpu_info vm_gputest_info(struct vm_gputest *h, uint32_t gpu)
{
    struct vm_gpu_info info = {.size = sizeof(info)};

    if (gpu >= h->n_gpus)
        vm_test_broken("a test asks for a GPU that is not there");
    h->ops.info(h->backend, gpu, &info);
    return info;
}

/* ---- Requests -------------------------------------------------------------------------------- */

void vm_gputest_submit(struct vm_gputest *h, struct vm_gpu_request *r)
{
    uint32_t error;
    const char *wrong;

    r->size = sizeof(*r);
    gpu_request_clear(r);
    wrong = gpu_request_wrong(r, h->n_gpus, &error);
    if (wrong) {
        gpu_request_text(r, wrong);
        r->error = error;
        r->host[0] = &done;
        return;
    }
    pthread_mutex_lock(&h->lock);
    r->host[0] = &submitted;
    h->under_way++;
    pthread_mutex_unlock(&h->lock);
    h->ops.submit(h->backend, r);
}

static bool is_done(struct vm_gputest *h, const struct vm_gpu_request *r)
{
    pthread_mutex_lock(&h->lock);
    bool is = r->host[0] == &done;
    if (!is && r->host[0] != &submitted)
        vm_test_broken("a test waits for a request that it has not submitted");
    pthread_mutex_unlock(&h->lock);
    return is;
}

bool vm_gputest_done(struct vm_gputest *h, struct vm_gpu_request *r)
{
    if (is_done(h, r))
        return true;
    if (h->ops.poll)
        h->ops.poll(h->backend, 0);
    return is_done(h, r);
}

/* A moment, or less if something is completed. */
static void pause_for(struct vm_gputest *h, const struct vm_gpu_request *r, int64_t ns)
{
    int64_t end = now() + ns;
    const struct timespec until = {.tv_sec = end / 1000000000, .tv_nsec = end % 1000000000};

    pthread_mutex_lock(&h->lock);
    if (r->host[0] == &submitted)
        pthread_cond_timedwait(&h->completed, &h->lock, &until);
    pthread_mutex_unlock(&h->lock);
}

uint32_t vm_gputest_wait(struct vm_gputest *h, struct vm_gpu_request *r)
{
    int64_t end = now() + PATIENCE_NS;

    while (!vm_gputest_done(h, r)) {
        if (now() > end)
            vm_test_broken("a request is never completed");
        if (h->ops.poll)
            h->ops.poll(h->backend, TURN_NS);
        pause_for(h, r, h->ops.poll ? TURN_NS / 20 : TURN_NS);
    }
    return r->error;
}

uint32_t vm_gputest_do(struct vm_gputest *h, struct vm_gpu_request *r)
{
    vm_gputest_submit(h, r);
    return vm_gputest_wait(h, r);
}

void vm_gputest_host_memory(struct vm_gputest *h, void *base, uint64_t length, int there)
{
    if (h->ops.host_memory)
        h->ops.host_memory(h->backend, base, length, there);
}

/* ---- Single ones ----------------------------------------------------------------------------- */

uint32_t vm_gputest_alloc(struct vm_gputest *h, uint64_t length, uint64_t *address)
{
    struct vm_gpu_request r = {.op = VM_GPU_OP_ALLOC, .u.memory.length = length};
    uint32_t error = vm_gputest_do(h, &r);

    *address = error ? 0 : r.u.memory.address;
    return error;
}

uint32_t vm_gputest_release(struct vm_gputest *h, uint64_t address)
{
    struct vm_gpu_request r = {.op = VM_GPU_OP_FREE, .u.memory.address = address};

    return vm_gputest_do(h, &r);
}

static uint32_t copy(struct vm_gputest *h, uint32_t op, uint64_t address, void *host, uint64_t n)
{
    struct vm_gpu_request r = {.op = op, .u.copy = {.address = address, .length = n, .host = host}};

    return vm_gputest_do(h, &r);
}

uint32_t vm_gputest_write(struct vm_gputest *h, uint64_t address, const void *from, uint64_t n)
{
    return copy(h, VM_GPU_OP_COPY_IN, address, (void *)(uintptr_t)from, n);
}

uint32_t vm_gputest_read(struct vm_gputest *h, uint64_t address, void *to, uint64_t n)
{
    return copy(h, VM_GPU_OP_COPY_OUT, address, to, n);
}

uint32_t vm_gputest_compile(struct vm_gputest *h, uint32_t format, const char *source, char *log,
                            uint32_t log_size, uint64_t *module)
{
    struct vm_gpu_request r = {
        .op = VM_GPU_OP_COMPILE,
        .text = log,
        .text_size = log_size,
        .u.code = {.format = format, .bytes = source, .length = strlen(source)},
    };
    uint32_t error = vm_gputest_do(h, &r);

    *module = error ? 0 : r.u.code.module;
    return error;
}

uint32_t vm_gputest_function(struct vm_gputest *h, uint64_t module, const char *name,
                             uint64_t *function)
{
    struct vm_gpu_parameter parameters[VM_GPU_MAX_PARAMETERS];
    struct vm_gpu_request r = {
        .op = VM_GPU_OP_FUNCTION,
        .u.function = {.module = module, .name = name, .parameters = parameters},
    };
    uint32_t error = vm_gputest_do(h, &r);

    *function = error ? 0 : r.u.function.function;
    return error;
}

uint32_t vm_gputest_launch(struct vm_gputest *h, uint64_t function, uint32_t blocks,
                           uint32_t threads, const void *arguments, uint32_t size)
{
    struct vm_gpu_request r = {
        .op = VM_GPU_OP_LAUNCH,
        .u.launch = {.function = function,
                     .grid = {blocks, 1, 1},
                     .block = {threads, 1, 1},
                     .arguments_size = size,
                     .arguments = arguments},
    };

    return vm_gputest_do(h, &r);
}
