# SPDX-License-Identifier: BSD-2-Clause
# The installed whole, and a device from outside the tree.

dist_check_SCRIPTS += tests/install/guide.tap tests/install/install.tap
TESTS += tests/install/guide.tap
LONG_TESTS += tests/install/install.tap
EXTRA_DIST += tests/install/dev-door.c tests/install/plugin_examples.py
CLEAN_LOCAL += clean-install-test

clean-install-test:
	rm -rf tests/install/build tests/install/prefix tests/install/outside tests/install/stage
