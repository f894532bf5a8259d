/* SPDX-License-Identifier: BSD-2-Clause */
/* Who traps which accesses to system registers: the rules that the table names. */
#include "sysregs.h"

#define EL(cpu) (a64_state(cpu)->el)

/* A bit of HCR_EL2 traps what EL1 (and EL0, where it may at all) does. */
static uint32_t by_hcr(struct vm_cpu *cpu, uint64_t bit)
{
    return EL(cpu) < 2 && (a64_hcr(cpu) & bit) ? A64_TRAP_EL2 : A64_ALLOW;
}

A64_CHECK(a64_check_vm)
{
    (void)reg;
    return EL(cpu) == 1 ? by_hcr(cpu, write ? HCR_TVM : HCR_TRVM) : A64_ALLOW;
}

A64_CHECK(a64_check_tid1)
{
    (void)reg;
    (void)write;
    return by_hcr(cpu, HCR_TID1);
}

A64_CHECK(a64_check_tid2)
{
    (void)reg;
    (void)write;
    return by_hcr(cpu, HCR_TID2);
}

A64_CHECK(a64_check_tid3)
{
    (void)reg;
    (void)write;
    return by_hcr(cpu, HCR_TID3);
}

A64_CHECK(a64_check_ctr)
{
    if (EL(cpu) == 0 && !(a64_sctlr(cpu) & SCTLR_UCT))
        return A64_TRAP_EL1;
    return a64_check_tid2(cpu, reg, write);
}

A64_CHECK(a64_check_actlr)
{
    (void)reg;
    (void)write;
    return by_hcr(cpu, HCR_TACR);
}

A64_CHECK(a64_check_cpacr)
{
    const struct a64_state *s = a64_state(cpu);

    (void)reg;
    (void)write;
    if (s->el == 1 && a64_el2_enabled(cpu) && (s->cptr[2] >> 31 & 1))
        return A64_TRAP_EL2;
    return s->el < 3 && (s->cptr[3] >> 31 & 1) ? A64_TRAP_EL3 : A64_ALLOW;
}

A64_CHECK(a64_check_cptr)
{
    (void)reg;
    (void)write;
    return EL(cpu) == 2 && (a64_state(cpu)->cptr[3] >> 31 & 1) ? A64_TRAP_EL3 : A64_ALLOW;
}

/* ---- Debug and performance monitor: MDCR ---- */

static uint32_t by_mdcr(struct vm_cpu *cpu, uint64_t bits2, uint64_t bits3)
{
    const struct a64_state *s = a64_state(cpu);

    if (s->el < 2 && a64_el2_enabled(cpu) &&
        ((s->mdcr[2] & bits2) || ((bits2 & MDCR_TDE) && (s->hcr & HCR_TGE))))
        return A64_TRAP_EL2;
    return s->el < 3 && (s->mdcr[3] & bits3) ? A64_TRAP_EL3 : A64_ALLOW;
}

A64_CHECK(a64_check_debug)
{
    (void)reg;
    (void)write;
    return by_mdcr(cpu, MDCR_TDA | MDCR_TDE, MDCR_TDA);
}

A64_CHECK(a64_check_os_lock)
{
    (void)reg;
    (void)write;
    return by_mdcr(cpu, MDCR_TDOSA | MDCR_TDE, MDCR_TDOSA);
}

A64_CHECK(a64_check_rom)
{
    (void)reg;
    (void)write;
    return by_mdcr(cpu, MDCR_TDRA | MDCR_TDE, MDCR_TDA);
}

A64_CHECK(a64_check_dcc)
{
    if (EL(cpu) == 0 && (a64_state(cpu)->mdscr & MDSCR_TDCC))
        return A64_TRAP_EL1;
    return a64_check_debug(cpu, reg, write);
}

/* At EL0 by a bit of PMUSERENR_EL0 (bit 0: all of them), then as all of the PMU. */
static uint32_t by_user_enable(struct vm_cpu *cpu, uint64_t bits)
{
    if (EL(cpu) == 0 && !(a64_state(cpu)->pmuserenr & (1 | bits)))
        return A64_TRAP_EL1;
    return by_mdcr(cpu, MDCR_TPM, MDCR_TPM);
}

A64_CHECK(a64_check_pmu)
{
    (void)reg;
    (void)write;
    return by_user_enable(cpu, 0);
}

A64_CHECK(a64_check_pmu_cycles)
{
    (void)reg;
    return by_user_enable(cpu, write ? 0 : 1u << 2);
}

A64_CHECK(a64_check_pmu_events)
{
    (void)reg;
    /* PMSELR may be written by those who may read the counter that it selects */
    return by_user_enable(cpu, write && !reg->offset ? 0 : 1u << 3);
}

A64_CHECK(a64_check_pmu_increment)
{
    (void)reg;
    (void)write;
    return by_user_enable(cpu, 1u << 1);
}

A64_CHECK(a64_check_pmcr)
{
    (void)reg;
    (void)write;
    uint32_t result = by_user_enable(cpu, 0);

    return result ? result : by_mdcr(cpu, MDCR_TPMCR, 0);
}

