"""A look at the clock on the wall once a minute, for the ends of timed auctions."""

from collections.abc import Mapping

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.house.auctioneer import Auctioneer
from twisted_auction.house.calendar import HouseCalendar
from twisted_auction.rules.timed import TOLERANCE

LOOK_INTERVAL = 60.0
"""Seconds between two looks at the clock on the wall."""


class EndWatch:
    """Moves the ends of timed auctions if the clock on the wall is set. It has one timer for all
    rooms, while any of them has a timed auction.

    :param clock: the clock of the rooms, which runs the timer.
    :param calendar: shows how far the two clocks are apart.
    :param rooms: the rooms of the house.
    :ivar calendar: as given.
    """

    def __init__(
        self, clock: IReactorTime, calendar: HouseCalendar, rooms: Mapping[str, Auctioneer]
    ) -> None:
        self._clock = clock
        self.calendar = calendar
        self._rooms = rooms
        self._offset = 0.0
        self._timer: IDelayedCall | None = None
        calendar.on_asked = self._start

    def stop(self) -> None:
        """Look no more, until the calendar is asked for another end."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = None

    def _start(self) -> None:
        if self._timer is None:
            self._offset = self.calendar.offset
            self._timer = self._clock.callLater(LOOK_INTERVAL, self._look)

    def _look(self) -> None:
        self._timer = None
        rooms = [room for room in self._rooms.values() if not room.is_over]
        timed = [room for room in rooms if room.auction.ends_at is not None]
        if not timed:
            return
        self._timer = self._clock.callLater(LOOK_INTERVAL, self._look)
        offset = self.calendar.offset
        # A slow drift adds up, so the offset is kept until it counts.
        if abs(offset - self._offset) > TOLERANCE:
            self._offset = offset
            for room in timed:
                room.orders.check_end()
