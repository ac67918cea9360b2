"""What auction theory says, for Buyers with independent private valuations who do not mind risk.

W. Vickrey, "Counterspeculation, Auctions, and Competitive Sealed Tenders", Journal of Finance 16,
1961, is where it begins; V. Krishna, "Auction Theory", 2nd edition, Academic Press 2010, is the
textbook.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, Self

from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.formats import Dutch, English, FirstPrice, Format, SecondPrice


class Outcome(NamedTuple):
    """What an auction has come to for one Buyer.

    :ivar has_won: whether it has the item.
    :ivar payment: what it owes, in whole dollars.
    """

    has_won: bool
    payment: int

    @classmethod
    def of(cls, who: int, result: Sold | Unsold) -> Self:
        """A Buyer's, by its number."""
        if isinstance(result, Unsold):
            return cls(False, 0)
        if who == result.winner:
            return cls(True, result.payment)
        return cls(False, dict(result.dues).get(who, 0))

    def utility(self, valuation: int) -> int:
        """What that is worth to a Buyer with this valuation, in whole dollars: valuation less
        payment where it wins, and 0 where it loses and owes nothing (the assignment's advanced
        question)."""
        return (valuation if self.has_won else 0) - self.payment


def revenue(result: Sold | Unsold) -> int:
    """What the Seller gets, in whole dollars."""
    if isinstance(result, Unsold):
        return 0
    return result.payment + sum(due for _, due in result.dues)


def equilibrium_bid(valuation: int, buyers: int, lowest_price: int = 0) -> int:
    """What a Buyer bids in a first-price auction when all valuations are uniform from 0 to some
    top, and everybody bids so that nobody would rather bid otherwise; to the nearest dollar, at
    least 1.

    It is what :func:`equilibrium_bids` comes to with these valuations, and exact for any size.
    Without a lowest price this is (n-1)/n of the valuation (Vickrey 1961; Krishna 2010, example
    2.1). With a lowest price of r it is v (n-1)/n + r^n / (n v^(n-1)) for a valuation v of at least
    r (J. G. Riley and W. F. Samuelson, "Optimal Auctions", American Economic Review 71, 1981, for
    the uniform distribution); below r it does not matter, and the bid is the valuation.

    :param valuation: in whole dollars, as is the bid.
    :param buyers: how many bid, this one included.
    """
    if valuation <= lowest_price:
        return valuation
    wanted = (buyers - 1) * valuation**buyers + lowest_price**buyers
    return max(1, nearest(wanted, buyers * valuation ** (buyers - 1)))


def nearest(numerator: int, denominator: int) -> int:
    """The whole number that is nearest to a fraction above 0; exact for any size.

    A half goes to the even number, so that rounding moves no mean. (Of two Buyers, each has a half
    in every second equilibrium bid.)
    """
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))


@dataclass(frozen=True, slots=True)
class Distribution:
    """How the valuations of Buyers are distributed, in dollars, before they are rounded to whole
    ones, or to 1 where they are less.

    :param below: F, the chance that a valuation is below an amount, which is continuous.
    :param bottom: the lower end; hardly any valuation is below it.
    :param top: the upper end; hardly any is above it.
    """

    below: Callable[[float], float]
    bottom: float
    top: float

    def excluded(self, lowest_price: int) -> float:
        """The chance that a valuation, once rounded, is below the lowest price."""
        return self.below(lowest_price - 0.5) if lowest_price > 1 else 0.0


CELLS = 4096
"""Parts into which the range of valuations is cut for numerical integration. A hundred Buyers whose
valuations are normal are in equilibrium to within a thousandth of the standard deviation."""


def equilibrium_bids(
    valuations: Distribution, buyers: int, lowest_price: int
) -> Callable[[int], int]:
    """What a Buyer bids for a valuation in a first-price auction, when everybody bids so that
    nobody would rather bid otherwise; to the nearest dollar.

    With n Buyers and a lowest price of r, that is b(v) = v - A(v), where A(v) is the integral of
    (F(x) / F(v))^(n-1) over x from r to v (Krishna 2010, proposition 2.2, and section 2.5 for the
    lowest price, which the Buyers must know). Below r it does not matter, and the bid is the
    valuation. A is tabulated from cell to cell by Simpson's rule.
    """
    start = max(valuations.bottom, lowest_price)
    width = (valuations.top - start) / CELLS
    if buyers == 1 or width <= 0:
        return lambda valuation: min(valuation, lowest_price)
    shading, reached = [0.0], valuations.below(start)
    for cell in range(CELLS):
        middle = valuations.below(start + (cell + 0.5) * width)
        before, reached = reached, valuations.below(start + (cell + 1) * width)
        if reached == 0:
            shading.append(0.0)
            continue
        left, centre = (before / reached) ** (buyers - 1), (middle / reached) ** (buyers - 1)
        shading.append(shading[-1] * left + width * (left + 4 * centre + 1) / 6)

    def bid(valuation: int) -> int:
        if valuation <= start:
            return valuation
        reached = min(valuation, valuations.top)
        cell = min(int((reached - start) / width), CELLS - 1)
        part = (reached - start) / width - cell
        less = shading[cell] * (1 - part) + shading[cell + 1] * part
        return min(max(lowest_price, round(reached - less)), valuation)

    return bid


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of an auction, in dollars.

    :param revenue: the Seller's.
    :param utility: the winner's; nothing where nobody wins.
    :param efficiency: what the item is worth to its new owner, as a part of what it is worth to
        whoever values it most; 0 where it is not sold.
    """

    revenue: float
    utility: float
    efficiency: float

    def dearer(self, dollars: float) -> Self:
        """The same, where the winner pays so much more on average."""
        return replace(self, revenue=self.revenue + dollars, utility=self.utility - dollars)


def expectation(valuations: Distribution, buyers: int, lowest_price: int) -> Expectation:
    """What is expected of any of the four formats in its equilibrium.

    It is the same for all four: the revenue equivalence theorem (Vickrey 1961; Riley and Samuelson
    1981; R. B. Myerson, "Optimal Auction Design", Mathematics of Operations Research 6, 1981;
    Krishna 2010, proposition 2.3). With n Buyers and a lowest price of r, the item is sold with the
    chance 1 - F(r)^n. The Seller gets r then, and the integral from r of the chance that the second
    highest valuation is above an amount, which is 1 - n F^(n-1) + (n-1) F^n. The winner keeps the
    integral of n F^(n-1) (1-F), which is the chance that just one valuation is above the amount.
    """
    n, start = buyers, max(valuations.bottom, lowest_price)
    sold = 1 - valuations.excluded(lowest_price) ** n
    more = _integral(lambda f: two_of(n, f), valuations, start)
    utility = _integral(lambda f: n * f ** (n - 1) * (1 - f), valuations, start)
    return Expectation(start * sold + more, utility, sold)


def two_of(buyers: int, below: float) -> float:
    """The chance that at least two valuations are not below an amount.

    :param below: the chance that one of them is.
    """
    return 1 - buyers * below ** (buyers - 1) + (buyers - 1) * below**buyers


def _integral(function: Callable[[float], float], valuations: Distribution, start: float) -> float:
    """Integrate a function of F over the amounts from a start, by Simpson's rule."""
    width = max(valuations.top - start, 0) / CELLS
    total = 0.0
    for place in range(2 * CELLS + 1):
        weight = 1 if place in (0, 2 * CELLS) else 2 + place % 2 * 2
        total += weight * function(valuations.below(start + place * width / 2))
    return total * width / 6


