import gc
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.support import RecordingConnection
from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.seats import Seat
from twisted_auction.rules.commands import Cancel
from twisted_auction.rules.events import Event
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase
from twisted_auction.server.factory import AuctionFactory
from twisted_auction.testing import MemoryClient, MemoryHouse
from twisted_auction.wire.letter import Letter

SELLER = ["Your role is: [Seller]", "Please submit auction request:"]
WAITING = [
    "Your role is: [Buyer]",
    "The Auctioneer is still waiting for other Buyer to connect...",
]
START = ["Bidding start!", "Please submit your bid:"]
RECEIVED = ["Bid received. Please wait..."]
LOST = ["Auction finished!", "Unfortunately you did not win in the last round."]
CANCELLED = ["Auction cancelled! The Seller has left."]


def sold(price: int) -> list[str]:
    return ["Auction finished!", f"Success! Your item Sword has been sold for ${price}"]


def won(price: int) -> list[str]:
    return ["Auction finished!", f"You won this item Sword! Your payment due is ${price}"]


class TellSellerTests(SynchronousTestCase):
    """A house that tells the bids with the result to the Seller alone."""

    def play(
        self, request: str, is_told: bool
    ) -> tuple[MemoryClient, list[MemoryClient], MemoryClient]:
        """Three Buyers bid; before the last bid, no other client is told of any."""
        house = MemoryHouse(Terms(tell_seller_bids=is_told))
        watcher = house.connect_to_lobby("WATCH main")
        seller, buyers = house.open_auction(request, 3)
        for place, amount in [(0, "150"), (2, "180")]:
            buyers[place].send_lines(amount)
        self.assertEqual(seller.read_lines(), [])
        self.assertNotIn("80", "".join(watcher.read_lines()))
        buyers[1].send_lines("120")
        return seller, buyers, watcher

    def test_sold(self) -> None:
        bids = ["Buyer 1 bid $150.", "Buyer 3 bid $180.", "Buyer 2 bid $120."]
        for is_told in (False, True):
            seller, buyers, watcher = self.play("2 100 3 Sword", is_told)
            (finished, result) = sold(150)
            self.assertEqual(seller.read_lines(), [finished, *(bids if is_told else []), result])
            self.assertEqual(buyers[0].read_lines(), [*RECEIVED, *LOST])
            self.assertEqual(buyers[1].read_lines(), [*RECEIVED, *LOST])
            self.assertEqual(buyers[2].read_lines(), [*RECEIVED, *won(150)])
            self.assertEqual(watcher.read_lines(), ["Bids: 3 of 3.", "Auction finished!"])

    def test_not_sold(self) -> None:
        seller, buyers, _ = self.play("1 900 3 Sword", is_told=True)
        self.assertEqual(
            seller.read_lines(),
            [
                "Auction finished!",
                *("Buyer 1 bid $150.", "Buyer 3 bid $180.", "Buyer 2 bid $120."),
                "Unfortunately your item Sword was not sold in the auction.",
            ],
        )
        for buyer in buyers:
            self.assertEqual(buyer.read_lines(), [*RECEIVED, *LOST])

    def test_no_result(self) -> None:
        """A cancelled auction has none, and its bids stay secret."""
        house = MemoryHouse(Terms(tell_seller_bids=True))
        seller, buyers = house.open_auction("1 100 2 Sword", 2)
        buyers[0].send_lines("150")
        house.auctioneer.orders.give(Cancel(), reason="There is a fire.")
        self.assertEqual(seller.read_lines(), ["Auction cancelled! There is a fire."])

    def test_back_after_the_result(self) -> None:
        """A returning Seller is told them, too; a Buyer is not."""
        house = MemoryHouse(Terms(tell_seller_bids=True))
        seller = house.connect_to_lobby("JOIN main")
        seller.send_lines("1 100 1 Sword")
        buyer = house.connect_to_lobby("JOIN main")
        seller.disconnect()
        buyer.send_lines("150")
        again = house.connect_to_lobby("RESUME ticket-1")
        self.assertEqual(
            again.read_lines(), ["Auction finished!", "Buyer 1 bid $150.", sold(150)[1]]
        )
        again = house.connect_to_lobby("RESUME ticket-2")
        self.assertEqual(again.read_lines(), won(150))


