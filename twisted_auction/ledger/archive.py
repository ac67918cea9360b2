"""Moving auctions that are over from a ledger to an archive.

An archive is a file with the tables of a ledger. Its rows are those that were in the ledger, with
the same numbers and hashes, and it verifies by itself. What is in its table ``room`` says which
rows are in an earlier archive, as it does in the ledger.

Everything is in the archive, on the disk, before anything is taken from the ledger. So an
interruption leaves rows in both files at worst, and moving them again finishes the work.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from twisted_auction.ledger.file_lock import check_file, create_database
from twisted_auction.ledger.row import Head, LedgerError, RoomEntry
from twisted_auction.ledger.schema import ARCHIVE_ID, CREATE_CHAIN1, create_tables
from twisted_auction.ledger.sqlite import open_locked
from twisted_auction.ledger.sqlite_view import SQLiteView, translate_errors


@dataclass(frozen=True, slots=True)
class RowRange:
    """The rows of one room that are moved.

    :param start: what the first one follows.
    :param end: the last one.
    """

    start: Head
    end: Head


def move(
    path: Path, archive: Path, keep: int = 0, before: int | None = None
) -> tuple[int, int, int]:
    """Move auctions that are over, in each room the oldest ones, from a ledger to an archive.

    :param path: the ledger, which no server has open.
    :param archive: the file; it is made where there is none.
    :param keep: the number of auctions that stay in each room, besides one that is on.
    :param before: only auctions that were over before this instant, in nanoseconds since 1970.
    :return: the numbers of rows, auctions and rooms of which something was moved.
    :raises LedgerError: where that is not possible; then nothing is lost.
    """
    path, archive = Path(os.path.realpath(path)), Path(os.path.realpath(archive))
    check_file(path)
    if path == archive or (archive.exists() and archive.samefile(path)):
        raise LedgerError("the archive must be another file than the ledger.")
    with open_locked(path) as database:
        view = SQLiteView(path, database)
        with translate_errors(path):
            parts = dict(_ranges(view, database, keep, before))
        if parts:
            with _open_archive(archive, view.anchor) as other, translate_errors(archive, "written"):
                _copy(view, database, parts, other, archive)
            with translate_errors(path, "written"):
                _delete(database, parts)
    rows = sum(part.end.number - part.start.number for part in parts.values())
    auctions = sum(part.end.auction - part.start.auction for part in parts.values())
    return rows, auctions, len(parts)


def _ranges(
    view: SQLiteView, database: sqlite3.Connection, keep: int, before: int | None
) -> Iterator[tuple[str, RowRange]]:
    """What is to be moved, by room."""
    for record in view.rooms():
        over = record.auction - (record.first is not None)
        end = start = view.start(record.name)
        for _auction, number, at in database.execute(
            "SELECT auction, max(number), max(at) FROM event WHERE room = ? AND auction <= ? "
            "GROUP BY auction ORDER BY auction",
            (record.name, over - keep),
        ):
            if before is not None and at >= before:
                break
            end = view.head_before(record.name, number + 1)
        if end.number > start.number:
            yield record.name, RowRange(start, end)


@contextmanager
def _open_archive(archive: Path, anchor: str) -> Iterator[sqlite3.Connection]:
    """An archive of this house, to be written to; afterwards it is a single file."""
    if not os.path.lexists(archive):
        create_database(archive, lambda database: create_tables(database, ARCHIVE_ID, anchor))
    elif not check_file(archive).st_size:
        raise LedgerError(f"{archive} is empty and no archive: remove it, or name another file.")
    with open_locked(archive, ARCHIVE_ID) as database:
        if SQLiteView(archive, database).anchor != anchor:
            raise LedgerError(f"{archive} is an archive of another house.")
        yield database
        with translate_errors(archive, "written"):
            database.execute("PRAGMA journal_mode = DELETE")


def _copy(
    view: SQLiteView,
    database: sqlite3.Connection,
    parts: Mapping[str, RowRange],
    other: sqlite3.Connection,
    archive: Path,
) -> None:
    """Have all parts in the archive, in one transaction.

    :raises LedgerError: where the archive has other rows, or lacks some that come before.
    """
    archived = SQLiteView(archive, other)
    other.execute("BEGIN IMMEDIATE")
    for room, part in parts.items():
        record = archived.room(room)
        if record is None:
            head = part.start
            record = RoomEntry(room, head.auction, None, head.number, head.auction, head.hash)
            if not head.number:  # the anchor is no row's hash
                record = RoomEntry(room, 0, None, 0, 0, "")
        else:
            head = archived.head(room)
            _check_overlap(view, room, part, head, archive)
        if head.number < part.end.number:
            other.executemany(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)",
                _select(
                    view,
                    database,
                    "SELECT room, number, at, auction, kind, body, hash FROM event "
                    "WHERE room = ? AND number > ? AND number <= ? ORDER BY number",
                    room,
                    head.number,
                    part.end.number,
                ),
            )
            other.execute(
                "INSERT OR REPLACE INTO room VALUES (?, 1, NULL, ?, NULL, ?, ?, ?)",
                (
                    room,
                    part.end.auction,
                    record.archived,
                    record.archived_auction,
                    record.archived_hash,
                ),
            )
    _copy_old_chain(view, database, other)
    other.execute("COMMIT")
    for room, part in parts.items():
        if archived.head_before(room, part.end.number + 1) != part.end:
            raise LedgerError(f"{archive} does not have what was written to it.")


def _check_overlap(view: SQLiteView, room: str, part: RowRange, head: Head, archive: Path) -> None:
    """See that a part goes on where the archive ends, or overlaps with it.

    :param head: the archive's last row of the room.
    :raises LedgerError: where it does not.
    """
    if head.number < part.start.number:
        raise LedgerError(
            f"rows {head.number + 1} to {part.start.number} of room {room} are in another archive "
            f"than {archive}: name that one, or a new one."
        )
    if head.number <= part.end.number and view.head_before(room, head.number + 1).hash != head.hash:
        raise LedgerError(f"row {head.number} of room {room} is another one in {archive}.")


def _copy_old_chain(
    view: SQLiteView, database: sqlite3.Connection, other: sqlite3.Connection
) -> None:
    """Copy the chain of schema 1, all of it: a row can be held against it only with the hash
    before, and that may be of a room of which nothing is moved."""
    if not view.has_old_chain():
        return
    other.execute(CREATE_CHAIN1)
    other.executemany(
        "INSERT OR IGNORE INTO chain1 VALUES (?, ?, ?, ?, ?)",
        _select(view, database, "SELECT * FROM chain1 ORDER BY number"),
    )


def _select(
    view: SQLiteView, database: sqlite3.Connection, statement: str, *values: object
) -> Iterator[tuple[object, ...]]:
    """What is in the ledger, while the archive is written: an error is one of the ledger's then."""
    with translate_errors(view.path):
        # "yield from" would close the cursor, which fails once the database is closed.
        for found in database.execute(statement, values):  # noqa: UP028
            yield found


def _delete(database: sqlite3.Connection, parts: Mapping[str, RowRange]) -> None:
    """Take all parts from the ledger, in one transaction, and make its file smaller."""
    database.execute("BEGIN IMMEDIATE")
    for room, part in parts.items():
        database.execute(
            "DELETE FROM event WHERE room = ? AND number <= ?", (room, part.end.number)
        )
        database.execute(
            "UPDATE room SET archived = ?, archived_auction = ?, archived_hash = ? WHERE name = ?",
            (*part.end, room),
        )
    database.execute("COMMIT")
    with suppress(sqlite3.Error):  # which needs room on the disk, for a while
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
