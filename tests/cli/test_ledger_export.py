"""``auction ledger export`` with ledgers of whole houses."""

import csv
import json
import sys
from collections.abc import Iterator
from io import StringIO

from tests.cli.support import LedgerTestCase
from twisted_auction.cli import ledger_export
from twisted_auction.ledger.row import Row
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.events import (
    Arrived,
    BiddingOpened,
    BidTaken,
    Called,
    Event,
    Ordered,
    Raised,
    RequestAccepted,
    Sold,
    Voided,
)
from twisted_auction.rules.grammar import parse_request

HEADER = "auction,lot,room,item,format,lowest_price,kind,buyer,amount,payment,at"


class ExportTests(LedgerTestCase):
    def setUp(self) -> None:
        super().setUp()
        house = self.open_house(catalogue=b"1 100 1 Hat\n2 100 2 Cap\n")
        buyer = house.connect()
        house.advance(5.25)
        buyer.send_lines("120")
        house.advance()
        house.auctioneer.orders.give(Cancel(), reason="It is broken.")
        house.connect_to_lobby("JOIN hall").disconnect()  # a Seller without a request
        house.connect_to_lobby("JOIN bid-room", '3 100 1 =HYPERLINK("x,y")')
        house.connect_to_lobby("JOIN bid-room", "150")
        house.connect_to_lobby("JOIN -A1", "1 100 2 '48 Cadillac")
        house.connect_to_lobby("JOIN -A1", "90")
        house.connect_to_lobby("JOIN -A1", "90")
        house.advance()
        self.close_house(house)

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
            self.assertEqual(self.output_of("export", *argv), lines)

    def test_json(self) -> None:
        """The same facts."""
        lines = self.output_of("export", "--format", "json")
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
        rows = list(csv.DictReader(self.output_of("export")))
        for row in rows:
            for name in ("room", "item"):
                row[name] = row[name].removeprefix("'")
        self.assertEqual(rows, plain)

    def test_excel(self) -> None:
        """A byte order mark, once, and else the same."""
        plain = self.output_of("export")
        self.assertEqual(self.output_of("export", "--excel"), [f"\ufeff{plain[0]}", *plain[1:]])

    def test_streams(self) -> None:
        """A record is written before the next row is read."""
        export = ledger_export.Export()
        export.parseOptions(["-f", "json"])
        written = StringIO()
        self.patch(sys, "stdout", written)
        seen: list[int] = []
        with open_view(self.path) as view:
            rows = view.rows

            def watched() -> Iterator[Row]:
                for row in rows():
                    seen.append(written.getvalue().count("\n"))
                    yield row

            self.patch(view, "rows", watched)
            export.report_on(view)
        self.assertEqual(seen, [*[0] * 6, *[1] * 6, *[2] * 7, 3, *[4] * 3])


class AmountTests(LedgerTestCase):
    def test_amounts_that_a_double_has_not(self) -> None:
        """In JSON they are texts; numbers elsewhere."""
        house = self.open_house()
        house.connect_to_lobby("JOIN zoo", f"1 {2**53 - 1} 2 Whale")
        buyers = [house.connect_to_lobby("JOIN zoo") for _ in range(2)]
        for buyer, amount in zip(buyers, (2**53 - 1, 2**53), strict=True):
            buyer.send_lines(str(amount))
        house.advance()
        self.close_house(house)
        self.assertEqual(
            [
                [json.loads(line)[name] for name in ("lowest_price", "amount", "payment")]
                for line in self.output_of("export", "-f", "json")[-3:]
            ],
            [
                [2**53 - 1, 2**53 - 1, None],
                [2**53 - 1, "9007199254740992", None],
                [2**53 - 1, "9007199254740992", "9007199254740992"],
            ],
        )
        self.assertIn(",9007199254740992,", self.output_of("export")[-1])


PEOPLE = """\
paddle,name,role,room,limit,lots,valuation,pass
1,Ann,,,,,180;20,
2,=Bob,,,,,90;40,
3,,,,,,,
9,Zoe,seller,,,,,
"""


