# SPDX-License-Identifier: BSD-2-Clause
"""Measurements of whole machines: boot, the bare machine, start, compiling, two harts, idling, own memory."""
import json
import os
import re
import subprocess
import time

import consoles
import disks
import folders
import host
import image
import network
import report
from machines import TRIES, Failed, Output, Vmrun, measure

LIMIT = 600
# What corelike computes.
CORELIKE = "973d"
# Writes to the test finisher at once: what is left of a run when the guest does nothing.
OFF = ".section .text.start, \"ax\"\n.globl _start\n_start: li t0, 0x100000\n li t1, 0x5555\n sw t1, 0(t0)\n1: j 1b\n"


# Four million loads and a million stores of device registers, in two devices; then the same end.
REGISTERS = """.section .text.start, "ax"
.globl _start
_start: li t0, 0x10000000
 li t1, 0x200bff8
 li t2, 1000000
1: lbu a0, 5(t0)
 ld a1, 0(t1)
 lbu a2, 5(t0)
 ld a3, 0(t1)
 sb zero, 7(t0)
 addi t2, t2, -1
 bnez t2, 1b
 li t0, 0x100000
 li t1, 0x5555
 sw t1, 0(t0)
1: j 1b
"""


def process(cmd, expect):
    """(wall time of a whole process, its output), which must end well and contain `expect`."""
    begin = time.monotonic()
    try:
        p = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        raise Failed("no end after %d s: %s" % (LIMIT, " ".join(cmd))) from None
    seconds = time.monotonic() - begin
    text = p.stdout.decode("utf-8", "replace")
    if p.returncode or not re.search(expect, text):
        raise Failed("status %d: %s\n%s" % (p.returncode, " ".join(cmd), text[-2000:]))
    return seconds, text


def prepare_boot(_directory):
    return lambda machine: process(machine.linux("true"), "shell ready")[0]


def bare_sample(machine, elf, cpus=1):
    """A sample of the bare machine: of several runs the first one that is of the steady state."""
    for _ in range(TRIES):
        p = subprocess.Popen(machine.bare(elf, cpus), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            sample = measure(Output(p), LIMIT, lambda: host.usage(p.pid))
        finally:
            p.kill()
            p.wait()
        if sample["result"] != CORELIKE:
            raise Failed("wrong result " + sample["result"])
        if host.steady(sample):
            break
    return sample


def prepare_bare(directory):
    elf = image.compile_corelike(directory, 1)
    return lambda machine: bare_sample(machine, elf)["seconds"]


def prepare_assembly(directory, name, text):
    source = os.path.join(directory, name + ".S")
    with open(source, "w") as f:
        f.write(text)
    elf = image.compile_bare([source], directory, name)
    return lambda machine: process(machine.bare(elf), "")[0]


# name: (what prepares it and returns a function from a machine to seconds, what it is)
TIMED = {
    "boot": (prepare_boot, "OpenSBI, kernel, initramfs, shell, power-off: the whole process"),
    "bare": (prepare_bare, "integer/corelike on the bare machine, by its timer"),
    "start": (lambda directory: prepare_assembly(directory, "off", OFF),
              "process start to power-off by the guest's first instructions"),
    "registers": (lambda directory: prepare_assembly(directory, "registers", REGISTERS),
                  "five million accesses to registers of two devices, on the bare machine: the whole process"),
    **network.TIMED,
    **consoles.ROWS,
    **disks.ROWS,
    **folders.ROWS,
}


def boot_statistics(machine, directory):
    """(seconds, {group: {name: value}}) of a boot, by vmrun's own count."""
    path = os.path.join(directory, "stats.json")
    seconds, _ = process(machine.linux("true") + ["--stats-json=" + path], "shell ready")
    with open(path) as f:
        return seconds, json.load(f)


def boot(machine, directory, _pairs):
    """Guest instructions of a boot, and how many million of them a second."""
    if not isinstance(machine, Vmrun):
        return {}, []
    seconds, stats = boot_statistics(machine, directory)
    count = stats["vcpu0"]["instructions"]
    figures = {"instructions": count, "mips": count / seconds / 1e6}
    return figures, ["%s: boot takes %.0f million guest instructions, %.0f million a second" %
                     (machine.label, count / 1e6, figures["mips"])]


def compiling(machine, directory, pairs):
    """Microseconds that a boot's compiling took for each guest instruction compiled, by engine and tier."""
    if not isinstance(machine, Vmrun):
        return {}, []
    samples = {}
    for _ in range(pairs):
        for group, values in boot_statistics(machine, directory)[1].items():
            if re.search(r"-tier\d+$", group) and values["guest-instructions"]:
                samples.setdefault(group, []).append(values["compile-time"] / values["guest-instructions"])
    figures = {tier: report.spread(values) for tier, values in samples.items()}
    return {"compile": figures}, [report.compile_line(machine.label, tier, s) for tier, s in figures.items()]


def smp(machine, directory, pairs):
    """How many times the work of one hart two harts do in the same time, each on its own data."""
    if host.cores() < 2:
        return {}, ["%s: smp: not measured, since two harts need two cores and there is one" % machine.label]
    elves = [image.compile_corelike(directory, harts) for harts in (1, 2)]
    samples = [[bare_sample(machine, elf, harts) for harts, elf in enumerate(elves, 1)] for _ in range(pairs)]
    ratios = report.spread([2 * one["seconds"] / two["seconds"] for one, two in samples])
    marks = report.marks([one for one, _ in samples], "wall") + report.marks([two for _, two in samples], "wall", 2)
    figures = {"samples": samples, "ratio": ratios, "marks": "".join(sorted(set(marks)))}
    return {"smp": figures}, [report.smp_line(machine, figures)]


def resident(pid):
    """Resident bytes of a process without the guest's RAM, which is the one mapping that is larger than 512 MiB."""
    total, size = 0, 0
    with open("/proc/%d/smaps" % pid) as f:
        for line in f:
            if re.match(r"^[0-9a-f]+-[0-9a-f]+ ", line):
                a, b = (int(x, 16) for x in line.split()[0].split("-"))
                size = b - a
            elif line.startswith("Rss:") and size < 512 << 20:
                total += int(line.split()[1]) * 1024
    return total


def idle(machine, _directory, _pairs):
    """The share of a core that a booted guest takes while it sleeps, and vmrun's own memory then."""
    p = subprocess.Popen(machine.linux("sleep 100"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        Output(p).wait("shell ready", LIMIT)
        time.sleep(2)
        before = host.cpu_seconds(p.pid)
        time.sleep(10)
        figures = {"idle": (host.cpu_seconds(p.pid) - before) / 10, "own-memory": resident(p.pid)}
    finally:
        p.kill()
        p.wait()
    return figures, ["%s: idle guest takes %.2f %% of a core; own memory %.1f MiB resident" %
                     (machine.label, 100 * figures["idle"], figures["own-memory"] / (1 << 20))]


# Those that run a program on the bare machine.
BARE = ("bare", "start", "registers", "smp")
# What else there is to know than times. name: function from a machine, a folder and a number of pairs to figures, and lines that
# say them
FIGURES = {"boot": boot, "compile": compiling, "smp": smp, "idle": idle}
