/* SPDX-License-Identifier: BSD-2-Clause */
/* binaries.c - see binaries.h. */
#include "binaries.h"

#include <elf.h>
#include <string.h>

enum { MACHINE_CUDA = 190, MACHINE_AMDGPU = 224, MAX_SECTIONS = 12 };

struct file {
    uint8_t *bytes;
    size_t n;
    Elf64_Shdr sections[MAX_SECTIONS];
    char names[512];
    size_t n_sections, names_size;
};

static void begin(struct file *f, uint8_t *out)
{
    memset(f, 0, sizeof(*f));
    memset(out, 0, BINARY_SIZE);
    f->bytes = out;
    f->n = sizeof(Elf64_Ehdr);
    f->n_sections = 1; /* the one that is none */
    f->names_size = 1;
}

static void add(struct file *f, const char *name, uint32_t type, uint32_t info, const void *bytes,
                size_t n)
{
    Elf64_Shdr *s = &f->sections[f->n_sections++];

    s->sh_name = (uint32_t)f->names_size;
    strcpy(f->names + f->names_size, name);
    f->names_size += strlen(name) + 1;
    s->sh_type = type;
    s->sh_info = info;
    s->sh_size = n;
    f->n = (f->n + 7) / 8 * 8;
    s->sh_offset = f->n;
    if (bytes) {
        memcpy(f->bytes + f->n, bytes, n);
        f->n += n;
    }
}

static size_t end(struct file *f, uint16_t machine, uint32_t flags)
{
    Elf64_Ehdr h = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
                    .e_type = ET_EXEC,
                    .e_machine = machine,
                    .e_version = EV_CURRENT,
                    .e_flags = flags,
                    .e_ehsize = sizeof(Elf64_Ehdr),
                    .e_shentsize = sizeof(Elf64_Shdr)};

    add(f, ".shstrtab", SHT_STRTAB, 0, "", 0);
    memcpy(f->bytes + f->n, f->names, f->names_size);
    f->sections[f->n_sections - 1].sh_size = f->names_size;
    f->n = (f->n + f->names_size + 7) / 8 * 8;
    h.e_shnum = (uint16_t)f->n_sections;
    h.e_shstrndx = (uint16_t)(f->n_sections - 1);
    h.e_shoff = f->n;
    memcpy(f->bytes + f->n, f->sections, f->n_sections * sizeof(Elf64_Shdr));
    memcpy(f->bytes, &h, sizeof(h));
    return f->n + f->n_sections * sizeof(Elf64_Shdr);
}

/* KPARAM_INFO of parameter `ordinal`. */
static void put_parameter(uint8_t *p, unsigned ordinal, unsigned offset, unsigned size)
{
    const uint8_t bytes[16] = {4,
                               0x17,
                               12,
                               0,
                               0,
                               0,
                               0,
                               0,
                               (uint8_t)ordinal,
                               0,
                               (uint8_t)offset,
                               0,
                               0,
                               0xf0,
                               (uint8_t)(size << 2 | 1),
                               0};

    memcpy(p, bytes, sizeof(bytes));
}

size_t make_cubin(uint8_t *out)
{
    /* A flag without a value, then EIATTR_MAX_THREADS 16 x 16 x 1, then the parameters. */
    uint8_t info[4 + 16 + 4 * 16] = {3, 0x1b, 0xff, 0, 4, 5, 12, 0, 16, 0, 0, 0, 16, 0, 0, 0, 1};
    /* Symbol 1 is vector_add's code: a frame of 16 bytes, 12 registers; symbol 9 is none. */
    static const uint8_t all[] = {4, 0x11, 8,  0, 1, 0, 0, 0,    16, 0, 0, 0, 4, 0x2f, 8, 0, 1, 0,
                                  0, 0,    12, 0, 0, 0, 4, 0x2f, 8,  0, 9, 0, 0, 0,    1, 0, 0, 0};
    static const Elf64_Sym symbols[2] = {{0}, {.st_shndx = 2}};
    struct file f;

    for (unsigned i = 0; i < 4; i++)
        put_parameter(info + 20 + i * 16, i, i * 8, i < 3 ? 8 : 4);
    begin(&f, out);
    add(&f, ".nv.info.vector_add", 0x70000000, 0, info, sizeof(info));
    add(&f, ".text.vector_add", SHT_PROGBITS, 3, "\0\0\0\0", 4);
    add(&f, ".text.bad_address", SHT_PROGBITS, 4, "\0\0\0\0", 4);
    add(&f, ".nv.shared.vector_add", SHT_NOBITS, 0, NULL, 1024 + 64);
    add(&f, ".nv.info", 0x70000000, 0, all, sizeof(all));
    add(&f, ".symtab", SHT_SYMTAB, 0, symbols, sizeof(symbols));
    return end(&f, MACHINE_CUDA, 90);
}

/* ---- MessagePack ----------------------------------------------------------------------------- */

struct pack {
    uint8_t bytes[1024];
    size_t n;
};

static void put(struct pack *p, unsigned byte)
{
    p->bytes[p->n++] = (uint8_t)byte;
}

static void text(struct pack *p, const char *s)
{
    put(p, 0xa0 | (unsigned)strlen(s));
    memcpy(p->bytes + p->n, s, strlen(s));
    p->n += strlen(s);
}

static void number(struct pack *p, const char *key, unsigned v)
{
    text(p, key);
    put(p, 0xcd);
    put(p, v >> 8);
    put(p, v & 0xff);
}

static void argument(struct pack *p, unsigned offset, unsigned size, const char *kind)
{
    put(p, 0x83);
    number(p, ".offset", offset);
    number(p, ".size", size);
    text(p, ".value_kind");
    text(p, kind);
}

static void kernel(struct pack *p, const char *name, unsigned n_arguments)
{
    put(p, 0x86);
    text(p, ".args");
    put(p, 0x90 | n_arguments);
    for (unsigned i = 0; i + 1 < n_arguments && i < 3; i++)
        argument(p, i * 8, 8, "global_buffer");
    if (n_arguments > 4)
        argument(p, 24, 4, "by_value");
    if (n_arguments > 0)
        argument(p, 32, 8, "hidden_global_offset_x");
    number(p, ".group_segment_fixed_size", 64);
    number(p, ".private_segment_fixed_size", 16);
    number(p, ".vgpr_count", 12);
    number(p, ".max_flat_workgroup_size", 256);
    text(p, ".name");
    text(p, name);
}

size_t make_code_object(uint8_t *out)
{
    struct {
        Elf64_Nhdr head;
        char owner[8];
        uint8_t contents[1024];
    } note = {.head = {7, 0, 32}, .owner = "AMDGPU"};
    struct pack p = {{0}, 0};
    struct file f;

    put(&p, 0x82);
    text(&p, "amdhsa.version"); /* something to skip: an array of a number, true, and a map */
    put(&p, 0x93);
    put(&p, 1);
    put(&p, 0xc3);
    put(&p, 0x81);
    text(&p, "x");
    put(&p, 0xc0);
    text(&p, "amdhsa.kernels");
    put(&p, 0x92);
    kernel(&p, "vector_add", 5);
    kernel(&p, "bad_address", 0);
    memcpy(note.contents, p.bytes, p.n);
    note.head.n_descsz = (uint32_t)p.n;
    begin(&f, out);
    add(&f, ".note", SHT_NOTE, 0, &note, sizeof(note.head) + sizeof(note.owner) + p.n);
    return end(&f, MACHINE_AMDGPU, 0);
}
