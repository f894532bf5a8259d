/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cubin.c - what a cubin says about its kernels. The sections are described nowhere but in what
 * tools print (cuobjdump --dump-elf names sections and attributes alike): for kernel K there is
 * .text.K; .nv.shared.K, as large as its static shared memory; and .nv.info.K, a list of
 * attributes. One such list more, .nv.info, has attributes of kernels by their symbols.
 */
#include "kernels.h"

#include <elf.h>
#include <string.h>

enum {
    MACHINE_CUDA = 190,
    /* Formats of an attribute, its first byte: four bytes in all, or a size and as many bytes. */
    FORMAT_SIZED = 4,
    /* Attributes, the second byte. */
    ATTRIBUTE_MAX_THREADS = 0x05, /* three words */
    ATTRIBUTE_FRAME_SIZE = 0x11,  /* a symbol, bytes */
    ATTRIBUTE_KPARAM_INFO = 0x17,
    ATTRIBUTE_REGCOUNT = 0x2f, /* a symbol, how many */
    /* From sm_90 on .nv.shared.K counts what the system keeps of each block for itself, too. */
    SYSTEM_SHARED = 1024,
    BLOCK_THREADS = 1024, /* of any block, where the kernel does not say less */
};

static uint32_t word(const uint8_t *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Index, ordinal and offset (16 bits each of the last two), then flags with the size on top. */
static int read_parameter(struct gpu_kernel *kernel, const uint8_t *p, uint32_t size)
{
    if (size < 12)
        return -1;
    return gpu_kernel_parameter(kernel, word(p + 4) & 0xffff, word(p + 4) >> 16, word(p + 8) >> 18);
}

static void read_max_threads(struct gpu_kernel *kernel, const uint8_t *p, uint32_t size)
{
    uint64_t threads = 1;

    if (size < 12)
        return;
    for (int i = 0; i < 3; i++)
        threads *= word(p + 4 * i) & 0xffff;
    if (threads > 0 && threads < VM_GPU_UNKNOWN)
        kernel->max_threads = (uint32_t)threads;
}

/* Where an attribute is read to. */
struct reading {
    const struct gpu_elf *elf;
    struct gpu_kernels *kernels;
    struct gpu_kernel *kernel; /* .nv.info.K: K; .nv.info: NULL */
};

/* The kernel that the symbol is the code of, or NULL. The list is this file's own: it may write. */
static struct gpu_kernel *kernel_of_symbol(const struct reading *to, uint32_t symbol)
{
    for (uint32_t i = 0; i < to->elf->n_sections; i++) {
        struct gpu_section s = gpu_elf_section(to->elf, i), code;
        Elf64_Sym sym;
        if (s.type != SHT_SYMTAB || !s.bytes || symbol >= s.size / sizeof(sym))
            continue;
        memcpy(&sym, s.bytes + symbol * sizeof(sym), sizeof(sym));
        if (sym.st_shndx >= to->elf->n_sections)
            return NULL;
        code = gpu_elf_section(to->elf, sym.st_shndx);
        if (strncmp(code.name, ".text.", 6) != 0)
            return NULL;
        return (struct gpu_kernel *)gpu_kernels_find(to->kernels, code.name + 6);
    }
    return NULL;
}

static int read_attribute(const struct reading *to, uint8_t attribute, const uint8_t *p,
                          uint32_t size)
{
    struct gpu_kernel *kernel;

    if (to->kernel && attribute == ATTRIBUTE_KPARAM_INFO)
        return read_parameter(to->kernel, p, size);
    if (to->kernel && attribute == ATTRIBUTE_MAX_THREADS)
        read_max_threads(to->kernel, p, size);
    if (to->kernel || size < 8 ||
        (attribute != ATTRIBUTE_REGCOUNT && attribute != ATTRIBUTE_FRAME_SIZE))
        return 0;
    kernel = kernel_of_symbol(to, word(p));
    if (kernel && attribute == ATTRIBUTE_REGCOUNT)
        kernel->registers = word(p + 4);
    else if (kernel)
        kernel->local_size = word(p + 4);
    return 0;
}

static int read_info(const struct reading *to, const struct gpu_section *s)
{
    uint64_t at = 0;

    while (s->size - at >= 4) {
        const uint8_t *p = s->bytes + at;
        uint32_t size = p[0] == FORMAT_SIZED ? p[2] | (uint32_t)p[3] << 8 : 0;
        at += 4;
        if (size > s->size - at || (size && read_attribute(to, p[1], p + 4, size)))
            return -1;
        at += size;
    }
    return 0;
}

/* What follows the prefix in the section's name, or NULL. */
static const char *kernel_of(const struct gpu_section *s, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(s->name, prefix, n) == 0 && s->name[n] ? s->name + n : NULL;
}

static int find_kernels(const struct gpu_elf *elf, struct gpu_kernels *out)
{
    for (uint32_t i = 0; i < elf->n_sections; i++) {
        struct gpu_section s = gpu_elf_section(elf, i);
        const char *name = kernel_of(&s, ".text.");
        struct gpu_kernel *kernel;
        if (!name || s.type != SHT_PROGBITS)
            continue;
        kernel = gpu_kernels_add(out, name, strlen(name));
        if (!kernel)
            return -1;
        kernel->static_shared = 0;
        kernel->max_threads = BLOCK_THREADS;
    }
    return 0;
}

static int find_details(const struct gpu_elf *elf, struct gpu_kernels *out, uint32_t reserved)
{
    for (uint32_t i = 0; i < elf->n_sections; i++) {
        struct gpu_section s = gpu_elf_section(elf, i);
        const char *info = kernel_of(&s, ".nv.info."), *shared = kernel_of(&s, ".nv.shared.");
        struct reading to = {elf, out, NULL};
        if (strcmp(s.name, ".nv.info") == 0) {
            if (s.bytes && read_info(&to, &s))
                return -1;
            continue;
        }
        if (info || shared)
            to.kernel = (struct gpu_kernel *)gpu_kernels_find(out, info ? info : shared);
        if (!to.kernel)
            continue;
        if (info && s.bytes && read_info(&to, &s))
            return -1;
        if (shared && s.size < VM_GPU_UNKNOWN)
            to.kernel->static_shared = (uint32_t)s.size - (s.size >= reserved ? reserved : 0);
    }
    return 0;
}

/* Where the ELF file's flags have the architecture depends on the version of its ABI. */
static uint32_t architecture(const struct gpu_elf *elf)
{
    Elf64_Ehdr h;

    memcpy(&h, elf->bytes, sizeof(h));
    return h.e_ident[EI_ABIVERSION] >= 8 ? h.e_flags >> 8 & 0xffff : h.e_flags & 0xff;
}

int gpu_cubin_kernels(const void *bytes, size_t n, struct gpu_kernels *out, struct vm_error *err)
{
    struct gpu_elf elf;

    memset(out, 0, sizeof(*out));
    if (gpu_elf_open(&elf, bytes, n, MACHINE_CUDA, err))
        return -1;
    if (find_kernels(&elf, out) ||
        find_details(&elf, out, architecture(&elf) >= 90 ? SYSTEM_SHARED : 0)) {
        gpu_kernels_free(out);
        return vm_error_set(err, "the cubin is damaged: its attributes of kernels make no sense");
    }
    return 0;
}
