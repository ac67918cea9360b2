"""What was done in the rooms of a house, for its auctioneers: orders, and open bids.

The log has no sealed amount. It keeps the latest entries only; the ledger has everything.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from twisted_auction.rules.events import (
    RESULTS,
    SELLER,
    Announced,
    BidTaken,
    Event,
    Expelled,
    LotAdded,
    LotAnnounced,
    LotMoved,
    LotOffered,
    LotsDone,
    LotSkipped,
    Ordered,
    Raised,
    Readmitted,
    RequestAccepted,
    SaleVoided,
    Voided,
)

_LOGGED = frozenset({*RESULTS, Ordered, Raised, Voided, LotAnnounced, RequestAccepted, LotsDone})
"""The events that change a log. All others are sorted out first, because they are many."""

MAX_BIDS = 20
"""Number of bids on the item that a room's log keeps."""

MAX_ORDERS = 50
"""Number of orders that a room's log keeps."""

MAX_ROOMS = 1000
"""Number of rooms whose logs are kept. The one that was begun first goes first."""


@dataclass(frozen=True, slots=True)
class LoggedBid:
    """An open bid.

    :param number: counts the bids of the room.
    :param amount: whole dollars.
    :param at: its instant, in seconds.
    """

    number: int
    buyer: int
    amount: int
    at: float


@dataclass(frozen=True, slots=True)
class LoggedOrder:
    """An order that was carried out, as in :class:`~twisted_auction.wire.messages.DeskOrder`.

    :param at: its instant, in seconds.
    """

    number: int
    order: str
    actor: str
    at: float
    buyer: int = SELLER
    amount: int = 0
    lot: str = ""
    other: str = ""
    text: str = ""


@dataclass(slots=True)
class RoomLog:
    """The log of one room.

    :ivar bids: the last open bids on the item, without voided ones.
    :ivar orders: the last orders.
    """

    bids: deque[LoggedBid] = field(default_factory=lambda: deque(maxlen=MAX_BIDS))
    orders: deque[LoggedOrder] = field(default_factory=lambda: deque(maxlen=MAX_ORDERS))
    _number: int = 0
    _lot: str = ""  # the lot that is up
    _ordered: Ordered | None = None  # the event before, if it was an order

    def follow(self, event: Event, at: float) -> None:
        """Follow an event of the room.

        :param at: its instant, in seconds.
        """
        if self._ordered is not None:
            self._add_order(self._ordered, event, at)
            self._ordered = None
        if type(event) not in _LOGGED:
            return
        match event:
            case Ordered():
                self._ordered = event
            case Raised():
                self._number += 1
                self.bids.append(LoggedBid(self._number, event.who, event.amount, at))
            case Voided():
                # Bids of the same Buyer and amount occur once: an open bid rises.
                while self.bids and not self._holds(self.bids[-1], event):
                    self.bids.pop()
            case LotAnnounced():
                self._lot = _name(event.lot, event.label)
                self.bids.clear()
            case RequestAccepted() | LotsDone():
                self._lot = ""
                self.bids.clear()
            case _:  # a result
                self.bids.clear()

    def _holds(self, bid: LoggedBid, voided: Voided) -> bool:
        return (bid.buyer, bid.amount) == (voided.holder, voided.bid)

    def _add_order(self, ordered: Ordered, effect: Event, at: float) -> None:
        """Add an order.

        :param effect: the event after it.
        """
        buyer, amount, lot, other, text = SELLER, 0, self._lot, "", ordered.reason
        match effect:
            case Voided() | Raised():
                buyer, amount = effect.who, effect.amount
            case BidTaken():  # sealed, or at once the last bid of a Dutch auction
                buyer = effect.who
            case Expelled() | Readmitted():
                buyer, lot = effect.who, ""
            case Announced():
                lot, text = "", effect.text
            case LotMoved():
                lot = _name(effect.lot, effect.label)
                other = _name(effect.before, effect.before_label)
            case LotAdded():
                lot, text = _name(effect.lot, effect.label), effect.request.item_name
            case SaleVoided():
                lot, buyer = _name(effect.lot, effect.label), effect.who
            case LotSkipped() | LotOffered() | LotAnnounced():
                lot = _name(effect.lot, effect.label)
        self._number += 1
        self.orders.append(
            LoggedOrder(
                self._number, ordered.order, ordered.actor, at, buyer, amount, lot, other, text
            )
        )


class DeskLog:
    """The logs of all rooms of a house."""

    def __init__(self) -> None:
        self._rooms: dict[str, RoomLog] = {}

    def __getitem__(self, room: str) -> RoomLog:
        return self._rooms.get(room) or RoomLog()

    def follow(self, room: str, events: Sequence[Event], at: float) -> None:
        """Follow the events of a room.

        :param at: their instant, in seconds.
        """
        log = self._rooms.get(room)
        if log is None:
            log = self._rooms[room] = RoomLog()
            if len(self._rooms) > MAX_ROOMS:
                del self._rooms[next(iter(self._rooms))]
        for event in events:
            log.follow(event, at)


def _name(lot: int, label: str | None) -> str:
    return label or str(lot)
