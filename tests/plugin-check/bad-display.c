/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bad-display.c - a display backend that breaks one contract, for vm-plugin-check to find.
 * plugin-check.tap compiles it once for each BAD_x, with BAD_NAME the file's name; without any of
 * them it keeps to all.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <vmrun/display.h>

struct bad {
    const struct vm_display_host *host;
    struct vm_display_ctx *ctx;
    struct vm_display_timer *timer;
    const uint32_t *kept;
    uint32_t last, frames;
};

static void type(struct bad *b)
{
    struct vm_display_event key = {VM_DISPLAY_KEY, 30, (int32_t)(b->frames & 1)};

#ifdef BAD_EVENT
    key.code = 0;
#endif
    b->host->input(b->ctx, &key, 1);
}

#ifdef BAD_THREAD
static void *foreign(void *opaque)
{
    type(opaque);
    return NULL;
}
#endif

static void mode(void *be, const struct vm_display_mode *shown)
{
    struct bad *b = be;

#ifdef BAD_STALE
    if (b->kept)
        b->last = b->kept[0];
#endif
    (void)shown;
    b->kept = NULL;
}

static void frame(void *be, const struct vm_display_frame *f)
{
    struct bad *b = be;
    const uint32_t *pixels = f->pixels;
    size_t n = (size_t)f->mode->width * f->mode->height;

    b->frames++;
    b->last = pixels[n - 1];
    b->kept = pixels;
#ifdef BAD_BEYOND
    b->last = *(const volatile uint32_t *)(pixels + n);
#endif
#ifdef BAD_WRITE
    *(volatile uint32_t *)(uintptr_t)pixels = 0;
#endif
#ifdef BAD_THREAD
    pthread_t thread;
    if (pthread_create(&thread, NULL, foreign, b) == 0)
        pthread_join(thread, NULL);
#else
    type(b);
#endif
#ifdef BAD_FLAGS
    b->host->request(b->ctx, 8, 0);
#else
    b->host->request(b->ctx, 0, 0);
#endif
}

static void fired(void *opaque)
{
    (void)opaque;
}

static void *create(const struct vm_display_host *host, struct vm_display_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct bad *b = calloc(1, sizeof(*b));

    (void)props;
    if (!b) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    b->host = host;
    b->ctx = ctx;
    b->timer = host->timer_new(ctx, fired, b);
    host->request(ctx, VM_DISPLAY_WHOLE, 0);
#ifdef BAD_WAKE
    host->wake(ctx);
#endif
    return b;
}

static void destroy(void *be)
{
    struct bad *b = be;

#ifndef BAD_TIMER
    b->host->timer_free(b->timer);
#endif
#ifndef BAD_LEAK
    free(b);
#endif
}

static const void *get_interface(const char *id)
{
    static const struct vm_display_ops ops = {.size = sizeof(ops),
                                              .create = create,
                                              .destroy = destroy,
                                              .mode = mode,
#ifndef BAD_BLIND
                                              .frame = frame
#endif
    };

    return strcmp(id, VM_DISPLAY_INTERFACE) == 0 ? &ops : NULL;
}

VM_PLUGIN(.kind = VM_KIND_DISPLAY, .name = BAD_NAME, .version = "1.0", .licence = "BSD-2-Clause",
          .summary = "a display for tests", .get_interface = get_interface);
