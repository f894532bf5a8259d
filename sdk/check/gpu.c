/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu.c - vm-plugin-check: GPU backends. One that has no GPU here is checked as far as that goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/backendtest.h>

#include "check.h"

static struct vm_gputest *make(const struct setting *settings, uint32_t n, struct vm_error *err)
{
    struct vm_gputest *h = vm_gputest_new(check.plugin);

    for (uint32_t i = 0; i < n; i++)
        vm_gputest_set(h, settings[i].name, settings[i].value);
    if (vm_gputest_create(h, err) == 0)
        return h;
    vm_gputest_free(h);
    return NULL;
}

static const char *attempt(const struct setting *settings, uint32_t n)
{
    static struct vm_error err;
    struct vm_gputest *h;

    err = (struct vm_error)VM_ERROR_INIT;
    h = make(settings, n, &err);
    if (h)
        vm_gputest_free(h);
    return h ? NULL : err.text;
}

static struct vm_gputest *usual(void)
{
    struct setting settings[MAX_SETTINGS];
    struct vm_error err = VM_ERROR_INIT;
    struct vm_gputest *h = make(settings, baseline(settings), &err);

    if (!h)
        refused(&err);
    return h;
}

/* One that has a GPU; else the case is skipped, with the backend's reason. */
static struct vm_gputest *with_gpu(void)
{
    struct vm_gputest *h = usual();
    struct vm_error why = VM_ERROR_INIT;

    if (vm_gputest_count(h, &why) == 0)
        vm_test_skip("it has no GPU here: %s", why.text);
    return h;
}

static void once(void *opaque)
{
    struct vm_gputest *h = usual();
    uint64_t address;

    (void)opaque;
    if (vm_gputest_count(h, NULL))
        vm_gputest_alloc(h, 4096, &address); /* which destroy() frees */
    vm_gputest_free(h);
}

static void life(void *opaque)
{
    (void)opaque;
    check_growth("create() and destroy()", once, NULL);
}

static void limits(void *opaque)
{
    (void)opaque;
    check_limits(attempt);
}

/* ---- What it says about itself --------------------------------------------------------------- */

static void is_text(const char *text, size_t room, const char *what)
{
    vm_test_note("%s", what);
    if (!memchr(text, 0, room))
        vm_test_broken("a text of info() is not ended by zero");
    if (!text[0])
        vm_test_broken("a text of info() is empty");
}

static void one_gpu(const struct vm_gpu_info *info)
{
    is_text(info->name, sizeof(info->name), "name");
    is_text(info->driver, sizeof(info->driver), "driver");
    is_text(info->architecture, sizeof(info->architecture), "architecture");
    VM_TEST_CHECK(info->sources || info->binaries);
    VM_TEST_CHECK(info->memory_total > 0 && info->memory_free <= info->memory_total);
    VM_TEST_CHECK(info->max_alloc > 0);
    VM_TEST_CHECK(info->max_block_threads > 0 && info->argument_size > 0);
    for (int i = 0; i < 3; i++)
        VM_TEST_CHECK(info->max_block[i] > 0 && info->max_grid[i] > 0);
}

static void about(void *opaque)
{
    struct vm_gputest *h = usual();
    uint32_t n = vm_gputest_count(h, NULL); /* which looks for the reason if there is none */

    (void)opaque;
    VM_TEST_EQUAL(vm_gputest_count(h, NULL), n);
    for (uint32_t i = 0; i < n; i++) {
        struct vm_gpu_info info = vm_gputest_info(h, i);

        vm_test_note("GPU %u", i);
        one_gpu(&info);
    }
    vm_gputest_free(h);
}

/* ---- Memory ---------------------------------------------------------------------------------- */

enum { AREAS = 4, AREA = 1 << 16 };

