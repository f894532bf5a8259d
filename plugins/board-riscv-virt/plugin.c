/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - board-riscv-virt: RAM at 0x80000000, reset in machine mode, boot by firmware or bare
 * metal. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/abi-hash.h>
#include "board.h"

#define COUNTER_HZ 10000000
#define MAX_CPUS   512
#define MIN_RAM    MIB
/* Physical addresses have 56 bits. */
#define MAX_RAM (((uint64_t)1 << 56) - RAM_BASE)

/* OpenSBI docs/firmware/fw_dynamic.md; struct fw_dynamic_info: six XLEN-wide words. */
#define DYNAMIC_MAGIC   0x4942534f
#define DYNAMIC_VERSION 2
#define DYNAMIC_WORDS   6
#define MODE_SUPERVISOR 1

static void *create(const struct vm_board_host *host, struct vm_board_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct board *b = calloc(1, sizeof(*b));
    (void)props;
    if (!b) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    b->host = host;
    b->ctx = ctx;
    b->firmware.key = "boot.firmware";
    b->kernel.key = "boot.kernel";
    b->initrd.key = "boot.initrd";
    return b;
}

static void destroy(void *opaque)
{
    struct board *b = opaque;
    free(b->cmdline);
    free(b);
}

static int ram_layout(void *opaque, uint64_t ram_size, uint64_t *base, uint64_t *length,
                      uint32_t max, struct vm_error *err)
{
    struct board *b = opaque;
    if (max < 1)
        return vm_error_set(err, "there is no room for a range of RAM");
    if (ram_size < MIN_RAM || ram_size > MAX_RAM || ram_size % 4096)
        return vm_error_set(err,
                            "%" PRIu64 " bytes are no size of RAM: it takes at least %" PRIu64
                            " KiB, in multiples of 4 KiB",
                            ram_size, (uint64_t)MIN_RAM / 1024);
    b->ram_end = RAM_BASE + ram_size;
    base[0] = RAM_BASE;
    length[0] = ram_size;
    return 1;
}

static int load_all(struct board *b, const struct vm_boot *boot, struct vm_error *err)
{
    if (!boot->firmware && !boot->kernel)
        return vm_error_set(err,
                            "[boot] names neither firmware nor kernel: there is nothing to run");
    if (boot->firmware && load_firmware(b, boot->firmware, err))
        return vm_error_prefix(err, "%s", b->firmware.key);
    if (boot->kernel && load_kernel(b, boot->kernel, err))
        return vm_error_prefix(err, "%s", b->kernel.key);
    if (boot->initrd && load_initrd(b, boot->initrd, err))
        return vm_error_prefix(err, "%s", b->initrd.key);
    return 0;
}

static int prepare(void *opaque, const struct vm_boot *boot, const struct vm_machine_info *info,
                   struct vm_error *err)
{
    struct board *b = opaque;
    (void)info;
    if (load_all(b, boot, err) || place_all(b, err))
        return -1;
    b->cmdline = strdup(boot->cmdline);
    return b->cmdline ? 0 : vm_error_set(err, "out of memory");
}

static int fdt(void *opaque, const struct vm_fdt_api *api, struct vm_fdt_node *root,
               struct vm_error *err)
{
    struct board *b = opaque;
    struct vm_fdt_node *chosen = api->child(root, "chosen");
    (void)err;
    api->string(root, "compatible", "riscv-virtio");
    api->string(root, "model", "vmrun,riscv-virt");
    if (*b->cmdline)
        api->string(chosen, "bootargs", b->cmdline);
    if (b->initrd.image) {
        api->u64(chosen, "linux,initrd-start", b->initrd.base);
        api->u64(chosen, "linux,initrd-end", b->initrd.end);
    }
    return 0;
}

/* ---- install ---- */

static int write_part(struct board *b, const struct part *p, struct vm_error *err)
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

/* What fw_dynamic is told; other firmware does not look at it. */
static int write_dynamic_info(struct board *b, struct vm_error *err)
{
    uint64_t words[DYNAMIC_WORDS] = {
        DYNAMIC_MAGIC,
        DYNAMIC_VERSION,
        b->kernel.image ? b->kernel.entry : RAM_BASE + PAYLOAD_OFFSET,
        MODE_SUPERVISOR,
        0,
        /* options */ UINT64_MAX, /* any hart may boot */
    };
    uint8_t bytes[DYNAMIC_WORDS * 8];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(words[i / 8] >> (8 * (i % 8)));
    return b->host->write_ram(b->ctx, b->dynamic_info, bytes, sizeof(bytes), err);
}

static int install(void *opaque, const void *blob, uint64_t blob_length,
                   struct vm_cpu_start *starts, uint32_t cpus, struct vm_error *err)
{
    struct board *b = opaque;
    const struct part *first = b->firmware.image ? &b->firmware : &b->kernel;
    if (blob_length > b->fdt_room)
        return vm_error_set(err,
                            "the device tree has %" PRIu64 " bytes, and there is room for %" PRIu64,
                            blob_length, b->fdt_room);
    if (write_part(b, &b->firmware, err) || write_part(b, &b->kernel, err) ||
        write_part(b, &b->initrd, err) ||
        b->host->write_ram(b->ctx, b->fdt_base, blob, blob_length, err))
        return -1;
    if (b->firmware.image && write_dynamic_info(b, err))
        return -1;
    for (uint32_t i = 0; i < cpus; i++)
        starts[i] = (struct vm_cpu_start){
            .pc = first->entry,
            .arg = {i, b->fdt_base, b->firmware.image ? b->dynamic_info : 0, 0},
        };
    return 0;
}

static const char *const archs[] = {"arch-riscv64", NULL};

static const struct vm_board_ops ops = {
    .size = sizeof(struct vm_board_ops),
    .archs = archs,
    .max_cpus = MAX_CPUS,
    .counter_hz = COUNTER_HZ,
    .create = create,
    .destroy = destroy,
    .ram_layout = ram_layout,
    .prepare = prepare,
    .fdt = fdt,
    .install = install,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_BOARD_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_BOARD, .name = "board-riscv-virt", .version = "1.0",
          .licence = "BSD-2-Clause",
          .summary = "generic RISC-V machine: RAM at 0x80000000, boot by OpenSBI or bare metal",
          .description = "RAM starts at 0x80000000. With boot.firmware (OpenSBI's fw_dynamic or "
                         "fw_jump, U-Boot; raw or ELF) all harts "
                         "start there in machine mode with the hart's number in a0, the device "
                         "tree in a1 and OpenSBI's "
                         "fw_dynamic_info in a2, and boot.kernel (Linux as Image, Image.gz or ELF, "
                         "or U-Boot) is what the firmware "
                         "starts, at 0x80200000. Without firmware, boot.kernel is a bare-metal ELF "
                         "or raw program that starts in "
                         "machine mode. The counter runs at 10 MHz.",
          .matched_abi = VM_MATCHED_ABI_HASH, .get_interface = get_interface);
