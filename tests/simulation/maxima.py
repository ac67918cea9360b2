"""The invariant of maximum bids: a second account of the highest bid after each command."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.rules.oracle import contest
from tests.simulation.book import Book, Fact, Lot

ANSWERS = ("MaximumLimited", "Extended")
"""Kinds of events that follow from a command, apart from bids of the server."""


@dataclass(slots=True)
class Duel:
    """The highest bid and the maxima of a lot, after the last command.

    :ivar holder: the Buyer with the highest bid; None without one.
    :ivar price: the highest bid in whole dollars; 0 without one.
    :ivar kept: the maxima by Buyer, the earliest first.
    :ivar most: the largest bids within the limits of persons, where they stop a maximum.
    :ivar least: the least maximum that can outbid the holder of the last command; None if it is the
        asking price.
    :ivar is_paused: True in a pause, in which no maximum bids.
    :ivar told: the holder and the price by the bids of the server.
    """

    lot: Lot
    holder: int | None = None
    price: int = 0
    kept: dict[int, int] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)
    least: int | None = None
    is_paused: bool = False
    told: tuple[int | None, int] = (None, 0)

    @property
    def asking(self) -> int:
        """The asking price."""
        return self.lot.prices.asking(self.price)

    def settle(self) -> tuple[int | None, int]:
        """Let the maxima answer to the last command.

        :return: the Buyer and the price that must be told.
        """
        caps = {who: min(amount, self.most.get(who, amount)) for who, amount in self.kept.items()}
        if not self.is_paused:
            least = self.asking if self.least is None else self.least
            self.holder, self.price = contest(self.lot.prices, self.holder, self.price, caps, least)
        self.least = None
        return self.holder, self.price

    def follow(self, fact: Fact) -> str:
        """Follow a command.

        :return: a complaint about it; empty if it is possible.
        """
        body, who = fact.body, fact.body.get("who", 0)
        match fact.kind:
            case "Raised":
                complaint = "" if body["amount"] >= self.asking else "it is below the asking price"
                self.holder, self.price, self.least = who, body["amount"], body["amount"]
                self.told = self.holder, self.price
                return complaint
            case "MaximumSet":
                return self._keep(who, body["amount"])
            case "Voided":
                self.kept.pop(who, None)
                self.holder, self.price = body["holder"], body["bid"] or 0
                self.told = self.holder, self.price
            case "Expelled" | "Passed":
                self.kept.pop(who, None)
            case "Paused":
                self.is_paused = True
            case "Resumed":
                self.is_paused = False
        return ""

    def _keep(self, who: int, amount: int) -> str:
        known = self.kept.get(who, 0)
        is_first = who != self.holder and amount > known
        if is_first or not amount:
            self.kept.pop(who, None)
            self.most.pop(who, None)
        if amount:
            self.kept[who] = amount
            self.most.pop(who, None)
        if amount and amount < (self.price if who == self.holder else self.asking):
            return "it is too low"
        return ""


def maxima_bid_no_more_than_needed(book: Book) -> Iterator[str]:
    """After each command, the highest maximum holds, of equal ones the earliest. Its bid is one
    increment above the others', within the limits of its person, and no other bid is made."""
    lots = iter(book.lots)
    on: dict[int, Duel] = {}
    for fact in book.facts:
        if fact.kind in ("RequestAccepted", "LotAnnounced"):
            lot = next(lots)
            on.pop(fact.auction, None)
            if lot.kind == 3 and lot.maxima:
                on[fact.auction] = Duel(lot)
        duel = on.get(fact.auction)
        if duel is None:
            continue
        body = fact.body
        if fact.kind == "Raised" and "cause" in body:
            duel.told = body["who"], body["amount"]
            if body["amount"] > duel.kept.get(body["who"], 0):
                yield f"it is above the maximum: {fact}, {duel}"
        elif fact.kind == "MaximumLimited":
            duel.most.pop(body["who"], None)
            if body["most"] is not None:
                duel.most[body["who"]] = body["most"]
        elif fact.kind not in ANSWERS:
            told, right = duel.told, duel.settle()
            if told != right:
                yield f"it must be {right} before: {fact}, {duel}"
            if fact.kind == "Left" and (fact.auction, body["who"]) not in book.holders:
                # Without a ticket, a stranger cannot come back.
                duel.kept.pop(body["who"], None)
            complaint = duel.follow(fact)
            if complaint:
                yield f"{complaint}: {fact}, {duel}"
        if fact.kind in ("Sold", "Unsold", "Cancelled"):
            on.pop(fact.auction, None)
