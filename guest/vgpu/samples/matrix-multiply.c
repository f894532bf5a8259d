/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * matrix-multiply.c - multiplies two square matrices on the GPU, by tiles in shared memory, and
 * compares the product with the processor's. Small whole numbers: both are exact.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common.h"

#define TILE 8

static const char opencl[] =
    "#define TILE 8\n"
    "__kernel void multiply(__global const float *a, __global const float *b,\n"
    "                       __global float *c, uint n)\n"
    "{\n"
    "    __local float at[TILE][TILE], bt[TILE][TILE];\n"
    "    uint x = get_local_id(0), y = get_local_id(1);\n"
    "    uint column = get_global_id(0), row = get_global_id(1);\n"
    "    float sum = 0;\n"
    "    for (uint t = 0; t < n; t += TILE) {\n"
    "        at[y][x] = a[row * n + t + x];\n"
    "        bt[y][x] = b[(t + y) * n + column];\n"
    "        barrier(CLK_LOCAL_MEM_FENCE);\n"
    "        for (uint k = 0; k < TILE; k++)\n"
    "            sum += at[y][k] * bt[k][x];\n"
    "        barrier(CLK_LOCAL_MEM_FENCE);\n"
    "    }\n"
    "    c[row * n + column] = sum;\n"
    "}\n";
static const char cuda[] =
    "#define TILE 8\n"
    "extern \"C\" __global__ void multiply(const float *a, const float *b, float *c, unsigned n)\n"
    "{\n"
    "    __shared__ float at[TILE][TILE], bt[TILE][TILE];\n"
    "    unsigned x = threadIdx.x, y = threadIdx.y;\n"
    "    unsigned column = blockIdx.x * TILE + x, row = blockIdx.y * TILE + y;\n"
    "    float sum = 0;\n"
    "    for (unsigned t = 0; t < n; t += TILE) {\n"
    "        at[y][x] = a[row * n + t + x];\n"
    "        bt[y][x] = b[(t + y) * n + column];\n"
    "        __syncthreads();\n"
    "        for (unsigned k = 0; k < TILE; k++)\n"
    "            sum += at[y][k] * bt[k][x];\n"
    "        __syncthreads();\n"
    "    }\n"
    "    c[row * n + column] = sum;\n"
    "}\n";

static uint32_t count_wrong(const float *a, const float *b, const float *c, uint32_t n)
{
    uint32_t wrong = 0;

    for (uint32_t row = 0; row < n; row++) {
        for (uint32_t column = 0; column < n; column++) {
            float sum = 0;
            for (uint32_t k = 0; k < n; k++)
                sum += a[row * n + k] * b[k * n + column];
            wrong += sum != c[row * n + column];
        }
    }
    return wrong;
}

int main(int argc, char **argv)
{
    uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 0) : 96, wrong;
    uint64_t bytes = (uint64_t)n * n * sizeof(float);
    float *a = malloc(bytes + 1), *b = malloc(bytes + 1), *c = calloc(1, bytes + 1);
    struct vgpu *v = open_device();

    if (!n || n % TILE || n > 4096 || !a || !b || !c)
        return 2;
    for (uint32_t i = 0; i < n * n; i++) {
        a[i] = (float)(i % 13) - 6;
        b[i] = (float)(i % 7) - 3;
    }
    struct {
        uint64_t a, b, c;
        uint32_t n;
    } arguments = {make_buffer(v, a, bytes), make_buffer(v, b, bytes), make_buffer(v, NULL, bytes),
                   n};
    const struct vgpu_launch launch = {
        .function = make_kernel(v, opencl, cuda, "multiply"),
        .grid = {n / TILE, n / TILE},
        .block = {TILE, TILE},
        .arguments = &arguments,
        .arguments_size = 28,
    };
    check(v, vgpu_launch(v, 0, &launch), "launch");
    check(v, vgpu_read(v, 0, c, arguments.c, bytes), "copy from the GPU");
    wrong = count_wrong(a, b, c, n);
    printf("matrix-multiply: %u x %u, %u wrong\n", n, n, wrong);
    vgpu_close(v);
    return wrong != 0;
}
