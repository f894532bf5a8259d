/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opencl-launch-test.c - gpu-opencl's functions, streams and what a guest may do wrong with them.
 * The plugin's file is the argument.
 */
#include "opencl-host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

static const char kernels[] = "__kernel void advance(__global uint *at, uint from)\n"
                              "{\n"
                              "    if (*at == from)\n"
                              "        *at = from + 1;\n"
                              "}\n"
                              "__kernel void twice(__global int *numbers)\n"
                              "{\n"
                              "    numbers[get_global_id(0)] *= 2;\n"
                              "}\n"
                              "__kernel void spin(__global uint *out, uint rounds)\n"
                              "{\n"
                              "    uint x = *out;\n"
                              "    for (uint i = 0; i < rounds; i++)\n"
                              "        x = x * 1664525u + 1013904223u;\n"
                              "    *out = x;\n"
                              "}\n";

/* ---- what functions are ---- */

static const char types[] =
    "typedef uint u32;\n"
    "typedef struct { char c[3]; } bytes;\n"
    "struct mixed { char c; double d; float3 v; };\n"
    "__kernel void takes_all(char a, short2 b, __global const float *c, float3 d, uchar e, u32 f,\n"
    "                  struct mixed g, bytes h, __local int *i, __constant int *j, ulong16 k,\n"
    "                  unsigned char l, double m) {}\n"
    "__kernel void none(void) {}\n"
    "__kernel void image(__global int *a, read_only image2d_t i) {}\n"
    "__kernel void sampler(sampler_t s) {}\n"
    "typedef sampler_t disguised;\n"
    "__kernel void hidden(disguised s) {}\n"
    "void helper(__global int *p) { *p = 1; }\n";

static void metadata(void *opaque)
{
    /* As a C compiler lays out a struct of them. */
    static const struct vm_gpu_parameter wanted[] = {
        {0, 1},  {4, 4},  {8, 8},  {16, 16},   {32, 1},  {36, 4},  {48, 32},
        {80, 3}, {88, 8}, {96, 8}, {128, 128}, {256, 1}, {264, 8},
    };
    struct vm_gpu_parameter p[VM_GPU_MAX_PARAMETERS];
    struct vm_gpu_function f, again;
    struct vm_gputest *h = host_open();
    uint64_t module = must_compile(h, types);
    char text[256];

    (void)opaque;
    VM_TEST_EQUAL(look_up(h, module, "takes_all", &f, p, text, sizeof(text)), VM_GPU_OK);
    VM_TEST_EQUAL(f.n_parameters, COUNT(wanted));
    for (size_t i = 0; i < COUNT(wanted); i++) {
        vm_test_note("parameter %zu", i);
        VM_TEST_EQUAL(p[i].offset, wanted[i].offset);
        VM_TEST_EQUAL(p[i].size, wanted[i].size);
    }
    VM_TEST_CHECK(f.max_threads && f.registers == VM_GPU_UNKNOWN);
    VM_TEST_EQUAL(look_up(h, module, "takes_all", &again, p, text, sizeof(text)), VM_GPU_OK);
    VM_TEST_EQUAL(again.function, f.function);
    VM_TEST_EQUAL(look_up(h, module, "none", &f, p, text, sizeof(text)), VM_GPU_OK);
    VM_TEST_EQUAL(f.n_parameters, 0);
    VM_TEST_EQUAL(look_up(h, module, "image", &f, p, text, sizeof(text)), VM_GPU_UNSUPPORTED);
    VM_TEST_CHECK(strstr(text, "parameter 1 is an image"));
    VM_TEST_EQUAL(look_up(h, module, "sampler", &f, p, text, sizeof(text)), VM_GPU_UNSUPPORTED);
    VM_TEST_EQUAL(look_up(h, module, "hidden", &f, p, text, sizeof(text)), VM_GPU_UNSUPPORTED);
    VM_TEST_CHECK(strstr(text, "parameter 0 has the type"));
    VM_TEST_EQUAL(look_up(h, module, "helper", &f, p, text, sizeof(text)), VM_GPU_NOT_FOUND);
    VM_TEST_EQUAL(look_up(h, module, "", &f, p, text, sizeof(text)), VM_GPU_NOT_FOUND);
    VM_TEST_EQUAL(look_up(h, module + 1, "takes_all", &f, p, text, sizeof(text)), VM_GPU_NOT_FOUND);
    VM_TEST_EQUAL(look_up(h, 0, "takes_all", &f, p, text, sizeof(text)), VM_GPU_NOT_FOUND);
    vm_gputest_free(h);
}

