"""The journal of a house, and the ledger: every event is on the disk before it is published.

One row is one event. Rows are numbered in each room, and the hash of a row covers the row before it
in that room (:func:`~twisted_auction.ledger.row.row_hash`). Changing a row therefore means changing
all later rows of the room. The house hash covers the last row of every room
(:func:`~twisted_auction.ledger.row.house_hash`).

Commit, then publish: a message leaves once all events recorded before it are durable. Events
recorded in one turn of the reactor are one commit.

Commits run on the reactor's thread. The server therefore reads nothing while the disk is busy, the
queue holds at most the events of one turn, and TCP slows the clients of a slow disk. A writer
thread was measured, too (1,000 connections, 2 virtual cores, fsync 0.2 ms, medians of seven
rounds). CPU time per bid rose from 29 to 38 us in a burst, and from 168 to 223 us at one bid per
millisecond, acknowledged after 0.37 ms, not 0.29. With a disk 5 ms slower, it rose from 29 to 33 us
and from 84 to 99 us. Only there was a bid acknowledged earlier: after 9.1 ms, not 9.6.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.ledger.chains import Chains
from twisted_auction.ledger.lock_wait import LockWait
from twisted_auction.ledger.row import SECOND, LedgerError
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.ledger.store import Batch, LockedError, Store
from twisted_auction.rules.events import Event

DEFAULT_LEDGER = "auction.sqlite3"
"""Default path of the ledger."""

MAX_BATCH = 1000
"""Maximum events, and publications, waiting for a commit. A larger turn is committed in parts."""

HEARTBEAT_INTERVAL = 3.0
"""Seconds between heartbeats while a clock runs in any room. If the server is killed, its clocks
are put back by at most this time."""


class Journal(Protocol):
    """Records the events of a house's rooms, and publishes their messages once they are durable."""

    @property
    def is_durable(self) -> bool:
        """True if the events survive a restart."""

    def record(
        self, room: str, events: Sequence[Event], when: float, is_timed: bool = False
    ) -> None:
        """Record events of a room.

        :param room: the room's name.
        :param when: the instant of the events, in seconds.
        :param is_timed: True if a clock runs in the room after these events. While one runs in any
            room, a heartbeat is written every :data:`HEARTBEAT_INTERVAL` seconds.
        """

    def after_commit(self, publish: Callable[[], object]) -> None:
        """Call ``publish`` once all events recorded before are durable. Calls keep their order."""


class ImmediateJournal:
    """A :class:`Journal` that stores nothing and publishes at once."""

    is_durable = False

    def record(
        self, room: str, events: Sequence[Event], when: float, is_timed: bool = False
    ) -> None:
        """Do nothing."""

    def after_commit(self, publish: Callable[[], object]) -> None:
        """Call ``publish`` now."""
        publish()


@dataclass(slots=True)
class _Commit:
    """A batch, and what to publish once it is durable.

    :ivar batch: None if there is nothing to write.
    """

    batch: Batch | None
    publications: deque[Callable[[], object]]


