/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opencl-test.c - gpu-opencl on whatever OpenCL there is: its requests, one kind after the other.
 * The plugin's file is the argument.
 */
#include "opencl-host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char kernels[] =
    "__kernel void add(__global const float *a, __global const float *b, __global float *sum,\n"
    "                  uint n)\n"
    "{\n"
    "    size_t i = get_global_id(0);\n"
    "    if (i < n)\n"
    "        sum[i] = a[i] + b[i];\n"
    "}\n";

/* ---- which GPUs there are ---- */

static void expect_none(const char *const *settings, const char *words)
{
    struct vm_error err = VM_ERROR_INIT, why = VM_ERROR_INIT;
    struct vm_gpu_request r = request(VM_GPU_OP_SYNC);
    struct vm_gputest *h = host_create(&err, settings);

    VM_TEST_CHECK(h);
    VM_TEST_EQUAL(vm_gputest_count(h, &why), 0);
    vm_test_note("the reason is: %s", why.text);
    VM_TEST_CHECK(strstr(why.text, words));
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    vm_gputest_free(h);
}

static void no_library(void *opaque)
{
    (void)opaque;
    expect_none((const char *const[]){"library=/nowhere/libOpenCL.so.1", NULL}, "install");
    expect_none((const char *const[]){"library=libc.so.6", NULL}, "OpenCL 1.2 is needed");
}

static void no_device(void *opaque)
{
    (void)opaque;
    vm_gputest_free(host_open());
    expect_none((const char *const[]){"platform=no such platform", NULL}, "let through");
    expect_none((const char *const[]){"kind=accelerator", "platform=Portable", NULL},
                "let through");
    expect_none((const char *const[]){"kind=gpu", "platform=Portable", NULL}, "kind = cpu");
}

static void choice(void *opaque)
{
    static const char *const wrong[] = {
        "devices=",    "devices=63", "devices=x",
        "devices=0,",  "devices=,0", "devices=0,0",
        "devices=0 0", "devices=-1", "devices=99999999999999999999"};
    struct vm_error err = VM_ERROR_INIT, why = VM_ERROR_INIT;
    struct vm_gputest *h = host_open();

    (void)opaque;
    vm_gputest_free(h);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        err = (struct vm_error)VM_ERROR_INIT;
        vm_test_note("%s", wrong[i]);
        VM_TEST_CHECK(!host_create(&err, (const char *const[]){wrong[i], NULL}));
        VM_TEST_CHECK(strstr(err.text, "devices = "));
    }
    h = host_create(&err, (const char *const[]){"devices=0", NULL});
    VM_TEST_CHECK(h);
    VM_TEST_EQUAL(vm_gputest_count(h, &why), 1);
    vm_gputest_free(h);
}

static void information(void *opaque)
{
    struct vm_gpu_info i = {.size = sizeof(i)}, shorter = {.size = 16, .reserved = 77};
    struct vm_gputest *h = host_open();

    (void)opaque;
    vm_gputest_ops(h)->info(vm_gputest_backend(h), 0, &i);
    VM_TEST_EQUAL(i.sources, VM_GPU_SOURCE_OPENCL_C);
    VM_TEST_EQUAL(i.binaries, VM_GPU_BINARY_OPENCL);
    VM_TEST_CHECK(i.name[0] && i.driver[0] && i.architecture[0]);
    VM_TEST_CHECK(i.memory_total >= i.max_alloc && i.max_alloc >= 1 << 20);
    VM_TEST_CHECK(i.memory_free && i.memory_free <= i.memory_total);
    VM_TEST_CHECK(i.compute_units && i.max_block_threads && i.argument_size >= 256);
    VM_TEST_CHECK(i.max_block[0] && i.max_block[1] && i.max_block[2] && i.max_grid[2]);
    VM_TEST_CHECK(i.shared_size >= 1024);
    vm_gputest_ops(h)->info(vm_gputest_backend(h), 0, &shorter);
    VM_TEST_EQUAL(shorter.size, 16);
    VM_TEST_CHECK(shorter.sources == i.sources && !shorter.name[0]);
    vm_gputest_free(h);
}

/* ---- memory ---- */

static uint32_t allocate(struct vm_gputest *h, uint64_t length, uint64_t *address)
{
    struct vm_gpu_request r = request(VM_GPU_OP_ALLOC);

    r.u.memory.length = length;
    vm_gputest_do(h, &r);
    *address = r.u.memory.address;
    return r.error;
}

static uint32_t free_it(struct vm_gputest *h, uint64_t address)
{
    struct vm_gpu_request r = request(VM_GPU_OP_FREE);

    r.u.memory.address = address;
    return vm_gputest_do(h, &r);
}

