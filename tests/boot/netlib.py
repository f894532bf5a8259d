# SPDX-License-Identifier: BSD-2-Clause
"""Linux with a virtio network card: to the host and back through libslirp, to a peer on a wire, to a tap interface. All
traffic stays on this machine. The cases of net.tap and net-long.tap."""
import hashlib
import http.server
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from bootlib import MACHINE, Skip, expect_run, linux

DATA_BYTES = 3000000
# What udhcpc does with what it got; and a network without it.
LEASE = "udhcpc -i eth0 -n -q -s /u"
DHCP = ("printf '#!/bin/sh\\n[ $1 = bound ] && ip addr add $ip/$mask dev $interface && ip route add default via $router\\n' >/u; "
        "chmod +x /u; ip link set eth0 up; %s || exit 1; " % LEASE)
MMIO = "\n[device net0]\ntype = dev-virtio-net\naddress = 0x10001000\nirq = plic:1\nnet = lan\n"
PCI = "\n[device pci0]\ntype = dev-pci\naddress = 0x30000000\nirq = plic:32, plic:33, plic:34, plic:35\n[device net0]\ntype = dev-virtio-net\nbus = pci0\nnet = lan\n"


class Server:
    """An HTTP server on the host's loopback: /data, and /done, which answers only when the test says so."""

    def __init__(self, address="127.0.0.1", size=DATA_BYTES):
        self.data = hashlib.shake_128(b"vmrun").digest(size)
        self.md5 = hashlib.md5(self.data).hexdigest().encode()
        self.done = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path == "/done":
                    server.done.wait(120)
                self.send_response(200)
                self.send_header("Content-Length", str(len(server.data)))
                self.end_headers()
                self.wfile.write(server.data)

            def log_message(self, *args):
                pass

        self.http = http.server.ThreadingHTTPServer((address, 0), Handler)
        self.http.daemon_threads = True
        self.port = self.http.server_port
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.done.set()
        self.http.shutdown()
        self.http.server_close()


def machine(folder, sections):
    """A machine file with more sections than the stock one."""
    path = os.path.join(folder, "net.ini")
    with open(MACHINE) as old, open(path, "w") as new:
        new.write(old.read() + sections)
    return path


def boot(ini, command, *options):
    cmd = linux('vmrun.run="%s"' % command, *options, modules=True)
    cmd[1] = ini
    return cmd


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def fetch(port):
    """The guest's file through a forwarded port, once its server is up."""
    end = time.monotonic() + 150
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d/data" % port, timeout=30) as r:
                return r.read()
        except OSError:
            time.sleep(0.2)
    return b""


def user_network(device, *options, size=DATA_BYTES):
    """An address by DHCP, a file from the host, the same file back through a forwarded port."""
    port, got = free_port(), []
    with tempfile.TemporaryDirectory() as folder, Server(size=size) as server:
        ini = machine(folder, device + "\n[net lan]\ntype = net-user\nforward = tcp:%d:80\ndump = %s/dump\n" % (port, folder))

        def back():
            got.append(fetch(port))
            server.done.set()

        thread = threading.Thread(target=back, daemon=True)
        thread.start()
        url = "http://10.0.2.2:%d" % server.port
        command = DHCP + ("ping -c 2 10.0.2.2 && mkdir /w && wget -q -O /w/data %s/data && md5sum /w/data && httpd -p 80 -h /w && "
                          "wget -q -T 150 -O /dev/null %s/done" % (url, url))
        expect_run(boot(ini, command, *options), 0, b"lease of 10.0.2.15 obtained", b" 0% packet loss", server.md5, b"command status 0")
        thread.join(10)
        assert got == [server.data], "the file that came back is another one (%d bytes)" % len(got[0] if got else b"")
        dump = open(os.path.join(folder, "dump"), "rb").read()
        assert struct.unpack("<I", dump[:4])[0] == 0xA1B23C4D and len(dump) > 2 * size, "the dump has %d bytes" % len(dump)


def user_mmio():
    user_network(MMIO)


def user_pci():
    user_network(PCI, "-s", "machine.cpus=2")


def user_packed():
    user_network(MMIO + "packed = yes\n")


def deterministic():
    """Frames come in between instructions. The guest's clock does not wait for the host, so that it tries until an answer is in time."""
    with tempfile.TemporaryDirectory() as folder:
        ini = machine(folder, MMIO + "\n[net lan]\ntype = net-user\n")
        command = DHCP.replace(LEASE + " || exit 1", "until " + LEASE + "; do :; done") + "until ping -c 1 10.0.2.2; do :; done"
        expect_run(boot(ini, command, "-s", "machine.mode=deterministic"), 0, b"lease of 10.0.2.15 obtained", b" 0% packet loss",
                   b"command status 0")


