/* SPDX-License-Identifier: BSD-2-Clause */
/* state.h - what one vCPU and one machine of this plugin keep: registers, mode key, contexts. */
#ifndef AARCH64_STATE_H
#define AARCH64_STATE_H

#include <vmrun/arch.h>
#include <vmrun/softfp.h>
#include "cpu_features.h"
#include "saved.h"
#include "slots.h"

/* ---- Lines and ports ---- */

/* Numbers of the lines: bits of vm_cpu.lines. Outputs are driven here and taken by a controller. */
enum a64_line {
    A64_LINE_IRQ = 0,
    A64_LINE_FIQ = 1,
    A64_LINE_VIRQ = 2,
    A64_LINE_VFIQ = 3,
    A64_LINE_CNTP = 8, /* outputs from here on; timers in the order of enum a64_timer_id */
    A64_LINE_CNTV = 9,
    A64_LINE_CNTHP = 10,
    A64_LINE_CNTPS = 11,
    A64_LINE_CNTHV = 12,
    A64_LINE_PMU = 13,
    A64_LINE_MAINTENANCE = 15, /* of the GIC's virtual interface */
    A64_LINE_POLL = 14, /* in no table: a timer that makes the vCPU look at its event counters */
};
#define A64_LINE_BIT(line) (1ull << (line))
#define A64_LINES_IN       15ull

enum { A64_PORT_GIC = 0, A64_N_PORTS = 1 };

/* Above a GIC register's number: EL1 means the virtual interface; the access is a Secure one. */
#define A64_GIC_VIRTUAL (1u << 16)
#define A64_GIC_SECURE  (1u << 17)

/* ---- One vCPU ---- */

enum a64_timer_id { A64_CNTP, A64_CNTV, A64_CNTHP, A64_CNTPS, A64_CNTHV, A64_N_TIMERS };

#define A64_BREAKPOINTS         6
#define A64_CONTEXT_BREAKPOINTS 2 /* the last of them */
#define A64_WATCHPOINTS         4
#define A64_EVENT_COUNTERS      6
#define A64_LIST_REGISTERS      4
#define A64_CYCLE_COUNTER       31 /* number of the cycle counter in masks of counters */
#define A64_COUNTERS            (A64_EVENT_COUNTERS + 1) /* the last is the cycle counter */

enum { A64_KEY_IA, A64_KEY_IB, A64_KEY_DA, A64_KEY_DB, A64_KEY_GA, A64_N_PAUTH_KEYS };

/* PSTATE.{D,A,I,F} where SPSR has them; how the `daif` slot holds them. */
#define PSTATE_F    (1u << 6)
#define PSTATE_I    (1u << 7)
#define PSTATE_A    (1u << 8)
#define PSTATE_D    (1u << 9)
#define PSTATE_DAIF (15u << 6)

struct a64_timer {
    uint64_t ctl, cval;
};

/*
 * Registers that are there once per exception level are arrays indexed by it; [0] is not used but
 * in sp_el. What is said to be a slot is one; a64_vm_sysregs lists the rest for saving.
 */
struct a64_state {
    /* slots: see slots.h */
    uint64_t x[31];
    uint64_t sp; /* the one in use; sp_el[] has it only while it is not */
    _Alignas(16) uint64_t v[32][2];
    /* What code seldom writes is 1024 bytes behind what it always reads: cpu.h, `state`. */
    uint64_t sp_el[4];
    uint64_t elr[4], spsr[4], esr[4], far[4];
    uint64_t cc_kind, cc_a, cc_b;
    uint64_t fpflags, qc;
    uint64_t pair; /* second result of a helper */
    uint64_t fpcr;
    uint64_t daif;  /* PSTATE_* */
    uint64_t btype; /* PSTATE.BTYPE, 0 unless BTI is on */
    uint64_t tpidr[4], tpidrro_el0;

    /* the rest of PSTATE */
    uint64_t el, spsel, pan, uao, ss, il, dit, ssbs;

    uint64_t sctlr[4], vbar[4], mair[4];
    uint64_t tcr[4], ttbr0[4], ttbr1[3], contextidr[3];
    uint64_t cpacr, csselr, par, disr;
    uint64_t hcr, cptr[4], hpfar, vttbr, vtcr, vmpidr, vpidr, vsesr, vdisr;
    uint64_t lorc, lorsa, lorea, lorn;
    uint64_t scxtnum[4];
    uint64_t scr, rvbar;
    uint64_t cntkctl, cnthctl, cntvoff, cntfrq;
    struct a64_timer timer[A64_N_TIMERS];

    uint64_t mdscr, mdcr[4], mdccint, oslk, osdlr, osdtrrx, osdtrtx, dbgclaim, dbgprcr;
    uint64_t dbgbvr[A64_BREAKPOINTS], dbgbcr[A64_BREAKPOINTS];
    uint64_t dbgwvr[A64_WATCHPOINTS], dbgwcr[A64_WATCHPOINTS];

