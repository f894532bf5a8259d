/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_rtc_test.c - dev-rtc, driven through its registers and the clocks. */
#include <criterion/criterion.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

enum {
    TIME_LOW = 0x00,
    TIME_HIGH = 0x04,
    ALARM_LOW = 0x08,
    ALARM_HIGH = 0x0c,
    IRQ_ENABLED = 0x10,
    CLEAR_ALARM = 0x14,
    ALARM_STATUS = 0x18,
    CLEAR_INTERRUPT = 0x1c
};

#define START 1700000000123456789ull

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
    vm_devtest_set_wall_clock(h, (int64_t)START);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(rtc, .init = setup, .fini = teardown);

static uint64_t get_time(void)
{
    uint32_t low = rd(TIME_LOW);

    return low | (uint64_t)rd(TIME_HIGH) << 32;
}

static void set_time(uint64_t ns)
{
    wr(TIME_HIGH, (uint32_t)(ns >> 32));
    wr(TIME_LOW, (uint32_t)ns);
}

static void set_alarm(uint64_t ns)
{
    wr(ALARM_HIGH, (uint32_t)(ns >> 32));
    wr(ALARM_LOW, (uint32_t)ns);
}

Test(rtc, tells_the_wall_clock)
{
    cr_expect_eq(get_time(), START);
    vm_devtest_advance(h, 1000000007);
    cr_expect_eq(get_time(), START + 1000000007);
}

Test(rtc, reading_the_low_half_keeps_the_high_half)
{
    uint32_t high;

    vm_devtest_set_wall_clock(h, 0x00000001ffffffff);
    cr_expect_eq(rd(TIME_LOW), 0xffffffff);
    vm_devtest_advance(h, 1);
    high = rd(TIME_HIGH);
    cr_expect_eq(high, 1, "not 2: it belongs to the low half");
    cr_expect_eq(rd(TIME_LOW), 0);
    cr_expect_eq(rd(TIME_HIGH), 2);
}

Test(rtc, the_guest_can_set_the_time)
{
    static const uint64_t times[] = {0,          1,           946684800000000000,
                                     0xffffffff, 0x100000000, UINT64_MAX - 1000000};

    for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        set_time(times[i]);
        cr_expect_eq(get_time(), times[i]);
        vm_devtest_advance(h, 1000);
        cr_expect_eq(get_time(), times[i] + 1000);
    }
}

Test(rtc, alarm_interrupts_when_due)
{
    wr(IRQ_ENABLED, 1);
    set_alarm(START + 5000000000);
    cr_expect_eq(rd(ALARM_STATUS), 1);
    cr_expect_eq(rd(ALARM_LOW), (uint32_t)(START + 5000000000));
    cr_expect_eq(rd(ALARM_HIGH), (START + 5000000000) >> 32);
    vm_devtest_advance(h, 4999999999);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(ALARM_STATUS), 0);
    wr(CLEAR_INTERRUPT, 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 5000000000);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "it rings once");
}

Test(rtc, alarm_in_the_past_rings_at_once)
{
    wr(IRQ_ENABLED, 1);
    set_alarm(START);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
}

Test(rtc, a_masked_alarm_is_kept)
{
    set_alarm(START + 100);
    vm_devtest_advance(h, 100);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    wr(IRQ_ENABLED, 0xffffffff);
    cr_expect_eq(rd(IRQ_ENABLED), 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    wr(IRQ_ENABLED, 0xfffffffe);
    cr_expect_eq(rd(IRQ_ENABLED), 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(rtc, a_cleared_alarm_does_not_ring)
{
    wr(IRQ_ENABLED, 1);
    set_alarm(START + 100);
    wr(CLEAR_ALARM, 1);
    cr_expect_eq(rd(ALARM_STATUS), 0);
    vm_devtest_advance(h, 1000);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(rtc, the_alarm_is_in_the_guests_time)
{
    wr(IRQ_ENABLED, 1);
    set_time(1000000000);
    set_alarm(1000000500);
    vm_devtest_advance(h, 499);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
}

Test(rtc, setting_the_time_moves_the_alarm)
{
    wr(IRQ_ENABLED, 1);
    set_time(1000);
    set_alarm(2000);
    set_time(500);
    vm_devtest_advance(h, 1499);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    wr(CLEAR_INTERRUPT, 1);
    set_alarm(10000);
    set_time(10000);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
}

Test(rtc, a_wall_clock_set_back_delays_the_alarm)
{
    wr(IRQ_ENABLED, 1);
    set_alarm(START + 1000);
    vm_devtest_advance(h, 500);
    vm_devtest_set_wall_clock(h, (int64_t)START);
    vm_devtest_advance(h, 999);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
}

Test(rtc, an_alarm_out_of_reach)
{
    wr(IRQ_ENABLED, 1);
    set_time(0);
    set_alarm(UINT64_MAX);
    vm_devtest_advance(h, INT64_MAX / 4);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(rd(ALARM_STATUS), 1);
}

Test(rtc, other_registers)
{
    uint64_t value;

    wr(0x20, 1);
    wr(0xffc, 1);
    cr_expect_eq(rd(0x20), 0);
    cr_expect_eq(rd(CLEAR_ALARM), 0);
    cr_expect_eq(rd(CLEAR_INTERRUPT), 0);
    cr_expect_eq(vm_devtest_access_read(h, 0, 0, 8, &value), VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_access_read(h, 0, 0, 1, &value), VM_ACCESS_ERROR);
}

Test(rtc, reset_keeps_the_time)
{
    set_time(12345);
    wr(IRQ_ENABLED, 1);
    set_alarm(0);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(rd(IRQ_ENABLED), 0);
    cr_expect_eq(rd(ALARM_STATUS), 0);
    cr_expect_eq(get_time(), 12345);
}

Test(rtc, save_and_restore)
{
    struct vm_devtest_state state, again;
    struct vm_devtest *old = h;

    wr(IRQ_ENABLED, 1);
    set_time(5000);
    set_alarm(9000);
    rd(TIME_LOW);
    state = vm_devtest_save(h);

    setup();
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    again = vm_devtest_save(h);
    cr_expect(vm_devtest_state_equal(&state, &again));
    cr_expect_eq(get_time(), 5000);
    vm_devtest_advance(h, 3999);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    vm_devtest_state_free(&again);
    again = vm_devtest_save(h);
    cr_assert_eq(vm_devtest_load(old, &again, NULL), 0);
    cr_expect_eq(vm_devtest_irq(old, 0), 1);
    vm_devtest_state_free(&state);
    vm_devtest_state_free(&again);
    vm_devtest_free(old);
}

Test(rtc, hostile_states_are_refused)
{
    static const char *const flags[] = {"armed", "irq_pending", "irq_enabled"};

    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;

        cr_expect_eq(vm_devtest_load_field(h, flags[i], 0, 2, &err), -1, "%s", flags[i]);
        cr_expect_eq(vm_devtest_load_field(h, flags[i], 0, 0, NULL), 0);
    }
}

Test(rtc, device_tree)
{
    cr_expect_str_eq(vm_devtest_fdt(h), "node rtc\ncompatible = \"google,goldfish-rtc\"\n");
}

Test(rtc_config, failing_wiring)
{
    for (uint32_t n = 1; n <= 3; n++) {
        struct vm_error err = VM_ERROR_INIT;

        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_fail_wiring(h, n);
        cr_expect_eq(vm_devtest_create(h, &err), -1, "call %u", n);
        vm_devtest_free(h);
    }
}
