/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_display_test.c - display backends in a machine: sections and short names, frames and
 * input in both modes, the pace of frames, changes of the mode, the last picture, and devices and
 * backends that break the rules.
 */
#define _GNU_SOURCE /* memfd_create */
#include <criterion/criterion.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/host/clock.h"
#include "core/plugin/registry.h"
#include "machine_mock.h"

#define MACHINE "[machine]\nmemory = 2M\narch = toy\nengine = toy\nboard = toy\n"
#define SCREEN  "[device s]\ntype = dev-screen\naddress = 0x1000\n"
#define BASE    0x1000
#define W       40u
#define H       30u
#define STRIDE  (W * 2 + 6) /* lines with a gap behind */

/* What the guest writes: a pixel, a mode of the table below, the machine's end, its reset. */
enum screen_register { SCREEN_DRAW = 0, SCREEN_MODE = 8, SCREEN_OFF = 16, SCREEN_RESET = 24 };

/* ---- display-eye: looks, and types ---- */

static struct eye {
    const struct vm_display_host *host;
    struct vm_display_ctx *ctx;
    struct vm_display_mode mode; /* size 0: none */
    uint32_t picture[W * H];     /* put together from the rectangles alone */
    uint32_t modes, frames, wholes, wrong, ready;
    int64_t first_ns, before_ns, last_ns; /* of frames: the first, the last but one, the last */
    uint32_t last_pixel; /* the last one of the picture, as the latest frame had it */
    bool in_call, reported;
} eye;

/* How a test wants it. */
static struct {
    int64_t wait_ns; /* from a frame to the earliest next one */
    uint32_t flags;  /* of each request */
    uint32_t seen;   /* the last pixel's value at which it types the key that ends the machine */
    uint32_t flood;  /* reports that it sends at once, of which the last is refused */
    bool never, hostile; /* it wants its frame at no time; it sends rubbish first */
} eye_wants;

static void eye_type(void)
{
    struct vm_display_event key = {VM_DISPLAY_KEY, 30, 1}, wrong = {VM_DISPLAY_KEY, 30, 2};
    if (eye.reported)
        return;
    eye.reported = true;
    if (eye_wants.hostile)
        cr_assert_eq(eye.host->input(eye.ctx, &wrong, 1), 1, "dropped");
    for (uint32_t i = 1; i <= eye_wants.flood; i++) {
        struct vm_display_event many[2] = {{VM_DISPLAY_KEY, (uint16_t)(100 + i), 1},
                                           {VM_DISPLAY_ABS, VM_DISPLAY_X, (int32_t)i}};
        cr_assert_eq(eye.host->input(eye.ctx, many, 2), i < eye_wants.flood, "report %u", i);
    }
    if (eye_wants.flood)
        return; /* the key comes when there is room */
    cr_assert_eq(eye.host->input(eye.ctx, &key, 1), 1);
}

static void eye_mode(void *be, const struct vm_display_mode *mode)
{
    (void)be;
    cr_assert_not(eye.in_call);
    eye.modes++;
    eye.mode = mode ? *mode : (struct vm_display_mode){0};
    memset(eye.picture, 0, sizeof(eye.picture));
}

static void take_rect(const struct vm_display_frame *f, const struct vm_display_rect *r)
{
    if (!r->width || !r->height || r->x + r->width > eye.mode.width ||
        r->y + r->height > eye.mode.height) {
        eye.wrong++;
        return;
    }
    for (uint32_t y = r->y; y < r->y + r->height; y++)
        for (uint32_t x = r->x; x < r->x + r->width; x++)
            eye.picture[y * eye.mode.width + x] =
                ((const uint32_t *)f->pixels)[y * (f->mode->stride / 4) + x];
}

