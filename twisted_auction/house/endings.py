"""The instants at which the bidding of a room has ten minutes left."""

from collections.abc import Callable
from heapq import heappop, heappush

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.house.personal_news import Room
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
        self._clock = clock
        self._tell = tell
        self._due: dict[str, tuple[float, Room]] = {}
        # The same, the earliest first, and entries that do not hold any more.
        self._queue: list[tuple[float, str]] = []
        self._timer: IDelayedCall | None = None

    def follow(self, event: Event, room: Room) -> None:
        """Follow an event of a room, right after it."""
        if type(event) not in _MOVES:
            return
        auction = room.auction
        deadline = auction.deadline
        is_running = auction.phase is Phase.BIDDING and auction.paused_at is None
        is_dutch = auction.request is not None and auction.request.format == DUTCH
        if not is_running or deadline is None or is_dutch:
            self._due.pop(room.name, None)
            return
        due, now = deadline - BEFORE_END, self._clock.seconds()
        if due <= now and not (isinstance(event, Reopened) and now < deadline):
            self._due.pop(room.name, None)
            return
        self._due[room.name] = (due, room)
        heappush(self._queue, (due, room.name))
        self._set_timer()

    def close(self) -> None:
        """Forget all rooms."""
        self._due = {}
        self._queue = []
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _set_timer(self) -> None:
        if self._queue and (self._timer is None or self._timer.getTime() > self._queue[0][0]):
            if self._timer is not None:
                self._timer.cancel()
            delay = max(self._queue[0][0] - self._clock.seconds(), 0)
            self._timer = self._clock.callLater(delay, self._act)

    def _act(self) -> None:
        self._timer = None
        now = self._clock.seconds()
        while self._queue and self._queue[0][0] <= now:
            due, name = heappop(self._queue)
            entry = self._due.get(name)
            if entry is not None and entry[0] == due:
                del self._due[name]
                room = entry[1]
                if room.auction.phase is Phase.BIDDING:
                    self._tell(room, due)
        self._set_timer()
