"""The operator's orders: what each does in each phase, and all of them mixed into everything."""

from dataclasses import dataclass, field, replace

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.rules.oracle import highest_after_void
from twisted_auction.ledger.check import check_event
from twisted_auction.rules import events as ev
from twisted_auction.rules.allowance import Allowance, Allowances
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import (
    Action,
    Arrive,
    Bid,
    Cancel,
    Close,
    Command,
    Expel,
    Extend,
    GoOn,
    Leave,
    Open,
    Order,
    Pause,
    Readmit,
    Reopen,
    Say,
    Schedule,
    Speak,
    Stop,
    Tell,
    Void,
    Wake,
)
from twisted_auction.rules.events import RESULTS, SELLER, Event
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.open import English
from twisted_auction.rules.refusals import (
    AboveLimit,
    BidAlreadyIn,
    BidTooHigh,
    BidTooLow,
    HasPassed,
    IsExpelled,
    IsPaused,
    OrderRefused,
    Refusal,
)
from twisted_auction.rules.request import Lot
from twisted_auction.rules.terms import STANDARD_TERMS, Terms
from twisted_auction.rules.transitions import TRANSITIONS, Phase

ENGLISH = b"3:increment=5:duration=60:extension=10 100 2 Cup"


def run(auction: Auction, *commands: Command, when: float = 0.0) -> list[Event]:
    """Give commands to an auction, and apply their events, which a ledger could have."""
    happened: list[Event] = []
    for command in commands:
        previous: Event | None = None
        for event in auction.decide(command, when):
            check_event(auction, event, when, previous)
            auction.apply(event)
            happened.append(event)
            previous = event
    return happened


def opened(request: bytes, terms: Terms = STANDARD_TERMS) -> Auction:
    """An auction whose bidding has opened at 0."""
    auction = Auction(terms)
    run(auction, Arrive("s"), Say(SELLER, request))
    run(auction, *[Arrive("b")] * int(request.split()[2]))
    return auction


def sale(*lots: bytes, terms: Terms = STANDARD_TERMS) -> Auction:
    """A sale, before its first Buyer."""
    return Auction(terms, parse_catalogue(b"\n".join(lots), 9))


def effect(
    auction: Auction,
    action: Action,
    when: float = 0.0,
    reason: str = "",
    allowances: Allowances | None = None,
) -> object:
    """The events of an order after ``Ordered``, or the reason why it is refused."""
    try:
        order = Order(action, reason=reason, allowances=allowances)
        ordered, *events = run(auction, order, when=when)
    except OrderRefused as refusal:
        return refusal.why
    assert ordered == ev.Ordered(action.word, "operator", reason)
    return events


def in_phase(name: str) -> Auction:
    """An auction that has come so far at 0."""
    auction = Auction(STANDARD_TERMS)
    if name == "empty":
        return auction
    run(auction, Arrive("s"))
    if name == "requesting":
        return auction
    open_format = name in ("gathering open", "english", "bid")
    run(auction, Say(SELLER, ENGLISH if open_format else b"1 100 2 Sword"))
    if name.startswith("empty gathering"):
        return auction
    run(auction, Arrive("b1"))
    if name.startswith("gathering"):
        return auction
    run(auction, Arrive("b2"))
    if name == "bid":
        run(auction, Say(1, b"100"), Say(2, b"110"))
    if name == "paused":
        run(auction, Order(Pause()))
    if name == "over":
        run(auction, Order(Close()))
    return auction


NOTHING = "there is no auction."
NOT_OPEN = "bidding is not open."
PAUSED = "it is paused: let it go on first."

