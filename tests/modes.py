#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Reads tests/modes: of(test) is a list of (name of a mode, options for vmrun), without the modes that this build cannot have.

first_seed() is where a random test begins. As a program, `modes.py TEST` prints one line for each: the name, then the options.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PLUGINS = os.path.join(os.environ.get("VMRUN_BUILDDIR") or os.getcwd(), "plugins.uninstalled")


def first_seed():
    """VMRUN_TEST_SEED; else always the same, so that the suite is; but a new one with VMRUN_TEST_LONG, for those who hunt."""
    if os.environ.get("VMRUN_TEST_SEED"):
        return int(os.environ["VMRUN_TEST_SEED"], 0)
    return int.from_bytes(os.urandom(4), "little") if os.environ.get("VMRUN_TEST_LONG") else 20000


def read():
    """({mode: options}, {mode: plugin that it needs}, {test: modes})"""
    options, needs, tests = {}, {}, {}
    with open(os.path.join(HERE, "modes")) as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            kind, name, rest = words[0], words[1], words[2:]
            if kind == "mode":
                needs[name], options[name] = rest[0], [w for o in rest[1:] for w in ("-s", o)]
            elif kind == "test":
                unknown = [m for m in rest if m not in options]
                if unknown or not rest:
                    sys.exit("tests/modes:%d: no such mode: %s" % (number, " ".join(unknown)))
                tests[name] = rest
            else:
                sys.exit("tests/modes:%d: neither mode nor test" % number)
    return options, needs, tests


def of(test):
    options, needs, tests = read()
    return [(m, options[m]) for m in tests[test]
            if needs[m] == "-" or os.path.exists(os.path.join(PLUGINS, needs[m] + ".so"))]


if __name__ == "__main__":
    for mode, words in of(sys.argv[1]):
        print(mode, *words)
