"""Timed auctions: their ends in tables, and sealed ones against an oracle of a few lines."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.calendars import FixedCalendar
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import (
    Arrive,
    CheckEnd,
    Close,
    Command,
    Leave,
    Order,
    Pause,
    Reopen,
    Say,
    Schedule,
    Stop,
    Wake,
)
from twisted_auction.rules.events import (
    SELLER,
    EndMoved,
    EndPostponed,
    Event,
    Extended,
    Reopened,
    Sold,
    Unsold,
)
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.refusals import InvalidRequest, Refusal
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.timed import EndTimes, check_times, end_times

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


ENGLISH = b"3:end=2026-12-01T00:05 5 0 Cup"


class EndTestCase(SynchronousTestCase):
    """An auction with a Buyer, whose end comes at second 300."""

    def setUp(self) -> None:
        self.calendar = FixedCalendar()

    def begin(self, request: bytes = ENGLISH) -> Auction:
        auction = Auction(Terms(calendar=self.calendar))
        self.does(auction, 0.0, Arrive("s"), Say(SELLER, request), Arrive("b"))
        return auction

    def does(self, auction: Auction, when: float, *commands: Command) -> list[Event]:
        """Decide commands, and apply their events.

        :return: the events, but those of time alone.
        """
        happened: list[Event] = []
        for command in commands:
            while (wake_at := auction.wake_at) is not None and wake_at <= when:
                if isinstance(command, Reopen):
                    break  # no time has passed for the auction
                self._apply(auction, auction.decide(Wake(), wake_at))
            happened += self._apply(auction, auction.decide(command, when))
        return happened

    def _apply(self, auction: Auction, events: tuple[Event, ...]) -> tuple[Event, ...]:
        for event in events:
            auction.apply(event)
        return events


class TimesTests(EndTestCase):
    def test_instants(self) -> None:
        timed = parse_request(b"3:end=2026-12-01T00:05:latest=2026-12-01T00:06 5 0 Cup", 9)
        end_alone, plain = parse_request(ENGLISH, 9), parse_request(b"3 5 1 Cup", 9)
        terms = Terms(calendar=self.calendar)
        self.assertEqual(end_times(terms, timed), EndTimes(300.0, 360.0))
        self.assertEqual(end_times(terms, end_alone), EndTimes(300.0))
        self.assertEqual(end_times(terms, plain), EndTimes())
        self.assertEqual(end_times(Terms(), timed), EndTimes())
        self.calendar.ahead = 20
        self.assertEqual(end_times(terms, timed), EndTimes(280.0, 340.0, 20))

    def test_latest_at_the_end(self) -> None:
        """The latest end is never before the end, even if the clocks are read at two instants: no
        ledger would hold. A late bid moves no end then."""
        self.calendar = FixedCalendar(drift=-1)
        request = b"3:end=2026-12-01T00:05:latest=2026-12-01T00:05 5 0 Cup"
        times = end_times(Terms(calendar=self.calendar), parse_request(request, 9))
        self.assertEqual(times, EndTimes(302.0, 302.0, -2))
        auction = self.begin(request)
        assert auction.deadline is not None
        self.assertEqual(len(self.does(auction, auction.deadline - 4, Say(1, b"7"))), 1)

    def test_refused(self) -> None:
        for request, terms, reason in [
            (ENGLISH, Terms(), "end needs a house with a time zone."),
            (
                b"1:end=2026-11-30T23:59 5 0 Cup",
                Terms(calendar=self.calendar),
                "end 2026-11-30T23:59 is past.",
            ),
        ]:
            error = self.assertRaises(InvalidRequest, check_times, terms, parse_request(request, 9))
            self.assertEqual(error.reason, reason)


class CheckEndTests(EndTestCase):
    """The clock on the wall is set."""

    def test_table(self) -> None:
        for ahead, when, expected in [
            (0, 0.0, []),
            (1, 0.0, []),
            (-1, 0.0, []),
            (2, 0.0, [EndMoved(298.0, 2)]),
            (-2, 0.0, [EndMoved(302.0, -2)]),
            # A last minute is left, and is not moved.
            (240, 0.0, [EndMoved(60.0, 240)]),
            (250, 0.0, [EndMoved(60.0, 250)]),
            (9999, 238.0, [EndMoved(298.0, 9999)]),
            (9999, 239.0, []),
            (-100, 239.0, [EndMoved(400.0, -100)]),
            (-100, 240.0, []),
            (-100, 299.0, []),
        ]:
            self.setUp()
            auction = self.begin()
            self.calendar.ahead = ahead
            self.assertEqual(self.does(auction, when, CheckEnd()), expected, (ahead, when))

    def test_not_now(self) -> None:
        """Not in a pause, while the house is closed, after a late bid or the end, nor without an
        end."""
        rows: list[tuple[bytes, float, Command]] = [
            (ENGLISH, 10.0, Order(Pause())),
            (ENGLISH, 10.0, Stop()),
            (ENGLISH, 295.0, Say(1, b"7")),
            (ENGLISH, 10.0, Order(Close())),
            (b"3 5 1 Cup", 10.0, Say(1, b"7")),
        ]
        for request, when, command in rows:
            self.setUp()
            auction = self.begin(request)
            self.does(auction, when, command)
            self.calendar.ahead = -100
            self.assertEqual(self.does(auction, when, CheckEnd()), [], command)

    def test_ledger(self) -> None:
        """A reader of a ledger has no clock, and believes the recorded end."""
        arrivals = (Arrive("s"), Say(SELLER, ENGLISH), Arrive("b"))
        happened = self.does(Auction(Terms(calendar=self.calendar)), 0.0, *arrivals)
        reader = Auction(Terms())
        self._apply(reader, tuple(happened))
        self.assertEqual((reader.ends_at, self.does(reader, 0.0, CheckEnd())), (300.0, []))


class ReopenTests(EndTestCase):
    """The house opens again. The grace is a minute."""

    def test_table(self) -> None:
        for closed_at, when, was_cut, expected in [
            (10.0, 50.0, True, [Reopened(300.0)]),
            (10.0, 240.0, True, [Reopened(300.0)]),
            (10.0, 241.0, True, [Reopened(300.0), EndPostponed(301.0)]),
            (10.0, 400.0, True, [Reopened(300.0), EndPostponed(460.0)]),
            (10.0, 241.0, False, [Reopened(300.0), EndPostponed(301.0)]),
            (295.0, 297.0, True, [Reopened(300.0), EndPostponed(357.0)]),
            (295.0, 297.0, False, [Reopened(300.0), EndPostponed(302.0)]),
            (295.0, 295.0, False, [Reopened(300.0)]),
        ]:
            auction = self.begin()
            events = self.does(auction, when, Reopen(closed_at, was_cut))
            self.assertEqual(events, expected, (closed_at, when, was_cut))

    def test_clock_set(self) -> None:
        """The end is a time on the wall."""
        auction = self.begin()
        self.calendar.ahead = 100
        self.assertEqual(self.does(auction, 50.0, Reopen(10.0)), [Reopened(200.0)])

    def test_seconds_count(self) -> None:
        """Without an end, and after a late bid."""
        auction = self.begin(b"3 5 1 Cup")
        self.assertEqual(self.does(auction, 50.0, Reopen(10.0)), [Reopened(100.0)])
        auction = self.begin()
        self.does(auction, 295.0, Say(1, b"7"))
        self.assertEqual(self.does(auction, 400.0, Reopen(300.0)), [Reopened(405.0)])

    def test_seconds_of_the_latest_end(self) -> None:
        """After a late bid, they count, too."""
        auction = self.begin(b"3:end=2026-12-01T00:05:latest=2026-12-01T00:05:12 5 0 Cup")
        self.does(auction, 295.0, Say(1, b"7"))
        self.does(auction, 400.0, Reopen(300.0))
        extended = self.does(auction, 404.0, Say(1, b"8"))[1:]
        self.assertEqual(extended, [Extended(412.0, 8)])

    def test_rounding(self) -> None:
        """Sums of floats are off by tiny amounts, which move no end."""
        auction = self.begin(b"3:end=2026-12-01T00:05:latest=2026-12-01T00:05:12 5 0 Cup")
        self.does(auction, 305.0, Reopen(290.0))
        self.assertEqual(auction.deadline, 365.0)
        self.assertEqual(self.does(auction, 305.0 + 1e-7, Reopen(305.0)), [Reopened(365.0)])
        for tenths in range(50):
            auction = self.begin(b"3:end=2026-12-01T00:05:latest=2026-12-01T00:05:12 5 0 Cup")
            self.does(auction, 295.0, Say(1, b"7"))
            self.does(auction, 304.0, Say(1, b"8"))
            self.assertEqual(auction.deadline, 312.0)
            self.does(auction, 400.0 + tenths / 7, Reopen(304.0 + tenths / 10))
            raised = self.does(auction, 400.5 + tenths / 7, Say(1, b"9"))
            self.assertEqual(len(raised), 1)

    def test_stands_still(self) -> None:
        """In a pause, while Buyers gather, and before the start of a sale."""
        auction = self.begin(b"3 5 1 Cup")
        self.does(auction, 10.0, Order(Pause()))
        self.assertEqual(self.does(auction, 50.0, Reopen(20.0)), [Reopened(60.0)])
        auction = self.begin(b"3 5 2 Cup")
        self.assertEqual(self.does(auction, 50.0, Reopen(20.0)), [Reopened(None)])
        auction = Auction(Terms(calendar=self.calendar), parse_catalogue(ENGLISH, 9, min_bidders=0))
        self.does(auction, 0.0, Schedule(200.0))
        self.assertEqual(self.does(auction, 50.0, Reopen(20.0)), [Reopened(200.0)])
