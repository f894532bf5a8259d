/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compile.h - compiles a guest's source in a process of its own, one after the other, on a thread
 * of its own. The compilers are libraries that hold a guest's text for friendly: some versions die
 * of what they do not know, others take all memory or never end. That process has a limit of time
 * and of memory, may write no files but in a folder of its own, and its death is an error's text.
 */
#ifndef GPU_COMMON_COMPILE_H
#define GPU_COMMON_COMPILE_H

#include <stdint.h>
#include <vmrun/gpu.h>

struct gpu_compiler;

struct gpu_compile_limits {
    uint64_t time_ns;
    uint64_t memory;
    int unfenced; /* also where nothing keeps it from the host's files */
    int portable; /* where the compiler does not know the architecture, PTX will do */
};

/* One compilation. What it was asked with must stay until the job came back. */
struct gpu_compile_job {
    struct vm_gpu_request *request;
    char **arguments; /* the compiler's options, NULL-terminated; the job's own */
    /* What came of it. */
    int ok;
    int portable; /* the binary is PTX */
    char *log;    /* with a zero at the end, never NULL unless memory ran out */
    uint8_t *binary;
    size_t log_length, binary_length;
    struct gpu_compile_job *next;
};

/* `helper`: a program beside this plugin's file; `library`: the compiler's, or NULL. */
struct gpu_compiler *gpu_compiler_new(const char *helper, const char *library,
                                      const struct gpu_compile_limits *limits,
                                      struct vm_error *err);
/* No job is under way. */
void gpu_compiler_free(struct gpu_compiler *c);
/* 0, or -1 with err set: then the job is the caller's still. */
int gpu_compiler_begin(struct gpu_compiler *c, struct gpu_compile_job *job, struct vm_error *err);
/* A job that ended, the caller's now; NULL: none within wait_ns. */
struct gpu_compile_job *gpu_compiler_ended(struct gpu_compiler *c, uint64_t wait_ns);
int gpu_compiler_busy(struct gpu_compiler *c);
void gpu_compile_job_free(struct gpu_compile_job *job);

#endif