static void eye_frame(void *be, const struct vm_display_frame *f)
{
    int64_t now = eye.host->clock_ns(eye.ctx);
    const struct vm_display_rect *r = f->rects;
    (void)be;
    cr_assert_not(eye.in_call);
    eye.in_call = true;
    cr_assert_eq(f->mode->width, eye.mode.width);
    cr_assert_eq(f->mode->height, eye.mode.height);
    cr_assert(f->n_rects >= 1 && f->n_rects <= VM_DISPLAY_MAX_RECTS);
    cr_assert_leq(f->mode->width * f->mode->height, W * H);
    for (uint32_t i = 0; i < f->n_rects; i++)
        take_rect(f, &r[i]);
    eye.wholes += f->n_rects == 1 && r->width == eye.mode.width && r->height == eye.mode.height;
    eye.wrong += memcmp(eye.picture, f->pixels, (size_t)eye.mode.stride * eye.mode.height) != 0;
    eye.first_ns = eye.frames++ ? eye.first_ns : now;
    eye.before_ns = eye.last_ns;
    eye.last_ns = now;
    eye.last_pixel = eye.picture[eye.mode.width * eye.mode.height - 1];
    eye.host->request(eye.ctx, eye_wants.flags, eye_wants.wait_ns ? now + eye_wants.wait_ns : 0);
    if (eye_wants.seen && eye.last_pixel == eye_wants.seen)
        eye.host->wake(eye.ctx);
    eye.in_call = false;
}

static void eye_poll(void *be)
{
    (void)be;
    eye_type();
}

static void eye_ready(void *be)
{
    struct vm_display_event key = {VM_DISPLAY_KEY, 30, 1};
    (void)be;
    eye.ready++;
    cr_assert_eq(eye.host->input(eye.ctx, &key, 1), 1);
}

static void *eye_create(const struct vm_display_host *host, struct vm_display_ctx *ctx,
                        const struct vm_props *props, struct vm_error *err)
{
    struct vm_display_event key = {VM_DISPLAY_KEY, 1, 1};
    (void)props, (void)err;
    eye = (struct eye){.host = host, .ctx = ctx};
    cr_assert_eq(host->input(ctx, &key, 1), 1, "nobody listens yet");
    host->request(ctx, 0, eye_wants.never ? INT64_MAX : 0);
    return &eye;
}

static void eye_destroy(void *be)
{
    (void)be;
}

static const struct vm_display_ops eye_ops = {
    .size = sizeof(eye_ops),
    .create = eye_create,
    .destroy = eye_destroy,
    .mode = eye_mode,
    .frame = eye_frame,
    .input_ready = eye_ready,
    .poll = eye_poll,
};

static const void *get_eye(const char *id)
{
    return strcmp(id, VM_DISPLAY_INTERFACE) == 0 ? &eye_ops : NULL;
}

static const struct vm_display_ops blind_ops = {
    .size = sizeof(blind_ops), .create = eye_create, .destroy = eye_destroy, .mode = eye_mode};

static const void *get_blind(const char *id)
{
    return strcmp(id, VM_DISPLAY_INTERFACE) == 0 ? &blind_ops : NULL;
}

/* ---- dev-screen ---- */

static const struct vm_display_mode modes[] = {
    {.size = sizeof(modes[0]),
     .format = VM_DISPLAY_RGB565,
     .width = W,
     .height = H,
     .stride = STRIDE,
     .rate = 1000},
    {.size = sizeof(modes[0]),
     .format = VM_DISPLAY_RGB565,
     .width = W / 2,
     .height = 3,
     .stride = W},
    {.size = sizeof(modes[0]), .format = 7, .width = W, .height = H, .stride = STRIDE},
    {.size = sizeof(modes[0]), .format = VM_DISPLAY_RGB565, .width = W, .height = H, .stride = 3},
    {.size = 4, .format = VM_DISPLAY_RGB565, .width = W, .height = H, .stride = STRIDE},
};
enum { N_MODES = sizeof(modes) / sizeof(modes[0]), N_GOOD_MODES = 2 };

