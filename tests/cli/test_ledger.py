"""The common behaviour of the commands of ``auction ledger``."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.cli.support import LedgerTestCase
from tests.formats import AllPay
from tests.processes import (
    AUCTION,
    ENVIRONMENT,
    PATIENCE,
    READY,
    TWISTD,
    ProcessTestCase,
    free_port,
)
from twisted_auction.cli import ledger_options, ledger_verify
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.formats import FORMATS
from twisted_auction.testing import MemoryHouse


class TimeZoneTests(LedgerTestCase):
    def at(self, zone: str | None) -> None:
        """Set the time zone of this process; None for the machine's."""
        if zone is None:
            os.environ.pop("TZ", None)
        else:
            os.environ["TZ"] = zone
        time.tzset()

    def test_utc(self) -> None:
        """Every command tells and takes UTC, whatever the time zone of its terminal."""
        house = self.open_house()
        self.sell_sword(house)
        self.close_house(house)
        archive = str(self.path.parent / "archive.sqlite3")
        self.addCleanup(self.at, os.environ.get("TZ"))
        for zone in ("UTC0", "NST3:30NDT,M3.2.0,M11.1.0", "NPT-5:45"):
            self.at(zone)
            (_, sword) = self.output_of("list")
            self.assertTrue(sword.endswith(" 2027-01-15 08:00:04Z"), sword)
            story = self.output_of("show", "main/1")
            self.assertIn("2027-01-15 08:00:00Z", story[1])
            for form in ("csv", "json"):
                export = self.output_of("export", "--format", form)
                self.assertIn("2027-01-15T08:00:0", export[-1])
            moved = self.auction(
                "ledger", "archive", "--before", "2027-01-15T08:00:04", str(self.path), archive
            )
            self.assertEqual(moved, (0, ["There is nothing to move."], ""))


class OptionTests(LedgerTestCase):
    def test_file(self) -> None:
        """It may be named before the command or behind it."""
        self.close_house(self.open_house())
        told = [f"0 rows, 0 auctions: everything holds. House hash: {self.house_hash()}"]
        self.assertEqual(self.output_of("verify"), told)
        nowhere = str(self.path.parent / "nowhere")
        self.assertEqual(self.ledger("verify", "--ledger", nowhere)[0], 1)
        self.patch(ledger_options, "DEFAULT_LEDGER", str(self.path))
        for argv in ([], ["--ledger", str(self.path)]):
            self.assertEqual(self.auction("ledger", "verify", *argv), (0, told, ""))

    def test_argument(self) -> None:
        """The file may be an argument, in every command."""
        house = self.open_house()
        self.sell_sword(house)
        self.close_house(house)
        path = str(self.path)
        for command, *words in (["list"], ["show", "main/1"], ["export", "-f", "json"], ["verify"]):
            files = [path] if command != "show" else [path, words.pop()]
            told = self.auction("ledger", command, *words, *files)
            self.assertEqual(told[0::2], (0, ""))
            other = [*words, *files[1:]]
            self.assertEqual(self.ledger(command, *other), told)
            self.assertEqual(self.auction("ledger", command, "--ledger", path, *other), told)

    def test_room(self) -> None:
        """The room may be named by an option, as in other commands."""
        house = self.open_house()
        self.sell_sword(house)
        self.close_house(house)
        told = self.ledger("show", "main/1")
        self.assertEqual(told[0::2], (0, ""))
        for option in ("--room", "-r"):
            self.assertEqual(self.ledger("show", option, "main", "1"), told)
        for argv, complaint in [
            (("--room", "main", "main/1"), "name the room once, with --room or before the number"),
            (
                ("--room", "!", "1"),
                "--room must be 1 to 32 letters, digits, hyphens and underscores, not '!'",
            ),
        ]:
            line = f"auction ledger show: {complaint}. Try 'auction ledger show --help'.\n"
            self.assertEqual(self.ledger("show", *argv), (2, [], line))

    def test_no_file(self) -> None:
        for name in ("", "none"):
            self.assertEqual(
                self.ledger("list", "--ledger", name),
                (
                    1,
                    [],
                    f"auction ledger list: there is no ledger to read; name it, not {name!r}.\n",
                ),
            )
            line = f"auction ledger copy: name a place for the copy, not {name!r}."
            self.assertEqual(
                self.ledger("copy", str(self.path), name),
                (2, [], f"{line} Try 'auction ledger copy --help'.\n"),
            )


