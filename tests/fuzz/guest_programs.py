# SPDX-License-Identifier: BSD-2-Clause
"""Random bare-metal riscv64 programs with the control flow that compilers of hot code care about.

Functions call each other, loop, branch, jump through tables, walk arrays, take traps of every kind, are interrupted by a
timer, and rewrite themselves. All that a program does depends on registers and memory alone, so that every engine must end
in the same state. The instructions come from the decode table, by way of tests/diff/riscv64_streams.py.
"""
import os
import struct
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "diff"))
import riscv64_streams as rs  # noqa: E402
from riscv64_streams import addi, b_type, i_type, j_type, ld, lui_addi, pack, r_type, s_type, sd  # noqa: E402

HAVE = {"I", "M", "A", "F", "D", "C", "Zifencei", "Zba", "Zbb", "Zbs", "Zicond"}
CODE = rs.BASE + rs.STUB_SIZE
ARRAY = rs.DATA + 0x2000    # four pages, and room for strays on both sides
STACK = rs.DATA + 0x60000   # grows down; from here on memory is zero
FRAME = rs.DATA + 0x70000   # registers at a trap: x1-x31, f0-f31, fcsr, cause, pc, value, hash, count of interrupts
ACLINT = 0x2000000
FUEL, SP = 3, 4             # x3: what is left to run; x4: the stack
RESERVED = (FUEL, SP)
COUNTERS = (9, 18, 19, 20)  # of counted loops, by depth
FRAME_WORDS = 31 + 32 + 4
HASH, TICKS = 8 * FRAME_WORDS, 8 * FRAME_WORDS + 8

BEQ, BNE, BLT, BGE, BLTU, BGEU = 0, 1, 4, 5, 6, 7


class Assembler:
    """Code with labels: branches and jumps are four bytes, wherever they lead."""

    def __init__(self, base):
        self.base, self.bytes, self.labels, self.fixups, self.names = base, bytearray(), {}, [], 0

    def emit(self, *words):
        self.bytes += pack(words)

    def raw(self, code):
        self.bytes += code

    def new(self):
        self.names += 1
        return self.names

    def label(self, name):
        self.labels[name] = len(self.bytes)

    def branch(self, f3, rs1, rs2, name):
        """Reaches everywhere: the opposite branch over a jump where it is taken far."""
        self.fixups.append((len(self.bytes), name, lambda off: b_type(f3, rs1, rs2, off)))
        self.emit(0)

    def jump(self, rd, name):
        self.fixups.append((len(self.bytes), name, lambda off: j_type(rd, off)))
        self.emit(0)

    def address(self, rd, name):
        """auipc, addi"""
        at = len(self.bytes)
        self.fixups.append((at, name, lambda off: ((off + 0x800) >> 12 & 0xFFFFF) << 12 | rd << 7 | 0x17))
        self.fixups.append((at + 4, name, lambda off: addi(rd, rd, off + 4 & 0xFFF)))
        self.emit(0, 0)

    def finish(self):
        for at, name, encode in self.fixups:
            struct.pack_into("<I", self.bytes, at, encode(self.labels[name] - at) & 0xFFFFFFFF)
        return bytes(self.bytes)


def csr(op, rd, number, rs1):
    return i_type(0x73, op, rd, rs1, number)


MSTATUS, MIE, MTVEC, MSCRATCH, MEPC, MCAUSE, MTVAL = 0x300, 0x304, 0x305, 0x340, 0x341, 0x342, 0x343


