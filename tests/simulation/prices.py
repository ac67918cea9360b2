"""Tables of increments, hidden reserves and prices to buy at once: requests with them, and their
invariants."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulation.book import Book, Fact, Lot

if TYPE_CHECKING:
    from tests.simulation.world import World

LATE = 5
"""Seconds until a price reaches a client, over the slowest link and with a busy disk."""

RESERVES = [37, 137, 237]
"""Dollars of a reserve above the lowest price."""

PRICE = re.compile(r"(?:Highest bid: \$(\d+) by Buyer \d+\. )?Asking price: ")
MET, NOT_MET = "The reserve is met.", "The reserve is not met."


def priced(world: "World", request: str) -> str:
    """A request, if it is for an English auction perhaps with more rules about prices."""
    chance = world.of_prices
    kind, *words = request.split(" ")
    low = int(words[0])
    if not kind.startswith("3"):
        return request
    if chance.random() < 0.3:
        table = f"increment={chance.choice([1, 5])},10@{low + 50},50@{low + 200}"
        kind = re.sub(r"increment=\d+", table, kind) if "increment" in kind else f"{kind}:{table}"
    if chance.random() < 0.3:
        reserve = low + chance.choice(RESERVES)
        kind += f":reserve={world.swaps.get(('reserve', reserve), reserve)}"
    if chance.random() < 0.3:
        kind += f":buy={low + chance.choice([250, 300, 450])}"
    return " ".join([kind, *words])


@dataclass(slots=True)
class Bidding:
    """The open bids on a lot, in their order.

    :ivar bids: the Buyer and the amount of each, and False if it is voided.
    :ivar is_bought: True after a bid of the price to buy at once.
    """

    lot: Lot
    bids: list[tuple[int, int, bool]] = field(default_factory=list)
    is_bought: bool = False

    @property
    def highest(self) -> int:
        """The highest bid; 0 without one."""
        return next((amount for _, amount, counts in reversed(self.bids) if counts), 0)

    def follow(self, fact: Fact) -> str:
        """Follow an event.

        :return: a complaint about it; empty if it is possible.
        """
        body, complaint = fact.body, ""
        prices = self.lot.prices
        if self.is_bought and (fact.kind, body.get("payment")) != ("Sold", prices.buy):
            is_answer = fact.kind == "Raised" and body.get("cause") and body["amount"] == prices.buy
            complaint = "" if is_answer else "it is bought at once"
        if fact.kind in ("Raised", "BidTaken"):
            amount, asking = body["amount"], prices.asking(self.highest)
            is_by_person = "cause" not in body
            if self.lot.kind == 3 and is_by_person:
                if amount < asking:
                    complaint = f"at least {asking} was asked"
                elif asking <= prices.buy < amount:
                    complaint = f"it is above the price to buy at once, {prices.buy}"
            self.is_bought = amount == prices.buy
            self.bids.append((body["who"], amount, True))
        elif fact.kind == "Voided":
            for place, (who, amount, counts) in reversed([*enumerate(self.bids)]):
                if counts and (who, amount) == (body["holder"], body["bid"]):
                    break
                self.bids[place] = who, amount, False
        return complaint


class Biddings:
    """The open bidding in all auctions, followed from the ledger."""

    def __init__(self, book: Book) -> None:
        self._lots = iter(book.lots)
        self.on: dict[int, Bidding] = {}

    def follow(self, fact: Fact) -> str:
        """Follow an event.

        :return: a complaint about it; empty if it is possible.
        """
        if fact.kind in ("RequestAccepted", "LotAnnounced"):
            self.on[fact.auction] = Bidding(next(self._lots))
        bidding = self.on.get(fact.auction)
        return "" if bidding is None else bidding.follow(fact)


def bids_are_at_the_asked_price(book: Book) -> Iterator[str]:
    """Each bid is at least the asking price by the table of increments. The price to buy at once
    ends the auction, as long as no more is asked, and no bid passes it by before."""
    biddings = Biddings(book)
    for fact in book.facts:
        complaint = biddings.follow(fact)
        if complaint:
            yield f"{complaint}: {fact}, {biddings.on[fact.auction]}"
        if fact.kind in ("Sold", "Unsold", "Cancelled"):
            bidding = biddings.on.pop(fact.auction, None)
            book.world.counts["items bought at once"] += bidding is not None and bidding.is_bought


def a_reserve_is_told_as_met_or_not(book: Book) -> Iterator[str]:
    """After each price of an open auction with a hidden reserve, a client is told whether it is
    met. Without a reserve, nobody is told of one."""
    announced: defaultdict[str, list[tuple[int, Lot]]] = defaultdict(list)
    lots = iter(book.lots)
    for fact in book.facts:
        if fact.kind in ("RequestAccepted", "LotAnnounced"):
            announced[fact.room].append((fact.number, next(lots)))
    right: dict[int, set[str]] = {}
    for note, stay in book.told:
        if note.link in right:
            possible = right.pop(note.link)
            told = note.text if note.text in (MET, NOT_MET) else ""
            if told not in possible:
                yield f"it must be one of {possible}: {note}"
        price = PRICE.match(note.text)
        if price is not None and stay is not None:
            lots_then = [lot for at, lot in announced[stay.room or ""] if at <= note.mark]
            # A price may be on its way when its lot is over.
            on = [lot for lot in lots_then if not lot.result or lot.result.at > note.when - LATE]
            states = {_state_of_reserve(lot, int(price[1] or 0)) for lot in on}
            if states:
                right[note.link] = states


def _state_of_reserve(lot: Lot, highest: int) -> str:
    """The line about the reserve of a lot; empty without one."""
    if not lot.prices.reserve:
        return ""
    return MET if highest >= lot.prices.reserve else NOT_MET
