/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot files: ELF of both classes and byte orders, gzip, raw; truncated, lying and oversized ones.
 */
#include <criterion/criterion.h>
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "core/machine/image.h"

#define LIMIT (1u << 20)

/* ---- making files ---- */

struct elf_shape {
    bool wide, big;
    unsigned type, machine, n_headers, header_size; /* header_size 0: the right one */
    uint64_t entry, vaddr, paddr, offset, file_size, mem_size,
        phoff; /* phoff 0: right behind the header */
};

static const struct elf_shape plain = {
    .wide = true,
    .type = ET_EXEC,
    .machine = 243,
    .n_headers = 1,
    .entry = 0x80000004,
    .vaddr = 0x80000000,
    .paddr = 0x80000000,
    .offset = 128,
    .file_size = 32,
    .mem_size = 64,
};

static void put(uint8_t *at, bool big, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        at[big ? n - 1 - i : i] = (uint8_t)(v >> (8 * i));
}

#define FIELD(base, s, t, field, v)                                      \
    ((s)->wide ? put((base) + offsetof(Elf64_##t, field), (s)->big, (v), \
                     sizeof(((Elf64_##t *)0)->field))                    \
               : put((base) + offsetof(Elf32_##t, field), (s)->big, (v), \
                     sizeof(((Elf32_##t *)0)->field)))

/* 192 bytes: header, one PT_LOAD header, and contents from 128 on that count up. */
#define ELF_BYTES 192
static void make_elf(uint8_t out[ELF_BYTES], const struct elf_shape *s)
{
    uint64_t ehdr = s->wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr);
    memset(out, 0, ELF_BYTES);
    memcpy(out, ELFMAG, SELFMAG);
    out[EI_CLASS] = s->wide ? ELFCLASS64 : ELFCLASS32;
    out[EI_DATA] = s->big ? ELFDATA2MSB : ELFDATA2LSB;
    out[EI_VERSION] = EV_CURRENT;
    FIELD(out, s, Ehdr, e_type, s->type);
    FIELD(out, s, Ehdr, e_machine, s->machine);
    FIELD(out, s, Ehdr, e_entry, s->entry);
    FIELD(out, s, Ehdr, e_phoff, s->phoff ? s->phoff : ehdr);
    FIELD(out, s, Ehdr, e_phnum, s->n_headers);
    FIELD(out, s, Ehdr, e_phentsize,
          s->header_size ? s->header_size
          : s->wide      ? sizeof(Elf64_Phdr)
                         : sizeof(Elf32_Phdr));
    FIELD(out + ehdr, s, Phdr, p_type, PT_LOAD);
    FIELD(out + ehdr, s, Phdr, p_offset, s->offset);
    FIELD(out + ehdr, s, Phdr, p_vaddr, s->vaddr);
    FIELD(out + ehdr, s, Phdr, p_paddr, s->paddr);
    FIELD(out + ehdr, s, Phdr, p_filesz, s->file_size);
    FIELD(out + ehdr, s, Phdr, p_memsz, s->mem_size);
    for (unsigned i = 128; i < ELF_BYTES; i++)
        out[i] = (uint8_t)i;
}

/* One gzip member; returns its length. */
static size_t make_gzip(uint8_t *out, size_t room, const void *data, size_t n)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)data,
                  .avail_in = (uInt)n,
                  .next_out = out,
                  .avail_out = (uInt)room};
    cr_assert_eq(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static struct image *expect_image(const void *bytes, size_t n)
{
    struct vm_error err = VM_ERROR_INIT;
    struct image *im = image_from_bytes("f", bytes, n, LIMIT, true, &err);
    cr_assert(im, "%s", err.text);
    return im;
}

static void expect_error(const void *bytes, size_t n, uint64_t limit, const char *wanted)
{
    struct vm_error err = VM_ERROR_INIT;
    struct image *im = image_from_bytes("f", bytes, n, limit, true, &err);
    cr_assert_not(im);
    cr_assert(strncmp(err.text, "f: ", 3) == 0 && strstr(err.text, wanted), "'%s' has no '%s'",
              err.text, wanted);
}

/* ---- ELF ---- */

Test(image, elf_of_all_shapes)
{
    for (int shape = 0; shape < 4; shape++) {
        struct elf_shape s = plain;
        uint8_t bytes[ELF_BYTES];
        s.wide = shape & 1;
        s.big = shape & 2;
        make_elf(bytes, &s);
        struct image *im = expect_image(bytes, sizeof(bytes));
        const struct vm_image *info = image_info(im);
        cr_assert_eq(info->kind, VM_IMAGE_ELF);
        cr_assert_eq(info->elf_class, s.wide ? 2 : 1);
        cr_assert_eq(info->elf_big_endian, s.big);
        cr_assert_eq(info->elf_machine, 243);
        cr_assert_eq(info->entry, 0x80000004);
        cr_assert_eq(info->n_segments, 1);
        cr_assert_eq(info->segments[0].paddr, 0x80000000);
        cr_assert_eq(info->segments[0].offset, 128);
        cr_assert_eq(info->segments[0].file_size, 32);
        cr_assert_eq(info->segments[0].mem_size, 64);
        image_free(im);
    }
}

Test(image, elf_entry_is_physical)
{
    struct elf_shape s = plain;
    uint8_t bytes[ELF_BYTES];
    s.vaddr = 0xffffffff80000000;
    s.entry = s.vaddr + 8;
    make_elf(bytes, &s);
    struct image *im = expect_image(bytes, sizeof(bytes));
    cr_assert_eq(image_info(im)->entry, 0x80000008);
    image_free(im);
}

Test(image, elf_truncated_anywhere)
{
    uint8_t bytes[ELF_BYTES];
    make_elf(bytes, &plain);
    for (size_t n = 4; n < 160; n++)
        expect_error(bytes, n, LIMIT, "truncated ELF");
    image_free(expect_image(bytes, 160));
}

Test(image, elf_that_lies)
{
    struct {
        struct elf_shape s;
        const char *wanted;
    } cases[] = {
        {plain, "beyond the end of the file"},
        {plain, "beyond the end of the file"},
        {plain, "beyond the end of the file"},
        {plain, "in memory"},
        {plain, "address space"},
        {plain, "without program headers"},
        {plain, "257 program headers"},
        {plain, "program headers of 8 bytes"},
        {plain, "program headers lie beyond"},
        {plain, "program headers lie beyond"},
        {plain, "not a program"},
        {plain, "without a loadable"},
        {plain, "program headers of 65535"},
    };
    cases[0].s.offset = UINT64_MAX - 8;
    cases[1].s.file_size = cases[1].s.mem_size = UINT64_MAX - 64;
    cases[2].s.offset = 161;
    cases[3].s.mem_size = 31;
    cases[4].s.paddr = UINT64_MAX - 32;
    cases[5].s.n_headers = 0;
    cases[6].s.n_headers = 257;
    cases[7].s.header_size = 8;
    cases[8].s.phoff = UINT64_MAX - 4;
    cases[9].s.n_headers = 3;
    cases[10].s.type = ET_REL;
    cases[11].s.file_size = cases[11].s.mem_size = 0;
    cases[12].s.header_size = 65535;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t bytes[ELF_BYTES];
        make_elf(bytes, &cases[i].s);
        expect_error(bytes, sizeof(bytes), LIMIT, cases[i].wanted);
    }
}

Test(image, elf_of_unknown_class_or_order)
{
    uint8_t bytes[ELF_BYTES];
    make_elf(bytes, &plain);
    bytes[EI_CLASS] = 3;
    expect_error(bytes, sizeof(bytes), LIMIT, "class 3");
    bytes[EI_CLASS] = ELFCLASS64;
    bytes[EI_DATA] = 0;
    expect_error(bytes, sizeof(bytes), LIMIT, "byte order 0");
}

/* ---- gzip and raw ---- */

Test(image, raw_is_taken_as_it_is)
{
    struct image *im = expect_image("hello", 5);
    cr_assert_eq(image_info(im)->kind, VM_IMAGE_RAW);
    cr_assert_eq(image_info(im)->length, 5);
    cr_assert_eq(memcmp(image_info(im)->data, "hello", 5), 0);
    image_free(im);
    expect_error("", 0, LIMIT, "is empty");
    expect_error("hello", 5, 4, "larger than memory");
}

Test(image, gzip_is_unpacked)
{
    uint8_t elf[ELF_BYTES], packed[1024];
    make_elf(elf, &plain);
    size_t n = make_gzip(packed, sizeof(packed), elf, sizeof(elf));
    struct image *im = expect_image(packed, n);
    cr_assert_eq(image_info(im)->kind, VM_IMAGE_ELF);
    cr_assert_eq(image_info(im)->length, sizeof(elf));
    image_free(im);

    struct vm_error err = VM_ERROR_INIT;
    im = image_from_bytes("f", packed, n, LIMIT, false, &err);
    cr_assert(im);
    cr_assert_eq(image_info(im)->length, n, "without decoding it stays packed");
    image_free(im);

    for (size_t k = 3; k < n; k++)
        expect_error(packed, k, LIMIT, k < n - 8 ? "truncated gzip" : "gzip");
    packed[n / 2] ^= 0xff;
    expect_error(packed, n, LIMIT, "broken gzip");
}

Test(image, gzip_members_and_padding)
{
    uint8_t packed[1024] = {0};
    size_t n = make_gzip(packed, sizeof(packed), "one,", 4);
    n += make_gzip(packed + n, sizeof(packed) - n, "two", 3);
    struct image *im = expect_image(packed, n + 16);
    cr_assert_eq(image_info(im)->length, 7);
    cr_assert_eq(memcmp(image_info(im)->data, "one,two", 7), 0);
    image_free(im);
    packed[n] = 'x';
    expect_error(packed, n + 1, LIMIT, "something else");
}

Test(image, gzip_bomb)
{
    static uint8_t zeros[LIMIT + 1], packed[8192];
    size_t n = make_gzip(packed, sizeof(packed), zeros, LIMIT);
    struct image *im = expect_image(packed, n);
    cr_assert_eq(image_info(im)->length, LIMIT, "exactly full is allowed");
    image_free(im);
    n = make_gzip(packed, sizeof(packed), zeros, LIMIT + 1);
    expect_error(packed, n, LIMIT, "larger than memory");
}

/* ---- files ---- */

static char path[64];

static void write_file(const void *bytes, size_t n)
{
    snprintf(path, sizeof(path), "/tmp/vmrun-image-%d", (int)getpid());
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    cr_assert(fd >= 0);
    cr_assert_eq(write(fd, bytes, n), (ssize_t)n);
    close(fd);
}

static void remove_file(void)
{
    unlink(path);
}

static void expect_file_error(const char *name, const char *wanted)
{
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_not(image_load(name, LIMIT, true, &err));
    cr_assert(strstr(err.text, name) && strstr(err.text, wanted), "'%s' has no '%s'", err.text,
              wanted);
}

Test(image, files_that_are_none)
{
    expect_file_error("/nonexistent/kernel", "No such file");
    expect_file_error("/tmp", "is a folder");
    expect_file_error("/dev/zero", "not a regular file");
}

Test(image, file_is_read_when_it_is_copied, .fini = remove_file)
{
    static uint8_t bytes[200000], copy[200000];
    struct vm_error err = VM_ERROR_INIT;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * 7 + i / 251);
    write_file(bytes, sizeof(bytes));
    struct image *im = image_load(path, LIMIT, true, &err);
    cr_assert(im, "%s", err.text);
    const struct vm_image *info = image_info(im);
    cr_assert_eq(memcmp(info->data, bytes, VM_IMAGE_HEAD), 0);
    cr_assert(image_contains(im, info->data + 100000, 100000));
    cr_assert_not(image_contains(im, info->data + 100000, 100001));
    cr_assert_not(image_contains(im, bytes, 1));
    cr_assert_eq(image_copy(im, info->data + 3, sizeof(bytes) - 3, copy, &err), 0, "%s", err.text);
    cr_assert_eq(memcmp(copy, bytes + 3, sizeof(bytes) - 3), 0);

    write_file(bytes, 1000);
    cr_assert_eq(image_copy(im, info->data, 10, copy, &err), -1);
    cr_assert(strstr(err.text, "has changed"), "%s", err.text);
    image_free(im);
}

Test(image, unpacked_file_is_released_and_unpacked_again, .fini = remove_file)
{
    static uint8_t bytes[100000], packed[110000], copy[100000];
    struct vm_error err = VM_ERROR_INIT;
    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(i * i);
    write_file(packed, make_gzip(packed, sizeof(packed), bytes, sizeof(bytes)));
    struct image *im = image_load(path, LIMIT, true, &err);
    cr_assert(im, "%s", err.text);
    cr_assert_eq(image_info(im)->length, sizeof(bytes));
    image_release(im);
    cr_assert_eq(image_copy(im, image_info(im)->data, sizeof(bytes), copy, &err), 0, "%s",
                 err.text);
    cr_assert_eq(memcmp(copy, bytes, sizeof(bytes)), 0);
    image_release(im);
    write_file("x", 1);
    cr_assert_eq(image_copy(im, image_info(im)->data, 1, copy, &err), -1);
    image_free(im);
}

Test(image, elf_file_with_headers_far_away, .fini = remove_file)
{
    static uint8_t bytes[150000];
    struct elf_shape s = plain;
    struct vm_error err = VM_ERROR_INIT;
    s.phoff = 149000;
    make_elf(bytes, &s);
    memcpy(bytes + s.phoff, bytes + sizeof(Elf64_Ehdr), sizeof(Elf64_Phdr));
    write_file(bytes, sizeof(bytes));
    struct image *im = image_load(path, LIMIT, true, &err);
    cr_assert(im, "%s", err.text);
    cr_assert_eq(image_info(im)->n_segments, 1);
    cr_assert_eq(image_info(im)->segments[0].paddr, 0x80000000);
    image_free(im);
}
