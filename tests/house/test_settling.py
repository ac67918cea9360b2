"""The settling time: from the arrival of the last Buyer needed to the opening of the bidding."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.house.support import HouseTestCase
from twisted_auction.house.early_lines import MAX_EARLY_LINES
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.terms import PUBLIC_SETTLE, Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.server.limits import Limits
from twisted_auction.testing import MemoryClient, MemoryHouse

TERMS = Terms(settle=PUBLIC_SETTLE)
ROLE = "Your role is: [Buyer]"
WAITING = "The Auctioneer is still waiting for other Buyer to connect..."
START = ["Bidding start!", "Please submit your bid:"]
RECEIVED = "Bid received. Please wait..."
FINISHED = "Auction finished!"
LOST = [FINISHED, "Unfortunately you did not win in the last round."]
NOT_STARTED = "Bidding has not started. Please wait..."
FORMAT = (
    "Format: english, from $100. Each bid is at least $1 above the highest. There are 60 seconds, "
)
ENGLISH = ["On sale: Sword", FORMAT + "and 10 more after a late bid."]
FLOOR = ["Bidding start!", "At any time: type an amount to bid."]


def won(price: int) -> list[str]:
    return [FINISHED, f"You won this item Sword! Your payment due is ${price}"]


class SettlingTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.house = MemoryHouse(TERMS)

    def gathered(self, request: str, buyers: int) -> tuple[MemoryClient, list[MemoryClient]]:
        """A Seller with its request in, and this many Buyers; the Seller has read so far."""
        seller = self.house.connect()
        seller.send_lines(request)
        visitors = [self.house.connect() for _ in range(buyers)]
        seller.read_lines()
        return seller, visitors

    def test_two_pieces(self) -> None:
        """The role and the opening come apart, for a program that reads once for each."""
        seller, (buyer,) = self.gathered("1 100 1 Sword", 1)
        self.assertEqual(buyer.read_lines(), [ROLE])
        self.house.advance(PUBLIC_SETTLE * 0.99)
        self.assertEqual(buyer.read_lines(), [])
        self.house.advance(PUBLIC_SETTLE * 0.02)
        self.assertEqual(buyer.read_lines(), START)
        buyer.send_lines("150")
        self.assertEqual(buyer.read_lines(), [RECEIVED, *won(150)])
        seller.disconnect()
        buyer.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_port_scan(self) -> None:
        """A client that connects and closes never completes the number of Buyers."""
        seller, (first,) = self.gathered("1 100 2 Sword", 1)
        self.assertEqual(first.read_lines(), [ROLE, WAITING])
        for _ in range(3):
            scan = self.house.connect()
            self.assertEqual(scan.read_lines(), [ROLE])
            self.house.advance(PUBLIC_SETTLE / 2)
            scan.disconnect()
            self.assertEqual(first.read_lines(), [WAITING])
            self.house.advance(1)
        self.assertIs(self.house.auctioneer.auction.phase, Phase.GATHERING)
        self.assertEqual((first.read_lines(), seller.read_lines()), ([], []))
        last = self.house.connect()
        self.house.advance(PUBLIC_SETTLE)
        self.assertEqual(first.read_lines(), START)
        self.assertEqual(last.read_lines(), [ROLE, *START])

    def test_the_next_one_settles_as_long(self) -> None:
        """The next Buyer settles for the full time."""
        _, (scan,) = self.gathered("1 100 1 Sword", 1)
        self.house.advance(PUBLIC_SETTLE * 0.8)
        scan.disconnect()
        buyer = self.house.connect()
        self.house.advance(PUBLIC_SETTLE * 0.9)
        self.assertEqual(buyer.read_lines(), [ROLE])
        self.house.advance(PUBLIC_SETTLE * 0.2)
        self.assertEqual(buyer.read_lines(), START)

    def test_another_buyer_leaves(self) -> None:
        """The last Buyer, told only its role so far, is told that one is missing."""
        _, (first, last) = self.gathered("1 100 2 Sword", 2)
        first.disconnect()
        self.house.advance(1)
        self.assertEqual(last.read_lines(), [ROLE, WAITING])
        self.house.connect()
        self.house.advance(PUBLIC_SETTLE)
        self.assertEqual(last.read_lines(), START)

    def test_newcomers(self) -> None:
        """Sealed bidding counts as open: a newcomer would be one Buyer too many."""
        _, (buyer,) = self.gathered("2 100 1 Sword", 1)
        for newcomer in (self.house.connect(), self.house.connect_to_lobby("JOIN main")):
            self.assertEqual(newcomer.read_lines(), ["Bidding on-going!"])
            self.assertTrue(newcomer.is_closed)
        self.house.advance(PUBLIC_SETTLE)
        self.assertEqual(buyer.read_lines(), [ROLE, *START])

    def test_newcomers_to_an_english_auction(self) -> None:
        seller, (first,) = self.gathered("3 100 1 Sword", 1)
        self.assertEqual(first.read_lines(), [ROLE, "You are Buyer 1.", *ENGLISH])
        second = self.house.connect()
        self.assertEqual(second.read_lines(), [ROLE, "You are Buyer 2.", *ENGLISH])
        first.disconnect()
        self.assertEqual(second.read_lines(), [])
        second.send_lines("100")
        self.assertEqual(second.read_lines(), [])
        self.house.advance(PUBLIC_SETTLE)
        asking = "Asking price: $100. Seconds left: 60."
        self.assertEqual(second.read_lines(), [*FLOOR, asking, "You hold the highest bid: $100."])
        self.assertEqual(seller.read_lines()[-1], asking)

    def test_ticket_holder(self) -> None:
        """Its client has sent a line, so it is no port scan."""
        _, (first,) = self.gathered("1 100 2 Sword", 1)
        last = self.house.connect_to_lobby("JOIN main")
        self.assertEqual(last.read_lines()[1:], [ROLE, *START])
        self.assertEqual(first.read_lines(), [ROLE, WAITING, *START])

    def test_ticket_holder_after_a_scan(self) -> None:
        _, (scan,) = self.gathered("1 100 1 Sword", 1)
        scan.disconnect()
        self.assertEqual(self.house.connect_to_lobby("JOIN main").read_lines()[1:], [ROLE, *START])

    def test_seller_leaves(self) -> None:
        seller, (buyer,) = self.gathered("1 100 1 Sword", 1)
        buyer.send_lines("150")
        seller.disconnect()
        self.assertEqual(buyer.read_lines(), [ROLE, "Auction cancelled! The Seller has left."])
        self.assertEqual(self.house.clock.getDelayedCalls()[1:], [])  # the timeout of closing
        self.assertEqual(len(self.house.auctioneer.early_lines.lines), 0)

    def test_without(self) -> None:
        """Programs that embed the Auctioneer have none, unless they ask for it."""
        self.house = MemoryHouse()
        _, (buyer,) = self.gathered("1 100 1 Sword", 1)
        self.assertEqual(buyer.read_lines(), [ROLE, *START])

    def test_watcher(self) -> None:
        watcher = self.house.connect_to_lobby("WATCH main")
        self.gathered("1 100 1 Sword", 1)
        self.assertEqual(watcher.read_lines()[-2:], ["Buyers: 0 of 1.", "Buyers: 1 of 1."])
        self.house.advance(PUBLIC_SETTLE)
        self.assertEqual(watcher.read_lines(), ["Bidding start!", "Bids: 0 of 1."])

    def test_coming_to_watch(self) -> None:
        self.gathered("1 100 1 Sword", 1)
        watcher = self.house.connect_to_lobby("WATCH main")
        self.assertEqual(watcher.read_lines()[-1], "Buyers: 1 of 1.")

    def test_orders(self) -> None:
        _, (buyer,) = self.gathered("1 100 1 Sword", 1)
        self.house.auctioneer.orders.give(Cancel(), reason="There is a fire.")
        self.assertEqual(buyer.read_lines(), [ROLE, "Auction cancelled! There is a fire."])

    def test_stop(self) -> None:
        _, (buyer,) = self.gathered("1 100 1 Sword", 1)
        buyer.send_lines("150")
        self.house.rooms.close()
        self.assertEqual(
            buyer.read_lines()[1:], ["The Auctioneer is closing. This auction has no result."]
        )
        self.assertEqual(len(self.house.auctioneer.early_lines.lines), 0)


class EarlyTests(SynchronousTestCase):
    """Lines of the settling time are handled at the opening."""

    def setUp(self) -> None:
        self.house = MemoryHouse(TERMS)

    def settling(self, buyers: int) -> tuple[MemoryClient, list[MemoryClient]]:
        seller, visitors = self.house.open_auction(f"1 100 {buyers} Sword", buyers)
        return seller, visitors

    def test_in_order(self) -> None:
        """The earlier of equal bids wins, though the later one is of an earlier Buyer."""
        _, (first, second) = self.settling(2)
        second.send_lines("no bid", "150")
        first.send_lines("150")
        self.assertEqual((first.read_lines(), second.read_lines()), ([], []))
        self.house.advance(PUBLIC_SETTLE)
        invalid = "Invalid bid. Please submit a positive integer!"
        self.assertEqual(second.read_lines(), [*START, invalid, START[1], RECEIVED, *won(150)])
        self.assertEqual(first.read_lines(), [*START, RECEIVED, *LOST])

    def test_ends_in_between(self) -> None:
        """A bid before the arrival of the last Buyer is refused."""
        _, (first,) = self.house.open_auction("1 100 2 Sword", 1)
        first.send_lines("150")
        self.assertEqual(first.read_lines(), [NOT_STARTED])
        last = self.house.connect()
        last.send_lines("120")
        self.house.advance(PUBLIC_SETTLE)
        self.assertEqual(last.read_lines(), [ROLE, *START, RECEIVED])
        self.assertEqual(first.read_lines(), START)

    def test_no_opening(self) -> None:
        _, (first, last) = self.settling(2)
        first.send_lines("150", "160")
        last.disconnect()
        self.assertEqual(first.read_lines(), [WAITING, NOT_STARTED, NOT_STARTED])

    def test_gone(self) -> None:
        """A Buyer's early lines are forgotten with its seat."""
        _, (first, last) = self.settling(2)
        last.send_lines("150")
        last.disconnect()
        self.assertEqual(len(self.house.auctioneer.early_lines.lines), 0)
        self.house.connect()
        self.house.advance(PUBLIC_SETTLE)
        self.assertEqual(first.read_lines(), [WAITING, *START])

    def test_bounded(self) -> None:
        self.house = MemoryHouse(TERMS, limits=Limits(line_rate=0))
        _, (buyer,) = self.settling(1)
        buyer.send_lines(*["no bid"] * (MAX_EARLY_LINES + 3))
        self.assertEqual(len(self.house.auctioneer.early_lines.lines), MAX_EARLY_LINES)
        self.assertEqual(buyer.read_lines(), [NOT_STARTED] * 3)
        self.house.advance(PUBLIC_SETTLE)
        self.assertEqual(len(buyer.read_lines()), 2 + 2 * MAX_EARLY_LINES)

    def test_seller(self) -> None:
        """A Seller's line is answered at once, before the opening."""
        seller, _ = self.settling(1)
        seller.send_lines("close")
        self.assertEqual(
            seller.read_lines(), ["Your auction request is already in. Please wait..."]
        )

    @given(st.lists(st.tuples(st.sampled_from("ABab"), st.integers(99, 101)), max_size=8))
    def test_as_if_it_had_been_open(self, said: list[tuple[str, int]]) -> None:
        """Early or not, the same words have the same result."""
        heard = []
        for waits in (0, PUBLIC_SETTLE):
            house = MemoryHouse(TERMS)
            seller, (first, second) = house.open_auction("2 100 2 Sword", 2)
            house.advance(waits)
            for who, amount in said:
                visitor = first if who in "Aa" else second
                visitor.send_lines(str(amount) if who.isupper() else "no bid")
            house.advance(PUBLIC_SETTLE)
            heard.append([visitor.read_lines() for visitor in (seller, first, second)])
        self.assertEqual(heard[0], heard[1])


