import statistics
from collections import Counter
from math import sqrt
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay
from twisted_auction.lab.bidders import Listed, Normal, Uniform, Valuations, parse_strategy
from twisted_auction.lab.engine import request_for
from twisted_auction.lab.experiment import (
    COLUMNS,
    SAMPLE_SIZE,
    Difference,
    Mean,
    Summary,
    Treatment,
    Trial,
    counterpart_pairs,
    csv_rows,
    theory_for,
    trials,
)
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.formats import FORMATS, format_of
from twisted_auction.rules.grammar import parse_request
from twisted_auction.rules.refusals import InvalidRequest

ALL = ("first-price", "second-price", "english", "dutch")
TOP = Uniform(200)


def includes(mean: Mean, number: float) -> bool:
    """True if a number lies in the interval."""
    return abs(mean.mean - number) <= mean.margin


def treatment(
    kind: str,
    strategies: tuple[str, ...] | str = "equilibrium",
    buyers: int = 2,
    lowest_price: int = 1,
    valuations: Valuations = TOP,
) -> Treatment:
    request = request_for(kind, lowest_price, buyers, valuations.highest)
    texts = (strategies,) * buyers if isinstance(strategies, str) else strategies
    return Treatment(
        kind,
        request,
        tuple(
            parse_strategy(text, format_of(request), buyers, lowest_price, valuations)
            for text in texts
        ),
    )


def tried(
    *treatments: Treatment, auctions: int, seed: int = 1, valuations: Valuations = TOP
) -> list[tuple[Trial, ...]]:
    return list(trials(treatments, valuations, auctions, seed))


def summed_up(
    *treatments: Treatment, auctions: int, seed: int = 1, valuations: Valuations = TOP
) -> list[Summary]:
    summaries = [Summary(one, theory_for(one, valuations)) for one in treatments]
    for held in trials(treatments, valuations, auctions, seed):
        for summary, trial in zip(summaries, held, strict=True):
            summary.add(trial)
    return summaries


class RequestTests(SynchronousTestCase):
    def test_defaults(self) -> None:
        for kind, lowest_price, highest, text in [
            ("first-price", 1, 1000, "first-price 1 3 item"),
            ("2", 50, 1000, "2 50 3 item"),
            ("english", 1, 200, "english:increment=1 1 3 item"),
            ("english", 1, 5999, "english:increment=5 1 3 item"),
            ("english:duration=5", 1, 5000, "english:duration=5:increment=5 1 3 item"),
            ("3:increment=7", 1, 5000, "3:increment=7 1 3 item"),
            ("dutch", 1, 200, "dutch:start=200:step=1:interval=1 1 3 item"),
            ("dutch:step=9", 1, 5000, "dutch:step=9:start=5000:interval=1 1 3 item"),
            ("4:start=80:interval=2", 1, 500, "4:start=80:interval=2:step=1 1 3 item"),
            # all valuations below the lowest price: the clock still has to start above it
            ("dutch", 300, 200, "dutch:start=301:step=1:interval=1 300 3 item"),
            (
                "dutch",
                1,
                MAX_AMOUNT,
                "dutch:start=999999999999999999:step=999999999999999:interval=1 1 3 item",
            ),
        ]:
            request = request_for(kind, lowest_price, 3, highest)
            self.assertEqual(request.text, text)
            self.assertEqual((request.lowest_price, request.number_of_bids), (lowest_price, 3))

    def test_many_buyers(self) -> None:
        """It is not bound by the assignment's ten."""
        self.assertEqual(request_for("second-price", 1, 50, 1000).number_of_bids, 50)

    def test_refused(self) -> None:
        types = (
            "type_of_auction must be 1 (first-price), 2 (second-price), 3 (english) or 4 (dutch)."
        )
        for kind, lowest_price, reason in [
            ("", 1, types),
            ("fifth", 1, types),
            ("first-price:step=1", 1, "first-price has no rule step; its rules are: end."),
            (
                "english:increment",
                1,
                "increment must be a whole number from 1 to 999999999999999999.",
            ),
            ("english:increment=5:increment=5", 1, "increment is given twice."),
            ("dutch:start=80", 80, "start must be above lowest_price."),
            ("dutch", MAX_AMOUNT, "start must be above lowest_price."),
            ("first-price", 0, "lowest_price must be a whole number from 1 to 999999999999999999."),
            # it must not slip in another lowest price
            ("first-price 5 2", 1, ""),
            ("english:increment=5:duration=9 5 2", 1, ""),
        ]:
            refusal = self.assertRaises(InvalidRequest, request_for, kind, lowest_price, 2, 1000)
            self.assertEqual(refusal.reason or "", reason)


