/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arch.h - guest instruction sets. MATCHED tier.
 *
 * An arch plugin turns guest code into IR, walks page tables, delivers exceptions and interrupts,
 * and declares its state. It sees memory, time and lines through cpu->host only.
 */
#ifndef VMRUN_ARCH_H
#define VMRUN_ARCH_H

#include <vmrun/cpu.h>
#include <vmrun/device.h>
#include <vmrun/ir.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_ARCH_INTERFACE "vm.arch/1"

/* What selects code and translation right now; the arch computes it from its state. */
struct vm_cpu_mode {
    uint64_t key[2]; /* code translated under one key runs under that key only */
    /* Opaque id of the translation regime of each MMU index; equal ids mean equal mappings. */
    uint64_t context[VM_MMU_COUNT];
};

/* Result of a page-table walk. */
#define VM_PROT_READ  1u
#define VM_PROT_WRITE 2u
#define VM_PROT_EXEC  4u

struct vm_translation {
    uint64_t pa;        /* guest-physical address of `va` */
    uint32_t page_bits; /* log2 size of the page that maps it (>= 12); see no_cache for less */
    /*
     * log2 size of the aligned block around `va` in which all else here is the same, and `pa` goes
     * on with `va`: at most page_bits. 0: of the 4K page alone (parts of a large page may have
     * rights of their own). The core may fill its TLB for the whole block.
     */
    uint32_t uniform_bits;
    uint32_t prot; /* VM_PROT_*, without another walk (no WRITE while the page is clean) */
    bool global;   /* maps in every address space */
    bool no_cache; /* rules differ inside the 4K page (small PMP region): walk every time */
    bool aligned;  /* misaligned reads and writes are a VM_FAULT_ALIGN whose code is 1; all go
                      through the core */
};

/* Guest code being translated. */
struct vm_code {
    const uint8_t *bytes; /* a private copy of the guest's bytes at the unit's first instruction */
    uint32_t n_bytes;     /* how many lie on the first page (limited by the core) */
    uint32_t max_insns;   /* stop after so many guest instructions */
    uint32_t page_offset; /* of bytes[0] */
    uint32_t branches;    /* conditional ones behind which the unit may go on, not taken */
    uint64_t key[2];      /* the mode key */
    /*
     * The first instruction goes on beyond n_bytes: `more` brings in the next page. Returns how
     * many bytes there are now in `bytes`, or 0: the next page faults (the core knows it; return
     * VM_TRANSLATE_FAULT). Allowed only while the first instruction is being decoded: one that
     * straddles pages is a unit of its own.
     */
    uint32_t (*more)(struct vm_code *code);
    void *core;
};

enum { VM_TRANSLATE_OK = 0, VM_TRANSLATE_FAULT = 1, VM_TRANSLATE_ERROR = 2 };

/*
 * An interrupt line of a vCPU, for devices. One that the vCPU itself drives (`output`: a timer of
 * its own whose interrupt goes to a controller outside, driven by counter_compare or set_line)
 * leads to the controller that claimed it, and wakes the vCPU only through that.
 */
struct vm_cpu_line_desc {
    const char *name;
    uint32_t number;   /* bit in cpu->lines */
    uint32_t fdt_cell; /* how the device tree's vCPU interrupt controller numbers it */
    bool output;
};

/* A system register for debuggers, saved state and the state hash. get/set have no side effects. */
struct vm_sysreg {
    const char *name;
    uint64_t (*get)(struct vm_cpu *cpu);
    void (*set)(struct vm_cpu *cpu, uint64_t value);
};

/* The FP environment of IR floating-point operations. */
struct vm_fp_rules {
    uint16_t flags_slot; /* i32 or i64 slot where VM_FP_NX... accumulate; 0xffff: none */
    uint8_t nan_rule;    /* VM_FP_NAN_* (softfp.h) */
    uint8_t tiny_before; /* 1: tininess is detected before rounding */
};

/* Facts about the machine that an arch may need. */
struct vm_machine_info {
    uint32_t size;
    uint32_t cpus;
    uint64_t counter_hz;
    uint64_t ram_base, ram_size;
    bool deterministic;
    /* What vm_arch_ops.firmware_conduit said; for the board. */
    uint32_t firmware_conduit;
};

struct vm_arch_ops {
    uint32_t size;
    uint32_t reserved;

