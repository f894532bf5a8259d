# SPDX-License-Identifier: BSD-2-Clause
"""Measurements of shared folders: a guest's Linux mounts one by 9p; the file is in the host's page cache."""
import os
import re
import subprocess

import disks
import target
from machines import Failed, Qemu

NAMES = ("read", "write", "random-read")
MOUNT = "mkdir /m && modprobe 9p && mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 share0 /m && /disk %s /m/data"


def command(machine, directory, name, initrd, folder):
    cmd = machine.linux(MOUNT % name, initrd)
    if isinstance(machine, Qemu):
        return cmd + ["-global", "virtio-mmio.force-legacy=false", "-fsdev", "local,id=folder,security_model=none,path=" + folder,
                      "-device", "virtio-9p-device,fsdev=folder,mount_tag=share0"]
    ini = os.path.join(directory, "folder.ini")
    with open(ini, "w") as f:
        f.write("include = %s\n[device share0]\ntype = dev-virtio-9p\n%sfolder = %s\n" %
                (target.chosen.machine, target.chosen.virtio, folder))
    return cmd[:1] + [ini] + cmd[2:]


def prepare(name):
    def prepare_row(directory):
        initrd = disks.initramfs(directory)
        folder = os.path.join(directory, "folder")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "data"), "wb") as f:
            for _ in range(disks.BYTES >> 20):
                f.write(os.urandom(1 << 20))

        def sample(machine):
            try:
                p = subprocess.run(command(machine, directory, name, initrd, folder), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=disks.LIMIT)
            except subprocess.TimeoutExpired:
                raise Failed("no end after %d s" % disks.LIMIT) from None
            found = re.search(rb"disk: %s ([0-9.]+)" % name.encode(), p.stdout)
            if not found:
                raise Failed("no result: " + p.stdout[-1000:].decode("utf-8", "replace"))
            return float(found.group(1))
        return sample
    return prepare_row


ROWS = {"folder-" + name: (prepare(name), disks.SAYS[name]) for name in NAMES}
