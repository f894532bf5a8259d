/* SPDX-License-Identifier: BSD-2-Clause */
/* driver_library.c - opens a driver's library, finds its functions and its GPUs. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver.h"

enum { MAX_GPUS = 64, ARGUMENT_SIZE = 4096 };

/* ---- The library ----------------------------------------------------------------------------- */

static int find_calls(struct gpu_driver *d, const char *library, struct vm_error *err)
{
    for (uint32_t i = 0; i < d->kind->n_calls; i++) {
        const struct gpu_call_name *call = &d->kind->calls[i];
        void *function = dlsym(d->library, call->name);
        if (!function && !call->optional)
            return vm_error_set(err, "%s has no function %s: is it a %s, and not too old?", library,
                                call->name, d->kind->what);
        if (function) /* of two names for one the later is the better, if it is there */
            memcpy((char *)&d->call + call->at, &function, sizeof(function));
    }
    return 0;
}

static int open_library(struct gpu_driver *d, const char *library, struct vm_error *err)
{
    const char *why = "no name";

    if (library) {
        d->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
        if (!d->library)
            why = dlerror();
    }
    for (size_t i = 0; !library && !d->library && d->kind->libraries[i]; i++) {
        d->library = dlopen(d->kind->libraries[i], RTLD_NOW | RTLD_LOCAL);
        if (!d->library)
            why = dlerror();
    }
    if (!d->library)
        return vm_error_set(err, "there is no %s here (%s): %s", d->kind->what, why,
                            d->kind->advice);
    return find_calls(d, library ? library : d->kind->libraries[0], err);
}

static int begin_driver(struct gpu_driver *d, int *n, struct vm_error *err)
{
    int result = d->call.init(0);

    if (result == GPU_ERROR_STUB_LIBRARY)
        return vm_error_set(err,
                            "the library found is a stub, for linking alone, not the %s: %s, or "
                            "take the stubs' folder out of the library path",
                            d->kind->what, d->kind->advice);
    if (result == GPU_SUCCESS)
        result = d->call.count(n);
    /* HIP's init calls the first of no GPUs invalid. */
    if (result == GPU_ERROR_NO_DEVICE || result == GPU_ERROR_INVALID_DEVICE ||
        (result == GPU_SUCCESS && *n <= 0))
        return vm_error_set(err,
                            "the %s finds no GPU: see that there is one and that this user "
                            "may open it",
                            d->kind->what);
    if (result != GPU_SUCCESS) {
        gpu_driver_check(d, result, offsetof(struct gpu_calls, init), err);
        return vm_error_prefix(err, "the %s does not start", d->kind->what);
    }
    return 0;
}

/* ---- One GPU --------------------------------------------------------------------------------- */

static uint32_t attribute(struct gpu_driver *d, int device, enum gpu_attribute which)
{
    int value = 0;

    if (d->call.device_attribute(&value, d->kind->attributes[which], device) || value < 0)
        return 0;
    return (uint32_t)value;
}

static void read_info(struct gpu_driver *d, struct gpu_device *gpu)
{
    struct vm_gpu_info *info = &gpu->info;
    int device = gpu->device, version = 0;

    info->size = sizeof(*info);
    info->sources = d->kind->sources;
    info->binaries = d->kind->binaries;
    snprintf(info->vendor, sizeof(info->vendor), "%s", d->kind->maker);
    if (d->call.driver_version(&version) == GPU_SUCCESS)
        d->kind->version(version, info->driver, sizeof(info->driver));
    info->clock_hz = (uint64_t)attribute(d, device, GPU_CLOCK_KHZ) * 1000;
    info->l2_size = attribute(d, device, GPU_L2);
    info->shared_size = attribute(d, device, GPU_MAX_SHARED);
    info->compute_units = attribute(d, device, GPU_MULTIPROCESSORS);
    info->subgroup = attribute(d, device, GPU_WARP);
    info->max_block_threads = attribute(d, device, GPU_MAX_THREADS);
    for (int i = 0; i < 3; i++) {
        info->max_block[i] = attribute(d, device, GPU_MAX_BLOCK_X + i);
        info->max_grid[i] = attribute(d, device, GPU_MAX_GRID_X + i);
    }
    info->argument_size = ARGUMENT_SIZE;
}

