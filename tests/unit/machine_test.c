/* SPDX-License-Identifier: BSD-2-Clause */
/* Machines built from toy plugins: what is wired where, what is refused, interrupts, timers, DMA,
 * backends, reset and stop. */
#define _GNU_SOURCE /* memfd_create */
#include <criterion/criterion.h>
#include <libfdt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "machine_mock.h"

#define MACHINE "[machine]\nmemory = 2M\narch = toy\nengine = toy\nboard = toy\n"
#define PROBE   "[device p]\ntype = dev-probe\naddress = 0x1000\n"
#define HUB     "[device hub]\ntype = dev-hub\nclaim = ext\n"
#define BASE    0x1000

struct built {
    struct registry *reg;
    struct description *d;
    struct machine *m;
    struct vm_error err;
};

static struct built build_with(const char *ini, const struct machine_options *options)
{
    struct built b = {.err = VM_ERROR_INIT};
    char path[64];
    int fd = memfd_create("machine.ini", MFD_CLOEXEC);
    cr_assert_eq(write(fd, ini, strlen(ini)), (ssize_t)strlen(ini));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    b.reg = toy_registry();
    b.d = description_load(path, NULL, 0, b.reg, &b.err);
    cr_assert(b.d, "%s", b.err.text);
    close(fd);
    b.m = machine_new(b.d, options, &b.err);
    return b;
}

static struct built build(const char *ini)
{
    const struct machine_options options = {0};
    return build_with(ini, &options);
}

static void unbuild(struct built *b)
{
    machine_free(b->m);
    description_free(b->d);
    registry_free(b->reg);
}

/* Builds and runs; returns the status. */
static int run(const char *ini, void (*step)(struct vm_cpu *))
{
    struct built b = build(ini);
    cr_assert(b.m, "%s", b.err.text);
    toy.step = step;
    int status = machine_run(b.m, &b.err);
    cr_assert(!b.err.set, "%s", b.err.text);
    unbuild(&b);
    return status;
}

/* ---- what cannot be built ---- */

static const struct {
    const char *ini, *wanted;
    int line; /* 0: any */
} refused[] = {
    {MACHINE "[device p]\ntype = dev-probe\n",
     "1 region of registers and needs as many addresses, but 0 are given", 6},
    {MACHINE "[device p]\ntype = dev-probe\naddress = 0x1000, 0x2000\n", "but 2 are given", 8},
    {MACHINE "[device p]\ntype = dev-probe\naddress = 0x1000\nregions = 2\n",
     "2 regions of registers", 8},
    {MACHINE PROBE "[device q]\ntype = dev-probe\naddress = 0x1020\n", "overlaps", 11},
    {MACHINE "[device p]\ntype = dev-probe\naddress = 0x10001000\n", "overlaps RAM", 8},
    {MACHINE "[device p]\ntype = dev-probe\naddress = 0xfffffffffffffff0\n", "beyond the end", 8},
    {MACHINE PROBE "irq = p:0\n", "p (dev-probe) is not an interrupt controller", 9},
    {MACHINE HUB PROBE "irq = hub:4\n", "no line 4; its lines are 0 to 3", 12},
    {MACHINE HUB PROBE "irq = hub:0, hub:1, hub:2\n", "2 interrupt outputs, but 3 are connected",
     12},
    {MACHINE "[device a]\ntype = dev-hub\nirq = a:0\n", "ring", 8},
    {MACHINE "[device a]\ntype = dev-hub\nirq = b:0\n[device b]\ntype = dev-hub\nirq = c:0\n"
             "[device c]\ntype = dev-hub\nirq = a:1\n",
     "ring", 0},
    {MACHINE HUB "[device hub2]\ntype = dev-hub\nclaim = ext\n", "driven by hub already", 9},
    {MACHINE "[device hub]\ntype = dev-hub\nclaim = nmi\n", "no interrupt line 'nmi'", 6},
    {MACHINE "[device hub]\ntype = dev-hub\nclaim = clock\n", "no interrupt line 'clock'", 6},
    {MACHINE HUB "output = ext\n", "no interrupt output 'ext'", 6},
    {MACHINE HUB "output = clock\n[device hub2]\ntype = dev-hub\noutput = clock\n",
     "output 'clock' of vCPU 0 leads to hub already", 10},
    {MACHINE HUB "port = outer\n", "arch-toy has no port 'outer'", 6},
    {MACHINE HUB "port = forbidden\n", "port 'forbidden' of vCPU 0: not for vCPU 0", 6},
    {MACHINE HUB "port = inner\n[device hub2]\ntype = dev-hub\nport = inner\n",
     "port 'inner' of vCPU 0 belongs to hub already", 10},
    {MACHINE PROBE "kind = 2\n", "port I/O", 6},
    {MACHINE PROBE "kind = 7\n", "unknown kind", 6},
};

