/* SPDX-License-Identifier: BSD-2-Clause */
/* fuzz_gpu_kernels.c - libFuzzer target: any bytes as a cubin and as a code object. What is
 * accepted must keep the promises of kernels.h; what is not must say why, and leave nothing behind.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
    if (!good)
        abort();
}

static void check_kernel(const struct gpu_kernels *k, const struct gpu_kernel *one)
{
    must(one->name && gpu_kernels_find(k, one->name) != NULL);
    must(one->n_parameters <= VM_GPU_MAX_PARAMETERS);
    for (uint32_t i = 0; i < one->n_parameters; i++) {
        const struct vm_gpu_parameter *p = &one->parameters[i];
        must((uint64_t)p->offset + p->size <= one->arguments_size);
    }
}

/* Every byte of every section can be read. */
static void check_sections(const uint8_t *data, size_t size, uint16_t machine)
{
    struct vm_error err = VM_ERROR_INIT;
    struct gpu_elf elf;
    volatile uint8_t sum = 0;

    must(gpu_elf_open(&elf, data, size, machine, &err) == 0);
    for (uint32_t i = 0; i < elf.n_sections; i++) {
        struct gpu_section s = gpu_elf_section(&elf, i);
        sum = (uint8_t)(sum + strlen(s.name));
        if (!s.bytes || !s.size)
            continue;
        must(s.bytes >= data && s.size <= size && (size_t)(s.bytes - data) <= size - s.size);
        sum = (uint8_t)(sum + s.bytes[0] + s.bytes[s.size - 1]);
    }
}

static void check(gpu_kernels_reader *read, const uint8_t *data, size_t size, uint16_t machine)
{
    struct vm_error err = VM_ERROR_INIT;
    struct gpu_kernels k;

    memset(&k, 0xa5, sizeof(k));
    if (read(data, size, &k, &err)) {
        must(err.set && err.text[0] && !strchr(err.text, '\n') && !k.n);
    } else {
        for (uint32_t i = 0; i < k.n; i++)
            check_kernel(&k, &k.list[i]);
        check_sections(data, size, machine);
    }
    gpu_kernels_free(&k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(gpu_cubin_kernels, data, size, EM_CUDA);
    check(gpu_codeobject_kernels, data, size, EM_AMDGPU);
    return 0;
}
