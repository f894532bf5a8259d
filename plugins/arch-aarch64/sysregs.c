/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of system registers and instructions, from the Arm ARM's index, and how it is found. */
#include "sysregs.h"
#include <string.h>

#define AT(field)           (uint16_t) offsetof(struct a64_state, field)
#define FEAT(name)          .features = A64_FEATURE(name)
#define TWIN(crn, crm, op2) .twin = A64_SYS(3, 4, crn, crm, op2)
#define ALL                 UINT64_MAX

/* The least level that an encoding's op1 stands for. */
#define OP1_EL(op1) ((op1) == 3 ? 0 : (op1) < 3 || (op1) == 7 ? 1 : (op1) == 6 ? 3 : 2)

#define ROW(nm, op0, op1, crn, crm, op2, slt, rd, wr, msk, ...)                                  \
    {                                                                                            \
        .name = #nm, .number = A64_SYS(op0, op1, crn, crm, op2), .slot = (slt), .read_el = (rd), \
        .write_el = (wr), .mask = (msk), __VA_ARGS__                                             \
    }
/* A field of the state of which writes set the bits of a mask. */
#define FIELD(nm, op0, op1, crn, crm, op2, field, msk, ...)                      \
    ROW(nm, op0, op1, crn, crm, op2, A64_NO_SLOT, OP1_EL(op1), OP1_EL(op1), msk, \
        .offset = AT(field), __VA_ARGS__)
/* A slot; those who read it and write it. */
#define SLOT(nm, op0, op1, crn, crm, op2, slt, field, rd, wr, msk, ...) \
    ROW(nm, op0, op1, crn, crm, op2, slt, rd, wr, msk, .offset = AT(field), __VA_ARGS__)
/* Functions. */
#define BOTH(nm, op0, op1, crn, crm, op2, rd, wr, ...)                                         \
    ROW(nm, op0, op1, crn, crm, op2, A64_NO_SLOT, OP1_EL(op1), OP1_EL(op1), ALL, .read = (rd), \
        .write = (wr), __VA_ARGS__)
#define READ(nm, op0, op1, crn, crm, op2, rd, ...)                                          \
    ROW(nm, op0, op1, crn, crm, op2, A64_NO_SLOT, OP1_EL(op1), A64_NOBODY, 0, .read = (rd), \
        __VA_ARGS__)
#define WRITE(nm, op0, op1, crn, crm, op2, wr, ...)                                            \
    ROW(nm, op0, op1, crn, crm, op2, A64_NO_SLOT, A64_NOBODY, OP1_EL(op1), ALL, .write = (wr), \
        __VA_ARGS__)
#define ZERO(nm, op0, op1, crn, crm, op2, ...) \
    BOTH(nm, op0, op1, crn, crm, op2, a64_read_zero, a64_write_ignore, __VA_ARGS__)

/* Rows in fours. */
#define N4(macro, n) macro(n), macro((n) + 1), macro((n) + 2), macro((n) + 3)

#define STATE     .flags = A64_REG_STATE
#define CHECK(fn) .check = a64_check_##fn

/* ---- Rows with a number in their name ---- */

#define ID(crm, op2) READ(ID, 3, 0, 0, crm, op2, a64_read_id, CHECK(tid3))
#define ID8(crm) \
    ID(crm, 0), ID(crm, 1), ID(crm, 2), ID(crm, 3), ID(crm, 4), ID(crm, 5), ID(crm, 6), ID(crm, 7)

#define DEBUG4(n)                                                                                \
    BOTH(DBGBVR_EL1, 2, 0, 0, n, 4, a64_read_breakpoint, a64_write_breakpoint, CHECK(debug),     \
         STATE),                                                                                 \
        BOTH(DBGBCR_EL1, 2, 0, 0, n, 5, a64_read_breakpoint, a64_write_breakpoint, CHECK(debug), \
             STATE)
#define WATCH4(n)                                                                                \
    BOTH(DBGWVR_EL1, 2, 0, 0, n, 6, a64_read_breakpoint, a64_write_breakpoint, CHECK(debug),     \
         STATE),                                                                                 \
        BOTH(DBGWCR_EL1, 2, 0, 0, n, 7, a64_read_breakpoint, a64_write_breakpoint, CHECK(debug), \
             STATE)

#define COUNTED .features = A64_FEATURE(PMU), .flags = A64_REG_ALONE
#define EVENT(n)                                                                             \
    BOTH(PMEVCNTR_EL0, 3, 3, 14, 8, n, a64_read_pmu_count, a64_write_pmu_count, COUNTED,     \
         CHECK(pmu_events)),                                                                 \
        BOTH(PMEVTYPER_EL0, 3, 3, 14, 12, n, a64_read_pmu_type, a64_write_pmu_type, COUNTED, \
             CHECK(pmu))

#define GIC                      .flags = A64_REG_GIC, CHECK(gic)
#define GIC_REG(op1, crm, op2)   BOTH(ICC, 3, op1, 12, crm, op2, a64_read_gic, a64_write_gic, GIC)
#define GIC_READ(op1, crm, op2)  READ(ICC, 3, op1, 12, crm, op2, a64_read_gic, GIC)
#define GIC_WRITE(op1, crm, op2) WRITE(ICC, 3, op1, 12, crm, op2, a64_write_gic, GIC)
#define ICH_LR(op2)              GIC_REG(4, 12, op2), GIC_REG(4, 13, op2)
#define ICC_AP(op2)              GIC_REG(0, 8, (op2) + 4), GIC_REG(0, 9, op2)
#define ICH_AP(op2)              GIC_REG(4, 8, op2), GIC_REG(4, 9, op2)

