"""The Dutch format: open bids, and a price that falls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from twisted_auction.rules.amounts import MAX_AMOUNT, in_seconds, parse_amount
from twisted_auction.rules.events import BidTaken, Event, PriceFell
from twisted_auction.rules.format import AMOUNTS, SECONDS, Bidding
from twisted_auction.rules.open import Open
from twisted_auction.rules.rule import AnyRule, Rule
from twisted_auction.rules.sentences import Sentence

ACCEPT = b"accept"
"""The Buyer's word, in any case, to buy at the price on the clock of a Dutch auction."""


@dataclass(frozen=True)
class Dutch(Open):
    """The price falls from a high start until a Buyer accepts it.

    This is the clock of the Dutch flower markets. In theory it is equivalent to a first-price
    auction (Vickrey 1961). Buyers are not told the lowest price.

    :param start: the first price, in whole dollars.
    :param step: whole dollars by which it falls.
    :param interval: seconds for each price.
    """

    name = "dutch"
    how_to_bid = "type accept, or an amount that is at least the price, to buy."
    rules: ClassVar[Mapping[str, AnyRule]] = {
        "start": Rule(AMOUNTS, "the first price; twice the lowest price"),
        "step": Rule(AMOUNTS, "dollars by which the price falls; a tenth of the way"),
        "interval": Rule(SECONDS, "seconds for which each price stands; 5"),
    }

    start: int
    step: int
    interval: int = 5

    @classmethod
    def with_rules(cls, lowest_price: int, values: Mapping[str, Any]) -> Self:
        """By default, the price falls from twice the lowest price to the lowest, in ten steps."""
        start = values.get("start", min(2 * lowest_price, MAX_AMOUNT))
        if start <= lowest_price:
            raise ValueError(Sentence("start must be above lowest_price"))
        step = max((start - lowest_price) // 10, 1)
        dutch = cls(**{"start": start, "step": step, **values})
        # The number of steps, rounded up, and the first price.
        prices = -(-(start - lowest_price) // dutch.step) + 1
        if prices * dutch.interval not in SECONDS:
            raise ValueError(Sentence("lowest_price must be reached, and stand, within a week"))
        return dutch

    @property
    def description(self) -> str:
        """The rules for Buyers to read."""
        interval = "second" if self.interval == 1 else in_seconds(self.interval)
        return f"The price falls by ${self.step} every {interval}; the first to take it buys."

    def opening_price(self, lowest_price: int) -> int:
        """The price at which the clock starts."""
        return self.start

    def first_deadline(self, when: float, bid_timeout: int) -> float:
        """The end of the first price's interval."""
        return when + self.interval

    def asking_price(self, bidding: Bidding) -> int:
        """The price on the clock."""
        return bidding.price

    def amount(self, bidding: Bidding, line: bytes) -> int:
        """``accept`` means the current price; so does any higher amount."""
        if line.lower() == ACCEPT:
            return bidding.price
        # The price may fall while a Buyer's line is under way. The Buyer pays the lower price.
        return min(parse_amount(line), bidding.price)

    def bid(self, bidding: Bidding, who: int, amount: int, when: float) -> tuple[Event, ...]:
        """The first bid buys."""
        return (BidTaken(who, amount), self.result({who: amount}, bidding.lowest_price))

    def pass_time(self, bidding: Bidding) -> tuple[Event, ...]:
        """The price falls. After the lowest price, the auction is over."""
        assert bidding.deadline is not None
        if bidding.price == bidding.lowest_price:
            return (self.result(bidding.bids, bidding.lowest_price),)
        # The last step may be shorter, so that the lowest price is called, and stands as long as
        # the others.
        price = max(bidding.price - self.step, bidding.lowest_price)
        # From the deadline and not from the present instant: a late timer delays no later price.
        return (PriceFell(price, bidding.deadline + self.interval),)
