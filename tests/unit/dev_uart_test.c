/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_uart_test.c - dev-uart, driven through its registers. Numbers are the PC16550D data sheet's.
 */
#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

enum { RBR, IER, IIR, LCR, MCR, LSR, MSR, SCR };
#define THR RBR
#define DLL RBR
#define DLM IER
#define FCR IIR

#define FIFO_ON   0x01
#define TRIGGER_8 0x80

static struct vm_devtest *h;

static uint8_t rd(uint64_t reg)
{
    return (uint8_t)vm_devtest_read(h, reg, 1);
}

static void wr(uint64_t reg, uint8_t value)
{
    vm_devtest_write(h, reg, 1, value);
}

static void setup(void)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "chardev", "test");
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(uart, .init = setup, .fini = teardown);

/* Four character times of 10 bits at clock / (16 * divisor). */
static int64_t timeout_ns(uint32_t divisor)
{
    return 4LL * 10 * 16 * divisor * 1000000000 / 3686400;
}

static void set_line(uint16_t divisor)
{
    wr(LCR, 0x83);
    wr(DLL, (uint8_t)divisor);
    wr(DLM, (uint8_t)(divisor >> 8));
    wr(LCR, 0x03);
}

Test(uart, registers_after_reset)
{
    cr_expect_eq(rd(IER), 0x00);
    cr_expect_eq(rd(IIR), 0x01);
    cr_expect_eq(rd(LCR), 0x00);
    cr_expect_eq(rd(MCR), 0x00);
    cr_expect_eq(rd(LSR), 0x60);
    cr_expect_eq(rd(MSR), 0xb0);
    cr_expect_eq(rd(RBR), 0x00);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(uart, registers_keep_the_bits_that_exist)
{
    static const struct {
        uint8_t reg, written, read;
    } cases[] = {
        {SCR, 0x5a, 0x5a}, {SCR, 0xa5, 0xa5}, {LCR, 0x7f, 0x7f},
        {IER, 0xff, 0x0f}, {MCR, 0xef, 0x0f},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wr(cases[i].reg, cases[i].written);
        cr_expect_eq(rd(cases[i].reg), cases[i].read, "case %zu", i);
    }
}

Test(uart, divisor_latch_behind_dlab)
{
    wr(SCR, 0x11);
    wr(LCR, 0x80);
    wr(DLL, 0x34);
    wr(DLM, 0x12);
    cr_expect_eq(rd(DLL), 0x34);
    cr_expect_eq(rd(DLM), 0x12);
    wr(LCR, 0x00);
    cr_expect_eq(rd(IER), 0x00, "the divisor is not IER");
    cr_expect_eq(strlen(vm_devtest_output(h, NULL)), 0, "the divisor is no output");
}

Test(uart, line_and_modem_status_are_read_only)
{
    wr(LSR, 0xff);
    wr(MSR, 0xff);
    cr_expect_eq(rd(LSR), 0x60);
    cr_expect_eq(rd(MSR), 0xb0);
}

Test(uart, output_goes_to_the_backend)
{
    const char *text = "hello";

    for (const char *p = text; *p; p++) {
        cr_expect_eq(rd(LSR) & 0x60, 0x60);
        wr(THR, (uint8_t)*p);
    }
    cr_expect_str_eq(vm_devtest_output(h, NULL), "hello");
}

Test(uart, without_fifo_one_character_waits_for_a_slow_backend)
{
    vm_devtest_output_room(h, 0);
    wr(THR, 'a');
    cr_expect_eq(rd(LSR) & 0x60, 0x00);
    wr(THR, 'b'); /* the guest did not wait: THR is overwritten */
    vm_devtest_output_room(h, 5);
    cr_expect_str_eq(vm_devtest_output(h, NULL), "b");
    cr_expect_eq(rd(LSR) & 0x60, 0x60);
}

Test(uart, with_fifo_sixteen_characters_wait_for_a_slow_backend)
{
    wr(FCR, FIFO_ON);
    vm_devtest_output_room(h, 0);
    for (int i = 0; i < 20; i++)
        wr(THR, (uint8_t)('a' + i));
    cr_expect_eq(rd(LSR) & 0x60, 0x00);
    vm_devtest_output_room(h, 4);
    cr_expect_eq(rd(LSR) & 0x60, 0x00, "twelve still wait");
    vm_devtest_output_room(h, 100);
    cr_expect_eq(rd(LSR) & 0x60, 0x60);
    cr_expect_str_eq(vm_devtest_output(h, NULL), "abcdefghijklmnop");
}

Test(uart, transmit_fifo_wraps)
{
    wr(FCR, FIFO_ON);
    for (int round = 0; round < 5; round++) {
        vm_devtest_output_room(h, 0);
        for (int i = 0; i < 7; i++)
            wr(THR, (uint8_t)('0' + i));
        vm_devtest_output_room(h, SIZE_MAX);
    }
    cr_expect_str_eq(vm_devtest_output(h, NULL), "01234560123456012345601234560123456");
}

Test(uart, transmit_interrupt_rises_when_enabled_and_falls_when_identified)
{
    wr(IER, 0x02);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(IIR), 0x02);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(rd(IIR), 0x01);
    wr(IER, 0x02);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "it was enabled before");
    wr(IER, 0x00);
    wr(IER, 0x02);
    cr_expect_eq(vm_devtest_irq(h, 0), 1, "enabled anew");
}

