# SPDX-License-Identifier: BSD-2-Clause
# The command line: bad input of every kind, and output.

dist_check_SCRIPTS += tests/cli/bad-input.tap tests/cli/good.tap tests/cli/mirror.tap
TESTS += tests/cli/bad-input.tap tests/cli/good.tap tests/cli/mirror.tap

# The broken plugins are compiled by the tests that use them.
EXTRA_DIST += tests/unit/plugins/build.sh tests/unit/plugins/mock.c
