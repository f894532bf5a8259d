# SPDX-License-Identifier: BSD-2-Clause
"""Figures out of samples: ratios of pairs, geometric means of groups, and the table."""
import math
import statistics

import host

# What a compiled engine is held to, against QEMU: geometric mean of the group, and each member either that much faster than QEMU
# or at that share of native speed.
FLOORS = {"integer": (2.5, 1.3, 0.8), "float": (5.0, 2.0, None), "memory": (2.0, 1.0, None), "system": (1.3, 0.9, None),
          "vector": (3.0, 1.0, None), "debian": (1.5, 0.9, None)}
# The same of whole machines: the speed-up over QEMU, of some rows. What two harts are to do in the time of one, and microseconds
# that compiling a guest instruction may take, by tier.
ROW_FLOORS = {"boot": 1 / 0.7}
SMP_FLOOR, COMPILE_LIMITS = 1.8, {"jit-tier1": 2.0}
# The least processor time that is told from none; the kernel counts it in hundredths of a second.
LEAST = 0.005
# A sample whose emulator had less of a core than this was disturbed by the host; a guest's clock may be this far off the host's.
SHARE, CLOCK = 0.85, 0.10


def geomean(values):
    return math.exp(sum(math.log(v) for v in values) / len(values))


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def seconds(sample, clock):
    """The time of a sample: "wall", or "cpu", which a busy host falsifies less."""
    return sample["seconds"] if clock == "wall" else max(sample["cpu"], LEAST)


def middle(samples, clock):
    return statistics.median(seconds(s, clock) for s in samples)


def ratios(reference, samples, clock):
    """{number of the pair: speed-up over the reference}; pairs of which one half failed are left out."""
    return {i: seconds(a, clock) / seconds(b, clock) for i, (a, b) in enumerate(zip(reference, samples)) if a and b}


def marks(samples, clock, cores=1):
    """
    Letters that a reader must know before trusting a figure: d disturbed by the host, c the guest's clock disagrees, w workers were
    compiling meanwhile. `cores`: how many it had use for.
    """
    text = ""
    good = [s for s in samples if s]
    if clock == "wall" and any(s["cpu"] < cores * (SHARE * s["host"] - 0.05) for s in good):
        text += "d"
    if any(abs(s["host"] - s["seconds"]) > CLOCK * s["seconds"] + 0.1 for s in good):
        text += "c"
    if not all(host.steady(s) for s in good):
        text += "w"
    return text


def summarise(samples, reference, clock):
    """{group: {name: {label: samples}}} to the same shape with figures, and geometric means by group."""
    programs, groups = {}, {}
    for group, members in samples.items():
        per_pair = {}
        for name, by_label in members.items():
            entry = programs.setdefault(group, {}).setdefault(name, {})
            native = [s for s in by_label.get("native", []) if s]
            for label, runs in by_label.items():
                good = [s for s in runs if s]
                figures = entry[label] = {"samples": runs, "marks": "" if label == "native" else marks(runs, clock)}
                if not good:
                    continue
                figures["seconds"] = middle(good, clock)
                if native and label != "native":
                    figures["native"] = figures["seconds"] / middle(native, clock)
                pairs = ratios(by_label.get(reference, []), runs, clock)
                if pairs and label not in ("native", reference):
                    figures["speedup"] = spread(pairs.values())
                    for i, ratio in pairs.items():
                        per_pair.setdefault(label, {}).setdefault(i, []).append(ratio)
        groups[group] = {}
        for label, by_pair in per_pair.items():
            # The mean of a pair is only one of the group when all members are in it.
            whole = [geomean(r) for r in by_pair.values() if len(r) == len(members)]
            if whole:
                groups[group][label] = spread(whole)
    return programs, groups


def below(group, figures):
    """Is a member below what its group asks of each?"""
    _, member, native = FLOORS[group]
    fast = figures["speedup"]["median"] >= member
    return not (fast or (native and figures.get("native", math.inf) <= 1 / native))