class AuctioneerTests(SynchronousTestCase):
    """Whole talks, as every participant and the operator read them."""

    def setUp(self) -> None:
        self.house = MemoryHouse()

    def test_failing_watch(self) -> None:
        """A program that watches the room, and fails each time, disturbs no client."""

        def watch(events: Sequence[Event]) -> None:
            raise RuntimeError(type(events[0]).__name__)

        factory = AuctionFactory(Auctioneer(Clock(), watch=watch))
        seller = MemoryClient(factory, IPv4Address("TCP", "127.0.0.1", 50001))
        seller.send_lines("2 100 1 Sword")
        buyer = MemoryClient(factory, IPv4Address("TCP", "127.0.0.1", 50002))
        buyer.send_lines("150")
        self.assertEqual(
            seller.read_lines(), [*SELLER, "Auction request received: 2 100 1 Sword", *sold(100)]
        )
        self.assertEqual(buyer.read_lines(), [WAITING[0], *START, *RECEIVED, *won(100)])
        self.assertTrue(buyer.is_closed)
        self.assertEqual(
            [str(failure.value) for failure in self.flushLoggedErrors(RuntimeError)],
            ["Arrived", "RequestAccepted", "Arrived", "BidTaken"],
        )

    def test_second_price(self) -> None:
        seller = self.house.connect()
        self.assertEqual(self.house.auctioneer.status, 0)
        seller.send_lines("some wrong input")
        seller.send_lines("2 100 3 Sword")
        self.assertEqual(self.house.auctioneer.status, 1)
        buyers = [self.house.connect() for _ in range(3)]
        buyers[0].send_lines("150")
        buyers[1].send_lines("some wrong bid", "120")
        buyers[2].send_lines("180")
        self.assertEqual(
            seller.read_lines(),
            [
                *SELLER,
                "Invalid auction request!",
                "Please submit auction request:",
                "Auction request received: 2 100 3 Sword",
                *sold(150),
            ],
        )
        self.assertEqual(buyers[0].read_lines(), [*WAITING, *START, *RECEIVED, *LOST])
        self.assertEqual(
            buyers[1].read_lines(),
            [
                *WAITING,
                *START,
                "Invalid bid. Please submit a positive integer!",
                "Please submit your bid:",
                *RECEIVED,
                *LOST,
            ],
        )
        self.assertEqual(
            buyers[2].read_lines(), ["Your role is: [Buyer]", *START, *RECEIVED, *won(150)]
        )
        self.assertTrue(all(visitor.is_closed for visitor in (seller, *buyers)))
        self.assertEqual(
            self.house.console,
            [
                "Seller is connected from 127.0.0.1:50001",
                ">> New Seller Thread spawned",
                "Auction request received. Now waiting for Buyer.",
                "Buyer 1 is connected from 127.0.0.1:50002",
                "Buyer 2 is connected from 127.0.0.1:50003",
                "Buyer 3 is connected from 127.0.0.1:50004",
                "Requested number of bidders arrived. Let's start bidding!",
                ">> New Bidding Thread spawned",
                ">> Buyer 1 bid $150",
                ">> Buyer 2 bid $120",
                ">> Buyer 3 bid $180",
                ">> Item sold! The highest bid is $180. The actual payment is $150",
            ],
        )

    def test_one_round_after_another(self) -> None:
        """Each starts clean, in any format, while connections of the last one still close."""
        for kind, price in [(1, 180), (2, 150), (1, 180), (2, 150)]:
            self.assertEqual(self.house.auctioneer.status, 0)
            seller, buyers = self.house.open_auction(f"{kind} 100 2 Sword", 2)
            buyers[0].send_lines("150")
            self.assertEqual(buyers[0].read_lines(), RECEIVED)
            buyers[1].send_lines("180")
            self.assertEqual(seller.read_lines(), sold(price))
            self.assertEqual(buyers[0].read_lines(), LOST)
            self.assertEqual(buyers[1].read_lines(), [*RECEIVED, *won(price)])

    def test_late_words_from_the_last_round(self) -> None:
        """A seat of the last auction is none in the next, though the numbers are the same."""
        old_seller, (old_buyer,) = self.house.open_auction("1 100 1 Sword", 1)
        old_buyer.send_lines("150")
        old_seller.read_lines()
        old_buyer.read_lines()
        seller = self.house.connect()
        old_seller.send_lines("1 1 1 Mine")
        old_seller.disconnect()
        seller.send_lines("1 100 1 Shield")
        buyer = self.house.connect()
        old_buyer.send_lines("1")
        old_buyer.disconnect()
        buyer.send_lines("120")
        self.assertEqual(
            seller.read_lines(),
            [
                *SELLER,
                "Auction request received: 1 100 1 Shield",
                "Auction finished!",
                "Success! Your item Shield has been sold for $120",
            ],
        )
        self.assertEqual((old_seller.read_lines(), old_buyer.read_lines()), ([], []))

    def test_not_sold(self) -> None:
        seller, buyers = self.house.open_auction("2 100 2 Sword", 2)
        buyers[0].send_lines("80")
        buyers[1].send_lines("70")
        self.assertEqual(
            seller.read_lines(),
            [
                "Auction finished!",
                "Unfortunately your item Sword was not sold in the auction.",
            ],
        )
        self.assertEqual(buyers[0].read_lines(), [*RECEIVED, *LOST])
        self.assertEqual(buyers[1].read_lines(), [*RECEIVED, *LOST])
        self.assertEqual(self.house.console[-1], ">> Item not sold! The highest bid is $80")

    def test_turned_away(self) -> None:
        seller = self.house.connect()
        early = self.house.connect()
        self.assertEqual(early.read_lines(), ["Server busy!"])
        self.assertTrue(early.is_closed)
        seller.send_lines("1 100 1 Sword")
        buyer = self.house.connect()
        late = self.house.connect()
        self.assertEqual(late.read_lines(), ["Bidding on-going!"])
        self.assertTrue(late.is_closed)
        for visitor in (early, late):  # their later lines and their disconnection change nothing
            visitor.send_lines("1 1 1 Mine")
            visitor.disconnect()
            self.assertEqual(visitor.read_lines(), [])
        buyer.send_lines("120")
        self.assertEqual(seller.read_lines()[-2:], sold(120))

    def test_seller_leaves_before_its_request(self) -> None:
        self.house.connect().disconnect()
        self.assertEqual(self.house.auctioneer.status, 0)
        self.assertEqual(self.house.connect().read_lines(), SELLER)

    def test_seller_leaves_while_buyers_come(self) -> None:
        seller, (buyer,) = self.house.open_auction("1 100 2 Sword", 1)
        seller.disconnect()
        self.assertEqual(buyer.read_lines(), CANCELLED)
        self.assertTrue(buyer.is_closed)
        self.assertEqual(self.house.auctioneer.status, 0)
        buyer.send_lines("150")
        buyer.disconnect()
        self.assertEqual(self.house.connect().read_lines(), SELLER)

    def test_seller_leaves_during_bidding(self) -> None:
        seller, buyers = self.house.open_auction("1 100 2 Sword", 2)
        seller.disconnect()
        buyers[0].send_lines("150")
        buyers[1].send_lines("120")
        self.assertEqual(buyers[0].read_lines(), [*RECEIVED, *won(150)])
        self.assertEqual(buyers[1].read_lines(), [*RECEIVED, *LOST])
        self.assertEqual(seller.read_lines(), [])
        self.assertEqual(
            self.house.console[-1],
            ">> Item sold! The highest bid is $150. The actual payment is $150",
        )

    def test_buyer_leaves_while_others_come(self) -> None:
        seller, (first, _) = self.house.open_auction("1 100 3 Sword", 2)
        first.disconnect()
        self.assertEqual(self.house.connect().read_lines(), WAITING)
        self.assertEqual(self.house.connect().read_lines(), ["Your role is: [Buyer]", *START])
        self.assertEqual(
            self.house.console[-3:],
            [
                "Buyer 4 is connected from 127.0.0.1:50005",
                "Requested number of bidders arrived. Let's start bidding!",
                ">> New Bidding Thread spawned",
            ],
        )
        self.assertEqual(seller.read_lines(), [])

    def test_buyer_leaves_without_bidding(self) -> None:
        seller, buyers = self.house.open_auction("2 100 2 Sword", 2)
        buyers[0].send_lines("150")
        buyers[1].disconnect()
        self.assertEqual(buyers[0].read_lines(), [*RECEIVED, *won(100)])
        self.assertEqual(seller.read_lines(), sold(100))

    def test_buyer_leaves_after_bidding(self) -> None:
        seller, buyers = self.house.open_auction("2 100 2 Sword", 2)
        buyers[0].send_lines("150")
        buyers[0].disconnect()
        buyers[1].send_lines("120")
        self.assertEqual(seller.read_lines(), sold(120))
        self.assertEqual(buyers[1].read_lines(), [*RECEIVED, *LOST])
        self.assertEqual(buyers[0].read_lines(), RECEIVED)

    def test_all_buyers_leave(self) -> None:
        seller, buyers = self.house.open_auction("2 100 2 Sword", 2)
        for buyer in buyers:
            buyer.disconnect()
        self.assertEqual(
            seller.read_lines(),
            [
                "Auction finished!",
                "Unfortunately your item Sword was not sold in the auction.",
            ],
        )
        self.assertEqual(self.house.console[-1], ">> Item not sold! There was no bid.")

    def test_out_of_turn(self) -> None:
        seller, (first,) = self.house.open_auction("1 100 2 Sword", 1)
        first.send_lines("150")
        self.assertEqual(first.read_lines(), ["Bidding has not started. Please wait..."])
        seller.send_lines("2 1 1 Other")
        self.assertEqual(
            seller.read_lines(), ["Your auction request is already in. Please wait..."]
        )
        self.house.connect()
        first.send_lines("150", "200")
        self.assertEqual(
            first.read_lines(), [*START, *RECEIVED, "Your bid is already in. Please wait..."]
        )
        seller.send_lines("500")
        self.assertEqual(
            seller.read_lines(), ["Your auction request is already in. Please wait..."]
        )

    def test_silent_seller(self) -> None:
        seller = self.house.connect()
        self.house.clock.advance(299)
        seller.send_lines("some wrong input")
        seller.read_lines()
        self.house.clock.advance(1)
        self.assertEqual(
            seller.read_lines(), ["Time is up! No valid auction request came within 300 seconds."]
        )
        self.assertTrue(seller.is_closed)
        self.assertEqual(self.house.connect().read_lines(), SELLER)

    def test_silent_buyers(self) -> None:
        seller, buyers = self.house.open_auction("2 100 3 Sword", 3)
        self.house.clock.advance(100)
        buyers[1].send_lines("150")
        self.house.clock.advance(200)
        time_up = "Time is up! No valid bid came within 300 seconds."
        self.assertEqual(buyers[0].read_lines(), [time_up])
        self.assertEqual(buyers[1].read_lines(), [*RECEIVED, *won(100)])
        self.assertEqual(buyers[2].read_lines(), [time_up])
        self.assertEqual(seller.read_lines(), sold(100))
        self.assertTrue(all(visitor.is_closed for visitor in (seller, *buyers)))

    def test_one_silent_buyer_is_let_go_at_once(self) -> None:
        """The one timer serves the request and the bids, each with its own length."""
        self.house = MemoryHouse(Terms(request_timeout=5, bid_timeout=60))
        seller, buyers = self.house.open_auction("1 100 1 Sword", 1)
        self.house.clock.advance(59)
        self.assertFalse(buyers[0].is_closed)
        self.house.clock.advance(1)
        self.assertEqual(
            buyers[0].read_lines(), ["Time is up! No valid bid came within 60 seconds."]
        )
        self.assertTrue(seller.is_closed)

    def test_each_timeout_has_its_own_length(self) -> None:
        self.house = MemoryHouse(Terms(request_timeout=5, bid_timeout=60))
        seller = self.house.connect()
        self.house.clock.advance(5)
        self.assertEqual(
            seller.read_lines(),
            [*SELLER, "Time is up! No valid auction request came within 5 seconds."],
        )

    def test_no_hurry(self) -> None:
        self.house = MemoryHouse(Terms(request_timeout=0, bid_timeout=0))
        seller, (buyer,) = self.house.open_auction("1 100 1 Sword", 1)
        self.assertEqual(self.house.clock.getDelayedCalls(), [])
        self.house.clock.advance(1e6)
        self.assertFalse(buyer.is_closed or seller.is_closed)

    def test_nothing_is_left_running(self) -> None:
        seller, buyers = self.house.open_auction("1 100 1 Sword", 1)
        buyers[0].send_lines("150")
        for visitor in (seller, *buyers):
            visitor.disconnect()
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    def test_close(self) -> None:
        """The house closes: every client is told and disconnected, and no later event is a
        departure."""
        seller, buyers = self.house.open_auction("1 100 1 Sword", 1)
        console = list(self.house.console)
        self.house.auctioneer.close()
        for visitor in (seller, *buyers):
            self.assertTrue(visitor.is_closed)
            self.assertEqual(
                visitor.read_lines(), ["The Auctioneer is closing. This auction has no result."]
            )
            visitor.disconnect()
            self.assertEqual(visitor.read_lines(), [])
        self.assertEqual(self.house.console, console)
        self.assertEqual(self.house.clock.getDelayedCalls(), [])

    @given(st.integers(1, 200), st.integers(1, 200), st.permutations([0, 1, 2]))
    def test_sealed(self, one: int, other: int, order: list[int]) -> None:
        """Two auctions that differ in one losing bid read the same to all the others."""

        def play(secret: int) -> list[list[str]]:
            house = MemoryHouse()
            seller, buyers = house.open_auction("1 100 3 Sword", 3)
            bids = [secret, 300, 250]
            for place in order:
                buyers[place].send_lines(str(bids[place]))
            return [visitor.read_lines() for visitor in (seller, *buyers)]

        self.assertEqual(play(one), play(other))