Test(machine, refused)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct built b = build(refused[i].ini);
        char place[16];
        cr_assert_not(b.m, "case %zu", i);
        cr_assert(strstr(b.err.text, refused[i].wanted), "case %zu: '%s' has no '%s'", i,
                  b.err.text, refused[i].wanted);
        snprintf(place, sizeof(place), ":%d: ", refused[i].line);
        cr_assert(!refused[i].line || strstr(b.err.text, place), "case %zu: '%s' is not at line %d",
                  i, b.err.text, refused[i].line);
        cr_assert_not(strchr(b.err.text, '\n'));
        unbuild(&b);
    }
}

Test(machine, boot_errors_say_where_the_key_is)
{
    toy.prepare_error = "boot.kernel: /k: is no kernel";
    struct built b = build(MACHINE "[boot]\nkernel = /proc/self/exe\n");
    cr_assert_not(b.m);
    cr_assert(strstr(b.err.text, ":7: boot.kernel: /k: is no kernel"), "%s", b.err.text);
    unbuild(&b);
}

/* ---- running ---- */

static void step_poweroff(struct vm_cpu *cpu)
{
    toy_store(cpu, BASE + PROBE_POWEROFF, 42);
}

Test(machine, powers_off_with_the_guests_status)
{
    cr_assert_eq(run(MACHINE PROBE, step_poweroff), 42);
    cr_assert_eq(toy.installs, 1);
    cr_assert_eq(run(MACHINE "mode = deterministic\n" PROBE, step_poweroff), 42);
}

static void step_timer(struct vm_cpu *cpu)
{
    toy_store(cpu, BASE + PROBE_TIMER_STATUS, 5);
    toy_store(cpu, BASE + PROBE_TIMER, 1000000);
}

Test(machine, timers_fire_with_the_device_locked)
{
    cr_assert_eq(run(MACHINE PROBE, step_timer), 5);
    cr_assert_eq(run(MACHINE "mode = deterministic\n" PROBE, step_timer), 5);
    cr_assert_eq(toy.timer_fired, 2);
    cr_assert_eq(toy.timer_unlocked, 0);
}

/* ---- work ---- */

#define WORKS 30

static void step_work(struct vm_cpu *cpu)
{
    toy_store(cpu, BASE + PROBE_TIMER_STATUS, 6);
    toy_store(cpu, BASE + PROBE_WORK, WORKS);
}

Test(machine, work_is_done_with_the_device_locked)
{
    cr_assert_eq(run(MACHINE PROBE, step_work), 6);
    cr_assert_eq(toy.works, WORKS);
    cr_assert_eq(toy.works_done, WORKS);
    cr_assert_eq(toy.timer_unlocked, 0);
}

Test(machine, work_takes_a_fixed_time_in_deterministic_mode)
{
    for (int i = 1; i <= 2; i++) {
        cr_assert_eq(run(MACHINE "mode = deterministic\n" PROBE, step_work), 6);
        cr_assert_eq(toy.works_done, WORKS * i);
        cr_assert_eq(toy.work_ns, 100000, "%ld", (long)toy.work_ns);
    }
}

