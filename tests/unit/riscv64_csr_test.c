/* SPDX-License-Identifier: BSD-2-Clause */
/* CSRs of arch-riscv64: legal values, side effects, access rules; counters and PMP registers. */
#include <criterion/criterion.h>
#include "riscv64_fake.h"

enum {
    CSR_CYCLE = 0xc00,
    CSR_TIME = 0xc01,
    CSR_INSTRET = 0xc02,
    CSR_MCYCLE = 0xb00,
    CSR_MINSTRET = 0xb02,
    CSR_MCOUNTINHIBIT = 0x320,
    FRM = 2,
    FCSR = 3,
    SSTATUS = 0x100,
    SIE = 0x104,
    STVEC = 0x105,
    SENVCFG = 0x10a,
    SEPC = 0x141,
    SIP = 0x144,
    STIMECMP = 0x14d,
    SATP = 0x180,
    MSTATUS = 0x300,
    MISA = 0x301,
    MEDELEG = 0x302,
    MIDELEG = 0x303,
    MIE = 0x304,
    MTVEC = 0x305,
    MCOUNTEREN = 0x306,
    SCOUNTEREN = 0x106,
    MENVCFG = 0x30a,
    MEPC = 0x341,
    MIP = 0x344,
    PMPCFG0 = 0x3a0,
    PMPCFG2 = 0x3a2,
    PMPADDR0 = 0x3b0,
    MHPMCOUNTER3 = 0xb03,
    HPMCOUNTER31 = 0xc1f,
};

/* What is read after all ones and after all zeros were written to the register as it is after
 * reset. */
Test(riscv64_csr, legal_values)
{
    static const struct {
        uint32_t number;
        uint64_t ones, zeros;
    } cases[] = {
        {FRM, 7, 0},
        {FCSR, 255, 0},
        {STVEC, ~2ull, 0},
        {MTVEC, ~2ull, 0},
        {SEPC, ~1ull, 0},
        {MEPC, ~1ull, 0},
        {MEDELEG, 0xb3ff, 0},
        {MIDELEG, 0x222, 0},
        {MIE, 0xaaa, 0},
        {MIP, 0x222, 0},
        {SENVCFG, 0xf1, 0},
        {MENVCFG, 0xe0000000000000f1, 0},
        {MISA, 2ull << 62 | 0x14112d, 2ull << 62 | 0x14112d},
        {MSTATUS, 0x8000000a007e79aa, 0xa00000000},
        {SSTATUS, 0x80000002000c6122, 0x200000000},
        {SATP, 0, 0},
        {CSR_MCOUNTINHIBIT, 5, 0},
        {MHPMCOUNTER3, 0, 0},
        {PMPCFG0, 0x9f9f9f9f9f9f9f9f, 0x9f9f9f9f9f9f9f9f}, /* locked by the first write */
        {PMPADDR0, 0x3ffffffffffc00, 0},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct fake *f = fake_new();
        cr_assert(fake_csr_write(f, cases[i].number, UINT64_MAX));
        cr_expect_eq(fake_csr(f, cases[i].number), cases[i].ones, "0x%x: 0x%lx", cases[i].number,
                     (unsigned long)fake_csr(f, cases[i].number));
        cr_assert(fake_csr_write(f, cases[i].number, 0));
        cr_expect_eq(fake_csr(f, cases[i].number), cases[i].zeros, "0x%x: 0x%lx", cases[i].number,
                     (unsigned long)fake_csr(f, cases[i].number));
        fake_free(f);
    }
}

Test(riscv64_csr, reserved_fields_keep_their_value)
{
    struct fake *f = fake_new();

    fake_csr_write(f, MSTATUS, 1ull << 11);
    fake_csr_write(f, MSTATUS, 2ull << 11);
    cr_expect_eq(fake_csr(f, MSTATUS) >> 11 & 3, 1, "MPP has no value 2");
    fake_csr_write(f, MENVCFG, 1ull << 4);
    fake_csr_write(f, MENVCFG, 2ull << 4);
    cr_expect_eq(fake_csr(f, MENVCFG) >> 4 & 3, 1, "CBIE has no value 2");
    fake_csr_write(f, SATP, 8ull << 60 | 0x1234ull << 44 | 5);
    fake_csr_write(f, SATP, 7ull << 60 | 9);
    cr_expect_eq(fake_csr(f, SATP), 8ull << 60 | 0x1234ull << 44 | 5,
                 "a mode that is not there makes the write void");
    fake_free(f);
}

