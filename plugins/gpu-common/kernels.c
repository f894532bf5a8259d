/* SPDX-License-Identifier: BSD-2-Clause */
/* kernels.c - the list of a binary's kernels, and the ELF file around them. */
#include "kernels.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_KERNELS = 4096,
    MAX_ARGUMENTS = 32768, /* bytes: more than any GPU takes */
};

/* ---- The list -------------------------------------------------------------------------------- */

struct gpu_kernel *gpu_kernels_add(struct gpu_kernels *k, const char *name, size_t name_length)
{
    struct gpu_kernel *list, *kernel;

    if (k->n == MAX_KERNELS)
        return NULL;
    if ((k->n & (k->n - 1)) == 0) { /* full: it has room for a power of two */
        list = realloc(k->list, (k->n ? k->n * 2 : 1) * sizeof(*list));
        if (!list)
            return NULL;
        k->list = list;
    }
    kernel = &k->list[k->n];
    memset(kernel, 0, sizeof(*kernel));
    kernel->name = strndup(name, name_length);
    if (!kernel->name)
        return NULL;
    kernel->max_threads = kernel->static_shared = VM_GPU_UNKNOWN;
    kernel->registers = kernel->local_size = VM_GPU_UNKNOWN;
    k->n++;
    return kernel;
}

const struct gpu_kernel *gpu_kernels_find(const struct gpu_kernels *k, const char *name)
{
    for (uint32_t i = 0; i < k->n; i++)
        if (strcmp(k->list[i].name, name) == 0)
            return &k->list[i];
    return NULL;
}

int gpu_kernel_parameter(struct gpu_kernel *kernel, uint32_t index, uint64_t offset, uint64_t size)
{
    if (index >= VM_GPU_MAX_PARAMETERS || size == 0 || size > MAX_ARGUMENTS ||
        offset > MAX_ARGUMENTS - size)
        return -1;
    kernel->parameters[index].offset = (uint32_t)offset;
    kernel->parameters[index].size = (uint32_t)size;
    if (kernel->n_parameters <= index)
        kernel->n_parameters = index + 1;
    if (kernel->arguments_size < offset + size)
        kernel->arguments_size = (uint32_t)(offset + size);
    return 0;
}

void gpu_kernels_free(struct gpu_kernels *k)
{
    for (uint32_t i = 0; i < k->n; i++)
        free(k->list[i].name);
    free(k->list);
    memset(k, 0, sizeof(*k));
}

/* ---- ELF ------------------------------------------------------------------------------------- */

static int within(const struct gpu_elf *elf, uint64_t offset, uint64_t size)
{
    return offset <= elf->n && size <= elf->n - offset;
}

static Elf64_Ehdr file_header(const struct gpu_elf *elf)
{
    Elf64_Ehdr h;

    memcpy(&h, elf->bytes, sizeof(h));
    return h;
}

static Elf64_Shdr section_header(const struct gpu_elf *elf, uint32_t index)
{
    Elf64_Ehdr h = file_header(elf);
    Elf64_Shdr s;

    memcpy(&s, elf->bytes + h.e_shoff + (uint64_t)index * sizeof(s), sizeof(s));
    return s;
}

static int check_sections(const struct gpu_elf *elf)
{
    for (uint32_t i = 0; i < elf->n_sections; i++) {
        Elf64_Shdr s = section_header(elf, i);
        if (s.sh_type != SHT_NOBITS && s.sh_type != SHT_NULL &&
            !within(elf, s.sh_offset, s.sh_size))
            return -1;
        if (s.sh_type == SHT_STRTAB && s.sh_size > 0 &&
            elf->bytes[s.sh_offset + s.sh_size - 1] != 0)
            return -1;
    }
    return 0;
}

static int check_segments(const struct gpu_elf *elf)
{
    Elf64_Ehdr h = file_header(elf);

    if (h.e_phnum == 0)
        return 0;
    if (h.e_phentsize != sizeof(Elf64_Phdr) ||
        !within(elf, h.e_phoff, (uint64_t)h.e_phnum * sizeof(Elf64_Phdr)))
        return -1;
    for (uint32_t i = 0; i < h.e_phnum; i++) {
        Elf64_Phdr p;
        memcpy(&p, elf->bytes + h.e_phoff + i * sizeof(p), sizeof(p));
        if (!within(elf, p.p_offset, p.p_filesz))
            return -1;
    }
    return 0;
}

int gpu_elf_open(struct gpu_elf *elf, const void *bytes, size_t n, uint16_t machine,
                 struct vm_error *err)
{
    static const uint8_t ident[EI_VERSION] = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB};
    Elf64_Ehdr h;

    elf->bytes = bytes;
    elf->n = n;
    if (n < sizeof(h) || memcmp(bytes, ident, sizeof(ident)) != 0)
        return vm_error_set(err, "the binary is not an ELF file of 64 bits, little-endian");
    h = file_header(elf);
    if (h.e_machine != machine)
        return vm_error_set(err, "the binary is for another kind of machine: ELF number %u, not %u",
                            h.e_machine, machine);
    elf->n_sections = h.e_shnum;
    if (h.e_shentsize != sizeof(Elf64_Shdr) || h.e_shnum == 0 || h.e_shstrndx >= h.e_shnum ||
        !within(elf, h.e_shoff, (uint64_t)h.e_shnum * sizeof(Elf64_Shdr)) ||
        section_header(elf, h.e_shstrndx).sh_type != SHT_STRTAB || check_sections(elf) ||
        check_segments(elf))
        return vm_error_set(err, "the binary is damaged: its ELF headers lead out of it");
    return 0;
}

struct gpu_section gpu_elf_section(const struct gpu_elf *elf, uint32_t index)
{
    Elf64_Shdr s = section_header(elf, index);
    Elf64_Shdr names = section_header(elf, file_header(elf).e_shstrndx);
    struct gpu_section section = {"", s.sh_type, s.sh_link, NULL, s.sh_size};

    if (s.sh_name < names.sh_size)
        section.name = (const char *)elf->bytes + names.sh_offset + s.sh_name;
    if (s.sh_type != SHT_NOBITS && s.sh_type != SHT_NULL)
        section.bytes = elf->bytes + s.sh_offset;
    return section;
}
