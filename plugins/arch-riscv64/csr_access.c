/* SPDX-License-Identifier: BSD-2-Clause */
/* Read and write functions of the CSR table: legal values and side effects. */
#include "csr.h"

/* ---- Trivial ones ---- */

uint64_t rv_read_zero(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)cpu;
    (void)csr;
    return 0;
}

void rv_write_ignore(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    (void)cpu;
    (void)csr;
    (void)value;
}

/* A register that is a field of the state. */
#define READ_FIELD(name)                                                  \
    uint64_t rv_read_##name(struct vm_cpu *cpu, const struct rv_csr *csr) \
    {                                                                     \
        (void)csr;                                                        \
        return rv_state(cpu)->name;                                       \
    }

#define WRITE_FIELD(name)                                                              \
    void rv_write_##name(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value) \
    {                                                                                  \
        rv_state(cpu)->name = value & csr->mask;                                       \
    }

READ_FIELD(frm)
WRITE_FIELD(frm)
READ_FIELD(mcounteren)
WRITE_FIELD(mcounteren)
READ_FIELD(scounteren)
WRITE_FIELD(scounteren)
READ_FIELD(mcountinhibit)
READ_FIELD(medeleg)
WRITE_FIELD(medeleg)
READ_FIELD(mideleg)
WRITE_FIELD(mideleg)
READ_FIELD(mie)
WRITE_FIELD(mie)
READ_FIELD(mtvec)
WRITE_FIELD(mtvec)
READ_FIELD(stvec)
WRITE_FIELD(stvec)
READ_FIELD(menvcfg)
READ_FIELD(senvcfg)
READ_FIELD(satp)
READ_FIELD(stimecmp)

uint64_t rv_read_fcsr(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    const struct rv_state *s = rv_state(cpu);

    (void)csr;
    return s->frm << 5 | s->fflags;
}

void rv_write_fcsr(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);

    (void)csr;
    s->fflags = value & 31;
    s->frm = value >> 5 & 7;
}

/* ---- Counters ---- */

static bool counter_enabled(struct vm_cpu *cpu, uint32_t bit)
{
    const struct rv_state *s = rv_state(cpu);

    return s->privilege == RV_M ||
           ((s->mcounteren & bit) && (s->privilege == RV_S || (s->scounteren & bit)));
}

bool rv_allowed_counter_cycle(struct vm_cpu *cpu)
{
    return counter_enabled(cpu, COUNTER_CY);
}

bool rv_allowed_counter_time(struct vm_cpu *cpu)
{
    return counter_enabled(cpu, COUNTER_TM);
}

bool rv_allowed_counter_instret(struct vm_cpu *cpu)
{
    return counter_enabled(cpu, COUNTER_IR);
}

uint64_t rv_read_time(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return cpu->host->counter_read(cpu);
}

/* The instructions before this one, which is alone in its unit and already counted. A cycle is an
 * instruction. */
static uint64_t retired(struct vm_cpu *cpu)
{
    return cpu->host->instructions(cpu) - 1;
}

static uint64_t read_counter(struct vm_cpu *cpu, uint64_t base, uint32_t bit)
{
    return rv_state(cpu)->mcountinhibit & bit ? base : retired(cpu) + base;
}

/* The next instruction reads `value`: this one does not count. */
static uint64_t counter_base(struct vm_cpu *cpu, uint64_t value, uint32_t bit)
{
    return rv_state(cpu)->mcountinhibit & bit ? value : value - (retired(cpu) + 1);
}

uint64_t rv_read_mcycle(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return read_counter(cpu, rv_state(cpu)->cycle_base, COUNTER_CY);
}

void rv_write_mcycle(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    (void)csr;
    rv_state(cpu)->cycle_base = counter_base(cpu, value, COUNTER_CY);
}

uint64_t rv_read_minstret(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return read_counter(cpu, rv_state(cpu)->instret_base, COUNTER_IR);
}

void rv_write_minstret(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    (void)csr;
    rv_state(cpu)->instret_base = counter_base(cpu, value, COUNTER_IR);
}

void rv_write_mcountinhibit(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t cycle = rv_read_mcycle(cpu, csr), instret = rv_read_minstret(cpu, csr),
             flipped = s->mcountinhibit ^ (value & csr->mask);

    s->mcountinhibit ^= flipped;
    if (flipped & COUNTER_CY)
        s->cycle_base = counter_base(cpu, cycle, COUNTER_CY);
    if (flipped & COUNTER_IR)
        s->instret_base = counter_base(cpu, instret, COUNTER_IR);
}

