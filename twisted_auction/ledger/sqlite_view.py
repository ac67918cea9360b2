"""Read access to a ledger in a SQLite file."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from twisted_auction.ledger.file_lock import check_file, check_reader_path, is_locked_here
from twisted_auction.ledger.row import Head, LedgerError, OldRow, RoomEntry, Row
from twisted_auction.ledger.schema import ARCHIVE_ID, LEDGER_ID, bring_up_to_date, check_schema
from twisted_auction.ledger.store import MIN_ROW_NUMBER, Notification, UntoldColumns, View

COLUMNS = "number, at, room, auction, kind, body, hash"
"""The columns of a row, in the order of the fields of
:class:`~twisted_auction.ledger.row.Row`."""

Found = TypeVar("Found")


class SQLiteView:
    """A ledger or an archive in SQLite; see :class:`~twisted_auction.ledger.store.View`.

    :param path: the file, for error messages.
    :param database: an open connection to the file.
    :raises LedgerError: if the file cannot be read.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        house = self._one("SELECT anchor FROM house")
        if house is None:
            raise LedgerError(f"the file {path} cannot be read: it has no anchor.")
        (self.anchor,) = house

    def rows(
        self, room: str | None = None, first: int = MIN_ROW_NUMBER, limit: int = -1
    ) -> Iterator[Row]:
        """The rows of one room, or of all rooms, one room after the other.

        :param first: number of the first row to read.
        :param limit: maximum number of rows to read; no maximum if negative.
        """
        where = "number >= ?" if room is None else "number >= ? AND room = ?"
        values = (first,) if room is None else (first, room)
        return self._all(
            Row,
            f"SELECT {COLUMNS} FROM event WHERE {where} ORDER BY room, number LIMIT ?",
            *values,
            limit,
        )

    def find_arrival(self, digest: str) -> Row | None:
        """The arrival with this ticket digest, or None."""
        found = self._one(
            f"SELECT {COLUMNS} FROM event WHERE kind = 'Arrived' "
            "AND json_extract(body, '$.ticket') IS NOT NULL AND json_extract(body, '$.ticket') = ?",
            digest,
        )
        return None if found is None else Row(*found)

    def results_of_persons(self) -> Iterator[Row]:
        """The results with payments of all auctions in which no Buyer has come without a paddle."""
        return self._all(
            Row,
            "WITH strangers AS (SELECT DISTINCT room, auction FROM event WHERE kind = 'Arrived' "
            "AND json_extract(body, '$.paddle') IS NULL) "
            f"SELECT {COLUMNS} FROM event WHERE kind IN ('Sold', 'SaleVoided') "
            "AND (room, auction) NOT IN strangers",
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

    def has_table(self, name: str) -> bool:
        """True if the file has a table that is created when it is first needed."""
        return self._one("SELECT 1 FROM sqlite_master WHERE name = ?", name) is not None

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

    @property
    def is_archive(self) -> bool:
        """True for an archive: no server writes to it."""
        return bool(self._one("PRAGMA application_id")[0] == ARCHIVE_ID)

    def heads_by_instant(self) -> Iterator[tuple[int, str, Head]]:
        """All rows in the order of their instants: the instant, the room, and the row as a head."""
        return self._all(
            lambda at, room, *head: (at, room, Head(*head)),
            "SELECT at, room, number, auction, hash FROM event ORDER BY at, room, number",
        )

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

    def _one(self, statement: str, *values: object) -> Any:
        with translate_errors(self.path):
            return self._database.execute(statement, values).fetchone()

    def _all(self, make: Callable[..., Found], statement: str, *values: object) -> Iterator[Found]:
        with translate_errors(self.path):
            for found in self._database.execute(statement, values):
                yield make(*found)


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
    return OldRow(number, room, room_number, hash, row)


@contextmanager
def open_view(path: Path) -> Iterator[View]:
    """Open a ledger or an archive for reading, even while a server writes it.

    An old schema is migrated in a copy in memory; the file stays as it is.

    In the process that writes the ledger, only SQLite opens the file here, and SQLite keeps its
    locks when it closes this second connection.

    :raises LedgerError: if the file cannot be read.
    """
    path = Path(os.path.realpath(path))
    if not check_file(path).st_size:
        raise LedgerError(f"{path} is no ledger and no archive.")
    check_reader_path(path)
    with translate_errors(path), ExitStack() as stack:
        database = stack.enter_context(closing(_read_only(path)))
        database.execute("BEGIN")  # a snapshot, while a server may go on writing
        if check_schema(path, database, LEDGER_ID, ARCHIVE_ID):
            copy = stack.enter_context(closing(sqlite3.connect("", isolation_level=None)))
            database.backup(copy)
            bring_up_to_date(path, copy)
            database = copy
        yield SQLiteView(path, database)


def _read_only(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        database.execute("PRAGMA schema_version")
    except sqlite3.OperationalError:
        # SQLite cannot create the -shm file in a read-only folder. It reads the file if told that
        # nobody writes it, which an empty -wal (a reader may leave one) or a missing one shows.
        database.close()
        log = Path(f"{path}-wal")
        if is_locked_here(path) or (log.exists() and log.stat().st_size):
            raise
        database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    return database


def is_lock_error(error: sqlite3.Error) -> bool:
    """True if another program has locked the database; False for a fault of the disk or file."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # without extended bits
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def translate_errors(path: Path, what: str = "read") -> Iterator[None]:
    """Convert errors of SQLite to :exc:`LedgerError`.

    :param what: the operation, as a participle: ``read`` or ``written``.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise LedgerError(f"{path} is no ledger and no archive.") from None
        if isinstance(error, sqlite3.Error) and is_lock_error(error):
            raise LedgerError(
                f"the file {path} is locked by another program: end that one, and start again."
            ) from None
        # SQLite quotes arbitrary bytes from the file, and Python may fail to decode them.
        problem = str(error).encode("unicode_escape").decode()
        raise LedgerError(f"the file {path} cannot be {what}: {problem}.") from None
