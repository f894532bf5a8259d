# SPDX-License-Identifier: BSD-2-Clause
# Pictures: what guests draw is what a display shows.
dist_check_SCRIPTS += tests/display/display.tap
TESTS += tests/display/display.tap
EXTRA_DIST += tests/display/manifest tests/display/painter.c
CLEAN_LOCAL += clean-display-elf

clean-display-elf:
	rm -f tests/display/painter.elf
