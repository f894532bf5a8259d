# SPDX-License-Identifier: BSD-2-Clause
"""
Programs that people run: those of Debian's own packages, for the guest. They are fetched from this machine's Debian mirror, verified by apt,
and unpacked into an initramfs, not installed. Each script in programs/debian says what one does (work, which prints a sum of its result)
and what it needs (prepare).
"""
import gzip
import os
import shutil
import stat
import subprocess
import tempfile

import image
import target

SCRIPTS = os.path.join(image.PROGRAMS, "debian")
PACKAGES = ("gcc", "libc6-dev", "lua5.4", "openssl", "perl", "python3", "sqlite3", "xz-utils", "zstd")
# Of what is in the packages: documents, translations, and what compilers bring for link time and for sanitizers.
LEFT_OUT = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/info/", "/var/", "/lto1", "/lto-wrapper", "san.a", "san.so")

FETCH = """
set -u -o pipefail
program=bench guest_suite=trixie
. "$1/new/debian.bash"
scratch=$(mktemp -d) || exit
folder=$2 arch=${guest_debian[$3]}
shift 3
update_guest_lists "$arch" || exit
: >"$scratch/apt/status"
guest_apt apt-get install -q -y --no-install-recommends --download-only "$@" </dev/null >"$scratch/log" 2>&1 ||
    { cat "$scratch/log" >&2; exit 1; }
mv "$scratch"/apt/cache/archives/*.deb "$folder"
"""

# What goes around each script. The guest's clock is as fine as /proc/uptime.
BEFORE = """#!/bin/busybox sh
export PATH=/usr/bin:/usr/sbin:/bin:/sbin OPENSSL_CONF=/dev/null
prepare() { :; }
now()
{
    read -r up _ </proc/uptime
    echo "${up%.*}${up#*.}0000000"
}
"""
AFTER = """
cd /tmp && prepare || exit
echo "bench: start"
begin=$(now)
result=$(work 2>/tmp/errors) && [ -n "$result" ] || { echo "bench: failed: $(tail -n 1 /tmp/errors)"; exit 1; }
end=$(now)
rm -f /tmp/*
echo "bench: $((end - begin)) 0 $result"
"""


def programs():
    return sorted(f[:-3] for f in os.listdir(SCRIPTS) if f.endswith(".sh"))


def script(name):
    with open(os.path.join(SCRIPTS, name + ".sh"), encoding="utf-8") as f:
        return (BEFORE + f.read() + AFTER).encode()


def fetch():
    """The folder of the packages, fetched if they are not there."""
    folder = os.path.join(target.CACHE, "bench-" + target.chosen.name)
    if os.path.isdir(folder):
        return folder
    os.makedirs(target.CACHE, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.CACHE) as fetched:
        subprocess.run(["bash", "-c", FETCH, "bench", target.SRC, fetched, target.chosen.name] + list(PACKAGES), check=True)
        shutil.copytree(fetched, folder)
    return folder


def members(root):
    """What is below a folder, as (name, mode, data) of an archive."""
    for folder, folders, files in os.walk(root):
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            inside = path[len(root):]
            if any(part in inside + "/" for part in LEFT_OUT):
                continue
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                yield inside[1:], mode, os.readlink(path).encode()
            elif stat.S_ISDIR(mode):
                yield inside[1:], mode, b""
            elif stat.S_ISREG(mode):
                with open(path, "rb") as f:
                    yield inside[1:], mode, f.read()


def make_initramfs(base, directory, names):
    """An initramfs with the packages and these programs behind `base`."""
    root = os.path.join(directory, "root")
    for package in sorted(os.listdir(fetch())):
        subprocess.run(["dpkg-deb", "-x", os.path.join(fetch(), package), root], check=True)
    out = os.path.join(directory, "debian.cpio.gz")
    with open(base, "rb") as f, open(out, "wb") as g:
        g.write(f.read())
        with gzip.GzipFile(fileobj=g, mode="wb", compresslevel=1) as archive:
            inode = 1
            for inode, member in enumerate(members(root), 1):
                archive.write(image.cpio_member(inode, *member))
            more = [("lib", 0o120777, b"usr/lib"), ("bench", 0o040755, b""), ("bench/serve", 0o100755, image.SERVE.encode())]
            more += [("bench/" + name, 0o100755, script(name)) for name in names] + [("TRAILER!!!", 0, b"")]
            for member in more:
                inode += 1
                archive.write(image.cpio_member(inode, *member))
    shutil.rmtree(root)
    return out
