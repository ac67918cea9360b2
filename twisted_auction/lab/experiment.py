"""Many auctions among robots, and what they come to on average."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import sqrt
from random import Random
from statistics import NormalDist

from twisted_auction.lab.bidders import Strategy, Valuations
from twisted_auction.lab.engine import Series, request_for
from twisted_auction.lab.theory import (
    Expectation,
    Outcome,
    expectation,
    revenue,
    sealed_counterpart,
)
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.format import Format
from twisted_auction.rules.formats import format_of
from twisted_auction.rules.request import AuctionRequest

SPREAD_95 = NormalDist().inv_cdf(0.975)
"""Of a normal distribution, 95 % lie at most so many standard deviations from the mean."""

MIN_AUCTIONS = 30
"""The mean of fewer auctions need not be normally distributed, so there would be no interval to
tell."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What the Buyers are put through: an auction, and the strategies that they follow in it.

    :param name: what a person calls it.
    :param strategies: one for each Buyer that the request wants.
    """

    name: str
    request: AuctionRequest
    strategies: tuple[Strategy, ...]

    @property
    def format(self) -> Format:
        """The format that the request names."""
        return format_of(self.request)

    @property
    def late(self) -> tuple[int, ...]:
        """The Buyers who bid only at the last moment."""
        return tuple(who for who, strategy in enumerate(self.strategies, 1) if strategy.is_late)

    def limits(self, valuations: Sequence[int]) -> tuple[int, ...]:
        """Each Buyer's limit, in whole dollars."""
        pairs = zip(self.strategies, valuations, strict=True)
        return tuple([strategy.limit(valuation) for strategy, valuation in pairs])


@dataclass(frozen=True, slots=True)
class Trial:
    """One auction of an experiment. Amounts are whole dollars; Buyers are numbered from 1.

    :param valuations: what the item is worth to each Buyer.
    :param limits: what each is ready to bid.
    :param bids: what each has bid last; in open formats, not everyone bids.
    """

    valuations: tuple[int, ...]
    limits: tuple[int, ...]
    bids: dict[int, int]
    result: Sold | Unsold

    @property
    def revenue(self) -> int:
        """The Seller's."""
        return revenue(self.result)

    @property
    def utility(self) -> int:
        """The winner's; 0 where nobody wins."""
        if isinstance(self.result, Unsold):
            return 0
        return self.utility_of(self.result.winner)

    @property
    def efficiency(self) -> float:
        """What the item is worth to its new owner, as a part of its highest valuation by a Buyer; 0
        if it is not sold."""
        if isinstance(self.result, Unsold):
            return 0.0
        return self.valuations[self.result.winner - 1] / max(self.valuations)

    def utility_of(self, who: int) -> int:
        """A Buyer's."""
        return Outcome.of(who, self.result).utility(self.valuations[who - 1])


def trials(
    treatments: Sequence[Treatment], valuations: Valuations, auctions: int, seed: int
) -> Iterator[tuple[Trial, ...]]:
    """Hold auctions, each one in every treatment.

    The Buyers' valuations are the same in all treatments, so that a difference between these is not
    one of luck. Which of the late Buyers comes first is drawn anew each time. The same seed gives
    the same auctions.

    :param treatments: at least one, all with the same number of Buyers.
    """
    random = Random(seed)
    lots = Random(f"lots {seed}")  # the same numbers would tie the order to the valuations
    buyers = range(treatments[0].request.number_of_bids)
    series = [Series(treatment.request) for treatment in treatments]
    for _ in range(auctions):
        drawn = tuple([valuations.draw(random) for _ in buyers])
        held = []
        for treatment, one_series in zip(treatments, series, strict=True):
            limits = treatment.limits(drawn)
            late = lots.sample(treatment.late, len(treatment.late))
            result = one_series.hold(limits, late)
            held.append(Trial(drawn, limits, one_series.bids, result))
        yield tuple(held)


COLUMNS = (
    "number",
    "treatment",
    "buyer",
    "strategy",
    "valuation",
    "bid",
    "won",
    "payment",
    "utility",
)
"""The facts about each Buyer in each trial."""


