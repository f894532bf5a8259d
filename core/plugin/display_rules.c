/* SPDX-License-Identifier: BSD-2-Clause */
/* display_rules.c - what vmrun/display.h says of modes, pixels, rectangles and input. */
#include "core/plugin/display_rules.h"
#include <string.h>

/* ---- formats ---- */

/* Where a pixel, as a little-endian number, has a colour, and in how many bits. */
struct field {
    uint8_t shift, bits;
};

static const struct format {
    uint32_t fourcc;
    uint8_t bytes;
    struct field red, green, blue;
} formats[] = {
    {VM_DISPLAY_XRGB8888, 4, {16, 8}, {8, 8}, {0, 8}},
    {VM_DISPLAY_ARGB8888, 4, {16, 8}, {8, 8}, {0, 8}},
    {VM_DISPLAY_XBGR8888, 4, {0, 8}, {8, 8}, {16, 8}},
    {VM_DISPLAY_ABGR8888, 4, {0, 8}, {8, 8}, {16, 8}},
    {VM_DISPLAY_RGBX8888, 4, {24, 8}, {16, 8}, {8, 8}},
    {VM_DISPLAY_RGBA8888, 4, {24, 8}, {16, 8}, {8, 8}},
    {VM_DISPLAY_BGRX8888, 4, {8, 8}, {16, 8}, {24, 8}},
    {VM_DISPLAY_BGRA8888, 4, {8, 8}, {16, 8}, {24, 8}},
    {VM_DISPLAY_RGB888, 3, {16, 8}, {8, 8}, {0, 8}},
    {VM_DISPLAY_RGB565, 2, {11, 5}, {5, 6}, {0, 5}},
    {VM_DISPLAY_XRGB1555, 2, {10, 5}, {5, 5}, {0, 5}},
    {VM_DISPLAY_XRGB2101010, 4, {20, 10}, {10, 10}, {0, 10}},
};

static const struct format *find_format(uint32_t fourcc)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (formats[i].fourcc == fourcc)
            return &formats[i];
    return NULL;
}

/* The eight highest bits of a colour; one of fewer bits is repeated, so that all ones stay so. */
static uint32_t colour(uint32_t pixel, struct field f)
{
    uint32_t value = pixel >> f.shift & ((1u << f.bits) - 1);
    if (f.bits >= 8)
        return value >> (f.bits - 8);
    value <<= 8 - f.bits;
    return value | value >> f.bits;
}

static uint32_t load_pixel(const uint8_t *from, uint32_t bytes)
{
    uint32_t pixel = (uint32_t)from[1] << 8 | from[0];
    if (bytes > 2)
        pixel |= (uint32_t)from[2] << 16;
    if (bytes > 3)
        pixel |= (uint32_t)from[3] << 24;
    return pixel;
}

static void convert_line(uint32_t *to, const uint8_t *from, uint32_t n, const struct format *f)
{
    for (uint32_t i = 0; i < n; i++, from += f->bytes) {
        uint32_t pixel = load_pixel(from, f->bytes);
        to[i] = colour(pixel, f->red) << 16 | colour(pixel, f->green) << 8 | colour(pixel, f->blue);
    }
}

void display_convert(uint32_t *to, const struct vm_display_mode *mode, const void *pixels,
                     const struct vm_display_rect *rect)
{
    const struct format *f = find_format(mode->format);
    bool same = f->red.shift == 16 && f->bytes == 4; /* no other with eight bits of red there */
    for (uint32_t y = rect->y; y < rect->y + rect->height; y++) {
        const uint8_t *from =
            (const uint8_t *)pixels + (uint64_t)y * mode->stride + (uint64_t)rect->x * f->bytes;
        uint32_t *line = to + (uint64_t)y * mode->width + rect->x;
        if (same)
            memcpy(line, from, (size_t)rect->width * 4);
        else
            convert_line(line, from, rect->width, f);
    }
}

/* ---- modes ---- */

