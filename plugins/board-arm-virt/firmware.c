/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * firmware.c - firmware in flash memory, such as Debian's AAVMF (UEFI).
 *
 * It runs from FLASH_BASE on, finds the device tree at the start of RAM, as on QEMU's "virt"
 * machine, and is asked to start a kernel by being offered one.
 */
#include <inttypes.h>
#include <string.h>
#include "board.h"

#define MAX_FIRMWARE (256 * MIB)
/* Behind that AAVMF has its first stack. */
#define FDT_ROOM UINT64_C(0x7c000)

static int load_code(struct boot *b, const char *path, struct vm_error *err)
{
    struct linux_header header;
    const struct vm_image *im = b->host->load_image(b->ctx, path, MAX_FIRMWARE, err);
    if (!im)
        return -1;
    if (boot_linux_header(b, im, &header))
        return vm_error_set(err, "%s: is a Linux kernel; name it by boot.kernel", path);
    if (im->kind == VM_IMAGE_ELF)
        return vm_error_set(err, "%s: is an ELF program; flash memory takes a raw image", path);
    if (im->length == 0)
        return vm_error_set(err, "%s: is empty", path);
    b->firmware.image = im;
    b->firmware.base = b->firmware.entry = FLASH_BASE;
    b->firmware.end = FLASH_BASE + im->length;
    return 0;
}

/* Firmware starts EFI programs, which begin as those of MS-DOS do. */
static int offer_kernel(struct board *b, const char *path, struct vm_error *err)
{
    struct boot *boot = &b->boot;
    const struct vm_image *im =
        boot->host->load_image(boot->ctx, path, boot->ram_end - boot->ram_base, err);
    if (!im)
        return -1;
    if (im->length < 64 || memcmp(im->data, "MZ", 2) != 0)
        return vm_error_set(err,
                            "%s: is no EFI program (a kernel without EFI stub?), and firmware "
                            "starts nothing else; leave boot.firmware out to start it directly",
                            path);
    b->offered = im->path;
    return boot->host->offer(boot->ctx, "kernel", im->data, im->length, err);
}

static int offer_initrd(struct board *b, const char *path, struct vm_error *err)
{
    struct boot *boot = &b->boot;
    if (!b->offered)
        return vm_error_set(err, "%s: without boot.kernel there is nothing that it is for", path);
    const struct vm_image *im =
        boot->host->load_raw(boot->ctx, path, boot->ram_end - boot->ram_base, err);
    return im ? boot->host->offer(boot->ctx, "initrd", im->data, im->length, err) : -1;
}

int firmware_prepare(struct board *b, const struct vm_boot *boot, struct vm_error *err)
{
    struct boot *all = &b->boot;
    if (load_code(all, boot->firmware, err))
        return vm_error_prefix(err, "%s", all->firmware.key);
    if (boot->kernel && offer_kernel(b, boot->kernel, err))
        return vm_error_prefix(err, "%s", all->kernel.key);
    if (boot->initrd && offer_initrd(b, boot->initrd, err))
        return vm_error_prefix(err, "%s", all->initrd.key);
    all->fdt_base = RAM_BASE;
    all->fdt_room = FDT_ROOM;
    return all->host->offer(all->ctx, "cmdline", all->cmdline, strlen(all->cmdline) + 1, err);
}

int firmware_check(struct board *b, struct vm_error *err)
{
    const struct boot *all = &b->boot;
    const struct vm_image *im = all->firmware.image;
    uint64_t room = all->host->memory_at(all->ctx, FLASH_BASE);
    if (room == 0)
        return vm_error_set(err,
                            "%s: %s: goes into flash memory at 0x%" PRIx64 ", where there is none: "
                            "a device of type dev-pflash with that address is missing",
                            all->firmware.key, im->path, FLASH_BASE);
    if (im->length > room)
        return vm_error_set(err,
                            "%s: %s: has %" PRIu64 " bytes, more than the %" PRIu64
                            " of the flash memory at 0x%" PRIx64,
                            all->firmware.key, im->path, im->length, room, FLASH_BASE);
    if (b->offered && !all->host->is_taken(all->ctx, "kernel"))
        return vm_error_set(err,
                            "%s: %s: nothing hands it to the firmware: a device of type dev-fwcfg "
                            "is missing",
                            all->kernel.key, b->offered);
    return 0;
}