class ListedEquilibrium:
    """The equilibrium of Buyers each of whom draws one of a few valuations, in a first-price
    auction.

    Separate values have no equilibrium in which a valuation has one bid: whoever bid a dollar more
    would win every tie. So each value stands for all amounts that round to it: F rises evenly
    over the dollar around it. The formula of :func:`equilibrium_bids` then gives different bids
    within that dollar; a Buyer makes the mean of those that win. So the Seller gets on average what
    it gets in a second-price auction, but for the rounding of bids to whole dollars.

    :param amounts: the values, in whole dollars, with equal chances; a value may come several
        times.
    :ivar bids: the bid for each value, in whole dollars.
    """

    def __init__(self, amounts: Iterable[int], buyers: int, lowest_price: int) -> None:
        times = sorted(Counter(amounts).items())
        self._all, self._buyers = sum(number for _, number in times), buyers
        self._lowest_price = lowest_price
        self.bids: dict[int, int] = {}
        # The chances of a highest valuation, in parts of the number of all values to the power n.
        self._highest: dict[int, int] = {}
        self._second = 0.0
        below = shading = 0
        last = lowest_price
        for amount, number in times:
            upto = below + number
            if amount < lowest_price:
                self.bids[amount] = amount
            else:
                shading += below ** (buyers - 1) * (amount - last)
                self._second += two_of(buyers, below / self._all) * (amount - last)
                last = amount
                wins = upto**buyers - below**buyers
                self._highest[amount] = wins
                self.bids[amount] = nearest(amount * wins - shading * buyers * number, wins)
            below = upto

    def expectation(self, format: type[Format]) -> Expectation:
        """What is expected of a sealed format; exact where different values have different bids,
        in whole dollars."""
        every = self._all**self._buyers
        chances = {amount: wins / every for amount, wins in self._highest.items()}
        sold = sum(chances.values())
        revenue = self._lowest_price * sold + self._second
        if format is FirstPrice:
            revenue = sum(self.bids[amount] * chance for amount, chance in chances.items())
        value = sum(amount * chance for amount, chance in chances.items())
        return Expectation(revenue, value - revenue, sold)


COUNTERPARTS: dict[type[Format], type[Format]] = {English: SecondPrice, Dutch: FirstPrice}
"""The sealed format that leads where an open one leads, if each bid is all that its Buyer is ready
to pay: a price that rises stops at the second highest of them (to within an increment), one that
falls at the highest (to within a step). Vickrey 1961."""


def sealed_counterpart(format: type[Format]) -> type[Format]:
    """The sealed format that is equivalent to a format, or the format itself."""
    for open_format, counterpart in COUNTERPARTS.items():
        if issubclass(format, open_format):
            return counterpart
    return format


def settle(format: type[Format], bids: Mapping[int, int], lowest_price: int) -> Sold | Unsold:
    """Say how an auction of this format ends if each of these bids is all that its Buyer is ready
    to pay.

    :param bids: each Buyer's, in whole dollars, in the order in which they arrived.
    :param lowest_price: in whole dollars.
    """
    return sealed_counterpart(format).ruled(lowest_price, {}).result(bids, lowest_price)


def is_told(made: type[Format], format: type[Format]) -> bool:
    """Whether bids tell how far Buyers would go in another format than the one they were made in.

    Sealed bids do. Open bidding stops before it has come to that: the winner of an English auction
    never says how far it would go, and those who wait in a Dutch one say nothing. Nobody would go
    less far than it did, so what :func:`settle` makes of such bids is the least that may come of
    it.
    """
    return not made.is_open or sealed_counterpart(made) is sealed_counterpart(format)
