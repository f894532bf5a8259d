/* SPDX-License-Identifier: BSD-2-Clause */
/* driver-host.c - see driver-host.h. */
#include "driver-host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { WAIT_S = 60 };

/* ---- The host -------------------------------------------------------------------------------- */

const struct vm_plugin *plugin;
const struct vm_gpu_ops *ops;
struct vm_props props;
void *be;
unsigned n_tests;
int all_ok = 1;
static uint32_t completed; /* how many requests so far */

void tell(int ok, const char *what)
{
    printf("%sok %u - %s\n", ok ? "" : "not ", ++n_tests, what);
    fflush(stdout);
    all_ok &= ok;
}

void give_up(const char *what)
{
    printf("Bail out! %s\n", what);
    fflush(stdout);
    exit(1);
}

static uint32_t property(const char *name)
{
    for (uint32_t i = 0; i < plugin->n_properties && i < MAX_PROPERTIES; i++)
        if (strcmp(plugin->properties[i].name, name) == 0)
            return i;
    give_up(name);
    return 0;
}

static uint64_t prop_uint(const struct vm_props *p, const char *name)
{
    return p->numbers[property(name)];
}

const char *prop_string(const struct vm_props *p, const char *name)
{
    return p->values[property(name)];
}

static int prop_given(const struct vm_props *p, const char *name)
{
    return p->values[property(name)] != NULL;
}

static void host_log(const void *who, int level, const char *fmt, ...)
{
    (void)who;
    (void)level;
    (void)fmt;
}

static void complete(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r, uint32_t error)
{
    struct mark *mark = r->opaque;

    (void)ctx;
    if (mark->done)
        give_up("a request is completed twice");
    r->error = error;
    mark->done = 1;
    mark->turn = ++completed;
}

static const struct vm_host base = {.size = sizeof(base),
                                    .abi_minor = VM_ABI_MINOR,
                                    .log = host_log,
                                    .prop_given = prop_given,
                                    .prop_uint = prop_uint,
                                    .prop_string = prop_string};
static const struct vm_gpu_host host = {.size = sizeof(host), .base = &base, .complete = complete};

void set(const char *name, const char *value)
{
    uint32_t i = property(name);
    char *end;

    free(props.values[i]);
    props.values[i] = value ? strdup(value) : NULL;
    props.numbers[i] = value ? strtoull(value, &end, 0) : 0;
    if (value && (plugin->properties[i].type == VM_PROP_DURATION))
        props.numbers[i] *= 1000000000u;
    if (value && plugin->properties[i].type == VM_PROP_BOOL)
        props.numbers[i] = strcmp(value, "yes") == 0;
    if (value && plugin->properties[i].type == VM_PROP_SIZE && *end == 'G')
        props.numbers[i] <<= 30;
}

int try_backend(struct vm_error *err)
{
    be = ops->create(&host, NULL, &props, err);
    return be ? 0 : -1;
}

void open_backend(void)
{
    struct vm_error err = VM_ERROR_INIT;

    if (try_backend(&err))
        give_up(err.text);
}

void close_backend(void)
{
    ops->destroy(be);
    be = NULL;
}

/* ---- Requests -------------------------------------------------------------------------------- */

struct mark marks[64];
char text[TEXT];

/* A new request; slot: which mark is its own. */
struct vm_gpu_request request(uint32_t op, unsigned slot)
{
    struct vm_gpu_request r = {.size = sizeof(r), .op = op, .text = text, .text_size = TEXT};

    marks[slot] = (struct mark){0, 0};
    r.opaque = &marks[slot];
    return r;
}

int is_done(const struct vm_gpu_request *r)
{
    return ((struct mark *)r->opaque)->done;
}

void wait_for(struct vm_gpu_request *r)
{
    time_t until = time(NULL) + WAIT_S;

    while (!is_done(r)) {
        if (time(NULL) > until)
            give_up("a request does not end");
        ops->poll(be, 1000000);
    }
}

uint32_t run(struct vm_gpu_request *r)
{
    ops->submit(be, r);
    wait_for(r);
    return r->error;
}

uint64_t alloc(uint32_t gpu, uint64_t length)
{
    struct vm_gpu_request r = request(VM_GPU_OP_ALLOC, 63);

    r.gpu = gpu;
    r.u.memory.length = length;
    return run(&r) == VM_GPU_OK ? r.u.memory.address : 0;
}

uint32_t release(uint32_t gpu, uint64_t address)
{
    struct vm_gpu_request r = request(VM_GPU_OP_FREE, 63);

    r.gpu = gpu;
    r.u.memory.address = address;
    return run(&r);
}

struct vm_gpu_request copy(uint32_t op, unsigned slot, uint64_t address, void *memory, uint64_t n)
{
    struct vm_gpu_request r = request(op, slot);