/* Power-off and reset come while work is under way: it is finished first. */
static void step_work_and_leave(struct vm_cpu *cpu)
{
    toy_store(cpu, BASE + PROBE_WORK, WORKS);
    toy_store(cpu, BASE + (toy.installs < 3 ? PROBE_RESET : PROBE_POWEROFF), 4);
}

static void check_drained(const char *ini)
{
    cr_assert_eq(run(ini, step_work_and_leave), 4);
    cr_assert_eq(toy.installs, 3);
    cr_assert_eq(toy.works_done, 3 * WORKS);
    cr_assert_eq(toy.works_at_reset, 0, "%u works were open", toy.works_at_reset);
    cr_assert_eq(toy.timer_unlocked, 0);
}

Test(machine, work_is_finished_before_reset_and_end)
{
    check_drained(MACHINE PROBE);
}

Test(machine, work_is_finished_before_reset_in_deterministic_mode)
{
    check_drained(MACHINE "mode = deterministic\n" PROBE);
}

/* ---- interrupts ---- */

static void expect_hub(int line, int level, uint32_t calls)
{
    cr_assert_eq(toy.hub_level[line], level, "line %d is %d", line, toy.hub_level[line]);
    cr_assert_eq(toy.hub_calls, calls, "%u calls", toy.hub_calls);
}

static void step_shared(struct vm_cpu *cpu)
{
    toy_store(cpu, BASE + PROBE_IRQ0, 1);
    expect_hub(2, 1, 1);
    cr_assert_eq(atomic_load(&cpu->lines), 1u << 3, "the claimed line of the vCPU");
    toy_store(cpu, BASE + PROBE_IRQ1, 1);
    toy_store(cpu, BASE + PROBE_IRQ1, 1);
    toy_store(cpu, BASE + PROBE_IRQ0, 0);
    expect_hub(2, 1, 1);
    toy_store(cpu, BASE + PROBE_IRQ1, 0);
    expect_hub(2, 0, 2);
    cr_assert_eq(atomic_load(&cpu->lines), 0);
    toy_store(cpu, BASE + PROBE_POWEROFF, 0);
}

Test(machine, outputs_on_one_input_are_ored)
{
    cr_assert_eq(run(MACHINE HUB PROBE "irq = hub:2, hub:2\n", step_shared), 0);
}

static int access_port(struct vm_cpu *cpu, uint32_t port, uint32_t reg, bool write, uint64_t bits,
                       uint64_t mask, uint64_t *value)
{
    return cpu->host->port_access(cpu, port, reg, write, bits, mask, value);
}

static void step_port(struct vm_cpu *cpu)
{
    uint64_t value = 5;
    cr_assert_eq(toy.port_claims, 1);
    cr_assert_eq(access_port(cpu, 0, 7, true, 0xff, 0x3c, &value), 0);
    cr_assert_eq(value, 0, "as it was before the write");
    cr_assert_eq(atomic_load(&cpu->lines), 1u << 3, "the controller drives its line");
    cr_assert_eq(access_port(cpu, 0, 7, false, 0, UINT64_MAX, &value), 0);
    cr_assert_eq(value, 0x3c, "the bits of the mask, and none by a read");
    cr_assert_eq(access_port(cpu, 0, 8, false, 0, 0, &value), -1, "no such register");
    cr_assert_eq(access_port(cpu, 1, 7, false, 0, 0, &value), -1, "a port that nobody has claimed");
    cr_assert_eq(access_port(cpu, 2, 7, false, 0, 0, &value), -1, "no such port");
    cr_assert_eq(access_port(cpu, 0, 7, true, 0, UINT64_MAX, &value), 0);
    cr_assert_eq(atomic_load(&cpu->lines), 0);
    toy_store(cpu, BASE + PROBE_POWEROFF, 0);
}

Test(machine, ports_reach_the_controller_that_claimed_them)
{
    cr_assert_eq(run(MACHINE HUB "port = inner\n" PROBE, step_port), 0);
    toy.port_claims = 0;
    cr_assert_eq(run(MACHINE "mode = deterministic\n" HUB "port = inner\n" PROBE, step_port), 0);
}

