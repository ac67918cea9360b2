"""The ledger: what has happened, on the disk before anybody hears of it.

A SQLite file in WAL mode with ``synchronous=FULL``. One row is one event. Rows are numbered in each
room, and each row's hash covers the row before it in that room, so that nobody can change what is
written without changing everything after it (:func:`chained`). The house hash covers the last row
of every room (:func:`house_hash`).

Commit, then publish: what a room says leaves once the events that it says something about are on
the disk. Everything that arrives in one turn of the reactor is one commit.

Commits run on the reactor's thread. So nothing is read while the disk is busy, the queue is never
longer than what one turn has brought, and a slow disk slows its clients by TCP's own means.
Measured beside a version with one writer thread (a thousand connections, 2 virtual cores, fsync
0.2 ms, medians of seven rounds): CPU for a bid in a burst 29 us here and 38 us there, for one bid a
millisecond 168 and 223 us, acknowledged after 0.29 and 0.37 ms. On a disk that takes 5 ms longer:
29 and 33 us, 84 and 99 us, 9.6 and 9.1 ms. A thread would save half a millisecond there, and cost
its handing over everywhere.
"""

import json
import os
import secrets
import sqlite3
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.house.possession import LedgerError as LedgerError
from twisted_auction.house.possession import (
    Possession,
    check_log,
    check_reader,
    checked,
    has_wal_reset_fault,
    is_held_here,
    make,
)
from twisted_auction.house.records import written
from twisted_auction.rules.events import RESULTS, Event, LotAnnounced, Reopened, Stopped

DEFAULT_LEDGER = "auction.sqlite3"
"""The file, where no other is named."""

APPLICATION = 0x54774175
"""What the file says of itself in SQLite's ``application_id``: ``TwAu``."""

ARCHIVE = 0x54774172
"""The same of an archive: ``TwAr``. No server writes to it."""

SCHEMAS = {2: files(__package__).joinpath("schema-2.sql").read_text()}
"""The tables of each schema since 2. A text stays as it is once there are newer ones: a ledger with
an older schema is brought to that one first."""

BATCH = 1000
"""Events, and words that wait for them, that are kept in memory at most. A turn of the reactor that
brings more is committed in parts; nothing is read meanwhile."""

RETRY = 0.05
"""Seconds between two attempts to write while another program has the ledger locked."""

HALT_AFTER = 0.25
"""Seconds of that after which the house halts. A shorter wait is like that for a slow disk."""

SEEN_INTERVAL = 3.0
"""Seconds after which the present is written down again while a clock runs in a room: the most that
a clock is put back where the server is killed."""

REMIND = 60.0
"""Seconds after which the operator is told again that the ledger is still locked."""

SECOND = 1_000_000_000
"""A second in the ledger's unit."""

LEAST = -(2**63)
"""The smallest number that a row can have in SQLite."""

COLUMNS = "number, at, room, auction, kind, body, hash"

_INSERT = f"INSERT INTO event ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"


Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Row:
    """One event as the ledger has it; the columns are explained in ``schema-2.sql``."""

    number: int
    at: int
    room: str
    auction: int
    kind: str
    body: str
    hash: str


class Tip(NamedTuple):
    """The row after which a room's next row comes: its number, its auction and its hash."""

    number: int
    auction: int
    hash: str