/* A source that makes other words of those by which sizes are asked: no size, no harm. */
static void lying_sources(void *opaque)
{
    static const char *const lies[] = {
        "#define sizeof(x) 0\n",
        "#define reqd_work_group_size(x, y, z) vec_type_hint(int)\n",
        "#define vmrun_type_align another\n",
        "#define vmrun_pair {\n",
    };
    struct vm_gpu_parameter p[VM_GPU_MAX_PARAMETERS];
    struct vm_gpu_function f;
    struct vm_gputest *h = host_open();
    char source[512], text[256];

    (void)opaque;
    for (size_t i = 0; i < COUNT(lies); i++) {
        vm_test_note("%s", lies[i]);
        snprintf(source, sizeof(source), "typedef uint u32;\n__kernel void f(u32 a) {}\n%s",
                 lies[i]);
        VM_TEST_EQUAL(look_up(h, must_compile(h, source), "f", &f, p, text, sizeof(text)),
                      VM_GPU_UNSUPPORTED);
    }
    vm_gputest_free(h);
}

static void too_many_parameters(void *opaque)
{
    static char source[8192];
    struct vm_gpu_parameter p[VM_GPU_MAX_PARAMETERS];
    struct vm_gpu_function f;
    struct vm_gputest *h = host_open();
    char text[256];

    (void)opaque;
    for (unsigned n = VM_GPU_MAX_PARAMETERS; n <= VM_GPU_MAX_PARAMETERS + 1; n++) {
        size_t at = (size_t)sprintf(source, "__kernel void f(");
        for (unsigned i = 0; i < n; i++)
            at += (size_t)sprintf(source + at, "%sint p%u", i ? ", " : "", i);
        sprintf(source + at, ") {}\n");
        uint32_t error = look_up(h, must_compile(h, source), "f", &f, p, text, sizeof(text));
        VM_TEST_EQUAL(error, n > VM_GPU_MAX_PARAMETERS ? VM_GPU_INVALID : VM_GPU_OK);
    }
    vm_gputest_free(h);
}

/* ---- arguments ---- */

static const char values[] =
    "typedef struct { char c; long l; } pair;\n"
    "__kernel void f(char a, double b, int3 c, pair d, __local uint *e, __global long *out,\n"
    "                __global int *nothing)\n"
    "{\n"
    "    e[get_local_id(0)] = get_local_id(0);\n"
    "    barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    if (get_global_id(0) == 0) {\n"
    "        out[0] = a;\n"
    "        out[1] = (long)(b * 4);\n"
    "        out[2] = c.z;\n"
    "        out[3] = d.c + d.l;\n"
    "        out[4] = e[get_local_size(0) - 1];\n"
    "        out[5] = nothing == 0;\n"
    "    }\n"
    "}\n";

static void values_arrive(void *opaque)
{
    struct {
        char a;
        double b;
        int c[4] __attribute__((aligned(16)));
        struct {
            char c;
            int64_t l;
        } d;
        uint64_t e, out, nothing;
    } arguments = {.a = -7, .b = 2.5, .c = {1, 2, 3, 4}, .d = {5, 600}, .e = 16};
    static const int64_t wanted[] = {-7, 10, 3, 605, 3, 1};
    int64_t out[COUNT(wanted)];
    struct vm_gputest *h = host_open();
    uint64_t function = must_find(h, must_compile(h, values), "f");
    struct vm_gpu_request r = launch(function, 2, 4, &arguments, sizeof(arguments));

    (void)opaque;
    arguments.out = must_alloc(h, sizeof(out));
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    must_copy_out(h, out, arguments.out, sizeof(out));
    for (size_t i = 0; i < COUNT(wanted); i++)
        VM_TEST_EQUAL(out[i], wanted[i]);
    vm_gputest_free(h);
}

