# SPDX-License-Identifier: BSD-2-Clause
# GPU backends that are built outside of this Makefile, each by its own.

GPU_TESTS = tests/gpu/cuda.tap tests/gpu/guest.tap tests/gpu/opencl.tap tests/gpu/rocm.tap
GPU_LONG_TESTS = tests/gpu/packages.tap
dist_check_SCRIPTS += $(GPU_TESTS) $(GPU_LONG_TESTS)
TESTS += $(GPU_TESTS)
LONG_TESTS += $(GPU_LONG_TESTS)
EXTRA_DIST += tests/gpu/binaries.c tests/gpu/binaries.h tests/gpu/driver-host.c tests/gpu/driver-host.h tests/gpu/driver-real.c \
	tests/gpu/driver-test.c tests/gpu/drivers.py tests/gpu/fake-compiler.c tests/gpu/fake-driver.c tests/gpu/kernels-test.c
EXTRA_DIST += guest/vgpu tests/gpu/guest-test.c tests/gpu/gpulib.py tests/gpu/guestlib.py tests/gpu/objects-test.c tests/gpu/opencl-host.c tests/gpu/opencl-host.h tests/gpu/opencl-launch-test.c tests/gpu/opencl-test.c
CLEAN_LOCAL += clean-gpu-tests

clean-gpu-tests:
	rm -rf tests/gpu/cuda tests/gpu/guest tests/gpu/opencl tests/gpu/rocm tests/gpu/packages-* tests/gpu/programs-*
