/* SPDX-License-Identifier: BSD-2-Clause */
/* The GIC's virtual CPU interface of arch-aarch64: list registers, what EL1 sees of them, and
 * maintenance interrupts. */
#include <criterion/criterion.h>
#include "aarch64_fake.h"

#define ICH_HCR   A64_SYS(3, 4, 12, 11, 0)
#define ICH_VTR   A64_SYS(3, 4, 12, 11, 1)
#define ICH_MISR  A64_SYS(3, 4, 12, 11, 2)
#define ICH_EISR  A64_SYS(3, 4, 12, 11, 3)
#define ICH_ELRSR A64_SYS(3, 4, 12, 11, 5)
#define ICH_VMCR  A64_SYS(3, 4, 12, 11, 7)
#define ICH_LR(n) A64_SYS(3, 4, 12, 12, n)
#define PMR       A64_SYS(3, 0, 4, 6, 0)
#define IAR0      A64_SYS(3, 0, 12, 8, 0)
#define DIR       A64_SYS(3, 0, 12, 11, 1)
#define RPR       A64_SYS(3, 0, 12, 11, 3)
#define IAR1      A64_SYS(3, 0, 12, 12, 0)
#define EOIR1     A64_SYS(3, 0, 12, 12, 1)
#define HPPIR1    A64_SYS(3, 0, 12, 12, 2)
#define BPR1      A64_SYS(3, 0, 12, 12, 3)
#define CTLR      A64_SYS(3, 0, 12, 12, 4)
#define IGRPEN1   A64_SYS(3, 0, 12, 12, 7)

#define PENDING   (1ull << 62)
#define HW        (1ull << 61)
#define GROUP1    (1ull << 60)
#define PRIO(n)   ((uint64_t)(n) << 48)
#define PINTID(n) ((uint64_t)(n) << 32)

/* At EL1 under a hypervisor; group 1 is on and lets all priorities through. */
static struct fake *new_guest(void)
{
    struct fake *f = fake_new(true, false);

    f->s->hcr |= HCR_IMO | HCR_FMO;
    f->s->daif = 0;
    fake_set(f, ICH_HCR, 1);
    fake_el(f, 1);
    fake_set(f, PMR, 0xff);
    fake_set(f, IGRPEN1, 1);
    return f;
}

static void inject(struct fake *f, uint32_t n, uint64_t lr)
{
    uint64_t el = f->s->el;

    fake_el(f, 2);
    fake_set(f, ICH_LR(n), lr);
    fake_el(f, (uint32_t)el);
}

static uint64_t control(struct fake *f, uint32_t number)
{
    uint64_t el = f->s->el, value;

    fake_el(f, 2);
    value = fake_value(f, number);
    fake_el(f, (uint32_t)el);
    return value;
}

Test(aarch64_vgic, an_interrupt_from_end_to_end)
{
    struct fake *f = new_guest();

    cr_expect_eq(control(f, ICH_VTR) & 31, A64_LIST_REGISTERS - 1);
    cr_expect_not(a64_interrupt_pending(f->cpu));
    inject(f, 2, PENDING | GROUP1 | PRIO(0x80) | 27);
    cr_expect(a64_interrupt_pending(f->cpu));
    cr_expect_eq(fake_value(f, HPPIR1), 27);
    cr_expect_eq(fake_value(f, IAR0), 1023, "it is of the other group");
    cr_expect_eq(fake_value(f, IAR1), 27);
    cr_expect_not(a64_interrupt_pending(f->cpu));
    cr_expect_eq(fake_value(f, RPR), 0x80);
    cr_expect_eq(control(f, ICH_LR(2)) >> 62, 2, "active");
    cr_expect_eq(control(f, ICH_ELRSR), 0xb);
    fake_set(f, EOIR1, 27);
    cr_expect_eq(control(f, ICH_LR(2)) >> 62, 0);
    cr_expect_eq(fake_value(f, RPR), 0xff);
    cr_expect_eq(control(f, ICH_ELRSR), 0xf);
    fake_free(f);
}

Test(aarch64_vgic, priorities)
{
    struct fake *f = new_guest();

    inject(f, 0, PENDING | GROUP1 | PRIO(0xa0) | 40);
    inject(f, 1, PENDING | GROUP1 | PRIO(0x60) | 41);
    cr_expect_eq(fake_value(f, IAR1), 41, "the higher one first");
    cr_expect_not(a64_interrupt_pending(f->cpu), "0xa0 waits");
    inject(f, 2, PENDING | GROUP1 | PRIO(0x20) | 42);
    cr_expect_eq(fake_value(f, IAR1), 42, "preempts");
    cr_expect_eq(fake_value(f, IAR1), 1023);
    fake_set(f, EOIR1, 42);
    fake_set(f, EOIR1, 41);
    cr_expect(a64_interrupt_pending(f->cpu));
    fake_set(f, PMR, 0xa0);
    cr_expect_not(a64_interrupt_pending(f->cpu), "masked");
    fake_set(f, PMR, 0xa8);
    cr_expect(a64_interrupt_pending(f->cpu));
    fake_set(f, IGRPEN1, 0);
    cr_expect_not(a64_interrupt_pending(f->cpu));
    cr_expect_eq(fake_value(f, HPPIR1), 1023);
    fake_free(f);
}

