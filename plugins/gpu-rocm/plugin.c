/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plugin.c - gpu-rocm: AMD's GPUs through HIP. Names and numbers are those of AMD's "HIP Runtime
 * API Reference", the same from ROCm 5 on.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../gpu-common/driver.h"

#define CALL(function, symbol, ...)                               \
    {                                                             \
        offsetof(struct gpu_calls, function), symbol, __VA_ARGS__ \
    }

static const struct gpu_call_name calls[] = {
    CALL(init, "hipInit", 0, 0),
    CALL(driver_version, "hipRuntimeGetVersion", 0, 0),
    CALL(count, "hipGetDeviceCount", 0, 0),
    CALL(device_get, "hipDeviceGet", 0, 0),
    CALL(device_name, "hipDeviceGetName", 0, 0),
    CALL(device_total, "hipDeviceTotalMem", 0, 0),
    CALL(device_attribute, "hipDeviceGetAttribute", 0, 0),
    CALL(memory_info, "hipMemGetInfo", 0, 0),
    CALL(device_set, "hipSetDevice", 0, 0),
    CALL(device_properties, "hipGetDeviceProperties", 0, 0),
    CALL(device_properties, "hipGetDevicePropertiesR0600", 1, 0), /* ROCm 6 */
    CALL(alloc, "hipMalloc", 0, 0),
    CALL(release, "hipFree", 0, 0),
    CALL(copy_in, "hipMemcpyHtoDAsync", 0, 0),
    CALL(copy_out, "hipMemcpyDtoHAsync", 0, 0),
    CALL(copy, "hipMemcpyDtoDAsync", 0, 0),
    CALL(host_register, "hipHostRegister", 0, 0),
    CALL(host_unregister, "hipHostUnregister", 0, 0),
    CALL(stream_create, "hipStreamCreateWithFlags", 0, 0),
    CALL(stream_destroy, "hipStreamDestroy", 0, 0),
    CALL(stream_wait, "hipStreamSynchronize", 0, 0),
    CALL(event_create, "hipEventCreateWithFlags", 0, 0),
    CALL(event_destroy, "hipEventDestroy", 0, 0),
    CALL(event_record, "hipEventRecord", 0, 0),
    CALL(event_query, "hipEventQuery", 0, 0),
    CALL(event_elapsed, "hipEventElapsedTime", 0, 0),
    CALL(module_load, "hipModuleLoadData", 0, 0),
    CALL(module_unload, "hipModuleUnload", 0, 0),
    CALL(module_function, "hipModuleGetFunction", 0, 0),
    CALL(function_attribute, "hipFuncGetAttribute", 0, 0),
    CALL(launch, "hipModuleLaunchKernel", 0, 0),
    CALL(error_name_of, "hipGetErrorName", 0, 0),
};

/* hipDeviceAttribute_t */
static const int attributes[GPU_N_ATTRIBUTES] = {
    [GPU_MAX_THREADS] = 56, [GPU_MAX_BLOCK_X] = 26,     [GPU_MAX_BLOCK_Y] = 27,
    [GPU_MAX_BLOCK_Z] = 28, [GPU_MAX_GRID_X] = 29,      [GPU_MAX_GRID_Y] = 30,
    [GPU_MAX_GRID_Z] = 31,  [GPU_MAX_SHARED] = 74,      [GPU_WARP] = 87,
    [GPU_CLOCK_KHZ] = 5,    [GPU_MULTIPROCESSORS] = 63, [GPU_L2] = 19,
};

/*
 * "gfx90a" with its features behind it is a string within hipDeviceProp_t, and there only; where
 * changed with ROCm 6 and may again, as the struct's size. The GPU's name comes first in all.
 */
enum { NAME_SIZE = 256, PROPERTIES_SIZE = 16384 };

static int architecture(struct gpu_driver *d, int device, char *name, size_t size)
{
    static const char prefix[] = "gfx";
    char properties[PROPERTIES_SIZE] = "";

    if (d->call.device_properties(properties, device) != GPU_SUCCESS)
        return -1;
    for (size_t i = NAME_SIZE; i < sizeof(properties) - NAME_SIZE; i++)
        if (memcmp(properties + i, prefix, 3) == 0 && isxdigit((unsigned char)properties[i + 3])) {
            snprintf(name, size, "%.60s", properties + i);
            return 0;
        }
    return -1;
}

static void version(int v, char *text, size_t size)
{
    snprintf(text, size, "HIP %d.%d", v / 10000000, v % 10000000 / 100000);
}

static const char *const libraries[] = {
    "libamdhip64.so.7",
    "libamdhip64.so.6",
    "libamdhip64.so.5",
    "libamdhip64.so",
    "/opt/rocm/lib/libamdhip64.so",
    NULL,
};

/* Of clang's, of which HIPRTC's are; none that names a file, or hands on to another program. */
static const char *const options[] = {
    "-D*",
    "-U*",
    "-w",
    "-g",
    "-O0",
    "-O1",
    "-O2",
    "-O3",
    "-std=*",
    "--std=*",
    "-ffast-math",
    "-fno-fast-math",
    "-ffp-contract=*",
    "-munsafe-fp-atomics",
    "-mno-unsafe-fp-atomics",
    "-mcumode",
    "-mno-cumode",
    "-mwavefrontsize64",
    "-mno-wavefrontsize64",
    "-Wall",
    "-Wextra",
    "-Werror",
    NULL,
};

static const struct gpu_driver_kind kind = {
    .maker = "AMD",
    .what = "HIP runtime",
    .advice = "install ROCm's HIP runtime (libamdhip64; on Debian the package libamdhip64-5)",
    .libraries = libraries,
    .calls = calls,
    .n_calls = sizeof(calls) / sizeof(calls[0]),
    .sources = VM_GPU_SOURCE_HIP,
    .binaries = VM_GPU_BINARY_CODE_OBJECT,
    .attributes = attributes,
    .launch_end = 3, /* HIP_LAUNCH_PARAM_END */
    .helper = "gpu-rocm-compile",
    .architecture_option = "--gpu-architecture=",
    .architecture_like = "gfx90a",
    .options = options,
    .kernels = gpu_codeobject_kernels,
    .binary = VM_GPU_BINARY_CODE_OBJECT,
    .architecture = architecture,
    .version = version,
};

static void *rocm_create(const struct vm_gpu_host *host, struct vm_gpu_ctx *ctx,
                         const struct vm_props *props, struct vm_error *err)
{
    return gpu_driver_create(&kind, host, ctx, props, err);
}

static const void *get_interface(const char *id)
{
    static const struct vm_gpu_ops ops = {GPU_DRIVER_OPS, .create = rocm_create};

    return strcmp(id, VM_GPU_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {GPU_DRIVER_PROPERTIES(
    "libamdhip64.so", "HIPRTC", "compiles for this architecture (gfx90a) and uses no GPU")};

VM_PLUGIN(.kind = VM_KIND_GPU, .name = "gpu-rocm", .version = GPU_PLUGIN_VERSION,
          .licence = "BSD-2-Clause", .summary = "AMD GPUs through ROCm's HIP",
          .description =
              "Runs a guest's kernels on AMD's GPUs. HIP C++ is compiled by HIPRTC, in a "
              "process of its own with limits of time and memory, since some versions "
              "die of architectures that they do not know; code objects are loaded as "
              "they are. The libraries are looked for at run time: without HIP there "
              "are no GPUs.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
