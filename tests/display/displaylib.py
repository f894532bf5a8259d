# SPDX-License-Identifier: BSD-2-Clause
"""Machines with dev-framebuffer and display-ppm, and what the file must show."""
import os
import random
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "boot"))
from bootlib import MACHINES, initrd_with, linux  # noqa: E402

BUILD = os.environ.get("VMRUN_BUILDDIR", ".")
PLUGINS = os.path.join(BUILD, "tests", "plugins", ".libs")
SCREEN = """include = {include}
[display screen]
type = display-ppm
path = screen.ppm
rate = 20
[device screen0]
type = dev-framebuffer
address = {address:#x}
width = {width}
height = {height}
format = {format}
display = screen
"""
# Of each format: bytes of a pixel, and red, green, blue of its number as a display shows them.
FORMATS = {"x8r8g8b8": (4, lambda p: (p >> 16 & 255, p >> 8 & 255, p & 255)),
           "r5g6b5": (2, lambda p: (widened(p >> 11, 5), widened(p >> 5 & 63, 6), widened(p & 31, 5)))}


def widened(value, bits):
    """To eight bits, so that the largest value becomes 255."""
    return value << (8 - bits) | value >> (2 * bits - 8)


class Screen:
    """A machine with a framebuffer, in a folder of its own."""

    def __init__(self, include, address, width, height, kind):
        self.width, self.height, self.kind = width, height, kind
        self.temporary = tempfile.TemporaryDirectory(prefix="vmrun-screen-", dir="/var/tmp")
        self.stride = -(-width * FORMATS[kind][0] // 8) * 8
        with open(self.path("m.ini"), "w") as f:
            f.write(SCREEN.format(include=include, address=address, width=width, height=height, format=kind))

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.temporary.cleanup()

    def path(self, name):
        return os.path.join(self.temporary.name, name)

    def command(self, cmd):
        """That one, with this machine and the plugin of the display."""
        return ["env", "VMRUN_PLUGIN_PATH=" + PLUGINS, cmd[0], self.path("m.ini"), *cmd[2:]]

    def wanted(self, memory):
        """The file for what lies in the frame."""
        size, colours = FORMATS[self.kind]
        body = bytearray()
        for y in range(self.height):
            for x in range(self.width):
                at = y * self.stride + x * size
                body += bytes(colours(int.from_bytes(memory[at:at + size], "little")))
        return b"P6\n%d %d\n255\n" % (self.width, self.height) + body

    def file(self):
        try:
            with open(self.path("screen.ppm"), "rb") as f:
                return f.read()
        except FileNotFoundError:
            return b""

    def shows(self, memory):
        got, wanted = self.file(), self.wanted(memory)
        assert got[:12] == wanted[:12], "the file begins with %r instead of %r" % (got[:12], wanted[:12])
        wrong = [i for i in range(max(len(got), len(wanted))) if got[i:i + 1] != wanted[i:i + 1]]
        assert not wrong, "%d of %d bytes are wrong, the first one is %d" % (len(wrong), len(wanted), wrong[0])
        left = [name for name in os.listdir(self.temporary.name) if name.startswith("screen.ppm.")]
        assert not left, left

    def becomes(self, memory):
        """While the machine runs: the writer may just be at it."""
        end, wanted = time.monotonic() + 20, self.wanted(memory)
        while self.file() != wanted and time.monotonic() < end:
            time.sleep(0.05)
        assert self.file() == wanted, "the picture did not come"


class LinuxScreen(Screen):
    """The guest has a pattern for the frame in the file /pattern."""

    def __init__(self, width, height, kind):
        super().__init__(os.path.join(MACHINES, "aarch64-debian.ini"), 0x0c000000, width, height, kind)
        self.pattern = random.Random(width).randbytes(self.stride * height)
        initrd_with(self.path("initrd"), "pattern", self.pattern, "aarch64")

    def boot(self, cmdline):
        """The virtual terminals' cursor blinks in the picture, unless it is told not to."""
        return self.command(linux("vt.global_cursor_default=0 " + cmdline, "-s", "boot.initrd=" + self.path("initrd"), arch="aarch64"))
