/* SPDX-License-Identifier: BSD-2-Clause */
/* driver-real.c - gpu-cuda and gpu-rocm with the real compilers, and on a real GPU. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver-host.h"

/* ---- The real compiler ----------------------------------------------------------------------- */

static const char source[] =
    "%s"
    "extern \"C\" __global__ void vector_add(const float *a, const float *b, float *c, int n)\n"
    "{\n"
    "    __shared__ float s[64];\n"
    "    int i = blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (i < n) { s[threadIdx.x & 63] = a[i]; c[i] = a[i] + b[i] + ADDED; }\n"
    "    if (n < 0) c[0] = s[threadIdx.x ^ 1];\n"
    "}\n"
    "struct s { char c; double d; };\n"
    "extern \"C\" __global__ void odd(char c, s v, short h, double *out)\n"
    "{ *out = c + v.d + h; }\n"
    "extern \"C\" __global__ void __launch_bounds__(64) few() {}\n";

static void show(const char *name, const struct vm_gpu_function *f)
{
    printf("# %s: %u parameters, %u threads, %u shared, %u registers, %u local\n", name,
           f->n_parameters, f->max_threads, f->static_shared, f->registers, f->local_size);
}

static uint64_t test_kernels(uint64_t module)
{
    struct vm_gpu_request f;
    uint64_t number;

    f = function(module, "vector_add");
    show("vector_add", &f.u.function);
    tell(f.error == VM_GPU_OK && is_vector_add(&f.u.function), "its parameters");
    tell(f.u.function.static_shared == 256 && f.u.function.registers > 0 &&
             f.u.function.registers < 256,
         "its shared memory and registers");
    number = f.u.function.function;
    f = function(module, "odd");
    tell(f.error == VM_GPU_OK && f.u.function.n_parameters == 4 && parameters[0].offset == 0 &&
             parameters[0].size == 1 && parameters[1].offset == 8 && parameters[1].size == 16 &&
             parameters[2].offset == 24 && parameters[2].size == 2 && parameters[3].offset == 32 &&
             parameters[3].size == 8,
         "parameters of odd sizes");
    f = function(module, "few");
    show("few", &f.u.function);
    tell(f.error == VM_GPU_OK && f.u.function.n_parameters == 0 && f.u.function.max_threads == 64,
         "a kernel without any, of few threads");
    f = function(module, "vector_sub");
    tell(f.error == VM_GPU_NOT_FOUND, "a kernel that is not there");
    return number;
}

static int has_compiler(void)
{
    compile("", NULL);
    return !strstr(text, "there is no compiler here");
}

static struct vm_gpu_request compile_good(void)
{
    return compile("extern \"C\" __global__ void good() {}\n", NULL);
}

/* Sources that are not well meant. */
static void test_hostile(void)
{
    static char big[1 << 20];
    struct vm_gpu_request r;
    size_t n;

    r = compile("#include \"/etc/passwd\"\n", NULL);
    if (has_landlock())
        tell(r.error == VM_GPU_COMPILE && !strstr(text, "root:"), "a source shows no host's files");
    else
        tell(1, "a source shows no host's files # SKIP this kernel has no Landlock");
    r = compile("int x;\n", "-I/root");
    tell(r.error == VM_GPU_INVALID && strstr(text, "-I/root"),
         "options that name files are refused");
    n = (size_t)snprintf(big, sizeof(big),
                         "template <int N> struct t { enum { v = t<N - 1>::v + "
                         "t<N - 2>::v }; };\n");
    snprintf(big + n, sizeof(big) - n, "int x = t<100000>::v;\n");
    r = compile(big, NULL);
    tell(r.error == VM_GPU_COMPILE && r.text_length > 0, "a source without end has one");
    r = compile_good();
    tell(r.error == VM_GPU_OK, "all is well after that");
}

static uint64_t compile_vector_add(void)
{
    char all[2048];
    struct vm_gpu_request r;

    snprintf(all, sizeof(all), source, "");
    r = compile(all, "-DADDED=0  -w\n");
    if (r.error)
        printf("# %s\n", text);
    tell(r.error == VM_GPU_OK && r.u.code.module, "a source is compiled");
    return r.u.code.module;
}

static void test_log(void)
{
    struct vm_gpu_request r =
        compile("extern \"C\" __global__ void f() { undefined_thing(); }\n", "");
    char small[10] = "012345678";

    tell(strstr(text, is_cuda() ? "kernel.cu(1)" : "kernel.hip:1:") && !strstr(text, "vmrun-gpu-"),
         "the log calls the source by its name");
    tell(r.error == VM_GPU_COMPILE && strstr(text, "undefined_thing") &&
             r.text_length == strlen(text),
         "a mistake: the compiler's log");
    r = code(VM_GPU_OP_COMPILE, is_cuda() ? VM_GPU_SOURCE_CUDA : VM_GPU_SOURCE_HIP, "bad", 3);
    r.text = small;
    r.text_size = 5;
    run(&r);
    tell(strlen(small) == 4 && small[5] == '5' && r.text_length > 10,
         "with little room, its begin");
}