A64_CHECK(a64_check_pmuserenr)
{
    (void)reg;
    (void)write;
    return by_mdcr(cpu, MDCR_TPM, MDCR_TPM);
}

/* ---- Timers ---- */

/* EL0 needs a bit of CNTKCTL_EL1, or of CNTHCTL_EL2 under a host at EL2. */
static bool user_may(struct vm_cpu *cpu, uint64_t bits)
{
    const struct a64_state *s = a64_state(cpu);

    return s->el != 0 || ((a64_el0_owner(cpu) == 2 ? s->cnthctl : s->cntkctl) & bits);
}

/* CNTHCTL_EL2 bits of the counter (0) and the timer (1), which move under E2H. */
static uint32_t by_cnthctl(struct vm_cpu *cpu, uint32_t bit)
{
    const struct a64_state *s = a64_state(cpu);

    if (s->el >= 2 || !a64_el2_enabled(cpu) || (s->el == 0 && a64_is_host(s->hcr)))
        return A64_ALLOW;
    return s->cnthctl >> (s->hcr & HCR_E2H ? bit + 10 : bit) & 1 ? A64_ALLOW : A64_TRAP_EL2;
}

A64_CHECK(a64_check_counter_physical)
{
    (void)reg;
    (void)write;
    return user_may(cpu, 1) ? by_cnthctl(cpu, 0) : A64_TRAP_EL1;
}

A64_CHECK(a64_check_counter_virtual)
{
    (void)reg;
    (void)write;
    return user_may(cpu, 2) ? A64_ALLOW : A64_TRAP_EL1;
}

A64_CHECK(a64_check_counter_frequency)
{
    const struct a64_arch *arch = a64_arch(cpu);
    uint32_t highest = arch->el3 ? 3 : arch->el2 ? 2 : 1;

    (void)reg;
    if (write)
        return EL(cpu) == highest ? A64_ALLOW : A64_UNDEFINED;
    return user_may(cpu, 3) ? A64_ALLOW : A64_TRAP_EL1;
}

A64_CHECK(a64_check_timer_physical)
{
    (void)reg;
    (void)write;
    return user_may(cpu, 1u << 9) ? by_cnthctl(cpu, 1) : A64_TRAP_EL1;
}

A64_CHECK(a64_check_timer_virtual)
{
    (void)reg;
    (void)write;
    return user_may(cpu, 1u << 8) ? A64_ALLOW : A64_TRAP_EL1;
}

/* EL3's, which it may lend to Secure EL1. */
A64_CHECK(a64_check_timer_secure)
{
    (void)reg;
    (void)write;
    if (EL(cpu) == 3)
        return A64_ALLOW;
    if (EL(cpu) == 2 || !a64_secure(cpu))
        return A64_UNDEFINED;
    return a64_state(cpu)->scr & SCR_ST ? A64_ALLOW : A64_TRAP_EL3;
}

/* ---- Extensions ---- */

/* Trapped unless a bit of HCR_EL2, and one of SCR_EL3, is set. */
static uint32_t unless_enabled(struct vm_cpu *cpu, uint64_t hcr_bit, uint64_t scr_bit)
{
    const struct a64_state *s = a64_state(cpu);

    if (s->el < 2 && a64_el2_enabled(cpu) && !(s->hcr & hcr_bit) &&
        !(s->el == 0 && a64_is_host(s->hcr)))
        return A64_TRAP_EL2;
    return s->el < 3 && a64_arch(cpu)->el3 && !(s->scr & scr_bit) ? A64_TRAP_EL3 : A64_ALLOW;
}

A64_CHECK(a64_check_pauth_key)
{
    (void)reg;
    (void)write;
    return unless_enabled(cpu, HCR_APK, SCR_APK);
}

A64_CHECK(a64_check_scxtnum)
{
    (void)reg;
    (void)write;
    if (EL(cpu) == 0 && (a64_sctlr(cpu) & SCTLR_TSCXT))
        return A64_TRAP_EL1;
    return unless_enabled(cpu, HCR_ENSCXT, SCR_ENSCXT);
}

static uint32_t by_hcr_or_scr(struct vm_cpu *cpu, uint64_t hcr_bit, uint64_t scr_bit)
{
    uint32_t result = by_hcr(cpu, hcr_bit);

    if (result)
        return result;
    return EL(cpu) < 3 && (a64_state(cpu)->scr & scr_bit) ? A64_TRAP_EL3 : A64_ALLOW;
}

A64_CHECK(a64_check_lor)
{
    (void)reg;
    (void)write;
    return a64_secure(cpu) && EL(cpu) < 3 ? A64_UNDEFINED : by_hcr_or_scr(cpu, HCR_TLOR, SCR_TLOR);
}

A64_CHECK(a64_check_ras)
{
    (void)reg;
    (void)write;
    return by_hcr_or_scr(cpu, HCR_TERR, SCR_TERR);
}

A64_CHECK(a64_check_implementation)
{
    (void)reg;
    (void)write;
    return EL(cpu) == 1 && by_hcr(cpu, HCR_TIDCP) ? A64_TRAP_EL2 : A64_UNDEFINED;
}

