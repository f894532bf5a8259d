/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * display-sample.c - a display backend for vmrun: says in the log what colour the picture has on
 * average.
 *
 * It asks for a frame, looks at it, and asks for the next one, not before its time. All of it is
 * called on the event thread, so there is nothing to lock.
 */
#include <stdlib.h>
#include <string.h>
#include <vmrun/display.h>

struct sample {
    const struct vm_display_host *host;
    struct vm_display_ctx *ctx;
    int64_t wait_ns;
};

static void mode(void *be, const struct vm_display_mode *shown)
{
    const struct sample *s = be;

    if (shown)
        s->host->base->log(s->ctx, VM_LOG_INFO, "the picture has %u x %u pixels", shown->width,
                           shown->height);
    else
        s->host->base->log(s->ctx, VM_LOG_INFO, "there is no picture");
}

/* The average of the colour in the eight bits from `shift` on. */
static unsigned average(const struct vm_display_frame *f, unsigned shift)
{
    const uint32_t *pixels = f->pixels;
    uint64_t n = (uint64_t)f->mode->width * f->mode->height, sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += pixels[i] >> shift & 0xff;
    return (unsigned)(sum / n);
}

static void frame(void *be, const struct vm_display_frame *f)
{
    const struct sample *s = be;

    s->host->base->log(s->ctx, VM_LOG_INFO, "its colour is #%02x%02x%02x", average(f, 16),
                       average(f, 8), average(f, 0));
    s->host->request(s->ctx, 0, s->host->clock_ns(s->ctx) + s->wait_ns);
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void *create(const struct vm_display_host *host, struct vm_display_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct sample *s = calloc(1, sizeof(*s));

    if (!s) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    s->host = host;
    s->ctx = ctx;
    s->wait_ns = (int64_t)host->base->prop_uint(props, "interval");
    host->request(ctx, 0, 0);
    return s;
}

static void destroy(void *be)
{
    free(be);
}

/* ---- The plugin ------------------------------------------------------------------------------ */

static const void *get_interface(const char *id)
{
    static const struct vm_display_ops ops = {.size = sizeof(struct vm_display_ops),
                                              .create = create,
                                              .destroy = destroy,
                                              .mode = mode,
                                              .frame = frame};

    return strcmp(id, VM_DISPLAY_INTERFACE) == 0 ? &ops : NULL;
}

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_DURATION,
     .name = "interval",
     .default_value = "1s",
     .min = 100000000,
     .max = 3600000000000,
     .help = "time from one look at the picture to the next"},
};

VM_PLUGIN(.kind = VM_KIND_DISPLAY, .name = "display-sample", .version = "0.1",
          .licence = "BSD-2-Clause", .summary = "average colour of the picture",
          VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
