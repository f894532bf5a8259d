/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * layout.c - where in RAM everything goes.
 *
 *   RAM_BASE            firmware, or a bare-metal program
 *   RAM_BASE + 2 MiB    what the firmware starts: Linux (at its text_offset), U-Boot
 *   half of RAM, at most 128 MiB up, above the kernel: initrd, out of the way of a firmware or
 * kernel that grows near the top of the first GiB: a page for OpenSBI's fw_dynamic_info, then the
 * device tree, aligned to 2 MiB
 *
 * An ELF file goes where it says. One that says nothing (position-independent firmware, linked at
 * 0; vmlinux, at its virtual address) is moved as a whole.
 */
#include <inttypes.h>
#include "board.h"

#define PAGE      UINT64_C(4096)
#define SMALL_RAM (16 * MIB)

static uint64_t align_up(uint64_t v, uint64_t to)
{
    return (v + to - 1) & ~(to - 1);
}

static uint64_t align_down(uint64_t v, uint64_t to)
{
    return v & ~(to - 1);
}

static uint64_t ram_span(const struct board *b)
{
    return b->ram_end - RAM_BASE;
}

static bool in_ram(const struct board *b, uint64_t base, uint64_t size)
{
    return base >= RAM_BASE && base <= b->ram_end && size <= b->ram_end - base;
}

static int does_not_fit(const struct board *b, const struct part *p, uint64_t size,
                        struct vm_error *err)
{
    return vm_error_set(err,
                        "%s: larger than memory: it needs %" PRIu64 " KiB at 0x%" PRIx64
                        ", and RAM ends at 0x%" PRIx64,
                        p->image->path, size / 1024 + (size % 1024 != 0), p->base, b->ram_end);
}

static int place_at(const struct board *b, struct part *p, uint64_t base, uint64_t size,
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
static int place_elf(const struct board *b, struct part *p, uint64_t moved, struct vm_error *err)
{
    const struct vm_image *im = p->image;
    uint64_t low, last;
    elf_span(im, &low, &last);
    bool outside = low < RAM_BASE || low >= b->ram_end;
    if (outside && low != 0 && low >> 63 == 0 && !is_position_independent(im))
        return vm_error_set(err,
                            "%s: is linked to run at 0x%" PRIx64
                            ", where this machine has no memory: RAM is 0x%" PRIx64 "..0x%" PRIx64,
                            im->path, low, RAM_BASE, b->ram_end - 1);
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

static int place_firmware(struct board *b, struct vm_error *err)
{
    struct part *p = &b->firmware;
    if (!p->image)
        return 0;
    return p->image->kind == VM_IMAGE_ELF ? place_elf(b, p, RAM_BASE, err)
                                          : place_at(b, p, RAM_BASE, p->image->length, err);
}

static int place_kernel(struct board *b, struct vm_error *err)
{
    struct part *p = &b->kernel;
    struct linux_header header;
    uint64_t base = b->firmware.image ? RAM_BASE + PAYLOAD_OFFSET : RAM_BASE;
    if (!p->image)
        return 0;
    if (p->image->kind == VM_IMAGE_ELF)
        return place_elf(b, p, base, err);
    if (!linux_header(p->image, &header))
        return place_at(b, p, base, p->image->length, err);
    /* A text_offset of 0 is from the days before it was used: 2 MiB then was where it had to be. */
    if (header.text_offset)
        base = header.text_offset < ram_span(b) ? RAM_BASE + header.text_offset : b->ram_end;
    return place_at(b, p, base, header.image_size ? header.image_size : p->image->length, err);
}

static void place_fdt(struct board *b)
{
    uint64_t top = b->ram_end < RAM_BASE + GIB ? b->ram_end : RAM_BASE + GIB;
    bool small = ram_span(b) < SMALL_RAM;
    b->fdt_room = small ? MIB / 8 : 2 * MIB;
    b->fdt_base = align_down(top - b->fdt_room, small ? PAGE : 2 * MIB);
    b->dynamic_info = b->fdt_base - PAGE;
}

static uint64_t part_end(const struct part *p, uint64_t otherwise)
{
    return p->image && p->end > otherwise ? p->end : otherwise;
}

static int place_initrd(struct board *b, struct vm_error *err)
{
    struct part *p = &b->initrd;
    if (!p->image)
        return 0;
    uint64_t size = p->image->length;
    /* Linux takes the whole of the last 2 MiB that its image touches, and drops an initrd that it
     * finds there. */
    uint64_t low = align_up(part_end(&b->kernel, part_end(&b->firmware, RAM_BASE)),
                            ram_span(b) < SMALL_RAM ? PAGE : 2 * MIB);
    uint64_t half = ram_span(b) / 2,
             far = align_up(RAM_BASE + (half < 128 * MIB ? half : 128 * MIB), PAGE);
    p->base = far > low ? far : low;
    if (p->base + size > b->dynamic_info)
        p->base = low;
    if (p->base > b->dynamic_info || size > b->dynamic_info - p->base) {
        uint64_t room = low < b->dynamic_info ? b->dynamic_info - low : 0;
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

static int check_overlaps(const struct board *b, const struct part *p, struct vm_error *err)
{
    uint64_t fdt_end = b->fdt_base + b->fdt_room;
    if (p != &b->firmware && b->firmware.image &&
        check_apart(p, b->firmware.base, b->firmware.end, "the firmware", err))
        return -1;
    return check_apart(p, b->dynamic_info, fdt_end, "the device tree", err);
}

int place_all(struct board *b, struct vm_error *err)
{
    place_fdt(b);
    if (place_firmware(b, err) || check_overlaps(b, &b->firmware, err))
        return vm_error_prefix(err, "%s", b->firmware.key);
    if (place_kernel(b, err) || check_overlaps(b, &b->kernel, err))
        return vm_error_prefix(err, "%s", b->kernel.key);
    if (place_initrd(b, err) || check_overlaps(b, &b->initrd, err))
        return vm_error_prefix(err, "%s", b->initrd.key);
    return 0;
}