const char *display_mode_wrong(const struct vm_display_mode *mode)
{
    const struct format *f = find_format(mode->format);
    if (!f)
        return "its pixel format is not known";
    if (mode->width < 1 || mode->width > VM_DISPLAY_MAX_SIDE || mode->height < 1 ||
        mode->height > VM_DISPLAY_MAX_SIDE)
        return "its width or height is 0 or too large";
    return mode->stride < mode->width * f->bytes ? "its lines overlap" : NULL;
}

uint64_t display_length(const struct vm_display_mode *mode)
{
    return (uint64_t)(mode->height - 1) * mode->stride +
           (uint64_t)mode->width * find_format(mode->format)->bytes;
}

struct vm_display_mode display_shown(const struct vm_display_mode *mode)
{
    struct vm_display_mode shown = {
        .size = sizeof(shown),
        .format = VM_DISPLAY_XRGB8888,
        .width = mode->width,
        .height = mode->height,
        .stride = mode->width * 4,
        .rate = mode->rate,
    };
    if (shown.rate == 0 || shown.rate > VM_DISPLAY_MAX_RATE)
        shown.rate = VM_DISPLAY_MAX_RATE;
    return shown;
}

/* ---- rectangles ---- */

bool display_clip(const struct vm_display_mode *mode, struct vm_display_rect *r)
{
    if (r->x >= mode->width || r->y >= mode->height || !r->width || !r->height)
        return false;
    if (r->width > mode->width - r->x)
        r->width = mode->width - r->x;
    if (r->height > mode->height - r->y)
        r->height = mode->height - r->y;
    return true;
}

/* Makes *a the smallest that has both in it. */
static void unite(struct vm_display_rect *a, const struct vm_display_rect *b)
{
    uint32_t right = a->x + a->width, bottom = a->y + a->height;
    if (right < b->x + b->width)
        right = b->x + b->width;
    if (bottom < b->y + b->height)
        bottom = b->y + b->height;
    a->x = a->x < b->x ? a->x : b->x;
    a->y = a->y < b->y ? a->y : b->y;
    a->width = right - a->x;
    a->height = bottom - a->y;
}

void display_damage_add(struct display_damage *d, const struct vm_display_rect *rect)
{
    if (d->n < VM_DISPLAY_MAX_RECTS) {
        d->rects[d->n++] = *rect;
        return;
    }
    for (uint32_t i = 1; i < d->n; i++)
        unite(&d->rects[0], &d->rects[i]);
    unite(&d->rects[0], rect);
    d->n = 1;
}

void display_damage_all(struct display_damage *d, const struct vm_display_mode *mode)
{
    d->n = 1;
    d->rects[0] = (struct vm_display_rect){0, 0, mode->width, mode->height};
}

/* ---- input ---- */

static const struct event_range {
    uint16_t type, first, last; /* codes */
    int32_t low, high;          /* values */
} event_ranges[] = {
    {VM_DISPLAY_KEY, 1, VM_DISPLAY_KEY_MAX, 0, 1},
    {VM_DISPLAY_REL, VM_DISPLAY_HWHEEL, VM_DISPLAY_HWHEEL, INT16_MIN, INT16_MAX},
    {VM_DISPLAY_REL, VM_DISPLAY_WHEEL, VM_DISPLAY_WHEEL, INT16_MIN, INT16_MAX},
    {VM_DISPLAY_ABS, VM_DISPLAY_X, VM_DISPLAY_Y, 0, VM_DISPLAY_ABS_MAX},
};

static const char *event_wrong(const struct vm_display_event *e)
{
    const char *wrong = "an event is of no known type and code";
    for (size_t i = 0; i < sizeof(event_ranges) / sizeof(event_ranges[0]); i++) {
        const struct event_range *r = &event_ranges[i];
        if (e->type != r->type || e->code < r->first || e->code > r->last)
            continue;
        wrong = e->value < r->low || e->value > r->high ? "an event's value is out of range" : NULL;
    }
    return wrong;
}

const char *display_report_wrong(const struct vm_display_event *events, uint32_t n)
{
    const char *wrong = n < 1 || n > VM_DISPLAY_MAX_EVENTS ? "it has no events or too many" : NULL;
    for (uint32_t i = 0; i < n && !wrong; i++)
        wrong = event_wrong(&events[i]);
    return wrong;
}
