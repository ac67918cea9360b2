from collections.abc import Callable
from fractions import Fraction
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay, Candle
from twisted_auction.lab.bidders import (
    STRATEGIES,
    Listed,
    Normal,
    Strategy,
    Uniform,
    Valuations,
    parse_list,
    parse_strategy,
    parse_valuations,
    scale,
)
from twisted_auction.lab.theory import equilibrium_bid, listed_bids
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.dutch import Dutch
from twisted_auction.rules.format import Format
from twisted_auction.rules.open import English
from twisted_auction.rules.sealed import FirstPrice, SecondPrice

FORMATS: list[Format] = [FirstPrice(), SecondPrice(), English(), Dutch(200, 10)]
AMOUNTS = st.integers(1, 300) | st.integers(1, MAX_AMOUNT)
FACTORS = st.fractions(Fraction(1, 1000), 100, max_denominator=1000)

VALUATIONS = "valuations are uniform:TOP, normal:MEAN:DEVIATION or file:PATH, not "
TOP = "the top of uniform valuations must be a whole number of dollars from 1, not "
MEAN = "the mean of normal valuations must be a number of dollars above 0, not "
DEVIATION = "the deviation of normal valuations must be a number of dollars above 0, not "


def draws(valuations: Valuations, number: int = 2000, seed: int = 1) -> list[int]:
    random = Random(seed)
    return [valuations.draw(random) for _ in range(number)]


class Complaints(SynchronousTestCase):
    def assert_complaint(self, message: str, call: Callable[..., object], *args: object) -> None:
        self.assertEqual(str(self.assertRaises(ValueError, call, *args)), message)


class DrawTests(SynchronousTestCase):
    def test_uniform(self) -> None:
        drawn = draws(Uniform(1000))
        self.assertTrue(1 <= min(drawn) < 10 and 990 < max(drawn) <= 1000)
        self.assertApproximates(sum(drawn) / len(drawn), 500, 20)
        self.assertEqual(Uniform(1000).highest, 1000)

    def test_uniform_to_the_nearest_dollar(self) -> None:
        """A 0 is raised to 1; the top comes half as often as the values below it."""
        drawn = draws(Uniform(4), 8000)
        for valuation, eighths in {1: 3, 2: 2, 3: 2, 4: 1}.items():
            self.assertApproximates(drawn.count(valuation) / 1000, eighths, 0.2)

    def test_normal(self) -> None:
        valuations = Normal(1000, 100)
        drawn = draws(valuations)
        mean = sum(drawn) / len(drawn)
        self.assertApproximates(mean, 1000, 8)
        deviation = (sum((valuation - mean) ** 2 for valuation in drawn) / len(drawn)) ** 0.5
        self.assertApproximates(deviation, 100, 5)
        self.assertEqual(valuations.highest, 1400)
        self.assertLessEqual(max(drawn), valuations.highest)

    def test_normal_is_an_amount(self) -> None:
        low, high = Normal(0.1, 5), Normal(9e17, 5e17)
        self.assertEqual(min(draws(low)), 1)
        self.assertTrue(9e17 < max(draws(high)) <= MAX_AMOUNT)
        self.assertTrue(1 <= min(draws(high)) < 1e17)
        self.assertEqual((Normal(0.1, 0.1).highest, high.highest), (1, MAX_AMOUNT))

    def test_cut_off(self) -> None:
        """Values out of range are drawn again, and do not pile up at the ends."""
        for valuations in (Normal(50, 50), Normal(9e17, 5e17)):
            drawn = sorted(draws(valuations, 4000))
            below = valuations.distribution.cdf
            for place in range(100, 4000, 100):
                self.assertApproximates(below(drawn[place]), place / 4000, 0.03)

    def test_listed(self) -> None:
        drawn = draws(Listed((7, 7, 30)))
        self.assertEqual(set(drawn), {7, 30})
        self.assertApproximates(drawn.count(7) / len(drawn), 2 / 3, 0.04)
        self.assertEqual(Listed((7, 30, 7)).highest, 30)

    @given(
        st.builds(Uniform, AMOUNTS)
        | st.builds(Normal, st.floats(0.01, 9e17), st.floats(0.01, 9e17))
        | st.builds(Listed, st.lists(AMOUNTS, min_size=1).map(tuple)),
        st.integers(1, 1000),
    )
    @settings(max_examples=60)
    def test_seeded(self, valuations: Valuations, seed: int) -> None:
        """The same seed draws the same valuations, all of them possible bids."""
        drawn = draws(valuations, 20, seed)
        self.assertEqual(draws(valuations, 20, seed), drawn)
        most = MAX_AMOUNT if isinstance(valuations, Normal) else valuations.highest
        self.assertTrue(all(1 <= valuation <= most for valuation in drawn))

    def test_other_seed(self) -> None:
        self.assertNotEqual(draws(Uniform(1000), seed=1), draws(Uniform(1000), seed=2))


