/* SPDX-License-Identifier: BSD-2-Clause */
/* common.h - what the samples share: the device, and a kernel in the language that its GPU takes.
 */
#ifndef SAMPLES_COMMON_H
#define SAMPLES_COMMON_H

#include "vgpu.h"

/* Ends the program with words if `error` is one. */
void check(struct vgpu *v, int error, const char *what);
struct vgpu *open_device(void);
/* CUDA C++ is HIP C++, too, for such kernels. */
uint32_t make_kernel(struct vgpu *v, const char *opencl, const char *cuda, const char *name);
uint64_t make_buffer(struct vgpu *v, const void *from, uint64_t bytes);

#endif
