/* SPDX-License-Identifier: BSD-2-Clause */
/* display_rules_test.c - modes, pixels of all formats, rectangles and reports of input. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include "core/plugin/display_rules.h"

static struct vm_display_mode mode_of(uint32_t format, uint32_t width, uint32_t height,
                                      uint32_t stride)
{
    return (struct vm_display_mode){.size = sizeof(struct vm_display_mode),
                                    .format = format,
                                    .width = width,
                                    .height = height,
                                    .stride = stride};
}

Test(display_rules, modes)
{
    static const struct {
        uint32_t format, width, height, stride;
        bool good;
    } cases[] = {
        {VM_DISPLAY_XRGB8888, 640, 480, 2560, true},
        {VM_DISPLAY_XRGB8888, 640, 480, 2559, false},
        {VM_DISPLAY_RGB565, 640, 480, 1280, true},
        {VM_DISPLAY_RGB565, 640, 480, 1279, false},
        {VM_DISPLAY_RGB888, 1, 1, 3, true},
        {VM_DISPLAY_XRGB8888, 0, 480, 2560, false},
        {VM_DISPLAY_XRGB8888, 640, 0, 2560, false},
        {VM_DISPLAY_XRGB8888, 8192, 8192, 32768, true},
        {VM_DISPLAY_XRGB8888, 8193, 1, UINT32_MAX, false},
        {VM_DISPLAY_XRGB8888, 1, 8193, UINT32_MAX, false},
        {VM_DISPLAY_XRGB8888, 0x40000001, 1, 4, false},
        {VM_DISPLAY_XRGB8888, 8192, 8192, UINT32_MAX, true},
        {0, 640, 480, 2560, false},
        {0x20202020, 640, 480, 2560, false},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_display_mode mode =
            mode_of(cases[i].format, cases[i].width, cases[i].height, cases[i].stride);
        cr_expect_eq(!display_mode_wrong(&mode), cases[i].good, "case %zu: %s", i,
                     display_mode_wrong(&mode));
    }
}

Test(display_rules, lengths)
{
    struct vm_display_mode mode = mode_of(VM_DISPLAY_RGB565, 10, 3, 100);
    cr_expect_eq(display_length(&mode), 220);
    mode = mode_of(VM_DISPLAY_XRGB8888, 8192, 8192, UINT32_MAX);
    cr_expect_eq(display_length(&mode), UINT64_C(8191) * UINT32_MAX + 32768);
}

Test(display_rules, what_is_shown)
{
    static const uint32_t rates[][2] = {{0, 60}, {1, 1}, {60, 60}, {61, 60}, {UINT32_MAX, 60}};
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct vm_display_mode mode = mode_of(VM_DISPLAY_RGB565, 10, 3, 100);
        mode.rate = rates[i][0];
        mode = display_shown(&mode);
        cr_expect_eq(mode.rate, rates[i][1]);
        cr_expect_eq(mode.stride, 40);
        cr_expect_eq(mode.format, VM_DISPLAY_XRGB8888);
        cr_expect_eq(mode.size, sizeof(mode));
    }
}

/* Black, white, each colour alone at its brightest, and something in between. */
Test(display_rules, formats)
{
    static const struct {
        uint32_t format, bytes, pixel, shown;
    } cases[] = {
        {VM_DISPLAY_XRGB8888, 4, 0x00123456, 0x123456},
        {VM_DISPLAY_ARGB8888, 4, 0x00123456, 0x123456},
        {VM_DISPLAY_XBGR8888, 4, 0xff123456, 0x563412},
        {VM_DISPLAY_ABGR8888, 4, 0x80123456, 0x563412},
        {VM_DISPLAY_RGBX8888, 4, 0x123456ff, 0x123456},
        {VM_DISPLAY_RGBA8888, 4, 0x12345600, 0x123456},
        {VM_DISPLAY_BGRX8888, 4, 0x123456ff, 0x563412},
        {VM_DISPLAY_BGRA8888, 4, 0x12345600, 0x563412},
        {VM_DISPLAY_RGB888, 3, 0x123456, 0x123456},
        {VM_DISPLAY_RGB565, 2, 0xf800, 0xff0000},
        {VM_DISPLAY_RGB565, 2, 0x07e0, 0x00ff00},
        {VM_DISPLAY_RGB565, 2, 0x001f, 0x0000ff},
        {VM_DISPLAY_RGB565, 2, 0xffff, 0xffffff},
        {VM_DISPLAY_RGB565, 2, 0x8410, 0x848284},
        {VM_DISPLAY_XRGB1555, 2, 0x7c00, 0xff0000},
        {VM_DISPLAY_XRGB1555, 2, 0x83e0, 0x00ff00},
        {VM_DISPLAY_XRGB1555, 2, 0x001f, 0x0000ff},
        {VM_DISPLAY_XRGB2101010, 4, 0x3ff00000, 0xff0000},
        {VM_DISPLAY_XRGB2101010, 4, 0xc00ffc00, 0x00ff00},
        {VM_DISPLAY_XRGB2101010, 4, 0x000003ff, 0x0000ff},
        {VM_DISPLAY_XRGB2101010, 4, 0x20000200, 0x800080},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_display_mode mode = mode_of(cases[i].format, 1, 1, cases[i].bytes);
        const struct vm_display_rect all = {0, 0, 1, 1};
        uint8_t *from = malloc(cases[i].bytes); /* no byte more than it may read */
        uint32_t to = 0;
        memcpy(from, &cases[i].pixel, cases[i].bytes);
        cr_expect_null(display_mode_wrong(&mode), "case %zu", i);
        display_convert(&to, &mode, from, &all);
        cr_expect_eq(to & 0xffffff, cases[i].shown, "case %zu: %06x", i, to);
        free(from);
    }
}

