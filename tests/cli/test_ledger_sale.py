"""Lots with their own numbers and descriptions, moved, voided and offered again, in the commands
that read a ledger."""

import csv
import json

from tests.cli.support import LedgerTestCase
from twisted_auction.house.doors import Doors
from twisted_auction.rules.commands import Add, Again, Move, Skip, VoidSale
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

CATALOGUE = b"""\
lot,item,type,lowest_price,description,seller,picture
12,Hat,1,50,"Felt, size 58",,hat.jpg
12a,Cap,3:duration=9,20,,,
13,Bow,1,5,,,
"""


class SaleTests(LedgerTestCase):
    """A sale whose first lot is sold, voided, and sold again."""

    def setUp(self) -> None:
        super().setUp()
        house = MemoryHouse(Terms(), catalogue=CATALOGUE, ledger=self.path, doors=Doors("now"))
        give = house.auctioneer.orders.give
        first, second = house.connect(), house.connect()
        give(Move("13"), reason="The hat is late.")
        give(Skip("13"))
        house.advance(5)
        first.send_lines("70")
        second.send_lines("60")
        house.advance()
        give(VoidSale("12"), reason="It is bent.")
        give(Again("12"))
        give(Add(b"1 5 1 Scarf"))
        give(Skip())
        house.advance(5)
        first.send_lines("pass")
        second.send_lines("55")
        house.advance()
        self.close_house(house)

    def test_list(self) -> None:
        """Own numbers and descriptions. A lot that is offered again is one line."""
        self.assertEqual(
            self.output_of("list"),
            """\
auction  lot  item   format       bids  result     winner   payment  ended (open: began)   description
main/1    12  Hat    first-price     1  sold       Buyer 2      $55  2027-01-15 08:00:10Z  Felt, size 58
main/1   12a  Cap    english         0  cancelled                    2027-01-15 08:00:05Z
main/1     4  Scarf  first-price     0  open                         2027-01-15 08:00:10Z
""".splitlines(),  # noqa: E501
        )

    def test_settle_payment_of_a_voided_sale(self) -> None:
        """The Buyer of the voided sale gets back what it has paid."""
        paid = self.folder / "paid.txt"
        paid.write_text("main/1/1 70\n")
        lines = self.output_of("settle", "--paid", str(paid))
        self.assertEqual(
            lines[:3], ["Buyer 1 of main/1", "To get: $70.00. $70.00 paid before.", ""]
        )

    def test_show(self) -> None:
        lines = [line.partition("Z  ")[2] for line in self.output_of("show", "main/1")]
        hat = "1 50 1 Hat (first-price, lowest price $50, number of bids 1)"
        details = "catalogue number: 12; description: Felt, size 58; picture: hat.jpg"
        for line in [
            "A sale of 3 lots. It begins at 2027-01-15 08:00:00Z.",
            f"Lot 1 of 3: {hat}; {details}",
            "Order of operator, move: The hat is late.",
            "Lot 13 comes before lot 12a.",
            "Lot 13 is withdrawn.",
            "The sale of lot 12 to Buyer 1 is voided.",
            "Lot 12 will be offered again.",
            "Lot 4 is added: 1 5 1 Scarf (first-price, lowest price $5, number of bids 1); "
            "catalogue number: 4",
        ]:
            self.assertIn(line, lines)
        revealed = [
            line.partition("Z  ")[2] for line in self.output_of("show", "--reveal", "main/1")
        ]
        self.assertIn("The sale of lot 12 to Buyer 1 for $70 is voided.", revealed)

    def test_export(self) -> None:
        """The record of a voided sale has its lot, and not the one that is up."""
        rows = list(csv.DictReader(self.output_of("export")))
        facts = [
            (row["label"], row["kind"], row["buyer"], row["payment"], row["description"])
            for row in rows
        ]
        felt = "Felt, size 58"
        self.assertEqual(
            facts,
            [
                *[("12", "bid", "1", "", felt), ("12", "bid", "2", "", felt)],
                *[("12", "sold", "1", "70", felt), ("12", "sale voided", "1", "70", felt)],
                *[("12a", "cancelled", "", "", ""), ("12", "bid", "2", "", felt)],
                ("12", "sold", "2", "55", felt),
            ],
        )
        (voided,) = (
            json.loads(line) for line in self.output_of("export", "-f", "json") if "voided" in line
        )
        self.assertEqual((voided["lot"], voided["item"], voided["lowest_price"]), (1, "Hat", 50))

    def test_settle(self) -> None:
        """Only the second sale is owed."""
        lines = "\n".join(self.output_of("settle"))
        self.assertIn("55", lines)
        self.assertNotIn("70", lines)

    def test_verify(self) -> None:
        self.assertRegex(self.output_of("verify")[-1], "1 auction: everything holds")


class VoidedSaleTests(LedgerTestCase):
    def test_settle(self) -> None:
        """A sale that was voided is not billed, also if its lot is not offered again."""
        house = MemoryHouse(Terms(), catalogue=CATALOGUE, ledger=self.path, doors=Doors("now"))
        buyer = house.connect()
        house.advance(5)
        buyer.send_lines("70")
        house.advance()
        self.assertEqual(self.output_of("settle")[0], "Buyer 1 of main/1")
        house.auctioneer.orders.give(VoidSale("12"), reason="It is bent.")
        house.advance()
        lines = self.output_of("settle")
        self.close_house(house)
        self.assertEqual(lines[0], "The house")
        self.assertIn("main/1    12  Hat   sale voided", lines)
        self.assertIn("Buyers owe        $0.00", lines)
