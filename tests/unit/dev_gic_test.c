/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_gic_test.c - dev-gic as a GICv3: distributor, redistributors, CPU interfaces. Sections are
 * those of IHI 0069H. */
#include "dev_gic_test.h"

#define CPUS 18 /* two clusters */
#define SPI  40u

static void setup(void)
{
    gic_setup(3, CPUS, false);
}

TestSuite(gicv3, .init = setup, .fini = gic_teardown);

/* ---- what there is ---- */

Test(gicv3, identification)
{
    cr_expect_eq(vm_devtest_regions(gic), 2);
    cr_expect_eq(gic_rd(DIST, 0xffe8, 4), 0x3b, "GICv3");
    cr_expect_eq(gic_rd(DIST, 0, 4), 0x50, "affinity routing, one security state");
    cr_expect_eq(gic_rd(DIST, 4, 4) & 0x1f, 8, "256 SPIs");
    cr_expect_eq(gic_rd(DIST, 4, 4) >> 19 & 0x1f, 9, "INTIDs of 10 bits");
    cr_expect_eq(gic_rd(DIST, 4, 4) >> 17 & 1, 0, "no LPIs");
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        uint64_t frame = cpu * 0x20000ull, typer = gic_rd(REDIST, frame + 8, 8);
        cr_expect_eq(typer >> 32, cpu / 16 << 8 | cpu % 16, "affinity");
        cr_expect_eq(typer >> 8 & 0xffff, cpu);
        cr_expect_eq(typer >> 4 & 1, cpu == CPUS - 1, "the last one says so");
        cr_expect_eq(gic_rd(REDIST, frame + 12, 4), typer >> 32);
        cr_expect_eq(gic_rd(REDIST, frame + 0xffe8, 4), 0x3b);
        cr_expect_eq(gic_rd(REDIST, frame + 0x14, 4), 0, "awake, as secure firmware leaves it");
    }
    cr_expect_eq(icc_rd(0, SRE), 7);
    cr_expect_eq(icc_rd(0, CTLR), 0x400, "5 bits of priority");
}

static const struct {
    uint32_t reg, written, read;
} kept[] = {
    {PMR, 0xff, 0xf8}, {PMR, 0x47, 0x40}, {BPR0, 0, 2},
    {BPR0, 7, 7},      {BPR1, 0, 3},      {BPR1, 5, 5},
    {IGRPEN0, 3, 1},   {IGRPEN1, 1, 1},   {AP0R0, 0x80000001, 0x80000001},
    {AP1R0, 2, 2},     {SRE, 0, 7},       {CTLR, 0xff, 0x403},
};

Test(gicv3, system_registers_keep_the_bits_that_exist)
{
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        icc_wr(1, kept[i].reg, kept[i].written);
        cr_expect_eq(icc_rd(1, kept[i].reg), kept[i].read, "case %zu", i);
    }
    icc_wr(1, BPR0, 4);
    cr_expect_eq(icc_rd(1, BPR1), 5, "with CBPR group 1 shows group 0's, one more");
    icc_wr(1, BPR1, 3);
    icc_wr(1, CTLR, 0);
    cr_expect_eq(icc_rd(1, BPR1), 5, "and cannot be written then");
}

Test(gicv3, registers_that_are_not_there)
{
    static const struct vm_devtest_port_access none[] = {
        {.reg = AP0R0 + 1},
        {.reg = AP1R0 + 1},
        {.reg = EOIR1},
        {.reg = SGI1R},
        {.reg = DIR},
        {.reg = IAR1, .write = 1},
        {.reg = 0},
        {.reg = RPR, .write = 1},
        {.reg = HPPIR1, .write = 1},
        {.reg = 1u << 16 | IAR1},
        {.reg = 3u << 14 | 4u << 11 | 12u << 7 | 11u << 3},
    };
    uint64_t value;

    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
        cr_expect_eq(vm_devtest_port(gic, 0, "gic", &none[i], &value), -1, "case %zu", i);
    cr_expect_eq(icc_rd(0, 1u << 17 | SRE), 7, "Secure accesses are as others");
}

