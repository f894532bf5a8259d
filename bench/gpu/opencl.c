/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opencl.c - what gpu-opencl costs on top of OpenCL itself: copies of 256 MiB and launches, by
 * turns through the plugin and by plain OpenCL on the same device.
 *
 * opencl-bench PLUGIN: all of it, as medians. opencl-bench PLUGIN serve: for each line `NAME COUNT`
 * of the input a line `gpu: NAME` with the nanoseconds of so many samples, as the guest's
 * measure.c does; a name with `plain-` before it is of plain OpenCL.
 */
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <vmrun/gpu.h>
#include <vmrun/test.h>
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

#define BYTES    ((size_t)256 << 20)
#define COPIES   15
#define LAUNCHES 3000
#define ROW      100 /* launches that are waited for together */

static const char source[] = "__kernel void nothing(__global int *a, int b) { if (b) *a = b; }\n";

/* Plain OpenCL, with the first device as the plugin has it. */
static cl_command_queue queue;
static cl_kernel kernel;
static cl_mem buffer;
static char *host;

/* The same through the plugin. */
static const struct vm_plugin *plugin;
static const struct vm_gpu_ops *ops;
static void *gpu;
static sem_t done; /* one for each request */
static uint64_t address, function;

static void die(const char *what)
{
    fprintf(stderr, "opencl-bench: %s\n", what);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- plain OpenCL ---- */

static void open_plain(void)
{
    const char *text = source;
    cl_platform_id platform;
    cl_device_id device;
    cl_context context;
    cl_program program;
    cl_int error;

    if (clGetPlatformIDs(1, &platform, NULL) ||
        clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL))
        die("there is no OpenCL device");
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    if (!error)
        queue = clCreateCommandQueue(context, device, CL_QUEUE_PROFILING_ENABLE, &error);
    if (!error)
        buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, BYTES, NULL, &error);
    if (error)
        die("the OpenCL device cannot be used");
    program = clCreateProgramWithSource(context, 1, &text, NULL, &error);
    if (error || clBuildProgram(program, 1, &device, NULL, NULL, NULL))
        die("the kernel cannot be compiled");
    kernel = clCreateKernel(program, "nothing", &error);
    if (error)
        die("there is no kernel");
}

static void plain_in(void)
{
    if (clEnqueueWriteBuffer(queue, buffer, CL_TRUE, 0, BYTES, host, 0, NULL, NULL))
        die("clEnqueueWriteBuffer failed");
}

static void plain_out(void)
{
    if (clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, BYTES, host, 0, NULL, NULL))
        die("clEnqueueReadBuffer failed");
}

static void plain_begin(void)
{
    static const size_t one[3] = {1, 1, 1};
    cl_int zero = 0;

    if (clSetKernelArg(kernel, 0, sizeof(buffer), &buffer) ||
        clSetKernelArg(kernel, 1, sizeof(zero), &zero) ||
        clEnqueueNDRangeKernel(queue, kernel, 3, NULL, one, one, 0, NULL, NULL))
        die("the kernel cannot be launched");
}

static void plain_launch(void)
{
    plain_begin();
    clFinish(queue);
}

static void plain_row(void)
{
    for (int i = 0; i < ROW; i++)
        plain_begin();
    clFinish(queue);
}

/* ---- through the plugin, whose host does nothing but wait ---- */

static const char *prop_string(const struct vm_props *props, const char *name)
{
    (void)props;
    for (uint32_t i = 0; i < plugin->n_properties; i++)
        if (strcmp(plugin->properties[i].name, name) == 0)
            return plugin->properties[i].default_value;
    return NULL;
}

/* All are choices, and at their first. */
static uint64_t prop_uint(const struct vm_props *props, const char *name)
{
    (void)props;
    (void)name;
    return 0;
}

static void log_line(const void *who, int level, const char *fmt, ...)
{
    (void)who;
    (void)level;
    (void)fmt;
}

static void complete(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r, uint32_t error)
{
    (void)ctx;
    r->error = error;
    sem_post(&done);
}

static const struct vm_host base = {.size = sizeof(base),
                                    .abi_minor = VM_ABI_MINOR,
                                    .log = log_line,
                                    .prop_uint = prop_uint,
                                    .prop_string = prop_string};
static const struct vm_gpu_host gpu_host = {
    .size = sizeof(gpu_host), .base = &base, .complete = complete};

/* Waits for all of them. */
static void finish(struct vm_gpu_request *r, int n)
{
    ops->poll(gpu, 0);
    for (int i = 0; i < n; i++)
        sem_wait(&done);
    for (int i = 0; i < n; i++)
        if (r[i].error)
            die("a request failed");
}

static void request(struct vm_gpu_request *r)
{
    ops->submit(gpu, r);
    finish(r, 1);
}

static void prepare(void)
{
    struct vm_gpu_parameter parameters[VM_GPU_MAX_PARAMETERS];
    struct vm_gpu_request memory = {.op = VM_GPU_OP_ALLOC, .u.memory.length = BYTES};
    struct vm_gpu_request code = {.op = VM_GPU_OP_COMPILE};
    struct vm_gpu_request named = {.op = VM_GPU_OP_FUNCTION};

    request(&memory);
    address = memory.u.memory.address;
    code.u.code = (struct vm_gpu_code){
        .format = VM_GPU_SOURCE_OPENCL_C, .bytes = source, .length = strlen(source)};
    request(&code);
    named.u.function = (struct vm_gpu_function){
        .module = code.u.code.module, .name = "nothing", .parameters = parameters};
    request(&named);
    function = named.u.function.function;
}

