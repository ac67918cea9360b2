"""Formats with open bids: what they have in common, and English."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any, ClassVar, Self

from twisted_auction.rules.amounts import (
    MAX_AMOUNT,
    TooLarge,
    in_seconds,
    in_words,
    parse_amount,
    time_in_words,
)
from twisted_auction.rules.events import (
    SELLER,
    BiddingClosed,
    Called,
    Event,
    Extended,
    Raised,
    Sold,
)
from twisted_auction.rules.format import AMOUNTS, END, MULTIPLES, SECONDS, Bidding, Format, Rule
from twisted_auction.rules.refusals import BidTooHigh, BidTooLow, NotUnderstood
from twisted_auction.rules.rule import AnyRule, Steps, StepsRule, TimeRule
from twisted_auction.rules.sentences import Sentence

CALL_INTERVAL = 3.0
"""Seconds from "going once" to "going twice", and from there to the end. Shorter auctions have
shorter intervals."""

SHORTEST_MOVE = 0.001
"""Seconds: an end that would move by less stays. Sums of floats, and readings of two clocks, are
off by less."""

CLOSE = b"close"
"""The Seller's word, in any case, to end open bidding."""

BUY = b"buy"
"""The Buyer's word, in any case, to buy at once in an English auction."""


class Open(Format):
    """All participants are told the price. A Buyer bids by accepting it or naming a higher one."""

    is_open = True
    reserve: int = 0
    """A least price for the sale, in whole dollars, hidden from the Buyers; 0 for none."""
    buy: int = 0
    """The price to buy at once, in whole dollars; 0 for none."""
    how_to_bid: ClassVar[str]
    how_to_close: ClassVar[str] = "type close to end the auction."

    def how(self, who: int) -> str:
        """A sentence on how a participant can act at any time."""
        return self.how_to_close if who == SELLER else self.how_to_bid

    def decide(self, bidding: Bidding, who: int, line: bytes, when: float) -> tuple[Event, ...]:
        """Decide a Buyer's bid, or the Seller's ``close``, which ends the auction."""
        if who == SELLER:
            if line.lower() != CLOSE:
                raise NotUnderstood(self.how_to_close)
            return (BiddingClosed(SELLER), self.result(bidding.bids, bidding.lowest_price))
        try:
            amount = self.amount(bidding, line)
        except TooLarge:
            raise BidTooHigh(MAX_AMOUNT) from None
        except ValueError:
            raise NotUnderstood(self.how(who)) from None
        least = self.asking_price(bidding)
        if amount < least:
            raise BidTooLow(least)
        return self.bid(bidding, who, amount, when)

    def amount(self, bidding: Bidding, line: bytes) -> int:
        """Parse a bid, in whole dollars.

        :raises TooLarge: if it is a number above :data:`~twisted_auction.rules.amounts.MAX_AMOUNT`.
        :raises ValueError: if it is no number at all.
        """
        return parse_amount(line)

    def increment_at(self, price: int) -> int | None:
        """Whole dollars by which a bid must be above the highest one of ``price``; None if the
        server keeps no maxima in this format."""
        return None

    def is_jump(self, bidding: Bidding, amount: int) -> bool:
        """True if a bid is far above the asking price. The Buyer must then repeat it before it
        counts."""
        return False

    def more_time(self, bidding: Bidding, when: float) -> tuple[Event, ...]:
        """Decide whether a change of the highest bid moves the end. By default it does not."""
        return ()

    @abstractmethod
    def pass_time(self, bidding: Bidding) -> tuple[Event, ...]:
        """Decide the events at :meth:`wake_at`: the next call or price, or the end."""

    @abstractmethod
    def asking_price(self, bidding: Bidding) -> int:
        """The lowest acceptable bid now, in whole dollars."""

    @abstractmethod
    def bid(self, bidding: Bidding, who: int, amount: int, when: float) -> tuple[Event, ...]:
        """Decide a bid of at least the asking price."""

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """The last bid is the highest; it wins and pays itself."""
        if not bids:
            return None
        winner = list(bids)[-1]  # the bids are in their order, and each is higher
        return Sold(winner, bids[winner], bids[winner])


