/* SPDX-License-Identifier: BSD-2-Clause */
/* common.c - what the samples share. */
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void check(struct vgpu *v, int error, const char *what)
{
    if (!error)
        return;
    fprintf(stderr, "%s: %s\n%s\n", what, vgpu_error_name(error), vgpu_text(v));
    exit(1);
}

struct vgpu *open_device(void)
{
    char why[256];
    struct vgpu *v = vgpu_open(NULL, why, sizeof(why));

    if (!v || vgpu_gpus(v) == 0) {
        fprintf(stderr, "%s\n", v ? "the device has no GPU" : why);
        exit(1);
    }
    return v;
}

uint32_t make_kernel(struct vgpu *v, const char *opencl, const char *cuda, const char *name)
{
    struct vgpu_info info;
    struct vgpu_function f;
    uint32_t module, format;

    check(v, vgpu_info(v, 0, &info), "information");
    format = info.sources & VGPU_SOURCE_OPENCL_C ? VGPU_SOURCE_OPENCL_C
             : info.sources & VGPU_SOURCE_CUDA   ? VGPU_SOURCE_CUDA
                                                 : VGPU_SOURCE_HIP;
    const char *source = format == VGPU_SOURCE_OPENCL_C ? opencl : cuda;
    printf("%s\n", info.name);
    check(v, vgpu_compile(v, 0, format, source, strlen(source), NULL, &module), "compilation");
    check(v, vgpu_function(v, 0, module, name, &f), name);
    return f.function;
}

uint64_t make_buffer(struct vgpu *v, const void *from, uint64_t bytes)
{
    uint64_t address;

    check(v, vgpu_alloc(v, 0, bytes, &address), "memory");
    if (from)
        check(v, vgpu_write(v, 0, address, from, bytes), "copy to the GPU");
    return address;
}
