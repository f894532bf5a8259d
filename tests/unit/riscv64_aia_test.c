/* SPDX-License-Identifier: BSD-2-Clause */
/* The CSRs of Smaia and Ssaia, interrupt filtering, and what an IMSIC's port brings. */
#include <criterion/criterion.h>
#include "riscv64_fake.h"

enum {
    SIE = 0x104,
    SIP = 0x144,
    SISELECT = 0x150,
    SIREG = 0x151,
    STOPEI = 0x15c,
    STOPI = 0xdb0,
    MIDELEG = 0x303,
    MIE = 0x304,
    MVIEN = 0x308,
    MVIP = 0x309,
    MENVCFG = 0x30a,
    MIP = 0x344,
    MISELECT = 0x350,
    MIREG = 0x351,
    MTOPEI = 0x35c,
    MTOPI = 0xfb0,
};

#define TOP(number) ((uint64_t)(number) << 16 | 1)
#define SEI         (1ull << RV_IRQ_SEI)
#define SSI         (1ull << RV_IRQ_SSI)
#define STI         (1ull << RV_IRQ_STI)

static struct fake *f;

static void setup(void)
{
    f = fake_new();
}

static void teardown(void)
{
    fake_free(f);
}

TestSuite(riscv64_aia, .init = setup, .fini = teardown);

static void wr(uint32_t csr, uint64_t value)
{
    cr_assert(fake_csr_write(f, csr, value), "CSR 0x%x", csr);
}

static uint64_t rd(uint32_t csr)
{
    return fake_csr(f, csr);
}

static void line(uint32_t number, bool high)
{
    if (high)
        atomic_fetch_or(&f->cpu->lines, 1ull << number);
    else
        atomic_fetch_and(&f->cpu->lines, ~(1ull << number));
}

Test(riscv64_aia, legal_values)
{
    static const struct {
        uint32_t number;
        uint64_t ones;
    } cases[] = {{MISELECT, 0x1ff}, {SISELECT, 0x1ff}, {MVIEN, 0x202}, {MVIP, 0x222}, {MIE, 0xaaa}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wr(cases[i].number, UINT64_MAX);
        cr_expect_eq(rd(cases[i].number), cases[i].ones, "0x%x", cases[i].number);
        wr(cases[i].number, 0);
        cr_expect_eq(rd(cases[i].number), 0, "0x%x", cases[i].number);
    }
}

Test(riscv64_aia, top_interrupts)
{
    wr(MIE, 0xaaa);
    wr(MIDELEG, SEI | SSI);
    line(RV_IRQ_MTI, true);
    line(RV_IRQ_SEI, true);
    wr(MIP, STI | SSI);
    cr_expect_eq(rd(MTOPI), TOP(RV_IRQ_MTI));
    cr_expect_eq(rd(STOPI), TOP(RV_IRQ_SEI));
    line(RV_IRQ_MTI, false);
    line(RV_IRQ_SEI, false);
    cr_expect_eq(rd(MTOPI), TOP(RV_IRQ_STI), "not delegated");
    cr_expect_eq(rd(STOPI), TOP(RV_IRQ_SSI));
    wr(MIE, 0);
    cr_expect_eq(rd(MTOPI), 0);
    cr_expect_eq(rd(STOPI), 0);
}

Test(riscv64_aia, windows_to_priorities_are_zero)
{
    uint64_t old;

    for (uint64_t select = 0; select < 0x70; select++) {
        bool there = select >= 0x30 && select < 0x40 && select % 2 == 0;
        wr(MISELECT, select);
        wr(SISELECT, select);
        cr_expect_eq(fake_csr_write(f, MIREG, UINT64_MAX), there, "0x%lx", (unsigned long)select);
        cr_expect_eq(fake_csr_read(f, MIREG, &old), there);
        cr_expect(!there || old == 0);
        cr_expect_eq(fake_csr_read(f, SIREG, &old), there);
        cr_expect(!there || old == 0);
    }
    wr(MISELECT, 0x100);
    cr_expect(!fake_csr_read(f, MIREG, &old));
    cr_expect_eq(f->cpu->fault.code, RV_CAUSE_ILLEGAL);
    cr_expect_eq(f->port_accesses, 0);
}