PHASES: list[tuple[Action, dict[str, object]]] = [
    (
        Open(),
        {
            "empty": NOTHING,
            "requesting": "there is no auction request yet.",
            "empty gathering": "no Buyer is there.",
            "gathering": [ev.BiddingOpened(300.0)],
            "gathering open": [ev.BiddingOpened(60.0)],
            "sealed": "bidding is open already.",
            "english": "bidding is open already.",
            "over": NOTHING,
        },
    ),
    (
        Pause(),
        {
            "empty": NOTHING,
            "requesting": [ev.Paused(0.0)],
            "gathering": [ev.Paused(0.0)],
            "sealed": [ev.Paused(0.0)],
            "english": [ev.Paused(0.0)],
            "paused": "it is paused already.",
            "over": NOTHING,
        },
    ),
    (
        GoOn(),
        {
            "empty": NOTHING,
            "requesting": "it is not paused.",
            "gathering": "it is not paused.",
            "english": "it is not paused.",
            "paused": [ev.Resumed(0.0)],
            "over": NOTHING,
        },
    ),
    (
        Extend(30),
        {
            "empty": NOTHING,
            "requesting": NOT_OPEN,
            "gathering": NOT_OPEN,
            "sealed": [ev.Extended(330.0, 330)],
            "english": [ev.Extended(90.0, 90)],
            "paused": [ev.Extended(330.0, 330)],
            "over": NOTHING,
        },
    ),
    (
        Void(),
        {
            "empty": NOTHING,
            "requesting": NOT_OPEN,
            "gathering open": NOT_OPEN,
            "sealed": "sealed bids cannot be voided.",
            "english": "there is no bid.",
            "bid": [ev.Voided(2, 110, 1, 100)],
            "over": NOTHING,
        },
    ),
    (
        Bid(1, b"120"),
        {
            "empty": NOTHING,
            "requesting": NOT_OPEN,
            "gathering": NOT_OPEN,
            "sealed": [ev.BidTaken(1, 120)],
            "english": [ev.Raised(1, 120, None)],
            "bid": [ev.Raised(1, 120, 2)],
            "paused": PAUSED,
            "over": NOTHING,
        },
    ),
    (
        Expel(1),
        {
            "empty": NOTHING,
            "requesting": "Buyer 1 is not there.",
            "gathering": [ev.Expelled(1), ev.Left(1)],
            "sealed": [ev.Expelled(1), ev.Left(1)],
            "paused": [ev.Expelled(1), ev.Left(1)],
            "bid": [ev.Expelled(1), ev.Left(1)],
            "over": NOTHING,
        },
    ),
    (
        Readmit(1),
        {
            "empty": NOTHING,
            "gathering": "Buyer 1 is not expelled.",
            "sealed": "Buyer 1 is not expelled.",
            "over": NOTHING,
        },
    ),
    (
        Tell("Tea is served."),
        {
            "empty": NOTHING,
            "requesting": [ev.Announced("Tea is served.")],
            "gathering": [ev.Announced("Tea is served.")],
            "sealed": [ev.Announced("Tea is served.")],
            "paused": [ev.Announced("Tea is served.")],
            "over": NOTHING,
        },
    ),
    (
        Close(),
        {
            "empty": NOT_OPEN,
            "requesting": NOT_OPEN,
            "gathering": NOT_OPEN,
            "sealed": [ev.BiddingClosed(None), ev.Unsold(None)],
            "bid": [ev.BiddingClosed(None), ev.Sold(2, 110, 110)],
            "paused": [ev.BiddingClosed(None), ev.Unsold(None)],
            "over": NOT_OPEN,
        },
    ),
    (
        Cancel(),
        {
            "empty": "there is no auction to cancel.",
            "requesting": "say why.",
            "paused": "say why.",
            "over": "there is no auction to cancel.",
        },
    ),
]
"""The effect of each order in each phase."""


class PhaseTests(SynchronousTestCase):
    def test_table(self) -> None:
        for action, phases in PHASES:
            for phase, expected in phases.items():
                self.assertEqual(effect(in_phase(phase), action), expected, (action, phase))

    def test_twice(self) -> None:
        """The second order finds the first one done."""
        orders: list[tuple[str, Action, str]] = [
            ("gathering", Open(), "bidding is open already."),
            ("gathering", Pause(), "it is paused already."),
            ("paused", GoOn(), "it is not paused."),
            ("sealed", Close(), NOT_OPEN),
            ("sealed", Expel(1), "Buyer 1 is expelled already."),
        ]
        for phase, action, refused in orders:
            auction = in_phase(phase)
            self.assertIsInstance(effect(auction, action), list)
            self.assertEqual(effect(auction, action), refused)

    def test_open_while_paused(self) -> None:
        auction = in_phase("gathering")
        effect(auction, Pause())
        self.assertEqual(effect(auction, Open()), PAUSED)

    def test_open_without_buyers(self) -> None:
        """Others may join open bidding, but nobody would answer a sealed lot."""
        auction = Auction(STANDARD_TERMS)
        run(auction, Arrive("s"), Say(SELLER, ENGLISH))
        self.assertEqual(effect(auction, Open()), [ev.BiddingOpened(60.0)])
        self.assertEqual(run(auction, Arrive("b"), Say(1, b"100"))[-1], ev.Raised(1, 100, None))

    def test_open_without_a_lot(self) -> None:
        auction = sale(b"1 5 1 Cup")
        run(auction, Schedule(50.0), Arrive("b"))
        self.assertEqual(effect(auction, Open()), "no lot is up.")

    def test_open_for_the_seller_of_the_lot(self) -> None:
        """It is no Buyer of this lot."""
        lots = (Lot(parse_request(b"1 5 1 Cup", 9), seller=1),)
        auction = Auction(STANDARD_TERMS, lots)
        run(auction, Arrive("b"))
        self.assertEqual(effect(auction, Open()), "no Buyer is there.")

    def test_open_before_the_pause_of_a_lot_is_over(self) -> None:
        auction = sale(b"1 5 3 Cup")
        run(auction, Arrive("b"))
        self.assertEqual(effect(auction, Open(), 1.0), [ev.BiddingOpened(61.0)])
        self.assertEqual(list(auction.asked), [1])

    def test_words(self) -> None:
        """They could disturb a log or a terminal."""
        auction = in_phase("sealed")
        orders: list[tuple[Action, str, str]] = [
            (Close(), "", ""),
            (Close(), "\x1b", ""),
            (Pause(), "operator", "\u202e"),
            (Tell(""), "operator", ""),
            (Tell("one\ntwo"), "operator", ""),
        ]
        for action, actor, reason in orders:
            order = Order(action, actor, reason)
            self.assertRaises(OrderRefused, auction.decide, order, 0.0)

    def test_actor_and_reason(self) -> None:
        auction = in_phase("sealed")
        self.assertEqual(
            run(auction, Order(Pause(), "paddle 7", "The bell rings.")),
            [ev.Ordered("pause", "paddle 7", "The bell rings."), ev.Paused(0.0)],
        )