class MeanTests(SynchronousTestCase):
    @given(st.lists(st.integers(-(10**6), 10**6) | st.floats(-1, 1), min_size=2, max_size=50))
    @settings(max_examples=60)
    def test_oracle(self, numbers: list[float]) -> None:
        mean = Mean()
        for number in numbers:
            mean.add(number)
        margin = 1.959963984540054 * statistics.stdev(numbers) / sqrt(len(numbers))
        self.assertEqual(mean.count, len(numbers))
        self.assertApproximates(mean.mean, statistics.mean(numbers), 1e-6)
        self.assertApproximates(mean.margin, margin, 1e-6 * (1 + margin))

    def test_known(self) -> None:
        mean = Mean()
        for number in (0.0, 10.0):
            mean.add(number)
        self.assertEqual(mean.mean, 5.0)
        self.assertApproximates(mean.margin, 9.8, 0.001)

    def test_always_the_same(self) -> None:
        mean = Mean()
        for _ in range(30):
            mean.add(1.0)
        self.assertEqual((mean.mean, mean.margin), (1.0, 0.0))

    def test_coverage(self) -> None:
        """About 95 % of the 95 % intervals contain the true value."""
        second_price = treatment("second-price")
        truth = theory_for(second_price, TOP)
        assert truth is not None
        hits = 0
        for seed in range(200):
            (summary,) = summed_up(second_price, auctions=50, seed=seed)
            hits += includes(summary.revenue, truth.revenue)
        self.assertTrue(180 <= hits <= 198, hits)