static struct screen {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_display *display;
    uint8_t pixels[STRIDE * H];
    uint32_t drawn; /* of these, all that refresh() has not handed out are from `handed` on */
    uint32_t handed, wholes, inputs, resets;
    _Atomic uint32_t refused;
    uint32_t mode;
    _Atomic uint32_t refreshes;
} screen;

/* How a test wants it. */
static struct {
    bool hostile, no_input;
    uint32_t rate;
    _Atomic uint32_t refuse; /* reports of input at first, which wait for display_input_ready */
} screen_is;

static void draw(uint32_t value)
{
    uint16_t pixel = (uint16_t)value;
    uint32_t n = screen.drawn++ % (W * H);
    memcpy(screen.pixels + n / W * STRIDE + n % W * 2, &pixel, 2);
}

/* Lines that have changed since the last time, each a rectangle of its own. */
static void screen_refresh(void *opaque, int whole)
{
    struct vm_display_rect rects[H + 1];
    uint32_t n = 0, length = sizeof(screen.pixels);
    (void)opaque;
    atomic_fetch_add(&screen.refreshes, 1);
    screen.wholes += whole != 0;
    if (screen_is.hostile) {
        struct vm_display_rect far = {UINT32_MAX, 0, 1, 1},
                               huge = {W - 1, 0, UINT32_MAX, UINT32_MAX};
        screen.host->display_frame(screen.display, screen.pixels, length - 7, &huge, 1);
        screen.host->display_frame(screen.display, screen.pixels, length, &far, 1);
        screen.host->display_frame(screen.display, screen.pixels, length, &huge, 1);
    }
    if (whole)
        rects[n++] = (struct vm_display_rect){0, 0, W, H};
    else if (screen.handed != screen.drawn)
        for (uint32_t y = screen.handed / W; y <= (screen.drawn - 1) / W && n < H; y++)
            rects[n++] = (struct vm_display_rect){0, y % H, W, 1};
    screen.handed = screen.drawn;
    if (n)
        screen.host->display_frame(screen.display, screen.pixels, length, rects, n);
    if (screen_is.hostile && whole) { /* what comes now would be of another size */
        screen.host->display_mode(screen.display, &modes[1]);
        screen.host->display_frame(screen.display, screen.pixels, length, rects, 1);
        screen.host->display_mode(screen.display, &modes[0]);
        screen.host->display_frame(screen.display, screen.pixels, length, rects, 1);
        screen_is.hostile = false;
    }
}

static int screen_input(void *opaque, const struct vm_display_event *events, uint32_t n)
{
    (void)opaque;
    if (screen_is.refuse) {
        screen.refused++;
        return 0;
    }
    if (n == 2)
        cr_assert_eq(events[0].code, 101 + screen.inputs / 2, "in their order");
    screen.inputs += n;
    if (n == 1 && events[0].type == VM_DISPLAY_KEY && events[0].code == 30 && events[0].value == 1)
        screen.host->request(screen.ctx, VM_REQUEST_POWEROFF, 5);
    return 1;
}

static const struct vm_display_client client = {
    .size = sizeof(client), .refresh = screen_refresh, .input = screen_input};
static const struct vm_display_client deaf = {.size = sizeof(deaf), .refresh = screen_refresh};
static const struct vm_display_client empty = {.size = sizeof(empty)};

static int screen_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    (void)dev, (void)offset, (void)size;
    *value = 0;
    return VM_ACCESS_OK;
}

static void set_mode(uint32_t n)
{
    struct vm_display_mode mode;
    int wanted = n < N_GOOD_MODES || n >= N_MODES ? 0 : -1;
    if (n < N_MODES) {
        mode = modes[n];
        mode.rate = screen_is.rate;
    }
    cr_assert_eq(screen.host->display_mode(screen.display, n < N_MODES ? &mode : NULL), wanted,
                 "mode %u", n);
}

