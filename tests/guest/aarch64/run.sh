#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs one bare-metal aarch64 test of the manifest: run.sh VMRUN ELFDIR NAME [vmrun arguments]
# Exit status 0: as expected; 1: failed, with the guest's output printed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 3 ] || { echo "usage: $0 VMRUN ELFDIR NAME [arguments]" >&2; exit 2; }
vmrun=$1 elf=$2/$3.elf name=$3
shift 3
cpus=$(awk -v name="$name" '$1 == name { print $2 }' "$here/manifest")
settings=$(awk -v name="$name" '$1 == name { for (i = 3; i <= NF; i++) print "-s", $i }' "$here/manifest")
[ -n "$cpus" ] || { echo "FAIL $name: not in the manifest"; exit 1; }

# shellcheck disable=SC2086 # the settings are split on purpose
output=$(timeout "${GUEST_TIMEOUT:-60}" "$vmrun" "$here/bare.ini" -s boot.kernel="$elf" -s machine.cpus="$cpus" \
    $settings "$@" </dev/null 2>&1)
status=$?
if [ "$status" -eq 0 ]; then
    echo "PASS $name: $(echo "$output" | tail -n 1)"
    exit 0
fi
[ "$status" -eq 124 ] && echo "FAIL $name: no end within ${GUEST_TIMEOUT:-60} seconds" ||
    echo "FAIL $name: exit status $status"
echo "$output" | sed 's/^/    /'
exit 1
