from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.formats import AllPay
from tests.rules import oracle
from twisted_auction.lab.theory import Outcome
from twisted_auction.lab.truth import try_bids
from twisted_auction.rules.formats import FORMATS
from twisted_auction.rules.grammar import parse_request

AMOUNTS = st.integers(1, 20)


def chosen(
    kind: str, rivals: list[int], bids: list[int], lowest_price: int = 100
) -> dict[int, Outcome]:
    request = parse_request(f"{kind} {lowest_price} {len(rivals) + 1} item".encode(), 9)
    return try_bids(request, rivals, bids)


class TryBidsTests(SynchronousTestCase):
    def test_examples(self) -> None:
        """The choosing Buyer loses a tie, except in English bidding: the turn decides the first bid
        at a price that both would pay.
        """
        for kind, winning in [
            ("first-price", {151: 151, 200: 200}),
            ("second-price", {151: 150, 200: 150}),
            ("english:increment=1", {150: 150, 151: 150, 200: 150}),
            ("english:increment=10", {200: 160}),
            ("dutch:start=300:step=1", {151: 151, 200: 200}),
        ]:
            bids = [90, 100, 149, 150, 151, 200]
            self.assertEqual(
                chosen(kind, [120, 150], bids),
                {bid: Outcome(bid in winning, winning.get(bid, 0)) for bid in bids},
            )

    def test_alone(self) -> None:
        bids = [99, 100, 130]
        for kind, payments in [
            ("first-price", (0, 100, 130)),
            ("second-price", (0, 100, 100)),
            ("english", (0, 100, 100)),
            ("dutch:start=200:step=1", (0, 100, 130)),
        ]:
            self.assertEqual(
                chosen(kind, [], bids),
                {bid: Outcome(paid > 0, paid) for bid, paid in zip(bids, payments, strict=True)},
            )

    def test_fifth_format(self) -> None:
        FORMATS[5] = AllPay
        self.addCleanup(FORMATS.pop, 5)
        request = parse_request(b"5 100 2 item", 9)
        self.assertEqual(
            try_bids(request, [150], [120, 160]),
            {120: Outcome(False, 120), 160: Outcome(True, 160)},
        )

    @given(st.sampled_from([1, 2]), AMOUNTS, st.lists(AMOUNTS, max_size=4))
    @settings(max_examples=50)
    def test_oracle(self, type_of_auction: int, lowest_price: int, rivals: list[int]) -> None:
        bids = [*range(1, 22)]
        own = len(rivals) + 1
        expected = {}
        for bid in bids:
            sold = oracle.settle(type_of_auction, lowest_price, [*enumerate([*rivals, bid], 1)])
            has_won = sold is not None and sold[0] == own
            expected[bid] = Outcome(has_won, sold[1] if sold is not None and has_won else 0)
        self.assertEqual(chosen(str(type_of_auction), rivals, bids, lowest_price), expected)

    @given(AMOUNTS, st.lists(AMOUNTS, max_size=4), AMOUNTS)
    @settings(max_examples=50)
    def test_truth_is_best(self, lowest_price: int, rivals: list[int], valuation: int) -> None:
        """In a second-price auction no bid is worth more than the valuation itself."""
        worth = {
            bid: outcome.utility(valuation)
            for bid, outcome in chosen(
                "second-price", rivals, [*range(1, 22)], lowest_price
            ).items()
        }
        self.assertEqual(worth[valuation], max(worth.values()))
