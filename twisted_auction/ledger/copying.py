"""Copies a whole ledger to a new place, also of the other engine."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from twisted_auction.ledger.file_lock import FileLock, create_database
from twisted_auction.ledger.postgres_schema import create_schema
from twisted_auction.ledger.postgres_view import PostgresView, connect, translate_errors
from twisted_auction.ledger.row import Head, LedgerError, house_hash
from twisted_auction.ledger.schema import (
    CREATE_CHAIN1,
    CREATE_NOTIFICATION,
    CREATE_UNTOLD,
    LEDGER_ID,
    create_tables,
)
from twisted_auction.ledger.sql_view import COLUMNS
from twisted_auction.ledger.sqlite_view import SQLiteView
from twisted_auction.ledger.storage import is_address, open_view, public_name
from twisted_auction.ledger.store import Notification, View

Put = Callable[[str, str, Iterable[tuple[Any, ...]]], object]
"""Writes rows to a table: its name, its columns, separated by commas, and their values."""


def copy(source: str, target: str) -> tuple[int, str]:
    """Copy a ledger. Its rows and hashes are those of the source.

    :param source: the location of the ledger. No server may have it open.
    :param target: the location of the copy: a new file, or a database without a ledger.
    :return: the number of rows, and the house hash.
    :raises LedgerError: if that is not possible. There is no copy then.
    """
    write = _write_database if is_address(target) else _write_file
    with _open_source(source) as view:
        if view.is_archive:
            raise LedgerError(f"{view.name} is an archive, which stays a file.")
        write(target, view)
        heads = _heads(view)
        return sum(head.number for head in heads.values()), house_hash(view.anchor, heads)


@contextmanager
def _open_source(location: str) -> Iterator[View]:
    """Open a ledger for reading, and keep servers from writing it."""
    with ExitStack() as stack:
        if not is_address(location):
            stack.callback(FileLock(Path(os.path.realpath(location))).release)
        yield stack.enter_context(open_view(location))


def _write_file(target: str, view: View) -> None:
    path = Path(target)
    if os.path.lexists(path):
        raise LedgerError(f"the file {path} is there already: name a new one.")

    def fill(database: sqlite3.Connection) -> None:
        def put(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
            marks = ", ".join("?" for _ in columns.split(","))
            database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

        create_tables(database, LEDGER_ID, view.anchor)
        database.execute("BEGIN")
        database.execute("DELETE FROM node")
        for statement in (CREATE_CHAIN1, CREATE_UNTOLD, CREATE_NOTIFICATION):
            database.execute(statement)
        _put_all(view, put)
        _compare(view, SQLiteView(path, database))
        database.execute("COMMIT")

    create_database(path, fill)


def _write_database(target: str, view: View) -> None:
    name = public_name(target)
    with connect(target) as connection, translate_errors(name, "written"):

        def put(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
            with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as lines:
                for row in rows:
                    lines.write_row(row)

        with connection.transaction():
            if not create_schema(connection, view.anchor):
                raise LedgerError(f"{name} has a ledger already: name an empty database.")
            _put_all(view, put)
            _compare(view, PostgresView(name, connection))


def _put_all(view: View, put: Put) -> None:
    """Write a whole ledger without its anchor."""
    put("node", "id, address, beat, seen", [("copied", "", 0, view.last_heartbeat())])
    put(
        "room",
        "name, epoch, auction, first, archived, archived_auction, archived_hash",
        (
            (
                entry.name,
                1,
                entry.auction,
                entry.first,
                entry.archived,
                entry.archived_auction,
                entry.archived_hash,
            )
            for entry in view.rooms()
        ),
    )
    put("event", COLUMNS, view.rows())
    put(
        "chain1",
        "number, room, room_number, auction, hash",
        (
            (old.number, old.room, old.room_number, old.auction, old.hash)
            for old in view.old_chain()
        ),
    )
    # The view has the latest mark first, and the table the first.
    put("untold", "room, auction, paddle", list(view.untold())[::-1])
    put("notification", ", ".join(Notification._fields), view.notifications())


def _compare(view: View, copied: View) -> None:
    """Compare the heads of a copy with those of its source.

    :raises LedgerError: if they differ.
    """
    if _heads(view) != _heads(copied):
        raise LedgerError(f"{copied.name} does not have what was written to it.")


def _heads(view: View) -> dict[str, Head]:
    return {entry.name: view.head(entry.name) for entry in view.rooms()}
