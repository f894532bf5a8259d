/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver-test.c - goes through gpu-cuda or gpu-rocm: `driver-test WHAT PLUGIN KEY=VALUE...`. Prints
 * TAP. WHAT is
 *   fake     everything, on fake-driver.c, which is `library`
 *   none     there is no GPU; prints why
 *   compiler a compiler that dies, hangs and so on: fake-compiler.c, which is `compiler-library`
 *   compile  the real compiler without a GPU
 *   unknown  the same for an architecture that it does not know
 *   perhaps  the same for one that some versions do not know
 *   real     everything that can be, on a real GPU; prints which
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "binaries.h"
#include "driver-host.h"

/* ---- On the fake ----------------------------------------------------------------------------- */

static void (*fake_fail)(const char *name, int after, int result);
static void (*fake_hold)(int hold);
static int (*fake_live)(void);

static void find_fake(void)
{
    void *library = dlopen(prop_string(&props, "library"), RTLD_NOW | RTLD_LOCAL);

    if (!library)
        give_up(dlerror());
    *(void **)&fake_fail = dlsym(library, "fake_fail");
    *(void **)&fake_hold = dlsym(library, "fake_hold");
    *(void **)&fake_live = dlsym(library, "fake_live");
}

static uint64_t load(uint32_t gpu, uint32_t *error)
{
    static uint8_t bytes[BINARY_SIZE + 1];
    size_t n = is_cuda() ? make_cubin(bytes) : make_code_object(bytes);
    struct vm_gpu_request r =
        code(VM_GPU_OP_LOAD, is_cuda() ? VM_GPU_BINARY_CUBIN : VM_GPU_BINARY_CODE_OBJECT, bytes, n);

    r.gpu = gpu;
    *error = run(&r);
    memset(bytes, 0, sizeof(bytes)); /* it is the backend's no more */
    return r.u.code.module;
}

static void test_info(void)
{
    struct vm_gpu_info info = {.size = sizeof(info)};
    struct vm_error why = VM_ERROR_INIT;
    uint64_t address;

    tell(ops->n_gpus(be, &why) == 2 && !why.set, "two GPUs");
    address = alloc(1, 1 << 20);
    ops->info(be, 1, &info);
    tell(strstr(info.name, "GPU 1") && strcmp(info.vendor, is_cuda() ? "NVIDIA" : "AMD") == 0 &&
             strcmp(info.driver, is_cuda() ? "CUDA driver 12.4" : "HIP 5.2") == 0 &&
             strcmp(info.architecture, is_cuda() ? "sm_90" : "gfx90a:sramecc+:xnack-") == 0,
         "names of the GPU, its maker, driver and architecture");
    tell(info.memory_total == 64 << 20 && info.memory_free == 63 << 20 &&
             info.clock_hz == 1500000000u && info.l2_size == 4 << 20 && info.shared_size == 65536 &&
             info.compute_units == 80 && info.subgroup == 32 && info.max_block_threads == 1024 &&
             info.max_block[2] == 64 && info.max_grid[0] == 2147483647 && info.max_grid[2] == 65535,
         "its sizes");
    release(1, address);
}

static void test_memory(void)
{
    char in[300], out[300];
    uint64_t a = alloc(0, sizeof(in)), b = alloc(1, 100);
    struct vm_gpu_request r;

    memset(in, 'x', sizeof(in));
    tell(a && b && copy_now(VM_GPU_OP_COPY_IN, a, in, sizeof(in)) == VM_GPU_OK &&
             copy_now(VM_GPU_OP_COPY_OUT, a, out, sizeof(out)) == VM_GPU_OK &&
             memcmp(in, out, sizeof(in)) == 0,
         "bytes go there and back");
    r = copy(VM_GPU_OP_COPY, 1, a + 200, NULL, 100);
    r.u.copy.from = a;
    memset(in, 'y', 50);
    copy_now(VM_GPU_OP_COPY_IN, a, in, sizeof(in));
    tell(run(&r) == VM_GPU_OK && copy_now(VM_GPU_OP_COPY_OUT, a + 200, out, 100) == VM_GPU_OK &&
             memcmp(in, out, 100) == 0,
         "and from one place to another");
    tell(release(0, b) == VM_GPU_INVALID && release(0, a + 1) == VM_GPU_INVALID &&
             release(0, a) == VM_GPU_OK && release(0, a) == VM_GPU_INVALID &&
             release(1, b) == VM_GPU_OK,
         "memory is freed once, by its GPU and its beginning");
    r = request(VM_GPU_OP_ALLOC, 1);
    r.u.memory.length = 1ull << 40;
    tell(run(&r) == VM_GPU_NO_MEMORY && strstr(text, is_cuda() ? "cuMemAlloc" : "hipMalloc") &&
             strstr(text, is_cuda() ? "CUDA_ERROR_OUT_OF_MEMORY" : "hipErrorOutOfMemory"),
         "too much memory is refused, with the function and its error by name");
}

