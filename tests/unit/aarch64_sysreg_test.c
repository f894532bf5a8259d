/* SPDX-License-Identifier: BSD-2-Clause */
/* System registers of arch-aarch64: the table as a whole, who may access what, traps, and the
 * registers that are more than a field. */
#include <criterion/criterion.h>
#include "aarch64_fake.h"

#define SCTLR_EL1  A64_SYS(3, 0, 1, 0, 0)
#define SCTLR_EL12 A64_SYS(3, 5, 1, 0, 0)
#define SCTLR_EL2  A64_SYS(3, 4, 1, 0, 0)
#define HCR_EL2    A64_SYS(3, 4, 1, 1, 0)
#define CTR_EL0    A64_SYS(3, 3, 0, 0, 1)
#define DCZID_EL0  A64_SYS(3, 3, 0, 0, 7)
#define PFR0       A64_SYS(3, 0, 0, 4, 0)
#define ISAR1      A64_SYS(3, 0, 0, 6, 1)
#define MIDR_EL1   A64_SYS(3, 0, 0, 0, 0)
#define FPCR       A64_SYS(3, 3, 4, 4, 0)
#define FPSR       A64_SYS(3, 3, 4, 4, 1)
#define DAIF       A64_SYS(3, 3, 4, 2, 1)

#define UNDEFINED A64_ESR(A64_EC_UNDEFINED, 0)

/* ---- The table ---- */

static bool is_row(uint32_t i)
{
    return a64_sysregs[i].number != 0;
}

Test(aarch64_sysreg, each_number_is_there_once)
{
    static uint8_t seen[65536];

    for (uint32_t i = 0; i < a64_n_sysregs; i++) {
        if (is_row(i))
            cr_expect_eq(seen[a64_sysregs[i].number]++, 0, "%s is there twice",
                         a64_sysregs[i].name);
    }
}

Test(aarch64_sysreg, rows_are_complete)
{
    for (uint32_t i = 0; i < a64_n_sysregs; i++) {
        const struct a64_sysreg *reg = &a64_sysregs[i];
        if (reg->read_el != A64_NOBODY)
            cr_expect(reg->read || reg->offset, "%s cannot be read", reg->name);
        if (reg->write_el != A64_NOBODY)
            cr_expect(reg->write || reg->offset, "%s cannot be written", reg->name);
        if (reg->slot != A64_NO_SLOT)
            cr_expect_eq(a64_slots[reg->slot].offset, reg->offset, "%s: another slot", reg->name);
    }
}

Test(aarch64_sysreg, twins_are_registers_of_el2)
{
    struct fake *f = fake_new(true, true);

    for (uint32_t i = 0; i < a64_n_sysregs; i++) {
        const struct a64_sysreg *reg = &a64_sysregs[i];
        if (!reg->twin)
            continue;
        const struct a64_sysreg *twin = a64_find_sysreg(f->arch, reg->number, 2, true);
        cr_assert_not_null(twin, "%s", reg->name);
        cr_expect_eq(twin->number, reg->twin, "%s", reg->name);
        cr_expect_eq(A64_SYS_OP1(twin->number), 4, "%s", reg->name);
        cr_expect_eq(a64_find_sysreg(f->arch, reg->number, 2, false), reg, "%s", reg->name);
    }
    fake_free(f);
}

/* The levels below op1's have no access, whatever the rules say. */
Test(aarch64_sysreg, op1_says_the_least_level)
{
    static const uint8_t least[] = {1, 1, 1, 0, 2, 2, 3, 1};

    for (uint32_t i = 0; i < a64_n_sysregs; i++) {
        const struct a64_sysreg *reg = &a64_sysregs[i];
        for (uint32_t el = 0; is_row(i) && el < least[A64_SYS_OP1(reg->number)]; el++) {
            cr_expect_not(a64_sysreg_allowed(reg, el, false), "%s is read at EL%u", reg->name, el);
            cr_expect_not(a64_sysreg_allowed(reg, el, true), "%s at EL%u", reg->name, el);
        }
    }
}

/* Each register is read and written at each level, under all kinds of machines: no crash, and an
 * access that traps changes nothing. */
