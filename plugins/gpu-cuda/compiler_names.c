/* SPDX-License-Identifier: BSD-2-Clause */
/* compiler_names.c - NVRTC's names, from NVIDIA's "NVRTC User Guide". */
#include "../gpu-common/compiler.h"

#include <stddef.h>

static const char *const libraries[] = {
    "libnvrtc.so.13",
    "libnvrtc.so.12",
    "libnvrtc.so.11.2", /* of all 11.x from 11.3 on */
    "libnvrtc.so",
    "/usr/local/cuda/lib64/libnvrtc.so",
    NULL,
};

const struct gpu_compiler_names gpu_compiler_names = {
    .libraries = libraries,
    .companions = "libnvrtc-builtins.so",
    .advice = "install NVRTC (libnvrtc.so of the CUDA toolkit, 11.3 or later), or name it by "
              "compiler-library",
    .file = "kernel.cu",
    .functions = {"nvrtcCreateProgram", "nvrtcCompileProgram", "nvrtcGetProgramLogSize",
                  "nvrtcGetProgramLog", "nvrtcGetCUBINSize", "nvrtcGetCUBIN", "nvrtcDestroyProgram",
                  "nvrtcGetErrorString"},
    .portable = {"nvrtcGetNumSupportedArchs", "nvrtcGetSupportedArchs", "nvrtcGetPTXSize",
                 "nvrtcGetPTX"},
    .portable_option = "--gpu-architecture=compute_",
};