class ParseValuationsTests(Complaints):
    def test_good(self) -> None:
        files = {"a.txt": b"5\n6\n", "c:/b.txt": b"7"}
        for text, valuations in [
            ("uniform:1000", Uniform(1000)),
            ("uniform:999999999999999999", Uniform(MAX_AMOUNT)),
            ("normal:500:80", Normal(500, 80)),
            ("normal:0.5:99.25", Normal(0.5, 99.25)),
            ("file:a.txt", Listed((5, 6))),
            ("file:c:/b.txt", Listed((7,))),
        ]:
            self.assertEqual(parse_valuations(text, files.__getitem__), valuations)

    def test_bad(self) -> None:
        for text, message in [
            ("", VALUATIONS + "''"),
            ("uniform", VALUATIONS + "'uniform'"),
            ("uniform:1:2", VALUATIONS + "'uniform:1:2'"),
            ("normal:5", VALUATIONS + "'normal:5'"),
            ("normal:5:6:7", VALUATIONS + "'normal:5:6:7'"),
            ("file", VALUATIONS + "'file'"),
            ("file:", VALUATIONS + "'file:'"),
            ("even:5", VALUATIONS + "'even:5'"),
            ("Uniform:5", VALUATIONS + "'Uniform:5'"),
            ("uniform:", TOP + "''"),
            ("uniform:0", TOP + "'0'"),
            ("uniform:1.5", TOP + "'1.5'"),
            ("uniform:1e3", TOP + "'1e3'"),
            ("uniform:1000000000000000000", TOP + "'1000000000000000000'"),
            ("normal::5", MEAN + "''"),
            ("normal:x:5", MEAN + "'x'"),
            ("normal:0:5", MEAN + "'0'"),
            ("normal:-1:5", MEAN + "'-1'"),
            ("normal:nan:5", MEAN + "'nan'"),
            ("normal:1e18:5", MEAN + "'1e18'"),
            ("normal:5:0", DEVIATION + "'0'"),
            ("normal:5:inf", DEVIATION + "'inf'"),
        ]:
            self.assert_complaint(message, parse_valuations, text, {}.__getitem__)

    def test_unreadable(self) -> None:
        def read(path: str) -> bytes:
            raise FileNotFoundError(path)

        self.assertRaises(FileNotFoundError, parse_valuations, "file:a.txt", read)

    def test_list(self) -> None:
        for text, amounts in [
            (b"5", (5,)),
            (b"5\n6\n5\n", (5, 6, 5)),
            (b"# what people said\n\n  7 \n\t8\n#9\n", (7, 8)),
            (b"\xef\xbb\xbf5\r\n# CRLF\r\n\r\n6\r\n", (5, 6)),
            (b"5\n\xef\xbb\xbf6\n", (5, 6)),
            (b"999999999999999999", (MAX_AMOUNT,)),
        ]:
            self.assertEqual(parse_list(text), Listed(amounts))

    def test_bad_list(self) -> None:
        complaint = "line {}: a valuation is a whole number of dollars from 1"
        for text, message in [
            (b"", "there is no valuation in it"),
            (b"# nobody\n\n", "there is no valuation in it"),
            (b"0", complaint.format(1)),
            (b"5\n\n# six\nsix\n7.5\n", complaint.format(4)),
            (b"5\r\n-6\r\n", complaint.format(2)),
            (b"5 6", complaint.format(1)),
            (b"5\n5 # five", complaint.format(2)),
            (b"1000000000000000000", complaint.format(1)),
            (b"5\n\xff\n", complaint.format(2)),
        ]:
            self.assert_complaint(message, parse_list, text)
            self.assert_complaint(message, parse_valuations, "file:a", {"a": text}.__getitem__)


