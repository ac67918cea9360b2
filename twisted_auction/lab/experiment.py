"""Many auctions among robots, and their averages."""

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
"""Half width, in standard deviations, of the middle 95 % of a normal distribution."""

MIN_AUCTIONS = 30
"""Smallest number of auctions with a confidence interval.

The interval assumes a normally distributed mean, which fewer auctions do not give.
"""


@dataclass(frozen=True, slots=True)
class Treatment:
    """One of the compared conditions: an auction request, and the Buyers' strategies.

    :param name: as the user wrote it.
    :param strategies: one for each Buyer of the request.
    """

    name: str
    request: AuctionRequest
    strategies: tuple[Strategy, ...]

    @property
    def format(self) -> Format:
        """The format of the request."""
        return format_of(self.request)

    @property
    def late(self) -> tuple[int, ...]:
        """The numbers of the Buyers that bid only at the last moment."""
        return tuple(who for who, strategy in enumerate(self.strategies, 1) if strategy.is_late)

    def limits(self, valuations: Sequence[int]) -> tuple[int, ...]:
        """Each Buyer's limit, in whole dollars."""
        pairs = zip(self.strategies, valuations, strict=True)
        return tuple([strategy.limit(valuation) for strategy, valuation in pairs])


@dataclass(frozen=True, slots=True)
class Trial:
    """One auction of an experiment. Amounts are whole dollars; Buyers are numbered from 1.

    :param valuations: the value of the item to each Buyer.
    :param limits: the highest amount each Buyer is ready to bid.
    :param bids: the last bid of each Buyer; in open formats, some Buyers make none.
    """

    valuations: tuple[int, ...]
    limits: tuple[int, ...]
    bids: dict[int, int]
    result: Sold | Unsold

    @property
    def revenue(self) -> int:
        """The revenue of the Seller."""
        return revenue(self.result)

    @property
    def utility(self) -> int:
        """The utility of the winner; 0 if the item is not sold."""
        if isinstance(self.result, Unsold):
            return 0
        return self.utility_of(self.result.winner)

    @property
    def efficiency(self) -> float:
        """The winner's valuation divided by the highest valuation; 0 if the item is not sold."""
        if isinstance(self.result, Unsold):
            return 0.0
        return self.valuations[self.result.winner - 1] / max(self.valuations)

    def utility_of(self, who: int) -> int:
        """The utility of a Buyer."""
        return Outcome.of(who, self.result).utility(self.valuations[who - 1])


def trials(
    treatments: Sequence[Treatment], valuations: Valuations, auctions: int, seed: int
) -> Iterator[tuple[Trial, ...]]:
    """Hold each auction in every treatment.

    All treatments of an auction share the Buyers' valuations, so luck explains no difference
    between treatments. The order of the late Buyers is drawn for each auction. The same seed gives
    the same auctions.

    :param treatments: at least one, all with the same number of Buyers.
    """
    random = Random(seed)
    lots = Random(f"lots {seed}")  # the same sequence would correlate the order with the valuations
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
"""The columns of the CSV file: one row for each Buyer in each trial."""


def csv_rows(number: int, treatment: Treatment, trial: Trial) -> Iterator[tuple[int | str, ...]]:
    """A row for each Buyer, with the :data:`COLUMNS`; ``bid`` is empty if the Buyer made none."""
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
    """A mean and its 95 % confidence interval, updated number by number.

    B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products",
    Technometrics 4, 1962: exact without keeping the numbers.
    """

    count: int = 0
    mean: float = 0.0
    _squares: float = field(default=0.0, repr=False)

    def add(self, number: float) -> None:
        """Add one number."""
        self.count += 1
        distance = number - self.mean  # from the old mean, and below from the new one
        self.mean += distance / self.count
        self._squares += distance * (number - self.mean)

    @property
    def margin(self) -> float:
        """Half width of the confidence interval."""
        return SPREAD_95 * sqrt(self._squares / (self.count - 1) / self.count)


def theory_for(treatment: Treatment, valuations: Valuations) -> Expectation | None:
    """The theory's expectation for a treatment.

    :return: None without a prediction: if a strategy is not in equilibrium, or if the rules differ
        from the laboratory's defaults, because these change where the price stops.
    """
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
"""Number of auctions in the picture of the bids."""


@dataclass(slots=True)
class Summary:
    """The averages of a treatment: see :class:`Trial`.

    :param theory: the expected values, if known.
    :ivar utilities: the mean utility of a Buyer with a strategy, by the strategy's text; a loser
        counts as 0.
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
        """Add one auction."""
        self.revenue.add(trial.revenue)
        self.utility.add(trial.utility)
        self.efficiency.add(trial.efficiency)
        kept = defaultdict(list)
        for who, strategy in enumerate(self.treatment.strategies, 1):
            kept[strategy.text].append(trial.utility_of(who))
        # One number for each auction: utilities within an auction are not independent.
        for text, utilities in kept.items():
            self.utilities[text].add(sum(utilities) / len(utilities))
        if len(self.sample) < SAMPLE_SIZE:
            self.sample.append(trial)


@dataclass(slots=True)
class Difference:
    """The difference of two treatments, auction by auction.

    :ivar revenue: of the first treatment minus the second, in dollars.
    :ivar greatest: the largest absolute difference, in whole dollars.
    :ivar is_fair: True if the Buyers had the same limits in both treatments of every auction.
    """

    revenue: Mean = field(default_factory=Mean)
    greatest: int = 0
    is_fair: bool = True

    def add(self, one: Trial, other: Trial) -> None:
        """Add one auction."""
        difference = one.revenue - other.revenue
        self.revenue.add(difference)
        self.greatest = max(self.greatest, abs(difference))
        self.is_fair = self.is_fair and one.limits == other.limits


def counterpart_pairs(treatments: Sequence[Treatment]) -> Iterator[tuple[int, int]]:
    """The indexes of all pairs of an open format and its sealed counterpart.

    Both should bring the same revenue if the Buyers' limits are the same.
    """
    for place, treatment in enumerate(treatments):
        format = type(treatment.format)
        for other_place, other in enumerate(treatments):
            is_pair = sealed_counterpart(format) is type(other.format) is not format
            if is_pair and not treatment.late:
                yield place, other_place
