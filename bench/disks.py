# SPDX-License-Identifier: BSD-2-Clause
"""Measurements of disks: a guest's Linux on a virtio disk whose image is in the host's page cache."""
import gzip
import os
import re
import subprocess

import image
import target
from machines import Failed, Qemu

LIMIT = 300
BYTES = 256 << 20
NAMES = ("read", "write", "random-read", "random-write")


def initramfs(directory):
    """The small guest with modules, and the program that transfers."""
    program = os.path.join(directory, "disk")
    subprocess.run(target.chosen.cc + image.FLAGS + [os.path.join(image.PROGRAMS, "disk", "disk.c"), "-o", program], check=True)
    with open(program, "rb") as f:
        archive = b"".join((image.cpio_member(1, "disk", 0o100755, f.read()), image.cpio_member(2, "TRAILER!!!", 0, b"")))
    base = target.chosen.guest("initramfs-modules.cpio.gz")
    if not os.path.exists(base):
        raise Failed("there is no " + base)
    out = os.path.join(directory, "initramfs-disk.cpio.gz")
    with open(base, "rb") as f, open(out, "wb") as g:
        g.write(f.read() + gzip.compress(archive, 1))
    return out


def command(machine, directory, name, initrd, disk):
    cmd = machine.linux("/disk " + name, initrd)
    if isinstance(machine, Qemu):
        return cmd + ["-global", "virtio-mmio.force-legacy=false", "-drive", "if=none,id=disk,format=raw,file=" + disk,
                      "-device", "virtio-blk-device,drive=disk"]
    ini = os.path.join(directory, "disk.ini")
    with open(ini, "w") as f:
        f.write("include = %s\n[device disk0]\ntype = dev-virtio-blk\n%sfile = %s\n" %
                (target.chosen.machine, target.chosen.virtio, disk))
    return cmd[:1] + [ini] + cmd[2:]


def fill(path):
    with open(path, "wb") as f:
        for _ in range(BYTES >> 20):
            f.write(os.urandom(1 << 20))


def seconds(cmd, name):
    """What the program says that it took, in the guest that `cmd` boots."""
    try:
        p = subprocess.run(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        raise Failed("no end after %d s" % LIMIT) from None
    found = re.search(rb"disk: %s ([0-9.]+)" % name.encode(), p.stdout)
    if not found:
        raise Failed("no result: " + p.stdout[-1000:].decode("utf-8", "replace"))
    return float(found.group(1))


def prepare(name):
    def prepare_row(directory):
        initrd = initramfs(directory)
        disk = os.path.join(directory, "disk.img")
        fill(disk)
        return lambda machine: seconds(command(machine, directory, name, initrd, disk), name)
    return prepare_row


SAYS = {"read": "sequential reads of 1 MiB, 1 GiB", "write": "sequential writes of 1 MiB, 256 MiB, and a flush",
        "random-read": "20000 random reads of 4 KiB, one at a time",
        "random-write": "4000 random writes of 4 KiB, one at a time, a flush after every eighth"}
ROWS = {"disk-" + name: (prepare(name), SAYS[name]) for name in NAMES}
