# SPDX-License-Identifier: BSD-2-Clause
"""Random A64 instruction streams, made from the decode tables themselves.

A program holds many streams. Each loads every register from a table, runs its instructions, and appends all registers, the flags
and the scratch memory to a result area. The same code runs as a Linux user program and at EL0 on bare metal, where a stub in a page
of its own sets up translation and writes the result out when the code calls svc.
"""
import random
import struct

BASE = 0x40000000      # the stub: bare metal's or that of the user program
CODE = 0x40200000
DATA = 0x40400000      # scratch and save area; then the streams' register tables
SCRATCH = DATA + 1024  # what x28 and sp point to: -256 .. +255 is scratch, +512 .. the save area
TABLES = DATA + 4096
RESULT = 0x40800000
WINDOW = 512           # bytes of scratch in a record
FIRST = 31 * 8 + 4 * 8 + 32 * 16
RECORD = FIRST + WINDOW
TABLE = 32 * 16 + 3 * 8 + 31 * 8
PIN, ADDRESS, INDEX, COUNTER = 28, 27, 26, 25  # x28 is always SCRATCH; the others are set where they are used
UART, FINISHER = 0x9000000, 0x9100000

# What a user program cannot do, what depends on more than registers and memory, and what has no effect to compare.
EXCLUDED = {"svc", "hvc", "smc", "brk", "hlt", "dcps1", "dcps2", "dcps3", "eret", "drps", "wfe", "wfi", "esb", "sys", "sysl",
            "fjcvtzs", "fcvtzs_fix.sch"}  # wrong in QEMU 7.2: see aarch64_simd.py
EXCLUDED_FORMATS = {"msrimm"}
EXCLUDED_FEATURES = {"PAUTH"}  # keys are random, or not there
NZCV, FPCR, FPSR, TPIDR = 0xDA10, 0xDA20, 0xDA21, 0xDE82
FPSR_BITS = (0, 1, 2, 3, 4, 7, 27)    # IOC, DZC, OFC, UFC, IXC, IDC, QC; 31..28 are there with AArch32 only, which QEMU has
FPCR_BITS = (19, 22, 23, 24, 25, 26)  # FZ16, RMode, FZ, DN, AHP


class Pattern:
    def __init__(self, name, bits, fmt, features):
        self.name, self.fmt, self.features = name, fmt, features
        self.mask = int("".join("0" if c == "." else "1" for c in bits), 2)
        self.value = int(bits.replace(".", "0"), 2)
        self.fixed = bin(self.mask).count("1")

    def matches(self, word):
        return word & self.mask == self.value

    def is_simd(self):
        return self.fmt.startswith("simd")

    def is_structure(self):  # LD1 to ST4
        return self.value >> 24 & 0xBF in (0x0C, 0x0D)


def load_patterns(paths):
    """Lines of the pattern files; one whose width is a field is two patterns."""
    patterns = []
    for path in paths:
        with open(path) as f:
            for line in f:
                line = line.split("#")[0].split()
                if not line:
                    continue
                k, bits = 1, ""
                while len(bits) < 32:
                    bits += line[k]
                    k += 1
                features = line[k + 1].split(",")
                widths = [("", bits)]
                if bits[0] == "." and not line[k].startswith("simd") and line[k] != "tbz":
                    widths = [("/w", "0" + bits[1:]), ("/x", "1" + bits[1:])]
                patterns += [Pattern(line[0] + suffix, b, line[k], features) for suffix, b in widths]
    return patterns


def field(word, low, width):
    return word >> low & ((1 << width) - 1)


def put(word, low, width, value):
    mask = (1 << width) - 1
    return word & ~(mask << low) | (value & mask) << low


def bit_mask_exists(n, imms):
    pattern = n << 6 | ~imms & 63
    if pattern < 2:
        return False
    size = 1 << pattern.bit_length() - 1
    return imms & size - 1 != size - 1