static void step_cascade(struct vm_cpu *cpu)
{
    toy_store(cpu, BASE + PROBE_IRQ0, 1);
    cr_assert_eq(toy.hub_level[1], 1);
    cr_assert_eq(toy.hub_level[3], 1, "the second controller");
    cr_assert_eq(atomic_load(&cpu->lines), 1u << 3);
    toy_store(cpu, BASE + PROBE_IRQ0, 0);
    cr_assert_eq(toy.hub_level[3], 0);
    toy_store(cpu, BASE + PROBE_POWEROFF, 0);
}

Test(machine, controllers_in_a_row)
{
    cr_assert_eq(run(MACHINE HUB "[device sub]\ntype = dev-hub\nirq = hub:3\n" PROBE
                                 "irq = sub:1\n",
                     step_cascade),
                 0);
}

/* ---- DMA ---- */

static void step_dma(struct vm_cpu *cpu)
{
    toy_store(cpu, BASE + PROBE_DMA, TOY_RAM + 0x10000);
    cr_assert_eq(toy_load(cpu, BASE + PROBE_DMA), VM_ACCESS_OK);
    cr_assert_eq(toy_load(cpu, TOY_RAM + 0x10000), UINT64_C(0x3837363534333231));
    toy_store(cpu, BASE + PROBE_DMA, BASE);
    cr_assert_eq(toy_load(cpu, BASE + PROBE_DMA), VM_ACCESS_ERROR, "its own registers");
    toy_store(cpu, BASE + PROBE_DMA, 0x2000);
    cr_assert_eq(toy_load(cpu, BASE + PROBE_DMA), VM_ACCESS_ERROR, "another's registers");
    toy_store(cpu, BASE + PROBE_DMA, 0x900000);
    cr_assert_eq(toy_load(cpu, BASE + PROBE_DMA), VM_ACCESS_ERROR, "nothing");
    toy_store(cpu, BASE + PROBE_POWEROFF, 0);
}

Test(machine, dma_reaches_ram_only)
{
    cr_assert_eq(run(MACHINE PROBE "[device q]\ntype = dev-probe\naddress = 0x2000\n", step_dma),
                 0);
}

/* ---- reset ---- */

static void step_reset(struct vm_cpu *cpu)
{
    if (toy.installs == 3) {
        toy_store(cpu, BASE + PROBE_POWEROFF, 9);
        return;
    }
    cr_assert_eq(toy_load(cpu, TOY_RAM + 0x10000), 0, "memory is cleared");
    toy_store(cpu, TOY_RAM + 0x10000, 1234);
    toy_store(cpu, BASE + PROBE_IRQ0, 1);
    cr_assert_eq(toy.hub_level[0], 1);
    toy_store(cpu, BASE + PROBE_RESET, 0);
}

static void check_reset(const char *ini)
{
    cr_assert_eq(run(ini, step_reset), 9);
    cr_assert_eq(toy.installs, 3);
    cr_assert_eq(toy.probe_resets, 3);
    cr_assert_eq(toy.hub_resets, 3);
    cr_assert_eq(toy.hub_level[0], 0, "lowered by the reset");
}

Test(machine, resets_to_its_first_state)
{
    check_reset(MACHINE HUB PROBE "irq = hub:0\n");
}

Test(machine, resets_in_deterministic_mode)
{
    check_reset(MACHINE "mode = deterministic\n" HUB PROBE "irq = hub:0\n");
}

Test(machine, reset_can_mean_exit)
{
    cr_assert_eq(run(MACHINE "on-reset = exit\n" HUB PROBE "irq = hub:0\n", step_reset), 0);
    cr_assert_eq(toy.installs, 1);
}

Test(machine, stops_at_the_limit)
{
    const struct machine_options options = {.max_instructions = 1};
    struct built b = build_with(MACHINE PROBE, &options);
    cr_assert(b.m, "%s", b.err.text);
    cr_assert_eq(machine_run(b.m, &b.err), 3);
    unbuild(&b);
}

