"""One auction, or a sale of many lots, from the first arrival to the last result, as a pure state
machine.

:meth:`Auction.decide` says what a command leads to and changes nothing; :meth:`Auction.apply` takes
what has happened into the state and never refuses. A live auction, a replay and a simulation are
these two calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from math import ceil, inf, isfinite

from twisted_auction.rules.amounts import MAX_AMOUNT, in_seconds
from twisted_auction.rules.events import (
    RESULTS,
    SELLER,
    Arrive,
    Arrived,
    BiddingClosed,
    BiddingOpened,
    BidTaken,
    Called,
    Cancel,
    Cancelled,
    Close,
    Command,
    Event,
    Extended,
    Leave,
    Left,
    LotAnnounced,
    Missed,
    Passed,
    PriceFell,
    Raised,
    Reopen,
    Reopened,
    RequestAccepted,
    Say,
    Sold,
    Speak,
    Spoke,
    Stop,
    Stopped,
    Unsold,
    Wake,
)
from twisted_auction.rules.format import AMOUNTS, ANSWERS, Format
from twisted_auction.rules.formats import Unregistered, format_of
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.open import Open
from twisted_auction.rules.refusals import (
    BidAlreadyIn,
    BiddingNotOpen,
    BidTooHigh,
    Busy,
    HasPassed,
    NothingOn,
    Ongoing,
    RepeatBid,
    RequestAlreadyIn,
    SaleOver,
)
from twisted_auction.rules.request import AuctionRequest


class Phase(Enum):
    """How far an auction has come."""

    EMPTY = "nobody is there"
    REQUESTING = "the Seller is asked for its request"
    GATHERING = "Buyers are arriving"
    BIDDING = "bids are taken"
    ENDED = "the result is known"

    __hash__ = object.__hash__  # Enum's own is slow, and each event looks up its transition


TRANSITIONS: dict[tuple[Phase, type[Event]], Phase] = {
    (Phase.EMPTY, Arrived): Phase.REQUESTING,
    (Phase.EMPTY, LotAnnounced): Phase.GATHERING,
    (Phase.REQUESTING, RequestAccepted): Phase.GATHERING,
    (Phase.REQUESTING, Left): Phase.REQUESTING,
    (Phase.REQUESTING, Stopped): Phase.REQUESTING,
    (Phase.REQUESTING, Reopened): Phase.REQUESTING,
    (Phase.REQUESTING, Cancelled): Phase.ENDED,
    (Phase.GATHERING, Arrived): Phase.GATHERING,
    (Phase.GATHERING, Left): Phase.GATHERING,
    (Phase.GATHERING, Spoke): Phase.GATHERING,
    (Phase.GATHERING, Stopped): Phase.GATHERING,
    (Phase.GATHERING, Reopened): Phase.GATHERING,
    (Phase.GATHERING, Cancelled): Phase.ENDED,
    (Phase.GATHERING, BiddingOpened): Phase.BIDDING,
    (Phase.BIDDING, Arrived): Phase.BIDDING,
    (Phase.BIDDING, BidTaken): Phase.BIDDING,
    (Phase.BIDDING, Passed): Phase.BIDDING,
    (Phase.BIDDING, Missed): Phase.BIDDING,
    (Phase.BIDDING, Spoke): Phase.BIDDING,
    (Phase.BIDDING, Raised): Phase.BIDDING,
    (Phase.BIDDING, Extended): Phase.BIDDING,
    (Phase.BIDDING, Called): Phase.BIDDING,
    (Phase.BIDDING, PriceFell): Phase.BIDDING,
    (Phase.BIDDING, Left): Phase.BIDDING,
    (Phase.BIDDING, Stopped): Phase.BIDDING,
    (Phase.BIDDING, Reopened): Phase.BIDDING,
    (Phase.BIDDING, BiddingClosed): Phase.BIDDING,
    (Phase.BIDDING, Sold): Phase.ENDED,
    (Phase.BIDDING, Unsold): Phase.ENDED,
    (Phase.BIDDING, Cancelled): Phase.ENDED,
    (Phase.ENDED, LotAnnounced): Phase.GATHERING,
}
"""Every event that can happen in a phase, and the phase that follows. Nothing else can happen."""


_AT_LEAST_ONE = frozenset({"max_bidders", "max_bid"})
"""The terms of which 0 would allow nothing."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a house lays down for its auctions.

    :param request_timeout: seconds a Seller has for a valid request; 0 is for ever.
    :param gathering_timeout: seconds from a Seller's request by which enough Buyers must be there;
        0 is for ever.
    :param bid_timeout: seconds a Buyer has for a valid sealed bid; 0 is for ever.
    :param max_bidders: the largest ``number_of_bids`` (the assignment's is below 10).
    :param max_bid: the greatest open bid, in whole dollars.
    :param lot_time: seconds for the sealed bids on a lot of a sale; 0 is for ever.
    :param lot_pause: seconds from the announcement of a lot to its bidding, so that what was said
        to the last lot is not taken for a bid on the next.
    :param resume_grace: seconds for which the seat of a ticket holder is kept whose connection is
        cut.
    :param settle: seconds from the arrival of the last Buyer needed to the opening of the bidding,
        if that Buyer has no ticket; 0 opens it at once.
    :param raise_rate: raises a second that one Buyer may go on with in open bidding; 0 is any
        number. It is the house that counts them, so that a ledger holds under any rate.
    :param tell_seller_bids: whether the Seller hears every bid with the result; nobody else does.
    :raises ValueError: where a term is impossible, naming it.
    """

    request_timeout: int = 300
    bid_timeout: int = 300
    gathering_timeout: int = 0
    max_bidders: int = 9
    max_bid: int = MAX_AMOUNT
    lot_time: int = 60
    lot_pause: int = 5
    resume_grace: int = 60
    settle: float = 0
    raise_rate: int = 2
    tell_seller_bids: bool = False

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            kinds, kind = ((int, float), "number") if field.type is float else (int, "whole number")
            if field.type is bool:
                if not isinstance(value, bool):
                    raise ValueError(f"{field.name} must be True or False, not {value!r}")
                continue
            least = 1 if field.name in _AT_LEAST_ONE else 0
            if isinstance(value, bool) or not isinstance(value, kinds) or not value >= least:
                raise ValueError(f"{field.name} must be a {kind} from {least}, not {value!r}")
            if value > MAX_AMOUNT:  # an instant is a float, which has an end
                raise ValueError(f"{field.name} must be at most {MAX_AMOUNT}")


STANDARD_TERMS = Terms()

SETTLE = 0.05
"""Seconds of settling where strangers may connect: longer than a port scan stays, and too short for
a person to notice."""
PASS = b"pass"
"""What a Buyer says, in any case, to decline a lot of a sale."""


_NO_FORMAT: Format = Unregistered.called("?")
"""Stands in until there is a request."""


class Overdue(Exception):
    """A command came although the auction should have been woken first: a driver's mistake."""


class Auction:
    """One auction, or a sale of many lots. Its attributes are for reading; only :meth:`apply`
    changes them.

    :param catalogue: the lots of a sale in which the house itself is the Seller; None where a
        Seller comes and makes a request.

    :ivar phase: how far it has come.
    :ivar request: what is sold and how, once that is known.
    :ivar format: the format that the request names; before there is one, a format that takes no
        bids.
    :ivar is_open: whether its bids are open, for everyone to hear.
    :ivar lots: how many lots the sale has, or None where there is one Seller with one item.
    :ivar lot: in a sale, the number of the lot, from 1; before the first one, and without a
        catalogue, 0.
    :ivar present: the participants who are there, in order of arrival.
    :ivar asked: the Buyers who are asked for a sealed bid and have not answered.
    :ivar awaited: those of them for whom the result waits: all of them, or in a sale those who have
        missed no lot; all of them again where each has missed one, or the others have left.
    :ivar passed: the Buyers who have declined the lot.
    :ivar silent: the Buyers who have missed a lot of the sale and said nothing since.
    :ivar bids: each Buyer's bid in whole dollars, the latest where it made several, in the order of
        arrival.
    :ivar holder: in open bidding, whose bid is the highest so far.
    :ivar price: the price that was called last, as the opening price or as the clock of a Dutch
        auction falls, in whole dollars; 0 before.
    :ivar calls: how often "going" was called since the deadline was last moved.
    :ivar deadline: when the time of what is asked now is up, or None.
    :ivar is_stopped: whether the house is closed and its clock stands.
    :ivar wake_at: the instant at which it wants a :class:`Wake`, or None.
    :ivar fault: what the format has raised where it was only asked for the next instant or the
        first price. Such an auction cannot go on: :class:`Wake` raises it, and is due.
    """

    __slots__ = (
        "_catalogue",
        "_gathered_by",
        "_last_arrival",
        "_terms",
        "asked",
        "awaited",
        "bids",
        "calls",
        "deadline",
        "fault",
        "format",
        "holder",
        "is_open",
        "is_stopped",
        "lot",
        "lots",
        "passed",
        "phase",
        "present",
        "price",
        "request",
        "silent",
        "wake_at",
    )

    def __init__(self, terms: Terms, catalogue: Sequence[AuctionRequest] | None = None) -> None:
        self._terms = terms
        self._catalogue = catalogue
        self.lots = None if catalogue is None else len(catalogue)
        self._last_arrival = SELLER
        self.phase = Phase.EMPTY
        self.lot = 0
        self.present: dict[int, None] = {}  # a set that keeps its order
        self.silent: dict[int, None] = {}
        self.deadline: float | None = None
        self.is_stopped = False
        self.wake_at: float | None = None
        self.request: AuctionRequest | None = None
        self.format = _NO_FORMAT
        self._begin(None)

    def _begin(self, request: AuctionRequest | None) -> None:
        self.fault: Exception | None = None
        # A sale may put the same request up many times, as the laboratory's does.
        if request is not None and (request is not self.request or self.format is _NO_FORMAT):
            self._build_format(request)
        self.request = request
        self._gathered_by: float | None = None  # until when Buyers are waited for
        self.is_open = self.format.is_open
        self.asked: dict[int, None] = {}
        self.awaited: dict[int, None] = {}
        self.passed: dict[int, None] = {}
        self.bids: dict[int, int] = {}
        self.holder: int | None = None
        self.price = 0
        self.calls = 0

    def _build_format(self, request: AuctionRequest) -> None:
        try:
            self.format = format_of(request)
        except Exception as fault:  # it was built once already, to check the request
            self.format = _NO_FORMAT
            self.fault = fault

    @property
    def lowest_price(self) -> int:
        """Below it, the Seller does not sell; in whole dollars."""
        assert self.request is not None
        return self.request.lowest_price

    @property
    def missing_buyers(self) -> int:
        """How many Buyers must still come before bidding opens; below 0 where more are there."""
        assert self.request is not None
        buyers = len(self.present) - (SELLER in self.present)
        return self.request.number_of_bids - buyers

    @property
    def tells_seller_bids(self) -> bool:
        """Whether the Seller hears every bid with the result."""
        return self._terms.tell_seller_bids

    def binding_bid(self, who: int) -> int | None:
        """The bid, in whole dollars, that binds a Buyer as things stand: the sealed one that was
        taken, or in open bidding the highest. None where no bid of its own does."""
        if self.phase is not Phase.BIDDING or (self.is_open and who != self.holder):
            return None
        return self.bids.get(who)

    def concerns(self, who: int) -> bool:
        """Whether the result will concern a participant even though it has left: its bid binds it,
        or as the Seller its request does, since bidding has opened."""
        if who == SELLER:
            return self.phase is Phase.BIDDING and self.lots is None
        return self.binding_bid(who) is not None

    @property
    def is_settling(self) -> bool:
        """Whether all Buyers are there and bidding on a Seller's item opens after the settling
        time. (In a sale, the pause before a lot has its own rules.)"""
        if self.phase is not Phase.GATHERING or self.lots is not None:
            return False
        return self.missing_buyers <= 0

    def seconds_left(self, when: float) -> int:
        """Whole seconds to the :attr:`deadline`, the one that has begun included."""
        assert self.deadline is not None
        # The sum and the difference of floats may be off by a trifle, which is no second.
        return max(0, ceil(round(self.deadline - when, 3)))

    def decide(self, command: Command, when: float) -> tuple[Event, ...]:
        """Say what follows from a command, without changing anything.

        :param when: this instant, in seconds.
        :return: what happens, in order, all of it for :meth:`apply`.
        :raises Refusal: where the command is not possible now.
        :raises Overdue: where :attr:`wake_at` has come and the command is neither :class:`Wake` nor
            :class:`Reopen`. What time alone leads to happens before anything else. (An auction
            that cannot go on can be cancelled at any time.)
        :raises Exception: whatever a format raises, which is a mistake in it.
        """
        is_due = self.wake_at is not None and when >= self.wake_at
        if is_due and not isinstance(command, Wake | Reopen | Cancel):
            raise Overdue(f"woken for {self.wake_at} first, not {command} at {when}")
        match command:
            case Say():
                events = self._decide_words(command, when)
            case Arrive():
                events = self._decide_arrival(command, when)
            case Speak():
                events = (Spoke(command.who),) if command.who in self.silent else ()
            case Leave():
                events = self._decide_departures(Left(command.who))
            case Wake():
                events = self._decide_time(when) if is_due else ()
            case Close():
                events = self._decide_close()
            case Cancel():
                if self.phase in (Phase.EMPTY, Phase.ENDED):
                    raise NothingOn
                events = (Cancelled(command.reason),)
            case Stop():
                is_on = self.phase not in (Phase.EMPTY, Phase.ENDED)
                events = (Stopped(),) if is_on else ()
            case Reopen():
                deadline = self.deadline
                if deadline is not None:
                    deadline += when - command.closed_at
                events = (Reopened(deadline),)
        if self._has_next_lot and events and type(events[-1]) in RESULTS:
            return (*events, self._lot(self.lot + 1, when))
        return events

    def apply(self, event: Event) -> None:
        """Take into the state what has happened. The event comes from :meth:`decide`."""
        self.phase = TRANSITIONS[self.phase, type(event)]
        match event:  # without capturing fields, which costs several times as much
            case BidTaken():
                self.bids[event.who] = event.amount
                self._answered(event.who)
            case Passed():
                self.passed[event.who] = None
                self._answered(event.who)
            case Missed():
                self.silent[event.who] = None
                self.awaited.pop(event.who, None)
            case Spoke():
                self.silent.pop(event.who, None)
                if event.who in self.asked:
                    self.awaited[event.who] = None
            case Raised():
                self.bids.pop(event.who, None)
                self.bids[event.who] = event.amount
                self.passed.pop(event.who, None)
                self.holder = event.who
            case Extended():
                self.deadline = event.deadline
                self.calls = 0
            case Stopped():
                self.is_stopped = True
            case Reopened():
                self.is_stopped = False
                if self._gathered_by is not None and self.deadline is not None:
                    assert event.deadline is not None
                    self._gathered_by += event.deadline - self.deadline
                self.deadline = event.deadline
            case Called():
                self.calls = event.times
            case PriceFell():
                self.price = event.price
                self.deadline = event.deadline
            case Arrived():
                self._last_arrival = max(self._last_arrival, event.who)
                self.present[event.who] = None
                if event.deadline is not None:
                    self.deadline = event.deadline
            case Left():
                del self.present[event.who]
                is_gathering = self.phase is Phase.GATHERING and self.lots is None
                if is_gathering and self.missing_buyers > 0:
                    # The settling time starts anew with the next Buyer.
                    self.deadline = self._gathered_by
                self.silent.pop(event.who, None)
                self._answered(event.who)
                if not (self.awaited or self.bids or self.passed):
                    self.awaited = self.asked.copy()
            case RequestAccepted():
                self._begin(event.request)
                self.deadline = self._gathered_by = event.deadline
            case LotAnnounced():
                self._begin(event.request)
                self.lot = event.lot
                self.lots = event.lots
                self.deadline = event.opens_at
            case BiddingOpened():
                assert self.request is not None
                if not self.is_open:
                    self.asked = dict.fromkeys(who for who in self.present if who != SELLER)
                    awaited = dict.fromkeys(who for who in self.asked if who not in self.silent)
                    self.awaited = awaited or self.asked.copy()
                try:
                    self.price = self.format.opening_price(self.request.lowest_price)
                    if type(self.price) is not int or self.price not in AMOUNTS:
                        raise ValueError(f"{self.price} is no price")
                except Exception as fault:
                    self.fault = fault
                self._gathered_by = None
                self.deadline = event.deadline
            case Sold() | Unsold() | Cancelled():
                self.deadline = None
            case BiddingClosed():
                pass
        # Kept, not computed: it is read several times for each line that anybody says.
        if self.is_stopped:
            self.wake_at = None
        elif self.phase is Phase.BIDDING:
            try:
                self.wake_at = self.format.wake_at(self)
                if self.wake_at is not None and not isfinite(self.wake_at):
                    raise ValueError(f"{self.wake_at} is no instant")
            except Exception as fault:
                self.fault = fault
            if self.fault is not None:
                self.wake_at = -inf
        elif self.phase is Phase.GATHERING and self.lots is not None and self.missing_buyers > 0:
            self.wake_at = None  # in a sale, a Buyer's arrival opens the bidding
        else:
            self.wake_at = self.deadline

    def _answered(self, who: int) -> None:
        """This Buyer is not asked any more."""
        self.asked.pop(who, None)
        self.awaited.pop(who, None)

    def _decide_arrival(self, command: Arrive, when: float) -> tuple[Event, ...]:
        address, ticket = command.address, command.ticket
        number = self._last_arrival + 1 if command.who is None else command.who
        arrival = Arrived(number, address, ticket=ticket)
        match self.phase:
            case Phase.EMPTY:
                if self._catalogue is not None:
                    lot = self._lot(1, when)
                    if lot.request.number_of_bids == 1:
                        arrival = self._last_needed(arrival, when, lot.opens_at)
                    return (lot, arrival)
                deadline = _deadline(when, self._terms.request_timeout)
                return (Arrived(SELLER, address, deadline, ticket),)
            case Phase.REQUESTING:
                raise Busy
            case Phase.GATHERING:
                if self.missing_buyers > 1:
                    return (arrival,)
                if self.missing_buyers < 1:  # bidding opens at the deadline
                    if self.is_settling and not self.is_open:
                        raise Ongoing
                    return (arrival,)
                paused_until = None if self.lots is None else self.deadline
                arrival = self._last_needed(arrival, when, paused_until)
                is_paused = paused_until is not None and when < paused_until
                if is_paused or arrival.deadline is not None:
                    return (arrival,)
                return (arrival, self._opening(when))
            case Phase.BIDDING:
                if not self.is_open and not self._has_next_lot:
                    raise Ongoing
                return (arrival,)
            case Phase.ENDED:
                raise SaleOver

    def _last_needed(self, arrival: Arrived, when: float, paused_until: float | None) -> Arrived:
        """The arrival of the last Buyer needed, with the instant at which bidding opens if the
        settling time decides it."""
        settled = when if arrival.ticket is not None else when + self._terms.settle
        if settled > when and (paused_until is None or settled > paused_until):
            return replace(arrival, deadline=settled)
        return arrival

    def _decide_words(self, words: Say, when: float) -> tuple[Event, ...]:
        line = words.line.strip()
        if self.phase is Phase.BIDDING:
            if self.lots is not None and line.lower() == PASS:
                return self.decide_pass(words.who)
            format = self.format
            if isinstance(format, Open):
                return self._decide_open_words(format, words.who, line, words.repeats, when)
            if words.who in self.passed:
                raise HasPassed
            if words.who != SELLER and words.who not in self.present:
                raise BidAlreadyIn  # its bid binds it, and it is there only to hear the result
            return _answers(format.hear(self, words.who, line, when))
        if words.who != SELLER:
            raise BiddingNotOpen
        if self.phase is not Phase.REQUESTING:
            raise RequestAlreadyIn
        terms = self._terms
        request = parse_request(line, terms.max_bidders, terms.max_bid)
        return (RequestAccepted(request, _deadline(when, terms.gathering_timeout)),)

    def decide_pass(self, who: int) -> tuple[Event, ...]:
        """Say what follows where a Buyer declines the lot on which bids are taken.

        :raises Refusal: where it cannot, or has done so.
        """
        if who in self.passed:
            raise HasPassed
        if self.is_open:
            if who == self.holder or who not in self.present:
                raise BidAlreadyIn
            return (Passed(who),)
        if who not in self.asked:
            raise BidAlreadyIn if who in self.bids else BiddingNotOpen
        if any(other != who for other in self.awaited):
            return (Passed(who),)
        return (Passed(who), self._result())

    def _decide_open_words(
        self, format: Open, who: int, line: bytes, repeats: int | None, when: float
    ) -> tuple[Event, ...]:
        """Keep an absurd bid, which nobody could outbid, from being the highest by mistake.

        The format itself takes it: what is in a ledger was within the limits of its day.
        """
        most = self._terms.max_bid
        try:
            events = _answers(format.hear(self, who, line, when))
        except BidTooHigh as refusal:
            raise BidTooHigh(min(refusal.most, most)) from None
        for event in events:
            if isinstance(event, Raised | BidTaken):
                if event.amount > most:
                    raise BidTooHigh(most)
                if event.amount != repeats and format.is_jump(self, event.amount):
                    raise RepeatBid(event.amount)
        return events

    def _decide_departures(self, *departures: Left) -> tuple[Event, ...]:
        """Who left before bidding opened frees a seat, or ends the auction if it was the Seller;
        who leaves later is not waited for, and whatever it bid stands."""
        gone = {departure.who for departure in departures}
        if self.phase is not Phase.BIDDING:
            cancelled = (Cancelled("The Seller has left."),) if SELLER in gone else ()
            return (*departures, *cancelled)
        if self.is_open or not gone.issuperset(self.awaited):
            return departures
        if self.bids or self.passed or gone.issuperset(self.asked):
            return (*departures, self._result())
        return departures

    def _decide_time(self, when: float) -> tuple[Event, ...]:
        if self.phase is Phase.REQUESTING:
            return self._decide_departures(Left(SELLER, self._terms.request_timeout))
        if self.phase is Phase.GATHERING:
            if self.missing_buyers > 0:
                time = in_seconds(self._terms.gathering_timeout)
                return (Cancelled(f"Not enough Buyers came within {time}."),)
            return (self._opening(when),)
        if self.fault is not None:
            raise self.fault
        events = _answers(self.format.pass_time(self))
        if not events or type(events[-1]) not in RESULTS:
            return events
        timed_out = Left if self.lots is None else Missed
        timeout = self._sealed_timeout
        return (*(timed_out(who, timeout) for who in self.awaited), *events)

    def _decide_close(self) -> tuple[Event, ...]:
        if self.phase is not Phase.BIDDING:
            raise BiddingNotOpen
        return (BiddingClosed(None), self._result())

    @property
    def _has_next_lot(self) -> bool:
        return self.lots is not None and self.lot < self.lots

    def _lot(self, number: int, when: float) -> LotAnnounced:
        assert self._catalogue is not None
        request = self._catalogue[number - 1]
        return LotAnnounced(number, len(self._catalogue), request, when + self._terms.lot_pause)

    def _opening(self, when: float) -> BiddingOpened:
        return BiddingOpened(self.format.first_deadline(when, self._sealed_timeout))

    @property
    def _sealed_timeout(self) -> int:
        return self._terms.bid_timeout if self.lots is None else self._terms.lot_time

    def _result(self) -> Sold | Unsold:
        result = self.format.result(self.bids, self.lowest_price)
        _answers((result,))
        return result


def _deadline(when: float, timeout: int) -> float | None:
    return when + timeout if timeout else None


def _answers(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """What a format answers.

    :raises TypeError: where that is none of its business.
    """
    for event in events:
        if type(event) not in ANSWERS:
            raise TypeError(f"a format answers {event!r}")
    return events
