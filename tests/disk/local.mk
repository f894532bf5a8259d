# SPDX-License-Identifier: BSD-2-Clause
# Disks: what a guest flushed is there, by every backend.
dist_check_SCRIPTS += tests/disk/disk.tap tests/disk/disk-long.sh
TESTS += tests/disk/disk.tap
LONG_TESTS += tests/disk/disk-long.sh
EXTRA_DIST += tests/disk/disk.ini tests/disk/disklib.py tests/disk/manifest tests/disk/writer.c
CLEAN_LOCAL += clean-disk-elf

clean-disk-elf:
	rm -f tests/disk/disk-writer.elf