class ExtendTests(SynchronousTestCase):
    def test_calls_begin_again(self) -> None:
        auction = opened(ENGLISH)
        run(auction, Wake(), when=54.0)
        run(auction, Wake(), when=57.0)
        self.assertEqual(auction.calls, 2)
        self.assertEqual(effect(auction, Extend(10), 58.0), [ev.Extended(70.0, 12)])
        self.assertEqual((auction.calls, auction.wake_at), (0, 64.0))

    def test_dutch(self) -> None:
        """The price on the clock stands for longer."""
        auction = opened(b"4:start=200:step=50:interval=5 100 1 Cup")
        effect(auction, Extend(10), 2.0)
        self.assertEqual(auction.wake_at, 15.0)
        self.assertEqual(run(auction, Wake(), when=15.0), [ev.PriceFell(150, 20.0)])

    def test_no_end(self) -> None:
        auction = opened(b"1 100 1 Cup", Terms(bid_timeout=0))
        self.assertEqual(effect(auction, Extend(10)), "the bidding has no end to move.")

    def test_seconds(self) -> None:
        auction = opened(ENGLISH)
        for seconds in (0, -1, 10**9):
            self.assertEqual(
                effect(auction, Extend(seconds)), "seconds are a whole number from 1 to 604800."
            )