static void bytes_are_kept(struct vm_gputest *h, struct random *r, const uint64_t areas[AREAS])
{
    static uint8_t wanted[AREAS][AREA], got[AREA];
    uint32_t which = random_below(r, AREAS), other = (which + 1) % AREAS;
    uint32_t at = random_below(r, AREA - 1), n = 1 + random_below(r, AREA - at);
    struct vm_gpu_request copy = {
        .op = VM_GPU_OP_COPY,
        .u.copy = {.address = areas[which] + at, .from = areas[other] + at, .length = n},
    };

    switch (random_below(r, 3)) {
    case 0:
        memset(wanted[which] + at, (int)random_below(r, 256), n);
        VM_TEST_EQUAL(vm_gputest_write(h, areas[which] + at, wanted[which] + at, n), VM_GPU_OK);
        break;
    case 1:
        memcpy(wanted[which] + at, wanted[other] + at, n);
        VM_TEST_EQUAL(vm_gputest_do(h, &copy), VM_GPU_OK);
        break;
    default:
        VM_TEST_EQUAL(vm_gputest_read(h, areas[which] + at, got, n), VM_GPU_OK);
        if (memcmp(got, wanted[which] + at, n) != 0)
            vm_test_broken("memory does not read as it was written");
    }
}

static void memory(void *opaque)
{
    static const uint8_t zeroes[AREA];
    struct random r = random_begin("memory");
    struct vm_gputest *h = with_gpu();
    uint64_t areas[AREAS], address;

    (void)opaque;
    for (uint32_t i = 0; i < AREAS; i++) {
        VM_TEST_EQUAL(vm_gputest_alloc(h, AREA, &areas[i]), VM_GPU_OK);
        VM_TEST_EQUAL(vm_gputest_write(h, areas[i], zeroes, AREA), VM_GPU_OK);
        for (uint32_t j = 0; j < i; j++)
            VM_TEST_CHECK(areas[i] + AREA <= areas[j] || areas[j] + AREA <= areas[i]);
    }
    for (uint32_t i = 0; i < check.steps / 10; i++) {
        vm_test_note("step %u", i);
        bytes_are_kept(h, &r, areas);
    }
    vm_test_note("more memory than there is");
    VM_TEST_CHECK(vm_gputest_alloc(h, UINT64_C(1) << 60, &address) != VM_GPU_OK);
    for (uint32_t i = 0; i < AREAS; i++)
        VM_TEST_EQUAL(vm_gputest_release(h, areas[i]), VM_GPU_OK);
    vm_gputest_free(h);
}

/* ---- Code ------------------------------------------------------------------------------------ */

static const struct {
    uint32_t format;
    const char *source;
} sources[] = {
    {VM_GPU_SOURCE_CUDA, "extern \"C\" __global__ void put(int *to, int value) { to[threadIdx.x + "
                         "blockIdx.x * blockDim.x] = value; }\n"},
    {VM_GPU_SOURCE_HIP, "extern \"C\" __global__ void put(int *to, int "
                        "value) { to[threadIdx.x + blockIdx.x * blockDim.x] = value; }\n"},
    {VM_GPU_SOURCE_OPENCL_C, "__kernel void put(__global int *to, int value) { "
                             "to[get_global_id(0)] = value; }\n"},
};

static void has_parameters(struct vm_gputest *h, uint64_t module, uint64_t *function)
{
    struct vm_gpu_parameter p[VM_GPU_MAX_PARAMETERS];
    struct vm_gpu_request r = {
        .op = VM_GPU_OP_FUNCTION,
        .u.function = {.module = module, .name = "put", .parameters = p},
    };

    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    VM_TEST_EQUAL(r.u.function.n_parameters, 2);
    VM_TEST_CHECK(p[0].offset == 0 && p[0].size == 8 && p[1].offset == 8 && p[1].size == 4);
    *function = r.u.function.function;
}

static void runs(struct vm_gputest *h, uint64_t function)
{
    struct {
        uint64_t to;
        int32_t value;
    } arguments = {0, 77};
    int32_t got[64] = {0};

    VM_TEST_EQUAL(vm_gputest_alloc(h, sizeof(got), &arguments.to), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_launch(h, function, 4, 16, &arguments, 12), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_read(h, arguments.to, got, sizeof(got)), VM_GPU_OK);
    for (uint32_t i = 0; i < 64; i++)
        VM_TEST_EQUAL(got[i], 77);
}

