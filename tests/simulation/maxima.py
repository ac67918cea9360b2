"""The invariant of maximum bids: a second account of the highest bid after each command."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.rules.oracle import contest
from tests.simulation.book import ROUNDING, Book, Fact, Lot
from tests.simulation.persons import Commitments

COMMANDS = (
    *("MaximumSet", "Raised", "Passed", "Ordered"),
    *("Voided", "Expelled", "Readmitted", "Resumed"),
)
"""Kinds of events of lines and orders, after which the limits of persons are considered again."""

ANSWERS = ("MaximumLimited", "Extended")
"""Kinds of events that follow from a command, apart from bids of the server."""


@dataclass(slots=True)
class Duel:
    """The highest bid and the maxima of a lot, after the last command.

    :ivar holder: the Buyer with the highest bid; None without one.
    :ivar price: the highest bid in whole dollars; 0 without one.
    :ivar kept: the maxima by Buyer, the earliest first.
    :ivar most: the largest bids within the limits of their persons, for the maxima, at the last
        line or order.
    :ivar least: the least maximum that can outbid the holder of the last command; None if it is the
        asking price.
    :ivar is_paused: True in a pause, in which no maximum bids.
    :ivar told: the holder and the price by the bids of the server.
    :ivar at: the instant of the last command.
    :ivar is_second_look: True if it was a look at a maximum that is free again.
    """

    lot: Lot
    holder: int | None = None
    price: int = 0
    kept: dict[int, int] = field(default_factory=dict)
    most: dict[int, int] = field(default_factory=dict)
    least: int | None = None
    is_paused: bool = False
    told: tuple[int | None, int] = (None, 0)
    at: float = 0
    is_second_look: bool = False

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
        if amount:
            self.kept[who] = amount
        if amount < (self.price if who == self.holder else self.asking if amount else 0):
            return "it is too low"
        return ""


class Limits:
    """The limits of the persons of a run, at each of its events."""

    def __init__(self, book: Book) -> None:
        self._persons = {} if book.world.people is None else book.world.persons
        self._removed = {
            actor.paddle: book.world.removed[actor.name]
            for actor in book.world.actors
            if actor.name in book.world.removed
        }
        self.commitments = Commitments()

    def most(self, who: int, fact: Fact) -> int | None:
        """The largest bid of a person in an auction, right after an event of it; None for any."""
        person = self._persons.get(who)
        if person is None:
            return None
        if self._removed.get(who, fact.at) < fact.at - ROUNDING:
            return 0
        elsewhere = self.commitments.binding(elsewhere=fact.auction).get(who, [])
        if person.lots is not None and len(elsewhere) >= person.lots:
            return 0
        return None if person.limit is None else max(person.limit - sum(elsewhere), 0)


def maxima_bid_no_more_than_needed(book: Book) -> Iterator[str]:
    """After each command, the highest maximum holds, of equal ones the earliest. Its bid is one
    increment above the others', within the limits of its person, and no other bid is made."""
    lots, limits = iter(book.lots), Limits(book)
    on: dict[int, Duel] = {}
    for fact in book.facts:
        if fact.kind in ("RequestAccepted", "LotAnnounced"):
            lot = next(lots)
            on.pop(fact.auction, None)
            if lot.kind == 3 and lot.maxima:
                on[fact.auction] = Duel(lot)
        duel = on.get(fact.auction)
        if duel is not None:
            yield from _complaints(book, duel, fact, limits)
        if fact.kind in ("Sold", "Unsold", "Cancelled"):
            on.pop(fact.auction, None)
        limits.commitments.follow(fact)


def _unsettled(duel: Duel, fact: Fact) -> Iterator[str]:
    """Complain if the bids of the server are not the right answer to the last command."""
    before = duel.holder, duel.price
    told, right = duel.told, duel.settle()
    if told != right and duel.is_second_look:
        # A maximum that is free again may still answer the last bid with the same amount.
        (duel.holder, duel.price), duel.least = before, before[1]
        right = duel.settle()
    duel.is_second_look = False
    if told != right:
        yield f"it must be {right} before: {fact}, {duel}"


def _complaints(book: Book, duel: Duel, fact: Fact, limits: Limits) -> Iterator[str]:
    """Follow an event, and complain of it."""
    body = fact.body
    if fact.kind == "Raised" and "cause" in body:
        duel.told = body["who"], body["amount"]
        if body["amount"] > duel.kept.get(body["who"], 0):
            yield f"it is above the maximum: {fact}, {duel}"
    elif fact.kind == "MaximumLimited":
        if fact.at > duel.at + ROUNDING:  # the person is bound for less in another room
            yield from _unsettled(duel, fact)
            duel.is_second_look, duel.at = True, fact.at
        most = limits.most(body["who"], fact)
        if body["most"] != most:
            yield f"the limits allow {most}: {fact}, {duel}"
        duel.most.pop(body["who"], None)
        if most is not None:
            duel.most[body["who"]] = most
    elif fact.kind not in ANSWERS:
        yield from _unsettled(duel, fact)
        duel.at = fact.at
        if fact.kind == "Left" and (fact.auction, body["who"]) not in book.holders:
            # Without a ticket, a stranger cannot come back.
            duel.kept.pop(body["who"], None)
        complaint = duel.follow(fact)
        if complaint:
            yield f"{complaint}: {fact}, {duel}"
        if fact.kind in COMMANDS:
            all_limits = ((who, limits.most(who, fact)) for who in duel.kept)
            duel.most = {who: most for who, most in all_limits if most is not None}