static void test_streams(void)
{
    struct vm_gpu_request made = request(VM_GPU_OP_STREAM_NEW, 0), r[3], gone;
    char bytes[64] = "abc", other[64] = "";
    uint64_t a = alloc(0, 64);

    run(&made);
    fake_hold(1);
    r[0] = copy(VM_GPU_OP_COPY_IN, 1, a, bytes, 64);
    r[1] = request(VM_GPU_OP_SYNC, 2);
    r[2] = request(VM_GPU_OP_STREAM_FREE, 3);
    r[0].stream = r[1].stream = r[2].stream = made.stream;
    for (int i = 0; i < 3; i++)
        ops->submit(be, &r[i]);
    ops->poll(be, 0);
    ops->poll(be, 100000);
    tell(!is_done(&r[0]) && !is_done(&r[1]) && !is_done(&r[2]),
         "nothing is done before the GPU has done it");
    gone = request(VM_GPU_OP_SYNC, 4);
    gone.stream = made.stream;
    tell(run(&gone) == VM_GPU_NOT_FOUND, "a stream that is being freed takes nothing more");
    gone = request(VM_GPU_OP_SYNC, 4);
    tell(run(&gone) == VM_GPU_OK, "stream 0 is not held up by the other");
    fake_hold(0);
    for (int i = 0; i < 3; i++)
        wait_for(&r[i]);
    tell(marks[1].turn < marks[2].turn && marks[2].turn < marks[3].turn &&
             copy_now(VM_GPU_OP_COPY_OUT, a, other, 64) == VM_GPU_OK && strcmp(other, "abc") == 0,
         "then all is, in order");
    gone = request(VM_GPU_OP_STREAM_FREE, 4);
    tell(run(&gone) == VM_GPU_INVALID, "stream 0 cannot be freed");
    gone = request(VM_GPU_OP_SYNC, 4);
    gone.gpu = 7;
    tell(run(&gone) == VM_GPU_INVALID, "there is no eighth GPU");
    gone = request(99, 4);
    tell(run(&gone) == VM_GPU_UNSUPPORTED, "nor an operation 99");
    release(0, a);
}

static void test_modules(void)
{
    struct vm_gpu_request f, r;
    uint64_t ns = 0, module;
    uint32_t error;

    module = load(1, &error);
    tell(error == VM_GPU_OK && module != 0, "a binary is loaded");
    f = function(module, "vector_add");
    tell(f.error == VM_GPU_NOT_FOUND, "a module is known to its GPU alone");
    f = request(VM_GPU_OP_FUNCTION, 61);
    f.gpu = 1;
    f.u.function.module = module;
    f.u.function.name = "vector_add";
    f.u.function.parameters = parameters;
    tell(run(&f) == VM_GPU_OK && is_vector_add(&f.u.function) && f.u.function.max_threads == 256 &&
             f.u.function.registers == 12 && f.u.function.local_size == 16 &&
             f.u.function.static_shared == 0,
         "what is known of a kernel");
    tell(add_vectors(1, f.u.function.function, &ns) == 0, "vector add");
    tell(ns == 500000, "the time that the GPU took");
    r = request(VM_GPU_OP_UNLOAD, 5);
    r.gpu = 1;
    r.u.code.module = module;
    tell(run(&r) == VM_GPU_OK && (r = launch(f.u.function.function, 1, 1, NULL, 0), r.gpu = 1,
                                  run(&r) == VM_GPU_NOT_FOUND),
         "a module takes its functions with it");
    module = load(0, &error);
    f = function(module, "nothing");
    tell(f.error == VM_GPU_NOT_FOUND, "a kernel that is not there");
    r = code(VM_GPU_OP_LOAD, is_cuda() ? VM_GPU_BINARY_CUBIN : VM_GPU_BINARY_CODE_OBJECT, "junk",
             4);
    tell(run(&r) == VM_GPU_INVALID && strstr(text, "ELF"), "a binary that is none");
    r = code(VM_GPU_OP_LOAD, VM_GPU_BINARY_OPENCL, "junk", 4);
    tell(run(&r) == VM_GPU_UNSUPPORTED, "a binary of another kind");
}

