"""The notifications that the ledger keeps until they have been sent."""

from collections.abc import Iterator
from hashlib import sha256

from twisted.internet.interfaces import IDelayedCall, IReactorTime

from twisted_auction.house.personal_news import ENDING, Room
from twisted_auction.ledger.journal import Ledger
from twisted_auction.ledger.store import Notification
from twisted_auction.wire.letter import Letter

WRITE_DELAY = 1.0
"""Seconds until the ledger notes what was sent. A server that is killed before sends it again."""

Place = tuple[str, int, int, int, str, int]
"""The fields of a notification, apart from its id and its letter."""


class KeptNews:
    """Makes notifications, and keeps them in the ledger.

    :param clock: the clock of the rooms.
    """

    def __init__(self, clock: IReactorTime, ledger: Ledger) -> None:
        self._clock = clock
        self._ledger = ledger
        self._kept: set[str] = set()  # the ids of those in the ledger
        self._timer: IDelayedCall | None = None

    def place(self, room: Room, lot: int, who: int, kind: str, when: float) -> Place:
        """The place of news about the current auction of a room.

        :param when: the instant of the event, in seconds.
        """
        auction = self._ledger.chains.auction_number(room.name)
        # A restart computes the end again, and its nanoseconds may differ.
        at = round(self._ledger.stamp(when), -6 if kind == ENDING else 0)
        return room.name, auction, lot, who, kind, at

    def made(self, place: Place, letter: Letter) -> Notification:
        """A notification. A second one of the same event and person has the same id, so a receiver
        can tell that it knows it."""
        return Notification(self._id(place), *place, letter.json.decode("utf-8"))

    def addressed(self, notification: Notification, paddle: int) -> Notification:
        """A notification for another person."""
        one = notification._replace(paddle=paddle)
        return one._replace(id=self._id(one[1:-1]))

    def stored(self) -> Iterator[Notification]:
        """The notifications in the ledger that this house has not made.

        :raises LedgerError: if the ledger cannot be read.
        """
        for notification in self._ledger.store.view.notifications():
            if notification.id not in self._kept:
                self._kept.add(notification.id)
                yield notification

    def keep(self, notification: Notification) -> None:
        """Let the ledger keep a notification, with the next commit."""
        if notification.id not in self._kept:
            self._kept.add(notification.id)
            self._ledger.chains.untold.notifications.append(notification)
            self._write_soon()

    def forget(self, notification: Notification) -> None:
        """Let the ledger forget a notification, with the next commit."""
        if notification.id in self._kept:
            self._kept.remove(notification.id)
            self._ledger.chains.untold.sent.append(notification.id)
            self._write_soon()

    def close(self) -> None:
        """Commit all that was kept and forgotten."""
        if self._timer is not None:
            self._timer.cancel()
        self._write()
        self._kept = set()

    def _id(self, place: tuple[str | int, ...]) -> str:
        text = "\n".join(map(str, (self._ledger.store.view.anchor, *place)))
        return sha256(text.encode("utf-8")).hexdigest()[:32]

    def _write_soon(self) -> None:
        """Commit in a moment, unless events lead to a commit before."""
        if self._timer is None:
            self._timer = self._clock.callLater(WRITE_DELAY, self._write)

    def _write(self) -> None:
        self._timer = None
        untold = self._ledger.chains.untold
        if untold.notifications or untold.sent:
            self._ledger.write_heartbeat()
