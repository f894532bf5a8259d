/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fence.h - keeps a compiler from the host's files, since a source may include any by name and an
 * error's text would show it to the guest.
 */
#ifndef GPU_COMMON_FENCE_H
#define GPU_COMMON_FENCE_H

/*
 * From now on this process reads only below the system's folders of programs, libraries and
 * headers, and below the folder of the library that `function` is in; and writes only below
 * `folder`. By Landlock; where the kernel has none (before Linux 5.13), file permissions are all
 * there is. 0, or -1: there is none.
 */
int gpu_fence(const void *function, const char *folder);

#endif