/* Live ones never overlap; what was freed is freed once, and found no more. */
static void allocations(void *opaque)
{
    static struct {
        uint64_t address, length;
    } a[300];
    struct vm_gputest *h = host_open();
    uint32_t n = 0;

    (void)opaque;
    for (uint32_t round = 0; round < 1000; round++) {
        uint32_t at = round * 7919 % COUNT(a);
        if (a[at].address) {
            VM_TEST_EQUAL(free_it(h, a[at].address + 256), VM_GPU_INVALID);
            VM_TEST_EQUAL(free_it(h, a[at].address), VM_GPU_OK);
            VM_TEST_EQUAL(free_it(h, a[at].address), VM_GPU_INVALID);
            a[at].address = 0;
            continue;
        }
        a[at].length = 1 + round * 37;
        VM_TEST_EQUAL(allocate(h, a[at].length, &a[at].address), VM_GPU_OK);
        VM_TEST_CHECK(a[at].address && a[at].address % 256 == 0);
        for (uint32_t i = 0; i < COUNT(a); i++)
            VM_TEST_CHECK(i == at || !a[i].address || a[i].address + a[i].length <= a[at].address ||
                          a[at].address + a[at].length <= a[i].address);
        n++;
    }
    VM_TEST_CHECK(n > 400);
    VM_TEST_EQUAL(free_it(h, 0), VM_GPU_INVALID);
    vm_gputest_free(h);
}

static void out_of_memory(void *opaque)
{
    struct vm_gpu_info i = {.size = sizeof(i)};
    uint64_t address, addresses[256];
    struct vm_gputest *h = host_open();
    uint32_t n = 0, error;

    (void)opaque;
    vm_gputest_ops(h)->info(vm_gputest_backend(h), 0, &i);
    VM_TEST_EQUAL(allocate(h, 0, &address), VM_GPU_INVALID);
    VM_TEST_EQUAL(allocate(h, i.max_alloc + 1, &address), VM_GPU_NO_MEMORY);
    VM_TEST_EQUAL(allocate(h, UINT64_MAX, &address), VM_GPU_NO_MEMORY);
    VM_TEST_EQUAL(allocate(h, UINT64_C(1) << 63, &address), VM_GPU_NO_MEMORY);
    while ((error = allocate(h, i.max_alloc, &addresses[n])) == VM_GPU_OK)
        VM_TEST_CHECK(++n < COUNT(addresses));
    VM_TEST_EQUAL(error, VM_GPU_NO_MEMORY);
    VM_TEST_CHECK(n * i.max_alloc <= i.memory_total);
    while (n)
        VM_TEST_EQUAL(free_it(h, addresses[--n]), VM_GPU_OK);
    VM_TEST_EQUAL(allocate(h, 4096, &address), VM_GPU_OK);
    vm_gputest_free(h);
}

static uint32_t copy(struct vm_gputest *h, uint32_t op, uint64_t address, uint64_t from, void *host,
                     uint64_t length)
{
    struct vm_gpu_request r = request(op);
    char text[256];

    r.text = text;
    r.text_size = sizeof(text);
    r.u.copy =
        (struct vm_gpu_copy){.address = address, .from = from, .length = length, .host = host};
    vm_gputest_do(h, &r);
    VM_TEST_EQUAL(text[0] != 0, r.error != VM_GPU_OK);
    VM_TEST_EQUAL(r.text_length, strlen(text));
    return r.error;
}

