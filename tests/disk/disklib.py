# SPDX-License-Identifier: BSD-2-Clause
"""The bare-metal program of writer.c: building it, disks for it, and what must be on them."""
import os
import re
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "boot"))
from bootlib import SRC, VMRUN, Skip  # noqa: E402

BUILD = os.environ.get("VMRUN_BUILDDIR", ".")
ROUNDS, RESETS, READ_ALL, CACHES = 1, 2, 3, 4
BLOCKS, BLOCK, SLOTS, FIRST_SLOT = 4, 4096, 64, 8
BYTES = (FIRST_SLOT + SLOTS) * BLOCKS * BLOCK
MASK = (1 << 64) - 1


def program():
    """The ELF file."""
    folder = os.path.join(BUILD, "tests", "disk")
    env = dict(os.environ, GUEST_MANIFEST=os.path.join(HERE, "manifest"))
    build = subprocess.run(["sh", os.path.join(SRC, "tests", "guest", "riscv64", "build.sh"), folder], env=env,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if build.returncode == 77:
        raise Skip("no riscv64 cross compiler")
    assert build.returncode == 0, build.stdout.decode()
    return os.path.join(folder, "disk-writer.elf")


class Disk:
    """An image with orders in it, in a folder of its own."""

    def __init__(self, mode, count):
        self.folder = tempfile.TemporaryDirectory(prefix="vmrun-disk-", dir="/var/tmp")
        self.path = os.path.join(self.folder.name, "disk.img")
        with open(self.path, "wb") as f:
            f.write(struct.pack("<QQQ", mode, count, 0))
            f.truncate(BYTES)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.folder.cleanup()

    def ini(self, *lines):
        """A machine whose disk has a [block] section with these keys; none: just the file."""
        path = os.path.join(self.folder.name, "machine.ini")
        with open(path, "w") as f:
            f.write("include = %s\n" % os.path.join(HERE, "disk.ini"))
            if lines:
                f.write("[block image]\n%s\n" % "\n".join(lines))
        return path

    def command(self, *options, lines=(), file=None):
        return [VMRUN, self.ini(*lines), "-s", "boot.kernel=" + program(),
                "-s", "disk0.file=" + (file or ("image" if lines else self.path)), *options]

    def wrong(self, last):
        """What of the rounds up to `last`, which was said to be flushed, is not on the disk. The guest may have said more than came
        out before it was killed, and be further, however much: then a slot has a later round of those that it takes in turn."""
        wrong = []
        with open(self.path, "rb") as f:
            for n in range(max(1, last - SLOTS // 2), last + 1):
                f.seek((FIRST_SLOT + n % SLOTS) * BLOCKS * BLOCK)
                for b in range(BLOCKS):
                    there = f.read(BLOCK)
                    found = struct.unpack_from("<Q", there)[0]
                    if found < n or found % SLOTS != n % SLOTS or there != block_of(found, b):
                        wrong.append((n, b))
        return wrong


def block_of(n, b):
    """What round n writes to block b of its slot."""
    pattern = n * 0x9e3779b97f4a7c15 + b * 512
    return struct.pack("<512Q", n, *((pattern + w) & MASK for w in range(1, 512)))


def last_flushed(output):
    found = re.findall(rb"flushed (\d+)\r?\n", output)
    return int(found[-1]) if found else 0