/* ---- PSTATE ---- */

A64_CHECK(a64_check_sp_el0)
{
    (void)reg;
    (void)write;
    return a64_state(cpu)->spsel ? A64_ALLOW : A64_UNDEFINED;
}

A64_CHECK(a64_check_daif)
{
    (void)reg;
    (void)write;
    return EL(cpu) == 0 && !(a64_sctlr(cpu) & SCTLR_UMA) ? A64_TRAP_EL1 : A64_ALLOW;
}

/* ---- The GIC's registers ---- */

#define ICH_HCR_TC    (1u << 10)
#define ICH_HCR_TALL0 (1u << 11)
#define ICH_HCR_TALL1 (1u << 12)
#define ICH_HCR_TDIR  (1u << 14)

/* The registers of interrupt group 0, of group 1, and those of both, as ICH_HCR_EL2 traps them. */
static uint64_t trapped_by_ich(const struct a64_sysreg *reg)
{
    uint32_t crm = A64_SYS_CRM(reg->number), op2 = A64_SYS_OP2(reg->number);

    if (A64_SYS_CRN(reg->number) == 4 || (crm == 11 && op2 == 3) || (crm == 12 && op2 == 4))
        return ICH_HCR_TC;
    if (crm == 11 && op2 == 1)
        return ICH_HCR_TC | ICH_HCR_TDIR;
    if (crm == 8 || (crm == 12 && op2 == 6))
        return ICH_HCR_TALL0;
    return crm == 9 || (crm == 12 && op2 != 5) ? ICH_HCR_TALL1 : 0;
}

/* Which interrupts a register of EL1 is about, as HCR_EL2 routes them: group 0 FIQs, group 1 IRQs.
 */
uint64_t a64_gic_routed_by(const struct a64_sysreg *reg)
{
    uint32_t crm = A64_SYS_CRM(reg->number), op2 = A64_SYS_OP2(reg->number);

    if (A64_SYS_OP1(reg->number) != 0 || (crm == 12 && op2 == 5)) /* ICC_SRE_EL1 */
        return 0;
    if (A64_SYS_CRN(reg->number) == 4 || crm == 11 || (crm == 12 && op2 == 4))
        return HCR_IMO | HCR_FMO;
    return crm == 8 || (crm == 12 && op2 == 6) ? HCR_FMO : HCR_IMO;
}

/* EL3 keeps the registers of interrupts that all go there. */
static uint32_t gic_by_scr(struct vm_cpu *cpu, uint64_t routed)
{
    uint64_t scr = (routed & HCR_IMO ? SCR_IRQ : 0) | (routed & HCR_FMO ? SCR_FIQ : 0);

    return EL(cpu) < 3 && scr && (a64_state(cpu)->scr & scr) == scr ? A64_TRAP_EL3 : A64_ALLOW;
}

A64_CHECK(a64_check_gic)
{
    bool sgi = A64_SYS_CRM(reg->number) == 11 && A64_SYS_OP2(reg->number) >= 5;
    uint64_t routed = a64_gic_routed_by(reg);

    (void)write;
    if (EL(cpu) == 1 && a64_el2_enabled(cpu) && A64_SYS_OP1(reg->number) == 0) {
        bool is_virtual = a64_hcr(cpu) & routed;
        if (sgi && is_virtual) /* software generated interrupts have no virtual form */
            return A64_TRAP_EL2;
        if (!sgi && (a64_state(cpu)->ich_hcr & trapped_by_ich(reg)))
            return A64_TRAP_EL2;
        if (is_virtual)
            return A64_ALLOW;
    }
    return gic_by_scr(cpu, routed);
}

/* ---- Caches and TLBs ---- */

/* What EL0 may do only under a bit of SCTLR, and then as EL1. */
static uint32_t cache(struct vm_cpu *cpu, uint64_t sctlr_bit, uint64_t hcr_bit)
{
    if (EL(cpu) == 0 && !(a64_sctlr(cpu) & sctlr_bit))
        return A64_TRAP_EL1;
    if (EL(cpu) == 0 && a64_is_host(a64_hcr(cpu)))
        return A64_ALLOW;
    return by_hcr(cpu, hcr_bit);
}

A64_CHECK(a64_check_cache_unify)
{
    (void)reg;
    (void)write;
    return cache(cpu, SCTLR_UCI, HCR_TPU);
}

A64_CHECK(a64_check_cache_coherence)
{
    (void)reg;
    (void)write;
    return cache(cpu, SCTLR_UCI, HCR_TPC);
}

A64_CHECK(a64_check_cache_set)
{
    (void)reg;
    (void)write;
    return by_hcr(cpu, HCR_TSW);
}

A64_CHECK(a64_check_cache_zero)
{
    (void)reg;
    (void)write;
    return cache(cpu, SCTLR_DZE, HCR_TDZ);
}

A64_CHECK(a64_check_tlb)
{
    (void)reg;
    (void)write;
    return by_hcr(cpu, HCR_TTLB);
}
