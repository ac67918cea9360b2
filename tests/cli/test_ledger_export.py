"""``auction ledger export`` with ledgers of whole houses."""

import csv
import json
import sys
from collections.abc import Iterator
from io import StringIO

from tests.cli.support import LedgerTestCase
from twisted_auction.cli import ledger_export
from twisted_auction.ledger.row import Row
from twisted_auction.ledger.sqlite_view import open_view
from twisted_auction.rules.commands import Cancel

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
