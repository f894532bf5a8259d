#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the bare-metal riscv64 tests of the manifest: build.sh OUTDIR [NAME...]
# GUEST_MANIFEST names another list than ours; its sources lie relative to this folder.
# Exit status 77 (skipped) where there is no cross compiler; what is up to date is not built again.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 1 ] || { echo "usage: $0 OUTDIR [NAME...]" >&2; exit 2; }
manifest=${GUEST_MANIFEST:-$here/manifest}
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
cc=${RISCV64_CC:-riscv64-linux-gnu-gcc}
if ! command -v "$cc" >/dev/null 2>&1; then
    echo "skipped: no riscv64 cross compiler"
    exit 77
fi

cflags="-mabi=lp64 -mcmodel=medany -O2 -g -std=gnu17 -Wall -Wextra -Wshadow -Wvla -Werror
    -ffreestanding -fno-builtin -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables
    -fno-tree-loop-distribute-patterns -fno-strict-aliasing -I$here/common"
ldflags="-nostdlib -static -no-pie -Wl,--no-warn-rwx-segments -Wl,--build-id=none
    -Wl,-T,$here/common/link.ld"

wanted()
{
    [ -z "$names" ] && return 0
    for n in $names; do
        [ "$n" = "$1" ] && return 0
    done
    return 1
}

# Is the ELF newer than all that it could be made from?
fresh()
{
    [ -f "$1" ] && [ -z "$(find "$here" -newer "$1" \
        \( -path "$here/common/*" -o -name manifest -o -name build.sh \) -print | head -n 1)" ] || return 1
    elf=$1
    shift
    for source; do
        [ -z "$(find "$source" -newer "$elf")" ] || return 1
    done
}

names=$*
count=0
while read -r name sources march _; do
    case $name in ''|\#*) continue ;; esac
    wanted "$name" || continue
    list="$here/common/start.S $here/common/lib.c"
    for source in $(echo "$sources" | tr , ' '); do
        list="$list $here/$source"
    done
    count=$((count + 1))
    # shellcheck disable=SC2086 # the lists are split on purpose
    fresh "$out/$name.elf" $list && continue
    # shellcheck disable=SC2086
    "$cc" -march="$march" $cflags $ldflags -o "$out/$name.elf.tmp$$" $list || {
        rm -f "$out/$name.elf.tmp$$"
        echo "$0: $name does not build" >&2
        exit 1
    }
    mv "$out/$name.elf.tmp$$" "$out/$name.elf"
done <"$manifest"
[ "$count" -gt 0 ] || { echo "$0: no such test in the manifest: $names" >&2; exit 2; }