Test(gicv3, arrays_of_the_distributor)
{
    gic_wr(DIST, 0x84, 4, 0xdeadbeef);
    cr_expect_eq(gic_rd(DIST, 0x84, 4), 0xdeadbeef);
    gic_wr(DIST, 0x104, 4, 0xff);
    gic_wr(DIST, 0x184, 4, 0x0f);
    cr_expect_eq(gic_rd(DIST, 0x104, 4), 0xf0);
    cr_expect_eq(gic_rd(DIST, 0x184, 4), 0xf0);
    gic_wr(DIST, 0x424, 4, 0x12345678);
    cr_expect_eq(gic_rd(DIST, 0x424, 4), 0x10305078, "the upper 5 bits of each");
    cr_expect_eq(gic_rd(DIST, 0x425, 1), 0x50);
    gic_wr(DIST, 0xc08, 4, UINT32_MAX);
    cr_expect_eq(gic_rd(DIST, 0xc08, 4), 0xaaaaaaaa);
    gic_wr(DIST, 0x120, 4, UINT32_MAX);
    cr_expect_eq(gic_rd(DIST, 0x120, 4), UINT32_MAX, "the last SPIs");
    gic_wr(DIST, 0x124, 4, UINT32_MAX);
    cr_expect_eq(gic_rd(DIST, 0x124, 4), 0, "there are no more");
    for (uint32_t offset = 0x80; offset < 0x400; offset += 0x80) {
        gic_wr(DIST, offset, 4, UINT32_MAX);
        cr_expect_eq(gic_rd(DIST, offset, 4), 0, "private ones are with the redistributors");
    }
    gic_wr(DIST, 0x824, 4, UINT32_MAX);
    cr_expect_eq(gic_rd(DIST, 0x824, 4), 0, "no target lists with affinity routing");
}

Test(gicv3, routes)
{
    gic_wr(DIST, 0x6000 + 8 * SPI, 8, UINT64_MAX);
    cr_expect_eq(gic_rd(DIST, 0x6000 + 8 * SPI, 8), 0xff80ffffffull, "affinities, or any");
    gic_wr(DIST, 0x6000 + 8 * SPI, 4, 0x101);
    cr_expect_eq(gic_rd(DIST, 0x6000 + 8 * SPI, 8), 0xff00000101ull);
    gic_wr(DIST, 0x6004 + 8 * SPI, 4, 0);
    cr_expect_eq(gic_rd(DIST, 0x6000 + 8 * SPI, 8), 0x101);
    cr_expect_eq(gic_rd(DIST, 0x6000 + 8 * 31, 8), 0, "private ones have none");
    cr_expect_eq(gic_rd(DIST, 0x6000 + 8 * 288, 8), 0);
}

/* Which vCPU has its line up for the SPI; CPUS: none. */
static uint32_t who_has_it(void)
{
    uint32_t who = CPUS;

    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        if (!gic_irq(cpu))
            continue;
        cr_expect_eq(who, CPUS, "both %u and %u have it", who, cpu);
        cr_expect_eq(icc_rd(cpu, HPPIR1), SPI);
        who = cpu;
    }
    return who;
}

/* GICD_IROUTER.IRM: one of those that are awake, take the group, and are not busy. */
Test(gicv3, to_any_vcpu)
{
    uint32_t who[3];

    cr_expect_eq(gic_rd(DIST, 4, 4) >> 25 & 1, 0, "GICD_TYPER.No1N");
    gic_enable_all(CPUS);
    gic_enable_spi(SPI, 2);
    gic_line(SPI, 1);
    cr_expect_eq(who_has_it(), 2, "one that is named");
    gic_wr(DIST, 0x6000 + 8 * SPI, 8, 1ull << 31 | 2);
    for (uint32_t i = 0; i < 3; i++) {
        who[i] = who_has_it();
        cr_assert_lt(who[i], CPUS);
        if (i == 0)
            icc_wr(who[i], PMR, 0); /* lets nothing through */
        else if (i == 1)
            gic_wr(REDIST, who[i] * 0x20000ull + 0x14, 4, 2); /* sleeps */
    }
    cr_expect(who[0] != who[1] && who[1] != who[2] && who[2] != who[0]);
    icc_wr(who[2], IGRPEN1, 0);
    uint32_t taker = who_has_it();
    cr_expect(taker != who[0] && taker != who[1] && taker != who[2]);
    cr_expect_eq(icc_rd(taker, IAR1), SPI);
    cr_expect_eq(who_has_it(), CPUS, "it is active");
    icc_wr(taker, EOIR1, SPI);
    cr_expect_eq(who_has_it(), taker, "and pending again");
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        icc_wr(cpu, IGRPEN1, 0);
    cr_expect_eq(who_has_it(), CPUS, "nobody takes it");
    icc_wr(15, IGRPEN1, 1);
    cr_expect_eq(who_has_it(), 15);
    struct vm_devtest_state state = vm_devtest_save(gic);
    vm_devtest_reset(gic);
    cr_assert_eq(vm_devtest_load(gic, &state, NULL), 0);
    cr_expect_eq(who_has_it(), 15);
    icc_wr(15, IGRPEN1, 0);
    icc_wr(14, IGRPEN1, 1);
    cr_expect_eq(who_has_it(), 14, "after loading it moves as before");
    vm_devtest_state_free(&state);
}

