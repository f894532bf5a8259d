# SPDX-License-Identifier: BSD-2-Clause
"""Measurements of shared folders: a guest's Linux mounts one by 9p; the file is in the host's page cache."""
import os

import disks
import target
from machines import Qemu

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
        disks.fill(os.path.join(folder, "data"))
        return lambda machine: disks.seconds(command(machine, directory, name, initrd, folder), name)
    return prepare_row


ROWS = {"folder-" + name: (prepare(name), disks.SAYS[name]) for name in NAMES}
