# SPDX-License-Identifier: BSD-2-Clause
"""What runs a benchmark program: QEMU, a vmrun with one of its engines, or the host itself."""
import os
import queue
import re
import shutil
import subprocess
import threading
import time

import host
import target

BARE_MACHINE = os.path.join(target.SRC, "tests", "guest", "riscv64", "bare.ini")
BOOT_LIMIT, PROGRAM_LIMIT = 300, 600
# How often a sample is taken until one is of the steady state.
TRIES = 3


class Failed(Exception):
    """A program or a machine did not do what it should; the message says what."""


class Output:
    """A process's output as lines with the time of their arrival."""

    def __init__(self, process):
        self.lines = queue.Queue()
        self.last = []
        threading.Thread(target=self.read, args=(process.stdout,), daemon=True).start()

    def read(self, stream):
        for raw in iter(stream.readline, b""):
            self.lines.put((time.monotonic(), raw.decode("utf-8", "replace").rstrip("\r\n")))
        self.lines.put((time.monotonic(), None))

    def wait(self, pattern, limit):
        """(time, match) of the next line with the pattern."""
        end = time.monotonic() + limit
        while True:
            try:
                when, line = self.lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise Failed("no answer after %d s; last: %s" % (limit, self.tail())) from None
            if line is None:
                raise Failed("ended early; last: " + self.tail())
            self.last = self.last[-7:] + [line]
            match = re.search(pattern, line)
            if match:
                return when, match

    def tail(self):
        return " | ".join(line for line in self.last[-3:] if line) or "nothing"


def measure(output, limit, usage=None):
    """
    Follows one run of a program. Returns a sample: the program's time, the same by the host's clock, processor time, that of
    threads which compile beside it, result. usage() tells both processor times that the emulator has used so far; without it,
    the program's own counts.
    """
    begin, used = None, None
    while True:
        when, match = output.wait(r"bench: (?:(start)|(\d+) (\d+) (\S+)|failed: (.*)|end (\d+))", limit)
        if match.group(1):
            begin, used = when, usage and usage()
        elif match.group(2):
            seconds = int(match.group(2)) / 1e9
            if begin is None:
                raise Failed("a result without a start")
            cpu, compiling = (b - a for a, b in zip(used, usage())) if usage else (int(match.group(3)) / 1e9, 0)
            return {"seconds": seconds, "host": when - begin, "cpu": cpu, "compiling": compiling, "result": match.group(4)}
        elif match.group(5) is not None:
            raise Failed(match.group(5))
        else:
            raise Failed("ended with status %s and no result" % match.group(6))


class Emulator:
    """A kind of machine. It is booted once, and then told on its console which program to run."""

    def __init__(self, label, compiles=False):
        self.label = label
        self.compiles = compiles  # is it a vmrun that compiles to the host's code, which floors are for?
        self.process = None
        self.output = None

    def start(self, initrd):
        self.process = subprocess.Popen(self.linux("/bench/serve", initrd), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.output = Output(self.process)
        self.output.wait("bench: ready", BOOT_LIMIT)

    def once(self, name):
        self.process.stdin.write(name.encode() + b"\n")
        self.process.stdin.flush()
        sample = measure(self.output, PROGRAM_LIMIT, lambda: host.usage(self.process.pid))
        if self.output.wait(r"bench: end (\d+)", 60)[1].group(1) != "0":
            raise Failed("ended with an error after its result")
        return sample

    def run(self, name, initrd):
        """
        A sample of one run. While it was still being compiled then, it is run again: the guest has the program at the same
        physical pages, for which the code is kept. Whatever goes wrong ends the machine; the next run boots it anew.
        """
        try:
            if not self.process:
                self.start(initrd)
            for _ in range(TRIES):
                sample = self.once(name)
                if host.steady(sample):
                    break
            return sample
        except (Failed, OSError) as error:
            self.stop()
            raise Failed("%s: %s: %s" % (self.label, name, error)) from None

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process.stdin = None
            self.process = None


class Qemu(Emulator):
    def __init__(self):
        super().__init__("qemu")
        qemu = target.chosen.qemu[0]
        self.missing = [] if shutil.which(qemu) else [qemu]

    def linux(self, command, initrd=None):
        files = target.chosen.files
        firmware = ["-bios", files["firmware"]] if "firmware" in files else []
        return target.chosen.qemu + ["-m", "1G", "-nographic", "-kernel", files["kernel"], "-initrd", initrd or files["initrd"],
                                     "-append", append(command)] + firmware

    def bare(self, elf, cpus=1):
        return target.chosen.qemu + ["-m", "256M", "-smp", str(cpus), "-bios", "none", "-kernel", elf, "-nographic"]


class Vmrun(Emulator):
    def __init__(self, label, path, engine, settings=()):
        super().__init__(label, engine == "jit" or (engine == "auto" and "jit" in engines_of(path)))
        self.path, self.engine = path, engine
        self.options = ["-s", "machine.engine=" + engine]
        for setting in settings:
            self.options += ["-s", setting]

    def linux(self, command, initrd=None):
        boot = dict(target.chosen.files, cmdline=append(command))
        boot["initrd"] = initrd or boot["initrd"]
        cmd = [self.path, target.chosen.machine]
        for key, value in boot.items():
            cmd += ["-s", "boot.%s=%s" % (key, value)]
        return cmd + self.options

    def bare(self, elf, cpus=1):
        return [self.path, BARE_MACHINE, "-s", "boot.kernel=" + elf, "-s", "machine.cpus=%d" % cpus] + self.options


class Native:
    """The host, on programs compiled for it. What is short is run some times more, and the best of them counts."""
    label = "native"
    ENOUGH, MOST = 0.3, 5

    def __init__(self, directory):
        self.directory = directory

    def run(self, name, _initrd):
        samples = []
        while not samples or (sum(s["seconds"] for s in samples) < self.ENOUGH and len(samples) < self.MOST):
            p = subprocess.Popen([os.path.join(self.directory, name)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT)
            try:
                samples.append(measure(Output(p), PROGRAM_LIMIT))
            except Failed as error:
                raise Failed("native: %s: %s" % (name, error)) from None
            finally:
                p.kill()
                p.wait()
        return min(samples, key=lambda s: s["seconds"])

    def stop(self):
        pass


def append(command):
    return 'console=%s quiet vmrun.run="%s"' % (target.chosen.console, command)


def engines_of(path):
    """The engines that a vmrun has, by the short names that machine.engine takes."""
    out = subprocess.run([path, "--list-plugins"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    return re.findall(r"^engine-(\S+)\s+engine\b", out, re.M)


def missing_files():
    return [path for path in target.chosen.files.values() if not os.path.exists(path)]
