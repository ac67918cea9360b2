"""What ``auction ledger`` tells of ledgers that whole houses have written."""

import csv
import hashlib
import json
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from io import StringIO
from pathlib import Path

from twisted.internet.task import Clock

from tests.processes import (
    AUCTION,
    ENVIRONMENT,
    PATIENCE,
    READY,
    TWISTD,
    ProcessTestCase,
    free_port,
)
from tests.support import OPENING, CommandTestCase, Saleroom, StrictClock
from tests.test_fifth_format import AllPay
from twisted_auction import audit
from twisted_auction.house.ledger import LedgerError, Row, reading
from twisted_auction.house.tickets import hashed
from twisted_auction.rules.formats import FORMATS

COLUMNS = "number, at, room, auction, kind, body, hash"

HEADER = "auction,lot,room,item,format,lowest_price,kind,buyer,amount,payment,at"


def rechained(anchor: str, rows: Iterable[tuple[int, int, str, int, str, str]]) -> list[str]:
    """The hashes of these rows of one room, by the recipe in ``docs/ledger.rst``."""
    hashes: list[str] = []
    for number, at, room, auction, kind, body in rows:
        previous = hashes[-1] if hashes else anchor
        text = f"{previous}\n{number}\n{at}\n{room}\n{auction}\n{kind}\n{body}"
        hashes.append(hashlib.sha256(text.encode()).hexdigest())
    return hashes


def house_hash(database: sqlite3.Connection) -> str:
    """The house hash, by the recipe in ``docs/ledger.rst``."""
    ((anchor,),) = database.execute("SELECT anchor FROM house")
    lines = [anchor]
    for room, number, hash in database.execute(
        "SELECT room, max(number), hash FROM event GROUP BY room ORDER BY room"
    ):
        lines.append(f"{room} {number} {hash}")
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


class LedgerTestCase(CommandTestCase):
    """A ledger in a folder of its own, and the commands that read it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "auction.sqlite3"

    def opens(self, catalogue: bytes | None = None, clock: Clock | None = None) -> Saleroom:
        """A house that writes the ledger."""
        return Saleroom(ledger=self.path, catalogue=catalogue, clock=clock)

    def closes(self, room: Saleroom) -> None:
        """Close the house, with its ledger."""
        room.rooms.close()
        room.rooms.close_ledger()
        self.assertEqual(room.failures, [])

    def sells_a_sword(self, room: Saleroom) -> None:
        """The assignment's example, with a second and a half between the bids."""
        _, buyers = room.opened("2 100 3 WolfPackSword", 3)
        for buyer, amount in zip(buyers, ("150", "120", "180"), strict=True):
            room.passes(1.5)
            buyer.types(amount)
        room.turns()

    def house_hash(self) -> str:
        """The house hash, by the recipe in ``docs/ledger.rst``."""
        with closing(sqlite3.connect(self.path)) as database:
            return house_hash(database)

    def ledger(self, *argv: str) -> tuple[int, list[str], str]:
        """Run ``auction ledger``: exit status, lines of standard output, standard error."""
        return self.auction("ledger", "--ledger", str(self.path), *argv)

    def tells(self, *argv: str) -> list[str]:
        """What a command that has nothing to complain of prints."""
        status, lines, errors = self.ledger(*argv)
        self.assertEqual((status, errors), (0, ""))
        return lines

    def forges(self, number: int, **changes: object) -> None:
        """Change a row of the only room, and with it all the hashes, so that only what is told
        gives it away."""
        with closing(sqlite3.connect(self.path)) as database, database:
            for column, value in changes.items():
                database.execute(f"UPDATE event SET {column} = ? WHERE number = ?", (value, number))
            ((anchor,),) = database.execute("SELECT anchor FROM house")
            rows = database.execute(f"SELECT {COLUMNS} FROM event ORDER BY number").fetchall()
            numbers = [row[0] for row in rows]
            hashes = rechained(anchor, (row[:-1] for row in rows))
            database.executemany(
                "UPDATE event SET hash = ? WHERE number = ?", zip(hashes, numbers, strict=True)
            )


