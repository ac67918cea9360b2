"""``auction lab replay`` with ledgers of whole houses."""

from tests.cli.support import LedgerTestCase
from tests.formats import AllPay
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.formats import FORMATS

REPLAYED = """\
auction  lot  item           format        bids  brought  first-price  second-price  english    dutch
main/1        WolfPackSword  second-price     3     $150         $180          $150     $150     $180
main/2        日本 Sword     first-price      2
main/3        Shield         english          2    $1300      ≥ $1300          $120    $1300  ≥ $1300
main/4        Axe            dutch            1     $500         $500        ≥ $100   ≥ $100     $500
in all                                             $1950      ≥ $1980        ≥ $370  ≥ $1550  ≥ $1980
English: as if the price had stopped at the second highest bid. Dutch: as if it had started
at the highest bid or above, and fallen by a dollar at a time.
Left out: 1 cancelled, 1 not ended.
"""  # noqa: E501

SALE = """\
auction  lot  item  format        bids  brought  first-price  second-price  english  dutch
main/1     1  Hat   first-price      1     $150         $150          $100     $100   $150
main/1     2  Cap   second-price     1     $100         $160          $100     $100   $160
in all                                     $250         $310          $200     $200   $310
English: as if the price had stopped at the second highest bid. Dutch: as if it had started
at the highest bid or above, and fallen by a dollar at a time.
Left out: 1 cancelled, 1 not ended.
"""


class ReplayTests(LedgerTestCase):
    def test_every_format(self) -> None:
        house = self.open_house()
        self.sell_sword(house)
        _, buyers = house.open_auction("1 100 2 日本 Sword", 2)
        for buyer, amount in zip(buyers, ("90", "80"), strict=True):
            buyer.send_lines(amount)
        _, buyers = house.open_auction("english:duration=20 100 2 Shield", 2)
        buyers[0].send_lines("120")
        house.advance()
        buyers[1].send_lines("1300")
        house.advance(20)
        _, buyers = house.open_auction("dutch:start=500 100 1 Axe", 1)
        buyers[0].send_lines("accept")
        house.connect().disconnect()  # a Seller without a request
        house.open_auction("dutch 100 2 Bow", 1)[0].disconnect()  # cancelled
        house.open_auction("2 100 1 Pot", 1)
        self.close_house(house)
        replayed = (0, REPLAYED.splitlines(), "")
        self.assertEqual(self.auction("lab", "replay", str(self.path)), replayed)

    def test_unknown_format(self) -> None:
        """The result of its bids under other rules is unknown."""
        FORMATS[5] = AllPay
        house = self.open_house()
        _, buyers = house.open_auction("5 100 1 Hat", 1)
        buyers[0].send_lines("120")
        self.sell_sword(house)
        self.close_house(house)
        del FORMATS[5]
        status, lines, _ = self.auction("lab", "replay", str(self.path))
        self.assertEqual((status, lines[1][:6], lines[2][:6]), (0, "main/2", "in all"))
        self.assertEqual(
            lines[-1],
            "Left out as well: no format called 5 is known here (install the package that has it).",
        )

    def test_sale(self) -> None:
        """Each lot is an item of its own."""
        house = self.open_house(
            catalogue=b"1 100 1 Hat\n2 100 1 Cap\n3 100 1 Bow\n2 100 1 Top hat\n"
        )
        buyer = house.connect()
        for amount in ("150", "160"):
            house.advance(5)
            buyer.send_lines(amount)
            house.advance()
        house.auctioneer.orders.give(Cancel(), reason="It is broken.")
        self.close_house(house)
        self.assertEqual(self.auction("lab", "replay", str(self.path)), (0, SALE.splitlines(), ""))

    def test_stranger(self) -> None:
        """A room's name written by another program leaves the terminal alone."""
        house = self.open_house()
        self.sell_sword(house)
        self.close_house(house)
        for number in range(1, 11):
            self.forge(number, room="m\x1bain")
        _, lines, _ = self.auction("lab", "replay", str(self.path))
        self.assertIn("m\\x1bain/1  ", lines[1])

    def test_one_ledger(self) -> None:
        """It may be named like a file or as an option, once."""
        self.close_house(self.open_house())
        path = str(self.path)
        nothing = (0, ["No auction has a result yet."], "")
        self.assertEqual(self.auction("lab", "replay", "--ledger", path), nothing)
        status, _, told = self.auction("lab", "replay", "--ledger", path, path)
        self.assertEqual(status, 2)
        self.assertEqual(
            told, "auction lab replay: name one ledger. Try 'auction lab replay --help'.\n"
        )

    def test_nothing(self) -> None:
        self.close_house(self.open_house())
        self.assertEqual(
            self.auction("lab", "replay", str(self.path)),
            (0, ["No auction has a result yet."], ""),
        )

    def test_broken_ledger(self) -> None:
        """The right rows are printed, and then the error about the wrong one."""
        house = self.open_house()
        self.sell_sword(house)
        self.sell_sword(house)
        self.close_house(house)
        self.forge(20, kind="Nonsense")
        status, lines, told = self.auction("lab", "replay", str(self.path))
        self.assertEqual((status, len(lines)), (1, 5))
        self.assertRegex(told, r"\Aauction lab replay: row 20 of room main does not hold: .*\n\Z")

    def test_no_ledger(self) -> None:
        status, lines, told = self.auction("lab", "replay", "/missing")
        self.assertEqual((status, lines), (1, []))
        self.assertEqual(
            told,
            "auction lab replay: the file /missing cannot be opened: No such file or directory.\n",
        )
