# SPDX-License-Identifier: BSD-2-Clause
"""Makes a small FAT16 file system, as an EFI system partition is, without any tool (Microsoft's FAT specification, 2000)."""
import struct

SECTOR = 512
CLUSTER = 4096
ROOT_ENTRIES = 512
RESERVED = 8


def short_name(name):
    base, _, ext = name.upper().partition(".")
    assert 0 < len(base) <= 8 and len(ext) <= 3, "%s is no short name" % name
    return (base.ljust(8) + ext.ljust(3)).encode()


class Fat:
    """Clusters are handed out in order; a file's are neighbours."""

    def __init__(self, size):
        self.sectors = size // SECTOR
        self.n_clusters = min(size // CLUSTER, 65500)
        assert self.n_clusters > 4200, "a smaller one would be FAT12"
        self.fat_sectors = ((self.n_clusters + 2) * 2 + SECTOR - 1) // SECTOR
        self.first = (RESERVED + self.fat_sectors) * SECTOR + ROOT_ENTRIES * 32
        self.n_clusters = (size - self.first) // CLUSTER
        self.fat = [0xfff8, 0xffff]
        self.data = []

    def add(self, content):
        n = max(1, (len(content) + CLUSTER - 1) // CLUSTER)
        start = len(self.fat)
        assert start - 2 + n <= self.n_clusters, "the file system is full"
        self.fat += [start + i + 1 for i in range(n - 1)] + [0xffff]
        self.data.append(content.ljust(n * CLUSTER, b"\0"))
        return start

    @staticmethod
    def entry(name, folder, cluster, length):
        return struct.pack("<11sBBBHHHHHHHI", name, 0x10 if folder else 0x20, 0, 0, 0, 0x5421, 0, 0, 0, 0x5421, cluster, length)

    def folder(self, files, parent):
        """The cluster of a folder, its own first, since `.` names it: a folder is one cluster."""
        own = self.add(b"")
        place = len(self.data) - 1
        content = self.entry(b".".ljust(11), True, own, 0) + self.entry(b"..".ljust(11), True, parent, 0)
        content += self.entries(files, own)
        assert len(content) <= CLUSTER
        self.data[place] = content.ljust(CLUSTER, b"\0")
        return own

    def entries(self, files, own):
        out = b""
        for name, content in files.items():
            if isinstance(content, dict):
                out += self.entry(short_name(name), True, self.folder(content, own), 0)
            else:
                out += self.entry(short_name(name), False, self.add(content), len(content))
        return out

    def image(self, files):
        root = self.entries(files, 0).ljust(ROOT_ENTRIES * 32, b"\0")
        boot = struct.pack("<3s8sHBHBHHBHHHII", b"\xeb\x3c\x90", b"VMRUN   ", SECTOR, CLUSTER // SECTOR, RESERVED, 1, ROOT_ENTRIES, 0,
                           0xf8, self.fat_sectors, 32, 64, 0, self.sectors)
        boot += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x12345678, b"ESP        ", b"FAT16   ")
        boot = boot.ljust(510, b"\0") + b"\x55\xaa"
        fat = struct.pack("<%dH" % len(self.fat), *self.fat).ljust(self.fat_sectors * SECTOR, b"\0")
        return boot.ljust(RESERVED * SECTOR, b"\0") + fat + root + b"".join(self.data)


def make(path, size, files):
    """Folders are dictionaries of name to content."""
    with open(path, "wb") as f:
        f.write(Fat(size).image(files))
        f.truncate(size)
