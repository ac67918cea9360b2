"""Maximum bids in the rules. ``house/test_maxima`` has what is told about them."""

import contextlib
from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.rules.oracle import Prices, Steps, maxima
from twisted_auction.ledger.check import check_event
from twisted_auction.rules.allowance import Allowance
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.catalogue import parse_catalogue
from twisted_auction.rules.commands import (
    Action,
    Arrive,
    Bid,
    Close,
    Command,
    Expel,
    GoOn,
    Leave,
    Order,
    Pause,
    Readmit,
    Reconsider,
    Say,
    Void,
    Wake,
)
from twisted_auction.rules.events import (
    BY_MAXIMUM,
    SELLER,
    Called,
    Cancelled,
    Event,
    Expelled,
    Extended,
    Left,
    LotAnnounced,
    MaximumLimited,
    MaximumSet,
    Ordered,
    Passed,
    Raised,
    Readmitted,
    Resumed,
    Sold,
    Unsold,
    Voided,
)
from twisted_auction.rules.maxima import Maximum, Standing, raises
from twisted_auction.rules.open import Open
from twisted_auction.rules.refusals import (
    AboveLimit,
    BidTooHigh,
    BidTooLow,
    IsPaused,
    MaximumTooLow,
    NoMaximum,
    NotUnderstood,
    Refusal,
    RepeatBid,
    RepeatMaximum,
    TooManyLots,
)
from twisted_auction.rules.terms import Terms
from twisted_auction.rules.transitions import Phase

Allowances = dict[int, Allowance]

VOID, PAUSE, GO_ON = Order(Void()), Order(Pause()), Order(GoOn())


def raised(who: int, amount: int, outbid: int | None = None) -> Raised:
    """A bid of the server."""
    return Raised(who, amount, outbid, cause=BY_MAXIMUM)


class Play:
    """An English auction whose bidding is open at 0. Each event is checked as in a ledger.

    :ivar events: all events since the opening.
    """

    def __init__(
        self,
        rules: str = "",
        buyers: int = 3,
        terms: Terms | None = None,
        tickets: bool = True,
        persons: bool = False,
    ) -> None:
        self.auction = Auction(terms or Terms())
        self.when = 0.0
        self.events: list[Event] = []
        request = f"english{rules} 100 {buyers} Sword".encode()
        paddle = 9 if persons else None
        self.does(Arrive("", None, SELLER if persons else None, paddle), Say(SELLER, request))
        for who in range(1, buyers + 1):
            paddle = who if persons else None
            self.does(Arrive("", f"{who}" if tickets else None, paddle, paddle))
        self.events.clear()

    def does(self, *commands: Command) -> list[Event]:
        """Decide commands, and apply their events.

        :return: the events.
        """
        happened: list[Event] = []
        for command in commands:
            while (wake_at := self.auction.wake_at) is not None and self.when >= wake_at:
                happened += self._decide(Wake())
            happened += self._decide(command)
        self.events += happened
        return happened

    def _decide(self, command: Command) -> list[Event]:
        previous = None
        events = self.auction.decide(command, self.when)
        for event in events:
            check_event(self.auction, event, self.when, previous)
            self.auction.apply(event)
            previous = event
        return list(events)

    def say(self, *lines: str, limits: Allowances | None = None) -> list[Event]:
        """Decide lines, each behind the number of its Buyer."""
        limits = limits or {}
        happened = []
        for line in lines:
            who, words = line.split(" ", 1)
            happened += self.does(Say(int(who), words.encode(), None, None, limits))
        return happened

    def bids(self, *lines: str) -> list[tuple[int, int]]:
        """The bids that follow from lines."""
        events = self.say(*lines)
        return [(event.who, event.amount) for event in events if isinstance(event, Raised)]