class AnsweringConnection(RecordingConnection):
    """A connection that sends a line when it is dismissed, as a broken one may."""

    def __init__(self, auctioneer: Auctioneer) -> None:
        super().__init__()
        self.auctioneer = auctioneer
        self.seat: Seat | None = None

    def dismiss(self, letter: Letter) -> None:
        super().dismiss(letter)
        if self.seat is not None:
            self.auctioneer.line_received(self.seat, b"1 1 1 Again")
            self.auctioneer.leave(self.seat)


class ReentryTests(SynchronousTestCase):
    def test_answers_while_being_dismissed(self) -> None:
        clock = Clock()
        auctioneer = Auctioneer(clock)
        people = [AnsweringConnection(auctioneer) for _ in range(3)]
        people[0].seat = auctioneer.arrive(people[0])
        assert people[0].seat is not None
        auctioneer.line_received(people[0].seat, b"1 100 2 Sword")
        for buyer in people[1:]:
            buyer.seat = auctioneer.arrive(buyer)
        for buyer, bid in zip(people[1:], [b"150", b"120"], strict=True):
            assert buyer.seat is not None
            auctioneer.line_received(buyer.seat, bid)
        self.assertEqual(
            [person.lines.decode().split("\r\n")[-2] for person in people],
            [
                "Success! Your item Sword has been sold for $150",
                "You won this item Sword! Your payment due is $150",
                "Unfortunately you did not win in the last round.",
            ],
        )
        self.assertEqual(auctioneer.status, 0)
        self.assertEqual(clock.getDelayedCalls(), [])


