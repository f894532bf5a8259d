/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * driver-host.h - the host of gpu-cuda and gpu-rocm under test: it submits, polls, and counts what
 * is completed. One backend at a time, on one thread.
 */
#ifndef TESTS_GPU_DRIVER_HOST_H
#define TESTS_GPU_DRIVER_HOST_H

#include <vmrun/gpu.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED
#endif
#endif

enum { MAX_PROPERTIES = 16, TEXT = 8192 };

struct vm_props {
    char *values[MAX_PROPERTIES];
    uint64_t numbers[MAX_PROPERTIES];
};

extern const struct vm_plugin *plugin;
extern const struct vm_gpu_ops *ops;
extern struct vm_props props;
extern void *be;
extern unsigned n_tests;
extern int all_ok;
extern char text[TEXT]; /* of the last request that was made */

/* ---- Life ------------------------------------------------------------------------------------ */

void tell(int ok, const char *what); /* one result */
void give_up(const char *what);
const char *prop_string(const struct vm_props *p, const char *name);
void set(const char *name, const char *value); /* before the next open; NULL: not given */
int try_backend(struct vm_error *err);         /* 0, or -1: it does not want to */
void open_backend(void);
void close_backend(void);
int is_cuda(void);

/* ---- Requests -------------------------------------------------------------------------------- */

/* What the test keeps of a request. */
struct mark {
    int done;
    uint32_t turn; /* as the how-manieth it was completed */
};

extern struct mark marks[64];

/* Makes one; slot: which mark is its own. Helpers that wait take those from 60 on. */
struct vm_gpu_request request(uint32_t op, unsigned slot);
struct vm_gpu_request copy(uint32_t op, unsigned slot, uint64_t address, void *memory, uint64_t n);
struct vm_gpu_request code(uint32_t op, uint32_t format, const void *bytes, uint64_t n);
struct vm_gpu_request launch(uint64_t fn, uint32_t grid, uint32_t block, const void *arguments,
                             uint32_t n);
int is_done(const struct vm_gpu_request *r);
void wait_for(struct vm_gpu_request *r);
/* Submits and waits; returns the error. */
uint32_t run(struct vm_gpu_request *r);
uint64_t alloc(uint32_t gpu, uint64_t length); /* 0: failed */
uint32_t release(uint32_t gpu, uint64_t address);
uint32_t copy_now(uint32_t op, uint64_t address, void *memory, uint64_t n);
struct vm_gpu_request compile(const char *bytes, const char *options);

/* ---- The kernel vector_add(a, b, c, n) ------------------------------------------------------- */

struct arguments {
    uint64_t a, b, c;
    int32_t n;
};

extern struct vm_gpu_parameter parameters[VM_GPU_MAX_PARAMETERS]; /* of the last FUNCTION */
struct vm_gpu_request function(uint64_t module, const char *name);
int is_vector_add(const struct vm_gpu_function *f);
/* The whole way of a guest's program. How much is wrong. */
int add_vectors(uint32_t gpu, uint64_t fn, uint64_t *gpu_ns);

/* ---- Compilers ------------------------------------------------------------------------------- */

int has_landlock(void);
void test_unfenced(void);

/* driver-real.c: other people's compilers and GPUs. */
void test_compile(void);
void test_unknown(void);
void test_perhaps(void);
void test_real(void);

#endif