class MaximumTests(SynchronousTestCase):
    def refused(self, play: Play, line: str, refusal: type[Refusal], *arguments: object) -> None:
        error = self.assertRaises(refusal, play.say, line)
        self.assertEqual(error.args, arguments)

    def test_table(self) -> None:
        """What is bid after all lines, the last line's bids in a row."""
        for lines, bids in [
            (["1 max 180"], [(1, 100)]),
            (["1 150", "2 max 180"], [(2, 151)]),
            (["1 max 180", "2 150"], [(2, 150), (1, 151)]),
            (["1 max 180", "2 179"], [(2, 179), (1, 180)]),
            (["1 max 180", "2 180"], [(2, 180), (1, 180)]),
            (["1 max 180", "2 181"], [(2, 181)]),
            (["1 max 180", "2 max 150"], [(2, 150), (1, 151)]),
            (["1 max 180", "2 max 180"], [(2, 180), (1, 180)]),
            (["1 max 180", "2 max 300"], [(1, 180), (2, 181)]),
            (["1 max 180", "1 max 300"], []),
            (["1 max 180", "1 max 100"], []),
            (["1 max 180", "1 120"], [(1, 120)]),
            (["1 max 180", "1 300"], [(1, 300)]),
            (["1 max 180", "1 120", "2 130"], [(2, 130), (1, 131)]),
            (["1 120", "1 max 180", "2 130"], [(2, 130), (1, 131)]),
            # One that was raised later has its place behind.
            (["1 max 150", "2 max 200", "1 max 200"], [(1, 200), (2, 200)]),
            (["1 max 150", "2 max 200", "1 max 300"], [(2, 200), (1, 201)]),
            # A Buyer that holds keeps its place.
            (["1 max 150", "1 max 200", "2 max 200"], [(2, 200), (1, 200)]),
            (["1 max 180", "2 max 150", "3 max 160"], [(3, 160), (1, 161)]),
        ]:
            *before, last = lines
            play = Play()
            play.bids(*before)
            self.assertEqual(play.bids(last), bids, lines)

    def test_increment(self) -> None:
        """The winner's answer may be less than an increment above, up to its maximum. All other
        bids of the server are at least the asking price."""
        for lines, bids in [
            (["1 max 180", "2 175"], [(2, 175), (1, 180)]),
            (["1 max 180", "2 max 175"], [(2, 175), (1, 180)]),
            (["1 max 180", "2 max 170"], [(2, 170), (1, 180)]),
            (["1 max 300", "2 max 170"], [(2, 170), (1, 180)]),
            (["1 170", "2 max 180"], [(2, 180)]),
            (["1 max 180", "2 max 175", "3 190"], [(3, 190)]),
        ]:
            *before, last = lines
            play = Play(":increment=10")
            play.bids(*before)
            self.assertEqual(play.bids(last), bids, lines)
        play = Play(":increment=10")
        play.say("1 170")
        self.refused(play, "2 max 179", BidTooLow, 180)

    def test_events(self) -> None:
        play = Play()
        self.assertEqual(play.say("1 max 180"), [MaximumSet(1, 180), raised(1, 100)])
        self.assertEqual(play.say("2 150"), [Raised(2, 150, 1), raised(1, 151, 2)])
        self.assertEqual(
            play.say("3 Max  170"), [MaximumSet(3, 170), raised(3, 170, 1), raised(1, 171, 3)]
        )
        self.assertEqual(
            play.say("2 max 200"), [MaximumSet(2, 200), raised(1, 180, None), raised(2, 181, 1)]
        )
        self.assertEqual(play.does(Order(Close()))[-1], Sold(2, 181, 181))

    def test_refused(self) -> None:
        play = Play(":jump=10", terms=Terms(max_bid=5000))
        for words in ("max", "max ", "max x", "max -5", "max 007", "max 1 2", "max 1.5", "max180"):
            error = self.assertRaises(NotUnderstood, play.say, f"1 {words}")
            self.assertIn("amount", error.how)
        self.refused(play, "1 max 99", BidTooLow, 100)
        self.refused(play, "1 max 0", NoMaximum)
        self.refused(play, "1 max 5001", BidTooHigh, 5000)
        self.refused(play, "1 max 1" + "0" * 18, BidTooHigh, 5000)
        self.refused(play, "1 max 1001", RepeatMaximum, 1001)
        self.refused(play, "0 max 150", NotUnderstood, "type close to end the auction.")
        play.say("1 max 180", "2 150")
        self.refused(play, "2 max 151", BidTooLow, 152)
        self.refused(play, "1 max 150", MaximumTooLow, 151)
        self.refused(play, "1 max 0", MaximumTooLow, 151)
        play.does(PAUSE)
        self.refused(play, "1 max 300", IsPaused)

    def test_only_where_there_is_an_increment(self) -> None:
        auction = Auction(Terms())
        for command in (Arrive("s"), Say(SELLER, b"dutch 100 1 Sword"), Arrive("b")):
            for event in auction.decide(command, 0.0):
                auction.apply(event)
        self.assertRaises(NotUnderstood, auction.decide, Say(1, b"max 150"), 0.0)

    def test_jump(self) -> None:
        """A maximum is confirmed by the same maximum, and a bid by the same bid."""
        play = Play(":jump=10")
        for repeated in (Say(1, b"max 2000", 2000), Say(1, b"max 2000", None, 2001)):
            self.assertRaises(RepeatMaximum, play.does, repeated)
        self.assertRaises(RepeatBid, play.does, Say(1, b"2000", None, 2000))
        self.assertEqual(
            play.does(Say(1, b"max 2000", None, 2000)),
            [MaximumSet(1, 2000), raised(1, 100)],
        )

    def test_largest(self) -> None:
        self.assertEqual(Play(terms=Terms(max_bid=5000)).bids("1 max 5000"), [(1, 100)])

    def test_taken_back(self) -> None:
        play = Play()
        play.say("1 max 180", "2 200")
        self.assertEqual(play.say("1 max 0"), [MaximumSet(1, 0)])
        self.assertEqual(play.auction.maxima, {})
        play.does(VOID)
        self.assertEqual((play.auction.holder, play.auction.bids), (1, {1: 100}))
        self.assertEqual(play.bids("2 150"), [(2, 150)])

    def test_void(self) -> None:
        """The maximum of the voided bid is gone, and those of others answer."""
        play = Play()
        play.say("1 max 180", "2 max 300", "3 200")
        self.assertEqual(play.auction.holder, 2)
        _, *events = play.does(VOID)
        self.assertEqual(events, [Voided(2, 201, 3, 200)])
        self.assertEqual(play.auction.maxima, {1: Maximum(180)})
        # An earlier bid of this Buyer still counts, and nothing is raised for it any more.
        self.assertEqual(play.does(VOID)[1:], [Voided(3, 200, 2, 181)])
        self.assertEqual(play.bids("3 190"), [(3, 190)])
        play = Play()
        play.say("1 max 180", "2 max 300", "2 350", "3 400", "3 max 500")
        self.assertEqual(play.does(VOID)[1:], [Voided(3, 400, 2, 350)])
        self.assertEqual(play.does(VOID)[1:], [Voided(2, 350, 1, 180)])
        self.assertEqual(play.auction.maxima, {1: Maximum(180)})

    def test_void_extends_once(self) -> None:
        play = Play()
        play.say("1 max 180", "2 300")
        play.when = 55.0
        self.assertEqual(play.does(VOID)[-2:], [Voided(2, 300, 1, 100), Extended(65.0, 10)])
        play.when = 60.0
        self.assertEqual(
            play.say("2 120")[-3:], [Raised(2, 120, 1), raised(1, 121, 2), Extended(70.0, 10)]
        )
        play.when = 61.0
        self.assertEqual(
            play.say("3 max 130"),
            [
                *(MaximumSet(3, 130), raised(3, 130, 1), raised(1, 131, 3)),
                Extended(71.0, 10),
            ],
        )
        play.when = 70.0
        self.assertEqual(play.say("1 max 200")[-1], MaximumSet(1, 200))
        self.assertEqual(play.auction.deadline, 71.0)

    def test_expelled(self) -> None:
        play = Play()
        play.say("1 max 180", "2 120")
        play.does(Order(Expel(1)))
        self.assertEqual((play.auction.maxima, play.auction.holder), ({}, 1))
        self.assertEqual(play.bids("2 130"), [(2, 130)])
        play.does(Order(Readmit(1)))
        self.assertEqual(play.bids("2 140"), [(2, 140)])

    def test_left(self) -> None:
        """A maximum is for the absent. Only a Buyer that cannot come back loses it."""
        for tickets, kept in ((True, {1: Maximum(180)}), (False, {})):
            play = Play(tickets=tickets)
            play.say("1 max 180")
            play.does(Leave(1))
            self.assertEqual((play.auction.maxima, play.auction.holder), (kept, 1))
        play = Play()
        play.say("1 max 180")
        play.does(Leave(1))
        self.assertEqual(play.bids("2 120"), [(2, 120), (1, 121)])
        self.assertEqual(play.does(Order(Close()))[-1], Sold(1, 121, 121))

    def test_pass(self) -> None:
        """A Buyer that declines a lot takes its maximum back."""
        auction = Play().auction
        auction.apply(MaximumSet(1, 180))
        auction.apply(Passed(1))
        self.assertEqual(auction.maxima, {})

    def test_bid_of_the_operator(self) -> None:
        play = Play()
        play.say("1 max 180")
        _, *events = play.does(Order(Bid(2, b"150")))
        self.assertEqual(events, [Raised(2, 150, 1), raised(1, 151, 2)])

    def test_close_and_time(self) -> None:
        """Nothing is raised when the bidding ends."""
        play = Play()
        play.say("1 max 180", "2 150")
        play.when = 54.0
        play.does(Wake())
        play.when = 57.0
        play.does(Wake())
        play.when = 60.0
        self.assertEqual(play.does(Wake()), [Sold(1, 151, 151)])

    def test_next_lot(self) -> None:
        auction = Play().auction
        auction.apply(MaximumSet(1, 180))
        auction.set_request(auction.request)
        self.assertEqual(auction.maxima, {})


