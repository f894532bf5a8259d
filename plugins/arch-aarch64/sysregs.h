/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sysregs.h - the table of system registers and system instructions: who may access them, what
 * traps, what a read gives and a write does. What is not in it is UNDEFINED.
 */
#ifndef AARCH64_SYSREGS_H
#define AARCH64_SYSREGS_H

#include "state.h"

/* How MRS, MSR, SYS and SYSL name a register: bits 20..5 of the instruction. */
#define A64_SYS(op0, op1, crn, crm, op2) \
    ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
#define A64_SYS_OP0(number) ((uint32_t)(number) >> 14 & 3)
#define A64_SYS_OP1(number) ((uint32_t)(number) >> 11 & 7)
#define A64_SYS_CRN(number) ((uint32_t)(number) >> 7 & 15)
#define A64_SYS_CRM(number) ((uint32_t)(number) >> 3 & 15)
#define A64_SYS_OP2(number) ((uint32_t)(number)&7)

#define A64_NO_SLOT 0xffff
#define A64_NOBODY  4 /* as read_el or write_el: a register that cannot be read or written */

/* Flags of a register. */
#define A64_REG_STATE 1u  /* a write may change the mode, translations or pending interrupts */
#define A64_REG_ALONE 2u  /* counts retired instructions exactly: its unit's only one */
#define A64_REG_FP    4u  /* FP and SIMD must be enabled */
#define A64_REG_FLAGS 8u  /* NZCV: made of the lazy flags */
#define A64_REG_GIC   16u /* only with a GIC's port */

/* What a rule says about an access. 1 to 3: trapped to that level (1: or EL2 under HCR_EL2.TGE). */
enum { A64_ALLOW = 0, A64_TRAP_EL1 = 1, A64_TRAP_EL2 = 2, A64_TRAP_EL3 = 3, A64_UNDEFINED = 4 };

struct a64_sysreg {
    const char *name;
    uint16_t number;
    uint16_t slot;             /* plain: reads get this slot, writes put (value & mask) there */
    uint16_t offset;           /* of the field in struct a64_state, 0: read and write do it all */
    uint8_t read_el, write_el; /* least levels */
    uint8_t flags;
    uint16_t twin;     /* the register that EL2 means by this one under HCR_EL2.E2H; 0: itself */
    uint64_t features; /* all must be on, else there is no such register */
    uint64_t mask;     /* bits that a write sets */
    uint64_t ones;     /* bits that read as 1 */
    uint64_t (*read)(struct vm_cpu *cpu, const struct a64_sysreg *reg);
    void (*write)(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint64_t value);
    uint32_t (*check)(struct vm_cpu *cpu, const struct a64_sysreg *reg, bool write);
};

extern const struct a64_sysreg a64_sysregs[];
extern const uint32_t a64_n_sysregs;

/* Fills arch->sysreg_index from the machine's features. */
void a64_sysreg_configure(struct a64_arch *arch);
/*
 * What an instruction at this level means by `number`; NULL: it is UNDEFINED. Says nothing about
 * who may read or write.
 */
const struct a64_sysreg *a64_find_sysreg(const struct a64_arch *arch, uint32_t number, uint32_t el,
                                         bool e2h);

static inline bool a64_sysreg_allowed(const struct a64_sysreg *reg, uint32_t el, bool write)
{
    return el >= (write ? reg->write_el : reg->read_el);
}

/*
 * One access as the instruction `raw` makes it, with traps. The caller has checked the level.
 * False: it trapped. A write may set pending_exit.
 */
bool a64_sysreg_read(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint32_t raw,
                     uint64_t *value);
bool a64_sysreg_write(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint32_t raw,
                      uint64_t value);

/* ---- Bits that more than one file needs ---- */