static int screen_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    (void)dev, (void)size;
    if (offset == SCREEN_DRAW) {
        draw((uint32_t)value);
        if (screen_is.refuse && screen.refused >= screen_is.refuse) {
            screen_is.refuse = 0;
            screen.host->display_input_ready(screen.display);
        }
    } else if (offset == SCREEN_MODE) {
        set_mode((uint32_t)value);
    } else if (offset == SCREEN_RESET) {
        screen.host->request(screen.ctx, VM_REQUEST_RESET, 0);
    } else {
        screen.host->request(screen.ctx, VM_REQUEST_POWEROFF, (int)value);
    }
    if (screen_is.hostile) /* outside of refresh() */
        screen.host->display_frame(screen.display, screen.pixels, sizeof(screen.pixels),
                                   &(struct vm_display_rect){0, 0, 1, 1}, 1);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops screen_regs = {
    .size = sizeof(screen_regs), .read = screen_read, .write = screen_write};

static void *screen_create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                           const struct vm_props *props, struct vm_error *err)
{
    struct vm_region region = {
        .size = sizeof(region), .kind = VM_REGION_MMIO, .length = 32, .ops = &screen_regs};
    memset(&screen, 0, sizeof(screen));
    screen.host = host;
    screen.ctx = ctx;
    cr_assert_null(host->display_attach(ctx, props, "display", &empty, &screen, err));
    cr_assert(!err->set || strstr(err->text, "a backend's client without its functions"));
    err->set = 0;
    screen.display = host->display_attach(ctx, props, "display",
                                          screen_is.no_input ? &deaf : &client, &screen, err);
    if (host->add_region(ctx, &region, err) < 0)
        return NULL;
    if (!screen.display)
        return err->set ? NULL : &screen;
    cr_assert_null(host->display_attach(ctx, props, "display", &client, &screen, err), "one each");
    cr_assert(strstr(err->text, "serves s already"), "%s", err->text);
    err->set = 0;
    set_mode(0);
    return &screen;
}

static void screen_destroy(void *dev)
{
    (void)dev;
    if (screen.display)
        screen.host->display_mode(screen.display, NULL); /* the backend is gone, or not */
}

static void screen_reset(void *dev, int kind)
{
    (void)dev, (void)kind;
    screen.resets++;
    if (screen.display)
        set_mode(0);
}

static const struct vm_device_ops screen_ops = {.size = sizeof(screen_ops),
                                                .create = screen_create,
                                                .destroy = screen_destroy,
                                                .reset = screen_reset};

static const void *get_screen(const char *id)
{
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &screen_ops : NULL;
}

static const struct vm_property screen_properties[] = {
    {.size = sizeof(struct vm_property), .type = VM_PROP_DISPLAY, .name = "display"},
};

#define PLUGIN                                                                             \
    .size = sizeof(struct vm_plugin), .magic = VM_PLUGIN_MAGIC, .abi_minor = VM_ABI_MINOR, \
    .version = "1", .licence = "MIT", .summary = "a toy"

static const struct vm_plugin plugins[] = {
    {PLUGIN, .kind = VM_KIND_DEVICE, .name = "dev-screen", .properties = screen_properties,
     .n_properties = 1, .property_size = sizeof(struct vm_property), .get_interface = get_screen},
    {PLUGIN, .kind = VM_KIND_DISPLAY, .name = "display-eye", .get_interface = get_eye},
    {PLUGIN, .kind = VM_KIND_DISPLAY, .name = "display-blind", .get_interface = get_blind},
};

/* ---- running ---- */

struct built {
    struct registry *reg;
    struct description *d;
    struct vm_error err;
};

static struct built load(const char *ini)
{
    struct built b = {.err = VM_ERROR_INIT};
    char path[64];
    int fd = memfd_create("machine.ini", MFD_CLOEXEC);
    cr_assert_eq(write(fd, ini, strlen(ini)), (ssize_t)strlen(ini));
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    b.reg = toy_registry();
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        cr_assert_eq(registry_add(b.reg, &plugins[i], &b.err), 0, "%s", b.err.text);
    b.d = description_load(path, NULL, 0, b.reg, &b.err);
    close(fd);
    return b;
}

