from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import prod

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay, Candle
from tests.rules import oracle
from twisted_auction.lab.bidders import Listed, Normal, Uniform, Valuations
from twisted_auction.lab.engine import Series, request_for
from twisted_auction.lab.theory import (
    Expectation,
    Outcome,
    equilibrium_bid,
    equilibrium_bids,
    expectation,
    listed_bids,
    reveals_limits,
    revenue,
    sealed_counterpart,
    settle,
)
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.format import Format
from twisted_auction.rules.formats import FORMATS, format_of
from twisted_auction.rules.open import English
from twisted_auction.rules.sealed import FirstPrice, SecondPrice

AMOUNTS = st.integers(1, 300) | st.integers(1, MAX_AMOUNT)


def weights(top: int) -> dict[int, int]:
    """The probability of each whole-dollar valuation, in parts of 2 * top, for rounded uniform
    valuations from 0 to a top; the least is 1.
    """
    return {1: 3, **dict.fromkeys(range(2, top), 2), top: 1} if top > 1 else {1: 2}


class OutcomeTests(SynchronousTestCase):
    def test_sold(self) -> None:
        sold = Sold(2, 180, 150)
        self.assertEqual([Outcome.of(who, sold) for who in (1, 2)], [(False, 0), (True, 150)])
        self.assertEqual(revenue(sold), 150)

    def test_unsold(self) -> None:
        self.assertEqual(Outcome.of(1, Unsold(90)), (False, 0))
        self.assertEqual(revenue(Unsold(90)), 0)

    def test_dues(self) -> None:
        """A loser owes the amount of the format, and the Seller gets it."""
        sold = Sold(3, 180, 180, ((1, 150), (2, 120)))
        self.assertEqual(
            [Outcome.of(who, sold) for who in (1, 2, 3)], [(False, 150), (False, 120), (True, 180)]
        )
        self.assertEqual(revenue(sold), 450)

    def test_utility(self) -> None:
        for has_won, payment, worth in [
            (True, 150, 50),
            (True, 230, -30),
            (False, 0, 0),
            (False, 120, -120),
        ]:
            self.assertEqual(Outcome(has_won, payment).utility(200), worth)