Test(aarch64_sysreg, every_access_ends)
{
    for (uint32_t machine = 0; machine < 4; machine++) {
        struct fake *f = fake_new(machine & 1, machine & 2);
        for (uint32_t number = 1u << 14; number < 65536; number++) {
            uint64_t value;
            for (uint32_t el = 0; el < 4; el++) {
                if ((el == 2 && !f->arch->el2) || (el == 3 && !f->arch->el3))
                    continue;
                fake_el(f, el);
                f->s->hcr = 1ull << 31;
                if (!fake_read(f, number, &value))
                    cr_expect_eq(f->cpu->fault.kind, VM_FAULT_TRAP);
            }
        }
        fake_free(f);
    }
}

Test(aarch64_sysreg, every_access_translates)
{
    struct fake *f = fake_new(true, true);

    for (uint32_t i = 0; i < a64_n_sysregs; i++) {
        uint32_t number = a64_sysregs[i].number, op0 = A64_SYS_OP0(number);
        for (uint32_t key = 0; is_row(i) && key < 16; key++) {
            uint64_t mode = (key & 3) | (key & 4 ? A64_KEY_SPSEL : 0) |
                            (key & 8 ? A64_KEY_SLOW_SYS | A64_KEY_E2H : 0);
            const uint32_t words[] = {0xd5000003u | number << 5,
                                      0xd5000003u | (op0 == 1 ? 0 : 1u << 21) | number << 5};
            for (uint32_t n = 0; n < 2; n++) {
                struct vm_ir_unit ir = fake_translate(f, &words[n], 1, mode);
                vm_ir_free(&ir);
            }
        }
    }
    fake_free(f);
}

/* ---- What is not there ---- */

Test(aarch64_sysreg, unknown_registers_are_undefined)
{
    struct fake *f = fake_new(false, false);
    uint64_t value;

    cr_expect_not(fake_read(f, A64_SYS(3, 0, 0, 0, 1), &value));
    cr_expect_eq(f->cpu->fault.code, UNDEFINED);
    cr_expect_not(fake_read(f, A64_SYS(3, 0, 15, 2, 1), &value)); /* of an implementation */
    cr_expect_eq(f->cpu->fault.code, UNDEFINED);
    cr_expect_not(fake_read(f, HCR_EL2, &value)); /* no EL2 */
    cr_expect_not(fake_write(f, MIDR_EL1, 0));    /* read-only */
    cr_expect_eq(f->cpu->fault.code, UNDEFINED);
    fake_free(f);
    f = fake_with(A64_CORTEX_A57, A64_FEATURE(BASE), false, false);
    cr_expect_not(fake_read(f, A64_SYS(3, 0, 4, 2, 3), &value));  /* PAN */
    cr_expect_not(fake_read(f, A64_SYS(3, 0, 2, 1, 0), &value));  /* APIAKeyLo_EL1 */
    cr_expect_not(fake_read(f, A64_SYS(3, 3, 9, 12, 0), &value)); /* PMCR_EL0 */
    fake_free(f);
}

Test(aarch64_sysreg, el2_registers_without_el2_are_zero_for_el3)
{
    struct fake *f = fake_new(false, true);

    fake_set(f, HCR_EL2, UINT64_MAX);
    cr_expect_eq(fake_value(f, HCR_EL2), 0);
    fake_el(f, 1);
    cr_expect_not(fake_write(f, HCR_EL2, 0));
    fake_free(f);
}

Test(aarch64_sysreg, implementation_space_traps_by_tidcp)
{
    struct fake *f = fake_new(true, false);
    uint64_t value;

    fake_el(f, 1);
    f->s->hcr |= HCR_TIDCP;
    cr_expect_not(fake_read(f, A64_SYS(3, 0, 15, 2, 1), &value));
    cr_expect_eq(A64_ESR_EC(f->cpu->fault.code), A64_EC_SYSREG);
    cr_expect_eq(A64_TRAP_TARGET_OF(f->cpu->fault.code), 2);
    fake_free(f);
}

/* ---- Identification ---- */

