# SPDX-License-Identifier: BSD-2-Clause
"""Random riscv64 instruction streams, made from the decode table itself.

A program holds many streams. Each loads every register from a table, runs its instructions, and appends all registers, fcsr and the
scratch memory to a result area. The same bytes run as a Linux user program and on bare metal: only the first page, which knows how to
start and how to write the result out, differs.
"""
import random
import struct

BASE = 0x80000000
STUB_SIZE = 4096
DATA = 0x80400000      # scratch and save area; then the streams' register tables
SCRATCH = DATA + 1024  # what x8 and x2 point to: -128 .. +127 is scratch, +256 .. the save area
TABLES = DATA + 4096
RESULT = 0x80800000
RECORD = 31 * 8 + 32 * 8 + 8 + 256
PINNED = (2, 8)        # always SCRATCH
UART, FINISHER = 0x10000000, 0x100000

# What a user program cannot do, or what is not a function of registers and memory alone. csr* are tried on fflags, frm and fcsr.
EXCLUDED = {
    "ecall", "ebreak", "c.ebreak", "sret", "mret", "wfi", "sfence.vma", "sinval.vma", "sfence.w.inval", "sfence.inval.ir",
    "cbo.inval", "cbo.clean", "cbo.flush", "cbo.zero", "c.addi16sp",
}


class Pattern:
    def __init__(self, name, bits, fmt, exts):
        self.name, self.fmt, self.exts = name, fmt, exts
        self.width = len(bits)
        self.mask = int("".join("0" if c == "." else "1" for c in bits), 2)
        self.value = int(bits.replace(".", "0"), 2)
        self.fixed = bin(self.mask).count("1")

    def matches(self, word):
        return word & self.mask == self.value


def load_patterns(path):
    patterns = []
    with open(path) as f:
        for line in f:
            line = line.split("#")[0].split()
            if not line:
                continue
            k = 1
            bits = ""
            while k < len(line) and set(line[k]) <= set("01.") and len(bits) not in (16, 32):
                bits += line[k]
                k += 1
            if len(bits) == 16 and bits.endswith("11"):
                while len(bits) < 32:
                    bits += line[k]
                    k += 1
            while len(bits) < 32 and k < len(line) and set(line[k]) <= set("01."):
                bits += line[k]
                k += 1
            assert len(bits) in (16, 32), (path, line)
            patterns.append(Pattern(line[0], bits, line[k], line[k + 1].split(",")))
    return patterns


def r_type(op, f3, f7, rd, rs1, rs2):
    return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op


def i_type(op, f3, rd, rs1, imm):
    return (imm & 0xFFF) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op


def s_type(op, f3, rs1, rs2, imm):
    imm &= 0xFFF
    return (imm >> 5) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm & 31) << 7 | op


def b_type(f3, rs1, rs2, imm):
    return ((imm >> 12 & 1) << 31 | (imm >> 5 & 63) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (imm >> 1 & 15) << 8 |
            (imm >> 11 & 1) << 7 | 0x63)


def j_type(rd, imm):
    return (imm >> 20 & 1) << 31 | (imm >> 1 & 0x3FF) << 21 | (imm >> 11 & 1) << 20 | (imm >> 12 & 0xFF) << 12 | rd << 7 | 0x6F


def addi(rd, rs1, imm):
    return i_type(0x13, 0, rd, rs1, imm)


def ld(rd, rs1, imm):
    return i_type(3, 3, rd, rs1, imm)


def sd(rs2, rs1, imm):
    return s_type(0x23, 3, rs1, rs2, imm)


def lui_addi(rd, value):
    """Loads a 32-bit unsigned address below 0x80000000 + 2^31 into rd."""
    low = value & 0xFFF
    low -= 0x1000 if low >= 0x800 else 0
    high = (value - low) >> 12 & 0xFFFFF
    # lui sign-extends: clear the upper half
    return [high << 12 | rd << 7 | 0x37, addi(rd, rd, low), i_type(0x13, 1, rd, rd, 32), i_type(0x13, 5, rd, rd, 32)]


def pack(words):
    return b"".join(struct.pack("<I", w & 0xFFFFFFFF) for w in words)


INT_CORNERS = [0, 1, 2, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x80000000, 0x7FFFFFFF, 0xFFFFFFFF, 0x100000000,
               0xFFFFFFFF80000000, 63, 64, 31, 32, 0x5555555555555555]
F64_CORNERS = [0x0000000000000000, 0x8000000000000000, 0x3FF0000000000000, 0xBFF0000000000000, 0x7FF0000000000000,
               0xFFF0000000000000, 0x7FF8000000000000, 0x7FF0000000000001, 0xFFF8000000000123, 0x0000000000000001,
               0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF, 0x3FEFFFFFFFFFFFFF, 0x43E0000000000000,
               0x41DFFFFFFFC00000, 0xC1E0000000000000, 0x3FE0000000000000]
