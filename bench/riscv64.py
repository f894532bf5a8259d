#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Compares vmrun with Debian's qemu-system-riscv64 on the same guests, in paired runs, and prints a table.

    make bench                 all rows, 3 pairs each
    bench/riscv64.py -n 5 corelike boot
    bench/riscv64.py --json FILE

Ratios are vmrun's time over QEMU's; pairs run one after the other, so that a noisy machine hurts both alike.
Environment: VMRUN, VMRUN_SRCDIR, VMRUN_GUESTS (cache made by ./bootstrap fetch), RISCV64_CC, QEMU_SYSTEM_RISCV64.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.environ.get("VMRUN_SRCDIR", os.path.dirname(HERE))
VMRUN = os.environ.get("VMRUN", os.path.join(SRC, "build", "vmrun"))
QEMU = os.environ.get("QEMU_SYSTEM_RISCV64", "qemu-system-riscv64")
CC = os.environ.get("RISCV64_CC") or "riscv64-linux-gnu-gcc"
GUESTS = os.path.join(os.environ.get("VMRUN_GUESTS") or
                      os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "vmrun"), "riscv64")
MACHINE = os.path.join(SRC, "etc", "machines", "riscv64-debian.ini")
BARE = os.path.join(SRC, "tests", "guest", "riscv64", "bare.ini")
FILES = {k: os.path.join(GUESTS, f) for k, f in
         (("firmware", "fw_dynamic.bin"), ("kernel", "vmlinux"), ("initrd", "initramfs.cpio.gz"))}
QUIET = "console=ttyS0 quiet"


def timed(cmd, expect, timeout=600):
    """Wall time of a whole process whose output must contain `expect`; returns (seconds, output)."""
    begin = time.monotonic()
    p = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    seconds = time.monotonic() - begin
    text = p.stdout.decode("utf-8", "replace")
    if p.returncode or expect not in text:
        sys.exit("failed (status %d): %s\n%s" % (p.returncode, " ".join(cmd), text[-2000:]))
    return seconds, text


def vmrun_linux(extra, options=()):
    cmd = [VMRUN, MACHINE]
    for key, path in FILES.items():
        cmd += ["-s", "boot.%s=%s" % (key, path)]
    return cmd + ["-s", "boot.cmdline=%s %s" % (QUIET, extra)] + list(options)


def qemu_linux(extra):
    return [QEMU, "-M", "virt", "-m", "1G", "-nographic", "-bios", FILES["firmware"], "-kernel", FILES["kernel"], "-initrd",
            FILES["initrd"], "-append", "%s %s" % (QUIET, extra)]


def compile_guest(name, directory):
    out = os.path.join(directory, name + ".elf")
    folder = os.path.join(HERE, "guests", "riscv64")
    subprocess.run([CC, "-O2", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-nostdlib", "-static", "-ffreestanding",
                    "-Wl,--build-id=none,--no-warn-rwx-segments", "-T", os.path.join(folder, "link.ld"),
                    os.path.join(folder, "start.S"), os.path.join(folder, name + ".c"), "-lgcc", "-o", out], check=True)
    return out


def row_corelike(directory, pairs):
    """Integer work; the guest measures itself by the machine's timer."""
    elf = compile_guest("corelike", directory)
    ours, theirs = [], []
    for _ in range(pairs):
        for times, cmd in ((ours, [VMRUN, BARE, "-s", "boot.kernel=" + elf]),
                           (theirs, [QEMU, "-M", "virt", "-m", "256M", "-bios", "none", "-kernel", elf, "-nographic"])):
            text = timed(cmd, "crc 38717")[1]
            times.append(int(re.search(r"ms (\d+)", text).group(1)) / 1000)
    return ours, theirs


def row_boot(directory, pairs):
    """OpenSBI, stock kernel, initramfs, a shell that runs `true`, power-off: the whole process."""
    extra = 'vmrun.run=true'
    ours, theirs = [], []
    for _ in range(pairs):
        ours.append(timed(vmrun_linux(extra), "shell ready")[0])
        theirs.append(timed(qemu_linux(extra), "shell ready")[0])
    return ours, theirs


def guest_mips(directory):
    """Millions of guest instructions a second over a whole boot, from vmrun's own statistics."""
    path = os.path.join(directory, "stats.json")
    seconds, _ = timed(vmrun_linux("vmrun.run=true", ["--stats-json=" + path]), "shell ready")
    with open(path) as f:
        stats = json.load(f)
    count = stats["vcpu0"]["instructions"]
    count = count["value"] if isinstance(count, dict) else count
    return count / seconds / 1e6, count


