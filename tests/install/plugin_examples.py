# SPDX-License-Identifier: BSD-2-Clause
"""The SDK's examples, built, tested and installed by somebody who has nothing but what was installed;
each by the build system that it came with.
"""
import glob
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, ".."))
from nested import CC, SRC, Skip, checked, clean_environment  # noqa: E402

ARCHIVE = os.path.join(SRC, "tests", "abi", "archive")
WARNINGS = "-O1 -Wall -Wextra -Wpedantic -Wshadow -Werror"
PLUGIN_FOLDER = os.path.join("lib", "vmrun", "plugins")


class Examples:
    """In folders below `work`, with the SDK of `prefix`."""

    def __init__(self, prefix, work):
        self.prefix, self.work = prefix, work
        self.plugins = {}  # name: the .so that was built
        self.tests = {}    # name: its test program

    def env(self, **more):
        return clean_environment(PKG_CONFIG_PATH=os.path.join(self.prefix, "lib", "pkgconfig"), CC=CC,
                                 ACLOCAL_PATH=os.path.join(self.prefix, "share", "aclocal"),
                                 PATH=os.path.join(self.prefix, "bin") + ":" + os.environ["PATH"], **more)

    def copy(self, name):
        """An example as it was installed, in a folder of the user's."""
        source = os.path.join(self.prefix, "share", "doc", "vmrun", "examples", name)
        assert os.path.isdir(source), "the examples were not installed"
        folder = os.path.join(self.work, name)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(source, folder)
        return folder

    def built(self, name, plugin, test):
        """Its one symbol, and what it did when it was installed."""
        symbols = checked(["nm", "-D", "--defined-only", plugin], self.work, clean_environment(), 30)
        assert [line.split()[-1] for line in symbols.splitlines()] == ["vm_plugin_descriptor"], symbols
        there = glob.glob(os.path.join(self.work, name, "root", "**", name + ".so"), recursive=True)
        wanted = os.path.join(self.work, name, "root") + os.path.join(self.prefix, PLUGIN_FOLDER, name + ".so")
        assert there == [wanted], (there, wanted)
        self.plugins[name], self.tests[name] = plugin, test

    def by_make(self, name):
        folder = self.copy(name)
        flags = ["CC=" + CC, "CFLAGS=" + WARNINGS]
        said = checked(["make", *flags, "all", "check"], folder, self.env(), 300)
        assert re.search(r"^ok 1 ", said, re.M), said
        checked(["make", *flags, "install", "DESTDIR=" + os.path.join(folder, "root")], folder, self.env(), 60)
        self.built(name, os.path.join(folder, name + ".so"), os.path.join(folder, "test"))

    def by_cmake(self, name):
        if not shutil.which("cmake"):
            raise Skip("there is no cmake")
        folder = self.copy(name)
        build = os.path.join(folder, "build")
        checked(["cmake", "-S", folder, "-B", build, "-DCMAKE_PREFIX_PATH=" + self.prefix, "-DCMAKE_C_FLAGS=" + WARNINGS],
                folder, self.env(), 120)
        checked(["cmake", "--build", build], folder, self.env(), 120)
        checked(["ctest", "--output-on-failure"], build, self.env(), 120)
        checked(["cmake", "--build", build, "--target", "install"], folder, self.env(DESTDIR=os.path.join(folder, "root")), 60)
        self.built(name, os.path.join(build, name + ".so"), os.path.join(build, name + "-test"))

    def by_autoconf(self, name):
        for tool in ("autoreconf", "automake"):
            if not shutil.which(tool):
                raise Skip("there is no " + tool)
        folder = self.copy(name)
        checked(["autoreconf", "-i"], folder, self.env(), 300)
        checked(["./configure", "CFLAGS=" + WARNINGS], folder, self.env(), 300)
        said = checked(["make", "check"], folder, self.env(), 300)
        assert re.search(r"^ok 1 ", said, re.M), said
        checked(["make", "install", "DESTDIR=" + os.path.join(folder, "root")], folder, self.env(), 60)
        self.built(name, os.path.join(folder, name + ".so"), os.path.join(folder, "looptest"))

    def run_them(self):
        """A guest uses those that were there in 0.9."""
        names = {name[:-len(".so")] for name in os.listdir(os.path.join(ARCHIVE, "0.9"))}
        if not names <= set(self.plugins):
            raise Skip("not all were built: " + " ".join(sorted(names - set(self.plugins))))
        path = ":".join(os.path.dirname(plugin) for plugin in self.plugins.values())
        checked([os.path.join(self.prefix, "bin", "vmrun"), os.path.join(ARCHIVE, "guest.ini")], self.work,
                clean_environment(VMRUN_PLUGIN_PATH=path), 120)
        ini = os.path.join(self.work, "dev-alarm", "machine.ini")
        checked([os.path.join(self.prefix, "bin", "vmrun"), "--check", ini, "-s",
                 "boot.firmware=" + os.path.join(ARCHIVE, "guest.bin")], self.work, clean_environment(VMRUN_PLUGIN_PATH=path), 60)

    def test_archived(self):
        """The tests of today pass with the plugins of each version that is archived."""
        if os.uname().machine != "x86_64":
            raise Skip("what is archived is for x86-64 Linux")
        assert self.tests, "no test was built"
        for plugin in sorted(glob.glob(os.path.join(ARCHIVE, "*", "*.so"))):
            name = os.path.basename(plugin)[:-len(".so")]
            if name in self.tests:
                done = subprocess.run([self.tests[name], plugin], cwd=self.work, capture_output=True, text=True, timeout=300)
                assert done.returncode == 0, plugin + "\n" + done.stdout + done.stderr

    def cases(self):
        return [("example dev-alarm by make", lambda: self.by_make("dev-alarm")),
                ("example dev-copier by make", lambda: self.by_make("dev-copier")),
                ("example net-reflect by make", lambda: self.by_make("net-reflect")),
                ("example display-ppm by make", lambda: self.by_make("display-ppm")),
                ("example gpu-cpu by make", lambda: self.by_make("gpu-cpu")),
                ("example block-mem by CMake", lambda: self.by_cmake("block-mem")),
                ("example char-loop by autoconf", lambda: self.by_autoconf("char-loop")),
                ("a guest uses the examples", self.run_them),
                ("archived plugins pass the examples' tests", self.test_archived)]
