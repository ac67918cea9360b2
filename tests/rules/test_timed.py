"""Timed sealed auctions against an oracle of a few lines."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.calendars import FixedCalendar
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.commands import Arrive, Leave, Say, Wake
from twisted_auction.rules.events import SELLER, Sold, Unsold
from twisted_auction.rules.refusals import Refusal
from twisted_auction.rules.terms import Terms

BUYERS = range(1, 5)

LINES = st.tuples(
    st.sampled_from(BUYERS), st.sampled_from(["withdraw", "leave", "4", "5", "6", "7", "8"])
)


def oracle(lines: list[tuple[int, str]]) -> tuple[int, int, int] | None:
    """The winner, its bid and its payment, in a second-price auction from $5."""
    bids: dict[int, int] = {}
    gone: set[int] = set()
    for who, line in lines:
        if who in gone:
            continue
        if line == "leave":
            gone.add(who)
        elif line == "withdraw":
            bids.pop(who, None)
        elif bids.get(who) != int(line):
            bids.pop(who, None)
            bids[who] = int(line)
    ranking = sorted(bids, key=lambda who: -bids[who])  # of equals, the earlier one
    if not ranking or bids[ranking[0]] < 5:
        return None
    return ranking[0], bids[ranking[0]], max([5, *(bids[who] for who in ranking[1:])])


class OracleTests(SynchronousTestCase):
    @given(st.lists(LINES, max_size=20))
    def test_sealed(self, lines: list[tuple[int, str]]) -> None:
        """The last bids decide, in the order of their changes, also those of Buyers who have
        left."""
        auction = Auction(Terms(calendar=FixedCalendar()))
        commands = [
            Arrive("s"),
            Say(SELLER, b"2:end=2026-12-01T00:05 5 0 Cup"),
            *(Arrive("b") for _ in BUYERS),
            *(Leave(who) if line == "leave" else Say(who, line.encode()) for who, line in lines),
        ]
        for command in commands:
            if isinstance(command, Leave) and command.who not in auction.present:
                continue
            with contextlib.suppress(Refusal):
                for event in auction.decide(command, 0.0):
                    auction.apply(event)
        self.assertEqual((auction.deadline, auction.wake_at), (300.0, 300.0))
        *_, result = auction.decide(Wake(), 300.0)
        if isinstance(result, Sold):
            self.assertEqual((result.winner, result.highest_bid, result.payment), oracle(lines))
        else:
            self.assertIsInstance(result, Unsold)
            self.assertIsNone(oracle(lines))
