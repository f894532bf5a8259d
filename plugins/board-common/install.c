/* SPDX-License-Identifier: BSD-2-Clause */
/* install.c - puts boot files and the device tree into the guest's memory, and says in the tree
 * where they are. */
#include <inttypes.h>
#include "boot.h"

void boot_init(struct boot *b, const struct vm_board_host *host, struct vm_board_ctx *ctx,
               const struct boot_kind *kind)
{
    b->host = host;
    b->ctx = ctx;
    b->kind = kind;
    b->firmware.key = "boot.firmware";
    b->kernel.key = "boot.kernel";
    b->initrd.key = "boot.initrd";
}

void boot_fdt_chosen(const struct boot *b, const struct vm_fdt_api *api, struct vm_fdt_node *root)
{
    struct vm_fdt_node *chosen = api->child(root, "chosen");
    if (*b->cmdline)
        api->string(chosen, "bootargs", b->cmdline);
    if (b->initrd.image) {
        api->u64(chosen, "linux,initrd-start", b->initrd.base);
        api->u64(chosen, "linux,initrd-end", b->initrd.end);
    }
}

static int write_part(struct boot *b, const struct part *p, struct vm_error *err)
{
    const struct vm_image *im = p->image;
    if (!im)
        return 0;
    if (im->kind != VM_IMAGE_ELF)
        return b->host->write_ram(b->ctx, p->base, im->data, im->length, err) ||
               b->host->zero_ram(b->ctx, p->base + im->length, p->end - p->base - im->length, err);
    for (uint32_t i = 0; i < im->n_segments; i++) {
        const struct vm_image_segment *s = &im->segments[i];
        uint64_t at = s->paddr + p->bias;
        if (b->host->write_ram(b->ctx, at, im->data + s->offset, s->file_size, err) ||
            b->host->zero_ram(b->ctx, at + s->file_size, s->mem_size - s->file_size, err))
            return -1;
    }
    return 0;
}

int boot_install(struct boot *b, const void *fdt, uint64_t fdt_length, struct vm_error *err)
{
    if (fdt_length > b->fdt_room)
        return vm_error_set(err,
                            "the device tree has %" PRIu64 " bytes, and there is room for %" PRIu64,
                            fdt_length, b->fdt_room);
    return write_part(b, &b->firmware, err) || write_part(b, &b->kernel, err) ||
                   write_part(b, &b->initrd, err) ||
                   b->host->write_ram(b->ctx, b->fdt_base, fdt, fdt_length, err)
               ? -1
               : 0;
}