class PauseTests(SynchronousTestCase):
    def test_no_second_is_lost(self) -> None:
        auction = opened(ENGLISH)
        run(auction, Say(1, b"100"), when=50.0)
        effect(auction, Pause(), 50.25)
        self.assertIsNone(auction.wake_at)
        self.assertEqual(auction.seconds_left(2000.0), 10)
        self.assertEqual(run(auction, Wake(), when=2000.0), [])
        effect(auction, GoOn(), 3000.25)
        self.assertEqual(auction.deadline, 3010.0)
        self.assertEqual(run(auction, Wake(), when=3004.0), [ev.Called(1)])

    def test_no_line_counts(self) -> None:
        """Neither a bid nor a pass, nor a request, nor close."""
        lot = sale(b"1 5 1 Cup")
        run(lot, Arrive("b"))
        run(lot, Wake(), when=5.0)
        for auction, who, line in [
            (opened(ENGLISH), 1, b"100"),
            (opened(ENGLISH), SELLER, b"close"),
            (opened(b"1 100 1 Cup"), 1, b"100"),
            (in_phase("requesting"), SELLER, b"1 100 1 Cup"),
            (lot, 1, b"pass"),
        ]:
            effect(auction, Pause(), 5.0)
            self.assertRaises(IsPaused, auction.decide, Say(who, line), 6.0)
            effect(auction, GoOn(), 100.0)
            self.assertNotEqual(run(auction, Say(who, line), when=101.0), [])

    def test_last_buyer_comes_in_a_pause(self) -> None:
        """Bidding opens when the pause is over."""
        for terms, opens_at in [(STANDARD_TERMS, 100.0), (Terms(settle=2), 102.0)]:
            auction = Auction(terms)
            run(auction, Arrive("s"), Say(SELLER, b"1 100 1 Cup"), Order(Pause()))
            self.assertEqual(len(run(auction, Arrive("b"), when=50.0)), 1)
            self.assertIsNone(auction.wake_at)
            effect(auction, GoOn(), 100.0)
            self.assertEqual(auction.wake_at, opens_at)
            self.assertEqual(
                run(auction, Wake(), when=opens_at), [ev.BiddingOpened(opens_at + 300)]
            )

    def test_last_buyer_of_a_lot_comes_in_a_pause(self) -> None:
        auction = sale(b"1 5 2 Cup")
        run(auction, Arrive("b1"))
        effect(auction, Pause(), 20.0)
        self.assertEqual(run(auction, Arrive("b2"), when=30.0), [ev.Arrived(2, "b2")])
        effect(auction, GoOn(), 40.0)
        self.assertEqual(run(auction, Wake(), when=40.0), [ev.BiddingOpened(100.0)])

    def test_lot_ends_in_a_pause(self) -> None:
        """The next lot is paused, too."""
        auction = sale(b"1 5 1 Cup", b"1 5 1 Vase")
        run(auction, Arrive("b"))
        run(auction, Wake(), when=5.0)
        effect(auction, Pause(), 6.0)
        events = run(auction, Leave(1), when=50.0)
        announced = events[-1]
        assert isinstance(announced, ev.LotAnnounced)
        self.assertEqual((announced.lot, announced.opens_at), (2, 11.0))
        run(auction, Arrive("b"), when=60.0)
        effect(auction, GoOn(), 106.0)
        self.assertEqual(auction.wake_at, 111.0)

    def test_gathering_time_stands(self) -> None:
        auction = Auction(Terms(gathering_timeout=60))
        run(auction, Arrive("s"), Say(SELLER, b"1 100 1 Cup"))
        effect(auction, Pause(), 10.0)
        effect(auction, GoOn(), 1000.0)
        self.assertEqual((auction.wake_at, auction.gathered_by), (1050.0, 1050.0))

    def test_house_closes_in_a_pause(self) -> None:
        """The pause goes on, and its length moves every time once."""
        auction = opened(ENGLISH)
        effect(auction, Pause(), 10.0)
        run(auction, Stop(), when=20.0)
        self.assertEqual(run(auction, Reopen(20.0), when=500.0), [ev.Reopened(60.0)])
        self.assertIsNone(auction.wake_at)
        effect(auction, GoOn(), 600.0)
        self.assertEqual(auction.deadline, 650.0)