Test(aarch64_sysreg, id_registers_tell_what_is_there)
{
    struct fake *f = fake_with(A64_CPU_MAX, FAKE_ALL_FEATURES & ~A64_FEATURE(PAUTH), true, false);
    uint64_t pfr0 = fake_value(f, PFR0);

    cr_expect_eq(pfr0 & 0xffff, 0x0111, "AArch64 only at EL0, EL1 and EL2, no EL3");
    cr_expect_eq(pfr0 >> 32 & 15, 0, "no SVE");
    cr_expect_eq(pfr0 >> 24 & 15, 1, "the GIC's registers");
    cr_expect_eq(fake_value(f, ISAR1) & 0xff000ff0, 0, "no pointer authentication");
    cr_expect_eq(fake_value(f, A64_SYS(3, 0, 0, 7, 0)) >> 8 & 15, 0, "no big endian");
    for (uint32_t crm = 1; crm < 4; crm++) /* AArch32's */
        for (uint32_t op2 = 0; op2 < 8; op2++)
            cr_expect_eq(fake_value(f, A64_SYS(3, 0, 0, crm, op2)), 0);
    fake_free(f);
    f = fake_with(A64_CPU_MAX, FAKE_ALL_FEATURES, false, false);
    cr_expect_eq(fake_value(f, ISAR1) & 0xff000ff0, 0x10000100, "API and GPI");
    cr_expect_eq(fake_value(f, A64_SYS(3, 0, 0, 6, 0)) & 0xfffff0, 0x212120,
                 "AES with PMULL, SHA1, SHA512, CRC32, atomics");
    fake_free(f);
    f = fake_with(A64_CORTEX_A57, A64_FEATURE(BASE), false, false);
    cr_expect_eq(fake_value(f, PFR0) & 0xffff, 0x0011);
    cr_expect_eq(fake_value(f, A64_SYS(3, 0, 0, 6, 0)), 0);
    fake_free(f);
}

Test(aarch64_sysreg, el1_sees_the_ids_that_el2_gives)
{
    struct fake *f = fake_new(true, false);

    fake_set(f, A64_SYS(3, 4, 0, 0, 0), 0x12345678);
    fake_set(f, A64_SYS(3, 4, 0, 0, 5), 0x5);
    cr_expect_eq(fake_value(f, MIDR_EL1), f->arch->midr);
    fake_el(f, 1);
    cr_expect_eq(fake_value(f, MIDR_EL1), 0x12345678);
    cr_expect_eq(fake_value(f, A64_SYS(3, 0, 0, 0, 5)), 0x80000005);
    fake_free(f);
    cr_expect_eq(a64_mpidr(0), 0x80000000);
    cr_expect_eq(a64_mpidr(15), 0x8000000f);
    cr_expect_eq(a64_mpidr(16), 0x80000100);
}

/* ---- Traps ---- */

#define FIELD(member) offsetof(struct a64_state, member)

