#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs one bare-metal riscv64 test, or "all" of the manifest:
#   run.sh VMRUN ELFDIR NAME|all [extra vmrun arguments]
#   run.sh --qemu ELFDIR NAME|all        (QEMU=... picks another qemu-system-riscv64)
# Exit status 0: as expected; 77: skipped; 1: failed, with the guest's output printed.
set -u

here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 3 ] || { echo "usage: $0 VMRUN|--qemu ELFDIR NAME|all [arguments]" >&2; exit 2; }
machine=$1
elfdir=$2
wanted=$3
shift 3
limit=${GUEST_TIMEOUT:-60}
# Where the devices that only tests have are.
VMRUN_PLUGIN_PATH=${VMRUN_BUILDDIR:-.}/tests/plugins/.libs${VMRUN_PLUGIN_PATH:+:$VMRUN_PLUGIN_PATH}
export VMRUN_PLUGIN_PATH
qemu=${QEMU:-qemu-system-riscv64}

qemu_cpu()
{
    cpu=rv64,h=false,svnapot=true,svpbmt=true,Zfh=false
    if [ "$qemu_major" -ge 9 ]; then
        cpu=rv64,h=false,svnapot=true,svpbmt=true,svade=true,svadu=true,zicond=true,zicbom=true,zicboz=true
    fi
    echo "$cpu"
}

run_one()
{
    name=$1 cpus=$2 expected=$3 flags=$4
    shift 4
    elf=$elfdir/$name.elf
    overrides=
    ini=bare.ini
    qemu_extra=
    cpu_extra=
    aia=
    for flag in $(echo "$flags" | tr , ' '); do
        case $flag in
        noqemu) [ "$machine" = --qemu ] && { echo "SKIP $name: QEMU cannot judge it"; return 77; } ;;
        qemu[0-9]*) [ "$machine" = --qemu ] && [ "$qemu_major" -lt "${flag#qemu}" ] && {
            echo "SKIP $name: needs QEMU ${flag#qemu}"; return 77; } ;;
        aia:*)
            ini=bare-${flag#aia:}.ini
            aia=,aia=${flag#aia:} ;;
        cpu:*) cpu_extra="$cpu_extra,${flag#cpu:}" ;;
        tcg1) qemu_extra="-accel tcg,thread=single" ;;
        icount) qemu_extra="-icount shift=4" ;;
        ini:*) ini=${flag#ini:} ;;
        s:*) overrides="$overrides -s ${flag#s:}" ;;
        esac
    done
    [ -f "$elf" ] || { echo "FAIL $name: no $elf"; return 1; }
    if [ "$machine" = --qemu ]; then
        # shellcheck disable=SC2086 # the extra options are split on purpose
        output=$(timeout "$limit" "$qemu" $qemu_extra -M "virt,aclint=off$aia" -cpu "$(qemu_cpu)$cpu_extra" -smp "$cpus" -m 256M \
            -bios none -kernel "$elf" -display none -monitor none -serial stdio \
            </dev/null 2>&1)
    else
        # shellcheck disable=SC2086 # the overrides are split on purpose
        output=$(timeout "$limit" "$machine" "$here/$ini" -s boot.kernel="$elf" \
            -s machine.cpus="$cpus" $overrides "$@" </dev/null 2>&1)
    fi
    status=$?
    if [ "$status" -eq "$expected" ]; then
        echo "PASS $name: $(echo "$output" | tail -n 1)"
        return 0
    fi
    [ "$status" -eq 124 ] && echo "FAIL $name: no end within $limit seconds" ||
        echo "FAIL $name: exit status $status, expected $expected"
    echo "$output" | sed 's/^/    /'
    return 1
}

qemu_major=0
if [ "$machine" = --qemu ]; then
    command -v "$qemu" >/dev/null 2>&1 || { echo "SKIP $wanted: no $qemu"; exit 77; }
    qemu_major=$("$qemu" --version | sed -n 's/.*version \([0-9]*\)\..*/\1/p;q')
fi

found=0
result=0
while read -r name _ _ cpus expected flags; do
    case $name in ''|\#*) continue ;; esac
    [ "$wanted" = all ] || [ "$wanted" = "$name" ] || continue
    found=1
    run_one "$name" "$cpus" "$expected" "$flags" "$@"
    one=$?
    [ "$wanted" = all ] || exit "$one"
    [ "$one" -eq 1 ] && result=1
done <"$here/manifest"
[ "$found" = 1 ] || { echo "$0: no test $wanted in the manifest" >&2; exit 2; }
exit "$result"
