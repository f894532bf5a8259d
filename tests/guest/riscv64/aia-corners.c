/* SPDX-License-Identifier: BSD-2-Clause */
/* What QEMU 7.2 has not or does otherwise: interrupt filtering (AIA 1.0, 5.3) with what becomes of
 * sip, sie and S-mode's file; registers beyond what there is; sources that are inactive. */
#include "aia.h"
#include "insn.h"
#include "stubs.h"

#define SEI BIT(IRQ_SEI)
#define SSI BIT(IRQ_SSI)

static void aliases(void)
{
    set_case("not filtered");
    csr_write(CSR_MVIEN, ~0ul);
    check("what can be filtered", csr_read(CSR_MVIEN), SEI | SSI);
    csr_write(CSR_MVIEN, 0);
    csr_write(CSR_MVIP, SEI | SSI);
    check("mip", csr_read(mip), SEI | SSI);
    csr_write(mip, SEI);
    check("mvip", csr_read(CSR_MVIP), SEI);
    csr_write(mip, 0);
    check("sip", csr_read(sip), 0);
}

static void filtered(void)
{
    struct trap t;

    set_case("filtered");
    csr_write(mideleg, 0);
    csr_write(CSR_MVIEN, SEI);
    csr_write(mie, 0);
    csr_write(sie, SEI);
    check("sie has its own bit", csr_read(sie), SEI);
    check("mie", csr_read(mie), 0);
    csr_write(CSR_MVIP, SEI);
    check("mip without it", csr_read(mip), 0);
    check("sip with it", csr_read(sip), SEI);
    check("stopi", csr_read(CSR_STOPI) >> 16, IRQ_SEI);
    csr_write(stvec, (uint64_t)stub_strap);
    csr_set(mstatus, MSTATUS_SIE);
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("taken in S", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("scause", csr_read(scause), CAUSE_IRQ | IRQ_SEI);

    /* the real one goes to M, and first */
    s_write(EIDELIVERY, 1);
    s_write(EIE(0), BIT(9));
    io_write32(IMSIC_S_BASE, 9);
    csr_write(mie, SEI);
    check("the file's signal", csr_read(mip), SEI);
    csr_set(mstatus, MSTATUS_SIE);
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("taken in M", &t, CAUSE_IRQ | IRQ_SEI, (uint64_t)stub_spin, 0);
    check("claim", csr_swap(CSR_STOPEI, 0), TOPEI(9));
    csr_write(mie, 0);
    csr_write(CSR_MVIP, 0);
}

static void file(void)
{
    struct trap t;

    set_case("file");
    csr_write(CSR_SISELECT, EIDELIVERY);
    try_insn(&t, MODE_S, CSRRS(CSR_SIREG, 10, 0), 0, 0);
    check("sireg", t.cause, CAUSE_ILLEGAL);
    try_insn(&t, MODE_S, CSRRS(CSR_STOPEI, 10, 0), 0, 0);
    check("stopei", t.cause, CAUSE_ILLEGAL);
    try_insn(&t, MODE_M, CSRRS(CSR_STOPEI, 10, 0), 0, 0);
    check("M may", t.cause, CAUSE_ECALL_M);
    csr_write(CSR_SISELECT, 0x30);
    try_insn(&t, MODE_S, CSRRS(CSR_SIREG, 10, 0), 0, 0);
    check("priorities are no file", t.cause, CAUSE_ECALL_S);
    csr_write(CSR_MVIEN, 0);
    csr_write(CSR_SISELECT, EIDELIVERY);
    try_insn(&t, MODE_S, CSRRS(CSR_SIREG, 10, 0), 0, 0);
    check("not filtered", t.cause, CAUSE_ECALL_S);
    /* reserved numbers of the file read zero and take nothing (3.8) */
    csr_write(CSR_SISELECT, 0x71);
    csr_write(CSR_SIREG, ~0ul);
    check("reserved", csr_read(CSR_SIREG), 0);
}

/* Read-only zeros (3.8.3, 3.8.4). */
static void beyond(void)
{
    set_case("beyond");
    m_write(EIE(4), ~0ul);
    check("identities beyond the last", m_read(EIE(4)), 0);
    m_write(EIP(31), ~0ul);
    check("pending ones beyond the last", m_read(EIP(31)), 0);
}

static void aplic(void)
{
    set_case("APLIC");
    s_write(EIE(0), ~0ul);
    s_write(EIP(0), 0);
    io_write32(APLIC_M_BASE + SMSIADDRCFG, IMSIC_S_BASE >> 12);
    io_write32(APLIC_S_BASE + DOMAINCFG, DOMAINCFG_IE | DOMAINCFG_DM);
    io_write32(APLIC_S_BASE + SOURCECFG(UART_IRQ), SM_LEVEL1);
    check("not delegated", io_read32(APLIC_S_BASE + SOURCECFG(UART_IRQ)), 0);
    io_write32(APLIC_M_BASE + SOURCECFG(UART_IRQ), DELEGATE);
    io_write32(APLIC_S_BASE + TARGET(UART_IRQ), 7);
    check("no target while inactive", io_read32(APLIC_S_BASE + TARGET(UART_IRQ)), 0);
    io_write32(APLIC_S_BASE + SOURCECFG(UART_IRQ), SM_LEVEL1);
    io_write32(APLIC_S_BASE + TARGET(UART_IRQ), 7);
    io_write32(APLIC_S_BASE + SETIENUM, UART_IRQ);
    io_write32(APLIC_S_BASE + SETIPNUM, UART_IRQ);
    check("a low level cannot be set", csr_read(CSR_STOPEI), 0);
    io_write32(APLIC_M_BASE + SOURCECFG(UART_IRQ), 0);
    check("taken back", io_read32(APLIC_S_BASE + SETIE(0)), 0);
}

int main(void)
{
    csr_write(mie, 0);
    csr_write(mideleg, 0);
    set_mtimecmp(0, ~0ul);
    aliases();
    filtered();
    file();
    beyond();
    aplic();
    return 0;
}
