# SPDX-License-Identifier: BSD-2-Clause
"""Measurements of a guest's network: a virtio card on each emulator's user network, by libslirp, to servers on this host."""
import os
import re
import socket
import subprocess
import time

import target
from machines import Failed, Vmrun

LIMIT = 600
BYTES = 64 << 20
TRIPS = 1000
UP = "ip link set eth0 up; ip addr add 10.0.2.15/24 dev eth0; ip route add default via 10.0.2.2; "
SECTIONS = "\n[device net0]\ntype = dev-virtio-net\n%snet = lan\n[net lan]\ntype = net-user\nforward = tcp:%d:80\n"


def command(machine, directory, guest, port):
    """Boots with a network, and `port` of the host leading to the guest's port 80."""
    cmd = machine.linux(UP + guest, target.chosen.guest("initramfs-modules.cpio.gz"))
    if not isinstance(machine, Vmrun):
        return cmd + ["-netdev", "user,id=lan,hostfwd=tcp:127.0.0.1:%d-:80" % port, "-device", "virtio-net-device,netdev=lan"]
    cmd[1] = os.path.join(directory, "network.ini")
    with open(target.chosen.machine) as old, open(cmd[1], "w") as new:
        new.write(old.read() + SECTIONS % (target.chosen.virtio, port))
    return cmd


def listen():
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(LIMIT)
    return server, server.getsockname()[1]


def finish(process):
    try:
        out, _ = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failed("no end after %d s" % LIMIT) from None
    text = out.decode("utf-8", "replace")
    if "vmrun: command status 0" not in text:
        raise Failed("the guest failed: " + text[-1000:])
    return text


def start(cmd):
    return subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def prepare_in(directory):
    """A file from the host: from the request to the guest's last acknowledgement."""
    def sample(machine):
        server, port = listen()
        with server:
            process = start(command(machine, directory, "wget -q -O /dev/null http://10.0.2.2:%d/" % port, free_port()))
            client, _ = server.accept()
            with client:
                client.recv(4096)
                begin = time.monotonic()
                client.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % BYTES + bytes(BYTES))
                client.shutdown(socket.SHUT_WR)
                while client.recv(4096):
                    pass
                seconds = time.monotonic() - begin
            finish(process)
        return seconds
    return sample


def free_port():
    server, port = listen()
    server.close()
    return port


def fetch(port):
    """Seconds from the request to the last byte of the guest's file."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), 60) as s:
                begin, got = time.monotonic(), 0
                s.sendall(b"GET /data HTTP/1.0\r\n\r\n")
                while True:
                    block = s.recv(1 << 20)
                    if not block:
                        break
                    got += len(block)
                if got >= BYTES:
                    return time.monotonic() - begin
        except OSError:
            pass
        time.sleep(0.2)
    raise Failed("the guest does not answer")


def prepare_out(directory):
    """A file of the guest, which its web server sends through a forwarded port."""
    def sample(machine):
        server, done = listen()
        with server:
            port = free_port()
            guest = "mkdir /w; dd if=/dev/zero of=/w/data bs=1M count=%d && httpd -p 80 -h /w && nc 10.0.2.2 %d" % (BYTES >> 20, done)
            process = start(command(machine, directory, guest, port))
            # Its server runs when it calls.
            caller, _ = server.accept()
            with caller:
                seconds = fetch(port)
            finish(process)
        return seconds
    return sample


def prepare_trips(directory):
    """Echoes of the network's own host, one after another: the guest's own figure for one, times their number."""
    def sample(machine):
        text = finish(start(command(machine, directory, "ping -A -q -c %d 10.0.2.2" % TRIPS, free_port())))
        match = re.search(r"min/avg/max = [\d.]+/([\d.]+)/", text)
        if not match:
            raise Failed("no round trips: " + text[-500:])
        return float(match.group(1)) / 1000 * TRIPS
    return sample


TIMED = {
    "net-in": (prepare_in, "%d MB from a server of the host" % (BYTES >> 20)),
    "net-out": (prepare_out, "%d MB from the guest through a forwarded port" % (BYTES >> 20)),
    "net-trips": (prepare_trips, "%d round trips to the network's host" % TRIPS),
}
