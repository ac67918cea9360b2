"""Watching a room of a lobby, through all cuts and restarts, until the sale is over."""

from collections.abc import Callable, Sequence

from twisted.internet.interfaces import IReactorTime

from twisted_auction.client.person import RESULT_READ, Person
from twisted_auction.client.room import Presence, RoomClient, RoomVisit
from twisted_auction.wire import messages, verbs

MAX_NAMED_ROOMS = 5
"""Largest number of other rooms that a Watcher without an item is told."""


class WatchVisit(RoomVisit):
    """A visit of a Watcher, which lasts from auction to auction.

    It ends with the last lot of a sale. In a room of Sellers it has no end.

    :param person: sees everything public; it is asked for its pass code at most.
    :param on_waiting: called with a sentence if the room has nothing on sale when the Watcher
        comes, because its name may be mistyped; None: the person is shown the sentence.
    """

    def __init__(
        self,
        clock: IReactorTime,
        room: str,
        person: Person,
        on_waiting: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(clock, room, person, messages.RoleWatcher)
        self.on_waiting = on_waiting or person.show

    def make_client(self) -> RoomClient:
        """Make the protocol of one connection."""
        return _WatchClient(self)


class _WatchClient(RoomClient):
    """One connection of a Watcher."""

    _visit: WatchVisit
    _latest: messages.Message | None = None
    _listed: list[str] | None = None  # the rooms named so far; None unless the client has asked

    def _message_received(self, message: messages.Message) -> None:
        latest, self._latest = self._latest, message
        if self._listed is not None:
            match message:
                case messages.RoomIs():
                    self._listed.append(message.name)
                    return
                case messages.RoomsInUse():
                    self._tell_rooms(self._listed, message.rooms)
                    self._listed = None
                    return
        super()._message_received(message)
        match message:
            case messages.NothingOnSale() if isinstance(latest, messages.RoleWatcher):
                # WATCH makes any room, so the name may be mistyped.
                self._listed = []
                self.sendLine(verbs.LIST.line())
            case messages.SaleOver():
                self._leave(RESULT_READ)  # the server leaves the connection to the Watcher

    def _tell_rooms(self, listed: Sequence[str], in_use: int) -> None:
        """Say what the Watcher waits for, and name the rooms that it may have meant."""
        room = self._visit.room
        others = [name for name in listed if name != room]
        named = others[:MAX_NAMED_ROOMS]
        # The Watcher makes its own room one of those in use.
        more = in_use - 1 - len(named)
        text = f"Waiting for an item in room {room}."
        if named:
            text += f" Other rooms in use: {', '.join(named)}"
            text += f" and {more} more." if more > 0 else "."
        self._visit.on_waiting(text)

    def _is_over(self) -> bool:
        # The end of one auction, or of the server, is no end for a Watcher.
        return self._visit.presence is Presence.LEAVING or not self._visit.key.is_good
