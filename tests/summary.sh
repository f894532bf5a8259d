#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Adds up the results that automake's test drivers wrote: summary.sh PREFIX FILE.trs...
# Prints "N passed, N failed", and ", N skipped" when some were. A missing file is a failed test.
set -eu

prefix=$1
shift
if [ $# -eq 0 ]; then
    echo "${prefix}0 passed, 0 failed"
    exit 0
fi

# awk stops at a file that cannot be opened, so the missing ones are counted here.
missing=0
for trs in "$@"; do
    shift
    if [ -r "$trs" ]; then
        set -- "$@" "$trs"
    else
        missing=$((missing + 1))
    fi
done

awk -v prefix="$prefix" -v failed="$missing" '
    /^:test-result: / {
        if ($2 == "PASS" || $2 == "XFAIL")
            passed++
        else if ($2 == "SKIP")
            skipped++
        else
            failed++
    }
    END {
        line = sprintf("%s%d passed, %d failed", prefix, passed, failed)
        if (skipped)
            line = line sprintf(", %d skipped", skipped)
        print line
    }
' /dev/null "$@"
