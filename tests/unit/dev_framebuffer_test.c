/* SPDX-License-Identifier: BSD-2-Clause */
/* dev_framebuffer_test.c - dev-framebuffer: what a guest draws is what a display gets, and no more
 * of it than has changed. */
#include <criterion/criterion.h>
#include <string.h>
#include <vmrun/devtest.h>

extern const struct vm_plugin vm_plugin_descriptor;

enum { WIDTH = 5, HEIGHT = 40, STRIDE = 24 };

static struct vm_devtest *h;

static void make(const char *width, const char *height, const char *format)
{
    struct vm_error err = VM_ERROR_INIT;

    h = vm_devtest_new(&vm_plugin_descriptor);
    vm_devtest_set(h, "display", "screen");
    vm_devtest_set(h, "width", width);
    vm_devtest_set(h, "height", height);
    vm_devtest_set(h, "format", format);
    vm_devtest_set(h, "refresh", "25");
    cr_assert_eq(vm_devtest_create(h, &err), 0, "%s", err.text);
    vm_devtest_reset(h);
}

static void setup(void)
{
    make("5", "40", "x8r8g8b8");
}

static void teardown(void)
{
    vm_devtest_free(h);
}

TestSuite(framebuffer, .init = setup, .fini = teardown);
TestSuite(framebuffer_config, .fini = teardown);

/* As a guest does: past the device. */
static void draw(uint32_t x, uint32_t y, uint32_t colour)
{
    memcpy(vm_devtest_memory(h, 0, NULL) + y * STRIDE + x * 4, &colour, 4);
}

static void expect_damage(uint32_t n, uint32_t y, uint32_t height)
{
    struct vm_display_rect r = vm_devtest_display_damage(h, n);

    cr_expect(r.x == 0 && r.y == y && r.width == WIDTH && r.height == height,
              "%u: %u,%u %ux%u instead of lines %u to %u", n, r.x, r.y, r.width, r.height, y,
              y + height - 1);
}

Test(framebuffer, its_memory_is_shared)
{
    const struct vm_region *r = vm_devtest_region(h, 0);
    uint64_t value = 0;

    cr_expect_eq(vm_devtest_regions(h), 1);
    cr_expect_eq(r->kind, VM_REGION_MMIO);
    cr_expect_eq(r->memory, VM_MEMORY_SHARED);
    cr_expect_not(r->movable);
    cr_expect_eq(r->length, 4096);
    vm_devtest_write(h, STRIDE + 4, 4, 0x123456);
    cr_expect_eq(vm_devtest_read(h, STRIDE + 4, 8), 0x123456);
    cr_expect_eq(vm_devtest_access_write(h, 0, STRIDE + 9, 2, 0xabcd), VM_ACCESS_OK);
    cr_expect_eq(vm_devtest_access_read(h, 0, STRIDE + 9, 1, &value), VM_ACCESS_OK);
    cr_expect_eq(value, 0xcd);
    cr_expect_eq(vm_devtest_read(h, 4088, 8), 0, "the last page is all there");
    vm_devtest_display_refresh(h, false);
    cr_expect_eq(vm_devtest_display_pixel(h, 1, 1), 0x123456);
}

Test(framebuffer, mode)
{
    const struct vm_display_mode *mode = vm_devtest_display_mode(h);

    cr_assert(mode);
    cr_expect_eq(mode->format, VM_DISPLAY_XRGB8888);
    cr_expect_eq(mode->width, WIDTH);
    cr_expect_eq(mode->height, HEIGHT);
    cr_expect_eq(mode->stride, STRIDE, "lines begin at multiples of eight bytes");
    cr_expect_eq(mode->rate, 25);
}

Test(framebuffer, the_first_picture_is_whole)
{
    draw(4, 39, 0xff8001);
    cr_expect_eq(vm_devtest_display_refresh(h, false), 1);
    expect_damage(0, 0, HEIGHT);
    cr_expect_eq(vm_devtest_display_pixel(h, 4, 39), 0xff8001);
    cr_expect_eq(vm_devtest_display_pixel(h, 3, 39), 0);
}

