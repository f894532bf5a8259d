/* SPDX-License-Identifier: BSD-2-Clause */
/* board-riscv-virt: what it accepts as a boot file, where everything goes, how harts start. Files
 * are made in memory. */
#include "board_files.h"
#include "plugins/board-riscv-virt/board.h"

#define MAGIC "RSC\x05"

extern const struct vm_plugin vm_plugin_descriptor;

/* ---- one board ---- */

static const struct vm_board_ops *ops;
static struct board *board;

/* Makes a board of that much RAM and prepares it; the error text, or NULL. Which file is what: by
 * its name. */
static const char *prepare(uint64_t ram, const char *firmware, const char *kernel,
                           const char *initrd)
{
    static struct vm_error err;
    struct vm_boot boot = {sizeof(boot), 0, firmware, kernel, initrd, "quiet"};
    struct vm_machine_info info = {
        .size = sizeof(info), .cpus = 2, .ram_base = RAM_BASE, .ram_size = ram};
    uint64_t base, length;
    board_files_begin();
    err = (struct vm_error)VM_ERROR_INIT;
    ops = vm_plugin_descriptor.get_interface(VM_BOARD_INTERFACE);
    board = ops->create(&board_files_host, NULL, NULL, &err);
    cr_assert_eq(ops->ram_layout(board, ram, &base, &length, 1, &err), 1);
    cr_assert_eq(base, RAM_BASE);
    cr_assert_eq(length, ram);
    return ops->prepare(board, &boot, &info, &err) ? err.text : NULL;
}

static void done(void)
{
    ops->destroy(board);
    board_files_end();
}

static struct vm_cpu_start starts[2];

static void install(void)
{
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_eq(ops->install(board, "fdt", 4, starts, 2, &err), 0, "%s", err.text);
    for (uint32_t i = 0; i < 2; i++) {
        cr_assert_eq(starts[i].arg[0], i);
        cr_assert_eq(starts[i].arg[1], board->boot.fdt_base);
    }
}

static void expect_ok(const char *text)
{
    cr_assert_not(text, "%s", text);
}

Test(board_riscv_virt, linux_by_firmware)
{
    make_linux(MAGIC, 2 * MIB, 0x1e6b000, 0);
    expect_ok(prepare(GIB, "raw", "linux", "initrd"));
    cr_assert_eq(board->boot.firmware.base, RAM_BASE);
    cr_assert_eq(board->boot.kernel.base, RAM_BASE + 2 * MIB);
    cr_assert_eq(board->boot.kernel.end, RAM_BASE + 2 * MIB + 0x1e6b000);
    cr_assert_eq(board->boot.initrd.base, RAM_BASE + 128 * MIB);
    cr_assert_eq(board->boot.fdt_base, RAM_BASE + GIB - 2 * MIB);
    install();
    cr_assert_eq(starts[1].pc, RAM_BASE);
    cr_assert_eq(starts[1].arg[2], board->dynamic_info);
    cr_assert_eq(host.zeroed, 0x1e6b000 - sizeof(linux_image), "what the image clears for itself");
    const uint8_t *info = host.writes[host.n_writes - 1].first;
    cr_assert_eq(host.writes[host.n_writes - 1].pa, board->dynamic_info);
    cr_assert_eq(load_le(info, 8), 0x4942534f);
    cr_assert_eq(load_le(info + 8, 8), 2);
    cr_assert_eq(load_le(info + 16, 8), RAM_BASE + 2 * MIB);
    cr_assert_eq(load_le(info + 24, 8), 1);
    cr_assert_eq(load_le(info + 40, 8), UINT64_MAX);
    done();
}

Test(board_riscv_virt, device_tree_stays_in_the_first_gib_and_initrd_above_the_kernel)
{
    make_linux(MAGIC, 2 * MIB, 30 * MIB, 0);
    expect_ok(prepare(16 * GIB, "raw", "linux", "initrd"));
    cr_assert_eq(board->boot.fdt_base, RAM_BASE + GIB - 2 * MIB);
    done();
    make_linux(MAGIC, 2 * MIB, 30 * MIB + 0x3000, 0);
    expect_ok(prepare(64 * MIB, "raw", "linux", "initrd"));
    cr_assert_eq(board->boot.initrd.base, RAM_BASE + 34 * MIB, "not in the kernel's last 2 MiB");
    done();
}

Test(board_riscv_virt, bare_metal)
{
    make_elf(ET_EXEC, 243, RAM_BASE, RAM_BASE + 8, 4096);
    expect_ok(prepare(2 * MIB, NULL, "elf", NULL));
    install();
    cr_assert_eq(starts[0].pc, RAM_BASE + 8);
    cr_assert_eq(starts[0].arg[2], 0);
    cr_assert_eq(host.zeroed, 4096 - 128);
    done();
    expect_ok(prepare(2 * MIB, NULL, "raw", NULL));
    install();
    cr_assert_eq(starts[0].pc, RAM_BASE);
    done();
}

Test(board_riscv_virt, elf_that_can_be_anywhere_is_moved)
{
    make_elf(ET_DYN, 243, 0, 16, 4096);
    expect_ok(prepare(64 * MIB, "elf", NULL, NULL));
    cr_assert_eq(board->boot.firmware.base, RAM_BASE);
    cr_assert_eq(board->boot.firmware.entry, RAM_BASE + 16);
    done();
    make_elf(ET_EXEC, 243, 0xffffffff80000000, 0xffffffff80000040, 4096);
    expect_ok(prepare(64 * MIB, "raw", "elf", NULL));
    cr_assert_eq(board->boot.kernel.base, RAM_BASE + 2 * MIB);
    cr_assert_eq(board->boot.kernel.entry, RAM_BASE + 2 * MIB + 0x40);
    install();
    cr_assert_eq(host.writes[1].pa, RAM_BASE + 2 * MIB);
    done();
}