    r.u.copy.address = address;
    r.u.copy.host = memory;
    r.u.copy.length = n;
    return r;
}

uint32_t copy_now(uint32_t op, uint64_t address, void *memory, uint64_t n)
{
    struct vm_gpu_request r = copy(op, 63, address, memory, n);

    return run(&r);
}

struct vm_gpu_request code(uint32_t op, uint32_t format, const void *bytes, uint64_t n)
{
    struct vm_gpu_request r = request(op, 62);

    r.u.code.format = format;
    r.u.code.bytes = bytes;
    r.u.code.length = n;
    return r;
}

struct vm_gpu_parameter parameters[VM_GPU_MAX_PARAMETERS];

struct vm_gpu_request function(uint64_t module, const char *name)
{
    struct vm_gpu_request r = request(VM_GPU_OP_FUNCTION, 61);

    r.u.function.module = module;
    r.u.function.name = name;
    r.u.function.parameters = parameters;
    run(&r);
    return r;
}

struct vm_gpu_request launch(uint64_t fn, uint32_t grid, uint32_t block, const void *arguments,
                             uint32_t n)
{
    struct vm_gpu_request r = request(VM_GPU_OP_LAUNCH, 60);

    r.u.launch = (struct vm_gpu_launch){.function = fn,
                                        .grid = {grid, 1, 1},
                                        .block = {block, 1, 1},
                                        .arguments = arguments,
                                        .arguments_size = n};
    return r;
}

int is_vector_add(const struct vm_gpu_function *f)
{
    for (uint32_t i = 0; i < f->n_parameters && i < 4; i++)
        if (parameters[i].offset != i * 8 || parameters[i].size != (i < 3 ? 8u : 4u))
            return 0;
    return f->function != 0 && f->n_parameters == 4;
}

int is_cuda(void)
{
    return strcmp(plugin->name, "gpu-cuda") == 0;
}

/* ---- Vector add ------------------------------------------------------------------------------ */

enum { N = 1000 };

/* The whole way of a guest's program; `fn` is the kernel. How many of N are wrong. */
int add_vectors(uint32_t gpu, uint64_t fn, uint64_t *gpu_ns)
{
    static float a[N], b[N], c[N];
    uint64_t address[3] = {alloc(gpu, sizeof(a)), alloc(gpu, sizeof(b)), alloc(gpu, sizeof(c))};
    struct arguments args = {address[0], address[1], address[2], N};
    struct vm_gpu_request r[4];
    int wrong = 0;

    for (int i = 0; i < N; i++) {
        a[i] = (float)i;
        b[i] = (float)(i % 7) * 0.5f;
        c[i] = -1;
    }
    r[0] = copy(VM_GPU_OP_COPY_IN, 0, address[0], a, sizeof(a));
    r[1] = copy(VM_GPU_OP_COPY_IN, 1, address[1], b, sizeof(b));
    r[2] = launch(fn, (N + 127) / 128, 128, &args, sizeof(args));
    r[3] = copy(VM_GPU_OP_COPY_OUT, 3, address[2], c, sizeof(c));
    for (int i = 0; i < 4; i++) {
        r[i].gpu = gpu;
        ops->submit(be, &r[i]); /* all at once: the stream keeps the order */
    }
    for (int i = 0; i < 4; i++) {
        wait_for(&r[i]);
        if (r[i].error != VM_GPU_OK) {
            printf("# request %d: error %u: %s\n", i, r[i].error, text);
            wrong++;
        }
        if (i > 0 && ((struct mark *)r[i - 1].opaque)->turn > ((struct mark *)r[i].opaque)->turn)
            wrong++;
    }
    for (int i = 0; i < N; i++)
        wrong += c[i] != a[i] + b[i];
    for (int i = 0; i < 3; i++)
        wrong += release(gpu, address[i]) != VM_GPU_OK;
    *gpu_ns = r[2].gpu_ns;
    return wrong;
}

/* ---- Compilers ------------------------------------------------------------------------------- */

struct vm_gpu_request compile(const char *bytes, const char *options)
{
    struct vm_gpu_request r =
        code(VM_GPU_OP_COMPILE, is_cuda() ? VM_GPU_SOURCE_CUDA : VM_GPU_SOURCE_HIP, bytes,
             strlen(bytes));

    r.u.code.options = options;
    run(&r);
    return r;
}

int has_landlock(void)
{
    return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) > 0;
}

/* Without it there is no compiling, but where one says so. */
void test_unfenced(void)
{
    struct vm_gpu_request r;

    if (has_landlock())
        return;
    open_backend();
    r = compile("good", NULL);
    tell(r.error == VM_GPU_COMPILE &&
             (strstr(text, "compile-unfenced") || strstr(text, "no compiler")),
         "no fence, no compiling");
    close_backend();
    set("compile-unfenced", "yes");
}
