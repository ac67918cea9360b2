"""The rows of a ledger, and the hashes that chain them."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

SECOND = 1_000_000_000
"""One second in nanoseconds, the unit of instants in a ledger."""


class LedgerError(Exception):
    """A ledger or an archive cannot be used; the text gives the reason in one line."""


class Row(NamedTuple):
    """One event in a ledger. ``schema-2.sql`` explains the columns."""

    number: int
    at: int
    room: str
    auction: int
    kind: str
    body: str
    hash: str


class Head(NamedTuple):
    """The last row of a room so far: its number, its auction and its hash. The next row is chained
    to it."""

    number: int
    auction: int
    hash: str


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row of a ledger that was begun with schema 1.

    :param number: the number it had in schema 1, counted in the whole house.
    :param room_number: the number it has now, counted in its room.
    :param auction: the number that its auction had in schema 1, counted in the whole house.
    :param hash: the hash it had in schema 1.
    :param row: the whole row with the numbers it had; None if the row is not in this file.
    """

    number: int
    room: str
    room_number: int
    auction: int
    hash: str
    row: Row | None


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """A row of the table ``room``. ``schema-2.sql`` explains the columns."""

    name: str
    auction: int
    first: int | None
    archived: int
    archived_auction: int
    archived_hash: str


def row_hash(
    previous: str, number: int, at: int, room: str, auction: int, kind: str, body: str
) -> str:
    """The hash of a row: SHA-256 of the previous row's hash and this row's columns, as lines.

    :param previous: the house's anchor for the first row of a room.
    """
    text = f"{previous}\n{number}\n{at}\n{room}\n{auction}\n{kind}\n{body}"
    return sha256(text.encode()).hexdigest()


def house_hash(anchor: str, heads: Mapping[str, Head]) -> str:
    """The hash of a whole house; see :class:`HouseHash`.

    :param heads: the head of each room, by name.
    """
    return HouseHash(anchor, heads).hexdigest()


class HouseHash:
    """The hash of a whole house: SHA-256 of its anchor and one line per room, sorted by name. Each
    line has the room's name, and the number and hash of its head.

    The lines are cached: after one new row, the next hash formats one line, not one per room.

    :param heads: the head of each room, by name.
    """

    def __init__(self, anchor: str, heads: Mapping[str, Head]) -> None:
        self._rooms = sorted(heads)
        self._lines = [anchor.encode(), *(_head_line(room, heads[room]) for room in self._rooms)]

    def update(self, room: str, head: Head) -> None:
        """Set the head of a room."""
        place = bisect_left(self._rooms, room)
        line = _head_line(room, head)
        if self._rooms[place : place + 1] == [room]:
            self._lines[1 + place] = line
        else:
            self._rooms.insert(place, room)
            self._lines.insert(1 + place, line)

    def hexdigest(self) -> str:
        """The hash with the current heads."""
        return sha256(b"\n".join(self._lines)).hexdigest()


def _head_line(room: str, head: Head) -> bytes:
    return f"{room} {head.number} {head.hash}".encode()
