#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Measures vmrun side by side with Debian's QEMU and the host, on the same programs; see bench/README.md."""
import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time

sys.dont_write_bytecode = True

import debian  # noqa: E402
import host  # noqa: E402
import image  # noqa: E402
import machines  # noqa: E402
import report  # noqa: E402
import rows  # noqa: E402
import svg  # noqa: E402
import target  # noqa: E402

SKIPPED = 77
MACHINE_ROWS = tuple(dict.fromkeys((*rows.TIMED, *rows.FIGURES)))


def arguments():
    known = dict(image.programs(), debian=debian.programs())
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="groups: %s; programs: %s; whole machines: %s" % (
            ", ".join(known), ", ".join(n for names in known.values() for n in names), ", ".join(MACHINE_ROWS)))
    parser.add_argument("what", nargs="*", help="groups, programs or measurements of whole machines (default: all but debian)")
    parser.add_argument("--arch", choices=tuple(target.TARGETS), default="riscv64", help="of the guest (default: riscv64)")
    parser.add_argument("-n", "--pairs", type=int, default=3, help="how many times each is measured (default: 3)")
    parser.add_argument("-e", "--engines", default="auto", help="vmrun's engines, as in auto,jit,interp (default: auto)")
    parser.add_argument("--vmrun", action="append", metavar="[LABEL=]PATH", help="a vmrun; more than one are compared")
    parser.add_argument("-s", "--set", action="append", default=[], metavar="SECTION.KEY=VALUE", help="passed to each vmrun")
    parser.add_argument("--reference", default="qemu", metavar="LABEL", help="what speed-ups are over (default: qemu)")
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall",
                        help="what counts: time, or the emulator's processor time, for a host with other work (default: wall)")
    parser.add_argument("--fresh", action="store_true", help="boot each machine anew for each sample")
    parser.add_argument("--no-qemu", action="store_true", help="leave QEMU out; speed-ups are over the first vmrun")
    parser.add_argument("--no-native", action="store_true", help="leave the host out")
    parser.add_argument("--json", metavar="FILE", help="write all samples and figures")
    parser.add_argument("--svg", metavar="FILE", help="write a plot of the speed-ups")
    args = parser.parse_args()
    target.choose(args.arch)
    known = dict(image.programs_here(), debian=debian.programs())
    rows_here = [r for r in MACHINE_ROWS if target.chosen.bare or r not in rows.BARE]
    names = {n for members in known.values() for n in members}
    for what in args.what:
        if what not in known and what not in names and what not in rows_here:
            parser.error("there is no group, program or measurement called %s for %s" % (what, args.arch))
    if args.pairs < 1:
        parser.error("at least one pair is needed")
    chosen = [(g, n) for g, members in known.items() for n in members if g in args.what or n in args.what or
              (not args.what and g != "debian")]
    args.rows = [r for r in rows_here if not args.what or r in args.what]
    return parser, args, chosen


def make_machines(parser, args):
    """QEMU and each vmrun with each engine."""
    found = [] if args.no_qemu else [machines.Qemu()]
    binaries = args.vmrun or [os.environ.get("VMRUN") or os.path.join(target.SRC, "build", "vmrun")]
    for number, binary in enumerate(binaries):
        label, _, path = binary.rpartition("=")
        path = shutil.which(path) or parser.error("cannot run %s" % path)
        has = machines.engines_of(path)
        for engine in args.engines.split(","):
            if engine not in has and engine != "auto":
                parser.error("%s has no engine %s; it has %s" % (path, engine, ", ".join(has) or "none"))
            prefix = label or (str(number + 1) if len(binaries) > 1 else "")
            name = ":".join(filter(None, (prefix, engine)))
            found.append(machines.Vmrun(name, path, engine, args.set))
    labels = [m.label for m in found]
    if len(set(labels)) != len(labels):
        parser.error("two of the machines have the same label: " + ", ".join(labels))
    if args.no_qemu and args.reference == "qemu":
        args.reference = found[0].label
    if args.reference not in labels:
        parser.error("the reference %s is none of %s" % (args.reference, ", ".join(labels)))
    return found


def same(result, expected, exact):
    """Is a result right? Natively, fused multiplications may move the last digits of one with a decimal point or few of them."""
    if result == expected:
        return True
    try:
        return not exact and abs(float(result) - float(expected)) <= 1e-3 * abs(float(expected))
    except ValueError:
        return False


class Progress:
    """Failures, and a line on a terminal that says what is being done."""

    def __init__(self):
        self.failures = []

    def say(self, text):
        if sys.stderr.isatty():
            sys.stderr.write("\r\033[K" + text)
            sys.stderr.flush()

    def fail(self, text):
        self.failures.append(text)
        self.say("")
        print("FAILED: " + text, file=sys.stderr)


