# SPDX-License-Identifier: BSD-2-Clause
"""AAVMF, Debian's UEFI for aarch64, and what it starts: the cases of aarch64-uefi.tap and aarch64-uefi-long.tap."""
import os
import re
import signal
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fatlib  # noqa: E402
from bootlib import CACHE, MACHINES, READY, VMRUN, Terminal, expect_run, guest, need  # noqa: E402

PROMPT = b"Shell> "
DISK = """include = {machines}/aarch64-uefi.ini
[device disk0]
type = dev-virtio-blk
address = 0xa000000
irq = gic:16
file = {folder}/esp.img
"""
PCI = """include = {machines}/aarch64-uefi.ini
[device pci0]
type = dev-pci
address = 0x4010000000
io = 0x3eff0000
memory = 0x10000000
memory-size = 0x2eff0000
memory64 = 0x8000000000
irq = gic:3, gic:4, gic:5, gic:6
[device disk0]
type = dev-virtio-blk
bus = pci0
file = {folder}/esp.img
"""
VARIABLE = b"setvar vmrun -guid 2a7eb6c6-6d2a-4f5c-9d0b-5d2f2c3c1f00"


def firmware(name):
    return need(os.path.join(CACHE, "firmware-aarch64", name))


def uefi(*options, machine=None):
    return [VMRUN, machine or os.path.join(MACHINES, "aarch64-uefi.ini"), "-s", "boot.firmware=" + firmware("AAVMF_CODE.fd"), *options]


def variables(folder):
    return ["-s", "variables.file=" + os.path.join(folder, "vars.fd"), "-s", "variables.template=" + firmware("AAVMF_VARS.fd")]


def at_shell(t):
    t.wait_for(b"startup.nsh")
    t.type(b"\x1b")
    t.wait_for(PROMPT)


def shell(*options):
    """The internal shell takes commands and ends the machine."""
    with Terminal(uefi(*options)) as t:
        at_shell(t)
        t.type(b"ver\r")
        t.wait_for(b"UEFI Interactive Shell v2")
        t.wait_for(PROMPT)
        t.type(b"reset -s\r")
        t.ended(0)


def kernel(*options):
    """Started by its EFI stub, with initrd and command line; the clock and the variables are UEFI's."""
    script = "uname -m; ls /sys/firmware/efi; cat /sys/class/rtc/rtc0/name"
    output = expect_run(uefi("-s", "boot.kernel=" + guest("vmlinuz", "aarch64"), "-s", "boot.initrd=" + guest("initramfs.cpio.gz", "aarch64"),
                             "-s", 'boot.cmdline=console=ttyAMA0 vmrun.run="%s"' % script, *options),
                        0, READY, b"EFI stub: Booting Linux Kernel", b"efi: EFI v2", b"aarch64", b"rtc-efi", b"DMI: vmrun virtual machine, BIOS",
                        b"command status 0")
    assert b"efi: UEFI not found" not in output


def set_variable(t, value):
    at_shell(t)
    t.type(VARIABLE + b" -nv -bs =L\"%s\"\r" % value)
    t.wait_for(PROMPT)


def expect_variable(folder, value):
    with Terminal(uefi(*variables(folder))) as t:
        at_shell(t)
        t.type(VARIABLE + b"\r")
        t.wait_for(PROMPT)
        wide = b" ".join(b"%02X 00" % c for c in value)
        assert wide in re.sub(rb"-| +", b" ", t.output), t.output[-1500:].decode("utf-8", "replace")
        t.type(b"reset -s\r")
        t.ended(0)


def variables_survive():
    """A power-off, and after it an end without any notice."""
    with tempfile.TemporaryDirectory() as folder:
        with Terminal(uefi(*variables(folder))) as t:
            set_variable(t, b"first")
            t.type(b"reset -s\r")
            t.ended(0)
        expect_variable(folder, b"first")
        with Terminal(uefi(*variables(folder))) as t:
            set_variable(t, b"again")
            os.kill(t.process.pid, signal.SIGKILL)
            t.process.wait()
        expect_variable(folder, b"again")


