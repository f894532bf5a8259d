# SPDX-License-Identifier: BSD-2-Clause
# The stable ABI: layouts as released, headers that compile alone.

check_PROGRAMS += tests/abi/layout.tap
tests_abi_layout_tap_SOURCES = tests/abi/layout.c
tests_abi_layout_tap_CPPFLAGS = $(SDK_CPPFLAGS)

dist_check_SCRIPTS += tests/abi/headers.tap
TESTS += tests/abi/layout.tap tests/abi/headers.tap
