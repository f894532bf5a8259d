# SPDX-License-Identifier: BSD-2-Clause
# Plugins with builds and packages of their own, against the installed SDK: here they are only part of the release archive.

EXTRA_DIST += \
	plugins/gpu-common/codeobject.c \
	plugins/gpu-common/compile.c \
	plugins/gpu-common/compile.h \
	plugins/gpu-common/compiler.c \
	plugins/gpu-common/compiler.h \
	plugins/gpu-common/cubin.c \
	plugins/gpu-common/driver.c \
	plugins/gpu-common/driver.h \
	plugins/gpu-common/driver.mk \
	plugins/gpu-common/driver_library.c \
	plugins/gpu-common/driver_modules.c \
	plugins/gpu-common/driver_streams.c \
	plugins/gpu-common/fence.c \
	plugins/gpu-common/fence.h \
	plugins/gpu-common/kernels.c \
	plugins/gpu-common/kernels.h \
	plugins/gpu-common/objects.c \
	plugins/gpu-common/objects.h \
	plugins/gpu-common/page.mk \
	plugins/gpu-common/text.c \
	plugins/gpu-common/text.h \
	plugins/gpu-cuda/Makefile \
	plugins/gpu-cuda/compiler_names.c \
	plugins/gpu-cuda/plugin.c \
	plugins/gpu-opencl/Makefile \
	plugins/gpu-opencl/arguments.c \
	plugins/gpu-opencl/cl.c \
	plugins/gpu-opencl/cl.h \
	plugins/gpu-opencl/devices.c \
	plugins/gpu-opencl/guard.c \
	plugins/gpu-opencl/memory.c \
	plugins/gpu-opencl/opencl.h \
	plugins/gpu-opencl/plugin.c \
	plugins/gpu-opencl/programs.c \
	plugins/gpu-opencl/queue.c \
	plugins/gpu-opencl/types.c \
	plugins/gpu-rocm/Makefile \
	plugins/gpu-rocm/compiler_names.c \
	plugins/gpu-rocm/plugin.c
