/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_aclint_test.c - dev-aclint, driven through its registers and the clock. */
#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

#define MSIP(hart)     (4u * (hart))
#define MTIMECMP(hart) (0x4000u + 8u * (hart))
#define MTIME          0xbff8u
#define NEVER          UINT64_MAX

static const char *const lines[] = {"m-soft", "m-timer", "m-ext", NULL};
static struct vm_devtest *h;

static void setup(void)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, 3, lines);
    cr_assert_eq(vm_devtest_create(h, NULL),
                 0); /* the counter runs at 10 MHz: one tick is 100 ns */
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(aclint, .init = setup, .fini = teardown);

static int timer_line(uint32_t hart)
{
    return vm_devtest_cpu_line(h, hart, "m-timer");
}

static int soft_line(uint32_t hart)
{
    return vm_devtest_cpu_line(h, hart, "m-soft");
}

Test(aclint, wiring)
{
    cr_expect_str_eq(vm_devtest_claims(h),
                     "0:m-soft 0:m-timer 1:m-soft 1:m-timer 2:m-soft 2:m-timer ");
    cr_expect_eq(vm_devtest_region(h, 0)->length, 0x10000);
}

Test(aclint, software_interrupts)
{
    vm_devtest_write(h, MSIP(1), 4, 0xffffffff);
    cr_expect_eq(vm_devtest_read(h, MSIP(1), 4), 1, "only bit 0 exists");
    cr_expect_eq(soft_line(0), 0);
    cr_expect_eq(soft_line(1), 1);
    cr_expect_eq(soft_line(2), 0);
    vm_devtest_write(h, MSIP(1), 4, 0xfffffffe);
    cr_expect_eq(vm_devtest_read(h, MSIP(1), 4), 0);
    cr_expect_eq(soft_line(1), 0);
}

Test(aclint, software_interrupts_two_at_a_time)
{
    vm_devtest_write(h, MSIP(0), 8, 0x100000001);
    cr_expect_eq(soft_line(0), 1);
    cr_expect_eq(soft_line(1), 1);
    cr_expect_eq(vm_devtest_read(h, MSIP(0), 8), 0x100000001);
    vm_devtest_write(h, MSIP(2), 8, 0x100000001);
    cr_expect_eq(vm_devtest_read(h, MSIP(2), 8), 1, "there is no hart 3");
}

Test(aclint, time_advances)
{
    cr_expect_eq(vm_devtest_read(h, MTIME, 8), 0);
    vm_devtest_advance(h, 1000);
    cr_expect_eq(vm_devtest_read(h, MTIME, 8), 10);
    cr_expect_eq(vm_devtest_read(h, MTIME, 4), 10);
    cr_expect_eq(vm_devtest_read(h, MTIME + 4, 4), 0);
}

Test(aclint, time_can_be_set_whole_and_by_halves)
{
    vm_devtest_write(h, MTIME, 8, 0x1122334455667788);
    cr_expect_eq(vm_devtest_read(h, MTIME, 8), 0x1122334455667788);
    vm_devtest_write(h, MTIME, 4, 0xaabbccdd);
    cr_expect_eq(vm_devtest_read(h, MTIME, 8), 0x11223344aabbccdd);
    vm_devtest_write(h, MTIME + 4, 4, 0x99887766);
    cr_expect_eq(vm_devtest_read(h, MTIME, 8), 0x99887766aabbccdd);
    cr_expect_eq(vm_devtest_read(h, MTIME + 4, 4), 0x99887766);
    vm_devtest_advance(h, 300);
    cr_expect_eq(vm_devtest_read(h, MTIME, 8), 0x99887766aabbcce0);
}

Test(aclint, compare_registers)
{
    for (uint32_t hart = 0; hart < 3; hart++)
        cr_expect_eq(vm_devtest_read(h, MTIMECMP(hart), 8), NEVER);
    vm_devtest_write(h, MTIMECMP(1), 8, 0x0123456789abcdef);
    vm_devtest_write(h, MTIMECMP(2), 4, 0x11111111);
    vm_devtest_write(h, MTIMECMP(2) + 4, 4, 0x22222222);
    cr_expect_eq(vm_devtest_read(h, MTIMECMP(0), 8), NEVER);
    cr_expect_eq(vm_devtest_read(h, MTIMECMP(1), 4), 0x89abcdef);
    cr_expect_eq(vm_devtest_read(h, MTIMECMP(1) + 4, 4), 0x01234567);
    cr_expect_eq(vm_devtest_read(h, MTIMECMP(2), 8), 0x2222222211111111);
}

