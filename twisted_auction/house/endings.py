"""The instants at which the bidding of a room has ten minutes left."""

from collections.abc import Callable
from functools import partial

from twisted.internet.interfaces import IReactorTime

from twisted_auction.house.alarms import Alarm, Alarms
from twisted_auction.house.personal_news import Room
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import (
    BiddingOpened,
    EndMoved,
    EndPostponed,
    Event,
    Extended,
    Paused,
    Reopened,
    Resumed,
)
from twisted_auction.rules.transitions import Phase

BEFORE_END = 600.0
"""Seconds before the end of the bidding."""

DUTCH = "dutch"
"""The format whose deadline is that of a price, and not the end."""

_MOVES = frozenset({BiddingOpened, EndMoved, EndPostponed, Extended, Paused, Reopened, Resumed})
"""The events that may change the end of the bidding."""


class Endings:
    """Tells of each room with :data:`BEFORE_END` left, with one timer for all rooms.

    A bidding that opens with less time left is not told of. After a restart, one whose last minutes
    have begun is told of at once: the server may have been away at the right instant.

    :param tell: is called with the room, and the instant at which it was due, in seconds.
    """

    def __init__(self, clock: IReactorTime, tell: Callable[[Room, float], object]) -> None:
        self._tell = tell
        self._alarms = Alarms(clock)
        self._alarm_of: dict[str, Alarm] = {}

    def follow(self, event: Event, room: Room) -> None:
        """Follow an event of a room, right after it."""
        if type(event) not in _MOVES:
            return
        due = self._due(event, room.auction)
        if due is not None:
            alarm = self._alarm_of.setdefault(room.name, Alarm(self._alarms))
            alarm.set(due, partial(self._act, room, due))
        elif room.name in self._alarm_of:
            self._alarm_of.pop(room.name).cancel()

    def close(self) -> None:
        """Forget all rooms."""
        for alarm in self._alarm_of.values():
            alarm.cancel()
        self._alarm_of = {}

    def _due(self, event: Event, auction: Auction) -> float | None:
        """The instant at which to tell of a bidding; None for never."""
        deadline = auction.deadline
        is_running = auction.phase is Phase.BIDDING and auction.paused_at is None
        is_dutch = auction.request is not None and auction.request.format == DUTCH
        if not is_running or deadline is None or is_dutch:
            return None
        due, now = deadline - BEFORE_END, self._alarms.clock.seconds()
        is_late = isinstance(event, Reopened) and now < deadline
        return due if due > now or is_late else None

    def _act(self, room: Room, due: float) -> None:
        del self._alarm_of[room.name]
        if room.auction.phase is Phase.BIDDING:
            self._tell(room, due)