static void copies(void *opaque)
{
    unsigned char there[1000], back[1000];
    struct vm_gputest *h = host_open();
    uint64_t a = must_alloc(h, 1000), b = must_alloc(h, 1000);

    (void)opaque;
    for (unsigned i = 0; i < sizeof(there); i++)
        there[i] = (unsigned char)(i * 31 >> 2);
    must_copy_in(h, a, there, 1000);
    must_copy_in(h, a + 333, "in the middle", 13);
    memcpy(there + 333, "in the middle", 13);
    VM_TEST_EQUAL(copy(h, VM_GPU_OP_COPY, b + 1, a + 7, NULL, 990), VM_GPU_OK);
    must_copy_out(h, back, b + 1, 990);
    VM_TEST_CHECK(memcmp(back, there + 7, 990) == 0);
    must_copy_out(h, back, a + 999, 1);
    VM_TEST_EQUAL(back[0], there[999]);
    VM_TEST_EQUAL(copy(h, VM_GPU_OP_COPY, a + 500, a, NULL, 500), VM_GPU_OK);
    VM_TEST_EQUAL(copy(h, VM_GPU_OP_COPY, a + 499, a, NULL, 500), VM_GPU_INVALID);
    for (unsigned op = VM_GPU_OP_COPY_IN; op <= VM_GPU_OP_COPY; op++) {
        VM_TEST_EQUAL(copy(h, op, a + 1, b, back, 1000), VM_GPU_INVALID);
        VM_TEST_EQUAL(copy(h, op, a + 1000, b, back, 1), VM_GPU_INVALID);
        VM_TEST_EQUAL(copy(h, op, a - 1, b, back, 2), VM_GPU_INVALID);
        VM_TEST_EQUAL(copy(h, op, a, b, back, 0), VM_GPU_INVALID);
        VM_TEST_EQUAL(copy(h, op, a + 1, b, back, UINT64_MAX), VM_GPU_INVALID);
        VM_TEST_EQUAL(copy(h, op, 0, b, back, 1), VM_GPU_INVALID);
    }
    VM_TEST_EQUAL(free_it(h, b), VM_GPU_OK);
    VM_TEST_EQUAL(copy(h, VM_GPU_OP_COPY, a, b, NULL, 8), VM_GPU_INVALID);
    VM_TEST_EQUAL(copy(h, VM_GPU_OP_COPY_OUT, b, 0, back, 8), VM_GPU_INVALID);
    vm_gputest_free(h);
}

static void big_copies(void *opaque)
{
    const size_t n = 64u << 20;
    uint64_t *there = malloc(n), *back = malloc(n);
    struct vm_gputest *h = host_open();
    uint64_t a = must_alloc(h, n);

    (void)opaque;
    VM_TEST_CHECK(there && back);
    for (size_t i = 0; i < n / 8; i++)
        there[i] = i * UINT64_C(0x9e3779b97f4a7c15);
    must_copy_in(h, a, there, n);
    memset(back, 0, n);
    must_copy_out(h, back, a, n);
    VM_TEST_CHECK(memcmp(there, back, n) == 0);
    free(there);
    free(back);
    vm_gputest_free(h);
}

/* ---- kernels ---- */

struct add_arguments {
    uint64_t a, b, sum;
    uint32_t n;
};

static void vector_add(void *opaque)
{
    enum { N = 10000 };
    static float a[N], b[N], sum[N];
    struct vm_gputest *h = host_open();
    uint64_t function = must_find(h, must_compile(h, kernels), "add");
    struct add_arguments arguments = {must_alloc(h, sizeof(a)), must_alloc(h, sizeof(b)),
                                      must_alloc(h, sizeof(sum)), N};
    struct vm_gpu_request r = launch(function, (N + 63) / 64, 64, &arguments, sizeof(arguments));

    (void)opaque;
    for (unsigned i = 0; i < N; i++) {
        a[i] = (float)i / 3;
        b[i] = (float)(N - i) * 7;
    }
    must_copy_in(h, arguments.a, a, sizeof(a));
    must_copy_in(h, arguments.b, b, sizeof(b));
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    VM_TEST_CHECK(r.gpu_ns > 0);
    must_copy_out(h, sum, arguments.sum, sizeof(sum));
    for (unsigned i = 0; i < N; i++)
        VM_TEST_CHECK(sum[i] == a[i] + b[i]);
    /* Also without the padding at the end of the struct. */
    r = launch(function, 1, 1, &arguments, 28);
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    vm_gputest_free(h);
}

static const char multiply[] =
    "#define T 8\n"
    "__kernel __attribute__((reqd_work_group_size(T, T, 1)))\n"
    "void multiply(uint n, __global const int *a, __global const int *b, __global int *c,\n"
    "              __local int *part)\n"
    "{\n"
    "    __local int other[T][T];\n"
    "    uint x = get_global_id(0), y = get_global_id(1);\n"
    "    uint i = get_local_id(0), j = get_local_id(1);\n"
    "    int sum = 0;\n"
    "    for (uint t = 0; t < n; t += T) {\n"
    "        part[j * T + i] = a[y * n + t + i];\n"
    "        other[j][i] = b[(t + j) * n + x];\n"
    "        barrier(CLK_LOCAL_MEM_FENCE);\n"
    "        for (uint k = 0; k < T; k++)\n"
    "            sum += part[j * T + k] * other[k][i];\n"
    "        barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    }\n"
    "    c[y * n + x] = sum + (int)(get_num_groups(0) - n / T);\n"
    "}\n";

