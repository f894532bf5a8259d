# SPDX-License-Identifier: BSD-2-Clause
# Rules about the sources themselves.

dist_check_SCRIPTS += tests/style/style.tap
TESTS += tests/style/style.tap
