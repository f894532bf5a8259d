/* SPDX-License-Identifier: BSD-2-Clause */
/* board_files.c - a host for a board under test, whose boot files are made in memory. */
#include "board_files.h"
#include "core/machine/image.h"

struct board_files host;

static const struct vm_image *load(const char *path, uint64_t limit, bool decode,
                                   struct vm_error *err)
{
    for (size_t i = 0; i < 4 && host.files[i].name; i++) {
        if (strcmp(host.files[i].name, path) != 0)
            continue;
        struct image *im =
            image_from_bytes(path, host.files[i].bytes, host.files[i].n, limit, decode, err);
        if (im)
            host.images[host.n_images++] = im;
        return im ? image_info(im) : NULL;
    }
    vm_error_set(err, "%s: cannot be opened", path);
    return NULL;
}

static const struct vm_image *load_image(struct vm_board_ctx *ctx, const char *path, uint64_t limit,
                                         struct vm_error *err)
{
    (void)ctx;
    return load(path, limit, true, err);
}

static const struct vm_image *load_raw(struct vm_board_ctx *ctx, const char *path, uint64_t limit,
                                       struct vm_error *err)
{
    (void)ctx;
    return load(path, limit, false, err);
}

static int write_ram(struct vm_board_ctx *ctx, uint64_t pa, const void *data, uint64_t n,
                     struct vm_error *err)
{
    (void)ctx, (void)err;
    cr_assert(host.n_writes < MAX_WRITES);
    host.writes[host.n_writes].pa = pa;
    host.writes[host.n_writes].n = n;
    memcpy(host.writes[host.n_writes++].first, data, n < 64 ? n : 64);
    return 0;
}

static int zero_ram(struct vm_board_ctx *ctx, uint64_t pa, uint64_t n, struct vm_error *err)
{
    (void)ctx, (void)pa, (void)err;
    host.zeroed += n;
    return 0;
}

static int offer(struct vm_board_ctx *ctx, const char *name, const void *data, uint64_t n,
                 struct vm_error *err)
{
    (void)ctx, (void)err;
    cr_assert(host.n_offers < 4);
    host.offers[host.n_offers].name = name;
    host.offers[host.n_offers].data = data;
    host.offers[host.n_offers++].n = n;
    return 0;
}

static bool is_taken(struct vm_board_ctx *ctx, const char *name)
{
    (void)ctx, (void)name;
    return host.taken;
}

static uint64_t memory_at(struct vm_board_ctx *ctx, uint64_t pa)
{
    (void)ctx;
    return pa == 0 ? host.flash_bytes : 0;
}

const struct vm_board_host board_files_host = {
    .size = sizeof(board_files_host),
    .load_image = load_image,
    .write_ram = write_ram,
    .zero_ram = zero_ram,
    .load_raw = load_raw,
    .offer = offer,
    .is_taken = is_taken,
    .memory_at = memory_at,
};

/* ---- files ---- */

uint8_t linux_image[8192], elf[256], raw[4096];

void put(void *at, uint64_t v, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        ((uint8_t *)at)[i] = (uint8_t)(v >> (8 * i));
}

void make_linux(const char *magic, uint64_t text_offset, uint64_t image_size, uint64_t flags)
{
    memset(linux_image, 0, sizeof(linux_image));
    put(linux_image + 8, text_offset, 8);
    put(linux_image + 16, image_size, 8);
    put(linux_image + 24, flags, 8);
    memcpy(linux_image + 56, magic, 4);
}

void add_pe(uint32_t end)
{
    memcpy(linux_image, "MZ", 2);
    put(linux_image + 0x3c, 64, 4);
    memcpy(linux_image + 64, "PE\0\0\x64\x50\1\0", 8);
    put(linux_image + 64 + 24 + 16, end - 4096, 4);
    put(linux_image + 64 + 24 + 20, 4096, 4);
}

void make_elf(unsigned type, unsigned machine, uint64_t at, uint64_t entry, uint64_t mem_size)
{
    Elf64_Ehdr *e = (void *)elf;
    Elf64_Phdr *p = (void *)(elf + sizeof(*e));
    memset(elf, 0, sizeof(elf));
    memcpy(e->e_ident, ELFMAG, SELFMAG);
    e->e_ident[EI_CLASS] = ELFCLASS64;
    e->e_ident[EI_DATA] = ELFDATA2LSB;
    put(&e->e_type, type, 2);
    put(&e->e_machine, machine, 2);
    put(&e->e_entry, entry, 8);
    put(&e->e_phoff, sizeof(*e), 8);
    put(&e->e_phentsize, sizeof(*p), 2);
    put(&e->e_phnum, 1, 2);
    put(&p->p_type, PT_LOAD, 4);
    put(&p->p_offset, 128, 8);
    put(&p->p_vaddr, at, 8);
    put(&p->p_paddr, at, 8);
    put(&p->p_filesz, 128, 8);
    put(&p->p_memsz, mem_size, 8);
}

/* ---- life ---- */

void board_files_begin(void)
{
    memset(&host, 0, sizeof(host));
    host.files[0] = (struct file){"linux", linux_image, sizeof(linux_image)};
    host.files[1] = (struct file){"elf", elf, sizeof(elf)};
    host.files[2] = (struct file){"raw", raw, sizeof(raw)};
    host.files[3] = (struct file){"initrd", "\x1f\x8b\x08 packed", 10};
}

void board_files_end(void)
{
    for (uint32_t i = 0; i < host.n_images; i++)
        image_free(host.images[i]);
}
