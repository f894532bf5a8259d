#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""What a GPU costs a guest: copies and launches by the backend on the host and from a guest, by turns. See bench/README.md."""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.environ.get("VMRUN_SRCDIR") or os.path.dirname(os.path.dirname(HERE))
VMRUN = os.path.abspath(os.environ.get("VMRUN") or os.path.join(SRC, "build", "vmrun"))
os.environ.setdefault("VMRUN_SRCDIR", SRC)
os.environ.setdefault("VMRUN_BUILDDIR", os.path.dirname(VMRUN))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(SRC, "tests", "gpu")]
import gpulib  # noqa: E402
import guestlib  # noqa: E402
import host  # noqa: E402
import machines  # noqa: E402
import target  # noqa: E402

SKIPPED = 77
BYTES = 256 << 20
LIMIT = 300
# What the guest measures, what the backend alone does for comparison, how many samples of each a pair has.
ROWS = (("window-in", "in", 5), ("window-out", "out", 5), ("in", "in", 5), ("out", "out", 5),
        ("launch", "launch", 300), ("launch-many", "launch-many", 5), ("nop", None, 300))
COPIES = ("window-in", "window-out", "in", "out")
# At least this share of the backend's rate; at most so many microseconds more.
COPY_FLOOR, LAUNCH_LIMIT = 0.5, 20.0
SAYS = {"window-in": "256 MiB to the GPU, from the window", "window-out": "256 MiB from the GPU, to the window",
        "in": "the same from a program's own memory", "out": "the same to a program's own memory",
        "launch": "a launch that is waited for", "launch-many": "a launch of 100 begun before they are waited for",
        "nop": "a command that does nothing"}


# ---- what becomes of samples ----

def parse(line, name):
    """The samples (nanoseconds) of a line `gpu: NAME n n n ...`; None: it is another line."""
    words = line.split()
    if words[:2] != ["gpu:", name] or len(words) < 3 or not all(w.isdigit() and int(w) > 0 for w in words[2:]):
        return None
    return [int(w) for w in words[2:]]


def figure(name, samples):
    """A median of samples in the unit of its row: GB/s or microseconds."""
    median = statistics.median(samples)
    return BYTES / median if name in COPIES else median / 1e3


def spread(values):
    return statistics.median(values), min(values), max(values)


def compare(name, ours, theirs):
    """Of each pair: the guest's rate as a share of the host's, or microseconds more."""
    pairs = [(figure(name, a), figure(name, b)) for a, b in zip(ours, theirs)]
    return [a / b if name in COPIES else a - b for a, b in pairs]


def missed(name, value):
    """Is a median of compare() below its floor?"""
    return name in COPIES and value < COPY_FLOOR or name == "launch" and value >= LAUNCH_LIMIT


def spread_text(values, digits, sign=""):
    return "%*s" % (24, ("%" + sign + ".*f (%" + sign + ".*f to %" + sign + ".*f)") %
                    tuple(x for value in spread(values) for x in (digits, value)))


def row_line(name, ours, theirs):
    """(a line of the table, whether its floor is missed); `ours` and `theirs`: for each pair its samples."""
    unit, digits = ("GB/s", 2) if name in COPIES else ("us", 1)
    line = "%-48s %s %-4s" % (SAYS[name], spread_text([figure(name, s) for s in ours], digits), unit)
    if not theirs:
        return line, False
    line += "  backend %s" % spread_text([figure(name, s) for s in theirs], digits)
    values = compare(name, ours, theirs)
    low = missed(name, statistics.median(values))
    if name in COPIES:
        line += "  share %s; floor %.1f" % (spread_text(values, 2), COPY_FLOOR)
    else:
        line += "  more  %s" % spread_text(values, 1, "+")
        line += "; below %.0f" % LAUNCH_LIMIT if name == "launch" else ""
    return line + (", missed" if low else ""), low


# ---- measuring ----

class Side:
    """A program that measures what it is told by a line of its input: on the host, or on a guest's console."""

    def __init__(self, command, environment, folder):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env=environment, cwd=folder)
        self.output = machines.Output(self.process)
        self.output.wait("^gpu: ready", LIMIT)

    def samples(self, name, count):
        self.process.stdin.write(b"%s %d\n" % (name.encode(), count))
        self.process.stdin.flush()
        line = self.output.wait(r"^gpu: %s \d.*" % name, LIMIT)[1].group(0)
        found = parse(line, name)
        if not found or len(found) != count:
            raise machines.Failed("%s: %d samples were wanted: %.100s" % (name, count, line))
        return found

    def stop(self):
        self.process.kill()
        self.process.wait()


