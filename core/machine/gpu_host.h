/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu_host.h - GPU backends and the devices that they serve.
 *
 * Each backend has a thread of its own, which alone calls submit(), poll() and host_memory(), and
 * which tells the device what is done. It never waits for a lock that is held by somebody who waits
 * for the backend: see gpu_drain().
 *
 * A backend that makes no progress for the time that gpu_drain() gives it is given up. Nobody can
 * take away what its thread or the GPU may still be using: that thread, the backend, this context
 * and the memory of all regions stay until the process ends.
 */
#ifndef CORE_MACHINE_GPU_HOST_H
#define CORE_MACHINE_GPU_HOST_H

#include <pthread.h>
#include "core/host/thread.h"
#include "core/machine/internal.h"

struct vm_gpu {
    struct vm_gpu_ctx *ctx;
};

struct gpu_queue {
    struct vm_gpu_request *first, *last;
};

struct vm_gpu_ctx {
    struct context context; /* first; the name is a copy */
    const struct instance *instance;
    struct vm_gpu_ops ops;
    void *be;
    struct vm_gpu handle; /* what the device gets */
    uint32_t n_gpus;
    struct vm_gpu_info *infos; /* as they were at first */
    struct vm_error why;       /* there is none */

    struct vm_device_ctx *device; /* whose backend it is */
    struct vm_gpu_client client;
    void *client_opaque;

    struct host_thread *thread; /* NULL: not started, or over */
    struct host_event wake;
    _Atomic uint32_t news;     /* changes with everything that the thread must look at */
    _Atomic uint32_t draining; /* threads that wait in gpu_drain() */

    /* Under the device's lock: requests of which it has not been told. */
    uint32_t active;
    bool untold; /* it was given up, and gpu_drain() has not said so yet */

    pthread_mutex_t lock; /* innermost */
    pthread_cond_t progress;
    struct gpu_queue submitted, completed;
    uint32_t begun;     /* given to the backend, not yet completed */
    uint32_t compiling; /* of these, COMPILEs */
    bool settling;      /* the guest is gone: nothing is begun any more but giving back */
    bool over;          /* the thread shall end */
    bool ended;         /* it touches nothing any more */
    bool tells;   /* the backend has threads of its own, one of which has completed a request */
    bool calling; /* it may be inside the backend, and touches nothing else but this context */
    bool given_up;
    bool closed;
    bool posted; /* a delivery by the event thread, once it is given up */
    struct vm_gpu_stats stats;

    struct vm_gpu_ctx *next_kept; /* of those given up */
    struct space *kept_space;
};

extern const struct vm_gpu_host gpu_host;

/* How long gpu_drain() waits: since the last request was done, the same while the backend compiles,
 * and in all (gpu_close(): idle_ns in all). Tests have shorter ones. */
struct gpu_patience {
    int64_t idle_ns, compile_ns, all_ns;
};
extern struct gpu_patience gpu_patience;

int gpu_create(struct machine *m, struct vm_gpu_ctx *ctx, const struct instance *instance,
               struct vm_error *err);
/* Starts its thread. [before the first reset] */
int gpu_start(struct vm_gpu_ctx *ctx, struct vm_error *err);
/* Finishes what the backend has begun, or gives it up; what it has not is dropped, told to the
 * device as failed. [vCPUs stopped, before a reset] */
void gpu_settle(struct vm_gpu_ctx *ctx);
/* Ends the thread and the backend; settles first. What the device submits from now on fails.
 * [after stop, the device is still there] */
void gpu_close(struct vm_gpu_ctx *ctx);
/* [closed] */
void gpu_destroy(struct vm_gpu_ctx *ctx);
void gpu_report(struct vm_gpu_ctx *ctx, struct stats *stats);
/* Whether it was given up; if so, the machine's memory is its from now on. [closed] */
bool gpu_keeps(struct vm_gpu_ctx *ctx, struct space *space);

/* ---- gpu_thread.c: the thread, and what the backend calls ---- */

/* What is in vm_gpu_request.host. */
struct gpu_under_way {
    struct vm_gpu_request *next;
    int64_t begun_ns;
    uint32_t state; /* enum gpu_state */
};

enum gpu_state { GPU_SUBMITTED = 1, GPU_BEGUN, GPU_DONE };

static inline struct gpu_under_way *gpu_under_way(struct vm_gpu_request *r)
{
    return (struct gpu_under_way *)r->host;
}

/* An item of the queue that is none of the device's: u.copy.host and .length are host memory,
 * `gpu` says whether it is there. */
#define GPU_OP_HOST_MEMORY UINT32_MAX

void gpu_thread(void *ctx);
/* With ctx->lock held. */
void gpu_queue_push(struct gpu_queue *queue, struct vm_gpu_request *r);
struct vm_gpu_request *gpu_queue_pop(struct gpu_queue *queue);
/* It is done without the backend's having seen it. With ctx->lock held. */
void gpu_refuse(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r, uint32_t error, const char *text);
/* The thread has something to look at. */
void gpu_kick(struct vm_gpu_ctx *ctx);
/* Tells the device of one that is done. With the device's lock held. */
void gpu_tell(struct vm_gpu_ctx *ctx, struct vm_gpu_request *r);
void gpu_tell_all(struct vm_gpu_ctx *ctx);

#endif
