/* SPDX-License-Identifier: BSD-2-Clause */
/* test.c - tests of gpu-cpu; the test is the device. The plugin's file is the argument. */
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static struct vm_gputest *new_gpu(void)
{
    struct vm_error err = VM_ERROR_INIT;
    struct vm_gputest *h = vm_gputest_new(plugin);

    if (vm_gputest_create(h, &err))
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    VM_TEST_EQUAL(vm_gputest_count(h, NULL), 1);
    return h;
}

/* A module with these kernels; the error. */
static uint32_t load(struct vm_gputest *h, const char *names, uint64_t *module)
{
    struct vm_gpu_request r = {
        .op = VM_GPU_OP_LOAD,
        .u.code = {.format = VM_GPU_BINARY_OWN, .bytes = names, .length = strlen(names)},
    };
    uint32_t error = vm_gputest_do(h, &r);

    *module = r.u.code.module;
    return error;
}

struct arguments {
    uint64_t a, b, c;
    uint32_t n;
};

static void adds_and_multiplies(void *opaque)
{
    static const float x[4] = {1, 2, 3, 4}, y[4] = {5, 6, 7, 8};
    struct vm_gputest *h = new_gpu();
    struct arguments args = {.n = 4};
    uint64_t module, add, multiply;
    float z[4];

    (void)opaque;
    VM_TEST_EQUAL(load(h, "vector_add matrix_multiply\n", &module), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_function(h, module, "vector_add", &add), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_function(h, module, "matrix_multiply", &multiply), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_alloc(h, sizeof(x), &args.a), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_alloc(h, sizeof(y), &args.b), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_alloc(h, sizeof(z), &args.c), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_write(h, args.a, x, sizeof(x)), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_write(h, args.b, y, sizeof(y)), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_launch(h, add, 1, 4, &args, 28), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_read(h, args.c, z, sizeof(z)), VM_GPU_OK);
    VM_TEST_CHECK(z[0] == 6 && z[1] == 8 && z[2] == 10 && z[3] == 12);
    args.n = 2;
    VM_TEST_EQUAL(vm_gputest_launch(h, multiply, 1, 4, &args, 28), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_read(h, args.c, z, sizeof(z)), VM_GPU_OK);
    VM_TEST_CHECK(z[0] == 19 && z[1] == 22 && z[2] == 43 && z[3] == 50);
    vm_gputest_free(h); /* frees what the test did not */
}

static void refuses(void *opaque)
{
    struct vm_gputest *h = new_gpu();
    struct arguments args = {.a = 4096, .n = 1};
    uint64_t module, other, function, address;

    (void)opaque;
    VM_TEST_EQUAL(load(h, "vector_add", &module), VM_GPU_OK);
    VM_TEST_EQUAL(load(h, "vector_add divide", &other), VM_GPU_COMPILE);
    VM_TEST_EQUAL(vm_gputest_compile(h, VM_GPU_SOURCE_CUDA, "", NULL, 0, &other),
                  VM_GPU_UNSUPPORTED);
    VM_TEST_EQUAL(vm_gputest_function(h, module, "fill", &function), VM_GPU_NOT_FOUND);
    VM_TEST_EQUAL(vm_gputest_function(h, module, "vector_add", &function), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_launch(h, function, 1, 1, &args, 27), VM_GPU_INVALID);
    VM_TEST_EQUAL(vm_gputest_launch(h, function, 1, 1, &args, 28), VM_GPU_FAILED);
    VM_TEST_EQUAL(vm_gputest_alloc(h, UINT64_C(1) << 60, &address), VM_GPU_NO_MEMORY);
    VM_TEST_EQUAL(vm_gputest_release(h, 4096), VM_GPU_NOT_FOUND);
    vm_gputest_free(h);
}

static void keeps_order(void *opaque)
{
    struct vm_gputest *h = new_gpu();
    struct {
        uint64_t to;
        uint32_t value, n;
    } args[50];
    struct vm_gpu_request r[50], out;
    uint64_t module, function, address;
    unsigned char byte = 0;

    (void)opaque;
    VM_TEST_EQUAL(load(h, "fill", &module), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_function(h, module, "fill", &function), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_alloc(h, 1, &address), VM_GPU_OK);
    for (uint32_t i = 0; i < 50; i++) {
        args[i].to = address;
        args[i].value = i;
        args[i].n = 1;
        r[i] = (struct vm_gpu_request){
            .op = VM_GPU_OP_LAUNCH,
            .u.launch = {.function = function,
                         .grid = {1, 1, 1},
                         .block = {1, 1, 1},
                         .arguments = &args[i],
                         .arguments_size = sizeof(args[i])},
        };
        vm_gputest_submit(h, &r[i]);
    }
    out = (struct vm_gpu_request){
        .op = VM_GPU_OP_COPY_OUT,
        .u.copy = {.address = address, .host = &byte, .length = 1},
    };
    VM_TEST_EQUAL(vm_gputest_do(h, &out), VM_GPU_OK);
    VM_TEST_EQUAL(byte, 49);
    for (uint32_t i = 0; i < 50; i++)
        VM_TEST_CHECK(vm_gputest_done(h, &r[i]) && r[i].error == VM_GPU_OK);
    vm_gputest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "adds vectors and multiplies matrices", .run = adds_and_multiplies},
        {.name = "refuses what it cannot do", .run = refuses},
        {.name = "keeps the order of a stream", .run = keeps_order},
    };
    struct vm_error err = VM_ERROR_INIT;

    plugin = argc > 1 ? vm_test_load(argv[1], &err) : NULL;
    if (!plugin) {
        fprintf(stderr, "usage: test PLUGIN.so; %s\n", err.text);
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}
