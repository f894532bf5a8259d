/* SPDX-License-Identifier: BSD-2-Clause */
/* cl.c - OpenCL's library and its errors. */
#define _GNU_SOURCE
#include "cl.h"

#include <dlfcn.h>
#include <stdio.h>
#include "../gpu-common/text.h"

/* The library stays: what is behind it has threads that cannot be told to end. */
int cl_load(struct cl *cl, const char *library, struct vm_error *why)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return vm_error_set(why,
                            "there is no OpenCL (%s); install an OpenCL loader, on Debian "
                            "ocl-icd-libopencl1, and the OpenCL of the GPU's maker, or "
                            "pocl-opencl-icd for the processor",
                            dlerror());
#define CL_FIND(name)                                                                     \
    cl->name = (__typeof__(cl->name))dlsym(handle, "cl" #name);                           \
    if (!cl->name) {                                                                      \
        dlclose(handle);                                                                  \
        return vm_error_set(why, "%s has no cl" #name ": OpenCL 1.2 is needed", library); \
    }
    CL_FUNCTIONS(CL_FIND)
#undef CL_FIND
    return 0;
}

static const struct {
    cl_int error;
    const char *name;
    uint32_t kind;
} errors[] = {
#define E(error, kind)               \
    {                                \
        error, #error, VM_GPU_##kind \
    }
    E(CL_DEVICE_NOT_FOUND, LOST),
    E(CL_DEVICE_NOT_AVAILABLE, LOST),
    E(CL_COMPILER_NOT_AVAILABLE, UNSUPPORTED),
    E(CL_MEM_OBJECT_ALLOCATION_FAILURE, NO_MEMORY),
    E(CL_OUT_OF_RESOURCES, NO_MEMORY),
    E(CL_OUT_OF_HOST_MEMORY, NO_MEMORY),
    E(CL_PROFILING_INFO_NOT_AVAILABLE, FAILED),
    E(CL_MEM_COPY_OVERLAP, INVALID),
    E(CL_IMAGE_FORMAT_MISMATCH, INVALID),
    E(CL_IMAGE_FORMAT_NOT_SUPPORTED, UNSUPPORTED),
    E(CL_BUILD_PROGRAM_FAILURE, COMPILE),
    E(CL_MAP_FAILURE, FAILED),
    E(CL_MISALIGNED_SUB_BUFFER_OFFSET, INVALID),
    E(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, FAILED),
    E(CL_COMPILE_PROGRAM_FAILURE, COMPILE),
    E(CL_LINKER_NOT_AVAILABLE, UNSUPPORTED),
    E(CL_LINK_PROGRAM_FAILURE, COMPILE),
    E(CL_KERNEL_ARG_INFO_NOT_AVAILABLE, UNSUPPORTED),
    E(CL_INVALID_VALUE, INVALID),
    E(CL_INVALID_DEVICE_TYPE, INVALID),
    E(CL_INVALID_PLATFORM, INVALID),
    E(CL_INVALID_DEVICE, INVALID),
    E(CL_INVALID_CONTEXT, INVALID),
    E(CL_INVALID_QUEUE_PROPERTIES, INVALID),
    E(CL_INVALID_COMMAND_QUEUE, INVALID),
    E(CL_INVALID_HOST_PTR, INVALID),
    E(CL_INVALID_MEM_OBJECT, INVALID),
    E(CL_INVALID_BINARY, INVALID),
    E(CL_INVALID_BUILD_OPTIONS, COMPILE),
    E(CL_INVALID_PROGRAM, INVALID),
    E(CL_INVALID_PROGRAM_EXECUTABLE, INVALID),
    E(CL_INVALID_KERNEL_NAME, NOT_FOUND),
    E(CL_INVALID_KERNEL_DEFINITION, INVALID),
    E(CL_INVALID_KERNEL, INVALID),
    E(CL_INVALID_ARG_INDEX, INVALID),
    E(CL_INVALID_ARG_VALUE, INVALID),
    E(CL_INVALID_ARG_SIZE, INVALID),
    E(CL_INVALID_KERNEL_ARGS, INVALID),
    E(CL_INVALID_WORK_DIMENSION, INVALID),
    E(CL_INVALID_WORK_GROUP_SIZE, INVALID),
    E(CL_INVALID_WORK_ITEM_SIZE, INVALID),
    E(CL_INVALID_GLOBAL_OFFSET, INVALID),
    E(CL_INVALID_EVENT_WAIT_LIST, INVALID),
    E(CL_INVALID_EVENT, INVALID),
    E(CL_INVALID_OPERATION, INVALID),
    E(CL_INVALID_BUFFER_SIZE, NO_MEMORY),
    E(CL_INVALID_GLOBAL_WORK_SIZE, INVALID),
    E(CL_INVALID_PROPERTY, INVALID),
    E(CL_INVALID_COMPILER_OPTIONS, COMPILE),
    E(CL_INVALID_LINKER_OPTIONS, COMPILE),
    /* Of cl_khr_icd: the loader has no implementation to load. */
    {-1001, "CL_PLATFORM_NOT_FOUND_KHR", VM_GPU_LOST},
#undef E
};

#define N_ERRORS (sizeof(errors) / sizeof(errors[0]))

const char *cl_error_name(cl_int error)
{
    for (size_t i = 0; i < N_ERRORS; i++)
        if (errors[i].error == error)
            return errors[i].name;
    return "an error without a name";
}

uint32_t cl_error_kind(cl_int error)
{
    for (size_t i = 0; i < N_ERRORS; i++)
        if (errors[i].error == error)
            return errors[i].kind;
    return VM_GPU_FAILED;
}

uint32_t cl_failed(struct vm_gpu_request *r, const char *what, cl_int error)
{
    return text_error(r, cl_error_kind(error), "%s: %s (%d)", what, cl_error_name(error),
                      (int)error);
}