/* CUDA alone has PTX; with_info: the driver knows the parameters of its kernels. */
static void test_ptx(int with_info)
{
    struct vm_gpu_request r = code(VM_GPU_OP_LOAD, VM_GPU_BINARY_PTX, ".version 8.0", 12), f;

    tell(run(&r) == VM_GPU_OK, "PTX is loaded");
    f = function(r.u.code.module, "vector_add");
    tell(with_info ? f.error == VM_GPU_OK && is_vector_add(&f.u.function)
                   : f.error == VM_GPU_INVALID && strstr(text, "12.4"),
         with_info ? "the driver tells its parameters"
                   : "an old driver cannot tell its parameters");
    r = code(VM_GPU_OP_LOAD, VM_GPU_BINARY_PTX, "nonsense", 8);
    tell(run(&r) == VM_GPU_INVALID && strstr(text, "no .version"), "wrong PTX: the driver's log");
}

static void test_launches(void)
{
    struct arguments args = {0, 0, 0, 0};
    uint32_t error, n = 0;
    uint64_t module = load(0, &error);
    struct vm_gpu_request f = function(module, "vector_add"), r, unload;
    static const struct {
        uint32_t grid, block, shared, arguments;
        const char *words;
    } wrong[] = {
        {0, 1, 0, 32, "grid"},       {1, 0, 0, 32, "block"},     {1, 257, 0, 32, "threads"},
        {1, 1, 70000, 32, "shared"}, {1, 1, 0, 24, "arguments"}, {1, 1, 0, 5000, "arguments"},
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        r = launch(f.u.function.function, wrong[i].grid, wrong[i].block, &args, wrong[i].arguments);
        r.u.launch.shared = wrong[i].shared;
        n += run(&r) == VM_GPU_INVALID && strstr(text, wrong[i].words);
    }
    tell(n == sizeof(wrong) / sizeof(wrong[0]), "wrong launches are refused in words");
    fake_hold(1);
    r = launch(f.u.function.function, 1, 1, &args, sizeof(args));
    r.u.launch.shared = 60000;
    ops->submit(be, &r);
    unload = request(VM_GPU_OP_UNLOAD, 6);
    unload.u.code.module = module;
    ops->submit(be, &unload);
    tell(!is_done(&r) && !is_done(&unload), "a module stays while its kernel runs");
    fake_hold(0);
    wait_for(&r);
    wait_for(&unload);
    tell(r.error == VM_GPU_OK && unload.error == VM_GPU_OK, "and goes then");
}

