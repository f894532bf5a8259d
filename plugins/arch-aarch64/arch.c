/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface of the instruction set. */
#include <stdlib.h>
#include "helpers.h"
#include "mmu.h"
#include "state.h"

static void *create(const struct vm_host *host, const struct vm_machine_info *info,
                    const struct vm_props *props, struct vm_error *err)
{
    struct a64_arch *arch = calloc(1, sizeof(*arch));

    if (!arch) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (a64_configure(arch, host, info, props, err) != 0) {
        free(arch);
        return NULL;
    }
    return arch;
}

static int cpu_init(void *arch, struct vm_cpu *cpu, struct vm_error *err)
{
    const struct vm_cpu_start nowhere = {0};

    (void)arch;
    (void)err;
    a64_reset(cpu, &nowhere);
    return 0;
}

static void cpu_exit(void *arch, struct vm_cpu *cpu)
{
    (void)arch;
    (void)cpu;
}

/* By which instruction the guest calls the board's firmware: the one that leads to the level above
 * those it has. With EL3 it has firmware of its own. */
static uint32_t firmware_conduit(void *arch)
{
    const struct a64_arch *machine = arch;

    if (machine->el3)
        return 0;
    return machine->el2 ? VM_ARM_SMC : VM_ARM_HVC;
}

static const struct vm_cpu_line_desc lines[] = {
    {.name = "irq", .number = A64_LINE_IRQ},
    {.name = "fiq", .number = A64_LINE_FIQ},
    {.name = "virq", .number = A64_LINE_VIRQ},
    {.name = "vfiq", .number = A64_LINE_VFIQ},
    {.name = "cntp", .number = A64_LINE_CNTP, .output = true},
    {.name = "cntv", .number = A64_LINE_CNTV, .output = true},
    {.name = "cnthp", .number = A64_LINE_CNTHP, .output = true},
    {.name = "cntps", .number = A64_LINE_CNTPS, .output = true},
    {.name = "cnthv", .number = A64_LINE_CNTHV, .output = true},
    {.name = "pmu", .number = A64_LINE_PMU, .output = true},
    {.name = "gicmaint", .number = A64_LINE_MAINTENANCE, .output = true},
};

static const char *const ports[] = {[A64_PORT_GIC] = "gic"};

const struct vm_arch_ops a64_arch_ops = {
    .size = sizeof(struct vm_arch_ops),
    .default_board = "board-arm-virt",
    .slots = a64_slots,
    .n_slots = A64_SLOT_COUNT,
    .helpers = a64_helpers,
    .n_helpers = A64_HELPER_COUNT,
    .lines = lines,
    .n_lines = sizeof(lines) / sizeof(lines[0]),
    .ports = ports,
    .n_ports = A64_N_PORTS,
    .sysregs = a64_vm_sysregs,
    .n_sysregs = A64_N_VM_SYSREGS,
    .fp = {.flags_slot = A64_SLOT_FPFLAGS, .nan_rule = VM_FP_NAN_ARM, .tiny_before = 1},
    .state_size = sizeof(struct a64_state),
    .min_insn_bytes = 1, /* what stands for one at a misaligned pc: see translate.c */
    .max_insn_bytes = 4,
    .context_asid_mask = A64_CONTEXT_ASID_MASK,
    .create = create,
    .destroy = free,
    .cpu_init = cpu_init,
    .cpu_exit = cpu_exit,
    .claim_port = a64_claim_port,
    .cpu_reset = a64_reset,
    .mode = a64_mode,
    .translate = a64_translate,
    .mmu_translate = a64_mmu_translate,
    .deliver_fault = a64_deliver_fault,
    .deliver_interrupt = a64_deliver_interrupt,
    .wake = a64_wake,
    .disassemble = a64_disassemble,
    .fdt_cpu = a64_fdt_cpu,
    .firmware_conduit = firmware_conduit,
};
