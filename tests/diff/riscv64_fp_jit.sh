#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Floating point under the JIT: units alone, regions at once, and both on a host of which it may use nothing special.
[ -e "${VMRUN_BUILDDIR:-.}/plugins.uninstalled/engine-jit.so" ] || { echo "skipped: this host has no JIT"; exit 77; }
units="-s machine.engine=jit -s machine.tier2-threshold=4294967295" regions="-s machine.engine=jit -s machine.tier2-threshold=0"
plain="-s jit.host-features=none"
export VMRUN_DIFF_ARGS="$units;$regions;$units $plain;$regions $plain"
exec "${PYTHON3:-python3}" "$(dirname "$0")/riscv64_fp.py"