Test(riscv64_aia, windows_to_the_imsic)
{
    uint64_t old;

    wr(MISELECT, 0xc0);
    f->port_value = 0xf0;
    cr_expect_eq(rd(MIREG), 0xf0);
    cr_expect_eq(f->port, RV_PORT_IMSIC_M);
    cr_expect_eq(f->port_reg, 0xc0);
    wr(SISELECT, 0x70);
    cr_expect(fake_csr_swap(f, SIREG, RV_CSR_SET, 0x0f, &old));
    cr_expect_eq(old, 0xf0);
    cr_expect_eq(f->port_value, 0xff);
    cr_expect_eq(f->port, RV_PORT_IMSIC_S);
    cr_expect_eq(f->port_reg, 0x70);
    cr_expect(fake_csr_swap(f, SIREG, RV_CSR_CLEAR, 0x3c, &old));
    cr_expect_eq(f->port_value, 0xc3);
    cr_expect(fake_csr_swap(f, SIREG, RV_CSR_REPLACE, 0x5555, &old));
    cr_expect_eq(old, 0xc3);
    cr_expect_eq(f->port_value, 0x5555);
    cr_expect_eq(f->port_accesses, 4, "each instruction is one access");
    wr(MISELECT, 0x81);
    cr_expect(!fake_csr_read(f, MIREG, &old), "the IMSIC says that there is none");
    cr_expect_eq(f->cpu->fault.code, RV_CAUSE_ILLEGAL);
}

Test(riscv64_aia, claims)
{
    uint64_t old;

    f->port_value = 0x50005;
    cr_expect(fake_csr_swap(f, STOPEI, RV_CSR_REPLACE, 0, &old));
    cr_expect_eq(old, 0x50005);
    cr_expect_eq(f->port_reg, VM_RISCV_TOPEI);
    cr_expect_eq(f->port, RV_PORT_IMSIC_S);
    cr_expect(fake_csr_read(f, MTOPEI, &old));
    cr_expect_eq(f->port, RV_PORT_IMSIC_M);
}

/* A write that makes a line high is followed by the interrupt. */
Test(riscv64_aia, an_access_that_raises_a_line_leaves)
{
    wr(MIE, 1ull << RV_IRQ_MEI);
    f->s->mstatus |= MSTATUS_MIE;
    wr(MISELECT, 0x70);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_NONE);
    f->port_raises = 1ull << RV_IRQ_MEI;
    wr(MIREG, 1);
    cr_expect_eq(f->cpu->pending_exit, VM_EXIT_STATE);
}

/* ---- Filtering ---- */

Test(riscv64_aia, without_filtering_mvip_is_mip)
{
    wr(MVIP, SSI | SEI | STI);
    cr_expect_eq(rd(MIP), SSI | SEI | STI);
    wr(MIP, SEI);
    cr_expect_eq(rd(MVIP), SEI);
    line(RV_IRQ_SEI, true);
    wr(MIP, 0);
    cr_expect_eq(rd(MVIP), 0, "the software-writable bit alone");
    cr_expect_eq(rd(MIP), SEI);
    wr(MENVCFG, ENVCFG_STCE);
    wr(MVIP, STI);
    cr_expect_eq(rd(MVIP), 0, "STIP is the timer's");
}

Test(riscv64_aia, sei_is_filtered)
{
    wr(MVIEN, SEI);
    wr(MIE, SEI);
    wr(SIE, SEI | SSI);
    cr_expect_eq(rd(SIE), SEI, "a bit of its own, for what mvien lets through");
    wr(MIE, 0);
    cr_expect_eq(rd(SIE), SEI);
    wr(MVIP, SEI);
    cr_expect_eq(rd(MIP), 0);
    cr_expect_eq(rd(SIP), SEI);
    cr_expect_eq(rd(STOPI), TOP(RV_IRQ_SEI));
    cr_expect_eq(rd(MTOPI), 0);
    wr(MIP, 0);
    cr_expect_eq(rd(MVIP), SEI, "mip does not reach it");
    line(RV_IRQ_SEI, true);
    cr_expect_eq(rd(MIP), SEI, "the controller");
    wr(SIP, 0);
    cr_expect_eq(rd(MVIP), 0, "sip does");
    cr_expect_eq(rd(SIP), 0);
}

