"""How a scorecard is filled and written out."""

import json
from xml.etree import ElementTree as ET

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.check.scorecard import (
    MAX_LINES,
    ActAborted,
    Result,
    RowFailed,
    RubricRow,
    Scorecard,
    as_json,
    as_junit,
    as_text,
    summary,
)

ROWS = (RubricRow("bid", "A bid"), RubricRow("price", "A price"), RubricRow("end", "An end"))


class ScorecardTests(SynchronousTestCase):
    def setUp(self) -> None:
        clock = Clock()
        self.told: list[tuple[int, Result]] = []
        self.card = Scorecard(
            ROWS, clock, lambda number, result: self.told.append((number, result))
        )
        with self.card.row("bid"):
            clock.advance(0.5)
        self.card.transcript.add("Buyer 1", "says", "150\n")
        with self.assertRaises(ActAborted), self.card.row("price", is_required=True):
            clock.advance(2)
            self.card.transcript.add("Buyer 1", "hears", "\x1b[2J")
            raise RowFailed("Buyer 1 should hear <150>.")
        self.card.skip("end", "Nobody looked.")
        self.card.finish()

    def test_text(self) -> None:
        lines = [as_text(number, result) for number, result in self.told]
        self.assertEqual(
            "\n".join([*lines, summary("Server", self.card.results)]).splitlines(),
            [
                " 1  passed   A bid",
                " 2  FAILED   A price",
                "             Buyer 1 should hear <150>.",
                "             |   0.50 s  Buyer 1 says '150\\n'",
                "             |   2.50 s  Buyer 1 hears '\\x1b[2J'",
                " 3  skipped  An end",
                "             Nobody looked.",
                "Server: 3 rows, 1 passed, 1 failed, 1 skipped.",
            ],
        )

    def test_json(self) -> None:
        report = json.loads(as_json("Server", self.card.results))
        self.assertEqual(report["title"], "Server")
        self.assertEqual(
            [(row["name"], row["outcome"], row["seconds"]) for row in report["rows"]],
            [("bid", "passed", 0.5), ("price", "failed", 2.0), ("end", "skipped", 0.0)],
        )
        self.assertEqual(
            report["rows"][1]["transcript"],
            ["  0.50 s  Buyer 1 says '150\\n'", "  2.50 s  Buyer 1 hears '\\x1b[2J'"],
        )

    def test_junit(self) -> None:
        suite = ET.fromstring(as_junit("Server", self.card.results))
        self.assertEqual(
            suite.attrib,
            {"name": "Server", "tests": "3", "failures": "1", "skipped": "1", "time": "2.500"},
        )
        cases = suite.findall("testcase")
        self.assertEqual(
            [case.get("name") for case in cases], ["bid: A bid", "price: A price", "end: An end"]
        )
        failure = cases[1].find("failure")
        assert failure is not None
        self.assertEqual(failure.get("message"), "Buyer 1 should hear <150>.")

    def test_long_messages(self) -> None:
        self.card.transcript.clear()
        self.card.transcript.add("The Seller", "hears", "a" * 1000)
        self.assertEqual(
            self.card.transcript.lines,
            [f"  0.00 s  The Seller hears '{'a' * 300}' and 700 more characters"],
        )

    def test_a_program_that_sends_without_end(self) -> None:
        transcript = self.card.transcript
        transcript.clear()
        for number in range(MAX_LINES + 5):
            transcript.add("The Seller", "hears", f"line {number}")
        self.assertEqual(len(transcript.lines), MAX_LINES + 1)
        self.assertTrue(transcript.lines[MAX_LINES // 2 - 1].endswith("'line 99'"))
        self.assertEqual(transcript.lines[MAX_LINES // 2], "... 5 lines left out ...")
        self.assertTrue(transcript.lines[MAX_LINES // 2 + 1].endswith("'line 105'"))
        self.assertTrue(transcript.lines[-1].endswith("'line 204'"))
        transcript.clear()
        self.assertEqual(transcript.lines, [])

    def test_not_reached(self) -> None:
        card = Scorecard(ROWS, Clock())
        self.assertTrue(card.has_passed)
        card.finish()
        self.assertEqual(
            [(result.outcome.value, result.reason) for result in card.results],
            [("FAILED", "It was not reached.")] * 3,
        )
        self.assertFalse(card.has_passed)
        self.assertTrue(card.has_first_row_failed)
