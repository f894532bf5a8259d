/* SPDX-License-Identifier: BSD-2-Clause */
/* Generic timers and performance monitor of arch-aarch64. */
#include <criterion/criterion.h>
#include "aarch64_fake.h"

#define CNTP(op2) A64_SYS(3, 3, 14, 2, op2)
#define CNTV(op2) A64_SYS(3, 3, 14, 3, op2)
enum { TVAL, CTL, CVAL };

static bool line(struct fake *f, uint32_t number)
{
    return atomic_load(&f->cpu->lines) >> number & 1;
}

/* ---- Timers ---- */

Test(aarch64_timer, counters)
{
    struct fake *f = fake_new(true, false);

    f->counter = 1000;
    fake_set(f, A64_SYS(3, 4, 14, 0, 3), 300); /* CNTVOFF_EL2 */
    cr_expect_eq(fake_value(f, A64_SYS(3, 3, 14, 0, 1)), 1000);
    cr_expect_eq(fake_value(f, A64_SYS(3, 3, 14, 0, 2)), 700);
    cr_expect_eq(fake_value(f, A64_SYS(3, 3, 14, 0, 0)), 62500000);
    fake_set(f, A64_SYS(3, 3, 14, 0, 0), 1000000); /* by the highest level only */
    f->s->hcr |= HCR_E2H;
    cr_expect_eq(fake_value(f, A64_SYS(3, 3, 14, 0, 2)), 1000, "a host sees no offset");
    fake_el(f, 1);
    cr_expect_eq(fake_value(f, A64_SYS(3, 3, 14, 0, 0)), 1000000);
    cr_expect_not(fake_write(f, A64_SYS(3, 3, 14, 0, 0), 1));
    fake_free(f);
}

Test(aarch64_timer, compare)
{
    struct fake *f = fake_new(false, false);

    f->counter = 1000;
    fake_set(f, CNTV(CVAL), 1500);
    fake_set(f, CNTV(CTL), 1);
    cr_expect_eq(f->deadline[A64_LINE_CNTV], 1500);
    cr_expect_eq(fake_value(f, CNTV(TVAL)), 500);
    cr_expect_eq(fake_value(f, CNTV(CTL)), 1);
    f->counter = 1500;
    cr_expect_eq(fake_value(f, CNTV(CTL)), 5, "ISTATUS");
    fake_set(f, CNTV(CTL), 3);
    cr_expect_eq(f->deadline[A64_LINE_CNTV], UINT64_MAX, "masked");
    cr_expect_eq(fake_value(f, CNTV(CTL)), 7);
    fake_set(f, CNTV(CTL), 1);
    cr_expect(line(f, A64_LINE_CNTV));
    fake_set(f, CNTV(TVAL), UINT32_MAX); /* -1 */
    cr_expect_eq(fake_value(f, CNTV(CVAL)), 1499);
    cr_expect(line(f, A64_LINE_CNTV));
    fake_set(f, CNTV(TVAL), 10);
    cr_expect_not(line(f, A64_LINE_CNTV));
    cr_expect_eq(f->deadline[A64_LINE_CNTV], 1510);
    fake_set(f, CNTV(CVAL), UINT64_MAX);
    cr_expect_eq(f->deadline[A64_LINE_CNTV], UINT64_MAX, "never");
    fake_set(f, CNTV(CTL), 0);
    cr_expect_eq(fake_value(f, CNTV(CTL)), 0);
    fake_free(f);
}

Test(aarch64_timer, each_has_its_line)
{
    static const struct {
        uint32_t number, line;
    } timers[] = {
        {CNTP(0), A64_LINE_CNTP},
        {CNTV(0), A64_LINE_CNTV},
        {A64_SYS(3, 4, 14, 2, 0), A64_LINE_CNTHP},
        {A64_SYS(3, 4, 14, 3, 0), A64_LINE_CNTHV},
        {A64_SYS(3, 7, 14, 2, 0), A64_LINE_CNTPS},
    };

    for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
        struct fake *f = fake_new(true, true);
        f->counter = 100;
        fake_set(f, timers[i].number + CVAL, 50);
        fake_set(f, timers[i].number + CTL, 1);
        cr_expect_eq(atomic_load(&f->cpu->lines), A64_LINE_BIT(timers[i].line), "timer %zu", i);
        fake_free(f);
    }
}

Test(aarch64_timer, the_offset_moves_the_virtual_deadline)
{
    struct fake *f = fake_new(true, false);

    f->counter = 1000;
    fake_set(f, CNTV(CVAL), 1500);
    fake_set(f, CNTV(CTL), 1);
    fake_set(f, A64_SYS(3, 4, 14, 0, 3), 300);
    cr_expect_eq(f->deadline[A64_LINE_CNTV], 1800);
    fake_set(f, A64_SYS(3, 4, 14, 0, 3), 2000); /* the virtual counter is about to wrap */
    cr_expect(line(f, A64_LINE_CNTV), "its value is larger than any compare value");
    fake_free(f);
}