Test(riscv64_csr, what_an_extension_brings_is_gone_without_it)
{
    struct fake *f = fake_new();

    f->arch->extensions = RV_EXT_I;
    f->arch->satp_mode = RV_SV39;
    f->arch->asid_mask = 0xff;
    f->arch->pmp_entries = 0;
    rv_csr_configure(f->arch);
    fake_csr_write(f, MENVCFG, UINT64_MAX);
    cr_expect_eq(fake_csr(f, MENVCFG), 1);
    fake_csr_write(f, MSTATUS, UINT64_MAX);
    cr_expect_eq(fake_csr(f, MSTATUS) >> 13 & 3, 0, "FS without floating point");
    fake_csr_write(f, MEPC, UINT64_MAX);
    cr_expect_eq(fake_csr(f, MEPC), ~3ull);
    fake_csr_write(f, SATP, 9ull << 60 | 1);
    cr_expect_eq(fake_csr(f, SATP), 0);
    fake_csr_write(f, SATP, 8ull << 60 | 0xffffull << 44);
    cr_expect_eq(fake_csr(f, SATP), 8ull << 60 | 0xffull << 44);
    cr_expect_null(rv_find_csr(f->arch, FCSR));
    cr_expect_null(rv_find_csr(f->arch, CSR_TIME));
    cr_expect_null(rv_find_csr(f->arch, HPMCOUNTER31));
    cr_expect_null(rv_find_csr(f->arch, STIMECMP));
    cr_expect_null(rv_find_csr(f->arch, PMPCFG0));
    cr_expect_null(rv_find_csr(f->arch, PMPADDR0));
    fake_free(f);
}

/* ---- access at run time ---- */

static void expect_access(struct fake *f, uint32_t number, bool expected)
{
    uint64_t value;
    bool got = fake_csr_read(f, number, &value);

    cr_expect_eq(got, expected, "CSR 0x%x in privilege %d", number, (int)f->s->privilege);
    if (!got)
        cr_expect(f->cpu->fault.kind == VM_FAULT_TRAP && f->cpu->fault.code == RV_CAUSE_ILLEGAL);
}

Test(riscv64_csr, counters_need_their_enable_bits)
{
    static const uint32_t numbers[] = {CSR_CYCLE, CSR_TIME, CSR_INSTRET};
    struct fake *f = fake_new();

    for (uint32_t i = 0; i < 3; i++) {
        f->s->mcounteren = f->s->scounteren = 0;
        f->s->privilege = RV_M;
        expect_access(f, numbers[i], true);
        f->s->privilege = RV_S;
        expect_access(f, numbers[i], false);
        f->s->mcounteren = 1u << i;
        expect_access(f, numbers[i], true);
        f->s->privilege = RV_U;
        expect_access(f, numbers[i], false);
        f->s->scounteren = 1u << i;
        expect_access(f, numbers[i], true);
        f->s->mcounteren = 0;
        expect_access(f, numbers[i], false);
    }
    fake_free(f);
}

Test(riscv64_csr, satp_and_stimecmp_can_be_withheld)
{
    struct fake *f = fake_new();

    f->s->privilege = RV_S;
    expect_access(f, SATP, true);
    f->s->mstatus |= MSTATUS_TVM;
    expect_access(f, SATP, false);
    f->s->mcounteren = COUNTER_TM;
    expect_access(f, STIMECMP, false);
    f->s->menvcfg = ENVCFG_STCE;
    expect_access(f, STIMECMP, true);
    f->s->mcounteren = 0;
    expect_access(f, STIMECMP, false);
    f->s->privilege = RV_M;
    expect_access(f, STIMECMP, true);
    expect_access(f, SATP, true);
    fake_free(f);
}