class TheoryTests(SynchronousTestCase):
    def assert_in_intervals(self, summary: Summary) -> None:
        assert summary.theory is not None
        for name, mean, truth in [
            ("revenue", summary.revenue, summary.theory.revenue),
            ("utility", summary.utility, summary.theory.utility),
        ]:
            said = f"{summary.treatment.name} {name}: {mean} {mean.margin}, not {truth}"
            self.assertTrue(includes(mean, truth), said)

    def test_sealed(self) -> None:
        for buyers in (2, 5, 9):
            valuations = Uniform(1000)
            both = [treatment(kind, "equilibrium", buyers, 1, valuations) for kind in ALL[:2]]
            for summary in summed_up(*both, auctions=1000, valuations=valuations):
                self.assert_in_intervals(summary)
                self.assertGreater(summary.efficiency.mean, 0.998)

    def test_open(self) -> None:
        for buyers in (2, 5, 9):
            both = [treatment(kind, "equilibrium", buyers) for kind in ALL[2:]]
            for summary in summed_up(*both, auctions=300):
                self.assert_in_intervals(summary)
                self.assertGreater(summary.efficiency.mean, 0.99)

    def test_lowest_price(self) -> None:
        """Half of the top; a quarter of the auctions do not sell."""
        four = [treatment(kind, "equilibrium", 2, 100) for kind in ALL]
        for summary in summed_up(*four, auctions=300):
            self.assert_in_intervals(summary)
            assert summary.theory is not None
            self.assertTrue(includes(summary.efficiency, summary.theory.efficiency))

    def test_expected(self) -> None:
        """All formats bring the same, to within whole dollars, also with the default rules written
        out.
        """
        for lowest_price in (1, 100):
            revenues = [
                theory.revenue
                for kind in ALL
                if (theory := theory_for(treatment(kind, "equilibrium", 5, lowest_price), TOP))
            ]
            self.assertEqual(len(revenues), 4)
            self.assertLess(max(revenues) - min(revenues), 0.6)
        for kind, strategy, same in [
            ("second-price", "truthful", "second-price"),
            ("english", "straightforward", "english"),
            ("english:increment=1", "equilibrium", "english"),
            ("dutch:start=200:step=1", "equilibrium", "dutch"),
            ("dutch", "equilibrium", "first-price"),
        ]:
            theory = theory_for(treatment(same), TOP)
            self.assertEqual(theory_for(treatment(kind, strategy), TOP), theory)

    def test_whole_dollars(self) -> None:
        """Rounded first-price bids leave a winner 10.02; continuous bids leave it 10.00."""
        valuations = Uniform(100)
        both = [treatment(kind, buyers=9, valuations=valuations) for kind in ("first-price", "2")]
        kept = [theory.utility for one in both if (theory := theory_for(one, valuations))]
        self.assertEqual([round(one, 3) for one in kept], [10.021, 10.004])

    def test_increments(self) -> None:
        """An English price is on average half a dollar above the second highest valuation, for any
        increment, if ties are rare.
        """
        for top, buyers, lowest_price, auctions in [
            (100, 9, 1, 600),
            (100, 2, 50, 800),
            (100, 1, 1, 50),
            (3000, 5, 1, 200),
        ]:
            valuations = Uniform(top)
            both = [
                treatment(kind, "equilibrium", buyers, lowest_price, valuations)
                for kind in ("english", "second-price")
            ]
            theories = [theory_for(one, valuations) for one in both]
            assert theories[0] is not None and theories[1] is not None
            more = theories[0].revenue - theories[1].revenue
            self.assertTrue(0.1 < more <= 0.5 or buyers == 1, more)
            difference = Difference()
            for pair in trials(both, valuations, auctions, 1):
                difference.add(*pair)
            self.assertApproximates(
                difference.revenue.mean, more, difference.revenue.margin + 0.001
            )

    def test_steps(self) -> None:
        """A Dutch price skips half of a step on average, less half a dollar."""
        valuations = Uniform(20_000)
        for buyers, lowest_price, less in [(5, 1, 9.5), (2, 10_000, 9.5 * 0.75), (1, 500, 0)]:
            both = [
                treatment(kind, "equilibrium", buyers, lowest_price, valuations)
                for kind in ("first-price", "dutch")
            ]
            theories = [theory_for(one, valuations) for one in both]
            assert theories[0] is not None and theories[1] is not None
            self.assertApproximates(theories[0].revenue - theories[1].revenue, less, 0.5)
            difference = Difference()
            for pair in trials(both, valuations, 80, 1):
                difference.add(*pair)
            self.assertApproximates(difference.revenue.mean, less, difference.revenue.margin + 0.5)

    def test_rounding(self) -> None:
        """Of two Buyers, each has a half in every second bid: the theory's figures lie in the
        intervals of many auctions, too."""
        valuations = Uniform(60)
        four = [treatment(kind, valuations=valuations) for kind in ALL]
        for summary in summed_up(*four[:2], auctions=10_000, valuations=valuations):
            self.assert_in_intervals(summary)

    def test_other_valuations(self) -> None:
        """The same four formats with normal valuations, or with a list."""
        for valuations in (Normal(500, 150), Listed((200, 320, 320, 410, 500, 660))):
            for buyers, lowest_price in [(2, 1), (3, 400)]:
                four = [
                    treatment(kind, "equilibrium", buyers, lowest_price, valuations) for kind in ALL
                ]
                for summary in summed_up(*four, auctions=150, seed=2, valuations=valuations):
                    self.assert_in_intervals(summary)

    def test_coarse(self) -> None:
        """Whole dollars count even with a great effect."""
        cases: list[tuple[Valuations, int]] = [
            (Uniform(1), 2),
            (Uniform(14), 2),
            (Uniform(49), 9),
            (Normal(500, 4), 2),
            (Listed((3, 5, 8)), 3),
        ]
        for valuations, buyers in cases:
            four = [treatment(kind, buyers=buyers, valuations=valuations) for kind in ALL]
            for summary in summed_up(*four, auctions=200, seed=3, valuations=valuations):
                self.assert_in_intervals(summary)

    def test_never_sold(self) -> None:
        """Without a possible bid the expected values are 0, and have no sign."""
        one = treatment("second-price", buyers=5, lowest_price=300)
        theory = theory_for(one, TOP)
        assert theory is not None
        said = [f"{part:.2f}" for part in (theory.revenue, theory.utility, theory.efficiency)]
        self.assertEqual(said, ["0.00"] * 3)

    def test_theory_is_silent(self) -> None:
        cases: list[tuple[str, tuple[str, ...] | str]] = [
            ("first-price", "truthful"),
            ("first-price", "shading:0.5"),
            ("first-price", ("equilibrium", "truthful")),
            ("second-price", ("equilibrium", "shading:0.9")),
            ("english", "sniping"),
            ("dutch", "threshold:0.5"),
            ("english:increment=50", "equilibrium"),
            ("english:extension=0", "equilibrium"),
            ("dutch:step=50", "equilibrium"),
            ("dutch:start=100", "equilibrium"),
        ]
        for kind, strategies in cases:
            self.assertIsNone(theory_for(treatment(kind, strategies), TOP), kind)