void test_compile(void)
{
    struct vm_gpu_request r;
    uint64_t module;

    test_unfenced();
    open_backend();
    if (!has_compiler()) {
        tell(1, "the real compiler # SKIP it is not installed");
        close_backend();
        return;
    }
    module = compile_vector_add();
    test_kernels(module);
    test_log();
    test_hostile();
    r = request(VM_GPU_OP_ALLOC, 0);
    r.u.memory.length = 1;
    tell(run(&r) == VM_GPU_UNSUPPORTED && strstr(text, "compile-for"), "there is no memory");
    r = request(VM_GPU_OP_UNLOAD, 0);
    r.u.code.module = module;
    tell(run(&r) == VM_GPU_OK, "unload");
    close_backend();
}

/* The architecture is not one that the compiler knows: whatever it does, the request ends. */
void test_unknown(void)
{
    struct vm_gpu_request r;

    test_unfenced();
    open_backend();
    if (has_compiler()) {
        r = compile_good();
        tell(r.error == VM_GPU_COMPILE && strstr(text, prop_string(&props, "compile-for")),
             "an unknown architecture is an error that names it");
        printf("# %.300s\n", text);
    } else {
        tell(1, "an unknown architecture # SKIP the compiler is not installed");
    }
    close_backend();
}

/* It is one that some versions know. */
void test_perhaps(void)
{
    struct vm_gpu_request r;

    test_unfenced();
    open_backend();
    if (has_compiler()) {
        r = compile_good();
        tell((r.error == VM_GPU_OK && r.u.code.module) ||
                 (r.error == VM_GPU_COMPILE && strstr(text, prop_string(&props, "compile-for"))),
             "an architecture of late: compiled, or an error that names it");
        printf("# %.300s\n", text);
    } else {
        tell(1, "an architecture of late # SKIP the compiler is not installed");
    }
    close_backend();
}

/* ---- A real GPU ------------------------------------------------------------------------------ */

static void test_big_copies(void)
{
    enum { SIZE = 32 << 20 };
    char *in = aligned_alloc(4096, SIZE), *out = aligned_alloc(4096, SIZE);
    uint64_t a = alloc(0, SIZE);

    for (size_t i = 0; i < SIZE; i++)
        in[i] = (char)(i * 7 + (i >> 12));
    ops->host_memory(be, in, SIZE, 1);
    tell(a && copy_now(VM_GPU_OP_COPY_IN, a, in, SIZE) == VM_GPU_OK &&
             copy_now(VM_GPU_OP_COPY_OUT, a, out, SIZE) == VM_GPU_OK && memcmp(in, out, SIZE) == 0,
         "32 MiB there and back");
    ops->host_memory(be, in, SIZE, 0);
    release(0, a);
    free(in);
    free(out);
}

void test_real(void)
{
    struct vm_gpu_info info = {.size = sizeof(info)};
    struct vm_error why = VM_ERROR_INIT;
    uint64_t fn, ns = 0;
    struct vm_gpu_request r;

    test_unfenced();
    open_backend();
    if (ops->n_gpus(be, &why) == 0) {
        tell(1, "a real GPU # SKIP there is none");
        printf("# %s\n", why.text);
        close_backend();
        return;
    }
    ops->info(be, 0, &info);
    printf("# %s, %s, %s\n", info.name, info.architecture, info.driver);
    tell(info.memory_free > 0 && info.memory_free <= info.memory_total && info.compute_units > 0,
         "its memory and units");
    fn = test_kernels(compile_vector_add());
    tell(add_vectors(0, fn, &ns) == 0 && ns > 0, "vector add");
    test_log();
    test_big_copies();
    r = request(VM_GPU_OP_ALLOC, 0);
    r.u.memory.length = 1ull << 50;
    tell(run(&r) == VM_GPU_NO_MEMORY, "too much memory");
    r = compile("extern \"C\" __global__ void bad() { *(volatile int *)16 = 1; }\n", NULL);
    r = function(r.u.code.module, "bad");
    r = launch(r.u.function.function, 1, 1, NULL, 0);
    tell(!is_cuda() || run(&r) == VM_GPU_FAILED, "a bad address");
    tell(!is_cuda() || alloc(0, 16) == 0, "after which the GPU is lost");
    close_backend();
}