Test(framebuffer, only_what_has_changed)
{
    vm_devtest_display_refresh(h, true);
    cr_expect_eq(vm_devtest_display_refresh(h, false), 0);
    draw(0, 0, 0x10);
    draw(2, 7, 0x11);
    draw(4, 8, 0x12);
    draw(1, 39, 0x13);
    cr_expect_eq(vm_devtest_display_refresh(h, false), 3);
    expect_damage(0, 0, 1);
    expect_damage(1, 7, 2);
    expect_damage(2, 39, 1);
    cr_expect_eq(vm_devtest_display_pixel(h, 0, 0), 0x10);
    cr_expect_eq(vm_devtest_display_pixel(h, 2, 7), 0x11);
    cr_expect_eq(vm_devtest_display_pixel(h, 4, 8), 0x12);
    cr_expect_eq(vm_devtest_display_pixel(h, 1, 39), 0x13);
    draw(0, 0, 0x10);
    cr_expect_eq(vm_devtest_display_refresh(h, false), 0, "the same again is no change");
    draw(0, 0, 0);
    cr_expect_eq(vm_devtest_display_refresh(h, true), 1);
    expect_damage(0, 0, HEIGHT);
    cr_expect_eq(vm_devtest_display_refresh(h, false), 0);
    cr_expect_eq(vm_devtest_display_pixel(h, 0, 0), 0);
}

/* More than are handed out at once. */
Test(framebuffer, every_other_line)
{
    vm_devtest_display_refresh(h, true);
    for (uint32_t y = 0; y < HEIGHT; y += 2)
        draw(y % WIDTH, y, y + 1);
    cr_expect_eq(vm_devtest_display_refresh(h, false), HEIGHT / 2);
    for (uint32_t y = 0; y < HEIGHT; y += 2)
        expect_damage(y / 2, y, 1);
    for (uint32_t y = 0; y < HEIGHT; y++)
        cr_expect_eq(vm_devtest_display_pixel(h, y % WIDTH, y), y % 2 ? 0 : y + 1);
}

/* What lies between the lines and behind the last one is nobody's. */
Test(framebuffer, beside_the_picture)
{
    vm_devtest_display_refresh(h, true);
    memset(vm_devtest_memory(h, 0, NULL) + (size_t)HEIGHT * STRIDE, 0xff,
           4096 - (size_t)HEIGHT * STRIDE);
    cr_expect_eq(vm_devtest_display_refresh(h, false), 0);
    memset(vm_devtest_memory(h, 0, NULL) + STRIDE - 4, 0xff, 4);
    cr_expect_eq(vm_devtest_display_refresh(h, false), 0);
    cr_expect_eq(vm_devtest_display_pixel(h, 4, 0), 0);
}

Test(framebuffer, reset_blackens_it)
{
    uint32_t modes = vm_devtest_display_modes(h);

    draw(2, 2, 0xffffff);
    vm_devtest_display_refresh(h, false);
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_display_modes(h), modes + 1);
    cr_expect_eq(vm_devtest_display_refresh(h, false), 1);
    expect_damage(0, 0, HEIGHT);
    cr_expect_eq(vm_devtest_display_pixel(h, 2, 2), 0);
    cr_expect_eq(vm_devtest_read(h, 2 * STRIDE + 8, 4), 0);
}

Test(framebuffer, device_tree)
{
    cr_expect_str_eq(vm_devtest_fdt(h), "node framebuffer\n"
                                        "compatible = \"simple-framebuffer\"\n"
                                        "width = 0x5\n"
                                        "height = 0x28\n"
                                        "stride = 0x18\n"
                                        "format = \"x8r8g8b8\"\n");
}

Test(framebuffer, takes_no_input)
{
    const struct vm_display_event key = {.type = VM_DISPLAY_KEY, .code = 30, .value = 1};

    cr_expect_eq(vm_devtest_display_input(h, &key, 1), -1);
}

Test(framebuffer, saved_state_is_of_one_geometry)
{
    static const struct {
        const char *field;
        uint64_t value;
        int result;
    } fields[] = {
        {"saved.width", WIDTH, 0},        {"saved.width", WIDTH + 1, -1},
        {"saved.height", UINT32_MAX, -1}, {"saved.format", VM_DISPLAY_RGB565, -1},
        {"saved.format", 0, -1},
    };
    struct vm_devtest_state state = vm_devtest_save(h);
    uint32_t modes = vm_devtest_display_modes(h);

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;
        cr_assert_eq(vm_devtest_load(h, &state, NULL), 0);
        cr_expect_eq(vm_devtest_load_field(h, fields[i].field, 0, fields[i].value, &err),
                     fields[i].result, "%s", fields[i].field);
        cr_expect(!fields[i].result == !err.set, "%s", err.text);
    }
    cr_expect_gt(vm_devtest_display_modes(h), modes, "a picture that was loaded is all new");
    vm_devtest_state_free(&state);
}

