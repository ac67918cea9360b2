from fractions import Fraction
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.rules import oracle
from tests.test_fifth_format import AllPay, Candle
from twisted_auction.lab.engine import Series, request_for
from twisted_auction.lab.theory import (
    Expectation,
    Outcome,
    equilibrium_bid,
    expectation,
    is_told,
    revenue,
    sealed_counterpart,
    settle,
)
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.events import Sold, Unsold
from twisted_auction.rules.formats import FORMATS, Dutch, English, FirstPrice, Format, SecondPrice

AMOUNTS = st.integers(1, 300) | st.integers(1, MAX_AMOUNT)


def weights(top: int) -> dict[int, int]:
    """How likely each whole-dollar valuation is, in parts of 2 * top, where they are uniform from 0
    to a top and rounded; the least is 1."""
    return {1: 3, **dict.fromkeys(range(2, top), 2), top: 1}


class OutcomeTests(SynchronousTestCase):
    def test_sold(self) -> None:
        sold = Sold(2, 180, 150)
        self.assertEqual([Outcome.of(who, sold) for who in (1, 2)], [(False, 0), (True, 150)])
        self.assertEqual(revenue(sold), 150)

    def test_unsold(self) -> None:
        self.assertEqual(Outcome.of(1, Unsold(90)), (False, 0))
        self.assertEqual(revenue(Unsold(90)), 0)

    def test_dues(self) -> None:
        """Whoever loses owes what the format says, and the Seller gets it."""
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
            # the bid itself is rounded, and halves go up: 62.5 and 2.5
            (100, 2, 50, 63),
            (5, 2, 0, 3),
            (50, 2, 50, 50),
            # below the lowest price nothing matters
            (49, 2, 50, 49),
            # with nobody else there, the least that sells
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
            self.assertTrue(Fraction(-1, 2) < bid - exact <= Fraction(1, 2), bid)

    @given(AMOUNTS, st.integers(1, 9), st.integers(0, MAX_AMOUNT // 2) | st.integers(0, 300))
    @settings(max_examples=100)
    def test_bounds(self, more: int, buyers: int, lowest_price: int) -> None:
        """It is never above the valuation; nor below the lowest price, where the valuation is not;
        and who values more does not bid less."""
        valuation = min(lowest_price + more, MAX_AMOUNT)
        bid = equilibrium_bid(valuation, buyers, lowest_price)
        self.assertTrue(max(1, lowest_price) <= bid <= valuation, (valuation, bid))
        self.assertLessEqual(bid, equilibrium_bid(valuation + 1, buyers, lowest_price))
        if valuation > 1:
            self.assertLessEqual(equilibrium_bid(valuation - 1, buyers, lowest_price), bid)

    def test_below_lowest_price(self) -> None:
        self.assertEqual([equilibrium_bid(value, 3, 10) for value in range(1, 11)], [*range(1, 11)])

    def test_best_reply(self) -> None:
        """Whoever meets a rival who bids like this can gain no dollar by bidding otherwise (the
        rounding is worth parts of one); whoever bids three quarters could."""
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


class ExpectationTests(SynchronousTestCase):
    def assert_close(self, found: Expectation, *expected: float) -> None:
        for one, other in zip(
            (found.revenue, found.utility, found.efficiency), expected, strict=True
        ):
            self.assertAlmostEqual(one, other, places=9)

    def test_known(self) -> None:
        """Two Buyers and a lowest price of a half: 5/12 is in every textbook."""
        self.assert_close(expectation(12, 2), 4, 4, 1)
        self.assert_close(expectation(12, 2, 6), 5, 2, 3 / 4)
        self.assert_close(expectation(1000, 5), 1000 * 4 / 6, 1000 / 6, 1)
        self.assert_close(expectation(10, 9), 8, 1, 1)
        self.assert_close(expectation(10, 1, 5), 2.5, 1.25, 0.5)

    def test_lowest_price_too_high(self) -> None:
        for lowest_price in (100, 101, MAX_AMOUNT):
            found = expectation(100, 3, lowest_price)
            self.assertEqual(str(found), "Expectation(revenue=0.0, utility=0.0, efficiency=0.0)")

    @given(st.integers(1, 9), st.integers(0, 120), st.sampled_from([1, 100]))
    @settings(max_examples=50)
    def test_integral(self, buyers: int, lowest_price: int, top: int) -> None:
        """The same once more, from the second-price rule: summed over the highest valuation, of
        which the Seller gets the lowest price or the mean of the next one."""
        n, r, slices = buyers, min(Fraction(lowest_price, top), Fraction(1)), 400
        mean_revenue = value = 0.0
        for place in range(slices):
            highest = float(r + (1 - r) * Fraction(2 * place + 1, 2 * slices))
            density = n * highest ** (n - 1) * float(1 - r) / slices
            # the best of the n-1 others, or the lowest price where that is higher, on average
            below = float(r) / highest
            paid = highest * (below**n + (n - 1) * (1 - below**n) / n)
            mean_revenue += density * paid
            value += density * highest
        found = expectation(top, buyers, lowest_price)
        self.assertAlmostEqual(found.revenue / top, mean_revenue, places=3)
        self.assertAlmostEqual((found.revenue + found.utility) / top, value, places=3)

    @given(st.integers(1, 9), st.integers(0, 120))
    @settings(max_examples=50)
    def test_shared(self, buyers: int, lowest_price: int) -> None:
        """Seller and winner share what the item is worth to its new owner, and nobody loses."""
        found = expectation(100, buyers, lowest_price)
        r = min(lowest_price / 100, 1)
        value = 100 * buyers / (buyers + 1) * (1 - r ** (buyers + 1))
        self.assertAlmostEqual(found.revenue + found.utility, value, places=9)
        self.assertGreaterEqual(found.revenue, 0)
        self.assertGreaterEqual(found.utility, 0)


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
        """Sealed bids tell everything, open ones what the sealed counterpart comes to."""
        told = [
            (made.name, format.name)
            for made, format in product(FORMATS.values(), repeat=2)
            if is_told(made, format)
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
        """What is made of the bids of an auction is what would come of it, to within an increment,
        where they tell it, and the least that would, where they do not."""
        kinds = ("first-price", "second-price", "english:increment=1", "dutch:start=41:step=1")
        series = [Series(request_for(kind, lowest_price, len(limits), 41)) for kind in kinds]
        revenues = [revenue(one.hold(limits)) for one in series]
        for made, one in zip(FORMATS.values(), series, strict=True):
            for format, real in zip(FORMATS.values(), revenues, strict=True):
                settled = revenue(settle(format, one.bids, lowest_price))
                if is_told(made, format):
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
