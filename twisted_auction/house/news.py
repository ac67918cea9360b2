"""The events of all rooms, for followers of the house, and the number of refusals."""

from collections import Counter
from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IReactorTime

from twisted_auction.house.desk_log import DeskLog
from twisted_auction.house.runner import Watch
from twisted_auction.rules.events import Event
from twisted_auction.rules.refusals import Refusal

Follower = Callable[[str, Sequence[Event]], object]
"""A function that receives the name of a room and its events."""


def unwatched(room: str) -> Watch:
    """A watch that ignores the events of a room."""
    return lambda events: None


class News:
    """Passes the events of each room to the room's own watch, to the log of the house, and to all
    its followers.

    :param watch: returns the watch of a room, given its name.
    :param clock: tells the log the time.
    :ivar log: the latest orders and open bids.
    :ivar followers: the followers. They may be added and removed at any time.
    :ivar refusals: the number of refused lines of participants, by the class of the refusal.
    """

    def __init__(self, watch: Callable[[str], Watch], clock: IReactorTime) -> None:
        self._watch = watch
        self._clock = clock
        self.log = DeskLog()
        self.followers: dict[Follower, None] = {}
        self.refusals: Counter[type[Refusal]] = Counter()

    def count_refusal(self, refusal: Refusal) -> None:
        """Count a refused line."""
        self.refusals[type(refusal)] += 1

    def watch(self, room: str) -> Watch:
        """Make the watch of a room, which also tells the followers."""
        own = self._watch(room)

        def watch(events: Sequence[Event]) -> None:
            try:
                own(events)
            finally:
                self.log.follow(room, events, self._clock.seconds())
                for follower in list(self.followers):
                    follower(room, events)

        return watch