def missing():
    """What cannot be measured here, and why; None: all is there."""
    files = [f for f in machines.missing_files()] + [f for f in (VMRUN,) if not os.path.exists(f)]
    if files:
        return "there is no " + ", no ".join(files)
    if not guestlib.cross_compiler(target.chosen.name):
        return "there is no compiler for the guest's programs (gcc-%s-linux-gnu)" % target.chosen.name
    if not shutil.which("pkg-config") or not gpulib.compiles("#include <CL/cl.h>\n"):
        return "there is no pkg-config, or no header of OpenCL (opencl-headers)"
    if not guestlib.have_opencl():
        return "no OpenCL device is here (ocl-icd-libopencl1 and pocl-opencl-icd, or a GPU's own)"
    return None


def lay_out(folder):
    """Builds all in that folder, and returns the commands of both sides and their environments."""
    stage = gpulib.Stage("bench", os.path.join(folder, "stage"), "-O2")
    stage.lay_out()
    plugin = stage.plugin("gpu-opencl")
    gpulib.checked(["make", "-C", HERE, "BUILD=" + stage.folder, "CC=" + gpulib.CC, "CFLAGS=-O2 " + " ".join(stage.sanitizers)],
                   stage.folder, stage.environment(), 300)
    programs = os.path.join(folder, "programs")
    guestlib.run_make(programs, guestlib.cross_compiler(target.chosen.name))
    initrd, ini = os.path.join(folder, "initrd"), os.path.join(folder, "machine.ini")
    guestlib.write_initrd(initrd, target.chosen.files["initrd"], guestlib.programs(programs, ["measure"]))
    guestlib.write_machine(ini, SRC, target.chosen.name, "type = gpu-opencl\nkind = any", "512M", "2G")
    run = "stty -echo; measure %d serve" % (BYTES >> 20)
    guest = machines.Vmrun("auto", VMRUN, "auto").linux(run, initrd)
    guest[1] = ini
    environment = dict(os.environ, POCL_CACHE_DIR=os.path.join(folder, "cache"))
    os.makedirs(environment["POCL_CACHE_DIR"])
    return ((guest, dict(environment, VMRUN_PLUGIN_PATH=os.path.dirname(plugin))),
            ([os.path.join(stage.folder, "opencl-bench"), plugin, "serve"], environment))


def measure(commands, pairs, folder, say):
    """{row: ([samples of each pair] of the guest, of the host)}"""
    taken = {name: ([], []) for name, _, _ in ROWS}
    sides = []
    try:
        for command, environment in commands:
            say("starting " + os.path.basename(command[0]))
            sides.append(Side(command, environment, folder))
        guest, ours = sides
        for name, theirs, count in ROWS:  # code gets compiled, memory gets there
            guest.samples(name, min(count, 100))
            if theirs:
                ours.samples(theirs, min(count, 100))
        for pair in range(pairs):
            for name, theirs, count in ROWS:
                say("pair %d of %d: %s" % (pair + 1, pairs, name))
                turns = [(guest, name, taken[name][0])] + ([(ours, theirs, taken[name][1])] if theirs else [])
                for side, what, series in turns if pair % 2 else turns[::-1]:
                    series.append(side.samples(what, count))
    finally:
        for side in sides:
            side.stop()
    return taken


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arch", choices=tuple(guestlib.PCI), default="riscv64", help="of the guest (default: riscv64)")
    parser.add_argument("-n", "--pairs", type=int, default=5, help="how many times each is measured (default: 5)")
    args = parser.parse_args()
    if args.pairs < 1:
        parser.error("at least one pair is needed")
    target.choose(args.arch)
    why = missing()
    if why:
        print("skipped: " + why)
        return SKIPPED

    def say(text):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K" + text)
            sys.stderr.flush()

    load, low = os.getloadavg()[0], 0
    with tempfile.TemporaryDirectory(prefix="vmrun-bench-") as folder:
        say("building")
        try:
            taken = measure(lay_out(folder), args.pairs, folder, say)
        except (machines.Failed, AssertionError, OSError) as error:
            say("")
            print("FAILED: %s" % error, file=sys.stderr)
            return 1
    say("")
    for name, (ours, theirs) in taken.items():
        line, is_low = row_line(name, ours, theirs)
        low += is_low
        print(line)
    print("%s guest, %d pairs, by turns; the host's load was %.1f, on %d cores; %d floors missed" %
          (args.arch, args.pairs, load, host.cores(), low))
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
