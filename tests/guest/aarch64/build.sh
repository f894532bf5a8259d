#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds the bare-metal aarch64 tests of the manifest: build.sh OUTDIR
# Exit status 77 (skipped) where there is no cross compiler.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { echo "usage: $0 OUTDIR" >&2; exit 2; }
mkdir -p "$1"
cc=${AARCH64_CC:-aarch64-linux-gnu-gcc}
if ! command -v "$cc" >/dev/null 2>&1; then
    echo "skipped: no aarch64 cross compiler"
    exit 77
fi

cflags="-march=armv8.2-a+lse -mgeneral-regs-only -mno-outline-atomics -O2 -g -std=gnu17 -Wall -Wextra -Wshadow -Wvla -Werror
    -ffreestanding -fno-builtin -fno-pie -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing
    -fno-tree-loop-distribute-patterns -I$here/common"
ldflags="-nostdlib -static -no-pie -Wl,--no-warn-rwx-segments -Wl,--build-id=none -Wl,-z,max-page-size=4096
    -Wl,-T,$here/common/link.ld"

while read -r name _; do
    case $name in ''|\#*) continue ;; esac
    # Two test scripts may build at the same time; each program appears complete.
    # shellcheck disable=SC2086 # the lists are split on purpose
    "$cc" $cflags $ldflags -o "$1/$name.elf.tmp$$" "$here/common/start.S" "$here/common/lib.c" "$here/$name.c"
    mv "$1/$name.elf.tmp$$" "$1/$name.elf"
done <"$here/manifest"