/* ---- one interrupt ---- */

Test(gicv3, level_sensitive)
{
    gic_enable_all(CPUS);
    gic_enable_spi(SPI, 17);
    gic_line(SPI, 1);
    cr_expect_eq(gic_irq(17), 1);
    cr_expect_eq(gic_fiq(17), 0);
    cr_expect_eq(gic_irq(1), 0);
    cr_expect_eq(icc_rd(17, HPPIR1), SPI);
    cr_expect_eq(icc_rd(1, IAR1), SPURIOUS);
    cr_expect_eq(icc_rd(17, IAR1), SPI);
    cr_expect_eq(gic_irq(17), 0);
    cr_expect_eq(icc_rd(17, RPR), 0x80);
    cr_expect_eq(gic_rd(DIST, 0x304, 4), 1u << 8, "active");
    cr_expect_eq(gic_rd(DIST, 0x204, 4), 1u << 8, "and pending still");
    cr_expect_eq(icc_rd(17, IAR1), SPURIOUS);
    icc_wr(17, EOIR1, SPI);
    cr_expect_eq(icc_rd(17, RPR), 0xff);
    cr_expect_eq(gic_irq(17), 1, "its line is still high");
    cr_expect_eq(icc_rd(17, IAR1), SPI);
    gic_line(SPI, 0);
    icc_wr(17, EOIR1, SPI);
    cr_expect_eq(gic_irq(17), 0);
    gic_wr(DIST, 0x204, 4, 1u << 8); /* by software */
    cr_expect_eq(gic_irq(17), 1);
    gic_wr(DIST, 0x284, 4, 1u << 8);
    cr_expect_eq(gic_irq(17), 0);
}

Test(gicv3, edge_triggered)
{
    gic_enable_all(CPUS);
    gic_enable_spi(SPI, 0);
    gic_wr(DIST, 0xc00 + SPI / 16 * 4, 4, 2u << SPI % 16 * 2);
    gic_line(SPI, 1);
    gic_line(SPI, 0);
    cr_expect_eq(gic_irq(0), 1, "it is latched");
    cr_expect_eq(icc_rd(0, IAR1), SPI);
    gic_line(SPI, 1);
    cr_expect_eq(gic_irq(0), 0, "it is active");
    icc_wr(0, EOIR1, SPI);
    cr_expect_eq(gic_irq(0), 1, "but came again");
    cr_expect_eq(icc_rd(0, IAR1), SPI);
    icc_wr(0, EOIR1, SPI);
    cr_expect_eq(gic_irq(0), 0, "a line that stays high is nothing new");
}

Test(gicv3, ends_in_two_steps)
{
    gic_enable_all(1);
    gic_enable_spi(SPI, 0);
    icc_wr(0, CTLR, 2);
    gic_line(SPI, 1);
    cr_expect_eq(icc_rd(0, IAR1), SPI);
    icc_wr(0, EOIR1, SPI);
    cr_expect_eq(icc_rd(0, RPR), 0xff, "the priority drops");
    cr_expect_eq(gic_irq(0), 0, "it is active still");
    icc_wr(0, DIR, SPI);
    cr_expect_eq(gic_irq(0), 1);
    icc_wr(0, CTLR, 0);
    cr_expect_eq(icc_rd(0, IAR1), SPI);
    icc_wr(0, DIR, SPI);
    cr_expect_eq(gic_rd(DIST, 0x304, 4), 1u << 8, "without EOImode this does nothing");
    icc_wr(0, EOIR1, 5000);
    cr_expect_eq(icc_rd(0, RPR), 0x80, "no such INTID");
}

