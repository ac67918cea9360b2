import contextlib
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import fields
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.calendars import FixedCalendar
from tests.rules.oracle import Prices, dutch, english, lot_is_over, settle
from twisted_auction.rules import events as ev
from twisted_auction.rules.allowance import Allowance
from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.auction import Auction, Overdue
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import (
    Abandon,
    Add,
    Again,
    Arrive,
    Cancel,
    CheckEnd,
    Close,
    Command,
    Expel,
    Extend,
    GoOn,
    Leave,
    Move,
    MoveStart,
    Order,
    Pause,
    Readmit,
    Reopen,
    Say,
    Schedule,
    Skip,
    Speak,
    Stop,
    Tell,
    Void,
    VoidSale,
    Wake,
)
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.events import SELLER, Event
from twisted_auction.rules.formats import FORMATS, Unregistered, format_of
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.open import English, Open
from twisted_auction.rules.refusals import (
    BidAlreadyIn,
    BiddingNotOpen,
    BidTooHigh,
    BidTooLow,
    Busy,
    HasPassed,
    InvalidBid,
    InvalidRequest,
    NotUnderstood,
    Ongoing,
    OrderRefused,
    Refusal,
    RepeatBid,
    RequestAlreadyIn,
    SaleOver,
)
from twisted_auction.rules.request import AuctionRequest, Lot
from twisted_auction.rules.sealed import FirstPrice, SecondPrice
from twisted_auction.rules.state import AuctionState
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.rules.transitions import TRANSITIONS, Phase

REQUEST = parse_request(b"2 100 2 Sword", max_bidders=9)
CLOSE = ev.Ordered("close", "operator", "")
ARRIVALS: list[Command] = [Arrive("s"), Say(SELLER, b"2 100 2 Sword"), Arrive("b1"), Arrive("b2")]


def run(auction: Auction, *commands: Command, when: float = 0.0) -> list[Event]:
    """Give commands to an auction, and apply their events."""
    happened: list[Event] = []
    for command in commands:
        for event in auction.decide(command, when):
            auction.apply(event)
            happened.append(event)
    return happened


def opened(request: bytes, terms: Terms = STANDARD_TERMS) -> Auction:
    """An auction whose bidding has opened at 0, with the arrival of its last Buyer."""
    auction = Auction(terms)
    run(auction, Arrive("s"), Say(SELLER, request))
    assert auction.request is not None
    run(auction, *[Arrive("b")] * auction.request.number_of_bids)
    return auction


def state(auction: Auction) -> dict[str, Any]:
    return {name: deepcopy(getattr(auction, name)) for name in AuctionState.__slots__}


class AuctionTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.auction = Auction(STANDARD_TERMS)

    def refused(self, refusal: type[Refusal], command: Command) -> None:
        """The command is refused, and the state does not change."""
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

    def test_at_first(self) -> None:
        """The state before the first arrival."""
        for catalogue, lots in [(None, None), ((Lot(REQUEST), Lot(REQUEST)), 2)]:
            expected: dict[str, Any] = {
                "phase": Phase.EMPTY,
                "request": None,
                "is_open": False,
                "lots": lots,
                "details": None,
                "lot": 0,
                "present": {},
                "awaited": {},
                "bids": {},
                "holder": None,
                "price": 0,
                "calls": 0,
                "deadline": None,
                "wake_at": None,
            }
            attributes = state(Auction(STANDARD_TERMS, catalogue))
            self.assertEqual({name: attributes[name] for name in expected}, expected)

    def test_tickets(self) -> None:
        self.assertEqual(
            run(self.auction, Arrive("s", "5e"), ARRIVALS[1], Arrive("b1", "b1"), Arrive("b2")),
            [
                ev.Arrived(SELLER, "s", 300.0, ticket_digest="5e"),
                ev.RequestAccepted(REQUEST),
                ev.Arrived(1, "b1", ticket_digest="b1"),
                ev.Arrived(2, "b2", deadline=None, ticket_digest=None),
                ev.BiddingOpened(300.0),
            ],
        )

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

    def test_too_large(self) -> None:
        """A Buyer who types too many digits is told the range."""
        run(self.auction, *ARRIVALS)
        with self.assertRaises(InvalidBid) as caught:
            self.auction.decide(Say(1, b"1" + b"0" * 18), 0.0)
        self.assertEqual(
            caught.exception.reason, "A bid is a whole number from 1 to 999999999999999999."
        )

    def test_ongoing(self) -> None:
        run(self.auction, *ARRIVALS)
        self.refused(Ongoing, Arrive("x"))

    def test_seller_leaves_before_its_request(self) -> None:
        run(self.auction, Arrive("s"))
        self.assertEqual(
            run(self.auction, Leave(SELLER)),
            [ev.Left(SELLER, silent_for=None), ev.Cancelled("The Seller has left.")],
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

    def test_no_deadline_while_buyers_come(self) -> None:
        run(self.auction, *ARRIVALS[:3])
        self.assertIsNone(self.auction.wake_at)
        self.assertEqual(run(self.auction, Wake(), when=1e9), [])

    def test_no_timeouts(self) -> None:
        self.auction = Auction(Terms(request_timeout=0, bid_timeout=0))
        run(self.auction, Arrive("s"))
        self.assertIsNone(self.auction.wake_at)
        run(self.auction, *ARRIVALS[1:])
        self.assertIsNone(self.auction.wake_at)


class FormatTests(SynchronousTestCase):
    """How an auction builds its format."""

    def test_before_there_is_one(self) -> None:
        auction = Auction(STANDARD_TERMS)
        self.assertIsNone(auction.request)
        self.assertIsInstance(auction.format, Unregistered)
        self.assertFalse(auction.is_open)

    def test_by_its_name(self) -> None:
        auction = opened(b"3:increment=5 100 2 Sword")
        self.assertEqual(auction.format, English(5))
        self.assertTrue(auction.is_open)

    def test_each_lot_has_its_own(self) -> None:
        lots = parse_catalogue(b"2 100 1 Sword\nenglish:duration=9 10 1 Cup\n1 5 1 Ring", 9)
        auction = Auction(Terms(lot_pause=0), lots)
        formats = []
        run(auction, Arrive("b"))
        while auction.phase is not Phase.ENDED:
            formats.append(auction.format)
            run(auction, Wake(), Order(Close()), Wake())
        self.assertEqual(formats, [SecondPrice(), English(duration=9, extension=9), FirstPrice()])

    def test_cannot_be_built_again(self) -> None:
        """The events are applied nevertheless, but only the end can follow."""

        class Once(FirstPrice):
            name = "once"
            times = 0

            @classmethod
            def with_rules(cls, lowest_price: int, values: Mapping[str, int]) -> "Once":
                cls.times += 1
                if cls.times > 1:
                    raise ZeroDivisionError
                return cls()

        FORMATS[5] = Once
        self.addCleanup(FORMATS.pop, 5)
        auction = opened(b"5 100 2 Sword")
        self.assertEqual(auction.phase, Phase.BIDDING)
        self.assertRaises(ZeroDivisionError, auction.decide, Wake(), 0)
        self.assertRaises(Overdue, auction.decide, Say(1, b"150"), 0)
        run(auction, Abandon("It is over."))
        self.assertEqual(auction.phase, Phase.ENDED)


class EnglishTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.auction = opened(b"3:increment=5:duration=60:extension=10 100 2 Sword")

    def refused(self, refusal: type[Refusal], command: Command, when: float = 0.0) -> Refusal:
        with self.assertRaises(refusal) as caught:
            self.auction.decide(command, when)
        raised: Refusal = caught.exception
        return raised

    def test_opening(self) -> None:
        self.assertEqual(self.auction.deadline, 60.0)
        self.assertEqual(self.auction.wake_at, 54.0)
        self.assertEqual(self.auction.awaited, {})

    @given(st.floats(0, 1e9), st.integers(1, 604800))
    @example(65503.49705820402, 60)  # a sum with a rounding error: the difference is above 60
    def test_seconds_left(self, when: float, duration: int) -> None:
        """Whole seconds, at any instant on the clock."""
        self.auction.apply(ev.Extended(when + duration, duration))
        self.assertEqual(self.auction.seconds_left(when), duration)
        self.assertEqual(self.auction.seconds_left(when + 0.5), duration)
        self.assertEqual(self.auction.seconds_left(when + duration + 0.5), 0)

    def test_trifles(self) -> None:
        """Up to half a millisecond counts as a rounding error."""
        for before, seconds in [(1.0004, 1), (1.0006, 2), (0.0004, 0), (0.0006, 1)]:
            self.assertEqual(self.auction.seconds_left(60.0 - before), seconds)

    def test_bids(self) -> None:
        self.assertEqual(
            run(self.auction, Say(1, b"100"), Say(2, b"105"), Say(2, b" 120 "), Say(1, b"125\r")),
            [
                ev.Raised(1, 100, None),
                ev.Raised(2, 105, outbid=1),
                ev.Raised(2, 120, None),
                ev.Raised(1, 125, outbid=2),
            ],
        )
        self.assertEqual(list(self.auction.bids.items()), [(2, 120), (1, 125)])
        self.assertEqual(self.auction.holder, 1)

    def test_too_low(self) -> None:
        for line, least in [(b"99", 100), (b"100", None), (b"104", 105), (b"1", 105)]:
            if least is None:
                run(self.auction, Say(1, line))
                continue
            refusal = self.refused(BidTooLow, Say(2, line))
            assert isinstance(refusal, BidTooLow)
            self.assertEqual(refusal.least, least)

    def test_largest(self) -> None:
        """No bid can exceed the largest amount, and the asking price is still a number."""
        run(self.auction, Say(1, b"9" * 18))
        refusal = self.refused(BidTooLow, Say(2, b"9" * 18))
        assert isinstance(refusal, BidTooLow)
        self.assertEqual(refusal.least, 10**18 + 4)

    def test_too_large(self) -> None:
        refusal = self.refused(BidTooHigh, Say(1, b"1" + b"0" * 18))
        assert isinstance(refusal, BidTooHigh)
        self.assertEqual(refusal.most, 10**18 - 1)

    def test_ceiling(self) -> None:
        """The refusal names the house's ceiling; events in a ledger hold under any."""
        self.auction = opened(b"3 100 1 Sword", Terms(max_bid=1000))
        for line in [b"1001", b"9" * 18, b"9" * 19]:
            refusal = self.refused(BidTooHigh, Say(1, line))
            assert isinstance(refusal, BidTooHigh)
            self.assertEqual(refusal.most, 1000)
        self.assertEqual(run(self.auction, Say(1, b"1000")), [ev.Raised(1, 1000, None)])

    def test_jump(self) -> None:
        self.auction = opened(b"3:jump=10 100 2 Sword")
        refusal = self.refused(RepeatBid, Say(1, b"1001"))
        assert isinstance(refusal, RepeatBid)
        self.assertEqual(refusal.amount, 1001)
        self.refused(RepeatBid, Say(1, b"1002", repeats=1001))
        self.refused(BidTooLow, Say(1, b"99", repeats=1001))
        self.assertEqual(
            run(self.auction, Say(1, b"1001", repeats=1001)), [ev.Raised(1, 1001, None)]
        )
        self.assertEqual(run(self.auction, Say(2, b"10020")), [ev.Raised(2, 10020, 1)])
        self.refused(BidTooLow, Say(1, b"10020", repeats=10020))
        self.refused(RepeatBid, Say(1, b"1" + b"0" * 17))

    def test_no_jump(self) -> None:
        self.assertEqual(run(self.auction, Say(1, b"9" * 18)), [ev.Raised(1, 10**18 - 1, None)])

    def test_not_understood(self) -> None:
        for who, line, how in [
            (1, b"", "type an amount to bid."),
            (1, b"+100", "type an amount to bid."),
            (1, b"accept", "type an amount to bid."),
            (1, b"close", "type an amount to bid."),
            (SELLER, b"100", "type close to end the auction."),
            (SELLER, b"", "type close to end the auction."),
        ]:
            refusal = self.refused(NotUnderstood, Say(who, line))
            assert isinstance(refusal, NotUnderstood)
            self.assertEqual(refusal.how, how)

    def test_going(self) -> None:
        run(self.auction, Say(1, b"100"))
        for when, happened in [
            (53.9, []),
            (54.0, [ev.Called(1)]),
            (57.0, [ev.Called(2)]),
            (60.0, [ev.Sold(1, 100, 100)]),
        ]:
            self.assertEqual(run(self.auction, Wake(), when=when), happened)
        self.assertIsNone(self.auction.wake_at)

    def test_extension(self) -> None:
        self.assertEqual(run(self.auction, Say(1, b"100"), when=50.0), [ev.Raised(1, 100, None)])
        run(self.auction, Wake(), when=54.0)
        self.assertEqual(
            run(self.auction, Say(2, b"105"), when=55.0),
            [ev.Raised(2, 105, 1), ev.Extended(65.0, 10)],
        )
        self.assertEqual((self.auction.deadline, self.auction.wake_at), (65.0, 59.0))
        self.assertEqual(run(self.auction, Wake(), when=59.0), [ev.Called(1)])

    def test_no_extension(self) -> None:
        self.auction = opened(b"3:duration=6:extension=0 1 1 Sword")
        self.assertEqual(self.auction.wake_at, 2.0)
        run(self.auction, Wake(), when=2.0)
        self.assertEqual(run(self.auction, Say(1, b"1"), when=3.0), [ev.Raised(1, 1, None)])
        self.assertEqual(run(self.auction, Wake(), when=4.0), [ev.Called(2)])
        self.assertEqual(run(self.auction, Wake(), when=6.0), [ev.Sold(1, 1, 1)])

    def test_pace(self) -> None:
        """The two calls divide a short extension, or a short duration without extension."""
        for rules, first_call in [
            (b"duration=60:extension=3", 58.0),
            (b"duration=60:extension=30", 54.0),
            (b"duration=6:extension=0", 2.0),
            (b"duration=60:extension=0", 54.0),
        ]:
            self.auction = opened(b"3:" + rules + b" 1 1 Sword")
            self.assertEqual(self.auction.wake_at, first_call)

    def test_nothing_at_the_end(self) -> None:
        """The end comes before any line sent at the same instant."""
        run(self.auction, Wake(), when=54.0)
        run(self.auction, Wake(), when=57.0)
        with self.assertRaises(Overdue) as caught:
            self.auction.decide(Say(1, b"100"), 60.0)
        self.assertEqual(
            str(caught.exception),
            f"woken for 60.0 first, not {Say(1, b'100')} at 60.0",
        )
        self.assertEqual(run(self.auction, Wake(), when=60.0), [ev.Unsold(None)])

    def test_latecomer(self) -> None:
        self.assertEqual(
            run(self.auction, Arrive("b3"), Say(3, b"100")),
            [ev.Arrived(3, "b3"), ev.Raised(3, 100, None)],
        )

    def test_departures(self) -> None:
        """The holder stays bound, and the auction goes on with no participant present."""
        run(self.auction, Say(1, b"100"))
        self.assertEqual(
            run(self.auction, Leave(1), Leave(SELLER), Leave(2)),
            [ev.Left(1), ev.Left(SELLER), ev.Left(2)],
        )
        for when in (54.0, 57.0):
            run(self.auction, Wake(), when=when)
        self.assertEqual(run(self.auction, Wake(), when=60.0), [ev.Sold(1, 100, 100)])

    def test_seller_closes(self) -> None:
        run(self.auction, Say(1, b"100"))
        self.assertEqual(
            run(self.auction, Say(SELLER, b"close\r")),
            [ev.BiddingClosed(SELLER), ev.Sold(1, 100, 100)],
        )

    def test_seller_leaves_before_the_opening(self) -> None:
        auction = Auction(STANDARD_TERMS)
        run(auction, Arrive("s"), Say(SELLER, b"3 100 2 Sword"), Arrive("b1"))
        self.assertEqual(
            run(auction, Leave(SELLER)), [ev.Left(SELLER), ev.Cancelled("The Seller has left.")]
        )


class DutchTests(SynchronousTestCase):
    def setUp(self) -> None:
        self.auction = opened(b"4:start=130:step=20:interval=5 100 2 Sword")

    def test_clock(self) -> None:
        self.assertEqual((self.auction.price, self.auction.wake_at), (130, 5.0))
        for when, happened in [
            (5.0, [ev.PriceFell(110, 10.0)]),
            (10.5, [ev.PriceFell(100, 15.0)]),  # woken late, but the clock keeps its pace
            (15.0, [ev.Unsold(None)]),
        ]:
            self.assertEqual(run(self.auction, Wake(), when=when), happened)

    def test_bought(self) -> None:
        for line in [b"accept", b"130", b"500"]:
            self.setUp()
            self.assertEqual(
                run(self.auction, Say(2, line)), [ev.BidTaken(2, 130), ev.Sold(2, 130, 130)]
            )

    def test_words_in_any_case(self) -> None:
        for line in [b"Accept", b"ACCEPT"]:
            self.setUp()
            self.assertEqual(run(self.auction, Say(2, line))[0], ev.BidTaken(2, 130))
        for line in [b"Close", b"CLOSE"]:
            self.setUp()
            self.assertEqual(run(self.auction, Say(SELLER, line))[0], ev.BiddingClosed(SELLER))

    def test_too_large(self) -> None:
        with self.assertRaises(BidTooHigh) as caught:
            self.auction.decide(Say(1, b"9" * 19), 0.0)
        self.assertEqual(caught.exception.most, 10**18 - 1)

    def test_ceiling(self) -> None:
        """An amount above the price counts as the price, so none is too high."""
        self.auction = opened(b"4:start=130:step=20:interval=5 100 2 Sword", Terms(max_bid=130))
        self.assertEqual(run(self.auction, Say(1, b"131"))[0], ev.BidTaken(1, 130))

    def test_bought_later(self) -> None:
        run(self.auction, Wake(), when=5.0)
        with self.assertRaises(BidTooLow) as caught:
            self.auction.decide(Say(1, b"109"), 6.0)
        self.assertEqual(caught.exception.least, 110)
        self.assertEqual(
            run(self.auction, Say(1, b"accept"), when=6.0),
            [ev.BidTaken(1, 110), ev.Sold(1, 110, 110)],
        )

    def test_not_understood(self) -> None:
        for line in [b"", b"accepts", b"accept 5", b"-1"]:
            with self.assertRaises(NotUnderstood) as caught:
                self.auction.decide(Say(1, line), 0.0)
            self.assertEqual(
                caught.exception.how,
                "type accept, or an amount that is at least the price, to buy.",
            )

    def test_departures(self) -> None:
        run(self.auction, Leave(1), Leave(2), Leave(SELLER), Arrive("b3"))
        self.assertEqual(
            run(self.auction, Say(3, b"accept")), [ev.BidTaken(3, 130), ev.Sold(3, 130, 130)]
        )

    def test_seller_closes(self) -> None:
        self.assertEqual(
            run(self.auction, Say(SELLER, b"close")),
            [ev.BiddingClosed(SELLER), ev.Unsold(None)],
        )


class OpenTests(SynchronousTestCase):
    def test_every_end(self) -> None:
        """At every end of open bidding, ``award`` is given the lowest price."""
        told: list[int] = []
        self.patch(Open, "award", lambda _, bids, lowest_price: told.append(lowest_price))
        ends: list[tuple[bytes, float, list[Command]]] = [
            (b"3", 0.0, [Say(SELLER, b"close")]),
            (b"3", 60.0, [Wake()] * 3),
            (b"4:start=101", 0.0, [Say(1, b"accept")]),
            (b"4:start=101", 10.0, [Wake()] * 2),
        ]
        for kind, when, commands in ends:
            auction = opened(kind + b" 100 1 Sword")
            run(auction, *commands, when=when)
            self.assertIs(auction.phase, Phase.ENDED)
        self.assertEqual(told, [100] * 4)


class OperatorTests(SynchronousTestCase):
    """The operator's orders, in every phase."""

    def test_closer(self) -> None:
        for who, closer in [(SELLER, "Seller"), (None, "Auctioneer")]:
            self.assertEqual(ev.BiddingClosed(who).closer, closer)

    def test_close(self) -> None:
        auction = Auction(STANDARD_TERMS)
        for command in ARRIVALS:
            self.assertRaises(OrderRefused, auction.decide, Order(Close()), 0.0)
            run(auction, command)
        run(auction, Say(2, b"150"))
        self.assertEqual(
            run(auction, Order(Close())), [CLOSE, ev.BiddingClosed(None), ev.Sold(2, 150, 100)]
        )
        self.assertRaises(OrderRefused, auction.decide, Order(Close()), 0.0)

    def test_close_open_bidding(self) -> None:
        auction = opened(b"3 100 2 Sword")
        run(auction, Say(1, b"100"))
        self.assertEqual(
            run(auction, Order(Close())), [CLOSE, ev.BiddingClosed(None), ev.Sold(1, 100, 100)]
        )

    def test_cancel(self) -> None:
        cancel = Order(Cancel(), reason="Fire.")
        self.assertRaises(OrderRefused, Auction(STANDARD_TERMS).decide, cancel, 0.0)
        for arrivals in range(1, 5):
            auction = Auction(STANDARD_TERMS)
            run(auction, *ARRIVALS[:arrivals])
            self.assertRaises(OrderRefused, auction.decide, Order(Cancel()), 0.0)
            self.assertEqual(
                run(auction, cancel),
                [ev.Ordered("cancel", "operator", "Fire."), ev.Cancelled("Fire.")],
            )
            self.assertIs(auction.phase, Phase.ENDED)
            self.assertIsNone(auction.wake_at)
            self.assertRaises(OrderRefused, auction.decide, cancel, 0.0)

    def test_unprintable_words(self) -> None:
        """They could disturb a log or a terminal."""
        auction = opened(b"1 100 1 Sword")
        for order in [
            Order(Cancel(), reason="\x1b[2J"),
            Order(Close(), reason="one\ntwo"),
            Order(Close(), actor="\u202e"),
            Order(Close(), actor=""),
        ]:
            self.assertRaises(OrderRefused, auction.decide, order, 0.0)


class SaleTests(SynchronousTestCase):
    """A catalogue of lots; the house is the Seller."""

    def setUp(self) -> None:
        lots = b"1 100 2 Sword\n3:extension=0 50 2 Shield\n4 10 1 Compass\n"
        self.lots = parse_catalogue(lots, max_bidders=9)
        self.auction = Auction(STANDARD_TERMS, self.lots)

    def lot(self, number: int, opens_at: float) -> ev.LotAnnounced:
        return ev.LotAnnounced(number, 3, self.lots[number - 1].request, opens_at)

    def test_whole(self) -> None:
        self.assertEqual(
            run(self.auction, Arrive("b1"), when=10.0), [self.lot(1, 15.0), ev.Arrived(1, "b1")]
        )
        self.assertIsNone(self.auction.wake_at)
        self.assertEqual(run(self.auction, Arrive("b2"), when=12.0), [ev.Arrived(2, "b2")])
        self.assertEqual(self.auction.wake_at, 15.0)
        self.assertEqual(run(self.auction, Wake(), when=15.0), [ev.BiddingOpened(75.0)])
        self.assertEqual(run(self.auction, Arrive("b3"), when=16.0), [ev.Arrived(3, "b3")])
        self.assertRaises(BiddingNotOpen, self.auction.decide, Say(3, b"500"), 16.0)
        self.assertEqual(
            run(self.auction, Say(1, b"150"), Say(2, b"120"), when=17.0),
            [ev.BidTaken(1, 150), ev.BidTaken(2, 120), ev.Sold(1, 150, 150), self.lot(2, 22.0)],
        )
        self.assertRaises(BiddingNotOpen, self.auction.decide, Say(3, b"500"), 18.0)
        self.assertEqual(list(self.auction.present), [1, 2, 3])
        self.assertEqual(run(self.auction, Wake(), when=22.0), [ev.BiddingOpened(82.0)])
        self.assertEqual(
            run(self.auction, Arrive("b4"), Say(4, b"50"), when=23.0),
            [ev.Arrived(4, "b4"), ev.Raised(4, 50, None)],
        )
        self.assertEqual(
            run(self.auction, Order(Close()), when=24.0),
            [CLOSE, ev.BiddingClosed(None), ev.Sold(4, 50, 50), self.lot(3, 29.0)],
        )
        self.assertEqual(
            run(self.auction, Wake(), Say(4, b"accept"), when=29.0),
            [ev.BiddingOpened(34.0), ev.BidTaken(4, 20), ev.Sold(4, 20, 20)],
        )
        self.assertIs(self.auction.phase, Phase.ENDED)
        self.assertRaises(SaleOver, self.auction.decide, Arrive("b5"), 30.0)

    def test_more_buyers_than_needed(self) -> None:
        """All of them are asked for a bid."""
        self.auction = Auction(Terms(lot_pause=5), self.lots)
        run(self.auction, *[Arrive("b")] * 4)
        run(self.auction, Wake(), when=5.0)
        self.assertEqual(list(self.auction.awaited), [1, 2, 3, 4])

    def test_too_few(self) -> None:
        """A lot waits for its Buyers without limit."""
        run(self.auction, Arrive("b1"), Arrive("b2"))
        run(self.auction, Leave(1))
        self.assertIsNone(self.auction.wake_at)
        self.assertEqual(
            run(self.auction, Arrive("b3"), when=100.0),
            [ev.Arrived(3, "b3"), ev.BiddingOpened(160.0)],
        )

    def test_too_few_at_the_start_of_time(self) -> None:
        """The clock may begin at 0."""
        self.auction = Auction(Terms(lot_pause=0), self.lots)
        run(self.auction, Arrive("b1"), when=0.0)
        self.assertIsNone(self.auction.wake_at)
        self.assertEqual(
            run(self.auction, Arrive("b2"), when=0.0),
            [ev.Arrived(2, "b2"), ev.BiddingOpened(60.0)],
        )

    def test_all_leave(self) -> None:
        run(self.auction, Arrive("b1"), Arrive("b2"))
        run(self.auction, Wake(), when=5.0)
        self.assertEqual(
            run(self.auction, Leave(1), Leave(2), when=6.0),
            [ev.Left(1), ev.Left(2), ev.Unsold(None), self.lot(2, 11.0)],
        )

    def sealed(self, buyers: int, lots: int = 3, terms: Terms = STANDARD_TERMS) -> None:
        """A sale of sealed lots with bidding open on the first, at 5."""
        self.lots = parse_catalogue(b"\n".join([b"1 100 1 Sword"] * lots), max_bidders=9)
        self.auction = Auction(terms, self.lots)
        run(self.auction, *[Arrive("b")] * buyers)
        run(self.auction, Wake(), when=5.0)

    def goes_on(self) -> None:
        """Let the pause before the next lot end."""
        assert self.auction.wake_at is not None
        self.assertIsInstance(
            run(self.auction, Wake(), when=self.auction.wake_at)[0], ev.BiddingOpened
        )

    def test_pass(self) -> None:
        self.sealed(3)
        self.assertEqual(run(self.auction, Say(1, b" Pass\r")), [ev.Passed(1)])
        for line in [b"pass", b"150", b"what?"]:
            self.assertRaises(HasPassed, self.auction.decide, Say(1, line), 6.0)
        self.assertEqual(run(self.auction, Say(2, b"150")), [ev.BidTaken(2, 150)])
        self.assertRaises(BidAlreadyIn, self.auction.decide, Say(2, b"pass"), 6.0)
        self.assertEqual(
            run(self.auction, Say(3, b"PASS"), when=6.0),
            [ev.Passed(3), ev.Sold(2, 150, 150), self.lot(2, 11.0)],
        )
        self.assertRaises(BiddingNotOpen, self.auction.decide, Say(1, b"pass"), 7.0)

    def test_all_pass(self) -> None:
        self.sealed(2)
        self.assertEqual(
            run(self.auction, Say(1, b"pass"), Say(2, b"pass"), when=6.0),
            [ev.Passed(1), ev.Passed(2), ev.Unsold(None), self.lot(2, 11.0)],
        )

    def test_last_awaited_leaves_after_a_pass(self) -> None:
        self.sealed(2)
        self.assertEqual(
            run(self.auction, Say(1, b"pass"), Leave(2), when=6.0),
            [ev.Passed(1), ev.Left(2), ev.Unsold(None), self.lot(2, 11.0)],
        )

    def test_pass_in_open_bidding(self) -> None:
        """A pass binds no Buyer and ends nothing; the holder of the highest bid cannot pass."""
        self.lots = parse_catalogue(b"3 10 1 Cup", 9)
        self.auction = Auction(STANDARD_TERMS, self.lots)
        run(self.auction, Arrive("b1"), Arrive("b2"))
        run(self.auction, Wake(), when=5.0)
        self.assertEqual(
            run(self.auction, Say(1, b"pass"), Say(2, b"pass"), when=5.0),
            [ev.Passed(1), ev.Passed(2)],
        )
        self.assertRaises(HasPassed, self.auction.decide, Say(1, b"pass"), 5.0)
        self.assertEqual(run(self.auction, Say(1, b"10"), when=5.0), [ev.Raised(1, 10, None)])
        self.assertRaises(BidAlreadyIn, self.auction.decide, Say(1, b"pass"), 5.0)
        self.assertEqual(run(self.auction, Say(2, b"11"), when=5.0), [ev.Raised(2, 11, 1)])
        self.assertEqual(run(self.auction, Say(1, b"pass"), when=5.0), [ev.Passed(1)])

    def test_no_pass_outside_a_sale(self) -> None:
        self.assertRaises(InvalidBid, opened(b"1 5 1 x").decide, Say(1, b"pass"), 0.0)
        self.assertRaises(NotUnderstood, opened(b"3 5 1 x").decide, Say(1, b"pass"), 0.0)

    def test_silent(self) -> None:
        """A silent Buyer keeps its seat, but the next lots do not wait for it."""
        self.sealed(3, lots=5)
        run(self.auction, Say(1, b"150"), Say(2, b"pass"), when=5.0)
        self.assertEqual(
            run(self.auction, Wake(), when=65.0),
            [ev.Missed(3, 60), ev.Sold(1, 150, 150), self.lot_of(2, 70.0)],
        )
        self.goes_on()
        self.assertEqual(
            (list(self.auction.asked), list(self.auction.awaited)), ([1, 2, 3], [1, 2])
        )
        self.assertEqual(
            run(self.auction, Say(1, b"pass"), Say(2, b"200"), when=71.0)[-2:],
            [ev.Sold(2, 200, 200), self.lot_of(3, 76.0)],
        )
        self.goes_on()  # its bid counts while the lot is open
        self.assertEqual(
            run(self.auction, Speak(3), Say(3, b"300"), when=77.0),
            [ev.Spoke(3), ev.BidTaken(3, 300)],
        )
        run(self.auction, Say(1, b"pass"), Say(2, b"pass"), when=78.0)
        self.assertEqual(self.auction.lot, 4)
        self.goes_on()
        self.assertEqual(list(self.auction.awaited), [1, 2, 3])
        self.assertEqual(run(self.auction, Speak(3), when=84.0), [])

    def lot_of(self, number: int, opens_at: float) -> ev.LotAnnounced:
        return ev.LotAnnounced(number, len(self.lots), self.lots[number - 1].request, opens_at)

    def test_all_silent(self) -> None:
        """If all Buyers present are silent ones, they have the whole time again."""
        self.sealed(2)
        self.assertEqual(
            run(self.auction, Wake(), when=65.0),
            [ev.Missed(1, 60), ev.Missed(2, 60), ev.Unsold(None), self.lot(2, 70.0)],
        )
        self.goes_on()
        self.assertEqual(list(self.auction.awaited), [1, 2])
        run(self.auction, Speak(2), Say(2, b"150"), when=71.0)
        self.assertEqual(
            run(self.auction, Wake(), when=130.0),
            [ev.Missed(1, 60), ev.Sold(2, 150, 150), self.lot(3, 135.0)],
        )

    def test_only_the_silent_stay(self) -> None:
        """The only Buyer awaited leaves without a line: now the lot waits for the others."""
        self.sealed(2)
        run(self.auction, Say(1, b"150"), when=5.0)
        run(self.auction, Wake(), when=65.0)
        self.goes_on()
        self.assertEqual(list(self.auction.awaited), [1])
        self.assertEqual(run(self.auction, Leave(1), when=71.0), [ev.Left(1)])
        self.assertEqual(list(self.auction.awaited), [2])
        self.assertEqual(
            run(self.auction, Speak(2), Say(2, b"pass"), when=72.0),
            [ev.Spoke(2), ev.Passed(2), ev.Unsold(None), self.lot(3, 77.0)],
        )

    def test_a_word_in_the_pause(self) -> None:
        """Any line, even a refused one, shows that the Buyer is present."""
        self.sealed(2)
        run(self.auction, Say(1, b"150"), when=5.0)
        run(self.auction, Wake(), when=65.0)
        self.assertEqual(run(self.auction, Speak(2), when=66.0), [ev.Spoke(2)])
        self.assertRaises(BiddingNotOpen, self.auction.decide, Say(2, b"hello?"), 66.0)
        self.goes_on()
        self.assertEqual(list(self.auction.awaited), [1, 2])

    def test_closed_by_the_operator(self) -> None:
        """A Buyer who had no time to answer has missed nothing."""
        self.sealed(2)
        run(self.auction, Order(Close()), when=6.0)
        self.assertEqual(self.auction.silent, {})

    def test_no_lot_time(self) -> None:
        self.sealed(2, terms=Terms(lot_time=0))
        self.assertIsNone(self.auction.wake_at)

    def test_cancelled_lot(self) -> None:
        """The sale goes on with the next lot."""
        run(self.auction, Arrive("b1"))
        self.assertEqual(
            run(self.auction, Order(Cancel(), reason="It is broken."), when=1.0),
            [
                ev.Ordered("cancel", "operator", "It is broken."),
                ev.Cancelled("It is broken."),
                self.lot(2, 6.0),
            ],
        )

    def test_late_word_from_the_last_lot(self) -> None:
        run(self.auction, Arrive("b1"), Arrive("b2"))
        run(self.auction, Wake(), Say(1, b"150"), Say(2, b"120"), when=5.0)
        for when in (5.0, 9.9):
            self.assertRaises(BiddingNotOpen, self.auction.decide, Say(1, b"200"), when)


STEPS = {ev.BidTaken, ev.Passed, ev.Spoke, ev.Left}
"""The events that can end a sealed lot."""

AMOUNTS = st.integers(1, 8)
TYPES = st.one_of(
    st.sampled_from([b"1", b"2"]),
    st.builds(
        lambda increment, duration, extension: (
            b"3:increment=%d:duration=%d:extension=%d"
            % (increment, duration, min(duration, extension))
        ),
        st.integers(1, 3),
        st.integers(1, 30),
        st.integers(0, 30),
    ),
    st.builds(
        lambda start, step, interval: b"4:start=%d:step=%d:interval=%d" % (start, step, interval),
        st.integers(9, 12),
        st.integers(1, 4),
        st.integers(1, 9),
    ),
)
REQUESTS = st.builds(
    lambda kind, price, seats: b"%s %d %d Sword" % (kind, price, seats),
    TYPES,
    AMOUNTS,
    st.integers(1, 4),
)


class Record:
    """Drives an auction as the Auctioneer does, and records each event with its instant."""

    def __init__(self, auction: Auction) -> None:
        self.auction = auction
        self.when = 0.0
        self.happened: list[tuple[float, Event]] = []
        self.said: list[tuple[float, int]] = []  # amounts that Buyers said in open bidding

    def does(self, command: Command) -> None:
        """Wake the auction as often as it is due, then try a command."""
        while (wake_at := self.auction.wake_at) is not None and self.when >= wake_at:
            self.decide(Wake())
        if isinstance(command, Say) and command.who in self.auction.silent:
            self.decide(Speak(command.who))
        if self.auction.phase is not Phase.ENDED and (
            not isinstance(command, Say | Leave) or command.who in self.auction.present
        ):
            self.decide(command)

    def decide(self, command: Command) -> None:
        before = state(self.auction)
        if self.auction.phase is Phase.BIDDING and isinstance(command, Say) and command.who:
            with contextlib.suppress(ValueError):
                self.said.append((self.when, parse_amount(command.line)))
        try:
            following = self.auction.decide(command, self.when)
        except Refusal:
            following = ()
        assert state(self.auction) == before
        for event in following:
            assert (self.auction.phase, type(event)) in TRANSITIONS
            self.auction.apply(event)
            self.happened.append((self.when, event))


def without_instants(event: Event) -> dict[str, Any]:
    """The fields of an event, without its instants."""
    facts = {field.name: getattr(event, field.name) for field in fields(event)}
    return {"": type(event), **facts, "deadline": None, "opens_at": None}


class AuctionProperties(SynchronousTestCase):
    """Arrivals, lines, departures, pauses and operator commands in any order."""

    def play(
        self,
        data: st.DataObject,
        auction: Auction,
        request: bytes,
        commands: list[tuple[float, Command]] | None = None,
    ) -> Record:
        record = Record(auction)
        commands = [] if commands is None else commands

        def lines(who: int) -> st.SearchStrategy[bytes]:
            if who == SELLER:
                return st.sampled_from([request, b"", b"0", b"close"])
            amount = st.integers(1, 14).map(lambda amount: b"%d" % amount)
            return amount | amount | st.sampled_from([b"", b"accept", b"pass", b"Pass"])

        present = auction.present
        steps: dict[str, Callable[[], st.SearchStrategy[Command]]] = {
            "arrive": lambda: st.just(Arrive("x")),
            "say": lambda: st.sampled_from(sorted(present)).flatmap(
                lambda who: lines(who).map(lambda line: Say(who, line))
            ),
            "leave": lambda: st.sampled_from(sorted(present)).map(Leave),
            "wait": lambda: st.just(Wake()),
            "operator": lambda: st.sampled_from([Order(Close()), Order(Cancel(), reason="Fire.")]),
        }
        weights = ["arrive"] * 2 + ["say"] * 8 + ["leave", "wait", "wait", "wait"]
        for _ in range(60):
            if auction.phase is Phase.ENDED:
                break
            step = data.draw(st.sampled_from(weights if present else ["arrive", "wait"]))
            if data.draw(st.integers(0, 40)) == 0:
                step = "operator"
            command = data.draw(steps[step]())
            if command == Wake():
                record.when += data.draw(st.sampled_from([1.0, 2.0, 5.0, 50.0, 150.0]))
            commands.append((record.when, command))
            record.does(command)
        return record

    @given(st.data(), REQUESTS)
    def test_any_order(self, data: st.DataObject, request: bytes) -> None:
        auction = Auction(Terms(settle=data.draw(st.sampled_from([0, 5]))))
        record = self.play(data, auction, request)
        self.check(parse_request(request, 9), record.happened, record.said)
        self.assertEqual(auction.phase is Phase.ENDED, self.is_over(record.happened))
        arrivals = [event.who for _, event in record.happened if isinstance(event, ev.Arrived)]
        self.assertEqual(arrivals, list(range(len(arrivals))))

    @given(st.data(), st.lists(REQUESTS, min_size=1, max_size=3))
    def test_any_sale(self, data: st.DataObject, requests: list[bytes]) -> None:
        lots = parse_catalogue(b"\n".join(requests), 9)
        auction = Auction(Terms(lot_pause=3, settle=data.draw(st.sampled_from([0, 2, 5]))), lots)
        record = self.play(data, auction, b"")
        announced = [
            place
            for place, (_, event) in enumerate(record.happened)
            if isinstance(event, ev.LotAnnounced)
        ]
        events = [event for _, event in record.happened]
        for number, place in enumerate(announced):
            _, event = record.happened[place]
            assert isinstance(event, ev.LotAnnounced)
            self.assertEqual((event.lot, event.request), (number + 1, lots[number].request))
            end = announced[number + 1] if number + 1 < len(announced) else None
            happened = record.happened[place + 1 : end]
            self.check(lots[number].request, happened, record.said)
            self.assertTrue(end is None or self.is_over(happened))
            if not format_of(lots[number].request).is_open:
                self.check_waits(happened, *self.gathered(record.happened[:place]))
        self.assertFalse(any(isinstance(event, ev.Left) and event.silent_for for event in events))
        arrivals = [event.who for _, event in record.happened if isinstance(event, ev.Arrived)]
        self.assertEqual(arrivals, list(range(1, len(arrivals) + 1)))

    @given(st.data(), st.lists(REQUESTS, min_size=1, max_size=2), st.integers(0, 10**6))
    def test_any_closure(self, data: st.DataObject, requests: list[bytes], closed_for: int) -> None:
        """A closure stops the clock and changes nothing else."""
        lots = parse_catalogue(b"\n".join(requests), 9)
        played = Auction(STANDARD_TERMS, lots)
        commands: list[tuple[float, Command]] = []
        record = self.play(data, played, b"", commands)
        again = Record(Auction(STANDARD_TERMS, lots))
        shift = 0.0
        closed_after = data.draw(st.integers(0, len(commands)))
        for place, (when, command) in enumerate(commands):
            again.when = when + shift
            again.does(command)
            if place == closed_after and again.auction.phase not in (Phase.EMPTY, Phase.ENDED):
                shift = float(closed_for)
                again.when += shift
                again.decide(Reopen(when))
        happened = [event for _, event in again.happened if not isinstance(event, ev.Reopened)]
        self.assertEqual(
            [without_instants(event) for event in happened],
            [without_instants(event) for _, event in record.happened],
        )
        if played.deadline is not None:
            self.assertEqual(again.auction.deadline, played.deadline + shift)

    def gathered(self, happened: list[tuple[float, Event]]) -> tuple[set[int], set[int]]:
        """The silent Buyers, and all Buyers present."""
        silent: set[int] = set()
        there: set[int] = set()
        for _, event in happened:
            match event:
                case ev.Missed():
                    silent.add(event.who)
                case ev.Spoke():
                    silent.discard(event.who)
                case ev.Arrived():
                    there.add(event.who)
                case ev.Left():
                    silent.discard(event.who)
                    there.discard(event.who)
        return silent, there

    def check_waits(
        self, happened: list[tuple[float, Event]], silent: set[int], there: set[int]
    ) -> None:
        """A sealed lot of a sale ends with the last answer awaited, or when its time is up."""
        steps: list[tuple[str, int]] = []
        opened_at = None
        for when, event in happened:
            match event:
                case ev.Arrived() if opened_at is None:
                    there.add(event.who)
                case ev.Left() if opened_at is None:
                    silent.discard(event.who)
                    there.discard(event.who)
                case ev.Spoke() if opened_at is None:
                    silent.discard(event.who)
                case ev.BiddingOpened():
                    opened_at = when
                case ev.BidTaken() | ev.Passed():
                    steps.append(("answers", event.who))
                case ev.Spoke():
                    steps.append(("speaks", event.who))
                case ev.Left():
                    steps.append(("leaves", event.who))
        if opened_at is None:
            return
        ended = lot_is_over(silent, there, steps)
        kinds = [type(event) for _, event in happened]
        last_step = max((place for place, kind in enumerate(kinds) if kind in STEPS), default=None)
        if ended is not None:
            self.assertEqual(ended, len(steps) - 1)
            assert last_step is not None
            self.assertIn(kinds[last_step + 1], (ev.Sold, ev.Unsold))
        elif kinds[-1] in (ev.Sold, ev.Unsold) and ev.BiddingClosed not in kinds:
            self.assertIn(ev.Missed, kinds)
            self.assertGreaterEqual(happened[-1][0], opened_at + 60)
        elif kinds[-1] not in (ev.Sold, ev.Unsold, ev.Cancelled):
            self.assertNotIn(ev.Missed, kinds)

    def is_over(self, happened: list[tuple[float, Event]]) -> bool:
        return bool(happened) and isinstance(happened[-1][1], ev.Sold | ev.Unsold | ev.Cancelled)

    def check(
        self,
        request: AuctionRequest,
        happened: list[tuple[float, Event]],
        said: list[tuple[float, int]],
    ) -> None:
        """A lot has one winner or none, at the right price for its bids, and no event after its
        end."""
        events = [event for _, event in happened]
        over = [
            place
            for place, event in enumerate(events)
            if isinstance(event, ev.Sold | ev.Unsold | ev.Cancelled)
        ]
        self.assertEqual(over, [len(events) - 1] if over else [])
        opened_at = [when for when, event in happened if isinstance(event, ev.BiddingOpened)]
        bids = [
            (when, event.who, event.amount)
            for when, event in happened
            if isinstance(event, ev.BidTaken | ev.Raised)
        ]
        if not opened_at:
            self.assertEqual(bids, [])
            return
        (opening,) = opened_at
        closed = any(isinstance(event, ev.BiddingClosed) for event in events)
        result = events[-1] if over else None
        over_at = happened[-1][0] if over else None
        match format_of(request):
            case FirstPrice() | SecondPrice():
                kind = 1 if request.format == FirstPrice.name else 2
                expected = settle(kind, request.lowest_price, [bid[1:] for bid in bids])
                self.assertEqual(len({buyer for _, buyer, _ in bids}), len(bids))
            case English(int(increment), duration, extension):
                in_time = [
                    (when - opening, amount)
                    for when, amount in said
                    if when >= opening and (over_at is None or when <= over_at)
                ]
                verdicts, end = english(
                    Prices(request.lowest_price, [(0, increment)]), duration, extension, in_time
                )
                good = [
                    amount
                    for (_, amount), is_good in zip(in_time, verdicts, strict=True)
                    if is_good
                ]
                self.assertEqual([amount for _, _, amount in bids], good)
                if over_at is not None and not closed and not isinstance(result, ev.Cancelled):
                    self.assertGreaterEqual(over_at - opening, end)
                expected = (bids[-1][1], bids[-1][2]) if bids else None
            case Dutch(start, step, interval):
                for when, _, amount in bids:
                    price = dutch(start, step, interval, request.lowest_price, when - opening)
                    self.assertEqual(amount, price)
                expected = (bids[0][1], bids[0][2]) if bids else None
                self.assertLessEqual(len(bids), 1)
        if isinstance(result, ev.Sold):
            self.assertEqual((result.winner, result.payment), expected)
            self.assertEqual(result.highest_bid, max(amount for _, _, amount in bids))
        elif isinstance(result, ev.Unsold):
            self.assertIsNone(expected)
            self.assertEqual(
                result.highest_bid, max((amount for _, _, amount in bids), default=None)
            )

    def test_every_transition_is_reached(self) -> None:
        """All entries of the table can happen."""
        english_lot, dutch_lot = b"3:duration=9:extension=9 5 1 x", b"4:interval=1 5 1 x"
        actions = (Pause(), GoOn(), Expel(1, True), Readmit(1), Tell("Hear!"))
        orders: list[Command | float] = [Order(action) for action in actions]
        scripts: list[tuple[bytes | None, list[Command | float]]] = [
            (None, [Arrive("s"), Leave(SELLER)]),
            (None, [*ARRIVALS[:3], Leave(1), Leave(SELLER)]),
            (None, [*ARRIVALS, Say(1, b"150"), Leave(1), Leave(2)]),
            (None, [*ARRIVALS, Leave(1), Leave(2)]),
            (None, [*ARRIVALS[:1], Order(Cancel(), reason="Fire.")]),
            (None, [*ARRIVALS[:2], Order(Cancel(), reason="Fire.")]),
            (None, [*ARRIVALS, Order(Cancel(), reason="Fire.")]),
            (english_lot, [Arrive("b"), 5.0, Arrive("c"), 8.0, Say(1, b"5"), Order(Close())]),
            (dutch_lot + b"\n" + dutch_lot, [Arrive("b"), 5.0, 6.0, Order(Close())]),
            (
                b"1 5 1 x\n1 5 1 y\n1 5 1 z",
                [
                    *(Arrive("b"), Arrive("c"), 5.0, Say(1, b"pass"), 65.0, Speak(2)),
                    *(70.0, 130.0, 135.0, Speak(1)),
                ],
            ),
            (None, [Arrive("s"), Stop(), Reopen(0.0)]),
            (None, [*ARRIVALS[:3], Stop(), Reopen(0.0), *ARRIVALS[3:], Stop(), Reopen(0.0)]),
            (None, [*ARRIVALS[:1], *orders]),
            (None, [*ARRIVALS[:3], *orders]),
            (None, [*ARRIVALS, *orders]),
            (english_lot, [Arrive("b"), 5.0, Say(1, b"5"), Order(Void())]),
            (
                english_lot,
                [
                    *(Arrive("b", "t"), Arrive("c", "t"), 5.0, Say(1, b"max 9")),
                    Say(2, b"6", allowances={1: Allowance(5)}),
                ],
            ),
        ]
        doors, two = Schedule(50.0), b"1 5 1 x\n1 5 1 y"
        lots_orders = [Order(action) for action in (Add(b"1 5 1 z"), Move("3"), Skip("2"))]
        again, void = Order(Again("2")), Order(VoidSale("1"))
        sold: list[Command | float] = [Arrive("b"), 0.0, 5.0, Say(1, b"5")]
        sales: list[tuple[bytes | None, list[Command | float]]] = [
            (two, [doors, *(Arrive("b"), Arrive("c")), *orders, Order(MoveStart(60.0))]),
            (two, [doors, *lots_orders, again, Stop(), Reopen(0.0), Arrive("b"), Leave(1), 50.0]),
            # Each order on other lots, while a lot is up.
            (two, [Arrive("b"), *lots_orders, again, 5.0, *lots_orders[:1], Order(Move("4"))]),
            (two, [Arrive("b"), 5.0, Order(Skip("2")), again]),
            (two, [*sold, void, Order(Again("1"))]),
            (two, [*sold, 10.0, void]),
            # All lots have been up. The first is sold and the second missed, or both are not sold.
            (two, [Schedule(0.0), 0.0, *sold, 10.0, 70.0, Speak(1), void, Order(Close())]),
            (two, [Schedule(0.0), 0.0, 5.0, 65.0, 70.0, 130.0, again]),
        ]
        runs = [(STANDARD_TERMS, *script) for script in (*scripts, *sales)]
        runs.append((Terms(after_sale=0), b"1 5 1 x", [Schedule(0.0), 0.0, 5.0, 65.0]))
        timed: list[Command | float] = [
            *(Arrive("s"), Say(SELLER, b"1:end=2026-12-01T00:05 5 0 x"), Arrive("b")),
            *(Say(1, b"7"), Say(1, b"withdraw"), Order(Extend(60)), CheckEnd()),
        ]
        runs.append((Terms(calendar=FixedCalendar(drift=2)), None, timed))
        reached = set()
        for terms, lots, script in runs:
            auction = Auction(terms, parse_catalogue(lots, 9) if lots else None)
            when = 0.0
            for step in script:
                when, command = (step, Wake()) if isinstance(step, float) else (when, step)
                for event in auction.decide(command, when):
                    reached.add((auction.phase, type(event)))
                    auction.apply(event)
        self.assertEqual(reached, set(TRANSITIONS))