static void one_language(struct vm_gputest *h, uint32_t format, const char *source)
{
    struct vm_gpu_request unload = {.op = VM_GPU_OP_UNLOAD};
    char log[4096] = "";
    uint64_t module, function, other;

    vm_test_note("source of format %u", format);
    VM_TEST_EQUAL(vm_gputest_compile(h, format, "this is no program", log, sizeof(log), &module),
                  VM_GPU_COMPILE);
    VM_TEST_CHECK(log[0]);
    if (vm_gputest_compile(h, format, source, log, sizeof(log), &module))
        vm_test_broken(log);
    has_parameters(h, module, &function);
    VM_TEST_EQUAL(vm_gputest_function(h, module, "take", &other), VM_GPU_NOT_FOUND);
    runs(h, function);
    unload.u.code.module = module;
    VM_TEST_EQUAL(vm_gputest_do(h, &unload), VM_GPU_OK);
}

static void code(void *opaque)
{
    struct vm_gputest *h = with_gpu();
    struct vm_gpu_info info = vm_gputest_info(h, 0);
    uint64_t module;

    (void)opaque;
    for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
        if (info.sources & sources[i].format) {
            one_language(h, sources[i].format, sources[i].source);
        } else {
            vm_test_note("source of format %u", sources[i].format);
            VM_TEST_CHECK(vm_gputest_compile(h, sources[i].format, sources[i].source, NULL, 0,
                                             &module) != VM_GPU_OK);
        }
    }
    vm_gputest_free(h);
}

/* ---- Streams --------------------------------------------------------------------------------- */

static void streams(void *opaque)
{
    enum { COPIES = 50 };
    struct vm_gputest *h = with_gpu();
    struct vm_gpu_request new = {.op = VM_GPU_OP_STREAM_NEW}, sync, gone, r[COPIES];
    uint8_t bytes[COPIES], last = 0;
    uint64_t address;

    (void)opaque;
    VM_TEST_EQUAL(vm_gputest_alloc(h, 1, &address), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_do(h, &new), VM_GPU_OK);
    for (uint32_t i = 0; i < COPIES; i++) {
        bytes[i] = (uint8_t)i;
        r[i] = (struct vm_gpu_request){
            .op = VM_GPU_OP_COPY_IN,
            .stream = new.stream,
            .u.copy = {.address = address, .host = &bytes[i], .length = 1},
        };
        vm_gputest_submit(h, &r[i]);
    }
    sync = (struct vm_gpu_request){.op = VM_GPU_OP_SYNC, .stream = new.stream};
    VM_TEST_EQUAL(vm_gputest_do(h, &sync), VM_GPU_OK);
    for (uint32_t i = 0; i < COPIES; i++)
        if (!vm_gputest_done(h, &r[i]) || r[i].error)
            vm_test_broken("SYNC is done before what was submitted before it");
    VM_TEST_EQUAL(vm_gputest_read(h, address, &last, 1), VM_GPU_OK);
    VM_TEST_EQUAL(last, COPIES - 1);
    gone = (struct vm_gpu_request){.op = VM_GPU_OP_STREAM_FREE, .stream = new.stream};
    VM_TEST_EQUAL(vm_gputest_do(h, &gone), VM_GPU_OK);
    vm_gputest_free(h);
}

const struct vm_test_case gpu_cases[] = {
    {"made and destroyed many times, it leaves nothing behind", life, NULL, 0},
    {"properties at their limits are taken, or refused by name", limits, NULL, 0},
    {"what it says about itself makes sense", about, NULL, 0},
    {"memory reads as it was written", memory, NULL, 0},
    {"sources are compiled, or refused with a log", code, NULL, 0},
    {"a stream keeps its order", streams, NULL, 0},
    {0},
};
