#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs random guest programs in deterministic mode under several modes of tests/modes: all must end in one state.

The modes are those of `guest-fuzz`. First come the programs that were found once, tests/fuzz/guests/*.elf. Environment: VMRUN, VMRUN_SRCDIR, VMRUN_TEST_SEED (first seed;
modes.py has the default), VMRUN_FUZZ_PROGRAMS (how many). What fails is kept below the build folder in tests/fuzz/artifacts/guests.
"""
import glob
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(HERE, ".."))
import guest_programs  # noqa: E402
import modes  # noqa: E402

VMRUN = os.path.abspath(os.environ.get("VMRUN", "./vmrun"))
KEPT = os.path.join(os.environ.get("VMRUN_BUILDDIR") or os.getcwd(), "tests", "fuzz", "artifacts", "guests")
LONGEST = 400  # of what is told of a run
INI = """[machine]
memory = 32M
arch = riscv64
board = riscv-virt
mode = deterministic
[boot]
kernel = program.elf
[chardev none]
type = char-null
[device clint]
type = dev-aclint
address = 0x2000000
[device uart0]
type = dev-uart
address = 0x10000000
chardev = none
[device finisher]
type = dev-syscon
address = 0x100000
"""


def outcome(folder, options):
    """What a run ends with: status and hash, or what went wrong."""
    try:
        done = subprocess.run([VMRUN, "m.ini", "--state-hash"] + options, cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return "a time-out"
    text = "status %d %s %s" % (done.returncode, done.stdout.decode("utf-8", "replace").strip(),
                                done.stderr.decode("utf-8", "replace").strip())
    return text if len(text) < LONGEST else text[:LONGEST] + " ..."


def run_one(image, what):
    """True if all modes agree."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "m.ini"), "w") as f:
            f.write(INI)
        with open(os.path.join(folder, "program.elf"), "wb") as f:
            f.write(image)
        results = [(name, outcome(folder, options)) for name, options in modes.of("guest-fuzz")]
    wanted = results[0][1]
    if not wanted.startswith("status 0 ") or len(wanted) < 20:
        print("FAIL %s: %s: %s" % (what, results[0][0], wanted))
        return False
    different = [(name, got) for name, got in results if got != wanted]
    if not different:
        return True
    os.makedirs(KEPT, exist_ok=True)
    kept = os.path.join(KEPT, what.replace(" ", "-") + ".elf")
    with open(kept, "wb") as f:
        f.write(image)
    print("FAIL %s (kept as %s)\n  %s: %s" % (what, kept, results[0][0], wanted))
    for name, got in different:
        print("  %s: %s" % (name, got))
    return False


def main():
    seed = modes.first_seed()
    total = int(os.environ.get("VMRUN_FUZZ_PROGRAMS", "60"))
    failures = 0
    for path in sorted(glob.glob(os.path.join(HERE, "guests", "*.elf"))):
        with open(path, "rb") as f:
            failures += not run_one(f.read(), os.path.basename(path)[:-4])
    print("seed %d, %d programs" % (seed, total))
    for n in range(seed, seed + total):
        image, timer = guest_programs.program(n)
        failures += not run_one(image, "seed %d%s" % (n, " timer" if timer else ""))
        if failures >= 5:
            break
    return 1 if failures else 0


if __name__ == "__main__":
    if not shutil.which(VMRUN):
        sys.exit("no vmrun at %s" % VMRUN)
    sys.exit(main())
