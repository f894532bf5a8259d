# SPDX-License-Identifier: BSD-2-Clause
"""GPU plugins, built as somebody does who has nothing but the SDK: it is laid out in a folder as
`make install` would, out of the build folder, in which no other make is run beside the outer one.
"""
import glob
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from nested import CC, SRC, TOP_BUILD, checked, clean_environment  # noqa: E402

PC = """prefix=%(prefix)s
libdir=${prefix}/lib
plugindir=%(plugins)s
version_script=${prefix}/share/vmrun-plugin.map
plugin_page=${prefix}/share/plugin-page.awk

Name: %(name)s
Description: laid out by a test
Version: 0
Cflags: -I${prefix}/include%(cflags)s
Libs: -L${libdir} -l%(name)s%(libs)s
"""


class Stage:
    """The SDK in a folder of one test's own, and what the test builds beside it."""

    def __init__(self, name, folder=None, optimise="-O1"):
        """`folder`: for others than tests, which have theirs in the build folder."""
        self.folder = folder or os.path.join(TOP_BUILD, "tests", "gpu", name)
        self.optimise = optimise
        self.sdk = os.path.join(self.folder, "sdk")
        # Sanitizers of the outer build are in its libraries, so that they are needed here, too.
        with open(os.path.join(TOP_BUILD, "Makefile")) as f:
            flags = re.search("^CFLAGS = (.*)$", f.read(), re.M).group(1)
        self.sanitizers = [flag for flag in shlex.split(flags) if flag.startswith("-fsanitize")]

    def lay_out(self, plugins="${libdir}/vmrun/plugins"):
        """`plugins`: where an installed vmrun has its plugins."""
        shutil.rmtree(self.folder, ignore_errors=True)
        lib = os.path.join(self.sdk, "lib")
        include = os.path.join(self.sdk, "include", "vmrun")
        for folder in (os.path.join(lib, "pkgconfig"), include, os.path.join(self.sdk, "share")):
            os.makedirs(folder)
        headers = glob.glob(os.path.join(SRC, "sdk", "include", "vmrun", "*"))
        for header in headers + [os.path.join(TOP_BUILD, "sdk", "include", "vmrun", "abi-hash.h")]:
            shutil.copy(header, include)
        for name in ("vmrun-plugin.map", "plugin-page.awk"):
            shutil.copy(os.path.join(SRC, "sdk", name), os.path.join(self.sdk, "share"))
        for name, cflags, libs in (("vmrun-sdk", "", ""),
                                   ("vmrun-devtest", " -pthread", " -lvmrun-sdk -pthread -ldl")):
            shutil.copy(os.path.join(TOP_BUILD, "lib" + name + ".a"), lib)
            with open(os.path.join(lib, "pkgconfig", name + ".pc"), "w") as f:
                f.write(PC % dict(plugins=plugins, prefix=self.sdk, name=name, cflags=cflags, libs=libs))

    def environment(self, **more):
        return clean_environment(PKG_CONFIG_PATH=os.path.join(self.sdk, "lib", "pkgconfig"), CC=CC, **more)

    def plugin(self, name, flags=(), suffix=""):
        """Builds plugins/NAME by its own Makefile; returns the installed plugin's path."""
        build = os.path.join(self.folder, name + suffix)
        root = os.path.join(self.folder, "root" + suffix)
        os.makedirs(build)
        cflags = [self.optimise, "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror", *self.sanitizers, *flags]
        checked(["make", "-C", os.path.join(SRC, "plugins", name), "install", "BUILD=" + build, "DESTDIR=" + root,
                 "CC=" + CC, "CFLAGS=" + " ".join(cflags)], self.folder, self.environment(), 300)
        path = root + os.path.join(self.sdk, "lib", "vmrun", "plugins", name + ".so")
        symbols = checked(["nm", "-D", "--defined-only", path], self.folder, clean_environment(), 30)
        assert [line.split()[-1] for line in symbols.splitlines()] == ["vm_plugin_descriptor"], symbols
        return path

    def program(self, name, sources, flags=()):
        """Builds a test program against the SDK; returns its path."""
        path = os.path.join(self.folder, name)
        said = checked(["pkg-config", "--cflags", "--libs", "vmrun-devtest"], self.folder, self.environment(), 30)
        checked(shlex.split(CC) + ["-std=gnu17", self.optimise, "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror", *self.sanitizers, *flags,
                                   "-o", path] + [os.path.join(SRC, "tests", "gpu", source) for source in sources]
                + shlex.split(said), self.folder, self.environment(), 300)
        return path


def compiles(source):
    """Whether the compiler takes it."""
    done = subprocess.run(shlex.split(CC) + ["-fsyntax-only", "-x", "c", "-"], input=source, capture_output=True, text=True)
    return done.returncode == 0


def links(flags):
    """Whether programs can be made with these flags."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(shlex.split(CC) + [*flags, "-x", "c", "-o", os.path.join(folder, "a"), "-"],
                              input="int main(void) { return 0; }\n", capture_output=True, text=True)
    return done.returncode == 0


class Tap:
    """The results of several programs that print TAP, as one."""

    def __init__(self):
        self.count = self.failed = 0

    @staticmethod
    def skip_all(why):
        print("1..0 # SKIP " + why)
        return 0

    def result(self, good, name):
        self.count += 1
        self.failed += not good
        print("%sok %d - %s" % ("" if good else "not ", self.count, name), flush=True)

    def run(self, command, cwd, env, suffix="", timeout=600):
        """A program to its end; one that ends early or with another status than its results say has failed."""
        try:
            done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, errors="replace", timeout=timeout)
            lines, status = done.stdout.splitlines(), done.returncode
        except subprocess.TimeoutExpired as late:
            lines, status = (late.stdout or b"").decode("utf-8", "replace").splitlines(), "none: it took too long"
        plan, seen, failed = None, 0, self.failed
        for line in lines:
            match = re.match(r"(not )?ok \d+ - ([^#]*)(.*)", line)
            if match:
                seen += 1
                self.result(not match.group(1), (match.group(2).strip() + suffix + " " + match.group(3)).strip())
            elif re.match(r"1\.\.\d+$", line):
                plan = int(line[3:])
            else:
                print("# " + line.lstrip("# "))
        if seen != plan or status != (1 if self.failed > failed else 0):
            self.result(False, "%s%s: status %s, %d results of %s" % (os.path.basename(command[0]), suffix, status, seen, plan))

    def end(self):
        print("1..%d" % self.count)
        return 1 if self.failed else 0
