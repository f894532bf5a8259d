/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout.c - where in RAM everything goes.
 *
 *   start of RAM        firmware, kernel or a bare-metal program, as the board says
 *   half of RAM, at most 128 MiB up, above the kernel: initrd, out of the way of a firmware or
 *                       kernel that grows
 *   near the top of the first GiB: what the board wants there, then the device tree, aligned to
 *                       2 MiB
 *
 * An ELF file goes where it says. One that says nothing (position-independent firmware, linked at
 * 0; vmlinux, at its virtual address) is moved as a whole.
 */
#include <inttypes.h>
#include "boot.h"

#define SMALL_RAM (16 * MIB)

static uint64_t align_up(uint64_t v, uint64_t to)
{
    return (v + to - 1) & ~(to - 1);
}

static uint64_t align_down(uint64_t v, uint64_t to)
{
    return v & ~(to - 1);
}

int boot_ram(struct boot *b, uint64_t ram_size, uint64_t max_size, uint64_t *base, uint64_t *length,
             struct vm_error *err)
{
    if (ram_size < MIB || ram_size > max_size || ram_size % PAGE)
        return vm_error_set(err,
                            "%" PRIu64 " bytes are no size of RAM: it takes at least %" PRIu64
                            " KiB, in multiples of 4 KiB",
                            ram_size, MIB / 1024);
    b->ram_end = b->ram_base + ram_size;
    base[0] = b->ram_base;
    length[0] = ram_size;
    return 1;
}

static uint64_t ram_span(const struct boot *b)
{
    return b->ram_end - b->ram_base;
}

static bool in_ram(const struct boot *b, uint64_t base, uint64_t size)
{
    return base >= b->ram_base && base <= b->ram_end && size <= b->ram_end - base;
}

static int does_not_fit(const struct boot *b, const struct part *p, uint64_t size,
                        struct vm_error *err)
{
    return vm_error_set(err,
                        "%s: larger than memory: it needs %" PRIu64 " KiB at 0x%" PRIx64
                        ", and RAM ends at 0x%" PRIx64,
                        p->image->path, size / 1024 + (size % 1024 != 0), p->base, b->ram_end);
}

static int place_at(const struct boot *b, struct part *p, uint64_t base, uint64_t size,
                    struct vm_error *err)
{
    p->base = p->entry = base;
    if (!in_ram(b, base, size))
        return does_not_fit(b, p, size, err);
    p->end = base + size;
    return 0;
}

/* Lowest address and one past the highest of all segments; none wraps around (checked when it was
 * loaded). */
static void elf_span(const struct vm_image *im, uint64_t *low, uint64_t *last)
{
    *low = UINT64_MAX;
    *last = 0;
    for (uint32_t i = 0; i < im->n_segments; i++) {
        const struct vm_image_segment *s = &im->segments[i];
        uint64_t end = s->paddr + (s->mem_size - 1);
        *low = s->paddr < *low ? s->paddr : *low;
        *last = end > *last ? end : *last;
    }
}

static bool in_a_segment(const struct vm_image *im, uint64_t pa)
{
    for (uint32_t i = 0; i < im->n_segments; i++)
        if (pa >= im->segments[i].paddr && pa - im->segments[i].paddr < im->segments[i].mem_size)
            return true;
    return false;
}

/* e_type ET_DYN; the header is little-endian, as was checked. */
static bool is_position_independent(const struct vm_image *im)
{
    return load_le(im->data + 16, 2) == 3;
}