Test(uart, transmit_interrupt_follows_the_holding_register)
{
    wr(IER, 0x02);
    rd(IIR);
    wr(THR, 'x');
    cr_expect_eq(vm_devtest_irq(h, 0), 1, "sent, so empty again");
    vm_devtest_output_room(h, 0);
    wr(THR, 'y');
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "writing THR acknowledges");
    cr_expect_eq(rd(IIR), 0x01);
    vm_devtest_output_room(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(IIR), 0x02);
}

Test(uart, without_fifo_one_character_is_taken)
{
    cr_expect_eq(vm_devtest_send(h, "ab", 2), 1);
    cr_expect_eq(rd(LSR), 0x61);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 0);
    cr_expect_eq(rd(RBR), 'a');
    cr_expect_eq(vm_devtest_input_ready_calls(h), 1);
    cr_expect_eq(rd(LSR), 0x60);
    cr_expect_eq(vm_devtest_send(h, "b", 1), 1);
    cr_expect_eq(rd(RBR), 'b');
    cr_expect_eq(vm_devtest_input_ready_calls(h), 1, "nothing was held back");
}

Test(uart, with_fifo_what_fits_is_taken_and_nothing_is_lost)
{
    const char *text = "abcdefghijklmnopqrstuvwxyz";

    wr(FCR, FIFO_ON);
    cr_expect_eq(vm_devtest_send(h, text, 26), 16);
    cr_expect_eq(vm_devtest_send(h, text + 16, 10), 0);
    for (int i = 0; i < 16; i++)
        cr_expect_eq(rd(RBR), (uint8_t)text[i]);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 1);
    cr_expect_eq(vm_devtest_send(h, text + 16, 10), 10);
    for (int i = 16; i < 26; i++)
        cr_expect_eq(rd(RBR), (uint8_t)text[i]);
    cr_expect_eq(rd(LSR), 0x60, "no overrun");
}

Test(uart, receive_interrupt_without_fifo)
{
    wr(IER, 0x01);
    vm_devtest_send(h, "a", 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(IIR), 0x04);
    cr_expect_eq(vm_devtest_irq(h, 0), 1, "IIR does not acknowledge it");
    rd(RBR);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(uart, receive_interrupt_at_each_trigger_level)
{
    static const uint8_t levels[4] = {1, 4, 8, 14};

    for (unsigned i = 0; i < 4; i++) {
        wr(FCR, (uint8_t)(0x03 | i << 6));
        wr(IER, 0x01);
        for (unsigned n = 1; n <= levels[i]; n++) {
            cr_expect_eq(vm_devtest_irq(h, 0), 0, "level %u, %u characters", levels[i], n - 1);
            vm_devtest_send(h, "x", 1);
        }
        cr_expect_eq(vm_devtest_irq(h, 0), 1, "level %u", levels[i]);
        cr_expect_eq(rd(IIR), 0xc4);
        rd(RBR);
        cr_expect_eq(vm_devtest_irq(h, 0), 0, "below level %u again", levels[i]);
    }
}

Test(uart, character_timeout_after_four_character_times)
{
    set_line(24);
    wr(FCR, FIFO_ON | TRIGGER_8);
    wr(IER, 0x01);
    vm_devtest_send(h, "a", 1);
    vm_devtest_advance(h, timeout_ns(24) - 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(IIR), 0xcc);
    cr_expect_eq(rd(RBR), 'a');
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1000000000);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "an empty FIFO has no time-out");
}