class ParseStrategyTests(Complaints):
    def parse(self, text: str, format: Format, valuations: Valuations | None = None) -> Strategy:
        return parse_strategy(text, format, 5, 10, valuations or Uniform(1000))

    def test_truthful(self) -> None:
        """The truthful bid is the equilibrium if the payment does not depend on the own bid."""
        first, second, english, _ = FORMATS
        for text, format, is_late, is_equilibrium in [
            ("truthful", second, False, True),
            ("truthful", first, False, False),
            ("truthful", AllPay(), False, False),
            ("straightforward", english, False, True),
            ("sniping", english, True, False),
            ("sniping", Candle(), True, False),
            ("equilibrium", second, False, True),
            ("equilibrium", english, False, True),
        ]:
            strategy = self.parse(text, format)
            self.assertEqual(
                (strategy.text, strategy.is_late, strategy.is_equilibrium),
                (text, is_late, is_equilibrium),
            )
            for valuation in (1, 9, 10, 1000, 10**17 + 1, MAX_AMOUNT):
                self.assertEqual(strategy.limit(valuation), valuation)

    def test_equilibrium(self) -> None:
        for format in (FORMATS[0], FORMATS[3]):
            strategy = self.parse("equilibrium", format)
            self.assertTrue(strategy.is_equilibrium)
            for valuation in (1, 10, 11, 1000, MAX_AMOUNT):
                self.assertEqual(strategy.limit(valuation), equilibrium_bid(valuation, 5, 10))

    def test_equilibrium_of_any_valuations(self) -> None:
        """(n-1)/n holds for uniform valuations only."""
        listed = Listed((20, 35, 35, 90))
        for format in (FORMATS[0], FORMATS[3]):
            normal = self.parse("equilibrium", format, Normal(500, 150))
            self.assertEqual([normal.limit(one) for one in (5, 300, 500, 700)], [5, 280, 461, 599])
            strategy = self.parse("equilibrium", format, listed)
            self.assertEqual(
                {one: strategy.limit(one) for one in listed.amounts},
                listed_bids(listed.amounts, 5, 10),
            )
            self.assertTrue(normal.is_equilibrium and strategy.is_equilibrium)

    def test_truth_is_best_whatever_the_valuations(self) -> None:
        for format in FORMATS[1:3]:
            strategy = self.parse("equilibrium", format, Normal(500, 80))
            self.assertEqual((strategy.limit(700), strategy.is_equilibrium), (700, True))

    def test_factor(self) -> None:
        for name, format in [("shading", FORMATS[0]), ("threshold", FORMATS[3])]:
            for factor, limit in [
                ("0.8", 80),
                (".85", 85),
                ("2/3", 67),
                ("1", 100),
                ("1.25", 125),
                ("100", 10_000),
                ("0.000000000000000001", 1),
            ]:
                strategy = self.parse(f"{name}:{factor}", format)
                self.assertEqual(strategy.limit(100), limit)
                self.assertEqual(strategy.text, f"{name}:{factor}")
                self.assertFalse(strategy.is_late or strategy.is_equilibrium)

    def test_scale(self) -> None:
        """It is exact, halves go to the even dollar, and it can always be bid."""
        for factor, valuation, amount in [
            (Fraction(1, 2), 5, 2),
            (Fraction(1, 2), 7, 4),
            (Fraction(1, 4), 2, 1),
            (Fraction(1, 4), 1, 1),
            (Fraction(7, 10), 10**17 + 1, 7 * 10**16 + 1),
            (Fraction(1, 2), 10**17 + 1, 5 * 10**16),
            (Fraction(1), MAX_AMOUNT, MAX_AMOUNT),
            (Fraction(100), MAX_AMOUNT, MAX_AMOUNT),
        ]:
            self.assertEqual(scale(factor, valuation), amount)

    @given(FACTORS, AMOUNTS)
    @settings(max_examples=100)
    def test_scale_oracle(self, factor: Fraction, valuation: int) -> None:
        amount = scale(factor, valuation)
        self.assertTrue(1 <= amount <= MAX_AMOUNT)
        if 1 < amount < MAX_AMOUNT:
            self.assertEqual(amount, round(factor * valuation))
        if factor <= 1:
            self.assertLessEqual(amount, valuation)

    @given(
        st.sampled_from(FORMATS),
        st.sampled_from(sorted(STRATEGIES)),
        FACTORS,
        AMOUNTS,
        AMOUNTS,
    )
    @settings(max_examples=150)
    def test_limits(
        self, format: Format, name: str, factor: Fraction, valuation: int, other: int
    ) -> None:
        """A limit is an amount, and a higher valuation has no lower bid."""
        kind = STRATEGIES[name]
        if isinstance(format, kind.formats):
            strategy = self.parse(f"{name}:{factor}" if kind.wants_factor else name, format)
            low, high = sorted((valuation, other))
            self.assertTrue(1 <= strategy.limit(low) <= strategy.limit(high) <= MAX_AMOUNT)
            if not kind.wants_factor or factor < 1:
                self.assertLessEqual(strategy.limit(high), high)

    def test_unknown(self) -> None:
        first, second, english, dutch = FORMATS
        sealed = "truthful, shading:FACTOR, equilibrium"
        rising = "straightforward, sniping, equilibrium"
        for text, format, message in [
            ("", first, f"first-price has no strategy ''; its strategies are: {sealed}"),
            ("lucky", first, f"first-price has no strategy 'lucky'; its strategies are: {sealed}"),
            (
                "sniping",
                second,
                f"second-price has no strategy 'sniping'; its strategies are: {sealed}",
            ),
            (
                "truthful",
                english,
                f"english has no strategy 'truthful'; its strategies are: {rising}",
            ),
            (
                "shading:0.8",
                dutch,
                "dutch has no strategy 'shading'; its strategies are: threshold:FACTOR, "
                "equilibrium",
            ),
            (
                "equilibrium",
                AllPay(),
                "all-pay has no strategy 'equilibrium'; its strategies are: truthful, "
                "shading:FACTOR",
            ),
        ]:
            self.assert_complaint(message, self.parse, text, format)

    def test_bad_factors(self) -> None:
        """A factor with an exponent would take for ever to convert."""
        complaint = "{0} needs a factor above 0 and up to 100, such as {0}:0.8"
        for name, format in [("shading", FORMATS[0]), ("threshold", FORMATS[3])]:
            for text in [
                name,
                *(f"{name}:{factor}" for factor in ["", "x", "0", "-1", "1/0", "nan", "inf"]),
                *(f"{name}:{factor}" for factor in ["100.1", "0.8:0.9", "0.8:", "0." + "1" * 19]),
                *(f"{name}:{factor}" for factor in ["1e999999999", "1E-999999999", "0.0"]),
            ]:
                self.assert_complaint(complaint.format(name), self.parse, text, format)

    def test_needless_factor(self) -> None:
        for text, format in [("truthful:1", FORMATS[0]), ("equilibrium:0.8", FORMATS[1])]:
            name = text.partition(":")[0]
            self.assert_complaint(
                f"{name} takes no factor: write {name}, not {text!r}", self.parse, text, format
            )
