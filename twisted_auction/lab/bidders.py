"""Robot Buyers: what the item is worth to each of them, and what they do about it."""

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
from twisted_auction.rules.format import Format
from twisted_auction.rules.grammar import numbered_lines
from twisted_auction.rules.open import Dutch, English
from twisted_auction.rules.sealed import FirstPrice, Sealed, SecondPrice

AMOUNT_TEXT = "a whole number of dollars from 1"

# As amounts are, they are matched first: int, float and Fraction take much else, and 1e999999999.
_DECIMAL = re.compile(r"[0-9]{1,17}(\.[0-9]{1,9})?")
_FACTOR = re.compile(r"[0-9]{0,9}\.?[0-9]{1,18}|[0-9]{1,9}/[1-9][0-9]{0,8}")


class Valuations(ABC):
    """What an item is worth to a Buyer, who alone knows it: a distribution to draw from."""

    @property
    @abstractmethod
    def highest(self) -> int:
        """An amount that no valuation is above, or hardly any; in whole dollars."""

    @abstractmethod
    def draw(self, random: Random) -> int:
        """Draw one, in whole dollars, at least 1, which is the least that can be bid."""

    @abstractmethod
    def cumulative_chances(self, lowest_price: int) -> Iterable[tuple[int, float]]:
        """Each valuation in rising order, with the chance that a Buyer's is at most that.

        :param lowest_price: in whole dollars. Valuations below it may be taken together.
        """

    @abstractmethod
    def equilibrium(self, buyers: int, lowest_price: int) -> Callable[[int], int]:
        """Give the bid for each valuation, in a first-price auction in equilibrium.

        :param buyers: how many there are.
        :param lowest_price: the Seller's, which all know, in whole dollars.
        """


@dataclass(frozen=True, slots=True)
class Uniform(Valuations):
    """Anything from 0 to ``top`` dollars, with equal chances, to the nearest dollar."""

    top: int

    @property
    def highest(self) -> int:
        """The top."""
        return self.top

    def draw(self, random: Random) -> int:
        """Draw one."""
        return max(1, round(random.random() * self.top))

    @property
    def distribution(self) -> Distribution:
        """F is a straight line."""
        return Distribution(lambda amount: min(amount / self.top, 1.0), 0, self.top)

    def cumulative_chances(self, lowest_price: int) -> Iterable[tuple[int, float]]:
        """Those of the distribution."""
        return self.distribution.cumulative_chances(lowest_price)

    def equilibrium(self, buyers: int, lowest_price: int) -> Callable[[int], int]:
        """Give the bid for each valuation. A lowest price of a dollar is in nobody's way."""
        counted = lowest_price if lowest_price > 1 else 0
        return lambda valuation: equilibrium_bid(valuation, buyers, counted)


@dataclass(frozen=True, slots=True)
class Normal(Valuations):
    """Scattered around ``mean`` with a standard ``deviation``, both in dollars, to the nearest
    one. What would be below 0, or above the highest amount, is drawn again."""

    mean: float
    deviation: float

    @property
    def highest(self) -> int:
        """Four deviations above the mean: one valuation in 30,000 is higher."""
        return min(max(1, round(self.mean + 4 * self.deviation)), MAX_AMOUNT)

    def draw(self, random: Random) -> int:
        """Draw one."""
        drawn = -1.0
        while not 0 <= drawn <= MAX_AMOUNT:
            drawn = random.gauss(self.mean, self.deviation)
        return min(max(1, round(drawn)), MAX_AMOUNT)

    @property
    def distribution(self) -> Distribution:
        """A normal distribution that is cut off at 0."""
        least, most = self._below(0), self._below(MAX_AMOUNT)
        return Distribution(
            lambda amount: (self._below(amount) - least) / (most - least),
            max(0.0, self.mean - _CUTOFF * self.deviation),
            min(self.mean + _CUTOFF * self.deviation, MAX_AMOUNT),
        )

    def cumulative_chances(self, lowest_price: int) -> Iterable[tuple[int, float]]:
        """Those of the distribution."""
        return self.distribution.cumulative_chances(lowest_price)

    def _below(self, amount: float) -> float:
        # Not NormalDist.cdf, whose error counts where the chance is small: here ratios matter.
        return erfc((self.mean - amount) / (self.deviation * sqrt(2))) / 2

    def equilibrium(self, buyers: int, lowest_price: int) -> Callable[[int], int]:
        """Give the bid for each valuation."""
        return equilibrium_bids(self.distribution, buyers, lowest_price)