def measure_programs(chosen, runners, args, initrd, progress):
    """Samples of all programs. The machines take turns on each program, so that noise of the host hurts all of them alike."""
    samples = {}
    for group, name in chosen:
        able = [r for r in runners if group != "debian" or r.label != "native"]
        by_label = samples.setdefault(group, {}).setdefault(name, {r.label: [] for r in able})
        expected, exact_for = None, None
        for pair in range(args.pairs):
            turn = pair % len(able)
            for runner in able[turn:] + able[:turn]:
                progress.say("%s, pair %d of %d: %s" % (name, pair + 1, args.pairs, runner.label))
                try:
                    sample = runner.run(name, initrd)
                    # The first result is what the others must agree with: to the last bit when both are guests.
                    exact = runner.label != "native" and exact_for != "native"
                    if expected is None or (exact_for == "native" and runner.label != "native" and
                                            same(sample["result"], expected, False)):
                        expected, exact_for = sample["result"], runner.label
                    elif not same(sample["result"], expected, exact):
                        raise machines.Failed("%s: %s: result %s, where %s had %s" %
                                              (runner.label, name, sample["result"], exact_for, expected))
                except machines.Failed as error:
                    progress.fail(str(error))
                    sample = None
                by_label[runner.label].append(sample)
                if args.fresh:
                    runner.stop()
    return samples


def measure_groups(chosen, runners, args, directory, progress):
    """Samples of programs of our own, then of Debian's, which are in a guest of theirs."""
    samples = {}
    own, theirs = [c for c in chosen if c[0] != "debian"], [c for c in chosen if c[0] == "debian"]
    base = target.chosen.files["initrd"]
    if own:
        progress.say("compiling")
        image.compile_all(own, directory)
        initrd = image.make_initramfs(base, directory, [n for _, n in own])
        samples.update(measure_programs(own, runners, args, initrd, progress))
    for runner in runners:
        runner.stop()
    if theirs:
        progress.say("fetching packages")
        initrd = debian.make_initramfs(base, directory, [n for _, n in theirs])
        samples.update(measure_programs(theirs, runners, args, initrd, progress))
    return samples


def measure_rows(wanted, found, pairs, directory, progress):
    """{row: {label: [seconds, ...]}} of whole machines, and the figures that are not times."""
    timed, figures, lines = {}, {}, []
    for name in (w for w in wanted if w in rows.TIMED):
        sample = rows.TIMED[name][0](directory)
        by_label = {m.label: [] for m in found}
        for pair in range(pairs):
            for machine in found:
                progress.say("%s, pair %d of %d: %s" % (name, pair + 1, pairs, machine.label))
                try:
                    by_label[machine.label].append(sample(machine))
                except machines.Failed as error:
                    progress.fail("%s: %s: %s" % (machine.label, name, error))
        timed[name] = {label: values for label, values in by_label.items() if len(values) == pairs}
    for machine in found:
        figures[machine.label] = {}
        for name in (w for w in wanted if w in rows.FIGURES):
            progress.say("%s: %s" % (name, machine.label))
            try:
                more, said = rows.FIGURES[name](machine, directory, pairs)
                figures[machine.label].update(more)
                lines += said
            except machines.Failed as error:
                progress.fail("%s: %s: %s" % (machine.label, name, error))
    return timed, figures, lines


def main():
    parser, args, chosen = arguments()
    missing = image.have_compilers() + ([] if args.no_qemu else machines.Qemu().missing) + machines.missing_files()
    if missing:
        print("skipped: there is no " + ", no ".join(missing))
        return SKIPPED
    found = make_machines(parser, args)
    progress, began, load = Progress(), time.time(), [os.getloadavg()[0]]
    with tempfile.TemporaryDirectory(prefix="vmrun-bench-") as directory:
        runners = ([] if args.no_native else [machines.Native(os.path.join(directory, "native"))]) + found
        samples = {}
        try:
            samples = measure_groups(chosen, runners, args, directory, progress)
        finally:
            for runner in runners:
                runner.stop()
        timed, figures, lines = measure_rows(args.rows, found, args.pairs, directory, progress)
    load.append(os.getloadavg()[0])
    progress.say("")

    programs, groups = report.summarise(samples, args.reference, args.clock)
    compiled = {m.label for m in found if m.compiles} if args.reference == "qemu" else set()
    if programs:
        print("\n".join(report.table(programs, groups, [r.label for r in runners], args.reference, compiled,
                                     dict(image.programs_here(), debian=debian.programs()))))
        print(report.LEGEND)
    for name, by_label in timed.items():
        print(report.row_line(name, by_label, args.reference, compiled))
    for line in lines:
        print(line)
    print("%d pairs, %s clock, in %.0f s; the host's load was %.1f at the begin and %.1f at the end, on %d cores; %d failed" %
          (args.pairs, args.clock, time.time() - began, load[0], load[1], host.cores(), len(progress.failures)))
    if args.json:
        with open(args.json, "w") as f:
            json.dump({"arch": args.arch, "host": platform.uname()._asdict(), "cores": host.cores(), "load": load, "pairs": args.pairs,
                       "clock": args.clock, "reference": args.reference, "programs": programs, "groups": groups, "machines": timed,
                       "figures": figures, "failures": progress.failures}, f, indent=1)
    if args.svg and programs:
        with open(args.svg, "w") as f:
            f.write(svg.draw(programs, groups, args.reference))
    return 1 if progress.failures else 0


if __name__ == "__main__":
    sys.exit(main())
