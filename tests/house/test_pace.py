"""How fast a Buyer may raise."""

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.house.pace import Pace
from twisted_auction.ledger.history import verify_view
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.commands import Close
from twisted_auction.rules.refusals import BidTooSoon
from twisted_auction.rules.terms import Terms
from twisted_auction.testing import MemoryHouse

TOO_SOON = "Too many bids! Bid again in 1 second."


class PaceTests(SynchronousTestCase):
    def taken(self, pace: Pace, tries: int, when: float, who: int = 1) -> int:
        """How many of so many raises at one instant are counted."""
        for number in range(tries):
            try:
                pace.count(who, when)
            except BidTooSoon:
                return number
        return tries

    def test_ten_at_once(self) -> None:
        """Further raises are limited by the rate; a pause fills the bucket, and no more."""
        pace = Pace(2)
        taken = [self.taken(pace, 20, 1e6 + when) for when in (0, 0.4, 0.5, 1.5, 100, 100)]
        self.assertEqual(taken, [10, 0, 1, 2, 10, 0])
        self.assertEqual(self.taken(pace, 20, 1e6, who=2), 10)
        pace.clear()
        self.assertEqual(self.taken(pace, 20, 1e6), 10)

    def test_how_long(self) -> None:
        pace = Pace(1)
        for _ in range(10):
            pace.count(1, 1e6)
        for when, seconds in [(0, 1), (0.999, 1)]:
            with self.assertRaises(BidTooSoon) as caught:
                pace.count(1, 1e6 + when)
            self.assertEqual(caught.exception.seconds, seconds)

    def test_no_limit(self) -> None:
        self.assertEqual(self.taken(Pace(0), 1000, 1e6), 1000)


class RaiseTests(SynchronousTestCase):
    def test_one_buyer(self) -> None:
        """It cannot fill the ledger by reconnecting, and other Buyers are not slowed."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = Path(folder.name, "auction.sqlite3")
        house = MemoryHouse(ledger=path)
        house.connect_to_lobby("JOIN art", "3:duration=500 1 1 Sword")
        amounts = iter(range(1, 1000))
        buyer = house.connect_to_lobby("JOIN art")
        for _ in range(5):
            house.advance(0.1)
            buyer.send_lines(*[str(next(amounts)) for _ in range(15)])
            buyer.disconnect()
            buyer = house.connect_to_lobby("RESUME ticket-2")
        house.advance(0.5)
        rival = house.connect_to_lobby("JOIN art")
        rival.read_lines()
        rival.send_lines("500")
        house.advance()
        self.assertEqual(rival.read_lines()[0], "You hold the highest bid: $500.")
        with open_view(path) as view:
            kinds = [row.kind for row in view.rows()]
        self.assertEqual(kinds.count("Raised"), 10 + 1)
        house.close()
        with open_view(path) as view:
            verify_view(view)

    def test_sentence(self) -> None:
        """The Buyer is told when it may bid again, and a refused bid changes nothing."""
        house = MemoryHouse()
        _, (buyer,) = house.open_auction("3 1 1 Sword", 1)
        buyer.send_lines(*[str(amount) for amount in range(1, 12)])
        holds = [line for line in buyer.read_lines() if line.startswith(("You", "Too"))]
        self.assertEqual(holds[-2:], ["You hold the highest bid: $10.", TOO_SOON])
        house.advance(0.5)
        buyer.send_lines("11")
        self.assertIn("You hold the highest bid: $11.", buyer.read_lines())

    def test_a_bid_to_be_repeated(self) -> None:
        """After a confirmation that came too soon, one more is enough."""
        house = MemoryHouse()
        _, (buyer,) = house.open_auction("3:jump=2 1 1 Sword", 1)
        buyer.send_lines(*[str(amount) for amount in range(1, 11)], "500", "500")
        self.assertEqual(
            buyer.read_lines()[-2:], ["Please repeat your bid to confirm: $500", TOO_SOON]
        )
        house.advance(1)
        buyer.send_lines("500")
        self.assertIn("You hold the highest bid: $500.", buyer.read_lines())

    def test_no_limit(self) -> None:
        house = MemoryHouse(Terms(raise_rate=0))
        _, (buyer,) = house.open_auction("3 1 1 Sword", 1)
        buyer.send_lines(*[str(amount) for amount in range(1, 21)])
        self.assertNotIn(TOO_SOON, buyer.read_lines())

    def test_each_lot(self) -> None:
        house = MemoryHouse(catalogue=b"3 1 1 Sword\n3 1 1 Shield")
        buyer = house.connect()
        for _ in range(2):
            house.advance(5)
            buyer.send_lines(*[str(amount) for amount in range(1, 11)])
            self.assertNotIn(TOO_SOON, buyer.read_lines())
            house.auctioneer.orders.give(Close())