/* ---- backends ---- */

static void step_input(struct vm_cpu *cpu)
{
    if (toy.n_output)
        return;
    toy_store(cpu, BASE + PROBE_OUTPUT, 'o');
    toy_store(cpu, BASE + PROBE_OUTPUT, 'k');
    cr_assert_eq(write(toy.pipe[1], "hello, world\n", 13), 13);
}

static void check_input(const char *ini, uint32_t limit)
{
    toy.receive_limit = limit;
    toy.n_received = toy.n_output = 0;
    cr_assert_eq(run(ini, step_input), 7);
    cr_assert_eq(toy.n_output, 2);
    cr_assert_eq(memcmp(toy.output, "ok", 2), 0);
    cr_assert_eq(toy.n_received, 13, "%u bytes", toy.n_received);
    cr_assert_eq(memcmp(toy.received, "hello, world\n", 13), 0);
    cr_assert_eq(toy.timer_unlocked, 0);
}

Test(machine, bytes_come_and_go)
{
    check_input(MACHINE PROBE "chardev = pipe\n", 0);
    check_input(MACHINE PROBE "chardev = c\n[chardev c]\ntype = char-pipe\n", 0);
}

Test(machine, bytes_in_deterministic_mode)
{
    check_input(MACHINE "mode = deterministic\n" PROBE "chardev = pipe\n", 0);
    check_input(MACHINE "mode = deterministic\n" PROBE "chardev = pipe\n", 1);
}

/* ---- what the vCPU drives and asks for ---- */

#define CLOCK_LINE 9

/* Its own line, by hand and by a timer, goes through the controller, which wakes it. */
static void step_output(struct vm_cpu *cpu)
{
    static bool asleep;
    if (asleep) {
        cr_assert_eq(toy.hub_level[2], 1);
        cr_assert(atomic_load(&cpu->lines) >> CLOCK_LINE & 1);
        asleep = false;
        cpu->host->request(cpu, VM_REQUEST_POWEROFF, 9);
        return;
    }
    cpu->host->set_line(cpu, CLOCK_LINE, 1);
    cr_assert_eq(toy.hub_level[2], 1);
    uint32_t calls = toy.hub_calls;
    cpu->host->set_line(cpu, CLOCK_LINE, 1);
    cr_assert_eq(toy.hub_calls, calls, "no change");
    cpu->host->set_line(cpu, CLOCK_LINE, 0);
    cr_assert_eq(toy.hub_level[2], 0);
    cpu->host->counter_compare(cpu, CLOCK_LINE, cpu->host->counter_read(cpu) + 2000);
    cr_assert_eq(toy.hub_level[2], 0);
    asleep = true;
}

Test(machine, lines_that_the_vcpu_drives)
{
    cr_assert_eq(run(MACHINE HUB "output = clock\n", step_output), 9);
    cr_assert_eq(toy.hub_level[2], 1);
    cr_assert_eq(run(MACHINE "mode = deterministic\n" HUB "output = clock\n", step_output), 9);
}

static void step_firmware(struct vm_cpu *cpu)
{
    uint64_t regs[VM_FIRMWARE_REGS] = {7};
    cr_assert_not(cpu->host->firmware_call(cpu, VM_ARM_SMC, regs));
    cr_assert_eq(regs[0], 7);
    cr_assert(cpu->host->firmware_call(cpu, VM_ARM_HVC, regs));
    cr_assert_eq(regs[0], 1007 + cpu->index);
    cr_assert_eq(toy_load(cpu, BASE + PROBE_CPU), 100 + cpu->index);
    toy_store(cpu, BASE + PROBE_TIMER_STATUS, 5);
    toy_store(cpu, BASE + PROBE_TIMER, 1000);
}

Test(machine, firmware_calls_and_who_accesses)
{
    cr_assert_eq(run(MACHINE "cpus = 3\n" PROBE, step_firmware), 5);
    cr_assert_eq(run(MACHINE "cpus = 3\nmode = deterministic\n" PROBE, step_firmware), 5);
}

