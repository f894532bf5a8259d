#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs generated A64 instruction streams on vmrun and on qemu-aarch64 and compares all registers, flags, FPSR and memory.

Environment: VMRUN, VMRUN_SRCDIR, QEMU_AARCH64 (the user-mode emulator), VMRUN_TEST_SEED (first seed; modes.py has the default),
VMRUN_DIFF_STREAMS (how many), VMRUN_DIFF_TEST (the test in tests/modes whose modes of vmrun are run: default diff), or
VMRUN_DIFF_ARGS (arguments for vmrun instead of those); VMRUN_DIFF_ONLY (a regular expression: only patterns whose name it matches).
"""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..")]
import aarch64_streams as streams  # noqa: E402
import modes  # noqa: E402

SRC = os.environ.get("VMRUN_SRCDIR", os.path.join(HERE, "..", ".."))
VMRUN = os.environ.get("VMRUN", "./vmrun")
FILES = ("aarch64.decode", "aarch64-fp.decode", "aarch64-simd.decode")
PER_PROGRAM = 250
INI = """[machine]
memory = 32M
arch = aarch64
board = arm-virt
[boot]
kernel = bare.elf
[chardev out]
type = char-file
path = vmrun.out
[device console]
type = dev-uart
address = %#x
chardev = out
[device finisher]
type = dev-syscon
address = %#x
""" % (streams.UART, streams.FINISHER)


def find_qemu():
    wanted = os.environ.get("QEMU_AARCH64") or "qemu-aarch64-static"
    for name in (wanted, "qemu-aarch64-static", "qemu-aarch64"):
        path = shutil.which(name)
        if path:
            return path
    print("skipped: no qemu-aarch64")
    sys.exit(77)


# What some versions of QEMU get wrong: patterns, and a program whose exit status (w0) is 0 where they are right.
WRONG = (
    # -1.0 as a 16-bit integer leaves the upper bits clear; QEMU 7.2 sets them
    (("fcvtzs_fix.sch", "fcvtzu_fix.sch"),
     [0x52978000, 0x1EE70000, 0x5F15FC01, 0x0E063C20]),  # movz w0, 0xbc00; fmov h0, w0; fcvtzs h1, h0, 11; umov w0, v1.h[1]
)


def reference_runs(qemu, words):
    """Exit status of a user program of these instructions."""
    code = streams.pack(words + streams.mov(8, 93) + [streams.SVC])
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "probe.elf")
        with open(path, "wb") as f:
            f.write(streams.elf(streams.user_stub(), code, b"", 4096))
        os.chmod(path, 0o755)
        return subprocess.run([qemu, "-cpu", "max", path], capture_output=True).returncode


def wrong_patterns(qemu):
    wrong = set()
    for names, words in WRONG:
        if reference_runs(qemu, words) != 0:
            print("note: this qemu-aarch64 has %s wrong; left out here" % " and ".join(names))
            wrong |= set(names)
    return wrong


def run(cmd, cwd):
    try:
        return subprocess.run(cmd, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    except subprocess.TimeoutExpired:
        return None


def describe(record):
    names = ["x%d" % n for n in range(31)] + ["sp", "nzcv", "fpsr", "fpcr"]
    values = dict(zip(names, struct.unpack_from("<35Q", record)))
    for n in range(32):
        low, high = struct.unpack_from("<2Q", record, 35 * 8 + 16 * n)
        values["v%d" % n] = high << 64 | low
    return values, record[-streams.WINDOW:]


def disassemble(body, directory):
    objdump = shutil.which("aarch64-linux-gnu-objdump")
    blob = os.path.join(directory, "stream.bin")
    with open(blob, "wb") as f:
        f.write(streams.pack(body))
    if not objdump:
        return "\n".join("  %08x" % w for w in body)
    text = subprocess.run([objdump, "-D", "-b", "binary", "-m", "aarch64", blob], capture_output=True, text=True).stdout
    return "\n".join(text.splitlines()[7:])


def report(what, k, body, a, b, directory):
    print("FAIL %s stream %d: vmrun (first) differs from qemu-aarch64 (second)" % (what, k))
    ra, ma = describe(a)
    rb, mb = describe(b)
    for name in ra:
        if ra[name] != rb[name]:
            print("  %-5s %032x  %032x" % (name, ra[name], rb[name]))
    for i in range(streams.WINDOW):
        if ma[i] != mb[i]:
            print("  scratch[%d] %02x  %02x" % (i - streams.WINDOW // 2, ma[i], mb[i]))
    print(disassemble(body, directory))


def vmrun_modes():
    """[(name, arguments)]"""
    if "VMRUN_DIFF_ARGS" in os.environ:
        return [("vmrun", os.environ["VMRUN_DIFF_ARGS"].split())]
    return modes.of(os.environ.get("VMRUN_DIFF_TEST", "diff"))


def explain(out, code):
    """What the stub reports of an exception that is no svc."""
    if len(out) != 24:
        return ""
    esr, elr, far = struct.unpack("<3Q", out)
    at = elr - streams.CODE
    word = struct.unpack_from("<I", code, at)[0] if 0 <= at < len(code) else 0
    return "; exception with ESR %#x at %#x (word %08x), FAR %#x" % (esr, elr, word, far)


def compare(what, arguments, wanted, code, bodies, d):
    """Failures of vmrun with these arguments in folder d, where the program lies."""
    out = os.path.join(d, "vmrun.out")
    if os.path.exists(out):
        os.unlink(out)
    ours = run([VMRUN, "m.ini"] + arguments, d)
    got = open(out, "rb").read() if os.path.exists(out) else b""
    if ours is None or ours.returncode or len(got) != len(wanted):
        print("FAIL %s: vmrun ended with %s and %d of %d bytes: %s%s" %
              (what, "a time-out" if ours is None else ours.returncode, len(got), len(wanted), ours and ours.stderr[-500:],
               explain(got, code)))
        return 1
    for k, body in enumerate(bodies):
        a, b = (x[k * streams.RECORD:(k + 1) * streams.RECORD] for x in (got, wanted))
        if a != b:
            report(what, k, body, a, b, d)
            return 1  # later streams start from different memory
    return 0


def one_program(g, seed, count, qemu):
    code, data, bodies = g.program(count)
    length = count * streams.RECORD
    with tempfile.TemporaryDirectory() as d:
        for name, stub in (("user.elf", streams.user_stub()), ("bare.elf", streams.bare_stub())):
            with open(os.path.join(d, name), "wb") as f:
                f.write(streams.elf(stub, code, data, length))
            os.chmod(os.path.join(d, name), 0o755)
        with open(os.path.join(d, "m.ini"), "w") as f:
            f.write(INI)
        reference = run([qemu, "-cpu", "max", "user.elf"], d)
        if reference is None or reference.returncode or len(reference.stdout) != length:
            print("FAIL seed %d: the reference itself did not finish: %s" %
                  (seed, reference and (reference.returncode, reference.stderr[-300:])))
            return 1
        return sum(compare("seed %d, %s," % (seed, name), arguments, reference.stdout, code, bodies, d)
                   for name, arguments in vmrun_modes())


def main():
    qemu = find_qemu()
    seed = modes.first_seed()
    total = int(os.environ.get("VMRUN_DIFF_STREAMS", "2000"))
    print("seed %d, %d streams" % (seed, total))
    paths = [os.path.join(SRC, "plugins", "arch-aarch64", name) for name in FILES]
    patterns = streams.load_patterns(paths)
    only, wrong = re.compile(os.environ.get("VMRUN_DIFF_ONLY", "")), wrong_patterns(qemu)
    used, failures = set(), 0
    for n in range((total + PER_PROGRAM - 1) // PER_PROGRAM):
        g = streams.Generator(patterns, seed + n, only, wrong)
        failures += one_program(g, seed + n, min(PER_PROGRAM, total - n * PER_PROGRAM), qemu)
        used |= g.used
        if failures >= 3:
            break
    wanted = {p.name for p in streams.Generator(patterns, 0, only, wrong).usable}
    missing = sorted(wanted - used)
    print("patterns tested: %d of %d usable here, %d in the tables (the rest is privileged or not a function of registers alone)" %
          (len(wanted & used), len(wanted), len(patterns)))
    if missing and total >= 2000 and not failures:
        print("FAIL never generated: " + " ".join(missing))
        failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
