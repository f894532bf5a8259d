/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gpu.h - GPU compute backends: devices that run kernels for a guest. STABLE tier.
 *
 * A backend is a plugin named gpu-NAME. An INI names it as a section,
 *     [gpu card]
 *     type = gpu-opencl
 * and a device refers to it by `gpu = card`; or without a section by the plugin's name
 * (`gpu = gpu-opencl`, `gpu = opencl`). A backend serves at most one device. It has one GPU or
 * more, numbered from 0 on.
 *
 * Memory of a GPU is named by addresses: 64-bit numbers that ALLOC gives, the same ones that
 * kernels get as arguments. No two live allocations of one backend share an address, whichever GPU
 * they are on. What they are beyond that (CUDA's own pointers, numbers made up for OpenCL) is the
 * backend's.
 *
 * Work is a request. All of one stream begins in the order of its submission, and each begins after
 * the one before it is done; different streams are free of one another. Stream 0 of each GPU is
 * always there. A request is done when its effect is there: a LAUNCH when the kernel has run.
 *
 * Whose checks: the device answers for addresses, lengths and handles being this guest's. The
 * backend answers for what only it knows: sources, binaries, launch geometry, arguments' total
 * size. A kernel can touch whatever the GPU's own protection lets this process touch.
 */
#ifndef VMRUN_GPU_H
#define VMRUN_GPU_H

#include <vmrun/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VM_GPU_INTERFACE "vm.gpu/1"

struct vm_gpu_ctx; /* the host's handle of one backend instance */
struct vm_gpu;     /* an attached backend, as the device sees it */

/* A number that cannot be known here: registers of a kernel on a CPU, for one. */
#define VM_GPU_UNKNOWN UINT32_MAX

/* What COMPILE takes, and LOAD: masks of vm_gpu_info.sources and .binaries. */
#define VM_GPU_SOURCE_CUDA     1u /* CUDA C++, as NVRTC has it */
#define VM_GPU_SOURCE_HIP      2u /* HIP C++, as HIPRTC has it */
#define VM_GPU_SOURCE_OPENCL_C 4u /* OpenCL C */

#define VM_GPU_BINARY_PTX         1u  /* PTX text */
#define VM_GPU_BINARY_CUBIN       2u  /* ELF for one CUDA architecture */
#define VM_GPU_BINARY_CODE_OBJECT 4u  /* ELF for one AMD architecture */
#define VM_GPU_BINARY_OPENCL      8u  /* what this OpenCL implementation gave out as a binary */
#define VM_GPU_BINARY_OWN         16u /* a form of the backend's own, which its manual describes */

/* One GPU. Sizes in bytes. */
struct vm_gpu_info {
    uint32_t size;
    uint32_t sources;  /* VM_GPU_SOURCE_* */
    uint32_t binaries; /* VM_GPU_BINARY_* */
    uint32_t reserved;
    char name[128]; /* as its maker calls it */
    char vendor[64];
    char driver[64];       /* name and version of what runs it */
    char architecture[64]; /* what code is compiled for: "sm_90", "gfx90a", a CPU's name */
    uint64_t memory_total;
    uint64_t memory_free;   /* now, by whomever it is used; memory_total if that cannot be known */
    uint64_t max_alloc;     /* of one ALLOC */
    uint64_t clock_hz;      /* highest; 0: not known */
    uint64_t l2_size;       /* 0: not known */
    uint64_t shared_size;   /* of one block, static and dynamic */
    uint32_t compute_units; /* multiprocessors, compute units */
    uint32_t subgroup;      /* threads of a warp or wavefront; 0: not known */
    uint32_t max_block_threads;
    uint32_t max_block[3];
    uint32_t max_grid[3];   /* blocks */
    uint32_t argument_size; /* of all arguments of a LAUNCH */
};

enum vm_gpu_op {
    VM_GPU_OP_ALLOC = 1,    /* u.memory: length; out: address. Aligned to 256 bytes. */
    VM_GPU_OP_FREE = 2,     /* u.memory: address, as ALLOC gave it */
    VM_GPU_OP_COPY_IN = 3,  /* u.copy: host -> address */
    VM_GPU_OP_COPY_OUT = 4, /* u.copy: address -> host */
    VM_GPU_OP_COPY = 5,     /* u.copy: from -> address, of one GPU; they do not overlap */
    VM_GPU_OP_COMPILE = 6,  /* u.code: source; out: module. The log is in `text`, error or not. */
    VM_GPU_OP_LOAD = 7,     /* u.code: binary; out: module */
    VM_GPU_OP_UNLOAD = 8,   /* u.code.module; its functions end with it */
    VM_GPU_OP_FUNCTION = 9, /* u.function: module and name; out: the rest */
    VM_GPU_OP_LAUNCH = 10,  /* u.launch */
    VM_GPU_OP_SYNC = 11,    /* done when all is that was submitted before it to its stream */
    VM_GPU_OP_STREAM_NEW = 12,  /* out: `stream` */
    VM_GPU_OP_STREAM_FREE = 13, /* `stream`, after what is under way on it; not 0 */
};

/* Why a request failed. The numbers also travel to guests (doc/vgpu-protocol.md). */
enum vm_gpu_error {
    VM_GPU_OK = 0,
    VM_GPU_INVALID = 1,     /* the request makes no sense to this GPU; `text` says why */
    VM_GPU_NO_MEMORY = 2,   /* of the GPU, or of the host for it */
    VM_GPU_NOT_FOUND = 3,   /* no such function, module, stream */
    VM_GPU_COMPILE = 4,     /* the compiler's log is in `text` */
    VM_GPU_UNSUPPORTED = 5, /* this backend or GPU cannot do it at all */
    VM_GPU_FAILED = 6,      /* it ran and failed: a kernel's bad address, a driver's error */
    VM_GPU_LOST = 7,        /* the GPU is gone or hangs: so will be all that follows */
};

struct vm_gpu_memory {
    uint64_t address;
    uint64_t length; /* bytes, not 0 */
};

struct vm_gpu_copy {
    uint64_t address; /* of the GPU; anywhere within an allocation */
    uint64_t from;    /* COPY: the source's address */
    uint64_t length;  /* bytes, not 0 */
    void *host;       /* COPY_IN, COPY_OUT: a guest may write it at the same time */
};

struct vm_gpu_code {
    uint32_t format; /* one of VM_GPU_SOURCE_* (COMPILE) or VM_GPU_BINARY_* (LOAD) */
    uint32_t reserved;
    const char *bytes;   /* source or binary; a zero byte follows the last one */
    uint64_t length;     /* without that */
    const char *options; /* for the compiler, as on its command line; NULL: none */
    uint64_t module;     /* not 0 */
};

#define VM_GPU_MAX_PARAMETERS 128

struct vm_gpu_parameter {
    uint32_t offset; /* in the packed arguments */
    uint32_t size;   /* bytes */
};

struct vm_gpu_function {
    uint64_t module;
    const char *name;       /* as in the source, extern "C" */
    uint64_t function;      /* not 0; lives as long as the module */
    uint32_t n_parameters;  /* at most VM_GPU_MAX_PARAMETERS, else the function is INVALID */
    uint32_t max_threads;   /* of a block */
    uint32_t static_shared; /* bytes; or VM_GPU_UNKNOWN, as the next two */
    uint32_t registers;     /* of a thread */
    uint32_t local_size;    /* bytes of a thread's memory in RAM (spills, arrays) */
    uint32_t reserved;
    struct vm_gpu_parameter *parameters; /* the caller's: room for VM_GPU_MAX_PARAMETERS */
};

/*
 * Arguments are packed as a C struct of them would be. A pointer to the GPU's memory is a 64-bit
 * address within an allocation; OpenCL's __local pointer is the number of bytes it is to have,
 * 64 bits, too.
 */
struct vm_gpu_launch {
    uint64_t function;
    uint32_t grid[3];  /* blocks; each at least 1 */
    uint32_t block[3]; /* threads of a block; each at least 1 */
    uint32_t shared;   /* dynamic shared memory of a block, bytes */
    uint32_t arguments_size;
    const void *arguments;
};

/*
 * One request. The caller owns it and all that it points to until done. `text`: room of the
 * caller's for words of why it failed, or a compiler's log; always ended by zero; may be NULL.
 */
struct vm_gpu_request {
    uint32_t size;
    uint32_t op;     /* enum vm_gpu_op */
    uint32_t gpu;    /* which one; u.function, UNLOAD and LAUNCH: where the module is */
    uint32_t error;  /* filled by the host before done is called: enum vm_gpu_error */
    uint64_t stream; /* COPY_*, LAUNCH, SYNC, STREAM_* */
    char *text;
    uint32_t text_size;   /* bytes, with the zero */
    uint32_t text_length; /* out: what the whole text would be, without the zero */
    uint64_t gpu_ns;      /* out: how long the GPU itself was at it; 0: not known */
    union {
        struct vm_gpu_memory memory;
        struct vm_gpu_copy copy;
        struct vm_gpu_code code;
        struct vm_gpu_function function;
        struct vm_gpu_launch launch;
        uint64_t reserved[16];
    } u;
    void *opaque;     /* the caller's */
    void *backend[6]; /* the backend's, from submit() to complete() */
    void *host[4];    /* the host's */
};

/* What a backend has done since it was attached; all of requests that are done without error. */
struct vm_gpu_stats {
    uint32_t size;
    uint32_t reserved;
    uint64_t bytes_in;     /* COPY_IN */
    uint64_t bytes_out;    /* COPY_OUT */
    uint64_t bytes_within; /* COPY */
    uint64_t launches;
    uint64_t compilations;  /* COMPILE */
    uint64_t errors;        /* requests of all kinds that failed */
    uint64_t copy_ns;       /* from begin to done, all COPY_* together */
    uint64_t launch_ns;     /* the same of LAUNCHes */
    uint64_t launch_gpu_ns; /* gpu_ns of LAUNCHes */
    uint64_t compile_ns;
};

/* A device's side. All [a thread of the host's, locked]. Never called from inside gpu_submit(). */
struct vm_gpu_client {
    uint32_t size;
    uint32_t reserved;
    /* A request is done: request->error. May submit others. */
    void (*done)(void *opaque, struct vm_gpu_request *request);
    /* No more is done for now: the end of a series of done(), for one interrupt. May be NULL. */
    void (*all_told)(void *opaque);
};

/* What the host gives a backend. */
struct vm_gpu_host {
    uint32_t size;
    uint32_t reserved;
    const struct vm_host *base;
    /* The request is done; enum vm_gpu_error. Exactly once each. [any thread] */
    void (*complete)(struct vm_gpu_ctx *ctx, struct vm_gpu_request *request, uint32_t error);
};

/*
 * What a backend gives the host. The interface VM_GPU_INTERFACE. A driver that is missing is no
 * reason to fail create(): n_gpus() is 0 then, and its `why` says what is missing.
 */
struct vm_gpu_ops {
    uint32_t size;
    uint32_t reserved;
    /* Leaves nothing behind on failure. [before start] */
    void *(*create)(const struct vm_gpu_host *host, struct vm_gpu_ctx *ctx,
                    const struct vm_props *props, struct vm_error *err);
    /* No request is under way; frees what requests made and nobody freed. [after stop] */
    void (*destroy)(void *be);
    /* How many GPUs it has, always the same. None: err says why, and what to do. [any thread] */
    uint32_t (*n_gpus)(void *be, struct vm_error *why);
    void (*info)(void *be, uint32_t gpu, struct vm_gpu_info *info); /* [any thread] */
    /*
     * Begins a request. It may block, but one that the GPU works on should not: the next stream's
     * waits behind it. It may complete it at once, from inside. [the instance's own thread: calls
     * do not overlap; not locked]
     */
    void (*submit)(void *be, struct vm_gpu_request *request);
    /*
     * Nothing else is there to be submitted now: begin what was only gathered; and if requests are
     * under way whose end nobody else notices, look for it, for at most `wait_ns`, and return soon
     * after the first was completed. Called again and again while there are some, with a `wait_ns`
     * of 0, too, which means one look. May be NULL.
     * [as submit]
     */
    void (*poll)(void *be, uint64_t wait_ns);
    /*
     * Host memory that copies will come from and go to, for as long as it is there: to pin it, if
     * that makes them quicker. `there` 0: it goes. May be NULL. [as submit]
     */
    void (*host_memory)(void *be, void *base, uint64_t length, int there);
};

#ifdef __cplusplus
}
#endif
#endif
