/* SPDX-License-Identifier: BSD-2-Clause */
/* gpu-sample-test.c - gpu-sample, with the test as its device. */
#include <stdio.h>
#include <string.h>
#include <vmrun/backendtest.h>

static const struct vm_plugin *plugin;

static uint64_t load_fill(struct vm_gputest *h)
{
    struct vm_gpu_request r = {
        .op = VM_GPU_OP_LOAD,
        .u.code = {.format = VM_GPU_BINARY_OWN, .bytes = "fill", .length = 4},
    };

    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    return r.u.code.module;
}

static void fills(void *opaque)
{
    struct vm_gputest *h = vm_gputest_new(plugin);
    struct {
        uint64_t to;
        uint32_t value, n;
    } arguments = {0, 'x', 3};
    uint64_t function;
    char got[5] = "";

    (void)opaque;
    VM_TEST_EQUAL(vm_gputest_create(h, NULL), 0);
    VM_TEST_EQUAL(vm_gputest_function(h, load_fill(h), "fill", &function), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_alloc(h, 4, &arguments.to), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_write(h, arguments.to, "abcd", 4), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_launch(h, function, 1, 1, &arguments, sizeof(arguments)), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_read(h, arguments.to, got, 4), VM_GPU_OK);
    VM_TEST_CHECK(strcmp(got, "xxxd") == 0);
    arguments.n = 5;
    VM_TEST_EQUAL(vm_gputest_launch(h, function, 1, 1, &arguments, sizeof(arguments)),
                  VM_GPU_FAILED);
    vm_gputest_free(h);
}

static void has_limits(void *opaque)
{
    struct vm_gputest *h = vm_gputest_new(plugin);
    uint64_t address, other;

    (void)opaque;
    vm_gputest_set(h, "memory", "1M");
    VM_TEST_EQUAL(vm_gputest_create(h, NULL), 0);
    VM_TEST_EQUAL(vm_gputest_alloc(h, 1 << 20, &address), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_alloc(h, 1, &other), VM_GPU_NO_MEMORY);
    VM_TEST_EQUAL(vm_gputest_release(h, address), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_alloc(h, 1, &other), VM_GPU_OK);
    vm_gputest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {"fills memory", fills, NULL, 0},
        {"gives out as much as it has", has_limits, NULL, 0},
    };
    struct vm_error err = VM_ERROR_INIT;

    if (argc != 2 || !(plugin = vm_test_load(argv[1], &err))) {
        fprintf(stderr, "%s\n", argc == 2 ? err.text : "usage: gpu-sample-test PLUGIN");
        return 2;
    }
    return vm_test_main(cases, sizeof(cases) / sizeof(cases[0]));
}