static void interior_addresses(void *opaque)
{
    struct vm_gputest *h = host_open();
    uint64_t a = must_alloc(h, 8192), at = a + 4096;
    uint64_t function = must_find(h, must_compile(h, kernels), "twice");
    struct vm_gpu_request r = launch(function, 1, 16, &at, sizeof(at));
    char text[256];
    int numbers[2048];

    (void)opaque;
    for (int i = 0; i < 2048; i++)
        numbers[i] = i;
    must_copy_in(h, a, numbers, sizeof(numbers));
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    must_copy_out(h, numbers, a, sizeof(numbers));
    for (int i = 0; i < 2048; i++)
        VM_TEST_EQUAL(numbers[i], i >= 1024 && i < 1040 ? 2 * i : i);
    at = a + 4;
    r.text = text;
    r.text_size = sizeof(text);
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    VM_TEST_CHECK(strstr(text, "multiples of"));
    at = a + 8192;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    VM_TEST_CHECK(strstr(text, "not within an allocation"));
    vm_gputest_free(h);
}

static void bad_launches(void *opaque)
{
    struct vm_gpu_info info = {.size = sizeof(info)};
    struct vm_gputest *h = host_open();
    uint64_t module = must_compile(h, kernels), a = must_alloc(h, 4096);
    uint64_t function = must_find(h, module, "twice");
    struct vm_gpu_request good = launch(function, 1, 1, &a, 8), r;

    (void)opaque;
    vm_gputest_ops(h)->info(vm_gputest_backend(h), 0, &info);
    VM_TEST_EQUAL(vm_gputest_do(h, &good), VM_GPU_OK);
#define REFUSED(member, value, why)           \
    r = launch(function, 1, 1, &a, 8);        \
    r.u.launch.member = (value);              \
    vm_test_note("%s = %s", #member, #value); \
    VM_TEST_EQUAL(vm_gputest_do(h, &r), why)
    REFUSED(grid[0], 0, VM_GPU_INVALID);
    REFUSED(grid[2], 0, VM_GPU_INVALID);
    REFUSED(block[1], 0, VM_GPU_INVALID);
    REFUSED(block[0], info.max_block[0] + 1, VM_GPU_INVALID);
    REFUSED(block[0], UINT32_MAX, VM_GPU_INVALID);
    REFUSED(shared, 1, VM_GPU_INVALID);
    REFUSED(arguments_size, 7, VM_GPU_INVALID);
    REFUSED(arguments_size, 9, VM_GPU_INVALID);
    REFUSED(arguments_size, 0, VM_GPU_INVALID);
    REFUSED(arguments_size, UINT32_MAX, VM_GPU_INVALID);
    REFUSED(function, 0, VM_GPU_NOT_FOUND);
    REFUSED(function, function + 1, VM_GPU_NOT_FOUND);
    r = launch(function, UINT32_MAX, 1, &a, 8);
    r.u.launch.grid[1] = r.u.launch.grid[2] = UINT32_MAX;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    r = launch(function, 1, info.max_block_threads, &a, 8);
    r.u.launch.block[1] = r.u.launch.block[2] = info.max_block[1];
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    r = good;
    r.stream = 5;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_NOT_FOUND);
    r = request(VM_GPU_OP_UNLOAD);
    r.u.code.module = module;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_NOT_FOUND);
    VM_TEST_EQUAL(vm_gputest_do(h, &good), VM_GPU_NOT_FOUND);
    vm_gputest_free(h);
}

static void local_memory(void *opaque)
{
    static const char source[] = "__kernel void f(__local int *a, __local int *b) {}\n";
    struct vm_gpu_info info = {.size = sizeof(info)};
    uint64_t sizes[2] = {64, 64};
    struct vm_gputest *h = host_open();
    uint64_t function = must_find(h, must_compile(h, source), "f");
    struct vm_gpu_request r = launch(function, 1, 1, sizes, sizeof(sizes));

    (void)opaque;
    vm_gputest_ops(h)->info(vm_gputest_backend(h), 0, &info);
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    sizes[1] = info.shared_size - 64;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    sizes[1]++;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    sizes[1] = UINT64_MAX - 32;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    sizes[1] = 0;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    vm_gputest_free(h);
}

