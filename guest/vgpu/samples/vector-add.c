/* SPDX-License-Identifier: BSD-2-Clause */
/* vector-add.c - adds two vectors on the GPU and compares the sums with the processor's. */
#include <stdio.h>
#include <stdlib.h>

#include "common.h"

static const char opencl[] =
    "__kernel void vector_add(__global const float *a, __global const float *b,\n"
    "                         __global float *sum, uint n)\n"
    "{\n"
    "    uint i = get_global_id(0);\n"
    "    if (i < n)\n"
    "        sum[i] = a[i] + b[i];\n"
    "}\n";
static const char cuda[] =
    "extern \"C\" __global__ void vector_add(const float *a, const float *b, float *sum,\n"
    "                                      unsigned n)\n"
    "{\n"
    "    unsigned i = blockIdx.x * blockDim.x + threadIdx.x;\n"
    "    if (i < n)\n"
    "        sum[i] = a[i] + b[i];\n"
    "}\n";

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 100000, wrong = 0;
    uint64_t bytes = (uint64_t)n * sizeof(float);
    float *a = malloc(bytes + 1), *b = malloc(bytes + 1), *sum = calloc(1, bytes + 1);
    struct vgpu *v = open_device();

    if (!n || !a || !b || !sum)
        return 2;
    for (uint32_t i = 0; i < n; i++) {
        a[i] = (float)i * 0.25f;
        b[i] = (float)(n - i) * 3.5f;
    }
    struct {
        uint64_t a, b, sum;
        uint32_t n;
    } arguments = {make_buffer(v, a, bytes), make_buffer(v, b, bytes), make_buffer(v, NULL, bytes),
                   n};
    const struct vgpu_launch launch = {
        .function = make_kernel(v, opencl, cuda, "vector_add"),
        .grid = {(n + 127) / 128},
        .block = {128},
        .arguments = &arguments,
        .arguments_size = 28,
    };
    check(v, vgpu_launch(v, 0, &launch), "launch");
    check(v, vgpu_read(v, 0, sum, arguments.sum, bytes), "copy from the GPU");
    for (uint32_t i = 0; i < n; i++)
        wrong += sum[i] != a[i] + b[i];
    printf("vector-add: %u sums, %u wrong\n", n, wrong);
    vgpu_close(v);
    return wrong != 0;
}
