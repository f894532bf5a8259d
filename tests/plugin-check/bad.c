/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bad.c - a device that breaks one contract, for vm-plugin-check to find. plugin-check.tap compiles
 * it once for each BAD_x, with BAD_NAME the file's name; without any of them it keeps to all.
 *
 * It has a timer that raises its interrupt, a register that has a few bytes fetched by DMA, and a
 * display that shows its table, a pixel for each byte.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vmrun/device.h>

enum { DELAY = 0, STATUS = 4, FETCH = 8, SELECT = 12, REGISTERS = 4 };
enum { TABLE = 8 };

struct bad {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_timer *timer;
    uint32_t delay, status, fetched, selected;
    uint8_t table[TABLE];
    struct vm_display *display;
    uint32_t pixels[TABLE]; /* as they were handed out last */
    uint32_t keys;
    void *mapped;
    uint64_t mapped_length;
};

/* ---- the display ---- */

static void hand_out(struct bad *b, uint32_t first, uint32_t n)
{
    const struct vm_display_rect rect = {first, 0, n, 1};
    uint64_t length = sizeof(b->pixels);

#ifdef BAD_SHORT
    length--;
#endif
    for (uint32_t i = 0; i < TABLE; i++)
        b->pixels[i] = b->table[i];
    b->host->display_frame(b->display, b->pixels, length, &rect, 1);
}

static void refresh(void *opaque, int whole)
{
    struct bad *b = opaque;
    uint32_t first = 0;

    while (!whole && first < TABLE && b->pixels[first] == b->table[first])
        first++;
#ifdef BAD_PART
    first++;
#endif
    if (first < TABLE)
        hand_out(b, first, TABLE - first);
}

static int input(void *opaque, const struct vm_display_event *events, uint32_t n)
{
    struct bad *b = opaque;

    for (uint32_t i = 0; i < n; i++)
        b->keys += events[i].type == VM_DISPLAY_KEY;
    return 1;
}

/* A mode of one line; or none, which is as good for a device without display. */
static void show(struct bad *b, uint32_t width)
{
    const struct vm_display_mode mode = {.size = sizeof(mode),
                                         .format = VM_DISPLAY_XRGB8888,
                                         .width = width,
                                         .height = 1,
                                         .stride = sizeof(b->pixels)};

    if (b->display)
        b->host->display_mode(b->display, width ? &mode : NULL);
}

/* ---- the rest ---- */

static void raise(struct bad *b, int level)
{
    b->status = (uint32_t)level;
    b->host->set_irq(b->ctx, 0, level);
}

static void fired(void *opaque)
{
    raise(opaque, 1);
}

static void fetch(void *opaque)
{
    struct bad *b = opaque;

    b->host->dma_read(b->ctx, b->selected, &b->fetched, sizeof(b->fetched));
}

#ifdef BAD_FOREIGN
static void *foreign(void *opaque)
{
    fetch(opaque);
    return NULL;
}
#endif

static void done(void *opaque)
{
    (void)opaque;
}

static void start_fetch(struct bad *b)
{
#if defined(BAD_WORK)
    b->host->submit_work(b->ctx, fetch, done, b);
#elif defined(BAD_FOREIGN)
    pthread_t thread;
    if (pthread_create(&thread, NULL, foreign, b) == 0)
        pthread_join(thread, NULL);
#elif defined(BAD_MAPPING)
    b->mapped_length = 64;
    if (!b->mapped)
        b->mapped = b->host->dma_map(b->ctx, 0x80000000u, &b->mapped_length, 0);
#else
    fetch(b);
#endif
    (void)done;
}

static int reg_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    struct bad *b = dev;

    (void)size;
    switch (offset) {
    case DELAY:
        *value = b->delay;
        break;
    case STATUS:
        *value = b->status;
        break;
    case FETCH:
        *value = b->fetched;
        break;
    default:
        *value = b->table[b->selected % TABLE];
        break;
    }
#ifdef BAD_WIDE
    *value |= UINT64_C(1) << 32;
#endif
    return VM_ACCESS_OK;
}

static int reg_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct bad *b = dev;

    (void)size;
    switch (offset) {
    case DELAY:
        b->delay = (uint32_t)value;
        b->host->timer_arm(b->timer, b->host->clock_ns(b->ctx) + b->delay);
        break;
    case STATUS:
        raise(b, 0);
#ifdef BAD_CRASH
        *(volatile int *)(uintptr_t)16 = 1;
#endif
#ifdef BAD_HANG
        for (;;)
            pause();
#endif
#ifdef BAD_EXIT
        _exit(0);
#endif
#ifdef BAD_OUTPUT
        b->host->set_irq(b->ctx, 1, 1);
#endif
        break;
    case FETCH:
        start_fetch(b);
        break;
    default:
        b->selected = (uint32_t)value;
        b->table[value % TABLE]++;
        if (b->selected % 16 == 0)
            show(b, TABLE);
        else if (b->selected % 64 == 1)
            show(b, TABLE + 1); /* which has no room in its line */
        else if (b->selected % 64 == 2)
            show(b, 0);
#ifdef BAD_OUTSIDE
        hand_out(b, 0, 1);
#endif
        break;
    }
    return VM_ACCESS_OK;
}