/* ---- interrupts ---- */

Test(riscv64_csr, mip_is_lines_and_software)
{
    struct fake *f = fake_new();
    uint64_t old;

    atomic_store(&f->cpu->lines, RV_MIP_SEIP | RV_MIP_MTIP);
    cr_expect_eq(fake_csr(f, MIP), RV_MIP_SEIP | RV_MIP_MTIP);
    /* a level that a device holds must not stick when other bits are set */
    cr_assert(fake_csr_swap(f, MIP, RV_CSR_SET, RV_MIP_SSIP, &old));
    cr_expect_eq(old, RV_MIP_SEIP | RV_MIP_MTIP);
    atomic_store(&f->cpu->lines, 0);
    cr_expect_eq(fake_csr(f, MIP), RV_MIP_SSIP);
    cr_assert(fake_csr_swap(f, MIP, RV_CSR_REPLACE, UINT64_MAX, &old));
    cr_expect_eq(fake_csr(f, MIP), RV_MIP_S, "M bits are the devices'");
    fake_free(f);
}

Test(riscv64_csr, sip_and_sie_show_what_is_delegated)
{
    struct fake *f = fake_new();

    fake_csr_write(f, MIDELEG, RV_MIP_SSIP | RV_MIP_SEIP);
    fake_csr_write(f, MIE, RV_MIP_ALL);
    atomic_store(&f->cpu->lines, RV_MIP_ALL & ~RV_MIP_SSIP);
    cr_expect_eq(fake_csr(f, SIE), RV_MIP_SSIP | RV_MIP_SEIP);
    cr_expect_eq(fake_csr(f, SIP), RV_MIP_SEIP);
    fake_csr_write(f, SIE, 0);
    cr_expect_eq(fake_csr(f, MIE), RV_MIP_ALL & ~(RV_MIP_SSIP | RV_MIP_SEIP));
    fake_csr_write(f, SIP, UINT64_MAX);
    cr_expect_eq(f->s->mip_soft, RV_MIP_SSIP);
    fake_csr_write(f, SIP, 0);
    cr_expect_eq(f->s->mip_soft, 0);
    fake_free(f);
}

Test(riscv64_csr, a_write_that_lets_an_interrupt_in_leaves_compiled_code)
{
    struct fake *f = fake_new();
    uint64_t old;

    atomic_store(&f->cpu->lines, RV_MIP_MTIP);
    fake_csr_write(f, MIE, RV_MIP_MTIP);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE);
    fake_csr_swap(f, MSTATUS, RV_CSR_SET, MSTATUS_MIE, &old);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_STATE);
    fake_csr_swap(f, MSTATUS, RV_CSR_CLEAR, MSTATUS_MIE, &old);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE);
    fake_csr_swap(f, MSTATUS, RV_CSR_SET, MSTATUS_FS, &old);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_STATE, "the mode key has changed");
    fake_free(f);
}

Test(riscv64_csr, stimecmp_drives_stip)
{
    struct fake *f = fake_new();

    f->counter = 1000;
    fake_csr_write(f, STIMECMP, 500);
    cr_expect_eq(f->deadline, UINT64_MAX, "not before STCE");
    fake_csr_write(f, MIP, RV_MIP_STIP);
    cr_expect_eq(fake_csr(f, MIP), RV_MIP_STIP);
    fake_csr_write(f, MENVCFG, ENVCFG_STCE);
    cr_expect_eq(f->deadline, 500);
    cr_expect_eq(fake_csr(f, MIP), RV_MIP_STIP);
    fake_csr_write(f, STIMECMP, 2000);
    cr_expect_eq(fake_csr(f, MIP), 0, "software's bit is gone");
    fake_csr_write(f, MIP, RV_MIP_STIP);
    cr_expect_eq(fake_csr(f, MIP), 0, "and cannot be set");
    fake_csr_write(f, MENVCFG, 0);
    cr_expect_eq(f->deadline, UINT64_MAX);
    fake_free(f);
}