/* Every call fails once: the request ends with an error, and nothing is left behind. */
static void test_failures(void)
{
    static const struct {
        const char *cuda, *hip;
        int result;
        uint32_t error;
    } cases[] = {
        {"cuMemAlloc_v2", "hipMalloc", 2, VM_GPU_NO_MEMORY},
        {"cuMemcpyHtoDAsync_v2", "hipMemcpyHtoDAsync", 1, VM_GPU_INVALID},
        {"cuEventCreate", "hipEventCreateWithFlags", 2, VM_GPU_NO_MEMORY},
        {"cuEventRecord", "hipEventRecord", 400, VM_GPU_FAILED},
        {"cuLaunchKernel", "hipModuleLaunchKernel", 701, VM_GPU_INVALID},
        {"cuModuleLoadData", "hipModuleLoadData", 209, VM_GPU_INVALID},
        {"cuModuleGetFunction", "hipModuleGetFunction", 500, VM_GPU_NOT_FOUND},
        {"cuStreamCreate", "hipStreamCreateWithFlags", 2, VM_GPU_NO_MEMORY},
    };
    struct arguments args = {0, 0, 0, 0};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *name = is_cuda() ? cases[i].cuda : cases[i].hip;
        struct vm_gpu_request all[6];
        uint32_t error, seen = 0;
        uint64_t address, module;
        char bytes[16] = "", what[100];
        open_backend(); /* without events to use again */
        address = alloc(0, 16);
        fake_fail(name, 0, cases[i].result);
        module = load(0, &error);
        seen += error == cases[i].error;
        if (!module)
            module = load(0, &error);
        all[0] = function(module, "vector_add");
        seen += all[0].error == cases[i].error;
        if (all[0].error)
            all[0] = function(module, "vector_add");
        all[1] = request(VM_GPU_OP_ALLOC, 1);
        all[1].u.memory.length = 1;
        all[2] = copy(VM_GPU_OP_COPY_IN, 2, address, bytes, 16);
        all[3] = launch(all[0].u.function.function, 1, 1, &args, sizeof(args));
        all[4] = request(VM_GPU_OP_STREAM_NEW, 4);
        for (int j = 1; j < 5; j++)
            seen += run(&all[j]) == cases[i].error;
        snprintf(what, sizeof(what), "%s fails: one error %u, nothing left", name, cases[i].error);
        close_backend();
        tell(seen == 1 && fake_live() == 0, what);
    }
}

static void test_lost(void)
{
    uint32_t error;
    uint64_t module = load(0, &error), a = alloc(0, 16), b = alloc(1, 16);
    struct vm_gpu_request f = function(module, "bad_address"), bad, behind, r;
    char bytes[16] = "";

    bad = launch(f.u.function.function, 1, 1, NULL, 0);
    behind = copy(VM_GPU_OP_COPY_OUT, 1, a, bytes, 16);
    fake_hold(1);
    ops->submit(be, &bad);
    ops->submit(be, &behind);
    fake_hold(0);
    wait_for(&bad);
    wait_for(&behind);
    tell(bad.error == VM_GPU_FAILED && behind.error == VM_GPU_LOST, "a bad address: failed, lost");
    r = request(VM_GPU_OP_ALLOC, 2);
    r.u.memory.length = 1;
    tell(run(&r) == VM_GPU_LOST &&
             strstr(text, is_cuda() ? "CUDA_ERROR_ILLEGAL_ADDRESS" : "hipErrorIllegalAddress"),
         "what follows is told why");
    r = copy(VM_GPU_OP_COPY_IN, 2, b, bytes, 16);
    r.gpu = 1;
    tell(run(&r) == VM_GPU_OK, "the other GPU is well");
}

static void test_fake(void)
{
    static char window[8192];
    uint64_t leftover;
    uint32_t error;
    struct vm_gpu_request r;

    find_fake();
    open_backend();
    test_info();
    test_memory();
    test_streams();
    test_modules();
    if (is_cuda())
        test_ptx(strstr(prop_string(&props, "library"), "old") == NULL);
    test_launches();
    ops->host_memory(be, window, sizeof(window), 1);
    ops->host_memory(be, window, sizeof(window) / 2, 0); /* not what was pinned */
    close_backend();
    tell(fake_live() == 0, "nothing is left, but what was not ours");
    test_failures();
    open_backend();
    ops->host_memory(be, window, sizeof(window), 1);
    ops->host_memory(be, window, sizeof(window), 0);
    leftover = load(1, &error);
    r = request(VM_GPU_OP_STREAM_NEW, 1);
    run(&r);
    tell(leftover && alloc(0, 100) && alloc(1, 100) && fake_live() > 4, "things are left over");
    close_backend();
    tell(fake_live() == 0, "destroy() frees them");
    set("devices", "1");
    open_backend();
    tell(ops->n_gpus(be, NULL) == 1 && alloc(0, 16) != 0, "one GPU of two by `devices`");
    close_backend();
    set("devices", "2");
    open_backend();
    tell(ops->n_gpus(be, &(struct vm_error)VM_ERROR_INIT) == 0, "a third there is not");
    close_backend();
    set("devices", NULL);
    open_backend();
    test_lost();
    close_backend();
}