class LimitTests(SynchronousTestCase):
    """The limits of persons stop their maxima."""

    def stopped(self) -> Play:
        """Buyer 3 holds the highest bid after the voided one of Buyer 2. The maximum of Buyer 1 was
        stopped by a limit."""
        play = Play()
        play.say("1 max 300")
        play.say("2 max 200", limits={1: Allowance(400, 280)})
        play.say("3 max 150", limits={1: Allowance(400, 280)})
        self.assertEqual(play.auction.bids, {1: 120, 3: 150, 2: 151})
        return play

    def test_void(self) -> None:
        """A maximum that a limit has stopped can answer to a voided bid."""
        play = self.stopped()
        self.assertEqual(
            play.does(VOID)[1:],
            [Voided(2, 151, 3, 150), MaximumLimited(1, None), raised(1, 151, 3)],
        )

    def test_pause(self) -> None:
        """A bid voided in a pause is answered when the auction goes on, and then the end moves."""
        play = self.stopped()
        play.when = 53.0
        play.does(PAUSE)
        play.when = 100.0
        self.assertEqual(play.does(VOID)[1:], [Voided(2, 151, 3, 150), Extended(63.0, 10)])
        play.when = 110.0
        self.assertEqual(
            play.does(GO_ON)[1:],
            [Resumed(110.0), MaximumLimited(1, None), raised(1, 151, 3)],
        )
        self.assertEqual(play.auction.deadline, 120.0)
        play = self.stopped()
        play.when = 53.0
        play.does(PAUSE)
        play.when = 110.0
        self.assertEqual(
            play.does(GO_ON)[1:],
            [
                *(Resumed(110.0), MaximumLimited(1, None), raised(2, 200), raised(1, 201, 2)),
                Extended(120.0, 10),
            ],
        )
        play = self.stopped()
        play.when = 30.0
        play.does(PAUSE, VOID)
        play.when = 53.5
        play.does(GO_ON)
        self.assertEqual(play.auction.holder, 1)

    def test_expelled(self) -> None:
        """The bid of an expelled Buyer stands, and can be outbid by a maximum."""
        play = self.stopped()
        self.assertEqual(
            play.does(Order(Expel(2)))[1:],
            [Expelled(2), Left(2), MaximumLimited(1, None), raised(1, 152, 2)],
        )
        play = self.stopped()
        play.does(Order(Expel(2), allowances={1: Allowance(400, 280)}))
        self.assertEqual(
            play.does(Order(Readmit(2)))[1:],
            [Readmitted(2), MaximumLimited(1, None), raised(1, 152, 2)],
        )

    def test_refused(self) -> None:
        play = Play()
        self.assertRaises(AboveLimit, play.say, "1 max 180", limits={1: Allowance(200, 21)})
        self.assertRaises(TooManyLots, play.say, "1 max 180", limits={1: Allowance(None, 0, 2, 2)})
        self.assertEqual(
            play.say("1 max 180", limits={1: Allowance(200, 20)}),
            [
                MaximumSet(1, 180, 200, 20),
                replace(raised(1, 100), limit=200, bound=20),
            ],
        )

    def test_told(self) -> None:
        """A refused Buyer is told what it is bound for, here and elsewhere."""
        for own in ({1: Allowance(300, 50)}, {1: Allowance(None, 0, 1, 1)}):
            play = Play()
            play.say("1 max 180")
            refusal: type[Refusal] = AboveLimit if own[1].limit else TooManyLots
            error = self.assertRaises(refusal, play.say, "1 max 280", limits=own)
            self.assertEqual(error.args, (150, 300) if own[1].limit else (2, 1))

    def test_order_of_equals(self) -> None:
        """A Buyer that holds, or sets the same maximum again, keeps its place before its equal."""
        first, both = {1: Allowance(500, 395)}, {2: Allowance(500, 380)}
        bids = [(2, 200), (1, 200)]
        play = Play()
        play.say("1 max 190")
        play.say("2 max 200", limits=first)
        self.assertEqual(play.auction.maxima, {1: Maximum(190, 105), 2: Maximum(200)})
        play.say("3 110", limits=both)
        self.assertEqual(play.auction.bids, {3: 110, 2: 120, 1: 121})
        play.say("1 max 200", limits=both)
        self.assertEqual(play.bids("3 125"), [(3, 125), *bids])
        # With the limit gone at the same time.
        play = Play()
        play.say("1 max 190")
        play.say("2 max 200", limits=first)
        play.say("3 110", limits=both)
        self.assertEqual(play.bids("1 max 200"), bids)
        play = Play()
        play.say("1 max 200")
        play.say("2 max 200", limits=first)
        self.assertEqual(play.bids("1 max 200"), bids)

    def test_bid_within_the_own_maximum(self) -> None:
        """It is as early as this maximum: the later of two equal maxima does not answer it, once
        the limits are gone."""
        limits = {1: Allowance(500, 395), 2: Allowance(500, 380)}
        for most, line, bids in [
            (200, "1 200", [(1, 200)]),
            (200, "1 199", [(1, 199), (2, 200), (1, 200)]),
            (250, "1 200", [(1, 200)]),
            (190, "1 200", [(1, 200), (2, 200)]),
        ]:
            play = Play()
            play.say(f"1 max {most}")
            play.say("2 max 200", limits={1: limits[1]})
            play.say("3 125", limits=limits)
            self.assertEqual(play.auction.bids, {1: 105, 2: 106, 3: 125})
            self.assertEqual(play.bids(line), bids)

    def test_closed(self) -> None:
        """Nothing is raised after a result, even if a limit is gone."""
        play = Play()
        play.say("1 max 180")
        play.say("2 130", limits={1: Allowance(400, 280)})
        closing = play.does(Order(Close()))
        self.assertEqual(closing[-1], Sold(2, 130, 130))
        self.assertFalse([event for event in closing if isinstance(event, Raised)])

    def test_stopped(self) -> None:
        """The answer of before is not possible: the person is bound elsewhere meanwhile."""
        play = Play()
        play.say("1 max 180")
        limits = {1: Allowance(200, 60)}
        self.assertEqual(
            play.say("2 140", limits=limits),
            [
                *(Raised(2, 140, 1), MaximumLimited(1, 140, 200, 60)),
                replace(raised(1, 140, 2), limit=200, bound=60),
            ],
        )
        self.assertEqual(play.say("2 141", limits=limits), [Raised(2, 141, 1)])
        self.assertEqual(play.auction.maxima, {1: Maximum(180, 140)})

    def test_free_again(self) -> None:
        """It is considered again at the next command."""
        play = Play()
        play.say("1 max 180")
        play.say("2 150", limits={1: Allowance(200, 60)})
        self.assertEqual(play.auction.holder, 2)
        events = play.say("3 160", limits={1: Allowance(200, 20)})
        self.assertEqual(
            events,
            [
                *(Raised(3, 160, 2), MaximumLimited(1, 180, 200, 20)),
                replace(raised(1, 161, 3), limit=200, bound=20),
            ],
        )
        self.assertEqual(
            play.say("3 170"), [Raised(3, 170, 1), MaximumLimited(1, None), raised(1, 171, 3)]
        )

    def test_reconsidered(self) -> None:
        """The limits change without a command in the room."""
        play = Play()
        play.say("1 max 180")
        play.say("2 150", "3 max 155", limits={1: Allowance(200, 60)})
        free = Reconsider({1: Allowance(200, 20), 3: Allowance(160, 0)})
        self.assertEqual(play.does(Reconsider({1: Allowance(200, 50)})), [])
        limit = MaximumLimited(1, 180, 200, 20)
        last = replace(raised(1, 156, 3), limit=200, bound=20)
        self.assertEqual(
            play.does(free),
            [limit, replace(raised(3, 155), limit=160, bound=0), last],
        )
        self.assertEqual(play.does(free), [])

    def test_reconsidered_late(self) -> None:
        """The bid moves the end."""
        play = Play()
        play.say("1 max 180")
        play.say("2 150", limits={1: Allowance(200, 60)})
        play.when = 52.0
        self.assertEqual(
            play.does(Reconsider({})),
            [MaximumLimited(1, None), raised(1, 151, 2), Extended(62.0, 10)],
        )

    def test_limits_between_answers(self) -> None:
        """In a ledger, limits come before the bids for maxima."""
        play = Play()
        play.say("1 max 300")
        play.say("2 max 200")
        first = play.events.index(raised(2, 200, 1))
        again = Play().auction
        for event in play.events[: first + 1]:
            again.apply(event)
        limited = MaximumLimited(1, 120, 400, 280)
        with self.assertRaisesRegex(ValueError, "limits come before"):
            check_event(again, limited, 0.0, play.events[first])

    def test_two_above_their_limits(self) -> None:
        """After a voided bid, the limits would stop both bids of a duel. With the limit of the one,
        the other bids less, and within its own."""
        play = Play(persons=True)
        play.say("1 max 300", "2 max 250", "3 400")
        limits = {1: Allowance(400, 200), 2: Allowance(400, 280)}
        self.assertEqual(
            play.does(Order(Void(), allowances=limits)),
            [
                Ordered("void", "operator", ""),
                Voided(3, 400, 1, 100),
                MaximumLimited(2, 120, 400, 280),
                replace(raised(2, 120, 1), limit=400, bound=280),
                replace(raised(1, 121, 2), limit=400, bound=200),
            ],
        )

    def test_lots(self) -> None:
        play = Play()
        play.say("1 max 180")
        full = {1: Allowance(None, 0, 2, 2)}
        self.assertEqual(
            play.say("2 150", limits=full),
            [Raised(2, 150, 1), MaximumLimited(1, 0, None, None, 2, 2)],
        )

    def test_the_second_is_stopped(self) -> None:
        """What a limit stops is no reason for a higher price."""
        play = Play()
        play.say("1 max 300")
        limits = {2: Allowance(500, 0), 1: Allowance(400, 280)}
        events = play.say("2 max 200", limits=limits)
        self.assertEqual(
            events,
            [
                MaximumSet(2, 200, 500, 0),
                MaximumLimited(1, 120, 400, 280),
                replace(raised(1, 120, None), limit=400, bound=280),
                replace(raised(2, 121, 1), limit=500, bound=0),
            ],
        )


