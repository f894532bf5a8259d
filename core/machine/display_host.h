/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * display_host.h - display backends and the devices that they serve.
 *
 * A backend is called on the event thread alone, by turn(), which whoever has news posts: a mode, a
 * frame that is asked for, room for input. It asks the device for a frame where the device may be
 * entered: there and then, or in deterministic mode on the vCPU thread; `asking` says that this is
 * under way, and until then the picture belongs to whoever asks.
 */
#ifndef CORE_MACHINE_DISPLAY_HOST_H
#define CORE_MACHINE_DISPLAY_HOST_H

#include <pthread.h>
#include "core/machine/internal.h"
#include "core/plugin/display_rules.h"

#define DISPLAY_REPORTS 16

struct vm_display {
    struct vm_display_ctx *ctx;
};

struct display_report {
    uint32_t n;
    struct vm_display_event events[VM_DISPLAY_MAX_EVENTS];
};

/* What the backend sees. */
struct display_picture {
    struct vm_display_mode mode; /* size 0: there is none */
    uint32_t *pixels;
    uint32_t serial;              /* of the device's mode that it is in */
    bool filled;                  /* the device has handed out something of that mode */
    struct display_damage damage; /* what the backend has not seen yet */
};

struct vm_display_ctx {
    struct context context; /* first */
    const struct instance *instance;
    struct vm_display_ops ops;
    void *be;
    struct vm_display handle; /* what the device gets */

    struct vm_device_ctx *device; /* whose backend it is */
    struct vm_display_client client;
    void *client_opaque;
    bool started;
    _Atomic bool woken; /* poll() is on its way */

    pthread_mutex_t lock;        /* innermost, of what follows */
    bool posted;                 /* turn() is on its way */
    struct vm_display_mode mode; /* the device's; size 0: nothing is shown */
    uint32_t serial;             /* changes with each mode that is set */
    bool wanted, whole;          /* a frame is asked for */
    int64_t not_before;
    struct display_report reports[DISPLAY_REPORTS];
    uint32_t first_report, n_reports;
    bool offered;    /* deliver() is on its way */
    bool offer;      /* the device has room again */
    bool refused;    /* the backend waits for input_ready() */
    bool tell_ready; /* and is to be told */

    /* [event thread] */
    struct loop_timer *timer;
    struct vm_display_mode told; /* what the backend shows; size 0: nothing */
    bool fresh;                  /* it has seen no frame of it */
    int64_t asked_ns;            /* when the device was asked last */
    bool asking;

    struct display_picture picture; /* [event thread; whoever asks] */
    bool refreshing;                /* in refresh(); under the device's lock */
};

extern const struct vm_display_host display_host;

int display_create(struct machine *m, struct vm_display_ctx *ctx, const struct instance *instance,
                   struct vm_error *err);
/* From now on the device is asked for frames. [before the event thread starts] */
void display_start(struct vm_display_ctx *ctx);
/* The last picture, if it is wanted. [after stop] */
void display_finish(struct vm_display_ctx *ctx);
/* Ends the backend; what the device does from now on is dropped. [after stop] */
void display_close(struct vm_display_ctx *ctx);
void display_destroy(struct vm_display_ctx *ctx);

#endif
