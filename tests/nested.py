# SPDX-License-Identifier: BSD-2-Clause
"""A second build of the tree, with other flags, in a folder of its own below the build folder."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "boot"))
from bootlib import READY, Skip, expect_run, linux, main, run  # noqa: E402,F401

SRC = os.environ.get("VMRUN_SRCDIR") or os.path.dirname(HERE)
TOP_BUILD = os.environ.get("VMRUN_BUILDDIR") or os.getcwd()
CC = os.environ.get("VMRUN_CC") or "cc"
# What the outer make says about itself and about the outer build is not for the inner one.
OUTER = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "VMRUN", "VMRUN_BUILDDIR",
         "VMRUN_PLUGIN_PATH", "TESTS", "LONG_TESTS", "TEST_SUITE_LOG", "TEST_TIMEOUT")
KEPT_LINES = 60
# Leaves out what costs most of the kernel's boot and tells nothing about vmrun: tests of its
# cryptography, X.509 certificates.
QUICK_BOOT = ("cryptomgr.notests initcall_blacklist=jent_mod_init,load_system_certificate_list,"
              "regulatory_init_db ")
JOBS = "-j%d" % len(os.sched_getaffinity(0))


def clean_environment(**more):
    env = {name: value for name, value in os.environ.items() if name not in OUTER}
    env.update(more)
    return env


def checked(cmd, cwd, env, timeout):
    """Runs to the end and returns the output; a failure has the end of the output as its text."""
    status, output = run(cmd, timeout=timeout, cwd=cwd, env=env)
    text = output.decode("utf-8", "replace")
    assert status == 0, "%s: status %d\n%s" % (" ".join(cmd), status,
                                               "\n".join(text.splitlines()[-KEPT_LINES:]))
    return text


class Nested:
    """A build in TOP_BUILD/tests/NAME, made with these configure arguments."""

    def __init__(self, name, *arguments):
        self.folder = os.path.join(TOP_BUILD, "tests", name)
        # Not --enable-werror: sanitizers make compilers warn of what is none of the code's doing.
        self.arguments = [os.path.join(SRC, "configure")] + list(arguments)
        self.vmrun = os.path.join(self.folder, "vmrun")
        self.built = False

    def configure(self):
        stamp = os.path.join(self.folder, ".configured")
        said = "\n".join(self.arguments)
        if os.path.exists(stamp) and open(stamp).read() == said:
            return
        os.makedirs(self.folder, exist_ok=True)
        checked(self.arguments, self.folder, clean_environment(), 600)
        with open(stamp, "w") as f:
            f.write(said)

    def build(self, target="all"):
        self.configure()
        checked(["make", JOBS, target], self.folder, clean_environment(), 1800)
        self.built = True

    def need(self):
        if not self.built:
            raise Skip("it could not be built")

    def boot(self, harts, arch="riscv64", **env):
        """The stock kernel to the shell without a terminal, and what nproc says there."""
        self.need()
        cmd = linux(QUICK_BOOT + "vmrun.run=nproc", "-s", "machine.cpus=%d" % harts, arch=arch)
        expect_run([self.vmrun] + cmd[1:], 0, READY, b"\n%d\r\n" % harts, b"command status 0",
                   timeout=1200, cwd=self.folder, env=clean_environment(**env))

    def check(self, tests, timeout=1800, **env):
        """`make check` of some tests; returns the line with the numbers."""
        self.need()
        env = clean_environment(**env)
        log = os.path.join(self.folder, "test-suite.log")
        status, output = run(["make", JOBS, "check", "TESTS=" + tests], timeout, cwd=self.folder,
                             env=env)
        if status:
            lines = (open(log).read() if os.path.exists(log) else output.decode()).splitlines()
            bad = [line for line in lines if line.startswith("not ok") or "Sanitizer" in line]
            raise AssertionError("\n".join(bad[:KEPT_LINES] + ["..."] + lines[-KEPT_LINES:]))
        summary = checked(["make", "-s", "test-summary", "TESTS=" + tests], self.folder, env, 60)
        print("# " + summary.strip())
        assert " 0 passed" not in " " + summary, "nothing was run"
