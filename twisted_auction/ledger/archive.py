"""Moving finished auctions from a ledger to an archive.

An archive is a file with the tables of a ledger. Its rows keep the numbers and hashes they had in
the ledger, and it can be verified by itself. As in a ledger, the table ``room`` says how many rows
of each room are in an earlier archive.

The rows are on the disk in the archive before they are deleted from the ledger. An interruption
leaves rows in both files at worst, and moving them again completes the work.
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
    """The rows of one room to move.

    :param start: the head before the first row.
    :param end: the last row.
    """

    start: Head
    end: Head


def move(
    path: Path, archive: Path, keep: int = 0, before: int | None = None
) -> tuple[int, int, int]:
    """Move the oldest finished auctions of each room from a ledger to an archive.

    :param path: the ledger. No server may have it open.
    :param archive: the archive; it is created if it does not exist.
    :param keep: number of finished auctions to keep in each room.
    :param before: nanoseconds since 1970; auctions that ended later are kept. None sets no limit.
    :return: the numbers of rows, auctions and rooms moved.
    :raises LedgerError: if that is not possible. No row is lost.
    """
    path, archive = Path(os.path.realpath(path)), Path(os.path.realpath(archive))
    check_file(path)
    if path == archive or (archive.exists() and archive.samefile(path)):
        raise LedgerError("the archive must be another file than the ledger.")
    with open_locked(path) as database:
        view = SQLiteView(path, database)
        with translate_errors(path):
            ranges = dict(_ranges(view, database, keep, before))
        if ranges:
            with _open_archive(archive, view.anchor) as other, translate_errors(archive, "written"):
                _copy(view, database, ranges, other, archive)
            with translate_errors(path, "written"):
                _delete(view, database, ranges)
    rows = sum(moved.end.number - moved.start.number for moved in ranges.values())
    auctions = sum(moved.end.auction - moved.start.auction for moved in ranges.values())
    return rows, auctions, len(ranges)


def _ranges(
    view: SQLiteView, database: sqlite3.Connection, keep: int, before: int | None
) -> Iterator[tuple[str, RowRange]]:
    """The rows to move, by room."""
    for entry in view.rooms():
        finished = entry.auction - (entry.first is not None)
        end = start = view.start(entry.name)
        for _auction, number, at in database.execute(
            "SELECT auction, max(number), max(at) FROM event WHERE room = ? AND auction <= ? "
            "GROUP BY auction ORDER BY auction",
            (entry.name, finished - keep),
        ):
            if before is not None and at >= before:
                break
            end = view.head_before(entry.name, number + 1)
        if end.number > start.number:
            yield entry.name, RowRange(start, end)


@contextmanager
def _open_archive(archive: Path, anchor: str) -> Iterator[sqlite3.Connection]:
    """Open an archive of this house for writing. It is left as a single file, without ``-wal``."""
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
    ranges: Mapping[str, RowRange],
    other: sqlite3.Connection,
    archive: Path,
) -> None:
    """Copy all ranges to the archive, in one transaction.

    :raises LedgerError: if the archive has different rows, or lacks earlier rows.
    """
    archived = SQLiteView(archive, other)
    other.execute("BEGIN IMMEDIATE")
    for room, moved in ranges.items():
        entry = archived.room(room)
        if entry is None:
            head = moved.start
            entry = RoomEntry(room, head.auction, None, head.number, head.auction, head.hash)
            if not head.number:  # nothing is archived: the head is the anchor, not a row
                entry = RoomEntry(room, 0, None, 0, 0, "")
        else:
            head = archived.head(room)
            _check_overlap(view, room, moved, head, archive)
        if head.number < moved.end.number:
            other.executemany(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)",
                _select(
                    view,
                    database,
                    "SELECT room, number, at, auction, kind, body, hash FROM event "
                    "WHERE room = ? AND number > ? AND number <= ? ORDER BY number",
                    room,
                    head.number,
                    moved.end.number,
                ),
            )
            other.execute(
                "INSERT OR REPLACE INTO room VALUES (?, 1, NULL, ?, NULL, ?, ?, ?)",
                (
                    room,
                    moved.end.auction,
                    entry.archived,
                    entry.archived_auction,
                    entry.archived_hash,
                ),
            )
    _copy_old_chain(view, database, other)
    other.execute("COMMIT")
    # Read the last rows back, because the ledger's rows are deleted next.
    for room, moved in ranges.items():
        if archived.head_before(room, moved.end.number + 1) != moved.end:
            raise LedgerError(f"{archive} does not have what was written to it.")


def _check_overlap(view: SQLiteView, room: str, moved: RowRange, head: Head, archive: Path) -> None:
    """Check that a range starts at the archive's end, or overlaps with the same rows.

    :param head: the archive's last row of the room.
    :raises LedgerError: if it does not.
    """
    if head.number < moved.start.number:
        raise LedgerError(
            f"rows {head.number + 1} to {moved.start.number} of room {room} are in another archive "
            f"than {archive}: name that one, or a new one."
        )
    if (
        head.number <= moved.end.number
        and view.head_before(room, head.number + 1).hash != head.hash
    ):
        raise LedgerError(f"row {head.number} of room {room} is another one in {archive}.")


def _copy_old_chain(
    view: SQLiteView, database: sqlite3.Connection, other: sqlite3.Connection
) -> None:
    """Copy the whole chain of schema 1.

    Verifying a row needs the previous hash of that chain, which may belong to any room.
    """
    if not view.has_table("chain1"):
        return
    other.execute(CREATE_CHAIN1)
    other.executemany(
        "INSERT OR IGNORE INTO chain1 VALUES (?, ?, ?, ?, ?)",
        _select(view, database, "SELECT * FROM chain1 ORDER BY number"),
    )


def _select(
    view: SQLiteView, database: sqlite3.Connection, statement: str, *values: object
) -> Iterator[tuple[object, ...]]:
    """Select rows of the ledger while the archive is written. Errors name the ledger."""
    with translate_errors(view.path):
        # "yield from" would close the cursor, and that fails after the database is closed.
        for found in database.execute(statement, values):  # noqa: UP028
            yield found


def _delete(view: SQLiteView, database: sqlite3.Connection, ranges: Mapping[str, RowRange]) -> None:
    """Delete all ranges from the ledger, in one transaction, and shrink its file.

    Their results are not told any more: no server reads an archive.
    """
    has_untold = view.has_table("untold")
    database.execute("BEGIN IMMEDIATE")
    for room, moved in ranges.items():
        database.execute(
            "DELETE FROM event WHERE room = ? AND number <= ?", (room, moved.end.number)
        )
        database.execute(
            "UPDATE room SET archived = ?, archived_auction = ?, archived_hash = ? WHERE name = ?",
            (*moved.end, room),
        )
        if has_untold:
            database.execute(
                "DELETE FROM untold WHERE room = ? AND auction <= ?", (room, moved.end.auction)
            )
    database.execute("COMMIT")
    # VACUUM needs free space on the disk. If it fails, the ledger is valid but not smaller.
    with suppress(sqlite3.Error):
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