Test(aclint, timer_interrupt_at_the_tick)
{
    vm_devtest_write(h, MTIMECMP(0), 8, 50);
    vm_devtest_advance(h, 50 * 100 - 1);
    cr_expect_eq(timer_line(0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(timer_line(0), 1);
    cr_expect_eq(timer_line(1), 0);
    vm_devtest_write(h, MTIMECMP(0), 8, 60);
    cr_expect_eq(timer_line(0), 0, "moving mtimecmp on lowers it");
    vm_devtest_advance(h, 1000);
    cr_expect_eq(timer_line(0), 1);
    vm_devtest_write(h, MTIMECMP(0), 8, NEVER);
    cr_expect_eq(timer_line(0), 0);
}

Test(aclint, compare_in_the_past_interrupts_at_once)
{
    vm_devtest_advance(h, 100000);
    vm_devtest_write(h, MTIMECMP(2), 8, 1000);
    cr_expect_eq(timer_line(2), 1, "equal is enough");
    vm_devtest_write(h, MTIMECMP(2), 8, 1001);
    cr_expect_eq(timer_line(2), 0);
    vm_devtest_write(h, MTIMECMP(2), 8, 0);
    cr_expect_eq(timer_line(2), 1);
}

Test(aclint, harts_have_timers_of_their_own)
{
    for (uint32_t hart = 0; hart < 3; hart++)
        vm_devtest_write(h, MTIMECMP(hart), 8, 30 - 10 * hart);
    for (uint32_t step = 1; step <= 3; step++) {
        vm_devtest_advance(h, 1000);
        for (uint32_t hart = 0; hart < 3; hart++)
            cr_expect_eq(timer_line(hart), step >= 3 - hart, "hart %u, step %u", hart, step);
    }
}

Test(aclint, setting_the_time_moves_every_timer)
{
    vm_devtest_write(h, MTIMECMP(0), 8, 1000);
    vm_devtest_write(h, MTIMECMP(1), 8, 2000);
    vm_devtest_write(h, MTIME, 8, 1000);
    cr_expect_eq(timer_line(0), 1);
    cr_expect_eq(timer_line(1), 0);
    vm_devtest_advance(h, 1000 * 100);
    cr_expect_eq(timer_line(1), 1);
    vm_devtest_write(h, MTIME, 8, 0);
    cr_expect_eq(timer_line(0), 0);
    cr_expect_eq(timer_line(1), 0);
    vm_devtest_advance(h, 1999 * 100);
    cr_expect_eq(timer_line(0), 1);
    cr_expect_eq(timer_line(1), 0);
    vm_devtest_advance(h, 100);
    cr_expect_eq(timer_line(1), 1);
}

Test(aclint, far_away_deadlines)
{
    vm_devtest_write(h, MTIMECMP(0), 8, NEVER - 1);
    vm_devtest_write(h, MTIMECMP(1), 8, 1ull << 63);
    vm_devtest_advance(h, INT64_MAX / 2);
    cr_expect_eq(timer_line(0), 0);
    cr_expect_eq(timer_line(1), 0);
}

Test(aclint, harts_and_registers_that_are_not_there)
{
    static const uint32_t offsets[] = {MSIP(3),        MSIP(4094), 0x3ffc, MTIMECMP(3),
                                       MTIMECMP(4094), 0xc000,     0xfffc};

    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        vm_devtest_write(h, offsets[i], 4, 0xffffffff);
        cr_expect_eq(vm_devtest_read(h, offsets[i], 4), 0, "offset 0x%x", offsets[i]);
    }
    vm_devtest_write(h, 0x3ff8, 8, NEVER);
    vm_devtest_write(h, 0xfff8, 8, NEVER);
    cr_expect_eq(vm_devtest_read(h, 0x3ff8, 8), 0);
    cr_expect_eq(vm_devtest_read(h, 0xfff8, 8), 0);
}

Test(aclint, only_words_and_doublewords)
{
    uint64_t value;

    cr_expect_eq(vm_devtest_access_read(h, 0, MTIME, 1, &value), VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_access_read(h, 0, MTIME, 2, &value), VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_access_read(h, 0, MTIME + 4, 8, &value), VM_ACCESS_ERROR);
}

Test(aclint, reset)
{
    vm_devtest_advance(h, 12345678);
    vm_devtest_write(h, MSIP(2), 4, 1);
    vm_devtest_write(h, MTIMECMP(1), 8, 1);
    vm_devtest_reset(h);
    cr_expect_eq(soft_line(2), 0);
    cr_expect_eq(timer_line(1), 0);
    cr_expect_eq(vm_devtest_read(h, MTIME, 8), 0);
    cr_expect_eq(vm_devtest_read(h, MTIMECMP(1), 8), NEVER);
    vm_devtest_advance(h, 1000000);
    cr_expect_eq(timer_line(1), 0);
}

Test(aclint, save_and_restore)
{
    struct vm_devtest_state state, again;
    struct vm_devtest *old = h;

    vm_devtest_write(h, MSIP(2), 4, 1);
    vm_devtest_write(h, MTIMECMP(0), 8, 0);
    vm_devtest_write(h, MTIMECMP(1), 8, 500);
    state = vm_devtest_save(h);

    setup();
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    again = vm_devtest_save(h);
    cr_expect(vm_devtest_state_equal(&state, &again));
    cr_expect_eq(soft_line(2), 1);
    cr_expect_eq(timer_line(0), 1);
    cr_expect_eq(timer_line(1), 0);
    vm_devtest_advance(h, 500 * 100);
    cr_expect_eq(timer_line(1), 1);
    vm_devtest_state_free(&state);
    vm_devtest_state_free(&again);
    vm_devtest_free(old);
}

Test(aclint, hostile_states_are_refused)
{
    struct vm_error err = VM_ERROR_INIT;

    cr_expect_eq(vm_devtest_load_field(h, "msip", 0, 2, &err), -1);
    cr_expect_eq(vm_devtest_load_field(h, "msip", 0, 0, NULL), 0);
    cr_expect_eq(vm_devtest_load_field(h, "msip", 3, 1, &err), -1);
}

Test(aclint, device_tree)
{
    cr_expect_str_eq(vm_devtest_fdt(h),
                     "node clint\ncompatible = \"sifive,clint0\", \"riscv,clint0\"\n");
}

/* ---- Other configurations -------------------------------------------------------------------- */

Test(aclint_config, odd_counter_rates)
{
    static const uint64_t rates[] = {1, 32768, 3579545, 1000000000, 3000000000};

    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set_cpus(h, 1, lines);
        vm_devtest_set_counter_hz(h, rates[i]);
        cr_assert_eq(vm_devtest_create(h, NULL), 0);
        vm_devtest_write(h, MTIMECMP(0), 8, rates[i] * 3);
        vm_devtest_advance(h, 2999999999);
        cr_expect_eq(timer_line(0), 0, "%zu", i);
        vm_devtest_advance(h, 1);
        cr_expect_eq(timer_line(0), 1, "%zu", i);
        vm_devtest_free(h);
    }
}

static void expect_refused(uint32_t cpus, const char *const *names)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set_cpus(h, cpus, names);
    cr_expect_eq(vm_devtest_create(h, &err), -1);
    vm_devtest_free(h);
}

Test(aclint_config, refused)
{
    static const char *const foreign[] = {"m-soft", "irq", NULL};

    expect_refused(1, foreign);
    expect_refused(4096, lines);
}

Test(aclint_config, failing_wiring)
{
    for (uint32_t n = 1; n <= 7; n++) {
        struct vm_error err = VM_ERROR_INIT;

        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set_cpus(h, 2, lines);
        vm_devtest_fail_wiring(h, n);
        cr_expect_eq(vm_devtest_create(h, &err), -1, "call %u", n);
        vm_devtest_free(h);
    }
}
