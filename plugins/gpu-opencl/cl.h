/* SPDX-License-Identifier: BSD-2-Clause */
/* cl.h - OpenCL's functions as a library that is looked for when the plugin runs has them. */
#ifndef GPU_OPENCL_CL_H
#define GPU_OPENCL_CL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <vmrun/gpu.h>

/* Those of version 1.2 that are used, without their `cl`. */
#define CL_FUNCTIONS(F)          \
    F(BuildProgram)              \
    F(CreateBuffer)              \
    F(CreateCommandQueue)        \
    F(CreateContext)             \
    F(CreateKernel)              \
    F(CreateProgramWithBinary)   \
    F(CreateProgramWithSource)   \
    F(CreateSubBuffer)           \
    F(EnqueueCopyBuffer)         \
    F(EnqueueMarkerWithWaitList) \
    F(EnqueueNDRangeKernel)      \
    F(EnqueueReadBuffer)         \
    F(EnqueueWriteBuffer)        \
    F(Finish)                    \
    F(Flush)                     \
    F(GetDeviceIDs)              \
    F(GetDeviceInfo)             \
    F(GetEventProfilingInfo)     \
    F(GetKernelArgInfo)          \
    F(GetKernelInfo)             \
    F(GetKernelWorkGroupInfo)    \
    F(GetPlatformIDs)            \
    F(GetPlatformInfo)           \
    F(GetProgramBuildInfo)       \
    F(ReleaseCommandQueue)       \
    F(ReleaseContext)            \
    F(ReleaseEvent)              \
    F(ReleaseKernel)             \
    F(ReleaseMemObject)          \
    F(ReleaseProgram)            \
    F(SetEventCallback)          \
    F(SetKernelArg)              \
    F(WaitForEvents)

struct cl {
#define CL_MEMBER(name) __typeof__(cl##name) *name;
    CL_FUNCTIONS(CL_MEMBER)
#undef CL_MEMBER
};

/* Fills the table. -1 with why set: there is no such library, or it is too old. */
int cl_load(struct cl *cl, const char *library, struct vm_error *why);
const char *cl_error_name(cl_int error);
/* The enum vm_gpu_error that comes nearest. */
uint32_t cl_error_kind(cl_int error);
/* The request failed in the function `what`; returns the enum vm_gpu_error. */
uint32_t cl_failed(struct vm_gpu_request *r, const char *what, cl_int error);

#endif
