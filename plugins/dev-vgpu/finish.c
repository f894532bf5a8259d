/* SPDX-License-Identifier: BSD-2-Clause */
/* finish.c - what the backend has done: what the guest has then, and is told. */
#include "vgpu.h"

static void finish_alloc(struct vgpu *v, struct request *r, uint32_t error, uint64_t *results)
{
    const struct allocation a = {
        .address = r->gpu.u.memory.address, .length = r->command.arg[0], .gpu = r->command.gpu};

    allocation_settle(v, &a, error != VGPU_OK);
    results[0] = a.address;
}

/* The object that was made takes the handle that was kept for it. */
static void finish_object(struct vgpu *v, struct request *r, uint32_t error, uint64_t *results)
{
    struct object *o = object_reserved(v, r->handle);
    int is_stream = r->gpu.op == VM_GPU_OP_STREAM_NEW;

    if (error) {
        object_drop(v, r->handle);
        return;
    }
    o->kind = is_stream ? OBJECT_STREAM : OBJECT_MODULE;
    o->number = is_stream ? r->gpu.stream : r->gpu.u.code.module;
    o->gpu = r->command.gpu;
    results[0] = r->handle;
}

static void give_parameters(struct vgpu *v, const struct request *r)
{
    const struct vm_gpu_function *f = &r->gpu.u.function;
    uint64_t room = r->command.arg[4];

    for (uint32_t i = 0; i < f->n_parameters && room - i * 8 >= 8; i++) {
        uint8_t record[VGPU_PARAMETER_BYTES];
        put_le(record, 4, r->parameters[i].offset);
        put_le(record + 4, 4, r->parameters[i].size);
        window_write(v, r->command.arg[3] + i * 8, record, sizeof(record));
    }
}

/* The module may be gone by now; the same function again has the handle that it had. */
static uint32_t finish_function(struct vgpu *v, struct request *r, uint64_t *results)
{
    const struct vm_gpu_function *f = &r->gpu.u.function;
    uint32_t handle = object_function(v, r->handle, f->function);

    if (!object_find(v, r->handle, OBJECT_MODULE, r->command.gpu))
        return VGPU_BAD_HANDLE;
    if (f->n_parameters > VM_GPU_MAX_PARAMETERS)
        return VGPU_INVALID;
    if (!handle) {
        handle = object_reserve(v);
        struct object *o = object_reserved(v, handle);
        if (!o)
            return VGPU_TOO_MANY;
        o->kind = OBJECT_FUNCTION;
        o->number = f->function;
        o->module = r->handle;
        o->gpu = r->command.gpu;
    }
    give_parameters(v, r);
    results[0] = handle;
    results[1] = f->n_parameters | (uint64_t)f->max_threads << 32;
    results[2] = f->static_shared | (uint64_t)f->registers << 32;
    results[3] = f->local_size;
    return VGPU_OK;
}

uint32_t command_finish(struct vgpu *v, struct request *r, uint64_t results[N_RESULTS])
{
    uint32_t error = r->gpu.error <= VM_GPU_LOST ? r->gpu.error : VM_GPU_FAILED;

    switch (r->gpu.op) {
    case VM_GPU_OP_ALLOC:
        finish_alloc(v, r, error, results);
        break;
    case VM_GPU_OP_FREE:
        v->used -= r->bytes;
        break;
    case VM_GPU_OP_COMPILE:
    case VM_GPU_OP_LOAD:
    case VM_GPU_OP_STREAM_NEW:
        finish_object(v, r, error, results);
        break;
    case VM_GPU_OP_FUNCTION:
        return error ? error : finish_function(v, r, results);
    default:
        break;
    }
    return error;
}
