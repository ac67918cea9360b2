"""The limits of persons in the rules. ``house/test_commitments`` has them across rooms."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from twisted_auction.ledger.check import check_event
from twisted_auction.rules.allowance import Allowance, allowance_of, without_limits
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Arrive, Command, Say
from twisted_auction.rules.events import SELLER, BidTaken, Event, Raised, Sold
from twisted_auction.rules.refusals import (
    AboveLimit,
    BidTooHigh,
    BidTooLow,
    InvalidBid,
    RepeatBid,
    TooManyLots,
)
from twisted_auction.rules.terms import STANDARD_TERMS, Terms

LIMIT = Allowance(limit=500, bound=300)
LOTS = Allowance(lots=2, won=1)


def opened(request: bytes, terms: Terms = STANDARD_TERMS) -> Auction:
    """An auction with Buyers 17 and 40, whose bidding has opened at 0."""
    auction = Auction(terms)
    commands: list[Command] = [Arrive("", who=SELLER, paddle=5), Say(SELLER, request)]
    for paddle in (17, 40):
        commands.append(Arrive("", who=paddle, paddle=paddle))
    for command in commands:
        for event in auction.decide(command, 0.0):
            auction.apply(event)
    return auction


class AllowanceTests(SynchronousTestCase):
    def say(
        self,
        auction: Auction,
        line: bytes,
        allowance: Allowance | None,
        who: int = 17,
        repeats: int | None = None,
    ) -> list[Event]:
        """Decide a line, and apply its events."""
        command = Say(who, line, repeats, None, allowance and {who: allowance})
        events = list(auction.decide(command, 0.0))
        for event in events:
            check_event(auction, event, 0.0, None)
            auction.apply(event)
        return events

    def refused(
        self, auction: Auction, line: bytes, allowance: Allowance, *why: int
    ) -> type[Exception]:
        with self.assertRaises((AboveLimit, TooManyLots)) as caught:
            self.say(auction, line, allowance)
        self.assertEqual(caught.exception.args, why)
        return type(caught.exception)

    def test_sealed(self) -> None:
        """The event keeps the limit that held, and the Buyer is asked again."""
        auction = opened(b"2 100 2 Sword")
        self.assertIs(self.refused(auction, b"201", LIMIT, 300, 500), AboveLimit)
        self.assertIn(17, auction.asked)
        self.assertEqual(
            self.say(auction, b"200", LIMIT), [BidTaken(17, 200, limit=500, bound=300)]
        )
        self.assertEqual(
            self.say(auction, b"150", None, 40), [BidTaken(40, 150), Sold(17, 200, 150)]
        )

    def test_english(self) -> None:
        """A Buyer that raises its own bid is bound for the new bid alone. A refusal tells all that
        it is bound for."""
        auction = opened(b"english 100 2 Sword")
        self.assertEqual(
            self.say(auction, b"120", LIMIT), [Raised(17, 120, None, limit=500, bound=300)]
        )
        self.refused(auction, b"201", LIMIT, 420, 500)
        self.say(auction, b"130", None, 40)
        self.refused(auction, b"201", LIMIT, 300, 500)
        self.assertEqual(
            self.say(auction, b"200", LIMIT), [Raised(17, 200, 40, limit=500, bound=300)]
        )

    def test_dutch(self) -> None:
        """The price on the clock counts, for an amount, too."""
        auction = opened(b"dutch:start=300 100 2 Sword")
        for line in (b"accept", b"300"):
            self.refused(auction, line, LIMIT, 300, 500)
        self.refused(auction, b"900", LIMIT._replace(bound=201), 201, 500)
        self.assertEqual(
            self.say(auction, b"accept", Allowance(300)),
            [BidTaken(17, 300, limit=300, bound=0), Sold(17, 300, 300)],
        )

    def test_lots(self) -> None:
        auction = opened(b"english 100 2 Sword")
        full = Allowance(lots=2, won=2)
        self.assertIs(self.refused(auction, b"120", full, 2, 2), TooManyLots)
        self.assertEqual(self.say(auction, b"120", LOTS), [Raised(17, 120, None, lots=2, won=1)])
        # The highest bid is one of the lots; raising it adds none.
        self.assertEqual(self.say(auction, b"130", LOTS), [Raised(17, 130, None, lots=2, won=1)])
        self.refused(auction, b"140", full, 3, 2)

    def test_both(self) -> None:
        auction = opened(b"english 100 2 Sword")
        both = Allowance(500, 300, 2, 2)
        self.assertIs(self.refused(auction, b"201", both, 300, 500), AboveLimit)
        self.assertIs(self.refused(auction, b"200", both, 2, 2), TooManyLots)
        self.assertEqual(
            self.say(auction, b"200", both._replace(won=0)),
            [Raised(17, 200, None, 500, 300, 2, 0)],
        )

    def test_other_refusals_come_first(self) -> None:
        """A bid that does not count by the rules is refused by the rules."""
        auction = opened(b"english:jump=2 100 2 Sword", Terms(max_bid=1000))
        nothing_left = Allowance(1)
        for line, refusal in (
            (b"99", BidTooLow),
            (b"9" * 30, BidTooHigh),
            (b"250", AboveLimit),  # it must not be repeated
        ):
            self.assertRaises(refusal, self.say, auction, line, nothing_left)
        self.assertRaises(RepeatBid, self.say, auction, b"250", Allowance(250))
        self.say(auction, b"250", Allowance(250), repeats=250)
        sealed = opened(b"2 100 2 Sword")
        self.assertRaises(InvalidBid, self.say, sealed, b"x", nothing_left)

    def test_row(self) -> None:
        """A verification finds a bid above the limit that its row has kept."""
        auction = opened(b"english 100 2 Sword")
        for bid, reason in (
            (Raised(17, 201, None, limit=500, bound=300), "Buyer 17 has bid above its limit"),
            (Raised(17, 201, None, lots=1, won=1), "Buyer 17 has bid above its limit"),
            (Raised(17, 99, None, limit=500, bound=0), "Buyer 17 cannot bid this amount here"),
            (Raised(17, 200, None, limit=500), "a limit needs what its Buyer is bound for"),
            (Raised(17, 200, None, won=1), "a limit needs what its Buyer is bound for"),
        ):
            error = self.assertRaises(ValueError, check_event, auction, bid, 0.0, False)
            self.assertEqual(str(error), reason)

    @given(st.builds(Allowance, *[st.none() | st.integers(1, 9), st.integers(0, 9)] * 2))
    def test_kept(self, allowance: Allowance) -> None:
        """A bid keeps what its limits need, and nothing else."""
        auction = opened(b"english 1 2 Sword")
        try:
            (bid,) = self.say(auction, b"1", allowance)
        except (AboveLimit, TooManyLots):
            self.assertFalse(allowance.allows(1))
            return
        assert isinstance(bid, Raised)
        self.assertEqual(without_limits(bid), Raised(17, 1, None))
        kept = allowance_of(bid)
        self.assertEqual((kept.limit, kept.lots), (allowance.limit, allowance.lots))
        self.assertEqual(kept.bound, allowance.bound if allowance.limit else 0)
        self.assertEqual(kept.won, allowance.won if allowance.lots else 0)
