# SPDX-License-Identifier: BSD-2-Clause
# The conformance checker, on good and on bad plugins.

dist_check_SCRIPTS += tests/plugin-check/plugin-check.tap
TESTS += tests/plugin-check/plugin-check.tap
EXTRA_DIST += tests/plugin-check/bad.c tests/plugin-check/bad-display.c
