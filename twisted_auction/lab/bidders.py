"""Robot Buyers: their valuations of the item, and their strategies."""

import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from math import erfc, sqrt
from random import Random

from twisted_auction.lab.theory import (
    Distribution,
    equilibrium_bid,
    equilibrium_bids,
    listed_bids,
    round_fraction,
    sealed_counterpart,
)
from twisted_auction.rules.amounts import MAX_AMOUNT, parse_amount
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.format import Format
from twisted_auction.rules.grammar import numbered_lines
from twisted_auction.rules.open import English
from twisted_auction.rules.sealed import FirstPrice, Sealed, SecondPrice

AMOUNT_TEXT = "a whole number of dollars from 1"

# Matched before conversion: float and Fraction also accept nan, inf, and 1e999999999, which hangs.
_DECIMAL = re.compile(r"[0-9]{1,17}(\.[0-9]{1,9})?")
_FACTOR = re.compile(r"[0-9]{0,9}\.?[0-9]{1,18}|[0-9]{1,9}/[1-9][0-9]{0,8}")


class Valuations(ABC):
    """A distribution of valuations: the value of an item to a Buyer, known to that Buyer alone."""

    @property
    @abstractmethod
    def highest(self) -> int:
        """An upper bound of all valuations, or of nearly all, in whole dollars."""

    @abstractmethod
    def draw(self, random: Random) -> int:
        """Draw a valuation, in whole dollars; at least 1, the lowest possible bid."""

    @abstractmethod
    def cumulative_chances(self, lowest_price: int) -> Iterable[tuple[int, float]]:
        """The cumulative distribution: each valuation in rising order, with the probability of a
        valuation up to it.

        :param lowest_price: whole dollars. Valuations below it may be merged into one.
        """

    @abstractmethod
    def equilibrium(self, buyers: int, lowest_price: int) -> Callable[[int], int]:
        """The equilibrium of a first-price auction, as a function from valuation to bid.

        :param buyers: number of Buyers.
        :param lowest_price: the Seller's, known to all Buyers, in whole dollars.
        """


@dataclass(frozen=True, slots=True)
class Uniform(Valuations):
    """Uniform from 0 to ``top`` dollars, rounded to the nearest dollar."""

    top: int

    @property
    def highest(self) -> int:
        """The upper end."""
        return self.top

    def draw(self, random: Random) -> int:
        """Draw a valuation."""
        return max(1, round(random.random() * self.top))

    @property
    def distribution(self) -> Distribution:
        """The distribution before rounding: F is a straight line."""
        return Distribution(lambda amount: min(amount / self.top, 1.0), 0, self.top)

    def cumulative_chances(self, lowest_price: int) -> Iterable[tuple[int, float]]:
        """The cumulative distribution, after rounding to whole dollars."""
        return self.distribution.cumulative_chances(lowest_price)

    def equilibrium(self, buyers: int, lowest_price: int) -> Callable[[int], int]:
        """A function from valuation to bid. A lowest price of $1 excludes none: it counts as 0."""
        counted = lowest_price if lowest_price > 1 else 0
        return lambda valuation: equilibrium_bid(valuation, buyers, counted)