static void open_plugin(const char *path)
{
    struct vm_error err = VM_ERROR_INIT;

    plugin = vm_test_load(path, &err);
    if (!plugin)
        die(err.text);
    ops = plugin->get_interface(VM_GPU_INTERFACE);
    sem_init(&done, 0, 0);
    gpu = ops->create(&gpu_host, NULL, NULL, &err);
    if (!gpu || !ops->n_gpus(gpu, &err))
        die(err.text);
    prepare();
}

static void plugin_copy(uint32_t op)
{
    struct vm_gpu_request r = {.op = op};

    r.u.copy = (struct vm_gpu_copy){.address = address, .length = BYTES, .host = host};
    request(&r);
}

static void plugin_in(void)
{
    plugin_copy(VM_GPU_OP_COPY_IN);
}

static void plugin_out(void)
{
    plugin_copy(VM_GPU_OP_COPY_OUT);
}

static void plugin_launches(int n)
{
    static struct vm_gpu_request r[ROW];
    struct {
        uint64_t a;
        int32_t b;
    } arguments = {address, 0};

    for (int i = 0; i < n; i++) {
        r[i] = (struct vm_gpu_request){.op = VM_GPU_OP_LAUNCH};
        r[i].u.launch = (struct vm_gpu_launch){.function = function,
                                               .grid = {1, 1, 1},
                                               .block = {1, 1, 1},
                                               .arguments = &arguments,
                                               .arguments_size = 12};
        ops->submit(gpu, &r[i]);
    }
    finish(r, n);
}

static void plugin_launch(void)
{
    plugin_launches(1);
}

static void plugin_row(void)
{
    plugin_launches(ROW);
}

/* ---- by turns ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

static double time_of(void (*what)(void))
{
    double begin = now();

    what();
    return now() - begin;
}

struct medians {
    double plain, plugin; /* seconds */
};

/* ---- what guest.py asks for ---- */

static const struct figure {
    const char *name;
    void (*sample)(void);
    int each; /* launches of a sample */
} figures[] = {
    {"in", plugin_in, 1},
    {"out", plugin_out, 1},
    {"launch", plugin_launch, 1},
    {"launch-many", plugin_row, ROW},
    {"plain-in", plain_in, 1},
    {"plain-out", plain_out, 1},
    {"plain-launch", plain_launch, 1},
    {"plain-launch-many", plain_row, ROW},
};

static const struct figure *find(const char *name)
{
    for (size_t i = 0; i < sizeof(figures) / sizeof(figures[0]); i++)
        if (strcmp(figures[i].name, name) == 0)
            return &figures[i];
    die("there is no such figure");
    return NULL;
}

static void serve(void)
{
    static double samples[LAUNCHES];
    char line[64], name[32];
    unsigned n;

    printf("gpu: ready\n");
    fflush(stdout);
    while (fgets(line, sizeof(line), stdin)) {
        if (sscanf(line, "%31s %u", name, &n) != 2 || n == 0 || n > LAUNCHES)
            die("a line is to be a name and how many");
        const struct figure *f = find(name);
        for (unsigned i = 0; i < n; i++)
            samples[i] = time_of(f->sample) / f->each;
        printf("gpu: %s", name);
        for (unsigned i = 0; i < n; i++)
            printf(" %.0f", samples[i] * 1e9);
        printf("\n");
        fflush(stdout);
    }
}

/* ---- all of it ---- */

static struct medians measure(void (*plain)(void), void (*by_plugin)(void), int n)
{
    static double a[LAUNCHES], b[LAUNCHES];

    plain();
    by_plugin();
    for (int i = 0; i < n; i++) {
        a[i] = time_of(plain);
        b[i] = time_of(by_plugin);
    }
    qsort(a, (size_t)n, sizeof(a[0]), compare);
    qsort(b, (size_t)n, sizeof(b[0]), compare);
    return (struct medians){a[n / 2], b[n / 2]};
}

static void copies(const char *name, void (*plain)(void), void (*by_plugin)(void))
{
    struct medians m = measure(plain, by_plugin, COPIES);

    printf("%-18s %8.2f GB/s plain %8.2f GB/s plugin  ratio %.2f\n", name,
           (double)BYTES / m.plain / 1e9, (double)BYTES / m.plugin / 1e9, m.plain / m.plugin);
}

static void launches(const char *name, void (*plain)(void), void (*by_plugin)(void), int n,
                     int each)
{
    struct medians m = measure(plain, by_plugin, n);

    printf("%-18s %8.2f us plain   %8.2f us plugin    difference %+.2f us\n", name,
           m.plain / each * 1e6, m.plugin / each * 1e6, (m.plugin - m.plain) / each * 1e6);
}

static void print_all(void)
{
    struct vm_gpu_info info = {.size = sizeof(info)};

    ops->info(gpu, 0, &info);
    printf("%s, %s\n", info.name, info.driver);
    copies("256 MiB in", plain_in, plugin_in);
    copies("256 MiB out", plain_out, plugin_out);
    launches("a launch", plain_launch, plugin_launch, LAUNCHES, 1);
    launches("100 in a row", plain_row, plugin_row, LAUNCHES / ROW, ROW);
}

int main(int argc, char **argv)
{
    int serves = argc == 3 && strcmp(argv[2], "serve") == 0;

    if (argc != 2 && !serves)
        die("the plugin's file is to be the argument, and `serve` may be the second");
    host = malloc(BYTES);
    if (!host)
        die("out of memory");
    memset(host, 7, BYTES);
    open_plain();
    open_plugin(argv[1]);
    if (serves)
        serve();
    else
        print_all();
    ops->destroy(gpu);
    free(host);
    return 0;
}