Test(aarch64_sysreg, traps)
{
    static const struct {
        uint32_t el, number;
        bool write;
        size_t field; /* the control that is changed, */
        uint64_t set, clear;
        uint32_t target; /* 0: the usual level */
    } cases[] = {
        {1, SCTLR_EL1, true, FIELD(hcr), HCR_TVM, 0, 2},
        {1, SCTLR_EL1, false, FIELD(hcr), HCR_TRVM, 0, 2},
        {1, A64_SYS(3, 0, 5, 2, 0), true, FIELD(hcr), HCR_TVM, 0, 2}, /* ESR_EL1 */
        {1, PFR0, false, FIELD(hcr), HCR_TID3, 0, 2},
        {1, A64_SYS(3, 1, 0, 0, 1), false, FIELD(hcr), HCR_TID2, 0, 2},       /* CLIDR_EL1 */
        {1, A64_SYS(3, 0, 0, 0, 6), false, FIELD(hcr), HCR_TID1, 0, 2},       /* REVIDR_EL1 */
        {1, A64_SYS(3, 0, 1, 0, 1), false, FIELD(hcr), HCR_TACR, 0, 2},       /* ACTLR_EL1 */
        {1, A64_SYS(3, 0, 1, 0, 2), false, FIELD(cptr[2]), 1ull << 31, 0, 2}, /* CPACR_EL1 */
        {2, A64_SYS(3, 4, 1, 1, 2), false, FIELD(cptr[3]), 1ull << 31, 0, 3}, /* CPTR_EL2 */
        {0, CTR_EL0, false, FIELD(sctlr[1]), 0, SCTLR_UCT, 0},
        {0, DAIF, false, FIELD(sctlr[1]), 0, SCTLR_UMA, 0},
        {0, A64_SYS(1, 3, 7, 14, 1), true, FIELD(sctlr[1]), 0, SCTLR_UCI, 0}, /* DC CIVAC */
        {0, A64_SYS(1, 3, 7, 4, 1), true, FIELD(sctlr[1]), 0, SCTLR_DZE, 0},  /* DC ZVA */
        {1, A64_SYS(1, 3, 7, 4, 1), true, FIELD(hcr), HCR_TDZ, 0, 2},
        {1, A64_SYS(1, 0, 7, 6, 2), true, FIELD(hcr), HCR_TSW, 0, 2},       /* DC ISW */
        {1, A64_SYS(1, 3, 7, 5, 1), true, FIELD(hcr), HCR_TPU, 0, 2},       /* IC IVAU */
        {1, A64_SYS(1, 3, 7, 10, 1), true, FIELD(hcr), HCR_TPC, 0, 2},      /* DC CVAC */
        {1, A64_SYS(1, 0, 8, 7, 0), true, FIELD(hcr), HCR_TTLB, 0, 2},      /* TLBI VMALLE1 */
        {1, A64_SYS(2, 0, 0, 2, 2), false, FIELD(mdcr[2]), MDCR_TDA, 0, 2}, /* MDSCR_EL1 */
        {1, A64_SYS(2, 0, 0, 2, 2), false, FIELD(mdcr[3]), MDCR_TDA, 0, 3},
        {1, A64_SYS(2, 0, 1, 0, 4), true, FIELD(mdcr[2]), MDCR_TDOSA, 0, 2}, /* OSLAR_EL1 */
        {0, A64_SYS(2, 3, 0, 1, 0), false, FIELD(mdscr), MDSCR_TDCC, 0, 0},  /* MDCCSR_EL0 */
        {0, A64_SYS(3, 3, 9, 13, 0), false, FIELD(pmuserenr), 0, 5, 0},      /* PMCCNTR_EL0 */
        {1, A64_SYS(3, 3, 9, 13, 0), false, FIELD(mdcr[2]), MDCR_TPM, 0, 2},
        {1, A64_SYS(3, 3, 9, 12, 0), false, FIELD(mdcr[2]), MDCR_TPMCR, 0, 2}, /* PMCR_EL0 */
        {0, A64_SYS(3, 3, 14, 0, 2), false, FIELD(cntkctl), 0, 2, 0},          /* CNTVCT_EL0 */
        {0, A64_SYS(3, 3, 14, 0, 1), false, FIELD(cntkctl), 0, 1, 0},          /* CNTPCT_EL0 */
        {1, A64_SYS(3, 3, 14, 0, 1), false, FIELD(cnthctl), 0, 1, 2},
        {1, A64_SYS(3, 3, 14, 2, 1), true, FIELD(cnthctl), 0, 2, 2},       /* CNTP_CTL_EL0 */
        {0, A64_SYS(3, 3, 14, 3, 1), true, FIELD(cntkctl), 0, 1u << 8, 0}, /* CNTV_CTL_EL0 */
        {1, A64_SYS(3, 0, 2, 1, 0), true, FIELD(hcr), 0, HCR_APK, 2},      /* APIAKeyLo_EL1 */
        {1, A64_SYS(3, 0, 2, 1, 0), true, FIELD(scr), 0, SCR_APK, 3},
        {1, A64_SYS(3, 0, 10, 4, 0), true, FIELD(hcr), HCR_TLOR, 0, 2},          /* LORSA_EL1 */
        {1, A64_SYS(3, 0, 5, 3, 0), false, FIELD(scr), SCR_TERR, 0, 3},          /* ERRIDR_EL1 */
        {0, A64_SYS(3, 3, 13, 0, 7), false, FIELD(sctlr[1]), SCTLR_TSCXT, 0, 0}, /* SCXTNUM_EL0 */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = fake_new(true, true);
        uint64_t *field = (uint64_t *)(void *)(f->cpu->state + cases[i].field), value = 0;
        uint32_t number = cases[i].number;

        /* everything allowed */
        f->s->scr |= SCR_NS | SCR_APK | SCR_API | SCR_ENSCXT;
        f->s->hcr |= HCR_APK | HCR_API | HCR_ENSCXT;
        f->s->cnthctl = 3;
        f->s->cntkctl = 0x3ff;
        f->s->pmuserenr = 15;
        f->s->sctlr[1] |= SCTLR_UCT | SCTLR_UMA | SCTLR_UCI | SCTLR_DZE | SCTLR_M;
        f->s->sctlr[1] &= ~SCTLR_TSCXT;
        fake_el(f, cases[i].el);
        cr_expect(cases[i].write ? fake_write(f, number, FAKE_RAM_BASE)
                                 : fake_read(f, number, &value),
                  "case %zu is allowed", i);
        *field = (*field | cases[i].set) & ~cases[i].clear;
        cr_expect_not(cases[i].write ? fake_write(f, number, FAKE_RAM_BASE)
                                     : fake_read(f, number, &value),
                      "case %zu traps", i);
        cr_expect_eq(A64_ESR_EC(f->cpu->fault.code), A64_EC_SYSREG, "case %zu", i);
        cr_expect_eq(A64_TRAP_TARGET_OF(f->cpu->fault.code), cases[i].target, "case %zu", i);
        fake_free(f);
    }
}

