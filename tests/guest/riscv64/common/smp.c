/* SPDX-License-Identifier: BSD-2-Clause */
/* Running one function on all harts at once; the number of harts is found at run time. */
#include "smp.h"

#define CLOSED       BIT(32) /* in reported: later harts are not counted any more */
#define REPORT_TICKS 2000000 /* of mtime: 0.2 s at 10 MHz */

static volatile uint64_t reported;
static volatile uint64_t harts_running = 1;
static volatile uint64_t arrived, sense;
static volatile uint64_t generation;
static volatile smp_job current_job;
static volatile uint64_t errors[MAX_HARTS];
static void (*volatile ipi_action)(void);
static volatile uint64_t ipi_acks;

void secondary_main(unsigned hart);

void smp_barrier(void)
{
    uint64_t old = sense;

    if (amo_add(&arrived, 1) + 1 == harts_running) {
        arrived = 0;
        store_release(&sense, !old);
        return;
    }
    while (load_acquire(&sense) == old)
        __asm__ volatile(".4byte 0x0100000f"); /* pause */
}

/* The harts that count are 1 .. n: a hart whose number is beyond them parks. */
void secondary_main(unsigned hart)
{
    uint64_t seen = 0;

    if (amo_add(&reported, 1) & CLOSED)
        return;
    for (;;) {
        while (load_acquire(&generation) == seen)
            __asm__ volatile(".4byte 0x0100000f");
        seen++;
        if (hart >= harts_running)
            fail_now("hart numbers have a gap");
        current_job(hart, (unsigned)harts_running);
        smp_barrier();
    }
}

unsigned smp_start(void)
{
    uint64_t last = 0, until = mtime() + REPORT_TICKS;

    while (mtime() < until) {
        if (load_acquire(&reported) != last) {
            last = reported;
            until = mtime() + REPORT_TICKS;
        }
    }
    last = __atomic_fetch_or(&reported, CLOSED, __ATOMIC_SEQ_CST);
    harts_running = last + 1;
    print_dec(harts_running);
    print(" harts\n");
    return (unsigned)harts_running;
}

void smp_run(smp_job job)
{
    current_job = job;
    store_release(&generation, generation + 1);
    job(0, (unsigned)harts_running);
    smp_barrier();
}

void smp_error(unsigned hart)
{
    errors[hart]++;
}

void smp_check(const char *name)
{
    for (unsigned i = 0; i < harts_running; i++) {
        set_case_number(i);
        check(name, errors[i], 0);
        errors[i] = 0;
    }
    set_case(NULL);
}

static void ipi_hook(uint64_t cause)
{
    if (cause != (CAUSE_IRQ | IRQ_MSI))
        fail_now("an interrupt that is no IPI");
    set_msip((unsigned)this_hart()->id, 0);
    fence_rw();
    ipi_action();
    amo_add(&ipi_acks, 1);
}

static void enable_ipi(unsigned hart, unsigned harts_now)
{
    (void)harts_now;
    harts[hart].hook = ipi_hook;
    csr_set(mie, BIT(IRQ_MSI));
}

void smp_set_ipi(void (*action)(void))
{
    ipi_action = action;
    smp_run(enable_ipi);
}

void smp_ipi_others(unsigned self)
{
    ipi_acks = 0;
    fence_rw();
    for (unsigned i = 0; i < harts_running; i++)
        if (i != self)
            set_msip(i, 1);
    while (load_acquire(&ipi_acks) != harts_running - 1)
        ;
}