class SaleTests(SynchronousTestCase):
    """In a sale, the pause before a lot counts; settling matters if the pause is shorter."""

    CATALOGUE = b"1 100 1 Sword\n1 50 1 Shield"

    def test_longer_pause(self) -> None:
        house = MemoryHouse(Terms(lot_pause=5, settle=PUBLIC_SETTLE), catalogue=self.CATALOGUE)
        buyer = house.connect()
        self.assertEqual(buyer.read_lines()[-1], "Bidding opens in 5 seconds.")
        buyer.send_lines("100")
        self.assertEqual(buyer.read_lines(), [NOT_STARTED])
        other = house.connect()
        house.advance(5)
        self.assertEqual(buyer.read_lines(), START)
        self.assertEqual(other.read_lines()[-2:], START)

    def test_no_pause(self) -> None:
        house = MemoryHouse(Terms(lot_pause=0, settle=PUBLIC_SETTLE), catalogue=self.CATALOGUE)
        scan = house.connect()
        scan.disconnect()
        house.advance(1)
        self.assertIs(house.auctioneer.auction.phase, Phase.GATHERING)
        buyer = house.connect()
        house.advance(PUBLIC_SETTLE * 0.9)
        self.assertIs(house.auctioneer.auction.phase, Phase.GATHERING)
        house.advance(PUBLIC_SETTLE * 0.2)
        buyer.send_lines("100")
        self.assertIn("You won this item Sword! Your payment due is $100", buyer.read_lines())
        house.advance(0)  # the Buyers present have settled
        self.assertEqual(buyer.read_lines()[-2:], START)

    def test_after_the_pause(self) -> None:
        house = MemoryHouse(Terms(lot_pause=5, settle=PUBLIC_SETTLE), catalogue=b"1 100 2 Sword")
        first = house.connect()
        house.advance(10)
        last = house.connect()
        self.assertIs(house.auctioneer.auction.phase, Phase.GATHERING)
        last.disconnect()
        house.advance(1)
        self.assertIs(house.auctioneer.auction.phase, Phase.GATHERING)
        house.connect()
        house.advance(PUBLIC_SETTLE)
        self.assertEqual(first.read_lines()[-2:], START)


