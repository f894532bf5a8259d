# SPDX-License-Identifier: BSD-2-Clause
# libFuzzer targets. They are built where configure was told so (--enable-fuzzers, CC=clang); the
# long test makes such a build of its own and runs each for a while.

FUZZERS = \
	tests/fuzz/fuzz_dev-aclint \
	tests/fuzz/fuzz_dev-plic \
	tests/fuzz/fuzz_dev-rtc \
	tests/fuzz/fuzz_dev-syscon \
	tests/fuzz/fuzz_dev-uart \
	tests/fuzz/fuzz_image \
	tests/fuzz/fuzz_ini
LIBFUZZER_FLAGS = -fsanitize=fuzzer
# A device's target is the device itself, its test host, and a driver that takes bytes as orders.
FUZZ_DEVICE_SOURCES = \
	tests/fuzz/fuzz_device.c \
	tests/unit/devhost.c \
	tests/unit/devhost.h \
	tests/unit/devhost_data.c \
	tests/unit/devhost_internal.h \
	tests/unit/plughost.c \
	tests/unit/plughost.h

if ENABLE_FUZZERS
noinst_PROGRAMS += $(FUZZERS)
endif

tests_fuzz_fuzz_ini_SOURCES = \
	tests/fuzz/fuzz_ini.c \
	tests/unit/mock_plugins.c \
	tests/unit/mock_plugins.h
tests_fuzz_fuzz_ini_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_ini_LDADD = libvmcore.la

tests_fuzz_fuzz_image_SOURCES = tests/fuzz/fuzz_image.c
tests_fuzz_fuzz_image_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_image_LDADD = libvmcore.la

tests_fuzz_fuzz_dev_aclint_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_aclint_dev_aclint_la_SOURCES)
tests_fuzz_fuzz_dev_aclint_CPPFLAGS = $(SDK_CPPFLAGS)
tests_fuzz_fuzz_dev_aclint_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_aclint_LDADD = libvmrun-sdk-conv.la

tests_fuzz_fuzz_dev_plic_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_plic_dev_plic_la_SOURCES)
tests_fuzz_fuzz_dev_plic_CPPFLAGS = $(SDK_CPPFLAGS)
tests_fuzz_fuzz_dev_plic_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_plic_LDADD = libvmrun-sdk-conv.la

tests_fuzz_fuzz_dev_rtc_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_rtc_dev_rtc_la_SOURCES)
tests_fuzz_fuzz_dev_rtc_CPPFLAGS = $(SDK_CPPFLAGS)
tests_fuzz_fuzz_dev_rtc_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_rtc_LDADD = libvmrun-sdk-conv.la

tests_fuzz_fuzz_dev_syscon_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_syscon_dev_syscon_la_SOURCES)
tests_fuzz_fuzz_dev_syscon_CPPFLAGS = $(SDK_CPPFLAGS)
tests_fuzz_fuzz_dev_syscon_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_syscon_LDADD = libvmrun-sdk-conv.la

tests_fuzz_fuzz_dev_uart_SOURCES = \
	$(FUZZ_DEVICE_SOURCES) $(plugins_dev_uart_dev_uart_la_SOURCES)
tests_fuzz_fuzz_dev_uart_CPPFLAGS = $(SDK_CPPFLAGS)
tests_fuzz_fuzz_dev_uart_LDFLAGS = $(LIBFUZZER_FLAGS)
tests_fuzz_fuzz_dev_uart_LDADD = libvmrun-sdk-conv.la

# These alone, without the rest of the tree.
fuzzers: $(BUILT_SOURCES)
	$(MAKE) $(AM_MAKEFLAGS) $(FUZZERS)

.PHONY: fuzzers

dist_check_SCRIPTS += tests/fuzz/fuzz.tap tests/fuzz/guest_fuzz.py tests/fuzz/guest_fuzz_long.sh
TESTS += tests/fuzz/guest_fuzz.py
LONG_TESTS += tests/fuzz/fuzz.tap tests/fuzz/guest_fuzz_long.sh
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/fuzz_ini.dict tests/fuzz/guest_programs.py tests/fuzz/guests
CLEAN_LOCAL += clean-fuzz

clean-fuzz:
	rm -rf tests/fuzz/build tests/fuzz/learnt
