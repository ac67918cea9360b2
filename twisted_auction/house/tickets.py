"""Tickets: the secrets with which participants come back after a cut."""

import secrets
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Generic, TypeVar

from twisted_auction.house.notices import SALE_OVER, SEAT_GIVEN_UP, retold
from twisted_auction.rules.auction import Auction, Phase
from twisted_auction.rules.events import RESULTS, Arrived, Event, Left

Room = TypeVar("Room")

REMEMBERED = 10_000
"""So many participants, the latest, may still hear their results when their auctions are over."""


def new_ticket() -> str:
    """128 random bits, as text."""
    return secrets.token_hex(16)


def hashed(ticket: str) -> str:
    """What is kept and written down of a ticket: nobody can come back with that."""
    return sha256(ticket.encode()).hexdigest()


class Tickets(Generic[Room]):
    """What tickets are good for, by their hashes.

    :ivar places: the room and the participant, while the auction is on.
    :ivar results: what the participant is told when it is over; the latest :data:`REMEMBERED`.
    """

    def __init__(self) -> None:
        self.places: dict[str, tuple[Room, int]] = {}
        self.results: dict[str, bytes] = {}

    def end(self, ticket: str, lines: bytes) -> None:
        """Keep a participant's result, its auction being over."""
        self.places.pop(ticket, None)
        self.results[ticket] = lines
        if len(self.results) > REMEMBERED:
            del self.results[next(iter(self.results))]


class Holders:
    """The ticket holders of one auction, or one sale, and what they must hear, however late.

    :param kept: is told each ticket that is good for no place any more, by its hash, and the lines
        that it is still good for.
    :ivar proofs: the hashes of their tickets, by participant.
    :ivar results: the results that concern them, those of earlier lots included.
    """

    __slots__ = ("_kept", "proofs", "results")

    def __init__(self, kept: Callable[[str, bytes], object]) -> None:
        self._kept = kept
        self.proofs: dict[int, str] = {}
        self.results: dict[int, bytes] = {}

    def take(self, event: Event, auction: Auction, told: Iterable[tuple[int, bytes]]) -> None:
        """Take in what has happened.

        :param auction: as it stands right after the event.
        :param told: who was told what about it; of a result.
        """
        if isinstance(event, Arrived):
            if event.ticket is not None:
                self.proofs[event.who] = event.ticket
        elif not self.proofs:
            return
        elif isinstance(event, Left) and auction.phase is not Phase.BIDDING:
            proof = self.proofs.pop(event.who, None)
            if proof is not None:  # there will be nothing more to hear
                self._kept(proof, self.results.pop(event.who, b"") + SEAT_GIVEN_UP)
        elif type(event) in RESULTS:
            for who, lines in told:
                if who in self.proofs:
                    self.results[who] = self.results.get(who, b"") + retold(lines, auction)

    def end(self, auction: Auction) -> None:
        """Let all of them go: the auction, or the last lot, is over."""
        for who, proof in self.proofs.items():
            results = self.results.get(who, b"")
            if auction.lots is not None:
                results += SALE_OVER
            self._kept(proof, results or SEAT_GIVEN_UP)
        self.proofs = {}
        self.results = {}
