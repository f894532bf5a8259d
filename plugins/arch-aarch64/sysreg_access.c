/* SPDX-License-Identifier: BSD-2-Clause */
/* Accesses to system registers: traps, fields, and the functions of those that are more than a
 * field. */
#include "flags.h"
#include "sysregs.h"
#include "vgic.h"

/* ---- One access ---- */

/* ESR_ELx.ISS of a trapped MSR, MRS or system instruction. */
static uint64_t syndrome(uint32_t raw)
{
    return (uint64_t)(raw >> 19 & 3) << 20 | (uint64_t)(raw >> 5 & 7) << 17 |
           (uint64_t)(raw >> 16 & 7) << 14 | (uint64_t)(raw >> 12 & 15) << 10 |
           (uint64_t)(raw & 31) << 5 | (uint64_t)(raw >> 8 & 15) << 1 | (raw >> 21 & 1);
}

static bool allowed(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint32_t raw, bool write)
{
    uint32_t result = reg->check ? reg->check(cpu, reg, write) : A64_ALLOW;

    if (result == A64_ALLOW)
        return true;
    if (result == A64_UNDEFINED)
        a64_raise(cpu, A64_ESR(A64_EC_UNDEFINED, 0), 0);
    else
        a64_raise(cpu,
                  A64_ESR(A64_EC_SYSREG, syndrome(raw)) |
                      (result > A64_TRAP_EL1 ? A64_TRAP_TARGET(result) : 0),
                  0);
    return false;
}

static uint64_t *field(struct vm_cpu *cpu, const struct a64_sysreg *reg)
{
    return (uint64_t *)(void *)(cpu->state + reg->offset);
}

bool a64_sysreg_read(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint32_t raw,
                     uint64_t *value)
{
    if (!allowed(cpu, reg, raw, false))
        return false;
    *value = (reg->read ? reg->read(cpu, reg) : *field(cpu, reg)) | reg->ones;
    return cpu->pending_exit != VM_EXIT_TRAP;
}

bool a64_sysreg_write(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint32_t raw,
                      uint64_t value)
{
    if (!allowed(cpu, reg, raw, true))
        return false;
    if (reg->write)
        reg->write(cpu, reg, value & reg->mask);
    else
        *field(cpu, reg) = value & reg->mask;
    if (cpu->pending_exit == VM_EXIT_TRAP)
        return false;
    if (reg->flags & A64_REG_STATE)
        cpu->pending_exit = VM_EXIT_STATE;
    return true;
}

/* ---- Identification ---- */

A64_READ(a64_read_zero)
{
    (void)cpu;
    (void)reg;
    return 0;
}

A64_WRITE(a64_write_ignore)
{
    (void)cpu;
    (void)reg;
    (void)value;
}

A64_READ(a64_read_id)
{
    uint32_t group = A64_SYS_CRM(reg->number);

    return group < 4 ? 0 : a64_arch(cpu)->id[group - 4][A64_SYS_OP2(reg->number)];
}

/* EL1 under EL2 reads what EL2 has put there. */
A64_READ(a64_read_midr)
{
    (void)reg;
    return a64_state(cpu)->el == 1 && a64_el2_enabled(cpu) ? a64_state(cpu)->vpidr
                                                           : a64_arch(cpu)->midr;
}

A64_READ(a64_read_mpidr)
{
    (void)reg;
    return a64_state(cpu)->el == 1 && a64_el2_enabled(cpu) ? a64_state(cpu)->vmpidr
                                                           : a64_mpidr(cpu->index);
}

A64_WRITE(a64_write_vpidr)
{
    struct a64_state *s = a64_state(cpu);

    if (A64_SYS_OP2(reg->number) == 0)
        s->vpidr = value & UINT32_MAX;
    else
        s->vmpidr = (value & 0xff40ffffffull) | 1u << 31;
}

/* Lines of 64 bytes; neither data nor instructions need any maintenance. */
A64_READ(a64_read_ctr)
{
    (void)cpu;
    (void)reg;
    return 1u << 31 | 1u << 29 | 1u << 28 | 4u << 24 | 4u << 20 | 4u << 16 | 3u << 14 | 4u;
}