def idle_and_memory():
    """(share of a core while the booted guest idles, vmrun's resident bytes less the guest's RAM)."""
    p = subprocess.Popen(vmrun_linux('vmrun.run="sleep 25"'), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        os.set_blocking(p.stdout.fileno(), False)
        text, begin = b"", time.monotonic()
        while b"shell ready" not in text:
            if p.poll() is not None or time.monotonic() - begin > 120:
                sys.exit("the guest did not reach its shell:\n" + text.decode("utf-8", "replace")[-2000:])
            text += p.stdout.read() or b""
            time.sleep(0.05)
        time.sleep(2)
        ticks = os.sysconf("SC_CLK_TCK")

        def used():
            with open("/proc/%d/stat" % p.pid) as f:
                fields = f.read().rsplit(")", 1)[1].split()
            return (int(fields[11]) + int(fields[12])) / ticks
        before = used()
        time.sleep(10)
        idle = (used() - before) / 10
        sizes = []
        with open("/proc/%d/smaps" % p.pid) as f:
            for line in f:
                if re.match(r"^[0-9a-f]+-[0-9a-f]+ ", line):
                    a, b = (int(x, 16) for x in line.split()[0].split("-"))
                    size = b - a
                elif line.startswith("Rss:"):
                    sizes.append((size, int(line.split()[1]) * 1024))
        total = sum(rss for _, rss in sizes)
        ram = sum(rss for size, rss in sizes if size >= 512 << 20)
        return idle, total - ram
    finally:
        p.kill()
        p.wait()


def row_start(directory, pairs):
    """From process start to a bare-metal guest's power-off: an upper bound of the time to the first instruction."""
    source = os.path.join(directory, "off.S")
    with open(source, "w") as f:
        f.write(".globl _start\n_start: li t0, 0x100000\n li t1, 0x5555\n sw t1, 0(t0)\n1: j 1b\n")
    elf = os.path.join(directory, "off.elf")
    subprocess.run([CC, "-nostdlib", "-static", "-Wl,--build-id=none,-Ttext=0x80000000", source, "-o", elf], check=True)
    ours, theirs = [], []
    for _ in range(max(pairs, 5)):
        ours.append(timed([VMRUN, BARE, "-s", "boot.kernel=" + elf], "")[0])
        theirs.append(timed([QEMU, "-M", "virt", "-m", "256M", "-bios", "none", "-kernel", elf, "-nographic"], "")[0])
    return ours, theirs


ROWS = {"corelike": (row_corelike, 8.0), "boot": (row_boot, 8.0), "start": (row_start, None)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-n", type=int, default=3, help="pairs for each row")
    parser.add_argument("--json", help="write the figures to this file")
    parser.add_argument("rows", nargs="*", choices=list(ROWS) + ["idle", []], help="default: all")
    args = parser.parse_args()
    for tool in (VMRUN, QEMU, CC):
        if not shutil.which(tool):
            print("skipped: %s is not there" % tool)
            return 77
    result = {}
    print("%-10s %10s %10s %8s %14s %6s" % ("row", "vmrun s", "qemu s", "ratio", "(spread)", "bar"))
    with tempfile.TemporaryDirectory() as directory:
        for name, (row, bar) in ROWS.items():
            if args.rows and name not in args.rows:
                continue
            ours, theirs = row(directory, args.n)
            ratios = sorted(a / b for a, b in zip(ours, theirs))
            ratio = statistics.median(ratios)
            print("%-10s %10.3f %10.3f %8.2f %14s %6s" % (name, statistics.median(ours), statistics.median(theirs), ratio,
                                                          "(%.2f-%.2f)" % (ratios[0], ratios[-1]), bar or "-"))
            result[name] = {"vmrun": ours, "qemu": theirs, "ratio": ratio}
        if not args.rows or "boot" in args.rows:
            mips, count = guest_mips(directory)
            print("boot: %.0f million guest instructions, %.0f MIPS over the whole run" % (count / 1e6, mips))
            result["boot-mips"] = mips
        if not args.rows or "idle" in args.rows:
            idle, memory = idle_and_memory()
            print("idle guest: %.2f %% of a core (bar 2 %%)" % (100 * idle))
            print("own memory: %.1f MiB resident less guest RAM (bar 64 MiB)" % (memory / (1 << 20)))
            result["idle"], result["own-memory"] = idle, memory
    if args.json:
        with open(args.json, "w") as f:
            json.dump(result, f, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