class Ledger:
    """A :class:`Journal` in a storage that only this process writes.

    :param storage: the storage of the rows, or the path of a SQLite file; a new one has mode 0600.
    :param clock: schedules commits; the instants of events are on it.
    :param failed: called with one line of text if a commit fails. Nothing is published after that.
    :param now: returns the time of day, in nanoseconds since 1970.
    :param notify: called with one line of text for the operator.
    :ivar store: the storage. Its view reads the committed rows.
    :ivar chains: the end of each room's chain.
    :ivar is_open: True between :meth:`open` and :meth:`close`.
    :ivar last_heartbeat: the last sign of the previous server, in nanoseconds since 1970.
    :ivar has_failed: True once a commit has failed.
    :ivar on_locked: called when another program has had the ledger locked for :data:`HALT_AFTER`
        seconds. Nothing is published until :attr:`on_unlocked`, so the house should stop reading.
    :ivar on_unlocked: called when the ledger can be written again, before anything is published.
    """

    is_durable = True
    last_heartbeat: int

    def __init__(
        self,
        storage: str | Path | Store,
        clock: IReactorTime,
        failed: Callable[[str], object],
        now: Callable[[], int] = time.time_ns,
        notify: Callable[[str], object] = lambda line: None,
    ) -> None:
        self.store: Store = (
            SQLiteStore(Path(storage)) if isinstance(storage, str | Path) else storage
        )
        self.on_locked: Callable[[], object] = lambda: None
        self.on_unlocked: Callable[[], object] = lambda: None
        self._notify = notify
        self._clock = clock
        self._failed = failed
        self._now = now
        self._epoch = 0
        self.chains = Chains(self.store, self.stamp)
        self._waiting: deque[Callable[[], object]] = deque()
        self._commit: _Commit | None = None  # until its last publication
        self._is_busy = False  # while a batch is written, or published
        self._turn_end: IDelayedCall | None = None
        self._lock_wait = LockWait(self.store, clock, self.commit, notify)
        self._timed: set[str] = set()  # rooms with a running clock
        self._heartbeat_timer: IDelayedCall | None = None
        self._is_heartbeat_due = False
        self.has_failed = False
        self.is_open = False
        self._was_opened = False

    def open(self) -> None:
        """Lock the file and open it; create it if it does not exist.

        :raises LedgerError: if that fails, or if a commit has failed before. In the second case,
            messages that waited for the commit were never sent.
        """
        if self.has_failed:
            raise LedgerError(
                f"the ledger {self.store.name} could not be written before; start the "
                "program again."
            )
        self.store.open()
        try:
            self.last_heartbeat = self.store.view.last_heartbeat()
        except LedgerError:
            self.store.close()
            raise
        if self.store.warning:
            self._notify(self.store.warning)
        self.chains = Chains(self.store, self.stamp)
        self.is_open = self._was_opened = True
        # The time of day is read only once, so that rows stay in order if it is set back.
        self._epoch = self._now() - round(self._clock.seconds() * SECOND)

    def stamp(self, when: float) -> int:
        """Convert an instant of the clock, in seconds, to nanoseconds since 1970."""
        return self._epoch + round(when * SECOND)

    def instant(self, at: int) -> float:
        """Convert nanoseconds since 1970 to an instant of the clock, in seconds."""
        return (at - self._epoch) / SECOND

    def record(
        self, room: str, events: Sequence[Event], when: float, is_timed: bool = False
    ) -> None:
        """Queue events of a room for the commit at the end of this turn of the reactor.

        :raises LedgerError: if the ledger was never opened.
        :raises AssertionError: as :meth:`~twisted_auction.ledger.chains.Chains.add`.
        """
        if not self._was_opened:
            raise LedgerError(
                f"the ledger {self.store.name} is not open: call open() of its Rooms first."
            )
        if self.has_failed:
            return
        try:
            self.chains.add(room, events, when)
        except LedgerError as error:
            self._fail(str(error))
            return
        if is_timed:
            self._timed.add(room)
        else:
            self._timed.discard(room)
        self._set_heartbeat_timer()

    def after_commit(self, publish: Callable[[], object]) -> None:
        """Call ``publish`` once all queued events are durable, or now if none is queued."""
        if self.has_failed:
            return
        if self.is_idle:
            publish()
            return
        self._waiting.append(publish)
        if len(self.chains.rows) >= MAX_BATCH or len(self._waiting) >= MAX_BATCH:
            self.commit()
        elif self._commit is None:
            self._commit_later()

    @property
    def is_idle(self) -> bool:
        """True if nothing waits for a commit."""
        # Publications wait also while others are called, so that they keep their order.
        return not (self.chains.rows or self._waiting or self._commit is not None)

    @property
    def is_locked(self) -> bool:
        """True while a commit waits because another program has locked the ledger."""
        return self._lock_wait.is_on

    def commit(self) -> None:
        """Write the queued events, then publish. If the ledger is locked, retry until it is not.

        While a batch is being written, or published, the later events wait for the next commit.
        """
        if self._turn_end is not None:
            if self._turn_end.active():
                self._turn_end.cancel()
            self._turn_end = None
        if self.has_failed or self._is_busy or self._lock_wait.is_scheduled:
            return
        if self._commit is None:
            self._commit = _Commit(self._take(), self._waiting)
            self._waiting = deque()
        if self._commit.batch is None:
            self._publish(self._commit)
        else:
            self._is_busy = True
            self.store.write(self._commit.batch, self._written, self._not_written)

    def _take(self) -> Batch | None:
        """The queued events as a batch; None if there is nothing to write."""
        if not (self.chains.rows or self._is_heartbeat_due):
            return None
        heartbeat = self.stamp(self._clock.seconds()) if self._is_heartbeat_due else None
        self._is_heartbeat_due = False
        return self.chains.take(heartbeat)

    def _written(self) -> None:
        commit = self._commit
        assert commit is not None and commit.batch is not None
        self.chains.forget_idle(commit.batch)
        self._publish(commit)

    def _not_written(self, error: LedgerError) -> None:
        self._is_busy = False
        # During close() there is no later attempt, so a lock is a failure like any other.
        if isinstance(error, LockedError) and self.is_open:
            if self._lock_wait.go_on():
                self.on_locked()
        else:
            self._fail(str(error))

    def _publish(self, commit: _Commit) -> None:
        """Publish what waited for a commit. This may record further events, for the next one."""
        self._is_busy = True
        try:
            if self._lock_wait.end():
                self.on_unlocked()
            while commit.publications:
                commit.publications.popleft()()
        finally:
            # If one publication raises, which is a bug, the others still follow in a later turn.
            self._is_busy = False
            self._commit = None
            self._waiting.extendleft(reversed(commit.publications))
            if self._waiting:
                self._commit_later()

    def _commit_later(self) -> None:
        """Commit at the end of this turn of the reactor."""
        if self._turn_end is None:
            self._turn_end = self._clock.callLater(0, self.commit)

    def close(self) -> None:
        """Commit the queued events, and close the file if it is open."""
        if not self.is_open:
            return
        self.is_open = False
        self._timed.clear()
        self._set_heartbeat_timer()
        self._lock_wait.cancel()
        self.commit()
        while not (self.is_idle or self._is_busy or self.has_failed):
            self.commit()  # a publication has led to further events
        self.store.close()

    def request_heartbeat(self) -> None:
        """Write a heartbeat with the next commit."""
        # The heartbeat of the previous server must not count as one of this server. It is in the
        # future if the time of day was set back.
        self._is_heartbeat_due = True

    def write_heartbeat(self) -> None:
        """Commit the queued events with a heartbeat."""
        if self.is_open:
            self._is_heartbeat_due = True
            self.commit()

    def _set_heartbeat_timer(self) -> None:
        """Run the heartbeat timer while a clock runs in any room."""
        if self._heartbeat_timer is None and self._timed:
            self._heartbeat_timer = self._clock.callLater(HEARTBEAT_INTERVAL, self._beat)
        elif self._heartbeat_timer is not None and not self._timed:
            self._heartbeat_timer.cancel()
            self._heartbeat_timer = None

    def _beat(self) -> None:
        self._heartbeat_timer = None
        self._set_heartbeat_timer()
        self.write_heartbeat()

    def _fail(self, reason: str) -> None:
        """Drop everything that waits, and publish nothing from now on."""
        # A message that is published after a failed commit would acknowledge an event that is lost.
        self.has_failed = True
        self._waiting.clear()
        self._commit = None
        self._timed.clear()
        self._set_heartbeat_timer()
        self._failed(reason)
