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

from twisted_auction.ledger.possession import checked, make
from twisted_auction.ledger.row import LedgerError, RoomRecord, Tip
from twisted_auction.ledger.schema import ARCHIVE, CHAIN1, fill
from twisted_auction.ledger.sqlite import possessed
from twisted_auction.ledger.sqlite_view import SQLiteView, explained


@dataclass(frozen=True, slots=True)
class Part:
    """The rows of one room that are moved.

    :param start: what the first one follows.
    :param end: the last one.
    """

    start: Tip
    end: Tip


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
    checked(path)
    if path == archive or (archive.exists() and archive.samefile(path)):
        raise LedgerError("the archive must be another file than the ledger.")
    with possessed(path) as database:
        view = SQLiteView(path, database)
        with explained(path):
            parts = dict(_parts(view, database, keep, before))
        if parts:
            with _opened(archive, view.anchor) as other, explained(archive, "written"):
                _copy(view, database, parts, other, archive)
            with explained(path, "written"):
                _take_away(database, parts)
    rows = sum(part.end.number - part.start.number for part in parts.values())
    auctions = sum(part.end.auction - part.start.auction for part in parts.values())
    return rows, auctions, len(parts)


def _parts(
    view: SQLiteView, database: sqlite3.Connection, keep: int, before: int | None
) -> Iterator[tuple[str, Part]]:
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
            end = view.before(record.name, number + 1)
        if end.number > start.number:
            yield record.name, Part(start, end)


@contextmanager
def _opened(archive: Path, anchor: str) -> Iterator[sqlite3.Connection]:
    """An archive of this house, to be written to; afterwards it is a single file."""
    if not os.path.lexists(archive):
        make(archive, lambda database: fill(database, ARCHIVE, anchor))
    elif not checked(archive).st_size:
        raise LedgerError(f"{archive} is empty and no archive: remove it, or name another file.")
    with possessed(archive, ARCHIVE) as database:
        if SQLiteView(archive, database).anchor != anchor:
            raise LedgerError(f"{archive} is an archive of another house.")
        yield database
        with explained(archive, "written"):
            database.execute("PRAGMA journal_mode = DELETE")


def _copy(
    view: SQLiteView,
    database: sqlite3.Connection,
    parts: Mapping[str, Part],
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
            tip = part.start
            record = RoomRecord(room, tip.auction, None, tip.number, tip.auction, tip.hash)
            if not tip.number:  # the anchor is no row's hash
                record = RoomRecord(room, 0, None, 0, 0, "")
        else:
            tip = archived.tip(room)
            _check_joint(view, room, part, tip, archive)
        if tip.number < part.end.number:
            other.executemany(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)",
                _found(
                    view,
                    database,
                    "SELECT room, number, at, auction, kind, body, hash FROM event "
                    "WHERE room = ? AND number > ? AND number <= ? ORDER BY number",
                    room,
                    tip.number,
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
        if archived.before(room, part.end.number + 1) != part.end:
            raise LedgerError(f"{archive} does not have what was written to it.")


def _check_joint(view: SQLiteView, room: str, part: Part, tip: Tip, archive: Path) -> None:
    """See that a part goes on where the archive ends, or overlaps with it.

    :param tip: the archive's last row of the room.
    :raises LedgerError: where it does not.
    """
    if tip.number < part.start.number:
        raise LedgerError(
            f"rows {tip.number + 1} to {part.start.number} of room {room} are in another archive "
            f"than {archive}: name that one, or a new one."
        )
    if tip.number <= part.end.number and view.before(room, tip.number + 1).hash != tip.hash:
        raise LedgerError(f"row {tip.number} of room {room} is another one in {archive}.")


def _copy_old_chain(
    view: SQLiteView, database: sqlite3.Connection, other: sqlite3.Connection
) -> None:
    """Copy the chain of schema 1, all of it: a row can be held against it only with the hash
    before, and that may be of a room of which nothing is moved."""
    if not view.has_old_chain():
        return
    other.execute(CHAIN1)
    other.executemany(
        "INSERT OR IGNORE INTO chain1 VALUES (?, ?, ?, ?, ?)",
        _found(view, database, "SELECT * FROM chain1 ORDER BY number"),
    )


def _found(
    view: SQLiteView, database: sqlite3.Connection, statement: str, *values: object
) -> Iterator[tuple[object, ...]]:
    """What is in the ledger, while the archive is written: an error is one of the ledger's then."""
    with explained(view.path):
        # "yield from" would close the cursor, which fails once the database is closed.
        for found in database.execute(statement, values):  # noqa: UP028
            yield found


def _take_away(database: sqlite3.Connection, parts: Mapping[str, Part]) -> None:
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