/* `moved`: where one goes that can be anywhere. */
static int place_elf(const struct boot *b, struct part *p, uint64_t moved, struct vm_error *err)
{
    const struct vm_image *im = p->image;
    uint64_t low, last;
    elf_span(im, &low, &last);
    bool outside = low < b->ram_base || low >= b->ram_end;
    if (outside && low != 0 && low >> 63 == 0 && !is_position_independent(im))
        return vm_error_set(err,
                            "%s: is linked to run at 0x%" PRIx64
                            ", where this machine has no memory: RAM is 0x%" PRIx64 "..0x%" PRIx64,
                            im->path, low, b->ram_base, b->ram_end - 1);
    p->bias = outside ? moved - low : 0;
    p->base = low + p->bias;
    if (last - low == UINT64_MAX || !in_ram(b, p->base, last - low + 1))
        return does_not_fit(b, p, last - low, err);
    p->end = p->base + (last - low) + 1;
    if (!in_a_segment(im, im->entry))
        return vm_error_set(
            err, "%s: broken ELF: it starts at 0x%" PRIx64 ", which lies in none of its segments",
            im->path, im->entry);
    p->entry = im->entry + p->bias;
    return 0;
}

int boot_place(const struct boot *b, struct part *p, uint64_t base, uint64_t size,
               struct vm_error *err)
{
    return p->image->kind == VM_IMAGE_ELF ? place_elf(b, p, base, err)
                                          : place_at(b, p, base, size, err);
}

void boot_place_fdt(struct boot *b, uint64_t reserve)
{
    uint64_t top = b->ram_end < b->ram_base + GIB ? b->ram_end : b->ram_base + GIB;
    bool small = ram_span(b) < SMALL_RAM;
    b->fdt_room = small ? MIB / 8 : 2 * MIB;
    b->fdt_base = align_down(top - b->fdt_room, small ? PAGE : 2 * MIB);
    b->top = b->fdt_base - reserve;
}

static uint64_t part_end(const struct part *p, uint64_t otherwise)
{
    return p->image && p->end > otherwise ? p->end : otherwise;
}

static int place_initrd(struct boot *b, struct vm_error *err)
{
    struct part *p = &b->initrd;
    uint64_t size = p->image->length;
    /* Linux takes the whole of the last 2 MiB that its image touches, and drops an initrd that it
     * finds there. */
    uint64_t low = align_up(part_end(&b->kernel, part_end(&b->firmware, b->ram_base)),
                            ram_span(b) < SMALL_RAM ? PAGE : 2 * MIB);
    uint64_t half = ram_span(b) / 2,
             far = align_up(b->ram_base + (half < 128 * MIB ? half : 128 * MIB), PAGE);
    p->base = far > low ? far : low;
    if (p->base + size > b->top)
        p->base = low;
    if (p->base > b->top || size > b->top - p->base) {
        uint64_t room = low < b->top ? b->top - low : 0;
        return vm_error_set(err,
                            "%s: larger than memory: it has %" PRIu64 " KiB, and %" PRIu64
                            " KiB are free beside the kernel",
                            p->image->path, size / 1024 + (size % 1024 != 0), room / 1024);
    }
    p->end = p->base + size;
    return 0;
}

static int check_apart(const struct part *p, uint64_t base, uint64_t end, const char *what,
                       struct vm_error *err)
{
    if (!p->image || p->end <= base || p->base >= end)
        return 0;
    return vm_error_set(err,
                        "%s: at 0x%" PRIx64 "..0x%" PRIx64 " it leaves no room for %s at 0x%" PRIx64
                        "..0x%" PRIx64 "; give the machine more memory, or another file",
                        p->image->path, p->base, p->end - 1, what, base, end - 1);
}

int boot_check_overlaps(const struct boot *b, const struct part *p, struct vm_error *err)
{
    uint64_t fdt_end = b->fdt_base + b->fdt_room;
    if (p != &b->firmware && b->firmware.image &&
        check_apart(p, b->firmware.base, b->firmware.end, "the firmware", err))
        return -1;
    return check_apart(p, b->top, fdt_end, "the device tree", err);
}

int boot_place_initrd(struct boot *b, struct vm_error *err)
{
    if (b->initrd.image && (place_initrd(b, err) || boot_check_overlaps(b, &b->initrd, err)))
        return vm_error_prefix(err, "%s", b->initrd.key);
    return 0;
}
