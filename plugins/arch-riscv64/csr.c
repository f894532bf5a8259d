/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of control and status registers. What is not in it does not exist: access is an illegal
 * instruction. */
#include <string.h>
#include "csr.h"

#define PC_MASK   (~1ull)
#define TVEC_MASK (~2ull) /* direct and vectored; the reserved modes become these */

/* A register that is a slot. */
#define SLOT(num, nm, slt, msk)                                    \
    {                                                              \
        .number = (num), .name = #nm, .slot = (slt), .mask = (msk) \
    }
/* A register behind functions. */
#define CSR(num, nm, ...)                                                                 \
    {                                                                                     \
        .number = (num), .name = #nm, .slot = RV_NO_SLOT, .mask = UINT64_MAX, __VA_ARGS__ \
    }
/* The same, of which writes keep the bits of a mask. */
#define MASKED(num, nm, msk, ...)                                                              \
    {                                                                                          \
        .number = (num), .name = #nm, .slot = RV_NO_SLOT, .mask = (msk), BOTH(nm), __VA_ARGS__ \
    }
#define BOTH(fn)     .read = rv_read_##fn, .write = rv_write_##fn
#define CONSTANT(fn) .read = rv_read_##fn, .write = rv_write_ignore

/* Registers in numbered rows. */
#define ROW4(macro, num, nm, n0, n1, n2, n3)                                  \
    macro((num), nm##n0), macro((num) + 1, nm##n1), macro((num) + 2, nm##n2), \
        macro((num) + 3, nm##n3)
#define ROW29(macro, num, nm)                                                                     \
    macro(num, nm##3), ROW4(macro, (num) + 1, nm, 4, 5, 6, 7),                                    \
        ROW4(macro, (num) + 5, nm, 8, 9, 10, 11), ROW4(macro, (num) + 9, nm, 12, 13, 14, 15),     \
        ROW4(macro, (num) + 13, nm, 16, 17, 18, 19), ROW4(macro, (num) + 17, nm, 20, 21, 22, 23), \
        ROW4(macro, (num) + 21, nm, 24, 25, 26, 27), ROW4(macro, (num) + 25, nm, 28, 29, 30, 31)
#define HPM(num, nm) CSR(num, nm, CONSTANT(zero), .extensions = RV_EXT_ZIHPM)
#define COUNTER(num, nm, fn, check) \
    CSR(num, nm, CONSTANT(fn), .flags = CSR_ALONE, .extensions = RV_EXT_ZICNTR, .allowed = (check))
#define PMPADDR(num, nm) CSR(num, nm, BOTH(pmpaddr), .flags = CSR_STATE)

/* WARL: what AIA 1.0 gives a meaning, and all of siselect's recommended range. */
#define SELECT_MASK 0x1ffull

#define MEDELEG_MASK 0xb3ffull /* every exception but the call from M */

const struct rv_csr rv_csrs[] = {
    /* floating point */
    {.number = 0x001,
     .name = "fflags",
     .slot = RV_SLOT_FFLAGS,
     .mask = 31,
     .flags = CSR_FP,
     .extensions = RV_EXT_F},
    MASKED(0x002, frm, 7, .flags = CSR_FP | CSR_MODE, .extensions = RV_EXT_F),
    CSR(0x003, fcsr, BOTH(fcsr), .flags = CSR_FP | CSR_MODE, .extensions = RV_EXT_F),

    /* counters for all */
    COUNTER(0xc00, cycle, mcycle, rv_allowed_counter_cycle),
    COUNTER(0xc01, time, time, rv_allowed_counter_time),
    COUNTER(0xc02, instret, minstret, rv_allowed_counter_instret),
    ROW29(HPM, 0xc03, hpmcounter),

    /* supervisor */
    CSR(0x100, sstatus, BOTH(sstatus), .flags = CSR_MODE),
    CSR(0x104, sie, BOTH(sie), .flags = CSR_MODE),
    MASKED(0x105, stvec, TVEC_MASK),
    MASKED(0x106, scounteren, UINT32_MAX),
    CSR(0x10a, senvcfg, BOTH(senvcfg)),
    SLOT(0x140, sscratch, RV_SLOT_SSCRATCH, UINT64_MAX),
    SLOT(0x141, sepc, RV_SLOT_SEPC, PC_MASK),
    SLOT(0x142, scause, RV_SLOT_SCAUSE, UINT64_MAX),
    SLOT(0x143, stval, RV_SLOT_STVAL, UINT64_MAX),
    CSR(0x144, sip, BOTH(sip), .flags = CSR_MODE, .read_modify = rv_read_sip_soft),
    CSR(0x14d, stimecmp, BOTH(stimecmp), .flags = CSR_MODE, .extensions = RV_EXT_SSTC,
        .allowed = rv_allowed_stimecmp),
    MASKED(0x150, siselect, SELECT_MASK, .extensions = RV_EXT_AIA),
    CSR(0x151, sireg, .access = rv_access_sireg, .extensions = RV_EXT_AIA),
    CSR(0x15c, stopei, .access = rv_access_stopei, .extensions = RV_EXT_IMSIC_S),
    CSR(0xdb0, stopi, CONSTANT(stopi), .extensions = RV_EXT_AIA),
    CSR(0x180, satp, BOTH(satp), .flags = CSR_STATE, .allowed = rv_allowed_satp),

    /* machine */
    CSR(0xf11, mvendorid, CONSTANT(zero)),
    CSR(0xf12, marchid, CONSTANT(zero)),
    CSR(0xf13, mimpid, CONSTANT(zero)),
    CSR(0xf14, mhartid, CONSTANT(mhartid)),
    CSR(0xf15, mconfigptr, CONSTANT(zero)),
    CSR(0x300, mstatus, BOTH(mstatus), .flags = CSR_MODE),
    CSR(0x301, misa, CONSTANT(misa)),
    MASKED(0x302, medeleg, MEDELEG_MASK),
    MASKED(0x303, mideleg, RV_MIP_S, .flags = CSR_MODE),
    MASKED(0x304, mie, RV_MIP_ALL, .flags = CSR_MODE),
    MASKED(0x305, mtvec, TVEC_MASK),
    MASKED(0x306, mcounteren, UINT32_MAX),
    CSR(0x30a, menvcfg, BOTH(menvcfg), .flags = CSR_STATE),
    MASKED(0x320, mcountinhibit, COUNTER_CY | COUNTER_IR, .flags = CSR_ALONE),
    ROW29(HPM, 0x323, mhpmevent),
    SLOT(0x340, mscratch, RV_SLOT_MSCRATCH, UINT64_MAX),
    SLOT(0x341, mepc, RV_SLOT_MEPC, PC_MASK),
    SLOT(0x342, mcause, RV_SLOT_MCAUSE, UINT64_MAX),
    SLOT(0x343, mtval, RV_SLOT_MTVAL, UINT64_MAX),
    CSR(0x344, mip, BOTH(mip), .flags = CSR_MODE, .read_modify = rv_read_mip_soft),
    MASKED(0x308, mvien, RV_MIP_SSIP | RV_MIP_SEIP, .flags = CSR_MODE, .extensions = RV_EXT_AIA),
    CSR(0x309, mvip, BOTH(mvip), .flags = CSR_MODE, .read_modify = rv_read_mvip_soft,
        .extensions = RV_EXT_AIA),
    MASKED(0x350, miselect, SELECT_MASK, .extensions = RV_EXT_AIA),
    CSR(0x351, mireg, .access = rv_access_mireg, .extensions = RV_EXT_AIA),
    CSR(0x35c, mtopei, .access = rv_access_mtopei, .extensions = RV_EXT_IMSIC_M),
    CSR(0xfb0, mtopi, CONSTANT(mtopi), .extensions = RV_EXT_AIA),
    CSR(0x3a0, pmpcfg0, BOTH(pmpcfg), .flags = CSR_STATE),
    CSR(0x3a2, pmpcfg2, BOTH(pmpcfg), .flags = CSR_STATE),
    ROW4(PMPADDR, 0x3b0, pmpaddr, 0, 1, 2, 3),
    ROW4(PMPADDR, 0x3b4, pmpaddr, 4, 5, 6, 7),
    ROW4(PMPADDR, 0x3b8, pmpaddr, 8, 9, 10, 11),
    ROW4(PMPADDR, 0x3bc, pmpaddr, 12, 13, 14, 15),
    CSR(0xb00, mcycle, BOTH(mcycle), .flags = CSR_ALONE),
    CSR(0xb02, minstret, BOTH(minstret), .flags = CSR_ALONE),
    ROW29(HPM, 0xb03, mhpmcounter),
};

const uint32_t rv_n_csrs = sizeof(rv_csrs) / sizeof(rv_csrs[0]);
_Static_assert(sizeof(rv_csrs) / sizeof(rv_csrs[0]) < UINT8_MAX, "csr_index holds bytes");

static bool is_pmp(const struct rv_csr *csr)
{
    return csr->number >= 0x3a0 && csr->number < 0x3c0;
}

void rv_csr_configure(struct rv_arch *arch)
{
    memset(arch->csr_index, 0, sizeof(arch->csr_index));
    for (uint32_t i = 0; i < rv_n_csrs; i++) {
        const struct rv_csr *csr = &rv_csrs[i];
        if (rv_has(arch, csr->extensions) && (arch->pmp_entries > 0 || !is_pmp(csr)))
            arch->csr_index[csr->number] = (uint8_t)(i + 1);
    }
}

uint64_t rv_csr_mask(const struct rv_arch *arch, const struct rv_csr *csr)
{
    bool is_pc = csr->slot == RV_SLOT_MEPC || csr->slot == RV_SLOT_SEPC;

    return is_pc && !rv_has(arch, RV_EXT_C) ? csr->mask & ~2ull : csr->mask;
}

const struct rv_csr *rv_find_csr(const struct rv_arch *arch, uint32_t number)
{
    uint32_t index = arch->csr_index[number & 0xfff];

    return index ? &rv_csrs[index - 1] : NULL;
}