ACTIONS = ["max"] * 6 + ["bid"] * 4 + ["limit"] * 3 + ["order", "reconsider"]

LINES = st.lists(
    st.tuples(st.sampled_from(["max", "max", "bid"]), st.integers(1, 4), st.integers(95, 140)),
    max_size=12,
)

STEPS = st.sampled_from(
    [[(0, 1)], [(0, 2)], [(0, 5)], [(0, 20)], [(0, 1), (110, 4), (120, 10)], [(0, 3), (115, 10)]]
)


class CheckTests(SynchronousTestCase):
    """What a ledger may have."""

    def test_words_of_the_check(self) -> None:
        """What is said about a ledger with another event. No text has an amount."""
        play = Play(":increment=5:buy=900")
        play.say("1 max 150", "2 120")
        fixed = Play("", buyers=1)
        fixed.auction.apply(MaximumSet(1, 150))
        duel = Play("", buyers=2)
        for who, amount in ((1, 100), (2, 150)):
            duel.auction.apply(MaximumSet(who, amount))
        bought = Play(":buy=300", buyers=2)
        bought.auction.apply(Raised(1, 300, None))
        stopped = MaximumLimited(1, 130, 130, 0)
        cases: list[tuple[Play, Event, str]] = [
            (play, raised(2, 140, 1), "no maximum of Buyer 2 makes this bid"),
            (
                play,
                replace(raised(1, 140), cause="mistake"),
                "no maximum of Buyer 1 makes this bid",
            ),
            (fixed, replace(raised(1, 101), amount=102), "no maximum of Buyer 1 makes this bid"),
            (fixed, Raised(1, 100, None, cause="mistake"), "no maximum of Buyer 1 makes this bid"),
            (duel, raised(2, 101, 1), "no maximum of Buyer 2 makes this bid"),
            (duel, Called(1), "the maximum of Buyer 1 bids first"),
            (
                fixed,
                replace(raised(1, 100), limit=90, bound=0),
                "Buyer 1 has bid above its limit",
            ),
            (fixed, Called(1), "the maximum of Buyer 1 bids first"),
            (bought, Called(1), "the item is bought"),
            (play, MaximumSet(3, -1), "Buyer 3 can have no maximum here"),
            (play, MaximumSet(3, 120), "Buyer 3 cannot have this maximum"),
            (play, MaximumSet(3, 0), "Buyer 3 cannot have this maximum"),
            (play, MaximumSet(3, 200, 199, 0), "the maximum of Buyer 3 is above its limit"),
            (play, replace(stopped, who=3), "Buyer 3 has no maximum to stop"),
            (play, MaximumLimited(1, None), "Buyer 1 has no maximum to stop"),
            (play, replace(stopped, limit=140), "the limits of Buyer 1 leave something else"),
            (play, stopped, "no limit stops the maximum of Buyer 1 now"),
        ]
        for its, event, complaint in cases:
            with self.assertRaises(ValueError) as caught:
                check_event(its.auction, event, 1.0, None)
            self.assertEqual(str(caught.exception), complaint, event)
        check_event(fixed.auction, raised(1, 100), 1.0, None)
        check_event(fixed.auction, Cancelled(""), 1.0, None)