class EquilibriumBidTests(SynchronousTestCase):
    def test_known(self) -> None:
        for valuation, buyers, lowest_price, bid in [
            (200, 2, 0, 100),
            (200, 5, 0, 160),
            (900, 9, 0, 800),
            (1, 9, 0, 1),
            # half of the valuation, and half of r * r / v
            (200, 2, 50, 106),
            # the bid itself is rounded, and halves go to the even dollar: 62.5, 2.5 and 3.5
            (100, 2, 50, 62),
            (5, 2, 0, 2),
            (7, 2, 0, 4),
            (50, 2, 50, 50),
            # below the lowest price nothing matters
            (49, 2, 50, 49),
            # the lowest price that sells, without rivals
            (200, 1, 0, 1),
            (200, 1, 70, 70),
            (3 * 10**17, 3, 0, 2 * 10**17),
        ]:
            self.assertEqual(equilibrium_bid(valuation, buyers, lowest_price), bid)

    @given(AMOUNTS, st.integers(2, 9))
    @settings(max_examples=100)
    def test_part_of_the_valuation(self, valuation: int, buyers: int) -> None:
        exact = Fraction(buyers - 1, buyers) * valuation
        bid = equilibrium_bid(valuation, buyers)
        if valuation > 1:
            self.assertEqual(bid, round(exact))

    @given(AMOUNTS, st.integers(1, 9), st.integers(0, MAX_AMOUNT // 2) | st.integers(0, 300))
    @settings(max_examples=100)
    def test_bounds(self, more: int, buyers: int, lowest_price: int) -> None:
        """A bid is never above the valuation, nor below the lowest price unless the valuation is; a
        higher valuation has no lower bid.
        """
        valuation = min(lowest_price + more, MAX_AMOUNT)
        bid = equilibrium_bid(valuation, buyers, lowest_price)
        self.assertTrue(max(1, lowest_price) <= bid <= valuation, (valuation, bid))
        self.assertLessEqual(bid, equilibrium_bid(valuation + 1, buyers, lowest_price))
        if valuation > 1:
            self.assertLessEqual(equilibrium_bid(valuation - 1, buyers, lowest_price), bid)

    def test_below_lowest_price(self) -> None:
        self.assertEqual([equilibrium_bid(value, 3, 10) for value in range(1, 11)], [*range(1, 11)])

    def test_best_reply(self) -> None:
        """Against such a rival no other bid gains a dollar (rounding is worth parts of one);
        against three quarters of the valuation it could.
        """
        for top, lowest_price in [(200, 1), (200, 100), (201, 60)]:
            wins = [0] * (top + 2)  # by the bid, in parts of 4 * top: half of the ties are won
            for valuation, weight in weights(top).items():
                rivals_bid = equilibrium_bid(valuation, 2, lowest_price)
                wins[rivals_bid] += weight
                for bid in range(rivals_bid + 1, top + 2):
                    wins[bid] += 2 * weight
            could_gain = 0
            for valuation in range(lowest_price, top + 1):
                bids = range(lowest_price, valuation + 1)
                worth = {bid: (valuation - bid) * wins[bid] for bid in bids}
                best = max(worth.values())
                own = equilibrium_bid(valuation, 2, lowest_price)
                self.assertLess(best - worth[own], 4 * top, (valuation, top, lowest_price))
                could_gain = max(could_gain, best - worth[max(lowest_price, 3 * valuation // 4)])
            self.assertGreater(could_gain, 5 * 4 * top)


class EquilibriumBidsTests(SynchronousTestCase):
    """The general equilibrium, by numerical integration."""

    def test_uniform(self) -> None:
        """Known values, exact to the rounding of a half."""
        for buyers, lowest_price in product((1, 2, 5, 9, 100), (1, 60, 500, 999)):
            bid = equilibrium_bids(Uniform(1000).distribution, buyers, lowest_price)
            for valuation in range(1, 1001):
                exact = equilibrium_bid(valuation, buyers, lowest_price)
                self.assertLessEqual(abs(bid(valuation) - exact), 1, (buyers, valuation))

    def test_mean_of_the_next_valuation(self) -> None:
        """Krishna's proposition 2.2 in its other form: the bid is the mean of the rivals' highest
        valuation, or the lowest price if that is higher, given that all are below the own
        valuation.
        """
        valuations = Normal(500, 150)
        for buyers, lowest_price in product((2, 3, 9), (1, 400)):
            bid = equilibrium_bids(valuations.distribution, buyers, lowest_price)
            below = valuations.distribution.cdf
            for valuation in (410, 500, 650, 900):
                mean = sum(
                    max(amount + 0.5, lowest_price)
                    * (below(amount + 1) ** (buyers - 1) - below(amount) ** (buyers - 1))
                    for amount in range(valuation)
                )
                mean /= below(valuation) ** (buyers - 1)
                self.assertApproximates(bid(valuation), mean, 0.6)

    def test_best_reply(self) -> None:
        """Against such rivals no other bid gains more than a trifle; against bids of (n-1)/n, as
        with uniform valuations, it would.
        """
        below = Normal(500, 150).distribution.cdf
        for buyers in (2, 5):
            equilibrium = equilibrium_bids(Normal(500, 150).distribution, buyers, 1)

            def gain(valuation: int, bid: Callable[[int], int], n: int = buyers) -> float:
                rivals = [bid(one) for one in range(1, 1400)]

                def worth(own: int) -> float:
                    return (valuation - own) * below(bisect_left(rivals, own) + 0.5) ** (n - 1)

                # where it wins against equals, it bids a dollar more
                return max(map(worth, range(1, valuation))) - worth(bid(valuation) + 1)

            def shaded(valuation: int, n: int = buyers) -> int:
                return valuation * (n - 1) // n

            for valuation in (400, 600, 800):
                self.assertLess(gain(valuation, equilibrium), 1, (buyers, valuation))
            self.assertGreater(max(gain(400, shaded), gain(900, shaded)), 10)

    def test_bounds(self) -> None:
        """A bid is between the lowest price and the valuation, and rises with the valuation, also
        far from all valuations.
        """
        for valuations, buyers, lowest_price in [
            (Normal(500, 150), 5, 1),
            (Normal(500, 150), 100, 450),
            (Normal(1000, 2), 9, 1),
            (Normal(0.5, 0.5), 2, 1),
            (Normal(0.001, 10**16), 3, 10**15),
            (Normal(50, 5), 3, 1000),
        ]:
            bid = equilibrium_bids(valuations.distribution, buyers, lowest_price)
            last = 0
            for valuation in (1, 2, 499, 500, 1000, 1500, 10**6, 10**16, MAX_AMOUNT):
                self.assertTrue(last <= bid(valuation) <= valuation)
                last = bid(valuation)
                if valuation >= lowest_price:
                    self.assertGreaterEqual(last, lowest_price)


class ListedBidsTests(SynchronousTestCase):
    def test_known(self) -> None:
        """One of two Buyers with a valuation of 35 meets 20 or 35. In an equilibrium of amounts
        that round to 35, it bids from 20 to 27.5, and the mean of the winning bids is 25.
        """
        self.assertEqual(listed_bids((20, 35), 2, 1), {20: 20, 35: 25})
        self.assertEqual(listed_bids((20, 35), 2, 30), {20: 20, 35: 32})
        self.assertEqual(listed_bids((20, 35), 1, 15), {20: 15, 35: 15})
        self.assertEqual(listed_bids((7,), 5, 1), {7: 7})
        self.assertEqual(listed_bids((7,), 5, 9), {7: 7})

    def test_like_the_continuous_one(self) -> None:
        """With many values the bid is that of their distribution."""
        for buyers, lowest_price in product((2, 5), (1, 300)):
            for valuation, bid in listed_bids(range(1, 1001), buyers, lowest_price).items():
                exact = equilibrium_bid(valuation, buyers, lowest_price)
                self.assertApproximates(bid, exact, 1.01)

    @given(
        st.lists(st.integers(1, 60), min_size=1, max_size=5), st.integers(1, 4), st.integers(1, 60)
    )
    @settings(max_examples=60)
    def test_revenue_equivalence(self, amounts: list[int], buyers: int, lowest_price: int) -> None:
        """Both price rules bring the same, but for the rounding of bids."""
        valuations = Listed(tuple(amounts))
        bids = listed_bids(amounts, buyers, lowest_price)
        assume(len(set(bids.values())) == len(bids))
        first = theory_for(valuations, FirstPrice(), buyers, lowest_price)
        second = theory_for(valuations, SecondPrice(), buyers, lowest_price)
        self.assertLessEqual(abs(first.revenue - second.revenue), 0.5 + 1e-9)


def theory_for(
    valuations: Valuations, format: Format, buyers: int, lowest_price: int
) -> Expectation:
    """The expected values of a format in equilibrium."""
    limit = limits(valuations, format, buyers, lowest_price)
    return expectation(
        format, limit, valuations.cumulative_chances(lowest_price), buyers, lowest_price
    )


def limits(
    valuations: Valuations, format: Format, buyers: int, lowest_price: int
) -> Callable[[int], int]:
    """The limit of a Buyer in equilibrium, by valuation."""
    if sealed_counterpart(type(format)) is FirstPrice:
        return valuations.equilibrium(buyers, lowest_price)
    return lambda valuation: valuation


class ExpectationTests(SynchronousTestCase):
    def assert_close(self, found: Expectation, *expected: float, places: int = 9) -> None:
        for one, other in zip(
            (found.revenue, found.utility, found.efficiency), expected, strict=True
        ):
            self.assertAlmostEqual(one, other, places=places)

    def uniform(self, top: int, buyers: int, lowest_price: int) -> Expectation:
        """The formulas of Riley and Samuelson (1981), for continuous amounts."""
        n, r = buyers, min(lowest_price / top, 1.0)
        revenue = (n - 1) / (n + 1) + r**n - 2 * n / (n + 1) * r ** (n + 1)
        value = n / (n + 1) * (1 - r ** (n + 1))
        return Expectation(top * revenue, top * (value - revenue), 1 - r**n)

    def test_known(self) -> None:
        """Two Buyers and a lowest price of a half: 5/12 is in every textbook."""
        self.assert_close(self.uniform(12, 2, 6), 5, 2, 3 / 4)
        top = 12 * 10**9
        for format in (FirstPrice(), SecondPrice()):
            found = theory_for(Uniform(top), format, 2, 6 * 10**9)
            self.assertAlmostEqual(found.revenue / top, 5 / 12, places=6)
            self.assertAlmostEqual(found.utility / top, 2 / 12, places=6)
            self.assertAlmostEqual(found.efficiency, 3 / 4, places=6)

    def test_uniform(self) -> None:
        top = 10**9
        for buyers, percent in product((1, 2, 9, 100), (0, 25, 99, 100, 150)):
            lowest_price = max(1, top * percent // 100)
            exact = self.uniform(top, buyers, lowest_price)
            for format in (FirstPrice(), SecondPrice()):
                found = theory_for(Uniform(top), format, buyers, lowest_price)
                self.assert_close(
                    Expectation(found.revenue / top, found.utility / top, found.efficiency),
                    *(exact.revenue / top, exact.utility / top, exact.efficiency),
                    places=5,
                )

    def test_normal(self) -> None:
        """Checked independently."""
        for buyers, brought in [(2, 415.8), (3, 500.1), (5, 574.3), (9, 639.9)]:
            for format in (FirstPrice(), SecondPrice()):
                found = theory_for(Normal(500, 150), format, buyers, 1)
                self.assertApproximates(found.revenue, brought, 0.1)
                self.assertAlmostEqual(found.efficiency, 1.0, places=4)

    def test_one_buyer(self) -> None:
        """A single Buyer pays the lowest price, which is at least a dollar, or stays away."""
        for format in (FirstPrice(), SecondPrice(), English(), Dutch(1000, 1)):
            found = theory_for(Uniform(1000), format, 1, 1)
            self.assert_close(found, 1, 499.0005, 1, places=3)
            found = theory_for(Uniform(1000), format, 1, 500)
            self.assert_close(found, 500 * 0.5005, 125, 0.5005, places=3)

    def test_lowest_price_too_high(self) -> None:
        for lowest_price in (101, 102, MAX_AMOUNT):
            for format in (FirstPrice(), English()):
                found = theory_for(Uniform(100), format, 3, lowest_price)
                self.assertEqual(
                    str(found), "Expectation(revenue=0.0, utility=0.0, efficiency=0.0)"
                )

    def test_every_auction(self) -> None:
        """The expected values equal the means over all possible auctions, each held by the rules:
        all formats, any increments and steps, also with the closest valuations.
        """
        for valuations, buyers, lowest_price in [
            (Uniform(1), 2, 1),
            (Uniform(2), 3, 1),
            (Uniform(9), 1, 1),
            (Uniform(9), 1, 4),
            (Uniform(9), 2, 1),
            (Uniform(9), 2, 5),
            (Uniform(9), 2, 12),
            (Uniform(6), 3, 1),
            (Uniform(4), 4, 2),
            (Listed((2, 3, 3, 8)), 3, 1),
            (Listed((2, 3, 3, 8)), 2, 3),
            (Listed((300, 5000)), 2, 1),
        ]:
            top = valuations.highest
            if isinstance(valuations, Listed):
                parts = Counter(valuations.amounts)
            else:
                parts = Counter(weights(top))
            for kind in (
                "first-price",
                "second-price",
                "english",
                "english:increment=3",
                "dutch",
                "dutch:step=3",
                f"dutch:step=2:start={max(top - 2, lowest_price + 1)}",
            ):
                request = request_for(kind, lowest_price, buyers, top)
                format = format_of(request)
                limit = limits(valuations, format, buyers, lowest_price)
                series = Series(request)
                means = [0.0, 0.0, 0.0]
                for draw in product(parts, repeat=buyers):
                    result = series.hold([limit(valuation) for valuation in draw])
                    if isinstance(result, Sold):
                        chance = prod(parts[one] for one in draw) / parts.total() ** buyers
                        worth = draw[result.winner - 1]
                        means[0] += chance * result.payment
                        means[1] += chance * (worth - result.payment)
                        means[2] += chance * worth / max(draw)
                found = theory_for(valuations, format, buyers, lowest_price)
                said = f"{valuations} {buyers} {request.text}: {found}, not {means}"
                for one, other in zip(
                    (found.revenue, found.utility, found.efficiency), means, strict=True
                ):
                    self.assertAlmostEqual(one, other, places=9, msg=said)


class SettleTests(SynchronousTestCase):
    def test_sealed(self) -> None:
        pairs: list[tuple[type[Format], type[Format]]] = [
            (FirstPrice, FirstPrice),
            (SecondPrice, SecondPrice),
            (English, SecondPrice),
            (Candle, SecondPrice),
            (Dutch, FirstPrice),
            (AllPay, AllPay),
        ]
        for kind, equivalent in pairs:
            self.assertIs(sealed_counterpart(kind), equivalent)

    @given(
        st.sampled_from([(1, 1), (2, 2), (3, 2), (4, 1)]),
        st.integers(1, 12),
        st.lists(st.integers(1, 12), max_size=9).flatmap(
            lambda amounts: st.permutations(list(enumerate(amounts, 1)))
        ),
    )
    @settings(max_examples=100)
    def test_oracle(
        self, numbers: tuple[int, int], lowest_price: int, bids: list[tuple[int, int]]
    ) -> None:
        number, type_of_auction = numbers
        expected = oracle.settle(type_of_auction, lowest_price, bids)
        result = settle(FORMATS[number], dict(bids), lowest_price)
        highest = max((amount for _, amount in bids), default=None)
        if expected is None:
            self.assertEqual(result, Unsold(highest))
        else:
            assert highest is not None
            self.assertEqual(result, Sold(expected[0], highest, expected[1]))

    def test_lowest_price_is_the_highest_amount(self) -> None:
        """A Dutch clock could not run there; the sealed equivalent can."""
        sold = Sold(1, MAX_AMOUNT, MAX_AMOUNT)
        for kind in FORMATS.values():
            self.assertEqual(settle(kind, {1: MAX_AMOUNT}, MAX_AMOUNT), sold)

    def test_told(self) -> None:
        """Sealed bids show all limits; open bids show those of the sealed counterpart."""
        told = [
            (made.name, format.name)
            for made, format in product(FORMATS.values(), repeat=2)
            if reveals_limits(made, format)
        ]
        self.assertEqual(
            told,
            [
                ("first-price", "first-price"),
                ("first-price", "second-price"),
                ("first-price", "english"),
                ("first-price", "dutch"),
                ("second-price", "first-price"),
                ("second-price", "second-price"),
                ("second-price", "english"),
                ("second-price", "dutch"),
                ("english", "second-price"),
                ("english", "english"),
                ("dutch", "first-price"),
                ("dutch", "dutch"),
            ],
        )

    @given(st.integers(1, 40), st.lists(st.integers(1, 40), min_size=1, max_size=5))
    @settings(max_examples=50)
    def test_recorded_bids(self, lowest_price: int, limits: list[int]) -> None:
        """Settled bids give the real result, to within an increment, if they show the limits, and
        otherwise a lower bound.
        """
        kinds = ("first-price", "second-price", "english:increment=1", "dutch:start=41:step=1")
        series = [Series(request_for(kind, lowest_price, len(limits), 41)) for kind in kinds]
        revenues = [revenue(one.hold(limits)) for one in series]
        for made, one in zip(FORMATS.values(), series, strict=True):
            for format, real in zip(FORMATS.values(), revenues, strict=True):
                settled = revenue(settle(format, one.bids, lowest_price))
                if reveals_limits(made, format):
                    self.assertLessEqual(abs(settled - real), 1, (made, format))
                else:
                    self.assertLessEqual(settled, real, (made, format))

    def test_recorded_bids_known(self) -> None:
        """The winner of an English auction at $130 bid once more than the other did."""
        english = Series(request_for("english:increment=10", 100, 3, 200))
        self.assertEqual(english.hold((125, 150, 99)), Sold(2, 130, 130))
        self.assertEqual(settle(English, english.bids, 100), Sold(2, 130, 120))
        self.assertEqual(settle(FirstPrice, english.bids, 100), Sold(2, 130, 130))
        dutch = Series(request_for("dutch:start=200:step=30", 100, 3, 200))
        self.assertEqual(dutch.hold((125, 150, 99)), Sold(2, 140, 140))
        self.assertEqual(settle(Dutch, dutch.bids, 100), Sold(2, 140, 140))
        self.assertEqual(settle(SecondPrice, dutch.bids, 100), Sold(2, 140, 100))

    def test_fifth_format(self) -> None:
        sold = settle(AllPay, {1: 150, 2: 120, 3: 180}, 100)
        self.assertEqual(sold, Sold(3, 180, 180, ((1, 150), (2, 120))))
        self.assertEqual((revenue(sold), Outcome.of(2, sold)), (450, (False, 120)))
        self.assertEqual(settle(AllPay, {1: 90}, 100), Unsold(90))
