#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Times single instructions of an aarch64 guest: one of each floating-point, Advanced SIMD and cryptographic pattern that the decoder's
tables have, loads and stores of structures left out, sixteen times in a loop. Prints nanoseconds for each under QEMU and the vmruns,
those first where the last vmrun is slowest beside QEMU. What takes tens of nanoseconds is done by a function in C.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.join(os.path.dirname(HERE), "tests")
sys.path[:0] = [os.path.join(TESTS, "diff"), TESTS]

import aarch64_diff as diff  # noqa: E402
import aarch64_simd as simd  # noqa: E402
import aarch64_streams as a64  # noqa: E402
import image  # noqa: E402
import machines  # noqa: E402
import target  # noqa: E402

LIMIT = 60  # seconds without a line
REPEATED = 16

# x0: turns, x1: four vectors of operands. What an instruction does to x0 to x3 and v0 to v3 does not matter.
FUNCTION = r"""__asm__(".text\n.balign 64\nf{k}: mov x9, x0\nldp q0, q1, [x1]\nldp q2, q3, [x1, 32]\nmov x1, 5\nmov x2, 7\nmov x3, 9\n"
        "1:\n.rept {n}\n.inst {word:#x}\n.endr\nsubs x9, x9, 1\nb.ne 1b\nret\n");
void f{k}(uint64_t turns, const void *operands);
"""

# Compiled code has to be there before: each is run for a while. A CPU may have fewer instructions than the tables.
MAIN = r"""
static sigjmp_buf missing;
static void undefined(int signal) { (void)signal; siglongjmp(missing, 1); }

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t timed(void (*f)(uint64_t, const void *), uint64_t turns, const void *operands)
{
    uint64_t best = UINT64_MAX;
    for (int k = 0; k < 4; k++) {
        uint64_t begin = now(), took;
        f(turns, operands);
        took = now() - begin;
        best = took < best ? took : best;
    }
    return best;
}

int main(void)
{
    static uint32_t operands[16] __attribute__((aligned(16)));
    for (unsigned i = 0; i < 16; i++)
        operands[i] = 0x3fc03c00u + i * 0x00230025u;
    signal(SIGILL, undefined);
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (sigsetjmp(missing, 1))
            continue;
        for (uint64_t begin = now(); now() - begin < 25000000u;)
            all[i].f(300, operands);
        uint64_t turns = 2000, took = timed(all[i].f, turns, operands);
        if (took < 400000)
            took = timed(all[i].f, turns = 20000, operands);
        printf("time %s %.3f\n", all[i].name, (double)took / (double)turns / REPEATED);
        fflush(stdout);
    }
    return 0;
}
"""


def chosen(only):
    """{name: word}"""
    paths = [os.path.join(diff.SRC, "plugins", "arch-aarch64", name) for name in diff.FILES]
    r, words = random.Random(7), {}
    for p in a64.load_patterns(paths):
        if p.fmt in ("simd", "fcsel", "fccmp") and not p.is_structure() and only.search(p.name):
            words.setdefault(p.name, simd.word_of(r, p))
    return words


def source(words):
    text = "".join("#include <%s.h>\n" % h for h in ("setjmp", "signal", "stdint", "stdio", "time"))
    text += "".join(FUNCTION.format(k=k, n=REPEATED, word=word) for k, word in enumerate(words.values()))
    text += "#define REPEATED %d\n" % REPEATED
    text += "static const struct {\n    const char *name;\n    void (*f)(uint64_t, const void *);\n} all[] = {\n"
    text += "".join('    {"%s", f%d},\n' % (name, k) for k, name in enumerate(words))
    return text + "};\n" + MAIN


def times(emulator, initrd):
    """{name: nanoseconds}"""
    found = {}
    try:
        emulator.start(initrd)
        emulator.process.stdin.write(b"instructions\n")
        emulator.process.stdin.flush()
        while True:
            match = emulator.output.wait(r"time (\S+) ([\d.]+)|bench: end (\d+)", LIMIT)[1]
            if not match.group(1):
                return found
            found[match.group(1)] = float(match.group(2))
    finally:
        emulator.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="?", default="", help="a regular expression for the names of patterns (default: all, a minute each)")
    parser.add_argument("--vmrun", action="append", metavar="[LABEL=]PATH", help="a vmrun; more than one are compared")
    parser.add_argument("-e", "--engine", default="auto", help="vmrun's engine (default: auto)")
    args = parser.parse_args()
    target.choose("aarch64")
    words = chosen(re.compile(args.only))
    if not words:
        parser.error("no pattern's name has %s" % args.only)
    emulators = [machines.Qemu()]
    for given in args.vmrun or [os.environ.get("VMRUN", "build/vmrun")]:
        label, _, path = given.rpartition("=")
        emulators.append(machines.Vmrun(label or "vmrun", path, args.engine))
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "guest"))
        program = os.path.join(folder, "guest", "instructions")
        subprocess.run(target.chosen.cc + ["-O2", "-std=gnu17", "-static", "-x", "c", "-", "-o", program], input=source(words).encode(), check=True)
        initrd = image.make_initramfs(target.chosen.files["initrd"], folder, ["instructions"])
        found = [times(e, initrd) for e in emulators]
    print("%-24s" % "ns" + "".join("%12s" % e.label for e in emulators) + "  speed-up")
    rows = [(f, [t.get(f) for t in found]) for f in words if all(f in t for t in found)]
    for name, row in sorted(rows, key=lambda row: row[1][0] / max(row[1][-1], 0.01)):
        print("%-24s" % name + "".join("%12.2f" % t for t in row) + "%10.2f" % (row[0] / max(row[-1], 0.01)))
    print("%d patterns; %d that not all of them have are left out" % (len(rows), len(words) - len(rows)))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except machines.Failed as error:
        sys.exit("instructions.py: %s" % error)