class LedgerTests(HouseTestCase):
    """The ledger has the instant of the opening, and a restart keeps it."""

    def test_rows(self) -> None:
        house = self.house(TERMS)
        _, (buyer,) = house.open_auction("1 100 1 Sword", 1)
        house.advance(PUBLIC_SETTLE)
        buyer.send_lines("150")
        house.advance()
        rows = self.rows()
        self.assertEqual(
            [row.kind for row in rows],
            ["Arrived", "RequestAccepted", "Arrived", "BiddingOpened", "BidTaken", "Sold"],
        )
        arrival, opening = rows[2:4]
        self.assertIn(f'"deadline":{arrival.at + 50_000_000}', arrival.body)
        self.assertEqual(opening.at, arrival.at + 50_000_000)
        self.verify()

    def test_scan(self) -> None:
        house = self.house(TERMS)
        house.open_auction("1 100 1 Sword", 1)[1][0].disconnect()
        house.advance(1)
        self.assertEqual(self.kinds(), ["Arrived", "RequestAccepted", "Arrived", "Left"])
        self.verify()

    def test_restart(self) -> None:
        """A Buyer without a ticket has left: nothing opens until another Buyer comes."""
        house = self.house(TERMS)
        seller = house.connect_to_lobby("JOIN main")
        seller.send_lines("1 100 1 Sword")
        house.connect().send_lines("150")
        house.advance()
        house = self.crash(house, 10)
        seller = house.connect_to_lobby("RESUME ticket-1")
        house.advance(1)
        self.assertIs(house.auctioneer.auction.phase, Phase.GATHERING)
        buyer = house.connect()
        house.advance(PUBLIC_SETTLE)
        buyer.send_lines("120")
        house.advance()
        self.assertEqual(buyer.read_lines(), [ROLE, *START, RECEIVED, *won(120)])
        self.verify()

    def test_restart_with_buyers_enough(self) -> None:
        """If a settled Buyer left and another one is present, the rest of the time passes."""
        house = self.house(TERMS)
        house.connect_to_lobby("JOIN main").send_lines("3 100 1 Sword")
        house.connect()
        buyer = house.connect_to_lobby("JOIN main")
        house.advance()
        self.assertEqual(buyer.read_lines()[1:], [ROLE, "You are Buyer 2.", *ENGLISH])
        house = self.crash(house, 10)
        buyer = house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(buyer.read_lines(), [ROLE, "You are Buyer 2.", *ENGLISH])
        house.advance(PUBLIC_SETTLE)
        self.assertEqual(buyer.read_lines()[:2], FLOOR)
        self.verify()