class VoidTests(SynchronousTestCase):
    def test_earlier_bids(self) -> None:
        """A bid holds if another Buyer made it earlier; then the one before, and then none."""
        auction = opened(ENGLISH)
        for who, amount in [(1, 100), (2, 110), (1, 120), (2, 500)]:
            run(auction, Say(who, b"%d" % amount))
        self.assertEqual(effect(auction, Void()), [ev.Voided(2, 500, 1, 120)])
        self.assertEqual(auction.bids, {2: 110, 1: 120})
        self.assertEqual(auction.open_bids, [(1, 100), (2, 110), (1, 120)])
        self.assertEqual(auction.binding_bid(1), 120)
        self.assertRaises(BidTooLow, auction.decide, Say(2, b"124"), 0.0)
        self.assertEqual(effect(auction, Void()), [ev.Voided(1, 120, 2, 110)])
        self.assertEqual(effect(auction, Void()), [ev.Voided(2, 110, 1, 100)])
        self.assertEqual(effect(auction, Void()), [ev.Voided(1, 100, None, None)])
        self.assertEqual(effect(auction, Void()), "there is no bid.")
        self.assertEqual((auction.bids, auction.holder), ({}, None))
        self.assertEqual(run(auction, Say(1, b"100")), [ev.Raised(1, 100, None)])

    def test_own_earlier_bid(self) -> None:
        """A Buyer whose bid is voided does not hold by its bid before."""
        auction = opened(ENGLISH)
        run(auction, Say(1, b"100"), Say(1, b"1000"))
        self.assertEqual(effect(auction, Void()), [ev.Voided(1, 1000, None, None)])
        self.assertEqual(
            run(auction, Order(Close()))[1:], [ev.BiddingClosed(None), ev.Unsold(None)]
        )

    def test_expelled(self) -> None:
        """The bid of an expelled Buyer stands until it is voided, and never holds again."""
        auction = opened(ENGLISH.replace(b" 2 ", b" 3 "))
        run(auction, Say(1, b"100"), Say(2, b"110"), Order(Expel(2)), Say(3, b"120"))
        self.assertEqual(effect(auction, Void()), [ev.Voided(3, 120, 1, 100)])
        run(auction, Say(3, b"130"), Order(Expel(3)))
        self.assertEqual(auction.holder, 3)
        self.assertEqual(effect(auction, Void()), [ev.Voided(3, 130, 1, 100)])
        self.assertEqual(run(auction, Order(Close()))[-1], ev.Sold(1, 100, 100))

    def test_holder_may_have_left(self) -> None:
        auction = opened(ENGLISH)
        run(auction, Say(1, b"100"), Leave(1), Say(2, b"110"))
        self.assertEqual(effect(auction, Void()), [ev.Voided(2, 110, 1, 100)])

    def test_limit(self) -> None:
        """An earlier bid above a Buyer's limit, or on a lot too many, does not hold."""
        for allowances, highest in [
            ({1: Allowance(300, 180)}, (1, 120)),
            ({1: Allowance(300, 190)}, (2, 110)),
            ({1: Allowance(300, 190), 2: Allowance(lots=2, won=1)}, (2, 110)),
            ({1: Allowance(300, 190), 2: Allowance(lots=2, won=2)}, (1, 100)),
            ({1: Allowance(50), 2: Allowance(50)}, (None, None)),
        ]:
            auction = Auction(STANDARD_TERMS)
            run(auction, Arrive("", None, SELLER, 9), Say(SELLER, ENGLISH.replace(b" 2 ", b" 3 ")))
            run(auction, *[Arrive("", None, who, who) for who in (1, 2, 3)])
            for who, amount in [(1, 100), (2, 110), (1, 120), (3, 500)]:
                run(auction, Say(who, b"%d" % amount))
            voided = effect(auction, Void(), allowances=allowances)
            self.assertEqual(voided, [ev.Voided(3, 500, *highest)])

    def test_time_to_bid_again(self) -> None:
        """In the last seconds, a voided bid moves the end, as a bid does."""
        auction = opened(ENGLISH)
        run(auction, Say(1, b"100"))
        run(auction, Wake(), when=54.0)
        self.assertEqual(
            effect(auction, Void(), 55.0), [ev.Voided(1, 100, None, None), ev.Extended(65.0, 10)]
        )
        self.assertEqual(auction.calls, 0)

    def test_paused(self) -> None:
        """The time left is that of the pause."""
        auction = opened(ENGLISH)
        run(auction, Say(1, b"100"), Order(Pause()))
        self.assertEqual(effect(auction, Void(), 500.0), [ev.Voided(1, 100, None, None)])

    def test_next_lot_forgets(self) -> None:
        lot = b"3:duration=9 5 1 "
        auction = sale(lot + b"Cup", lot + b"Vase")
        run(auction, Arrive("b"))
        run(auction, Wake(), Say(1, b"5"), Order(Void()), Say(1, b"5"), Order(Close()), when=5.0)
        self.assertEqual((auction.open_bids, auction.voided), ([], {}))


