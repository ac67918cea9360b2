"""The developers' commands: wrong usage is one line that says what to do, and exit status 2."""

import contextlib
import io

from twisted.trial.unittest import SynchronousTestCase

import benchmarks.__main__
import tests.crashes.__main__
import tests.fuzz.__main__
import tests.simulation.__main__
import tests.simulation.bugs
import tests.torn

COMMANDS = {
    "benchmarks": benchmarks.__main__.main,
    "tests.crashes": tests.crashes.__main__.main,
    "tests.fuzz": tests.fuzz.__main__.main,
    "tests.simulation": tests.simulation.__main__.main,
    "tests.simulation.bugs": tests.simulation.bugs.main,
    "tests.torn": tests.torn.main,
}

WHOLE = "is not a whole number from"

WRONG = [
    ("benchmarks", "", "the following arguments are required: name"),
    ("benchmarks", "nonsense", "invalid choice: 'nonsense'"),
    ("benchmarks auctions", "--auctions 0", f"'0' {WHOLE} 1 to 1,000,000,000"),
    ("benchmarks bids", "--seats 9", f"'9' {WHOLE} 10"),
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
"""A command, its arguments, and what the line has in it."""


class WrongUsageTests(SynchronousTestCase):
    def test_one_line(self) -> None:
        for command, arguments, complaint in WRONG:
            name, *words = f"{command} {arguments}".split()
            told = io.StringIO()
            with contextlib.redirect_stderr(told), contextlib.redirect_stdout(told):
                end = self.assertRaises(SystemExit, COMMANDS[name], words)
            self.assertEqual(end.code, 2, words)
            program = f"python -m {command}"
            self.assertRegex(told.getvalue(), rf"\A{program}: .*\. Try '{program} --help'\.\n\Z")
            self.assertIn(complaint, told.getvalue())

    def test_help(self) -> None:
        for name, main in COMMANDS.items():
            told = io.StringIO()
            with contextlib.redirect_stdout(told):
                end = self.assertRaises(SystemExit, main, ["--help"])
            self.assertEqual(end.code, 0)
            self.assertTrue(told.getvalue().startswith(f"usage: python -m {name} "))
