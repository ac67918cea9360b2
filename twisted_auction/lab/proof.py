"""The theorem, case by case: in which format is it never worse to bid what the item is worth?"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product

from twisted_auction.lab.theory import Outcome
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.sealed import Sealed


@dataclass(frozen=True, slots=True)
class Situation:
    """What a Buyer cannot choose; amounts are whole dollars.

    :param place: when it bids among all, from 1, because a tie goes to the earlier bid. It is also
        its number.
    :param rivals: the other bids, in the order in which they arrive.
    """

    lowest_price: int
    place: int
    rivals: tuple[int, ...]

    def result(self, format: Sealed, bid: int) -> Sold | Unsold:
        """What a bid leads to. With 0 the Buyer stays away."""
        earlier, later = self.rivals[: self.place - 1], self.rivals[self.place - 1 :]
        bids = dict(enumerate((*earlier, bid, *later), 1))
        if not bid:
            del bids[self.place]
        return format.result(bids, self.lowest_price)


@dataclass(frozen=True, slots=True)
class BetterBid:
    """A bid that is better for a Buyer than what the item is worth to it, by ``gain`` dollars."""

    situation: Situation
    valuation: int
    bid: int
    gain: int


@dataclass(slots=True)
class Verdict:
    """What trying everything has shown.

    :ivar tried: how many bids were held against the truthful one.
    :ivar better: how many of them were better.
    :ivar worse: how many of them were worse; the others came to the same.
    :ivar greatest: the one that was better by most, the first of equals.
    """

    tried: int = 0
    better: int = 0
    worse: int = 0
    greatest: BetterBid | None = None


def count_situations(bound: int, buyers: int) -> int:
    """How many situations there are with amounts up to a bound."""
    return int(buyers * bound**buyers)


def situations(bound: int, buyers: int) -> Iterator[Situation]:
    """All of them: every lowest price, every place, and every bid of every rival."""
    amounts = range(1, bound + 1)
    for lowest_price, place in product(amounts, range(1, buyers + 1)):
        for rivals in product(amounts, repeat=buyers - 1):
            yield Situation(lowest_price, place, rivals)


def prove(format: Sealed, cases: Iterable[Situation], bound: int) -> Verdict:
    """Hold every bid, and staying away, against the truthful one, for every valuation up to a
    bound.

    That no bid is better than the truthful one in a second-price auction is Vickrey's theorem
    (1961).
    """
    verdict = Verdict()
    bids = range(bound + 1)
    for case in cases:
        outcomes = [Outcome.of(case.place, case.result(format, bid)) for bid in bids]
        times = Counter(outcomes)  # what a bid leads to does not depend on the valuation
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
    """Find the bids that are in no case worse than the truthful one, by the valuation.

    A truthful bid than which none is ever better is weakly dominant over all bids but these.
    """
    left = {valuation: {*range(bound + 1)} - {valuation} for valuation in range(1, bound + 1)}
    for case in cases:
        outcomes = [Outcome.of(case.place, case.result(format, bid)) for bid in range(bound + 1)]
        for valuation, bids in left.items():
            truthful = outcomes[valuation].utility(valuation)
            bids -= {bid for bid in bids if outcomes[bid].utility(valuation) < truthful}
    return {valuation: bids for valuation, bids in left.items() if bids}
