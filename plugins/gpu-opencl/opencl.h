/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * opencl.h - GPUs by OpenCL: what the files of this plugin share.
 *
 * submit() and poll() come from one thread. A command's end is told by OpenCL's own threads
 * (command_done in queue.c), which touch nothing but its request; so there is no lock.
 */
#ifndef GPU_OPENCL_OPENCL_H
#define GPU_OPENCL_OPENCL_H

#include <stdbool.h>
#include "../gpu-common/objects.h"
#include "../gpu-common/text.h"
#include "cl.h"

struct gpu;

/* A stream is an in-order queue. */
struct stream {
    struct gpu *gpu;
    cl_command_queue queue;
    struct stream *next_unflushed;
    bool unflushed;
};

struct gpu {
    uint32_t index;
    cl_device_id device;
    cl_context context;
    struct stream stream; /* number 0 */
    struct vm_gpu_info info;
    uint64_t sub_buffer_alignment; /* bytes */
    uint64_t allocated;            /* bytes, by us */
    bool cpu, knows_free;
};

struct allocation {
    uint64_t address, length;
    cl_mem buffer; /* NULL: it was freed */
    struct gpu *gpu;
};

/* Addresses are made up and only ever grow, so that the list is in their order by itself. */
struct memory {
    struct allocation *list;
    size_t count, room, live;
    uint64_t next;
};

/* In the order in which they are passed. */
enum parameter_kind {
    PARAMETER_VALUE,  /* bytes */
    PARAMETER_BUFFER, /* an address, 8 bytes */
    PARAMETER_LOCAL,  /* how much, 8 bytes */
};

struct parameter {
    uint32_t offset, size; /* in the packed arguments */
    enum parameter_kind kind;
};

struct function {
    uint64_t number;
    struct function *next; /* of its module */
    struct module *module;
    cl_kernel kernel;
    char *name;
    uint32_t max_threads, static_shared, local_size;
    uint32_t arguments_end, arguments_alignment;
    uint32_t n_parameters;
    struct parameter parameters[];
};

struct module {
    struct gpu *gpu;
    cl_program program;
    char *source, *options; /* NULL: it was a binary */
    struct function *functions;
};

struct opencl {
    struct cl cl;
    const struct vm_gpu_host *host;
    struct vm_gpu_ctx *ctx;
    struct gpu *gpus;
    uint32_t n_gpus;
    struct vm_error why; /* there are none */
    struct memory memory;
    struct objects streams, modules, functions;
    struct stream *unflushed;
};

/* What a handler of a request returns instead of an enum vm_gpu_error: it is told later. */
#define UNDER_WAY UINT32_MAX

/* ---- devices.c ---- */

/* Which of the devices that there are; strings NULL: all. */
struct choice {
    const char *platform; /* a part of its name */
    const char *devices;  /* numbers, with commas */
    cl_device_type kind;
};

/* Leaves o->why set if there are none. -1 with err set: the choice makes no sense. */
int devices_open(struct opencl *o, const struct choice *choice, struct vm_error *err);
void devices_close(struct opencl *o);
uint64_t devices_free_memory(const struct opencl *o, const struct gpu *g);

/* ---- memory.c ---- */

uint32_t memory_alloc(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t memory_free(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t memory_copy_in(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t memory_copy_out(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t memory_copy(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
/* The allocation that `length` bytes from `address` on lie in; NULL: none of this GPU. */
const struct allocation *memory_find(const struct opencl *o, const struct gpu *g, uint64_t address,
                                     uint64_t length);
void memory_close(struct opencl *o);

/* ---- queue.c ---- */

/* The request's stream; NULL: its GPU has none of that number. */
struct stream *queue_find(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
cl_int queue_open(struct opencl *o, struct stream *s, struct gpu *g);
/*
 * A command of the request was enqueued, or was not (`error`): returns what its handler is to.
 * `n_held` `held`, from malloc, are released when it is done.
 */
uint32_t queue_begun(struct opencl *o, struct stream *s, struct vm_gpu_request *r, cl_event event,
                     const char *what, cl_int error, cl_mem *held, uint32_t n_held);
void queue_release(const struct opencl *o, cl_mem *held, size_t n_held);
uint32_t queue_sync(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t queue_stream_new(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t queue_stream_free(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
void queue_flush(struct opencl *o); /* all that was enqueued begins */
void queue_close(struct opencl *o);

/* ---- programs.c ---- */

uint32_t program_compile(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t program_load(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t program_unload(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
uint32_t program_function(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);
void program_close(struct opencl *o);

/* ---- guard.c ---- */

/* What of a guest's goes to the compiler: an enum vm_gpu_error, with the request's text. */
uint32_t guard_source(const struct vm_gpu_code *c, struct vm_gpu_request *r);
uint32_t guard_options(const char *options, struct vm_gpu_request *r);

/* ---- types.c ---- */

struct layout {
    uint32_t size, alignment; /* bytes, not 0 */
};

/* Of a type that OpenCL C has by itself and that can be passed by value; false: it is none. */
bool type_layout(const char *name, struct layout *layout);
/* Of any type, by asking the compiler that compiled the module. */
bool type_ask(struct opencl *o, const struct module *m, const char *name, struct layout *layout);

/* ---- arguments.c ---- */

/* The parameters of a function whose kernel and n_parameters are there; an enum vm_gpu_error. */
uint32_t arguments_lay_out(struct opencl *o, struct function *f, struct vm_gpu_request *r);
uint32_t arguments_launch(struct opencl *o, struct gpu *g, struct vm_gpu_request *r);

#endif