/* ---- Status ---- */

#define SSTATUS_WRITABLE \
    (MSTATUS_SIE | MSTATUS_SPIE | MSTATUS_SPP | MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR)
#define MSTATUS_WRITABLE                                                                        \
    (SSTATUS_WRITABLE | MSTATUS_MIE | MSTATUS_MPIE | MSTATUS_MPP | MSTATUS_MPRV | MSTATUS_TVM | \
     MSTATUS_TW | MSTATUS_TSR)

static uint64_t with_sd(uint64_t mstatus)
{
    return (mstatus & MSTATUS_FS) == MSTATUS_FS ? mstatus | MSTATUS_SD : mstatus;
}

/* Writes the fields of mstatus in `mask`; those that would become illegal keep their value. */
static void write_status(struct vm_cpu *cpu, uint64_t value, uint64_t mask)
{
    struct rv_state *s = rv_state(cpu);

    if ((value & MSTATUS_MPP) == 2ull << MSTATUS_MPP_SHIFT)
        mask &= ~MSTATUS_MPP;
    if (!rv_has(rv_arch(cpu), RV_EXT_F))
        mask &= ~MSTATUS_FS;
    s->mstatus = (s->mstatus & ~mask) | (value & mask);
}

uint64_t rv_read_mstatus(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return with_sd(rv_state(cpu)->mstatus);
}

void rv_write_mstatus(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    (void)csr;
    write_status(cpu, value, MSTATUS_WRITABLE);
}

uint64_t rv_read_sstatus(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return with_sd(rv_state(cpu)->mstatus & (SSTATUS_WRITABLE | MSTATUS_UXL_64));
}

void rv_write_sstatus(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    (void)csr;
    write_status(cpu, value, SSTATUS_WRITABLE);
}

uint64_t rv_read_misa(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return rv_misa(rv_arch(cpu));
}

uint64_t rv_read_mhartid(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return cpu->index;
}

/* ---- Interrupts ---- */

/* While stimecmp drives STIP, software cannot. */
static bool stip_by_timer(const struct rv_state *s)
{
    return (s->menvcfg & ENVCFG_STCE) != 0;
}

uint64_t rv_read_mip(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return rv_mip(cpu);
}

/* csrrs and csrrc change the bits that software wrote: a level that a device holds must not stick.
 */
uint64_t rv_read_mip_soft(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    (void)csr;
    return rv_state(cpu)->mip_soft;
}

void rv_write_mip(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t mask = RV_MIP_S & ~(s->mvien & RV_MIP_SEIP);

    (void)csr;
    if (stip_by_timer(s))
        value &= ~(uint64_t)RV_MIP_STIP;
    s->mip_soft = (s->mip_soft & ~mask) | (value & mask);
}

/* The bits of sip and sie that are those of mvip, and bits of their own. */
static uint64_t virtual_bits(const struct rv_state *s)
{
    return s->mvien & ~s->mideleg;
}

uint64_t rv_read_sip(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    const struct rv_state *s = rv_state(cpu);

    (void)csr;
    return (rv_mip(cpu) & s->mideleg) | (rv_mvip_soft(s) & virtual_bits(s));
}

uint64_t rv_read_sip_soft(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    const struct rv_state *s = rv_state(cpu);

    (void)csr;
    return (s->mip_soft & s->mideleg) | (rv_mvip_soft(s) & virtual_bits(s));
}

void rv_write_sip(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t mask = s->mideleg & RV_MIP_SSIP;

    (void)csr;
    s->mip_soft = (s->mip_soft & ~mask) | (value & mask);
    rv_set_mvip(cpu, value, virtual_bits(s));
}

uint64_t rv_read_sie(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    const struct rv_state *s = rv_state(cpu);

    (void)csr;
    return (s->mie & s->mideleg) | (s->sie_virtual & virtual_bits(s));
}

void rv_write_sie(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);

    (void)csr;
    s->mie = (s->mie & ~s->mideleg) | (value & s->mideleg & RV_MIP_ALL);
    s->sie_virtual = (s->sie_virtual & ~virtual_bits(s)) | (value & virtual_bits(s));
}