@dataclass(frozen=True, slots=True)
class Normal(Valuations):
    """Normal with this mean and standard deviation, both in dollars, rounded to the nearest dollar.

    A draw below 0, or above the highest amount, is repeated.
    """

    mean: float
    deviation: float

    @property
    def highest(self) -> int:
        """Four standard deviations above the mean: one valuation in 30,000 is higher."""
        return min(max(1, round(self.mean + 4 * self.deviation)), MAX_AMOUNT)

    def draw(self, random: Random) -> int:
        """Draw a valuation."""
        drawn = -1.0
        while not 0 <= drawn <= MAX_AMOUNT:
            drawn = random.gauss(self.mean, self.deviation)
        return min(max(1, round(drawn)), MAX_AMOUNT)

    @property
    def distribution(self) -> Distribution:
        """The distribution before rounding: normal, truncated at 0 and at the highest amount."""
        least, most = self._below(0), self._below(MAX_AMOUNT)
        return Distribution(
            lambda amount: (self._below(amount) - least) / (most - least),
            max(0.0, self.mean - _CUTOFF * self.deviation),
            min(self.mean + _CUTOFF * self.deviation, MAX_AMOUNT),
        )

    def cumulative_chances(self, lowest_price: int) -> Iterable[tuple[int, float]]:
        """The cumulative distribution, after rounding to whole dollars."""
        return self.distribution.cumulative_chances(lowest_price)

    def _below(self, amount: float) -> float:
        # Not NormalDist.cdf: the equilibrium divides small probabilities, so relative errors count.
        return erfc((self.mean - amount) / (self.deviation * sqrt(2))) / 2

    def equilibrium(self, buyers: int, lowest_price: int) -> Callable[[int], int]:
        """A function from valuation to bid."""
        return equilibrium_bids(self.distribution, buyers, lowest_price)


_CUTOFF = 9
"""Standard deviations from the mean beyond which no valuation is drawn in practice."""


@dataclass(frozen=True, slots=True)
class Listed(Valuations):
    """One of these amounts, with equal probability: valuations collected from people."""

    amounts: tuple[int, ...]

    @property
    def highest(self) -> int:
        """The highest of the amounts."""
        return max(self.amounts)

    def draw(self, random: Random) -> int:
        """Draw a valuation."""
        return random.choice(self.amounts)

    def cumulative_chances(self, lowest_price: int) -> Iterable[tuple[int, float]]:
        """Each of the amounts, once, with its probability."""
        counts = sorted(Counter(self.amounts).items())
        upto = accumulate(number for _, number in counts)
        return [
            (amount, number / len(self.amounts))
            for (amount, _), number in zip(counts, upto, strict=True)
        ]

    def equilibrium(self, buyers: int, lowest_price: int) -> Callable[[int], int]:
        """A function from each of the amounts to its bid."""
        return listed_bids(self.amounts, buyers, lowest_price).__getitem__


def parse_valuations(text: str, read: Callable[[str], bytes]) -> Valuations:
    """Parse ``uniform:TOP``, ``normal:MEAN:DEVIATION`` or ``file:PATH``.

    :param read: reads a file.
    :raises ValueError: if the text has another form; the error names the right ones.
    :raises OSError: if the file cannot be read.
    """
    match text.partition(":")[0], text.split(":"):
        case "uniform", [_, top]:
            return Uniform(_amount(top, "the top of uniform valuations"))
        case "normal", [_, mean, deviation]:
            return Normal(_dollars(mean, "the mean"), _dollars(deviation, "the deviation"))
        case "file", [_, *path] if any(path):
            return parse_list(read(":".join(path)))
    raise ValueError(
        f"valuations are uniform:TOP, normal:MEAN:DEVIATION or file:PATH, not {text!r}"
    )


def parse_list(text: bytes) -> Listed:
    """Parse valuations in whole dollars, one on each line.

    :raises ValueError: if a line is no valuation, with its number; or if there is no line.
    """
    amounts = []
    for number, line in numbered_lines(text):
        try:
            amounts.append(parse_amount(line))
        except ValueError:
            raise ValueError(f"line {number}: a valuation is {AMOUNT_TEXT}") from None
    if not amounts:
        raise ValueError("there is no valuation in it")
    return Listed(tuple(amounts))


def _amount(text: str, what: str) -> int:
    try:
        return parse_amount(text.encode())
    except ValueError:
        raise ValueError(f"{what} must be {AMOUNT_TEXT}, not {text!r}") from None


def _dollars(text: str, what: str) -> float:
    """Parse a number of dollars, which may have decimals."""
    number = float(text) if _DECIMAL.fullmatch(text) else 0.0
    if number <= 0:
        raise ValueError(
            f"{what} of normal valuations must be a number of dollars above 0, not {text!r}"
        )
    return number


