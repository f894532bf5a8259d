#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every F and D instruction in every rounding mode, static and dynamic, on vmrun and on qemu-riscv64.

The operands are all pairs of values from where formats and integer types begin and end, with a third one, and random triples. Flags
are clear before each instruction; results and flags go into a sum, one for each instruction and mode. Where a sum differs the
instruction is run again with all its results kept, and the first that differs is shown.

Environment: as of riscv64_diff.py. VMRUN_DIFF_ARGS may hold several sets of arguments, with `;` between: each is tried.
"""
import os
import random
import struct
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import riscv64_diff as diff     # noqa: E402, puts modes within reach
import modes                    # noqa: E402
import riscv64_streams as rs    # noqa: E402

DOUBLES = [
    0x0000000000000000, 0x3FF0000000000000, 0x3FF0000000000001, 0x3FEFFFFFFFFFFFFF, 0x7FF0000000000000, 0x7FF8000000000000,
    0x7FF0000000000001, 0x0000000000000001, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x0010000000000001, 0x7FEFFFFFFFFFFFFF,
    0x3FE0000000000000, 0x3FF8000000000000, 0x4004000000000000, 0x41DFFFFFFFC00000, 0x41DFFFFFFFE00000, 0x41E0000000000000,
    0x41E0000000100000, 0x41EFFFFFFFE00000, 0x41EFFFFFFFF00000, 0x41F0000000000000, 0x432FFFFFFFFFFFFF, 0x43DFFFFFFFFFFFFF,
    0x43E0000000000000, 0x43EFFFFFFFFFFFFF, 0x43F0000000000000, 0x47EFFFFFE0000000, 0x47EFFFFFF0000000, 0x380FFFFFFFFFFFFF]
SINGLES = [
    0x00000000, 0x3F800000, 0x3F800001, 0x3F7FFFFF, 0x7F800000, 0x7FC00000, 0x7F800001, 0x00000001, 0x007FFFFF, 0x00800000,
    0x00800001, 0x7F7FFFFF, 0x3F000000, 0x3FC00000, 0x40200000, 0x4AFFFFFF, 0x4EFFFFFF, 0x4F000000, 0x4F7FFFFF, 0x4F800000,
    0x5EFFFFFF, 0x5F000000, 0x5F7FFFFF, 0x5F800000]
INTS = [
    0, 1, 0x7F, 0x1000001, 0x1000003, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x100000000, 0x20000000000001, 0x7FFFFFFFFFFFFDFF,
    0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x8000000000000401, 0xFFFFFFFFFFFFFBFF, 0xFFFFFFFF80000000, 0xFFFFFFFF7FFFFFFF,
    0xFFFFFFFFFFFFFFFF]
ROW = 7 * 8  # three doubles, three boxed singles, an integer
RANDOM_ROWS = 1000
FA, A0, A1, A2 = 10, 10, 11, 12  # operands from fa0 and a0 on; fa3 or a1 is the result
TABLE, END, SUM, FCSR, FACTOR, OUT = 9, 18, 19, 20, 21, 22


def value(r, corners, bits):
    """A corner of either sign, or something random: any bits, or near one."""
    kind = r.randrange(4)
    if kind == 0:
        return r.getrandbits(bits)
    if kind == 1:
        one = 0x3F8 << (bits - 12)
        return one + r.randrange(-1 << (bits - 6), 1 << (bits - 6)) & (1 << bits) - 1
    return r.choice(corners) ^ r.getrandbits(1) << (bits - 1)


def rows(seed):
    r = random.Random(seed)
    doubles = [v ^ s << 63 for v in DOUBLES for s in (0, 1)]
    singles = [v ^ s << 31 for v in SINGLES for s in (0, 1)]
    table = []
    for i in range(len(doubles) ** 2 + RANDOM_ROWS):
        if i < len(doubles) ** 2:
            d = [doubles[i % len(doubles)], doubles[i // len(doubles)], value(r, DOUBLES, 64)]
            s = [singles[i % len(singles)], singles[i // len(singles) % len(singles)], value(r, SINGLES, 32)]
        else:
            d, s = [value(r, DOUBLES, 64) for _ in range(3)], [value(r, SINGLES, 32) for _ in range(3)]
        s = [0xFFFFFFFF00000000 | v for v in s]
        if r.randrange(16) == 0:  # not boxed: counts as a NaN
            s[r.randrange(3)] = r.choice((r.getrandbits(64), 0xFFFFFFFE3F800000, 0x3F800000))
        table.append(d + s + [r.choice(INTS) if r.randrange(2) else r.getrandbits(64) >> r.randrange(64)])
    return table


def instructions(patterns):
    """(name, word, mode of frm) of every instruction in every mode."""
    chosen = []
    for p in patterns:
        if p.width != 32 or p.fmt != "fp":
            continue
        word = p.value
        for mask, field in ((31 << 7, 13 if is_float_result(p.name) else A1), (31 << 15, FA), (31 << 20, FA + 1), (31 << 27, FA + 2)):
            if not p.mask & mask:
                word |= field * (mask & -mask)
        if p.mask >> 12 & 7:
            chosen.append((p.name, word, 0))
            continue
        for rm in range(5):
            chosen.append(("%s rm=%d" % (p.name, rm), word | rm << 12, (rm + 1) % 5))
            chosen.append(("%s frm=%d" % (p.name, rm), word | 7 << 12, rm))
    return chosen


def is_float_result(name):
    return not name.startswith(("feq", "flt", "fle", "fclass", "fmv.x", "fcvt.w", "fcvt.l"))


def is_integer_source(name):
    op, to, *source = name.split(".")
    return (op, source) in (("fcvt", ["w"]), ("fcvt", ["wu"]), ("fcvt", ["l"]), ("fcvt", ["lu"]), ("fmv", ["x"]))


def loop(name, word, frm, n_rows, keep):
    """Runs one instruction on all rows; appends its sum, or with `keep` each result and its flags, at x22."""
    name = name.split()[0]
    single = name.split(".")[-1] in ("s", "w") and not is_integer_source(name)
    body = [rs.i_type(7, 3, FA + k, TABLE, 8 * k + (24 if single else 0)) for k in range(3)]
    body += [rs.ld(A0, TABLE, 48), rs.i_type(0x73, 1, 0, FCSR, 3), word]
    if is_float_result(name):
        body += [0xE2000053 | 13 << 15 | A1 << 7]     # fmv.x.d a1, fa3
    body += [rs.i_type(0x73, 2, A2, 0, 3)]            # frcsr a2
    for reg in (A1, A2):
        body += [rs.sd(reg, OUT, 0), rs.addi(OUT, OUT, 8)] if keep else \
            [rs.r_type(0x33, 0, 1, SUM, SUM, FACTOR), rs.r_type(0x33, 0, 0, SUM, SUM, reg)]
    body += [rs.addi(TABLE, TABLE, ROW)]
    head = rs.lui_addi(TABLE, rs.TABLES) + rs.lui_addi(END, rs.TABLES + n_rows * ROW) + [rs.addi(FCSR, 0, frm << 5), rs.addi(SUM, 0, 0)]
    end = [rs.b_type(1, TABLE, END, -4 * len(body))]
    return head + body + end + ([] if keep else [rs.sd(SUM, OUT, 0), rs.addi(OUT, OUT, 8)])


def program(chosen, table, keep):
    words = rs.lui_addi(OUT, rs.RESULT) + rs.lui_addi(FACTOR, 0x2545F491)
    for name, word, frm in chosen:
        words += loop(name, word, frm, len(table), keep)
    words += rs.lui_addi(5, rs.BASE + 2048) + [rs.i_type(0x67, 0, 0, 5, 0)]
    data = bytes(rs.TABLES - rs.DATA) + b"".join(struct.pack("<7Q", *row) for row in table)
    return rs.pack(words), data, len(chosen) * (len(table) * 16 if keep else 8)


class Runner:
    """Runs one program under the reference and vmrun."""

    def __init__(self, folder, qemu, cpu):
        self.folder, self.qemu, self.cpu = folder, qemu, cpu
        with open(os.path.join(folder, "m.ini"), "w") as f:
            f.write(diff.INI)

    def load(self, code, data, length):
        self.length = length
        for name, stub in (("user.elf", rs.user_stub(length)), ("bare.elf", rs.bare_stub(length))):
            path = os.path.join(self.folder, name)
            with open(path, "wb") as f:
                f.write(rs.elf(stub, code, data, length))
            os.chmod(path, 0o755)

    def reference(self):
        done = diff.run([self.qemu, "-cpu", self.cpu, "user.elf"], self.folder)
        if done is None or done.returncode or len(done.stdout) != self.length:
            sys.exit("FAIL: the reference itself did not finish: %s" % (done and done.stderr[-300:]))
        return done.stdout

    def ours(self, arguments):
        done = diff.run([diff.VMRUN, "m.ini"] + arguments, self.folder)
        with open(os.path.join(self.folder, "vmrun.out"), "rb") as f:
            got = f.read()
        if done is None or done.returncode or len(got) != self.length:
            sys.exit("FAIL: vmrun %s ended with %s and %d of %d bytes: %s" % (
                " ".join(arguments), "a time-out" if done is None else done.returncode, len(got), self.length, done and done.stderr[-500:]))
        return got


def explain(runner, one, table, arguments):
    runner.load(*program([one], table, True))
    want, got = (struct.unpack("<%dQ" % (2 * len(table)), x) for x in (runner.reference(), runner.ours(arguments)))
    for i, row in enumerate(table):
        a, b = got[2 * i:2 * i + 2], want[2 * i:2 * i + 2]
        if a != b:
            print("  row %s:\n  vmrun %016x fcsr %02x, qemu %016x fcsr %02x" % (" ".join("%016x" % v for v in row), *a, *b))
            return
    print("  alone it is the same")


def main():
    qemu = diff.find_qemu()
    seed = modes.first_seed()
    table = rows(seed)
    chosen = instructions(rs.load_patterns(os.path.join(diff.SRC, "plugins", "arch-riscv64", "riscv64.decode")))
    print("seed %d, %d instructions and modes on %d rows" % (seed, len(chosen), len(table)))
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        runner = Runner(folder, qemu, diff.reference_model(qemu)[1])
        first = program(chosen, table, False)
        runner.load(*first)
        want = runner.reference()
        for text in os.environ.get("VMRUN_DIFF_ARGS", "").split(";"):
            runner.load(*first)
            got = runner.ours(text.split())
            wrong = [one for i, one in enumerate(chosen) if got[8 * i:8 * i + 8] != want[8 * i:8 * i + 8]]
            for one in wrong[:3]:
                print("FAIL %s, vmrun %s" % (one[0], text))
                explain(runner, one, table, text.split())
            failures += len(wrong)
    print("%d differ" % failures)
    return 1 if failures or len(chosen) < 300 else 0


if __name__ == "__main__":
    sys.exit(main())