Test(aarch64_sysreg, the_syndrome_names_the_access)
{
    struct fake *f = fake_new(true, false);
    uint64_t value;

    fake_el(f, 1);
    f->s->hcr |= HCR_TVM | HCR_TRVM;
    cr_expect_not(fake_write(f, A64_SYS(3, 0, 10, 2, 0), 0)); /* MAIR_EL1, Rt 3 */
    cr_expect_eq(
        f->cpu->fault.code & UINT32_MAX,
        A64_ESR(A64_EC_SYSREG, 3u << 20 | 0 << 17 | 0 << 14 | 10u << 10 | 3u << 5 | 2 << 1));
    cr_expect_not(fake_read(f, A64_SYS(3, 0, 2, 0, 2), &value)); /* TCR_EL1 */
    cr_expect_eq(f->cpu->fault.code & UINT32_MAX,
                 A64_ESR(A64_EC_SYSREG, 3u << 20 | 2u << 17 | 2u << 10 | 3u << 5 | 1));
    fake_free(f);
}

/* ---- A host at EL2 ---- */

/* All that the manual (D23.1, VHE) names so: SCTLR, CPACR, TTBR0, TTBR1, TCR, SPSR, ELR, AFSR0,
 * AFSR1, ESR, FAR, MAIR, AMAIR, VBAR, CONTEXTIDR, CNTKCTL, and the timers' EL02. */
Test(aarch64_sysreg, e2h_names_all)
{
    static const uint32_t all[] = {
        A64_SYS(3, 5, 1, 0, 0),  A64_SYS(3, 5, 1, 0, 2),  A64_SYS(3, 5, 2, 0, 0),
        A64_SYS(3, 5, 2, 0, 1),  A64_SYS(3, 5, 2, 0, 2),  A64_SYS(3, 5, 4, 0, 0),
        A64_SYS(3, 5, 4, 0, 1),  A64_SYS(3, 5, 5, 1, 0),  A64_SYS(3, 5, 5, 1, 1),
        A64_SYS(3, 5, 5, 2, 0),  A64_SYS(3, 5, 6, 0, 0),  A64_SYS(3, 5, 10, 2, 0),
        A64_SYS(3, 5, 10, 3, 0), A64_SYS(3, 5, 12, 0, 0), A64_SYS(3, 5, 13, 0, 1),
        A64_SYS(3, 5, 14, 1, 0), A64_SYS(3, 5, 14, 2, 0), A64_SYS(3, 5, 14, 2, 1),
        A64_SYS(3, 5, 14, 2, 2), A64_SYS(3, 5, 14, 3, 0), A64_SYS(3, 5, 14, 3, 1),
        A64_SYS(3, 5, 14, 3, 2),
    };
    struct fake *f = fake_new(true, false);
    uint64_t value;

    fake_set(f, HCR_EL2, HCR_E2H);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        cr_expect(fake_read(f, all[i], &value), "register 0x%x", all[i]);
    fake_free(f);
}

