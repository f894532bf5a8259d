# SPDX-License-Identifier: BSD-2-Clause
"""Measurements of whole machines: boot, the bare machine, start, idling, own memory."""
import json
import os
import re
import subprocess
import time

import image
from machines import Failed, Output, Vmrun, cpu_seconds

LIMIT = 600
# Writes to the test finisher at once: what is left of a run when the guest does nothing.
OFF = ".section .text.start, \"ax\"\n.globl _start\n_start: li t0, 0x100000\n li t1, 0x5555\n sw t1, 0(t0)\n1: j 1b\n"


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


def prepare_bare(directory):
    elf = image.compile_corelike(directory)

    def sample(machine):
        text = process(machine.bare(elf), "bench: ")[1]
        ns, result = re.search(r"bench: (\d+) (\w+)", text).groups()
        if result != "973d":
            raise Failed("%s: bare: wrong result %s" % (machine.label, result))
        return int(ns) / 1e9
    return sample


def prepare_start(directory):
    source = os.path.join(directory, "off.S")
    with open(source, "w") as f:
        f.write(OFF)
    elf = image.compile_bare([source], directory, "off")
    return lambda machine: process(machine.bare(elf), "")[0]


# name: (what prepares it and returns a function from a machine to seconds, what it is)
TIMED = {
    "boot": (prepare_boot, "OpenSBI, kernel, initramfs, shell, power-off: the whole process"),
    "bare": (prepare_bare, "integer/corelike on the bare machine, by its timer"),
    "start": (prepare_start, "process start to power-off by the guest's first instructions"),
}


def instructions(machine, directory):
    """Guest instructions of a boot and how many million of them a second, from vmrun's statistics; None where it has none."""
    path = os.path.join(directory, "stats.json")
    seconds, _ = process(machine.linux("true") + ["--stats-json=" + path], "shell ready")
    with open(path) as f:
        count = json.load(f).get("vcpu0", {}).get("instructions")
    count = count["value"] if isinstance(count, dict) else count
    return count and {"instructions": count, "mips": count / seconds / 1e6}


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


def idle(machine, _directory):
    """The share of a core that a booted guest takes while it sleeps, and vmrun's own memory then."""
    p = subprocess.Popen(machine.linux("sleep 100"), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        Output(p).wait("shell ready", LIMIT)
        time.sleep(2)
        before = cpu_seconds(p.pid)
        time.sleep(10)
        return {"idle": (cpu_seconds(p.pid) - before) / 10, "own-memory": resident(p.pid)}
    finally:
        p.kill()
        p.wait()


def extra(machine, directory, wanted):
    """The figures of one machine that are not times, and lines that say them."""
    figures, lines = {}, []
    if "boot" in wanted and isinstance(machine, Vmrun):
        counted = instructions(machine, directory)
        if counted:
            figures.update(counted)
            lines.append("%s: boot takes %.0f million guest instructions, %.0f million a second" %
                         (machine.label, counted["instructions"] / 1e6, counted["mips"]))
    if "idle" in wanted:
        figures.update(idle(machine, directory))
        lines.append("%s: idle guest takes %.2f %% of a core; own memory %.1f MiB resident" %
                     (machine.label, 100 * figures["idle"], figures["own-memory"] / (1 << 20)))
    return figures, lines
