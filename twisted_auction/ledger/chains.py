"""Rows that are not written yet, each tied to the row before it in its room."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from twisted_auction.ledger.records import encode_event
from twisted_auction.ledger.row import row_hash
from twisted_auction.ledger.store import RoomColumns, RowColumns, Store
from twisted_auction.rules.events import RESULTS, Event, Reopened, Stopped


@dataclass(slots=True)
class _ChainEnd:
    """The end of one room's chain.

    :ivar first: the number of the first row of the auction that is on, if one is.
    :ivar is_stopped: True if the house was closed since the ledger was opened.
    """

    number: int
    auction: int
    hash: str
    first: int | None
    is_stopped: bool = False


class Chains:
    """Makes rows of events, and keeps them until they are written.

    :param store: where the rows will be written. It must be open before the first :meth:`add`.
    :param stamp: makes an instant of the ledger's, in nanoseconds since 1970, from one in seconds.
    :ivar rows: what is to be written, in order.
    """

    def __init__(self, store: Store, stamp: Callable[[float], int]) -> None:
        self.rows: list[RowColumns] = []
        self._store = store
        self._stamp = stamp
        self._rooms: dict[str, _ChainEnd] = {}
        self._changed: dict[
            str, _ChainEnd
        ] = {}  # whose auction has begun or ended since the commit

    def add(self, name: str, events: Sequence[Event], when: float) -> None:
        """Make a row of each of these events in a room.

        :param when: their instant, in seconds.
        :raises LedgerError: if the chain of the room cannot be read.
        :raises AssertionError: if anything but :class:`~twisted_auction.rules.events.Reopened`
            would follow a ``Stopped``: a bug, and with such a row no server would start again.
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
        if type(events[-1]) in RESULTS:
            room.first = None
            self._changed[name] = room

    def rooms(self) -> list[RoomColumns]:
        """What is to be written of the rooms; no bid changes it."""
        return [(name, room.auction, room.first) for name, room in self._changed.items()]

    def mark_written(self) -> None:
        """Forget the rows: they are durable."""
        self.rows.clear()
        for name, room in self._changed.items():
            if room.first is None:  # strangers name rooms: one without an auction takes no memory
                del self._rooms[name]
        self._changed.clear()

    def _load(self, name: str) -> _ChainEnd:
        """The end of a chain that is not in memory, as it is written."""
        record, head = self._store.view.room(name), self._store.view.head(name)
        first = None if record is None else record.first
        room = self._rooms[name] = _ChainEnd(head.number, head.auction, head.hash, first)
        return room
