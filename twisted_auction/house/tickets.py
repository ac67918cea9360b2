"""Tickets: secrets for resuming a seat.

A *ticket* is the secret itself. The house keeps its *digest*.
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from hashlib import sha256
from typing import Any, Generic, TypeVar

from twisted_auction.house.notices import (
    SEAT_GIVEN_UP,
    participant_updates,
    with_lot_heading,
)
from twisted_auction.house.snapshots import SALE_OVER
from twisted_auction.ledger.history import History
from twisted_auction.ledger.row import Row
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import RESULTS, SELLER, Arrived, Event, Left
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.letter import EMPTY, Letter

Room = TypeVar("Room")

MAX_RESULTS = 10_000
"""Largest number of results kept for ticket holders without a seat. The oldest go first."""

MAX_GIVEN_UP = 1_000
"""Largest number of tickets remembered without a seat and without a result. They are counted apart,
so clients coming and going displace no result."""


def new_ticket() -> str:
    """A new ticket: 128 random bits as 32 hexadecimal digits."""
    return secrets.token_hex(16)


def digest_of(ticket: str) -> str:
    """The SHA-256 of a ticket, in hexadecimal. The house keeps digests and no tickets, so a reader
    of its memory or its ledger finds nothing with which to take a seat."""
    return sha256(ticket.encode()).hexdigest()


class TicketRegistry(Generic[Room]):
    """The tickets of a house, by their digests.

    :ivar seats: the room and the participant of each ticket with a seat.
    :ivar results: the results of tickets without a seat; the latest :data:`MAX_RESULTS`.
    :ivar given_up: the digests of tickets without a seat and a result; the latest
        :data:`MAX_GIVEN_UP`.
    """

    def __init__(self) -> None:
        self.seats: dict[str, tuple[Room, int]] = {}
        self.results: dict[str, Letter] = {}
        self.given_up: dict[str, None] = {}  # an ordered set

    def begin(self, digest: str, room: Room, who: int) -> None:
        """Add a ticket for a participant's seat in a room."""
        self.seats[digest] = (room, who)

    def withdraw(self, digests: Iterable[str]) -> None:
        """Remove tickets, because the house closes. A ledger may add them again when it opens."""
        for digest in digests:
            del self.seats[digest]

    def end(self, digest: str, letter: Letter) -> None:
        """Free the seat of a ticket, and remember its result.

        :param letter: the result; empty if there is none.
        """
        self.seats.pop(digest, None)
        if letter:
            self.results[digest] = letter
            _keep_latest(self.results, MAX_RESULTS)
        else:
            self.given_up[digest] = None
            _keep_latest(self.given_up, MAX_GIVEN_UP)

    def last_words(self, digest: str) -> Letter | None:
        """The letter for a ticket holder without a seat; None if the ticket is not remembered."""
        if digest in self.given_up:
            return SEAT_GIVEN_UP
        return self.results.get(digest)


def _keep_latest(digests: dict[str, Any], number: int) -> None:
    if len(digests) > number:
        del digests[next(iter(digests))]


class AuctionTickets:
    """The tickets of one auction, or one sale, and the results for their holders.

    :param ended: is called with the digest and the result of a ticket without a seat, such as
        :meth:`TicketRegistry.end`.
    :ivar digests: the digests of the tickets, by participant.
    :ivar results: the results so far, by participant, those of earlier lots included.
    """

    __slots__ = ("_ended", "digests", "results")

    def __init__(self, ended: Callable[[str, Letter], object]) -> None:
        self._ended = ended
        self.digests: dict[int, str] = {}
        self.results: dict[int, Letter] = {}

    def follow(self, event: Event, auction: Auction, told: Iterable[tuple[int, Letter]]) -> None:
        """Follow an event.

        :param auction: the auction right after the event.
        :param told: the letters about the event. They are needed for a result only.
        """
        if isinstance(event, Arrived):
            if event.ticket_digest is not None:
                self.digests[event.who] = event.ticket_digest
        elif not self.digests:  # in rooms without a lobby, always
            return
        elif isinstance(event, Left):
            is_bound = event.who == SELLER or event.who in auction.bids
            if event.who in self.results or (auction.phase is Phase.BIDDING and is_bound):
                return  # it may come back for its result or, in a sale, for the next lots
            digest = self.digests.pop(event.who, None)
            if digest is not None:
                self._ended(digest, EMPTY)
        elif type(event) in RESULTS:
            for who, letter in told:
                if who in self.digests:
                    result = with_lot_heading(letter, auction)
                    self.results[who] = self.results.get(who, EMPTY) + result

    def let_go(self, who: int) -> None:
        """End the ticket of a departed participant. It is still good for the results so far."""
        digest = self.digests.pop(who)
        self._ended(digest, self.results.pop(who, EMPTY) + SEAT_GIVEN_UP)

    def end(self, auction: Auction) -> None:
        """End all tickets, because the auction or the last lot is over."""
        for who, digest in self.digests.items():
            results = self.results.get(who, EMPTY)
            if auction.lots is not None:
                results += SALE_OVER
            self._ended(digest, results)
        self.digests = {}
        self.results = {}


class TicketReplay:
    """Follows the tickets of auctions read from a ledger.

    :param history: replays the rows.
    :param ended: as for :class:`AuctionTickets`.
    :ivar tickets: the tickets of unfinished auctions, by room.
    """

    def __init__(self, history: History, ended: Callable[[str, Letter], object]) -> None:
        self.tickets: dict[str, AuctionTickets] = {}
        self._history = history
        self._ended = ended

    def follow(self, rows: Iterable[Row]) -> None:
        """Replay rows.

        :raises LedgerError: if a row is wrong, or cannot be read.
        """
        for row in rows:
            recorded, event = self._history.read(row)
            tickets = self.tickets.get(row.room)
            if tickets is None:
                tickets = self.tickets[row.room] = AuctionTickets(self._ended)
            told: Collection[tuple[int, Letter]] = ()
            # Only results are kept. Other letters would be made for nothing.
            if type(event) in RESULTS:
                when = self._history.instant(row.at)
                told = participant_updates(event, recorded.auction, when)
            tickets.follow(event, recorded.auction, told)
            if recorded.is_over:
                del self.tickets[row.room]
                tickets.end(recorded.auction)