/* What keeps an interrupt from its vCPU, and lets it through again. */
Test(gicv3, what_holds_it_back)
{
    static const struct {
        uint32_t region, offset, no, yes;
    } cases[] = {
        {DIST, 0x184, 1u << 8, 0},          {DIST, 0x000, 1, 3},  {DIST, 0x6000 + 8 * SPI, 5, 0},
        {DIST, 0x6000 + 8 * SPI, 0x200, 0}, {REDIST, 0x14, 2, 0}, {DIST, 0x304, 1u << 8, 0},
    };

    gic_enable_all(CPUS);
    gic_enable_spi(SPI, 0);
    gic_line(SPI, 1);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cr_expect_eq(gic_irq(0), 1, "case %zu", i);
        gic_wr(cases[i].region, cases[i].offset, 4, cases[i].no);
        cr_expect_eq(gic_irq(0), 0, "case %zu", i);
        gic_wr(cases[i].region, cases[i].offset, 4, cases[i].yes);
        gic_wr(DIST, 0x104, 4, 1u << 8);
        gic_wr(DIST, 0x384, 4, 1u << 8);
    }
    icc_wr(0, IGRPEN1, 0);
    cr_expect_eq(gic_irq(0), 0);
    icc_wr(0, IGRPEN1, 1);
    icc_wr(0, PMR, 0x80);
    cr_expect_eq(gic_irq(0), 0, "only priorities above the mask");
    icc_wr(0, PMR, 0x88);
    cr_expect_eq(gic_irq(0), 1);
}

Test(gicv3, group_0_is_fiq)
{
    gic_enable_all(1);
    gic_enable_spi(SPI, 0);
    gic_wr(DIST, 0x84, 4, 0);
    gic_line(SPI, 1);
    cr_expect_eq(gic_irq(0), 0);
    cr_expect_eq(gic_fiq(0), 1);
    cr_expect_eq(icc_rd(0, IAR1), SPURIOUS);
    cr_expect_eq(icc_rd(0, HPPIR1), SPURIOUS);
    cr_expect_eq(icc_rd(0, HPPIR0), SPI);
    cr_expect_eq(icc_rd(0, IAR0), SPI);
    cr_expect_eq(icc_rd(0, AP0R0), 1u << 16);
    icc_wr(0, EOIR1, SPI);
    cr_expect_eq(icc_rd(0, RPR), 0x80, "that is the other group's");
    icc_wr(0, EOIR0, SPI);
    cr_expect_eq(icc_rd(0, RPR), 0xff);
}

/* ---- several ---- */

Test(gicv3, priorities_and_preemption)
{
    gic_enable_all(1);
    for (uint32_t i = 0; i < 4; i++)
        gic_enable_spi(SPI + i, 0);
    gic_wr(DIST, 0x400 + SPI, 4, 0x40a08080);
    gic_line(SPI + 2, 1); /* 0xa0 */
    cr_expect_eq(icc_rd(0, IAR1), SPI + 2);
    gic_line(SPI, 1);
    gic_line(SPI + 1, 1); /* 0x80, both */
    cr_expect_eq(gic_irq(0), 1);
    cr_expect_eq(icc_rd(0, IAR1), SPI, "of equals the lower INTID");
    cr_expect_eq(gic_irq(0), 0, "and its equal waits");
    gic_line(SPI + 3, 1); /* 0x40 */
    cr_expect_eq(icc_rd(0, IAR1), SPI + 3);
    cr_expect_eq(icc_rd(0, AP1R0), 1u << 8 | 1u << 16 | 1u << 20);
    cr_expect_eq(icc_rd(0, RPR), 0x40);
    gic_line(SPI + 3, 0);
    icc_wr(0, EOIR1, SPI + 3);
    cr_expect_eq(icc_rd(0, RPR), 0x80);
    gic_line(SPI, 0);
    icc_wr(0, EOIR1, SPI);
    cr_expect_eq(icc_rd(0, RPR), 0xa0);
    cr_expect_eq(icc_rd(0, IAR1), SPI + 1);
}

Test(gicv3, binary_point)
{
    gic_enable_all(1);
    gic_enable_spi(SPI, 0);
    gic_enable_spi(SPI + 1, 0);
    gic_wr(DIST, 0x400 + SPI, 2, 0x8890);
    icc_wr(0, BPR1, 5); /* bits 7..5 preempt */
    gic_line(SPI, 1);   /* 0x90 */
    cr_expect_eq(icc_rd(0, IAR1), SPI);
    cr_expect_eq(icc_rd(0, RPR), 0x80, "the group priority");
    gic_line(SPI + 1, 1);
    cr_expect_eq(gic_irq(0), 0, "0x88 is in the same group");
    icc_wr(0, BPR1, 3);
    icc_wr(0, EOIR1, SPI);
    cr_expect_eq(gic_irq(0), 1);
}

/* ---- private interrupts ---- */

