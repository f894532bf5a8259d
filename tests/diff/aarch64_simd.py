#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every floating-point, Advanced SIMD and cryptographic pattern but loads and stores, on corners of each format and in modes of FPCR,
on vmrun and on qemu-aarch64.

FPSR is clear before each instruction, but for IXC in a second run of those that flush; results, FPSR and NZCV go into a sum, one for
each instruction and mode. Where a sum differs the instruction is run again with all its results kept, and the first that differs is
shown.

Environment: as of aarch64_diff.py; VMRUN_DIFF_ROWS: how many rows of operands (default 24; 0: all pairs of corners).
"""
import os
import random
import re
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import aarch64_diff as diff     # noqa: E402, puts modes within reach
import aarch64_streams as a64   # noqa: E402
import modes                    # noqa: E402

CORNERS = {
    16: [0, 0x3C00, 0x3C01, 0x3BFF, 0x7C00, 0x7E00, 0x7E15, 0x7D01, 0x0001, 0x03FF, 0x0400, 0x0401, 0x7BFF, 0x7800, 0x3800, 0x3E00, 0x4100,
         0x57FF, 0x63FF, 0x77FF, 0x0100, 0x00FF],
    32: [0, 0x3F800000, 0x3F800001, 0x3F7FFFFF, 0x7F800000, 0x7FC00000, 0x7FC00123, 0x7F801001, 1, 0x007FFFFF, 0x00800000, 0x00800001,
         0x7F7FFFFF, 0x7F000000, 0x3F000000, 0x3FC00000, 0x40200000, 0x4AFFFFFF, 0x4EFFFFFF, 0x4F000000, 0x4F7FFFFF, 0x5EFFFFFF,
         0x5F7FFFFF, 0x477FE000, 0x477FF000, 0x38800000, 0x387FE000, 0x387FF000, 0x33000000, 0x33000001, 0x001FFFFF, 0x47FFF000],
    64: [0, 0x3FF0000000000000, 0x3FF0000000000001, 0x3FEFFFFFFFFFFFFF, 0x7FF0000000000000, 0x7FF8000000000000, 0x7FF8000012345678,
         0x7FF0000040000001, 1, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x0010000000000001, 0x7FEFFFFFFFFFFFFF, 0x3FE0000000000000,
         0x3FF8000000000000, 0x4004000000000000, 0x41DFFFFFFFC00000, 0x41DFFFFFFFE00000, 0x41E0000000000000, 0x41EFFFFFFFF00000,
         0x43DFFFFFFFFFFFFF, 0x43EFFFFFFFFFFFFF, 0x47EFFFFFE0000000, 0x47EFFFFFF0000000, 0x380FFFFFFFFFFFFF, 0x3810000000000000,
         0x36A0000000000000, 0x3690000000000000, 0x40EFFC0000000000, 0x3F10000000000000, 0x3F0FFC0000000001, 0x0003FFFFFFFFFFFF]}
BYTES = [0, 1, 0x7F, 0x80, 0xFF, 0x40, 0xC0, 8]
ROW = 80  # v0 to v3, x1, NZCV
TABLE, END, SUM, FACTOR, OUT, FLAGS = 9, 18, 19, 20, 22, 23
RMODE, FZ16, FZ, DN, AHP = 22, 1 << 19, 1 << 24, 1 << 25, 1 << 26
MODES = [rm << RMODE for rm in range(4)] + [rm << RMODE | FZ | FZ16 for rm in range(4)] + \
    [DN, AHP, 1 << RMODE | AHP | FZ, 2 << RMODE | FZ | DN | AHP, 3 << RMODE | FZ16]
IXC = 1 << 4
KEPT = 48
PER_PROGRAM = 1500


def lane(r, bits, corners):
    kind = r.randrange(5)
    if kind == 0:
        return r.getrandbits(bits)
    if kind == 1 and bits > 8:
        one = CORNERS[bits][1]
        return one + r.randrange(-1 << (bits - 6), 1 << (bits - 6)) & (1 << bits) - 1
    return r.choice(corners) ^ r.getrandbits(1) << (bits - 1)


def vector(r, bits, first=None):
    corners = CORNERS.get(bits, BYTES)
    v = 0
    for _ in range(128 // bits):
        v = v << bits | lane(r, bits, corners)
    if first is not None:
        v = v >> bits << bits | first
    return v


def same(bits, value):
    return sum(value << i for i in range(0, 128, bits))


def rows(seed, count):
    r = random.Random(seed)
    table = []
    for bits, corners in CORNERS.items():
        signed = [c ^ s << (bits - 1) for c in corners for s in (0, 1)]
        pairs = [(a, b) for a in signed for b in signed]
        if count:
            pairs = r.sample(pairs, min(len(pairs), count // 4))
        for a, b in pairs:
            table.append([vector(r, bits), vector(r, bits, a), vector(r, bits, b), vector(r, bits, r.choice(signed))])
        # What is no part of an operand must not meet a zero or an infinity that is: all lanes of one are that, the others 1.
        one = same(bits, corners[1])
        for special in (same(bits, corners[0]), same(bits, corners[4])):
            table += [[one, special, one, one], [one, one, special, one]]
    table += [[vector(r, 8) for _ in range(4)] for _ in range(count // 4 or 500)]
    packed = []
    for v in table:
        x = r.choice(a64.INT_CORNERS) if r.randrange(2) else r.getrandbits(64) >> r.randrange(64)
        packed.append(b"".join(struct.pack("<2Q", q & (1 << 64) - 1, q >> 64) for q in v) +
                      struct.pack("<2Q", x, r.getrandbits(4) << 28))
    return packed


def is_wrong_in_qemu(p, fpcr):
    """What QEMU 7.2 does otherwise than the manual: FJCVTZS of a denormal number that is flushed sets Z; FCVTZS to a scalar of 16 bits
    extends the sign."""
    return p.name == "fjcvtzs" and fpcr & FZ or p.name == "fcvtzs_fix.sch"


def is_float(p):
    return p.name.startswith(("f", "scvtf", "ucvtf"))


def word_of(r, p):
    """rd = 0, rn = 1, rm = 2, ra = 3, where they are registers; else at random."""
    w = p.value | r.getrandbits(32) & ~p.mask
    for low, reg in ((0, 0), (5, 1), (16, 2), (10, 3)):
        free = not p.mask & 31 << low
        if free and (low != 10 or p.name.startswith(("fmadd", "fmsub", "fnmadd", "fnmsub", "eor3", "bcax"))):
            w = a64.put(w, low, 5, reg)
    return w


def cases(patterns, seed, only):
    """(pattern, word, FPCR, FPSR)"""
    r = random.Random(seed)
    chosen = []
    for p in patterns:
        if p.fmt not in ("simd", "fcsel", "fccmp") or p.is_structure() or not only.search(p.name):
            continue
        words = {word_of(r, p) for _ in range(2 if is_float(p) else 4)}
        chosen += [(p, w, fpcr, fpsr) for w in sorted(words) for fpcr in (MODES if is_float(p) else [0])
                   for fpsr in ((0, IXC) if fpcr & FZ else (0,)) if not is_wrong_in_qemu(p, fpcr)]
    return chosen


def loop(word, fpcr, fpsr, n_rows, keep):
    body = [a64.ldr_q(n, TABLE, 16 * n) for n in range(4)] + [a64.ldr(1, TABLE, 64), a64.ldr(2, TABLE, 72), a64.msr(a64.NZCV, 2)]
    body += a64.mov(0, 5) + [a64.msr(a64.FPSR, FLAGS), word, a64.mrs(a64.FPSR, 2), a64.mrs(a64.NZCV, 3)]
    body += [0x9E660004, 0x9EAE0005]                     # fmov x4, d0; fmov x5, v0.d[1]
    if keep:
        body += [a64.store(reg, OUT, 8 * k) for k, reg in enumerate((4, 5, 0, 2, 3))] + [a64.add(OUT, OUT, KEPT)]
    else:
        body += [0x9B000000 | FACTOR << 16 | reg << 10 | SUM << 5 | SUM for reg in (4, 5, 0, 2, 3)]  # madd
    body += [a64.add(TABLE, TABLE, ROW), 0xEB12013F]     # cmp x9, x18
    body += [0x54000001 | (-len(body) & 0x7FFFF) << 5]
    head = a64.mov(2, fpcr) + [a64.msr(a64.FPCR, 2)] + a64.mov(FLAGS, fpsr) + a64.mov(TABLE, a64.TABLES) + \
        a64.mov(END, a64.TABLES + n_rows * ROW) + a64.mov(SUM, 0)
    return head + body + ([] if keep else [a64.store(SUM, OUT, 0), a64.add(OUT, OUT, 8)])


def program(chosen, table, keep):
    length = len(chosen) * (len(table) * KEPT if keep else 8)
    words = a64.mov(OUT, a64.RESULT) + a64.mov(FACTOR, 0x2545F4914F6CDD1D)
    for _, word, fpcr, fpsr in chosen:
        words += loop(word, fpcr, fpsr, len(table), keep)
    words += a64.mov(0, 1) + a64.mov(1, a64.RESULT) + a64.mov(2, length) + a64.mov(8, 64) + [a64.SVC]
    words += a64.mov(0, 0) + a64.mov(8, 93) + [a64.SVC]
    assert 4 * len(words) < a64.DATA - a64.CODE and len(table) * ROW < a64.RESULT - a64.TABLES, "too much for the layout"
    return a64.pack(words), bytes(4096) + b"".join(table), length


class Runner:
    """Runs one program under the reference and vmrun."""

    def __init__(self, folder, qemu):
        self.folder, self.qemu = folder, qemu
        with open(os.path.join(folder, "m.ini"), "w") as f:
            f.write(diff.INI)

    def load(self, code, data, length):
        self.code, self.length = code, length
        for name, stub in (("user.elf", a64.user_stub()), ("bare.elf", a64.bare_stub())):
            path = os.path.join(self.folder, name)
            with open(path, "wb") as f:
                f.write(a64.elf(stub, code, data, length))
            os.chmod(path, 0o755)

    def reference(self):
        done = diff.run([self.qemu, "-cpu", "max", "user.elf"], self.folder)
        if done is None or done.returncode or len(done.stdout) != self.length:
            sys.exit("FAIL: the reference itself did not finish: %s" % (done and (done.returncode, len(done.stdout), done.stderr[-300:])))
        return done.stdout

    def ours(self, arguments):
        out = os.path.join(self.folder, "vmrun.out")
        if os.path.exists(out):
            os.unlink(out)
        done = diff.run([diff.VMRUN, "m.ini"] + arguments, self.folder)
        got = open(out, "rb").read() if os.path.exists(out) else b""
        if done is None or done.returncode or len(got) != self.length:
            sys.exit("FAIL: vmrun ended with %s and %d of %d bytes: %s%s" %
                     (done and done.returncode, len(got), self.length, done and done.stderr[-400:], diff.explain(got, self.code)))
        return got


def explain(runner, case, table, arguments):
    """The first result that differs."""
    p, word, fpcr, fpsr = case
    runner.load(*program([case], table, True))
    want, got = runner.reference(), runner.ours(arguments)
    for k, row in enumerate(table):
        a, b = (struct.unpack_from("<5Q", x, KEPT * k) for x in (got, want))
        if a != b:
            v = struct.unpack("<10Q", row)
            print("FAIL %s %08x FPCR %#x FPSR %#x of v0 %016x%016x v1 %016x%016x v2 %016x%016x v3 %016x%016x x1 %#x NZCV %#x" %
                  (p.name, word, fpcr, fpsr, v[1], v[0], v[3], v[2], v[5], v[4], v[7], v[6], v[8], v[9]))
            for what, r in (("vmrun", a), ("qemu", b)):
                print("  %-5s v0 %016x%016x x0 %#x FPSR %#x NZCV %#x" % (what, r[1], r[0], r[2], r[3], r[4]))
            return
    print("FAIL %s %08x FPCR %#x: the sum differs, single results do not" % (p.name, word, fpcr))


def main():
    qemu = diff.find_qemu()
    seed = modes.first_seed()
    table = rows(seed, int(os.environ.get("VMRUN_DIFF_ROWS", "24")))
    paths = [os.path.join(diff.SRC, "plugins", "arch-aarch64", name) for name in diff.FILES]
    chosen = cases(a64.load_patterns(paths), seed, re.compile(os.environ.get("VMRUN_DIFF_ONLY", "")))
    print("seed %d, %d patterns, %d cases, %d rows" % (seed, len({c[0].name for c in chosen}), len(chosen), len(table)))
    failures, told = 0, set()
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(folder, qemu)
        for at in range(0, len(chosen), PER_PROGRAM):
            part = chosen[at:at + PER_PROGRAM]
            whole = program(part, table, False)
            runner.load(*whole)
            want = runner.reference()
            for name, arguments in diff.vmrun_modes():
                runner.load(*whole)
                got = runner.ours(arguments)
                wrong = [c for k, c in enumerate(part) if got[8 * k:8 * k + 8] != want[8 * k:8 * k + 8]]
                failures += len(wrong)
                for c in wrong:
                    if len(told) < 40 and c[0].name not in told:
                        told.add(c[0].name)
                        print("%s:" % name)
                        explain(runner, c, table, arguments)
    print("%d cases differ" % failures)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
