# SPDX-License-Identifier: BSD-2-Clause
"""A whole Debian on a disk, as `vmrun --new` makes it: login, network, packages, load on everything at once."""
import glob
import hashlib
import http.server
import os
import re
import shutil
import socketserver
import subprocess
import tempfile
import threading
from bootlib import SRC, Skip, Terminal, VMRUN

PROMPT = b"vmrun-test# "
LOAD_SECONDS = int(os.environ.get("VMRUN_LOAD_SECONDS", "600"))
HOST = "10.0.2.2"  # this machine's loopback, as a guest on a user network sees it


class Guest(Terminal):
    """The machine at a root shell on its console."""

    def __init__(self, ini, *options):
        if not os.path.exists(ini):
            raise Skip("there is no machine")
        super().__init__([VMRUN, ini, *options])
        self.commands = 0

    def login(self):
        self.wait_for(b" login: ", timeout=900)
        self.type(b"root\r")
        self.wait_for(b"# ", timeout=300)
        self.type(b"export PS1='vmrun-''test# ' LC_ALL=C SYSTEMD_COLORS=0; stty cols 200; bind 'set enable-bracketed-paste off'\r")
        self.wait_for(PROMPT)

    def run(self, command, timeout=120):
        """What the command prints, both streams; its status must be 0."""
        self.commands += 1
        mark = b"end-%d-" % self.commands
        begin = self.seen
        self.type(b"%s; echo end-''%d-$?-\r" % (command.encode(), self.commands))
        self.wait_for(mark, timeout=timeout)
        end = self.seen - len(mark)
        self.wait_for(b"-")
        status = self.output[end + len(mark):self.seen - 1]
        text = self.output[begin:end].decode("utf-8", "replace")
        assert status == b"0", "%s: status %s\n%s" % (command, status.decode(), text[-3000:])
        self.wait_for(PROMPT)
        return text

    def poweroff(self):
        self.type(b"systemctl poweroff\r")
        self.ended(0, timeout=180)