bool rv_allowed_stimecmp(struct vm_cpu *cpu)
{
    const struct rv_state *s = rv_state(cpu);

    return s->privilege == RV_M || ((s->mcounteren & COUNTER_TM) && (s->menvcfg & ENVCFG_STCE));
}

void rv_update_timer(struct vm_cpu *cpu)
{
    struct rv_state *s = rv_state(cpu);

    s->timer_stale = false;
    cpu->host->counter_compare(cpu, RV_IRQ_STI, stip_by_timer(s) ? s->stimecmp : UINT64_MAX);
}

void rv_write_stimecmp(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    (void)csr;
    rv_state(cpu)->stimecmp = value;
    rv_update_timer(cpu);
}

/* ---- Environment ---- */

/* CBIE = 2 is reserved: the old value stays. What belongs to an extension that is off stays zero.
 */
static uint64_t legal_envcfg(const struct rv_arch *arch, uint64_t old, uint64_t value,
                             uint64_t mask)
{
    if ((value & ENVCFG_CBIE) == 2ull << ENVCFG_CBIE_SHIFT)
        value = (value & ~ENVCFG_CBIE) | (old & ENVCFG_CBIE);
    if (!rv_has(arch, RV_EXT_ZICBOM))
        mask &= ~(ENVCFG_CBIE | ENVCFG_CBCFE);
    if (!rv_has(arch, RV_EXT_ZICBOZ))
        mask &= ~ENVCFG_CBZE;
    if (!rv_has(arch, RV_EXT_SVADU))
        mask &= ~ENVCFG_ADUE;
    if (!rv_has(arch, RV_EXT_SVPBMT))
        mask &= ~ENVCFG_PBMTE;
    if (!rv_has(arch, RV_EXT_SSTC))
        mask &= ~ENVCFG_STCE;
    return value & mask;
}

#define SENVCFG_WRITABLE (ENVCFG_FIOM | ENVCFG_CBIE | ENVCFG_CBCFE | ENVCFG_CBZE)
#define MENVCFG_WRITABLE (SENVCFG_WRITABLE | ENVCFG_ADUE | ENVCFG_PBMTE | ENVCFG_STCE)

void rv_write_senvcfg(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);

    (void)csr;
    s->senvcfg = legal_envcfg(rv_arch(cpu), s->senvcfg, value, SENVCFG_WRITABLE);
}

void rv_write_menvcfg(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    struct rv_state *s = rv_state(cpu);
    uint64_t old = s->menvcfg;

    (void)csr;
    s->menvcfg = legal_envcfg(rv_arch(cpu), old, value, MENVCFG_WRITABLE);
    uint64_t flipped = old ^ s->menvcfg;
    if (flipped & ENVCFG_STCE) {
        s->mip_soft &= ~(uint64_t)RV_MIP_STIP;
        rv_update_timer(cpu);
    }
    if (flipped & (ENVCFG_ADUE | ENVCFG_PBMTE))
        cpu->host->tlb_flush(cpu, 0, 0, 0, 0, false);
}

/* ---- Translation and protection ---- */

bool rv_allowed_satp(struct vm_cpu *cpu)
{
    const struct rv_state *s = rv_state(cpu);

    return s->privilege == RV_M || !(s->mstatus & MSTATUS_TVM);
}

/* A mode that is not there makes the whole write void. Nothing is flushed: that is SFENCE.VMA's
 * work. */
void rv_write_satp(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    const struct rv_arch *arch = rv_arch(cpu);
    uint32_t mode = SATP_MODE(value);

    (void)csr;
    if (mode == RV_BARE || (mode >= RV_SV39 && mode <= arch->satp_mode))
        rv_state(cpu)->satp = value & ~((uint64_t)(0xffff & ~arch->asid_mask) << 44);
}

uint64_t rv_read_pmpcfg(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    return rv_pmp_cfg_read(rv_state(cpu), csr->number & 15);
}

void rv_write_pmpcfg(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    rv_pmp_cfg_write(cpu, csr->number & 15, value);
}

uint64_t rv_read_pmpaddr(struct vm_cpu *cpu, const struct rv_csr *csr)
{
    return rv_pmp_addr_read(rv_state(cpu), csr->number & 15);
}

void rv_write_pmpaddr(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value)
{
    rv_pmp_addr_write(cpu, csr->number & 15, value);
}
