from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.rules.oracle import settle
from twisted_auction.rules import events as ev
from twisted_auction.rules.auction import STANDARD_TERMS, TRANSITIONS, Auction, Phase, Terms
from twisted_auction.rules.events import SELLER, Arrive, Command, Event, Leave, Say, Wake
from twisted_auction.rules.refusals import (
    BidAlreadyIn,
    BiddingNotOpen,
    Busy,
    InvalidBid,
    InvalidRequest,
    Ongoing,
    Refusal,
    RequestAlreadyIn,
)
from twisted_auction.rules.request import parse_request

REQUEST = parse_request(b"2 100 2 Sword", max_bidders=9)
ARRIVALS: list[Command] = [Arrive("s"), Say(SELLER, b"2 100 2 Sword"), Arrive("b1"), Arrive("b2")]


def run(auction: Auction, *commands: Command, when: float = 0.0) -> list[Event]:
    """Give commands to an auction and let happen what follows."""
    happened: list[Event] = []
    for command in commands:
        for event in auction.decide(command, when):
            auction.apply(event)
            happened.append(event)
    return happened


def state(auction: Auction) -> dict[str, Any]:
    return {name: deepcopy(getattr(auction, name)) for name in Auction.__slots__}


class AuctionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.auction = Auction(STANDARD_TERMS)

    def refused(self, refusal: type[Refusal], command: Command) -> None:
        """A refusal, and nothing changes."""
        before = state(self.auction)
        self.assertRaises(refusal, self.auction.decide, command, 0.0)
        self.assertEqual(state(self.auction), before)

    def test_whole(self) -> None:
        happened = run(self.auction, *ARRIVALS, Say(2, b"150\r"), Say(1, b" 180 "))
        self.assertEqual(
            happened,
            [
                ev.Arrived(SELLER, "s", 300.0),
                ev.RequestAccepted(REQUEST),
                ev.Arrived(1, "b1"),
                ev.Arrived(2, "b2"),
                ev.BiddingOpened(300.0),
                ev.BidTaken(2, 150),
                ev.BidTaken(1, 180),
                ev.Sold(1, 180, 150),
            ],
        )
        self.assertIs(self.auction.phase, Phase.ENDED)

    def test_unsold(self) -> None:
        happened = run(self.auction, *ARRIVALS, Say(1, b"99"), Say(2, b"98"))
        self.assertEqual(happened[-1], ev.Unsold(99))

    def test_one_seat(self) -> None:
        """The first Buyer is also the last: bidding opens at once."""
        happened = run(self.auction, Arrive("s"), Say(SELLER, b"1 5 1 Sword"), Arrive("b"))
        self.assertEqual(happened[-2:], [ev.Arrived(1, "b"), ev.BiddingOpened(300.0)])
        self.assertEqual(run(self.auction, Say(1, b"7")), [ev.BidTaken(1, 7), ev.Sold(1, 7, 7)])

    def test_busy(self) -> None:
        run(self.auction, Arrive("s"))
        self.refused(Busy, Arrive("x"))

    def test_invalid_request(self) -> None:
        run(self.auction, Arrive("s"))
        self.refused(InvalidRequest, Say(SELLER, b"some wrong input"))
        self.assertEqual(
            run(self.auction, Say(SELLER, b"2 100 2 Sword")), [ev.RequestAccepted(REQUEST)]
        )

    def test_seller_out_of_turn(self) -> None:
        run(self.auction, *ARRIVALS[:2])
        self.refused(RequestAlreadyIn, Say(SELLER, b"2 100 2 Sword"))
        run(self.auction, *ARRIVALS[2:])
        self.refused(RequestAlreadyIn, Say(SELLER, b"150"))

    def test_buyer_out_of_turn(self) -> None:
        run(self.auction, *ARRIVALS[:3])
        self.refused(BiddingNotOpen, Say(1, b"150"))
        run(self.auction, ARRIVALS[3], Say(1, b"150"))
        self.refused(BidAlreadyIn, Say(1, b"200"))
        self.refused(BidAlreadyIn, Say(1, b"nonsense"))

    def test_invalid_bid(self) -> None:
        run(self.auction, *ARRIVALS)
        for line in [b"", b"some wrong bid", b"0", b"-5", b"1 2"]:
            self.refused(InvalidBid, Say(1, line))

    def test_ongoing(self) -> None:
        run(self.auction, *ARRIVALS)
        self.refused(Ongoing, Arrive("x"))

    def test_seller_leaves_before_its_request(self) -> None:
        run(self.auction, Arrive("s"))
        self.assertEqual(
            run(self.auction, Leave(SELLER)),
            [ev.Left(SELLER), ev.Cancelled("The Seller has left.")],
        )

    def test_seller_leaves_while_buyers_come(self) -> None:
        run(self.auction, *ARRIVALS[:3])
        self.assertEqual(
            run(self.auction, Leave(SELLER)),
            [ev.Left(SELLER), ev.Cancelled("The Seller has left.")],
        )
        self.assertEqual(list(self.auction.present), [1])

    def test_seller_leaves_after_bidding_opened(self) -> None:
        run(self.auction, *ARRIVALS)
        happened = run(self.auction, Leave(SELLER), Say(1, b"150"), Say(2, b"120"))
        self.assertEqual(
            happened,
            [ev.Left(SELLER), ev.BidTaken(1, 150), ev.BidTaken(2, 120), ev.Sold(1, 150, 120)],
        )

    def test_buyer_leaves_before_bidding_opened(self) -> None:
        """The seat is free again, and later Buyers keep their numbers."""
        run(self.auction, *ARRIVALS[:3])
        happened = run(self.auction, Leave(1), Arrive("b2"), Arrive("b3"))
        self.assertEqual(
            happened,
            [ev.Left(1), ev.Arrived(2, "b2"), ev.Arrived(3, "b3"), ev.BiddingOpened(300.0)],
        )

    def test_buyer_leaves_before_its_bid(self) -> None:
        run(self.auction, *ARRIVALS)
        self.assertEqual(
            run(self.auction, Say(1, b"150"), Leave(2)),
            [ev.BidTaken(1, 150), ev.Left(2), ev.Sold(1, 150, 100)],
        )

    def test_all_buyers_leave_before_their_bids(self) -> None:
        run(self.auction, *ARRIVALS)
        self.assertEqual(
            run(self.auction, Leave(1), Leave(2)), [ev.Left(1), ev.Left(2), ev.Unsold(None)]
        )

    def test_buyer_leaves_after_its_bid(self) -> None:
        run(self.auction, *ARRIVALS)
        self.assertEqual(
            run(self.auction, Say(1, b"150"), Leave(1), Say(2, b"120")),
            [ev.BidTaken(1, 150), ev.Left(1), ev.BidTaken(2, 120), ev.Sold(1, 150, 120)],
        )

    def test_silent_seller(self) -> None:
        run(self.auction, Arrive("s"), when=1000.0)
        self.assertEqual(self.auction.wake_at, 1300.0)
        self.assertEqual(run(self.auction, Wake(), when=1299.9), [])
        self.assertEqual(
            run(self.auction, Wake(), when=1300.0),
            [ev.Left(SELLER, 300), ev.Cancelled("The Seller has left.")],
        )
        self.assertIsNone(self.auction.wake_at)

    def test_silent_buyers(self) -> None:
        run(self.auction, *ARRIVALS, when=1000.0)
        self.assertEqual(self.auction.wake_at, 1300.0)
        run(self.auction, Say(2, b"150"), when=1200.0)
        self.assertEqual(self.auction.wake_at, 1300.0)
        self.assertEqual(
            run(self.auction, Wake(), when=1300.0), [ev.Left(1, 300), ev.Sold(2, 150, 100)]
        )

    def test_all_buyers_silent(self) -> None:
        run(self.auction, *ARRIVALS)
        self.assertEqual(
            run(self.auction, Wake(), when=300.0),
            [ev.Left(1, 300), ev.Left(2, 300), ev.Unsold(None)],
        )

    def test_nobody_is_hurried_while_buyers_come(self) -> None:
        run(self.auction, *ARRIVALS[:3])
        self.assertIsNone(self.auction.wake_at)
        self.assertEqual(run(self.auction, Wake(), when=1e9), [])

    def test_no_timeouts(self) -> None:
        self.auction = Auction(Terms(request_timeout=0, bid_timeout=0))
        run(self.auction, Arrive("s"))
        self.assertIsNone(self.auction.wake_at)
        run(self.auction, *ARRIVALS[1:])
        self.assertIsNone(self.auction.wake_at)


