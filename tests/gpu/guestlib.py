# SPDX-License-Identifier: BSD-2-Clause
"""Guests with a GPU: what guest.tap and bench/gpu/guest.py have in common."""
import ctypes
import gzip
import os
import re
import shlex
import shutil
import subprocess

LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "guest", "vgpu")
# Beside its own machine, whose file describes no PCI: a bridge, and the device on it.
PCI = {"riscv64": "address = 0x30000000\nirq = plic:32, plic:33, plic:34, plic:35\n",
       "aarch64": "address = 0x4010000000\nio = 0x3eff0000\nmemory = 0x10000000\nmemory-size = 0x2eff0000\nmemory64 = 0x8000000000\n"
                  "irq = gic:3, gic:4, gic:5, gic:6\n"}
MACHINE = """include = %(include)s
[device pci0]
type = dev-pci
%(pci)s
[device gpu0]
type = dev-vgpu
bus = pci0:5
gpu = card
window = %(window)s
memory = %(memory)s
[gpu card]
%(card)s
"""


def write_machine(path, src, arch, card, window="16M", memory="64M"):
    """The architecture's stock Debian machine with a GPU; `card` is the text of the backend's section."""
    with open(path, "w") as f:
        f.write(MACHINE % dict(include=os.path.join(src, "etc", "machines", arch + "-debian.ini"), pci=PCI[arch], window=window,
                               memory=memory, card=card))


def have_opencl():
    """A device that OpenCL programs run on."""
    try:
        opencl = ctypes.CDLL("libOpenCL.so.1")
    except OSError:
        return False
    n = ctypes.c_uint(0)
    return opencl.clGetPlatformIDs(0, None, ctypes.byref(n)) == 0 and n.value > 0


def cross_compiler(arch):
    """The command of a compiler of Linux programs of that architecture, or None."""
    named = os.environ.get(arch.upper() + "_CC") or ""
    for command in (named, "%s-linux-gnu-gcc" % arch):
        if "linux" in command and shutil.which(shlex.split(command)[0]):
            return command
    return None


def run_make(folder, compiler, *more):
    """guest/vgpu, statically linked, into a folder. What went wrong is an AssertionError."""
    archiver = re.sub(r"gcc[^/ ]*", "ar", compiler) if "-gcc" in compiler else "ar"
    done = subprocess.run(["make", "-s", "-f", os.path.join(LIBRARY, "Makefile"), "BUILD=" + folder, "CC=" + compiler, "AR=" + archiver,
                           "LDFLAGS=-static", "CFLAGS=-O2 -Werror", *more],
                          env={**os.environ, "MAKEFLAGS": ""}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout


def build_program(compiler, folder, source):
    """One program more, with the library that run_make() has made there; its path."""
    path = os.path.join(folder, os.path.splitext(os.path.basename(source))[0])
    done = subprocess.run([*shlex.split(compiler), "-std=gnu17", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-O2", "-static", "-I" + LIBRARY,
                           "-o", path, source, os.path.join(folder, "libvgpu.a")],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return path


def programs(folder, names):
    """Programs of that folder, as write_initrd() takes them."""
    files = {}
    for name in names:
        with open(os.path.join(folder, name), "rb") as f:
            files["bin/" + name] = f.read()
    return files


def write_initrd(path, small, files):
    """The small initramfs, and behind it an archive (cpio, newc) with more."""
    parts = []
    for number, (name, data) in enumerate([*files.items(), ("TRAILER!!!", b"")], 1):
        fields = (number, 0o100755 if data else 0, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = ("070701" + "".join("%08X" % field for field in fields) + name + "\0").encode()
        parts += [head, b"\0" * (-len(head) % 4), data, b"\0" * (-len(data) % 4)]
    with open(small, "rb") as base, open(path, "wb") as out:
        out.write(base.read() + gzip.compress(b"".join(parts), 1))
