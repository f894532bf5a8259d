# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of block backends: each linked with its plugin's sources and a host for one backend.
if HAVE_CRITERION
BLOCK_HOST = \
	tests/unit/blockhost.c \
	tests/unit/blockhost.h
BLOCK_TESTS = tests/unit/block_file.tap
tests_unit_block_file_tap_SOURCES = \
	$(BLOCK_HOST) \
	$(BLOCK_FILE_SOURCES) \
	tests/unit/block_file_test.c
tests_unit_block_file_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS) $(LIBURING_CFLAGS)
tests_unit_block_file_tap_LDADD = libtesthost.la $(CRITERION_LIBS) $(LIBURING_LIBS)

BLOCK_TESTS += tests/unit/block_nbd.tap
tests_unit_block_nbd_tap_SOURCES = \
	$(BLOCK_HOST) \
	$(BLOCK_NBD_SOURCES) \
	tests/unit/block_nbd_test.c
tests_unit_block_nbd_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS) $(LIBNBD_CFLAGS)
tests_unit_block_nbd_tap_LDADD = libtesthost.la $(CRITERION_LIBS) $(LIBNBD_LIBS)

check_PROGRAMS += $(BLOCK_TESTS)
TESTS += $(BLOCK_TESTS)
endif
