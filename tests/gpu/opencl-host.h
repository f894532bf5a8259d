/* SPDX-License-Identifier: BSD-2-Clause */
/* opencl-host.h - what the tests of gpu-opencl have in common: a backend, and requests that work.
 */
#ifndef TESTS_GPU_OPENCL_HOST_H
#define TESTS_GPU_OPENCL_HOST_H

#include <vmrun/backendtest.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Runs the cases with the plugin that the program's argument names; what main() returns. */
int host_main(int argc, char **argv, const struct vm_test_case *cases, uint32_t n);

/* A backend with the properties "name=value", NULL at the end. NULL with err set. */
struct vm_gputest *host_create(struct vm_error *err, const char *const *settings);
/* One that has a GPU; without one the case is skipped. */
struct vm_gputest *host_open(void);

/* These are of GPU 0, and fail the case when they fail. */
struct vm_gpu_request request(uint32_t op);
uint64_t must_alloc(struct vm_gputest *h, uint64_t length);
void must_copy_in(struct vm_gputest *h, uint64_t address, const void *bytes, uint64_t length);
void must_copy_out(struct vm_gputest *h, void *bytes, uint64_t address, uint64_t length);
uint64_t must_compile(struct vm_gputest *h, const char *source);
uint64_t must_find(struct vm_gputest *h, uint64_t module, const char *name);

/* A launch in one dimension, to be submitted. */
struct vm_gpu_request launch(uint64_t function, uint32_t grid, uint32_t block,
                             const void *arguments, uint32_t bytes);
/* The function's metadata; returns the error. */
uint32_t look_up(struct vm_gputest *h, uint64_t module, const char *name, struct vm_gpu_function *f,
                 struct vm_gpu_parameter *parameters, char *text, uint32_t text_size);

#endif