AMOUNTS = st.integers(1, 8)


class AuctionProperties(SynchronousTestCase):
    """Any order of arrivals, lines, departures and hours, against the short oracle."""

    @given(st.data())
    def test_any_order(self, data: st.DataObject) -> None:
        lowest_price = data.draw(AMOUNTS)
        seats = data.draw(st.integers(1, 4))
        kind = data.draw(st.sampled_from([1, 2]))
        request = b"%d %d %d Sword" % (kind, lowest_price, seats)
        auction = Auction(STANDARD_TERMS)
        happened: list[Event] = []
        when = 0.0

        def lines(who: int) -> st.SearchStrategy[bytes]:
            amount = AMOUNTS.map(lambda amount: b"%d" % amount)
            return st.sampled_from([request, b"", b"0"]) if who == SELLER else amount | st.just(b"")

        steps: list[Callable[[], st.SearchStrategy[Command]]] = [
            lambda: st.just(Arrive("x")),
            lambda: st.sampled_from(sorted(auction.present)).flatmap(
                lambda who: lines(who).map(lambda line: Say(who, line))
            ),
            lambda: st.sampled_from(sorted(auction.present)).map(Leave),
            lambda: st.just(Wake()),
        ]
        for _ in range(60):
            if auction.phase is Phase.ENDED:
                break
            weights = [0, 1, 1, 1, 1, 1, 1, 2, 3] if auction.present else [0]
            command = data.draw(steps[data.draw(st.sampled_from(weights))]())
            if command == Wake():
                when += data.draw(st.sampled_from([1.0, 150.0]))
            before = state(auction)
            try:
                following = auction.decide(command, when)
            except Refusal:
                following = ()
            self.assertEqual(state(auction), before)
            for event in following:
                self.assertIn((auction.phase, type(event)), TRANSITIONS)
                auction.apply(event)
                happened.append(event)
        self.check(auction, happened, kind, lowest_price, seats)

    def check(
        self, auction: Auction, happened: list[Event], kind: int, lowest_price: int, seats: int
    ) -> None:
        bids = [(event.who, event.amount) for event in happened if isinstance(event, ev.BidTaken)]
        results = [event for event in happened if isinstance(event, ev.Sold | ev.Unsold)]
        arrivals = [event.who for event in happened if isinstance(event, ev.Arrived)]
        self.assertEqual(arrivals, list(range(len(arrivals))))
        self.assertEqual(len({buyer for buyer, _ in bids}), len(bids))
        self.assertLessEqual(len(bids), seats)
        self.assertEqual(auction.bids, dict(bids))
        if auction.phase is not Phase.ENDED:
            self.assertEqual(results, [])
            return
        if not results:
            self.assertIsInstance(happened[-1], ev.Cancelled)
            self.assertEqual(bids, [])
            return
        (result,) = results
        expected = settle(kind, lowest_price, bids)
        if isinstance(result, ev.Sold):
            self.assertEqual((result.winner, result.payment), expected)
            self.assertEqual(result.highest_bid, max(amount for _, amount in bids))
        else:
            self.assertIsNone(expected)
            self.assertEqual(result.highest_bid, max((amount for _, amount in bids), default=None))

    def test_every_transition_is_reached(self) -> None:
        """The table holds nothing that cannot happen."""
        reached = set()
        scripts: list[list[Command]] = [
            [Arrive("s"), Leave(SELLER)],
            [*ARRIVALS[:3], Leave(1), Leave(SELLER)],
            [*ARRIVALS, Say(1, b"150"), Leave(1), Leave(2)],
            [*ARRIVALS, Leave(1), Leave(2)],
        ]
        for script in scripts:
            auction = Auction(STANDARD_TERMS)
            for command in script:
                for event in auction.decide(command, 0.0):
                    reached.add((auction.phase, type(event)))
                    auction.apply(event)
        self.assertEqual(reached, set(TRANSITIONS))
