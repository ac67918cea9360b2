"""The invariants of a sale: its doors, the order of its lots, and the orders about them.

The oracle reads the words of the operator, and of the ledger only which order was carried out
when, which lot came up, and which one was sold.
"""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.simulation.book import ROUNDING, Book, Fact
from twisted_auction.ledger.row import SECOND

TOO_LATE = 3
"""Longest delay of the start of a sale in seconds, while the disk is busy."""


@dataclass(slots=True)
class Sale:
    """A sale, as the operator's words have it.

    :ivar to_come: the numbers of the lots to come, in their order.
    :ivar lots: number of all lots, with those that were added.
    :ivar up: the lot that is up; 0 if there is none.
    :ivar sold: the lots that are sold.
    :ivar starts: the instant at which it should begin; infinite if it waits for an order.
    :ivar has_begun: True after its first lot has come up.
    """

    to_come: list[int]
    lots: int
    up: int = 0
    sold: set[int] = field(default_factory=set)
    starts: float = math.inf
    has_begun: bool = False

    def obey(self, verb: str, words: list[str]) -> bool:
        """Follow an order.

        :return: False if it was not possible.
        """
        lot = int(words[0]) if words else self.up or self.to_come[0]
        match verb:
            case "skip" if lot == self.up:
                return True  # its cancellation follows
            case "skip" if lot in self.to_come:
                self.to_come.remove(lot)
                return True
            case "move" if lot in self.to_come:
                other = int(words[2]) if words[1:] else self.to_come[0]
                self.to_come.remove(lot)
                self.to_come.insert(self.to_come.index(other), lot)
                return True
            case "again" if 1 <= lot <= self.lots:
                is_free = lot not in self.sold and lot not in self.to_come and lot != self.up
                self.to_come.append(lot)
                return is_free
            case "void" if lot in self.sold:
                self.sold.remove(lot)
                return True
        return False


def lots_come_in_the_ordered_order(book: Book) -> Iterator[str]:
    """The lots come up in the order of the catalogue, changed by the operator's orders: a skipped
    lot does not come up, and one that is offered again comes up once more for each order. A sale
    with doors ends after its last lot."""
    sales: dict[int, Sale] = {}
    for fact in book.facts:
        sale = sales.get(fact.auction)
        match fact.kind:
            case "SaleScheduled" | "LotAnnounced" if sale is None:
                lots = fact.body["lots"]
                sale = sales[fact.auction] = Sale([*range(1, lots + 1)], lots)
        if sale is None:
            continue
        match fact.kind:
            case "LotAnnounced":
                if sale.up or sale.to_come[:1] != [fact.body["lot"]]:
                    yield f"lot {sale.up} is up, and {sale.to_come} are to come: {fact}"
                sale.up = sale.to_come.pop(0)
            case "Sold":
                sale.sold.add(sale.up)
                sale.up = 0
            case "Unsold" | "Cancelled":
                sale.up = 0
            case "LotsDone" | "SaleEnded":
                if sale.up or sale.to_come:
                    yield f"lot {sale.up} is up, and {sale.to_come} are to come: {fact}"
            case "LotAdded":
                sale.lots += 1
                sale.to_come.append(sale.lots)
                if fact.body["request"] not in book.added or fact.body["lot"] != sale.lots:
                    yield f"nobody has added it: {fact}"
            case "Ordered" if fact.body["reason"] in book.ordered:
                verb, words = book.ordered[fact.body["reason"]]
                if verb != "start" and not sale.obey(verb, words):
                    yield f"{sale} cannot follow: {fact}"


def a_sale_begins_at_its_doors(book: Book) -> Iterator[str]:
    """A sale with doors begins at its time or with its order, whatever stops of the server come
    before. The end of a pause moves the time."""
    sales: dict[int, Sale] = {}
    paused: dict[int, float] = {}
    reopened: defaultdict[int, float] = defaultdict(float)
    for fact in book.facts:
        sale = sales.get(fact.auction)
        match fact.kind:
            case "SaleScheduled":
                starts = fact.at if book.world.is_timed else book.world.starts
                sales[fact.auction] = Sale([], 0, starts=starts)
            case "Reopened":
                reopened[fact.auction] = fact.at
            case "Paused":
                paused[fact.auction] = fact.at
            case "Resumed":
                seconds = fact.at - paused.pop(fact.auction)
                if sale is not None:
                    sale.starts += seconds
            case "Ordered" if fact.body["order"] == "start" and sale is not None:
                sale.starts = _start(book, fact)
            # It ends with its beginning if all its lots are withdrawn.
            case "LotAnnounced" | "SaleEnded" if sale is not None and not sale.has_begun:
                sale.has_begun = True
                late = fact.at - max(sale.starts, reopened[fact.auction])
                if fact.at < sale.starts - 2 * ROUNDING or late > TOO_LATE:
                    yield f"it should begin at {sale.starts}: {fact}"
    for auction, sale in sales.items():
        if not sale.has_begun and sale.starts < book.world.reactor.now and auction not in paused:
            yield f"auction {auction} has not begun: {sale}"


def _start(book: Book, fact: Fact) -> float:
    """The instant at which a sale begins after an order to start it."""
    _, words = book.ordered[fact.body["reason"]]
    if not words:
        return fact.at
    return math.inf if words == ["order"] else (_nanoseconds(words[0]) - book.world.epoch) / SECOND


def _nanoseconds(time: str) -> int:
    return round(datetime.fromisoformat(time).replace(tzinfo=UTC).timestamp()) * SECOND