Test(framebuffer_config, sixteen_bits)
{
    const uint16_t red = 0xf800, green = 0x07e0, blue = 0x001f;

    make("3", "2", "r5g6b5");
    cr_expect_eq(vm_devtest_display_mode(h)->format, VM_DISPLAY_RGB565);
    cr_expect_eq(vm_devtest_display_mode(h)->stride, 8);
    vm_devtest_write(h, 0, 2, red);
    vm_devtest_write(h, 8, 2, green);
    vm_devtest_write(h, 12, 2, blue);
    vm_devtest_display_refresh(h, false);
    cr_expect_eq(vm_devtest_display_pixel(h, 0, 0), 0xff0000);
    cr_expect_eq(vm_devtest_display_pixel(h, 0, 1), 0x00ff00);
    cr_expect_eq(vm_devtest_display_pixel(h, 1, 1), 0);
    cr_expect_eq(vm_devtest_display_pixel(h, 2, 1), 0x0000ff);
    cr_expect(strstr(vm_devtest_fdt(h), "stride = 0x8\nformat = \"r5g6b5\"\n"));
}

Test(framebuffer_config, smallest_and_largest)
{
    make("1", "1", "r5g6b5");
    cr_expect_eq(vm_devtest_region(h, 0)->length, 4096);
    vm_devtest_write(h, 0, 2, 0xffff);
    vm_devtest_display_refresh(h, false);
    cr_expect_eq(vm_devtest_display_pixel(h, 0, 0), 0xffffff);
    vm_devtest_free(h);

    make("8192", "8192", "x8r8g8b8");
    cr_expect_eq(vm_devtest_region(h, 0)->length, UINT64_C(8192) * 8192 * 4);
    vm_devtest_write(h, UINT64_C(8192) * 8192 * 4 - 4, 4, 0xabcdef);
    vm_devtest_display_refresh(h, false);
    cr_expect_eq(vm_devtest_display_pixel(h, 8191, 8191), 0xabcdef);
}

Test(framebuffer_config, refuses_sizes)
{
    static const char *const bad[][2] = {
        {"width", "0"},   {"width", "8193"},        {"width", "18446744073709551615"},
        {"height", "0"},  {"height", "4294967297"}, {"format", "a8r8g8b8"},
        {"refresh", "0"}, {"refresh", "61"},
    };

    make("1", "1", "x8r8g8b8");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct vm_error err = VM_ERROR_INIT;
        cr_expect_eq(vm_test_value(&vm_plugin_descriptor, bad[i][0], bad[i][1], &err), -1);
        cr_expect(strstr(err.text, bad[i][0]), "%s", err.text);
    }
}

Test(framebuffer_config, without_a_display)
{
    h = vm_devtest_new(&vm_plugin_descriptor);
    cr_assert_eq(vm_devtest_create(h, NULL), 0);
    vm_devtest_reset(h);
    cr_expect_not(vm_devtest_has_display(h));
    cr_expect_eq(vm_devtest_region(h, 0)->length, 1024 * 768 * 4);
    vm_devtest_write(h, 1024 * 768 * 4 - 8, 8, 0x1122334455667788);
    cr_expect_eq(vm_devtest_read(h, 1024 * 768 * 4 - 4, 4), 0x11223344);
    vm_devtest_reset(h);
    cr_expect_eq(vm_devtest_read(h, 1024 * 768 * 4 - 4, 4), 0);
}

Test(framebuffer_config, failing_wiring)
{
    uint32_t calls;

    make("16", "16", "x8r8g8b8");
    calls = vm_devtest_wiring_calls(h);
    cr_assert_geq(calls, 2);
    for (uint32_t n = 1; n <= calls; n++) {
        struct vm_error err = VM_ERROR_INIT;
        vm_devtest_free(h);
        h = vm_devtest_new(&vm_plugin_descriptor);
        vm_devtest_set(h, "display", "screen");
        vm_devtest_fail_wiring(h, n);
        cr_expect_eq(vm_devtest_create(h, &err), -1);
        cr_expect(err.set);
    }
}