Test(gicv3, timers_of_the_vcpus)
{
    static const struct {
        const char *output;
        uint32_t intid;
    } ppis[] = {{"cntp", 30},  {"cntv", 27},  {"cnthp", 26},
                {"cntps", 29}, {"cnthv", 28}, {"pmu", 23}};

    gic_enable_all(CPUS);
    for (uint32_t i = 0; i < 6; i++) {
        uint32_t cpu = 2 * i;
        uint64_t frame = cpu * 0x20000ull + 0x10000;
        gic_wr(REDIST, frame + 0x80, 4, UINT32_MAX);
        gic_wr(REDIST, frame + 0x100, 4, UINT32_MAX);
        vm_devtest_cpu_output(gic, cpu, ppis[i].output, 1);
        cr_expect_eq(gic_irq(cpu), 1);
        cr_expect_eq(gic_rd(REDIST, frame + 0x200, 4), 1u << ppis[i].intid);
        cr_expect_eq(icc_rd(cpu, IAR1), ppis[i].intid);
        vm_devtest_cpu_output(gic, cpu, ppis[i].output, 0);
        icc_wr(cpu, EOIR1, ppis[i].intid);
        cr_expect_eq(gic_irq(cpu), 0);
    }
}

Test(gicv3, sgis)
{
    gic_enable_all(CPUS);
    for (uint64_t cpu = 0; cpu < CPUS; cpu++) {
        gic_wr(REDIST, cpu * 0x20000 + 0x10080, 4, 0xffff);
        gic_wr(REDIST, cpu * 0x20000 + 0x10100, 4, 0xffff);
    }
    icc_wr(3, SGI1R, 5ull << 24 | 1u << 16 | 2); /* to 17 */
    cr_expect_eq(gic_irq(17), 1);
    cr_expect_eq(gic_irq(1), 0, "another cluster");
    cr_expect_eq(icc_rd(17, IAR1), 5);
    icc_wr(17, EOIR1, 5);
    icc_wr(3, SGI1R, 1ull << 40 | 7ull << 24);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++) {
        cr_expect_eq(gic_irq(cpu), cpu != 3);
        cr_expect_eq(icc_rd(cpu, IAR1), cpu == 3 ? SPURIOUS : 7);
        icc_wr(cpu, EOIR1, 7);
    }
    icc_wr(3, SGI0R, 1ull << 24 | 1);
    cr_expect_eq(gic_irq(0) | gic_fiq(0), 0, "it is of group 1");
    gic_wr(REDIST, 0x10080, 4, 0xfffd);
    icc_wr(3, SGI0R, 1ull << 24 | 1);
    cr_expect_eq(gic_fiq(0), 1);
    gic_wr(REDIST, 0x10280, 4, 2);
    icc_wr(3, SGI1R, 1ull << 24 | 1);
    icc_wr(3, ASGI1R, 2ull << 24 | 1);
    icc_wr(3, SGI1R, 1ull << 44 | 2ull << 24 | 1);
    icc_wr(3, SGI1R, 1ull << 32 | 2ull << 24 | 1);
    icc_wr(3, SGI1R, 1ull << 48 | 2ull << 24 | 1);
    cr_expect_eq(gic_irq(0) | gic_fiq(0), 0, "other groups and affinities");
    gic_wr(REDIST, 0x10c00, 4, 0);
    cr_expect_eq(gic_rd(REDIST, 0x10c00, 4), 0xaaaaaaaa, "SGIs are edge-triggered");
    gic_wr(REDIST, 0x10c04, 4, 0xffffffff);
    cr_expect_eq(gic_rd(REDIST, 0x10c04, 4), 0xaaaaaaaa);
}

/* ---- reset, state, what cannot be made ---- */

Test(gicv3, reset)
{
    struct vm_devtest_state before, after;

    gic_line(33, 1);
    before = vm_devtest_save(gic);
    gic_enable_all(CPUS);
    gic_enable_spi(33, 4);
    cr_expect_eq(gic_irq(4), 1);
    cr_expect_eq(icc_rd(4, IAR1), 33);
    icc_wr(0, SGI1R, 3ull << 24 | 1);
    vm_devtest_reset(gic);
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        cr_expect_eq(gic_irq(cpu) | gic_fiq(cpu), 0);
    after = vm_devtest_save(gic);
    cr_expect(vm_devtest_state_equal(&before, &after), "as at first; the input kept its level");
    vm_devtest_state_free(&before);
    vm_devtest_state_free(&after);
}

