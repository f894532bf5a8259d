/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_pl011_test.c - dev-pl011, driven through its registers. Numbers are the manual's (DDI 0183).
 */
#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

enum {
    DR = 0x00,
    RSR = 0x04,
    FR = 0x18,
    ILPR = 0x20,
    IBRD = 0x24,
    FBRD = 0x28,
    LCR_H = 0x2c,
    CR = 0x30,
    IFLS = 0x34,
    IMSC = 0x38,
    RIS = 0x3c,
    MIS = 0x40,
    ICR = 0x44,
    DMACR = 0x48
};

enum { RX = 0x10, TX = 0x20, RT = 0x40, BE = 0x200, OE = 0x400 };

#define ON    0x301
#define LOOP  0x80
#define FIFO  0x10
#define MODEM 7u

static struct vm_devtest *h;

static uint32_t rd(uint64_t reg)
{
    return (uint32_t)vm_devtest_read(h, reg, 4);
}

static void wr(uint64_t reg, uint32_t value)
{
    vm_devtest_write(h, reg, 4, value);
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

TestSuite(pl011, .init = setup, .fini = teardown);

Test(pl011, registers_after_reset)
{
    static const uint8_t id[] = {0x11, 0x10, 0x34, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

    cr_expect_eq(rd(FR), 0x90 | MODEM);
    cr_expect_eq(rd(CR), 0x300);
    cr_expect_eq(rd(IFLS), 0x12);
    for (uint32_t reg = IBRD; reg <= LCR_H; reg += 4)
        cr_expect_eq(rd(reg), 0);
    cr_expect_eq(rd(IMSC) | rd(RIS) | rd(MIS) | rd(RSR) | rd(DMACR), 0);
    for (uint32_t i = 0; i < 8; i++)
        cr_expect_eq(rd(0xfe0 + 4 * i), id[i]);
}

Test(pl011, registers_keep_the_bits_that_exist)
{
    static const struct {
        uint32_t reg, read;
    } cases[] = {
        {IBRD, 0xffff}, {FBRD, 0x3f},  {LCR_H, 0xff}, {CR, 0xff87},
        {IFLS, 0x3f},   {IMSC, 0x7ff}, {DMACR, 0x07}, {ILPR, 0xff},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wr(cases[i].reg, UINT32_MAX);
        cr_expect_eq(rd(cases[i].reg), cases[i].read, "case %zu", i);
    }
    wr(FR, UINT32_MAX);
    wr(RIS, UINT32_MAX);
    cr_expect_eq(vm_devtest_read(h, CR, 2), 0xff87);
    cr_expect_eq(vm_devtest_read(h, CR, 1), 0x87);
    cr_expect_eq(vm_devtest_read(h, CR + 2, 2), 0);
}

Test(pl011, output_goes_to_the_backend)
{
    for (const char *c = "hello"; *c; c++)
        vm_devtest_write(h, DR, 1, (uint8_t)*c); /* not even enabled */
    cr_expect_str_eq(vm_devtest_output(h, NULL), "hello");
    cr_expect_eq(rd(RIS), TX);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    wr(IMSC, TX);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    wr(ICR, TX);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "nothing has changed since");
}

Test(pl011, output_waits_for_a_slow_backend)
{
    char want[40] = "";

    wr(LCR_H, FIFO);
    wr(IMSC, TX);
    vm_devtest_output_room(h, 0);
    for (uint32_t i = 0; i < 32; i++) {
        cr_expect_eq(rd(FR) & 0x20, 0);
        wr(DR, 'a' + i % 26);
        want[i] = (char)('a' + i % 26);
    }
    cr_expect_eq(rd(FR), 0x38 | MODEM, "busy and full");
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    wr(DR, '!');
    vm_devtest_output_room(h, 15);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "17 are left");
    vm_devtest_output_room(h, 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 1, "half empty");
    wr(DR, 'x');
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    strcat(want, "x");
    vm_devtest_output_room(h, SIZE_MAX);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(FR), 0x90 | MODEM);
    cr_expect_str_eq(vm_devtest_output(h, NULL), want, "the one too many is lost");
}

Test(pl011, input_without_fifos)
{
    cr_expect_eq(vm_devtest_send(h, "ab", 2), 0, "not enabled: the backend keeps it");
    wr(CR, ON);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 1);
    wr(IMSC, RX);
    cr_expect_eq(vm_devtest_send(h, "ab", 2), 1);
    cr_expect_eq(rd(FR), 0xc0 | MODEM, "full");
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(DR), 'a');
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 2);
    cr_expect_eq(rd(DR), 0);
}

Test(pl011, receive_trigger_levels)
{
    static const uint8_t levels[5] = {4, 8, 16, 24, 28};

    wr(CR, ON);
    wr(IMSC, RX);
    for (uint32_t i = 0; i < 5; i++) {
        wr(LCR_H, 0);
        wr(LCR_H, FIFO);
        wr(IFLS, i << 3);
        for (uint32_t k = 1; k <= 32; k++) {
            cr_expect_eq(vm_devtest_send(h, "x", 1), 1);
            cr_expect_eq(vm_devtest_irq(h, 0), k >= levels[i], "%u of %u", k, levels[i]);
        }
        cr_expect_eq(vm_devtest_send(h, "x", 1), 0);
        for (uint32_t k = 32; k > 0; k--) {
            cr_expect_eq(rd(DR), 'x');
            cr_expect_eq(vm_devtest_irq(h, 0), k - 1 >= levels[i]);
        }
    }
}

