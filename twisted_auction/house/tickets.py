"""Tickets: the secrets with which participants come back after a cut."""

import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any, Generic, TypeVar

from twisted_auction.house.notices import SALE_OVER, SEAT_GIVEN_UP, notices, retold
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


def hashed(ticket: str) -> str:
    """What is kept and written down of a ticket: nobody can come back with that."""
    return sha256(ticket.encode()).hexdigest()


class Tickets(Generic[Room]):
    """What tickets are good for, by their hashes.

    :ivar places: the room and the participant, while the auction is on.
    :ivar results: what a participant without a seat is told, where there is a result for it; the
        latest :data:`REMEMBERED`.
    :ivar given_up: the tickets without a result; the latest :data:`GIVEN_UP`.
    """

    def __init__(self) -> None:
        self.places: dict[str, tuple[Room, int]] = {}
        self.results: dict[str, Letter] = {}
        self.given_up: dict[str, None] = {}  # a set that keeps its order

    def end(self, ticket: str, letter: Letter) -> None:
        """Free a participant's place, and keep its result.

        :param letter: the result; empty where the participant has none.
        """
        self.places.pop(ticket, None)
        if letter:
            self.results[ticket] = letter
            _keep_latest(self.results, REMEMBERED)
        else:
            self.given_up[ticket] = None
            _keep_latest(self.given_up, GIVEN_UP)

    def last_words(self, ticket: str) -> Letter | None:
        """What a participant without a seat is told; None where the ticket is not remembered."""
        if ticket in self.given_up:
            return SEAT_GIVEN_UP
        return self.results.get(ticket)


def _keep_latest(tickets: dict[str, Any], number: int) -> None:
    if len(tickets) > number:
        del tickets[next(iter(tickets))]


class Holders:
    """The ticket holders of one auction, or one sale, and what they must hear, however late.

    :param kept: is told each ticket that is good for no place any more, by its hash, and the
        results that it is still good for, as :meth:`Tickets.end` takes them.
    :ivar proofs: the hashes of their tickets, by participant.
    :ivar results: the results that concern them, those of earlier lots included.
    """

    __slots__ = ("_kept", "proofs", "results")

    def __init__(self, kept: Callable[[str, Letter], object]) -> None:
        self._kept = kept
        self.proofs: dict[int, str] = {}
        self.results: dict[int, Letter] = {}

    def take(self, event: Event, auction: Auction, told: Iterable[tuple[int, Letter]]) -> None:
        """Take in what has happened.

        :param auction: as it stands right after the event.
        :param told: who was told what about it; of a result.
        """
        if isinstance(event, Arrived):
            if event.ticket is not None:
                self.proofs[event.who] = event.ticket
        elif not self.proofs:
            return
        elif isinstance(event, Left):
            is_bound = event.who == SELLER or event.who in auction.bids
            if event.who in self.results or (auction.phase is Phase.BIDDING and is_bound):
                return  # its result is to come, or in a sale it may come back for the next lots
            proof = self.proofs.pop(event.who, None)
            if proof is not None:
                self._kept(proof, EMPTY)
        elif type(event) in RESULTS:
            for who, letter in told:
                if who in self.proofs:
                    self.results[who] = self.results.get(who, EMPTY) + retold(letter, auction)

    def let_go(self, who: int) -> None:
        """Keep nothing here of a participant that has left; its ticket is good for the results that
        it has, and no longer for coming back."""
        proof = self.proofs.pop(who)
        self._kept(proof, self.results.pop(who, EMPTY) + SEAT_GIVEN_UP)

    def end(self, auction: Auction) -> None:
        """Let all of them go: the auction, or the last lot, is over."""
        for who, proof in self.proofs.items():
            results = self.results.get(who, EMPTY)
            if auction.lots is not None:
                results += SALE_OVER
            self._kept(proof, results)
        self.proofs = {}
        self.results = {}


class TicketReplay:
    """What the tickets of auctions are good for that are read again from a ledger.

    :param history: reads the rows.
    :param kept: as for :class:`Holders`.
    :ivar holders: the ticket holders of the auctions that have not ended, by room.
    """

    def __init__(self, history: History, kept: Callable[[str, Letter], object]) -> None:
        self.holders: dict[str, Holders] = {}
        self._history = history
        self._kept = kept

    def follow(self, rows: Iterable[Row]) -> None:
        """Read all these rows.

        :raises LedgerError: at the first one that does not hold, or cannot be read.
        """
        for row in rows:
            story, event = self._history.take(row)
            holders = self.holders.get(row.room)
            if holders is None:
                holders = self.holders[row.room] = Holders(self._kept)
            is_result = type(event) in RESULTS
            told = notices(event, story.auction, self._history.instant(row.at)) if is_result else ()
            holders.take(event, story.auction, told)
            if story.is_over:
                del self.holders[row.room]
                holders.end(story.auction)
