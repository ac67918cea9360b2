"""The lines for Watchers."""

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

FINISHED = "Auction finished!"
WATCHER = "Your role is: [Watcher]"
SEALED = [
    "On sale: Sword",
    "Format: second-price, from $100. One sealed bid each; the highest wins and pays the second "
    "highest.",
]
ENGLISH = [
    "On sale: Sword",
    "Format: english, from $100. Each bid is at least $1 above the highest. There are 60 seconds, "
    "and 10 more after a late bid.",
]


class WatcherTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse()
        self.watcher = self.house.connect_to_lobby("WATCH art")
        self.assertEqual(self.watcher.read_lines(), [WATCHER, "Nothing is on sale."])

    def sees(self, *lines: str) -> None:
        self.assertEqual(self.watcher.read_lines(), list(lines))
        if not lines[-1].startswith((FINISHED, "Sold")):
            self.assertEqual(self.newcomer(), [WATCHER, *self.whole(lines)])

    def whole(self, lines: tuple[str, ...]) -> list[str]:
        """The lines for a new Watcher, after the others have received these."""
        start = ["Bidding start!"] if lines[-1].startswith(("Bids", "Asking", "Highest")) else []
        return [*self.item, *start, lines[-1]]

    def newcomer(self) -> list[str]:
        visitor = self.house.connect_to_lobby("WATCH art")
        seen = visitor.read_lines()
        visitor.disconnect()
        return seen

    def test_sealed_auction(self) -> None:
        """The numbers of Buyers and bids, and no amounts."""
        self.item = SEALED
        seller = self.house.connect_to_lobby("JOIN art")
        self.assertEqual(self.watcher.read_lines(), [])
        seller.send_lines("2 100 3 Sword")
        self.sees(*SEALED, "Buyers: 0 of 3.")
        buyers = [self.house.connect_to_lobby("JOIN art") for _ in range(2)]
        self.sees("Buyers: 1 of 3.", "Buyers: 2 of 3.")
        buyers[0].disconnect()
        self.house.advance(60)
        self.sees("Buyers: 1 of 3.")
        buyers = [buyers[1], *(self.house.connect_to_lobby("JOIN art") for _ in range(2))]
        self.sees("Buyers: 2 of 3.", "Buyers: 3 of 3.", "Bidding start!", "Bids: 0 of 3.")
        buyers[0].send_lines("150")
        self.sees("Bids: 1 of 3.")
        buyers[1].disconnect()
        self.house.advance(60)
        self.sees("Bids: 1 of 2.")
        buyers[2].send_lines("120")
        self.sees("Bids: 2 of 2.", FINISHED)
        self.assertEqual(self.newcomer(), [WATCHER, "Nothing is on sale."])

    def test_english_auction(self) -> None:
        self.item = ENGLISH
        seller = self.house.connect_to_lobby("JOIN art", "3 100 1 Sword")
        buyer = self.house.connect_to_lobby("JOIN art")
        asking = "Asking price: $100. Seconds left: 60."
        self.sees(*ENGLISH, "Buyers: 0 of 1.", "Buyers: 1 of 1.", "Bidding start!", asking)
        buyer.send_lines("150")
        self.house.advance(0.1)
        self.sees("Highest bid: $150 by Buyer 1. Asking price: $151. Seconds left: 60.")
        seller.send_lines("close")
        self.sees("The Seller has closed the bidding.", FINISHED, "Sold: Sword to Buyer 1 for $150")

    def test_dutch_auction(self) -> None:
        self.house.connect_to_lobby("JOIN art", "4:start=120:step=20:interval=2 100 1 Sword")
        self.house.connect_to_lobby("JOIN art")
        self.house.advance(5)
        self.assertEqual(
            self.watcher.read_lines()[2:],
            [
                "Buyers: 0 of 1.",
                "Buyers: 1 of 1.",
                "Bidding start!",
                "Asking price: $120. Seconds left: 2.",
                "Asking price: $100. Seconds left: 2.",
                FINISHED,
                "Not sold: Sword",
            ],
        )

    def test_sale(self) -> None:
        house = MemoryHouse(Terms(lot_pause=5), catalogue=b"3:duration=9 100 1 Sword\n1 9 1 Cup")
        watcher = house.connect_to_lobby("WATCH main")
        buyer = house.connect_to_lobby("JOIN main")
        house.advance(14)
        lot = [
            "Lot 2 of 2.",
            "On sale: Cup",
            "Format: first-price, from $9. One sealed bid each; the highest wins and pays what it "
            "bid.",
            "Buyers: 1 of 1.",
        ]
        self.assertEqual(watcher.read_lines()[-6:], [FINISHED, "Not sold: Sword", *lot])
        house.advance(5)
        buyer.send_lines("7")
        self.assertEqual(
            watcher.read_lines(),
            ["Bidding start!", "Bids: 0 of 1.", "Bids: 1 of 1.", FINISHED, "The sale is over."],
        )
        late = house.connect_to_lobby("WATCH main")
        self.assertEqual(late.read_lines(), [WATCHER, "The sale is over."])

    def test_sale_is_over_once(self) -> None:
        """Not again when the house closes, although its ledger records the stop then."""
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        ledger = Path(folder.name, "ledger.sqlite3")
        house = MemoryHouse(Terms(lot_pause=5), catalogue=b"1 9 1 Cup", ledger=ledger)
        watcher = house.connect_to_lobby("WATCH main")
        buyer = house.connect_to_lobby("JOIN main")
        house.advance(5)
        buyer.send_lines("7")
        house.advance()
        self.assertEqual(watcher.read_lines()[-2:], [FINISHED, "The sale is over."])
        house.close()
        self.assertEqual(watcher.read_lines(), ["The Auctioneer is closing."])

    def test_cancelled(self) -> None:
        self.house.connect_to_lobby("JOIN art").disconnect()
        seller = self.house.connect_to_lobby("JOIN art")
        self.assertEqual(seller.read_lines(), ["Server busy!"])
        self.house.advance(60)
        self.assertEqual(self.watcher.read_lines(), ["Auction cancelled! The Seller has left."])

    def test_slow(self) -> None:
        """A Watcher that reads late gets the newest state once, and no old ones."""
        self.watcher.pause_reading()
        self.house.connect_to_lobby("JOIN art", "3 100 1 Sword")
        buyer = self.house.connect_to_lobby("JOIN art")
        for amount in range(100, 120):
            buyer.send_lines(str(amount))
            self.house.advance(1)
        self.assertEqual(self.watcher.read_lines(), [])
        self.watcher.resume_reading()
        update = "Highest bid: $119 by Buyer 1. Asking price: $120. Seconds left: 40."
        self.assertEqual(self.watcher.read_lines(), [*ENGLISH, "Bidding start!", update])
        self.watcher.pause_reading()
        self.house.advance(60)
        self.watcher.resume_reading()
        self.assertEqual(self.watcher.read_lines(), ["Nothing is on sale."])
