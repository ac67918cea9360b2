"""What auction theory says, for Buyers with independent private valuations who do not mind risk.

W. Vickrey, "Counterspeculation, Auctions, and Competitive Sealed Tenders", Journal of Finance 16,
1961, is where it begins; V. Krishna, "Auction Theory", 2nd edition, Academic Press 2010, is the
textbook.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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
    """The whole number that is nearest to a fraction above 0, halves up; exact for any size."""
    return (2 * numerator + denominator) // (2 * denominator)


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


def expectation(top: int, buyers: int, lowest_price: int = 0) -> Expectation:
    """What is expected of any of the four formats in its equilibrium, with valuations that are
    uniform from 0 to ``top``.

    It is the same for all four: the revenue equivalence theorem (Vickrey 1961; Riley and Samuelson
    1981; R. B. Myerson, "Optimal Auction Design", Mathematics of Operations Research 6, 1981). With
    top 1, n Buyers and no lowest price, the revenue is the mean of the second highest valuation,
    (n-1)/(n+1), and the winner keeps the rest of the highest one's mean, n/(n+1). With a lowest
    price r the item is sold with the chance 1 - r^n; the revenue is (n-1)/(n+1) + r^n - 2n/(n+1)
    r^(n+1) (Riley and Samuelson 1981), out of a mean value to its new owner of n/(n+1) (1 -
    r^(n+1)).
    """
    n, r = buyers, min(lowest_price / top, 1.0)
    mean_revenue = (n - 1) / (n + 1) + r**n - 2 * n / (n + 1) * r ** (n + 1)
    value = n / (n + 1) * (1 - r ** (n + 1))
    return Expectation(top * max(mean_revenue, 0.0), top * max(value - mean_revenue, 0.0), 1 - r**n)


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
