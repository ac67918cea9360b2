"""The lots of a sale: the queue of those to come, and the results of the others.

A lot is known by its number, its place in the catalogue from 1, also after it has been moved. So
the rows of a ledger tell the whole queue without the catalogue: the first event of a sale has the
number of lots, and the later ones what has changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from twisted_auction.rules.events import (
    Cancelled,
    LotAdded,
    LotOffered,
    LotSkipped,
    SaleVoided,
    Sold,
    Unsold,
)
from twisted_auction.rules.request import Lot

Outcome = Sold | Unsold | Cancelled | LotSkipped | SaleVoided
"""The event after which a lot is not to come, and is not up."""


@dataclass(slots=True)
class Sale:
    """A sale between two events. Only the events of its auction change it.

    :ivar to_come: the numbers of the lots that will be up, in their order.
    :ivar known: the lots that have been up or were added, by number, as the events have them.
    :ivar has_doors: True if the sale begins at a time or by order, and waits for no Buyers.
    :ivar added: number of lots that are not in the catalogue. They follow its last one.
    :ivar outcomes: the last outcome of each lot that is over, by number, in their order. A voided
        sale keeps the place of the result.
    :ivar bids: the last bid of each Buyer on each ended lot, by number, in whole dollars.
    """

    to_come: Sequence[int]
    known: dict[int, Lot] = field(default_factory=dict)
    added: int = 0
    has_doors: bool = False
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    bids: dict[int, Mapping[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, lots: int) -> "Sale":
        """A sale of so many lots, before the first one."""
        return cls(range(1, lots + 1))  # a range, because the laboratory has a sale without end

    @property
    def sold(self) -> Mapping[int, Sold]:
        """The results of the lots that are sold, by number."""
        return {lot: event for lot, event in self.outcomes.items() if isinstance(event, Sold)}

    def announce(self, number: int, lot: Lot) -> None:
        """Note that the next lot is up."""
        self.to_come = self.to_come[1:]
        self.known[number] = lot

    def end(self, lot: int, outcome: Outcome) -> None:
        """Note that a lot is over."""
        self.outcomes[lot] = outcome

    def skip(self, event: LotSkipped) -> None:
        """Note that a lot is not to come any more."""
        self._take_out(event.lot)
        self.end(event.lot, event)

    def move(self, lot: int, before: int) -> None:
        """Note that a lot comes right before another one."""
        self._take_out(lot)
        place = self.to_come.index(before)
        self.to_come = (*self.to_come[:place], lot, *self.to_come[place:])

    def add(self, event: LotAdded) -> None:
        """Note a lot that is not in the catalogue."""
        self.known[event.lot] = Lot(event.request, event.label)
        self.added += 1
        self.offer(event)

    def offer(self, event: LotAdded | LotOffered) -> None:
        """Note that a lot comes after all others."""
        self.to_come = (*self.to_come, event.lot)
        self.outcomes.pop(event.lot, None)

    def forget(self) -> None:
        """Forget the lots that have been up. None of them can be offered again."""
        self.known.clear()
        self.outcomes.clear()
        self.bids.clear()

    def _take_out(self, lot: int) -> None:
        self.to_come = tuple(number for number in self.to_come if number != lot)
