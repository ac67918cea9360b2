"""Tickets: the secrets with which participants come back after a cut."""

import secrets
from hashlib import sha256
from typing import Generic, TypeVar

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