class RaisesTests(SynchronousTestCase):
    """The rule alone, in positions that only limits can bring about."""

    def test_table(self) -> None:
        typed, answered = Raised(1, 150, None), raised(1, 150)
        for rules, standing, expected in [
            # Before the first bid, the lowest price is asked.
            ("", (None, 0, {1: Maximum(180, 99)}, None), []),
            ("", (None, 0, {1: Maximum(180)}, None), [raised(1, 100)]),
            # Without a bid to answer, the asking price is needed.
            (":increment=10", (1, 170, {2: Maximum(179)}, None), []),
            (":increment=10", (1, 170, {2: Maximum(180)}, None), [raised(2, 180, 1)]),
            # An answer must be higher, or as high for an earlier maximum.
            (":increment=10", (1, 150, {2: Maximum(149)}, typed), []),
            (":increment=10", (1, 150, {2: Maximum(150)}, typed), [raised(2, 150, 1)]),
            (
                "",
                (1, 150, {2: Maximum(150), 1: Maximum(180)}, typed),
                [raised(2, 150, 1), raised(1, 151, 2)],
            ),
            # A bid within the own maximum is as early as this maximum.
            ("", (1, 150, {1: Maximum(180), 2: Maximum(150)}, typed), []),
            ("", (1, 150, {1: Maximum(150), 2: Maximum(150)}, typed), []),
            ("", (1, 150, {1: Maximum(149), 2: Maximum(150)}, typed), [raised(2, 150, 1)]),
            ("", (1, 150, {2: Maximum(150), 1: Maximum(150)}, typed), [raised(2, 150, 1)]),
            (
                "",
                (1, 150, {1: Maximum(180), 2: Maximum(151)}, typed),
                [raised(2, 151, 1), raised(1, 152, 2)],
            ),
            ("", (1, 150, {1: Maximum(180), 2: Maximum(150)}, answered), []),
            # Another one's bid of the same amount is reason enough for the price.
            ("", (1, 150, {2: Maximum(150), 3: Maximum(200)}, typed), [raised(3, 151, 1)]),
            # The price to buy at once may be the asking price.
            (
                ":buy=300:increment=10",
                (1, 290, {2: Maximum(400), 3: Maximum(350)}, None),
                [raised(3, 300, 1), raised(2, 300, 3)],
            ),
        ]:
            auction = Play(rules).auction
            assert isinstance(auction.format, Open)
            found = raises(Standing(*standing), auction.format, 100)
            self.assertEqual([*found], expected, standing)