/* Tiles, barriers, local memory of both kinds, two dimensions; compared with the processor's. */
static void matrix_multiply(void *opaque)
{
    enum { N = 64 };
    static int a[N][N], b[N][N], c[N][N];
    struct vm_gpu_parameter p[VM_GPU_MAX_PARAMETERS];
    struct vm_gpu_function f;
    struct vm_gputest *h = host_open();
    uint64_t module = must_compile(h, multiply);
    struct {
        uint32_t n;
        uint64_t a, b, c, part;
    } arguments = {N, must_alloc(h, sizeof(a)), must_alloc(h, sizeof(b)), must_alloc(h, sizeof(c)),
                   8 * 8 * sizeof(int)};
    struct vm_gpu_request r;

    (void)opaque;
    VM_TEST_EQUAL(look_up(h, module, "multiply", &f, p, NULL, 0), VM_GPU_OK);
    VM_TEST_CHECK(f.static_shared >= 256 && f.static_shared < 4096);
    for (int i = 0; i < N * N; i++) {
        a[i / N][i % N] = i * 7 % 1000 - 500;
        b[i / N][i % N] = i * 13 % 1000 - 500;
    }
    must_copy_in(h, arguments.a, a, sizeof(a));
    must_copy_in(h, arguments.b, b, sizeof(b));
    r = launch(f.function, N / 8, 8, &arguments, sizeof(arguments));
    r.u.launch.grid[1] = N / 8;
    r.u.launch.block[1] = 8;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_OK);
    must_copy_out(h, c, arguments.c, sizeof(c));
    for (int y = 0; y < N; y++)
        for (int x = 0; x < N; x++) {
            int sum = 0;
            for (int k = 0; k < N; k++)
                sum += a[y][k] * b[k][x];
            VM_TEST_EQUAL(c[y][x], sum);
        }
    vm_gputest_free(h);
}

static uint32_t compile(struct vm_gputest *h, const char *source, const char *options, char *text,
                        uint32_t text_size, uint32_t *length)
{
    struct vm_gpu_request r = request(VM_GPU_OP_COMPILE);

    r.text = text;
    r.text_size = text_size;
    r.u.code = (struct vm_gpu_code){.format = VM_GPU_SOURCE_OPENCL_C,
                                    .bytes = source,
                                    .length = strlen(source),
                                    .options = options};
    vm_gputest_do(h, &r);
    *length = r.text_length;
    return r.error;
}

static void compile_errors(void *opaque)
{
    static const char wrong[] = "__kernel void f(__global int *p) { *p = no_such_thing; }\n";
    static const char needs[] = "#if WIDTH != 7\n#error WIDTH is not as wanted\n#endif\n"
                                "__kernel void f(__global int *p) { *p = WIDTH; }\n";
    char text[4096], some[20];
    struct vm_gputest *h = host_open();
    uint32_t length, all;

    (void)opaque;
    VM_TEST_EQUAL(compile(h, wrong, NULL, text, sizeof(text), &all), VM_GPU_COMPILE);
    VM_TEST_CHECK(strstr(text, "no_such_thing"));
    VM_TEST_EQUAL(compile(h, wrong, NULL, some, sizeof(some), &length), VM_GPU_COMPILE);
    VM_TEST_CHECK(strlen(some) == sizeof(some) - 1 && length > sizeof(some));
    VM_TEST_EQUAL(compile(h, wrong, NULL, NULL, 0, &length), VM_GPU_COMPILE);
    VM_TEST_EQUAL(compile(h, needs, "-D WIDTH=8", text, sizeof(text), &length), VM_GPU_COMPILE);
    VM_TEST_CHECK(strstr(text, "WIDTH is not as wanted"));
    VM_TEST_EQUAL(compile(h, needs, "-D WIDTH=7", text, sizeof(text), &length), VM_GPU_OK);
    VM_TEST_EQUAL(compile(h, kernels, "--no-such-option", text, sizeof(text), &length),
                  VM_GPU_COMPILE);
    VM_TEST_CHECK(text[0]);
    VM_TEST_EQUAL(compile(h, "", NULL, text, sizeof(text), &length), VM_GPU_INVALID);
    vm_gputest_free(h);
}