class TrialTests(SynchronousTestCase):
    def test_csv_rows(self) -> None:
        english = treatment("english:increment=10", ("straightforward", "sniping"), 2, 100)
        valuations = Listed((150,))
        ((trial,),) = tried(english, auctions=1, valuations=valuations)
        self.assertEqual(trial, Trial((150, 150), (150, 150), {1: 140, 2: 150}, Sold(2, 150, 150)))
        self.assertEqual(
            list(csv_rows(7, english, trial)),
            [
                (7, "english:increment=10", 1, "straightforward", 150, 140, 0, 0, 0),
                (7, "english:increment=10", 2, "sniping", 150, 150, 1, 150, 0),
            ],
        )
        for row in csv_rows(7, english, trial):
            self.assertEqual(len(row), len(COLUMNS))

    def test_csv_rows_without_a_bid(self) -> None:
        dutch = treatment("dutch", ("threshold:0.5", "threshold:1"), 2, 10)
        ((trial,),) = tried(dutch, auctions=1, valuations=Listed((80,)))
        self.assertEqual(
            list(csv_rows(1, dutch, trial)),
            [
                (1, "dutch", 1, "threshold:0.5", 80, "", 0, 0, 0),
                (1, "dutch", 2, "threshold:1", 80, 80, 1, 80, 0),
            ],
        )

    def test_csv_rows_of_dues(self) -> None:
        FORMATS[5] = AllPay
        self.addCleanup(FORMATS.pop, 5)
        request = parse_request(b"5 100 2 item", 9)
        texts = ("truthful", "shading:0.8")
        strategies = [parse_strategy(text, AllPay(), 2, 100, TOP) for text in texts]
        all_pay = Treatment("all-pay", request, tuple(strategies))
        ((trial,),) = tried(all_pay, auctions=1, valuations=Listed((150,)))
        self.assertEqual(
            list(csv_rows(1, all_pay, trial)),
            [
                (1, "all-pay", 1, "truthful", 150, 150, 1, 150, 0),
                (1, "all-pay", 2, "shading:0.8", 150, 120, 0, 120, -120),
            ],
        )
        self.assertEqual((trial.revenue, trial.utility), (270, 0))

    def test_worth(self) -> None:
        cases: list[tuple[Sold | Unsold, int, int, float]] = [
            (Sold(1, 90, 80), 80, 20, 0.5),
            (Sold(2, 210, 210), 210, -10, 1.0),
            (Unsold(90), 0, 0, 0.0),
            (Unsold(None), 0, 0, 0.0),
        ]
        for result, revenue, utility, efficiency in cases:
            trial = Trial((100, 200), (90, 210), {}, result)
            self.assertEqual(
                (trial.revenue, trial.utility, trial.efficiency), (revenue, utility, efficiency)
            )

    def test_seed(self) -> None:
        four = [treatment(kind, buyers=3) for kind in ALL]
        self.assertEqual(tried(*four, auctions=20), tried(*four, auctions=20))
        self.assertNotEqual(tried(*four, auctions=20), tried(*four, auctions=20, seed=2))
        # more auctions begin with the same ones
        self.assertEqual(tried(*four, auctions=30)[:20], tried(*four, auctions=20))

    def test_same_valuations(self) -> None:
        """In all treatments, and whatever others there are; they are drawn in a fixed order."""
        random = Random(1)
        drawn = [tuple(TOP.draw(random) for _ in range(3)) for _ in range(20)]
        four = [treatment(kind, buyers=3) for kind in ALL]
        for one, held in zip(drawn, tried(*four, auctions=20), strict=True):
            self.assertEqual([trial.valuations for trial in held], [one] * 4)
        alone = tried(four[3], auctions=20)
        self.assertEqual([held[3:] for held in tried(*four, auctions=20)], alone)

    def test_limits(self) -> None:
        one = treatment("english", ("straightforward", "sniping", "equilibrium"), 3)
        self.assertEqual(one.limits((10, 20, 30)), (10, 20, 30))
        self.assertEqual(one.late, (2,))
        shading = treatment("first-price", ("shading:0.5", "truthful", "equilibrium"), 3)
        self.assertEqual(shading.limits((10, 20, 30)), (5, 20, 20))
        self.assertEqual(shading.late, ())

    def test_late_order(self) -> None:
        """The last of the late Buyers wins; each is last about as often."""
        kind, strategies = "english:extension=0", ("straightforward", *["sniping"] * 3)
        alike = Listed((150,))
        one = treatment(kind, strategies, 4)
        first = [tried(one, auctions=1, seed=seed, valuations=alike)[0] for seed in range(400)]
        for rows in (first, tried(one, auctions=400, valuations=alike)):
            winners = Counter(
                trial.result.winner for (trial,) in rows if isinstance(trial.result, Sold)
            )
            self.assertEqual((sorted(winners), winners.total()), ([2, 3, 4], 400))
            self.assertTrue(min(winners.values()) > 100, winners)

    def test_late_order_has_nothing_to_do_with_valuations(self) -> None:
        """A Buyer with a low valuation is last about as often as the others."""
        one = treatment("english:extension=0", "sniping", 3)
        winners: Counter[int] = Counter()
        for seed in range(400):
            ((trial,),) = tried(one, auctions=1, seed=seed)
            if trial.valuations[0] < 50 and isinstance(trial.result, Sold):
                winners[trial.result.winner] += 1
        self.assertTrue(0.25 < winners[1] / winners.total() < 0.42, winners)

    def test_sample(self) -> None:
        first_price = treatment("first-price")
        (summary,) = summed_up(first_price, auctions=SAMPLE_SIZE + 20)
        held = [trial for (trial,) in tried(first_price, auctions=SAMPLE_SIZE)]
        self.assertEqual(summary.sample, held)
        self.assertEqual(summary.revenue.count, SAMPLE_SIZE + 20)


