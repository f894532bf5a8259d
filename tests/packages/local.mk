# SPDX-License-Identifier: BSD-2-Clause
# Debian's and RPM's packages out of the release archive.

dist_check_SCRIPTS += tests/packages/packages.tap
LONG_TESTS += tests/packages/packages.tap
CLEAN_LOCAL += clean-packages-test

clean-packages-test:
	rm -rf tests/packages/work
