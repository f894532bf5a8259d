/* SPDX-License-Identifier: BSD-2-Clause */
/* APLIC that sends messages: domains, source modes, the UART's interrupt at both levels. */
#include "aia.h"
#include "stubs.h"

static uint32_t rd(uint64_t domain, uint64_t offset)
{
    return io_read32(domain + offset);
}

static void wr(uint64_t domain, uint64_t offset, uint32_t value)
{
    io_write32(domain + offset, value);
}

static void open_files(void)
{
    m_write(EIDELIVERY, 1);
    s_write(EIDELIVERY, 1);
    for (unsigned word = 0; word < 4; word++) {
        m_write(EIE(word), ~0ul);
        s_write(EIE(word), ~0ul);
    }
}

static void registers(void)
{
    set_case("registers");
    check("domaincfg", rd(APLIC_M_BASE, DOMAINCFG), 0x80000000 | DOMAINCFG_DM);
    wr(APLIC_M_BASE, DOMAINCFG, DOMAINCFG_IE | DOMAINCFG_DM);
    wr(APLIC_S_BASE, DOMAINCFG, DOMAINCFG_IE | DOMAINCFG_DM);
    check("on", rd(APLIC_S_BASE, DOMAINCFG), 0x80000000 | DOMAINCFG_DM | DOMAINCFG_IE);
    wr(APLIC_M_BASE, MMSIADDRCFG, IMSIC_M_BASE >> 12);
    wr(APLIC_M_BASE, MMSIADDRCFGH, 0);
    wr(APLIC_M_BASE, SMSIADDRCFG, IMSIC_S_BASE >> 12);
    wr(APLIC_M_BASE, SMSIADDRCFGH, 0);
    check("address", rd(APLIC_M_BASE, MMSIADDRCFG), IMSIC_M_BASE >> 12);
    check("address of the other level", rd(APLIC_M_BASE, SMSIADDRCFG), IMSIC_S_BASE >> 12);
    wr(APLIC_M_BASE, SOURCECFG(5), DELEGATE);
    check("delegated", rd(APLIC_M_BASE, SOURCECFG(5)), DELEGATE);
    wr(APLIC_S_BASE, SOURCECFG(5), SM_EDGE1);
    check("the child's", rd(APLIC_S_BASE, SOURCECFG(5)), SM_EDGE1);
    wr(APLIC_S_BASE, SOURCECFG(5), 0);
    check("inactive", rd(APLIC_S_BASE, SOURCECFG(5)), 0);
    wr(APLIC_M_BASE, SOURCECFG(5), 0);
}

static void detached(void)
{
    set_case("detached");
    wr(APLIC_M_BASE, SOURCECFG(5), DELEGATE);
    wr(APLIC_S_BASE, SOURCECFG(5), SM_DETACHED);
    wr(APLIC_S_BASE, TARGET(5), 40);
    check("target", rd(APLIC_S_BASE, TARGET(5)), 40);
    wr(APLIC_S_BASE, SETIPNUM, 5);
    check("pending", rd(APLIC_S_BASE, SETIP(0)), BIT(5));
    check("not sent while disabled", csr_read(CSR_STOPEI), 0);
    wr(APLIC_S_BASE, SETIENUM, 5);
    check("sent", csr_swap(CSR_STOPEI, 0), TOPEI(40));
    check("no more pending", rd(APLIC_S_BASE, SETIP(0)), 0);
    wr(APLIC_S_BASE, SETIPNUM_LE, 5);
    check("sent at once", csr_swap(CSR_STOPEI, 0), TOPEI(40));
    wr(APLIC_S_BASE, DOMAINCFG, DOMAINCFG_DM);
    wr(APLIC_S_BASE, SETIP(0), BIT(5));
    check("domain off", csr_read(CSR_STOPEI), 0);
    wr(APLIC_S_BASE, CLRIPNUM, 5);
    wr(APLIC_S_BASE, DOMAINCFG, DOMAINCFG_DM | DOMAINCFG_IE);
    check("taken back", csr_read(CSR_STOPEI), 0);
    wr(APLIC_S_BASE, GENMSI, 41);
    check("extempore", csr_swap(CSR_STOPEI, 0), TOPEI(41));
    wr(APLIC_M_BASE, GENMSI, 42);
    check("extempore to M", csr_swap(CSR_MTOPEI, 0), TOPEI(42));
    wr(APLIC_S_BASE, SOURCECFG(5), 0);
    wr(APLIC_M_BASE, SOURCECFG(5), 0);
}

static void wire_to_supervisor(void)
{
    set_case("UART to S");
    wr(APLIC_M_BASE, SOURCECFG(UART_IRQ), DELEGATE);
    wr(APLIC_S_BASE, SOURCECFG(UART_IRQ), SM_LEVEL1);
    wr(APLIC_S_BASE, TARGET(UART_IRQ), 50);
    wr(APLIC_S_BASE, SETIENUM, UART_IRQ);
    check("quiet", csr_read(CSR_STOPEI), 0);
    uart_raise();
    check("the wire", rd(APLIC_S_BASE, IN_CLRIP(0)), BIT(UART_IRQ));
    check("one message", csr_swap(CSR_STOPEI, 0), TOPEI(50));
    check("and no more", csr_read(CSR_STOPEI), 0);
    wr(APLIC_S_BASE, SETIPNUM, UART_IRQ);
    check("again, while it is high", csr_swap(CSR_STOPEI, 0), TOPEI(50));
    uart_lower();
    check("the wire fell", rd(APLIC_S_BASE, IN_CLRIP(0)), 0);
    uart_raise();
    check("rose again", csr_swap(CSR_STOPEI, 0), TOPEI(50));
    uart_lower();
    check("nothing at the other level", csr_read(CSR_MTOPEI), 0);
    wr(APLIC_S_BASE, SOURCECFG(UART_IRQ), 0);
}

static void wire_to_machine(void)
{
    struct trap t;

    set_case("UART to M");
    wr(APLIC_M_BASE, SOURCECFG(UART_IRQ), SM_EDGE1);
    wr(APLIC_M_BASE, TARGET(UART_IRQ), 51);
    uart_raise();
    uart_lower();
    check("an edge is remembered", rd(APLIC_M_BASE, SETIP(0)), BIT(UART_IRQ));
    csr_write(mie, BIT(IRQ_MEI));
    wr(APLIC_M_BASE, SETIENUM, UART_IRQ);
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("taken", &t, CAUSE_IRQ | IRQ_MEI, (uint64_t)stub_spin, 0);
    check("claim", csr_swap(CSR_MTOPEI, 0), TOPEI(51));
    check("not in the child", rd(APLIC_S_BASE, SETIP(0)), 0);
    wr(APLIC_M_BASE, SOURCECFG(UART_IRQ), SM_EDGE0);
    uart_raise();
    (void)csr_swap(CSR_MTOPEI, 0); /* the new mode may have found it asserted */
    check("no falling edge yet", csr_swap(CSR_MTOPEI, 0), 0);
    uart_lower();
    check("a falling edge", csr_swap(CSR_MTOPEI, 0), TOPEI(51));
    wr(APLIC_M_BASE, CLRIENUM, UART_IRQ);
    wr(APLIC_M_BASE, SOURCECFG(UART_IRQ), 0);
    csr_write(mie, 0);
}

int main(void)
{
    csr_write(mie, 0);
    set_mtimecmp(0, ~0ul);
    open_files();
    registers();
    detached();
    wire_to_supervisor();
    wire_to_machine();
    return 0;
}
