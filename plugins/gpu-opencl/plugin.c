/* SPDX-License-Identifier: BSD-2-Clause */
/* plugin.c - GPUs by OpenCL: the backend's life, and where its requests go. */
#define _GNU_SOURCE
#include "opencl.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static void destroy(void *be)
{
    struct opencl *o = be;

    queue_close(o);
    program_close(o);
    memory_close(o);
    devices_close(o);
    free(o);
}

static int open_all(struct opencl *o, const struct vm_props *props, struct vm_error *err)
{
    static const cl_device_type kinds[] = {CL_DEVICE_TYPE_ALL, CL_DEVICE_TYPE_GPU,
                                           CL_DEVICE_TYPE_CPU, CL_DEVICE_TYPE_ACCELERATOR};
    const struct vm_host *base = o->host->base;
    struct choice choice = {
        .platform = base->prop_string(props, "platform"),
        .devices = base->prop_string(props, "devices"),
        .kind = kinds[base->prop_uint(props, "kind")],
    };

    o->why = (struct vm_error)VM_ERROR_INIT;
    if (cl_load(&o->cl, base->prop_string(props, "library"), &o->why))
        return 0;
    return devices_open(o, &choice, err);
}

static void *create(const struct vm_gpu_host *host, struct vm_gpu_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err)
{
    struct opencl *o = calloc(1, sizeof(*o));
    sigset_t ours, before;
    int failed, usual = sched_getscheduler(0) == SCHED_OTHER;
    struct sched_param none = {0};

    if (!o) {
        vm_error_set(err, "out of memory");
        return NULL;
    }
    o->host = host;
    o->ctx = ctx;
    /* OpenCL's threads have this mask: signals are for others, but for those of one's own deeds. */
    sigfillset(&ours);
    sigdelset(&ours, SIGFPE);
    sigdelset(&ours, SIGILL);
    sigdelset(&ours, SIGBUS);
    sigdelset(&ours, SIGSEGV);
    sigdelset(&ours, SIGTRAP);
    pthread_sigmask(SIG_SETMASK, &ours, &before);
    /* And they do not push aside who wakes them: where processors are few, that is who still holds
     * the lock that they want. */
    if (usual)
        sched_setscheduler(0, SCHED_BATCH, &none);
    failed = open_all(o, props, err);
    if (usual)
        sched_setscheduler(0, SCHED_OTHER, &none);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed)
        return o;
    destroy(o);
    return NULL;
}

static uint32_t n_gpus(void *be, struct vm_error *why)
{
    const struct opencl *o = be;

    if (!o->n_gpus)
        vm_error_set(why, "%s", o->why.text);
    return o->n_gpus;
}

static void info(void *be, uint32_t gpu, struct vm_gpu_info *out)
{
    const struct opencl *o = be;
    struct vm_gpu_info all = o->gpus[gpu].info;
    uint32_t size = out->size < sizeof(all) ? out->size : (uint32_t)sizeof(all);

    all.size = size;
    all.memory_free = devices_free_memory(o, &o->gpus[gpu]);
    memcpy(out, &all, size);
}

static uint32_t (*const handlers[])(struct opencl *, struct gpu *, struct vm_gpu_request *) = {
    [VM_GPU_OP_ALLOC] = memory_alloc,
    [VM_GPU_OP_FREE] = memory_free,
    [VM_GPU_OP_COPY_IN] = memory_copy_in,
    [VM_GPU_OP_COPY_OUT] = memory_copy_out,
    [VM_GPU_OP_COPY] = memory_copy,
    [VM_GPU_OP_COMPILE] = program_compile,
    [VM_GPU_OP_LOAD] = program_load,
    [VM_GPU_OP_UNLOAD] = program_unload,
    [VM_GPU_OP_FUNCTION] = program_function,
    [VM_GPU_OP_LAUNCH] = arguments_launch,
    [VM_GPU_OP_SYNC] = queue_sync,
    [VM_GPU_OP_STREAM_NEW] = queue_stream_new,
    [VM_GPU_OP_STREAM_FREE] = queue_stream_free,
};

static void submit(void *be, struct vm_gpu_request *r)
{
    struct opencl *o = be;
    uint32_t error;

    text_put(r, "", 0);
    r->gpu_ns = 0;
    if (r->gpu >= o->n_gpus)
        error = text_error(r, VM_GPU_INVALID, "there is no GPU %u", (unsigned)r->gpu);
    else if (r->op >= sizeof(handlers) / sizeof(handlers[0]) || !handlers[r->op])
        error = text_error(r, VM_GPU_UNSUPPORTED, "there is no request %u", (unsigned)r->op);
    else
        error = handlers[r->op](o, &o->gpus[r->gpu], r);
    if (error != UNDER_WAY)
        o->host->complete(o->ctx, r, error);
}

/* OpenCL's threads tell what is done. */
static void poll(void *be, uint64_t wait_ns)
{
    (void)wait_ns;
    queue_flush(be);
}

static const struct vm_gpu_ops ops = {
    .size = sizeof(struct vm_gpu_ops),
    .create = create,
    .destroy = destroy,
    .n_gpus = n_gpus,
    .info = info,
    .submit = submit,
    .poll = poll,
};

static const void *get_interface(const char *id)
{
    return strcmp(id, VM_GPU_INTERFACE) == 0 ? &ops : NULL;
}

/* As open_all() has them. */
static const char *const kinds[] = {"any", "gpu", "cpu", "accelerator", NULL};

static const struct vm_property properties[] = {
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "platform",
     .help = "only OpenCL platforms with this in their name, as in \"CUDA\" or \"Portable\""},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_ENUM,
     .name = "kind",
     .default_value = "gpu",
     .choices = kinds,
     .help = "only devices of this kind; cpu and any let a guest's kernels run in vmrun's own "
             "process, where nothing holds them"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "devices",
     .help = "only these, and in this order: numbers from 0 on with commas, of those that "
             "`platform` and `kind` leave; unset: all"},
    {.size = sizeof(struct vm_property),
     .type = VM_PROP_STRING,
     .name = "library",
     .default_value = "libOpenCL.so.1",
     .help = "OpenCL's library, a name that the linker finds or a path"},
};

VM_PLUGIN(
        .kind = VM_KIND_GPU, .name = "gpu-opencl", .version = "1.0", .licence = "BSD-2-Clause",
        .summary = "GPUs and processors that OpenCL runs kernels on",
        .description =
            "Any implementation of OpenCL 1.2 or later will do; its library is looked for when a "
            "machine starts. Pointers are passed to kernels as arguments of their own, not within "
            "structs or memory. A processor as a device gives no protection: its kernels run in "
            "vmrun's own process, so that it is for guests that are trusted, and taken only where "
            "kind = cpu or kind = any says so.",
        VM_PLUGIN_PROPERTIES(properties), .get_interface = get_interface);
