/* SPDX-License-Identifier: BSD-2-Clause */
/* devices.c - which OpenCL devices there are, which are wanted, and what they are. */
#define _GNU_SOURCE
#include "opencl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_PLATFORMS 32
#define MAX_DEVICES   64

/* Of extensions, which ask for values under these numbers. */
#define DEVICE_GLOBAL_FREE_MEMORY_AMD      0x4039 /* KiB, two numbers; cl_amd_device_attribute_query */
#define DEVICE_WAVEFRONT_WIDTH_AMD         0x4043
#define DEVICE_COMPUTE_CAPABILITY_MAJOR_NV 0x4000 /* cl_nv_device_attribute_query */
#define DEVICE_COMPUTE_CAPABILITY_MINOR_NV 0x4001
#define DEVICE_WARP_SIZE_NV                0x4003

struct candidates {
    cl_platform_id platforms[MAX_DEVICES]; /* of each device */
    cl_device_id devices[MAX_DEVICES];
    uint32_t n;
};

/* ---- what a device is ---- */

/* `size` bytes of a number that is not there read as zero. */
static void get(const struct opencl *o, cl_device_id d, cl_device_info what, void *value,
                size_t size)
{
    memset(value, 0, size);
    if (o->cl.GetDeviceInfo(d, what, size, value, NULL))
        memset(value, 0, size);
}

static uint32_t get_uint(const struct opencl *o, cl_device_id d, cl_device_info what)
{
    cl_uint value;

    get(o, d, what, &value, sizeof(value));
    return value;
}

static uint64_t get_ulong(const struct opencl *o, cl_device_id d, cl_device_info what)
{
    cl_ulong value;

    get(o, d, what, &value, sizeof(value));
    return value;
}

static size_t get_size(const struct opencl *o, cl_device_id d, cl_device_info what)
{
    size_t value;

    get(o, d, what, &value, sizeof(value));
    return value;
}

static uint32_t clamp(size_t n)
{
    return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX;
}

/* As much of a name as there is room for; some begin with blanks. */
static void get_text(const struct opencl *o, cl_device_id d, cl_device_info what, char *text,
                     size_t room)
{
    char whole[1024] = "";
    const char *at = whole;

    if (o->cl.GetDeviceInfo(d, what, sizeof(whole) - 1, whole, NULL))
        whole[0] = 0;
    while (isspace((unsigned char)*at))
        at++;
    snprintf(text, room, "%s", at);
}

static void get_platform_text(const struct opencl *o, cl_platform_id p, cl_platform_info what,
                              char *text, size_t room)
{
    memset(text, 0, room);
    if (o->cl.GetPlatformInfo(p, what, room - 1, text, NULL))
        text[0] = 0;
}

/* What is known by extensions only. */
static void get_extras(const struct opencl *o, struct gpu *g)
{
    char extensions[8192] = "";

    snprintf(g->info.architecture, sizeof(g->info.architecture), "%.*s",
             (int)sizeof(g->info.architecture) - 1, g->info.name);
    if (o->cl.GetDeviceInfo(g->device, CL_DEVICE_EXTENSIONS, sizeof(extensions) - 1, extensions,
                            NULL))
        return;
    if (strstr(extensions, "cl_nv_device_attribute_query")) {
        snprintf(g->info.architecture, sizeof(g->info.architecture), "sm_%u%u",
                 (unsigned)get_uint(o, g->device, DEVICE_COMPUTE_CAPABILITY_MAJOR_NV),
                 (unsigned)get_uint(o, g->device, DEVICE_COMPUTE_CAPABILITY_MINOR_NV));
        g->info.subgroup = get_uint(o, g->device, DEVICE_WARP_SIZE_NV);
    } else if (strstr(extensions, "cl_amd_device_attribute_query")) {
        g->info.subgroup = get_uint(o, g->device, DEVICE_WAVEFRONT_WIDTH_AMD);
        g->knows_free = true;
    }
}