class UnknownFormatTests(LedgerTestCase):
    """Auctions in a format unknown to this program, or not known any more."""

    def setUp(self) -> None:
        super().setUp()
        FORMATS[5] = AllPay
        try:
            house = self.open_house()
            self.sell_sword(house)
            for request in ("all-pay 100 2 Vase", "5 10 1 Hat"):
                _, buyers = house.open_auction(request, 1 if request[0] == "5" else 2)
                for buyer, amount in zip(buyers, ("120", "150"), strict=False):
                    buyer.send_lines(amount)
            house.advance()
            self.sell_sword(house)
            self.close_house(house)
        finally:
            del FORMATS[5]

    def test_told(self) -> None:
        """Their rows are reported, under the name in the ledger."""
        lines = [line.split() for line in self.output_of("list")[1:]]
        self.assertEqual(
            [(line[0], line[2], line[3], line[-3]) for line in lines],
            [
                ("main/1", "second-price", "3", "$150"),
                ("main/2", "all-pay", "2", "$150"),
                ("main/3", "5", "1", "$120"),
                ("main/4", "second-price", "3", "$150"),
            ],
        )
        story = self.output_of("show", "main/2")
        self.assertEqual(
            [line[22:] for line in story[2:3] + story[6:]],
            [
                "Request: all-pay 100 2 Vase (all-pay, lowest price $100, number of bids 2)",
                "Buyer 1 made a sealed bid.",
                "Buyer 2 made a sealed bid.",
                "Sold to Buyer 2 for $150.",
            ],
        )
        self.assertIn(
            " Buyer 1 owes $120 all the same.", self.output_of("show", "--reveal", "2")[-1]
        )
        self.assertEqual(
            [line.split(",")[:9] for line in self.output_of("export")[5:8]],
            [
                ["2", "", "main", "Vase", "all-pay", "100", "bid", "1", "120"],
                ["2", "", "main", "Vase", "all-pay", "100", "bid", "2", "150"],
                ["2", "", "main", "Vase", "all-pay", "100", "sold", "2", "150"],
            ],
        )

    def test_verified(self) -> None:
        """An unknown format is no tampering, and the rest is checked as usual."""
        self.assertEqual(
            self.ledger("verify"),
            (
                1,
                [],
                "auction ledger verify: no format called 5 or all-pay is known here "
                "(install the package that has it), so 2 items "
                f"cannot be verified; everything else holds. House hash: {self.house_hash()}\n",
            ),
        )
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("UPDATE event SET at = at + 1 WHERE auction = 2 AND kind = 'Sold'")
        self.assertIn("its hash is not that of the row before", self.ledger("verify")[2])

    def test_makes_no_sense(self) -> None:
        """In no format does an absent Buyer leave, or bidding open twice."""
        with open_view(self.path) as view:
            numbers = [row.number for row in view.rows() if row.auction == 2]
        for kind, body in [
            ("Left", '{"who":9,"silent_for":null}'),
            ("RequestAccepted", '{"request":"7 1 1 x"}'),
        ]:
            self.forge(numbers[-2], kind=kind, body=body)
            self.assertEqual(
                self.ledger("list")[2],
                f"auction ledger list: row {numbers[-2]} of room main does not hold: it cannot "
                "happen there.\n",
            )

    def test_start(self) -> None:
        """A finished auction in it does no harm; an open one cannot go on."""
        house = self.open_house()
        FORMATS[5] = AllPay
        try:
            house.open_auction("all-pay 100 2 Vase", 1)
            house.advance()
        finally:
            del FORMATS[5]
        house.rooms.close_ledger()
        with self.assertRaises(LedgerError) as caught:
            self.open_house()
        self.assertRegex(
            str(caught.exception),
            "^row [0-9]+ of room main cannot be verified: no format called all-pay is known here "
            "\\(install the package that has it\\).$",
        )

    def test_check_at_the_start(self) -> None:
        with self.assertRaises(LedgerError) as caught:
            MemoryHouse(ledger=self.path, check_ledger=True)
        self.assertEqual(
            str(caught.exception),
            f"the ledger {self.path.resolve()} cannot be verified: no format called 5 or all-pay "
            "is known here (install the package that has it).",
        )

    def test_name_that_is_no_name(self) -> None:
        """Some other program wrote it."""
        with open_view(self.path) as view:
            (row,) = [row for row in view.rows() if row.auction == 2 and "request" in row.body]
        self.forge(row.number, body='{"request":"\\u001b[2J 100 2 Vase"}')
        self.assertIn("  \\x1b[2J  ", self.output_of("list")[2])
        self.assertIn("no format called \\x1b[2J or 5 is known here", self.ledger("verify")[2])