static void unload(struct built *b)
{
    description_free(b->d);
    registry_free(b->reg);
}

static int run(const char *ini, void (*step)(struct vm_cpu *cpu))
{
    const struct machine_options options = {0};
    struct built b = load(ini);
    cr_assert(b.d, "%s", b.err.text);
    struct machine *m = machine_new(b.d, &options, &b.err);
    cr_assert(m, "%s", b.err.text);
    toy.step = step;
    int status = machine_run(m, &b.err);
    cr_expect_eq(eye.wrong, 0, "%u frames are not what they should be", eye.wrong);
    machine_free(m);
    unload(&b);
    return status;
}

/* Fills the picture with a colour, all but the last pixel being other ones; then waits. */
static void paint(struct vm_cpu *cpu)
{
    atomic_store(&toy.awake, true);
    if (screen.drawn < 3 * W * H)
        toy_store(cpu, BASE + SCREEN_DRAW, screen.drawn == 3 * W * H - 1 ? 0xf81f : screen.drawn);
    else if (screen_is.refuse || screen.refused)
        toy_store(cpu, BASE + SCREEN_DRAW, 0xf81f); /* for display_input_ready */
    else
        sched_yield();
}

static void paint_and_leave(struct vm_cpu *cpu)
{
    if (screen.drawn == W * H)
        toy_store(cpu, BASE + SCREEN_OFF, 9);
    else
        toy_store(cpu, BASE + SCREEN_DRAW, screen.drawn == W * H - 1 ? 0x1f : 0xffff);
    atomic_store(&toy.awake, true);
}

static void begin(void)
{
    memset(&eye_wants, 0, sizeof(eye_wants));
    memset(&screen_is, 0, sizeof(screen_is));
    eye_wants.seen = 0xff00ff;
}

TestSuite(machine_display, .timeout = 60, .init = begin);

Test(machine_display, frames_and_input)
{
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", paint), 5);
    cr_expect_geq(eye.frames, 1);
    cr_expect_eq(eye.modes, 1);
    cr_expect_eq(screen.wholes, 1, "%u", screen.wholes);
    cr_expect_eq(screen.inputs, 1);
    cr_expect_eq(run(MACHINE SCREEN "display = x\n[display x]\ntype = display-eye\n", paint), 5);
}

Test(machine_display, frames_and_input_in_deterministic_mode)
{
    cr_expect_eq(run(MACHINE "mode = deterministic\n" SCREEN "display = eye\n", paint), 5);
    cr_expect_eq(eye.modes, 1);
    cr_expect_eq(screen.inputs, 1);
}

/* Something new at any time, until there have been six frames. */
static void animate(struct vm_cpu *cpu)
{
    atomic_store(&toy.awake, true);
    sched_yield();
    if (atomic_load(&screen.refreshes) < 6)
        toy_store(cpu, BASE + SCREEN_DRAW, screen.drawn);
    else
        toy_store(cpu, BASE + SCREEN_OFF, 9);
}

/* Without the last one, which comes at the end, and with an interval for what comes late. */
static void at_pace(const char *mode, int64_t interval_ns)
{
    char ini[400];
    int64_t took;
    snprintf(ini, sizeof(ini), MACHINE "%s" SCREEN "display = eye\n", mode);
    cr_expect_eq(run(ini, animate), 9);
    cr_expect_geq(eye.frames, 5, "%u", eye.frames);
    took = eye.before_ns - eye.first_ns;
    cr_expect_geq(took, (eye.frames - 3) * interval_ns, "%u in %lld ns", eye.frames,
                  (long long)took);
}

/* At most so many frames a second, and fewer where the backend waits longer. */
Test(machine_display, frames_have_their_pace)
{
    eye_wants.seen = 0;
    screen_is.rate = 50;
    at_pace("", 20000000);
    at_pace("mode = deterministic\n", 20000000);
    screen_is.rate = 0;
    at_pace("", 16000000);
    eye_wants.wait_ns = 40000000;
    at_pace("", 40000000);
}

