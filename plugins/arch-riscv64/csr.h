/* SPDX-License-Identifier: BSD-2-Clause */
/* csr.h - the table of control and status registers. */
#ifndef RISCV64_CSR_H
#define RISCV64_CSR_H

#include "helpers.h"
#include "state.h"

/* A write may change the mode key, a translation context or the interrupt to take: asked after each
 * write. */
#define CSR_MODE 1u
/* A write always ends in VM_EXIT_STATE (what was dropped from the TLB may be what is running). */
#define CSR_STATE 2u
/* Reads or writes count retired instructions exactly: the instruction is its unit's only one. */
#define CSR_ALONE 4u
/* Needs FS on, and a write makes FS dirty. */
#define CSR_FP 8u

/* A CSR instruction's whole access: the register's bits under `mask` become those of `bits`. */
struct rv_csr_access {
    bool write;
    uint64_t bits, mask;
};

struct rv_csr {
    uint16_t number;
    uint16_t slot;  /* plain: reads get this slot, writes put (value & mask) there; RV_NO_SLOT: by
                       read and write */
    uint32_t flags; /* CSR_* */
    uint32_t extensions; /* all must be on, else there is no such register */
    uint64_t mask;
    const char *name;
    uint64_t (*read)(struct vm_cpu *cpu, const struct rv_csr *csr);
    void (*write)(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value);
    bool (*allowed)(struct vm_cpu *cpu); /* NULL: by privilege alone */
    /* What csrrs and csrrc start from, where that is not what a read gives (mip). */
    uint64_t (*read_modify)(struct vm_cpu *cpu, const struct rv_csr *csr);
    /* Instead of all these, where read and write are one: false if the access is illegal. */
    bool (*access)(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old);
};

extern const struct rv_csr rv_csrs[];
extern const uint32_t rv_n_csrs;

/* The register, or NULL: none of this number on this machine. */
const struct rv_csr *rv_find_csr(const struct rv_arch *arch, uint32_t number);
/* The bits of a slot register that a write sets: without C, pc registers are multiples of four. */
uint64_t rv_csr_mask(const struct rv_arch *arch, const struct rv_csr *csr);
/* Fills arch->csr_index from the machine's extensions. */
void rv_csr_configure(struct rv_arch *arch);

/* csr_number bits 9-8: least privilege; bits 11-10 = 3: read-only. */
static inline uint32_t rv_csr_privilege(uint32_t number)
{
    return number >> 8 & 3;
}

static inline bool rv_csr_read_only(uint32_t number)
{
    return number >> 10 == 3;
}

/* csr_access.c: read and write functions of the table. */
#define CSR_READ(name) uint64_t rv_read_##name(struct vm_cpu *cpu, const struct rv_csr *csr);
#define CSR_WRITE(name) \
    void rv_write_##name(struct vm_cpu *cpu, const struct rv_csr *csr, uint64_t value);
#define CSR_BOTH(name) CSR_READ(name) CSR_WRITE(name)
CSR_READ(zero)
CSR_WRITE(ignore)
CSR_BOTH(frm)
CSR_BOTH(fcsr)
CSR_READ(time)
CSR_BOTH(mcycle)
CSR_BOTH(minstret)
CSR_BOTH(mcountinhibit)
CSR_BOTH(mcounteren)
CSR_BOTH(scounteren)
CSR_BOTH(mstatus)
CSR_BOTH(sstatus)
CSR_READ(misa)
CSR_READ(mhartid)
CSR_BOTH(medeleg)
CSR_BOTH(mideleg)
CSR_BOTH(mie)
CSR_BOTH(sie)
CSR_BOTH(mip)
CSR_READ(mip_soft)
CSR_BOTH(sip)
CSR_READ(sip_soft)
CSR_BOTH(mtvec)
CSR_BOTH(stvec)
CSR_BOTH(menvcfg)
CSR_BOTH(senvcfg)
CSR_BOTH(satp)
CSR_BOTH(stimecmp)
CSR_BOTH(pmpcfg)
CSR_BOTH(pmpaddr)
/* aia.c */
CSR_READ(mtopi)
CSR_READ(stopi)
CSR_BOTH(mvien)
CSR_BOTH(mvip)
CSR_READ(mvip_soft)
CSR_BOTH(miselect)
CSR_BOTH(siselect)
#undef CSR_READ
#undef CSR_WRITE
#undef CSR_BOTH

bool rv_access_mireg(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old);
bool rv_access_sireg(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old);
bool rv_access_mtopei(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old);
bool rv_access_stopei(struct vm_cpu *cpu, const struct rv_csr_access *access, uint64_t *old);

bool rv_allowed_counter_cycle(struct vm_cpu *cpu);
bool rv_allowed_counter_time(struct vm_cpu *cpu);
bool rv_allowed_counter_instret(struct vm_cpu *cpu);
bool rv_allowed_satp(struct vm_cpu *cpu);
bool rv_allowed_stimecmp(struct vm_cpu *cpu);

#endif
