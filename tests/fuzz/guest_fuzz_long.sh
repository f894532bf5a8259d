#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Many more random guest programs than the short run.
export VMRUN_FUZZ_PROGRAMS="${VMRUN_FUZZ_PROGRAMS:-1000}"
exec "${PYTHON3:-python3}" "$(dirname "$0")/guest_fuzz.py"
