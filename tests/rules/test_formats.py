from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.rules.oracle import settle
from twisted_auction.rules.formats import FORMATS, Award

FIRST_PRICE, SECOND_PRICE = FORMATS[1], FORMATS[2]


class FormatTests(SynchronousTestCase):
    def test_names(self) -> None:
        names = {number: form.name for number, form in FORMATS.items()}
        self.assertEqual(names, {1: "first-price", 2: "second-price"})

    def test_examples(self) -> None:
        for bids, lowest_price, first, second in [
            # the assignment's example
            ({1: 150, 2: 120, 3: 180}, 100, Award(3, 180, 180), Award(3, 180, 150)),
            # the lowest price counts as a bid
            ({1: 150, 2: 120, 3: 180}, 160, Award(3, 180, 180), Award(3, 180, 160)),
            ({1: 20, 2: 180}, 100, Award(2, 180, 180), Award(2, 180, 100)),
            # one Buyer alone
            ({1: 500}, 100, Award(1, 500, 500), Award(1, 500, 100)),
            # equal to the lowest price sells, below it does not
            ({1: 100, 2: 99}, 100, Award(1, 100, 100), Award(1, 100, 100)),
            ({1: 99, 2: 98}, 100, None, None),
            ({}, 1, None, None),
            # a tie goes to the earlier bid, which pays that amount
            ({2: 70, 1: 70}, 10, Award(2, 70, 70), Award(2, 70, 70)),
            ({3: 5, 1: 70, 2: 70}, 10, Award(1, 70, 70), Award(1, 70, 70)),
        ]:
            self.assertEqual(FIRST_PRICE.award(bids, lowest_price), first)
            self.assertEqual(SECOND_PRICE.award(bids, lowest_price), second)

    @given(
        st.sampled_from(sorted(FORMATS)),
        st.integers(1, 12),
        st.lists(st.integers(1, 12), max_size=9).flatmap(
            lambda amounts: st.permutations(list(enumerate(amounts, start=1)))
        ),
    )
    def test_oracle(
        self, type_of_auction: int, lowest_price: int, bids: list[tuple[int, int]]
    ) -> None:
        award = FORMATS[type_of_auction].award(dict(bids), lowest_price)
        expected = settle(type_of_auction, lowest_price, bids)
        self.assertEqual(award and (award.winner, award.payment), expected)
