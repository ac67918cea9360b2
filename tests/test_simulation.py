"""The first seeds of the simulation; all of them are ``python -m tests.simulation``."""

import os
import re
import subprocess
import sys
from collections import Counter
from typing import IO

from twisted.trial.unittest import SynchronousTestCase

from tests.simulation import bugs
from tests.simulation.reactor import Reactor
from tests.simulation.run import play, run
from tests.simulation.world import HAS_WEB


def simulation(
    *arguments: str, stdout: IO[str] | int = subprocess.PIPE, **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run the command."""
    return subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments],
        cwd=bugs.ROOT,
        env={**os.environ, **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


class ReactorTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.reactor = Reactor(100.0)
        self.made: list[tuple[str, float]] = []

    def make(self, name: str) -> None:
        self.made.append((name, self.reactor.now))

    def test_order(self) -> None:
        """Calls are made at their instants, those of one instant in the order of their making."""
        calls = {name: self.reactor.callLater(3, self.make, name) for name in "abcde"}
        self.reactor.callLater(1, self.make, "first")
        self.reactor.happen(2, self.make, "world")
        calls["a"].delay(4)
        calls["b"].reset(2.5)
        calls["d"].cancel()
        self.assertEqual(list(self.reactor.calls), self.reactor.getDelayedCalls())
        self.assertEqual(len(self.reactor.calls), 5)
        self.reactor.run(200)
        order = [("first", 101), ("world", 102), ("b", 102.5), ("c", 103), ("e", 103), ("a", 107)]
        self.assertEqual(self.made, order)
        self.assertEqual((self.reactor.now, self.reactor.getDelayedCalls()), (200, []))
        self.assertRaises(AssertionError, self.reactor.callLater, -0.1, self.make, "never")

    def test_next_turn(self) -> None:
        """A call without a delay happens in the next turn; work that takes time delays it."""

        def work() -> None:
            self.reactor.callLater(0, self.make, "after")
            self.reactor.now += 5
            self.make("work")

        self.reactor.callLater(0, work)
        self.reactor.callLater(1, self.make, "late")
        self.reactor.run(100)
        self.assertEqual(self.made, [("work", 105), ("after", 105), ("late", 105)])

    def test_many_cancelled(self) -> None:
        """Cancelled calls do not pile up."""
        for _ in range(1000):
            self.reactor.callLater(60, self.make, "never").cancel()
        self.assertLess(len(self.reactor._heap), 200)
        self.reactor.callLater(60, self.make, "once")
        self.reactor.run(1000)
        self.assertEqual(self.made, [("once", 160)])


class SimulationTests(SynchronousTestCase):
    def test_seeds(self) -> None:
        """Everything holds, and everything is met."""
        counts: Counter[str] = Counter()
        for seed in range(200):
            report = run(seed)
            self.assertEqual(report.problem, "", "\n".join(report.transcript))
            counts += report.counts
        for happening in [*MET, *(MET_WITH_SOCKETS if HAS_WEB else [])]:
            self.assertGreater(counts[happening], 5, happening)

    def test_same_in_another_process(self) -> None:
        transcript = ""
        for seed in (3, 4, 5):
            transcript += "\n".join([f"Seed {seed}:", *map(str, play(seed)[0].notes), ""])
        here = os.environ.get("PYTHONHASHSEED")
        done = simulation(
            "--seeds", "3-5", "--transcript", PYTHONHASHSEED="1" if here != "1" else "2"
        )
        self.assertEqual(done.stdout[: len(transcript)], transcript)

    def test_jobs(self) -> None:
        done = simulation("--seeds", "0-19", "--jobs", "2")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"\n20 seeds in [\d.]+ s, \d+ auctions a second.\n$")

    def test_reader_has_gone(self) -> None:
        """A reader of the transcript may close the pipe, as ``head`` does; that is no failure."""
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w") as closed:
            done = simulation("--seeds", "3", "--transcript", stdout=closed)
        self.assertEqual((done.returncode, done.stderr), (141, ""))


class BugTests(SynchronousTestCase):
    """Three of the bugs that it is known to find; all of them are ``tests.simulation.bugs``."""

    def test_all_can_be_put_in(self) -> None:
        for bug in bugs.BUGS:
            self.assertNotEqual(bugs.bugged(bug), (bugs.PACKAGE / bug.file).read_text())
        self.assertGreaterEqual(len(bugs.BUGS), 70)

    def test_page(self) -> None:
        """The table in docs/testing.rst lists each bug once."""
        self.assertEqual(sorted(bugs.listed()), sorted(bug.name for bug in bugs.BUGS))

    def test_bugs_are_caught(self) -> None:
        caught = {bug.name: bugs.hunt(bug) for bug in bugs.BUGS if bug.name in CAUGHT}
        self.assertEqual(
            {name: found and found.invariant for name, found in caught.items()}, CAUGHT
        )

    def test_transcript(self) -> None:
        """The output of a failing seed shows who was told what, and the command to run it again."""
        (bug,) = [bug for bug in bugs.BUGS if bug.name == "messages leave before the commit"]
        found = bugs.hunt(bug)
        assert found is not None
        *lines, problem, again = found.output.splitlines()
        for line in lines:
            self.assertRegex(line, LINE)
        told = re.fullmatch(r"Seed (\d+): messages follow their commit: (.*)", problem)
        assert told is not None, problem
        self.assertIn(told[2], lines)
        self.assertEqual(again, f"Again: python -m tests.simulation --seeds {told[1]} --transcript")


LINE = r"^ *\d+\.\d{3} [a-zA-Z]+( \d+)? +(#\d+)? +[<>|@+*!] .*$"

CAUGHT = {
    "one Buyer too many is awaited": "bidding opens with the last buyer",
    "the wrong Buyer is outbid": "messages follow their commit",
    "a seat is not freed": "back to zero",
}

MET = [
    *("Sold", "Unsold", "Cancelled", "BidTaken", "Raised", "Extended", "Reopened"),
    *("SaleScheduled", "StartMoved", "LotsDone", "SaleEnded"),
    *("LotSkipped", "LotMoved", "LotAdded", "LotOffered", "SaleVoided"),
    *("links cut", "links reset", "links vanished", "crashes", "stops", "returns", "probes"),
    *("commits: fails", "commits: is cut short", "commits: is the last"),
    *("commits: find the ledger locked", "halts"),
    *("desks", "desks in step", "walk-ins"),
    *("MaximumSet", "items bought at once", "lists of bids", "lists of own lots"),
    *("The reserve is met.", "The reserve is not met."),
    *(f"news due: {kind}" for kind in ("won", "lost", "settlement")),
    *("notifications: the receiver takes", "notifications: the receiver hangs"),
    *("Your bid is changed.", "Withdrawn", "settings of the clock", "EndMoved", "EndPostponed"),
    *(
        "pairs",
        "pairs with another secret",
        "Line too long.",
        "Too many lines.",
        "Server busy!",
        "links aborted",
    ),
    *(
        "Time is up! You said nothing for 60 seconds.",
        "Time is up! Your line did not end within 30 seconds.",
        "Your seat was given up while you were away.",
    ),
    *(
        f"attack: {attack}"
        for attack in ("floods", "swarms", "stares", "drips", "dozes", "guesses")
    ),
]

MET_WITH_SOCKETS = [
    *("sockets", "sockets again", "places again", "signs of life", "QUIT in a room"),
    *("messages in several frames", "pings", "MaximumLimited"),
    *(
        f"attack: {attack} on a socket"
        for attack in ("floods", "pings", "halves", "stares", "babbles", "dawdles", "drags")
    ),
]
