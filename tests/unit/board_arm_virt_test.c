/* SPDX-License-Identifier: BSD-2-Clause */
/* board-arm-virt: what it accepts as a boot file, where everything goes, how vCPUs start, and what
 * it answers as firmware. Numbers of calls are PSCI's (DEN 0022). */
#include "board_files.h"
#include <libfdt.h>
#include <stdlib.h>
#include "core/machine/fdt_tree.h"
#include "plugins/board-arm-virt/board.h"

extern const struct vm_plugin vm_plugin_descriptor;

#define MAGIC "ARM\x64"
#define CPUS  18

static const struct vm_board_ops *ops;
static struct board *board;
static uint32_t conduit = VM_ARM_HVC;

/* As in board_riscv_virt_test.c. */
static const char *prepare(uint64_t ram, const char *firmware, const char *kernel,
                           const char *initrd)
{
    static struct vm_error err;
    struct vm_boot boot = {sizeof(boot), 0, firmware, kernel, initrd, "quiet"};
    struct vm_machine_info info = {.size = sizeof(info),
                                   .cpus = CPUS,
                                   .ram_base = RAM_BASE,
                                   .ram_size = ram,
                                   .firmware_conduit = conduit};
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

static struct vm_cpu_start starts[CPUS];

static void install(void)
{
    struct vm_error err = VM_ERROR_INIT;
    cr_assert_eq(ops->install(board, "fdt", 4, starts, CPUS, &err), 0, "%s", err.text);
}

static void expect_ok(const char *text)
{
    cr_assert_not(text, "%s", text);
}

Test(board_arm_virt, linux)
{
    make_linux(MAGIC, 0, 0x2650000, 0xa);
    expect_ok(prepare(GIB, NULL, "linux", "initrd"));
    cr_assert_eq(board->boot.kernel.base, RAM_BASE);
    cr_assert_eq(board->boot.kernel.end, RAM_BASE + 0x2650000);
    cr_assert_eq(board->boot.initrd.base, RAM_BASE + 128 * MIB);
    cr_assert_eq(board->boot.fdt_base, RAM_BASE + GIB - 2 * MIB);
    install();
    for (uint32_t i = 0; i < CPUS; i++) {
        cr_assert_eq(starts[i].pc, RAM_BASE);
        cr_assert_eq(starts[i].arg[0], board->boot.fdt_base);
        cr_assert_eq(starts[i].arg[1] | starts[i].arg[2] | starts[i].arg[3], 0);
        cr_assert_eq(starts[i].off, i != 0);
    }
    done();
    make_linux(MAGIC, 0x10000, 0x2650000, 0xa);
    expect_ok(prepare(16 * GIB, NULL, "linux", "initrd"));
    cr_assert_eq(board->boot.kernel.entry, RAM_BASE + 0x10000);
    cr_assert_eq(board->boot.fdt_base, RAM_BASE + GIB - 2 * MIB);
    done();
    make_linux(MAGIC, 0, 0, 0);
    expect_ok(prepare(GIB, NULL, "linux", NULL));
    cr_assert_eq(board->boot.kernel.base, RAM_BASE + 0x80000, "before 3.17");
    done();
}

Test(board_arm_virt, bare_metal)
{
    make_elf(ET_EXEC, 183, RAM_BASE + 4096, RAM_BASE + 4104, 4096);
    expect_ok(prepare(2 * MIB, NULL, "elf", NULL));
    install();
    cr_assert_eq(starts[0].pc, RAM_BASE + 4104);
    done();
    conduit = 0;
    expect_ok(prepare(2 * MIB, NULL, "raw", NULL));
    install();
    for (uint32_t i = 0; i < CPUS; i++)
        cr_assert(starts[i].pc == RAM_BASE && !starts[i].off, "nobody else brings them up");
    done();
}

static void expect_error(uint64_t ram, const char *firmware, const char *kernel, const char *initrd,
                         const char *wanted)
{
    const char *text = prepare(ram, firmware, kernel, initrd);
    cr_assert(text && strstr(text, wanted), "'%s' has no '%s'", text ? text : "(accepted)", wanted);
    done();
}

Test(board_arm_virt, what_is_refused)
{
    make_linux(MAGIC, 0, 30 * MIB, 0xa);
    expect_error(GIB, NULL, NULL, NULL, "[boot] names neither firmware nor a kernel");
    expect_error(GIB, NULL, "linux", "none", "boot.initrd: none: cannot be opened");
    expect_error(16 * MIB, NULL, "linux", NULL, "boot.kernel: linux: larger than memory");
    expect_error(31 * MIB, NULL, "linux", NULL, "no room for the device tree");
    make_linux(MAGIC, 0, 30 * MIB, 1);
    expect_error(GIB, NULL, "linux", NULL, "big-endian");
    make_linux(MAGIC, UINT64_MAX - 4096, 30 * MIB, 0);
    expect_error(GIB, NULL, "linux", NULL, "larger than memory");
    make_linux("RSC\x05", 0, 30 * MIB, 0);
    expect_error(GIB, NULL, "linux", NULL, "a riscv64 Linux kernel; this machine is aarch64");
    make_elf(ET_EXEC, 40, RAM_BASE, RAM_BASE, 4096);
    expect_error(GIB, NULL, "elf", NULL, "32-bit Arm; this machine is aarch64");
    make_elf(ET_EXEC, 183, 0x10000, 0x10000, 4096);
    expect_error(GIB, NULL, "elf", NULL, "linked to run at 0x10000");
}

/* ---- device tree ---- */

/* cntps and cnthv lead nowhere, the others to a controller with phandle 9. */
static uint32_t output_cells(struct vm_fdt_node *node, const char *name, uint32_t cells[5])
{
    (void)node;
    if (strcmp(name, "cntps") == 0 || strcmp(name, "cnthv") == 0)
        return 0;
    memcpy(cells, (const uint32_t[]){9, 1, (uint32_t)(uint8_t)name[3], 4}, 4 * sizeof(uint32_t));
    return 4;
}

static const void *property(const void *blob, const char *path, const char *name, int wanted)
{
    int n = -1, node = fdt_path_offset(blob, path);
    cr_assert(node >= 0, "no node %s", path);
    const void *p = fdt_getprop(blob, node, name, &n);
    cr_assert_eq(n, wanted, "%s in %s has %d bytes", name, path, n);
    return p;
}

Test(board_arm_virt, device_tree)
{
    struct vm_error err = VM_ERROR_INIT;
    struct fdt_tree *tree = fdt_tree_new();
    struct vm_fdt_api api = fdt_api;
    uint32_t length;

    api.cpu_output_cells = output_cells;
    make_linux(MAGIC, 0, 30 * MIB, 0xa);
    conduit = VM_ARM_SMC;
    expect_ok(prepare(GIB, NULL, "linux", "initrd"));
    cr_assert_eq(ops->fdt(board, &api, fdt_tree_root(tree), &err), 0);
    void *blob = fdt_flatten(tree, &length, &err);
    cr_assert_str_eq(property(blob, "/psci", "method", 4), "smc");
    cr_assert_str_eq(property(blob, "/psci", "compatible", 26), "arm,psci-1.0");
    cr_assert_str_eq(property(blob, "/cpus/cpu@11", "enable-method", 5), "psci");
    cr_assert_str_eq(property(blob, "/chosen", "bootargs", 6), "quiet");
    cr_assert_eq(fdt64_ld(property(blob, "/chosen", "linux,initrd-start", 8)),
                 RAM_BASE + 128 * MIB);
    const fdt32_t *cells = property(blob, "/timer", "interrupts", 4 * 3 * 4);
    cr_assert_eq(fdt32_to_cpu(cells[1]), 13, "a GIC's, since firmware counts places");
    cr_assert_eq(fdt32_to_cpu(cells[2]), 4);
    cr_assert_eq(fdt32_to_cpu(cells[4]), 'p');
    cr_assert_eq(fdt32_to_cpu(cells[7]), 'v');
    cr_assert_eq(fdt32_ld(property(blob, "/timer", "interrupt-parent", 4)), 9);
    cr_assert_eq(memcmp(property(blob, "/timer", "interrupt-names", 28),
                        "sec-phys\0phys\0virt\0hyp-phys", 28),
                 0);
    property(blob, "/pmu", "interrupts", 12);
    free(blob);
    fdt_tree_free(tree);
    done();
}

/* ---- firmware in flash ---- */

static const char *check_fdt(void)
{
    static struct vm_error err;
    struct fdt_tree *tree = fdt_tree_new();
    struct vm_fdt_api api = fdt_api;

    err = (struct vm_error)VM_ERROR_INIT;
    api.cpu_output_cells = output_cells;
    int failed = ops->fdt(board, &api, fdt_tree_root(tree), &err);
    fdt_tree_free(tree);
    return failed ? err.text : NULL;
}

Test(board_arm_virt, firmware)
{
    conduit = VM_ARM_HVC;
    memset(raw, 0x17, sizeof(raw));
    expect_ok(prepare(GIB, "raw", NULL, NULL));
    host.flash_bytes = 64 * MIB;
    expect_ok(check_fdt());
    install();
    cr_assert_eq(starts[0].pc, 0);
    cr_assert(!starts[0].off && starts[1].off);
    cr_assert_eq(host.n_writes, 2);
    cr_assert(host.writes[0].pa == 0 && host.writes[0].n == sizeof(raw));
    cr_assert_eq(host.writes[1].pa, RAM_BASE, "the device tree is where firmware looks for it");
    done();
}

Test(board_arm_virt, firmware_starts_a_kernel)
{
    make_linux(MAGIC, 0, 30 * MIB, 0xa);
    add_pe(8192);
    expect_ok(prepare(GIB, "raw", "linux", "initrd"));
    host.flash_bytes = 64 * MIB;
    host.taken = true;
    expect_ok(check_fdt());
    cr_assert_eq(host.n_offers, 3);
    cr_assert_str_eq(host.offers[0].name, "kernel");
    cr_assert_eq(host.offers[0].n, sizeof(linux_image));
    cr_assert_str_eq(host.offers[1].name, "initrd");
    cr_assert_eq(host.offers[1].n, 10);
    cr_assert_str_eq(host.offers[2].data, "quiet");
    cr_assert_eq(host.offers[2].n, 6);
    install();
    cr_assert_eq(starts[0].pc, 0);
    cr_assert_eq(host.n_writes, 2, "neither kernel nor initrd is in memory");
    done();
}

static void expect_bad_fdt(const char *kernel, uint64_t flash_bytes, const char *wanted)
{
    expect_ok(prepare(GIB, "raw", kernel, NULL));
    host.flash_bytes = flash_bytes;
    const char *text = check_fdt();
    cr_assert(text && strstr(text, wanted), "'%s' has no '%s'", text ? text : "(accepted)", wanted);
    done();
}

Test(board_arm_virt, firmware_that_is_refused)
{
    make_linux(MAGIC, 0, 30 * MIB, 0xa);
    expect_error(GIB, "linux", NULL, NULL, "boot.firmware: linux: is a Linux kernel; name it");
    expect_error(GIB, "none", NULL, NULL, "boot.firmware: none: cannot be opened");
    expect_error(GIB, "raw", "linux", NULL, "boot.kernel: linux: is no EFI program");
    expect_error(GIB, "raw", "none", NULL, "boot.kernel: none: cannot be opened");
    expect_error(GIB, "raw", NULL, "initrd", "boot.initrd: initrd: without boot.kernel");
    make_elf(ET_EXEC, 183, RAM_BASE, RAM_BASE, 4096);
    expect_error(GIB, "elf", NULL, NULL, "boot.firmware: elf: is an ELF program; flash memory");
    expect_bad_fdt(NULL, 0,
                   "boot.firmware: raw: goes into flash memory at 0x0, where there is none");
    expect_bad_fdt(NULL, 4095, "boot.firmware: raw: has 4096 bytes, more than the 4095");
    add_pe(8192);
    expect_bad_fdt("linux", 4096, "boot.kernel: linux: nothing hands it to the firmware");
}

/* ---- firmware calls ---- */

static struct {
    int power[CPUS];
    struct vm_cpu_start start;
    uint32_t started, offs;
    int request;
} fake;

static int cpu_on(struct vm_cpu *cpu, uint32_t index, const struct vm_cpu_start *start)
{
    (void)cpu;
    if (index >= CPUS || fake.power[index] != VM_CPU_OFF)
        return -1;
    fake.power[index] = VM_CPU_GOING_ON;
    fake.start = *start;
    fake.started = index;
    return 0;
}

static void cpu_off(struct vm_cpu *cpu)
{
    (void)cpu;
    fake.offs++;
}

static int cpu_power(struct vm_cpu *cpu, uint32_t index)
{
    (void)cpu;
    return index < CPUS ? fake.power[index] : -1;
}

static void request(struct vm_cpu *cpu, int what, int status)
{
    (void)cpu;
    cr_assert_eq(status, 0);
    fake.request = what;
}

static struct vm_cpu cpu;

static int64_t call(uint64_t function, uint64_t a1, uint64_t a2, uint64_t a3)
{
    static const struct vm_cpu_host cpu_host = {.size = sizeof(cpu_host),
                                                .cpu_on = cpu_on,
                                                .cpu_off = cpu_off,
                                                .cpu_power = cpu_power,
                                                .request = request};
    uint64_t regs[VM_FIRMWARE_REGS] = {function, a1, a2, a3, 44};
    cpu.host = &cpu_host;
    ops = vm_plugin_descriptor.get_interface(VM_BOARD_INTERFACE);
    cr_assert(ops->firmware_call(NULL, &cpu, VM_ARM_HVC, regs));
    cr_assert(regs[1] == a1 && regs[2] == a2 && regs[3] == a3 && regs[4] == 44, "only x0 changes");
    return (int64_t)regs[0];
}

Test(psci, what_there_is)
{
    static const uint32_t there[] = {0x84000000, 0x84000001, 0xc4000001, 0x84000002, 0x84000003,
                                     0xc4000003, 0x84000004, 0xc4000004, 0x84000006, 0x84000008,
                                     0x84000009, 0x8400000a, 0x84000012, 0xc4000012, 0x80000000};
    static const uint32_t not_there[] = {0xc4000002, 0x84000005, 0x84000007, 0xc4000008,
                                         0x8400000b, 0x84000011, 0x80000001, 0};
    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
        cr_expect_eq(call(0x8400000a, there[i], 0, 0), 0, "0x%x", there[i]);
    for (size_t i = 0; i < sizeof(not_there) / sizeof(not_there[0]); i++)
        cr_expect_eq(call(0x8400000a, not_there[i], 0, 0), -1, "0x%x", not_there[i]);
    cr_expect_eq(call(0x84000000, 0, 0, 0), 0x10001, "PSCI 1.1");
    cr_expect_eq(call(0x80000000, 0, 0, 0), 0x10001, "SMCCC 1.1");
    cr_expect_eq(call(0x80000001, 0x80000000, 0, 0), 0);
    cr_expect_eq(call(0x80000001, 0x80008000, 0, 0), -1, "no work-arounds");
    cr_expect_eq(call(0x84000006, 0, 0, 0), 2, "nothing to migrate");
    cr_expect_eq(call(0xc4000000, 0, 0, 0), -1);
    cr_expect_eq(call(0xffffffff12345678, 0, 0, 0), -1);
}

Test(psci, cpu_on)
{
    fake.power[0] = VM_CPU_ON;
    cr_expect_eq(call(0xc4000004, 0x101, 0, 0), 1, "off");
    cr_expect_eq(call(0xc4000003, 0x101, 0x40001000, 0x123456789abc), 0);
    cr_expect_eq(fake.started, 17, "16 to a cluster");
    cr_expect_eq(fake.start.pc, 0x40001000);
    cr_expect_eq(fake.start.arg[0], 0x123456789abc);
    cr_expect_eq(call(0xc4000003, 0x101, 0x40001000, 0), -5, "pending");
    cr_expect_eq(call(0xc4000004, 0x101, 0, 0), 2, "pending");
    cr_expect_eq(call(0xc4000003, 0, 0x40001000, 0), -4, "on already");
    cr_expect_eq(call(0xc4000004, 0, 0, 0), 0, "on");
    cr_expect_eq(call(0xc4000003, 0x102, 0x40001000, 0), -2, "there is none");
    cr_expect_eq(call(0xc4000003, 16, 0x40001000, 0), -2);
    cr_expect_eq(call(0xc4000003, 0x100000001, 0x40001000, 0), -2);
    cr_expect_eq(call(0xc4000003, 1, 0x40001002, 0), -2, "no place for an instruction");
    cr_expect_eq(call(0x84000003, 0xffffffff00000002, 0xff00000040000000, 0xaa00000001), 0);
    cr_expect_eq(fake.start.pc, 0x40000000, "32 bits of each");
    cr_expect_eq(fake.start.arg[0], 1);
    cr_expect_eq(call(0xc4000004, 0, 1, 0), -2, "no levels above");
}

Test(psci, power)
{
    cpu.pending_exit = VM_EXIT_NONE;
    cr_expect_eq(call(0xc4000001, 0, 0, 0), 0);
    cr_expect_eq(cpu.pending_exit, VM_EXIT_WAIT, "suspended");
    cr_expect_eq(fake.offs, 0);
    call(0x84000002, 0, 0, 0);
    cr_expect_eq(fake.offs, 1);
    call(0x84000008, 0, 0, 0);
    cr_expect_eq(fake.request, VM_REQUEST_POWEROFF);
    cr_expect_eq(fake.offs, 2, "it does not go on");
    call(0x84000009, 0, 0, 0);
    cr_expect_eq(fake.request, VM_REQUEST_RESET);
    fake.request = 0;
    cr_expect_eq(call(0x84000012, 0x80000000, 0, 0), -2);
    cr_expect_eq(fake.request, 0);
    call(0xc4000012, 0, 0, 0);
    cr_expect_eq(fake.request, VM_REQUEST_RESET);
}
