"""The interface between a ledger and its storage.

The history and the verification read through :class:`View`, and the journal writes through
:class:`Store`. SQLite has both: :class:`~twisted_auction.ledger.sqlite_view.SQLiteView` and
:class:`~twisted_auction.ledger.sqlite.SQLiteStore`, which the ledger makes from a path. PostgreSQL
has the first: :class:`~twisted_auction.ledger.postgres_view.PostgresView`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from twisted_auction.ledger.row import Head, LedgerError, OldRow, RoomEntry, Row

MIN_ROW_NUMBER = -(2**63)
"""Smallest row number that the storage can hold. A forger may have put rows before row 1, so
reading starts here by default."""

RowColumns = tuple[int, int, str, int, str, str, str]
"""A row to write: the fields of :class:`~twisted_auction.ledger.row.Row`, in order."""

RoomColumns = tuple[str, int, int | None]
"""A room to write: its name, the number of its latest auction, and the number of that auction's
first row, None if the auction is over."""


UntoldColumns = tuple[str, int, int]
"""A result that a person has not been told: the room, the number of the auction, the paddle."""


class Notification(NamedTuple):
    """One piece of news for one person, which leaves the house for a receiver of the operator.

    :param id: 32 hexadecimal digits, the same over all attempts and restarts.
    :param auction: the number of the auction in its room.
    :param lot: the number of the lot; 0 outside a sale.
    :param kind: the word for the news, such as ``outbid``.
    :param at: the instant of the event, in nanoseconds since 1970.
    :param letter: the messages as a JSON array, as the person reads them in the room.
    """

    id: str
    room: str
    auction: int
    lot: int
    paddle: int
    kind: str
    at: int
    letter: str


@dataclass(frozen=True, slots=True)
class UntoldChanges:
    """What persons have yet to be told, and what they have been told since the last commit.

    :ivar told: the room and the paddle of persons who have been told all their results.
    :ivar marks: results that have been missed since.
    :ivar notifications: notifications to keep until they have been sent.
    :ivar sent: the ids of notifications to forget. One of them may be in ``notifications``.
    """

    told: list[tuple[str, int]] = field(default_factory=list)
    marks: list[UntoldColumns] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction writes.

    :ivar rows: rows, in the order of their events.
    :ivar rooms: rooms whose auction has begun or ended.
    :ivar heartbeat: nanoseconds since 1970, an instant at which the server is known to run; None
        leaves the last heartbeat as it is.
    :ivar untold: what persons have yet to be told.
    """

    rows: Sequence[RowColumns] = ()
    rooms: Sequence[RoomColumns] = ()
    heartbeat: int | None = None
    untold: UntoldChanges = field(default_factory=UntoldChanges)


class LockedError(LedgerError):
    """Another program has locked the storage. Nothing was written; try again later."""


class View(Protocol):
    """Read access to a ledger or an archive.

    Every method raises :exc:`~twisted_auction.ledger.row.LedgerError` if the storage cannot be
    read.
    """

    @property
    def name(self) -> str:
        """The file or the database, for messages."""

    @property
    def anchor(self) -> str:
        """The hash from which the chain of every room starts."""

    @property
    def is_archive(self) -> bool:
        """True for an archive: no server writes to it."""

    def rows(
        self, room: str | None = None, first: int = MIN_ROW_NUMBER, limit: int = -1
    ) -> Iterator[Row]:
        """The rows of one room, or of all rooms, one room after the other.

        :param first: number of the first row to read.
        :param limit: maximum number of rows to read; no maximum if negative.
        """

    def heads_by_instant(self) -> Iterator[tuple[int, str, Head]]:
        """All rows in the order of their instants: the instant, the room, and the row as a head."""

    def find_arrival(self, digest: str) -> Row | None:
        """The arrival with this ticket digest, or None."""

    def results_of_persons(self) -> Iterator[Row]:
        """The results with payments of all auctions in which no Buyer has come without a paddle."""

    def first_row(self, room: str, auction: int) -> int:
        """Number of the first row of an auction."""

    def untold(self) -> Iterator[UntoldColumns]:
        """The results that persons have not been told, the latest first."""

    def notifications(self) -> Iterator[Notification]:
        """The notifications that have not been sent, in the order of their events."""

    def rooms(self) -> Iterator[RoomEntry]:
        """Every room with rows here or in an archive, by name."""

    def unfinished(self) -> Iterator[RoomEntry]:
        """The rooms with an auction that has not ended, by name."""

    def room(self, name: str) -> RoomEntry | None:
        """The entry of one room, or None."""

    def start(self, room: str) -> Head:
        """The head before a room's first row in this file: the anchor, or a row in an archive."""

    def head(self, room: str) -> Head:
        """The head of a room: its next row is chained to it."""

    def head_before(self, room: str, number: int) -> Head:
        """The head to which the row with this number is chained."""

    def last_heartbeat(self) -> int:
        """The last heartbeat written, in nanoseconds since 1970; 0 if there is none."""

    def old_chain(self) -> Iterator[OldRow]:
        """The chain of a ledger that was begun with schema 1; empty for any other ledger."""


class Store(Protocol):
    """Write access to a ledger, for this process alone.

    :meth:`open` and the view raise :exc:`~twisted_auction.ledger.row.LedgerError` if the storage
    cannot be used.
    """

    @property
    def location(self) -> str:
        """The file or the address, which a reader can open."""

    @property
    def name(self) -> str:
        """The file or the database, for messages."""

    @property
    def view(self) -> View:
        """Read access to the same storage, once it is open."""

    @property
    def warning(self) -> str:
        """One line about this storage for the operator; empty if there is nothing to say."""

    def open(self) -> None:
        """Lock the storage and open it; create it if it does not exist."""

    def write(
        self,
        batch: Batch,
        written: Callable[[], object],
        failed: Callable[[LedgerError], object],
    ) -> None:
        """Write a batch in one transaction, now or later. There is one batch at a time.

        :param written: called once the batch is durable, perhaps before this method returns.
        :param failed: called if it cannot be written; with a :exc:`LockedError` if another program
            has locked the storage.
        """

    def close(self) -> None:
        """Close and unlock the storage. Must not raise."""
