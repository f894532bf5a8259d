/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_pl061_test.c - dev-pl061, driven through its registers and pins. */
#include <criterion/criterion.h>
#include <string.h>

#include "devhost.h"

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

static struct devhost *h;

static uint32_t rd(uint32_t offset)
{
    return (uint32_t)devhost_read(h, offset, 1);
}

static void wr(uint32_t offset, uint32_t value)
{
    devhost_write(h, offset, 1, value);
}

static void setup(void)
{
    h = devhost_new(&vm_plugin_descriptor);
    devhost_set(h, "power-button", "3");
    cr_assert_eq(devhost_create(h, NULL), 0);
}

static void teardown(void)
{
    devhost_free(h);
}

TestSuite(pl061, .init = setup, .fini = teardown);

Test(pl061, identification)
{
    static const uint8_t id[] = {0x61, 0x10, 0x04, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

    for (uint32_t i = 0; i < 8; i++)
        cr_expect_eq(devhost_read(h, 0xfe0 + 4 * i, 4), id[i]);
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
    devhost_irq_input(h, 7, 1);
    devhost_irq_input(h, 0, 1);
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
        devhost_irq_input(h, 0, 1);
        cr_expect_eq(devhost_irq(h, 0), cases[i].up, "case %zu", i);
        cr_expect_eq(rd(MIS), cases[i].up);
        wr(IC, 1);
        cr_expect_eq(devhost_irq(h, 0), cases[i].is && cases[i].up, "a level cannot be cleared");
        devhost_irq_input(h, 0, 0);
        cr_expect_eq(devhost_irq(h, 0), cases[i].down, "case %zu", i);
        wr(IE, 0);
        cr_expect_eq(devhost_irq(h, 0), 0);
        cr_expect_eq(rd(RIS) & 1, cases[i].down);
    }
    wr(DIR, 1);
    wr(IS, 0);
    wr(IBE, 1);
    wr(IC, 0xff);
    devhost_irq_input(h, 0, 1);
    cr_expect_eq(rd(RIS), 0, "an output has no edges");
}

Test(pl061, power_button)
{
    wr(IBE, 8);
    wr(IE, 8);
    cr_expect(devhost_press(h));
    cr_expect_eq(rd(DATA(8)), 8);
    cr_expect_eq(devhost_irq(h, 0), 1);
    wr(IC, 8);
    devhost_advance(h, PRESS_NS - 1);
    cr_expect_eq(devhost_irq(h, 0), 0);
    devhost_advance(h, 1);
    cr_expect_eq(rd(DATA(8)), 0, "released");
    cr_expect_eq(devhost_irq(h, 0), 1);
    devhost_press(h);
    devhost_reset(h);
    cr_expect_eq(rd(DATA(8)), 0);
}

Test(pl061, no_button)
{
    devhost_free(h);
    h = devhost_new(&vm_plugin_descriptor);
    cr_assert_eq(devhost_create(h, NULL), 0);
    cr_expect_not(devhost_press(h));
    cr_expect_eq(devhost_load_field(h, "pressed", 0, 1, NULL), -1);
    cr_expect_not(strstr(devhost_fdt(h), "gpio-keys"));
}

Test(pl061, saved_and_loaded)
{
    struct devhost_state state;

    wr(IEV, 8);
    wr(IE, 8);
    devhost_press(h);
    devhost_advance(h, PRESS_NS / 2);
    state = devhost_save(h);
    devhost_reset(h);
    cr_assert_eq(devhost_load(h, &state, NULL), 0);
    cr_expect_eq(devhost_irq(h, 0), 1);
    cr_expect_eq(rd(DATA(8)), 8);
    devhost_advance(h, PRESS_NS / 2);
    cr_expect_eq(rd(DATA(8)), 0);
    cr_expect_eq(devhost_load_field(h, "pressed", 0, 1, NULL), -1, "until when?");
    cr_expect_eq(devhost_load_field(h, "pressed", 0, 2, NULL), -1);
    devhost_state_free(&state);
}

Test(pl061, wiring_that_fails)
{
    for (uint32_t i = 1; i < 7; i++) {
        devhost_free(h);
        h = devhost_new(&vm_plugin_descriptor);
        devhost_set(h, "power-button", "7");
        devhost_fail_wiring(h, i);
        cr_expect_eq(devhost_create(h, NULL), i < 6 ? -1 : 0);
    }
}

Test(pl061, device_tree)
{
    const char *text = devhost_fdt(h);
    uint32_t cells[4];

    cr_expect(strstr(text, "compatible = \"arm,pl061\", \"arm,primecell\"\n"));
    cr_expect(strstr(text, "gpio-controller\n#gpio-cells = 0x2\n"));
    cr_expect(strstr(text, "/gpio-keys/poweroff linux,code = 0x74\n"));
    cr_expect(strstr(text, "/gpio-keys/poweroff gpios = 0x1 0x3 0x0\n"));
    cr_expect_eq(devhost_fdt_interface(h)->encode_irq(devhost_device(h), 5, cells), 2);
    cr_expect_eq(cells[0], 5);
}