def allocated(p, w):
    """What the format refuses of the words that match."""
    wide = w >> 31
    low, high = field(w, 10, 6), field(w, 16, 6)
    if p.fmt == "logimm":
        return (wide or not field(w, 22, 1)) and bit_mask_exists(field(w, 22, 1), low)
    if p.fmt == "mov16":
        return wide or field(w, 21, 2) < 2
    if p.fmt == "bitfield":
        return field(w, 22, 1) == wide and (wide or not (low | high) & 32)
    if p.fmt == "extract":
        return field(w, 22, 1) == wide and (wide or low < 32)
    if p.fmt in ("shifted", "addshift"):
        return (wide or low < 32) and not (p.fmt == "addshift" and field(w, 22, 2) == 3)
    if p.fmt == "extended":
        return field(w, 10, 3) <= 4
    return True


# ---- a little assembler ----

def mov(rd, value):
    words = [0xD2800000 | (value & 0xFFFF) << 5 | rd]
    for k in range(1, 4):
        if value >> 16 * k & 0xFFFF:
            words.append(0xF2800000 | k << 21 | (value >> 16 * k & 0xFFFF) << 5 | rd)
    return words


def movn(rd, value, wide=True):
    return (0x92800000 if wide else 0x12800000) | value << 5 | rd


def add(rd, rn, imm):
    return (0x91000000 if imm >= 0 else 0xD1000000) | abs(imm) << 10 | rn << 5 | rd