static void describe(const struct opencl *o, struct gpu *g, cl_platform_id p)
{
    struct vm_gpu_info *i = &g->info;
    char platform[64], version[64];
    size_t block[16]; /* of each dimension; there are more than three nowhere */

    i->sources = VM_GPU_SOURCE_OPENCL_C;
    i->binaries = VM_GPU_BINARY_OPENCL;
    get_text(o, g->device, CL_DEVICE_NAME, i->name, sizeof(i->name));
    get_text(o, g->device, CL_DEVICE_VENDOR, i->vendor, sizeof(i->vendor));
    get_text(o, g->device, CL_DRIVER_VERSION, version, sizeof(version));
    get_platform_text(o, p, CL_PLATFORM_NAME, platform, sizeof(platform));
    snprintf(i->driver, sizeof(i->driver), "%.40s %.22s", platform, version);
    i->memory_total = get_ulong(o, g->device, CL_DEVICE_GLOBAL_MEM_SIZE);
    i->max_alloc = get_ulong(o, g->device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    i->clock_hz = UINT64_C(1000000) * get_uint(o, g->device, CL_DEVICE_MAX_CLOCK_FREQUENCY);
    i->l2_size = get_ulong(o, g->device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE);
    i->shared_size = get_ulong(o, g->device, CL_DEVICE_LOCAL_MEM_SIZE);
    i->compute_units = get_uint(o, g->device, CL_DEVICE_MAX_COMPUTE_UNITS);
    i->max_block_threads = clamp(get_size(o, g->device, CL_DEVICE_MAX_WORK_GROUP_SIZE));
    get(o, g->device, CL_DEVICE_MAX_WORK_ITEM_SIZES, block, sizeof(block));
    for (unsigned k = 0; k < 3; k++) {
        i->max_block[k] = clamp(block[k]);
        i->max_grid[k] = UINT32_MAX;
    }
    i->argument_size = clamp(get_size(o, g->device, CL_DEVICE_MAX_PARAMETER_SIZE));
    g->sub_buffer_alignment = get_uint(o, g->device, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    g->cpu = (get_ulong(o, g->device, CL_DEVICE_TYPE) & CL_DEVICE_TYPE_CPU) != 0;
    get_extras(o, g);
}

uint64_t devices_free_memory(const struct opencl *o, const struct gpu *g)
{
    size_t kib[2] = {0, 0};

    if (!g->knows_free ||
        o->cl.GetDeviceInfo(g->device, DEVICE_GLOBAL_FREE_MEMORY_AMD, sizeof(kib), kib, NULL))
        return g->info.memory_total;
    return (uint64_t)kib[0] * 1024;
}

/* ---- which there are ---- */

static void look_at_platform(const struct opencl *o, cl_platform_id p, const struct choice *choice,
                             struct candidates *c)
{
    cl_device_id devices[MAX_DEVICES];
    char name[256];
    cl_uint n = 0;

    get_platform_text(o, p, CL_PLATFORM_NAME, name, sizeof(name));
    if (choice->platform && !strcasestr(name, choice->platform))
        return;
    if (o->cl.GetDeviceIDs(p, choice->kind, MAX_DEVICES, devices, &n))
        return;
    for (cl_uint i = 0; i < n && i < MAX_DEVICES && c->n < MAX_DEVICES; i++) {
        cl_bool usable = CL_FALSE;
        get(o, devices[i], CL_DEVICE_AVAILABLE, &usable, sizeof(usable));
        if (!usable)
            continue;
        c->platforms[c->n] = p;
        c->devices[c->n++] = devices[i];
    }
}

static void look(struct opencl *o, const struct choice *choice, struct candidates *c)
{
    cl_platform_id platforms[MAX_PLATFORMS];
    cl_uint n = 0;
    cl_int error = o->cl.GetPlatformIDs(MAX_PLATFORMS, platforms, &n);

    if (error || !n) {
        vm_error_set(&o->why,
                     "no OpenCL is installed (clGetPlatformIDs: %s); install that of the GPU's "
                     "maker, or, on Debian, pocl-opencl-icd for the processor",
                     error ? cl_error_name(error) : "none");
        return;
    }
    for (cl_uint i = 0; i < n && i < MAX_PLATFORMS; i++)
        look_at_platform(o, platforms[i], choice, c);
    if (!c->n)
        vm_error_set(&o->why, "none of the %u OpenCL platforms that are installed has a device%s",
                     (unsigned)n,
                     choice->platform || choice->kind != CL_DEVICE_TYPE_ALL
                         ? " that `platform` and `kind` let through (a processor only with "
                           "kind = cpu, for guests that are trusted)"
                         : "");
}

/* ---- which are wanted ---- */

/* One number of the list; *at behind it and its comma. -1: it is none, or no device's. */
static int next_number(const char **at, const struct candidates *c)
{
    char *end;
    unsigned long n;

    if (!isdigit((unsigned char)**at))
        return -1;
    n = strtoul(*at, &end, 10);
    if (*end == ',' && end[1])
        end++;
    else if (*end)
        return -1;
    *at = end;
    return n < c->n ? (int)n : -1;
}

/* Leaves in the candidates what is wanted. -1: the list is wrong. */
static int choose(const char *list, struct candidates *c)
{
    struct candidates all = *c;
    bool taken[MAX_DEVICES] = {false};

    c->n = 0;
    for (const char *at = list; *at;) {
        int number = next_number(&at, &all);
        if (number < 0 || taken[number])
            return -1;
        taken[number] = true;
        c->platforms[c->n] = all.platforms[number];
        c->devices[c->n++] = all.devices[number];
    }
    return c->n ? 0 : -1;
}

static cl_int open_device(struct opencl *o, struct gpu *g, cl_platform_id p)
{
    const cl_context_properties where[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)p, 0};
    cl_int error = CL_SUCCESS;

    describe(o, g, p);
    g->context = o->cl.CreateContext(where, 1, &g->device, NULL, NULL, &error);
    if (!g->context)
        return error;
    error = queue_open(o, &g->stream, g);
    if (error)
        o->cl.ReleaseContext(g->context);
    return error;
}

/* Those that cannot be opened are left out. */
static void open_chosen(struct opencl *o, const struct candidates *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        struct gpu *g = &o->gpus[o->n_gpus];
        cl_int error;

        *g = (struct gpu){.index = o->n_gpus, .device = c->devices[i]};
        error = open_device(o, g, c->platforms[i]);
        if (!error) {
            o->n_gpus++;
            continue;
        }
        vm_error_set(&o->why, "%s cannot be opened: %s", g->info.name, cl_error_name(error));
        o->host->base->log(o->ctx, VM_LOG_WARNING, "%s", o->why.text);
    }
}

int devices_open(struct opencl *o, const struct choice *choice, struct vm_error *err)
{
    struct candidates c = {.n = 0};
    uint32_t n;

    look(o, choice, &c);
    n = c.n;
    if (!n)
        return 0;
    if (choice->devices && choose(choice->devices, &c))
        return vm_error_set(err,
                            "devices = %s: not a list of different numbers, with commas, of the "
                            "devices that there are, which are 0 to %u",
                            choice->devices, (unsigned)n - 1);
    o->gpus = calloc(c.n, sizeof(*o->gpus));
    if (!o->gpus)
        return vm_error_set(err, "out of memory");
    open_chosen(o, &c);
    return 0;
}

void devices_close(struct opencl *o)
{
    for (uint32_t i = 0; i < o->n_gpus; i++) {
        o->cl.Finish(o->gpus[i].stream.queue);
        o->cl.ReleaseCommandQueue(o->gpus[i].stream.queue);
        o->cl.ReleaseContext(o->gpus[i].context);
    }
    free(o->gpus);
}
