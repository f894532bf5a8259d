#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Streams under the JIT.
[ -e "${VMRUN_BUILDDIR:-.}/plugins.uninstalled/engine-jit.so" ] || { echo "skipped: this host has no JIT"; exit 77; }
export VMRUN_DIFF_STREAMS="${VMRUN_DIFF_STREAMS:-4000}" VMRUN_DIFF_ARGS="-s machine.engine=jit"
exec "${PYTHON3:-python3}" "$(dirname "$0")/riscv64_diff.py"
