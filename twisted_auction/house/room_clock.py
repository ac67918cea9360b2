"""The clock of one room, and what can be halted with it."""

from collections.abc import Callable
from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Haltable(Protocol):
    """A source of commands for the house, such as the connections of a port."""

    def halt(self) -> None:
        """Pass on no command until :meth:`go_on`."""

    def go_on(self) -> None:
        """Pass on the commands received since :meth:`halt`, and all later ones."""


class RoomClock:
    """Tells a room the time and wakes it with one timer. The clock can be halted.

    :param clock: must not jump when the time of day is set, as ``time.time`` does.
    """

    __slots__ = ("_clock", "_halted_at", "_timer", "_wake_at")

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._wake_at: float | None = None
        self._timer: IDelayedCall | None = None
        self._halted_at: float | None = None

    @property
    def now(self) -> float:
        """The present instant, in seconds."""
        return self._clock.seconds() if self._halted_at is None else self._halted_at

    @property
    def is_halted(self) -> bool:
        """True while the clock stands still. No timer runs then."""
        return self._halted_at is not None

    def halt(self, when: float) -> None:
        """Stand still at this instant."""
        self._halted_at = when
        self._cancel_timer()

    def go_on(self) -> float:
        """Run again, from the present instant on.

        :return: the instant at which the clock stood still.
        """
        assert self._halted_at is not None
        halted_at, self._halted_at = self._halted_at, None
        return halted_at

    def set_timer(self, when: float | None, wake: Callable[[], object]) -> None:
        """Call ``wake`` at this instant and at no other; None for never."""
        # The room sets its timer after every event, and many events leave the instant unchanged.
        if self._halted_at is not None or when == self._wake_at:
            return
        self._cancel_timer()
        if when is not None:
            # An instant that has passed by now is due at once. Reactors refuse a negative delay.
            self._timer = self._clock.callLater(max(0, when - self.now), self._fire, wake)
            self._wake_at = when

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._wake_at = None

    def _fire(self, wake: Callable[[], object]) -> None:
        self._timer = self._wake_at = None
        wake()


def earlier(when: float | None, other: float) -> float:
    """The earlier of two instants; None is never."""
    return other if when is None or other < when else when
