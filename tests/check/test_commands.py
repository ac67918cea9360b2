"""``auction check``, as a person at a terminal meets it."""

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.processes import AUCTION, CLIENT, SERVER, ProcessTestCase, free_port
from tests.support import CommandTestCase
from twisted_auction.check import client, server
from twisted_auction.check.card import (
    MAX_LINES,
    ActOver,
    Card,
    Result,
    Row,
    Unmet,
    as_json,
    as_junit,
    as_text,
    summary,
)

ROWS = (Row("bid", "A bid"), Row("price", "A price"), Row("end", "An end"))


class CardTests(SynchronousTestCase):
    def setUp(self) -> None:
        clock = Clock()
        self.told: list[tuple[int, Result]] = []
        self.card = Card(ROWS, clock, lambda number, result: self.told.append((number, result)))
        with self.card.row("bid"):
            clock.advance(0.5)
        self.card.transcript.add("Buyer 1", "says", "150\n")
        with self.assertRaises(ActOver), self.card.row("price", is_vital=True):
            clock.advance(2)
            self.card.transcript.add("Buyer 1", "hears", "\x1b[2J")
            raise Unmet("Buyer 1 should hear <150>.")
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
        card = Card(ROWS, Clock())
        self.assertTrue(card.has_passed)
        card.finish()
        self.assertEqual(
            [(result.outcome.value, result.reason) for result in card.results],
            [("FAILED", "It was not reached.")] * 3,
        )
        self.assertFalse(card.has_passed)
        self.assertTrue(card.is_hopeless)


class UsageTests(CommandTestCase):
    def test_wrong_usage(self) -> None:
        server_usage = " Try 'auction check server --help'.\n"
        client_usage = " Try 'auction check client --help'.\n"
        for words, complaint in [
            (
                ["server"],
                f"server: give a host and a port, or one endpoint string, or a command "
                f"with --run.{server_usage}",
            ),
            (
                ["server", "--run", "true", "127.0.0.1", "4000"],
                f"server: give a host and a port, "
                f"or one endpoint string, or a command with --run.{server_usage}",
            ),
            (
                ["server", "--seconds", "0", "localhost", "1"],
                f"server: --seconds must be a whole number from 1, not '0'.{server_usage}",
            ),
            (
                ["server", "--format", "xml", "localhost", "1"],
                f"server: --format must be text, json or junit, not 'xml'.{server_usage}",
            ),
            (
                ["server", "localhost", "x"],
                "server: a port is a number from 1 to 65535, not 'x'." + server_usage,
            ),
            (
                ["client"],
                "client: give one command, in quotes if it has blanks, after the options."
                + client_usage,
            ),
            (["client", ""], f"client: the command is empty.{client_usage}"),
            (
                ["client", "'"],
                "client: the command cannot be read: No closing quotation." + client_usage,
            ),
            (
                ["client", "no-such-program"],
                "client: there is no program 'no-such-program'." + client_usage,
            ),
        ]:
            self.assertEqual(
                self.auction("check", *words), (2, [], f"auction check {complaint}"), words
            )


ENDS_AFTER_ONE_CLIENT = """
import pathlib, socket, sys
with open(pathlib.Path(__file__).with_name("starts"), "a") as starts:
    print("started", file=starts)
server = socket.socket()  # without SO_REUSEADDR
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
client, _ = server.accept()
client.sendall(b"You are the Seller. Your request?")
client.recv(100)
client.close()
"""


IMPATIENT = [
    "-c",
    "from twisted_auction import cli\n"
    "from twisted_auction.check import client, talk\n"
    "client.QUIET = talk.QUIET = 0.1\n"
    "cli.main()",
]
"""The ``auction`` command, where a check takes a shorter silence for the end of a message: all the
programs here end each of theirs at once."""


class CheckProcessTests(ProcessTestCase):
    """Our own programs pass, word for word."""

    def assert_passes(self, kind: str, rows: Sequence[Row], *arguments: str) -> None:
        checking = self.piped(*IMPATIENT, "check", kind, *arguments)
        passed = [f"{number:2}  passed   {row.text}\n" for number, row in enumerate(rows, 1)]
        for line in passed:
            checking.reads(line)
        count = f"{len(rows)} rows, {len(rows)} passed, 0 failed, 0 skipped."
        report = f"{''.join(passed)}{kind.title()} {arguments[-1]}: {count}\n"
        self.assertEqual(checking.ends(), (0, report, ""))

    def test_server(self) -> None:
        command = " ".join([sys.executable, *SERVER])
        self.assert_passes("server", server.ROWS, "--run", command)

    def test_client(self) -> None:
        self.assert_passes("client", client.ROWS, " ".join([sys.executable, *CLIENT]))

    def test_no_server(self) -> None:
        port = str(free_port())
        checking = self.piped(*AUCTION, "check", "server", "--seconds", "1", "127.0.0.1", port)
        status, output, errors = checking.ends()
        self.assertEqual((status, errors), (1, ""))
        self.assertEqual(
            output.splitlines()[:3],
            [
                " 1  FAILED   Client 1 is connected as the Seller",
                "             The Seller cannot connect: Connection was refused by other side: "
                "111: Connection refused.",
                " 2  FAILED   The Seller receives its role prompt and is asked for a request",
            ],
        )

    def test_server_that_ends(self) -> None:
        """It is started again for every act, on a port that is free."""
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = Path(temporary.name)
        script = folder / "server.py"
        script.write_text(ENDS_AFTER_ONE_CLIENT)
        command = f"{sys.executable} {script}"
        checking = self.piped(*IMPATIENT, "check", "server", "--seconds", "1", "--run", command)
        status, report, errors = checking.ends()
        self.assertEqual((status, errors), (1, ""))
        self.assertIn(" 2  passed ", report)
        self.assertNotIn("Address already in use", report)
        self.assertEqual((folder / "starts").read_text(), "started\n" * 6)
