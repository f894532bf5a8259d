#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""--stats and --stats-json of a guest that rewrites its code under the JIT: each figure is there, and they agree."""
import json
import os
import re
import subprocess
import sys
import tempfile

SRC = os.environ.get("VMRUN_SRCDIR") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VMRUN = os.environ.get("VMRUN") or "./vmrun"
GUEST = os.path.join(SRC, "tests", "guest", "riscv64")
# What is told of each tier, and of what the optimiser's passes did.
TIER = {"units", "guest-instructions", "code-bytes", "compile-time", "compile-time-per-instruction", "links", "unlinked",
        "evicted", "invalidated"}
PASSES = {"blocks-joined", "blocks-dropped", "slots-forwarded", "operations-folded", "operations-shared", "operations-dead",
          "probes-removed"}


def run(elf, *more):
    cmd = [VMRUN, os.path.join(GUEST, "bare.ini"), "-s", "boot.kernel=" + elf, "-s", "machine.engine=jit", "-s", "jit.sync=yes"]
    p = subprocess.run(cmd + list(more), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120)
    assert p.returncode == 0, p.stdout.decode("utf-8", "replace")
    return p.stdout.decode("utf-8", "replace")


def statistics(elf, path, *more):
    run(elf, "--stats-json=" + path, *more)
    with open(path) as f:
        return json.load(f)


def check_sums(s):
    """Counts of the core and of the engine are made in different places."""
    one, two, jit = s["jit-tier1"], s["jit-tier2"], s["jit"]
    assert TIER <= set(one) and TIER <= set(two), (one, two)
    assert PASSES <= set(jit), jit
    for name, total in (("links", jit["links"]), ("unlinked", jit["unlinks"]), ("units", jit["units"]),
                        ("code-bytes", jit["code-bytes"])):
        assert one[name] + two[name] == total, (name, one[name], two[name], total)
    assert s["units"]["links"] == jit["links"]
    assert jit["unlinks"] <= jit["links"]
    assert one["invalidated"] + two["invalidated"] == s["units"]["invalidated"] > 0
    assert s["vcpu0"]["unit-look-ups"] <= s["vcpu0"]["jump-cache-misses"]


def main():
    plugins = subprocess.run([VMRUN, "--list-plugins"], stdout=subprocess.PIPE, check=True).stdout.decode()
    if "engine-jit" not in plugins:
        print("skipped: no engine-jit")
        return 77
    with tempfile.TemporaryDirectory() as directory:
        built = subprocess.run([os.path.join(GUEST, "build.sh"), directory, "smc"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if built.returncode == 77:
            print(built.stdout.decode())
            return 77
        assert built.returncode == 0, built.stdout.decode()
        elf, path = os.path.join(directory, "smc.elf"), os.path.join(directory, "stats.json")
        plain = statistics(elf, path, "-s", "machine.tier2-threshold=4294967295")
        check_sums(plain)
        assert plain["jit"]["unlinks"] > 0
        assert plain["jit-tier2"]["units"] == 0 and not any(plain["jit"][name] for name in PASSES), plain
        regions = statistics(elf, path, "-s", "machine.tier2-threshold=0")
        check_sums(regions)
        assert regions["jit-tier2"]["units"] > 0
        assert regions["jit"]["slots-forwarded"] > 0 and regions["jit"]["operations-dead"] > 0, regions["jit"]
        text = run(elf, "--stats", "-s", "machine.tier2-threshold=0")
        for name in TIER | PASSES:
            assert re.search(r"(?m)^  %s +\d+" % name, text), name
    return 0


if __name__ == "__main__":
    sys.exit(main())
