# SPDX-License-Identifier: BSD-2-Clause
# Pictures: what guests draw is what a display shows.
dist_check_SCRIPTS += tests/display/display.tap tests/display/display-long.tap
TESTS += tests/display/display.tap
LONG_TESTS += tests/display/display-long.tap
EXTRA_DIST += tests/display/displaylib.py tests/display/manifest tests/display/painter.c
CLEAN_LOCAL += clean-display-elf

clean-display-elf:
	rm -f tests/display/painter.elf