class UtilitiesTests(SynchronousTestCase):
    def test_known(self) -> None:
        """The first keeps 50, loses, and pays 10 too much, so 40/3 on average. The other two keep
        nothing, then 0 and 60, then nothing, so the mean of 0, 30 and 0 is 10."""
        strategies = ("truthful", "shading:0.5", "shading:0.5")
        summary = Summary(treatment("first-price", strategies, 3), None)
        for valuations, result in [
            ((100, 20, 30), Sold(1, 50, 50)),
            ((100, 20, 180), Sold(3, 120, 120)),
            ((100, 20, 30), Sold(1, 110, 110)),
        ]:
            summary.add(Trial(valuations, (1, 1, 1), {}, result))
        self.assertEqual(list(summary.utilities), ["truthful", "shading:0.5"])
        for text, numbers in [("truthful", [50, 0, -10]), ("shading:0.5", [0, 30, 0])]:
            kept, by_hand = summary.utilities[text], Mean()
            for number in numbers:
                by_hand.add(number)
            self.assertEqual(kept, by_hand)
        self.assertApproximates(summary.utilities["truthful"].mean, 40 / 3, 1e-9)
        self.assertApproximates(summary.utilities["shading:0.5"].mean, 10, 1e-9)

    def test_dues(self) -> None:
        """A loser that pays keeps less than nothing."""
        summary = Summary(treatment("first-price", ("truthful", "shading:0.5")), None)
        for _ in range(2):
            summary.add(Trial((90, 80), (90, 40), {}, Sold(1, 90, 90, ((2, 40),))))
        means = {text: kept.mean for text, kept in summary.utilities.items()}
        self.assertEqual(means, {"truthful": 0, "shading:0.5": -40})