#define SCTLR_M     (1ull << 0)
#define SCTLR_A     (1ull << 1)
#define SCTLR_SA    (1ull << 3)
#define SCTLR_SA0   (1ull << 4)
#define SCTLR_UMA   (1ull << 9)
#define SCTLR_DZE   (1ull << 14)
#define SCTLR_UCT   (1ull << 15)
#define SCTLR_NTWI  (1ull << 16)
#define SCTLR_WXN   (1ull << 19)
#define SCTLR_TSCXT (1ull << 20)
#define SCTLR_IESB  (1ull << 21)
#define SCTLR_SPAN  (1ull << 23)
#define SCTLR_UCI   (1ull << 26)
#define SCTLR_ENDB  (1ull << 13)
#define SCTLR_ENDA  (1ull << 27)
#define SCTLR_ENIB  (1ull << 30)
#define SCTLR_ENIA  (1ull << 31)
#define SCTLR_BT0   (1ull << 35)
#define SCTLR_BT1   (1ull << 36)
#define SCTLR_DSSBS (1ull << 44)

#define HCR_VM     (1ull << 0)
#define HCR_PTW    (1ull << 2)
#define HCR_FMO    (1ull << 3)
#define HCR_IMO    (1ull << 4)
#define HCR_AMO    (1ull << 5)
#define HCR_VF     (1ull << 6)
#define HCR_VI     (1ull << 7)
#define HCR_VSE    (1ull << 8)
#define HCR_FB     (1ull << 9)
#define HCR_DC     (1ull << 12)
#define HCR_TWI    (1ull << 13)
#define HCR_TID1   (1ull << 16)
#define HCR_TID2   (1ull << 17)
#define HCR_TID3   (1ull << 18)
#define HCR_TSC    (1ull << 19)
#define HCR_TIDCP  (1ull << 20)
#define HCR_TACR   (1ull << 21)
#define HCR_TSW    (1ull << 22)
#define HCR_TPC    (1ull << 23)
#define HCR_TPU    (1ull << 24)
#define HCR_TTLB   (1ull << 25)
#define HCR_TVM    (1ull << 26)
#define HCR_TGE    (1ull << 27)
#define HCR_TDZ    (1ull << 28)
#define HCR_HCD    (1ull << 29)
#define HCR_TRVM   (1ull << 30)
#define HCR_E2H    (1ull << 34)
#define HCR_TLOR   (1ull << 35)
#define HCR_TERR   (1ull << 36)
#define HCR_TEA    (1ull << 37)
#define HCR_APK    (1ull << 40)
#define HCR_API    (1ull << 41)
#define HCR_ENSCXT (1ull << 53)

#define SCR_NS     (1ull << 0)
#define SCR_IRQ    (1ull << 1)
#define SCR_FIQ    (1ull << 2)
#define SCR_EA     (1ull << 3)
#define SCR_SMD    (1ull << 7)
#define SCR_HCE    (1ull << 8)
#define SCR_ST     (1ull << 11)
#define SCR_TWI    (1ull << 12)
#define SCR_TLOR   (1ull << 14)
#define SCR_TERR   (1ull << 15)
#define SCR_APK    (1ull << 16)
#define SCR_API    (1ull << 17)
#define SCR_ENSCXT (1ull << 25)

#define MDSCR_SS   (1ull << 0)
#define MDSCR_TDCC (1ull << 12)
#define MDSCR_KDE  (1ull << 13)
#define MDSCR_MDE  (1ull << 15)

#define MDCR_TPMCR (1ull << 5)
#define MDCR_TPM   (1ull << 6)
#define MDCR_TDE   (1ull << 8)
#define MDCR_TDA   (1ull << 9)
#define MDCR_TDOSA (1ull << 10)
#define MDCR_TDRA  (1ull << 11)
#define MDCR3_SDD  (1ull << 16)

/* ---- Where the vCPU is ---- */

static inline bool a64_secure(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);

    return a64_arch(cpu)->el3 && (s->el == 3 || !(s->scr & SCR_NS));
}

/* EL2 is there and can be entered: not from Secure state. */
static inline bool a64_el2_enabled(struct vm_cpu *cpu)
{
    return a64_arch(cpu)->el2 && (!a64_arch(cpu)->el3 || (a64_state(cpu)->scr & SCR_NS));
}

/* HCR_EL2 as it acts at EL0 and EL1: 0 where EL2 is not enabled. */
static inline uint64_t a64_hcr(struct vm_cpu *cpu)
{
    return a64_el2_enabled(cpu) ? a64_state(cpu)->hcr : 0;
}

