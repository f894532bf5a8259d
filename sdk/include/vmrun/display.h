/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * display.h - display backends: where pictures go and input comes from. STABLE tier.
 *
 * A backend is a plugin named display-NAME. An INI names it as a section,
 *     [display screen]
 *     type = display-ppm
 *     path = screen.ppm
 * and a device refers to it by `display = screen`; or without a section by its short name,
 * `display = ppm`. A backend serves at most one device.
 *
 * Pictures are pulled. The backend asks for one (request), the host asks the device for what has
 * changed (refresh), the device hands out its pixels and the rectangles that changed (device.h,
 * display_frame), and the host copies those rectangles into a picture of its own, which the backend
 * gets (frame). So a guest that draws without end costs one frame for each that was asked for,
 * nobody but the host reads the device's pixels, and a backend sees each picture in one form,
 * VM_DISPLAY_XRGB8888, whatever the device has.
 *
 * Mode and picture are the device's: it tells its mode again when it was reset or loaded. A backend
 * has nothing of a guest's to save.
 */
#ifndef VMRUN_DISPLAY_H
#define VMRUN_DISPLAY_H

#include <vmrun/chardev.h>
#include <vmrun/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_DISPLAY_INTERFACE "vm.display/1"

struct vm_display_ctx; /* the host's handle of one backend instance */
struct vm_display;     /* an attached backend, as the device sees it */
struct vm_display_timer;

#define VM_DISPLAY_MAX_SIDE  8192u /* pixels of a mode's width and height */
#define VM_DISPLAY_MAX_RECTS 16u   /* that a backend gets with a frame */
#define VM_DISPLAY_MAX_RATE  60u   /* frames a second that a device is asked for */

/* ---- Modes ----------------------------------------------------------------------------------- */

/*
 * Formats of a pixel: a little-endian number whose fields are named from its highest bit down, with
 * their widths in bits. What is alpha (A) or nothing (X) is not shown. The values are four letters,
 * the first in the lowest byte, as DRM and V4L2 have them.
 */
enum vm_display_format {
    VM_DISPLAY_XRGB8888 = 0x34325258,    /* XR24: bytes B, G, R, X */
    VM_DISPLAY_ARGB8888 = 0x34325241,    /* AR24 */
    VM_DISPLAY_XBGR8888 = 0x34324258,    /* XB24: bytes R, G, B, X */
    VM_DISPLAY_ABGR8888 = 0x34324241,    /* AB24 */
    VM_DISPLAY_RGBX8888 = 0x34325852,    /* RX24 */
    VM_DISPLAY_RGBA8888 = 0x34324152,    /* RA24 */
    VM_DISPLAY_BGRX8888 = 0x34325842,    /* BX24 */
    VM_DISPLAY_BGRA8888 = 0x34324142,    /* BA24 */
    VM_DISPLAY_RGB888 = 0x34324752,      /* RG24: three bytes B, G, R */
    VM_DISPLAY_RGB565 = 0x36314752,      /* RG16 */
    VM_DISPLAY_XRGB1555 = 0x35315258,    /* XR15 */
    VM_DISPLAY_XRGB2101010 = 0x30335258, /* XR30 */
};

struct vm_display_mode {
    uint32_t size;
    uint32_t format; /* enum vm_display_format */
    uint32_t width;  /* pixels, 1 to VM_DISPLAY_MAX_SIDE */
    uint32_t height;
    uint32_t stride; /* bytes from a line to the one below, at least those of its pixels */
    /*
     * From the device: frames a second that are worth asking for, 0: VM_DISPLAY_MAX_RATE, which
     * more does not exceed. To a backend: how many there are at most, not 0.
     */
    uint32_t rate;
};

/* Part of a picture, in pixels from its upper left corner. Complete for good: has no size. */
struct vm_display_rect {
    uint32_t x, y, width, height;
};

/* ---- Input ----------------------------------------------------------------------------------- */

/*
 * An event as Linux' evdev has it (type, code, value), and virtio-input, too. Complete for good:
 * has no size. What a backend may send:
 */
struct vm_display_event {
    uint16_t type;
    uint16_t code;
    int32_t value;
};

/* Keys and buttons by evdev's numbers (KEY_A 30, BTN_LEFT 0x110). Value 1: down, 0: up. */
#define VM_DISPLAY_KEY     1u
#define VM_DISPLAY_KEY_MAX 0x2ffu /* the largest code; 0 is none */
/* Wheels, in steps; up and right are positive, -32768 to 32767. */
#define VM_DISPLAY_REL    2u
#define VM_DISPLAY_HWHEEL 6u
#define VM_DISPLAY_WHEEL  8u
/* The pointer, 0 (left, upper edge) to VM_DISPLAY_ABS_MAX (right, lower edge of the picture). */
#define VM_DISPLAY_ABS     3u
#define VM_DISPLAY_X       0u
#define VM_DISPLAY_Y       1u
#define VM_DISPLAY_ABS_MAX 32767

#define VM_DISPLAY_MAX_EVENTS 64u /* of one report */