def cell(label, reference, figures):
    if not figures or "seconds" not in figures:
        return "%9s %22s" % ("failed", "")
    native = "%6.1fx" % figures["native"] if "native" in figures else "%7s" % ""
    if label == reference or "speedup" not in figures:
        return "%9.3f %s %2s" % (figures["seconds"], native, figures["marks"])
    s = figures["speedup"]
    return "%9.3f %s %-2s %6.2f (%.2f-%.2f)%s" % (figures["seconds"], native, figures["marks"], s["median"], s["min"], s["max"],
                                                 figures.get("below", ""))


def heading(labels, reference):
    text = "%-12s" % "program"
    for label in labels:
        width = 9 if label == "native" else 20 if label == reference else 40
        text += " | %-*s" % (width, label)
    return text.rstrip()


def table(programs, groups, labels, reference, compiled, known):
    """The lines of the table. `compiled`: the labels that FLOORS hold for; `known`: all members of each group."""
    lines = [heading(labels, reference)]
    for group, members in programs.items():
        lines.append("-- %s" % group)
        for name, by_label in members.items():
            text = "%-12s" % name
            for label in labels:
                figures = by_label.get(label, {})
                if label == "native":
                    text += " | %9s" % ("%.3f" % figures["seconds"] if "seconds" in figures else "failed" if figures else "")
                    continue
                if label in compiled and "speedup" in figures:
                    figures["below"] = " <" if below(group, figures) else ""
                width = 20 if label == reference else 40
                text += " | %-*s" % (width, cell(label, reference, figures))
            lines.append(text.rstrip())
        some = "" if len(members) == len(known[group]) else " (%d of %d)" % (len(members), len(known[group]))
        for label, s in groups[group].items():
            floor = "; floor %.1f%s" % (FLOORS[group][0], "" if s["median"] >= FLOORS[group][0] else ", missed") \
                if label in compiled and not some else ""
            lines.append("   geometric mean of %s%s, %s: %.2f times as fast as %s (%.2f-%.2f)%s" %
                         (group, some, label, s["median"], reference, s["min"], s["max"], floor))
    return lines


WHY = {"c": "the guest's clock and the host's disagree", "d": "the host is busy with other work",
       "w": "code was still being compiled"}
LEGEND = """\
Seconds; x: times native; then the speed-up over the reference, median (lowest-highest) of the pairs. < below the floor of its
group; d: the host gave the emulator less than a core; c: the guest's clock and the host's disagree; w: code was still being compiled."""


def held_to(floor, value):
    return "; floor %.2f%s" % (floor, "" if value >= floor else ", missed")


def row_line(name, by_label, reference, compiled):
    """One line of a measurement of whole machines."""
    text = "%-12s" % name
    for label, values in by_label.items():
        text += " | %s %.3f s" % (label, statistics.median(values))
        if label != reference and reference in by_label:
            s = spread([a / b for a, b in zip(by_label[reference], values)])
            text += " %.2f (%.2f-%.2f)" % (s["median"], s["min"], s["max"])
            if name in ROW_FLOORS and label in compiled:
                text += held_to(ROW_FLOORS[name], s["median"])
    return text


def compile_line(label, tier, s):
    limit = COMPILE_LIMITS.get(tier)
    text = "" if limit is None else "; at most %.1f%s" % (limit, "" if s["median"] <= limit else ", missed")
    return "%s: %s compiles a guest instruction in %.2f us (%.2f-%.2f)%s" % (label, tier, s["median"], s["min"], s["max"], text)


def smp_line(machine, figures):
    s = figures["ratio"]
    text = "%s: two harts do %.2f times the work of one (%.2f-%.2f)" % (machine.label, s["median"], s["min"], s["max"])
    if machine.compiles:
        text += held_to(SMP_FLOOR, s["median"])
    why = [WHY[letter] for letter in figures["marks"]]
    return text + ("; not to be trusted: " + ", ".join(why) if why else "")
