/* SPDX-License-Identifier: BSD-2-Clause */
/* Harts that interrupt each other by messages: none is lost, none comes twice. */
#include "aia.h"
#include "smp.h"

#define ROUNDS  200
#define PER_TO0 40 /* identities of each hart in hart 0's file */

static volatile uint64_t taken[MAX_HARTS];

static void open_file(void)
{
    csr_write(mie, BIT(IRQ_MEI));
    m_write(EIDELIVERY, 1);
    for (unsigned word = 0; word < 4; word++)
        m_write(EIE(word), ~0ul);
}

static void send(unsigned to, uint32_t identity)
{
    fence_rw();
    io_write32(IMSIC_M_BASE + to * IMSIC_PAGE, identity);
}

/* Sleeps until there is one, and claims it. MIE is off: the interrupt only wakes. */
static uint64_t await(void)
{
    uint64_t top;

    while ((top = csr_swap(CSR_MTOPEI, 0)) == 0)
        __asm__ volatile("wfi");
    return top;
}

/* A token goes round: each hart passes it to the next with an identity of the round's. */
static void ring(unsigned hart, unsigned n)
{
    open_file();
    smp_barrier();
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint32_t identity = 1 + round % 255;

        if (hart == 0)
            send(1 % n, identity);
        if (await() != TOPEI(identity))
            smp_error(hart);
        if (hart != 0)
            send((hart + 1) % n, identity);
        taken[hart]++;
    }
}

/* All harts at once set identities of their own in hart 0's file, which claims each once. */
static void crowd(unsigned hart, unsigned n)
{
    static volatile uint64_t seen[256];

    open_file();
    smp_barrier();
    for (uint32_t i = 0; hart != 0 && i < PER_TO0; i++)
        send(0, (hart - 1) * PER_TO0 + 1 + i);
    for (unsigned i = 0; hart == 0 && i < (n - 1) * PER_TO0; i++) {
        uint64_t identity = await() >> 16;

        if (identity > (n - 1) * PER_TO0 || seen[identity]++ != 0)
            smp_error(hart);
    }
    smp_barrier();
    if (hart == 0 && csr_read(CSR_MTOPEI) != 0)
        smp_error(hart);
}

int main(void)
{
    unsigned n = smp_start();

    check_true("several harts", n > 1);
    smp_run(ring);
    smp_check("ring");
    for (unsigned hart = 0; hart < n; hart++)
        check("rounds of each", taken[hart], ROUNDS);
    smp_run(crowd);
    smp_check("crowd");
    return 0;
}