    const char *default_board; /* the plugin that `board = auto` picks */

    /* Constant tables. */
    const struct vm_slot *slots;
    uint32_t n_slots;
    const struct vm_helper *helpers;
    uint32_t n_helpers;
    const struct vm_cpu_line_desc *lines;
    uint32_t n_lines;
    /* What an interrupt controller may claim (device.h, claim_cpu_port); numbered from 0. */
    const char *const *ports;
    uint32_t n_ports;
    const struct vm_sysreg *sysregs;
    uint32_t n_sysregs;
    struct vm_fp_rules fp;
    uint32_t state_size; /* bytes of cpu->state: slots and whatever else the arch keeps per vCPU */
    uint32_t min_insn_bytes, max_insn_bytes;
    /*
     * Which bits of a context (vm_cpu_mode.context) are an ASID: contexts that differ in no others
     * have the same global mappings, as far as software keeps the architecture's rules. 0: none.
     */
    uint64_t context_asid_mask;

    /* One per machine. [before start] */
    void *(*create)(const struct vm_host *host, const struct vm_machine_info *info,
                    const struct vm_props *props, struct vm_error *err);
    void (*destroy)(void *arch);
    /* Called after cpu->arch, host and index are set. */
    int (*cpu_init)(void *arch, struct vm_cpu *cpu, struct vm_error *err);
    void (*cpu_exit)(void *arch, struct vm_cpu *cpu);
    /*
     * A controller claims port `port` of vCPU `cpu`: from now on its registers are there. -1 with
     * err set: this machine's vCPUs are not to have them. NULL: never refused. [before start]
     */
    int (*claim_port)(void *arch, uint32_t cpu, uint32_t port, struct vm_error *err);
    /* Power-on state, then start's values. [vCPU stopped] */
    void (*cpu_reset)(struct vm_cpu *cpu, const struct vm_cpu_start *start);

    /* --- [owner] from here on --- */
    void (*mode)(struct vm_cpu *cpu, struct vm_cpu_mode *mode);
    /*
     * Emits IR for one unit. VM_TRANSLATE_*. Must not depend on the pc but for page_offset, nor on
     * state but for the key. An undefined instruction is translated into its trap.
     */
    int (*translate)(void *arch, struct vm_code *code, struct vm_ir_unit *ir);
    /*
     * Walks for one access. 0, or -1 with fault->code (and value) set; the core fills the rest.
     * May update A/D bits by phys_cas.
     */
    int (*mmu_translate)(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
                         uint32_t mmu, struct vm_translation *out, struct vm_fault *fault);
    /* Delivers cpu->fault, raised by the instruction at cpu->pc: goes on at the handler. */
    void (*deliver_fault)(struct vm_cpu *cpu);
    /*
     * Takes the highest-priority enabled pending interrupt, if any: true if it did. Called after
     * STATE, WAIT, TRAP and POLL.
     */
    bool (*deliver_interrupt)(struct vm_cpu *cpu);
    /*
     * After VM_EXIT_WAIT: true when the vCPU must go on (an interrupt is pending, even a disabled
     * one, as the manual says).
     */
    bool (*wake)(struct vm_cpu *cpu);

    /*
     * One instruction as text, for --trace and the check engine. Returns its length in bytes, 0 if
     * it is none.
     */
    uint32_t (*disassemble)(void *arch, const uint8_t *bytes, uint32_t n, uint64_t pc, char *text,
                            size_t text_size);

    /*
     * Device tree: properties of /cpus/cpu@N (`reg` too, where it is not N) and its interrupt
     * controller child; returns that controller's node (its phandle is used for
     * interrupts-extended), or NULL: it has none. [before start]
     */
    struct vm_fdt_node *(*fdt_cpu)(void *arch, uint32_t index, const struct vm_fdt_api *fdt,
                                   struct vm_fdt_node *node);

    /*
     * By which of its instructions the guest calls the firmware that the board stands in for
     * (cpu->host->firmware_call), as the architecture numbers them: VM_ARM_HVC... 0, as where this
     * is NULL: it does not; firmware, if there is any, is the guest's own. [before start]
     */
    uint32_t (*firmware_conduit)(void *arch);
};

/* Conduits of Arm's SMC Calling Convention (DEN 0028). */
#define VM_ARM_HVC 1u
#define VM_ARM_SMC 2u

#ifdef __cplusplus
}
#endif
#endif
