"""Checks of single events. ``cli/test_ledger_verify`` has whole files."""

from dataclasses import replace

from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.check import check_event, check_format_event
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Arrive, Command, Say, Stop
from twisted_auction.rules.events import (
    SELLER,
    Announced,
    Arrived,
    BiddingClosed,
    BidTaken,
    Called,
    Event,
    Expelled,
    Left,
    Missed,
    Ordered,
    Passed,
    Paused,
    PriceFell,
    Raised,
    Readmitted,
    Reopened,
    Resumed,
    Sold,
    Spoke,
    Unsold,
    Voided,
)
from twisted_auction.rules.terms import Terms


def auction_of(request: bytes, *lines: tuple[int, bytes]) -> Auction:
    """An auction with its Buyers, after these lines."""
    auction = Auction(Terms())
    commands: list[Command] = [Arrive("s"), Say(SELLER, request)]
    commands += [Arrive(f"b{number}") for number in range(int(request.split()[2]))]
    commands += [Say(who, line) for who, line in lines]
    for command in commands:
        for event in auction.decide(command, 0.0):
            auction.apply(event)
    return auction


class CheckTests(SynchronousTestCase):
    def refused(self, auction: Auction, event: Event, reason: str) -> None:
        error = self.assertRaises(ValueError, check_event, auction, event, 0.0, None)
        self.assertEqual(str(error), reason)

    def test_bids_are_awaited(self) -> None:
        """A result needs all bids, unless the bidding was closed."""
        auction = auction_of(b"2 100 3 Sword", (1, b"150"), (2, b"120"))
        result = Sold(1, 150, 120)
        self.refused(auction, result, "bids are awaited")
        check_event(auction, result, 0.0, BiddingClosed(None))
        auction.apply(Left(3))
        check_event(auction, result, 0.0, None)

    def test_result(self) -> None:
        auction = auction_of(b"2 100 3 Sword", (1, b"150"), (2, b"120"))
        auction.apply(BidTaken(3, 130))
        check_event(auction, Sold(1, 150, 130), 0.0, None)
        for result in (Sold(1, 150, 120), Sold(3, 130, 120), Unsold(150), Unsold(None)):
            self.refused(auction, result, "the bids have another result")

    def test_phase(self) -> None:
        auction = auction_of(b"2 100 1 Sword")
        self.refused(
            Auction(Terms()), BidTaken(1, 100), "BidTaken cannot happen while nobody is there"
        )
        self.refused(auction, Arrived(1, "b1"), "participant 1 is there already")
        self.refused(auction, Left(7), "participant 7 is not there")
        self.refused(auction, BidTaken(7, 100), "participant 7 is not there")
        for event in auction.decide(Stop(), 0.0):
            auction.apply(event)
        self.refused(auction, BidTaken(1, 100), "the house is closed")
        check_event(auction, Reopened(None), 0.0, None)

    def test_paddle(self) -> None:
        """The paddle of a Buyer is its number, and a ledger has no address of a person."""
        auction = auction_of(b"2 100 3 Sword")
        auction.apply(Left(3))
        for arrived in (Arrived(3, "", paddle=17), Arrived(17, "b17", paddle=17)):
            reason = "the person with paddle 17 has no other number, and no address"
            self.refused(auction, arrived, reason)
        check_event(Auction(Terms()), Arrived(SELLER, "", 300.0, paddle=17), 0.0, None)

    def test_paddle_of_the_seller(self) -> None:
        """A person does not bid on its own item."""
        auction = Auction(Terms())
        for command in (
            Arrive("", who=SELLER, paddle=17),
            Say(SELLER, b"english 100 1 Sword"),
            Arrive("", who=18, paddle=18),
        ):
            for event in auction.decide(command, 0.0):
                auction.apply(event)
        reason = "Buyer 17 is the seller of the lot"
        self.by_order(auction, Raised(17, 100, None), "bid", reason)
        self.by_order(auction, Raised(18, 100, None), "bid")

    def test_no_sale(self) -> None:
        """Only the lots of a sale can be passed or missed."""
        auction = auction_of(b"1 100 2 Sword")
        self.refused(auction, Passed(1), "Buyer 1 cannot pass here")
        self.refused(auction, Missed(1, 60), "Buyer 1 cannot miss what it is not asked for")
        self.refused(auction, Spoke(1), "Buyer 1 has missed nothing")

    def test_open_bidding(self) -> None:
        english = auction_of(b"english 100 1 Sword")
        (bid, *_) = english.format.decide(english, 1, b"100", 0.0)
        assert isinstance(bid, Raised)
        check_event(english, bid, 0.0, None)
        too_low = replace(bid, amount=99)
        self.refused(english, too_low, "Buyer 1 cannot bid this amount here")
        self.refused(english, Reopened(None), "open bidding always has an end")
        dutch = auction_of(b"dutch:start=200:step=30:interval=4 100 1 Sword")
        (fell, *_) = dutch.format.pass_time(dutch)
        assert isinstance(fell, PriceFell)
        check_event(dutch, PriceFell(fell.price, 17.0), 0.0, None)
        self.refused(
            dutch, PriceFell(160, 4.0), "by the rules of the format, something else comes next"
        )

    def by_order(self, auction: Auction, event: Event, order: str, reason: str = "") -> None:
        """Check an event right after an order, and apply it; or find it refused."""
        ordered = Ordered(order, "operator", "")
        if reason:
            error = self.assertRaises(ValueError, check_event, auction, event, 0.0, ordered)
            self.assertEqual(str(error), reason)
        else:
            check_event(auction, event, 0.0, ordered)
            auction.apply(event)

    def test_effects_follow_their_orders(self) -> None:
        auction = auction_of(b"english 100 2 Sword", (1, b"100"))
        effects: list[tuple[Event, str]] = [
            (Paused(0.0), "pause"),
            (Resumed(5.0), "go on"),
            (Voided(1, 100, None, None), "void"),
            (Expelled(7), "expel"),
            (Readmitted(7), "readmit"),
            (Announced("Tea."), "say"),
        ]
        for event, order in effects:
            reason = f"{type(event).__name__} does not follow its order"
            self.refused(auction, event, reason)
            self.by_order(auction, event, "close", reason)
            self.by_order(auction, event, order)

    def test_pause(self) -> None:
        auction = auction_of(b"english 100 2 Sword")
        self.by_order(auction, Resumed(5.0), "go on", "it is not paused")
        self.by_order(auction, Paused(0.0), "pause")
        self.by_order(auction, Paused(0.0), "pause", "it is paused")
        events: list[Event] = [Raised(1, 100, None), Called(1), Passed(1)]
        for event in events:
            self.refused(auction, event, "it is paused")

    def test_voided(self) -> None:
        """The highest bid alone can be voided, and another Buyer made the next one."""
        auction = auction_of(b"english 100 3 Sword", (1, b"100"), (2, b"110"), (2, b"120"))
        self.by_order(auction, Expelled(1), "expel")
        for voided, reason in [
            (Voided(1, 100, None, None), "Buyer 1 has no such highest bid"),
            (Voided(2, 110, None, None), "Buyer 2 has no such highest bid"),
            (Voided(2, 120, 2, 110), "another bid is the highest now"),
            (Voided(2, 120, 1, 100), "another bid is the highest now"),
            (Voided(2, 120, 3, 100), "another bid is the highest now"),
            (Voided(2, 120, None, 100), "another bid is the highest now"),
        ]:
            self.by_order(auction, voided, "void", reason)
        self.by_order(auction, Readmitted(1), "readmit")
        none = Voided(2, 120, None, None)
        self.by_order(auction, none, "void", "another bid is the highest now")
        self.by_order(auction, Voided(2, 120, 1, 100), "void")

    def test_voided_among_persons(self) -> None:
        """A limit can exclude an earlier bid, but not invent one."""
        auction = Auction(Terms())
        for command in (
            Arrive("", who=SELLER, paddle=9),
            Say(SELLER, b"english 100 2 Sword"),
            Arrive("", who=1, paddle=1),
            Arrive("", who=2, paddle=2),
            Say(1, b"100"),
            Say(2, b"110"),
        ):
            for event in auction.decide(command, 0.0):
                auction.apply(event)
        reason = "Buyer 1 has made no such bid"
        self.by_order(auction, Voided(2, 110, 1, 105), "void", reason)
        check_event(auction, Voided(2, 110, 1, 100), 0.0, Ordered("void", "operator", ""))
        self.by_order(auction, Voided(2, 110, None, None), "void")

    def test_expelled(self) -> None:
        auction = auction_of(b"english 100 2 Sword", (1, b"100"))
        self.by_order(auction, Readmitted(1), "readmit", "participant 1 is not expelled")
        self.by_order(auction, Expelled(1), "expel")
        auction.apply(Left(1))
        self.by_order(auction, Expelled(1), "expel", "participant 1 is expelled already")
        self.refused(auction, Arrived(1, "b1"), "participant 1 is expelled")
        self.by_order(auction, Raised(1, 110, None), "bid", "participant 1 is not there")

    def test_bid_by_order(self) -> None:
        """A Buyer who is away can bid only by order, once on a sealed lot, and at a valid price."""
        bids: list[tuple[bytes, Event]] = [
            (b"english 100 1 Sword", Raised(7, 100, None)),
            (b"1 100 1 Sword", BidTaken(7, 100)),
        ]
        for request, bid in bids:
            auction = auction_of(request)
            self.refused(auction, bid, "participant 7 is not there")
            self.by_order(auction, bid, "bid")
            self.by_order(auction, bid, "bid", "Buyer 7 cannot bid this amount here")

    def test_answer(self) -> None:
        """The answer of a format is checked, except for a bid that it has just decided."""
        auction = auction_of(b"1 100 2 Sword", (1, b"150"))
        check_format_event(auction, BidTaken(2, 120), 0.0, None, said=(2, b"120"))
        for event, reason in [
            (BidTaken(2, 10**18), "an amount is a whole number from 1 to 999999999999999999"),
            (Sold(1, 150, 150, ((1, 20),)), "a Buyer owes twice, or without a bid"),
            (Sold(2, 150, 150), "a Buyer owes twice, or without a bid"),
            (BidTaken(1, 160), "Buyer 1 cannot bid this amount here"),
        ]:
            error = self.assertRaises(ValueError, check_format_event, auction, event, 0.0, None)
            self.assertEqual(str(error), reason)
