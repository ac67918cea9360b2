"""The schemas of a ledger's SQLite file, and the migrations between them.

``schema-N.sql`` in this folder has the tables of schema N, and explains their columns.
"""

import json
import os
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib.resources import files
from itertools import zip_longest
from pathlib import Path

from twisted_auction.ledger.file_lock import create_database
from twisted_auction.ledger.row import LedgerError, row_hash
from twisted_auction.rules.events import RESULTS, LotAnnounced

LEDGER_ID = 0x54774175
"""SQLite's ``application_id`` of a ledger: ``TwAu`` in ASCII."""

ARCHIVE_ID = 0x54774172
"""SQLite's ``application_id`` of an archive: ``TwAr``. No server writes to it."""

SCHEMAS = {2: files(__package__).joinpath("schema-2.sql").read_text()}
"""The tables of each schema from 2. A text must not change after a newer schema exists, because the
migration to its schema creates these tables, and the next migration expects them."""

CREATE_CHAIN1 = (
    "CREATE TABLE IF NOT EXISTS chain1 ("
    "number INTEGER PRIMARY KEY, room TEXT NOT NULL, room_number INTEGER NOT NULL, "
    "auction INTEGER NOT NULL, hash TEXT NOT NULL) STRICT"
)
"""Creates the table with the chain of schema 1: the number, auction and hash that each row had, and
its room and number in schema 2."""

CREATE_UNTOLD = (
    "CREATE TABLE IF NOT EXISTS untold ("
    "number INTEGER PRIMARY KEY, room TEXT NOT NULL, auction INTEGER NOT NULL, "
    "paddle INTEGER NOT NULL, UNIQUE (room, paddle, auction)) STRICT"
)
"""Creates the table of the persons who have yet to be told the result of an auction, in the order
of the results. No hash covers it."""

CREATE_NOTIFICATION = (
    "CREATE TABLE IF NOT EXISTS notification ("
    "number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, room TEXT NOT NULL, "
    "auction INTEGER NOT NULL, lot INTEGER NOT NULL, paddle INTEGER NOT NULL, "
    "kind TEXT NOT NULL, at INTEGER NOT NULL, letter TEXT NOT NULL) STRICT"
)
"""Creates the table of the notifications that have not been sent. No hash covers it."""

Migration = Callable[[sqlite3.Connection], None]
"""Converts a ledger from one schema to the next. The caller has begun a transaction."""


@dataclass(slots=True)
class _NewRoom:
    """The end of a room's chain during a migration.

    :ivar first: number of the first row of the current auction; None if there is none.
    """

    number: int
    auction: int
    hash: str
    first: int | None


def _number_rows_by_room(database: sqlite3.Connection) -> None:
    """Migrate from schema 1 to schema 2.

    In schema 1, numbers and hashes formed one chain for the whole house. They are kept in the table
    ``chain1``. Its last hash is the anchor of the new chains, so they cover the old one.

    :raises ValueError: if the old chain is wrong. New hashes would hide that.
    """
    columns = "number, at, room, auction, kind, body, hash"  # of schemas 1 and 2
    database.execute("ALTER TABLE event RENAME TO event1")
    database.execute(CREATE_CHAIN1)
    last = database.execute("SELECT hash FROM event1 ORDER BY number DESC LIMIT 1").fetchone()
    anchor = secrets.token_hex(32) if last is None else last[0]
    _create_schema(database, 2, anchor)
    rooms: dict[str, _NewRoom] = {}
    old_auctions: dict[str, int] = {}
    more_lots: dict[str, bool] = {}
    results = {kind.__name__ for kind in RESULTS}
    old_hash, expected = "", 1
    for number, at, room, auction, kind, body, hash in database.execute(
        f"SELECT {columns} FROM event1 ORDER BY number"
    ):
        if number != expected or hash != row_hash(old_hash, number, at, room, auction, kind, body):
            raise ValueError(f"row {expected} does not hold")
        old_hash, expected = hash, number + 1
        new = rooms.setdefault(room, _NewRoom(0, 0, anchor, None))
        new.number += 1
        # Schema 1 numbered auctions in the house. A new number in a room is a new auction there.
        if old_auctions.get(room) != auction:
            old_auctions[room] = auction
            new.auction += 1
            new.first = new.number
            more_lots[room] = False
        # A sale goes on after a result, unless it was that of the last lot.
        if kind == LotAnnounced.__name__:
            fields = json.loads(body)
            more_lots[room] = fields["lot"] < fields["lots"]
        elif kind in results and not more_lots[room]:
            new.first = None
        new.hash = row_hash(new.hash, new.number, at, room, new.auction, kind, body)
        database.execute(
            f"INSERT INTO event ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (new.number, at, room, new.auction, kind, body, new.hash),
        )
        database.execute(
            "INSERT INTO chain1 VALUES (?, ?, ?, ?, ?)", (number, room, new.number, auction, hash)
        )
    database.executemany(
        "INSERT INTO room VALUES (?, 1, NULL, ?, ?, 0, 0, '')",
        [(name, room.auction, room.first) for name, room in rooms.items()],
    )
    database.execute("DROP TABLE event1")


