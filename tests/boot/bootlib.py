# SPDX-License-Identifier: BSD-2-Clause
"""Starting vmrun on a pseudo-terminal or without one, talking to the guest, and TAP output for a list of cases."""
import gzip
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
import traceback

SRC = os.environ.get("VMRUN_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
VMRUN = os.environ.get("VMRUN", "./vmrun")
CACHE = os.environ.get("VMRUN_GUESTS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "vmrun")
MACHINES = os.path.join(SRC, "etc", "machines")
MACHINE = os.path.join(MACHINES, "riscv64-debian.ini")
# Of each architecture: names of kernel and firmware (None: it needs none), and the console.
GUESTS = {"riscv64": ("vmlinux", "fw_dynamic.bin", "console=ttyS0 earlycon=sbi"),
          "aarch64": ("vmlinuz", None, "console=ttyAMA0 earlycon")}
READY = b"vmrun: shell ready"


class Skip(Exception):
    pass


def need(*paths):
    for path in paths:
        if not os.path.exists(path):
            raise Skip("%s is not there (run ./bootstrap fetch)" % os.path.basename(path))
    return paths[0]


def guest(name, arch="riscv64"):
    return need(os.path.join(CACHE, arch, name))


def linux(cmdline="", *options, arch="riscv64", firmware=None, kernel=None, modules=False):
    """Command line that boots the stock kernel to the shell of the small initramfs, with drivers
    that are modules if asked for."""
    own_kernel, own_firmware, console = GUESTS[arch]
    if own_firmware and not firmware:
        firmware = guest(own_firmware, arch)
    return [VMRUN, os.path.join(MACHINES, arch + "-debian.ini"),
            *(["-s", "boot.firmware=" + firmware] if firmware else []),
            "-s", "boot.kernel=" + (kernel or guest(own_kernel, arch)),
            "-s", "boot.initrd=" + guest("initramfs-modules.cpio.gz" if modules else "initramfs.cpio.gz", arch),
            "-s", "boot.cmdline=" + console + " " + cmdline, *options]


def run(cmd, timeout=180, stdin=subprocess.DEVNULL, **kwargs):
    """Runs to the end; returns (status, output with errors)."""
    p = subprocess.run(cmd, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, **kwargs)
    return p.returncode, p.stdout


def expect_run(cmd, status, *texts, timeout=180, **kwargs):
    got, output = run(cmd, timeout, **kwargs)
    for text in texts:
        assert text in output, "no %r in the output:\n%s" % (text, output[-3000:].decode("utf-8", "replace"))
    assert got == status, "status %d, wanted %d:\n%s" % (got, status, output[-3000:].decode("utf-8", "replace"))
    return output


def initrd_with(path, name, content, arch):
    """Writes the small initramfs and behind it an archive (cpio, newc) with one executable file more."""
    parts = []
    for file, mode, data in ((name, 0o100755, content), ("TRAILER!!!", 0, b"")):
        header = "070701" + "".join("%08X" % field for field in (1, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(file) + 1, 0))
        head = header.encode() + file.encode() + b"\0"
        parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]
    with open(guest("initramfs.cpio.gz", arch), "rb") as small, open(path, "wb") as out:
        out.write(small.read() + gzip.compress(b"".join(parts)))


class Terminal:
    """vmrun on a pseudo-terminal of its own."""

    def __init__(self, cmd):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen(cmd, stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True)
        self.output = b""
        self.seen = 0

    def wait_for(self, text, timeout=120):
        """Waits until `text` appears behind what earlier calls have seen."""
        end = time.monotonic() + timeout
        while True:
            at = self.output.find(text, self.seen)
            if at >= 0:
                self.seen = at + len(text)
                return
            left = end - time.monotonic()
            assert left > 0, "no %r in time; the last output:\n%s" % (text, self.output[-3000:].decode("utf-8", "replace"))
            if select.select([self.master], [], [], min(left, 0.5))[0]:
                self.output += os.read(self.master, 65536)
            elif self.process.poll() is not None:
                assert text in self.output[self.seen:], "vmrun ended (%d) without %r:\n%s" % (
                    self.process.returncode, text, self.output[-3000:].decode("utf-8", "replace"))

    def type(self, text):
        os.write(self.master, text)

    def ended(self, status, timeout=30):
        """Waits for the end; checks exit status and that the terminal is as it was."""
        end = time.monotonic() + timeout
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.master], [], [], 0.2)[0]:
                self.output += os.read(self.master, 65536)
        assert self.process.poll() is not None, "vmrun does not end"
        assert self.process.returncode == status, "status %d, wanted %d:\n%s" % (
            self.process.returncode, status, self.output[-2000:].decode("utf-8", "replace"))
        assert termios.tcgetattr(self.slave) == self.before, "the terminal was not restored"

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


def state_hash(output):
    found = re.search(rb"state-hash: ([0-9a-f]{16,})", output)
    assert found, "no state hash in the output:\n" + output[-1000:].decode("utf-8", "replace")
    return found.group(1)


def main(cases):
    """Runs the cases (name, function) and prints TAP. Arguments pick cases by name."""
    wanted = sys.argv[1:]
    cases = [c for c in cases if not wanted or c[0] in wanted]
    print("1..%d" % len(cases))
    failed = 0
    for number, (name, fn) in enumerate(cases, 1):
        begin = time.monotonic()
        try:
            fn()
            print("ok %d - %s (%.1f s)" % (number, name, time.monotonic() - begin))
        except Skip as why:
            print("ok %d - %s # SKIP %s" % (number, name, why))
        except Exception:
            failed += 1
            for line in traceback.format_exc().splitlines():
                print("# " + line)
            print("not ok %d - %s" % (number, name))
        sys.stdout.flush()
    return 1 if failed else 0
