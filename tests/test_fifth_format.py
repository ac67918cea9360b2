"""A format that the package does not have: everything but the class itself is there already."""

from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay, Candle
from tests.persons import Typist, Visit
from twisted_auction.cli.sell import Sell
from twisted_auction.rules.formats import FORMATS, register_format
from twisted_auction.testing import MemoryHouse


class FifthFormatTests(SynchronousTestCase):
    def setUp(self) -> None:
        register_format(5, AllPay)
        self.addCleanup(FORMATS.pop, 5)

    def test_auction(self) -> None:
        """Server and client serve it as they are."""
        house = MemoryHouse()
        seller = Visit(house, Typist(b"6 100 2 Sword", b"5 100 2 Sword"))
        buyers = [Visit(house, Typist(b"150")), Visit(house, Typist(b"120"))]
        over = "Disconnecting from the Auctioneer server. Auction is over!"
        self.assertEqual(
            seller.screen,
            [
                "Connected to the Auctioneer server.",
                "Your role is: [Seller]",
                "Please submit auction request:",
                "Server: Invalid auction request! type_of_auction must be 1 (first-price), "
                "2 (second-price), 3 (english), 4 (dutch) or 5 (all-pay).",
                "Please submit auction request:",
                "Server: Auction start.",
                "Auction finished!",
                "Success! Your item Sword has been sold for $150",
                over,
            ],
        )
        self.assertEqual(
            buyers[0].screen[-4:],
            [
                "Server: Bid received. Please wait...",
                "Auction finished!",
                "You won this item Sword! Your payment due is $150",
                over,
            ],
        )
        self.assertEqual(
            buyers[1].screen[-5:],
            [
                "Server: Bid received. Please wait...",
                "Auction finished!",
                "Your payment due is $120",
                "Unfortunately you did not win in the last round.",
                over,
            ],
        )
        self.assertEqual(
            house.console[-1], ">> Item sold! The highest bid is $150. The actual payment is $150"
        )

    def test_catalogue(self) -> None:
        """A sale announces it in its own words."""
        house = MemoryHouse(catalogue=b"all-pay 100 1 Sword")
        buyer = Visit(house, Typist(b"150"))
        self.assertIn(
            "Format: all-pay, from $100. One sealed bid each; the highest wins, and everyone pays "
            "what they bid.",
            buyer.screen,
        )

    def test_open(self) -> None:
        """An open format is at home everywhere, too."""
        register_format(6, Candle)
        self.addCleanup(FORMATS.pop, 6)
        house = MemoryHouse()
        seller = Visit(house, Typist(b"candle:duration=30 100 1 Sword"))
        buyer = Visit(house, Typist(b"what?", b"100"))
        house.advance(31)
        self.assertEqual(
            buyer.screen[3:9],
            [
                "On sale: Sword",
                "Format: candle, from $100. The last to call before the candle goes out buys.",
                "The bidding has started!",
                "At any time: call an amount while the candle burns.",
                "Asking price: $100. Seconds left: 30.",
                "Server: Not understood.",
            ],
        )
        self.assertIn("You won this item Sword! Your payment due is $100", buyer.screen)
        self.assertIn("Success! Your item Sword has been sold for $100", seller.screen)

    def test_command(self) -> None:
        options = Sell()
        options.parseOptions(["--format", "all-pay", "--lowest", "100", "Sword"])
        self.assertEqual(options["request"], "all-pay 100 1 Sword")
