#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of report.py: what becomes of samples before anybody reads a figure."""
import math
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import report  # noqa: E402


def sample(seconds, cpu=None, host=None, compiling=0.0):
    """What a run gives, by default an undisturbed one."""
    return {"seconds": seconds, "cpu": seconds if cpu is None else cpu, "host": seconds if host is None else host,
            "compiling": compiling, "result": "0"}


def samples(*seconds):
    return [sample(s) if s else None for s in seconds]


class Arithmetic(unittest.TestCase):
    def test_geomean(self):
        self.assertAlmostEqual(report.geomean([2.0]), 2.0)
        self.assertAlmostEqual(report.geomean([2.0, 8.0]), 4.0)
        self.assertAlmostEqual(report.geomean([0.5, 2.0, 1.0]), 1.0)
        self.assertAlmostEqual(report.geomean([10.0, 1e6]), math.sqrt(1e7))

    def test_spread(self):
        self.assertEqual(report.spread([7.0, 1.0, 2.0]), {"median": 2.0, "min": 1.0, "max": 7.0})
        self.assertEqual(report.spread([1.0, 4.0])["median"], 2.5)
        self.assertEqual(report.spread({1: 5.0}.values()), {"median": 5.0, "min": 5.0, "max": 5.0})

    def test_clock(self):
        self.assertEqual(report.seconds(sample(2.0, cpu=1.5), "wall"), 2.0)
        self.assertEqual(report.seconds(sample(2.0, cpu=1.5), "cpu"), 1.5)
        self.assertEqual(report.seconds(sample(2.0, cpu=0.0), "cpu"), report.LEAST)
        self.assertEqual(report.middle([sample(3.0, cpu=1.0), sample(1.0, cpu=9.0), sample(2.0, cpu=2.0)], "wall"), 2.0)

    def test_ratios_are_of_pairs(self):
        self.assertEqual(report.ratios(samples(4, 9, 1), samples(2, 3, 4), "wall"), {0: 2.0, 1: 3.0, 2: 0.25})
        self.assertEqual(report.ratios(samples(4, None, 8), samples(2, 3, None), "wall"), {0: 2.0})
        self.assertEqual(report.ratios([], samples(2), "wall"), {})


class Marks(unittest.TestCase):
    def test_none(self):
        self.assertEqual(report.marks(samples(1, 2), "wall"), "")
        self.assertEqual(report.marks([None], "wall"), "")

    def test_disturbed(self):
        stolen = [sample(2.0), sample(2.0, cpu=1.5)]
        self.assertEqual(report.marks(stolen, "wall"), "d")
        self.assertEqual(report.marks(stolen, "cpu"), "")
        self.assertEqual(report.marks([sample(2.0)], "wall", cores=2), "d")
        self.assertEqual(report.marks([sample(2.0, cpu=3.9)], "wall", cores=2), "")

    def test_clocks_disagree(self):
        self.assertEqual(report.marks([sample(2.0, cpu=3.0, host=3.0)], "wall"), "c")
        self.assertEqual(report.marks([sample(2.0, cpu=2.2, host=2.2)], "wall"), "")

    def test_compiling(self):
        self.assertEqual(report.marks([sample(2.0, compiling=0.5)], "wall"), "w")
        self.assertEqual(report.marks([sample(2.0, compiling=0.01)], "wall"), "")


class Groups(unittest.TestCase):
    SAMPLES = {"integer": {"a": {"native": samples(1, 1), "qemu": samples(8, 6), "jit": samples(2, 3)},
                           "b": {"qemu": samples(4, 2), "jit": samples(2, 4)}}}

    def test_members(self):
        a = report.summarise(self.SAMPLES, "qemu", "wall")[0]["integer"]["a"]
        self.assertEqual(a["jit"]["speedup"], {"median": 3.0, "min": 2.0, "max": 4.0})
        self.assertEqual((a["jit"]["seconds"], a["jit"]["native"]), (2.5, 2.5))
        self.assertNotIn("speedup", a["qemu"])
        self.assertNotIn("speedup", a["native"])

    def test_mean_is_within_pairs(self):
        mean = report.summarise(self.SAMPLES, "qemu", "wall")[1]["integer"]["jit"]
        first, second = math.sqrt(4 * 2), math.sqrt(2 * 0.5)
        self.assertAlmostEqual(mean["max"], first)
        self.assertAlmostEqual(mean["min"], second)
        self.assertAlmostEqual(mean["median"], (first + second) / 2)

    def test_a_pair_without_all_members_has_no_mean(self):
        some = {"integer": dict(self.SAMPLES["integer"], b={"qemu": samples(4, 2), "jit": samples(2, None)})}
        programs, groups = report.summarise(some, "qemu", "wall")
        self.assertAlmostEqual(groups["integer"]["jit"]["min"], math.sqrt(8))
        self.assertAlmostEqual(groups["integer"]["jit"]["max"], math.sqrt(8))
        self.assertEqual(programs["integer"]["b"]["jit"]["speedup"]["median"], 2.0)
        none = {"integer": {"b": {"qemu": samples(4), "jit": samples(None)}}}
        programs, groups = report.summarise(none, "qemu", "wall")
        self.assertEqual(groups["integer"], {})
        self.assertNotIn("seconds", programs["integer"]["b"]["jit"])

    def test_floors(self):
        def slow(speedup, native):
            return report.below("integer", {"speedup": {"median": speedup}, "native": native})
        self.assertFalse(slow(1.3, 9.0))
        self.assertFalse(slow(1.0, 1.25))  # 0.8 of native speed
        self.assertTrue(slow(1.29, 1.26))
        self.assertFalse(report.below("memory", {"speedup": {"median": 1.0}}))
        self.assertTrue(report.below("memory", {"speedup": {"median": 0.99}, "native": 1.0}))

    def test_table(self):
        programs, groups = report.summarise(self.SAMPLES, "qemu", "wall")
        text = "\n".join(report.table(programs, groups, ["native", "qemu", "jit"], "qemu", ["jit"], {"integer": ["a", "b"]}))
        self.assertIn("3.00 (2.00-4.00)", text)
        self.assertIn("geometric mean of integer, jit: 1.91 times as fast as qemu (1.00-2.83); floor 2.5, missed", text)
        self.assertRegex(text, r"(?m)^b .* 1\.25 \(0\.50-2\.00\) <$")
        self.assertNotRegex(text, r"(?m)^a .*<$")
        part = "\n".join(report.table(programs, groups, ["jit"], "qemu", ["jit"], {"integer": ["a", "b", "c"]}))
        self.assertIn("geometric mean of integer (2 of 3), jit:", part)
        self.assertNotIn("floor", part)


class Rows(unittest.TestCase):
    def test_boot(self):
        line = report.row_line("boot", {"qemu": [4.0, 6.0], "jit": [2.0, 4.0]}, "qemu", ["jit"])
        self.assertIn("qemu 5.000 s | jit 3.000 s 1.75 (1.50-2.00); floor 1.43", line)
        self.assertNotIn("missed", line)
        line = report.row_line("boot", {"qemu": [4.0], "jit": [3.0]}, "qemu", ["jit"])
        self.assertIn("floor 1.43, missed", line)

    def test_compiling(self):
        self.assertIn("; at most 2.0, missed", report.compile_line("jit", "jit-tier1", report.spread([2.5])))
        self.assertTrue(report.compile_line("jit", "jit-tier1", report.spread([1.5])).endswith("; at most 2.0"))
        self.assertNotIn("most", report.compile_line("jit", "jit-tier2", report.spread([9.0])))


if __name__ == "__main__":
    unittest.main()
