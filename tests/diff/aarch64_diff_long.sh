#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Many more streams than the short run, in more modes.
export VMRUN_DIFF_STREAMS=4000 VMRUN_DIFF_TEST=diff-long
exec "${PYTHON3:-python3}" "$(dirname "$0")/aarch64_diff.py"
