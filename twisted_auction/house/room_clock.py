"""The clock of one room, and what can be halted with it."""

from collections.abc import Callable
from typing import Protocol

from twisted_auction.house.alarms import Alarm, Alarms


class Haltable(Protocol):
    """A source of commands for the house, such as the connections of a port."""

    def halt(self) -> None:
        """Pass on no command until :meth:`go_on`."""

    def go_on(self) -> None:
        """Pass on the commands received since :meth:`halt`, and all later ones."""


class RoomClock:
    """Tells a room the time and wakes it. The clock can be halted.

    :param alarms: the alarms of the house, with its clock.
    """

    __slots__ = ("_alarm", "_clock", "_halted_at")

    def __init__(self, alarms: Alarms) -> None:
        self._clock = alarms.clock
        self._alarm = Alarm(alarms)
        self._halted_at: float | None = None

    @property
    def now(self) -> float:
        """The present instant, in seconds."""
        return self._clock.seconds() if self._halted_at is None else self._halted_at

    @property
    def is_halted(self) -> bool:
        """True while the clock stands still. It wakes nothing then."""
        return self._halted_at is not None

    def halt(self, when: float) -> None:
        """Stand still at this instant."""
        self._halted_at = when
        self._alarm.cancel()

    def go_on(self) -> float:
        """Run again, from the present instant on.

        :return: the instant at which the clock stood still.
        """
        assert self._halted_at is not None
        halted_at, self._halted_at = self._halted_at, None
        return halted_at

    def set_alarm(self, when: float | None, wake: Callable[[], object]) -> None:
        """Call ``wake`` at this instant and at no other; None for never."""
        # The room sets its alarm after every event, and many events leave the instant unchanged.
        if self._halted_at is not None or when == self._alarm.when:
            return
        if when is None:
            self._alarm.cancel()
        else:
            self._alarm.set(when, wake)


def earlier(when: float | None, other: float) -> float:
    """The earlier of two instants; None is never."""
    return other if when is None or other < when else when
