"""Alarms: calls at an instant, of any number of rooms, with one timer.

A silent sale has ten thousand rooms and more, and all of them can end at the same instant. Their
alarms are then called in portions, so the reactor can read and write in between.
"""

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from math import inf

from twisted.internet.interfaces import IDelayedCall, IReactorTime

PORTION = 0.05
"""Seconds after which due alarms wait for the next turn of the reactor."""

STALE = 64
"""Stale entries allowed in the queue, or the number of set alarms if larger."""


class Alarm:
    """Calls a function at an instant. It can be set any number of times.

    :ivar when: the instant for which it is set, in seconds; None if it is not set.
    """

    __slots__ = ("_alarms", "call", "number", "when")

    def __init__(self, alarms: "Alarms") -> None:
        self._alarms = alarms
        self.call: Callable[[], object] | None = None
        self.number = 0
        self.when: float | None = None

    def set(self, when: float, call: Callable[[], object]) -> None:
        """Call this function at this instant, and at no other. An instant that has passed by now
        is due at once."""
        self._alarms.add(self, when, call)

    def cancel(self) -> None:
        """Call nothing."""
        if self.when is not None:
            self._alarms.remove(self)


class Alarms:
    """All alarms of a house. They are called in the order of their instants, and those of one
    instant in the order in which they were set.

    :param clock: must not jump when the time of day is set, as ``time.time`` does.
    :ivar clock: as given.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self.clock = clock
        # The earliest first. An entry is stale if its alarm has another number by now.
        self._queue: list[tuple[float, int, Alarm]] = []
        self._last_number = 0
        self._set = 0  # number of alarms that are set
        self._timer: IDelayedCall | None = None
        self._timer_at = inf  # no later than the first alarm; while alarms are called, the past

    def add(self, alarm: Alarm, when: float, call: Callable[[], object]) -> None:
        """Set an alarm, as :meth:`Alarm.set` does."""
        if alarm.when is None:
            self._set += 1
        self._last_number += 1
        alarm.number, alarm.when, alarm.call = self._last_number, when, call
        heappush(self._queue, (when, alarm.number, alarm))
        if len(self._queue) > self._set + max(STALE, self._set):
            self._queue = [entry for entry in self._queue if _holds(entry)]
            heapify(self._queue)
        if when < self._timer_at:
            self._set_timer(when)

    def remove(self, alarm: Alarm) -> None:
        """Cancel an alarm that is set."""
        alarm.when = alarm.call = None
        self._set -= 1
        # Otherwise the timer stays: at worst it finds nothing to call.
        if not self._set:
            self._queue.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer, self._timer_at = None, inf

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        # Reactors refuse a negative delay.
        self._timer = self.clock.callLater(max(0, when - self.clock.seconds()), self._call)

    def _call(self) -> None:
        """Call the due alarms."""
        self._timer, self._timer_at = None, -inf
        until = self.clock.seconds() + PORTION
        try:
            while self._queue and self._queue[0][0] <= self.clock.seconds() < until:
                entry = heappop(self._queue)
                alarm = entry[2]
                if _holds(entry):
                    call = alarm.call
                    assert call is not None
                    alarm.when = alarm.call = None
                    self._set -= 1
                    call()
        finally:
            # Also if a call has failed: the other alarms go on in the next turn.
            while self._queue and not _holds(self._queue[0]):
                heappop(self._queue)
            self._timer_at = inf
            if self._queue:
                self._set_timer(self._queue[0][0])


def _holds(entry: tuple[float, int, Alarm]) -> bool:
    """True if the alarm of an entry of the queue is still set for it."""
    _, number, alarm = entry
    return alarm.number == number and alarm.when is not None
