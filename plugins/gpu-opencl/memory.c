/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - the GPU's memory: OpenCL's buffers under addresses of our own.
 *
 * OpenCL 1.2 has no addresses of buffers. Those that are made up here are never given twice, and
 * behind each allocation some stay unused, so that what runs over an end is in none.
 */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ADDRESS UINT64_C(0x100000000)
#define PAGE          UINT64_C(4096)

/* ---- the list ---- */

static struct allocation *find(const struct memory *m, uint64_t address)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->list[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low && m->list[low - 1].buffer ? &m->list[low - 1] : NULL;
}

const struct allocation *memory_find(const struct opencl *o, const struct gpu *g, uint64_t address,
                                     uint64_t length)
{
    const struct allocation *a = find(&o->memory, address);

    if (!a || a->gpu != g || address - a->address >= a->length ||
        length > a->length - (address - a->address))
        return NULL;
    return a;
}

/* Room for one more; what was freed goes when it is half of the list. */
static int make_room(struct memory *m)
{
    size_t room = m->room ? m->room * 2 : 64, count = 0;
    struct allocation *list;

    if (m->count < m->room)
        return 0;
    if (m->live > m->count / 2 || !m->room) {
        list = realloc(m->list, room * sizeof(*list));
        if (!list)
            return -1;
        m->list = list;
        m->room = room;
        return 0;
    }
    for (size_t i = 0; i < m->count; i++)
        if (m->list[i].buffer)
            m->list[count++] = m->list[i];
    m->count = count;
    return 0;
}

uint32_t memory_alloc(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct memory *m = &o->memory;
    uint64_t length = r->u.memory.length;
    cl_int error = CL_SUCCESS;
    cl_mem buffer;

    if (!length)
        return text_error(r, VM_GPU_INVALID, "an allocation of no bytes");
    if (length > g->info.max_alloc || length > g->info.memory_total - g->allocated)
        return text_error(r, VM_GPU_NO_MEMORY,
                          "%llu bytes are too many: %llu at once, %llu together",
                          (unsigned long long)length, (unsigned long long)g->info.max_alloc,
                          (unsigned long long)g->info.memory_total);
    if (make_room(m))
        return text_error(r, VM_GPU_NO_MEMORY, "out of memory");
    buffer = o->cl.CreateBuffer(g->context, CL_MEM_READ_WRITE, length, NULL, &error);
    if (!buffer)
        return cl_failed(r, "clCreateBuffer", error);
    if (!m->next)
        m->next = FIRST_ADDRESS;
    m->list[m->count++] = (struct allocation){m->next, length, buffer, g};
    m->live++;
    g->allocated += length;
    r->u.memory.address = m->next;
    m->next += (length + 2 * PAGE - 1) & ~(PAGE - 1);
    return VM_GPU_OK;
}

/* OpenCL keeps the buffer for as long as there are commands that use it. */
uint32_t memory_free(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct allocation *a = find(&o->memory, r->u.memory.address);
    cl_mem buffer;

    if (!a || a->gpu != g || a->address != r->u.memory.address)
        return text_error(r, VM_GPU_INVALID, "0x%llx is no allocation's address",
                          (unsigned long long)r->u.memory.address);
    buffer = a->buffer;
    a->buffer = NULL;
    g->allocated -= a->length;
    o->memory.live--;
    o->cl.ReleaseMemObject(buffer);
    return VM_GPU_OK;
}

void memory_close(struct opencl *o)
{
    for (size_t i = 0; i < o->memory.count; i++)
        if (o->memory.list[i].buffer)
            o->cl.ReleaseMemObject(o->memory.list[i].buffer);
    free(o->memory.list);
}

/* ---- copies ---- */

static const struct allocation *need(struct opencl *o, struct gpu *g, struct vm_gpu_request *r,
                                     uint64_t address)
{
    const struct allocation *a = memory_find(o, g, address, r->u.copy.length);

    if (a && r->u.copy.length)
        return a;
    text_error(r, VM_GPU_INVALID, "%llu bytes from 0x%llx on are not within an allocation",
               (unsigned long long)r->u.copy.length, (unsigned long long)address);
    return NULL;
}

/* Either way, straight from the host's memory or to it. */
static uint32_t copy_host(struct opencl *o, struct gpu *g, struct vm_gpu_request *r, bool in)
{
    struct stream *s = queue_find(o, g, r);
    const struct allocation *a;
    struct vm_gpu_copy *c = &r->u.copy;
    cl_event event = NULL;
    cl_int error;

    if (!s)
        return VM_GPU_NOT_FOUND;
    a = need(o, g, r, c->address);
    if (!a)
        return VM_GPU_INVALID;
    if (in)
        error = o->cl.EnqueueWriteBuffer(s->queue, a->buffer, CL_FALSE, c->address - a->address,
                                         c->length, c->host, 0, NULL, &event);
    else
        error = o->cl.EnqueueReadBuffer(s->queue, a->buffer, CL_FALSE, c->address - a->address,
                                        c->length, c->host, 0, NULL, &event);
    return queue_begun(o, s, r, event, in ? "clEnqueueWriteBuffer" : "clEnqueueReadBuffer", error,
                       NULL, 0);
}

uint32_t memory_copy_in(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    return copy_host(o, g, r, true);
}

uint32_t memory_copy_out(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    return copy_host(o, g, r, false);
}

uint32_t memory_copy(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct stream *s = queue_find(o, g, r);
    const struct allocation *from, *to;
    struct vm_gpu_copy *c = &r->u.copy;
    cl_event event = NULL;
    cl_int error;

    if (!s)
        return VM_GPU_NOT_FOUND;
    from = need(o, g, r, c->from);
    to = from ? need(o, g, r, c->address) : NULL;
    if (!to)
        return VM_GPU_INVALID;
    if (c->from < c->address + c->length && c->address < c->from + c->length)
        return text_error(r, VM_GPU_INVALID, "source and destination of a copy overlap");
    error = o->cl.EnqueueCopyBuffer(s->queue, from->buffer, to->buffer, c->from - from->address,
                                    c->address - to->address, c->length, 0, NULL, &event);
    return queue_begun(o, s, r, event, "clEnqueueCopyBuffer", error, NULL, 0);
}
