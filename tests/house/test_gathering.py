"""A gathering that does not fill in time."""

from twisted.trial.unittest import SynchronousTestCase

from tests.support import LedgerFolderTestCase
from twisted_auction.ledger.history import verify_view
from twisted_auction.ledger.storage import open_view
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.testing import MemoryHouse

TOO_FEW = "Auction cancelled! Not enough Buyers came within 600 seconds."
SELLER = ["Your role is: [Seller]", "Please submit auction request:"]


class GatheringTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse(Terms(gathering_timeout=600, settle=0.05))

    def test_too_few(self) -> None:
        """All clients are told why, and the room is free for the next Seller."""
        seller, (buyer,) = self.house.open_auction("2 100 2 Sword", 1)
        self.house.advance(599.9)
        self.assertEqual((seller.read_lines(), buyer.read_lines()), ([], []))
        self.house.advance(0.1)
        for visitor in (seller, buyer):
            self.assertEqual(visitor.read_lines(), [TOO_FEW])
            self.assertTrue(visitor.is_closed)
            visitor.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.assertEqual(self.house.connect().read_lines(), SELLER)

    def test_one_second(self) -> None:
        self.house = MemoryHouse(Terms(gathering_timeout=1))
        seller, _ = self.house.open_auction("2 100 2 Sword", 1)
        self.house.advance(1)
        self.assertEqual(
            seller.read_lines(), ["Auction cancelled! Not enough Buyers came within 1 second."]
        )

    def test_enough(self) -> None:
        """Bidding has its own time, independent of the time of the gathering."""
        for request, asked in [
            ("2 100 2 Sword", "Please submit your bid:"),
            ("3:duration=3600 100 2 Sword", "Asking price: $100. Seconds left: 3600."),
        ]:
            self.setUp()
            _, buyers = self.house.open_auction(request, 1)
            self.house.advance(599)
            buyers.append(self.house.connect())
            self.house.advance(1.5)
            self.assertIn(asked, buyers[0].read_lines())
            self.assertIs(self.house.auctioneer.auction.phase, Phase.BIDDING)

    def test_the_last_one_does_not_stay(self) -> None:
        """A connection that ends in the settling time does not begin the gathering anew."""
        seller, (buyer,) = self.house.open_auction("2 100 2 Sword", 1)
        self.house.advance(599)
        for _ in range(3):
            scan = self.house.connect()
            self.house.advance(0.01)
            scan.disconnect()
        self.house.advance(0.9)
        self.assertNotIn(TOO_FEW, buyer.read_lines())
        self.house.advance(0.1)
        self.assertEqual((seller.read_lines(), buyer.read_lines()), ([TOO_FEW], [TOO_FEW]))

    def test_the_last_one_leaves_too_late(self) -> None:
        """All Buyers came in time; if one leaves before the opening, the time is up."""
        seller, _ = self.house.open_auction("2 100 2 Sword", 1)
        self.house.advance(599.97)
        late = self.house.connect()
        self.house.advance(0.04)
        self.assertEqual(seller.read_lines(), [])
        late.disconnect()
        self.house.advance(0)
        self.assertEqual(seller.read_lines(), [TOO_FEW])

    def test_from_the_lobby(self) -> None:
        self.house.connect_to_lobby("JOIN art", "2 100 2 Sword")
        buyer = self.house.connect_to_lobby("JOIN art")
        self.house.advance(300)
        buyer.disconnect()
        self.assertEqual(
            self.house.rooms["art"].auction.seconds_left(self.house.clock.seconds()), 300
        )
        self.house.advance(60)
        buyer = self.house.connect_to_lobby("JOIN art")
        self.house.advance(240)
        self.assertEqual(buyer.read_lines()[-1], TOO_FEW)
        self.assertEqual(self.house.connect_to_lobby("RESUME ticket-3").read_lines(), [TOO_FEW])

    def test_no_limit(self) -> None:
        self.house = MemoryHouse()
        seller, _ = self.house.open_auction("2 100 2 Sword", 1)
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.house.advance(1e6)
        self.assertEqual(seller.read_lines(), [])

    def test_a_sale(self) -> None:
        """A lot waits for its Buyers without a timeout."""
        self.house = MemoryHouse(Terms(gathering_timeout=600), catalogue=b"2 100 2 Sword")
        first = self.house.connect()
        self.house.advance(10_000)
        self.house.connect()
        self.house.advance(1)
        self.assertEqual(first.read_lines()[-1], "Please submit your bid:")


class RestartTests(LedgerFolderTestCase):
    """The gathering's clock, too, stands still without a server."""

    def setUp(self) -> None:
        super().setUp()
        self.addCleanup(self.verify)
        terms = Terms(gathering_timeout=600, settle=0.05, resume_grace=10_000)
        self.house = MemoryHouse(terms, ledger=self.path)
        self.house.connect_to_lobby("JOIN main", "2 100 2 Sword")
        self.house.connect_to_lobby("JOIN main")
        self.house.advance(200)

    def verify(self) -> None:
        """The ledger verifies under any terms of its house."""
        self.house.advance()
        self.house.rooms.close_ledger()
        with open_view(self.path) as view:
            verify_view(view)

    def restarts(self) -> None:
        self.house.rooms.close()
        self.house = self.house.restart(after=5000)

    def left(self) -> int:
        return self.house.auctioneer.auction.seconds_left(self.house.clock.seconds())

    def test_while_buyers_are_missing(self) -> None:
        before = self.left()
        self.restarts()
        after = self.left()
        self.assertGreaterEqual(after, before)
        self.house.advance(after)
        self.assertEqual(self.house.connect_to_lobby("RESUME ticket-2").read_lines(), [TOO_FEW])

    def test_while_it_settles(self) -> None:
        """The last Buyer leaves after the restart; the gathering keeps its remaining time."""
        self.house.connect()
        before = self.house.auctioneer.auction.gathered_by
        assert before is not None
        left = before - self.house.clock.seconds()
        self.restarts()
        self.assertIs(self.house.auctioneer.auction.phase, Phase.GATHERING)
        self.assertEqual(self.left(), round(left))
        self.house.advance(left)
        self.assertEqual(self.house.connect_to_lobby("RESUME ticket-2").read_lines(), [TOO_FEW])
