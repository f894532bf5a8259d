/* SPDX-License-Identifier: BSD-2-Clause */
/* The order in which interrupts that are pending together are taken. */
#include "stubs.h"

#define NEVER (~0ul)
#define ALL_S (BIT(IRQ_SSI) | BIT(IRQ_STI) | BIT(IRQ_SEI))

static void quiet(void)
{
    csr_write(mie, 0);
    csr_write(mip, 0);
    csr_write(mideleg, 0);
    csr_clear(mstatus, MSTATUS_SIE | MSTATUS_MIE);
    set_msip(0, 0);
    set_mtimecmp(0, NEVER);
}

/* Enters a loop that makes an ecall after enough rounds: a pending interrupt must come first. */
static uint64_t loop(void)
{
    uint64_t n = 20000;

    __asm__ volatile("1: addi %0, %0, -1; bnez %0, 1b" : "+r"(n));
    return n;
}

static void run_loop(struct trap *t, unsigned mode_and_flags)
{
    enter(t, mode_and_flags, (uint64_t)loop, 0, 0);
}

/* MEI, MSI, MTI, SEI, SSI, STI: of all that are pending, the first of this order is taken */
static void priority(void)
{
    static const unsigned order[] = {IRQ_MSI, IRQ_MTI, IRQ_SEI, IRQ_SSI, IRQ_STI};
    struct trap t;

    for (unsigned set = 1; set < 32; set++) {
        uint64_t pending = 0;
        unsigned first = 0;

        quiet();
        for (unsigned i = ARRAY_SIZE(order); i-- > 0;) {
            if (set >> i & 1) {
                pending |= BIT(order[i]);
                first = order[i];
            }
        }
        set_case("priority");
        set_case_number(set);
        csr_write(mip, pending & ALL_S);
        set_msip(0, pending & BIT(IRQ_MSI) ? 1 : 0);
        set_mtimecmp(0, pending & BIT(IRQ_MTI) ? 0 : NEVER);
        csr_write(mie, 0xaaa);
        run_loop(&t, MODE_S);
        check("the first of the order", t.cause, CAUSE_IRQ | first);
        check("mip shows all", csr_read(mip) & 0xaaa, pending);

        /* an interrupt that is not delegated goes before one that is, whatever the order */
        csr_write(mideleg, ALL_S);
        csr_set(mstatus, MSTATUS_SIE);
        run_loop(&t, MODE_S);
        if (pending & ~ALL_S)
            check("M-level before delegated", t.cause & ~0xfful, CAUSE_IRQ);
        else
            check("delegated in the order", csr_read(scause), CAUSE_IRQ | first);
    }
    quiet();
    set_case(NULL);
}

int main(void)
{
    quiet();
    priority();
    return 0;
}
