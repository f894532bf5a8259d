/* SPDX-License-Identifier: BSD-2-Clause */
/* What selects code and translations: the mode key and the translation contexts. */
#include "mmu.h"
#include "sysregs.h"
#include "vgic.h"

/* ---- Key ---- */

/* CPACR's FPEN, which CPTR_EL2 has too under E2H: whether it traps EL0 or the level itself. */
static bool fpen_traps(uint64_t cpacr, uint32_t el)
{
    uint32_t fpen = cpacr >> 20 & 3;

    return !(fpen & 1) || (fpen == 1 && el == 0);
}

/* The level that FP and SIMD instructions trap to, 0: none. */
static uint32_t fp_trap(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t hcr = a64_hcr(cpu);
    uint32_t el = (uint32_t)s->el;

    if (el < 2 && !(el == 0 && a64_is_host(hcr)) && fpen_traps(s->cpacr, el))
        return el == 0 && (hcr & HCR_TGE) ? 2 : 1;
    if (el < 3 && a64_el2_enabled(cpu)) {
        if (hcr & HCR_E2H) {
            bool host_user = el == 0 && (hcr & HCR_TGE);
            if (fpen_traps(s->cptr[2], host_user ? 0 : 1))
                return 2;
        } else if (s->cptr[2] >> 10 & 1) {
            return 2;
        }
    }
    return s->cptr[3] >> 10 & 1 ? 3 : 0;
}

static uint64_t fp_key(const struct a64_state *s)
{
    uint64_t key = (s->fpcr >> 22 & 3) << A64_KEY_RMODE_SHIFT;

    key |= s->fpcr >> 24 & 1 ? A64_KEY_FZ : 0;
    key |= s->fpcr >> 25 & 1 ? A64_KEY_DN : 0;
    key |= s->fpcr >> 19 & 1 ? A64_KEY_FZ16 : 0;
    key |= s->fpcr >> 26 & 1 ? A64_KEY_AHP : 0;
    return key;
}

/* Rules of HCR_EL2 that could trap a register that is a slot. */
static bool slots_may_trap(struct vm_cpu *cpu)
{
    const struct a64_state *s = a64_state(cpu);

    return s->el == 1 && (a64_hcr(cpu) & (HCR_TVM | HCR_TRVM));
}

static uint64_t make_key(struct vm_cpu *cpu, uint64_t data)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t sctlr = a64_sctlr(cpu), key = s->el << A64_KEY_EL_SHIFT;
    uint32_t trap = fp_trap(cpu);

    key |= s->spsel ? A64_KEY_SPSEL : 0;
    key |= (uint64_t)trap << A64_KEY_FPTRAP_SHIFT;
    key |= trap ? 0 : fp_key(s);
    key |= sctlr & SCTLR_A || a64_flat_is_device(cpu, data) ? A64_KEY_ALIGN : 0;
    key |= sctlr & (s->el ? SCTLR_SA : SCTLR_SA0) ? A64_KEY_SP_ALIGN : 0;
    key |= s->el == 0 && (sctlr & SCTLR_UMA) ? A64_KEY_UMA : 0;
    key |= s->el >= 2 && (s->hcr & HCR_E2H) && a64_arch(cpu)->el2 ? A64_KEY_E2H : 0;
    key |= slots_may_trap(cpu) ? A64_KEY_SLOW_SYS : 0;
    if (s->mdscr & MDSCR_SS)
        key |= s->ss && a64_step_active(cpu) ? A64_KEY_SS : 0;
    if (s->mdscr & MDSCR_MDE) {
        key |= a64_breakpoints_active(cpu) ? A64_KEY_BREAK : 0;
        key |= a64_watchpoints_active(cpu) ? A64_KEY_WATCH : 0;
    }
    return key;
}

/* ---- Contexts ---- */

/* ASID of the regime that has two ranges, as TCR.A1 chooses. */
static uint64_t asid_of(const struct a64_state *s, uint32_t el)
{
    uint64_t asid = (s->tcr[el] >> 22 & 1 ? s->ttbr1[el] : s->ttbr0[el]) >> 48;

    return s->tcr[el] >> 36 & 1 ? asid : asid & 0xff;
}

uint64_t a64_context(struct vm_cpu *cpu, uint32_t el, bool pan)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t hcr = a64_hcr(cpu), id = el == 0 ? A64_CONTEXT_EL0 : 0;
    uint32_t owner = el == 0 ? (a64_is_host(hcr) ? 2 : 1) : el;

    id |= a64_secure(cpu) ? A64_CONTEXT_SECURE : 0;
    if (owner == 3 || (owner == 2 && !(hcr & HCR_E2H)))
        return id | A64_CONTEXT_REGIME(owner == 3 ? A64_REGIME_EL3 : A64_REGIME_EL2) |
               (s->sctlr[owner] & SCTLR_M ? A64_CONTEXT_STAGE1 : 0);
    id |= pan ? A64_CONTEXT_PAN : 0;
    if (owner == 2)
        return id | A64_CONTEXT_REGIME(A64_REGIME_EL20) |
               (s->sctlr[2] & SCTLR_M ? A64_CONTEXT_STAGE1 | asid_of(s, 2) : 0);
    if ((s->sctlr[1] & SCTLR_M) && !(hcr & (HCR_TGE | HCR_DC)))
        id |= A64_CONTEXT_STAGE1 | asid_of(s, 1);
    if (hcr & (HCR_VM | HCR_DC))
        id |= A64_CONTEXT_STAGE2 | (s->vttbr >> 48) << A64_CONTEXT_VMID_SHIFT;
    return id | A64_CONTEXT_REGIME(A64_REGIME_EL10);
}

void a64_mode(struct vm_cpu *cpu, struct vm_cpu_mode *mode)
{
    struct a64_state *s = a64_state(cpu);
    uint32_t el = (uint32_t)s->el;
    bool host = el == 2 && a64_is_host(s->hcr) && a64_el2_enabled(cpu);

    if (s->derived_stale) {
        s->derived_stale = false;
        a64_timers_update(cpu);
        a64_pmu_look(cpu);
        a64_vgic_update(cpu);
    }
    mode->context[VM_MMU_FETCH] = a64_context(cpu, el, false);
    mode->context[VM_MMU_DATA] =
        s->pan && el ? a64_context(cpu, el, true) : mode->context[VM_MMU_FETCH];
    /* LDTR and STTR act for EL0 where there is one below, but not while UAO says otherwise. */
    mode->context[VM_MMU_ALT0] =
        (el == 1 || host) && !s->uao ? a64_context(cpu, 0, false) : mode->context[VM_MMU_DATA];
    mode->context[VM_MMU_ALT1] = mode->context[VM_MMU_DATA];
    mode->key[0] = make_key(cpu, mode->context[VM_MMU_DATA]);
    mode->key[1] = 0;
}
