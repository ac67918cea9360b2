"""All lots of a sale of all lots together, as a client was told them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import ceil

from twisted_auction.wire import messages
from twisted_auction.wire.messages import LotNow, MyLot, SaleLot

FILTERS = ("all", "mine", "ending", "open")
"""The words that choose lots: all, those with a bid of one's own, those in their last minutes, and
those that can be bid on without such a bid."""

ENDING = 600
"""Seconds before its end from which a lot is ending."""


@dataclass(frozen=True, slots=True)
class Row:
    """One lot.

    :ivar told_at: the instant at which ``now`` was told, in seconds.
    """

    lot: SaleLot
    now: LotNow
    told_at: float


class LotsBoard:
    """Follows the messages after ``WATCH *``.

    :param seconds: returns the present instant.
    :ivar rows: the lots by their places in the catalogue.
    :ivar own: the client's own standings, by the same.
    :ivar total: number of lots of the sale.
    """

    def __init__(self, seconds: Callable[[], float]) -> None:
        self._seconds = seconds
        self.rows: dict[int, Row] = {}
        self.own: dict[int, MyLot] = {}
        self.total = 0
        self._lot: SaleLot | None = None

    def follow(self, message: messages.Message) -> None:
        """Follow a message."""
        match message:
            case messages.AllLots():
                self.rows, self.own, self.total = {}, {}, message.lots
            case SaleLot():
                self._lot = message
            case LotNow() if self._lot is not None:
                self.rows[message.number] = Row(self._lot, message, self._seconds())
            case MyLot():
                self.own[message.number] = message

    def stand(self, room: str, standing: str, amount: int | None) -> None:
        """Note the client's standing on the lot of a room, as the room has told it.

        :param standing: a word of the protocol.
        :param amount: whole dollars; None for the same as before.
        """
        for number, row in self.rows.items():
            if row.now.room == room:
                lot = row.lot
                nothing = MyLot(number, room, standing, 0, 0, lot.label, lot.item_name)
                before = self.own.get(number, nothing)
                amount = before.amount if amount is None else amount
                self.own[number] = replace(before, standing=standing, amount=amount)

    def seconds_left(self, row: Row) -> int | None:
        """Seconds to the end of a lot; None if no time runs."""
        if row.now.seconds == 0:
            return None
        passed = 0.0 if row.now.paused else self._seconds() - row.told_at
        return max(ceil(row.now.seconds - passed), 0)

    def chosen(self, filter: str) -> list[Row]:
        """The lots that a word of :data:`FILTERS` chooses, in their order."""
        return [row for _, row in sorted(self.rows.items()) if self._fits(row, filter)]

    def room_of(self, name: str) -> str | None:
        """The room of a lot by its own number, in any case; None if there is no such lot."""
        for row in self.rows.values():
            if (row.lot.label or str(row.lot.number)).lower() == name.lower():
                return row.now.room
        return None

    def _fits(self, row: Row, filter: str) -> bool:
        is_open = row.now.stage in ("open", "sealed")
        match filter:
            case "mine":
                return row.now.number in self.own
            case "ending":
                left = self.seconds_left(row)
                return is_open and left is not None and left < ENDING
            case "open":
                return is_open and row.now.number not in self.own
        return True
