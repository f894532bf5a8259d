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
/* Physical addresses have 56 bits. */
#define MAX_RAM (((uint64_t)1 << 56) - RAM_BASE)

/* OpenSBI docs/firmware/fw_dynamic.md; struct fw_dynamic_info: six XLEN-wide words. */
#define DYNAMIC_MAGIC   0x4942534f
#define DYNAMIC_VERSION 2
#define DYNAMIC_WORDS   6
#define MODE_SUPERVISOR 1

static const struct boot_kind kind = {
    .machine = "riscv64", .name = "RISC-V", .elf = 243, .linux_magic = "RSC\x05"};

static void *create(const struct vm_board_host *host, struct vm_board_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct board *b = calloc(1, sizeof(*b));
    (void)props;
    if (!b) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    boot_init(&b->boot, host, ctx, &kind);
    b->boot.ram_base = RAM_BASE;
    return b;
}

static void destroy(void *opaque)
{
    struct board *b = opaque;
    free(b->boot.cmdline);
    free(b);
}

static int ram_layout(void *opaque, uint64_t ram_size, uint64_t *base, uint64_t *length,
                      uint32_t max, struct vm_error *err)
{
    struct board *b = opaque;
    if (max < 1)
        return vm_error_set(err, "there is no room for a range of RAM");
    return boot_ram(&b->boot, ram_size, MAX_RAM, base, length, err);
}

static int load_kernel(struct boot *b, const char *path, struct vm_error *err)
{
    struct linux_header header;
    if (boot_load_kernel(b, path, err))
        return -1;
    if (!b->firmware.image && boot_linux_header(b, b->kernel.image, &header))
        return vm_error_set(err,
                            "%s: is a Linux kernel, which needs firmware; set boot.firmware to "
                            "OpenSBI's fw_dynamic.bin",
                            path);
    return 0;
}

static int load_all(struct boot *b, const struct vm_boot *boot, struct vm_error *err)
{
    if (!boot->firmware && !boot->kernel)
        return vm_error_set(err,
                            "[boot] names neither firmware nor kernel: there is nothing to run");
    if (boot->firmware && boot_load_firmware(b, boot->firmware, err))
        return vm_error_prefix(err, "%s", b->firmware.key);
    if (boot->kernel && load_kernel(b, boot->kernel, err))
        return vm_error_prefix(err, "%s", b->kernel.key);
    if (boot->initrd && boot_load_initrd(b, boot->initrd, err))
        return vm_error_prefix(err, "%s", b->initrd.key);
    return 0;
}

static int place_kernel(struct boot *b, struct vm_error *err)
{
    const struct vm_image *im = b->kernel.image;
    struct linux_header header;
    uint64_t base = b->firmware.image ? RAM_BASE + PAYLOAD_OFFSET : RAM_BASE;
    if (!boot_linux_header(b, im, &header))
        return boot_place(b, &b->kernel, base, im->length, err);
    /* A text_offset of 0 is from the days before it was used: 2 MiB then was where it had to be. */
    if (header.text_offset)
        base =
            header.text_offset < b->ram_end - RAM_BASE ? RAM_BASE + header.text_offset : b->ram_end;
    return boot_place(b, &b->kernel, base, header.image_size ? header.image_size : im->length, err);
}

/*
 *   RAM_BASE            firmware, or a bare-metal program
 *   RAM_BASE + 2 MiB    what the firmware starts: Linux (at its text_offset), U-Boot
 *   below the device tree: a page for OpenSBI's fw_dynamic_info
 */
static int place_all(struct boot *b, struct vm_error *err)
{
    struct part *firmware = &b->firmware, *kernel = &b->kernel;
    boot_place_fdt(b, PAGE);
    if (firmware->image && (boot_place(b, firmware, RAM_BASE, firmware->image->length, err) ||
                            boot_check_overlaps(b, firmware, err)))
        return vm_error_prefix(err, "%s", firmware->key);
    if (kernel->image && (place_kernel(b, err) || boot_check_overlaps(b, kernel, err)))
        return vm_error_prefix(err, "%s", kernel->key);
    return boot_place_initrd(b, err);
}

static int prepare(void *opaque, const struct vm_boot *boot, const struct vm_machine_info *info,
                   struct vm_error *err)
{
    struct board *b = opaque;
    (void)info;
    if (load_all(&b->boot, boot, err) || place_all(&b->boot, err))
        return -1;
    b->dynamic_info = b->boot.top;
    b->boot.cmdline = strdup(boot->cmdline);
    return b->boot.cmdline ? 0 : vm_error_set(err, "out of memory");
}

static int fdt(void *opaque, const struct vm_fdt_api *api, struct vm_fdt_node *root,
               struct vm_error *err)
{
    struct board *b = opaque;
    (void)err;
    api->string(root, "compatible", "riscv-virtio");
    api->string(root, "model", "vmrun,riscv-virt");
    boot_fdt_chosen(&b->boot, api, root);
    return 0;
}

/* ---- install ---- */

/* What fw_dynamic is told; other firmware does not look at it. */
static int write_dynamic_info(struct board *b, struct vm_error *err)
{
    uint64_t words[DYNAMIC_WORDS] = {
        DYNAMIC_MAGIC,
        DYNAMIC_VERSION,
        b->boot.kernel.image ? b->boot.kernel.entry : RAM_BASE + PAYLOAD_OFFSET,
        MODE_SUPERVISOR,
        0,
        /* options */ UINT64_MAX, /* any hart may boot */
    };
    uint8_t bytes[DYNAMIC_WORDS * 8];
    for (unsigned i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)(words[i / 8] >> (8 * (i % 8)));
    return b->boot.host->write_ram(b->boot.ctx, b->dynamic_info, bytes, sizeof(bytes), err);
}

static int install(void *opaque, const void *blob, uint64_t blob_length,
                   struct vm_cpu_start *starts, uint32_t cpus, struct vm_error *err)
{
    struct board *b = opaque;
    const struct boot *boot = &b->boot;
    const struct part *first = boot->firmware.image ? &boot->firmware : &boot->kernel;
    if (boot_install(&b->boot, blob, blob_length, err) ||
        (boot->firmware.image && write_dynamic_info(b, err)))
        return -1;
    for (uint32_t i = 0; i < cpus; i++)
        starts[i] = (struct vm_cpu_start){
            .pc = first->entry,
            .arg = {i, boot->fdt_base, boot->firmware.image ? b->dynamic_info : 0, 0},
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