class MaximumProperties(SynchronousTestCase):
    @given(LINES, STEPS, st.sampled_from([0, 0, 101, 118]), st.sampled_from([0, 0, 118, 125]))
    def test_clock(
        self, lines: list[tuple[str, int, int]], steps: Steps, reserve: int, buy: int
    ) -> None:
        """All maxima contend at once as they would on a clock, and nothing is due after it."""
        table = ",".join(
            f"{increment}@{price}" if price else f"{increment}" for price, increment in steps
        )
        rules = f":increment={table}"
        rules += f":reserve={reserve}" if reserve else ""
        rules += f":buy={buy}" if buy else ""
        play = Play(rules, buyers=4)
        auction = play.auction
        expected = maxima(Prices(100, steps, reserve, buy), lines)
        for (word, who, amount), highest in zip(lines, expected, strict=True):
            with contextlib.suppress(Refusal):
                play.say(f"{who} {'max ' * (word == 'max')}{amount}")
            holder = auction.holder
            bid = 0 if holder is None else auction.bids[holder]
            self.assertEqual((holder, bid), highest)
            assert isinstance(auction.format, Open)
            self.assertEqual(raises(auction.standing, auction.format, 100), ())

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["max", "max", "bid"]),
                st.integers(1, 3),
                st.integers(100, 106),
                st.sets(st.integers(1, 3)),
            ),
            max_size=12,
        )
    )
    @example(
        [
            ("max", 1, 105, set()),
            ("max", 2, 105, {1}),
            ("bid", 3, 104, {1, 2}),
            ("bid", 1, 105, set()),
        ]
    )
    def test_equals(self, lines: list[tuple[str, int, int, set[int]]]) -> None:
        """Once no limit stops a Buyer, a bid is answered by all maxima above it, and by an equal
        one that is earlier than the bid and than a maximum of its Buyer that allows it."""
        play = Play()
        auction = play.auction
        since: dict[int, int] = {}  # the place of the line with each maximum
        for place, (word, who, amount, stopped) in enumerate(lines):
            holder, known = auction.holder, auction.maxima.get(who)
            limits = {other: Allowance(99) for other in stopped - {who}}
            try:
                play.say(f"{who} {'max ' * (word == 'max')}{amount}", limits=limits)
            except Refusal:
                continue
            if word == "max":
                if known is None or (who != holder and amount > known.amount):
                    since[who] = place
                continue
            if limits:
                continue
            assert auction.holder is not None
            bid = auction.bids[auction.holder]
            own = auction.maxima.get(auction.holder)
            earliest = place
            if own is not None and own.amount >= bid:
                earliest = since[auction.holder]
            for other, maximum in auction.maxima.items():
                if other != auction.holder:
                    is_later = since[other] > earliest
                    self.assertTrue(maximum.amount < bid or (maximum.amount == bid and is_later))

    @given(st.data())
    def test_any_order(self, data: st.DataObject) -> None:
        """With limits that change, orders, departures and pauses: no raise is above a maximum or a
        limit, nothing is due after a command, and every event is checked as in a ledger."""
        increment = data.draw(st.sampled_from(["1", "3", "10", "1,4@120,10@140"]))
        reserve = data.draw(st.sampled_from(["", ":reserve=110", ":reserve=130"]))
        buy = data.draw(st.sampled_from(["", "", ":buy=130", ":buy=155"]))
        play = Play(f":increment={increment}{reserve}{buy}", 4, persons=True)
        auction = play.auction
        assert isinstance(auction.format, Open)
        limits: Allowances = {}
        for _ in range(data.draw(st.integers(1, 25))):
            step = data.draw(st.sampled_from(ACTIONS))
            who = data.draw(st.integers(1, 4))
            amount = data.draw(st.integers(95, 160))
            if step == "limit":
                limits[who] = data.draw(
                    st.builds(
                        Allowance,
                        st.none() | st.integers(0, 300),
                        st.integers(0, 150),
                        st.none() | st.integers(1, 2),
                        st.integers(0, 2),
                    )
                )
                continue
            if step == "order":
                bid = Bid(who, b"%d" % amount)
                orders: list[Action] = [Void(), Pause(), GoOn(), Expel(who), Readmit(who), bid]
                command: Command = Order(data.draw(st.sampled_from(orders)), allowances=limits)
            elif step == "reconsider":
                command = Reconsider(limits)
            else:
                line = b"max %d" % amount if step == "max" else b"%d" % amount
                command = Say(who, line, amount, amount, limits)
                if who not in auction.present:
                    continue
            before = dict(auction.maxima)
            try:
                events = play.does(command)
            except Refusal:
                self.assertEqual(auction.maxima, before)
                continue
            for event in events:
                if isinstance(event, Raised) and event.cause is not None:
                    maximum = auction.maxima.get(event.who) or before[event.who]
                    self.assertLessEqual(event.amount, maximum.amount)
                    allowance = limits.get(event.who)
                    self.assertTrue(allowance is None or allowance.allows(event.amount))
            if auction.phase is Phase.ENDED:
                break
            if auction.paused_at is None:
                self.assertEqual(raises(auction.standing, auction.format, 100), ())
            self.assertEqual(
                [amount for _, amount in auction.open_bids],
                sorted(amount for _, amount in auction.open_bids),
            )

    @given(LINES, st.sampled_from([1, 5, 20]), st.data())
    def test_tampering(
        self, lines: list[tuple[str, int, int]], increment: int, data: st.DataObject
    ) -> None:
        """A bid of the server that is changed, or left out, is found by the next event."""
        play = Play(f":increment={increment}", buyers=4)
        with contextlib.suppress(Refusal):
            for word, who, amount in lines:
                play.say(f"{who} {'max ' * (word == 'max')}{amount}")
        places = [
            place
            for place, event in enumerate(play.events)
            if isinstance(event, Raised) and event.cause is not None
        ]
        if not places:
            return
        place = data.draw(st.sampled_from(places))
        right = play.events[place]
        assert isinstance(right, Raised)
        wrong = [
            replace(right, amount=right.amount + 1),
            replace(right, amount=right.amount - 1),
            replace(right, who=right.who % 4 + 1),
            replace(right, outbid=None if right.outbid else 4),
            replace(right, cause="mistake"),
            replace(right, limit=10, bound=1),
            Sold(right.who, right.amount, right.amount),
            MaximumLimited(right.who, right.amount, right.amount, 0),
            *play.events[place + 1 : place + 2],
        ]
        again = Play(f":increment={increment}", buyers=4).auction
        previous: Event | None = None
        for event in play.events[:place]:
            check_event(again, event, 0.0, previous)
            again.apply(event)
            previous = event
        for event in wrong:
            self.assertRaises(ValueError, check_event, again, event, 0.0, previous)
        check_event(again, right, 0.0, previous)


