# SPDX-License-Identifier: BSD-2-Clause
# Unit tests of block backends: each linked with its plugin's sources.
if HAVE_CRITERION
BLOCK_TESTS = tests/unit/block_file.tap
tests_unit_block_file_tap_SOURCES = \
	$(BLOCK_FILE_SOURCES) \
	tests/unit/block_file_test.c
tests_unit_block_file_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS) $(LIBURING_CFLAGS)
tests_unit_block_file_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS) $(LIBURING_LIBS)

BLOCK_TESTS += tests/unit/block_nbd.tap
tests_unit_block_nbd_tap_SOURCES = \
	$(BLOCK_NBD_SOURCES) \
	tests/unit/block_nbd_test.c
tests_unit_block_nbd_tap_CPPFLAGS = $(SDK_CPPFLAGS) $(CRITERION_CFLAGS) $(LIBNBD_CFLAGS)
tests_unit_block_nbd_tap_LDADD = $(TEST_HOST) $(CRITERION_LIBS) $(LIBNBD_LIBS)

check_PROGRAMS += $(BLOCK_TESTS)
TESTS += $(BLOCK_TESTS)
endif
