/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_gic_v2_test.c - dev-gic as a GICv2. Sections are those of IHI 0048B. */
#include "dev_gic_test.h"

#define CPUS 4
#define SPI  40u

enum {
    GICC_CTLR = 0x00,
    GICC_PMR = 0x04,
    GICC_BPR = 0x08,
    GICC_IAR = 0x0c,
    GICC_EOIR = 0x10,
    GICC_RPR = 0x14,
    GICC_HPPIR = 0x18,
    GICC_ABPR = 0x1c,
    GICC_AIAR = 0x20,
    GICC_AEOIR = 0x24,
    GICC_AHPPIR = 0x28,
    GICC_APR0 = 0xd0,
    GICC_NSAPR0 = 0xe0,
    GICC_DIR = 0x1000,
};

static uint32_t cc_rd(int cpu, uint32_t offset)
{
    vm_devtest_access_as(gic, cpu);
    return (uint32_t)gic_rd(CPUIF, offset, 4);
}

static void cc_wr(int cpu, uint32_t offset, uint32_t value)
{
    vm_devtest_access_as(gic, cpu);
    gic_wr(CPUIF, offset, 4, value);
}

/* Group 0, which is IRQ. */
static void setup(void)
{
    gic_setup(2, CPUS, false);
    gic_wr(DIST, 0, 4, 3);
    for (int cpu = 0; cpu < CPUS; cpu++) {
        cc_wr(cpu, GICC_CTLR, 1);
        cc_wr(cpu, GICC_PMR, 0xff);
    }
}

TestSuite(gicv2, .init = setup, .fini = gic_teardown);

static void enable(uint32_t intid, uint8_t targets, uint8_t priority)
{
    gic_wr(DIST, 0x800 + intid, 1, targets);
    gic_wr(DIST, 0x400 + intid, 1, priority);
    gic_wr(DIST, 0x100 + intid / 32 * 4, 4, 1u << intid % 32);
}

Test(gicv2, identification)
{
    uint64_t value;

    cr_expect_eq(gic_rd(DIST, 0xfe8, 4), 0x2b);
    cr_expect_eq(gic_rd(DIST, 4, 4), 3 << 5 | 8);
    cr_expect_eq(gic_rd(DIST, 0, 4), 3, "and no more: there is no affinity routing");
    cr_expect_eq(cc_rd(0, 0xfc), 0x2043b);
    cr_expect_eq(vm_devtest_access_read(gic, CPUIF, 0, 1, &value), VM_ACCESS_ERROR, "words only");
    const struct vm_devtest_port_access access = {.reg = SRE};
    cr_expect_eq(vm_devtest_port(gic, 0, "gic", &access, &value), -1, "no system registers");
}

Test(gicv2, taken_and_ended)
{
    enable(SPI, 1, 0x80);
    gic_line(SPI, 1);
    cr_expect_eq(gic_irq(0), 1);
    cr_expect_eq(gic_fiq(0), 0);
    cr_expect_eq(cc_rd(0, GICC_HPPIR), SPI);
    cr_expect_eq(cc_rd(1, GICC_IAR), SPURIOUS);
    cr_expect_eq(cc_rd(0, GICC_IAR), SPI);
    cr_expect_eq(gic_irq(0), 0);
    cr_expect_eq(cc_rd(0, GICC_RPR), 0x80);
    cr_expect_eq(cc_rd(0, GICC_APR0), 1u << 16);
    gic_line(SPI, 0);
    cc_wr(0, GICC_EOIR, SPI);
    cr_expect_eq(cc_rd(0, GICC_RPR), 0xff);
    cr_expect_eq(cc_rd(0, GICC_IAR), SPURIOUS);
}

/* 3.2.3: whoever is first has it. */
Test(gicv2, one_of_several)
{
    enable(SPI, 0x0e, 0x80);
    gic_line(SPI, 1);
    cr_expect_eq(gic_irq(0), 0);
    cr_expect_eq(gic_irq(1) + gic_irq(2) + gic_irq(3), 3);
    cr_expect_eq(cc_rd(2, GICC_IAR), SPI);
    cr_expect_eq(gic_irq(1) + gic_irq(2) + gic_irq(3), 0);
    cr_expect_eq(cc_rd(1, GICC_IAR), SPURIOUS);
    cr_expect_eq(gic_rd(DIST, 0x800 + SPI, 1), 0x0e);
    gic_wr(DIST, 0x800 + SPI, 1, 0xff);
    cr_expect_eq(gic_rd(DIST, 0x800 + SPI, 1), 0x0f, "there are four");
}