class Server:
    """An HTTP server on the loopback with a folder; what is put to it is counted and dropped."""

    def __init__(self, folder):
        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=folder)

            def do_PUT(self):
                left = int(self.headers["Content-Length"])
                while left > 0:
                    left -= len(self.rfile.read(min(left, 1 << 16)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Threads(socketserver.ThreadingMixIn, socketserver.TCPServer):
            daemon_threads = True
        self.server = Threads(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.server.shutdown()
        self.server.server_close()


# Debian's own packages for the guest, by the functions that `vmrun --new` has for that: those that
# FOLDER's dpkg status lacks for PACKAGES, into FOLDER.
FETCH = """
set -u -o pipefail
program=debian guest_suite=trixie
. "$1/new/debian.bash"
scratch=$(mktemp -d) || exit
folder=$2 arch=${guest_debian[$3]}
shift 3
update_guest_lists "$arch" || exit 77
cp "$folder/status" "$scratch/apt/status"
guest_apt apt-get install -q -y --no-install-recommends --download-only "$@" </dev/null &&
    mv "$scratch"/apt/cache/archives/*.deb "$folder"
"""


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def make_repository(folder):
    """An apt repository of the packages in a folder."""
    with open(os.path.join(folder, "Packages"), "w") as index:
        for path in sorted(glob.glob(os.path.join(folder, "*.deb"))):
            # A colon of an epoch would have to be escaped.
            name = re.sub(r"[^A-Za-z0-9.+_-]", "-", os.path.basename(path))
            os.rename(path, os.path.join(folder, name))
            control = subprocess.run(["dpkg-deb", "-f", os.path.join(folder, name)], stdout=subprocess.PIPE, check=True, text=True).stdout
            index.write("%s\nFilename: ./%s\nSize: %d\nSHA256: %s\n\n" % (
                control.strip(), name, os.path.getsize(os.path.join(folder, name)), sha256(os.path.join(folder, name))))


class Debian:
    """The machine folder of one architecture; the methods are cases, each a boot, in this order. `include` is what --new
    installs besides: fio for verify() to use it, fio and curl for load(). With `uefi` the disk has partitions, and GRUB, which
    starts the newest of the kernels there."""

    def __init__(self, arch, *include, uefi=False):
        self.arch = arch
        self.uefi = uefi
        self.root_offset = (129 << 20) if uefi else 0
        self.include = include
        # --new works beside what it makes: a place of its own, so that what others do at the same time is not seen.
        self.place = os.path.join(os.environ.get("VMRUN_BUILDDIR") or os.getcwd(), "tests", "boot", "debian-" + arch)
        self.folder = os.path.join(self.place, "machine")
        self.ini = os.path.join(self.folder, "machine.ini")
        self.disk = os.path.join(self.folder, "root.img")

    def new(self):
        """vmrun --new makes the folder, or there is none."""
        self.remove()
        os.makedirs(self.place)
        for tool in ("debootstrap", "fakeroot", "mke2fs", *(["sfdisk"] if self.uefi else [])):
            if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
                raise Skip(tool + " is not installed")
        more = ["--include", ",".join(self.include)] if self.include else []
        more += ["--uefi"] if self.uefi else []
        done = subprocess.run([VMRUN, "--new", self.folder, "--arch", self.arch, "--size", "4G", *more],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=3000)
        text = done.stdout.decode("utf-8", "replace")
        if "no Debian mirror" in text:
            raise Skip("no mirror can be reached")
        assert done.returncode == 0, text[-4000:]
        assert os.listdir(self.place) == ["machine"], os.listdir(self.place)
        with open(self.ini) as f:
            named = re.findall(r"^(?:firmware|kernel|initrd|file) = (.*)", f.read(), re.M)
        assert sorted(os.listdir(self.folder)) == sorted(named + ["machine.ini"]), os.listdir(self.folder)

    def remove(self):
        shutil.rmtree(self.place, ignore_errors=True)

    def check_disk(self):
        done = subprocess.run(["/sbin/e2fsck", "-fn", "%s?offset=%d" % (self.disk, self.root_offset)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-3000:]

    def fetch(self, folder, *packages):
        """A repository with packages that the guest does not have, and what they need."""
        with open(os.path.join(folder, "status"), "wb") as f:
            subprocess.run(["/sbin/debugfs", "-R", "cat /var/lib/dpkg/status", "%s?offset=%d" % (self.disk, self.root_offset)], stdout=f, stderr=subprocess.DEVNULL, check=True)
        done = subprocess.run(["bash", "-c", FETCH, "bash", SRC, folder, self.arch, *packages], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900)
        text = done.stdout.decode("utf-8", "replace")
        if done.returncode == 77:
            raise Skip("no mirror can be reached")
        assert done.returncode == 0, text[-3000:]
        make_repository(folder)

    def login(self):
        """systemd comes up without a failed unit; apt fetches and installs packages over the network."""
        if not os.path.exists(self.ini):
            raise Skip("there is no machine")
        with tempfile.TemporaryDirectory() as folder:
            self.fetch(folder, "stress-ng")
            with Server(folder) as server, Guest(self.ini) as g:
                g.login()
                state = g.run("systemctl is-system-running --wait || systemctl --failed --no-pager", timeout=900)
                assert re.search(r"^running\r*$", state, re.M), state
                g.run("findmnt -no SOURCE,FSTYPE / | grep -q '/dev/vda%s *ext4'" % ("2" if self.uefi else ""))
                g.run("ls -l /dev/hwrng && head -c 64 /dev/hwrng | wc -c | grep -qx 64")
                g.run("echo 'deb [trusted=yes] http://%s:%d ./' >/etc/apt/sources.list" % (HOST, server.port))
                g.run("apt-get -q update", timeout=300)
                g.run("apt-get -q -y --no-install-recommends install stress-ng", timeout=900)
                if self.uefi:
                    self.add_kernel(g)
                g.run("echo kept >/root/kept && sync")
                g.poweroff()
        self.check_disk()

    def add_kernel(self, g):
        """As a package with a newer kernel would."""
        g.run("grep -q 'BOOT_IMAGE=/boot/vmlinuz-6' /proc/cmdline && grep -q ' /boot/efi vfat ' /proc/mounts && efibootmgr | grep -q 'debian'")
        g.run("for f in vmlinuz initrd.img; do cp /boot/$f-$(uname -r) /boot/$f-99.1 || exit 1; done")
        g.run("update-grub", timeout=600)

    def verify(self):
        """What was written before the power-off is there; stress-ng and fio check what they compute and write."""
        with Guest(self.ini, "-s", "machine.cpus=4") as g:
            g.login()
            g.run("grep -qx kept /root/kept")
            if self.uefi:
                g.run("grep -q 'BOOT_IMAGE=/boot/vmlinuz-99.1 ' /proc/cmdline")
            if "fio" in self.include:
                g.run("fio --name=v --filename=/root/fio --size=64M --rw=randwrite --bs=4k-64k --direct=1 --ioengine=libaio --iodepth=16 "
                      "--fsync=64 --verify=crc32c --verify_fatal=1 --do_verify=1 --minimal >/dev/null", timeout=600)
            g.run("stress-ng --verify --cpu 2 --cpu-method all --vm 2 --vm-bytes 128M --vm-method all --timeout 60s", timeout=400)
            g.poweroff()
        self.check_disk()

    def load(self):
        """4 vCPUs, disk and network at once; with pauses, since other tests share the host's cores."""
        seconds = LOAD_SECONDS
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "data"), "wb") as f:
                f.write(os.urandom(32 << 20))
            want = sha256(os.path.join(folder, "data"))
            with Server(folder) as server, Guest(self.ini, "-s", "machine.cpus=4") as g:
                g.login()
                g.run("cat >/root/fetch <<'END'\nend=$(($(date +%%s) + %d))\nwhile [ $(date +%%s) -lt $end ]; do\n"
                      "    curl -sf http://%s:%d/data | tee /tmp/up | sha256sum | grep -q '^%s ' || exit 1\n"
                      "    curl -sf -T /tmp/up http://%s:%d/up || exit 2\n    sleep 2\ndone\nEND\n:" %
                      (seconds, HOST, server.port, want, HOST, server.port))
                g.run("(fio --name=l --filename=/root/fio --size=128M --rw=randrw --bs=4k-128k --direct=1 --ioengine=libaio --iodepth=16 "
                      "--fsync=32 --verify=crc32c --verify_fatal=1 --time_based --runtime=%d "
                      "--thinktime=50ms --thinktime_blocks=32 --minimal >/dev/null; echo $? >/root/fio.status) & "
                      "(stress-ng --verify --cpu 2 --cpu-load 25 --vm 1 --vm-bytes 128M --vm-hang 1 --timeout %ds; echo $? >/root/stress.status) & "
                      "(sh /root/fetch; echo $? >/root/fetch.status) & wait" % (seconds, seconds), timeout=seconds * 3 + 600)
                g.run("grep -qx 0 /root/fio.status && grep -qx 0 /root/stress.status && grep -qx 0 /root/fetch.status")
                kernel = g.run("dmesg --level=emerg,alert,crit,err || true")
                assert "I/O error" not in kernel and "hung" not in kernel, kernel
                g.poweroff()
        self.check_disk()