class BuyTests(SynchronousTestCase):
    """The price to buy at once."""

    def bought(self, play: Play, line: str, who: int, price: int) -> None:
        self.assertEqual(play.say(line)[-1], Sold(who, price, price))

    def test_words(self) -> None:
        for line in ("2 buy", "2 Buy", "2 300", "2 5000"):
            play = Play(":buy=300:jump=2")
            play.say("1 120")
            self.assertEqual(play.say(line), [Raised(2, 300, 1), Sold(2, 300, 300)])
        play = Play()
        self.assertRaises(NotUnderstood, play.say, "2 buy")

    def test_price_is_higher(self) -> None:
        """It is offered as long as the asking price is not higher."""
        play = Play(":buy=300:increment=10")
        play.say("1 295")
        self.assertRaises(BidTooLow, play.say, "2 buy")
        self.assertRaises(BidTooLow, play.say, "2 300")
        self.assertEqual(play.bids("2 310"), [(2, 310)])
        play.does(VOID)
        play.does(VOID)
        self.bought(play, "1 buy", 1, 300)

    def test_maxima(self) -> None:
        """A maximum is raised as far as needed, and no higher than this price."""
        play = Play(":buy=300")
        self.assertEqual(play.bids("1 max 400"), [(1, 100)])
        self.assertEqual(play.bids("2 299"), [(2, 299), (1, 300)])
        self.assertEqual(play.events[-1], Sold(1, 300, 300))
        # Of two maxima, the earlier one buys.
        play = Play(":buy=300:increment=7")
        play.say("1 max 300")
        self.assertEqual(play.bids("2 max 500"), [(2, 300), (1, 300)])
        self.assertEqual(play.events[-1], Sold(1, 300, 300))
        # A Buyer who buys does so, whatever maxima there are.
        play = Play(":buy=300")
        play.say("1 max 400")
        self.bought(play, "2 buy", 2, 300)
        # An answer buys, although the asking price would be above.
        play = Play(":buy=300:increment=10")
        play.say("1 max 400")
        self.assertEqual(play.bids("2 295"), [(2, 295), (1, 300)])
        # Once the asking price is above, maxima go on.
        play = Play(":buy=300:increment=10")
        play.say("1 295")
        self.assertEqual(play.bids("2 max 400"), [(2, 305)])
        self.assertEqual(play.bids("1 max 350"), [(1, 350), (2, 360)])
        # The holder's own maximum, below this price, does not offer it again.
        for maximum, bid in ((120, 120), (121, 121), (500, 121)):
            play = Play(":buy=118:increment=20")
            play.say("1 max 101")
            self.assertEqual(play.bids(f"2 max {maximum}"), [(2, bid)])

    def test_next_lot_follows(self) -> None:
        lots = parse_catalogue(b"english:buy=9 5 1 Cup\nenglish 5 1 Hat", 9)
        auction = Auction(Terms(), lots)
        happened: list[Event] = []
        script: list[tuple[float, Command]] = [
            *((0.0, Arrive("b", "t")), (5.0, Wake()), (6.0, Say(1, b"buy"))),
        ]
        for when, command in script:
            for event in auction.decide(command, when):
                check_event(auction, event, when, happened[-1] if happened else None)
                auction.apply(event)
                happened.append(event)
        self.assertEqual([type(event) for event in happened[-3:]], [Raised, Sold, LotAnnounced])

    def test_nothing_else_follows(self) -> None:
        """A ledger must have the sale right after this bid."""
        play = Play(":buy=300", buyers=2)
        play.auction.apply(Raised(1, 300, None))
        for event in (Raised(2, 301, 1), Extended(70.0, 10), MaximumSet(1, 400), Unsold(300)):
            self.assertRaises(ValueError, check_event, play.auction, event, 0.0, None)
        check_event(play.auction, Sold(1, 300, 300), 0.0, None)