/* ---- counters ---- */

Test(riscv64_csr, counters)
{
    struct fake *f = fake_new();

    f->retired = 101; /* this instruction included */
    cr_expect_eq(fake_csr(f, CSR_MINSTRET), 100);
    fake_csr_write(f, CSR_MINSTRET, 5);
    f->retired = 102;
    cr_expect_eq(fake_csr(f, CSR_MINSTRET), 5,
                 "the write replaces the count of its own instruction");
    cr_expect_eq(fake_csr(f, CSR_INSTRET), 5);
    cr_expect_eq(fake_csr(f, CSR_MCYCLE), 101);
    f->retired = 110;
    fake_csr_write(f, CSR_MCOUNTINHIBIT, COUNTER_IR);
    f->retired = 200;
    cr_expect_eq(fake_csr(f, CSR_MINSTRET), 13);
    cr_expect_eq(fake_csr(f, CSR_MCYCLE), 199);
    fake_csr_write(f, CSR_MINSTRET, 40);
    f->retired = 210;
    fake_csr_write(f, CSR_MCOUNTINHIBIT, 0);
    f->retired = 211;
    cr_expect_eq(fake_csr(f, CSR_MINSTRET), 40);
    f->counter = 77;
    cr_expect_eq(fake_csr(f, CSR_TIME), 77);
    fake_free(f);
}

/* ---- status and FP ---- */

Test(riscv64_csr, sd_sums_up_fs)
{
    struct fake *f = fake_new();

    fake_csr_write(f, SSTATUS, MSTATUS_FS);
    cr_expect(fake_csr(f, SSTATUS) >> 63 && fake_csr(f, MSTATUS) >> 63);
    fake_csr_write(f, SSTATUS, 2ull << 13);
    cr_expect_not(fake_csr(f, SSTATUS) >> 63);
    fake_free(f);
}

Test(riscv64_csr, fcsr_is_frm_and_fflags)
{
    struct fake *f = fake_new();

    fake_csr_write(f, FCSR, 3 << 5 | 9);
    cr_expect_eq(f->s->frm, 3);
    cr_expect_eq(f->s->fflags, 9);
    cr_expect_eq(fake_csr(f, FCSR), 3 << 5 | 9);
    fake_free(f);
}

/* ---- PMP ---- */

#define NAPOT_RWX 0x1full
#define TOR_R     0x09ull
#define LOCKED    0x80ull

Test(riscv64_csr, pmp_grain_is_4k)
{
    struct fake *f = fake_new();

    fake_csr_write(f, PMPADDR0, UINT64_MAX);
    cr_expect_eq(__builtin_ctzll(fake_csr(f, PMPADDR0)), RV_PMP_GRAIN,
                 "how software finds the grain");
    fake_csr_write(f, PMPADDR0, 0);
    fake_csr_write(f, PMPCFG0, NAPOT_RWX);
    cr_expect_eq(fake_csr(f, PMPADDR0), 0x1ff);
    fake_csr_write(f, PMPCFG0, 0x17);
    cr_expect_eq(fake_csr(f, PMPCFG0), NAPOT_RWX, "no NA4");
    fake_csr_write(f, PMPCFG0, 0x1a);
    cr_expect_eq(fake_csr(f, PMPCFG0), 0x18, "write without read is reserved");
    fake_free(f);
}

Test(riscv64_csr, pmp_locks)
{
    struct fake *f = fake_new();

    fake_csr_write(f, PMPADDR0, 0x20000000);
    fake_csr_write(f, PMPADDR0 + 1, 0x20010000);
    fake_csr_write(f, PMPCFG0, (TOR_R | LOCKED) << 8);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE);
    cr_expect_gt(f->flushes, 0);
    unsigned flushes = f->flushes;
    fake_csr_write(f, PMPADDR0, 0);
    fake_csr_write(f, PMPADDR0 + 1, 0);
    fake_csr_write(f, PMPCFG0, 0);
    cr_expect_eq(fake_csr(f, PMPADDR0), 0x20000000, "the base of a locked TOR range");
    cr_expect_eq(fake_csr(f, PMPADDR0 + 1), 0x20010000);
    cr_expect_eq(fake_csr(f, PMPCFG0), (TOR_R | LOCKED) << 8);
    cr_expect_eq(f->flushes, flushes, "nothing has changed");
    fake_free(f);
}