_CUTOFF = 9
"""So many standard deviations from its mean, there is no normally distributed number."""


@dataclass(frozen=True, slots=True)
class Listed(Valuations):
    """One of these, with equal chances: what people have said that the item is worth to them."""

    amounts: tuple[int, ...]

    @property
    def highest(self) -> int:
        """The highest that was said."""
        return max(self.amounts)

    def draw(self, random: Random) -> int:
        """Draw one."""
        return random.choice(self.amounts)

    def cumulative_chances(self, lowest_price: int) -> Iterable[tuple[int, float]]:
        """Each of these, once."""
        counts = sorted(Counter(self.amounts).items())
        upto = accumulate(number for _, number in counts)
        return [
            (amount, number / len(self.amounts))
            for (amount, _), number in zip(counts, upto, strict=True)
        ]

    def equilibrium(self, buyers: int, lowest_price: int) -> Callable[[int], int]:
        """Give the bid for each of these."""
        return listed_bids(self.amounts, buyers, lowest_price).__getitem__


def parse_valuations(text: str, read: Callable[[str], bytes]) -> Valuations:
    """Understand ``uniform:TOP``, ``normal:MEAN:DEVIATION`` or ``file:PATH``.

    :param read: gives what is in a file.
    :raises ValueError: where it is none of them, with what it should be.
    :raises OSError: where the file cannot be read.
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
    """Read valuations: one a line, in whole dollars.

    :raises ValueError: where a line is no valuation, with its number, or where there is none at
        all.
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
    """Read a number of dollars that need not be whole."""
    number = float(text) if _DECIMAL.fullmatch(text) else 0.0
    if number <= 0:
        raise ValueError(
            f"{what} of normal valuations must be a number of dollars above 0, not {text!r}"
        )
    return number


@dataclass(frozen=True, slots=True)
class Strategy:
    """How a robot Buyer goes about its auctions, once it knows what the item is worth to it.

    :param text: what a person calls it.
    :param limit: its limit in whole dollars, for a valuation. A sealed bid is the limit itself; in
        English bidding, the Buyer bids the asking price as long as that is not above the limit; in
        Dutch bidding, it takes the first price that is not.
    :param is_late: whether it bids in English bidding only at the last moment.
    :param is_equilibrium: whether nobody would rather do otherwise where all do this.
    """

    text: str
    limit: Callable[[int], int]
    is_late: bool = False
    is_equilibrium: bool = False


@dataclass(frozen=True, slots=True)
class StrategyKind:
    """A kind of strategy.

    :param formats: where it makes sense.
    :param wants_factor: whether it must be told, behind a colon, which part of the valuation is its
        limit. For the others, that is the valuation, or what the theory says.
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
"""Every kind by its name."""

MAX_FACTOR = 100


def parse_strategy(
    text: str, format: Format, buyers: int, lowest_price: int, valuations: Valuations
) -> Strategy:
    """Understand the name of a strategy, such as ``truthful`` or ``shading:0.8``.

    :param format: of the auctions that it is for.
    :param buyers: how many there are.
    :param lowest_price: the Seller's, in whole dollars.
    :raises ValueError: where it is none, or none for this format, with those that are.
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
    is_truth_best = sealed_counterpart(type(format)) is SecondPrice
    if name != EQUILIBRIUM or is_truth_best:
        is_equilibrium = is_truth_best and not kind.is_late
        return Strategy(text, lambda valuation: valuation, kind.is_late, is_equilibrium)
    return Strategy(text, valuations.equilibrium(buyers, lowest_price), is_equilibrium=True)


def scale(factor: Fraction, valuation: int) -> int:
    """A part of a valuation, to the nearest dollar, from 1 to the highest amount."""
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
