"""Auction theory for risk-neutral Buyers with independent private valuations.

W. Vickrey, "Counterspeculation, Auctions, and Competitive Sealed Tenders", Journal of Finance 16,
1961, founded it; V. Krishna, "Auction Theory", 2nd edition, Academic Press 2010, is the textbook.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, Self

from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.format import Format
from twisted_auction.rules.open import English
from twisted_auction.rules.sealed import FirstPrice, SecondPrice


class Outcome(NamedTuple):
    """The outcome of an auction for one Buyer.

    :ivar has_won: True if the Buyer gets the item.
    :ivar payment: the Buyer's debt, in whole dollars.
    """

    has_won: bool
    payment: int

    @classmethod
    def of(cls, who: int, result: Sold | Unsold) -> Self:
        """The outcome for the Buyer with this number."""
        if isinstance(result, Unsold):
            return cls(False, 0)
        if who == result.winner:
            return cls(True, result.payment)
        return cls(False, dict(result.dues).get(who, 0))

    def utility(self, valuation: int) -> int:
        """The gain of a Buyer with this valuation, in whole dollars.

        A winner gains the valuation minus the payment; a loser gains 0, or loses a payment of its
        own (the assignment's advanced question).
        """
        return (valuation if self.has_won else 0) - self.payment


def revenue(result: Sold | Unsold) -> int:
    """The sum of all payments to the Seller, in whole dollars."""
    if isinstance(result, Unsold):
        return 0
    return result.payment + sum(due for _, due in result.dues)


def equilibrium_bid(valuation: int, buyers: int, lowest_price: int = 0) -> int:
    """The equilibrium bid in a first-price auction with uniform valuations from 0, rounded to the
    nearest dollar, at least 1.

    This is the result of :func:`equilibrium_bids` for these valuations, but exact for any size.
    Without a lowest price, the bid is (n-1)/n of the valuation (Vickrey 1961; Krishna 2010, example
    2.1). With a lowest price of r, it is v (n-1)/n + r^n / (n v^(n-1)) for a valuation v of at
    least r (J. G. Riley and W. F. Samuelson, "Optimal Auctions", American Economic Review 71, 1981,
    for the uniform distribution). Below r no bid can win, and this function returns the valuation.

    :param valuation: whole dollars, as is the bid.
    :param buyers: number of Buyers, this one included.
    """
    if valuation <= lowest_price:
        return valuation
    # One exact fraction: a float holds 53 bits, an amount up to 18 digits and its powers many more.
    wanted = (buyers - 1) * valuation**buyers + lowest_price**buyers
    return max(1, round_fraction(wanted, buyers * valuation ** (buyers - 1)))


def round_fraction(numerator: int, denominator: int) -> int:
    """Round a fraction above 0 to a whole number, exactly for any size.

    A half goes to the even number, because rounding halves up would raise the mean: with two
    Buyers, every second equilibrium bid has a half.
    """
    whole, rest = divmod(numerator, denominator)
    return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2))


@dataclass(frozen=True, slots=True)
class Distribution:
    """A continuous distribution of valuations, in dollars. Valuations are drawn from it, rounded to
    whole dollars, and raised to at least 1.

    :param cdf: F, the cumulative distribution function.
    :param bottom: the lower end; nearly all valuations are above it.
    :param top: the upper end; nearly all valuations are below it.
    """

    cdf: Callable[[float], float]
    bottom: float
    top: float

    def cumulative_chances(self, lowest_price: int) -> Iterator[tuple[int, float]]:
        """Valuations in whole dollars in rising order, each with the probability of a valuation up
        to it. Those below the lowest price are merged into one.

        If there are many, each represents its neighbours, too (:data:`CELLS`).
        """
        first = max(lowest_price, int(self.bottom), 1)
        last = max(first, round(self.top))
        width = (last - first) // CELLS | 1  # odd: a whole dollar is in the middle
        yield first - 1, self.cdf(first - 0.5) if first > 1 else 0.0
        for middle in range(first + width // 2, last + width, width):
            yield middle, self.cdf(middle + width / 2)


CELLS = 16384
"""Number of cells, at least, in the range of valuations for numerical integration.

With these, the equilibrium bids of 100 Buyers with normal valuations are exact to a thousandth of
the standard deviation, and an expectation is exact for up to twice as many whole dollars.
"""


def equilibrium_bids(
    valuations: Distribution, buyers: int, lowest_price: int
) -> Callable[[int], int]:
    """The equilibrium of a first-price auction, as a function from valuation to bid, rounded to the
    nearest dollar.

    With n Buyers and a lowest price of r, the bid is b(v) = v - A(v), with A(v) the integral of
    (F(x) / F(v))^(n-1) over x from r to v (Krishna 2010, proposition 2.2, and section 2.5 for the
    lowest price, known to the Buyers). Below r no bid can win, and the function returns the
    valuation. A is tabulated from cell to cell by Simpson's rule.
    """
    start = max(valuations.bottom, lowest_price)
    width = (valuations.top - start) / CELLS
    if buyers == 1 or width <= 0:
        return lambda valuation: min(valuation, lowest_price)
    shading, reached = [0.0], valuations.cdf(start)
    for cell in range(CELLS):
        middle = valuations.cdf(start + (cell + 0.5) * width)
        before, reached = reached, valuations.cdf(start + (cell + 1) * width)
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
    """The expected values of an auction, in dollars.

    :param revenue: of the Seller.
    :param utility: of the winner; 0 if the item is not sold.
    :param efficiency: the winner's valuation divided by the highest one; 0 if the item is not sold.
    """

    revenue: float
    utility: float
    efficiency: float


def expectation(
    format: Format,
    limit: Callable[[int], int],
    chances: Iterable[tuple[int, float]],
    buyers: int,
    lowest_price: int,
) -> Expectation:
    """The expected values of any of the four formats, with amounts in whole dollars.

    With continuous amounts, all four formats bring the same in equilibrium: the revenue equivalence
    theorem (Vickrey 1961; Riley and Samuelson 1981; R. B. Myerson, "Optimal Auction Design",
    Mathematics of Operations Research 6, 1981; Krishna 2010, proposition 2.3). Whole dollars,
    increments and steps move prices and make ties, so this function sums over all final prices.

    Several Buyers may reach the highest price, and the winner among them is independent of their
    valuations. Let L be the probability of a Buyer below that price, and H(m) the probability of a
    Buyer below it, or at it with a valuation up to m. Then "the winner's valuation is v, and no
    valuation is above m" has the probability of v times (H(m)^n - L^n) / (H(m) - L).

    In an English auction, all Buyers that reach the second highest price are equally likely to bid
    it. If another Buyer than the winner bids it, the winner pays an increment more.

    :param limit: a function from valuation to limit, never falling.
    :param chances: as of :meth:`Distribution.cumulative_chances`.
    """
    n, revenue, value, efficiency = buyers, 0.0, 0.0, 0.0
    is_first_price = sealed_counterpart(type(format)) is FirstPrice
    upto, last = 0.0, lowest_price
    for price, group in groupby(
        chances, lambda one: highest_bid(format, limit(one[0]), lowest_price)
    ):
        if price < lowest_price:
            upto = max(chance for _, chance in group)
            continue
        below, worth, won, ratio = upto, 0.0, 0.0, 0.0
        for valuation, chance in group:
            if chance > upto:
                worth += valuation * (chance - upto)
                upto = chance
                ratio = (upto**n - below**n) / (upto - below)
                # The sum for all valuations up to this one, minus the sum up to the one before.
                value += worth * ratio - won
                efficiency += (worth * ratio - won) / valuation
                won = worth * ratio
        if upto == below:
            continue
        sold = upto**n - below**n
        if is_first_price:
            revenue += price * sold
        else:
            # The probability of two Buyers or more at this price or above.
            two = 1 - n * below ** (n - 1) + (n - 1) * below**n
            revenue += lowest_price * sold + (price - last) * two
            last = price
        if isinstance(format, English):
            revenue += format.increment_at(0) * (1 - upto) * (n * upto ** (n - 1) - ratio)
    return Expectation(revenue, value - revenue, efficiency)


def highest_bid(format: Format, limit: int, lowest_price: int) -> int:
    """The highest price that a Buyer with this limit can bid, in whole dollars. One below the
    lowest price has no effect.

    An English price rises by increments, and a Dutch one falls by steps, so it may be below the
    limit.
    """
    match format:
        case English():
            assert isinstance(format.increment, int)  # the laboratory takes no table
            return limit - (limit - lowest_price) % format.increment
        case Dutch() if limit >= lowest_price:
            price = min(limit, format.start)
            return max(lowest_price, price - (price - format.start) % format.step)
    return limit


def listed_bids(amounts: Iterable[int], buyers: int, lowest_price: int) -> dict[int, int]:
    """The equilibrium bids in a first-price auction with a few discrete valuations, in whole
    dollars, by valuation.

    Discrete valuations have no equilibrium with one bid for each: a Buyer could add a dollar and
    win every tie. So each value stands for all amounts that round to it, with F rising evenly over
    that dollar. The formula of :func:`equilibrium_bids` then gives different bids within the
    dollar, and the Buyer bids the mean of the winning ones. The Seller's mean revenue is then that
    of a second-price auction, apart from the rounding of bids to whole dollars.

    :param amounts: the values, in whole dollars, with equal probabilities; a value may occur
        several times.
    """
    bids: dict[int, int] = {}
    # Whole numbers throughout: sums of floats would lose the dollar when amounts have 18 digits.
    below = shading = 0
    last = lowest_price
    for amount, number in sorted(Counter(amounts).items()):
        upto = below + number
        if amount < lowest_price:
            bids[amount] = amount
        else:
            shading += below ** (buyers - 1) * (amount - last)
            last = amount
            wins = upto**buyers - below**buyers
            bids[amount] = round_fraction(amount * wins - shading * buyers * number, wins)
        below = upto
    return bids


COUNTERPARTS: dict[type[Format], type[Format]] = {English: SecondPrice, Dutch: FirstPrice}
"""The sealed counterpart of each open format: both have the same result if each bid is its Buyer's
limit. A rising price stops at the second highest limit (to within an increment), a falling one at
the highest (to within a step). Vickrey 1961."""


def sealed_counterpart(format: type[Format]) -> type[Format]:
    """The sealed format equivalent to a format, or the format itself."""
    for open_format, counterpart in COUNTERPARTS.items():
        if issubclass(format, open_format):
            return counterpart
    return format


def settle(format: type[Format], bids: Mapping[int, int], lowest_price: int) -> Sold | Unsold:
    """The result of an auction of this format if each of these bids is the limit of its Buyer.

    :param bids: of each Buyer, in whole dollars, in the order of arrival.
    :param lowest_price: whole dollars.
    """
    return sealed_counterpart(format).with_rules(lowest_price, {}).result(bids, lowest_price)


def reveals_limits(made: type[Format], format: type[Format]) -> bool:
    """True if bids made in one format show the Buyers' limits in another format.

    Sealed bids do. Open bidding stops before: the winner of an English auction never shows its
    limit, and in a Dutch auction the losers bid nothing. No limit is below the Buyer's bid, so the
    result of :func:`settle` from such bids is a lower bound.
    """
    return not made.is_open or sealed_counterpart(made) is sealed_counterpart(format)