@dataclass(frozen=True, slots=True)
class OldRow:
    """A row of a ledger that was begun with schema 1.

    :param number: its number of then, in the whole house.
    :param room_number: its number in its room.
    :param hash: its hash of then.
    :param row: the whole row with its numbers of then; None where it is not in this file.
    """

    number: int
    room: str
    room_number: int
    hash: str
    row: Row | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the table ``room`` says of a room; the columns are explained in ``schema-2.sql``."""

    name: str
    auction: int
    first: int | None
    archived: int
    archived_auction: int
    archived_hash: str


def chained(
    previous: str, number: int, at: int, room: str, auction: int, kind: str, body: str
) -> str:
    """The hash of a row: SHA-256 of the previous row's hash and this row's columns, as lines.

    :param previous: the house's anchor for the first row of a room.
    """
    text = f"{previous}\n{number}\n{at}\n{room}\n{auction}\n{kind}\n{body}"
    return sha256(text.encode()).hexdigest()


def house_hash(anchor: str, tips: Mapping[str, Tip]) -> str:
    """The hash of a whole house, see :class:`HouseHash`.

    :param tips: the last rows, by room.
    """
    return HouseHash(anchor, tips).hexdigest()


class HouseHash:
    """The hash of a whole house: SHA-256 of its anchor and, in the order of the rooms' names, the
    name of each room with the number and the hash of its last row, as lines.

    The lines are kept, so that the next hash costs one new line instead of one for each room.

    :param tips: the last rows, by room.
    """

    def __init__(self, anchor: str, tips: Mapping[str, Tip]) -> None:
        self._rooms = sorted(tips)
        self._lines = [anchor.encode(), *(_tip_line(room, tips[room]) for room in self._rooms)]

    def update(self, room: str, tip: Tip) -> None:
        """Put a later row, or the first one, in the place of a room's last row."""
        place = bisect_left(self._rooms, room)
        line = _tip_line(room, tip)
        if self._rooms[place : place + 1] == [room]:
            self._lines[1 + place] = line
        else:
            self._rooms.insert(place, room)
            self._lines.insert(1 + place, line)

    def hexdigest(self) -> str:
        """The hash of the rows so far."""
        return sha256(b"\n".join(self._lines)).hexdigest()


def _tip_line(room: str, tip: Tip) -> bytes:
    return f"{room} {tip.number} {tip.hash}".encode()


