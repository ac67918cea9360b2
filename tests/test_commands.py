"""The developers' commands: wrong usage is one line that says what to do, and exit status 2."""

import json
import subprocess
import sys
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

COMMANDS = [
    "benchmarks",
    "tests.crashes",
    "tests.fuzz",
    "tests.simulation",
    "tests.simulation.bugs",
    "tests.torn",
]

RUN = """
import contextlib, io, json, runpy, sys

def run(module, *arguments):
    sys.argv = ["", *arguments]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        except SystemExit as end:
            return end.code, printed.getvalue()

json.dump([run(*words) for words in json.load(sys.stdin)], sys.stdout)
"""
"""Runs several commands as ``python -m`` does, in one process to save time."""

WHOLE = "is not a whole number from"

WRONG = [
    ("benchmarks", "", "the following arguments are required: name"),
    ("benchmarks", "nonsense", "invalid choice: 'nonsense'"),
    ("benchmarks auctions", "--auctions 0", f"'0' {WHOLE} 1 to 1,000,000,000"),
    ("benchmarks bids", "--seats 9", f"'9' {WHOLE} 10"),
    ("benchmarks codes", "--people 10000", "paddles end at 9999"),
    ("benchmarks connections", "--rounds 0", f"'0' {WHOLE} 1"),
    ("benchmarks connections", "--connections -5", f"'-5' {WHOLE} 10"),
    ("benchmarks connections", "--connections 900000000", "connections are wanted"),
    ("benchmarks engine", "--rounds 0", f"'0' {WHOLE} 1"),
    ("benchmarks engine", "--auctions many", f"'many' {WHOLE} 1"),
    ("benchmarks fanout", "--listeners 10 x", f"'x' {WHOLE} 1"),
    ("benchmarks flood", "--rounds 0", f"'0' {WHOLE} 1"),
    ("benchmarks flood", "--rate 0", f"'0' {WHOLE} 1"),
    ("benchmarks flood", "--seconds 0", "'0' is not a number from 0.1"),
    ("benchmarks replay", "--events 1e6", f"'1e6' {WHOLE} 1"),
    ("benchmarks soak", "--rooms 0", f"'0' {WHOLE} 1"),
    ("benchmarks soak", "--minutes 0", "'0' is not a number from 0.01"),
    ("benchmarks soak", "--minutes inf", "'inf' is not a number"),
    ("benchmarks soak", "--tolerance nan", "'nan' is not a number"),
    ("benchmarks web", "--pages 0", f"'0' {WHOLE} 1"),
    ("benchmarks web", "--listeners 10 x", f"'x' {WHOLE} 1"),
    ("tests.crashes", "--points 0", f"'0' {WHOLE} 1"),
    ("tests.crashes", "--only pwrite65:1", "'pwrite65:1' is none of begin, "),
    ("tests.crashes", "--only pwrite64", f"'' {WHOLE} 1"),
    ("tests.fuzz", "--replay /missing", "cannot read '/missing': No such file or directory"),
    ("tests.fuzz", "--replay /", "cannot read '/': Is a directory"),
    ("tests.fuzz", "--inputs -5", f"'-5' {WHOLE} 1,000"),
    ("tests.fuzz", "--inputs 1", f"'1' {WHOLE} 1,000"),
    ("tests.fuzz", "--inputs x", f"'x' {WHOLE} 1,000"),
    ("tests.simulation", "--seeds 5-2", "'5-2' is no seed such as 17, and no range such as 0-1"),
    ("tests.simulation", "--seeds x", "'x' is no seed"),
    ("tests.simulation", f"--seeds 0-{10**20}", "is no seed"),
    ("tests.simulation", "--jobs 0", f"'0' {WHOLE} 1 to 100"),
    ("tests.simulation", "--sneeze", "unrecognized arguments: --sneeze"),
    ("tests.simulation.bugs", "nosuchbug", "no bug has 'nosuchbug' in its name"),
    ("tests.torn", "--places 0", f"'0' {WHOLE} 1"),
]
"""A command, its arguments, and a part of the line that it prints."""


def run(commands: list[str]) -> list[tuple[int, str]]:
    """Exit status and output of each of these commands."""
    process = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=Path(__file__).parent.parent,
        input=json.dumps([command.split() for command in commands]),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [(status, text) for status, text in json.loads(process.stdout)]


class WrongUsageTests(SynchronousTestCase):
    def test_one_line(self) -> None:
        results = run([f"{command} {arguments}" for command, arguments, _ in WRONG])
        for (command, arguments, complaint), (status, text) in zip(WRONG, results, strict=True):
            self.assertEqual(status, 2, arguments)
            program = f"python -m {command}"
            self.assertRegex(text, rf"\A{program}: .*\. Try '{program} --help'\.\n\Z")
            self.assertIn(complaint, text)

    def test_help(self) -> None:
        results = run([f"{command} --help" for command in COMMANDS])
        for command, (status, text) in zip(COMMANDS, results, strict=True):
            self.assertEqual(status, 0)
            self.assertTrue(text.startswith(f"usage: python -m {command} "), text)
