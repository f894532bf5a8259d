/* SPDX-License-Identifier: BSD-2-Clause */
/* TLBI: which translation contexts and addresses an instruction means. More may always go than it
 * asks for. */
#include "mmu.h"
#include "sysregs.h"

struct scope {
    uint64_t match, mask;
    bool two_ranges;
    bool everywhere; /* on all vCPUs */
};

/* Local, or for all of a shareable domain; HCR_EL2.FB makes what EL1 does locally the latter. */
static bool is_broadcast(struct vm_cpu *cpu, const struct a64_sysreg *reg)
{
    uint32_t crm = A64_SYS_CRM(reg->number), op2 = A64_SYS_OP2(reg->number);
    bool stage2 = A64_SYS_OP1(reg->number) == 4 && crm == 4;

    if (stage2 ? op2 == 1 || op2 == 2 || op2 == 5 || op2 == 6 : crm == 6 || crm == 7)
        return a64_state(cpu)->el == 1 && (a64_hcr(cpu) & HCR_FB);
    return true;
}

static struct scope make_scope(struct vm_cpu *cpu, const struct a64_sysreg *reg, bool of_el1)
{
    const struct a64_state *s = a64_state(cpu);
    uint64_t hcr = a64_hcr(cpu);
    uint32_t op1 = A64_SYS_OP1(reg->number);
    enum a64_regime regime = A64_REGIME_EL10;
    struct scope scope = {.everywhere = is_broadcast(cpu, reg)};

    if (op1 == 6)
        regime = A64_REGIME_EL3;
    else if (op1 == 4 && !of_el1)
        regime = hcr & HCR_E2H ? A64_REGIME_EL20 : A64_REGIME_EL2;
    else if (op1 == 0 && a64_is_host(hcr) && s->el == 2)
        regime = A64_REGIME_EL20;
    scope.two_ranges = regime == A64_REGIME_EL10 || regime == A64_REGIME_EL20;
    scope.match = A64_CONTEXT_REGIME(regime);
    scope.mask = A64_CONTEXT_REGIME(3);
    if (regime == A64_REGIME_EL10 && (hcr & (HCR_VM | HCR_DC))) {
        scope.match |= A64_CONTEXT_STAGE2 | (s->vttbr >> 48) << A64_CONTEXT_VMID_SHIFT;
        scope.mask |= A64_CONTEXT_STAGE2 | A64_CONTEXT_VMID_MASK;
    }
    return scope;
}

static void flush(struct vm_cpu *cpu, const struct scope *scope, uint64_t va, uint64_t length,
                  bool keep_global)
{
    const struct vm_cpu_host *host = cpu->host;

    if (scope->everywhere && a64_arch(cpu)->cpus > 1)
        host->tlb_flush_all_cpus(cpu, scope->match, scope->mask, va, length, keep_global);
    else
        host->tlb_flush(cpu, scope->match, scope->mask, va, length, keep_global);
}

static void add_asid(struct vm_cpu *cpu, struct scope *scope, uint64_t operand)
{
    const struct a64_state *s = a64_state(cpu);
    bool host = (scope->match & A64_CONTEXT_REGIME(3)) == A64_CONTEXT_REGIME(A64_REGIME_EL20);
    uint64_t asid = operand >> 48;

    scope->match |= s->tcr[host ? 2 : 1] >> 36 & 1 ? asid : asid & 0xff;
    scope->mask |= A64_CONTEXT_ASID_MASK;
}

A64_WRITE(a64_tlbi_all)
{
    struct a64_state *s = a64_state(cpu);
    uint32_t op2 = A64_SYS_OP2(reg->number);
    struct scope scope = make_scope(cpu, reg, op2 != 0);

    (void)value;
    if (A64_SYS_OP1(reg->number) == 4 && op2 == 4) /* ALLE1: of every VMID */
        scope.mask &= ~(A64_CONTEXT_STAGE2 | A64_CONTEXT_VMID_MASK);
    scope.match &= scope.mask;
    flush(cpu, &scope, 0, 0, false);
    if (s->low_global && scope.mask == A64_CONTEXT_REGIME(3) && scope.match == 0) {
        s->low_global = false;
        atomic_fetch_sub(&a64_arch(cpu)->low_global, 1);
    }
}

A64_WRITE(a64_tlbi_asid)
{
    struct scope scope = make_scope(cpu, reg, true);

    add_asid(cpu, &scope, value);
    flush(cpu, &scope, 0, 0, true);
}

/*
 * Of one address space, where addresses below belong to it alone; tags hide what else they mean.
 * Another vCPU may make the first such mapping meanwhile: it says so before, and has answered after
 * the flush, so that looking again is enough.
 */
static void flush_range(struct vm_cpu *cpu, const struct scope *scope, uint64_t operand,
                        bool by_asid, uint64_t va, uint64_t length)
{
    struct a64_arch *arch = a64_arch(cpu);
    bool one_space = by_asid && scope->two_ranges && !(va >> 55 & 1);
    bool narrow, tagged = atomic_load(&arch->tagged);

    do {
        struct scope now = *scope;
        narrow = one_space && atomic_load(&arch->low_global) == 0;
        if (narrow)
            add_asid(cpu, &now, operand);
        flush(cpu, &now, va, tagged ? 0 : length, false);
    } while ((narrow && atomic_load(&arch->low_global) != 0) ||
             (!tagged && (tagged = atomic_load(&arch->tagged))));
}

/* The forms for all ASIDs have bit 1 of op2; those of EL2 and EL3 have none. */
static bool names_asid(const struct a64_sysreg *reg)
{
    return !(A64_SYS_OP2(reg->number) & 2);
}

A64_WRITE(a64_tlbi_va)
{
    struct scope scope = make_scope(cpu, reg, false);
    uint64_t va = (value & 0xfffffffffffull) << 12;

    if (scope.two_ranges)
        va = (uint64_t)((int64_t)(va << 8) >> 8);
    flush_range(cpu, &scope, value, names_asid(reg), va, VM_PAGE_SIZE);
}

A64_WRITE(a64_tlbi_range)
{
    static const uint8_t granules[] = {0, 12, 14, 16};
    struct scope scope = make_scope(cpu, reg, false);
    uint32_t granule = granules[value >> 46 & 3], scale = value >> 44 & 3;
    uint64_t number = value >> 39 & 31, base = value & 0x1fffffffffull;

    if (granule == 0) { /* reserved */
        flush(cpu, &scope, 0, 0, false);
        return;
    }
    base <<= granule;
    if (scope.two_ranges)
        base = (uint64_t)((int64_t)(base << (27 - granule)) >> (27 - granule));
    flush_range(cpu, &scope, value, names_asid(reg), base,
                (number + 1) << (5 * scale + 1 + granule));
}

/* Which virtual addresses lead to an intermediate one is not known. */
A64_WRITE(a64_tlbi_stage2)
{
    struct scope scope = make_scope(cpu, reg, true);

    (void)value;
    flush(cpu, &scope, 0, 0, false);
}
