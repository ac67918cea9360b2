"""The ledger: what has happened, on the disk before any participant hears of it.

One row is one event. Rows are numbered in each room, and each row's hash covers the row before it
in that room, so that nobody can change what is written without changing everything after it
(:func:`~twisted_auction.ledger.row.row_hash`). The house hash covers the last row of every room
(:func:`~twisted_auction.ledger.row.house_hash`).

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

import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.ledger.chains import Chains
from twisted_auction.ledger.row import SECOND, LedgerError
from twisted_auction.ledger.sqlite import SQLiteStore
from twisted_auction.ledger.store import LockedError, Store, View
from twisted_auction.rules.events import Event

DEFAULT_LEDGER = "auction.sqlite3"
"""The file, where no other is named."""

MAX_BATCH = 1000
"""Events, and words that wait for them, that are kept in memory at most. A turn of the reactor that
brings more is committed in parts; nothing is read meanwhile."""

LOCK_RETRY_DELAY = 0.05
"""Seconds between two attempts to write while another program has the ledger locked."""

HALT_AFTER = 0.25
"""Seconds of that after which the house halts. A shorter wait is like that for a slow disk."""

HEARTBEAT_INTERVAL = 3.0
"""Seconds after which the present is written down again while a clock runs in a room: the most that
a clock is put back where the server is killed."""

REMIND_INTERVAL = 60.0
"""Seconds after which the operator is told again that the ledger is still locked."""


class Journal(Protocol):
    """Where a house writes down what happens in its rooms, before any participant hears of it."""

    @property
    def is_durable(self) -> bool:
        """Whether what is written here is still known when the house opens again."""

    def record(
        self, room: str, events: Sequence[Event], when: float, is_timed: bool = False
    ) -> None:
        """Write down what has happened in a room.

        :param room: its name.
        :param when: the instant of these events, in seconds.
        :param is_timed: whether a clock runs in the room now, so that from time to time it should
            be written down, too, how far it has come.
        """

    def after_commit(self, publish: Callable[[], object]) -> None:
        """Call this in its turn, once all that was recorded before is safe."""


class ImmediateJournal:
    """A journal that keeps nothing, so that everything is published at once."""

    is_durable = False

    def record(
        self, room: str, events: Sequence[Event], when: float, is_timed: bool = False
    ) -> None:
        """Forget them."""

    def after_commit(self, publish: Callable[[], object]) -> None:
        """Call it at once."""
        publish()


class Ledger:
    """A :class:`Journal` that is written by this process, and by no other.

    :param storage: where the rows are kept. A path stands for a SQLite file, which is made if it
        does not exist, for its owner alone.
    :param clock: ends the reactor's turns, and counts the seconds of events.
    :param failed: is told, in one line, that a commit has failed. From then on nothing is
        published.
    :param now: tells the time of day, in nanoseconds since 1970.
    :param notify: is told, in one line, what else the operator should know.
    :ivar last_heartbeat: nanoseconds since 1970, the last instant at which the previous server is
        known to have run.
    :ivar on_locked: is called when another program has had the ledger locked for :data:`HALT_AFTER`
        seconds. Nothing is published meanwhile, so nothing more should be asked for.
    :ivar on_unlocked: is called when it can be written again, before anything is published.
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
        self._store: Store = (
            SQLiteStore(Path(storage)) if isinstance(storage, str | Path) else storage
        )
        self.on_locked: Callable[[], object] = lambda: None
        self.on_unlocked: Callable[[], object] = lambda: None
        self._notify = notify
        self._clock = clock
        self._failed = failed
        self._now = now
        self._epoch = 0
        self._chains = Chains(self._store, self.stamp)
        self._waiting: list[Callable[[], object]] = []
        self._turn: IDelayedCall | None = None
        self._retry: IDelayedCall | None = None
        self._timed: set[str] = set()  # the rooms in which a clock runs
        self._heartbeat_timer: IDelayedCall | None = None
        self._is_heartbeat_due = False  # the present is to be written down
        self._locked_since: float | None = None  # another program has the ledger locked
        self._remind_at: float | None = None  # everything has halted since
        self._is_publishing = False
        self._has_failed = False
        self._is_open = False
        self._was_opened = False

    @property
    def path(self) -> Path:
        """The file."""
        return self._store.path

    @property
    def view(self) -> View:
        """What is on the disk, once the ledger is open."""
        return self._store.view

    def open(self) -> None:
        """Lock the file and open it; create it if it does not exist.

        :raises LedgerError: where it cannot be had, or could not be written before: what waited for
            that is lost to everyone who was there.
        """
        if self._has_failed:
            raise LedgerError(
                f"the ledger {self.path} could not be written before; start the program again."
            )
        self._store.open()
        try:
            self.last_heartbeat = self._store.last_heartbeat()
        except LedgerError:
            self._store.close()
            raise
        if self._store.warning:
            self._notify(self._store.warning)
        self._chains = Chains(self._store, self.stamp)
        self._is_open = self._was_opened = True
        # Not read again: a clock that is set must not bring the rows out of order.
        self._epoch = self._now() - round(self._clock.seconds() * SECOND)

    def stamp(self, when: float) -> int:
        """The ledger's instant, in nanoseconds since 1970, for one of the clock's."""
        return self._epoch + round(when * SECOND)

    def instant(self, at: int) -> float:
        """The clock's instant, in seconds, for one of the ledger's."""
        return (at - self._epoch) / SECOND

    def record(
        self, room: str, events: Sequence[Event], when: float, is_timed: bool = False
    ) -> None:
        """Put down what has happened in a room, to be committed at the end of the turn.

        As long as a clock runs in any room, the present is written down every
        :data:`HEARTBEAT_INTERVAL` seconds.

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
            self._chains.add(room, events, when)
        except LedgerError as error:
            self._give_up(str(error))
            return
        if is_timed:
            self._timed.add(room)
        else:
            self._timed.discard(room)
        self._set_heartbeat_timer()

    def after_commit(self, publish: Callable[[], object]) -> None:
        """Call this once everything that was put down is on the disk: at once where it is."""
        if self._has_failed:
            return
        if not (self._chains.rows or self._waiting or self._is_publishing):
            publish()
            return
        self._waiting.append(publish)
        if len(self._chains.rows) >= MAX_BATCH or len(self._waiting) >= MAX_BATCH:
            self.commit()
        elif self._turn is None and self._retry is None:
            self._turn = self._clock.callLater(0, self.commit)

    @property
    def is_locked(self) -> bool:
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
        except LedgerError as error:
            if isinstance(error, LockedError) and self._is_open:
                self._wait()
            else:
                self._give_up(str(error))
            return
        ready, self._waiting = deque(self._waiting), []
        self._is_publishing = True
        try:
            self._go_on()
            while ready:
                ready.popleft()()
        finally:  # where one fails, which is a bug, the others still have their turn
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
        self._set_heartbeat_timer()
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self.commit()
        while self._waiting and not (self._is_publishing or self._has_failed):
            self.commit()  # a participant answered at once
        self._store.close()

    def request_heartbeat(self) -> None:
        """Write down the present with the next commit. What the server before wrote may be ahead of
        a time of day that was set back, and would be taken for this server's."""
        self._is_heartbeat_due = True

    def write_heartbeat(self) -> None:
        """Write down the present, and all that was put down."""
        if self._is_open:
            self._is_heartbeat_due = True
            self.commit()

    def _set_heartbeat_timer(self) -> None:
        """Keep a timer for as long as there is a clock in any room."""
        if self._heartbeat_timer is None and self._timed:
            self._heartbeat_timer = self._clock.callLater(HEARTBEAT_INTERVAL, self._beat)
        elif self._heartbeat_timer is not None and not self._timed:
            self._heartbeat_timer.cancel()
            self._heartbeat_timer = None

    def _beat(self) -> None:
        self._heartbeat_timer = None
        self._set_heartbeat_timer()
        self.write_heartbeat()

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
            self._remind_at = now + REMIND_INTERVAL
            self.on_locked()
        elif self._remind_at is not None and now >= self._remind_at:
            self._notify(f"the ledger {self.path} is still locked, for {seconds:.0f} seconds now.")
            self._remind_at = now + REMIND_INTERVAL
        self._retry = self._clock.callLater(LOCK_RETRY_DELAY, self._try_again)

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
        self.on_unlocked()

    def _give_up(self, reason: str) -> None:
        """Publish nothing any more."""
        self._has_failed = True
        self._waiting.clear()
        self._timed.clear()
        self._set_heartbeat_timer()
        self._failed(reason)

    def _write(self) -> None:
        if not (self._chains.rows or self._is_heartbeat_due):
            return
        present = None
        if self._is_heartbeat_due:
            # While the ledger is locked, the clocks of the rooms may stand still.
            since = self._clock.seconds() if self._locked_since is None else self._locked_since
            present = self.stamp(since)
        self._store.write(self._chains.rows, self._chains.rooms(), present)
        self._chains.mark_written()
        self._is_heartbeat_due = False