/* Separate first-level caches, a common second level. */
A64_READ(a64_read_clidr)
{
    (void)cpu;
    (void)reg;
    return 2u << 24 | 4u << 3 | 3u;
}

A64_READ(a64_read_ccsidr)
{
    static const struct {
        uint32_t ways, sets;
    } caches[] = {{4, 256}, {4, 256}, {16, 1024}}; /* 64K data, 64K instructions, 1M */
    uint64_t which = a64_state(cpu)->csselr;

    (void)reg;
    if (which > 2)
        return 0;
    return (uint64_t)(caches[which].sets - 1) << 13 | (caches[which].ways - 1) << 3 | 2;
}

/* DC ZVA clears 64 bytes, where it is not prohibited. */
A64_READ(a64_read_dczid)
{
    (void)reg;
    return (a64_check_cache_zero(cpu, reg, true) != A64_ALLOW) << 4 | 4;
}

/* ---- PSTATE ---- */

A64_READ(a64_read_current_el)
{
    (void)reg;
    return a64_state(cpu)->el << 2;
}

A64_READ(a64_read_nzcv)
{
    (void)reg;
    return a64_get_nzcv(a64_state(cpu));
}

A64_WRITE(a64_write_nzcv)
{
    (void)reg;
    a64_set_nzcv(a64_state(cpu), value);
}

A64_READ(a64_read_spsel)
{
    (void)reg;
    return a64_state(cpu)->spsel;
}

A64_WRITE(a64_write_spsel)
{
    struct a64_state *s = a64_state(cpu);

    (void)reg;
    a64_select_sp(s, (uint32_t)s->el, value & 1);
}

/* PAN, UAO, DIT and SSBS, which have one bit where SPSR has theirs. */
static uint64_t *pstate_bit(struct vm_cpu *cpu, const struct a64_sysreg *reg, uint32_t *bit)
{
    struct a64_state *s = a64_state(cpu);

    switch (reg->number) {
    case A64_SYS(3, 0, 4, 2, 3):
        *bit = 22;
        return &s->pan;
    case A64_SYS(3, 0, 4, 2, 4):
        *bit = 23;
        return &s->uao;
    case A64_SYS(3, 3, 4, 2, 5):
        *bit = 24;
        return &s->dit;
    default:
        *bit = 12;
        return &s->ssbs;
    }
}

A64_READ(a64_read_pstate_bit)
{
    uint32_t bit;
    const uint64_t *which = pstate_bit(cpu, reg, &bit);

    return *which << bit;
}

A64_WRITE(a64_write_pstate_bit)
{
    uint32_t bit;
    uint64_t *which = pstate_bit(cpu, reg, &bit);

    *which = value >> bit & 1;
}

/* ---- Floating point ---- */

/* VM_FP_* and FPSR's bits 0..4: the same five in another order. */
static uint64_t reverse5(uint64_t bits)
{
    return (bits & 1) << 4 | (bits & 2) << 2 | (bits & 4) | (bits & 8) >> 2 | (bits & 16) >> 4;
}

uint64_t a64_fpsr(uint64_t fpflags, uint64_t qc)
{
    return reverse5(fpflags) | (fpflags & VM_FP_ID ? 1u << 7 : 0) | (qc ? 1u << 27 : 0);
}

uint64_t a64_fpflags(uint64_t fpsr)
{
    return reverse5(fpsr) | (fpsr >> 7 & 1 ? VM_FP_ID : 0);
}

A64_READ(a64_read_fpsr)
{
    const struct a64_state *s = a64_state(cpu);

    (void)reg;
    return a64_fpsr(s->fpflags, s->qc);
}

A64_WRITE(a64_write_fpsr)
{
    struct a64_state *s = a64_state(cpu);

    (void)reg;
    s->fpflags = a64_fpflags(value);
    s->qc = value >> 27 & 1;
}

/* The mode is part of the key; guests write the old one again and again. */
A64_WRITE(a64_write_fpcr)
{
    struct a64_state *s = a64_state(cpu);

    (void)reg;
    if (!a64_has(a64_arch(cpu), A64_FEATURE(FP16)))
        value &= ~(1ull << 19);
    if (s->fpcr != value)
        cpu->pending_exit = VM_EXIT_STATE;
    s->fpcr = value;
}