def ldr(rt, rn, imm):
    return (0xF9400000 | imm // 8 << 10 | rn << 5 | rt) if imm >= 0 else 0xF8400000 | (imm & 0x1FF) << 12 | rn << 5 | rt


def store(rt, rn, imm):
    return (0xF9000000 | imm // 8 << 10 | rn << 5 | rt) if imm >= 0 else 0xF8000000 | (imm & 0x1FF) << 12 | rn << 5 | rt


def ldr_q(rt, rn, imm):
    return 0x3DC00000 | imm // 16 << 10 | rn << 5 | rt


def str_q(rt, rn, imm):
    return 0x3D800000 | imm // 16 << 10 | rn << 5 | rt


def msr(register, rt):
    return 0xD5100000 | (register & 0x7FFF) << 5 | rt


def mrs(register, rt):
    return 0xD5300000 | (register & 0x7FFF) << 5 | rt


def system_register(op1, crn, crm, op2):
    return 3 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2


def b(offset):
    return 0x14000000 | offset >> 2 & 0x3FFFFFF


def bl(offset):
    return 0x94000000 | offset >> 2 & 0x3FFFFFF


def cbnz(rt, offset):
    return 0xB5000000 | (offset >> 2 & 0x7FFFF) << 5 | rt


RET, SVC, NOP, ERET, ISB = 0xD65F03C0, 0xD4000001, 0xD503201F, 0xD69F03E0, 0xD5033FDF


def pack(words):
    return b"".join(struct.pack("<I", w & 0xFFFFFFFF) for w in words)


INT_CORNERS = [0, 1, 2, 0xFFFFFFFFFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0x80000000, 0x7FFFFFFF, 0xFFFFFFFF, 0x100000000,
               0xFFFFFFFF80000000, 63, 64, 31, 32, 0x5555555555555555]
F64_CORNERS = [0, 1 << 63, 0x3FF0000000000000, 0xBFF0000000000000, 0x7FF0000000000000, 0xFFF0000000000000, 0x7FF8000000000000,
               0x7FF0000000000001, 0xFFF8000000000123, 1, 0x000FFFFFFFFFFFFF, 0x0010000000000000, 0x7FEFFFFFFFFFFFFF,
               0x3FEFFFFFFFFFFFFF, 0x43E0000000000000, 0x41DFFFFFFFC00000, 0xC1E0000000000000, 0x3FE0000000000000]
F32_CORNERS = [0, 1 << 31, 0x3F800000, 0xBF800000, 0x7F800000, 0xFF800000, 0x7FC00000, 0x7F800001, 1, 0x007FFFFF, 0x00800000,
               0x7F7FFFFF, 0x4F000000, 0xCF000000, 0x5F000000, 0x3F000000]
F16_CORNERS = [0, 0x8000, 0x3C00, 0xBC00, 0x7C00, 0xFC00, 0x7E00, 0x7C01, 1, 0x03FF, 0x0400, 0x7BFF, 0x3800, 0x4248]
BRANCHES = {"jump", "bcond", "cbz", "tbz", "br", "brauth"}
EXCLUSIVE = {"ldex", "stex", "ldexp", "stexp"}


class Generator:
    def __init__(self, patterns, seed, only, wrong=()):
        """only: a regular expression for the names of what is generated; wrong: names that are left out."""
        self.r = random.Random(seed)
        self.all = patterns
        self.usable = [p for p in patterns if p.name.split("/")[0] not in EXCLUDED and p.fmt not in EXCLUDED_FORMATS and
                       not set(p.features) & EXCLUDED_FEATURES and (only.search(p.name) or p.fmt in BRANCHES) and p.name not in wrong]
        self.by_name = {p.name: p for p in self.usable}
        self.used = set()

    # -- values

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

    def lanes(self, corners, bits):
        value = 0
        for _ in range(64 // bits):
            value = value << bits | (self.r.choice(corners) if self.r.randrange(2) else self.r.getrandbits(bits))
        return value

    def vector_half(self):
        r = self.r
        kind = r.randrange(8)
        if kind == 0:
            return r.choice(F64_CORNERS)
        if kind == 1:
            return 0x3FF0000000000000 + r.randrange(-1 << 56, 1 << 56)
        if kind == 2:
            return self.lanes(F32_CORNERS, 32)
        if kind == 3:
            return r.getrandbits(32) if r.randrange(2) else r.choice(F32_CORNERS)
        if kind == 4:
            return self.lanes(F16_CORNERS, 16)
        if kind == 5:
            return self.lanes([0, 1, 0x7F, 0x80, 0xFF], 8)
        return self.int_value()

    # -- words

    def best(self, word):
        hits = [p for p in self.all if p.matches(word)]
        return max(hits, key=lambda p: p.fixed) if hits else None

    def register(self, *avoid):
        while True:
            reg = self.r.randrange(32)
            if reg != PIN and reg not in avoid:
                return reg

    def random_word(self, p):
        while True:
            w = p.value | self.r.getrandbits(32) & ~p.mask
            if allocated(p, w) and self.best(w) is p:
                return w

    def fill(self, p):
        """A word of p whose destinations are not registers that must keep their values; addresses are still to be made."""
        w = self.random_word(p)
        sp = p.fmt in ("imm12", "extended") and not field(w, 29, 1) or p.fmt == "logimm" and field(w, 29, 2) != 3
        if not p.mask & 31 and (field(w, 0, 5) == PIN or (sp and field(w, 0, 5) == 31)):
            w = put(w, 0, 5, self.register(31))
        return w

    def access(self, p, w):
        """The instructions of one load or store."""
        r = self.r
        if p.fmt == "ldlit":
            return [put(w, 5, 19, r.randrange(-8, 8))]
        if p.is_structure():
            if not field(w, 23, 1):
                return [put(w, 5, 5, r.choice((PIN, 31)))]
            return [add(ADDRESS, PIN, r.randrange(-64, 64)), put(w, 5, 5, ADDRESS)]
        scale = field(w, 30, 2)
        if field(w, 26, 1) and field(w, 23, 1):
            scale = 4
        base = r.choice((PIN, PIN, 31))
        if p.fmt == "ldu12":
            return [put(put(w, 10, 12, r.randrange(0, (192 >> scale) + 1)), 5, 5, base)]
        if p.fmt in ("lds9", "ldunpriv"):
            imm = r.randrange(-256, 240)
            if p.features != ["BASE"] and p.features != ["FP"]:  # ordered: aligned
                imm &= -(1 << scale)
            return [put(put(w, 12, 9, imm), 5, 5, base)]
        if p.fmt in ("ldpre", "ldpost"):
            return self.write_back(put(w, 12, 9, r.randrange(-64, 64)), 12, 9, 1, field(w, 26, 1), [0])
        if p.fmt == "ldreg":
            option = field(w, 13, 3)
            index = r.randrange(0, 11)
            set_index = mov(INDEX, index)[0] if option < 4 or r.randrange(2) else movn(INDEX, index, option == 7)
            w = put(put(w, 5, 5, base), 16, 5, INDEX)
            return [set_index, w]
        return self.pair(p, w, base)

    def write_back(self, w, low, width, unit, is_fp, transfers):
        """A load or store that changes its base register: x27 or, by multiples of 16, sp."""
        r = self.r
        if not is_fp:
            for at in transfers:
                if field(w, at, 5) == ADDRESS:
                    w = put(w, at, 5, 0 if at == 0 else 1)
        if r.randrange(4):
            return [add(ADDRESS, PIN, r.randrange(-64, 64)), put(w, 5, 5, ADDRESS)]
        imm = r.randrange(-4, 5) * 16 // unit
        return [put(put(w, low, width, imm), 5, 5, 31), add(31, PIN, 0)]

    def pair(self, p, w, base):
        r = self.r
        is_fp = field(w, 26, 1)
        unit = 4 << field(w, 30, 2) if is_fp else 4 << field(w, 31, 1)
        w = put(w, 15, 7, r.randrange(-64 // unit, 64 // unit + 1))
        first = field(w, 0, 5)
        if is_fp and first == field(w, 10, 5):
            w = put(w, 10, 5, first ^ 1)
        if not is_fp:
            w = put(w, 10, 5, self.register(first, ADDRESS))
            w = put(w, 0, 5, first if first != ADDRESS else self.register(field(w, 10, 5), ADDRESS))
        if field(w, 23, 1):
            return self.write_back(w, 15, 7, unit, True, [])
        return [put(w, 5, 5, base)]

    def atomic(self, p, w):
        """Accesses that must be aligned: at x28 itself. A load-exclusive is followed by its store-exclusive."""
        w = put(w, 5, 5, PIN)
        if p.fmt == "atomic":
            if p.name.startswith("casp"):
                return [put(put(w, 16, 5, self.r.choice((0, 2, 4, 10, 20, 30))), 0, 5, self.r.choice((6, 8, 12, 22, 24)))]
            return [put(w, 16, 5, self.register()) if field(w, 16, 5) == PIN else w]
        if p.fmt == "ldexp":
            w = put(w, 10, 5, self.register(field(w, 0, 5)))
        if not p.name.startswith(("ldxr", "ldaxr", "ldxp", "ldaxp")):
            return [w]
        store_name = "st" + ("l" if self.r.randrange(2) else "") + "x" + p.name[p.name.index("x") + 1:]
        q = self.by_name[store_name]
        self.used.add(q.name)
        s = put(self.random_word(q), 5, 5, PIN)
        s = put(s, 16, 5, self.register(field(s, 0, 5), field(s, 10, 5)))
        return [w, s]

    def system(self, p, w):
        if p.name == "mrs":
            return [mrs(self.r.choice((NZCV, FPCR, FPSR, TPIDR)), field(w, 0, 5))]
        which = self.r.choice((NZCV, FPCR, FPSR, TPIDR))
        if which in (NZCV, TPIDR):
            return [msr(which, field(w, 0, 5))]
        value = sum(self.r.randrange(2) << n for n in (FPCR_BITS if which == FPCR else FPSR_BITS))
        return mov(INDEX, value) + [msr(which, INDEX)]

    def simple(self, avoid=()):
        """Instructions of one pattern without control flow; none of them writes a register of avoid."""
        while True:
            p = self.r.choice(self.usable)
            if p.fmt in BRANCHES or p.fmt in ("stex", "stexp"):
                continue
            w = self.fill(p)
            if p.fmt in EXCLUSIVE or p.fmt == "atomic":
                words = self.atomic(p, w)
            elif p.fmt.startswith("ld") or p.fmt == "pair" or p.is_structure():
                words = self.access(p, w)
            elif p.name in ("mrs", "msr"):
                words = self.system(p, w)
            else:
                words = [w]
            written = {field(x, at, 5) for x in words for at in (0, 10, 16)} | {field(x, 5, 5) for x in words}
            if avoid and written & set(avoid):
                continue
            self.used.add(p.name)
            return words

    # -- control flow

    def branch(self, p):
        """A branch over a group of instructions."""
        r = self.r
        skipped = self.simple()
        distance = 1 + len(skipped)
        w = self.random_word(p)
        if p.fmt == "jump":
            return [put(w, 0, 26, distance)] + skipped
        if p.fmt in ("bcond", "cbz"):
            return [put(w, 5, 19, distance)] + skipped
        if p.fmt == "tbz":
            return [put(w, 5, 14, distance)] + skipped
        target = self.register(31, 30 if r.randrange(4) else 31)
        return [0x10000000 | (8 + 4 * len(skipped)) >> 2 << 5 | target, put(w, 5, 5, target)] + skipped

    def loop(self):
        body = sum((self.simple(avoid=(COUNTER,)) for _ in range(self.r.randrange(1, 4))), [])
        self.used.add("cbnz/x")
        return mov(COUNTER, self.r.randrange(1, 6)) + body + [add(COUNTER, COUNTER, -1), cbnz(COUNTER, -4 * len(body) - 4)]

    def item(self):
        kind = self.r.randrange(12)
        if kind == 0:
            p = self.r.choice([q for q in self.usable if q.fmt in BRANCHES])
            self.used.add(p.name)
            return self.branch(p)
        if kind == 1:
            return self.loop()
        return self.simple()

    # -- streams

    def stream(self, table):
        """Code of one stream (a call of the routine at the beginning of the code comes last), its table, its body."""
        r = self.r
        x = [self.int_value() for _ in range(31)]
        x[PIN] = SCRATCH
        fpcr = sum(r.randrange(2) << n for n in FPCR_BITS) if r.randrange(2) else 0
        flags = [fpcr, r.choice((0, 0, r.getrandbits(5))), r.getrandbits(4) << 28]
        load = mov(PIN, table) + [ldr_q(n, PIN, 16 * n) for n in range(32)]
        for k, register in enumerate((FPCR, FPSR, NZCV)):
            load += [ldr(0, PIN, 512 + 8 * k), msr(register, 0)]
        load += [ldr(0, PIN, 536 + 8 * PIN), add(31, 0, 0)]
        load += [ldr(n, PIN, 536 + 8 * n) for n in range(31) if n != PIN] + [ldr(PIN, PIN, 536 + 8 * PIN)]
        body = [self.item() for _ in range(r.randrange(4, 40))]
        data = b"".join(struct.pack("<2Q", self.vector_half(), self.vector_half()) for _ in range(32))
        return load, data + struct.pack("<34Q", *flags, *x), body

    def program(self, streams):
        """Code (at CODE), data (at DATA) and the streams' bodies for reports."""
        words, tables, bodies = save_routine(), b"", []
        routine = len(words)
        start = [0] * 64  # room for literals in front of the first stream
        words = [b(4 * (routine + len(start) + 1))] + words + start
        for _ in range(streams):
            load, table, body = self.stream(TABLES + len(tables))
            words += load + sum(body, []) + [store(30, PIN, 512 + 8 * 30)]
            words.append(bl(-4 * (len(words) - 1)))
            tables += table
            bodies.append(sum(body, []))
        words += mov(0, 1) + mov(1, RESULT) + mov(2, streams * RECORD) + mov(8, 64) + [SVC]
        words += mov(0, 0) + mov(8, 93) + [SVC]
        assert 4 * len(words) < DATA - CODE, "too many streams for the layout"
        scratch = bytearray(4096)
        struct.pack_into("<Q", scratch, 1024 + 512 + FIRST, RESULT)
        for k in range(WINDOW):
            scratch[1024 - WINDOW // 2 + k] = self.r.getrandbits(8)
        return pack(words), bytes(scratch) + tables, bodies


def save_routine():
    """Saves all registers but x30, which the caller has saved, and appends the record to the result."""
    words = [store(n, PIN, 512 + 8 * n) for n in range(30)] + [add(0, 31, 0), store(0, PIN, 512 + 248)]
    for k, register in enumerate((NZCV, FPSR, FPCR)):
        words += [mrs(register, 0), store(0, PIN, 512 + 256 + 8 * k)]
    words += [add(1, PIN, 512 + 280)] + [str_q(n, 1, 16 * n) for n in range(32)]
    words += [ldr(2, PIN, 512 + FIRST)]
    for source, length in ((add(1, PIN, 512), FIRST), (add(1, PIN, -WINDOW // 2), WINDOW)):
        words += [source] + mov(3, length // 8)
        words += [0xF8408424, 0xF8008444, add(3, 3, -1), cbnz(3, -12)]  # ldr x4, [x1], 8; str x4, [x2], 8
    return words + [store(2, PIN, 512 + FIRST), RET]


# ---- stubs and ELF ----

def user_stub():
    return pack(mov(0, CODE) + [0xD61F0000])


def block(address, attribute, user, execute):
    return address | attribute << 2 | (1 if user else 0) << 6 | 3 << 8 | 1 << 10 | (0 if execute else 3) << 53 | 1


def bare_stub():
    """At EL1: translation on, then the code at EL0. Its first svc writes the result out; what else comes is written as a report."""
    registers = [(system_register(0, 12, 0, 0), BASE + 0x800), (system_register(0, 10, 2, 0), 0xFF),
                 (system_register(0, 2, 0, 2), 0x200803519), (system_register(0, 2, 0, 0), BASE + 0x8000),
                 (system_register(0, 1, 0, 2), 3 << 20), (system_register(0, 1, 0, 0), 0x34D5D81D),
                 (system_register(0, 4, 0, 0), 0x3C0), (system_register(0, 4, 0, 1), CODE)]
    first = sum((mov(0, value) + [msr(register, 0), ISB] for register, value in registers), []) + [ERET]
    # from EL0, synchronous: write x2 bytes at x1 after svc, else ESR, ELR and FAR
    vector = [mrs(system_register(0, 5, 2, 0), 3), 0xD35AFC64, 0xF100549F, 0x54000000 | 7 << 5]  # lsr x4, x3, 26; cmp x4, 0x15; b.eq
    vector += mov(1, BASE + 0x7000) + [store(3, 1, 0)]
    assert len(vector) == 7, len(vector)
    vector += [mrs(system_register(0, 4, 0, 1), 3), store(3, 1, 8), mrs(system_register(0, 6, 0, 0), 3), store(3, 1, 16)]
    skip = len(vector) + 1
    vector[3] = 0x54000000 | (skip - 3) << 5
    vector += mov(2, 24)
    out = mov(3, UART) + [0x8B020022]                     # add x2, x1, x2
    out += [0x39401464, 0x362FFFE4, 0x38401424, 0x39000064, 0xEB02003F, 0x54FFFF61]
    # ldrb w4, [x3, 5]; tbz w4, 5, .-4; ldrb w4, [x1], 1; strb w4, [x3]; cmp x1, x2; b.ne .-20
    out += mov(3, FINISHER) + mov(4, 0x5555) + [0xB9000064, b(0)]
    table = struct.pack("<2Q", block(0, 1, False, False), BASE + 0x9000 | 3)
    blocks = struct.pack("<16Q", *[block(BASE + (n << 21), 0, n > 0, True) for n in range(16)])
    return (pack(first).ljust(0x800, b"\0").ljust(0xC00, b"\0") + pack(vector + out)).ljust(0x8000, b"\0") + \
        table.ljust(0x1000, b"\0") + blocks.ljust(0x1000, b"\0")


def elf(stub, code, data, result_size):
    """A static ELF with one read-write-execute segment for each part."""
    parts = [(BASE, stub, len(stub)), (CODE, code, len(code)), (DATA, data, len(data)), (RESULT, b"", result_size)]
    header = 64 + 56 * len(parts)
    offset = (header + 4095) & ~4095
    phdrs, body = b"", b""
    for vaddr, content, size in parts:
        phdrs += struct.pack("<IIQQQQQQ", 1, 7, offset + len(body), vaddr, vaddr, len(content), size, 4096)
        body += content.ljust((len(content) + 4095) & ~4095, b"\0")
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    ehdr = ident + struct.pack("<HHIQQQIHHHHHH", 2, 183, 1, BASE, 64, 0, 0, 64, 56, len(parts), 0, 0, 0)
    return (ehdr + phdrs).ljust(offset, b"\0") + body