class DifferenceTests(SynchronousTestCase):
    def compared(self, one: Treatment, other: Treatment) -> Difference:
        difference = Difference()
        for pair in trials([one, other], TOP, 100, 1):
            difference.add(*pair)
        return difference

    def test_english_and_second_price(self) -> None:
        second_price = treatment("second-price", buyers=5)
        for increment in (1, 7):
            english = treatment(f"english:increment={increment}", buyers=5)
            difference = self.compared(english, second_price)
            self.assertTrue(difference.is_fair)
            self.assertTrue(0 < difference.greatest <= increment, difference)
            self.assertLess(abs(difference.revenue.mean), increment)

    def test_dutch_and_first_price(self) -> None:
        first_price = treatment("first-price", buyers=5)
        difference = self.compared(treatment("dutch", buyers=5), first_price)
        self.assertEqual((difference.greatest, difference.is_fair), (0, True))
        self.assertEqual(difference.revenue.mean, 0.0)
        steps = self.compared(treatment("dutch:step=9", buyers=5), first_price)
        self.assertTrue(steps.is_fair and 0 < steps.greatest < 9)
        self.assertLess(steps.revenue.mean, 0)

    def test_unfair(self) -> None:
        shading = treatment("first-price", "shading:0.6")
        difference = self.compared(treatment("dutch"), shading)
        self.assertFalse(difference.is_fair)

    def test_once_unfair(self) -> None:
        """One auction with different limits is enough."""
        difference = Difference()
        one, other = (Trial((9, 9), (limit, 9), {}, Sold(2, 9, limit)) for limit in (5, 7))
        difference.add(one, one)
        self.assertTrue(difference.is_fair)
        difference.add(one, other)
        difference.add(one, one)
        self.assertEqual((difference.is_fair, difference.greatest), (False, 2))
        self.assertApproximates(difference.revenue.mean, -2 / 3, 1e-9)

    def test_counterparts(self) -> None:
        english, dutch, late = treatment("english"), treatment("dutch"), ("sniping",) * 2
        first, second = treatment("first-price"), treatment("second-price")
        for treatments, pairs in [
            ((first, second, english, dutch), [(2, 1), (3, 0)]),
            ((english, treatment("english:increment=5"), second), [(0, 2), (1, 2)]),
            ((dutch, treatment("first-price", "truthful"), first), [(0, 1), (0, 2)]),
            ((english, dutch), []),
            ((first, second), []),
            ((treatment("english", late), second), []),
            ((treatment("english", ("sniping", "straightforward")), second), []),
        ]:
            self.assertEqual(list(counterpart_pairs(treatments)), pairs)
