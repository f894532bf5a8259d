/* SPDX-License-Identifier: BSD-2-Clause */
/* arguments.c - packed arguments as OpenCL's, and the launch of a function. */
#include "opencl.h"

#include <stdlib.h>
#include <string.h>

/* ---- what a function takes ---- */

static uint32_t align_up(uint32_t n, uint32_t alignment)
{
    return (n + alignment - 1) & ~(alignment - 1);
}

/* What parameter `i` is, and how its place in the packed arguments is. */
static uint32_t look_at(struct opencl *o, struct function *f, uint32_t i, struct vm_gpu_request *r,
                        struct layout *layout)
{
    cl_kernel_arg_address_qualifier where = 0;
    cl_kernel_arg_access_qualifier access = 0;
    char type[256] = "";
    cl_int error;

    error = o->cl.GetKernelArgInfo(f->kernel, i, CL_KERNEL_ARG_ADDRESS_QUALIFIER, sizeof(where),
                                   &where, NULL);
    if (!error)
        error = o->cl.GetKernelArgInfo(f->kernel, i, CL_KERNEL_ARG_ACCESS_QUALIFIER, sizeof(access),
                                       &access, NULL);
    if (!error)
        error = o->cl.GetKernelArgInfo(f->kernel, i, CL_KERNEL_ARG_TYPE_NAME, sizeof(type) - 1,
                                       type, NULL);
    if (error)
        return cl_failed(r, "clGetKernelArgInfo", error);
    *layout = (struct layout){8, 8};
    if (where == CL_KERNEL_ARG_ADDRESS_LOCAL)
        f->parameters[i].kind = PARAMETER_LOCAL;
    else if (where != CL_KERNEL_ARG_ADDRESS_PRIVATE && access == CL_KERNEL_ARG_ACCESS_NONE)
        f->parameters[i].kind = PARAMETER_BUFFER;
    else if (access != CL_KERNEL_ARG_ACCESS_NONE)
        return text_error(r, VM_GPU_UNSUPPORTED, "parameter %u is an image or a pipe (%s)",
                          (unsigned)i, type);
    else if (!type_layout(type, layout) && !type_ask(o, f->module, type, layout))
        return text_error(r, VM_GPU_UNSUPPORTED,
                          "parameter %u has the type '%s', whose size cannot be known%s",
                          (unsigned)i, type, f->module->source ? "" : " of a binary");
    return VM_GPU_OK;
}

uint32_t arguments_lay_out(struct opencl *o, struct function *f, struct vm_gpu_request *r)
{
    f->arguments_end = 0;
    f->arguments_alignment = 1;
    for (uint32_t i = 0; i < f->n_parameters; i++) {
        struct layout layout;
        uint32_t error = look_at(o, f, i, r, &layout);

        if (error)
            return error;
        f->parameters[i].offset = align_up(f->arguments_end, layout.alignment);
        f->parameters[i].size = layout.size;
        f->arguments_end = f->parameters[i].offset + layout.size;
        if (f->arguments_alignment < layout.alignment)
            f->arguments_alignment = layout.alignment;
    }
    return VM_GPU_OK;
}

/* ---- launching it ---- */

struct launch {
    struct function *function;
    const struct vm_gpu_launch *l;
    size_t global[3], local[3];
    uint64_t shared; /* bytes of __local memory */
    cl_mem *held;    /* parts of buffers that were made for it */
    uint32_t n_held;
};

/* OpenCL may check less of it, or count in fewer bits. */
static uint32_t geometry(const struct gpu *g, struct launch *launch, struct vm_gpu_request *r)
{
    uint64_t threads = 1, all = 1;

    for (unsigned i = 0; i < 3; i++) {
        uint64_t grid = launch->l->grid[i], block = launch->l->block[i];

        if (!grid || !block || block > g->info.max_block[i])
            return text_error(r, VM_GPU_INVALID,
                              "grid %llu, block %llu: not from 1 on, or the block more than %u",
                              (unsigned long long)grid, (unsigned long long)block,
                              (unsigned)g->info.max_block[i]);
        launch->local[i] = block;
        launch->global[i] = grid * block;
        if (__builtin_mul_overflow(threads, block, &threads) ||
            __builtin_mul_overflow(all, grid * block, &all) || all > INT64_MAX)
            return text_error(r, VM_GPU_INVALID, "these are too many threads");
    }
    if (threads > launch->function->max_threads)
        return text_error(r, VM_GPU_INVALID, "%llu threads of a block, at most %u",
                          (unsigned long long)threads, (unsigned)launch->function->max_threads);
    return VM_GPU_OK;
}