Test(uart, character_timeout_restarts_with_each_character_and_read)
{
    int64_t t = timeout_ns(2);

    set_line(2);
    wr(FCR, FIFO_ON | TRIGGER_8);
    wr(IER, 0x01);
    for (int i = 0; i < 4; i++) {
        vm_devtest_send(h, "a", 1);
        vm_devtest_advance(h, t - 1);
        cr_expect_eq(vm_devtest_irq(h, 0), 0, "character %d", i);
    }
    rd(RBR);
    vm_devtest_advance(h, t - 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "a read restarts it");
    vm_devtest_advance(h, 1);
    cr_expect_eq(rd(IIR), 0xcc);
    vm_devtest_send(h, "b", 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "a character restarts it");
    vm_devtest_advance(h, t);
    cr_expect_eq(rd(IIR), 0xcc);
}

Test(uart, without_fifo_there_is_no_timeout)
{
    wr(IER, 0x04);
    vm_devtest_send(h, "a", 1);
    vm_devtest_advance(h, 1000000000);
    wr(IER, 0x05);
    cr_expect_eq(rd(IIR), 0x04);
}

Test(uart, interrupts_by_priority)
{
    wr(IER, 0x0f);
    wr(MCR, 0x10); /* loop: CTS, DSR, DCD fall */
    wr(THR, 'a');  /* received, and THR is empty */
    wr(THR, 'b');  /* overrun */
    cr_expect_eq(rd(IIR), 0x06);
    cr_expect_eq(rd(LSR), 0x63);
    cr_expect_eq(rd(IIR), 0x04);
    cr_expect_eq(rd(RBR), 'b', "without FIFO the new character replaces the old");
    cr_expect_eq(rd(IIR), 0x02);
    cr_expect_eq(rd(IIR), 0x00);
    cr_expect_eq(rd(MSR), 0x0b);
    cr_expect_eq(rd(IIR), 0x01);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(uart, fifo_overrun_keeps_the_fifo)
{
    wr(FCR, FIFO_ON);
    wr(MCR, 0x10);
    for (int i = 0; i < 17; i++)
        wr(THR, (uint8_t)('a' + i));
    cr_expect_eq(rd(LSR), 0x63);
    cr_expect_eq(rd(LSR), 0x61, "reading clears it");
    for (int i = 0; i < 16; i++)
        cr_expect_eq(rd(RBR), 'a' + i);
    cr_expect_eq(rd(LSR), 0x60);
}

Test(uart, loopback_keeps_the_outside_out)
{
    wr(MCR, 0x10);
    wr(THR, 'x');
    cr_expect_eq(strlen(vm_devtest_output(h, NULL)), 0);
    cr_expect_eq(rd(RBR), 'x');
    cr_expect_eq(vm_devtest_send(h, "y", 1), 0);
    vm_devtest_chardev_event(h, VM_CHARDEV_BREAK);
    cr_expect_eq(rd(LSR), 0x60);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 0);
    wr(MCR, 0x00);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 1);
    cr_expect_eq(vm_devtest_send(h, "y", 1), 1);
}

Test(uart, loopback_connects_the_modem_lines)
{
    static const struct {
        uint8_t mcr, msr;
    } cases[] = {{0x10, 0x00}, {0x11, 0x20}, {0x12, 0x10}, {0x14, 0x40},
                 {0x18, 0x80}, {0x1f, 0xf0}, {0x1a, 0x90}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wr(MCR, cases[i].mcr);
        cr_expect_eq(rd(MSR) & 0xf0, cases[i].msr, "case %zu", i);
    }
}

Test(uart, modem_deltas)
{
    wr(MCR, 0x10);
    cr_expect_eq(rd(MSR), 0x0b, "CTS, DSR and DCD fell");
    cr_expect_eq(rd(MSR), 0x00, "reading clears them");
    wr(MCR, 0x14);
    cr_expect_eq(rd(MSR), 0x40, "the leading edge of RI does not count");
    wr(MCR, 0x10);
    cr_expect_eq(rd(MSR), 0x04, "the trailing one does");
    wr(MCR, 0x12);
    cr_expect_eq(rd(MSR), 0x11);
    wr(IER, 0x08);
    wr(MCR, 0x13);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(MSR), 0x32);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(uart, break_arrives_as_a_zero_character)
{
    wr(IER, 0x04);
    vm_devtest_chardev_event(h, VM_CHARDEV_BREAK);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(IIR), 0x06);
    cr_expect_eq(rd(LSR), 0x71);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(rd(RBR), 0x00);
    cr_expect_eq(rd(LSR), 0x60);
}