/* Nothing of the host's files is ever in a log. */
static void no_files(void *opaque)
{
#define END       "\n__kernel void f(__global int *p) { *p = 1; }\n"
#define FILE_NAME "\"/etc/passwd\""
    static const char *const sources[] = {
        "#include " FILE_NAME END,
        "#include </etc/passwd>" END,
        " \t#\v include " FILE_NAME END,
        "#/* a\ncomment */include " FILE_NAME END,
        "#/**//**/ /**/include " FILE_NAME END,
        "#inc\\\nlude " FILE_NAME END,
        "#\\\n\\\ninclude " FILE_NAME END,
        "#inc\\ \t\r\nlude " FILE_NAME END,
        "/\\\n* */#inc\\\nl\\\nude " FILE_NAME END,
        "%:include " FILE_NAME END,
        "?\?=include " FILE_NAME END,
        "#inc?\?/\nlude " FILE_NAME END,
        "#include_next " FILE_NAME END,
        "#import " FILE_NAME END,
        "#embed " FILE_NAME END,
        "#\xc2\xa0include " FILE_NAME END,
        "#define F " FILE_NAME "\n#include F" END,
        "#if 1\n#/*\n#include " FILE_NAME "\n*/include " FILE_NAME "\n#endif" END,
    };
    static const char *const options[] = {
        "-I /etc",
        "-I/etc",
        "-include /etc/passwd",
        "-D A -include /etc/passwd",
        "@/etc/passwd",
        "-D @/etc/passwd",
        "-D -include",
        "-D A /etc/passwd",
        "-g -wx",
        "-x cl",
        "x",
        "-D\t-D\n-I/etc",
    };
    static const char *const allowed[] = {"", "-D A", "-DA=1 -D B=2", " -cl-fast-relaxed-math  -w ",
                                          "-Werror"};
    char text[4096];
    struct vm_gputest *h = host_open();
    uint32_t length;

    (void)opaque;
    for (size_t i = 0; i < COUNT(sources); i++) {
        vm_test_note("%s", sources[i]);
        VM_TEST_EQUAL(compile(h, sources[i], NULL, text, sizeof(text), &length), VM_GPU_COMPILE);
        VM_TEST_CHECK(strstr(text, "no files to include"));
    }
    for (size_t i = 0; i < COUNT(options); i++) {
        vm_test_note("%s", options[i]);
        VM_TEST_EQUAL(compile(h, END, options[i], text, sizeof(text), &length), VM_GPU_COMPILE);
        VM_TEST_CHECK(strstr(text, "is no option"));
    }
    for (size_t i = 0; i < COUNT(allowed); i++) {
        vm_test_note("%s", allowed[i]);
        VM_TEST_EQUAL(compile(h, END, allowed[i], text, sizeof(text), &length), VM_GPU_OK);
    }
    VM_TEST_EQUAL(
        compile(h, "#define STRING(x) #x\n#\n#/* never ends", NULL, text, sizeof(text), &length),
        VM_GPU_COMPILE);
    VM_TEST_CHECK(!strstr(text, "no files to include"));
    vm_gputest_free(h);
}

static void other_formats(void *opaque)
{
    struct vm_gputest *h = host_open();
    struct vm_gpu_request r = request(VM_GPU_OP_COMPILE);
    static const uint32_t ops[] = {VM_GPU_OP_COMPILE, VM_GPU_OP_LOAD};
    static const uint32_t formats[] = {0, 1, 2, 3, 16, UINT32_MAX};

    (void)opaque;
    for (size_t i = 0; i < COUNT(ops) * COUNT(formats); i++) {
        r = request(ops[i % 2]);
        r.u.code = (struct vm_gpu_code){.format = formats[i / 2], .bytes = kernels, .length = 100};
        VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_UNSUPPORTED);
    }
    r = request(0);
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_UNSUPPORTED);
    r = request(VM_GPU_OP_STREAM_FREE + 1);
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_UNSUPPORTED);
    r = request(VM_GPU_OP_SYNC);
    r.gpu = 64;
    VM_TEST_EQUAL(vm_gputest_do(h, &r), VM_GPU_INVALID);
    vm_gputest_free(h);
}

int main(int argc, char **argv)
{
    static const struct vm_test_case cases[] = {
        {.name = "no library: no GPU, and why", .run = no_library},
        {.name = "no device: no GPU, and why", .run = no_device},
        {.name = "a choice of devices", .run = choice},
        {.name = "what a GPU is", .run = information},
        {.name = "allocations", .run = allocations},
        {.name = "out of memory", .run = out_of_memory},
        {.name = "copies", .run = copies},
        {.name = "64 MiB there and back", .run = big_copies, .seconds = 240},
        {.name = "vector addition", .run = vector_add, .seconds = 240},
        {.name = "matrix multiplication", .run = matrix_multiply, .seconds = 240},
        {.name = "what the compiler says", .run = compile_errors, .seconds = 240},
        {.name = "the compiler reads no files", .run = no_files, .seconds = 240},
        {.name = "other formats and requests", .run = other_formats},
    };

    return host_main(argc, argv, cases, COUNT(cases));
}
