#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# vmrun is killed a hundred times under write load.
here=$(cd "$(dirname "$0")" && pwd)
export VMRUN_DISK_KILLS=${VMRUN_DISK_KILLS:-100}
output=$("${PYTHON3:-python3}" "$here/disk.tap" "killed $VMRUN_DISK_KILLS times, nothing flushed is lost") || {
    echo "$output"
    exit 1
}
echo "$output"
! grep -q '# SKIP' <<<"$output" || exit 77