Test(aarch64_sysreg, e2h_renames)
{
    struct fake *f = fake_new(true, false);
    uint64_t value;

    fake_set(f, SCTLR_EL1, 0);
    cr_expect_not(fake_read(f, SCTLR_EL12, &value), "no alias without E2H");
    fake_set(f, HCR_EL2, HCR_E2H);
    fake_set(f, A64_SYS(3, 0, 12, 0, 0), 0x1800); /* VBAR_EL1: VBAR_EL2 */
    fake_set(f, A64_SYS(3, 5, 12, 0, 0), 0x2800); /* VBAR_EL12 */
    cr_expect_eq(f->s->vbar[2], 0x1800);
    cr_expect_eq(f->s->vbar[1], 0x2800);
    fake_set(f, A64_SYS(3, 5, 14, 3, 2), 77); /* CNTV_CVAL_EL02 */
    fake_set(f, A64_SYS(3, 3, 14, 3, 2), 88); /* CNTV_CVAL_EL0: CNTHV_CVAL_EL2 */
    cr_expect_eq(f->s->timer[A64_CNTV].cval, 77);
    cr_expect_eq(f->s->timer[A64_CNTHV].cval, 88);
    fake_el(f, 1);
    cr_expect_not(fake_read(f, SCTLR_EL12, &value));
    fake_free(f);
}

/* ---- Values ---- */

Test(aarch64_sysreg, reserved_bits)
{
    struct fake *f = fake_new(true, true);

    fake_set(f, SCTLR_EL1, 0);
    cr_expect_eq(fake_value(f, SCTLR_EL1), 0x30400980);
    fake_set(f, SCTLR_EL1, UINT64_MAX);
    cr_expect_eq(fake_value(f, SCTLR_EL1) & (1ull << 24 | 1ull << 25), 0, "no big endian");
    fake_set(f, SCTLR_EL2, 0);
    cr_expect_eq(fake_value(f, SCTLR_EL2), 0x30c50830);
    fake_set(f, HCR_EL2, 0);
    cr_expect_eq(fake_value(f, HCR_EL2), 1ull << 31, "EL1 is AArch64");
    fake_set(f, A64_SYS(3, 0, 12, 0, 0), UINT64_MAX); /* VBAR_EL1 */
    cr_expect_eq(f->s->vbar[1], ~0x7ffull);
    fake_set(f, A64_SYS(3, 4, 2, 1, 2), 0); /* VTCR_EL2 */
    cr_expect_eq(fake_value(f, A64_SYS(3, 4, 2, 1, 2)), 1ull << 31);
    fake_set(f, FPCR, UINT64_MAX);
    cr_expect_eq(fake_value(f, FPCR), 0x07c80000);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE, "a read");
    fake_set(f, FPCR, UINT64_MAX);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE, "nothing changed");
    fake_set(f, FPCR, 0);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_STATE);
    fake_free(f);
}

Test(aarch64_sysreg, fpsr_is_made_of_the_flags)
{
    struct fake *f = fake_new(false, false);

    f->s->fpflags = VM_FP_NV;
    cr_expect_eq(fake_value(f, FPSR), 1);
    f->s->fpflags = VM_FP_NX | VM_FP_ID;
    f->s->qc = 1;
    cr_expect_eq(fake_value(f, FPSR), 1u << 27 | 1u << 7 | 1u << 4);
    for (uint32_t bit = 0; bit < 5; bit++) {
        fake_set(f, FPSR, 1u << bit);
        cr_expect_eq(fake_value(f, FPSR), 1u << bit);
        cr_expect_eq(a64_fpsr(a64_fpflags(1u << bit), 0), 1u << bit);
    }
    fake_set(f, FPSR, UINT64_MAX);
    cr_expect_eq(fake_value(f, FPSR), 0x0800009f);
    fake_free(f);
}

