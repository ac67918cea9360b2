"""What an auction format is: the rules by which bids are made and a winner is found.

A format is immutable and keeps no state. During bidding, the auction calls :meth:`Format.decide`
for each line, and :meth:`Format.pass_time` at the instant :meth:`Format.wake_at`. The format reads
the auction's state through :class:`Bidding` and answers with events.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.events import (
    BiddingClosed,
    BidTaken,
    Called,
    Event,
    Extended,
    PriceFell,
    Raised,
    Sold,
    Unsold,
)

AMOUNTS = range(1, MAX_AMOUNT + 1)
"""Values of a rule in whole dollars."""

SECONDS = range(1, 7 * 24 * 3600 + 1)
"""Values of a rule in seconds: up to a week."""

MULTIPLES = range(1_000_001)
"""Values of a rule that is a multiple of a price; 0 sets no limit."""

MAX_TEXT = 400
"""Maximum length in characters of a format's description, and of each text on how to bid: one line
on the wire."""

ANSWERS = frozenset({BidTaken, Raised, Extended, Called, PriceFell, BiddingClosed, Sold, Unsold})
"""The events with which a format may answer."""


def check_answers(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Pass on the answer of a format.

    :raises TypeError: if it is not made of :data:`ANSWERS`.
    """
    for event in events:
        if type(event) not in ANSWERS:
            raise TypeError(f"a format answers {event!r}")
    return events


@dataclass(frozen=True, slots=True)
class Rule:
    """A number that a Seller may set.

    :param allowed: its possible values.
    :param meaning: its unit and purpose, in a few words.
    """

    allowed: range
    meaning: str


class Bidding(Protocol):
    """The view that a format has of its auction. Amounts are in whole dollars."""

    @property
    def lowest_price(self) -> int:
        """The Seller's reserve: no sale below it."""

    @property
    def asked(self) -> Collection[int]:
        """The Buyers who are asked for a sealed bid and have not answered."""

    @property
    def awaited(self) -> Collection[int]:
        """Those of :attr:`asked` for whom the result waits; the others missed an earlier lot."""

    @property
    def bids(self) -> Mapping[int, int]:
        """The latest bid of each Buyer, in the order of arrival."""

    @property
    def holder(self) -> int | None:
        """In open bidding, the Buyer with the highest bid so far."""

    @property
    def price(self) -> int:
        """The price called last: the opening price, or the one on a Dutch clock."""

    @property
    def deadline(self) -> float | None:
        """The instant at which the time for what the format asks ends."""

    @property
    def calls(self) -> int:
        """Number of "going" calls since the deadline last moved."""


@dataclass(frozen=True)
class Format(ABC):
    """How bids are made and what they lead to.

    The fields of a subclass are its rules, numbers that a Seller may set.

    :cvar name: what a Seller may type instead of its number.
    :cvar is_open: True if all participants hear the price, and Buyers may join during bidding.
    :cvar rules: its fields, by their names.
    """

    name: ClassVar[str]
    is_open: ClassVar[bool]
    rules: ClassVar[Mapping[str, Rule]] = {}

    @classmethod
    def with_rules(cls, lowest_price: int, values: Mapping[str, int]) -> Self:
        """Make the format with these rules, and defaults for all others.

        :param values: the rules that the request sets, each within :attr:`rules`.
        :raises ValueError: if rules contradict each other or the lowest price; the text names them.
        """
        return cls(**values)

    @property
    @abstractmethod
    def description(self) -> str:
        """The rules as Buyers are told them, in whole sentences."""

    def opening_price(self, lowest_price: int) -> int:
        """The first price that is called, in whole dollars."""
        return lowest_price

    @abstractmethod
    def first_deadline(self, when: float, bid_timeout: int) -> float | None:
        """The instant at which the time for the first question ends; None if it never does.

        :param when: the instant at which bidding opens, in seconds.
        :param bid_timeout: seconds that the house allows for a sealed bid, in a sale for the bids
            of all Buyers together; 0 is no limit.
        """

    def wake_at(self, bidding: Bidding) -> float | None:
        """The next instant at which time alone makes something happen."""
        return bidding.deadline

    def pass_time(self, bidding: Bidding) -> tuple[Event, ...]:
        """What happens at :meth:`wake_at`. By default, the bids so far decide.

        The auction itself adds what becomes of the Buyers from whom a bid was still awaited.
        """
        return (self.result(bidding.bids, bidding.lowest_price),)

    @abstractmethod
    def decide(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Answer a line from a participant who is present.

        :param line: without its end, and without white space around it.
        :param when: this instant, in seconds.
        :raises Refusal: if the line has no effect.
        """

    def result(self, bids: Mapping[int, int], lowest_price: int) -> Sold | Unsold:
        """How the auction ends with these bids."""
        return self.award(bids, lowest_price) or Unsold(max(bids.values(), default=None))

    @abstractmethod
    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """Decide who wins and what is paid.

        :param bids: each Buyer's bid in whole dollars, in the order in which the bids arrived.
        :param lowest_price: in whole dollars; a bid equal to it sells.
        :return: the sale, or None if the item is not sold.
        """
