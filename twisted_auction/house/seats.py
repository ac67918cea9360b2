"""The seats of one room: participants, connected or away, and Watchers."""

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass
from typing import Protocol

from twisted_auction.house.peers import SeatsByPeer
from twisted_auction.house.tickets import AuctionTickets, Key
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    SELLER,
    Arrived,
    Event,
    Left,
    LotAnnounced,
    LotsDone,
    Voided,
)
from twisted_auction.rules.refusals import RepeatBid, RepeatMaximum
from twisted_auction.wire.letter import Letter

WATCHER = SELLER - 1
"""Pseudo participant number of a Watcher."""

_FORGET_BIDS = frozenset({LotAnnounced, LotsDone, Voided})
"""The events after which bids are forgotten."""


class Connection(Protocol):
    """The connection of a participant or a Watcher, as a room sees it."""

    @property
    def address(self) -> str:
        """The address of the client, for the operator to read."""

    @property
    def peer(self) -> str:
        """The key under which the room counts seats, such as an IP address. Seats with an empty
        key are not counted."""

    def takes_price_updates(self) -> bool:
        """True if all earlier letters have left. Otherwise the connection calls
        :meth:`~twisted_auction.house.auctioneer.Auctioneer.catch_up` once they have."""

    def send(self, letter: Letter) -> None:
        """Send a letter in one piece. This must not raise, even if the client is gone."""

    def dismiss(self, letter: Letter) -> None:
        """Send a last letter, then close the connection."""


@dataclass(slots=True, eq=False)
class Seat:
    """The place of a participant or a Watcher in a room, for as long as its connection lasts.

    :ivar repeats: the refusal of a bid or a maximum for the Buyer to repeat; None after its next
        line and with the next lot.
    :ivar paddle: the paddle of a Watcher on the list of people.
    """

    who: int
    connection: Connection
    repeats: RepeatBid | RepeatMaximum | None = None
    paddle: int | None = None


@dataclass(frozen=True, slots=True)
class Occupancy:
    """Who is in a room at one instant, for a page of the operator or of an embedding program.

    :param connected: the numbers of the connected participants, in the order in which they sat
        down.
    :param away: seconds for which the seats of disconnected ticket holders are still kept, by
        participant number.
    :param watchers: number of Watchers.
    :param lagging: number of connections that have missed a price update.
    """

    connected: tuple[int, ...]
    away: Mapping[int, float]
    watchers: int
    lagging: int