Test(aarch64_timer, secure_timer)
{
    struct fake *f = fake_new(true, true);
    const uint32_t ctl = A64_SYS(3, 7, 14, 2, CTL);
    uint64_t value;

    fake_el(f, 1);
    cr_expect_not(fake_read(f, ctl, &value));
    cr_expect_eq(A64_TRAP_TARGET_OF(f->cpu->fault.code), 3, "Secure EL1, SCR.ST is clear");
    f->s->scr |= SCR_ST;
    cr_expect(fake_read(f, ctl, &value));
    f->s->scr |= SCR_NS;
    cr_expect_not(fake_read(f, ctl, &value));
    cr_expect_eq(f->cpu->fault.code, A64_ESR(A64_EC_UNDEFINED, 0));
    fake_free(f);
}

/* ---- Performance monitor ---- */

#define PMCR       A64_SYS(3, 3, 9, 12, 0)
#define CNTENSET   A64_SYS(3, 3, 9, 12, 1)
#define CNTENCLR   A64_SYS(3, 3, 9, 12, 2)
#define OVSCLR     A64_SYS(3, 3, 9, 12, 3)
#define OVSSET     A64_SYS(3, 3, 9, 14, 3)
#define SWINC      A64_SYS(3, 3, 9, 12, 4)
#define SELR       A64_SYS(3, 3, 9, 12, 5)
#define CCNTR      A64_SYS(3, 3, 9, 13, 0)
#define XEVTYPER   A64_SYS(3, 3, 9, 13, 1)
#define XEVCNTR    A64_SYS(3, 3, 9, 13, 2)
#define INTENSET   A64_SYS(3, 0, 9, 14, 1)
#define EVCNTR(n)  A64_SYS(3, 3, 14, 8, n)
#define EVTYPER(n) A64_SYS(3, 3, 14, 12, n)
#define CCFILTR    A64_SYS(3, 3, 14, 15, 7)
#define CYCLE      (1ull << 31)

Test(aarch64_pmu, counts)
{
    struct fake *f = fake_new(false, false);

    cr_expect_eq(fake_value(f, PMCR) >> 11 & 31, A64_EVENT_COUNTERS);
    fake_set(f, EVTYPER(1), 0x08); /* instructions */
    fake_set(f, CNTENSET, CYCLE | 2);
    f->retired = 50;
    cr_expect_eq(fake_value(f, CCNTR), 0, "PMCR.E is clear");
    fake_set(f, PMCR, 1);
    f->retired = 80;
    cr_expect_eq(fake_value(f, CCNTR), 30);
    cr_expect_eq(fake_value(f, EVCNTR(1)), 30);
    cr_expect_eq(fake_value(f, EVCNTR(0)), 0);
    fake_set(f, CNTENCLR, 2);
    f->retired = 100;
    cr_expect_eq(fake_value(f, EVCNTR(1)), 30);
    fake_set(f, SELR, 1);
    fake_set(f, XEVCNTR, 7);
    cr_expect_eq(fake_value(f, EVCNTR(1)), 7);
    cr_expect_eq(fake_value(f, XEVTYPER), 8);
    fake_set(f, SELR, 31);
    fake_set(f, XEVTYPER, 1ull << 31); /* PMCCFILTR: not at EL1 */
    cr_expect_eq(fake_value(f, CCFILTR), 1ull << 31);
    f->retired = 200;
    cr_expect_eq(fake_value(f, CCNTR), 50);
    fake_set(f, PMCR, 1 | 2 | 4); /* reset both kinds */
    cr_expect_eq(fake_value(f, CCNTR), 0);
    cr_expect_eq(fake_value(f, EVCNTR(1)), 0);
    fake_free(f);
}

Test(aarch64_pmu, filters_by_level)
{
    struct fake *f = fake_new(false, false);

    fake_set(f, EVTYPER(0), 0x08 | 1ull << 31); /* EL0 only */
    fake_set(f, EVTYPER(1), 0x08 | 1ull << 30); /* EL1 only */
    fake_set(f, CNTENSET, 3);
    fake_set(f, PMCR, 1);
    f->retired = 10;
    f->s->spsr[1] = 0;
    a64_exception_return(f->cpu, 0);
    cr_expect_eq(f->s->el, 0);
    f->retired = 17;
    f->cpu->fault = (struct vm_fault){.kind = VM_FAULT_TRAP, .code = A64_ESR(A64_EC_SVC, 0)};
    a64_deliver_fault(f->cpu);
    f->retired = 18;
    cr_expect_eq(fake_value(f, EVCNTR(0)), 7);
    cr_expect_eq(fake_value(f, EVCNTR(1)), 11);
    fake_free(f);
}

