/* SPDX-License-Identifier: BSD-2-Clause */
/* images.c - loads boot files, and says what a wrong one is rather than run it. */
#include <string.h>
#include "boot.h"

#define ELF_CLASS_64 2

/* e_machine values of the System V gABI that people are likely to try. */
static const struct {
    uint16_t machine;
    const char *name;
} elf_machines[] = {
    {2, "SPARC"},           {3, "x86"},      {8, "MIPS"},        {20, "32-bit PowerPC"},
    {21, "64-bit PowerPC"}, {22, "S/390"},   {40, "32-bit Arm"}, {62, "x86-64"},
    {183, "AArch64"},       {243, "RISC-V"}, {258, "LoongArch"},
};

/* Linux kernels for other machines, by their magic number. */
static const struct {
    uint32_t offset;
    const char *magic, *what;
} other_kernels[] = {
    {56, "ARM\x64", "an arm64 Linux kernel"},
    {56, "RSC\x05", "a riscv64 Linux kernel"},
    {0x202, "HdrS", "an x86 Linux kernel (bzImage)"},
};

/* What is no ELF file and no kernel. */
static const struct {
    uint32_t offset, n;
    const char *magic, *what;
} foreign[] = {
    {4, 4, "zimg",
     "is a compressed EFI kernel (zboot), which only EFI firmware can start; give the kernel as "
     "Image, Image.gz or ELF"},
    {0, 4, "\x27\x05\x19\x56", "is a U-Boot uImage; give the kernel that is packed in it"},
    {0, 4, "\xd0\x0d\xfe\xed",
     "is a device tree or a FIT image; give the kernel that is packed in it"},
    {0, 4, "\x28\xb5\x2f\xfd", "is compressed with zstd; only gzip is unpacked"},
    {0, 6,
     "\xfd"
     "7zXZ\0",
     "is compressed with xz; only gzip is unpacked"},
    {0, 4, "\x04\x22\x4d\x18", "is compressed with lz4; only gzip is unpacked"},
    {0, 4, "\x02\x21\x4c\x18", "is compressed with lz4; only gzip is unpacked"},
    {0, 3, "BZh", "is compressed with bzip2; only gzip is unpacked"},
    {0, 6, "070701", "is an initramfs (cpio archive); name it by boot.initrd"},
    {0, 8, "!<arch>\n", "is an archive (perhaps a Debian package); unpack it first"},
};

static bool has_magic(const struct vm_image *im, uint32_t offset, const char *magic, uint32_t n)
{
    return im->length >= (uint64_t)offset + n && memcmp(im->data + offset, magic, n) == 0;
}

uint64_t load_le(const uint8_t *p, unsigned n)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++)
        v |= (uint64_t)p[i] << (8 * i);
    return v;
}

bool boot_linux_header(const struct boot *b, const struct vm_image *im, struct linux_header *header)
{
    if (im->kind != VM_IMAGE_RAW || !has_magic(im, 56, b->kind->linux_magic, 4))
        return false;
    *header = (struct linux_header){
        .text_offset = load_le(im->data + 8, 8),
        .image_size = load_le(im->data + 16, 8),
        .flags = load_le(im->data + 24, 8),
    };
    return true;
}

static const char *machine_name(uint16_t machine)
{
    for (size_t i = 0; i < sizeof(elf_machines) / sizeof(elf_machines[0]); i++)
        if (elf_machines[i].machine == machine)
            return elf_machines[i].name;
    return NULL;
}

static int check_elf(const struct boot *b, const struct vm_image *im, struct vm_error *err)
{
    const char *name = machine_name(im->elf_machine);
    const struct boot_kind *kind = b->kind;
    if (im->elf_machine != kind->elf && name)
        return vm_error_set(err, "%s: is an ELF program for %s; this machine is %s", im->path, name,
                            kind->machine);
    if (im->elf_machine != kind->elf)
        return vm_error_set(err,
                            "%s: is an ELF program for machine number %u; this machine is %s (%u)",
                            im->path, im->elf_machine, kind->machine, kind->elf);
    if (im->elf_class != ELF_CLASS_64)
        return vm_error_set(err, "%s: is a 32-bit %s program; this machine is 64-bit", im->path,
                            kind->name);
    if (im->elf_big_endian)
        return vm_error_set(err, "%s: is a big-endian %s program; this machine is little-endian",
                            im->path, kind->name);
    return 0;
}