class ListTests(LedgerTestCase):
    def test_every_result(self) -> None:
        """Ended auctions and open ones, as they came up; a Seller without a request is no item."""
        room = self.opens()
        self.sells_a_sword(room)
        room.enters().goes()
        _, buyers = room.opened("english:duration=20 100 2 日本 Sword", 2)
        buyers[0].types("120")
        room.passes(3)
        room.enters_lobby("JOIN hall", "1 50 2 Helmet")
        buyers[1].types("1300")
        room.passes(17)
        _, buyers = room.opened("1 100 1 Shield", 1)
        buyers[0].types("80")
        room.opened("dutch 100 2 Bow", 1)[0].goes()
        room.enters_lobby("JOIN hall")
        room.enters_lobby("JOIN hall", "70")
        room.passes(3)
        self.assertEqual(
            self.tells("list"),
            """\
auction  lot  item           format        bids  result     winner   payment  ended (open: began)
main/1        WolfPackSword  second-price     3  sold       Buyer 3     $150  2027-01-15 08:00:04Z
main/3        日本 Sword     english          2  sold       Buyer 2    $1300  2027-01-15 08:00:24Z
hall/1        Helmet         first-price      1  open                         2027-01-15 08:00:07Z
main/4        Shield         first-price      1  not sold                     2027-01-15 08:00:24Z
main/5        Bow            dutch            0  cancelled                    2027-01-15 08:00:24Z
""".splitlines(),
        )
        self.assertEqual(
            self.tells("list", "--reveal"),
            """\
auction  lot  item           format        bids  result     winner   payment  highest bid  ended (open: began)
main/1        WolfPackSword  second-price     3  sold       Buyer 3     $150         $180  2027-01-15 08:00:04Z
main/3        日本 Sword     english          2  sold       Buyer 2    $1300        $1300  2027-01-15 08:00:24Z
hall/1        Helmet         first-price      1  open                                 $70  2027-01-15 08:00:07Z
main/4        Shield         first-price      1  not sold                             $80  2027-01-15 08:00:24Z
main/5        Bow            dutch            0  cancelled                                 2027-01-15 08:00:24Z
""".splitlines(),  # noqa: E501
        )
        self.closes(room)

    def test_sale(self) -> None:
        """One line a lot, and how wide a column is depends on what is in it."""
        room = self.opens(catalogue=b"1 100 1 Hat\n1 100 1 Cap\n3 100 1 Top hat\n")
        buyer = room.enters()
        room.passes(5)
        buyer.types("123456789")
        room.turns()
        room.auctioneer.cancel("It is broken.")
        room.passes(5)
        self.assertEqual(
            self.tells("list"),
            """\
auction  lot  item     format       bids  result     winner      payment  ended (open: began)
main/1     1  Hat      first-price     1  sold       Buyer 1  $123456789  2027-01-15 08:00:05Z
main/1     2  Cap      first-price     0  cancelled                       2027-01-15 08:00:05Z
main/1     3  Top hat  english         0  open                            2027-01-15 08:00:05Z
""".splitlines(),
        )
        self.closes(room)

    def test_empty(self) -> None:
        room = self.opens()
        self.assertEqual(self.tells("list"), ["No item has been offered yet."])
        room.enters().goes()
        room.turns()
        self.assertEqual(self.tells("list"), ["No item has been offered yet."])
        self.closes(room)


