"""One auction, from the Seller's arrival to the result, as a pure state machine.

:meth:`Auction.decide` says what a command leads to and changes nothing; :meth:`Auction.apply` takes
what has happened into the state and never refuses. A live auction, a replay and a simulation are
these two calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from twisted_auction.rules.amounts import parse_amount
from twisted_auction.rules.events import (
    SELLER,
    Arrive,
    Arrived,
    BiddingOpened,
    BidTaken,
    Cancelled,
    Command,
    Event,
    Leave,
    Left,
    RequestAccepted,
    Say,
    Sold,
    Unsold,
    Wake,
)
from twisted_auction.rules.refusals import (
    BidAlreadyIn,
    BiddingNotOpen,
    Busy,
    InvalidBid,
    Ongoing,
    RequestAlreadyIn,
)
from twisted_auction.rules.request import AuctionRequest, parse_request


class Phase(Enum):
    """How far an auction has come."""

    EMPTY = "nobody is there"
    REQUESTING = "the Seller is asked for its request"
    GATHERING = "Buyers are arriving"
    BIDDING = "Buyers are asked for their bids"
    ENDED = "the result is known"


TRANSITIONS: dict[tuple[Phase, type[Event]], Phase] = {
    (Phase.EMPTY, Arrived): Phase.REQUESTING,
    (Phase.REQUESTING, RequestAccepted): Phase.GATHERING,
    (Phase.REQUESTING, Left): Phase.REQUESTING,
    (Phase.REQUESTING, Cancelled): Phase.ENDED,
    (Phase.GATHERING, Arrived): Phase.GATHERING,
    (Phase.GATHERING, Left): Phase.GATHERING,
    (Phase.GATHERING, Cancelled): Phase.ENDED,
    (Phase.GATHERING, BiddingOpened): Phase.BIDDING,
    (Phase.BIDDING, BidTaken): Phase.BIDDING,
    (Phase.BIDDING, Left): Phase.BIDDING,
    (Phase.BIDDING, Sold): Phase.ENDED,
    (Phase.BIDDING, Unsold): Phase.ENDED,
}
"""Every event that can happen in a phase, and the phase that follows. Nothing else can happen."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a house lays down for its auctions.

    :param request_timeout: seconds a Seller has for a valid request; 0 is for ever.
    :param bid_timeout: seconds a Buyer has for a valid bid; 0 is for ever.
    :param max_bidders: the largest ``number_of_bids`` (the assignment's is below 10).
    """

    request_timeout: int = 300
    bid_timeout: int = 300
    max_bidders: int = 9


STANDARD_TERMS = Terms()


class Auction:
    """One auction. Its attributes are for reading; only :meth:`apply` changes them.

    :ivar phase: how far it has come.
    :ivar request: the Seller's request, once accepted.
    :ivar present: the participants who are there, in order of arrival.
    :ivar awaited: the Buyers who are asked for their bids and have not bid.
    :ivar bids: every bid in whole dollars, by Buyer, in order of arrival.
    :ivar wake_at: the instant at which it wants a :class:`Wake`, or None.
    """

    __slots__ = (
        "_last_arrival",
        "_terms",
        "awaited",
        "bids",
        "phase",
        "present",
        "request",
        "wake_at",
    )

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._last_arrival = SELLER
        self.phase = Phase.EMPTY
        self.request: AuctionRequest | None = None
        self.present: dict[int, None] = {}  # a set that keeps its order
        self.awaited: dict[int, None] = {}
        self.bids: dict[int, int] = {}
        self.wake_at: float | None = None

    @property
    def is_full(self) -> bool:
        """Whether every Buyer that the Seller asked for is there."""
        # The Seller is present too: without it the auction is cancelled before bidding opens.
        return self.request is not None and len(self.present) > self.request.number_of_bids

    def decide(self, command: Command, when: float) -> tuple[Event, ...]:
        """Say what follows from a command, without changing anything.

        :param when: this instant, in seconds.
        :return: what happens, in order, all of it for :meth:`apply`.
        :raises Refusal: where the command is not possible now.
        """
        match command:
            case Say():
                if command.who == SELLER:
                    return self._decide_request(command.line.strip())
                return self._decide_bid(command.who, command.line.strip())
            case Arrive():
                return self._decide_arrival(command.address, when)
            case Leave():
                return self._decide_departures(Left(command.who))
            case Wake():
                return self._decide_silence(when)

    def apply(self, event: Event) -> None:
        """Take into the state what has happened. The event comes from :meth:`decide`."""
        self.phase = TRANSITIONS[self.phase, type(event)]
        match event:  # without capturing fields, which costs several times as much
            case BidTaken():
                self.bids[event.who] = event.amount
                del self.awaited[event.who]
            case Arrived():
                self._last_arrival = event.who
                self.present[event.who] = None
                self.wake_at = event.deadline
            case Left():
                del self.present[event.who]
                self.awaited.pop(event.who, None)
            case RequestAccepted():
                self.request = event.request
                self.wake_at = None
            case BiddingOpened():
                self.awaited = dict.fromkeys(who for who in self.present if who != SELLER)
                self.wake_at = event.deadline
            case Sold() | Unsold() | Cancelled():
                self.wake_at = None

    def _decide_arrival(self, address: str, when: float) -> tuple[Event, ...]:
        if self.phase is Phase.EMPTY:
            return (Arrived(SELLER, address, _deadline(when, self._terms.request_timeout)),)
        if self.phase is Phase.REQUESTING:
            raise Busy
        if self.phase is not Phase.GATHERING:
            raise Ongoing
        assert self.request is not None
        arrival = Arrived(self._last_arrival + 1, address)
        if len(self.present) < self.request.number_of_bids:  # the Seller is there too
            return (arrival,)
        return (arrival, BiddingOpened(_deadline(when, self._terms.bid_timeout)))

    def _decide_request(self, line: bytes) -> tuple[Event, ...]:
        if self.phase is not Phase.REQUESTING:
            raise RequestAlreadyIn
        return (RequestAccepted(parse_request(line, self._terms.max_bidders)),)

    def _decide_bid(self, who: int, line: bytes) -> tuple[Event, ...]:
        if self.phase is not Phase.BIDDING:
            raise BiddingNotOpen
        if who not in self.awaited:
            raise BidAlreadyIn
        try:
            amount = parse_amount(line)
        except ValueError:
            raise InvalidBid from None
        taken = BidTaken(who, amount)
        if len(self.awaited) > 1:
            return (taken,)
        return (taken, self._result({**self.bids, who: amount}))

    def _decide_departures(self, *departures: Left) -> tuple[Event, ...]:
        """Who left before bidding opened frees a seat, or ends the auction if it was the Seller;
        who leaves later is not waited for, and whatever it bid stands."""
        gone = {departure.who for departure in departures}
        if self.phase is not Phase.BIDDING:
            cancelled = (Cancelled("The Seller has left."),) if SELLER in gone else ()
            return (*departures, *cancelled)
        if gone.issuperset(self.awaited):
            return (*departures, self._result(self.bids))
        return departures

    def _decide_silence(self, when: float) -> tuple[Event, ...]:
        if self.wake_at is None or when < self.wake_at:
            return ()
        if self.phase is Phase.REQUESTING:
            return self._decide_departures(Left(SELLER, self._terms.request_timeout))
        timeout = self._terms.bid_timeout
        return self._decide_departures(*(Left(who, timeout) for who in self.awaited))

    def _result(self, bids: Mapping[int, int]) -> Sold | Unsold:
        assert self.request is not None
        award = self.request.format.award(bids, self.request.lowest_price)
        if award is None:
            return Unsold(max(bids.values(), default=None))
        return Sold(award.winner, award.highest_bid, award.payment)


def _deadline(when: float, timeout: int) -> float | None:
    return when + timeout if timeout else None