Test(display_rules, a_rectangle_alone_is_copied)
{
    enum { W = 7, H = 5, STRIDE = 20 };
    static const uint32_t formats[] = {VM_DISPLAY_RGB565, VM_DISPLAY_XRGB1555};
    for (size_t f = 0; f < 2; f++) {
        struct vm_display_mode mode = mode_of(formats[f], W, H, STRIDE);
        const struct vm_display_rect rect = {2, 1, 3, 4};
        uint8_t *pixels = malloc(display_length(&mode));
        uint32_t to[W * H] = {0};
        memset(pixels, 0xff, display_length(&mode));
        display_convert(to, &mode, pixels, &rect);
        for (uint32_t y = 0; y < H; y++)
            for (uint32_t x = 0; x < W; x++)
                cr_expect_eq(to[y * W + x], x >= 2 && x < 5 && y >= 1 ? 0xffffffu : 0);
        free(pixels);
    }
}

Test(display_rules, clipping)
{
    static const struct {
        struct vm_display_rect in, out;
        bool some;
    } cases[] = {
        {{0, 0, 100, 50}, {0, 0, 100, 50}, true},
        {{0, 0, UINT32_MAX, UINT32_MAX}, {0, 0, 100, 50}, true},
        {{99, 49, 1, 1}, {99, 49, 1, 1}, true},
        {{99, 49, UINT32_MAX, 2}, {99, 49, 1, 1}, true},
        {{100, 0, 1, 1}, {0}, false},
        {{0, 50, 1, 1}, {0}, false},
        {{UINT32_MAX, 0, 2, 1}, {0}, false},
        {{5, 5, 0, 1}, {0}, false},
        {{5, 5, 1, 0}, {0}, false},
    };
    struct vm_display_mode mode = mode_of(VM_DISPLAY_XRGB8888, 100, 50, 400);

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct vm_display_rect rect = cases[i].in;
        bool some = display_clip(&mode, &rect);
        cr_expect_eq(some, cases[i].some, "case %zu", i);
        if (some)
            cr_expect_eq(memcmp(&rect, &cases[i].out, sizeof(rect)), 0, "case %zu", i);
    }
}

Test(display_rules, too_many_rectangles_become_one)
{
    struct display_damage d = {0};
    for (uint32_t i = 0; i < VM_DISPLAY_MAX_RECTS; i++)
        display_damage_add(&d, &(struct vm_display_rect){10 + i, 50 - i, 1, 2});
    cr_expect_eq(d.n, VM_DISPLAY_MAX_RECTS);
    display_damage_add(&d, &(struct vm_display_rect){3, 40, 5, 1});
    cr_expect_eq(d.n, 1);
    cr_expect_eq(d.rects[0].x, 3);
    cr_expect_eq(d.rects[0].y, 35);
    cr_expect_eq(d.rects[0].width, 10 + VM_DISPLAY_MAX_RECTS - 3);
    cr_expect_eq(d.rects[0].height, 52 - 35);
}

Test(display_rules, reports)
{
    static const struct {
        struct vm_display_event event;
        bool good;
    } cases[] = {
        {{VM_DISPLAY_KEY, 30, 1}, true},
        {{VM_DISPLAY_KEY, 30, 0}, true},
        {{VM_DISPLAY_KEY, 30, 2}, false},
        {{VM_DISPLAY_KEY, 30, -1}, false},
        {{VM_DISPLAY_KEY, 0x110, 1}, true},
        {{VM_DISPLAY_KEY, 0, 1}, false},
        {{VM_DISPLAY_KEY, VM_DISPLAY_KEY_MAX, 1}, true},
        {{VM_DISPLAY_KEY, VM_DISPLAY_KEY_MAX + 1, 1}, false},
        {{VM_DISPLAY_REL, VM_DISPLAY_WHEEL, -1}, true},
        {{VM_DISPLAY_REL, VM_DISPLAY_HWHEEL, 1}, true},
        {{VM_DISPLAY_REL, VM_DISPLAY_WHEEL, 32768}, false},
        {{VM_DISPLAY_REL, 0, 1}, false},
        {{VM_DISPLAY_REL, 7, 1}, false},
        {{VM_DISPLAY_ABS, VM_DISPLAY_X, 0}, true},
        {{VM_DISPLAY_ABS, VM_DISPLAY_Y, VM_DISPLAY_ABS_MAX}, true},
        {{VM_DISPLAY_ABS, VM_DISPLAY_Y, VM_DISPLAY_ABS_MAX + 1}, false},
        {{VM_DISPLAY_ABS, VM_DISPLAY_X, -1}, false},
        {{VM_DISPLAY_ABS, 2, 0}, false},
        {{0, 0, 0}, false},
        {{21, 30, 1}, false},
    };
    struct vm_display_event many[VM_DISPLAY_MAX_EVENTS + 1];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        cr_expect_eq(!display_report_wrong(&cases[i].event, 1), cases[i].good, "case %zu", i);
    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
        many[i] = cases[0].event;
    cr_expect_null(display_report_wrong(many, VM_DISPLAY_MAX_EVENTS));
    cr_expect_not_null(display_report_wrong(many, VM_DISPLAY_MAX_EVENTS + 1));
    cr_expect_not_null(display_report_wrong(many, 0));
    many[5].value = 7;
    cr_expect_not_null(display_report_wrong(many, 10), "one is enough");
}
