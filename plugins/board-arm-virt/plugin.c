/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - board-arm-virt: RAM at 0x40000000, boot as Linux on arm64 wants it or bare metal, with
 * the board as the firmware below it, or of firmware in flash. */
#include <stdlib.h>
#include <string.h>
#include <vmrun/abi-hash.h>
#include "board.h"
#include "psci.h"

#define COUNTER_HZ 62500000
/* As many redistributors of a GICv3 fit between its distributor's neighbours. */
#define MAX_CPUS 123
/* Up to where PCI's configuration space is, as on QEMU's "virt" machine. */
#define MAX_RAM (255 * GIB)

/* booting.rst of the Linux kernel: with an image_size of 0 the text_offset is not filled in. */
#define OLD_TEXT_OFFSET 0x80000

static const struct boot_kind kind = {
    .machine = "aarch64", .name = "AArch64", .elf = 183, .linux_magic = "ARM\x64"};

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

static int place_kernel(struct boot *b, struct vm_error *err)
{
    const struct vm_image *im = b->kernel.image;
    struct linux_header header;
    if (!boot_linux_header(b, im, &header))
        return boot_place(b, &b->kernel, RAM_BASE, im->length, err);
    uint64_t offset = header.image_size ? header.text_offset : OLD_TEXT_OFFSET;
    uint64_t base = offset < b->ram_end - RAM_BASE ? RAM_BASE + offset : b->ram_end;
    return boot_place(b, &b->kernel, base, header.image_size ? header.image_size : im->length, err);
}

static int load_all(struct boot *b, const struct vm_boot *boot, struct vm_error *err)
{
    if (!boot->kernel)
        return vm_error_set(err,
                            "[boot] names neither firmware nor a kernel: there is nothing to run");
    if (boot_load_kernel(b, boot->kernel, err))
        return vm_error_prefix(err, "%s", b->kernel.key);
    if (boot->initrd && boot_load_initrd(b, boot->initrd, err))
        return vm_error_prefix(err, "%s", b->initrd.key);
    return 0;
}

static int place_all(struct boot *b, struct vm_error *err)
{
    boot_place_fdt(b, 0);
    if (place_kernel(b, err) || boot_check_overlaps(b, &b->kernel, err))
        return vm_error_prefix(err, "%s", b->kernel.key);
    return boot_place_initrd(b, err);
}

static int prepare(void *opaque, const struct vm_boot *boot, const struct vm_machine_info *info,
                   struct vm_error *err)
{
    struct board *b = opaque;
    b->cpus = info->cpus;
    b->conduit = info->firmware_conduit;
    b->deterministic = info->deterministic;
    b->boot.cmdline = strdup(boot->cmdline);
    if (!b->boot.cmdline)
        return vm_error_set(err, "out of memory");
    if (boot->firmware)
        return firmware_prepare(b, boot, err);
    return load_all(&b->boot, boot, err) || place_all(&b->boot, err) ? -1 : 0;
}

/* ---- device tree ---- */

/*
 * A vCPU's output, and what the binding of the node calls it. Those that a GIC has at `ppi` are
 * told even if the vCPU lacks them: firmware knows them by their place in the list.
 */
struct interrupt {
    const char *output, *name;
    uint32_t ppi; /* 0: may be missing */
};

#define PPI_CELLS 3u /* kind, number, flags: as the GIC's binding has it */

/* Which of the n outputs lead somewhere; all of them lead to one controller. Returns how many. */
static uint32_t put_interrupts(const struct vm_fdt_api *api, struct vm_fdt_node *root,
                               const char *node_name, const struct interrupt *list, uint32_t n)
{
    const char *names[8];
    uint32_t cells[8 * PPI_CELLS], found = 0, parent = 0, flags = 0;
    for (uint32_t i = 0; i < n && !parent; i++) {
        uint32_t way[5];
        if (api->cpu_output_cells(root, list[i].output, way) == 1 + PPI_CELLS)
            parent = way[0], flags = way[PPI_CELLS];
    }
    for (uint32_t i = 0; i < n && parent; i++) {
        uint32_t way[5], k = api->cpu_output_cells(root, list[i].output, way);
        bool there = k == 1 + PPI_CELLS && way[0] == parent;
        const uint32_t usual[PPI_CELLS] = {1, list[i].ppi, flags};
        if (!there && !list[i].ppi)
            continue;
        memcpy(cells + found * PPI_CELLS, there ? way + 1 : usual, sizeof(usual));
        names[found++] = list[i].name;
    }
    if (!found)
        return 0;
    struct vm_fdt_node *node = api->child(root, node_name);
    api->u32(node, "interrupt-parent", &parent, 1);
    api->u32(node, "interrupts", cells, found * PPI_CELLS);
    if (n > 1)
        api->strings(node, "interrupt-names", names, found);
    return found;
}

