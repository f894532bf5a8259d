/* SPDX-License-Identifier: BSD-2-Clause */
/* The interface of the instruction set: RV64GC and what isa.c lists. */
#include <stdlib.h>
#include "csr.h"

static void *create(const struct vm_host *host, const struct vm_machine_info *info,
                    const struct vm_props *props, struct vm_error *err)
{
    struct rv_arch *arch = calloc(1, sizeof(*arch));

    (void)info;
    if (!arch) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    if (rv_isa_configure(arch, host, props, err) != 0) {
        free(arch);
        return NULL;
    }
    rv_csr_configure(arch);
    return arch;
}

static int cpu_init(void *arch, struct vm_cpu *cpu, struct vm_error *err)
{
    const struct vm_cpu_start nowhere = {0};

    (void)arch;
    (void)err;
    rv_reset(cpu, &nowhere);
    return 0;
}

static void cpu_exit(void *arch, struct vm_cpu *cpu)
{
    (void)arch;
    (void)cpu;
}

#define LINE(name, irq)       \
    {                         \
        name, irq, irq, false \
    }

static const struct vm_cpu_line_desc lines[] = {
    LINE("s-soft", RV_IRQ_SSI),  LINE("m-soft", RV_IRQ_MSI), LINE("s-timer", RV_IRQ_STI),
    LINE("m-timer", RV_IRQ_MTI), LINE("s-ext", RV_IRQ_SEI),  LINE("m-ext", RV_IRQ_MEI),
};

static const char *const ports[] = {
    [RV_PORT_IMSIC_M] = "imsic-m",
    [RV_PORT_IMSIC_S] = "imsic-s",
};

const struct vm_arch_ops rv_arch_ops = {
    .size = sizeof(struct vm_arch_ops),
    .default_board = "board-riscv-virt",
    .slots = rv_slots,
    .n_slots = RV_SLOT_COUNT,
    .helpers = rv_helpers,
    .n_helpers = RV_HELPER_COUNT,
    .lines = lines,
    .n_lines = sizeof(lines) / sizeof(lines[0]),
    .ports = ports,
    .n_ports = RV_N_PORTS,
    .sysregs = rv_sysregs,
    .n_sysregs = RV_N_SYSREGS,
    .fp = {.flags_slot = RV_SLOT_FFLAGS, .nan_rule = VM_FP_NAN_CANONICAL, .tiny_before = 0},
    .state_size = sizeof(struct rv_state),
    .min_insn_bytes = 2,
    .max_insn_bytes = 4,
    .context_asid_mask = RV_CONTEXT_ASID_MASK,
    .create = create,
    .destroy = free,
    .cpu_init = cpu_init,
    .cpu_exit = cpu_exit,
    .claim_port = rv_claim_port,
    .cpu_reset = rv_reset,
    .mode = rv_mode,
    .translate = rv_translate,
    .mmu_translate = rv_mmu_translate,
    .deliver_fault = rv_deliver_fault,
    .deliver_interrupt = rv_deliver_interrupt,
    .wake = rv_wake,
    .disassemble = rv_disassemble,
    .fdt_cpu = rv_fdt_cpu,
};
