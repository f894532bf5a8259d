#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes plugins in every state of disrepair: build.sh OUTPUT-FOLDER.
# Needs VMRUN_SRCDIR, VMRUN_BUILDDIR and VMRUN_CC, as `make check` sets them.
set -eu

out=$1
src=$VMRUN_SRCDIR/tests/unit/plugins
cc=${VMRUN_CC:-cc}
mkdir -p "$out"

# make NAME [FLAG...]: OUT/NAME.so
make_plugin() {
    name=$1
    shift
    $cc -std=gnu17 -O1 -shared -fPIC -fvisibility=hidden -Wall -Wextra -Wno-unused \
        -I"$VMRUN_SRCDIR/sdk/include" -I"$VMRUN_BUILDDIR/sdk/include" \
        -DMOCK_NAME="\"$name\"" "$src/mock.c" -o "$out/$name.so" "$@"
}

# One entry per plugin: its name, then flags.
while read -r name flags; do
    case $name in
    '' | '#'*) continue ;;
    esac
    eval "make_plugin $name $flags"
done <<'EOF'
mock-good
mock-old-minor      "-DMOCK_MINOR=(VM_ABI_MINOR_OLDEST - 1)"
mock-longer         '-DMOCK_SIZE=sizeof(struct longer_plugin)'
mock-noise          -DMOCK_NOISE
mock-no-symbol      -DMOCK_NO_SYMBOL
mock-bad-magic      -DMOCK_MAGIC=0x12345678
mock-major          -DMOCK_MAJOR=7
mock-minor          -DMOCK_MINOR=99
mock-tiny           -DMOCK_SIZE=4
mock-short          -DMOCK_SIZE=32
mock-huge           -DMOCK_SIZE=0x7fffffff
mock-kind           -DMOCK_KIND=77
mock-name           '-DMOCK_CALLS_ITSELF="dev-other"'
mock-wild-name      '-DMOCK_CALLS_ITSELF=(const char*)8'
mock-summary        '-DMOCK_SUMMARY="two\nlines"'
mock-no-summary     -DMOCK_SUMMARY=NULL
mock-no-get         -DMOCK_INTERFACE=NULL
mock-lacks          -DMOCK_LACKS_INTERFACE
mock-crash-get      -DMOCK_CRASH_INTERFACE
engine-mock         -DMOCK_KIND=VM_KIND_ENGINE '-DMOCK_HASH="0123456789abcdef0123"'
engine-mock-no-hash -DMOCK_KIND=VM_KIND_ENGINE
mock-stride         -DMOCK_STRIDE=8
mock-prop-type      '-DMOCK_PROPERTY=.type=99,.name="extra"'
mock-prop-name      '-DMOCK_PROPERTY=.type=VM_PROP_STRING,.name="Not A Key"'
mock-prop-twice     '-DMOCK_PROPERTY=.type=VM_PROP_STRING,.name="flag"'
mock-prop-reserved  '-DMOCK_PROPERTY=.type=VM_PROP_STRING,.name="irq"'
mock-prop-choices   '-DMOCK_PROPERTY=.type=VM_PROP_ENUM,.name="extra"'
mock-prop-range     '-DMOCK_PROPERTY=.type=VM_PROP_UINT,.name="extra",.min=9,.max=1'
mock-prop-default   '-DMOCK_PROPERTY=.type=VM_PROP_UINT,.name="extra",.default_value="many"'
mock-crash          -DMOCK_CRASH
mock-abort          -DMOCK_ABORT
mock-exit           -DMOCK_EXIT
mock-hang           -DMOCK_HANG
mock-undefined      -DMOCK_UNDEFINED
EOF

# A library that is gone when the plugin is loaded.
echo 'int gone(void); int gone(void) { return 1; }' >"$out/gone.c"
$cc -shared -fPIC "$out/gone.c" -o "$out/libvmrun-test-gone.so"
make_plugin mock-library -DMOCK_MISSING_LIBRARY -L"$out" -lvmrun-test-gone
rm -f "$out/gone.c" "$out/libvmrun-test-gone.so"

# Files that are no shared object, or no longer one.
: >"$out/mock-empty.so"
echo 'this is not a shared object' >"$out/mock-text.so"
for n in 20 64 1000 4096 9000; do
    head -c "$n" "$out/mock-good.so" >"$out/mock-cut-$n.so"
done
{
    head -c 18 "$out/mock-good.so"
    printf '\363\000' # EM_RISCV
    tail -c +21 "$out/mock-good.so"
} >"$out/mock-riscv.so"
mkdir -p "$out/mock-folder.so"
