#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# More operands than the short run, in more modes.
export VMRUN_DIFF_ROWS=240 VMRUN_DIFF_TEST=diff-long
exec "${PYTHON3:-python3}" "$(dirname "$0")/aarch64_simd.py"