def handler():
    """Saves everything, adds it to the hash, goes on behind the instruction, or sets the timer anew."""
    a = Assembler(rs.BASE + 1024)
    a.emit(csr(1, 31, MSCRATCH, 31))                                    # x31 <-> the frame
    a.emit(*[sd(n, 31, 8 * (n - 1)) for n in range(1, 31)])
    a.emit(csr(2, 5, MSCRATCH, 0), sd(5, 31, 8 * 30))
    a.emit(*[s_type(0x27, 3, 31, n, 8 * (31 + n)) for n in range(32)])
    for k, number in enumerate((3, MCAUSE, MEPC, MTVAL)):
        a.emit(csr(2, 5, number, 0), sd(5, 31, 8 * (63 + k)))
    again, interrupt, done, wide = (a.new() for _ in range(4))
    a.emit(ld(6, 31, HASH), addi(7, 31, 0), addi(28, 0, FRAME_WORDS))
    a.label(again)
    a.emit(ld(5, 7, 0), i_type(0x13, 1, 29, 6, 5), r_type(0x33, 0, 0, 6, 6, 29), r_type(0x33, 4, 0, 6, 6, 5))
    a.emit(addi(7, 7, 8), addi(28, 28, -1))
    a.branch(BNE, 28, 0, again)
    a.emit(sd(6, 31, HASH), csr(2, 5, MCAUSE, 0), csr(2, 7, MEPC, 0))
    a.branch(BLT, 5, 0, interrupt)
    a.emit(i_type(3, 5, 6, 7, 0), i_type(0x13, 7, 6, 6, 3), addi(7, 7, 2), addi(5, 0, 3))
    a.branch(BNE, 6, 5, wide)
    a.emit(addi(7, 7, 2))
    a.label(wide)
    a.emit(csr(1, 0, MEPC, 7))
    a.jump(0, done)
    a.label(interrupt)
    a.emit(ld(5, 31, TICKS), addi(5, 5, 1), sd(5, 31, TICKS))
    a.emit(*lui_addi(6, ACLINT + 0x4000))
    # The next one comes after 100 to 611 ticks, of ten instructions each, as the hash says.
    a.emit(*lui_addi(29, ACLINT + 0xBFF8))
    a.emit(ld(7, 29, 0), ld(5, 31, HASH), i_type(0x13, 7, 5, 5, 511), addi(5, 5, 100), r_type(0x33, 0, 0, 7, 7, 5), sd(7, 6, 0))
    a.label(done)
    a.emit(*[ld(n, 31, 8 * (n - 1)) for n in range(1, 31)])
    a.emit(csr(1, 31, MSCRATCH, 31), 0x30200073)
    code = a.finish()
    assert len(code) <= 1024, len(code)
    return code