static int open_gpu(struct gpu_driver *d, int ordinal, struct vm_error *err)
{
    struct gpu_device *gpu = &d->gpus[d->n_gpus];
    size_t total = 0;

    gpu->ordinal = ordinal;
    if (GPU_CALL(d, err, device_get, &gpu->device, ordinal) ||
        GPU_CALL(d, err, device_name, gpu->info.name, sizeof(gpu->info.name), gpu->device) ||
        GPU_CALL(d, err, device_total, &total, gpu->device) ||
        (d->call.context_retain && GPU_CALL(d, err, context_retain, &gpu->context, gpu->device)))
        return -1;
    gpu->info.name[sizeof(gpu->info.name) - 1] = 0;
    gpu->info.memory_total = gpu->info.max_alloc = total;
    d->n_gpus++; /* from here on close() gives it back */
    if (d->kind->architecture(d, gpu->device, gpu->info.architecture,
                              sizeof(gpu->info.architecture)))
        return vm_error_set(err, "the %s does not tell the architecture of GPU %d", d->kind->what,
                            ordinal);
    read_info(d, gpu);
    if (gpu_driver_use(d, d->n_gpus - 1, err))
        return -1;
    return gpu_stream_new(d, d->n_gpus - 1, 0, err) ? 0 : -1;
}

/* "0,2": the GPUs to use, in this order; NULL: all. */
static int chosen(const char *list, int n, int *ordinals, struct vm_error *err)
{
    int k = 0;

    if (!list) {
        for (; k < n && k < MAX_GPUS; k++)
            ordinals[k] = k;
        return k;
    }
    for (;;) {
        char *end;
        unsigned long v = strtoul(list, &end, 10);
        if (end == list || *list < '0' || *list > '9' || (*end && *end != ','))
            return vm_error_set(err,
                                "devices: numbers with commas between them, as in 0,2; not "
                                "\"%s\"",
                                list);
        if (v >= (unsigned long)n || k == MAX_GPUS)
            return vm_error_set(err, "devices: there is no GPU %lu, only 0 to %d", v, n - 1);
        for (int i = 0; i < k; i++)
            if (ordinals[i] == (int)v)
                return vm_error_set(err, "devices: GPU %lu is named twice", v);
        ordinals[k++] = (int)v;
        if (!*end)
            return k;
        list = end + 1;
    }
}

int gpu_driver_open(struct gpu_driver *d, const char *library, const char *devices,
                    struct vm_error *err)
{
    int ordinals[MAX_GPUS], n = 0;

    if (open_library(d, library, err) || begin_driver(d, &n, err))
        return -1;
    n = chosen(devices, n, ordinals, err);
    if (n < 0)
        return -1;
    d->gpus = calloc((size_t)n, sizeof(*d->gpus));
    if (!d->gpus)
        return vm_error_set(err, "out of memory");
    for (int i = 0; i < n; i++)
        if (open_gpu(d, ordinals[i], err))
            return vm_error_prefix(err, "GPU %d", ordinals[i]);
    return 0;
}

/* One GPU that is none: it compiles and tells of kernels. */
int gpu_driver_compile_only(struct gpu_driver *d, const char *architecture, struct vm_error *err)
{
    struct vm_gpu_info *info;

    d->gpus = calloc(1, sizeof(*d->gpus));
    if (!d->gpus)
        return vm_error_set(err, "out of memory");
    d->n_gpus = 1;
    d->compile_only = 1;
    info = &d->gpus[0].info;
    info->size = sizeof(*info);
    info->sources = d->kind->sources;
    info->binaries = d->kind->binary;
    snprintf(info->name, sizeof(info->name), "compiler for %.64s", architecture);
    snprintf(info->vendor, sizeof(info->vendor), "%s", d->kind->maker);
    snprintf(info->driver, sizeof(info->driver), "none: compile-for is given");
    snprintf(info->architecture, sizeof(info->architecture), "%s", architecture);
    return 0;
}

void gpu_driver_close(struct gpu_driver *d)
{
    for (uint32_t i = 0; i < d->n_gpus && d->library; i++) {
        struct gpu_device *gpu = &d->gpus[i];
        if (gpu_driver_use(d, i, NULL) == 0)
            gpu_streams_free(d, i);
        if (d->call.context_set)
            d->call.context_set(NULL);
        if (gpu->context)
            d->call.context_release(gpu->device);
    }
    free(d->gpus);
    d->gpus = NULL;
    d->n_gpus = 0;
    /* The library stays open: drivers leave threads and handlers behind that would miss it. */
}