    uint64_t pmcr, pmcnten, pminten, pmovs, pmselr, pmuserenr;
    uint64_t pmevtyper[A64_COUNTERS];
    uint64_t pmcount[A64_COUNTERS]; /* value when it was last looked at */
    uint64_t pmlast;                /* retired instructions then */

    uint64_t pauth_key[A64_N_PAUTH_KEYS][2]; /* low, high */

    uint64_t ich_hcr, ich_vmcr, ich_lr[A64_LIST_REGISTERS], ich_apr[2]; /* vgic.c; apr by group */

    uint64_t reserve_high; /* of a reservation of two doublewords; the rest is in struct vm_cpu */

    /* derived, not saved */
    uint64_t vgic_lines; /* A64_LINE_VIRQ and VFIQ as the list registers drive them */
    bool derived_stale;  /* timers and the rest here must be made again */
    bool low_global;     /* a global mapping of TTBR0's half may be in the TLB */
    bool step_armed;     /* an instruction is being stepped */
    bool step_exclusive; /* a load-exclusive one */
};

/* ---- One machine ---- */

enum a64_cpu_model { A64_CORTEX_A57, A64_CORTEX_A72, A64_NEOVERSE_N1, A64_CPU_MAX };

/* ID registers of op0=3, op1=0, CRn=0, CRm=4..7, by CRm-4 and op2. */
#define A64_ID_GROUPS 4

struct a64_arch {
    uint64_t features; /* A64_FEATURE() */
    const struct vm_host *host;
    enum a64_cpu_model model;
    bool el2, el3;
    uint32_t cpus;
    uint32_t pa_bits;
    uint32_t asid_bits, vmid_bits;
    uint64_t counter_hz;
    uint64_t midr;
    uint64_t id[A64_ID_GROUPS][8];
    uint16_t sysreg_index[65536]; /* a64_sysreg.number -> index into a64_sysregs + 1, 0: none */
    bool gic;                     /* the port has been claimed: ICC_* are there */
    _Atomic uint32_t low_global, tagged; /* vCPUs with low_global; whether tagged addresses came */
};

static inline struct a64_state *a64_state(struct vm_cpu *cpu)
{
    return (struct a64_state *)(void *)cpu->state;
}

static inline struct a64_arch *a64_arch(const struct vm_cpu *cpu)
{
    return cpu->arch;
}

static inline bool a64_has(const struct a64_arch *arch, uint64_t features)
{
    return (arch->features & features) == features;
}

/* ---- Mode key: key[0] ---- */

#define A64_KEY_EL_SHIFT 0 /* 2 bits */
#define A64_KEY_SPSEL    (1ull << 2)
#define A64_KEY_FPTRAP_SHIFT                                                                    \
    3                         /* 2 bits: 0 FP and SIMD are enabled, else the level they trap to \
                               */
#define A64_KEY_RMODE_SHIFT 5 /* 2 bits: FPCR.RMode */
#define A64_KEY_FZ          (1ull << 7)
#define A64_KEY_DN          (1ull << 8)
#define A64_KEY_FZ16        (1ull << 9)
#define A64_KEY_AHP         (1ull << 10)
#define A64_KEY_ALIGN       (1ull << 11) /* SCTLR.A, or all data is Device memory: must be aligned */
#define A64_KEY_SP_ALIGN    (1ull << 12) /* SCTLR.SA or SA0 of this level */
#define A64_KEY_SS          (1ull << 13) /* software step is active and not pending */
#define A64_KEY_BREAK       (1ull << 14) /* A64_HELPER_BREAKPOINT (pc) before each instruction */
#define A64_KEY_WATCH       (1ull << 15) /* A64_HELPER_WATCH before each data access */
#define A64_KEY_E2H         (1ull << 16) /* EL2 with HCR_EL2.E2H */
#define A64_KEY_SLOW_SYS    (1ull << 17) /* system registers that are slots may trap: use helpers */
#define A64_KEY_UMA         (1ull << 18) /* EL0: SCTLR.UMA, DAIF can be accessed */
#define A64_KEY_EL(key)     ((uint32_t)((key) >> A64_KEY_EL_SHIFT) & 3)
#define A64_KEY_FPTRAP(key) ((uint32_t)((key) >> A64_KEY_FPTRAP_SHIFT) & 3)
#define A64_KEY_RMODE(key)  ((uint32_t)((key) >> A64_KEY_RMODE_SHIFT) & 3)

/* ---- Traps ---- */

/*
 * fault.code of VM_FAULT_TRAP is the syndrome, as in ESR_ELx, and these bits above it; fault.value
 * is FAR, 0 where there is none.
 */
#define A64_ESR(ec, iss)      ((uint64_t)(ec) << 26 | 1ull << 25 | (uint64_t)(iss))
#define A64_ESR_EC(code)      ((uint32_t)((code) >> 26) & 63)
#define A64_TRAP_TARGET(el)   ((uint64_t)(el) << 32) /* to this level, not to the usual one */
#define A64_TRAP_TARGET_OF(c) ((uint32_t)((c) >> 32) & 3)
#define A64_TRAP_NEXT         (1ull << 34) /* returns to the next instruction: SVC, HVC, SMC */
#define A64_TRAP_BTI          (1ull << 35) /* real only if the page at pc is guarded; see emit_bti */

