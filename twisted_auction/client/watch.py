"""Watching a room of a lobby, through all cuts and restarts, until the sale is over."""

from twisted.internet.interfaces import IReactorTime

from twisted_auction.client.person import RESULT_READ, Person
from twisted_auction.client.room import Presence, RoomClient, RoomVisit
from twisted_auction.wire import messages


class WatchVisit(RoomVisit):
    """A visit of a Watcher, which lasts from auction to auction.

    It ends with the last lot of a sale. In a room of Sellers it has no end.

    :param person: sees everything public; it is asked for its pass code at most.
    """

    def __init__(self, clock: IReactorTime, room: str, person: Person) -> None:
        super().__init__(clock, room, person, messages.RoleWatcher)

    def make_client(self) -> RoomClient:
        """Make the protocol of one connection."""
        return _WatchClient(self)


class _WatchClient(RoomClient):
    """One connection of a Watcher."""

    def _message_received(self, message: messages.Message) -> None:
        super()._message_received(message)
        if isinstance(message, messages.SaleOver):
            self._leave(RESULT_READ)  # the server leaves the connection to the Watcher

    def _is_over(self) -> bool:
        # The end of one auction, or of the server, is no end for a Watcher.
        return self._visit.presence is Presence.LEAVING or not self._visit.key.is_good