class PeopleTests(LedgerTestCase):
    def setUp(self) -> None:
        super().setUp()
        self.people = self.folder / "people.csv"
        self.people.write_text(PEOPLE)
        house = self.open_house()
        assert house.ledger is not None
        request = parse_request(b"2 10 3 Hat", 9)
        cap = parse_request(b"english 10 3 Cap", 9)
        sale: list[Event] = [
            Arrived(0, "", paddle=9),
            RequestAccepted(request),
            *(Arrived(who, "", paddle=who) for who in (1, 2, 3)),
            BiddingOpened(None),
            BidTaken(1, 150),
            BidTaken(2, 90),
            BidTaken(3, 20),
            Sold(1, 150, 90),
        ]
        raised: list[Event] = [
            Arrived(0, "", paddle=9),
            RequestAccepted(cap),
            *(Arrived(who, "", paddle=who) for who in (1, 2, 3)),
            BiddingOpened(60.0),
            Raised(1, 20, None),
            Raised(2, 30, 1),
            Raised(1, 31, 2),
        ]
        house.ledger.record("main", sale, 0)
        house.ledger.record("main", raised, 1)
        house.ledger.record("hall", [Arrived(0, "10.0.0.1"), RequestAccepted(request)], 1)
        house.ledger.record("hall", [Arrived(who, "10.0.0.2") for who in (1, 2, 3)], 1)
        house.ledger.record("hall", [BiddingOpened(None), BidTaken(1, 20)], 1)
        house.ledger.commit()
        self.house = house
        self.addCleanup(self.close_house, house)

    def cells(self) -> list[tuple[str, ...]]:
        """The cells about persons in an export."""
        rows = csv.DictReader(self.output_of("export", "--people", str(self.people)))
        columns = ("room", "kind", "buyer", "name", "valuation", "payoff")
        return [tuple(row[column] for column in columns) for row in rows]

    def test_persons(self) -> None:
        """The n-th valuation is that of the n-th auction. Strangers in the same ledger have no
        name, and an auction without a result has no payoff."""
        self.assertEqual(
            self.cells(),
            [
                ("hall", "bid", "1", "", "", ""),
                ("main", "bid", "1", "Ann", "180", "90"),
                ("main", "bid", "2", "'=Bob", "90", "0"),
                ("main", "bid", "3", "", "", ""),
                ("main", "sold", "1", "Ann", "180", ""),
                ("main", "bid", "1", "Ann", "20", ""),
                ("main", "bid", "2", "'=Bob", "40", ""),
                ("main", "bid", "1", "Ann", "20", ""),
            ],
        )

    def test_voided_bid(self) -> None:
        """It has a record of its own, and the bid below it has the payoff."""
        ledger = self.house.ledger
        assert ledger is not None
        ledger.record("main", [Ordered("void", "operator", ""), Voided(1, 31, 2, 30)], 2)
        ledger.record("main", [Called(1), Called(2), Sold(2, 30, 30)], 62)
        ledger.commit()
        self.assertEqual(
            self.cells()[6:],
            [
                ("main", "bid", "2", "'=Bob", "40", "10"),
                ("main", "bid", "1", "Ann", "20", "0"),
                ("main", "bid voided", "1", "Ann", "20", ""),
                ("main", "sold", "2", "'=Bob", "40", ""),
            ],
        )

    def test_last_bid(self) -> None:
        """A payoff stands once for each person and item, so that all of them can be added up."""
        ledger = self.house.ledger
        assert ledger is not None
        ledger.record("main", [Called(1), Called(2), Sold(1, 31, 31)], 62)
        ledger.commit()
        self.assertEqual(
            self.cells()[5:],
            [
                ("main", "bid", "1", "Ann", "20", ""),
                ("main", "bid", "2", "'=Bob", "40", "0"),
                ("main", "bid", "1", "Ann", "20", "-11"),
                ("main", "sold", "1", "Ann", "20", ""),
            ],
        )

    def test_other_columns(self) -> None:
        """They are those of the export without people, in both forms."""
        plain = [*csv.reader(self.output_of("export"))]
        lines = self.output_of("export", "--people", str(self.people))
        self.assertEqual(lines[0], f"{HEADER},name,valuation,payoff")
        self.assertEqual([cells[:-3] for cells in csv.reader(lines)], plain)
        objects = self.output_of("export", "-f", "json", "--people", str(self.people))
        self.assertTrue(
            objects[1].endswith('"name": "Ann", "valuation": 180, "payoff": 90}'), objects[1]
        )

    def test_wrong_list(self) -> None:
        """The complaint has the number of the row, and no name."""
        self.people.write_text(f"{PEOPLE}1,Eve,,,,,,\n")
        status, lines, errors = self.ledger("export", "--people", str(self.people))
        self.assertEqual((status, lines), (1, []))
        self.assertEqual(
            errors,
            f"auction ledger export: {self.people}: row 6: paddle 1 is in row 2, too.\n",
        )
        status, lines, errors = self.ledger("export", "--people", str(self.folder / "none"))
        self.assertEqual((status, lines), (1, []))
        self.assertIn("none: No such file or directory.", errors)

    def test_settlement(self) -> None:
        """The bills of the same ledger have names, and every paddle has one bill."""
        lines = self.output_of("settle", "--people", str(self.people))
        self.assertEqual(
            lines[:4],
            [
                "Paddle 1, Ann",
                "auction  lot  item  to pay",
                "main/1        Hat   $90.00",
                "sum                 $90.00",
            ],
        )
        self.assertIn("Paddle 9, Zoe", lines)
        self.assertIn("account           name  won  sold    owes    gets  to pay  to get", lines)
        status, _, errors = self.ledger("settle", "--people", str(self.folder / "none"))
        self.assertEqual(status, 1)
        self.assertIn("none: No such file or directory.", errors)