/* ---- Without a GPU --------------------------------------------------------------------------- */

/* `compile-for` is the machine's file's: what is no architecture is an error at once. */
static void test_architectures(void)
{
    static const struct {
        const char *cuda, *hip;
        int good;
    } all[] = {
        {"sm_90", "gfx90a", 1}, {"sm_90a", "gfx90a:sramecc+:xnack-", 1}, {"sm_", "gfx", 0},
        {"gfx90a", "sm_90", 0}, {"sm_90 -I/", "gfx90a -I/", 0},          {"", "", 0},
    };
    unsigned wrong = 0;

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;
        set("compile-for", is_cuda() ? all[i].cuda : all[i].hip);
        if (try_backend(&err) == 0) {
            wrong += !all[i].good;
            close_backend();
        } else {
            wrong += all[i].good || !strstr(err.text, "an architecture as in");
        }
    }
    set("compile-for", NULL);
    tell(wrong == 0, "names of architectures");
}

static void test_none(void)
{
    struct vm_error why = VM_ERROR_INIT;
    struct vm_gpu_request r;

    open_backend();
    tell(ops->n_gpus(be, &why) == 0 && why.set, "no GPU, and a reason");
    printf("# %s\n", why.text);
    r = request(VM_GPU_OP_SYNC, 0);
    tell(run(&r) == VM_GPU_INVALID, "and nothing to be done with it");
    ops->poll(be, 1000);
    ops->host_memory(be, text, sizeof(text), 1);
    close_backend();
    test_architectures();
}

/* ---- A bad compiler -------------------------------------------------------------------------- */

static void test_words(void)
{
    static const struct {
        const char *source, *options;
        uint32_t error;
        const char *words;
    } all[] = {
        {"good", NULL, VM_GPU_OK, "--gpu-architecture="},
        {"good", " -DA=1\n-w ", VM_GPU_OK, "|-DA=1|-w|"},
        {"fail", "-UA", VM_GPU_COMPILE, "Program (--gpu-architecture="},
        {"fail", "-UA", VM_GPU_COMPILE, "): COMPILATION_FAILED"},
        {"companion", NULL, VM_GPU_OK, ""},
        {"names", NULL, VM_GPU_COMPILE, "1:2: see 'own.h' or /"},
        {"die", NULL, VM_GPU_COMPILE, "last words\n\nthe compiler died of signal 6"},
        {"die", NULL, VM_GPU_COMPILE, "the architecture (--gpu-architecture="},
        {"exit", NULL, VM_GPU_COMPILE, "no result"},
        {"junk", NULL, VM_GPU_INVALID, "ELF"},
        {"good", "-D", VM_GPU_INVALID, "the option -D is not"},
        {"good", "-w2", VM_GPU_INVALID, "the option -w2 is not"},
        {"good", "-I/etc", VM_GPU_INVALID, "the option -I/etc is not"},
        {"good", "--save-temps", VM_GPU_INVALID, "--save-temps"},
    };

    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        struct vm_gpu_request r = compile(all[i].source, all[i].options);
        char what[100];
        snprintf(what, sizeof(what), "source \"%s\", options \"%s\"", all[i].source,
                 all[i].options && all[i].options[0] != ' ' ? all[i].options : "");
        tell(r.error == all[i].error && strstr(text, all[i].words), what);
        if (r.error != all[i].error || !strstr(text, all[i].words))
            printf("# error %u: %s\n", r.error, text);
    }
}

/* Many at once, and other work beside them. */
static void test_many(void)
{
    struct vm_gpu_request r[20], other;
    uint32_t n = 0;
    uint64_t a;

    for (unsigned i = 0; i < 20; i++) {
        r[i] = code(VM_GPU_OP_COMPILE, is_cuda() ? VM_GPU_SOURCE_CUDA : VM_GPU_SOURCE_HIP,
                    i % 2 ? "good" : "die", i % 2 ? 4 : 3);
        marks[i] = (struct mark){0, 0};
        r[i].opaque = &marks[i];
        r[i].text = NULL;
        ops->submit(be, &r[i]);
    }
    a = alloc(0, 64);
    other = copy(VM_GPU_OP_COPY_IN, 40, a, text, 64);
    tell(run(&other) == VM_GPU_OK && !is_done(&r[19]), "copies go past compilations");
    for (unsigned i = 0; i < 20; i++) {
        wait_for(&r[i]);
        n += r[i].error == (i % 2 ? VM_GPU_OK : VM_GPU_COMPILE);
    }
    tell(n == 20, "many compilations");
    release(0, a);
}