Test(aarch64_sysreg, caches)
{
    struct fake *f = fake_new(false, false);

    cr_expect_eq(fake_value(f, CTR_EL0) >> 28 & 3, 3, "no maintenance is needed");
    fake_el(f, 0);
    cr_expect_eq(fake_value(f, DCZID_EL0), 0x14, "EL0 may not zero");
    f->s->sctlr[1] |= SCTLR_DZE | SCTLR_M;
    cr_expect_eq(fake_value(f, DCZID_EL0), 4);
    memset(f->ram, 0xff, 256);
    fake_set(f, A64_SYS(1, 3, 7, 4, 1), FAKE_RAM_BASE + 0x47);
    cr_expect_eq(fake_load64(f, FAKE_RAM_BASE + 0x38), UINT64_MAX);
    cr_expect_eq(fake_load64(f, FAKE_RAM_BASE + 0x40), 0);
    cr_expect_eq(fake_load64(f, FAKE_RAM_BASE + 0x78), 0);
    cr_expect_eq(fake_load64(f, FAKE_RAM_BASE + 0x80), UINT64_MAX);
    cr_expect_eq(f->written, 64);
    f->probe_mmio = true;
    cr_expect_not(fake_write(f, A64_SYS(1, 3, 7, 4, 1), FAKE_RAM_BASE));
    cr_expect_eq(f->cpu->fault.kind, VM_FAULT_ALIGN, "device memory");
    f->probe_mmio = false;
    f->s->sctlr[1] |= SCTLR_UCI;
    f->probe_refuses = 1u << VM_ACCESS_READ;
    cr_expect_not(fake_write(f, A64_SYS(1, 3, 7, 10, 1), 0x1234)); /* DC CVAC */
    cr_expect_eq(f->cpu->fault.va, 0x1234);
    cr_expect_eq(f->cpu->fault.access, VM_ACCESS_WRITE);
    cr_expect(f->cpu->fault.code & A64_FSC_CM);
    fake_free(f);
}

Test(aarch64_sysreg, the_gic_is_behind_a_port)
{
    const uint32_t iar1 = A64_SYS(3, 0, 12, 12, 0), pmr = A64_SYS(3, 0, 4, 6, 0);
    struct fake *f = fake_new(true, false);
    uint64_t value;

    f->port_value = 27;
    cr_expect_eq(fake_value(f, iar1), 27);
    cr_expect_eq(f->port_reg, iar1);
    cr_expect_not(fake_write(f, iar1, 0), "read-only");
    fake_el(f, 1);
    f->port_value = 0;
    fake_set(f, pmr, 0xf0);
    cr_expect_eq(f->port_reg, pmr);
    f->s->hcr |= HCR_IMO;
    f->port_accesses = 0;
    fake_set(f, pmr, 0x80);
    cr_expect_eq(fake_value(f, iar1), 1023);
    cr_expect_eq(f->port_accesses, 0, "the virtual interface is here");
    fake_read(f, A64_SYS(3, 0, 12, 8, 0), &value); /* ICC_IAR0_EL1: group 0 stays */
    cr_expect_eq(f->port_reg, A64_SYS(3, 0, 12, 8, 0));
    f->s->ich_hcr = 1u << 12; /* TALL1 */
    cr_expect_not(fake_read(f, iar1, &value));
    cr_expect_eq(A64_TRAP_TARGET_OF(f->cpu->fault.code), 2);
    cr_expect_not(fake_write(f, A64_SYS(3, 0, 12, 11, 5), 0), "ICC_SGI1R_EL1");
    cr_expect_eq(A64_TRAP_TARGET_OF(f->cpu->fault.code), 2);
    f->arch->gic = false;
    a64_sysreg_configure(f->arch);
    cr_expect_not(fake_read(f, pmr, &value));
    cr_expect_eq(f->cpu->fault.code, UNDEFINED);
    fake_free(f);
}

Test(aarch64_sysreg, banked_stack_pointers)
{
    struct fake *f = fake_new(true, false);
    uint64_t value;

    f->s->sp = 0x2222;
    fake_el(f, 1);
    f->s->sp = 0x1111;
    fake_set(f, A64_SYS(3, 0, 4, 1, 0), 0x100); /* SP_EL0 */
    cr_expect_not(fake_read(f, A64_SYS(3, 4, 4, 1, 0), &value), "SP_EL1 at EL1");
    fake_set(f, A64_SYS(3, 0, 4, 2, 0), 0); /* SPSel */
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_STATE);
    cr_expect_eq(f->s->sp, 0x100);
    cr_expect_not(fake_read(f, A64_SYS(3, 0, 4, 1, 0), &value), "it is the one in use");
    cr_expect_eq(f->cpu->fault.code, UNDEFINED);
    fake_set(f, A64_SYS(3, 0, 4, 2, 0), 1);
    cr_expect_eq(f->s->sp, 0x1111);
    fake_el(f, 2);
    cr_expect_eq(f->s->sp, 0x2222);
    cr_expect_eq(fake_value(f, A64_SYS(3, 4, 4, 1, 0)), 0x1111);
    fake_free(f);
}