class MemoryTests(SynchronousTestCase):
    def test_forgotten_room(self) -> None:
        """Clients choose the names of rooms, so a forgotten room must not wait for the garbage
        collector."""
        clock = Clock()
        self.addCleanup(gc.enable)
        gc.collect()
        gc.disable()
        room = Auctioneer(clock, Terms(settle=1))
        line = b"1 100 1 Sword"
        seller, buyer = RecordingConnection(), RecordingConnection()
        seat = room.arrive(seller)
        assert seat is not None
        room.line_received(seat, line)
        bidder = room.arrive(buyer)
        assert bidder is not None
        room.line_received(bidder, b"150")  # kept until bidding opens
        clock.advance(1)
        self.assertTrue(seller.lines.endswith(b"has been sold for $150\r\n"))
        self.assertEqual(clock.getDelayedCalls(), [])
        self.assertTrue(room.is_idle)
        del room, seat, bidder, seller, buyer
        self.assertEqual(gc.collect(), 0)


class FaultyConnection(RecordingConnection):
    def takes_price_updates(self) -> bool:
        raise ZeroDivisionError


class ContainmentTests(SynchronousTestCase):
    def test_faulty_connection(self) -> None:
        """A fault of a connection is no fault of the format, and cancels no auction."""
        room = Auctioneer(Clock())
        seller = room.arrive(RecordingConnection())
        assert seller is not None
        room.line_received(seller, b"english 100 1 Sword")
        with self.assertRaises(ZeroDivisionError):
            room.arrive(FaultyConnection())
        self.assertIs(room.auction.phase, Phase.BIDDING)