Test(gicv2, private_banks)
{
    for (int cpu = 0; cpu < CPUS; cpu++) {
        vm_devtest_access_as(gic, cpu);
        cr_expect_eq(gic_rd(DIST, 0x800, 4), 0x01010101u << cpu);
        gic_wr(DIST, 0x100, 4, 0x10000u << cpu);
        gic_wr(DIST, 0x400, 1, 0x10 * (cpu + 1));
    }
    for (int cpu = 0; cpu < CPUS; cpu++) {
        vm_devtest_access_as(gic, cpu);
        cr_expect_eq(gic_rd(DIST, 0x100, 4), 0x10000u << cpu);
        cr_expect_eq(gic_rd(DIST, 0x400, 1), 0x10u * (uint32_t)(cpu + 1));
    }
    vm_devtest_access_as(gic, -1);
    cr_expect_eq(gic_rd(DIST, 0x100, 4), 0x10000u, "nobody's access is the first one's");
    vm_devtest_access_as(gic, 2);
    gic_wr(DIST, 0x100, 4, 1u << 27);
    vm_devtest_cpu_output(gic, 2, "cntv", 1);
    cr_expect_eq(gic_irq(2), 1);
    cr_expect_eq(cc_rd(2, GICC_IAR), 27);
}

static void send(int from, uint32_t value)
{
    vm_devtest_access_as(gic, from);
    gic_wr(DIST, 0xf00, 4, value);
}

Test(gicv2, sgis_name_their_senders)
{
    for (int cpu = 0; cpu < CPUS; cpu++) {
        vm_devtest_access_as(gic, cpu);
        gic_wr(DIST, 0x100, 4, 0xffff);
    }
    send(1, 4u << 16 | 5);
    send(3, 4u << 16 | 5);
    cr_expect_eq(gic_irq(2), 1);
    vm_devtest_access_as(gic, 2);
    cr_expect_eq(gic_rd(DIST, 0xf24, 4), 0x0a00, "4 to 7: of 5 there are two");
    cr_expect_eq(cc_rd(2, GICC_IAR), 1u << 10 | 5);
    cr_expect_eq(gic_irq(2), 0, "it is active");
    cc_wr(2, GICC_EOIR, 1u << 10 | 5);
    cr_expect_eq(cc_rd(2, GICC_IAR), 3u << 10 | 5);
    cc_wr(2, GICC_EOIR, 3u << 10 | 5);
    cr_expect_eq(gic_irq(2), 0);
    send(1, 1u << 24 | 7);
    for (int cpu = 0; cpu < CPUS; cpu++)
        cr_expect_eq(cc_rd(cpu, GICC_IAR), cpu == 1 ? SPURIOUS : 1u << 10 | 7);
    send(0, 2u << 24 | 1);
    cr_expect_eq(cc_rd(0, GICC_HPPIR), 1, "to itself");
    vm_devtest_access_as(gic, 0);
    gic_wr(DIST, 0xf10, 4, 0x0100);
    cr_expect_eq(cc_rd(0, GICC_HPPIR), SPURIOUS);
    gic_wr(DIST, 0xf22, 1, 0xff);
    cr_expect_eq(gic_rd(DIST, 0xf22, 1), 0x0f);
    cr_expect_eq(cc_rd(0, GICC_HPPIR), 2);
    gic_wr(DIST, 0x280, 4, 4);
    cr_expect_eq(cc_rd(0, GICC_HPPIR), 2, "not by ICPENDR");
    send(0, 3u << 24 | 15u << 16 | 3);
    cr_expect_eq(gic_rd(DIST, 0x200, 4) & 8, 0, "a reserved filter");
}

