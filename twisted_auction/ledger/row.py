"""A row of the ledger, and the hashes that tie rows together."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

SECOND = 1_000_000_000
"""One second in nanoseconds, the unit of the ledger's instants."""


class LedgerError(Exception):
    """A ledger, or an archive, cannot be used; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the ledger has it; the columns are explained in ``schema-2.sql``."""

    number: int
    at: int
    room: str
    auction: int
    kind: str
    body: str
    hash: str


class Head(NamedTuple):
    """The row after which a room's next row comes: its number, its auction and its hash."""

    number: int
    auction: int
    hash: str


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row of a ledger that was begun with schema 1.

    :param number: its number of then, in the whole house.
    :param room_number: its number in its room.
    :param hash: its hash of then.
    :param row: the whole row with its numbers of then; None where it is not in this file.
    """

    number: int
    room: str
    room_number: int
    hash: str
    row: Row | None


@dataclass(frozen=True, slots=True)
class RoomEntry:
    """What the table ``room`` says of a room; the columns are explained in ``schema-2.sql``."""

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
    """The hash of a whole house, see :class:`HouseHash`.

    :param heads: the last rows, by room.
    """
    return HouseHash(anchor, heads).hexdigest()


class HouseHash:
    """The hash of a whole house: SHA-256 of its anchor and, in the order of the rooms' names, the
    name of each room with the number and the hash of its last row, as lines.

    The lines are kept, so that the next hash costs one new line instead of one for each room.

    :param heads: the last rows, by room.
    """

    def __init__(self, anchor: str, heads: Mapping[str, Head]) -> None:
        self._rooms = sorted(heads)
        self._lines = [anchor.encode(), *(_head_line(room, heads[room]) for room in self._rooms)]

    def update(self, room: str, head: Head) -> None:
        """Put a later row, or the first one, in the place of a room's last row."""
        place = bisect_left(self._rooms, room)
        line = _head_line(room, head)
        if self._rooms[place : place + 1] == [room]:
            self._lines[1 + place] = line
        else:
            self._rooms.insert(place, room)
            self._lines.insert(1 + place, line)

    def hexdigest(self) -> str:
        """The hash of the rows so far."""
        return sha256(b"\n".join(self._lines)).hexdigest()


def _head_line(room: str, head: Head) -> bytes:
    return f"{room} {head.number} {head.hash}".encode()