Test(aarch64_pmu, overflow)
{
    struct fake *f = fake_new(false, false);

    f->counter = 1000;
    fake_set(f, EVTYPER(0), 0x08);
    fake_set(f, EVCNTR(0), UINT32_MAX - 9);
    fake_set(f, CNTENSET, 1);
    fake_set(f, INTENSET, 1);
    fake_set(f, PMCR, 1);
    cr_expect(f->deadline[A64_LINE_POLL] > 1000 && f->deadline[A64_LINE_POLL] != UINT64_MAX,
              "looks again");
    f->retired = 9;
    cr_expect_eq(fake_value(f, OVSSET), 0);
    f->retired = 15;
    f->counter = f->deadline[A64_LINE_POLL];
    f->cpu->host->counter_compare(f->cpu, A64_LINE_POLL, f->counter);
    a64_deliver_interrupt(f->cpu);
    cr_expect(line(f, A64_LINE_PMU));
    cr_expect_not(line(f, A64_LINE_POLL));
    cr_expect_eq(fake_value(f, OVSCLR), 1);
    cr_expect_eq(fake_value(f, EVCNTR(0)), 5);
    fake_set(f, OVSCLR, 1);
    cr_expect_not(line(f, A64_LINE_PMU));
    fake_set(f, OVSSET, 1);
    cr_expect(line(f, A64_LINE_PMU));
    fake_set(f, PMCR, 0);
    cr_expect_not(line(f, A64_LINE_PMU));
    fake_free(f);
}

Test(aarch64_pmu, cycle_counter_overflows_at_32_or_64_bits)
{
    struct fake *f = fake_new(false, false);

    fake_set(f, CNTENSET, CYCLE);
    fake_set(f, PMCR, 1);
    fake_set(f, CCNTR, UINT32_MAX);
    f->retired = 1;
    cr_expect_eq(fake_value(f, OVSSET), CYCLE);
    cr_expect_eq(fake_value(f, CCNTR), 1ull << 32);
    fake_set(f, OVSCLR, CYCLE);
    fake_set(f, PMCR, 1 | 1u << 6); /* LC */
    fake_set(f, CCNTR, UINT32_MAX);
    f->retired = 2;
    cr_expect_eq(fake_value(f, OVSSET), 0);
    fake_set(f, CCNTR, UINT64_MAX);
    f->retired = 3;
    cr_expect_eq(fake_value(f, OVSSET), CYCLE);
    fake_free(f);
}

Test(aarch64_pmu, software_increment)
{
    struct fake *f = fake_new(false, false);

    fake_set(f, CNTENSET, 7);
    fake_set(f, EVTYPER(2), 0x11);
    fake_set(f, PMCR, 1);
    fake_set(f, SWINC, 5); /* counter 0 counts event 0, counter 2 cycles */
    cr_expect_eq(fake_value(f, EVCNTR(0)), 1);
    cr_expect_eq(fake_value(f, EVCNTR(2)), 0);
    fake_free(f);
}

/* ---- Saved state ---- */

Test(aarch64_saved, registers_come_back)
{
    struct fake *f = fake_new(true, true);
    uint64_t values[A64_N_VM_SYSREGS];

    for (uint32_t i = 0; i < A64_N_VM_SYSREGS; i++) {
        values[i] = 0x1000 + i;
        a64_vm_sysregs[i].set(f->cpu, values[i]);
    }
    f->s->pmcr = 0;
    for (uint32_t i = 0; i < A64_N_VM_SYSREGS; i++) {
        if (strcmp(a64_vm_sysregs[i].name, "pmcr") != 0)
            cr_expect_eq(a64_vm_sysregs[i].get(f->cpu), values[i], "%s", a64_vm_sysregs[i].name);
        for (uint32_t j = 0; j < i; j++)
            cr_expect_str_neq(a64_vm_sysregs[i].name, a64_vm_sysregs[j].name);
    }
    fake_free(f);
}

Test(aarch64_saved, timers_are_armed_again)
{
    struct fake *f = fake_new(false, false);
    struct vm_cpu_mode mode;

    f->s->timer[A64_CNTV] = (struct a64_timer){.ctl = 1, .cval = 77};
    for (uint32_t i = 0; i < A64_N_VM_SYSREGS; i++)
        a64_vm_sysregs[i].set(f->cpu, a64_vm_sysregs[i].get(f->cpu));
    cr_expect_eq(f->deadline[A64_LINE_CNTV], 0);
    a64_mode(f->cpu, &mode);
    cr_expect_eq(f->deadline[A64_LINE_CNTV], 77);
    fake_free(f);
}
