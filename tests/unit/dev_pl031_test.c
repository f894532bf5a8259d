/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_pl031_test.c - dev-pl031, driven through its registers and the clocks. */
#include <criterion/criterion.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

enum {
    DR = 0x00,
    MR = 0x04,
    LR = 0x08,
    CR = 0x0c,
    IMSC = 0x10,
    RIS = 0x14,
    MIS = 0x18,
    ICR = 0x1c
};

#define SECOND 1000000000ll
#define START  1700000000u

static struct vm_devtest *h;

static uint32_t rd(uint32_t offset)
{
    return (uint32_t)vm_devtest_read(h, offset, 4);
}

static void wr(uint32_t offset, uint32_t value)
{
    vm_devtest_write(h, offset, 4, value);
}

static void setup(void)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    vm_devtest_set_wall_clock(h, START * SECOND + 250000000);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(pl031, .init = setup, .fini = teardown);

Test(pl031, identification)
{
    static const uint8_t id[] = {0x31, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

    for (uint32_t i = 0; i < 8; i++)
        cr_expect_eq(rd(0xfe0 + 4 * i), id[i]);
    cr_expect_eq(vm_devtest_read(h, 0xff0, 1), 0x0d, "as UEFI reads it");
    cr_expect_eq(vm_devtest_access_write(h, 0, MR, 1, 5), VM_ACCESS_ERROR);
}

Test(pl031, tells_the_wall_clock)
{
    cr_expect_eq(rd(DR), START);
    vm_devtest_advance(h, 750000000 - 1);
    cr_expect_eq(rd(DR), START);
    vm_devtest_advance(h, 1);
    cr_expect_eq(rd(DR), START + 1);
    wr(DR, 5);
    cr_expect_eq(rd(DR), START + 1, "it is read-only");
    wr(CR, 0);
    cr_expect_eq(rd(CR), 1, "it cannot be stopped");
}

Test(pl031, the_guest_can_set_the_time)
{
    wr(LR, 0xfffffffe);
    cr_expect_eq(rd(LR), 0xfffffffe);
    cr_expect_eq(rd(DR), 0xfffffffe);
    vm_devtest_advance(h, SECOND);
    cr_expect_eq(rd(DR), 0xffffffff);
    vm_devtest_advance(h, SECOND);
    cr_expect_eq(rd(DR), 0);
    vm_devtest_reset(h);
    cr_expect_eq(rd(DR), 0, "it goes on through a reset");
}

Test(pl031, alarm)
{
    wr(IMSC, 1);
    wr(MR, START + 3);
    vm_devtest_advance(h, 2 * SECOND + 750000000 - 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(RIS), 1);
    cr_expect_eq(rd(MIS), 1);
    wr(IMSC, 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(rd(RIS), 1);
    cr_expect_eq(rd(MIS), 0);
    wr(IMSC, 3);
    cr_expect_eq(rd(IMSC), 1);
    wr(ICR, 2);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    wr(ICR, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 100 * SECOND);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "it rings once");
}

Test(pl031, alarm_in_this_second_rings_and_one_in_the_past_does_not)
{
    wr(IMSC, 1);
    wr(MR, START - 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    wr(MR, START);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
}

Test(pl031, the_alarm_is_in_the_guests_time)
{
    wr(IMSC, 1);
    wr(MR, 1000);
    wr(LR, 990);
    vm_devtest_advance(h, 10 * SECOND - 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
}

Test(pl031, saved_and_loaded)
{
    struct vm_devtest_state state;

    wr(IMSC, 1);
    wr(LR, 100);
    wr(MR, 105);
    state = vm_devtest_save(h);
    vm_devtest_reset(h);
    vm_devtest_advance(h, 4 * SECOND);
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    cr_expect_eq(rd(DR), 104);
    vm_devtest_advance(h, SECOND);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(vm_devtest_load_field(h, "armed", 0, 2, NULL), -1);
    cr_expect_eq(vm_devtest_load_field(h, "irq_pending", 0, 2, NULL), -1);
    cr_expect_eq(vm_devtest_load_field(h, "irq_enabled", 0, 2, NULL), -1);
    vm_devtest_state_free(&state);
}

Test(pl031, wiring_that_fails)
{
    for (uint32_t i = 1; i < 5; i++) {
        vm_devtest_free(h);
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_fail_wiring(h, i);
        cr_expect_eq(vm_devtest_create(h, NULL), i < 4 ? -1 : 0);
    }
}

Test(pl031, device_tree)
{
    cr_expect_str_eq(
        vm_devtest_fdt(h),
        "node rtc\n/apb-pclk compatible = \"fixed-clock\"\n/apb-pclk #clock-cells = 0x0\n"
        "/apb-pclk clock-frequency = 0x16e3600\n"
        "/apb-pclk clock-output-names = \"clk24mhz\"\n"
        "compatible = \"arm,pl031\", \"arm,primecell\"\nclocks = 0x1\n"
        "clock-names = \"apb_pclk\"\n");
}
