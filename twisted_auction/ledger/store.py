"""What a ledger asks of the storage under it.

:class:`~twisted_auction.ledger.sqlite.SQLiteStore` is the one there is. Everything above it (the
journal, the history, the archive's verification) knows these two interfaces only.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from twisted_auction.ledger.row import Head, LedgerError, OldRow, RoomEntry, Row

MIN_ROW_NUMBER = -(2**63)
"""The smallest number that a row can have in the storage."""

RowColumns = tuple[int, int, str, int, str, str, str]
"""A row to be written: the fields of :class:`~twisted_auction.ledger.row.Row`, in order."""

RoomColumns = tuple[str, int, int | None]
"""A room to be written: its name, the number of its latest auction, and the number of that
auction's first row, None once it is over."""


class LockedError(LedgerError):
    """Another program has the storage locked. Nothing was written; try again later."""


class View(Protocol):
    """What a ledger holds, to be read.

    Every method raises :exc:`~twisted_auction.ledger.row.LedgerError` if the storage cannot be
    read.
    """

    @property
    def path(self) -> Path:
        """The file, for errors to name."""

    @property
    def anchor(self) -> str:
        """What the chain of every room begins with."""

    @property
    def is_archive(self) -> bool:
        """Whether this is an archive, to which no server writes."""

    def rows(
        self, room: str | None = None, first: int = MIN_ROW_NUMBER, most: int = -1
    ) -> Iterator[Row]:
        """The rows of one room, or of all of them, room after room.

        :param first: the number of the first row that is wanted; by default all are, those that
            a forger has put before row 1 too.
        :param most: how many are wanted; all of them if negative.
        """

    def in_time(self) -> Iterator[tuple[int, str, Head]]:
        """All rows in the order of their instants: the instant, the room, and the rest that the
        house hash needs."""

    def find_arrival(self, digest: str) -> Row | None:
        """The arrival that a ticket belongs to.

        :param digest: the ticket's hash.
        """

    def first_row(self, row: Row) -> int:
        """The number of the first row of a row's auction."""

    def rooms(self) -> Iterator[RoomEntry]:
        """Every room of which there are rows, here or in an archive, by name."""

    def unfinished(self) -> Iterator[RoomEntry]:
        """The rooms in which an auction has not ended, by name."""

    def room(self, name: str) -> RoomEntry | None:
        """What is known of one room, if anything."""

    def start(self, room: str) -> Head:
        """What a room's first row here follows: the house's anchor, or a row in an archive."""

    def head(self, room: str) -> Head:
        """What a room's next row follows."""

    def head_before(self, room: str, number: int) -> Head:
        """What the row with this number follows."""

    def heads(self) -> dict[str, Head]:
        """The last row of every room, by name."""

    def house_hash(self) -> str:
        """The hash of all that is written."""

    def old_chain(self) -> Iterator[OldRow]:
        """The chain of a ledger that was begun with schema 1; empty for any other."""


class Store(Protocol):
    """Where a ledger's rows are written, by this process alone.

    Every method but :meth:`close` raises :exc:`~twisted_auction.ledger.row.LedgerError` if the
    storage cannot be used.
    """

    @property
    def path(self) -> Path:
        """The file, for errors to name."""

    @property
    def view(self) -> View:
        """What is written, once the storage is open."""

    @property
    def warning(self) -> str:
        """What the operator should know about this storage, in one line; empty if nothing."""

    def open(self) -> None:
        """Lock the storage and open it; create it if it does not exist."""

    def last_heartbeat(self) -> int:
        """The last present that was written, in nanoseconds since 1970; 0 if none was."""

    def write(
        self, rows: Sequence[RowColumns], rooms: Sequence[RoomColumns], present: int | None
    ) -> None:
        """Write all of this in one transaction; it is durable when this returns.

        :param present: the instant at which the server is known to have run, in nanoseconds since
            1970; None to leave the one that is written.
        :raises LockedError: if another program has the storage locked; nothing is written then.
        """

    def close(self) -> None:
        """Give the storage up. Must not raise."""
