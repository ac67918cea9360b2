"""Vickrey's theorem, case by case: in which format is the truthful bid never worse than another?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from twisted_auction.lab.theory import Outcome
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.sealed import Sealed


@dataclass(frozen=True, slots=True)
class Situation:
    """The circumstances of a Buyer's bid; amounts are whole dollars.

    :param place: of its bid in the order of all bids, from 1, because a tie goes to the earlier
        bid. This is also the number of the Buyer.
    :param rivals: the other bids, in their order.
    """

    lowest_price: int
    place: int
    rivals: tuple[int, ...]

    def result(self, format: Sealed, bid: int) -> Sold | Unsold:
        """The result of a bid; 0 means that the Buyer stays away."""
        earlier, later = self.rivals[: self.place - 1], self.rivals[self.place - 1 :]
        bids = dict(enumerate((*earlier, bid, *later), 1))
        if not bid:
            del bids[self.place]
        return format.result(bids, self.lowest_price)


@dataclass(frozen=True, slots=True)
class BetterBid:
    """A bid that brings a Buyer ``gain`` dollars more than the truthful bid."""

    situation: Situation
    valuation: int
    bid: int
    gain: int


@dataclass(slots=True)
class Verdict:
    """The comparison of all bids with the truthful one.

    :ivar tried: number of bids compared.
    :ivar better: number of bids better than the truthful one.
    :ivar worse: number of bids worse; the rest brought the same.
    :ivar greatest: the better bid with the largest gain, the first of equals.
    """

    tried: int = 0
    better: int = 0
    worse: int = 0
    greatest: BetterBid | None = None


def count_situations(bound: int, buyers: int) -> int:
    """Number of situations with amounts up to a bound."""
    return int(buyers * bound**buyers)


def situations(bound: int, buyers: int) -> Iterator[Situation]:
    """All situations: every lowest price, every place, and every bid of every rival."""
    amounts = range(1, bound + 1)
    for lowest_price, place in product(amounts, range(1, buyers + 1)):
        for rivals in product(amounts, repeat=buyers - 1):
            yield Situation(lowest_price, place, rivals)


def prove(format: Sealed, cases: Iterable[Situation], bound: int) -> Verdict:
    """Compare every bid, and staying away, with the truthful bid, for each valuation up to a bound.

    Vickrey's theorem (1961): in a second-price auction, no bid is better than the truthful one.
    """
    verdict = Verdict()
    bids = range(bound + 1)
    for case in cases:
        outcomes = [Outcome.of(case.place, case.result(format, bid)) for bid in bids]
        # Many bids share an outcome: one comparison for each outcome, not for each bid.
        times = Counter(outcomes)  # the result does not depend on the valuation
        for valuation in range(1, bound + 1):
            verdict.tried += bound
            truthful = outcomes[valuation].utility(valuation)
            for other, number in times.items():
                gain = other.utility(valuation) - truthful
                if gain > 0:
                    verdict.better += number
                    if verdict.greatest is None or gain > verdict.greatest.gain:
                        bid = outcomes.index(other)
                        verdict.greatest = BetterBid(case, valuation, bid, gain)
                elif gain < 0:
                    verdict.worse += number
    return verdict


def never_worse(format: Sealed, cases: Iterable[Situation], bound: int) -> dict[int, set[int]]:
    """Find the bids that are in no case worse than the truthful one, by valuation.

    If no bid is ever better than the truthful one, the truthful bid is weakly dominant over all
    other bids except these.
    """
    # All bids but the truthful one, less those found worse in some case.
    left = {valuation: {*range(bound + 1)} - {valuation} for valuation in range(1, bound + 1)}
    for case in cases:
        outcomes = [Outcome.of(case.place, case.result(format, bid)) for bid in range(bound + 1)]
        for valuation, bids in left.items():
            truthful = outcomes[valuation].utility(valuation)
            bids -= {bid for bid in bids if outcomes[bid].utility(valuation) < truthful}
    return {valuation: bids for valuation, bids in left.items() if bids}