class BadUseTests(LedgerTestCase):
    def test_wrong_usage(self) -> None:
        for argv, complaint in [
            ([], "ledger: name a command. Try 'auction ledger --help'."),
            (["tell"], "ledger: Unknown command: tell. Try 'auction ledger --help'."),
            (
                ["list", "--frobnicate"],
                "ledger list: option --frobnicate not recognized. Try 'auction ledger list "
                "--help'.",
            ),
            (
                ["list", "1", "2"],
                "ledger list: name one ledger. Try 'auction ledger list --help'.",
            ),
            (
                ["verify", "--ledger", "1", "2"],
                "ledger verify: name one ledger. Try 'auction ledger verify --help'.",
            ),
            (
                ["verify", "--expect", "abc"],
                "ledger verify: --expect takes 64 hex digits, not 'abc'. Try 'auction ledger "
                "verify --help'.",
            ),
            (
                ["export", "--excel", "-f", "json"],
                "ledger export: --excel is for CSV alone. Try 'auction ledger export --help'.",
            ),
            (
                ["show"],
                "ledger show: name one auction, such as main/1. Try 'auction ledger show --help'.",
            ),
            (
                ["show", "one"],
                "ledger show: name an auction as list shows it, such as main/1, not 'one'. Try "
                "'auction ledger show --help'.",
            ),
            (
                ["show", "1", "2", "3"],
                "ledger show: name one auction, such as main/1. Try 'auction ledger show --help'.",
            ),
            (
                ["show", "main room/1"],
                "ledger show: name an auction as list shows it, such as main/1, not 'main room/1'. "
                "Try 'auction ledger show --help'.",
            ),
            (
                ["show", "1", "--reveal"],
                "ledger show: options come before everything else, also --reveal. Try 'auction "
                "ledger show --help'.",
            ),
            (
                ["export", "--format", "xml"],
                "ledger export: --format must be csv or json, not 'xml'. Try 'auction ledger "
                "export --help'.",
            ),
        ]:
            self.assertEqual(self.ledger(*argv), (2, [], f"auction {complaint}\n"))

    def test_no_ledger(self) -> None:
        """A missing file is not created, and a file of another kind stays unchanged."""
        for command in (["list"], ["show", "1"], ["export"], ["verify"]):
            self.assertEqual(
                self.ledger(*command),
                (
                    1,
                    [],
                    f"auction ledger {command[0]}: the file {self.path.resolve()} cannot be "
                    "opened: No such file or directory.\n",
                ),
            )
        self.assertEqual(list(self.path.parent.iterdir()), [])
        for content in (b"", b"SQLite format 3\0" + bytes(1000), b"Dear diary"):
            self.path.write_bytes(content)
            status, lines, errors = self.ledger("verify")
            self.assertEqual((status, lines, errors.count("\n")), (1, [], 1))
            self.assertIn(str(self.path.resolve()), errors)
            self.assertEqual(self.path.read_bytes(), content)

    def test_newer_schema(self) -> None:
        self.close_house(self.open_house())
        with closing(sqlite3.connect(self.path)) as database:
            database.execute("PRAGMA user_version = 9")
        self.assertEqual(
            self.ledger("verify"),
            (
                1,
                [],
                f"auction ledger verify: the file {self.path.resolve()} has schema 9; this "
                "version of the program knows schema 2, so a newer one is needed.\n",
            ),
        )

    def test_interrupted(self) -> None:
        """As in a shell."""

        def interrupted(views: object, sought: object) -> None:
            raise KeyboardInterrupt

        self.close_house(self.open_house())
        self.patch(ledger_verify, "verify", interrupted)
        self.assertEqual(self.ledger("verify"), (130, [], ""))


class ProcessTests(ProcessTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = str(Path(folder.name) / "auction.sqlite3")
        self.port = free_port()
        self.running = self.piped(*TWISTD, "--port", str(self.port), "--ledger", self.path)
        self.running.read_until(READY)

    def connects(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        self.addCleanup(connection.close)
        return connection

    def ledger(
        self, *argv: str, output: int = subprocess.PIPE, encoding: str = "utf-8"
    ) -> tuple[int, str, str]:
        ended = subprocess.run(
            [sys.executable, *AUCTION, "ledger", "--ledger", self.path, *argv],
            stdout=output,
            stderr=subprocess.PIPE,
            timeout=PATIENCE,
            check=False,
            env={**ENVIRONMENT, "PYTHONIOENCODING": encoding},
        )
        return ended.returncode, (ended.stdout or b"").decode(), ended.stderr.decode()

    def test_while_a_server_runs(self) -> None:
        """The server goes on writing, and a closed pipe or a full disk is no traceback."""
        with self.connects() as seller, seller.makefile() as answers:
            seller.sendall("1 100 1 日本刀\n".encode())
            self.assertTrue(any("request received" in answer for answer in answers))
            status, text, errors = self.ledger("list")
            self.assertEqual((status, errors), (0, ""))
            cells = ["main/1", "日本刀", "first-price", "0", "open"]
            self.assertEqual(text.splitlines()[1].split()[:5], cells)
            with self.connects() as buyer:
                buyer.sendall(b"150\n")
                self.assertIn("sold for $150", answers.read())
        status, text, errors = self.ledger("list", encoding="ascii")
        self.assertEqual((status, errors), (0, ""))
        item = "日本刀".encode("unicode_escape").decode()
        cells = ["main/1", item, "first-price", "1", "sold", "Buyer", "1", "$150"]
        self.assertEqual(text.splitlines()[1].split()[:8], cells)
        status, text, errors = self.ledger("verify")
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(text[:-65], "6 rows, 1 auction: everything holds. House hash: ")
        reader, writer = socket.socketpair()
        reader.close()
        with writer:
            self.assertEqual(self.ledger("export", output=writer.fileno()), (141, "", ""))
        with open("/dev/full", "w") as full:
            self.assertEqual(
                self.ledger("export", output=full.fileno()),
                (
                    1,
                    "",
                    "cli ledger export: standard output cannot be written: No space left on "
                    "device.\n",
                ),
            )
        self.assertNotIn("Traceback", self.running.send_signal(signal.SIGTERM)[1])
