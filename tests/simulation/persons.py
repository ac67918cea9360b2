"""The invariants of a house with a list of people: limits, and one seat for each paddle."""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from tests.simulation.book import ROUNDING, Book, Fact

ABOVE_LIMIT = re.compile(
    r"Above your limit: you are bound for \$(\d+) of \$(\d+)\."
    r"|Above your limit of lots: you are bound for (\d+) of (\d+)\."
)

ANSWERED_WITHIN = 5
"""Seconds in which a line is answered, over the slowest link and with a busy disk."""


@dataclass(slots=True)
class Bound:
    """What binds a person, and since when, in parallel lists: whole dollars and lots."""

    since: list[float] = field(default_factory=lambda: [0.0])
    dollars: list[int] = field(default_factory=lambda: [0])
    lots: list[int] = field(default_factory=lambda: [0])

    def change(self, at: float, dollars: int, lots: int) -> None:
        self.since.append(at)
        self.dollars.append(dollars)
        self.lots.append(lots)


class Commitments:
    """The bids and payments that bind each paddle at each instant of a run."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self.bound: defaultdict[int, Bound] = defaultdict(Bound)
        self._bids: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        self._sealed: set[int] = set()
        self._won: dict[tuple[int, int], tuple[int, int]] = {}
        self._lots: Counter[int] = Counter()
        for fact in facts:
            self.follow(fact)

    def follow(self, fact: Fact) -> None:
        """Follow a row of the ledger."""
        auction, body = fact.auction, fact.body
        bids = self._bids[auction]
        before = self.binding()
        match fact.kind:
            case "BidTaken" | "Raised":
                if body.get("replaced"):
                    bids[:] = [bid for bid in bids if bid[0] != body["who"]]
                bids.append((body["who"], body["amount"]))
                (self._sealed.discard, self._sealed.add)[fact.kind == "BidTaken"](auction)
            case "Withdrawn":
                bids[:] = [bid for bid in bids if bid[0] != body["who"]]
            case "Voided":
                while bids and bids[-1] != (body["holder"], body["bid"]):
                    bids.pop()
            case "LotAnnounced":
                self._lots[auction] = body["lot"]
            case "Sold" | "Unsold" | "Cancelled":
                bids.clear()
                if fact.kind == "Sold":
                    self._won[auction, self._lots[auction]] = (body["winner"], body["payment"])
            case "SaleVoided":
                del self._won[auction, body["lot"]]
            case _:
                return
        now = self.binding()
        for who in before.keys() | now.keys():
            if before.get(who) != now.get(who):
                amounts = now.get(who, [])
                self.bound[who].change(fact.at, sum(amounts), len(amounts))

    def won(self, paddle: int) -> list[int]:
        """The payments of a person for the lots that it has won."""
        return [payment for who, payment in self._won.values() if who == paddle]

    def binding(
        self, with_sealed: bool = True, elsewhere: int | None = None
    ) -> dict[int, list[int]]:
        """The amounts that bind each paddle now.

        :param with_sealed: False to leave sealed bids out.
        :param elsewhere: an auction whose bids to leave out.
        """
        binding: defaultdict[int, list[int]] = defaultdict(list)
        for auction, bids in self._bids.items():
            if auction == elsewhere:
                continue
            is_sealed = auction in self._sealed
            for who, amount in (bids if with_sealed else []) if is_sealed else bids[-1:]:
                binding[who].append(amount)
        for who, payment in self._won.values():
            binding[who].append(payment)
        return binding


def nobody_is_bound_beyond_a_limit(book: Book) -> Iterator[str]:
    """In all rooms together, a person's binding bids and payments are within its limits. A bid is
    refused because of them only if they leave no room for it."""
    if book.world.people is None:
        return
    bound = Commitments(book.facts).bound
    for paddle, person in book.world.persons.items():
        most, lots = max(bound[paddle].dollars), max(bound[paddle].lots)
        if most > (person.limit or most) or lots > (person.lots or lots):
            yield f"{person} is bound for ${most} and {lots} lots"
    for notes in book.heard.values():
        for note in notes:
            told = ABOVE_LIMIT.fullmatch(note.text)
            if told is None:
                continue
            _, actor = book.world.links[note.link]
            who, person = bound[actor.paddle], book.world.persons[actor.paddle]
            first = bisect_right(who.since, note.when - ANSWERED_WITHIN) - 1
            last = bisect_left(who.since, note.when + ROUNDING)
            known = (who.dollars if told[1] else who.lots)[first:last]
            amount, limit = (int(number) for number in told.groups() if number is not None)
            if amount not in known or limit != (person.limit if told[1] else person.lots):
                yield f"{note}: bound for {known}, {person}"


def a_paddle_has_one_seat(book: Book) -> Iterator[str]:
    """In a house with a list, each participant has a paddle, a Buyer's paddle is its number, and no
    paddle arrives while it is there."""
    there: dict[tuple[int, int], int] = {}
    for fact in book.facts if book.world.people is not None else ():
        place = (fact.auction, fact.body.get("who", 0))
        if fact.kind == "Arrived":
            paddle = fact.body["paddle"]
            if paddle in [there[at] for at in there if at[0] == fact.auction]:
                yield f"it is there: {fact}"
            if place[1] not in (0, paddle):
                yield f"it has another number: {fact}"
            there[place] = paddle
        elif fact.kind == "Left":
            there.pop(place, None)
