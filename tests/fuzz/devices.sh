#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# Fuzzes the registers, lines, backends and saved states of each device for a while.
# usage: devices.sh [SECONDS [DEVICE...]]     (default: 20 seconds each; 77: no clang with libFuzzer)
set -u

seconds=${1:-20}
shift
devices=${*:-dev-aclint dev-plic dev-rtc dev-syscon dev-uart}
src=${VMRUN_SRCDIR:-$(cd "$(dirname "$0")/../.." && pwd)}
out=${VMRUN_BUILDDIR:-$PWD}/tests/fuzz/devices
clang=${CLANG:-clang}

mkdir -p "$out" || exit 1
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n){return d && n ? 0 : 0;}' >"$out/probe.c"
if ! "$clang" -fsanitize=fuzzer,address "$out/probe.c" -o "$out/probe" 2>/dev/null; then
    echo "skipped: $clang cannot build fuzz targets"
    exit 77
fi

status=0
for device in $devices; do
    echo "== $device, $seconds s"
    "$clang" -std=gnu17 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined \
        -I"$src/sdk/include" "$src/tests/fuzz/fuzz_device.c" "$src"/tests/unit/{plughost,devhost,devhost_data}.c \
        "$src/plugins/$device"/*.c "$src/sdk/lib/error.c" -o "$out/$device" || exit 1
    mkdir -p "$out/$device.corpus"
    if ! "$out/$device" -max_total_time="$seconds" -max_len=1024 -verbosity=0 -print_final_stats=1 \
        -artifact_prefix="$out/$device." "$out/$device.corpus"; then
        echo "FAILED: $device; the input lies in $out"
        status=1
    fi
done
exit $status
