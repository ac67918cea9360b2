"""Tickets: the secrets with which participants come back after a cut."""

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

REMEMBERED = 10_000
"""Largest number of ticket holders whose results are kept once they have no seat. The oldest
results go first."""

GIVEN_UP = 1_000
"""Largest number of tickets without a result that are remembered once their seats are given up.
They are counted apart, so that participants who come and go push out nobody's result."""


def new_ticket() -> str:
    """128 random bits, as text."""
    return secrets.token_hex(16)


def digest_of(ticket: str) -> str:
    """The SHA-256 of a ticket, in hexadecimal. The house keeps digests and never tickets, so nobody
    who reads its memory or its ledger can come back with what it finds."""
    return sha256(ticket.encode()).hexdigest()


class TicketRegistry(Generic[Room]):
    """What the tickets of a house are good for, by their digests.

    :ivar seats: the room and the participant, while the auction is on.
    :ivar results: what a participant without a seat is told if there is a result for it; the latest
        :data:`REMEMBERED`.
    :ivar given_up: the digests of tickets without a result; the latest :data:`GIVEN_UP`.
    """

    def __init__(self) -> None:
        self.seats: dict[str, tuple[Room, int]] = {}
        self.results: dict[str, Letter] = {}
        self.given_up: dict[str, None] = {}  # a set that keeps its order

    def begin(self, digest: str, room: Room, who: int) -> None:
        """Enter a ticket that is good for a participant's seat in a room."""
        self.seats[digest] = (room, who)

    def withdraw(self, digests: Iterable[str]) -> None:
        """Free these seats. The tickets are good again once the ledger has been read."""
        for digest in digests:
            del self.seats[digest]

    def end(self, digest: str, letter: Letter) -> None:
        """Free a participant's seat, and keep its result.

        :param letter: the result; empty if the participant has none.
        """
        self.seats.pop(digest, None)
        if letter:
            self.results[digest] = letter
            _keep_latest(self.results, REMEMBERED)
        else:
            self.given_up[digest] = None
            _keep_latest(self.given_up, GIVEN_UP)

    def last_words(self, digest: str) -> Letter | None:
        """What a participant without a seat is told; None if the ticket is not remembered."""
        if digest in self.given_up:
            return SEAT_GIVEN_UP
        return self.results.get(digest)


def _keep_latest(digests: dict[str, Any], number: int) -> None:
    if len(digests) > number:
        del digests[next(iter(digests))]


class AuctionTickets:
    """The tickets of one auction, or one sale, and the results that their holders must hear.

    :param ended: is told the digest of each ticket that is good for no seat any more, and the
        results that it is still good for, as :meth:`TicketRegistry.end` takes them.
    :ivar digests: the digests of the tickets, by participant.
    :ivar results: the results that concern the holders, those of earlier lots included.
    """

    __slots__ = ("_ended", "digests", "results")

    def __init__(self, ended: Callable[[str, Letter], object]) -> None:
        self._ended = ended
        self.digests: dict[int, str] = {}
        self.results: dict[int, Letter] = {}

    def take(self, event: Event, auction: Auction, told: Iterable[tuple[int, Letter]]) -> None:
        """Take in what has happened.

        :param auction: as it stands right after the event.
        :param told: who was told what about it; of a result.
        """
        if isinstance(event, Arrived):
            if event.ticket_digest is not None:
                self.digests[event.who] = event.ticket_digest
        elif not self.digests:
            return
        elif isinstance(event, Left):
            is_bound = event.who == SELLER or event.who in auction.bids
            if event.who in self.results or (auction.phase is Phase.BIDDING and is_bound):
                return  # its result is to come, or in a sale it may come back for the next lots
            digest = self.digests.pop(event.who, None)
            if digest is not None:
                self._ended(digest, EMPTY)
        elif type(event) in RESULTS:
            for who, letter in told:
                if who in self.digests:
                    result = with_lot_heading(letter, auction)
                    self.results[who] = self.results.get(who, EMPTY) + result

    def let_go(self, who: int) -> None:
        """Keep nothing here of a participant that has left; its ticket is good for the results that
        it has, and no longer for coming back."""
        digest = self.digests.pop(who)
        self._ended(digest, self.results.pop(who, EMPTY) + SEAT_GIVEN_UP)

    def end(self, auction: Auction) -> None:
        """Let all of them go: the auction, or the last lot, is over."""
        for who, digest in self.digests.items():
            results = self.results.get(who, EMPTY)
            if auction.lots is not None:
                results += SALE_OVER
            self._ended(digest, results)
        self.digests = {}
        self.results = {}


class TicketReplay:
    """What the tickets of auctions are good for that are read again from a ledger.

    :param history: reads the rows.
    :param ended: as for :class:`AuctionTickets`.
    :ivar tickets: those of the auctions that have not ended, by room.
    """

    def __init__(self, history: History, ended: Callable[[str, Letter], object]) -> None:
        self.tickets: dict[str, AuctionTickets] = {}
        self._history = history
        self._ended = ended

    def follow(self, rows: Iterable[Row]) -> None:
        """Read all these rows.

        :raises LedgerError: at the first one that does not hold, or cannot be read.
        """
        for row in rows:
            recorded, event = self._history.read(row)
            tickets = self.tickets.get(row.room)
            if tickets is None:
                tickets = self.tickets[row.room] = AuctionTickets(self._ended)
            told: Collection[tuple[int, Letter]] = ()
            if type(event) in RESULTS:
                when = self._history.instant(row.at)
                told = participant_updates(event, recorded.auction, when)
            tickets.take(event, recorded.auction, told)
            if recorded.is_over:
                del self.tickets[row.room]
                tickets.end(recorded.auction)
