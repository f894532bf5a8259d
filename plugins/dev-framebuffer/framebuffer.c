/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * framebuffer.c - a frame of RAM that the guest draws in and a display shows: no registers, no
 * interrupts, no input.
 *
 * The guest's stores are those to RAM, so nobody tells us of them. What has changed is found when
 * somebody asks, by comparing each line with what was handed out last; who asks, and how often, is
 * the host's to say (display.h), so a machine that nobody looks at pays nothing, and a look at
 * 1024x768 pixels takes 0.2 ms. The copy is also what is handed out: the guest may go on drawing,
 * and what it draws after the comparison is found the next time.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/device.h>

#define PAGE 4096u
#define WORD 8u /* bytes: lines begin where 64-bit stores may */

/* As the binding calls them (see describe), as displays do, and their bytes. */
static const struct format {
    const char *name;
    uint32_t number; /* enum vm_display_format */
    uint32_t bytes;
} formats[] = {
    {"x8r8g8b8", VM_DISPLAY_XRGB8888, 4},
    {"r5g6b5", VM_DISPLAY_RGB565, 2},
};

/* What a saved picture was drawn for. */
struct geometry {
    uint32_t width, height, format;
};

struct framebuffer {
    const struct vm_device_host *host;
    struct vm_device_ctx *ctx;
    struct vm_display *display; /* NULL: nobody looks */
    struct vm_display_mode mode;
    const struct format *format;
    struct geometry geometry;
    uint8_t *memory;    /* the guest writes it at any time */
    uint64_t *shown;    /* the picture as it was handed out last */
    uint64_t length;    /* of the picture, bytes */
    uint64_t last_word; /* of a line: which bits belong to pixels */
    struct geometry saved;
};

/* ---- Accesses that do not find the memory themselves ----------------------------------------- */

static int memory_read(void *dev, uint64_t offset, uint32_t size, uint64_t *value)
{
    const struct framebuffer *f = dev;

    *value = 0;
    memcpy(value, f->memory + offset, size);
    return VM_ACCESS_OK;
}

static int memory_write(void *dev, uint64_t offset, uint32_t size, uint64_t value)
{
    struct framebuffer *f = dev;

    memcpy(f->memory + offset, &value, size);
    return VM_ACCESS_OK;
}

static const struct vm_region_ops memory_ops = {
    .size = sizeof(memory_ops),
    .read = memory_read,
    .write = memory_write,
};

/* ---- What has changed ------------------------------------------------------------------------ */

/*
 * Copies what the guest has drawn in line y since; false: nothing. Each word is read once, and as
 * the guest may be writing it: lines begin at words. What lies behind the last pixel is not shown.
 */
static bool take_line(struct framebuffer *f, uint32_t y)
{
    uint64_t words = f->mode.stride / WORD, changed = 0;
    const uint64_t *from = (const uint64_t *)f->memory + y * words;
    uint64_t *to = f->shown + y * words;

    for (uint64_t i = 0; i < words; i++) {
        uint64_t word = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
        if (i == words - 1)
            word &= f->last_word;
        changed |= word ^ to[i];
        to[i] = word;
    }
    return changed != 0;
}

static void hand_out(struct framebuffer *f, const struct vm_display_rect *rects, uint32_t n)
{
    if (n > 0)
        f->host->display_frame(f->display, f->shown, f->length, rects, n);
}

/* Neighbouring lines are one rectangle. */
static void show_changes(struct framebuffer *f)
{
    struct vm_display_rect rects[VM_DISPLAY_MAX_RECTS];
    uint32_t n = 0;
    bool before = false;

    for (uint32_t y = 0; y < f->mode.height; y++) {
        bool changed = take_line(f, y);
        if (changed && before) {
            rects[n - 1].height++;
        } else if (changed) {
            if (n == VM_DISPLAY_MAX_RECTS) {
                hand_out(f, rects, n);
                n = 0;
            }
            rects[n++] = (struct vm_display_rect){0, y, f->mode.width, 1};
        }
        before = changed;
    }
    hand_out(f, rects, n);
}