static void step_press(struct vm_cpu *cpu)
{
    (void)cpu;
    kill(getpid(), SIGUSR1);
}

Test(machine, power_button)
{
    cr_assert_eq(run(MACHINE PROBE "button = yes\n", step_press), 11);
    cr_assert_eq(run(MACHINE "mode = deterministic\n" PROBE "button = yes\n", step_press), 11);
}

static void step_press_nothing(struct vm_cpu *cpu)
{
    kill(getpid(), SIGUSR1);
    toy_store(cpu, BASE + PROBE_TIMER_STATUS, 5);
    toy_store(cpu, BASE + PROBE_TIMER, 50000000);
}

Test(machine, no_power_button)
{
    cr_assert_eq(run(MACHINE PROBE, step_press_nothing), 5);
}

/* ---- device tree ---- */

static uint32_t cell(const void *blob, const char *path, const char *name, int index)
{
    int n = 0, node = fdt_path_offset(blob, path);
    cr_assert(node >= 0, "no node %s", path);
    const fdt32_t *p = fdt_getprop(blob, node, name, &n);
    cr_assert(p && n > 4 * index, "no cell %d of %s in %s", index, name, path);
    return fdt32_to_cpu(p[index]);
}

Test(machine, device_tree_tells_the_wiring)
{
    static uint8_t blob[65536];
    char path[64];
    snprintf(path, sizeof(path), "/tmp/vmrun-machine-%d.dtb", (int)getpid());
    const struct machine_options options = {.dump_dtb = path};
    struct built b = build_with(
        MACHINE "cpus = 2\n" HUB "output = clock\n[device sub]\ntype = dev-hub\n" PROBE
                "irq = hub:2\n[device q]\ntype = dev-probe\nregions = 2\naddress = 0x3000, 0x2000\n"
                "irq = hub:1, sub:0\n",
        &options);
    cr_assert(b.m, "%s", b.err.text);
    FILE *f = fopen(path, "rb");
    size_t length = fread(blob, 1, sizeof(blob), f);
    fclose(f);
    unlink(path);
    cr_assert_eq(fdt_check_full(blob, length), 0);

    uint32_t hub = fdt_get_phandle(blob, fdt_path_offset(blob, "/soc/hub"));
    uint32_t sub = fdt_get_phandle(blob, fdt_path_offset(blob, "/soc/hub-sub"));
    cr_assert(hub && sub);
    cr_assert_eq(cell(blob, "/soc/hub", "#interrupt-cells", 0), 2);
    cr_assert_eq(cell(blob, "/soc/hub", "interrupts-extended", 1), 11, "the vCPU's line");
    cr_assert_eq(cell(blob, "/timer", "interrupts-extended", 0), hub, "the board's node");
    cr_assert_eq(cell(blob, "/timer", "interrupts-extended", 1), 102);
    cr_assert_eq(cell(blob, "/soc/serial@1000", "interrupt-parent", 0), hub);
    cr_assert_eq(cell(blob, "/soc/serial@1000", "interrupts", 0), 102);
    cr_assert_eq(cell(blob, "/soc/serial@3000", "reg", 1), 0x3000);
    cr_assert_eq(cell(blob, "/soc/serial@3000", "reg", 5), 0x2000);
    cr_assert_eq(cell(blob, "/soc/serial@3000", "interrupts-extended", 0), hub);
    cr_assert_eq(cell(blob, "/soc/serial@3000", "interrupts-extended", 1), 101);
    cr_assert_eq(cell(blob, "/soc/serial@3000", "interrupts-extended", 3), sub);
    cr_assert_eq(cell(blob, "/memory@10000000", "reg", 3), 2 << 20);
    cr_assert_eq(cell(blob, "/cpus/cpu@1", "reg", 0), 1);
    cr_assert_eq(cell(blob, "/cpus", "timebase-frequency", 0), 1000000);
    cr_assert_str_eq(fdt_get_alias(blob, "serial1"), "/soc/serial@3000");
    unbuild(&b);
}
