"""The lots of a sale: the queue of those to come, and the results of the others.

A lot is known by its number, its place in the catalogue from 1, also after it has been moved. So
the rows of a ledger tell the whole queue without the catalogue: the first event of a sale has the
number of lots, and the later ones what has changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from twisted_auction.rules.events import LotAdded, Sold
from twisted_auction.rules.request import Lot


@dataclass(slots=True)
class Sale:
    """A sale between two events. Only the events of its auction change it.

    :ivar to_come: the numbers of the lots that will be up, in their order.
    :ivar known: the lots that have been up or were added, by number, as the events have them.
    :ivar has_doors: True if the sale begins at a time or by order, and waits for no Buyers.
    :ivar added: number of lots that are not in the catalogue. They follow its last one.
    :ivar sold: the results of the lots that are sold, by number.
    """

    to_come: Sequence[int]
    known: dict[int, Lot] = field(default_factory=dict)
    added: int = 0
    has_doors: bool = False
    sold: dict[int, Sold] = field(default_factory=dict)

    @classmethod
    def of(cls, lots: int) -> "Sale":
        """A sale of so many lots, before the first one."""
        return cls(range(1, lots + 1))  # a range, because the laboratory has a sale without end

    def announce(self, number: int, lot: Lot) -> None:
        """Note that the next lot is up."""
        self.to_come = self.to_come[1:]
        self.known[number] = lot

    def skip(self, lot: int) -> None:
        """Note that a lot is not to come any more."""
        self.to_come = tuple(number for number in self.to_come if number != lot)

    def move(self, lot: int, before: int) -> None:
        """Note that a lot comes right before another one."""
        self.skip(lot)
        place = self.to_come.index(before)
        self.to_come = (*self.to_come[:place], lot, *self.to_come[place:])

    def add(self, event: LotAdded) -> None:
        """Note a lot that is not in the catalogue."""
        self.known[event.lot] = Lot(event.request, event.label)
        self.added += 1
        self.offer(event.lot)

    def offer(self, lot: int) -> None:
        """Note that a lot comes after all others."""
        self.to_come = (*self.to_come, lot)

    def forget(self) -> None:
        """Forget the lots that have been up. None of them can be offered again."""
        self.known.clear()
        self.sold.clear()