class BidTests(SynchronousTestCase):
    def refused(self, auction: Auction, action: Bid) -> Refusal:
        refusal: Refusal = self.assertRaises(Refusal, auction.decide, Order(action), 6.0)
        return refusal

    def test_sealed(self) -> None:
        """The last bid awaited ends the auction."""
        auction = opened(b"2 100 2 Cup")
        run(auction, Say(1, b"150"))
        self.assertEqual(
            effect(auction, Bid(2, b"120")), [ev.BidTaken(2, 120), ev.Sold(1, 150, 120)]
        )

    def test_sealed_bid_of_a_person_who_is_away(self) -> None:
        """It counts, but the others are waited for."""
        auction = opened(b"2 100 2 Cup")
        self.assertEqual(effect(auction, Bid(7, b"900", True)), [ev.BidTaken(7, 900)])
        self.assertIsInstance(self.refused(auction, Bid(7, b"910", True)), BidAlreadyIn)
        run(auction, Say(1, b"150"))
        self.assertEqual(run(auction, Say(2, b"120"))[-1], ev.Sold(7, 900, 150))

    def test_late_arrival(self) -> None:
        """A Buyer who waits for the next lot is not asked, but the operator may bid for it."""
        auction = sale(b"1 5 1 Cup", b"1 5 1 Vase")
        run(auction, Arrive("b1"))
        run(auction, Wake(), Arrive("b2"), when=5.0)
        self.assertEqual(effect(auction, Bid(2, b"9"), 6.0), [ev.BidTaken(2, 9)])
        self.assertEqual(run(auction, Say(1, b"8"), when=6.0)[1], ev.Sold(2, 9, 9))

    def test_passed(self) -> None:
        auction = sale(b"1 5 2 Cup")
        run(auction, Arrive("b1"), Arrive("b2"))
        run(auction, Wake(), Say(1, b"pass"), when=5.0)
        self.assertIsInstance(self.refused(auction, Bid(1, b"9")), HasPassed)

    def test_open(self) -> None:
        """A jump needs no second bid, but the limits hold."""
        auction = opened(b"3:increment=5:jump=2 100 1 Cup", Terms(max_bid=1000))
        self.assertEqual(effect(auction, Bid(7, b"900", True)), [ev.Raised(7, 900, None)])
        self.assertIsInstance(self.refused(auction, Bid(1, b"904")), BidTooLow)
        self.assertIsInstance(self.refused(auction, Bid(1, b"1001")), BidTooHigh)

    def test_limit(self) -> None:
        for request in (b"1 100 1 Cup", ENGLISH):
            auction = opened(request)
            order = Order(Bid(7, b"150", True), allowances={7: Allowance(300, 160)})
            with self.assertRaises(AboveLimit):
                run(auction, order)
            (taken, *_) = run(auction, replace(order, allowances={7: Allowance(300, 150)}))[1:]
            assert isinstance(taken, ev.BidTaken | ev.Raised)
            self.assertEqual((taken.limit, taken.bound), (300, 150))

    def test_dutch(self) -> None:
        auction = opened(b"4:start=200:step=50:interval=5 100 1 Cup")
        self.assertEqual(
            effect(auction, Bid(7, b"300", True)), [ev.BidTaken(7, 200), ev.Sold(7, 200, 200)]
        )

    def test_wrong(self) -> None:
        auction = opened(ENGLISH)
        run(auction, Order(Expel(2)))
        number = "a bid is a whole number from 1 to 999999999999999999."
        for action, why in [
            (Bid(7, b"100"), "Buyer 7 is not there."),
            (Bid(7, b"x"), f"Buyer 7 is not there, and {number}"),
            (Bid(SELLER, b"100"), "the Seller is not there."),
            (Bid(2, b"100"), "Buyer 2 is expelled."),
            (Bid(2, b"100", True), "Buyer 2 is expelled."),
            (Bid(1, b"accept"), number),
            (Bid(1, b"1" * 19), number),
        ]:
            self.assertEqual(effect(auction, action), why)

    def test_buyer_who_has_left(self) -> None:
        auction = opened(ENGLISH)
        run(auction, Say(1, b"100"), Leave(1), Leave(2))
        self.assertEqual(effect(auction, Bid(1, b"105")), [ev.Raised(1, 105, None)])
        self.assertEqual(effect(auction, Bid(2, b"110")), "Buyer 2 is not there.")


class ExpelTests(SynchronousTestCase):
    def test_cannot_come_again(self) -> None:
        auction = opened(ENGLISH)
        run(auction, Order(Expel(1)))
        self.assertRaises(IsExpelled, auction.decide, Arrive("b", "digest", 1), 0.0)
        self.assertEqual(effect(auction, Readmit(1)), [ev.Readmitted(1)])
        self.assertEqual(
            run(auction, Arrive("b", "digest", 1)), [ev.Arrived(1, "b", ticket_digest="digest")]
        )
        self.assertEqual(effect(auction, Expel(1)), [ev.Expelled(1), ev.Left(1)])

    def test_next_lot(self) -> None:
        auction = sale(b"1 5 1 Cup", b"1 5 1 Vase")
        run(auction, Arrive("b"))
        run(auction, Wake(), when=5.0)
        self.assertEqual(run(auction, Order(Expel(1)), when=6.0)[3], ev.Unsold(None))
        self.assertRaises(IsExpelled, auction.decide, Arrive("b", "digest", 1), 6.0)

    def test_bid_stands(self) -> None:
        auction = opened(b"1 100 2 Cup")
        run(auction, Say(1, b"150"), Order(Expel(1)))
        self.assertEqual(run(auction, Say(2, b"120"))[-1], ev.Sold(1, 150, 150))

    def test_away(self) -> None:
        """A Buyer who has left, and a person who has not come yet."""
        auction = opened(ENGLISH)
        run(auction, Leave(1))
        self.assertEqual(effect(auction, Expel(1)), [ev.Expelled(1)])
        self.assertEqual(effect(auction, Expel(7)), "Buyer 7 is not there.")
        self.assertEqual(effect(auction, Expel(7, True)), [ev.Expelled(7)])
        self.assertRaises(IsExpelled, auction.decide, Arrive("", None, 7, 7), 0.0)

    def test_seller(self) -> None:
        """Without its Seller, an auction whose bidding is not open is cancelled."""
        auction = in_phase("gathering")
        self.assertEqual(
            effect(auction, Expel(SELLER)),
            [ev.Expelled(SELLER), ev.Left(SELLER), ev.Cancelled("The Seller has left.")],
        )
        auction = in_phase("sealed")
        self.assertEqual(effect(auction, Expel(SELLER)), [ev.Expelled(SELLER), ev.Left(SELLER)])


