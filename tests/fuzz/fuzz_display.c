/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_display.c - libFuzzer target: what a device hands out and a backend types, as the host takes
 * it. Any mode, with as many bytes of pixels as it must have and not one more; any rectangles; any
 * report of input.
 */
#include <stdlib.h>
#include <string.h>
#include "core/plugin/display_rules.h"

#define MOST_BYTES (UINT64_C(1) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int good)
{
    if (!good)
        abort();
}

struct input {
    const uint8_t *data;
    size_t size;
};

/* The next n bytes; zeroes behind the end. */
static void take(struct input *in, void *to, size_t n)
{
    size_t there = n < in->size ? n : in->size;
    memset(to, 0, n);
    memcpy(to, in->data, there);
    in->data += there;
    in->size -= there;
}

/* Sizes that are allowed, often; formats that are known. */
static struct vm_display_mode some_mode(struct input *in)
{
    static const uint32_t formats[] = {
        VM_DISPLAY_XRGB8888, VM_DISPLAY_XBGR8888, VM_DISPLAY_BGRX8888,    VM_DISPLAY_RGB888,
        VM_DISPLAY_RGB565,   VM_DISPLAY_XRGB1555, VM_DISPLAY_XRGB2101010,
    };
    struct vm_display_mode mode = {.size = sizeof(mode)};
    uint8_t kind;
    take(in, &kind, 1);
    take(in, &mode.format, sizeof(mode) - sizeof(mode.size));
    if (kind & 1)
        mode.format = formats[mode.format % 7];
    if (kind & 2) {
        mode.width = mode.width % 64 + 1;
        mode.height = mode.height % 64 + 1;
        mode.stride = mode.width * 4 + mode.stride % 16;
    }
    return mode;
}

static void inside(const struct vm_display_mode *mode, const struct vm_display_rect *r)
{
    must(r->width && r->height && r->x < mode->width && r->y < mode->height &&
         r->width <= mode->width - r->x && r->height <= mode->height - r->y);
}

static void frames(struct input *in, const struct vm_display_mode *mode)
{
    struct vm_display_mode shown = display_shown(mode);
    uint64_t length = display_length(mode);
    struct display_damage damage = {0};
    struct vm_display_rect rect;
    must(shown.rate >= 1 && shown.rate <= VM_DISPLAY_MAX_RATE && !display_mode_wrong(&shown));
    must(length >= (uint64_t)mode->width * mode->height);
    if (length > MOST_BYTES || display_length(&shown) > MOST_BYTES)
        return;
    uint8_t *pixels = malloc(length);
    uint32_t *picture = malloc(display_length(&shown));
    must(pixels && picture);
    memset(pixels, 0x5a, length);
    while (in->size) {
        take(in, &rect, sizeof(rect));
        if (!display_clip(mode, &rect))
            continue;
        inside(mode, &rect);
        display_convert(picture, mode, pixels, &rect);
        display_damage_add(&damage, &rect);
        must(damage.n >= 1 && damage.n <= VM_DISPLAY_MAX_RECTS);
        for (uint32_t i = 0; i < damage.n; i++)
            inside(mode, &damage.rects[i]);
    }
    free(pixels);
    free(picture);
}

static void reports(struct input *in)
{
    struct vm_display_event events[VM_DISPLAY_MAX_EVENTS];
    uint8_t n;
    take(in, &n, 1);
    n %= VM_DISPLAY_MAX_EVENTS + 1;
    take(in, events, n * sizeof(events[0]));
    if (display_report_wrong(events, n))
        return;
    must(n >= 1);
    for (uint32_t i = 0; i < n; i++) {
        must(events[i].type >= VM_DISPLAY_KEY && events[i].type <= VM_DISPLAY_ABS);
        must(events[i].code <= VM_DISPLAY_KEY_MAX && events[i].value <= VM_DISPLAY_ABS_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct vm_display_mode mode = some_mode(&in);
    if (mode.rate & 1)
        reports(&in);
    if (!display_mode_wrong(&mode))
        frames(&in, &mode);
    return 0;
}
