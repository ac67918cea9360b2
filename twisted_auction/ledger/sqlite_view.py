"""Read access to a ledger in a SQLite file."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from twisted_auction.ledger.file_lock import check_file, check_reader_path, is_locked_here
from twisted_auction.ledger.row import LedgerError
from twisted_auction.ledger.schema import ARCHIVE_ID, LEDGER_ID, bring_up_to_date, check_schema
from twisted_auction.ledger.sql_view import Found, SQLView
from twisted_auction.ledger.store import View


class SQLiteView(SQLView):
    """A ledger or an archive in a SQLite file; see :class:`~twisted_auction.ledger.store.View`.

    :param path: the file.
    :param database: an open connection to the file.
    :raises LedgerError: if the file cannot be read.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        super().__init__(str(path))

    @property
    def is_archive(self) -> bool:
        """True for an archive: no server writes to it."""
        return bool(self._one("PRAGMA application_id")[0] == ARCHIVE_ID)

    def has_table(self, name: str) -> bool:
        """True if the file has a table that is created when it is first needed."""
        return self._one("SELECT 1 FROM sqlite_master WHERE name = ?", name) is not None

    def field(self, name: str) -> str:
        """The expression for a field of an event, from its column ``body``."""
        return f"json_extract(body, '$.{name}')"

    def _one(self, statement: str, *values: object) -> Any:
        with translate_errors(self.path):
            return self._database.execute(statement, values).fetchone()

    def _all(self, make: Callable[..., Found], statement: str, *values: object) -> Iterator[Found]:
        with translate_errors(self.path):
            for found in self._database.execute(statement, values):
                yield make(*found)


@contextmanager
def open_file(path: Path) -> Iterator[View]:
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