enum a64_ec {
    A64_EC_UNDEFINED = 0x00,
    A64_EC_WFX = 0x01,
    A64_EC_FP = 0x07,
    A64_EC_PAUTH = 0x09,
    A64_EC_BTI = 0x0d,
    A64_EC_ILLEGAL_STATE = 0x0e,
    A64_EC_SVC = 0x15,
    A64_EC_HVC = 0x16,
    A64_EC_SMC = 0x17,
    A64_EC_SYSREG = 0x18,
    A64_EC_ERET = 0x1a,
    A64_EC_FPAC = 0x1c,
    A64_EC_IABORT_LOWER = 0x20,
    A64_EC_IABORT = 0x21,
    A64_EC_PC_ALIGN = 0x22,
    A64_EC_DABORT_LOWER = 0x24,
    A64_EC_DABORT = 0x25,
    A64_EC_SP_ALIGN = 0x26,
    A64_EC_SERROR = 0x2f,
    A64_EC_BREAKPOINT_LOWER = 0x30,
    A64_EC_BREAKPOINT = 0x31,
    A64_EC_STEP_LOWER = 0x32,
    A64_EC_STEP = 0x33,
    A64_EC_WATCHPOINT_LOWER = 0x34,
    A64_EC_WATCHPOINT = 0x35,
    A64_EC_BRK = 0x3c,
};

/*
 * fault.code of VM_FAULT_TRANSLATE: the fault status code in the low six bits, and these. value:
 * the intermediate physical address, where stage 2 refused.
 */
#define A64_FSC_S1PTW  (1u << 6)
#define A64_FSC_STAGE2 (1u << 7)
#define A64_FSC_CM     (1u << 9) /* by cache maintenance or an address translation */
#define A64_FSC_TAGGED (1u << 8) /* no fault: the pc carried a tag that branches drop */

enum a64_fsc { /* plus the level where "L0" says so */
               A64_FSC_ADDRESS_SIZE_L0 = 0x00,
               A64_FSC_TRANSLATION_L0 = 0x04,
               A64_FSC_ACCESS_FLAG_L0 = 0x08,
               A64_FSC_PERMISSION_L0 = 0x0c,
               A64_FSC_EXTERNAL = 0x10,
               A64_FSC_EXTERNAL_WALK_L0 = 0x14,
               A64_FSC_ALIGNMENT = 0x21,
               A64_FSC_DEBUG = 0x22,
};

/* ---- Functions across files ---- */

/* features.c */
uint64_t a64_model_features(enum a64_cpu_model model); /* without those that are options */
#define A64_N_PROPERTIES 7
extern const struct vm_property a64_properties[A64_N_PROPERTIES];
int a64_configure(struct a64_arch *arch, const struct vm_host *host,
                  const struct vm_machine_info *info, const struct vm_props *props,
                  struct vm_error *err);
/* For those who make a machine of their own: tests. */
void a64_set_features(struct a64_arch *arch, enum a64_cpu_model model, uint64_t features);
uint64_t a64_mpidr(uint32_t index); /* affinity: 16 vCPUs in each Aff0 group */
struct vm_fdt_node *a64_fdt_cpu(void *arch, uint32_t index, const struct vm_fdt_api *fdt,
                                struct vm_fdt_node *node);
int a64_claim_port(void *arch, uint32_t cpu, uint32_t port, struct vm_error *err);

/* exception.c */
void a64_reset(struct vm_cpu *cpu, const struct vm_cpu_start *start);
void a64_deliver_fault(struct vm_cpu *cpu);
bool a64_deliver_interrupt(struct vm_cpu *cpu);
bool a64_wake(struct vm_cpu *cpu);

/* mode.c */
void a64_mode(struct vm_cpu *cpu, struct vm_cpu_mode *mode);

/* mmu.c */
int a64_mmu_translate(struct vm_cpu *cpu, uint64_t context, uint64_t va, enum vm_access access,
                      uint32_t mmu, struct vm_translation *out, struct vm_fault *fault);

/* saved.c: what is not a slot, for debuggers and saved state */
#define A64_COUNT_SAVED(...) +1
#define A64_N_VM_SYSREGS     (0 A64_SAVED(A64_COUNT_SAVED))
extern const struct vm_sysreg a64_vm_sysregs[A64_N_VM_SYSREGS];

/* translate.c */
int a64_translate(void *arch, struct vm_code *code, struct vm_ir_unit *ir);

/* disasm.c */
uint32_t a64_disassemble(void *arch, const uint8_t *bytes, uint32_t n, uint64_t pc, char *text,
                         size_t text_size);

/* arch.c */
extern const struct vm_arch_ops a64_arch_ops;

#endif
