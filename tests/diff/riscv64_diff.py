#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs generated riscv64 instruction streams on vmrun and on qemu-riscv64 and compares all registers, fcsr and memory.

Environment: VMRUN, VMRUN_SRCDIR, QEMU_RISCV64 (the user-mode emulator), VMRUN_TEST_SEED (first seed; modes.py has the default),
VMRUN_DIFF_STREAMS (how many), VMRUN_DIFF_TEST (the test in tests/modes whose modes of vmrun are run: default diff), or
VMRUN_DIFF_ARGS (arguments for vmrun instead of those).
"""
import os
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..")]
import modes  # noqa: E402
import riscv64_streams as rs  # noqa: E402

SRC = os.environ.get("VMRUN_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
VMRUN = os.environ.get("VMRUN", "./vmrun")
PER_PROGRAM = 250
INI = """[machine]
memory = 32M
arch = riscv64
board = riscv-virt
[boot]
kernel = bare.elf
[chardev out]
type = char-file
path = vmrun.out
[device uart0]
type = dev-uart
address = 0x10000000
chardev = out
[device finisher]
type = dev-syscon
address = 0x100000
"""


def find_qemu():
    wanted = os.environ.get("QEMU_RISCV64") or "qemu-riscv64-static"
    for name in (wanted, "qemu-riscv64-static", "qemu-riscv64"):
        path = shutil.which(name)
        if path:
            return path
    print("skipped: no qemu-riscv64")
    sys.exit(77)


def reference_runs(qemu, cpu, words):
    """Exit status of a user program of these instruction words (a0 becomes the status)."""
    with tempfile.NamedTemporaryFile(suffix=".elf", delete=False) as f:
        f.write(rs.elf(rs.user_stub(0), rs.pack(words + [rs.addi(17, 0, 93), 0x73]), b"", 4096))
    os.chmod(f.name, 0o755)
    try:
        return subprocess.run([qemu, "-cpu", cpu, f.name], capture_output=True).returncode
    finally:
        os.unlink(f.name)


def reference_model(qemu):
    """(extensions that the reference has, its -cpu, instructions that it gets wrong). What is left out is said."""
    have = {"I", "M", "A", "F", "D", "C", "Zifencei", "Zba", "Zbb", "Zbs"}
    cpu, wrong = "rv64,zba=true,zbb=true,zbs=true", set()
    if reference_runs(qemu, cpu + ",zicond=true", [rs.addi(10, 0, 0)]) == 0:
        have.add("Zicond")
        cpu += ",zicond=true"
    else:
        print("note: this qemu-riscv64 has no Zicond; its instructions are left out here")
    # ctzw of 2^41 is 32 (only the low word counts); QEMU before 8.0 says 41
    if reference_runs(qemu, cpu, [rs.addi(5, 0, 1), rs.i_type(0x13, 1, 5, 5, 41), rs.i_type(0x1B, 1, 10, 5, 0x601)]) != 32:
        print("note: this qemu-riscv64 has ctzw wrong; it is left out here")
        wrong.add("ctzw")
    return have, cpu, wrong


def run(cmd, cwd):
    try:
        return subprocess.run(cmd, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return None


def describe(record):
    names = ["x%d" % n for n in range(1, 32)] + ["f%d" % n for n in range(32)] + ["fcsr"]
    values = struct.unpack_from("<64Q", record)
    return dict(zip(names, values)), record[-256:]


def report(what, k, body, a, b, directory):
    print("FAIL %s stream %d: vmrun (first) differs from qemu-riscv64 (second)" % (what, k))
    ra, ma = describe(a)
    rb, mb = describe(b)
    for name in ra:
        if ra[name] != rb[name]:
            print("  %-5s %016x  %016x" % (name, ra[name], rb[name]))
    for i in range(256):
        if ma[i] != mb[i]:
            print("  scratch[%d] %02x  %02x" % (i - 128, ma[i], mb[i]))
    blob = os.path.join(directory, "stream.bin")
    with open(blob, "wb") as f:
        f.write(b"".join(body))
    objdump = shutil.which("riscv64-linux-gnu-objdump")
    if objdump:
        text = subprocess.run([objdump, "-D", "-b", "binary", "-m", "riscv:rv64", "-M", "no-aliases", blob], capture_output=True,
                              text=True).stdout
        print("\n".join(text.splitlines()[7:]))


def vmrun_modes():
    """[(name, arguments)]"""
    if "VMRUN_DIFF_ARGS" in os.environ:
        return [("vmrun", os.environ["VMRUN_DIFF_ARGS"].split())]
    return modes.of(os.environ.get("VMRUN_DIFF_TEST", "diff"))


def compare(what, arguments, wanted, bodies, d):
    """Failures of vmrun with these arguments in folder d, where the program lies."""
    out = os.path.join(d, "vmrun.out")
    if os.path.exists(out):
        os.unlink(out)
    ours = run([VMRUN, "m.ini"] + arguments, d)
    got = open(out, "rb").read() if os.path.exists(out) else b""
    if ours is None or ours.returncode or len(got) != len(wanted):
        print("FAIL %s: vmrun ended with %s and %d of %d bytes: %s" %
              (what, "a time-out" if ours is None else ours.returncode, len(got), len(wanted), ours and ours.stderr[-500:]))
        return 1
    for k, body in enumerate(bodies):
        a, b = (x[k * rs.RECORD:(k + 1) * rs.RECORD] for x in (got, wanted))
        if a != b:
            report(what, k, body, a, b, d)
            return 1  # later streams start from different memory
    return 0


def one_program(seed, streams, patterns, wrong, have, qemu, cpu, used):
    g = rs.Generator(patterns, seed, have, wrong)
    code, data, bodies = g.program(streams)
    used |= g.used
    length = streams * rs.RECORD
    with tempfile.TemporaryDirectory() as d:
        for name, stub in (("user.elf", rs.user_stub(length)), ("bare.elf", rs.bare_stub(length))):
            with open(os.path.join(d, name), "wb") as f:
                f.write(rs.elf(stub, code, data, length))
            os.chmod(os.path.join(d, name), 0o755)
        with open(os.path.join(d, "m.ini"), "w") as f:
            f.write(INI)
        reference = run([qemu, "-cpu", cpu, "user.elf"], d)
        if reference is None or reference.returncode or len(reference.stdout) != length:
            print("FAIL seed %d: the reference itself did not finish: %s" % (seed, reference and reference.stderr[-300:]))
            return 1
        return sum(compare("seed %d, %s," % (seed, name), arguments, reference.stdout, bodies, d)
                   for name, arguments in vmrun_modes())


def main():
    qemu = find_qemu()
    seed = modes.first_seed()
    total = int(os.environ.get("VMRUN_DIFF_STREAMS", "4000"))
    print("seed %d, %d streams" % (seed, total))
    patterns = rs.load_patterns(os.path.join(SRC, "plugins", "arch-riscv64", "riscv64.decode"))
    have, cpu, wrong = reference_model(qemu)
    used, failures = set(), 0
    for n in range((total + PER_PROGRAM - 1) // PER_PROGRAM):
        failures += one_program(seed + n, min(PER_PROGRAM, total - n * PER_PROGRAM), patterns, wrong, have, qemu, cpu, used)
        if failures >= 3:
            break
    wanted = {p.name for p in rs.Generator(patterns, 0, have, wrong).usable}
    missing = sorted(wanted - used)
    print("patterns tested: %d of %d usable here, %d in the table (the rest is privileged or reserved)" %
          (len(wanted & used), len(wanted), len(patterns)))
    if missing and total >= 2000:
        print("FAIL never generated: " + " ".join(missing))
        failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