/* ---- what is refused ---- */

static void expect_error(uint64_t ram, const char *firmware, const char *kernel, const char *initrd,
                         const char *wanted)
{
    const char *text = prepare(ram, firmware, kernel, initrd);
    cr_assert(text && strstr(text, wanted), "'%s' has no '%s'", text ? text : "(accepted)", wanted);
    done();
}

Test(board_riscv_virt, kernels_refused)
{
    make_linux(MAGIC, 2 * MIB, 30 * MIB, 0);
    expect_error(GIB, NULL, NULL, NULL, "neither firmware nor kernel");
    expect_error(GIB, NULL, "linux", NULL,
                 "boot.kernel: linux: is a Linux kernel, which needs firmware");
    expect_error(GIB, "linux", NULL, NULL,
                 "boot.firmware: linux: is a Linux kernel; name it by boot.kernel");
    expect_error(16 * MIB, "raw", "linux", NULL, "larger than memory");
    expect_error(33 * MIB, "raw", "linux", NULL, "no room for the device tree");
    expect_error(GIB, "raw", "none", NULL, "boot.kernel: none: cannot be opened");
    make_linux(MAGIC, 2 * MIB, 30 * MIB, 1);
    expect_error(GIB, "raw", "linux", NULL, "big-endian");
    make_linux(MAGIC, 2 * MIB, 4096, 0);
    expect_error(GIB, "raw", "linux", NULL, "broken Linux kernel");
    make_linux(MAGIC, UINT64_MAX - 4096, 30 * MIB, 0);
    expect_error(GIB, "raw", "linux", NULL, "larger than memory");
    make_linux(MAGIC, 2 * MIB, UINT64_MAX, 0);
    expect_error(GIB, "raw", "linux", NULL, "larger than memory");
    make_linux(MAGIC, 0, 30 * MIB, 0);
    add_pe(sizeof(linux_image));
    expect_ok(prepare(GIB, "raw", "linux", NULL));
    done();
    add_pe(sizeof(linux_image) + 1);
    expect_error(GIB, "raw", "linux", NULL, "truncated Linux kernel");
    put(linux_image + 0x3c, UINT32_MAX, 4);
    expect_ok(prepare(GIB, "raw", "linux", NULL));
    done();
}

Test(board_riscv_virt, elf_refused)
{
    make_elf(ET_EXEC, 62, RAM_BASE, RAM_BASE, 4096);
    expect_error(GIB, NULL, "elf", NULL, "x86-64");
    make_elf(ET_EXEC, 9999, RAM_BASE, RAM_BASE, 4096);
    expect_error(GIB, NULL, "elf", NULL, "9999");
    make_elf(ET_EXEC, 243, 0x10000, 0x10000, 4096);
    expect_error(GIB, NULL, "elf", NULL, "linked to run at 0x10000");
    make_elf(ET_EXEC, 243, RAM_BASE, RAM_BASE + 4096, 4096);
    expect_error(GIB, NULL, "elf", NULL, "none of its segments");
    make_elf(ET_EXEC, 243, RAM_BASE, RAM_BASE, GIB + 1);
    expect_error(GIB, NULL, "elf", NULL, "larger than memory");
    make_elf(ET_EXEC, 243, RAM_BASE + 100, RAM_BASE + 100, 4096);
    expect_error(GIB, "raw", "elf", NULL, "no room for the firmware");
    make_elf(ET_EXEC, 243, RAM_BASE, RAM_BASE, 4096);
    elf[EI_CLASS] = ELFCLASS32;
    expect_error(GIB, NULL, "elf", NULL, "ELF");
}

Test(board_riscv_virt, foreign_files_are_named)
{
    const struct {
        uint32_t offset, n;
        const char *magic, *wanted;
    } cases[] = {
        {56, 4, "ARM\x64", "arm64"},
        {0x202, 4, "HdrS", "x86"},
        {0, 4, "\x28\xb5\x2f\xfd", "zstd"},
        {0, 6,
         "\xfd"
         "7zXZ\0",
         "xz"},
        {0, 4, "\x04\x22\x4d\x18", "lz4"},
        {0, 3, "BZh", "bzip2"},
        {0, 2, "MZ", "EFI"},
        {0, 6, "070701", "boot.initrd"},
        {0, 8, "!<arch>\n", "archive"},
        {0, 4, "\xd0\x0d\xfe\xed", "device tree"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(raw, 0, sizeof(raw));
        memcpy(raw + cases[i].offset, cases[i].magic, cases[i].n);
        expect_error(GIB, NULL, "raw", NULL, cases[i].wanted);
        expect_error(GIB, "raw", NULL, NULL, cases[i].wanted);
    }
}

Test(board_riscv_virt, ram_sizes)
{
    struct vm_error err = VM_ERROR_INIT;
    uint64_t base, length;
    expect_ok(prepare(MIB, NULL, "raw", NULL));
    cr_assert_eq(ops->ram_layout(board, MIB - 4096, &base, &length, 1, &err), -1);
    cr_assert_eq(ops->ram_layout(board, MIB + 1, &base, &length, 1, &err), -1);
    cr_assert_eq(ops->ram_layout(board, UINT64_MAX - 4095, &base, &length, 1, &err), -1);
    done();
}