static int check_foreign(const struct boot *b, const struct vm_image *im, struct vm_error *err)
{
    for (size_t i = 0; i < sizeof(other_kernels) / sizeof(other_kernels[0]); i++)
        if (has_magic(im, other_kernels[i].offset, other_kernels[i].magic, 4))
            return vm_error_set(err, "%s: is %s; this machine is %s", im->path,
                                other_kernels[i].what, b->kind->machine);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        if (has_magic(im, foreign[i].offset, foreign[i].magic, foreign[i].n))
            return vm_error_set(err, "%s: %s", im->path, foreign[i].what);
    if (has_magic(im, 0, "MZ", 2))
        return vm_error_set(err, "%s: is an EFI or Windows program, and no %s Linux kernel",
                            im->path, b->kind->name);
    return 0;
}

static uint64_t ram_size(const struct boot *b)
{
    return b->ram_end - b->ram_base;
}

static int load(struct boot *b, struct part *part, const char *path, struct vm_error *err)
{
    part->image = b->host->load_image(b->ctx, path, ram_size(b), err);
    return part->image ? 0 : -1;
}

int boot_load_firmware(struct boot *b, const char *path, struct vm_error *err)
{
    struct linux_header header;
    if (load(b, &b->firmware, path, err))
        return -1;
    const struct vm_image *im = b->firmware.image;
    if (im->kind == VM_IMAGE_ELF)
        return check_elf(b, im, err);
    if (boot_linux_header(b, im, &header))
        return vm_error_set(err, "%s: is a Linux kernel; name it by boot.kernel", path);
    return check_foreign(b, im, err);
}

/*
 * How long the file must be by its PE header, which a kernel with an EFI stub has (Microsoft PE
 * format): its sections say where in the file they end. 0: there is none.
 */
static uint64_t pe_length(const struct vm_image *im)
{
    uint64_t head = im->length < VM_IMAGE_HEAD ? im->length : VM_IMAGE_HEAD, end = 0;
    uint64_t pe = has_magic(im, 0, "MZ", 2) && head >= 64 ? load_le(im->data + 0x3c, 4) : 0;
    if (pe == 0 || pe + 24 > head || memcmp(im->data + pe, "PE\0", 4) != 0)
        return 0;
    uint64_t n = load_le(im->data + pe + 6, 2), at = pe + 24 + load_le(im->data + pe + 20, 2);
    for (; n && at + 40 <= head; n--, at += 40) {
        uint64_t section = load_le(im->data + at + 16, 4) + load_le(im->data + at + 20, 4);
        end = section > end ? section : end;
    }
    return end;
}

static int check_linux(const struct vm_image *im, const struct linux_header *header,
                       struct vm_error *err)
{
    if (header->flags & 1)
        return vm_error_set(err, "%s: is a big-endian Linux kernel; this machine is little-endian",
                            im->path);
    if (pe_length(im) > im->length)
        return vm_error_set(
            err, "%s: truncated Linux kernel: its header says %llu bytes, it has %llu", im->path,
            (unsigned long long)pe_length(im), (unsigned long long)im->length);
    if (header->image_size && header->image_size < im->length)
        return vm_error_set(err, "%s: broken Linux kernel: its header says %llu bytes, it has %llu",
                            im->path, (unsigned long long)header->image_size,
                            (unsigned long long)im->length);
    return 0;
}

int boot_load_kernel(struct boot *b, const char *path, struct vm_error *err)
{
    struct linux_header header;
    if (load(b, &b->kernel, path, err))
        return -1;
    const struct vm_image *im = b->kernel.image;
    if (im->kind == VM_IMAGE_ELF)
        return check_elf(b, im, err);
    return boot_linux_header(b, im, &header) ? check_linux(im, &header, err)
                                             : check_foreign(b, im, err);
}

int boot_load_initrd(struct boot *b, const char *path, struct vm_error *err)
{
    b->initrd.image = b->host->load_raw(b->ctx, path, ram_size(b), err);
    return b->initrd.image ? 0 : -1;
}
