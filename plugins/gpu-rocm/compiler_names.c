/* SPDX-License-Identifier: BSD-2-Clause */
/* compiler_names.c - HIPRTC's names, from AMD's "HIP RTC Programming Guide". Before ROCm 6 they
 * were in HIP's own library, too, and on some systems there alone. */
#include "../gpu-common/compiler.h"

#include <stddef.h>

static const char *const libraries[] = {
    "libhiprtc.so.7",
    "libhiprtc.so.6",
    "libhiprtc.so.5",
    "libhiprtc.so",
    "libamdhip64.so.5",
    "libamdhip64.so",
    "/opt/rocm/lib/libhiprtc.so",
    NULL,
};

const struct gpu_compiler_names gpu_compiler_names = {
    .libraries = libraries,
    .companions = "libhiprtc-builtins.so",
    .advice = "install HIPRTC (libhiprtc.so or libamdhip64.so of ROCm; on Debian the package "
              "libamdhip64-5), or name it by compiler-library",
    .file = "kernel.hip",
    .functions = {"hiprtcCreateProgram", "hiprtcCompileProgram", "hiprtcGetProgramLogSize",
                  "hiprtcGetProgramLog", "hiprtcGetCodeSize", "hiprtcGetCode",
                  "hiprtcDestroyProgram", "hiprtcGetErrorString"},
};
