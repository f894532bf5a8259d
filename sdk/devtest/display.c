/* SPDX-License-Identifier: BSD-2-Clause */
/* display.c - the display that a device under test shows its picture on. */
#include <stdlib.h>
#include <string.h>

#include "core/plugin/display_rules.h"
#include "internal.h"

#define NOT_FILLED 0xff000000u /* no pixel of a picture is that */

struct vm_display {
    struct vm_devtest *host;
    struct vm_display_client client;
    void *opaque;
    struct vm_display_mode mode; /* size 0: nothing is shown */
    uint32_t modes, ready_calls;
    bool refreshing;
    bool filled; /* the device has handed out something of this mode */
    uint32_t *picture;
    struct vm_display_rect *damage;
    uint32_t n_damage;
};

static struct vm_display *display_of(const struct vm_devtest *h)
{
    if (!h->display)
        vm_test_broken("a test asks for a display that was not attached");
    return h->display;
}

/* ---- What the device calls ------------------------------------------------------------------- */

struct vm_display *vm_devtest_display_attach(struct vm_device_ctx *ctx,
                                             const struct vm_props *props, const char *prop,
                                             const struct vm_display_client *client, void *opaque,
                                             struct vm_error *err)
{
    struct vm_devtest *h = (struct vm_devtest *)ctx;

    if (!vm_test_prop_given(props, prop) || vm_devtest_wiring_fails(h, err))
        return NULL;
    if (h->display || client->size < offsetof(struct vm_display_client, input) || !client->refresh)
        vm_test_broken("display_attach");
    h->display = vm_test_alloc(sizeof(*h->display));
    h->display->host = h;
    vm_test_copy(&h->display->client, sizeof(*client), client);
    h->display->opaque = opaque;
    return h->display;
}

int vm_devtest_display_set_mode(struct vm_display *d, const struct vm_display_mode *mode)
{
    vm_devtest_expect_locked(d->host, "display_mode");
    free(d->picture);
    d->picture = NULL;
    d->n_damage = 0;
    d->filled = d->refreshing = false;
    d->modes++;
    memset(&d->mode, 0, sizeof(d->mode));
    if (!mode)
        return 0;
    if (mode->size < sizeof(d->mode))
        vm_test_broken("display_mode");
    if (display_mode_wrong(mode))
        return -1;
    vm_test_copy(&d->mode, sizeof(d->mode), mode);
    return 0;
}

static void take(struct vm_display *d, const void *pixels, struct vm_display_rect rect)
{
    display_convert(d->picture, &d->mode, pixels, &rect);
    for (uint32_t y = rect.y; y < rect.y + rect.height; y++)
        for (uint32_t x = rect.x; x < rect.x + rect.width; x++)
            d->picture[(size_t)y * d->mode.width + x] &= 0xffffff;
    d->damage = realloc(d->damage, (d->n_damage + 1) * sizeof(*d->damage));
    if (!d->damage)
        vm_test_broken("out of memory");
    d->damage[d->n_damage++] = rect;
}

void vm_devtest_display_take(struct vm_display *d, const void *pixels, uint64_t length,
                             const struct vm_display_rect *rects, uint32_t n)
{
    vm_devtest_expect_locked(d->host, "display_frame");
    if (!d->refreshing)
        vm_test_broken("display_frame() outside of refresh(), or after another mode was set");
    if (!pixels || length < display_length(&d->mode))
        vm_test_broken("display_frame() of fewer bytes than the mode has");
    for (uint32_t i = 0; i < n; i++) {
        struct vm_display_rect rect = rects[i];

        if (display_clip(&d->mode, &rect))
            take(d, pixels, rect);
    }
}

void vm_devtest_display_ready(struct vm_display *d)
{
    vm_devtest_expect_locked(d->host, "display_input_ready");
    d->ready_calls++;
}

void vm_devtest_display_free(struct vm_devtest *h)
{
    if (!h->display)
        return;
    free(h->display->picture);
    free(h->display->damage);
    free(h->display);
}

/* ---- The test's side ------------------------------------------------------------------------- */

bool vm_devtest_has_display(const struct vm_devtest *h)
{
    return h->display != NULL;
}

const struct vm_display_mode *vm_devtest_display_mode(const struct vm_devtest *h)
{
    return display_of(h)->mode.size ? &h->display->mode : NULL;
}

uint32_t vm_devtest_display_modes(const struct vm_devtest *h)
{
    return display_of(h)->modes;
}

static size_t pixels_of(const struct vm_display *d)
{
    return (size_t)d->mode.width * d->mode.height;
}

static void fill(struct vm_display *d, uint32_t value)
{
    for (size_t i = 0; i < pixels_of(d); i++)
        d->picture[i] = value;
}

/* All of the picture was asked for: all is there, or nothing. */
static void expect_whole(const struct vm_display *d)
{
    for (size_t i = 0; i < pixels_of(d); i++)
        if (d->picture[i] == NOT_FILLED)
            vm_test_broken("refresh() of the whole picture leaves a part of it out");
}

uint32_t vm_devtest_display_refresh(struct vm_devtest *h, bool whole)
{
    struct vm_display *d = display_of(h);

    d->n_damage = 0;
    if (!d->mode.size)
        return 0;
    whole |= !d->filled;
    if (!d->picture)
        d->picture = vm_test_alloc(pixels_of(d) * sizeof(*d->picture));
    if (whole)
        fill(d, NOT_FILLED);
    vm_devtest_enter(h);
    d->refreshing = true;
    d->client.refresh(d->opaque, whole);
    d->refreshing = false;
    vm_devtest_leave(h);
    d->filled = d->n_damage || (d->filled && !whole);
    if (whole && d->n_damage)
        expect_whole(d);
    else if (whole && d->picture)
        fill(d, 0);
    return d->n_damage;
}

struct vm_display_rect vm_devtest_display_damage(const struct vm_devtest *h, uint32_t n)
{
    if (n >= display_of(h)->n_damage)
        vm_test_broken("a test asks for damage that there is not");
    return h->display->damage[n];
}

const uint32_t *vm_devtest_display_picture(struct vm_devtest *h)
{
    return display_of(h)->picture;
}

uint32_t vm_devtest_display_pixel(const struct vm_devtest *h, uint32_t x, uint32_t y)
{
    const struct vm_display *d = display_of(h);

    if (!d->picture || x >= d->mode.width || y >= d->mode.height)
        vm_test_broken("a test asks for a pixel that is not there");
    return d->picture[(size_t)y * d->mode.width + x];
}

int vm_devtest_display_input(struct vm_devtest *h, const struct vm_display_event *events,
                             uint32_t n)
{
    struct vm_display *d = display_of(h);
    int taken;

    if (display_report_wrong(events, n))
        vm_test_broken("a test sends a report of input that no backend may send");
    if (!d->client.input)
        return -1;
    vm_devtest_enter(h);
    taken = d->client.input(d->opaque, events, n);
    vm_devtest_leave(h);
    return taken;
}

uint32_t vm_devtest_display_ready_calls(const struct vm_devtest *h)
{
    return display_of(h)->ready_calls;
}
