/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver_streams.c - what is under way on the GPUs. Behind each request an event is put into its
 * stream; the requests of a stream are a list, and the first one's event is asked for. An error of
 * the GPU's comes out of that, too, and ends the GPU: a CUDA context is of no use after it.
 */
#include <stdlib.h>
#include <string.h>

#include "driver.h"

/* What the engine keeps in a request while it is under way. */
enum { NEXT, BEGIN, END, FUNCTION };

/* ---- Events ---------------------------------------------------------------------------------- */

void *gpu_event_get(struct gpu_driver *d, uint32_t gpu, struct vm_error *err)
{
    struct gpu_device *g = &d->gpus[gpu];
    void *event = NULL;

    if (g->n_events > 0)
        return g->events[--g->n_events];
    return GPU_CALL(d, err, event_create, &event, 0) ? NULL : event;
}

void gpu_event_put(struct gpu_driver *d, uint32_t gpu, void *event)
{
    struct gpu_device *g = &d->gpus[gpu];

    if (event && g->n_events < GPU_EVENTS)
        g->events[g->n_events++] = event;
    else if (event)
        d->call.event_destroy(event);
}

/* ---- Streams --------------------------------------------------------------------------------- */

struct gpu_stream *gpu_stream_find(struct gpu_driver *d, uint32_t gpu, uint64_t number)
{
    struct gpu_stream *s = d->gpus[gpu].streams;

    while (s && (s->number != number || s->dying))
        s = s->next;
    return s;
}

struct gpu_stream *gpu_stream_new(struct gpu_driver *d, uint32_t gpu, uint64_t number,
                                  struct vm_error *err)
{
    struct gpu_stream *s = calloc(1, sizeof(*s));

    if (!s) {
        d->result = GPU_ERROR_OUT_OF_MEMORY;
        vm_error_set(err, "out of memory");
        return NULL;
    }
    /* Not tied to the driver's own stream 0: the others shall be free of one another. */
    if (GPU_CALL(d, err, stream_create, &s->stream, GPU_STREAM_NON_BLOCKING)) {
        free(s);
        return NULL;
    }
    s->number = number;
    s->gpu = gpu;
    s->next = d->gpus[gpu].streams;
    d->gpus[gpu].streams = s;
    return s;
}

static void free_stream(struct gpu_driver *d, struct gpu_stream *s)
{
    struct gpu_stream **at = &d->gpus[s->gpu].streams;

    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
    d->call.stream_destroy(s->stream);
    free(s);
}

void gpu_streams_free(struct gpu_driver *d, uint32_t gpu)
{
    struct gpu_device *g = &d->gpus[gpu];

    while (g->streams)
        free_stream(d, g->streams);
    while (g->n_events > 0)
        d->call.event_destroy(g->events[--g->n_events]);
}

/* ---- Requests under way ---------------------------------------------------------------------- */

int gpu_stream_add(struct gpu_driver *d, struct gpu_stream *s, struct vm_gpu_request *r,
                   void *begin, struct gpu_function *function, struct vm_error *err)
{
    void *end = gpu_event_get(d, s->gpu, err);

    if (!end)
        return -1;
    if (GPU_CALL(d, err, event_record, end, s->stream)) {
        gpu_event_put(d, s->gpu, end);
        return -1;
    }
    r->backend[NEXT] = NULL;
    r->backend[BEGIN] = begin;
    r->backend[END] = end;
    r->backend[FUNCTION] = function;
    if (function)
        function->module->busy++;
    if (s->last)
        s->last->backend[NEXT] = r;
    else
        s->first = r;
    s->last = r;
    d->under_way++;
    return 0;
}

/* Takes the first request out of its stream. */
static struct vm_gpu_request *take_first(struct gpu_driver *d, struct gpu_stream *s)
{
    struct vm_gpu_request *r = s->first;

    s->first = r->backend[NEXT];
    if (!s->first)
        s->last = NULL;
    gpu_event_put(d, s->gpu, r->backend[BEGIN]);
    gpu_event_put(d, s->gpu, r->backend[END]);
    d->under_way--;
    return r;
}

static void first_is_done(struct gpu_driver *d, struct gpu_stream *s)
{
    struct vm_gpu_request *r = s->first;
    struct gpu_function *function = r->backend[FUNCTION];
    float ms = 0;

    if (r->backend[BEGIN] &&
        d->call.event_elapsed(&ms, r->backend[BEGIN], r->backend[END]) == GPU_SUCCESS && ms > 0)
        r->gpu_ns = (uint64_t)((double)ms * 1e6);
    take_first(d, s);
    if (r->op == VM_GPU_OP_STREAM_FREE)
        free_stream(d, s);
    gpu_driver_done(d, r, VM_GPU_OK);
    gpu_module_idle(d, function);
}

/* The first one failed: it tells why, and so do those behind it, since the GPU goes with it. */
static void first_failed(struct gpu_driver *d, struct gpu_stream *s, int result)
{
    struct vm_gpu_request *r = take_first(d, s);
    struct gpu_function *function = r->backend[FUNCTION];
    struct vm_error err = VM_ERROR_INIT;

    gpu_driver_check(d, result, offsetof(struct gpu_calls, event_query), &err);
    vm_error_prefix(&err, "the GPU failed at this or what ran beside it");
    gpu_driver_call_failed(d, r, &err);
    gpu_module_idle(d, function);
}

static void all_are_lost(struct gpu_driver *d, uint32_t gpu)
{
    struct vm_error err = VM_ERROR_INIT;

    vm_error_set(&err, "the GPU is lost: %s", d->gpus[gpu].why_lost);
    for (struct gpu_stream *s = d->gpus[gpu].streams; s; s = s->next)
        while (s->first) {
            struct gpu_function *function = s->first->backend[FUNCTION];
            gpu_driver_failed(d, take_first(d, s), VM_GPU_LOST, &err);
            gpu_module_idle(d, function);
        }
}

static void look_at(struct gpu_driver *d, uint32_t gpu)
{
    struct gpu_stream *next;

    for (struct gpu_stream *s = d->gpus[gpu].streams; s; s = next) {
        next = s->next;
        while (s->first && !d->gpus[gpu].lost) {
            int frees = s->first->op == VM_GPU_OP_STREAM_FREE;
            int result = d->call.event_query(s->first->backend[END]);
            if (result == GPU_ERROR_NOT_READY)
                break;
            if (result == GPU_SUCCESS)
                first_is_done(d, s);
            else
                first_failed(d, s, result);
            if (frees && result == GPU_SUCCESS)
                break; /* the stream is no more */
        }
    }
    if (d->gpus[gpu].lost)
        all_are_lost(d, gpu);
}

void gpu_streams_look(struct gpu_driver *d)
{
    for (uint32_t i = 0; i < d->n_gpus && d->under_way > 0; i++) {
        gpu_driver_use(d, i, NULL); /* if that fails, so does what is asked for: it ends there */
        look_at(d, i);
    }
}