Test(aarch64_vgic, binary_point)
{
    struct fake *f = new_guest();

    fake_set(f, BPR1, 0);
    cr_expect_eq(fake_value(f, BPR1), 3, "the least");
    fake_set(f, BPR1, 7);
    inject(f, 0, PENDING | GROUP1 | PRIO(0x78) | 40);
    cr_expect_eq(fake_value(f, IAR1), 40);
    inject(f, 1, PENDING | GROUP1 | PRIO(0x08) | 41);
    cr_expect_not(a64_interrupt_pending(f->cpu), "one group of priorities up to 0x7f");
    fake_set(f, BPR1, 4);
    cr_expect(a64_interrupt_pending(f->cpu) == false, "what is active was of priority 0");
    fake_set(f, EOIR1, 40);
    cr_expect(a64_interrupt_pending(f->cpu));
    fake_free(f);
}

Test(aarch64_vgic, hardware_interrupts_end_in_the_distributor)
{
    struct fake *f = new_guest();

    inject(f, 0, PENDING | GROUP1 | HW | PINTID(33) | 50);
    fake_set(f, CTLR, 2); /* EOImode */
    cr_expect_eq(fake_value(f, CTLR) & 3, 2);
    cr_expect_eq(fake_value(f, IAR1), 50);
    f->port_accesses = 0;
    fake_set(f, EOIR1, 50);
    cr_expect_eq(f->port_accesses, 0, "priority drop only");
    fake_set(f, DIR, 50);
    cr_expect_eq(f->port_accesses, 1);
    cr_expect_eq(f->port_reg, DIR);
    cr_expect_eq(f->port_value, 33);
    cr_expect_eq(control(f, ICH_LR(0)) >> 62, 0);
    fake_free(f);
}

Test(aarch64_vgic, lpis_have_no_active_state)
{
    struct fake *f = new_guest();

    inject(f, 0, PENDING | GROUP1 | 8195);
    cr_expect_eq(fake_value(f, IAR1), 8195);
    cr_expect_eq(control(f, ICH_LR(0)) >> 62, 0);
    fake_set(f, EOIR1, 8195);
    cr_expect_eq(control(f, ICH_HCR) >> 27, 0);
    fake_free(f);
}

Test(aarch64_vgic, maintenance)
{
    struct fake *f = new_guest();
    const uint64_t line = A64_LINE_BIT(A64_LINE_MAINTENANCE);

    inject(f, 1, PENDING | GROUP1 | 1ull << 41 | 60); /* tell of its end */
    cr_expect_eq(f->lines & line, 0);
    cr_expect_eq(fake_value(f, IAR1), 60);
    fake_set(f, EOIR1, 60);
    cr_expect_eq(control(f, ICH_EISR), 2);
    cr_expect_eq(control(f, ICH_MISR), 1);
    cr_expect(f->lines & line);
    inject(f, 1, 0);
    cr_expect_eq(f->lines & line, 0);
    fake_el(f, 2);
    fake_set(f, ICH_HCR, 1 | 1u << 3); /* NPIE: nothing is pending */
    cr_expect_eq(fake_value(f, ICH_MISR), 8);
    cr_expect(f->lines & line);
    fake_set(f, ICH_HCR, 1 | 1u << 6 | 1u << 7); /* group 1 on, off */
    cr_expect_eq(fake_value(f, ICH_MISR), 1u << 6);
    fake_set(f, ICH_HCR, 1 | 1u << 2);
    cr_expect_eq(fake_value(f, ICH_MISR), 0);
    f->s->ich_apr[1] = 1u << 16;
    fake_el(f, 1);
    fake_set(f, EOIR1, 99); /* of no list register */
    cr_expect_eq(control(f, ICH_HCR) >> 27 & 31, 1);
    cr_expect_eq(control(f, ICH_MISR), 4);
    fake_free(f);
}

Test(aarch64_vgic, registers)
{
    struct fake *f = new_guest();
    uint64_t value;

    fake_el(f, 2);
    cr_expect_not(fake_read(f, ICH_LR(4), &value), "there are four");
    cr_expect_not(fake_read(f, A64_SYS(3, 4, 12, 8, 1), &value), "one word of active priorities");
    cr_expect_eq(fake_value(f, ICH_VMCR), 0xf84c000a);
    fake_set(f, ICH_VMCR, 0);
    cr_expect_eq(fake_value(f, ICH_VMCR), 0x004c0008);
    fake_set(f, ICH_LR(3), UINT64_MAX);
    cr_expect_eq(fake_value(f, ICH_LR(3)), 0xf0f81fffffffffff);
    fake_free(f);
}