static void reset(void *dev, int kind)
{
    struct bad *b = dev;

    (void)kind;
    b->host->timer_arm(b->timer, INT64_MAX);
    b->delay = b->fetched = b->selected = 0;
    memset(b->table, 0, sizeof(b->table));
#ifndef BAD_RESET
    raise(b, 0);
#endif
#ifdef BAD_LATE
    b->timer = b->host->timer_new(b->ctx, fired, b);
#endif
}

static int wire(struct bad *b, struct vm_error *err)
{
    static const struct vm_region_ops ops = {
        .size = sizeof(ops), .read = reg_read, .write = reg_write};
    static const struct vm_region region = {.size = sizeof(region),
                                            .kind = VM_REGION_MMIO,
                                            .name = "regs",
                                            .length = 4 * REGISTERS,
                                            .ops = &ops,
                                            .valid_min = 4,
                                            .valid_max = 4,
                                            .impl_min = 4,
                                            .impl_max = 4};

    if (b->host->add_region(b->ctx, &region, err) < 0)
        return -1;
    if (b->host->add_irq_outputs(b->ctx, 1, err) < 0) {
#ifndef BAD_WIRING
        return -1;
#endif
    }
    b->timer = b->host->timer_new(b->ctx, fired, b);
    return b->timer ? 0 : vm_error_set(err, "out of memory");
}

static int attach(struct bad *b, const struct vm_props *props, struct vm_error *err)
{
    static const struct vm_display_client client = {
        .size = sizeof(client), .refresh = refresh, .input = input};

    b->display = b->host->display_attach(b->ctx, props, "display", &client, b, err);
    if (!b->display && err->set)
        return -1;
    show(b, TABLE);
    return 0;
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct bad *b;

    if (host->base->prop_uint(props, "level") == 9) {
#if defined(BAD_SILENT)
        return NULL;
#elif defined(BAD_NAMELESS)
        vm_error_set(err, "that is too much");
        return NULL;
#else
        vm_error_set(err, "level 9 is for others");
        return NULL;
#endif
    }
#ifdef BAD_DESCRIPTORS
    if (open("/dev/null", O_RDONLY) < 0)
        return NULL;
#endif
    b = calloc(1, sizeof(*b));
    if (!b) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    b->host = host;
    b->ctx = ctx;
    if (wire(b, err) == 0 && attach(b, props, err) == 0)
        return b;
#ifndef BAD_FAILURE
    free(b);
#endif
    return NULL;
}

static void destroy(void *dev)
{
#ifdef BAD_LEAK
    (void)dev;
#else
    free(dev);
#endif
}

static int loaded(void *dev, struct vm_error *err)
{
    struct bad *b = dev;

    (void)err;
#ifdef BAD_HOSTILE
    if (b->status > 1)
        abort();
#elif defined(BAD_MUTE)
    if (b->status > 1)
        return -1;
#else
    if (b->status > 1)
        return vm_error_set(err, "the status is %u", b->status);
#endif
#ifdef BAD_STATE
    b->delay++;
#endif
    b->host->set_irq(b->ctx, 0, (int)b->status);
    return 0;
}

static const struct vm_state_field fields[] = {
    VM_STATE(struct bad, delay, VM_STATE_U32),
    VM_STATE(struct bad, status, VM_STATE_U32),
    VM_STATE(struct bad, fetched, VM_STATE_U32),
    VM_STATE(struct bad, selected, VM_STATE_U32),
    VM_STATE_ARRAY(struct bad, table, VM_STATE_U8, TABLE),
};

static const struct vm_state_table state = {
    .size = sizeof(state),
    .version = 1,
    .fields = fields,
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static const void *get_interface(const char *id)
{
    static const struct vm_device_ops ops = {
        .size = sizeof(ops),
        .create = create,
        .destroy = destroy,
        .reset = reset,
        .state = &state,
        .state_loaded = loaded,
    };

#ifdef BAD_INTERFACE
    (void)id;
    return &ops;
#else
    return strcmp(id, VM_DEVICE_INTERFACE) == 0 ? &ops : NULL;
#endif
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "level",
     .default_value = "1",
     .min = 1,
     .max = 9,
#ifndef BAD_HELP
     .help = "a number"
#endif
    },
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DISPLAY,
     .name = "display",
     .help = "where the table is shown"},
};

#ifndef BAD_MAJOR
#define BAD_MAJOR VM_ABI_MAJOR
#endif

VM_EXPORT extern const struct vm_plugin vm_plugin_descriptor;
VM_EXPORT const struct vm_plugin vm_plugin_descriptor = {
    .size = sizeof(struct vm_plugin),
    .magic = VM_PLUGIN_MAGIC,
    .abi_major = BAD_MAJOR,
    .abi_minor = VM_ABI_MINOR,
    .kind = VM_KIND_DEVICE,
    .name = BAD_NAME,
    .version = "1.0",
    .licence = "BSD-2-Clause",
    .summary = "a device for tests",
    VM_PLUGIN_PROPERTIES(properties),
    .get_interface = get_interface,
};
