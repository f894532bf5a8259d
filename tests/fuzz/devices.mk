# SPDX-License-Identifier: BSD-2-Clause
# Fuzzes the devices: the script builds its targets itself, since that takes clang whatever $(CC) is.
dist_check_SCRIPTS += tests/fuzz/devices.sh
LONG_TESTS += tests/fuzz/devices.sh
EXTRA_DIST += tests/fuzz/fuzz_device.c
CLEAN_LOCAL += clean-fuzz-devices
clean-fuzz-devices:
	rm -rf tests/fuzz/devices
