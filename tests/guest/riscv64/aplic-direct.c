/* SPDX-License-Identifier: BSD-2-Clause */
/* APLIC that delivers to the hart itself: priorities, thresholds, claims, the UART as source. */
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

static uint64_t external(void)
{
    return csr_read(mip) & (BIT(IRQ_MEI) | BIT(IRQ_SEI));
}

static void open_domain(uint64_t domain)
{
    wr(domain, DOMAINCFG, DOMAINCFG_IE);
    check("direct", rd(domain, DOMAINCFG), 0x80000000 | DOMAINCFG_IE);
    wr(domain, IDELIVERY, 1);
    check("idelivery", rd(domain, IDELIVERY), 1);
    wr(domain, ITHRESHOLD, 0);
}

/* The UART in one domain, whose line is `bit` of mip. */
static void uart(uint64_t domain, uint64_t bit)
{
    open_domain(domain);
    wr(domain, SOURCECFG(UART_IRQ), SM_LEVEL1);
    wr(domain, TARGET(UART_IRQ), 3);
    check("target", rd(domain, TARGET(UART_IRQ)), 3);
    wr(domain, SETIENUM, UART_IRQ);
    check("quiet", external(), 0);
    uart_raise();
    check("pending", rd(domain, SETIP(0)), BIT(UART_IRQ));
    check("line", external(), bit);
    check("topi", rd(domain, TOPI_IDC), UART_IRQ << 16 | 3);
    wr(domain, ITHRESHOLD, 3);
    check("threshold", external(), 0);
    wr(domain, ITHRESHOLD, 4);
    check("below it", external(), bit);
    wr(domain, IDELIVERY, 0);
    check("no delivery", external(), 0);
    wr(domain, IDELIVERY, 1);
    wr(domain, DOMAINCFG, 0);
    check("domain off", external(), 0);
    wr(domain, DOMAINCFG, DOMAINCFG_IE);
    check("claim", rd(domain, CLAIMI), UART_IRQ << 16 | 3);
    check("a level stays", external(), bit);
    uart_lower();
    check("until it falls", external(), 0);
    check("nothing to claim", rd(domain, CLAIMI), 0);
    wr(domain, SOURCECFG(UART_IRQ), 0);
}

static void priorities(void)
{
    set_case("priorities");
    wr(APLIC_M_BASE, ITHRESHOLD, 0);
    for (unsigned i = 1; i <= 8; i++) {
        wr(APLIC_M_BASE, SOURCECFG(i), SM_DETACHED);
        wr(APLIC_M_BASE, TARGET(i), i % 2 ? 2 : 1);
        wr(APLIC_M_BASE, SETIENUM, i);
    }
    wr(APLIC_M_BASE, SETIP(0), ~0u);
    check("pending", rd(APLIC_M_BASE, SETIP(0)), 0x1fe);
    for (unsigned i = 0; i < 8; i++) {
        unsigned source = i < 4 ? 2 * i + 2 : 2 * (i - 4) + 1;

        set_case_number(i);
        check("line", external(), BIT(IRQ_MEI));
        check("claim", rd(APLIC_M_BASE, CLAIMI), source << 16 | (i < 4 ? 1 : 2));
    }
    set_case("priorities");
    check("all claimed", external(), 0);
    wr(APLIC_M_BASE, IFORCE, 1);
    check("forced", external(), BIT(IRQ_MEI));
    check("spurious", rd(APLIC_M_BASE, CLAIMI), 0);
    check("once", external(), 0);
    for (unsigned i = 1; i <= 8; i++)
        wr(APLIC_M_BASE, SOURCECFG(i), 0);
}

static void taken(void)
{
    struct trap t;

    set_case("taken");
    csr_write(mie, BIT(IRQ_MEI) | BIT(IRQ_SEI));
    csr_write(mideleg, BIT(IRQ_SEI));
    csr_write(stvec, (uint64_t)stub_strap);
    csr_set(mstatus, MSTATUS_SIE);
    wr(APLIC_S_BASE, SOURCECFG(UART_IRQ), SM_LEVEL1);
    wr(APLIC_S_BASE, TARGET(UART_IRQ), 1);
    wr(APLIC_S_BASE, SETIENUM, UART_IRQ);
    uart_raise();
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("S handler", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("scause", csr_read(scause), CAUSE_IRQ | IRQ_SEI);
    uart_lower();
    csr_write(mie, 0);
}

int main(void)
{
    csr_write(mie, 0);
    set_mtimecmp(0, ~0ul);
    set_case("root");
    uart(APLIC_M_BASE, BIT(IRQ_MEI));
    set_case("child");
    wr(APLIC_M_BASE, SOURCECFG(UART_IRQ), DELEGATE);
    uart(APLIC_S_BASE, BIT(IRQ_SEI));
    priorities();
    taken();
    return 0;
}