Test(riscv64_csr, pmp_rules)
{
    struct fake *f = fake_new();
    const uint32_t all = VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC;

    cr_expect_eq(rv_pmp_prot(f->cpu, FAKE_RAM_BASE, RV_M), all);
    cr_expect_eq(rv_pmp_prot(f->cpu, FAKE_RAM_BASE, RV_S), 0, "no rule: only for M");
    /* 0: one page, nothing. 1: 64K, read-only and locked. 15: everything else */
    fake_csr_write(f, PMPADDR0, 0x80000000 >> 2 | 0x1ff);
    fake_csr_write(f, PMPADDR0 + 1, 0x80000000 >> 2 | 0x1fff);
    fake_csr_write(f, PMPADDR0 + 15, UINT64_MAX);
    fake_csr_write(f, PMPCFG0, 0x18 | (0x19 | LOCKED) << 8);
    fake_csr_write(f, PMPCFG2, NAPOT_RWX << 56);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x80000ff8, RV_U), 0);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x80000ff8, RV_M), all);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x80001000, RV_U), VM_PROT_READ);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x8000ffff, RV_M), VM_PROT_READ, "locked");
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x80010000, RV_U), all);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x7fffffff, RV_S), all);
    cr_expect(rv_pmp_uniform(f->cpu, 0x80000123, 12));
    cr_expect_not(rv_pmp_uniform(f->cpu, 0x80003000, 14), "its first page has a rule");
    cr_expect(rv_pmp_uniform(f->cpu, 0x80007000, 14));
    cr_expect_not(rv_pmp_uniform(f->cpu, 0x80123000, 21), "its first 64K have a rule");
    cr_expect(rv_pmp_uniform(f->cpu, 0x80323000, 21));
    fake_free(f);
}

Test(riscv64_csr, pmp_tor)
{
    struct fake *f = fake_new();

    fake_csr_write(f, PMPADDR0, 0x80002000 >> 2);
    fake_csr_write(f, PMPADDR0 + 1, 0x80004000 >> 2);
    fake_csr_write(f, PMPADDR0 + 2, 0x80001000 >> 2);
    fake_csr_write(f, PMPCFG0, TOR_R | 0x0bull << 8 | 0x0full << 16);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0, RV_S), VM_PROT_READ);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x80001fff, RV_S), VM_PROT_READ);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x80002000, RV_S), VM_PROT_READ | VM_PROT_WRITE);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x80003fff, RV_S), VM_PROT_READ | VM_PROT_WRITE);
    cr_expect_eq(rv_pmp_prot(f->cpu, 0x80004000, RV_S), 0, "an empty range matches nothing");
    fake_free(f);
}

/* ---- saved state ---- */

Test(riscv64_csr, sysregs_restore_without_side_effects)
{
    struct fake *f = fake_new();

    for (uint32_t i = 0; i < rv_arch_ops.n_sysregs; i++) {
        const struct vm_sysreg *r = &rv_arch_ops.sysregs[i];
        uint64_t old = r->get(f->cpu);
        r->set(f->cpu, 0x1234567800000001 + i);
        cr_expect_eq(r->get(f->cpu), 0x1234567800000001 + i, "%s", r->name);
        r->set(f->cpu, old);
    }
    cr_expect_eq(f->flushes, 0);
    f->s->menvcfg = ENVCFG_STCE;
    f->s->stimecmp = 123;
    struct vm_cpu_mode mode;
    rv_mode(f->cpu, &mode);
    cr_expect_eq(f->deadline, 123, "the timer is set again before the hart runs");
    fake_free(f);
}