static void refresh(void *opaque, int whole)
{
    struct framebuffer *f = opaque;
    const struct vm_display_rect all = {0, 0, f->mode.width, f->mode.height};

    if (!whole) {
        show_changes(f);
        return;
    }
    for (uint32_t y = 0; y < f->mode.height; y++)
        take_line(f, y);
    hand_out(f, &all, 1);
}

static const struct vm_display_client client = {.size = sizeof(client), .refresh = refresh};

/* ---- Life ------------------------------------------------------------------------------------ */

static int show_mode(struct framebuffer *f)
{
    return f->display ? f->host->display_mode(f->display, &f->mode) : 0;
}

/* Only what was used: the rest costs no memory of the host's so far. */
static void reset(void *dev, int kind)
{
    static const uint8_t black[PAGE];
    struct framebuffer *f = dev;

    (void)kind;
    for (uint64_t at = 0; at < f->length; at += PAGE)
        if (memcmp(f->memory + at, black, PAGE) != 0)
            memset(f->memory + at, 0, PAGE);
    show_mode(f);
}

static int add_memory(struct framebuffer *f, struct vm_error *err)
{
    const struct vm_region region = {
        .size = sizeof(region),
        .kind = VM_REGION_MMIO,
        .name = "frame",
        .length = (f->length + PAGE - 1) / PAGE * PAGE,
        .ops = &memory_ops,
        .unaligned = 1,
        .memory = VM_MEMORY_SHARED,
    };
    int index = f->host->add_region(f->ctx, &region, err);

    if (index < 0)
        return -1;
    f->memory = f->host->region_memory(f->ctx, (uint32_t)index);
    return f->memory ? 0 : vm_error_set(err, "no memory for the frame");
}

/* Both sides are within VM_DISPLAY_MAX_SIDE, as the properties' table says. */
static void measure(struct framebuffer *f, const struct vm_props *props)
{
    const struct vm_host *base = f->host->base;
    uint32_t width = (uint32_t)base->prop_uint(props, "width");
    uint32_t height = (uint32_t)base->prop_uint(props, "height");

    f->format = &formats[base->prop_uint(props, "format")];
    f->geometry = (struct geometry){width, height, f->format->number};
    f->mode = (struct vm_display_mode){
        .size = sizeof(f->mode),
        .format = f->format->number,
        .width = width,
        .height = height,
        .stride = (width * f->format->bytes + WORD - 1) / WORD * WORD,
        .rate = (uint32_t)base->prop_uint(props, "refresh"),
    };
    f->length = (uint64_t)f->mode.stride * height;
    f->last_word = UINT64_MAX >> (f->mode.stride - width * f->format->bytes) * 8;
    f->saved = f->geometry;
}

static int configure(struct framebuffer *f, const struct vm_props *props, struct vm_error *err)
{
    if (!VM_HAS(f->host, display_frame))
        return vm_error_set(err, "this vmrun is too old for displays");
    measure(f, props);
    f->display = f->host->display_attach(f->ctx, props, "display", &client, f, err);
    if ((!f->display && f->host->base->prop_given(props, "display")) || add_memory(f, err))
        return -1;
    if (f->display && !(f->shown = calloc(1, f->length)))
        return vm_error_set(err, "out of memory for a picture of %ux%u", f->mode.width,
                            f->mode.height);
    return show_mode(f) ? vm_error_set(err, "plugin bug: there is no such mode") : 0;
}

static void destroy(void *dev)
{
    struct framebuffer *f = dev;

    free(f->shown);
    free(f);
}

static void *create(const struct vm_device_host *host, struct vm_device_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct framebuffer *f = calloc(1, sizeof(*f));

    if (!f) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    f->host = host;
    f->ctx = ctx;
    if (configure(f, props, err)) {
        destroy(f);
        return NULL;
    }
    return f;
}

/* ---- Saved state: the pixels are saved as RAM is; here is what they mean ------------------- */

static const struct vm_state_field state_fields[] = {
    VM_STATE(struct framebuffer, saved.width, VM_STATE_U32),
    VM_STATE(struct framebuffer, saved.height, VM_STATE_U32),
    VM_STATE(struct framebuffer, saved.format, VM_STATE_U32),
};