def csv_rows(number: int, treatment: Treatment, trial: Trial) -> Iterator[tuple[int | str, ...]]:
    """A row for each Buyer, by the :data:`COLUMNS`; ``bid`` is empty where it made none."""
    for who, valuation in enumerate(trial.valuations, 1):
        outcome = Outcome.of(who, trial.result)
        yield (
            number,
            treatment.name,
            who,
            treatment.strategies[who - 1].text,
            valuation,
            trial.bids.get(who, ""),
            int(outcome.has_won),
            outcome.payment,
            outcome.utility(valuation),
        )


@dataclass(slots=True)
class Mean:
    """A mean and its 95 % confidence interval, number by number (B. P. Welford, "Note on a Method
    for Calculating Corrected Sums of Squares and Products", Technometrics 4, 1962)."""

    count: int = 0
    mean: float = 0.0
    _squares: float = field(default=0.0, repr=False)

    def add(self, number: float) -> None:
        """Take one number in."""
        self.count += 1
        distance = number - self.mean
        self.mean += distance / self.count
        self._squares += distance * (number - self.mean)

    @property
    def margin(self) -> float:
        """The interval reaches so far to either side of the mean."""
        return SPREAD_95 * sqrt(self._squares / (self.count - 1) / self.count)


def theory_for(treatment: Treatment, valuations: Valuations) -> Expectation | None:
    """What the theory says that a treatment comes to, where it says something: in equilibrium, and
    without rules that keep a price from where it should stop."""
    format, lowest_price = treatment.format, treatment.request.lowest_price
    buyers = len(treatment.strategies)
    if not all(strategy.is_equilibrium for strategy in treatment.strategies):
        return None
    if format != format_of(request_for(format.name, lowest_price, buyers, valuations.highest)):
        return None
    limit = treatment.strategies[0].limit  # in equilibrium, all have the same
    return expectation(
        format, limit, valuations.cumulative_chances(lowest_price), buyers, lowest_price
    )


SAMPLE_SIZE = 300
"""So many auctions are enough for a picture of the bids."""


@dataclass(slots=True)
class Summary:
    """What a treatment comes to on average: see :class:`Trial`.

    :param theory: what it should come to, if that is known.
    :ivar utilities: what a Buyer keeps who follows a strategy, by the strategy's text; 0 where it
        loses.
    :ivar sample: the first :data:`SAMPLE_SIZE` auctions.
    """

    treatment: Treatment
    theory: Expectation | None
    revenue: Mean = field(default_factory=Mean)
    utility: Mean = field(default_factory=Mean)
    efficiency: Mean = field(default_factory=Mean)
    utilities: dict[str, Mean] = field(default_factory=lambda: defaultdict(Mean))
    sample: list[Trial] = field(default_factory=list)

    def add(self, trial: Trial) -> None:
        """Take one auction in."""
        self.revenue.add(trial.revenue)
        self.utility.add(trial.utility)
        self.efficiency.add(trial.efficiency)
        kept = defaultdict(list)
        for who, strategy in enumerate(self.treatment.strategies, 1):
            kept[strategy.text].append(trial.utility_of(who))
        # One number an auction: what its Buyers keep depends on one another.
        for text, utilities in kept.items():
            self.utilities[text].add(sum(utilities) / len(utilities))
        if len(self.sample) < SAMPLE_SIZE:
            self.sample.append(trial)


@dataclass(slots=True)
class Difference:
    """How far two treatments are apart, auction by auction.

    :ivar revenue: the first one's less the second one's, in dollars.
    :ivar greatest: the greatest distance of the two, in whole dollars.
    :ivar is_fair: whether the Buyers had the same limits in both, every time.
    """

    revenue: Mean = field(default_factory=Mean)
    greatest: int = 0
    is_fair: bool = True

    def add(self, one: Trial, other: Trial) -> None:
        """Take one auction in."""
        difference = one.revenue - other.revenue
        self.revenue.add(difference)
        self.greatest = max(self.greatest, abs(difference))
        self.is_fair = self.is_fair and one.limits == other.limits


def counterpart_pairs(treatments: Sequence[Treatment]) -> Iterator[tuple[int, int]]:
    """The places of all pairs of an open format and the sealed one that should come to the same, if
    only the Buyers' limits are the same."""
    for place, treatment in enumerate(treatments):
        format = type(treatment.format)
        for other_place, other in enumerate(treatments):
            is_pair = sealed_counterpart(format) is type(other.format) is not format
            if is_pair and not treatment.late:
                yield place, other_place