/* A guest's arguments by chance: the process stays, and what is wrong is refused. */
static void random_launches(void *opaque)
{
    static const char source[] = "__kernel void f(__global int *a, int b, __local char *c, float2 "
                                 "d) { if (b == 1) *a = b; }\n";
    struct vm_gputest *h = host_open();
    uint64_t function = must_find(h, must_compile(h, source), "f");
    struct {
        uint64_t a;
        uint32_t b;
        uint64_t c;
        float d[2];
    } arguments;
    uint32_t x = 1, n[VM_GPU_LOST + 1] = {0};

    (void)opaque;
    for (int i = 0; i < 3000; i++) {
        uint64_t numbers[] = {must_alloc(h, 256), 0, 16, UINT64_MAX, 1, 1 << 20};
        struct vm_gpu_request r = launch(function, 1, 1, &arguments, sizeof(arguments));
        struct vm_gpu_request f = request(VM_GPU_OP_FREE);

        x = x * 1664525u + 1013904223u;
        arguments.a = numbers[x >> 30] + (x >> 16) % 3 * 128;
        arguments.b = 0;
        arguments.c = numbers[(x >> 20) % COUNT(numbers)];
        arguments.d[0] = arguments.d[1] = 0;
        if (x >> 24 == 7)
            r.u.launch.arguments_size = x;
        if (x >> 24 == 8)
            r.u.launch.block[x % 3] = x;
        n[vm_gputest_do(h, &r)]++;
        f.u.memory.address = numbers[0];
        VM_TEST_EQUAL(vm_gputest_do(h, &f), VM_GPU_OK);
    }
    VM_TEST_CHECK(n[VM_GPU_OK] > 100 && n[VM_GPU_INVALID] > 1000);
    VM_TEST_EQUAL(n[VM_GPU_OK] + n[VM_GPU_INVALID], 3000);
    vm_gputest_free(h);
}

/* ---- streams, and much at once ---- */

static uint64_t new_stream(void *h)
{
    struct vm_gpu_request r = request(VM_GPU_OP_STREAM_NEW);

    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    return r.stream;
}

/* Each stream keeps its order, whatever the others do. */
static void two_streams(void *opaque)
{
    enum { N = 200 };
    static struct vm_gpu_request r[2][N];
    static struct {
        uint64_t at;
        uint32_t from;
    } arguments[2][N];
    struct vm_gpu_request sync[2];
    struct vm_gputest *h = host_open();
    uint64_t function = must_find(h, must_compile(h, kernels), "advance");
    uint64_t streams[2] = {new_stream(h), new_stream(h)};
    uint64_t at[2] = {must_alloc(h, 4), must_alloc(h, 4)};
    uint32_t count = 0;

    (void)opaque;
    VM_TEST_CHECK(streams[0] && streams[1] && streams[0] != streams[1]);
    must_copy_in(h, at[0], &count, 4);
    must_copy_in(h, at[1], &count, 4);
    for (uint32_t i = 0; i < 2 * N; i++) {
        uint32_t s = i % 2, k = i / 2;
        arguments[s][k].at = at[s];
        arguments[s][k].from = k;
        r[s][k] = launch(function, 1, 1, &arguments[s][k], 12);
        r[s][k].stream = streams[s];
        vm_gputest_submit(h, &r[s][k]);
    }
    for (uint32_t s = 0; s < 2; s++) {
        sync[s] = request(VM_GPU_OP_SYNC);
        sync[s].stream = streams[s];
        vm_gputest_submit(h, &sync[s]);
    }
    for (uint32_t s = 0; s < 2; s++) {
        VM_TEST_EQUAL(vm_gputest_wait(h, &sync[s]), VM_GPU_OK);
        must_copy_out(h, &count, at[s], 4);
        VM_TEST_EQUAL(count, N);
        for (uint32_t i = 0; i < N; i++)
            VM_TEST_EQUAL(vm_gputest_wait(h, &r[s][i]), VM_GPU_OK);
    }
    vm_gputest_free(h);
}

static void stream_ends(void *opaque)
{
    enum { N = 20 };
    static struct vm_gpu_request r[N];
    struct {
        uint64_t at;
        uint32_t rounds;
    } arguments = {.rounds = 1000000};
    struct vm_gputest *h = host_open();
    uint64_t function = must_find(h, must_compile(h, kernels), "spin");
    uint64_t stream = new_stream(h);
    struct vm_gpu_request end = request(VM_GPU_OP_STREAM_FREE);

    (void)opaque;
    VM_TEST_EQUAL(vm_gputest_do(h, &end), VM_GPU_INVALID);
    arguments.at = must_alloc(h, 4);
    for (uint32_t i = 0; i < N; i++) {
        r[i] = launch(function, 1, 1, &arguments, 12);
        r[i].stream = stream;
        vm_gputest_submit(h, &r[i]);
    }
    end.stream = stream;
    vm_gputest_submit(h, &end);
    VM_TEST_EQUAL(vm_gputest_wait(h, &end), VM_GPU_OK);
    /* The last one is told before the end of its stream, or at the same time. */
    for (uint32_t i = 0; i < N; i++)
        VM_TEST_EQUAL(vm_gputest_wait(h, &r[i]), VM_GPU_OK);
    VM_TEST_EQUAL(vm_gputest_do(h, &end), VM_GPU_NOT_FOUND);
    VM_TEST_CHECK(new_stream(h) != stream);
    vm_gputest_free(h);
}