static void test_compiler(void)
{
    struct vm_gpu_request r, f;
    uint64_t ns;

    find_fake();
    test_unfenced();
    open_backend();
    test_words();
    compile("names", NULL);
    tell(strstr(text, is_cuda() ? "kernel.cu:1:2" : "kernel.hip:1:2") != NULL, "the source's name");
    r = compile("good", NULL);
    f = function(r.u.code.module, "vector_add");
    tell(f.error == VM_GPU_OK && add_vectors(0, f.u.function.function, &ns) == 0,
         "vector add from a source");
    test_many();
    if (has_landlock()) {
        compile("files /etc/passwd", NULL);
        tell(strstr(text, "in 0 own 1 out 0") != NULL, "files of the host's are out of reach");
    } else {
        tell(1, "files of the host's are out of reach # SKIP this kernel has no Landlock");
    }
    close_backend();
    tell(fake_live() == 0, "nothing is left");
    set("compile-time", "1");
    open_backend();
    r = compile("sleep", NULL);
    tell(r.error == VM_GPU_COMPILE && strstr(text, "took too long"), "time is limited");
    close_backend();
    set("compile-time", "60");
    set("compile-memory", "1G");
    open_backend();
    r = compile("memory", NULL);
#ifdef SANITIZED
    tell(1, "memory is limited # SKIP not with a sanitizer, which needs terabytes of addresses");
#else
    tell(r.error == VM_GPU_COMPILE && strstr(text, "no more memory"), "memory is limited");
#endif
    close_backend();
    set("compiler-library", "/nonexistent/library.so");
    open_backend();
    r = compile("good", NULL);
    tell(r.error == VM_GPU_COMPILE && strstr(text, "there is no compiler here"),
         "no compiler at all");
    close_backend();
}

/* The compiler's architectures and what it is asked for: the fake GPU is an sm_90. */
static void test_source_for(const char *option)
{
    struct vm_gpu_request r, f;
    uint64_t ns;

    find_fake();
    open_backend();
    r = compile("good", NULL);
    tell(r.error == VM_GPU_OK && strstr(text, option), option);
    f = function(r.u.code.module, "vector_add");
    tell(f.error == VM_GPU_OK && add_vectors(0, f.u.function.function, &ns) == 0,
         "vector add from that");
    close_backend();
    tell(fake_live() == 0, "nothing is left");
}

static void test_older(void)
{
    test_source_for("--gpu-architecture=compute_86|");
}

static void test_same(void)
{
    test_source_for("--gpu-architecture=sm_90|");
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } tests[] = {{"fake", test_fake},         {"none", test_none},       {"compile", test_compile},
                 {"compiler", test_compiler}, {"unknown", test_unknown}, {"perhaps", test_perhaps},
                 {"older", test_older},       {"same", test_same},       {"real", test_real}};
    void *library = argc > 2 ? dlopen(argv[2], RTLD_NOW | RTLD_LOCAL) : NULL;

    plugin = library ? dlsym(library, VM_PLUGIN_SYMBOL) : NULL;
    if (!plugin)
        give_up(argc > 2 ? dlerror() : "usage: driver-test WHAT PLUGIN KEY=VALUE...");
    ops = plugin->get_interface(VM_GPU_INTERFACE);
    for (uint32_t i = 0; i < plugin->n_properties; i++)
        set(plugin->properties[i].name, plugin->properties[i].default_value);
    for (int i = 3; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (!equals)
            give_up(argv[i]);
        *equals = 0;
        set(argv[i], equals + 1);
    }
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        if (strcmp(argv[1], tests[i].name) == 0)
            tests[i].run();
    for (uint32_t i = 0; i < plugin->n_properties; i++)
        free(props.values[i]);
    printf("1..%u\n", n_tests);
    return !all_ok;
}
