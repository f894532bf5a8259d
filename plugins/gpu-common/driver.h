/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver.h - a GPU backend on a driver that works like CUDA's. HIP's interface mirrors CUDA's
 * (AMD's "HIP porting guide" has the list of pairs), so one engine serves both: it calls through a
 * table of functions that a plugin names, and differs only in what struct gpu_driver_kind says.
 *
 * The driver's library is opened at run time. Types and numbers are from NVIDIA's "CUDA Driver API
 * Reference Manual" and AMD's "HIP Runtime API Reference"; no header of theirs is needed to build.
 */
#ifndef GPU_COMMON_DRIVER_H
#define GPU_COMMON_DRIVER_H

#include <pthread.h>
#include <vmrun/gpu.h>

#include "compile.h"
#include "kernels.h"

/* Results of the driver's functions that both agree upon: CUDA_ERROR_*, hipError*. */
enum {
    GPU_SUCCESS = 0,
    GPU_ERROR_INVALID_VALUE = 1,
    GPU_ERROR_OUT_OF_MEMORY = 2,
    GPU_ERROR_STUB_LIBRARY = 34,
    GPU_ERROR_NO_DEVICE = 100,
    GPU_ERROR_INVALID_DEVICE = 101,
    GPU_ERROR_INVALID_IMAGE = 200,
    GPU_ERROR_NO_BINARY = 209,
    GPU_ERROR_ECC = 214,
    GPU_ERROR_INVALID_PTX = 218,
    GPU_ERROR_NVLINK = 220,
    GPU_ERROR_PTX_VERSION = 222,
    GPU_ERROR_NOT_FOUND = 500,
    GPU_ERROR_NOT_READY = 600,
    GPU_ERROR_ILLEGAL_ADDRESS = 700,
    GPU_ERROR_LAUNCH_RESOURCES = 701,
    GPU_ERROR_LAUNCH_TIMEOUT = 702,
    GPU_ERROR_CONTEXT_DESTROYED = 709,
    GPU_ERROR_ASSERT = 710,
    GPU_ERROR_HARDWARE_STACK = 714,
    GPU_ERROR_LAUNCH_FAILED = 719,
    GPU_ERROR_UNKNOWN = 999,
};

/* Attributes of a kernel and flags: the same numbers in both. */
enum {
    GPU_FUNCTION_MAX_THREADS = 0,
    GPU_FUNCTION_SHARED = 1,
    GPU_FUNCTION_LOCAL = 3,
    GPU_FUNCTION_REGISTERS = 4,
    GPU_FUNCTION_MAX_DYNAMIC_SHARED = 8,
    GPU_STREAM_NON_BLOCKING = 1,
    GPU_REGISTER_PORTABLE = 1,
    GPU_LAUNCH_POINTER = 1,
    GPU_LAUNCH_SIZE = 2,
};

/* Attributes of a device, whose numbers a kind tells. */
enum gpu_attribute {
    GPU_MAX_THREADS,
    GPU_MAX_BLOCK_X,
    GPU_MAX_BLOCK_Y,
    GPU_MAX_BLOCK_Z,
    GPU_MAX_GRID_X,
    GPU_MAX_GRID_Y,
    GPU_MAX_GRID_Z,
    GPU_MAX_SHARED,
    GPU_WARP,
    GPU_CLOCK_KHZ,
    GPU_MULTIPROCESSORS,
    GPU_L2,
    GPU_N_ATTRIBUTES,
};

/* The driver's functions, named as CUDA's without "cu"; device memory is a 64-bit number. */
struct gpu_calls {
    int (*init)(unsigned flags);
    int (*driver_version)(int *version);
    int (*count)(int *n);
    int (*device_get)(int *device, int ordinal);
    int (*device_name)(char *name, int size, int device);
    int (*device_total)(size_t *bytes, int device);
    int (*device_attribute)(int *value, int attribute, int device);
    int (*memory_info)(size_t *unused, size_t *total);
    int (*context_retain)(void **context, int device);      /* CUDA alone */
    int (*context_release)(int device);                     /* CUDA alone */
    int (*context_set)(void *context);                      /* CUDA alone */
    int (*device_set)(int device);                          /* HIP alone */
    int (*device_properties)(void *properties, int device); /* HIP alone */
    int (*alloc)(uint64_t *address, size_t bytes);
    int (*release)(uint64_t address);
    int (*copy_in)(uint64_t to, const void *from, size_t n, void *stream);
    int (*copy_out)(void *to, uint64_t from, size_t n, void *stream);
    int (*copy)(uint64_t to, uint64_t from, size_t n, void *stream);
    int (*host_register)(void *base, size_t n, unsigned flags);
    int (*host_unregister)(void *base);
    int (*stream_create)(void **stream, unsigned flags);
    int (*stream_destroy)(void *stream);
    int (*stream_wait)(void *stream);
    int (*event_create)(void **event, unsigned flags);
    int (*event_destroy)(void *event);
    int (*event_record)(void *event, void *stream);
    int (*event_query)(void *event);
    int (*event_elapsed)(float *ms, void *from, void *to);
    int (*module_load)(void **module, const void *image);
    int (*module_load_log)(void **module, const void *image, unsigned n, int *options,
                           void **values); /* CUDA alone */
    int (*module_unload)(void *module);
    int (*module_function)(void **function, void *module, const char *name);
    int (*function_attribute)(int *value, int attribute, void *function);
    int (*function_set)(void *function, int attribute, int value); /* CUDA alone */
    int (*function_parameter)(void *function, size_t index, size_t *offset,
                              size_t *size); /* CUDA 12.4 and later */
    int (*launch)(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                  unsigned bz, unsigned shared, void *stream, void **parameters, void **extra);
    int (*error_name)(int error, const char **name); /* CUDA alone */
    const char *(*error_name_of)(int error);         /* HIP alone */
};

/* One function: where it goes and what the library calls it. */
struct gpu_call_name {
    size_t at; /* offsetof(struct gpu_calls, ..) */
    const char *name;
    uint32_t optional;
    uint32_t reserved;
};

struct gpu_driver;

/* What tells one driver from the other. All constant. */
struct gpu_driver_kind {
    const char *maker; /* vendor of the GPUs */
    const char *what;  /* "CUDA driver", for texts */
    const char *advice;
    const char *const *libraries; /* to try, NULL-terminated */
    const struct gpu_call_name *calls;
    uint32_t n_calls;
    uint32_t sources, binaries;
    const int *attributes; /* by enum gpu_attribute */
    uintptr_t launch_end;
    const char *helper;              /* the compiler's program, beside the plugin */
    const char *architecture_option; /* "--gpu-architecture=" */
    const char *architecture_like;   /* "sm_90": letters as here, a number */
    const char *const *options;      /* that a guest may give; "-D*": with more behind */
    gpu_kernels_reader *kernels;
    uint32_t binary; /* what the compiler gives and `kernels` reads: VM_GPU_BINARY_* */
    /* "sm_90" of device number `device`. */
    int (*architecture)(struct gpu_driver *d, int device, char *name, size_t size);
    void (*version)(int version, char *text, size_t size); /* of the driver, in words */
};

/* ---- The engine's own ------------------------------------------------------------------------ */

struct gpu_stream {
    uint64_t number; /* the guest's */
    uint32_t gpu;
    uint32_t dying; /* a STREAM_FREE is under way */
    void *stream;
    struct vm_gpu_request *first, *last; /* under way, by backend[] */
    struct gpu_stream *next;
};

struct gpu_module {
    uint64_t number;
    uint32_t gpu;
    uint32_t busy; /* launches under way */
    void *module;  /* NULL: it is only read, not loaded */
    char *image;   /* HIP may read it until the module goes */
    struct gpu_kernels kernels;
    uint32_t kernels_known;
    uint32_t reserved;
    struct vm_gpu_request *unload; /* waits for the launches */
    struct gpu_function *functions;
    struct gpu_module *next;
};

struct gpu_function {
    uint64_t number;
    void *function;
    struct gpu_module *module;
    struct gpu_kernel kernel; /* its name belongs to the function */
    struct gpu_function *next;
};

struct gpu_memory {
    uint64_t address;
    uint32_t gpu;
    uint32_t reserved;
};

/* Memory of the host that was pinned. */
struct gpu_pinned {
    void *base;
    uint64_t length;
    struct gpu_pinned *next;
};

enum { GPU_EVENTS = 64 }; /* kept for the next ones */

struct gpu_device {
    int ordinal, device;
    void *context;
    struct gpu_stream *streams; /* the first made is stream 0, the last of the list */
    void *events[GPU_EVENTS];
    uint32_t n_events;
    uint32_t lost;
    char why_lost[256];
    struct vm_gpu_info info; /* all but memory_free */
};

struct gpu_driver {
    const struct gpu_driver_kind *kind;
    const struct vm_gpu_host *host;
    struct vm_gpu_ctx *ctx;
    void *library;
    struct gpu_calls call;
    struct vm_error why; /* there is no GPU */
    uint32_t n_gpus;
    uint32_t compile_only; /* `compile-for`: no driver at all */
    struct gpu_device *gpus;
    struct gpu_module *modules;
    struct gpu_pinned *pinned;
    void *memory;         /* tree of struct gpu_memory, by address */
    uint64_t last_number; /* of modules, functions and streams: never given twice */
    uint32_t under_way;   /* requests in streams */
    uint32_t completed;   /* counts, so that poll() sees whether there was one */
    int result;           /* of the last call that failed */
    uint32_t reserved;
    uint64_t active_ns; /* when something was begun or done last */
    struct gpu_compiler *compiler;
};

/* The properties that both have. */
#define GPU_DRIVER_PROPERTY(name_, type_, default_, help_)                    \
    {                                                                         \
        .size = sizeof(struct vm_property), .type = (type_), .name = (name_), \
        .default_value = (default_), .help = (help_)                          \
    }
#define GPU_DRIVER_PROPERTIES(library_, compiler_, compile_for_)                           \
    GPU_DRIVER_PROPERTY("library", VM_PROP_PATH, NULL,                                     \
                        "the driver's library, if it is not the system's " library_),      \
        GPU_DRIVER_PROPERTY("devices", VM_PROP_STRING, NULL,                               \
                            "numbers of the GPUs to use, as in 0,2 (default: all)"),       \
        GPU_DRIVER_PROPERTY("compiler-library", VM_PROP_PATH, NULL,                        \
                            "the library of " compiler_ ", if it is not the system's"),    \
        GPU_DRIVER_PROPERTY("compile-for", VM_PROP_STRING, NULL, compile_for_),            \
        GPU_DRIVER_PROPERTY("compile-time", VM_PROP_DURATION, "60s",                       \
                            "how long one compilation may take"),                          \
        GPU_DRIVER_PROPERTY("compile-memory", VM_PROP_SIZE, "8G",                          \
                            "how much memory, of addresses, one compilation may take"),    \
        GPU_DRIVER_PROPERTY("compile-unfenced", VM_PROP_BOOL, "no",                        \
                            "compiles even where the kernel has no Landlock, which keeps " \
                            "sources from including the host's files")

/* The backend's operations, for a plugin to put its kind into create(). */
void *gpu_driver_create(const struct gpu_driver_kind *kind, const struct vm_gpu_host *host,
                        struct vm_gpu_ctx *ctx, const struct vm_props *props, struct vm_error *err);
void gpu_driver_destroy(void *be);
uint32_t gpu_driver_n_gpus(void *be, struct vm_error *why);
void gpu_driver_info(void *be, uint32_t gpu, struct vm_gpu_info *info);
void gpu_driver_submit(void *be, struct vm_gpu_request *r);
void gpu_driver_poll(void *be, uint64_t wait_ns);
void gpu_driver_host_memory(void *be, void *base, uint64_t length, int there);

#define GPU_DRIVER_OPS                                                                             \
    .size = sizeof(struct vm_gpu_ops), .destroy = gpu_driver_destroy, .n_gpus = gpu_driver_n_gpus, \
    .info = gpu_driver_info, .submit = gpu_driver_submit, .poll = gpu_driver_poll,                 \
    .host_memory = gpu_driver_host_memory

/* ---- Between the engine's files -------------------------------------------------------------- */

/* Calls, and tells whether it went wrong: 0, or -1 with the function and its error in err. */
#define GPU_CALL(d, err, function, ...)                                                          \
    gpu_driver_check((d), (d)->call.function(__VA_ARGS__), offsetof(struct gpu_calls, function), \
                     (err))

int gpu_driver_check(struct gpu_driver *d, int result, size_t call, struct vm_error *err);
void gpu_driver_result_name(struct gpu_driver *d, int result, char *text, size_t size);
const char *gpu_driver_call_name(const struct gpu_driver *d, size_t call);
/* Makes the GPU the calling thread's. */
int gpu_driver_use(struct gpu_driver *d, uint32_t gpu, struct vm_error *err);

/* driver_library.c: opens the library and finds the GPUs; 0, or -1 with err saying why not. */
int gpu_driver_open(struct gpu_driver *d, const char *library, const char *devices,
                    struct vm_error *err);
int gpu_driver_compile_only(struct gpu_driver *d, const char *architecture, struct vm_error *err);
void gpu_driver_close(struct gpu_driver *d);

/* driver_streams.c: what is under way on the GPU. */
struct gpu_stream *gpu_stream_find(struct gpu_driver *d, uint32_t gpu, uint64_t number);
struct gpu_stream *gpu_stream_new(struct gpu_driver *d, uint32_t gpu, uint64_t number,
                                  struct vm_error *err);
/* A new event, or one that is free; NULL with err set. */
void *gpu_event_get(struct gpu_driver *d, uint32_t gpu, struct vm_error *err);
void gpu_event_put(struct gpu_driver *d, uint32_t gpu, void *event);
/* The request was begun on the stream: it is done when the stream comes to here. `begin` is an
 * event of before it, or NULL; `function` is a LAUNCH's. 0, or -1 with err set. */
int gpu_stream_add(struct gpu_driver *d, struct gpu_stream *s, struct vm_gpu_request *r,
                   void *begin, struct gpu_function *function, struct vm_error *err);
void gpu_streams_look(struct gpu_driver *d); /* completes what is done */
void gpu_streams_free(struct gpu_driver *d, uint32_t gpu);

/* driver_modules.c */
void gpu_module_compile(struct gpu_driver *d, struct vm_gpu_request *r);
void gpu_module_compiled(struct gpu_driver *d, struct gpu_compile_job *job);
void gpu_module_load(struct gpu_driver *d, struct vm_gpu_request *r);
void gpu_module_unload(struct gpu_driver *d, struct vm_gpu_request *r);
void gpu_module_function(struct gpu_driver *d, struct vm_gpu_request *r);
struct gpu_function *gpu_function_find(struct gpu_driver *d, uint32_t gpu, uint64_t number);
/* A launch of it is done; NULL is none. The module may be gone after this. */
void gpu_module_idle(struct gpu_driver *d, struct gpu_function *function);
void gpu_modules_free(struct gpu_driver *d);

/* driver.c: ends a request. With the words of err, where it failed. */
void gpu_driver_done(struct gpu_driver *d, struct vm_gpu_request *r, uint32_t error);
void gpu_driver_failed(struct gpu_driver *d, struct vm_gpu_request *r, uint32_t error,
                       const struct vm_error *err);
/* The same for the last call of the driver's that failed; notes that the GPU is lost if it is. */
void gpu_driver_call_failed(struct gpu_driver *d, struct vm_gpu_request *r, struct vm_error *err);

#endif
