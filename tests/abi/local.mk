# SPDX-License-Identifier: BSD-2-Clause
# The stable ABI: what was recorded of each version, headers that compile alone, plugins that were
# built long ago.

ABI_TESTS = tests/abi/abi.tap tests/abi/archive.tap tests/abi/headers.tap
dist_check_SCRIPTS += $(ABI_TESTS) tests/abi/grown.tap
TESTS += $(ABI_TESTS)
LONG_TESTS += tests/abi/grown.tap
EXTRA_DIST += tests/abi/abilib.py tests/abi/record/0.9.abi tests/abi/record/0.9.layout \
	tests/abi/record/0.10.abi tests/abi/record/0.10.layout \
	tests/abi/record/0.11.abi tests/abi/record/0.11.layout \
	tests/abi/archive/0.9/block-mem.so tests/abi/archive/0.9/char-loop.so \
	tests/abi/archive/0.9/dev-alarm.so tests/abi/archive/0.9/dev-copier.so \
	tests/abi/archive/0.9/net-reflect.so \
	tests/abi/archive/0.10/block-mem.so tests/abi/archive/0.10/char-loop.so \
	tests/abi/archive/0.10/dev-alarm.so tests/abi/archive/0.10/dev-copier.so \
	tests/abi/archive/0.10/gpu-cpu.so tests/abi/archive/0.10/net-reflect.so \
	tests/abi/archive/0.11/block-mem.so tests/abi/archive/0.11/char-loop.so \
	tests/abi/archive/0.11/dev-alarm.so tests/abi/archive/0.11/dev-copier.so \
	tests/abi/archive/0.11/display-ppm.so tests/abi/archive/0.11/gpu-cpu.so \
	tests/abi/archive/0.11/net-reflect.so \
	tests/abi/archive/guest.bin tests/abi/archive/guest.c \
	tests/abi/archive/guest.ini tests/abi/archive/README.md
CLEAN_LOCAL += clean-abi-test

clean-abi-test:
	rm -rf tests/abi/grown
