/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_pl061_test.c - dev-pl061, driven through its registers and pins. */
#include <criterion/criterion.h>
#include <string.h>

#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

enum {
    DIR = 0x400,
    IS = 0x404,
    IBE = 0x408,
    IEV = 0x40c,
    IE = 0x410,
    RIS = 0x414,
    MIS = 0x418,
    IC = 0x41c,
    AFSEL = 0x420
};

#define DATA(mask) ((mask) << 2)
#define PRESS_NS   200000000

static struct vm_devtest *h;

static uint32_t rd(uint32_t offset)
{
    return (uint32_t)vm_devtest_read(h, offset, 1);
}

static void wr(uint32_t offset, uint32_t value)
{
    vm_devtest_write(h, offset, 1, value);
}

static void setup(void)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "power-button", "3");
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(pl061, .init = setup, .fini = teardown);

Test(pl061, identification)
{
    static const uint8_t id[] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

    for (uint32_t i = 0; i < 8; i++)
        cr_expect_eq(vm_devtest_read(h, 0xfe0 + 4 * i, 4), id[i]);
    for (uint32_t offset = DIR; offset <= AFSEL; offset += 4)
        cr_expect_eq(rd(offset), 0);
}

Test(pl061, data_is_masked_by_the_address)
{
    wr(DIR, 0x0f);
    wr(DATA(0xff), 0xff);
    cr_expect_eq(rd(DATA(0xff)), 0x0f, "only outputs");
    wr(DATA(0x05), 0);
    cr_expect_eq(rd(DATA(0xff)), 0x0a);
    cr_expect_eq(rd(DATA(0x02)), 0x02);
    vm_devtest_irq_input(h, 7, 1);
    vm_devtest_irq_input(h, 0, 1);
    cr_expect_eq(rd(DATA(0xff)), 0x8a, "an output is not what its wire says");
    wr(DIR, 0);
    cr_expect_eq(rd(DATA(0xff)), 0x81);
    cr_expect_eq(rd(DATA(0xff) + 1), 0, "between registers");
    wr(DATA(0xff) + 1, 0xff);
}

/* Pin 0: what each setting makes of 0 -> 1 -> 0. */
Test(pl061, interrupts)
{
    static const struct {
        uint8_t is, ibe, iev, up, down;
    } cases[] = {
        {0, 0, 1, 1, 0}, {0, 0, 0, 0, 1}, {0, 1, 0, 1, 1}, {1, 0, 1, 1, 0}, {1, 0, 0, 0, 1},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        wr(IE, 0);
        wr(IS, cases[i].is);
        wr(IBE, cases[i].ibe);
        wr(IEV, cases[i].iev | 0xfe);
        wr(IC, 0xff);
        wr(IE, 1);
        vm_devtest_irq_input(h, 0, 1);
        cr_expect_eq(vm_devtest_irq(h, 0), cases[i].up, "case %zu", i);
        cr_expect_eq(rd(MIS), cases[i].up);
        wr(IC, 1);
        cr_expect_eq(vm_devtest_irq(h, 0), cases[i].is && cases[i].up, "a level cannot be cleared");
        vm_devtest_irq_input(h, 0, 0);
        cr_expect_eq(vm_devtest_irq(h, 0), cases[i].down, "case %zu", i);
        wr(IE, 0);
        cr_expect_eq(vm_devtest_irq(h, 0), 0);
        cr_expect_eq(rd(RIS) & 1, cases[i].down);
    }
    wr(DIR, 1);
    wr(IS, 0);
    wr(IBE, 1);
    wr(IC, 0xff);
    vm_devtest_irq_input(h, 0, 1);
    cr_expect_eq(rd(RIS), 0, "an output has no edges");
}

Test(pl061, power_button)
{
    wr(IBE, 8);
    wr(IE, 8);
    cr_expect(vm_devtest_press(h));
    cr_expect_eq(rd(DATA(8)), 8);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    wr(IC, 8);
    vm_devtest_advance(h, PRESS_NS - 1);
    cr_expect_eq(vm_devtest_irq(h, 0), 0);
    vm_devtest_advance(h, 1);
    cr_expect_eq(rd(DATA(8)), 0, "released");
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    vm_devtest_press(h);
    vm_devtest_reset(h);
    cr_expect_eq(rd(DATA(8)), 0);
}

Test(pl061, no_button)
{
    vm_devtest_free(h);
    h = vm_devtest_new(&vm_plugin_descriptor);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    cr_expect_not(vm_devtest_press(h));
    cr_expect_eq(vm_devtest_load_field(h, "pressed", 0, 1, NULL), -1);
    cr_expect_not(strstr(vm_devtest_fdt(h), "gpio-keys"));
}

Test(pl061, saved_and_loaded)
{
    struct vm_devtest_state state;

    wr(IEV, 8);
    wr(IE, 8);
    vm_devtest_press(h);
    vm_devtest_advance(h, PRESS_NS / 2);
    state = vm_devtest_save(h);
    vm_devtest_reset(h);
    cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
    cr_expect_eq(vm_devtest_irq(h, 0), 1);
    cr_expect_eq(rd(DATA(8)), 8);
    vm_devtest_advance(h, PRESS_NS / 2);
    cr_expect_eq(rd(DATA(8)), 0);
    cr_expect_eq(vm_devtest_load_field(h, "pressed", 0, 1, NULL), -1, "until when?");
    cr_expect_eq(vm_devtest_load_field(h, "pressed", 0, 2, NULL), -1);
    vm_devtest_state_free(&state);
}

Test(pl061, wiring_that_fails)
{
    for (uint32_t i = 1; i < 7; i++) {
        vm_devtest_free(h);
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set(h, "power-button", "7");
        vm_devtest_fail_wiring(h, i);
        cr_expect_eq(vm_devtest_create(h, NULL), i < 6 ? -1 : 0);
    }
}

Test(pl061, device_tree)
{
    const char *text = vm_devtest_fdt(h);
    uint32_t cells[4];

    cr_expect(strstr(text, "compatible = \"arm,pl061\", \"arm,primecell\"\n"));
    cr_expect(strstr(text, "gpio-controller\n#gpio-cells = 0x2\n"));
    cr_expect(strstr(text, "/gpio-keys/poweroff linux,code = 0x74\n"));
    cr_expect(strstr(text, "/gpio-keys/poweroff gpios = 0x1 0x3 0x0\n"));
    cr_expect_eq(vm_devtest_fdt_interface(h)->encode_irq(vm_devtest_device(h), 5, cells), 2);
    cr_expect_eq(cells[0], 5);
}