Test(gicv3, saved_and_loaded)
{
    struct vm_devtest_state state;

    gic_enable_all(CPUS);
    gic_enable_spi(SPI, 17);
    gic_enable_spi(SPI + 1, 17);
    gic_wr(DIST, 0x401 + SPI, 1, 0x40);
    gic_line(SPI, 1);
    cr_expect_eq(icc_rd(17, IAR1), SPI);
    gic_line(SPI + 1, 1);
    state = vm_devtest_save(gic);
    vm_devtest_reset(gic);
    cr_expect_eq(gic_irq(17), 0);
    cr_assert_eq(vm_devtest_load(gic, &state, NULL), 0);
    cr_expect_eq(gic_irq(17), 1);
    cr_expect_eq(icc_rd(17, RPR), 0x80);
    cr_expect_eq(icc_rd(17, IAR1), SPI + 1);
    vm_devtest_state_free(&state);
}

Test(gicv3, states_that_no_gic_has)
{
    static const struct {
        const char *field;
        uint32_t index;
        uint64_t value;
    } cases[] = {
        {"enabled_groups", 0, 4},
        {"group", CPUS, 1},
        {"enabled", 128 + 8, 1},
        {"edge", 0, 0},
        {"priority", 5, 1},
        {"asleep", 3, 2},
        {"pmr", 0, 1},
        {"bpr0", 0, 1},
        {"bpr0", 0, 8},
        {"bpr1", 0, 2},
        {"cpu_groups", 1, 4},
        {"cpu_ctlr", 0, 8},
        {"lpis_enabled", 0, 1},
        {"targets", 0, 1},
        {"sgi_sources", 0, 1},
        {"lpi_pending", 0, 1},
        {"its_creadr", 0, 1},
        {"its_ctlr", 0, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;
        cr_expect_eq(
            vm_devtest_load_field(gic, cases[i].field, cases[i].index, cases[i].value, &err), -1,
            "%s", cases[i].field);
        cr_expect(strstr(err.text, "saved GIC state"), "%s", err.text);
    }
}

static const char *refused(const char *property, const char *value, uint32_t cpus,
                           const char *version)
{
    static const char *const lines[] = {"irq", "fiq", NULL};
    static struct vm_error err;
    struct vm_devtest *h = vm_devtest_new(&vm_plugin_descriptor);

    err = (struct vm_error)VM_ERROR_INIT;
    vm_devtest_set_cpus(h, cpus, lines);
    vm_devtest_set(h, "version", version);
    if (property)
        vm_devtest_set(h, property, value);
    cr_assert_eq(vm_devtest_create(h, &err), -1);
    vm_devtest_free(h);
    return err.text;
}

Test(gic, what_cannot_be_made)
{
    cr_expect(strstr(refused("spis", "33", 1, "3"), "spis: 33 is no multiple of 32"));
    cr_expect(strstr(refused(NULL, NULL, 9, "2"), "serves at most 8 vCPUs, not 9"));
    cr_expect(strstr(refused(NULL, NULL, 129, "3"), "serves at most 128 vCPUs, not 129"));
    cr_expect(strstr(refused("its", "yes", 1, "2"), "its: a GICv2 has none"));
    for (uint32_t i = 1; i < 9; i++) {
        static const char *const lines[] = {"irq", "fiq", NULL};
        static const char *const outputs[] = {"cntv", NULL};
        struct vm_devtest *h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set_cpus(h, 1, lines);
        vm_devtest_set_cpu_outputs(h, outputs);
        vm_devtest_fail_wiring(h, i);
        cr_expect_eq(vm_devtest_create(h, NULL), i < 8 ? -1 : 0, "wiring call %u", i);
        vm_devtest_free(h);
    }
}

Test(gicv3, device_tree)
{
    const struct vm_device_fdt *fdt = vm_devtest_fdt_interface(gic);
    uint32_t cells[4];

    cr_expect_str_eq(vm_devtest_fdt(gic),
                     "node interrupt-controller\ncompatible = \"arm,gic-v3\"\n");
    cr_expect_eq(fdt->encode_irq(vm_devtest_device(gic), 7, cells), 3);
    cr_expect(cells[0] == 0 && cells[1] == 7 && cells[2] == 4);
    cr_expect_eq(fdt->encode_irq(vm_devtest_device(gic), 256 + 16 * 3 + 11, cells), 3);
    cr_expect(cells[0] == 1 && cells[1] == 11 && cells[2] == 4);
}