Test(gicv2, groups)
{
    enable(SPI, 1, 0x80);
    gic_wr(DIST, 0x84, 4, 1u << 8);
    cc_wr(0, GICC_CTLR, 3);
    gic_line(SPI, 1);
    cr_expect_eq(cc_rd(0, GICC_HPPIR), 1022, "one of group 1");
    cr_expect_eq(cc_rd(0, GICC_IAR), 1022);
    cr_expect_eq(cc_rd(0, GICC_AHPPIR), SPI);
    cr_expect_eq(cc_rd(0, GICC_AIAR), SPI);
    cr_expect_eq(cc_rd(0, GICC_NSAPR0), 1u << 16);
    gic_line(SPI, 0);
    cc_wr(0, GICC_EOIR, SPI);
    cr_expect_eq(cc_rd(0, GICC_RPR), 0x80);
    cc_wr(0, GICC_AEOIR, SPI);
    cr_expect_eq(cc_rd(0, GICC_RPR), 0xff);
    cc_wr(0, GICC_CTLR, 7); /* AckCtl */
    gic_line(SPI, 1);
    cr_expect_eq(cc_rd(0, GICC_IAR), SPI);
    cc_wr(0, GICC_EOIR, SPI);
    cr_expect_eq(cc_rd(0, GICC_RPR), 0xff);
    gic_wr(DIST, 0x84, 4, 0);
    cr_expect_eq(gic_irq(0), 1);
    cr_expect_eq(cc_rd(0, GICC_AIAR), SPURIOUS);
    cc_wr(0, GICC_CTLR, 9); /* FIQEn */
    cr_expect_eq(gic_irq(0), 0);
    cr_expect_eq(gic_fiq(0), 1);
}

Test(gicv2, ends_in_two_steps)
{
    cc_wr(0, GICC_CTLR, 0x201);
    cr_expect_eq(cc_rd(0, GICC_CTLR), 0x201);
    enable(SPI, 1, 0x80);
    gic_line(SPI, 1);
    cr_expect_eq(cc_rd(0, GICC_IAR), SPI);
    cc_wr(0, GICC_EOIR, SPI);
    cr_expect_eq(gic_irq(0), 0);
    cc_wr(0, GICC_DIR, SPI);
    cr_expect_eq(gic_irq(0), 1);
}

Test(gicv2, registers_keep_the_bits_that_exist)
{
    static const struct {
        uint32_t offset, written, read;
    } kept[] = {
        {GICC_CTLR, UINT32_MAX, 0x21f},
        {GICC_PMR, 0x77, 0x70},
        {GICC_BPR, 0, 2},
        {GICC_ABPR, 1, 3},
        {GICC_BPR, 5, 5},
        {GICC_ABPR, 6, 6},
        {0x40, 1, 0},
        {GICC_NSAPR0, 3, 3},
    };

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        cc_wr(3, kept[i].offset, kept[i].written);
        cr_expect_eq(cc_rd(3, kept[i].offset), kept[i].read, "case %zu", i);
    }
}

/* 4.3.12: the lists of targets are not there. */
Test(gicv2, one_vcpu)
{
    gic_setup(2, 1, false);
    gic_wr(DIST, 0, 4, 1);
    cc_wr(0, GICC_CTLR, 1);
    cc_wr(0, GICC_PMR, 0xff);
    enable(SPI, 0, 0x80);
    gic_line(SPI, 1);
    cr_expect_eq(gic_rd(DIST, 0x800 + SPI, 1), 0);
    cr_expect_eq(gic_rd(DIST, 0x800, 1), 0);
    cr_expect_eq(gic_irq(0), 1);
}

Test(gicv2, saved_and_loaded)
{
    struct vm_devtest_state state;

    vm_devtest_access_as(gic, 2);
    gic_wr(DIST, 0x100, 4, 0xffff);
    send(1, 4u << 16 | 5);
    state = vm_devtest_save(gic);
    vm_devtest_reset(gic);
    cr_expect_eq(gic_irq(2), 0);
    cr_assert_eq(vm_devtest_load(gic, &state, NULL), 0);
    cr_expect_eq(cc_rd(2, GICC_IAR), 1u << 10 | 5);
    cr_expect_eq(vm_devtest_load_field(gic, "sgi_sources", 16, 1, NULL), -1, "and no latch");
    cr_expect_eq(vm_devtest_load_field(gic, "targets", 0, 16, NULL), -1);
    cr_expect_eq(vm_devtest_load_field(gic, "asleep", 0, 1, NULL), -1);
    vm_devtest_state_free(&state);
}

Test(gicv2, device_tree)
{
    uint32_t cells[4];

    cr_expect_str_eq(vm_devtest_fdt(gic),
                     "node interrupt-controller\ncompatible = \"arm,cortex-a15-gic\"\n");
    vm_devtest_fdt_interface(gic)->encode_irq(vm_devtest_device(gic), 256 + 14, cells);
    cr_expect(cells[0] == 1 && cells[1] == 14 && cells[2] == 0xf04);
}