class Seats:
    """The seats of one room, and the tickets of its current auction.

    A ticket holder without a connection is away, and its seat is kept for some time. The rules
    count it as present.

    :param end_ticket: as for :class:`~twisted_auction.house.tickets.AuctionTickets`.
    :param max_per_peer: largest number of seats in one auction for each :attr:`Connection.peer`; 0
        for any number.
    :param room: the name of the room.
    :param has_people: as for :class:`~twisted_auction.house.tickets.AuctionTickets`.
    :ivar seated: the seats of connected participants, by participant number.
    :ivar watchers: the seats of Watchers, in the order of arrival.
    :ivar away: for each ticket holder who is away, the end of its seat's grace, in seconds; the
        earliest first.
    :ivar peers: the seats of the current auction by :attr:`Connection.peer`.
    :ivar tickets: the tickets of the current auction.
    """

    __slots__ = (
        "_end_ticket",
        "_has_people",
        "_max_per_peer",
        "_room",
        "away",
        "peers",
        "seated",
        "tickets",
        "watchers",
    )

    def __init__(
        self,
        end_ticket: Callable[[Key, Letter], object],
        max_per_peer: int,
        room: str,
        has_people: bool,
    ) -> None:
        self._end_ticket = end_ticket
        self._has_people = has_people
        self._room = room
        self._max_per_peer = max_per_peer
        self.peers = SeatsByPeer(max_per_peer)
        self.seated: dict[int, Seat] = {}
        self.watchers: dict[Seat, None] = {}  # an ordered set
        self.away: dict[int, float] = {}
        self.tickets = AuctionTickets(end_ticket, room, has_people)

    @property
    def kept_until(self) -> float:
        """The instant at which the first seat of :attr:`away` is lost. :attr:`away` must not be
        empty."""
        return next(iter(self.away.values()))

    def overdue(self, when: float) -> int | None:
        """A participant with a seat lost by now; None if there is none."""
        for who, until in self.away.items():
            return who if when >= until else None
        return None

    def has_room(self, peer: str) -> bool:
        """True if one more seat can be taken from this peer."""
        return self.peers.has_room(peer)

    def can_return(self, who: int, peer: str) -> bool:
        """True if a participant can sit down again from this peer after leaving."""
        return self.peers.has_seat(who) or self.peers.has_room(peer)

    def is_seated(self, seat: Seat) -> bool:
        """True if this is the current seat of a participant."""
        return self.seated.get(seat.who) is seat

    def sit(self, who: int, connection: Connection) -> Seat:
        """Give a participant a seat, instead of an earlier one."""
        self.away.pop(who, None)
        seat = self.seated[who] = Seat(who, connection)
        return seat

    def vacate(self, who: int) -> Seat | None:
        """Take the seat of a participant away.

        :return: the seat; None if the participant was not connected.
        """
        return self.seated.pop(who, None)

    def admit_watcher(self, connection: Connection, paddle: int | None) -> Seat:
        """Give a Watcher its seat."""
        seat = Seat(WATCHER, connection, paddle=paddle)
        self.watchers[seat] = None
        return seat

    def keep(self, who: int, until: float) -> None:
        """Keep the seat of a disconnected participant until an instant."""
        # The grace is the same for all seats, so the last one added is the last one to be lost.
        self.away[who] = until

    def restore(self, tickets: AuctionTickets, present: Container[int], until: float) -> None:
        """Take over the tickets of an auction from the ledger.

        :param present: the participants of the auction, all disconnected.
        :param until: the end of the grace of ticket holders among them.
        """
        self.tickets = tickets
        self.away = {who: until for who in tickets.keys if who in present}

    def postpone(self, since: float, until: float) -> None:
        """Prolong the grace of all seats by a time in which the room's clock stood still."""
        self.away = {who: end + until - since for who, end in self.away.items()}

    def follow(
        self, event: Event, auction: Auction, told: Collection[tuple[int, Letter]]
    ) -> Seat | None:
        """Follow an event.

        :param auction: the auction right after the event.
        :param told: the letters about the event.
        :return: a freed seat with an open connection, for the caller to close: its participant left
            the auction because of a timeout.
        """
        self.tickets.follow(event, auction, told)
        if isinstance(event, Arrived):
            self.peers.take(event.who, self.seated[event.who].connection.peer)
        elif isinstance(event, Left):
            self.away.pop(event.who, None)
            # Otherwise the seat counts on, for as long as the bid is kept.
            if event.who not in auction.bids:
                self._free(event.who)
            # There is none if the connection has ended, or its ticket was given up.
            return self.seated.pop(event.who, None)
        elif type(event) in _FORGET_BIDS:
            # The bids of the last lot, or the voided ones, are forgotten. So the seats of Buyers
            # without a bid who have left count no more.
            for who in self.peers.all_but(auction.present):
                if who not in auction.bids:
                    self._free(who)
            for seat in self.seated.values():
                seat.repeats = None
        return None

    def end(self, auction: Auction) -> list[Seat]:
        """Free the seats of an ended auction, and end its tickets.

        :return: the seats of its connected participants.
        """
        seats = list(self.seated.values())
        self.tickets.end(auction, self.seated)
        self.seated, self.away = {}, {}
        self.peers = SeatsByPeer(self._max_per_peer)
        return seats

    def clear(self) -> None:
        """Free all seats, also those of Watchers, and forget all tickets."""
        self.seated, self.watchers, self.away = {}, {}, {}
        self.tickets = AuctionTickets(self._end_ticket, self._room, self._has_people)
        self.peers = SeatsByPeer(self._max_per_peer)

    def _free(self, who: int) -> None:
        """Stop counting the seat of a participant after it has left without a bid."""
        # In a sale, a ticket holder may still have results of earlier lots.
        if who not in self.tickets.keys:
            self.peers.free(who)
        elif (other := self.peers.set_aside(who)) is not None:
            self.tickets.let_go(other)