def peer(sock, seen):
    """The other end of a wire: answers ARP and echo requests for 10.1.1.1."""
    mac = bytes.fromhex("020000000001")
    while True:
        try:
            frame = sock.recv(70000)
        except OSError:
            return
        kind = frame[12:14]
        if kind == b"\x08\x06" and frame[38:42] == bytes([10, 1, 1, 1]) and frame[21] == 1:
            answer = frame[6:12] + mac + frame[12:21] + b"\2" + mac + frame[38:42] + frame[22:32]
        elif kind == b"\x08\x00" and frame[23] == 1 and frame[34] == 8:
            length = struct.unpack(">H", frame[16:18])[0]
            seen.append(length)
            # An echo reply: type 0 instead of 8, and the sum that follows from it.
            csum = struct.unpack(">H", frame[36:38])[0] + 0x800
            csum = (csum & 0xFFFF) + (csum >> 16)
            answer = (frame[6:12] + mac + frame[12:26] + frame[30:34] + frame[26:30] + b"\0" + frame[35:36] +
                      struct.pack(">H", csum) + frame[38:14 + length])
        else:
            continue
        try:
            sock.send(answer)
        except OSError:
            pass


def wire():
    """Frames as datagrams of a unix socket: a program is the other machine."""
    seen = []
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        here, there = os.path.join(folder, "here"), os.path.join(folder, "there")
        ini = machine(folder, MMIO + "mac = 02:00:00:00:00:02\n[net lan]\ntype = net-socket\nlocal = %s\nremote = %s\n" % (here, there))
        sock.bind(there)

        def serve():
            while not os.path.exists(here):
                time.sleep(0.05)
            sock.connect(here)
            peer(sock, seen)

        threading.Thread(target=serve, daemon=True).start()
        command = "ip link set eth0 up; ip addr add 10.1.1.2/24 dev eth0; ip link show eth0; ping -c 2 10.1.1.1 && ping -c 2 -s 1472 10.1.1.1"
        output = expect_run(boot(ini, command), 0, b"02:00:00:00:00:02", b" 0% packet loss", b"command status 0")
        assert output.count(b" 0% packet loss") == 2, output[-2000:]
        assert 84 in seen and 1500 in seen, seen
        assert not os.path.exists(here), "the socket was left behind"


def tap():
    """In a network namespace of its own: the host's side of a tap interface serves a file."""
    if os.environ.get("VMRUN_NET_NAMESPACE"):
        return tap_inside()
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-Urn"]
    probe = unshare + ["sh", "-c", "ip tuntap add dev vmrun0 mode tap && ip link set lo up"]
    try:
        p = subprocess.run(probe, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    except OSError as why:
        raise Skip("no network namespace: %s" % why)
    if p.returncode:
        raise Skip("no tap interface in a network namespace: %s" % p.stdout.decode().strip())
    env = dict(os.environ, VMRUN_NET_NAMESPACE="1")
    p = subprocess.run(unshare + [sys.executable, os.path.abspath(sys.argv[0]), "tap"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       timeout=300)
    assert p.returncode == 0, p.stdout.decode("utf-8", "replace")
    return None


def tap_inside():
    for step in ("ip link set lo up", "ip tuntap add dev vmrun0 mode tap", "ip addr add 10.2.2.1/24 dev vmrun0", "ip link set vmrun0 up"):
        subprocess.run(step.split(), check=True)
    with tempfile.TemporaryDirectory() as folder, Server("10.2.2.1") as server:
        ini = machine(folder, MMIO + "\n[net lan]\ntype = net-tap\ninterface = vmrun0\n")
        command = ("ip link set eth0 up; ip addr add 10.2.2.2/24 dev eth0; ping -c 2 10.2.2.1 && wget -q -O /data http://10.2.2.1:%d/data && "
                   "md5sum /data" % server.port)
        expect_run(boot(ini, command), 0, b" 0% packet loss", server.md5, b"command status 0")
        # Somebody else has it: a clear message.
        holder = subprocess.Popen(boot(ini, "sleep 100"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 30
            while "LOWER_UP" not in subprocess.run(["ip", "link", "show", "vmrun0"], stdout=subprocess.PIPE, check=True).stdout.decode():
                assert time.monotonic() < end
                time.sleep(0.1)
            expect_run(boot(ini, "true"), 2, b"cannot attach to the interface 'vmrun0'", b"another program has it")
        finally:
            holder.kill()
            holder.wait()

