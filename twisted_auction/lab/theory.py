"""What auction theory says, for Buyers with independent private valuations who do not mind risk.

W. Vickrey, "Counterspeculation, Auctions, and Competitive Sealed Tenders", Journal of Finance 16,
1961, is where it begins; V. Krishna, "Auction Theory", 2nd edition, Academic Press 2010, is the
textbook.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, Self

from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.format import Format
from twisted_auction.rules.open import Dutch, English
from twisted_auction.rules.sealed import FirstPrice, SecondPrice


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
    top, and all bid so that none would rather bid otherwise; to the nearest dollar, at
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
    return max(1, round_fraction(wanted, buyers * valuation ** (buyers - 1)))


def round_fraction(numerator: int, denominator: int) -> int:
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

    :param cdf: F, the chance that a valuation is below an amount, which is continuous.
    :param bottom: the lower end; hardly any valuation is below it.
    :param top: the upper end; hardly any is above it.
    """

    cdf: Callable[[float], float]
    bottom: float
    top: float

    def cumulative_chances(self, lowest_price: int) -> Iterator[tuple[int, float]]:
        """Whole-dollar valuations in rising order, each with the chance that a Buyer's is at most
        that. Those below the lowest price are taken together.

        Where there are many of them, each stands for those around it, too (:data:`CELLS`).
        """
        first = max(lowest_price, int(self.bottom), 1)
        last = max(first, round(self.top))
        width = (last - first) // CELLS | 1  # odd, so that a whole dollar is in the middle
        yield first - 1, self.cdf(first - 0.5) if first > 1 else 0.0
        for middle in range(first + width // 2, last + width, width):
            yield middle, self.cdf(middle + width / 2)


CELLS = 16384
"""Parts into which the range of valuations is cut for numerical integration, at least. A hundred
Buyers whose valuations are normal are in equilibrium to within a thousandth of the standard
deviation, and what is expected of an auction is exact for up to twice as many whole dollars."""


def equilibrium_bids(
    valuations: Distribution, buyers: int, lowest_price: int
) -> Callable[[int], int]:
    """What a Buyer bids for a valuation in a first-price auction, when all bid so that
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
    """What is expected of an auction, in dollars.

    :param revenue: the Seller's.
    :param utility: the winner's; nothing where nobody wins.
    :param efficiency: what the item is worth to its new owner, as a part of what it is worth to
        the Buyer that values it most; 0 if it is not sold.
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
    """What is expected of any of the four formats, where amounts are whole dollars.

    Where amounts need not be whole dollars, all four bring the same in equilibrium: the revenue
    equivalence theorem (Vickrey 1961; Riley and Samuelson 1981; R. B. Myerson, "Optimal Auction
    Design", Mathematics of Operations Research 6, 1981; Krishna 2010, proposition 2.3). Whole
    dollars, increments and steps move prices and make ties, so this is a sum over all the prices to
    which Buyers go.

    Several Buyers may go to the highest price. Which of them wins is independent of their
    valuations. Let L be the chance that a Buyer goes less far, and H(m) the chance that it goes
    less far, or as far with a valuation of at most m. Then the winner's valuation is v, and no
    valuation is above m, with the chance of v times (H(m)^n - L^n) / (H(m) - L).

    In an English auction, all Buyers who go at least to the second highest price are equally likely
    to bid it. Where the winner is not the one who does, it pays an increment more.

    :param limit: what a Buyer is ready to pay for a valuation, and never less for a higher one.
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
                value += worth * ratio - won
                efficiency += (worth * ratio - won) / valuation
                won = worth * ratio
        if upto == below:
            continue
        sold = upto**n - below**n
        if is_first_price:
            revenue += price * sold
        else:
            two = 1 - n * below ** (n - 1) + (n - 1) * below**n  # the chance of two who go so far
            revenue += lowest_price * sold + (price - last) * two
            last = price
        if isinstance(format, English):
            revenue += format.increment * (1 - upto) * (n * upto ** (n - 1) - ratio)
    return Expectation(revenue, value - revenue, efficiency)


def highest_bid(format: Format, limit: int, lowest_price: int) -> int:
    """The highest price that a Buyer pays or bids who is ready to pay so much, in whole dollars;
    below the lowest price it is of no effect."""
    match format:
        case English():
            return limit - (limit - lowest_price) % format.increment
        case Dutch() if limit >= lowest_price:
            price = min(limit, format.start)
            return max(lowest_price, price - (price - format.start) % format.step)
    return limit


def listed_bids(amounts: Iterable[int], buyers: int, lowest_price: int) -> dict[int, int]:
    """What Buyers each of whom draws one of a few valuations bid for each of these in a first-price
    auction in equilibrium, in whole dollars.

    Separate values have no equilibrium in which a valuation has one bid: who bid a dollar more
    would win every tie. So each value stands for all amounts that round to it: F rises evenly
    over the dollar around it. The formula of :func:`equilibrium_bids` then gives different bids
    within that dollar; a Buyer makes the mean of those that win. So the Seller gets on average what
    it gets in a second-price auction, but for the rounding of bids to whole dollars.

    :param amounts: the values, in whole dollars, with equal chances; a value may come several
        times.
    """
    bids: dict[int, int] = {}
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
    return sealed_counterpart(format).with_rules(lowest_price, {}).result(bids, lowest_price)


def reveals_limits(made: type[Format], format: type[Format]) -> bool:
    """Whether bids tell how far Buyers would go in another format than the one they were made in.

    Sealed bids do. Open bidding stops before it has come to that: the winner of an English auction
    never says how far it would go, and those who wait in a Dutch one say nothing. Nobody would go
    less far than it did, so what :func:`settle` makes of such bids is the least that may come of
    it.
    """
    return not made.is_open or sealed_counterpart(made) is sealed_counterpart(format)
