"""The questions about the rows of a ledger, in the SQL of every engine."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from twisted_auction.ledger.row import Head, LedgerError, OldRow, RoomEntry, Row
from twisted_auction.ledger.store import MIN_ROW_NUMBER, Notification, UntoldColumns

COLUMNS = "number, at, room, auction, kind, body, hash"
"""The columns of a row, in the order of the fields of
:class:`~twisted_auction.ledger.row.Row`."""

Found = TypeVar("Found")


class SQLView(ABC):
    """A ledger or an archive in tables; see :class:`~twisted_auction.ledger.store.View`.

    A subclass runs the statements, in which ``?`` stands for a value.

    :param name: the file or the database, for messages.
    :raises LedgerError: if the tables cannot be read.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        house = self._one("SELECT anchor FROM house")
        if house is None:
            raise LedgerError(f"the ledger {name} cannot be read: it has no anchor.")
        (self.anchor,) = house

    @property
    def is_archive(self) -> bool:
        """False: only a file can be an archive."""
        return False

    @abstractmethod
    def _one(self, statement: str, *values: object) -> Any:
        """The first row of an answer, as a tuple, or None."""

    @abstractmethod
    def _all(self, make: Callable[..., Found], statement: str, *values: object) -> Iterator[Found]:
        """Each row of an answer, given to ``make``."""

    @abstractmethod
    def has_table(self, name: str) -> bool:
        """True if there is a table that is created when it is first needed."""

    @abstractmethod
    def field(self, name: str) -> str:
        """The expression for a field of an event, from its column ``body``."""

    def rows(
        self, room: str | None = None, first: int = MIN_ROW_NUMBER, limit: int = -1
    ) -> Iterator[Row]:
        """The rows of one room, or of all rooms, one room after the other.

        :param first: number of the first row to read.
        :param limit: maximum number of rows to read; no maximum if negative.
        """
        where = "number >= ?" if room is None else "number >= ? AND room = ?"
        values = (first,) if room is None else (first, room)
        at_most = "" if limit < 0 else f" LIMIT {limit}"
        return self._all(
            Row,
            f"SELECT {COLUMNS} FROM event WHERE {where} ORDER BY room, number{at_most}",
            *values,
        )

    def find_arrival(self, digest: str) -> Row | None:
        """The arrival with this ticket digest, or None."""
        found = self._one(
            f"SELECT {COLUMNS} FROM event WHERE kind = 'Arrived' "
            f"AND {self.field('ticket')} IS NOT NULL AND {self.field('ticket')} = ?",
            digest,
        )
        return None if found is None else Row(*found)

    def results_of_persons(self) -> Iterator[Row]:
        """The results with payments of all auctions in which no Buyer has come without a paddle."""
        return self._all(
            Row,
            "WITH strangers AS (SELECT DISTINCT room, auction FROM event WHERE kind = 'Arrived' "
            f"AND {self.field('paddle')} IS NULL) "
            f"SELECT {COLUMNS} FROM event WHERE kind IN ('Sold', 'SaleVoided') "
            "AND (room, auction) NOT IN (SELECT room, auction FROM strangers)",
        )

    def first_row(self, room: str, auction: int) -> int:
        """Number of the first row of an auction.

        This is a binary search, because the auctions of a room are numbered in the order of rows.
        """
        low, high = self.start(room).number + 1, self.head(room).number
        while low < high:
            middle = (low + high) // 2
            found = self._one(
                "SELECT auction FROM event WHERE room = ? AND number = ?", room, middle
            )
            if found is not None and found[0] >= auction:
                high = middle
            else:
                low = middle + 1
        return low

    def untold(self) -> Iterator[UntoldColumns]:
        """The results that persons have not been told, the latest first."""
        if not self.has_table("untold"):
            return iter(())
        return self._all(
            lambda *columns: columns,
            "SELECT room, auction, paddle FROM untold ORDER BY number DESC",
        )

    def notifications(self) -> Iterator[Notification]:
        """The notifications that have not been sent, in the order of their events."""
        if not self.has_table("notification"):
            return iter(())
        return self._all(
            Notification,
            "SELECT id, room, auction, lot, paddle, kind, at, letter FROM notification "
            "ORDER BY number",
        )

    def rooms(self) -> Iterator[RoomEntry]:
        """Every room with rows here or in an archive, by name."""
        return self._entries("ORDER BY name")

    def unfinished(self) -> Iterator[RoomEntry]:
        """The rooms with an auction that has not ended, by name."""
        return self._entries("WHERE first IS NOT NULL ORDER BY name")

    def room(self, name: str) -> RoomEntry | None:
        """The entry of one room, or None."""
        return next(self._entries("WHERE name = ?", name), None)

    def start(self, room: str) -> Head:
        """The head before a room's first row in this file: the anchor, or a row in an archive."""
        entry = self.room(room)
        if entry is None or not entry.archived:
            return Head(0, 0, self.anchor)
        return Head(entry.archived, entry.archived_auction, entry.archived_hash)

    def head(self, room: str) -> Head:
        """The head of a room: its next row is chained to it."""
        return self._last(room, "ORDER BY number DESC LIMIT 1")

    def head_before(self, room: str, number: int) -> Head:
        """The head to which the row with this number is chained."""
        return self._last(room, "AND number = ?", number - 1)

    def heads_by_instant(self) -> Iterator[tuple[int, str, Head]]:
        """All rows in the order of their instants: the instant, the room, and the row as a head."""
        return self._all(
            lambda at, room, *head: (at, room, Head(*head)),
            "SELECT at, room, number, auction, hash FROM event ORDER BY at, room, number",
        )

    def last_heartbeat(self) -> int:
        """The last heartbeat written, in nanoseconds since 1970; 0 if there is none."""
        (seen,) = self._one("SELECT coalesce(max(seen), 0) FROM node")
        return int(seen)

    def old_chain(self) -> Iterator[OldRow]:
        """The chain of a ledger that was begun with schema 1; empty for any other ledger."""
        if not self.has_table("chain1"):
            return iter(())
        return self._all(
            _old_row,
            "SELECT chain1.number, chain1.room, room_number, chain1.hash, "
            "at, chain1.auction, kind, body "
            "FROM chain1 LEFT JOIN event "
            "ON event.room = chain1.room AND event.number = room_number ORDER BY chain1.number",
        )

    def _last(self, room: str, where: str, *values: object) -> Head:
        found = self._one(
            f"SELECT number, auction, hash FROM event WHERE room = ? {where}", room, *values
        )
        return self.start(room) if found is None else Head(*found)

    def _entries(self, where: str, *values: object) -> Iterator[RoomEntry]:
        return self._all(
            RoomEntry,
            "SELECT name, auction, first, archived, archived_auction, archived_hash "
            f"FROM room {where}",
            *values,
        )


def _old_row(
    number: int,
    room: str,
    room_number: int,
    hash: str,
    at: int | None,
    auction: int,
    kind: str,
    body: str,
) -> OldRow:
    row = None if at is None else Row(number, at, room, auction, kind, body, hash)
    return OldRow(number, room, room_number, auction, hash, row)