class ShowTests(LedgerTestCase):
    def test_sealed(self) -> None:
        room = self.opens()
        self.sells_a_sword(room)
        self.closes(room)
        story = [
            "Auction 1, room main",
            "2027-01-15 08:00:00Z  The Seller came from 127.0.0.1:50001.",
            "2027-01-15 08:00:00Z  Request: 2 100 3 WolfPackSword "
            "(second-price, lowest price $100, number of bids 3)",
            "2027-01-15 08:00:00Z  Buyer 1 came from 127.0.0.1:50002.",
            "2027-01-15 08:00:00Z  Buyer 2 came from 127.0.0.1:50003.",
            "2027-01-15 08:00:00Z  Buyer 3 came from 127.0.0.1:50004.",
            "2027-01-15 08:00:00Z  Bidding opened.",
        ]
        self.assertEqual(
            self.tells("show", "1"),
            [
                *story,
                "2027-01-15 08:00:01Z  Buyer 1 made a sealed bid.",
                "2027-01-15 08:00:03Z  Buyer 2 made a sealed bid.",
                "2027-01-15 08:00:04Z  Buyer 3 made a sealed bid.",
                "2027-01-15 08:00:04Z  Sold to Buyer 3 for $150.",
            ],
        )
        self.assertEqual(
            self.tells("show", "--reveal", "1"),
            [
                *story,
                "2027-01-15 08:00:01Z  Buyer 1 bid $150.",
                "2027-01-15 08:00:03Z  Buyer 2 bid $120.",
                "2027-01-15 08:00:04Z  Buyer 3 bid $180.",
                "2027-01-15 08:00:04Z  Sold to Buyer 3 for $150. The highest bid is $180.",
            ],
        )

    def test_english(self) -> None:
        """Open bids are no secret. Another room's auction goes on at the same time."""
        room = self.opens()
        seller, buyers = room.opened("3:duration=20 100 2 Sword", 2)
        room.enters_lobby("JOIN hall", "1 50 2 Helmet")
        buyers[0].types("120")
        room.passes(15)
        buyers[1].types("130")
        room.passes(7)
        buyers[0].goes()
        seller.types("close")
        room.turns()
        self.assertEqual(
            self.tells("show", "main/1"),
            [
                "Auction 1, room main",
                "2027-01-15 08:00:00Z  The Seller came from 127.0.0.1:50001.",
                "2027-01-15 08:00:00Z  Request: 3:duration=20 100 2 Sword (english, "
                "lowest price $100, number of bids 2)",
                "2027-01-15 08:00:00Z  Buyer 1 came from 127.0.0.1:50002.",
                "2027-01-15 08:00:00Z  Buyer 2 came from 127.0.0.1:50003.",
                "2027-01-15 08:00:00Z  Bidding opened at $100.",
                "2027-01-15 08:00:00Z  Buyer 1 bid $120.",
                "2027-01-15 08:00:14Z  Going once.",
                "2027-01-15 08:00:15Z  Buyer 2 bid $130.",
                "2027-01-15 08:00:15Z  The time was extended to 10 seconds.",
                "2027-01-15 08:00:19Z  Going once.",
                "2027-01-15 08:00:22Z  Going twice.",
                "2027-01-15 08:00:22Z  Buyer 1 left.",
                "2027-01-15 08:00:22Z  The Seller closed the bidding.",
                "2027-01-15 08:00:22Z  Sold to Buyer 2 for $130. The highest bid is $130.",
            ],
        )
        self.closes(room)

    def test_dutch(self) -> None:
        room = self.opens()
        _, buyers = room.opened("4:start=120:step=10:interval=60 100 1 Sword", 1)
        room.passes(61)
        self.assertEqual(
            self.tells("show", "1"),
            [
                "Auction 1, room main",
                "2027-01-15 08:00:00Z  The Seller came from 127.0.0.1:50001.",
                "2027-01-15 08:00:00Z  Request: 4:start=120:step=10:interval=60 100 1 "
                "Sword (dutch, lowest price $100, number of bids 1)",
                "2027-01-15 08:00:00Z  Buyer 1 came from 127.0.0.1:50002.",
                "2027-01-15 08:00:00Z  Bidding opened at $120.",
                "2027-01-15 08:01:00Z  The price fell to $110.",
                "It has not ended.",
            ],
        )
        buyers[0].types("accept")
        room.turns()
        self.assertEqual(
            self.tells("show", "1")[-2:],
            [
                "2027-01-15 08:01:01Z  Buyer 1 bid $110.",
                "2027-01-15 08:01:01Z  Sold to Buyer 1 for $110. The highest bid is $110.",
            ],
        )
        self.closes(room)

    def test_sale_with_restart(self) -> None:
        """Tickets are mentioned; what is written of them is not."""
        catalogue = b"1 100 2 Hat\n1 100 2 Cap\n1 100 1 Top hat\n"
        room = self.opens(catalogue)
        room.enters_lobby("JOIN main")
        second = room.enters()
        room.passes(5)
        second.types("80")
        room.turns()
        self.closes(room)
        room = self.opens(catalogue, room.clock)
        room.passes(1)
        room.enters_lobby("RESUME ticket-1").types("90")
        room.turns()
        room.auctioneer.cancel("\x1b[2J It is\tbroken.")
        room.passes(600)
        story = self.tells("show", "1")
        self.assertEqual(
            story,
            [
                "Auction 1, room main",
                "2027-01-15 08:00:00Z  Lot 1 of 3: 1 100 2 Hat (first-price, lowest "
                "price $100, number of bids 2)",
                "2027-01-15 08:00:00Z  Buyer 1 came from 127.0.0.1:50001, with a ticket.",
                "2027-01-15 08:00:00Z  Buyer 2 came from 127.0.0.1:50002.",
                "2027-01-15 08:00:05Z  Bidding opened.",
                "2027-01-15 08:00:05Z  Buyer 2 made a sealed bid.",
                "2027-01-15 08:00:05Z  The house closed.",
                "2027-01-15 08:00:05Z  The auction went on, with the time that it had left.",
                "2027-01-15 08:00:05Z  Buyer 2 left.",
                "2027-01-15 08:00:06Z  Buyer 1 made a sealed bid.",
                "2027-01-15 08:00:06Z  Not sold.",
                "2027-01-15 08:00:06Z  Lot 2 of 3: 1 100 2 Cap (first-price, lowest "
                "price $100, number of bids 2)",
                "2027-01-15 08:00:06Z  Cancelled: \\x1b[2J It is\\tbroken.",
                "2027-01-15 08:00:06Z  Lot 3 of 3: 1 100 1 Top hat (first-price, "
                "lowest price $100, number of bids 1)",
                "2027-01-15 08:00:11Z  Bidding opened.",
                "2027-01-15 08:01:11Z  Buyer 1 said nothing within 60 seconds.",
                "2027-01-15 08:01:11Z  Not sold: there was no bid.",
            ],
        )
        self.assertNotIn(hashed("ticket-1"), "".join(story))
        self.assertEqual(
            [line[22:] for line in self.tells("show", "--reveal", "1") if line not in story],
            [
                "Buyer 2 bid $80.",
                "Buyer 1 bid $90.",
                "Not sold: the highest bid is $90.",
            ],
        )
        self.closes(room)

    def test_no_bid_and_the_operator(self) -> None:
        room = self.opens()
        room.opened("1 100 1 Sword", 1)
        room.auctioneer.close_bidding()
        room.turns()
        self.assertEqual(
            [line[22:] for line in self.tells("show", "1")[-2:]],
            ["The Auctioneer closed the bidding.", "Not sold: there was no bid."],
        )
        _, buyers = room.opened("1 100 1 Sword", 1)
        buyers[0].types("80")
        room.turns()
        self.assertEqual(
            self.tells("export")[-1],
            "2,,main,Sword,first-price,100,not sold,,80,,2027-01-15T08:00:00.000000Z",
        )
        self.closes(room)

    def test_what_losers_owe(self) -> None:
        """In a format with such a rule, it is as secret as the bids are."""
        FORMATS[5] = AllPay
        self.addCleanup(FORMATS.pop, 5)
        room = self.opens()
        _, buyers = room.opened("5 100 2 Sword", 2)
        buyers[0].types("150")
        buyers[1].types("120")
        room.turns()
        self.assertEqual(
            [self.tells("show", *reveal, "1")[-1][22:] for reveal in ([], ["--reveal"])],
            [
                "Sold to Buyer 1 for $150.",
                "Sold to Buyer 1 for $150. The highest bid is $150. "
                "Buyer 2 owes $120 all the same.",
            ],
        )
        self.closes(room)

    def test_unknown(self) -> None:
        room = self.opens()
        self.sells_a_sword(room)
        self.closes(room)
        for word, why in [
            ("2", "no room has an auction 2."),
            ("main/2", "room main has no auction 2; the last one is 1."),
            ("hall/1", "there is no room hall."),
        ]:
            self.assertEqual(self.ledger("show", word), (1, [], f"auction ledger show: {why}\n"))

    def test_number_alone(self) -> None:
        """It is enough where it can mean one auction only, and the others are named."""
        room = self.opens()
        self.sells_a_sword(room)
        room.enters().goes()
        for number in range(12):
            room.enters_lobby(f"JOIN room{number:02}").goes()
        room.turns()
        self.closes(room)
        self.assertEqual(self.tells("show", "2")[0], "Auction 2, room main")
        self.assertEqual(self.tells("show", "room03/1")[0], "Auction 1, room room03")
        rooms = ", ".join(["main/1", *(f"room{number:02}/1" for number in range(9))])
        self.assertEqual(
            self.ledger("show", "1"),
            (
                1,
                [],
                "auction ledger show: several rooms have an auction 1; name one of "
                f"{rooms} and 3 more.\n",
            ),
        )


