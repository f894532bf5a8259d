#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Tests of guest.py: what becomes of samples before anybody reads a figure."""
import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guest  # noqa: E402

SECOND = 10 ** 9


class Lines(unittest.TestCase):
    def test_samples(self):
        self.assertEqual(guest.parse("gpu: in 12 7", "in"), [12, 7])
        self.assertEqual(guest.parse("gpu: launch-many 5\r", "launch-many"), [5])

    def test_others(self):
        for line in ("gpu: in", "gpu: in x", "gpu: in 1 -2", "gpu: in 0", "gpu: out 1", "gpu: ready", "in 5", "", "gpu: in 1.5"):
            self.assertIsNone(guest.parse(line, "in"), line)


class Figures(unittest.TestCase):
    def test_units(self):
        self.assertAlmostEqual(guest.figure("in", [SECOND]), 0.268435456)
        self.assertAlmostEqual(guest.figure("window-out", [SECOND, SECOND // 2, SECOND * 9]), 0.268435456)
        self.assertAlmostEqual(guest.figure("launch", [4000, 1000, 2500]), 2.5)

    def test_pairs(self):
        self.assertEqual(guest.compare("in", [[200], [400]], [[100], [100]]), [0.5, 0.25])
        self.assertEqual(guest.compare("launch", [[30000], [9000]], [[10000], [10000]]), [20.0, -1.0])

    def test_floors(self):
        self.assertFalse(guest.missed("in", 0.5))
        self.assertTrue(guest.missed("window-out", 0.49))
        self.assertFalse(guest.missed("launch", 19.9))
        self.assertTrue(guest.missed("launch", 20.0))
        self.assertFalse(guest.missed("launch-many", 99.0))
        self.assertFalse(guest.missed("nop", 99.0))

    def test_spread(self):
        self.assertEqual(guest.spread([7.0, 1.0, 2.0]), (2.0, 1.0, 7.0))


class Table(unittest.TestCase):
    def test_copies(self):
        line, low = guest.row_line("in", [[SECOND], [SECOND // 2], [SECOND]], [[SECOND // 3]] * 3)
        self.assertTrue(low)
        self.assertIn("0.27 (0.27 to 0.54) GB/s", line)
        self.assertIn("share      0.33 (0.33 to 0.67); floor 0.5, missed", line)
        line, low = guest.row_line("out", [[100]], [[100]])
        self.assertFalse(low)
        self.assertTrue(line.endswith("; floor 0.5"))

    def test_launches(self):
        line, low = guest.row_line("launch", [[30000]], [[5000]])
        self.assertTrue(low)
        self.assertIn("+25.0 (+25.0 to +25.0); below 20, missed", line)
        line, low = guest.row_line("launch-many", [[30000]], [[5000]])
        self.assertFalse(low)
        self.assertNotIn("below", line)

    def test_without_the_host(self):
        line, low = guest.row_line("nop", [[500]], [])
        self.assertFalse(low)
        self.assertNotIn("backend", line)


if __name__ == "__main__":
    unittest.main()
