/* SPDX-License-Identifier: BSD-2-Clause */
/* queue.c - streams as in-order queues, and how the end of a command is told. */
#include "opencl.h"

#include <stdlib.h>

/* What is in vm_gpu_request.backend. */
struct work {
    struct opencl *o;
    cl_mem *held;
    uintptr_t n_held;
};

_Static_assert(sizeof(struct work) <= sizeof(((struct vm_gpu_request *)0)->backend),
               "it fits into the request");

struct stream *queue_find(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct stream *s = r->stream ? objects_find(&o->streams, r->stream) : &g->stream;

    if (s && s->gpu == g)
        return s;
    text_error(r, VM_GPU_NOT_FOUND, "GPU %u has no stream %llu", (unsigned)r->gpu,
               (unsigned long long)r->stream);
    return NULL;
}

cl_int queue_open(struct opencl *o, struct stream *s, struct gpu *g)
{
    cl_int error = CL_SUCCESS;

    s->gpu = g;
    s->queue = o->cl.CreateCommandQueue(g->context, g->device, CL_QUEUE_PROFILING_ENABLE, &error);
    return s->queue ? CL_SUCCESS : error;
}

/* ---- the end of a command ---- */

static uint64_t time_taken(const struct opencl *o, cl_event event)
{
    cl_ulong from = 0, to = 0;

    if (o->cl.GetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof(from), &from, NULL) ||
        o->cl.GetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof(to), &to, NULL))
        return 0;
    return to > from ? to - from : 0;
}

void queue_release(const struct opencl *o, cl_mem *held, size_t n_held)
{
    for (size_t i = 0; i < n_held; i++)
        o->cl.ReleaseMemObject(held[i]);
    free(held);
}

/* A command that began and failed: what it was asked was not invalid. */
static uint32_t failed(struct vm_gpu_request *r, cl_int status)
{
    uint32_t error = cl_failed(r, "the command ended", status);

    return error == VM_GPU_NO_MEMORY || error == VM_GPU_LOST ? error : VM_GPU_FAILED;
}

/* [any thread of OpenCL's; the one that enqueues, too] */
static void CL_CALLBACK command_done(cl_event event, cl_int status, void *opaque)
{
    struct vm_gpu_request *r = opaque;
    struct work *w = (struct work *)r->backend;
    const struct opencl *o = w->o;
    uint32_t error = VM_GPU_OK;

    if (status < 0)
        error = failed(r, status);
    else if (r->op != VM_GPU_OP_SYNC && r->op != VM_GPU_OP_STREAM_FREE)
        r->gpu_ns = time_taken(o, event);
    queue_release(o, w->held, w->n_held);
    o->cl.ReleaseEvent(event);
    o->host->complete(o->ctx, r, error);
}

uint32_t queue_begun(struct opencl *o, struct stream *s, struct vm_gpu_request *r, cl_event event,
                     const char *what, cl_int error, cl_mem *held, uint32_t n_held)
{
    if (error) {
        queue_release(o, held, n_held);
        return cl_failed(r, what, error);
    }
    if (!s->unflushed) {
        s->unflushed = true;
        s->next_unflushed = o->unflushed;
        o->unflushed = s;
    }
    *(struct work *)r->backend = (struct work){o, held, n_held};
    /* From here on the request may be done, and gone. */
    if (o->cl.SetEventCallback(event, CL_COMPLETE, command_done, r)) {
        error = o->cl.WaitForEvents(1, &event);
        command_done(event, error, r);
    }
    return UNDER_WAY;
}

void queue_flush(struct opencl *o)
{
    struct stream *next;

    for (struct stream *s = o->unflushed; s; s = next) {
        next = s->next_unflushed;
        s->unflushed = false;
        o->cl.Flush(s->queue);
    }
    o->unflushed = NULL;
}

/* ---- requests ---- */

static uint32_t mark(struct opencl *o, struct stream *s, struct vm_gpu_request *r)
{
    cl_event event = NULL;
    cl_int error = o->cl.EnqueueMarkerWithWaitList(s->queue, 0, NULL, &event);

    return queue_begun(o, s, r, event, "clEnqueueMarkerWithWaitList", error, NULL, 0);
}

uint32_t queue_sync(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct stream *s = queue_find(o, g, r);

    return s ? mark(o, s, r) : VM_GPU_NOT_FOUND;
}

uint32_t queue_stream_new(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct stream *s = calloc(1, sizeof(*s));
    cl_int error;

    if (!s)
        return text_error(r, VM_GPU_NO_MEMORY, "out of memory");
    error = queue_open(o, s, g);
    if (error) {
        free(s);
        return cl_failed(r, "clCreateCommandQueue", error);
    }
    r->stream = objects_new(&o->streams, s);
    if (r->stream)
        return VM_GPU_OK;
    o->cl.ReleaseCommandQueue(s->queue);
    free(s);
    return text_error(r, VM_GPU_NO_MEMORY, "out of memory");
}

/* OpenCL keeps the queue for as long as there are commands in it. */
uint32_t queue_stream_free(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct stream *s = queue_find(o, g, r);
    uint64_t number = r->stream;
    uint32_t error;

    if (!s)
        return VM_GPU_NOT_FOUND;
    if (!number)
        return text_error(r, VM_GPU_INVALID, "stream 0 is always there");
    error = mark(o, s, r);
    if (error != UNDER_WAY)
        return error;
    queue_flush(o);
    objects_take(&o->streams, number);
    o->cl.ReleaseCommandQueue(s->queue);
    free(s);
    return UNDER_WAY;
}

void queue_close(struct opencl *o)
{
    struct stream *s;

    queue_flush(o);
    while ((s = objects_take_any(&o->streams))) {
        o->cl.Finish(s->queue);
        o->cl.ReleaseCommandQueue(s->queue);
        free(s);
    }
}
