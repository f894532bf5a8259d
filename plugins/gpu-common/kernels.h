/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernels.h - what a GPU's binary says about its kernels, without a GPU. The binaries are the
 * guest's: nothing in them is believed before it is checked.
 */
#ifndef GPU_COMMON_KERNELS_H
#define GPU_COMMON_KERNELS_H

#include <vmrun/gpu.h>

/* Unknown numbers are VM_GPU_UNKNOWN. */
struct gpu_kernel {
    char *name;
    uint32_t n_parameters;
    uint32_t arguments_size; /* the end of the last parameter */
    uint32_t max_threads;
    uint32_t static_shared;
    uint32_t registers;
    uint32_t local_size;
    struct vm_gpu_parameter parameters[VM_GPU_MAX_PARAMETERS];
};

struct gpu_kernels {
    struct gpu_kernel *list;
    uint32_t n;
};

/*
 * The parsers. 0, or -1 with err set: the binary is not what it should be; `out` is empty then.
 * After 0 every section, every segment and the symbols' names are known to lie within the bytes.
 */
typedef int gpu_kernels_reader(const void *bytes, size_t n, struct gpu_kernels *out,
                               struct vm_error *err);
gpu_kernels_reader gpu_cubin_kernels;      /* CUDA: ELF of one architecture */
gpu_kernels_reader gpu_codeobject_kernels; /* AMD: ELF of one architecture */

/* A new kernel with all unknown; NULL: no memory, or too many. */
struct gpu_kernel *gpu_kernels_add(struct gpu_kernels *k, const char *name, size_t name_length);
const struct gpu_kernel *gpu_kernels_find(const struct gpu_kernels *k, const char *name);
/* -1: an index or size that no kernel has. */
int gpu_kernel_parameter(struct gpu_kernel *kernel, uint32_t index, uint64_t offset, uint64_t size);
void gpu_kernels_free(struct gpu_kernels *k);

/* ---- ELF of 64 bits, little-endian ----------------------------------------------------------- */

struct gpu_elf {
    const uint8_t *bytes;
    size_t n;
    uint32_t n_sections;
};

struct gpu_section {
    const char *name;
    uint32_t type, link;
    const uint8_t *bytes; /* NULL: it has none in the file */
    uint64_t size;
};

/* Checks all of the headers. */
int gpu_elf_open(struct gpu_elf *elf, const void *bytes, size_t n, uint16_t machine,
                 struct vm_error *err);
struct gpu_section gpu_elf_section(const struct gpu_elf *elf,
                                   uint32_t index); /* below n_sections */

#endif
