/* SPDX-License-Identifier: BSD-2-Clause */
/* vgpu-info.c - says which GPUs there are, and what was done with them. */
#include <inttypes.h>
#include <stdio.h>

#include "vgpu.h"

struct word {
    uint32_t bit;
    const char *name;
};

static const struct word sources[] = {{VGPU_SOURCE_CUDA, "CUDA C++"},
                                      {VGPU_SOURCE_HIP, "HIP C++"},
                                      {VGPU_SOURCE_OPENCL_C, "OpenCL C"}};
static const struct word binaries[] = {{VGPU_BINARY_PTX, "PTX"},
                                       {VGPU_BINARY_CUBIN, "cubin"},
                                       {VGPU_BINARY_CODE_OBJECT, "AMD code object"},
                                       {VGPU_BINARY_OPENCL, "OpenCL binary"}};

static void print_words(const char *name, uint32_t bits, const struct word *words, size_t n)
{
    const char *between = "";

    printf("  %-16s ", name);
    for (size_t i = 0; i < n; i++) {
        if (bits & words[i].bit) {
            printf("%s%s", between, words[i].name);
            between = ", ";
        }
    }
    printf("%s\n", *between ? "" : "none");
}

static void print_bytes(const char *name, uint64_t bytes)
{
    if (bytes)
        printf("  %-16s %" PRIu64 " bytes\n", name, bytes);
}

static int print_gpu(struct vgpu *v, uint32_t gpu)
{
    struct vgpu_info i;
    int error = vgpu_info(v, gpu, &i);

    if (error) {
        fprintf(stderr, "vgpu-info: GPU %u: %s\n", gpu, vgpu_error_name(error));
        return 1;
    }
    printf("GPU %u: %s (%s)\n", gpu, i.name, i.vendor);
    printf("  %-16s %s\n  %-16s %s\n", "driver", i.driver, "architecture", i.architecture);
    print_words("compiles", i.sources, sources, sizeof(sources) / sizeof(sources[0]));
    print_words("loads", i.binaries, binaries, sizeof(binaries) / sizeof(binaries[0]));
    print_bytes("memory", i.memory_total);
    print_bytes("free", i.memory_free);
    print_bytes("largest piece", i.max_alloc);
    printf("  %-16s %u\n", "compute units", i.compute_units);
    if (i.clock_hz)
        printf("  %-16s %" PRIu64 " MHz\n", "clock", i.clock_hz / 1000000);
    print_bytes("L2 cache", i.l2_size);
    print_bytes("shared memory", i.shared_size);
    if (i.subgroup)
        printf("  %-16s %u\n", "subgroup", i.subgroup);
    printf("  %-16s %u threads, at most %u x %u x %u\n", "block", i.max_block_threads,
           i.max_block[0], i.max_block[1], i.max_block[2]);
    printf("  %-16s %u x %u x %u blocks\n", "grid", i.max_grid[0], i.max_grid[1], i.max_grid[2]);
    return 0;
}

static int print_stats(struct vgpu *v)
{
    static const char *const names[VGPU_STATS] = {
        [VGPU_STAT_BYTES_IN] = "bytes to GPUs",
        [VGPU_STAT_BYTES_OUT] = "bytes from GPUs",
        [VGPU_STAT_BYTES_WITHIN] = "bytes within GPUs",
        [VGPU_STAT_LAUNCHES] = "launches",
        [VGPU_STAT_COMPILATIONS] = "compilations",
        [VGPU_STAT_ERRORS] = "errors",
        [VGPU_STAT_COPY_NS] = "ns of copies",
        [VGPU_STAT_LAUNCH_NS] = "ns of launches",
        [VGPU_STAT_LAUNCH_GPU_NS] = "ns of kernels",
        [VGPU_STAT_COMPILE_NS] = "ns of compilations",
        [VGPU_STAT_QUOTA] = "memory allowed",
        [VGPU_STAT_MEMORY_USED] = "memory used",
    };
    uint64_t numbers[VGPU_STATS];
    int error = vgpu_gpus(v) ? vgpu_stats(v, numbers) : VGPU_OK;

    if (error || !vgpu_gpus(v))
        return error != VGPU_OK;
    printf("since the machine was started:\n");
    for (uint32_t i = 0; i < VGPU_STATS; i++)
        if (numbers[i] != UINT64_MAX)
            printf("  %-18s %" PRIu64 "\n", names[i], numbers[i]);
    return 0;
}

int main(int argc, char **argv)
{
    char why[256];
    int status = 0;

    if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
        fprintf(stderr, "usage: vgpu-info [PCI-ADDRESS]\n");
        return 2;
    }
    struct vgpu *v = vgpu_open(argv[1], why, sizeof(why));
    if (!v) {
        fprintf(stderr, "vgpu-info: %s\n", why);
        return 1;
    }
    printf("device %s, %u GPU%s\n", vgpu_address(v), vgpu_gpus(v), vgpu_gpus(v) == 1 ? "" : "s");
    for (uint32_t gpu = 0; gpu < vgpu_gpus(v); gpu++)
        status |= print_gpu(v, gpu);
    status |= print_stats(v);
    vgpu_close(v);
    return status;
}
