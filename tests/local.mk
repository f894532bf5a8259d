# SPDX-License-Identifier: BSD-2-Clause
# The tests: how they are run and counted. Each folder below lists its own.
#
# `make check` runs $(TESTS), `make check-long` runs $(LONG_TESTS). Every test has an extension,
# which says how it is run and what it prints:
#     .sh    a bash script: one result by exit status (0 pass, 77 skip)
#     .py    a Python 3 script, the same
#     .tap   a program or script that prints TAP: one result per line. A Criterion program gets
#            this by its name alone (check_PROGRAMS += tests/unit/ram.tap), since Criterion is
#            told through the environment to print TAP.
# A script is listed twice, in dist_check_SCRIPTS and in TESTS or LONG_TESTS; a program in
# check_PROGRAMS and in TESTS or LONG_TESTS. What a test reads goes to EXTRA_DIST.
#
# Tests run in the build folder, with standard input empty and the variables below. What
# `./bootstrap fetch` brought is preferred to what the machine has.

TEST_EXTENSIONS = .sh .py .tap
TEST_TIMEOUT = 900

SH_LOG_COMPILER = timeout -k 10 $(TEST_TIMEOUT) bash
PY_LOG_COMPILER = timeout -k 10 $(TEST_TIMEOUT) $(PYTHON3)
TAP_LOG_COMPILER = timeout -k 10 $(TEST_TIMEOUT)
TAP_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh

AM_TESTS_FD_REDIRECT = </dev/null
AM_TESTS_ENVIRONMENT = \
	VMRUN='$(abs_top_builddir)/vmrun'; export VMRUN; \
	VMRUN_SRCDIR='$(abs_top_srcdir)'; export VMRUN_SRCDIR; \
	VMRUN_BUILDDIR='$(abs_top_builddir)'; export VMRUN_BUILDDIR; \
	VMRUN_GUESTS="$${VMRUN_GUESTS:-$${XDG_CACHE_HOME:-$$HOME/.cache}/vmrun}"; \
	export VMRUN_GUESTS; \
	VMRUN_CC='$(CC)'; export VMRUN_CC; \
	CLANG='$(CLANG)'; export CLANG; \
	RISCV64_CC='$(RISCV64_CC)'; export RISCV64_CC; \
	RISCV64_OBJCOPY='$(RISCV64_OBJCOPY)'; export RISCV64_OBJCOPY; \
	QEMU_RISCV64="$$VMRUN_GUESTS/tools/qemu-riscv64"; \
	test -x "$$QEMU_RISCV64" || QEMU_RISCV64='$(QEMU_RISCV64)'; export QEMU_RISCV64; \
	AARCH64_CC='$(AARCH64_CC)'; export AARCH64_CC; \
	QEMU_AARCH64='$(QEMU_AARCH64)'; export QEMU_AARCH64; \
	VMRUN_VERIFY_IR=1; export VMRUN_VERIFY_IR; \
	CRITERION_ENABLE_TAP=1; export CRITERION_ENABLE_TAP; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE;

# The long tests have results and a summary log of their own.
check-long: all
	@$(MAKE) --no-print-directory check \
	    TESTS='$(LONG_TESTS)' TEST_SUITE_LOG=test-suite-long.log TEST_TIMEOUT=3600; \
	status=$$?; \
	$(MAKE) -s --no-print-directory test-summary TESTS='$(LONG_TESTS)' SUMMARY_PREFIX='long tests: '; \
	exit $$status

# Counts the results of the last run. A test that left no result counts as failed.
test-summary:
	@$(SHELL) $(srcdir)/tests/summary.sh '$(SUMMARY_PREFIX)' $(TEST_LOGS:.log=.trs)

# The same over the short and the long tests together, after both have run.
test-summary-all:
	@$(MAKE) -s --no-print-directory test-summary TESTS='$(TESTS) $(LONG_TESTS)'

.PHONY: check-long test-summary test-summary-all

CLEANFILES += test-suite-long.log
EXTRA_DIST += tests/summary.sh

BOOT_TESTS = tests/boot/aarch64.tap tests/boot/aarch64-uefi.tap tests/boot/riscv64.tap \
	tests/boot/riscv64-pci.tap tests/boot/virtio.tap \
	tests/boot/disks.tap tests/boot/folder.tap tests/boot/net.tap
# The longest ones first, beside which the others run.
BOOT_LONG_TESTS = tests/boot/debian-long.tap tests/boot/debian-aarch64-long.tap \
	tests/boot/aarch64-long.tap tests/boot/aarch64-uefi-long.tap \
	tests/boot/riscv64-long.tap \
	tests/boot/virtio-long.tap tests/boot/net-long.tap
DIFF_TESTS = tests/diff/aarch64_diff.py tests/diff/aarch64_simd.py tests/diff/riscv64_diff.py \
	tests/diff/riscv64_fp.py tests/diff/riscv64_fp_jit.sh
DIFF_LONG_TESTS = tests/diff/aarch64_diff_long.sh tests/diff/aarch64_simd_long.sh \
	tests/diff/riscv64_diff_long.sh

TESTS += $(BOOT_TESTS) $(DIFF_TESTS)
LONG_TESTS += $(BOOT_LONG_TESTS) $(DIFF_LONG_TESTS)
dist_check_SCRIPTS += $(BOOT_TESTS) $(BOOT_LONG_TESTS) $(DIFF_TESTS) $(DIFF_LONG_TESTS)
EXTRA_DIST += tests/boot/kvm_guest.c tests/boot/bootlib.py tests/boot/debianlib.py tests/boot/fatlib.py tests/boot/netlib.py \
	tests/boot/uefilib.py tests/boot/virtiolib.py tests/modes \
	tests/modes.py tests/nested.py tests/diff/aarch64_streams.py tests/diff/riscv64_streams.py

include tests/abi/local.mk
include tests/check/local.mk
include tests/cli/local.mk
include tests/disk/local.mk
include tests/display/local.mk
include tests/fuzz/local.mk
include tests/gpu/local.mk
include tests/guest/local.mk
include tests/install/local.mk
include tests/packages/local.mk
include tests/plugin-check/local.mk
include tests/plugins/local.mk
include tests/sanitize/local.mk
include tests/style/local.mk
include tests/unit/local.mk
include tests/unit/devices.mk
include tests/unit/virtio.mk
include tests/unit/machine.mk
include tests/unit/net.mk
include tests/unit/block.mk