@dataclass(frozen=True, slots=True)
class Strategy:
    """The strategy of a robot Buyer.

    :param text: its name, with the factor if it has one.
    :param limit: a function from valuation to limit, in whole dollars. A sealed bid is the limit
        itself; in English bidding, the Buyer bids the asking price up to the limit; in Dutch
        bidding, it takes the first price not above the limit.
    :param is_late: True if the Buyer waits in English bidding until the last moment.
    :param is_equilibrium: True if no Buyer can gain by another strategy while all others use this.
    """

    text: str
    limit: Callable[[int], int]
    is_late: bool = False
    is_equilibrium: bool = False


@dataclass(frozen=True, slots=True)
class StrategyKind:
    """A kind of strategy.

    :param formats: the formats it makes sense in.
    :param wants_factor: True if its name needs a colon and a factor: the limit as a part of the
        valuation. The limit of the others is the valuation, or the bid in equilibrium.
    :param is_late: as for :class:`Strategy`.
    """

    formats: tuple[type, ...]
    wants_factor: bool = False
    is_late: bool = False


EQUILIBRIUM = "equilibrium"

STRATEGIES: dict[str, StrategyKind] = {
    "truthful": StrategyKind((Sealed,)),
    "shading": StrategyKind((Sealed,), wants_factor=True),
    "straightforward": StrategyKind((English,)),
    "sniping": StrategyKind((English,), is_late=True),
    "threshold": StrategyKind((Dutch,), wants_factor=True),
    EQUILIBRIUM: StrategyKind((FirstPrice, SecondPrice, English, Dutch)),
}
"""Every kind of strategy by name."""

MAX_FACTOR = 100
"""Largest factor of a strategy."""


def parse_strategy(
    text: str, format: Format, buyers: int, lowest_price: int, valuations: Valuations
) -> Strategy:
    """Parse the name of a strategy, such as ``truthful`` or ``shading:0.8``.

    :param format: the format of its auctions.
    :param buyers: number of Buyers.
    :param lowest_price: the Seller's, in whole dollars.
    :raises ValueError: if this format has no such strategy; the error names those it has.
    """
    name, *factors = text.split(":")
    kind = STRATEGIES.get(name)
    if kind is None or not isinstance(format, kind.formats):
        known = ", ".join(
            f"{name}:FACTOR" if kind.wants_factor else name
            for name, kind in STRATEGIES.items()
            if isinstance(format, kind.formats)
        )
        raise ValueError(f"{format.name} has no strategy {name!r}; its strategies are: {known}")
    if kind.wants_factor:
        factor = _factor(name, factors)
        return Strategy(text, lambda valuation: scale(factor, valuation))
    if factors:
        raise ValueError(f"{name} takes no factor: write {name}, not {text!r}")
    # In a second-price auction the truthful bid is dominant (Vickrey 1961): it is the equilibrium.
    is_truth_best = sealed_counterpart(type(format)) is SecondPrice
    if name != EQUILIBRIUM or is_truth_best:
        is_equilibrium = is_truth_best and not kind.is_late
        return Strategy(text, lambda valuation: valuation, kind.is_late, is_equilibrium)
    return Strategy(text, valuations.equilibrium(buyers, lowest_price), is_equilibrium=True)


def scale(factor: Fraction, valuation: int) -> int:
    """A valuation times a factor, rounded to the nearest dollar, from 1 to the highest amount."""
    return min(max(1, round_fraction(valuation * factor.numerator, factor.denominator)), MAX_AMOUNT)


def _factor(name: str, texts: list[str]) -> Fraction:
    factor = Fraction(0)
    if len(texts) == 1 and _FACTOR.fullmatch(texts[0]):
        factor = Fraction(texts[0])
    if not 0 < factor <= MAX_FACTOR:
        raise ValueError(
            f"{name} needs a factor above 0 and up to {MAX_FACTOR}, such as {name}:0.8"
        )
    return factor
