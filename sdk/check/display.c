/* SPDX-License-Identifier: BSD-2-Clause */
/* display.c - vm-plugin-check: display backends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/backendtest.h>

#include "check.h"

/* `fail`: which watch_fd() fails, from 1 on; 0: none. */
static struct vm_displaytest *make(const struct setting *settings, uint32_t n, uint32_t fail,
                                   struct vm_error *err)
{
    struct vm_displaytest *h = vm_displaytest_new(check.plugin);

    for (uint32_t i = 0; i < n; i++)
        vm_displaytest_set(h, settings[i].name, settings[i].value);
    vm_displaytest_fail_watch(h, fail);
    if (vm_displaytest_create(h, err) == 0)
        return h;
    vm_displaytest_free(h);
    return NULL;
}

static const char *attempt(const struct setting *settings, uint32_t n)
{
    static struct vm_error err;
    struct vm_displaytest *h;

    err = (struct vm_error)VM_ERROR_INIT;
    h = make(settings, n, 0, &err);
    if (h)
        vm_displaytest_free(h);
    return h ? NULL : err.text;
}

static struct vm_displaytest *usual(void)
{
    struct setting settings[MAX_SETTINGS];
    struct vm_error err = VM_ERROR_INIT;
    struct vm_displaytest *h = make(settings, baseline(settings), 0, &err);

    if (!h)
        refused(&err);
    return h;
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void once(void *opaque)
{
    struct vm_displaytest *h = usual();

    (void)opaque;
    vm_displaytest_turn(h, 0);
    vm_displaytest_mode(h, 20, 10);
    vm_displaytest_frame(h, NULL, 0);
    vm_displaytest_free(h);
}

static void refused_once(void *opaque)
{
    struct setting settings[MAX_SETTINGS];
    struct vm_error err = VM_ERROR_INIT;

    if (make(settings, baseline(settings), *(uint32_t *)opaque, &err))
        vm_test_broken("create() succeeds although the host refused something");
}

static void life(void *opaque)
{
    struct vm_displaytest *h = usual();
    uint32_t watches = vm_displaytest_watches(h);

    (void)opaque;
    vm_displaytest_free(h);
    check_growth("create() and destroy()", once, NULL);
    for (uint32_t nth = 1; nth <= watches; nth++) {
        vm_test_note("create, of whose watches number %u fails", nth);
        check_growth("a create() that fails", refused_once, &nth);
    }
}

static void limits(void *opaque)
{
    (void)opaque;
    check_limits(attempt);
}

/* ---- Modes and frames ------------------------------------------------------------------------ */

static void sizes(void *opaque)
{
    static const uint32_t list[][2] = {{1, 1},
                                       {VM_DISPLAY_MAX_SIDE, 1},
                                       {1, VM_DISPLAY_MAX_SIDE},
                                       {VM_DISPLAY_MAX_SIDE, 513},
                                       {1023, 767},
                                       {1, 1}};
    struct vm_displaytest *h = usual();

    (void)opaque;
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        vm_test_note("a picture of %u x %u", list[i][0], list[i][1]);
        vm_displaytest_mode(h, list[i][0], list[i][1]);
        for (int turns = 0; turns < 3; turns++) {
            vm_displaytest_frame(h, NULL, 0);
            vm_displaytest_turn(h, 0);
        }
    }
    vm_test_note("nothing is shown");
    vm_displaytest_mode(h, 0, 0);
    vm_displaytest_turn(h, 0);
    vm_displaytest_free(h);
}

/* How large a picture is, most of the time a small one. */
static uint32_t some_side(struct random *r)
{
    return 1 + random_below(r, random_below(r, 8) ? 64 : 1000);
}

struct shown {
    uint32_t width, height; /* 0: nothing */
};

static void change_mode(struct vm_displaytest *h, struct random *r, struct shown *s)
{
    *s = (struct shown){some_side(r), some_side(r)};
    if (random_below(r, 4) == 0)
        *s = (struct shown){0, 0};
    vm_test_note("a picture of %u x %u", s->width, s->height);
    vm_displaytest_mode(h, s->width, s->height);
}

static void some_frame(struct vm_displaytest *h, struct random *r, const struct shown *s)
{
    struct vm_display_rect rects[VM_DISPLAY_MAX_RECTS + 4];
    uint32_t n = random_below(r, VM_DISPLAY_MAX_RECTS + 4);
    uint32_t *picture = vm_displaytest_picture(h);

    if (!picture)
        return;
    for (uint32_t i = 0; i < n; i++) {
        struct vm_display_rect *a = &rects[i];

        a->x = random_below(r, s->width);
        a->y = random_below(r, s->height);
        a->width = 1 + random_below(r, s->width - a->x);
        a->height = 1 + random_below(r, s->height - a->y);
        picture[(size_t)a->y * s->width + a->x] = (uint32_t)random_next(r);
    }
    vm_test_note("a frame of %u x %u with %u rectangles", s->width, s->height, n);
    vm_displaytest_frame(h, rects, n);
}

static void series(void *opaque)
{
    struct random r = random_begin("frames");
    struct vm_displaytest *h = usual();
    struct shown s = {0, 0};

    (void)opaque;
    for (uint32_t i = 0; i < check.steps / 10; i++) {
        switch (random_below(&r, 16)) {
        case 0:
        case 1:
            change_mode(h, &r, &s);
            break;
        case 2:
            vm_test_note("step %u: room for input", i);
            vm_displaytest_room(h, random_below(&r, 3) ? UINT32_MAX : random_below(&r, 3));
            break;
        default:
            some_frame(h, &r, &s);
            break;
        }
        vm_displaytest_turn(h, 0);
    }
    vm_test_note("destroy()");
    vm_displaytest_free(h);
}

/* The last picture comes when the event loop is gone, and so does the end. */
static void after_stop(void *opaque)
{
    struct vm_displaytest *h = usual();

    (void)opaque;
    vm_displaytest_mode(h, 64, 48);
    vm_displaytest_frame(h, NULL, 0);
    vm_displaytest_turn(h, 0);
    vm_test_note("the last mode, the last frame, destroy()");
    vm_displaytest_mode(h, 48, 64);
    vm_displaytest_frame(h, NULL, 0);
    vm_displaytest_free(h);
}

const struct vm_test_case display_cases[] = {
    {"made and destroyed many times, it leaves nothing behind", life, NULL, 0},
    {"properties at their limits are taken, or refused by name", limits, NULL, 0},
    {"it shows pictures of any size", sizes, NULL, 0},
    {"it takes modes and frames as they come", series, NULL, 0},
    {"a last picture and then the end", after_stop, NULL, 0},
    {0},
};
