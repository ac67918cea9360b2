"""Notifications: news for persons who are away, on their way to a receiver of the operator.

The ledger keeps a notification in the same commit as its event, until it is sent. Nothing in the
path of a bid waits for it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.logger import Logger

from twisted_auction.house.endings import Endings
from twisted_auction.house.kept_news import KeptNews
from twisted_auction.house.people import People, Role
from twisted_auction.house.personal_news import (
    ALWAYS_SENT,
    ENDING,
    EVERYONE,
    HOLDS,
    ITS_OWN,
    OUTBID,
    SETTLEMENT,
    STARTED,
    Room,
    is_last,
    news_in,
    settlements,
)
from twisted_auction.house.snapshots import watcher_snapshot
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.store import Notification
from twisted_auction.rules.events import SELLER, Event, SaleVoided
from twisted_auction.rules.transitions import Phase
from twisted_auction.wire.letter import Letter

HOLD = 60.0
"""Seconds for which other news wait. They are dropped if the person is in the room then: it has
read them. In this time, the server finds out that a phone is asleep, and of several bids above a
person's own, the last one is the news."""

_log = Logger(namespace="auction")

_contain = _log.failureHandler("The news for persons who are away have failed.")

_Held = Notification | Callable[[], Notification]
"""A notification, or a function that makes it if it is still needed after its hold."""


class Sale(Protocol):
    """A sale in all of its rooms."""

    def is_over(self, rooms: Any, /) -> bool:
        """True if it is over in all of its rooms.

        :param rooms: all rooms of the house.
        """


class House(Protocol):
    """All rooms, and the persons in them."""

    @property
    def sale(self) -> Sale:
        """The sale of the house."""

    @property
    def people(self) -> People | None:
        """The current list of people."""

    def get(self, name: str, /) -> Room | None:
        """The room of this name, or None."""

    def values(self) -> Collection[Room]:
        """All rooms."""


class Carrier(Protocol):
    """Takes notifications to the receiver."""

    def carry(self, notification: Notification, done: Callable[[], object]) -> None:
        """Send a notification, after all earlier ones of the same person.

        :param done: is called once it was sent, or given up.
        """

    def stop(self) -> None:
        """Send nothing more, and call no ``done``."""


