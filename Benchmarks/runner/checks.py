#!/usr/bin/env python3
"""The runner's own checks: that it compares as it says, and that it refuses figures of runs that went wrong."""

import os
import tempfile
import unittest

import report
import tools
from bars import Bar
from figures import Check, Result, spell
from processes import Failure, Process, free_port, output_of, wait_until
from tools import Tools, fields


class Plain(Bar):
    number, title, method = 99, "A bar", "How it was measured."


class Server:
    port, path, publisher = 1, "/", "feed:1"

    def descendants(self):
        return [1]


def answering(text):
    """Load programs that print this, installed or not."""
    tools.program = str
    made = Tools("", {})
    made.run = lambda command, limit, label: text
    return made


class Figures(unittest.TestCase):
    def test_ratios_are_taken_round_by_round(self):
        result = Result()
        for ours, theirs in ((10, 10), (30, 10), (20, 40)):
            result.note("ours", ours)
            result.note("theirs", theirs)
        result.ratio("beside", "ours", "theirs", "≥", 1)
        check = result.checks[0]
        self.assertEqual(check.values, [1, 3, 0.5])
        self.assertEqual((check.median, check.spread, check.is_met), (1, "0.5 to 3", True))
        self.assertEqual(result.verdict, "met")
        result.value("itself", "ours", "≤", 19, "ms")
        self.assertEqual(result.verdict, "not met")
        result.error = "broken"
        self.assertEqual(result.verdict, "failed")

    def test_numbers_have_the_digits_that_count(self):
        self.assertEqual([spell(value) for value in (0.054, 1.5, 12.34, 123456, 2)],
                         ["0.05", "1.5", "12.3", "123,456", "2"])


class Refusals(unittest.TestCase):
    def test_lines_are_read_with_their_exponents(self):
        self.assertEqual(fields("READY\nlib=x n=5 secs=1500e-6 cpu=12%\n"),
                         {"lib": "x", "n": 5, "secs": 0.0015, "cpu": 12})
        with self.assertRaises(Failure):
            fields("nothing of the kind")

    def test_lost_deliveries_are_no_figure(self):
        line = "deliv_s=5 lost={} ooo={} bad=0 closed=0 puberr=0 stalls=0"
        self.assertEqual(answering(line.format(0, 0)).streams("x", Server(), 1, 1)["deliv_s"], 5)
        for lost, ooo in ((1, 0), (0, 1), (-1, 0)):
            with self.assertRaises(Failure):
                answering(line.format(lost, ooo)).streams("x", Server(), 1, 1)

    def test_refused_requests_are_no_figure(self):
        line = '{{"requests":{},"seconds":2,"bad_status":{},"socket_errors":{}}}'
        self.assertEqual(answering(line.format(10, 0, 0)).post("x", 1, "/", 1, 1)["rate"], 5)
        for counts in ((10, 1, 0), (10, 0, 1), (0, 0, 0)):
            with self.assertRaises(Failure):
                answering(line.format(*counts)).post("x", 1, "/", 1, 1)

    def test_missing_messages_are_no_figure(self):
        with self.assertRaises(Failure):
            answering("n=99 msgs_s=5").client("x", "mqblast", "sub", 1, 100)
        with self.assertRaises(Failure):
            answering("n=100 msgs_s=5 fail=1").client("x", "pahobench", "pub", 1, 100)


class Processes(unittest.TestCase):
    def test_everything_that_was_started_ends(self):
        with tempfile.TemporaryDirectory() as folder:
            log = os.path.join(folder, "log")
            with self.assertRaises(ZeroDivisionError), Process(["sleep", 60], log) as process:
                self.assertTrue(process.is_running())
                raise ZeroDivisionError
            self.assertFalse(process.is_running())
            self.assertEqual(Process.running, [])

    def test_a_program_that_fails_is_a_failure(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(output_of(["echo", "here"], 10, folder), "here\n")
            with self.assertRaises(Failure):
                output_of(["false"], 10, folder)
            with self.assertRaises(Failure):
                output_of(["sleep", 60], 0.1, folder)

    def test_waiting_has_an_end(self):
        with self.assertRaises(Failure):
            wait_until(lambda: False, 0.01, "a wonder")
        self.assertNotEqual(free_port(), free_port())


class Report(unittest.TestCase):
    def test_the_page_has_figures_verdicts_and_what_a_person_wrote(self):
        result = Result(figures={"ours": [1, 2, 3]}, commands={"ours": "program -x"},
                        checks=[Check("beside", [0.5, 0.6, 0.7], "≥", 1)])
        note_of, report.note_of = report.note_of, lambda number: f"Why {number} is not met."
        try:
            text = report.page({"Cores": "2"}, {"rounds": 3, "seconds": 5}, [(Plain(), result)])
        finally:
            report.note_of = note_of
        for part in ("| Cores | 2 |", "| 99 | A bar: beside | ≥ 1 × | 0.6 × | 0.5 to 0.7 | **not met** |",
                     "| ours | 2 | 1 | 3 |", "ours: program -x", "Why 99 is not met.", "How it was measured."):
            self.assertIn(part, text)
        self.assertTrue(text.endswith("\n") and not text.endswith("\n\n"))

    def test_a_failed_bar_says_why(self):
        text = report.page({}, {"rounds": 1, "seconds": 1}, [(Plain(), Result(error="nothing came"))])
        self.assertIn("| 99 | A bar |  |  |  | **failed** |", text)
        self.assertIn("The run failed: nothing came", text)


if __name__ == "__main__":
    unittest.main()
