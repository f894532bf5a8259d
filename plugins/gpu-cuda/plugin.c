/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plugin.c - gpu-cuda: NVIDIA's GPUs through the CUDA driver's library. Names and numbers are those
 * of NVIDIA's "CUDA Driver API Reference Manual". A name that ends in _v2 is the function that the
 * manual has without: the older one takes sizes of 32 bits.
 */
#include <stdio.h>
#include <string.h>

#include "../gpu-common/driver.h"

#define CALL(function, symbol, ...)                               \
    {                                                             \
        offsetof(struct gpu_calls, function), symbol, __VA_ARGS__ \
    }

static const struct gpu_call_name calls[] = {
    CALL(init, "cuInit", 0, 0),
    CALL(driver_version, "cuDriverGetVersion", 0, 0),
    CALL(count, "cuDeviceGetCount", 0, 0),
    CALL(device_get, "cuDeviceGet", 0, 0),
    CALL(device_name, "cuDeviceGetName", 0, 0),
    CALL(device_total, "cuDeviceTotalMem_v2", 0, 0),
    CALL(device_attribute, "cuDeviceGetAttribute", 0, 0),
    CALL(memory_info, "cuMemGetInfo_v2", 0, 0),
    CALL(context_retain, "cuDevicePrimaryCtxRetain", 0, 0),
    CALL(context_release, "cuDevicePrimaryCtxRelease_v2", 0, 0),
    CALL(context_set, "cuCtxSetCurrent", 0, 0),
    CALL(alloc, "cuMemAlloc_v2", 0, 0),
    CALL(release, "cuMemFree_v2", 0, 0),
    CALL(copy_in, "cuMemcpyHtoDAsync_v2", 0, 0),
    CALL(copy_out, "cuMemcpyDtoHAsync_v2", 0, 0),
    CALL(copy, "cuMemcpyDtoDAsync_v2", 0, 0),
    CALL(host_register, "cuMemHostRegister_v2", 0, 0),
    CALL(host_unregister, "cuMemHostUnregister", 0, 0),
    CALL(stream_create, "cuStreamCreate", 0, 0),
    CALL(stream_destroy, "cuStreamDestroy_v2", 0, 0),
    CALL(stream_wait, "cuStreamSynchronize", 0, 0),
    CALL(event_create, "cuEventCreate", 0, 0),
    CALL(event_destroy, "cuEventDestroy_v2", 0, 0),
    CALL(event_record, "cuEventRecord", 0, 0),
    CALL(event_query, "cuEventQuery", 0, 0),
    CALL(event_elapsed, "cuEventElapsedTime", 0, 0),
    CALL(module_load, "cuModuleLoadData", 0, 0),
    CALL(module_load_log, "cuModuleLoadDataEx", 0, 0),
    CALL(module_unload, "cuModuleUnload", 0, 0),
    CALL(module_function, "cuModuleGetFunction", 0, 0),
    CALL(function_attribute, "cuFuncGetAttribute", 0, 0),
    CALL(function_set, "cuFuncSetAttribute", 0, 0),
    CALL(function_parameter, "cuFuncGetParamInfo", 1, 0), /* CUDA 12.4 */
    CALL(launch, "cuLaunchKernel", 0, 0),
    CALL(error_name, "cuGetErrorName", 0, 0),
};

/* CUdevice_attribute; GPU_MAX_SHARED is what a kernel gets that asks for it. */
static const int attributes[GPU_N_ATTRIBUTES] = {
    [GPU_MAX_THREADS] = 1, [GPU_MAX_BLOCK_X] = 2, [GPU_MAX_BLOCK_Y] = 3,      [GPU_MAX_BLOCK_Z] = 4,
    [GPU_MAX_GRID_X] = 5,  [GPU_MAX_GRID_Y] = 6,  [GPU_MAX_GRID_Z] = 7,       [GPU_MAX_SHARED] = 97,
    [GPU_WARP] = 10,       [GPU_CLOCK_KHZ] = 13,  [GPU_MULTIPROCESSORS] = 16, [GPU_L2] = 38,
};