/* EL0 and EL2 share a translation regime: a host that runs at EL2. */
static inline bool a64_is_host(uint64_t hcr)
{
    return (hcr & (HCR_E2H | HCR_TGE)) == (HCR_E2H | HCR_TGE);
}

/* Bits of HCR_EL2 that make a register of EL1's GIC virtual. */
uint64_t a64_gic_routed_by(const struct a64_sysreg *reg);

/* The level whose SCTLR, TCR ... govern EL0 now. */
static inline uint32_t a64_el0_owner(struct vm_cpu *cpu)
{
    return a64_is_host(a64_hcr(cpu)) ? 2 : 1;
}

static inline uint64_t a64_sctlr(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);

    return s->sctlr[s->el ? s->el : a64_el0_owner(cpu)];
}

/* ---- Read and write functions in other files; prototypes by type ---- */

#define A64_READ(name)  uint64_t name(struct vm_cpu *cpu, const struct a64_sysreg *reg)
#define A64_WRITE(name) void name(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint64_t value)
#define A64_CHECK(name) uint32_t name(struct vm_cpu *cpu, const struct a64_sysreg *reg, bool write)

/* sysreg_checks.c */
A64_CHECK(a64_check_vm);
A64_CHECK(a64_check_tid1);
A64_CHECK(a64_check_tid2);
A64_CHECK(a64_check_tid3);
A64_CHECK(a64_check_ctr);
A64_CHECK(a64_check_actlr);
A64_CHECK(a64_check_cpacr);
A64_CHECK(a64_check_cptr);
A64_CHECK(a64_check_debug);
A64_CHECK(a64_check_os_lock);
A64_CHECK(a64_check_rom);
A64_CHECK(a64_check_dcc);
A64_CHECK(a64_check_pmu);
A64_CHECK(a64_check_pmu_cycles);
A64_CHECK(a64_check_pmu_events);
A64_CHECK(a64_check_pmu_increment);
A64_CHECK(a64_check_pmcr);
A64_CHECK(a64_check_pmuserenr);
A64_CHECK(a64_check_counter_physical);
A64_CHECK(a64_check_counter_virtual);
A64_CHECK(a64_check_counter_frequency);
A64_CHECK(a64_check_timer_physical);
A64_CHECK(a64_check_timer_virtual);
A64_CHECK(a64_check_timer_secure);
A64_CHECK(a64_check_pauth_key);
A64_CHECK(a64_check_lor);
A64_CHECK(a64_check_ras);
A64_CHECK(a64_check_sp_el0);
A64_CHECK(a64_check_daif);
A64_CHECK(a64_check_scxtnum);
A64_CHECK(a64_check_gic);
A64_CHECK(a64_check_implementation);
A64_CHECK(a64_check_cache_unify);
A64_CHECK(a64_check_cache_coherence);
A64_CHECK(a64_check_cache_set);
A64_CHECK(a64_check_cache_zero);
A64_CHECK(a64_check_tlb);

struct a64_insn;
/* Whether an instruction must be its unit's only one: it reads or writes a counter. */
bool a64_insn_alone(const struct a64_arch *arch, const struct a64_insn *in);

/* sysreg_access.c */
uint64_t a64_fpsr(uint64_t fpflags, uint64_t qc); /* FPSR of the slots */
uint64_t a64_fpflags(uint64_t fpsr);              /* and back */
A64_READ(a64_read_zero);
A64_WRITE(a64_write_ignore);
A64_READ(a64_read_id);
A64_READ(a64_read_midr);
A64_READ(a64_read_mpidr);
A64_READ(a64_read_ctr);
A64_READ(a64_read_clidr);
A64_READ(a64_read_ccsidr);
A64_READ(a64_read_dczid);
A64_READ(a64_read_current_el);
A64_READ(a64_read_nzcv);
A64_WRITE(a64_write_nzcv);
A64_READ(a64_read_fpsr);
A64_WRITE(a64_write_fpsr);
A64_WRITE(a64_write_fpcr);
A64_READ(a64_read_spsel);
A64_WRITE(a64_write_spsel);
A64_READ(a64_read_pstate_bit);
A64_WRITE(a64_write_pstate_bit);
A64_WRITE(a64_write_sctlr);
A64_WRITE(a64_write_ttbr);
A64_WRITE(a64_write_tcr);
A64_WRITE(a64_write_hcr);
A64_WRITE(a64_write_scr);
A64_READ(a64_read_rvbar);
A64_READ(a64_read_isr);
A64_WRITE(a64_write_vpidr);
A64_READ(a64_read_gic);
A64_WRITE(a64_write_gic);