TYPES = [b"1 3 %d Cup", b"2 3 %d Cup", b"4:start=9:step=2:interval=4 3 %d Cup"] + [
    b"3:increment=%d:duration=30:extension=%d 3 %%d Cup" % rules for rules in [(1, 0), (2, 8)]
]
LOTS = st.builds(lambda kind, buyers: kind % buyers, st.sampled_from(TYPES), st.integers(1, 3))
ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.sampled_from([Open(), Pause(), GoOn(), GoOn(), Close(), Cancel(), Tell("Hear!")]),
    st.just(Void()),
    st.integers(1, 20).map(Extend),
    st.builds(
        lambda who, amount, away: Bid(who, b"%d" % amount, away),
        st.integers(0, 6),
        st.integers(1, 20),
        st.booleans(),
    ),
    st.builds(Expel, st.integers(0, 5), st.booleans()),
    st.builds(Readmit, st.integers(0, 5)),
)


IMPOSSIBLE_IN_A_PAUSE = {ev.RequestAccepted, ev.BiddingOpened, ev.BidTaken, ev.Raised} | {
    *(ev.Called, ev.PriceFell, ev.Missed, ev.Passed)
}
"""The events of a line, or of time."""


@dataclass
class Played:
    """What has happened in a lot, followed from its events alone.

    :ivar bids: the open bids that count, with the highest last.
    :ivar voided: the bids that do not count.
    """

    bids: list[tuple[int, int]] = field(default_factory=list)
    voided: set[tuple[int, int]] = field(default_factory=set)


