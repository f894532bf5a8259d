/* SPDX-License-Identifier: BSD-2-Clause */
/* opencl-host.c - what the tests of gpu-opencl have in common. */
#include "opencl-host.h"

#include <stdio.h>
#include <string.h>

static const struct vm_plugin *plugin;

int host_main(int argc, char **argv, const struct vm_test_case *cases, uint32_t n)
{
    struct vm_error err = VM_ERROR_INIT;

    plugin = argc == 2 ? vm_test_load(argv[1], &err) : NULL;
    if (plugin)
        return vm_test_main(cases, n);
    fprintf(stderr, "%s\n", argc == 2 ? err.text : "the plugin's file is to be the argument");
    return 2;
}

struct vm_gputest *host_create(struct vm_error *err, const char *const *settings)
{
    struct vm_gputest *h = vm_gputest_new(plugin);

    vm_gputest_set(h, "kind", "any"); /* unless they say otherwise */
    for (; settings && *settings; settings++) {
        char name[64];
        size_t n = strcspn(*settings, "=");

        snprintf(name, sizeof(name), "%.*s", (int)n, *settings);
        vm_gputest_set(h, name, *settings + n + 1);
    }
    if (!vm_gputest_create(h, err))
        return h;
    vm_gputest_free(h);
    return NULL;
}

struct vm_gputest *host_open(void)
{
    struct vm_error err = VM_ERROR_INIT, why = VM_ERROR_INIT;
    struct vm_gputest *h = host_create(&err, NULL);

    if (!h)
        vm_test_fail(__FILE__, __LINE__, "%s", err.text);
    if (!vm_gputest_count(h, &why))
        vm_test_skip("%s", why.text);
    return h;
}

/* ---- requests ---- */

struct vm_gpu_request request(uint32_t op)
{
    return (struct vm_gpu_request){.size = sizeof(struct vm_gpu_request), .op = op};
}

uint64_t must_alloc(struct vm_gputest *h, uint64_t length)
{
    uint64_t address;

    VM_TEST_EQUAL(vm_gputest_alloc(h, length, &address), VM_GPU_OK);
    return address;
}

void must_copy_in(struct vm_gputest *h, uint64_t address, const void *bytes, uint64_t length)
{
    VM_TEST_EQUAL(vm_gputest_write(h, address, bytes, length), VM_GPU_OK);
}

void must_copy_out(struct vm_gputest *h, void *bytes, uint64_t address, uint64_t length)
{
    VM_TEST_EQUAL(vm_gputest_read(h, address, bytes, length), VM_GPU_OK);
}

uint64_t must_compile(struct vm_gputest *h, const char *source)
{
    static char log[4096];
    uint64_t module;

    if (vm_gputest_compile(h, VM_GPU_SOURCE_OPENCL_C, source, log, sizeof(log), &module))
        vm_test_fail(__FILE__, __LINE__, "%s", log);
    return module;
}

uint64_t must_find(struct vm_gputest *h, uint64_t module, const char *name)
{
    struct vm_gpu_parameter parameters[VM_GPU_MAX_PARAMETERS];
    struct vm_gpu_function f;
    char text[256];

    if (look_up(h, module, name, &f, parameters, text, sizeof(text)))
        vm_test_fail(__FILE__, __LINE__, "there is no function '%s': %s", name, text);
    return f.function;
}

struct vm_gpu_request launch(uint64_t function, uint32_t grid, uint32_t block,
                             const void *arguments, uint32_t bytes)
{
    struct vm_gpu_request r = request(VM_GPU_OP_LAUNCH);

    r.u.launch = (struct vm_gpu_launch){.function = function,
                                        .grid = {grid, 1, 1},
                                        .block = {block, 1, 1},
                                        .arguments = arguments,
                                        .arguments_size = bytes};
    return r;
}

uint32_t look_up(struct vm_gputest *h, uint64_t module, const char *name, struct vm_gpu_function *f,
                 struct vm_gpu_parameter *parameters, char *text, uint32_t text_size)
{
    struct vm_gpu_request r = request(VM_GPU_OP_FUNCTION);

    r.text = text;
    r.text_size = text_size;
    r.u.function =
        (struct vm_gpu_function){.module = module, .name = name, .parameters = parameters};
    vm_gputest_do(h, &r);
    *f = r.u.function;
    return r.error;
}
