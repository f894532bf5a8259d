/* SPDX-License-Identifier: BSD-2-Clause */
/* programs.c - modules: sources and binaries that became programs, and their functions. */
#define _GNU_SOURCE
#include "opencl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALWAYS " -cl-kernel-arg-info" /* what arguments.c goes by */

/* ---- life ---- */

static void drop(struct opencl *o, struct module *m)
{
    struct function *next;

    for (struct function *f = m->functions; f; f = next) {
        next = f->next;
        objects_take(&o->functions, f->number);
        o->cl.ReleaseKernel(f->kernel);
        free(f->name);
        free(f);
    }
    if (m->program)
        o->cl.ReleaseProgram(m->program);
    free(m->source);
    free(m->options);
    free(m);
}

static struct module *find(struct opencl *o, struct gpu *g, struct vm_gpu_request *r,
                           uint64_t number)
{
    struct module *m = objects_find(&o->modules, number);

    if (m && m->gpu == g)
        return m;
    text_error(r, VM_GPU_NOT_FOUND, "GPU %u has no module %llu", (unsigned)r->gpu,
               (unsigned long long)number);
    return NULL;
}

uint32_t program_unload(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct module *m = find(o, g, r, r->u.code.module);

    if (!m)
        return VM_GPU_NOT_FOUND;
    objects_take(&o->modules, r->u.code.module);
    drop(o, m);
    return VM_GPU_OK;
}

void program_close(struct opencl *o)
{
    struct module *m;

    while ((m = objects_take_any(&o->modules)))
        drop(o, m);
    /* Their functions went with them. */
    objects_take_any(&o->functions);
}

/* ---- building ---- */

/* Hands out what the compiler said; false: nothing. */
static bool tell_log(struct opencl *o, const struct module *m, struct vm_gpu_request *r)
{
    size_t size = 0;
    char *log;

    if (o->cl.GetProgramBuildInfo(m->program, m->gpu->device, CL_PROGRAM_BUILD_LOG, 0, NULL,
                                  &size) ||
        size <= 1)
        return false;
    log = calloc(1, size + 1);
    if (!log || o->cl.GetProgramBuildInfo(m->program, m->gpu->device, CL_PROGRAM_BUILD_LOG, size,
                                          log, NULL)) {
        free(log);
        return false;
    }
    text_put(r, log, strlen(log));
    free(log);
    return true;
}

/* The program of the module is there, to be built. Ends the module if it cannot be. */
static uint32_t build(struct opencl *o, struct module *m, struct vm_gpu_request *r)
{
    cl_int error = o->cl.BuildProgram(m->program, 1, &m->gpu->device, m->options, NULL, NULL);
    uint32_t kind;

    if (!error) {
        tell_log(o, m, r);
        r->u.code.module = objects_new(&o->modules, m);
        if (r->u.code.module)
            return VM_GPU_OK;
        drop(o, m);
        return text_error(r, VM_GPU_NO_MEMORY, "out of memory");
    }
    kind = cl_failed(r, "clBuildProgram", error);
    tell_log(o, m, r);
    drop(o, m);
    return kind;
}

static struct module *new_module(struct gpu *g, struct vm_gpu_request *r)
{
    const char *options = r->u.code.options ? r->u.code.options : "";
    struct module *m = calloc(1, sizeof(*m));

    if (m && asprintf(&m->options, "%s" ALWAYS, options) >= 0) {
        m->gpu = g;
        return m;
    }
    free(m);
    text_error(r, VM_GPU_NO_MEMORY, "out of memory");
    return NULL;
}

uint32_t program_compile(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    const struct vm_gpu_code *c = &r->u.code;
    size_t length = c->length;
    cl_int error = CL_SUCCESS;
    struct module *m;
    uint32_t refused;

    if (c->format != VM_GPU_SOURCE_OPENCL_C)
        return text_error(r, VM_GPU_UNSUPPORTED, "only OpenCL C is compiled here");
    if (memchr(c->bytes, 0, length) || !length)
        return text_error(r, VM_GPU_INVALID, "the source is empty, or has a zero byte in it");
    refused = guard_source(c, r);
    if (!refused && c->options)
        refused = guard_options(c->options, r);
    if (refused)
        return refused;
    m = new_module(g, r);
    if (!m)
        return VM_GPU_NO_MEMORY;
    m->source = strndup(c->bytes, length);
    if (!m->source) {
        drop(o, m);
        return text_error(r, VM_GPU_NO_MEMORY, "out of memory");
    }
    m->program =
        o->cl.CreateProgramWithSource(g->context, 1, (const char **)&m->source, &length, &error);
    if (m->program)
        return build(o, m, r);
    drop(o, m);
    return cl_failed(r, "clCreateProgramWithSource", error);
}