/* With nothing new there is no frame, however often one is asked for; but for all of it. */
static void stand_still(struct vm_cpu *cpu)
{
    atomic_store(&toy.awake, true);
    sched_yield();
    if (atomic_load(&screen.refreshes) >= 8)
        toy_store(cpu, BASE + SCREEN_OFF, 9);
}

Test(machine_display, nothing_new_is_no_frame)
{
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", stand_still), 9);
    cr_expect_eq(eye.frames, 1, "the first: %u", eye.frames);
    eye_wants.flags = VM_DISPLAY_WHOLE;
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", stand_still), 9);
    cr_expect_geq(eye.frames, 7, "%u", eye.frames);
    cr_expect_eq(eye.wholes, eye.frames);
    cr_expect_eq(screen.wholes, 1, "the host has the rest");
}

static void last_picture(const char *mode)
{
    char ini[400];
    snprintf(ini, sizeof(ini), MACHINE "%s" SCREEN "display = eye\n", mode);
    eye_wants.never = true;
    cr_expect_eq(run(ini, paint_and_leave), 9);
    cr_expect_eq(eye.frames, 1);
    cr_expect_eq(eye.last_pixel, 0xff);
    cr_expect_eq(eye.picture[0], 0xffffff);
    cr_expect_eq(atomic_load(&screen.refreshes), 1, "at the end alone");
}

Test(machine_display, the_last_picture_is_not_lost)
{
    last_picture("");
    last_picture("mode = deterministic\n");
}

/* Modes come and go, good and wrong ones, at any moment. */
static void change_modes(struct vm_cpu *cpu)
{
    static uint32_t n;
    atomic_store(&toy.awake, true);
    if (screen.drawn < 5000) {
        toy_store(cpu, BASE + SCREEN_DRAW, screen.drawn);
        if (screen.drawn % 7 == 0)
            toy_store(cpu, BASE + SCREEN_MODE, n++ % (N_MODES + 1));
        if (screen.drawn % 100 == 0)
            usleep(1000);
    } else {
        toy_store(cpu, BASE + SCREEN_MODE, 0);
        toy_store(cpu, BASE + SCREEN_OFF, 9);
    }
}

Test(machine_display, modes_change)
{
    eye_wants.seen = 0;
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", change_modes), 9);
    cr_expect_geq(eye.frames, 1);
    cr_expect_eq(eye.mode.width, W);
    cr_expect_eq(run(MACHINE "mode = deterministic\n" SCREEN "display = eye\n", change_modes), 9);
    cr_expect_eq(eye.mode.width, W);
}

/* The same mode again: all is new, and the backend is not told. */
static void same_mode(struct vm_cpu *cpu)
{
    atomic_store(&toy.awake, true);
    sched_yield();
    if (screen.mode < atomic_load(&screen.refreshes)) {
        screen.mode = atomic_load(&screen.refreshes);
        toy_store(cpu, BASE + SCREEN_MODE, screen.mode < 6 ? 0 : N_MODES);
        if (screen.mode >= 6)
            toy_store(cpu, BASE + SCREEN_OFF, 9);
    }
}

Test(machine_display, the_same_mode_again)
{
    eye_wants.seen = 0;
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", same_mode), 9);
    cr_expect_geq(screen.wholes, 4);
    cr_expect_eq(eye.modes, 2, "on and off");
    cr_expect_eq(eye.mode.size, 0, "nothing is shown at the end");
}

/* Resets while frames are asked for; the picture is there again each time. */
static void reset_often(struct vm_cpu *cpu)
{
    static uint32_t seen;
    uint32_t refreshes = atomic_load(&screen.refreshes);
    atomic_store(&toy.awake, true);
    sched_yield();
    if (refreshes == 0)
        seen = 0;
    if (refreshes == seen)
        return;
    seen = refreshes;
    toy_store(cpu, BASE + (screen.resets < 6 ? SCREEN_RESET : SCREEN_OFF), 9);
}