/* Bindings: Documentation/devicetree/bindings/timer/arm,arch_timer.yaml and arm/pmu.yaml of the
 * Linux kernel. */
static void put_cpu_parts(const struct vm_fdt_api *api, struct vm_fdt_node *root)
{
    static const struct interrupt timers[] = {
        {"cntps", "sec-phys", 13}, {"cntp", "phys", 14},     {"cntv", "virt", 11},
        {"cnthp", "hyp-phys", 10}, {"cnthv", "hyp-virt", 0},
    };
    static const struct interrupt pmu[] = {{"pmu", "pmu", 0}};
    if (put_interrupts(api, root, "timer", timers, sizeof(timers) / sizeof(timers[0]))) {
        struct vm_fdt_node *node = api->child(root, "timer");
        api->string(node, "compatible", "arm,armv8-timer");
        api->empty(node, "always-on");
    }
    if (put_interrupts(api, root, "pmu", pmu, 1))
        api->string(api->child(root, "pmu"), "compatible", "arm,armv8-pmuv3");
}

static int fdt(void *opaque, const struct vm_fdt_api *api, struct vm_fdt_node *root,
               struct vm_error *err)
{
    struct board *b = opaque;
    if (b->boot.firmware.image && firmware_check(b, err))
        return -1;
    api->string(root, "compatible", "linux,dummy-virt");
    api->string(root, "model", "vmrun,arm-virt");
    api->empty(root, "dma-coherent");
    boot_fdt_chosen(&b->boot, api, root);
    if (!b->deterministic) /* for Linux to choose its place by; filled anew at each start */
        api->u64(api->child(root, "chosen"), "kaslr-seed", 0);
    if (b->conduit)
        psci_fdt(api, root, b->conduit, b->cpus);
    put_cpu_parts(api, root);
    return 0;
}

/* ---- start ---- */

/*
 * Only the first vCPU starts where the board's own firmware brings up the others; else all do, as
 * they do at reset, and the program tells them apart.
 */
static int install(void *opaque, const void *blob, uint64_t blob_length,
                   struct vm_cpu_start *starts, uint32_t cpus, struct vm_error *err)
{
    struct board *b = opaque;
    if (boot_install(&b->boot, blob, blob_length, err))
        return -1;
    for (uint32_t i = 0; i < cpus; i++)
        starts[i] = (struct vm_cpu_start){
            .pc = b->boot.firmware.image ? b->boot.firmware.entry : b->boot.kernel.entry,
            .arg = {b->boot.fdt_base},
            .off = b->conduit != 0 && i > 0,
        };
    return 0;
}

static const char *const archs[] = {"arch-aarch64", NULL};

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
    .firmware_call = psci_call,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_BOARD_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_BOARD, .name = "board-arm-virt", .version = "1.0",
          .licence = "BSD-2-Clause",
          .summary =
              "generic Arm machine: RAM at 0x40000000, boot of Linux, UEFI or bare metal, PSCI",
          .description =
              "RAM starts at 0x40000000. boot.kernel is Linux for arm64 (Image, Image.gz "
              "or ELF) or a bare-metal ELF or raw program; it starts on the first vCPU "
              "with the device tree's address in x0. boot.firmware is put into the flash "
              "memory (dev-pflash) at 0 and started there, with the device tree at the start of "
              "RAM; what else [boot] names is offered to it (dev-fwcfg), so that UEFI starts a "
              "kernel by its EFI stub. The board answers PSCI 1.1 calls "
              "(the other vCPUs, power-off, reset) by HVC, or by SMC where the vCPUs "
              "have EL2; where they have EL3 it does not, and all vCPUs start at once. "
              "The counter runs at 62.5 MHz.",
          .matched_abi = VM_MATCHED_ABI_HASH, .get_interface = get_interface);
