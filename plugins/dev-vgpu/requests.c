/* SPDX-License-Identifier: BSD-2-Clause */
/* requests.c - what goes to the backend, and giving back all that the guest has there. */
#include <stdlib.h>
#include <string.h>

#include "vgpu.h"

#define GIVE_BACK_AT_ONCE 64u

struct request *request_take(struct vgpu *v, const struct command *c, uint32_t op)
{
    struct request *r = v->free;
    uint32_t room = c->text_room;

    if (r)
        v->free = r->next;
    else if (!(r = malloc(sizeof(*r))))
        return NULL;
    memset(r, 0, offsetof(struct request, inline_text));
    r->command = *c;
    r->text = room > sizeof(r->inline_text) ? malloc(room) : r->inline_text;
    if (!r->text) {
        request_give(v, r);
        return NULL;
    }
    r->text[0] = 0;
    r->gpu.size = sizeof(r->gpu);
    r->gpu.op = op;
    r->gpu.gpu = c->gpu;
    r->gpu.text = room ? r->text : NULL;
    r->gpu.text_size = room;
    r->gpu.opaque = r;
    return r;
}

void request_give(struct vgpu *v, struct request *r)
{
    if (r->text != r->inline_text)
        free(r->text);
    if (r->data != (char *)r->inline_data)
        free(r->data);
    free(r->options);
    free(r->parameters);
    r->next = v->free;
    v->free = r;
}

void request_submit(struct vgpu *v, struct request *r)
{
    v->under_way++;
    v->pci.host->gpu_submit(v->backend, &r->gpu);
}

void requests_free(struct vgpu *v)
{
    while (v->free) {
        struct request *r = v->free;
        v->free = r->next;
        free(r);
    }
}

/* ---- Giving back ----------------------------------------------------------------------------- */

/* Nothing is left under way. A GPU that hangs keeps what it has: requests, too, for ever. */
static void drain(struct vgpu *v)
{
    if (v->is_lost)
        return;
    if (v->pci.host->gpu_drain(v->backend)) {
        v->is_lost = 1;
        v->pci.host->base->log(v->pci.ctx, VM_LOG_WARNING,
                               "the GPU hangs and is given up; a new start of vmrun is needed");
    }
    v->under_way = 0;
}

static void give_back(struct vgpu *v, uint32_t op, uint32_t gpu, uint64_t number)
{
    const struct command nobodys = {.gpu = gpu};
    struct request *r = v->is_lost ? NULL : request_take(v, &nobodys, op);

    if (!r)
        return; /* the backend's end frees it */
    r->is_own = 1;
    if (op == VM_GPU_OP_FREE)
        r->gpu.u.memory.address = number;
    else if (op == VM_GPU_OP_UNLOAD)
        r->gpu.u.code.module = number;
    else
        r->gpu.stream = number;
    request_submit(v, r);
    if (v->under_way >= GIVE_BACK_AT_ONCE)
        drain(v);
}

void objects_free_all(struct vgpu *v)
{
    static const uint32_t ops[] = {
        [OBJECT_MODULE] = VM_GPU_OP_UNLOAD, [OBJECT_STREAM] = VM_GPU_OP_STREAM_FREE};

    drain(v);
    for (uint32_t i = 0; i < v->objects_room; i++) {
        struct object *o = &v->objects[i];
        if (o->kind == OBJECT_MODULE || o->kind == OBJECT_STREAM)
            give_back(v, ops[o->kind], o->gpu, o->number);
        if (o->kind != OBJECT_NONE)
            object_drop(v, object_handle(v, o));
    }
    for (uint32_t i = 0; i < v->n_allocations; i++)
        give_back(v, VM_GPU_OP_FREE, v->allocations[i].gpu, v->allocations[i].address);
    v->n_allocations = v->allocating = 0;
    v->used = 0;
    if (v->is_pinned)
        v->pci.host->gpu_host_memory(v->backend, v->window, v->window_size, 0);
    v->is_pinned = 0;
    drain(v);
}
