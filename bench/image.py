# SPDX-License-Identifier: BSD-2-Clause
"""The benchmark programs: which there are, compiled for guest and host, and an initramfs that holds them."""
import gzip
import os
import shlex
import shutil
import subprocess

import target

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs")
BARE = os.path.join(HERE, "guests", "riscv64")
GROUPS = ("integer", "float", "memory", "system", "vector")

HOST_CC = shlex.split(os.environ.get("CC") or "gcc")
FLAGS = ["-O2", "-std=gnu17", "-static"]
# Loops become vector instructions.
VECTOR_FLAGS = ["-O3"]

# The guest's side: runs the program that each line on the console names.
SERVE = """#!/bin/busybox sh
echo "bench: ready"
while read -r name && [ "$name" != quit ]; do
    "/bench/$name"
    echo "bench: end $?"
done
"""


def programs():
    """{group: [program, ...]}; a group is a folder, a program is a file in it."""
    return {group: sorted(f[:-2] for f in os.listdir(os.path.join(PROGRAMS, group)) if f.endswith(".c")) for group in GROUPS}


def programs_here():
    """Those that the chosen guest can run."""
    return {group: names for group, names in programs().items() if group != "vector" or target.chosen.vector is not None}


def have_compilers():
    return [cc[0] for cc in (target.chosen.cc, HOST_CC) if not shutil.which(cc[0])]


def compile_all(selected, directory):
    """Compiles [(group, name), ...] into directory/guest and directory/native."""
    for folder, cc, vector in (("guest", target.chosen.cc, target.chosen.vector), ("native", HOST_CC, [])):
        os.makedirs(os.path.join(directory, folder), exist_ok=True)
        for group, name in selected:
            flags = FLAGS + (VECTOR_FLAGS + vector if group == "vector" else [])
            subprocess.run(cc + flags + [os.path.join(PROGRAMS, group, name + ".c"), os.path.join(PROGRAMS, "bench.c"), "-lm",
                                         "-o", os.path.join(directory, folder, name)], check=True)


def compile_bare(sources, directory, name, flags=()):
    """Compiles a program for the bare machine; returns the ELF file."""
    out = os.path.join(directory, name + ".elf")
    subprocess.run(target.chosen.cc + target.chosen.bare +
                   ["-O2", "-nostdlib", "-static", "-ffreestanding", "-Wl,--build-id=none,--no-warn-rwx-segments", "-T",
                    os.path.join(BARE, "link.ld")] + list(flags) + list(sources) + ["-lgcc", "-o", out], check=True)
    return out


def compile_corelike(directory, harts):
    """integer/corelike for the bare machine, on so many harts."""
    return compile_bare([os.path.join(BARE, "start.S"), os.path.join(BARE, "bare.c"),
                         os.path.join(PROGRAMS, "integer", "corelike.c")], directory, "corelike-%d" % harts,
                        ["-DBENCH_HARTS=%d" % harts])


def cpio_member(inode, name, mode, data):
    """One file in the "newc" format, which the kernel unpacks: 13 hexadecimal fields, name and data padded to 4 bytes."""
    encoded = name.encode() + b"\0"
    fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(encoded), 0)
    head = b"070701" + b"".join(b"%08x" % f for f in fields) + encoded
    return head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4)


def make_initramfs(base, directory, names):
    """The small guest's initramfs with /bench added: the kernel unpacks concatenated archives one after the other."""
    files = [("bench", 0o040755, b""), ("bench/serve", 0o100755, SERVE.encode())]
    for name in names:
        with open(os.path.join(directory, "guest", name), "rb") as f:
            files.append(("bench/" + name, 0o100755, f.read()))
    files.append(("TRAILER!!!", 0, b""))
    archive = b"".join(cpio_member(i + 1, *f) for i, f in enumerate(files))
    out = os.path.join(directory, "initramfs.cpio.gz")
    with open(base, "rb") as f, open(out, "wb") as g:
        g.write(f.read())
        g.write(gzip.compress(archive, 1))
    return out