MIGRATIONS: tuple[Migration, ...] = (_number_rows_by_room,)
"""Migrations by position: the first is from schema 1 to schema 2."""

SCHEMA_NUMBER = 1 + len(MIGRATIONS)


def create_tables(
    database: sqlite3.Connection, application: int = LEDGER_ID, anchor: str | None = None
) -> None:
    """Create the tables of a ledger or an archive in an empty database, in one transaction.

    :param anchor: the anchor of the house; None for a random one.
    """
    database.execute("BEGIN IMMEDIATE")
    database.execute(f"PRAGMA application_id = {application}")
    database.execute(f"PRAGMA user_version = {SCHEMA_NUMBER}")
    _create_schema(database, SCHEMA_NUMBER, secrets.token_hex(32) if anchor is None else anchor)
    database.execute("COMMIT")


def _create_schema(database: sqlite3.Connection, number: int, anchor: str) -> None:
    """Create the tables of an empty ledger.

    :param number: the schema.
    """
    for statement in SCHEMAS[number].split(";"):
        database.execute(statement)
    database.execute("INSERT INTO house (schema, anchor) VALUES (?, ?)", (number, anchor))
    database.execute(
        "INSERT INTO node (id, address, beat, seen) VALUES (?, '', 0, 0)", (secrets.token_hex(8),)
    )


def migrate(path: Path, database: sqlite3.Connection) -> None:
    """Migrate a ledger with an old schema, after making a copy of the file beside it.

    :raises LedgerError: if that fails; the file is then unchanged.
    """
    (number,) = database.execute("PRAGMA user_version").fetchone()
    # The copy lets an operator go back to an older version of the program.
    if number < SCHEMA_NUMBER:
        _copy(path, database, number)
        bring_up_to_date(path, database)


def bring_up_to_date(path: Path, database: sqlite3.Connection) -> None:
    """Migrate to the current schema, with one transaction for each step.

    :raises LedgerError: if a step fails. Closing the database rolls it back.
    """
    (number,) = database.execute("PRAGMA user_version").fetchone()
    for target, migrate in list(enumerate(MIGRATIONS, 2))[number - 1 :]:
        try:
            database.execute("BEGIN IMMEDIATE")
            migrate(database)
            database.execute(f"PRAGMA user_version = {target}")
            database.execute("COMMIT")
        except (sqlite3.Error, ValueError, LookupError, TypeError, RecursionError) as error:
            raise LedgerError(
                f"the file {path} has schema {target - 1}, and cannot be brought to schema "
                f"{target}: {error}."
            ) from None


def _copy(path: Path, database: sqlite3.Connection, number: int) -> None:
    """Copy a ledger with an old schema to a file beside it.

    An equal copy is kept: a migration may have failed after the copy was made.

    :raises LedgerError: if the copy's name is taken by another file, or the copy fails.
    """
    copy_path = Path(f"{path}.schema-{number}")
    needed = f"the file {path} has schema {number} and needs a copy of it first"
    if os.path.lexists(copy_path):
        if not _has_the_same(copy_path, database):
            raise LedgerError(
                f"{needed}, but {copy_path} is there and has something else in it: move that away, "
                "and start again."
            )
        return
    try:
        create_database(copy_path, database.backup)
    except LedgerError as error:
        raise LedgerError(f"{needed}: {error}") from None


def _has_the_same(path: Path, database: sqlite3.Connection) -> bool:
    """True if a file has the same tables and rows as a database."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as other:
        pairs = zip_longest(other.iterdump(), database.iterdump())
        return all(here == there for here, there in pairs)
    return False


def check_schema(path: Path, database: sqlite3.Connection, *applications: int) -> bool:
    """Check that a file is a ledger or an archive with a known schema.

    :param applications: the accepted values of ``application_id``.
    :return: True if the schema is older than the current one.
    :raises LedgerError: if the file is not accepted.
    """
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (number,) = database.execute("PRAGMA user_version").fetchone()
    if application == ARCHIVE_ID and ARCHIVE_ID not in applications:
        raise LedgerError(f"{path} is an archive, in which no server can go on.")
    if application not in applications:
        names = {LEDGER_ID: "ledger", ARCHIVE_ID: "archive"}
        wanted = " and no ".join(names[application] for application in applications)
        raise LedgerError(f"{path} is no {wanted}.")
    if number < 1:
        raise LedgerError(f"the file {path} has schema {number}, which there never was.")
    if number > SCHEMA_NUMBER:
        raise LedgerError(
            f"the file {path} has schema {number}; this version of the program knows "
            f"schema {SCHEMA_NUMBER}, so a newer one is needed."
        )
    return bool(number < SCHEMA_NUMBER)