uint32_t program_load(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    const unsigned char *bytes = (const unsigned char *)r->u.code.bytes;
    size_t length = r->u.code.length;
    cl_int error = CL_SUCCESS, status = CL_SUCCESS;
    struct module *m;

    if (r->u.code.format != VM_GPU_BINARY_OPENCL)
        return text_error(r, VM_GPU_UNSUPPORTED,
                          "only binaries of this OpenCL implementation are loaded here");
    if (r->u.code.options && guard_options(r->u.code.options, r))
        return VM_GPU_COMPILE;
    m = new_module(g, r);
    if (!m)
        return VM_GPU_NO_MEMORY;
    m->program =
        o->cl.CreateProgramWithBinary(g->context, 1, &g->device, &length, &bytes, &status, &error);
    if (m->program && !status)
        return build(o, m, r);
    drop(o, m);
    return cl_failed(r, "clCreateProgramWithBinary", error ? error : status);
}

/* ---- functions ---- */

static void describe_kernel(struct opencl *o, struct function *f)
{
    const struct gpu *g = f->module->gpu;
    size_t threads = 0;
    cl_ulong bytes = 0;

    f->max_threads = g->info.max_block_threads;
    if (!o->cl.GetKernelWorkGroupInfo(f->kernel, g->device, CL_KERNEL_WORK_GROUP_SIZE,
                                      sizeof(threads), &threads, NULL) &&
        threads < f->max_threads)
        f->max_threads = (uint32_t)threads;
    f->static_shared = f->local_size = VM_GPU_UNKNOWN;
    if (!o->cl.GetKernelWorkGroupInfo(f->kernel, g->device, CL_KERNEL_LOCAL_MEM_SIZE, sizeof(bytes),
                                      &bytes, NULL) &&
        bytes < VM_GPU_UNKNOWN)
        f->static_shared = (uint32_t)bytes;
    /* A processor's threads have their variables on a stack, whatever is answered. */
    if (!g->cpu &&
        !o->cl.GetKernelWorkGroupInfo(f->kernel, g->device, CL_KERNEL_PRIVATE_MEM_SIZE,
                                      sizeof(bytes), &bytes, NULL) &&
        bytes < VM_GPU_UNKNOWN)
        f->local_size = (uint32_t)bytes;
}

static struct function *end_function(struct opencl *o, struct function *f, cl_kernel kernel)
{
    o->cl.ReleaseKernel(kernel);
    if (f)
        free(f->name);
    free(f);
    return NULL;
}

/* NULL with the request's text and *error set: there is none that can be called. */
static struct function *open_function(struct opencl *o, struct module *m, struct vm_gpu_request *r,
                                      uint32_t *error)
{
    const char *name = r->u.function.name;
    cl_int code = CL_SUCCESS;
    cl_uint n = 0;
    cl_kernel kernel = o->cl.CreateKernel(m->program, name, &code);
    struct function *f;

    if (!kernel) {
        *error = cl_failed(r, "clCreateKernel", code);
        return NULL;
    }
    code = o->cl.GetKernelInfo(kernel, CL_KERNEL_NUM_ARGS, sizeof(n), &n, NULL);
    if (code || n > VM_GPU_MAX_PARAMETERS) {
        *error = code ? cl_failed(r, "clGetKernelInfo", code)
                      : text_error(r, VM_GPU_INVALID, "%u parameters are more than %d", (unsigned)n,
                                   VM_GPU_MAX_PARAMETERS);
        return end_function(o, NULL, kernel);
    }
    f = calloc(1, sizeof(*f) + n * sizeof(f->parameters[0]));
    if (!f || !(f->name = strdup(name))) {
        *error = text_error(r, VM_GPU_NO_MEMORY, "out of memory");
        return end_function(o, f, kernel);
    }
    f->module = m;
    f->kernel = kernel;
    f->n_parameters = n;
    describe_kernel(o, f);
    *error = arguments_lay_out(o, f, r);
    if (!*error && !(f->number = objects_new(&o->functions, f)))
        *error = text_error(r, VM_GPU_NO_MEMORY, "out of memory");
    if (*error)
        return end_function(o, f, kernel);
    f->next = m->functions;
    m->functions = f;
    return f;
}

uint32_t program_function(struct opencl *o, struct gpu *g, struct vm_gpu_request *r)
{
    struct vm_gpu_function *out = &r->u.function;
    struct module *m = find(o, g, r, out->module);
    struct function *f;
    uint32_t error;

    if (!m)
        return VM_GPU_NOT_FOUND;
    for (f = m->functions; f && strcmp(f->name, out->name) != 0; f = f->next)
        ;
    if (!f && !(f = open_function(o, m, r, &error)))
        return error;
    out->function = f->number;
    out->n_parameters = f->n_parameters;
    out->max_threads = f->max_threads;
    out->static_shared = f->static_shared;
    out->registers = VM_GPU_UNKNOWN;
    out->local_size = f->local_size;
    for (uint32_t i = 0; i < f->n_parameters; i++)
        out->parameters[i] =
            (struct vm_gpu_parameter){f->parameters[i].offset, f->parameters[i].size};
    return VM_GPU_OK;
}
