"""Reading a ledger's SQLite file."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from twisted_auction.ledger.file_lock import check_file, check_reader_path, is_locked_here
from twisted_auction.ledger.row import Head, LedgerError, OldRow, RoomEntry, Row, house_hash
from twisted_auction.ledger.schema import ARCHIVE_ID, LEDGER_ID, bring_up_to_date, check_schema
from twisted_auction.ledger.store import MIN_ROW_NUMBER, View

COLUMNS = "number, at, room, auction, kind, body, hash"
"""The columns of a row, in the order of the fields of
:class:`~twisted_auction.ledger.row.Row`."""

Found = TypeVar("Found")


class SQLiteView:
    """What a ledger holds, to be read.

    :param path: its file, for errors to name.
    :param database: an open connection to it.
    :ivar anchor: what the chain of every room begins with.

    Every method raises :exc:`LedgerError` where the file cannot be read.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        house = self._one("SELECT anchor FROM house")
        if house is None:
            raise LedgerError(f"the file {path} cannot be read: it has no anchor.")
        (self.anchor,) = house

    def rows(
        self, room: str | None = None, first: int = MIN_ROW_NUMBER, most: int = -1
    ) -> Iterator[Row]:
        """The rows of one room, or of all of them, room after room.

        :param first: the number of the first row that is wanted; by default all are, those that
            a forger has put before row 1 too.
        :param most: how many are wanted; all of them if negative.
        """
        where = "number >= ?" if room is None else "number >= ? AND room = ?"
        values = (first,) if room is None else (first, room)
        return self._all(
            Row,
            f"SELECT {COLUMNS} FROM event WHERE {where} ORDER BY room, number LIMIT ?",
            *values,
            most,
        )

    def find_arrival(self, digest: str) -> Row | None:
        """The arrival that a ticket belongs to.

        :param digest: the ticket's hash.
        """
        found = self._one(
            f"SELECT {COLUMNS} FROM event WHERE kind = 'Arrived' "
            "AND json_extract(body, '$.ticket') IS NOT NULL AND json_extract(body, '$.ticket') = ?",
            digest,
        )
        return None if found is None else Row(*found)

    def first_row(self, row: Row) -> int:
        """The number of the first row of a row's auction: no number of an auction is below that of
        an earlier row, so there is no need to read them all."""
        low, high = self.start(row.room).number + 1, row.number
        while low < high:
            middle = (low + high) // 2
            found = self._one(
                "SELECT auction FROM event WHERE room = ? AND number = ?", row.room, middle
            )
            if found is not None and found[0] >= row.auction:
                high = middle
            else:
                low = middle + 1
        return low

    def rooms(self) -> Iterator[RoomEntry]:
        """Every room of which there are rows, here or in an archive, by name."""
        return self._records("ORDER BY name")

    def unfinished(self) -> Iterator[RoomEntry]:
        """The rooms in which an auction has not ended, by name."""
        return self._records("WHERE first IS NOT NULL ORDER BY name")

    def room(self, name: str) -> RoomEntry | None:
        """What is known of one room, if anything."""
        return next(self._records("WHERE name = ?", name), None)

    def start(self, room: str) -> Head:
        """What a room's first row here follows: the house's anchor, or a row in an archive."""
        record = self.room(room)
        if record is None or not record.archived:
            return Head(0, 0, self.anchor)
        return Head(record.archived, record.archived_auction, record.archived_hash)

    def head(self, room: str) -> Head:
        """What a room's next row follows."""
        return self._last(room, "ORDER BY number DESC LIMIT 1")

    def head_before(self, room: str, number: int) -> Head:
        """What the row with this number follows."""
        return self._last(room, "AND number = ?", number - 1)

    def heads(self) -> dict[str, Head]:
        """The last row of every room, by name."""
        return {record.name: self.head(record.name) for record in self.rooms()}

    def house_hash(self) -> str:
        """The hash of all that is written."""
        return house_hash(self.anchor, self.heads())

    @property
    def is_archive(self) -> bool:
        """Whether this is an archive, to which no server writes."""
        return bool(self._one("PRAGMA application_id")[0] == ARCHIVE_ID)

    def in_time(self) -> Iterator[tuple[int, str, Head]]:
        """All rows in the order of their instants: the instant, the room, and the rest that the
        house hash needs."""
        return self._all(
            lambda at, room, *head: (at, room, Head(*head)),
            "SELECT at, room, number, auction, hash FROM event ORDER BY at, room, number",
        )

    def has_old_chain(self) -> bool:
        """Whether the ledger was begun with schema 1."""
        return self._one("SELECT 1 FROM sqlite_master WHERE name = 'chain1'") is not None

    def old_chain(self) -> Iterator[OldRow]:
        """The chain of a ledger that was begun with schema 1."""
        if not self.has_old_chain():
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

    def _records(self, where: str, *values: object) -> Iterator[RoomEntry]:
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
    """Open a ledger to read what is in it, whether a server is writing it or not.

    One with an older schema is read as it would be after its migration, and stays as it is.

    Only SQLite opens the file: in the process that writes it, too, SQLite knows not to give up the
    locks with this connection.

    :raises LedgerError: where it cannot be read.
    """
    path = Path(os.path.realpath(path))
    if not check_file(path).st_size:
        raise LedgerError(f"{path} is no ledger and no archive.")
    check_reader_path(path)
    with translate_errors(path), ExitStack() as stack:
        database = stack.enter_context(closing(_read_only(path)))
        database.execute("BEGIN")  # one state, whatever is written meanwhile
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
        # In a folder that cannot be written to, SQLite reads only what it knows to be at rest.
        database.close()
        log = Path(f"{path}-wal")
        if is_locked_here(path) or (log.exists() and log.stat().st_size):
            raise  # a reader may leave an empty one
        database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    return database


def is_lock_error(error: sqlite3.Error) -> bool:
    """Whether another program is in the way, and the disk is not to blame."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # the rest is detail
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


@contextmanager
def translate_errors(path: Path, what: str = "read") -> Iterator[None]:
    """Turn SQLite's errors into ours.

    :param what: what cannot be done where there is one: ``read`` or ``written``.
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
        # SQLite quotes what it finds in the file, whatever that is, and Python's module then fails
        # to decode some of it.
        problem = str(error).encode("unicode_escape").decode()
        raise LedgerError(f"the file {path} cannot be {what}: {problem}.") from None
