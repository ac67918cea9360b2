"""The interface of auction formats: the rules for bids, the winner and the payment.

A format is immutable and keeps no state. During bidding, the auction calls :meth:`Format.decide`
for each line, and :meth:`Format.pass_time` at the instant :meth:`Format.wake_at`. The format reads
the auction's state through :class:`Bidding` and answers with events.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

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
from twisted_auction.rules.rule import AnyRule, TimeRule
from twisted_auction.rules.rule import Rule as Rule

AMOUNTS = range(1, MAX_AMOUNT + 1)
"""Values of a rule in whole dollars."""

SECONDS = range(1, 7 * 24 * 3600 + 1)
"""Values of a rule in seconds: up to a week."""

MULTIPLES = range(1_000_001)
"""Values of a rule that is a multiple of a price; 0 sets no limit."""

END = TimeRule("the end of a timed auction, such as 2026-12-05T21:00; none")
"""The rule for the end of a timed auction."""

MAX_TEXT_LENGTH = 400
"""Maximum characters of a format's description, and of each text on how to bid. Each is one line on
the wire."""

FORMAT_EVENTS = frozenset(
    {BidTaken, Raised, Extended, Called, PriceFell, BiddingClosed, Sold, Unsold}
)
"""The events that a format may return."""


def check_event_classes(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Return the events of a format, after checking their classes.

    :raises TypeError: if an event is not of :data:`FORMAT_EVENTS`.
    """
    for event in events:
        # The exact class: the table of transitions and the ledger know no subclass.
        if type(event) not in FORMAT_EVENTS:
            raise TypeError(f"a format answers {event!r}")
    return events


class Bidding(Protocol):
    """An auction as its format sees it, read-only. Amounts are in whole dollars."""

    @property
    def lowest_price(self) -> int:
        """The Seller's reserve: no sale below it."""

    @property
    def asked(self) -> Collection[int]:
        """The Buyers asked for a sealed bid, without those who have answered."""

    @property
    def awaited(self) -> Collection[int]:
        """The Buyers of :attr:`asked` for whom the result waits. Others missed an earlier lot."""

    @property
    def bids(self) -> Mapping[int, int]:
        """The latest bid of each Buyer, in the order of the bids; extensions may rely on it."""

    @property
    def has_bid(self) -> Collection[int]:
        """In a timed sealed auction, the Buyers who have bid, also if they have withdrawn their
        bids."""

    @property
    def holder(self) -> int | None:
        """In open bidding, the Buyer with the highest bid so far."""

    @property
    def price(self) -> int:
        """The last price called: the opening price, or the price on a Dutch clock."""

    @property
    def deadline(self) -> float | None:
        """The end of the time that the format has set, or None."""

    @property
    def calls(self) -> int:
        """Number of "going" calls since the deadline last moved."""

    @property
    def latest_at(self) -> float | None:
        """In a timed auction, the instant beyond which no late bid moves the end; None if there is
        none."""


@dataclass(frozen=True)
class Format(ABC):
    """The rules of one kind of auction.

    The fields of a subclass are the values that a Seller may set in its request.

    A :class:`~twisted_auction.rules.rule.TimeRule` called ``end`` makes an auction timed: bidding
    opens at once, waits for no Buyer, and ends at this time of day.

    :cvar name: the name; a Seller may type it instead of the number.
    :cvar is_open: True if all participants are told the price, and Buyers may join during bidding.
    :cvar rules: the rule of each field, by name.
    """

    name: ClassVar[str]
    is_open: ClassVar[bool]
    rules: ClassVar[Mapping[str, AnyRule]] = {}

    @classmethod
    def with_rules(cls, lowest_price: int, values: Mapping[str, Any]) -> Self:
        """Make the format with these rules, and defaults for all others.

        :param values: the rules set in the request, each as its rule in :attr:`rules` parses it.
        :raises ValueError: if rules contradict each other or the lowest price; the text names them.
        """
        return cls(**values)

    @property
    @abstractmethod
    def description(self) -> str:
        """The rules for Buyers to read, in whole sentences."""

    def check_limit(self, most: int) -> None:
        """Check the amounts in the rules against the greatest open bid that the house takes. By
        default there are none.

        :param most: whole dollars.
        :raises ValueError: if a rule could never hold; the text names it.
        """
        return

    def opening_price(self, lowest_price: int) -> int:
        """The first price, in whole dollars."""
        return lowest_price

    @abstractmethod
    def first_deadline(self, when: float, bid_timeout: int) -> float | None:
        """The first deadline of the bidding, in seconds; None for no deadline. The auction does
        not ask for that of a timed auction.

        :param when: the instant when bidding opens, in seconds.
        :param bid_timeout: seconds allowed by the house for a sealed bid, in a sale for the bids of
            all Buyers together; 0 is no limit.
        """

    def wake_at(self, bidding: Bidding) -> float | None:
        """The next instant for :meth:`pass_time`, in seconds; None for never."""
        return bidding.deadline

    def pass_time(self, bidding: Bidding) -> tuple[Event, ...]:
        """Decide the events at :meth:`wake_at`. By default, the bids so far decide the auction.

        The auction itself adds the events for Buyers who have not answered.
        """
        return (self.result(bidding.bids, bidding.lowest_price),)

    @abstractmethod
    def decide(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Decide the events that follow from a participant's line. This changes nothing.

        :param line: the line without its end, and without white space around it.
        :param when: this instant, in seconds.
        :raises Refusal: if the line has no effect.
        """

    def result(self, bids: Mapping[int, int], lowest_price: int) -> Sold | Unsold:
        """The result of the auction with these bids."""
        return self.award(bids, lowest_price) or Unsold(max(bids.values(), default=None))

    @abstractmethod
    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """Decide the winner and the payment.

        :param bids: each Buyer's bid in whole dollars, in the order of the bids.
        :param lowest_price: in whole dollars; a bid equal to it sells.
        :return: the sale, or None if the item is not sold.
        """
