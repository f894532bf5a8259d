# SPDX-License-Identifier: BSD-2-Clause
# Complete plugins as third parties write them. They are installed as they are, and built by the tests from there, with the
# installed SDK alone.

nobase_dist_doc_DATA += \
	examples/README.md \
	examples/block-mem/CMakeLists.txt \
	examples/block-mem/mem.c \
	examples/block-mem/test.c \
	examples/char-loop/Makefile.am \
	examples/char-loop/configure.ac \
	examples/char-loop/loop.c \
	examples/char-loop/test.c \
	examples/dev-alarm/Makefile \
	examples/dev-alarm/alarm.c \
	examples/dev-alarm/machine.ini \
	examples/dev-alarm/test.c \
	examples/dev-copier/Makefile \
	examples/dev-copier/copier.c \
	examples/dev-copier/test.c \
	examples/display-ppm/Makefile \
	examples/display-ppm/ppm.c \
	examples/display-ppm/test.c \
	examples/gpu-cpu/Makefile \
	examples/gpu-cpu/cpu.c \
	examples/gpu-cpu/test.c \
	examples/net-reflect/Makefile \
	examples/net-reflect/reflect.c \
	examples/net-reflect/test.c
