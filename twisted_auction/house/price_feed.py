"""Price updates of open bidding, conflated."""

from collections.abc import Iterable

from twisted_auction.house.notices import PRICE_EVENTS, announcement
from twisted_auction.house.outgoing import Outgoing
from twisted_auction.house.seats import Seat
from twisted_auction.house.snapshots import price_update
from twisted_auction.rules.auction import Auction
from twisted_auction.rules.events import Event
from twisted_auction.wire.letter import EMPTY, Letter

UPDATE_INTERVAL = 1 / 18
"""Shortest time between two price updates, in seconds. A participant gets at most 20 in any second:
both ends of the second count, and so does an update on arrival or after lagging."""


class PriceFeed:
    """The price updates of one room: times and recipients.

    A price update is a function of the auction's state, so only the newest one matters. An event
    makes an update pending. The update is due :data:`UPDATE_INTERVAL` after the last one. If
    telling everyone took longer than half of the interval, the next update waits for as long as
    the last one took: half of the time is left for reading lines.

    A seat is lagging while earlier letters to it wait in this program. It gets no update until it
    has caught up, so no client has a queue of old prices.

    :ivar pending: the heading of the pending update, which may be empty; None if none is pending.
    :ivar due_at: the instant from which a pending update can be told, in seconds.
    :ivar lagging: the seats without the latest update.
    """

    __slots__ = ("due_at", "lagging", "pending")

    def __init__(self) -> None:
        self.pending: Letter | None = None
        self.due_at = 0.0
        self.lagging: dict[Seat, None] = {}  # an ordered set

    def follow(self, event: Event) -> None:
        """Follow an event of open bidding."""
        # A bid right after "going once" makes another update, which still has to announce the call.
        if type(event) in PRICE_EVENTS:
            self.pending = announcement(event) or self.pending or EMPTY

    def add(self) -> None:
        """Make an update pending, because the seconds left have changed."""
        self.pending = self.pending or EMPTY

    def stop(self, watchers: Iterable[Seat]) -> None:
        """Drop the pending update, because no bidding is on.

        :param watchers: the seats to keep in :attr:`lagging`. They catch up with the snapshot.
        """
        self.pending = None
        if self.lagging:
            self.lagging = {seat: None for seat in watchers if seat in self.lagging}

    def clear(self) -> None:
        """Drop everything, because all seats are freed."""
        self.pending = None
        self.lagging = {}

    def is_due(self, when: float) -> bool:
        """True if an update should be told now."""
        return self.pending is not None and when >= self.due_at

    def take_update(self, auction: Auction, when: float) -> Letter:
        """The update that is due. None is pending any more.

        :raises Exception: an exception of the format, if it has no asking price.
        """
        assert self.pending is not None
        heading, self.pending = self.pending, None
        self.due_at = when + UPDATE_INTERVAL
        return heading + price_update(auction, when)

    def tell(self, seats: Iterable[Seat], letter: Letter, outgoing: Outgoing) -> None:
        """Add a letter for seats with nothing older in its way. The other seats lag."""
        for seat in seats:
            if seat.connection.takes_price_updates():
                outgoing.add(seat, letter)
            else:
                self.lagging[seat] = None

    def has_told(self, since: float, until: float) -> None:
        """Postpone the next update if telling the last one took long.

        :param since: the instant at which telling it began.
        :param until: the instant at which the last letter had been sent.
        """
        self.due_at = max(self.due_at, until + (until - since))

    def catch_up(self, seat: Seat) -> bool:
        """Note that all earlier letters to a seat have left.

        :return: True if the seat was lagging, and needs a letter now.
        """
        if seat not in self.lagging:
            return False
        del self.lagging[seat]
        return True

    def forget(self, seat: Seat) -> None:
        """Forget a seat."""
        self.lagging.pop(seat, None)