@dataclass(frozen=True)
class English(Open):
    """The price rises bid by bid until no Buyer raises it.

    This is the ascending auction of the salerooms. In theory its outcome equals that of a
    second-price auction (Vickrey 1961). For the moving end ("soft close") see A. E. Roth and A.
    Ockenfels ("Last-Minute Bidding and the Rules for Ending Second-Price Auctions", American
    Economic Review 92, 2002): with a fixed end, bids come in the last second.

    :param increment: whole dollars by which a bid must exceed the highest, or a table of them.
    :param duration: seconds from the opening to the end.
    :param extension: seconds; a bid in the last ``extension`` seconds moves the end to
        ``extension`` seconds after that bid.
    :param jump: multiple of the asking price above which a bid must be repeated; 0 is no limit.
    :param end: the end of a timed auction as a time of day, instead of the duration.
    :param latest: the time of day beyond which no late bid moves the end of a timed auction.
    :param reserve: whole dollars, a least price for the sale, told only as met or not; 0 for none.
    :param buy: whole dollars, for which a Buyer can buy at once, as long as the asking price is not
        higher; 0 for none.
    """

    name = "english"
    how_to_bid = "type an amount to bid."
    how_to_bid_or_leave: ClassVar[str] = (
        "type an amount to bid, or max 180 to let the Auctioneer bid up to $180."
    )
    rules: ClassVar[Mapping[str, AnyRule]] = {
        "increment": StepsRule(
            AMOUNTS, "dollars that a bid must be above the highest, also 1,10@100,50@1000; 1"
        ),
        "duration": Rule(SECONDS, "seconds from the opening to the end; 60"),
        "extension": Rule(
            range(SECONDS.stop), "seconds that are left at least after a late bid; 10"
        ),
        "jump": Rule(
            MULTIPLES, "a bid above so many times the asking price must be said twice, 0: none; 0"
        ),
        "end": END,
        "latest": TimeRule("the time beyond which no late bid moves the end; none"),
        "reserve": Rule(
            AMOUNTS, "a least price for the sale above the lowest, told only as met or not; none"
        ),
        "buy": Rule(AMOUNTS, "the price to buy at once; none"),
    }

    increment: int | Steps = 1
    duration: int = 60
    extension: int = 10
    jump: int = 0
    end: datetime | None = field(default=None, kw_only=True, repr=False)
    latest: datetime | None = field(default=None, kw_only=True, repr=False)

    reserve: int = field(default=0, kw_only=True, repr=False)
    buy: int = field(default=0, kw_only=True, repr=False)

    @classmethod
    def with_rules(cls, lowest_price: int, values: Mapping[str, Any]) -> Self:
        """An extension is at most the duration. A timed auction has an end instead. A reserve is
        above the lowest price, and the price to buy at once at least as high as both."""
        _check_prices(lowest_price, values.get("reserve"), values.get("buy"))
        end, latest = values.get("end"), values.get("latest")
        if end is not None:
            if "duration" in values:
                raise ValueError(Sentence("duration and end cannot both be given"))
            if latest is not None and latest < end:
                raise ValueError(Sentence("latest must not be before end"))
            return cls(**values)
        if latest is not None:
            raise ValueError(Sentence("latest needs end"))
        duration = values.get("duration", cls.duration)
        # Only the default gives way to a shorter duration. A Seller's own extension is refused.
        complete = {"extension": min(cls.extension, duration), **values}
        if complete["extension"] > duration:
            raise ValueError(Sentence("extension must be at most duration"))
        return cls(**complete)

    @property
    def description(self) -> str:
        """The rules for Buyers to read."""
        if self.end is None:
            there = "There is" if self.duration == 1 else "There are"
            late = f", and {self.extension} more after a late bid" if self.extension else ""
            time_limit = f"{there} {in_seconds(self.duration)}{late}."
        else:
            late = f", or {in_words(self.extension)} after a late bid" if self.extension else ""
            if late and self.latest is not None:
                late += f", but {time_in_words(self.latest)} at the latest"
            time_limit = f"Bidding ends {time_in_words(self.end)}{late}."
        jump = (
            f" A bid above {self.jump} times the asking price must be said twice."
            if self.jump
            else ""
        )
        (_, least), *steps = self._steps
        more = "".join([f", ${increment} from ${price}" for price, increment in steps])
        buy = f" The price to buy at once is ${self.buy}: type buy." if self.buy else ""
        return f"Each bid is at least ${least} above the highest{more}. {time_limit}{jump}{buy}"

    @property
    def _steps(self) -> Steps:
        return ((0, self.increment),) if isinstance(self.increment, int) else self.increment

    def check_limit(self, most: int) -> None:
        """The reserve and the price to buy at once must be possible bids. So must be the first bid
        after each price of a table."""
        for name, amount in (("reserve", self.reserve), ("buy", self.buy)):
            if amount > most:
                raise ValueError(
                    Sentence(
                        "{rule} is {amount}, but the greatest bid is {most}",
                        rule=name,
                        amount=amount,
                        most=most,
                    )
                )
        for price, step in self._steps[1:]:
            if price + step > most:
                raise ValueError(
                    Sentence(
                        "increment is {step} from {price}, but the greatest bid is {most}",
                        step=step,
                        price=price,
                        most=most,
                    )
                )

    def how(self, who: int) -> str:
        """As in each open auction. In a timed one, people do not stay."""
        is_timed_buyer = who != SELLER and self.end is not None
        return self.how_to_bid_or_leave if is_timed_buyer else super().how(who)

    def first_deadline(self, when: float, bid_timeout: int) -> float:
        """The end of the bidding."""
        return when + self.duration

    def wake_at(self, bidding: Bidding) -> float | None:
        """The instant of the next call, or of the end."""
        assert bidding.deadline is not None
        # At most a third of the extension, so that both calls fit between a late bid and the end.
        pace = min(CALL_INTERVAL, (self.extension or self.duration) / 3)
        return bidding.deadline - pace * (2 - bidding.calls)

    def increment_at(self, price: int) -> int:
        """The increment, or the one of the table at this price."""
        if isinstance(self.increment, int):
            return self.increment
        return next(step for least, step in reversed(self.increment) if price >= least)

    def asking_price(self, bidding: Bidding) -> int:
        """The lowest price for the first bid, then the highest bid plus the increment."""
        if bidding.holder is None:
            return bidding.lowest_price
        highest = bidding.bids[bidding.holder]
        return highest + self.increment_at(highest)

    def amount(self, bidding: Bidding, line: bytes) -> int:
        """``buy`` means the price to buy at once; so does any higher amount, while the asking price
        is not higher."""
        if self.buy and line.lower() == BUY:
            return self.buy
        amount = parse_amount(line)
        is_bought = self.asking_price(bidding) <= self.buy <= amount
        return self.buy if is_bought else amount

    def bid(self, bidding: Bidding, who: int, amount: int, when: float) -> tuple[Event, ...]:
        """The bid is the highest now. A late bid also moves the end, and the price to buy at once
        ends the auction."""
        # A Buyer who raises its own bid outbids nobody.
        raised = Raised(who, amount, bidding.holder if bidding.holder != who else None)
        if amount == self.buy:
            return (raised, self.result({who: amount}, bidding.lowest_price))
        return (raised, *self.more_time(bidding, when))

    def award(self, bids: Mapping[int, int], lowest_price: int) -> Sold | None:
        """The highest bid wins, unless it is below the reserve."""
        sold = super().award(bids, lowest_price)
        return None if sold is None or sold.payment < self.reserve else sold

    def more_time(self, bidding: Bidding, when: float) -> tuple[Event, ...]:
        """In the last seconds, the end moves."""
        assert bidding.deadline is not None
        if bidding.deadline - when >= self.extension:
            return ()
        latest_at = bidding.latest_at
        if latest_at is None or when + self.extension <= latest_at:
            return (Extended(when + self.extension, self.extension),)
        if latest_at < bidding.deadline + SHORTEST_MOVE:
            return ()
        return (Extended(latest_at, ceil(latest_at - when)),)

    def is_jump(self, bidding: Bidding, amount: int) -> bool:
        """True if the bid is above ``jump`` times the asking price. The price to buy at once is not
        mistyped."""
        return amount != self.buy and 0 < self.jump * self.asking_price(bidding) < amount

    def pass_time(self, bidding: Bidding) -> tuple[Event, ...]:
        """Going once, going twice, sold."""
        if bidding.calls < 2:
            return (Called(bidding.calls + 1),)
        return (self.result(bidding.bids, bidding.lowest_price),)


def _check_prices(lowest_price: int, reserve: int | None, buy: int | None) -> None:
    """Check the rules of an English auction with an amount against the lowest price.

    :raises ValueError: if they contradict each other.
    """
    if reserve is not None and reserve <= lowest_price:
        raise ValueError(Sentence("reserve must be above lowest_price"))
    if buy is not None and buy < lowest_price:
        raise ValueError(Sentence("buy must be at least lowest_price"))
    if buy is not None and reserve is not None and buy < reserve:
        raise ValueError(Sentence("buy must be at least reserve"))
