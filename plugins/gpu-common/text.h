/* SPDX-License-Identifier: BSD-2-Clause */
/* text.h - the words that a GPU request takes back: a compiler's log, or why it failed. */
#ifndef GPU_COMMON_TEXT_H
#define GPU_COMMON_TEXT_H

#include <vmrun/gpu.h>

/* As much of it as the request has room for, always ended by zero. */
void text_put(struct vm_gpu_request *r, const char *bytes, size_t length);
/* The same of up to 1023 bytes; returns `error`, for `return` use. */
uint32_t text_error(struct vm_gpu_request *r, uint32_t error, const char *fmt, ...) VM_PRINTF(3, 4);

#endif
