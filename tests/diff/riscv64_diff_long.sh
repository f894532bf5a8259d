#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Many more streams than the short run.
VMRUN_DIFF_STREAMS=30000 exec "${PYTHON3:-python3}" "$(dirname "$0")/riscv64_diff.py"
