# SPDX-License-Identifier: BSD-2-Clause
# Builds with sanitizers, and tests in them.

dist_check_SCRIPTS += tests/sanitize/asan.tap tests/sanitize/tsan.tap
LONG_TESTS += tests/sanitize/asan.tap tests/sanitize/tsan.tap
EXTRA_DIST += tests/sanitize/leaks.supp
CLEAN_LOCAL += clean-sanitize

clean-sanitize:
	rm -rf tests/sanitize/asan tests/sanitize/tsan