class Program:
    def __init__(self, patterns, seed):
        self.g = rs.Generator(patterns, seed, HAVE)
        self.r = self.g.r
        self.a = Assembler(CODE)
        self.n_functions = self.r.randrange(1, 5)
        self.functions = [self.a.new() for _ in range(self.n_functions)]
        self.end = self.a.new()
        self.interrupts = self.r.random() < 0.5
        self.left = 0  # pieces that a function may still have

    # ---- pieces ----

    def plain(self, avoid, n):
        for _ in range(n):
            self.a.raw(self.g.simple(avoid=RESERVED + avoid))

    def free(self, avoid, count=1):
        """Registers that nobody needs."""
        pool = [n for n in range(5, 32) if n not in avoid and n != 8]
        return self.r.sample(pool, count)

    def some(self):
        return self.r.randrange(32)

    def burn(self):
        self.a.emit(addi(FUEL, FUEL, -1))
        on = self.a.new()
        self.a.branch(BLT, 0, FUEL, on)
        self.a.jump(0, self.end)
        self.a.label(on)

    def counted_loop(self, avoid, depth):
        if depth >= len(COUNTERS):
            return self.plain(avoid, 2)
        counter, top = COUNTERS[depth], self.a.new()
        self.a.emit(addi(counter, 0, self.r.choice((1, 2, 3, 5, 9, 17))))
        self.a.label(top)
        self.burn()
        self.pieces(avoid + (counter,), depth + 1)
        self.a.emit(addi(counter, counter, -1))
        self.a.branch(BNE, counter, 0, top)

    def open_loop(self, avoid, depth):
        top = self.a.new()
        self.a.label(top)
        self.burn()
        self.pieces(avoid, depth + 1)
        self.a.branch(self.r.choice((BEQ, BNE, BLT, BGE, BLTU, BGEU)), self.some(), self.some(), top)

    def either(self, avoid, depth):
        other, join = self.a.new(), self.a.new()
        self.a.branch(self.r.choice((BEQ, BNE, BLT, BGE, BLTU, BGEU)), self.some(), self.some(), other)
        self.pieces(avoid, depth + 1)
        if self.r.random() < 0.5:
            self.a.jump(0, join)
        self.a.label(other)
        self.plain(avoid, self.r.randrange(0, 4))
        self.a.label(join)

    def call(self, avoid, depth):
        """By jal, or through a register."""
        to, t = self.r.choice(self.functions), self.free(avoid)[0]
        for n in avoid:  # the counters of loops around it
            self.a.emit(addi(SP, SP, -8), sd(n, SP, 0))
        if self.r.random() < 0.5:
            self.a.jump(1, to)
        else:
            self.a.address(t, to)
            self.a.emit(i_type(0x67, 0, 1, t, 0))
        for n in reversed(avoid):
            self.a.emit(ld(n, SP, 0), addi(SP, SP, 8))

    def table(self, avoid, depth):
        """A jump to one of four places."""
        t, u = self.free(avoid, 2)
        cases, join = [self.a.new() for _ in range(4)], self.a.new()
        self.a.emit(i_type(0x13, 7, t, self.some(), 3), i_type(0x13, 1, t, t, 2), u << 7 | 0x17)
        self.a.emit(r_type(0x33, 0, 0, u, u, t), i_type(0x67, 0, 0, u, 12))
        for case in cases:
            self.a.jump(0, case)
        for case in cases:
            self.a.label(case)
            self.plain(avoid, self.r.randrange(1, 3))
            if self.r.random() < 0.7:
                self.a.jump(0, join)
        self.a.label(join)

    def array(self, avoid, depth):
        """Walks memory with several accesses off one base; some lie in pages apart, some are misaligned."""
        r, a = self.r, self.a
        base, t = self.free(avoid, 2)
        step, top, n = r.choice((8, 24, 64, 1, 520, -8)), a.new(), r.randrange(2, 8)
        a.emit(*lui_addi(base, ARRAY + r.randrange(0, 0x4000)))
        a.emit(addi(t, 0, n))
        a.label(top)
        for _ in range(r.randrange(2, 6)):
            off, v = r.choice((0, 8, 16, -8, 40, 1, 1000, -1000, 2040)), self.free(avoid + (base, t))[0]
            f3 = r.randrange(7)
            a.emit(i_type(3, f3, v, base, off) if r.random() < 0.6 else s_type(0x23, f3 & 3, base, self.some(), off))
            if r.random() < 0.2:
                self.plain(avoid + (base, t), 1)
        a.emit(addi(base, base, step), addi(t, t, -1))
        a.branch(BNE, t, 0, top)

    def trap(self, avoid, depth):
        r, t = self.r, self.free(avoid)[0]
        kind = r.randrange(6)
        if kind == 0:
            self.a.emit(0x73)                                    # ecall
        elif kind == 1:
            self.a.emit(0x100073)                                # ebreak
        elif kind == 2:
            self.a.raw(b"\0\0")                                  # illegal
        elif kind == 3:                                          # nothing there
            self.a.emit(1 << 12 | t << 7 | 0x37, ld(self.free(avoid)[0], t, r.randrange(0, 64) * 8))
        elif kind == 4:
            self.a.emit(1 << 12 | t << 7 | 0x37, sd(self.some(), t, 0))
        else:                                                    # a misaligned atomic
            self.a.emit(addi(t, 8, 1), 2 << 27 | t << 15 | 3 << 12 | self.free(avoid)[0] << 7 | 0x2F)

    def device(self, avoid, depth):
        """A status register of the UART, in the middle of other accesses."""
        t, v = self.free(avoid, 2)
        self.a.emit(*lui_addi(t, rs.UART))
        self.a.emit(i_type(3, 4, v, t, 5), ld(v, 8, 0), sd(v, 8, 8), i_type(3, 4, v, t, 5))

    def rewrite(self, avoid, depth):
        """Changes the immediate of an instruction that is run right afterwards, and again in later rounds."""
        t, v = self.free(avoid, 2)
        rd, place = self.free(avoid + (t, v))[0], self.a.new()
        self.a.emit(*lui_addi(v, addi(rd, rd, 0)))
        u = self.free(avoid + (t, v, rd))[0]
        self.a.emit(i_type(0x13, 7, u, self.some(), 3), i_type(0x13, 1, u, u, 20), r_type(0x33, 0, 0, v, v, u))
        self.a.address(t, place)
        self.a.emit(s_type(0x23, 2, t, v, 0), 0x100F)
        self.a.label(place)
        self.a.emit(addi(rd, rd, 1))

    def amo(self, avoid, depth):
        while True:
            p = self.r.choice([q for q in self.g.usable if q.fmt == "amo"])
            w = self.g.word(p)
            if w is not None and not self.g.may_write(w, p) & set(RESERVED + avoid):
                break
        self.a.emit(w)
        if p.name.startswith("lr."):
            sc = next(q for q in self.g.usable if q.name == "sc" + p.name[2:])
            self.a.emit(self.g.word(sc) & ~(31 << 7) | self.free(avoid)[0] << 7)

    KINDS = ((10, None), (5, "counted_loop"), (3, "open_loop"), (6, "either"), (2, "call"), (2, "table"), (5, "array"),
             (3, "trap"), (1, "device"), (2, "rewrite"), (2, "amo"))

    def pieces(self, avoid, depth):
        for _ in range(self.r.randrange(1, 4)):
            kind = self.r.choices([k for _, k in self.KINDS], [w for w, _ in self.KINDS])[0]
            self.left -= 1
            if kind is None or self.left < 0 or depth > 5:
                self.plain(avoid, self.r.randrange(1, 6))
            else:
                getattr(self, kind)(avoid, depth)

    def function(self, name):
        self.a.raw(b"\1\0" * self.r.randrange(0, 3))  # c.nop: not always aligned to four
        self.a.label(name)
        self.a.emit(addi(SP, SP, -8), sd(1, SP, 0))
        self.burn()
        self.left = self.r.randrange(3, 14)
        self.pieces((), 0)
        self.a.emit(ld(1, SP, 0), addi(SP, SP, 8), 0x8067)

    # ---- the whole ----

    def build(self):
        """The ELF file's bytes."""
        again = self.a.new()
        self.a.label(again)
        self.burn()
        self.a.jump(1, self.functions[0])
        self.a.jump(0, again)
        for name in self.functions:
            self.function(name)
        self.a.label(self.end)
        self.a.emit(csr(5, 0, MIE, 0), *lui_addi(5, rs.FINISHER), *lui_addi(6, 0x5555), s_type(0x23, 2, 5, 6, 0), 0x6F)
        code = self.a.finish()
        data = bytearray(0x7000)
        for at in list(range(0, 4096, 16)) + list(range(4096, len(data), 40)):
            struct.pack_into("<Q", data, at, self.g.int_value())
        return rs.elf(self.stub(), code, bytes(data), 4096)

    def stub(self):
        fuel = self.r.choice((300, 2000, 8000))
        first = lui_addi(5, rs.BASE + 1024) + [csr(1, 0, MTVEC, 5)] + lui_addi(5, FRAME) + [csr(1, 0, MSCRATCH, 5)]
        first += lui_addi(5, 0x6000) + [csr(2, 0, MSTATUS, 5)]
        if self.interrupts:
            first += lui_addi(6, ACLINT + 0x4000) + [addi(5, 0, self.r.randrange(8, 200)), sd(5, 6, 0)]
            first += [addi(5, 0, 0x80), csr(1, 0, MIE, 5), csr(6, 0, MSTATUS, 8)]
        for n in range(32):  # some floating-point values, then the integers
            first += lui_addi(5, self.r.getrandbits(31)) + [0xF0000053 | 5 << 15 | n << 7 if n & 1 else 0xD2200053 | 5 << 15 | n << 7]
        for n in range(5, 32):
            first += lui_addi(n, self.r.getrandbits(31) >> self.r.randrange(31))
        first += lui_addi(2, rs.SCRATCH) + lui_addi(8, rs.SCRATCH) + lui_addi(SP, STACK) + lui_addi(FUEL, fuel)
        first += lui_addi(1, CODE) + [i_type(0x67, 0, 0, 1, 0)]
        code = pack(first)
        assert len(code) <= 2048
        # The entry point is the stub's first byte: a jump over the handler, which lies where mtvec says.
        return (pack([j_type(0, 2048)]).ljust(1024, b"\0") + handler().ljust(1024, b"\0") + code.ljust(2048, b"\0"))


def program(seed):
    """(the ELF file's bytes, whether a timer interrupts it)"""
    made = Program(rs.load_patterns(os.path.join(HERE, "..", "..", "plugins", "arch-riscv64", "riscv64.decode")), seed)
    return made.build(), made.interrupts
