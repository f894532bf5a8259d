# SPDX-License-Identifier: BSD-2-Clause
"""What the headers of the stable tier promise, taken out of their text: structs with their members,
enumerators, constants; and the programs that tell a compiler's view of them.
"""
import os
import re
import shutil
import subprocess

# The headers whose structs cross the boundary between host and plugin. Those of pci.h and virtio.h
# are between a plugin and its own copy of the archive.
HEADERS = ("plugin", "chardev", "block", "net", "gpu", "display", "device", "bus", "virtqueue")
COMMENT = re.compile(r"/\*.*?\*/", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*\n", re.M)


def split_members(body):
    """The names of what a struct's body declares. Nested bodies do not occur in these headers."""
    names = []
    for declaration in body.split(";"):
        declaration = re.sub(r"VM_PRINTF\([^)]*\)", "", declaration)
        declaration = " ".join(declaration.split())
        function = re.match(r"[^()]*\(\*(\w+)\)", declaration)
        if function:
            names.append(function.group(1))
        elif declaration:
            for one in declaration.split(","):
                names.append(re.search(r"(\w+)(\[[^\]]*\])*$", one.strip()).group(1))
    return names


class Headers:
    """structs: {name: [member]}; enumerators and constants: [name]; texts: [name]."""

    def __init__(self, include):
        self.include = include
        self.structs, self.enums, self.enumerators, self.constants, self.texts = {}, [], [], [], []
        for header in HEADERS:
            with open(os.path.join(include, "vmrun", header + ".h")) as f:
                self.take(COMMENT.sub(" ", f.read()))

    def take(self, text):
        for name, value in re.findall(r"^#define[ \t]+(VM_\w+)[ \t]+([^\n]*[^\n\\\s])[ \t]*$", text, re.M):
            if value.startswith('"'):
                self.texts.append(name)
            elif re.match(r"\(?(UINT64_C|\d)", value):
                self.constants.append(name)
        text = DIRECTIVE.sub("", text)
        for name, body in re.findall(r"\bstruct (vm_\w+) \{(.*?)\n\}", text, re.S):
            body = re.sub(r"\bunion \{[^{}]*\}", "int", body)  # a member like others
            assert "{" not in body, name
            self.structs[name] = split_members(body)
        for name, body in re.findall(r"\benum (\w+) \{(.*?)\}", text, re.S):
            self.enums.append(name)
            self.enumerators += re.findall(r"\b(VM_\w+) = ", body)

    def includes(self):
        return ["#include <stdio.h>"] + ["#include <vmrun/%s.h>" % header for header in HEADERS]

    def layout_program(self):
        """Prints the record: a line for each thing that a compiled plugin relies on."""
        lines = self.includes() + ["int main(void)", "{"]
        for name in self.constants + self.enumerators:
            if not name.startswith("VM_ABI_MINOR"):
                lines.append('printf("%s %%lld\\n", (long long)(%s));' % (name, name))
        for name in self.texts:
            lines.append('printf("%s \\"%%s\\"\\n", %s);' % (name, name))
        for struct, members in self.structs.items():
            lines.append('printf("struct %s %%zu\\n", sizeof(struct %s));' % (struct, struct))
            for member in members:
                lines.append('printf("%s.%s %%zu %%zu\\n", offsetof(struct %s, %s), sizeof(((struct %s *)0)->%s));'
                             % (struct, member, struct, member, struct, member))
        return "\n".join(lines + ["return 0;", "}", ""])

    def library_source(self):
        """A library whose debug information has all the types."""
        lines = self.includes()
        for kind, names in (("struct", self.structs), ("enum", self.enums)):
            for name in names:
                use = "void use_%s(%s %s *p)" % (name, kind, name)
                lines += [use + ";", use + " { (void)p; }"]
        return "\n".join(lines + [""])


def compiled(cc, source, out, include, *flags):
    with open(out + ".c", "w") as f:
        f.write(source)
    done = subprocess.run(cc + ["-std=gnu17", "-I" + include, *flags, out + ".c", "-o", out], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


def layout(cc, include, folder):
    """The record's lines, as this compiler lays things out."""
    program = compiled(cc, Headers(include).layout_program(), os.path.join(folder, "layout"), include, "-O0")
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout.splitlines()


def library(cc, include, folder):
    return compiled(cc, Headers(include).library_source(), os.path.join(folder, "types.so"), include, "-g", "-O0", "-fPIC", "-shared",
                    "-ffile-prefix-map=%s/=" % folder)


def breaks(recorded, now):
    """What is not as it was recorded. A struct may be larger, and there may be more of all."""
    current = dict(line.split(" ", 1) if not line.startswith("struct ") else line.rsplit(" ", 1) for line in now)
    wrong = []
    for line in recorded:
        name, value = line.rsplit(" ", 1) if line.startswith("struct ") else line.split(" ", 1)
        have = current.get(name)
        larger = line.startswith("struct ") and have is not None and int(have) > int(value)
        if have != value and not larger:
            wrong.append("%s: recorded %s, now %s" % (name, value, have or "gone"))
    return wrong


# A struct that begins with its size, up to its end.
SIZED = re.compile(r"(^struct vm_\w+ \{\n(?:[ \t]*/\*.*?\*/\n)?    uint32_t size;.*?\n)(\};)", re.S | re.M)


def grown_headers(include, folder):
    """A copy of the headers in which each struct that may grow has grown."""
    to = os.path.join(folder, "include")
    shutil.copytree(os.path.join(include, "vmrun"), os.path.join(to, "vmrun"))
    grown = 0
    for header in HEADERS:
        path = os.path.join(to, "vmrun", header + ".h")
        with open(path) as f:
            text, n = SIZED.subn(r"\1    uint64_t grown_later[4];\n\2", f.read())
        grown += n
        with open(path, "w") as f:
            f.write(text)
    assert grown > 25, grown
    return to