static const struct vm_state_table state_table = {
    .size = sizeof(struct vm_state_table),
    .version = 1,
    .fields = state_fields,
    .n_fields = sizeof(state_fields) / sizeof(state_fields[0]),
    .field_size = sizeof(struct vm_state_field),
};

static void state_saving(void *dev)
{
    struct framebuffer *f = dev;

    f->saved = f->geometry;
}

static int state_loaded(void *dev, struct vm_error *err)
{
    struct framebuffer *f = dev;
    struct geometry of = f->saved, here = f->geometry;

    if (of.width != here.width || of.height != here.height || of.format != here.format)
        return vm_error_set(err,
                            "saved framebuffer state: it is of a picture of %ux%u in format 0x%x, "
                            "and this one has %ux%u in 0x%x",
                            of.width, of.height, of.format, here.width, here.height, here.format);
    return show_mode(f) ? vm_error_set(err, "plugin bug: there is no such mode") : 0;
}

static const struct vm_device_ops ops = {
    .size = sizeof(struct vm_device_ops),
    .create = create,
    .destroy = destroy,
    .reset = reset,
    .state = &state_table,
    .state_loaded = state_loaded,
    .state_saving = state_saving,
};

/* ---- Device tree ----------------------------------------------------------------------------- */

/* Binding: Documentation/devicetree/bindings/display/simple-framebuffer.yaml of Linux. */
static int describe(void *dev, const struct vm_fdt_api *fdt, struct vm_fdt_node *node,
                    struct vm_error *err)
{
    const struct framebuffer *f = dev;

    (void)err;
    fdt->string(node, "compatible", "simple-framebuffer");
    fdt->u32(node, "width", &f->mode.width, 1);
    fdt->u32(node, "height", &f->mode.height, 1);
    fdt->u32(node, "stride", &f->mode.stride, 1);
    fdt->string(node, "format", f->format->name);
    return 0;
}

static const struct vm_device_fdt device_fdt = {
    .size = sizeof(struct vm_device_fdt),
    .node_name = "framebuffer",
    .describe = describe,
};

/* ---- Properties ------------------------------------------------------------------------------ */

static const char *const format_names[] = {"x8r8g8b8", "r5g6b5", NULL};

_Static_assert(sizeof(format_names) / sizeof(format_names[0]) - 1 ==
                   sizeof(formats) / sizeof(formats[0]),
               "a format is missing");

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DISPLAY,
     .name = "display",
     .help = "where the picture is shown; without it the guest draws for nobody"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "width",
     .unit = "pixels",
     .default_value = "1024",
     .min = 1,
     .max = VM_DISPLAY_MAX_SIDE,
     .help = "of the picture"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "height",
     .unit = "pixels",
     .default_value = "768",
     .min = 1,
     .max = VM_DISPLAY_MAX_SIDE,
     .help = "of the picture"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "format",
     .default_value = "x8r8g8b8",
     .choices = format_names,
     .help = "of a pixel: a little-endian number of 32 or 16 bits, its fields from the highest bit "
             "down"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_UINT,
     .name = "refresh",
     .unit = "frames a second",
     .default_value = "30",
     .min = 1,
     .max = VM_DISPLAY_MAX_RATE,
     .help = "how often the picture is looked through for changes, at most, while somebody looks"},
};

static const void *get_interface(const char *id)
{
    if (strcmp(id, VM_DEVICE_INTERFACE) == 0)
        return &ops;
    if (strcmp(id, VM_DEVICE_FDT_INTERFACE) == 0)
        return &device_fdt;
    return NULL;
}

VM_PLUGIN(.kind = VM_KIND_DEVICE, .name = "dev-framebuffer", .version = "1.0",
          .licence = "BSD-2-Clause", .summary = "a picture in RAM (simple-framebuffer)",
          .description =
              "RAM at `address`, a multiple of 4096, that the guest draws in, and a display shows. "
              "A line has width times the pixel's bytes, rounded up to a multiple of eight. "
              "Kernels find it as simple-framebuffer in the device tree; Linux makes it /dev/fb0, "
              "and the console of its virtual terminals. The mode is fixed. Input does not come "
              "this way: give the guest a serial port for that.",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