class Notifications:
    """Makes notifications of the events of all rooms, and keeps them until they are sent.

    The letters are those of :mod:`~twisted_auction.house.personal_news`. A notification adds no
    name and no address.

    :param clock: the clock of the rooms.
    :param ledger: keeps the notifications.
    :param carrier: sends them.
    :ivar house: all rooms; to be set before the first of them has an event.
    """

    house: House

    def __init__(self, clock: IReactorTime, ledger: Ledger, carrier: Carrier) -> None:
        self._clock = clock
        self._ledger = ledger
        self._carrier = carrier
        self._is_open = False
        self._ready: list[Notification] = []
        # Each with the end of its hold. All holds are equally long, so the first is due first.
        self._held: dict[tuple[str | int, ...], tuple[float, _Held]] = {}
        self._kept = KeptNews(clock, ledger)
        self._endings = Endings(clock, self._tell_ending)
        self._timer: IDelayedCall | None = None

    def open(self) -> None:
        """Send the notifications that the ledger has kept, and those of later events. The rooms
        are open already.

        :raises LedgerError: if the ledger cannot be read.
        """
        self._is_open = True
        for notification in self._kept.stored():
            self._hold(notification)

    def close(self) -> None:
        """Stop sending. What was not sent waits in the ledger, which is still open."""
        self._carrier.stop()
        self._endings.close()
        for _, news in self._held.values():
            self._kept.keep(_made(news))
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._kept.close()
        self._is_open = False
        self._ready = []
        self._held = {}

    def follow(
        self, event: Event, room: Room, told: Iterable[tuple[int, Letter]], when: float
    ) -> None:
        """Follow an event of a room, right after it. A failure, as of a format of another package
        that cannot describe itself, is logged, and no auction has a part in it.

        :param told: the letters about the event, by participant.
        :param when: its instant, in seconds.
        """
        with _contain:
            self._follow(event, room, told, when)

    def _follow(
        self, event: Event, room: Room, told: Iterable[tuple[int, Letter]], when: float
    ) -> None:
        auction = room.auction
        self._endings.follow(event, room)
        is_dismissed = is_last(event, auction)
        lot = event.lot if isinstance(event, SaleVoided) else auction.lot
        for who, kind, letter in news_in(event, auction, told, when):
            is_there = who in room.seats.seated
            is_always_sent = kind in ALWAYS_SENT
            # The last letter of a connection that the house itself closes has been read.
            if is_there and is_dismissed and not is_always_sent:
                continue
            place = self._kept.place(room, lot, who, kind, when)
            if is_there and kind == OUTBID:
                # In a full hall nearly every bid comes here, and nothing will be sent.
                self._hold_outbid(place[0], who, partial(self._kept.made, place, letter))
                continue
            self._hold(self._kept.made(place, letter), is_always_sent or not is_there)
        if is_dismissed and auction.sale is not None and self.house.sale.is_over(self.house):
            sales = [each.auction for each in self.house.values() if each.auction.sale is not None]
            for who, letter in settlements(sales, self._people):
                place = self._kept.place(room, lot, who, SETTLEMENT, when)
                self._hold(self._kept.made(place, letter))

    def _tell_ending(self, room: Room, due: float) -> None:
        """Tell the Buyers of a room who are away that the bidding ends soon."""
        with _contain:
            # As Watchers read it: without a sealed bid or a maximum, also the person's own one.
            self._tell_absent(room, due, watcher_snapshot(room.auction, self._clock.seconds()))

    def _tell_absent(self, room: Room, due: float, letter: Letter) -> None:
        for who in {**room.auction.present, **room.auction.bids}:
            if who not in (SELLER, room.auction.owner) and who not in room.seats.seated:
                place = self._kept.place(room, room.auction.lot, who, ENDING, due)
                notification = self._kept.made(place, letter)
                self._kept.keep(notification)
                self._ready.append(notification)
        self._set_timer()

    @property
    def _people(self) -> People:
        return self.house.people or People()

    def _hold(self, notification: Notification, is_kept: bool = True) -> None:
        """Let a notification wait for its time. The ledger keeps it, too, unless told not to."""
        kind, room = notification.kind, notification.room
        if kind == STARTED and (STARTED,) in self._held:
            # Many rooms may open together, and each person needs to be told of one.
            if room not in self._people.rooms:
                self._kept.forget(notification)
                return
            notification = notification._replace(paddle=ITS_OWN)
        if is_kept:
            self._kept.keep(notification)
        due = self._clock.seconds() + HOLD
        if kind in ALWAYS_SENT:
            self._ready.append(notification)
        elif kind == STARTED and notification.paddle == EVERYONE:
            self._held[STARTED,] = (due, notification)
        elif kind == OUTBID:
            self._hold_outbid(notification.room, notification.paddle, notification)
        else:
            self._held[notification.id,] = (due, notification)
        self._set_timer()

    def _hold_outbid(self, room: str, paddle: int, news: _Held) -> None:
        """Let the last bid above a person's own wait for the end of the first one's hold."""
        key = (room, paddle)
        due, before = self._held.get(key, (self._clock.seconds() + HOLD, None))
        if isinstance(before, Notification):
            self._kept.forget(before)
        self._held[key] = (due, news)
        self._set_timer()

    def _set_timer(self) -> None:
        """Wake up when the first notification is due."""
        if self._ready:
            due = self._clock.seconds()
        elif self._held:
            due, _ = next(iter(self._held.values()))
        else:
            return
        if self._timer is None or self._timer.getTime() > due:
            if self._timer is not None:
                self._timer.cancel()
            delay = max(due - self._clock.seconds(), 0)
            self._timer = self._clock.callLater(delay, self._send_due)

    def _send_due(self) -> None:
        """Send the notifications that have waited for their time."""
        self._timer = None
        due_notifications, self._ready = self._ready, []
        now = self._clock.seconds()
        while self._held:
            key, (due, news) = next(iter(self._held.items()))
            if due > now:
                break
            del self._held[key]
            due_notifications.append(_made(news))
        for notification in due_notifications:
            # Nothing leaves before the commit of its event.
            self._ledger.after_commit(partial(self._send, notification))
        self._set_timer()

    def _send(self, notification: Notification) -> None:
        """Send a notification, unless the person has read the news, or they are none any more."""
        if not self._is_open:
            return
        if notification.paddle in (EVERYONE, ITS_OWN):
            room = self.house.get(notification.room)
            is_on = room is not None and self._is_on(room, notification)
            for paddle in self._absent(notification) if is_on else ():
                self._carry(self._kept.addressed(notification, paddle))
            self._kept.forget(notification)
        elif self._is_news(notification):
            self._carry(notification)
        else:
            self._kept.forget(notification)

    def _carry(self, notification: Notification) -> None:
        self._kept.keep(notification)
        self._carrier.carry(notification, partial(self._kept.forget, notification))

    def _absent(self, notification: Notification) -> Iterator[int]:
        """The bidders for whom a notification stands, and who are in no room."""
        room = notification.room
        present = {who for each in self.house.values() for who in each.seats.seated}
        for person in self._people.persons.values():
            is_its_own = person.room == room
            is_told = is_its_own if notification.paddle == ITS_OWN else person.may_enter(room)
            if is_told and person.role is Role.BIDDER and person.paddle not in present:
                yield person.paddle

    def _is_news(self, notification: Notification) -> bool:
        """True if the person needs the news now."""
        paddle, kind = notification.paddle, notification.kind
        if paddle not in self._people.persons:  # it was taken off the list
            return False
        if kind in ALWAYS_SENT:
            return True
        room = self.house.get(notification.room)
        if room is not None and paddle in room.seats.seated:
            return False
        if kind not in (OUTBID, HOLDS):
            return True
        # After the result, or after a newer bid, the price of an earlier bid misleads.
        if room is None or not self._is_on(room, notification):
            return False
        auction = room.auction
        is_bidding = auction.phase is Phase.BIDDING and auction.lot == notification.lot
        return is_bidding and (auction.holder == paddle) == (kind == HOLDS)

    def _is_on(self, room: Room, notification: Notification) -> bool:
        """True if the auction or the sale of a notification has not ended."""
        if room.auction.phase in (Phase.EMPTY, Phase.REQUESTING, Phase.ENDED):
            return False
        return self._ledger.chains.auction_number(room.name) == notification.auction


def _made(news: _Held) -> Notification:
    return news if isinstance(news, Notification) else news()