#define TIMER(nm, op1, crm, chk, tw)                                                         \
    BOTH(nm##_TVAL, 3, op1, 14, crm, 0, a64_read_timer_value, a64_write_timer_value,         \
         .check = (chk), .twin = (tw)),                                                      \
        BOTH(nm##_CTL, 3, op1, 14, crm, 1, a64_read_timer_control, a64_write_timer_control,  \
             .check = (chk), .twin = (tw) ? (tw) + 1 : 0),                                   \
        BOTH(nm##_CVAL, 3, op1, 14, crm, 2, a64_read_timer_compare, a64_write_timer_compare, \
             .check = (chk), .twin = (tw) ? (tw) + 2 : 0)

/* Forms of TLBI: on this vCPU, on all of the inner and of the outer shareable domain. */
#define TLBI(nm, op1, op2, wr, ...)                               \
    WRITE(nm, 1, op1, 8, 7, op2, wr, STATE, __VA_ARGS__),         \
        WRITE(nm##IS, 1, op1, 8, 3, op2, wr, STATE, __VA_ARGS__), \
        WRITE(nm##OS, 1, op1, 8, 1, op2, wr, STATE, FEAT(TLBIOS), __VA_ARGS__)
#define TLBI_RANGE(nm, op1, op2, ...)                                                          \
    WRITE(nm, 1, op1, 8, 6, op2, a64_tlbi_range, STATE, FEAT(TLBIRANGE), __VA_ARGS__),         \
        WRITE(nm##IS, 1, op1, 8, 2, op2, a64_tlbi_range, STATE, FEAT(TLBIRANGE), __VA_ARGS__), \
        WRITE(nm##OS, 1, op1, 8, 5, op2, a64_tlbi_range, STATE, FEAT(TLBIRANGE), __VA_ARGS__)
#define TLBI_STAGE2(nm, crm, op2, ...) \
    WRITE(nm, 1, 4, 8, crm, op2, a64_tlbi_stage2, STATE, __VA_ARGS__)
#define TRANSLATE(nm, op1, crm, op2, ...) \
    WRITE(nm, 1, op1, 7, crm, op2, a64_address_translate, __VA_ARGS__)

#define SPSR_MASK     0xf1f01fdfull /* what of PSTATE there is */
#define MDCR_EL2_MASK 0x0000000000026fffull

/* Rows that no instruction names: what others are found as. */
enum { ABSENT_EL2, IMPLEMENTATION };

const struct a64_sysreg a64_sysregs[] = {
    /* EL2's registers as EL3 sees them where there is no EL2 */
    [ABSENT_EL2] = {.name = "absent",
                    .slot = A64_NO_SLOT,
                    .read_el = 3,
                    .write_el = 3,
                    .read = a64_read_zero,
                    .write = a64_write_ignore},
    /* the space for implementations, of which there is nothing: UNDEFINED, or trapped */
    [IMPLEMENTATION] = {.name = "implementation",
                        .slot = A64_NO_SLOT,
                        .read_el = 1,
                        .write_el = 1,
                        .read = a64_read_zero,
                        .write = a64_write_ignore,
                        .check = a64_check_implementation},

    /* --- identification --- */
    READ(MIDR_EL1, 3, 0, 0, 0, 0, a64_read_midr),
    READ(MPIDR_EL1, 3, 0, 0, 0, 5, a64_read_mpidr),
    READ(REVIDR_EL1, 3, 0, 0, 0, 6, a64_read_zero, CHECK(tid1)),
    /* AArch32's, all zero, then AArch64's, in groups of eight; what is reserved reads as zero */
    ID8(1),
    ID8(2),
    ID8(3),
    ID8(4),
    ID8(5),
    ID8(6),
    ID8(7),
    READ(CCSIDR_EL1, 3, 1, 0, 0, 0, a64_read_ccsidr, CHECK(tid2)),
    READ(CLIDR_EL1, 3, 1, 0, 0, 1, a64_read_clidr, CHECK(tid2)),
    READ(AIDR_EL1, 3, 1, 0, 0, 7, a64_read_zero, CHECK(tid1)),
    FIELD(CSSELR_EL1, 3, 2, 0, 0, 0, csselr, 0xf, CHECK(tid2)),
    READ(CTR_EL0, 3, 3, 0, 0, 1, a64_read_ctr, CHECK(ctr)),
    READ(DCZID_EL0, 3, 3, 0, 0, 7, a64_read_dczid),
    BOTH(VPIDR_EL2, 3, 4, 0, 0, 0, NULL, a64_write_vpidr, .offset = AT(vpidr)),
    BOTH(VMPIDR_EL2, 3, 4, 0, 0, 5, NULL, a64_write_vpidr, .offset = AT(vmpidr)),

    /* --- PSTATE and what is banked with it --- */
    READ(CurrentEL, 3, 0, 4, 2, 2, a64_read_current_el),
    BOTH(NZCV, 3, 3, 4, 2, 0, a64_read_nzcv, a64_write_nzcv, .flags = A64_REG_FLAGS),
    SLOT(DAIF, 3, 3, 4, 2, 1, A64_SLOT_DAIF, daif, 0, 0, PSTATE_DAIF, STATE, CHECK(daif)),
    BOTH(SPSel, 3, 0, 4, 2, 0, a64_read_spsel, a64_write_spsel, STATE),
    BOTH(PAN, 3, 0, 4, 2, 3, a64_read_pstate_bit, a64_write_pstate_bit, STATE, FEAT(PAN)),
    BOTH(UAO, 3, 0, 4, 2, 4, a64_read_pstate_bit, a64_write_pstate_bit, STATE, FEAT(UAO)),
    BOTH(DIT, 3, 3, 4, 2, 5, a64_read_pstate_bit, a64_write_pstate_bit, FEAT(DIT)),
    BOTH(SSBS, 3, 3, 4, 2, 6, a64_read_pstate_bit, a64_write_pstate_bit, FEAT(SSBS)),
    SLOT(SP_EL0, 3, 0, 4, 1, 0, A64_SLOT_SP_EL0, sp_el[0], 1, 1, ALL, CHECK(sp_el0)),
    SLOT(SP_EL1, 3, 4, 4, 1, 0, A64_SLOT_SP_EL1, sp_el[1], 2, 2, ALL),
    FIELD(SP_EL2, 3, 6, 4, 1, 0, sp_el[2], ALL),
    SLOT(ELR_EL1, 3, 0, 4, 0, 1, A64_SLOT_ELR_EL1, elr[1], 1, 1, ALL, TWIN(4, 0, 1)),
    FIELD(ELR_EL2, 3, 4, 4, 0, 1, elr[2], ALL),
    FIELD(ELR_EL3, 3, 6, 4, 0, 1, elr[3], ALL),
    SLOT(SPSR_EL1, 3, 0, 4, 0, 0, A64_SLOT_SPSR_EL1, spsr[1], 1, 1, SPSR_MASK, TWIN(4, 0, 0)),
    FIELD(SPSR_EL2, 3, 4, 4, 0, 0, spsr[2], SPSR_MASK),
    FIELD(SPSR_EL3, 3, 6, 4, 0, 0, spsr[3], SPSR_MASK),

    /* --- floating point --- */
    ROW(FPCR, 3, 3, 4, 4, 0, A64_NO_SLOT, 0, 0, 0x07c80000, .offset = AT(fpcr),
        .write = a64_write_fpcr, .flags = A64_REG_FP),
    BOTH(FPSR, 3, 3, 4, 4, 1, a64_read_fpsr, a64_write_fpsr, .flags = A64_REG_FP),

    /* --- thread pointers and contexts --- */
    SLOT(TPIDR_EL0, 3, 3, 13, 0, 2, A64_SLOT_TPIDR_EL0, tpidr[0], 0, 0, ALL),
    SLOT(TPIDRRO_EL0, 3, 3, 13, 0, 3, A64_SLOT_TPIDRRO_EL0, tpidrro_el0, 0, 1, ALL),
    SLOT(TPIDR_EL1, 3, 0, 13, 0, 4, A64_SLOT_TPIDR_EL1, tpidr[1], 1, 1, ALL),
    FIELD(TPIDR_EL2, 3, 4, 13, 0, 2, tpidr[2], ALL),
    FIELD(TPIDR_EL3, 3, 6, 13, 0, 2, tpidr[3], ALL),
    FIELD(CONTEXTIDR_EL1, 3, 0, 13, 0, 1, contextidr[1], UINT32_MAX, TWIN(13, 0, 1), CHECK(vm)),
    FIELD(CONTEXTIDR_EL2, 3, 4, 13, 0, 1, contextidr[2], UINT32_MAX, FEAT(VHE)),
    FIELD(SCXTNUM_EL0, 3, 3, 13, 0, 7, scxtnum[0], ALL, FEAT(CSV2), CHECK(scxtnum)),
    FIELD(SCXTNUM_EL1, 3, 0, 13, 0, 7, scxtnum[1], ALL, FEAT(CSV2), CHECK(scxtnum), TWIN(13, 0, 7)),
    FIELD(SCXTNUM_EL2, 3, 4, 13, 0, 7, scxtnum[2], ALL, FEAT(CSV2), CHECK(scxtnum)),
    FIELD(SCXTNUM_EL3, 3, 6, 13, 0, 7, scxtnum[3], ALL, FEAT(CSV2)),

    /* --- control --- */
    BOTH(SCTLR_EL1, 3, 0, 1, 0, 0, NULL, a64_write_sctlr, .offset = AT(sctlr[1]), TWIN(1, 0, 0),
         CHECK(vm), STATE),
    BOTH(SCTLR_EL2, 3, 4, 1, 0, 0, NULL, a64_write_sctlr, .offset = AT(sctlr[2]), STATE),
    BOTH(SCTLR_EL3, 3, 6, 1, 0, 0, NULL, a64_write_sctlr, .offset = AT(sctlr[3]), STATE),
    ZERO(ACTLR_EL1, 3, 0, 1, 0, 1, CHECK(actlr)),
    ZERO(ACTLR_EL2, 3, 4, 1, 0, 1),
    ZERO(ACTLR_EL3, 3, 6, 1, 0, 1),
    FIELD(CPACR_EL1, 3, 0, 1, 0, 2, cpacr, 3ull << 20, TWIN(1, 1, 2), CHECK(cpacr), STATE),
    BOTH(HCR_EL2, 3, 4, 1, 1, 0, NULL, a64_write_hcr, .offset = AT(hcr), STATE),
    FIELD(MDCR_EL2, 3, 4, 1, 1, 1, mdcr[2], MDCR_EL2_MASK, CHECK(debug), STATE),
    FIELD(CPTR_EL2, 3, 4, 1, 1, 2, cptr[2], 0x80300400ull, CHECK(cptr), STATE),
    ZERO(HSTR_EL2, 3, 4, 1, 1, 3),
    ZERO(HACR_EL2, 3, 4, 1, 1, 7),
    BOTH(SCR_EL3, 3, 6, 1, 1, 0, NULL, a64_write_scr, .offset = AT(scr), STATE),
    FIELD(CPTR_EL3, 3, 6, 1, 1, 2, cptr[3], 0x80000400ull, STATE),
    FIELD(MDCR_EL3, 3, 6, 1, 3, 1, mdcr[3], 0x003f8640ull, STATE),
    FIELD(VBAR_EL1, 3, 0, 12, 0, 0, vbar[1], ~0x7ffull, TWIN(12, 0, 0)),
    FIELD(VBAR_EL2, 3, 4, 12, 0, 0, vbar[2], ~0x7ffull),
    FIELD(VBAR_EL3, 3, 6, 12, 0, 0, vbar[3], ~0x7ffull),
    READ(RVBAR_EL1, 3, 0, 12, 0, 1, a64_read_rvbar),
    READ(RVBAR_EL2, 3, 4, 12, 0, 1, a64_read_rvbar),
    READ(RVBAR_EL3, 3, 6, 12, 0, 1, a64_read_rvbar),
    READ(ISR_EL1, 3, 0, 12, 1, 0, a64_read_isr),

    /* --- translation --- */
    BOTH(TTBR0_EL1, 3, 0, 2, 0, 0, NULL, a64_write_ttbr, .offset = AT(ttbr0[1]), TWIN(2, 0, 0),
         CHECK(vm), STATE),
    BOTH(TTBR0_EL2, 3, 4, 2, 0, 0, NULL, a64_write_ttbr, .offset = AT(ttbr0[2]), STATE),
    BOTH(TTBR0_EL3, 3, 6, 2, 0, 0, NULL, a64_write_ttbr, .offset = AT(ttbr0[3]), STATE),
    BOTH(TTBR1_EL1, 3, 0, 2, 0, 1, NULL, a64_write_ttbr, .offset = AT(ttbr1[1]), TWIN(2, 0, 1),
         CHECK(vm), STATE),
    BOTH(TTBR1_EL2, 3, 4, 2, 0, 1, NULL, a64_write_ttbr, .offset = AT(ttbr1[2]), FEAT(VHE), STATE),
    BOTH(TCR_EL1, 3, 0, 2, 0, 2, NULL, a64_write_tcr, .offset = AT(tcr[1]), TWIN(2, 0, 2),
         CHECK(vm), STATE),
    BOTH(TCR_EL2, 3, 4, 2, 0, 2, NULL, a64_write_tcr, .offset = AT(tcr[2]), STATE),
    BOTH(TCR_EL3, 3, 6, 2, 0, 2, NULL, a64_write_tcr, .offset = AT(tcr[3]), STATE),
    BOTH(VTTBR_EL2, 3, 4, 2, 1, 0, NULL, a64_write_ttbr, .offset = AT(vttbr), STATE),
    FIELD(VTCR_EL2, 3, 4, 2, 1, 2, vtcr, 0x7fffffffull, .ones = 1ull << 31, STATE),
    FIELD(MAIR_EL1, 3, 0, 10, 2, 0, mair[1], ALL, TWIN(10, 2, 0), CHECK(vm)),
    FIELD(MAIR_EL2, 3, 4, 10, 2, 0, mair[2], ALL),
    FIELD(MAIR_EL3, 3, 6, 10, 2, 0, mair[3], ALL),
    ZERO(AMAIR_EL1, 3, 0, 10, 3, 0, TWIN(10, 3, 0), CHECK(vm)),
    ZERO(AMAIR_EL2, 3, 4, 10, 3, 0),
    ZERO(AMAIR_EL3, 3, 6, 10, 3, 0),
    FIELD(PAR_EL1, 3, 0, 7, 4, 0, par, ALL),
    FIELD(LORSA_EL1, 3, 0, 10, 4, 0, lorsa, 0xffffffff0001ull, FEAT(LOR), CHECK(lor)),
    FIELD(LOREA_EL1, 3, 0, 10, 4, 1, lorea, 0xffffffff0000ull, FEAT(LOR), CHECK(lor)),
    FIELD(LORN_EL1, 3, 0, 10, 4, 2, lorn, 0xff, FEAT(LOR), CHECK(lor)),
    FIELD(LORC_EL1, 3, 0, 10, 4, 3, lorc, 0x3fd, FEAT(LOR), CHECK(lor)),
    READ(LORID_EL1, 3, 0, 10, 4, 7, a64_read_zero, FEAT(LOR), CHECK(lor)),

    /* --- faults --- */
    SLOT(ESR_EL1, 3, 0, 5, 2, 0, A64_SLOT_ESR_EL1, esr[1], 1, 1, UINT32_MAX, TWIN(5, 2, 0),
         CHECK(vm)),
    FIELD(ESR_EL2, 3, 4, 5, 2, 0, esr[2], UINT32_MAX),
    FIELD(ESR_EL3, 3, 6, 5, 2, 0, esr[3], UINT32_MAX),
    SLOT(FAR_EL1, 3, 0, 6, 0, 0, A64_SLOT_FAR_EL1, far[1], 1, 1, ALL, TWIN(6, 0, 0), CHECK(vm)),
    FIELD(FAR_EL2, 3, 4, 6, 0, 0, far[2], ALL),
    FIELD(FAR_EL3, 3, 6, 6, 0, 0, far[3], ALL),
    FIELD(HPFAR_EL2, 3, 4, 6, 0, 4, hpfar, 0xffffffffff0ull),
    ZERO(AFSR0_EL1, 3, 0, 5, 1, 0, TWIN(5, 1, 0), CHECK(vm)),
    ZERO(AFSR0_EL2, 3, 4, 5, 1, 0),
    ZERO(AFSR0_EL3, 3, 6, 5, 1, 0),
    ZERO(AFSR1_EL1, 3, 0, 5, 1, 1, TWIN(5, 1, 1), CHECK(vm)),
    ZERO(AFSR1_EL2, 3, 4, 5, 1, 1),
    ZERO(AFSR1_EL3, 3, 6, 5, 1, 1),

    /* --- RAS: no error records --- */
    READ(ERRIDR_EL1, 3, 0, 5, 3, 0, a64_read_zero, FEAT(RAS), CHECK(ras)),
    ZERO(ERRSELR_EL1, 3, 0, 5, 3, 1, FEAT(RAS), CHECK(ras)),
    FIELD(DISR_EL1, 3, 0, 12, 1, 1, disr, 0x81ffffffull, FEAT(RAS)),
    FIELD(VDISR_EL2, 3, 4, 12, 1, 1, vdisr, 0x81ffffffull, FEAT(RAS)),
    FIELD(VSESR_EL2, 3, 4, 5, 2, 3, vsesr, 0x1ffffffull, FEAT(RAS)),

    /* --- pointer authentication --- */
    FIELD(APIAKeyLo_EL1, 3, 0, 2, 1, 0, pauth_key[A64_KEY_IA][0], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APIAKeyHi_EL1, 3, 0, 2, 1, 1, pauth_key[A64_KEY_IA][1], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APIBKeyLo_EL1, 3, 0, 2, 1, 2, pauth_key[A64_KEY_IB][0], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APIBKeyHi_EL1, 3, 0, 2, 1, 3, pauth_key[A64_KEY_IB][1], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APDAKeyLo_EL1, 3, 0, 2, 2, 0, pauth_key[A64_KEY_DA][0], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APDAKeyHi_EL1, 3, 0, 2, 2, 1, pauth_key[A64_KEY_DA][1], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APDBKeyLo_EL1, 3, 0, 2, 2, 2, pauth_key[A64_KEY_DB][0], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APDBKeyHi_EL1, 3, 0, 2, 2, 3, pauth_key[A64_KEY_DB][1], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APGAKeyLo_EL1, 3, 0, 2, 3, 0, pauth_key[A64_KEY_GA][0], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),
    FIELD(APGAKeyHi_EL1, 3, 0, 2, 3, 1, pauth_key[A64_KEY_GA][1], ALL, FEAT(PAUTH),
          CHECK(pauth_key)),

    /* --- timers --- */
    ROW(CNTFRQ_EL0, 3, 3, 14, 0, 0, A64_NO_SLOT, 0, 1, UINT32_MAX, .offset = AT(cntfrq),
        CHECK(counter_frequency)),
    READ(CNTPCT_EL0, 3, 3, 14, 0, 1, a64_read_counter, CHECK(counter_physical)),
    READ(CNTVCT_EL0, 3, 3, 14, 0, 2, a64_read_virtual_counter, CHECK(counter_virtual)),
    FIELD(CNTKCTL_EL1, 3, 0, 14, 1, 0, cntkctl, 0x3ff, TWIN(14, 1, 0)),
    FIELD(CNTHCTL_EL2, 3, 4, 14, 1, 0, cnthctl, 0xfff),
    BOTH(CNTVOFF_EL2, 3, 4, 14, 0, 3, NULL, a64_write_counter_offset, .offset = AT(cntvoff), STATE),
    TIMER(CNTP, 3, 2, a64_check_timer_physical, A64_SYS(3, 4, 14, 2, 0)),
    TIMER(CNTV, 3, 3, a64_check_timer_virtual, A64_SYS(3, 4, 14, 3, 0)),
    TIMER(CNTHP, 4, 2, NULL, 0),
    TIMER(CNTHV, 4, 3, NULL, 0),
    TIMER(CNTPS, 7, 2, a64_check_timer_secure, 0),

    /* --- performance monitor --- */
    BOTH(PMCR_EL0, 3, 3, 9, 12, 0, a64_read_pmcr, a64_write_pmcr, COUNTED, CHECK(pmcr)),
    BOTH(PMCNTENSET_EL0, 3, 3, 9, 12, 1, a64_read_pmu_mask, a64_write_pmu_mask, COUNTED,
         CHECK(pmu)),
    BOTH(PMCNTENCLR_EL0, 3, 3, 9, 12, 2, a64_read_pmu_mask, a64_write_pmu_mask, COUNTED,
         CHECK(pmu)),
    BOTH(PMOVSCLR_EL0, 3, 3, 9, 12, 3, a64_read_pmu_mask, a64_write_pmu_mask, COUNTED, CHECK(pmu)),
    WRITE(PMSWINC_EL0, 3, 3, 9, 12, 4, a64_write_pmu_increment, COUNTED, CHECK(pmu_increment)),
    FIELD(PMSELR_EL0, 3, 3, 9, 12, 5, pmselr, 0x1f, FEAT(PMU), CHECK(pmu_events)),
    READ(PMCEID0_EL0, 3, 3, 9, 12, 6, a64_read_pmu_events, FEAT(PMU), CHECK(pmu)),
    READ(PMCEID1_EL0, 3, 3, 9, 12, 7, a64_read_zero, FEAT(PMU), CHECK(pmu)),
    BOTH(PMCCNTR_EL0, 3, 3, 9, 13, 0, a64_read_pmu_count, a64_write_pmu_count, COUNTED,
         CHECK(pmu_cycles)),
    BOTH(PMXEVTYPER_EL0, 3, 3, 9, 13, 1, a64_read_pmu_type, a64_write_pmu_type, COUNTED,
         CHECK(pmu)),
    BOTH(PMXEVCNTR_EL0, 3, 3, 9, 13, 2, a64_read_pmu_count, a64_write_pmu_count, COUNTED,
         CHECK(pmu_events)),
    ROW(PMUSERENR_EL0, 3, 3, 9, 14, 0, A64_NO_SLOT, 0, 1, 0xf, .offset = AT(pmuserenr), FEAT(PMU),
        CHECK(pmuserenr)),
    BOTH(PMINTENSET_EL1, 3, 0, 9, 14, 1, a64_read_pmu_mask, a64_write_pmu_mask, COUNTED,
         CHECK(pmu)),
    BOTH(PMINTENCLR_EL1, 3, 0, 9, 14, 2, a64_read_pmu_mask, a64_write_pmu_mask, COUNTED,
         CHECK(pmu)),
    BOTH(PMOVSSET_EL0, 3, 3, 9, 14, 3, a64_read_pmu_mask, a64_write_pmu_mask, COUNTED, CHECK(pmu)),
    EVENT(0),
    EVENT(1),
    EVENT(2),
    EVENT(3),
    EVENT(4),
    EVENT(5),
    BOTH(PMCCFILTR_EL0, 3, 3, 14, 15, 7, a64_read_pmu_type, a64_write_pmu_type, COUNTED,
         CHECK(pmu)),

    /* --- debug --- */
    BOTH(MDSCR_EL1, 2, 0, 0, 2, 2, NULL, a64_write_mdscr, .offset = AT(mdscr), CHECK(debug), STATE),
    FIELD(MDCCINT_EL1, 2, 0, 0, 2, 0, mdccint, 0x60000000ull, CHECK(dcc)),
    FIELD(OSDTRRX_EL1, 2, 0, 0, 0, 2, osdtrrx, UINT32_MAX, CHECK(debug)),
    FIELD(OSDTRTX_EL1, 2, 0, 0, 3, 2, osdtrtx, UINT32_MAX, CHECK(debug)),
    ZERO(OSECCR_EL1, 2, 0, 0, 6, 2, CHECK(debug)),
    N4(DEBUG4, 0),
    DEBUG4(4),
    DEBUG4(5),
    N4(WATCH4, 0),
    READ(MDRAR_EL1, 2, 0, 1, 0, 0, a64_read_zero, CHECK(rom)),
    WRITE(OSLAR_EL1, 2, 0, 1, 0, 4, a64_write_os_lock, CHECK(os_lock), STATE),
    READ(OSLSR_EL1, 2, 0, 1, 1, 4, a64_read_os_lock, CHECK(os_lock)),
    FIELD(OSDLR_EL1, 2, 0, 1, 3, 4, osdlr, 1, CHECK(os_lock), STATE),
    FIELD(DBGPRCR_EL1, 2, 0, 1, 4, 4, dbgprcr, 1, CHECK(os_lock)),
    BOTH(DBGCLAIMSET_EL1, 2, 0, 7, 8, 6, a64_read_claim, a64_write_claim, CHECK(debug)),
    BOTH(DBGCLAIMCLR_EL1, 2, 0, 7, 9, 6, a64_read_claim, a64_write_claim, CHECK(debug)),
    READ(DBGAUTHSTATUS_EL1, 2, 0, 7, 14, 6, a64_read_zero, CHECK(debug)),
    READ(MDCCSR_EL0, 2, 3, 0, 1, 0, a64_read_zero, CHECK(dcc)), /* the channel leads nowhere */
    ZERO(DBGDTR_EL0, 2, 3, 0, 4, 0, CHECK(dcc)),
    ZERO(DBGDTRRX_EL0, 2, 3, 0, 5, 0, CHECK(dcc)), /* and DBGDTRTX_EL0 */

    /* --- the GIC's CPU interface, which is behind a port --- */
    GIC_REG(0, 12, 4),
    GIC_REG(0, 12, 5),
    GIC_REG(0, 12, 6),
    GIC_REG(0, 12, 7),
    GIC_REG(0, 12, 3),
    ROW(ICC_PMR_EL1, 3, 0, 4, 6, 0, A64_NO_SLOT, 1, 1, ALL, .read = a64_read_gic,
        .write = a64_write_gic, GIC),
    GIC_READ(0, 8, 0),
    GIC_WRITE(0, 8, 1),
    GIC_READ(0, 8, 2),
    GIC_REG(0, 8, 3),
    N4(ICC_AP, 0),
    GIC_WRITE(0, 11, 1),
    GIC_READ(0, 11, 3),
    GIC_WRITE(0, 11, 5),
    GIC_WRITE(0, 11, 6),
    GIC_WRITE(0, 11, 7),
    GIC_READ(0, 12, 0),
    GIC_WRITE(0, 12, 1),
    GIC_READ(0, 12, 2),
    N4(ICH_AP, 0),
    GIC_REG(4, 9, 5),
    GIC_REG(4, 11, 0),
    GIC_READ(4, 11, 1),
    GIC_READ(4, 11, 2),
    GIC_READ(4, 11, 3),
    GIC_READ(4, 11, 5),
    GIC_REG(4, 11, 7),
    N4(ICH_LR, 0),
    N4(ICH_LR, 4),
    GIC_REG(6, 12, 4),
    GIC_REG(6, 12, 5),
    GIC_REG(6, 12, 7),

    /* --- caches --- */
    WRITE(IC_IALLUIS, 1, 0, 7, 1, 0, a64_cache_nothing, CHECK(cache_unify)),
    WRITE(IC_IALLU, 1, 0, 7, 5, 0, a64_cache_nothing, CHECK(cache_unify)),
    WRITE(IC_IVAU, 1, 3, 7, 5, 1, a64_cache_by_va, CHECK(cache_unify)),
    WRITE(DC_IVAC, 1, 0, 7, 6, 1, a64_cache_invalidate, CHECK(cache_coherence)),
    WRITE(DC_ISW, 1, 0, 7, 6, 2, a64_cache_nothing, CHECK(cache_set)),
    WRITE(DC_CSW, 1, 0, 7, 10, 2, a64_cache_nothing, CHECK(cache_set)),
    WRITE(DC_CISW, 1, 0, 7, 14, 2, a64_cache_nothing, CHECK(cache_set)),
    WRITE(DC_ZVA, 1, 3, 7, 4, 1, a64_cache_zero, CHECK(cache_zero)),
    WRITE(DC_CVAC, 1, 3, 7, 10, 1, a64_cache_by_va, CHECK(cache_coherence)),
    WRITE(DC_CVAU, 1, 3, 7, 11, 1, a64_cache_by_va, CHECK(cache_unify)),
    WRITE(DC_CVAP, 1, 3, 7, 12, 1, a64_cache_by_va, FEAT(DPB), CHECK(cache_coherence)),
    WRITE(DC_CVADP, 1, 3, 7, 13, 1, a64_cache_by_va, FEAT(DPB2), CHECK(cache_coherence)),
    WRITE(DC_CIVAC, 1, 3, 7, 14, 1, a64_cache_by_va, CHECK(cache_coherence)),

    /* --- address translation --- */
    TRANSLATE(AT_S1E1R, 0, 8, 0),
    TRANSLATE(AT_S1E1W, 0, 8, 1),
    TRANSLATE(AT_S1E0R, 0, 8, 2),
    TRANSLATE(AT_S1E0W, 0, 8, 3),
    TRANSLATE(AT_S1E1RP, 0, 9, 0, FEAT(UAO)),
    TRANSLATE(AT_S1E1WP, 0, 9, 1, FEAT(UAO)),
    TRANSLATE(AT_S1E2R, 4, 8, 0),
    TRANSLATE(AT_S1E2W, 4, 8, 1),
    TRANSLATE(AT_S12E1R, 4, 8, 4),
    TRANSLATE(AT_S12E1W, 4, 8, 5),
    TRANSLATE(AT_S12E0R, 4, 8, 6),
    TRANSLATE(AT_S12E0W, 4, 8, 7),
    TRANSLATE(AT_S1E3R, 6, 8, 0),
    TRANSLATE(AT_S1E3W, 6, 8, 1),

    /* --- translation caches --- */
    TLBI(TLBI_VMALLE1, 0, 0, a64_tlbi_all, CHECK(tlb)),
    TLBI(TLBI_VAE1, 0, 1, a64_tlbi_va, CHECK(tlb)),
    TLBI(TLBI_ASIDE1, 0, 2, a64_tlbi_asid, CHECK(tlb)),
    TLBI(TLBI_VAAE1, 0, 3, a64_tlbi_va, CHECK(tlb)),
    TLBI(TLBI_VALE1, 0, 5, a64_tlbi_va, CHECK(tlb)),
    TLBI(TLBI_VAALE1, 0, 7, a64_tlbi_va, CHECK(tlb)),
    TLBI(TLBI_ALLE2, 4, 0, a64_tlbi_all),
    TLBI(TLBI_VAE2, 4, 1, a64_tlbi_va),
    TLBI(TLBI_ALLE1, 4, 4, a64_tlbi_all),
    TLBI(TLBI_VALE2, 4, 5, a64_tlbi_va),
    TLBI(TLBI_VMALLS12E1, 4, 6, a64_tlbi_all),
    TLBI(TLBI_ALLE3, 6, 0, a64_tlbi_all),
    TLBI(TLBI_VAE3, 6, 1, a64_tlbi_va),
    TLBI(TLBI_VALE3, 6, 5, a64_tlbi_va),
    TLBI_STAGE2(TLBI_IPAS2E1IS, 0, 1),
    TLBI_STAGE2(TLBI_RIPAS2E1IS, 0, 2, FEAT(TLBIRANGE)),
    TLBI_STAGE2(TLBI_IPAS2LE1IS, 0, 5),
    TLBI_STAGE2(TLBI_RIPAS2LE1IS, 0, 6, FEAT(TLBIRANGE)),
    TLBI_STAGE2(TLBI_IPAS2E1OS, 4, 0, FEAT(TLBIOS)),
    TLBI_STAGE2(TLBI_IPAS2E1, 4, 1),
    TLBI_STAGE2(TLBI_RIPAS2E1, 4, 2, FEAT(TLBIRANGE)),
    TLBI_STAGE2(TLBI_RIPAS2E1OS, 4, 3, FEAT(TLBIRANGE)),
    TLBI_STAGE2(TLBI_IPAS2LE1OS, 4, 4, FEAT(TLBIOS)),
    TLBI_STAGE2(TLBI_IPAS2LE1, 4, 5),
    TLBI_STAGE2(TLBI_RIPAS2LE1, 4, 6, FEAT(TLBIRANGE)),
    TLBI_STAGE2(TLBI_RIPAS2LE1OS, 4, 7, FEAT(TLBIRANGE)),
    TLBI_RANGE(TLBI_RVAE1, 0, 1, CHECK(tlb)),
    TLBI_RANGE(TLBI_RVAAE1, 0, 3, CHECK(tlb)),
    TLBI_RANGE(TLBI_RVALE1, 0, 5, CHECK(tlb)),
    TLBI_RANGE(TLBI_RVAALE1, 0, 7, CHECK(tlb)),
    TLBI_RANGE(TLBI_RVAE2, 4, 1),
    TLBI_RANGE(TLBI_RVALE2, 4, 5),
    TLBI_RANGE(TLBI_RVAE3, 6, 1),
    TLBI_RANGE(TLBI_RVALE3, 6, 5),
};

const uint32_t a64_n_sysregs = sizeof(a64_sysregs) / sizeof(a64_sysregs[0]);

/* ---- Finding ---- */

static bool is_there(const struct a64_arch *arch, const struct a64_sysreg *reg)
{
    uint32_t op1 = A64_SYS_OP1(reg->number);

    if (!a64_has(arch, reg->features) || ((reg->flags & A64_REG_GIC) && !arch->gic))
        return false;
    if (reg->read == a64_read_rvbar) /* of the highest level only */
        return op1 == (arch->el3 ? 6 : arch->el2 ? 4 : 0);
    return op1 == 6 || op1 == 7 ? arch->el3 : op1 == 4 ? arch->el2 : true;
}

void a64_sysreg_configure(struct a64_arch *arch)
{
    memset(arch->sysreg_index, 0, sizeof(arch->sysreg_index));
    for (uint32_t i = IMPLEMENTATION + 1; i < a64_n_sysregs; i++)
        if (is_there(arch, &a64_sysregs[i]))
            arch->sysreg_index[a64_sysregs[i].number] = (uint16_t)(i + 1);
}

static const struct a64_sysreg *in_table(const struct a64_arch *arch, uint32_t number)
{
    uint32_t index = arch->sysreg_index[number & 0xffff];

    return index ? &a64_sysregs[index - 1] : NULL;
}

/* A register of EL1 (or EL0: timers) by the name that it has for a host at EL2 and for EL3. */
static const struct a64_sysreg *by_alias(const struct a64_arch *arch, uint32_t number)
{
    bool timer = A64_SYS_CRN(number) == 14 && A64_SYS_CRM(number) > 1;
    uint32_t original = (number & ~A64_SYS(0, 7, 0, 0, 0)) | A64_SYS(0, timer ? 3 : 0, 0, 0, 0);
    const struct a64_sysreg *reg = in_table(arch, original);

    return reg && reg->twin ? reg : NULL;
}

static bool exists_without_el2(const struct a64_arch *arch, uint32_t number)
{
    for (uint32_t i = 0; i < a64_n_sysregs; i++)
        if (a64_sysregs[i].number == number)
            return a64_has(arch, a64_sysregs[i].features) && !(a64_sysregs[i].flags & A64_REG_GIC);
    return false;
}

const struct a64_sysreg *a64_find_sysreg(const struct a64_arch *arch, uint32_t number, uint32_t el,
                                         bool e2h)
{
    const struct a64_sysreg *reg = in_table(arch, number);
    uint32_t crn = A64_SYS_CRN(number), op0 = A64_SYS_OP0(number);

    if (op0 == 3 && A64_SYS_OP1(number) == 5)
        return e2h && el >= 2 && arch->el2 ? by_alias(arch, number) : NULL;
    if (reg && reg->twin && el == 2 && e2h)
        return in_table(arch, reg->twin);
    if (!reg && op0 == 3 && A64_SYS_OP1(number) == 4 && el == 3 && !arch->el2 &&
        exists_without_el2(arch, number))
        return &a64_sysregs[ABSENT_EL2];
    if (!reg && (op0 & 1) && (crn == 11 || crn == 15))
        return &a64_sysregs[IMPLEMENTATION];
    return reg;
}