/* Copies and launches of one stream, none of them waited for. */
static void many_under_way(void *opaque)
{
    enum { N = 500 };
    static struct vm_gpu_request in[N], run[N], out[N];
    static int numbers[N][16], back[N][16];
    struct vm_gputest *h = host_open();
    uint64_t function = must_find(h, must_compile(h, kernels), "twice");
    uint64_t at = must_alloc(h, sizeof(numbers[0]));

    (void)opaque;
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < 16; k++)
            numbers[i][k] = i * 16 + k;
        in[i] = request(VM_GPU_OP_COPY_IN);
        in[i].u.copy = (struct vm_gpu_copy){.address = at, .length = 64, .host = numbers[i]};
        run[i] = launch(function, 1, 16, &at, 8);
        out[i] = request(VM_GPU_OP_COPY_OUT);
        out[i].u.copy = (struct vm_gpu_copy){.address = at, .length = 64, .host = back[i]};
        vm_gputest_submit(h, &in[i]);
        vm_gputest_submit(h, &run[i]);
        vm_gputest_submit(h, &out[i]);
    }
    for (int i = 0; i < N; i++) {
        VM_TEST_EQUAL(vm_gputest_wait(h, &out[i]), VM_GPU_OK);
        VM_TEST_EQUAL(vm_gputest_wait(h, &run[i]) | vm_gputest_wait(h, &in[i]), VM_GPU_OK);
        for (int k = 0; k < 16; k++)
            VM_TEST_EQUAL(back[i][k], 2 * numbers[i][k]);
    }
    vm_gputest_free(h);
}

/* What is freed and unloaded while it is used stays until it is not. */
static void freed_while_used(void *opaque)
{
    enum { N = 10 };
    static struct vm_gpu_request r[N];
    struct {
        uint64_t at;
        uint32_t rounds;
    } arguments = {.rounds = 2000000};
    struct vm_gputest *h = host_open();
    uint64_t module = must_compile(h, kernels), function = must_find(h, module, "spin");
    uint64_t whole = must_alloc(h, 8192);
    struct vm_gpu_request end = request(VM_GPU_OP_FREE), gone = request(VM_GPU_OP_UNLOAD);

    (void)opaque;
    arguments.at = whole + 4096;
    for (int i = 0; i < N; i++) {
        r[i] = launch(function, 1, 1, &arguments, 12);
        vm_gputest_submit(h, &r[i]);
    }
    end.u.memory.address = whole;
    VM_TEST_EQUAL(vm_gputest_do(h, &end), VM_GPU_OK);
    gone.u.code.module = module;
    VM_TEST_EQUAL(vm_gputest_do(h, &gone), VM_GPU_OK);
    for (int i = 0; i < N; i++)
        VM_TEST_EQUAL(vm_gputest_wait(h, &r[i]), VM_GPU_OK);
    vm_gputest_free(h);
}

/* ---- binaries ---- */

/* What OpenCL itself makes of the source; from malloc. */
static unsigned char *make_binary(size_t *length)
{
    void *library = dlopen("libOpenCL.so.1", RTLD_NOW);
    const char *source = kernels;
    unsigned char *bytes;
    cl_platform_id platform;
    cl_device_id device;
    cl_context context;
    cl_program program;
    cl_int error;

#define CL(name) ((__typeof__(cl##name) *)dlsym(library, "cl" #name))
    VM_TEST_CHECK(library);
    VM_TEST_EQUAL(CL(GetPlatformIDs)(1, &platform, NULL), 0);
    VM_TEST_EQUAL(CL(GetDeviceIDs)(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), 0);
    context = CL(CreateContext)(NULL, 1, &device, NULL, NULL, &error);
    VM_TEST_EQUAL(error, 0);
    program = CL(CreateProgramWithSource)(context, 1, &source, NULL, &error);
    VM_TEST_EQUAL(error, 0);
    VM_TEST_EQUAL(CL(BuildProgram)(program, 1, &device, "-cl-kernel-arg-info", NULL, NULL), 0);
    VM_TEST_EQUAL(
        CL(GetProgramInfo)(program, CL_PROGRAM_BINARY_SIZES, sizeof(*length), length, NULL), 0);
    bytes = malloc(*length);
    VM_TEST_EQUAL(CL(GetProgramInfo)(program, CL_PROGRAM_BINARIES, sizeof(bytes), &bytes, NULL), 0);
    VM_TEST_EQUAL(CL(ReleaseProgram)(program), 0);
    VM_TEST_EQUAL(CL(ReleaseContext)(context), 0);
    return bytes;
}