def boot_disk(ini, files, cmdline, *texts):
    with tempfile.TemporaryDirectory() as folder:
        fatlib.make(os.path.join(folder, "esp.img"), 128 << 20, files)
        machine = os.path.join(folder, "m.ini")
        with open(machine, "w") as f:
            f.write(ini.format(machines=MACHINES, folder=folder))
        return expect_run(uefi("-s", "machine.on-reset=exit", "-s", "boot.cmdline=" + cmdline, machine=machine), 0, *texts)


def content(name):
    with open(guest(name, "aarch64"), "rb") as f:
        return f.read()


def removable_medium(ini):
    """The disk's \\EFI\\BOOT\\BOOTAA64.EFI is the kernel; without an initrd it finds no root, and starts the machine anew."""
    boot_disk(ini, {"EFI": {"BOOT": {"BOOTAA64.EFI": content("vmlinuz")}}}, "console=ttyAMA0 panic=-1",
              b"EFI stub: Booting Linux Kernel", b"efi: EFI v2", b"Kernel command line: console=ttyAMA0 panic=-1", b"Unable to mount root fs")


def script_on_disk(ini):
    """The shell's startup.nsh starts the disk's kernel with the disk's initrd."""
    start = b"fs0:\r\nlinux.efi console=ttyAMA0 initrd=initrd.gz vmrun.run=poweroff\r\n"
    boot_disk(ini, {"startup.nsh": start, "linux.efi": content("vmlinuz"), "initrd.gz": content("initramfs.cpio.gz")}, "console=ttyAMA0",
              b"EFI stub: Booting Linux Kernel", READY)


def grub(ini):
    """Debian's GRUB, from where UEFI looks on a disk, reads its configuration there and starts the kernel with the initrd."""
    with open(firmware("grubaa64.efi"), "rb") as f:
        loader = f.read()
    menu = b"set timeout=0\nmenuentry debian {\n  linux /vmlinuz console=ttyAMA0 vmrun.run=dmesg\n  initrd /initrd.gz\n}\n"
    boot_disk(ini, {"EFI": {"BOOT": {"BOOTAA64.EFI": loader}, "debian": {"grub.cfg": menu}},
                    "vmlinuz": content("vmlinuz"), "initrd.gz": content("initramfs.cpio.gz")}, "nobody=asks",
              b"Booting `debian'", b"Kernel command line: BOOT_IMAGE=/vmlinuz console=ttyAMA0 vmrun.run=dmesg", b"efi: EFI v2", READY,
              b"command status 0")


def boot_order():
    """Of two disks, the one that fw_cfg's file `bootorder` names first, by its place on PCI; without it, the other one."""
    second = PCI + "[device disk1]\ntype = dev-virtio-blk\nbus = pci0:9\nfile = {folder}/second.img\n"
    with tempfile.TemporaryDirectory() as folder:
        with open(firmware("grubaa64.efi"), "rb") as f:
            loader = f.read()
        for name in ("esp", "second"):
            menu = b"set timeout=0\nmenuentry the-" + name.encode() + b" {\n  halt\n}\n"
            fatlib.make(os.path.join(folder, name + ".img"), 32 << 20, {"EFI": {"BOOT": {"BOOTAA64.EFI": loader}, "debian": {"grub.cfg": menu}}})
        machine = os.path.join(folder, "m.ini")
        with open(machine, "w") as f:
            f.write(second.format(machines=MACHINES, folder=folder).replace("bus = pci0\n", "bus = pci0:5\n"))
        os.mkdir(os.path.join(folder, "firmware"))
        expect_run(uefi(machine=machine), 0, b"Booting `the-esp'")
        with open(os.path.join(folder, "firmware", "bootorder"), "wb") as f:
            f.write(b"/pci@i0cf8/scsi@9/disk@0,0\0")
        expect_run(uefi("-s", "fwcfg.files=" + os.path.join(folder, "firmware"), machine=machine), 0, b"Booting `the-second'")