/* A pointer into an allocation is a buffer that begins there. */
static uint32_t set_buffer(struct opencl *o, struct gpu *g, struct launch *launch, uint32_t i,
                           uint64_t address, struct vm_gpu_request *r)
{
    const struct allocation *a = address ? memory_find(o, g, address, 1) : NULL;
    cl_mem buffer = a ? a->buffer : NULL;
    cl_int error = CL_SUCCESS;

    if (address && !a)
        return text_error(r, VM_GPU_INVALID, "argument %u: 0x%llx is not within an allocation",
                          (unsigned)i, (unsigned long long)address);
    if (a && address != a->address) {
        cl_buffer_region region = {address - a->address, a->length - (address - a->address)};

        if (!launch->held)
            launch->held = calloc(launch->function->n_parameters, sizeof(cl_mem));
        if (!launch->held)
            return text_error(r, VM_GPU_NO_MEMORY, "out of memory");
        buffer = o->cl.CreateSubBuffer(a->buffer, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &error);
        if (!buffer && error == CL_MISALIGNED_SUB_BUFFER_OFFSET)
            return text_error(r, VM_GPU_INVALID,
                              "argument %u: this OpenCL takes pointers into an allocation at "
                              "multiples of %llu bytes from its begin, not %llu",
                              (unsigned)i, (unsigned long long)g->sub_buffer_alignment,
                              (unsigned long long)region.origin);
        if (!buffer)
            return cl_failed(r, "clCreateSubBuffer", error);
        launch->held[launch->n_held++] = buffer;
    }
    error = o->cl.SetKernelArg(launch->function->kernel, i, sizeof(buffer), &buffer);
    return error ? cl_failed(r, "clSetKernelArg", error) : VM_GPU_OK;
}

static uint32_t set_local(struct opencl *o, struct gpu *g, struct launch *launch, uint32_t i,
                          uint64_t bytes, struct vm_gpu_request *r)
{
    cl_int error;

    if (!bytes || bytes > g->info.shared_size || launch->shared + bytes > g->info.shared_size)
        return text_error(r, VM_GPU_INVALID,
                          "argument %u: %llu bytes of __local memory; a block has from 1 to %llu",
                          (unsigned)i, (unsigned long long)bytes,
                          (unsigned long long)g->info.shared_size);
    launch->shared += bytes;
    error = o->cl.SetKernelArg(launch->function->kernel, i, bytes, NULL);
    return error ? cl_failed(r, "clSetKernelArg", error) : VM_GPU_OK;
}

static uint32_t set_argument(struct opencl *o, struct gpu *g, struct launch *launch, uint32_t i,
                             struct vm_gpu_request *r)
{
    const struct parameter *p = &launch->function->parameters[i];
    const char *bytes = (const char *)launch->l->arguments + p->offset;
    uint64_t number;
    cl_int error;

    if (p->kind == PARAMETER_VALUE) {
        error = o->cl.SetKernelArg(launch->function->kernel, i, p->size, bytes);
        return error ? cl_failed(r, "clSetKernelArg", error) : VM_GPU_OK;
    }
    memcpy(&number, bytes, sizeof(number));
    return p->kind == PARAMETER_LOCAL ? set_local(o, g, launch, i, number, r)
                                      : set_buffer(o, g, launch, i, number, r);
}

/* What of the launch needs no arguments. */
static uint32_t check(const struct gpu *g, struct launch *launch, struct vm_gpu_request *r)
{
    const struct function *f = launch->function;
    uint32_t size = launch->l->arguments_size;

    if (launch->l->shared)
        return text_error(r, VM_GPU_INVALID,
                          "OpenCL has no dynamic shared memory but __local arguments");
    /* With or without the padding that a C struct of them has at its end. */
    if (size < f->arguments_end || size > align_up(f->arguments_end, f->arguments_alignment))
        return text_error(r, VM_GPU_INVALID, "%u bytes of arguments; '%s' takes %u", (unsigned)size,
                          f->name, (unsigned)f->arguments_end);
    launch->shared = f->static_shared == VM_GPU_UNKNOWN ? 0 : f->static_shared;
    return geometry(g, launch, r);
}

uint32_t arguments_launch(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct launch launch = {.l = &r->u.launch};
    struct stream *s = queue_find(o, g, r);
    cl_event event = NULL;
    cl_int error;
    uint32_t refused;

    if (!s)
        return VM_GPU_NOT_FOUND;
    launch.function = objects_find(&o->functions, r->u.launch.function);
    if (!launch.function || launch.function->module->gpu != g)
        return text_error(r, VM_GPU_NOT_FOUND, "GPU %u has no function %llu", (unsigned)r->gpu,
                          (unsigned long long)r->u.launch.function);
    refused = check(g, &launch, r);
    for (uint32_t i = 0; i < launch.function->n_parameters && !refused; i++)
        refused = set_argument(o, g, &launch, i, r);
    if (refused) {
        queue_release(o, launch.held, launch.n_held);
        return refused;
    }
    error = o->cl.EnqueueNDRangeKernel(s->queue, launch.function->kernel, 3, NULL, launch.global,
                                       launch.local, 0, NULL, &event);
    return queue_begun(o, s, r, event, "clEnqueueNDRangeKernel", error, launch.held, launch.n_held);
}