/* ---- Control ---- */

/* Bits that there are, and the reserved ones that read as 1 where they are not among those. */
#define SCTLR_EL1_BITS 0x040dd21full
#define SCTLR_EL1_ONES 0x30500980ull
#define SCTLR_ELX_BITS 0x0008100full
#define SCTLR_ELX_ONES 0x30c50830ull
#define SCTLR_PAUTH    (SCTLR_ENIA | SCTLR_ENIB | SCTLR_ENDA | SCTLR_ENDB)

A64_WRITE(a64_write_sctlr)
{
    const struct a64_arch *arch = a64_arch(cpu);
    struct a64_state *s = a64_state(cpu);
    uint32_t el = reg->offset == offsetof(struct a64_state, sctlr[1])   ? 1
                  : reg->offset == offsetof(struct a64_state, sctlr[2]) ? 2
                                                                        : 3;
    bool two_ranges = el == 1 || (el == 2 && (s->hcr & HCR_E2H));
    uint64_t bits = two_ranges ? SCTLR_EL1_BITS : SCTLR_ELX_BITS;
    uint64_t ones = two_ranges ? SCTLR_EL1_ONES : SCTLR_ELX_ONES;
    uint64_t optional = (a64_has(arch, A64_FEATURE(PAUTH)) ? SCTLR_PAUTH : 0) |
                        (a64_has(arch, A64_FEATURE(BTI)) ? SCTLR_BT1 : 0) |
                        (a64_has(arch, A64_FEATURE(SSBS)) ? SCTLR_DSSBS : 0) |
                        (a64_has(arch, A64_FEATURE(RAS)) ? SCTLR_IESB : 0);

    if (two_ranges)
        optional |= (a64_has(arch, A64_FEATURE(PAN)) ? SCTLR_SPAN : 0) |
                    (a64_has(arch, A64_FEATURE(BTI)) ? SCTLR_BT0 : 0) |
                    (a64_has(arch, A64_FEATURE(CSV2)) ? SCTLR_TSCXT : 0);
    if (two_ranges && !a64_has(arch, A64_FEATURE(PAN)))
        ones |= SCTLR_SPAN;
    bits |= optional;
    s->sctlr[el] = (value & bits) | (ones & ~bits);
}

A64_WRITE(a64_write_hcr)
{
    const struct a64_arch *arch = a64_arch(cpu);
    uint64_t mask = 0x3ffffffffull & ~HCR_HCD;

    (void)reg;
    mask |= (a64_has(arch, A64_FEATURE(VHE)) ? HCR_E2H : 0) | (arch->el3 ? 0 : HCR_HCD) |
            (a64_has(arch, A64_FEATURE(LOR)) ? HCR_TLOR : 0) |
            (a64_has(arch, A64_FEATURE(RAS)) ? HCR_TERR | HCR_TEA : 0) |
            (a64_has(arch, A64_FEATURE(PAUTH)) ? HCR_APK | HCR_API : 0) |
            (a64_has(arch, A64_FEATURE(CSV2)) ? HCR_ENSCXT : 0);
    a64_state(cpu)->hcr = (value & mask) | 1ull << 31; /* RW: EL1 is AArch64 */
    a64_timers_update(cpu);
}

/* RW is 1: nothing is AArch32. Without EL2, HCE is of no use. */
A64_WRITE(a64_write_scr)
{
    const struct a64_arch *arch = a64_arch(cpu);
    uint64_t mask =
        SCR_NS | SCR_IRQ | SCR_FIQ | SCR_EA | SCR_SMD | SCR_ST | SCR_TWI | 1ull << 13 | 1ull << 9;

    (void)reg;
    mask |= (arch->el2 ? SCR_HCE : 0) | (a64_has(arch, A64_FEATURE(LOR)) ? SCR_TLOR : 0) |
            (a64_has(arch, A64_FEATURE(RAS)) ? SCR_TERR : 0) |
            (a64_has(arch, A64_FEATURE(PAUTH)) ? SCR_APK | SCR_API : 0) |
            (a64_has(arch, A64_FEATURE(CSV2)) ? SCR_ENSCXT : 0);
    a64_state(cpu)->scr = (value & mask) | 1ull << 10 | 3ull << 4;
}

