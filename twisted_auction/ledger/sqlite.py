"""The ledger in a SQLite file: WAL mode, ``synchronous=FULL``, and no other writer."""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from twisted_auction.ledger.file_lock import (
    FileLock,
    check_orphaned_wal,
    create_database,
    has_wal_reset_fault,
)
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.schema import LEDGER_ID, check_schema, create_tables, migrate
from twisted_auction.ledger.sqlite_view import COLUMNS, SQLiteView, is_lock_error, translate_errors
from twisted_auction.ledger.store import LockedError, RoomColumns, RowColumns

_INSERT_ROW = f"INSERT INTO event ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"

_PUT_ROOM = (
    "INSERT INTO room VALUES (?, 1, NULL, ?, ?, 0, 0, '') "
    "ON CONFLICT (name) DO UPDATE SET auction = excluded.auction, first = excluded.first"
)


class SQLiteStore:
    """The storage of a ledger in a SQLite file, see :class:`~twisted_auction.ledger.store.Store`.

    :param path: the file; it is made if it does not exist, for its owner alone.
    """

    view: SQLiteView

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> None:
        """Lock the file and open it; create it if it does not exist."""
        self.path = Path(os.path.realpath(self.path))  # Path.resolve raises for a loop of links
        if not os.path.lexists(self.path):
            check_orphaned_wal(self.path)
            create_database(self.path, create_tables)
        with ExitStack() as undo:
            self._lock = FileLock(self.path)
            undo.callback(self._lock.release)
            self._database = _open(self.path)
            undo.callback(self._database.close)
            self.view = SQLiteView(self.path, self._database)
            self._lock.watch()
            # From here on, the reactor waits for other programs, and SQLite does not.
            self._database.execute("PRAGMA busy_timeout = 0")
            undo.pop_all()

    @property
    def warning(self) -> str:
        """What the operator should know about this SQLite; empty if there is nothing."""
        if not has_wal_reset_fault(sqlite3.sqlite_version_info):
            return ""
        return (
            f"SQLite {sqlite3.sqlite_version} is in use, which can spoil a ledger that two "
            "programs checkpoint at the same time. While the server runs, let no other program "
            "do so: no PRAGMA wal_checkpoint or journal_mode, no VACUUM, no writing. Reading "
            "and .backup are safe; SQLite 3.51.3 is mended."
        )

    def last_heartbeat(self) -> int:
        """The last present that was written, in nanoseconds since 1970; 0 if none was."""
        with translate_errors(self.path):
            (seen,) = self._database.execute("SELECT coalesce(max(seen), 0) FROM node").fetchone()
        return int(seen)

    def write(
        self, rows: Sequence[RowColumns], rooms: Sequence[RoomColumns], present: int | None
    ) -> None:
        """Write all of this in one transaction."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            if rows:
                self._database.executemany(_INSERT_ROW, rows)
            if present is not None:
                self._database.execute("UPDATE node SET beat = beat + 1, seen = ?", (present,))
            if rooms:  # no bid changes one
                self._database.executemany(_PUT_ROOM, rooms)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            kind = LockedError if is_lock_error(error) else LedgerError
            raise kind(f"the ledger {self.path} cannot be written: {error}.") from None
        try:
            self._lock.check()
        except LedgerError:
            with suppress(sqlite3.Error):  # under whatever name, the file should have everything
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raise

    def close(self) -> None:
        """Close the file, in this order: see :mod:`twisted_auction.ledger.file_lock`."""
        with suppress(sqlite3.Error):  # what is committed is safe, whether it closes well or not
            self._database.close()
        self._lock.release()


@contextmanager
def open_locked(path: Path, application: int = LEDGER_ID) -> Iterator[sqlite3.Connection]:
    """Have a ledger, or an archive, to oneself, and leave it as it is unless told otherwise.

    :param path: the file, which exists, without symbolic links in its name.
    :raises LedgerError: where it cannot be had.
    """
    lock = FileLock(path)
    try:
        with closing(_open(path, application)) as database:
            yield database
    finally:
        lock.release()


def _open(path: Path, application: int = LEDGER_ID) -> sqlite3.Connection:
    """Open a ledger for writing, filling or migrating it where that is needed."""
    with translate_errors(path):
        database = sqlite3.connect(path, isolation_level=None)
        try:
            _prepare(path, database, application)
        except BaseException:
            database.close()
            raise
    return database


def _prepare(path: Path, database: sqlite3.Connection, application: int) -> None:
    if _is_empty(database):
        create_tables(database, application)
    else:
        check_schema(path, database, application)
    _set_pragma(path, database, "journal_mode", "WAL", "wal")
    _set_pragma(path, database, "synchronous", "FULL", 2)
    database.execute("PRAGMA fullfsync = ON")  # where fsync alone leaves data in the drive's cache
    migrate(path, database)


def _is_empty(database: sqlite3.Connection) -> bool:
    (objects,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = database.execute("PRAGMA application_id").fetchone()
    return bool(objects == 0 and application == 0)


def _set_pragma(
    path: Path, database: sqlite3.Connection, pragma: str, value: str, told: object
) -> None:
    """Set a pragma, and see that it took."""
    database.execute(f"PRAGMA {pragma} = {value}")
    (answer,) = database.execute(f"PRAGMA {pragma}").fetchone()
    if answer != told:
        raise LedgerError(
            f"the file {path} cannot be kept safely: SQLite answers {pragma}={answer}, "
            f"and {value} is needed."
        )