Test(uart, break_in_the_fifo_shows_when_it_is_at_the_top)
{
    wr(FCR, FIFO_ON);
    vm_devtest_send(h, "a", 1);
    vm_devtest_chardev_event(h, VM_CHARDEV_BREAK);
    vm_devtest_send(h, "b", 1);
    cr_expect_eq(rd(LSR), 0xe1, "there is an error in the FIFO");
    cr_expect_eq(rd(LSR), 0xe1, "still");
    cr_expect_eq(rd(RBR), 'a');
    cr_expect_eq(rd(LSR), 0xf1, "now it is this character's");
    cr_expect_eq(rd(LSR), 0x61);
    cr_expect_eq(rd(RBR), 0x00);
    cr_expect_eq(rd(RBR), 'b');
    cr_expect_eq(rd(LSR), 0x60);
}

Test(uart, fifo_control)
{
    wr(FCR, 0xc0);
    cr_expect_eq(rd(IIR) & 0xc0, 0x00, "bits without FCR0 are not programmed");
    wr(FCR, 0x01);
    cr_expect_eq(rd(IIR) & 0xc0, 0xc0);
    vm_devtest_send(h, "abc", 3);
    wr(FCR, 0x03);
    cr_expect_eq(rd(LSR), 0x60, "receiver cleared");
    vm_devtest_output_room(h, 0);
    wr(THR, 'x');
    wr(FCR, 0x05);
    cr_expect_eq(rd(LSR), 0x60, "transmitter cleared");
    vm_devtest_send(h, "abc", 3);
    wr(FCR, 0x00);
    cr_expect_eq(rd(LSR), 0x60, "switching the FIFOs off clears them");
    cr_expect_eq(rd(IIR) & 0xc0, 0x00);
    vm_devtest_output_room(h, 10);
    cr_expect_eq(strlen(vm_devtest_output(h, NULL)), 0);
}

Test(uart, clearing_a_full_fifo_lets_input_in)
{
    wr(FCR, 0x01);
    cr_expect_eq(vm_devtest_send(h, "0123456789abcdefX", 17), 16);
    wr(FCR, 0x03);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 1);
    cr_expect_eq(vm_devtest_send(h, "X", 1), 1);
    cr_expect_eq(rd(RBR), 'X');
}

Test(uart, reset_clears_all)
{
    wr(IER, 0x0f);
    wr(FCR, 0x01);
    wr(MCR, 0x0b);
    vm_devtest_send(h, "0123456789abcdefX", 17);
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(rd(LSR), 0x60);
    cr_expect_eq(rd(IER), 0x00);
    cr_expect_eq(rd(IIR), 0x01);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 1);
    vm_devtest_advance(h, 1000000000);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(uart, only_bytes_by_default)
{
    uint64_t value;

    cr_expect_eq(vm_devtest_access_read(h, 0, 0, 2, &value), VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_access_read(h, 0, 0, 4, &value), VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_access_write(h, 0, 8, 1, 0), VM_ACCESS_ERROR);
    cr_expect_eq(vm_devtest_region(h, 0)->length, 8);
}

/* State: what was saved comes back, on another instance too, with its interrupt, its time-out and
 * its waiting output. */
Test(uart, save_and_restore)
{
    struct vm_devtest_state state, again;
    struct vm_devtest *old = h;

    set_line(3);
    wr(FCR, FIFO_ON | TRIGGER_8);
    wr(IER, 0x05);
    wr(SCR, 0x77);
    for (int i = 0; i < 13; i++) { /* so that the FIFO's head is not at 0 */
        vm_devtest_send(h, "-", 1);
        rd(RBR);
    }
    vm_devtest_send(h, "abc", 3);
    vm_devtest_chardev_event(h, VM_CHARDEV_BREAK);
    vm_devtest_output_room(h, 0);
    wr(THR, 'o');
    wr(THR, 'k');
    state = vm_devtest_save(h);

    setup();
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    again = vm_devtest_save(h);
    cr_expect_str_eq(vm_devtest_output(h, NULL), "ok", "waiting output goes out");
    vm_devtest_advance(h, timeout_ns(3));
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(IIR), 0xcc);
    cr_expect_eq(rd(SCR), 0x77);
    cr_expect_eq(rd(RBR), 'a');
    cr_expect_eq(rd(RBR), 'b');
    cr_expect_eq(rd(RBR), 'c');
    cr_expect_eq(rd(LSR), 0xf1);
    cr_expect_eq(rd(RBR), 0);

    cr_expect_eq(vm_devtest_load(old, &again, NULL), 0);
    vm_devtest_output_room(old, SIZE_MAX);
    vm_devtest_state_free(&again);
    again = vm_devtest_save(old);
    cr_assert_eq(vm_devtest_load(h, &again, NULL), 0);
    vm_devtest_state_free(&state);
    state = vm_devtest_save(h);
    cr_expect(vm_devtest_state_equal(&state, &again));
    vm_devtest_state_free(&state);
    vm_devtest_state_free(&again);
    vm_devtest_free(old);
}