Test(riscv64_aia, ssi_is_filtered)
{
    wr(MVIEN, SSI);
    wr(MVIP, 0);
    wr(MIP, SSI);
    cr_expect_eq(rd(MVIP), 0);
    cr_expect_eq(rd(SIP), 0);
    wr(SIP, SSI);
    cr_expect_eq(rd(MVIP), SSI);
    wr(MIP, 0);
    cr_expect_eq(rd(SIP), SSI);
    wr(MVIEN, 0);
    cr_expect_eq(rd(MVIP), 0, "an alias of mip again");
    cr_expect_eq(rd(SIP), 0);
}

/* Real SEI goes to M, which passes it on: the same number reaches S. */
Test(riscv64_aia, a_virtual_interrupt_is_taken_in_s)
{
    wr(MVIEN, SEI);
    wr(SIE, SEI);
    f->s->privilege = RV_S;
    f->s->mstatus |= MSTATUS_SIE;
    f->s->stvec = 0x80001000;
    f->s->mtvec = 0x80002000;
    cr_expect_not(rv_deliver_interrupt(f->cpu));
    cr_expect_not(rv_wake(f->cpu));
    f->s->mip_soft = SEI;
    cr_expect(rv_wake(f->cpu));
    cr_expect(rv_deliver_interrupt(f->cpu));
    cr_expect_eq(f->s->scause, 1ull << 63 | RV_IRQ_SEI);
    cr_expect_eq(f->cpu->pc, 0x80001000);
    /* with the real one pending and enabled, M comes first */
    f->s->mstatus |= MSTATUS_SIE;
    f->s->mie = SEI;
    line(RV_IRQ_SEI, true);
    cr_expect(rv_deliver_interrupt(f->cpu));
    cr_expect_eq(f->s->privilege, RV_M);
    cr_expect_eq(f->s->mcause, 1ull << 63 | RV_IRQ_SEI);
    cr_expect_eq(f->cpu->pc, 0x80002000);
}

Test(riscv64_aia, filtering_sei_keeps_s_from_its_file)
{
    uint64_t old;

    wr(SISELECT, 0x70);
    wr(MVIEN, SEI);
    cr_expect(fake_csr_read(f, STOPEI, &old), "M may");
    f->s->privilege = RV_S;
    f->port_accesses = 0;
    cr_expect(!fake_csr_read(f, STOPEI, &old));
    cr_expect_eq(f->cpu->fault.code, RV_CAUSE_ILLEGAL);
    cr_expect(!fake_csr_read(f, SIREG, &old));
    cr_expect(!fake_csr_write(f, SIREG, 1));
    cr_expect_eq(f->port_accesses, 0);
    wr(SISELECT, 0x30);
    cr_expect(fake_csr_read(f, SIREG, &old), "the priorities are no file");
}

/* ---- What a claim brings ---- */

Test(riscv64_aia, registers_come_with_the_port)
{
    struct vm_error err = VM_ERROR_INIT;

    f->arch->extensions &= ~(RV_EXT_AIA | RV_EXT_IMSIC_M | RV_EXT_IMSIC_S);
    rv_csr_configure(f->arch);
    cr_expect_null(rv_find_csr(f->arch, STOPI));
    cr_expect_null(rv_find_csr(f->arch, MVIEN));
    cr_expect_eq(rv_claim_port(f->arch, 0, RV_PORT_IMSIC_S, &err), 0);
    cr_expect_not_null(rv_find_csr(f->arch, STOPI));
    cr_expect_not_null(rv_find_csr(f->arch, STOPEI));
    cr_expect_null(rv_find_csr(f->arch, MTOPEI));
    cr_expect_eq(rv_claim_port(f->arch, 0, RV_PORT_IMSIC_M, &err), 0);
    cr_expect_not_null(rv_find_csr(f->arch, MTOPEI));
    f->arch->no_aia = true;
    cr_expect_eq(rv_claim_port(f->arch, 1, RV_PORT_IMSIC_M, &err), -1);
    cr_expect(err.set);
}

Test(riscv64_aia, without_an_imsic)
{
    uint64_t old;

    f->arch->extensions &= ~(RV_EXT_IMSIC_M | RV_EXT_IMSIC_S);
    rv_csr_configure(f->arch);
    cr_expect_null(rv_find_csr(f->arch, STOPEI));
    wr(MISELECT, 0x70);
    cr_expect(!fake_csr_read(f, MIREG, &old));
    wr(MISELECT, 0x30);
    cr_expect(fake_csr_read(f, MIREG, &old));
}
