from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.rules.oracle import settle
from twisted_auction.rules.events import Sold
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.sealed import FirstPrice, SecondPrice

FIRST_PRICE, SECOND_PRICE = FirstPrice(), SecondPrice()


class SealedTests(SynchronousTestCase):
    def test_descriptions(self) -> None:
        for format, description in [
            (FIRST_PRICE, "One sealed bid each; the highest wins and pays what it bid."),
            (SECOND_PRICE, "One sealed bid each; the highest wins and pays the second highest."),
        ]:
            self.assertEqual(format.description, description)

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
            # a tie goes to the earlier bid, at its own amount
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
