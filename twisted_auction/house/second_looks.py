"""A second look at maxima that limits have stopped.

The limits of a person hold in all rooms together. When the person is bound for less in one room,
its maximum in another may bid again, where perhaps nothing else happens until the end.
"""

from typing import Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime


class Room(Protocol):
    """A room, as far as it has maxima."""

    def reconsider(self) -> None:
        """Let the maxima bid for which the limits of their persons leave more now."""


class SecondLooks:
    """Looks at rooms again, after the command that has led to it.

    :param clock: the clock of the rooms.
    """

    def __init__(self, clock: IReactorTime) -> None:
        self._clock = clock
        self._rooms: dict[Room, None] = {}  # an ordered set
        self._timer: IDelayedCall | None = None
        self._is_halted = False

    def at(self, room: Room) -> None:
        """Look at a room soon."""
        self._rooms[room] = None
        self._set_timer()

    def halt(self) -> None:
        """Look at no room until :meth:`go_on`."""
        self._is_halted = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def go_on(self) -> None:
        """Look at the rooms that have waited, and at later ones."""
        self._is_halted = False
        self._set_timer()

    def _set_timer(self) -> None:
        if self._rooms and self._timer is None and not self._is_halted:
            self._timer = self._clock.callLater(0, self._look)

    def _look(self) -> None:
        self._timer = None
        rooms, self._rooms = self._rooms, {}
        for room in rooms:  # a bid in one of them may lead to another look
            room.reconsider()
