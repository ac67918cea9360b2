from dataclasses import MISSING, fields

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.rules.oracle import settle
from twisted_auction.rules.amounts import MAX_AMOUNT
from twisted_auction.rules.events import SELLER, Sold
from twisted_auction.rules.formats import FORMATS, Dutch, English, FirstPrice, Format, SecondPrice

FIRST_PRICE, SECOND_PRICE = FirstPrice(), SecondPrice()


class FormatTests(SynchronousTestCase):
    def test_names(self) -> None:
        self.assertEqual(
            {number: (kind.name, kind.is_open) for number, kind in FORMATS.items()},
            {
                1: ("first-price", False),
                2: ("second-price", False),
                3: ("english", True),
                4: ("dutch", True),
            },
        )

    def test_how(self) -> None:
        take = "type accept, or an amount that is at least the price, to buy."
        for ruled, how_to_bid in [(English(), "type an amount to bid."), (Dutch(9, 1), take)]:
            self.assertEqual(ruled.how(SELLER), "type close to end the auction.")
            self.assertEqual(ruled.how(1), how_to_bid)

    def test_rules_are_fields(self) -> None:
        for kind in FORMATS.values():
            self.assertEqual([field.name for field in fields(kind)], list(kind.rules))

    def test_rules(self) -> None:
        rules: list[tuple[type[Format], str, int, int, str]] = [
            (
                English,
                "increment",
                1,
                MAX_AMOUNT,
                "dollars that a bid must be above the highest; 1",
            ),
            (English, "duration", 1, 604800, "seconds from the opening to the end; 60"),
            (
                English,
                "extension",
                0,
                604800,
                "seconds that are left at least after a late bid; 10",
            ),
            (
                English,
                "jump",
                0,
                1_000_000,
                "a bid above so many times the asking price must be said twice, 0: none; 0",
            ),
            (Dutch, "start", 1, MAX_AMOUNT, "the first price; twice the lowest price"),
            (Dutch, "step", 1, MAX_AMOUNT, "dollars by which the price falls; a tenth of the way"),
            (Dutch, "interval", 1, 604800, "seconds for which each price stands; 5"),
        ]
        for kind, name, least, most, meaning in rules:
            rule = kind.rules[name]
            found = (rule.allowed.start, rule.allowed.stop - 1, rule.meaning)
            self.assertEqual(found, (least, most, meaning))

    def test_meanings_tell_defaults(self) -> None:
        for kind in FORMATS.values():
            for field in fields(kind):
                if field.default is not MISSING:
                    meaning = kind.rules[field.name].meaning
                    self.assertTrue(meaning.endswith(f"; {field.default}"), meaning)

    def test_defaults(self) -> None:
        cases: list[tuple[type[Format], dict[str, int], Format]] = [
            (English, {}, English(increment=1, duration=60, extension=10)),
            (English, {"duration": 5}, English(increment=1, duration=5, extension=5)),
            (English, {"extension": 0}, English(increment=1, duration=60, extension=0)),
            (Dutch, {}, Dutch(start=200, step=10, interval=5)),
            (Dutch, {"start": 500}, Dutch(start=500, step=40, interval=5)),
            (Dutch, {"start": 505}, Dutch(start=505, step=40, interval=5)),
            (Dutch, {"start": 101}, Dutch(start=101, step=1, interval=5)),
        ]
        for kind, values, ruled in cases:
            self.assertEqual(kind.ruled(100, values), ruled)
        self.assertEqual(Dutch.ruled(MAX_AMOUNT - 1, {}), Dutch(MAX_AMOUNT, 1, 5))

    def test_descriptions(self) -> None:
        """Every format says in whole sentences what a Buyer has to know."""
        for ruled, description in [
            (FirstPrice(), "One sealed bid each; the highest wins and pays what it bid."),
            (SecondPrice(), "One sealed bid each; the highest wins and pays the second highest."),
            (
                English(5, 60, 10),
                "Each bid is at least $5 above the highest. There are 60 seconds, and 10 more "
                "after a late bid.",
            ),
            (
                English(5, 60, 10, 20),
                "Each bid is at least $5 above the highest. There are 60 seconds, and 10 more "
                "after a late bid. A bid above 20 times the asking price must be said twice.",
            ),
            (
                English(1, 30, 0),
                "Each bid is at least $1 above the highest. There are 30 seconds.",
            ),
            (
                English(1, 1, 1),
                "Each bid is at least $1 above the highest. There is 1 second, and 1 more after a "
                "late bid.",
            ),
            (
                Dutch(500, 10, 5),
                "The price falls by $10 every 5 seconds; the first to take it buys.",
            ),
            (
                Dutch(500, 10, 1),
                "The price falls by $10 every second; the first to take it buys.",
            ),
        ]:
            self.assertEqual(ruled.description, description)


class SealedTests(SynchronousTestCase):
    def test_examples(self) -> None:
        for bids, lowest_price, first, second in [
            # the assignment's example
            ({1: 150, 2: 120, 3: 180}, 100, Sold(3, 180, 180), Sold(3, 180, 150)),
            # the lowest price counts as a bid
            ({1: 150, 2: 120, 3: 180}, 160, Sold(3, 180, 180), Sold(3, 180, 160)),
            ({1: 20, 2: 180}, 100, Sold(2, 180, 180), Sold(2, 180, 100)),
            # one Buyer alone
            ({1: 500}, 100, Sold(1, 500, 500), Sold(1, 500, 100)),
            # equal to the lowest price sells, below it does not
            ({1: 100, 2: 99}, 100, Sold(1, 100, 100), Sold(1, 100, 100)),
            ({1: 99, 2: 98}, 100, None, None),
            ({}, 1, None, None),
            # a tie goes to the earlier bid, which pays that amount
            ({2: 70, 1: 70}, 10, Sold(2, 70, 70), Sold(2, 70, 70)),
            ({3: 5, 1: 70, 2: 70}, 10, Sold(1, 70, 70), Sold(1, 70, 70)),
        ]:
            self.assertEqual(FIRST_PRICE.award(bids, lowest_price), first)
            self.assertEqual(SECOND_PRICE.award(bids, lowest_price), second)

    @given(
        st.sampled_from([1, 2]),
        st.integers(1, 12),
        st.lists(st.integers(1, 12), max_size=9).flatmap(
            lambda amounts: st.permutations(list(enumerate(amounts, start=1)))
        ),
    )
    def test_oracle(
        self, type_of_auction: int, lowest_price: int, bids: list[tuple[int, int]]
    ) -> None:
        award = FORMATS[type_of_auction]().award(dict(bids), lowest_price)
        expected = settle(type_of_auction, lowest_price, bids)
        self.assertEqual(award and (award.winner, award.payment), expected)