class OrderProperties(SynchronousTestCase):
    """Arrivals, lines, departures, time, closures and orders in any sequence."""

    def play(self, data: st.DataObject, auction: Auction) -> None:
        """Play until the end, or for sixty steps.

        The clock of the oracle counts the seconds in which the auction is neither paused nor
        closed. By that clock, every deadline must come as if there were no pause.
        """
        self.when, self.stood, self.paused = 1000.0, 0.0, False
        self.expelled: set[int] = set()
        self.lot = Played()
        self.happened: list[Event] = []
        for _ in range(60):
            if auction.phase is Phase.ENDED:
                break
            here = sorted(auction.present)
            step = data.draw(st.sampled_from("aaasssssssslwwwwooooz" if here else "aaaow"))
            match step:
                case "a":
                    back = data.draw(st.sampled_from([None, None, 1, 2, 3]))
                    can_come = back is not None and SELLER < back <= auction.last_arrival
                    if can_come and back not in auction.present:
                        self.does(auction, Arrive("x", None, back))
                    else:
                        self.does(auction, Arrive("x"))
                case "s":
                    who = data.draw(st.sampled_from(here))
                    amount = st.integers(1, 20).map(lambda amount: b"%d" % amount)
                    lines = amount | st.sampled_from([b"accept", b"pass", b"x"])
                    if who == SELLER:
                        lines = LOTS | st.just(b"close")
                    self.does(auction, Say(who, data.draw(lines)))
                case "l":
                    self.does(auction, Leave(data.draw(st.sampled_from(here))))
                case "w":
                    seconds = data.draw(st.sampled_from([0.5, 1.0, 5.0, 40.0, 400.0]))
                    self.when += seconds
                    self.stood += seconds if self.paused else 0
                    self.does(auction, Wake())
                case "o":
                    reason = data.draw(st.sampled_from(["", "So be it."]))
                    self.does(auction, Order(data.draw(ACTIONS), "operator", reason))
                case "z":
                    self.closes(auction, data.draw(st.sampled_from([0.0, 3.0, 10**6])))

    def closes(self, auction: Auction, seconds: float) -> None:
        """The house closes, and opens again later."""
        self.does(auction, Stop())
        if auction.is_stopped:
            closed_at = self.when
            self.when += seconds
            self.stood += seconds
            self.does(auction, Reopen(closed_at), is_awake=False)

    def does(self, auction: Auction, command: Command, is_awake: bool = True) -> None:
        while is_awake and (wake_at := auction.wake_at) is not None and self.when >= wake_at:
            self.decide(auction, Wake())
        if auction.phase is Phase.ENDED:
            return
        if isinstance(command, Say | Leave) and command.who not in auction.present:
            return
        if isinstance(command, Say) and command.who in auction.silent:
            self.decide(auction, Speak(command.who))
        self.decide(auction, command)

    def decide(self, auction: Auction, command: Command) -> None:
        try:
            events = auction.decide(command, self.when)
        except Refusal:
            return
        previous: Event | None = None
        for event in events:
            self.assertIn((auction.phase, type(event)), TRANSITIONS)
            check_event(auction, event, self.when, previous)
            self.follow(auction, event, previous)
            auction.apply(event)
            self.happened.append(event)
            previous = event
            self.hold(auction)

    def follow(self, auction: Auction, event: Event, previous: Event | None) -> None:
        """Follow an event with the oracle, before it is applied."""
        self.assertFalse(self.paused and type(event) in IMPOSSIBLE_IN_A_PAUSE)
        lot = self.lot
        match event:
            case ev.RequestAccepted() | ev.LotAnnounced():
                self.lot = Played()
            case ev.BidTaken() | ev.Raised():
                self.assertNotIn(event.who, self.expelled)
                lot.bids.append((event.who, event.amount))
                lot.voided.discard((event.who, event.amount))
            case ev.Voided():
                self.assertEqual(lot.bids[-1], (event.who, event.amount))
                lot.bids, highest = highest_after_void(lot.bids, self.expelled)
                self.assertEqual((event.holder, event.bid), highest or (None, None))
                lot.voided.add((event.who, event.amount))
            case ev.Arrived():
                self.assertNotIn(event.who, self.expelled)
            case ev.Expelled():
                self.expelled.add(event.who)
            case ev.Readmitted():
                self.expelled.remove(event.who)
            case ev.Paused():
                self.assertFalse(self.paused)
                self.paused = True
                self.left = None if auction.deadline is None else auction.deadline - self.when
            case ev.Resumed():
                self.assertTrue(self.paused)
                self.paused = False
            case ev.Sold():
                self.assertNotIn((event.winner, event.highest_bid), lot.voided)
                if auction.is_open:
                    self.assertEqual(lot.bids[-1], (event.winner, event.payment))
            case ev.Unsold() if auction.is_open:
                self.assertEqual(lot.bids, [])
        if not isinstance(event, ev.Ordered) and isinstance(previous, ev.Ordered):
            self.assertNotEqual(event, previous)

    def hold(self, auction: Auction) -> None:
        """What must hold after each event."""
        if self.paused:
            self.assertIsNone(auction.wake_at)
        if auction.phase is not Phase.BIDDING or not isinstance(auction.format, English):
            return
        highest = self.lot.bids[-1] if self.lot.bids else None
        holds = None if auction.holder is None else (auction.holder, auction.bids[auction.holder])
        self.assertEqual(holds, highest)
        least = 3 if highest is None else highest[1] + auction.format.increment_at(0)
        self.assertEqual(auction.format.asking_price(auction), least)

    @given(st.data())
    def test_seller(self, data: st.DataObject) -> None:
        terms = Terms(settle=data.draw(st.sampled_from([0, 5])), gathering_timeout=60)
        self.play(data, Auction(terms))

    @given(st.data(), st.lists(LOTS, min_size=1, max_size=3))
    def test_sale(self, data: st.DataObject, lots: list[bytes]) -> None:
        self.play(data, sale(*lots, terms=Terms(lot_pause=3)))

    @given(
        st.lists(
            st.tuples(st.sampled_from([0.5, 2.0, 7.0, 11.0]), st.sampled_from("bpgzev")),
            max_size=30,
        ),
        st.sampled_from([0, 4, 10]),
    )
    def test_pause_loses_no_second(self, steps: list[tuple[float, str]], extension: int) -> None:
        """An English auction ends after as many seconds without pauses as the oracle counts."""
        auction = opened(b"3:duration=30:extension=%d 3 1 Cup" % extension)
        self.when, self.stood, self.paused = 0.0, 0.0, False
        self.expelled, self.lot, self.happened = set(), Played(), []
        end = 30.0
        for seconds, step in [*steps, (0.5, "g")]:
            self.when += seconds
            self.stood += seconds if self.paused else 0
            run_for = self.when - self.stood
            self.does(auction, Wake())
            self.assertEqual(auction.phase is Phase.ENDED, run_for >= end)
            if auction.phase is Phase.ENDED:
                return
            late = max(end, run_for + extension)
            match step:
                case "b" if not self.paused:
                    end = late
                    self.does(auction, Say(1, b"%d" % (max([*auction.bids.values(), 2]) + 1)))
                case "p":
                    self.does(auction, Order(Pause()))
                case "g":
                    self.does(auction, Order(GoOn()))
                case "e":
                    end += 5
                    self.does(auction, Order(Extend(5)))
                case "v" if auction.bids:
                    end = late
                    self.does(auction, Order(Void()))
                case "z":
                    self.closes(auction, 50.0)
        self.when += end - (self.when - self.stood) - 0.25
        self.does(auction, Wake())
        self.assertIs(auction.phase, Phase.BIDDING)
        self.when += 0.25
        self.does(auction, Wake())
        self.assertIs(auction.phase, Phase.ENDED)
        self.assertIn(type(self.happened[-1]), RESULTS)