static uint32_t load(struct vm_gputest *h, const void *bytes, size_t length, uint64_t *module)
{
    struct vm_gpu_request r = request(VM_GPU_OP_LOAD);

    r.u.code =
        (struct vm_gpu_code){.format = VM_GPU_BINARY_OPENCL, .bytes = bytes, .length = length};
    vm_gputest_do(h, &r);
    *module = r.u.code.module;
    return r.error;
}

static void binaries(void *opaque)
{
    int numbers[4] = {1, 2, 3, 4};
    uint64_t module, at;
    size_t length = 0;
    struct vm_gputest *h = host_open();
    unsigned char *bytes = make_binary(&length), junk[4096];
    struct vm_gpu_request r;

    (void)opaque;
    VM_TEST_EQUAL(load(h, bytes, length, &module), VM_GPU_OK);
    at = must_alloc(h, sizeof(numbers));
    must_copy_in(h, at, numbers, sizeof(numbers));
    r = launch(must_find(h, module, "twice"), 1, 4, &at, 8);
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    must_copy_out(h, numbers, at, sizeof(numbers));
    VM_TEST_CHECK(numbers[0] == 2 && numbers[3] == 8);
    for (size_t i = 0; i < sizeof(junk); i++)
        junk[i] = (unsigned char)(i * 151 >> 3);
    VM_TEST_EQUAL(load(h, junk, sizeof(junk), &module), VM_GPU_INVALID);
    VM_TEST_EQUAL(load(h, junk, 1, &module), VM_GPU_INVALID);
    VM_TEST_EQUAL(load(h, junk, 0, &module), VM_GPU_INVALID);
    free(bytes);
    vm_gputest_free(h);
}

/* ---- the end ---- */

/* The address sanitizer's; not there without it. OpenCL's own leaks are none of ours. */
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libOpenCL.so\nleak:libpocl\nleak:libLLVM\nleak:libclang\nleak:libhwloc\n";
}

/* With all kinds of things left over. */
static void left_over(void *opaque)
{
    (void)opaque;
    for (int round = 0; round < 3; round++) {
        struct vm_gputest *h = host_open();
        uint64_t module = must_compile(h, kernels);
        struct vm_gpu_request r;
        uint64_t at;

        for (int i = 0; i < 30; i++) {
            at = must_alloc(h, 4096);
            new_stream(h);
        }
        must_compile(h, kernels);
        must_find(h, module, "spin");
        at += 2048;
        r = launch(must_find(h, module, "twice"), 1, 1, &at, 8);
        VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
        vm_gputest_free(h);
    }
    if (__lsan_do_recoverable_leak_check)
        VM_TEST_EQUAL(__lsan_do_recoverable_leak_check(), 0);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "functions' metadata", .run = metadata, .seconds = 240},
        {.name = "sources that lie about sizes", .run = lying_sources, .seconds = 240},
        {.name = "more parameters than there may be", .run = too_many_parameters, .seconds = 240},
        {.name = "values of all kinds arrive", .run = values_arrive, .seconds = 240},
        {.name = "addresses within allocations", .run = interior_addresses, .seconds = 240},
        {.name = "launches that are refused", .run = bad_launches, .seconds = 240},
        {.name = "__local arguments", .run = local_memory, .seconds = 240},
        {.name = "arguments by chance", .run = random_launches, .seconds = 240},
        {.name = "two streams", .run = two_streams, .seconds = 240},
        {.name = "the end of a stream", .run = stream_ends, .seconds = 240},
        {.name = "many requests under way", .run = many_under_way, .seconds = 240},
        {.name = "freed while in use", .run = freed_while_used, .seconds = 240},
        {.name = "binaries", .run = binaries, .seconds = 240},
        {.name = "destroyed with everything left over", .run = left_over, .seconds = 240},
    };

    return host_main(argc, argv, cases, COUNT(cases));
}