Test(uart, restored_interrupt_level)
{
    struct vm_devtest_state state;

    wr(IER, 0x02);
    state = vm_devtest_save(h);
    vm_devtest_reset(h);
    cr_assert_eq(vm_devtest_irq(h, 0), 0);
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    vm_devtest_state_free(&state);
}

Test(uart, hostile_states_are_refused)
{
    static const struct {
        const char *field;
        uint64_t value;
    } cases[] = {
        {"ier", 0x10},           {"fcr", 0xff},         {"fcr", 0x80},
        {"mcr", 0x20},           {"line_errors", 0x20}, {"modem_deltas", 0x10},
        {"rx.head", 16},         {"rx.count", 2},       {"tx.head", 255},
        {"tx.count", 17},        {"rx.errors", 0x80},   {"timeout_pending", 2},
        {"transmit_pending", 7},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_devtest_state state = vm_devtest_save(h);
        struct vm_error err = VM_ERROR_INIT;

        cr_expect_eq(vm_devtest_load_field(h, cases[i].field, 0, cases[i].value, &err), -1, "%s",
                     cases[i].field);
        cr_expect(err.set);
        cr_expect_eq(vm_devtest_load(h, &state, NULL), 0);
        vm_devtest_state_free(&state);
    }
}

Test(uart, device_tree)
{
    cr_expect_str_eq(vm_devtest_fdt(h),
                     "node serial\ncompatible = \"ns16550a\"\nclock-frequency = 0x384000\n");
}

/* ---- Other configurations -------------------------------------------------------------------- */

Test(uart_config, without_backend)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    cr_expect(!vm_devtest_has_backend(h));
    wr(THR, 'x');
    cr_expect_eq(rd(LSR), 0x60);
    vm_devtest_reset(h);
    vm_devtest_free(h);
}

Test(uart_config, wide_registers)
{
    uint64_t value;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "chardev", "test");
    vm_devtest_set(h, "reg-shift", "2");
    vm_devtest_set(h, "reg-io-width", "4");
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    cr_expect_eq(vm_devtest_region(h, 0)->length, 32);
    vm_devtest_write(h, 7 << 2, 4, 0xffffff5a);
    cr_expect_eq(vm_devtest_read(h, 7 << 2, 4), 0x5a);
    cr_expect_eq(vm_devtest_read(h, 7 << 2, 1), 0x5a);
    cr_expect_eq(vm_devtest_read(h, (7 << 2) + 1, 1), 0);
    vm_devtest_write(h, 0, 4, 'x');
    vm_devtest_write(h, 1, 1, 'y');
    cr_expect_str_eq(vm_devtest_output(h, NULL), "x");
    cr_expect_eq(vm_devtest_access_read(h, 0, 0, 8, &value), VM_ACCESS_ERROR);
    cr_expect(strstr(vm_devtest_fdt(h), "reg-shift = 0x2\nreg-io-width = 0x4\n"));
    vm_devtest_free(h);
}

Test(uart_config, width_and_distance_must_agree)
{
    static const char *const cases[][2] = {{"0", "2"}, {"0", "4"}, {"1", "4"}, {"2", "3"}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;

        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set(h, "reg-shift", cases[i][0]);
        vm_devtest_set(h, "reg-io-width", cases[i][1]);
        cr_expect_eq(vm_devtest_create(h, &err), -1);
        cr_expect(strstr(err.text, "reg-io-width"));
        vm_devtest_free(h);
    }
}

Test(uart_config, clocks_from_slow_to_fast)
{
    static const char *const clocks[] = {"16", "1843200", "1000000000"};

    for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set(h, "chardev", "test");
        vm_devtest_set(h, "clock-frequency", clocks[i]);
        cr_assert_eq(vm_devtest_create(h, NULL), 0);
        set_line(0);
        wr(FCR, FIFO_ON | TRIGGER_8);
        wr(IER, 0x01);
        vm_devtest_send(h, "a", 1);
        vm_devtest_advance(h, 100000000000);
        cr_expect_eq(rd(IIR), 0xcc, "%s Hz", clocks[i]);
        vm_devtest_free(h);
    }
}

/* Every wiring call may fail; nothing may leak (the sanitizers see to that) and there is always a
 * message. */
Test(uart_config, failing_wiring)
{
    for (uint32_t n = 1; n <= 4; n++) {
        struct vm_error err = VM_ERROR_INIT;

        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set(h, "chardev", "test");
        vm_devtest_fail_wiring(h, n);
        cr_expect_eq(vm_devtest_create(h, &err), -1, "call %u", n);
        vm_devtest_free(h);
    }
}
