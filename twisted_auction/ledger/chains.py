"""The end of each room's chain, and the rows that are not yet written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twisted_auction.ledger.records import encode_event
from twisted_auction.ledger.row import LedgerError, row_hash
from twisted_auction.ledger.store import Batch, RowColumns, Store, UntoldChanges
from twisted_auction.rules.events import LAST_EVENTS, Event, Reopened, Stopped


@dataclass(slots=True)
class _ChainEnd:
    """The end of one room's chain.

    :ivar first: number of the first row of the current auction; None if there is none.
    :ivar is_stopped: True after ``Stopped``, until ``Reopened``.
    """

    number: int
    auction: int
    hash: str
    first: int | None
    is_stopped: bool = False


class Chains:
    """Chains events as rows, and keeps the rows until they are taken.

    :param store: the storage of the rows. It must be open before the first :meth:`add`.
    :param stamp: converts an instant in seconds to nanoseconds since 1970.
    :ivar rows: the rows to take, in order.
    :ivar untold: the marks to take with them.
    """

    def __init__(self, store: Store, stamp: Callable[[float], int]) -> None:
        self.rows: list[RowColumns] = []
        self.untold = UntoldChanges()
        self._store = store
        self._stamp = stamp
        self._rooms: dict[str, _ChainEnd] = {}
        # Rooms whose auction has begun or ended since the last batch was taken.
        self._changed: dict[str, _ChainEnd] = {}

    def add(self, name: str, events: Sequence[Event], when: float) -> None:
        """Chain events to the rows of a room.

        :param when: their instant, in seconds.
        :raises LedgerError: if the end of the room's chain cannot be read.
        :raises AssertionError: if an event other than
            :class:`~twisted_auction.rules.events.Reopened` follows ``Stopped``. This is a bug of
            the caller, and no server could start with such a row in its ledger.
        """
        room = self._rooms.get(name) or self._load(name)
        if room.is_stopped and type(events[0]) is not Reopened:
            raise AssertionError(f"{events[0]} in room {name}, which is closed")
        room.is_stopped = type(events[-1]) is Stopped
        if room.first is None:
            room.auction += 1
            room.first = room.number + 1
            self._changed[name] = room
        at = self._stamp(when)
        auction = room.auction
        for event in events:
            number = room.number = room.number + 1
            kind = type(event).__name__
            body = encode_event(event, self._stamp)
            hash = row_hash(room.hash, number, at, name, auction, kind, body)
            room.hash = hash
            self.rows.append((number, at, name, auction, kind, body, hash))
        if type(events[-1]) in LAST_EVENTS:
            room.first = None
            self._changed[name] = room

    def mark_untold(self, name: str, paddle: int) -> None:
        """Mark that a person misses the result of the current auction of a room, which the next
        events of the room end."""
        self.untold.marks.append((name, self.auction_number(name), paddle))

    def mark_told(self, name: str, paddle: int) -> None:
        """Remove the marks of a person who has been told its results in a room. A server that is
        killed before the next commit may tell them again."""
        self.untold.told.append((name, paddle))

    def auction_number(self, name: str) -> int:
        """Number of the auction that has begun in a room; 0 if it cannot be read."""
        try:
            return (self._rooms.get(name) or self._load(name)).auction
        except LedgerError:
            return 0

    def take(self, heartbeat: int | None) -> Batch:
        """Take what is to be written. Bids do not change a room, so most batches have none.

        :param heartbeat: the heartbeat to write with it, if any.
        """
        rooms = [(name, room.auction, room.first) for name, room in self._changed.items()]
        batch = Batch(self.rows, rooms, heartbeat, self.untold)
        self.rows, self.untold = [], UntoldChanges()
        self._changed.clear()
        return batch

    def forget_idle(self, batch: Batch) -> None:
        """Forget the rooms whose auction has ended in a batch, which is durable now.

        Any client can make up names of rooms, so an idle room must not use memory.
        """
        for name, _, _ in batch.rooms:
            if self._rooms[name].first is None and name not in self._changed:
                del self._rooms[name]

    def _load(self, name: str) -> _ChainEnd:
        """Read the end of a room's chain from the storage."""
        entry, head = self._store.view.room(name), self._store.view.head(name)
        first = None if entry is None else entry.first
        room = self._rooms[name] = _ChainEnd(head.number, head.auction, head.hash, first)
        return room