Test(pl011, receive_time_out)
{
    int64_t bits = 32 * (16 * 13 + 16 * 1 / 64) * 1000000000ll / 24000000;

    wr(IBRD, 13);
    wr(FBRD, 0);
    wr(CR, ON);
    wr(LCR_H, FIFO);
    wr(IMSC, RT);
    vm_devtest_send(h, "a", 1);
    vm_devtest_advance(h, bits - 10);
    vm_devtest_send(h, "b", 1);
    vm_devtest_advance(h, bits - 10);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "it began anew");
    vm_devtest_advance(h, 20);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(MIS), RT);
    rd(DR);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    rd(DR);
    cr_expect_eq(vm_devtest_irq(h, 0), 0, "empty");
    vm_devtest_advance(h, 10 * bits);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_send(h, "c", 1);
    vm_devtest_advance(h, 2 * bits);
    wr(ICR, RT);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
}

Test(pl011, break_comes_as_a_character)
{
    vm_devtest_chardev_event(h, VM_CHARDEV_BREAK);
    cr_expect_eq(rd(RIS), 0, "not enabled");
    wr(CR, ON);
    wr(LCR_H, FIFO);
    wr(IMSC, BE);
    vm_devtest_send(h, "a", 1);
    vm_devtest_chardev_event(h, VM_CHARDEV_BREAK);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(DR), 'a');
    cr_expect_eq(rd(RSR), 0);
    cr_expect_eq(rd(DR), 0x400);
    cr_expect_eq(rd(RSR), 4);
    wr(RSR, 0);
    cr_expect_eq(rd(RSR), 0);
    wr(ICR, BE);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_chardev_event(h, VM_CHARDEV_OPENED);
    cr_expect_eq(rd(FR) & 0x10, 0x10);
}

Test(pl011, loopback)
{
    wr(CR, ON | LOOP);
    cr_expect_eq(rd(FR) & 0x107, 0);
    cr_expect_eq(rd(RIS), 0xe, "CTS, DCD and DSR have changed");
    wr(ICR, 0x7ff);
    cr_expect_eq(vm_devtest_send(h, "z", 1), 0);
    wr(DR, 'q');
    cr_expect_eq(strlen(vm_devtest_output(h, NULL)), 0);
    wr(DR, 'r');
    cr_expect_eq(rd(RIS) & OE, OE);
    cr_expect_eq(rd(RSR), 8);
    cr_expect_eq(rd(DR), 'q');
    wr(CR, ON | LOOP | 0x3c00);
    cr_expect_eq(rd(FR) & 0x107, 0x107);
    cr_expect_eq(rd(RIS) & 0xf, 0xf);
    wr(CR, ON);
    cr_expect_eq(vm_devtest_input_ready_calls(h), 1);
}

Test(pl011, turning_the_fifos_on_or_off_empties_them)
{
    wr(CR, ON);
    wr(LCR_H, FIFO);
    vm_devtest_send(h, "abc", 3);
    wr(LCR_H, FIFO | 0x60);
    cr_expect_eq(rd(FR) & 0x10, 0);
    wr(LCR_H, 0x60);
    cr_expect_eq(rd(FR) & 0x10, 0x10);
}

Test(pl011, saved_and_loaded)
{
    static const struct {
        const char *field;
        uint64_t value;
    } wrong[] = {
        {"cr", 8},        {"ris", 0x800},   {"imsc", 0x800},     {"rsr", 16},
        {"fbrd", 64},     {"ifls", 64},     {"dmacr", 8},        {"rx.head", 32},
        {"rx.count", 33}, {"tx.count", 33}, {"rx.data", 0x1000}, {"tx.data", 0x100},
    };
    struct vm_devtest_state state;

    wr(CR, ON);
    wr(LCR_H, FIFO);
    wr(IMSC, RT);
    vm_devtest_send(h, "abc", 3);
    vm_devtest_output_room(h, 0);
    wr(DR, 'o');
    state = vm_devtest_save(h);
    vm_devtest_reset(h);
    cr_expect_eq(rd(FR), 0x90 | MODEM);
    vm_devtest_output_room(h, SIZE_MAX);
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    cr_expect_str_eq(vm_devtest_output(h, NULL), "o");
    vm_devtest_advance(h, 1000000000);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(DR), 'a');
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        cr_expect_eq(vm_devtest_load_field(h, wrong[i].field, 0, wrong[i].value, NULL), -1, "%s",
                     wrong[i].field);
    vm_devtest_state_free(&state);
}

Test(pl011, without_a_backend)
{
    vm_devtest_free(h);
    h = vm_devtest_new(&vm_plugin_descriptor);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    wr(DR, 'x');
    wr(CR, ON);
    cr_expect_eq(rd(FR), 0x90 | MODEM);
}

Test(pl011, wiring_that_fails)
{
    for (uint32_t i = 1; i < 6; i++) {
        vm_devtest_free(h);
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set(h, "chardev", "test");
        vm_devtest_fail_wiring(h, i);
        cr_expect_eq(vm_devtest_create(h, NULL), i < 5 ? -1 : 0);
    }
}

Test(pl011, device_tree)
{
    cr_expect(strstr(vm_devtest_fdt(h), "node serial\n/apb-pclk compatible = \"fixed-clock\"\n"));
    cr_expect(strstr(vm_devtest_fdt(h),
                     "compatible = \"arm,pl011\", \"arm,primecell\"\n"
                     "clocks = 0x1 0x1\nclock-names = \"uartclk\", \"apb_pclk\"\n"));
}