/* ---- A device's side ------------------------------------------------------------------------- */

/*
 * All [event thread, locked; deterministic mode: vCPU thread, locked]; refresh also once
 * [after stop]. When they are called depends on the host and its user.
 */
struct vm_display_client {
    uint32_t size;
    uint32_t reserved;
    /*
     * Somebody wants to see what has changed since the last refresh(), or all of the picture if
     * `whole`. From inside the device calls display_frame() with that; or not, if there is
     * nothing, and is asked again later. Only while a mode is set. Changes nothing that the guest
     * can see.
     */
    void (*refresh)(void *opaque, int whole);
    /*
     * A report: events that belong together, 1 to VM_DISPLAY_MAX_EVENTS, checked by the host as
     * said above; it leaves alone what it does not know, for there may be more one day. 1: taken or
     * dropped; 0: no room for all of it: the same report is offered again after
     * display_input_ready. NULL: the device takes no input.
     */
    int (*input)(void *opaque, const struct vm_display_event *events, uint32_t n);
};

/* ---- A backend's side ------------------------------------------------------------------------ */

/*
 * What a backend gets to see. The picture is all there, in the mode's form, until frame() returns;
 * it is the host's: nobody changes it meanwhile, and the backend does not.
 */
struct vm_display_frame {
    uint32_t size;
    uint32_t n_rects;                    /* 1 to VM_DISPLAY_MAX_RECTS */
    const struct vm_display_mode *mode;  /* as mode() told it last */
    const void *pixels;                  /* mode->stride * mode->height bytes */
    const struct vm_display_rect *rects; /* what is new; inside of the picture, not empty */
};

#define VM_DISPLAY_WHOLE 1u /* in request(): all of the picture, changed or not */

/*
 * What the host gives a backend. [event thread] unless said otherwise; there before the machine
 * starts too.
 */
struct vm_display_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;
    /*
     * Asks for one frame(): as soon as something has changed since the last one, or at once with
     * VM_DISPLAY_WHOLE; but not before the host time `not_before_ns` (clock_ns; 0: now), and not
     * more often than the mode's rate. Holds until that frame(), over changes of the mode; asking
     * again before it adds VM_DISPLAY_WHOLE and makes the time the earlier one. Once the machine
     * has stopped, a frame that is still asked for is given whatever its time is, if anything has
     * changed: so the last picture is not lost. [any thread]
     */
    void (*request)(struct vm_display_ctx *ctx, uint32_t flags, int64_t not_before_ns);
    /*
     * A report of input. 1: taken, or nobody wants it; 0: no room, keep or drop it and wait for
     * input_ready(). A report that breaks the rules above is dropped whole and logged.
     */
    int (*input)(struct vm_display_ctx *ctx, const struct vm_display_event *events, uint32_t n);
    /* These as struct vm_net_host has them; wake: [any thread]. */
    void (*wake)(struct vm_display_ctx *ctx);
    struct vm_fd_watch *(*watch_fd)(struct vm_display_ctx *ctx, int fd, uint32_t events,
                                    vm_fd_callback cb, void *opaque, struct vm_error *err);
    void (*watch_change)(struct vm_fd_watch *watch, uint32_t events); /* [any thread] */
    void (*watch_remove)(struct vm_fd_watch *watch);
    int64_t (*clock_ns)(struct vm_display_ctx *ctx); /* [any thread] */
    struct vm_display_timer *(*timer_new)(struct vm_display_ctx *ctx, void (*cb)(void *opaque),
                                          void *opaque); /* NULL: no memory */
    void (*timer_arm)(struct vm_display_timer *timer, int64_t deadline_ns);
    void (*timer_free)(struct vm_display_timer *timer); /* [also after stop] */
};

/*
 * What a backend gives the host. The interface VM_DISPLAY_INTERFACE. Calls of one instance never
 * overlap and hold no lock: [event thread], and [after stop] for the last picture. They do not
 * block: who writes to a slow peer keeps what is left and asks for the next frame when it is gone.
 */
struct vm_display_ops {
    uint32_t size;
    uint32_t reserved;
    /* Opens what it needs. Leaves nothing behind on failure. [before start] */
    void *(*create)(const struct vm_display_host *host, struct vm_display_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err);
    void (*destroy)(void *be); /* [after stop] */
    /*
     * From now on this is shown: a picture of that size, black until frame() brings it; its format
     * is VM_DISPLAY_XRGB8888. NULL: nothing is shown, as at first. Valid during the call. Of
     * several changes in a row the last one may be told alone; the same mode may be told again.
     */
    void (*mode)(void *be, const struct vm_display_mode *mode);
    /* What request() asked for, once for each; the first of a mode is the whole picture. May ask
     * for the next one. */
    void (*frame)(void *be, const struct vm_display_frame *frame);
    void (*input_ready)(void *be); /* after input() returned 0: there is room. May be NULL */
    void (*poll)(void *be);        /* see wake; may be NULL */
};

#ifdef __cplusplus
}
#endif
#endif
