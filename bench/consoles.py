# SPDX-License-Identifier: BSD-2-Clause
"""Measurements of virtio consoles: what a guest's Linux writes to a console and to a port goes to a file of the host."""
import os
import re
import subprocess

import target
from machines import Failed, Qemu

LIMIT = 300
FILES = ("console.out", "port.out")
# name: device in the guest, bytes of one write, how many writes
NAMES = {"hvc": ("hvc0", 4096, 500), "port": ("vport0p1", 32768, 4000), "port-lines": ("vport0p1", 64, 20000)}


def command(machine, directory, name):
    device, size, count = NAMES[name]
    script = "time dd if=/dev/zero of=/dev/%s bs=%d count=%d" % (device, size, count)
    initrd = target.chosen.guest("initramfs-modules.cpio.gz")
    if not os.path.exists(initrd):
        raise Failed("there is no " + initrd)
    cmd = machine.linux(script, initrd)
    console, port = (os.path.join(directory, f) for f in FILES)
    if isinstance(machine, Qemu):
        return cmd + ["-global", "virtio-mmio.force-legacy=false", "-chardev", "file,id=c0,path=" + console,
                      "-chardev", "file,id=c1,path=" + port, "-device", "virtio-serial-device",
                      "-device", "virtconsole,chardev=c0", "-device", "virtserialport,chardev=c1,name=bench"]
    ini = os.path.join(directory, "console.ini")
    with open(ini, "w") as f:
        f.write("include = %s\n[chardev c0]\ntype = char-file\npath = %s\n[chardev c1]\ntype = char-file\npath = %s\n"
                "[device con0]\ntype = dev-virtio-console\n%s"
                "chardev = c0\nchardev1 = c1\nname1 = bench\n" % (target.chosen.machine, console, port, target.chosen.virtio))
    return cmd[:1] + [ini] + cmd[2:]


def prepare(name):
    def prepare_row(directory):
        def sample(machine):
            try:
                p = subprocess.run(command(machine, directory, name), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, timeout=LIMIT)
            except subprocess.TimeoutExpired:
                raise Failed("no end after %d s" % LIMIT) from None
            found = re.search(rb"real\s+(\d+)m ([0-9.]+)s", p.stdout)
            wrote = max(os.path.getsize(os.path.join(directory, f)) for f in FILES if os.path.exists(os.path.join(directory, f)))
            if not found or wrote < NAMES[name][1] * NAMES[name][2]:
                raise Failed("no result: " + p.stdout[-1000:].decode("utf-8", "replace"))
            return 60 * int(found.group(1)) + float(found.group(2))
        return sample
    return prepare_row


SAYS = {"hvc": "2 MB to a console", "port": "131 MB to a port, 32 KiB at a time", "port-lines": "20000 lines of 64 bytes to a port"}
ROWS = {"console-" + name: (prepare(name), SAYS[name]) for name in NAMES}