class ReserveTests(SynchronousTestCase):
    """The hidden reserve."""

    def test_result(self) -> None:
        for bid, result in ((149, Unsold(149)), (150, Sold(1, 150, 150))):
            play = Play(":reserve=150")
            play.say(f"1 {bid}")
            self.assertEqual(play.does(Order(Close()))[-1], result)
        play = Play(":reserve=150")
        self.assertEqual(play.does(Order(Close()))[-1], Unsold(None))

    def test_maxima(self) -> None:
        """A maximum of at least the reserve bids it at once, and the others do not."""
        for lines, bids in [
            (["1 max 200"], [(1, 150)]),
            (["1 max 150"], [(1, 150)]),
            (["1 max 149"], [(1, 100)]),
            (["1 120", "2 max 200"], [(2, 150)]),
            (["1 120", "1 max 200"], [(1, 150)]),
            (["1 120", "1 max 150"], [(1, 150)]),
            (["1 max 110", "2 120"], [(2, 120)]),
            (["1 160", "2 max 200"], [(2, 161)]),
            (["1 max 130", "2 max 200"], [(1, 130), (2, 150)]),
            (["1 max 130", "2 max 140"], [(1, 130), (2, 131)]),
            (["1 max 130", "1 max 200"], [(1, 150)]),
            (["1 max 140", "2 120"], [(2, 120), (1, 121)]),
            (["1 max 200", "2 155"], [(2, 155), (1, 156)]),
            (["1 max 170", "2 max 200"], [(1, 170), (2, 171)]),
        ]:
            *before, last = lines
            play = Play(":reserve=150")
            play.bids(*before)
            self.assertEqual(play.bids(last), bids, lines)

    def test_buy(self) -> None:
        play = Play(":reserve=150:buy=150")
        self.assertEqual(play.say("1 max 200")[-1], Sold(1, 150, 150))


class TableTests(SynchronousTestCase):
    """Increments that grow with the price."""

    def test_asking_price(self) -> None:
        play = Play(":increment=1,10@150,50@1000")
        for bid, asking in [(100, 101), (149, 150), (150, 160), (999, 1009), (1009, 1059)]:
            play.say(f"1 {bid}")
            assert isinstance(play.auction.format, Open)
            self.assertEqual(play.auction.format.asking_price(play.auction), asking)
        self.assertRaises(BidTooLow, play.say, "2 1058")

    def test_maxima(self) -> None:
        """The increment is the one at the second highest amount."""
        for lines, bids in [
            (["1 max 180", "2 149"], [(2, 149), (1, 150)]),
            (["1 max 180", "2 150"], [(2, 150), (1, 160)]),
            (["1 max 2000", "2 max 1000"], [(2, 1000), (1, 1050)]),
            (["1 max 1020", "2 max 1000"], [(2, 1000), (1, 1020)]),
        ]:
            *before, last = lines
            play = Play(":increment=1,10@150,50@1000")
            play.bids(*before)
            self.assertEqual(play.bids(last), bids, lines)