Test(machine_display, the_machine_is_reset)
{
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", reset_often), 9);
    cr_expect_eq(screen.resets, 6);
    cr_expect_geq(screen.wholes, 6);
    cr_expect_eq(eye.modes, 1);
    cr_expect_eq(run(MACHINE "mode = deterministic\n" SCREEN "display = eye\n", reset_often), 9);
    cr_expect_eq(screen.resets, 6);
    cr_expect_eq(eye.modes, 1);
}

Test(machine_display, input_that_is_refused_comes_again)
{
    screen_is.refuse = 1;
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", paint), 5);
    cr_expect_eq(screen.refused, 1);
    cr_expect_eq(screen.inputs, 1);
    screen_is.refuse = 1;
    cr_expect_eq(run(MACHINE "mode = deterministic\n" SCREEN "display = eye\n", paint), 5);
    cr_expect_eq(screen.inputs, 1);
}

Test(machine_display, a_backend_hears_of_room_for_input)
{
    eye_wants.flood = 17;
    screen_is.refuse = 16;
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", paint), 5);
    cr_expect_eq(eye.ready, 1, "%u", eye.ready);
    cr_expect_eq(screen.inputs, 33, "%u", screen.inputs);
}

/* Pixels outside of refresh(), too few of them, rectangles anywhere, another mode in the middle;
 * and reports that are none. */
Test(machine_display, both_break_the_rules)
{
    screen_is.hostile = eye_wants.hostile = true;
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", paint), 5);
    cr_expect_eq(screen.inputs, 1);
    screen_is.hostile = true;
    cr_expect_eq(run(MACHINE "mode = deterministic\n" SCREEN "display = eye\n", paint), 5);
}

Test(machine_display, a_device_without_input_or_display)
{
    screen_is.no_input = true;
    eye_wants.seen = 0;
    cr_expect_eq(run(MACHINE SCREEN "display = eye\n", paint_and_leave), 9);
    cr_expect_eq(screen.inputs, 0);
    eye.wrong = 0;
    cr_expect_eq(run(MACHINE SCREEN, paint_and_leave), 9);
}

Test(machine_display, a_backend_without_its_functions)
{
    const struct machine_options options = {0};
    struct built b = load(MACHINE SCREEN "display = blind\n");
    cr_assert(b.d, "%s", b.err.text);
    cr_assert_null(machine_new(b.d, &options, &b.err));
    cr_expect(strstr(b.err.text, "plugin 'display-blind' lacks a mandatory function"), "%s",
              b.err.text);
    unload(&b);
}

Test(machine_display, names_that_are_wrong)
{
    static const struct {
        const char *ini, *wanted;
    } cases[] = {
        {MACHINE SCREEN "display = eve\n",
         "[device s] display: there is no [display eve] and no such backend"},
        {MACHINE SCREEN "display = pipe\n", "no [display pipe]"},
        {MACHINE SCREEN "display =\n", "the backend's name is empty; name a [display] section"},
        {MACHINE SCREEN "[display a]\ntype = display-eye\n", "no device uses it"},
        {MACHINE SCREEN "display = a\n[display a]\ntype = char-pipe\n",
         "plugin 'char-pipe' is of kind chardev, wanted display"},
        {MACHINE SCREEN "display = a\n[display a]\n", "'type' is missing; name a display plugin"},
        {MACHINE SCREEN "display = a\n[display a]\ntype = display-eye\n[device m]\n"
                        "type = dev-screen\naddress = 0x2000\ndisplay = a\n",
         "'a' is used by [device s] already"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct built b = load(cases[i].ini);
        cr_assert_null(b.d);
        cr_expect(strstr(b.err.text, cases[i].wanted), "case %zu: %s", i, b.err.text);
        unload(&b);
    }
}
