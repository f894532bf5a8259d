/* SPDX-License-Identifier: BSD-2-Clause */
/* PLIC with the UART as its source: priority, enables, threshold, claim and complete, both
 * contexts. */
#include "stubs.h"

#define UART_IRQ           10
#define CONTEXT_M          0
#define CONTEXT_S          1
#define PRIORITY(irq)      (PLIC_BASE + 4ul * (irq))
#define PENDING            (PLIC_BASE + 0x1000)
#define ENABLE(context)    (PLIC_BASE + 0x2000 + 0x80ul * (context))
#define THRESHOLD(context) (PLIC_BASE + 0x200000 + 0x1000ul * (context))
#define CLAIM(context)     (THRESHOLD(context) + 4)

#define UART_IER (UART_BASE + 1)
#define UART_IIR (UART_BASE + 2)
#define UART_LSR (UART_BASE + 5)
#define IER_THRE 2

static uint64_t external(void)
{
    return csr_read(mip) & (BIT(IRQ_MEI) | BIT(IRQ_SEI));
}

/* "transmitter empty" is the interrupt that needs no input */
static void uart_raise(void)
{
    while ((io_read8(UART_LSR) & 0x60) != 0x60)
        ;
    io_write8(UART_IER, IER_THRE);
}

static void uart_lower(void)
{
    io_write8(UART_IER, 0);
    (void)io_read8(UART_IIR);
}

static void registers(void)
{
    io_write32(PRIORITY(UART_IRQ), 7);
    check("priority 7", io_read32(PRIORITY(UART_IRQ)), 7);
    io_write32(PRIORITY(UART_IRQ), 1);
    check("priority 1", io_read32(PRIORITY(UART_IRQ)), 1);
    io_write32(PRIORITY(0), 3);
    check("source 0 does not exist", io_read32(PRIORITY(0)), 0);
    io_write32(ENABLE(CONTEXT_M), BIT(UART_IRQ));
    check("enable", io_read32(ENABLE(CONTEXT_M)), BIT(UART_IRQ));
    io_write32(ENABLE(CONTEXT_M), 0);
    io_write32(THRESHOLD(CONTEXT_M), 5);
    check("threshold", io_read32(THRESHOLD(CONTEXT_M)), 5);
    io_write32(THRESHOLD(CONTEXT_M), 0);
    check("nothing to claim", io_read32(CLAIM(CONTEXT_M)), 0);
}

static void claim_complete(unsigned context, uint64_t bit)
{
    set_case_number(context);
    io_write32(PRIORITY(UART_IRQ), 2);
    io_write32(THRESHOLD(context), 0);
    io_write32(ENABLE(context), BIT(UART_IRQ));
    check("quiet at first", external(), 0);
    uart_raise();
    check("pending in the PLIC", io_read32(PENDING) & BIT(UART_IRQ), BIT(UART_IRQ));
    check("line of its context", external(), bit);
    io_write32(THRESHOLD(context), 2);
    check("threshold masks", external(), 0);
    check("a masked one is still pending", io_read32(PENDING) & BIT(UART_IRQ), BIT(UART_IRQ));
    io_write32(THRESHOLD(context), 1);
    check("below the priority it does not", external(), bit);
    io_write32(PRIORITY(UART_IRQ), 0);
    check("priority 0 never interrupts", external(), 0);
    io_write32(PRIORITY(UART_IRQ), 2);
    io_write32(ENABLE(context), 0);
    check("disabled: nothing to claim", io_read32(CLAIM(context)), 0);
    io_write32(ENABLE(context), BIT(UART_IRQ));
    check("claim", io_read32(CLAIM(context)), UART_IRQ);
    check("claimed: the line falls", external(), 0);
    check("not pending", io_read32(PENDING) & BIT(UART_IRQ), 0);
    check("a second claim finds nothing", io_read32(CLAIM(context)), 0);
    uart_lower();
    io_write32(CLAIM(context), UART_IRQ);
    check("completed, source quiet", external(), 0);

    /* completed while the source still asks: pending again */
    uart_raise();
    check("claim again", io_read32(CLAIM(context)), UART_IRQ);
    io_write8(UART_IER, 0);
    io_write8(UART_IER, IER_THRE);
    io_write32(CLAIM(context), UART_IRQ);
    check("completed, source still asking", external(), bit);
    check("claim a last time", io_read32(CLAIM(context)), UART_IRQ);
    uart_lower();
    io_write32(CLAIM(context), UART_IRQ);
    io_write32(ENABLE(context), 0);
    check("quiet at last", external(), 0);
}

static void taken(void)
{
    struct trap t;

    set_case("taken");
    csr_write(mie, BIT(IRQ_MEI) | BIT(IRQ_SEI));
    csr_write(mideleg, BIT(IRQ_SEI));
    csr_write(stvec, (uint64_t)stub_strap);
    csr_set(mstatus, MSTATUS_SIE);
    io_write32(THRESHOLD(CONTEXT_S), 0);
    io_write32(THRESHOLD(CONTEXT_M), 0);

    io_write32(ENABLE(CONTEXT_S), BIT(UART_IRQ));
    uart_raise();
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("S handler", &t, CAUSE_ECALL_S, (uint64_t)stub_strap, ANY);
    check("scause", csr_read(scause), CAUSE_IRQ | IRQ_SEI);
    check("claim by S", io_read32(CLAIM(CONTEXT_S)), UART_IRQ);
    uart_lower();
    io_write32(CLAIM(CONTEXT_S), UART_IRQ);
    io_write32(ENABLE(CONTEXT_S), 0);

    io_write32(ENABLE(CONTEXT_M), BIT(UART_IRQ));
    uart_raise();
    enter(&t, MODE_S, (uint64_t)stub_spin, 0, 0);
    check_trap("M", &t, CAUSE_IRQ | IRQ_MEI, (uint64_t)stub_spin, 0);
    check("claim by M", io_read32(CLAIM(CONTEXT_M)), UART_IRQ);
    uart_lower();
    io_write32(CLAIM(CONTEXT_M), UART_IRQ);
    io_write32(ENABLE(CONTEXT_M), 0);

    /* SEIP by software is ORed with the line, and reads of mip show the OR */
    csr_write(mie, 0);
    csr_write(mip, BIT(IRQ_SEI));
    check("SEIP by software", external(), BIT(IRQ_SEI));
    csr_write(mip, 0);
    check("cleared by software", external(), 0);
    io_write32(ENABLE(CONTEXT_S), BIT(UART_IRQ));
    uart_raise();
    csr_write(mip, 0);
    check("the line cannot be cleared by software", external(), BIT(IRQ_SEI));
    check("claim", io_read32(CLAIM(CONTEXT_S)), UART_IRQ);
    uart_lower();
    io_write32(CLAIM(CONTEXT_S), UART_IRQ);
    check("quiet", external(), 0);
}

int main(void)
{
    csr_write(mie, 0);
    set_mtimecmp(0, ~0ul);
    registers();
    set_case("M context");
    claim_complete(CONTEXT_M, BIT(IRQ_MEI));
    set_case("S context");
    claim_complete(CONTEXT_S, BIT(IRQ_SEI));
    taken();
    return 0;
}
