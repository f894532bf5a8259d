# SPDX-License-Identifier: BSD-2-Clause
"""The guest architectures that can be measured, and what differs between them."""
import os
import shlex

SRC = os.environ.get("VMRUN_SRCDIR") or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CACHE = os.environ.get("VMRUN_GUESTS") or os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "vmrun")


class Target:
    """
    files: the boot files by the key of [boot] that names them. virtio: the place of a virtio device in an INI. bare: what
    compiles a program for the bare machine, None where there is no such machine yet. vector: what compiles one of the group of
    that name, None where the guest has no such instructions.
    """

    def __init__(self, name, qemu, cc, machine, files, console, virtio, bare=None, vector=None):
        self.name = name
        self.qemu = [os.environ.get("QEMU_SYSTEM_" + name.upper()) or "qemu-system-" + name] + qemu
        self.cc = shlex.split(os.environ.get(name.upper() + "_CC") or cc)
        self.machine = os.path.join(SRC, "etc", "machines", machine)
        self.files = {key: self.guest(file) for key, file in files.items()}
        self.console, self.virtio, self.bare, self.vector = console, virtio, bare, vector

    def guest(self, file):
        return os.path.join(CACHE, self.name, file)


TARGETS = {t.name: t for t in (
    Target("riscv64", ["-M", "virt"], "riscv64-linux-gnu-gcc", "riscv64-debian.ini",
           {"firmware": "fw_dynamic.bin", "kernel": "vmlinux", "initrd": "initramfs.cpio.gz"}, "ttyS0",
           "address = 0x10001000\nirq = plic:1\n", ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany"]),
    Target("aarch64", ["-M", "virt,gic-version=3", "-cpu", "neoverse-n1", "-nic", "none"], "aarch64-linux-gnu-gcc", "aarch64-debian.ini",
           {"kernel": "vmlinuz", "initrd": "initramfs.cpio.gz"}, "ttyAMA0", "address = 0xa000000\nirq = gic:16\n",
           vector=["-march=armv8.2-a+fp16+dotprod+crypto"]),
)}

chosen = TARGETS["riscv64"]


def choose(name):
    """What all of the other modules measure from now on."""
    global chosen
    chosen = TARGETS[name]