enum { CAPABILITY_MAJOR = 75, CAPABILITY_MINOR = 76 };

static int architecture(struct gpu_driver *d, int device, char *name, size_t size)
{
    int major = 0, minor = 0;

    if (d->call.device_attribute(&major, CAPABILITY_MAJOR, device) ||
        d->call.device_attribute(&minor, CAPABILITY_MINOR, device))
        return -1;
    snprintf(name, size, "sm_%d%d", major, minor);
    return 0;
}

static void version(int v, char *text, size_t size)
{
    snprintf(text, size, "CUDA driver %d.%d", v / 1000, v % 1000 / 10);
}

static const char *const libraries[] = {"libcuda.so.1", NULL};

/* Of NVRTC's; none that names a file. */
static const char *const options[] = {
    "-D*",
    "--define-macro=*",
    "-U*",
    "--undefine-macro=*",
    "-w",
    "--disable-warnings",
    "-G",
    "--device-debug",
    "-lineinfo",
    "--generate-line-info",
    "-std=*",
    "--std=*",
    "-use_fast_math",
    "--use_fast_math",
    "-fmad=*",
    "--fmad=*",
    "-ftz=*",
    "--ftz=*",
    "-prec-sqrt=*",
    "--prec-sqrt=*",
    "-prec-div=*",
    "--prec-div=*",
    "-maxrregcount=*",
    "--maxrregcount=*",
    "-extra-device-vectorization",
    "--extra-device-vectorization",
    "-default-device",
    "--device-as-default-execution-space",
    "-restrict",
    "--restrict",
    "-diag-suppress=*",
    "--diag-suppress=*",
    "-diag-error=*",
    "--diag-error=*",
    NULL,
};

static const struct gpu_driver_kind kind = {
    .maker = "NVIDIA",
    .what = "CUDA driver",
    .advice = "install NVIDIA's driver for this machine's GPU, with its library libcuda.so.1",
    .libraries = libraries,
    .calls = calls,
    .n_calls = sizeof(calls) / sizeof(calls[0]),
    .sources = VM_GPU_SOURCE_CUDA,
    .binaries = VM_GPU_BINARY_PTX | VM_GPU_BINARY_CUBIN,
    .attributes = attributes,
    .launch_end = 0, /* CU_LAUNCH_PARAM_END */
    .helper = "gpu-cuda-compile",
    .architecture_option = "--gpu-architecture=",
    .architecture_like = "sm_90",
    .options = options,
    .kernels = gpu_cubin_kernels,
    .binary = VM_GPU_BINARY_CUBIN,
    .architecture = architecture,
    .version = version,
};

static void *cuda_create(const struct vm_gpu_host *host, struct vm_gpu_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    return gpu_driver_create(&kind, host, ctx, props, err);
}

static const void *get_interface(const char *id)
{
    static const struct vm_gpu_ops ops = {GPU_DRIVER_OPS, .create = cuda_create};

    return strcmp(id, VM_GPU_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {GPU_DRIVER_PROPERTIES(
    "libcuda.so.1", "NVRTC", "compiles for this architecture (sm_90) and uses no GPU")};

VM_PLUGIN(.kind = VM_KIND_GPU, .name = "gpu-cuda", .version = GPU_PLUGIN_VERSION,
          .licence = "BSD-2-Clause", .summary = "NVIDIA GPUs through the CUDA driver",
          .description =
              "Runs a guest's kernels on NVIDIA's GPUs. CUDA C++ is compiled by NVRTC, in "
              "a process of its own with limits of time and memory, to PTX where the GPU is newer "
              "than NVRTC; PTX and cubins are loaded as they are. Both libraries are looked for at "
              "run time: without "
              "the driver there are no GPUs, without NVRTC no source can be compiled.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