class ExportTests(LedgerTestCase):
    def setUp(self) -> None:
        super().setUp()
        room = self.opens(catalogue=b"1 100 1 Hat\n2 100 2 Cap\n")
        buyer = room.enters()
        room.passes(5.25)
        buyer.types("120")
        room.turns()
        room.auctioneer.cancel("It is broken.")
        room.enters_lobby("JOIN hall").goes()  # a Seller without a request
        room.enters_lobby("JOIN bid-room", '3 100 1 =HYPERLINK("x,y")')
        room.enters_lobby("JOIN bid-room", "150")
        room.enters_lobby("JOIN -A1", "1 100 2 '48 Cadillac")
        room.enters_lobby("JOIN -A1", "90")
        room.enters_lobby("JOIN -A1", "90")
        room.turns()
        self.closes(room)

    def test_csv(self) -> None:
        """Nothing in it is a formula, and all of it can be had back."""
        lines = [
            HEADER,
            "1,,'-A1,''48 Cadillac,first-price,100,bid,2,90,,2027-01-15T08:00:05.250000Z",
            '1,,bid-room,"\'=HYPERLINK(""x,y"")",english,100,bid,1,150,,'
            "2027-01-15T08:00:05.250000Z",
            "1,1,main,Hat,first-price,100,bid,1,120,,2027-01-15T08:00:05.250000Z",
            "1,1,main,Hat,first-price,100,sold,1,120,120,2027-01-15T08:00:05.250000Z",
            "1,2,main,Cap,second-price,100,cancelled,,,,2027-01-15T08:00:05.250000Z",
        ]
        for argv in ((), ("--format", "csv")):
            self.assertEqual(self.tells("export", *argv), lines)

    def test_json(self) -> None:
        """The same facts."""
        lines = self.tells("export", "--format", "json")
        self.assertEqual(
            lines[1],
            '{"auction": 1, "lot": null, "room": "bid-room", "item": "=HYPERLINK(\\"x,y\\")", '
            '"format": "english", "lowest_price": 100, "kind": "bid", "buyer": 1, "amount": 150, '
            '"payment": null, "at": "2027-01-15T08:00:05.250000Z"}',
        )
        plain = [
            {name: "" if fact is None else str(fact) for name, fact in json.loads(line).items()}
            for line in lines
        ]
        rows = list(csv.DictReader(self.tells("export")))
        for row in rows:
            for name in ("room", "item"):
                row[name] = row[name].removeprefix("'")
        self.assertEqual(rows, plain)

    def test_harmless(self) -> None:
        facts: list[tuple[int | str | None, int | str | None]] = [
            ("=1", "'=1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("\uff1d1", "'\uff1d1"),
            ("'=1", "''=1"),
            ("1=1", "1=1"),
            ("", ""),
            (-1, -1),
            (None, None),
        ]
        for fact, written in facts:
            self.assertEqual(audit._harmless(fact), written)

    def test_any_separator(self) -> None:
        """Whichever a spreadsheet guesses, no cell begins as a formula does; and the text can be
        had back."""
        chance = random.Random(0)
        for _ in range(3000):
            text = "".join(chance.choices(",;|'\"=+-@\uff1d1a ", k=chance.randint(0, 9)))
            written = audit._harmless(text)
            assert isinstance(written, str)
            for separator in ",;|\t\n":
                for cell in written.split(separator):
                    self.assertNotIn(cell.strip(' "')[:1], [*"=+-@\uff1d"], (text, written))
            self.assertEqual(re.sub("((?:^|[,;|])[\\s\"]*)'", r"\1", written), text)
        for text, written in [
            ("Vase;=1+1", "Vase;'=1+1"),
            ("Vase; =1+1", "Vase; '=1+1"),
            ("Vase|@SUM(1)", "Vase|'@SUM(1)"),
            ('Vase,"-1', "Vase,\"'-1"),
            ("Sale: 50 -70 % off; today", "Sale: 50 -70 % off; today"),
        ]:
            self.assertEqual(audit._harmless(text), written)

    def test_excel(self) -> None:
        """A byte order mark, once, and else the same."""
        plain = self.tells("export")
        self.assertEqual(self.tells("export", "--excel"), [f"\ufeff{plain[0]}", *plain[1:]])

    def test_streams(self) -> None:
        """A record is written before the next row is read."""
        export = audit.Export()
        export.parseOptions(["-f", "json"])
        written = StringIO()
        self.patch(sys, "stdout", written)
        seen: list[int] = []
        with reading(self.path) as view:
            rows = view.rows

            def watched() -> Iterator[Row]:
                for row in rows():
                    seen.append(written.getvalue().count("\n"))
                    yield row

            self.patch(view, "rows", watched)
            export.tell(view)
        self.assertEqual(seen, [*[0] * 6, *[1] * 6, *[2] * 7, 3, 4, 4])


class AmountTests(LedgerTestCase):
    def test_amounts_that_a_double_has_not(self) -> None:
        """In JSON they are texts; numbers elsewhere."""
        room = self.opens()
        room.enters_lobby("JOIN zoo", f"1 {2**53 - 1} 2 Whale")
        buyers = [room.enters_lobby("JOIN zoo") for _ in range(2)]
        for buyer, amount in zip(buyers, (2**53 - 1, 2**53), strict=True):
            buyer.types(str(amount))
        room.turns()
        self.closes(room)
        self.assertEqual(
            [
                [json.loads(line)[name] for name in ("lowest_price", "amount", "payment")]
                for line in self.tells("export", "-f", "json")[-3:]
            ],
            [
                [2**53 - 1, 2**53 - 1, None],
                [2**53 - 1, "9007199254740992", None],
                [2**53 - 1, "9007199254740992", "9007199254740992"],
            ],
        )
        self.assertIn(",9007199254740992,", self.tells("export")[-1])


class OptionTests(LedgerTestCase):
    def test_file(self) -> None:
        """It may be named before the command or behind it."""
        self.closes(self.opens())
        told = [f"0 rows, 0 auctions: everything holds. House hash: {self.house_hash()}"]
        self.assertEqual(self.tells("verify"), told)
        nowhere = str(self.path.parent / "nowhere")
        self.assertEqual(self.ledger("verify", "--ledger", nowhere)[0], 1)
        self.patch(audit, "DEFAULT_LEDGER", str(self.path))
        for argv in ([], ["--ledger", str(self.path)]):
            self.assertEqual(self.auction("ledger", "verify", *argv), (0, told, ""))

    def test_argument(self) -> None:
        """The file may be an argument, in every command."""
        room = self.opens()
        self.sells_a_sword(room)
        self.closes(room)
        path = str(self.path)
        for command, *words in (["list"], ["show", "main/1"], ["export", "-f", "json"], ["verify"]):
            files = [path] if command != "show" else [path, words.pop()]
            told = self.auction("ledger", command, *words, *files)
            self.assertEqual(told[0::2], (0, ""))
            other = [*words, *files[1:]]
            self.assertEqual(self.ledger(command, *other), told)
            self.assertEqual(self.auction("ledger", command, "--ledger", path, *other), told)

    def test_no_file(self) -> None:
        for name in ("", "none"):
            self.assertEqual(
                self.ledger("list", "--ledger", name),
                (
                    1,
                    [],
                    f"auction ledger list: there is no ledger to read; name the file, not {name!r}."
                    "\n",
                ),
            )


class VerifyTests(LedgerTestCase):
    def setUp(self) -> None:
        super().setUp()
        room = self.opens()
        self.sells_a_sword(room)
        room.enters()
        room.turns()
        self.closes(room)

    def test_recipe(self) -> None:
        """Anybody can work the hashes out with other tools, as the documentation says."""
        with closing(sqlite3.connect(self.path)) as database:
            ((anchor,),) = database.execute("SELECT anchor FROM house")
            rows = database.execute(f"SELECT {COLUMNS} FROM event ORDER BY number").fetchall()
        hashes = rechained(anchor, (row[:-1] for row in rows))
        self.assertEqual([row[-1] for row in rows], hashes)
        self.assertEqual(len(hashes), 12)
        self.assertEqual(
            self.tells("verify"),
            [f"12 rows, 2 auctions: everything holds. House hash: {self.house_hash()}"],
        )

    def test_expected(self) -> None:
        """Every state that the house hash was noted of is found again, and so is every row."""
        noted = [self.house_hash()]
        clock = StrictClock()
        clock.advance(OPENING + 1000)  # rows are found in the order of time
        room = self.opens(clock=clock)
        for name in ("hall", "main", "attic", "hall"):
            room.passes(1)
            room.enters_lobby(f"JOIN {name}")
            noted.append(self.house_hash())
        self.closes(room)
        with reading(self.path) as view:
            noted += [row.hash for row in view.rows()]
        for hash in noted:
            told = self.tells("verify", "--expect", hash)
            self.assertEqual(told[-1], "The expected hash is found.")
        unknown = "ab" * 32
        missing: tuple[int, list[str], str] = (
            1,
            [],
            f"auction ledger verify: everything holds, but {unknown} is not found: it is of "
            "another ledger, or what it covers was changed or taken away.\n",
        )
        self.assertEqual(self.ledger("verify", "--expect", unknown), missing)
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE room = 'attic'")
            database.execute("DELETE FROM room WHERE name = 'attic'")
        self.tells("verify")  # nothing in the file gives it away
        for hash in (noted[3], noted[4]):
            self.assertEqual(self.ledger("verify", "--expect", hash)[0], 1)
        self.assertEqual(self.ledger("verify", "--expect", noted[2])[0], 0)

    def test_taken_from_the_end(self) -> None:
        """What is missing is an auction that the table of rooms knows, or the house hash is another
        one."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE number > 10")
        self.assertEqual(
            self.ledger("verify"),
            (
                1,
                [],
                "auction ledger verify: room main does not hold: its rows tell of another "
                "auction.\n",
            ),
        )
        before = self.house_hash()
        for first, rows, told in [
            ("NULL, auction = 1", 10, "10 rows, 1 auction: everything holds. House hash: "),
            (1, 1, "1 row, 1 auction: everything holds. House hash: "),
        ]:
            with closing(sqlite3.connect(self.path)) as database, database:
                database.execute("DELETE FROM event WHERE number > ?", (rows,))
                database.execute(f"UPDATE room SET first = {first}")
            self.assertEqual(self.tells("verify"), [told + self.house_hash()])
        self.assertNotEqual(self.house_hash(), before)

    def test_room_without_rows(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event")
        why = "room main does not hold: its rows tell of another auction."
        self.assertEqual(self.ledger("verify"), (1, [], f"auction ledger verify: {why}\n"))

    def test_rows_without_a_room(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM room")
        why = "room main does not hold: its rows tell of another auction."
        self.assertEqual(self.ledger("verify"), (1, [], f"auction ledger verify: {why}\n"))

    def test_changed(self) -> None:
        """Where somebody changes a row, the chain gives it away."""
        wrong_hash = "its hash is not that of the row before and this one"
        for number, change, why in [
            (7, "body = replace(body, '150', '190')", f"main does not hold: {wrong_hash}"),
            (3, "at = at + 1", f"main does not hold: {wrong_hash}"),
            (11, "room = 'hall'", "hall does not hold: it follows row 0"),
            (5, "hash = upper(hash)", f"main does not hold: {wrong_hash}"),
        ]:
            with closing(sqlite3.connect(self.path)) as database, database:
                (before,) = database.execute(
                    f"SELECT {COLUMNS} FROM event WHERE number = ?", (number,)
                )
                database.execute(f"UPDATE event SET {change} WHERE number = ?", (number,))
            self.assertEqual(
                self.ledger("verify"),
                (1, [], f"auction ledger verify: row {number} of room {why}.\n"),
            )
            with closing(sqlite3.connect(self.path)) as database, database:
                database.execute("DELETE FROM event WHERE number = ?", (number,))
                database.execute(
                    f"INSERT INTO event ({COLUMNS}) VALUES ({', '.join('?' * 7)})", before
                )
        self.tells("verify")

    def test_missing(self) -> None:
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE number = 8")
        self.assertEqual(
            self.ledger("verify"),
            (1, [], "auction ledger verify: row 9 of room main does not hold: it follows row 7.\n"),
        )

    def test_row_before_the_first(self) -> None:
        """No number is too small to be read."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute(
                f"INSERT INTO event ({COLUMNS}) "
                "SELECT 0, at, room, auction, kind, body, hash FROM event WHERE number = 1"
            )
        why = "row 0 of room main does not hold: it follows row 0."
        self.assertEqual(self.ledger("verify"), (1, [], f"auction ledger verify: {why}\n"))

    def test_forged(self) -> None:
        """Where somebody works out all the hashes anew, the rules give it away."""
        sold = {"winner": 3, "highest_bid": 180, "payment": 150, "dues": []}
        bid = {"who": 3, "amount": 180}
        originals: dict[int, tuple[str, Mapping[str, object]]] = {
            9: ("BidTaken", bid),
            10: ("Sold", sold),
        }
        ones: list[tuple[int, str, Mapping[str, object], str]] = [
            (
                10,
                "Sold",
                {**sold, "payment": 120},
                "the bids have another result",
            ),
            (
                10,
                "Unsold",
                {"highest_bid": 180},
                "the bids have another result",
            ),
            (9, "BidTaken", {"who": 1, "amount": 200}, "Buyer 1 cannot bid this amount here"),
            (9, "BidTaken", {"who": 7, "amount": 200}, "participant 7 is not there"),
            (9, "Raised", {**bid, "outbid": None}, "Buyer 3 cannot bid this amount here"),
            (
                10,
                "LotAnnounced",
                {"lot": 1, "lots": 1, "request": "1 1 1 x", "opens_at": 0},
                "LotAnnounced cannot happen while bids are taken",
            ),
            (9, "Bid", bid, "no event is called 'Bid'"),
        ]
        wrong: list[Mapping[str, object]] = [
            {"who": 3, "amount": "180"},
            {"who": 3, "amount": 180.0},
            {"who": 3, "amount": True},
            {"who": 3, "amount": 10**400},
            {"who": {}, "amount": 180},
            {"who": None, "amount": 180},
            {"who": 3},
            {"who": 3, "amount": 180, "why": 1},
            {"who": 3, "amount": []},
        ]
        for fields in wrong:
            ones.append((9, "BidTaken", fields, "these are not the fields of BidTaken"))
        for dues in ("[[1]]", '[[1, "x"]]', "[1]", "{}"):
            fields = {**sold, "dues": json.loads(dues)}
            ones.append((10, "Sold", fields, "these are not the fields of Sold"))
        for number, kind, fields, why in ones:
            self.forges(number, kind=kind, body=json.dumps(fields))
            status, lines, errors = self.ledger("verify")
            self.assertEqual((status, lines), (1, []), why)
            self.assertEqual(
                errors, f"auction ledger verify: row {number} of room main does not hold: {why}.\n"
            )
            kind, fields = originals[number]
            self.forges(number, kind=kind, body=json.dumps(fields))
        self.tells("verify")

    def test_not_json(self) -> None:
        """What it is instead is not told: it may be a sealed bid, or disturb a terminal."""
        for body in ("", "[]", "\x1b[2J\n", "[" * 100_000):
            self.forges(9, body=body)
            self.assertEqual(
                self.ledger("verify")[2],
                "auction ledger verify: row 9 of room main does not hold: these are not the fields "
                "of BidTaken.\n",
            )

    def test_forged_price(self) -> None:
        """The clock of a Dutch auction goes by its rules, and the payment follows from it."""
        room = self.opens()
        room.enters().types("4:start=500:step=100:interval=5 300 1 Vase")
        buyer = room.enters()
        room.passes(5)
        buyer.types("accept")
        room.turns()
        self.closes(room)
        with reading(self.path) as view:
            *_, fell, taken, sold = view.rows()
        self.assertEqual([fell.kind, taken.kind, sold.kind], ["PriceFell", "BidTaken", "Sold"])
        self.forges(fell.number, body=fell.body.replace("400", "1"))
        self.forges(taken.number, body=taken.body.replace("400", "1"))
        self.forges(sold.number, body=sold.body.replace("400", "1"))
        self.assertEqual(
            self.ledger("verify")[2],
            f"auction ledger verify: row {fell.number} of room main does not hold: by the rules of "
            "the format, something else comes next.\n",
        )

    def test_row_of_another_auction(self) -> None:
        self.forges(3, auction=2)
        self.assertEqual(
            self.ledger("verify")[2],
            "auction ledger verify: row 3 of room main does not hold: auction 1 is on in room "
            "main.\n",
        )

    def test_bid_taken_away(self) -> None:
        """A sealed bid is missed, though the result would be the same without it."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("DELETE FROM event WHERE number = 8")
            database.execute("UPDATE event SET number = number - 1 WHERE number > 8")
        self.forges(1)
        self.assertEqual(
            self.ledger("verify")[2],
            "auction ledger verify: row 9 of room main does not hold: bids are awaited.\n",
        )

    def test_open_bidding_without_an_end(self) -> None:
        """What could never be gone on with is refused."""
        self.forges(2, body=json.dumps({"request": "3 100 3 Sword"}))
        self.forges(6, body='{"deadline":null}')
        self.assertEqual(
            self.ledger("verify")[2],
            "auction ledger verify: row 6 of room main does not hold: open bidding always has an "
            "end.\n",
        )

    def test_columns_of_other_types(self) -> None:
        """SQLite sees to that, but for whoever makes another table."""
        with closing(sqlite3.connect(self.path)) as database, database:
            database.execute("CREATE TABLE lax AS SELECT * FROM event")
            database.execute("DROP TABLE event")
            database.execute("ALTER TABLE lax RENAME TO event")
        for column, value in [("at", "noon"), ("at", None), ("room", None), ("body", None)]:
            with closing(sqlite3.connect(self.path)) as database, database:
                (before,) = database.execute(
                    f"SELECT {column} FROM event WHERE number = 1"
                ).fetchone()
            self.forges(1, **{column: value})
            status, lines, errors = self.ledger("verify")
            self.assertEqual((status, lines, errors.count("\n")), (1, [], 1))
            self.assertRegex(errors, "^auction ledger verify: row 1 of room (main|None) does not")
            self.forges(1, **{column: before})
        self.tells("verify")

    def test_others_stop_there(self) -> None:
        """What comes before the first row that does not hold is told."""
        tables = {argv: self.tells(*argv) for argv in [("list",), ("show", "1"), ("export",)]}
        self.forges(10, body='{"winner":1,"highest_bid":180,"payment":150,"dues":[]}')
        for argv, lines in tables.items():
            status, told, errors = self.ledger(*argv)
            if argv == ("list",):
                self.assertEqual([line.split()[4] for line in told[1:]], ["open"])
            else:
                self.assertEqual(told, lines[:-1])
            self.assertEqual(status, 1)
            self.assertEqual(
                errors,
                f"auction ledger {argv[0]}: row 10 of room main does not hold: the bids have "
                "another result.\n",
            )
        self.forges(1, auction=7)
        self.assertEqual(
            self.ledger("list"),
            (
                1,
                [],
                "auction ledger list: row 1 of room main does not hold: auction 1 is the next one "
                "to begin.\n",
            ),
        )


class UnknownFormatTests(LedgerTestCase):
    """Auctions in a format that this program does not know, or does not know any more."""

    def setUp(self) -> None:
        super().setUp()
        FORMATS[5] = AllPay
        try:
            room = self.opens()
            self.sells_a_sword(room)
            for request in ("all-pay 100 2 Vase", "5 10 1 Hat"):
                _, buyers = room.opened(request, 1 if request[0] == "5" else 2)
                for buyer, amount in zip(buyers, ("120", "150"), strict=False):
                    buyer.types(amount)
            room.turns()
            self.sells_a_sword(room)
            self.closes(room)
        finally:
            del FORMATS[5]

    def test_told(self) -> None:
        """What is written of them is told, under the name that is written."""
        lines = [line.split() for line in self.tells("list")[1:]]
        self.assertEqual(
            [(line[0], line[2], line[3], line[-3]) for line in lines],
            [
                ("main/1", "second-price", "3", "$150"),
                ("main/2", "all-pay", "2", "$150"),
                ("main/3", "5", "1", "$120"),
                ("main/4", "second-price", "3", "$150"),
            ],
        )
        story = self.tells("show", "main/2")
        self.assertEqual(
            [line[22:] for line in story[2:3] + story[6:]],
            [
                "Request: all-pay 100 2 Vase (all-pay, lowest price $100, number of bids 2)",
                "Buyer 1 made a sealed bid.",
                "Buyer 2 made a sealed bid.",
                "Sold to Buyer 2 for $150.",
            ],
        )
        self.assertIn(" Buyer 1 owes $120 all the same.", self.tells("show", "--reveal", "2")[-1])
        self.assertEqual(
            [line.split(",")[:9] for line in self.tells("export")[5:8]],
            [
                ["2", "", "main", "Vase", "all-pay", "100", "bid", "1", "120"],
                ["2", "", "main", "Vase", "all-pay", "100", "bid", "2", "150"],
                ["2", "", "main", "Vase", "all-pay", "100", "sold", "2", "150"],
            ],
        )

    def test_verified(self) -> None:
        """It is no tampering, and what else there is holds, or does not."""
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
        """In no format a Buyer leaves that is not there, or bidding opens twice."""
        with reading(self.path) as view:
            numbers = [row.number for row in view.rows() if row.auction == 2]
        for kind, body in [
            ("Left", '{"who":9,"silent_for":null}'),
            ("RequestAccepted", '{"request":"7 1 1 x"}'),
        ]:
            self.forges(numbers[-2], kind=kind, body=body)
            self.assertEqual(
                self.ledger("list")[2],
                f"auction ledger list: row {numbers[-2]} of room main does not hold: it cannot "
                "happen there.\n",
            )

    def test_start(self) -> None:
        """One that is over is no hindrance; one that is on cannot go on."""
        room = self.opens()
        FORMATS[5] = AllPay
        try:
            room.opened("all-pay 100 2 Vase", 1)
            room.turns()
        finally:
            del FORMATS[5]
        room.rooms.close_ledger()
        with self.assertRaises(LedgerError) as caught:
            self.opens()
        self.assertRegex(
            str(caught.exception),
            "^row [0-9]+ of room main cannot be verified: no format called all-pay is known here "
            "\\(install the package that has it\\).$",
        )

    def test_check_at_the_start(self) -> None:
        with self.assertRaises(LedgerError) as caught:
            Saleroom(ledger=self.path, check_ledger=True)
        self.assertEqual(
            str(caught.exception),
            f"the ledger {self.path.resolve()} cannot be verified: no format called 5 or all-pay "
            "is known here (install the package that has it).",
        )

    def test_name_that_is_no_name(self) -> None:
        """Some other program wrote it."""
        with reading(self.path) as view:
            (row,) = [row for row in view.rows() if row.auction == 2 and "request" in row.body]
        self.forges(row.number, body='{"request":"\\u001b[2J 100 2 Vase"}')
        self.assertIn("  \\x1b[2J  ", self.tells("list")[2])
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
        """What is not there is not made, and what is something else stays as it is."""
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
        self.closes(self.opens())
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

        self.closes(self.opens())
        self.patch(audit, "verify", interrupted)
        self.assertEqual(self.ledger("verify"), (130, [], ""))


class ProcessTests(ProcessTestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = str(Path(folder.name) / "auction.sqlite3")
        self.port = free_port()
        self.running = self.piped(*TWISTD, "--port", str(self.port), "--ledger", self.path)
        self.running.reads(READY)

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
        self.assertNotIn("Traceback", self.running.signalled(signal.SIGTERM)[1])