/* timer.c */
A64_READ(a64_read_counter);
A64_READ(a64_read_virtual_counter);
A64_READ(a64_read_timer_value);
A64_READ(a64_read_timer_compare);
A64_READ(a64_read_timer_control);
A64_WRITE(a64_write_timer_value);
A64_WRITE(a64_write_timer_compare);
A64_WRITE(a64_write_timer_control);
A64_WRITE(a64_write_counter_offset);
void a64_timers_update(struct vm_cpu *cpu); /* all compare timers, from the registers */

/* pmu.c */
A64_READ(a64_read_pmcr);
A64_WRITE(a64_write_pmcr);
A64_READ(a64_read_pmu_mask);
A64_WRITE(a64_write_pmu_mask);
A64_WRITE(a64_write_pmu_increment);
A64_READ(a64_read_pmu_events);
A64_READ(a64_read_pmu_count);
A64_WRITE(a64_write_pmu_count);
A64_READ(a64_read_pmu_type);
A64_WRITE(a64_write_pmu_type);
void a64_pmu_look(struct vm_cpu *cpu); /* counts up to now; sets the line and the next look */
void a64_pmu_mode_changes(struct vm_cpu *cpu); /* before the level changes, where counters filter */

/* debug.c */
A64_READ(a64_read_breakpoint);
A64_WRITE(a64_write_breakpoint);
A64_WRITE(a64_write_os_lock);
A64_READ(a64_read_os_lock);
A64_READ(a64_read_claim);
A64_WRITE(a64_write_claim);
A64_WRITE(a64_write_mdscr);
bool a64_step_active(struct vm_cpu *cpu);
bool a64_breakpoints_active(struct vm_cpu *cpu);
bool a64_watchpoints_active(struct vm_cpu *cpu);
/* Where debug exceptions go from here; whether they are enabled here. */
uint32_t a64_debug_target(struct vm_cpu *cpu);
bool a64_debug_enabled(struct vm_cpu *cpu);
/* A data access of n bytes at va; false: a watchpoint, fault filled. */
bool a64_watch(struct vm_cpu *cpu, uint64_t va, uint64_t n, bool write, bool maintenance);

/* pauth.c */
enum a64_pauth_op { A64_PAUTH_ADD, A64_PAUTH_CHECK, A64_PAUTH_STRIP };
/* Whether instructions with this key work here (else they do nothing); traps: *trap is its level.
 */
bool a64_pauth_enabled(struct vm_cpu *cpu, uint32_t key, uint32_t *trap);
uint64_t a64_pauth(struct vm_cpu *cpu, enum a64_pauth_op op, uint32_t key, uint64_t pointer,
                   uint64_t modifier);

/* cache.c: DC, IC; tlbi.c: TLBI; at.c: AT */
A64_WRITE(a64_cache_nothing);
A64_WRITE(a64_cache_by_va);
A64_WRITE(a64_cache_invalidate);
A64_WRITE(a64_cache_zero);
A64_WRITE(a64_tlbi_all);
A64_WRITE(a64_tlbi_va);
A64_WRITE(a64_tlbi_asid);
A64_WRITE(a64_tlbi_stage2);
A64_WRITE(a64_tlbi_range);
A64_WRITE(a64_address_translate);

/* exception.c */
void a64_raise(struct vm_cpu *cpu, uint64_t syndrome, uint64_t far); /* from a helper */
/* ERET to `target`, as SPSR of this level says. */
void a64_exception_return(struct vm_cpu *cpu, uint64_t target);
void a64_select_sp(struct a64_state *s, uint32_t el, uint32_t spsel);
bool a64_interrupt_pending(struct vm_cpu *cpu); /* something would be delivered now */
uint64_t a64_isr(struct vm_cpu *cpu);

#endif