class View:
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

    def rows(self, room: str | None = None, first: int = LEAST, most: int = -1) -> Iterator[Row]:
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

    def find(self, ticket: str) -> Row | None:
        """The arrival that a ticket belongs to.

        :param ticket: its hash.
        """
        found = self._one(
            f"SELECT {COLUMNS} FROM event WHERE kind = 'Arrived' "
            "AND json_extract(body, '$.ticket') IS NOT NULL AND json_extract(body, '$.ticket') = ?",
            ticket,
        )
        return None if found is None else Row(*found)

    def first(self, row: Row) -> int:
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

    def rooms(self) -> Iterator[Standing]:
        """Every room of which there are rows, here or in an archive, by name."""
        return self._standings("ORDER BY name")

    def unfinished(self) -> Iterator[Standing]:
        """The rooms in which an auction has not ended, by name."""
        return self._standings("WHERE first IS NOT NULL ORDER BY name")

    def standing(self, room: str) -> Standing | None:
        """What is known of one room, if anything."""
        return next(self._standings("WHERE name = ?", room), None)

    def start(self, room: str) -> Tip:
        """What a room's first row here follows: the house's anchor, or a row in an archive."""
        standing = self.standing(room)
        if standing is None or not standing.archived:
            return Tip(0, 0, self.anchor)
        return Tip(standing.archived, standing.archived_auction, standing.archived_hash)

    def tip(self, room: str) -> Tip:
        """What a room's next row follows."""
        return self._last(room, "ORDER BY number DESC LIMIT 1")

    def before(self, room: str, number: int) -> Tip:
        """What the row with this number follows."""
        return self._last(room, "AND number = ?", number - 1)

    def tips(self) -> dict[str, Tip]:
        """The last row of every room, by name."""
        return {standing.name: self.tip(standing.name) for standing in self.rooms()}

    def house_hash(self) -> str:
        """The hash of all that is written."""
        return house_hash(self.anchor, self.tips())

    @property
    def is_archive(self) -> bool:
        """Whether this is an archive, to which no server writes."""
        return bool(self._one("PRAGMA application_id")[0] == ARCHIVE)

    def in_time(self) -> Iterator[tuple[int, str, Tip]]:
        """All rows in the order of their instants: the instant, the room, and the rest that the
        house hash needs."""
        return self._all(
            lambda at, room, *tip: (at, room, Tip(*tip)),
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

    def _last(self, room: str, where: str, *values: object) -> Tip:
        found = self._one(
            f"SELECT number, auction, hash FROM event WHERE room = ? {where}", room, *values
        )
        return self.start(room) if found is None else Tip(*found)

    def _standings(self, where: str, *values: object) -> Iterator[Standing]:
        return self._all(
            Standing,
            "SELECT name, auction, first, archived, archived_auction, archived_hash "
            f"FROM room {where}",
            *values,
        )

    def _one(self, statement: str, *values: object) -> Any:
        with explained(self.path):
            return self._database.execute(statement, values).fetchone()

    def _all(self, make: Callable[..., Found], statement: str, *values: object) -> Iterator[Found]:
        with explained(self.path):
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


@dataclass(slots=True)
class _Room:
    """A room that something is being written of.

    :ivar first: the number of the first row of the auction that is on, if one is.
    :ivar is_stopped: whether the house was closed since the ledger was opened.
    """

    number: int
    auction: int
    hash: str
    first: int | None
    is_stopped: bool = False


class Ledger:
    """A ledger that is written by this process, and by no other.

    :param path: the file; it is made where there is none, for its owner alone.
    :param clock: ends the reactor's turns, and counts the seconds of events.
    :param failed: is told, in one line, that a commit has failed. From then on nothing is
        published.
    :param now: tells the time of day, in nanoseconds since 1970.
    :param notify: is told, in one line, what else the operator should know.
    :ivar view: what is on the disk, once the ledger is open.
    :ivar seen: the last instant at which the server before is known to have run, in nanoseconds
        since 1970, by the present that it wrote down.
    :ivar on_halt: is called when another program has had the ledger locked for :data:`HALT_AFTER`
        seconds. Nothing is published meanwhile, so nothing more should be asked for.
    :ivar on_go_on: is called when it can be written again, before anything is published.
    """

    view: View
    seen: int

    def __init__(
        self,
        path: Path,
        clock: IReactorTime,
        failed: Callable[[str], object],
        now: Callable[[], int] = time.time_ns,
        notify: Callable[[str], object] = lambda line: None,
    ) -> None:
        self.path = path
        self.on_halt: Callable[[], object] = lambda: None
        self.on_go_on: Callable[[], object] = lambda: None
        self._notify = notify
        self._clock = clock
        self._failed = failed
        self._now = now
        self._epoch = 0
        self._rooms: dict[str, _Room] = {}
        self._changed: dict[str, _Room] = {}  # whose auction has begun or ended since the commit
        self._rows: list[tuple[int, int, str, int, str, str, str]] = []
        self._waiting: list[Callable[[], object]] = []
        self._turn: IDelayedCall | None = None
        self._retry: IDelayedCall | None = None
        self._timed: set[str] = set()  # the rooms in which a clock runs
        self._beat: IDelayedCall | None = None
        self._is_seeing = False  # the present is to be written down
        self._locked_since: float | None = None  # another program has the ledger locked
        self._remind_at: float | None = None  # everything has halted since
        self._is_publishing = False
        self._has_failed = False
        self._is_open = False
        self._was_opened = False

    def open(self) -> None:
        """Take the file into possession, and make it where there is none.

        :raises LedgerError: where it cannot be had, or could not be written before: what waited for
            that is lost to everyone who was there.
        """
        if self._has_failed:
            raise LedgerError(
                f"the ledger {self.path} could not be written before; start the program again."
            )
        self.path = Path(os.path.realpath(self.path))  # Path.resolve raises for a loop of links
        if not os.path.lexists(self.path):
            check_log(self.path)
            make(self.path, fill)
        with ExitStack() as undo:
            self._possession = Possession(self.path)
            undo.callback(self._possession.release)
            self._database = _opened(self.path)
            undo.callback(self._database.close)
            self.view = View(self.path, self._database)
            with explained(self.path):
                (self.seen,) = self._database.execute(
                    "SELECT coalesce(max(seen), 0) FROM node"
                ).fetchone()
            self._possession.watch()
            # From here on, waiting for another program is the reactor's business.
            self._database.execute("PRAGMA busy_timeout = 0")
            undo.pop_all()
        if has_wal_reset_fault(sqlite3.sqlite_version_info):
            self._notify(
                f"SQLite {sqlite3.sqlite_version} is in use, which can spoil a ledger that two "
                "programs checkpoint at the same time. While the server runs, let no other program "
                "do so: no PRAGMA wal_checkpoint or journal_mode, no VACUUM, no writing. Reading "
                "and .backup are safe; SQLite 3.51.3 is mended."
            )
        self._rooms = {}
        self._changed = {}
        self._is_open = self._was_opened = True
        # Not read again: a clock that somebody sets must not bring the rows out of order.
        self._epoch = self._now() - round(self._clock.seconds() * SECOND)

    def stamp(self, when: float) -> int:
        """The ledger's instant, in nanoseconds since 1970, for one of the clock's."""
        return self._epoch + round(when * SECOND)

    def instant(self, at: int) -> float:
        """The clock's instant, in seconds, for one of the ledger's."""
        return (at - self._epoch) / SECOND

    def page(self, room: str) -> "Page":
        """What an Auctioneer writes to."""
        return Page(self, room)

    def append(
        self, room: str, events: Sequence[Event], when: float, is_timed: bool = False
    ) -> None:
        """Put down what has happened in a room, to be committed at the end of the turn.

        :param is_timed: whether a clock runs in the room now. As long as one does anywhere, the
            present is written down every :data:`SEEN_INTERVAL` seconds.
        :raises LedgerError: where the ledger was never opened.
        :raises AssertionError: where anything but :class:`~twisted_auction.rules.events.Reopened`
            would follow a ``Stopped``: a bug, and with such a row no server would start again.
        """
        if not self._was_opened:
            raise LedgerError(
                f"the ledger {self.path} is not open: call open() of its Rooms first."
            )
        if self._has_failed:
            return
        try:
            entry = self._rooms.get(room) or self._enter(room)
        except LedgerError as error:
            self._give_up(str(error))
            return
        if entry.is_stopped and type(events[0]) is not Reopened:
            raise AssertionError(f"{events[0]} in room {room}, which is closed")
        entry.is_stopped = type(events[-1]) is Stopped
        if entry.first is None:
            entry.auction += 1
            entry.first = entry.number + 1
            self._changed[room] = entry
        if is_timed:
            self._timed.add(room)
        else:
            self._timed.discard(room)
        self._set_beat()
        at = self.stamp(when)
        auction = entry.auction
        for event in events:
            number = entry.number = entry.number + 1
            kind = type(event).__name__
            body = written(event, self.stamp)
            hash = chained(entry.hash, number, at, room, auction, kind, body)
            entry.hash = hash
            self._rows.append((number, at, room, auction, kind, body, hash))
        if type(events[-1]) in RESULTS:
            entry.first = None
            self._changed[room] = entry

    def then(self, publish: Callable[[], object]) -> None:
        """Call this once everything that was put down is on the disk: at once where it is."""
        if self._has_failed:
            return
        if not (self._rows or self._waiting or self._is_publishing):
            publish()
            return
        self._waiting.append(publish)
        if len(self._rows) >= BATCH or len(self._waiting) >= BATCH:
            self.commit()
        elif self._turn is None and self._retry is None:
            self._turn = self._clock.callLater(0, self.commit)

    @property
    def is_waiting(self) -> bool:
        """Whether another program has the ledger locked, and something waits to be written."""
        return self._locked_since is not None

    def commit(self) -> None:
        """Write down what was put down, and let everyone hear of it: now, or once another program
        lets the ledger be written."""
        if self._turn is not None:
            if self._turn.active():
                self._turn.cancel()
            self._turn = None
        if self._is_publishing or self._has_failed or self._retry is not None:
            return
        try:
            self._write()
        except sqlite3.Error as error:
            if _is_locked(error) and self._is_open:
                self._wait()
            else:
                self._give_up(f"the ledger {self.path} cannot be written: {error}.")
            return
        except LedgerError as error:
            self._give_up(str(error))
            return
        ready, self._waiting = deque(self._waiting), []
        self._is_publishing = True
        try:
            self._go_on()
            while ready:
                ready.popleft()()
        finally:  # where one fails, which is a bug, the others have their turn all the same
            self._is_publishing = False
            self._waiting[:0] = ready
            if self._waiting and self._turn is None:
                self._turn = self._clock.callLater(0, self.commit)

    def close(self) -> None:
        """Commit what was put down, and let go of the file, if it was opened."""
        if not self._is_open:
            return
        self._is_open = False
        self._timed.clear()
        self._set_beat()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self.commit()
        while self._waiting and not (self._is_publishing or self._has_failed):
            self.commit()  # somebody answered at once
        self._let_go()

    def take_over(self) -> None:
        """Write down the present with the next commit. What the server before wrote may be ahead of
        a time of day that was set back, and would be taken for this server's."""
        self._is_seeing = True

    def see(self) -> None:
        """Write down the present, and all that was put down."""
        if self._is_open:
            self._is_seeing = True
            self.commit()

    def _set_beat(self) -> None:
        """Keep a timer for as long as there is a clock in any room."""
        if self._beat is None and self._timed:
            self._beat = self._clock.callLater(SEEN_INTERVAL, self._pulse)
        elif self._beat is not None and not self._timed:
            self._beat.cancel()
            self._beat = None

    def _pulse(self) -> None:
        self._beat = None
        self._set_beat()
        self.see()

    def _wait(self) -> None:
        """Try again soon. When that has lasted, halt, and tell the operator, now and then again."""
        now = self._clock.seconds()
        if self._locked_since is None:
            self._locked_since = now
        seconds = now - self._locked_since
        if self._remind_at is None and seconds >= HALT_AFTER:
            self._notify(
                f"the ledger {self.path} is locked by another program; until that ends, everybody "
                "waits and nothing is lost."
            )
            self._remind_at = now + REMIND
            self.on_halt()
        elif self._remind_at is not None and now >= self._remind_at:
            self._notify(f"the ledger {self.path} is still locked, for {seconds:.0f} seconds now.")
            self._remind_at = now + REMIND
        self._retry = self._clock.callLater(RETRY, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self.commit()

    def _go_on(self) -> None:
        """End the wait, if there was one."""
        since, self._locked_since = self._locked_since, None
        if since is None or self._remind_at is None:
            return
        self._remind_at = None
        seconds = self._clock.seconds() - since
        self._notify(f"the ledger {self.path} can be written again, after {seconds:.1f} seconds.")
        self.on_go_on()

    def _let_go(self) -> None:
        """Close the file, in this order: see :mod:`twisted_auction.house.possession`."""
        with suppress(sqlite3.Error):  # what is committed is safe, whether it closes well or not
            self._database.close()
        self._possession.release()

    def _give_up(self, reason: str) -> None:
        """Publish nothing any more."""
        self._has_failed = True
        self._waiting.clear()
        self._timed.clear()
        self._set_beat()
        self._failed(reason)

    def _enter(self, name: str) -> _Room:
        """A room of which nothing is in memory, as the file has it."""
        standing, tip = self.view.standing(name), self.view.tip(name)
        first = None if standing is None else standing.first
        room = _Room(tip.number, tip.auction, tip.hash, first)
        self._rooms[name] = room
        return room

    def _write(self) -> None:
        if not (self._rows or self._is_seeing):
            return
        try:
            self._database.execute("BEGIN IMMEDIATE")
            if self._rows:
                self._database.executemany(_INSERT, self._rows)
            if self._is_seeing:
                present = self._locked_since  # since then, the rooms' clocks may stand still
                if present is None:
                    present = self._clock.seconds()
                self._database.execute(
                    "UPDATE node SET beat = beat + 1, seen = ?", (self.stamp(present),)
                )
            if self._changed:  # not for a bid
                self._database.executemany(
                    "INSERT INTO room VALUES (?, 1, NULL, ?, ?, 0, 0, '') "
                    "ON CONFLICT (name) DO UPDATE SET auction = excluded.auction, "
                    "first = excluded.first",
                    [(name, room.auction, room.first) for name, room in self._changed.items()],
                )
            self._database.execute("COMMIT")
        except sqlite3.Error:
            with suppress(sqlite3.Error):
                self._database.execute("ROLLBACK")
            raise
        self._rows.clear()
        self._is_seeing = False
        for name, room in self._changed.items():
            if room.first is None:  # strangers name rooms: one without an auction takes no memory
                del self._rooms[name]
        self._changed.clear()
        try:
            self._possession.check()
        except LedgerError:
            with suppress(sqlite3.Error):  # wherever the file is now, it should have everything
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raise


class Page:
    """One room's part of a ledger."""

    __slots__ = ("_ledger", "_room")

    is_kept = True

    def __init__(self, ledger: Ledger, room: str) -> None:
        self._ledger = ledger
        self._room = room

    def record(self, events: Sequence[Event], when: float, is_timed: bool = False) -> None:
        """Put down what has happened in the room."""
        self._ledger.append(self._room, events, when, is_timed)

    def then(self, publish: Callable[[], object]) -> None:
        """Call this once it is on the disk."""
        self._ledger.then(publish)


CHAIN1 = (
    "CREATE TABLE IF NOT EXISTS chain1 ("
    "number INTEGER PRIMARY KEY, room TEXT NOT NULL, room_number INTEGER NOT NULL, "
    "auction INTEGER NOT NULL, hash TEXT NOT NULL) STRICT"
)
"""The chain of schema 1: of each row, its number, its auction and its hash of then, and where it is
now."""

Migration = Callable[[sqlite3.Connection], None]
"""Brings a ledger from one schema to the next, within a transaction that was begun."""


def _number_by_room(database: sqlite3.Connection) -> None:
    """From schema 1, which counted numbers, auctions and hashes for the whole house, to schema 2.

    The old numbers and hashes stay in the table ``chain1``. The last of these hashes is the anchor
    of the new chains, so that these cover the old one.

    :raises ValueError: where the old chain does not hold, which new hashes would hide.
    """
    columns = "number, at, room, auction, kind, body, hash"  # of schemas 1 and 2
    database.execute("ALTER TABLE event RENAME TO event1")
    database.execute(CHAIN1)
    last = database.execute("SELECT hash FROM event1 ORDER BY number DESC LIMIT 1").fetchone()
    anchor = secrets.token_hex(32) if last is None else last[0]
    _lay_out(database, 2, anchor)
    rooms: dict[str, _Room] = {}
    old_auctions: dict[str, int] = {}
    more_lots: dict[str, bool] = {}
    results = {kind.__name__ for kind in RESULTS}
    old_hash, expected = "", 1
    for number, at, room, auction, kind, body, hash in database.execute(
        f"SELECT {columns} FROM event1 ORDER BY number"
    ):
        if number != expected or hash != chained(old_hash, number, at, room, auction, kind, body):
            raise ValueError(f"row {expected} does not hold")
        old_hash, expected = hash, number + 1
        new = rooms.setdefault(room, _Room(0, 0, anchor, None))
        new.number += 1
        if old_auctions.get(room) != auction:
            old_auctions[room] = auction
            new.auction += 1
            new.first = new.number
            more_lots[room] = False
        if kind == LotAnnounced.__name__:
            fields = json.loads(body)
            more_lots[room] = fields["lot"] < fields["lots"]
        elif kind in results and not more_lots[room]:
            new.first = None
        new.hash = chained(new.hash, new.number, at, room, new.auction, kind, body)
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


MIGRATIONS: tuple[Migration, ...] = (_number_by_room,)
"""The first leads from schema 1 to schema 2."""

SCHEMA_NUMBER = 1 + len(MIGRATIONS)


@contextmanager
def reading(path: Path) -> Iterator[View]:
    """Open a ledger to read what is in it, whether a server is writing it or not.

    One with an older schema is read as it would be after its migration, and stays as it is.

    Only SQLite opens the file: in the process that writes it, too, SQLite knows not to give up the
    locks with this connection.

    :raises LedgerError: where it cannot be read.
    """
    path = Path(os.path.realpath(path))
    if not checked(path).st_size:
        raise LedgerError(f"{path} is no ledger and no archive.")
    check_reader(path)
    with explained(path), ExitStack() as stack:
        database = stack.enter_context(closing(_read_only(path)))
        database.execute("BEGIN")  # one state, whatever is written meanwhile
        if _check_schema(path, database, SCHEMA_NUMBER, APPLICATION, ARCHIVE) < SCHEMA_NUMBER:
            copy = stack.enter_context(closing(sqlite3.connect("", isolation_level=None)))
            database.backup(copy)
            _bring_up_to_date(path, copy, MIGRATIONS)
            database = copy
        yield View(path, database)


def _read_only(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        database.execute("PRAGMA schema_version")
    except sqlite3.OperationalError:
        # In a folder that cannot be written to, SQLite reads only what it knows to be at rest.
        database.close()
        log = Path(f"{path}-wal")
        if is_held_here(path) or (log.exists() and log.stat().st_size):
            raise  # a reader may leave an empty one
        database = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
    return database


@contextmanager
def possessed(path: Path, application: int = APPLICATION) -> Iterator[sqlite3.Connection]:
    """Have a ledger, or an archive, to oneself, and leave it as it is unless told otherwise.

    :param path: the file, which exists, without symbolic links in its name.
    :raises LedgerError: where it cannot be had.
    """
    possession = Possession(path)
    try:
        with closing(_opened(path, application)) as database:
            yield database
    finally:
        possession.release()


def _opened(path: Path, application: int = APPLICATION) -> sqlite3.Connection:
    """Open a ledger for writing, filling or migrating it where that is needed."""
    with explained(path):
        database = sqlite3.connect(path, isolation_level=None)
        try:
            _prepare(path, database, application)
        except BaseException:
            database.close()
            raise
    return database


def _prepare(path: Path, database: sqlite3.Connection, application: int) -> None:
    if _is_empty(database):
        fill(database, application)
    else:
        _check_schema(path, database, SCHEMA_NUMBER, application)
    _set(path, database, "journal_mode", "WAL", "wal")
    _set(path, database, "synchronous", "FULL", 2)
    database.execute("PRAGMA fullfsync = ON")  # where fsync alone leaves data in the drive's cache
    (number,) = database.execute("PRAGMA user_version").fetchone()
    if number < SCHEMA_NUMBER:
        _copy(path, database, number)
        _bring_up_to_date(path, database, MIGRATIONS)


def fill(
    database: sqlite3.Connection, application: int = APPLICATION, anchor: str | None = None
) -> None:
    """Make an empty database a ledger, or an archive, in one transaction.

    :param anchor: a random one if None is given.
    """
    database.execute("BEGIN IMMEDIATE")
    database.execute(f"PRAGMA application_id = {application}")
    database.execute(f"PRAGMA user_version = {SCHEMA_NUMBER}")
    _lay_out(database, SCHEMA_NUMBER, secrets.token_hex(32) if anchor is None else anchor)
    database.execute("COMMIT")


def _lay_out(database: sqlite3.Connection, number: int, anchor: str) -> None:
    """Make the tables of an empty ledger.

    :param number: of which schema.
    """
    for statement in SCHEMAS[number].split(";"):
        database.execute(statement)
    database.execute("INSERT INTO house (schema, anchor) VALUES (?, ?)", (number, anchor))
    database.execute(
        "INSERT INTO node (id, address, beat, seen) VALUES (?, '', 0, 0)", (secrets.token_hex(8),)
    )


def _copy(path: Path, database: sqlite3.Connection, number: int) -> None:
    """Put a copy of a ledger with an older schema beside it, or let an earlier one be: a migration
    may have failed after it was made.

    :raises LedgerError: where there is something else, or a copy cannot be made.
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
        make(copy_path, database.backup)
    except LedgerError as error:
        raise LedgerError(f"{needed}: {error}") from None


def _has_the_same(path: Path, database: sqlite3.Connection) -> bool:
    """Whether a file has the same tables and rows as a database."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as other:
        pairs = zip_longest(other.iterdump(), database.iterdump())
        return all(here == there for here, there in pairs)
    return False


def _bring_up_to_date(
    path: Path, database: sqlite3.Connection, migrations: Sequence[Migration]
) -> None:
    """Bring an older schema up to date: a transaction for each step.

    :raises LedgerError: where that is not possible. Closing the file undoes what was begun.
    """
    (number,) = database.execute("PRAGMA user_version").fetchone()
    for target, migrate in list(enumerate(migrations, 2))[number - 1 :]:
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


def _check_schema(path: Path, database: sqlite3.Connection, newest: int, *applications: int) -> int:
    """See that a file is a ledger, or an archive, that this program knows.

    :param applications: which of them is wanted.
    :return: the number of its schema.
    """
    (application,) = database.execute("PRAGMA application_id").fetchone()
    (number,) = database.execute("PRAGMA user_version").fetchone()
    if application == ARCHIVE and ARCHIVE not in applications:
        raise LedgerError(f"{path} is an archive, in which no server can go on.")
    if application not in applications:
        names = {APPLICATION: "ledger", ARCHIVE: "archive"}
        wanted = " and no ".join(names[application] for application in applications)
        raise LedgerError(f"{path} is no {wanted}.")
    if number < 1:
        raise LedgerError(f"the file {path} has schema {number}, which there never was.")
    if number > newest:
        raise LedgerError(
            f"the file {path} has schema {number}; this version of the program knows "
            f"schema {newest}, so a newer one is needed."
        )
    return int(number)


def _is_locked(error: sqlite3.Error) -> bool:
    """Whether another program is in the way, and the disk is not to blame."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF  # the rest is detail
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_empty(database: sqlite3.Connection) -> bool:
    (objects,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = database.execute("PRAGMA application_id").fetchone()
    return bool(objects == 0 and application == 0)


def _set(path: Path, database: sqlite3.Connection, pragma: str, value: str, told: object) -> None:
    """Set a pragma, and see that it took."""
    database.execute(f"PRAGMA {pragma} = {value}")
    (answer,) = database.execute(f"PRAGMA {pragma}").fetchone()
    if answer != told:
        raise LedgerError(
            f"the file {path} cannot be kept safely: SQLite answers {pragma}={answer}, "
            f"and {value} is needed."
        )


@contextmanager
def explained(path: Path, what: str = "read") -> Iterator[None]:
    """Turn SQLite's errors into ours.

    :param what: what cannot be done where there is one: ``read`` or ``written``.
    """
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB:
            raise LedgerError(f"{path} is no ledger and no archive.") from None
        if isinstance(error, sqlite3.Error) and _is_locked(error):
            raise LedgerError(
                f"the file {path} is locked by another program: end that one, and start again."
            ) from None
        # SQLite quotes what it finds in the file, whatever that is, and Python's module then fails
        # to decode some of it.
        problem = str(error).encode("unicode_escape").decode()
        raise LedgerError(f"the file {path} cannot be {what}: {problem}.") from None
