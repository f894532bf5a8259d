/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * aia.c - the hart's side of the Advanced Interrupt Architecture (AIA 1.0, chapters 2 and 5): the
 * CSRs that Smaia and Ssaia add, without the hypervisor extension.
 *
 * Priorities of major interrupts cannot be configured: the iprio arrays are all read-only zeros, as
 * the specification allows. Of the virtual interrupts there are those that interrupt filtering
 * needs: SSI and SEI. An IMSIC's registers are the IMSIC's: reached through the vCPU's ports.
 */
#include "csr.h"

enum { IPRIO_FIRST = 0x30, IPRIO_LAST = 0x3f, IMSIC_FIRST = 0x70, IMSIC_LAST = 0xff };

/* ---- Top interrupt ---- */

/* AIA 5.2.2: with all-zero iprio arrays the priority is always 1. */
static uint64_t top(uint32_t number)
{
    return number ? (uint64_t)number << 16 | 1 : 0;
}

uint64_t rv_read_mtopi(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return top(rv_highest_interrupt(rv_pending_machine(cpu)));
}

uint64_t rv_read_stopi(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return top(rv_highest_interrupt(rv_pending_supervisor(cpu)));
}

/* ---- Filtered and virtual interrupts ---- */

/* Bits of mvip that are bits of their own and not aliases of mip. Bit 9 is the software-writable
 * SEIP, which mvien takes out of mip. */
static uint64_t aliases(const struct rv_state *s)
{
    uint64_t timer = s->menvcfg & ENVCFG_STCE ? 0 : RV_MIP_STIP;

    return (RV_MIP_SSIP & ~s->mvien) | timer | RV_MIP_SEIP;
}

/* As software wrote it: without what a device holds up. */
uint64_t rv_mvip_soft(const struct rv_state *s)
{
    return (s->mip_soft & aliases(s)) | (s->mvip & s->mvien & RV_MIP_SSIP);
}

uint64_t rv_read_mvip_soft(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return rv_mvip_soft(rv_state(cpu));
}

uint64_t rv_read_mvip(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    const struct rv_state *s = rv_state(cpu);

    (void)csr;
    return rv_mvip_soft(s) | (rv_mip(cpu) & ~s->mvien & RV_MIP_SSIP);
}

/* Sets the bits of `mask`; also for sip, where mvien makes them visible. */
void rv_set_mvip(struct vm_cpu *cpu, uint64_t value, uint64_t mask)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t alias = mask & aliases(s), own = mask & s->mvien & RV_MIP_SSIP;

    s->mip_soft = (s->mip_soft & ~alias) | (value & alias);
    s->mvip = (s->mvip & ~own) | (value & own);
}

void rv_write_mvip(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    (void)csr;
    rv_set_mvip(cpu, value, UINT64_MAX);
}

uint64_t rv_read_mvien(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return rv_state(cpu)->mvien;
}

void rv_write_mvien(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    rv_state(cpu)->mvien = value & csr->mask;
}

/* ---- The windows ---- */

uint64_t rv_read_miselect(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return rv_state(cpu)->miselect;
}

void rv_write_miselect(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    rv_state(cpu)->miselect = value & csr->mask;
}

uint64_t rv_read_siselect(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return rv_state(cpu)->siselect;
}

void rv_write_siselect(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    rv_state(cpu)->siselect = value & csr->mask;
}

/* One access to a register of the IMSIC's file of level `port`. */
static bool access_imsic(struct vm_cpu *cpu, uint32_t port, uint32_t reg,
                         const struct rv_csr_access *access, uint64_t *old)
{
    const struct rv_state *s = rv_state(cpu);
    uint32_t needed = port == RV_PORT_IMSIC_M ? RV_EXT_IMSIC_M : RV_EXT_IMSIC_S;

    if (!rv_has(rv_arch(cpu), needed))
        return false;
    /* AIA 5.3: while M-mode filters SEI, S-mode's accesses to its file trap. */
    if (port == RV_PORT_IMSIC_S && s->privilege == RV_S && (s->mvien & RV_MIP_SEIP))
        return false;
    return cpu->host->port_access(cpu, port, reg, access->write, access->bits, access->mask, old) ==
           0;
}

static bool access_window(struct vm_cpu *cpu, uint32_t port, uint64_t select,
                          const struct rv_csr_access *access, uint64_t *old)
{
    if (select >= IMSIC_FIRST && select <= IMSIC_LAST)
        return access_imsic(cpu, port, (uint32_t)select, access, old);
    *old = 0;
    return select >= IPRIO_FIRST && select <= IPRIO_LAST && select % 2 == 0;
}

bool rv_access_mireg(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old)
{
    return access_window(cpu, RV_PORT_IMSIC_M, rv_state(cpu)->miselect, access, old);
}

bool rv_access_sireg(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old)
{
    return access_window(cpu, RV_PORT_IMSIC_S, rv_state(cpu)->siselect, access, old);
}

bool rv_access_mtopei(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old)
{
    return access_imsic(cpu, RV_PORT_IMSIC_M, VM_RISCV_TOPEI, access, old);
}

bool rv_access_stopei(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old)
{
    return access_imsic(cpu, RV_PORT_IMSIC_S, VM_RISCV_TOPEI, access, old);
}

/* ---- The claim of a port ---- */

int rv_claim_port(void *opaque, uint32_t cpu, uint32_t port, struct vm_error *err)
{
    struct rv_arch *arch = opaque;

    (void)cpu;
    if (arch->no_aia)
        return vm_error_set(err, "aia = no: the vCPUs cannot have an IMSIC; leave that key out");
    arch->extensions |= RV_EXT_AIA | (port == RV_PORT_IMSIC_M ? RV_EXT_IMSIC_M : RV_EXT_IMSIC_S);
    rv_csr_configure(arch);
    return 0;
}
