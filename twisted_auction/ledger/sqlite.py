"""The storage of a ledger in a SQLite file.

The file is in WAL mode with ``synchronous=FULL``, and only one process writes it.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from twisted_auction.ledger.file_lock import (
    FileLock,
    check_orphaned_wal,
    create_database,
    has_wal_reset_fault,
)
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.schema import (
    CREATE_NOTIFICATION,
    CREATE_UNTOLD,
    LEDGER_ID,
    check_schema,
    create_tables,
    migrate,
)
from twisted_auction.ledger.sql_view import COLUMNS
from twisted_auction.ledger.sqlite_view import SQLiteView, is_lock_error, translate_errors
from twisted_auction.ledger.store import Batch, LockedError

_INSERT_ROW = f"INSERT INTO event ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"

_PUT_ROOM = (
    "INSERT INTO room VALUES (?, 1, NULL, ?, ?, 0, 0, '') "
    "ON CONFLICT (name) DO UPDATE SET auction = excluded.auction, first = excluded.first"
)

_MARK_UNTOLD = "INSERT OR IGNORE INTO untold (room, auction, paddle) VALUES (?, ?, ?)"

_REMOVE_MARKS = "DELETE FROM untold WHERE room = ? AND paddle = ?"

_KEEP_NOTIFICATION = (
    "INSERT OR IGNORE INTO notification (id, room, auction, lot, paddle, kind, at, letter) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


class SQLiteStore:
    """A ledger in a SQLite file; see :class:`~twisted_auction.ledger.store.Store`.

    :param path: the file. If it does not exist, it is created with mode 0600.
    """

    view: SQLiteView

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def location(self) -> str:
        """The file."""
        return str(self.path)

    name = location

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
            self._lock.note_inodes()
            # SQLite must not block the reactor's thread. If the file is locked, the journal retries
            # with a timer.
            self._database.execute("PRAGMA busy_timeout = 0")
            undo.pop_all()

    @property
    def warning(self) -> str:
        """A warning if this version of SQLite has the WAL-reset fault; otherwise empty."""
        if not has_wal_reset_fault(sqlite3.sqlite_version_info):
            return ""
        return (
            f"SQLite {sqlite3.sqlite_version} is in use, which can spoil a ledger that two "
            "programs checkpoint at the same time. While the server runs, let no other program "
            "do so: no PRAGMA wal_checkpoint or journal_mode, no VACUUM, no writing. Reading "
            "and .backup are safe; SQLite 3.51.3 is mended."
        )

    def write(
        self,
        batch: Batch,
        written: Callable[[], object],
        failed: Callable[[LedgerError], object],
    ) -> None:
        """Write a batch in one transaction, now."""
        try:
            self._write(batch)
        except LedgerError as error:
            failed(error)
        else:
            written()

    def _write(self, batch: Batch) -> None:
        untold = batch.untold
        try:
            self._database.execute("BEGIN IMMEDIATE")
            if batch.rows:
                self._database.executemany(_INSERT_ROW, batch.rows)
            if batch.heartbeat is not None:
                self._database.execute(
                    "UPDATE node SET beat = beat + 1, seen = ?", (batch.heartbeat,)
                )
            if batch.rooms:
                self._database.executemany(_PUT_ROOM, batch.rooms)
            if untold.told or untold.marks:
                self._database.execute(CREATE_UNTOLD)
                self._database.executemany(_REMOVE_MARKS, untold.told)
                self._database.executemany(_MARK_UNTOLD, untold.marks)
            if untold.notifications or untold.sent:
                self._database.execute(CREATE_NOTIFICATION)
                self._database.executemany(_KEEP_NOTIFICATION, untold.notifications)
                sent = [(id,) for id in untold.sent]
                self._database.executemany("DELETE FROM notification WHERE id = ?", sent)
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            # Nothing of a failed commit may be part of the next transaction.
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            kind = LockedError if is_lock_error(error) else LedgerError
            raise kind(f"the ledger {self.path} cannot be written: {error}.") from None
        try:
            self._lock.check()
        except LedgerError:
            # The file was renamed or deleted under its -wal. The file itself must be complete.
            with suppress(sqlite3.Error):
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raise

    def close(self) -> None:
        """Close and unlock the file. :mod:`twisted_auction.ledger.file_lock` explains the order."""
        with suppress(sqlite3.Error):  # committed rows are safe even if closing fails
            self._database.close()
        self._lock.release()


@contextmanager
def open_locked(path: Path, application: int = LEDGER_ID) -> Iterator[sqlite3.Connection]:
    """Lock a ledger or an archive, and open it for writing.

    :param path: an existing file. The path must be free of symbolic links.
    :raises LedgerError: if it cannot be locked or opened.
    """
    lock = FileLock(path)
    try:
        with closing(_open(path, application)) as database:
            yield database
    finally:
        lock.release()


def _open(path: Path, application: int = LEDGER_ID) -> sqlite3.Connection:
    """Open a ledger for writing. An empty file gets its tables, an old schema is migrated."""
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
    # On macOS, fsync alone leaves data in the drive's cache.
    database.execute("PRAGMA fullfsync = ON")
    migrate(path, database)


def _is_empty(database: sqlite3.Connection) -> bool:
    (objects,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = database.execute("PRAGMA application_id").fetchone()
    return bool(objects == 0 and application == 0)


def _set_pragma(
    path: Path, database: sqlite3.Connection, pragma: str, value: str, expected: object
) -> None:
    """Set a pragma, and check that SQLite has accepted it."""
    database.execute(f"PRAGMA {pragma} = {value}")
    (answer,) = database.execute(f"PRAGMA {pragma}").fetchone()
    if answer != expected:
        raise LedgerError(
            f"the file {path} cannot be kept safely: SQLite answers {pragma}={answer}, "
            f"and {value} is needed."
        )