A64_READ(a64_read_rvbar)
{
    (void)reg;
    return a64_state(cpu)->rvbar;
}

A64_READ(a64_read_isr)
{
    (void)reg;
    return a64_isr(cpu);
}

/* ---- Translation ---- */

/* ASIDs and VMIDs are as long as the ID registers say. */
A64_WRITE(a64_write_ttbr)
{
    const struct a64_arch *arch = a64_arch(cpu);
    bool is_vttbr = reg->offset == offsetof(struct a64_state, vttbr);
    uint32_t bits = is_vttbr ? arch->vmid_bits : arch->asid_bits;

    if (bits == 8)
        value &= ~(0xffull << 56);
    *(uint64_t *)(void *)(cpu->state + reg->offset) = value;
}

A64_WRITE(a64_write_tcr)
{
    const struct a64_state *s = a64_state(cpu);
    uint32_t el = reg->offset == offsetof(struct a64_state, tcr[1])   ? 1
                  : reg->offset == offsetof(struct a64_state, tcr[2]) ? 2
                                                                      : 3;
    const struct a64_arch *arch = a64_arch(cpu);
    bool two_ranges = el == 1 || (el == 2 && (s->hcr & HCR_E2H));
    uint64_t mask;

    if (two_ranges) {
        mask = 0x7ffffffbfull | 3ull << 37 | (arch->asid_bits == 16 ? 1ull << 36 : 0);
        mask |= a64_has(arch, A64_FEATURE(HAFDBS)) ? 3ull << 39 : 0;
        mask |= a64_has(arch, A64_FEATURE(HPDS)) ? 3ull << 41 : 0;
        mask |= a64_has(arch, A64_FEATURE(PAUTH)) ? 3ull << 51 : 0;
        mask |= a64_has(arch, A64_FEATURE(E0PD)) ? 3ull << 55 : 0;
    } else {
        mask = 0x17ff3full;
        mask |= a64_has(arch, A64_FEATURE(HAFDBS)) ? 3ull << 21 : 0;
        mask |= a64_has(arch, A64_FEATURE(HPDS)) ? 1ull << 24 : 0;
        mask |= a64_has(arch, A64_FEATURE(PAUTH)) ? 1ull << 29 : 0;
        value |= 1u << 31 | 1u << 23;
        mask |= 1u << 31 | 1u << 23;
    }
    *(uint64_t *)(void *)(cpu->state + reg->offset) = value & mask;
}

/* ---- The GIC's CPU interface ---- */

/* The registers of a group, or of both, have a virtual form that EL1 sees under HCR_EL2. */
static uint32_t port_register(struct vm_cpu *cpu, const struct a64_sysreg *reg)
{
    if (a64_state(cpu)->el == 1 && (a64_hcr(cpu) & a64_gic_routed_by(reg)))
        return reg->number | A64_GIC_VIRTUAL;
    return reg->number | (A64_SYS_OP1(reg->number) != 4 && a64_secure(cpu) ? A64_GIC_SECURE : 0);
}

static uint64_t access_gic(struct vm_cpu *cpu, const struct a64_sysreg *reg, bool write,
                           uint64_t value)
{
    uint32_t number = port_register(cpu, reg);
    uint64_t old = 0;
    int result = a64_vgic_has(number) ? a64_vgic_access(cpu, number, write, value, &old)
                                      : cpu->host->port_access(cpu, A64_PORT_GIC, number, write,
                                                               value, write ? UINT64_MAX : 0, &old);

    if (result != 0)
        a64_raise(cpu, A64_ESR(A64_EC_UNDEFINED, 0), 0);
    else if (a64_interrupt_pending(cpu))
        cpu->pending_exit = VM_EXIT_STATE;
    return old;
}

A64_READ(a64_read_gic)
{
    return access_gic(cpu, reg, false, 0);
}

A64_WRITE(a64_write_gic)
{
    access_gic(cpu, reg, true, value);
}
