# SPDX-License-Identifier: BSD-2-Clause
"""Virtio devices under the stock Debian riscv64 kernel: the cases of virtio.tap and virtio-long.tap."""
import os
import re
import select
import socket
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from bootlib import READY, SRC, Terminal, expect_run, linux, run  # noqa: E402

MMIO = """include = {machines}/riscv64-debian.ini
[device rng0]
type = dev-virtio-rng
address = 0x10001000
irq = plic:1
"""
BUS = """include = {machines}/riscv64-debian.ini
[device pci0]
type = dev-pci
address = 0x30000000
irq = plic:32, plic:33, plic:34, plic:35
"""
PCI = BUS + """[device rng0]
type = dev-virtio-rng
bus = pci0
"""
AIA = """include = {machines}/riscv64-aia.ini
[device pci0]
type = dev-pci
address = 0x30000000
irq = aplic:32, aplic:33, aplic:34, aplic:35
msi = imsic-s
[device rng0]
type = dev-virtio-rng
bus = pci0
"""
MANY = BUS + "".join(
    "[device rng%d]\ntype = dev-virtio-rng\nbus = pci0:%d.%d\n" % (i, 1 + i // 8, i % 8) for i in range(200))
CONSOLES = BUS + """[chardev hvc]
type = char-socket
path = {folder}/hvc
[chardev port]
type = char-socket
path = {folder}/port
[device con0]
type = dev-virtio-console
bus = pci0
chardev = hvc
chardev1 = port
name1 = org.example.echo
columns = 100
rows = 40
"""
ONE_CONSOLE = """include = {machines}/riscv64-debian.ini
[device uart0]
chardev = null
[device con0]
type = dev-virtio-console
address = 0x10001000
irq = plic:1
chardev = stdio
"""


def machine(folder, text, cmdline, *options):
    path = os.path.join(folder, "machine.ini")
    with open(path, "w") as f:
        f.write(text.format(machines=os.path.join(SRC, "etc", "machines"), folder=folder))
    cmd = linux(cmdline, *options, modules=True)
    cmd[1] = path
    return cmd


def random_bytes(text, interrupt, *options):
    """The guest's driver gets random bytes, different ones each time, by this kind of interrupt."""
    command = ("cat /sys/class/misc/hw_random/rng_current; dd if=/dev/hwrng bs=4096 count=64 of=/tmp/r 2>/dev/null; "
               "wc -c </tmp/r; gzip -c /tmp/r | wc -c; grep virtio0 /proc/interrupts")
    with tempfile.TemporaryDirectory() as folder:
        output = expect_run(machine(folder, text, 'vmrun.run="%s"' % command, *options), 0, READY, b"virtio_rng.0",
                            b"\n262144\r\n", b"command status 0")
    packed = re.search(rb"\n262144\r\n(\d+)\r\n", output)
    assert packed and int(packed.group(1)) > 262144, "not random:\n" + output[-1500:].decode("utf-8", "replace")
    assert re.search(rb":(?: +\d+)* +[1-9]\d*(?: +\d+)* +[^\n]*%s" % interrupt, output), "no interrupt was counted:\n%s" % (
        output[-1500:].decode("utf-8", "replace"))


def many_devices():
    with tempfile.TemporaryDirectory() as folder:
        expect_run(machine(folder, MANY, 'vmrun.run="ls /sys/bus/virtio/devices | wc -l; dd if=/dev/hwrng bs=64 count=9 | wc -c"'),
                   0, b"\n200\r\n", b"\n576\r\n", timeout=400)


def deterministic():
    """The same machine gives the same bytes again."""
    with tempfile.TemporaryDirectory() as folder:
        cmd = machine(folder, MMIO, 'vmrun.run="hexdump -n 16 -C /dev/hwrng"', "-s", "machine.mode=deterministic")
        first, second = (run(cmd, timeout=400) for _ in range(2))
    assert first[0] == 0 and b"00000010" in first[1], first[1][-1500:]
    assert first == second, "%s\n---\n%s" % (first[1][-500:], second[1][-500:])


def login_on_hvc():
    """The kernel's console and a shell on a virtio console, typing and power-off included."""
    with tempfile.TemporaryDirectory() as folder:
        cmd = machine(folder, ONE_CONSOLE, "")
        cmd = [c.replace("console=ttyS0 earlycon=sbi", "console=hvc0") for c in cmd]
        with Terminal(cmd) as t:
            t.wait_for(READY)
            t.wait_for(b"# ")
            t.type(b"echo $((6*7))-$(tty)\r")
            t.wait_for(b"42-/dev/hvc0")
            t.type(b"seq 20000 | tail -c 12000 | md5sum; seq 3000\r")
            t.wait_for(b"\n3000\r")
            t.type(b"poweroff\r")
            t.ended(0)


class Peer:
    """A client of a socket backend."""

    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.received = b""
        end = time.monotonic() + timeout
        while True:
            try:
                self.socket.connect(path)
                return
            except OSError:
                assert time.monotonic() < end, "no socket " + path
                time.sleep(0.1)

    def expect(self, text, timeout=120):
        end = time.monotonic() + timeout
        while text not in self.received:
            left = end - time.monotonic()
            assert left > 0, "no %r, but %r" % (text, self.received[-1000:])
            if select.select([self.socket], [], [], left)[0]:
                more = self.socket.recv(65536)
                assert more, "closed without %r" % text
                self.received += more


def consoles_and_ports():
    """A line on a second console, and a stream through a named port and back."""
    stream = bytes(range(256)) * 4000
    command = ("exec 3<>/dev/hvc0; echo name >&3; read name <&3; echo hello $name, $(stty size <&3) >&3; "
               "grep -l org.example.echo /sys/class/virtio-ports/*/name; "
               "head -c %d /dev/vport0p1 >/tmp/s; cat /tmp/s >/dev/vport0p1; md5sum </tmp/s; sleep 1" % len(stream))
    with tempfile.TemporaryDirectory() as folder:
        with Terminal(machine(folder, CONSOLES, 'vmrun.run="%s"' % command)) as t:
            console, port = (Peer(os.path.join(folder, name)) for name in ("hvc", "port"))
            t.wait_for(READY)
            console.expect(b"name")
            console.socket.sendall(b"vmrun\n")
            console.expect(b"hello vmrun, 40 100")
            t.wait_for(b"/sys/class/virtio-ports/vport0p1/name")
            port.socket.sendall(stream)
            port.expect(stream)
            t.wait_for(b"command status 0")
            t.ended(0)