F32_CORNERS = [0x00000000, 0x80000000, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 0x00000001,
               0x007FFFFF, 0x00800000, 0x7F7FFFFF, 0x4F000000, 0xCF000000, 0x5F000000, 0x3F000000]


class Generator:
    def __init__(self, patterns, seed, have, wrong=()):
        self.r = random.Random(seed)
        self.all = patterns
        self.usable = [p for p in patterns if p.name not in EXCLUDED and p.name not in wrong and ".reserved." not in p.name and set(p.exts) <= have]
        self.used = set()

    def int_value(self):
        r = self.r
        kind = r.randrange(4)
        if kind == 0:
            return r.choice(INT_CORNERS)
        if kind == 1:
            return r.getrandbits(r.randrange(1, 65))
        if kind == 2:
            return (-r.getrandbits(r.randrange(1, 40))) & 0xFFFFFFFFFFFFFFFF
        return r.getrandbits(64)

    def float_value(self):
        r = self.r
        kind = r.randrange(6)
        if kind == 0:
            return r.choice(F64_CORNERS)
        if kind == 1:
            return 0xFFFFFFFF00000000 | r.choice(F32_CORNERS)
        if kind == 2:
            return 0xFFFFFFFF00000000 | r.getrandbits(32)
        if kind == 3:
            return 0xFFFFFFFF00000000 | (0x3F800000 + r.randrange(-0x2000000, 0x2000000))
        if kind == 4:
            return 0x3FF0000000000000 + r.randrange(-1 << 56, 1 << 56)
        return r.getrandbits(64)

    def best(self, word):
        width = 32 if word & 3 == 3 else 16
        hits = [p for p in self.all if p.width == width and p.matches(word)]
        return max(hits, key=lambda p: p.fixed) if hits else None

    def dest(self, float_reg=False):
        while True:
            rd = self.r.randrange(32)
            if float_reg or rd not in PINNED:
                return rd

    def offset(self):
        return self.r.randrange(-128, 120)

    def word(self, p):
        """One word of pattern p that is safe to run, or None to try again."""
        r = self.r
        w = p.value | (r.getrandbits(p.width) & ~p.mask)
        rd, rs1 = w >> 7 & 31, w >> 15 & 31
        f = p.fmt
        if p.width == 16:
            return self.compressed(p, w)
        base = r.choice(PINNED)
        if f == "csr":
            imm_form = p.name.endswith("i")
            csr = r.choice((1, 3)) if not imm_form else r.choice((1, 2, 3))
            if csr == 3 and not imm_form:
                csr = 1  # a register could hold an invalid frm
            value = rs1 if imm_form else r.choice([x for x in range(32)])
            if csr == 2:
                if p.name != "csrrwi":
                    return None
                value = r.randrange(5)
            if csr == 3 and (p.name != "csrrwi" and p.name != "csrrci"):
                return None
            return (w & 0x707F) | csr << 20 | value << 15 | self.dest() << 7
        is_float_rd = p.name.startswith("f") and not p.name.startswith("fence")
        if is_float_rd and any(p.name.startswith(x) for x in ("feq", "flt", "fle", "fclass", "fmv.x", "fcvt.w", "fcvt.l")):
            is_float_rd = p.name in ("flw",)
        if f == "amo":
            w = w & ~(31 << 15) | 8 << 15
        elif p.name in ("lb", "lh", "lw", "ld", "lbu", "lhu", "lwu", "flw", "fld"):
            w = w & ~(31 << 15 | 0xFFF << 20) | base << 15 | (self.offset() & 0xFFF) << 20
        elif f == "s":
            off = self.offset() & 0xFFF
            w = w & ~(31 << 15 | 0x7F << 25 | 31 << 7) | base << 15 | (off >> 5) << 25 | (off & 31) << 7
            return w
        if f == "fp" and p.mask >> 12 & 7 == 0:
            w = w & ~(7 << 12) | r.choice((0, 1, 2, 3, 4, 7, 7, 7)) << 12
        if p.name in ("fence", "fence.i"):
            return p.value | (0x0FF00000 if p.name == "fence" else 0)
        if rd in PINNED and not is_float_rd:
            w = w & ~(31 << 7) | self.dest() << 7
        return w

    def compressed(self, p, w):
        rd, rdp, rs1p, rs1p_alu = w >> 7 & 31, 8 + (w >> 2 & 7), 8 + (w >> 7 & 7), 8 + (w >> 7 & 7)
        f = p.fmt
        if f in ("c_load_w", "c_load_d", "c_store_w", "c_store_d"):
            w &= ~(7 << 7)             # base x8
            w &= ~(1 << 12 | 1 << 5)   # offset below 128
            if f.endswith("_d"):
                w &= ~(1 << 6)
            if f.startswith("c_load") and rdp == 8 and p.name != "c.fld":
                return None
            return w
        if f in ("c_loadsp_w", "c_loadsp_d"):
            w &= ~(7 << 2)
            return w if p.name == "c.fldsp" or (rd not in PINNED and rd) else None
        if f in ("c_storesp_w", "c_storesp_d"):
            return w & ~(7 << 7 | 1 << 12)
        if f == "c_addi4spn":
            return w if rdp != 8 and w >> 5 & 0xFF else None
        if f in ("c_alu_imm", "c_andi", "c_alu"):
            return w if rs1p_alu != 8 else None
        if f in ("c_imm", "c_li", "c_lui", "c_slli", "c_mv", "c_add"):
            if rd in PINNED or (f in ("c_mv", "c_add") and not w >> 2 & 31) or (p.name == "c.addiw" and rd == 0):
                return None
            if f == "c_lui" and not w & 0x107C:
                return None
            return w
        return w if f not in ("c_j", "c_branch", "c_jr", "c_jalr") else None

    def simple(self, avoid=()):
        """A single instruction without control flow, as (bytes, text)."""
        while True:
            p = self.r.choice(self.usable)
            if p.fmt in ("b", "j", "c_j", "c_branch", "c_jr", "c_jalr") or p.name == "jalr" or p.fmt == "amo":
                continue
            w = self.word(p)
            if w is None or self.best(w) is not p:
                continue
            if avoid and self.may_write(w, p) & set(avoid):
                continue
            self.used.add(p.name)
            return struct.pack("<I" if p.width == 32 else "<H", w)

    @staticmethod
    def may_write(w, p):
        return {w >> 7 & 31} if p.width == 32 else {w >> 7 & 31, 8 + (w >> 2 & 7), 8 + (w >> 7 & 7)}

    def item(self):
        """One instruction or a small group with control flow."""
        r = self.r
        kind = r.randrange(20)
        p = None
        if kind == 0:    # forward branch over one instruction
            p = r.choice([q for q in self.usable if q.fmt == "b"])
            skipped = self.simple()
            code = struct.pack("<I", p.value | b_type(0, r.randrange(32), r.randrange(32), 4 + len(skipped)) & ~0x707F) + skipped
        elif kind == 1 and any(q.fmt == "c_branch" for q in self.usable):
            p = r.choice([q for q in self.usable if q.fmt == "c_branch"])
            skipped = self.simple()
            off = 2 + len(skipped)
            code = struct.pack("<H", p.value | r.randrange(8) << 7 | (off >> 1 & 3) << 3) + skipped
        elif kind == 2:  # jal forward
            skipped = self.simple()
            p = next(q for q in self.usable if q.name == "jal")
            code = struct.pack("<I", j_type(self.dest(), 4 + len(skipped))) + skipped
        elif kind == 3:  # auipc + jalr to the next instruction
            t = self.dest() or 5
            p = next(q for q in self.usable if q.name == "jalr")
            code = pack([t << 7 | 0x17, i_type(0x67, 0, self.dest(), t, 8)])
        elif kind == 4:  # counted loop
            body = b"".join(self.simple(avoid=(5,)) for _ in range(r.randrange(1, 4)))
            p = next(q for q in self.usable if q.name == "bne")
            code = pack([addi(5, 0, r.randrange(1, 6))]) + body + pack([addi(5, 5, -1), b_type(1, 5, 0, -len(body) - 4)])
        elif kind in (5, 6):
            p = r.choice([q for q in self.usable if q.fmt == "amo"])
            w = self.word(p)
            if p.name.startswith("lr."):   # followed by a fitting store-conditional
                sc = next(q for q in self.usable if q.name == "sc" + p.name[2:])
                code = struct.pack("<II", w, self.word(sc))
                self.used.add(sc.name)
            else:
                code = struct.pack("<I", w)
        elif kind == 7 and any(q.name == "c.j" for q in self.usable):
            skipped = self.simple()
            off = 2 + len(skipped)
            name = r.choice(("c.j", "c.jr", "c.jalr"))
            p = next(q for q in self.usable if q.name == name)
            if name == "c.j":
                code = struct.pack("<H", p.value | (off >> 1 & 7) << 3) + skipped
            else:
                t = self.dest() or 6
                code = pack([t << 7 | 0x17, addi(t, t, 10)]) + struct.pack("<H", p.value | t << 7)
        else:
            return self.simple()
        self.used.add(p.name)
        return code

    def stream(self, table):
        """Code of one stream and its register table."""
        x = [self.int_value() for _ in range(32)]
        x[2] = x[8] = SCRATCH
        regs = [self.float_value() for _ in range(32)] + [self.r.randrange(5) << 5 | self.r.randrange(32)] + x
        load = lui_addi(31, table)
        load += [i_type(7, 3, n, 31, n * 8) for n in range(32)]
        load += [ld(1, 31, 256), i_type(0x73, 1, 0, 1, 3)]
        load += [ld(n, 31, 264 + 8 * n) for n in range(1, 31)] + [ld(31, 31, 264 + 8 * 31)]
        body = [self.item() for _ in range(self.r.randrange(4, 40))]
        save = [sd(n, 8, 256 + 8 * (n - 1)) for n in range(1, 32)]
        save += [s_type(0x27, 3, 8, n, 504 + 8 * n) for n in range(32)]
        save += [i_type(0x73, 2, 5, 0, 3), sd(5, 8, 760)]
        # x31: where the record goes, kept in memory at SCRATCH - 256
        save += [ld(31, 8, -256)]
        for k in range((RECORD - 256) // 8):
            save += [ld(5, 8, 256 + 8 * k), sd(5, 31, 8 * k)]
        for k in range(32):
            save += [ld(5, 8, -128 + 8 * k), sd(5, 31, RECORD - 256 + 8 * k)]
        save += [addi(31, 31, RECORD), sd(31, 8, -256)]
        return pack(load) + b"".join(body) + pack(save), struct.pack("<65Q", *regs), body

    def program(self, streams):
        """Everything behind the stub: code (at BASE + STUB_SIZE), data (at DATA) and the streams' bodies for reports."""
        code, tables, bodies = b"", b"", []
        for k in range(streams):
            c, t, body = self.stream(TABLES + len(tables))
            code += c + (b"" if len(c) % 4 == 0 else struct.pack("<H", 1))
            tables += t
            bodies.append(body)
        code += pack(lui_addi(5, BASE + 2048) + [i_type(0x67, 0, 0, 5, 0)])
        assert len(code) < DATA - BASE - STUB_SIZE, "too many streams for the layout"
        scratch = bytearray(4096)
        struct.pack_into("<Q", scratch, 1024 - 256, RESULT)
        for k in range(256):
            scratch[1024 - 128 + k] = self.r.getrandbits(8)
        return code, bytes(scratch) + tables, bodies


def user_stub(length):
    first = lui_addi(5, BASE + STUB_SIZE) + [i_type(0x67, 0, 0, 5, 0)]
    second = [addi(10, 0, 1)] + lui_addi(11, RESULT) + lui_addi(12, length) + [addi(17, 0, 64), 0x73]
    second += [addi(10, 0, 0), addi(17, 0, 93), 0x73]
    return pack(first).ljust(2048, b"\0") + pack(second).ljust(2048, b"\0")


def bare_stub(length):
    fail_at = BASE + 1024
    first = lui_addi(5, fail_at) + [i_type(0x73, 1, 0, 5, 0x305)]        # mtvec
    first += lui_addi(5, 0x6000) + [i_type(0x73, 2, 0, 5, 0x300)]        # mstatus.FS
    first += lui_addi(5, BASE + STUB_SIZE) + [i_type(0x67, 0, 0, 5, 0)]
    fail = lui_addi(5, FINISHER) + lui_addi(6, 0x13333) + [s_type(0x23, 2, 5, 6, 0), 0x6F]
    second = lui_addi(11, RESULT) + lui_addi(12, length) + lui_addi(13, UART) + [r_type(0x33, 0, 0, 12, 11, 12)]
    loop = [i_type(3, 4, 6, 13, 5), i_type(0x13, 7, 6, 6, 0x20), b_type(0, 6, 0, -8), i_type(3, 4, 6, 11, 0),
            s_type(0x23, 0, 13, 6, 0), addi(11, 11, 1), b_type(1, 11, 12, -24)]
    loop += lui_addi(5, FINISHER) + lui_addi(6, 0x5555) + [s_type(0x23, 2, 5, 6, 0), 0x6F]
    return (pack(first).ljust(1024, b"\0") + pack(fail).ljust(1024, b"\0") + pack(second + loop).ljust(2048, b"\0"))


def elf(stub, code, data, result_size):
    """A static ELF with one read-write-execute segment for each part."""
    parts = [(BASE, stub + code, len(stub) + len(code)), (DATA, data, len(data)), (RESULT, b"", result_size)]
    header = 64 + 56 * len(parts)
    offset = (header + 4095) & ~4095
    phdrs, body = b"", b""
    for vaddr, content, size in parts:
        phdrs += struct.pack("<IIQQQQQQ", 1, 7, offset + len(body), vaddr, vaddr, len(content), size, 4096)
        body += content.ljust((len(content) + 4095) & ~4095, b"\0")
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    ehdr = ident + struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, BASE, 64, 0, 5, 64, 56, len(parts), 0, 0, 0)
    return (ehdr + phdrs).ljust(offset, b"\0") + body
